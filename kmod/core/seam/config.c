// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: TDH.SYS.CONFIG and its validation of the TDMR_INFO structures. */
#include "seam-priv.h"

#define TDMR_INFO_ALIGN 512

static u64 tdmr_status(u64 status, u32 i, u32 j, u32 k)
{
	return status | i | j << 8 | k << 16;
}

/* The exclusive end of a range that does not wrap. */
static u64 range_end(const struct seam_range *r)
{
	return r->base + r->size;
}

static bool ranges_overlap(const struct seam_range *a, const struct seam_range *b)
{
	return a->base < range_end(b) && b->base < range_end(a);
}

static bool inside_cmrs(const struct seam *s, struct seam_range r)
{
	u64 end = range_end(&r);
	u32 i;

	for (i = 0; i < s->nr_cmrs && r.base < end; i++)
		if (r.base >= s->cmr[i].base && r.base < range_end(&s->cmr[i]))
			r.base = range_end(&s->cmr[i]);
	return r.base >= end;
}

/*
 * Finds the @n-th part of a TDMR that is not reserved, in address order. Returns
 * false after the last. The reserved areas must be ordered.
 */
static bool tdmr_usable(const struct tdx_tdmr_info *t, u32 n, struct seam_range *out)
{
	u64 start = t->base;
	u32 i;

	for (i = 0; i < TDX_MAX_RESERVED_PER_TDMR && t->rsvd[i].size; i++) {
		u64 area = t->base + t->rsvd[i].offset;

		if (area > start && !n--) {
			*out = (struct seam_range){ start, area - start };
			return true;
		}
		start = area + t->rsvd[i].size;
	}
	*out = (struct seam_range){ start, t->base + t->size - start };
	return out->size && !n;
}

/* The PAMT area for a page size. */
static struct seam_range tdmr_pamt(const struct tdx_tdmr_info *t, u32 pt)
{
	switch (pt) {
	case TDX_PS_4K:
		return (struct seam_range){ t->pamt_4k_base, t->pamt_4k_size };
	case TDX_PS_2M:
		return (struct seam_range){ t->pamt_2m_base, t->pamt_2m_size };
	default:
		return (struct seam_range){ t->pamt_1g_base, t->pamt_1g_size };
	}
}

static u64 check_reserved(const struct tdx_tdmr_info *t, u32 i)
{
	u64 end = 0;
	bool null = false;
	u32 j;

	for (j = 0; j < TDX_MAX_RESERVED_PER_TDMR; j++) {
		u64 offset = t->rsvd[j].offset, size = t->rsvd[j].size;

		if (!offset && !size) {
			null = true;
			continue;
		}
		if (null || offset < end)
			return tdmr_status(TDX_ST(NON_ORDERED_RESERVED_IN_TDMR), i, j, 0);
		if (!size || (offset | size) & ~CORE_PAGE_MASK || offset > t->size ||
		    size > t->size - offset)
			return tdmr_status(TDX_ST(INVALID_RESERVED_IN_TDMR), i, j, 0);
		end = offset + size;
	}
	return TDX_ST(SUCCESS);
}

static u64 check_pamt(const struct seam *s, const struct tdx_tdmr_info *t, u32 i)
{
	u32 pt;

	for (pt = TDX_PS_1G + 1; pt--;) {
		struct seam_range r = tdmr_pamt(t, pt);
		u64 need = (t->size >> tdx_level_shift(pt)) * TDX_PAMT_ENTRY_SIZE;

		if ((r.base | r.size) & ~CORE_PAGE_MASK || r.size < need ||
		    range_end(&r) < r.base || range_end(&r) > SEAM_BIT(s->hkid_shift))
			return tdmr_status(TDX_ST(INVALID_PAMT), i, pt, 0);
	}
	return TDX_ST(SUCCESS);
}

static bool overlaps_usable(const struct tdx_tdmr_info *t, const struct seam_range *r)
{
	struct seam_range u;
	u32 n;

	for (n = 0; tdmr_usable(t, n, &u); n++)
		if (ranges_overlap(r, &u))
			return true;
	return false;
}

/* Checks the PAMTs of TDMR @i against all TDMRs and PAMTs up to and including @i. */
static u64 check_overlap(const struct seam *s, u32 i)
{
	const struct tdx_tdmr_info *t = &s->tdmr[i].info;
	u32 pt, j, other;

	for (pt = TDX_PS_1G + 1; pt--;) {
		struct seam_range r = tdmr_pamt(t, pt);

		for (j = 0; j <= i; j++) {
			const struct tdx_tdmr_info *u = &s->tdmr[j].info;

			if (overlaps_usable(u, &r))
				return tdmr_status(TDX_ST(PAMT_OVERLAP), i, pt, j);
			for (other = TDX_PS_4K; other <= TDX_PS_1G; other++) {
				struct seam_range o = tdmr_pamt(u, other);

				if ((j != i || other != pt) && ranges_overlap(&r, &o))
					return tdmr_status(TDX_ST(PAMT_OVERLAP), i, pt, j);
			}
		}
	}
	/* An earlier PAMT inside this TDMR: the error names the PAMT. */
	for (j = 0; j < i; j++) {
		for (pt = TDX_PS_4K; pt <= TDX_PS_1G; pt++) {
			struct seam_range o = tdmr_pamt(&s->tdmr[j].info, pt);

			if (overlaps_usable(t, &o))
				return tdmr_status(TDX_ST(PAMT_OVERLAP), j, pt, i);
		}
	}
	return TDX_ST(SUCCESS);
}

static u64 check_tdmr(const struct seam *s, u32 i)
{
	const struct tdx_tdmr_info *t = &s->tdmr[i].info;
	struct seam_range u;
	u64 st;
	u32 pt, n;

	if (t->base + t->size < t->base)
		return tdmr_status(TDX_ST(INVALID_TDMR), i, 0, 0);
	if (i && t->base < s->tdmr[i - 1].info.base + s->tdmr[i - 1].info.size)
		return tdmr_status(TDX_ST(NON_ORDERED_TDMR), i, 0, 0);
	if ((t->base | t->size) & (SEAM_GIB - 1) || !t->size ||
	    t->base + t->size > SEAM_BIT(s->hkid_shift))
		return tdmr_status(TDX_ST(INVALID_TDMR), i, 0, 0);
	st = check_reserved(t, i);
	if (!st)
		st = check_pamt(s, t, i);
	if (!st)
		st = check_overlap(s, i);
	if (st)
		return st;
	for (pt = TDX_PS_1G + 1; pt--;)
		if (!inside_cmrs(s, tdmr_pamt(t, pt)))
			return tdmr_status(TDX_ST(PAMT_OUTSIDE_CMRS), i, pt, 0);
	for (n = 0; tdmr_usable(t, n, &u); n++)
		if (!inside_cmrs(s, u))
			return tdmr_status(TDX_ST(TDMR_OUTSIDE_CMRS), i, 0, 0);
	return TDX_ST(SUCCESS);
}

/* Maps a structure of the host; NULL if it is not in shared memory. */
static const void *shared_ptr(const struct seam *s, u64 pa)
{
	if (!seam_is_shared_hpa(s, pa, TDMR_INFO_ALIGN))
		return NULL;
	return seam_ptr(s, seam_strip_hkid(s, pa));
}

u64 seam_sys_config(struct seam_call *c)
{
	struct seam *s = c->s;
	const u64 *array;
	u32 i, nr;
	u64 st;

	if (!seam_lock(c, &s->lock, true))
		return TDX_ST(SYS_BUSY);
	if (core_load32(&s->sys_state) != SEAM_SYSINIT_DONE ||
	    (core_load32(&s->lps_done) != s->nr_lps && !s->late_lp_init))
		return TDX_ST(SYS_CONFIG_NOT_PENDING);
	array = shared_ptr(s, c->in.rcx);
	if (!array)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	if (!c->in.rdx || c->in.rdx > TDX_MAX_TDMRS)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	if (c->in.r8 >> 16 || !seam_is_private_hkid(s, c->in.r8))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_R8);
	/* As in the module, a later failure does not undo this. */
	core_store32(&s->kot[c->in.r8].state, TDX_KOT_RESERVED);

	nr = c->in.rdx;
	for (i = 0; i < nr; i++) {
		const void *info = shared_ptr(s, array[i]);

		if (!info)
			return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
		/* Copied before the check: the host could change it meanwhile. */
		memcpy(&s->tdmr[i].info, info, sizeof(s->tdmr[i].info));
		st = check_tdmr(s, i);
		if (st)
			return st;
	}
	seam_pause(c);

	for (i = 0; i < nr; i++)
		core_store64(&s->tdmr[i].next, s->tdmr[i].info.base);
	core_store32(&s->nr_tdmrs, nr);
	core_store32(&s->pkgs_done, 0);
	core_store32(&s->sys_state, SEAM_SYSCONFIG_DONE);
	return TDX_ST(SUCCESS);
}
