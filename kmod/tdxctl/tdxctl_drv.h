/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tdxctl.ko: functions that the files of this folder share, and the lock order.
 *
 * Each folder below has one header. Calls go one way only:
 * main -> dev -> attach -> release -> kvm -> watch -> core.
 *
 * Lock order, outermost first:
 *   probe_mutex (watch/probe.c)       probes and their provider; module notifier
 *   job_mutex (release/job.c)         list of releases
 *   layout_mutex (kvm/layout.c)       layout of KVM's structures
 *   traits_mutex (kvm/traits.c)       names of KVM's functions
 *   early_mutex (release/early-vm.c)  VMs released early, and their hooks
 *   CPU hotplug read lock             CPU check
 *   locks_mutex (watch/locks.c)       addresses of the kernel's mutexes
 *   KVM's mmu_lock of a VM            hooks
 *   lock of batches (release/reclaim.c)  pages of a VM; not held with the next one
 *   ledger lock (watch/guard.c)       spins with interrupts off; probe handlers take it too
 *   lock of a shard (watch/guard.c)   the same; one at a time
 */
#ifndef TDXCTL_DRV_H
#define TDXCTL_DRV_H

#include <linux/types.h>
#include <linux/tdxctl.h>

/* dev.c: /dev/tdxctl */
int dev_init(void);
void dev_exit(void);

/* debugfs.c */
void dbg_init(void);
void dbg_exit(void);

/* attach.c: KVM's types, and what depends on them */
void attach_wait(void);
int attach_init(void);
void attach_exit(void);

/* snapshot.c */
size_t snapshot_size(void);
void *snapshot_take(size_t max, bool hide_tdr, size_t *size);

#endif
