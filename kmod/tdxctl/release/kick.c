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

#include "compat.h"
#include "release.h"

#define KICK_MS		5
#define IA32_NR_IOCTL	54	/* asm/unistd_32.h, whose names are those of the other */

#ifndef KVM_PRE_FAULT_MEMORY
#define KVM_PRE_FAULT_MEMORY	_IOWR(KVMIO, 0xd5, char[64])
#endif

struct vcpu_kick {
	struct delayed_work work;
	struct mm_struct *mm;
	struct task_struct *waiter;
	unsigned long deadline;
	bool expired;
};

/*
 * In an ioctl that has a vCPU for long and ends at a signal. The registers are
 * read while the thread runs: a wrong guess costs an EINTR.
 */
static bool has_vcpu(struct task_struct *t)
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

/* KVM serves whoever shares the VM's memory map, of whichever process. */
void kick_vcpus(const struct mm_struct *mm)
{
	struct task_struct *p, *t;

	rcu_read_lock();
	for_each_process_thread(p, t) {
		if (READ_ONCE(t->mm) != mm || !has_vcpu(t))
			continue;
		/* As set_notify_signal(), whose wake-up is not exported. */
		set_tsk_thread_flag(t, TIF_NOTIFY_SIGNAL);
		if (!(READ_ONCE(t->__state) & TASK_INTERRUPTIBLE) || !wake_up_process(t))
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
	kick_vcpus(k->mm);
	queue_delayed_work(compat_unbound_wq, &k->work, msecs_to_jiffies(KICK_MS));
}

/*
 * The caller, who holds @mm, will wait for locks, killably, for at most
 * @timeout_ms.
 */
struct vcpu_kick *kick_start(struct mm_struct *mm, unsigned int timeout_ms)
{
	struct vcpu_kick *k = kzalloc(sizeof(*k), GFP_KERNEL);

	if (!k)
		return NULL;
	INIT_DELAYED_WORK(&k->work, kick_fn);
	k->mm = mm;
	k->waiter = current;
	k->deadline = jiffies + msecs_to_jiffies(timeout_ms);
	queue_delayed_work(compat_unbound_wq, &k->work, 0);
	return k;
}

/* Whether time was up. */
bool kick_stop(struct vcpu_kick *k)
{
	bool expired;

	cancel_delayed_work_sync(&k->work);
	expired = k->expired;
	kfree(k);
	return expired;
}
