/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live host: the helper, devices, and releases of its VMs. */
#ifndef TDXCTL_LIVE_H
#define TDXCTL_LIVE_H

#include "host/host.h"

extern const struct backend live_backend;

/* ---- dev.c ---- */

/* The device, or -ENOENT (absent), -EACCES... with error and hint. */
int helper_open(struct tdxctl_ctx *ctx);
int helper_info(struct tdxctl_ctx *ctx, int fd, struct tdxctl_info *info);
int helper_snapshot(struct tdxctl_ctx *ctx, int fd, struct tdxctl_snapshot **out);
/* Sets the error for the failure @err of ioctl @what; returns a negative errno. */
int helper_fail(struct tdxctl_ctx *ctx, int err, const char *what);

/* ---- btf.c, adopt.c ---- */

/* -ENOENT: this kernel has no BTF of KVM's; -EINVAL: it is not BTF. */
int btf_layout(struct tdxctl_ctx *ctx, struct tdxctl_layout *l);
int layout_register(struct tdxctl_ctx *ctx, int dev);
/* TDs that the helper cannot read: older than it, on a kernel without BTF. */
struct unread {
	struct unread_td {
		pid_t pid;
		int fd;
		uint32_t max_vcpus;	/* TDXCTL_UNKNOWN32 */
	} *td;
	size_t count;
};
/* Hands the TDs that are older than the helper to it; -ENOMEM. */
int adopt_older(struct tdxctl_ctx *ctx, int dev, const struct tdxctl_info *info, struct unread *older);
/* Adds those that @snap does not have. */
int unread_add(struct tdxctl_ctx *ctx, const struct unread *o, struct tdxctl_snapshot *snap);
void unread_free(struct unread *o);

/* ---- what backend.h asks ---- */

int live_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
int live_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count);
int live_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      enum tdxctl_strategy strategy, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan);
int live_helper(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out);
int live_helper_load(struct tdxctl_ctx *ctx, const char *file);
int live_helper_unload(struct tdxctl_ctx *ctx);

/* ---- what host.h asks: struct host_sources ---- */

int live_klog(struct tdxctl_ctx *ctx, struct text_buf *b, bool *complete);
void live_msrs(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all);
int live_cpuid(struct tdxctl_ctx *ctx, struct tdxctl_cpu_facts *c);
int live_kvm(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td);
int live_qgs_log(struct tdxctl_ctx *ctx, size_t max, struct tdxctl_text *t);
/* One record of /dev/kmsg of @n bytes as a line; its length, 0 none, at most @size - 1. */
size_t kmsg_line(const char *rec, size_t n, char *line, size_t size);

/* ---- journal.c ---- */

struct journal_query {
	const char *match;		/* "_TRANSPORT=kernel" */
	uint64_t until_us;		/* of the monotonic clock; not that one */
	size_t max_lines, max_bytes;
	bool newest;			/* the last lines, not the first */
};
enum { JOURNAL_ALL, JOURNAL_MORE };
/* Appends lines "[    1.234567] text" of this boot; whether that was all, or -errno. */
int journal_read(const struct journal_query *q, struct text_buf *b);

/* ---- releases ---- */

struct gmem {
	int fd;				/* our copy */
	uint64_t size;
	uint64_t done;			/* punched so far */
};

enum stop_stage { STOP_NEW, STOP_TERM, STOP_KILL, STOP_ENDED };

struct live_release {
	struct tdxctl_release base;
	int dev, pidfd, vm_fd;
	pid_t pid;
	char name[64];			/* for messages */
	struct tdxctl_td was;		/* as it was before */
	enum tdxctl_strategy strategy;
	bool automatic;			/* the user asked for no certain strategy */
	bool cancelled;
	struct tdxctl_release_state st;
	/* TERMINATE: the pages go with the guest_memfd */
	struct gmem *gmem;
	size_t nr_gmem;
	bool gmem_open;
	uint64_t left_seen, left_ns;	/* pages left, and since when */
	/* STOP */
	enum stop_stage stage;
	uint64_t started_ns, stage_ns;
};

/* gmem.c: opens the VM's guest_memfd files; -EOPNOTSUPP when they cannot be told apart. */
int gmem_open(struct live_release *r);
/* Gives memory back for about @ms; 1 when there is nothing left to give. */
int gmem_punch(struct live_release *r, unsigned int ms);
void gmem_close(struct live_release *r);

/* leak.c: whether a SEAMCALL failed for the TD; @td has which, and how. */
bool release_td_failed(struct live_release *r, struct tdxctl_td *td);
/* A TD that gave its HKID back lost pages, any other its HKID. -EIO */
int release_leaked(struct live_release *r, const struct tdxctl_td *td);
/* A failed SEAMCALL of @td, never NULL. */
const char *release_leaf(const struct tdxctl_td *td);
const char *release_status(const struct tdxctl_td *td);

/* stop.c */
int stop_step(struct live_release *r, unsigned int wait_ms);

#endif
