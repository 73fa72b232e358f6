// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: TDH.MNG.INIT, which is mostly the validation of TD_PARAMS. */
#include "seam-priv.h"

#define TD_PARAMS_ALIGN	   1024
#define MAX_L2_VMS	   3
#define CONFIG_FLAGS_KNOWN 7ULL /* GPAW, FLEXIBLE_PENDING_VE, NO_RBP_MOD */
#define CONFIG_FLAG_GPAW   1ULL
#define EPTP_WB		   6
#define MSR_CTLS_ARCH_CAPS 1
#define TSC_FREQ_MIN	   4   /* 100 MHz */
#define TSC_FREQ_MAX	   400 /* 10 GHz */
#define CPUID7_HLE	   SEAM_BIT(4)
#define CPUID7_RTM	   SEAM_BIT(11)
#define LEAF_1F_SUBLEAVES  6
#define LEVEL_TYPE_MAX	   5

static bool all_zero(const void *p, size_t len)
{
	const u8 *b = p;

	while (len--)
		if (*b++)
			return false;
	return true;
}

static bool xfam_valid(u64 xfam)
{
	u64 avx512 = xfam & 0xe0, cet = xfam & 0x1800, amx = xfam & 0x60000;

	if (xfam & ~SEAM_XFAM_FIXED0 || (xfam & SEAM_XFAM_FIXED1) != SEAM_XFAM_FIXED1)
		return false;
	/* Groups that XCR0 and IA32_XSS allow only as a whole. */
	if (avx512 && (avx512 != 0xe0 || !(xfam & SEAM_BIT(2))))
		return false;
	return (!cet || cet == 0x1800) && (!amx || amx == 0x60000);
}

static bool eptp_valid(u64 eptp, bool gpaw)
{
	u64 length = (eptp >> 3) & 7;

	if (eptp >> 6 || (eptp & 7) != EPTP_WB)
		return false;
	return length == 4 || (length == 3 && !gpaw);
}

static u64 cpuid_error(struct seam_call *c, u32 i)
{
	const struct seam_cpuid_config *cfg = &seam_cpuid_config[i];

	c->out->rcx = (u64)cfg->subleaf << 32 | cfg->leaf;
	return TDX_ST_OP(OPERAND_INVALID, TDX_OP_CPUID_CONFIG);
}

/* CPUID(0x1F): levels ascend, the first invalid one ends the list. */
static bool topology_valid(const struct tdx_td_params *p, u32 first)
{
	u32 i, type, prev = 0, prev_shift = 0;
	bool end = false;

	if (all_zero(&p->cpuid[first], LEAF_1F_SUBLEAVES * sizeof(p->cpuid[0])))
		return true;
	for (i = first; i < first + LEAF_1F_SUBLEAVES; i++) {
		type = (p->cpuid[i].ecx >> 8) & 0xff;
		if (!type) {
			if (i == first)
				return false;
			end = true;
			continue;
		}
		if (end || type > LEVEL_TYPE_MAX || type <= prev || p->cpuid[i].eax < prev_shift)
			return false;
		prev = type;
		prev_shift = p->cpuid[i].eax;
	}
	return true;
}

static u64 check_cpuid(struct seam_call *c, const struct tdx_td_params *p)
{
	const struct seam_cpuid_config *cfg = seam_cpuid_config;
	u32 i, topology = 0;

	for (i = 0; i < SEAM_NR_CPUID_CONFIG; i++)
		if (p->cpuid[i].eax & ~cfg[i].mask[0] || p->cpuid[i].ebx & ~cfg[i].mask[1] ||
		    p->cpuid[i].ecx & ~cfg[i].mask[2] || p->cpuid[i].edx & ~cfg[i].mask[3])
			return cpuid_error(c, i);
	for (i = 0; i < SEAM_NR_CPUID_CONFIG; i++) {
		u32 ebx = p->cpuid[i].ebx;

		if (cfg[i].leaf == 1 && p->cpuid[i].eax && c->s->cpuid_1_eax &&
		    p->cpuid[i].eax != c->s->cpuid_1_eax)
			return cpuid_error(c, i);
		if (cfg[i].leaf == 7 && !cfg[i].subleaf &&
		    !(ebx & CPUID7_HLE) != !(ebx & CPUID7_RTM))
			return cpuid_error(c, i);
		if (cfg[i].leaf == 0x1f && !cfg[i].subleaf)
			topology = i;
	}
	if (!topology_valid(p, topology))
		return TDX_ST(CPUID_LEAF_1F_FORMAT_UNRECOGNIZED);
	if (!all_zero(&p->cpuid[SEAM_NR_CPUID_CONFIG],
		      sizeof(p->cpuid) - SEAM_NR_CPUID_CONFIG * sizeof(p->cpuid[0])))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	return TDX_ST(SUCCESS);
}

/* TDX module ABI, TDH.MNG.INIT: the checks, in the module's order. */
static u64 check_params(struct seam_call *c, const struct tdx_td_params *p, u32 num_tdcx)
{
	u64 st;

	if (p->attributes & ~SEAM_ATTRIBUTES_FIXED0 ||
	    (p->attributes & SEAM_ATTRIBUTES_FIXED1) != SEAM_ATTRIBUTES_FIXED1)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_ATTRIBUTES);
	if (!xfam_valid(p->xfam))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_XFAM);
	if (!p->max_vcpus || p->max_vcpus > TDX_MAX_VCPUS_PER_TD)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_MAX_VCPUS);
	if (p->num_l2_vms > MAX_L2_VMS)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_NUM_L2_VMS);
	if (num_tdcx < (u32)TDX_MIN_TDCS_PAGES + p->num_l2_vms)
		return TDX_ST(TDCS_NOT_ALLOCATED);
	if (p->reserved0)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	if (p->config_flags & ~CONFIG_FLAGS_KNOWN)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_CONFIG_FLAGS);
	if (!eptp_valid(p->eptp_controls, p->config_flags & CONFIG_FLAG_GPAW))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_EPTP_CONTROLS);
	if (p->tsc_frequency < TSC_FREQ_MIN || p->tsc_frequency > TSC_FREQ_MAX)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_TSC_FREQUENCY);
	if (!all_zero(p->reserved1, sizeof(p->reserved1)) ||
	    p->msr_config_ctls & ~MSR_CTLS_ARCH_CAPS ||
	    !all_zero(p->reserved2, sizeof(p->reserved2)))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	st = check_cpuid(c, p);
	if (st)
		return st;
	/* The value is valid only if the TD configures the MSR. */
	if (p->ia32_arch_capabilities_config && !(p->msr_config_ctls & MSR_CTLS_ARCH_CAPS))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_ARCH_CAPABILITIES);
	return TDX_ST(SUCCESS);
}

u64 seam_mng_init(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_td td;
	struct seam_tdcs *tdcs;
	struct tdx_td_params *p;
	const void *src;
	u64 st;

	st = seam_td_get(c, c->in.rcx, TDX_OP_RCX, true, &td);
	if (!st)
		st = seam_td_state(c, &td, false, SEAM_BIT(TDX_OP_UNINITIALIZED));
	if (st)
		return st;
	if (!seam_is_shared_hpa(s, c->in.rdx, TD_PARAMS_ALIGN))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	src = seam_ptr(s, seam_strip_hkid(s, c->in.rdx));
	if (!src)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	/*
	 * Copied to a page of the TDCS before the check, so that the host cannot
	 * change it. TDH.MNG.RD reads it there.
	 */
	p = seam_ptr(s, core_load64(&td.tdr->tdcx[SEAM_TDCX_PARAMS]));
	memcpy(p, src, sizeof(*p));
	st = check_params(c, p, core_load32(&td.tdr->num_tdcx));
	if (st)
		return st;
	seam_pause(c);

	/* The page was filled with zeros, so all counters are 0. */
	tdcs = td.tdcs;
	core_store32(&tdcs->max_vcpus, p->max_vcpus);
	core_store32(&tdcs->num_l2, p->num_l2_vms);
	core_store32(&tdcs->gpaw, p->config_flags & CONFIG_FLAG_GPAW);
	core_store32(&tdcs->root_level, (p->eptp_controls >> 3) & 7);
	core_store64(&tdcs->epoch, 1);
	core_store32(&tdcs->op_state, TDX_OP_INITIALIZED);
	return TDX_ST(SUCCESS);
}
