/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDXCTL_EARLY_H
#define TDXCTL_EARLY_H

#include "../kvm/known.h"
#include "../kvm/layout.h"
#include "release.h"

struct kvm;
struct pt_regs;

/* early.c: the strategy */
u32 early_reason(void);
long early_release(struct job *j);
void early_give_back(void *kvm);

/* sept.c: VMs that were released, and the hooks they need */
int sept_reserve(const struct tdxctl_layout *l, void *kvm);
void sept_put(void *kvm);
void sept_begin(void *kvm);
bool sept_end(void *kvm);
void sept_reclaim(void *kvm);
bool sept_find(void);
void sept_retire(void);

/* hook.c: functions of KVM that are stood in for */
#define MAX_HOOKS	8

struct hook {
	const char *symbol;
	/* Atomic context. Whoever changes regs->ip sends the caller there. */
	void (*handler)(struct pt_regs *regs);
};

bool hook_find(const struct hook *h, unsigned int n);
int hook_arm(const struct hook *h, unsigned int n);
int hook_disarm(void);

/* kick.c: makes the vCPUs' threads leave KVM_RUN */
void kick_vcpus(const struct mm_struct *mm);
struct vcpu_kick;
struct vcpu_kick *kick_start(struct mm_struct *mm, unsigned int timeout_ms);
bool kick_stop(struct vcpu_kick *k);

/* KVM gave a VM up after something failed that cannot fail. */
static inline bool kvm_gave_up(const void *kvm)
{
	return READ_ONCE(*(const bool *)(kvm + kvm_known.vm_bugged));
}

#endif
