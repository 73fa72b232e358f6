// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: life of a TD except TDH.MNG.INIT, and its key. */
#include "seam-priv.h"

/* Locks the TDR that a register names. */
u64 seam_td_get(struct seam_call *c, u64 pa, u32 op, bool ex, struct seam_td *td)
{
	u64 st = seam_page_get(c, pa, op, ex, TDX_PT_TDR, &td->page);

	if (st)
		return st;
	td->tdr = seam_ptr(c->s, pa);
	td->tdcs = NULL;
	return TDX_ST(SUCCESS);
}

/*
 * Locks the TDR that owns a child page. It cannot be reclaimed: the caller has
 * locked the child, and RECLAIM of a TDR requires CHLDCNT 0.
 */
u64 seam_td_get_implicit(struct seam_call *c, u64 pa, bool ex, struct seam_td *td)
{
	if (!seam_page_lock_implicit(c, pa, TDX_PS_4K, ex, &td->page))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_TDR);
	td->tdr = seam_ptr(c->s, pa);
	td->tdcs = NULL;
	return TDX_ST(SUCCESS);
}

/* TDX module ABI, "TD state check". @op_states has a bit per legal OP_STATE. */
u64 seam_td_state(struct seam_call *c, struct seam_td *td, bool op_lock, u32 op_states)
{
	if (core_load32(&td->tdr->fatal))
		return TDX_ST(TD_FATAL);
	if (core_load32(&td->tdr->lifecycle) != TDX_LC_KEYS_CONFIGURED)
		return TDX_ST(TD_KEYS_NOT_CONFIGURED);
	if (core_load32(&td->tdr->num_tdcx) < TDX_MIN_TDCS_PAGES)
		return TDX_ST(TDCS_NOT_ALLOCATED);
	td->tdcs = seam_ptr(c->s, core_load64(&td->tdr->tdcx[SEAM_TDCX_TDCS]));
	if (op_lock && !seam_lock(c, &td->tdcs->op_lock, false))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_OP_STATE);
	if (!(op_states & SEAM_BIT(core_load32(&td->tdcs->op_state))))
		return TDX_ST(OP_STATE_INCORRECT);
	return TDX_ST(SUCCESS);
}

u64 seam_mng_create(struct seam_call *c)
{
	struct seam *s = c->s;
	u64 hkid = c->in.rdx;
	struct seam_page p;
	struct seam_tdr *tdr;
	u64 st;

	if (hkid >> 16 || !seam_is_private_hkid(s, hkid))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	st = seam_page_get(c, c->in.rcx, TDX_OP_RCX, true, TDX_PT_NDA, &p);
	if (st)
		return st;
	if (!seam_lock(c, &s->kot_lock, true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT);
	if (core_load32(&s->kot[hkid].state) != TDX_KOT_FREE)
		return TDX_ST(HKID_NOT_FREE);
	if (!seam_entropy(c, 4)) /* the TD's UUID */
		return TDX_ST(RND_NO_ENTROPY);
	seam_pause(c);

	tdr = seam_page_fill(s, &p, 0);
	core_store32(&tdr->hkid, hkid);
	core_store32(&tdr->lifecycle, TDX_LC_HKID_ASSIGNED);
	core_store64(&s->kot[hkid].owner, p.pa);
	core_store32(&s->kot[hkid].wbinvd_bitmap, 0);
	core_store32(&s->kot[hkid].state, TDX_KOT_ASSIGNED);
	seam_page_set(&p, TDX_PT_TDR, 0);
	return TDX_ST(SUCCESS);
}

u64 seam_mng_key_config(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_td td;
	u32 bitmap;
	u64 st;

	st = seam_td_get(c, c->in.rcx, TDX_OP_RCX, true, &td);
	if (st)
		return st;
	if (core_load32(&td.tdr->fatal))
		return TDX_ST(TD_FATAL);
	if (core_load32(&td.tdr->lifecycle) != TDX_LC_HKID_ASSIGNED)
		return TDX_ST(LIFECYCLE_STATE_INCORRECT);
	bitmap = core_load32(&td.tdr->pkg_config_bitmap) | 1U << c->pkg;
	if (bitmap == core_load32(&td.tdr->pkg_config_bitmap))
		return TDX_ST(KEY_CONFIGURED);
	/* PCONFIG serves one caller per package. */
	if (!seam_lock(c, &s->ket[c->pkg], true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_KET);
	if (!seam_entropy(c, 1))
		return TDX_ST(KEY_GENERATION_FAILED);
	seam_pause(c);

	core_store32(&td.tdr->pkg_config_bitmap, bitmap);
	if (bitmap == core_load32(&s->pkgs_done))
		core_store32(&td.tdr->lifecycle, TDX_LC_KEYS_CONFIGURED);
	return TDX_ST(SUCCESS);
}

/* Initial value of all words in a TDCX page, by its use. */
static u64 tdcx_pattern(u32 use)
{
	switch (use) {
	case SEAM_TDCX_MSR_BITMAPS:
		return ~0ULL;
	case SEAM_TDCX_SEPT_ROOT:
		return SEAM_SEPTE_FREE;
	default:
		return 0;
	}
}

u64 seam_mng_addcx(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_td td;
	struct seam_page p;
	struct seam_tdcs *tdcs;
	u32 nr;
	u64 st;

	st = seam_td_get(c, c->in.rdx, TDX_OP_RDX, true, &td);
	if (st)
		return st;
	if (core_load32(&td.tdr->fatal))
		return TDX_ST(TD_FATAL);
	if (core_load32(&td.tdr->lifecycle) != TDX_LC_KEYS_CONFIGURED)
		return TDX_ST(TD_KEYS_NOT_CONFIGURED);
	nr = core_load32(&td.tdr->num_tdcx);
	if (nr >= TDX_MAX_TDCS_PAGES)
		return TDX_ST(TDCX_NUM_INCORRECT);
	st = seam_page_get_free(c, c->in.rcx, TDX_OP_RCX, TDX_PS_4K, &p);
	if (st)
		return st;
	/* The sixth page completes the TDCS: keys for the TD are drawn. */
	if (nr == TDX_MIN_TDCS_PAGES - 1 && !seam_entropy(c, 4))
		return TDX_ST(RND_NO_ENTROPY);
	if (nr >= TDX_MIN_TDCS_PAGES) {
		tdcs = seam_ptr(s, core_load64(&td.tdr->tdcx[SEAM_TDCX_TDCS]));
		if (core_load32(&tdcs->op_state) != TDX_OP_UNINITIALIZED)
			return TDX_ST(OP_STATE_INCORRECT);
	}
	seam_pause(c);

	seam_page_fill(s, &p, tdcx_pattern(nr));
	core_store64(&td.tdr->tdcx[nr], p.pa);
	core_store32(&td.tdr->num_tdcx, nr + 1);
	core_add64(&td.tdr->chldcnt, 1);
	seam_page_set(&p, TDX_PT_TDCX, td.page.pa);
	return TDX_ST(SUCCESS);
}

u64 seam_mr_finalize(struct seam_call *c)
{
	struct seam_td td;
	u64 st;

	st = seam_td_get(c, c->in.rcx, TDX_OP_RCX, true, &td);
	if (!st)
		st = seam_td_state(c, &td, false, SEAM_BIT(TDX_OP_INITIALIZED));
	if (st)
		return st;
	if (!core_load32(&td.tdcs->num_vcpus))
		return TDX_ST(NO_VCPUS);
	seam_pause(c);
	core_store32(&td.tdcs->op_state, TDX_OP_RUNNABLE);
	return TDX_ST(SUCCESS);
}

u64 seam_mng_vpflushdone(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_td td;
	struct seam_tdcs *tdcs;
	struct seam_kot *kot;
	u32 lifecycle;
	u64 st;

	st = seam_td_get(c, c->in.rcx, TDX_OP_RCX, true, &td);
	if (st)
		return st;
	if (!seam_lock(c, &s->kot_lock, true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT);
	lifecycle = core_load32(&td.tdr->lifecycle);
	if (lifecycle != TDX_LC_KEYS_CONFIGURED && lifecycle != TDX_LC_HKID_ASSIGNED)
		return TDX_ST(LIFECYCLE_STATE_INCORRECT);
	if (core_load32(&td.tdr->num_tdcx) >= TDX_MIN_TDCS_PAGES) {
		tdcs = seam_ptr(s, core_load64(&td.tdr->tdcx[SEAM_TDCX_TDCS]));
		if (core_load32(&tdcs->op_state) != TDX_OP_UNINITIALIZED &&
		    core_load32(&tdcs->num_assoc))
			return TDX_ST(FLUSHVP_NOT_DONE);
	}
	seam_pause(c);

	kot = &s->kot[core_load32(&td.tdr->hkid)];
	core_store32(&kot->wbinvd_bitmap, core_load32(&s->pkgs_done));
	core_store32(&kot->state, TDX_KOT_FLUSHED);
	core_store32(&td.tdr->lifecycle, TDX_LC_BLOCKED);
	return TDX_ST(SUCCESS);
}

u64 seam_mng_key_freeid(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_td td;
	struct seam_kot *kot;
	u64 st;

	st = seam_td_get(c, c->in.rcx, TDX_OP_RCX, true, &td);
	if (st)
		return st;
	if (core_load32(&td.tdr->lifecycle) != TDX_LC_BLOCKED)
		return TDX_ST(LIFECYCLE_STATE_INCORRECT);
	if (!seam_lock(c, &s->kot_lock, true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT);
	kot = &s->kot[core_load32(&td.tdr->hkid)];
	if (core_load32(&kot->wbinvd_bitmap))
		return TDX_ST(WBCACHE_NOT_COMPLETE);
	seam_pause(c);

	core_store64(&kot->owner, 0);
	core_store32(&kot->state, TDX_KOT_FREE);
	core_store32(&td.tdr->lifecycle, TDX_LC_TEARDOWN);
	return TDX_ST(SUCCESS);
}

/* Cache blocks of one write-back; an interrupt ends it between two blocks. */
#define SEAM_WB_BLOCKS 4

static bool wb_snapshot(const struct seam *s, u64 *hkids)
{
	bool any = false;
	u32 i;

	memset(hkids, 0, TDX_MAX_HKIDS / 8);
	for (i = s->first_hkid; i < s->first_hkid + s->nr_hkids; i++) {
		if (core_load32(&s->kot[i].state) != TDX_KOT_FLUSHED)
			continue;
		hkids[i / 64] |= SEAM_BIT(i % 64);
		any = true;
	}
	return any;
}

/*
 * Returns true if all blocks are written back, false after an interrupt. Each call
 * completes at least one block, so a caller that resumes comes to an end.
 */
static bool wb_run(struct seam_call *c, struct seam_wbt *wbt)
{
	struct seam *s = c->s;

	if (c->interrupt) {
		if (!wbt->block)
			wbt->block = 1;
		return false;
	}
	while (++wbt->block < SEAM_WB_BLOCKS)
		if (s->ops.irq_pending && s->ops.irq_pending(s->ctx, c->lp))
			return false;
	wbt->block = 0;
	return true;
}

u64 seam_phymem_cache_wb(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_wbt *wbt = &s->wbt[c->pkg];
	u32 i, old;

	if (c->in.rcx > 1)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	if (!seam_lock(c, &wbt->lock, true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_WBCACHE);
	if (!seam_lock(c, &s->kot_lock, false))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT);
	if (c->in.rcx && !wbt->block)
		return TDX_ST(WBCACHE_RESUME_ERROR);
	if (!c->in.rcx) {
		wbt->block = 0; /* drops the resume point of an earlier call */
		if (!wb_snapshot(s, wbt->hkids))
			return TDX_ST(NO_HKID_READY_TO_WBCACHE);
	}
	seam_pause(c);

	if (!wb_run(c, wbt))
		return TDX_ST(INTERRUPTED_RESUMABLE);
	/* Other packages may clear their bits in the same word at the same time. */
	for (i = s->first_hkid; i < s->first_hkid + s->nr_hkids; i++) {
		if (!(wbt->hkids[i / 64] & SEAM_BIT(i % 64)))
			continue;
		do {
			old = core_load32(&s->kot[i].wbinvd_bitmap);
		} while (!core_cas32(&s->kot[i].wbinvd_bitmap, old, old & ~(1U << c->pkg)));
	}
	return TDX_ST(SUCCESS);
}
