/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context, the system calls, files of the host and text: what every folder stands on. */
#ifndef TDXCTL_BASE_H
#define TDXCTL_BASE_H

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "libtdxctl.h"

struct backend;

struct tdxctl_ctx {
	tdxctl_log_fn log;
	void *log_arg;
	const struct tdxctl_ops *ops;	/* NULL: the real system calls */
	void *ops_arg;
	int rootfd;			/* every path of the host is looked up below it */
	uint64_t resolve;		/* RESOLVE_* of openat2(); 0: plain openat() */
	bool brief;			/* name only VMs that are being torn down */
	const struct backend *backend;	/* the kind of host; never NULL */
	void *host;			/* what @backend keeps: struct emul, struct tdxctl_report */
	char error[512];
	char hint[512];
};

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NSEC_PER_SEC 1000000000ULL

static inline const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- ctx.c ---- */

/* Sets error and hint (NULL: none) and returns @err, a negative errno. */
int ctx_fail(struct tdxctl_ctx *ctx, int err, const char *hint, const char *fmt, ...) PRINTF(4, 5);
/* The same for a failed allocation; returns -ENOMEM. */
int ctx_nomem(struct tdxctl_ctx *ctx);
void ctx_clear(struct tdxctl_ctx *ctx);
void ctx_log(struct tdxctl_ctx *ctx, enum tdxctl_log_level level, const char *fmt, ...) PRINTF(3, 4);

/* ---- ops.c: system calls, which tests replace ---- */

int op_open(struct tdxctl_ctx *ctx, const char *path, int flags);
int op_close(struct tdxctl_ctx *ctx, int fd);
int op_ioctl(struct tdxctl_ctx *ctx, int fd, unsigned long req, void *p);
int op_pidfd_open(struct tdxctl_ctx *ctx, pid_t pid);
int op_pidfd_send_signal(struct tdxctl_ctx *ctx, int pidfd, int sig);
int op_pidfd_getfd(struct tdxctl_ctx *ctx, int pidfd, int fd);
int op_pidfd_wait(struct tdxctl_ctx *ctx, int pidfd, int ms);
int op_kcmp(struct tdxctl_ctx *ctx, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib);
int op_punch_hole(struct tdxctl_ctx *ctx, int fd, uint64_t off, uint64_t len);
int64_t op_file_size(struct tdxctl_ctx *ctx, int fd);

/* ---- root.c: files of the host; paths begin with '/' ---- */

int root_open(struct tdxctl_ctx *ctx, const char *path, int flags);
bool root_exists(struct tdxctl_ctx *ctx, const char *path);
/* The whole file, NUL-terminated; the length or -errno; -EFBIG above @max. */
ssize_t root_read(struct tdxctl_ctx *ctx, const char *path, size_t max, char **out);
/* One line without the newline. */
int root_read_line(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size);
int root_read_u64(struct tdxctl_ctx *ctx, const char *path, uint64_t *out);
int root_readlink(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size);
/* Calls @fn with the name of each entry but "." and "..", in no order; stops on non-zero. */
int root_each(struct tdxctl_ctx *ctx, const char *dir,
	      int (*fn)(void *arg, const char *name), void *arg);
/* The same for the entries that are numbers. */
int root_each_number(struct tdxctl_ctx *ctx, const char *dir,
		     int (*fn)(void *arg, unsigned int n), void *arg);

/* ---- file.c: files of the user ---- */

/* Everything that @fd still has, NUL-terminated; the length or -errno; -EFBIG above @max. */
ssize_t fd_read(int fd, size_t max, char **out);
/* The whole of a regular file, NUL-terminated. -EINVAL not a regular file, -EFBIG. */
int file_read(const char *path, size_t max, char **text, size_t *len);
/*
 * Writes a file of that name in one step, with @mode; 0: the mode of the file that
 * exists. -EINVAL not a regular file; -EEXIST when @excl and it exists.
 */
int file_replace(const char *path, const char *text, mode_t mode, bool excl);

/* ---- text.c ---- */

/* Replaces control characters by '?'. */
void text_plain(char *s);
/* A copy of at most @n bytes, with text_plain(); NULL out of memory. */
char *text_dup_plain(const char *s, size_t n);
/* Replaces NULs, which would hide the rest of a file, by '?'. */
void text_no_nul(char *s, size_t len);
/* The line behind the one at @p; at the end of the text, the end. */
const char *text_next_line(const char *p);
#define text_each_line(p, text) \
	for (const char *p = (text); *p; p = text_next_line(p))
bool text_is_uuid(const char *s);

/* Text that grows; p is NUL-terminated when there is any. */
struct text_buf {
	char *p;
	size_t len, room;
};
int text_append(struct text_buf *b, const char *s, size_t n);

/* Parses "0-3,8"; -EINVAL, or what @fn returned when not 0. */
int cpulist_each(const char *list, int (*fn)(void *arg, unsigned int cpu), void *arg);

#endif
