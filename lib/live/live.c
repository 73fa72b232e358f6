/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend of the live host. */
#include <time.h>
#include "bpf/observer.h"
#include "live.h"

static const struct host_sources sources = {
	.klog = live_klog,
	.msrs = live_msrs,
	.cpuid = live_cpuid,
	.kvm = live_kvm,
	.qgs_log = live_qgs_log,
	.vmm_log = live_vmm_log,
};

static int facts(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts *f)
{
	int err = 0;

	/* First: the snapshot is not old yet. */
	if (what & TDXCTL_FACTS_OBSERVED)
		err = live_disagreement(ctx, f);
	return err ? err : host_facts(ctx, &sources, what, f);
}

static int msrs(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, enum tdxctl_msrs which,
		struct tdxctl_msr_set **out, size_t *count)
{
	return host_msrs(ctx, snap, which, live_msrs, out, count);
}

static int now(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	*seconds = (uint64_t)time(NULL);
	return 0;
}

const struct backend live_backend = {
	.name = "live",
	.listen = live_listen,
	.snapshot = live_snapshot,
	.snapshot_from_files = host_snapshot,
	.facts = facts,
	.msrs = msrs,
	.cpu_check = live_cpu_check,
	.pins = host_pins,
	.release_open = live_release_open,
	.owner_life = host_owner_life,
	.boot_time = host_boot_time,
	.time = now,
	.hostname = host_name,
	.conf = host_conf,
	.helper = live_helper,
	.observer = observer_get,
	.trace_open = observer_trace_open,
	.helper_load = live_helper_load,
	.helper_unload = live_helper_unload,
	.free = observer_free,
};
