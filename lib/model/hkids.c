/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Infers states of HKIDs from two sources: the helper's snapshot and the misc cgroup. */
#include "model.h"

size_t hkids_count(const struct tdxctl_snapshot *s, enum tdxctl_hkid_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nr_hkids; i++)
		n += s->hkids[i].state == state;
	return n;
}

size_t hkids_in_use(const struct tdxctl_snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nr_hkids; i++)
		n += s->hkids[i].state != TDXCTL_HKID_FREE &&
		     s->hkids[i].state != TDXCTL_HKID_UNKNOWN;
	return n;
}

/*
 * The helper does not know the state of an HKID that no SEAMCALL named since the helper
 * was loaded. KVM charges an HKID to the misc cgroup before TDH.MNG.CREATE and uncharges
 * it after TDH.MNG.KEY.FREEID, but not if it leaks: every HKID in use is charged. If the
 * cgroup counts as many HKIDs as were seen in use, all others are free; if it counts all
 * HKIDs, all others are in use. In between, a TD was never seen or is being created, and
 * its HKID stays unknown.
 */
void hkids_infer(struct tdxctl_snapshot *s)
{
	size_t used = hkids_in_use(s);
	uint32_t state;

	/* A count that is not known, TDXCTL_UNKNOWN, is neither of these. */
	if (s->hkids_charged == used)
		state = TDXCTL_HKID_FREE;
	else if (s->hkids_charged == s->nr_hkids)
		state = TDXCTL_HKID_ASSIGNED;
	else
		return;
	for (size_t i = 0; i < s->nr_hkids; i++) {
		struct tdxctl_hkid *h = &s->hkids[i];

		if (h->state != TDXCTL_HKID_UNKNOWN)
			continue;
		h->state = state;
		h->keyed_packages = state == TDXCTL_HKID_FREE ? 0 : TDXCTL_UNKNOWN;
	}
}
