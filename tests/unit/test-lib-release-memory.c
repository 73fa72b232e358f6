/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a release by the helper: the HKID is free, and the memory is freed by
 * punching the guest_memfd. Pages that remain are waited for, or reported. Also how
 * the helper's answers become the reported state.
 */
#include <signal.h>
#include "fake-clock.h"
#include "lib-fake.h"

#define DEV   100
#define PIDFD 200
#define COPY  300 /* + descriptor number of the target */
#define PAGES 100

static struct helper {
	uint64_t elsewhere;   /* pages of the TD outside guest_memfd */
	uint64_t ms_per_page; /* the VMM frees one of them; 0 = never */
	bool unknown;	      /* the number of pages is unknown */
	bool exited;	      /* the VMM */
	uint64_t waits;	      /* for it */
	int done_err;	      /* result of the call after the last punch */
	int punch_err;
	int size_err, getfd_err;
	int getfd_calls;
	bool once;			   /* only the first copy of a descriptor fails */
	bool empty;			   /* the guest_memfd */
	struct tdxctl_release_args answer; /* non-zero members replace the default answer */
	struct tdxctl_td td;		   /* of the snapshot */
	int place;			   /* of that TD in it */
	int snapshot_err;
	int queued;	   /* calls after the last punch that report pages in the helper's queue */
	int waits_between; /* calls that wait, between two punches */
	uint64_t punched, since;
	int calls, open_fds;
} vm;

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)path;
	(void)flags;
	vm.open_fds++;
	return DEV;
}

static int v_close(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	vm.open_fds--;
	return 0;
}

/* Pages of the TD now. */
static uint64_t pages_left(void)
{
	uint64_t given =
		vm.ms_per_page && vm.since ? (fake_now - vm.since) / (vm.ms_per_page * FAKE_MS) : 0;

	return PAGES - vm.punched / 4096 + (given < vm.elsewhere ? vm.elsewhere - given : 0);
}

static int v_release(struct tdxctl_release_args *a)
{
	bool dry = a->flags & TDXCTL_RELEASE_DRY_RUN;

	if (!dry)
		vm.calls++;
	if (!dry && vm.punched == PAGES * 4096 && !vm.since)
		vm.since = fake_now;
	if (vm.punched && !vm.since && a->wait_ms)
		vm.waits_between++;
	if (vm.done_err && vm.since)
		return vm.done_err;
	if (vm.queued && vm.since && a->wait_ms) {
		vm.queued--;
		a->pages_queued = 1;
	}
	a->strategy = vm.answer.strategy ? vm.answer.strategy : TDXCTL_STRATEGY_TERMINATE;
	a->phase = dry			      ? 0 :
		   vm.answer.phase	      ? vm.answer.phase :
		   vm.unknown || pages_left() ? TDXCTL_PHASE_PAGES :
						TDXCTL_PHASE_DONE;
	a->hkid = 17;
	a->hkid_freed = !dry;
	a->pages_total = vm.unknown ? TDXCTL_UNKNOWN : PAGES + vm.elsewhere;
	a->pages_left = vm.unknown ? TDXCTL_UNKNOWN : pages_left();
	a->seamcalls = 7;
	a->page_seamcalls = 3;
	a->started_ns = vm.answer.started_ns;
	a->ended_ns = vm.answer.ended_ns;
	memcpy(a->reason, vm.answer.reason, sizeof(a->reason));
	a->reclaim_cpus = dry ? vm.answer.reclaim_cpus : 0;
	return 0;
}

static int v_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	struct tdxctl_snapshot_args *a = p;
	struct fake_snapshot s;
	struct tdxctl_td td;

	(void)arg;
	CHECK_EQ(fd, DEV);
	switch (req) {
	case TDXCTL_IOC_RELEASE:
		return v_release(p);
	case TDXCTL_IOC_SNAPSHOT:
		if (vm.snapshot_err)
			return vm.snapshot_err;
		fake_snapshot(&s);
		/* The other TDs leaked for another reason. */
		for (int i = 0; i < FAKE_TDS; i++) {
			s.tds[i].state = TDXCTL_TD_LEAKED;
			s.tds[i].fail_leaf = 12;
		}
		s.tds[0].state = vm.td.state;
		s.tds[0].hkid = vm.td.hkid;
		s.tds[0].fail_leaf = vm.td.fail_leaf;
		s.tds[0].fail_status = vm.td.fail_status;
		td = s.tds[0];
		s.tds[0] = s.tds[vm.place];
		s.tds[vm.place] = td;
		memcpy((void *)(uintptr_t)a->buf, &s, sizeof(s));
		return 0;
	default:
		((struct tdxctl_info *)p)->snapshot_size = sizeof(struct fake_snapshot);
		return 0;
	}
}

static int v_pidfd_open(void *arg, pid_t pid)
{
	(void)arg;
	CHECK_EQ(pid, 4000);
	vm.open_fds++;
	return PIDFD;
}

static int v_wait(void *arg, int pidfd, int ms)
{
	(void)arg;
	CHECK_EQ(pidfd, PIDFD);
	vm.waits++;
	if (!vm.exited)
		fake_now += (uint64_t)ms * FAKE_MS;
	return vm.exited;
}

static int v_getfd(void *arg, int pidfd, int fd)
{
	(void)arg;
	CHECK_EQ(pidfd, PIDFD);
	vm.getfd_calls++;
	if (vm.getfd_err && !(vm.once && vm.getfd_calls > 1))
		return vm.getfd_err;
	vm.open_fds++;
	return COPY + fd;
}

static int64_t v_size(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return vm.size_err ? vm.size_err : vm.empty ? 0 : PAGES * 4096;
}

static int v_punch(void *arg, int fd, uint64_t off, uint64_t len)
{
	(void)arg;
	CHECK_EQ(fd, COPY + 13);
	CHECK_EQ(off, vm.punched);
	if (vm.punch_err)
		return vm.punch_err;
	vm.punched += len;
	return 0;
}

static int v_kcmp(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib)
{
	(void)arg;
	(void)type;
	return a == b && ia == ib;
}

static const struct tdxctl_ops ops = {
	.open = v_open,
	.close = v_close,
	.ioctl = v_ioctl,
	.pidfd_open = v_pidfd_open,
	.pidfd_wait = v_wait,
	.kcmp = v_kcmp,
	.pidfd_getfd = v_getfd,
	.file_size = v_size,
	.punch_hole = v_punch,
};

static struct tdxctl_release *begin(struct helper h, struct tdxctl_ctx **ctx,
				    struct tdxctl_release_state *st)
{
	struct tdxctl_td_view td = {
		.td = { .id = 1,
			.tdr = 0x1000,
			.hkid = 17,
			.last_hkid = 17,
			.private_pages = PAGES,
			.owner = { .tgid = 4000, .fd = 11, .start_ns = tick_ns(500) } },
		.vm = { .name = (char *)"web", .pid = 4000, .vm_fd = 11, .uid = geteuid() },
	};
	const struct tdxctl_release_options opts = { 0 };
	struct tdxctl_release *r = NULL;

	vm = h;
	*ctx = fake_live();
	tdxctl_set_ops(*ctx, &ops, NULL);
	if (!CHECK_EQ(tdxctl_release_open(*ctx, &td, &opts, &r, st), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(*ctx));
		exit(1);
	}
	return r;
}

static void end(struct tdxctl_ctx *ctx, struct tdxctl_release *r)
{
	tdxctl_release_free(r);
	tdxctl_free(ctx);
	CHECK_EQ(vm.open_fds, 0);
}

/* Steps of @ms until it ends; how long that took. */
static uint64_t run(struct tdxctl_release *r, unsigned int ms, struct tdxctl_release_state *st)
{
	uint64_t start = fake_now;

	for (int i = 0; st->phase < TDXCTL_PHASE_DONE && CHECK(i < 1000); i++)
		if (!CHECK_EQ(tdxctl_release_step(r, ms, st), 0))
			break;
	return fake_now - start;
}

static void says(const char *text, const char *what)
{
	if (!CHECK(strstr(text, what)))
		fprintf(stderr, "  \"%s\" is not in \"%s\"\n", what, text);
}

/* The plan has the number of CPUs that reclaim pages; it is not lost meanwhile. */
static void cpus_of_the_plan(void)
{
	static const struct {
		unsigned int strategy, reported, want;
	} cases[] = {
		{ TDXCTL_STRATEGY_EARLY, 4, 4 },
		{ TDXCTL_STRATEGY_EARLY, 0, 0 }, /* an older helper */
		{ TDXCTL_STRATEGY_TERMINATE, 4, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tdxctl_release_args a = { .strategy = cases[i].strategy,
						 .reclaim_cpus = cases[i].reported };
		struct tdxctl_release_state st;
		struct tdxctl_ctx *ctx;
		struct tdxctl_release *r = begin((struct helper){ .answer = a }, &ctx, &st);

		CHECK_EQ(st.cpus, cases[i].want);
		run(r, 100, &st);
		CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
		CHECK_EQ(st.cpus, cases[i].want);
		end(ctx, r);
	}
}

/* Pages outside guest_memfd whose number does not fall: the release fails after 3 s. */
static void memory_elsewhere_is_given_up(void)
{
	static const bool ended[] = { false, true };

	for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++) {
		struct tdxctl_release_state st;
		struct tdxctl_ctx *ctx;
		struct tdxctl_release *r =
			begin((struct helper){ .elsewhere = 5, .exited = ended[i] }, &ctx, &st);
		uint64_t ns = run(r, 100, &st);

		CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
		CHECK_EQ(st.result, -EIO);
		CHECK_EQ(st.pages_left, 5);
		CHECK_EQ(vm.punched, PAGES * 4096);
		says(tdxctl_error(ctx), "web: 5 pages");
		says(tdxctl_error(ctx), "guest_memfd of process 4000");
		says(tdxctl_hint(ctx), "stop");
		CHECK(ns > 3 * FAKE_S && ns < 4 * FAKE_S);
		/* It polls, neither too often nor too rarely. */
		CHECK(vm.waits >= 30 && vm.waits <= 70);
		end(ctx, r);
	}
}

/* One page in 2 s: slow progress is progress. */
static void memory_that_becomes_less_is_waited_for(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r =
		begin((struct helper){ .elsewhere = 5, .ms_per_page = 2000 }, &ctx, &st);
	uint64_t ns = run(r, 100, &st);

	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(st.pages_left, 0);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK(ns >= 10 * FAKE_S && ns < 11 * FAKE_S);
	end(ctx, r);

	/* One page in 4 s: no progress within the limit. */
	r = begin((struct helper){ .elsewhere = 5, .ms_per_page = 4000 }, &ctx, &st);
	ns = run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.pages_left, 5);
	CHECK(ns > 3 * FAKE_S && ns < 4 * FAKE_S);
	end(ctx, r);
}

/* A SEAMCALL failed for the TD: the message names it as the cause. */
static void failed_seamcall_is_named(void)
{
	static const struct {
		struct tdxctl_td td;
		const char *says[2];
	} t[] = {
		{ { .state = TDXCTL_TD_TEARDOWN,
		    .fail_leaf = 28,
		    .fail_status = 0xc000030000000001ULL },
		  { "pages leaked: TDH.PHYMEM.PAGE.RECLAIM: ", "TDX_PAGE_METADATA_INCORRECT" } },
		{ { .state = TDXCTL_TD_LEAKED }, { "pages leaked: ", "unknown status" } },
		{ { .state = TDXCTL_TD_LEAKED,
		    .hkid = 17,
		    .fail_leaf = 20,
		    .fail_status = 0x1234567800000000ULL },
		  { "HKID 17 ", "leaked: TDH.MNG.KEY.FREEID: unknown status" } },
	};

	for (int i = 0; i < 9; i++) {
		const struct helper h = { .elsewhere = 5, .td = t[i / 3].td, .place = i % 3 };
		struct tdxctl_release_state st;
		struct tdxctl_ctx *ctx;
		struct tdxctl_release *r = begin(h, &ctx, &st);

		run(r, 100, &st);
		CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
		CHECK_EQ(st.result, -EIO);
		says(tdxctl_error(ctx), t[i / 3].says[0]);
		says(tdxctl_error(ctx), t[i / 3].says[1]);
		CHECK(tdxctl_hint(ctx)[0]);
		end(ctx, r);
	}
}

/* What is not in the snapshot has not failed. */
static void td_that_is_gone_has_not_failed(void)
{
	struct live_release r = { .dev = DEV, .initial = { .id = 1, .tdr = 0x1000 } };
	struct tdxctl_td got = { .fail_leaf = 28, .state = TDXCTL_TD_LEAKED };

	vm = (struct helper){ .td = { .state = TDXCTL_TD_TEARDOWN, .fail_leaf = 20 } };
	r.base.ctx = fake_live();
	tdxctl_set_ops(r.base.ctx, &ops, NULL);
	CHECK(release_td_failed(&r, &got));
	CHECK_EQ(got.fail_leaf, 20);
	vm.td.fail_leaf = 0;
	CHECK(!release_td_failed(&r, &got));
	CHECK_EQ(got.id, 1);
	r.initial.tdr = 0x9000;
	got.fail_leaf = 28;
	CHECK(!release_td_failed(&r, &got));
	CHECK_EQ(got.fail_leaf, 0);
	CHECK_EQ(got.id, 0);
	got.fail_leaf = 28;
	vm.snapshot_err = -EIO;
	CHECK(!release_td_failed(&r, &got));
	CHECK_EQ(got.fail_leaf, 0);
	tdxctl_free(r.base.ctx);
}

/* Without a snapshot the remaining pages are still reported. */
static void unreadable_td_is_not_named(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r =
		begin((struct helper){ .elsewhere = 5, .snapshot_err = -EIO }, &ctx, &st);

	run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.result, -EIO);
	says(tdxctl_error(ctx), "5 pages");
	end(ctx, r);
}

/* The status call after the last punch may fail; the release continues. */
static void failed_call_after_the_last_punch(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r = begin((struct helper){ .done_err = -ENODEV }, &ctx, &st);
	int before;

	/* The HKID, then the memory. */
	CHECK_EQ(tdxctl_release_step(r, 100, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_PAGES);
	CHECK(st.hkid_freed);
	CHECK_EQ(vm.punched, 0);
	before = vm.calls;
	CHECK_EQ(tdxctl_release_step(r, 100, &st), 0);
	CHECK_EQ(vm.punched, PAGES * 4096);
	CHECK_EQ(vm.calls, before + 2);
	CHECK_EQ(st.phase, TDXCTL_PHASE_PAGES);
	/* The state of the last successful call. */
	CHECK_EQ(st.pages_left, PAGES);
	CHECK_EQ(st.seamcalls, 7);
	CHECK_STR(tdxctl_error(ctx), "");
	/* The next step fails the same way and reports it. */
	CHECK_EQ(tdxctl_release_step(r, 100, &st), -ENODEV);
	says(tdxctl_error(ctx), "unloaded");
	end(ctx, r);
}

static void failed_punch_ends_the_release(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r = begin((struct helper){ .punch_err = -EPERM }, &ctx, &st);

	run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.result, -EPERM);
	says(tdxctl_error(ctx), "web: ");
	says(tdxctl_hint(ctx), "stop");
	end(ctx, r);

	/* An interrupted punch is retried. */
	r = begin((struct helper){ .punch_err = -EINTR }, &ctx, &st);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(tdxctl_release_step(r, 100, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_PAGES);
	CHECK_EQ(vm.punched, 0);
	vm.punch_err = 0;
	run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	end(ctx, r);
}

/* Descriptors that cannot be copied, files without a readable size. */
static void unreadable_guest_memfd(void)
{
	static const struct helper t[] = { { .getfd_err = -EPERM }, { .size_err = -EACCES } };
	static const int want[] = { -EPERM, -EACCES };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tdxctl_release_state st;
		struct tdxctl_ctx *ctx;
		struct tdxctl_release *r = begin(t[i], &ctx, &st);

		run(r, 100, &st);
		/* The HKID is still freed. */
		CHECK(st.hkid_freed);
		CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
		CHECK_EQ(st.result, want[i]);
		says(tdxctl_error(ctx), "guest_memfd of process 4000");
		CHECK_EQ(vm.punched, 0);
		end(ctx, r);
	}
}

/* The files are opened again if they could not be opened at first, but only once. */
static void guest_memfd_that_opens_later(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r =
		begin((struct helper){ .getfd_err = -EPERM, .once = true }, &ctx, &st);

	run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(vm.getfd_calls, 2);
	CHECK_EQ(vm.punched, PAGES * 4096);
	end(ctx, r);
	r = begin((struct helper){ 0 }, &ctx, &st);
	run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(vm.getfd_calls, 1);
	end(ctx, r);
}

/* A file without pages is opened, and there is nothing to punch. */
static void empty_guest_memfd(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r = begin((struct helper){ .empty = true }, &ctx, &st);

	run(r, 100, &st);
	CHECK_EQ(vm.punched, 0);
	CHECK_EQ(vm.getfd_calls, 1);
	CHECK_EQ(st.result, -EIO);
	says(tdxctl_error(ctx), "100 pages");
	end(ctx, r);
}

/* The number of pages is unknown: the release ends when guest_memfd is empty. */
static void uncounted_pages(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r = begin((struct helper){ .unknown = true }, &ctx, &st);

	run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(st.pages_left, 0);
	CHECK_EQ(st.pages_total, TDXCTL_UNKNOWN);
	end(ctx, r);

	/* Without a guest_memfd the number of pages stays unknown. */
	unlink(fake_path("proc/4000/fd/13"));
	r = begin((struct helper){ .unknown = true }, &ctx, &st);
	run(r, 100, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(st.pages_left, TDXCTL_UNKNOWN);
	end(ctx, r);
	fake_link("proc/4000/fd/13", "anon_inode:[kvm-gmem]");
}

/*
 * The helper reclaims pages while further ones are punched: there is no wait in between, and
 * one at the end, also if the number of pages is unknown.
 */
static void queued_pages_are_waited_for(void)
{
	for (int unknown = 0; unknown < 2; unknown++) {
		struct tdxctl_release_state st;
		struct tdxctl_ctx *ctx;
		struct tdxctl_release *r =
			begin((struct helper){ .unknown = unknown, .queued = 5 }, &ctx, &st);

		run(r, 1, &st);
		CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
		if (unknown)
			CHECK_EQ(vm.queued, 0);
		CHECK_EQ(vm.waits_between, 0);
		CHECK_EQ(vm.waits, 0);
		end(ctx, r);
	}
}

/* Values from a newer or faulty helper. */
static void answers_out_of_range(void)
{
	struct helper h = { .answer = { .strategy = TDXCTL_STRATEGIES } };
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r;

	/* An unknown strategy: only ending the VMM remains. */
	for (uint32_t more = 0; more < 3; more++) {
		h.answer.strategy = TDXCTL_STRATEGIES + more * 1000;
		r = begin(h, &ctx, &st);
		CHECK_EQ(st.strategy, TDXCTL_STRATEGY_STOP);
		end(ctx, r);
	}
	h = (struct helper){ 0 };
	for (int i = 0; i < TDXCTL_STRATEGIES; i++)
		h.answer.reason[i] = TDXCTL_REASONS + (uint32_t)i;
	h.answer.phase = TDXCTL_PHASES;
	r = begin(h, &ctx, &st);
	for (int i = 0; i < TDXCTL_STRATEGIES; i++)
		CHECK_EQ(st.reason[i], i == TDXCTL_STRATEGY_STOP ? TDXCTL_REASON_USER_SPACE :
								   TDXCTL_REASON_MAYBE);
	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_NONE);
	end(ctx, r);
	/* The largest known values are kept. */
	for (int i = 0; i < TDXCTL_STRATEGIES; i++)
		h.answer.reason[i] = TDXCTL_REASONS - 1;
	h.answer.phase = TDXCTL_PHASES - 1;
	r = begin(h, &ctx, &st);
	CHECK_EQ(st.reason[TDXCTL_STRATEGY_TERMINATE], TDXCTL_REASONS - 1);
	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	end(ctx, r);
}

/* From start to end, or until now; never negative. */
static void duration_of_a_release(void)
{
	static const struct {
		uint64_t started, ended, now, want;
	} t[] = {
		{ 100 * FAKE_S, 102 * FAKE_S, 200 * FAKE_S, 2 * FAKE_S },
		{ 100 * FAKE_S, 0, 105 * FAKE_S, 5 * FAKE_S },
		{ 100 * FAKE_S, 0, 99 * FAKE_S, 0 },
		{ 100 * FAKE_S, 99 * FAKE_S, 200 * FAKE_S, 0 },
		{ 0, 102 * FAKE_S, 200 * FAKE_S, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct helper h = { .answer = { .started_ns = t[i].started,
						.ended_ns = t[i].ended } };
		struct tdxctl_release_state st;
		struct tdxctl_ctx *ctx;
		struct tdxctl_release *r = begin(h, &ctx, &st);

		fake_now = t[i].now;
		CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
		CHECK_EQ(st.duration_ns, t[i].want);
		CHECK_EQ(st.seamcalls, 7);
		CHECK_EQ(st.page_seamcalls, 3);
		CHECK_EQ(st.hkid, 17);
		end(ctx, r);
	}
}

int main(void)
{
	fake_new();
	fake_process(4000, 500, "vmm");
	fake_link("proc/4000/fd/11", "anon_inode:kvm-vm");
	fake_link("proc/4000/fd/13", "anon_inode:[kvm-gmem]");
	fake_link("proc/self/fd/313", "anon_inode:[kvm-gmem]"); /* our copy, COPY + 13 */
	RUN(cpus_of_the_plan);
	RUN(memory_elsewhere_is_given_up);
	RUN(memory_that_becomes_less_is_waited_for);
	RUN(failed_seamcall_is_named);
	RUN(td_that_is_gone_has_not_failed);
	RUN(unreadable_td_is_not_named);
	RUN(failed_call_after_the_last_punch);
	RUN(failed_punch_ends_the_release);
	RUN(unreadable_guest_memfd);
	RUN(guest_memfd_that_opens_later);
	RUN(empty_guest_memfd);
	RUN(uncounted_pages);
	RUN(queued_pages_are_waited_for);
	RUN(answers_out_of_range);
	RUN(duration_of_a_release);
	fake_end();
	return check_done("lib-release-memory");
}
