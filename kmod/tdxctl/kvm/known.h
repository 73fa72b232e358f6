/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the headers that this module was built with, those of the kernel it runs
 * on, say about KVM: struct kvm and struct kvm_vcpu are public. Only the part of
 * struct kvm_tdx behind struct kvm is known from BTF alone.
 */
#ifndef TDXCTL_KVM_KNOWN_H
#define TDXCTL_KVM_KNOWN_H

#include <linux/types.h>

struct kvm_known {
	bool valid;		/* false: a kernel whose KVM has no TDs */
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

/* KVM marked a VM as broken: something failed that cannot fail. */
bool kvm_is_bugged(const void *kvm);

#endif
