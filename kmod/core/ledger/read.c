// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* ledger: read access to its records. */
#include "ledger-priv.h"

const struct ledger_hkid *ledger_hkid_at(const struct ledger *l, u32 index)
{
	return index < l->cfg.nr_hkids ? &l->hkid[index].pub : NULL;
}

const struct ledger_td *ledger_td_at(const struct ledger *l, u32 index)
{
	return index < l->nr_tds ? &l->td[l->td_order[index]].pub : NULL;
}

const struct ledger_td *ledger_td_find(const struct ledger *l, u64 tdr)
{
	const struct ledger_td_slot *td = ledger_td_get(l, tdr);

	return td ? &td->pub : NULL;
}

const struct ledger_pkg *ledger_pkg_at(const struct ledger *l, u32 index)
{
	return index < l->cfg.nr_pkgs ? &l->pkg[index].pub : NULL;
}

const struct ledger_cpu *ledger_cpu_at(const struct ledger *l, u32 index)
{
	return index < l->cfg.nr_cpus ? &l->cpu[index].pub : NULL;
}

const struct ledger_leaf *ledger_leaf_at(const struct ledger *l, u32 index)
{
	u32 i;

	for (i = 0; i <= LEDGER_LEAVES; i++)
		if (l->leaf[i].calls && !index--)
			return &l->leaf[i];
	return NULL;
}

const struct ledger_kot *ledger_kot_get(const struct ledger *l)
{
	return &l->kot;
}

bool ledger_complete(const struct ledger *l)
{
	return l->complete && !l->totals.missed;
}

void ledger_totals_get(const struct ledger *l, struct ledger_totals *out)
{
	*out = l->totals;
}

u32 ledger_td_count(const struct ledger *l)
{
	return l->nr_tds;
}

u32 ledger_hkid_count(const struct ledger *l)
{
	return l->cfg.nr_hkids;
}

u32 ledger_leaf_count(const struct ledger *l)
{
	u32 i, n = 0;

	for (i = 0; i <= LEDGER_LEAVES; i++)
		n += !!l->leaf[i].calls;
	return n;
}
