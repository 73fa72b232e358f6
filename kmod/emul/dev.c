// SPDX-License-Identifier: GPL-2.0-only
/* /dev/tdx-emul: the system ioctls of /dev/kvm. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "vm.h"

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
	.owner = THIS_MODULE,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice dev_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "tdx-emul",
	.fops = &dev_fops,
	.mode = 0660,
};

int emul_dev_init(void)
{
	return misc_register(&dev_misc);
}

void emul_dev_exit(void)
{
	misc_deregister(&dev_misc);
}
