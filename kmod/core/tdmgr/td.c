// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: a TD, from KVM_CREATE_VM to the release of its last page. */

#include "tdmgr-priv.h"

/* TD_PARAMS as KVM fills it for a 48-bit guest. */
#define TD_PARAMS_XFAM_FIXED1  0x3ULL  /* x87 and SSE */
#define TD_PARAMS_EPTP_4_LEVEL 0x1eULL /* write-back, 4 levels */
#define TD_PARAMS_NO_RBP_MOD   (1ULL << 2)
#define TD_PARAMS_TSC_2500_MHZ 100 /* in units of 25 MHz */

static void tdmgr_leak_hkid(struct tdmgr_td *td, u64 rax, u64 status)
{
	td->dead = true;
	td->leaked = true;
	tdmgr_hkid_put(td->m, td->hkid, true);
	tdmgr_log(td->m, TDMGR_ERR,
		  "HKID %u is leaked with the pages of TD 0x%llx: %s failed: %s (0x%llx)", td->hkid,
		  (unsigned long long)td->tdr, tdmgr_leaf_name(rax), TDMGR_ST_ARGS(status));
}

int tdmgr_td_create(struct tdmgr *m, struct tdmgr_td **out)
{
	struct tdmgr_td *td;
	int ret = 0;

	if (!m->ready)
		return -ENODEV;
	td = m->ops.zalloc(m->ctx, sizeof(*td));
	if (!td)
		return -ENOMEM;
	td->m = m;
	td->max_vcpus = m->cfg.max_vcpus;
	td->vcpus_tail = &td->vcpus;

	/*
	 * While a TD exists, every online CPU is enabled. CPUs that came online
	 * before the first TD are enabled here, by one creator at a time.
	 */
	tdmgr_lock(m, TDMGR_LOCK_CPUS, 0);
	tdmgr_lock(m, TDMGR_LOCK_TDX, 0);
	if (tdmgr_enable_cpus(m))
		ret = -EIO;
	tdmgr_unlock(m, TDMGR_LOCK_TDX, 0);
	if (!ret) {
		tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
		td->next = m->tds;
		if (td->next)
			td->next->prev = td;
		m->tds = td;
		m->nr_tds++;
		tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
	}
	tdmgr_unlock(m, TDMGR_LOCK_CPUS, 0);
	if (ret) {
		m->ops.free(m->ctx, td);
		return ret;
	}
	*out = td;
	return 0;
}

static void tdmgr_td_unlink(struct tdmgr_td *td)
{
	struct tdmgr *m = td->m;

	tdmgr_lock(m, TDMGR_LOCK_CPUS, 0);
	tdmgr_lock(m, TDMGR_LOCK_POOL, 0);
	if (td->prev)
		td->prev->next = td->next;
	else
		m->tds = td->next;
	if (td->next)
		td->next->prev = td->prev;
	m->nr_tds--;
	tdmgr_unlock(m, TDMGR_LOCK_POOL, 0);
	tdmgr_unlock(m, TDMGR_LOCK_CPUS, 0);
}

/*
 * TDH.PHYMEM.CACHE.WB on one CPU of every package. It serves all flushed HKIDs at
 * once, so NO_HKID_READY_TO_WBCACHE means that another caller has served this one. A
 * failure makes TDH.MNG.KEY.FREEID fail with WBCACHE_NOT_COMPLETE.
 */
static void tdmgr_cache_wb(struct tdmgr_td *td)
{
	struct tdmgr *m = td->m;
	u32 pkg, resumes;
	u64 status;

	for (pkg = 0; pkg < m->cfg.nr_pkgs; pkg++) {
		u32 cpu = tdmgr_pkg_cpu(m, pkg);

		status = TDX_ST(INTERRUPTED_RESUMABLE);
		for (resumes = 0;
		     status == TDX_ST(INTERRUPTED_RESUMABLE) && resumes <= TDMGR_WB_RESUMES;
		     resumes++) {
			struct tdmgr_args args = { .rcx = !!resumes };

			status = tdmgr_call_on(m, td, cpu, TDH_PHYMEM_CACHE_WB, &args);
			tdmgr_relax(m);
		}
		if (status && status != TDX_ST(NO_HKID_READY_TO_WBCACHE))
			tdmgr_log(m, TDMGR_WARN,
				  "%s on package %u failed after %u tries: %s (0x%llx)",
				  tdmgr_leaf_name(TDH_PHYMEM_CACHE_WB), pkg, resumes,
				  TDMGR_ST_ARGS(status));
	}
}

/* TDMGR_LOCK_CPUS and TDMGR_LOCK_TDX are held, the vCPUs are flushed. */
static int tdmgr_release_key(struct tdmgr_td *td)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args = { .rcx = td->tdr };
	u64 rax = TDH_MNG_VPFLUSHDONE, status;

	status = tdmgr_call(m, td, rax, &args);
	if (TDX_STATUS_OF(status) == TDX_ST(FLUSHVP_NOT_DONE))
		return -EBUSY;
	if (!status) {
		tdmgr_cache_wb(td);
		rax = TDH_MNG_KEY_FREEID;
		args = (struct tdmgr_args){ .rcx = td->tdr };
		status = tdmgr_call(m, td, rax, &args);
	}
	if (status) {
		tdmgr_leak_hkid(td, rax, status);
		return -EIO;
	}
	return 0;
}

int tdmgr_td_release_hkid(struct tdmgr_td *td)
{
	struct tdmgr *m = td->m;
	int ret = -EBUSY;

	if (td->leaked)
		return -EIO;
	if (!td->hkid)
		return 0;
	if (td->created) {
		tdmgr_lock(m, TDMGR_LOCK_CPUS, 0);
		if (tdmgr_pkgs_covered(m)) {
			tdmgr_vcpus_flush(td);
			tdmgr_lock(m, TDMGR_LOCK_TDX, 0);
			ret = tdmgr_release_key(td);
			tdmgr_unlock(m, TDMGR_LOCK_TDX, 0);
		}
		tdmgr_unlock(m, TDMGR_LOCK_CPUS, 0);
		if (ret)
			return ret;
	}
	tdmgr_hkid_put(m, td->hkid, false);
	td->hkid = 0;
	return 0;
}

/* The last attempt: an HKID that cannot be released now is leaked. */
static void tdmgr_release_hkid_final(struct tdmgr_td *td)
{
	if (tdmgr_td_release_hkid(td) == -EBUSY)
		tdmgr_leak_hkid(td, TDH_MNG_VPFLUSHDONE, TDX_ST(FLUSHVP_NOT_DONE));
}

/* Releases TDCS, then TDR: the module returns TDR only after all other pages. */
static void tdmgr_control_reclaim(struct tdmgr_td *td)
{
	while (td->nr_tdcs)
		tdmgr_page_release(td, td->tdcs[--td->nr_tdcs]);
	if (td->created)
		tdmgr_page_release(td, td->tdr);
	td->created = false;
	td->tdr = 0;
}

static int tdmgr_key_config(struct tdmgr_td *td)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args;
	u64 status = 0;
	u32 pkg;

	for (pkg = 0; pkg < m->cfg.nr_pkgs && !status; pkg++) {
		args = (struct tdmgr_args){ .rcx = td->tdr };
		/* Two at once on one memory controller: the second one is busy. */
		tdmgr_lock(m, TDMGR_LOCK_KEY_CONFIG, pkg);
		status = tdmgr_call_on(m, td, tdmgr_pkg_cpu(m, pkg), TDH_MNG_KEY_CONFIG, &args);
		tdmgr_unlock(m, TDMGR_LOCK_KEY_CONFIG, pkg);
		if (status)
			tdmgr_log(m, TDMGR_ERR, "TD 0x%llx: %s on package %u failed: %s (0x%llx)",
				  (unsigned long long)td->tdr, tdmgr_leaf_name(TDH_MNG_KEY_CONFIG),
				  pkg, TDMGR_ST_ARGS(status));
	}
	return tdmgr_errno(status);
}

/* Logs a failed step of INIT_VM; the caller unwinds the TD. */
static int tdmgr_init_failed(struct tdmgr_td *td, u64 rax, u64 status)
{
	tdmgr_log(td->m, TDMGR_ERR, "TD 0x%llx, HKID %u: %s failed: %s (0x%llx)",
		  (unsigned long long)td->tdr, td->hkid, tdmgr_leaf_name(rax),
		  TDMGR_ST_ARGS(status));
	return tdmgr_errno(status) == -EAGAIN ? -EAGAIN : -EIO;
}

static int tdmgr_add_tdcs(struct tdmgr_td *td)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args;
	u64 pa, status;

	while (td->nr_tdcs < m->nr_tdcs) {
		pa = m->ops.page_alloc(m->ctx);
		if (!pa)
			return -ENOMEM;
		args = (struct tdmgr_args){ .rcx = pa, .rdx = td->tdr };
		status = tdmgr_call(m, td, TDH_MNG_ADDCX, &args);
		if (status) {
			m->ops.page_free(m->ctx, pa);
			return tdmgr_init_failed(td, TDH_MNG_ADDCX, status);
		}
		td->tdcs[td->nr_tdcs++] = pa;
	}
	return 0;
}

static int tdmgr_mng_init(struct tdmgr_td *td, const struct tdmgr_td_params *p, u64 *hw_error)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args;
	struct tdx_td_params *tp;
	u64 pa, status;

	pa = m->ops.page_alloc(m->ctx);
	if (!pa)
		return -ENOMEM;
	tp = m->ops.page_map(m->ctx, pa);
	memset(tp, 0, sizeof(*tp));
	tp->attributes = p->attributes;
	tp->xfam = p->xfam | TD_PARAMS_XFAM_FIXED1;
	tp->max_vcpus = td->max_vcpus;
	tp->eptp_controls = TD_PARAMS_EPTP_4_LEVEL;
	tp->config_flags = TD_PARAMS_NO_RBP_MOD;
	tp->tsc_frequency = TD_PARAMS_TSC_2500_MHZ;
	memcpy(tp->mrconfigid, p->mrconfigid, sizeof(tp->mrconfigid));
	memcpy(tp->mrowner, p->mrowner, sizeof(tp->mrowner));
	memcpy(tp->mrownerconfig, p->mrownerconfig, sizeof(tp->mrownerconfig));

	args = (struct tdmgr_args){ .rcx = td->tdr, .rdx = pa };
	status = tdmgr_call(m, td, TDH_MNG_INIT, &args);
	m->ops.page_free(m->ctx, pa);
	if (!status)
		return 0;
	tdmgr_init_failed(td, TDH_MNG_INIT, status);
	if (TDX_STATUS_OF(status) != TDX_ST(OPERAND_INVALID))
		return -EIO;
	*hw_error = status;
	return -EINVAL;
}

/* Steps 2 to 6 of FLOWS.md F1: TDR, keys on every package, TDCS. */
static int tdmgr_td_build(struct tdmgr_td *td)
{
	struct tdmgr *m = td->m;
	struct tdmgr_args args;
	int ret = -EIO;
	u64 status;

	td->tdr = m->ops.page_alloc(m->ctx);
	if (!td->tdr)
		return -ENOMEM;

	/* No package may lose its CPUs between the check and the keys. */
	tdmgr_lock(m, TDMGR_LOCK_CPUS, 0);
	if (!tdmgr_pkgs_covered(m))
		goto unlock;
	args = (struct tdmgr_args){ .rcx = td->tdr, .rdx = td->hkid };
	tdmgr_lock(m, TDMGR_LOCK_TDX, 0);
	status = tdmgr_call(m, td, TDH_MNG_CREATE, &args);
	tdmgr_unlock(m, TDMGR_LOCK_TDX, 0);
	if (status) {
		ret = tdmgr_init_failed(td, TDH_MNG_CREATE, status);
		goto unlock;
	}
	td->created = true;
	ret = tdmgr_key_config(td);
unlock:
	tdmgr_unlock(m, TDMGR_LOCK_CPUS, 0);
	if (!td->created) {
		m->ops.page_free(m->ctx, td->tdr);
		td->tdr = 0;
	}
	return ret ? ret : tdmgr_add_tdcs(td);
}

int tdmgr_td_init_vm(struct tdmgr_td *td, const struct tdmgr_td_params *p, u64 *hw_error)
{
	struct tdmgr *m = td->m;
	int ret;

	*hw_error = 0;
	if (td->dead)
		return -EIO;
	if (td->initialized || td->nr_vcpus)
		return -EINVAL;
	td->hkid = tdmgr_hkid_alloc(m);
	if (!td->hkid) {
		tdmgr_log(m, TDMGR_WARN, "no HKID left: all %u are in use; release a TD and retry",
			  m->cfg.nr_hkids);
		return -ENOSPC;
	}
	ret = tdmgr_td_build(td);
	if (!ret)
		ret = tdmgr_mng_init(td, p, hw_error);
	if (!ret) {
		td->initialized = true;
		return 0;
	}
	tdmgr_release_hkid_final(td);
	tdmgr_control_reclaim(td);
	return ret;
}

int tdmgr_td_finalize(struct tdmgr_td *td, u64 *hw_error)
{
	struct tdmgr_args args = { .rcx = td->tdr };
	u64 status;

	*hw_error = 0;
	if (td->dead)
		return -EIO;
	if (!td->initialized || td->finalized)
		return -EINVAL;
	status = tdmgr_call(td->m, td, TDH_MR_FINALIZE, &args);
	*hw_error = status;
	if (tdmgr_is_busy(status))
		return -EBUSY;
	if (status) {
		tdmgr_td_bug(td, TDH_MR_FINALIZE, status);
		return -EIO;
	}
	td->finalized = true;
	return 0;
}

int tdmgr_td_terminate_vm(struct tdmgr_td *td)
{
	int ret;

	if (!td->finalized)
		return -EINVAL;
	ret = tdmgr_td_release_hkid(td);
	/* Nothing was changed by a busy call: the VM may continue. */
	if (ret != -EBUSY)
		td->dead = true;
	return ret;
}

int tdmgr_td_release_vm(struct tdmgr_td *td, tdmgr_page_fn fn, void *arg)
{
	int ret = tdmgr_td_terminate_vm(td);

	return ret ? ret : tdmgr_mem_zap(td, true, fn, arg);
}

void tdmgr_td_destroy(struct tdmgr_td *td, tdmgr_page_fn fn, void *arg)
{
	struct tdmgr *m = td->m;

	td->dead = true;
	tdmgr_release_hkid_final(td);
	tdmgr_td_unlink(td);
	tdmgr_mem_zap(td, false, fn, arg);
	tdmgr_vcpus_reclaim(td);
	tdmgr_sept_reclaim(td);
	tdmgr_control_reclaim(td);
	if (td->pages_leaked)
		tdmgr_log(m, TDMGR_ERR, "TD destroyed, %llu of its pages are leaked",
			  (unsigned long long)td->pages_leaked);
	m->ops.free(m->ctx, td);
}

void tdmgr_td_get_info(const struct tdmgr_td *td, struct tdmgr_td_info *out)
{
	const struct tdmgr_vcpu *v;

	*out = (struct tdmgr_td_info){
		.tdr = td->tdr,
		.hkid = td->hkid,
		.dead = td->dead,
		.leaked = td->leaked,
		.initialized = td->initialized,
		.finalized = td->finalized,
		.vcpus = td->nr_vcpus,
		.max_vcpus = td->max_vcpus,
		.private_pages = td->private_pages,
		.sept_pages = td->sept_pages,
		.control_pages = td->nr_tdcs + (td->created ? 1 : 0),
		.pages_leaked = td->pages_leaked,
	};
	for (v = td->vcpus; v; v = v->next)
		if (v->tdvpr)
			out->control_pages += 1 + v->nr_tdcx;
}
