/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a snapshot from the helper, with the TDs that are older than the helper. */
#include "live.h"

#define SNAPSHOT_MAX   (256U << 20)
#define SNAPSHOT_TRIES 8

static int read_snapshot(struct tdxctl_ctx *ctx, int fd, uint64_t size,
			 struct tdxctl_snapshot **out)
{
	int err;

	/* TDs are created and end between two calls, so the size may already be outdated. */
	for (int i = 0; i < SNAPSHOT_TRIES; i++) {
		struct tdxctl_snapshot_args args = { .size = sizeof(args) };
		void *buf;

		size += size / 8 + 4096;
		if (size > SNAPSHOT_MAX)
			break;
		buf = calloc(1, size);
		if (!buf)
			return ctx_fail(ctx, -ENOMEM, NULL,
					"cannot allocate %" PRIu64 " bytes for a snapshot", size);
		args.buf = (uintptr_t)buf;
		args.buf_size = (uint32_t)size;
		err = op_ioctl(ctx, fd, TDXCTL_IOC_SNAPSHOT, &args);
		if (err >= 0) {
			err = snapshot_parse(ctx, buf, size, out);
			free(buf);
			return err;
		}
		free(buf);
		if (err != -ENOSPC)
			return helper_fail(ctx, err, "snapshot");
		/* The buffer grows even if the helper asks for less than it got. */
		if (args.needed > size)
			size = args.needed;
	}
	return ctx_fail(ctx, -EPROTO, "check the kernel log for tdxctl messages",
			TDXCTL_DEV_PATH
			": snapshot: the helper requests an invalid buffer size (%" PRIu64
			" bytes)",
			size);
}

int helper_snapshot(struct tdxctl_ctx *ctx, int fd, struct tdxctl_snapshot **out)
{
	struct unread unread = { NULL, 0 };
	struct tdxctl_info info;
	int err = helper_info(ctx, fd, &info);

	if (!err)
		err = adopt_existing(ctx, &info, &unread);
	if (!err)
		err = read_snapshot(ctx, fd, info.snapshot_size, out);
	if (!err) {
		(*out)->info = info;
		err = unread_add(ctx, &unread, *out);
		if (err)
			tdxctl_snapshot_free(*out);
	}
	unread_free(&unread);
	return err;
}
