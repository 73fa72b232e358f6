// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* seam: physical pages. TDMRs, the PAMT walk with its locks, TDH.SYS.TDMR.INIT. */
#include "seam-priv.h"

/* The TDMR of @pa, or NULL if the PAMT of its 1-GiB block is not complete. */
const struct seam_tdmr *seam_tdmr_find(const struct seam *s, u64 pa)
{
	u32 i, nr = core_load32(&s->nr_tdmrs);

	for (i = 0; i < nr; i++) {
		const struct seam_tdmr *t = &s->tdmr[i];

		if (pa >= t->info.base && pa - t->info.base < t->info.size)
			return pa < (core_load64(&t->next) & ~(SEAM_GIB - 1)) ? t : NULL;
	}
	return NULL;
}

struct seam_pamt *seam_pamt_entry(const struct seam *s, const struct seam_tdmr *t, u32 level,
				  u64 pa)
{
	u64 base = level == TDX_PS_4K ? t->info.pamt_4k_base :
		   level == TDX_PS_2M ? t->info.pamt_2m_base :
					t->info.pamt_1g_base;
	u64 index = (pa - t->info.base) >> tdx_level_shift(level);

	return seam_ptr(s, base + index * TDX_PAMT_ENTRY_SIZE);
}

static void page_fill(struct seam_page *p, struct seam_pamt *e, u64 pa, u32 level)
{
	u64 word = core_load64(&e->word);

	p->entry = e;
	p->pa = pa;
	p->level = level;
	p->type = seam_pamt_type(word);
	p->owner = seam_pamt_owner(word);
}

/*
 * Finds and locks the PAMT leaf of @pa. A 1G or 2M entry that is not NDA is the
 * leaf; an NDA entry is a node, which is locked shared on the way down. The walk
 * ends at level @want even if its entry is NDA.
 */
static bool pamt_walk(struct seam_call *c, const struct seam_tdmr *t, u64 pa, u32 want, bool ex,
		      struct seam_page *p)
{
	struct seam_pamt *e;
	u32 level;
	bool node;

	for (level = TDX_PS_1G;; level--) {
		e = seam_pamt_entry(c->s, t, level, pa);
		node = level != want && seam_pamt_type(core_load64(&e->word)) == TDX_PT_NDA;
		if (!seam_lock(c, &e->word, ex && !node))
			return false;
		page_fill(p, e, pa, level);
		/* The entry changed before it was locked. */
		if (level != want && node != (p->type == TDX_PT_NDA))
			return false;
		if (!node)
			return true;
	}
}

static u64 page_check_addr(struct seam_call *c, u64 pa, u32 op, u32 level,
			   const struct seam_tdmr **t)
{
	if (pa & (SEAM_BIT(tdx_level_shift(level)) - 1) || pa >> c->s->hkid_shift)
		return TDX_ST_OP(OPERAND_INVALID, op);
	*t = seam_tdmr_find(c->s, pa);
	if (!*t)
		return TDX_ST_OP(OPERAND_ADDR_RANGE_ERROR, op);
	return TDX_ST(SUCCESS);
}

/* Locks an explicit operand: a page of any type and size. */
u64 seam_page_lock(struct seam_call *c, u64 pa, u32 op, bool ex, struct seam_page *p)
{
	const struct seam_tdmr *t;
	u64 st;

	st = page_check_addr(c, pa, op, TDX_PS_4K, &t);
	if (st)
		return st;
	if (!pamt_walk(c, t, pa, TDX_PS_4K, ex, p))
		return TDX_ST_OP(OPERAND_BUSY, op);
	return TDX_ST(SUCCESS);
}

/* Locks an explicit operand: a 4-KiB page of the given type. */
u64 seam_page_get(struct seam_call *c, u64 pa, u32 op, bool ex, u32 type, struct seam_page *p)
{
	u64 st = seam_page_lock(c, pa, op, ex, p);

	if (st)
		return st;
	if (p->level != TDX_PS_4K || p->type != type)
		return TDX_ST_OP(PAGE_METADATA_INCORRECT, op);
	return TDX_ST(SUCCESS);
}

/* A 2-MiB range is free if none of its 4-KiB pages is in use. */
static bool pamt_2m_free(const struct seam *s, const struct seam_tdmr *t, u64 pa)
{
	u64 end = pa + SEAM_BIT(tdx_level_shift(TDX_PS_2M));

	for (; pa < end; pa += CORE_PAGE_SIZE) {
		struct seam_pamt *e = seam_pamt_entry(s, t, TDX_PS_4K, pa);

		if (seam_pamt_type(core_load64(&e->word)) != TDX_PT_NDA)
			return false;
	}
	return true;
}

/* Locks an explicit operand exclusively: a free page of 4 KiB or 2 MiB. */
u64 seam_page_get_free(struct seam_call *c, u64 pa, u32 op, u32 level, struct seam_page *p)
{
	const struct seam_tdmr *t;
	u64 st;

	st = page_check_addr(c, pa, op, level, &t);
	if (st)
		return st;
	if (!pamt_walk(c, t, pa, level, true, p))
		return TDX_ST_OP(OPERAND_BUSY, op);
	if (p->level != level || p->type != TDX_PT_NDA ||
	    (level == TDX_PS_2M && !pamt_2m_free(c->s, t, pa)))
		return TDX_ST_OP(PAGE_METADATA_INCORRECT, op);
	return TDX_ST(SUCCESS);
}

/* Locks a page that is known from module metadata: only its leaf, without a walk. */
bool seam_page_lock_implicit(struct seam_call *c, u64 pa, u32 level, bool ex, struct seam_page *p)
{
	const struct seam_tdmr *t = seam_tdmr_find(c->s, pa);
	struct seam_pamt *e;

	if (!t)
		return false;
	e = seam_pamt_entry(c->s, t, level, pa);
	if (!seam_lock(c, &e->word, ex))
		return false;
	page_fill(p, e, pa, level);
	return true;
}

/* The caller holds the entry exclusively, so the word does not change. */
void seam_page_set(struct seam_page *p, u32 type, u64 owner)
{
	p->type = type;
	p->owner = owner;
	core_store64(&p->entry->bepoch, 0);
	core_store64(&p->entry->word, seam_pamt_word(type, owner) | SEAM_LOCK_EX);
}

/*
 * Fills a new metadata page with one value. Not memset(): a seam_get_*() function
 * that found the page in its former use may still be reading it.
 */
void *seam_page_fill(const struct seam *s, const struct seam_page *p, u64 value)
{
	u64 *word = seam_ptr(s, p->pa);
	u32 i;

	for (i = 0; i < CORE_PAGE_SIZE / sizeof(*word); i++)
		core_store64(&word[i], value);
	return word;
}

static bool tdmr_reserved(const struct tdx_tdmr_info *info, u64 pa)
{
	u64 off = pa - info->base;
	u32 i;

	for (i = 0; i < TDX_MAX_RESERVED_PER_TDMR && info->rsvd[i].size; i++)
		if (off >= info->rsvd[i].offset && off - info->rsvd[i].offset < info->rsvd[i].size)
			return true;
	return false;
}

static void pamt_init(struct seam *s, const struct seam_tdmr *t, u32 level, u64 start, u64 end)
{
	u64 pa;

	for (pa = start; pa < end; pa += SEAM_BIT(tdx_level_shift(level))) {
		struct seam_pamt *e = seam_pamt_entry(s, t, level, pa);
		u32 type = TDX_PT_NDA;

		if (level == TDX_PS_4K && tdmr_reserved(&t->info, pa))
			type = TDX_PT_RSVD;
		core_store64(&e->bepoch, 0);
		core_store64(&e->word, seam_pamt_word(type, 0));
	}
}

u64 seam_sys_tdmr_init(struct seam_call *c)
{
	struct seam *s = c->s;
	struct seam_tdmr *t = NULL;
	u64 base = c->in.rcx;
	u64 start, end;
	u32 i;

	for (i = 0; i < core_load32(&s->nr_tdmrs); i++)
		if (s->tdmr[i].info.base == base)
			t = &s->tdmr[i];
	/* SYS.CONFIG has checked alignment and range of the base. */
	if (!t)
		return TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX);
	if (!seam_lock(c, &t->lock, true))
		return TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX);
	start = core_load64(&t->next);
	if (start == base + t->info.size)
		return TDX_ST(TDMR_ALREADY_INITIALIZED);
	seam_pause(c);

	/* Like the real module, initialise a bounded amount per call: 4 MiB of TDMR. */
	end = start + SEAM_4MIB;
	if (!(start & (SEAM_GIB - 1)))
		pamt_init(s, t, TDX_PS_1G, start, start + SEAM_GIB);
	pamt_init(s, t, TDX_PS_2M, start, end);
	pamt_init(s, t, TDX_PS_4K, start, end);
	core_store64(&t->next, end);
	c->out->rdx = end & ~(SEAM_GIB - 1);
	return TDX_ST(SUCCESS);
}
