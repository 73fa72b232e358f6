// SPDX-License-Identifier: GPL-2.0-only
/*
 * Early release on a KVM that does not know it: give the HKID of a running TD
 * back, then let its pages go with one SEAMCALL each as user space punches holes
 * into its guest_memfd. S-EPT and control pages are KVM's to reclaim when the VM
 * goes.
 *
 * Everything that can be refused is checked before the VM is touched. It is dead
 * from then on: no system call on it succeeds any more, and its vCPUs never run.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/uaccess.h>

#include "release.h"

#define MAX_STOP_MS	60000
#define NO_STATE	0xdead	/* no enum kvm_tdx_state: KVM_RUN refuses it */
#define RDMD_RETRIES	100

static unsigned int stop_ms = 5000;
module_param(stop_ms, uint, 0644);
MODULE_PARM_DESC(stop_ms, "how long a release waits for the vCPUs to stop");

/* This KVM has the functions that the strategy calls, and those that it hooks. */
static bool known;

/* Under layout_mutex. */
void early_resolve(void)
{
	known = kvm_fns_find() && early_vm_find_hooks();
}

/* Whether this KVM is one that the strategy knows. */
u32 early_reason(void)
{
	struct tdxctl_layout l;

	if (IS_ENABLED(CONFIG_LTO) || IS_ENABLED(CONFIG_PREEMPT_RT))
		return TDXCTL_REASON_NO_SYMBOL;
	if (!layout_get(&l) || !layout_complete(&l) ||
	    l.sept_callback != TDXCTL_SEPT_SET_PRIVATE_SPTE)
		return TDXCTL_REASON_NO_SYMBOL;
	if (!boot_cpu_has(X86_FEATURE_MOVDIR64B) || !known || !kvm_fns_fit(&l))
		return TDXCTL_REASON_NO_SYMBOL;
	/* The layout is user space's word, and KVM's state is written by it. */
	if (security_locked_down(LOCKDOWN_DEV_MEM))
		return TDXCTL_REASON_LOCKDOWN;
	return TDXCTL_REASON_OK;
}

/* Whether the TDX module knows this page as a TDR, whoever says so. */
static bool is_tdr(u64 pa)
{
	struct ledger_regs regs;
	u64 status;
	int i;

	for (i = 0; i < RDMD_RETRIES; i++) {
		regs = (struct ledger_regs) { .rcx = pa };
		status = tdxctl_seamcall(TDH_PHYMEM_PAGE_RDMD, &regs);
		if (TDX_STATUS_OF(status) != TDX_ST(OPERAND_BUSY))
			break;
		cpu_relax();
	}
	return !status && regs.rcx == TDX_PT_TDR;
}

/* -ESTALE: nothing can be had from it any more. */
static long check(struct kvm_td *td, const struct tdxctl_layout *l, const struct file *file,
		  const struct task_struct *leader, u64 tdr)
{
	long ret = kvm_td_read(td, l, file, leader);
	struct td_view seen;

	if (ret)
		return ret;
	if (tdr && td->tdr != tdr)
		return -EINVAL;
	/* Not finalised, or its HKID is not there to be given back. */
	if (td->state != l->state_runnable || td->hkid <= 0)
		return -EOPNOTSUPP;
	if (kvm_is_bugged(td->kvm))
		return -ESTALE;
	td_view_get(&seen, td->tdr);
	if ((seen.found && seen.hkid != LEDGER_UNKNOWN32 && seen.hkid != td->hkid) ||
	    !is_tdr(td->tdr))
		return -EINVAL;
	return 0;
}

/*
 * Takes the locks that KVM takes to change a VM's state. -EBUSY: a vCPU did not
 * stop, or is just being made.
 */
static long lock_vm(struct kvm_td *td, const struct tdxctl_layout *l, struct mm_struct *mm)
{
	struct mutex *lock = td->kvm + l->lock;
	struct vcpu_kick *kick = kick_start(mm, min_t(unsigned int, READ_ONCE(stop_ms), MAX_STOP_MS));
	s32 created, online;
	long ret;

	if (!kick)
		return -ENOMEM;
	ret = mutex_lock_killable(lock);
	if (ret)
		goto stop;
	/* A vCPU that is just being made is in no list yet. */
	if (!layout_read(td->kvm, l->created_vcpus, &created, sizeof(created)) ||
	    !layout_read(td->kvm, l->online_vcpus, &online, sizeof(online)) ||
	    created != online)
		ret = -EBUSY;
	else if (kvm_fns.lock_all_vcpus(td->kvm))
		ret = -EINTR;
	if (ret)
		mutex_unlock(lock);
stop:
	/* Whoever cancelled the job has left word of it there, too. */
	if (kick_stop(kick)) {
		flush_signals(current);
		if (ret == -EINTR)
			ret = -EBUSY;
	}
	return ret;
}

static void unlock_vm(struct kvm_td *td, const struct tdxctl_layout *l)
{
	struct mutex *lock = td->kvm + l->lock;

	kvm_fns.unlock_all_vcpus(td->kvm);
	mutex_unlock(lock);
}

/*
 * Under these locks no vCPU runs and nothing is mapped. Memory may go at any
 * time: the VMM may be punching holes or closing its guest_memfd right now.
 */
static bool kill_and_release(struct kvm_td *td, const struct tdxctl_layout *l,
			     const struct mm_struct *mm)
{
	bool released;

	early_vm_begin(td->kvm);
	WRITE_ONCE(*(bool *)(td->kvm + l->vm_dead), true);
	kvm_fns.request_all(td->kvm, kvm_known.req_vm_dead);
	/*
	 * Who waits for a vCPU has passed KVM's check for dead VMs. With a signal
	 * pending it returns at once; KVM warns of pages it cannot map.
	 */
	kick_vcpus(mm);
	kvm_fns.pre_destroy(td->kvm);
	released = early_vm_end(td->kvm);
	if (released)
		WRITE_ONCE(*(u32 *)(td->kvm + l->state), NO_STATE);
	return released;
}

/*
 * Called by the job's thread. -EBUSY: a vCPU did not stop in time, the VM is
 * whole. -EOPNOTSUPP, -ESTALE, -EINVAL: not for this VM. -ENOSPC: too many VMs.
 * -ENOSYS: KVM cannot be probed. -EIO: KVM failed to give the HKID back.
 */
long early_release(const struct vmfile_user *vm, struct pid *pid, u64 tdr)
{
	struct task_struct *leader = get_pid_task(pid, PIDTYPE_TGID);
	struct tdxctl_layout l;
	bool released = false;
	struct kvm_td td;
	long ret;

	if (!leader)
		return -ESRCH;
	ret = -EOPNOTSUPP;
	if (!layout_get(&l) || early_reason() != TDXCTL_REASON_OK)
		goto out;
	ret = check(&td, &l, vm->file, leader, tdr);
	if (ret)
		goto out;
	ret = early_vm_reserve(&l, td.kvm);
	if (ret)
		goto out;
	ret = lock_vm(&td, &l, vm->mm);
	if (ret)
		goto put;
	ret = check(&td, &l, vm->file, leader, tdr);
	if (!ret)
		released = kill_and_release(&td, &l, vm->mm);
	unlock_vm(&td, &l);
	if (released)
		early_vm_reclaim(td.kvm);
	else if (!ret)
		ret = -EIO;
put:
	early_vm_put(td.kvm);
out:
	put_task_struct(leader);
	return ret;
}
