/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about TDs that fail, and about what their teardown leaves behind. */
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
		return rule_finding(e, r->severity, "%zu of %zu HKIDs", n, f->snap->nr_hkids);
	/* A helper that came later did not see it; the log may have. */
	if (f->snap->source == TDXCTL_SOURCE_EMULATED)
		return TDXCTL_RULE_OK;
	if (f->log.text && tdxctl_rule_match(f->log.text, r->log[0], &line, &len))
		return TDXCTL_RULE_UNKNOWN;
	/* One that is just being torn down has lost its directory, too. */
	if (current->readable && vms->readable && current->value > vms->value) {
		e->fix = "Look again when no TD is ending: if HKIDs are still more than VMs, some leaked, and only "
			 "a reboot brings them back.";
		return rule_finding(e, TDXCTL_RULE_WARN, "perhaps: misc cgroup: %" PRIu64 " HKID%s in use, KVM: %" PRIu64 " VM%s",
				 current->value, plural(current->value),
				 vms->value, plural(vms->value));
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
				 f->log.text ? "its beginning is lost" : f->log.reason);
	if (!leaked)
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < f->snap->nr_tds; i++)
		tds += f->snap->tds[i].td.hkid && f->snap->tds[i].td.state != TDXCTL_TD_LEAKED;
	if (!rule_has_ledger(f)) {
		if (!f->kvm_vms.readable)
			return rule_finding(e, TDXCTL_RULE_UNKNOWN, "KVM's debugfs: %s", f->kvm_vms.reason);
		tds = f->kvm_vms.value;
	}
	/* While TDs run, they are the better answer. */
	if (tds)
		return TDXCTL_RULE_OK;
	return rule_finding(e, f->log.text && tdxctl_rule_match(f->log.text, REFUSED, &line, &len) ?
			 r->severity : TDXCTL_RULE_INFO,
			 "no TD runs, and a leaked HKID still counts as in use");
}

static CHECK_FN(teardown_slow)
{
	const struct tdxctl_snapshot *s = e->facts->snap;

	if (!rule_has_ledger(e->facts))
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, NO_HELPER);
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;
		const struct tdxctl_vm *vm = &s->tds[i].vm;
		bool going = td->state == TDXCTL_TD_BLOCKED || td->state == TDXCTL_TD_TEARDOWN;

		if (td->state == TDXCTL_TD_LEAKED || !td->since_ns || s->hdr.now_ns < td->since_ns ||
		    s->hdr.now_ns - td->since_ns < SLOW_NS)
			continue;
		/* Its process is gone, and the HKID is not back; or pages remain. */
		if (td->hkid && (vm->gone || !vm->pid))
			return rule_finding(e, r->severity, "td:%u (%.60s) keeps HKID %u though its process ended",
					 td->id, vm->name, td->hkid);
		if (going && td->private_pages)
			return rule_finding(e, r->severity, "td:%u (%.60s) is torn down for %" PRIu64 " s, %" PRIu64 " pages are left",
					 td->id, vm->name,
					 (uint64_t)((s->hdr.now_ns - td->since_ns) / NSEC_PER_SEC),
					 (uint64_t)td->private_pages);
	}
	return TDXCTL_RULE_OK;
}

static const struct tdxctl_rule teardown[] = {
	{
		.id = "hkid.leaked", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor", .check = rule_hkid_leaked,
		.log = LOG("() failed. HKID*leaked"),
		.title = "An HKID leaked",
		.fix = "Plan a reboot: nothing else brings it and its control pages back. 'tdxctl hkid' "
			"shows which SEAMCALL failed, 'tdxctl decode' why.",
	},
	{
		.id = "hkid.leak_blocks_offline", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor", .check = rule_leak_blocks_offline,
		.title = "The last CPU of a package cannot go offline",
		.fix = "Reboot, or choose a CPU that is not the last of its package: deleting TDs "
			"does not help.",
	},
	{
		.id = "teardown.slow", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param", .check = rule_teardown_slow,
		.title = "A TD is slow to go",
		.fix = "Release it: 'tdxctl release' gives its HKID back first, after which its pages go "
			"several times faster.",
	},
	{
		.id = "reclaim.metadata", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_WARN,
		.needs = "cpu.vendor",
		.log = LOG("(0x1c) failed*0xc0000300", "leaf 28,*0xc0000300",
			   "TDH_PHYMEM_PAGE_RECLAIM failed*0xc0000300"),
		.title = "The host lost track of pages of a TD",
		.fix = "Update the kernel, and reboot if it recurs: the pages leak.",
	},
	{
		.id = "sept.busy", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("0xc0000b08", "0x8000020000000092", "0x80000200000000a9",
			   "TDH_MEM_*failed*0x80000200"),
		.title = "KVM lost a race for the secure EPT",
		.fix = "Use Linux 6.19 or later, where this was reworked; there it is a bug to report.",
	},
	{
		.id = "td.unaccepted", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("Guest access before accepting"),
		.title = "A guest touched memory that it had not accepted",
		.fix = "Update the guest's kernel or firmware: the bug is theirs, not this host's.",
	},
	{
		.id = "td.exit_reason", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		VMM_LOG("KVM: unknown exit, hardware reason"),
		.title = "A TD ended with an exit its VMM does not know",
		.fix = "Decode the word with 'tdxctl decode'; often the TDX module is old and wants an "
			"update.",
	},
	{
		.id = "td.reboot", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		VMM_LOG("cpus are not resettable, terminating"),
		.title = "A TD wanted to reboot and was ended",
		.fix = "A TD cannot reboot in place: start the VM again, which takes a new HKID.",
	},
	{
		.id = "mce.tdx_private", .group = TDXCTL_GROUP_TEARDOWN, .severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LOG("TDX private memory error"),
		.title = "Software of the host wrote to private memory",
		.fix = "Keep the trace before replacing DIMMs: it is a kernel bug, not a hardware "
			"fault.",
	},
};

const struct rule_list rules_teardown = { teardown, ARRAY_SIZE(teardown) };
