// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl.ko: observes and controls TDX on a host, for tdxctl(8). */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "tdxctl_drv.h"
#include "release/release.h"
#include "watch/watch.h"

static int __init tdxctl_init(void)
{
	int ret;

	ret = cpus_init(observe_cpu_package);
	if (ret)
		return ret;
	ret = cpucheck_init();
	if (ret)
		goto err_cpus;
	call_init();
	vmfile_init();
	ret = reclaim_init();
	if (ret)
		goto err_check;
	ret = probe_init();
	if (ret)
		goto err_reclaim;
	ret = attach_init();
	if (ret)
		goto err_probe;
	ret = events_init();
	if (ret)
		goto err_attach;
	ret = dev_init();
	if (ret)
		goto err_events;
	dbg_init();
	return 0;

err_events:
	events_exit();
err_attach:
	attach_exit();
	early_vm_exit();
err_probe:
	probe_exit();
err_reclaim:
	locks_exit();
	reclaim_exit();
err_check:
	cpucheck_exit();
err_cpus:
	cpus_exit();
	return ret;
}

/*
 * No file is open, no release runs and no VM released early is left, because each
 * holds a reference on the module. The probes are removed before what their handlers
 * use.
 */
static void __exit tdxctl_exit(void)
{
	dbg_exit();
	dev_exit();
	job_exit();
	events_exit();
	/* From here on KVM calls no hook. */
	attach_exit();
	early_vm_exit();
	reclaim_exit();
	probe_exit();
	locks_exit();
	cpucheck_exit();
	cpus_exit();
}

module_init(tdxctl_init);
module_exit(tdxctl_exit);

MODULE_DESCRIPTION("Intel TDX host observer and controller");
MODULE_AUTHOR("tdxctl contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(TDXCTL_VERSION);
