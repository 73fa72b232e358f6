// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: the layout of TDMRs and their PAMT areas, for TDH.SYS.CONFIG. */

#include "tdmgr-priv.h"

u64 tdmgr_pamt_size(u64 tdmr_size, enum tdx_page_size level)
{
	u64 bytes = (tdmr_size >> tdx_level_shift(level)) * TDX_PAMT_ENTRY_SIZE;

	return (bytes + CORE_PAGE_SIZE - 1) & CORE_PAGE_MASK;
}

void tdmgr_tdmr_fill(struct tdx_tdmr_info *info, u64 base, u64 size, const u64 pamt[TDX_PAGE_SIZES])
{
	*info = (struct tdx_tdmr_info){
		.base = base,
		.size = size,
		.pamt_1g_base = pamt[TDX_PS_1G],
		.pamt_1g_size = tdmgr_pamt_size(size, TDX_PS_1G),
		.pamt_2m_base = pamt[TDX_PS_2M],
		.pamt_2m_size = tdmgr_pamt_size(size, TDX_PS_2M),
		.pamt_4k_base = pamt[TDX_PS_4K],
		.pamt_4k_size = tdmgr_pamt_size(size, TDX_PS_4K),
	};
}
