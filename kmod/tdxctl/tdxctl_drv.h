/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdxctl.ko, private.
 *
 * Lock order, outermost first:
 *   probe_mutex (probe.c)    attach and detach, module notifier
 *   job_mutex (release.c)    list of releases
 *   layout_mutex (layout.c)  where KVM's structures have their fields
 *   early_mutex (sept.c)     VMs released early, and their hooks
 *   CPU hotplug read lock    CPU check
 *   locks_mutex (locks.c)    addresses of the kernel's mutexes
 *   ledger lock (observe.c)  spins, interrupts off; also taken by probe handlers
 */
#ifndef TDXCTL_DRV_H
#define TDXCTL_DRV_H

#include <linux/fs.h>
#include <linux/types.h>
#include <linux/tdxctl.h>

#include "ledger/ledger.h"
#include "ledger/wire.h"

/* One open of /dev/tdxctl. */
struct tdxctl_file {
	u64 id;			/* never reused, so it may outlive the file */
};

/* sym.c: addresses by name, for reading only */
unsigned long sym_find(const char *module, const char *name);
unsigned long sym_size(unsigned long addr);
unsigned long sym_callable(const char *name);
bool sym_module(unsigned long addr, char *buf, size_t len);

/* probe.c: kretprobes on the SEAMCALL entry points */
#define PROBE_EMULATOR	"tdx_emul"

int probe_init(void);
void probe_exit(void);
u64 probe_features(char *provider, size_t len);
unsigned long probe_missed(void);
unsigned long probe_nested(void);

/* observe.c: the ledger and the lock around it */
struct observe_call {
	struct ledger_call call;
	const struct ledger_regs *args;
	u32 generation;
	bool active;
};

struct observe_keyids {
	u32 global, first, count;
};

void observe_begin(struct observe_call *c, u64 rax, const struct ledger_regs *args,
		   unsigned long missed);
void observe_end(struct observe_call *c, u64 status, bool outputs);
int observe_adopt(const struct ledger_td *td);
u32 observe_td_number(u64 tdr);
void observe_vm_gone(u64 tdr, u32 seq);
int observe_start(const char *provider, bool from_start);
void observe_stop(void);
void observe_exit(void);
const struct ledger *observe_lock(unsigned long *flags);
void observe_unlock(unsigned long flags);
void observe_keyids_get(struct observe_keyids *k, u64 *since, bool *from_start);

/* cpus.c: packages and hotplug */
int cpus_init(void);
void cpus_exit(void);
u32 cpus_nr_pkgs(void);
const u32 *cpus_pkg_ids(void);
u32 cpus_pkg(unsigned int cpu);
u32 cpus_fill(struct wire_cpu *out, u32 max);

/* locks.c: the kernel's own mutexes */
void locks_exit(void);
void locks_find(const char *module);
void locks_forget(const char *module);
u64 locks_features(void);
/* @key_config has cpus_nr_pkgs() entries. */
void locks_sample(struct wire_lock *tdx_lock, struct wire_lock *key_config);

/* snapshot.c */
size_t snapshot_size(void);
void *snapshot_take(size_t max, size_t *size);

/* seamcall.S; not seen by the probes */
asmlinkage u64 tdxctl_seamcall(u64 leaf, struct ledger_regs *regs);

/* cpucheck.c */
int cpucheck_one(unsigned int cpu, struct tdxctl_cpu_check_rec *rec);

/* vmfile.c: a VM file of another process, and ioctls in its memory map */
struct pid *vmfile_pid(int pidfd);
struct file *vmfile_get(struct task_struct *task, int fd);
struct mm_struct *vmfile_mm(struct task_struct *leader);
bool vmfile_is_vm(const struct file *file);

struct vmfile_user {
	struct file *file;
	struct mm_struct *mm;
	unsigned long addr;	/* scratch pages in @mm */
};

/* What a VM says of itself without a look into KVM's structures. */
struct vmfile_answer {
	bool is_td;
	u32 max_vcpus;		/* LEDGER_UNKNOWN32 */
};

int vmfile_ask(struct file *file, struct task_struct *leader, struct vmfile_answer *a);
int vmfile_enter(struct vmfile_user *u);
void vmfile_leave(struct vmfile_user *u);
long vmfile_command(struct vmfile_user *u, u32 id, u32 flags);
long vmfile_capabilities(struct vmfile_user *u, u64 *caps);

/* release.c */
int release_ioctl(struct tdxctl_file *f, struct tdxctl_release_args *args);
void release_cancel_of(struct tdxctl_file *f);
void release_exit(void);

/* dev.c, debugfs.c */
int dev_init(void);
void dev_exit(void);
void dbg_init(void);
void dbg_exit(void);

#endif
