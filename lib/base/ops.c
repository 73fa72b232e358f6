/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that act on a device or a process, as a table that tests replace:
 * see tdxctl_set_ops().
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base.h"

static int ret_errno(long ret)
{
	return ret < 0 ? -errno : (int)ret;
}

static int real_open(void *arg, const char *path, int flags)
{
	return ret_errno(open(path, flags | O_CLOEXEC));
}

static int real_close(void *arg, int fd)
{
	return ret_errno(close(fd));
}

static int real_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	return ret_errno(ioctl(fd, req, p));
}

static int real_pidfd_open(void *arg, pid_t pid)
{
	return ret_errno(syscall(SYS_pidfd_open, pid, 0));
}

static int real_pidfd_send_signal(void *arg, int pidfd, int sig)
{
	return ret_errno(syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0));
}

static int real_pidfd_getfd(void *arg, int pidfd, int fd)
{
	return ret_errno(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

static int real_pidfd_wait(void *arg, int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n = poll(&p, 1, ms);

	if (n < 0)
		return -errno;
	if (n && (p.revents & POLLNVAL))
		return -EBADF;
	return n;
}

static int real_kcmp(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib)
{
	long ret = syscall(SYS_kcmp, a, b, type, ia, ib);

	return ret < 0 ? -errno : ret == 0;
}

static int real_punch_hole(void *arg, int fd, uint64_t off, uint64_t len)
{
	return ret_errno(
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)len));
}

static int64_t real_file_size(void *arg, int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -errno : (int64_t)st.st_size;
}

static const struct tdxctl_ops real_ops = {
	.open = real_open,
	.close = real_close,
	.ioctl = real_ioctl,
	.pidfd_open = real_pidfd_open,
	.pidfd_send_signal = real_pidfd_send_signal,
	.kcmp = real_kcmp,
	.pidfd_getfd = real_pidfd_getfd,
	.pidfd_wait = real_pidfd_wait,
	.punch_hole = real_punch_hole,
	.file_size = real_file_size,
};

#define OP(ctx, name) ((ctx)->ops && (ctx)->ops->name ? (ctx)->ops->name : real_ops.name)

int op_open(struct tdxctl_ctx *ctx, const char *path, int flags)
{
	return OP(ctx, open)(ctx->ops_arg, path, flags);
}

int op_close(struct tdxctl_ctx *ctx, int fd)
{
	return fd < 0 ? 0 : OP(ctx, close)(ctx->ops_arg, fd);
}

int op_ioctl(struct tdxctl_ctx *ctx, int fd, unsigned long req, void *p)
{
	return OP(ctx, ioctl)(ctx->ops_arg, fd, req, p);
}

int op_pidfd_open(struct tdxctl_ctx *ctx, pid_t pid)
{
	return OP(ctx, pidfd_open)(ctx->ops_arg, pid);
}

int op_pidfd_send_signal(struct tdxctl_ctx *ctx, int pidfd, int sig)
{
	return OP(ctx, pidfd_send_signal)(ctx->ops_arg, pidfd, sig);
}

int op_pidfd_getfd(struct tdxctl_ctx *ctx, int pidfd, int fd)
{
	return OP(ctx, pidfd_getfd)(ctx->ops_arg, pidfd, fd);
}

int op_pidfd_wait(struct tdxctl_ctx *ctx, int pidfd, int ms)
{
	return OP(ctx, pidfd_wait)(ctx->ops_arg, pidfd, ms);
}

int op_kcmp(struct tdxctl_ctx *ctx, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib)
{
	return OP(ctx, kcmp)(ctx->ops_arg, a, b, type, ia, ib);
}

int op_punch_hole(struct tdxctl_ctx *ctx, int fd, uint64_t off, uint64_t len)
{
	return OP(ctx, punch_hole)(ctx->ops_arg, fd, off, len);
}

int64_t op_file_size(struct tdxctl_ctx *ctx, int fd)
{
	return OP(ctx, file_size)(ctx->ops_arg, fd);
}
