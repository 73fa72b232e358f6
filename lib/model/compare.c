/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares the helper's snapshot, which is derived from SEAMCALLs, with one of KVM's own
 * structures. TDs are matched by their TDR only. What one side does not know is no difference.
 */
#include <stdio.h>
#include "model.h"

/* Enough: a TD is created in milliseconds, and the rounds are further apart. */
#define ROUNDS 3

enum difference_kind { DIFFER_HKID, DIFFER_STATE, DIFFER_NOT_IN_KVM, DIFFER_NOT_IN_HELPER };

struct difference {
	uint64_t tdr;
	uint32_t kind;
	uint32_t id;	      /* "td:N" of the helper; 0 none */
	uint32_t helper, kvm; /* HKIDs or states */
	int32_t pid;
};

struct differences {
	struct difference *list;
	size_t count, room;
};

static int add(struct differences *d, const struct difference *x)
{
	if (d->count == d->room) {
		size_t room = d->room ? 2 * d->room : 8;
		struct difference *bigger = reallocarray(d->list, room, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		d->list = bigger;
		d->room = room;
	}
	d->list[d->count++] = *x;
	return 0;
}

static const struct tdxctl_td *find_td(const struct tdxctl_snapshot *s, uint64_t tdr)
{
	for (size_t i = 0; i < s->nr_tds; i++)
		if (s->tds[i].td.tdr == tdr)
			return &s->tds[i].td;
	return NULL;
}

/* Whether @s knows that the TD @tdr does not have this HKID. */
static bool excludes(const struct tdxctl_snapshot *s, uint32_t hkid, uint64_t tdr)
{
	for (size_t i = 0; i < s->nr_hkids; i++) {
		const struct tdxctl_hkid *h = &s->hkids[i];

		if (h->id == hkid)
			return h->state == TDXCTL_HKID_FREE || (h->tdr && h->tdr != tdr);
	}
	return false;
}

static bool has_hkid(const struct tdxctl_td *td)
{
	return td->hkid && td->hkid != TDXCTL_UNKNOWN32;
}

/* KVM's state INITIALIZED or RUNNABLE follows the SEAMCALL that the helper sees. */
static bool states_differ(const struct tdxctl_td *helper, const struct tdxctl_td *kvm)
{
	return helper->state >= TDXCTL_TD_ASSIGNED && helper->state <= TDXCTL_TD_RUNNABLE &&
	       (kvm->state == TDXCTL_TD_INITIALIZED || kvm->state == TDXCTL_TD_RUNNABLE) &&
	       helper->state != kvm->state;
}

/* Compares a TD that KVM has. Returns false if there is no difference. */
static bool compare_td(const struct tdxctl_snapshot *helper, const struct tdxctl_td *kvm,
		       struct difference *x)
{
	const struct tdxctl_td *td = kvm->tdr ? find_td(helper, kvm->tdr) : NULL;
	bool excluded = has_hkid(kvm) && excludes(helper, kvm->hkid, kvm->tdr);

	*x = (struct difference){ .tdr = kvm->tdr, .kvm = kvm->hkid, .pid = kvm->owner.tgid };
	/* KVM sets the TDR right before TDH.MNG.CREATE. */
	if (!kvm->tdr)
		return false;
	if (!td) {
		/* Without an HKID, it may be older than the helper, and its process have ended. */
		x->kind = DIFFER_NOT_IN_HELPER;
		return excluded ||
		       (has_hkid(kvm) && !tdxctl_unknown_why(helper, TDXCTL_SUBJECT_TDS));
	}
	/* KVM keeps a leaked HKID until the VM ends. */
	if (td->state == TDXCTL_TD_LEAKED)
		return false;
	x->id = td->id;
	x->pid = td->owner.tgid;
	x->kind = DIFFER_HKID;
	x->helper = td->hkid;
	if (td->hkid == TDXCTL_UNKNOWN32 ? excluded : td->hkid != kvm->hkid)
		return true;
	x->kind = DIFFER_STATE;
	x->helper = td->state;
	x->kvm = kvm->state;
	return states_differ(td, kvm);
}

/*
 * Compares a TD of the helper that KVM does not show: its VM may have no open file any more, or
 * its HKID and pages leaked. But KVM knows which HKIDs are free.
 */
static bool compare_missing(const struct tdxctl_snapshot *kvm, const struct tdxctl_td *td,
			    struct difference *x)
{
	*x = (struct difference){
		.tdr = td->tdr,
		.kind = DIFFER_NOT_IN_KVM,
		.id = td->id,
		.helper = td->hkid,
		.pid = td->owner.tgid,
	};
	return td->tdr && td->state != TDXCTL_TD_LEAKED && has_hkid(td) &&
	       excludes(kvm, td->hkid, td->tdr);
}

static int find_differences(const struct tdxctl_snapshot *helper, const struct tdxctl_snapshot *kvm,
			    struct differences *d)
{
	struct difference x;
	int err = 0;

	for (size_t i = 0; !err && i < kvm->nr_tds; i++)
		if (compare_td(helper, &kvm->tds[i].td, &x))
			err = add(d, &x);
	for (size_t i = 0; !err && i < helper->nr_tds; i++)
		if (!find_td(kvm, helper->tds[i].td.tdr) &&
		    compare_missing(kvm, &helper->tds[i].td, &x))
			err = add(d, &x);
	return err;
}

static bool is_in(const struct differences *d, const struct difference *x)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct difference *y = &d->list[i];

		if (x->tdr == y->tdr && x->kind == y->kind && x->id == y->id &&
		    x->helper == y->helper && x->kvm == y->kvm)
			return true;
	}
	return false;
}

static void keep_common(struct differences *d, const struct differences *now)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++)
		if (is_in(now, &d->list[i]))
			d->list[kept++] = d->list[i];
	d->count = kept;
}

static bool hides_tdrs(const struct tdxctl_snapshot *s)
{
	for (size_t i = 0; i < s->nr_tds; i++)
		if (s->tds[i].td.tdr & TDXCTL_TDR_HIDDEN)
			return true;
	return false;
}

/* ---- text ---- */

static const char *name_of(const struct tdxctl_snapshot *s, uint32_t id)
{
	for (size_t i = 0; i < s->nr_tds; i++)
		if (s->tds[i].td.id == id)
			return s->tds[i].vm.name;
	return "unknown";
}

static int add_line(struct text_buf *out, const struct difference *x,
		    const struct tdxctl_snapshot *names)
{
	char line[300], td[120], helper[24] = "no HKID", kvm[24] = "no HKID";

	snprintf(td, sizeof(td), "td:%u (%.60s, %d)", x->id, name_of(names, x->id), x->pid);
	if (x->helper)
		snprintf(helper, sizeof(helper), "HKID %u", x->helper);
	if (x->kvm)
		snprintf(kvm, sizeof(kvm), "HKID %u", x->kvm);
	if (x->kind == DIFFER_NOT_IN_HELPER)
		snprintf(line, sizeof(line),
			 "the TD of process %d has %s for KVM, but the helper does not know the TD",
			 x->pid, kvm);
	else if (x->kind == DIFFER_NOT_IN_KVM)
		snprintf(line, sizeof(line), "%s has %s for the helper, but not for KVM", td,
			 helper);
	else if (x->kind == DIFFER_STATE)
		snprintf(line, sizeof(line), "%s is %s for the helper, but %s for KVM", td,
			 tdxctl_td_state_str(x->helper), tdxctl_td_state_str(x->kvm));
	else if (x->helper == TDXCTL_UNKNOWN32)
		snprintf(line, sizeof(line), "%s has %s for KVM, but not for the helper", td, kvm);
	else
		snprintf(line, sizeof(line), "%s has %s for the helper, but %s for KVM", td, helper,
			 kvm);
	text_plain(line);
	strcat(line, "\n");
	return text_append(out, line, strlen(line));
}

/* ---- rounds ---- */

static int one_round(const struct tdxctl_snapshot *helper, const struct tdxctl_snapshot *kvm,
		     struct differences *d, bool first)
{
	struct differences now = { NULL, 0, 0 };
	int err;

	if (hides_tdrs(helper) || hides_tdrs(kvm))
		return -EACCES;
	err = find_differences(helper, kvm, first ? d : &now);
	if (!err && !first)
		keep_common(d, &now);
	free(now.list);
	return err;
}

int compare_snapshots(const struct comparison *c, const struct tdxctl_snapshot *first,
		      struct text_buf *out)
{
	struct differences d = { NULL, 0, 0 };
	int err = 0;

	for (int round = 0; !err && round < ROUNDS && (!round || d.count); round++) {
		struct tdxctl_snapshot *helper = NULL, *kvm = NULL;

		if (round) {
			c->pause(c->arg);
			err = c->helper(c->arg, &helper);
		}
		if (!err)
			err = c->kvm(c->arg, &kvm);
		if (!err)
			err = one_round(helper ? helper : first, kvm, &d, !round);
		tdxctl_snapshot_free(helper);
		tdxctl_snapshot_free(kvm);
	}
	if (!err)
		err = text_append(out, "", 0);
	for (size_t i = 0; !err && i < d.count; i++)
		err = add_line(out, &d.list[i], first);
	free(d.list);
	return err;
}
