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
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <asm/pgtable_types.h>
#include <asm/ptrace.h>

#include "compat.h"
#include "release.h"
#include "sept/sept.h"

#define MAX_VMS	     64
#define SPTE_PRESENT BIT_ULL(11) /* SPTE_MMU_PRESENT_MASK of KVM */

enum early_phase {
	EARLY_NONE,	 /* the hooks do nothing */
	EARLY_RELEASING, /* KVM is releasing the HKID */
	EARLY_RELEASED,
	EARLY_FAILED,	/* KVM failed to release the HKID */
	EARLY_DISPUTED, /* KVM and the TDX module disagree about the HKID */
};

/*
 * While KVM releases the HKID, pages cannot be reclaimed yet, and a removal cannot
 * wait: then @pages only collects them.
 */
struct early_vm {
	void *kvm;
	u64 tdr;
	enum early_phase phase;
	bool ending;	    /* KVM destroys the VM */
	unsigned int users; /* jobs; under early_mutex */
	struct reclaimer *pages;
};

static DEFINE_MUTEX(early_mutex);
static struct early_vm vms[MAX_VMS];
/* Entries in use are below it. The hooks run for each VM of KVM, so this is kept small. */
static unsigned int nr_entries;
static u32 vcpu_kvm_at, vcpu_cpu_at, hkid_at, mmu_lock_at; /* of the layout in use */
static bool armed;					   /* the hooks */
static bool pinned;					   /* this module, by a VM */

/* The generation of KVM's S-EPT callbacks, and the one that removes pages. */
static const struct sept_generation *generation;
static const struct sept_callback *removal;

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

/* ---- phases ---- */

static void set_phase(struct early_vm *vm, enum early_phase phase)
{
	rwlock_t *mmu_lock = vm->kvm + mmu_lock_at;

	write_lock(mmu_lock);
	WRITE_ONCE(vm->phase, phase);
	write_unlock(mmu_lock);
}

/**
 * early_vm_begin() - KVM is about to release an HKID
 * @kvm: the VM with this HKID
 *
 * From here on memory can only be removed: the caller holds KVM's locks of the VM and
 * its vCPUs, or KVM is destroying the VM.
 */
void early_vm_begin(void *kvm)
{
	set_phase(find_vm(kvm), EARLY_RELEASING);
}

/**
 * early_vm_end() - KVM has released the HKID, or failed
 * @kvm: the VM; the caller holds the same locks as for early_vm_begin()
 *
 * The TDX module decides whether the HKID is freed, and KVM must agree. After a failure
 * KVM handles the VM as before. The TDX module still has the pages that were removed
 * meanwhile; they are not freed until the HKID is released. If both disagree, KVM can
 * neither remove pages nor may it free them: all stay where they are.
 *
 * Return: true if the HKID is released. Pages are reclaimed from then on.
 */
bool early_vm_end(void *kvm)
{
	struct early_vm *vm = find_vm(kvm);
	bool module = td_hkid_freed(vm->tdr), by_kvm;
	s32 hkid;

	by_kvm = layout_read(kvm, hkid_at, &hkid, sizeof(hkid)) && hkid <= 0;
	if (by_kvm == module) {
		set_phase(vm, module ? EARLY_RELEASED : EARLY_FAILED);
		if (module)
			reclaimer_start(vm->pages);
		return module;
	}
	set_phase(vm, EARLY_DISPUTED);
	pr_err("TD 0x%llx: the HKID is %s for KVM, but %s for the TDX module: its pages are not freed\n",
	       vm->tdr, by_kvm ? "free" : "in use", module ? "free" : "in use");
	return false;
}

/* Returns the pages of a TD with a reference, or NULL. */
static struct reclaimer *get_pages(u64 tdr)
{
	struct reclaimer *pages = NULL;
	unsigned int i;

	if (mutex_lock_killable(&early_mutex))
		return NULL;
	for (i = 0; i < nr_entries && !pages; i++)
		if (vms[i].kvm && vms[i].tdr == tdr)
			pages = vms[i].pages;
	if (pages)
		reclaimer_get(pages);
	mutex_unlock(&early_mutex);
	return pages;
}

/* Returns the limit that a release has set for a TD; 0: none. */
unsigned int early_vm_cpus(u64 tdr)
{
	struct reclaimer *pages = get_pages(tdr);
	unsigned int cpus;

	if (!pages)
		return 0;
	cpus = reclaimer_cpus(pages);
	reclaimer_put(pages);
	return cpus;
}

/**
 * early_vm_wait() - wait until the removed pages of a TD are reclaimed
 * @tdr: address of its TDR page
 * @cpus: of struct tdxctl_release_args; 0: as before
 * @ms: not longer than this, or until a signal comes; 0: do not wait
 *
 * Return: how many of them are left.
 */
unsigned long early_vm_wait(u64 tdr, u32 cpus, unsigned int ms)
{
	struct reclaimer *pages = get_pages(tdr);
	unsigned long left;

	if (!pages)
		return 0;
	if (cpus)
		reclaimer_limit(pages, cpus);
	left = reclaimer_wait(pages, ms);
	reclaimer_put(pages);
	return left;
}

/* ---- hooks ---- */

/* Skips the hooked function, which returns @value. */
static void skip_function(struct pt_regs *regs, long value)
{
	regs->di = value;
	regs->ip = (unsigned long)tdxctl_return;
}

/* Returns the VM of an S-EPT callback if KVM's own function must not run for it. */
static struct early_vm *replaced(struct pt_regs *regs)
{
	struct early_vm *vm = find_vm((void *)regs->di);

	if (likely(!vm) || vm->phase == EARLY_NONE)
		return NULL;
	/* KVM handles the VM again, unless it has given it up: then pages are leaked. */
	if (vm->phase == EARLY_FAILED && !kvm_is_bugged(vm->kvm))
		return NULL;
	return vm;
}

/* No page may be mapped any more. KVM tries again until it sees that the VM is dead. */
static void on_map(struct pt_regs *regs)
{
	if (replaced(regs))
		skip_function(regs, -EIO);
}

/*
 * Removes the page of @entry, under mmu_lock held for writing. Only present entries of
 * 4 KiB are known; the pages of any other one are leaked without being touched.
 */
static void remove_page(struct early_vm *vm, unsigned long pfn, u32 level, bool present,
			unsigned long entry)
{
	if (!pfn_valid(pfn)) {
		pr_err_ratelimited("S-EPT entry 0x%lx has no valid page\n", entry);
	} else if (vm->phase == EARLY_FAILED) {
		page_leak(pfn, level, "the HKID is leaked", 0);
	} else if (vm->phase == EARLY_DISPUTED) {
		page_leak(pfn, level, "KVM and the TDX module disagree about the HKID", 0);
	} else if (!present || level != PG_LEVEL_4K) {
		page_leak(pfn, level, "unknown S-EPT entry", entry);
	} else if (reclaimer_add(vm->pages, pfn, !generation->page_ref)) {
		return;
	} else if (vm->phase == EARLY_RELEASED) {
		if (page_reclaim(pfn) && generation->page_ref)
			put_page(pfn_to_page(pfn));
	} else {
		page_leak(pfn, level, "out of memory", 0);
	}
}

/* The callback that removes pages. In one generation it maps pages as well. */
static void on_remove(struct pt_regs *regs)
{
	struct early_vm *vm = replaced(regs);
	unsigned long entry, pfn;
	bool present = true;

	if (likely(!vm))
		return;
	entry = regs_get_kernel_argument(regs, removal->page_param);
	pfn = entry;
	if (removal->page == SEPT_SPTE) {
		pfn = (entry & __PHYSICAL_MASK) >> PAGE_SHIFT;
		present = entry & SPTE_PRESENT;
	}
	/* An entry has a page frame if and only if it is present. */
	if (removal->role == SEPT_CHANGE && !present && !pfn) {
		skip_function(regs, -EIO);
		return;
	}
	remove_page(vm, pfn, regs_get_kernel_argument(regs, removal->level_param), present, entry);
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

/*
 * Replaces vt_vm_pre_destroy. The release of the HKID may succeed now. It must come before
 * the TDR is reclaimed, and all pages too: KVM does not try again if the TDR is busy.
 */
static void pre_destroy(void *kvm)
{
	struct early_vm *vm = find_vm(kvm);
	bool released = vm->phase == EARLY_RELEASED;

	vm->ending = true;
	if (!released)
		early_vm_begin(kvm);
	kvm_fns.pre_destroy(kvm);
	if (released || early_vm_end(kvm))
		reclaimer_finish(vm->pages);
}

static void on_pre_destroy(struct pt_regs *regs)
{
	struct early_vm *vm = find_vm((void *)regs->di);

	if (vm && !vm->ending && vm->phase >= EARLY_RELEASED)
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

/* In all generations. */
static const struct hook common_hooks[] = {
	{ "tdx_protected_apic_has_interrupt", on_has_interrupt },
	{ "tdx_load_mmu_pgd", on_load_pgd },
	{ "tdx_vcpu_free", on_vcpu_free },
	{ "vt_vm_pre_destroy", on_pre_destroy },
	{ "tdx_vm_destroy", on_destroy },
};

static struct hook hooks[MAX_HOOKS];
static unsigned int nr_hooks;

/* ---- arming ---- */

/* Lists the functions to be hooked: the callbacks of @g and the common ones. */
static void list_hooks(const struct sept_generation *g)
{
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(common_hooks) + SEPT_MAX_CALLBACKS - 1 > MAX_HOOKS);
	generation = g;
	nr_hooks = 0;
	for (i = 0; i < g->nr_callbacks; i++) {
		const struct sept_callback *c = &g->callback[i];

		if (c->role == SEPT_FREE)
			continue;
		hooks[nr_hooks].symbol = c->function;
		hooks[nr_hooks++].handler = c->page ? on_remove : on_map;
		if (c->page)
			removal = c;
	}
	for (i = 0; i < ARRAY_SIZE(common_hooks); i++)
		hooks[nr_hooks++] = common_hooks[i];
}

/*
 * Finds the functions to be hooked for KVM's S-EPT callbacks @callback. Called once for
 * each KVM that is loaded, while no hook is armed. Returns NULL, or the name of the first
 * function that is missing.
 */
const char *early_vm_find_hooks(u32 callback)
{
	const struct sept_generation *g = sept_generation(callback);
	const char *missing;

	if (!g)
		return sept_function(callback, 0);
	mutex_lock(&early_mutex);
	list_hooks(g);
	missing = hook_find(hooks, nr_hooks);
	mutex_unlock(&early_mutex);
	return missing;
}

static int arm_hooks_locked(void)
{
	int ret = hook_arm(hooks, nr_hooks);

	armed = !ret;
	return ret;
}

/*
 * Arms the hooks before there is a VM: this takes longer than all the rest of a release up
 * to its HKID. If they cannot be armed now, the first release tries again.
 */
void early_vm_arm(void)
{
	mutex_lock(&early_mutex);
	if (!armed)
		arm_hooks_locked();
	mutex_unlock(&early_mutex);
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

static void clear_entry(struct early_vm *vm)
{
	reclaimer_put(vm->pages);
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
	if (pages_leaked())
		pr_err("%llu pages leaked so far\n", pages_leaked());
	pinned = false;
	module_put(THIS_MODULE);
}

static void forget_fn(struct work_struct *work)
{
	mutex_lock(&early_mutex);
	forget_locked();
	mutex_unlock(&early_mutex);
}

/**
 * early_vm_retire() - remove the hooks
 * @kvm_gone: KVM is being unloaded and calls them no more, else this module is
 *
 * No VM is left then. Not earlier: the removal holds early_mutex and ftrace's locks until
 * every thread of the host has slept once, so a starved thread would block the next
 * release.
 *
 * Return: false if KVM still calls the hooks, because ftrace cannot remove them.
 */
bool early_vm_retire(bool kvm_gone)
{
	int ret;

	mutex_lock(&early_mutex);
	forget_locked();
	ret = hook_disarm();
	if (ret && kvm_gone) {
		hook_forget();
		ret = 0;
	}
	armed = false;
	mutex_unlock(&early_mutex);
	return !ret;
}

static int arm_locked(const struct kvm_layout *l)
{
	int ret;

	/* The layout changes only while there is no VM. */
	if (!early_vm_any()) {
		pages_prepare();
		vcpu_kvm_at = l->vcpu_kvm;
		vcpu_cpu_at = l->vcpu_cpu;
		hkid_at = l->hkid;
		mmu_lock_at = l->mmu_lock;
	}
	if (armed)
		return 0;
	ret = arm_hooks_locked();
	if (ret)
		pr_warn("cannot hook functions of KVM (%d)\n", ret);
	return ret ? -ENOSYS : 0;
}

/**
 * early_vm_reserve() - reserve an entry for a VM and arm the hooks
 * @l: layout of KVM's structures
 * @kvm: the VM
 * @tdr: address of the TDR page of its TD
 * @cpus: of struct tdxctl_release_args; 0: as before
 *
 * The caller holds a file of the VM. Nothing changes for the VM yet. The caller must
 * call early_vm_put() in the end.
 *
 * Return: 0, -ENOSPC for too many VMs, -ENOSYS if the hooks cannot be armed, -ENOMEM,
 * -EINTR after SIGKILL.
 */
int early_vm_reserve(const struct kvm_layout *l, void *kvm, u64 tdr, u32 cpus)
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
	/* Its VM may have been freed since the entries were searched. */
	if (!ret && !vm->kvm) {
		clear_entry(vm);
		vm->pages = reclaimer_alloc();
		ret = vm->pages ? 0 : -ENOMEM;
	}
	if (!ret) {
		if (cpus)
			reclaimer_limit(vm->pages, cpus);
		vm->users++;
		/* Before the phase changes, which the hooks see under mmu_lock. */
		if (vm - vms >= nr_entries)
			WRITE_ONCE(nr_entries, vm - vms + 1);
		vm->tdr = tdr;
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

/* No VM is left, because each holds a reference on the module, and no hook. */
void early_vm_exit(void)
{
	cancel_work_sync(&forget_work);
	mutex_lock(&early_mutex);
	forget_locked();
	mutex_unlock(&early_mutex);
}
