/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Host files on disk. Readers always see a complete file, because it is replaced by
 * rename. A writer locks the file that it reads until it has replaced it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "emul.h"

#define LOCK_TRIES    20
#define LOCK_PAUSE_MS 100

static int fail(struct tdxctl_ctx *ctx, const char *path, int err)
{
	const char *hint = NULL;

	if (err == -ENOENT)
		hint = "create it with 'tdxctl emulate init FILE'";
	else if (err == -EACCES || err == -EPERM || err == -EROFS)
		hint = "specify a file that you can read, in a directory that you can write to";
	else if (err == -ENOSPC || err == -EDQUOT)
		hint = "free disk space; the file is unchanged";
	return ctx_fail(ctx, err, hint, "%s: %s", path, strerror(-err));
}

int emul_store_read(struct tdxctl_ctx *ctx, const char *path, char **text, size_t *len)
{
	static const char hint[] = "create one with 'tdxctl emulate init FILE'";
	int err = file_read(path, EMUL_MAX_FILE, text, len);

	if (err == -EINVAL)
		return ctx_fail(ctx, err, hint, "%s: not a regular file", path);
	if (err == -EFBIG)
		return ctx_fail(ctx, err, hint, "%s: larger than %u MiB, not a host file", path,
				EMUL_MAX_FILE >> 20);
	return err ? fail(ctx, path, err) : 0;
}

/* Whether @fd is still the file @path. */
static bool is_current(int fd, const char *path)
{
	struct stat mine, now;

	return !fstat(fd, &mine) && !stat(path, &now) && mine.st_dev == now.st_dev &&
	       mine.st_ino == now.st_ino;
}

int emul_store_lock(struct tdxctl_ctx *ctx, const char *path)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };

	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0)
			return fail(ctx, path, -errno);
		if (!flock(fd, LOCK_EX | LOCK_NB)) {
			/* The previous writer may have replaced the file. */
			if (is_current(fd, path))
				return fd;
		} else if (errno != EWOULDBLOCK && errno != EINTR) {
			int err = fail(ctx, path, -errno);

			close(fd);
			return err;
		} else {
			nanosleep(&pause, NULL);
		}
		close(fd);
	}
	return ctx_fail(ctx, -EBUSY, "wait for it to finish, then try again",
			"%s: another tdxctl is changing this host", path);
}

int emul_store_write(struct tdxctl_ctx *ctx, const char *path, const char *text, bool excl)
{
	int err = file_replace(path, text, 0, excl);

	if (err == -EINVAL)
		return ctx_fail(ctx, err, "specify a regular file", "%s: not a regular file", path);
	if (err == -EEXIST)
		return ctx_fail(ctx, err, "use --force to replace it", "%s: already exists", path);
	return err ? fail(ctx, path, err) : 0;
}
