// SPDX-License-Identifier: GPL-2.0-only
/*
 * Early release on a KVM without a command for it: releases the HKID of a running TD.
 * Its private pages are then reclaimed with one SEAMCALL each as user space punches
 * holes into its guest_memfd. KVM reclaims S-EPT and control pages when the VM ends.
 *
 * All checks come before the first change of the VM. From then on the VM is dead: all
 * system calls on it fail, and its vCPUs never run again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "release.h"
#include "sept/sept.h"

#define MAX_STOP_MS 60000
#define NO_STATE    0xdead /* not an enum kvm_tdx_state, so KVM_RUN fails */

static unsigned int stop_ms = 5000;
module_param(stop_ms, uint, 0644);
MODULE_PARM_DESC(
	stop_ms,
	"How long a release waits for the vCPUs to stop, in ms (default 5000, at most 60000)");

/* KVM has all functions that the strategy calls or hooks; else the first one that is missing. */
static bool supported;
static const char *missing;

/*
 * Returns why the functions of KVM do not suit early release, an enum
 * tdxctl_sept_problem. @*function is the function with the problem, if there is one.
 */
static u32 kvm_problem(const struct kvm_layout *l, const char **function)
{
	struct kvm_traits t = kvm_traits_get();

	*function = t.unsupported;
	if (t.unsupported)
		return TDXCTL_SEPT_UNSUPPORTED;
	if (t.pamt && !(l->sept.pamt_put_known && kvm_fns.pamt_put)) {
		*function = SEPT_PAMT_PUT;
		return TDXCTL_SEPT_UNSUPPORTED;
	}
	if (!l->known)
		return TDXCTL_SEPT_NO_TYPES;
	if (l->sept.problem) {
		*function = sept_function(l->sept.generation, l->sept.callback);
		return l->sept.problem;
	}
	*function = READ_ONCE(missing);
	return READ_ONCE(supported) ? TDXCTL_SEPT_OK : TDXCTL_SEPT_MISSING;
}

/* Fills the fields about KVM's S-EPT callbacks. */
void early_info(struct tdxctl_info *info)
{
	const char *function;
	struct kvm_layout l;

	layout_get(&l);
	info->sept_callback = l.sept.generation;
	info->sept_problem = kvm_problem(&l, &function);
	if (function)
		strscpy(info->sept_function, function, sizeof(info->sept_function));
	layout_error(info->types_error, sizeof(info->types_error));
}

/*
 * Returns why the strategy is not available with the layout @l, TDXCTL_REASON_OK if it
 * is. The layout may be replaced at any time, so the caller uses the copy that it has
 * checked.
 */
u32 early_reason(const struct kvm_layout *l)
{
	const char *function;
	u32 problem;

	if (IS_ENABLED(CONFIG_LTO) || IS_ENABLED(CONFIG_PREEMPT_RT))
		return TDXCTL_REASON_NO_SYMBOL;
	problem = kvm_problem(l, &function);
	if (problem == TDXCTL_SEPT_UNSUPPORTED)
		return TDXCTL_REASON_UNKNOWN_KVM;
	if (problem || !sept_generation(l->sept.generation) || !layout_complete(l) ||
	    !kvm_fns_fit(l))
		return TDXCTL_REASON_NO_SYMBOL;
	if (kvm_traits_get().reset && !boot_cpu_has(X86_FEATURE_MOVDIR64B))
		return TDXCTL_REASON_NO_SYMBOL;
	return TDXCTL_REASON_OK;
}

/* Called for each new layout, under layout_mutex. */
void early_resolve(const struct kvm_layout *l)
{
	const char *name = kvm_fns_find() ?: early_vm_find_hooks(l->sept.generation);

	WRITE_ONCE(missing, name);
	WRITE_ONCE(supported, !name);
	if (early_reason(l) == TDXCTL_REASON_OK)
		early_vm_arm();
}

/*
 * Reads the TD and checks that it can be released. Returns 0; -ESTALE if KVM has given
 * the VM or its HKID up; -EOPNOTSUPP if the TD is not finalized; -EINVAL if it is not
 * the TD @tdr, or not a TD for the ledger and the TDX module.
 */
static long check_td(struct kvm_td *td, const struct kvm_layout *l, const struct file *file,
		     const struct task_struct *leader, u64 tdr)
{
	long ret = kvm_td_read(td, l, file, leader);
	struct td_view seen;

	if (ret)
		return ret;
	if (tdr && td->tdr != tdr)
		return -EINVAL;
	if (td->state != l->state_runnable)
		return -EOPNOTSUPP;
	if (td->hkid <= 0 || kvm_is_bugged(td->kvm))
		return -ESTALE;
	td_view_get(&seen, td->tdr);
	if ((seen.found && seen.hkid != LEDGER_UNKNOWN32 && seen.hkid != td->hkid) ||
	    !td_is_tdr(td->tdr))
		return -EINVAL;
	return 0;
}

/*
 * Takes the locks that KVM takes to change the state of a VM. Returns 0; -EBUSY if a
 * vCPU did not stop in time or is being created; -EINTR if the job was cancelled;
 * -ENOMEM.
 */
static long lock_vm(struct kvm_td *td, const struct kvm_layout *l, struct mm_struct *mm,
		    struct task_struct *leader)
{
	struct mutex *lock = td->kvm + l->lock;
	struct vcpu_kick *kick =
		kick_start(mm, leader, min_t(unsigned int, READ_ONCE(stop_ms), MAX_STOP_MS));
	s32 created, online;
	long ret;

	if (!kick)
		return -ENOMEM;
	ret = mutex_lock_killable(lock);
	if (ret)
		goto stop;
	/* A vCPU that is being created is not in the list yet. */
	if (!layout_read(td->kvm, l->created_vcpus, &created, sizeof(created)) ||
	    !layout_read(td->kvm, l->online_vcpus, &online, sizeof(online)) || created != online)
		ret = -EBUSY;
	else if (kvm_fns.lock_all_vcpus(td->kvm))
		ret = -EINTR;
	if (ret)
		mutex_unlock(lock);
stop:
	/* A cancelled job is marked as such, so its signal can be flushed as well. */
	if (kick_stop(kick)) {
		flush_signals(current);
		if (ret == -EINTR)
			ret = -EBUSY;
	}
	return ret;
}

static void unlock_vm(struct kvm_td *td, const struct kvm_layout *l)
{
	struct mutex *lock = td->kvm + l->lock;

	kvm_fns.unlock_all_vcpus(td->kvm);
	mutex_unlock(lock);
}

/*
 * Called with the locks of lock_vm(): no vCPU runs and no page is mapped. Memory may
 * still be removed at any time: the VMM may punch holes or close its guest_memfd.
 */
static bool kill_and_release(struct kvm_td *td, const struct kvm_layout *l,
			     const struct mm_struct *mm)
{
	bool released;

	early_vm_begin(td->kvm);
	WRITE_ONCE(*(bool *)(td->kvm + l->vm_dead), true);
	kvm_fns.request_all(td->kvm, kvm_known.req_vm_dead);
	/*
	 * A thread that waits for a vCPU lock has passed KVM's check for dead VMs.
	 * With a signal pending it returns at once; otherwise KVM would warn about
	 * pages that it cannot map.
	 */
	kick_vcpus(mm);
	kvm_fns.pre_destroy(td->kvm);
	released = early_vm_end(td->kvm);
	if (released)
		WRITE_ONCE(*(u32 *)(td->kvm + l->state), NO_STATE);
	return released;
}

/*
 * Called by the thread of a job. Sets @*released_tdr if the HKID is released. Returns 0;
 * -EBUSY if a vCPU did not stop in time and the VM is unchanged; -EOPNOTSUPP, -ESTALE,
 * -EINVAL or -EXDEV if the VM is not suited; -ENOSPC for too many VMs; -ENOSYS if KVM
 * cannot be hooked; -EIO if KVM failed to release the HKID; -ESRCH; -EINTR; -ENOMEM.
 */
long early_release(const struct vmfile_user *vm, struct pid *pid, u64 tdr, u32 cpus,
		   u64 *released_tdr)
{
	struct task_struct *leader = get_pid_task(pid, PIDTYPE_TGID);
	struct kvm_layout l;
	bool released = false;
	struct kvm_td td;
	long ret;

	if (!leader)
		return -ESRCH;
	ret = -EOPNOTSUPP;
	if (!layout_get(&l) || early_reason(&l) != TDXCTL_REASON_OK)
		goto out;
	ret = check_td(&td, &l, vm->file, leader, tdr);
	if (ret)
		goto out;
	ret = early_vm_reserve(&l, td.kvm, td.tdr, cpus);
	if (ret)
		goto out;
	ret = lock_vm(&td, &l, vm->mm, leader);
	if (ret)
		goto put;
	ret = check_td(&td, &l, vm->file, leader, tdr);
	if (!ret)
		released = kill_and_release(&td, &l, vm->mm);
	unlock_vm(&td, &l);
	if (released)
		*released_tdr = td.tdr;
	else if (!ret)
		ret = -EIO;
put:
	early_vm_put(td.kvm);
out:
	put_task_struct(leader);
	return ret;
}
