// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs whose HKID is released early, and the hooks that KVM needs for them.
 *
 * KVM assumes that a TD has its HKID until no private page is left. For a VM in the
 * table below, hooks replace the functions of KVM that rely on this: a page is
 * removed with one TDH.PHYMEM.PAGE.RECLAIM, no page is mapped, and no SEAMCALL is
 * made for a vCPU. The hooks read the table without a lock: the phase of a VM changes
 * under KVM's mmu_lock, held for writing, so no removal is in progress, and its entry
 * is cleared when KVM frees the VM.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <asm/pgtable_types.h>
#include <asm/special_insns.h>

#include "compat.h"
#include "release.h"

#define MAX_VMS	     64
#define SPTE_PRESENT BIT_ULL(11) /* SPTE_MMU_PRESENT_MASK of KVM */
#define BUSY_RETRIES 1000

enum early_phase {
	EARLY_NONE,	 /* the hooks do nothing */
	EARLY_RELEASING, /* KVM is releasing the HKID */
	EARLY_RELEASED,
	EARLY_FAILED, /* KVM failed to release the HKID */
};

/* Pages to be reclaimed later. The structure fills one page. */
struct deferred {
	struct deferred *next;
	unsigned long nr;
	unsigned long pfn[];
};

#define MAX_DEFERRED ((PAGE_SIZE - sizeof(struct deferred)) / sizeof(unsigned long))

/*
 * While KVM releases the HKID, pages cannot be reclaimed yet, and a removal cannot
 * wait: an extra reference keeps these pages from being freed, and they are reclaimed
 * afterwards.
 */
struct early_vm {
	void *kvm;
	enum early_phase phase;
	unsigned int users;	   /* jobs; under early_mutex */
	struct deferred *deferred; /* under mmu_lock until the phase has changed */
};

static DEFINE_MUTEX(early_mutex);
static struct early_vm vms[MAX_VMS];
/* Entries in use are below it. The hooks run for each VM of KVM, so this is kept small. */
static unsigned int nr_entries;
static u32 vcpu_kvm_at, vcpu_cpu_at, hkid_at, mmu_lock_at; /* of the layout in use */
static bool armed;					   /* the hooks */
static bool stuck;					   /* hooks that cannot be removed */
static bool pinned;					   /* this module, by a VM */
static atomic_long_t leaked_pages;

static void forget_fn(struct work_struct *work);
static DECLARE_WORK(forget_work, forget_fn);

static struct early_vm *find_vm(const void *kvm)
{
	unsigned int i, n = READ_ONCE(nr_entries);

	for (i = 0; kvm && i < n; i++)
		if (READ_ONCE(vms[i].kvm) == kvm)
			return &vms[i];
	return NULL;
}

/* ---- pages ---- */

/* The probes do not see this module's SEAMCALL, so it is recorded here. */
static u64 seamcall_observed(u64 leaf, struct ledger_regs *regs)
{
	struct observe_call c;
	u64 status;

	/* The record names one CPU. */
	preempt_disable();
	observe_begin(&c, leaf, regs, probe_missed());
	status = call_seam(leaf, regs);
	observe_end(&c, status, true);
	preempt_enable();
	return status;
}

/* Clears a page that was private, as KVM does after a removal. */
static void reset_page(unsigned long pfn)
{
	static const u8 zeros[64] __aligned(64);
	u8 *to = page_address(pfn_to_page(pfn));
	int i;

	if (!compat_needs_page_reset())
		return;
	for (i = 0; i < PAGE_SIZE; i += sizeof(zeros))
		compat_movdir64b(to + i, zeros);
	mb(); /* MOVDIR64B is weakly ordered */
}

/* The TDX module keeps the page, so it must never be freed. */
static void leak_page(unsigned long pfn, const char *why, u64 status)
{
	get_page(pfn_to_page(pfn));
	atomic_long_inc(&leaked_pages);
	pr_err_ratelimited("page 0x%llx is leaked: %s (0x%llx)\n", (u64)PFN_PHYS(pfn), why, status);
}

/* Returns the number of 4 KiB pages that an S-EPT entry of this level maps. */
static unsigned long pages_of_level(u32 level)
{
	u32 l = clamp_t(u32, level, PG_LEVEL_4K, PG_LEVEL_1G);

	return 1UL << ((l - PG_LEVEL_4K) * (PMD_SHIFT - PAGE_SHIFT));
}

/* Every page of the entry is held, because each may be freed on its own. */
static void leak_entry(unsigned long pfn, u32 level, const char *why, u64 status)
{
	unsigned long i, n = pages_of_level(level);

	pfn = ALIGN_DOWN(pfn, n);
	for (i = 0; i < n; i++)
		if (pfn_valid(pfn + i))
			leak_page(pfn + i, why, status);
}

static void reclaim(unsigned long pfn)
{
	struct ledger_regs regs;
	u64 status;
	int i;

	for (i = 0; i < BUSY_RETRIES; i++) {
		regs = (struct ledger_regs){ .rcx = PFN_PHYS(pfn) };
		status = seamcall_observed(TDH_PHYMEM_PAGE_RECLAIM, &regs);
		if (TDX_STATUS_OF(status) != TDX_ST(OPERAND_BUSY))
			break;
		cpu_relax();
	}
	if (status)
		leak_page(pfn, "PAGE.RECLAIM failed", status);
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
		*d = (struct deferred){ .next = vm->deferred };
		vm->deferred = d;
	}
	get_page(pfn_to_page(pfn));
	d->pfn[d->nr++] = pfn;
	return true;
}

/* A page that cannot be reclaimed gets another reference and is never freed. */
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

/* Frees the list; @lost: the TDX module keeps its pages. */
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
 * early_vm_begin() - KVM is about to release the HKID of @kvm
 *
 * From here on memory can only be removed: the caller holds KVM's locks of the VM and
 * its vCPUs, or KVM is destroying the VM.
 */
void early_vm_begin(void *kvm)
{
	set_phase(find_vm(kvm), EARLY_RELEASING);
}

/**
 * early_vm_end() - KVM has released the HKID, or failed; same locks as above
 *
 * After a failure KVM handles the VM as before. The TDX module still has the pages
 * that were removed meanwhile; they are not freed until the HKID is released.
 *
 * Return: true if the HKID is released. The caller must call early_vm_reclaim() then.
 */
bool early_vm_end(void *kvm)
{
	bool released;
	s32 hkid;

	released = layout_read(kvm, hkid_at, &hkid, sizeof(hkid)) && hkid <= 0;
	set_phase(find_vm(kvm), released ? EARLY_RELEASED : EARLY_FAILED);
	return released;
}

/* Reclaims and frees the deferred pages; no further ones are added. May sleep. */
void early_vm_reclaim(void *kvm)
{
	struct early_vm *vm = find_vm(kvm);

	reclaim_deferred(vm);
	drop_deferred(vm, false);
}

/* ---- hooks ---- */

/* Skips the hooked function, which returns @value. */
static void skip_function(struct pt_regs *regs, long value)
{
	regs->di = value;
	regs->ip = (unsigned long)tdxctl_return;
}

/*
 * (kvm, gfn, old_spte, new_spte, level), under mmu_lock. An entry has a page frame if
 * and only if it is present. For any other entry or page size this KVM is not the
 * known one, and the page is leaked without being touched.
 */
static void on_sept(struct pt_regs *regs)
{
	struct early_vm *vm = find_vm((void *)regs->di);
	unsigned long pfn = (regs->dx & __PHYSICAL_MASK) >> PAGE_SHIFT;
	bool present = regs->dx & SPTE_PRESENT;
	u32 level = regs->r8;

	if (likely(!vm) || vm->phase == EARLY_NONE)
		return;
	/* KVM handles the VM again, unless it has given it up: then pages are leaked. */
	if (vm->phase == EARLY_FAILED && !kvm_is_bugged(vm->kvm))
		return;
	/* No page may be mapped any more. */
	if (!present && !pfn) {
		skip_function(regs, -EIO);
		return;
	}
	if (!pfn_valid(pfn))
		pr_err_ratelimited("S-EPT entry 0x%lx has no valid page\n", regs->dx);
	else if (vm->phase == EARLY_FAILED)
		leak_entry(pfn, level, "the HKID is leaked", 0);
	else if (!present || level != PG_LEVEL_4K)
		leak_entry(pfn, level, "unknown S-EPT entry", regs->dx);
	else if (vm->phase == EARLY_RELEASED)
		reclaim(pfn);
	else if (!defer(vm, pfn))
		leak_page(pfn, "out of memory", 0);
	skip_function(regs, 0);
}

static enum early_phase phase_of_vcpu(unsigned long vcpu)
{
	struct early_vm *vm;
	void *kvm;

	if (!layout_read((void *)vcpu, vcpu_kvm_at, &kvm, sizeof(kvm)))
		return EARLY_NONE;
	vm = find_vm(kvm);
	return vm ? READ_ONCE(vm->phase) : EARLY_NONE;
}

/*
 * A system call that had passed KVM's check for dead VMs may have loaded the vCPU
 * again. Then it has a CPU, but is not in the list of that CPU from which KVM would
 * remove it.
 */
static void on_vcpu_free(struct pt_regs *regs)
{
	if (phase_of_vcpu(regs->di) == EARLY_RELEASED)
		*(s32 *)(regs->di + vcpu_cpu_at) = -1;
}

/* KVM asks the TDX module for a pending interrupt; "yes" makes a halted vCPU exit. */
static void on_has_interrupt(struct pt_regs *regs)
{
	if (phase_of_vcpu(regs->di) != EARLY_NONE)
		skip_function(regs, 1);
}

/* KVM sets the root of the shared EPT in the TDX module. */
static void on_load_pgd(struct pt_regs *regs)
{
	if (phase_of_vcpu(regs->di) != EARLY_NONE)
		skip_function(regs, 0);
}

/* Replaces vt_vm_pre_destroy: tries again to release the HKID. */
static void pre_destroy(void *kvm)
{
	early_vm_begin(kvm);
	kvm_fns.pre_destroy(kvm);
	if (early_vm_end(kvm))
		early_vm_reclaim(kvm);
}

/* The VM ends. The release may succeed now, and must come before the TDR is freed. */
static void on_pre_destroy(struct pt_regs *regs)
{
	struct early_vm *vm = find_vm((void *)regs->di);

	if (vm && vm->phase == EARLY_FAILED)
		regs->ip = (unsigned long)pre_destroy;
}

static void on_destroy(struct pt_regs *regs)
{
	struct early_vm *vm = find_vm((void *)regs->di);

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

/* Returns true if this CPU can reset pages, or does not need to. */
bool early_vm_can_reset(void)
{
	return !compat_needs_page_reset() || boot_cpu_has(X86_FEATURE_MOVDIR64B);
}

/* Finds the functions to be hooked. Returns false if one is missing. */
bool early_vm_find_hooks(void)
{
	return hook_find(hooks, ARRAY_SIZE(hooks));
}

/* Returns true if a VM is released early, or is about to be. */
bool early_vm_any(void)
{
	int i;

	for (i = 0; i < MAX_VMS; i++)
		if (READ_ONCE(vms[i].kvm))
			return true;
	return false;
}

/* Returns the number of pages that the TDX module keeps, and that are never freed. */
u64 early_vm_leaked_pages(void)
{
	return atomic_long_read(&leaked_pages);
}

static void clear_entry(struct early_vm *vm)
{
	drop_deferred(vm, vm->phase != EARLY_RELEASED);
	*vm = (struct early_vm){};
}

/* Clears the entries of freed VMs. The module is pinned while any VM is left. */
static void forget_locked(void)
{
	int i;

	for (i = 0; i < MAX_VMS; i++)
		if (!vms[i].kvm)
			clear_entry(&vms[i]);
	for (i = nr_entries; i && !vms[i - 1].kvm; i--)
		;
	WRITE_ONCE(nr_entries, i);
	if (!pinned || early_vm_any())
		return;
	if (atomic_long_read(&leaked_pages))
		pr_err("%ld pages leaked so far\n", atomic_long_read(&leaked_pages));
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
 * Removes the hooks: KVM or this module is being unloaded, and no VM is left. Not
 * earlier: the removal holds early_mutex and ftrace's locks until every thread of the
 * host has slept once, so a starved thread would block the next release.
 */
void early_vm_retire(void)
{
	int ret;

	mutex_lock(&early_mutex);
	forget_locked();
	if (armed) {
		ret = hook_disarm();
		if (ret)
			pr_err("cannot remove the hooks of KVM (%d)\n", ret);
		stuck = stuck || ret;
		armed = false;
	}
	mutex_unlock(&early_mutex);
}

static int arm_locked(const struct tdxctl_layout *l)
{
	int ret;

	/* The layout changes only while there is no VM. */
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
		pr_warn("cannot hook functions of KVM (%d)\n", ret);
		return -ENOSYS;
	}
	armed = true;
	return 0;
}

/**
 * early_vm_reserve() - reserve an entry for @kvm and arm the hooks
 *
 * The caller holds a file of the VM. Nothing changes for the VM yet. The caller must
 * call early_vm_put() in the end.
 *
 * Return: 0, -ENOSPC for too many VMs, -ENOSYS if the hooks cannot be armed, -EINTR
 * after SIGKILL.
 */
int early_vm_reserve(const struct tdxctl_layout *l, void *kvm)
{
	struct early_vm *vm;
	int i, ret;

	if (mutex_lock_killable(&early_mutex))
		return -EINTR;
	vm = find_vm(kvm);
	for (i = 0; !vm && i < MAX_VMS; i++)
		if (!vms[i].kvm)
			vm = &vms[i];
	ret = vm ? arm_locked(l) : -ENOSPC;
	if (!ret) {
		/* Its VM may have been freed since the entries were searched. */
		if (!vm->kvm)
			clear_entry(vm);
		vm->users++;
		/* Before the phase changes, which the hooks see under mmu_lock. */
		if (vm - vms >= nr_entries)
			WRITE_ONCE(nr_entries, vm - vms + 1);
		WRITE_ONCE(vm->kvm, kvm);
		if (!pinned)
			__module_get(THIS_MODULE);
		pinned = true;
	}
	mutex_unlock(&early_mutex);
	return ret;
}

/* Ends the use by a job. The entry stays if the release was started. */
void early_vm_put(void *kvm)
{
	struct early_vm *vm;

	mutex_lock(&early_mutex);
	vm = find_vm(kvm);
	if (!--vm->users && vm->phase == EARLY_NONE)
		WRITE_ONCE(vm->kvm, NULL);
	mutex_unlock(&early_mutex);
	queue_work(compat_unbound_wq, &forget_work);
}

/* No VM is left, because each holds a reference on the module. */
void early_vm_exit(void)
{
	cancel_work_sync(&forget_work);
	early_vm_retire();
	if (!stuck)
		return;
	/*
	 * ftrace has switched itself off after an error, and KVM still calls the hooks. The
	 * unload cannot be refused any more, and KVM would call freed memory after it.
	 */
	pr_err("the hooks of KVM cannot be removed: the unload never ends. Reboot the host.\n");
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
}
