/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two sources say together about HKIDs that neither knows alone. */
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
		n += s->hkids[i].state != TDXCTL_HKID_FREE && s->hkids[i].state != TDXCTL_HKID_UNKNOWN;
	return n;
}

/*
 * A helper that came late has not seen what became of an HKID that no SEAMCALL
 * named since. KVM charges an HKID to the misc cgroup before TDH.MNG.CREATE and
 * gives it back after TDH.MNG.KEY.FREEID, never when it leaks: every HKID in use
 * is charged. So when the cgroup counts as many as were seen in use, all others
 * are free; when it counts all, all others are in use. In between some TD was
 * never seen, or is on its way, and which HKID it has stays unknown.
 */
void hkids_infer(struct tdxctl_snapshot *s)
{
	size_t used = hkids_in_use(s);
	uint32_t state;

	if (s->hkids_charged == TDXCTL_UNKNOWN)
		return;
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
