// SPDX-License-Identifier: GPL-2.0-only
/* Functions of KVM: exported to its vendor modules only, or called through their ops. */
#include <linux/uaccess.h>

#include "kvm.h"
#include "sept/sept.h"

struct kvm_fns kvm_fns;

/* A function that is found and may be called; else it is the first one @missing. */
static void *callable(const char *name, const char **missing)
{
	unsigned long addr = sym_callable(name);

	if (!addr && !*missing)
		*missing = name;
	return (void *)addr;
}

/*
 * Finds the functions. Returns NULL, or the name of the first one that is missing. Called
 * once for each KVM that is loaded, because a look-up takes a grace period. Under
 * layout_mutex.
 */
const char *kvm_fns_find(void)
{
	const char *missing = NULL;

	kvm_fns.lock_all_vcpus = callable("kvm_lock_all_vcpus", &missing);
	kvm_fns.unlock_all_vcpus = callable("kvm_unlock_all_vcpus", &missing);
	kvm_fns.request_all = callable("kvm_make_all_cpus_request", &missing);
	kvm_fns.pre_destroy = callable("vt_vm_pre_destroy", &missing);
	kvm_fns.pamt_put = (void *)sym_callable(SEPT_PAMT_PUT);
	kvm_fns.ops = sym_find(NULL, "kvm_x86_ops");
	return missing ?: kvm_fns.ops ? NULL : "kvm_x86_ops";
}

/*
 * Returns true if the layout's struct kvm_tdx is not larger than what KVM allocates.
 * KVM sets that size when its vendor module is ready, later than kvm_fns_find() may
 * run.
 */
bool kvm_fns_fit(const struct kvm_layout *l)
{
	unsigned int size;

	return l->kvm_tdx_size > kvm_known.kvm_size &&
	       !copy_from_kernel_nofault(&size, (void *)kvm_fns.ops + kvm_known.ops_vm_size,
					 sizeof(size)) &&
	       l->kvm_tdx_size <= size;
}
