/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * ledger: what a stream of SEAMCALLs says about the host.
 *
 * Fed with the begin and end of every call it rebuilds HKIDs, TDs, packages,
 * CPUs and per-leaf statistics. It may start in the middle of the stream: what
 * it has not seen it reports as LEDGER_UNKNOWN, never as zero.
 *
 * Not thread-safe: the caller serialises everything with one lock that may be
 * taken in atomic context. Every operation is bounded: hash lookups with a
 * limited probe length, no allocation.
 */
#ifndef TDXCTL_CORE_LEDGER_H
#define TDXCTL_CORE_LEDGER_H

#include "tdx.h"

#define LEDGER_UNKNOWN		(~0ULL)
#define LEDGER_UNKNOWN32	(~0u)
#define LEDGER_COMM_LEN		16

struct ledger_config {
	u32 global_hkid;	/* first private KeyID, used by the module */
	u32 first_hkid;		/* first guest HKID */
	u32 nr_hkids;
	u32 hkid_shift;		/* position of the KeyID in PAGE.WBINVD's operand */
	u32 nr_cpus;		/* possible CPUs */
	u32 nr_pkgs;
	const u16 *cpu_pkg;	/* package index of each CPU; copied */
	u32 max_tds;		/* more are counted in tds_dropped */
	u32 max_vcpus;		/* all TDs together; vCPUs and their pages */
	/*
	 * The stream is complete from power-on (emulated host): HKIDs not yet
	 * seen are free. Off: unknown until seen.
	 */
	bool from_start;
};

/*
 * Who issued TDH.MNG.CREATE, or, of an older TD, a later call that only its VMM
 * makes; zero tgid = unknown.
 */
struct ledger_owner {
	s32 tgid, tid;
	s32 fd;			/* VM file descriptor number in tgid, -1 unknown */
	u32 pad;
	u64 start_ns;		/* start time of tgid, CLOCK_BOOTTIME */
	char comm[LEDGER_COMM_LEN];
};

struct ledger_regs {
	u64 rcx, rdx, r8, r9, r10, r11;
};

/* Lives with the caller from ledger_begin() to ledger_end(). */
struct ledger_call {
	u64 start_ns;		/* CLOCK_MONOTONIC */
	u64 seq;		/* set by ledger_begin() */
	u64 rax;		/* leaf and version */
	struct ledger_regs in;
	u32 cpu;
	u32 max_vcpus;		/* TDH.MNG.INIT: TD_PARAMS.MAX_VCPUS, else LEDGER_UNKNOWN32 */
	bool counted;		/* set by ledger_begin(): end it with ledger_end() */
	struct ledger_owner owner;	/* where ledger_names_owner() */
};

/*
 * ASSIGNED also stands for "in use, no more is known": a TD whose keys were not
 * seen, or, with tdr 0, a TD that is not known at all.
 *
 * LEAKED: the host failed to give the HKID back: TDH.MNG.KEY.FREEID failed, or
 * TDH.MNG.VPFLUSHDONE failed with anything but FLUSHVP_NOT_DONE. Busy is a
 * retry, not a failure. A later success corrects it. FLUSHVP_NOT_DONE and pages
 * that cannot be reclaimed are leaks when the VM is gone: ledger_vm_gone(). A TD
 * that gave its HKID back and leaks pages is LEAKED with hkid 0.
 */
enum ledger_hkid_state {
	LEDGER_HKID_UNKNOWN, LEDGER_HKID_FREE, LEDGER_HKID_ASSIGNED,
	LEDGER_HKID_CONFIGURED, LEDGER_HKID_FLUSHING, LEDGER_HKID_LEAKED,
};

enum ledger_td_state {
	LEDGER_TD_UNKNOWN, LEDGER_TD_ASSIGNED, LEDGER_TD_KEYS_CONFIGURED,
	LEDGER_TD_INITIALIZED, LEDGER_TD_RUNNABLE, LEDGER_TD_BLOCKED,
	LEDGER_TD_TEARDOWN, LEDGER_TD_LEAKED,
};

struct ledger_hkid {
	u32 id;
	u32 state;		/* enum ledger_hkid_state */
	u64 tdr;		/* owner, or last owner when leaked; 0 none */
	u64 since_ns;		/* of the state; 0 unknown */
	u32 keyed_pkgs;		/* packages with this key: bitmap, LEDGER_UNKNOWN32 */
	u32 fail_leaf;		/* leaked: which leaf failed ... */
	u64 fail_status;	/* ... and how */
	struct ledger_owner owner;	/* former owner too, when leaked */
};

struct ledger_td {
	u64 tdr;
	u32 seq;		/* "td:N", creation order from 1 */
	u32 state;		/* enum ledger_td_state */
	u32 hkid;		/* LEDGER_UNKNOWN32; 0 = released */
	u32 last_hkid;		/* also after release; LEDGER_UNKNOWN32 */
	u32 keyed_pkgs;		/* bitmap, LEDGER_UNKNOWN32 */
	u32 vcpus;		/* TDH.VP.INIT done; LEDGER_UNKNOWN32 */
	u32 max_vcpus;		/* TDH.MNG.INIT; LEDGER_UNKNOWN32 */
	bool seen_create;	/* else it existed before the ledger */
	bool was_runnable;
	u64 private_pages;	/* 4-KiB units; LEDGER_UNKNOWN */
	/*
	 * Unknown after TDH.MEM.SEPT.ADD with "allow existing": its success does
	 * not tell whether the page was consumed.
	 */
	u64 sept_pages;
	u64 control_pages;	/* TDR, TDCS, TDVPS */
	u64 created_ns;		/* 0 unknown */
	u64 since_ns;		/* of the state; 0 unknown */
	u64 released_ns;	/* HKID given back; 0 not yet */
	u64 last_ns;		/* last call for this TD */
	u64 calls;		/* SEAMCALLs seen for this TD */
	u64 reclaims;		/* PHYMEM.PAGE.RECLAIM of its PT_REG pages */
	u64 fail_status;	/* what kept it from being taken apart, first ... */
	u32 fail_leaf;		/* ... of which leaf; 0 nothing */
	struct ledger_owner owner;
};

struct ledger_pkg {
	u32 id;
	bool global_key;	/* TDH.SYS.KEY.CONFIG seen; else not, or unknown */
	u64 keys_programmed;	/* KEY.CONFIG successes */
	/* serialisation of KEY.CONFIG on this package */
	bool in_flight;
	u64 in_flight_since_ns;
	u64 in_flight_tdr;
	struct ledger_owner in_flight_owner;	/* the TD's owner */
	u64 acquisitions;	/* KEY.CONFIG calls */
	u64 contended;		/* began while another was in flight, or busy */
	u64 busy_retries;
	u64 entropy_retries;
	u64 longest_ns;
};

struct ledger_cpu {
	u32 cpu, pkg;
	u32 lp_init;		/* 0 no, 1 done, LEDGER_UNKNOWN32 */
	u64 lp_init_status;	/* last TDH.SYS.LP.INIT status */
	u64 calls;
	u64 last_ns;
};

#define LEDGER_HIST_BUCKETS	32	/* bucket i: [2^i, 2^(i+1)) ns, last open */
#define LEDGER_LEAF_ERRORS	8

struct ledger_leaf {
	u32 leaf;		/* LEDGER_UNKNOWN32: all that are no TDH leaf below 128 */
	u64 calls;
	u64 errors;		/* any status but success, informational ones too */
	u64 busy;		/* of the errors: contention, status class 2 */
	u64 total_ns, max_ns;
	u64 hist[LEDGER_HIST_BUCKETS];
	/* By status without operand; the rest is counted in other_errors. */
	struct { u64 status, count; } error[LEDGER_LEAF_ERRORS];
	u64 other_errors;
};

/*
 * tdx_lock: the serialisation of the KOT leaves (9, 19, 20, 40). Acquisitions
 * are calls; CACHE.WB on several packages at once is no contention.
 */
struct ledger_kot {
	bool in_flight;
	u64 in_flight_since_ns;
	u32 in_flight_leaf;
	u64 in_flight_tdr;	/* CACHE.WB: of the last VPFLUSHDONE */
	struct ledger_owner in_flight_owner;
	u64 acquisitions, contended, busy_retries, entropy_retries, longest_ns;
};

struct ledger_totals {
	u64 calls;
	u64 tds_dropped;	/* no room: TDs missing from the list */
	u64 vcpus_dropped;
	u64 violations;		/* stream broke an invariant (missed calls) */
	u64 missed;		/* fed with ledger_missed() */
	u32 tds_created;
};

struct ledger;

size_t ledger_size(const struct ledger_config *cfg);
/* @mem: ledger_size() bytes, 8-byte aligned, need not be zeroed. */
struct ledger *ledger_init(void *mem, const struct ledger_config *cfg);

/*
 * A call starts: fills call->seq, marks it in flight. Calls may nest and
 * interleave, also on one CPU; one that never ends is forgotten after a minute.
 */
void ledger_begin(struct ledger *l, struct ledger_call *call);
/* Whether the leaf of @rax is called on behalf of its TD's VMM, by it. */
bool ledger_names_owner(u64 rax);
/* It returned @status with @out at @end_ns. @out may be NULL (no outputs). */
void ledger_end(struct ledger *l, struct ledger_call *call, u64 end_ns,
		u64 status, const struct ledger_regs *out);
/*
 * Some calls were not seen (probe misses): page counts of live TDs become
 * unknown, vCPU counts too until the TD is runnable; states are corrected as the
 * stream shows them.
 */
void ledger_missed(struct ledger *l, u64 count);

/*
 * A TD that existed before (late loading): what the caller knows about it.
 * Fields of @td set to LEDGER_UNKNOWN* stay unknown, a zero hkid means released;
 * seq is given here. -EEXIST: the stream showed it first, what it did not show
 * is filled in. -ENOSPC. -EINVAL: no page address.
 */
int ledger_adopt_td(struct ledger *l, const struct ledger_td *td);

/*
 * The host has destroyed the VM of the TD @tdr, the one with the number @seq: what
 * it did not give back by now is lost.
 */
void ledger_vm_gone(struct ledger *l, u64 tdr, u32 seq, u64 now);

/* Reading. NULL past the end; pointers are valid until the next update. */
const struct ledger_hkid *ledger_hkid_at(const struct ledger *l, u32 index);
const struct ledger_td *ledger_td_at(const struct ledger *l, u32 index);
const struct ledger_td *ledger_td_find(const struct ledger *l, u64 tdr);
const struct ledger_pkg *ledger_pkg_at(const struct ledger *l, u32 index);
const struct ledger_cpu *ledger_cpu_at(const struct ledger *l, u32 index);
/* Only leaves that were called, in numeric order. */
const struct ledger_leaf *ledger_leaf_at(const struct ledger *l, u32 index);
const struct ledger_kot *ledger_kot_get(const struct ledger *l);
/* Every call since power-on was seen: what was not seen did not happen. */
bool ledger_complete(const struct ledger *l);
void ledger_totals_get(const struct ledger *l, struct ledger_totals *out);
u32 ledger_td_count(const struct ledger *l);
u32 ledger_hkid_count(const struct ledger *l);
u32 ledger_leaf_count(const struct ledger *l);

#endif
