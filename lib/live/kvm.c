/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What KVM says of itself. A TD has no HKID before KVM_TDX_INIT_VM: a VM that is
 * made to be asked and closed again costs none.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include "live.h"

/* Linux 6.16; headers of 6.1 lack them. */
#define CAP_VM_TYPES		235
#define VM_TYPE_TDX		5
#define CMD_CAPABILITIES	0
#define MAX_CPUID		256	/* entries; the kernel refuses too few of them */

struct tdx_cmd {
	uint32_t id, flags;
	uint64_t data, hw_error;
};

struct tdx_capabilities {
	uint64_t attributes, xfam, tdvmcall[4], reserved[250];
	struct kvm_cpuid2 cpuid;
};

static void ask(struct tdxctl_ctx *ctx, int fd, unsigned long cap, struct tdxctl_val *v)
{
	/* The capability is the argument itself, not a pointer. */
	int ret = op_ioctl(ctx, fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap);

	*v = (struct tdxctl_val){ .readable = ret >= 0, .value = ret >= 0 ? (uint64_t)ret : 0 };
	if (ret < 0)
		v->reason = src_reason(ret);
}

/* To open the device of a module that is not loaded would load it. */
static int open_kvm(struct tdxctl_ctx *ctx)
{
	if (!root_exists(ctx, "/sys/module/kvm"))
		return -ENODEV;
	return op_open(ctx, "/dev/kvm", O_RDWR | O_CLOEXEC);
}

static int ask_td(struct tdxctl_ctx *ctx, int vm, struct tdxctl_facts *f)
{
	size_t size = sizeof(struct tdx_capabilities) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct tdx_capabilities *caps = calloc(1, size);
	struct tdx_cmd cmd = { .id = CMD_CAPABILITIES, .data = (uintptr_t)caps };
	int err;

	if (!caps)
		return -ENOMEM;
	caps->cpuid.nent = MAX_CPUID;
	ask(ctx, vm, KVM_CAP_MAX_VCPUS, &f->td_max_vcpus);
	err = op_ioctl(ctx, vm, KVM_MEMORY_ENCRYPT_OP, &cmd);
	if (err < 0) {
		/* Kernels before TDX was merged had the same number for another struct. */
		f->td_attributes.reason = f->td_xfam.reason =
			err == -ENOTTY || err == -EINVAL ? tdxctl_td_other_abi :
			src_reason(err);
	} else {
		val_set(&f->td_attributes, caps->attributes);
		val_set(&f->td_xfam, caps->xfam);
	}
	free(caps);
	return err == -ENOMEM ? err : 0;
}

static int scratch_td(struct tdxctl_ctx *ctx, int kvm, struct tdxctl_facts *f)
{
	int vm, err;

	if (!f->kvm_vm_types.readable || !(f->kvm_vm_types.value >> VM_TYPE_TDX & 1)) {
		kvm_td_unknown(f, f->kvm_vm_types.readable ? "KVM has no TDs" : f->kvm_vm_types.reason);
		return 0;
	}
	vm = op_ioctl(ctx, kvm, KVM_CREATE_VM, (void *)(uintptr_t)VM_TYPE_TDX);
	if (vm < 0) {
		kvm_td_unknown(f, "KVM did not make a VM for a TD");
		return vm == -ENOMEM ? vm : 0;
	}
	err = ask_td(ctx, vm, f);
	op_close(ctx, vm);
	return err;
}

int live_kvm(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td)
{
	int fd = open_kvm(ctx), err = 0;

	if (fd < 0) {
		kvm_unknown(f, fd == -ENODEV ? "KVM is not loaded" :
			    fd == -ENOENT ? "no /dev/kvm" : src_reason(fd), td);
		return 0;
	}
	ask(ctx, fd, CAP_VM_TYPES, &f->kvm_vm_types);
	ask(ctx, fd, KVM_CAP_MAX_VCPUS, &f->kvm_max_vcpus);
	if (td)
		err = scratch_td(ctx, fd, f);
	op_close(ctx, fd);
	return err;
}
