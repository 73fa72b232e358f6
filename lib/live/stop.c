/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strategy STOP: ends the VMM and waits until its TD is torn down. */
#include <signal.h>
#include <time.h>
#include "live.h"

#define TERM_TIMEOUT_NS (10 * NSEC_PER_SEC) /* from SIGTERM to SIGKILL */
#define POLL_MS		50

static int send_signal(struct live_release *r, int sig, enum stop_stage next)
{
	int err = op_pidfd_send_signal(r->base.ctx, r->pidfd, sig);

	if (err < 0 && err != -ESRCH)
		return ctx_fail(r->base.ctx, err, "run as root or as the VM's owner",
				"%s: cannot send a signal to process %d: %s", r->name, r->pid,
				strerror(-err));
	r->stage = err == -ESRCH ? STOP_ENDED : next;
	r->stage_ns = tdxctl_clock_ns();
	return 0;
}

/* Updates the state from the ledger. */
static int update_state(struct live_release *r)
{
	struct tdxctl_release_state *st = &r->st;
	struct tdxctl_snapshot *snap;
	const struct tdxctl_td *td = NULL;
	int err = helper_snapshot(r->base.ctx, r->dev, &snap);

	if (err)
		return err;
	for (size_t i = 0; i < snap->nr_tds; i++)
		if (tdxctl_same_td(&r->initial, &snap->tds[i].td))
			td = &snap->tds[i].td;
	if (!td) {
		st->hkid_freed = true;
		st->pages_left = 0;
		st->phase = TDXCTL_PHASE_DONE;
	} else {
		st->pages_left = td->private_pages;
		st->hkid_freed = !td->hkid;
		if (td->seamcalls > r->initial.seamcalls)
			st->seamcalls = td->seamcalls - r->initial.seamcalls;
		st->phase = td->hkid ? TDXCTL_PHASE_HKID : TDXCTL_PHASE_PAGES;
		if (td->state == TDXCTL_TD_LEAKED) {
			st->phase = TDXCTL_PHASE_FAILED;
			st->result = -EIO;
			release_leaked(r, td);
		}
	}
	tdxctl_snapshot_free(snap);
	return 0;
}

int stop_step(struct live_release *r, unsigned int wait_ms)
{
	struct tdxctl_ctx *ctx = r->base.ctx;
	uint64_t end = tdxctl_clock_ns() + wait_ms * 1000000ULL;
	int err = 0;

	if (r->stage == STOP_NEW) {
		r->started_ns = tdxctl_clock_ns();
		err = send_signal(r, SIGTERM, STOP_TERM);
	}
	while (!err) {
		r->st.duration_ns = tdxctl_clock_ns() - r->started_ns;
		err = update_state(r);
		if (err || r->st.phase >= TDXCTL_PHASE_DONE)
			return err;
		if (tdxctl_clock_ns() >= end)
			return 0;
		if (r->stage == STOP_ENDED) {
			struct timespec ts = { .tv_nsec = POLL_MS * 1000000L };

			if (nanosleep(&ts, NULL))
				return -EINTR;
			continue;
		}
		err = op_pidfd_wait(ctx, r->pidfd, POLL_MS);
		if (err > 0) {
			r->stage = STOP_ENDED;
			err = 0;
		} else if (!err && r->stage == STOP_TERM &&
			   tdxctl_clock_ns() - r->stage_ns > TERM_TIMEOUT_NS) {
			ctx_log(ctx, TDXCTL_LOG_WARN,
				"%s: still running after SIGTERM, sending SIGKILL", r->name);
			err = send_signal(r, SIGKILL, STOP_KILL);
		}
	}
	return err;
}
