/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls the backend of the open host. */
#include <unistd.h>
#include "backend.h"

static int unsupported(struct tdxctl_ctx *ctx)
{
	return ctx_fail(ctx, -EOPNOTSUPP, ctx->backend->hint, "%s", ctx->backend->unsupported);
}

#define CALL(ctx, member, ...) \
	((ctx)->backend->member ? (ctx)->backend->member(ctx, ##__VA_ARGS__) : unsupported(ctx))

int tdxctl_snapshot_get(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	ctx_clear(ctx);
	return CALL(ctx, snapshot, out);
}

int tdxctl_msrs_get(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    enum tdxctl_msrs which, struct tdxctl_msr_set **out, size_t *count)
{
	return CALL(ctx, msrs, snap, which, out, count);
}

int tdxctl_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count)
{
	ctx_clear(ctx);
	return CALL(ctx, cpu_check, out, count);
}

int tdxctl_pins_get(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		    struct tdxctl_pin **out, size_t *count)
{
	ctx_clear(ctx);
	return CALL(ctx, pins, td, out, count);
}

enum tdxctl_life tdxctl_owner_life(struct tdxctl_ctx *ctx, const struct tdxctl_td *td,
				   const char **why)
{
	if (ctx->backend->owner_life)
		return ctx->backend->owner_life(ctx, td, why);
	*why = "the processes of this host are not known";
	return TDXCTL_LIFE_UNKNOWN;
}

int tdxctl_boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	/* Quiet: callers that need no boot time go on without it. */
	return ctx->backend->boot_time ? ctx->backend->boot_time(ctx, seconds) : -EOPNOTSUPP;
}

int tdxctl_host_time(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	return ctx->backend->time ? ctx->backend->time(ctx, seconds) : -EOPNOTSUPP;
}

int tdxctl_host_name(struct tdxctl_ctx *ctx, char *buf, size_t len)
{
	return ctx->backend->hostname ? ctx->backend->hostname(ctx, buf, len) : -EOPNOTSUPP;
}

ssize_t backend_conf(struct tdxctl_ctx *ctx, size_t max, char **text)
{
	return ctx->backend->conf ? ctx->backend->conf(ctx, max, text) : -ENOENT;
}

int tdxctl_listen(struct tdxctl_ctx *ctx, bool bpf, struct tdxctl_listener **out)
{
	return ctx->backend->listen ? ctx->backend->listen(ctx, bpf, out) : -EOPNOTSUPP;
}

void tdxctl_listener_free(struct tdxctl_listener *l)
{
	if (l)
		l->ops->free(l);
}

int tdxctl_listener_fd(const struct tdxctl_listener *l)
{
	return l->ops->fd(l);
}

void tdxctl_listener_read(struct tdxctl_listener *l, struct tdxctl_heard *heard)
{
	heard->events = heard->lost = 0;
	l->ops->read(l, heard);
}

void heard_add(struct tdxctl_heard *heard, const struct tdxctl_new_td *td)
{
	struct tdxctl_new_td *bigger =
		realloc(heard->created, (heard->nr_created + 1) * sizeof(*bigger));

	if (!bigger) {
		heard->lost++;
		return;
	}
	heard->created = bigger;
	bigger[heard->nr_created++] = *td;
}

/* ---- helper module ---- */

int tdxctl_helper_get(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out)
{
	ctx_clear(ctx);
	return CALL(ctx, helper, file, out);
}

int tdxctl_helper_load(struct tdxctl_ctx *ctx, const char *file)
{
	ctx_clear(ctx);
	return CALL(ctx, helper_load, file);
}

int tdxctl_helper_unload(struct tdxctl_ctx *ctx)
{
	ctx_clear(ctx);
	return CALL(ctx, helper_unload);
}

int tdxctl_observer_get(struct tdxctl_ctx *ctx, struct tdxctl_observer *out)
{
	ctx_clear(ctx);
	return CALL(ctx, observer, out);
}

/* ---- traces ---- */

int tdxctl_trace_open(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
		      struct tdxctl_trace **out)
{
	ctx_clear(ctx);
	return CALL(ctx, trace_open, opts, out);
}

int tdxctl_trace_poll(struct tdxctl_trace *t, int ms,
		      int (*fn)(void *arg, const struct tdxctl_call *call), void *arg)
{
	return t->ops->poll ? t->ops->poll(t, ms, fn, arg) : -EOPNOTSUPP;
}

uint64_t tdxctl_trace_lost(const struct tdxctl_trace *t)
{
	return t->ops->lost(t);
}

int tdxctl_trace_stat(const struct tdxctl_trace *t, struct tdxctl_leaf **out, size_t *count)
{
	return t->ops->stat ? t->ops->stat(t, out, count) : -EOPNOTSUPP;
}

void tdxctl_trace_free(struct tdxctl_trace *t)
{
	if (t)
		t->ops->free(t);
}

/* ---- releases ---- */

int tdxctl_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			const struct tdxctl_release_options *opts, struct tdxctl_release **out,
			struct tdxctl_release_state *plan)
{
	uid_t euid = geteuid();

	ctx_clear(ctx);
	*out = NULL;
	*plan = (struct tdxctl_release_state){ .hkid = TDXCTL_UNKNOWN32 };
	if (opts->strategy >= TDXCTL_STRATEGIES)
		return ctx_fail(ctx, -EINVAL, NULL, "unknown strategy %u", opts->strategy);
	if (!ctx->backend->release_open)
		return unsupported(ctx);
	/* Only root and the VM's owner may release it. */
	if (euid && td->vm.uid != (uid_t)-1 && td->vm.uid != euid)
		return ctx_fail(ctx, -EPERM, "run as root or as the VM's owner",
				"%s: owned by another user (uid %u)", td->vm.name, td->vm.uid);
	return ctx->backend->release_open(ctx, td, opts, out, plan);
}

int tdxctl_release_step(struct tdxctl_release *r, unsigned int wait_ms,
			struct tdxctl_release_state *st)
{
	ctx_clear(r->ctx);
	return r->ops->step(r, wait_ms, st);
}

int tdxctl_release_cancel(struct tdxctl_release *r)
{
	return r->ops->cancel(r);
}

void tdxctl_release_free(struct tdxctl_release *r)
{
	if (r)
		r->ops->free(r);
}
