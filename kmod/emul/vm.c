// SPDX-License-Identifier: GPL-2.0-only
/* VM and vCPU files. Names that are visible in /proc or by %ps are those of KVM. */
#include <linux/anon_inodes.h>
#include <linux/cpumask.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vm.h"

struct emul_vcpu {
	struct emul_vm *vm;
	u32 id;
};

/*
 * The memory map ends, with its process or later. No vCPU can run any more, so the HKID
 * is released now, and pages take the fast way of FLOWS.md F3 afterwards.
 */
static void vm_mm_release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct emul_vm *vm = container_of(mn, struct emul_vm, mn);

	mutex_lock(&vm->lock);
	/* On failure tdmgr leaks, counts and logs the HKID. */
	tdmgr_td_release_hkid(vm->td);
	mutex_unlock(&vm->lock);
}

static const struct mmu_notifier_ops vm_mn_ops = {
	.release = vm_mm_release,
};

void emul_vm_get(struct emul_vm *vm)
{
	kref_get(&vm->ref);
}

static void vm_destroy(struct kref *ref)
{
	struct emul_vm *vm = container_of(ref, struct emul_vm, ref);

	mmu_notifier_unregister(&vm->mn, vm->mm);
	tdmgr_td_destroy(vm->td, emul_private_page_free, NULL);
	mmdrop(vm->mm);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

void emul_vm_put(struct emul_vm *vm)
{
	kref_put(&vm->ref, vm_destroy);
}

int emul_vm_zap(struct emul_vm *vm, u64 gpa, u64 end, bool killable)
{
	u64 next, hpa;

	while (!tdmgr_mem_next(vm->td, gpa, &next) && next < end) {
		/* A page that the module keeps is leaked; continue with the others. */
		if (!tdmgr_mem_remove(vm->td, next, &hpa))
			emul_page_free(hpa);
		gpa = next + PAGE_SIZE;
		cond_resched();
		if (killable && fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* ---- vCPU ---- */

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct emul_vcpu *vcpu = file->private_data;

	emul_vm_put(vcpu->vm);
	kfree(vcpu);
	return 0;
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct emul_vcpu *vcpu = file->private_data;

	if (vcpu->vm->mm != current->mm)
		return -EIO;
	if (cmd != KVM_MEMORY_ENCRYPT_OP)
		return -ENOTTY;
	return emul_tdx_vcpu_op(vcpu->vm, vcpu->id, (void __user *)arg);
}

static const struct file_operations kvm_vcpu_fops = {
	.owner = THIS_MODULE,
	.release = vcpu_release,
	.unlocked_ioctl = vcpu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static int vm_create_vcpu(struct emul_vm *vm, u32 id)
{
	struct emul_vcpu *vcpu;
	struct file *file;
	char name[32];
	int fd, ret;

	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return -ENOMEM;
	vcpu->vm = vm;
	vcpu->id = id;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto free;
	}
	snprintf(name, sizeof(name), "kvm-vcpu:%u", id);
	file = anon_inode_getfile(name, &kvm_vcpu_fops, vcpu, O_RDWR);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto put_fd;
	}
	/* From here on vcpu_release() cleans up. */
	emul_vm_get(vm);

	/* Last, because tdmgr cannot free the id of a vCPU. */
	ret = tdmgr_vcpu_create(vm->td, id);
	if (ret) {
		fput(file);
		put_unused_fd(fd);
		return ret;
	}
	fd_install(fd, file);
	return fd;

put_fd:
	put_unused_fd(fd);
free:
	kfree(vcpu);
	return ret;
}

/* ---- VM ---- */

static int vm_enable_cap(struct emul_vm *vm, void __user *argp)
{
	struct kvm_enable_cap cap;

	if (copy_from_user(&cap, argp, sizeof(cap)))
		return -EFAULT;
	if (cap.flags || cap.cap != KVM_CAP_MAX_VCPUS)
		return -EINVAL;
	if (!cap.args[0] || cap.args[0] > TDX_MAX_VCPUS_PER_TD)
		return -EINVAL;
	return tdmgr_td_set_max_vcpus(vm->td, cap.args[0]);
}

static int vm_set_region(struct emul_vm *vm, void __user *argp)
{
	struct kvm_userspace_memory_region2 region;

	if (copy_from_user(&region, argp, sizeof(region)))
		return -EFAULT;
	return emul_gmem_bind(vm, &region);
}

static int vm_set_attributes(struct emul_vm *vm, void __user *argp)
{
	struct kvm_memory_attributes attrs;

	if (copy_from_user(&attrs, argp, sizeof(attrs)))
		return -EFAULT;
	return emul_gmem_attributes(vm, &attrs);
}

int emul_vm_check_extension(long ext)
{
	switch (ext) {
	case KVM_CAP_VM_TYPES:
		return 1 << KVM_X86_TDX_VM;
	case KVM_CAP_NR_VCPUS:
		return num_online_cpus();
	case KVM_CAP_MAX_VCPUS:
	case KVM_CAP_MAX_VCPU_ID:
		return TDX_MAX_VCPUS_PER_TD;
	case KVM_CAP_NR_MEMSLOTS:
		return EMUL_MAX_SLOTS;
	case KVM_CAP_MEMORY_ATTRIBUTES:
		return KVM_MEMORY_ATTRIBUTE_PRIVATE;
	case KVM_CAP_GUEST_MEMFD:
	case KVM_CAP_USER_MEMORY2:
	case KVM_CAP_CHECK_EXTENSION_VM:
	case KVM_CAP_ENABLE_CAP_VM:
		return 1;
	default:
		return 0;
	}
}

static long vm_locked_ioctl(struct emul_vm *vm, unsigned int cmd, unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case KVM_CHECK_EXTENSION:
		return emul_vm_check_extension(arg);
	case KVM_ENABLE_CAP:
		return vm_enable_cap(vm, argp);
	case KVM_CREATE_VCPU:
		return arg > U32_MAX ? -EINVAL : vm_create_vcpu(vm, arg);
	case KVM_CREATE_GUEST_MEMFD:
		return emul_gmem_create(vm, argp);
	case KVM_SET_USER_MEMORY_REGION2:
		return vm_set_region(vm, argp);
	case KVM_SET_MEMORY_ATTRIBUTES:
		return vm_set_attributes(vm, argp);
	default:
		return -ENOTTY;
	}
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct emul_vm *vm = file->private_data;
	long ret;

	if (vm->mm != current->mm)
		return -EIO;
	if (mutex_lock_interruptible(&vm->lock))
		return -EINTR;
	/* Checks for a dead VM itself: an interrupted release continues on one. */
	if (cmd == KVM_MEMORY_ENCRYPT_OP)
		ret = emul_tdx_vm_op(vm, (void __user *)arg);
	else if (emul_vm_is_dead(vm))
		ret = -EIO;
	else
		ret = vm_locked_ioctl(vm, cmd, arg);
	mutex_unlock(&vm->lock);
	return ret;
}

static int vm_release(struct inode *inode, struct file *file)
{
	emul_vm_put(file->private_data);
	return 0;
}

static const struct file_operations kvm_vm_fops = {
	.owner = THIS_MODULE,
	.release = vm_release,
	.unlocked_ioctl = vm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

int emul_vm_create(void)
{
	struct emul_vm *vm;
	int ret;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return -ENOMEM;
	kref_init(&vm->ref);
	mutex_init(&vm->lock);
	vm->mm = current->mm;
	mmgrab(vm->mm);

	ret = tdmgr_td_create(emul.mgr, &vm->td);
	if (ret)
		goto free;

	vm->mn.ops = &vm_mn_ops;
	ret = mmu_notifier_register(&vm->mn, vm->mm);
	if (ret)
		goto destroy;

	/* Without a file, the VM is destroyed here. */
	ret = anon_inode_getfd("kvm-vm", &kvm_vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (ret < 0)
		emul_vm_put(vm);
	return ret;

destroy:
	tdmgr_td_destroy(vm->td, emul_private_page_free, NULL);
free:
	mmdrop(vm->mm);
	kfree(vm);
	return ret;
}
