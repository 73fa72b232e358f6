// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * ledger: page-level calls, which are almost all of the stream. If one changes nothing but
 * counts, it is recorded in the shard of its CPU, without the ledger's lock.
 *
 * A shard has accounts of a few TDs: what may be counted for the TD without a look at its
 * record, and the counts since the last fold. They are valid as long as no TD was added,
 * removed or changed its state, and no vCPU was added or removed: ledger.epoch.
 *
 * Folds of two shards are not one moment: a page may be seen removed on one CPU before it
 * is seen added on another. Then the TD owes the page until the next fold.
 */
#include "ledger-priv.h"

/* Bits of ledger_account.leaves, and indexes of ledger_shard.leaf. */
enum {
	PAGE_ADD,
	PAGE_AUG,
	SEPT_ADD,
	RANGE_BLOCK,
	TRACK,
	EXTEND,
	REMOVE,
	RECLAIM,
	WBINVD,
	PAGE_LEAVES,
	NO_PAGE_LEAF = PAGE_LEAVES,
};

_Static_assert(PAGE_LEAVES == LEDGER_PAGE_LEAVES, "a shard has a record for each of them");

static const u8 page_leaves[PAGE_LEAVES] = {
	[PAGE_ADD] = TDH_MEM_PAGE_ADD,	   [PAGE_AUG] = TDH_MEM_PAGE_AUG,
	[SEPT_ADD] = TDH_MEM_SEPT_ADD,	   [RANGE_BLOCK] = TDH_MEM_RANGE_BLOCK,
	[TRACK] = TDH_MEM_TRACK,	   [EXTEND] = TDH_MR_EXTEND,
	[REMOVE] = TDH_MEM_PAGE_REMOVE,	   [RECLAIM] = TDH_PHYMEM_PAGE_RECLAIM,
	[WBINVD] = TDH_PHYMEM_PAGE_WBINVD,
};

static u32 page_leaf(u64 rax)
{
	switch (rax) {
	case TDH_MEM_PAGE_ADD:
		return PAGE_ADD;
	case TDH_MEM_PAGE_AUG:
		return PAGE_AUG;
	case TDH_MEM_SEPT_ADD:
		return SEPT_ADD;
	case TDH_MEM_RANGE_BLOCK:
		return RANGE_BLOCK;
	case TDH_MEM_TRACK:
		return TRACK;
	case TDH_MR_EXTEND:
		return EXTEND;
	case TDH_MEM_PAGE_REMOVE:
		return REMOVE;
	case TDH_PHYMEM_PAGE_RECLAIM:
		return RECLAIM;
	case TDH_PHYMEM_PAGE_WBINVD:
		return WBINVD;
	default:
		return NO_PAGE_LEAF;
	}
}

bool ledger_page_begin(const struct ledger *l, struct ledger_call *call)
{
	if (!l->shard || page_leaf(call->rax) == NO_PAGE_LEAF || call->cpu >= l->cfg.nr_cpus)
		return false;
	/* Newer than each state that is recorded by now, older than each later one. */
	call->seq = core_load64(&l->seq) + 1;
	call->counted = false;
	return true;
}

static struct ledger_account *account_of(struct ledger_shard *s, u64 tdr)
{
	u32 i;

	for (i = 0; i < LEDGER_ACCOUNTS; i++)
		if (s->account[i].tdr == tdr)
			return &s->account[i];
	return NULL;
}

/* Returns true if @page is a TDR or TDVPR in the records, which are outdated then. */
static bool is_known_page(const struct ledger *l, u64 page)
{
	return ledger_map_find(&l->td_map, page) != LEDGER_NONE ||
	       ledger_map_find(&l->vcpu_map, page) != LEDGER_NONE;
}

/* The address of the TDR that the call is for; 0: unknown, or none. */
static u64 tdr_of(const struct ledger_shard *s, u32 leaf, const struct ledger_call *call,
		  const struct ledger_regs *out)
{
	switch (leaf) {
	case SEPT_ADD:
		/* Bit 0: "allow existing", whose page may be unused. */
		return call->in.rdx & 1 ? 0 : call->in.rdx & CORE_PAGE_MASK;
	case TRACK:
		return call->in.rcx;
	case RECLAIM:
		return out && (out->rcx == TDX_PT_REG || out->rcx == TDX_PT_EPT) ? out->rdx : 0;
	case WBINVD:
		return s->removed.tdr;
	default:
		return call->in.rdx;
	}
}

static void count(struct ledger_account *a, struct ledger_shard *s, u32 leaf,
		  const struct ledger_call *call, const struct ledger_regs *out)
{
	switch (leaf) {
	case PAGE_ADD:
		a->private_pages++;
		break;
	case PAGE_AUG:
		a->private_pages += (s64)ledger_pages_of(call->in.rcx & 7);
		break;
	case SEPT_ADD:
		a->sept_pages++;
		break;
	case REMOVE:
		a->private_pages -= (s64)ledger_pages_of(call->in.rcx & 7);
		if (out) {
			s->removed.hpa = out->rcx;
			s->removed.tdr = a->tdr;
		}
		break;
	case RECLAIM:
		if (out->rcx == TDX_PT_EPT) {
			a->sept_pages--;
			break;
		}
		a->private_pages -= (s64)ledger_pages_of(out->r8);
		a->reclaims++;
		break;
	}
}

bool ledger_page_end(struct ledger *l, const struct ledger_call *call, u64 end_ns, u64 status,
		     const struct ledger_regs *out)
{
	u64 ns = end_ns > call->start_ns ? end_ns - call->start_ns : 0;
	u32 leaf = page_leaf(call->rax);
	struct ledger_account *a;
	struct ledger_shard *s;
	u64 tdr;

	if (!l->shard || status || leaf == NO_PAGE_LEAF || call->cpu >= l->cfg.nr_cpus)
		return false;
	s = &l->shard[call->cpu];
	tdr = tdr_of(s, leaf, call, out);
	a = tdr ? account_of(s, tdr) : NULL;
	if (!a || !(a->leaves & 1U << leaf) || s->epoch != core_load64(&l->epoch))
		return false;
	if ((leaf == PAGE_ADD || leaf == PAGE_AUG || leaf == SEPT_ADD) &&
	    (is_known_page(l, call->in.r8) || s->epoch != core_load64(&l->epoch)))
		return false;
	/* KVM flushes the page that it has removed just now; any other flush is for no TD. */
	if (leaf == WBINVD && !ledger_flushes(l, call->in.rcx, s->removed.hpa))
		return false;

	s->removed.tdr = 0;
	count(a, s, leaf, call, out);
	a->calls++;
	a->last_ns = end_ns;
	s->calls++;
	s->last_ns = end_ns;
	ledger_stat_add(&s->leaf[leaf], ns);
	return true;
}

static void fold_account(struct ledger *l, struct ledger_account *a)
{
	struct ledger_td_slot *td = ledger_td_get(l, a->tdr);

	/* Else the TD is gone. */
	if (td && td->pub.seq == a->number) {
		ledger_count(l, &td->pub.private_pages, &td->owed_private, a->private_pages);
		ledger_count(l, &td->pub.sept_pages, &td->owed_sept, a->sept_pages);
		td->pub.calls += a->calls;
		td->pub.reclaims += a->reclaims;
		if (a->last_ns > td->pub.last_ns)
			td->pub.last_ns = a->last_ns;
	}
	a->private_pages = 0;
	a->sept_pages = 0;
	a->calls = 0;
	a->reclaims = 0;
}

bool ledger_shard_dirty(const struct ledger *l, u32 cpu)
{
	return l->shard && core_load64(&l->shard[cpu].calls);
}

void ledger_fold(struct ledger *l, u32 cpu)
{
	struct ledger_cpu *c = &l->cpu[cpu].pub;
	struct ledger_shard *s;
	u32 i;

	if (!l->shard)
		return;
	s = &l->shard[cpu];
	if (!s->calls)
		return;
	for (i = 0; i < LEDGER_ACCOUNTS; i++)
		if (s->account[i].calls)
			fold_account(l, &s->account[i]);
	for (i = 0; i < PAGE_LEAVES; i++)
		if (s->leaf[i].calls)
			ledger_stat_move(&l->leaf[page_leaves[i]], &s->leaf[i]);
	l->totals.calls += s->calls;
	c->calls += s->calls;
	if (s->last_ns > c->last_ns)
		c->last_ns = s->last_ns;
	core_store64(&s->calls, 0);
}

/* The leaves that change nothing but counts of @td, whatever task calls them. */
static u32 leaves_of(const struct ledger_td_slot *td)
{
	u32 i, leaves = 0;

	for (i = 0; i < WBINVD; i++)
		if (ledger_only_counts(td, page_leaves[i]))
			leaves |= 1U << i;
	/* Else the KeyID of the flushed page shows the HKID. */
	if (td->pub.hkid != LEDGER_UNKNOWN32)
		leaves |= 1U << WBINVD;
	return leaves;
}

void ledger_admit(struct ledger *l, const struct ledger_call *call, u64 status,
		  const struct ledger_regs *out)
{
	u32 leaf = page_leaf(call->rax);
	const struct ledger_td_slot *td;
	struct ledger_account *a;
	struct ledger_shard *s;
	u64 tdr;

	if (!l->shard || status || leaf == NO_PAGE_LEAF || call->cpu >= l->cfg.nr_cpus)
		return;
	s = &l->shard[call->cpu];
	if (s->epoch != l->epoch) {
		ledger_fold(l, call->cpu);
		memset(s->account, 0, sizeof(s->account));
		s->epoch = l->epoch;
	}
	tdr = tdr_of(s, leaf, call, out);
	td = ledger_td_get(l, tdr);
	if (!td)
		return;
	a = account_of(s, tdr);
	if (!a) {
		a = &s->account[s->next++ % LEDGER_ACCOUNTS];
		fold_account(l, a);
	}
	a->tdr = tdr;
	a->number = td->pub.seq;
	a->leaves = leaves_of(td);
}

bool ledger_owes(const struct ledger *l)
{
	return l->owed;
}

/* More pages were removed than added: calls were missed. */
static void forfeit(struct ledger *l, u64 *pages, u64 *owed)
{
	if (!*owed)
		return;
	l->totals.violations++;
	*pages = LEDGER_UNKNOWN;
	ledger_forgive(l, owed);
}

void ledger_settle(struct ledger *l)
{
	u32 i;

	for (i = 0; l->owed && i < l->nr_tds; i++) {
		struct ledger_td_slot *td = &l->td[l->td_order[i]];

		forfeit(l, &td->pub.private_pages, &td->owed_private);
		forfeit(l, &td->pub.sept_pages, &td->owed_sept);
	}
}
