/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Releases a TD of an emulated host in chunks, so that progress, interruption and
 * continuation work as on a real host. The file is written once: when the release ends
 * or is cancelled.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "emul.h"

#define CHUNK_PAGES 4096U

struct emul_release {
	struct tdxctl_release base;
	uint32_t td_id;
	uint64_t tdr;
	char name[64];
	bool started, cancelled, saved;
	bool changed; /* a chunk was released */
	int lock;     /* of the host file; -1: none */
	uint64_t clock_start, calls_start, reclaimed;
	uint64_t leaked_start; /* pages leaked before this release */
	uint64_t mapped;       /* private pages the TD still has */
	uint64_t waited_ns;    /* for tdx_lock, in real time */
	struct tdxctl_release_state st;
};

static uint64_t calls_so_far(const struct emul *e)
{
	struct ledger_totals totals;

	ledger_totals_get(e->ledger, &totals);
	return totals.calls;
}

static uint64_t leaked_so_far(const struct emul *e)
{
	struct tdmgr_info info;

	tdmgr_get_info(e->mgr, &info);
	return info.pages_leaked;
}

static int append(struct tdxctl_ctx *ctx, struct emul *e, const struct emul_event *ev)
{
	return emul_file_add(&e->file, ev) ? ctx_nomem(ctx) : 0;
}

/* Appends the release to the host file and unlocks the file. */
static int save(struct emul_release *r)
{
	struct tdxctl_ctx *ctx = r->base.ctx;
	struct emul *e = ctx->host;
	struct emul_event ev = {
		.op = r->st.strategy == TDXCTL_STRATEGY_STOP ? EMUL_STOP : EMUL_RELEASE,
		.td = r->td_id,
		.pages_left = r->mapped,
		/* In a host that plays, now. */
		.at = e->played_ms,
	};
	const struct emul_event wait = { .op = EMUL_WAIT, .ms = r->waited_ns / 1000000 };
	char *text;
	int err;

	if (r->saved || !e->path)
		return 0;
	r->saved = true;
	/* Cancelled while it waited for tdx_lock: only time has passed. */
	if (r->changed)
		err = append(ctx, e, &ev);
	else
		err = wait.ms ? append(ctx, e, &wait) : 0;
	if (!r->changed)
		e->clock += wait.ms * 1000000;
	if (!err)
		err = emul_file_format(ctx, &e->file, &text);
	if (!err) {
		err = emul_store_write(ctx, e->path, text, false);
		if (err)
			free(text);
	}
	if (!err) {
		free(e->text);
		e->text = text;
	}
	if (r->lock >= 0)
		close(r->lock);
	r->lock = -1;
	return err;
}

/* Locks the host file and loads it again if another tdxctl has changed it. */
static int begin(struct emul_release *r)
{
	struct tdxctl_ctx *ctx = r->base.ctx;
	struct emul_td *t;
	struct emul *e;
	int err;

	e = ctx->host;
	if (e->path) {
		r->lock = emul_store_lock(ctx, e->path);
		if (r->lock < 0)
			return r->lock;
		err = emul_refresh(ctx);
		if (err)
			return err;
		e = ctx->host;
	}
	t = emul_td_by_id(e, r->td_id);
	if (!t || !t->td || t->tdr != r->tdr)
		return ctx_fail(ctx, -ESRCH, "'tdxctl td' lists the TDs",
				"%s: td:%u no longer exists", r->name, r->td_id);
	r->started = true;
	r->clock_start = e->clock;
	r->calls_start = calls_so_far(e);
	r->leaked_start = leaked_so_far(e);
	r->st.phase = r->st.hkid_freed ? TDXCTL_PHASE_PAGES : TDXCTL_PHASE_HKID;
	return 0;
}

static void sleep_ns(uint64_t ns)
{
	const struct timespec ts = { (time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC) };

	nanosleep(&ts, NULL);
}

/*
 * Waits in real time while tdx_lock is held. Returns true when it is still held. The
 * host's clock advances when the lock is taken, as in a replay.
 */
static bool wait_for_lock(struct emul_release *r, unsigned int wait_ms)
{
	struct emul *e = r->base.ctx->host;
	uint64_t ns = wait_ms * 1000000ULL, left;

	emul_tick(e);
	if (!e->hold_tdx.held || e->clock + r->waited_ns >= e->hold_tdx.until_ns)
		return false;
	left = e->hold_tdx.until_ns - e->clock - r->waited_ns;
	if (ns > left)
		ns = left;
	sleep_ns(ns);
	r->waited_ns += ns;
	return ns < left;
}

static void measure(struct emul_release *r, const struct emul_td *t)
{
	struct emul *e = r->base.ctx->host;
	struct tdmgr_td_info info = { .leaked = !r->st.hkid_freed };

	if (t->td)
		tdmgr_td_get_info(t->td, &info);
	r->mapped = info.private_pages;
	r->st.duration_ns = e->clock - r->clock_start;
	r->st.seamcalls = calls_so_far(e) - r->calls_start;
	r->st.page_seamcalls = r->reclaimed;
	r->st.pages_left = info.private_pages + leaked_so_far(e) - r->leaked_start;
	r->st.hkid_freed = !info.hkid && !info.leaked;
}

static int step_release(struct emul_release *r, struct emul_td *t, unsigned int wait_ms)
{
	struct emul *e = r->base.ctx->host;
	uint64_t chunk = CHUNK_PAGES, before, leaked = leaked_so_far(e), n;
	struct tdmgr_td_info info;
	int err;

	if (e->page_ns) {
		chunk = wait_ms * 1000000ULL / e->page_ns;
		chunk = chunk < 1 ? 1 : chunk > CHUNK_PAGES ? CHUNK_PAGES : chunk;
	}
	tdmgr_td_get_info(t->td, &info);
	before = info.private_pages;
	err = emul_release_pages(e, t, before > chunk ? before - chunk : 0);
	tdmgr_td_get_info(t->td, &info);
	n = before - info.private_pages - (leaked_so_far(e) - leaked);
	r->reclaimed += n;
	if (n && e->page_ns)
		sleep_ns(n * e->page_ns);
	return err;
}

/* Ends the VMM: the TD is destroyed in one step. */
static int step_stop(struct emul_release *r, struct emul_td *t)
{
	struct emul *e = r->base.ctx->host;
	struct tdmgr_info before, after;
	struct tdmgr_td_info info;
	uint64_t leaked;

	tdmgr_td_get_info(t->td, &info);
	tdmgr_get_info(e->mgr, &before);
	emul_destroy_td(e, t);
	tdmgr_get_info(e->mgr, &after);
	r->st.hkid_freed = !info.leaked && after.hkids_leaked == before.hkids_leaked;
	if (!r->st.hkid_freed)
		return -EIO;
	leaked = after.pages_leaked - before.pages_leaked;
	r->reclaimed = info.private_pages > leaked ? info.private_pages - leaked : 0;
	return 0;
}

static void set_error(struct emul_release *r, int err)
{
	struct tdxctl_ctx *ctx = r->base.ctx;

	if (err != -EIO)
		ctx_fail(ctx, err, "bring a CPU of every package online, then try again",
			 "%s: release failed: %s", r->name, strerror(-err));
	else if (r->st.hkid_freed)
		ctx_fail(ctx, err, "only a reboot frees them", "%s: %" PRIu64 " pages leaked",
			 r->name, r->st.pages_left);
	else
		ctx_fail(ctx, err, "only a reboot frees it", "%s: HKID %u leaked", r->name,
			 r->st.hkid);
}

/* Releases one chunk. */
static void release_chunk(struct emul_release *r, unsigned int wait_ms)
{
	struct emul_td *t = emul_td_by_id(r->base.ctx->host, r->td_id);
	int err;

	if (r->st.phase == TDXCTL_PHASE_HKID && wait_for_lock(r, wait_ms))
		return;
	r->changed = true;
	if (r->st.strategy == TDXCTL_STRATEGY_STOP)
		err = step_stop(r, t);
	else
		err = step_release(r, t, wait_ms);
	measure(r, t);
	/* Pages may have leaked in an earlier chunk. */
	if (!err && r->st.pages_left)
		err = -EIO;
	if (err == -EINTR) {
		r->st.phase = TDXCTL_PHASE_PAGES;
	} else if (!err) {
		r->st.phase = TDXCTL_PHASE_DONE;
	} else {
		r->st.phase = TDXCTL_PHASE_FAILED;
		r->st.result = err;
		set_error(r, err);
	}
}

static int release_step(struct tdxctl_release *base, unsigned int wait_ms,
			struct tdxctl_release_state *out)
{
	struct emul_release *r = (struct emul_release *)base;
	int err = 0;

	if (r->cancelled && r->st.phase < TDXCTL_PHASE_DONE)
		r->st.phase = TDXCTL_PHASE_CANCELLED;
	else if (!r->started)
		err = begin(r);
	else if (r->st.phase < TDXCTL_PHASE_DONE)
		release_chunk(r, wait_ms);

	if (!err && r->started && r->st.phase >= TDXCTL_PHASE_DONE) {
		err = save(r);
		if (err) {
			r->st.phase = TDXCTL_PHASE_FAILED;
			r->st.result = err;
		}
	}
	*out = r->st;
	return err;
}

static int release_cancel(struct tdxctl_release *base)
{
	((struct emul_release *)base)->cancelled = true;
	return 0;
}

static void release_free(struct tdxctl_release *base)
{
	struct emul_release *r = (struct emul_release *)base;

	/* Freed before the end: record what was done. */
	if (r->started && r->st.phase < TDXCTL_PHASE_DONE) {
		r->st.phase = TDXCTL_PHASE_CANCELLED;
		save(r);
	}
	if (r->lock >= 0)
		close(r->lock);
	free(r);
}

static const struct release_ops emul_ops = {
	.step = release_step,
	.cancel = release_cancel,
	.free = release_free,
};

static int choose(struct emul_release *r, enum tdxctl_strategy asked,
		  const struct tdmgr_td_info *info)
{
	uint32_t *why = r->st.reason;

	why[TDXCTL_STRATEGY_TERMINATE] = TDXCTL_REASON_NO_IOCTL;
	why[TDXCTL_STRATEGY_RELEASE] = info->finalized ? TDXCTL_REASON_OK :
							 TDXCTL_REASON_NOT_FINALIZED;
	why[TDXCTL_STRATEGY_EARLY] = TDXCTL_REASON_NO_SYMBOL;
	why[TDXCTL_STRATEGY_STOP] = TDXCTL_REASON_USER_SPACE;
	if (asked == TDXCTL_STRATEGY_AUTO)
		asked = info->finalized ? TDXCTL_STRATEGY_RELEASE : TDXCTL_STRATEGY_STOP;
	if (why[asked] != TDXCTL_REASON_OK && why[asked] != TDXCTL_REASON_USER_SPACE)
		return ctx_fail(r->base.ctx, -EOPNOTSUPP,
				"use '--strategy stop' to end the VMM instead",
				"%s: strategy %s is not available: %s", r->name,
				tdxctl_strategy_str(asked), tdxctl_reason_str(why[asked]));
	r->st.strategy = asked;
	return 0;
}

int emul_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      const struct tdxctl_release_options *opts, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan)
{
	struct emul_td *t = emul_td_by_id(ctx->host, td->td.id);
	struct tdmgr_td_info info;
	struct emul_release *r;
	int err;

	if (!t || !t->td)
		return ctx_fail(ctx, -ESRCH, "only a reboot frees what it leaked",
				"%s: the process that created td:%u has ended", td->vm.name,
				td->td.id);
	r = calloc(1, sizeof(*r));
	if (!r)
		return ctx_nomem(ctx);
	tdmgr_td_get_info(t->td, &info);
	*r = (struct emul_release){
		.base = { .ops = &emul_ops, .ctx = ctx },
		.td_id = t->id,
		.tdr = t->tdr,
		.lock = -1,
		.st = {
			.hkid = info.hkid ? info.hkid : td->td.last_hkid,
			.hkid_freed = !info.hkid && !info.leaked,
			.pages_total = info.private_pages,
			.pages_left = info.private_pages,
		},
	};
	r->mapped = info.private_pages;
	snprintf(r->name, sizeof(r->name), "%s", td->vm.name);
	err = choose(r, opts->strategy, &info);
	*plan = r->st;
	if (err) {
		release_free(&r->base);
		return err;
	}
	*out = &r->base;
	return 0;
}
