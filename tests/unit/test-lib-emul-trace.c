/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls of an emulated host that moves. */
#include "emul/emul.h"
#include "lib-host.h"
#include "trace.h"

#define PLAY(play, events) \
	"{\"format\":\"tdxctl-host\",\"version\":1,\"clock_ns\":1000000000,\"play\":" play \
	"," TOPO ",\"events\":[" events "]}"
#define STEP "{\"from_ms\":0,\"step_ms\":500}"

/* A TD of 64 pages gets 100 more, another one starts, a flush is busy, and the first one ends. */
#define STORY \
	TD("web", ",\"pages\":64") \
	",{\"op\":\"accept\",\"at\":1000,\"td\":1,\"pages\":100,\"ms\":1000}" \
	",{\"op\":\"td\",\"at\":1500,\"name\":\"db\",\"pid\":2002,\"pages\":8}" \
	",{\"op\":\"fault\",\"at\":2000,\"leaf\":\"TDH.VP.FLUSH\",\"status\":\"TDX_OPERAND_BUSY\"}" \
	",{\"op\":\"stop\",\"at\":3000,\"td\":1,\"ms\":1000}"

#define MAX_CALLS 20000

static struct tdxctl_call calls[MAX_CALLS];
static char names[MAX_CALLS][16];
static size_t nr_calls, stop_after;

static int record(void *arg, const struct tdxctl_call *c)
{
	if (arg != calls || nr_calls == MAX_CALLS)
		return -EIO;
	calls[nr_calls] = *c;
	snprintf(names[nr_calls], sizeof(names[0]), "%s", c->td ? c->td : "");
	return ++nr_calls == stop_after ? 77 : 0;
}

static struct tdxctl_trace *start(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts)
{
	struct tdxctl_trace *t = NULL;

	nr_calls = stop_after = 0;
	if (!CHECK_EQ(tdxctl_trace_open(ctx, opts, &t), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	return t;
}

static int look(struct tdxctl_trace *t)
{
	return tdxctl_trace_poll(t, 200, record, calls);
}

/* Records all calls until the end of the story. */
static void trace_all(const char *text, const struct tdxctl_trace_options *opts)
{
	struct tdxctl_ctx *ctx = host(text);
	struct tdxctl_trace *t = start(ctx, opts);
	int err, n = 0;

	while (!(err = look(t)) && ++n < 100)
		;
	CHECK_EQ(err, -ENODATA);
	CHECK_EQ(tdxctl_trace_lost(t), 0);
	tdxctl_trace_free(t);
	tdxctl_free(ctx);
}

/* The number of calls of @leaf, and the first of them in *@first. */
static size_t count(const char *leaf, const struct tdxctl_call **first)
{
	size_t n = 0;

	for (size_t i = nr_calls; i--;) {
		if (strcmp(tdxctl_leaf_str(calls[i].leaf), leaf))
			continue;
		n++;
		*first = &calls[i];
	}
	return n;
}

static void life(void)
{
	static const char *const order[] = {
		"TDH.MNG.CREATE",      "TDH.MNG.KEY.CONFIG",  "TDH.MNG.ADDCX",
		"TDH.MNG.INIT",	       "TDH.VP.CREATE",	      "TDH.VP.ADDCX",
		"TDH.VP.INIT",	       "TDH.MR.FINALIZE",     "TDH.VP.FLUSH",
		"TDH.MNG.VPFLUSHDONE", "TDH.PHYMEM.CACHE.WB", "TDH.MNG.KEY.FREEID",
	};
	const struct tdxctl_call *c = NULL, *last = calls;
	size_t overlaps = 0;

	trace_all(PLAY(STEP, STORY), &(struct tdxctl_trace_options){ .events = true });
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		CHECK(count(order[i], &c));
		CHECK(c >= last);
		last = c;
	}
	CHECK_EQ(count("TDH.MNG.CREATE", &c), 1);
	CHECK_EQ(c->pid, 2002);
	CHECK_EQ(c->tid, 2002);
	CHECK_EQ(c->hkid, 18);
	CHECK(c->tdr && c->tdr != TDXCTL_UNKNOWN);
	CHECK_EQ(c->status, 0);
	CHECK_STR(c->comm, "qemu-system-x86");
	CHECK_STR(names[c - calls], "db");
	CHECK_EQ(c->gpa, TDXCTL_UNKNOWN);
	CHECK_EQ(count("TDH.MNG.KEY.CONFIG", &c), 2);
	CHECK(c[0].cpu / 2 != c[1].cpu / 2);
	CHECK_EQ(count("TDH.VP.FLUSH", &c), 2);
	CHECK_EQ(c->status >> 32, 0x80000200);
	CHECK_EQ(c->hkid, 17);
	CHECK_EQ(count("TDH.MEM.PAGE.ADD", &c), 0);
	for (size_t i = 1; i < nr_calls; i++)
		overlaps += calls[i].start_ns < calls[i - 1].start_ns + calls[i - 1].duration_ns;
	CHECK_EQ(overlaps, 0);
}

/* Calls of @leaf that the process @pid made for the TD @name. */
static size_t count_of(const char *leaf, const char *name, int pid)
{
	size_t n = 0;

	for (size_t i = 0; i < nr_calls; i++)
		n += !strcmp(tdxctl_leaf_str(calls[i].leaf), leaf) && !strcmp(names[i], name) &&
		     calls[i].pid == pid;
	return n;
}

/* The process of a TD makes its calls, whichever TD an event was about before. */
static void callers(void)
{
#define OTHER(name, pid, at) "{\"op\":\"td\",\"name\":\"" name "\",\"pid\":" pid at ",\"pages\":4}"
#define ACCEPT(at, td, pages) \
	"{\"op\":\"accept\",\"at\":" at ",\"td\":" td ",\"pages\":" pages ",\"ms\":0}"
	const struct tdxctl_call *c;
	size_t named = 0;

	trace_all(PLAY(STEP,
		       TD("web", ",\"pages\":4") "," OTHER("log", "2003", "") "," OTHER("db", "2002", ",\"at\":1000") "," ACCEPT(
			       "2000", "1",
			       "10") "," ACCEPT("2500", "3",
						"5") ",{\"op\":\"release\",\"at\":3000,\"td\":1}," ACCEPT("3500",
													  "3",
													  "6") ",{\"op\":\"stop\",\"at\":4000,\"td\":2}"),
		  &(struct tdxctl_trace_options){ .pages = true, .events = true });
	for (size_t i = 0; i < nr_calls; i++) {
		named += names[i][0] != '\0';
		CHECK(!names[i][0] || calls[i].pid == (!strcmp(names[i], "web") ? 2001 :
						       !strcmp(names[i], "log") ? 2003 :
										  2002));
	}
	CHECK_EQ(named, nr_calls);
	/* Each process has a CPU of its own. */
	CHECK_EQ(count("TDH.MNG.CREATE", &c), 1);
	CHECK_EQ(c->cpu, 2);
	CHECK_EQ(count("TDH.MEM.PAGE.AUG", &c), 21);
	CHECK_EQ(count_of("TDH.MEM.PAGE.AUG", "web", 2001), 10);
	CHECK_EQ(count_of("TDH.MEM.PAGE.AUG", "db", 2002), 11);
	CHECK(count_of("TDH.PHYMEM.PAGE.RECLAIM", "web", 2001) >= 14);
	CHECK(count_of("TDH.PHYMEM.PAGE.RECLAIM", "log", 2003) >= 4);
	CHECK_EQ(count_of("TDH.PHYMEM.PAGE.RECLAIM", "db", 2002), 0);
	CHECK_EQ(count_of("TDH.MNG.KEY.FREEID", "web", 2001), 1);
	CHECK_EQ(count_of("TDH.MNG.KEY.FREEID", "log", 2003), 1);
	/* With two CPUs, of each package one, the fourth process shares one with the second. */
	trace_all(PLAY(STEP,
		       "{\"op\":\"cpu\",\"cpu\":1,\"online\":false},"
		       "{\"op\":\"cpu\",\"cpu\":3,\"online\":false}," TD("web", "") "," OTHER(
			       "log", "2003",
			       "") ",{\"op\":\"stop\",\"td\":1}," OTHER("db", "2002",
									"") "," OTHER("new", "2004",
										      ",\"at\":1000")),
		  &(struct tdxctl_trace_options){ .events = true });
	CHECK_EQ(count("TDH.MNG.CREATE", &c), 1);
	CHECK_EQ(c->cpu, 2);
	CHECK_EQ(c->pid, 2004);
#undef OTHER
#undef ACCEPT
}

/* The registers of page-level calls. */
static void pages(void)
{
	const struct tdxctl_call *c = NULL;

	trace_all(PLAY(STEP, STORY),
		  &(struct tdxctl_trace_options){ .pages = true, .events = true });
	CHECK_EQ(count("TDH.MEM.PAGE.AUG", &c), 100);
	CHECK_EQ(c->gpa, 64 << 12);
	CHECK_EQ(c->level, 0);
	CHECK(c->page != TDXCTL_UNKNOWN);
	CHECK_STR(names[c - calls], "web");
	CHECK_EQ(count("TDH.MEM.PAGE.ADD", &c), 8);
	CHECK_STR(names[c - calls], "db");
	CHECK_EQ(count("TDH.MEM.SEPT.ADD", &c), 3);
	CHECK_EQ(c->level, 3);
	CHECK_EQ(c->gpa, 0);
	CHECK(count("TDH.PHYMEM.PAGE.RECLAIM", &c) > 164);
	CHECK_EQ(c->hkid, 17);
	/* Only the TDR was written with the key of the TDX module. */
	CHECK_EQ(count("TDH.PHYMEM.PAGE.WBINVD", &c), 1);
	CHECK_EQ(c->hkid, 16);
	CHECK_EQ(c->page, c->tdr);
}

static void filters(void)
{
	struct tdxctl_trace_options opts = { .leaf = "vp.*", .events = true };
	const struct tdxctl_call *c = NULL;
	struct tdxctl_snapshot *s;
	struct tdxctl_trace *t;
	struct tdxctl_ctx *ctx;
	size_t others = 0;

	trace_all(PLAY(STEP, STORY), &opts);
	CHECK(nr_calls > 5);
	CHECK_EQ(count("TDH.VP.CREATE", &c) + count("TDH.VP.ADDCX", &c) + count("TDH.VP.INIT", &c) +
			 count("TDH.VP.FLUSH", &c),
		 nr_calls);
	opts.errors = true;
	trace_all(PLAY(STEP, STORY), &opts);
	CHECK_EQ(nr_calls, 1);
	CHECK_EQ(count("TDH.VP.FLUSH", &c), 1);
	opts = (struct tdxctl_trace_options){ .min_ns = 8000000, .pages = true, .events = true };
	trace_all(PLAY(STEP, STORY), &opts);
	CHECK_EQ(nr_calls, 2);
	CHECK_EQ(count("TDH.PHYMEM.CACHE.WB", &c), 2);
	CHECK_EQ(c->duration_ns, 8000000);

	/* One TD. */
	ctx = host(PLAY(STEP, STORY));
	s = snapshot(ctx);
	opts = (struct tdxctl_trace_options){ .td = &s->tds[0], .events = true };
	t = start(ctx, &opts);
	while (!look(t))
		;
	CHECK(nr_calls > 5);
	for (size_t i = 0; i < nr_calls; i++)
		others += !!strcmp(names[i], "web");
	CHECK_EQ(others, 0);
	tdxctl_trace_free(t);
	tdxctl_snapshot_free(s);
	tdxctl_free(ctx);
}

/* The calls for one TD, when they are only counted: as many as the events. */
static void counts(void)
{
	struct tdxctl_trace_options opts = { .pages = true, .events = true };
	struct tdxctl_ctx *ctx;
	struct tdxctl_snapshot *s;
	struct tdxctl_leaf *leaf = NULL;
	struct tdxctl_trace *t;
	size_t n, wanted[TDX_LEAF_COUNT] = { 0 }, all = 0, errors = 0;

	trace_all(PLAY(STEP, STORY), &opts);
	for (size_t i = 0; i < nr_calls; i++) {
		if (strcmp(names[i], "web") || calls[i].leaf >= ARRAY_SIZE(wanted))
			continue;
		wanted[calls[i].leaf]++;
		all++;
	}
	ctx = host(PLAY(STEP, STORY));
	s = snapshot(ctx);
	opts = (struct tdxctl_trace_options){ .td = &s->tds[0], .pages = true };
	t = start(ctx, &opts);
	CHECK_EQ(tdxctl_trace_poll(t, 0, record, calls), -EOPNOTSUPP);
	for (int i = 0; i < 20; i++) {
		free(leaf);
		if (!CHECK_EQ(tdxctl_trace_stat(t, &leaf, &n), 0))
			return;
	}
	CHECK(n > 5);
	for (size_t i = 0; i < n; i++) {
		CHECK_EQ(leaf[i].calls, wanted[leaf[i].leaf]);
		CHECK_EQ(tdxctl_leaf_timed(&leaf[i]), leaf[i].calls);
		errors += leaf[i].errors;
		all -= leaf[i].calls;
		if (!leaf[i].errors)
			continue;
		CHECK_EQ(leaf[i].busy, 1);
		CHECK_EQ(leaf[i].error[0].status >> 32, 0x80000200);
		CHECK_EQ(leaf[i].error[0].count, 1);
	}
	CHECK_EQ(errors, 1);
	CHECK_EQ(all, 0);
	free(leaf);
	tdxctl_trace_free(t);
	tdxctl_snapshot_free(s);
	tdxctl_free(ctx);
}

static uint64_t sum(struct tdxctl_trace *t, int want)
{
	struct tdxctl_leaf *leaf = NULL;
	uint64_t calls_of_all = 0;
	size_t n = 0;

	CHECK_EQ(tdxctl_trace_stat(t, &leaf, &n), want);
	for (size_t i = 0; !want && i < n; i++)
		calls_of_all += leaf[i].calls;
	free(leaf);
	return calls_of_all;
}

/* Another command adds to a host that does not move. Calls of the past are not counted again. */
static void counts_of_changes(void)
{
	const struct tdxctl_trace_options opts = { .pages = true };
	struct tdxctl_ctx *ctx = host(HOST(""));
	struct tdxctl_trace *t = start(ctx, &opts);
	uint64_t building;

	CHECK_EQ(sum(t, 0), 0);
	fake_file("h.json", HOST("{\"op\":\"wait\",\"ms\":10}"));
	CHECK_EQ(sum(t, 0), 0);
	fake_file("h.json", HOST("{\"op\":\"wait\",\"ms\":10}," TD("web", ",\"pages\":64")));
	building = sum(t, 0);
	CHECK(building > 64);
	CHECK_EQ(sum(t, 0), building);
	/* The release is made, and then an event is refused. */
	for (int i = 0; i < 2; i++) {
		fake_file("h.json",
			  HOST("{\"op\":\"wait\",\"ms\":10}," TD("web",
								 ",\"pages\":64") ",{\"op\":\"release\",\"td\":1},"
										  "{\"op\":\"release\",\"td\":9}"));
		sum(t, -EINVAL);
	}
	fake_file("h.json", HOST("{\"op\":\"wait\",\"ms\":10}," TD("web", ",\"pages\":64")));
	CHECK_EQ(sum(t, 0), building);
	fake_file("h.json",
		  HOST("{\"op\":\"wait\",\"ms\":10}," TD("web",
							 ",\"pages\":64") ",{\"op\":\"release\",\"td\":1}"));
	CHECK(sum(t, 0) > building + 64);
	CHECK(sum(t, 0) < building + 128);
	tdxctl_trace_free(t);
	tdxctl_free(ctx);
}

static void cannot(struct tdxctl_ctx *ctx, const char *leaf, int want, const char *error)
{
	const struct tdxctl_trace_options opts = { .leaf = leaf, .events = true };
	struct tdxctl_trace *t = NULL;

	CHECK_EQ(tdxctl_trace_open(ctx, &opts, &t), want);
	CHECK(strstr(tdxctl_error(ctx), error));
	CHECK(*tdxctl_hint(ctx));
	CHECK(!t);
}

static void refused(void)
{
	struct tdxctl_ctx *ctx = host(HOST(STORY));
	struct tdxctl_trace *t;

	cannot(ctx, NULL, -ENODATA, "does not move");
	fake_file("h.json", PLAY("{\"from_ms\":9000,\"step_ms\":500}", STORY));
	tdxctl_snapshot_free(snapshot(ctx));
	cannot(ctx, NULL, -ENODATA, "is over");
	fake_file("h.json", PLAY(STEP, STORY));
	tdxctl_snapshot_free(snapshot(ctx));
	cannot(ctx, "VP.NOTHING", -EINVAL, "no leaf matches");
	t = start(ctx, &(struct tdxctl_trace_options){ .events = true });
	cannot(ctx, NULL, -EBUSY, "traced");
	CHECK_EQ(tdxctl_trace_stat(t, NULL, NULL), -EOPNOTSUPP);
	tdxctl_trace_free(t);
	tdxctl_free(ctx);
}

/* More calls at once than there is room for; and a reader that stops and goes on. */
static void losses(void)
{
	const struct tdxctl_trace_options opts = { .leaf = "MEM.PAGE.AUG", .events = true };
	struct tdxctl_ctx *ctx = host(
		PLAY(STEP,
		     TD("web",
			"") ",{\"op\":\"accept\",\"at\":100,\"td\":1,\"pages\":9000,\"ms\":100}"));
	struct tdxctl_trace *t = start(ctx, &opts);
	const struct tdxctl_call *c = NULL;

	CHECK_EQ(look(t), 0);
	CHECK_EQ(nr_calls, 0);
	stop_after = 100;
	CHECK_EQ(look(t), 77);
	CHECK_EQ(nr_calls, 100);
	CHECK_EQ(look(t), -ENODATA);
	CHECK_EQ(nr_calls, 8192);
	CHECK_EQ(tdxctl_trace_lost(t), 9000 - 8192);
	CHECK_EQ(count("TDH.MEM.PAGE.AUG", &c), 8192);
	CHECK_EQ(c[0].gpa, 0);
	CHECK_EQ(c[1].gpa, 4096);
	tdxctl_trace_free(t);
	tdxctl_free(ctx);
}

/* Another command releases a TD meanwhile: the file has one more event, and no call is seen twice. */
static void release_meanwhile(void)
{
	struct tdxctl_ctx *ctx = host(PLAY(STEP, STORY));
	struct tdxctl_trace *t;
	const struct tdxctl_call *c = NULL;
	size_t before;
	int err;

	t = start(ctx, &(struct tdxctl_trace_options){ .events = true });
	for (int i = 0; i < 5; i++)
		CHECK_EQ(look(t), 0);
	before = nr_calls;
	CHECK_EQ(count("TDH.MNG.CREATE", &c), 1);
	CHECK_EQ(count("TDH.MNG.KEY.FREEID", &c), 0);
	fake_file("h.json", PLAY(STEP, STORY ",{\"op\":\"stop\",\"at\":1200,\"td\":1}"));
	while (!(err = look(t)))
		;
	CHECK_EQ(err, -ENODATA);
	CHECK(nr_calls > before);
	CHECK_EQ(count("TDH.MNG.CREATE", &c), 1);
	CHECK_EQ(count("TDH.MNG.KEY.FREEID", &c), 1);
	CHECK_STR(names[c - calls], "web");
	tdxctl_trace_free(t);
	tdxctl_free(ctx);
}

/* Another command changes the host altogether. */
static void other_story(void)
{
	struct tdxctl_ctx *ctx = host(PLAY(STEP, STORY));
	struct tdxctl_trace *t;

	t = start(ctx, &(struct tdxctl_trace_options){ .leaf = "MNG.CREATE", .events = true });
	CHECK_EQ(look(t), 0);
	/* Started over: the past of the new story is not seen. */
	fake_file("h.json", PLAY("{\"from_ms\":2500,\"step_ms\":500}", STORY));
	while (!look(t))
		;
	CHECK_EQ(nr_calls, 0);
	/* A host that does not move any more. */
	fake_file("h.json", HOST(STORY));
	CHECK_EQ(look(t), -ENODATA);
	fake_file("h.json", "{");
	CHECK_EQ(look(t), -EINVAL);
	tdxctl_trace_free(t);
	tdxctl_free(ctx);
}

/* vCPUs leave a CPU that goes offline, in the thread of the kernel. */
static void hotplug(void)
{
	const struct tdxctl_call *c = NULL;

	trace_all(PLAY(STEP,
		       TD("web", "") ",{\"op\":\"cpu\",\"at\":1000,\"cpu\":0,\"online\":false}"),
		  &(struct tdxctl_trace_options){ .events = true });
	CHECK_EQ(nr_calls, 1);
	CHECK_EQ(count("TDH.VP.FLUSH", &c), 1);
	CHECK_STR(names[0], "web");
	CHECK_STR(c->comm, "cpuhp/0");
	CHECK_EQ(c->pid, 0);
	CHECK_EQ(c->hkid, 17);
}

/* Without steps, the clock decides. */
static void clock_time(void)
{
	const struct tdxctl_emul_play how = { .from_ns = 0, .speed = 200 };
	struct tdxctl_ctx *ctx;
	struct tdxctl_trace *t;
	const struct tdxctl_call *c = NULL;
	int err, n = 0;

	fake_file("h.json", HOST(STORY));
	ctx = context();
	CHECK_EQ(tdxctl_emul_play(ctx, fake_path("h.json"), &how), 0);
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	t = start(ctx, &(struct tdxctl_trace_options){ .events = true });
	while (!(err = look(t)) && ++n < 1000)
		;
	CHECK_EQ(err, -ENODATA);
	CHECK_EQ(count("TDH.MNG.KEY.FREEID", &c), 1);
	tdxctl_trace_free(t);
	tdxctl_free(ctx);
}

int main(void)
{
	fake_new();
	RUN(life);
	RUN(callers);
	RUN(pages);
	RUN(filters);
	RUN(counts);
	RUN(counts_of_changes);
	RUN(refused);
	RUN(losses);
	RUN(release_meanwhile);
	RUN(other_story);
	RUN(hotplug);
	RUN(clock_time);
	fake_end();
	return check_done("lib-emul-trace");
}
