// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * ledger: HKIDs and pages that the host fails to release. One failure proves little:
 * it is recorded, and is a leak if it is not corrected before the VM ends.
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

/* VPFLUSHDONE or KEY.FREEID failed: decides whether the HKID is leaked. */
void ledger_release_failed(struct ledger *l, struct ledger_td_slot *td,
			   const struct ledger_event *ev)
{
	u64 st = TDX_STATUS_OF(ev->status);

	if (ev->call->seq <= td->seq || td->pub.state == LEDGER_TD_TEARDOWN)
		return;
	/* A caller may retry; keep the first failure as the cause. */
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
		/* It may be blocked already, or its HKID released. */
		if (st == TDX_ST(LIFECYCLE_STATE_INCORRECT) && td->pub.state == LEDGER_TD_UNKNOWN)
			return;
	} else if (st == TDX_ST(LIFECYCLE_STATE_INCORRECT) && td->pub.state != LEDGER_TD_BLOCKED) {
		/* Called out of order, or the HKID was released by a missed call. */
		return;
	}
	failed(td, ev);
	leak(l, td, ev->now);
}

/* The TD in teardown; NULL if there is none or more than one. */
static struct ledger_td_slot *only_td_in_teardown(const struct ledger *l)
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

/* The module identifies the TD for some failures only. */
void ledger_reclaim_failed(struct ledger *l, const struct ledger_event *ev, u64 tdr)
{
	struct ledger_td_slot *td = ledger_td_get(l, tdr);

	if (ledger_is_busy(ev->status))
		return;
	if (!td)
		td = ledger_td_of_vcpu(l, ev->call->in.rcx);
	if (!td)
		td = only_td_in_teardown(l);
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
	/* No failure was seen, so its release was missed. */
	if (td->pub.hkid)
		ledger_hkid_release(l, td, false, 0);
	ledger_td_drop(l, td);
}
