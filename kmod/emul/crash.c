// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that dies: a CPU that stops inside a function permanently, a panic notifier
 * that makes a SEAMCALL, as the crash path of kernels with TDX does, and an NMI handler
 * that makes one, as the machine check handler does.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include <asm/apic.h>
#include <asm/io.h>
#include <asm/nmi.h>

#include "emul.h"

#define FIELD_MAJOR_VERSION 0x0800000100000004ULL

static DEFINE_MUTEX(crash_lock);
static char hold_symbol[KSYM_NAME_LEN];
static u64 hold_ns;
/* The CPU that stopped at the symbol, or one of enum emul_held. */
static int held_cpu = EMUL_HELD_OFF;
static bool hold_over;

/* The first CPU that gets here stays, until the time is over or its kernel is. */
static int hold_handler(struct kprobe *kp, struct pt_regs *regs)
{
	u64 start = ktime_get_mono_fast_ns();

	if (cmpxchg(&held_cpu, EMUL_HELD_NONE, raw_smp_processor_id()) != EMUL_HELD_NONE)
		return 0;
	while (!READ_ONCE(hold_over) && ktime_get_mono_fast_ns() - start < hold_ns)
		cpu_relax();
	WRITE_ONCE(held_cpu, EMUL_HELD_OVER);
	return 0;
}

static struct kprobe hold_kp = {
	.symbol_name = hold_symbol,
	.pre_handler = hold_handler,
};
static bool hold_armed;

static void hold_end(void)
{
	if (!hold_armed)
		return;
	WRITE_ONCE(hold_over, true);
	unregister_kprobe(&hold_kp);
	hold_armed = false;
}

/**
 * emul_hold_cpu() - stops the next CPU that enters a function
 * @symbol: the function; another call replaces the last one
 * @ms: how long, unless the CPU is stopped before
 *
 * Return: 0, or what register_kprobe() answers.
 */
int emul_hold_cpu(const char *symbol, u32 ms)
{
	int ret;

	if (strlen(symbol) >= sizeof(hold_symbol))
		return -E2BIG;
	mutex_lock(&crash_lock);
	hold_end();
	strscpy(hold_symbol, symbol, sizeof(hold_symbol));
	/* A kprobe that was used before has to look new. */
	memset(&hold_kp, 0, sizeof(hold_kp));
	hold_kp.symbol_name = hold_symbol;
	hold_kp.pre_handler = hold_handler;
	hold_ns = (u64)ms * NSEC_PER_MSEC;
	hold_over = false;
	held_cpu = EMUL_HELD_NONE;
	ret = register_kprobe(&hold_kp);
	hold_armed = !ret;
	if (ret)
		held_cpu = EMUL_HELD_OFF;
	mutex_unlock(&crash_lock);
	return ret;
}

/* Returns the CPU that is held, or one of enum emul_held. */
int emul_held_cpu(void)
{
	return READ_ONCE(held_cpu);
}

/* A SEAMCALL that changes nothing. */
u64 emul_one_seamcall(void)
{
	struct tdx_module_args args = { .rdx = FIELD_MAJOR_VERSION };

	return __seamcall_ret(TDH_SYS_RD, &args);
}

static int panic_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	pr_emerg("a SEAMCALL from a panic notifier begins\n");
	pr_emerg("a SEAMCALL from a panic notifier returned 0x%llx\n", emul_one_seamcall());
	return NOTIFY_DONE;
}

static struct notifier_block panic_nb = {
	.notifier_call = panic_notify,
	.priority = INT_MAX,
};
static bool panic_registered;

/* From now on a panic makes a SEAMCALL before its crash kernel starts. */
int emul_panic_seamcall(void)
{
	int ret = 0;

	mutex_lock(&crash_lock);
	if (!panic_registered) {
		ret = atomic_notifier_chain_register(&panic_notifier_list, &panic_nb);
		panic_registered = !ret;
	}
	mutex_unlock(&crash_lock);
	return ret;
}

#define NMI_WAIT_NS (5 * NSEC_PER_SEC)

static int nmi_cpu = -1; /* the CPU that an NMI of ours is for */
static u64 nmi_page, nmi_status;
static bool nmi_registered;

/* tdx_dump_mce_info(): is the page with the memory error one of the TDX module? */
static int nmi_handler(unsigned int type, struct pt_regs *regs)
{
	struct tdx_module_args args = { .rcx = nmi_page };

	if (READ_ONCE(nmi_cpu) != raw_smp_processor_id())
		return NMI_DONE;
	nmi_status = __seamcall_ret(TDH_PHYMEM_PAGE_RDMD, &args);
	/* Pairs with emul_nmi_seamcall(). */
	smp_store_release(&nmi_cpu, -1);
	return NMI_HANDLED;
}

/*
 * Makes a SEAMCALL from an NMI on this CPU. Returns its status, or TDX_SEAMCALL_UD if
 * the NMI has not returned in time.
 */
u64 emul_nmi_seamcall(void)
{
	u64 start, size, status = TDX_SEAMCALL_UD;

	mutex_lock(&crash_lock);
	emul_tdmr(0, &nmi_page, &size);
	if (!nmi_registered)
		nmi_registered = !register_nmi_handler(NMI_LOCAL, nmi_handler, 0, "tdx_emul");
	if (!nmi_registered)
		goto out;
	preempt_disable();
	WRITE_ONCE(nmi_cpu, smp_processor_id());
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	preempt_enable();
	start = ktime_get_mono_fast_ns();
	/* Pairs with nmi_handler(). */
	while (smp_load_acquire(&nmi_cpu) >= 0)
		if (ktime_get_mono_fast_ns() - start > NMI_WAIT_NS)
			goto out;
	status = nmi_status;
out:
	mutex_unlock(&crash_lock);
	return status;
}

void emul_crash_exit(void)
{
	hold_end();
	if (nmi_registered)
		unregister_nmi_handler(NMI_LOCAL, "tdx_emul");
	if (panic_registered)
		atomic_notifier_chain_unregister(&panic_notifier_list, &panic_nb);
}
