// SPDX-License-Identifier: GPL-2.0-only
/* TDXCTL_IOC_RELEASE: releases the HKID and the memory of a TD before its VMM ends. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>
#include <linux/uidgid.h>

#include "release.h"

static_assert(ARRAY_SIZE(((struct tdxctl_release_args *)0)->reason) >= TDXCTL_STRATEGIES);

/* Reports progress and result; the phase of a running job comes from the ledger. */
static void report_locked(struct job *j, struct tdxctl_release_args *a)
{
	job_progress_locked(j);
	a->strategy = j->strategy;
	a->result = j->result;
	a->phase = j->phase;
	if (j->task)
		a->phase = j->last.found && !j->last.hkid ? TDXCTL_PHASE_PAGES : TDXCTL_PHASE_HKID;
	else if (j->phase == TDXCTL_PHASE_PAGES && !j->last.pages)
		a->phase = TDXCTL_PHASE_DONE;
	a->hkid = TDXCTL_UNKNOWN32;
	a->pages_total = TDXCTL_UNKNOWN;
	a->pages_left = TDXCTL_UNKNOWN;
	if (j->last.found) {
		a->hkid = j->start.hkid ?: j->start.last_hkid;
		a->hkid_freed = !j->last.hkid;
		a->pages_total = j->start.pages;
		a->pages_left = j->last.pages;
		a->seamcalls = j->last.calls - j->start.calls;
		a->page_seamcalls = j->last.reclaims - j->start.reclaims;
	} else {
		a->hkid_freed = a->phase == TDXCTL_PHASE_DONE ||
				(a->phase == TDXCTL_PHASE_PAGES && !j->task);
	}
	a->started_ns = j->started_ns;
	a->ended_ns = j->task ? 0 : j->ended_ns;
	memcpy(a->reason, j->reason, sizeof(j->reason));
}

static void report_td(const struct td_view *td, struct tdxctl_release_args *a)
{
	a->phase = TDXCTL_PHASE_NONE;
	if (td->found && !td->hkid)
		a->phase = td->pages ? TDXCTL_PHASE_PAGES : TDXCTL_PHASE_DONE;
	a->hkid = td->found ? td->hkid ?: td->last_hkid : TDXCTL_UNKNOWN32;
	a->hkid_freed = td->found && !td->hkid;
	a->pages_total = td->found ? td->pages : TDXCTL_UNKNOWN;
	a->pages_left = a->pages_total;
}

/* How many CPUs would reclaim the pages of a TD. Other strategies do so on one CPU. */
static void report_cpus(u64 tdr, struct tdxctl_release_args *a)
{
	if (a->strategy == TDXCTL_STRATEGY_EARLY)
		a->reclaim_cpus = reclaim_cpus(a->cpus ?: early_vm_cpus(tdr));
}

/* One call of the ioctl. */
struct request {
	u64 owner; /* id of the caller's open file */
	struct tdxctl_release_args *a;
	struct pid *pid;
	struct task_struct *leader; /* NULL: the process has ended */
	struct file *file;	    /* NULL: the descriptor is not open */
	struct td_view td;
	u32 reason[TDXCTL_STRATEGIES];
};

/* Finds process and file of @r, if they exist. The caller drops the references. */
static void find_file(struct request *r)
{
	r->leader = get_pid_task(r->pid, PIDTYPE_TGID);
	if (r->leader)
		r->file = vmfile_get(r->leader, r->a->vm_fd);
}

/* Finds the TD of @r, and the available strategies. */
static int identify(struct request *r)
{
	struct observe_keyids keyids;
	bool from_start;
	u64 tdr, since;

	if (!r->leader)
		return -ESRCH;
	if (!r->file)
		return -EBADF;
	if (!vmfile_is_vm(r->file))
		return -EINVAL;

	tdr = td_of_file(r->leader, r->file);
	if (!tdr && r->a->tdr) {
		/* A TD that is older than the ledger may have no owner there. */
		td_view_get(&r->td, r->a->tdr);
		if (r->td.found && !r->td.owner_known)
			tdr = r->a->tdr;
	}
	if (r->a->tdr && r->a->tdr != tdr)
		return -EINVAL;
	td_view_get(&r->td, tdr);
	strategy_reasons(r->reason, &r->td);

	observe_keyids_get(&keyids, &since, &from_start);
	if (!r->td.found && from_start) {
		memset32(r->reason, TDXCTL_REASON_NOT_TD, TDXCTL_STRATEGIES);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Starts the thread of @j for the VM of @r. */
static int launch_locked(struct job *j, struct request *r)
{
	struct mm_struct *mm = vmfile_mm(r->leader);

	if (!mm)
		return -ESRCH;
	memcpy(j->reason, r->reason, sizeof(j->reason));
	return job_start_locked(j, get_file(r->file), mm);
}

/* Plans a release. Needs a thread too: KVM accepts commands only from the VM's memory map. */
static int dry_run(struct request *r)
{
	struct tdxctl_release_args *a = r->a;
	struct job *j;
	int ret = 0;

	if (strategy_usable(r->reason, TDXCTL_STRATEGY_TERMINATE)) {
		j = job_alloc(r->pid, a->vm_fd, r->td.tdr);
		if (IS_ERR(j))
			return PTR_ERR(j);
		j->probe_only = true;
		mutex_lock(&job_mutex);
		ret = launch_locked(j, r);
		mutex_unlock(&job_mutex);
		if (!ret && wait_event_interruptible(j->ended_wq, !READ_ONCE(j->task))) {
			mutex_lock(&job_mutex);
			job_cancel_locked(j);
			mutex_unlock(&job_mutex);
			ret = -EINTR;
		}
		if (!ret)
			memcpy(r->reason, j->reason, sizeof(r->reason));
		job_put(j);
		if (ret)
			return ret;
	}
	report_td(&r->td, a);
	a->strategy = strategy_pick(r->reason, a->strategy) ?: TDXCTL_STRATEGY_STOP;
	report_cpus(r->td.tdr, a);
	return 0;
}

/*
 * Starts a release, or resumes one that ended early. Returns a job to watch, NULL if
 * nothing is left to do, or an error pointer.
 */
static struct job *start_release_locked(struct request *r, struct job *j)
{
	struct tdxctl_release_args *a = r->a;
	bool fresh = !j || j->tdr != r->td.tdr || j->start.seq != r->td.seq;
	u32 wanted = a->strategy;
	int ret;

	if (r->td.found && !r->td.hkid) {
		if (!wanted && !fresh)
			wanted = j->strategy;
		if (!r->td.pages || strategy_leaves_pages(wanted))
			return fresh ? NULL : j;
	}
	if (!strategy_pick(r->reason, wanted))
		return ERR_PTR(-EOPNOTSUPP);
	if (fresh) {
		j = job_add_locked(r->pid, a->vm_fd, r->td.tdr);
		if (IS_ERR(j))
			return j;
		j->start = r->td;
		j->last = r->td;
		j->started_ns = ktime_get_ns();
	}
	j->owner = r->owner;
	j->reported = false;
	j->wanted = wanted;
	j->cpus = a->cpus;
	j->result = 0;
	ret = launch_locked(j, r);
	if (ret) {
		if (fresh)
			job_drop_locked(j);
		return ERR_PTR(ret);
	}
	pr_info("release of TD 0x%llx (process %d, descriptor %d) requested by %s[%d], uid %u\n",
		r->td.tdr, task_tgid_nr(r->leader), a->vm_fd, current->comm, task_tgid_nr(current),
		from_kuid(&init_user_ns, current_uid()));
	return j;
}

/* Waits for @j and its pages, reports it and drops the reference of the caller. */
static int watch(struct request *r, struct job *j)
{
	struct tdxctl_release_args *a = r->a;
	bool dry = a->flags & TDXCTL_RELEASE_DRY_RUN;
	bool wait = a->wait_ms && !dry;
	u64 queued, tdr;
	long left = 1;
	int ret = 0;

	if (wait)
		left = wait_event_interruptible_timeout(j->ended_wq, !READ_ONCE(j->task),
							msecs_to_jiffies(a->wait_ms));
	mutex_lock(&job_mutex);
	tdr = j->early_tdr ?: j->tdr;
	mutex_unlock(&job_mutex);
	if (left < 0 || a->flags & TDXCTL_RELEASE_CANCEL)
		wait = false;
	queued = early_vm_wait(tdr, a->flags ? 0 : a->cpus, wait ? jiffies_to_msecs(left) : 0);
	mutex_lock(&job_mutex);
	report_locked(j, a);
	a->pages_queued = queued;
	if (left < 0)
		ret = -EINTR;
	else if (!j->task && j->result == -EOPNOTSUPP)
		ret = -EOPNOTSUPP;
	if (!j->task && j->owner == r->owner && !ret)
		j->reported = true;
	mutex_unlock(&job_mutex);
	if (dry)
		report_cpus(tdr, a);
	job_put(j);
	return ret;
}

static int release_request(struct request *r)
{
	struct tdxctl_release_args *a = r->a;
	bool cancel = a->flags & TDXCTL_RELEASE_CANCEL;
	bool dry = a->flags & TDXCTL_RELEASE_DRY_RUN;
	struct job *j, *running;
	int ret;

	find_file(r);
	mutex_lock(&job_mutex);
	j = job_find_locked(r->pid, a->vm_fd, r->file, a->tdr);
	if (j && cancel)
		job_cancel_locked(j);
	/* It is running, or its starter has not seen yet how it ended. */
	if (j && (j->task || (!dry && (cancel || (j->owner == r->owner && !j->reported)))))
		goto watch;

	ret = identify(r);
	memcpy(a->reason, r->reason, sizeof(r->reason));
	if (ret) {
		/* The VM is gone, but the result of its release is known. */
		if (j && (ret == -ESRCH || ret == -EBADF))
			goto watch;
		goto unlock;
	}
	/* The same VM under another descriptor number. */
	running = job_running_locked(r->file);
	if (running) {
		j = running;
		if (cancel)
			job_cancel_locked(j);
		goto watch;
	}
	if (dry) {
		mutex_unlock(&job_mutex);
		ret = dry_run(r);
		memcpy(a->reason, r->reason, sizeof(r->reason));
		return ret;
	}
	if (cancel) {
		report_td(&r->td, a);
		goto unlock;
	}
	j = start_release_locked(r, j);
	if (IS_ERR(j)) {
		report_td(&r->td, a);
		ret = PTR_ERR(j);
		goto unlock;
	}
	if (j)
		goto watch;
	report_td(&r->td, a);
unlock:
	mutex_unlock(&job_mutex);
	return ret;

watch:
	refcount_inc(&j->refs);
	mutex_unlock(&job_mutex);
	return watch(r, j);
}

int release_ioctl(u64 owner, struct tdxctl_release_args *args)
{
	const u32 known = TDXCTL_RELEASE_DRY_RUN | TDXCTL_RELEASE_CANCEL;
	struct request r = { .owner = owner, .a = args };
	u32 cpus = args->cpus;
	int ret;

	if (args->flags & ~known || args->flags == known || args->strategy >= TDXCTL_STRATEGIES)
		return -EINVAL;
	memset_startat(args, 0, phase);
	args->cpus = cpus;

	r.pid = vmfile_pid(args->pidfd);
	if (IS_ERR(r.pid))
		return PTR_ERR(r.pid);
	ret = release_request(&r);
	if (r.file)
		fput(r.file);
	if (r.leader)
		put_task_struct(r.leader);
	put_pid(r.pid);
	return ret;
}
