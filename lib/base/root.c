/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one way to files of the host. A captured host is a directory; its
 * absolute links must resolve inside it, never on this machine.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "private.h"

int root_open(struct tdxctl_ctx *ctx, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = ctx->captured ? RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS : 0,
	};
	long fd;

	path += strspn(path, "/");
	if (!*path)
		path = ".";
	if (!ctx->captured) {
		fd = openat(ctx->rootfd, path, flags | O_CLOEXEC);
		return fd < 0 ? -errno : (int)fd;
	}
	fd = syscall(SYS_openat2, ctx->rootfd, path, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

bool root_exists(struct tdxctl_ctx *ctx, const char *path)
{
	int fd = root_open(ctx, path, O_PATH);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

ssize_t root_read(struct tdxctl_ctx *ctx, const char *path, size_t max, char **out)
{
	/* A FIFO in a captured tree must not hang the reader. */
	int fd = root_open(ctx, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	size_t len = 0, room = 0;
	char *buf = NULL;
	int err = 0;

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t n;

		if (room - len < 2) {
			char *bigger;

			room = room ? room * 2 : 1024;
			bigger = realloc(buf, room);
			if (!bigger) {
				err = -ENOMEM;
				break;
			}
			buf = bigger;
		}
		n = read(fd, buf + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len > max) {
			err = -EFBIG;
			break;
		}
	}
	close(fd);
	if (err) {
		free(buf);
		return err;
	}
	buf[len] = '\0';
	*out = buf;
	return (ssize_t)len;
}

int root_read_line(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size)
{
	char *text;
	ssize_t len = root_read(ctx, path, 64 << 10, &text);
	size_t n;

	if (len < 0)
		return (int)len;
	n = strcspn(text, "\n");
	if (n >= size)
		n = size - 1;
	memcpy(buf, text, n);
	buf[n] = '\0';
	free(text);
	return 0;
}

int root_read_u64(struct tdxctl_ctx *ctx, const char *path, uint64_t *out)
{
	char buf[32], *end;
	int err = root_read_line(ctx, path, buf, sizeof(buf));

	if (err)
		return err;
	if (buf[0] < '0' || buf[0] > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(buf, &end, 0);
	return errno || *end ? -EINVAL : 0;
}

int root_readlink(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size)
{
	ssize_t n;
	int fd = root_open(ctx, path, O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", buf, size - 1);
	if (n < 0)
		n = -errno;
	else
		buf[n] = '\0';
	close(fd);
	return n < 0 ? (int)n : 0;
}

int root_each_number(struct tdxctl_ctx *ctx, const char *dir,
		     int (*fn)(void *arg, unsigned int n), void *arg)
{
	int fd = root_open(ctx, dir, O_RDONLY | O_DIRECTORY), ret = 0;
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return fd;
	d = fdopendir(fd);
	if (!d) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while (!ret && (e = readdir(d))) {
		unsigned long n;
		char *end;

		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		n = strtoul(e->d_name, &end, 10);
		if (!*end && n <= INT32_MAX)
			ret = fn(arg, (unsigned int)n);
	}
	closedir(d);
	return ret;
}
