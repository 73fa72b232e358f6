/* SPDX-License-Identifier: GPL-2.0-only */
/* A release that ends the VMM: signals, the grace period, the ledger's reports; and refusals. */
#include <signal.h>
#include "fake-clock.h"
#include "lib-fake.h"

#define DEV   100
#define PIDFD 200

static struct vmm {
	uint64_t ends_ns;      /* after SIGTERM; 0 = only SIGKILL ends it */
	uint64_t torn_down_ns; /* after its end: its TD is gone */
	int signal_err[2];     /* of SIGTERM, of SIGKILL */
	int dry_err, run_err, fails;
	uint32_t fail_leaf; /* of its TD */
	uint32_t reason;    /* of AUTO in the dry run */
	int open_err, pidfd_err, snapshot_err;
	uint32_t strategy; /* of the helper */
	uint64_t term_at, kill_at, end_at;
	int terms, kills, waits, open_fds;
} vm;

static bool ended(void)
{
	if (vm.kill_at && !vm.end_at)
		vm.end_at = vm.kill_at;
	if (vm.term_at && vm.ends_ns && fake_now >= vm.term_at + vm.ends_ns && !vm.end_at)
		vm.end_at = vm.term_at + vm.ends_ns;
	return vm.end_at;
}

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)path;
	(void)flags;
	if (vm.open_err)
		return vm.open_err;
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

static int v_release(struct tdxctl_release_args *a)
{
	if (a->flags & TDXCTL_RELEASE_DRY_RUN) {
		a->strategy = vm.strategy ? vm.strategy : TDXCTL_STRATEGY_STOP;
		a->reason[TDXCTL_STRATEGY_AUTO] = vm.reason;
		a->hkid = 17;
		return vm.dry_err;
	}
	a->strategy = vm.strategy;
	a->phase = vm.fails ? TDXCTL_PHASE_FAILED : TDXCTL_PHASE_HKID;
	a->result = vm.fails;
	return vm.run_err;
}

static int v_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	struct tdxctl_snapshot_args *a = p;
	struct fake_snapshot s;

	(void)arg;
	(void)fd;
	switch (req) {
	case TDXCTL_IOC_RELEASE:
		return v_release(p);
	case TDXCTL_IOC_SNAPSHOT:
		if (vm.snapshot_err)
			return vm.snapshot_err;
		fake_snapshot(&s);
		s.tds[0].seamcalls = 50;
		s.tds[0].fail_leaf = vm.fail_leaf;
		s.tds[0].fail_status = vm.fail_leaf ? 0x8000081700000000ULL : 0;
		if (ended()) {
			s.tds[0].hkid = 0;
			s.tds[0].state = TDXCTL_TD_TEARDOWN;
			s.tds[0].private_pages = 30;
			s.tds[0].seamcalls = 90;
			if (fake_now >= vm.end_at + vm.torn_down_ns)
				s.tds[0].tdr = 0x999000; /* the page belongs to another TD */
		}
		memcpy((void *)(uintptr_t)a->buf, &s, sizeof(s));
		return 0;
	case TDXCTL_IOC_INFO:
		((struct tdxctl_info *)p)->snapshot_size = sizeof(struct fake_snapshot);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int v_pidfd_open(void *arg, pid_t pid)
{
	(void)arg;
	CHECK_EQ(pid, 4000);
	if (vm.pidfd_err)
		return vm.pidfd_err;
	vm.open_fds++;
	return PIDFD;
}

static int v_signal(void *arg, int pidfd, int sig)
{
	int err = vm.signal_err[sig == SIGKILL];

	(void)arg;
	CHECK_EQ(pidfd, PIDFD);
	CHECK(sig == SIGTERM || sig == SIGKILL);
	if (sig == SIGTERM)
		vm.terms++;
	else
		vm.kills++;
	if (err == -ESRCH)
		vm.end_at = fake_now;
	if (err)
		return err;
	*(sig == SIGTERM ? &vm.term_at : &vm.kill_at) = fake_now;
	return 0;
}

static int v_wait(void *arg, int pidfd, int ms)
{
	(void)arg;
	(void)pidfd;
	CHECK(ms > 0);
	vm.waits++;
	if (!ended())
		fake_now += (uint64_t)ms * FAKE_MS;
	return ended();
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
	.pidfd_send_signal = v_signal,
	.pidfd_wait = v_wait,
	.kcmp = v_kcmp,
};

static struct tdxctl_td_view view(void)
{
	return (struct tdxctl_td_view){
		.td = { .id = 1,
			.tdr = 0x1000,
			.hkid = 17,
			.last_hkid = 17,
			.private_pages = 100,
			.seamcalls = 50,
			.owner = { .tgid = 4000, .fd = 11, .start_ns = tick_ns(500) } },
		.vm = { .name = (char *)"web", .pid = 4000, .vm_fd = 11, .uid = geteuid() },
	};
}

static struct tdxctl_ctx *context(struct vmm v)
{
	struct tdxctl_ctx *ctx = fake_live();

	vm = v;
	tdxctl_set_ops(ctx, &ops, NULL);
	return ctx;
}

static struct tdxctl_release *begin(struct vmm v, struct tdxctl_ctx **ctx,
				    enum tdxctl_strategy strategy, struct tdxctl_release_state *st)
{
	const struct tdxctl_release_options opts = { .strategy = strategy };
	struct tdxctl_td_view td = view();
	struct tdxctl_release *r = NULL;

	*ctx = context(v);
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

/* Steps of a second until it ends; how long that took. */
static uint64_t run(struct tdxctl_release *r, struct tdxctl_release_state *st)
{
	uint64_t start = fake_now;

	for (int i = 0; st->phase < TDXCTL_PHASE_DONE && CHECK(i < 100); i++)
		if (!CHECK_EQ(tdxctl_release_step(r, 1000, st), 0))
			break;
	return fake_now - start;
}

static void says(const char *text, const char *what)
{
	if (!CHECK(strstr(text, what)))
		fprintf(stderr, "  \"%s\" is not in \"%s\"\n", what, text);
}

/* The VMM ends on SIGTERM, and the kernel tears its TD down. */
static void vmm_that_obeys(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r =
		begin((struct vmm){ .ends_ns = 300 * FAKE_MS, .torn_down_ns = 2 * FAKE_S }, &ctx,
		      TDXCTL_STRATEGY_STOP, &st);
	uint64_t ns;

	CHECK_EQ(st.pages_left, 100);
	CHECK(!st.hkid_freed);
	/* During teardown: the HKID is free, and the pages left are reported. */
	CHECK_EQ(tdxctl_release_step(r, 1000, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_PAGES);
	CHECK(st.hkid_freed);
	CHECK_EQ(st.pages_left, 30);
	CHECK_EQ(st.seamcalls, 40);
	CHECK_EQ(st.page_seamcalls, TDXCTL_UNKNOWN);
	CHECK(st.duration_ns >= 900 * FAKE_MS && st.duration_ns <= 1100 * FAKE_MS);
	ns = run(r, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(st.pages_left, 0);
	CHECK(st.duration_ns >= 2300 * FAKE_MS && st.duration_ns <= 2500 * FAKE_MS);
	CHECK(ns >= 1200 * FAKE_MS && ns <= 1500 * FAKE_MS);
	CHECK_EQ(vm.terms, 1);
	CHECK_EQ(vm.kills, 0);
	end(ctx, r);
}

/* A VMM that ignores SIGTERM is killed after ten seconds, not earlier. */
static void vmm_that_ignores_sigterm(void)
{
	static const uint64_t ends[] = { 0, 9900 * FAKE_MS };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct tdxctl_release_state st;
		struct tdxctl_ctx *ctx;
		struct tdxctl_release *r =
			begin((struct vmm){ .ends_ns = ends[i] }, &ctx, TDXCTL_STRATEGY_STOP, &st);

		run(r, &st);
		CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
		CHECK_EQ(vm.terms, 1);
		CHECK_EQ(vm.kills, !ends[i]);
		if (!ends[i]) {
			CHECK(vm.kill_at - vm.term_at > 10 * FAKE_S);
			CHECK(vm.kill_at - vm.term_at < 10200 * FAKE_MS);
		}
		end(ctx, r);
	}
}

/* Signals that are not permitted, or find no process. */
static void signals_that_fail(void)
{
	static const int errs[] = { -EPERM, -EACCES };
	struct tdxctl_release_state st;
	struct tdxctl_release *r;
	struct tdxctl_ctx *ctx;

	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		r = begin((struct vmm){ .signal_err = { errs[i] } }, &ctx, TDXCTL_STRATEGY_STOP,
			  &st);
		CHECK_EQ(tdxctl_release_step(r, 1000, &st), errs[i]);
		says(tdxctl_error(ctx), "process 4000");
		says(tdxctl_hint(ctx), "root");
		end(ctx, r);
	}
	r = begin((struct vmm){ .signal_err = { -ESRCH } }, &ctx, TDXCTL_STRATEGY_STOP, &st);
	run(r, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(vm.kills, 0);
	end(ctx, r);
	r = begin((struct vmm){ .signal_err = { 0, -EPERM } }, &ctx, TDXCTL_STRATEGY_STOP, &st);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(tdxctl_release_step(r, 1000, &st), 0);
	CHECK_EQ(tdxctl_release_step(r, 1000, &st), -EPERM);
	CHECK_EQ(vm.kills, 1);
	end(ctx, r);
	/* The process ended before SIGKILL. */
	r = begin((struct vmm){ .signal_err = { 0, -ESRCH } }, &ctx, TDXCTL_STRATEGY_STOP, &st);
	run(r, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	end(ctx, r);
}

/* Without a snapshot no success is reported. */
static void ledger_that_fails(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r = begin((struct vmm){ .ends_ns = 1, .snapshot_err = -ENODEV },
					 &ctx, TDXCTL_STRATEGY_STOP, &st);

	CHECK_EQ(tdxctl_release_step(r, 1000, &st), -ENODEV);
	CHECK(st.phase < TDXCTL_PHASE_DONE);
	says(tdxctl_error(ctx), "unloaded");
	end(ctx, r);
}

/* ---- strategies that are not available ---- */

static void refused(struct vmm v, enum tdxctl_strategy strategy, int want, const char *what)
{
	const struct tdxctl_release_options opts = { .strategy = strategy };
	struct tdxctl_ctx *ctx = context(v);
	struct tdxctl_td_view td = view();
	struct tdxctl_release_state st;
	struct tdxctl_release *r = NULL;

	CHECK_EQ(tdxctl_release_open(ctx, &td, &opts, &r, &st), want);
	CHECK(!r);
	says(tdxctl_error(ctx), what);
	CHECK_EQ(vm.terms + vm.kills, 0);
	end(ctx, r);
}

static void refusals(void)
{
	/* The VM is not a TD, whatever strategy was requested. */
	refused((struct vmm){ .reason = TDXCTL_REASON_NOT_TD }, 0, -EINVAL, "web: not a TD");
	refused((struct vmm){ .reason = TDXCTL_REASON_NOT_TD }, TDXCTL_STRATEGY_STOP, -EINVAL,
		"web: not a TD");
	refused((struct vmm){ .open_err = -ENOENT }, 0, -ENOTCONN, "not loaded");
	refused((struct vmm){ .open_err = -EACCES }, 0, -EACCES, "/dev/tdxctl");
	refused((struct vmm){ .pidfd_err = -ESRCH }, 0, -ESRCH, "process 4000 ");
	refused((struct vmm){ .pidfd_err = -EMFILE }, 0, -EMFILE, "process 4000: ");
	refused((struct vmm){ 0 }, TDXCTL_STRATEGIES, -EINVAL, "strategy");
	/* The helper gives no reason. */
	refused((struct vmm){ .strategy = TDXCTL_STRATEGY_TERMINATE }, TDXCTL_STRATEGY_RELEASE,
		-EOPNOTSUPP, "release");
}

/* The helper has no strategy: only ending the VMM remains. */
static void no_strategy_of_the_helper(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r = begin((struct vmm){ .dry_err = -EOPNOTSUPP, .ends_ns = 1 }, &ctx,
					 TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_STOP);
	CHECK_EQ(st.hkid, 17);
	run(r, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(vm.terms, 1);
	end(ctx, r);
}

/* The HKID could not be freed: the message names the SEAMCALL, its status and the next step. */
static void hkid_that_is_not_given_back(void)
{
	struct tdxctl_release_state st;
	struct tdxctl_ctx *ctx;
	struct tdxctl_release *r = begin((struct vmm){ .strategy = TDXCTL_STRATEGY_RELEASE,
						       .fails = -EIO,
						       .fail_leaf = 20 },
					 &ctx, TDXCTL_STRATEGY_AUTO, &st);

	run(r, &st);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.result, -EIO);
	says(tdxctl_error(ctx), "HKID 17");
	says(tdxctl_error(ctx), "TDH.MNG.KEY.FREEID: TDX_WBCACHE_NOT_COMPLETE");
	says(tdxctl_hint(ctx), "--strategy stop");
	CHECK_EQ(vm.terms, 0);
	end(ctx, r);
}

int main(void)
{
	fake_new();
	fake_process(4000, 500, "vmm");
	fake_link("proc/4000/fd/11", "anon_inode:kvm-vm");
	RUN(vmm_that_obeys);
	RUN(vmm_that_ignores_sigterm);
	RUN(signals_that_fail);
	RUN(ledger_that_fails);
	RUN(refusals);
	RUN(no_strategy_of_the_helper);
	RUN(hkid_that_is_not_given_back);
	fake_end();
	return check_done("lib-release-stop");
}
