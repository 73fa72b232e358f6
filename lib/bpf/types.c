/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where KVM keeps what the inventory reads: from its BTF. */
#include <stdio.h>
#include "observer.h"
#include "layout/layout.h"

static void take(struct kvm_types *t, const struct kvm_layout *l)
{
	*t = (struct kvm_types){
		.config = {
			.vm_type = l->vm_type,
			.mm = l->mm,
			.created_vcpus = l->created_vcpus,
			.max_vcpus = l->max_vcpus,
			.hkid = l->hkid,
			.state = l->state,
			.tdr_page = l->tdr_page,
			.vcpu_kvm = l->vcpu_kvm,
		},
		.state_initialized = l->state_initialized,
		.state_runnable = l->state_runnable,
	};
}

/* Without these, no TD can be recognized. */
static const char *missing(const struct kvm_types *t)
{
	const struct inventory_config *c = &t->config;

	if (c->vm_type == OFFSET_UNKNOWN)
		return "kvm.arch.vm_type";
	if (c->hkid == OFFSET_UNKNOWN)
		return "hkid";
	if (c->state == OFFSET_UNKNOWN)
		return "state";
	if (t->state_initialized == LAYOUT_UNKNOWN || t->state_runnable == LAYOUT_UNKNOWN)
		return "enum kvm_tdx_state";
	return NULL;
}

static int search(struct kvm_types *types, const char *kernel, ssize_t kernel_size,
		  const char *module, ssize_t module_size, struct observer_why *why)
{
	struct layout_search *s = malloc(sizeof(*s));
	struct kvm_layout l;
	const char *lacks;
	int err;

	if (!s)
		return -ENOMEM;
	err = kvm_layout_search(&l, s, kernel, (size_t)kernel_size, module, (size_t)module_size);
	if (err) {
		why_set(why, "the BTF of KVM: %s", s->error);
	} else {
		take(types, &l);
		lacks = missing(types);
		if (lacks) {
			why_set(why, "the BTF of KVM: struct kvm_tdx has no %s", lacks);
			err = -ENOENT;
		}
	}
	free(s);
	return err ? -EOPNOTSUPP : 0;
}

int types_read(struct tdxctl_ctx *ctx, struct kvm_types *types, struct observer_why *why)
{
	char *kernel, *module = NULL;
	ssize_t n, m = 0;
	int err;

	n = root_read(ctx, "/sys/kernel/btf/vmlinux", BTF_BLOB_MAX, &kernel);
	if (n < 0) {
		why_set(why, "/sys/kernel/btf/vmlinux: %s", strerror((int)-n));
		return n == -ENOMEM ? -ENOMEM : -EOPNOTSUPP;
	}
	/* KVM may be built in. */
	if (root_exists(ctx, "/sys/kernel/btf/kvm_intel"))
		m = root_read(ctx, "/sys/kernel/btf/kvm_intel", BTF_BLOB_MAX, &module);
	if (m < 0) {
		why_set(why, "/sys/kernel/btf/kvm_intel: %s", strerror((int)-m));
		err = m == -ENOMEM ? -ENOMEM : -EOPNOTSUPP;
	} else {
		err = search(types, kernel, n, module, m, why);
		free(module);
	}
	free(kernel);
	return err;
}
