// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_memfd: a file whose pages are the private memory of a TD.
 *
 * It has a file system of its own, because fallocate() requires a regular file, which
 * the shared anonymous inode is not, and Linux 6.1 offers modules no other inode. In
 * /proc it has the same name as KVM's.
 */
#include <linux/dcache.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "vm.h"

#define GMEM_FS_MAGIC 0x54444745

struct emul_gmem {
	struct emul_vm *vm;
	u64 size;
};

static char *gmem_dname(struct dentry *dentry, char *buf, int len)
{
	static const char name[] = "anon_inode:[kvm-gmem]";

	if (len < (int)sizeof(name))
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buf + len - sizeof(name), name, sizeof(name));
}

static const struct dentry_operations gmem_dentry_ops = {
	.d_dname = gmem_dname,
};

static int gmem_init_fs(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, GMEM_FS_MAGIC);

	if (!ctx)
		return -ENOMEM;
	ctx->dops = &gmem_dentry_ops;
	return 0;
}

/*
 * Not registered, and mounted once for each file. A superblock keeps the module
 * loaded, so it must not exist longer than the last file; and a file needs its
 * superblock even after it has dropped the module reference of its f_op.
 */
static struct file_system_type gmem_fs = {
	.name = "tdx_emul_gmem",
	.owner = THIS_MODULE,
	.init_fs_context = gmem_init_fs,
	.kill_sb = kill_anon_super,
};

/* Removes the pages that the guest has of file range [start, end). Under vm->lock. */
static int gmem_zap(struct emul_gmem *gmem, u64 start, u64 end, bool killable)
{
	struct emul_vm *vm = gmem->vm;
	struct emul_slot *slot;
	u64 from, to;
	int ret;

	for (slot = vm->slot; slot < vm->slot + EMUL_MAX_SLOTS; slot++) {
		if (!slot->size || slot->gmem != gmem)
			continue;
		from = max(start, slot->offset);
		to = min(end, slot->offset + slot->size);
		if (from >= to)
			continue;
		ret = emul_vm_zap(vm, slot->gpa + from - slot->offset,
				  slot->gpa + to - slot->offset, killable);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Any process with the file may punch holes. Only ioctls are limited to the memory map
 * of the VM.
 */
static long gmem_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct emul_gmem *gmem = file->private_data;
	long ret;

	if (mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (!PAGE_ALIGNED(offset) || !PAGE_ALIGNED(len))
		return -EINVAL;

	if (mutex_lock_killable(&gmem->vm->lock))
		return -EINTR;
	ret = gmem_zap(gmem, offset, (u64)offset + len, true);
	mutex_unlock(&gmem->vm->lock);
	return ret;
}

/* While the HKID is assigned this is the slow way, FLOWS.md F3. */
static int gmem_release(struct inode *inode, struct file *file)
{
	struct emul_gmem *gmem = file->private_data;
	struct emul_vm *vm = gmem->vm;
	u32 i;

	mutex_lock(&vm->lock);
	gmem_zap(gmem, 0, gmem->size, false);
	for (i = 0; i < EMUL_MAX_SLOTS; i++)
		if (vm->slot[i].gmem == gmem)
			vm->slot[i].gmem = NULL;
	mutex_unlock(&vm->lock);

	emul_vm_put(vm);
	kfree(gmem);
	return 0;
}

static const struct file_operations kvm_gmem_fops = {
	.owner = THIS_MODULE,
	.release = gmem_release,
	.fallocate = gmem_fallocate,
};

static struct file *gmem_file(struct emul_gmem *gmem)
{
	struct vfsmount *mnt;
	struct inode *inode;
	struct file *file;

	mnt = vfs_kern_mount(&gmem_fs, SB_KERNMOUNT, gmem_fs.name, NULL);
	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	inode = alloc_anon_inode(mnt->mnt_sb);
	if (IS_ERR(inode)) {
		file = ERR_CAST(inode);
		goto out;
	}
	inode->i_mode |= S_IFREG;
	i_size_write(inode, gmem->size);

	/* alloc_file_pseudo() does not take the module reference of f_op. */
	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(inode, mnt, "[kvm-gmem]", O_RDWR, &kvm_gmem_fops);
	if (IS_ERR(file)) {
		module_put(THIS_MODULE);
		iput(inode);
	} else {
		file->private_data = gmem;
	}
out:
	/* The file has its own reference. */
	mntput(mnt);
	return file;
}

int emul_gmem_create(struct emul_vm *vm, void __user *argp)
{
	struct kvm_create_guest_memfd args;
	struct emul_gmem *gmem;
	struct file *file;
	int fd;

	if (copy_from_user(&args, argp, sizeof(args)))
		return -EFAULT;
	if (args.flags || memchr_inv(args.reserved, 0, sizeof(args.reserved)))
		return -EINVAL;
	if (!args.size || !PAGE_ALIGNED(args.size) || args.size > MAX_LFS_FILESIZE)
		return -EINVAL;

	gmem = kzalloc(sizeof(*gmem), GFP_KERNEL_ACCOUNT);
	if (!gmem)
		return -ENOMEM;
	gmem->vm = vm;
	gmem->size = args.size;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		kfree(gmem);
		return fd;
	}
	file = gmem_file(gmem);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		kfree(gmem);
		return PTR_ERR(file);
	}
	emul_vm_get(vm);
	fd_install(fd, file);
	return fd;
}

static bool gmem_overlaps(const struct emul_vm *vm, u32 id, u64 gpa, u64 size)
{
	const struct emul_slot *s;
	u32 i;

	for (i = 0; i < EMUL_MAX_SLOTS; i++) {
		s = &vm->slot[i];
		if (i != id && s->size && gpa < s->gpa + s->size && s->gpa < gpa + size)
			return true;
	}
	return false;
}

/* KVM_SET_USER_MEMORY_REGION2, for slots with a guest_memfd only. */
int emul_gmem_bind(struct emul_vm *vm, const struct kvm_userspace_memory_region2 *region)
{
	u64 gpa = region->guest_phys_addr, size = region->memory_size;
	u64 offset = region->guest_memfd_offset;
	struct emul_gmem *gmem;
	struct emul_slot *slot;
	struct file *file;
	int ret = -EINVAL;

	if (region->slot >= EMUL_MAX_SLOTS)
		return -EINVAL;
	slot = &vm->slot[region->slot];
	if (!size) {
		if (!slot->size)
			return -EINVAL;
		ret = emul_vm_zap(vm, slot->gpa, slot->gpa + slot->size, true);
		if (!ret)
			memset(slot, 0, sizeof(*slot));
		return ret;
	}

	if (region->flags != KVM_MEM_GUEST_MEMFD || slot->size ||
	    !PAGE_ALIGNED(gpa | size | offset) || gpa + size < gpa || offset + size < offset)
		return -EINVAL;
	if (gmem_overlaps(vm, region->slot, gpa, size))
		return -EEXIST;

	file = fget(region->guest_memfd);
	if (!file)
		return -EBADF;
	if (file->f_op != &kvm_gmem_fops)
		goto out;
	gmem = file->private_data;
	if (gmem->vm != vm || offset + size > gmem->size)
		goto out;

	/* Like KVM, the slot does not keep the file open. */
	*slot = (struct emul_slot){
		.gpa = gpa,
		.size = size,
		.offset = offset,
		.gmem = gmem,
	};
	ret = 0;
out:
	fput(file);
	return ret;
}

/* All memory is private at first; pages that become shared are removed. */
int emul_gmem_attributes(struct emul_vm *vm, const struct kvm_memory_attributes *attrs)
{
	u64 end = attrs->address + attrs->size;

	if (attrs->flags || !PAGE_ALIGNED(attrs->address | attrs->size) || end <= attrs->address ||
	    attrs->attributes & ~KVM_MEMORY_ATTRIBUTE_PRIVATE)
		return -EINVAL;
	if (attrs->attributes)
		return 0;
	return emul_vm_zap(vm, attrs->address, end, true);
}
