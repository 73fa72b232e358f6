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
	bool tds = false;

	if (!leaked && logged == TDXCTL_TRI_UNKNOWN && f->snap->source != TDXCTL_SOURCE_EMULATED)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
				    f->log.text ? LOG_INCOMPLETE : f->log.reason);
	if (!leaked)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < f->snap->nr_tds; i++)
		tds |= f->snap->tds[i].td.hkid && f->snap->tds[i].td.state != TDXCTL_TD_LEAKED;
	if (!rule_has_ledger(f)) {
		if (!f->kvm_vms.readable)
			return rule_finding(e, TDXCTL_RULE_UNKNOWN, "KVM's debugfs: %s",
					    f->kvm_vms.reason);
		tds = f->kvm_vms.value > 0;
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
		.log = LIST("() failed. HKID*leaked"),
		.title = "An HKID leaked",
		.fix = "Plan a reboot: only a reboot frees the HKID and its control pages. 'tdxctl hkid' "
		       "shows which SEAMCALL failed; 'tdxctl decode' explains its status.",
		.reads = LIST("helper", "/sys/fs/cgroup/misc.current", "/sys/kernel/debug/kvm"),
		.why = "When a step of the teardown fails, the kernel cannot reuse the HKID. "
		       "Each leak is one TD less until the next reboot.",
		.by_hand = "dmesg | grep 'is leaked': the kernel names the HKID. tdxctl hkid: "
			   "lists leaked HKIDs.",
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
		.reads = LIST("helper", "kernel log", "/sys/kernel/debug/kvm"),
		.why = "The kernel counts a leaked HKID as in use, and keeps the last CPU of "
		       "each package online for it.",
		.by_hand = "dmesg | grep -E 'is leaked|Delete all TDs': both lines are the "
			   "sign.",
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
		.reads = LIST("helper"),
		.why = "The HKID of a TD stays in use until its teardown ends. Large TDs take "
		       "minutes.",
		.by_hand = "tdxctl td: shows TDs in teardown and for how long.",
	},
	{
		.id = "reclaim.metadata",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.log = LIST("(0x1c) failed*0xc0000300", "leaf 28,*0xc0000300",
			    "TDH_PHYMEM_PAGE_RECLAIM failed*0xc0000300"),
		.title = "The host lost track of the pages of a TD",
		.fix = "Update the kernel. If the error recurs, reboot: the pages are leaked.",
		.why = "The module and the kernel disagree about the owner of a page. The "
		       "kernel leaks such pages.",
		.by_hand = "dmesg | tdxctl decode: TDX_PAGE_METADATA_INCORRECT at "
			   "TDH.PHYMEM.PAGE.RECLAIM is the sign.",
	},
	{
		.id = "sept.busy",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kvm.param",
		.log = LIST("0xc0000b08", "0x8000020000000092", "0x80000200000000a9",
			    "TDH_MEM_*failed*0x80000200"),
		.cured = TDXCTL_KERNEL(6, 19),
		.backport =
			"Ask the distributor for a kernel with the reworked locking of KVM, which mainline has "
			"since Linux 6.19.",
		.title = "An operation on the secure EPT failed because of a race in KVM",
		.fix = "Use Linux 6.19 or later, where the locking was reworked. On such a kernel, report "
		       "the error as a bug.",
		.why = "Up to Linux 6.18, KVM could change the secure EPT of a TD on two CPUs "
		       "at once. The TD ends when a call fails.",
		.by_hand = "dmesg | tdxctl decode: a TDH.MEM call with TDX_OPERAND_BUSY or "
			   "TDX_TLB_TRACKING_NOT_DONE is the sign.",
	},
	{
		.id = "td.unaccepted",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LIST("Guest access before accepting"),
		.title = "A guest accessed memory that it had not accepted",
		.fix = "Update the guest's kernel or firmware. The bug is in the guest, not on this host.",
		.why = "A guest must accept memory before it uses it. KVM ends a TD that does "
		       "not.",
		.by_hand = "dmesg | grep 'before accepting': the kernel prints the address.",
	},
	{
		.id = "td.exit_reason",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("KVM: unknown exit, hardware reason"),
		.decoded = true,
		.title = "A TD ended with an exit that its VMM does not know",
		.fix = "Decode the hardware reason with 'tdxctl decode'. The cause is often an old TDX "
		       "module: update it.",
		.why = "KVM passes an exit that it does not know to the VMM, which ends the TD.",
		.by_hand = "grep -h 'hardware reason' /var/log/libvirt/qemu/*.log | tdxctl "
			   "decode: explains the reason.",
	},
	{
		.id = "td.reboot",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		VMM_LOG("cpus are not resettable, terminating"),
		.title = "A TD tried to reboot and was ended",
		.fix = "Start the VM again; it gets a new HKID. A TD cannot reboot in place.",
		.why = "The state of a TD cannot be reset. A reboot in the guest ends the VM.",
		.by_hand = "grep -h 'not resettable' /var/log/libvirt/qemu/*.log: QEMU reports "
			   "the reboot.",
	},
	{
		.id = "kvm.warning",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.log = LIST("WARNING: *tdx_", "BUG: *tdx_"),
		.title = "The TDX code of the kernel logged a warning",
		.fix = "Save the kernel log and update the kernel. If the warning stays, report it to the "
		       "distributor. 'dmesg | tdxctl decode' explains the status words around it.",
		.why = "The kernel found a state that its authors thought impossible. TDs may fail or leak "
		       "memory afterwards.",
		.by_hand = "dmesg | grep -A30 'WARNING:': the call trace names the function.",
	},
	{
		.id = "mce.tdx_private",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LIST("TDX private memory error"),
		.title = "Host software wrote to the private memory of a TD",
		.fix = "Save the kernel log before you replace DIMMs. The cause is a kernel bug, not a "
		       "hardware fault.",
		.why = "A write of host software to the memory of a TD breaks its integrity, "
		       "and the CPU reports it as a machine check when the memory is read.",
		.by_hand = "dmesg | grep -i 'TDX private memory': the kernel reports the "
			   "address.",
	},
};

const struct rule_list rules_teardown = { teardown, ARRAY_SIZE(teardown) };
