// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the threads of a VMM leave KVM_RUN, again and again: each time they come
 * back to KVM's lock of their vCPU somebody may be waiting for it. KVM_RUN
 * returns EINTR to the VMM, as it does at any signal; there is none to be
 * handled. After a time the waiting thread is woken up instead.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/kvm.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <asm/unistd.h>

#include "early.h"

#define KICK_MS		5

struct vcpu_kick {
	struct delayed_work work;
	struct task_struct *leader;
	struct task_struct *waiter;
	unsigned long deadline;
	bool expired;
};

/* The registers are read while the thread runs: a wrong guess costs an EINTR. */
static bool in_kvm_run(struct task_struct *t)
{
	struct pt_regs *at = task_pt_regs(t), regs;

	if (copy_from_kernel_nofault(&regs, at, sizeof(regs)))
		return false;
	return regs.orig_ax == __NR_ioctl && regs.si == KVM_RUN;
}

static void kick_all(struct task_struct *leader)
{
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(leader, t) {
		if (!in_kvm_run(t))
			continue;
		/* As set_notify_signal(), whose wake-up is not exported. */
		set_tsk_thread_flag(t, TIF_NOTIFY_SIGNAL);
		if (!wake_up_process(t))
			kick_process(t);
	}
	rcu_read_unlock();
}

static void kick_fn(struct work_struct *work)
{
	struct vcpu_kick *k = container_of(to_delayed_work(work), struct vcpu_kick, work);

	if (time_after(jiffies, k->deadline)) {
		WRITE_ONCE(k->expired, true);
		send_sig(SIGKILL, k->waiter, 1);
		return;
	}
	kick_all(k->leader);
	schedule_delayed_work(&k->work, msecs_to_jiffies(KICK_MS));
}

/* The caller will wait for locks, killably, for at most @timeout_ms. */
struct vcpu_kick *kick_start(struct task_struct *leader, unsigned int timeout_ms)
{
	struct vcpu_kick *k = kzalloc(sizeof(*k), GFP_KERNEL);

	if (!k)
		return NULL;
	INIT_DELAYED_WORK(&k->work, kick_fn);
	get_task_struct(leader);
	k->leader = leader;
	k->waiter = current;
	k->deadline = jiffies + msecs_to_jiffies(timeout_ms);
	schedule_delayed_work(&k->work, 0);
	return k;
}

/* Whether time was up. */
bool kick_stop(struct vcpu_kick *k)
{
	bool expired;

	cancel_delayed_work_sync(&k->work);
	expired = k->expired;
	put_task_struct(k->leader);
	kfree(k);
	return expired;
}
