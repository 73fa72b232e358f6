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

/* Counts the lines of the kernel log about a leaked HKID; *@line is the first of them. */
static uint64_t leaks_in_log(const struct tdxctl_facts *f, const char **line, size_t *len)
{
	static const char mark[] = "() failed. HKID";
	uint64_t n = 0;

	if (tdxctl_log_find(f, mark, line, len) != TDXCTL_YES)
		return 0;
	for (const char *p = *line; (p = strstr(p, mark)); p += sizeof(mark) - 1) {
		const char *leaked = strstr(p, "leaked");

		n += leaked && (size_t)(leaked - p) < strcspn(p, "\n");
	}
	return n;
}

/* Without a complete record of the helper: what the log and the counts of the kernel show. */
static int leaked_by_log(struct tdxctl_exam *x)
{
	const struct tdxctl_val *current = &x->facts->hkid_current, *vms = &x->facts->kvm_vms;
	const struct tdxctl_snapshot *s = x->snap;
	const char *line;
	size_t len;
	uint64_t n = leaks_in_log(x->facts, &line, &len);
	enum tdxctl_health h;

	exam_set_total(x, s->nr_hkids			   ? s->nr_hkids :
			  x->facts->hkid_capacity.readable ? x->facts->hkid_capacity.value :
							     0);
	if (n) {
		h = exam_judge(x, n);
		return h ? exam_reason(x, h,
				       "%" PRIu64
				       " HKID%s leaked, and only a reboot frees %s; kernel log: %.*s",
				       n, plural(n), n == 1 ? "it" : "them",
				       (int)(len > 120 ? 120 : len), line) :
			   0;
	}
	/* A TD in teardown has no debugfs directory any more, but still holds its HKID. */
	if (current->readable && vms->readable && current->value > vms->value)
		return exam_unsure(x,
				   "possible leak: misc cgroup: %" PRIu64
				   " HKID%s in use, KVM: %" PRIu64 " VM%s",
				   current->value, plural(current->value), vms->value,
				   plural(vms->value));
	if (x->facts->log.text && x->facts->log_complete) {
		exam_judge(x, 0);
		return 0;
	}
	if (s->source == TDXCTL_SOURCE_HOST)
		return exam_no_helper(x);
	if (s->source == TDXCTL_SOURCE_BPF)
		return exam_unknown(x, "HKIDs are in use that no VM with an open file has");
	return exam_unknown(x,
			    "the state of some HKIDs is not known: no SEAMCALL used them since the helper was loaded");
}

int exam_hkids_leaked(struct tdxctl_exam *x)
{
	const struct tdxctl_snapshot *s = x->snap;
	uint64_t n = hkids_count(s, TDXCTL_HKID_LEAKED);
	enum tdxctl_health h;

	if (s->source == TDXCTL_SOURCE_HOST ||
	    (!n && s->platform.has_tdx && hkids_count(s, TDXCTL_HKID_UNKNOWN)))
		return s->platform.has_tdx ? leaked_by_log(x) : exam_no_helper(x);
	if (exam_blind(x, TDXCTL_SUBJECT_HKIDS))
		return 0;
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
	if (h && !n) {
		uint64_t leaked = hkids_count(x->snap, TDXCTL_HKID_LEAKED);
		char lost[48] = "";

		if (leaked)
			snprintf(lost, sizeof(lost), ", %" PRIu64 " of them leaked", leaked);
		return exam_reason(x, h,
				   "no HKID is free (%" PRIu64 " of %" PRIu64
				   " in use%s): no TD can be created; 'tdxctl release VM' frees one",
				   total, total, lost);
	}
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

	if (exam_blind(x, TDXCTL_SUBJECT_HKIDS))
		return 0;
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
	if (s->source == TDXCTL_SOURCE_BPF)
		return exam_reason(x, h,
				   "the misc cgroup has %" PRIu64
				   " HKID%s charged but VMs have %" PRIu64
				   ": the others leaked, or belong to TDs in teardown; the helper shows which",
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
