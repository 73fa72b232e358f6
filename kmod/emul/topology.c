// SPDX-License-Identifier: GPL-2.0-only
/* The host at load: CPUs, packages, KeyIDs. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "emul.h"

struct emul_host emul;

/* Returns the index of a physical package id, or -ENOENT. */
int emul_pkg_index(int phys)
{
	u32 i;

	for (i = 0; i < emul.nr_pkgs; i++)
		if (emul.phys_pkg[i] == phys)
			return i;
	return -ENOENT;
}

/*
 * Finds the packages of the present CPUs. A CPU that is not present has no package yet:
 * it is assigned to the first one, and checked when it comes online.
 */
int emul_topology_init(void)
{
	int phys, cpu, index;

	emul.nr_lps = nr_cpu_ids;
	emul.lp_pkg = kcalloc(emul.nr_lps, sizeof(*emul.lp_pkg), GFP_KERNEL);
	if (!emul.lp_pkg)
		return -ENOMEM;

	cpus_read_lock();
	for_each_present_cpu(cpu) {
		phys = topology_physical_package_id(cpu);
		index = emul_pkg_index(phys);
		if (index < 0 && emul.nr_pkgs < TDX_MAX_PKGS) {
			index = emul.nr_pkgs++;
			emul.phys_pkg[index] = phys;
		}
		if (index < 0)
			break;
		emul.lp_pkg[cpu] = index;
	}
	cpus_read_unlock();
	if (index < 0) {
		pr_err("more than %u packages\n", TDX_MAX_PKGS);
		emul_topology_exit();
		return -E2BIG;
	}

	emul.seam_cfg.nr_lps = emul.nr_lps;
	emul.seam_cfg.lp_pkg = emul.lp_pkg;
	emul.seam_cfg.nr_pkgs = emul.nr_pkgs;
	emul.seam_cfg.nr_mktme_keyids = emul.nr_mktme;
	emul.seam_cfg.nr_tdx_keyids = emul.nr_keyids;
	emul.seam_cfg.hkid_shift = emul.hkid_shift;
	emul.seam_cfg.late_lp_init = true;
	return 0;
}

void emul_topology_exit(void)
{
	kfree(emul.lp_pkg);
	emul.lp_pkg = NULL;
}
