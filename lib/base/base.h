/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every folder uses: the context, system calls, files of the host, text. */
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
	const struct tdxctl_ops *ops; /* NULL: the real system calls */
	void *ops_arg;
	int rootfd;		       /* paths of the host are resolved below it */
	uint64_t resolve;	       /* RESOLVE_* of openat2(); 0: plain openat() */
	bool brief;		       /* name only VMs that are being torn down */
	const struct backend *backend; /* the kind of host; never NULL */
	void *host;		       /* state of @backend: struct emul, struct tdxctl_report */
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

/*
 * Sets error and hint (NULL: none) of @ctx and logs the error. Control characters
 * become '?'. Returns @err, a negative errno. @ctx may be NULL.
 */
int ctx_fail(struct tdxctl_ctx *ctx, int err, const char *hint, const char *fmt, ...) PRINTF(4, 5);
/* Sets the error for a failed allocation. Returns -ENOMEM. */
int ctx_nomem(struct tdxctl_ctx *ctx);
/* Loads json-c: jsonc_load(). Returns 0, or -ELIBACC with the error set. */
int ctx_jsonc(struct tdxctl_ctx *ctx);
/* Clears error and hint. */
void ctx_clear(struct tdxctl_ctx *ctx);
/* Passes one line to the log callback, if there is one. @ctx may be NULL. */
void ctx_log(struct tdxctl_ctx *ctx, enum tdxctl_log_level level, const char *fmt, ...)
	PRINTF(3, 4);

/* ---- ops.c: system calls that tests replace; see struct tdxctl_ops ---- */

/* open(2) with O_CLOEXEC on this machine, not below the root. -errno. */
int op_open(struct tdxctl_ctx *ctx, const char *path, int flags);
/* close(2); a negative @fd is ignored. -errno. */
int op_close(struct tdxctl_ctx *ctx, int fd);
/* ioctl(2). Returns its result or -errno. */
int op_ioctl(struct tdxctl_ctx *ctx, int fd, unsigned long req, void *p);
/* pidfd_open(2). Returns a descriptor to close with op_close(), or -errno. */
int op_pidfd_open(struct tdxctl_ctx *ctx, pid_t pid);
/* pidfd_send_signal(2). -errno. */
int op_pidfd_send_signal(struct tdxctl_ctx *ctx, int pidfd, int sig);
/* pidfd_getfd(2). Returns a descriptor to close with op_close(), or -errno. */
int op_pidfd_getfd(struct tdxctl_ctx *ctx, int pidfd, int fd);
/* Returns 1 when the process ended within @ms, 0 when not, -errno. */
int op_pidfd_wait(struct tdxctl_ctx *ctx, int pidfd, int ms);
/* kcmp(2). Returns 1 when both are the same, 0 when not, -errno. */
int op_kcmp(struct tdxctl_ctx *ctx, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib);
/* Frees the pages of [off, off + len) of a file. -errno. */
int op_punch_hole(struct tdxctl_ctx *ctx, int fd, uint64_t off, uint64_t len);
/* Returns the size of a file in bytes, or -errno. */
int64_t op_file_size(struct tdxctl_ctx *ctx, int fd);

/* ---- root.c: files of the host; paths begin with '/' ---- */

/* Opens a file of the host with O_CLOEXEC. Returns a descriptor or -errno. */
int root_open(struct tdxctl_ctx *ctx, const char *path, int flags);
/* Whether the path can be resolved; false also without permission. */
bool root_exists(struct tdxctl_ctx *ctx, const char *path);
/*
 * Reads a whole file into *@out, malloc'ed and NUL-terminated. Returns the length,
 * -EFBIG above @max bytes, or another -errno.
 */
ssize_t root_read(struct tdxctl_ctx *ctx, const char *path, size_t max, char **out);
/* Reads the first line without its newline, cut to @size - 1 bytes. -errno. */
int root_read_line(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size);
/* Reads a number, decimal or with 0x. -EINVAL: the line is not a number; -errno. */
int root_read_u64(struct tdxctl_ctx *ctx, const char *path, uint64_t *out);
/* Reads a symbolic link, NUL-terminated, cut to @size - 1 bytes. -errno. */
int root_readlink(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size);
/*
 * Calls @fn with the name of each directory entry except "." and "..", in no order.
 * Stops when @fn returns non-zero and returns that value. -errno.
 */
int root_each(struct tdxctl_ctx *ctx, const char *dir, int (*fn)(void *arg, const char *name),
	      void *arg);
/* Like root_each(), for the entries whose name is a decimal number. */
int root_each_number(struct tdxctl_ctx *ctx, const char *dir, int (*fn)(void *arg, unsigned int n),
		     void *arg);

/* ---- file.c: files of the user ---- */

/*
 * Reads the rest of @fd into *@out, malloc'ed and NUL-terminated. Returns the length,
 * -EFBIG above @max bytes, -ENOMEM, or another -errno.
 */
ssize_t fd_read(int fd, size_t max, char **out);
/*
 * Reads a whole file into *@text, malloc'ed and NUL-terminated. -EINVAL: not a regular
 * file; -EFBIG: larger than @max bytes; -errno.
 */
int file_read(const char *path, size_t max, char **text, size_t *len);
/*
 * Replaces or creates @path in one step: readers see the old text or the new one.
 * @mode 0 keeps the mode of an existing file. -EINVAL: not a regular file; -EEXIST:
 * @excl is set and the file exists; -errno.
 */
int file_replace(const char *path, const char *text, mode_t mode, bool excl);

/* ---- text.c ---- */

/* Replaces control characters by '?'. */
void text_plain(char *s);
/* Returns a copy of at most @n bytes with text_plain() applied; NULL: out of memory. */
char *text_dup_plain(const char *s, size_t n);
/* Replaces NUL bytes, which would hide the rest of the text, by '?'. */
void text_no_nul(char *s, size_t len);
/* Returns the start of the next line, or the end of the text. */
const char *text_next_line(const char *p);
#define text_each_line(p, text) for (const char *p = (text); *p; p = text_next_line(p))
/* Whether @s is a UUID, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", and nothing else. */
bool text_is_uuid(const char *s);

/* Text that grows. @p is NULL or NUL-terminated; the owner frees it. */
struct text_buf {
	char *p;
	size_t len, room;
};
/* Appends @n bytes. -ENOMEM: @b is unchanged. */
int text_append(struct text_buf *b, const char *s, size_t n);

/*
 * Calls @fn with each CPU of a list like "0-3,8". Stops when @fn returns non-zero and
 * returns that value. -EINVAL: malformed list.
 */
int cpulist_each(const char *list, int (*fn)(void *arg, unsigned int cpu), void *arg);

#endif
