/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about failed TDs, and about resources that teardown does not free. */
#include <stdio.h>
#include "rule.h"

#define REFUSED "Delete all TDs in order to offline all CPUs of a package"
#define SLOW_NS 60000000000ULL

static CHECK_FN(hkid_leaked)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *current = &f->hkid_current, *vms = &f->kvm_vms;
	size_t n = hkids_count(f->snap, TDXCTL_HKID_LEAKED), len;
	const char *line;

	if (n)
		return rule_finding(e, r->severity, "%zu of %zu HKIDs leaked", n,
				    f->snap->nr_hkids);
	/* A helper that was loaded later did not see the leak, but the log may show it. */
	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return TDXCTL_RULE_OK;
	if (f->log.text && tdxctl_rule_match(f->log.text, r->log[0], &line, &len))
		return TDXCTL_RULE_UNKNOWN;
	/* A TD in teardown has no debugfs directory any more, but still holds its HKID. */
	if (current->readable && vms->readable && current->value > vms->value) {
		e->fix =
			"Run 'tdxctl doctor' again when no TD is in teardown. If there are still more HKIDs than "
			"VMs, some leaked, and only a reboot frees them.";
		return rule_finding(e, TDXCTL_RULE_WARN,
				    "possible leak: misc cgroup: %" PRIu64
				    " HKID%s in use, KVM: %" PRIu64 " VM%s",
				    current->value, plural(current->value), vms->value,
				    plural(vms->value));
	}
	return TDXCTL_RULE_UNKNOWN;
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
	const struct tdxctl_snapshot *s = e->facts->snap;

	if (!rule_has_ledger(e->facts))
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, NO_HELPER);
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;
		const struct tdxctl_vm *vm = &s->tds[i].vm;
		bool ending = td->state == TDXCTL_TD_BLOCKED || td->state == TDXCTL_TD_TEARDOWN;

		if (td->state == TDXCTL_TD_LEAKED || !td->since_ns ||
		    s->hdr.now_ns < td->since_ns || s->hdr.now_ns - td->since_ns < SLOW_NS)
			continue;
		/* The process ended but the HKID is still assigned, or private pages remain. */
		if (td->hkid && (vm->gone || !vm->pid))
			return rule_finding(e, r->severity,
					    "td:%u (%.60s) still holds HKID %u, but its process ended",
					    td->id, vm->name, td->hkid);
		if (ending && td->private_pages)
			return rule_finding(e, r->severity,
					    "td:%u (%.60s) is in teardown for %" PRIu64
					    " s, %" PRIu64 " pages are left",
					    td->id, vm->name,
					    (uint64_t)((s->hdr.now_ns - td->since_ns) /
						       NSEC_PER_SEC),
					    (uint64_t)td->private_pages);
	}
	return TDXCTL_RULE_OK;
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
