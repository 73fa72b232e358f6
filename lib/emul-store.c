/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Host files on disk. Readers always see a whole file: it is replaced by
 * rename. Writers hold a lock on the file they read until they have replaced it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "emul.h"

#define LOCK_TRIES	20
#define LOCK_PAUSE_MS	100

static int fail(struct tdxctl_ctx *ctx, const char *path, int err)
{
	const char *hint = NULL;

	if (err == -ENOENT)
		hint = "create it with 'tdxctl emulate init FILE'";
	else if (err == -EACCES || err == -EPERM || err == -EROFS)
		hint = "choose a file that you may read and a directory that you may write";
	else if (err == -ENOSPC || err == -EDQUOT)
		hint = "free some space; the file is unchanged";
	return ctx_fail(ctx, err, hint, "%s: %s", path, strerror(-err));
}

int emul_store_read(struct tdxctl_ctx *ctx, const char *path, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t got = 0;
	char *buf;
	int err = 0;

	if (fd < 0)
		return fail(ctx, path, -errno);
	if (fstat(fd, &st)) {
		err = fail(ctx, path, -errno);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err = ctx_fail(ctx, -EINVAL, "create one with 'tdxctl emulate init FILE'",
			       "%s: not a regular file", path);
		goto out;
	}
	if (st.st_size > EMUL_MAX_FILE) {
		err = ctx_fail(ctx, -EFBIG, "create one with 'tdxctl emulate init FILE'",
			       "%s: larger than %u MiB, not a host file", path, EMUL_MAX_FILE >> 20);
		goto out;
	}
	buf = malloc((size_t)st.st_size + 1);
	if (!buf) {
		err = fail(ctx, path, -ENOMEM);
		goto out;
	}
	while (got < (size_t)st.st_size) {
		ssize_t n = read(fd, buf + got, (size_t)st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = fail(ctx, path, -errno);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	if (err) {
		free(buf);
		goto out;
	}
	buf[got] = '\0';
	*text = buf;
	*len = got;
out:
	close(fd);
	return err;
}

/* Is @fd (still) the file of that name? */
static bool is_current(int fd, const char *path)
{
	struct stat mine, now;

	return !fstat(fd, &mine) && !stat(path, &now) &&
	       mine.st_dev == now.st_dev && mine.st_ino == now.st_ino;
}

int emul_store_lock(struct tdxctl_ctx *ctx, const char *path)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };

	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0)
			return fail(ctx, path, -errno);
		if (!flock(fd, LOCK_EX | LOCK_NB)) {
			/* The one before us may have replaced it meanwhile. */
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
	return ctx_fail(ctx, -EBUSY, "wait for it to end, then try again",
			"%s: another tdxctl is changing this host", path);
}

/* The rename itself must reach the disk, too. */
static int sync_directory(const char *path)
{
	char *dir = strdup(path), *slash;
	int fd, err = 0;

	if (!dir)
		return -ENOMEM;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		/* Some file systems cannot; nothing more can be done there. */
		if (fsync(fd) && errno == EIO)
			err = -errno;
		close(fd);
	}
	free(dir);
	return err;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

/* Mode and owner of the file that is there; of a new one when there is none. */
static int copy_mode(int fd, const struct stat *old)
{
	mode_t mask;

	if (!old) {
		mask = umask(0);
		umask(mask);
		return fchmod(fd, 0666 & ~mask) ? -errno : 0;
	}
	/* Root must not take somebody's file away from them. */
	if (!geteuid() && fchown(fd, old->st_uid, old->st_gid))
		return -errno;
	return fchmod(fd, old->st_mode & 0777) ? -errno : 0;
}

/* Writes @tmp and gives it the name @path. */
static int replace(int fd, const char *tmp, const char *path, const char *text,
		   const struct stat *old, bool excl)
{
	int err = copy_mode(fd, old);

	if (!err)
		err = write_all(fd, text);
	/* link() fails where the name exists, rename() replaces it. */
	if (!err && (excl ? link(tmp, path) : rename(tmp, path)))
		err = -errno;
	return err ? err : sync_directory(path);
}

int emul_store_write(struct tdxctl_ctx *ctx, const char *path, const char *text, bool excl)
{
	/* Through a symbolic link: the link stays. */
	char *real = realpath(path, NULL), *tmp = NULL;
	const char *dst = real ? real : path;
	struct stat st;
	bool exists = !stat(dst, &st);
	int fd, err;

	if (exists && !S_ISREG(st.st_mode)) {
		err = ctx_fail(ctx, -EINVAL, "name a regular file", "%s: not a regular file", path);
		goto out;
	}
	if (exists && excl) {
		err = -EEXIST;
		goto failed;
	}
	if (asprintf(&tmp, "%s.XXXXXX", dst) < 0) {
		tmp = NULL;
		err = -ENOMEM;
		goto failed;
	}
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		goto failed;
	}
	err = replace(fd, tmp, dst, text, exists ? &st : NULL, excl);
	if (close(fd) && !err)
		err = -errno;
	if (err || excl)
		unlink(tmp);
failed:
	if (err == -EEXIST)
		ctx_fail(ctx, err, "--force replaces it", "%s: exists already", path);
	else if (err)
		fail(ctx, path, err);
out:
	free(tmp);
	free(real);
	return err;
}
