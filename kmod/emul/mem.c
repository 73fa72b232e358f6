// SPDX-License-Identifier: GPL-2.0-only
/* Memory of the emulated host: TDMRs on the RAM of this machine, PAMT, pages for TDs. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "emul.h"

#define TDMR_INFO_ALIGN 512

/*
 * One TDMR for each GiB that has RAM. The 4K entries of a GiB need 4 MiB, the largest
 * block of the buddy allocator. The entries of the larger sizes share one block.
 */
static struct {
	u32 nr;
	u64 base[TDX_MAX_TDMRS];
	unsigned long pamt_4k[TDX_MAX_TDMRS];
	unsigned long pamt_small;
	void *info; /* TDMR_INFOs, 512 bytes apart */
	u64 *array; /* their addresses */
} mem;

static u64 pamt_4k_size(void)
{
	return tdmgr_pamt_size(SZ_1G, TDX_PS_4K);
}

/* The 2M entries of one TDMR, followed by its 1G entries. */
static u64 pamt_small_size(void)
{
	return tdmgr_pamt_size(SZ_1G, TDX_PS_2M) + tdmgr_pamt_size(SZ_1G, TDX_PS_1G);
}

/* All pages that were allocated for the module or a TD. */
static LIST_HEAD(lent_pages);
static DEFINE_SPINLOCK(lent_lock);

static int mem_add_ram(struct resource *res, void *arg)
{
	u64 base = round_down(res->start, SZ_1G);

	for (; base <= res->end; base += SZ_1G) {
		if (mem.nr && mem.base[mem.nr - 1] >= base)
			continue;
		if (mem.nr == TDX_MAX_TDMRS)
			return -E2BIG;
		mem.base[mem.nr++] = base;
	}
	return 0;
}

static bool mem_covered(u64 pa)
{
	u32 lo = 0, hi = mem.nr;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (pa >= mem.base[mid] && pa - mem.base[mid] < SZ_1G)
			return true;
		if (pa < mem.base[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/* Reserves a PAMT area in a TDMR: it may contain one only in a reserved area. */
static int mem_reserve(struct tdx_tdmr_info *info, u64 tdmr_base, u64 pa, u64 size)
{
	u32 i, j;

	if (pa < tdmr_base || pa - tdmr_base >= SZ_1G)
		return 0;
	if (info->rsvd[TDX_MAX_RESERVED_PER_TDMR - 1].size)
		return -ENOSPC;
	/* The areas must be in ascending order. */
	for (i = 0; info->rsvd[i].size; i++)
		if (info->rsvd[i].offset > pa - tdmr_base)
			break;
	for (j = TDX_MAX_RESERVED_PER_TDMR - 1; j > i; j--)
		info->rsvd[j] = info->rsvd[j - 1];
	info->rsvd[i].offset = pa - tdmr_base;
	info->rsvd[i].size = size;
	return 0;
}

static int mem_fill_tdmrs(void)
{
	u64 small = virt_to_phys((void *)mem.pamt_small);
	u64 small_size = PAGE_SIZE << get_order(mem.nr * pamt_small_size());
	u64 pamt[TDX_PAGE_SIZES];
	u32 i, j;
	int ret;

	for (i = 0; i < mem.nr; i++) {
		struct tdx_tdmr_info *info = mem.info + i * TDMR_INFO_ALIGN;

		mem.array[i] = virt_to_phys(info);
		pamt[TDX_PS_4K] = virt_to_phys((void *)mem.pamt_4k[i]);
		pamt[TDX_PS_2M] = small + i * pamt_small_size();
		pamt[TDX_PS_1G] = pamt[TDX_PS_2M] + tdmgr_pamt_size(SZ_1G, TDX_PS_2M);
		tdmgr_tdmr_fill(info, mem.base[i], SZ_1G, pamt);

		ret = mem_reserve(info, mem.base[i], small, small_size);
		for (j = 0; !ret && j < mem.nr; j++)
			ret = mem_reserve(info, mem.base[i], virt_to_phys((void *)mem.pamt_4k[j]),
					  pamt_4k_size());
		if (ret)
			return ret;
	}
	return 0;
}

static void mem_free(void)
{
	u32 i;

	for (i = 0; i < mem.nr; i++)
		free_pages(mem.pamt_4k[i], get_order(pamt_4k_size()));
	free_pages(mem.pamt_small, get_order(mem.nr * pamt_small_size()));
	free_pages((unsigned long)mem.info, get_order((u64)mem.nr * TDMR_INFO_ALIGN));
	free_page((unsigned long)mem.array);
	memset(&mem, 0, sizeof(mem));
}

int emul_mem_init(void)
{
	struct seam_config *cfg = &emul.seam_cfg;
	int ret;
	u32 i;

	static_assert(sizeof(struct tdx_tdmr_info) <= TDMR_INFO_ALIGN);
	static_assert(TDX_MAX_TDMRS * sizeof(u64) <= PAGE_SIZE);

	ret = walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1,
				  NULL, mem_add_ram);
	if (ret == -E2BIG)
		pr_err("cannot emulate TDX with more than %u GiB of RAM\n", TDX_MAX_TDMRS);
	if (ret || !mem.nr)
		return ret ?: -ENODEV;

	ret = -ENOMEM;
	mem.array = (u64 *)get_zeroed_page(GFP_KERNEL);
	mem.info = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					    get_order((u64)mem.nr * TDMR_INFO_ALIGN));
	mem.pamt_small =
		__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(mem.nr * pamt_small_size()));
	if (!mem.array || !mem.info || !mem.pamt_small)
		goto fail;
	for (i = 0; i < mem.nr; i++) {
		mem.pamt_4k[i] =
			__get_free_pages(GFP_KERNEL | __GFP_NOWARN, get_order(pamt_4k_size()));
		if (!mem.pamt_4k[i]) {
			pr_err("cannot allocate 4 MiB for the PAMT of GiB %llu; free some memory and retry\n",
			       mem.base[i] >> 30);
			goto fail;
		}
	}

	ret = mem_fill_tdmrs();
	if (ret) {
		pr_err("PAMTs need more than %u reserved areas in one TDMR\n",
		       TDX_MAX_RESERVED_PER_TDMR);
		goto fail;
	}

	/* One CMR for all RAM: seam only requires that phys_to_virt() works for it. */
	cfg->nr_cmrs = 1;
	cfg->cmr[0].base = 0;
	cfg->cmr[0].size = mem.base[mem.nr - 1] + SZ_1G;
	return 0;

fail:
	mem_free();
	return ret;
}

u64 emul_page_alloc(void)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT);

	if (!page)
		return 0;
	/* TDs cannot use memory that was added after the module was configured. */
	if (!mem_covered(page_to_phys(page))) {
		__free_page(page);
		return 0;
	}
	spin_lock(&lent_lock);
	list_add(&page->lru, &lent_pages);
	spin_unlock(&lent_lock);
	return page_to_phys(page);
}

void emul_page_free(u64 pa)
{
	struct page *page = pfn_to_page(PHYS_PFN(pa));

	spin_lock(&lent_lock);
	list_del(&page->lru);
	spin_unlock(&lent_lock);
	__free_page(page);
}

u32 emul_nr_tdmrs(void)
{
	return mem.nr;
}

void emul_tdmr(u32 i, u64 *base, u64 *size)
{
	*base = mem.base[i];
	*size = SZ_1G;
}

u64 emul_tdmr_array(void)
{
	return virt_to_phys(mem.array);
}

/*
 * The emulated module is gone, so leaked pages can be freed. On hardware the host must
 * not use them until a reset.
 */
void emul_mem_exit(void)
{
	struct page *page, *next;
	unsigned long nr = 0;

	list_for_each_entry_safe(page, next, &lent_pages, lru) {
		list_del(&page->lru);
		clear_page(page_address(page));
		__free_page(page);
		nr++;
	}
	if (nr)
		pr_info("%lu leaked pages freed at the end of the emulation\n", nr);
	mem_free();
}
