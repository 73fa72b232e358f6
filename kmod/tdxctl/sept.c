// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs whose HKID was given back early: what KVM must not do with them any more.
 *
 * KVM believes that a TD has its HKID until no private page is left. For a VM
 * in the table below probes stand in for the functions that rely on it: removing
 * a page is one TDH.PHYMEM.PAGE.RECLAIM, and nothing is mapped or asked of a
 * vCPU. The table is read by probe handlers without a lock: a VM's phase changes
 * while KVM's mmu_lock is held for writing, so no removal is under way, and its
 * entry is cleared when KVM frees the VM.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/ftrace.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <asm/pgtable_types.h>
#include <asm/special_insns.h>

#include "compat.h"
#include "early.h"

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
static u32 vcpu_kvm_at, vcpu_cpu_at, hkid_at;	/* of the layout in use */
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
		d = (void *)__get_free_page(GFP_NOWAIT | __GFP_NOWARN);
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
static void reclaim_deferred(struct early_vm *vm, bool may_sleep)
{
	struct deferred *d;
	unsigned long i;

	for (d = vm->deferred; d; d = d->next) {
		for (i = 0; i < d->nr; i++) {
			reclaim(d->pfn[i]);
			if (may_sleep)
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

/*
 * (kvm, gfn, old_spte, new_spte, level), under mmu_lock. An entry has a page
 * frame if and only if it is present; where it does not look so, or for another
 * size, this KVM is not the one that is known here, and the page is not touched.
 */
static int on_sept(struct kprobe *p, struct pt_regs *regs)
{
	struct early_vm *vm = find((void *)regs->di);
	unsigned long pfn = (regs->dx & __PHYSICAL_MASK) >> PAGE_SHIFT;
	bool present = regs->dx & SPTE_PRESENT;

	if (likely(!vm) || vm->phase == EARLY_NONE)
		return 0;
	/* Its pages are lost if its HKID is, but must not be free. */
	if (vm->phase == EARLY_FAILED && !kvm_gave_up(vm->kvm))
		return 0;
	/* Nothing is mapped any more. */
	if (!present && !pfn)
		return instead(regs, -EIO);
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
	return instead(regs, 0);
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
static int on_vcpu_free(struct kprobe *p, struct pt_regs *regs)
{
	if (phase_of_vcpu(regs->di) == EARLY_RELEASED)
		*(s32 *)(regs->di + vcpu_cpu_at) = -1;
	return 0;
}

/* Asks the TDX module about an interrupt. "Yes" lets a halted vCPU leave. */
static int on_has_interrupt(struct kprobe *p, struct pt_regs *regs)
{
	return phase_of_vcpu(regs->di) != EARLY_NONE ? instead(regs, 1) : 0;
}

/* Tells the TDX module about shared memory. */
static int on_load_pgd(struct kprobe *p, struct pt_regs *regs)
{
	return phase_of_vcpu(regs->di) != EARLY_NONE ? instead(regs, 0) : 0;
}

/* KVM reclaims the TDR now, which has to be the TD's last page. */
static int on_destroy(struct kprobe *p, struct pt_regs *regs)
{
	struct early_vm *vm = find((void *)regs->di);
	s32 hkid;

	if (!vm)
		return 0;
	/* What failed then may have succeeded now. */
	if (vm->phase == EARLY_FAILED && layout_read(vm->kvm, hkid_at, &hkid, sizeof(hkid)) &&
	    hkid <= 0) {
		reclaim_deferred(vm, false);
		vm->phase = EARLY_RELEASED;
	}
	WRITE_ONCE(vm->kvm, NULL);
	schedule_work(&retire_work);
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

/*
 * A probe at a function's entry is one of ftrace's, which can be switched off as
 * a whole (kernel.ftrace_enabled), but not under somebody who needs it for good.
 */
#ifdef CONFIG_DYNAMIC_FTRACE
static void notrace pin_func(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *op, struct ftrace_regs *regs)
{
}

static struct ftrace_ops pin = {
	.func = pin_func,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

static int pin_ftrace(void)
{
	int ret = ftrace_set_filter_ip(&pin, sym_find(NULL, wanted[0].symbol), 0, 0);

	/* Not a place of ftrace's: nor is the probe. */
	if (ret)
		return ret == -EINVAL ? 0 : ret;
	ret = register_ftrace_function(&pin);
	if (ret)
		ftrace_free_filter(&pin);
	return ret;
}

static void unpin_ftrace(void)
{
	if (!unregister_ftrace_function(&pin))
		ftrace_free_filter(&pin);
}
#else
static int pin_ftrace(void)
{
	return 0;
}

static void unpin_ftrace(void)
{
}
#endif

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

/*
 * ftrace comes first: a probe that is set and taken back while it is off leaves
 * traces in its records that it takes for a defect of its own later.
 */
static int arm(void)
{
	int i, ret = pin_ftrace();

	if (ret) {
		pr_warn("ftrace is switched off (%d)\n", ret);
		return ret;
	}
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
			unpin_ftrace();
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
		drop_deferred(&vms[i], vms[i].phase != EARLY_RELEASED);
		vms[i] = (struct early_vm) { };
	}
	if (!armed || any_vm())
		return;
	disarm(ARRAY_SIZE(wanted));
	unpin_ftrace();
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

static int arm_locked(const struct tdxctl_layout *l)
{
	int ret;

	if (armed)
		return 0;
	vcpu_kvm_at = l->vcpu_kvm;
	vcpu_cpu_at = l->vcpu_cpu;
	hkid_at = l->hkid;
	ret = arm();
	if (ret)
		return -ENOSYS;
	__module_get(THIS_MODULE);
	WRITE_ONCE(armed, true);
	return 0;
}

/**
 * sept_reserve() - makes room for @kvm, of which the caller holds a file
 *
 * Nothing changes for the VM yet. sept_put() ends the caller's use.
 *
 * Return: 0, -ENOSPC when there are too many VMs, -ENOSYS without the probes.
 */
int sept_reserve(const struct tdxctl_layout *l, void *kvm)
{
	struct early_vm *vm;
	int i, ret;

	mutex_lock(&early_mutex);
	/* The KVM of a VM that is gone may be gone, too, with its probes. */
	retire_locked();
	vm = find(kvm);
	for (i = 0; !vm && i < MAX_VMS; i++)
		if (!vms[i].kvm)
			vm = &vms[i];
	ret = vm ? arm_locked(l) : -ENOSPC;
	if (!ret) {
		vm->users++;
		WRITE_ONCE(vm->kvm, kvm);
	}
	mutex_unlock(&early_mutex);
	return ret;
}

/* Of a VM that was released, or could not be, the entry stays. */
void sept_put(void *kvm)
{
	struct early_vm *vm;

	mutex_lock(&early_mutex);
	vm = find(kvm);
	if (!--vm->users && vm->phase == EARLY_NONE)
		WRITE_ONCE(vm->kvm, NULL);
	retire_locked();
	mutex_unlock(&early_mutex);
}

static void set_phase(const struct tdxctl_layout *l, struct early_vm *vm, enum early_phase phase)
{
	rwlock_t *mmu_lock = vm->kvm + l->mmu_lock;

	write_lock(mmu_lock);
	WRITE_ONCE(vm->phase, phase);
	write_unlock(mmu_lock);
}

/**
 * sept_begin() - KVM is about to give the HKID of @kvm back
 *
 * The caller holds KVM's locks of VM and vCPUs, so that only removals of memory
 * are still possible.
 */
void sept_begin(const struct tdxctl_layout *l, void *kvm)
{
	set_phase(l, find(kvm), EARLY_RELEASING);
}

/**
 * sept_end() - KVM has given the HKID back, or (not @released) failed to
 *
 * After a failure the VM is KVM's again; pages that were removed meanwhile are
 * still the TDX module's and stay out of use until the HKID is free.
 */
void sept_end(const struct tdxctl_layout *l, void *kvm, bool released)
{
	struct early_vm *vm = find(kvm);

	set_phase(l, vm, released ? EARLY_RELEASED : EARLY_FAILED);
	if (!released)
		return;
	/* Nobody adds to it any more. */
	reclaim_deferred(vm, true);
	drop_deferred(vm, false);
}

/* No VM is left: each holds a reference on the module. */
void early_exit(void)
{
	flush_work(&retire_work);
}
