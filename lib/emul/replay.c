/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replays the events of an emulated host. A failed event, such as a TD for which no HKID
 * is free, is part of the host's history, not an error.
 */
#include <stdio.h>
#include <unistd.h>
#include "emul.h"

#define VM_FD	     11 /* descriptor of the VM file in the emulated VMM */
#define DEFAULT_COMM "qemu-system-x86"

struct emul_td *emul_td_by_id(struct emul *e, uint32_t id)
{
	for (size_t i = 0; i < e->nr_tds; i++)
		if (e->tds[i].id == id && id)
			return &e->tds[i];
	return NULL;
}

static void set_owner(struct ledger_owner *owner, const struct emul_event *ev, uint64_t start_ns)
{
	*owner = (struct ledger_owner){
		.tgid = (s32)ev->pid,
		.tid = (s32)ev->pid,
		.fd = VM_FD,
		.start_ns = start_ns,
	};
	snprintf(owner->comm, sizeof(owner->comm), "%s", ev->comm ? ev->comm : DEFAULT_COMM);
}

/* Returns online CPU number @n, modulo their count. */
static u32 nth_online(const struct emul *e, size_t n)
{
	u32 online = 0;

	for (u32 i = 0; i < e->nr_cpus; i++)
		online += e->cpus[i].online;
	n %= online ? online : 1;
	for (u32 i = 0; i < e->nr_cpus; i++)
		if (e->cpus[i].online && !n--)
			return i;
	return 0;
}

/* From here on, the process of @t makes the calls, on a CPU of its own if there are enough. */
static void enter(struct emul *e, struct emul_td *t)
{
	e->cpu = nth_online(e, (size_t)(t - e->tds));
	e->owner = t->owner;
	e->current = t;
}

static int build_td(struct emul *e, struct emul_td *t, const struct emul_event *ev)
{
	struct tdmgr_td_params params = { .xfam = 3 }; /* x87 and SSE, always on */
	uint64_t src = emul_page_alloc(e), hpa, hw_error;
	int err;

	/* This cannot fail: the number is at most TDX_MAX_VCPUS_PER_TD. */
	if (ev->max_vcpus)
		tdmgr_td_set_max_vcpus(t->td, (u32)ev->max_vcpus);
	err = tdmgr_td_init_vm(t->td, &params, &hw_error);
	if (err || ev->until == EMUL_INIT)
		return err;
	for (u32 i = 0; i < ev->vcpus; i++) {
		err = tdmgr_vcpu_create(t->td, i);
		if (!err)
			err = tdmgr_vcpu_init(t->td, i, 0);
		if (err)
			return err;
	}
	if (ev->until == EMUL_VCPUS)
		return 0;
	for (uint64_t i = 0; i < ev->pages; i++) {
		hpa = emul_page_alloc(e);
		err = hpa ? tdmgr_mem_add(t->td, i << CORE_PAGE_SHIFT, hpa, src, false) : -ENOMEM;
		if (err)
			return err;
		t->pages++;
	}
	return ev->until == EMUL_MEMORY ? 0 : tdmgr_td_finalize(t->td, &hw_error);
}

static int replay_td(struct emul *e, size_t index, const struct emul_event *ev)
{
	struct emul_td *t = &e->tds[e->nr_tds++];
	const struct ledger_td *known;
	struct tdmgr_td_info info;
	int err;

	*t = (struct emul_td){ .event = index };
	set_owner(&t->owner, ev, e->clock);
	enter(e, t);
	err = tdmgr_td_create(e->mgr, &t->td);
	if (err)
		return err;
	err = build_td(e, t, ev);
	tdmgr_td_get_info(t->td, &info);
	t->tdr = info.tdr;
	known = info.tdr ? ledger_td_find(e->ledger, info.tdr) : NULL;
	if (known) {
		t->id = known->seq;
	} else {
		/* KVM would keep a VM without a TD; the emulated host drops it. */
		tdmgr_td_destroy(t->td, NULL, NULL);
		t->td = NULL;
	}
	return err;
}

static void page_reclaimed(void *arg, uint64_t gpa, uint64_t hpa)
{
	struct emul *e = arg;

	if (e->limited && e->budget)
		e->budget--;
}

int emul_release_pages(struct emul *e, struct emul_td *t, uint64_t pages_left)
{
	struct tdmgr_td_info info;
	int err;

	enter(e, t);
	tdmgr_td_get_info(t->td, &info);
	if (!info.finalized)
		return -EINVAL;
	if (pages_left && pages_left >= info.private_pages)
		return tdmgr_td_terminate_vm(t->td); /* frees the HKID, no pages */
	e->limited = pages_left > 0;
	e->budget = info.private_pages - pages_left;
	err = tdmgr_td_release_vm(t->td, page_reclaimed, e);
	e->limited = false;
	return err;
}

void emul_destroy_td(struct emul *e, struct emul_td *t)
{
	enter(e, t);
	tdmgr_td_destroy(t->td, page_reclaimed, e);
	ledger_vm_gone(e->ledger, t->tdr, t->id, e->clock);
	t->td = NULL;
}

int emul_accept_pages(struct emul *e, struct emul_td *t, uint64_t n)
{
	enter(e, t);
	for (; n--; t->pages++) {
		uint64_t hpa = emul_page_alloc(e);
		int err = hpa ? tdmgr_mem_aug(t->td, t->pages << CORE_PAGE_SHIFT, hpa) : -ENOMEM;

		if (err)
			return err;
	}
	return 0;
}

static int replay_cpu(struct emul *e, const struct emul_event *ev)
{
	struct wire_cpu *c = &e->cpus[ev->cpu];
	int err;

	if (c->online == !!ev->online)
		return 0;
	/* The thread of the kernel for hotplug. */
	e->owner = (struct ledger_owner){ .fd = -1 };
	snprintf(e->owner.comm, sizeof(e->owner.comm), "cpuhp/%u", c->cpu);
	e->current = NULL;
	if (ev->online) {
		/* The online callback runs on the CPU itself. */
		c->online = true;
		e->cpu = c->cpu;
		err = tdmgr_cpu_online(e->mgr, c->cpu);
		c->online = !err;
		c->onlined += !err;
	} else {
		e->cpu = c->cpu;
		err = tdmgr_cpu_offline(e->mgr, c->cpu);
		c->online = err;
		c->offlined += !err;
	}
	e->cpu = nth_online(e, 0);
	return err;
}

static int replay_fault(struct emul *e, const struct emul_event *ev)
{
	struct seam_fault f = {
		.leaf = (u32)ev->leaf,
		.lp = (u32)ev->cpu,
		.status = ev->status,
		.skip = (u32)ev->skip,
		.count = (u32)ev->count,
	};

	return seam_fault_add(e->seam, &f);
}

static void replay_hold(struct emul *e, const struct emul_event *ev)
{
	struct emul_hold *h = ev->lock == TDXCTL_LOCK_TDX ? &e->hold_tdx :
							    &e->hold_key[ev->package];
	uint64_t contended = h->contended, longest = h->longest_ns;

	*h = (struct emul_hold){
		.held = true,
		.pid = (int32_t)ev->pid,
		.since_ns = e->clock,
		.until_ns = e->clock + (ev->ms + ev->more_ms) * 1000000,
		.contended = contended,
		.longest_ns = longest,
	};
	snprintf(h->comm, sizeof(h->comm), "%s", ev->comm ? ev->comm : DEFAULT_COMM);
	e->clock += ev->ms * 1000000;
}

/* Sets the error for an event about something that this host does not have. */
static int bad_event(struct emul *e, size_t index, const char *key, const char *why)
{
	return ctx_fail(e->ctx, -EINVAL, "correct the file", "%s: event %zu: key '%s': %s",
			e->path ? e->path : "built-in host", index + 1, key, why);
}

int emul_event(struct emul *e, size_t index)
{
	const struct emul_event *ev = &e->file.events[index];
	struct emul_td *t;
	int err = 0;

	emul_tick(e);
	switch ((enum emul_op)ev->op) {
	case EMUL_TD:
		err = replay_td(e, index, ev);
		break;
	case EMUL_RELEASE:
	case EMUL_STOP:
	case EMUL_ACCEPT:
		t = emul_td_by_id(e, (uint32_t)ev->td);
		/* The user may have ended the TD before its time. */
		if (ev->at && (!t || !t->td))
			break;
		if (!t || !t->td)
			return bad_event(e, index, "td", "no such TD at this time");
		if (ev->op == EMUL_STOP)
			emul_destroy_td(e, t);
		else if (ev->op == EMUL_ACCEPT)
			err = emul_accept_pages(e, t, ev->pages);
		else
			err = emul_release_pages(e, t, ev->pages_left);
		break;
	case EMUL_FAULT:
		if (ev->cpu >= e->nr_cpus && ev->cpu != SEAM_ANY)
			return bad_event(e, index, "cpu", "no such CPU");
		err = replay_fault(e, ev);
		break;
	case EMUL_CPU:
		if (ev->cpu >= e->nr_cpus)
			return bad_event(e, index, "cpu", "no such CPU");
		err = replay_cpu(e, ev);
		break;
	case EMUL_HOLD:
		if (ev->package >= e->nr_pkgs)
			return bad_event(e, index, "package", "no such package");
		replay_hold(e, ev);
		break;
	case EMUL_WAIT:
		e->clock += ev->ms * 1000000;
		break;
	case EMUL_PACE:
		e->page_ns = ev->page_ns;
		break;
	case EMUL_OPS:
		break;
	}
	if (err && err != -EINTR)
		ctx_log(e->ctx, TDXCTL_LOG_INFO, "event %zu failed: %s", index + 1, strerror(-err));
	return 0;
}

int emul_replay(struct emul *e)
{
	int err = 0;

	for (size_t i = 0; !err && i < e->file.nr_events; i++) {
		if (e->file.events[i].at)
			continue;
		e->event = i;
		/* Faults before all other events apply to the module's bring-up. */
		if (e->file.events[i].op != EMUL_FAULT)
			emul_bringup(e);
		err = emul_event(e, i);
	}
	emul_bringup(e);
	emul_tick(e);
	return err;
}
