/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The environment of the freestanding core: types, atomics, page size. For kernel
 * modules and for user space (library, tests, fuzzers).
 */
#ifndef TDXCTL_CORE_PLATFORM_H
#define TDXCTL_CORE_PLATFORM_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#define CORE_PRINTF(fmt, args) __printf(fmt, args)

static inline bool core_cas16(u16 *p, u16 old, u16 new)
{
	return cmpxchg(p, old, new) == old;
}

static inline bool core_cas32(u32 *p, u32 old, u32 new)
{
	return cmpxchg(p, old, new) == old;
}

static inline bool core_cas64(u64 *p, u64 old, u64 new)
{
	return cmpxchg(p, old, new) == old;
}

static inline u16 core_load16(const u16 *p)
{
	return smp_load_acquire(p);
}

static inline u32 core_load32(const u32 *p)
{
	return smp_load_acquire(p);
}

static inline u64 core_load64(const u64 *p)
{
	return smp_load_acquire(p);
}

static inline void core_store16(u16 *p, u16 v)
{
	smp_store_release(p, v);
}

static inline void core_store32(u32 *p, u32 v)
{
	smp_store_release(p, v);
}

static inline void core_store64(u64 *p, u64 v)
{
	smp_store_release(p, v);
}

#else /* user space */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define CORE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

static inline bool core_cas16(u16 *p, u16 old, u16 val)
{
	return __atomic_compare_exchange_n(p, &old, val, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline bool core_cas32(u32 *p, u32 old, u32 val)
{
	return __atomic_compare_exchange_n(p, &old, val, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline bool core_cas64(u64 *p, u64 old, u64 val)
{
	return __atomic_compare_exchange_n(p, &old, val, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline u16 core_load16(const u16 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline u32 core_load32(const u32 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline u64 core_load64(const u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void core_store16(u16 *p, u16 v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline void core_store32(u32 *p, u32 v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline void core_store64(u64 *p, u64 v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif /* __KERNEL__ */

/* Adds a possibly negative @delta and returns the new value. */
static inline u64 core_add64(u64 *p, s64 delta)
{
	u64 old;

	do {
		old = core_load64(p);
	} while (!core_cas64(p, old, old + (u64)delta));
	return old + (u64)delta;
}

static inline u32 core_add32(u32 *p, s32 delta)
{
	u32 old;

	do {
		old = core_load32(p);
	} while (!core_cas32(p, old, old + (u32)delta));
	return old + (u32)delta;
}

#define CORE_PAGE_SHIFT 12
#define CORE_PAGE_SIZE	4096ULL
#define CORE_PAGE_MASK	(~(CORE_PAGE_SIZE - 1))

#endif
