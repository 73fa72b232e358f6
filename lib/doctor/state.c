/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules about the state of the host now that are nothing but a check of health.h: `status`
 * and `check` report the same findings.
 */
#include "rule.h"

#define MEASURED(name, nr) \
	static CHECK_FN(name) \
	{ \
		return rule_health(e, nr); \
	}

MEASURED(not_enabled, TDXCTL_CHECK_CPUS_NOT_ENABLED)
MEASURED(lock_held, TDXCTL_CHECK_LOCK_HELD)
MEASURED(owner_gone, TDXCTL_CHECK_OWNER_GONE)
MEASURED(td_leaked, TDXCTL_CHECK_TDS_LEAKED)
MEASURED(busy, TDXCTL_CHECK_BUSY)

static CHECK_FN(hkid_few)
{
	const struct tdxctl_val *free = &e->health->result[TDXCTL_CHECK_HKIDS_FREE].value;

	/* Rule hkid.exhausted reports that none is free. */
	return free->readable && !free->value ? TDXCTL_RULE_OK :
						rule_health(e, TDXCTL_CHECK_HKIDS_FREE);
}

static CHECK_FN(hkid_unseen)
{
	uint64_t charged = tdxctl_hkids_charged(e->facts);

	if (e->facts->snap->source == TDXCTL_SOURCE_EMULATED)
		return rule_finding(e, TDXCTL_RULE_SKIP, "an emulated host has no cgroups");
	/* Rule hkid.cgroup_drift reports a number that is too low. */
	return charged != TDXCTL_UNKNOWN && rule_has_ledger(e->facts) &&
			       charged <= hkids_in_use(e->facts->snap) ?
		       TDXCTL_RULE_OK :
		       rule_health(e, TDXCTL_CHECK_HKIDS_DRIFT);
}

static enum tdxctl_rule_state of_helper(struct tdxctl_examination *e, enum tdxctl_check_nr nr)
{
	if (!tdxctl_has_seamcalls(e->facts->snap) && !e->facts->helper_err)
		return rule_finding(e, TDXCTL_RULE_SKIP, NO_HELPER);
	return rule_health(e, nr);
}

static CHECK_FN(missed)
{
	return of_helper(e, TDXCTL_CHECK_MISSED);
}

static CHECK_FN(dropped)
{
	return of_helper(e, TDXCTL_CHECK_TDS_DROPPED);
}

static CHECK_FN(disagrees)
{
	return of_helper(e, TDXCTL_CHECK_TDS_DIFFER);
}

static const struct tdxctl_rule state[] = {
	{
		.id = "cpu.not_enabled",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		.check = rule_not_enabled,
		.title = "An online CPU is not enabled for TDX",
		.fix = "Take the CPU offline and bring it online again. 'tdxctl cpu' lists the CPUs with "
		       "the status that the TDX module returns. If the failure repeats, reboot.",
		.reads = LIST("helper", "/sys/devices/system/cpu"),
		.why = "A vCPU of a TD cannot run on such a CPU, and a TD cannot be torn down "
		       "there. KVM then reports errors that do not name the CPU.",
		.by_hand = "tdxctl cpu check: asks the TDX module on each online CPU of "
			   "/sys/devices/system/cpu, through the helper.",
	},
	{
		.id = "lock.held",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_lock_held,
		.title = "A lock of the TDX module is held for a long time",
		.fix = "Check the holder with 'tdxctl lock'. While the lock is held, no TD can be created "
		       "or torn down. If the holder hangs, save the kernel log and reboot.",
		.reads = LIST("helper"),
		.why = "Creation and teardown of TDs need these locks. While one is held, "
		       "other TDs wait and the kernel logs nothing.",
		.by_hand = "tdxctl lock: the helper reports who holds each lock, and for how long.",
	},
	{
		.id = "hkid.few",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "hkid.exhausted",
		.check = rule_hkid_few,
		.title = "Few HKIDs are free",
		.fix = "Stop or release a TD before you create more; 'tdxctl hkid' lists the owners. For "
		       "more HKIDs, raise the key split in firmware setup.",
		.reads = LIST("/sys/fs/cgroup/misc.capacity", "/sys/fs/cgroup/misc.current",
			      "helper"),
		.why = "Each TD needs an HKID of its own. When none is left, KVM refuses a new "
		       "TD with ENOSPC.",
		.by_hand = "grep tdx /sys/fs/cgroup/misc.capacity /sys/fs/cgroup/misc.current: the "
			   "HKIDs that exist and those in use.",
	},
	{
		.id = "hkid.unseen",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_hkid_unseen,
		.title = "HKIDs are in use that the helper does not know",
		.fix = "Check with 'tdxctl helper status' whether the helper knows older TDs. If it does, "
		       "the HKIDs leaked, and only a reboot frees them.",
		.reads = LIST("/sys/fs/cgroup/misc.current", "helper"),
		.why = "An HKID that the kernel counts and no TD holds is lost until the next "
		       "reboot, unless its TD is older than the helper.",
		.by_hand = "grep tdx /sys/fs/cgroup/misc.current: HKIDs that the kernel counts. "
			   "tdxctl hkid: HKIDs known to the helper.",
	},
	{
		.id = "seamcall.busy",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_busy,
		.title = "Many SEAMCALLs return a busy status",
		.fix = "Check with 'tdxctl lock' where they wait. Do not create or tear down many TDs at "
		       "the same time.",
		.reads = LIST("helper"),
		.why = "The kernel retries a SEAMCALL whose operand is busy. Many retries slow "
		       "down the creation and the teardown of TDs.",
		.by_hand = "tdxctl metrics | grep seamcall_busy: the helper counts the busy "
			   "results of each leaf.",
	},
	{
		.id = "td.owner_gone",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_owner_gone,
		.title = "A TD holds an HKID although its process ended",
		.fix = "Run 'tdxctl td show VM' to find the process that keeps the TD alive, and end that "
		       "process.",
		.reads = LIST("helper", "/proc"),
		.why = "The HKID and the private memory of a TD stay in use until the last "
		       "process that maps them ends.",
		.by_hand = "tdxctl td show VM: the helper reports the TD, and /proc the process "
			   "that keeps it alive.",
	},
	{
		.id = "td.leaked",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_td_leaked,
		.title = "The kernel lost pages of a TD",
		.fix = "Plan a reboot: only a reboot frees the pages. 'tdxctl td show VM' shows how many.",
		.reads = LIST("helper"),
		.why = "Linux keeps a page that the TDX module did not return, because an "
		       "access to the page could cause a machine check.",
		.by_hand = "tdxctl td show VM: the helper reports the pages that are lost.",
	},
	{
		.id = "helper.missed",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_missed,
		.title = "The helper does not see every SEAMCALL",
		.fix = "Check that kprobes are on (/sys/kernel/debug/kprobes/enabled), then reload the "
		       "helper. Until then, counts and states may be wrong.",
		.reads = LIST("helper"),
		.why = "States and counts come from the SEAMCALLs that the helper observed. A "
		       "missed SEAMCALL can make them wrong.",
		.by_hand = "tdxctl helper status: the helper counts the SEAMCALLs that its probes "
			   "missed.",
	},
	{
		.id = "helper.dropped",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_dropped,
		.title = "The helper does not track every TD",
		.fix = "Load the helper again when fewer TDs exist. Until then, lists and counts of TDs "
		       "are not complete.",
		.reads = LIST("helper"),
		.why = "The table of the helper has a limited number of places. TDs without a "
		       "place are in no list and in no count.",
		.by_hand = "tdxctl helper status: the helper counts the TDs that found no place.",
	},
	{
		.id = "helper.disagrees",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_disagrees,
		.title = "The helper and KVM differ on a TD",
		.fix = "Run 'tdxctl helper unload' and 'tdxctl helper load': the helper then reads the TDs "
		       "from KVM. If they differ again, report a bug, with the output of 'tdxctl report'.",
		.reads = LIST("helper", "KVM's structures, with BPF programs"),
		.why = "The helper derives states from SEAMCALLs. After SEAMCALLs that it did not see, for "
		       "example while kprobes were off, its HKIDs and TDs are wrong.",
		.by_hand =
			"tdxctl td, tdxctl helper unload, and tdxctl td again: without the helper, the "
			"list comes from KVM.",
	},
};

const struct rule_list rules_state = { state, ARRAY_SIZE(state) };
