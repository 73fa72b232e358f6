// SPDX-License-Identifier: GPL-2.0-only
/* Includes no header of core: the kernel uses the same names for the TDX ABI. */
#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/version.h>

#include "known.h"

#if IS_ENABLED(CONFIG_KVM) && LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#include <linux/kvm_host.h>

const struct kvm_known kvm_known = {
	.valid = true,
	.kvm_size = sizeof(struct kvm),
	.vm_type = offsetof(struct kvm, arch.vm_type),
	.mm = offsetof(struct kvm, mm),
	.created_vcpus = offsetof(struct kvm, created_vcpus),
	.online_vcpus = offsetof(struct kvm, online_vcpus),
	.max_vcpus = offsetof(struct kvm, max_vcpus),
	.lock = offsetof(struct kvm, lock),
	.mmu_lock = offsetof(struct kvm, mmu_lock),
	.vm_dead = offsetof(struct kvm, vm_dead),
	.vm_bugged = offsetof(struct kvm, vm_bugged),
	.vcpu_size = sizeof(struct kvm_vcpu),
	.vcpu_kvm = offsetof(struct kvm_vcpu, kvm),
	.vcpu_cpu = offsetof(struct kvm_vcpu, cpu),
	.ops_vm_size = offsetof(struct kvm_x86_ops, vm_size),
	.req_vm_dead = KVM_REQ_VM_DEAD,
};
#else
const struct kvm_known kvm_known;
#endif

bool kvm_is_bugged(const void *kvm)
{
	return READ_ONCE(*(const bool *)(kvm + kvm_known.vm_bugged));
}
