// SPDX-License-Identifier: GPL-2.0-only
/* SEAMCALL raises #UD on a CPU without TDX; the die notifier executes it in seam. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/kdebug.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/processor-flags.h>
#include <asm/ptrace.h>
#include <asm/trapnr.h>

#include "emul.h"
#include "seam-trap.h"

static_assert(offsetof(struct tdx_module_args, rcx) == 0);
static_assert(offsetof(struct tdx_module_args, r8) == 16);
static_assert(offsetof(struct tdx_module_args, r11) == 40);

static u32 delay_ns[TDX_LEAF_COUNT];

void emul_set_delay(u32 leaf, u32 ns)
{
	WRITE_ONCE(delay_ns[leaf], ns);
}

u32 emul_get_delay(u32 leaf)
{
	return READ_ONCE(delay_ns[leaf]);
}

static void *trap_map(void *ctx, u64 pa)
{
	return phys_to_virt(pa);
}

static void trap_copy_page(void *ctx, u64 dst_pa, u64 src_pa)
{
	copy_page(phys_to_virt(dst_pa), phys_to_virt(src_pa));
}

/* Interrupts are off, as during a real SEAMCALL. */
static void trap_pause(void *ctx, u32 lp, u32 leaf)
{
	u32 ns = leaf < TDX_LEAF_COUNT ? READ_ONCE(delay_ns[leaf]) : 0;
	u64 start;

	if (!ns)
		return;
	start = ktime_get_mono_fast_ns();
	while (ktime_get_mono_fast_ns() - start < ns)
		cpu_relax();
}

static const struct seam_ops trap_seam_ops = {
	.map = trap_map,
	.copy_page = trap_copy_page,
	.pause = trap_pause,
};

static void trap_answer(struct pt_regs *regs, u32 cpu)
{
	struct seam_regs r;

	seam_trap_load(&r, regs);
	seam_call(emul.seam, cpu, &r);
	seam_trap_store(regs, &r);
}

/*
 * For a #UD in kernel mode the die chain runs before the exception table, with
 * interrupts off, so the CPU does not change until the SEAMCALL is complete.
 */
static int trap_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct die_args *args = data;
	u32 cpu;

	if (!seam_trap_is_seamcall(event, args))
		return NOTIFY_DONE;

	cpu = raw_smp_processor_id();
	if (cpu >= emul.nr_lps)
		return NOTIFY_DONE;
	trap_answer(args->regs, cpu);
	return NOTIFY_STOP;
}

static struct notifier_block trap_nb = {
	.notifier_call = trap_notify,
	.priority = INT_MAX,
};

/*
 * Executes SEAMCALL before the notifier is registered. #UD can be emulated. #GP, on a
 * CPU with SEAM that the firmware has disabled, cannot: the exception table handles it
 * before the die chain. Any other result comes from a real TDX module.
 */
static int trap_probe(void)
{
	struct tdx_module_args args = {};
	u64 status = emul_seamcall_probe(TDH_SYS_RD, &args);

	if (status == TDX_SEAMCALL_UD)
		return 0;
	if (status == TDX_SEAMCALL_GP)
		pr_err("SEAMCALL raises #GP: the firmware has disabled TDX on this CPU; not emulating\n");
	else
		pr_err("SEAMCALL returned 0x%llx: this host has a TDX module; not emulating\n",
		       status);
	return -ENODEV;
}

int emul_trap_init(void)
{
	void *mem;
	int ret;

	ret = trap_probe();
	if (ret)
		return ret;

	mem = kvzalloc(seam_size(&emul.seam_cfg), GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	emul.seam = seam_init(mem, &emul.seam_cfg, &trap_seam_ops, NULL);
	if (!emul.seam) {
		pr_err("cannot emulate a TDX module with %u CPUs, %u packages and %u private KeyIDs\n",
		       emul.nr_lps, emul.nr_pkgs, emul.nr_keyids);
		kvfree(mem);
		return -EINVAL;
	}

	ret = register_die_notifier(&trap_nb);
	if (ret) {
		kvfree(emul.seam);
		emul.seam = NULL;
	}
	return ret;
}

void emul_trap_exit(void)
{
	/* Waits for running handlers. */
	unregister_die_notifier(&trap_nb);
	kvfree(emul.seam);
	emul.seam = NULL;
}
