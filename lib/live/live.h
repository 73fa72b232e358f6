/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live host: the helper, devices, and releases of its VMs. */
#ifndef TDXCTL_LIVE_H
#define TDXCTL_LIVE_H

#include "host/host.h"

extern const struct backend live_backend;

/* ---- dev.c: functions that return int set the error of @ctx ---- */

/* HELPER_READ: INFO and SNAPSHOT, also for the group tdxctl. HELPER_ACT: all, for root. */
enum helper_use { HELPER_READ, HELPER_ACT };
/*
 * Opens /dev/tdxctl. Returns a descriptor to close with op_close(), -ENOENT when the
 * helper is not loaded, -EACCES, -EPERM, or another -errno.
 */
int helper_open(struct tdxctl_ctx *ctx, enum helper_use use);
/*
 * Reads the helper's version, features and sizes; fields that an older helper does not
 * have are TDXCTL_UNKNOWN. Errors as helper_fail().
 */
int helper_info(struct tdxctl_ctx *ctx, int fd, struct tdxctl_info *info);
/*
 * Takes a snapshot and adds the TDs that are older than the helper; VMs are not named.
 * -EPROTO: malformed reply; -ENOMEM; errors as helper_fail().
 */
int helper_snapshot(struct tdxctl_ctx *ctx, int fd, struct tdxctl_snapshot **out);
/*
 * Sets the error for @err, a failure of ioctl @what. Returns -ENOTTY when the helper has
 * another ABI, -ENODEV when it was unloaded, otherwise @err.
 */
int helper_fail(struct tdxctl_ctx *ctx, int err, const char *what);

/* ---- adopt.c ---- */

/* TDs that the helper cannot read: older than it, and KVM's types are not known. */
struct unread {
	struct unread_td {
		pid_t pid;
		int fd;
		uint32_t max_vcpus; /* TDXCTL_UNKNOWN32: not known */
	} *td;
	size_t count;
};
/*
 * Registers TDs that are older than the helper with it, and adds TDs that it cannot
 * read to @unread, which the caller frees with unread_free(). Sets TDXCTL_F_ADOPTED in
 * @info when no older TD is unknown. Without CAP_SYS_ADMIN it does nothing, and logs a
 * warning. -ENOMEM.
 */
int adopt_existing(struct tdxctl_ctx *ctx, struct tdxctl_info *info, struct unread *unread);
/* Adds the TDs that @snap does not have. -ENOMEM. */
int unread_add(struct tdxctl_ctx *ctx, const struct unread *unread, struct tdxctl_snapshot *snap);
void unread_free(struct unread *unread);

/* ---- agree.c ---- */

/*
 * Fills f->disagreement. Loads BPF programs, which takes a moment, but only once for a
 * context. -ENOMEM.
 */
int live_disagreement(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);

/* ---- members of live_backend; see backend.h ---- */

int live_listen(struct tdxctl_ctx *ctx, bool bpf, struct tdxctl_listener **out);
/* Takes a snapshot with the helper, or from files when it is not loaded. */
int live_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
/* Needs the helper: -ENOENT when it is not loaded. */
int live_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count);
/* Needs the helper: -ENOTCONN when it is not loaded. */
int live_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      const struct tdxctl_release_options *opts, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan);
/* These three need libkmod: -ELIBACC when it cannot be loaded. */
int live_helper(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out);
int live_helper_load(struct tdxctl_ctx *ctx, const char *file);
int live_helper_unload(struct tdxctl_ctx *ctx);

/* ---- members of struct host_sources; see host.h ---- */

int live_klog(struct tdxctl_ctx *ctx, struct text_buf *b, bool *complete);
void live_msrs(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all);
int live_cpuid(struct tdxctl_ctx *ctx, struct tdxctl_cpu_facts *c);
int live_kvm(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td);
int live_qgs_log(struct tdxctl_ctx *ctx, size_t max, struct tdxctl_text *t);
int live_vmm_log(struct tdxctl_ctx *ctx, size_t max, struct text_buf *b);
/*
 * Converts one record of /dev/kmsg, @n bytes, to "[    1.234567] text" without newline.
 * Returns the length, at most @size - 1; 0: malformed.
 */
size_t kmsg_line(const char *rec, size_t n, char *line, size_t size);

/* ---- journal.c ---- */

struct journal_query {
	const char *match;	     /* "_TRANSPORT=kernel" */
	uint64_t since_us, until_us; /* entries of this monotonic time, until_us excluded */
	size_t max_lines, max_bytes;
	bool newest; /* the last @max_lines, not the first */
};
enum { JOURNAL_ALL, JOURNAL_MORE };
/*
 * Appends lines "[    1.234567] text" of this boot to @b. Returns JOURNAL_ALL,
 * JOURNAL_MORE when a limit was reached, -ELIBACC without libsystemd, or -errno.
 */
int journal_read(const struct journal_query *q, struct text_buf *b);

/* ---- releases ---- */

struct gmem {
	int fd; /* our copy */
	uint64_t size;
	uint64_t done; /* bytes punched so far */
};

enum stop_stage { STOP_NEW, STOP_TERM, STOP_KILL, STOP_ENDED };

struct live_release {
	struct tdxctl_release base;
	int dev, pidfd, vm_fd;
	pid_t pid;
	char name[64];		  /* for messages */
	struct tdxctl_td initial; /* the TD before the release */
	enum tdxctl_strategy strategy;
	unsigned int cpus; /* of struct tdxctl_release_options */
	bool automatic;	   /* the user did not choose a strategy */
	bool cancelled;
	struct tdxctl_release_state st;
	/* TERMINATE and EARLY: private pages are freed through the guest_memfd */
	struct gmem *gmem;
	size_t nr_gmem;
	bool gmem_open, punched;     /* open; and all of it is freed */
	uint64_t left_seen, left_ns; /* pages left, and since when */
	/* STOP */
	enum stop_stage stage;
	uint64_t started_ns, stage_ns;
};

/*
 * Opens copies of the VM's guest_memfd files; gmem_close() closes them. -EOPNOTSUPP:
 * the process has several VMs; -errno. Sets the error.
 */
int gmem_open(struct live_release *r);
/* Frees memory for about @ms. Returns 1 when all is freed, 0 to continue, -errno. */
int gmem_punch(struct live_release *r, unsigned int ms);
void gmem_close(struct live_release *r);

/* leak.c: whether a SEAMCALL failed for the TD; *@td is the TD now, or zero. */
bool release_td_failed(struct live_release *r, struct tdxctl_td *td);
/* Sets the error for a leak: pages when the HKID was freed, else the HKID. Returns -EIO. */
int release_leaked(struct live_release *r, const struct tdxctl_td *td);
/* Names of the failed leaf and of its status; never NULL. */
const char *release_leaf(const struct tdxctl_td *td);
const char *release_status(const struct tdxctl_td *td);

/* stop.c: continues strategy STOP for about @wait_ms. -EINTR, -EPERM, errors as helper_fail(). */
int stop_step(struct live_release *r, unsigned int wait_ms);

#endif
