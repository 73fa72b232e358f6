// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * seam: injected faults.
 *
 * Slots are changed under fault_lock and matched without it: a SEAMCALL may
 * come from an IPI that interrupted seam_fault_add() on the same CPU, so it
 * must not wait. A slot's generation is odd while the slot is valid.
 */
#include "seam-priv.h"

#define FAULT_FOREVER ((u64)SEAM_ANY)

static u64 fault_budget(u32 skip, u32 count)
{
	return (u64)skip << 32 | count;
}

static void fault_free(struct seam *s, struct seam_fault_slot *f, u32 gen)
{
	if (core_cas32(&f->gen, gen, gen + 1))
		core_add32(&s->nr_faults, -1);
}

/* Uses up one match of the slot. Returns its status, or 0 if the call does not match. */
static u64 fault_take(struct seam_call *c, struct seam_fault_slot *f)
{
	u32 gen = core_load32(&f->gen);
	u32 leaf = core_load32(&f->leaf);
	u32 lp = core_load32(&f->lp);
	u64 rcx = core_load64(&f->rcx);
	u64 status = core_load64(&f->status);
	u64 old, new;

	if (!(gen & 1) || (leaf != SEAM_ANY && leaf != c->leaf) ||
	    (lp != SEAM_ANY && lp != c->lp) || (rcx && rcx != c->in.rcx))
		return 0;
	do {
		old = core_load64(&f->budget);
		if (!(u32)old || core_load32(&f->gen) != gen)
			return 0;
		if (old >> 32)
			new = old - (1ULL << 32);
		else if (old == FAULT_FOREVER)
			new = old;
		else
			new = old - 1;
	} while (!core_cas64(&f->budget, old, new));
	if (old >> 32)
		return 0;
	if (!(u32) new)
		fault_free(c->s, f, gen);
	return status;
}

/*
 * Returns the injected status for this call, 0 if there is none. An injected
 * interruption of CACHE.WB is left to the leaf, which saves a resume point.
 */
u64 seam_fault_match(struct seam_call *c)
{
	struct seam *s = c->s;
	u64 st = 0;
	u32 i;

	if (!core_load32(&s->nr_faults))
		return 0;
	for (i = 0; i < SEAM_MAX_FAULTS && !st; i++)
		st = fault_take(c, &s->fault[i]);
	if (c->leaf == TDH_PHYMEM_CACHE_WB && st == TDX_ST(INTERRUPTED_RESUMABLE)) {
		c->interrupt = true;
		return 0;
	}
	return st;
}

static void fault_lock(struct seam *s)
{
	while (!core_cas64(&s->fault_lock, 0, 1))
		;
}

static void fault_unlock(struct seam *s)
{
	core_store64(&s->fault_lock, 0);
}

int seam_fault_add(struct seam *s, const struct seam_fault *f)
{
	int ret = -ENOSPC;
	u32 i, gen;

	if (!f->status || !f->count)
		return -EINVAL;
	fault_lock(s);
	for (i = 0; i < SEAM_MAX_FAULTS; i++) {
		struct seam_fault_slot *slot = &s->fault[i];

		gen = core_load32(&slot->gen);
		if (gen & 1)
			continue;
		core_store32(&slot->leaf, f->leaf);
		core_store32(&slot->lp, f->lp);
		core_store64(&slot->rcx, f->rcx);
		core_store64(&slot->status, f->status);
		core_store64(&slot->budget, fault_budget(f->skip, f->count));
		core_add32(&s->nr_faults, 1);
		core_store32(&slot->gen, gen + 1);
		ret = 0;
		break;
	}
	fault_unlock(s);
	return ret;
}

void seam_fault_clear(struct seam *s)
{
	u32 i, gen;

	fault_lock(s);
	for (i = 0; i < SEAM_MAX_FAULTS; i++) {
		gen = core_load32(&s->fault[i].gen);
		if (gen & 1)
			fault_free(s, &s->fault[i], gen);
	}
	fault_unlock(s);
}

u32 seam_fault_list(const struct seam *s, struct seam_fault *out, u32 max)
{
	u32 i, n = 0;

	for (i = 0; i < SEAM_MAX_FAULTS; i++) {
		const struct seam_fault_slot *f = &s->fault[i];
		u64 budget;

		if (!(core_load32(&f->gen) & 1))
			continue;
		if (n < max) {
			budget = core_load64(&f->budget);
			out[n] = (struct seam_fault){
				.leaf = core_load32(&f->leaf),
				.lp = core_load32(&f->lp),
				.rcx = core_load64(&f->rcx),
				.status = core_load64(&f->status),
				.skip = budget >> 32,
				.count = (u32)budget,
			};
		}
		n++;
	}
	return n;
}
