/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Thresholds as people write them: tdxctl.conf(5) and options. */
#ifndef TDXCTL_CONF_H
#define TDXCTL_CONF_H

#include <health.h>

#define TDXCTL_CONF_PATH "/etc/tdxctl.conf"

/* The check called @id, which has @len characters; NULL. */
const struct tdxctl_check *tdxctl_check_find(const char *id, size_t len);
/*
 * "4", "12%", "90s", "1.5.06" or "off", as @c's unit wants it. On -EINVAL *why
 * is a constant that continues "VALUE: ".
 */
int tdxctl_limit_parse(const struct tdxctl_check *c, const char *value,
		       struct tdxctl_limit *l, const char **why);
/*
 * Applies the lines of a file to @t, all or none of them. -EINVAL:
 * tdxctl_error() has @name, the line's number and the reason. Public for the
 * fuzzer.
 */
int tdxctl_conf_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
		      struct tdxctl_thresholds *t);
/*
 * The same with a file: @file, or when NULL the machine's own, which may be
 * absent (-ENOENT) and is never there for an emulated host. Other errors are
 * those of reading it, -EINVAL or -EFBIG.
 */
int tdxctl_conf_read(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_thresholds *t);

#endif
