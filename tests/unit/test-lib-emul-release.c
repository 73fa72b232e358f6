/* SPDX-License-Identifier: GPL-2.0-only */
/* Release on emulated hosts: whole, interrupted, failing, and several at once. */
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "fake-clock.h"
#include "lib-host.h"

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

/* Cancelled before anything was done: nothing is written, whatever the way. */
static void cancelled_at_once(void)
{
	struct tdxctl_ctx *ctx =
		host(HOST(TD("web", ",\"pages\":10") ",{\"op\":\"release\",\"td\":1}"));
	struct tdxctl_release_state st;
	struct tdxctl_snapshot *snap;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_STOP, 0, &st);

	CHECK_EQ(tdxctl_release_step(r, 10, &st), 0);
	CHECK_EQ(tdxctl_release_cancel(r), 0);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_CANCELLED);
	tdxctl_release_free(r);
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	snap = snapshot(ctx);
	CHECK_EQ(snap->nr_tds, 1);
	tdxctl_snapshot_free(snap);
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
	struct tdxctl_ctx *ctx =
		host(HOST(TD("a", ",\"until\":\"init\"") "," TD("b", ",\"pages\":10")));
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

static struct tdxctl_ctx *shared;

static void release_as_nobody(void)
{
	const struct tdxctl_release_options opts = { 0 };
	struct tdxctl_release_state st;
	struct tdxctl_snapshot *snap = snapshot(shared);
	struct tdxctl_release *r = NULL;

	CHECK_EQ(tdxctl_release_open(shared, &snap->tds[0], &opts, &r, &st), -EPERM);
	CHECK(!r);
	CHECK(strstr(tdxctl_error(shared), "another user (uid 4242)"));
	CHECK(strstr(tdxctl_hint(shared), "as the VM's owner"));
	/* The owner may, and the owner of a VM that is not known is not refused here. */
	snap->tds[0].vm.uid = geteuid();
	CHECK_EQ(tdxctl_release_open(shared, &snap->tds[0], &opts, &r, &st), 0);
	tdxctl_release_free(r);
	snap->tds[0].vm.uid = (uid_t)-1;
	CHECK_EQ(tdxctl_release_open(shared, &snap->tds[0], &opts, &r, &st), 0);
	tdxctl_release_free(r);
	tdxctl_snapshot_free(snap);
}

/* Only root and the owner of a VM may release it. */
static void other_user(void)
{
	struct tdxctl_release_state st;

	shared = host(HOST(TD("a", ",\"uid\":4242")));
	chmod(fake_dir, 0755); /* an open host notices that its file was replaced */
	as_nobody(release_as_nobody);
	tdxctl_release_free(
		open_release(shared, 0, TDXCTL_STRATEGY_AUTO, geteuid() ? -EPERM : 0, &st));
	tdxctl_free(shared);
}

/* KEY.FREEID fails: the HKID is leaked, said so, and stays so in the file. */
static void leak(void)
{
	struct tdxctl_ctx *ctx = host(HOST(
		"{\"op\":\"fault\",\"leaf\":\"TDH.MNG.KEY.FREEID\",\"status\":\"TDX_WBCACHE_NOT_COMPLETE\"}," TD(
			"web", ",\"pages\":100")));
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
	health = report(snap);
	CHECK_EQ(health->state, TDXCTL_HEALTH_CRITICAL);
	tdxctl_health_free(health);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* Pages that the module does not free are reported as kept, not as done. */
static void pages_kept(void)
{
	struct tdxctl_ctx *ctx = host(HOST(
		"{\"op\":\"fault\",\"leaf\":\"TDH.PHYMEM.PAGE.RECLAIM\",\"skip\":10,\"count\":3,"
		"\"status\":\"TDX_PAGE_METADATA_INCORRECT\"}," TD("web", ",\"pages\":9000")));
	struct tdxctl_release_state st;
	struct tdxctl_snapshot *snap;
	struct tdxctl_release *r = open_release(ctx, 0, TDXCTL_STRATEGY_AUTO, 0, &st);

	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.result, -EIO);
	CHECK(st.hkid_freed);
	CHECK_EQ(st.pages_left, 3);
	CHECK_EQ(st.page_seamcalls, 8997);
	CHECK(strstr(tdxctl_error(ctx), "3 pages leaked"));
	tdxctl_release_free(r);
	tdxctl_free(ctx);
	ctx = context();
	CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0);
	snap = snapshot(ctx);
	CHECK_EQ(snap->tds[0].td.private_pages, 3);
	CHECK_EQ(hkids(snap, TDXCTL_HKID_FREE), 3);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* A release that needs tdx_lock waits as long as the lock is held, and can be stopped. */
static void waits_for_lock(void)
{
	struct tdxctl_ctx *ctx =
		host(HOST(TD("a", ",\"pages\":5") ",{\"op\":\"hold\",\"lock\":\"tdx\",\"pid\":77,"
						  "\"ms\":1,\"more_ms\":300}"));
	struct tdxctl_release_state st;
	struct tdxctl_release *r;
	uint64_t start;

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
	start = fake_now;
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	/* The first release waited for 50 ms of the 300. */
	CHECK_EQ((fake_now - start) / FAKE_MS, 250);
	tdxctl_release_free(r);
	tdxctl_free(ctx);
}

/* Another process changes the file between the read and the write. */
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
	CHECK(strstr(tdxctl_error(first), "no longer exists"));
	tdxctl_release_free(r2);
	tdxctl_release_free(r);

	/* Another process holds the lock of the file. */
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

int main(void)
{
	/* Over the limit write() fails instead of killing. */
	signal(SIGXFSZ, SIG_IGN);
	fake_new();
	RUN(release_whole);
	RUN(interruptions);
	RUN(cancelled_at_once);
	RUN(strategies);
	RUN(other_user);
	RUN(leak);
	RUN(pages_kept);
	RUN(waits_for_lock);
	RUN(two_writers);
	RUN(file_vanishes);
	RUN(disk_full);
	fake_end();
	return check_done("lib-emul-release");
}
