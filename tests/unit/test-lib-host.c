/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of a captured host, and which CPUs may go offline. */
#include "lib-fake.h"

#define CPU "sys/devices/system/cpu/"

static struct tdxctl_ctx *captured(void)
{
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	CHECK_EQ(tdxctl_set_root(ctx, fake_dir), 0);
	return ctx;
}

static void write_host(void)
{
	fake_file("proc/cpuinfo", "processor\t: 0\nmodel name\t: Xeon 6\n\nprocessor\t: 1\n");
	fake_file("proc/sys/kernel/osrelease", "7.2.0\n");
	fake_file("sys/devices/faux/tdx_host/version", "1.5.05\n");
	fake_file("sys/module/kvm_intel/parameters/tdx", "Y\n");
	fake_file(CPU "present", "0-3\n");
	fake_file(CPU "online", "0-1,3\n");
	fake_file(CPU "cpu0/topology/physical_package_id", "0\n");
	fake_file(CPU "cpu1/topology/physical_package_id", "0\n");
	fake_file(CPU "cpu3/topology/physical_package_id", "1\n");
}

static void hostinfo(void)
{
	struct tdxctl_snapshot *snap;
	struct tdxctl_ctx *ctx;

	fake_new();
	write_host();
	ctx = captured();
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->source, TDXCTL_SOURCE_HOST);
		CHECK_STR(snap->platform.cpu_model, "Xeon 6");
		CHECK_STR(snap->platform.kernel, "7.2.0");
		CHECK_STR(snap->platform.tdx_module, "1.5.05");
		CHECK_STR(snap->platform.kvm, "kvm_intel");
		CHECK_EQ(snap->platform.kvm_tdx, 1);
		CHECK(snap->platform.has_tdx);
		CHECK_EQ(snap->nr_cpus, 4);
		CHECK_EQ(snap->cpus[2].online, 0);
		CHECK_EQ(snap->cpus[2].package, TDXCTL_UNKNOWN32);
		CHECK_EQ(snap->cpus[3].package, 1);
		CHECK_EQ(snap->nr_packages, 2);
		CHECK_EQ(snap->packages[0].online_cpus, 2);
		tdxctl_snapshot_free(snap);
	}
	/* Lists that no kernel writes. */
	fake_file(CPU "present", "0-3,0-3,2\n");
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->nr_cpus, 4);
		tdxctl_snapshot_free(snap);
	}
	fake_file(CPU "present", "0-4000000000\n");
	CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), -EPROTO);
	fake_file(CPU "present", "0-\n");
	CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), -EPROTO);
	CHECK(strstr(tdxctl_error(ctx), "present"));
	tdxctl_free(ctx);
	fake_end();
}

/* What the misc cgroup has charged, unless the HKIDs are those of the emulated module. */
static void charged_hkids(void)
{
	struct tdxctl_snapshot *snap;
	struct tdxctl_ctx *ctx;

	fake_new();
	ctx = captured();
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->hkids_charged, TDXCTL_UNKNOWN);
		CHECK(!snap->platform.has_tdx);
		tdxctl_snapshot_free(snap);
	}
	fake_file("sys/fs/cgroup/misc.capacity", "res_a 31\n");
	fake_file("sys/fs/cgroup/misc.current", "res_a 3\n");
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->hkids_charged, 0);
		CHECK(!snap->platform.has_tdx);
		tdxctl_snapshot_free(snap);
	}
	fake_file("sys/fs/cgroup/misc.capacity", "tdx 31\n");
	fake_file("sys/fs/cgroup/misc.current", "tdx 3\n");
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->hkids_charged, 3);
		/* KVM sets the capacity when the TDX module works. */
		CHECK(snap->platform.has_tdx);
		/* A host without sysfs has no CPUs. */
		CHECK_EQ(snap->nr_cpus, 0);
		CHECK_EQ(snap->nr_packages, 0);
		tdxctl_snapshot_free(snap);
	}
	fake_file("sys/module/tdx_emul/refcnt", "0\n");
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->hkids_charged, TDXCTL_UNKNOWN);
		tdxctl_snapshot_free(snap);
	}
	tdxctl_free(ctx);
	fake_end();
}

/* An absolute link in a captured tree points into the tree. */
static void links_stay_inside(void)
{
	struct tdxctl_ctx *ctx;
	char text[64];

	fake_new();
	fake_file("etc/inside", "captured\n");
	fake_link("sys/link", "/etc/inside");
	fake_link("sys/up", "../../../../../../etc/inside");
	fake_link("sys/live", "/proc/self/stat");
	ctx = captured();
	CHECK_EQ(root_read_line(ctx, "/sys/link", text, sizeof(text)), 0);
	CHECK_STR(text, "captured");
	CHECK_EQ(root_read_line(ctx, "/sys/up", text, sizeof(text)), 0);
	CHECK_STR(text, "captured");
	CHECK_EQ(root_read_line(ctx, "/sys/live", text, sizeof(text)), -ENOENT);
	CHECK_EQ(root_read_line(ctx, "/../../etc/hostname", text, sizeof(text)), -ENOENT);
	CHECK_EQ(root_readlink(ctx, "/sys/link", text, sizeof(text)), 0);
	CHECK_STR(text, "/etc/inside");
	tdxctl_free(ctx);
	fake_end();
}

static void bad_roots(void)
{
	struct tdxctl_ctx *ctx;

	fake_new();
	fake_file("file", "x");
	if (tdxctl_new(&ctx))
		exit(1);
	CHECK_EQ(tdxctl_set_root(ctx, fake_path("none")), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "none"));
	CHECK_EQ(tdxctl_set_root(ctx, fake_path("file")), -ENOTDIR);
	CHECK(tdxctl_hint(ctx)[0]);
	tdxctl_free(ctx);
	fake_end();
}

static struct tdxctl_snapshot *snapshot(void)
{
	struct tdxctl_snapshot *snap;
	struct fake_snapshot s;

	fake_snapshot(&s);
	if (tdxctl_snapshot_parse(&s, sizeof(s), &snap))
		exit(1);
	return snap;
}

static int plan(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, const char *list,
		const char *want)
{
	struct tdxctl_cpu_plan *p;
	char got[64] = "";
	size_t n;
	int err = tdxctl_cpu_plan(ctx, snap, list, &p, &n);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%u%c", p[i].cpu,
			 p[i].allowed ? '+' : '-');
		CHECK(p[i].reason[0]);
	}
	CHECK_STR(got, want);
	tdxctl_cpu_plan_free(p, n);
	return 0;
}

static void cpu_plan(void)
{
	static const char *const malformed[] = { "",   "x",  "1-",  "3-1",	   "1,,2",
						 "1,", "-1", "1 2", "0-4000000000" };
	struct tdxctl_snapshot *snap = snapshot();
	struct tdxctl_ctx *ctx;

	fake_new();
	ctx = fake_live();
	plan(ctx, snap, "3", "3+");
	/* In this order: the second of a package is its last. */
	plan(ctx, snap, "2-3", "2+3-");
	plan(ctx, snap, "3,2", "3+2-");
	plan(ctx, snap, "0,2,1,3", "0+2+1-3-");
	/* Twice the same is not two CPUs. */
	plan(ctx, snap, "3,3", "3+3+");
	snap->cpus[2].online = 0;
	plan(ctx, snap, "3", "3-");
	plan(ctx, snap, "2", "2+");
	for (size_t i = 0; i < 2; i++)
		snap->hkids[i].state = TDXCTL_HKID_FREE;
	plan(ctx, snap, "3", "3+");
	/* A leaked HKID is in use permanently, an unknown one perhaps. */
	snap->hkids[0].state = TDXCTL_HKID_LEAKED;
	plan(ctx, snap, "3", "3-");
	snap->hkids[0].state = TDXCTL_HKID_UNKNOWN;
	plan(ctx, snap, "3", "3-");
	/* Unless the kernel says that none is charged, or that one is. */
	snap->hkids_charged = 0;
	plan(ctx, snap, "3", "3+");
	snap->hkids_charged = 1;
	plan(ctx, snap, "3", "3-");
	snap->nr_hkids = 0;
	plan(ctx, snap, "3", "3-");
	snap->hkids_charged = 0;
	plan(ctx, snap, "3", "3+");
	/* The last of all never goes; one without a switch neither. */
	plan(ctx, snap, "0,1,3", "0+1+3-");
	for (int i = 0; i < 4; i++) {
		static const char *const files[] = { "topology/die_id", "online", "online",
						     "online" };
		char path[64];

		snprintf(path, sizeof(path), CPU "cpu%d/%s", i, files[i]);
		fake_file(path, "1\n");
	}
	plan(ctx, snap, "0,1,3", "0-1+3+");
	plan(ctx, snap, "0", "0-");

	CHECK_EQ(plan(ctx, snap, "0,4", ""), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "CPU 4"));
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		CHECK_EQ(plan(ctx, snap, malformed[i], ""), -EINVAL);
		CHECK(strstr(tdxctl_error(ctx), "malformed"));
	}
	tdxctl_free(ctx);
	tdxctl_snapshot_free(snap);
	fake_end();
}

int main(void)
{
	RUN(hostinfo);
	RUN(charged_hkids);
	RUN(links_stay_inside);
	RUN(bad_roots);
	RUN(cpu_plan);
	return check_done("lib-host");
}
