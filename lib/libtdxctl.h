/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libtdxctl: reads and controls a TDX host for tdxctl(8).
 *
 * Functions return 0 or a count, or a negative errno. Each that can allocate memory may
 * return -ENOMEM; the comments list the other errors. The library does not write to
 * stdout or stderr, exit, or read argv; messages go to the log callback. The caller owns
 * the objects that functions return, and frees them with the matching _free() function;
 * "malloc'ed" results are freed with free(). Strings in an object belong to the object.
 * A context must not be used by two threads at the same time.
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
/* @msg is one line without a newline and is valid during the call. */
typedef void (*tdxctl_log_fn)(void *arg, enum tdxctl_log_level level, const char *msg);

/* Creates a context for the live host, with the root directory "/". */
int tdxctl_new(struct tdxctl_ctx **out);
/*
 * Frees a context; NULL is allowed. Facts and releases that were made with it must be
 * freed first.
 */
void tdxctl_free(struct tdxctl_ctx *ctx);
/* Sets the function that gets log messages, and its argument. NULL, the default, drops them. */
void tdxctl_set_log(struct tdxctl_ctx *ctx, tdxctl_log_fn fn, void *arg);
/*
 * Switches to a captured host: all paths are looked up below @dir, no device is opened
 * and no ioctl is made. Returns 0, -ENOENT, -ENOTDIR or -EACCES. A context has one host:
 * this function, tdxctl_set_emulated() and tdxctl_set_report() each replace it.
 */
int tdxctl_set_root(struct tdxctl_ctx *ctx, const char *dir);
/*
 * Switches to an emulated host: that of @file, or the built-in one if @file is NULL.
 * Returns 0, -ENOENT, -EACCES, -EFBIG for more than 16 MiB, or -EINVAL if @file is not a
 * host file; tdxctl_error() then has the line and the reason.
 */
int tdxctl_set_emulated(struct tdxctl_ctx *ctx, const char *file);
/*
 * Sets whether snapshots are brief; the default is false. A brief snapshot reads the
 * names of VMs from their command lines only for TDs in teardown and TDs whose PID is
 * free, because health reasons may name these. Other TDs have the name and the process
 * that the helper recorded, even if the PID now belongs to another process. With
 * thousands of TDs, reading names takes most of the time of a snapshot.
 */
void tdxctl_set_brief(struct tdxctl_ctx *ctx, bool brief);
/*
 * Why the last call failed: one sentence without a newline, or "" if there is none.
 * Belongs to the context and is valid until the next call.
 */
const char *tdxctl_error(const struct tdxctl_ctx *ctx);
/* What the operator can do about the error, or "". Valid as long as tdxctl_error(). */
const char *tdxctl_hint(const struct tdxctl_ctx *ctx);

/* ---- system calls ---- */

/* All return a negative errno on failure. */
struct tdxctl_ops {
	int (*open)(void *arg, const char *path, int flags);
	int (*close)(void *arg, int fd);
	int (*ioctl)(void *arg, int fd, unsigned long req, void *p);
	int (*pidfd_open)(void *arg, pid_t pid);
	int (*pidfd_send_signal)(void *arg, int pidfd, int sig);
	/* 1 if the same, 0 if different; kcmp(2) with KCMP_VM or KCMP_FILE */
	int (*kcmp)(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib);
	int (*pidfd_getfd)(void *arg, int pidfd, int fd);
	/* 1 if the process ended, 0 if @ms milliseconds passed */
	int (*pidfd_wait)(void *arg, int pidfd, int ms);
	/* Frees the pages of [off, off + len) of a file. */
	int (*punch_hole)(void *arg, int fd, uint64_t off, uint64_t len);
	/* Size of the file behind @fd in bytes. */
	int64_t (*file_size)(void *arg, int fd);
};
/*
 * Replaces system calls, for tests. Members that are NULL keep the real call. @ops must
 * outlive the context.
 */
void tdxctl_set_ops(struct tdxctl_ctx *ctx, const struct tdxctl_ops *ops, void *arg);

/* ---- snapshot ---- */

enum tdxctl_source {
	TDXCTL_SOURCE_HELPER, /* /dev/tdxctl */
	TDXCTL_SOURCE_EMULATED,
	TDXCTL_SOURCE_HOST, /* files of the host only */
	TDXCTL_SOURCE_BPF,  /* BPF programs, without the helper */
};

/* A VM, with the name that its VMM gave it. */
struct tdxctl_vm {
	char *name; /* never NULL */
	char *uuid; /* NULL unknown */
	pid_t pid;  /* 0 if the process ended or is unknown */
	int vm_fd;  /* -1 unknown */
	uid_t uid;  /* (uid_t)-1 unknown */
	bool gone;  /* the process is known and has ended */
};

struct tdxctl_td_view {
	struct tdxctl_td td;
	struct tdxctl_vm vm;
};

struct tdxctl_platform {
	char *cpu_model;  /* NULL unknown */
	char *kernel;	  /* uname -r */
	char *tdx_module; /* "1.5.05", NULL unknown */
	char *kvm;	  /* provider: "kvm_intel", "tdx_emul", NULL none */
	int kvm_tdx;	  /* parameter kvm_intel.tdx: 1, 0, -1 unknown */
	bool has_tdx;	  /* there is evidence of a working TDX module */
};

struct tdxctl_snapshot {
	enum tdxctl_source source;
	struct tdxctl_platform platform;
	/* All zero without helper or emulation; fields that an older helper lacks are UNKNOWN. */
	struct tdxctl_info info;
	struct tdxctl_snapshot_hdr hdr; /* its counts are those of the arrays below */
	/*
	 * HKIDs charged to the root's misc cgroup when the snapshot was taken, or
	 * TDXCTL_UNKNOWN.
	 */
	uint64_t hkids_charged;
	size_t nr_hkids, nr_tds, nr_locks, nr_packages, nr_cpus, nr_leaves;
	struct tdxctl_hkid *hkids;
	struct tdxctl_td_view *tds;
	struct tdxctl_lock *locks;
	struct tdxctl_package *packages;
	struct tdxctl_cpu *cpus;
	struct tdxctl_leaf *leaves;
};

/*
 * Takes a snapshot from the best source. If the helper is not loaded, BPF programs read
 * TDs, HKIDs and tdx_lock from the kernel (source BPF). If the kernel does not permit this,
 * the snapshot has CPUs and packages from sysfs only, and the source HOST. Returns 0, -EPERM or -EACCES if the
 * helper's device may not be used, -ENOTTY if the helper does not match this library,
 * -EPROTO if its reply is malformed, or -ENODEV if it was unloaded during the call.
 */
int tdxctl_snapshot_get(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
/* NULL is allowed. */
void tdxctl_snapshot_free(struct tdxctl_snapshot *snap);
/*
 * Checks and copies the @len bytes of a snapshot at @buf. Names are not resolved.
 * Returns 0, or -EPROTO if the bytes are malformed. Public for the fuzzer.
 */
int tdxctl_snapshot_parse(const void *buf, size_t len, struct tdxctl_snapshot **out);
/* Makes the bytes that tdxctl_snapshot_parse() reads. *@out is malloc'ed. Returns 0 or -ENOMEM. */
int tdxctl_snapshot_bytes(const struct tdxctl_snapshot *s, void **out, size_t *len);

/* What a snapshot has counts of. */
enum tdxctl_subject {
	TDXCTL_SUBJECT_HKIDS,
	TDXCTL_SUBJECT_TDS,
	TDXCTL_SUBJECT_CPUS, /* their TDX state, not which are online */
	TDXCTL_SUBJECT_LOCKS,
	TDXCTL_SUBJECT_SEAMCALLS, /* counts and times of SEAMCALLs */
};
/* The reasons of a snapshot without the helper, and on a host without TDX. */
extern const char tdxctl_no_helper[], tdxctl_no_module[];
/* Whether SEAMCALLs were observed: by the helper, or on an emulated host. */
bool tdxctl_has_seamcalls(const struct tdxctl_snapshot *s);
/*
 * Returns why the counts of @subject in @s are not complete, a constant, or NULL if they
 * are. TDs that the helper has not seen may exist besides the TDs in the list.
 */
const char *tdxctl_unknown_why(const struct tdxctl_snapshot *s, enum tdxctl_subject subject);
/*
 * Returns for how many nanoseconds @td of @s has been in teardown with private pages left;
 * 0 if it is not, or if the start is not known.
 */
uint64_t tdxctl_teardown_ns(const struct tdxctl_snapshot *s, const struct tdxctl_td *td);

enum tdxctl_health {
	TDXCTL_HEALTH_OK,
	TDXCTL_HEALTH_WARNING,
	TDXCTL_HEALTH_CRITICAL,
	TDXCTL_HEALTH_UNKNOWN
};

/* ---- naming a VM ---- */

/*
 * Finds the TDs that match @sel: a name, a UUID, a PID, "hkid:N" or "td:N". Returns
 * their number, which may be 0, and sets *@idx to their indices in snap->tds, malloc'ed.
 * Returns -EINVAL if @sel is malformed ("hkid:x").
 */
int tdxctl_vm_find(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, const char *sel,
		   size_t **idx);

/*
 * Whether @now, of a later snapshot, is the same TD as @was. The TDR page may be reused
 * for another TD, but the id is not. A TD without an id, which the helper did not see, is
 * recognized by its process and VM file.
 */
bool tdxctl_same_td(const struct tdxctl_td *was, const struct tdxctl_td *now);
/*
 * Finds the TDs of @now in the earlier snapshot @before: (*@at)[i] is the index there of TD
 * i of @now, or SIZE_MAX. Free @at. Returns 0 or -ENOMEM; sets no error.
 */
int tdxctl_match_tds(const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now,
		     size_t **at);

enum tdxctl_life { TDXCTL_LIFE_RUNS, TDXCTL_LIFE_ENDED, TDXCTL_LIFE_UNKNOWN };
/*
 * Whether the process that created @td still runs. The TD itself may be gone: @td may be of
 * an earlier snapshot. A process that only waits to be collected by its parent has ended:
 * nothing of it keeps a TD. If UNKNOWN, *@why is the reason, a constant.
 */
enum tdxctl_life tdxctl_owner_life(struct tdxctl_ctx *ctx, const struct tdxctl_td *td,
				   const char **why);

/* Whether process @pid has the file of a VM open, of a TD or of another VM. */
bool tdxctl_process_has_vm(struct tdxctl_ctx *ctx, pid_t pid);

/* ---- what keeps a TD alive ---- */

enum tdxctl_pin_kind {
	TDXCTL_PIN_PROCESS, /* uses the memory map of the TD's process */
	TDXCTL_PIN_THREAD,
	TDXCTL_PIN_VM_FD,
	TDXCTL_PIN_VCPU_FD,
	TDXCTL_PIN_GMEM_FD,
	TDXCTL_PIN_VHOST_FD,
};

struct tdxctl_pin {
	enum tdxctl_pin_kind kind;
	pid_t pid, tid;
	int fd; /* -1 for processes and threads */
	char comm[16];
	char *detail; /* target of the link in /proc/PID/fd; NULL none */
};
/*
 * Lists the processes, threads and open files that keep a TD alive. Returns 0;
 * -EACCES if some processes could not be read, with the others in the list; or
 * -EOPNOTSUPP if this kind of host does not know them.
 */
int tdxctl_pins_get(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		    struct tdxctl_pin **out, size_t *count);
void tdxctl_pins_free(struct tdxctl_pin *pins, size_t count);

/* ---- CPUs ---- */

/*
 * Makes a SEAMCALL on each online CPU. *@out has one record for each possible CPU,
 * malloc'ed. Returns 0, -EOPNOTSUPP if the kernel has no SEAMCALL entry point, -ENOENT if
 * the helper is not loaded, or an error of tdxctl_snapshot_get().
 */
int tdxctl_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count);

struct tdxctl_cpu_plan {
	uint32_t cpu, package;
	bool online;
	bool allowed;
	char *reason; /* why the CPU may go offline, or why not; never NULL */
};
/*
 * Plans which CPUs of @list ("1,3-5") may go offline, one after the other in this order.
 * *@out has one item for each CPU of the list. Returns 0, -EINVAL if @list is malformed,
 * or -ENOENT if a CPU does not exist.
 */
int tdxctl_cpu_plan(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, const char *list,
		    struct tdxctl_cpu_plan **out, size_t *count);
void tdxctl_cpu_plan_free(struct tdxctl_cpu_plan *p, size_t count);

/* ---- release ---- */

struct tdxctl_release;

struct tdxctl_release_state {
	enum tdxctl_strategy strategy;
	enum tdxctl_release_phase phase;
	int result;    /* negative errno in phase FAILED, else 0 */
	uint32_t hkid; /* TDXCTL_UNKNOWN32 unknown */
	bool hkid_freed;
	uint64_t pages_total, pages_left; /* private 4 KiB pages, or TDXCTL_UNKNOWN */
	uint64_t seamcalls;		  /* all SEAMCALLs for this TD */
	/* TDH.PHYMEM.PAGE.RECLAIM of private pages, or TDXCTL_UNKNOWN. */
	uint64_t page_seamcalls;
	uint64_t duration_ns;
	/* How many CPUs reclaim private pages at most, of a plan; 0 unknown */
	unsigned int cpus;
	uint32_t reason[TDXCTL_STRATEGIES]; /* enum tdxctl_reason of each strategy */
	char early_problem[160]; /* what early release lacks in this KVM; "": nothing, or not known */
};

struct tdxctl_release_options {
	enum tdxctl_strategy strategy; /* AUTO selects the best one */
	/*
	 * Reclaim private pages on at most that many CPUs, the one that removes them from the VM
	 * included; 0: as many as the helper's parameter allows. Only EARLY uses several.
	 */
	unsigned int cpus;
};

/*
 * Opens the release of a TD. Checks the owner, the state of the TD and the strategies,
 * but changes nothing. *@plan gets the result of the dry run, also on failure. The context
 * must outlive *@out. Returns 0 or:
 *   -ESRCH		the process of the TD ended
 *   -EINVAL		not a TD, or the process has no VM file of this TD
 *   -EOPNOTSUPP	the strategy is not available, or not on this kind of host
 *   -EPERM, -EACCES	the caller is neither root nor the owner of the VM
 *   -ENOTCONN		the helper is not loaded
 *   -ENOTTY		the helper does not match, or does not know @opts->cpus
 *   -EBUSY		too many releases are running
 */
int tdxctl_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			const struct tdxctl_release_options *opts, struct tdxctl_release **out,
			struct tdxctl_release_state *plan);
/*
 * Starts or continues a release, and waits up to @wait_ms milliseconds for progress,
 * which it stores in *@st. Call it until the phase is DONE, FAILED or CANCELLED. Returns
 * 0, -EINTR if a signal interrupted it, or an error of tdxctl_release_open().
 */
int tdxctl_release_step(struct tdxctl_release *r, unsigned int wait_ms,
			struct tdxctl_release_state *st);
/* Stops the release at its next safe point. Call tdxctl_release_step() until it reports the end. */
int tdxctl_release_cancel(struct tdxctl_release *r);
/* Frees @r, which may be NULL. This does not cancel a release that runs in the kernel. */
void tdxctl_release_free(struct tdxctl_release *r);

/* ---- helper module ---- */

enum tdxctl_helper_state { TDXCTL_HELPER_ABSENT, TDXCTL_HELPER_AVAILABLE, TDXCTL_HELPER_LOADED };

struct tdxctl_helper {
	enum tdxctl_helper_state state;
	char *path;	    /* module file, NULL unknown */
	char *version;	    /* of the loaded module, or of the file if none is; NULL unknown */
	char *file_version; /* of the file; NULL unknown */
	char *built_for;    /* the kernel that the module file is for; NULL unknown */
	bool other_kernel;  /* @built_for is not the running kernel */
	char *signer;	    /* who signed the module file; NULL not signed */
	int secure_boot;    /* 1, 0, -1 unknown */
	char *lockdown;	    /* "none", "integrity", "confidentiality"; NULL unknown */
	int signatures;	    /* 1: the kernel loads only modules that are signed; 0, -1 unknown */
	int refcnt;	    /* -1 unknown */
	bool dev;	    /* /dev/tdxctl exists */
	struct tdxctl_info info; /* all zero if the device could not be opened */
};
/*
 * Reads the state of the helper module. @file is a .ko file to use instead of the
 * installed module, or NULL. Returns 0, -EOPNOTSUPP on an emulated or reported host,
 * -ELIBACC if libkmod cannot be loaded, or an error of reading @file.
 */
int tdxctl_helper_get(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out);
/* NULL is allowed. */
void tdxctl_helper_free(struct tdxctl_helper *h);
/*
 * Loads the installed module, or that in @file if it is not NULL. Returns 0, -EEXIST if
 * the helper is already loaded, -EPERM if not permitted or blacklisted, -ENOENT if it is
 * not installed, -EOPNOTSUPP if the kernel cannot load modules, -ENOEXEC if the module was
 * built for another kernel, -EKEYREJECTED, -ENOKEY or
 * -EBADMSG if its signature is refused, -ELIBACC, -EOPNOTSUPP, or another error of
 * init_module(2).
 */
int tdxctl_helper_load(struct tdxctl_ctx *ctx, const char *file);
/*
 * Unloads the helper. Returns 0, -ENOENT if it is not loaded, -EBUSY if it is still in use
 * after a second, -EPERM, -ELIBACC, -EOPNOTSUPP, or another error of delete_module(2).
 */
int tdxctl_helper_unload(struct tdxctl_ctx *ctx);

/* ---- observer ---- */

/* The subjects that BPF programs see on this host when the helper is not loaded. */
struct tdxctl_observer {
	bool tds;      /* TDs with their HKIDs and owners */
	bool hkids;    /* the range of the HKIDs, and which are free */
	bool locks;    /* the holder of tdx_lock */
	char why[200]; /* why not, if one of them is false */
};
/*
 * Loads the BPF programs and unloads them again. Returns 0 also if they cannot be used, or
 * -EOPNOTSUPP unless this is the running host.
 */
int tdxctl_observer_get(struct tdxctl_ctx *ctx, struct tdxctl_observer *out);

/* ---- emulated host files ---- */

struct tdxctl_emul_topology {
	uint32_t packages, cpus_per_package;
	uint32_t mktme_keyids, tdx_keyids;
};
/*
 * Writes a new host file. Returns 0, -EEXIST if @file exists and @force is false,
 * -EINVAL if the topology is not possible, or an error of writing the file.
 */
int tdxctl_emul_init(struct tdxctl_ctx *ctx, const char *file,
		     const struct tdxctl_emul_topology *topo, bool force);

struct tdxctl_emul_play {
	uint64_t from_ns;   /* the time of the story to start at */
	unsigned int speed; /* how many times as fast as the real clock, 1 to 1000 */
	uint64_t step_ns;   /* if not 0, each snapshot is so much later, whatever the clock says */
};
/*
 * Makes the host of @file move: from now on its timed events happen when their time comes.
 * A file that does not exist is written, with built-in events. Returns 0, -ENODATA if no
 * event has a time, -EINVAL if @file is not a host file, or an error of reading or writing it.
 */
int tdxctl_emul_play(struct tdxctl_ctx *ctx, const char *file, const struct tdxctl_emul_play *how);

/* ---- files and times ---- */

/*
 * Creates or atomically replaces the file @path with mode 0644. Returns 0, -EINVAL if
 * @path exists and is not a regular file, or an error of writing.
 */
int tdxctl_textfile_write(struct tdxctl_ctx *ctx, const char *path, const char *text);
/*
 * Stores the boot time of the host in *@seconds, in seconds since 1970. Returns 0,
 * -ENODATA if a report does not have it, -EOPNOTSUPP on an emulated host, or an error of
 * reading /proc/stat.
 */
int tdxctl_boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds);
/*
 * Stores the time of day of the host when it was read in *@seconds, in seconds since
 * 1970. Returns 0, -ENODATA if a captured host or a report does not have it, or
 * -EOPNOTSUPP on an emulated host.
 */
int tdxctl_host_time(struct tdxctl_ctx *ctx, uint64_t *seconds);
/* Copies the host name to @buf. Returns 0, -ENODATA or -EOPNOTSUPP, as above. */
int tdxctl_host_name(struct tdxctl_ctx *ctx, char *buf, size_t len);
/* CLOCK_MONOTONIC of this machine in nanoseconds. */
uint64_t tdxctl_clock_ns(void);
/*
 * Formats a duration for people: "45.0 s", "2 min 05 s". At most two units; less than a
 * minute is one unit with a fraction. 24 bytes are enough.
 */
void tdxctl_duration_str(char *buf, size_t len, uint64_t ns);
/* Encodes @len bytes as base64. Returns a malloc'ed string, or NULL if out of memory. */
char *tdxctl_base64(const void *data, size_t len);
/* Decodes base64. *@out is malloc'ed. Returns 0, -EINVAL if @text is malformed, or -ENOMEM. */
int tdxctl_base64_decode(const char *text, void **out, size_t *len);

/* The configuration file of `tdxctl check`, on the host that is read. */
#define TDXCTL_CONF_PATH "/etc/tdxctl.conf"

/* ---- names ---- */

/*
 * Parses a version of the form "1.5.06" at the beginning of @text into
 * TDXCTL_VERSION_OF(), each part up to 65535. *@end points to the text behind it. Returns
 * false, and sets nothing, if there is none.
 */
bool tdxctl_version_parse(const char *text, uint64_t *version, const char **end);

/*
 * Names of states as JSON has them, such as "free" or "assigned"; tdxctl_reason_str()
 * returns a text instead. Constants; NULL if the value is out of range.
 */
const char *tdxctl_hkid_state_str(unsigned int state);
const char *tdxctl_td_state_str(unsigned int state);
const char *tdxctl_cpu_state_str(unsigned int state);
const char *tdxctl_strategy_str(unsigned int strategy);
const char *tdxctl_reason_str(unsigned int reason);
const char *tdxctl_phase_str(unsigned int phase);
const char *tdxctl_health_str(unsigned int health);
/* The kernels that have these S-EPT callbacks: "6.16 to 6.18". NULL if UNKNOWN. */
const char *tdxctl_sept_str(unsigned int callback);
/*
 * Writes to @buf why early release cannot replace the S-EPT callbacks of this KVM. Returns
 * false if it can, or if the helper does not report it.
 */
bool tdxctl_sept_problem(const struct tdxctl_info *info, char *buf, size_t size);
/* Names of the TDX module ABI. Constants; NULL if there is no name. */
const char *tdxctl_leaf_str(unsigned int leaf);	  /* "TDH.MNG.CREATE" */
const char *tdxctl_status_str(uint64_t status);	  /* "TDX_OPERAND_BUSY" */
const char *tdxctl_operand_str(uint32_t operand); /* "KOT" */

#ifdef __cplusplus
}
#endif

#endif
