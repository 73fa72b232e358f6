/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts from files of the host, live or captured. */
#ifndef TDXCTL_HOST_H
#define TDXCTL_HOST_H

#include "base/backend.h"
#include "facts.h"
#include "model/model.h"

struct stat;

/* ---- source.c ---- */

extern const char src_not_asked[];
/* The reason for an errno of a file. */
const char *src_why(int err);
/* A whole file of at most @max bytes, or the reason. */
void src_text(struct tdxctl_ctx *ctx, const char *path, size_t max, struct tdxctl_text *t);
/* Whether a file was written to since this machine was booted. */
bool src_of_this_boot(const struct stat *st);
void val_set(struct tdxctl_val *v, uint64_t value);

/* ---- facts.c ---- */

/* How a live host and a captured one differ: a device here is text there. */
struct host_sources {
	/* Appends the log; *complete: from its first line on. -errno. */
	int (*klog)(struct tdxctl_ctx *ctx, struct text_buf *b, bool *complete);
	/* Fills all MSRs of @s, or else those of the KeyIDs. */
	void (*msrs)(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all);
	/* What /proc/cpuinfo does not have. -ENOMEM. */
	int (*cpuid)(struct tdxctl_ctx *ctx, struct tdxctl_cpu_facts *c);
	/* What KVM answers; @td: also about TDs. -ENOMEM. */
	int (*kvm)(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td);
	/* What qgsd wrote. -ENOMEM. */
	int (*qgs_log)(struct tdxctl_ctx *ctx, size_t max, struct tdxctl_text *t);
};

/* As backend->facts. */
int host_facts(struct tdxctl_ctx *ctx, const struct host_sources *src, unsigned int what,
	       struct tdxctl_facts *f);
/* Nothing of @what is readable, for the reason @why. */
void facts_blank(struct tdxctl_facts *f, unsigned int what, const char *why);

/* ---- platform.c ---- */

void host_platform(struct tdxctl_ctx *ctx, struct tdxctl_platform *p);
int host_boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds);
ssize_t host_conf(struct tdxctl_ctx *ctx, size_t max, char **text);
/* The helper as sysfs and the device show it. */
int host_helper(struct tdxctl_ctx *ctx, struct tdxctl_helper **out);

/* ---- topology.c ---- */

/* Source HOST: platform, CPUs and packages. */
int host_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
/* HKIDs the misc cgroup has charged in the whole host; TDXCTL_UNKNOWN. */
uint64_t host_hkids_charged(struct tdxctl_ctx *ctx);

/* ---- msr.c ---- */

/* All of them, or those of the KeyIDs, are unreadable for that reason. */
void msrs_blank(struct tdxctl_msr_set *s, bool all, const char *reason);
/* Whether MSR @i is wanted. */
bool msr_wanted(size_t i, bool all);
/* As backend->msrs, with @read for each package that has an online CPU. */
int host_msrs(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, enum tdxctl_msrs which,
	      void (*read)(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all),
	      struct tdxctl_msr_set **out, size_t *count);

/* ---- klog.c ---- */

#define KLOG_MAX   (16 << 20)
#define KLOG_FIRST "Linux version "	/* the first line the kernel writes */

/* The part of a log file that belongs to the last boot in it. */
int klog_read_file(struct tdxctl_ctx *ctx, const char *path, struct text_buf *b);
int src_klog(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f);

/* ---- kvm.c ---- */

void src_vms(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
void kvm_td_unknown(struct tdxctl_facts *f, const char *reason);
/* Nothing of KVM is known; @td: nor about TDs. */
void kvm_unknown(struct tdxctl_facts *f, const char *reason, bool td);

/* ---- the other sources; all: -ENOMEM ---- */

int src_cpu(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f);
void src_cpuinfo(const char *text, struct tdxctl_cpu_facts *c);
/* "model name" of the first CPU, malloc'ed; NULL unknown. */
char *cpu_model(struct tdxctl_ctx *ctx);
void src_hotplug(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
int src_config(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
/* Inflates @len bytes of gzip to at most @max, malloc'ed and NUL-terminated; -EINVAL, -EFBIG. */
int src_gunzip(const void *gz, size_t len, size_t max, char **out);
/* @all: every cgroup, not only the totals. */
int src_cgroup(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool all);
/* The number after "tdx " in a misc.* file; "max" is TDXCTL_UNKNOWN. */
bool src_misc(const char *text, const char *key, uint64_t *v);
/*
 * HKIDs charged in the whole host: -ENOENT this kernel does not count them,
 * -ENODATA KVM has no TDX and none is charged, -EPROTO.
 */
int src_charged(struct tdxctl_ctx *ctx, uint64_t *charged);
int src_memory(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
/* The memory slots in a DMI table of @len bytes. */
int src_dmi(const uint8_t *table, size_t len, struct tdxctl_facts *f);
int src_pstore(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
int src_services(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f);
/* An argument of a VMM; false: it is about something else. */
bool src_quote_socket(const char *arg, struct tdxctl_quote_socket *q);
/* "6.12.95+deb12-amd64" is TDXCTL_KERNEL(6, 12); 0 malformed. */
unsigned int src_kernel(const char *release);

/* ---- process.c ---- */

/* Whether a link of /proc/PID/fd is a VM file of KVM or of the emulated one. */
bool link_is_vm(const char *link);
bool link_is_gmem(const char *link);
/* Where the descriptor @fd of @pid leads. */
int process_link(struct tdxctl_ctx *ctx, pid_t pid, unsigned int fd, char *link, size_t size);
/* Calls @fn with each descriptor of @pid, in no order; stops on non-zero. */
int process_each_fd(struct tdxctl_ctx *ctx, pid_t pid, int (*fn)(void *arg, unsigned int fd), void *arg);
/* 1 when both descriptors are of the same open file, 0 when not, -errno. */
int process_same_file(struct tdxctl_ctx *ctx, pid_t a, int fd_a, pid_t b, int fd_b);
/* Ticks since the boot at which @pid started; -ESRCH, -EPROTO. */
int process_start(struct tdxctl_ctx *ctx, pid_t pid, uint64_t *ticks);
/* Whether @pid is (still) the process that started at @start_ns of CLOCK_BOOTTIME. */
bool process_is(struct tdxctl_ctx *ctx, pid_t pid, uint64_t start_ns);
/* Whether it is certain that the process has ended. */
bool process_ended(struct tdxctl_ctx *ctx, const struct tdxctl_owner *o);
uid_t process_uid(struct tdxctl_ctx *ctx, pid_t pid);
/* The name of the process, printable; NULL it has none that can be read. */
char *process_comm(struct tdxctl_ctx *ctx, pid_t pid);

/* ---- vm.c, pins.c ---- */

/* Fills @vm from the process of @td; pid 0 when that process has ended. */
int vm_name(struct tdxctl_ctx *ctx, const struct tdxctl_td *td, struct tdxctl_vm *vm);
/* The name a VMM's command line (NUL-separated, @len bytes) gives; malloc'ed. */
int vm_parse_cmdline(const char *cmdline, size_t len, char **name, char **uuid);
int host_pins(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td, struct tdxctl_pin **out,
	      size_t *count);

#endif
