/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of the user, on this machine whatever host is open. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base.h"

ssize_t fd_read(int fd, size_t max, char **out)
{
	size_t len = 0, room = 0;
	char *buf = NULL;
	int err = 0;

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
	if (err) {
		free(buf);
		return err;
	}
	buf[len] = '\0';
	*out = buf;
	return (ssize_t)len;
}

int file_read(const char *path, size_t max, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		n = -errno;
	else if (!S_ISREG(st.st_mode))
		n = -EINVAL;
	else
		n = fd_read(fd, max, text);
	close(fd);
	if (n < 0)
		return (int)n;
	*len = (size_t)n;
	return 0;
}

/* Writes the rename to disk: fsync() of the file does not include its name. */
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
		/* Some file systems do not support this; only an I/O error counts. */
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

/* Sets mode and owner: those of the file that is replaced, or those of a new file. */
static int set_mode(int fd, const struct stat *old, mode_t mode)
{
	mode_t mask;

	/* A file that root replaces must stay with its owner. */
	if (old && !geteuid() && fchown(fd, old->st_uid, old->st_gid))
		return -errno;
	if (!mode && old) {
		mode = old->st_mode & 0777;
	} else if (!mode) {
		mask = umask(0);
		umask(mask);
		mode = 0666 & ~mask;
	}
	return fchmod(fd, mode) ? -errno : 0;
}

/* Writes @text to the file @tmp and renames that to @path. */
static int replace(int fd, const char *tmp, const char *path, const char *text,
		   const struct stat *old, mode_t mode, bool excl)
{
	int err = set_mode(fd, old, mode);

	if (!err)
		err = write_all(fd, text);
	/* link() fails when the name exists; rename() replaces it. */
	if (!err && (excl ? link(tmp, path) : rename(tmp, path)))
		err = -errno;
	return err ? err : sync_directory(path);
}

int file_replace(const char *path, const char *text, mode_t mode, bool excl)
{
	/* Replace the target of a symbolic link, not the link. */
	char *real = realpath(path, NULL), *tmp = NULL;
	const char *dst = real ? real : path, *name = strrchr(dst, '/');
	struct stat st;
	bool exists = !stat(dst, &st);
	sigset_t all, before;
	int fd, err;

	if (exists && !S_ISREG(st.st_mode)) {
		err = -EINVAL;
		goto out;
	}
	if (exists && excl) {
		err = -EEXIST;
		goto out;
	}
	name = name ? name + 1 : dst;
	/* Hidden: who reads all files of the directory must not read a part of this one. */
	if (asprintf(&tmp, "%.*s.%s.XXXXXX", (int)(name - dst), dst, name) < 0) {
		tmp = NULL;
		err = -ENOMEM;
		goto out;
	}
	/* Ctrl-C must not leave a temporary file behind. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	fd = mkostemp(tmp, O_CLOEXEC);
	err = fd < 0 ? -errno : replace(fd, tmp, dst, text, exists ? &st : NULL, mode, excl);
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (fd >= 0 && (err || excl))
		unlink(tmp);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
out:
	free(tmp);
	free(real);
	return err;
}

int tdxctl_textfile_write(struct tdxctl_ctx *ctx, const char *path, const char *text)
{
	int err = file_replace(path, text, 0644, false);

	if (err == -EINVAL)
		return ctx_fail(ctx, err, "specify a regular file", "%s: not a regular file", path);
	return err ? ctx_fail(ctx, err,
			      "specify a file in an existing directory that you can write to",
			      "cannot write %s: %s", path, strerror(-err)) :
		     0;
}
