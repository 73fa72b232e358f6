/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of HKIDs: leaked, free, and counted differently by kernel and helper. */
#include <stdio.h>
#include "exam.h"

#define MAX_LISTED 4 /* leaked HKIDs listed one by one; the others are counted */

/*
 * One reason per HKID, with its former owner and the failed SEAMCALL, so that a log line
 * is enough.
 */
static int add_leaked(struct tdxctl_exam *x, enum tdxctl_health h, uint64_t n)
{
	const struct tdxctl_snapshot *s = x->snap;
	uint64_t listed = 0;
	int err = 0;

	for (size_t i = 0; !err && i < s->nr_hkids && listed < MAX_LISTED; i++) {
		const struct tdxctl_hkid *k = &s->hkids[i];
		/* Without a failed status, the failing SEAMCALL was not seen. */
		const char *leaf = k->fail_status ? tdxctl_leaf_str(k->fail_leaf) : NULL;
		const char *status = k->fail_status ? tdxctl_status_str(k->fail_status) : NULL;
		const char *vm = k->owner.comm;
		char whose[80] = "";

		if (k->state != TDXCTL_HKID_LEAKED)
			continue;
		for (size_t t = 0; k->tdr && t < s->nr_tds; t++)
			if (s->tds[t].td.tdr == k->tdr)
				vm = s->tds[t].vm.name;
		if (k->owner.tgid)
			snprintf(whose, sizeof(whose), " of %.*s (%d)",
				 vm == k->owner.comm ? TDXCTL_COMM_LEN : 50, vm, k->owner.tgid);
		err = exam_reason(x, h,
				  "HKID %u%s leaked: %s: %s; it is lost until the host reboots",
				  k->id, whose, leaf ? leaf : "an unknown leaf",
				  status ? status : "unknown status");
		listed++;
	}
	if (!err && n > listed)
		err = exam_reason(x, h, "%" PRIu64 " more HKIDs leaked: 'tdxctl hkid' lists them",
				  (n - listed));
	return err;
}

int exam_hkids_leaked(struct tdxctl_exam *x)
{
	const struct tdxctl_snapshot *s = x->snap;
	uint64_t n = hkids_count(s, TDXCTL_HKID_LEAKED);
	enum tdxctl_health h;

	if (!exam_has_ledger(x))
		return exam_no_helper(x);
	if (!s->nr_hkids)
		return exam_unknown(x, "no HKID is known");
	if (!n && hkids_count(s, TDXCTL_HKID_UNKNOWN))
		return exam_unknown(x,
				    "the state of some HKIDs is not known: no SEAMCALL used them since the helper was loaded");
	exam_set_total(x, s->nr_hkids);
	h = exam_judge(x, n);
	return h ? add_leaked(x, h, n) : 0;
}

bool tdxctl_hkids_free(const struct tdxctl_facts *f, uint64_t *n, uint64_t *total, const char **why)
{
	const struct tdxctl_val *capacity = &f->hkid_capacity, *current = &f->hkid_current;
	const struct tdxctl_snapshot *s = f->snap;

	if (s->source != TDXCTL_SOURCE_HOST && s->nr_hkids &&
	    !hkids_count(s, TDXCTL_HKID_UNKNOWN)) {
		*n = hkids_count(s, TDXCTL_HKID_FREE);
		*total = s->nr_hkids;
		return true;
	}
	if (!capacity->readable || !current->readable) {
		*why = capacity->readable ? current->reason : capacity->reason;
		return false;
	}
	*total = capacity->value;
	*n = current->value < *total ? *total - current->value : 0;
	return true;
}

int exam_hkids_free(struct tdxctl_exam *x)
{
	const char *why = NULL;
	enum tdxctl_health h;
	uint64_t n, total;

	if (!tdxctl_hkids_free(x->facts, &n, &total, &why))
		return exam_unknown(x, why);
	exam_set_total(x, total);
	h = exam_judge(x, n);
	if (h && !n)
		return exam_reason(x, h,
				   "no HKID is free: no TD can be created; 'tdxctl release VM' frees one");
	return h ? exam_reason(x, h,
			       "only %" PRIu64 " of %" PRIu64
			       " HKIDs %s free: 'tdxctl hkid' lists the owners",
			       n, total, n == 1 ? "is" : "are") :
		   0;
}

/*
 * Whether tdx_lock is held: KVM may be creating a TD, whose HKID is charged before a
 * SEAMCALL names it.
 */
static bool maybe_creating(const struct tdxctl_snapshot *s)
{
	for (size_t i = 0; i < s->nr_locks; i++)
		if (s->locks[i].kind == TDXCTL_LOCK_TDX && s->locks[i].held == 1)
			return true;
	return false;
}

/* Compares the two counts of HKIDs in use: of the kernel's misc cgroup and of the helper. */
int exam_hkids_drift(struct tdxctl_exam *x)
{
	uint64_t charged = tdxctl_hkids_charged(x->facts);
	const struct tdxctl_snapshot *s = x->snap;
	uint64_t seen = hkids_in_use(s);
	uint64_t n = charged > seen ? charged - seen : seen - charged;
	enum tdxctl_health h;

	if (!exam_has_ledger(x))
		return exam_no_helper(x);
	if (charged == TDXCTL_UNKNOWN)
		return exam_unknown(x, x->facts->hkid_current.readable ?
					       "TDs are being created or torn down" :
					       x->facts->hkid_current.reason);
	if (charged > seen && maybe_creating(s))
		return exam_unknown(x, "a TD is being created");
	exam_set_total(x, s->nr_hkids);
	h = exam_judge(x, n);
	if (!h)
		return 0;
	if (charged < seen)
		return exam_reason(x, h,
				   "the misc cgroup has %" PRIu64 " HKID%s charged but %" PRIu64
				   " are in use: some "
				   "kernels uncharge a refused HKID twice; use the counts of 'tdxctl hkid'",
				   charged, plural(charged), seen);
	if (hkids_count(s, TDXCTL_HKID_UNKNOWN))
		return exam_reason(x, h,
				   "the misc cgroup has %" PRIu64
				   " HKID%s charged but the helper sees %" PRIu64 " in use: "
				   "the helper was loaded after TDs were created, or HKIDs leaked; 'tdxctl helper status' shows "
				   "whether it can find older TDs",
				   charged, plural(charged), seen);
	return exam_reason(x, h,
			   "the misc cgroup has %" PRIu64
			   " HKID%s charged but the helper sees %" PRIu64 " in use: the "
			   "others leaked before the helper could see it; look for \"is leaked\" in the kernel log, and reboot to "
			   "free them",
			   charged, plural(charged), seen);
}
