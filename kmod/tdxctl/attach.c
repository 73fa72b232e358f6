// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches to the loaded KVM: reads its types, and enables what depends on them, until KVM
 * is unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "tdxctl_drv.h"
#include "release/release.h"

static void attach_fn(struct work_struct *work);
static DECLARE_WORK(attach_work, attach_fn);

static u32 changes;  /* KVM's modules that came or went; under layout_mutex */
static bool leaving; /* this module is being unloaded; under layout_mutex */
static bool absent;  /* a file with types could not be opened */

/* KVM calls nothing of this module any more, because it was unloaded. */
static bool detached;
static DECLARE_WAIT_QUEUE_HEAD(detached_wq);

/*
 * The files are read without layout_mutex, and what they say is forgotten if KVM was
 * loaded or unloaded meanwhile: then this runs again.
 */
static void attach_fn(struct work_struct *work)
{
	char why[LAYOUT_ERROR_LEN];
	struct kvm_layout l;
	u32 before;
	int ret;

	/* Takes a grace period, for which no release should wait. */
	kvm_traits_get();
	mutex_lock(&layout_mutex);
	before = changes;
	ret = leaving || layout_get_locked()->known;
	mutex_unlock(&layout_mutex);
	if (ret)
		return;
	ret = types_read(&l, why, sizeof(why));
	mutex_lock(&layout_mutex);
	if (before == changes) {
		WRITE_ONCE(absent, ret == -ENOENT);
		if (ret) {
			layout_forget_locked(why);
		} else {
			layout_set_locked(&l);
			early_resolve(&l);
			vmgone_arm(&l);
		}
	}
	mutex_unlock(&layout_mutex);
}

/*
 * Waits until the types of the current KVM are read. A file that was absent may have
 * appeared: sysfs may be mounted after this module was loaded.
 */
void attach_wait(void)
{
	if (READ_ONCE(absent))
		queue_work(compat_unbound_wq, &attach_work);
	flush_work(&attach_work);
}

/* KVM may be loaded again from another build, with another layout. */
static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (mod == THIS_MODULE)
		return NOTIFY_OK;
	kvm_traits_forget();
	/* The file with the types of a module exists before the module is live. */
	if (state == MODULE_STATE_LIVE) {
		queue_work(compat_unbound_wq, &attach_work);
		return NOTIFY_OK;
	}
	if (strcmp(mod->name, "kvm_intel") && strcmp(mod->name, "kvm"))
		return NOTIFY_OK;
	/* COMING as well: types that were read too late belong to the previous KVM. */
	mutex_lock(&layout_mutex);
	changes++;
	layout_forget_locked("KVM is not loaded");
	vmgone_disarm();
	mutex_unlock(&layout_mutex);
	early_vm_retire(true);
	WRITE_ONCE(detached, true);
	wake_up_all(&detached_wq);
	return NOTIFY_OK;
}

static struct notifier_block module_nb = {
	.notifier_call = on_module,
};

int attach_init(void)
{
	int ret = register_module_notifier(&module_nb);

	if (ret)
		return ret;
	mutex_lock(&layout_mutex);
	layout_forget_locked("not read yet");
	mutex_unlock(&layout_mutex);
	queue_work(compat_unbound_wq, &attach_work);
	return 0;
}

/*
 * Nothing of KVM calls this module afterwards. If ftrace has stopped after an error, the
 * hooks of KVM cannot be removed: then KVM must be unloaded first, and the unload of this
 * module, which cannot be refused any more, waits for it.
 */
void attach_exit(void)
{
	bool removed;

	WRITE_ONCE(detached, false);
	mutex_lock(&layout_mutex);
	leaving = true;
	changes++;
	removed = vmgone_disarm();
	mutex_unlock(&layout_mutex);
	if (!early_vm_retire(false) || !removed) {
		pr_err("ftrace has stopped after an error, so the hooks of KVM cannot be removed: the unload waits. To end it, stop all VMs and unload kvm_intel.\n");
		wait_event_idle(detached_wq, READ_ONCE(detached));
	}
	unregister_module_notifier(&module_nb);
	cancel_work_sync(&attach_work);
}
