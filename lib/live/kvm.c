/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capabilities of KVM. Some are answered only by the file of a TD VM: one is created and
 * closed again. This uses no HKID, since KVM assigns it in KVM_TDX_INIT_VM.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include "live.h"

/* From Linux 6.16; the headers of 6.1 do not have them. */
#define CAP_VM_TYPES	 235
#define VM_TYPE_TDX	 5
#define CMD_CAPABILITIES 0
#define MAX_CPUID	 256 /* entries; with too few the kernel returns E2BIG */

struct tdx_cmd {
	uint32_t id, flags;
	uint64_t data, hw_error;
};

struct tdx_capabilities {
	uint64_t attributes, xfam, tdvmcall[4], reserved[250];
	struct kvm_cpuid2 cpuid;
};

static void check_extension(struct tdxctl_ctx *ctx, int fd, unsigned long cap, struct tdxctl_val *v)
{
	/* The capability is the argument itself, not a pointer. */
	int ret = op_ioctl(ctx, fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap);

	*v = (struct tdxctl_val){ .readable = ret >= 0, .value = ret >= 0 ? (uint64_t)ret : 0 };
	if (ret < 0)
		v->reason = src_reason(ret);
}

/* Checks first whether KVM is loaded: opening /dev/kvm would load it. */
static int open_kvm(struct tdxctl_ctx *ctx)
{
	if (!root_exists(ctx, "/sys/module/kvm"))
		return -ENODEV;
	return op_open(ctx, "/dev/kvm", O_RDWR | O_CLOEXEC);
}

static int query_td(struct tdxctl_ctx *ctx, int vm, struct tdxctl_facts *f)
{
	size_t size = sizeof(struct tdx_capabilities) + MAX_CPUID * sizeof(struct kvm_cpuid_entry2);
	struct tdx_capabilities *caps = calloc(1, size);
	struct tdx_cmd cmd = { .id = CMD_CAPABILITIES, .data = (uintptr_t)caps };
	int err;

	if (!caps)
		return -ENOMEM;
	caps->cpuid.nent = MAX_CPUID;
	check_extension(ctx, vm, KVM_CAP_MAX_VCPUS, &f->td_max_vcpus);
	err = op_ioctl(ctx, vm, KVM_MEMORY_ENCRYPT_OP, &cmd);
	if (err < 0) {
		/* KVM with TDX patches from before the merge uses another struct for this command. */
		f->td_attributes.reason = f->td_xfam.reason =
			err == -ENOTTY || err == -EINVAL ? tdxctl_td_other_abi : src_reason(err);
	} else {
		val_set(&f->td_attributes, caps->attributes);
		val_set(&f->td_xfam, caps->xfam);
	}
	free(caps);
	return err == -ENOMEM ? err : 0;
}

static int probe_td(struct tdxctl_ctx *ctx, int kvm, struct tdxctl_facts *f)
{
	int vm, err;

	if (!f->kvm_vm_types.readable || !(f->kvm_vm_types.value >> VM_TYPE_TDX & 1)) {
		kvm_td_unknown(f, f->kvm_vm_types.readable ? "KVM does not support TDs" :
							     f->kvm_vm_types.reason);
		return 0;
	}
	vm = op_ioctl(ctx, kvm, KVM_CREATE_VM, (void *)(uintptr_t)VM_TYPE_TDX);
	if (vm < 0) {
		kvm_td_unknown(f, "KVM cannot create a TD");
		return vm == -ENOMEM ? vm : 0;
	}
	err = query_td(ctx, vm, f);
	op_close(ctx, vm);
	return err;
}

int live_kvm(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td)
{
	int fd = open_kvm(ctx), err = 0;

	if (fd < 0) {
		kvm_unknown(f,
			    fd == -ENODEV ? "KVM is not loaded" :
			    fd == -ENOENT ? "no /dev/kvm" :
					    src_reason(fd),
			    td);
		return 0;
	}
	check_extension(ctx, fd, CAP_VM_TYPES, &f->kvm_vm_types);
	check_extension(ctx, fd, KVM_CAP_MAX_VCPUS, &f->kvm_max_vcpus);
	if (td)
		err = probe_td(ctx, fd, f);
	op_close(ctx, fd);
	return err;
}
