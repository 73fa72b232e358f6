/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table for each kind of host: live, captured, emulated, report. lib/open.c selects
 * the table once, when the host is opened. A NULL member is a question that this kind of
 * host cannot answer: backend.c returns -EOPNOTSUPP with the error @unsupported.
 */
#ifndef TDXCTL_BACKEND_H
#define TDXCTL_BACKEND_H

#include "base.h"
#include "events.h"
#include "facts.h"
#include "trace.h"

/* Members that return int return 0 or a negative errno with error and hint set. */
struct backend {
	const char *name;
	const char *unsupported; /* the error for a NULL member */
	const char *hint;	 /* the hint of that error; NULL: none */
	/*
	 * The files are copies: a missing file may have been left out, and time stamps
	 * and PIDs are those of another machine.
	 */
	bool copied;

	int (*snapshot)(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
	/* A snapshot from files only, for a helper that does not answer. */
	int (*snapshot_from_files)(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
	/* Fills all of @f except f->snap, which the caller has set. */
	int (*facts)(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts *f);
	int (*msrs)(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    enum tdxctl_msrs which, struct tdxctl_msr_set **out, size_t *count);
	int (*cpu_check)(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count);
	int (*pins)(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		    struct tdxctl_pin **out, size_t *count);
	int (*release_open)(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			    const struct tdxctl_release_options *opts, struct tdxctl_release **out,
			    struct tdxctl_release_state *plan);
	/* Implements tdxctl_owner_life(). */
	enum tdxctl_life (*owner_life)(struct tdxctl_ctx *ctx, const struct tdxctl_td *td,
				       const char **why);
	int (*boot_time)(struct tdxctl_ctx *ctx, uint64_t *seconds);
	/* Set no error; -ENODATA if it is not known. */
	int (*time)(struct tdxctl_ctx *ctx, uint64_t *seconds);
	int (*hostname)(struct tdxctl_ctx *ctx, char *buf, size_t len);
	/*
	 * Reads the host's tdxctl.conf into *@text, malloc'ed. Returns its length, -ENOENT,
	 * -EFBIG above @max bytes, or another -errno; sets no error.
	 */
	ssize_t (*conf)(struct tdxctl_ctx *ctx, size_t max, char **text);
	int (*helper)(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out);
	int (*observer)(struct tdxctl_ctx *ctx, struct tdxctl_observer *out);
	int (*trace_open)(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
			  struct tdxctl_trace **out);
	int (*helper_load)(struct tdxctl_ctx *ctx, const char *file);
	int (*helper_unload)(struct tdxctl_ctx *ctx);
	/* Sets no error. */
	int (*listen)(struct tdxctl_ctx *ctx, bool bpf, struct tdxctl_listener **out);
	void (*free)(void *host); /* frees ctx->host; NULL: nothing to free */
};

/* Calls backend->conf. -ENOENT also when this kind of host has no configuration. */
ssize_t backend_conf(struct tdxctl_ctx *ctx, size_t max, char **text);

/* ---- releases ---- */

/* Implements tdxctl_release_step(), _cancel() and _free(). */
struct release_ops {
	int (*step)(struct tdxctl_release *r, unsigned int wait_ms,
		    struct tdxctl_release_state *st);
	int (*cancel)(struct tdxctl_release *r);
	void (*free)(struct tdxctl_release *r);
};

/* The first member of each kind of release. */
struct tdxctl_release {
	const struct release_ops *ops;
	struct tdxctl_ctx *ctx;
};

/* ---- listeners ---- */

/* Implements tdxctl_listener_fd(), _read() and _free(). */
struct listener_ops {
	int (*fd)(const struct tdxctl_listener *l);
	void (*read)(struct tdxctl_listener *l, struct tdxctl_heard *heard);
	void (*free)(struct tdxctl_listener *l);
};

/* The first member of each kind of listener. */
struct tdxctl_listener {
	const struct listener_ops *ops;
};

/* Appends to @heard. Without memory, the event is lost. */
void heard_add(struct tdxctl_heard *heard, const struct tdxctl_new_td *td);

/* ---- traces ---- */

/* Implements tdxctl_trace_poll(), _lost(), _stat() and _free(). NULL: not possible. */
struct trace_ops {
	int (*poll)(struct tdxctl_trace *t, int ms,
		    int (*fn)(void *arg, const struct tdxctl_call *call), void *arg);
	uint64_t (*lost)(const struct tdxctl_trace *t);
	int (*stat)(const struct tdxctl_trace *t, struct tdxctl_leaf **out, size_t *count);
	void (*free)(struct tdxctl_trace *t);
};

/* The first member of each kind of trace. */
struct tdxctl_trace {
	const struct trace_ops *ops;
	struct tdxctl_ctx *ctx;
};

#endif
