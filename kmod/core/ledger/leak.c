// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * ledger: what the host fails to give back. Alone a failure proves little, so it is
 * noted, and the end of the VM tells whether anything came of it.
 */
#include "ledger-priv.h"

static void failed(struct ledger_td_slot *td, const struct ledger_event *ev)
{
	td->pub.fail_leaf = ev->leaf;
	td->pub.fail_status = ev->status;
}

static void leak(struct ledger *l, struct ledger_td_slot *td, u64 now)
{
	struct ledger_hkid_slot *h = ledger_hkid_get(l, td->pub.hkid);

	ledger_td_state(l, td, LEDGER_TD_LEAKED, now);
	if (h && h->pub.tdr == td->pub.tdr) {
		h->pub.fail_leaf = td->pub.fail_leaf;
		h->pub.fail_status = td->pub.fail_status;
	}
}

/* VPFLUSHDONE or KEY.FREEID failed: is the HKID lost? */
void ledger_release_failed(struct ledger *l, struct ledger_td_slot *td,
			   const struct ledger_event *ev)
{
	u64 st = TDX_STATUS_OF(ev->status);

	if (ev->call->seq <= td->seq || td->pub.state == LEDGER_TD_TEARDOWN)
		return;
	/* Tried once more by who does not know better: the first failure is the cause. */
	if (td->pub.state == LEDGER_TD_LEAKED)
		return;
	if (ledger_is_busy(ev->status)) {
		failed(td, ev);
		return;
	}
	if (ev->leaf == TDH_MNG_VPFLUSHDONE) {
		if (td->pub.state == LEDGER_TD_BLOCKED)
			return;
		if (st == TDX_ST(FLUSHVP_NOT_DONE)) {
			failed(td, ev);
			return;
		}
		/* It may be blocked already, or have no HKID any more. */
		if (st == TDX_ST(LIFECYCLE_STATE_INCORRECT) &&
		    td->pub.state == LEDGER_TD_UNKNOWN)
			return;
	} else if (st == TDX_ST(LIFECYCLE_STATE_INCORRECT) &&
		   td->pub.state != LEDGER_TD_BLOCKED) {
		/* Out of order: the TD keeps its HKID, or gave it back unseen. */
		return;
	}
	failed(td, ev);
	leak(l, td, ev->now);
}

/* The only TD that is being torn down; NULL if there are several. */
static struct ledger_td_slot *only_dying(const struct ledger *l)
{
	struct ledger_td_slot *found = NULL;
	u32 i;

	for (i = 0; i < l->nr_tds; i++) {
		struct ledger_td_slot *td = &l->td[l->td_order[i]];

		if (td->pub.state != LEDGER_TD_TEARDOWN)
			continue;
		if (found)
			return NULL;
		found = td;
	}
	return found;
}

/* Whose page it was the module tells only of some failures. */
void ledger_reclaim_failed(struct ledger *l, const struct ledger_event *ev, u64 tdr)
{
	struct ledger_td_slot *td = ledger_td_get(l, tdr);

	if (ledger_is_busy(ev->status))
		return;
	if (!td)
		td = ledger_td_of_vcpu(l, ev->call->in.rcx);
	if (!td)
		td = only_dying(l);
	if (td && td->pub.state == LEDGER_TD_TEARDOWN && !td->pub.fail_leaf)
		failed(td, ev);
}

void ledger_vm_gone(struct ledger *l, u64 tdr, u32 seq, u64 now)
{
	struct ledger_td_slot *td = ledger_td_get(l, tdr);

	if (!td || td->pub.seq != seq || td->pub.state == LEDGER_TD_LEAKED)
		return;
	if (td->pub.fail_leaf) {
		leak(l, td, now);
		return;
	}
	/* Nothing failed, so that it went was missed. */
	if (td->pub.hkid)
		ledger_hkid_release(l, td, false, 0);
	ledger_td_drop(l, td);
}
