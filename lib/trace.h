/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of the kernel to the TDX module, while they happen. On a real host, BPF programs
 * observe the kernel's functions tdh_*(): calls that the kernel repeats inside one of them
 * are one call, and TDH.VP.ENTER is not seen. An emulated host makes calls while it moves, or
 * when another process changes its file.
 */
#ifndef TDXCTL_TRACE_H
#define TDXCTL_TRACE_H

#include <libtdxctl.h>

struct tdxctl_trace;

/* Values that a call does not have are TDXCTL_UNKNOWN or TDXCTL_UNKNOWN32. */
struct tdxctl_call {
	uint64_t start_ns, duration_ns; /* CLOCK_MONOTONIC, or the clock of an emulated host */
	uint64_t status;
	uint32_t leaf, cpu;
	int32_t pid, tid; /* 0: no process, such as an interrupt of an idle CPU */
	char comm[TDXCTL_COMM_LEN];
	const char *td; /* name of its VM, NULL unknown */
	uint64_t tdr;	/* physical address */
	uint32_t hkid, level;
	uint64_t gpa, page; /* page: physical address */
};

struct tdxctl_trace_options {
	const struct tdxctl_td_view *td; /* only calls for this TD; NULL: all */
	const char *leaf;		 /* only leaves that match this pattern; NULL: see below */
	bool pages;	 /* without @leaf: also the leaves that are called for each page */
	bool errors;	 /* only calls with an error status */
	uint64_t min_ns; /* only calls that take as long */
	bool events;	 /* false: only count */
};

/*
 * Starts to observe. Returns 0; -EINVAL if no leaf matches; -EOPNOTSUPP if the kernel or the
 * user's capabilities do not permit it; -ESRCH if the TD is not known to BPF programs;
 * -ENODATA if an emulated host does not move, so that there are no events.
 */
int tdxctl_trace_open(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
		      struct tdxctl_trace **out);
/*
 * Waits up to @ms milliseconds, and calls @fn for each call, in the order in which they end.
 * Strings are valid during the call. Returns 0; -EINTR; the first value of @fn that is not 0;
 * -ENODATA when the story of an emulated host is over: no calls will follow; or -EOPNOTSUPP
 * if calls of an emulated host are only counted. An error of reading its file is set.
 */
int tdxctl_trace_poll(struct tdxctl_trace *t, int ms,
		      int (*fn)(void *arg, const struct tdxctl_call *call), void *arg);
/* Returns how many calls were not delivered because a buffer was full. */
uint64_t tdxctl_trace_lost(const struct tdxctl_trace *t);
/*
 * Sums the calls since the start by leaf. *@out has one record for each leaf that was
 * called, malloc'ed, without statuses. Few of the page-level calls are timed: total_ns,
 * max_ns and the histogram are of those. An emulated host times all calls, and has statuses.
 * Returns 0, -EOPNOTSUPP if the trace delivers events of an emulated host, or another -errno.
 */
int tdxctl_trace_stat(const struct tdxctl_trace *t, struct tdxctl_leaf **out, size_t *count);
/* Ends the observation. NULL is allowed. */
void tdxctl_trace_free(struct tdxctl_trace *t);
/* Returns the number of calls of @leaf that were timed. */
uint64_t tdxctl_leaf_timed(const struct tdxctl_leaf *leaf);
/*
 * Returns the @percent-th percentile of the durations of @leaf: the upper bound of its
 * bucket, at most the maximum. 0 if there are no calls.
 */
uint64_t tdxctl_leaf_percentile(const struct tdxctl_leaf *leaf, unsigned int percent);
/* Whether each call of @leaf is about one page of a TD: there are very many of them. */
bool tdxctl_leaf_is_page(unsigned int leaf);
/* Whether @glob matches the name of a leaf, with or without "TDH.", in any case. */
bool tdxctl_leaf_matches(const char *glob, unsigned int leaf);

#endif
