// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: packages, enabling CPUs, CPU hotplug. */

#include "tdmgr-priv.h"

/* Returns the first online CPU of @pkg, or TDMGR_NO_CPU. */
u32 tdmgr_pkg_cpu(struct tdmgr *m, u32 pkg)
{
	u32 cpu;

	for (cpu = 0; cpu < m->cfg.nr_cpus; cpu++)
		if (m->cpu_pkg[cpu] == pkg && m->ops.cpu_online(m->ctx, cpu))
			return cpu;
	return TDMGR_NO_CPU;
}

/*
 * Returns true if every package has an online CPU. A CPU of each package must
 * generate keys and write back caches.
 */
bool tdmgr_pkgs_covered(struct tdmgr *m)
{
	u32 pkg;

	for (pkg = 0; pkg < m->cfg.nr_pkgs; pkg++) {
		if (tdmgr_pkg_cpu(m, pkg) != TDMGR_NO_CPU)
			continue;
		tdmgr_log(m, TDMGR_ERR,
			  "package %u has no online CPU: bring a CPU of every package online and retry",
			  pkg);
		return false;
	}
	return true;
}

bool tdmgr_cpu_enabled(const struct tdmgr *m, u32 cpu)
{
	return cpu < m->cfg.nr_cpus && core_load32(&m->cpu_enabled[cpu]);
}

/* @run_on: @cpu, or TDMGR_THIS_CPU if this code runs on @cpu. */
static int tdmgr_enable_cpu(struct tdmgr *m, u32 cpu, u32 run_on)
{
	struct tdmgr_args args = { 0 };
	u64 status;

	if (tdmgr_cpu_enabled(m, cpu))
		return 0;
	status = tdmgr_call_on(m, NULL, run_on, TDH_SYS_LP_INIT, &args);
	if (status && status != TDX_ST(SYS_LP_INIT_DONE)) {
		tdmgr_log(m, TDMGR_ERR, "CPU %u cannot run TDs: %s failed: %s (0x%llx)", cpu,
			  tdmgr_leaf_name(TDH_SYS_LP_INIT), TDMGR_ST_ARGS(status));
		return tdmgr_errno(status);
	}
	core_store32(&m->cpu_enabled[cpu], 1);
	return 0;
}

/* The caller holds TDMGR_LOCK_CPUS and excludes other callers. */
int tdmgr_enable_cpus(struct tdmgr *m)
{
	u32 cpu;
	int ret;

	for (cpu = 0; cpu < m->cfg.nr_cpus; cpu++) {
		if (!m->ops.cpu_online(m->ctx, cpu))
			continue;
		ret = tdmgr_enable_cpu(m, cpu, cpu);
		if (ret)
			return ret;
	}
	return 0;
}

/* The hotplug thread may be bound to @cpu already; then it makes the call itself. */
static u32 tdmgr_hotplug_cpu(struct tdmgr *m, u32 cpu)
{
	return m->ops.this_cpu(m->ctx) == cpu ? TDMGR_THIS_CPU : cpu;
}

int tdmgr_cpu_online(struct tdmgr *m, u32 cpu)
{
	if (cpu >= m->cfg.nr_cpus)
		return -EINVAL;
	/* TDMGR_LOCK_CPUS is held exclusively, so the number of TDs is stable. */
	if (!m->nr_tds)
		return 0;
	return tdmgr_enable_cpu(m, cpu, tdmgr_hotplug_cpu(m, cpu)) ? -EIO : 0;
}

int tdmgr_cpu_offline(struct tdmgr *m, u32 cpu)
{
	struct tdmgr_td *td;
	u32 i, used;

	if (cpu >= m->cfg.nr_cpus)
		return -EINVAL;
	used = tdmgr_hkids_used(m);
	for (i = 0; i < m->cfg.nr_cpus; i++)
		if (i != cpu && m->cpu_pkg[i] == m->cpu_pkg[cpu] && m->ops.cpu_online(m->ctx, i))
			break;
	if (i == m->cfg.nr_cpus && used) {
		tdmgr_log(m, TDMGR_WARN,
			  "CPU %u must stay online: it is the last online CPU of package %u and %u HKIDs are in use",
			  cpu, m->cpu_pkg[cpu], used);
		return -EBUSY;
	}
	/* TDH.VP.FLUSH works only on the associated CPU, which goes offline now. */
	for (td = m->tds; td; td = td->next) {
		int ret = tdmgr_vcpus_leave_cpu(td, cpu, tdmgr_hotplug_cpu(m, cpu));

		if (ret)
			return ret;
	}
	return 0;
}
