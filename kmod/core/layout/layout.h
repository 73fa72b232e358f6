/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * layout: where KVM keeps what the helper reads and changes: offsets in its structures,
 * and the generation of its S-EPT callbacks, from BTF.
 */
#ifndef TDXCTL_CORE_LAYOUT_H
#define TDXCTL_CORE_LAYOUT_H

#include "btf/btf.h"
#include "sept/sept.h"

#define LAYOUT_UNKNOWN (~0U)

/* A field that is not found is LAYOUT_UNKNOWN; a size 0. */
struct kvm_layout {
	bool known; /* this KVM has struct kvm_tdx */
	u32 kvm_tdx_size, kvm_vcpu_size;
	/* struct kvm_tdx, which begins with struct kvm */
	u32 vm_type;
	u32 mm;
	u32 created_vcpus, online_vcpus, max_vcpus;
	u32 lock;     /* struct mutex */
	u32 mmu_lock; /* rwlock_t */
	u32 vm_dead;
	u32 hkid, state, tdr_page;
	/* struct kvm_vcpu */
	u32 vcpu_kvm, vcpu_cpu;
	/* enum kvm_tdx_state */
	u32 state_initialized, state_runnable;
	struct sept_match sept;
};

#define LAYOUT_MAX_WANTS 16

/* Memory for a search: the caller need not initialise it. */
struct layout_search {
	struct btf_blob kernel, module;
	struct btf_want want[LAYOUT_MAX_WANTS];
	u32 nr_wants;
	/* After a failure: the blob with the fault, if there is one, and what it is. */
	const struct btf_blob *faulty;
	const char *error;
};

/*
 * Fills @l from the BTF of a kernel and of kvm_intel (@module NULL: KVM is built into the
 * kernel). Returns 0 if struct kvm_tdx was found, whatever else is missing; else
 * -ENOENT, or an errno of btf_blob_open(), and then sets s->error, and @l->known is false.
 */
int kvm_layout_search(struct kvm_layout *l, struct layout_search *s, const void *kernel,
		      size_t kernel_size, const void *module, size_t module_size);

#endif
