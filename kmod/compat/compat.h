/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between the kernels that the modules build on: 6.1 and later. */
#ifndef TDXCTL_COMPAT_H
#define TDXCTL_COMPAT_H

#include <linux/mutex.h>
#include <linux/version.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

/* The destination is __iomem in 6.1, but not in 6.12. objs.mk checks for it. */
static inline void compat_movdir64b(void *dst, const void *src)
{
#ifdef COMPAT_MOVDIR64B_IOMEM
	movdir64b((void __force __iomem *)dst, src);
#else
	movdir64b(dst, src);
#endif
}

/* The first partial write to a page that was private may cause a machine check. */
static inline bool compat_has_pw_mce(void)
{
#ifdef X86_BUG_TDX_PW_MCE
	return boot_cpu_has_bug(X86_BUG_TDX_PW_MCE);
#else
	return true;
#endif
}

/* A kernel with the new name warns about the old one. objs.mk checks for it. */
#ifdef COMPAT_SYSTEM_DFL_WQ
#define compat_unbound_wq system_dfl_wq
#else
#define compat_unbound_wq system_unbound_wq
#endif

/* A kernel with this flag warns about a workqueue without it. objs.mk checks for it. */
#ifdef COMPAT_WQ_PERCPU
#define compat_wq_percpu WQ_PERCPU
#else
#define compat_wq_percpu 0
#endif

/* Renamed from rdmsrl_safe() in 6.16. objs.mk checks for it. */
#ifndef COMPAT_RDMSRQ
#define rdmsrq_safe(msr, val) rdmsrl_safe(msr, val)
#endif

/*
 * The low bits of mutex.owner are private to kernel/locking/mutex.c, and the same
 * since 4.10. On PREEMPT_RT a mutex is an rt_mutex without this word; there the helper
 * reports the kernel's mutexes as absent.
 */
#define COMPAT_MUTEX_WAITERS 1UL
#define COMPAT_MUTEX_FLAGS   7UL

#ifdef CONFIG_PREEMPT_RT
#define COMPAT_MUTEX_READABLE  0
#define COMPAT_MUTEX_OWNER     0
#define COMPAT_MUTEX_WAIT_LIST 0
#else
#define COMPAT_MUTEX_READABLE 1
#define COMPAT_MUTEX_OWNER    offsetof(struct mutex, owner)
/* 7.2 has a pointer to the first waiter, or NULL. objs.mk checks for it. */
#ifdef COMPAT_MUTEX_FIRST_WAITER
#define COMPAT_MUTEX_WAIT_LIST offsetof(struct mutex, first_waiter)
#else
#define COMPAT_MUTEX_WAIT_LIST offsetof(struct mutex, wait_list)
#endif
#endif

/*
 * Tasks that spin while the owner runs are not in the list of waiters. The tail of
 * their queue, a 32-bit word, is not 0 then.
 */
#if COMPAT_MUTEX_READABLE && defined(CONFIG_MUTEX_SPIN_ON_OWNER)
#define COMPAT_MUTEX_SPINNERS offsetof(struct mutex, osq)
#else
#define COMPAT_MUTEX_SPINNERS 0
#endif

#endif
