/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * ledger: the state of the host, derived from a stream of SEAMCALLs.
 *
 * The caller reports the begin and end of every call. The ledger keeps records of
 * HKIDs, TDs, packages and CPUs, and statistics for each leaf. It may start in the
 * middle of the stream: values that it cannot know are LEDGER_UNKNOWN, never zero.
 *
 * Not thread-safe: the caller serialises all functions with one lock that may be
 * taken in atomic context, except those of shards. Every operation is bounded: hash
 * look-ups have a limited probe length, and no memory is allocated.
 */
#ifndef TDXCTL_CORE_LEDGER_H
#define TDXCTL_CORE_LEDGER_H

#include "tdx.h"

#define LEDGER_UNKNOWN	 (~0ULL)
#define LEDGER_UNKNOWN32 (~0u)
#define LEDGER_COMM_LEN	 16

struct ledger_config {
	u32 global_hkid; /* first private KeyID, used by the module */
	u32 first_hkid;	 /* first guest HKID */
	u32 nr_hkids;
	u32 hkid_shift; /* position of the KeyID in the operand of PAGE.WBINVD */
	u32 nr_cpus;	/* possible CPUs */
	u32 nr_pkgs;
	const u16 *cpu_pkg; /* package index of each CPU; copied */
	u32 max_tds;	    /* further ones are counted in tds_dropped */
	u32 max_vcpus;	    /* of all TDs together */
	/*
	 * The stream is complete since power-on (emulated host): HKIDs that were
	 * not seen are free. Off: their state is unknown.
	 */
	bool from_start;
	/*
	 * Each CPU has a shard: ledger_page_end() may be used. Costs about 4 KiB for
	 * each of nr_cpus.
	 */
	bool shards;
};

/*
 * The task that issued TDH.MNG.CREATE. For a TD whose creation was not seen: the
 * task that issued a later call that only the TD's VMM makes.
 */
struct ledger_owner {
	s32 tgid, tid; /* tgid 0: unknown */
	s32 fd;	       /* VM file descriptor number in tgid, -1 unknown */
	u32 pad;
	u64 start_ns; /* start time of tgid, CLOCK_BOOTTIME */
	char comm[LEDGER_COMM_LEN];
};

struct ledger_regs {
	u64 rcx, rdx, r8, r9, r10, r11;
};

/* Owned by the caller; must live from ledger_begin() to ledger_end(). */
struct ledger_call {
	u64 start_ns; /* CLOCK_MONOTONIC */
	u64 seq;      /* set by ledger_begin() */
	u64 rax;      /* leaf and version */
	struct ledger_regs in;
	u32 cpu;
	u32 max_vcpus;		   /* TDH.MNG.INIT: TD_PARAMS.MAX_VCPUS, else LEDGER_UNKNOWN32 */
	bool counted;		   /* set by ledger_begin(): ledger_end() must follow */
	struct ledger_owner owner; /* if ledger_names_owner() is true for rax */
};

/*
 * ASSIGNED also means "in use, and nothing else is known": by a TD whose keys were
 * not seen, or, with tdr 0, by an unknown TD.
 *
 * LEAKED: the host failed to release the HKID, because TDH.MNG.KEY.FREEID failed, or
 * TDH.MNG.VPFLUSHDONE with another status than FLUSHVP_NOT_DONE. A busy call is a
 * retry, not a failure. A later success corrects the state. FLUSHVP_NOT_DONE and
 * pages that cannot be reclaimed become leaks when the VM has ended:
 * ledger_vm_gone(). A TD that released its HKID and leaks pages is LEAKED with
 * hkid 0.
 */
enum ledger_hkid_state {
	LEDGER_HKID_UNKNOWN,
	LEDGER_HKID_FREE,
	LEDGER_HKID_ASSIGNED,
	LEDGER_HKID_CONFIGURED,
	LEDGER_HKID_FLUSHING,
	LEDGER_HKID_LEAKED,
};

enum ledger_td_state {
	LEDGER_TD_UNKNOWN,
	LEDGER_TD_ASSIGNED,
	LEDGER_TD_KEYS_CONFIGURED,
	LEDGER_TD_INITIALIZED,
	LEDGER_TD_RUNNABLE,
	LEDGER_TD_BLOCKED,
	LEDGER_TD_TEARDOWN,
	LEDGER_TD_LEAKED,
};

struct ledger_hkid {
	u32 id;
	u32 state;		   /* enum ledger_hkid_state */
	u64 tdr;		   /* owner, or last owner if leaked; 0 none */
	u64 since_ns;		   /* of the state; 0 unknown */
	u32 keyed_pkgs;		   /* packages with this key: bitmap, LEDGER_UNKNOWN32 */
	u32 fail_leaf;		   /* leaked: which leaf failed ... */
	u64 fail_status;	   /* ... and how */
	struct ledger_owner owner; /* of the TD, also after a leak */
};

struct ledger_td {
	u64 tdr;
	u32 seq;	  /* "td:N", creation order from 1 */
	u32 state;	  /* enum ledger_td_state */
	u32 hkid;	  /* LEDGER_UNKNOWN32; 0 = released */
	u32 last_hkid;	  /* kept after release; LEDGER_UNKNOWN32 */
	u32 keyed_pkgs;	  /* bitmap, LEDGER_UNKNOWN32 */
	u32 vcpus;	  /* TDH.VP.INIT done; LEDGER_UNKNOWN32 */
	u32 max_vcpus;	  /* TDH.MNG.INIT; LEDGER_UNKNOWN32 */
	bool seen_create; /* false: it existed before the ledger */
	bool was_runnable;
	u64 private_pages; /* 4-KiB units; LEDGER_UNKNOWN */
	/*
	 * Unknown after TDH.MEM.SEPT.ADD with "allow existing", which succeeds
	 * whether or not it uses the page.
	 */
	u64 sept_pages;
	u64 control_pages; /* TDR, TDCS, TDVPS */
	u64 created_ns;	   /* 0 unknown */
	u64 since_ns;	   /* of the state; 0 unknown */
	u64 released_ns;   /* HKID released; 0 not yet */
	u64 last_ns;	   /* last call for this TD */
	u64 calls;	   /* SEAMCALLs seen for this TD */
	u64 reclaims;	   /* PHYMEM.PAGE.RECLAIM of its PT_REG pages */
	u64 fail_status;   /* first failure of the teardown: status ... */
	u32 fail_leaf;	   /* ... and leaf; 0 none */
	struct ledger_owner owner;
};

struct ledger_pkg {
	u32 id;
	bool global_key;     /* TDH.SYS.KEY.CONFIG succeeded; false: no, or unknown */
	u64 keys_programmed; /* KEY.CONFIG successes */
	/* serialisation of KEY.CONFIG on this package */
	bool in_flight;
	u64 in_flight_since_ns;
	u64 in_flight_tdr;
	struct ledger_owner in_flight_owner; /* owner of the TD */
	u64 acquisitions;		     /* KEY.CONFIG calls */
	u64 contended; /* calls that began while another was in flight, or were busy */
	u64 busy_retries;
	u64 entropy_retries;
	u64 longest_ns;
};

struct ledger_cpu {
	u32 cpu, pkg;
	u32 lp_init;	    /* 0 no, 1 done, LEDGER_UNKNOWN32 */
	u64 lp_init_status; /* last TDH.SYS.LP.INIT status */
	u64 calls;
	u64 last_ns;
};

#define LEDGER_HIST_BUCKETS 32 /* bucket i: [2^i, 2^(i+1)) ns, last open */
#define LEDGER_LEAF_ERRORS  8

struct ledger_leaf {
	u32 leaf; /* LEDGER_UNKNOWN32: all except TDH leaves below 128 */
	u64 calls;
	u64 errors; /* any status but success, informational ones too */
	u64 busy;   /* of the errors: contention, status class 2 */
	u64 total_ns, max_ns;
	u64 hist[LEDGER_HIST_BUCKETS];
	/* By status without operand; further statuses count in other_errors. */
	struct {
		u64 status, count;
	} error[LEDGER_LEAF_ERRORS];
	u64 other_errors;
};

/*
 * tdx_lock: the serialisation of the KOT leaves (9, 19, 20, 40). Each call is one
 * acquisition; CACHE.WB on several packages at once is not contention.
 */
struct ledger_kot {
	bool in_flight;
	u64 in_flight_since_ns;
	u32 in_flight_leaf;
	u64 in_flight_tdr; /* CACHE.WB: TD of the last VPFLUSHDONE */
	struct ledger_owner in_flight_owner;
	u64 acquisitions, contended, busy_retries, entropy_retries, longest_ns;
};

struct ledger_totals {
	u64 calls;
	u64 tds_dropped; /* TDs without a record: the table was full */
	u64 vcpus_dropped;
	u64 violations; /* calls that contradict the records (missed calls) */
	u64 missed;	/* as reported by ledger_missed() */
	u32 tds_created;
};

struct ledger;

/* Returns the size of a ledger for this configuration, in bytes. */
size_t ledger_size(const struct ledger_config *cfg);
/*
 * Creates a ledger in @mem: ledger_size() bytes, 8-byte aligned, owned by the caller,
 * with any contents. Does not fail.
 */
struct ledger *ledger_init(void *mem, const struct ledger_config *cfg);

/*
 * Records the begin of a call; sets call->seq and call->counted. Calls may nest and
 * interleave, also on one CPU. A call that never ends is dropped after a minute.
 */
void ledger_begin(struct ledger *l, struct ledger_call *call);
/* Returns true if calls of this leaf are made by the VMM of the TD. */
bool ledger_names_owner(u64 rax);
/* Records the end of a call, with its status and outputs (NULL: not known). */
void ledger_end(struct ledger *l, struct ledger_call *call, u64 end_ns, u64 status,
		const struct ledger_regs *out);
/*
 * ---- page-level calls without the lock ----
 *
 * The shard of a CPU has a lock of its own, which the caller provides and which comes
 * after the lock of the ledger. A call of a page-level leaf is recorded by
 * ledger_page_begin(), without a lock, and ledger_page_end(), with the lock of the shard
 * of call->cpu. If the latter returns false, the caller takes both locks and calls
 * ledger_end(), and then ledger_admit(), so that the next such call needs no lock.
 * ledger_end() takes both locks for any call if there are shards. While functions of
 * shards run, the ledger must not be freed.
 */

/* Returns false if @call needs ledger_begin(): it is no page-level call. */
bool ledger_page_begin(const struct ledger *l, struct ledger_call *call);
/* Returns false if the call was not recorded, because it changes more than counts. */
bool ledger_page_end(struct ledger *l, const struct ledger_call *call, u64 end_ns, u64 status,
		     const struct ledger_regs *out);
/* After ledger_end() with the same arguments. */
void ledger_admit(struct ledger *l, const struct ledger_call *call, u64 status,
		  const struct ledger_regs *out);
/* Returns true if ledger_fold() has something to do. Takes no lock. */
bool ledger_shard_dirty(const struct ledger *l, u32 cpu);
/* Adds what the shard of @cpu has recorded to the ledger. Takes both locks. */
void ledger_fold(struct ledger *l, u32 cpu);
/*
 * Returns true if more pages were removed from a TD than added to it, according to the
 * folds so far. Another fold of all shards settles this, unless calls were missed.
 */
bool ledger_owes(const struct ledger *l);
/* Page counts that still do not add up become unknown, each with a violation. */
void ledger_settle(struct ledger *l);
/*
 * Returns true if ledger_end() of this call compares page counts: all shards have to be
 * folded before.
 */
bool ledger_needs_fold(u64 rax, const struct ledger_regs *out);

/*
 * Records that @count calls were missed by the probes. The page counts of all TDs
 * become unknown, and the vCPU counts of TDs that are not yet runnable. Later calls
 * correct the states.
 */
void ledger_missed(struct ledger *l, u64 count);

/*
 * Adds a TD that existed before the ledger. Fields of @td may be LEDGER_UNKNOWN*; a
 * zero hkid means released; seq is ignored. Returns 0; -EEXIST if the stream has
 * already shown this TD: then only unknown values are filled in; -ENOSPC; -EINVAL
 * if @td->tdr is not a page address.
 */
int ledger_adopt_td(struct ledger *l, const struct ledger_td *td);

/*
 * Sets the package of a CPU: it is not known before the CPU has booted. Calls on a CPU
 * of a package that is not in the configuration are not counted for any package.
 */
void ledger_cpu_package(struct ledger *l, u32 cpu, u32 pkg);

/*
 * Records that the host has destroyed the VM of TD @tdr with the number @seq. An
 * HKID and pages that it has not returned by now are leaked.
 */
void ledger_vm_gone(struct ledger *l, u64 tdr, u32 seq, u64 now);

/* Reading. NULL after the end; pointers are valid until the next update. */
const struct ledger_hkid *ledger_hkid_at(const struct ledger *l, u32 index);
const struct ledger_td *ledger_td_at(const struct ledger *l, u32 index);
const struct ledger_td *ledger_td_find(const struct ledger *l, u64 tdr);
const struct ledger_pkg *ledger_pkg_at(const struct ledger *l, u32 index);
const struct ledger_cpu *ledger_cpu_at(const struct ledger *l, u32 index);
/* Only leaves that were called, in numerical order. */
const struct ledger_leaf *ledger_leaf_at(const struct ledger *l, u32 index);
/* Adds a call of @leaf, which ended with @status after @ns, to statistics of the caller. */
void ledger_leaf_add(struct ledger_leaf *s, u32 leaf, u64 status, u64 ns);
const struct ledger_kot *ledger_kot_get(const struct ledger *l);
/* Returns true if every call since power-on was seen. */
bool ledger_complete(const struct ledger *l);
void ledger_totals_get(const struct ledger *l, struct ledger_totals *out);
u32 ledger_td_count(const struct ledger *l);
u32 ledger_hkid_count(const struct ledger *l);
u32 ledger_leaf_count(const struct ledger *l);

#endif
