// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches to the loaded KVM: takes the layout of its structures from user space, and
 * enables what depends on it, until KVM is unloaded.
 */
#include <linux/capability.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/security.h>
#include <linux/string.h>

#include "tdxctl_drv.h"
#include "release/release.h"

/*
 * The layout says where to read; early_reason() refuses to write with it. Each question
 * is logged while the kernel is locked down, which it stays until it is booted again.
 */
static bool locked_down(void)
{
	static bool yes;

	if (!READ_ONCE(yes) && security_locked_down(LOCKDOWN_KCORE))
		WRITE_ONCE(yes, true);
	return READ_ONCE(yes);
}

/* TDXCTL_IOC_LAYOUT */
int attach_layout(const struct tdxctl_layout *l)
{
	struct tdxctl_layout set = *l;
	int ret = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (locked_down())
		return -EPERM;
	if (l->flags || l->sept_callback >= TDXCTL_SEPT_CALLBACKS ||
	    l->sept_problem >= TDXCTL_SEPT_PROBLEMS || l->pamt_put > 1 || !layout_valid(l))
		return -EINVAL;
	/* The structure of the caller may be longer. */
	set.size = sizeof(set);
	mutex_lock(&layout_mutex);
	if (!memcmp(&set, layout_get_locked(), sizeof(set)))
		goto out;
	ret = -EBUSY;
	if (early_vm_any())
		goto out;
	layout_set_locked(&set);
	early_resolve(&set);
	vmgone_arm(&set);
	ret = 0;
out:
	mutex_unlock(&layout_mutex);
	return ret;
}

/* KVM may be loaded again from another build, with another layout. */
static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	kvm_traits_forget();
	/*
	 * Also for a KVM that is being loaded: a layout that was set after the previous
	 * KVM began to be unloaded belongs to functions that no longer exist.
	 */
	if ((state == MODULE_STATE_GOING || state == MODULE_STATE_COMING) &&
	    (!strcmp(mod->name, "kvm_intel") || !strcmp(mod->name, "kvm"))) {
		mutex_lock(&layout_mutex);
		layout_set_locked(NULL);
		vmgone_disarm();
		mutex_unlock(&layout_mutex);
		early_vm_retire();
	}
	return NOTIFY_OK;
}

static struct notifier_block module_nb = {
	.notifier_call = on_module,
};

int attach_init(void)
{
	return register_module_notifier(&module_nb);
}

void attach_exit(void)
{
	unregister_module_notifier(&module_nb);
	vmgone_disarm();
}
