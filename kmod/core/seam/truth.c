// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * seam: its state, for tests and for comparison with the ledger. These functions
 * take no module lock, because that would cause contention without a SEAMCALL.
 */
#include "seam-priv.h"

/* The memory that one page of 4K PAMT entries describes. */
#define PAMT_PAGE_SPAN (CORE_PAGE_SIZE / TDX_PAMT_ENTRY_SIZE * CORE_PAGE_SIZE)

enum seam_sys_state seam_get_sys_state(const struct seam *s)
{
	return core_load32(&s->sys_state);
}

bool seam_get_lp_init(const struct seam *s, u32 lp)
{
	return lp < s->nr_lps && core_load32(&s->lp[lp].done);
}

int seam_get_kot(const struct seam *s, u32 hkid, struct seam_kot_info *out)
{
	if (!seam_is_private_hkid(s, hkid))
		return -ERANGE;
	out->state = core_load32(&s->kot[hkid].state);
	out->wbinvd_bitmap = core_load32(&s->kot[hkid].wbinvd_bitmap);
	return 0;
}

u64 seam_get_hkid_owner(const struct seam *s, u32 hkid)
{
	return seam_is_private_hkid(s, hkid) ? core_load64(&s->kot[hkid].owner) : 0;
}

/*
 * Reads the PAMT leaf of @pa, which need not be aligned to @out->size. Returns
 * false for a page that is NDA or reserved.
 */
static bool pamt_read(const struct seam *s, const struct seam_tdmr *t, u64 pa,
		      struct seam_page_info *out)
{
	u32 level;

	for (level = TDX_PS_1G;; level--) {
		u64 word = core_load64(&seam_pamt_entry(s, t, level, pa)->word);

		out->type = seam_pamt_type(word);
		out->owner = seam_pamt_owner(word);
		out->size = level;
		if (level == TDX_PS_4K || out->type != TDX_PT_NDA)
			return out->type != TDX_PT_NDA && out->type != TDX_PT_RSVD;
	}
}

int seam_get_page(const struct seam *s, u64 pa, struct seam_page_info *out)
{
	const struct seam_tdmr *t = seam_tdmr_find(s, pa);

	if (!t)
		return -ENOENT;
	pamt_read(s, t, pa, out);
	return 0;
}

int seam_get_td(const struct seam *s, u64 tdr_pa, struct seam_td_info *out)
{
	const struct seam_tdr *tdr;
	const struct seam_tdcs *tdcs;
	struct seam_page_info p;

	if (tdr_pa & ~CORE_PAGE_MASK || seam_get_page(s, tdr_pa, &p) || p.type != TDX_PT_TDR)
		return -ENOENT;
	tdr = seam_ptr(s, tdr_pa);
	memset(out, 0, sizeof(*out));
	out->tdr = tdr_pa;
	out->hkid = core_load32(&tdr->hkid);
	out->lifecycle = core_load32(&tdr->lifecycle);
	out->fatal = core_load32(&tdr->fatal);
	out->pkg_config_bitmap = core_load32(&tdr->pkg_config_bitmap);
	out->chldcnt = core_load64(&tdr->chldcnt);
	out->num_tdcx = core_load32(&tdr->num_tdcx);
	/*
	 * There may be no TDCS yet, and in TEARDOWN the TDCX pages are returned
	 * one by one. Without a TDCS the fields below stay 0.
	 */
	if (seam_get_page(s, core_load64(&tdr->tdcx[SEAM_TDCX_TDCS]), &p) ||
	    p.type != TDX_PT_TDCX || p.owner != tdr_pa)
		return 0;
	tdcs = seam_ptr(s, core_load64(&tdr->tdcx[SEAM_TDCX_TDCS]));
	out->op_state = core_load32(&tdcs->op_state);
	out->num_vcpus = core_load32(&tdcs->num_vcpus);
	out->max_vcpus = core_load32(&tdcs->max_vcpus);
	out->num_assoc_vcpus = core_load32(&tdcs->num_assoc);
	out->epoch = core_load64(&tdcs->epoch);
	return 0;
}

/*
 * Returns the last page of the run of free 4-KiB pages that starts at @pa, within
 * one page of the PAMT. Nearly all pages are free: this skips them quickly.
 */
static u64 last_free(const struct seam *s, const struct seam_tdmr *t, u64 pa)
{
	const struct seam_pamt *e = seam_pamt_entry(s, t, TDX_PS_4K, pa);
	u64 left = PAMT_PAGE_SPAN - (pa & (PAMT_PAGE_SPAN - 1));

	for (; left > CORE_PAGE_SIZE; left -= CORE_PAGE_SIZE, pa += CORE_PAGE_SIZE)
		if (seam_pamt_type(core_load64(&(++e)->word)) != TDX_PT_NDA)
			break;
	return pa;
}

int seam_for_each_page(const struct seam *s, u64 pa, u64 end, seam_page_fn fn, void *arg)
{
	u32 i, nr = core_load32(&s->nr_tdmrs);
	struct seam_page_info p;
	int ret;

	for (i = 0; i < nr; i++) {
		const struct seam_tdmr *t = &s->tdmr[i];
		u64 stop = core_load64(&t->next) & ~(SEAM_GIB - 1);
		u64 at = t->info.base > pa ? t->info.base : pa & CORE_PAGE_MASK;

		for (; at < stop && at < end; at += SEAM_BIT(tdx_level_shift(p.size))) {
			if (!pamt_read(s, t, at, &p)) {
				if (p.size == TDX_PS_4K)
					at = last_free(s, t, at);
				continue;
			}
			at &= ~(SEAM_BIT(tdx_level_shift(p.size)) - 1);
			ret = fn(arg, at, &p);
			if (ret)
				return ret;
		}
	}
	return 0;
}
