/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The events that lie between two snapshots. */
#include <stdlib.h>
#include "events.h"
#include "model.h"

const struct tdxctl_event_info tdxctl_event_kinds[TDXCTL_EVENTS] = {
	[TDXCTL_EVENT_TD_PRESENT] = { .name = "td-present",
				      .about = "a TD exists at the start, with --initial" },
	[TDXCTL_EVENT_TD_CREATED] = { .name = "td-created",
				      .about = "a TD was created and has an HKID" },
	[TDXCTL_EVENT_KEYS_CONFIGURED] = { .name = "keys-configured",
					   .about =
						   "the key of a TD was configured on every package" },
	[TDXCTL_EVENT_TD_INITIALIZED] = { .name = "td-initialized",
					  .about = "a TD was initialized" },
	[TDXCTL_EVENT_TD_FINALIZED] = { .name = "td-finalized",
					.about = "a TD was finalized and can run" },
	[TDXCTL_EVENT_VCPUS_CREATED] = { .name = "vcpus-created",
					 .about = "a TD has new vCPUs",
					 .value = "vCPUs" },
	[TDXCTL_EVENT_TEARDOWN] = { .name = "teardown", .about = "the teardown of a TD began" },
	[TDXCTL_EVENT_HKID_FREED] = { .name = "hkid-freed", .about = "an HKID is free again" },
	[TDXCTL_EVENT_HKID_LEAKED] = { .name = "hkid-leaked",
				       .about = "an HKID was lost, until the host is rebooted",
				       .bad = true },
	[TDXCTL_EVENT_MEMORY_BACK] = { .name = "memory-back",
				       .about = "all private memory of a TD is back" },
	[TDXCTL_EVENT_LOCK_HELD] = { .name = "lock-held",
				     .about =
					     "a lock is held for longer than the limit: nanoseconds",
				     .value = "ns",
				     .bad = true },
	[TDXCTL_EVENT_PACKAGE_UNCOVERED] = { .name = "package-uncovered",
					     .about =
						     "a package has no online CPU: no TD can be created",
					     .bad = true },
	[TDXCTL_EVENT_CPU_NOT_ENABLED] = { .name = "cpu-not-enabled",
					   .about = "a CPU is online that cannot run TDs",
					   .bad = true },
	[TDXCTL_EVENT_HKIDS_LOW] = { .name = "hkids-low",
				     .about = "fewer HKIDs are free than the limit",
				     .value = "free",
				     .bad = true },
	[TDXCTL_EVENT_MISSED] = { .name = "missed",
				  .about = "some SEAMCALLs were not observed",
				  .value = "SEAMCALLs",
				  .bad = true },
	[TDXCTL_EVENT_RESTARTED] = { .name = "restarted",
				     .about =
					     "the helper was loaded or unloaded: the state is read again" },
	[TDXCTL_EVENT_TDS_UNSEEN] = { .name = "tds-unseen",
				      .about =
					      "TDs were created and ended before they were seen: how many",
				      .value = "TDs" },
};

struct diff {
	const struct tdxctl_snapshot *before, *now;
	const struct tdxctl_event_limits *limits;
	int (*fn)(void *arg, const struct tdxctl_event *ev);
	void *arg;
	int err;
};

static void send(struct diff *d, struct tdxctl_event ev)
{
	if (!ev.time_ns)
		ev.time_ns = d->now->hdr.now_ns;
	if (!d->err)
		d->err = d->fn(d->arg, &ev);
}

#define NONE \
	.hkid = TDXCTL_UNKNOWN32, .package = TDXCTL_UNKNOWN32, .cpu = TDXCTL_UNKNOWN32, \
	.value = TDXCTL_UNKNOWN

static void send_td(struct diff *d, enum tdxctl_event_kind kind, const struct tdxctl_td_view *td,
		    uint32_t hkid, uint64_t time_ns, uint64_t value)
{
	struct tdxctl_event ev = { NONE };

	ev.kind = kind;
	ev.td = td;
	ev.hkid = hkid ? hkid : TDXCTL_UNKNOWN32;
	ev.time_ns = time_ns;
	ev.value = value;
	send(d, ev);
}

/* ---- TDs ---- */

/* A TD that can run has gone through all steps, also if they were not seen one by one. */
static bool passed(const struct tdxctl_td *td, uint32_t state)
{
	return td && td->state >= state && td->state <= TDXCTL_TD_BLOCKED;
}

static void life(struct diff *d, const struct tdxctl_td *was, const struct tdxctl_td_view *v)
{
	static const struct {
		uint32_t state;
		enum tdxctl_event_kind kind;
	} steps[] = {
		{ TDXCTL_TD_KEYS_CONFIGURED, TDXCTL_EVENT_KEYS_CONFIGURED },
		{ TDXCTL_TD_INITIALIZED, TDXCTL_EVENT_TD_INITIALIZED },
		{ TDXCTL_TD_RUNNABLE, TDXCTL_EVENT_TD_FINALIZED },
	};
	const struct tdxctl_td *td = &v->td;
	uint32_t vcpus = was && was->vcpus != TDXCTL_UNKNOWN32 ? was->vcpus : 0;
	uint32_t hkid = td->hkid ? td->hkid : td->last_hkid;
	/* A step that was not seen itself was before the last one. */
	uint64_t since = !was || was->state != td->state ? td->since_ns : 0;

	if (!was)
		send_td(d, TDXCTL_EVENT_TD_CREATED, v, hkid, td->created_ns, TDXCTL_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].state == TDXCTL_TD_RUNNABLE && td->vcpus != TDXCTL_UNKNOWN32 &&
		    td->vcpus > vcpus)
			send_td(d, TDXCTL_EVENT_VCPUS_CREATED, v, hkid, since, td->vcpus);
		if (passed(td, steps[i].state) && !passed(was, steps[i].state))
			send_td(d, steps[i].kind, v, hkid, since, TDXCTL_UNKNOWN);
	}
}

static bool has_pages(const struct tdxctl_td *td)
{
	return td->private_pages && td->private_pages != TDXCTL_UNKNOWN;
}

/*
 * BPF programs see a TD until its process closes it, which is before its HKID is free. An
 * HKID that is allocated and has no TD is unknown.
 */
static bool is_allocated(const struct tdxctl_snapshot *s, const struct tdxctl_hkid *h)
{
	return s->source == TDXCTL_SOURCE_BPF && h->state == TDXCTL_HKID_UNKNOWN;
}

static bool is_freed(const struct diff *d, uint32_t id)
{
	for (size_t i = 0; i < d->now->nr_hkids; i++)
		if (d->now->hkids[i].id == id)
			return !is_allocated(d->now, &d->now->hkids[i]);
	return true;
}

/* @v: its last view. @now: NULL if the TD is gone. */
static void end(struct diff *d, const struct tdxctl_td *was, const struct tdxctl_td *now,
		const struct tdxctl_td_view *v)
{
	bool ends = !now || now->state >= TDXCTL_TD_TEARDOWN;
	uint64_t since = now ? now->since_ns : 0;

	if (ends && (!was || was->state < TDXCTL_TD_TEARDOWN))
		send_td(d, TDXCTL_EVENT_TEARDOWN, v, was ? was->hkid : v->td.last_hkid, since,
			TDXCTL_UNKNOWN);
	if (was && was->hkid && was->hkid != TDXCTL_UNKNOWN32 && was->state != TDXCTL_TD_LEAKED &&
	    (now ? !now->hkid : is_freed(d, was->hkid)))
		send_td(d, TDXCTL_EVENT_HKID_FREED, v, was->hkid, now ? now->released_ns : 0,
			TDXCTL_UNKNOWN);
	if (was && has_pages(was) && was->state != TDXCTL_TD_LEAKED && ends &&
	    (!now || !now->private_pages))
		send_td(d, TDXCTL_EVENT_MEMORY_BACK, v, 0, 0, TDXCTL_UNKNOWN);
}

static void present(struct diff *d)
{
	for (size_t i = 0; i < d->now->nr_tds; i++)
		send_td(d, TDXCTL_EVENT_TD_PRESENT, &d->now->tds[i], d->now->tds[i].td.hkid, 0,
			TDXCTL_UNKNOWN);
}

static int diff_tds(struct diff *d)
{
	bool *exists = calloc(d->before->nr_tds + 1, sizeof(*exists));
	size_t *at = NULL;

	if (!exists || tdxctl_match_tds(d->before, d->now, &at)) {
		free(exists);
		return -ENOMEM;
	}
	for (size_t i = 0; i < d->now->nr_tds; i++)
		if (at[i] != SIZE_MAX)
			exists[at[i]] = true;
	for (size_t i = 0; i < d->before->nr_tds; i++)
		if (!exists[i])
			end(d, &d->before->tds[i].td, NULL, &d->before->tds[i]);
	for (size_t i = 0; i < d->now->nr_tds; i++) {
		const struct tdxctl_td_view *v = &d->now->tds[i];
		const struct tdxctl_td *was = at[i] == SIZE_MAX ? NULL : &d->before->tds[at[i]].td;

		life(d, was, v);
		end(d, was, &v->td, v);
	}
	free(exists);
	free(at);
	return 0;
}

/* ---- the rest of the host ---- */

static const struct tdxctl_hkid *find_hkid(const struct tdxctl_snapshot *s, size_t i, uint32_t id)
{
	return s && i < s->nr_hkids && s->hkids[i].id == id ? &s->hkids[i] : NULL;
}

static void diff_hkids(struct diff *d)
{
	uint64_t free = 0, was_free = 0;

	for (size_t i = 0; i < d->now->nr_hkids; i++) {
		const struct tdxctl_hkid *h = &d->now->hkids[i];
		const struct tdxctl_hkid *was = find_hkid(d->before, i, h->id);
		struct tdxctl_event ev = { NONE };

		free += h->state == TDXCTL_HKID_FREE;
		was_free += was && was->state == TDXCTL_HKID_FREE;
		/* Its TD was gone before. */
		if (was && is_allocated(d->before, was) && h->state == TDXCTL_HKID_FREE) {
			ev.kind = TDXCTL_EVENT_HKID_FREED;
			ev.hkid = h->id;
			send(d, ev);
		}
		if (h->state != TDXCTL_HKID_LEAKED || (was && was->state == h->state))
			continue;
		ev.kind = TDXCTL_EVENT_HKID_LEAKED;
		ev.time_ns = h->since_ns;
		ev.hkid = h->id;
		for (size_t k = 0; h->tdr && k < d->now->nr_tds && !ev.td; k++)
			if (d->now->tds[k].td.tdr == h->tdr)
				ev.td = &d->now->tds[k];
		send(d, ev);
	}
	if (d->now->nr_hkids && free < d->limits->hkids_free &&
	    (!d->before || was_free >= d->limits->hkids_free)) {
		struct tdxctl_event ev = { NONE };

		ev.kind = TDXCTL_EVENT_HKIDS_LOW;
		ev.value = free;
		send(d, ev);
	}
}

static uint64_t held_ns(const struct tdxctl_snapshot *s, const struct tdxctl_lock *l)
{
	return l->held == 1 && l->held_since_ns && l->held_since_ns < s->hdr.now_ns ?
		       s->hdr.now_ns - l->held_since_ns :
		       0;
}

static void diff_locks(struct diff *d)
{
	for (size_t i = 0; i < d->now->nr_locks; i++) {
		const struct tdxctl_lock *l = &d->now->locks[i], *was = NULL;
		uint64_t held = held_ns(d->now, l);
		struct tdxctl_event ev = { NONE };

		if (d->before && i < d->before->nr_locks)
			was = &d->before->locks[i];
		if (held <= d->limits->lock_ns)
			continue;
		/* The same hold was reported before. */
		if (was && was->held_since_ns == l->held_since_ns &&
		    held_ns(d->before, was) > d->limits->lock_ns)
			continue;
		ev.kind = TDXCTL_EVENT_LOCK_HELD;
		ev.package = l->package;
		ev.value = held;
		for (size_t k = 0; l->holder_tdr && k < d->now->nr_tds && !ev.td; k++)
			if (d->now->tds[k].td.tdr == l->holder_tdr)
				ev.td = &d->now->tds[k];
		send(d, ev);
	}
}

static bool cannot(const struct tdxctl_cpu *c)
{
	return c->online && c->state > TDXCTL_CPU_ENABLED;
}

static void diff_cpus(struct diff *d)
{
	for (size_t i = 0; i < d->now->nr_packages; i++) {
		const struct tdxctl_package *p = &d->now->packages[i];
		bool covered = !d->before || i >= d->before->nr_packages ||
			       d->before->packages[i].online_cpus;
		struct tdxctl_event ev = { NONE };

		if (p->online_cpus || !covered)
			continue;
		ev.kind = TDXCTL_EVENT_PACKAGE_UNCOVERED;
		ev.package = p->id;
		send(d, ev);
	}
	for (size_t i = 0; i < d->now->nr_cpus; i++) {
		const struct tdxctl_cpu *c = &d->now->cpus[i];
		bool could = !d->before || i >= d->before->nr_cpus || !cannot(&d->before->cpus[i]);
		struct tdxctl_event ev = { NONE };

		if (!cannot(c) || !could)
			continue;
		ev.kind = TDXCTL_EVENT_CPU_NOT_ENABLED;
		ev.package = c->package;
		ev.cpu = c->cpu;
		send(d, ev);
	}
}

static void diff_missed(struct diff *d)
{
	uint64_t was = d->before ? d->before->hdr.missed : 0;
	struct tdxctl_event ev = { NONE };

	if (d->now->hdr.missed <= was)
		return;
	ev.kind = TDXCTL_EVENT_MISSED;
	ev.value = d->now->hdr.missed - was;
	send(d, ev);
}

int tdxctl_events(const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now,
		  const struct tdxctl_event_limits *limits,
		  int (*fn)(void *arg, const struct tdxctl_event *ev), void *arg)
{
	struct diff d = { .before = before, .now = now, .limits = limits, .fn = fn, .arg = arg };

	if (!before)
		present(&d);
	else if (diff_tds(&d))
		return -ENOMEM;
	diff_hkids(&d);
	diff_locks(&d);
	diff_cpus(&d);
	diff_missed(&d);
	return d.err;
}

/* ---- TDs that no snapshot shows ---- */

static bool is_td(const struct tdxctl_td *td, const struct tdxctl_new_td *created)
{
	return created->id != TDXCTL_UNKNOWN32 ? td->id == created->id : td->tdr == created->tdr;
}

static bool has_td(const struct tdxctl_snapshot *s, const struct tdxctl_new_td *created)
{
	for (size_t i = 0; i < s->nr_tds; i++)
		if (is_td(&s->tds[i].td, created))
			return true;
	return false;
}

/* Whether a later TD has the same TDR page, so that a snapshot shows that one. */
static bool is_replaced(const struct tdxctl_new_td *created, const struct tdxctl_new_td *end)
{
	for (const struct tdxctl_new_td *next = created + 1; next < end; next++)
		if (created->id == TDXCTL_UNKNOWN32 && next->tdr == created->tdr)
			return true;
	return false;
}

/* Whether @s shows the TDs that are created. BPF programs hide all TDRs or none. */
static bool shows(const struct tdxctl_snapshot *s, const struct tdxctl_new_td *created)
{
	if (created->id != TDXCTL_UNKNOWN32)
		return s->source == TDXCTL_SOURCE_HELPER;
	return s->source == TDXCTL_SOURCE_BPF && created->tdr != TDXCTL_UNKNOWN &&
	       !(s->nr_tds && s->tds[0].td.tdr & TDXCTL_TDR_HIDDEN);
}

size_t tdxctl_unseen_tds(const struct tdxctl_new_td *created, size_t n,
			 const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now)
{
	size_t unseen = 0;

	for (size_t i = 0; i < n; i++) {
		const struct tdxctl_new_td *td = &created[i];

		if (!shows(now, td) || (has_td(now, td) && !is_replaced(td, created + n)))
			continue;
		/* Its event came after the snapshot that it was in. */
		if (before && td->time_ns <= before->hdr.now_ns && has_td(before, td))
			continue;
		unseen++;
	}
	return unseen;
}
