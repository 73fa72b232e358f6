/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client of /dev/tdxctl. */
#include <fcntl.h>
#include "live.h"

/*
 * How a helper with another ABI refuses an ioctl: the command is unknown, the structure
 * is too small, or the structure has bytes set that it does not know.
 */
static bool other_abi(int err)
{
	return err == -ENOTTY || err == -EINVAL || err == -E2BIG;
}

int helper_fail(struct tdxctl_ctx *ctx, int err, const char *what)
{
	/* One errno for all three: EINVAL also has other meanings. */
	if (other_abi(err))
		return ctx_fail(ctx, -ENOTTY,
				"reload it: 'tdxctl helper unload && tdxctl helper load'",
				TDXCTL_DEV_PATH
				": %s: the loaded helper does not match this tdxctl: %s",
				what, strerror(-err));
	switch (err) {
	case -ENODEV:
	case -ENXIO:
	case -EBADF:
		return ctx_fail(ctx, -ENODEV, "load it again with 'tdxctl helper load'",
				TDXCTL_DEV_PATH ": %s: the helper was unloaded during the call",
				what);
	case -EPERM:
	case -EACCES:
		return ctx_fail(ctx, err, "run as root (CAP_SYS_ADMIN is needed)",
				TDXCTL_DEV_PATH ": %s: not permitted", what);
	case -EINTR:
		return ctx_fail(ctx, err, NULL, TDXCTL_DEV_PATH ": %s: interrupted", what);
	default:
		return ctx_fail(ctx, err, "check the kernel log for tdxctl messages",
				TDXCTL_DEV_PATH ": %s: %s", what, strerror(-err));
	}
}

int helper_open(struct tdxctl_ctx *ctx, enum helper_use use)
{
	int fd = op_open(ctx, TDXCTL_DEV_PATH, use == HELPER_READ ? O_RDONLY : O_RDWR);

	switch (fd < 0 ? fd : 0) {
	case 0:
		return fd;
	case -EACCES:
	case -EPERM:
		return ctx_fail(ctx, fd,
				use == HELPER_READ ?
					"add the user to the group tdxctl, or run as root" :
					"run as root (CAP_SYS_ADMIN is needed)",
				"cannot open " TDXCTL_DEV_PATH ": %s", strerror(-fd));
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		/* ENODEV, ENXIO: the module was unloaded but its device node still exists. */
		return ctx_fail(ctx, -ENOENT, "load it with 'tdxctl helper load'",
				TDXCTL_DEV_PATH ": the helper is not loaded");
	default:
		return ctx_fail(ctx, fd, NULL, "cannot open " TDXCTL_DEV_PATH ": %s",
				strerror(-fd));
	}
}

int helper_info(struct tdxctl_ctx *ctx, int fd, struct tdxctl_info *info)
{
	int err;

	*info = (struct tdxctl_info){ .size = sizeof(*info), .leaked_pages = TDXCTL_UNKNOWN };
	err = op_ioctl(ctx, fd, TDXCTL_IOC_INFO, info);
	/* An older helper does not know the last field, and wants it to be zero. */
	if (err == -E2BIG) {
		*info = (struct tdxctl_info){ .size = sizeof(*info) };
		err = op_ioctl(ctx, fd, TDXCTL_IOC_INFO, info);
		info->leaked_pages = TDXCTL_UNKNOWN;
	}
	if (err < 0)
		return helper_fail(ctx, err, "info");
	info->provider[sizeof(info->provider) - 1] = '\0';
	info->version[sizeof(info->version) - 1] = '\0';
	info->sept_function[sizeof(info->sept_function) - 1] = '\0';
	info->types_error[sizeof(info->types_error) - 1] = '\0';
	return 0;
}
