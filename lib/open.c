/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creates contexts and selects their backend: the kind of host they read. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>
#include "captured/captured.h"
#include "emul/emul.h"
#include "live/live.h"
#include "report/report-priv.h"

/* Switches @ctx to @backend with its state @host and its files below @rootfd; owns both. */
static void set_backend(struct tdxctl_ctx *ctx, const struct backend *backend, void *host,
			int rootfd, uint64_t resolve)
{
	if (ctx->backend->free)
		ctx->backend->free(ctx->host);
	if (ctx->rootfd >= 0)
		close(ctx->rootfd);
	ctx->backend = backend;
	ctx->host = host;
	ctx->rootfd = rootfd;
	ctx->resolve = resolve;
}

/*
 * A root without files, for hosts that have none: below /dev/null no path exists, so
 * files of this machine cannot be read by mistake.
 */
static int no_files(void)
{
	return open("/dev/null", O_PATH | O_CLOEXEC);
}

int tdxctl_new(struct tdxctl_ctx **out)
{
	struct tdxctl_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
	ctx->backend = &live_backend;
	ctx->rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ctx->rootfd < 0) {
		int err = -errno;

		free(ctx);
		return err;
	}
	*out = ctx;
	return 0;
}

void tdxctl_free(struct tdxctl_ctx *ctx)
{
	if (!ctx)
		return;
	set_backend(ctx, &live_backend, NULL, -1, 0);
	free(ctx);
}

int tdxctl_set_root(struct tdxctl_ctx *ctx, const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		int err = -errno;

		return ctx_fail(ctx, err, "specify the top directory of a captured host", "%s: %s",
				dir, strerror(-err));
	}
	/* O_PATH also opens a directory without search permission: all files would fail. */
	if (faccessat(fd, ".", X_OK, 0)) {
		int err = -errno;

		close(fd);
		return ctx_fail(ctx, err, "make the directory searchable or run as its owner",
				"%s: %s", dir, strerror(-err));
	}
	set_backend(ctx, &captured_backend, NULL, fd, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	return 0;
}

int tdxctl_set_emulated(struct tdxctl_ctx *ctx, const char *file)
{
	struct emul *e;
	int err = emul_load(ctx, file, NULL, &e);

	if (!err)
		set_backend(ctx, &emul_backend, e, no_files(), 0);
	return err;
}

void tdxctl_set_report(struct tdxctl_ctx *ctx, struct tdxctl_report *r)
{
	set_backend(ctx, &report_backend, r, no_files(), 0);
}
