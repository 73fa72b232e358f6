/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
#ifndef TDXCTL_CORE_LEDGER_PRIV_H
#define TDXCTL_CORE_LEDGER_PRIV_H

#include "ledger.h"

#define LEDGER_NONE		(~0u)
/* Direct table of leaves; higher numbers share the record after the last. */
#define LEDGER_LEAVES		128
/* Calls of one serialisation that may be in flight at once: 8 CACHE.WB and some. */
#define LEDGER_FLIGHTS		12
/* No SEAMCALL lasts this long: its end was lost (module unloaded under it). */
#define LEDGER_STALE_NS		60000000000ULL

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
	struct ledger_flight flight[LEDGER_FLIGHTS];	/* oldest first */
	u64 acquisitions, contended, busy_retries, entropy_retries, longest_ns;
};

struct ledger_hkid_slot {
	struct ledger_hkid pub;
	u64 seq;		/* l->seq when the state was set */
};

struct ledger_td_slot {
	struct ledger_td pub;
	u64 seq;		/* l->seq when the state was set */
	u32 before_leak;	/* state when it leaked */
	u32 seen_keys;		/* packages seen keyed while pub.keyed_pkgs is unknown */
	u32 vcpu_head;		/* list of this TD's vCPUs, or of free slots */
};

struct ledger_vcpu {
	u64 tdvpr;
	u32 td;
	u32 prev, next;
};

struct ledger_cpu_slot {
	struct ledger_cpu pub;
	/* Of the last call on this CPU if it was a TDH.MEM.PAGE.REMOVE. */
	u64 removed_hpa;
	u64 removed_tdr;	/* 0 = it was not */
};

struct ledger_pkg_slot {
	struct ledger_pkg pub;
	struct ledger_serial serial;
};

struct ledger {
	struct ledger_config cfg;
	struct ledger_totals totals;
	u64 seq;
	u32 next_td;		/* last sequence number given to a TD */
	u32 all_pkgs;		/* mask */
	bool complete;		/* stream known from the module's configuration on */
	bool ready;		/* the module is SYS_READY: every global key is set */
	u32 anon_hkids;		/* in use by a TD that is not known */
	u64 flushing_tdr;	/* of the last VPFLUSHDONE: CACHE.WB is for it */
	u32 nr_flights;
	u64 prune_ns;
	struct ledger_kot kot;
	struct ledger_serial kot_serial;

	u32 nr_tds;
	u32 td_free;
	u32 vcpu_free;

	/* Behind this structure, see lay_out(). */
	struct ledger_leaf *leaf;	/* LEDGER_LEAVES + 1 */
	struct ledger_cpu_slot *cpu;
	struct ledger_pkg_slot *pkg;
	struct ledger_hkid_slot *hkid;
	struct ledger_td_slot *td;
	u32 *td_order;			/* live slots, by sequence number */
	struct ledger_map td_map;
	struct ledger_vcpu *vcpu;
	struct ledger_map vcpu_map;
};

/* One finished call on its way through the state machines. */
struct ledger_event {
	const struct ledger_call *call;
	const struct ledger_regs *out;	/* NULL: no outputs */
	u64 status;
	u64 now;
	u32 leaf;
	bool ok;
};

/* ---- stat.c ---- */

u32 ledger_leaf_of(u64 rax);	/* LEDGER_NONE: no TDH leaf */
bool ledger_is_busy(u64 status);
void ledger_stat_leaf(struct ledger *l, u32 leaf, u64 status, u64 ns);
void ledger_serial_begin(struct ledger *l, struct ledger_call *call, u32 leaf);
void ledger_serial_end(struct ledger *l, const struct ledger_call *call, u32 leaf,
		       u64 status, u64 ns);
void ledger_prune(struct ledger *l, u64 now);

/* ---- td.c: the TD table ---- */

struct ledger_td_slot *ledger_td_get(const struct ledger *l, u64 tdr);
/* With every fact unknown; NULL when there is no room. */
struct ledger_td_slot *ledger_td_new(struct ledger *l, u64 tdr);
void ledger_td_drop(struct ledger *l, struct ledger_td_slot *td);
void ledger_td_lose_counts(struct ledger_td_slot *td);
void ledger_td_owner(struct ledger *l, struct ledger_td_slot *td,
		     const struct ledger_owner *owner);
void ledger_td_state(struct ledger *l, struct ledger_td_slot *td, u32 state, u64 now);
/* TDH leaves that name a TD by its TDVPR. */
struct ledger_td_slot *ledger_td_of_vcpu(const struct ledger *l, u64 tdvpr);
void ledger_vcpu_add(struct ledger *l, struct ledger_td_slot *td, u64 tdvpr);
void ledger_vcpu_del(struct ledger *l, u64 tdvpr);

struct ledger_hkid_slot *ledger_hkid_get(const struct ledger *l, u32 id);
/* @td holds @id from now on. */
void ledger_hkid_bind(struct ledger *l, struct ledger_td_slot *td, u32 id, u64 now);
/* @td holds its HKID no more; @freed: this call gave it back, else some other. */
void ledger_hkid_release(struct ledger *l, struct ledger_td_slot *td, bool freed, u64 now);
void ledger_hkid_anon(struct ledger *l, u32 id, const struct ledger_event *ev);
void ledger_hkid_forget_anon(struct ledger *l);

/* ---- sys.c ---- */

void ledger_sys_leaf(struct ledger *l, const struct ledger_event *ev);
void ledger_module_ready(struct ledger *l, const struct ledger_event *ev);

/* ---- leak.c ---- */

void ledger_release_failed(struct ledger *l, struct ledger_td_slot *td,
			   const struct ledger_event *ev);
/* @tdr: of the TD it was, or the page that could not be reclaimed. */
void ledger_reclaim_failed(struct ledger *l, const struct ledger_event *ev, u64 tdr);

/* ---- event.c ---- */

void ledger_observe(struct ledger *l, const struct ledger_event *ev);

#endif
