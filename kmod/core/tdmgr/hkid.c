// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: the HKID pool. */

#include "tdmgr-priv.h"

/* Returns the lowest free HKID, as an IDA does, or 0 if none is free. */
u32 tdmgr_hkid_alloc(struct tdmgr *m)
{
	u32 i, hkid = 0;

	tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
	for (i = 0; i < m->cfg.nr_hkids; i++) {
		if (m->hkid_state[i] != TDMGR_HKID_FREE)
			continue;
		m->hkid_state[i] = TDMGR_HKID_USED;
		m->hkids_used++;
		hkid = m->cfg.first_hkid + i;
		break;
	}
	tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
	return hkid;
}

/* Returns an HKID to the pool; a leaked one stays in use permanently. */
void tdmgr_hkid_put(struct tdmgr *m, u32 hkid, bool leak)
{
	tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
	if (leak) {
		m->hkid_state[hkid - m->cfg.first_hkid] = TDMGR_HKID_LEAKED;
		m->hkids_leaked++;
	} else {
		m->hkid_state[hkid - m->cfg.first_hkid] = TDMGR_HKID_FREE;
		m->hkids_used--;
	}
	tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
}

/* Returns the number of HKIDs in use, including leaked ones. */
u32 tdmgr_hkids_used(struct tdmgr *m)
{
	u32 used;

	tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
	used = m->hkids_used;
	tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
	return used;
}
