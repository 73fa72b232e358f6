/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Releases a TD of the live host. The helper gets a pidfd and a descriptor number and
 * checks that they refer to this TD: neither a reused PID nor a reused descriptor number
 * can release another VM.
 */
#include <stdio.h>
#include <time.h>
#include "live.h"

#define POLL_MS		 50
#define PAGES_TIMEOUT_NS (3 * NSEC_PER_SEC) /* without a page freed */

static void reasons_from(struct tdxctl_release_state *st, const struct tdxctl_release_args *a)
{
	for (int i = 0; i < TDXCTL_STRATEGIES; i++)
		st->reason[i] = a->reason[i] < TDXCTL_REASONS ? a->reason[i] : TDXCTL_REASON_MAYBE;
	/* Ending the VMM needs no kernel support. */
	st->reason[TDXCTL_STRATEGY_STOP] = TDXCTL_REASON_USER_SPACE;
}

static void set_state(struct live_release *r, const struct tdxctl_release_args *a)
{
	struct tdxctl_release_state *st = &r->st;

	st->strategy = a->strategy < TDXCTL_STRATEGIES ? a->strategy : TDXCTL_STRATEGY_AUTO;
	st->phase = a->phase < TDXCTL_PHASES ? a->phase : TDXCTL_PHASE_NONE;
	st->result = a->result;
	st->hkid = a->hkid;
	st->hkid_freed = !!a->hkid_freed;
	st->pages_total = a->pages_total;
	st->pages_left = a->pages_left;
	st->seamcalls = a->seamcalls;
	st->page_seamcalls = a->page_seamcalls;
	st->duration_ns = 0;
	if (a->started_ns) {
		uint64_t end = a->ended_ns ? a->ended_ns : tdxctl_clock_ns();

		st->duration_ns = end > a->started_ns ? end - a->started_ns : 0;
	}
	reasons_from(st, a);
}

/* Whether the helper frees only the HKID; pages are freed through the guest_memfd. */
static bool leaves_pages(enum tdxctl_strategy s)
{
	return s == TDXCTL_STRATEGY_TERMINATE || s == TDXCTL_STRATEGY_EARLY;
}

static int call(struct live_release *r, uint32_t flags, unsigned int wait_ms,
		struct tdxctl_release_args *a)
{
	*a = (struct tdxctl_release_args){
		.size = sizeof(*a),
		.flags = flags,
		.pidfd = r->pidfd,
		.vm_fd = r->vm_fd,
		.tdr = r->initial.tdr,
		.strategy = r->strategy == TDXCTL_STRATEGY_STOP ? TDXCTL_STRATEGY_AUTO :
								  r->strategy,
		.wait_ms = wait_ms,
		.cpus = r->cpus,
	};
	return op_ioctl(r->base.ctx, r->dev, TDXCTL_IOC_RELEASE, a);
}

struct candidates {
	struct live_release *r;
	int first; /* already tried */
	int err;   /* of the last descriptor tried */
	struct tdxctl_release_args args;
};

/* Tries one descriptor of the process. Returns 0 when it is not this TD, else 1. */
static int try_fd(struct candidates *c, int fd)
{
	c->r->vm_fd = fd;
	c->err = call(c->r, TDXCTL_RELEASE_DRY_RUN, 0, &c->args);
	return c->err != -EINVAL && c->err != -EBADF;
}

static int try_other_fd(void *arg, unsigned int fd)
{
	struct candidates *c = arg;
	char link[128];

	if ((int)fd == c->first)
		return 0;
	if (process_link(c->r->base.ctx, c->r->pid, fd, link, sizeof(link)) || !link_is_vm(link))
		return 0;
	return try_fd(c, (int)fd);
}

/* Makes the dry run; searches the VM file if its number has changed since creation. */
static int dry_run(struct live_release *r, int vm_fd, struct tdxctl_release_args *a)
{
	struct candidates c = { .r = r, .first = vm_fd, .err = -EBADF };

	if ((vm_fd < 0 || !try_fd(&c, vm_fd)) &&
	    process_each_fd(r->base.ctx, r->pid, try_other_fd, &c) != 1 && vm_fd >= 0 &&
	    (c.err == -EINVAL || c.err == -EBADF))
		try_fd(&c, vm_fd);
	*a = c.args;
	return c.err;
}

static int no_strategy(struct live_release *r, enum tdxctl_strategy asked)
{
	const char *hint = "use '--strategy stop' to end the VMM instead";
	uint32_t why = r->st.reason[asked];

	if (why == TDXCTL_REASON_NOT_TD)
		return ctx_fail(r->base.ctx, -EINVAL, "'tdxctl td' lists the TDs", "%s: not a TD",
				r->name);
	if (asked == TDXCTL_STRATEGY_AUTO)
		return ctx_fail(r->base.ctx, -EOPNOTSUPP, hint,
				"%s: this kernel cannot release a running TD", r->name);
	if (asked == TDXCTL_STRATEGY_EARLY && r->st.early_problem[0])
		return ctx_fail(r->base.ctx, -EOPNOTSUPP, hint,
				"%s: strategy %s is not available: %s: %s", r->name,
				tdxctl_strategy_str(asked), tdxctl_reason_str(why),
				r->st.early_problem);
	return ctx_fail(r->base.ctx, -EOPNOTSUPP, hint, "%s: strategy %s is not available: %s",
			r->name, tdxctl_strategy_str(asked),
			why ? tdxctl_reason_str(why) : "refused by the helper");
}

static int open_failed(struct live_release *r, int err)
{
	struct tdxctl_ctx *ctx = r->base.ctx;

	switch (err) {
	case -ESRCH:
		return ctx_fail(ctx, err, "'tdxctl td' lists the TDs", "%s: process %d has ended",
				r->name, r->pid);
	case -EBADF:
	case -EINVAL:
		return ctx_fail(ctx, -EINVAL,
				"'tdxctl td show' lists the processes that hold its files",
				"%s: process %d has no VM file of this TD", r->name, r->pid);
	case -EOPNOTSUPP:
		return no_strategy(r, r->strategy);
	case -EBUSY:
		return ctx_fail(ctx, err, "wait for one to finish, then try again",
				"%s: too many releases are running", r->name);
	default:
		/* All that an older helper does not know is zero, unless the user limits the CPUs. */
		if (err == -E2BIG && r->cpus)
			return ctx_fail(ctx, -ENOTTY,
					"reload it: 'tdxctl helper unload && tdxctl helper load'",
					"%s: the loaded helper is older than this tdxctl: it cannot limit the CPUs",
					r->name);
		return helper_fail(ctx, err, "release");
	}
}

static void switch_to_stop(struct live_release *r)
{
	r->strategy = r->st.strategy = TDXCTL_STRATEGY_STOP;
	/* The ledger counts the SEAMCALLs of the TD, but not those for pages separately. */
	r->st.page_seamcalls = TDXCTL_UNKNOWN;
}

/* Sets the error for a release that failed in the helper. */
static void set_failure(struct live_release *r)
{
	struct tdxctl_ctx *ctx = r->base.ctx;
	int err = r->st.result;
	struct tdxctl_td td;

	if (r->st.strategy == TDXCTL_STRATEGY_EARLY && err == -EBUSY)
		ctx_fail(ctx, err, "try again, or use '--strategy stop' to end the VMM",
			 "%s: a vCPU of process %d did not stop in time; the VM is unchanged",
			 r->name, r->pid);
	else if (r->st.strategy == TDXCTL_STRATEGY_EARLY && err == -ENOSPC)
		ctx_fail(ctx, err, "end the VMMs of released TDs, then try again",
			 "%s: too many VMs that were released early still exist", r->name);
	else if (release_td_failed(r, &td) && td.state == TDXCTL_TD_LEAKED)
		release_leaked(r, &td);
	else if (td.fail_leaf && td.hkid)
		ctx_fail(ctx, err,
			 "use '--strategy stop' to end the VMM; the kernel then tries again",
			 "%s: HKID %u was not freed: %s: %s", r->name, td.hkid, release_leaf(&td),
			 release_status(&td));
	else
		ctx_fail(ctx, err, "check the kernel log", "%s: release failed: %s", r->name,
			 strerror(-err));
}

/*
 * All guest_memfd are punched, but pages are left: the VMM may be freeing them itself.
 * Returns true while their number decreases.
 */
static bool pages_decrease(struct live_release *r, unsigned int wait_ms)
{
	uint64_t now = tdxctl_clock_ns();

	if (r->st.pages_left != r->left_seen) {
		r->left_seen = r->st.pages_left;
		r->left_ns = now;
	} else if (now - r->left_ns > PAGES_TIMEOUT_NS) {
		return false;
	}
	/* An ended process may still be freeing its memory: poll. */
	if (op_pidfd_wait(r->base.ctx, r->pidfd, (int)wait_ms) > 0) {
		struct timespec ts = { .tv_nsec = POLL_MS * 1000000L };

		nanosleep(&ts, NULL);
	}
	return true;
}

/*
 * Frees the pages of a TD whose HKID is free: punches its guest_memfd files. The helper
 * reclaims the pages meanwhile, and is waited for in the end.
 */
static int free_pages(struct live_release *r, unsigned int wait_ms)
{
	struct tdxctl_release_args a;
	struct tdxctl_td td;
	int done = 0;

	if (!r->gmem_open)
		done = gmem_open(r);
	if (!done)
		done = gmem_punch(r, wait_ms);
	if (done < 0)
		return done;
	r->st.phase = TDXCTL_PHASE_PAGES;
	r->punched = done;
	if (!done || call(r, 0, wait_ms, &a))
		return 0;
	set_state(r, &a);
	if (a.pages_queued) {
		r->st.phase = TDXCTL_PHASE_PAGES;
		return 0;
	}
	/* The number of pages is not known, but all of them were in these files. */
	if (r->st.pages_left == TDXCTL_UNKNOWN && r->nr_gmem)
		r->st.pages_left = 0;
	if (!r->st.pages_left || r->st.pages_left == TDXCTL_UNKNOWN) {
		r->st.phase = TDXCTL_PHASE_DONE;
		return 0;
	}
	r->st.phase = TDXCTL_PHASE_PAGES;
	if (pages_decrease(r, wait_ms))
		return 0;
	if (release_td_failed(r, &td))
		return release_leaked(r, &td);
	return ctx_fail(r->base.ctx, -EIO, "use '--strategy stop' to end the VMM instead",
			"%s: %" PRIu64 " pages are not in a guest_memfd of process %d", r->name,
			r->st.pages_left, r->pid);
}

static int release_step(struct tdxctl_release *base, unsigned int wait_ms,
			struct tdxctl_release_state *out)
{
	struct live_release *r = (struct live_release *)base;
	bool punching = r->st.phase == TDXCTL_PHASE_PAGES;
	struct tdxctl_release_args a;
	int err = 0;

	if (r->strategy == TDXCTL_STRATEGY_STOP) {
		if (r->cancelled)
			r->st.phase = TDXCTL_PHASE_CANCELLED;
		else
			err = stop_step(r, wait_ms);
		*out = r->st;
		return err;
	}

	/* Check whether the pages can be freed while the VM can still continue. */
	if (leaves_pages(r->strategy) && !r->gmem_open && !r->cancelled) {
		err = gmem_open(r);
		if (err == -EOPNOTSUPP) {
			r->st.phase = TDXCTL_PHASE_FAILED;
			r->st.result = err;
			*out = r->st;
			return 0;
		}
		/* Other errors are reported when there are pages to punch. */
		r->gmem_open = !err;
		ctx_clear(base->ctx);
	}
	err = call(r, r->cancelled ? TDXCTL_RELEASE_CANCEL : 0,
		   punching && !r->punched ? 0 : wait_ms, &a);
	/* Some kernels refuse only the real call, not the dry run: fall back to STOP. */
	if (err == -EOPNOTSUPP && r->automatic && !r->cancelled) {
		ctx_log(base->ctx, TDXCTL_LOG_WARN,
			"%s: the kernel refused strategy %s, ending the VMM", r->name,
			tdxctl_strategy_str(r->strategy));
		reasons_from(&r->st, &a);
		r->st.reason[r->strategy] = TDXCTL_REASON_NO_IOCTL;
		switch_to_stop(r);
		*out = r->st;
		return 0;
	}
	if (err < 0) {
		if (err == -EOPNOTSUPP)
			reasons_from(&r->st, &a);
		*out = r->st;
		return err == -EINTR ? err : open_failed(r, err);
	}
	set_state(r, &a);
	if (leaves_pages(r->st.strategy) && r->st.hkid_freed && !r->cancelled &&
	    (r->st.phase == TDXCTL_PHASE_PAGES || r->st.phase == TDXCTL_PHASE_DONE) &&
	    r->st.pages_left) {
		/* Return before punching: the user may want to cancel after the long wait. */
		if (punching)
			err = free_pages(r, wait_ms);
		else
			r->st.phase = TDXCTL_PHASE_PAGES;
		if (err) {
			r->st.phase = TDXCTL_PHASE_FAILED;
			r->st.result = err;
		}
	} else if (r->cancelled && leaves_pages(r->st.strategy) &&
		   r->st.phase == TDXCTL_PHASE_PAGES) {
		/* The helper is done, and no more pages are punched. */
		r->st.phase = TDXCTL_PHASE_CANCELLED;
	} else if (!r->cancelled && r->st.phase == TDXCTL_PHASE_CANCELLED) {
		/* This was a release by another process that we had joined: start our own. */
		r->st.phase = TDXCTL_PHASE_HKID;
	}
	if (r->st.phase == TDXCTL_PHASE_FAILED && !tdxctl_error(base->ctx)[0])
		set_failure(r);
	*out = r->st;
	return 0;
}

static int release_cancel(struct tdxctl_release *base)
{
	struct live_release *r = (struct live_release *)base;

	r->cancelled = true;
	return 0;
}

static void release_free(struct tdxctl_release *base)
{
	struct live_release *r = (struct live_release *)base;

	gmem_close(r);
	op_close(base->ctx, r->pidfd);
	op_close(base->ctx, r->dev);
	free(r);
}

static const struct release_ops helper_ops = {
	.step = release_step,
	.cancel = release_cancel,
	.free = release_free,
};

/* Reads what early release lacks in this KVM: the reasons of strategies do not name it. */
static void early_problem(struct live_release *r)
{
	struct tdxctl_info info;
	const char *found;
	char problem[128];

	uint32_t why = r->st.reason[TDXCTL_STRATEGY_EARLY];

	/* Other reasons do not depend on KVM's functions. */
	if (why != TDXCTL_REASON_NO_SYMBOL && why != TDXCTL_REASON_UNKNOWN_KVM)
		return;
	if (helper_info(r->base.ctx, r->dev, &info) ||
	    !tdxctl_sept_problem(&info, problem, sizeof(problem)))
		return;
	found = tdxctl_sept_str(info.sept_callback);
	if (found)
		snprintf(r->st.early_problem, sizeof(r->st.early_problem),
			 "S-EPT callbacks of %s: %s", found, problem);
	else
		snprintf(r->st.early_problem, sizeof(r->st.early_problem), "%s", problem);
}

static int prepare(struct live_release *r, const struct tdxctl_td_view *td,
		   enum tdxctl_strategy strategy)
{
	struct tdxctl_ctx *ctx = r->base.ctx;
	struct tdxctl_release_args a;
	int err;

	r->dev = helper_open(ctx, HELPER_ACT);
	if (r->dev < 0)
		return r->dev == -ENOENT ? -ENOTCONN : r->dev;
	if (!td->vm.pid)
		return ctx_fail(ctx, -ESRCH,
				"'tdxctl td show' lists the processes that still hold its files",
				"%s: the process that created td:%u has ended", r->name,
				r->initial.id);
	r->pidfd = op_pidfd_open(ctx, td->vm.pid);
	if (r->pidfd < 0)
		return r->pidfd == -ESRCH ?
			       open_failed(r, -ESRCH) :
			       ctx_fail(ctx, r->pidfd, NULL, "%s: cannot open process %d: %s",
					r->name, r->pid, strerror(-r->pidfd));
	/* The pidfd refers to one process from here on: check that it is the right one. */
	if (!process_started_at(ctx, td->vm.pid, td->td.owner.start_ns))
		return open_failed(r, -ESRCH);

	err = dry_run(r, td->vm.vm_fd, &a);
	set_state(r, &a);
	if (err < 0 && err != -EOPNOTSUPP)
		return open_failed(r, err);
	early_problem(r);
	if (a.reason[TDXCTL_STRATEGY_AUTO] == TDXCTL_REASON_NOT_TD)
		return no_strategy(r, TDXCTL_STRATEGY_AUTO);
	if (err || !r->st.strategy)
		r->st.strategy = TDXCTL_STRATEGY_STOP;
	/* The helper returns STOP when the requested strategy is not available. */
	if (strategy && strategy != TDXCTL_STRATEGY_STOP && r->st.strategy != strategy)
		return no_strategy(r, strategy);
	r->strategy = strategy ? strategy : r->st.strategy;
	r->automatic = !strategy;
	if (r->strategy == TDXCTL_STRATEGY_STOP) {
		switch_to_stop(r);
		r->st.hkid = td->td.hkid ? td->td.hkid : td->td.last_hkid;
		r->st.hkid_freed = !td->td.hkid;
		r->st.pages_total = r->st.pages_left = td->td.private_pages;
	}
	r->st.strategy = r->strategy;
	r->st.cpus = r->strategy == TDXCTL_STRATEGY_EARLY ? a.reclaim_cpus : 0;
	r->st.phase = TDXCTL_PHASE_NONE;
	return 0;
}

int live_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      const struct tdxctl_release_options *opts, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan)
{
	struct live_release *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return ctx_nomem(ctx);
	*r = (struct live_release){
		.base = { .ops = &helper_ops, .ctx = ctx },
		.dev = -1,
		.pidfd = -1,
		.vm_fd = -1,
		.pid = td->vm.pid,
		.initial = td->td,
		.strategy = opts->strategy,
		.cpus = opts->cpus,
	};
	snprintf(r->name, sizeof(r->name), "%s", td->vm.name);
	err = prepare(r, td, opts->strategy);
	*plan = r->st;
	if (err) {
		release_free(&r->base);
		return err;
	}
	*out = &r->base;
	return 0;
}
