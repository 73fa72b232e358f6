/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * seam: a software TDX module (1.5.05 semantics, host side).
 *
 * seam_call() executes one SEAMCALL of a logical processor (LP): it takes the
 * registers of the caller and sets them as the module would. The metadata is
 * where the real module keeps it: TDR, TDCS, TDVPS and S-EPT in the pages that
 * the host donated, PAMT entries in the PAMT areas passed to TDH.SYS.CONFIG. seam
 * does not allocate memory.
 *
 * Not modelled: the contents of MRTD (MR.EXTEND and PAGE.ADD check everything
 * but hash nothing), TD migration, TD partitioning, and the guest side.
 *
 * Concurrency: seam_call() may run on all LPs at once. Every module lock is a
 * try-lock, as in the real module: contention is a busy status, never a wait.
 * The seam_fault_*() and seam_get_*() functions may run at the same time.
 */
#ifndef TDXCTL_CORE_SEAM_H
#define TDXCTL_CORE_SEAM_H

#include "tdx.h"

struct seam_regs {
	u64 rax, rcx, rdx, rbx, rsi, rdi;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
};

struct seam_range {
	u64 base, size; /* bytes */
};

#define SEAM_MAX_CMRS 32

struct seam_config {
	u32 nr_lps;
	const u8 *lp_pkg;    /* nr_lps entries, package 0..nr_pkgs-1; copied */
	u32 nr_pkgs;	     /* 1..TDX_MAX_PKGS */
	u32 nr_mktme_keyids; /* low half of MSR 0x87 */
	u32 nr_tdx_keyids;   /* high half; first private = mktme + 1 */
	u32 hkid_shift;	     /* bit position of the KeyID in an address */
	u32 nr_cmrs;
	struct seam_range cmr[SEAM_MAX_CMRS];
	/*
	 * Accept TDH.SYS.LP.INIT after TDH.SYS.CONFIG, and TDH.SYS.CONFIG before
	 * every LP is initialised. An emulated host with CPU hotplug needs this.
	 * Off: as strict as the real module.
	 */
	bool late_lp_init;
	/*
	 * CPUID(1).EAX of the processor: the only non-zero value accepted in
	 * TD_PARAMS. 0: any value is accepted.
	 */
	u32 cpuid_1_eax;
};

/* All callbacks may be called in any context, concurrently; they never sleep. */
struct seam_ops {
	/*
	 * Returns the mapping of the 4-KiB page at @pa, never NULL inside a CMR.
	 * Structures of the host may be anywhere below 2^hkid_shift: returns NULL
	 * where there is no memory. Required.
	 */
	void *(*map)(void *ctx, u64 pa);
	/* Draws 64 random bits. Returns false for lack of entropy. NULL: never fails. */
	bool (*entropy)(void *ctx, u64 *out);
	/*
	 * Copies a 4-KiB page for TDH.MEM.PAGE.ADD; @map maps both. NULL: the
	 * contents of private pages do not matter.
	 */
	void (*copy_page)(void *ctx, u64 dst_pa, u64 src_pa);
	/*
	 * Called once per SEAMCALL, when all locks are held and all checks have
	 * passed, before the state changes. Gives calls a duration (PCONFIG, cache
	 * write-back) and lets tests observe contention. NULL: nothing.
	 */
	void (*pause)(void *ctx, u32 lp, u32 leaf);
	/* Returns true if an interrupt is pending on @lp: CACHE.WB stops. NULL: never. */
	bool (*irq_pending)(void *ctx, u32 lp);
	/*
	 * Runs the guest for TDH.VP.ENTER, with all VP.ENTER locks held, and sets
	 * the output registers including rax. NULL: a triple-fault exit.
	 */
	void (*enter)(void *ctx, u32 lp, struct seam_regs *regs);
};

struct seam;

/* Returns the size of a struct seam for this configuration, in bytes. */
size_t seam_size(const struct seam_config *cfg);

/*
 * Powers the module on in @mem (seam_size() bytes, 8-byte aligned, owned by the
 * caller). Returns the module, or NULL if the configuration is invalid: no LP, a package
 * out of range, too many HKIDs, or unordered CMRs.
 */
struct seam *seam_init(void *mem, const struct seam_config *cfg, const struct seam_ops *ops,
		       void *ctx);

/* Executes one SEAMCALL on logical processor @lp. The status is in regs->rax. */
void seam_call(struct seam *s, u32 lp, struct seam_regs *regs);

/* ---- the guest side, for ops.enter, on the vCPU being entered ---- */

#define SEAM_GUEST_WORDS 4

struct seam_guest {
	u64 initial_rcx; /* as passed to TDH.VP.INIT */
	u64 posted_desc; /* posted-interrupt descriptor, 0 = none in use */
	u64 *words;	 /* SEAM_GUEST_WORDS for the guest's use; 0 at first */
};

/* Describes the vCPU of a TDVPR page. Returns 0, or -ENOENT if @tdvpr_pa is none. */
int seam_guest_get(const struct seam *s, u64 tdvpr_pa, struct seam_guest *out);

enum seam_access {
	SEAM_ACCESS_OK,
	SEAM_ACCESS_VIOLATION, /* the host must add a page first */
	SEAM_ACCESS_BUSY,      /* a host call uses the same S-EPT entry */
};

/* Accesses the private page at @gpa; accepts it if it is pending. */
enum seam_access seam_guest_access(struct seam *s, u64 tdvpr_pa, u64 gpa);

/* ---- fault injection ---- */

#define SEAM_ANY	(~0u)
#define SEAM_MAX_FAULTS 16

/*
 * After @skip matching calls, the next @count matching calls return @status and
 * change nothing. CACHE.WB with INTERRUPTED_RESUMABLE saves its resume point, as
 * after a real interruption.
 */
struct seam_fault {
	u32 leaf;   /* TDH_*, or SEAM_ANY */
	u32 lp;	    /* or SEAM_ANY */
	u64 rcx;    /* match on RCX, or 0 for any */
	u64 status; /* e.g. TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT) */
	u32 skip;
	u32 count; /* SEAM_ANY: without limit */
};

/* Returns 0, -ENOSPC if SEAM_MAX_FAULTS are pending, -EINVAL for status or count 0. */
int seam_fault_add(struct seam *s, const struct seam_fault *f);
void seam_fault_clear(struct seam *s);
/* Copies up to @max pending faults. Returns the number of all pending faults. */
u32 seam_fault_list(const struct seam *s, struct seam_fault *out, u32 max);

/* ---- the state, for tests and for comparison with the ledger ---- */

enum seam_sys_state {
	SEAM_SYSINIT_PENDING,
	SEAM_SYSINIT_DONE,
	SEAM_SYSCONFIG_DONE,
	SEAM_SYS_READY,
	SEAM_SYS_SHUTDOWN,
};

struct seam_td_info {
	u64 tdr;
	u32 hkid;
	u32 lifecycle; /* enum tdx_lifecycle */
	u32 op_state;  /* enum tdx_op_state; 0 while there is no TDCS */
	u32 fatal;
	u32 pkg_config_bitmap;
	u32 num_tdcx;
	u64 chldcnt; /* pages owned, in 4-KiB units, TDR excluded */
	u32 num_vcpus;
	u32 max_vcpus;
	u32 num_assoc_vcpus;
	u64 epoch;
};

struct seam_kot_info {
	u32 state; /* enum tdx_kot_state */
	u32 wbinvd_bitmap;
};

struct seam_page_info {
	u32 type;  /* enum tdx_page_type */
	u32 size;  /* 0 = 4K, 1 = 2M, 2 = 1G */
	u64 owner; /* TDR address, 0 for NDA and TDR pages */
};

enum seam_sys_state seam_get_sys_state(const struct seam *s);
/* Returns true if TDH.SYS.LP.INIT succeeded on @lp. */
bool seam_get_lp_init(const struct seam *s, u32 lp);
/* Returns 0, or -ENOENT if @tdr_pa is not a TDR page. */
int seam_get_td(const struct seam *s, u64 tdr_pa, struct seam_td_info *out);
/* Returns 0, or -ERANGE if @hkid is not a private HKID. */
int seam_get_kot(const struct seam *s, u32 hkid, struct seam_kot_info *out);
/* Returns 0, or -ENOENT if @pa is outside the initialised part of all TDMRs. */
int seam_get_page(const struct seam *s, u64 pa, struct seam_page_info *out);
/* Returns the TDR of the TD that holds @hkid, 0 if there is none. */
u64 seam_get_hkid_owner(const struct seam *s, u32 hkid);
typedef int (*seam_page_fn)(void *arg, u64 pa, const struct seam_page_info *p);
/*
 * Calls @fn for each page of [@pa, @end) that is neither NDA nor reserved. Stops
 * when @fn returns non-zero and returns that value; returns 0 at the end.
 */
int seam_for_each_page(const struct seam *s, u64 pa, u64 end, seam_page_fn fn, void *arg);

#endif
