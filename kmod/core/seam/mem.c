// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: private memory of a TD. Secure EPT, TLB tracking. */
#include "seam-priv.h"

#define ALLOW_EXISTING 1ULL
#define SEPTE_LOCK     SEAM_BIT(SEAM_SEPTE_LOCK_BIT)
#define SEPTE_LEAF     SEAM_BIT(7)
#define SEPTE_RWX      7ULL
#define SEPTE_PENDING  SEAM_BIT(56)
/* Bits 56:52 and the lock are internal to the module. */
#define SEPTE_PRIVATE_BITS (0x01f0000000000000ULL | SEPTE_LOCK)

/* One S-EPT entry, and its value when it was locked or read. */
struct septe {
	u64 *entry;
	u64 val;
	u32 level;
	u64 table; /* S-EPT page the entry is in */
};

static u32 septe_state(u64 val)
{
	if (val == SEAM_SEPTE_FREE)
		return TDX_SEPT_FREE;
	if (!(val & SEPTE_LEAF))
		return val & SEAM_SEPTE_TDB ? TDX_SEPT_NL_BLOCKED : TDX_SEPT_NL_MAPPED;
	if (val & SEPTE_PENDING)
		return val & SEAM_SEPTE_TDB ? TDX_SEPT_PENDING_BLOCKED : TDX_SEPT_PENDING;
	return val & SEPTE_RWX ? TDX_SEPT_MAPPED : TDX_SEPT_BLOCKED;
}

static u64 septe_error(struct seam_call *c, const struct septe *e, u64 status)
{
	c->out->rcx = e->val & ~SEPTE_PRIVATE_BITS;
	c->out->rdx = e->level | septe_state(e->val) << 8;
	return status | TDX_OP_RCX;
}

/* Stores a new value; the entry stays locked until the call ends. */
static void septe_set(struct septe *e, u64 val)
{
	core_store64(e->entry, val | (core_load64(e->entry) & SEPTE_LOCK));
}

static bool gpa_is_private(const struct seam_td *td, u64 gpa)
{
	return !(gpa >> (core_load32(&td->tdcs->gpaw) ? 51 : 47));
}

/* Parses the operand "GPA and level" in RCX. */
static u64 check_gpa_level(struct seam_call *c, const struct seam_td *td, u32 min, u32 max,
			   u64 *gpa, u32 *level)
{
	*level = c->in.rcx & 7;
	*gpa = c->in.rcx & SEAM_PA_MASK;
	if (*level < min || *level > max || c->in.rcx & ~(SEAM_PA_MASK | 7) ||
	    *gpa & (SEAM_BIT(tdx_level_shift(*level)) - 1) || !gpa_is_private(td, *gpa))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	return TDX_ST(SUCCESS);
}

/*
 * Walks to the entry of @gpa at @level. Returns false if a table on the way does
 * not exist; @e is the entry where the walk ended.
 */
static bool sept_walk(const struct seam *s, const struct seam_td *td, u64 gpa, u32 level,
		      struct septe *e)
{
	e->table = core_load64(&td->tdr->tdcx[SEAM_TDCX_SEPT_ROOT]);
	for (e->level = core_load32(&td->tdcs->root_level);; e->level--) {
		u64 *table = seam_ptr(s, e->table);

		e->entry = &table[gpa >> tdx_level_shift(e->level) & 511];
		e->val = core_load64(e->entry) & ~SEPTE_LOCK;
		if (e->level == level)
			return true;
		if (septe_state(e->val) != TDX_SEPT_NL_MAPPED)
			return false;
		e->table = e->val & SEAM_PA_MASK;
	}
}

/* Locks the S-EPT tree, walks it and locks the entry. */
static u64 sept_open(struct seam_call *c, const struct seam_td *td, bool tree_ex, u64 gpa,
		     u32 level, struct septe *e)
{
	if (!seam_lock(c, &td->tdcs->sept_lock, tree_ex))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_SEPT_TREE);
	if (!sept_walk(c->s, td, gpa, level, e))
		return septe_error(c, e, TDX_ST(EPT_WALK_FAILED));
	if (!seam_lock_bit(c, e->entry, SEAM_SEPTE_LOCK_BIT))
		return septe_error(c, e, TDX_ST(OPERAND_BUSY));
	e->val = core_load64(e->entry) & ~SEPTE_LOCK;
	return TDX_ST(SUCCESS);
}

#define OPS_INITIALIZED SEAM_BIT(TDX_OP_INITIALIZED)
#define OPS_RUNNABLE	SEAM_BIT(TDX_OP_RUNNABLE)

u64 seam_mem_sept_add(struct seam_call *c)
{
	struct seam_td td;
	struct septe e;
	struct seam_page p;
	u64 gpa, st;
	u32 level, state;

	if (c->in.rdx & ~CORE_PAGE_MASK & ~ALLOW_EXISTING)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RDX);
	st = seam_td_get(c, c->in.rdx & CORE_PAGE_MASK, TDX_OP_RDX, false, &td);
	if (!st)
		st = seam_td_state(c, &td, true, OPS_INITIALIZED | OPS_RUNNABLE);
	if (!st)
		st = check_gpa_level(c, &td, 1, core_load32(&td.tdcs->root_level), &gpa, &level);
	if (!st)
		st = sept_open(c, &td, false, gpa, level, &e);
	if (st)
		return st;
	state = septe_state(e.val);
	if (state != TDX_SEPT_FREE && state != TDX_SEPT_NL_MAPPED)
		return septe_error(c, &e, TDX_ST(EPT_ENTRY_STATE_INCORRECT));
	if (c->in.r8 == ~0ULL)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_R8);
	if (state == TDX_SEPT_NL_MAPPED) {
		if (!(c->in.rdx & ALLOW_EXISTING))
			return septe_error(c, &e, TDX_ST(EPT_ENTRY_STATE_INCORRECT));
		seam_pause(c);
		return TDX_ST(SUCCESS); /* the page is not consumed */
	}
	st = seam_page_get_free(c, c->in.r8, TDX_OP_R8, TDX_PS_4K, &p);
	if (st)
		return st;
	seam_pause(c);

	seam_page_fill(c->s, &p, SEAM_SEPTE_FREE);
	seam_page_set(&p, TDX_PT_EPT, td.page.pa);
	core_add64(&td.tdr->chldcnt, 1);
	septe_set(&e, p.pa | SEAM_SEPTE_NL);
	return TDX_ST(SUCCESS);
}

u64 seam_mem_page_add(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_td td;
	struct septe e;
	struct seam_page p;
	u64 gpa, src, st;
	u32 level;

	st = seam_td_get(c, c->in.rdx, TDX_OP_RDX, true, &td);
	if (!st)
		st = seam_td_state(c, &td, false, OPS_INITIALIZED);
	if (!st)
		st = check_gpa_level(c, &td, TDX_PS_4K, TDX_PS_4K, &gpa, &level);
	if (st)
		return st;
	/* The exclusive TDR lock replaces the S-EPT locks. */
	if (!sept_walk(c->s, &td, gpa, level, &e))
		return septe_error(c, &e, TDX_ST(EPT_WALK_FAILED));
	if (septe_state(e.val) != TDX_SEPT_FREE)
		return septe_error(c, &e, TDX_ST(EPT_ENTRY_STATE_INCORRECT));
	src = seam_strip_hkid(s, c->in.r9);
	if (!seam_is_shared_hpa(s, c->in.r9, CORE_PAGE_SIZE) || !seam_ptr(s, src))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_R9);
	st = seam_page_get_free(c, c->in.r8, TDX_OP_R8, TDX_PS_4K, &p);
	if (st)
		return st;
	seam_pause(c);

	if (s->ops.copy_page)
		s->ops.copy_page(s->ctx, p.pa, src);
	seam_page_set(&p, TDX_PT_REG, td.page.pa);
	core_add64(&td.tdr->chldcnt, 1);
	septe_set(&e, p.pa | SEAM_SEPTE_MAPPED);
	return TDX_ST(SUCCESS);
}

u64 seam_mem_page_aug(struct seam_call *c)
{
	struct seam_td td;
	struct septe e;
	struct seam_page p;
	u64 gpa, st;
	u32 level;

	st = seam_td_get(c, c->in.rdx, TDX_OP_RDX, false, &td);
	if (!st)
		st = seam_td_state(c, &td, true, OPS_INITIALIZED | OPS_RUNNABLE);
	if (!st)
		st = check_gpa_level(c, &td, TDX_PS_4K, TDX_PS_2M, &gpa, &level);
	if (!st)
		st = sept_open(c, &td, false, gpa, level, &e);
	if (st)
		return st;
	if (septe_state(e.val) != TDX_SEPT_FREE)
		return septe_error(c, &e, TDX_ST(EPT_ENTRY_STATE_INCORRECT));
	st = seam_page_get_free(c, c->in.r8, TDX_OP_R8, level, &p);
	if (st)
		return st;
	seam_pause(c);

	seam_page_set(&p, TDX_PT_REG, td.page.pa);
	core_add64(&td.tdr->chldcnt, SEAM_BIT(9 * level));
	septe_set(&e, p.pa | SEAM_SEPTE_PENDING);
	return TDX_ST(SUCCESS);
}

u64 seam_mr_extend(struct seam_call *c)
{
	struct seam_td td;
	struct septe e;
	u64 gpa = c->in.rcx;
	u64 st;

	st = seam_td_get(c, c->in.rdx, TDX_OP_RDX, true, &td);
	if (!st)
		st = seam_td_state(c, &td, false, OPS_INITIALIZED);
	if (st)
		return st;
	if (gpa & 0xff || !gpa_is_private(&td, gpa))
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	/* The walk may end early: a leaf of any size is valid. */
	sept_walk(c->s, &td, gpa, TDX_PS_4K, &e);
	if (septe_state(e.val) != TDX_SEPT_MAPPED)
		return septe_error(c, &e, TDX_ST(EPT_ENTRY_NOT_PRESENT));
	seam_pause(c);
	return TDX_ST(SUCCESS);
}

/* PAMT entry of the page that an S-EPT entry maps, or of the S-EPT page it points to. */
static struct seam_pamt *septe_pamt(const struct seam *s, const struct septe *e)
{
	u32 level = e->val & SEPTE_LEAF ? e->level : TDX_PS_4K;
	u64 pa = e->val & SEAM_PA_MASK;

	/* A page in an S-EPT is always in a TDMR. */
	return seam_pamt_entry(s, seam_tdmr_find(s, pa), level, pa);
}

u64 seam_mem_range_block(struct seam_call *c)
{
	struct seam_td td;
	struct septe e;
	u64 gpa, st, val;
	u32 level;

	st = seam_td_get(c, c->in.rdx, TDX_OP_RDX, false, &td);
	if (!st)
		st = seam_td_state(c, &td, true, OPS_INITIALIZED | OPS_RUNNABLE);
	if (!st)
		st = check_gpa_level(c, &td, TDX_PS_4K, core_load32(&td.tdcs->root_level), &gpa,
				     &level);
	if (!st)
		st = sept_open(c, &td, true, gpa, level, &e);
	if (st)
		return st;
	switch (septe_state(e.val)) {
	case TDX_SEPT_MAPPED:
		val = (e.val & SEAM_PA_MASK) | SEAM_SEPTE_BLOCKED;
		break;
	case TDX_SEPT_PENDING:
		val = e.val | SEAM_SEPTE_TDB;
		break;
	case TDX_SEPT_NL_MAPPED:
		val = (e.val & ~SEPTE_RWX) | SEAM_SEPTE_TDB;
		break;
	case TDX_SEPT_BLOCKED:
	case TDX_SEPT_PENDING_BLOCKED:
	case TDX_SEPT_NL_BLOCKED:
		return septe_error(c, &e, TDX_ST(GPA_RANGE_ALREADY_BLOCKED));
	default:
		return septe_error(c, &e, TDX_ST(EPT_ENTRY_STATE_INCORRECT));
	}
	seam_pause(c);

	core_store64(&septe_pamt(c->s, &e)->bepoch, core_load64(&td.tdcs->epoch));
	septe_set(&e, val);
	return TDX_ST(SUCCESS);
}

u64 seam_mem_track(struct seam_call *c)
{
	struct seam_td td;
	u64 epoch, st;

	st = seam_td_get(c, c->in.rcx, TDX_OP_RCX, false, &td);
	if (!st)
		st = seam_td_state(c, &td, true, OPS_INITIALIZED | OPS_RUNNABLE);
	if (st)
		return st;
	if (!seam_lock(c, &td.tdcs->epoch_lock, true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_TD_EPOCH);
	epoch = core_load64(&td.tdcs->epoch);
	if (core_load32(&td.tdcs->refcount[(epoch - 1) & 1]))
		return TDX_ST(PREVIOUS_TLB_EPOCH_BUSY);
	seam_pause(c);
	core_store64(&td.tdcs->epoch, epoch + 1);
	return TDX_ST(SUCCESS);
}

/* True if no vCPU can hold a translation from before the block. */
static bool tlb_tracked(const struct seam_tdcs *tdcs, u64 bepoch)
{
	u64 epoch = core_load64(&tdcs->epoch);

	if (bepoch + 1 < epoch)
		return true;
	return bepoch + 1 == epoch && !core_load32(&tdcs->refcount[bepoch & 1]);
}

u64 seam_mem_page_remove(struct seam_call *c)
{
	struct seam_td td;
	struct septe e;
	struct seam_page p;
	u64 gpa, st;
	u32 level, state;

	st = seam_td_get(c, c->in.rdx, TDX_OP_RDX, false, &td);
	if (!st)
		st = seam_td_state(c, &td, true, OPS_INITIALIZED | OPS_RUNNABLE);
	if (!st)
		st = check_gpa_level(c, &td, TDX_PS_4K, TDX_PS_1G, &gpa, &level);
	if (!st)
		st = sept_open(c, &td, false, gpa, level, &e);
	if (st)
		return st;
	state = septe_state(e.val);
	if (state != TDX_SEPT_MAPPED && state != TDX_SEPT_PENDING && state != TDX_SEPT_BLOCKED &&
	    state != TDX_SEPT_PENDING_BLOCKED)
		return septe_error(c, &e, TDX_ST(EPT_ENTRY_STATE_INCORRECT));
	if (!seam_page_lock_implicit(c, e.val & SEAM_PA_MASK, level, true, &p))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX);
	/* Before FINALIZE no vCPU has run, so there is no translation to flush. */
	if (core_load32(&td.tdcs->op_state) == TDX_OP_RUNNABLE) {
		if (state == TDX_SEPT_MAPPED || state == TDX_SEPT_PENDING)
			return septe_error(c, &e, TDX_ST(GPA_RANGE_NOT_BLOCKED));
		if (!tlb_tracked(td.tdcs, core_load64(&p.entry->bepoch)))
			return TDX_ST_OP(TLB_TRACKING_NOT_DONE, TDX_OP_RCX);
	}
	seam_pause(c);

	septe_set(&e, SEAM_SEPTE_FREE);
	seam_page_set(&p, TDX_PT_NDA, 0);
	core_add64(&td.tdr->chldcnt, -(s64)SEAM_BIT(9 * level));
	c->out->rcx = p.pa;
	return TDX_ST(SUCCESS);
}

/*
 * TDG.MEM.PAGE.ACCEPT. If a host call has locked or changed the entry since it
 * was read, the exchange fails, and the guest's call would be busy.
 */
enum seam_access seam_guest_access(struct seam *s, u64 tdvpr_pa, u64 gpa)
{
	struct seam_page_info p;
	struct seam_td td;
	struct septe e;

	if (seam_get_page(s, tdvpr_pa, &p) || p.type != TDX_PT_TDVPR)
		return SEAM_ACCESS_VIOLATION;
	td.tdr = seam_ptr(s, p.owner);
	td.tdcs = seam_ptr(s, core_load64(&td.tdr->tdcx[SEAM_TDCX_TDCS]));
	if (!gpa_is_private(&td, gpa))
		return SEAM_ACCESS_VIOLATION;
	sept_walk(s, &td, gpa, TDX_PS_4K, &e);
	switch (septe_state(e.val)) {
	case TDX_SEPT_MAPPED:
		return SEAM_ACCESS_OK;
	case TDX_SEPT_PENDING:
		return core_cas64(e.entry, e.val, (e.val & SEAM_PA_MASK) | SEAM_SEPTE_MAPPED) ?
			       SEAM_ACCESS_OK :
			       SEAM_ACCESS_BUSY;
	default:
		return SEAM_ACCESS_VIOLATION;
	}
}
