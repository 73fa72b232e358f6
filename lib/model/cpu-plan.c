/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which CPUs may go offline. While any HKID is in use, each package must keep an online CPU. */
#include <stdio.h>
#include "base/backend.h"
#include "model.h"

#define MAX_CPUS 65536U
#define CPU_DIR	 "/sys/devices/system/cpu"

struct plan {
	struct tdxctl_ctx *ctx;
	const struct tdxctl_snapshot *snap;
	struct tdxctl_cpu_plan *items;
	size_t count;
	bool *offline; /* by index into snap->cpus */
	uint64_t hkids_in_use;
	bool hkids_known;
	bool has_files; /* CPUs that can go offline have a file "online" */
};

/*
 * Counts the CPUs of @package, or all if NULL, that stay online by the plan so far,
 * without the CPU at index @self.
 */
static size_t others_online(const struct plan *p, const uint32_t *package, size_t self)
{
	size_t n = 0;

	for (size_t i = 0; i < p->snap->nr_cpus; i++)
		n += i != self && (!package || p->snap->cpus[i].package == *package) &&
		     p->snap->cpus[i].online && !p->offline[i];
	return n;
}

static bool has_online_file(struct tdxctl_ctx *ctx, uint32_t cpu)
{
	char path[64];

	snprintf(path, sizeof(path), CPU_DIR "/cpu%u/online", cpu);
	return root_exists(ctx, path);
}

/* Whether a missing file is evidence: a copy of a host may lack all of these files. */
static bool has_online_files(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap)
{
	for (size_t i = 0; i < snap->nr_cpus; i++)
		if (has_online_file(ctx, snap->cpus[i].cpu))
			return true;
	return !ctx->backend->copied && root_exists(ctx, CPU_DIR "/online");
}

static char *PRINTF(1, 2) text(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return s;
}

static void decide(struct plan *p, size_t i, struct tdxctl_cpu_plan *item)
{
	const struct tdxctl_cpu *c = &p->snap->cpus[i];
	size_t left = others_online(p, &c->package, i);

	*item = (struct tdxctl_cpu_plan){
		.cpu = c->cpu,
		.package = c->package,
		.online = c->online,
		.allowed = true,
	};
	if (!c->online || p->offline[i]) {
		item->reason = text("already offline");
	} else if (p->has_files && !has_online_file(p->ctx, c->cpu)) {
		item->allowed = false;
		item->reason = text("this kernel cannot take this CPU offline");
	} else if (!others_online(p, NULL, i)) {
		item->allowed = false;
		item->reason = text("last online CPU of the host");
	} else if (left) {
		item->reason = text("package %u keeps %zu other online CPU%s", c->package, left,
				    left == 1 ? "" : "s");
	} else if (c->package == TDXCTL_UNKNOWN32) {
		item->allowed = false;
		item->reason = text("the package of this CPU is not known");
	} else if (!p->hkids_known) {
		item->allowed = false;
		item->reason =
			text("last online CPU of package %u, and it is not known if HKIDs are in use",
			     c->package);
	} else if (p->hkids_in_use) {
		item->allowed = false;
		item->reason = text("last online CPU of package %u while %" PRIu64 " HKID%s in use",
				    c->package, p->hkids_in_use,
				    p->hkids_in_use == 1 ? " is" : "s are");
	} else {
		item->reason = text("last online CPU of package %u, but no HKID is in use: "
				    "no TD can be created until one is online again",
				    c->package);
	}
	if (item->allowed)
		p->offline[i] = true;
}

static int plan_cpu(void *arg, unsigned int cpu)
{
	struct plan *p = arg;
	struct tdxctl_cpu_plan *bigger;

	for (size_t i = 0; i < p->snap->nr_cpus; i++) {
		if (p->snap->cpus[i].cpu != cpu)
			continue;
		bigger = realloc(p->items, (p->count + 1) * sizeof(*bigger));
		if (!bigger)
			return ctx_nomem(p->ctx);
		p->items = bigger;
		decide(p, i, &p->items[p->count]);
		if (!p->items[p->count++].reason)
			return ctx_nomem(p->ctx);
		return 0;
	}
	return ctx_fail(p->ctx, -ENOENT, "'tdxctl cpu' lists the CPUs", "CPU %u: no such CPU", cpu);
}

static int count_cpu(void *arg, unsigned int cpu)
{
	size_t *n = arg;

	/* Stops a list such as "0-4000000000" before memory is allocated for it. */
	return ++*n > MAX_CPUS ? -E2BIG : 0;
}

/*
 * The kernel refuses if any HKID is in use. One charged HKID, or one seen in use, is
 * enough to know this, even if the state of the others is unknown.
 */
static void count_hkids(struct plan *p)
{
	const struct tdxctl_snapshot *s = p->snap;

	p->hkids_in_use = hkids_in_use(s);
	p->hkids_known = s->nr_hkids;
	for (size_t i = 0; i < s->nr_hkids; i++)
		if (s->hkids[i].state == TDXCTL_HKID_UNKNOWN)
			p->hkids_known = false;
	if (s->hkids_charged != TDXCTL_UNKNOWN) {
		p->hkids_known = true;
		if (p->hkids_in_use < s->hkids_charged)
			p->hkids_in_use = s->hkids_charged;
	}
	if (p->hkids_in_use)
		p->hkids_known = true;
}

int tdxctl_cpu_plan(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, const char *list,
		    struct tdxctl_cpu_plan **out, size_t *count)
{
	struct plan p = { .ctx = ctx, .snap = snap };
	size_t n = 0;
	int err;

	ctx_clear(ctx);
	/* Check the whole list first: a malformed list gets no plan. */
	err = cpulist_each(list, count_cpu, &n);
	if (err)
		return ctx_fail(ctx, -EINVAL, "write CPUs as 1,3-5", "'%s': malformed CPU list",
				list);
	count_hkids(&p);
	p.has_files = has_online_files(ctx, snap);
	p.offline = calloc(snap->nr_cpus + 1, sizeof(*p.offline));
	if (!p.offline)
		return ctx_nomem(ctx);
	err = cpulist_each(list, plan_cpu, &p);
	free(p.offline);
	if (err) {
		tdxctl_cpu_plan_free(p.items, p.count);
		return err;
	}
	*out = p.items;
	*count = p.count;
	return 0;
}

void tdxctl_cpu_plan_free(struct tdxctl_cpu_plan *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(p[i].reason);
	free(p);
}
