/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All access to files of the host. A captured host is a directory: its absolute
 * links must resolve inside the directory, never on this machine.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base.h"

int root_open(struct tdxctl_ctx *ctx, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = ctx->resolve,
	};
	long fd;

	path += strspn(path, "/");
	if (!*path)
		path = ".";
	if (!ctx->resolve) {
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
	/* O_NONBLOCK: a FIFO in a captured tree must not block the reader. */
	int fd = root_open(ctx, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = fd_read(fd, max, out);
	close(fd);
	return len;
}

int root_read_line(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size)
{
	int fd = root_open(ctx, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	/* Most files have one line: stop at its end, not at the end of the file. */
	do {
		n = read(fd, buf + len, size - 1 - len);
		if (n > 0)
			len += (size_t)n;
		buf[len] = '\0';
	} while ((n > 0 && len < size - 1 && !strchr(buf, '\n')) || (n < 0 && errno == EINTR));
	if (n < 0)
		n = -errno;
	close(fd);
	buf[strcspn(buf, "\n")] = '\0';
	return n < 0 ? (int)n : 0;
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

int root_each(struct tdxctl_ctx *ctx, const char *dir, int (*fn)(void *arg, const char *name),
	      void *arg)
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
	while (!ret && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ret = fn(arg, e->d_name);
	closedir(d);
	return ret;
}

struct numbers {
	int (*fn)(void *arg, unsigned int n);
	void *arg;
};

static int one_number(void *arg, const char *name)
{
	const struct numbers *a = arg;
	unsigned long n;
	char *end;

	if (*name < '0' || *name > '9')
		return 0;
	n = strtoul(name, &end, 10);
	return !*end && n <= INT32_MAX ? a->fn(a->arg, (unsigned int)n) : 0;
}

int root_each_number(struct tdxctl_ctx *ctx, const char *dir, int (*fn)(void *arg, unsigned int n),
		     void *arg)
{
	struct numbers a = { .fn = fn, .arg = arg };

	return root_each(ctx, dir, one_number, &a);
}
