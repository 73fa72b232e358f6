/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulated hosts: their file, and what replay makes of it. */
#include <time.h>
#include "emul/emul.h"
#include "lib-host.h"

/* Loads @text as a host; the error must contain @says, the hint something. */
static int load_text(const char *text, const char *says)
{
	struct tdxctl_ctx *ctx = context();
	int err;

	fake_file("h.json", text);
	err = tdxctl_set_emulated(ctx, fake_path("h.json"));
	if (says && !CHECK(strstr(tdxctl_error(ctx), says)))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", tdxctl_error(ctx), says);
	if (err)
		CHECK(tdxctl_hint(ctx)[0]);
	tdxctl_free(ctx);
	return err;
}

#define PLAY(play, events) \
	"{\"format\":\"tdxctl-host\",\"version\":1,\"play\":" play "," TOPO ",\"events\":[" events \
	"]}"

static void bad_files(void)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "not JSON" },
		{ "{", "not JSON" },
		{ "hello", "line 1: not JSON" },
		{ "{\n\"format\": \"tdxctl-host\",\n\"version\": ,\n}", "line 3: not JSON" },
		{ "{'format':'tdxctl-host'}", "not JSON" },
		{ HOST("") "x", "not JSON" },
		{ "[]", "an object is expected" },
		{ "null", "an object is expected" },
		{ "{}", "'format'" },
		{ "{\"format\":1}", "'format'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":2," TOPO ",\"events\":[]}",
		  "'version'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":\"1\"," TOPO ",\"events\":[]}",
		  "'version'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1,\"events\":[]}",
		  "'topology': missing" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1," TOPO "}", "'events'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1," TOPO ",\"events\":{}}", "'events'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1," TOPO ",\"events\":[],\"x\":1}",
		  "'x': unknown" },
		{ "{\"format\":\"tdxctl-host\"," TOPO ",\"events\":[]}", "'version': missing" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1,\"topology\":[],\"events\":[]}",
		  "'topology': an object" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1,\"clock_ns\":0," TOPO
		  ",\"events\":[]}",
		  "'clock_ns'" },
		{ HOST("1"), "event 1: an object" },
		{ HOST(TD("web", ",\"until\":5")), "key 'until': a string" },
		{ HOST("{\"op\":\"td\",\"name\":7,\"pid\":1}"), "key 'name': a string" },
		{ HOST(TD("web", "") ",7"), "event 2: an object" },
		{ HOST(TD("web", "") ",{\"op\":\"fly\"}"), "event 2: key 'op'" },
		{ HOST("{}"), "'op'" },
		{ HOST("{\"op\":\"fly\"}"), "'fly' is unknown" },
		{ HOST(TD("web", "") ",{\"op\":\"td\",\"pid\":1}"),
		  "event 2 (td): key 'name': missing" },
		{ HOST(TD("web", ",\"pages\":\"7\"")), "key 'pages': a whole number" },
		{ HOST(TD("web", ",\"pages\":1.5")), "key 'pages': a whole number" },
		{ HOST(TD("web", ",\"pages\":-1")), "key 'pages': -1 is not between" },
		{ HOST(TD("web", ",\"pages\":99999999999999999999999")), "key 'pages'" },
		{ HOST(TD("web", ",\"vcpus\":577")), "key 'vcpus'" },
		{ HOST(TD("web", ",\"until\":\"later\"")), "'later' is unknown" },
		{ HOST(TD("web", ",\"uuid\":\"1\"")), "a UUID" },
		{ HOST(TD("web", ",\"memory\":1")), "key 'memory': unknown" },
		{ HOST(TD("", "")), "key 'name'" },
		{ HOST(TD("a\\u0000b", "")), "key 'name'" },
		{ HOST(TD("a\\nb", "")), "control" },
		{ HOST(TD("a", ",\"pages\":16777216") "," TD("b", ",\"pages\":1")),
		  "in all TDs together" },
		{ HOST("{\"op\":\"release\",\"td\":1}"), "no such TD" },
		{ HOST("{\"op\":\"cpu\",\"cpu\":4,\"online\":false}"), "no such CPU" },
		{ HOST("{\"op\":\"cpu\",\"cpu\":1,\"online\":0}"), "true or false" },
		{ HOST("{\"op\":\"hold\",\"lock\":\"key-config\",\"package\":2,\"pid\":1,\"ms\":1}"),
		  "no such package" },
		{ HOST("{\"op\":\"fault\",\"leaf\":\"TDH.MNG.INIT\",\"status\":\"TDX_TD_FATAL\",\"cpu\":4}"),
		  "no such CPU" },
		{ HOST("{\"op\":\"fault\",\"leaf\":\"TDH.FLY\",\"status\":\"0x1\"}"),
		  "'TDH.FLY' is unknown" },
		{ HOST("{\"op\":\"fault\",\"leaf\":\"TDH.MNG.INIT\",\"status\":\"BUSY\"}"),
		  "'BUSY' is unknown" },
		{ HOST("{\"op\":\"fault\",\"leaf\":\"TDH.MNG.INIT\",\"status\":\"0x0\"}"),
		  "'0x0' is unknown" },
		{ HOST("{\"op\":\"accept\",\"td\":1,\"pages\":1}"), "no such TD" },
		{ HOST(TD("a", ",\"pages\":16777216") ",{\"op\":\"accept\",\"td\":1,\"pages\":1}"),
		  "in all TDs together" },
		{ HOST("{\"op\":\"wait\",\"at\":-1,\"ms\":1}"), "key 'at': -1 is not between" },
		{ HOST("{\"op\":\"stop\",\"td\":1,\"ms\":3600001}"), "key 'ms'" },
		{ PLAY("1", ""), "'play': an object" },
		{ PLAY("{}", ""), "key 'speed'" },
		{ PLAY("{\"speed\":2}", ""), "key 'speed'" },
		{ PLAY("{\"started_ms\":1,\"speed\":1001}", ""), "key 'speed': 1001 is not" },
		{ PLAY("{\"step_ms\":0}", ""), "key 'step_ms'" },
		{ PLAY("{\"step_ms\":1,\"stop\":1}", ""), "'stop': unknown" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK_EQ(load_text(bad[i].text, bad[i].says), -EINVAL))
			fprintf(stderr, "  %s\n", bad[i].text);
	CHECK_EQ(load_text(HOST(""), NULL), 0);
}

static void bad_topologies(void)
{
	static const char *const topo[] = {
		"0,\"cpus_per_package\":2,\"mktme_keyids\":15,\"tdx_keyids\":4",
		"9,\"cpus_per_package\":2,\"mktme_keyids\":15,\"tdx_keyids\":4",
		"2,\"cpus_per_package\":0,\"mktme_keyids\":15,\"tdx_keyids\":4",
		"8,\"cpus_per_package\":513,\"mktme_keyids\":15,\"tdx_keyids\":4",
		"2,\"cpus_per_package\":2,\"mktme_keyids\":15,\"tdx_keyids\":1",
		"2,\"cpus_per_package\":2,\"mktme_keyids\":1024,\"tdx_keyids\":1024",
		"2,\"cpus_per_package\":2,\"mktme_keyids\":4294967295,\"tdx_keyids\":2",
		"2,\"cpus_per_package\":2,\"mktme_keyids\":15,\"tdx_keyids\":4,\"x\":1",
		"2,\"cpus_per_package\":2,\"mktme_keyids\":15",
		"8,\"cpus_per_package\":512,\"mktme_keyids\":0,\"tdx_keyids\":2047",
	};
	const size_t n = sizeof(topo) / sizeof(topo[0]);
	char text[512];

	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text),
			 "{\"format\":\"tdxctl-host\",\"version\":1,"
			 "\"topology\":{\"packages\":%s},\"events\":[]}",
			 topo[i]);
		/* The last one is the largest that is possible. */
		CHECK_EQ(load_text(text, i + 1 < n ? "topology" : NULL), i + 1 < n ? -EINVAL : 0);
	}
}

static void secret_file(void)
{
	struct tdxctl_ctx *ctx = context();

	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("secret.json")), -EACCES);
	tdxctl_free(ctx);
}

static void bad_paths(void)
{
	struct tdxctl_ctx *ctx = context();
	int fd;

	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("none.json")), -ENOENT);
	CHECK(strstr(tdxctl_hint(ctx), "emulate init"));
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_dir), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "regular"));
	fake_file("big.json", "{");
	fd = open(fake_path("big.json"), O_WRONLY);
	CHECK_EQ(ftruncate(fd, 100 << 20), 0);
	close(fd);
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("big.json")), -EFBIG);
	fake_file("secret.json", HOST(""));
	chmod(fake_path("secret.json"), 0);
	chmod(fake_dir, 0755);
	as_nobody(secret_file);
	if (CHECK(!mkfifo(fake_path("fifo"), 0600))) {
		CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("fifo")), -EINVAL);
		/* Replacing it, or /dev/null, is no way to write a file. */
		CHECK_EQ(tdxctl_emul_init(ctx, fake_path("fifo"), NULL, true), -EINVAL);
	}
	tdxctl_free(ctx);
}

static void built_in(void)
{
	struct tdxctl_ctx *ctx = context();
	struct tdxctl_snapshot *snap, *again;
	clock_t before = clock();

	CHECK_EQ(tdxctl_set_emulated(ctx, NULL), 0);
	snap = snapshot(ctx);
	/* Sanitizers slow it down several times; without them it is some 20 ms. */
	CHECK((clock() - before) * 1000.0 / CLOCKS_PER_SEC < 1000);
	CHECK_EQ(snap->source, TDXCTL_SOURCE_EMULATED);
	CHECK(snap->platform.has_tdx);
	CHECK_EQ(snap->nr_hkids, 15);
	CHECK_EQ(snap->hkids[0].id, 17);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_CONFIGURED), 3);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 12);
	CHECK_EQ(snap->nr_cpus, 8);
	CHECK_EQ(snap->nr_packages, 2);
	CHECK_EQ(snap->nr_locks, 3);
	if (CHECK_EQ(snap->nr_tds, 3)) {
		CHECK_STR(snap->tds[0].vm.name, "web");
		CHECK_EQ(snap->tds[0].td.state, TDXCTL_TD_RUNNABLE);
		CHECK_EQ(snap->tds[0].td.private_pages, 65536);
		CHECK_EQ(snap->tds[0].td.vcpus, 4);
		CHECK_EQ(snap->tds[0].vm.pid, 2001);
		CHECK_EQ(snap->tds[2].td.state, TDXCTL_TD_INITIALIZED);
	}
	/* The same host again, to the nanosecond. */
	CHECK_EQ(tdxctl_set_emulated(ctx, NULL), 0);
	again = snapshot(ctx);
	CHECK_EQ(again->hdr.now_ns, snap->hdr.now_ns);
	CHECK_EQ(again->hdr.seamcalls, snap->hdr.seamcalls);
	CHECK(!memcmp(&again->tds[1].td, &snap->tds[1].td, sizeof(snap->tds[1].td)));
	tdxctl_snapshot_free(again);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* The default host has a TD for each HKID, and no more than that. */
static void default_events(void)
{
	struct tdxctl_emul_topology topo = { 1, 2, 3, 0 };
	struct tdxctl_ctx *ctx = context();
	struct emul_file file;

	for (topo.tdx_keyids = 2; topo.tdx_keyids < 7; topo.tdx_keyids++) {
		size_t tds = 0;

		CHECK_EQ(emul_file_default(ctx, &topo, &file), 0);
		for (size_t i = 0; i < file.nr_events; i++)
			tds += file.events[i].op == EMUL_TD;
		CHECK_EQ(tds, topo.tdx_keyids > 4 ? 3 : topo.tdx_keyids - 1);
		emul_file_clear(&file);
	}
	tdxctl_free(ctx);
}

/* More pages are to be left than the TD has: only the HKID is freed. */
static void release_that_leaves_all_pages(void)
{
	static const char *const left[] = { "10", "11", "4096" };

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		char text[600];
		struct tdxctl_snapshot *snap;
		struct tdxctl_ctx *ctx;

		snprintf(text, sizeof(text),
			 HOST(TD("a",
				 ",\"pages\":10") ",{\"op\":\"release\",\"td\":1,\"pages_left\":%s}"),
			 left[i]);
		ctx = host(text);
		snap = snapshot(ctx);
		if (CHECK_EQ(snap->nr_tds, 1)) {
			CHECK_EQ(snap->tds[0].td.private_pages, 10);
			CHECK_EQ(snap->tds[0].td.hkid, 0);
		}
		CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 3);
		tdxctl_snapshot_free(snap);
		tdxctl_free(ctx);
	}
}

static void init_files(void)
{
	struct tdxctl_emul_topology topo = { 4, 2, 3, 3 };
	struct tdxctl_ctx *ctx = context();
	struct tdxctl_snapshot *snap;
	char path[128], path2[128];

	snprintf(path, sizeof(path), "%s/new.json", fake_dir);
	CHECK_EQ(tdxctl_emul_init(ctx, path, &topo, false), 0);
	CHECK_EQ(tdxctl_emul_init(ctx, path, &topo, false), -EEXIST);
	CHECK(strstr(tdxctl_hint(ctx), "--force"));
	CHECK_EQ(tdxctl_emul_init(ctx, path, &topo, true), 0);
	CHECK_EQ(tdxctl_set_emulated(ctx, path), 0);
	snap = snapshot(ctx);
	CHECK_EQ(snap->nr_packages, 4);
	CHECK_EQ(snap->nr_cpus, 8);
	/* Two guest HKIDs: two of the three TDs fit. */
	CHECK_EQ(snap->nr_hkids, 2);
	CHECK_EQ(snap->nr_tds, 2);
	tdxctl_snapshot_free(snap);
	/* One guest HKID: one TD. */
	topo.tdx_keyids = 2;
	CHECK_EQ(tdxctl_emul_init(ctx, path, &topo, true), 0);
	CHECK_EQ(tdxctl_set_emulated(ctx, path), 0);
	snap = snapshot(ctx);
	CHECK_EQ(snap->nr_hkids, 1);
	CHECK_EQ(snap->nr_tds, 1);
	tdxctl_snapshot_free(snap);
	topo.tdx_keyids = 3;
	topo.packages = 9;
	CHECK_EQ(tdxctl_emul_init(ctx, path, &topo, true), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "packages"));
	topo.packages = 1;
	CHECK_EQ(tdxctl_emul_init(ctx, fake_path("no/such/dir.json"), &topo, false), -ENOENT);
	/* Through a link the file is replaced, not the link. */
	fake_link("link.json", "new.json");
	snprintf(path, sizeof(path), "%s/link.json", fake_dir);
	CHECK_EQ(tdxctl_emul_init(ctx, path, &topo, true), 0);
	CHECK(readlink(path, path2, sizeof(path2)) > 0);
	tdxctl_free(ctx);
}

static void exhausted(void)
{
	struct tdxctl_ctx *ctx =
		host(HOST(TD("a", "") "," TD("b", "") "," TD("c", "") "," TD("d", "")));
	struct tdxctl_snapshot *snap = snapshot(ctx);
	struct tdxctl_health_report *health;

	CHECK_EQ(snap->nr_tds, 3);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 0);
	health = report(snap);
	CHECK(strstr(health->reasons[0].text, "no HKID is free"));
	tdxctl_health_free(health);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

static void offline_package(void)
{
#define CPU(n, on) "{\"op\":\"cpu\",\"cpu\":" n ",\"online\":" on "}"
	struct tdxctl_ctx *ctx =
		host(HOST(CPU("2", "false") "," CPU("3", "false") "," TD("a", "")));
	struct tdxctl_cpu_check_rec *recs;
	struct tdxctl_snapshot *snap = snapshot(ctx);
	size_t n;

	/* F1.3: no TD without an online CPU in every package. */
	CHECK_EQ(snap->nr_tds, 0);
	CHECK_EQ(snap->packages[1].online_cpus, 0);
	CHECK_EQ(snap->cpus[3].online, 0);
	CHECK_EQ(snap->cpus[3].offlined, 1);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);

	/* F5: the last CPU of a package stays while an HKID is in use. */
	ctx = host(HOST(TD("a", "") "," CPU("2", "false") "," CPU("3", "false")));
	snap = snapshot(ctx);
	CHECK_EQ(snap->cpus[2].online, 0);
	CHECK_EQ(snap->cpus[3].online, 1);
	tdxctl_snapshot_free(snap);
	if (CHECK_EQ(tdxctl_cpu_check(ctx, &recs, &n), 0)) {
		CHECK_EQ(n, 4);
		CHECK_EQ(recs[2].online, 0);
		CHECK_EQ(recs[2].status, TDXCTL_UNKNOWN);
		CHECK_EQ(recs[3].state, TDXCTL_CPU_ENABLED);
		CHECK_EQ(recs[3].status, 0);
		free(recs);
	}
	tdxctl_free(ctx);
}

/* A CPU that is online again is counted and enabled; an event that changes nothing is not counted. */
static void cpu_is_online_again(void)
{
	struct tdxctl_ctx *ctx = host(HOST(
		TD("a",
		   "") "," CPU("3",
			       "true") "," CPU("3",
					       "false") "," CPU("3",
								"false") "," CPU("3",
										 "true") "," CPU("2",
												 "false")));
	struct tdxctl_snapshot *snap = snapshot(ctx);

	CHECK_EQ(snap->cpus[3].online, 1);
	CHECK_EQ(snap->cpus[3].onlined, 1);
	CHECK_EQ(snap->cpus[3].offlined, 1);
	CHECK_EQ(snap->cpus[3].state, TDXCTL_CPU_ENABLED);
	CHECK_EQ(snap->cpus[2].online, 0);
	CHECK_EQ(snap->packages[1].online_cpus, 1);
	CHECK_EQ(snap->packages[1].present_cpus, 2);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* What TDH.SYS.RD returns on a CPU decides what the CPU can do. */
static void cpu_states(void)
{
#define RD(cpu, status) \
	"{\"op\":\"fault\",\"leaf\":\"TDH.SYS.RD\",\"status\":\"" status "\",\"cpu\":" cpu "}"
	static const uint32_t states[] = { TDXCTL_CPU_VMX_OFF, TDXCTL_CPU_NO_SEAM,
					   TDXCTL_CPU_NOT_ENABLED, TDXCTL_CPU_UNKNOWN };
	static const uint64_t status[] = { 0x8000ff0000000006, 0x8000ff000000000d,
					   0xc000050200000000, 0xc000050500000000 };
	struct tdxctl_ctx *ctx = host(HOST(TD("a", "") "," RD("0", "0x8000ff0000000006") "," RD(
		"1",
		"0x8000ff000000000d") "," RD("2",
					     "0xc000050200000000") "," RD("3",
									  "0xc000050500000000")));
	struct tdxctl_cpu_check_rec *recs;
	size_t n;

	if (CHECK_EQ(tdxctl_cpu_check(ctx, &recs, &n), 0)) {
		CHECK_EQ(n, 4);
		for (size_t i = 0; i < 4; i++) {
			CHECK_EQ(recs[i].cpu, i);
			CHECK_EQ(recs[i].package, i / 2);
			CHECK_EQ(recs[i].state, states[i]);
			CHECK_EQ(recs[i].status, status[i]);
			CHECK(recs[i].duration_ns > 0);
		}
		free(recs);
	}
	tdxctl_free(ctx);
#undef RD
}

/* TDH.SYS.LP.INIT fails for one CPU while the module starts. */
static void failing_cpu(void)
{
	struct tdxctl_ctx *ctx = host(HOST(
		"{\"op\":\"fault\",\"leaf\":\"TDH.SYS.LP.INIT\",\"status\":\"0xc000050500000000\",\"cpu\":3}," TD(
			"a", "")));
	struct tdxctl_cpu_check_rec *recs;
	struct tdxctl_snapshot *snap = snapshot(ctx);
	size_t n;

	CHECK(!snap->platform.has_tdx);
	CHECK_EQ(snap->nr_tds, 0);
	tdxctl_snapshot_free(snap);
	if (CHECK_EQ(tdxctl_cpu_check(ctx, &recs, &n), 0)) {
		CHECK_EQ(recs[2].state, TDXCTL_CPU_ENABLED);
		CHECK_EQ(recs[3].state, TDXCTL_CPU_NOT_ENABLED);
		free(recs);
	}
	tdxctl_free(ctx);
}

static void held_locks(void)
{
	struct tdxctl_ctx *ctx = host(HOST(
		"{\"op\":\"hold\",\"lock\":\"key-config\",\"package\":1,\"pid\":77,\"comm\":\"slow\",\"ms\":5000}"));
	struct tdxctl_snapshot *snap = snapshot(ctx);

	CHECK_EQ(snap->locks[2].held, 1);
	CHECK_EQ(snap->locks[2].holder_tgid, 77);
	CHECK_STR(snap->locks[2].holder_comm, "slow");
	CHECK_EQ(snap->hdr.now_ns - snap->locks[2].held_since_ns, 5000000000ULL);
	CHECK_EQ(snap->locks[1].held, 0);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);

	/* A TD that needs it waits and is counted. */
	ctx = host(HOST(
		"{\"op\":\"hold\",\"lock\":\"key-config\",\"package\":1,\"pid\":77,\"ms\":5000,\"more_ms\":2000}," TD(
			"a", "")));
	snap = snapshot(ctx);
	CHECK_EQ(snap->nr_tds, 1);
	CHECK_EQ(snap->locks[2].held, 0);
	CHECK_EQ(snap->locks[2].contended, 1);
	CHECK_EQ(snap->locks[2].longest_ns, 7000000000ULL);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

static void pins(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("a", ",\"vcpus\":2")));
	struct tdxctl_snapshot *snap = snapshot(ctx);
	size_t count[8] = { 0 }, n;
	struct tdxctl_pin *p;

	if (CHECK_EQ(tdxctl_pins_get(ctx, &snap->tds[0], &p, &n), 0)) {
		for (size_t i = 0; i < n; i++)
			count[p[i].kind]++;
		for (size_t i = 0; i < n; i++)
			CHECK_EQ(p[i].pid, 2001);
		/* As in QEMU: a thread and a descriptor for each vCPU. */
		CHECK_EQ(p[1].tid, 2002);
		CHECK_STR(p[1].comm, "CPU 0/KVM");
		CHECK_EQ(p[2].tid, 2003);
		CHECK_STR(p[2].comm, "CPU 1/KVM");
		CHECK_EQ(p[3].fd, snap->tds[0].td.owner.fd);
		CHECK_STR(p[3].detail, "anon_inode:kvm-vm");
		CHECK_EQ(p[4].fd, p[3].fd + 1);
		CHECK_STR(p[4].detail, "anon_inode:kvm-vcpu:0");
		CHECK_EQ(p[5].fd, p[3].fd + 2);
		CHECK_STR(p[5].detail, "anon_inode:kvm-vcpu:1");
		CHECK_EQ(p[6].fd, p[3].fd + 3);
		CHECK_STR(p[6].detail, "anon_inode:[kvm-gmem]");
		CHECK_EQ(count[TDXCTL_PIN_PROCESS], 1);
		CHECK_EQ(count[TDXCTL_PIN_THREAD], 2);
		CHECK_EQ(count[TDXCTL_PIN_VM_FD], 1);
		CHECK_EQ(count[TDXCTL_PIN_VCPU_FD], 2);
		CHECK_EQ(count[TDXCTL_PIN_GMEM_FD], 1);
		tdxctl_pins_free(p, n);
	}
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* ---- hosts that move ---- */

#define STORY \
	TD("web", ",\"pages\":64") \
	",{\"op\":\"accept\",\"at\":1000,\"td\":1,\"pages\":100,\"ms\":1000}" \
	",{\"op\":\"stop\",\"at\":3000,\"td\":1,\"ms\":1000}" \
	",{\"op\":\"td\",\"at\":1500,\"name\":\"db\",\"pid\":2002,\"pages\":8}"

static uint64_t pages_of(const struct tdxctl_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->nr_tds; i++)
		if (!strcmp(s->tds[i].vm.name, name))
			return s->tds[i].td.private_pages;
	return TDXCTL_UNKNOWN;
}

static void moves(void)
{
	static const struct {
		uint64_t web, db;
	} want[] = { /* at 0.5 s, 1 s, 1.5 s... */
		     { 64, TDXCTL_UNKNOWN },
		     { 64, TDXCTL_UNKNOWN },
		     { 114, 8 },
		     { 164, 8 },
		     { 164, 8 },
		     { 164, 8 },
		     { 82, 8 },
		     { TDXCTL_UNKNOWN, 8 }
	};
	struct tdxctl_ctx *ctx = host(PLAY("{\"from_ms\":500,\"step_ms\":500}", STORY));
	uint64_t before = 0;

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct tdxctl_snapshot *s = snapshot(ctx);

		CHECK_EQ(pages_of(s, "web"), want[i].web);
		CHECK_EQ(pages_of(s, "db"), want[i].db);
		CHECK(s->hdr.now_ns >= before + (i ? 400000000 : 0));
		before = s->hdr.now_ns;
		tdxctl_snapshot_free(s);
	}
	tdxctl_free(ctx);
}

/* Without "play", only what has no time has happened. */
static void stands_still(void)
{
	struct tdxctl_ctx *ctx = host(HOST(STORY));
	struct tdxctl_snapshot *s = snapshot(ctx);

	CHECK_EQ(s->nr_tds, 1);
	CHECK_EQ(pages_of(s, "web"), 64);
	tdxctl_snapshot_free(s);
	tdxctl_free(ctx);
}

/* A moment is the same however often the host was looked at before. */
static void same_moment(void)
{
	struct tdxctl_ctx *one = host(PLAY("{\"from_ms\":3600,\"step_ms\":500}", STORY)), *many;
	struct tdxctl_snapshot *a = snapshot(one), *b = NULL;

	many = host(PLAY("{\"from_ms\":0,\"step_ms\":200}", STORY));
	for (int i = 0; i <= 18; i++) {
		tdxctl_snapshot_free(b);
		b = snapshot(many);
	}
	CHECK_EQ(pages_of(a, "web"), 66);
	CHECK_EQ(pages_of(a, "web"), pages_of(b, "web"));
	CHECK_EQ(a->hdr.seamcalls, b->hdr.seamcalls);
	CHECK_EQ(a->hdr.now_ns, b->hdr.now_ns);
	tdxctl_snapshot_free(a);
	tdxctl_snapshot_free(b);
	tdxctl_free(one);
	tdxctl_free(many);
}

/* Another command changes the file while this one has the host open. */
static void changed_file(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("web", "")));
	struct tdxctl_snapshot *s = snapshot(ctx);

	CHECK_EQ(s->nr_tds, 1);
	tdxctl_snapshot_free(s);
	fake_file("h.json", HOST(TD("web", "") "," TD("db", "")));
	s = snapshot(ctx);
	CHECK_EQ(s->nr_tds, 2);
	tdxctl_snapshot_free(s);
	fake_file("h.json", "{");
	CHECK_EQ(tdxctl_snapshot_get(ctx, &s), -EINVAL);
	tdxctl_free(ctx);
}

/* A release takes its place in the story, whose later events about that TD do nothing. */
static void release_while_it_moves(void)
{
	struct tdxctl_ctx *ctx = host(PLAY("{\"from_ms\":2000,\"step_ms\":500}", STORY));
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_STOP, 0, &st);
	struct tdxctl_snapshot *s;

	CHECK_EQ(run(r, &st), 0);
	tdxctl_release_free(r);
	for (int i = 0; i < 6; i++) {
		s = snapshot(ctx);
		CHECK_EQ(pages_of(s, "web"), TDXCTL_UNKNOWN);
		CHECK_EQ(pages_of(s, "db"), 8);
		tdxctl_snapshot_free(s);
	}
	tdxctl_free(ctx);
	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	s = snapshot(ctx);
	CHECK_EQ(pages_of(s, "web"), TDXCTL_UNKNOWN);
	tdxctl_snapshot_free(s);
	tdxctl_free(ctx);
}

static void play_files(void)
{
	const struct tdxctl_emul_play how = { .from_ns = 16000000000, .speed = 3 };
	struct tdxctl_ctx *ctx = context();
	struct tdxctl_snapshot *s;

	CHECK_EQ(tdxctl_emul_play(ctx, fake_path("story.json"), &how), 0);
	CHECK_EQ(tdxctl_emul_play(ctx, fake_path("story.json"), &how), 0);
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("story.json")), 0);
	s = snapshot(ctx);
	CHECK(s->nr_tds >= 5);
	CHECK_EQ(hkids(s, TDXCTL_HKID_LEAKED), 1);
	tdxctl_snapshot_free(s);
	fake_file("h.json", HOST(TD("web", "")));
	CHECK_EQ(tdxctl_emul_play(ctx, fake_path("h.json"), &how), -ENODATA);
	CHECK_EQ(tdxctl_emul_play(ctx, fake_path("nowhere/h.json"), &how), -ENOENT);
	fake_file("h.json", "{");
	CHECK_EQ(tdxctl_emul_play(ctx, fake_path("h.json"), &how), -EINVAL);
	tdxctl_free(ctx);
}

static void same_text(const char *a, const char *b)
{
	if (a && b)
		CHECK_STR(a, b);
	else
		CHECK(!a && !b);
}

/* A file that a release rewrites has each event and each of its values as before. */
static void rewritten_file_keeps_every_event(void)
{
	static const char text[] = HOST(
		TD("a",
		   ",\"uuid\":\"12345678-9abc-def0-1234-56789abcdef0\",\"uid\":1000,"
		   "\"comm\":\"vmm\",\"vcpus\":3,\"max_vcpus\":5,\"pages\":7,\"until\":\"memory\"") "," TD("b",
													   "") ","
													       "{\"op\":\"release\",\"td\":2,\"pages_left\":4},{\"op\":\"release\",\"td\":2},"
													       "{\"op\":\"stop\",\"td\":1},"
													       "{\"op\":\"fault\",\"leaf\":\"TDH.MNG.INIT\",\"status\":\"TDX_TD_FATAL\",\"cpu\":0,"
													       "\"skip\":2,\"count\":3},"
													       "{\"op\":\"fault\",\"leaf\":\"TDH.VP.INIT\",\"status\":\"0x123\"},"
													       "{\"op\":\"cpu\",\"cpu\":1,\"online\":false},{\"op\":\"cpu\",\"cpu\":1,\"online\":true},"
													       "{\"op\":\"hold\",\"lock\":\"key-config\",\"package\":1,\"pid\":9,\"comm\":\"x\","
													       "\"ms\":5,\"more_ms\":6},"
													       "{\"op\":\"hold\",\"lock\":\"tdx\",\"pid\":9,\"ms\":0},"
													       "{\"op\":\"wait\",\"ms\":8},{\"op\":\"pace\",\"page_ns\":9}");
	struct tdxctl_ctx *ctx = context();
	struct emul_file one, two;
	char *out = NULL, *again = NULL;

	CHECK_EQ(emul_file_parse(ctx, "h.json", text, strlen(text), &one), 0);
	CHECK_EQ(one.nr_events, 13);
	one.clock_ns = 12345;
	CHECK_EQ(emul_file_format(ctx, &one, &out), 0);
	if (!CHECK_EQ(emul_file_parse(ctx, "h.json", out, strlen(out), &two), 0))
		exit(1);
	CHECK_EQ(two.clock_ns, 12345);
	CHECK(!memcmp(&one.topo, &two.topo, sizeof(one.topo)));
	if (CHECK_EQ(two.nr_events, one.nr_events)) {
		for (size_t i = 0; i < one.nr_events; i++) {
			struct emul_event a = one.events[i], b = two.events[i];

			same_text(b.name, a.name);
			same_text(b.uuid, a.uuid);
			same_text(b.comm, a.comm);
			a.name = a.uuid = a.comm = b.name = b.uuid = b.comm = NULL;
			CHECK(!memcmp(&a, &b, sizeof(a)));
		}
	}
	/* Defaults are not written. */
	CHECK(!strstr(out, "\"uid\": 4294967295") && strstr(out, "\"uid\": 1000"));
	CHECK_EQ(emul_file_format(ctx, &two, &again), 0);
	CHECK_STR(again, out);
	free(out);
	free(again);
	emul_file_clear(&one);
	emul_file_clear(&two);
	tdxctl_free(ctx);
}

/* A lock is released when its time is over, also if no TD needs it. */
static void holds_end(void)
{
	static const struct {
		const char *ms;
		bool held;
	} t[] = { { "999", true }, { "1000", true }, { "1001", false } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tdxctl_snapshot *snap;
		struct tdxctl_ctx *ctx;
		char text[600];

		snprintf(text, sizeof(text),
			 HOST("{\"op\":\"hold\",\"lock\":\"key-config\",\"package\":1,\"pid\":7,\"ms\":5},"
			      "{\"op\":\"hold\",\"lock\":\"tdx\",\"pid\":8,\"ms\":0},"
			      "{\"op\":\"wait\",\"ms\":%s}"),
			 t[i].ms);
		ctx = host(text);
		snap = snapshot(ctx);
		CHECK_EQ(snap->locks[0].held, t[i].held);
		CHECK_EQ(snap->locks[2].held, t[i].held);
		CHECK_EQ(snap->locks[0].contended, 0);
		if (!t[i].held) {
			CHECK_EQ(snap->locks[0].longest_ns, 1000000000);
			CHECK_EQ(snap->locks[2].longest_ns, 1005000000);
		}
		tdxctl_snapshot_free(snap);
		tdxctl_free(ctx);
	}
}

int main(void)
{
	fake_new();
	RUN(bad_files);
	RUN(bad_topologies);
	RUN(bad_paths);
	RUN(built_in);
	RUN(default_events);
	RUN(release_that_leaves_all_pages);
	RUN(init_files);
	RUN(exhausted);
	RUN(offline_package);
	RUN(cpu_is_online_again);
	RUN(cpu_states);
	RUN(failing_cpu);
	RUN(held_locks);
	RUN(pins);
	RUN(moves);
	RUN(stands_still);
	RUN(same_moment);
	RUN(changed_file);
	RUN(release_while_it_moves);
	RUN(play_files);
	RUN(rewritten_file_keeps_every_event);
	RUN(holds_end);
	fake_end();
	return check_done("lib-emul");
}
