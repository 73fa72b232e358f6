/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helpers of all sources: values, texts, and the reasons why there is none. */
#include <sys/stat.h>
#include <time.h>
#include "host.h"

const char src_not_asked[] = "not asked for";

const char *src_reason(int err)
{
	switch (err < 0 ? -err : err) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
		return "not present";
	/* Doctor compares the first words of this one. */
	case EACCES:
	case EPERM:
		return "no permission: run as root";
	case EINVAL:
		return "malformed";
	case EFBIG:
		return "too large";
	case ENOMEM:
		return "out of memory";
	default:
		return "cannot be read";
	}
}

void src_text(struct tdxctl_ctx *ctx, const char *path, size_t max, struct tdxctl_text *t)
{
	ssize_t len = root_read(ctx, path, max, &t->text);

	t->absent = len == -ENOENT;
	t->reason = len < 0 ? src_reason((int)len) : NULL;
	if (len < 0)
		t->text = NULL;
}

bool src_since_boot(const struct stat *st)
{
	struct timespec now, up;

	return !clock_gettime(CLOCK_REALTIME, &now) && !clock_gettime(CLOCK_BOOTTIME, &up) &&
	       st->st_mtime >= now.tv_sec - up.tv_sec;
}

void val_set(struct tdxctl_val *v, uint64_t value)
{
	*v = (struct tdxctl_val){ .readable = true, .value = value };
}
