/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulated hosts: their file, what replay makes of it, and release on them. */
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "lib-fake.h"

#define TOPO	"\"topology\":{\"packages\":2,\"cpus_per_package\":2,\"mktme_keyids\":15,\"tdx_keyids\":4}"
#define HOST(events) "{\"format\":\"tdxctl-host\",\"version\":1," TOPO ",\"events\":[" events "]}"
#define TD(name, more) "{\"op\":\"td\",\"name\":\"" name "\",\"pid\":2001" more "}"

static struct tdxctl_ctx *context(void)
{
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	return ctx;
}

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

static void bad_files(void)
{
	static const struct { const char *text, *says; } bad[] = {
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
		{ "{\"format\":\"tdxctl-host\",\"version\":2," TOPO ",\"events\":[]}", "'version'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":\"1\"," TOPO ",\"events\":[]}", "'version'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1,\"events\":[]}", "'topology': missing" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1," TOPO "}", "'events'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1," TOPO ",\"events\":{}}", "'events'" },
		{ "{\"format\":\"tdxctl-host\",\"version\":1," TOPO ",\"events\":[],\"x\":1}", "'x': unknown" },
		{ HOST("1"), "event 1: an object" },
		{ HOST("{}"), "'op'" },
		{ HOST("{\"op\":\"fly\"}"), "'fly' is unknown" },
		{ HOST(TD("web", "") ",{\"op\":\"td\",\"pid\":1}"), "event 2 (td): key 'name': missing" },
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
		{ HOST(TD("a", ",\"pages\":16777216") "," TD("b", ",\"pages\":1")), "for all TDs together" },
		{ HOST("{\"op\":\"release\",\"td\":1}"), "no such TD" },
		{ HOST("{\"op\":\"cpu\",\"cpu\":4,\"online\":false}"), "no such CPU" },
		{ HOST("{\"op\":\"cpu\",\"cpu\":1,\"online\":0}"), "true or false" },
		{ HOST("{\"op\":\"hold\",\"lock\":\"key-config\",\"package\":2,\"pid\":1,\"ms\":1}"),
		  "no such package" },
		{ HOST("{\"op\":\"fault\",\"leaf\":\"TDH.FLY\",\"status\":\"0x1\"}"), "'TDH.FLY' is unknown" },
		{ HOST("{\"op\":\"fault\",\"leaf\":\"TDH.MNG.INIT\",\"status\":\"BUSY\"}"), "'BUSY' is unknown" },
		{ HOST("{\"op\":\"fault\",\"leaf\":\"TDH.MNG.INIT\",\"status\":\"0x0\"}"), "'0x0' is unknown" },
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
		snprintf(text, sizeof(text), "{\"format\":\"tdxctl-host\",\"version\":1,"
			 "\"topology\":{\"packages\":%s},\"events\":[]}", topo[i]);
		/* The last one is the largest that is possible. */
		CHECK_EQ(load_text(text, i + 1 < n ? "topology" : NULL), i + 1 < n ? -EINVAL : 0);
	}
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
	if (geteuid()) {
		fake_file("secret.json", HOST(""));
		chmod(fake_path("secret.json"), 0);
		CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("secret.json")), -EACCES);
	}
	if (!mkfifo(fake_path("fifo"), 0600))
		CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("fifo")), -EINVAL);
	tdxctl_free(ctx);
}

static struct tdxctl_snapshot *snapshot(struct tdxctl_ctx *ctx)
{
	struct tdxctl_snapshot *snap;

	if (!CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	CHECK_EQ(snap->hdr.violations, 0);
	return snap;
}

static size_t hkids(const struct tdxctl_snapshot *snap, uint32_t state)
{
	size_t n = 0;

	for (size_t i = 0; i < snap->nr_hkids; i++)
		n += snap->hkids[i].state == state;
	return n;
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

static void init_files(void)
{
	struct tdxctl_emul_topology topo = { 4, 2, 3, 3 };
	struct tdxctl_ctx *ctx = context();
	struct tdxctl_snapshot *snap;
	char path[128];

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
	topo.packages = 9;
	CHECK_EQ(tdxctl_emul_init(ctx, path, &topo, true), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "packages"));
	topo.packages = 1;
	CHECK_EQ(tdxctl_emul_init(ctx, fake_path("no/such/dir.json"), &topo, false), -ENOENT);
	CHECK_EQ(tdxctl_emul_init(ctx, "/dev/full", &topo, false), -EEXIST);
	tdxctl_free(ctx);
}

/* The context of a file with these events. */
static struct tdxctl_ctx *host(const char *text)
{
	struct tdxctl_ctx *ctx = context();

	fake_file("h.json", text);
	if (!CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0))
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
	return ctx;
}

static struct tdxctl_release *open_release(struct tdxctl_ctx *ctx, size_t td,
					   enum tdxctl_strategy strategy, int want,
					   struct tdxctl_release_state *st)
{
	struct tdxctl_snapshot *snap = snapshot(ctx);
	struct tdxctl_release *r = NULL;

	if (!CHECK_EQ(tdxctl_release_open(ctx, &snap->tds[td], strategy, &r, st), want))
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
	tdxctl_snapshot_free(snap);
	return r;
}

static int run(struct tdxctl_release *r, struct tdxctl_release_state *st)
{
	int err = 0;

	for (int i = 0; !err && st->phase < TDXCTL_PHASE_DONE && CHECK(i < 1000); i++)
		err = tdxctl_release_step(r, 100, st);
	return err;
}

static void release_whole(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("web", ",\"pages\":9000,\"vcpus\":2")));
	struct tdxctl_release_state st;
	struct tdxctl_snapshot *snap;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	uint64_t now;

	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_RELEASE);
	CHECK_EQ(st.pages_total, 9000);
	CHECK_EQ(st.hkid, 17);
	CHECK(!st.hkid_freed);
	CHECK_EQ(st.reason[TDXCTL_STRATEGY_RELEASE], TDXCTL_REASON_OK);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK(st.hkid_freed);
	CHECK_EQ(st.pages_left, 0);
	/* One SEAMCALL per page once the HKID is back (F3). */
	CHECK_EQ(st.page_seamcalls, 9000);
	CHECK(st.seamcalls > 9000 && st.seamcalls < 9050);
	CHECK(st.duration_ns > 0);
	tdxctl_release_free(r);
	snap = snapshot(ctx);
	now = snap->hdr.now_ns;
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);

	/* The file tells the same story. */
	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	snap = snapshot(ctx);
	CHECK_EQ(snap->hdr.now_ns, now);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 3);
	CHECK_EQ(snap->tds[0].td.hkid, 0);
	CHECK_EQ(snap->tds[0].td.state, TDXCTL_TD_TEARDOWN);
	CHECK_EQ(snap->tds[0].td.private_pages, 0);
	tdxctl_snapshot_free(snap);
	/* Again: nothing is left to do. */
	r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	CHECK(st.hkid_freed);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(st.page_seamcalls, 0);
	tdxctl_release_free(r);
	tdxctl_free(ctx);
}

/* Cancelled after @steps, read again, finished: nothing lost, nothing twice. */
static void release_interrupted(int steps, bool give_up)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("web", ",\"pages\":10000")));
	struct tdxctl_release_state st;
	struct tdxctl_snapshot *snap;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	uint64_t done;

	for (int i = 0; i < steps; i++)
		CHECK_EQ(tdxctl_release_step(r, 10, &st), 0);
	done = 10000 - st.pages_left;
	if (!give_up) {
		CHECK_EQ(tdxctl_release_cancel(r), 0);
		CHECK_EQ(run(r, &st), 0);
		CHECK_EQ(st.phase, TDXCTL_PHASE_CANCELLED);
		CHECK_EQ(st.pages_left, 10000 - done);
	}
	tdxctl_release_free(r);
	tdxctl_free(ctx);

	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	snap = snapshot(ctx);
	CHECK_EQ(snap->tds[0].td.private_pages, 10000 - done);
	CHECK_EQ(snap->tds[0].td.hkid, done ? 0 : 17);
	tdxctl_snapshot_free(snap);
	r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(st.page_seamcalls, 10000 - done);
	tdxctl_release_free(r);
	tdxctl_free(ctx);
}

static void interruptions(void)
{
	for (int steps = 0; steps < 4; steps++) {
		release_interrupted(steps, false);
		release_interrupted(steps, true);
	}
}

static void strategies(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("a", ",\"until\":\"init\"") "," TD("b", ",\"pages\":10")));
	struct tdxctl_release_state st;
	struct tdxctl_snapshot *snap;
	struct tdxctl_release *r;

	CHECK(!open_release(ctx, 1, TDXCTL_STRATEGY_TERMINATE, -EOPNOTSUPP, &st));
	CHECK(strstr(tdxctl_error(ctx), "terminate"));
	CHECK(!open_release(ctx, 1, TDXCTL_STRATEGY_EARLY, -EOPNOTSUPP, &st));
	CHECK(!open_release(ctx, 0, TDXCTL_STRATEGY_RELEASE, -EOPNOTSUPP, &st));
	CHECK(strstr(tdxctl_error(ctx), "never finalized"));
	CHECK_EQ(st.reason[TDXCTL_STRATEGY_RELEASE], TDXCTL_REASON_NOT_FINALIZED);
	CHECK(!open_release(ctx, 0, TDXCTL_STRATEGIES, -EINVAL, &st));

	r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_STOP);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	tdxctl_release_free(r);
	snap = snapshot(ctx);
	CHECK_EQ(snap->nr_tds, 1);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 2);
	tdxctl_snapshot_free(snap);
	r = open_release(ctx, 0, TDXCTL_STRATEGY_STOP, 0, &st);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.page_seamcalls, 10);
	tdxctl_release_free(r);
	tdxctl_free(ctx);
	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	snap = snapshot(ctx);
	CHECK_EQ(snap->nr_tds, 0);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 3);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

static void other_user(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("a", ",\"uid\":4242")));
	struct tdxctl_release_state st;
	struct tdxctl_release *r;

	if (geteuid()) {
		CHECK(!open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, -EPERM, &st));
		CHECK(strstr(tdxctl_error(ctx), "another user (uid 4242)"));
	} else {
		/* Root gives the test its own answer in a child that is not. */
		pid_t pid = fork();
		int status;

		if (!pid) {
			if (setresuid(65534, 65534, 65534))
				_exit(3);
			_exit(open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, -EPERM, &st) ? 1 :
			      !strstr(tdxctl_error(ctx), "another user (uid 4242)"));
		}
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
		r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
		tdxctl_release_free(r);
	}
	tdxctl_free(ctx);
}

/* KEY.FREEID fails: the HKID is leaked, said so, and stays so in the file. */
static void leak(void)
{
	struct tdxctl_ctx *ctx = host(HOST(
		"{\"op\":\"fault\",\"leaf\":\"TDH.MNG.KEY.FREEID\",\"status\":\"TDX_WBCACHE_NOT_COMPLETE\"},"
		TD("web", ",\"pages\":100")));
	struct tdxctl_release_state st;
	struct tdxctl_health_report *health;
	struct tdxctl_snapshot *snap;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);

	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.result, -EIO);
	CHECK(!st.hkid_freed);
	CHECK(strstr(tdxctl_error(ctx), "HKID 17 leaked"));
	tdxctl_release_free(r);
	tdxctl_free(ctx);
	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	snap = snapshot(ctx);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_LEAKED), 1);
	CHECK_EQ(snap->hkids[0].fail_leaf, 20);
	CHECK_EQ(snap->tds[0].td.state, TDXCTL_TD_LEAKED);
	CHECK_EQ(tdxctl_health_get(snap, &health), 0);
	CHECK_EQ(health->state, TDXCTL_HEALTH_CRITICAL);
	tdxctl_health_free(health);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

static void exhausted(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("a", "") "," TD("b", "") "," TD("c", "") "," TD("d", "")));
	struct tdxctl_snapshot *snap = snapshot(ctx);
	struct tdxctl_health_report *health;

	CHECK_EQ(snap->nr_tds, 3);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 0);
	CHECK_EQ(tdxctl_health_get(snap, &health), 0);
	CHECK(strstr(health->reasons[0], "no free HKID"));
	tdxctl_health_free(health);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

static void offline_package(void)
{
#define CPU(n, on) "{\"op\":\"cpu\",\"cpu\":" n ",\"online\":" on "}"
	struct tdxctl_ctx *ctx = host(HOST(CPU("2", "false") "," CPU("3", "false") "," TD("a", "")));
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

/* TDH.SYS.LP.INIT fails for one CPU while the module starts. */
static void failing_cpu(void)
{
	struct tdxctl_ctx *ctx = host(HOST(
		"{\"op\":\"fault\",\"leaf\":\"TDH.SYS.LP.INIT\",\"status\":\"0xc000050500000000\",\"cpu\":3},"
		TD("a", "")));
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
	struct tdxctl_release_state st;
	struct tdxctl_release *r;
	struct timespec a, b;

	CHECK_EQ(snap->locks[2].held, 1);
	CHECK_EQ(snap->locks[2].holder_tgid, 77);
	CHECK_STR(snap->locks[2].holder_comm, "slow");
	CHECK_EQ(snap->hdr.now_ns - snap->locks[2].held_since_ns, 5000000000ULL);
	CHECK_EQ(snap->locks[1].held, 0);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);

	/* A TD that needs it waits and is counted. */
	ctx = host(HOST(
		"{\"op\":\"hold\",\"lock\":\"key-config\",\"package\":1,\"pid\":77,\"ms\":5000,\"more_ms\":2000},"
		TD("a", "")));
	snap = snapshot(ctx);
	CHECK_EQ(snap->nr_tds, 1);
	CHECK_EQ(snap->locks[2].held, 0);
	CHECK_EQ(snap->locks[2].contended, 1);
	CHECK_EQ(snap->locks[2].longest_ns, 7000000000ULL);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);

	/* A release that needs tdx_lock waits in real time and can be stopped. */
	ctx = host(HOST(TD("a", ",\"pages\":5") ",{\"op\":\"hold\",\"lock\":\"tdx\",\"pid\":77,"
			"\"ms\":1,\"more_ms\":300}"));
	r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	CHECK_EQ(tdxctl_release_step(r, 50, &st), 0);
	CHECK_EQ(tdxctl_release_step(r, 50, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_HKID);
	CHECK_EQ(tdxctl_release_cancel(r), 0);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_CANCELLED);
	tdxctl_release_free(r);
	tdxctl_free(ctx);
	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK_EQ(run(r, &st), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 200);
	tdxctl_release_free(r);
	tdxctl_free(ctx);
}

/* Somebody else changes the file between our reading and our writing. */
static void two_writers(void)
{
	struct tdxctl_ctx *first = host(HOST(TD("a", ",\"pages\":5") "," TD("b", ",\"pages\":6")));
	struct tdxctl_ctx *second = context();
	struct tdxctl_release_state st, st2;
	struct tdxctl_snapshot *snap;
	struct tdxctl_release *r, *r2;
	int fd;

	CHECK_EQ(tdxctl_set_emulated(second, fake_path("h.json")), 0);
	r = open_release(first, 0, TDXCTL_STRATEGY_STOP, 0, &st);
	r2 = open_release(second, 1, TDXCTL_STRATEGY_AUTO, 0, &st2);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(run(r2, &st2), 0);
	CHECK_EQ(st2.phase, TDXCTL_PHASE_DONE);
	tdxctl_release_free(r2);
	/* Both are in the file, and the second has seen the first. */
	snap = snapshot(second);
	CHECK_EQ(snap->nr_tds, 1);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 3);
	tdxctl_snapshot_free(snap);
	tdxctl_release_free(r);
	tdxctl_free(first);

	/* The TD that we meant is gone by now. */
	first = host(HOST(TD("a", ",\"pages\":5")));
	r = open_release(first, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	CHECK_EQ(tdxctl_set_emulated(second, fake_path("h.json")), 0);
	r2 = open_release(second, 0, TDXCTL_STRATEGY_STOP, 0, &st2);
	CHECK_EQ(run(r2, &st2), 0);
	CHECK_EQ(run(r, &st), -ESRCH);
	CHECK(strstr(tdxctl_error(first), "gone"));
	tdxctl_release_free(r2);
	tdxctl_release_free(r);

	/* Somebody sits on it. */
	tdxctl_free(first);
	first = host(HOST(TD("a", ",\"pages\":5")));
	fd = open(fake_path("h.json"), O_RDONLY);
	CHECK_EQ(flock(fd, LOCK_EX), 0);
	r = open_release(first, 0, TDXCTL_STRATEGY_AUTO, 0, &st);
	CHECK_EQ(run(r, &st), -EBUSY);
	CHECK(strstr(tdxctl_error(first), "another tdxctl"));
	tdxctl_release_free(r);
	close(fd);
	tdxctl_free(first);
	tdxctl_free(second);
}

static void file_vanishes(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("a", ",\"pages\":5")));
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);

	unlink(fake_path("h.json"));
	CHECK_EQ(run(r, &st), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "h.json"));
	tdxctl_release_free(r);
	tdxctl_free(ctx);
}

/* The file cannot be written: said so, and the old one is whole. */
static void disk_full(void)
{
	struct tdxctl_ctx *ctx = host(HOST(TD("a", ",\"pages\":5")));
	struct rlimit old, tiny;
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);

	getrlimit(RLIMIT_FSIZE, &old);
	tiny = (struct rlimit){ 16, old.rlim_max };
	setrlimit(RLIMIT_FSIZE, &tiny);
	CHECK_EQ(run(r, &st), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK(strstr(tdxctl_error(ctx), "h.json"));
	tdxctl_release_free(r);
	tdxctl_free(ctx);
	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
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

int main(void)
{
	/* Over the limit write() fails instead of killing. */
	signal(SIGXFSZ, SIG_IGN);
	fake_new();
	RUN(bad_files);
	RUN(bad_topologies);
	RUN(bad_paths);
	RUN(built_in);
	RUN(init_files);
	RUN(release_whole);
	RUN(interruptions);
	RUN(strategies);
	RUN(other_user);
	RUN(leak);
	RUN(exhausted);
	RUN(offline_package);
	RUN(failing_cpu);
	RUN(held_locks);
	RUN(two_writers);
	RUN(file_vanishes);
	RUN(disk_full);
	RUN(pins);
	fake_end();
	return check_done("lib-emul");
}
