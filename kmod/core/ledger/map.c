// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * ledger: a hash table from page address to index. Linear probing, at a load of at
 * most one half. Removal shifts entries back, so there are no tombstones, and no
 * entry moves away from its home: the probe length at insertion is an upper bound.
 */
#include "ledger-priv.h"

#define MAP_PROBE 64

/* Returns the number of slots for @max entries: a power of two, larger than any probe. */
u32 ledger_map_capacity(u32 max)
{
	u32 cap = 2 * MAP_PROBE;

	while (cap < 2 * max)
		cap <<= 1;
	return cap;
}

static u32 home(const struct ledger_map *m, u64 key)
{
	return (u32)(((key >> CORE_PAGE_SHIFT) * 0x9e3779b97f4a7c15ULL) >> 32) & m->mask;
}

/* Without the lock too: what was found holds if ledger.epoch has not changed. */
u32 ledger_map_find(const struct ledger_map *m, u64 key)
{
	u32 i = home(m, key), n;

	for (n = 0; n < MAP_PROBE && core_load32(&m->slot[i].used); n++) {
		if (core_load64(&m->slot[i].key) == key)
			return core_load32(&m->slot[i].val);
		i = (i + 1) & m->mask;
	}
	return LEDGER_NONE;
}

static void put(struct ledger_slot *slot, u64 key, u32 val)
{
	core_store64(&slot->key, key);
	core_store32(&slot->val, val);
	core_store32(&slot->used, 1);
}

bool ledger_map_insert(struct ledger_map *m, u64 key, u32 val)
{
	u32 i = home(m, key), n;

	for (n = 0; n < MAP_PROBE; n++) {
		if (!m->slot[i].used) {
			put(&m->slot[i], key, val);
			return true;
		}
		i = (i + 1) & m->mask;
	}
	return false;
}

void ledger_map_remove(struct ledger_map *m, u64 key)
{
	u32 i = home(m, key), j, n;

	for (n = 0; n < MAP_PROBE; n++) {
		if (!m->slot[i].used)
			return;
		if (m->slot[i].key == key)
			break;
		i = (i + 1) & m->mask;
	}
	if (n == MAP_PROBE)
		return;
	/* Move back each later entry of the cluster that may be in the hole. */
	for (j = (i + 1) & m->mask; m->slot[j].used; j = (j + 1) & m->mask) {
		u32 h = home(m, m->slot[j].key);

		if (((j - h) & m->mask) >= ((j - i) & m->mask)) {
			put(&m->slot[i], m->slot[j].key, m->slot[j].val);
			i = j;
		}
	}
	core_store32(&m->slot[i].used, 0);
}
