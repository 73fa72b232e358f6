// SPDX-License-Identifier: GPL-2.0-only
/* Reads a TD from KVM's structures. */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "kvm-tdx-abi.h"
#include "kvm.h"

/*
 * Returns the physical address of a page. @page was read from KVM and is not trusted:
 * 0 if it does not describe a page.
 */
u64 page_address_of(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (!page || !pfn_valid(pfn) || pfn_to_page(pfn) != page)
		return 0;
	return PFN_PHYS(pfn);
}

/* Returns true if a thread of the process uses this memory map. The leader may have exited. */
static bool uses_mm(const struct task_struct *leader, const struct mm_struct *mm)
{
	const struct task_struct *t;
	bool uses = false;

	rcu_read_lock();
	for_each_thread(leader, t)
		uses = uses || READ_ONCE(t->mm) == mm;
	rcu_read_unlock();
	return uses;
}

/*
 * Reads the TD of a VM file that the caller holds. Returns 0; -EINVAL if it is not a
 * TD, or not initialised: then its creation will be seen as SEAMCALLs; -EXDEV if the
 * process of @leader does not use the memory map of the VM; -EOPNOTSUPP if a field is
 * unknown or not readable.
 */
int kvm_td_read(struct kvm_td *td, const struct kvm_layout *l, const struct file *file,
		const struct task_struct *leader)
{
	void *kvm = file->private_data;
	char owner[MODULE_NAME_LEN];
	struct mm_struct *mm;
	struct page *page;
	u8 type;

	*td = (struct kvm_td){ .kvm = kvm };
	/* The emulator's VM files have the same name, but another structure. */
	if (sym_module((unsigned long)file->f_op, owner, sizeof(owner)) && strcmp(owner, "kvm"))
		return -EINVAL;
	if (!layout_read(kvm, l->vm_type, &type, sizeof(type)) ||
	    !layout_read(kvm, l->mm, &mm, sizeof(mm)))
		return -EOPNOTSUPP;
	if (type != KVM_X86_TDX_VM)
		return -EINVAL;
	if (!mm || !uses_mm(leader, mm))
		return -EXDEV;
	if (!layout_read(kvm, l->hkid, &td->hkid, sizeof(td->hkid)) ||
	    !layout_read(kvm, l->state, &td->state, sizeof(td->state)) ||
	    !layout_read(kvm, l->tdr_page, &page, sizeof(page)))
		return -EOPNOTSUPP;
	td->tdr = page_address_of(page);
	if (!td->tdr)
		return -EINVAL;
	if (!layout_read(kvm, l->created_vcpus, &td->vcpus, sizeof(td->vcpus)))
		td->vcpus = LEDGER_UNKNOWN32;
	if (!layout_read(kvm, l->max_vcpus, &td->max_vcpus, sizeof(td->max_vcpus)))
		td->max_vcpus = LEDGER_UNKNOWN32;
	return 0;
}
