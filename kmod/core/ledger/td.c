// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * ledger: the tables of TDs, vCPUs and HKIDs. Each value is a fact or unknown;
 * event.c decides what a call proves.
 */
#include "ledger-priv.h"

/* ---- TDs ---- */

struct ledger_td_slot *ledger_td_get(const struct ledger *l, u64 tdr)
{
	u32 i = tdr ? ledger_map_find(&l->td_map, tdr) : LEDGER_NONE;

	return i == LEDGER_NONE ? NULL : &l->td[i];
}

void ledger_forgive(struct ledger *l, u64 *owed)
{
	l->owed -= *owed;
	*owed = 0;
}

static void forgive_all(struct ledger *l, struct ledger_td_slot *td)
{
	ledger_forgive(l, &td->owed_private);
	ledger_forgive(l, &td->owed_sept);
}

void ledger_turn(struct ledger *l)
{
	core_store64(&l->epoch, l->epoch + 1);
}

struct ledger_td_slot *ledger_td_new(struct ledger *l, u64 tdr)
{
	u32 i = l->td_free;
	struct ledger_td_slot *td;
	bool added;

	if (i == LEDGER_NONE)
		return NULL;
	ledger_turn(l);
	added = ledger_map_insert(&l->td_map, tdr, i);
	ledger_turn(l);
	if (!added)
		return NULL;
	td = &l->td[i];
	l->td_free = td->vcpu_head;
	l->td_order[l->nr_tds++] = i;

	memset(td, 0, sizeof(*td));
	td->vcpu_head = LEDGER_NONE;
	td->seq = l->seq;
	td->pub = (struct ledger_td){
		.tdr = tdr,
		.seq = ++l->next_td,
		.state = LEDGER_TD_UNKNOWN,
		.hkid = LEDGER_UNKNOWN32,
		.last_hkid = LEDGER_UNKNOWN32,
		.keyed_pkgs = LEDGER_UNKNOWN32,
		.vcpus = LEDGER_UNKNOWN32,
		.max_vcpus = LEDGER_UNKNOWN32,
		.private_pages = LEDGER_UNKNOWN,
		.sept_pages = LEDGER_UNKNOWN,
		.control_pages = LEDGER_UNKNOWN,
		.owner.fd = -1,
	};
	return td;
}

void ledger_td_drop(struct ledger *l, struct ledger_td_slot *td)
{
	u32 i = (u32)(td - l->td), n;

	while (td->vcpu_head != LEDGER_NONE)
		ledger_vcpu_del(l, l->vcpu[td->vcpu_head].tdvpr);
	forgive_all(l, td);
	ledger_turn(l);
	ledger_map_remove(&l->td_map, td->pub.tdr);
	ledger_turn(l);
	for (n = 0; n < l->nr_tds && l->td_order[n] != i; n++)
		;
	l->nr_tds--;
	memmove(&l->td_order[n], &l->td_order[n + 1], (l->nr_tds - n) * sizeof(l->td_order[0]));
	td->vcpu_head = l->td_free;
	l->td_free = i;
}

/* Sets an unknown owner; adds the descriptor number to a known one. */
void ledger_td_owner(struct ledger *l, struct ledger_td_slot *td, const struct ledger_owner *owner)
{
	struct ledger_hkid_slot *h = ledger_hkid_get(l, td->pub.hkid);
	struct ledger_owner *known = &td->pub.owner;

	if (!owner->tgid || (known->tgid && known->fd >= 0))
		return;
	if (known->tgid &&
	    (owner->fd < 0 || owner->tgid != known->tgid || owner->start_ns != known->start_ns))
		return;
	ledger_turn(l);
	*known = *owner;
	ledger_turn(l);
	if (h && h->pub.tdr == td->pub.tdr)
		h->pub.owner = *owner;
}

void ledger_count(struct ledger *l, u64 *pages, u64 *owed, s64 delta)
{
	u64 n = delta < 0 ? 0 - (u64)delta : (u64)delta, paid;

	if (*pages == LEDGER_UNKNOWN)
		return;
	if (delta >= 0) {
		paid = !owed ? 0 : *owed < n ? *owed : n;
		if (paid) {
			*owed -= paid;
			l->owed -= paid;
		}
		*pages += n - paid;
	} else if (*pages >= n) {
		*pages -= n;
	} else if (owed && l->shard) {
		*owed += n - *pages;
		l->owed += n - *pages;
		*pages = 0;
	} else {
		l->totals.violations++;
		*pages = LEDGER_UNKNOWN;
	}
}

void ledger_td_empty(struct ledger *l, struct ledger_td_slot *td)
{
	forgive_all(l, td);
	td->pub.vcpus = 0;
	td->pub.private_pages = 0;
	td->pub.sept_pages = 0;
}

/* Marks counts as unknown, because calls for this TD were missed. */
void ledger_td_lose_counts(struct ledger *l, struct ledger_td_slot *td)
{
	forgive_all(l, td);
	td->pub.private_pages = LEDGER_UNKNOWN;
	td->pub.sept_pages = LEDGER_UNKNOWN;
	td->pub.control_pages = LEDGER_UNKNOWN;
	/* VP.INIT requires INITIALIZED: later the number does not change. */
	if (td->pub.state < LEDGER_TD_RUNNABLE)
		td->pub.vcpus = LEDGER_UNKNOWN32;
}

static u32 hkid_state_of(const struct ledger *l, const struct ledger_td_slot *td)
{
	switch (td->pub.state) {
	case LEDGER_TD_UNKNOWN:
		return td->pub.keyed_pkgs == l->all_pkgs ? LEDGER_HKID_CONFIGURED :
							   LEDGER_HKID_ASSIGNED;
	case LEDGER_TD_ASSIGNED:
		return LEDGER_HKID_ASSIGNED;
	case LEDGER_TD_BLOCKED:
		return LEDGER_HKID_FLUSHING;
	case LEDGER_TD_LEAKED:
		return LEDGER_HKID_LEAKED;
	default:
		return LEDGER_HKID_CONFIGURED;
	}
}

static void hkid_state(struct ledger *l, struct ledger_hkid_slot *h, u32 state, u64 now)
{
	if (h->pub.state == state)
		return;
	h->pub.state = state;
	h->pub.since_ns = now;
	h->seq = l->seq;
	if (state != LEDGER_HKID_LEAKED) {
		h->pub.fail_leaf = 0;
		h->pub.fail_status = 0;
	}
}

/* Sets the state of a TD and of its HKID. @now 0: the time is not known. */
void ledger_td_state(struct ledger *l, struct ledger_td_slot *td, u32 state, u64 now)
{
	struct ledger_hkid_slot *h = ledger_hkid_get(l, td->pub.hkid);

	if (td->pub.state != state) {
		if (state == LEDGER_TD_LEAKED)
			td->before_leak = td->pub.state;
		ledger_turn(l);
		td->pub.state = state;
		ledger_turn(l);
		td->pub.since_ns = now;
		td->seq = l->seq;
	}
	if (state >= LEDGER_TD_KEYS_CONFIGURED && state <= LEDGER_TD_RUNNABLE)
		td->pub.keyed_pkgs = l->all_pkgs;
	if (state == LEDGER_TD_RUNNABLE)
		td->pub.was_runnable = true;
	if (h && h->pub.tdr == td->pub.tdr) {
		hkid_state(l, h, hkid_state_of(l, td), now);
		h->pub.keyed_pkgs = td->pub.keyed_pkgs;
	}
}

/* ---- vCPUs ---- */

struct ledger_td_slot *ledger_td_of_vcpu(const struct ledger *l, u64 tdvpr)
{
	u32 i = tdvpr ? ledger_map_find(&l->vcpu_map, tdvpr) : LEDGER_NONE;

	return i == LEDGER_NONE ? NULL : &l->td[l->vcpu[i].td];
}

void ledger_vcpu_del(struct ledger *l, u64 tdvpr)
{
	u32 i = ledger_map_find(&l->vcpu_map, tdvpr);
	struct ledger_vcpu *v;

	if (i == LEDGER_NONE)
		return;
	v = &l->vcpu[i];
	if (v->prev == LEDGER_NONE)
		l->td[v->td].vcpu_head = v->next;
	else
		l->vcpu[v->prev].next = v->next;
	if (v->next != LEDGER_NONE)
		l->vcpu[v->next].prev = v->prev;
	ledger_turn(l);
	ledger_map_remove(&l->vcpu_map, tdvpr);
	ledger_turn(l);
	v->next = l->vcpu_free;
	l->vcpu_free = i;
}

void ledger_vcpu_add(struct ledger *l, struct ledger_td_slot *td, u64 tdvpr)
{
	u32 i = l->vcpu_free;
	struct ledger_vcpu *v;
	bool added;

	ledger_turn(l);
	added = i != LEDGER_NONE && tdvpr && ledger_map_insert(&l->vcpu_map, tdvpr, i);
	ledger_turn(l);
	if (!added) {
		/* Its VP.ADDCX and VP.INIT cannot be attributed to this TD. */
		l->totals.vcpus_dropped++;
		td->pub.vcpus = LEDGER_UNKNOWN32;
		td->pub.control_pages = LEDGER_UNKNOWN;
		return;
	}
	v = &l->vcpu[i];
	l->vcpu_free = v->next;
	*v = (struct ledger_vcpu){
		.tdvpr = tdvpr,
		.td = (u32)(td - l->td),
		.prev = LEDGER_NONE,
		.next = td->vcpu_head,
	};
	if (v->next != LEDGER_NONE)
		l->vcpu[v->next].prev = i;
	td->vcpu_head = i;
}

/* ---- HKIDs ---- */

struct ledger_hkid_slot *ledger_hkid_get(const struct ledger *l, u32 id)
{
	return id >= l->cfg.first_hkid && id - l->cfg.first_hkid < l->cfg.nr_hkids ?
		       &l->hkid[id - l->cfg.first_hkid] :
		       NULL;
}

static bool is_anon(const struct ledger_hkid_slot *h)
{
	return h->pub.state == LEDGER_HKID_ASSIGNED && !h->pub.tdr;
}

static void hkid_clear(struct ledger *l, struct ledger_hkid_slot *h, u32 state, u64 now)
{
	if (is_anon(h))
		l->anon_hkids--;
	h->pub = (struct ledger_hkid){
		.id = h->pub.id,
		.state = state,
		.since_ns = now,
		.owner.fd = -1,
	};
	h->seq = l->seq;
}

void ledger_hkid_bind(struct ledger *l, struct ledger_td_slot *td, u32 id, u64 now)
{
	struct ledger_hkid_slot *h = ledger_hkid_get(l, id);

	ledger_turn(l);
	td->pub.hkid = id;
	ledger_turn(l);
	td->pub.last_hkid = id;
	if (!h)
		return;
	hkid_clear(l, h, hkid_state_of(l, td), now);
	h->pub.tdr = td->pub.tdr;
	h->pub.keyed_pkgs = td->pub.keyed_pkgs;
	h->pub.owner = td->pub.owner;
}

void ledger_hkid_release(struct ledger *l, struct ledger_td_slot *td, bool freed, u64 now)
{
	struct ledger_hkid_slot *h = ledger_hkid_get(l, td->pub.hkid);

	/* Any HKID in use by an unknown TD may be the one that was released. */
	if (td->pub.hkid == LEDGER_UNKNOWN32)
		ledger_hkid_forget_anon(l);
	else if (h && h->pub.tdr == td->pub.tdr)
		hkid_clear(l, h, freed ? LEDGER_HKID_FREE : LEDGER_HKID_UNKNOWN, freed ? now : 0);
	td->pub.hkid = 0;
	td->pub.keyed_pkgs = 0;
}

/* The module refused @id as not free: an unknown TD uses it. */
void ledger_hkid_anon(struct ledger *l, u32 id, const struct ledger_event *ev)
{
	struct ledger_hkid_slot *h = ledger_hkid_get(l, id);

	if (!h)
		return;
	if (h->pub.state == LEDGER_HKID_FREE) {
		/* It may have been freed while this call was in flight. */
		if (ev->call->seq <= h->seq)
			return;
		l->totals.violations++;
	} else if (h->pub.state != LEDGER_HKID_UNKNOWN) {
		return;
	}
	hkid_clear(l, h, LEDGER_HKID_ASSIGNED, 0);
	h->pub.keyed_pkgs = LEDGER_UNKNOWN32;
	l->anon_hkids++;
}

void ledger_hkid_forget_anon(struct ledger *l)
{
	u32 i;

	for (i = 0; l->anon_hkids && i < l->cfg.nr_hkids; i++)
		if (is_anon(&l->hkid[i]))
			hkid_clear(l, &l->hkid[i], LEDGER_HKID_UNKNOWN, 0);
}
