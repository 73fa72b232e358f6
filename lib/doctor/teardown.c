/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about failed TDs, and about resources that teardown does not free. */
#include <stdio.h>
#include "rule.h"

#define REFUSED "Delete all TDs in order to offline all CPUs of a package"

static CHECK_FN(hkid_leaked)
{
	enum tdxctl_rule_state s = rule_health(e, TDXCTL_CHECK_HKIDS_LEAKED);

	/* There are more HKIDs in use than VMs, which a teardown in progress explains as well. */
	if (s != TDXCTL_RULE_UNKNOWN || !e->health->result[TDXCTL_CHECK_HKIDS_LEAKED].why[0])
		return s;
	e->fix =
		"Run 'tdxctl doctor' again when no TD is in teardown. If there are still more HKIDs than "
		"VMs, some leaked, and only a reboot frees them.";
	return TDXCTL_RULE_WARN;
}

static CHECK_FN(leak_blocks_offline)
{
	const struct tdxctl_facts *f = e->facts;
	const char *line;
	size_t len;
	enum tdxctl_tri logged = tdxctl_log_find(f, "() failed. HKID", &line, &len);
	bool leaked = hkids_count(f->snap, TDXCTL_HKID_LEAKED) || logged == TDXCTL_YES;
	size_t tds = 0;

	if (!leaked && logged == TDXCTL_TRI_UNKNOWN && f->snap->source != TDXCTL_SOURCE_EMULATED)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
				    f->log.text ? LOG_INCOMPLETE : f->log.reason);
	if (!leaked)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < f->snap->nr_tds; i++)
		tds += f->snap->tds[i].td.hkid && f->snap->tds[i].td.state != TDXCTL_TD_LEAKED;
	if (!rule_has_ledger(f)) {
		if (!f->kvm_vms.readable)
			return rule_finding(e, TDXCTL_RULE_UNKNOWN, "KVM's debugfs: %s",
					    f->kvm_vms.reason);
		tds = f->kvm_vms.value;
	}
	/* While TDs exist, rule cpu.offline_refused gives the better advice. */
	if (tds)
		return TDXCTL_RULE_OK;
	return rule_finding(e,
			    f->log.text && tdxctl_rule_match(f->log.text, REFUSED, &line, &len) ?
				    r->severity :
				    TDXCTL_RULE_INFO,
			    "no TD exists, but a leaked HKID still counts as in use");
}

static CHECK_FN(teardown_slow)
{
	return rule_health(e, TDXCTL_CHECK_TEARDOWN);
}

static const struct tdxctl_rule teardown[] = {
	{
		.id = "hkid.leaked",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_hkid_leaked,
		.log = LOG("() failed. HKID*leaked"),
		.title = "An HKID leaked",
		.fix = "Plan a reboot: only a reboot frees the HKID and its control pages. 'tdxctl hkid' "
		       "shows which SEAMCALL failed; 'tdxctl decode' explains its status.",
	},
	{
		.id = "hkid.leak_blocks_offline",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.check = rule_leak_blocks_offline,
		.title = "A leaked HKID keeps the last CPU of each package online",
		.fix = "Take a CPU offline that is not the last of its package, or reboot. Deleting TDs "
		       "does not help.",
	},
	{
		.id = "teardown.slow",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_teardown_slow,
		.title = "The teardown of a TD is slow",
		.fix = "Release the TD: 'tdxctl release' frees its HKID first, and then reclaims its pages "
		       "several times faster.",
	},
	{
		.id = "reclaim.metadata",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.log = LOG("(0x1c) failed*0xc0000300", "leaf 28,*0xc0000300",
			   "TDH_PHYMEM_PAGE_RECLAIM failed*0xc0000300"),
		.title = "The host lost track of the pages of a TD",
		.fix = "Update the kernel. If the error recurs, reboot: the pages are leaked.",
	},
	{
		.id = "sept.busy",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("0xc0000b08", "0x8000020000000092", "0x80000200000000a9",
			   "TDH_MEM_*failed*0x80000200"),
		.title = "An operation on the secure EPT failed because of a race in KVM",
		.fix = "Use Linux 6.19 or later, where the locking was reworked. On such a kernel, report "
		       "the error as a bug.",
	},
	{
		.id = "td.unaccepted",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("Guest access before accepting"),
		.title = "A guest accessed memory that it had not accepted",
		.fix = "Update the guest's kernel or firmware. The bug is in the guest, not on this host.",
	},
	{
		.id = "td.exit_reason",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("KVM: unknown exit, hardware reason"),
		.title = "A TD ended with an exit that its VMM does not know",
		.fix = "Decode the hardware reason with 'tdxctl decode'. The cause is often an old TDX "
		       "module: update it.",
	},
	{
		.id = "td.reboot",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		VMM_LOG("cpus are not resettable, terminating"),
		.title = "A TD tried to reboot and was ended",
		.fix = "Start the VM again; it gets a new HKID. A TD cannot reboot in place.",
	},
	{
		.id = "mce.tdx_private",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("TDX private memory error"),
		.title = "Host software wrote to the private memory of a TD",
		.fix = "Save the kernel log before you replace DIMMs. The cause is a kernel bug, not a "
		       "hardware fault.",
	},
};

const struct rule_list rules_teardown = { teardown, ARRAY_SIZE(teardown) };
