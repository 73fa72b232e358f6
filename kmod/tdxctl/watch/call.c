// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEAMCALLs that this module makes itself, with what the kernel does for its own.
 *
 * A SEAMCALL may leave modified cache lines of a private KeyID. Since 6.18 the kernel
 * marks the CPU before each SEAMCALL, with preemption off, and kexec writes back the
 * caches of marked CPUs. A line that is written back later would overwrite memory of
 * the new kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "watch.h"

#ifdef COMPAT_CACHE_STATE

#define MARK "cache_state_incoherent"

static bool __percpu *mark; /* NULL: this kernel's variable was not found */

/*
 * Finds the kernel's variable. It is not exported, and its own copy in the image is
 * freed memory: the contents must not have moved the address that sym_find() returns.
 */
void call_init(void)
{
	unsigned long addr = sym_find(NULL, MARK);
	char sym[KSYM_SYMBOL_LEN];

	if (!addr)
		return;
	sprint_symbol(sym, addr);
	if (!strncmp(sym, MARK "+0x0/", strlen(MARK "+0x0/")))
		mark = (bool __percpu __force *)addr;
	else
		pr_info("cannot mark CPUs for kexec: " MARK " is at %s\n", sym);
}

static void mark_this_cpu(void)
{
	if (mark)
		WRITE_ONCE(*this_cpu_ptr(mark), true);
}

#else

void call_init(void)
{
}

static void mark_this_cpu(void)
{
}

#endif

/* Makes a SEAMCALL that the probes do not see. Returns its status. */
u64 call_seam(u64 leaf, struct ledger_regs *regs)
{
	u64 status;

	preempt_disable();
	/* Before the SEAMCALL: an NMI may stop this CPU for kexec right after it. */
	mark_this_cpu();
	status = tdxctl_seamcall(leaf, regs);
	preempt_enable();
	return status;
}
