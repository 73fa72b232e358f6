// SPDX-License-Identifier: GPL-2.0-only
/* The locks of the ledger and of its shards. */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

#include "watch.h"

/*
 * A probe handler runs wherever a SEAMCALL is made, so the lock spins with
 * interrupts off. The handler of a breakpoint probe looks like an NMI (in_nmi() is
 * true), where lockdep does not accept a raw_spinlock_t; hence arch_spinlock_t.
 */
static arch_spinlock_t guard = __ARCH_SPIN_LOCK_UNLOCKED;
/* The lock of each shard. Comes after guard; one at a time. */
static DEFINE_PER_CPU_ALIGNED(arch_spinlock_t, shard_guard) = __ARCH_SPIN_LOCK_UNLOCKED;
static DEFINE_PER_CPU(bool, in_ledger);
/* A snapshot holds the lock for less than a millisecond, on a slow emulator for ten. */
#define LOCK_WAIT_NS	(100 * NSEC_PER_MSEC)
#define TRIES_PER_CLOCK 1024

/*
 * Set when a probe gave up on the lock, until one gets it again. A dying kernel makes
 * many SEAMCALLs: only the first waits.
 */
static bool ledger_stuck;

/* Returns false if this handler interrupted its own CPU under a lock. */
static bool enter(unsigned long *flags)
{
	if (unlikely(this_cpu_read(in_ledger)))
		return false;
	local_irq_save(*flags);
	this_cpu_write(in_ledger, true);
	return true;
}

static void leave(unsigned long flags)
{
	this_cpu_write(in_ledger, false);
	local_irq_restore(flags);
}

/* For process context only: waits for as long as the lock is held. */
void ledger_lock(unsigned long *flags)
{
	local_irq_save(*flags);
	this_cpu_write(in_ledger, true);
	arch_spin_lock(&guard);
}

static bool spin_bounded(arch_spinlock_t *lock)
{
	u64 start = 0;
	u32 tries;

	for (tries = 0; !arch_spin_trylock(lock); tries++) {
		if (oops_in_progress || READ_ONCE(ledger_stuck))
			return false;
		cpu_relax();
		if (tries % TRIES_PER_CLOCK)
			continue;
		if (!start)
			start = ktime_get_mono_fast_ns();
		else if (ktime_get_mono_fast_ns() - start > LOCK_WAIT_NS) {
			WRITE_ONCE(ledger_stuck, true);
			return false;
		}
	}
	return true;
}

/*
 * For probe handlers, which must never wait without limit: since 7.2 a crashing kernel
 * makes SEAMCALLs (TDH.SYS.DISABLE) after it has stopped the other CPUs by NMI, and a
 * machine check (tdx_dump_mce_info(), since 6.8) makes one while they wait for this
 * CPU. A CPU that was stopped under the lock never releases it. Returns false if the
 * lock could not be taken, also if this handler interrupted its own CPU under the lock.
 */
bool ledger_trylock(unsigned long *flags)
{
	if (!enter(flags))
		return false;
	if (likely(spin_bounded(&guard))) {
		/* Not written for each call: all CPUs read it while they wait. */
		if (unlikely(READ_ONCE(ledger_stuck)))
			WRITE_ONCE(ledger_stuck, false);
		return true;
	}
	leave(*flags);
	return false;
}

void ledger_unlock(unsigned long flags)
{
	arch_spin_unlock(&guard);
	leave(flags);
}

/*
 * For a probe handler that records a call in the shard of this CPU, without the lock of
 * the ledger. Returns false as ledger_trylock() does.
 */
bool shard_trylock_this(unsigned long *flags)
{
	if (!enter(flags))
		return false;
	if (likely(spin_bounded(this_cpu_ptr(&shard_guard))))
		return true;
	leave(*flags);
	return false;
}

void shard_unlock_this(unsigned long flags)
{
	arch_spin_unlock(this_cpu_ptr(&shard_guard));
	leave(flags);
}

/*
 * The shard of any CPU, under the lock of the ledger. Returns false if a CPU has stopped
 * while it held the lock.
 */
bool shard_trylock(unsigned int cpu)
{
	return spin_bounded(per_cpu_ptr(&shard_guard, cpu));
}

void shard_unlock(unsigned int cpu)
{
	arch_spin_unlock(per_cpu_ptr(&shard_guard, cpu));
}
