// SPDX-License-Identifier: GPL-2.0-only
/* /dev/tdx-emul: the system ioctls of /dev/kvm. */
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "vm.h"

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

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : KVM_API_VERSION;
	case KVM_CHECK_EXTENSION:
		return emul_vm_check_extension(arg);
	case KVM_CREATE_VM:
		return arg == KVM_X86_TDX_VM ? emul_vm_create() : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations dev_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= dev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice dev_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tdx-emul",
	.fops	= &dev_fops,
	.mode	= 0660,
};

int emul_dev_init(void)
{
	return misc_register(&dev_misc);
}

void emul_dev_exit(void)
{
	misc_deregister(&dev_misc);
}
