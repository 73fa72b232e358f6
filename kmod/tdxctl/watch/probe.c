// SPDX-License-Identifier: GPL-2.0-only
/*
 * kretprobes on the SEAMCALL entry points, by name, whichever module has them.
 *
 * __seamcall(leaf, args) returns only the status; __seamcall_ret(leaf, args)
 * also leaves the output registers in args. __seamcall_saved_ret (TDH.VP.ENTER)
 * is noinstr and hot; it is left alone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "watch.h"

#define KVM_MODULE	"kvm_intel"

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

/* Protects everything below and the armed flags. */
static DEFINE_MUTEX(probe_mutex);
static char provider_name[MODULE_NAME_LEN];

static unsigned long sum_missed(bool nested)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		n += nested ? READ_ONCE(probes[i].rp.kp.nmissed) : READ_ONCE(probes[i].rp.nmissed);
	return n;
}

/* SEAMCALLs that the probes did not see, and that may have changed anything. */
unsigned long probe_missed(void)
{
	return sum_missed(false);
}

/*
 * kprobes do not nest: a SEAMCALL by an interrupt in the middle of any probe is
 * not seen. The only one that KVM makes by an interrupt is TDH.VP.FLUSH, for a
 * vCPU that goes to another CPU or away; it changes nothing that is recorded,
 * and whether all of a TD's vCPUs were flushed TDH.MNG.VPFLUSHDONE tells.
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
 * All kprobes can be switched off at any time, and register_kprobe() is content
 * with one that could not be armed (7.2): the code tells.
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
 * The mutexes are in the emulator or, static, in kvm_intel, wherever the entry
 * points are. The name of another module's mutex may be the same.
 */
static void find_locks(const char *module)
{
	if (!provider_name[0])
		return;
	if (!strcmp(module, provider_name) || !strcmp(module, KVM_MODULE))
		locks_find(module);
}

/* Looks for the entry points; @from_start: their module has not run yet. */
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

		p->rp = (struct kretprobe) {
			.kp.symbol_name = p->symbol,
			.handler = p->handler,
			.entry_handler = on_entry,
			.data_size = sizeof(struct observe_call),
			/* One call per CPU, and a few preempted ones. */
			.maxactive = max_t(int, 64, 2 * num_possible_cpus()),
		};
		ret = register_kretprobe(&p->rp);
		if (ret)
			pr_info("%s: not observed (%d)\n", p->symbol, ret);
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
	pr_info("observing SEAMCALLs of %s%s\n", provider,
		from_start ? " from its start" : "");
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
			pr_info("%s is gone\n", mod->name);
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
		pr_info("no SEAMCALL entry point in this kernel yet\n");
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
