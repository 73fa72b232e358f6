/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* Private to tdmgr: its structures, and functions that its files share. */
#ifndef TDXCTL_CORE_TDMGR_PRIV_H
#define TDXCTL_CORE_TDMGR_PRIV_H

#include "tdmgr.h"

#define TDMGR_NO_CPU   (~0u)
#define TDMGR_THIS_CPU (~0u)

/* Never returned by a module: the CPU to execute the call on is offline. */
#define TDMGR_ST_CPU_OFFLINE (~0ULL)

/*
 * The module's locks never wait, so a busy SEAMCALL is repeated here. Once a call
 * for a TD has reached the long limit, the short one applies to its later calls:
 * the teardown of 65536 pages must end even if every call stays busy.
 */
#define TDMGR_BUSY_RETRIES	 10000
#define TDMGR_BUSY_RETRIES_STUCK 10
#define TDMGR_WB_RESUMES	 10000 /* as Linux */

#define TDMGR_SEPT_LEVELS  3 /* tables below the root, 4-level S-EPT */
#define TDMGR_SEPT_ENTRIES 512
#define TDMGR_GPA_LIMIT	   (1ULL << 47) /* GPAW 0: bit 47 is SHARED */

enum tdmgr_hkid_state { TDMGR_HKID_FREE, TDMGR_HKID_USED, TDMGR_HKID_LEAKED };

struct tdmgr {
	struct tdmgr_ops ops;
	void *ctx;
	struct tdmgr_config cfg; /* its pointers refer to the copies below */
	u8 *cpu_pkg;
	u64 *tdmr; /* nr_tdmrs bases, then as many sizes */

	/* Progress of the bring-up, which continues here after a failure. */
	bool sys_init, sys_config, ready;
	u32 keyed_pkgs, tdmrs_done;
	u32 nr_tdcs, nr_tdcx; /* pages per TD, and per vCPU without TDVPR */

	u32 *cpu_enabled; /* set once, never cleared; atomic */

	/* Under TDMGR_LOCK_POOL. Changes of @tds also hold TDMGR_LOCK_CPUS. */
	u8 *hkid_state; /* enum tdmgr_hkid_state */
	u32 hkids_used, hkids_leaked;
	u64 pages_leaked;
	u32 nr_tds;
	struct tdmgr_td *tds;
};

struct tdmgr_vcpu {
	struct tdmgr_vcpu *next;
	u32 id;
	u32 cpu; /* associated with, or TDMGR_NO_CPU */
	bool initialized;
	u64 tdvpr;
	u64 tdcx[TDX_MAX_TDVPS_PAGES - 1];
	u32 nr_tdcx;
};

/*
 * Mirror of the S-EPT. A node is a table whose entries point to tables, with the
 * S-EPT page of each; the lowest tables (leaves) hold page addresses.
 */
struct tdmgr_leaf {
	u64 hpa[TDMGR_SEPT_ENTRIES];
};

struct tdmgr_node {
	void *child[TDMGR_SEPT_ENTRIES];
	u64 sept[TDMGR_SEPT_ENTRIES];
};

struct tdmgr_td {
	struct tdmgr *m;
	struct tdmgr_td *prev, *next;

	u64 tdr;
	u32 hkid;     /* 0 = none */
	bool created; /* TDH.MNG.CREATE done: teardown needed */
	bool initialized, finalized;
	bool dead;   /* released, terminated or beyond repair */
	bool leaked; /* the HKID, and with it all pages */
	bool stuck;  /* a call stayed busy up to the long limit */
	u64 tdcs[TDX_MAX_TDCS_PAGES];
	u32 nr_tdcs;

	struct tdmgr_vcpu *vcpus, **vcpus_tail;
	u32 nr_vcpus, max_vcpus;

	struct tdmgr_node *root;
	u64 zap_gpa; /* dead: no page is mapped below */
	u64 private_pages, sept_pages, pages_leaked;
};

#define tdmgr_log(m, level, fmt, ...) ((m)->ops.log((m)->ctx, level, fmt, ##__VA_ARGS__))

/* Arguments for "%s (0x%llx)" */
#define TDMGR_ST_ARGS(st) tdmgr_status_name(st), (unsigned long long)(st)

/* call.c */
const char *tdmgr_leaf_name(u64 rax);
const char *tdmgr_status_name(u64 status);
int tdmgr_errno(u64 status);
static inline bool tdmgr_is_busy(u64 status)
{
	return TDX_STATUS_OF(status) == TDX_ST(OPERAND_BUSY) ||
	       TDX_STATUS_OF(status) == TDX_ST(PREVIOUS_TLB_EPOCH_BUSY) ||
	       TDX_STATUS_OF(status) == TDX_ST(SYS_BUSY);
}

u64 tdmgr_call_on(struct tdmgr *m, struct tdmgr_td *td, u32 cpu, u64 rax, struct tdmgr_args *args);
static inline u64 tdmgr_call(struct tdmgr *m, struct tdmgr_td *td, u64 rax, struct tdmgr_args *args)
{
	return tdmgr_call_on(m, td, TDMGR_THIS_CPU, rax, args);
}

void tdmgr_td_bug(struct tdmgr_td *td, u64 rax, u64 status);
void tdmgr_lock(struct tdmgr *m, enum tdmgr_lock lock, u32 index);
void tdmgr_unlock(struct tdmgr *m, enum tdmgr_lock lock, u32 index);
void tdmgr_relax(struct tdmgr *m);
bool tdmgr_interrupted(struct tdmgr *m);

/* hkid.c */
u32 tdmgr_hkid_alloc(struct tdmgr *m);
void tdmgr_hkid_put(struct tdmgr *m, u32 hkid, bool leak);
u32 tdmgr_hkids_used(struct tdmgr *m);

/* cpu.c */
u32 tdmgr_pkg_cpu(struct tdmgr *m, u32 pkg);
bool tdmgr_pkgs_covered(struct tdmgr *m);
int tdmgr_enable_cpus(struct tdmgr *m);

/* page.c */
void tdmgr_leak_pages(struct tdmgr_td *td, u64 nr);
bool tdmgr_page_reclaim(struct tdmgr_td *td, u64 pa);
void tdmgr_page_release(struct tdmgr_td *td, u64 pa);

/* vcpu.c */
void tdmgr_vcpus_flush(struct tdmgr_td *td);
int tdmgr_vcpus_leave_cpu(struct tdmgr_td *td, u32 cpu, u32 run_on);
void tdmgr_vcpus_reclaim(struct tdmgr_td *td);

/* mem.c */
int tdmgr_mem_zap(struct tdmgr_td *td, bool interruptible, tdmgr_page_fn fn, void *arg);
void tdmgr_sept_reclaim(struct tdmgr_td *td);

#endif
