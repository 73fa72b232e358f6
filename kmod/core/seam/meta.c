// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: metadata. TDH.SYS.RD, TDH.MNG.RD and the CPUID configuration table. */
#include "seam-priv.h"

#define NO_SUBLEAF (~0u)

/* CPUID bits that the host may configure in 1.5.05, in the order of TD_PARAMS. */
const struct seam_cpuid_config seam_cpuid_config[SEAM_NR_CPUID_CONFIG] = {
	{ 0x1, NO_SUBLEAF, { 0x0fff3fff, 0x00ff0000, 0x31044d88, 0xb8440000 } },
	{ 0x4, 0, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0xfffffffb } },
	{ 0x4, 1, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0xfffffffb } },
	{ 0x4, 2, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0xfffffffb } },
	{ 0x4, 3, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0x00000007 } },
	{ 0x7, 0, { 0, 0xdc2b9b18, 0x02417f65, 0x0005411c } },
	{ 0x7, 1, { 0x04001d30, 0, 0, 0x00000430 } },
	{ 0xa, NO_SUBLEAF, { 0, 0, 0, 0 } },
	{ 0x1c, NO_SUBLEAF, { 0x000000ff, 0, 0, 0 } },
	{ 0x80000008, NO_SUBLEAF, { 0, 0x00000200, 0, 0 } },
	{ 0x7, 2, { 0, 0, 0, 0x00000028 } },
	{ 0x23, 0, { 0x0000000f, 0, 0, 0 } },
	{ 0x1f, 0, { 0x0000001f, 0x0000ffff, 0x0000ffff, 0 } },
	{ 0x1f, 1, { 0x0000001f, 0x0000ffff, 0x0000ffff, 0 } },
	{ 0x1f, 2, { 0x0000001f, 0x0000ffff, 0x0000ffff, 0 } },
	{ 0x1f, 3, { 0x0000001f, 0x0000ffff, 0x0000ffff, 0 } },
	{ 0x1f, 4, { 0x0000001f, 0x0000ffff, 0x0000ffff, 0 } },
	{ 0x1f, 5, { 0x0000001f, 0x0000ffff, 0x0000ffff, 0 } },
};

#define MD_CPUID_LEAVES 0x9900000300000400ULL
#define MD_CPUID_VALUES 0x9900000300000500ULL

struct md_field {
	u64 id;
	u64 value;
};

/*
 * Ordered by class and field code; the CPUID_CONFIG fields follow these.
 * TDX_FEATURES0 is that of 1.5.05 without TD_PRESERVING (bit 1): no P-SEAMLDR can
 * load another image, so a runtime update must not be offered.
 */
static const struct md_field sys_fields[] = {
	{ 0x0800000100000003, 5 },	  /* MINOR_VERSION */
	{ 0x0800000100000004, 1 },	  /* MAJOR_VERSION */
	{ 0x0800000100000005, 5 },	  /* UPDATE_VERSION */
	{ 0x8900000100000000, 0 },	  /* MODULE_HV */
	{ 0x0a00000300000008, 0x1f0ebd }, /* TDX_FEATURES0 */
	{ 0x9100000100000008, TDX_MAX_TDMRS },
	{ 0x9100000100000009, TDX_MAX_RESERVED_PER_TDMR },
	{ 0x9100000100000010, TDX_PAMT_ENTRY_SIZE }, /* 4K, 2M, 1G */
	{ 0x9100000100000011, TDX_PAMT_ENTRY_SIZE },
	{ 0x9100000100000012, TDX_PAMT_ENTRY_SIZE },
	{ 0x9800000100000000, CORE_PAGE_SIZE }, /* TDR_BASE_SIZE */
	{ 0x9800000100000100, (TDX_MIN_TDCS_PAGES * CORE_PAGE_SIZE) },
	{ 0x9800000100000200, (TDX_MIN_TDVPS_PAGES * CORE_PAGE_SIZE) },
	{ 0x1900000300000000, SEAM_ATTRIBUTES_FIXED0 },
	{ 0x1900000300000001, SEAM_ATTRIBUTES_FIXED1 },
	{ 0x1900000300000002, SEAM_XFAM_FIXED0 },
	{ 0x1900000300000003, SEAM_XFAM_FIXED1 },
	{ 0x9900000100000004, SEAM_NR_CPUID_CONFIG },
	{ 0x9900000100000008, TDX_MAX_VCPUS_PER_TD },
};

#define NR_SYS_SCALARS ((u32)ARRAY_SIZE(sys_fields))
#define NR_SYS_FIELDS  (NR_SYS_SCALARS + 3 * SEAM_NR_CPUID_CONFIG)

/* Field @i of the SYS context. Returns false after the last. */
static bool sys_field(u32 i, struct md_field *f)
{
	const struct seam_cpuid_config *cfg = seam_cpuid_config;

	if (i < NR_SYS_SCALARS) {
		*f = sys_fields[i];
		return true;
	}
	i -= NR_SYS_SCALARS;
	if (i < SEAM_NR_CPUID_CONFIG) {
		f->id = MD_CPUID_LEAVES + i;
		f->value = (u64)cfg[i].subleaf << 32 | cfg[i].leaf;
		return true;
	}
	i -= SEAM_NR_CPUID_CONFIG;
	if (i < 2 * SEAM_NR_CPUID_CONFIG) {
		const u32 *mask = &cfg[i / 2].mask[2 * (i % 2)];

		f->id = MD_CPUID_VALUES + i;
		f->value = (u64)mask[1] << 32 | mask[0];
		return true;
	}
	return false;
}

#define MD_RESERVED 0x40838000ff000000ULL /* 62, 55, 49:47, 31:24 */
#define MD_LAST	    0x00007ffc00000000ULL /* 46:38, 37:34 */

/* True for a single element; size, context and the other bits are ignored. */
bool seam_md_well_formed(u64 id)
{
	return !(id & (MD_RESERVED | MD_LAST));
}

u64 seam_sys_rd(struct seam_call *c)
{
	u64 id = c->in.rdx;
	struct md_field f, next;
	u32 i;

	if (!core_load32(&c->s->lp[c->lp].done))
		return TDX_ST(SYS_LP_INIT_NOT_DONE);
	if (id == ~0ULL) {
		sys_field(0, &f);
		c->out->rdx = f.id;
		return TDX_ST(METADATA_FIRST_FIELD_ID_IN_CONTEXT);
	}
	if (!seam_md_well_formed(id))
		return TDX_ST(METADATA_FIELD_ID_INCORRECT);
	for (i = 0; sys_field(i, &f); i++) {
		if (seam_md_key(f.id) != seam_md_key(id))
			continue;
		seam_pause(c);
		c->out->r8 = f.value;
		c->out->rdx = sys_field(i + 1, &next) ? next.id : ~0ULL;
		return TDX_ST(SUCCESS);
	}
	return TDX_ST(METADATA_FIELD_ID_INCORRECT);
}

#define MD_TSC_OFFSET	   0x110000000000000aULL
#define MD_TSC_MULTIPLIER  0x110000000000000bULL
#define MD_CPUID	   0x9410000300000000ULL
#define TSC_MULTIPLIER_ONE SEAM_BIT(48) /* VMX format */
#define CPUID_MAX_LEAF	   0x23
#define CPUID_MAX_EXT_LEAF 0x80000008

/*
 * Reads the virtual CPUID value for the code part of a CPUID_VALUES field id:
 * extended bit 16, leaf 15:9, subleaf 8:1 (0xff = none), element 0.
 */
static bool td_cpuid(const struct seam *s, const struct tdx_td_params *p, u32 code, u64 *value)
{
	u32 leaf = (code >> 9 & 0x7f) | (code & SEAM_BIT(16) ? SEAM_BIT(31) : 0);
	u32 subleaf = code >> 1 & 0xff;
	u32 half = code & 1;
	u32 i;

	if (code >> 17)
		return false;
	if (leaf == 0) {
		/* "GenuineIntel" in EBX, EDX, ECX */
		*value = half ? 0x49656e696c65746eULL : 0x756e654700000000ULL | CPUID_MAX_LEAF;
		return true;
	}
	if (leaf == SEAM_BIT(31)) {
		*value = half ? 0 : CPUID_MAX_EXT_LEAF;
		return true;
	}
	for (i = 0; i < SEAM_NR_CPUID_CONFIG; i++) {
		const struct seam_cpuid_config *cfg = &seam_cpuid_config[i];
		u32 eax = p->cpuid[i].eax;

		if (cfg->leaf != leaf ||
		    (cfg->subleaf == NO_SUBLEAF ? 0xff : cfg->subleaf) != subleaf)
			continue;
		if (leaf == 1 && !eax)
			eax = s->cpuid_1_eax;
		*value = half ? (u64)p->cpuid[i].edx << 32 | p->cpuid[i].ecx :
				(u64)p->cpuid[i].ebx << 32 | eax;
		return true;
	}
	return false;
}

u64 seam_mng_rd(struct seam_call *c)
{
	struct seam *s = c->s;
	u64 id = c->in.rdx;
	struct seam_td td;
	u64 value = 0, st;
	u32 key;

	st = seam_td_get(c, c->in.rcx, TDX_OP_RCX, false, &td);
	if (!st)
		st = seam_td_state(c, &td, true,
				   SEAM_BIT(TDX_OP_INITIALIZED) | SEAM_BIT(TDX_OP_RUNNABLE));
	if (st)
		return st;
	if (!seam_md_well_formed(id))
		return TDX_ST(METADATA_FIELD_ID_INCORRECT);
	key = seam_md_key(id);
	if (key == seam_md_key(MD_TSC_MULTIPLIER)) {
		value = TSC_MULTIPLIER_ONE;
	} else if (key >> 24 == seam_md_key(MD_CPUID) >> 24) {
		const void *p = seam_ptr(s, core_load64(&td.tdr->tdcx[SEAM_TDCX_PARAMS]));

		if (!td_cpuid(s, p, id & 0xffffff, &value))
			return TDX_ST(METADATA_FIELD_NOT_READABLE);
	} else if (key != seam_md_key(MD_TSC_OFFSET)) {
		return TDX_ST(METADATA_FIELD_ID_INCORRECT);
	}
	seam_pause(c);
	c->out->r8 = value;
	return TDX_ST(SUCCESS);
}
