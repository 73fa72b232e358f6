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
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "early.h"

#define STOP_MS		5000	/* for all vCPUs to leave KVM_RUN */
#define NO_STATE	0xdead	/* no enum kvm_tdx_state: KVM_RUN refuses it */

/* Functions of KVM: exported to its vendor modules, or in their ops. */
struct kvm_fns {
	int (*lock_all_vcpus)(void *kvm);
	void (*unlock_all_vcpus)(void *kvm);
	void (*pre_destroy)(void *kvm);
};

static bool find_fns(struct kvm_fns *f)
{
	f->lock_all_vcpus = (void *)sym_callable("kvm_lock_all_vcpus");
	f->unlock_all_vcpus = (void *)sym_callable("kvm_unlock_all_vcpus");
	f->pre_destroy = (void *)sym_callable("vt_vm_pre_destroy");
	return f->lock_all_vcpus && f->unlock_all_vcpus && f->pre_destroy;
}

/* Whether this KVM is one that the strategy knows. */
u32 early_reason(void)
{
	struct tdxctl_layout l;
	struct kvm_fns f;

	if (!layout_get(&l) || !layout_complete(&l) ||
	    l.sept_callback != TDXCTL_SEPT_SET_PRIVATE_SPTE)
		return TDXCTL_REASON_NO_SYMBOL;
	if (!boot_cpu_has(X86_FEATURE_MOVDIR64B) || !find_fns(&f) || !sept_known())
		return TDXCTL_REASON_NO_SYMBOL;
	return TDXCTL_REASON_OK;
}

static long check(struct kvm_td *td, const struct tdxctl_layout *l, const struct job *j,
		  const struct task_struct *leader)
{
	long ret = kvm_td_read(td, l, j->vm.file, leader);

	if (ret)
		return ret;
	if (j->tdr && td->tdr != j->tdr)
		return -EINVAL;
	/* Not finalised, or its HKID is not there to be given back. */
	if (td->state != l->state_runnable || td->hkid <= 0)
		return -EOPNOTSUPP;
	return 0;
}

/* Under all of KVM's locks. */
static long kill_and_release(struct kvm_td *td, const struct tdxctl_layout *l,
			     const struct kvm_fns *f)
{
	bool released;
	s32 hkid;
	long ret;

	ret = sept_begin(l, td->kvm);
	if (ret)
		return ret;
	WRITE_ONCE(*(bool *)(td->kvm + l->vm_dead), true);
	f->pre_destroy(td->kvm);
	released = layout_read(td->kvm, l->hkid, &hkid, sizeof(hkid)) && hkid <= 0;
	if (released)
		WRITE_ONCE(*(u32 *)(td->kvm + l->state), NO_STATE);
	sept_end(l, td->kvm, released);
	return released ? 0 : -EIO;
}

static long with_vcpus_locked(struct kvm_td *td, const struct tdxctl_layout *l,
			      const struct kvm_fns *f, struct job *j,
			      const struct task_struct *leader)
{
	struct mutex *slots_lock = td->kvm + l->slots_lock;
	s32 created, online;
	long ret;

	/* A vCPU that is just being made is in no list yet. */
	if (!layout_read(td->kvm, l->created_vcpus, &created, sizeof(created)) ||
	    !layout_read(td->kvm, l->online_vcpus, &online, sizeof(online)) ||
	    created != online)
		return -EBUSY;
	if (f->lock_all_vcpus(td->kvm))
		return -EINTR;
	ret = mutex_lock_killable(slots_lock);
	if (!ret) {
		ret = check(td, l, j, leader);
		if (!ret)
			ret = kill_and_release(td, l, f);
		mutex_unlock(slots_lock);
	}
	f->unlock_all_vcpus(td->kvm);
	return ret;
}

/*
 * Called by the job's thread. -EBUSY: a vCPU did not stop in time, the VM is
 * whole. -EOPNOTSUPP: not for this VM. -EIO: KVM failed to give the HKID back.
 */
long early_release(struct job *j)
{
	struct task_struct *leader = get_pid_task(j->pid, PIDTYPE_TGID);
	struct tdxctl_layout l;
	struct vcpu_kick *kick;
	struct kvm_fns f;
	struct mutex *lock;
	struct kvm_td td;
	long ret;

	if (!leader)
		return -ESRCH;
	ret = -EOPNOTSUPP;
	if (!layout_get(&l) || early_reason() != TDXCTL_REASON_OK || !find_fns(&f))
		goto out;
	ret = check(&td, &l, j, leader);
	if (ret)
		goto out;
	ret = -ENOMEM;
	kick = kick_start(leader, STOP_MS);
	if (!kick)
		goto out;
	lock = td.kvm + l.lock;
	ret = mutex_lock_killable(lock);
	if (!ret) {
		ret = with_vcpus_locked(&td, &l, &f, j, leader);
		mutex_unlock(lock);
	}
	if (kick_stop(kick) && ret == -EINTR) {
		flush_signals(current);
		ret = -EBUSY;
	}
out:
	put_task_struct(leader);
	return ret;
}
