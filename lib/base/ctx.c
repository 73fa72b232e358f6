/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Error, hint and log of a context. */
#include <stdio.h>
#include "base.h"
#include "jsonc.h"

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

const char *tdxctl_error(const struct tdxctl_ctx *ctx)
{
	return ctx->error;
}

const char *tdxctl_hint(const struct tdxctl_ctx *ctx)
{
	return ctx->hint;
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
	text_plain(ctx->error);
	text_plain(ctx->hint);
	ctx_log(ctx, TDXCTL_LOG_DEBUG, "%s (%s)", ctx->error, strerror(-err));
	return err;
}

int ctx_nomem(struct tdxctl_ctx *ctx)
{
	return ctx_fail(ctx, -ENOMEM, NULL, "out of memory");
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
	text_plain(msg);
	ctx->log(ctx->log_arg, level, msg);
}

int ctx_jsonc(struct tdxctl_ctx *ctx)
{
	char *why = NULL;
	int err = jsonc_load(&why);

	if (err)
		ctx_fail(ctx, err, "install json-c (Debian: libjson-c5)", "%s",
			 why ? why : "cannot load json-c");
	free(why);
	return err;
}
