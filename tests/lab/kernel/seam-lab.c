// SPDX-License-Identifier: GPL-2.0-only
/*
 * seam inside a Linux kernel that believes it has a TDX module.
 *
 * Linux 7.2 initialises the TDX module once, from a subsys_initcall, so the
 * answer to its SEAMCALLs has to be built in and ready before that. The CPU (an
 * emulator without SEAM) raises #UD; a kernel-mode #UD reaches the die chain
 * before the exception table.
 *
 * This object is the whole difference between the lab's kernel and Linux.
 */
#define pr_fmt(fmt) "seam: " fmt

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kdebug.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/uaccess.h>

#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/processor.h>
#include <asm/ptrace.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "seam-debugfs.h"
#include "seam-trap.h"
#include "seam/seam.h"

#define MSR_KEYID_PARTITIONING 0x87

/* Newer than the module that seam models; the kernel calls it as it goes down. */
#define TDH_SYS_DISABLE 69

static struct seam *lab_seam;
static struct seam_config lab_cfg;
static struct seam_debugfs lab_debugfs = { .cfg = &lab_cfg };
static u8 lab_lp_pkg[NR_CPUS];
static bool lab_disabled;

/* A write to an entry also ends the calls of its leaf that are in progress. */
static struct {
	u32 ns;
	u32 writes;
} lab_delay[TDX_LEAF_COUNT];

/* No module is loaded: from boot on, or for a while. */
static bool absent;
module_param(absent, bool, 0644);

#define LAB_MAX_DELAY_NS 4000000000U
#define MAX_COMMAND	 32

#define HELD_NONE -1

/* Where the first CPU stops permanently, and which one it was. */
static char lab_hold_symbol[MAX_COMMAND + 1];
static int lab_held_cpu = HELD_NONE;

static void *lab_map(void *ctx, u64 pa)
{
	return phys_to_virt(pa);
}

static void lab_copy_page(void *ctx, u64 dst_pa, u64 src_pa)
{
	copy_page(phys_to_virt(dst_pa), phys_to_virt(src_pa));
}

/*
 * The guest's program is in the RCX its vCPU was initialised with: how many
 * private pages to touch from which address on, and what to do then.
 */
#define GUEST_BUSY     BIT_ULL(0) /* start over, never halt */
#define GUEST_GPA      GENMASK_ULL(47, 12)
#define GUEST_NR_SHIFT 48

/* Its words: how many pages it has touched, how many interrupts it took. */
enum { GUEST_DONE, GUEST_IRQS };

#define GUEST_STEPS 16 /* pages in one go */

#define EXIT_REASON_EPT_VIOLATION 48
#define EXIT_REASON_TDCALL	  77
#define EPT_VIOLATION_WRITE	  BIT_ULL(1)
#define TDVMCALL_HLT		  12
#define TDVMCALL_INFO		  0x10000

/* As a CPU does on the notification: the interrupts are the guest's now. */
static void guest_take_interrupts(const struct seam_guest *g)
{
	struct {
		unsigned long pir[4];
		unsigned long control;
	} *desc;
	bool any = false;
	u32 i;

	if (!g->posted_desc)
		return;
	desc = phys_to_virt(g->posted_desc);
	clear_bit(0, &desc->control);
	for (i = 0; i < ARRAY_SIZE(desc->pir); i++)
		any |= xchg(&desc->pir[i], 0) != 0;
	g->words[GUEST_IRQS] += any;
}

static void guest_vmcall(struct seam_regs *r, u64 function)
{
	r->rax = EXIT_REASON_TDCALL;
	r->r11 = function;
}

static void guest_ept_violation(struct seam_regs *r, u64 gpa)
{
	r->rax = EXIT_REASON_EPT_VIOLATION;
	r->rcx = EPT_VIOLATION_WRITE;
	r->r8 = gpa;
}

static void lab_enter(void *ctx, u32 lp, struct seam_regs *r)
{
	u64 tdvpr = r->rcx & PAGE_MASK & (BIT_ULL(52) - 1), nr, gpa;
	struct seam_guest g;
	u32 step;

	if (seam_guest_get(lab_seam, tdvpr, &g))
		return; /* it would not have been entered */
	r->rcx = 0;
	r->rdx = 0;
	r->r8 = 0;
	r->r9 = 0;
	r->r10 = 0;
	r->r12 = 0; /* when it halts: interrupts enabled */
	guest_take_interrupts(&g);

	nr = g.initial_rcx >> GUEST_NR_SHIFT;
	for (step = 0; step < GUEST_STEPS && g.words[GUEST_DONE] < nr; step++) {
		gpa = (g.initial_rcx & GUEST_GPA) + g.words[GUEST_DONE] * PAGE_SIZE;
		switch (seam_guest_access(lab_seam, tdvpr, gpa)) {
		case SEAM_ACCESS_OK:
			g.words[GUEST_DONE]++;
			break;
		case SEAM_ACCESS_VIOLATION:
			guest_ept_violation(r, gpa);
			return;
		case SEAM_ACCESS_BUSY:
			step = GUEST_STEPS;
			break;
		}
	}
	if (g.words[GUEST_DONE] < nr) {
		guest_vmcall(r, TDVMCALL_INFO);
	} else if (g.initial_rcx & GUEST_BUSY) {
		g.words[GUEST_DONE] = 0;
		guest_vmcall(r, TDVMCALL_INFO);
	} else {
		guest_vmcall(r, TDVMCALL_HLT);
	}
}

/* Interrupts are off: a long SEAMCALL is as deaf as a real one. */
static void lab_pause(void *ctx, u32 lp, u32 leaf)
{
	u32 ns, writes;
	u64 start;

	if (leaf >= TDX_LEAF_COUNT)
		return;
	writes = smp_load_acquire(&lab_delay[leaf].writes);
	ns = READ_ONCE(lab_delay[leaf].ns);
	if (!ns)
		return;
	start = ktime_get_mono_fast_ns();
	while (READ_ONCE(lab_delay[leaf].writes) == writes && ktime_get_mono_fast_ns() - start < ns)
		cpu_relax();
}

static const struct seam_ops lab_ops = {
	.map = lab_map,
	.copy_page = lab_copy_page,
	.pause = lab_pause,
	.enter = lab_enter,
};

static void lab_answer(struct seam_regs *r)
{
	if (READ_ONCE(lab_disabled)) {
		r->rax = TDX_ST(SYS_SHUTDOWN);
	} else if ((r->rax & TDX_LEAF_MASK) == TDH_SYS_DISABLE) {
		WRITE_ONCE(lab_disabled, true);
		r->rax = 0;
		pr_emerg("TDH.SYS.DISABLE\n");
	} else {
		seam_call(lab_seam, raw_smp_processor_id(), r);
	}
}

static int lab_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct die_args *args = data;
	struct pt_regs *regs = args->regs;
	struct seam_regs r;

	/* With VMX off the instruction does not exist. */
	if (!seam_trap_is_seamcall(event, args) || !(__read_cr4() & X86_CR4_VMXE))
		return NOTIFY_DONE;

	seam_trap_load(&r, regs);
	if (!READ_ONCE(absent))
		lab_answer(&r);
	seam_trap_store(regs, &r);
	/* VMfailInvalid */
	if (READ_ONCE(absent))
		regs->flags |= X86_EFLAGS_CF;
	return NOTIFY_STOP;
}

static struct notifier_block lab_nb = {
	.notifier_call = lab_notify,
	.priority = INT_MAX,
};

/* arch_initcall: all CPUs are up, subsys_initcall(tdx_enable) comes next. */
static int __init lab_init(void)
{
	u64 split;
	u32 cpu;
	void *mem;

	if (rdmsrq_safe(MSR_KEYID_PARTITIONING, &split) || !(split >> 32))
		return 0;

	for_each_possible_cpu(cpu) {
		lab_lp_pkg[cpu] = topology_logical_package_id(cpu);
		lab_cfg.nr_pkgs = max(lab_cfg.nr_pkgs, lab_lp_pkg[cpu] + 1u);
	}
	lab_cfg.nr_lps = num_possible_cpus();
	lab_cfg.lp_pkg = lab_lp_pkg;
	lab_cfg.nr_mktme_keyids = lower_32_bits(split);
	lab_cfg.nr_tdx_keyids = upper_32_bits(split);
	/* mk_keyed_paddr() shifts by this; TME is off, so it is the plain width. */
	lab_cfg.hkid_shift = boot_cpu_data.x86_phys_bits;
	lab_cfg.nr_cmrs = 1;
	lab_cfg.cmr[0].base = 0;
	lab_cfg.cmr[0].size = roundup((u64)max_pfn << PAGE_SHIFT, SZ_1G);

	mem = kvzalloc(seam_size(&lab_cfg), GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	lab_seam = seam_init(mem, &lab_cfg, &lab_ops, NULL);
	if (!lab_seam) {
		pr_err("impossible configuration: %u LPs, %u packages, %u KeyIDs, shift %u\n",
		       lab_cfg.nr_lps, lab_cfg.nr_pkgs, lab_cfg.nr_tdx_keyids, lab_cfg.hkid_shift);
		kvfree(mem);
		return -EINVAL;
	}
	return register_die_notifier(&lab_nb);
}
arch_initcall(lab_init);

/* "LEAF NANOSECONDS": at most, see lab_delay */
static ssize_t delay_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	char buf[MAX_COMMAND + 1] = "", end;
	u32 leaf, ns;

	if (len > MAX_COMMAND)
		return -E2BIG;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	if (sscanf(buf, "%u %u %c", &leaf, &ns, &end) != 2 || leaf >= TDX_LEAF_COUNT ||
	    ns > LAB_MAX_DELAY_NS)
		return -EINVAL;
	WRITE_ONCE(lab_delay[leaf].ns, ns);
	smp_store_release(&lab_delay[leaf].writes, lab_delay[leaf].writes + 1);
	return len;
}

static const struct file_operations delay_fops = {
	.open = simple_open,
	.write = delay_write,
};

static int hold_handler(struct kprobe *kp, struct pt_regs *regs)
{
	if (cmpxchg(&lab_held_cpu, HELD_NONE, raw_smp_processor_id()) != HELD_NONE)
		return 0;
	while (true)
		cpu_relax();
}

static struct kprobe hold_kp = {
	.symbol_name = lab_hold_symbol,
	.pre_handler = hold_handler,
};

/* "FUNCTION": the next CPU there stays, until the kernel dies. Once per boot. */
static ssize_t hold_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	char buf[MAX_COMMAND + 1] = "";
	int ret;

	if (len > MAX_COMMAND)
		return -E2BIG;
	if (copy_from_user(buf, ubuf, len))
		return -EFAULT;
	if (lab_hold_symbol[0])
		return -EBUSY;
	strscpy(lab_hold_symbol, strim(buf));
	ret = register_kprobe(&hold_kp);
	return ret ? ret : len;
}

static ssize_t hold_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	char buf[MAX_COMMAND];

	return simple_read_from_buffer(ubuf, len, pos, buf,
				       scnprintf(buf, sizeof(buf), "%d\n",
						 READ_ONCE(lab_held_cpu)));
}

static const struct file_operations hold_fops = {
	.open = simple_open,
	.read = hold_read,
	.write = hold_write,
};

/* For tests only: the truth, faults to inject, and how long a SEAMCALL takes. */
static int __init lab_debugfs_init(void)
{
	struct dentry *dir;

	lab_debugfs.seam = lab_seam;
	if (!lab_seam)
		return 0;
	dir = debugfs_create_dir("seam", NULL);
	seam_debugfs_create(dir, &lab_debugfs);
	debugfs_create_file("delay", 0200, dir, NULL, &delay_fops);
	debugfs_create_file("hold", 0600, dir, NULL, &hold_fops);
	return 0;
}
late_initcall(lab_debugfs_init);
