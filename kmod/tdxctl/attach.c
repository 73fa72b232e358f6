// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM comes and goes: takes its layout from user space, and puts to use what is
 * built on that.
 */
#include <linux/capability.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/security.h>
#include <linux/string.h>

#include "tdxctl_drv.h"
#include "release/release.h"

int attach_layout(const struct tdxctl_layout *l)
{
	struct tdxctl_layout set = *l;
	int ret = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	/* It says where to read; where to write is refused by early_reason(). */
	if (security_locked_down(LOCKDOWN_KCORE))
		return -EPERM;
	if (l->flags || l->reserved || l->sept_callback >= TDXCTL_SEPT_CALLBACKS ||
	    !layout_valid(l))
		return -EINVAL;
	/* Of the caller's structure, which may be a longer one. */
	set.size = sizeof(set);
	mutex_lock(&layout_mutex);
	if (!memcmp(&set, layout_get_locked(), sizeof(set)))
		goto out;
	ret = -EBUSY;
	if (early_vm_any())
		goto out;
	layout_set_locked(&set);
	early_resolve();
	vmgone_arm(&set);
	ret = 0;
out:
	mutex_unlock(&layout_mutex);
	return ret;
}

/* The next KVM to be loaded may be another build. */
static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (state == MODULE_STATE_GOING &&
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
