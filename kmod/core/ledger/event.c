// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * ledger: what each finished SEAMCALL proves.
 *
 * A success proves the state that the leaf requires (TDX module ABI, TD life cycle
 * and OP_STATE tables). If the record contradicts it, calls were missed: the
 * contradiction is counted as a violation, and the record follows the newest call.
 * A failure proves little; its effects are described beside each leaf.
 */
#include "ledger-priv.h"

enum name_by { BY_NONE, BY_TDR_RCX, BY_TDR_RDX, BY_VPR_RCX, BY_VPR_RDX };

/* How a leaf names its TD, the states it requires, and the next state. */
struct rule {
	u8 by;
	u8 lo, hi; /* required states; 0: none */
	u8 next;   /* 0: unchanged */
	/*
	 * A call of this leaf means that the host is building or running the TD
	 * and has not given up its HKID. Not BLOCK, TRACK, REMOVE and FLUSH: KVM
	 * removes pages after a failed release as well.
	 */
	bool in_use;
};

/* clang-format off */
static const struct rule rules[TDX_LEAF_COUNT] = {
#define RULE(id, n, l, h, s, u) \
	[TDH_##id] = { .by = BY_##n, .lo = LEDGER_TD_##l, .hi = LEDGER_TD_##h, \
		       .next = LEDGER_TD_##s, .in_use = u }
	RULE(VP_ENTER,		VPR_RCX, RUNNABLE,	  RUNNABLE,	   UNKNOWN,	true),
	RULE(MNG_ADDCX,		TDR_RDX, KEYS_CONFIGURED, KEYS_CONFIGURED, UNKNOWN,	true),
	RULE(MEM_PAGE_ADD,	TDR_RDX, INITIALIZED,	  INITIALIZED,	   UNKNOWN,	true),
	RULE(MEM_SEPT_ADD,	TDR_RDX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	true),
	RULE(VP_ADDCX,		VPR_RDX, INITIALIZED,	  INITIALIZED,	   UNKNOWN,	true),
	RULE(MEM_PAGE_AUG,	TDR_RDX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	true),
	RULE(MEM_RANGE_BLOCK,	TDR_RDX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
	RULE(MNG_KEY_CONFIG,	TDR_RCX, ASSIGNED,	  ASSIGNED,	   UNKNOWN,	true),
	RULE(VP_CREATE,		TDR_RDX, INITIALIZED,	  INITIALIZED,	   UNKNOWN,	true),
	RULE(MNG_RD,		TDR_RCX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
	RULE(MR_EXTEND,		TDR_RDX, INITIALIZED,	  INITIALIZED,	   UNKNOWN,	true),
	RULE(MR_FINALIZE,	TDR_RCX, INITIALIZED,	  INITIALIZED,	   RUNNABLE,	true),
	RULE(VP_FLUSH,		VPR_RCX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
	RULE(MNG_VPFLUSHDONE,	TDR_RCX, ASSIGNED,	  RUNNABLE,	   BLOCKED,	false),
	RULE(MNG_KEY_FREEID,	TDR_RCX, BLOCKED,	  BLOCKED,	   TEARDOWN,	false),
	RULE(MNG_INIT,		TDR_RCX, KEYS_CONFIGURED, KEYS_CONFIGURED, INITIALIZED,	true),
	RULE(VP_INIT,		VPR_RCX, INITIALIZED,	  INITIALIZED,	   UNKNOWN,	true),
	RULE(VP_RD,		VPR_RCX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
	RULE(MEM_PAGE_REMOVE,	TDR_RDX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
	RULE(MEM_SEPT_REMOVE,	TDR_RDX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
	RULE(MEM_TRACK,		TDR_RCX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
	RULE(MEM_RANGE_UNBLOCK,	TDR_RDX, UNKNOWN,	  UNKNOWN,	   UNKNOWN,	false),
	RULE(MEM_PAGE_RELOCATE,	TDR_RDX, UNKNOWN,	  UNKNOWN,	   UNKNOWN,	false),
	RULE(VP_WR,		VPR_RCX, INITIALIZED,	  RUNNABLE,	   UNKNOWN,	false),
#undef RULE
};
/* clang-format on */

/*
 * KEY.CONFIG runs in workers. Leaves without in_use may run in any task: pages are
 * removed, and TDs end, in the context that happens to do it.
 */
bool ledger_names_owner(u64 rax)
{
	u32 leaf = ledger_leaf_of(rax);

	return leaf == TDH_MNG_CREATE ||
	       (leaf < TDX_LEAF_COUNT && rules[leaf].in_use && leaf != TDH_MNG_KEY_CONFIG);
}

u64 ledger_pages_of(u64 level)
{
	return 1ULL << (9 * (level & 3));
}

bool ledger_only_counts(const struct ledger_td_slot *td, u32 leaf)
{
	const struct rule *r = &rules[leaf];
	u32 state = td->pub.state;

	if (leaf == TDH_PHYMEM_PAGE_RECLAIM)
		return state == LEDGER_TD_TEARDOWN;
	return state >= r->lo && state <= r->hi && r->lo && (!r->in_use || td->pub.owner.tgid);
}

/* Adds a TD whose creation was not seen. */
static struct ledger_td_slot *discover(struct ledger *l, u64 tdr)
{
	struct ledger_td_slot *td;

	if (!tdr || tdr & ~CORE_PAGE_MASK)
		return NULL;
	if (ledger_complete(l) && !l->totals.tds_dropped)
		l->totals.violations++;
	td = ledger_td_new(l, tdr);
	/* Each call of such a TD comes here, so it counts as one TD only once. */
	if (!td && !l->totals.tds_dropped)
		l->totals.tds_dropped = 1;
	return td;
}

/* The record is about a former TD at this address: replaces it by a new one. */
static struct ledger_td_slot *restart(struct ledger *l, struct ledger_td_slot *td)
{
	u64 tdr = td->pub.tdr;

	l->totals.violations++;
	if (td->pub.hkid)
		ledger_hkid_release(l, td, false, 0);
	ledger_td_drop(l, td);
	return ledger_td_new(l, tdr);
}

/* The host passed @page to the module, so a record of it as TDR or TDVPR is outdated. */
static void page_reused(struct ledger *l, u64 page)
{
	struct ledger_td_slot *td = ledger_td_get(l, page);

	if (td) {
		l->totals.violations++;
		if (td->pub.hkid)
			ledger_hkid_release(l, td, false, 0);
		ledger_td_drop(l, td);
	}
	if (ledger_td_of_vcpu(l, page)) {
		l->totals.violations++;
		ledger_vcpu_del(l, page);
	}
}

/*
 * A success proves that the state was in [lo, hi]. Returns the record to update, or
 * NULL if the call is older than the recorded state, or the table is full.
 */
static struct ledger_td_slot *prove(struct ledger *l, struct ledger_td_slot *td,
				    const struct rule *r, const struct ledger_event *ev)
{
	u32 state = td->pub.state;

	if (state == LEDGER_TD_LEAKED) {
		if (r->in_use || r->next)
			state = td->before_leak;
		else
			return td;
		/* It was not given up, or its release continues. */
		td->pub.fail_leaf = 0;
		td->pub.fail_status = 0;
		ledger_td_state(l, td, state, ev->now);
	}
	if (state == LEDGER_TD_UNKNOWN) {
		if (r->lo == r->hi)
			ledger_td_state(l, td, r->lo, 0);
		else if (r->lo >= LEDGER_TD_KEYS_CONFIGURED)
			td->pub.keyed_pkgs = l->all_pkgs;
		ledger_td_state(l, td, td->pub.state, ev->now);
		return td;
	}
	if (state >= r->lo && state <= r->hi)
		return td;
	/* The call took effect before the recorded state, but ended after it. */
	if (ev->call->seq <= td->seq)
		return NULL;
	if (state > r->hi) {
		td = restart(l, td);
		return td ? prove(l, td, r, ev) : NULL;
	}
	/* There may be fewer present packages than possible ones. */
	if (state != LEDGER_TD_ASSIGNED || r->lo != LEDGER_TD_KEYS_CONFIGURED ||
	    !td->pub.keyed_pkgs)
		l->totals.violations++;
	ledger_td_state(l, td, r->lo, 0);
	return td;
}

/* ---- single leaves ---- */

static void create(struct ledger *l, const struct ledger_event *ev)
{
	u64 tdr = ev->call->in.rcx;
	u32 id = (u32)ev->call->in.rdx;
	struct ledger_hkid_slot *h = ledger_hkid_get(l, id);
	struct ledger_td_slot *td;

	if (!ev->ok) {
		if (TDX_STATUS_OF(ev->status) == TDX_ST(HKID_NOT_FREE) && ev->call->in.rdx == id)
			ledger_hkid_anon(l, id, ev);
		return;
	}
	/* No TDX module accepts this. */
	if (!tdr || tdr & ~CORE_PAGE_MASK) {
		l->totals.violations++;
		return;
	}
	page_reused(l, tdr);
	/* The former owner of this HKID released it in a missed call. */
	if (h && h->pub.tdr) {
		l->totals.violations++;
		td = ledger_td_get(l, h->pub.tdr);
		if (td) {
			ledger_td_lose_counts(l, td);
			ledger_hkid_release(l, td, false, 0);
			ledger_td_state(l, td, LEDGER_TD_TEARDOWN, 0);
		}
	}
	l->totals.tds_created++;
	td = ledger_td_new(l, tdr);
	if (!td) {
		l->totals.tds_dropped++;
		if (h && h->pub.state <= LEDGER_HKID_FREE) {
			h->pub.state = LEDGER_HKID_UNKNOWN;
			ledger_hkid_anon(l, id, ev);
		}
		return;
	}
	td->pub.seen_create = true;
	td->pub.created_ns = ev->now;
	td->pub.last_ns = ev->now;
	td->pub.calls = 1;
	td->pub.owner = ev->call->owner;
	td->pub.keyed_pkgs = 0;
	td->pub.vcpus = 0;
	td->pub.private_pages = 0;
	td->pub.sept_pages = 0;
	td->pub.control_pages = 1;
	ledger_td_state(l, td, LEDGER_TD_ASSIGNED, ev->now);
	ledger_hkid_bind(l, td, id, ev->now);
}

/* @late: the call ended after the TD reached a later state. */
static void key_config(struct ledger *l, struct ledger_td_slot *td, bool late,
		       const struct ledger_event *ev)
{
	u32 cpu = ev->call->cpu;
	u32 pkg = cpu < l->cfg.nr_cpus ? l->cpu[cpu].pub.pkg : LEDGER_NONE;

	if (pkg < l->cfg.nr_pkgs)
		l->pkg[pkg].pub.keys_programmed++;
	if (late)
		return;
	/* Its state was HKID_ASSIGNED, so it owns only its TDR. */
	ledger_td_empty(l, td);
	td->pub.control_pages = 1;
	if (pkg >= l->cfg.nr_pkgs || pkg >= 32)
		return;
	td->seen_keys |= 1U << pkg;
	if (td->pub.keyed_pkgs != LEDGER_UNKNOWN32)
		td->pub.keyed_pkgs |= 1U << pkg;
	else if (td->seen_keys == l->all_pkgs)
		td->pub.keyed_pkgs = l->all_pkgs;
	/* If the keys of other packages are unknown, this may be the last one. */
	if (td->pub.keyed_pkgs == LEDGER_UNKNOWN32)
		ledger_td_state(l, td, LEDGER_TD_UNKNOWN, 0);
	else if (td->pub.keyed_pkgs == l->all_pkgs)
		ledger_td_state(l, td, LEDGER_TD_KEYS_CONFIGURED, ev->now);
	else
		ledger_td_state(l, td, LEDGER_TD_ASSIGNED, ev->now);
}

static void freed(struct ledger *l, struct ledger_td_slot *td, u64 now)
{
	ledger_hkid_release(l, td, true, now);
	td->pub.released_ns = now;
	ledger_td_state(l, td, LEDGER_TD_TEARDOWN, now);
}

/* The page that a successful call passed to the module; 0: none, or not certain. */
static u64 page_given(const struct ledger_event *ev)
{
	const struct ledger_regs *in = &ev->call->in;

	switch (ev->leaf) {
	case TDH_MNG_ADDCX:
	case TDH_VP_CREATE:
	case TDH_VP_ADDCX:
		return in->rcx;
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_PAGE_AUG:
		return in->r8;
	case TDH_MEM_SEPT_ADD:
		return in->rdx & 1 ? 0 : in->r8;
	default:
		return 0;
	}
}

static struct ledger_removed *removed_of(struct ledger *l, u32 cpu)
{
	return l->shard ? &l->shard[cpu].removed : &l->cpu[cpu].removed;
}

/* Leaves that name their TD. */
static void td_leaf(struct ledger *l, const struct ledger_event *ev)
{
	const struct ledger_regs *in = &ev->call->in;
	const struct rule *r = &rules[ev->leaf];
	bool by_tdr = r->by == BY_TDR_RCX || r->by == BY_TDR_RDX;
	u64 name = r->by == BY_TDR_RCX || r->by == BY_VPR_RCX ? in->rcx : in->rdx;
	struct ledger_td_slot *td;
	u32 cpu = ev->call->cpu;
	bool late = false;

	/* Flags: VP.ENTER bits 52 and 53, SEPT.ADD bit 0. */
	if (ev->leaf == TDH_VP_ENTER)
		name &= 0x000ffffffffff000ULL;
	else if (ev->leaf == TDH_MEM_SEPT_ADD)
		name &= CORE_PAGE_MASK;

	/* Before the look-up, which may otherwise find an outdated record. */
	if (ev->ok)
		page_reused(l, page_given(ev));
	td = by_tdr ? ledger_td_get(l, name) : ledger_td_of_vcpu(l, name);
	if (ev->ok) {
		if (!td && by_tdr)
			td = discover(l, name);
		/* A TD without a record has released an unknown HKID. */
		if (!td && ev->leaf == TDH_MNG_KEY_FREEID)
			ledger_hkid_forget_anon(l);
	}
	if (!td)
		return;
	td->pub.calls++;
	td->pub.last_ns = ev->now;
	if (!ev->ok) {
		if (ev->leaf == TDH_MNG_VPFLUSHDONE || ev->leaf == TDH_MNG_KEY_FREEID)
			ledger_release_failed(l, td, ev);
		return;
	}
	if (r->lo) {
		struct ledger_td_slot *proven = prove(l, td, r, ev);

		/* An older call still counts pages, but does not change the state. */
		if (!proven && (r->next || ledger_td_get(l, td->pub.tdr) != td))
			return;
		late = !proven;
		td = late ? td : proven;
	}
	if (r->in_use)
		ledger_td_owner(l, td, &ev->call->owner);

	switch (ev->leaf) {
	case TDH_MNG_KEY_CONFIG:
		key_config(l, td, late, ev);
		break;
	case TDH_MNG_ADDCX:
	case TDH_VP_ADDCX:
		ledger_count(l, &td->pub.control_pages, NULL, 1);
		break;
	case TDH_MNG_INIT:
		/* vCPUs and memory are added after this. */
		ledger_td_empty(l, td);
		td->pub.max_vcpus = ev->call->max_vcpus;
		break;
	case TDH_VP_CREATE:
		ledger_count(l, &td->pub.control_pages, NULL, 1);
		ledger_vcpu_add(l, td, in->rcx);
		break;
	case TDH_VP_INIT:
		if (td->pub.vcpus != LEDGER_UNKNOWN32)
			td->pub.vcpus++;
		break;
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_PAGE_AUG:
		ledger_count(l, &td->pub.private_pages, &td->owed_private,
			     ev->leaf == TDH_MEM_PAGE_AUG ? (s64)ledger_pages_of(in->rcx & 7) : 1);
		break;
	case TDH_MEM_PAGE_REMOVE:
		ledger_count(l, &td->pub.private_pages, &td->owed_private,
			     -(s64)ledger_pages_of(in->rcx & 7));
		if (ev->out && cpu < l->cfg.nr_cpus)
			*removed_of(l, cpu) = (struct ledger_removed){ ev->out->rcx, td->pub.tdr };
		break;
	case TDH_MEM_SEPT_ADD:
		/* Version 1 takes several pages. */
		if ((in->rdx & 1) || TDX_LEAF_VERSION(ev->call->rax))
			td->pub.sept_pages = LEDGER_UNKNOWN;
		else
			ledger_count(l, &td->pub.sept_pages, &td->owed_sept, 1);
		break;
	case TDH_MEM_SEPT_REMOVE:
		if (TDX_LEAF_VERSION(ev->call->rax))
			td->pub.sept_pages = LEDGER_UNKNOWN;
		else
			ledger_count(l, &td->pub.sept_pages, &td->owed_sept, -1);
		break;
	case TDH_MNG_VPFLUSHDONE:
		td->pub.fail_leaf = 0;
		td->pub.fail_status = 0;
		l->flushing_tdr = td->pub.tdr;
		break;
	case TDH_MNG_KEY_FREEID:
		freed(l, td, ev->now);
		return;
	}
	if (r->next)
		ledger_td_state(l, td, r->next, ev->now);
}

/* A page was reclaimed, and the outputs that name its TD were not seen. */
static void reclaim_unseen(struct ledger *l)
{
	u32 i;

	for (i = 0; i < l->nr_tds; i++) {
		struct ledger_td_slot *td = &l->td[l->td_order[i]];

		if (td->pub.state == LEDGER_TD_TEARDOWN || td->pub.state == LEDGER_TD_UNKNOWN)
			ledger_td_lose_counts(l, td);
	}
}

/*
 * The outputs RCX type, RDX owner and R8 size are valid on success, and if the call
 * failed at or after the check of the owner's state.
 */
static void reclaim(struct ledger *l, const struct ledger_event *ev)
{
	u64 st = TDX_STATUS_OF(ev->status), page = ev->call->in.rcx, tdr;
	struct ledger_td_slot *td;

	if (!ev->out) {
		if (!ev->ok) {
			ledger_reclaim_failed(l, ev, page);
			return;
		}
		td = ledger_td_get(l, page);
		if (td) {
			if (td->pub.hkid)
				ledger_hkid_release(l, td, false, 0);
			ledger_td_drop(l, td);
		} else {
			ledger_vcpu_del(l, page);
			reclaim_unseen(l);
		}
		return;
	}
	if (!ev->ok && st != TDX_ST(LIFECYCLE_STATE_INCORRECT) &&
	    st != TDX_ST(TD_ASSOCIATED_PAGES_EXIST)) {
		ledger_reclaim_failed(l, ev, page);
		return;
	}
	if (ev->out->rcx < TDX_PT_REG || ev->out->rcx > TDX_PT_EPT)
		return;
	tdr = ev->out->rcx == TDX_PT_TDR ? page : ev->out->rdx;
	td = ledger_td_get(l, tdr);
	if (!td) {
		/* The end of a TD without a record changes nothing. */
		if (!ev->ok || ev->out->rcx == TDX_PT_TDR)
			return;
		td = discover(l, tdr);
		if (!td)
			return;
	}
	td->pub.calls++;
	td->pub.last_ns = ev->now;
	if (!ev->ok) {
		ledger_reclaim_failed(l, ev, tdr);
		return;
	}

	if (td->pub.state == LEDGER_TD_LEAKED && !td->pub.hkid)
		ledger_td_state(l, td, LEDGER_TD_TEARDOWN, ev->now);
	if (td->pub.state != LEDGER_TD_TEARDOWN) {
		/* Its HKID was released in a missed call. */
		if (td->pub.state != LEDGER_TD_UNKNOWN) {
			l->totals.violations++;
			ledger_td_lose_counts(l, td);
		}
		ledger_hkid_release(l, td, false, 0);
		ledger_td_state(l, td, LEDGER_TD_TEARDOWN, 0);
	}
	switch (ev->out->rcx) {
	case TDX_PT_REG:
		ledger_count(l, &td->pub.private_pages, &td->owed_private,
			     -(s64)ledger_pages_of(ev->out->r8));
		td->pub.reclaims++;
		break;
	case TDX_PT_EPT:
		ledger_count(l, &td->pub.sept_pages, &td->owed_sept, -1);
		break;
	case TDX_PT_TDVPR:
		ledger_vcpu_del(l, page);
		ledger_count(l, &td->pub.control_pages, NULL, -1);
		break;
	case TDX_PT_TDCX:
		ledger_count(l, &td->pub.control_pages, NULL, -1);
		break;
	case TDX_PT_TDR:
		/* The module does not return a TDR before all other pages. */
		if ((td->pub.control_pages != 1 && td->pub.control_pages != LEDGER_UNKNOWN) ||
		    (td->pub.private_pages && td->pub.private_pages != LEDGER_UNKNOWN) ||
		    (td->pub.sept_pages && td->pub.sept_pages != LEDGER_UNKNOWN) ||
		    td->owed_private || td->owed_sept)
			l->totals.violations++;
		ledger_td_drop(l, td);
		break;
	}
}

bool ledger_needs_fold(u64 rax, const struct ledger_regs *out)
{
	return rax == TDH_PHYMEM_PAGE_RECLAIM && out && out->rcx == TDX_PT_TDR;
}

bool ledger_flushes(const struct ledger *l, u64 rcx, u64 hpa)
{
	u32 shift = l->cfg.hkid_shift;

	return shift >= CORE_PAGE_SHIFT && shift < 64 && (rcx & ((1ULL << shift) - 1)) == hpa;
}

/*
 * Right after TDH.MEM.PAGE.REMOVE, KVM flushes the page under the KeyID of its TD;
 * with another KeyID, cache lines would remain. This shows the HKID of a TD whose
 * creation was not seen.
 */
static void page_wbinvd(struct ledger *l, const struct ledger_event *ev,
			const struct ledger_removed *removed)
{
	struct ledger_td_slot *td = ledger_td_get(l, removed->tdr);
	struct ledger_hkid_slot *h;
	u64 rcx = ev->call->in.rcx;

	if (!ev->ok || !td || !ledger_flushes(l, rcx, removed->hpa))
		return;
	td->pub.calls++;
	td->pub.last_ns = ev->now;
	h = ledger_hkid_get(l, (u32)(rcx >> l->cfg.hkid_shift));
	if (!h || td->pub.hkid != LEDGER_UNKNOWN32)
		return;
	if (h->pub.tdr || h->pub.state == LEDGER_HKID_FREE) {
		l->totals.violations++;
		return;
	}
	ledger_hkid_bind(l, td, h->pub.id, 0);
}

void ledger_observe(struct ledger *l, const struct ledger_event *ev)
{
	u32 cpu = ev->call->cpu;
	struct ledger_removed removed = { 0 };

	if (cpu < l->cfg.nr_cpus) {
		removed = *removed_of(l, cpu);
		removed_of(l, cpu)->tdr = 0;
	}
	ledger_module_ready(l, ev);
	if (ev->leaf >= TDX_LEAF_COUNT)
		return;
	switch (ev->leaf) {
	case TDH_MNG_CREATE:
		create(l, ev);
		break;
	case TDH_PHYMEM_PAGE_RECLAIM:
		reclaim(l, ev);
		break;
	case TDH_PHYMEM_PAGE_WBINVD:
		page_wbinvd(l, ev, &removed);
		break;
	default:
		if (rules[ev->leaf].by)
			td_leaf(l, ev);
		else
			ledger_sys_leaf(l, ev);
	}
}
