// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the threads of a VMM leave KVM_RUN repeatedly, so that a waiter can get KVM's
 * locks of their vCPUs. KVM_RUN returns EINTR to the VMM, as after any signal; there
 * is no signal to handle. After a timeout the waiter is interrupted instead.
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

#include "compat.h"
#include "release.h"

#define KICK_MS	      5
#define ALL_ROUNDS    10 /* every tenth time all threads of the host are looked at */
#define IA32_NR_IOCTL 54 /* asm/unistd_32.h has the names of asm/unistd_64.h */

#ifndef KVM_PRE_FAULT_MEMORY
#define KVM_PRE_FAULT_MEMORY _IOWR(KVMIO, 0xd5, char[64])
#endif

struct vcpu_kick {
	struct delayed_work work;
	struct mm_struct *mm;
	struct task_struct *leader, *waiter;
	unsigned int rounds;
	unsigned long deadline;
	bool expired;
};

/*
 * Returns true if the thread is in an ioctl that holds a vCPU for a long time and ends
 * on a signal. The thread may be running, so its registers may change: a wrong result
 * only causes an EINTR.
 */
static bool in_vcpu_ioctl(struct task_struct *t)
{
	struct pt_regs *at = task_pt_regs(t), regs;
	u32 command;

	if (copy_from_kernel_nofault(&regs, at, sizeof(regs)))
		return false;
	switch (regs.orig_ax) {
	case __NR_ioctl:
		command = regs.si;
		break;
	case IA32_NR_IOCTL:
		command = regs.cx;
		break;
	default:
		return false;
	}
	return command == KVM_RUN || command == KVM_PRE_FAULT_MEMORY;
}

static void kick_thread(struct task_struct *t, const struct mm_struct *mm)
{
	if (READ_ONCE(t->mm) != mm || !in_vcpu_ioctl(t))
		return;
	/* Like set_notify_signal(), whose wake-up function is not exported. */
	set_tsk_thread_flag(t, TIF_NOTIFY_SIGNAL);
	if (!(READ_ONCE(t->__state) & TASK_INTERRUPTIBLE) || !wake_up_process(t))
		kick_process(t);
}

/* Kicks all threads that use @mm, of any process: KVM serves all of them. */
void kick_vcpus(const struct mm_struct *mm)
{
	struct task_struct *p, *t;

	rcu_read_lock();
	for_each_process_thread(p, t)
		kick_thread(t, mm);
	rcu_read_unlock();
}

/* Kicks the threads of one process. */
static void kick_process_threads(struct task_struct *leader, const struct mm_struct *mm)
{
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(leader, t)
		kick_thread(t, mm);
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
	/* Threads of other processes may run vCPUs too, but hardly ever do. */
	if (k->rounds++ % ALL_ROUNDS)
		kick_process_threads(k->leader, k->mm);
	else
		kick_vcpus(k->mm);
	queue_delayed_work(compat_unbound_wq, &k->work, msecs_to_jiffies(KICK_MS));
}

/*
 * Kicks the threads of @mm, in the process of @leader more often, until kick_stop(). The
 * caller holds both. After @timeout_ms the caller's killable wait is interrupted.
 * Returns NULL without memory.
 */
struct vcpu_kick *kick_start(struct mm_struct *mm, struct task_struct *leader,
			     unsigned int timeout_ms)
{
	struct vcpu_kick *k = kzalloc(sizeof(*k), GFP_KERNEL);

	if (!k)
		return NULL;
	INIT_DELAYED_WORK(&k->work, kick_fn);
	k->mm = mm;
	k->leader = leader;
	k->waiter = current;
	k->deadline = jiffies + msecs_to_jiffies(timeout_ms);
	queue_delayed_work(compat_unbound_wq, &k->work, 0);
	return k;
}

/* Returns true if the timeout expired. */
bool kick_stop(struct vcpu_kick *k)
{
	bool expired;

	cancel_delayed_work_sync(&k->work);
	expired = k->expired;
	kfree(k);
	return expired;
}
