/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "private.h"
#include "report.h"

int tdxctl_new(struct tdxctl_ctx **out)
{
	struct tdxctl_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
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
	emul_free(ctx->emul);
	tdxctl_report_free(ctx->report);
	close(ctx->rootfd);
	free(ctx);
}

void tdxctl_set_log(struct tdxctl_ctx *ctx, tdxctl_log_fn fn, void *arg)
{
	ctx->log = fn;
	ctx->log_arg = arg;
}

void tdxctl_set_brief(struct tdxctl_ctx *ctx, bool brief)
{
	ctx->brief = brief;
}

void tdxctl_set_ops(struct tdxctl_ctx *ctx, const struct tdxctl_ops *ops, void *arg)
{
	ctx->ops = ops;
	ctx->ops_arg = arg;
}

int tdxctl_set_root(struct tdxctl_ctx *ctx, const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		int err = -errno;

		return ctx_fail(ctx, err, "--root takes the top directory of a captured host",
				"%s: %s", dir, strerror(-err));
	}
	/* O_PATH opens what may not be searched; say so now, not at every file. */
	if (faccessat(fd, ".", X_OK, 0)) {
		int err = -errno;

		close(fd);
		return ctx_fail(ctx, err, "make the directory searchable or run as its owner",
				"%s: %s", dir, strerror(-err));
	}
	close(ctx->rootfd);
	ctx->rootfd = fd;
	ctx->captured = true;
	return 0;
}

int tdxctl_set_emulated(struct tdxctl_ctx *ctx, const char *file)
{
	struct emul *e;
	int err = emul_load(ctx, file, &e);

	if (err)
		return err;
	emul_free(ctx->emul);
	ctx->emul = e;
	return 0;
}

const char *tdxctl_error(const struct tdxctl_ctx *ctx)
{
	return ctx->error;
}

const char *tdxctl_hint(const struct tdxctl_ctx *ctx)
{
	return ctx->hint;
}

/* Text from files and devices ends up here: keep it one printable line. */
static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

int ctx_fail(struct tdxctl_ctx *ctx, int err, const char *hint, const char *fmt, ...)
{
	va_list ap;

	if (!ctx)
		return err;
	va_start(ap, fmt);
	vsnprintf(ctx->error, sizeof(ctx->error), fmt, ap);
	va_end(ap);
	snprintf(ctx->hint, sizeof(ctx->hint), "%s", hint ? hint : "");
	one_line(ctx->error);
	one_line(ctx->hint);
	ctx_log(ctx, TDXCTL_LOG_DEBUG, "%s (%s)", ctx->error, strerror(-err));
	return err;
}

void ctx_clear(struct tdxctl_ctx *ctx)
{
	ctx->error[0] = '\0';
	ctx->hint[0] = '\0';
}

void ctx_log(struct tdxctl_ctx *ctx, enum tdxctl_log_level level, const char *fmt, ...)
{
	char msg[640];
	va_list ap;

	if (!ctx || !ctx->log)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	one_line(msg);
	ctx->log(ctx->log_arg, level, msg);
}
