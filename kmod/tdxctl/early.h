/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDXCTL_EARLY_H
#define TDXCTL_EARLY_H

#include "layout.h"
#include "release.h"

/* early.c: the strategy */
u32 early_reason(void);
long early_release(struct job *j);

/* sept.c: VMs that were released, and the probes they need */
int sept_begin(const struct tdxctl_layout *l, void *kvm);
void sept_end(const struct tdxctl_layout *l, void *kvm, bool released);
bool sept_known(void);

/* kick.c: makes the vCPUs' threads leave KVM_RUN */
struct vcpu_kick;
struct vcpu_kick *kick_start(struct task_struct *leader, unsigned int timeout_ms);
bool kick_stop(struct vcpu_kick *k);

#endif
