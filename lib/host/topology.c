/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUs and packages from sysfs: the snapshot of a host without the helper. */
#include <stdio.h>
#include "host.h"

#define CPU_DIR	 "/sys/devices/system/cpu"
#define MAX_CPUS 8192U /* the largest NR_CPUS of x86 */

/* A bit for each CPU. */
struct marks {
	uint64_t cpus[MAX_CPUS / 64];
};

static bool marked(const struct marks *m, unsigned int cpu)
{
	return m->cpus[cpu / 64] >> cpu % 64 & 1;
}

static int mark(void *arg, unsigned int cpu)
{
	struct marks *m = arg;

	if (cpu >= MAX_CPUS)
		return -ERANGE;
	m->cpus[cpu / 64] |= 1ULL << cpu % 64;
	return 0;
}

/* Marks the CPUs of a list file. -EPROTO: malformed; -errno. */
static int mark_list(struct tdxctl_ctx *ctx, const char *path, struct marks *m)
{
	char *text;
	ssize_t len = root_read(ctx, path, 64 << 10, &text);
	int err;

	if (len < 0)
		return (int)len;
	text[strcspn(text, "\n")] = '\0';
	err = cpulist_each(text, mark, m);
	free(text);
	return err ? ctx_fail(ctx, -EPROTO, NULL, "%s: malformed CPU list", path) : 0;
}

/* Finds package @id, or adds it. */
static struct tdxctl_package *get_package(struct tdxctl_snapshot *snap, uint32_t id)
{
	struct tdxctl_package *p = snap->packages;

	for (; p < snap->packages + snap->nr_packages; p++)
		if (p->id == id)
			return p;
	*p = (struct tdxctl_package){
		.id = id,
		.global_key = TDXCTL_UNKNOWN32,
		.keys_programmed = TDXCTL_UNKNOWN,
	};
	snap->nr_packages++;
	return p;
}

static void add_cpu(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap, uint32_t cpu, bool online)
{
	struct tdxctl_cpu *c = &snap->cpus[snap->nr_cpus++];
	struct tdxctl_package *pkg;
	char path[96];
	uint64_t id;

	*c = (struct tdxctl_cpu){
		.cpu = cpu,
		.package = TDXCTL_UNKNOWN32,
		.online = online,
		.lp_init_status = TDXCTL_UNKNOWN,
	};
	/* An offline CPU has no topology directory. */
	snprintf(path, sizeof(path), CPU_DIR "/cpu%u/topology/physical_package_id", cpu);
	if (root_read_u64(ctx, path, &id) || id >= TDXCTL_UNKNOWN32)
		return;
	c->package = (uint32_t)id;
	pkg = get_package(snap, c->package);
	pkg->present_cpus++;
	pkg->online_cpus += online;
}

static int host_topology(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap)
{
	struct marks present = { 0 }, online = { 0 };
	size_t n = 0;
	int err;

	err = mark_list(ctx, CPU_DIR "/present", &present);
	/* A host without sysfs has an empty topology; only a malformed list is an error. */
	if (err == -EPROTO)
		return err;
	err = mark_list(ctx, CPU_DIR "/online", &online);
	if (err == -EPROTO)
		return err;
	for (uint32_t i = 0; i < MAX_CPUS; i++)
		n += marked(&present, i);
	snap->cpus = calloc(n + 1, sizeof(*snap->cpus));
	snap->packages = calloc(n + 1, sizeof(*snap->packages));
	if (!snap->cpus || !snap->packages)
		return ctx_nomem(ctx);
	for (uint32_t i = 0; i < MAX_CPUS; i++)
		if (marked(&present, i))
			add_cpu(ctx, snap, i, marked(&online, i));
	return 0;
}

uint64_t host_hkids_charged(struct tdxctl_ctx *ctx, bool *counted)
{
	uint64_t n;
	int err;

	*counted = false;
	/* tdx_emul does not charge cgroups. */
	if (root_exists(ctx, "/sys/module/tdx_emul"))
		return TDXCTL_UNKNOWN;
	err = src_charged(ctx, &n);
	*counted = !err;
	return err == -ENODATA ? 0 : err ? TDXCTL_UNKNOWN : n;
}

int host_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	struct tdxctl_snapshot *snap = calloc(1, sizeof(*snap));
	bool counted;
	int err;

	if (!snap)
		return ctx_nomem(ctx);
	snap->source = TDXCTL_SOURCE_HOST;
	snap->hdr.size = sizeof(snap->hdr);
	snap->hkids_charged = host_hkids_charged(ctx, &counted);
	host_platform(ctx, &snap->platform, counted);
	err = host_topology(ctx, snap);
	if (err) {
		tdxctl_snapshot_free(snap);
		return err;
	}
	snap->hdr.section[TDXCTL_SEC_CPUS].count = (uint32_t)snap->nr_cpus;
	snap->hdr.section[TDXCTL_SEC_PACKAGES].count = (uint32_t)snap->nr_packages;
	*out = snap;
	return 0;
}
