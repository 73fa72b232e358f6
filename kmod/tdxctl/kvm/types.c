// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads KVM's types from the BTF files of sysfs, while KVM is loaded.
 *
 * The offsets decide where this module writes, so no one but the kernel may supply them:
 * the files must be those of sysfs itself, and not files that are mounted over them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kernel.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "kvm.h"

#define BTF_DIR "/kernel/btf/" /* in sysfs */

struct blob {
	const char *name;
	struct file *file;
	void *data;
	size_t size;
};

/*
 * Takes the root directory of the first process: that of a kernel thread, or of the
 * caller of an ioctl, may have no sysfs. Returns 0 or a negative errno.
 */
static int get_init_root(struct path *root)
{
	struct pid *pid = find_get_pid(1);
	struct task_struct *init = get_pid_task(pid, PIDTYPE_PID);
	int ret = -ENOENT;

	put_pid(pid);
	if (!init)
		return ret;
	task_lock(init);
	if (init->fs) {
		get_fs_root(init->fs, root);
		ret = 0;
	}
	task_unlock(init);
	put_task_struct(init);
	return ret;
}

/* Returns true if the file is BTF_DIR@name of sysfs, whatever is mounted where. */
static bool is_genuine(struct file *file, const char *name)
{
	char buf[64], want[sizeof(buf)], *path;

	if (file_inode(file)->i_sb->s_magic != SYSFS_MAGIC)
		return false;
	path = dentry_path_raw(file->f_path.dentry, buf, sizeof(buf));
	snprintf(want, sizeof(want), BTF_DIR "%s", name);
	return !IS_ERR(path) && !strcmp(path, want);
}

static int open_blob(struct blob *b, const struct path *root, const char *name, char *why,
		     size_t len)
{
	char path[64];
	loff_t size;

	b->name = name;
	snprintf(path, sizeof(path), "/sys" BTF_DIR "%s", name);
	b->file = file_open_root(root, path, O_RDONLY, 0);
	if (IS_ERR(b->file)) {
		int err = PTR_ERR(b->file);

		b->file = NULL;
		if (err == -ENOENT)
			snprintf(why, len, "%s does not exist", path);
		else
			snprintf(why, len, "cannot open %s (%pe)", path, ERR_PTR(err));
		return -ENOENT;
	}
	/* It may be unmounted: then another try succeeds. */
	if (!is_genuine(b->file, name)) {
		snprintf(why, len, "another file is mounted over %s", path);
		return -ENOENT;
	}
	size = i_size_read(file_inode(b->file));
	if (size <= 0 || size > BTF_BLOB_MAX) {
		snprintf(why, len, "%s: invalid size of %lld bytes", path, size);
		return -EFBIG;
	}
	b->size = size;
	return 0;
}

static int read_blob(struct blob *b, char *why, size_t len)
{
	loff_t pos = 0;
	ssize_t n = 0;

	b->data = vmalloc(b->size);
	if (!b->data) {
		snprintf(why, len, "no memory for the BTF of %s, %zu bytes", b->name, b->size);
		return -ENOMEM;
	}
	while (pos < b->size) {
		n = kernel_read(b->file, b->data + pos, b->size - pos, &pos);
		if (n <= 0)
			break;
	}
	if (pos == b->size)
		return 0;
	snprintf(why, len, "cannot read the BTF of %s (%pe)", b->name, ERR_PTR(n < 0 ? n : -EIO));
	return -EIO;
}

static void close_blob(struct blob *b)
{
	vfree(b->data);
	if (b->file)
		fput(b->file);
}

static int search(struct kvm_layout *l, const struct blob *kernel, const struct blob *module,
		  char *why, size_t len)
{
	struct layout_search *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	const struct btf_blob *f;
	int ret;

	if (!s) {
		strscpy(why, "no memory", len);
		return -ENOMEM;
	}
	ret = kvm_layout_search(l, s, kernel->data, kernel->size, module->data, module->size);
	f = s->faulty;
	if (ret && f && f->error_id)
		snprintf(why, len, "BTF of %s: type %u of kind %u: %s",
			 f == &s->module ? module->name : kernel->name, f->error_id, f->error_kind,
			 f->error);
	else if (ret)
		snprintf(why, len, "BTF of %s: %s",
			 module->data && f != &s->kernel ? module->name : kernel->name, s->error);
	kvfree(s);
	if (ret)
		return ret == -ENOENT ? -ENODATA : ret;
	if (!layout_valid(l)) {
		strscpy(why, "BTF differs from the headers that this module was built with", len);
		return -EINVAL;
	}
	return 0;
}

/*
 * Reads the types of the loaded KVM. Returns 0; -ENOENT if a file is not there, so another
 * try may succeed; another negative errno. Then *@why is the reason.
 */
int types_read(struct kvm_layout *l, char *why, size_t size)
{
	struct blob kernel = {}, module = {};
	struct path root;
	int ret;

	if (!kvm_known.valid) {
		strscpy(why, "this module was built for a kernel whose KVM has no TDs", size);
		return -EOPNOTSUPP;
	}
	ret = get_init_root(&root);
	if (ret) {
		strscpy(why, "the first process has no root directory", size);
		return ret;
	}
	/* When KVM is built in, its types are in those of the kernel. */
	if (IS_MODULE(CONFIG_KVM_INTEL))
		ret = open_blob(&module, &root, "kvm_intel", why, size);
	if (!ret)
		ret = open_blob(&kernel, &root, "vmlinux", why, size);
	path_put(&root);
	if (!ret && module.file)
		ret = read_blob(&module, why, size);
	if (!ret)
		ret = read_blob(&kernel, why, size);
	if (!ret)
		ret = search(l, &kernel, &module, why, size);
	close_blob(&kernel);
	close_blob(&module);
	return ret;
}
