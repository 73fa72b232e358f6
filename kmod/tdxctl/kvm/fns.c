// SPDX-License-Identifier: GPL-2.0-only
/* Functions of KVM: exported to its vendor modules only, or called through their ops. */
#include <linux/uaccess.h>

#include "kvm.h"
#include "sept/sept.h"

struct kvm_fns kvm_fns;

enum { LOCK_ALL, UNLOCK_ALL, REQUEST_ALL, PRE_DESTROY, OPS, NEEDED, PAMT_PUT = NEEDED, NAMES };

static const char *const names[NAMES] = {
	[LOCK_ALL] = "kvm_lock_all_vcpus",
	[UNLOCK_ALL] = "kvm_unlock_all_vcpus",
	[REQUEST_ALL] = "kvm_make_all_cpus_request",
	[PRE_DESTROY] = "vt_vm_pre_destroy",
	[OPS] = "kvm_x86_ops",
	[PAMT_PUT] = SEPT_PAMT_PUT,
};

/*
 * Finds the functions. Returns NULL, or the name of the first one that is missing or may
 * not be called. Called once for each KVM that is loaded, because this takes a grace
 * period. Under layout_mutex.
 */
const char *kvm_fns_find(void)
{
	unsigned long at[NAMES];
	int i;

	sym_find_all(names, at, NAMES);
	for (i = 0; i < NAMES; i++)
		if (i != OPS)
			at[i] = sym_callable(at[i]);
	kvm_fns = (struct kvm_fns){
		.lock_all_vcpus = (void *)at[LOCK_ALL],
		.unlock_all_vcpus = (void *)at[UNLOCK_ALL],
		.request_all = (void *)at[REQUEST_ALL],
		.pre_destroy = (void *)at[PRE_DESTROY],
		.pamt_put = (void *)at[PAMT_PUT],
		.ops = at[OPS],
	};
	for (i = 0; i < NEEDED; i++)
		if (!at[i])
			return names[i];
	return NULL;
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
