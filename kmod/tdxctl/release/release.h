/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdxctl.ko: releases of TDs, one job for each TD.
 *
 * A job is a kernel thread in the memory map of the VM that issues KVM's command,
 * while its callers watch the TD in the ledger. A running job holds the VM file, the
 * memory map and a reference on this module, which therefore cannot be unloaded. An
 * ended job is kept to report its result again.
 */
#ifndef TDXCTL_RELEASE_H
#define TDXCTL_RELEASE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/wait.h>

#include "../kvm/kvm.h"

struct pt_regs;

/* td.c: a TD in the ledger */
struct td_view {
	bool found;	  /* the ledger has such a TD */
	bool initialized; /* TDH.MNG.INIT succeeded; known if @finalized_known */
	bool finalized;
	bool finalized_known;
	bool owner_known;
	u64 tdr;
	u32 seq;  /* a later TD may have the same address */
	u32 hkid; /* 0 = released */
	u32 last_hkid;
	u64 pages;
	u64 calls;
	u64 reclaims;
};

void td_view_get(struct td_view *v, u64 tdr);
bool td_is_tdr(u64 pa);
bool td_hkid_freed(u64 tdr);
u64 td_of_file(struct task_struct *leader, const struct file *file);

struct job {
	struct list_head node;
	refcount_t refs; /* the list, the thread, each caller */
	wait_queue_head_t ended_wq;

	/* which VM; constant */
	struct pid *pid;
	int vm_fd;
	u64 tdr; /* 0: the ledger does not know this TD */

	/* used by the thread only, while it runs */
	struct vmfile_user vm;
	bool probe_only;
	u32 cpus; /* of struct tdxctl_release_args */

	/* under job_mutex */
	struct task_struct *task; /* NULL: not running */
	u64 owner;		  /* id of the open file that started it */
	bool cancel;
	bool reported; /* its starter has seen how it ended */
	u32 wanted;    /* requested strategy */
	u32 strategy;  /* in use; AUTO: none yet */
	u32 phase;     /* of an ended job */
	s32 result;
	u32 reason[TDXCTL_STRATEGIES];
	u64 early_tdr; /* the TD that was released early; 0: none */
	u64 started_ns, ended_ns;
	struct td_view start, last;
};

/* job.c; "locked" means under job_mutex */
extern struct mutex job_mutex;

struct job *job_alloc(struct pid *pid, int vm_fd, u64 tdr);
void job_put(struct job *j);
struct job *job_add_locked(struct pid *pid, int vm_fd, u64 tdr);
void job_drop_locked(struct job *j);
struct job *job_find_locked(const struct pid *pid, int vm_fd, const struct file *file, u64 tdr);
struct job *job_running_locked(const struct file *file);
int job_start_locked(struct job *j, struct file *file, struct mm_struct *mm);
void job_cancel_locked(struct job *j);
void job_progress_locked(struct job *j);
void job_cancel_owned(u64 owner);
void job_exit(void);

/* release.c: @owner is the id of the open file */
int release_ioctl(u64 owner, struct tdxctl_release_args *args);

/* strategy.c: arrays are indexed by enum tdxctl_strategy */
void strategy_reasons(u32 *reason, const struct td_view *td);
bool strategy_usable(const u32 *reason, u32 strategy);
u32 strategy_pick(const u32 *reason, u32 wanted);
bool strategy_leaves_pages(u32 strategy);
bool strategy_refused(long ret);
u32 strategy_refusal_reason(u32 strategy, long ret);

/* early.c: the strategy TDXCTL_STRATEGY_EARLY */
void early_resolve(const struct kvm_layout *l);
u32 early_reason(const struct kvm_layout *l);
void early_info(struct tdxctl_info *info);
long early_release(const struct vmfile_user *vm, struct pid *pid, u64 tdr, u32 cpus,
		   u64 *released_tdr);

/* early-vm.c: VMs that are released early, and the hooks they need */
int early_vm_reserve(const struct kvm_layout *l, void *kvm, u64 tdr, u32 cpus);
void early_vm_put(void *kvm);
void early_vm_begin(void *kvm);
bool early_vm_end(void *kvm);
unsigned int early_vm_cpus(u64 tdr);
unsigned long early_vm_wait(u64 tdr, u32 cpus, unsigned int ms);
bool early_vm_any(void);
const char *early_vm_find_hooks(u32 callback);
void early_vm_arm(void);
bool early_vm_retire(bool kvm_gone);
void early_vm_exit(void);

/* reclaim.c: reclaims the pages of a VM beside their removal */
struct reclaimer;

struct reclaimer *reclaimer_alloc(void);
void reclaimer_get(struct reclaimer *r);
void reclaimer_put(struct reclaimer *r);
void reclaimer_limit(struct reclaimer *r, unsigned int cpus);
unsigned int reclaimer_cpus(const struct reclaimer *r);
bool reclaimer_add(struct reclaimer *r, unsigned long pfn, bool get);
void reclaimer_start(struct reclaimer *r);
unsigned long reclaimer_wait(struct reclaimer *r, unsigned int ms);
void reclaimer_finish(struct reclaimer *r);
unsigned int reclaim_cpus(unsigned int cpus);
int reclaim_init(void);
void reclaim_exit(void);

/* page.c: private pages of these VMs */
void pages_prepare(void);
bool page_reclaim(unsigned long pfn);
unsigned int pages_reclaim(unsigned long *pfn, unsigned int n);
void page_leak(unsigned long pfn, u32 level, const char *why, u64 status);
void pages_lose(const unsigned long *pfn, unsigned int n, const char *why, u64 status);
u64 pages_leaked(void);

/* hook.c: hooks on functions of KVM */
#define MAX_HOOKS 8

struct hook {
	const char *symbol;
	/* Atomic context. May set regs->ip to continue there instead. */
	void (*handler)(struct pt_regs *regs);
};

const char *hook_find(const struct hook *h, unsigned int n);
int hook_arm(const struct hook *h, unsigned int n);
int hook_disarm(void);
void hook_forget(void);

/* return.S: returns its first argument */
asmlinkage long tdxctl_return(long value);

/* kick.c: makes the threads of vCPUs leave KVM_RUN */
struct vcpu_kick;

void kick_vcpus(const struct mm_struct *mm);
struct vcpu_kick *kick_start(struct mm_struct *mm, struct task_struct *leader,
			     unsigned int timeout_ms);
bool kick_stop(struct vcpu_kick *k);

#endif
