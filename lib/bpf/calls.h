/* SPDX-License-Identifier: LGPL-2.1-or-later OR GPL-2.0-only */
/*
 * The functions of the kernel that make SEAMCALLs, in the order of a TD's life. Programs,
 * their names, and the names of the leaves come from this table. Arguments are decoded by
 * the names of the parameters in BTF, so a kernel that changes them is noticed.
 */
#ifndef OBSERVER_CALLS_H
#define OBSERVER_CALLS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/* The kind of the first parameter, and whether the function is called for each page. */
enum call_subject { CALL_TD, CALL_VP, CALL_NEW_VP, CALL_RECLAIM, CALL_NONE };

/* X(function, leaf, subject, page level) */
/* clang-format off */
#define OBSERVED_CALLS(X) \
	X(tdh_mng_create, 9, CALL_TD, 0) \
	X(tdh_mng_key_config, 8, CALL_TD, 0) \
	X(tdh_mng_addcx, 1, CALL_TD, 0) \
	X(tdh_mng_init, 21, CALL_TD, 0) \
	X(tdh_mng_rd, 11, CALL_TD, 0) \
	X(tdh_vp_create, 10, CALL_NEW_VP, 0) \
	X(tdh_vp_addcx, 4, CALL_VP, 0) \
	X(tdh_vp_init, 22, CALL_VP, 0) \
	X(tdh_vp_rd, 26, CALL_VP, 0) \
	X(tdh_vp_wr, 43, CALL_VP, 0) \
	X(tdh_mem_sept_add, 3, CALL_TD, 1) \
	X(tdh_mem_page_add, 2, CALL_TD, 1) \
	X(tdh_mr_extend, 16, CALL_TD, 1) \
	X(tdh_mr_finalize, 17, CALL_TD, 0) \
	X(tdh_mem_page_aug, 6, CALL_TD, 1) \
	X(tdh_mem_range_block, 7, CALL_TD, 1) \
	X(tdh_mem_track, 38, CALL_TD, 1) \
	X(tdh_mem_page_remove, 29, CALL_TD, 1) \
	X(tdh_vp_flush, 18, CALL_VP, 0) \
	X(tdh_mng_vpflushdone, 19, CALL_TD, 0) \
	X(tdh_phymem_cache_wb, 40, CALL_NONE, 0) \
	X(tdh_mng_key_freeid, 20, CALL_TD, 0) \
	X(tdh_phymem_page_reclaim, 28, CALL_RECLAIM, 1) \
	X(tdh_phymem_page_wbinvd_tdr, 41, CALL_TD, 0) \
	X(tdh_phymem_page_wbinvd_hkid, 41, CALL_NONE, 1)
/* clang-format on */

enum call_nr {
#define X(function, leaf, subject, page) CALL_##function,
	OBSERVED_CALLS(X)
#undef X
		CALLS
};

#define CALL_ARGS 4

struct events_config {
	__u64 vmemmap_base; /* address of the variable, 0 unknown */
	__u64 td_page;	    /* only calls for the TD with this TDR page; 0: all */
	__u64 min_ns;	    /* only calls that take as long */
	__u32 errors;	    /* only calls that fail */
	__u32 trace;	    /* send events, and not only count */
};

struct call_event {
	__u64 end_ns, duration_ns; /* CLOCK_MONOTONIC */
	__u64 status;
	__u64 td_page;	/* address of struct page of the TDR, 0 unknown */
	__u64 td_owner; /* RECLAIM: TDR that the TDX module names, 0 none */
	__u64 arg[CALL_ARGS];
	__u32 call; /* enum call_nr */
	__u32 cpu;
	__s32 tgid, tid;
	char comm[16];
};

#define CALL_HIST 32 /* [2^i, 2^(i+1)) ns, the last one open */

struct call_stat {
	__u64 calls, errors, total_ns, max_ns;
	__u64 hist[CALL_HIST]; /* of the calls that were timed, as total_ns and max_ns */
	/* The page-level call that is under way and timed; 0: none. */
	__u64 begun_ns, begun_by;
	__u64 begun; /* page-level calls so far */
};
/* One in so many of the page-level calls that are only counted is timed, on each CPU. */
#define CALL_SAMPLE 8

/* Counters in the map "lost". */
enum { LOST_EVENTS, LOST_STARTS, LOST_COUNT };

#endif
