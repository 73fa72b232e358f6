/* SPDX-License-Identifier: GPL-2.0-only */
/* VM files of tdx_emul: VM and vCPU (vm.c, vm-tdx.c), guest_memfd (gmem.c). */
#ifndef TDXCTL_EMUL_VM_H
#define TDXCTL_EMUL_VM_H

#include <linux/kref.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>

#include "emul.h"
#include "kvm-tdx-abi.h"

#define EMUL_MAX_SLOTS 32

struct emul_gmem;

/* A memslot: a range of guest memory that is in a guest_memfd. */
struct emul_slot {
	u64 gpa, size; /* size 0: unused */
	u64 offset;
	struct emul_gmem *gmem; /* NULL once its file is closed */
};

/*
 * Each open VM, vCPU and guest_memfd file has a reference, as in KVM: it keeps the
 * module loaded and the TD alive.
 */
struct emul_vm {
	struct kref ref;
	struct mm_struct *mm;
	struct mmu_notifier mn;
	struct mutex lock; /* kvm->lock: serialises tdmgr, protects what follows */
	struct tdmgr_td *td;
	struct emul_slot slot[EMUL_MAX_SLOTS];
};

/* vm.c */
int emul_vm_create(void);
void emul_vm_get(struct emul_vm *vm);
void emul_vm_put(struct emul_vm *vm);
int emul_vm_check_extension(long ext);
/* Removes the private pages of [gpa, end), under vm->lock. Returns 0 or -EINTR. */
int emul_vm_zap(struct emul_vm *vm, u64 gpa, u64 end, bool killable);

/* vm-tdx.c: KVM_MEMORY_ENCRYPT_OP */
long emul_tdx_vm_op(struct emul_vm *vm, void __user *argp);
long emul_tdx_vcpu_op(struct emul_vm *vm, u32 vcpu, void __user *argp);
/* Returns true if the TD is dead, see tdmgr.h. Under vm->lock. */
bool emul_vm_is_dead(struct emul_vm *vm);
void emul_private_page_free(void *arg, u64 gpa, u64 hpa);

/* gmem.c */
int emul_gmem_create(struct emul_vm *vm, void __user *argp);
int emul_gmem_bind(struct emul_vm *vm, const struct kvm_userspace_memory_region2 *region);
int emul_gmem_attributes(struct emul_vm *vm, const struct kvm_memory_attributes *attrs);

#endif
