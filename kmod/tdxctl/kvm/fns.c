// SPDX-License-Identifier: GPL-2.0-only
/* Functions of KVM: exported to its vendor modules only, or called through their ops. */
#include <linux/uaccess.h>

#include "kvm.h"

struct kvm_fns kvm_fns;

/*
 * Finds the functions. Returns false if one is missing. Called once for each KVM
 * that is loaded, because a look-up takes a grace period. Under layout_mutex.
 */
bool kvm_fns_find(void)
{
	kvm_fns.lock_all_vcpus = (void *)sym_callable("kvm_lock_all_vcpus");
	kvm_fns.unlock_all_vcpus = (void *)sym_callable("kvm_unlock_all_vcpus");
	kvm_fns.request_all = (void *)sym_callable("kvm_make_all_cpus_request");
	kvm_fns.pre_destroy = (void *)sym_callable("vt_vm_pre_destroy");
	kvm_fns.ops = sym_find(NULL, "kvm_x86_ops");
	return kvm_fns.lock_all_vcpus && kvm_fns.unlock_all_vcpus && kvm_fns.request_all &&
	       kvm_fns.pre_destroy && kvm_fns.ops;
}

/*
 * Returns true if the layout's struct kvm_tdx is not larger than what KVM allocates.
 * KVM sets that size when its vendor module is ready, later than kvm_fns_find() may
 * run.
 */
bool kvm_fns_fit(const struct tdxctl_layout *l)
{
	unsigned int size;

	return kvm_known.valid && l->kvm_tdx_size > kvm_known.kvm_size &&
	       !copy_from_kernel_nofault(&size, (void *)kvm_fns.ops + kvm_known.ops_vm_size,
					 sizeof(size)) &&
	       l->kvm_tdx_size <= size;
}
