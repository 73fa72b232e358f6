/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libtdxctl: everything tdxctl(8) knows about a TDX host, without printing.
 *
 * Functions return 0 (or a count) or a negative errno. Nothing here writes to
 * stdout or stderr, exits or reads argv; text goes to the log callback. Objects
 * are owned by the caller and freed with the matching _free(); strings inside
 * belong to their object. Not thread-safe per context.
 */
#ifndef LIBTDXCTL_H
#define LIBTDXCTL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/tdxctl.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- context ---- */

struct tdxctl_ctx;

enum tdxctl_log_level { TDXCTL_LOG_ERR, TDXCTL_LOG_WARN, TDXCTL_LOG_INFO, TDXCTL_LOG_DEBUG };
typedef void (*tdxctl_log_fn)(void *arg, enum tdxctl_log_level level, const char *msg);

/* A context for the live host "/". -ENOMEM. */
int tdxctl_new(struct tdxctl_ctx **out);
void tdxctl_free(struct tdxctl_ctx *ctx);
void tdxctl_set_log(struct tdxctl_ctx *ctx, tdxctl_log_fn fn, void *arg);
/*
 * A captured host: every path is looked up below @dir, no device is opened and
 * no ioctl made. -ENOENT, -ENOTDIR, -EACCES.
 */
int tdxctl_set_root(struct tdxctl_ctx *ctx, const char *dir);
/*
 * An emulated host; @file NULL = the built-in one. Errors: -ENOENT, -EACCES,
 * -EINVAL not a host file (tdxctl_error() has line and reason), -EFBIG over
 * 16 MiB, -ENOMEM.
 */
int tdxctl_set_emulated(struct tdxctl_ctx *ctx, const char *file);
/*
 * Brief snapshots name by their command line only VMs that a verdict may mention:
 * those that are going away or whose PID is free (one that serves another process
 * by now is not noticed). Of the others they have what the helper noted.
 * With thousands of TDs naming is most of a snapshot's time. Off at first.
 */
void tdxctl_set_brief(struct tdxctl_ctx *ctx, bool brief);
/* Why the last call failed, one sentence without a newline; "" when unknown. */
const char *tdxctl_error(const struct tdxctl_ctx *ctx);
/* What the operator can do about it; "" when nothing. */
const char *tdxctl_hint(const struct tdxctl_ctx *ctx);

/* ---- every kernel call goes through here ---- */

struct tdxctl_ops {
	int (*open)(void *arg, const char *path, int flags);
	int (*close)(void *arg, int fd);
	int (*ioctl)(void *arg, int fd, unsigned long req, void *p);
	int (*pidfd_open)(void *arg, pid_t pid);
	int (*pidfd_send_signal)(void *arg, int pidfd, int sig);
	/* 1 same, 0 different, -errno; kcmp(2) with KCMP_VM or KCMP_FILE */
	int (*kcmp)(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib);
	int (*pidfd_getfd)(void *arg, int pidfd, int fd);
	/* 1 the process ended, 0 @ms passed, -errno */
	int (*pidfd_wait)(void *arg, int pidfd, int ms);
	/* Gives the pages of [off, off + len) of a file back. */
	int (*punch_hole)(void *arg, int fd, uint64_t off, uint64_t len);
	/* Bytes of the file behind @fd, or -errno. */
	int64_t (*file_size)(void *arg, int fd);
};
/*
 * Replaces the system calls (tests). Members that are NULL stay the real ones.
 * @ops must outlive the context.
 */
void tdxctl_set_ops(struct tdxctl_ctx *ctx, const struct tdxctl_ops *ops, void *arg);

/* ---- snapshot ---- */

enum tdxctl_source {
	TDXCTL_SOURCE_HELPER,		/* /dev/tdxctl */
	TDXCTL_SOURCE_EMULATED,
	TDXCTL_SOURCE_HOST,		/* files of the host only */
};

/* One VM as a VMM names it. */
struct tdxctl_vm {
	char *name;			/* never NULL */
	char *uuid;			/* NULL unknown */
	pid_t pid;			/* 0 = process gone or unknown */
	int vm_fd;			/* -1 unknown */
	uid_t uid;			/* (uid_t)-1 unknown */
	bool gone;			/* the process is known and has ended */
};

struct tdxctl_td_view {
	struct tdxctl_td td;
	struct tdxctl_vm vm;
};

struct tdxctl_platform {
	char *cpu_model;		/* NULL unknown */
	char *kernel;			/* uname -r */
	char *tdx_module;		/* "1.5.05", NULL unknown */
	char *kvm;			/* provider: "kvm_intel", "tdx_emul", NULL none */
	int kvm_tdx;			/* parameter: 1, 0, -1 unknown */
	bool has_tdx;			/* any evidence of a working TDX module */
};

struct tdxctl_snapshot {
	enum tdxctl_source source;
	struct tdxctl_platform platform;
	struct tdxctl_info info;	/* zero without helper or emulation */
	struct tdxctl_snapshot_hdr hdr;	/* counts describe the arrays below */
	/* HKIDs in use as the misc cgroup of the root counts them, of the same moment. */
	uint64_t hkids_charged;		/* TDXCTL_UNKNOWN */
	size_t nr_hkids, nr_tds, nr_locks, nr_packages, nr_cpus, nr_leaves;
	struct tdxctl_hkid *hkids;
	struct tdxctl_td_view *tds;
	struct tdxctl_lock *locks;
	struct tdxctl_package *packages;
	struct tdxctl_cpu *cpus;
	struct tdxctl_leaf *leaves;
};

/*
 * Takes a snapshot from the best source. Without helper: CPUs and packages
 * from sysfs, source HOST. -EPERM/-EACCES the device exists but may not be
 * used; -EPROTO the reply is malformed; -ENODEV the helper went away midway.
 */
int tdxctl_snapshot_get(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
void tdxctl_snapshot_free(struct tdxctl_snapshot *snap);
/*
 * Validates and copies a snapshot buffer of @len bytes; names are not resolved.
 * -EPROTO. Public for the fuzzer.
 */
int tdxctl_snapshot_parse(const void *buf, size_t len, struct tdxctl_snapshot **out);
/* The bytes tdxctl_snapshot_parse() takes, malloc'ed. -ENOMEM. */
int tdxctl_snapshot_bytes(const struct tdxctl_snapshot *s, void **out, size_t *len);

enum tdxctl_health { TDXCTL_HEALTH_OK, TDXCTL_HEALTH_WARNING, TDXCTL_HEALTH_CRITICAL, TDXCTL_HEALTH_UNKNOWN };

/* ---- naming a VM ---- */

/*
 * @sel: name, UUID, PID, "hkid:N", "td:N". Returns how many TDs match and
 * their indices into snap->tds in *@idx (malloc'ed); 0 none. -EINVAL malformed
 * ("hkid:x"), -ENOMEM. More than one is ambiguous: the caller lists them.
 */
int tdxctl_vm_find(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		   const char *sel, size_t **idx);

/*
 * Whether @now, of a later snapshot, is the TD that @was. The page of a TDR may
 * serve the next TD; its number never comes back. A TD without a number, which
 * nobody could read, is known by its process and file.
 */
bool tdxctl_same_td(const struct tdxctl_td *was, const struct tdxctl_td *now);

/* Whether the process has a VM file open, of a TD or not. */
bool tdxctl_process_has_vm(struct tdxctl_ctx *ctx, pid_t pid);

/* ---- who keeps a TD alive (F7) ---- */

enum tdxctl_pin_kind {
	TDXCTL_PIN_PROCESS,		/* shares the memory map */
	TDXCTL_PIN_THREAD,
	TDXCTL_PIN_VM_FD, TDXCTL_PIN_VCPU_FD, TDXCTL_PIN_GMEM_FD, TDXCTL_PIN_VHOST_FD,
};

struct tdxctl_pin {
	enum tdxctl_pin_kind kind;
	pid_t pid, tid;
	int fd;				/* -1 for processes and threads */
	char comm[16];
	char *detail;			/* link text, NULL none */
};
/* -EACCES: some processes could not be read; the list holds the others. */
int tdxctl_pins_get(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		    struct tdxctl_pin **out, size_t *count);
void tdxctl_pins_free(struct tdxctl_pin *pins, size_t count);

/* ---- CPUs ---- */

/* One record per possible CPU, malloc'ed. -EOPNOTSUPP no SEAMCALL entry point. */
int tdxctl_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out,
		     size_t *count);

struct tdxctl_cpu_plan {
	uint32_t cpu, package;
	bool online;
	bool allowed;
	char *reason;			/* why not, or why it does not matter */
};
/* May the CPUs of @list ("1,3-5") go offline, in this order? -EINVAL, -ENOENT. */
int tdxctl_cpu_plan(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    const char *list, struct tdxctl_cpu_plan **out, size_t *count);
void tdxctl_cpu_plan_free(struct tdxctl_cpu_plan *p, size_t count);

/* ---- release ---- */

struct tdxctl_release;

struct tdxctl_release_state {
	enum tdxctl_strategy strategy;
	enum tdxctl_release_phase phase;
	int result;			/* 0 or negative errno, when FAILED */
	uint32_t hkid;
	bool hkid_freed;
	uint64_t pages_total, pages_left;	/* may be TDXCTL_UNKNOWN, ... */
	uint64_t seamcalls;		/* all, for this TD */
	uint64_t page_seamcalls;	/* RECLAIM of private pages; ... this too */
	uint64_t duration_ns;
	uint32_t reason[TDXCTL_STRATEGIES];	/* enum tdxctl_reason */
};

/*
 * Opens the release of one TD of @snap: checks owner, TD state and strategies,
 * changes nothing. *@plan holds the dry run. -ESRCH gone, -EOPNOTSUPP no
 * strategy, -EPERM/-EACCES, -ENOTCONN helper missing, -EINVAL not a TD.
 */
int tdxctl_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			enum tdxctl_strategy strategy, struct tdxctl_release **out,
			struct tdxctl_release_state *plan);
/*
 * Starts (first call) or continues; returns after at most @wait_ms with the
 * progress. Repeat until phase is DONE, FAILED or CANCELLED. -EINTR.
 */
int tdxctl_release_step(struct tdxctl_release *r, unsigned int wait_ms,
			struct tdxctl_release_state *st);
/* Stops at the next safe point; keep stepping until the phase says so. */
int tdxctl_release_cancel(struct tdxctl_release *r);
void tdxctl_release_free(struct tdxctl_release *r);

/* ---- helper module ---- */

enum tdxctl_helper_state { TDXCTL_HELPER_ABSENT, TDXCTL_HELPER_AVAILABLE, TDXCTL_HELPER_LOADED };

struct tdxctl_helper {
	enum tdxctl_helper_state state;
	char *path;			/* module file, NULL unknown */
	char *version;			/* NULL unknown */
	int refcnt;			/* -1 unknown */
	bool dev;			/* /dev/tdxctl exists */
	struct tdxctl_info info;	/* valid when dev could be opened */
};
/* @file: a .ko to use instead of the installed module, or NULL. */
int tdxctl_helper_get(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out);
void tdxctl_helper_free(struct tdxctl_helper *h);
/* -EPERM, -ENOENT not installed, -EEXIST loaded already, -ENOEXEC, -EKEYREJECTED... */
int tdxctl_helper_load(struct tdxctl_ctx *ctx, const char *file);
/* -ENOENT not loaded, -EBUSY in use. */
int tdxctl_helper_unload(struct tdxctl_ctx *ctx);

/* ---- emulated host files ---- */

struct tdxctl_emul_topology {
	uint32_t packages, cpus_per_package;
	uint32_t mktme_keyids, tdx_keyids;
};
/* Writes a new host file. -EEXIST unless @force; -EINVAL impossible topology. */
int tdxctl_emul_init(struct tdxctl_ctx *ctx, const char *file,
		     const struct tdxctl_emul_topology *topo, bool force);

/* ---- for programs that read files of others ---- */

/* Replaces or creates @path in one step, readable by all. -EINVAL not a regular file. */
int tdxctl_textfile_write(struct tdxctl_ctx *ctx, const char *path, const char *text);
/* When the host was booted, in seconds since 1970; -EOPNOTSUPP an emulated host, -ENODATA. */
int tdxctl_boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds);
/* CLOCK_MONOTONIC of this machine, in nanoseconds. */
uint64_t tdxctl_clock_ns(void);
/* malloc'ed; NULL out of memory. */
char *tdxctl_base64(const void *data, size_t len);
/* malloc'ed; -EINVAL, -ENOMEM. */
int tdxctl_base64_decode(const char *text, void **out, size_t *len);

/* The configuration of `tdxctl check` on a host. */
#define TDXCTL_CONF_PATH "/etc/tdxctl.conf"

/* ---- words ---- */

/* "1.5.06" and what follows it at *end. */
bool tdxctl_version_parse(const char *text, uint64_t *version, const char **end);

/* "free", "assigned" ...: the JSON words. NULL for a value out of range. */
const char *tdxctl_hkid_state_str(unsigned int state);	/* unknown -> "unknown" */
const char *tdxctl_td_state_str(unsigned int state);
const char *tdxctl_cpu_state_str(unsigned int state);
const char *tdxctl_strategy_str(unsigned int strategy);
const char *tdxctl_reason_str(unsigned int reason);
const char *tdxctl_phase_str(unsigned int phase);
const char *tdxctl_health_str(unsigned int health);
const char *tdxctl_leaf_str(unsigned int leaf);		/* "TDH.MNG.CREATE", NULL unknown */
const char *tdxctl_status_str(uint64_t status);		/* "TDX_OPERAND_BUSY", NULL unknown */
const char *tdxctl_operand_str(uint32_t operand);	/* "KOT", NULL unknown */

#ifdef __cplusplus
}
#endif

#endif
