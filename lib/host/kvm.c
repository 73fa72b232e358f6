/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMs in KVM's debugfs, and reasons when KVM cannot be queried. */
#include "host.h"

/* Also in reports, where doctor recognises the text. */
const char tdxctl_td_other_abi[] = "KVM has another KVM_TDX_CAPABILITIES than Linux 6.16";

/* Each VM has a directory named PID-FD. */
static int count_vm(void *arg, const char *name)
{
	uint64_t *n = arg;
	size_t digits = strspn(name, "0123456789");

	*n += digits && name[digits] == '-' && name[digits + 1];
	return 0;
}

void src_vms(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	uint64_t vms = 0;
	int err = root_each(ctx, "/sys/kernel/debug/kvm", count_vm, &vms);

	f->kvm_vms = (struct tdxctl_val){ .readable = !err, .value = vms };
	if (err)
		f->kvm_vms.reason = src_reason(err);
}

void kvm_td_unknown(struct tdxctl_facts *f, const char *reason)
{
	f->td_attributes.reason = f->td_xfam.reason = f->td_max_vcpus.reason = reason;
}

void kvm_unknown(struct tdxctl_facts *f, const char *reason, bool td)
{
	f->kvm_vm_types.reason = f->kvm_max_vcpus.reason = reason;
	if (td)
		kvm_td_unknown(f, reason);
}
