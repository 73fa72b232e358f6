/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What KVM says of itself; nothing is created, so no HKID is taken. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include "hostsrc.h"
#include "private.h"

#define CAP_VM_TYPES	235		/* headers of 6.1 lack it */

static void ask(struct tdxctl_ctx *ctx, int fd, unsigned long cap, struct tdxctl_val *v)
{
	/* The capability is the argument itself, not a pointer. */
	int ret = op_ioctl(ctx, fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap);

	*v = (struct tdxctl_val){ .readable = ret >= 0, .value = ret >= 0 ? (uint64_t)ret : 0 };
	if (ret < 0)
		v->reason = tdxctl_src_why(ret);
}

/* Lines "235 33": capability and answer. */
static void captured(const char *text, struct tdxctl_facts *f)
{
	unsigned long long cap, answer;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		struct tdxctl_val v = { .readable = true };

		if (sscanf(p, "%llu %llu", &cap, &answer) != 2)
			continue;
		v.value = answer;
		if (cap == CAP_VM_TYPES)
			f->kvm_vm_types = v;
		else if (cap == KVM_CAP_MAX_VCPUS)
			f->kvm_max_vcpus = v;
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

int tdxctl_src_kvm(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	char *text;
	int fd;

	f->kvm_vm_types.reason = f->kvm_max_vcpus.reason = "not in the captured host";
	if (ctx->captured) {
		if (root_read(ctx, "/dev/kvm.txt", 4096, &text) >= 0) {
			captured(text, f);
			free(text);
		}
		return 0;
	}
	fd = open_kvm(ctx);
	if (fd < 0) {
		f->kvm_vm_types.reason = f->kvm_max_vcpus.reason =
			fd == -ENODEV ? "KVM is not loaded" :
			fd == -ENOENT ? "no /dev/kvm" : tdxctl_src_why(fd);
		return 0;
	}
	ask(ctx, fd, CAP_VM_TYPES, &f->kvm_vm_types);
	ask(ctx, fd, KVM_CAP_MAX_VCPUS, &f->kvm_max_vcpus);
	op_close(ctx, fd);
	return 0;
}
