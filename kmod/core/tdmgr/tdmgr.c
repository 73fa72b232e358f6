// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: SEAMCALLs with their retries, bring-up, HKID pool, CPU hotplug. */

#include "tdmgr-priv.h"

/* System-wide metadata fields: TDX module ABI, TDH.SYS.RD */
#define TDX_MD_TDCS_BASE_SIZE	0x9800000100000100ULL
#define TDX_MD_TDVPS_BASE_SIZE	0x9800000100000200ULL

const char *tdmgr_leaf_name(u64 rax)
{
	switch ((enum tdx_leaf)(rax & TDX_LEAF_MASK)) {
#define X(num, id, name) case TDH_##id: return name;
	TDX_LEAVES(X)
#undef X
	}
	return "unknown leaf";
}

const char *tdmgr_status_name(u64 status)
{
	switch (status) {
	case TDMGR_ST_CPU_OFFLINE:
		return "CPU is offline";
	case TDX_SEAMCALL_VMFAILINVALID:
		return "VMFailInvalid, no TDX module";
	case TDX_SEAMCALL_GP:
		return "#GP, TDX is off in the firmware";
	case TDX_SEAMCALL_UD:
		return "#UD, CPU is not in VMX operation";
	}
	switch (status >> 32) {
#define X(hi, id) case hi##u: return #id;
	TDX_STATUSES(X)
#undef X
	}
	return "unknown status";
}

int tdmgr_errno(u64 status)
{
	if (!status)
		return 0;
	switch (TDX_STATUS_OF(status)) {
	case TDX_ST(RND_NO_ENTROPY):
	case TDX_ST(KEY_GENERATION_FAILED):
		return -EAGAIN;
	}
	switch (status) {
	case TDX_SEAMCALL_VMFAILINVALID:
		return -ENODEV;
	case TDX_SEAMCALL_GP:
		return -EOPNOTSUPP;
	case TDX_SEAMCALL_UD:
		return -EACCES;
	}
	return -EIO;
}

struct tdmgr_remote {
	struct tdmgr *m;
	u64 rax;
	struct tdmgr_args *args;
	u64 status;
};

/* One SEAMCALL and nothing else: it may run in an IPI. */
static void tdmgr_remote_call(void *arg)
{
	struct tdmgr_remote *r = arg;

	r->status = r->m->ops.seamcall(r->m->ctx, r->rax, r->args);
}

static u64 tdmgr_call_once(struct tdmgr *m, u32 cpu, u64 rax,
			   struct tdmgr_args *args)
{
	struct tdmgr_remote r = { .m = m, .rax = rax, .args = args };

	if (cpu == TDMGR_THIS_CPU)
		return m->ops.seamcall(m->ctx, rax, args);
	if (m->ops.on_cpu(m->ctx, cpu, tdmgr_remote_call, &r))
		return TDMGR_ST_CPU_OFFLINE;
	return r.status;
}

/*
 * Missing entropy is repeated as often as Linux does, for the key generator
 * (PCONFIG) as for the module's own RDRAND. @td may be NULL.
 */
u64 tdmgr_call_on(struct tdmgr *m, struct tdmgr_td *td, u32 cpu, u64 rax,
		  struct tdmgr_args *args)
{
	u32 busy_left = td && td->stuck ? TDMGR_BUSY_RETRIES_STUCK :
					  TDMGR_BUSY_RETRIES;
	u32 entropy_left = TDX_RND_RETRIES - 1;
	struct tdmgr_args in = *args;
	u64 status;

	for (;;) {
		*args = in;
		status = tdmgr_call_once(m, cpu, rax, args);
		if (tdmgr_is_busy(status)) {
			if (!busy_left--)
				break;
		} else if (tdmgr_errno(status) == -EAGAIN) {
			if (!entropy_left--)
				return status;
		} else {
			return status;
		}
		tdmgr_relax(m);
	}
	if (td)
		td->stuck = true;
	return status;
}

void tdmgr_lock(struct tdmgr *m, enum tdmgr_lock lock, u32 index)
{
	m->ops.lock(m->ctx, lock, index);
}

void tdmgr_unlock(struct tdmgr *m, enum tdmgr_lock lock, u32 index)
{
	m->ops.unlock(m->ctx, lock, index);
}

void tdmgr_relax(struct tdmgr *m)
{
	if (m->ops.relax)
		m->ops.relax(m->ctx);
}

bool tdmgr_interrupted(struct tdmgr *m)
{
	return m->ops.interrupted && m->ops.interrupted(m->ctx);
}

int tdmgr_new(struct tdmgr **out, const struct tdmgr_config *cfg,
	      const struct tdmgr_ops *ops, void *ctx)
{
	struct tdmgr *m;
	u32 i;

	if (!cfg->nr_cpus || !cfg->nr_pkgs || cfg->nr_pkgs > TDX_MAX_PKGS ||
	    !cfg->nr_hkids || !cfg->first_hkid || !cfg->max_vcpus ||
	    cfg->nr_tdmrs > TDX_MAX_TDMRS)
		return -EINVAL;
	for (i = 0; i < cfg->nr_cpus; i++)
		if (cfg->cpu_pkg[i] >= cfg->nr_pkgs)
			return -EINVAL;

	m = ops->zalloc(ctx, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->ops = *ops;
	m->ctx = ctx;
	m->cfg = *cfg;
	if (m->cfg.max_vcpus > TDX_MAX_VCPUS_PER_TD)
		m->cfg.max_vcpus = TDX_MAX_VCPUS_PER_TD;
	m->cpu_pkg = ops->zalloc(ctx, cfg->nr_cpus);
	m->cpu_enabled = ops->zalloc(ctx, cfg->nr_cpus * sizeof(u32));
	m->hkid_state = ops->zalloc(ctx, cfg->nr_hkids);
	/* One more, so that no TDMR is no special case. */
	m->tdmr = ops->zalloc(ctx, (2 * (size_t)cfg->nr_tdmrs + 1) * sizeof(u64));
	if (!m->cpu_pkg || !m->cpu_enabled || !m->hkid_state || !m->tdmr) {
		tdmgr_free(m);
		return -ENOMEM;
	}
	memcpy(m->cpu_pkg, cfg->cpu_pkg, cfg->nr_cpus);
	for (i = 0; i < cfg->nr_tdmrs; i++) {
		m->tdmr[i] = cfg->tdmr_base[i];
		m->tdmr[cfg->nr_tdmrs + i] = cfg->tdmr_size[i];
	}
	m->cfg.cpu_pkg = m->cpu_pkg;
	m->cfg.tdmr_base = m->tdmr;
	m->cfg.tdmr_size = m->tdmr + cfg->nr_tdmrs;
	m->nr_tdcs = TDX_MIN_TDCS_PAGES;
	m->nr_tdcx = TDX_MIN_TDVPS_PAGES - 1;
	*out = m;
	return 0;
}

void tdmgr_free(struct tdmgr *m)
{
	const struct tdmgr_ops *ops = &m->ops;
	void *ctx = m->ctx;

	while (m->tds) {
		/* Its owner is gone and nothing is known about its CPUs. */
		m->tds->leaked = true;
		tdmgr_td_destroy(m->tds, NULL, NULL);
	}
	if (m->tdmr)
		ops->free(ctx, m->tdmr);
	if (m->hkid_state)
		ops->free(ctx, m->hkid_state);
	if (m->cpu_enabled)
		ops->free(ctx, m->cpu_enabled);
	if (m->cpu_pkg)
		ops->free(ctx, m->cpu_pkg);
	ops->free(ctx, m);
}

/* The first online CPU of @pkg, or TDMGR_NO_CPU. */
u32 tdmgr_pkg_cpu(struct tdmgr *m, u32 pkg)
{
	u32 cpu;

	for (cpu = 0; cpu < m->cfg.nr_cpus; cpu++)
		if (m->cpu_pkg[cpu] == pkg && m->ops.cpu_online(m->ctx, cpu))
			return cpu;
	return TDMGR_NO_CPU;
}

/*
 * Keys are generated, and caches written back, by a CPU of each package: each
 * package of the platform needs one that is online.
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

/* @run_on: @cpu itself, or TDMGR_THIS_CPU when that is where we are. */
static int tdmgr_enable_cpu(struct tdmgr *m, u32 cpu, u32 run_on)
{
	struct tdmgr_args args = { 0 };
	u64 status;

	if (tdmgr_cpu_enabled(m, cpu))
		return 0;
	status = tdmgr_call_on(m, NULL, run_on, TDH_SYS_LP_INIT, &args);
	if (status && status != TDX_ST(SYS_LP_INIT_DONE)) {
		tdmgr_log(m, TDMGR_ERR, "CPU %u cannot run TDs: %s failed: %s (0x%llx)",
			  cpu, tdmgr_leaf_name(TDH_SYS_LP_INIT),
			  TDMGR_ST_ARGS(status));
		return tdmgr_errno(status);
	}
	core_store32(&m->cpu_enabled[cpu], 1);
	return 0;
}

/* TDMGR_LOCK_CPUS held, and one caller at a time. */
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

/* A bring-up step of the module; its outputs are left in @args. */
static int tdmgr_sys_call(struct tdmgr *m, u32 cpu, u64 rax,
			  struct tdmgr_args *args)
{
	u64 status = tdmgr_call_on(m, NULL, cpu, rax, args);

	if (status)
		tdmgr_log(m, TDMGR_ERR, "%s failed: %s (0x%llx)",
			  tdmgr_leaf_name(rax), TDMGR_ST_ARGS(status));
	return tdmgr_errno(status);
}

/* Pages of a structure whose size the module publishes in field @id. */
static int tdmgr_read_pages(struct tdmgr *m, u64 id, u32 min, u32 max, u32 *pages)
{
	struct tdmgr_args args = { .rdx = id };
	u64 n;
	int ret;

	ret = tdmgr_sys_call(m, TDMGR_THIS_CPU, TDH_SYS_RD, &args);
	if (ret)
		return ret;
	n = args.r8 >> CORE_PAGE_SHIFT;
	if (n < min || n > max) {
		tdmgr_log(m, TDMGR_ERR,
			  "TDX module wants %llu pages where %u to %u are known",
			  (unsigned long long)n, min, max);
		return -EIO;
	}
	*pages = n;
	return 0;
}

static int tdmgr_init_tdmr(struct tdmgr *m, u64 base, u64 size)
{
	struct tdmgr_args args;
	int ret;

	do {
		if (tdmgr_interrupted(m))
			return -EINTR;
		args = (struct tdmgr_args) { .rcx = base };
		ret = tdmgr_sys_call(m, TDMGR_THIS_CPU, TDH_SYS_TDMR_INIT, &args);
		if (ret)
			return ret;
		tdmgr_relax(m);
	} while (args.rdx < base + size);
	return 0;
}

static int tdmgr_bringup_locked(struct tdmgr *m)
{
	struct tdmgr_args args = { 0 };
	u32 pkg;
	int ret;

	if (!tdmgr_pkgs_covered(m))
		return -EIO;
	if (!m->sys_init) {
		ret = tdmgr_sys_call(m, TDMGR_THIS_CPU, TDH_SYS_INIT, &args);
		if (ret)
			return ret;
		m->sys_init = true;
	}
	ret = tdmgr_enable_cpus(m);
	if (ret)
		return ret;
	ret = tdmgr_read_pages(m, TDX_MD_TDCS_BASE_SIZE, TDX_MIN_TDCS_PAGES,
			       TDX_MAX_TDCS_PAGES, &m->nr_tdcs);
	if (ret)
		return ret;
	ret = tdmgr_read_pages(m, TDX_MD_TDVPS_BASE_SIZE, TDX_MIN_TDVPS_PAGES,
			       TDX_MAX_TDVPS_PAGES, &m->nr_tdcx);
	if (ret)
		return ret;
	m->nr_tdcx--;		/* the first page is TDVPR */

	if (!m->sys_config) {
		args = (struct tdmgr_args) {
			.rcx = m->cfg.tdmr_array_pa,
			.rdx = m->cfg.nr_tdmrs,
			.r8 = m->cfg.global_hkid,
		};
		ret = tdmgr_sys_call(m, TDMGR_THIS_CPU, TDH_SYS_CONFIG, &args);
		if (ret)
			return ret;
		m->sys_config = true;
	}
	for (pkg = m->keyed_pkgs; pkg < m->cfg.nr_pkgs; pkg++) {
		args = (struct tdmgr_args) { 0 };
		tdmgr_lock(m, TDMGR_LOCK_KEY_CONFIG, pkg);
		ret = tdmgr_sys_call(m, tdmgr_pkg_cpu(m, pkg),
				     TDH_SYS_KEY_CONFIG, &args);
		tdmgr_unlock(m, TDMGR_LOCK_KEY_CONFIG, pkg);
		if (ret)
			return ret;
		m->keyed_pkgs++;
	}
	for (; m->tdmrs_done < m->cfg.nr_tdmrs; m->tdmrs_done++) {
		ret = tdmgr_init_tdmr(m, m->cfg.tdmr_base[m->tdmrs_done],
				      m->cfg.tdmr_size[m->tdmrs_done]);
		if (ret)
			return ret;
	}
	m->ready = true;
	return 0;
}

int tdmgr_bringup(struct tdmgr *m)
{
	int ret;

	tdmgr_lock(m, TDMGR_LOCK_CPUS, 0);
	ret = m->ready ? 0 : tdmgr_bringup_locked(m);
	tdmgr_unlock(m, TDMGR_LOCK_CPUS, 0);
	return ret;
}

/* Lowest first, as an IDA does. 0: none left. */
u32 tdmgr_hkid_alloc(struct tdmgr *m)
{
	u32 i, hkid = 0;

	tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
	for (i = 0; i < m->cfg.nr_hkids; i++) {
		if (m->hkid_state[i] != TDMGR_HKID_FREE)
			continue;
		m->hkid_state[i] = TDMGR_HKID_USED;
		m->hkids_used++;
		hkid = m->cfg.first_hkid + i;
		break;
	}
	tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
	return hkid;
}

/* A leaked HKID stays in use: it is never handed out again. */
void tdmgr_hkid_put(struct tdmgr *m, u32 hkid, bool leak)
{
	tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
	if (leak) {
		m->hkid_state[hkid - m->cfg.first_hkid] = TDMGR_HKID_LEAKED;
		m->hkids_leaked++;
	} else {
		m->hkid_state[hkid - m->cfg.first_hkid] = TDMGR_HKID_FREE;
		m->hkids_used--;
	}
	tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
}

void tdmgr_get_info(const struct tdmgr *m, struct tdmgr_info *out)
{
	m->ops.lock(m->ctx, TDMGR_LOCK_POOL, 0);
	*out = (struct tdmgr_info) {
		.hkids_used = m->hkids_used,
		.hkids_leaked = m->hkids_leaked,
		.pages_leaked = m->pages_leaked,
		.tds = m->nr_tds,
	};
	m->ops.unlock(m->ctx, TDMGR_LOCK_POOL, 0);
}

/* The hotplug thread may already be bound to @cpu: no detour then. */
static u32 tdmgr_hotplug_cpu(struct tdmgr *m, u32 cpu)
{
	return m->ops.this_cpu(m->ctx) == cpu ? TDMGR_THIS_CPU : cpu;
}

int tdmgr_cpu_online(struct tdmgr *m, u32 cpu)
{
	if (cpu >= m->cfg.nr_cpus)
		return -EINVAL;
	/* TDMGR_LOCK_CPUS is held exclusively: no TD comes or goes meanwhile. */
	if (!m->nr_tds)
		return 0;
	return tdmgr_enable_cpu(m, cpu, tdmgr_hotplug_cpu(m, cpu)) ? -EIO : 0;
}

int tdmgr_cpu_offline(struct tdmgr *m, u32 cpu)
{
	struct tdmgr_td *td;
	struct tdmgr_info info;
	u32 i;

	if (cpu >= m->cfg.nr_cpus)
		return -EINVAL;
	tdmgr_get_info(m, &info);
	for (i = 0; i < m->cfg.nr_cpus; i++)
		if (i != cpu && m->cpu_pkg[i] == m->cpu_pkg[cpu] &&
		    m->ops.cpu_online(m->ctx, i))
			break;
	if (i == m->cfg.nr_cpus && info.hkids_used) {
		tdmgr_log(m, TDMGR_WARN,
			  "CPU %u is the last online CPU of package %u and %u HKIDs are in use: it stays online",
			  cpu, m->cpu_pkg[cpu], info.hkids_used);
		return -EBUSY;
	}
	/* TDH.VP.FLUSH works on the associated CPU only: last chance. */
	for (td = m->tds; td; td = td->next) {
		int ret = tdmgr_vcpus_leave_cpu(td, cpu,
						tdmgr_hotplug_cpu(m, cpu));

		if (ret)
			return ret;
	}
	return 0;
}
