// SPDX-License-Identifier: GPL-2.0-only
/* /dev/tdxctl: its ioctls, from one table. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "tdxctl_drv.h"
#include "release/release.h"

/* One open of /dev/tdxctl. */
struct tdxctl_file {
	u64 id; /* never reused, so jobs may keep it after the file is closed */
};

/* Any of the argument structures. Each begins with size and flags. */
union args {
	struct {
		u32 size;
		u32 flags;
	};
	struct tdxctl_info info;
	struct tdxctl_snapshot_args snapshot;
	struct tdxctl_cpu_check_args cpu_check;
	struct tdxctl_release_args release;
	struct tdxctl_adopt_args adopt;
};

static int do_info(struct tdxctl_file *f, union args *args)
{
	struct tdxctl_info *info = &args->info;
	struct observe_keyids keyids;
	struct ledger_totals totals;
	const struct ledger *l;
	unsigned long flags;
	bool from_start;

	if (info->flags)
		return -EINVAL;
	attach_wait();
	*info = (struct tdxctl_info){
		.size = info->size,
		.nr_cpus = num_possible_cpus(),
		.nr_packages = cpus_nr_pkgs(),
		.snapshot_size = snapshot_size(),
	};
	info->features = probe_features(info->provider, sizeof(info->provider));
	if (info->features)
		info->features |= TDXCTL_F_CPU_CHECK;
	if (info->features && vmfile_usable())
		info->features |= TDXCTL_F_RELEASE;
	info->features |= locks_features();
	if (!strcmp(info->provider, PROBE_EMULATOR))
		info->features |= TDXCTL_F_EMULATED;
	observe_keyids_get(&keyids, &info->attached_ns, &from_start);
	if (from_start)
		info->features |= TDXCTL_F_FROM_START;
	/* A helper loaded before the TDX module has no older TDs. */
	if (from_start || adopt_done())
		info->features |= TDXCTL_F_ADOPTED;
	info->global_hkid = keyids.global;
	info->first_hkid = keyids.first;
	info->nr_hkids = keyids.count;
	l = observe_lock(&flags);
	ledger_totals_get(l, &totals);
	observe_unlock(flags);
	info->missed = totals.missed;
	strscpy(info->version, TDXCTL_VERSION, sizeof(info->version));
	info->leaked_pages = pages_leaked();
	early_info(info);
	return 0;
}

static int do_snapshot(struct tdxctl_file *f, union args *args)
{
	struct tdxctl_snapshot_args *a = &args->snapshot;
	size_t size = 0;
	void *buf;
	bool hide_tdr;
	int ret = 0;

	if (a->flags)
		return -EINVAL;
	/* To read without the capability is no violation that an audit must report. */
	hide_tdr = !ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	buf = snapshot_take(a->buf_size, hide_tdr, &size);
	a->needed = size;
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	if (copy_to_user(u64_to_user_ptr(a->buf), buf, size))
		ret = -EFAULT;
	kvfree(buf);
	return ret;
}

static int do_cpu_check(struct tdxctl_file *f, union args *args)
{
	struct tdxctl_cpu_check_args *a = &args->cpu_check;
	char provider[MODULE_NAME_LEN];
	struct tdxctl_cpu_check_rec rec;
	unsigned int cpu;
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (a->flags || a->reserved)
		return -EINVAL;
	/* The instruction is safe only if a TDX module or the emulator handles it. */
	if (!probe_features(provider, sizeof(provider)))
		return -EOPNOTSUPP;

	a->stride = sizeof(rec);
	a->count = num_present_cpus();
	if (a->count_in < a->count)
		return -ENOSPC;
	a->count = 0;
	for_each_present_cpu(cpu) {
		if (a->count == a->count_in)
			return -ENOSPC;
		if (signal_pending(current))
			return -EINTR;
		ret = cpucheck_one(cpu, &rec);
		if (ret)
			return ret;
		if (copy_to_user(u64_to_user_ptr(a->buf + a->count * sizeof(rec)), &rec,
				 sizeof(rec)))
			return -EFAULT;
		a->count++;
	}
	return 0;
}

static int do_release(struct tdxctl_file *f, union args *args)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	attach_wait();
	return release_ioctl(f->id, &args->release);
}

static int do_adopt(struct tdxctl_file *f, union args *args)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	attach_wait();
	return adopt_ioctl(&args->adopt);
}

struct op {
	u32 size;     /* known to this version */
	u32 min_size; /* of the first version */
	/*
	 * FMODE_READ: only reads, for each user who may open the device. FMODE_WRITE: acts on
	 * the host, and @fn checks CAP_SYS_ADMIN.
	 */
	fmode_t mode;
	int (*fn)(struct tdxctl_file *f, union args *args);
};

#define OP(_cmd, _mode, _fn, _struct, _last) \
	[_IOC_NR(_cmd)] = { \
		.size = sizeof(_struct), \
		.min_size = offsetofend(_struct, _last), \
		.mode = _mode, \
		.fn = _fn, \
	}

static const struct op ops[] = {
	OP(TDXCTL_IOC_INFO, FMODE_READ, do_info, struct tdxctl_info, version),
	OP(TDXCTL_IOC_SNAPSHOT, FMODE_READ, do_snapshot, struct tdxctl_snapshot_args, needed),
	OP(TDXCTL_IOC_CPU_CHECK, FMODE_WRITE, do_cpu_check, struct tdxctl_cpu_check_args, reserved),
	OP(TDXCTL_IOC_RELEASE, FMODE_WRITE, do_release, struct tdxctl_release_args, reason),
	OP(TDXCTL_IOC_ADOPT, FMODE_WRITE, do_adopt, struct tdxctl_adopt_args, max_vcpus),
};

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	const struct op *op;
	union args args;
	u32 size;
	int ret;

	if (_IOC_TYPE(cmd) != TDXCTL_IOC_TYPE || _IOC_NR(cmd) >= ARRAY_SIZE(ops) ||
	    cmd != _IO(TDXCTL_IOC_TYPE, _IOC_NR(cmd)))
		return -ENOTTY;
	op = &ops[array_index_nospec(_IOC_NR(cmd), ARRAY_SIZE(ops))];
	if (!op->fn)
		return -ENOTTY;
	if (!(file->f_mode & op->mode))
		return -EACCES;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < op->min_size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	memset(&args, 0, sizeof(args));
	ret = copy_struct_from_user(&args, op->size, user, size);
	if (ret)
		return ret;
	/* The caller may have changed the value meanwhile. */
	args.size = size;

	ret = op->fn(file->private_data, &args);
	/* Also on failure, for the needed size or the reason of a refusal. */
	if (copy_to_user(user, &args, min(size, op->size)))
		return -EFAULT;
	return ret;
}

static int dev_open(struct inode *inode, struct file *file)
{
	static atomic64_t last_id = ATOMIC64_INIT(0);
	struct tdxctl_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->id = atomic64_inc_return(&last_id);
	file->private_data = f;
	return 0;
}

static int dev_release(struct inode *inode, struct file *file)
{
	struct tdxctl_file *f = file->private_data;

	job_cancel_owned(f->id);
	kfree(f);
	return 0;
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "tdxctl",
	/* For root, until a udev rule opens it to a group. */
	.mode = 0600,
	.fops = &dev_fops,
};

int dev_init(void)
{
	return misc_register(&dev);
}

void dev_exit(void)
{
	misc_deregister(&dev);
}
