/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What KVM says of itself. A TD has no HKID before KVM_TDX_INIT_VM: a VM that is
 * made to be asked and closed again costs none.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include "facts.h"
#include "private.h"

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

const char tdxctl_td_other_abi[] = "KVM has another KVM_TDX_CAPABILITIES than Linux 6.16";

static void ask(struct tdxctl_ctx *ctx, int fd, unsigned long cap, struct tdxctl_val *v)
{
	/* The capability is the argument itself, not a pointer. */
	int ret = op_ioctl(ctx, fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap);

	*v = (struct tdxctl_val){ .readable = ret >= 0, .value = ret >= 0 ? (uint64_t)ret : 0 };
	if (ret < 0)
		v->reason = tdxctl_src_why(ret);
}

static void set(struct tdxctl_val *v, uint64_t value)
{
	*v = (struct tdxctl_val){ .readable = true, .value = value };
}

static void td_unknown(struct tdxctl_facts *f, const char *reason)
{
	f->td_attributes.reason = f->td_xfam.reason = f->td_max_vcpus.reason = reason;
}

/*
 * Lines "235 33", capability and answer; "td ATTRIBUTES XFAM VCPUS" of a TD,
 * "td other-abi" where it does not tell.
 */
static void captured(const char *text, struct tdxctl_facts *f, bool td)
{
	unsigned long long cap, answer, a, x;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (td && sscanf(p, "td %llx %llx %llu", &a, &x, &answer) == 3) {
			set(&f->td_attributes, a);
			set(&f->td_xfam, x);
			set(&f->td_max_vcpus, answer);
		}
		if (td && !strncmp(p, "td other-abi", 12))
			td_unknown(f, tdxctl_td_other_abi);
		if (sscanf(p, "%llu %llu", &cap, &answer) != 2)
			continue;
		if (cap == CAP_VM_TYPES)
			set(&f->kvm_vm_types, answer);
		else if (cap == KVM_CAP_MAX_VCPUS)
			set(&f->kvm_max_vcpus, answer);
	}
}

/* VMs are directories PID-FD. */
static int count_vm(void *arg, const char *name)
{
	uint64_t *n = arg;
	size_t digits = strspn(name, "0123456789");

	*n += digits && name[digits] == '-' && name[digits + 1];
	return 0;
}

int tdxctl_src_vms(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	uint64_t vms = 0;
	int err = tdxctl_src_entries(ctx, "/sys/kernel/debug/kvm", count_vm, &vms);

	f->kvm_vms = (struct tdxctl_val){ .readable = !err, .value = vms };
	if (err)
		f->kvm_vms.reason = tdxctl_src_why(err);
	return 0;
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
			tdxctl_src_why(err);
	} else {
		set(&f->td_attributes, caps->attributes);
		set(&f->td_xfam, caps->xfam);
	}
	free(caps);
	return err == -ENOMEM ? err : 0;
}

static int scratch_td(struct tdxctl_ctx *ctx, int kvm, struct tdxctl_facts *f)
{
	int vm, err;

	if (!f->kvm_vm_types.readable || !(f->kvm_vm_types.value >> VM_TYPE_TDX & 1)) {
		td_unknown(f, f->kvm_vm_types.readable ? "KVM has no TDs" : f->kvm_vm_types.reason);
		return 0;
	}
	vm = op_ioctl(ctx, kvm, KVM_CREATE_VM, (void *)(uintptr_t)VM_TYPE_TDX);
	if (vm < 0) {
		td_unknown(f, "KVM did not make a VM for a TD");
		return vm == -ENOMEM ? vm : 0;
	}
	err = ask_td(ctx, vm, f);
	op_close(ctx, vm);
	return err;
}

static void all_unknown(struct tdxctl_facts *f, const char *reason, bool td)
{
	f->kvm_vm_types.reason = f->kvm_max_vcpus.reason = reason;
	if (td)
		td_unknown(f, reason);
}

int tdxctl_src_kvm(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td)
{
	int fd, err = 0;
	char *text;

	if (ctx->captured) {
		all_unknown(f, "not in the captured host", td);
		if (root_read(ctx, "/dev/kvm.txt", 4096, &text) >= 0) {
			captured(text, f, td);
			free(text);
		}
		return 0;
	}
	fd = open_kvm(ctx);
	if (fd < 0) {
		all_unknown(f, fd == -ENODEV ? "KVM is not loaded" :
			    fd == -ENOENT ? "no /dev/kvm" : tdxctl_src_why(fd), td);
		return 0;
	}
	ask(ctx, fd, CAP_VM_TYPES, &f->kvm_vm_types);
	ask(ctx, fd, KVM_CAP_MAX_VCPUS, &f->kvm_max_vcpus);
	if (td)
		err = scratch_td(ctx, fd, f);
	op_close(ctx, fd);
	return err;
}
