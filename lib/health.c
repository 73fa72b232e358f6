/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdict on a snapshot, with its reasons. */
#include <stdio.h>
#include "private.h"

#define SEC_NS			1000000000ULL
#define LOCK_HELD_NS		SEC_NS		/* F1.5: KEY.CONFIG takes milliseconds */
#define TEARDOWN_NS		(60 * SEC_NS)

static int PRINTF(3, 4) reason(struct tdxctl_health_report *r, enum tdxctl_health state,
			       const char *fmt, ...)
{
	char **bigger = realloc(r->reasons, (r->nr_reasons + 1) * sizeof(*bigger));
	va_list ap;
	int n;

	if (!bigger)
		return -ENOMEM;
	r->reasons = bigger;
	va_start(ap, fmt);
	n = vasprintf(&bigger[r->nr_reasons], fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	r->nr_reasons++;
	if (state == TDXCTL_HEALTH_CRITICAL || r->state != TDXCTL_HEALTH_CRITICAL)
		r->state = state;
	return 0;
}

static uint64_t age(const struct tdxctl_snapshot *snap, uint64_t since)
{
	return since && since <= snap->hdr.now_ns ? snap->hdr.now_ns - since : 0;
}

static int check_hkids(const struct tdxctl_snapshot *s, struct tdxctl_health_report *r)
{
	size_t count[TDXCTL_HKID_STATES] = { 0 };
	int err = 0;

	for (size_t i = 0; i < s->nr_hkids; i++)
		count[s->hkids[i].state]++;
	if (count[TDXCTL_HKID_LEAKED])
		err = reason(r, TDXCTL_HEALTH_CRITICAL, "%zu HKID%s leaked: lost until the host reboots",
			     count[TDXCTL_HKID_LEAKED], count[TDXCTL_HKID_LEAKED] == 1 ? "" : "s");
	if (err || !s->nr_hkids || count[TDXCTL_HKID_UNKNOWN])
		return err;		/* an unknown one may be free */
	if (!count[TDXCTL_HKID_FREE])
		return reason(r, TDXCTL_HEALTH_CRITICAL,
			      "no free HKID: no TD can be created before 'tdxctl release VM' gives one back");
	if (s->nr_hkids >= 8 && count[TDXCTL_HKID_FREE] * 8 < s->nr_hkids)
		return reason(r, TDXCTL_HEALTH_WARNING, "only %zu of %zu HKIDs free",
			      count[TDXCTL_HKID_FREE], s->nr_hkids);
	return 0;
}

static int check_packages(const struct tdxctl_snapshot *s, struct tdxctl_health_report *r)
{
	for (size_t i = 0; i < s->nr_packages; i++) {
		int err = 0;

		if (!s->packages[i].online_cpus)
			err = reason(r, TDXCTL_HEALTH_CRITICAL,
				     "package %u has no online CPU: no TD can be created or torn down until one is online again",
				     s->packages[i].id);
		if (err)
			return err;
	}
	return 0;
}

static int check_cpus(const struct tdxctl_snapshot *s, struct tdxctl_health_report *r)
{
	size_t bad = 0;
	uint32_t first = 0;

	for (size_t i = 0; i < s->nr_cpus; i++) {
		const struct tdxctl_cpu *c = &s->cpus[i];

		if (!c->online || c->state == TDXCTL_CPU_ENABLED || c->state == TDXCTL_CPU_UNKNOWN)
			continue;
		if (!bad++)
			first = c->cpu;
	}
	if (!bad)
		return 0;
	return reason(r, TDXCTL_HEALTH_CRITICAL,
		      "%zu online CPU%s not enabled for TDX (first: CPU %u): 'tdxctl cpu' lists them",
		      bad, bad == 1 ? "" : "s", first);
}

static int check_locks(const struct tdxctl_snapshot *s, struct tdxctl_health_report *r)
{
	for (size_t i = 0; i < s->nr_locks; i++) {
		const struct tdxctl_lock *l = &s->locks[i];
		uint64_t held = age(s, l->held_since_ns);
		char name[48] = "tdx_lock";
		int err;

		if (l->held != 1 || held <= LOCK_HELD_NS)
			continue;
		if (l->kind == TDXCTL_LOCK_KEY_CONFIG)
			snprintf(name, sizeof(name), "key-config lock of package %u", l->package);
		if (l->holder_tgid)
			err = reason(r, TDXCTL_HEALTH_WARNING, "%s held for %llu ms by %s (%d)", name,
				     (unsigned long long)(held / 1000000), l->holder_comm, l->holder_tgid);
		else
			err = reason(r, TDXCTL_HEALTH_WARNING, "%s held for %llu ms", name,
				     (unsigned long long)(held / 1000000));
		if (err)
			return err;
	}
	return 0;
}

static int check_tds(const struct tdxctl_snapshot *s, struct tdxctl_health_report *r)
{
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td_view *v = &s->tds[i];
		uint64_t t = age(s, v->td.since_ns);
		int err;

		if (v->td.state != TDXCTL_TD_TEARDOWN && v->td.state != TDXCTL_TD_BLOCKED)
			continue;
		/* A released TD whose VMM lives on holds nothing any more. */
		if (t <= TEARDOWN_NS || !v->td.private_pages)
			continue;
		err = reason(r, TDXCTL_HEALTH_WARNING,
			     "td:%u (%s) in teardown for %llu s: 'tdxctl td show td:%u' lists who keeps it",
			     v->td.id, v->vm.name, (unsigned long long)(t / SEC_NS), v->td.id);
		if (err)
			return err;
	}
	return 0;
}

/*
 * F7: an HKID goes back with the last user of the process's memory map, which
 * can be somebody else than the process.
 */
static int check_owners(const struct tdxctl_snapshot *s, struct tdxctl_health_report *r)
{
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td_view *v = &s->tds[i];
		int err;

		if (!v->vm.gone || !v->td.hkid || v->td.hkid == TDXCTL_UNKNOWN32 ||
		    v->td.state == TDXCTL_TD_LEAKED)
			continue;
		err = reason(r, TDXCTL_HEALTH_WARNING,
			     "HKID %u is held by td:%u (%s) though process %d is gone: 'tdxctl td show td:%u' lists who keeps it",
			     v->td.hkid, v->td.id, v->vm.name, v->td.owner.tgid, v->td.id);
		if (err)
			return err;
	}
	return 0;
}

static int check_stream(const struct tdxctl_snapshot *s, struct tdxctl_health_report *r)
{
	int err = 0;

	if (s->hdr.missed)
		err = reason(r, TDXCTL_HEALTH_WARNING, "%llu SEAMCALLs were not seen: counts may be wrong",
			     (unsigned long long)s->hdr.missed);
	if (!err && s->hdr.tds_dropped)
		err = reason(r, TDXCTL_HEALTH_WARNING, "%llu TDs are missing from the list: no room",
			     (unsigned long long)s->hdr.tds_dropped);
	return err;
}

int tdxctl_health_get(const struct tdxctl_snapshot *snap, struct tdxctl_health_report **out)
{
	static int (*const checks[])(const struct tdxctl_snapshot *, struct tdxctl_health_report *) = {
		check_packages, check_cpus, check_hkids, check_locks, check_tds,
		check_owners, check_stream,
	};
	struct tdxctl_health_report *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r)
		return -ENOMEM;
	for (size_t i = 0; !err && i < sizeof(checks) / sizeof(checks[0]); i++)
		err = checks[i](snap, r);
	/* Files of the host say nothing about HKIDs: no news is not good news. */
	if (!err && r->state == TDXCTL_HEALTH_OK && snap->source == TDXCTL_SOURCE_HOST)
		err = reason(r, TDXCTL_HEALTH_UNKNOWN, snap->platform.has_tdx ?
			     "the helper is not loaded: HKIDs, TDs and locks are not visible" :
			     "no sign of a working TDX module");
	if (err) {
		tdxctl_health_free(r);
		return err;
	}
	*out = r;
	return 0;
}

void tdxctl_health_free(struct tdxctl_health_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nr_reasons; i++)
		free(r->reasons[i]);
	free(r->reasons);
	free(r);
}
