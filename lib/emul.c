/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The emulated host: seam, tdmgr and ledger in this process. */
#include "private.h"

int emul_load(struct tdxctl_ctx *ctx, const char *file, struct emul **out)
{
	return ctx_fail(ctx, -ENOSYS, NULL, "no emulated host yet");
}

void emul_free(struct emul *e)
{
}

int emul_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	return -ENOSYS;
}

int emul_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count)
{
	return -ENOSYS;
}

int emul_pins(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
	      struct tdxctl_pin **out, size_t *count)
{
	return -ENOSYS;
}

int emul_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      enum tdxctl_strategy strategy, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan)
{
	return -ENOSYS;
}

int tdxctl_emul_init(struct tdxctl_ctx *ctx, const char *file,
		     const struct tdxctl_emul_topology *topo, bool force)
{
	return -ENOSYS;
}
