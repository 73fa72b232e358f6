// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs whose HKID was given back early: what KVM must not do with them any more.
 *
 * KVM believes that a TD has its HKID until no private page is left. For a VM
 * in the table below hooks stand in for the functions that rely on it: removing
 * a page is one TDH.PHYMEM.PAGE.RECLAIM, and nothing is mapped or asked of a
 * vCPU. The table is read by the hooks without a lock: a VM's phase changes
 * while KVM's mmu_lock is held for writing, so no removal is under way, and its
 * entry is cleared when KVM frees the VM.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <asm/pgtable_types.h>
#include <asm/special_insns.h>

#include "compat.h"
#include "release.h"

#define MAX_VMS		64
#define SPTE_PRESENT	BIT_ULL(11)	/* SPTE_MMU_PRESENT_MASK of KVM */
#define BUSY_RETRIES	1000

enum early_phase {
	EARLY_NONE,		/* KVM's own */
	EARLY_RELEASING,
	EARLY_RELEASED,
	EARLY_FAILED,		/* the HKID was not given back */
};

/* Pages that wait to be reclaimed; fills one page itself. */
struct deferred {
	struct deferred *next;
	unsigned long nr;
	unsigned long pfn[];
};

#define MAX_DEFERRED	((PAGE_SIZE - sizeof(struct deferred)) / sizeof(unsigned long))

/*
 * While KVM gives the HKID back, pages cannot be reclaimed yet, and a removal
 * cannot wait: they are kept from being freed, and reclaimed afterwards.
 */
struct early_vm {
	void *kvm;
	enum early_phase phase;
	unsigned int users;		/* jobs; under early_mutex */
	struct deferred *deferred;	/* under mmu_lock, the jobs' in the end */
};

static DEFINE_MUTEX(early_mutex);
static struct early_vm vms[MAX_VMS];
static u32 vcpu_kvm_at, vcpu_cpu_at, hkid_at, mmu_lock_at;	/* of the layout in use */
static bool armed, pinned;		/* the hooks; this module, by a VM */
static atomic_long_t leaked_pages;

static void forget_fn(struct work_struct *work);
static DECLARE_WORK(forget_work, forget_fn);

static struct early_vm *find(const void *kvm)
{
	int i;

	for (i = 0; kvm && i < MAX_VMS; i++)
		if (READ_ONCE(vms[i].kvm) == kvm)
			return &vms[i];
	return NULL;
}

/* ---- pages ---- */

/* Not one of the kernel's own, so the probes do not see it. */
static u64 seamcall_observed(u64 leaf, struct ledger_regs *regs)
{
	struct observe_call c;
	u64 status;

	observe_begin(&c, leaf, regs, probe_missed());
	status = tdxctl_seamcall(leaf, regs);
	observe_end(&c, status, true);
	return status;
}

/*
 * As KVM does after a removal: on some CPUs the first partial write to a page
 * that was private is a machine check, MOVDIR64B is none.
 */
static void reset_page(unsigned long pfn)
{
	static const u8 zeros[64] __aligned(64);
	u8 *to = page_address(pfn_to_page(pfn));
	int i;

	for (i = 0; i < PAGE_SIZE; i += sizeof(zeros))
		compat_movdir64b(to + i, zeros);
	mb(); /* MOVDIR64B is weakly ordered */
}

/* A page that stays the TDX module's must never be free again. */
static void leak_page(unsigned long pfn, const char *why, u64 status)
{
	get_page(pfn_to_page(pfn));
	atomic_long_inc(&leaked_pages);
	pr_err_ratelimited("page 0x%llx is lost: %s (0x%llx)\n", (u64)PFN_PHYS(pfn), why, status);
}

static void reclaim(unsigned long pfn)
{
	struct ledger_regs regs;
	u64 status;
	int i;

	for (i = 0; i < BUSY_RETRIES; i++) {
		regs = (struct ledger_regs) { .rcx = PFN_PHYS(pfn) };
		status = seamcall_observed(TDH_PHYMEM_PAGE_RECLAIM, &regs);
		if (TDX_STATUS_OF(status) != TDX_ST(OPERAND_BUSY))
			break;
		cpu_relax();
	}
	if (status)
		leak_page(pfn, "not reclaimed", status);
	else
		reset_page(pfn);
}

static bool defer(struct early_vm *vm, unsigned long pfn)
{
	struct deferred *d = vm->deferred;

	if (!d || d->nr == MAX_DEFERRED) {
		d = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
		if (!d)
			return false;
		*d = (struct deferred) { .next = vm->deferred };
		vm->deferred = d;
	}
	get_page(pfn_to_page(pfn));
	d->pfn[d->nr++] = pfn;
	return true;
}

/* Those that cannot be reclaimed have one reference more, and stay. */
static void reclaim_deferred(struct early_vm *vm)
{
	struct deferred *d;
	unsigned long i;

	for (d = vm->deferred; d; d = d->next) {
		for (i = 0; i < d->nr; i++) {
			reclaim(d->pfn[i]);
			cond_resched();
		}
	}
}

/* Drops the list; @lost: its pages stay the TDX module's. */
static void drop_deferred(struct early_vm *vm, bool lost)
{
	struct deferred *d, *next;
	unsigned long i;

	for (d = vm->deferred; d; d = next) {
		next = d->next;
		for (i = 0; !lost && i < d->nr; i++) {
			put_page(pfn_to_page(d->pfn[i]));
			cond_resched();
		}
		if (lost)
			atomic_long_add(d->nr, &leaked_pages);
		free_page((unsigned long)d);
	}
	vm->deferred = NULL;
}

/* ---- phases ---- */

static void set_phase(struct early_vm *vm, enum early_phase phase)
{
	rwlock_t *mmu_lock = vm->kvm + mmu_lock_at;

	write_lock(mmu_lock);
	WRITE_ONCE(vm->phase, phase);
	write_unlock(mmu_lock);
}

/**
 * early_vm_begin() - KVM is about to give the HKID of @kvm back
 *
 * Nothing but removals of memory is still possible: the caller holds KVM's locks
 * of VM and vCPUs, or is the VM's end.
 */
void early_vm_begin(void *kvm)
{
	set_phase(find(kvm), EARLY_RELEASING);
}

/**
 * early_vm_end() - KVM has given the HKID back, or failed to; still as above
 *
 * After a failure the VM is KVM's again; pages that were removed meanwhile are
 * still the TDX module's and stay out of use until the HKID is free.
 *
 * Return: whether the HKID is back. early_vm_reclaim() is next then.
 */
bool early_vm_end(void *kvm)
{
	bool released;
	s32 hkid;

	released = layout_read(kvm, hkid_at, &hkid, sizeof(hkid)) && hkid <= 0;
	set_phase(find(kvm), released ? EARLY_RELEASED : EARLY_FAILED);
	return released;
}

/* The pages that had to wait; nobody adds to them any more. May sleep. */
void early_vm_reclaim(void *kvm)
{
	struct early_vm *vm = find(kvm);

	reclaim_deferred(vm);
	drop_deferred(vm, false);
}

/* ---- hooks ---- */

/* The function is not run; it returns @value. */
static void instead(struct pt_regs *regs, long value)
{
	regs->di = value;
	regs->ip = (unsigned long)tdxctl_return;
}

/*
 * (kvm, gfn, old_spte, new_spte, level), under mmu_lock. An entry has a page
 * frame if and only if it is present; where it does not look so, or for another
 * size, this KVM is not the one that is known here, and the page is not touched.
 */
static void on_sept(struct pt_regs *regs)
{
	struct early_vm *vm = find((void *)regs->di);
	unsigned long pfn = (regs->dx & __PHYSICAL_MASK) >> PAGE_SHIFT;
	bool present = regs->dx & SPTE_PRESENT;

	if (likely(!vm) || vm->phase == EARLY_NONE)
		return;
	/* Its pages are lost if its HKID is, but must not be free. */
	if (vm->phase == EARLY_FAILED && !kvm_is_bugged(vm->kvm))
		return;
	/* Nothing is mapped any more. */
	if (!present && !pfn) {
		instead(regs, -EIO);
		return;
	}
	if (!pfn_valid(pfn))
		pr_err_ratelimited("no page: S-EPT entry 0x%lx\n", regs->dx);
	else if (vm->phase == EARLY_FAILED)
		leak_page(pfn, "the HKID leaked", 0);
	else if (!present || (u32)regs->r8 != PG_LEVEL_4K)
		leak_page(pfn, "an unknown S-EPT entry", regs->dx);
	else if (vm->phase == EARLY_RELEASED)
		reclaim(pfn);
	else if (!defer(vm, pfn))
		leak_page(pfn, "no memory to remember it", 0);
	instead(regs, 0);
}

static enum early_phase phase_of_vcpu(unsigned long vcpu)
{
	struct early_vm *vm;
	void *kvm;

	if (!layout_read((void *)vcpu, vcpu_kvm_at, &kvm, sizeof(kvm)))
		return EARLY_NONE;
	vm = find(kvm);
	return vm ? READ_ONCE(vm->phase) : EARLY_NONE;
}

/*
 * A vCPU that was loaded once more by a system call that had passed KVM's check
 * for dead VMs has a CPU, but is in no CPU's list, from which KVM would remove it.
 */
static void on_vcpu_free(struct pt_regs *regs)
{
	if (phase_of_vcpu(regs->di) == EARLY_RELEASED)
		*(s32 *)(regs->di + vcpu_cpu_at) = -1;
}

/* Asks the TDX module about an interrupt. "Yes" lets a halted vCPU leave. */
static void on_has_interrupt(struct pt_regs *regs)
{
	if (phase_of_vcpu(regs->di) != EARLY_NONE)
		instead(regs, 1);
}

/* Tells the TDX module about shared memory. */
static void on_load_pgd(struct pt_regs *regs)
{
	if (phase_of_vcpu(regs->di) != EARLY_NONE)
		instead(regs, 0);
}

/* KVM's vm_pre_destroy, again, where it failed before. */
static void pre_destroy(void *kvm)
{
	early_vm_begin(kvm);
	kvm_fns.pre_destroy(kvm);
	if (early_vm_end(kvm))
		early_vm_reclaim(kvm);
}

/* The VM ends. What failed then may succeed now, and the TDR is to go last. */
static void on_pre_destroy(struct pt_regs *regs)
{
	struct early_vm *vm = find((void *)regs->di);

	if (vm && vm->phase == EARLY_FAILED)
		regs->ip = (unsigned long)pre_destroy;
}

static void on_destroy(struct pt_regs *regs)
{
	struct early_vm *vm = find((void *)regs->di);

	if (!vm)
		return;
	WRITE_ONCE(vm->kvm, NULL);
	queue_work(compat_unbound_wq, &forget_work);
}

static const struct hook hooks[] = {
	{ "tdx_sept_set_private_spte", on_sept },
	{ "tdx_protected_apic_has_interrupt", on_has_interrupt },
	{ "tdx_load_mmu_pgd", on_load_pgd },
	{ "tdx_vcpu_free", on_vcpu_free },
	{ "vt_vm_pre_destroy", on_pre_destroy },
	{ "tdx_vm_destroy", on_destroy },
};

/* ---- arming ---- */

/* Looks for the functions to be hooked. */
bool early_vm_find_hooks(void)
{
	return hook_find(hooks, ARRAY_SIZE(hooks));
}

bool early_vm_any(void)
{
	int i;

	for (i = 0; i < MAX_VMS; i++)
		if (READ_ONCE(vms[i].kvm))
			return true;
	return false;
}

static void clear_entry(struct early_vm *vm)
{
	drop_deferred(vm, vm->phase != EARLY_RELEASED);
	*vm = (struct early_vm) { };
}

/* This module stays while there is a VM. */
static void forget_locked(void)
{
	int i;

	for (i = 0; i < MAX_VMS; i++)
		if (!vms[i].kvm)
			clear_entry(&vms[i]);
	if (!pinned || early_vm_any())
		return;
	if (atomic_long_read(&leaked_pages))
		pr_err("%ld pages lost so far\n", atomic_long_read(&leaked_pages));
	pinned = false;
	module_put(THIS_MODULE);
}

static void forget_fn(struct work_struct *work)
{
	mutex_lock(&early_mutex);
	forget_locked();
	mutex_unlock(&early_mutex);
}

/*
 * Takes the hooks away: KVM goes, or this module does, and no VM is left. Not before:
 * until every thread of the host has slept once, ftrace and this hold their locks,
 * and a thread that gets no CPU would keep the next release waiting.
 */
void early_vm_retire(void)
{
	int ret;

	mutex_lock(&early_mutex);
	forget_locked();
	if (armed) {
		ret = hook_disarm();
		if (ret)
			pr_err("ftrace keeps calling (%d)\n", ret);
		armed = false;
	}
	mutex_unlock(&early_mutex);
}

static int arm_locked(const struct tdxctl_layout *l)
{
	int ret;

	/* Another layout comes only while there is no VM. */
	if (!early_vm_any()) {
		vcpu_kvm_at = l->vcpu_kvm;
		vcpu_cpu_at = l->vcpu_cpu;
		hkid_at = l->hkid;
		mmu_lock_at = l->mmu_lock;
	}
	if (armed)
		return 0;
	ret = hook_arm(hooks, ARRAY_SIZE(hooks));
	if (ret) {
		pr_warn("KVM's functions cannot be hooked (%d)\n", ret);
		return -ENOSYS;
	}
	armed = true;
	return 0;
}

/**
 * early_vm_reserve() - makes room for @kvm, of which the caller holds a file
 *
 * Nothing changes for the VM yet. early_vm_put() ends the caller's use.
 *
 * Return: 0, -ENOSPC when there are too many VMs, -ENOSYS without the hooks,
 * -EINTR after SIGKILL.
 */
int early_vm_reserve(const struct tdxctl_layout *l, void *kvm)
{
	struct early_vm *vm;
	int i, ret;

	if (mutex_lock_killable(&early_mutex))
		return -EINTR;
	vm = find(kvm);
	for (i = 0; !vm && i < MAX_VMS; i++)
		if (!vms[i].kvm)
			vm = &vms[i];
	ret = vm ? arm_locked(l) : -ENOSPC;
	if (!ret) {
		/* Its VM may have gone since all entries were looked at. */
		if (!vm->kvm)
			clear_entry(vm);
		vm->users++;
		WRITE_ONCE(vm->kvm, kvm);
		if (!pinned)
			__module_get(THIS_MODULE);
		pinned = true;
	}
	mutex_unlock(&early_mutex);
	return ret;
}

/* Of a VM that was released, or could not be, the entry stays. */
void early_vm_put(void *kvm)
{
	struct early_vm *vm;

	mutex_lock(&early_mutex);
	vm = find(kvm);
	if (!--vm->users && vm->phase == EARLY_NONE)
		WRITE_ONCE(vm->kvm, NULL);
	mutex_unlock(&early_mutex);
	queue_work(compat_unbound_wq, &forget_work);
}

/* No VM is left: each holds a reference on the module. */
void early_vm_exit(void)
{
	cancel_work_sync(&forget_work);
	early_vm_retire();
}
