// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private pages of VMs that are released early: they are reclaimed at once, or later, or
 * are leaked because the TDX module keeps them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <asm/pgtable_types.h>

#include "compat.h"
#include "release.h"

#define BUSY_RETRIES 1000

/* Pages to be reclaimed later. The structure fills one page. */
struct deferred {
	struct deferred *next;
	unsigned long nr;
	unsigned long pfn[];
};

#define MAX_DEFERRED ((PAGE_SIZE - sizeof(struct deferred)) / sizeof(unsigned long))

static atomic_long_t leaked_pages;
static bool reset_pages;	  /* with MOVDIR64B, as this kernel does */
static void (*pamt_put)(u64 pfn); /* NULL: no Dynamic PAMT */

/* Prepares for this kernel. The caller has checked that early release is available. */
void pages_prepare(void)
{
	struct kvm_traits t = kvm_traits_get();

	reset_pages = t.reset;
	pamt_put = t.pamt ? kvm_fns.pamt_put : NULL;
}

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

	if (!reset_pages)
		return;
	for (i = 0; i < PAGE_SIZE; i += sizeof(zeros))
		compat_movdir64b(to + i, zeros);
	mb(); /* MOVDIR64B is weakly ordered */
}

/* The TDX module keeps the page, so it must never be freed. */
static void leak_one(unsigned long pfn, const char *why, u64 status)
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

/*
 * Leaks the pages of an S-EPT entry of @level. Every page of the entry is held, because
 * each may be freed on its own.
 */
void page_leak(unsigned long pfn, u32 level, const char *why, u64 status)
{
	unsigned long i, n = pages_of_level(level);

	pfn = ALIGN_DOWN(pfn, n);
	for (i = 0; i < n; i++)
		if (pfn_valid(pfn + i))
			leak_one(pfn + i, why, status);
}

/* Returns false if the TDX module keeps the page; then it is leaked. */
bool page_reclaim(unsigned long pfn)
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
	if (status) {
		leak_one(pfn, "PAGE.RECLAIM failed", status);
		return false;
	}
	reset_page(pfn);
	if (pamt_put)
		pamt_put(pfn);
	return true;
}

/*
 * Adds a page to @list, with a reference: a new one with @get, else that of the caller.
 * Returns false without memory; then the page is not on the list.
 */
bool page_defer(struct deferred **list, unsigned long pfn, bool get)
{
	struct deferred *d = *list;

	if (!d || d->nr == MAX_DEFERRED) {
		d = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
		if (!d)
			return false;
		*d = (struct deferred){ .next = *list };
		*list = d;
	}
	if (get)
		get_page(pfn_to_page(pfn));
	d->pfn[d->nr++] = pfn;
	return true;
}

/* A page that cannot be reclaimed gets another reference and is never freed. */
void pages_reclaim(const struct deferred *list)
{
	const struct deferred *d;
	unsigned long i;

	for (d = list; d; d = d->next) {
		for (i = 0; i < d->nr; i++) {
			page_reclaim(d->pfn[i]);
			cond_resched();
		}
	}
}

/* Frees the list; @lost: the TDX module keeps its pages. */
void pages_drop(struct deferred **list, bool lost)
{
	struct deferred *d, *next;
	unsigned long i;

	for (d = *list; d; d = next) {
		next = d->next;
		for (i = 0; !lost && i < d->nr; i++) {
			put_page(pfn_to_page(d->pfn[i]));
			cond_resched();
		}
		if (lost)
			atomic_long_add(d->nr, &leaked_pages);
		free_page((unsigned long)d);
	}
	*list = NULL;
}

/* Returns the number of pages that the TDX module keeps, and that are never freed. */
u64 pages_leaked(void)
{
	return atomic_long_read(&leaked_pages);
}
