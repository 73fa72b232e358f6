/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * KVM's TDX interface, for builds with a <linux/kvm.h> that is older than it.
 * Numbers and layouts are those of Linux 6.16 and later. Two commands of patch
 * series that were not merged come last. Used by both modules and by the test VMM.
 */
#ifndef TDXCTL_COMPAT_KVM_TDX_ABI_H
#define TDXCTL_COMPAT_KVM_TDX_ABI_H

#include <linux/kvm.h>

#ifndef KVM_CAP_USER_MEMORY2
#define KVM_CAP_USER_MEMORY2 231
#endif
#ifndef KVM_CAP_MEMORY_ATTRIBUTES
#define KVM_CAP_MEMORY_ATTRIBUTES 233
#endif
#ifndef KVM_CAP_GUEST_MEMFD
#define KVM_CAP_GUEST_MEMFD 234
#endif
#ifndef KVM_CAP_VM_TYPES
#define KVM_CAP_VM_TYPES 235
#endif

#ifndef KVM_SET_USER_MEMORY_REGION2
#define KVM_MEM_GUEST_MEMFD (1UL << 2)

struct kvm_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};

#define KVM_SET_USER_MEMORY_REGION2 _IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#endif

#ifndef KVM_SET_MEMORY_ATTRIBUTES
#define KVM_MEMORY_ATTRIBUTE_PRIVATE (1ULL << 3)

struct kvm_memory_attributes {
	__u64 address;
	__u64 size;
	__u64 attributes;
	__u64 flags;
};

#define KVM_SET_MEMORY_ATTRIBUTES _IOW(KVMIO, 0xd2, struct kvm_memory_attributes)
#endif

#ifndef KVM_CREATE_GUEST_MEMFD
struct kvm_create_guest_memfd {
	__u64 size;
	__u64 flags;
	__u64 reserved[6];
};

#define KVM_CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)
#endif

#ifndef KVM_X86_TDX_VM
#define KVM_X86_TDX_VM 5

enum kvm_tdx_cmd_id {
	KVM_TDX_CAPABILITIES = 0, /* VM file */
	KVM_TDX_INIT_VM,	  /* VM file */
	KVM_TDX_INIT_VCPU,	  /* vCPU file */
	KVM_TDX_INIT_MEM_REGION,  /* vCPU file; tdx_emul: also VM file */
	KVM_TDX_FINALIZE_VM,	  /* VM file */
	KVM_TDX_GET_CPUID,	  /* vCPU file */
};

struct kvm_tdx_cmd {
	__u32 id;
	__u32 flags;
	__u64 data;	/* address, or the value itself */
	__u64 hw_error; /* in: 0; out: SEAMCALL status */
};

struct kvm_tdx_capabilities {
	__u64 supported_attrs;
	__u64 supported_xfam;
	__u64 kernel_tdvmcallinfo_1_r11;
	__u64 user_tdvmcallinfo_1_r11;
	__u64 kernel_tdvmcallinfo_1_r12;
	__u64 user_tdvmcallinfo_1_r12;
	__u64 reserved[250];
	struct kvm_cpuid2 cpuid;
};

struct kvm_tdx_init_vm {
	__u64 attributes;
	__u64 xfam;
	__u64 mrconfigid[6];
	__u64 mrowner[6];
	__u64 mrownerconfig[6];
	__u64 reserved[12];
	struct kvm_cpuid2 cpuid;
};

#define KVM_TDX_MEASURE_MEMORY_REGION (1UL << 0)

struct kvm_tdx_init_mem_region {
	__u64 source_addr;
	__u64 gpa;
	__u64 nr_pages;
};
#endif

/*
 * In a tree with these patches the commands are enumerators, which #ifndef cannot
 * see. A macro of the same name and value, defined after the enum, does no harm.
 *
 * KVM_TDX_RELEASE_VM, v9-v19: a command of the VM file. In mainline 5 is
 * KVM_TDX_GET_CPUID, a command of the vCPU file; the VM file refuses it.
 */
#define KVM_TDX_RELEASE_VM 5

/*
 * KVM_TDX_TERMINATE_VM, 2025: announced by the capability bit, in the first
 * reserved word of struct kvm_tdx_capabilities ("supported_caps"). A header with
 * the bit has the command too, under the number of its tree.
 */
#ifndef KVM_TDX_CAP_TERMINATE_VM
#define KVM_TDX_CAP_TERMINATE_VM (1ULL << 0)
#define KVM_TDX_TERMINATE_VM	 6
#endif

#endif
