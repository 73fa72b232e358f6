// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs whose HKID was given back early: what KVM must not do with them any more.
 *
 * KVM believes that a TD has its HKID until no private page is left. For a VM
 * in the table below probes stand in for the functions that rely on it: removing
 * a page is one TDH.PHYMEM.PAGE.RECLAIM, and nothing is mapped or asked of a
 * vCPU. The table is read by probe handlers without a lock: an entry is set
 * while KVM's mmu_lock is held for writing, so no removal is under way, and
 * cleared when KVM frees the VM.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/special_insns.h>

#include "compat.h"
#include "early.h"

#define MAX_VMS		64
#define MAX_DEFERRED	16384
#define SPTE_PRESENT	BIT_ULL(11)	/* SPTE_MMU_PRESENT_MASK of KVM */
#define LEVEL_4K	1
#define BUSY_RETRIES	1000

enum early_phase { EARLY_NONE, EARLY_RELEASING, EARLY_RELEASED };

/*
 * While KVM gives the HKID back, pages cannot be reclaimed yet, and a removal
 * cannot wait: they are kept from being freed, and reclaimed afterwards.
 */
struct early_vm {
	void *kvm;
	enum early_phase phase;
	unsigned int nr_deferred;
	unsigned long *deferred;	/* page frames; MAX_DEFERRED */
};

static DEFINE_MUTEX(early_mutex);
static struct early_vm vms[MAX_VMS];
static u32 vcpu_kvm_at, vcpu_cpu_at;	/* of the layout in use */
static bool armed;
static atomic_long_t leaked_pages;

static void retire_fn(struct work_struct *work);
static DECLARE_WORK(retire_work, retire_fn);

static struct early_vm *find(const void *kvm)
{
	int i;

	for (i = 0; kvm && i < MAX_VMS; i++)
		if (READ_ONCE(vms[i].kvm) == kvm)
			return &vms[i];
	return NULL;
}

/* ---- pages ---- */

/* Not seen by the probes: a probe hit inside a handler is skipped. */
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
static void leak_page(unsigned long pfn, u64 status)
{
	get_page(pfn_to_page(pfn));
	atomic_long_inc(&leaked_pages);
	pr_err_ratelimited("page 0x%llx is lost: TDH.PHYMEM.PAGE.RECLAIM failed: 0x%llx\n",
			   (u64)PFN_PHYS(pfn), status);
}

static bool reclaim(unsigned long pfn)
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
	if (status) {
		leak_page(pfn, status);
		return false;
	}
	reset_page(pfn);
	return true;
}

/* ---- probe handlers ---- */

/* seamcall.S: returns its first argument */
asmlinkage long tdxctl_return(long value);

/* The probed function is not run; it returns @value. */
static int instead(struct pt_regs *regs, long value)
{
	regs->di = value;
	regs->ip = (unsigned long)tdxctl_return;
	return 1;
}

/* (kvm, gfn, old_spte, new_spte, level), under mmu_lock */
static int on_sept(struct kprobe *p, struct pt_regs *regs)
{
	struct early_vm *vm = find((void *)regs->di);
	unsigned long pfn = (regs->dx & __PHYSICAL_MASK) >> PAGE_SHIFT;

	if (likely(!vm))
		return 0;
	/* Nothing is mapped any more. */
	if (!(regs->dx & SPTE_PRESENT))
		return instead(regs, -EIO);
	/* A size this code does not know is KVM's to complain about. */
	if ((u32)regs->r8 != LEVEL_4K || !pfn_valid(pfn))
		return 0;
	if (vm->phase == EARLY_RELEASED) {
		reclaim(pfn);
	} else if (vm->nr_deferred < MAX_DEFERRED) {
		get_page(pfn_to_page(pfn));
		vm->deferred[vm->nr_deferred++] = pfn;
	} else {
		leak_page(pfn, TDX_ST(OPERAND_BUSY));
	}
	return instead(regs, 0);
}

static struct early_vm *vm_of_vcpu(unsigned long vcpu)
{
	void *kvm;

	if (!layout_read((void *)vcpu, vcpu_kvm_at, &kvm, sizeof(kvm)))
		return NULL;
	return find(kvm);
}

/*
 * A vCPU that was loaded once more by a system call that had passed KVM's check
 * for dead VMs has a CPU, but is in no CPU's list, from which KVM would remove it.
 */
static int on_vcpu_free(struct kprobe *p, struct pt_regs *regs)
{
	if (vm_of_vcpu(regs->di))
		*(s32 *)(regs->di + vcpu_cpu_at) = -1;
	return 0;
}

/* Asks the TDX module about an interrupt. "Yes" lets a halted vCPU leave. */
static int on_has_interrupt(struct kprobe *p, struct pt_regs *regs)
{
	return vm_of_vcpu(regs->di) ? instead(regs, 1) : 0;
}

/* Tells the TDX module about shared memory. */
static int on_load_pgd(struct kprobe *p, struct pt_regs *regs)
{
	return vm_of_vcpu(regs->di) ? instead(regs, 0) : 0;
}

static int on_destroy(struct kprobe *p, struct pt_regs *regs)
{
	struct early_vm *vm = find((void *)regs->di);

	if (vm) {
		WRITE_ONCE(vm->kvm, NULL);
		schedule_work(&retire_work);
	}
	return 0;
}

/* Keeps a probe that moves the instruction pointer from being optimised. */
static void on_post(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static const struct {
	const char *symbol;
	kprobe_pre_handler_t handler;
	bool replaces;
} wanted[] = {
	{ "tdx_sept_set_private_spte", on_sept, true },
	{ "tdx_protected_apic_has_interrupt", on_has_interrupt, true },
	{ "tdx_load_mmu_pgd", on_load_pgd, true },
	{ "tdx_vcpu_free", on_vcpu_free, false },
	{ "tdx_vm_destroy", on_destroy, false },
};

static struct kprobe probes[ARRAY_SIZE(wanted)];
static struct kprobe *probe_list[ARRAY_SIZE(wanted)];

/* ---- arming ---- */

bool sept_known(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!sym_find(NULL, wanted[i].symbol))
			return false;
	return true;
}

static void disarm(int n)
{
	int i;

	for (i = 0; i < n; i++)
		probe_list[i] = &probes[i];
	unregister_kprobes(probe_list, n);
}

static int arm(void)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		probes[i] = (struct kprobe) {
			.symbol_name = wanted[i].symbol,
			.pre_handler = wanted[i].handler,
			.post_handler = wanted[i].replaces ? on_post : NULL,
		};
		ret = register_kprobe(&probes[i]);
		/* Probes may be switched off as a whole. */
		if (!ret && kprobe_disabled(&probes[i])) {
			unregister_kprobe(&probes[i]);
			ret = -EOPNOTSUPP;
		}
		if (ret) {
			pr_warn("%s: no probe (%d)\n", wanted[i].symbol, ret);
			disarm(i);
			return ret;
		}
	}
	return 0;
}

static bool any_vm(void)
{
	int i;

	for (i = 0; i < MAX_VMS; i++)
		if (READ_ONCE(vms[i].kvm))
			return true;
	return false;
}

bool early_active(void)
{
	return READ_ONCE(armed);
}

/* The probes stay while there is a VM, and this module with them. */
static void retire_locked(void)
{
	int i;

	for (i = 0; i < MAX_VMS; i++) {
		if (vms[i].kvm)
			continue;
		kvfree(vms[i].deferred);
		vms[i] = (struct early_vm) { };
	}
	if (!armed || any_vm())
		return;
	disarm(ARRAY_SIZE(wanted));
	WRITE_ONCE(armed, false);
	if (atomic_long_read(&leaked_pages))
		pr_err("%ld pages lost so far\n", atomic_long_read(&leaked_pages));
	module_put(THIS_MODULE);
}

static void retire_fn(struct work_struct *work)
{
	mutex_lock(&early_mutex);
	retire_locked();
	mutex_unlock(&early_mutex);
}

/**
 * sept_begin() - KVM is about to give the HKID of @kvm back
 *
 * The caller holds KVM's locks of VM, vCPUs and slots, so that only removals of
 * memory by guest_memfd are still possible.
 */
int sept_begin(const struct tdxctl_layout *l, void *kvm)
{
	rwlock_t *mmu_lock = kvm + l->mmu_lock;
	struct early_vm *vm = NULL;
	int i, ret = 0;

	mutex_lock(&early_mutex);
	if (!armed) {
		vcpu_kvm_at = l->vcpu_kvm;
		vcpu_cpu_at = l->vcpu_cpu;
		ret = arm();
		if (ret)
			goto out;
		__module_get(THIS_MODULE);
		WRITE_ONCE(armed, true);
	}
	for (i = 0; i < MAX_VMS && !vm; i++)
		if (!vms[i].kvm && !vms[i].deferred)
			vm = &vms[i];
	if (vm)
		vm->deferred = kvmalloc_array(MAX_DEFERRED, sizeof(*vm->deferred), GFP_KERNEL);
	if (!vm || !vm->deferred) {
		ret = vm ? -ENOMEM : -EBUSY;
		retire_locked();
		goto out;
	}
	vm->nr_deferred = 0;
	vm->phase = EARLY_RELEASING;
	write_lock(mmu_lock);
	WRITE_ONCE(vm->kvm, kvm);
	write_unlock(mmu_lock);
out:
	mutex_unlock(&early_mutex);
	return ret;
}

/**
 * sept_end() - KVM has given the HKID back, or (not @released) failed to
 *
 * After a failure the VM is KVM's again; pages that were removed meanwhile are
 * still the TDX module's and stay out of use.
 */
void sept_end(const struct tdxctl_layout *l, void *kvm, bool released)
{
	rwlock_t *mmu_lock = kvm + l->mmu_lock;
	struct early_vm *vm = find(kvm);
	unsigned long *pages;
	unsigned int i, n;

	mutex_lock(&early_mutex);
	write_lock(mmu_lock);
	vm->phase = released ? EARLY_RELEASED : EARLY_NONE;
	if (!released)
		WRITE_ONCE(vm->kvm, NULL);
	write_unlock(mmu_lock);

	/* Nobody adds to it any more. */
	pages = vm->deferred;
	n = vm->nr_deferred;
	vm->deferred = NULL;
	for (i = 0; i < n; i++) {
		if (!released)
			atomic_long_inc(&leaked_pages);
		else if (reclaim(pages[i]))
			put_page(pfn_to_page(pages[i]));
		cond_resched();
	}
	kvfree(pages);
	if (!released) {
		if (n)
			pr_err("%u pages are lost: the HKID was not given back\n", n);
		retire_locked();
	}
	mutex_unlock(&early_mutex);
}

/* No VM is left: each holds a reference on the module. */
void early_exit(void)
{
	flush_work(&retire_work);
}
