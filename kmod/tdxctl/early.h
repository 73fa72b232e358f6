/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDXCTL_EARLY_H
#define TDXCTL_EARLY_H

#include "kvm-known.h"
#include "layout.h"
#include "release.h"

struct kvm;

/* early.c: the strategy */
u32 early_reason(void);
long early_release(struct job *j);

/* sept.c: VMs that were released, and the probes they need */
int sept_reserve(const struct tdxctl_layout *l, void *kvm);
void sept_put(void *kvm);
void sept_begin(const struct tdxctl_layout *l, void *kvm);
void sept_end(const struct tdxctl_layout *l, void *kvm, bool released);
bool sept_known(void);

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
