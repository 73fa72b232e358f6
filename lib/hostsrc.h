/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a host tells without the helper. Every value is readable or has a
 * reason; "no permission" is never taken for "off".
 */
#ifndef TDXCTL_HOSTSRC_H
#define TDXCTL_HOSTSRC_H

#include <libtdxctl.h>

struct tdxctl_val {
	uint64_t value;			/* valid when readable */
	bool readable;
	bool fault;			/* MSR: the CPU refuses it */
	const char *reason;		/* a constant; NULL when readable */
};

/* X(number, identifier): what is read of each package. */
#define TDXCTL_MSRS(X) \
	X(0x87, KEYID) X(0x981, TME_CAPABILITY) X(0x982, TME_ACTIVATE) \
	X(0x1400, SEAMRR_BASE) X(0x1401, SEAMRR_MASK) X(0xfe, MTRRCAP) \
	X(0x480, VMX_BASIC) X(0x3a, FEATURE_CONTROL) X(0xa0, SGX_MCHECK) \
	X(0xce, PLATFORM_INFO) X(0x503, SGX_DEBUG)

enum tdxctl_msr {
#define X(num, id) TDXCTL_MSR_##id,
	TDXCTL_MSRS(X)
#undef X
	TDXCTL_MSR_COUNT
};

/* The MSRs of one package, through one of its online CPUs. */
struct tdxctl_msr_set {
	uint32_t package, cpu;
	struct tdxctl_val msr[TDXCTL_MSR_COUNT];
};

/* The number of an MSR in the table above. */
uint32_t tdxctl_msr_number(enum tdxctl_msr msr);
/*
 * One set per package of @snap that has an online CPU, malloc'ed; *count may be
 * 0. Live hosts: /dev/cpu/N/msr. Captured ones: /dev/cpu/N/msr.txt with lines
 * "0x87 0x100000000f" or "0x87 fault".
 */
int tdxctl_msrs_get(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    struct tdxctl_msr_set **out, size_t *count);

/* ---- KeyIDs ---- */

struct tdxctl_keys {
	unsigned int bits;		/* KeyID bits in use */
	unsigned int split;		/* of these, reserved for TDX */
	uint32_t tme_mt_keys, first_private, private_keys, max_tds;
};

/* @bits 1 to 15, @split up to @bits; -EINVAL. */
int tdxctl_keys_of(unsigned int bits, unsigned int split, struct tdxctl_keys *k);
/* What firmware did, from MSR 0x87. False: *reason says why it is not known. */
bool tdxctl_keys_host(const struct tdxctl_msr_set *set, struct tdxctl_keys *k,
		      const char **reason);

#endif
