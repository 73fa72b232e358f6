/* SPDX-License-Identifier: LGPL-2.1-or-later OR GPL-2.0-only */
/* The records between BPF programs and library. Both are built from this header. */
#ifndef OBSERVER_RECORD_H
#define OBSERVER_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* ---- inventory ---- */

#define OFFSET_UNKNOWN (~0U)

/* Offsets in struct kvm_tdx and struct kvm_vcpu, OFFSET_UNKNOWN unknown. */
struct inventory_config {
	__u32 vm_type, mm, created_vcpus, max_vcpus;
	__u32 hkid, state, tdr_page;
	__u32 vcpu_kvm;
};

enum inventory_kind { INVENTORY_VM = 1, INVENTORY_HOST };

#define INVENTORY_COMM 16

/* A file of a TD: of the VM, or of one of its vCPUs. */
struct inventory_vm {
	__u64 kvm;	/* address: the same for all files of a TD */
	__u64 tdr_page; /* address of struct page, 0 none */
	__u64 start_ns; /* of the process */
	__s32 tgid, fd;
	__s32 hkid;
	__u32 state; /* enum kvm_tdx_state */
	__u32 vcpus, max_vcpus;
	__u32 is_vcpu; /* the file of a vCPU */
	__u32 owner;   /* the process uses the memory map of the VM */
	char comm[INVENTORY_COMM];
};

/* The members of struct inventory_host that could be read. */
#define INVENTORY_HAS_VMEMMAP (1U << 0)
#define INVENTORY_HAS_KEYIDS  (1U << 1)
#define INVENTORY_HAS_POOL    (1U << 2)
#define INVENTORY_HAS_LOCK    (1U << 3)

#define INVENTORY_POOL_BITS 1024

struct inventory_host {
	__u64 vmemmap_base;
	__u64 lock_owner; /* of tdx_lock: struct task_struct, 0: free */
	__u32 has;
	__u32 page_size; /* of struct page */
	__u32 global_keyid, first_keyid, nr_keyids;
	__s32 lock_tgid, lock_tid;
	__u32 reserved;
	char lock_comm[INVENTORY_COMM];
	__u64 pool[INVENTORY_POOL_BITS / 64]; /* allocated HKIDs */
};

/* All records have the same size, so the kernel may deliver them in pieces of any length. */
struct inventory_record {
	__u32 kind; /* enum inventory_kind */
	__u32 reserved;
	union {
		struct inventory_vm vm;
		struct inventory_host host;
	};
};

#endif
