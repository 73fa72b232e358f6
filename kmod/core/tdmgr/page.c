// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: pages that the module returns, or that are leaked. */

#include "tdmgr-priv.h"

void tdmgr_leak_pages(struct tdmgr_td *td, u64 nr)
{
	struct tdmgr *m = td->m;

	td->pages_leaked += nr;
	tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
	m->pages_leaked += nr;
	tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
}

/*
 * Reclaims @pa from the module; the HKID must be released. Returns false if that
 * fails: the page is leaked and must never reach the allocator again.
 */
bool tdmgr_page_reclaim(struct tdmgr_td *td, u64 pa)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args = { .rcx = pa };
	u64 rax = TDH_PHYMEM_PAGE_RECLAIM, status;

	status = tdmgr_call(m, td, rax, &args);
	if (!status && pa == td->tdr) {
		/* Only TDR was written with the global key. */
		rax = TDH_PHYMEM_PAGE_WBINVD;
		args = (struct tdmgr_args){
			.rcx = pa | ((u64)m->cfg.global_hkid << m->cfg.hkid_shift),
		};
		status = tdmgr_call(m, td, rax, &args);
	}
	if (status) {
		tdmgr_log(m, TDMGR_ERR, "page 0x%llx is leaked: %s failed: %s (0x%llx)",
			  (unsigned long long)pa, tdmgr_leaf_name(rax), TDMGR_ST_ARGS(status));
		tdmgr_leak_pages(td, 1);
		return false;
	}
	m->ops.page_clear(m->ctx, pa);
	return true;
}

/* Returns a control or S-EPT page to the allocator, or leaks it. */
void tdmgr_page_release(struct tdmgr_td *td, u64 pa)
{
	if (td->leaked)
		tdmgr_leak_pages(td, 1);
	else if (tdmgr_page_reclaim(td, pa))
		td->m->ops.page_free(td->m->ctx, pa);
}
