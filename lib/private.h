/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the library share; no other code includes this. */
#ifndef TDXCTL_LIB_PRIVATE_H
#define TDXCTL_LIB_PRIVATE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "libtdxctl.h"

struct emul;
struct tdxctl_report;

struct tdxctl_ctx {
	tdxctl_log_fn log;
	void *log_arg;
	const struct tdxctl_ops *ops;	/* NULL: the real system calls */
	void *ops_arg;
	int rootfd;			/* every path is looked up below it */
	bool captured;			/* not the live host: no device, no ioctl */
	bool brief;			/* name only VMs that are going away */
	struct emul *emul;		/* NULL: not emulated */
	struct tdxctl_report *report;	/* NULL: a host, not what somebody wrote of one */
	char error[512];
	char hint[512];
};

#define PRINTF(f, a) __attribute__((format(printf, f, a)))

static inline const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- ctx.c ---- */

/* Sets error and hint (NULL: none) and returns @err, a negative errno. */
int ctx_fail(struct tdxctl_ctx *ctx, int err, const char *hint, const char *fmt, ...) PRINTF(4, 5);
void ctx_clear(struct tdxctl_ctx *ctx);
void ctx_log(struct tdxctl_ctx *ctx, enum tdxctl_log_level level, const char *fmt, ...) PRINTF(3, 4);

/* ---- ops.c: the call as the context has it ---- */

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

/* ---- root.c: files of the host, live or captured; paths begin with '/' ---- */

int root_open(struct tdxctl_ctx *ctx, const char *path, int flags);
bool root_exists(struct tdxctl_ctx *ctx, const char *path);
/* The whole file, NUL-terminated; the length or -errno; -EFBIG above @max. */
ssize_t root_read(struct tdxctl_ctx *ctx, const char *path, size_t max, char **out);
/* One line without the newline. */
int root_read_line(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size);
int root_read_u64(struct tdxctl_ctx *ctx, const char *path, uint64_t *out);
int root_readlink(struct tdxctl_ctx *ctx, const char *path, char *buf, size_t size);
/* Calls @fn with each entry that is a number, in no order; stops on non-zero. */
int root_each_number(struct tdxctl_ctx *ctx, const char *dir,
		     int (*fn)(void *arg, unsigned int n), void *arg);

/* ---- file.c ---- */

/* The whole of a regular file, NUL-terminated. -EINVAL it is another one, -EFBIG. */
int file_read(const char *path, size_t max, char **text, size_t *len);
/*
 * Writes a file of that name in one step, with @mode; 0: as the one that is
 * there. -EINVAL not a regular file; -EEXIST when @excl and it exists.
 */
int file_replace(const char *path, const char *text, mode_t mode, bool excl);

/* ---- parse.c ---- */

/* As tdxctl_snapshot_parse(); the reason goes to @ctx (may be NULL). */
int snapshot_parse(struct tdxctl_ctx *ctx, const void *buf, size_t len,
		   struct tdxctl_snapshot **out);

/* ---- helper.c ---- */

/* The device, or -ENOENT (absent), -EACCES... with error and hint. */
int helper_open(struct tdxctl_ctx *ctx);
int helper_info(struct tdxctl_ctx *ctx, int fd, struct tdxctl_info *info);
int helper_snapshot(struct tdxctl_ctx *ctx, int fd, struct tdxctl_snapshot **out);
/* Puts the failure @err of ioctl @what into words; returns it. */
int helper_fail(struct tdxctl_ctx *ctx, int err, const char *what);

/* ---- btf.c, adopt.c ---- */

/* -ENOENT: this kernel has no BTF of KVM's; -EINVAL: it is not BTF. */
int btf_layout(struct tdxctl_ctx *ctx, struct tdxctl_layout *l);
int layout_register(struct tdxctl_ctx *ctx, int dev);
/* TDs that the helper cannot read: older than it, on a kernel without BTF. */
struct older {
	struct older_td {
		pid_t pid;
		int fd;
		uint32_t max_vcpus;	/* TDXCTL_UNKNOWN32 */
	} *td;
	size_t count;
};
/* Tells a helper that was loaded late of the TDs that were there; -ENOMEM. */
int adopt_older(struct tdxctl_ctx *ctx, int dev, const struct tdxctl_info *info, struct older *older);
/* Adds those that @snap does not have. */
int older_add(struct tdxctl_ctx *ctx, const struct older *o, struct tdxctl_snapshot *snap);
void older_free(struct older *o);

/* ---- infer.c, src-cgroup.c ---- */

/* Those that are neither free nor unknown. */
size_t snapshot_hkids_in_use(const struct tdxctl_snapshot *s);
/* Settles unknown HKIDs where the charged ones leave no choice. */
void hkids_infer(struct tdxctl_snapshot *s);
/*
 * HKIDs charged in the whole host: -ENOENT this kernel does not count them,
 * -ENODATA KVM has no TDX and none is charged, -EPROTO.
 */
int src_charged(struct tdxctl_ctx *ctx, uint64_t *charged);

/* ---- hostinfo.c ---- */

int host_platform(struct tdxctl_ctx *ctx, struct tdxctl_platform *p);
/* CPUs and packages of @snap from sysfs. */
int host_topology(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap);
/* Parses "0-3,8"; -EINVAL, or what @fn returned when not 0. */
int cpulist_each(const char *list, int (*fn)(void *arg, unsigned int cpu), void *arg);

/* ---- facts.c, src-log.c ---- */

struct tdxctl_text;
struct stat;
extern const char src_not_asked[];
/* A whole file of at most @max bytes, or the reason. */
void src_text(struct tdxctl_ctx *ctx, const char *path, size_t max, struct tdxctl_text *t);
/* Text that grows; p is NUL-terminated when there is any. */
struct src_buf {
	char *p;
	size_t len, room;
};
int src_append(struct src_buf *b, const char *s, size_t n);
/* A file nobody has written to since the boot is about another one. */
bool src_of_this_boot(const struct stat *st);

/* ---- src-journal.c: the live host's only ---- */

struct src_journal_query {
	const char *match;		/* "_TRANSPORT=kernel" */
	uint64_t until_us;		/* of the monotonic clock; not that one */
	size_t max_lines, max_bytes;
	bool newest;			/* the last lines, not the first */
};
enum { SRC_JOURNAL_ALL, SRC_JOURNAL_MORE };
/* Appends lines "[    1.234567] text" of this boot; whether that was all, or -errno. */
int src_journal(const struct src_journal_query *q, struct src_buf *b);

/* ---- vm.c ---- */

/* Fills @vm from the process of @td; pid 0 when that process is gone. */
int vm_name(struct tdxctl_ctx *ctx, const struct tdxctl_td *td, struct tdxctl_vm *vm);
/* The name of the process, printable; NULL it has none that can be read. */
char *vm_comm(struct tdxctl_ctx *ctx, pid_t pid);
/* Ticks since the boot at which @pid started; -ESRCH, -EPROTO. */
int vm_start_ticks(struct tdxctl_ctx *ctx, pid_t pid, uint64_t *ticks);
/* Is @pid (still) the process that started at @start_ns of CLOCK_BOOTTIME? */
bool vm_same_process(struct tdxctl_ctx *ctx, pid_t pid, uint64_t start_ns);
/* The name a VMM's command line (NUL-separated, @len bytes) gives; malloc'ed. */
int vm_parse_cmdline(const char *cmdline, size_t len, char **name, char **uuid);
bool vm_is_uuid(const char *s);
/* Is this link of /proc/PID/fd a VM file of KVM or of the emulated one? */
bool link_is_vm(const char *link);
bool link_is_gmem(const char *link);

/* ---- release ---- */

struct release_ops {
	int (*step)(struct tdxctl_release *r, unsigned int wait_ms, struct tdxctl_release_state *st);
	int (*cancel)(struct tdxctl_release *r);
	void (*free)(struct tdxctl_release *r);
};

/* The common part; each kind of release embeds it first. */
struct tdxctl_release {
	const struct release_ops *ops;
	struct tdxctl_ctx *ctx;
};

int helper_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			enum tdxctl_strategy strategy, struct tdxctl_release **out,
			struct tdxctl_release_state *plan);
int emul_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      enum tdxctl_strategy strategy, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan);
uint64_t clock_now_ns(void);

/* ---- emulated host ---- */

int emul_load(struct tdxctl_ctx *ctx, const char *file, struct emul **out);
void emul_free(struct emul *e);
int emul_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
int emul_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count);
int emul_pins(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
	      struct tdxctl_pin **out, size_t *count);

#endif
