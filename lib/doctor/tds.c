/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HKIDs, TDs and memory. */
#include <stdio.h>
#include "rule.h"

#define UNKNOWN(e, v) rule_says(e, TDXCTL_RULE_UNKNOWN, "%s", (v)->reason)
#define FEW_TDS	  31		/* what the most common split gives */
#define REFUSED	  "Delete all TDs in order to offline all CPUs of a package"
#define SLOW_NS	  60000000000ULL

CHECK_FN(keyid_capacity)
{
	struct tdxctl_keys k;
	const char *why = "no package is known";
	char used[40] = "";

	if (!e->facts->nr_msrs || !tdxctl_keys_host(&e->facts->msrs[0], &k, &why)) {
		if (!e->facts->hkid_capacity.readable)
			return rule_says(e, TDXCTL_RULE_UNKNOWN, "%s", why);
		k.max_tds = (uint32_t)e->facts->hkid_capacity.value;
	}
	if (e->facts->hkid_current.readable)
		snprintf(used, sizeof(used), ", %llu in use", (unsigned long long)e->facts->hkid_current.value);
	return rule_says(e, k.max_tds < FEW_TDS ? r->severity : TDXCTL_RULE_OK, "room for %u TDs at a time%s",
			 k.max_tds, used);
}

CHECK_FN(hkid_exhausted)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *cap = &f->hkid_capacity, *cur = &f->hkid_current;
	size_t leaked;

	if (rule_has_ledger(f) && f->snap->nr_hkids) {
		/* One that is not known may be free. */
		if (hkids_count(f->snap, TDXCTL_HKID_FREE) || hkids_count(f->snap, TDXCTL_HKID_UNKNOWN))
			return TDXCTL_RULE_OK;
		leaked = hkids_count(f->snap, TDXCTL_HKID_LEAKED);
		if (leaked)
			return rule_says(e, r->severity, "all %zu HKIDs are in use, %zu of them leaked",
					 f->snap->nr_hkids, leaked);
		return rule_says(e, r->severity, "all %zu HKIDs are in use", f->snap->nr_hkids);
	}
	if (!cap->readable || !cur->readable)
		return UNKNOWN(e, cap->readable ? cur : cap);
	if (cur->value < cap->value)
		return TDXCTL_RULE_OK;
	return rule_says(e, r->severity, "misc cgroup: %llu of %llu HKIDs in use",
			 (unsigned long long)cur->value, (unsigned long long)cap->value);
}

CHECK_FN(cgroup_limit)
{
	const struct tdxctl_facts *f = e->facts;

	if (!f->hkid_capacity.readable)
		return UNKNOWN(e, &f->hkid_capacity);
	for (size_t i = f->nr_cgroups; i-- > 0;) {
		const struct tdxctl_cgroup *c = &f->cgroups[i];

		/* The one whose own limit it is, not those above it. */
		if (c->max_events && c->max != TDXCTL_UNKNOWN &&
		    f->hkid_current.value < f->hkid_capacity.value)
			return rule_says(e, r->severity, "%.120s: limit %llu, %llu in use, refused %llu time%s",
					 c->path, (unsigned long long)c->max,
					 (unsigned long long)c->current, (unsigned long long)c->max_events,
					 plural(c->max_events));
	}
	return TDXCTL_RULE_OK;
}

CHECK_FN(cgroup_drift)
{
	const struct tdxctl_facts *f = e->facts;
	size_t held;

	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_says(e, TDXCTL_RULE_SKIP, "an emulated host has no cgroups");
	if (!rule_has_ledger(f))
		return rule_says(e, TDXCTL_RULE_UNKNOWN, NO_HELPER);
	if (!f->hkid_current.readable)
		return UNKNOWN(e, &f->hkid_current);
	held = f->snap->nr_hkids - hkids_count(f->snap, TDXCTL_HKID_FREE) -
	       hkids_count(f->snap, TDXCTL_HKID_UNKNOWN);
	if (f->hkid_current.value >= held)
		return TDXCTL_RULE_OK;
	return rule_says(e, r->severity, "misc cgroup counts %llu HKIDs, %zu are in use",
			 (unsigned long long)f->hkid_current.value, held);
}

CHECK_FN(vfio_dma)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_VFIO_DMA_LIMIT];
	struct tdxctl_val v = tdxctl_text_u64(t);
	const char *line;
	size_t len;

	if (t->absent)
		return rule_says(e, TDXCTL_RULE_SKIP, "VFIO is not in use");
	if (!v.readable)
		return UNKNOWN(e, &v);
	if (v.value > 65535)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < e->facts->nr_vm_logs; i++)
		if (tdxctl_rule_match(e->facts->vm_logs[i].text, r->log[0], &line, &len))
			return TDXCTL_RULE_UNKNOWN;
	return rule_says(e, TDXCTL_RULE_INFO, "dma_entry_limit is %llu", (unsigned long long)v.value);
}

CHECK_FN(mem_pamt)
{
	const struct tdxctl_facts *f = e->facts;
	const char *line, *p;
	unsigned long long kib;
	size_t len;
	char copy[200];

	switch (tdxctl_log_find(f, " allocated for PAMT", &line, &len)) {
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	case TDXCTL_DONT_KNOW:
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
				 f->log.text ? "its beginning is lost" : f->log.reason);
	default:
		break;
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)len, line);
	/* "virt/tdx: 12582912 KB allocated for PAMT" */
	p = strstr(copy, ": ");
	if (sscanf(p ? p + 2 : copy, "%llu", &kib) != 1)
		return rule_says(e, r->severity, "kernel log: %s", copy);
	if (!f->mem_total.readable || !f->mem_total.value)
		return rule_says(e, r->severity, "%llu MiB", kib >> 10);
	return rule_says(e, r->severity, "%llu MiB, %llu.%llu %% of memory", kib >> 10,
			 kib * 100 / (f->mem_total.value >> 10),
			 kib * 1000 / (f->mem_total.value >> 10) % 10);
}

CHECK_FN(mem_hotplug)
{
	const struct tdxctl_val *v = &e->facts->mem_offline;

	if (!v->readable)
		return UNKNOWN(e, v);
	if (!v->value || rule_tdx_up(e->facts) != TDXCTL_YES)
		return TDXCTL_RULE_OK;
	return rule_says(e, r->severity, "%llu memory block%s offline", (unsigned long long)v->value,
			 v->value == 1 ? " is" : "s are");
}

CHECK_FN(hkid_leaked)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *current = &f->hkid_current, *vms = &f->kvm_vms;
	size_t n = hkids_count(f->snap, TDXCTL_HKID_LEAKED), len;
	const char *line;

	if (n)
		return rule_says(e, r->severity, "%zu of %zu HKIDs", n, f->snap->nr_hkids);
	/* A helper that came later did not see it; the log may have. */
	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return TDXCTL_RULE_OK;
	if (f->log.text && tdxctl_rule_match(f->log.text, r->log[0], &line, &len))
		return TDXCTL_RULE_UNKNOWN;
	/* One that is just being torn down has lost its directory, too. */
	if (current->readable && vms->readable && current->value > vms->value) {
		e->fix = "Look again when no TD is ending: if HKIDs are still more than VMs, some leaked, and only "
			 "a reboot brings them back.";
		return rule_says(e, TDXCTL_RULE_WARN, "perhaps: misc cgroup: %llu HKID%s in use, KVM: %llu VM%s",
				 (unsigned long long)current->value, plural(current->value),
				 (unsigned long long)vms->value, plural(vms->value));
	}
	return TDXCTL_RULE_UNKNOWN;
}

CHECK_FN(leak_blocks_offline)
{
	const struct tdxctl_facts *f = e->facts;
	const char *line;
	size_t len;
	enum tdxctl_tri logged = tdxctl_log_find(f, "() failed. HKID", &line, &len);
	bool leaked = hkids_count(f->snap, TDXCTL_HKID_LEAKED) || logged == TDXCTL_YES;
	size_t tds = 0;

	if (!leaked && logged == TDXCTL_DONT_KNOW && f->snap->source != TDXCTL_SOURCE_EMULATED)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
				 f->log.text ? "its beginning is lost" : f->log.reason);
	if (!leaked)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < f->snap->nr_tds; i++)
		tds += f->snap->tds[i].td.hkid && f->snap->tds[i].td.state != TDXCTL_TD_LEAKED;
	if (!rule_has_ledger(f)) {
		if (!f->kvm_vms.readable)
			return rule_says(e, TDXCTL_RULE_UNKNOWN, "KVM's debugfs: %s", f->kvm_vms.reason);
		tds = f->kvm_vms.value;
	}
	/* While TDs run, they are the better answer. */
	if (tds)
		return TDXCTL_RULE_OK;
	return rule_says(e, f->log.text && tdxctl_rule_match(f->log.text, REFUSED, &line, &len) ?
			 r->severity : TDXCTL_RULE_INFO,
			 "no TD runs, and a leaked HKID still counts as in use");
}

CHECK_FN(teardown_slow)
{
	const struct tdxctl_snapshot *s = e->facts->snap;

	if (!rule_has_ledger(e->facts))
		return rule_says(e, TDXCTL_RULE_UNKNOWN, NO_HELPER);
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;
		const struct tdxctl_vm *vm = &s->tds[i].vm;
		bool going = td->state == TDXCTL_TD_BLOCKED || td->state == TDXCTL_TD_TEARDOWN;

		if (td->state == TDXCTL_TD_LEAKED || !td->since_ns || s->hdr.now_ns < td->since_ns ||
		    s->hdr.now_ns - td->since_ns < SLOW_NS)
			continue;
		/* Its process is gone, and the HKID is not back; or pages remain. */
		if (td->hkid && (vm->gone || !vm->pid))
			return rule_says(e, r->severity, "td:%u (%.60s) keeps HKID %u though its process ended",
					 td->id, vm->name, td->hkid);
		if (going && td->private_pages)
			return rule_says(e, r->severity, "td:%u (%.60s) is torn down for %llu s, %llu pages are left",
					 td->id, vm->name,
					 (unsigned long long)((s->hdr.now_ns - td->since_ns) / 1000000000),
					 (unsigned long long)td->private_pages);
	}
	return TDXCTL_RULE_OK;
}

CHECK_FN(hugepages)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_val reserved = tdxctl_text_u64(&f->file[TDXCTL_FILE_NR_HUGEPAGES]);
	size_t tds = f->snap->nr_tds;

	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_says(e, TDXCTL_RULE_SKIP, "an emulated host has no pages");
	if (!rule_has_ledger(f)) {
		if (!f->hkid_current.readable)
			return UNKNOWN(e, &f->hkid_current);
		tds = f->hkid_current.value;
	}
	/* Of interest to those who have TDs. */
	if (!tds)
		return TDXCTL_RULE_OK;
	if (reserved.readable && reserved.value)
		return rule_says(e, r->severity, "%zu TD%s; of the %llu huge pages reserved they take none",
				 tds, plural(tds), (unsigned long long)reserved.value);
	return rule_says(e, r->severity, "%zu TD%s", tds, plural(tds));
}

/* The host's half; what VMMs got for an answer is in their logs. */
CHECK_FN(capabilities_abi)
{
	const struct tdxctl_facts *f = e->facts;

	if (!f->td_attributes.readable && !strcmp(f->td_attributes.reason, tdxctl_td_other_abi))
		return rule_says(e, r->severity, "%s", tdxctl_td_other_abi);
	return TDXCTL_RULE_UNKNOWN;
}
