// SPDX-License-Identifier: GPL-2.0-only
/* KVM_MEMORY_ENCRYPT_OP: the KVM_TDX_* sub-commands. */
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vm.h"

#define TDX_ATTR_SEPT_VE_DISABLE   BIT_ULL(28)
#define TDX_XFAM_SUPPORTED	   0x7ULL /* x87, SSE, AVX */
#define TDX_XFAM_REQUIRED	   0x3ULL
#define CPUID_PHYS_BITS_LEAF	   0x80000008U
#define CPUID_GUEST_PHYS_BITS(eax) (((eax) >> 16) & 0xff)
#define MAX_CPUID_ENTRIES	   256

enum emul_api emul_api;

void emul_private_page_free(void *arg, u64 gpa, u64 hpa)
{
	emul_page_free(hpa);
}

bool emul_vm_is_dead(struct emul_vm *vm)
{
	struct tdmgr_td_info info;

	tdmgr_td_get_info(vm->td, &info);
	return info.dead;
}

static int tdx_capabilities(struct kvm_tdx_cmd *cmd)
{
	struct kvm_tdx_capabilities __user *ucaps = u64_to_user_ptr(cmd->data);
	struct kvm_cpuid_entry2 leaf = {
		.function = CPUID_PHYS_BITS_LEAF,
		.eax = 0x00ff0000,
	};
	struct kvm_tdx_capabilities *caps;
	int ret = 0;
	u32 room;

	if (cmd->flags)
		return -EINVAL;
	if (get_user(room, &ucaps->cpuid.nent))
		return -EFAULT;
	if (room < 1)
		return -E2BIG;

	caps = kzalloc(sizeof(*caps), GFP_KERNEL);
	if (!caps)
		return -ENOMEM;
	caps->supported_attrs = TDX_ATTR_SEPT_VE_DISABLE;
	caps->supported_xfam = TDX_XFAM_SUPPORTED;
	if (emul_api == EMUL_API_TERMINATE)
		caps->reserved[0] = KVM_TDX_CAP_TERMINATE_VM;
	caps->cpuid.nent = 1;
	if (copy_to_user(ucaps, caps, sizeof(*caps)) ||
	    copy_to_user(ucaps->cpuid.entries, &leaf, sizeof(leaf)))
		ret = -EFAULT;
	kfree(caps);
	return ret;
}

/* As in KVM: the list must contain the guest's physical address width only. */
static int tdx_check_cpuid(const struct kvm_cpuid2 __user *ucpuid, u32 nent)
{
	struct kvm_cpuid_entry2 *e;
	int ret = -EINVAL;
	u32 i, bits;

	if (!nent)
		return -EINVAL;
	if (nent > MAX_CPUID_ENTRIES)
		return -E2BIG;
	e = memdup_user(ucpuid->entries, nent * sizeof(*e));
	if (IS_ERR(e))
		return PTR_ERR(e);
	for (i = 0; i < nent; i++) {
		if (e[i].function != CPUID_PHYS_BITS_LEAF)
			goto out;
		bits = CPUID_GUEST_PHYS_BITS(e[i].eax);
		if (bits != 48 && bits != 52)
			goto out;
	}
	ret = 0;
out:
	kfree(e);
	return ret;
}

static int tdx_init_vm(struct emul_vm *vm, struct kvm_tdx_cmd *cmd)
{
	struct kvm_tdx_init_vm __user *uinit = u64_to_user_ptr(cmd->data);
	struct tdmgr_td_params params;
	struct kvm_tdx_init_vm init;
	int ret;

	if (cmd->flags)
		return -EINVAL;
	if (copy_from_user(&init, uinit, sizeof(init)))
		return -EFAULT;
	if (init.cpuid.padding || memchr_inv(init.reserved, 0, sizeof(init.reserved)))
		return -EINVAL;
	if (init.attributes & ~TDX_ATTR_SEPT_VE_DISABLE || init.xfam & ~TDX_XFAM_SUPPORTED ||
	    (init.xfam & TDX_XFAM_REQUIRED) != TDX_XFAM_REQUIRED)
		return -EINVAL;
	ret = tdx_check_cpuid(&uinit->cpuid, init.cpuid.nent);
	if (ret)
		return ret;

	params.attributes = init.attributes;
	params.xfam = init.xfam;
	memcpy(params.mrconfigid, init.mrconfigid, sizeof(params.mrconfigid));
	memcpy(params.mrowner, init.mrowner, sizeof(params.mrowner));
	memcpy(params.mrownerconfig, init.mrownerconfig, sizeof(params.mrownerconfig));
	return tdmgr_td_init_vm(vm->td, &params, &cmd->hw_error);
}

static int tdx_add_page(struct emul_vm *vm, u64 gpa, u64 source, bool measure)
{
	struct page *src;
	u64 hpa;
	int ret;

	ret = get_user_pages_fast(source, 1, 0, &src);
	if (ret < 0)
		return ret;
	if (ret != 1)
		return -EFAULT;

	hpa = emul_page_alloc();
	if (!hpa) {
		ret = -ENOMEM;
	} else {
		ret = tdmgr_mem_add(vm->td, gpa, hpa, page_to_phys(src), measure);
		/* After an error the page is not the TD's. */
		if (ret)
			emul_page_free(hpa);
	}
	put_page(src);
	return ret;
}

/* Interruptible; the rest of the region is written back, as in KVM. */
static int tdx_init_mem_region(struct emul_vm *vm, struct kvm_tdx_cmd *cmd)
{
	struct kvm_tdx_init_mem_region __user *uregion = u64_to_user_ptr(cmd->data);
	struct kvm_tdx_init_mem_region region;
	bool measure = cmd->flags & KVM_TDX_MEASURE_MEMORY_REGION;
	int ret = 0;

	if (cmd->flags & ~KVM_TDX_MEASURE_MEMORY_REGION)
		return -EINVAL;
	if (copy_from_user(&region, uregion, sizeof(region)))
		return -EFAULT;
	if (!PAGE_ALIGNED(region.source_addr) || !PAGE_ALIGNED(region.gpa) || !region.nr_pages ||
	    region.nr_pages > U64_MAX >> PAGE_SHIFT ||
	    region.gpa + (region.nr_pages << PAGE_SHIFT) <= region.gpa)
		return -EINVAL;

	while (region.nr_pages) {
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		ret = tdx_add_page(vm, region.gpa, region.source_addr, measure);
		/* KVM retries a busy S-EPT as well. */
		if (ret == -EBUSY) {
			cond_resched();
			continue;
		}
		if (ret)
			break;
		region.source_addr += PAGE_SIZE;
		region.gpa += PAGE_SIZE;
		region.nr_pages--;
		cond_resched();
	}
	if (copy_to_user(uregion, &region, sizeof(region)))
		ret = -EFAULT;
	return ret;
}

/*
 * TERMINATE requires that no vCPU runs. vm->lock is sufficient: vCPU commands run under
 * it, and there is no KVM_RUN.
 */
static int tdx_private_api(struct emul_vm *vm, struct kvm_tdx_cmd *cmd)
{
	if (cmd->flags || cmd->data)
		return -EINVAL;
	if (emul_api == EMUL_API_V16 && cmd->id == KVM_TDX_RELEASE_VM)
		return tdmgr_td_release_vm(vm->td, emul_private_page_free, NULL);
	if (emul_api == EMUL_API_TERMINATE && cmd->id == KVM_TDX_TERMINATE_VM)
		return emul_vm_is_dead(vm) ? -EIO : tdmgr_td_terminate_vm(vm->td);
	return -EINVAL;
}

static int tdx_vm_cmd(struct emul_vm *vm, struct kvm_tdx_cmd *cmd)
{
	switch (cmd->id) {
	case KVM_TDX_CAPABILITIES:
		return tdx_capabilities(cmd);
	case KVM_TDX_INIT_VM:
		return tdx_init_vm(vm, cmd);
	case KVM_TDX_INIT_MEM_REGION:
		return tdx_init_mem_region(vm, cmd);
	case KVM_TDX_FINALIZE_VM:
		return cmd->flags ? -EINVAL : tdmgr_td_finalize(vm->td, &cmd->hw_error);
	default:
		return -EINVAL;
	}
}

static int tdx_get_cmd(struct kvm_tdx_cmd *cmd, void __user *argp)
{
	if (copy_from_user(cmd, argp, sizeof(*cmd)))
		return -EFAULT;
	return cmd->hw_error ? -EINVAL : 0;
}

long emul_tdx_vm_op(struct emul_vm *vm, void __user *argp)
{
	struct kvm_tdx_cmd cmd;
	int ret;

	ret = tdx_get_cmd(&cmd, argp);
	if (ret)
		return ret;

	if (cmd.id == KVM_TDX_RELEASE_VM || cmd.id == KVM_TDX_TERMINATE_VM)
		ret = tdx_private_api(vm, &cmd);
	else
		ret = emul_vm_is_dead(vm) ? -EIO : tdx_vm_cmd(vm, &cmd);

	if (copy_to_user(argp, &cmd, sizeof(cmd)))
		ret = -EFAULT;
	return ret;
}

long emul_tdx_vcpu_op(struct emul_vm *vm, u32 vcpu, void __user *argp)
{
	struct kvm_tdx_cmd cmd;
	int ret;

	ret = tdx_get_cmd(&cmd, argp);
	if (ret)
		return ret;
	if (mutex_lock_interruptible(&vm->lock))
		return -EINTR;

	if (emul_vm_is_dead(vm)) {
		ret = -EIO;
	} else if (cmd.id == KVM_TDX_INIT_VCPU) {
		ret = cmd.flags ? -EINVAL : tdmgr_vcpu_init(vm->td, vcpu, cmd.data);
	} else if (cmd.id == KVM_TDX_INIT_MEM_REGION) {
		ret = tdx_init_mem_region(vm, &cmd);
	} else {
		ret = -EINVAL;
	}
	mutex_unlock(&vm->lock);

	if (copy_to_user(argp, &cmd, sizeof(cmd)))
		ret = -EFAULT;
	return ret;
}
