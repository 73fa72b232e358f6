/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* Private to ledger: its tables, and functions that its files share. */
#ifndef TDXCTL_CORE_LEDGER_PRIV_H
#define TDXCTL_CORE_LEDGER_PRIV_H

#include "ledger.h"

#define LEDGER_NONE (~0u)
/* Leaves with a record of their own; all others share the record after the last. */
#define LEDGER_LEAVES 128
/* Calls of one serialisation in flight at once: CACHE.WB on 8 packages, and spares. */
#define LEDGER_FLIGHTS 12
/* No SEAMCALL lasts this long: its end was missed. */
#define LEDGER_STALE_NS 60000000000ULL

/* ---- address -> index, open addressing ---- */

struct ledger_slot {
	u64 key;
	u32 val;
	u32 used;
};

struct ledger_map {
	struct ledger_slot *slot;
	u32 mask;
};

/* map.c */
u32 ledger_map_capacity(u32 max);
u32 ledger_map_find(const struct ledger_map *m, u64 key);
bool ledger_map_insert(struct ledger_map *m, u64 key, u32 val);
void ledger_map_remove(struct ledger_map *m, u64 key);

/* ---- records ---- */

struct ledger_flight {
	u64 seq;
	u64 start_ns;
	u64 tdr;
	u32 cpu;
	u32 leaf;
	bool contended;
	struct ledger_owner owner;
};

/* One serialisation: the KOT leaves, or KEY.CONFIG on one package. */
struct ledger_serial {
	u32 nr;
	struct ledger_flight flight[LEDGER_FLIGHTS]; /* oldest first */
	u64 acquisitions, contended, busy_retries, entropy_retries, longest_ns;
};

struct ledger_hkid_slot {
	struct ledger_hkid pub;
	u64 seq; /* of the call that set the state */
};

struct ledger_td_slot {
	struct ledger_td pub;
	u64 owed_private; /* pages seen removed, but not yet added; else 0 */
	u64 owed_sept;
	u64 seq;	 /* of the call that set the state */
	u32 before_leak; /* the state before LEAKED */
	u32 seen_keys;	 /* packages seen keyed while pub.keyed_pkgs is unknown */
	u32 vcpu_head;	 /* first vCPU of this TD; in a free slot the next free one */
};

struct ledger_vcpu {
	u64 tdvpr;
	u32 td;
	u32 prev, next;
};

/* If the last call on a CPU was TDH.MEM.PAGE.REMOVE: its page and TD. */
struct ledger_removed {
	u64 hpa;
	u64 tdr; /* 0: another call */
};

struct ledger_cpu_slot {
	struct ledger_cpu pub;
	struct ledger_removed removed; /* without shards */
};

#define LEDGER_PAGE_LEAVES 9
/* TDs that a CPU builds or removes in turn. */
#define LEDGER_ACCOUNTS 4
#define LEDGER_LINE	64 /* bytes of a cache line */

struct ledger_account {
	u64 tdr;    /* 0: unused */
	u32 number; /* of the TD */
	u32 leaves; /* bitmap of the page-level leaves that may be counted here */
	s64 private_pages, sept_pages;
	u64 calls, reclaims, last_ns;
};

struct ledger_shard {
	u64 epoch; /* of the ledger, when the accounts were opened */
	u64 calls, last_ns;
	struct ledger_removed removed;
	u32 next; /* account to be replaced */
	struct ledger_account account[LEDGER_ACCOUNTS];
	struct ledger_leaf leaf[LEDGER_PAGE_LEAVES];
} __attribute__((aligned(LEDGER_LINE)));

struct ledger_pkg_slot {
	struct ledger_pkg pub;
	struct ledger_serial serial;
};

struct ledger {
	struct ledger_config cfg;
	struct ledger_totals totals;
	/* Read without the lock. Odd while the maps are being changed. */
	u64 epoch;
	u64 seq;
	u64 owed;	  /* sum of all TDs */
	u32 next_td;	  /* last sequence number given to a TD */
	u32 all_pkgs;	  /* bitmap */
	bool complete;	  /* all calls since TDH.SYS.CONFIG were seen */
	bool ready;	  /* the module is SYS_READY: all global keys are set */
	u32 anon_hkids;	  /* number of HKIDs in use by unknown TDs */
	u64 flushing_tdr; /* TD of the last VPFLUSHDONE, which CACHE.WB serves */
	u32 nr_flights;
	u64 prune_ns;
	struct ledger_kot kot;
	struct ledger_serial kot_serial;

	u32 nr_tds;
	u32 td_free;
	u32 vcpu_free;

	/* After this structure, see lay_out(). */
	struct ledger_leaf *leaf;   /* LEDGER_LEAVES + 1 */
	struct ledger_shard *shard; /* nr_cpus, or NULL */
	struct ledger_cpu_slot *cpu;
	struct ledger_pkg_slot *pkg;
	struct ledger_hkid_slot *hkid;
	struct ledger_td_slot *td;
	u32 *td_order; /* live slots, by sequence number */
	struct ledger_map td_map;
	struct ledger_vcpu *vcpu;
	struct ledger_map vcpu_map;
};

/* One finished call. */
struct ledger_event {
	const struct ledger_call *call;
	const struct ledger_regs *out; /* NULL: no outputs */
	u64 status;
	u64 now;
	u32 leaf;
	bool ok;
};

/* ---- stat.c ---- */

u32 ledger_leaf_of(u64 rax); /* LEDGER_NONE: no TDH leaf */
bool ledger_is_busy(u64 status);
/* A call that succeeded. */
void ledger_stat_add(struct ledger_leaf *s, u64 ns);
/* Adds the successful calls in @from to @to, and clears @from. */
void ledger_stat_move(struct ledger_leaf *to, struct ledger_leaf *from);
void ledger_serial_begin(struct ledger *l, struct ledger_call *call, u32 leaf);
void ledger_serial_end(struct ledger *l, const struct ledger_call *call, u32 leaf, u64 status,
		       u64 ns);
void ledger_prune(struct ledger *l, u64 now);

/* ---- td.c: the TD table ---- */

struct ledger_td_slot *ledger_td_get(const struct ledger *l, u64 tdr);
/* All values are unknown. NULL if the table is full. */
struct ledger_td_slot *ledger_td_new(struct ledger *l, u64 tdr);
void ledger_td_drop(struct ledger *l, struct ledger_td_slot *td);
void ledger_td_lose_counts(struct ledger *l, struct ledger_td_slot *td);
/*
 * Adds @delta to a number of pages. If too few are left, they are owed if @owed is given
 * and there are shards, else this is a violation and the number becomes unknown.
 */
void ledger_count(struct ledger *l, u64 *pages, u64 *owed, s64 delta);
void ledger_forgive(struct ledger *l, u64 *owed);
/* The TD has no vCPU and no memory. */
void ledger_td_empty(struct ledger *l, struct ledger_td_slot *td);
/* The maps or the state of a TD are about to change, or have changed. */
void ledger_turn(struct ledger *l);
void ledger_td_owner(struct ledger *l, struct ledger_td_slot *td, const struct ledger_owner *owner);
void ledger_td_state(struct ledger *l, struct ledger_td_slot *td, u32 state, u64 now);
/* For leaves that name a TD by a TDVPR. */
struct ledger_td_slot *ledger_td_of_vcpu(const struct ledger *l, u64 tdvpr);
void ledger_vcpu_add(struct ledger *l, struct ledger_td_slot *td, u64 tdvpr);
void ledger_vcpu_del(struct ledger *l, u64 tdvpr);

struct ledger_hkid_slot *ledger_hkid_get(const struct ledger *l, u32 id);
/* @td is now assigned @id. */
void ledger_hkid_bind(struct ledger *l, struct ledger_td_slot *td, u32 id, u64 now);
/* @td has no HKID any more; @freed: this call released it, else a missed one. */
void ledger_hkid_release(struct ledger *l, struct ledger_td_slot *td, bool freed, u64 now);
void ledger_hkid_anon(struct ledger *l, u32 id, const struct ledger_event *ev);
void ledger_hkid_forget_anon(struct ledger *l);

/* ---- sys.c ---- */

void ledger_sys_leaf(struct ledger *l, const struct ledger_event *ev);
void ledger_module_ready(struct ledger *l, const struct ledger_event *ev);

/* ---- leak.c ---- */

void ledger_release_failed(struct ledger *l, struct ledger_td_slot *td,
			   const struct ledger_event *ev);
/* @tdr: the TD of the page that could not be reclaimed, or that page. */
void ledger_reclaim_failed(struct ledger *l, const struct ledger_event *ev, u64 tdr);

/* ---- event.c ---- */

void ledger_observe(struct ledger *l, const struct ledger_event *ev);
/* Number of 4-KiB pages in a page of @level: 0 = 4K, 1 = 2M, 2 = 1G. */
u64 ledger_pages_of(u64 level);
/* Returns true if a success of this page-level leaf changes only counts of @td. */
bool ledger_only_counts(const struct ledger_td_slot *td, u32 leaf);
/* Returns true if the operand @rcx of TDH.PHYMEM.PAGE.WBINVD is the page @hpa. */
bool ledger_flushes(const struct ledger *l, u64 rcx, u64 hpa);

#endif
