// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: vCPUs, their limit, and their association with CPUs. */

#include "tdmgr-priv.h"

#define TDH_VP_INIT_V1 (TDH_VP_INIT | (1ULL << TDX_VERSION_SHIFT))

int tdmgr_td_set_max_vcpus(struct tdmgr_td *td, u32 max)
{
	if (!max || max > td->m->cfg.max_vcpus || td->nr_vcpus)
		return -EINVAL;
	td->max_vcpus = max;
	return 0;
}

int tdmgr_vcpu_create(struct tdmgr_td *td, u32 id)
{
	struct tdmgr *m = td->m;
	struct tdmgr_vcpu *v;

	if (td->dead)
		return -EIO;
	if (!td->initialized || id >= m->cfg.max_vcpus)
		return -EINVAL;
	for (v = td->vcpus; v; v = v->next)
		if (v->id == id)
			return -EEXIST;
	if (td->nr_vcpus >= td->max_vcpus)
		return -E2BIG;
	v = m->ops.zalloc(m->ctx, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->id = id;
	v->cpu = TDMGR_NO_CPU;

	/* tdmgr_cpu_offline() walks the list. */
	tdmgr_lock(m, TDMGR_LOCK_CPUS, 0);
	*td->vcpus_tail = v;
	td->vcpus_tail = &v->next;
	td->nr_vcpus++;
	tdmgr_unlock(m, TDMGR_LOCK_CPUS, 0);
	return 0;
}

/* Allocates TDVPR and its TDCX pages, all or none. */
static int tdmgr_vcpu_alloc(struct tdmgr *m, u64 *pages, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		pages[i] = m->ops.page_alloc(m->ctx);
		if (pages[i])
			continue;
		while (i)
			m->ops.page_free(m->ctx, pages[--i]);
		return -ENOMEM;
	}
	return 0;
}

/* Donates @pages to the module. Returns the number of pages it accepted. */
static u32 tdmgr_vcpu_donate(struct tdmgr_td *td, struct tdmgr_vcpu *v, const u64 *pages, u32 nr)
{
	struct tdmgr_args args = { .rcx = pages[0], .rdx = td->tdr };
	u64 status;
	u32 i;

	status = tdmgr_call(td->m, td, TDH_VP_CREATE, &args);
	if (status) {
		tdmgr_td_bug(td, TDH_VP_CREATE, status);
		return 0;
	}
	v->tdvpr = pages[0];
	for (i = 1; i < nr; i++) {
		args = (struct tdmgr_args){ .rcx = pages[i], .rdx = v->tdvpr };
		status = tdmgr_call(td->m, td, TDH_VP_ADDCX, &args);
		if (status) {
			tdmgr_td_bug(td, TDH_VP_ADDCX, status);
			break;
		}
		v->tdcx[v->nr_tdcx++] = pages[i];
	}
	return i;
}

int tdmgr_vcpu_init(struct tdmgr_td *td, u32 id, u64 rcx)
{
	u64 pages[TDX_MAX_TDVPS_PAGES] = { 0 }, status;
	struct tdmgr *m = td->m;
	u32 nr = m->nr_tdcx + 1, taken, cpu;
	struct tdmgr_args args;
	struct tdmgr_vcpu *v;
	int ret;

	if (td->dead)
		return -EIO;
	for (v = td->vcpus; v && v->id != id; v = v->next)
		;
	if (!v)
		return -ENOENT;
	if (v->initialized || td->finalized)
		return -EINVAL;
	ret = tdmgr_vcpu_alloc(m, pages, nr);
	if (ret)
		return ret;
	taken = tdmgr_vcpu_donate(td, v, pages, nr);
	if (taken < nr) {
		while (taken < nr)
			m->ops.page_free(m->ctx, pages[taken++]);
		return -EIO;
	}

	/*
	 * The vCPU is associated with the CPU that executes TDH.VP.INIT. v->cpu
	 * must be set before that CPU can go offline.
	 */
	args = (struct tdmgr_args){ .rcx = v->tdvpr, .rdx = rcx, .r8 = id };
	tdmgr_lock(m, TDMGR_LOCK_CPUS, 0);
	cpu = m->ops.this_cpu(m->ctx);
	status = tdmgr_call_on(m, td, cpu, TDH_VP_INIT_V1, &args);
	if (!status)
		v->cpu = cpu;
	tdmgr_unlock(m, TDMGR_LOCK_CPUS, 0);
	if (status) {
		tdmgr_td_bug(td, TDH_VP_INIT_V1, status);
		return -EIO;
	}
	v->initialized = true;
	return 0;
}

/* @td may be NULL: see tdmgr_call_on(). */
static u64 tdmgr_vcpu_flush(struct tdmgr *m, struct tdmgr_td *td, struct tdmgr_vcpu *v, u32 run_on)
{
	struct tdmgr_args args = { .rcx = v->tdvpr };
	u64 status = tdmgr_call_on(m, td, run_on, TDH_VP_FLUSH, &args);

	if (!status || TDX_STATUS_OF(status) == TDX_ST(VCPU_NOT_ASSOCIATED)) {
		v->cpu = TDMGR_NO_CPU;
		return 0;
	}
	tdmgr_log(m, TDMGR_WARN, "vCPU %u on CPU %u: %s failed: %s (0x%llx)", v->id, v->cpu,
		  tdmgr_leaf_name(TDH_VP_FLUSH), TDMGR_ST_ARGS(status));
	return status;
}

/* TDMGR_LOCK_CPUS is held. A failure causes FLUSHVP_NOT_DONE later. */
void tdmgr_vcpus_flush(struct tdmgr_td *td)
{
	struct tdmgr_vcpu *v;

	for (v = td->vcpus; v; v = v->next)
		if (v->cpu != TDMGR_NO_CPU)
			tdmgr_vcpu_flush(td->m, td, v, v->cpu);
}

/* TDMGR_LOCK_CPUS is held exclusively; calls on the TD may run at the same time. */
int tdmgr_vcpus_leave_cpu(struct tdmgr_td *td, u32 cpu, u32 run_on)
{
	struct tdmgr_vcpu *v;

	for (v = td->vcpus; v; v = v->next)
		if (v->cpu == cpu && tdmgr_vcpu_flush(td->m, NULL, v, run_on))
			return -EBUSY;
	return 0;
}

void tdmgr_vcpus_reclaim(struct tdmgr_td *td)
{
	struct tdmgr_vcpu *v;

	while ((v = td->vcpus)) {
		td->vcpus = v->next;
		while (v->nr_tdcx)
			tdmgr_page_release(td, v->tdcx[--v->nr_tdcx]);
		if (v->tdvpr)
			tdmgr_page_release(td, v->tdvpr);
		td->m->ops.free(td->m->ctx, v);
	}
	td->nr_vcpus = 0;
}
