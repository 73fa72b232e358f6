/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of emulated hosts: what is refused, what is written, and events that fail. */
#include <json-c/json_c_version.h>
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

/* json-c 0.18 does not read such a number. */
#if JSON_C_VERSION_NUM < (18 << 8)
#define TOO_LARGE "key 'pages'"
#else
#define TOO_LARGE "line 1: not JSON: number expected"
#endif

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
		{ HOST(TD("web", ",\"pages\":99999999999999999999999")), TOO_LARGE },
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

/* ---- events ---- */

static void limits_of_vcpus(void)
{
	/* Without a limit of its own, a TD has that of the module. */
	static const struct {
		const char *td;
		uint32_t max;
	} t[] = {
		{ TD("a", ",\"vcpus\":2,\"max_vcpus\":2"), 2 },
		{ TD("a", ",\"vcpus\":1,\"max_vcpus\":576"), 576 },
		{ TD("a", ",\"vcpus\":2"), 576 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tdxctl_snapshot *snap;
		struct tdxctl_ctx *ctx;
		char text[400];

		snprintf(text, sizeof(text), HOST("%s"), t[i].td);
		ctx = host(text);
		snap = snapshot(ctx);
		if (CHECK_EQ(snap->nr_tds, 1)) {
			CHECK_EQ(snap->tds[0].td.state, TDXCTL_TD_RUNNABLE);
			CHECK_EQ(snap->tds[0].td.max_vcpus, t[i].max);
		}
		tdxctl_snapshot_free(snap);
		tdxctl_free(ctx);
	}
}

static char failures[200];

static void note_failure(void *arg, enum tdxctl_log_level level, const char *msg)
{
	size_t n = strlen(failures);

	if (level == TDXCTL_LOG_INFO && !strncmp(msg, "event ", 6))
		snprintf(failures + n, sizeof(failures) - n, "%.*s;", (int)strcspn(msg, ":"), msg);
}

/* A failed event is logged and leaves the TD as far as it got; the later events happen. */
static void failed_events(void)
{
#define FAULT(leaf, skip) \
	"{\"op\":\"fault\",\"leaf\":\"" leaf "\",\"skip\":" skip \
	",\"status\":\"0xc000050500000000\"}"
#define GONE TDXCTL_UNKNOWN32
#define ONE  ",\"vcpus\":2,\"pages\":5"
	static const struct {
		const char *events, *failed;
		uint32_t state; /* of the first TD, or GONE */
		uint32_t vcpus; /* that are initialized */
		uint64_t pages;
	} t[] = {
		{ TD("a", ONE), "", TDXCTL_TD_RUNNABLE, 2, 5 },
		{ FAULT("TDH.MNG.CREATE", "0") "," TD("a", ONE), "event 3 failed;", GONE, 0, 0 },
		{ FAULT("TDH.MNG.INIT", "0") "," TD("a", ONE), "event 3 failed;", GONE, 0, 0 },
		{ FAULT("TDH.VP.CREATE", "1") "," TD("a", ONE), "event 3 failed;",
		  TDXCTL_TD_INITIALIZED, 1, 0 },
		{ FAULT("TDH.VP.INIT", "1") "," TD("a", ONE), "event 3 failed;",
		  TDXCTL_TD_INITIALIZED, 1, 0 },
		{ FAULT("TDH.MEM.PAGE.ADD", "3") "," TD("a", ONE), "event 3 failed;",
		  TDXCTL_TD_INITIALIZED, 2, 3 },
		{ FAULT("TDH.MR.FINALIZE", "0") "," TD("a", ONE), "event 3 failed;",
		  TDXCTL_TD_INITIALIZED, 2, 5 },
		{ TD("a", ONE) "," FAULT("TDH.MEM.PAGE.AUG",
					 "1") ",{\"op\":\"accept\",\"td\":1,\"pages\":4,\"ms\":0}",
		  "event 4 failed;", TDXCTL_TD_RUNNABLE, 2, 6 },
		/* A TD that is not finalized cannot be released. */
		{ TD("a", ONE ",\"until\":\"memory\"") ",{\"op\":\"release\",\"td\":1}",
		  "event 3 failed;", TDXCTL_TD_INITIALIZED, 2, 5 },
		/* The last CPU of a package. */
		{ TD("a", ONE) ",{\"op\":\"cpu\",\"cpu\":3,\"online\":false},"
			       "{\"op\":\"cpu\",\"cpu\":2,\"online\":false}",
		  "event 4 failed;", TDXCTL_TD_RUNNABLE, 2, 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tdxctl_ctx *ctx = context();
		struct tdxctl_snapshot *snap;
		char text[1000];

		failures[0] = '\0';
		tdxctl_set_log(ctx, note_failure, NULL);
		/* Faults before all other events are for the start of the module. */
		snprintf(text, sizeof(text), HOST("{\"op\":\"wait\",\"ms\":1},%s," TD("b", "")),
			 t[i].events);
		fake_file("h.json", text);
		CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
		snap = snapshot(ctx);
		CHECK_STR(failures, t[i].failed);
		CHECK_STR(snap->tds[snap->nr_tds - 1].vm.name, "b");
		CHECK_EQ(snap->tds[snap->nr_tds - 1].td.state, TDXCTL_TD_RUNNABLE);
		if (t[i].state == GONE) {
			CHECK_EQ(snap->nr_tds, 1);
		} else if (CHECK_EQ(snap->nr_tds, 2)) {
			CHECK_EQ(snap->tds[0].td.state, t[i].state);
			CHECK_EQ(snap->tds[0].td.vcpus, t[i].vcpus);
			CHECK_EQ(snap->tds[0].td.private_pages, t[i].pages);
		}
		tdxctl_snapshot_free(snap);
		tdxctl_free(ctx);
	}
#undef FAULT
#undef GONE
#undef ONE
}

/* ---- the built-in host ---- */

/* The ages of its TDs are minutes, besides the time that their creation takes. */
static void built_in_tds(void)
{
	static const struct {
		const char *name;
		int pid;
		uint32_t state, vcpus, max_vcpus;
		uint64_t pages, minutes; /* until the next TD, or now */
	} t[] = {
		{ "web", 2001, TDXCTL_TD_RUNNABLE, 4, 8, 65536, 40 },
		{ "db", 2002, TDXCTL_TD_RUNNABLE, 2, 2, 16384, 12 },
		{ "build", 2003, TDXCTL_TD_INITIALIZED, 0, 16, 0, 3 },
	};
	struct tdxctl_ctx *ctx = context();
	struct tdxctl_snapshot *snap;

	CHECK_EQ(tdxctl_set_emulated(ctx, NULL), 0);
	snap = snapshot(ctx);
	if (!CHECK_EQ(snap->nr_tds, 3))
		exit(1);
	for (size_t i = 0; i < 3; i++) {
		const struct tdxctl_td_view *v = &snap->tds[i];
		uint64_t end = i < 2 ? v[1].td.owner.start_ns : snap->hdr.now_ns;
		uint64_t age = end - v->td.owner.start_ns;

		CHECK_STR(v->vm.name, t[i].name);
		CHECK_EQ(v->vm.pid, t[i].pid);
		CHECK_EQ(v->td.state, t[i].state);
		CHECK_EQ(v->td.vcpus, t[i].vcpus);
		CHECK_EQ(v->td.max_vcpus, t[i].max_vcpus);
		CHECK_EQ(v->td.private_pages, t[i].pages);
		CHECK(age >= t[i].minutes * 60 * NSEC_PER_SEC);
		CHECK(age < t[i].minutes * 60 * NSEC_PER_SEC + 100000000 + t[i].pages * 5000);
	}
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* Looks at the built-in host that moves, at @ms. */
static struct tdxctl_snapshot *at(uint64_t ms)
{
	const struct tdxctl_emul_play how = { .from_ns = ms * 1000000,
					      .speed = 1,
					      .step_ns = 1000000 };
	struct tdxctl_ctx *ctx = context();
	struct tdxctl_snapshot *snap;

	unlink(fake_path("story.json"));
	CHECK_EQ(tdxctl_emul_play(ctx, fake_path("story.json"), &how), 0);
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("story.json")), 0);
	snap = snapshot(ctx);
	tdxctl_free(ctx);
	return snap;
}

static const struct tdxctl_td *td_of(const struct tdxctl_snapshot *snap, int pid)
{
	static const struct tdxctl_td none = { .private_pages = TDXCTL_UNKNOWN };

	for (size_t i = 0; i < snap->nr_tds; i++)
		if (snap->tds[i].vm.pid == pid)
			return &snap->tds[i].td;
	return &none;
}

/* TDs that start, and accept memory for some time. */
static void growing_tds(void)
{
	static const struct {
		int pid;
		uint32_t vcpus, max_vcpus;
		uint64_t start, accept, end; /* ms */
		uint64_t pages, more;
	} t[] = {
		{ 2004, 4, 4, 1000, 1500, 13500, 2048, 24576 },
		{ 2005, 2, 2, 6500, 8000, 18000, 1024, 12288 },
		{ 2006, 8, 8, 20000, 20500, 28500, 4096, 16384 },
		{ 2007, 4, 8, 48000, 48500, 58500, 4096, 32768 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		/* The story goes on in ticks of 50 ms. */
		const uint64_t ms[] = { t[i].start - 1, t[i].start, t[i].accept + 50, t[i].end - 1,
					t[i].end };
		uint64_t pages[ARRAY_SIZE(ms)];

		for (size_t k = 0; k < ARRAY_SIZE(ms); k++) {
			struct tdxctl_snapshot *snap = at(ms[k]);
			const struct tdxctl_td *td = td_of(snap, t[i].pid);

			pages[k] = td->private_pages;
			CHECK(!k || (td->vcpus == t[i].vcpus && td->max_vcpus == t[i].max_vcpus));
			tdxctl_snapshot_free(snap);
		}
		CHECK_EQ(pages[0], TDXCTL_UNKNOWN);
		CHECK_EQ(pages[1], t[i].pages);
		CHECK_EQ(pages[2], t[i].pages + t[i].more * 50 / (t[i].end - t[i].accept));
		CHECK(pages[3] < t[i].pages + t[i].more);
		CHECK_EQ(pages[4], t[i].pages + t[i].more);
	}
}

/* Large TDs end slowly, one leaks its HKID, and a CPU is offline for a while. */
static void ending_tds(void)
{
	static const struct {
		uint64_t ms;
		bool build, web, whole_web, db, whole_db;
		size_t leaked;
		bool cpu7;
	} t[] = {
		{ 11999, true, true, true, true, true, 0, true },
		{ 12000, false, true, true, true, true, 1, true },
		{ 16050, false, true, false, true, true, 1, true },
		{ 31999, false, true, false, true, true, 1, true },
		{ 34000, false, false, false, true, true, 1, true },
		{ 37999, false, false, false, true, false, 1, true },
		{ 39999, false, false, false, false, false, 1, true },
		{ 40000, false, false, false, false, false, 1, false },
		{ 45999, false, false, false, false, false, 1, false },
		{ 46000, false, false, false, false, false, 1, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tdxctl_snapshot *snap = at(t[i].ms);
		uint64_t web = td_of(snap, 2001)->private_pages;
		uint64_t db = td_of(snap, 2002)->private_pages;

		CHECK_EQ(td_of(snap, 2003)->id != 0 && td_of(snap, 2003)->hkid != 0, t[i].build);
		CHECK_EQ(web != TDXCTL_UNKNOWN && web > 0, t[i].web);
		CHECK_EQ(web == 65536, t[i].whole_web);
		CHECK_EQ(db != TDXCTL_UNKNOWN && db > 0, t[i].db);
		CHECK_EQ(db == 16384, t[i].whole_db);
		CHECK_EQ(hkids(snap, TDXCTL_HKID_LEAKED), t[i].leaked);
		CHECK_EQ(snap->cpus[7].online, t[i].cpu7);
		tdxctl_snapshot_free(snap);
	}
}

int main(void)
{
	fake_new();
	RUN(bad_files);
	RUN(bad_topologies);
	RUN(bad_paths);
	RUN(rewritten_file_keeps_every_event);
	RUN(limits_of_vcpus);
	RUN(failed_events);
	RUN(built_in_tds);
	RUN(growing_tds);
	RUN(ending_tds);
	fake_end();
	return check_done("lib-emul-file");
}
