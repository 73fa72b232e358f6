/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TDX host in one process: seam as the module, tdmgr on top, threads as CPUs.
 * Everything tdmgr asks of its surroundings is checked here: who owns a page that
 * is freed, whether it was cleared, which lock a leaf was called under.
 */
#ifndef TDXCTL_TESTS_HOST_H
#define TDXCTL_TESTS_HOST_H

#include <pthread.h>

#include "seam/seam.h"
#include "tdmgr/tdmgr.h"

#define HOST_MAX_CPUS  64
#define HOST_TDMR_BASE 0x40000000ULL /* host.next_page counts from here */

struct host_config {
	u32 nr_pkgs, cpus_per_pkg;
	u32 nr_hkids; /* for guests */
	u32 max_vcpus;
	bool late_lp_init;
	u64 offline; /* mask of CPUs offline at the start */
	bool no_bringup;
	bool slow_calls; /* others run while a SEAMCALL does */
	u32 fail_alloc;	 /* as host.fail_alloc, from the start */
};

enum host_fail { HOST_FAIL_ONCE, HOST_FAIL_LEAF, HOST_FAIL_ALL };

struct host {
	struct seam *seam;
	struct tdmgr *m;
	struct host_config cfg;
	u32 nr_cpus;
	u8 pkg[HOST_MAX_CPUS];
	u32 online[HOST_MAX_CPUS];

	u8 *mem;	/* physical memory */
	u8 *page_state; /* one per TDMR page */
	u32 *free_list, nr_free, next_page;
	u32 pages_out;	/* handed out, not yet returned */
	u32 allocs_out; /* zalloc() blocks */
	pthread_mutex_t mem_lock;

	pthread_rwlock_t cpus_lock;
	pthread_mutex_t tdx_lock, key_lock[TDX_MAX_PKGS], pool_lock;
	pthread_mutex_t cpu_lock[HOST_MAX_CPUS];

	/* The @fail_call-th SEAMCALL (from 1) answers @fail_status. 0 = none. */
	u64 fail_call, fail_status;
	enum host_fail fail_mode;
	u32 fail_leaf; /* set when it happened, else 0 */
	u64 calls;     /* SEAMCALLs so far */
	u64 leaf_calls[TDX_LEAF_COUNT];
	u64 busy;	/* of them refused as busy */
	u64 wb_resumes; /* TDH.PHYMEM.CACHE.WB with RCX = 1 */
	/* The @fail_alloc-th allocation (from 1) fails. 0 = none. */
	u32 fail_alloc, nr_allocs;
	/* interrupted() says yes after this many questions; 0 = never. */
	u32 interrupt_after;

	u32 errors; /* rules broken; each is printed */
	char *log;  /* what tdmgr said, line by line */
	size_t log_len;
	pthread_mutex_t log_lock;
};

/* 0 or the negative errno of tdmgr_new() or tdmgr_bringup(). */
int host_start(struct host *h, const struct host_config *cfg);
void host_stop(struct host *h);

/* CPU the calling thread is on. */
void host_run_on(u32 cpu);
u32 host_this_cpu(struct host *h);
int host_cpu_offline(struct host *h, u32 cpu);
int host_cpu_online(struct host *h, u32 cpu);

u64 host_page_alloc(struct host *h);
void host_page_free(struct host *h, u64 pa);
/* A tdmgr_page_fn with the host as argument. */
void host_page_back(void *host, u64 gpa, u64 hpa);
/* A page of ordinary memory to add pages from. */
u64 host_source_page(struct host *h);

bool host_logged(struct host *h, const char *text);
void host_log_clear(struct host *h);
void host_inject(struct host *h, u64 call, enum host_fail mode, u64 status);

#endif
