// SPDX-License-Identifier: GPL-2.0-only
/*
 * kretprobes on the SEAMCALL entry points, which are found by name in any module.
 *
 * __seamcall(leaf, args) returns only the status; __seamcall_ret(leaf, args) also
 * stores the output registers in args. __seamcall_saved_ret (TDH.VP.ENTER) is not
 * probed: it is noinstr and called very often.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kprobes.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "watch.h"

#define KVM_MODULE "kvm_intel"

struct seamcall_probe {
	const char *symbol;
	u64 feature;
	kretprobe_handler_t handler;
	struct kretprobe rp;
	bool armed;
};

static int on_entry(struct kretprobe_instance *ri, struct pt_regs *regs);
static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs);
static int on_return_ret(struct kretprobe_instance *ri, struct pt_regs *regs);

static struct seamcall_probe probes[] = {
	{
		.symbol = "__seamcall",
		.feature = TDXCTL_F_SEAMCALL,
		.handler = on_return,
	},
	{
		.symbol = "__seamcall_ret",
		.feature = TDXCTL_F_SEAMCALL_RET,
		.handler = on_return_ret,
	},
};

/* Protects all below and the armed flags. */
static DEFINE_MUTEX(probe_mutex);
static char provider_name[MODULE_NAME_LEN];

/* @nested: count calls that the kprobe missed, else those the kretprobe missed. */
static unsigned long sum_missed(bool nested)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		n += nested ? READ_ONCE(probes[i].rp.kp.nmissed) : READ_ONCE(probes[i].rp.nmissed);
	return n;
}

/* Returns the number of SEAMCALLs that were missed and may have changed the state. */
unsigned long probe_missed(void)
{
	return sum_missed(false);
}

/*
 * Returns the number of SEAMCALLs that were missed because kprobes do not nest: an
 * interrupt made them during any probe. KVM makes only TDH.VP.FLUSH in interrupts,
 * when a vCPU moves to another CPU or ends. It changes nothing in the records, and
 * TDH.MNG.VPFLUSHDONE shows whether all vCPUs were flushed.
 */
unsigned long probe_nested(void)
{
	return sum_missed(true);
}

static int on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	observe_begin((struct observe_call *)ri->data, regs->di,
		      (const struct ledger_regs *)regs->si, probe_missed());
	return 0;
}

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	observe_end((struct observe_call *)ri->data, regs_return_value(regs), false);
	return 0;
}

static int on_return_ret(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	observe_end((struct observe_call *)ri->data, regs_return_value(regs), true);
	return 0;
}

/*
 * Checks the code itself for the breakpoint: all kprobes can be switched off at any
 * time, and register_kprobe() succeeds even if the probe could not be armed (7.2).
 */
static bool in_place(const struct kprobe *kp)
{
	kprobe_opcode_t now;

	return !copy_from_kernel_nofault(&now, kp->addr, sizeof(now)) && now != kp->opcode;
}

static void disarm(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (!probes[i].armed)
			continue;
		unregister_kretprobe(&probes[i].rp);
		probes[i].armed = false;
	}
	provider_name[0] = '\0';
}

/*
 * The mutexes are in the emulator or, as static variables, in kvm_intel, regardless
 * of where the entry points are. Mutexes of other modules may have the same name.
 */
static void find_locks(const char *module)
{
	if (!provider_name[0])
		return;
	if (!strcmp(module, provider_name) || !strcmp(module, KVM_MODULE))
		locks_find(module);
}

/*
 * Returns the number of calls that a probe can follow at once: one on each CPU; before
 * 6.18 also preempted ones. Limited, because since 6.7 the kernel reserves room for all
 * of them on each CPU: 4 MiB with 512 CPUs, but 1 GiB with 8192. A call beyond the
 * limit is counted as missed.
 */
static int max_calls(void)
{
	int cpus = num_possible_cpus();

	return clamp(LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0) ? 2 * cpus : cpus, 64, 1024);
}

/* Probes the entry points, if they exist. @from_start: their module has not run yet. */
static int attach(bool from_start)
{
	char provider[MODULE_NAME_LEN] = "";
	unsigned long addr;
	int i, ret;

	lockdep_assert_held(&probe_mutex);
	if (provider_name[0])
		return 0;
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		addr = sym_find(NULL, probes[i].symbol);
		if (addr && !sym_module(addr, provider, sizeof(provider)))
			from_start = false;
	}
	if (!provider[0])
		return -ENOENT;

	ret = observe_start(provider, from_start);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		struct seamcall_probe *p = &probes[i];

		p->rp = (struct kretprobe){
			.kp.symbol_name = p->symbol,
			.handler = p->handler,
			.entry_handler = on_entry,
			.data_size = sizeof(struct observe_call),
			.maxactive = max_calls(),
		};
		ret = register_kretprobe(&p->rp);
		if (ret)
			pr_info("cannot probe %s (%d)\n", p->symbol, ret);
		p->armed = !ret;
		if (p->armed)
			strscpy(provider_name, provider, sizeof(provider_name));
	}
	if (!provider_name[0]) {
		observe_stop();
		return -ENOENT;
	}
	find_locks(provider);
	find_locks(KVM_MODULE);
	pr_info("observing SEAMCALLs of %s%s\n", provider, from_start ? " from its start" : "");
	return 0;
}

static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	mutex_lock(&probe_mutex);
	switch (state) {
	case MODULE_STATE_COMING:
	case MODULE_STATE_LIVE:
		attach(state == MODULE_STATE_COMING);
		find_locks(mod->name);
		break;
	case MODULE_STATE_GOING:
		locks_forget(mod->name);
		if (!strcmp(mod->name, provider_name)) {
			disarm();
			observe_stop();
			pr_info("%s is being unloaded, observation ended\n", mod->name);
		}
		break;
	}
	mutex_unlock(&probe_mutex);
	return NOTIFY_OK;
}

static struct notifier_block module_nb = {
	.notifier_call = on_module,
};

u64 probe_features(char *provider, size_t len)
{
	u64 features = 0;
	int i;

	mutex_lock(&probe_mutex);
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (probes[i].armed && in_place(&probes[i].rp.kp))
			features |= probes[i].feature;
	strscpy(provider, provider_name, len);
	mutex_unlock(&probe_mutex);
	return features;
}

int probe_init(void)
{
	int ret;

	ret = observe_start("", false);
	if (ret)
		return ret;
	ret = register_module_notifier(&module_nb);
	if (ret) {
		observe_exit();
		return ret;
	}
	mutex_lock(&probe_mutex);
	if (attach(false) == -ENOENT)
		pr_info("no SEAMCALL entry point found; waiting for a module with one\n");
	mutex_unlock(&probe_mutex);
	return 0;
}

void probe_exit(void)
{
	unregister_module_notifier(&module_nb);
	mutex_lock(&probe_mutex);
	disarm();
	mutex_unlock(&probe_mutex);
	observe_exit();
}
