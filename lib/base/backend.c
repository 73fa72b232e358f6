/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The release of one TD: what every way of doing it has in common. */
#include <time.h>
#include <unistd.h>
#include "private.h"

uint64_t clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

int tdxctl_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			enum tdxctl_strategy strategy, struct tdxctl_release **out,
			struct tdxctl_release_state *plan)
{
	uid_t euid = geteuid();

	ctx_clear(ctx);
	*out = NULL;
	*plan = (struct tdxctl_release_state){ .hkid = TDXCTL_UNKNOWN32 };
	if (strategy >= TDXCTL_STRATEGIES)
		return ctx_fail(ctx, -EINVAL, NULL, "unknown strategy %u", strategy);
	if (ctx->captured && !ctx->emul)
		return ctx_fail(ctx, -EOPNOTSUPP, "run it on the live host",
				"a captured host cannot be changed");
	/* Root may, the owner may; for anybody else this is not their VM to end. */
	if (euid && td->vm.uid != (uid_t)-1 && td->vm.uid != euid)
		return ctx_fail(ctx, -EPERM, "run as root or as that user",
				"%s: owned by another user (uid %u)", td->vm.name, td->vm.uid);
	if (ctx->emul)
		return emul_release_open(ctx, td, strategy, out, plan);
	return helper_release_open(ctx, td, strategy, out, plan);
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
