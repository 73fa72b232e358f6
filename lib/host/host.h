/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts from files of the host, live or captured. A value that cannot be read gets a
 * reason: a short phrase in constant memory. Only -ENOMEM is an error of a source.
 */
#ifndef TDXCTL_HOST_H
#define TDXCTL_HOST_H

#include "base/backend.h"
#include "facts.h"
#include "model/model.h"

struct stat;

/* ---- source.c ---- */

/* The reason of values that the caller did not ask for. */
extern const char src_not_asked[];
/* Returns the reason for an errno (positive or negative) of a file; constant. */
const char *src_reason(int err);
/* Reads a whole file of at most @max bytes into @t, or sets the reason. */
void src_text(struct tdxctl_ctx *ctx, const char *path, size_t max, struct tdxctl_text *t);
/* Whether a file was last written after this machine booted. */
bool src_since_boot(const struct stat *st);
/* Makes @v readable with @value. */
void val_set(struct tdxctl_val *v, uint64_t value);

/* ---- facts.c ---- */

/* The sources that are devices on a live host and text files in a captured one. */
struct host_sources {
	/*
	 * Appends the kernel log to @b, whose text the caller frees. *@complete: it begins
	 * with the first line of the boot. Returns 0 or -errno, also with a part of the log.
	 */
	int (*klog)(struct tdxctl_ctx *ctx, struct text_buf *b, bool *complete);
	/* Fills the MSRs of @s->cpu for which msr_wanted() is true. */
	void (*msrs)(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all);
	/* Fills the values that /proc/cpuinfo does not have. -ENOMEM. */
	int (*cpuid)(struct tdxctl_ctx *ctx, struct tdxctl_cpu_facts *c);
	/* Fills the answers of KVM; @td: those about TDs too. -ENOMEM. */
	int (*kvm)(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td);
	/* Reads at most @max bytes of qgsd's log into @t, or sets the reason. -ENOMEM. */
	int (*qgs_log)(struct tdxctl_ctx *ctx, size_t max, struct tdxctl_text *t);
	/*
	 * Appends at most about @max bytes that VMMs and their daemons logged to @b. NULL: they
	 * log to files only. -errno.
	 */
	int (*vmm_log)(struct tdxctl_ctx *ctx, size_t max, struct text_buf *b);
};

/* Implements backend->facts with @src. */
int host_facts(struct tdxctl_ctx *ctx, const struct host_sources *src, unsigned int what,
	       struct tdxctl_facts *f);
/* Sets the reason of every value, text, file and path in @what; @reason is constant. */
void facts_unknown(struct tdxctl_facts *f, unsigned int what, const char *reason);

/* ---- platform.c ---- */

/* Fills @p from files; its strings are malloc'ed. @counted: from host_hkids_charged(). */
void host_platform(struct tdxctl_ctx *ctx, struct tdxctl_platform *p, bool counted);
/* Reads the boot time from /proc/stat. -EPROTO: no such line; -errno. */
int host_boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds);
int host_name(struct tdxctl_ctx *ctx, char *buf, size_t len);
/* Implements backend->conf. */
ssize_t host_conf(struct tdxctl_ctx *ctx, size_t max, char **text);
/* Fills *@out from sysfs: whether the helper is loaded, its version, its device. -ENOMEM. */
int host_helper(struct tdxctl_ctx *ctx, struct tdxctl_helper **out);

/* ---- topology.c ---- */

/* A snapshot of platform, CPUs and packages; source HOST. -EPROTO, -ENOMEM. */
int host_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
/*
 * Returns the number of HKIDs that the misc cgroup charges on the whole host, or
 * TDXCTL_UNKNOWN. Sets *@counted if the controller counts HKIDs: KVM has TDX.
 */
uint64_t host_hkids_charged(struct tdxctl_ctx *ctx, bool *counted);

/* ---- msr.c ---- */

/* Makes the MSRs for which msr_wanted() is true unreadable; @reason is constant. */
void msrs_unknown(struct tdxctl_msr_set *s, bool all, const char *reason);
/* Whether to read MSR @i: @all MSRs, or only the two about KeyIDs. */
bool msr_wanted(size_t i, bool all);
/* Implements backend->msrs; calls @read for each package that has an online CPU. */
int host_msrs(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, enum tdxctl_msrs which,
	      void (*read)(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all),
	      struct tdxctl_msr_set **out, size_t *count);

/* ---- klog.c ---- */

#define KLOG_MAX   (16 << 20)
#define KLOG_FIRST "Linux version " /* the first line the kernel writes */

/* Replaces the text of @b by the last boot in a log file. -errno: @b is unchanged. */
int klog_read_file(struct tdxctl_ctx *ctx, const char *path, struct text_buf *b);
/* Fills f->log. -ENOMEM. */
int src_klog(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f);

/* ---- kvm.c ---- */

/* Fills f->kvm_vms. */
void src_vms(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
/* Sets the reason of KVM's answers about TDs; constant. */
void kvm_td_unknown(struct tdxctl_facts *f, const char *reason);
/* Sets the reason of KVM's answers; @td: those about TDs too. */
void kvm_unknown(struct tdxctl_facts *f, const char *reason, bool td);

/* ---- cpu.c ---- */

/* Fills f->cpu. -ENOMEM. */
int src_cpu(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f);
/* Fills @c from the text of /proc/cpuinfo, of which only the first CPU is read. */
void src_cpuinfo(const char *text, struct tdxctl_cpu_facts *c);
/* Returns "model name" of the first CPU, malloc'ed; NULL: not known. */
char *cpu_model(struct tdxctl_ctx *ctx);
/* Finds CPUs that did not come online and nodes without an online CPU. */
void src_hotplug(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);

/* ---- packages.c ---- */

struct package_gap {
	enum tdxctl_tri found; /* whether a package has no online CPU */
	bool sure;	       /* false: @what is only a node, or not all CPUs are known */
	bool refused;	       /* the kernel refused a TD for this reason: certain, too */
	uint64_t count, total; /* packages without an online CPU, and all; 0: not known */
	char what[40];	       /* "package 1", "one of 2 packages", "node 1" */
};
/* Searches the snapshot, then log and nodes as far as the facts have them. */
void packages_offline(const struct tdxctl_facts *f, struct package_gap *g);

/* ---- kconfig.c ---- */

/* Converts "6.12.95+deb12-amd64" to TDXCTL_KERNEL(6, 12); 0: malformed. */
unsigned int src_kernel(const char *release);
/* Whether @release is a kernel before mainline's TDX that a distribution built with TDX. */
bool src_preview_kernel(const char *release);
/* Fills f->config; needs the kernel release in f->file. -ENOMEM. */
int src_config(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
/*
 * Inflates @len bytes of gzip into *@out, malloc'ed and NUL-terminated. -EINVAL: not
 * gzip; -EFBIG: more than @max bytes; -ENOMEM.
 */
int src_gunzip(const void *gz, size_t len, size_t max, char **out);

/*
 * Fills f->kernels, the newest first and without the running kernel; needs the kernel release
 * in f->file. -ENOMEM.
 */
int src_kernels(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);

/* ---- modprobe.c ---- */

/* Fills @t with the options of kvm_intel in modprobe.d. -ENOMEM. */
int src_modprobe(struct tdxctl_ctx *ctx, struct tdxctl_text *t);

/* ---- cgroup.c ---- */

/* Fills the HKID counts of the misc cgroup; @all: also f->cgroups. -ENOMEM. */
int src_cgroup(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool all);
/* Reads the number after "@key " in a misc.* file; "max" is TDXCTL_UNKNOWN. False: none. */
bool src_misc(const char *text, const char *key, uint64_t *v);
/*
 * Reads the number of HKIDs charged on the whole host. -ENOENT: this kernel does not
 * count them; -ENODATA: KVM has no TDX, so none is charged; -EPROTO: malformed; -errno.
 */
int src_charged(struct tdxctl_ctx *ctx, uint64_t *charged);

/* ---- memory.c ---- */

/* Fills memory size, offline blocks and DIMM slots. -ENOMEM. */
int src_memory(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
/* Fills f->dimms from a DMI table of @len bytes; stops at a malformed entry. -ENOMEM. */
int src_dmi(const uint8_t *table, size_t len, struct tdxctl_facts *f);

/* ---- pstore.c ---- */

/* Fills f->last_log. -ENOMEM. */
int src_pstore(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);

/* ---- services.c ---- */

/* Fills the facts about VMMs and attestation services. -ENOMEM. */
int src_services(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f);
/* Parses an argument of a VMM. False: it does not configure a quote socket. */
bool src_quote_socket(const char *arg, struct tdxctl_quote_socket *q);

/* ---- vmlog.c ---- */

/* Fills f->vm_logs and f->vmm_log. -ENOMEM. */
int src_vm_logs(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f);
/*
 * Reads the last @max bytes of a log into *@text, malloc'ed. -ESTALE: it was last written
 * before this boot; -EINVAL: not a regular file; -errno.
 */
int src_tail(struct tdxctl_ctx *ctx, const char *path, off_t max, char **text);

/* ---- process.c: a negative errno is that of the file in /proc ---- */

/* Whether a link of /proc/PID/fd is a VM file, of KVM or of tdx_emul. */
bool link_is_vm(const char *link);
/* Whether a link of /proc/PID/fd is a guest_memfd. */
bool link_is_gmem(const char *link);
/* Reads the link of descriptor @fd of @pid. -errno. */
int process_link(struct tdxctl_ctx *ctx, pid_t pid, unsigned int fd, char *link, size_t size);
/*
 * Calls @fn with each descriptor of @pid, in no order. Stops when @fn returns non-zero
 * and returns that value. -errno.
 */
int process_each_fd(struct tdxctl_ctx *ctx, pid_t pid, int (*fn)(void *arg, unsigned int fd),
		    void *arg);
/* Returns 1 when both descriptors refer to the same open file, 0 when not, -errno. */
int process_same_file(struct tdxctl_ctx *ctx, pid_t a, int fd_a, pid_t b, int fd_b);
/* Reads when @pid started, in clock ticks since boot. -ESRCH: no such process; -EPROTO. */
int process_start(struct tdxctl_ctx *ctx, pid_t pid, uint64_t *ticks);
/* Whether @pid is still the process that started at @start_ns of CLOCK_BOOTTIME. */
bool process_started_at(struct tdxctl_ctx *ctx, pid_t pid, uint64_t start_ns);
/* Whether it is certain that the process @o has ended. */
bool process_ended(struct tdxctl_ctx *ctx, const struct tdxctl_owner *o);
/* Implements backend->owner_life. */
enum tdxctl_life host_owner_life(struct tdxctl_ctx *ctx, const struct tdxctl_td *td,
				 const char **why);
/* Returns the effective UID of @pid; (uid_t)-1: not known. */
uid_t process_uid(struct tdxctl_ctx *ctx, pid_t pid);
/* Returns the printable name of @pid, malloc'ed; NULL: not known. */
char *process_comm(struct tdxctl_ctx *ctx, pid_t pid);

/* ---- vm.c, pins.c ---- */

/*
 * Fills @vm from the process that created @td; pid is 0 when that process has ended.
 * The strings belong to @vm. -ENOMEM.
 */
int vm_name(struct tdxctl_ctx *ctx, const struct tdxctl_td *td, struct tdxctl_vm *vm);
/*
 * Reads name and UUID of a VM from its VMM's command line: @len bytes, NUL-separated.
 * Both are malloc'ed, or NULL when not given. -EINVAL: the last argument has no end.
 */
int vm_parse_cmdline(const char *cmdline, size_t len, char **name, char **uuid);
/*
 * Implements backend->pins. -EACCES: some processes could not be read; the list holds
 * the others.
 */
int host_pins(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td, struct tdxctl_pin **out,
	      size_t *count);

#endif
