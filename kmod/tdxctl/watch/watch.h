/* SPDX-License-Identifier: GPL-2.0-only */
/* tdxctl.ko: observation of SEAMCALLs, locks and CPUs. */
#ifndef TDXCTL_WATCH_H
#define TDXCTL_WATCH_H

#include <linux/linkage.h>
#include <linux/types.h>
#include <linux/tdxctl.h>

#include "ledger/ledger.h"
#include "ledger/wire.h"

/* sym.c: addresses by name */
unsigned long sym_find(const char *module, const char *name);
unsigned long sym_size(unsigned long addr);
void sym_find_all(const char *const *names, unsigned long *addr, unsigned int n);
unsigned long sym_callable(unsigned long addr);
bool sym_module(unsigned long addr, char *buf, size_t len);

/* cpus.c: packages and hotplug */
int cpus_init(void (*found)(unsigned int cpu, u32 pkg));
void cpus_exit(void);
u32 cpus_nr_pkgs(void);
const u32 *cpus_pkg_ids(void);
u32 cpus_pkg(unsigned int cpu);
u32 cpus_fill(struct wire_cpu *out, u32 max);

/* guard.c: the locks of the ledger and its shards */

void ledger_lock(unsigned long *flags);
bool ledger_trylock(unsigned long *flags);
void ledger_unlock(unsigned long flags);
bool shard_trylock_this(unsigned long *flags);
void shard_unlock_this(unsigned long flags);
bool shard_trylock(unsigned int cpu);
void shard_unlock(unsigned int cpu);

/* observe.c: the ledger */
struct observe_call {
	struct ledger_call call;
	const struct ledger_regs *args;
	u32 generation;
	bool active;
	bool page; /* begun by ledger_page_begin() */
};

/* One TDH.PHYMEM.PAGE.RECLAIM; @type, @owner and @size are its outputs. */
struct observe_reclaim {
	u64 pa, start_ns, end_ns, status;
	u64 type, owner, size;
	u32 cpu;
};

struct observe_keyids {
	u32 global, first, count;
};

void observe_begin(struct observe_call *c, u64 rax, const struct ledger_regs *args,
		   unsigned long missed);
void observe_end(struct observe_call *c, u64 status, bool outputs);
void observe_reclaims(const struct observe_reclaim *r, unsigned int n, unsigned long missed);
void observe_cpu_package(unsigned int cpu, u32 pkg);
int observe_adopt(const struct ledger_td *td);
u32 observe_td_number(u64 tdr);
void observe_vm_gone(u64 tdr, u32 seq);
int observe_start(const char *provider, bool from_start);
void observe_stop(void);
void observe_exit(void);
void observe_fold(void);
const struct ledger *observe_lock(unsigned long *flags);
void observe_unlock(unsigned long flags);
void observe_keyids_get(struct observe_keyids *k, u64 *since, bool *from_start);

/* events.c: events for user space */
int events_init(void);
void events_exit(void);
void events_call(const struct ledger *l, const struct ledger_call *call, u64 now, u64 status);
void events_gone(const struct ledger *l, u64 tdr, u32 seq, u64 now);

/* locks.c: the kernel's mutexes */
void locks_exit(void);
void locks_find(const char *module);
void locks_forget(const char *module);
u64 locks_features(void);
/* @key_config has @nr_pkgs entries. */
void locks_sample(struct wire_lock *tdx_lock, struct wire_lock *key_config, u32 nr_pkgs);

/* probe.c: kretprobes on the SEAMCALL entry points */
#define PROBE_EMULATOR "tdx_emul"

int probe_init(void);
void probe_exit(void);
u64 probe_features(char *provider, size_t len);
unsigned long probe_missed(void);
unsigned long probe_nested(void);

/* seamcall.S: the instruction, for call.c */
asmlinkage u64 tdxctl_seamcall(u64 leaf, struct ledger_regs *regs);

/* call.c: SEAMCALLs of this module */
void call_init(void);
u64 call_seam(u64 leaf, struct ledger_regs *regs);

/* cpucheck.c: whether a CPU can run TDs */
int cpucheck_init(void);
void cpucheck_exit(void);
int cpucheck_one(unsigned int cpu, struct tdxctl_cpu_check_rec *rec);

#endif
