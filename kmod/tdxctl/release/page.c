// SPDX-License-Identifier: GPL-2.0-only
/*
 * Private pages of VMs that are released early: TDH.PHYMEM.PAGE.RECLAIM, and what
 * becomes of a page afterwards. A page that the TDX module keeps is leaked.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <asm/pgtable_types.h>

#include "compat.h"
#include "release.h"

#define BUSY_RETRIES 1000
#define SLICE	     16 /* pages whose SEAMCALLs are recorded at once */

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

/* The probes do not see this module's SEAMCALL: the caller has to report the record. */
static void reclaim(struct observe_reclaim *r, unsigned long pfn)
{
	struct ledger_regs regs = { .rcx = PFN_PHYS(pfn) };

	r->pa = regs.rcx;
	/* The record names one CPU. */
	preempt_disable();
	r->cpu = smp_processor_id();
	r->start_ns = ktime_get_mono_fast_ns();
	r->status = call_seam(TDH_PHYMEM_PAGE_RECLAIM, &regs);
	r->end_ns = ktime_get_mono_fast_ns();
	preempt_enable();
	r->type = regs.rcx;
	r->owner = regs.rdx;
	r->size = regs.r8;
}

static bool is_busy(const struct observe_reclaim *r)
{
	return TDX_STATUS_OF(r->status) == TDX_ST(OPERAND_BUSY);
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

/* The page is this kernel's again. */
static void page_returned(unsigned long pfn)
{
	reset_page(pfn);
	if (pamt_put)
		pamt_put(pfn);
}

/* The TDX module keeps the page, so the caller's reference on it is never put. */
static void page_lost(unsigned long pfn, const char *why, u64 status)
{
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
	for (i = 0; i < n; i++) {
		if (!pfn_valid(pfn + i))
			continue;
		get_page(pfn_to_page(pfn + i));
		page_lost(pfn + i, why, status);
	}
}

/*
 * Reclaims one page at once. Returns false if the TDX module keeps it; then it is leaked.
 * May be called in atomic context.
 */
bool page_reclaim(unsigned long pfn)
{
	struct observe_reclaim r;
	int i;

	for (i = 0; i < BUSY_RETRIES; i++) {
		reclaim(&r, pfn);
		observe_reclaims(&r, 1, probe_missed());
		if (!is_busy(&r))
			break;
		cpu_relax();
	}
	if (r.status) {
		get_page(pfn_to_page(pfn));
		page_lost(pfn, "PAGE.RECLAIM failed", r.status);
		return false;
	}
	page_returned(pfn);
	return true;
}

/* Reclaims up to SLICE pages. Returns how many were busy; they are moved to the start. */
static unsigned int reclaim_slice(unsigned long *pfn, unsigned int n)
{
	struct observe_reclaim r[SLICE];
	unsigned int i, busy = 0;

	for (i = 0; i < n; i++)
		reclaim(&r[i], pfn[i]);
	for (i = 0; i < n; i++) {
		if (is_busy(&r[i])) {
			pfn[busy++] = pfn[i];
		} else if (r[i].status) {
			page_lost(pfn[i], "PAGE.RECLAIM failed", r[i].status);
		} else {
			page_returned(pfn[i]);
			put_page(pfn_to_page(pfn[i]));
		}
	}
	/* Last: for its readers, no page is left only after all of them are freed. */
	observe_reclaims(r, n, probe_missed());
	return busy;
}

/**
 * pages_reclaim() - reclaim and free pages
 * @pfn: the pages, each with a reference
 * @n: how many there are
 *
 * A page that cannot be reclaimed is leaked: its reference is kept. May sleep.
 *
 * Return: how many are busy; they are moved to the start of @pfn.
 */
unsigned int pages_reclaim(unsigned long *pfn, unsigned int n)
{
	unsigned int i, k, some, busy = 0;

	for (i = 0; i < n; i += some) {
		some = min_t(unsigned int, n - i, SLICE);
		k = reclaim_slice(pfn + i, some);
		memmove(pfn + busy, pfn + i, k * sizeof(*pfn));
		busy += k;
		cond_resched();
	}
	return busy;
}

/* Leaks @n pages, each of which has a reference. */
void pages_lose(const unsigned long *pfn, unsigned int n, const char *why, u64 status)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		page_lost(pfn[i], why, status);
}

/* Returns the number of pages that the TDX module keeps, and that are never freed. */
u64 pages_leaked(void)
{
	return atomic_long_read(&leaked_pages);
}
