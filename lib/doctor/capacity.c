/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about the number of TDs and about failures to create one. */
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

static CHECK_FN(vfio_dma)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_VFIO_DMA_LIMIT];
	struct tdxctl_val v = tdxctl_text_u64(t);
	const char *line;
	size_t len;

	if (t->absent)
		return rule_finding(e, TDXCTL_RULE_SKIP, "VFIO is not in use");
	if (!v.readable)
		return UNKNOWN(e, &v);
	if (v.value > 65535)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < e->facts->nr_vm_logs; i++)
		if (tdxctl_rule_match(e->facts->vm_logs[i].text, r->log[0], &line, &len))
			return TDXCTL_RULE_UNKNOWN;
	return rule_finding(e, TDXCTL_RULE_INFO, "dma_entry_limit is %" PRIu64, v.value);
}

/* Checks the kernel. The errors that VMMs got are in their logs. */
static CHECK_FN(capabilities_abi)
{
	const struct tdxctl_facts *f = e->facts;

	if (!f->td_attributes.readable && !strcmp(f->td_attributes.reason, tdxctl_td_other_abi))
		return rule_finding(e, r->severity, "%s", tdxctl_td_other_abi);
	return TDXCTL_RULE_UNKNOWN;
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
	},
	{
		.id = "hkid.cgroup_limit",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cgroup.misc",
		.check = rule_cgroup_limit,
		.title = "A cgroup limit refused TDs",
		.fix = "Raise misc.max of the cgroup that reached its limit. The hardware has free HKIDs.",
	},
	{
		.id = "hkid.cgroup_drift",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cgroup.misc",
		.check = rule_cgroup_drift,
		.log = LOG("misc cgroup resource tdx became less than 0"),
		.title = "The misc cgroup counts too few HKIDs",
		.fix = "Use the counts of 'tdxctl hkid'. After a refused charge, some kernels uncharge "
		       "one HKID too many.",
	},
	{
		.id = "create.entropy",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.log = LOG("0x80000203"),
		.title = "The CPU had too little entropy to create a TD",
		.fix = "Create the TD again. Do not create many TDs at the same time.",
	},
	{
		.id = "create.key_config",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("TDH_MNG_KEY_CONFIG failed", "(0x8) failed: 0x", "leaf 8, error",
			   "0x80000800"),
		.title = "Programming the key of a TD failed",
		.fix = "Create the TD again. 'tdxctl lock' shows the retries of each package. If the "
		       "failure repeats, power-cycle the host.",
	},
	{
		.id = "create.vfio_dma",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.check = rule_vfio_dma,
		VMM_LOG("VFIO_MAP_DMA failed*No space left on device"),
		.title = "VFIO can map too few pages for a large TD",
		.fix = "Raise the parameter dma_entry_limit of vfio_iommu_type1. A TD with devices needs "
		       "one entry for each 4 KiB. The error is the same as for a lack of HKIDs, but "
		       "HKIDs are not the cause.",
	},
	{
		.id = "create.capabilities_abi",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_capabilities_abi,
		VMM_LOG("KVM_TDX_CAPABILITIES failed*Inappropriate ioctl"),
		.title = "QEMU and the kernel use different TDX interfaces",
		.fix = "Use a kernel and a QEMU of the same generation. Mainline supports TDX since Linux "
		       "6.16, QEMU 10.1 and libvirt 11.6.",
	},
	{
		.id = "create.mem_region",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("KVM_TDX_INIT_MEM_REGION failed"),
		.title = "Copying the firmware into a TD failed",
		.fix = "Start the VM again if the error is EAGAIN (resource temporarily unavailable). On "
		       "other errors, use an OVMF built for TDX.",
	},
	{
		.id = "create.no_tdvf",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("failed to parse TDVF for TDX VM"),
		.title = "The firmware of a TD is not built for TDX (not a TDVF)",
		.fix = "Set the firmware in the VM's definition to an OVMF built for TDX.",
	},
	{
		.id = "create.generation",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		VMM_LOG("vm-type TDX not supported by KVM", "vm-type tdx not supported by KVM"),
		.title = "A VMM and the kernel number the TDX VM type differently",
		.fix = "Use a QEMU of the kernel's generation: a distribution's preview kernel needs the "
		       "QEMU of the same preview, and mainline since Linux 6.16 needs QEMU 10.1 or later. "
		       "TDX on this host needs no change.",
	},
	{
		.id = "create.vmm_no_tdx",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("does not accept value 'tdx-guest'",
			"TDX launch security is not supported with this QEMU",
			"invalid object type: tdx-guest", "'tdx-guest' is not a valid object type"),
		.title = "A VM is started by a QEMU without TDX",
		.fix = "Use QEMU 10.1 and libvirt 11.6 or later, or the QEMU of the distribution's "
		       "preview. A package upgrade may have replaced it.",
	},
	{
		.id = "create.vmm_option",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("'quote-generation-service' is unexpected",
			"'quote-generation-socket' is unexpected"),
		.title = "A VM's definition has a TDX option of another QEMU generation",
		.fix = "Set quote-generation-socket in the VM's definition for QEMU 10.1 or later, and "
		       "quote-generation-service for the QEMU of a distribution's preview.",
	},
	{
		.id = "create.init_vm",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("TDX_INIT_VM failed*nvalid argument", "TDH.MNG.INIT failed",
			"TDH_MNG_INIT failed"),
		.title = "The TDX module or KVM refused the configuration of a TD",
		.fix = "Check the CPU model, the CPU features and the attributes in the VM's definition: "
		       "KVM_TDX_CAPABILITIES lists what is allowed. TDX on this host needs no change, unless "
		       "QEMU and the module are of different generations.",
	},
	{
		.id = "create.no_hkid",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "hkid.exhausted",
		VMM_LOG("TDX_INIT_VM failed*No space left on device"),
		.title = "A VM did not start because no HKID was free",
		.fix = "Start the VM again: an HKID is free now. For more HKIDs, raise the key split in "
		       "firmware setup.",
	},
	{
		.id = "mem.pamt",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_mem_pamt,
		.title = "TDX uses memory for page metadata",
		.fix = "No action is needed. TDX keeps metadata for each page (the PAMT).",
	},
	{
		.id = "boot.slow_init",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_slow_init,
		.title = "TDX initialization is slow",
		.fix = "No action is needed. All memory is initialized for TDX at once; more memory takes "
		       "more time.",
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
	},
};

const struct rule_list rules_capacity = { capacity, ARRAY_SIZE(capacity) };
