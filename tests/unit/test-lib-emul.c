/* SPDX-License-Identifier: GPL-2.0-only */
/* Emulated hosts: what replay makes of their files. */
#include <time.h>
#include "emul/emul.h"
#include "lib-host.h"

#define PLAY(play, events) \
	"{\"format\":\"tdxctl-host\",\"version\":1,\"play\":" play "," TOPO ",\"events\":[" events \
	"]}"

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

/* The state of a CPU follows from the status of TDH.SYS.RD there. */
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
	unlink(fake_path("h.json"));
	CHECK_EQ(tdxctl_snapshot_get(ctx, &s), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "h.json"));
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
	RUN(holds_end);
	fake_end();
	return check_done("lib-emul");
}
