// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: private memory, the two ways of releasing it, and the S-EPT mirror. */

#include "tdmgr-priv.h"

#define MR_EXTEND_CHUNK 256

/* The index of @gpa in a table. Level 0 is a leaf, level 3 the root table. */
static u32 tdmgr_index(u64 gpa, u32 level)
{
	return (gpa >> tdx_level_shift(level)) & (TDMGR_SEPT_ENTRIES - 1);
}

static u64 tdmgr_level_size(u32 level)
{
	return 1ULL << tdx_level_shift(level);
}

/*
 * Walks to @gpa. Returns its lowest table, or NULL if a table is missing; @level is
 * the level of the empty entry then.
 */
static struct tdmgr_leaf *tdmgr_walk(const struct tdmgr_td *td, u64 gpa, u32 *level)
{
	void *table = td->root;

	for (*level = TDMGR_SEPT_LEVELS; *level && table; --*level) {
		table = ((struct tdmgr_node *)table)->child[tdmgr_index(gpa, *level)];
		if (!table)
			return NULL;
	}
	return table;
}

/* Returns the HPA that @gpa is mapped to, 0 if it is not mapped. */
static u64 tdmgr_lookup(const struct tdmgr_td *td, u64 gpa)
{
	struct tdmgr_leaf *leaf;
	u32 level;

	if (gpa >= TDMGR_GPA_LIMIT)
		return 0;
	leaf = tdmgr_walk(td, gpa, &level);
	return leaf ? leaf->hpa[tdmgr_index(gpa, 0)] : 0;
}

/* Maps @gpa, or unmaps it if @hpa is 0. tdmgr_sept_build() has added its tables. */
static void tdmgr_map(struct tdmgr_td *td, u64 gpa, u64 hpa)
{
	struct tdmgr_leaf *leaf;
	u32 level;

	leaf = tdmgr_walk(td, gpa, &level);
	leaf->hpa[tdmgr_index(gpa, 0)] = hpa;
	if (hpa)
		td->private_pages++;
	else
		td->private_pages--;
}

int tdmgr_mem_next(struct tdmgr_td *td, u64 gpa, u64 *next)
{
	struct tdmgr_leaf *leaf;
	u32 level, i;

	if (!td->root || !td->private_pages)
		return -ENOENT;
	gpa &= CORE_PAGE_MASK;
	while (gpa < TDMGR_GPA_LIMIT) {
		leaf = tdmgr_walk(td, gpa, &level);
		if (!leaf) {
			/* Nothing is mapped below this entry. */
			gpa = (gpa | (tdmgr_level_size(level) - 1)) + 1;
			continue;
		}
		for (i = tdmgr_index(gpa, 0); i < TDMGR_SEPT_ENTRIES; i++) {
			if (!leaf->hpa[i])
				continue;
			*next = (gpa & ~(tdmgr_level_size(1) - 1)) | ((u64)i << CORE_PAGE_SHIFT);
			return 0;
		}
		gpa = (gpa | (tdmgr_level_size(1) - 1)) + 1;
	}
	return -ENOENT;
}

/* After contention the caller retries; any other failure kills the TD. */
static int tdmgr_mem_failed(struct tdmgr_td *td, u64 rax, u64 status)
{
	if (tdmgr_is_busy(status))
		return -EBUSY;
	tdmgr_td_bug(td, rax, status);
	return -EIO;
}

static int tdmgr_sept_add(struct tdmgr_td *td, u64 gpa, u32 level, struct tdmgr_node *node)
{
	u32 i = tdmgr_index(gpa, level);
	struct tdmgr *m = td->m;
	struct tdmgr_args args;
	void *table;
	u64 pa, status;

	table = m->ops.zalloc(m->ctx,
			      level > 1 ? sizeof(struct tdmgr_node) : sizeof(struct tdmgr_leaf));
	if (!table)
		return -ENOMEM;
	pa = m->ops.page_alloc(m->ctx);
	if (!pa) {
		m->ops.free(m->ctx, table);
		return -ENOMEM;
	}
	args = (struct tdmgr_args){
		.rcx = (gpa & ~(tdmgr_level_size(level) - 1)) | level,
		.rdx = td->tdr,
		.r8 = pa,
	};
	status = tdmgr_call(m, td, TDH_MEM_SEPT_ADD, &args);
	if (status) {
		m->ops.page_free(m->ctx, pa);
		m->ops.free(m->ctx, table);
		return tdmgr_mem_failed(td, TDH_MEM_SEPT_ADD, status);
	}
	node->child[i] = table;
	node->sept[i] = pa;
	td->sept_pages++;
	return 0;
}

/* Adds the missing tables for @gpa. The root table is part of TDCS. */
static int tdmgr_sept_build(struct tdmgr_td *td, u64 gpa)
{
	struct tdmgr_node *node = td->root;
	u32 level;
	int ret;

	if (!node) {
		node = td->m->ops.zalloc(td->m->ctx, sizeof(*node));
		if (!node)
			return -ENOMEM;
		td->root = node;
	}
	for (level = TDMGR_SEPT_LEVELS; level; level--) {
		if (!node->child[tdmgr_index(gpa, level)]) {
			ret = tdmgr_sept_add(td, gpa, level, node);
			if (ret)
				return ret;
		}
		node = node->child[tdmgr_index(gpa, level)];
	}
	return 0;
}

/* Checks and prepares an addition before its SEAMCALL. */
static int tdmgr_mem_prepare(struct tdmgr_td *td, u64 gpa, u64 hpa)
{
	if ((gpa | hpa) & ~CORE_PAGE_MASK || gpa >= TDMGR_GPA_LIMIT || !hpa)
		return -EINVAL;
	if (tdmgr_lookup(td, gpa))
		return -EEXIST;
	return tdmgr_sept_build(td, gpa);
}

/*
 * Removes a page that is blocked, or need not be, and clears it. Returns the status
 * of the last SEAMCALL; *@rax is its leaf.
 */
static u64 tdmgr_page_remove(struct tdmgr_td *td, u64 gpa, u64 hpa, u64 *rax)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args = { .rcx = gpa, .rdx = td->tdr };
	u64 status;

	*rax = TDH_MEM_PAGE_REMOVE;
	status = tdmgr_call(m, td, *rax, &args);
	if (status)
		return status;
	*rax = TDH_PHYMEM_PAGE_WBINVD;
	args = (struct tdmgr_args){
		.rcx = hpa | ((u64)td->hkid << m->cfg.hkid_shift),
	};
	status = tdmgr_call(m, td, *rax, &args);
	if (!status)
		m->ops.page_clear(m->ctx, hpa);
	return status;
}

static u64 tdmgr_measure(struct tdmgr_td *td, u64 gpa)
{
	struct tdmgr_args args;
	u64 off, status = 0;

	for (off = 0; off < CORE_PAGE_SIZE && !status; off += MR_EXTEND_CHUNK) {
		args = (struct tdmgr_args){ .rcx = gpa + off, .rdx = td->tdr };
		status = tdmgr_call(td->m, td, TDH_MR_EXTEND, &args);
	}
	return status;
}

int tdmgr_mem_add(struct tdmgr_td *td, u64 gpa, u64 hpa, u64 src_pa, bool measure)
{
	struct tdmgr_args args;
	u64 status, rax;
	int ret;

	if (td->dead)
		return -EIO;
	if (!td->initialized || td->finalized)
		return -EINVAL;
	ret = tdmgr_mem_prepare(td, gpa, hpa);
	if (ret)
		return ret;
	args = (struct tdmgr_args){
		.rcx = gpa,
		.rdx = td->tdr,
		.r8 = hpa,
		.r9 = src_pa,
	};
	status = tdmgr_call(td->m, td, TDH_MEM_PAGE_ADD, &args);
	if (status)
		return tdmgr_mem_failed(td, TDH_MEM_PAGE_ADD, status);
	if (measure) {
		status = tdmgr_measure(td, gpa);
		if (status) {
			tdmgr_td_bug(td, TDH_MR_EXTEND, status);
			if (!tdmgr_page_remove(td, gpa, hpa, &rax))
				return -EIO;
			/* The page belongs to the TD now and is released with it. */
		}
	}
	tdmgr_map(td, gpa, hpa);
	return 0;
}

int tdmgr_mem_aug(struct tdmgr_td *td, u64 gpa, u64 hpa)
{
	struct tdmgr_args args;
	u64 status;
	int ret;

	if (td->dead)
		return -EIO;
	if (!td->finalized)
		return -EINVAL;
	ret = tdmgr_mem_prepare(td, gpa, hpa);
	if (ret)
		return ret;
	args = (struct tdmgr_args){ .rcx = gpa, .rdx = td->tdr, .r8 = hpa };
	status = tdmgr_call(td->m, td, TDH_MEM_PAGE_AUG, &args);
	if (status)
		return tdmgr_mem_failed(td, TDH_MEM_PAGE_AUG, status);
	tdmgr_map(td, gpa, hpa);
	return 0;
}

/* The slow way of FLOWS.md F3, while the TD holds its HKID. */
static int tdmgr_remove_live(struct tdmgr_td *td, u64 gpa, u64 hpa)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args = { .rcx = gpa, .rdx = td->tdr };
	u64 rax, status = 0;

	/* Before the TD can run, no CPU has a translation to flush. */
	if (td->finalized) {
		rax = TDH_MEM_RANGE_BLOCK;
		status = tdmgr_call(m, td, rax, &args);
		/* Blocked by an earlier attempt. */
		if (TDX_STATUS_OF(status) == TDX_ST(GPA_RANGE_ALREADY_BLOCKED))
			status = 0;
		if (!status) {
			rax = TDH_MEM_TRACK;
			args = (struct tdmgr_args){ .rcx = td->tdr };
			status = tdmgr_call(m, td, rax, &args);
		}
	}
	if (!status)
		status = tdmgr_page_remove(td, gpa, hpa, &rax);
	if (!status) {
		tdmgr_map(td, gpa, 0);
		return 0;
	}
	tdmgr_td_bug(td, rax, status);
	if (rax == TDH_PHYMEM_PAGE_WBINVD) {
		/* Removed from the TD, but its data may still be in the caches. */
		tdmgr_map(td, gpa, 0);
		tdmgr_leak_pages(td, 1);
	}
	return -EIO;
}

/* The fast way of FLOWS.md F3, one SEAMCALL. @gpa is unmapped, also on failure. */
static int tdmgr_remove_dead(struct tdmgr_td *td, u64 gpa, u64 hpa)
{
	tdmgr_map(td, gpa, 0);
	if (td->leaked) {
		tdmgr_leak_pages(td, 1);
		return -EIO;
	}
	return tdmgr_page_reclaim(td, hpa) ? 0 : -EIO;
}

int tdmgr_mem_remove(struct tdmgr_td *td, u64 gpa, u64 *hpa)
{
	u64 pa;
	int ret;

	*hpa = 0;
	if (gpa & ~CORE_PAGE_MASK)
		return -EINVAL;
	pa = tdmgr_lookup(td, gpa);
	if (!pa)
		return -ENOENT;
	if (td->hkid && !td->leaked)
		ret = tdmgr_remove_live(td, gpa, pa);
	else
		ret = tdmgr_remove_dead(td, gpa, pa);
	if (!ret)
		*hpa = pa;
	return ret;
}

/*
 * Removes all private pages of a TD without HKID. The TD is dead, so no page is
 * mapped below @zap_gpa again, and an interrupted run continues there.
 */
int tdmgr_mem_zap(struct tdmgr_td *td, bool interruptible, tdmgr_page_fn fn, void *arg)
{
	u64 leaked_before = td->pages_leaked, gpa, hpa;

	while (!tdmgr_mem_next(td, td->zap_gpa, &gpa)) {
		hpa = tdmgr_lookup(td, gpa);
		td->zap_gpa = gpa + CORE_PAGE_SIZE;
		if (!tdmgr_remove_dead(td, gpa, hpa) && fn)
			fn(arg, gpa, hpa);
		tdmgr_relax(td->m);
		if (interruptible && td->private_pages && tdmgr_interrupted(td->m))
			return -EINTR;
	}
	return td->pages_leaked == leaked_before ? 0 : -EIO;
}

static void tdmgr_sept_release_table(struct tdmgr_td *td, struct tdmgr_node *node, u32 i)
{
	tdmgr_page_release(td, node->sept[i]);
	td->m->ops.free(td->m->ctx, node->child[i]);
	td->sept_pages--;
	tdmgr_relax(td->m);
}

/* Reclaims the tables below @root and frees the mirror, which has three levels. */
void tdmgr_sept_reclaim(struct tdmgr_td *td)
{
	struct tdmgr_node *root = td->root, *pdpt, *pd;
	u32 i, j, k;

	if (!root)
		return;
	for (i = 0; i < TDMGR_SEPT_ENTRIES; i++) {
		pdpt = root->child[i];
		for (j = 0; pdpt && j < TDMGR_SEPT_ENTRIES; j++) {
			pd = pdpt->child[j];
			for (k = 0; pd && k < TDMGR_SEPT_ENTRIES; k++)
				if (pd->child[k])
					tdmgr_sept_release_table(td, pd, k);
			if (pd)
				tdmgr_sept_release_table(td, pdpt, j);
		}
		if (pdpt)
			tdmgr_sept_release_table(td, root, i);
	}
	td->m->ops.free(td->m->ctx, root);
	td->root = NULL;
}
