// SPDX-License-Identifier: GPL-2.0-only
/* TDs that are older than the helper. User space passes their VM files. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/sched/task.h>

#include "kvm.h"

/* The ledger in which all older TDs are known, identified by its start time. */
static u64 adopted_ns;

/* The structures cannot be read: asks KVM whether the VM is a TD. */
static int query_file(struct tdxctl_adopt_args *a, struct task_struct *leader, struct file *file)
{
	struct vmfile_info info;
	int ret = vmfile_query(file, leader, &info);

	if (ret)
		return ret;
	if (!info.is_td)
		return -EINVAL;
	a->max_vcpus = info.max_vcpus;
	return -EOPNOTSUPP;
}

static int adopt_file(struct tdxctl_adopt_args *a, struct task_struct *leader, struct file *file)
{
	struct ledger_td known = {
		.last_hkid = LEDGER_UNKNOWN32,
		.keyed_pkgs = LEDGER_UNKNOWN32,
		.private_pages = LEDGER_UNKNOWN,
		.sept_pages = LEDGER_UNKNOWN,
		.control_pages = LEDGER_UNKNOWN,
	};
	struct kvm_layout l;
	struct observe_keyids keyids;
	bool from_start;
	struct kvm_td td;
	u64 since;
	int ret;

	ret = layout_get(&l) ? kvm_td_read(&td, &l, file, leader) : -EOPNOTSUPP;
	if (ret == -EOPNOTSUPP)
		return query_file(a, leader, file);
	if (ret)
		return ret;
	observe_keyids_get(&keyids, &since, &from_start);
	if (td.hkid > 0 && (td.hkid < keyids.first || td.hkid - keyids.first >= keyids.count))
		return -EINVAL;
	if (td.state == l.state_runnable)
		known.state = LEDGER_TD_RUNNABLE;
	else if (td.state == l.state_initialized)
		known.state = LEDGER_TD_INITIALIZED;
	else
		return -EINVAL;
	if (td.hkid > 0) {
		known.hkid = td.hkid;
		known.last_hkid = td.hkid;
		/* KVM initialises a TD after its key was set on every package. */
		known.keyed_pkgs = GENMASK(min_t(u32, cpus_nr_pkgs(), 32) - 1, 0);
	} else {
		known.state = LEDGER_TD_TEARDOWN;
	}
	known.was_runnable = td.state == l.state_runnable;
	known.tdr = td.tdr;
	known.vcpus = td.vcpus;
	known.max_vcpus = td.max_vcpus;
	known.owner.tgid = task_tgid_nr(leader);
	known.owner.fd = a->vm_fd;
	known.owner.start_ns = leader->start_boottime;
	memcpy(known.owner.comm, leader->comm, sizeof(known.owner.comm));
	known.owner.comm[sizeof(known.owner.comm) - 1] = '\0';

	a->tdr = td.tdr;
	a->hkid = known.hkid;
	a->max_vcpus = td.max_vcpus;
	ret = observe_adopt(&known);
	return ret == -EEXIST ? 0 : ret;
}

/* TDXCTL_IOC_ADOPT */
int adopt_ioctl(struct tdxctl_adopt_args *a)
{
	struct observe_keyids keyids;
	struct task_struct *leader;
	struct file *file;
	bool from_start;
	struct pid *pid;
	u64 since;
	int ret;

	if (a->flags & ~TDXCTL_ADOPT_DONE || a->max_vcpus)
		return -EINVAL;
	a->tdr = 0;
	a->hkid = 0;
	a->max_vcpus = TDXCTL_UNKNOWN32;
	if (a->flags & TDXCTL_ADOPT_DONE) {
		observe_keyids_get(&keyids, &since, &from_start);
		WRITE_ONCE(adopted_ns, since);
		return 0;
	}
	pid = vmfile_pid(a->pidfd);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	leader = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!leader)
		return -ESRCH;
	file = vmfile_get(leader, a->vm_fd);
	ret = -EBADF;
	if (file) {
		ret = vmfile_is_vm(file) ? adopt_file(a, leader, file) : -EINVAL;
		fput(file);
	}
	put_task_struct(leader);
	return ret;
}

/* Returns true if user space has passed all older TDs of the current ledger. */
bool adopt_done(void)
{
	struct observe_keyids keyids;
	bool from_start;
	u64 since;

	observe_keyids_get(&keyids, &since, &from_start);
	return since && since == READ_ONCE(adopted_ns);
}
