// SPDX-License-Identifier: GPL-2.0-only
/* Release jobs: their threads, and their list. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "kvm-tdx-abi.h"
#include "release.h"

#define MAX_JOBS 64

DEFINE_MUTEX(job_mutex);
static LIST_HEAD(jobs); /* newest first */
static unsigned int nr_jobs;

static bool interrupted(long ret)
{
	return ret == -EINTR || ret == -ERESTARTSYS || ret == -EAGAIN;
}

/* ---- the thread ---- */

void job_put(struct job *j)
{
	if (!refcount_dec_and_test(&j->refs))
		return;
	put_pid(j->pid);
	kfree(j);
}

/*
 * KVM reads a command from memory that the VMM may change meanwhile, at worst to
 * KVM_TDX_INIT_VM. KVM refuses that for a TD that is initialized; for any other VM it
 * would charge the HKID to the cgroup of this thread instead of the VMM's. Returns true
 * if the TD is initialized according to KVM, else to the ledger, else @unknown.
 */
static bool is_initialized(const struct job *j, bool unknown)
{
	struct task_struct *leader = get_pid_task(j->pid, PIDTYPE_TGID);
	struct kvm_layout l;
	struct td_view seen;
	struct kvm_td td;
	bool known, ret;

	if (!leader)
		return false;
	known = layout_get(&l);
	ret = known && !kvm_td_read(&td, &l, j->vm.file, leader) &&
	      (td.state == l.state_initialized || td.state == l.state_runnable);
	put_task_struct(leader);
	if (known)
		return ret;
	td_view_get(&seen, j->tdr);
	return seen.found && seen.finalized_known ? seen.initialized : unknown;
}

/* Asks KVM whether it has KVM_TDX_TERMINATE_VM. */
static void query_capabilities(struct job *j)
{
	u32 reason = TDXCTL_REASON_NO_IOCTL;
	u64 caps = 0;
	long ret;

	ret = vmfile_capabilities(&j->vm, &caps);
	if (!ret && (caps & KVM_TDX_CAP_TERMINATE_VM))
		reason = TDXCTL_REASON_OK;
	mutex_lock(&job_mutex);
	if (j->reason[TDXCTL_STRATEGY_TERMINATE] == TDXCTL_REASON_MAYBE)
		j->reason[TDXCTL_STRATEGY_TERMINATE] = reason;
	mutex_unlock(&job_mutex);
}

static long attempt(struct job *j, u32 strategy)
{
	struct td_view td;
	u64 tdr = 0;
	long ret;

	switch (strategy) {
	case TDXCTL_STRATEGY_TERMINATE:
		td_view_get(&td, j->tdr);
		/* Done before; user space reclaims the pages by punching holes. */
		if (td.found && !td.hkid)
			return 0;
		if (!is_initialized(j, true))
			return -EOPNOTSUPP;
		return vmfile_command(&j->vm, KVM_TDX_TERMINATE_VM, 0);
	case TDXCTL_STRATEGY_RELEASE:
		if (!is_initialized(j, true))
			return -EOPNOTSUPP;
		return vmfile_command(&j->vm, KVM_TDX_RELEASE_VM, 0);
	case TDXCTL_STRATEGY_EARLY:
		td_view_get(&td, j->tdr);
		if (td.found && !td.hkid)
			return 0;
		ret = early_release(&j->vm, j->pid, j->tdr, j->cpus, &tdr);
		mutex_lock(&job_mutex);
		j->early_tdr = tdr;
		mutex_unlock(&job_mutex);
		return ret;
	}
	return -EOPNOTSUPP;
}

static void run_strategies(struct job *j)
{
	long ret = -EOPNOTSUPP;
	struct td_view td;
	bool cancel;
	u32 s;

	if (strategy_usable(j->reason, TDXCTL_STRATEGY_TERMINATE) &&
	    is_initialized(j, !j->probe_only))
		query_capabilities(j);
	for (;;) {
		mutex_lock(&job_mutex);
		cancel = j->cancel;
		s = strategy_pick(j->reason, j->wanted);
		if (!j->probe_only)
			j->strategy = s;
		mutex_unlock(&job_mutex);
		if (j->probe_only)
			return;
		if (cancel)
			ret = -EINTR;
		if (cancel || s == TDXCTL_STRATEGY_AUTO)
			break;

		ret = attempt(j, s);
		if (!strategy_refused(ret))
			break;
		mutex_lock(&job_mutex);
		j->reason[s] = strategy_refusal_reason(s, ret);
		mutex_unlock(&job_mutex);
	}

	if (s == TDXCTL_STRATEGY_AUTO && !cancel) {
		/*
		 * No strategy is left. If the HKID is released, the VM was terminated
		 * before; a dead VM no longer reports the capability.
		 */
		td_view_get(&td, j->tdr);
		ret = td.found && !td.hkid ? 0 : -EOPNOTSUPP;
		if (!ret)
			s = TDXCTL_STRATEGY_TERMINATE;
	}

	mutex_lock(&job_mutex);
	/*
	 * A cancel that comes when the wait for the vCPUs expires looks like the timeout:
	 * the VM is unchanged in both cases.
	 */
	if (j->cancel && ret == -EBUSY)
		ret = -EINTR;
	j->strategy = s;
	j->result = ret;
	if (!ret)
		j->phase = strategy_leaves_pages(s) ? TDXCTL_PHASE_PAGES : TDXCTL_PHASE_DONE;
	else if (interrupted(ret) && j->cancel)
		j->phase = TDXCTL_PHASE_CANCELLED;
	else
		j->phase = TDXCTL_PHASE_FAILED;
	mutex_unlock(&job_mutex);
}

void job_progress_locked(struct job *j)
{
	struct td_view td;

	td_view_get(&td, j->tdr);
	if (td.found && td.seq == j->start.seq) {
		j->last = td;
	} else if (j->start.found) {
		/* The TDR, the last page of a TD, was reclaimed. */
		j->last.hkid = 0;
		j->last.pages = 0;
	}
}

static int job_thread(void *arg)
{
	struct job *j = arg;
	struct vmfile_user vm;
	int ret;

	/* To KVM, a cancelled release looks like one whose caller was killed. */
	allow_signal(SIGKILL);
	ret = vmfile_enter(&j->vm);
	if (!ret) {
		run_strategies(j);
		disallow_signal(SIGKILL);
		vmfile_leave(&j->vm);
	}

	mutex_lock(&job_mutex);
	if (ret) {
		j->phase = j->cancel ? TDXCTL_PHASE_CANCELLED : TDXCTL_PHASE_FAILED;
		j->result = ret;
	}
	/* While the VM still exists, because its record ends with it. */
	job_progress_locked(j);
	j->ended_ns = ktime_get_ns();
	put_task_struct(j->task);
	j->task = NULL;
	/* From here on the job can be started again, with other references. */
	vm = j->vm;
	mutex_unlock(&job_mutex);

	mmput(vm.mm);
	fput(vm.file);
	wake_up_all(&j->ended_wq);
	job_put(j);
	module_put_and_kthread_exit(0);
	return 0;
}

void job_cancel_locked(struct job *j)
{
	if (!j->task)
		return;
	j->cancel = true;
	send_sig(SIGKILL, j->task, 1);
}

/* Consumes the references on @file and @mm, also on failure. */
int job_start_locked(struct job *j, struct file *file, struct mm_struct *mm)
{
	struct task_struct *t;

	t = kthread_create(job_thread, j, "tdxctl-release");
	if (IS_ERR(t)) {
		mmput(mm);
		fput(file);
		return PTR_ERR(t);
	}
	__module_get(THIS_MODULE);
	refcount_inc(&j->refs);
	get_task_struct(t);
	j->task = t;
	j->vm = (struct vmfile_user){ .file = file, .mm = mm };
	j->cancel = false;
	j->ended_ns = 0;
	wake_up_process(t);
	return 0;
}

/* ---- the list ---- */

/* Allocates a job that is not in the list. */
struct job *job_alloc(struct pid *pid, int vm_fd, u64 tdr)
{
	struct job *j = kzalloc(sizeof(*j), GFP_KERNEL);

	if (!j)
		return ERR_PTR(-ENOMEM);
	refcount_set(&j->refs, 1);
	init_waitqueue_head(&j->ended_wq);
	j->pid = get_pid(pid);
	j->vm_fd = vm_fd;
	j->tdr = tdr;
	return j;
}

/*
 * @file: what the descriptor refers to now, or NULL. A running job whose descriptor was
 * closed is not that of another VM that has got the number. A caller with @tdr means it.
 */
struct job *job_find_locked(const struct pid *pid, int vm_fd, const struct file *file, u64 tdr)
{
	struct job *j;

	list_for_each_entry(j, &jobs, node) {
		if (j->pid != pid || j->vm_fd != vm_fd || (tdr && j->tdr != tdr))
			continue;
		if (tdr || !j->task || !file || j->vm.file == file)
			return j;
	}
	return NULL;
}

/* @file: of the VM, under any descriptor. */
struct job *job_running_locked(const struct file *file)
{
	struct job *j;

	list_for_each_entry(j, &jobs, node)
		if (j->task && j->vm.file == file)
			return j;
	return NULL;
}

void job_drop_locked(struct job *j)
{
	list_del(&j->node);
	nr_jobs--;
	job_put(j);
}

/* Adds a job; if there are too many, it replaces the oldest ended one, else -EBUSY. */
struct job *job_add_locked(struct pid *pid, int vm_fd, u64 tdr)
{
	struct job *j, *victim;

	if (nr_jobs >= MAX_JOBS) {
		list_for_each_entry_reverse(victim, &jobs, node)
			if (!victim->task)
				break;
		if (list_entry_is_head(victim, &jobs, node))
			return ERR_PTR(-EBUSY);
		job_drop_locked(victim);
	}
	j = job_alloc(pid, vm_fd, tdr);
	if (IS_ERR(j))
		return j;
	list_add(&j->node, &jobs);
	nr_jobs++;
	return j;
}

/* Cancels the jobs that the open file @owner has started. */
void job_cancel_owned(u64 owner)
{
	struct job *j;

	mutex_lock(&job_mutex);
	list_for_each_entry(j, &jobs, node)
		if (j->owner == owner)
			job_cancel_locked(j);
	mutex_unlock(&job_mutex);
}

/* No job is running, because each holds a reference on the module. */
void job_exit(void)
{
	struct job *j, *next;

	mutex_lock(&job_mutex);
	list_for_each_entry_safe(j, next, &jobs, node)
		job_drop_locked(j);
	mutex_unlock(&job_mutex);
}
