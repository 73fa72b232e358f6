/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table for each kind of host: live, captured, emulated, report. lib/open.c chooses
 * it once, when the host is opened. NULL: this kind of host cannot be asked that, which
 * backend.c answers with -EOPNOTSUPP and @cannot.
 */
#ifndef TDXCTL_BACKEND_H
#define TDXCTL_BACKEND_H

#include "base.h"
#include "facts.h"

struct backend {
	const char *name;
	const char *cannot;		/* the error where a member is NULL */
	const char *hint;		/* ... and its hint; NULL none */
	/*
	 * The files are copies: one that is missing may have been left out, time stamps
	 * and PIDs are not those of this machine.
	 */
	bool copied;

	int (*snapshot)(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
	/* The same from files alone, for a helper that does not answer. */
	int (*snapshot_of_files)(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
	/* Fills everything but f->snap, which is there. */
	int (*facts)(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts *f);
	int (*msrs)(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, enum tdxctl_msrs which,
		    struct tdxctl_msr_set **out, size_t *count);
	int (*cpu_check)(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count);
	int (*pins)(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td, struct tdxctl_pin **out,
		    size_t *count);
	int (*release_open)(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			    enum tdxctl_strategy strategy, struct tdxctl_release **out,
			    struct tdxctl_release_state *plan);
	int (*boot_time)(struct tdxctl_ctx *ctx, uint64_t *seconds);
	/* The text of the host's tdxctl.conf, malloc'ed, and its length, at most @max. -ENOENT. */
	ssize_t (*conf)(struct tdxctl_ctx *ctx, size_t max, char **text);
	int (*helper)(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out);
	int (*helper_load)(struct tdxctl_ctx *ctx, const char *file);
	int (*helper_unload)(struct tdxctl_ctx *ctx);
	void (*free)(void *host);	/* frees ctx->host; NULL there is none */
};

/* As backend->conf; -ENOENT also where this kind of host has none. */
ssize_t backend_conf(struct tdxctl_ctx *ctx, size_t max, char **text);

/* ---- releases ---- */

struct release_ops {
	int (*step)(struct tdxctl_release *r, unsigned int wait_ms, struct tdxctl_release_state *st);
	int (*cancel)(struct tdxctl_release *r);
	void (*free)(struct tdxctl_release *r);
};

/* The common part; each kind of release embeds it first. */
struct tdxctl_release {
	const struct release_ops *ops;
	struct tdxctl_ctx *ctx;
};

#endif
