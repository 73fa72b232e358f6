// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: creation, and bring-up of the module. */

#include "tdmgr-priv.h"

/* System-wide metadata fields: TDX module ABI, TDH.SYS.RD */
#define TDX_MD_TDCS_BASE_SIZE  0x9800000100000100ULL
#define TDX_MD_TDVPS_BASE_SIZE 0x9800000100000200ULL

int tdmgr_new(struct tdmgr **out, const struct tdmgr_config *cfg, const struct tdmgr_ops *ops,
	      void *ctx)
{
	struct tdmgr *m;
	u32 i;

	if (!cfg->nr_cpus || !cfg->nr_pkgs || cfg->nr_pkgs > TDX_MAX_PKGS || !cfg->nr_hkids ||
	    !cfg->first_hkid || !cfg->max_vcpus || cfg->nr_tdmrs > TDX_MAX_TDMRS)
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
	/* One element more, so that the size is not 0 without TDMRs. */
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
	*out = m;
	return 0;
}

void tdmgr_free(struct tdmgr *m)
{
	const struct tdmgr_ops *ops = &m->ops;
	void *ctx = m->ctx;

	while (m->tds) {
		/* Its owner is gone, and the state of its vCPUs is not known. */
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

/* Makes one SEAMCALL of the bring-up and logs a failure; outputs in @args. */
static int tdmgr_sys_call(struct tdmgr *m, u32 cpu, u64 rax, struct tdmgr_args *args)
{
	u64 status = tdmgr_call_on(m, NULL, cpu, rax, args);

	if (status)
		tdmgr_log(m, TDMGR_ERR, "%s failed: %s (0x%llx)", tdmgr_leaf_name(rax),
			  TDMGR_ST_ARGS(status));
	return tdmgr_errno(status);
}

/* Reads the size of a structure, in pages, from the metadata field @id. */
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
		tdmgr_log(m, TDMGR_ERR, "TDX module requires %llu pages; supported are %u to %u",
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
		args = (struct tdmgr_args){ .rcx = base };
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
	ret = tdmgr_read_pages(m, TDX_MD_TDCS_BASE_SIZE, TDX_MIN_TDCS_PAGES, TDX_MAX_TDCS_PAGES,
			       &m->nr_tdcs);
	if (ret)
		return ret;
	ret = tdmgr_read_pages(m, TDX_MD_TDVPS_BASE_SIZE, TDX_MIN_TDVPS_PAGES, TDX_MAX_TDVPS_PAGES,
			       &m->nr_tdcx);
	if (ret)
		return ret;
	m->nr_tdcx--; /* the first page is TDVPR */

	if (!m->sys_config) {
		args = (struct tdmgr_args){
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
		args = (struct tdmgr_args){ 0 };
		tdmgr_lock(m, TDMGR_LOCK_KEY_CONFIG, pkg);
		ret = tdmgr_sys_call(m, tdmgr_pkg_cpu(m, pkg), TDH_SYS_KEY_CONFIG, &args);
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

void tdmgr_get_info(const struct tdmgr *m, struct tdmgr_info *out)
{
	m->ops.lock(m->ctx, TDMGR_LOCK_POOL, 0);
	*out = (struct tdmgr_info){
		.hkids_used = m->hkids_used,
		.hkids_leaked = m->hkids_leaked,
		.pages_leaked = m->pages_leaked,
		.tds = m->nr_tds,
	};
	m->ops.unlock(m->ctx, TDMGR_LOCK_POOL, 0);
}
