/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's structures as defined in the kernel headers that this module is built with:
 * struct kvm and struct kvm_vcpu. Only the part of struct kvm_tdx after struct kvm
 * is not in a header; its layout comes from BTF.
 */
#ifndef TDXCTL_KVM_KNOWN_H
#define TDXCTL_KVM_KNOWN_H

#include <linux/types.h>

struct kvm_known {
	bool valid; /* false: the KVM of this kernel has no TDs */
	/* struct kvm */
	u32 kvm_size;
	u32 vm_type, mm, created_vcpus, online_vcpus, max_vcpus;
	u32 lock, mmu_lock, vm_dead, vm_bugged;
	/* struct kvm_vcpu */
	u32 vcpu_size;
	u32 vcpu_kvm, vcpu_cpu;
	/* struct kvm_x86_ops */
	u32 ops_vm_size;
	unsigned int req_vm_dead;
};

extern const struct kvm_known kvm_known;

/* Returns true if KVM has marked the VM as broken after an internal error. */
bool kvm_is_bugged(const void *kvm);

#endif
