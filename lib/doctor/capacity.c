/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about the number of TDs and about memory. */
#include <stdio.h>
#include "rule.h"

#define FEW_TDS	      31 /* number of TDs with the most common key split */
#define SLOW_START_US 5000000

static CHECK_FN(cgroup_misc)
{
	const struct tdxctl_facts *f = e->facts;

	if (f->hkid_capacity.readable)
		return TDXCTL_RULE_OK;
	if (f->snap->source == TDXCTL_SOURCE_EMULATED || !f->path[TDXCTL_PATH_CPU_SYSFS].value ||
	    !strncmp(f->hkid_capacity.reason, "no permission", 13))
		return UNKNOWN(e, &f->hkid_capacity);
	/* The real root cgroup has no such file: this is the view of a container. */
	if (f->path[TDXCTL_PATH_CGROUP_NOT_ROOT].value)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "the root cgroup is not visible; this may be a container");
	return rule_finding(e, r->severity, "%s", f->hkid_capacity.reason);
}

static CHECK_FN(keyid_capacity)
{
	struct tdxctl_keys k;
	const char *why = "no CPU package was found";
	char used[40] = "";

	if (!e->facts->nr_msrs || !tdxctl_keys_host(&e->facts->msrs[0], &k, &why)) {
		if (!e->facts->hkid_capacity.readable)
			return rule_finding(e, TDXCTL_RULE_UNKNOWN, "%s", why);
		k.max_tds = (uint32_t)e->facts->hkid_capacity.value;
	}
	if (e->facts->hkid_current.readable)
		snprintf(used, sizeof(used), ", %" PRIu64 " in use", e->facts->hkid_current.value);
	return rule_finding(e, k.max_tds < FEW_TDS ? r->severity : TDXCTL_RULE_OK,
			    "HKIDs for %u TDs at a time%s", k.max_tds, used);
}

static CHECK_FN(hkid_exhausted)
{
	const struct tdxctl_val *free = &e->health->result[TDXCTL_CHECK_HKIDS_FREE].value;

	/* Rule hkid.few reports a low number that is not 0. */
	return free->readable && free->value ? TDXCTL_RULE_OK :
					       rule_health(e, TDXCTL_CHECK_HKIDS_FREE);
}

static CHECK_FN(cgroup_limit)
{
	const struct tdxctl_facts *f = e->facts;

	if (!f->hkid_capacity.readable)
		return UNKNOWN(e, &f->hkid_capacity);
	for (size_t i = f->nr_cgroups; i-- > 0;) {
		const struct tdxctl_cgroup *c = &f->cgroups[i];

		/* Only the cgroup whose own limit was hit, not its ancestors. */
		if (c->max_events && c->max != TDXCTL_UNKNOWN &&
		    f->hkid_current.value < f->hkid_capacity.value)
			return rule_finding(e, r->severity,
					    "%.120s: limit %" PRIu64 ", %" PRIu64
					    " in use, refused %" PRIu64 " time%s",
					    c->path, c->max, c->current, c->max_events,
					    plural(c->max_events));
	}
	return TDXCTL_RULE_OK;
}

static CHECK_FN(cgroup_drift)
{
	const struct tdxctl_facts *f = e->facts;
	uint64_t charged = tdxctl_hkids_charged(f);

	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_finding(e, TDXCTL_RULE_SKIP, "an emulated host has no cgroups");
	/* Rule hkid.unseen reports a number that is too high. */
	return charged != TDXCTL_UNKNOWN && rule_has_ledger(f) && charged >= hkids_in_use(f->snap) ?
		       TDXCTL_RULE_OK :
		       rule_health(e, TDXCTL_CHECK_HKIDS_DRIFT);
}

static CHECK_FN(mem_pamt)
{
	const struct tdxctl_facts *f = e->facts;
	const char *line, *p;
	unsigned long long kib;
	size_t len;
	char copy[200];

	switch (tdxctl_log_find(f, " allocated for PAMT", &line, &len)) {
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	case TDXCTL_TRI_UNKNOWN:
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
				    f->log.text ? LOG_INCOMPLETE : f->log.reason);
	default:
		break;
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)len, line);
	/* "virt/tdx: 12582912 KB allocated for PAMT" */
	p = strstr(copy, ": ");
	if (sscanf(p ? p + 2 : copy, "%llu", &kib) != 1)
		return rule_finding(e, r->severity, "kernel log: %s", copy);
	if (!f->mem_total.readable || !f->mem_total.value)
		return rule_finding(e, r->severity, "%llu MiB", kib >> 10);
	return rule_finding(e, r->severity, "%llu MiB, %llu.%llu %% of memory", kib >> 10,
			    kib * 100 / (f->mem_total.value >> 10),
			    kib * 1000 / (f->mem_total.value >> 10) % 10);
}

static CHECK_FN(slow_init)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_val gap = tdxctl_log_gap(f, " allocated for PAMT");

	/* The kernel prints this line when all memory is initialized, and nothing in between. */
	if (gap.readable)
		return gap.value < SLOW_START_US ?
			       TDXCTL_RULE_OK :
			       rule_finding(e, r->severity, "%" PRIu64 ".%" PRIu64 " s",
					    gap.value / 1000000, gap.value / 100000 % 10);
	if (f->log.text && f->log_complete && !strstr(f->log.text, " allocated for PAMT"))
		return TDXCTL_RULE_OK;
	return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
			    f->log.text && !f->log_complete ? LOG_INCOMPLETE : gap.reason);
}

static CHECK_FN(hugepages)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_val reserved = tdxctl_text_u64(&f->file[TDXCTL_FILE_NR_HUGEPAGES]);
	size_t tds = f->snap->nr_tds;

	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_finding(e, TDXCTL_RULE_SKIP, "an emulated host has no memory pages");
	if (!rule_has_ledger(f)) {
		if (!f->hkid_current.readable)
			return UNKNOWN(e, &f->hkid_current);
		tds = f->hkid_current.value;
	}
	/* Only relevant while TDs exist. */
	if (!tds)
		return TDXCTL_RULE_OK;
	if (reserved.readable && reserved.value)
		return rule_finding(e, r->severity,
				    "%zu TD%s; none of the %" PRIu64
				    " reserved huge pages is used for TDs",
				    tds, plural(tds), reserved.value);
	return rule_finding(e, r->severity, "%zu TD%s", tds, plural(tds));
}

static CHECK_FN(mem_hotplug)
{
	const struct tdxctl_val *v = &e->facts->mem_offline;

	if (!v->readable)
		return UNKNOWN(e, v);
	if (!v->value || rule_tdx_up(e->facts) != TDXCTL_YES)
		return TDXCTL_RULE_OK;
	return rule_finding(e, r->severity, "%" PRIu64 " memory block%s offline", v->value,
			    v->value == 1 ? " is" : "s are");
}

static const struct tdxctl_rule capacity[] = {
	{
		.id = "cgroup.misc",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_cgroup_misc,
		.title = "The misc cgroup does not count HKIDs",
		.fix = "Load the helper to count HKIDs ('tdxctl helper load'). For cgroup limits, use a "
		       "kernel with CONFIG_CGROUP_MISC whose KVM charges HKIDs to it.",
		.reads = LIST("/sys/fs/cgroup/misc.capacity"),
		.why = "The misc cgroup counts HKIDs. Without it, limits for VMs do not work, "
		       "and tdxctl needs the helper for the number in use.",
		.by_hand = "cat /sys/fs/cgroup/misc.capacity: must have a line tdx. With cgroup "
			   "v1, the misc controller must be mounted.",
	},
	{
		.id = "bios.keyid.capacity",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_INFO,
		.needs = "bios.keyid.few",
		.check = rule_keyid_capacity,
		.title = "Few HKIDs are available for TDs",
		.fix = "Choose a larger key split in firmware setup. 'tdxctl keys' shows how many TDs "
		       "each split allows.",
		.reads = LIST("MSR 0x87", "/sys/fs/cgroup/misc.capacity"),
		.why = "Each TD needs an HKID. The key split in firmware setup limits the "
		       "number of TDs.",
		.by_hand = "cat /sys/fs/cgroup/misc.capacity: the number of TDs that can exist "
			   "at a time. rdmsr 0x87: upper half, private KeyIDs.",
	},
	{
		.id = "hkid.exhausted",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		.check = rule_hkid_exhausted,
		.title = "No HKID is free",
		.fix = "Stop or release a TD; 'tdxctl hkid' lists the owners. For more HKIDs, raise the "
		       "key split in firmware setup.",
		.reads = LIST("/sys/fs/cgroup/misc.capacity", "/sys/fs/cgroup/misc.current",
			      "helper"),
		.why = "Without a free HKID no TD can start. KVM then reports: No space left on "
		       "device.",
		.by_hand = "grep tdx /sys/fs/cgroup/misc.capacity /sys/fs/cgroup/misc.current: "
			   "compare both numbers.",
	},
	{
		.id = "hkid.cgroup_limit",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cgroup.misc",
		.check = rule_cgroup_limit,
		.title = "A cgroup limit refused TDs",
		.fix = "Raise misc.max of the cgroup that reached its limit. The hardware has free HKIDs.",
		.reads = LIST("/sys/fs/cgroup/*/misc.max", "/sys/fs/cgroup/*/misc.events"),
		.why = "A cgroup may have fewer HKIDs than the host. KVM then reports: Device "
		       "or resource busy.",
		.by_hand = "grep -r tdx.max /sys/fs/cgroup --include=misc.events: a number that "
			   "is not 0 is a cgroup that refused TDs.",
	},
	{
		.id = "hkid.cgroup_drift",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cgroup.misc",
		.check = rule_cgroup_drift,
		.log = LIST("misc cgroup resource tdx became less than 0"),
		.title = "The misc cgroup counts too few HKIDs",
		.fix = "Use the counts of 'tdxctl hkid'. After a refused charge, some kernels uncharge "
		       "one HKID too many.",
		.reads = LIST("/sys/fs/cgroup/misc.current", "helper"),
		.why = "Some kernels uncharge an HKID twice after a refused charge. Limits and "
		       "monitoring then use a wrong number.",
		.by_hand = "cat /sys/fs/cgroup/misc.current and tdxctl hkid: compare the "
			   "numbers in use.",
	},
	{
		.id = "create.entropy",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.log = LIST("0x80000203"),
		.title = "The CPU had too little entropy to create a TD",
		.fix = "Create the TD again. Do not create many TDs at the same time.",
		.why = "The module generates the key of a TD with the CPU's random number "
		       "generator, which has a limited rate.",
		.by_hand = "dmesg | tdxctl decode: TDX_RND_NO_ENTROPY is the sign.",
	},
	{
		.id = "create.key_config",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		.log = LIST("TDH_MNG_KEY_CONFIG failed", "(0x8) failed: 0x", "leaf 8, error",
			    "0x80000800"),
		.title = "Programming the key of a TD failed",
		.fix = "Create the TD again. 'tdxctl lock' shows the retries of each package. If the "
		       "failure repeats, power-cycle the host.",
		.why = "A TD cannot run before its key is programmed on each package.",
		.by_hand = "dmesg | tdxctl decode: explains the status of TDH.MNG.KEY.CONFIG.",
	},
	{
		.id = "mem.pamt",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_mem_pamt,
		.title = "TDX uses memory for page metadata",
		.fix = "No action is needed. TDX keeps metadata for each page (the PAMT).",
		.reads = LIST("kernel log", "/proc/meminfo"),
		.why = "The TDX module keeps metadata for each page of memory. This memory is "
		       "not available for anything else.",
		.by_hand = "dmesg | grep PAMT: the kernel prints the size.",
	},
	{
		.id = "boot.slow_init",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		/* Older kernels initialize TDX when kvm_intel is loaded: any time may be in between. */
		.since = TDXCTL_KERNEL(7, 1),
		.check = rule_slow_init,
		.title = "TDX initialization is slow",
		.fix = "No action is needed. All memory is initialized for TDX at once; more memory takes "
		       "more time.",
		.reads = LIST("kernel log"),
		.why = "The kernel initializes all memory for TDX at once, which delays the "
		       "boot or the loading of kvm_intel.",
		.by_hand = "dmesg | grep -B1 PAMT: the difference of the two time stamps.",
	},
	{
		.id = "hugepages",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_INFO,
		.needs = "kvm.param",
		.until = TDXCTL_KERNEL(7, 3),
		.check = rule_hugepages,
		.title = "TDs are mapped in pages of 4 KiB",
		.fix = "No action is possible: huge pages for TDs are not supported by this kernel. Large "
		       "TDs start and end slowly.",
		.reads = LIST("/sys/fs/cgroup/misc.current", "/proc/sys/vm/nr_hugepages", "helper"),
		.why = "Each 4 KiB page of a TD is added and reclaimed by itself. Large TDs "
		       "therefore start and end slowly.",
		.by_hand = "cat /sys/fs/cgroup/misc.current: the number of TDs. cat "
			   "/proc/sys/vm/nr_hugepages: reserved huge pages, which TDs do not "
			   "use.",
	},
	{
		.id = "mem.hotplug_refused",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_mem_hotplug,
		.title = "Memory blocks stay offline",
		.fix = "Add memory before boot. After TDX initialization, the kernel refuses new memory "
		       "without a message.",
		.reads = LIST("/sys/devices/system/memory"),
		.why = "The TDX module protects only memory that existed at its initialization. "
		       "The kernel refuses to bring other memory online.",
		.by_hand = "grep -l offline /sys/devices/system/memory/memory*/state: lists "
			   "blocks that are offline.",
	},
};

const struct rule_list rules_capacity = { capacity, ARRAY_SIZE(capacity) };
