// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM file of another process, and KVM's TDX commands on it.
 *
 * KVM accepts commands only from the memory map that created the VM, so a kernel
 * thread issues them while it uses that memory map. Their argument is a structure in
 * user memory: a few pages are mapped into the process and unmapped afterwards.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "kvm-tdx-abi.h"
#include "kvm.h"

/* The command is in the first page, the capabilities and their CPUID list follow. */
#define SCRATCH_BYTES (8 * PAGE_SIZE)
#define CPUID_ENTRIES 256

/* Without symbols of data no file can be recognized. */
static bool symbols;

/* pidfds are files of pidfs since 6.9, and anonymous inodes before. */
void vmfile_init(void)
{
	symbols = sym_find(NULL, "pidfs_file_operations") || sym_find(NULL, "pidfd_fops");
	if (!symbols)
		pr_info("no releases: this kernel has no symbols of data (CONFIG_KALLSYMS_ALL)\n");
}

/* Returns true if VM files and pidfds can be recognized, as a release requires. */
bool vmfile_usable(void)
{
	return symbols;
}

/*
 * Returns true if @file has the file operations @name, of any module. An address inside
 * a symbol, or behind it, is not that of the symbol.
 */
static bool has_fops(const struct file *file, const char *name)
{
	char buf[KSYM_SYMBOL_LEN];
	size_t len = strlen(name);

	sprint_symbol(buf, (unsigned long)file->f_op);
	return !strncmp(buf, name, len) && strstarts(buf + len, "+0x0/");
}

bool vmfile_is_vm(const struct file *file)
{
	return has_fops(file, "kvm_vm_fops");
}

/*
 * Returns a reference on the pid of a pidfd, or -EBADF. pidfd_pid() is not exported.
 * A pidfd is an anonymous inode's file before 6.9, and a file of pidfs since.
 */
struct pid *vmfile_pid(int pidfd)
{
	struct file *file = fget(pidfd);
	struct pid *pid = ERR_PTR(-EBADF);

	if (!file)
		return pid;
	if (has_fops(file, "pidfd_fops"))
		pid = get_pid(file->private_data);
	else if (has_fops(file, "pidfs_file_operations"))
		pid = get_pid(file_inode(file)->i_private);
	fput(file);
	return pid ?: ERR_PTR(-EBADF);
}

struct fd_lookup {
	unsigned int fd;
	struct file *file;
};

static int take_file(const void *p, struct file *file, unsigned int fd)
{
	struct fd_lookup *l = (struct fd_lookup *)p;

	if (fd == l->fd)
		l->file = get_file(file);
	return 1;
}

/* Returns a reference on the file of descriptor @fd in @task's process, or NULL. */
struct file *vmfile_get(struct task_struct *task, int fd)
{
	struct fd_lookup l = { .fd = fd };
	struct task_struct *t;

	if (fd < 0)
		return NULL;
	rcu_read_lock();
	/* The leader may have exited while the process continues. */
	for_each_thread(task, t) {
		task_lock(t);
		if (t->files)
			iterate_fd(t->files, fd, take_file, &l);
		task_unlock(t);
		if (l.file)
			break;
	}
	rcu_read_unlock();
	return l.file;
}

/* Like get_task_mm() for @leader's process, from any of its threads. */
struct mm_struct *vmfile_mm(struct task_struct *leader)
{
	struct mm_struct *mm = NULL;
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(leader, t) {
		mm = get_task_mm(t);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

struct query {
	struct work_struct work;
	struct file *file;
	struct mm_struct *mm;
	long command, max_vcpus;
};

/* An unmapped address: KVM cannot read a command there, so no VM is changed. */
#define NO_COMMAND (~0UL & PAGE_MASK)

static void query_fn(struct work_struct *work)
{
	struct query *q = container_of(work, struct query, work);
	const struct file_operations *fops = q->file->f_op;

	kthread_use_mm(q->mm);
	q->command = fops->unlocked_ioctl(q->file, KVM_MEMORY_ENCRYPT_OP, NO_COMMAND);
	q->max_vcpus = fops->unlocked_ioctl(q->file, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	kthread_unuse_mm(q->mm);
}

/**
 * vmfile_query() - ask KVM whether a VM of the process is a TD
 * @file: the file of the VM
 * @leader: the process
 * @info: set if the call succeeds
 *
 * For a TD, KVM fails to read the TDX command; other VMs do not have the command.
 *
 * Return: 0; -EXDEV if the VM has another memory map or is dead; -ESRCH if the
 * process has none.
 */
int vmfile_query(struct file *file, struct task_struct *leader, struct vmfile_info *info)
{
	struct query q = { .file = file, .mm = vmfile_mm(leader) };

	if (!q.mm)
		return -ESRCH;
	q.command = -ENOTTY;
	if (file->f_op->unlocked_ioctl) {
		INIT_WORK_ONSTACK(&q.work, query_fn);
		schedule_work(&q.work);
		flush_work(&q.work);
		destroy_work_on_stack(&q.work);
	}
	mmput(q.mm);
	if (q.command == -EIO)
		return -EXDEV;
	info->is_td = q.command == -EFAULT;
	info->max_vcpus = q.max_vcpus > 0 ? q.max_vcpus : LEDGER_UNKNOWN32;
	return 0;
}

/*
 * Makes the current kernel thread use @u->mm, and maps the scratch pages. Returns 0 or
 * a negative errno.
 */
int vmfile_enter(struct vmfile_user *u)
{
	kthread_use_mm(u->mm);
	u->addr = vm_mmap(NULL, 0, SCRATCH_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(u->addr)) {
		kthread_unuse_mm(u->mm);
		return (int)(long)u->addr;
	}
	return 0;
}

void vmfile_leave(struct vmfile_user *u)
{
	/* With a signal pending, the pages would stay mapped. */
	do {
		flush_signals(current);
	} while (vm_munmap(u->addr, SCRATCH_BYTES) == -EINTR);
	kthread_unuse_mm(u->mm);
}

static long issue(struct vmfile_user *u, struct kvm_tdx_cmd *cmd)
{
	if (!u->file->f_op->unlocked_ioctl)
		return -ENOTTY;
	if (copy_to_user((void __user *)u->addr, cmd, sizeof(*cmd)))
		return -EFAULT;
	return u->file->f_op->unlocked_ioctl(u->file, KVM_MEMORY_ENCRYPT_OP, u->addr);
}

long vmfile_command(struct vmfile_user *u, u32 id, u32 flags)
{
	struct kvm_tdx_cmd cmd = { .id = id, .flags = flags };

	return issue(u, &cmd);
}

/* KVM_TDX_CAPABILITIES: reads the word that announces additional commands. */
long vmfile_capabilities(struct vmfile_user *u, u64 *caps)
{
	unsigned long at = u->addr + PAGE_SIZE;
	struct kvm_tdx_capabilities __user *user = (void __user *)at;
	struct kvm_tdx_cmd cmd = { .id = KVM_TDX_CAPABILITIES, .data = at };
	long ret;

	BUILD_BUG_ON(sizeof(struct kvm_tdx_capabilities) +
			     CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2) >
		     SCRATCH_BYTES - PAGE_SIZE);
	if (put_user(CPUID_ENTRIES, &user->cpuid.nent))
		return -EFAULT;
	ret = issue(u, &cmd);
	if (ret)
		return ret;
	return get_user(*caps, &user->reserved[0]) ? -EFAULT : 0;
}
