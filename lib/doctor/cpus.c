/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about CPUs that stay offline, and packages without an online CPU. */
#include <stdio.h>
#include "rule.h"

static size_t offline_cpus(const struct tdxctl_snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nr_cpus; i++)
		n += !s->cpus[i].online;
	return n;
}

static CHECK_FN(maxcpus)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_text *cmdline = &f->file[TDXCTL_FILE_CMDLINE];
	struct package_gap gap;
	const char *line;
	size_t len;

	if (!cmdline->text)
		return UNKNOWN(e, cmdline);
	if (!tdxctl_cmdline_get(f, "maxcpus=") && !tdxctl_cmdline_get(f, "nr_cpus="))
		return TDXCTL_RULE_OK;
	/* CPUs above nr_cpus= are not present in sysfs; the kernel logs that there are more. */
	if (f->log.text && tdxctl_cmdline_get(f, "nr_cpus=") &&
	    (tdxctl_rule_match(f->log.text, "CPU limit of * reached", &line, &len) ||
	     tdxctl_rule_match(f->log.text, "NR_CPUS/possible_cpus limit of * reached", &line,
			       &len)))
		return rule_finding(e, TDXCTL_RULE_WARN,
				    "nr_cpus= is on the kernel command line; kernel log: %.*s",
				    (int)(len > 160 ? 160 : len), line);
	packages_offline(f, &gap);
	switch (gap.found) {
	case TDXCTL_YES:
		return rule_finding(e, gap.sure ? r->severity : TDXCTL_RULE_WARN,
				    "%s is on the kernel command line, and %s has no online CPU",
				    tdxctl_cmdline_get(f, "maxcpus=") ? "maxcpus=" : "nr_cpus=",
				    gap.what);
	case TDXCTL_NO:
		return TDXCTL_RULE_OK;
	default:
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "no CPU package was found");
	}
}

static CHECK_FN(pkg_offline)
{
	enum tdxctl_rule_state s = rule_health(e, TDXCTL_CHECK_PACKAGES_UNCOVERED);
	struct package_gap gap;

	/* Not certain: a node without an online CPU may be a part of a package. */
	packages_offline(e->facts, &gap);
	return s == TDXCTL_RULE_UNKNOWN && gap.found == TDXCTL_YES ? TDXCTL_RULE_WARN : s;
}

static CHECK_FN(offline_refused)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_snapshot *s = f->snap;
	uint64_t used = f->hkid_current.readable ? f->hkid_current.value : 0;
	const char *line;
	size_t len, i, c;

	if (rule_has_ledger(f))
		for (used = 0, i = 0; i < s->nr_hkids; i++)
			used += s->hkids[i].state != TDXCTL_HKID_FREE &&
				s->hkids[i].state != TDXCTL_HKID_UNKNOWN;
	for (i = 0; used && offline_cpus(s) && i < s->nr_packages; i++) {
		if (s->packages[i].online_cpus != 1)
			continue;
		for (c = 0; c + 1 < s->nr_cpus; c++)
			if (s->cpus[c].online && s->cpus[c].package == s->packages[i].id)
				break;
		return rule_finding(e, r->severity,
				    "CPU %u is the last online CPU of package %u; %" PRIu64
				    " HKIDs are in use",
				    s->cpus[c].cpu, s->packages[i].id, used);
	}
	if (s->source == TDXCTL_SOURCE_EMULATED)
		return TDXCTL_RULE_OK;
	/* A refusal in the log no longer applies when no HKID is in use. */
	return f->log.text && !used && f->hkid_current.readable &&
			       tdxctl_rule_match(f->log.text, r->log[0], &line, &len) ?
		       TDXCTL_RULE_OK :
		       TDXCTL_RULE_UNKNOWN;
}

static CHECK_FN(online_failed)
{
	const struct tdxctl_facts *f = e->facts;

	if (f->stuck_cpu.readable && f->stuck_cpu.value != TDXCTL_UNKNOWN &&
	    strstr(f->stuck_step, "tdx"))
		return rule_finding(e, r->severity, "CPU %" PRIu64 " stopped at %s",
				    f->stuck_cpu.value, f->stuck_step);
	if (!f->snap->nr_cpus)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "no CPU is known");
	/* Linux rolls a failed step back: then only the log shows it. */
	return offline_cpus(f->snap) && f->snap->source != TDXCTL_SOURCE_EMULATED ?
		       TDXCTL_RULE_UNKNOWN :
		       TDXCTL_RULE_OK;
}

static const struct tdxctl_rule cpus[] = {
	{
		.id = "boot.maxcpus",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "kconf.host",
		.check = rule_maxcpus,
		.title = "A boot option leaves a package without an online CPU",
		.fix = "Bring a CPU of the offline package online. If this is not possible, remove "
		       "maxcpus= or nr_cpus= from the kernel command line.",
		.reads = LIST("/proc/cmdline", "/sys/devices/system/cpu", "kernel log"),
		.why = "Creating a TD programs its key on a CPU of each package. A package "
		       "without an online CPU prevents this.",
		.by_hand = "cat /proc/cmdline: shows maxcpus= and nr_cpus=. lscpu "
			   "-e=CPU,SOCKET,ONLINE: each socket needs an online CPU.",
	},
	{
		.id = "create.pkg_offline",
		.group = TDXCTL_GROUP_CAPACITY,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_pkg_offline,
		.log = LIST("All packages need to have online CPU to create TD"),
		.title = "A package has no online CPU",
		.fix = "Bring a CPU of the offline package online: echo 1 > "
		       "/sys/devices/system/cpu/cpuN/online. Until then, no TD can be created.",
		.reads = LIST("/sys/devices/system/cpu", "/sys/devices/system/node"),
		.why = "Creating a TD programs its key on a CPU of each package. A package "
		       "without an online CPU prevents this.",
		.by_hand = "lscpu -e=CPU,SOCKET,ONLINE, or grep . "
			   "/sys/devices/system/cpu/cpu*/online: each socket needs an online "
			   "CPU.",
	},
	{
		.id = "cpu.offline_refused",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_INFO,
		.needs = "cpu.vendor",
		.check = rule_offline_refused,
		.log = LIST("Delete all TDs in order to offline all CPUs of a package"),
		.title = "The last online CPU of a package must stay online",
		.fix = "Run 'tdxctl cpu plan LIST' to see which CPUs can go offline. To take the last "
		       "one offline, stop all TDs first.",
		.reads = LIST("/sys/devices/system/cpu", "/sys/fs/cgroup/misc.current", "helper"),
		.why = "Caches of a package must be written back before an HKID is freed, so "
		       "the kernel keeps the last CPU of each package online while TDs exist.",
		.by_hand = "dmesg | grep 'Delete all TDs': the kernel reports the refusal. cat "
			   "/sys/fs/cgroup/misc.current: the number of HKIDs in use.",
	},
	{
		.id = "cpu.online_failed",
		.group = TDXCTL_GROUP_TEARDOWN,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_online_failed,
		.decoded = true,
		.log = LIST("(0x23) failed", "leaf 35, error", "TDH_SYS_LP_INIT failed"),
		.title = "A CPU failed to come online because of TDX",
		.fix = "Decode the kernel log ('dmesg | tdxctl decode'). The status word shows whether "
		       "this CPU or the TDX module is at fault.",
		.reads = LIST("/sys/devices/system/cpu"),
		.why = "Each CPU must be initialized for TDX. If this fails, Linux keeps the "
		       "CPU offline.",
		.by_hand = "dmesg | tdxctl decode: explains the status. grep . "
			   "/sys/devices/system/cpu/cpu*/hotplug/state: the step of each CPU.",
	},
};

const struct rule_list rules_cpus = { cpus, ARRAY_SIZE(cpus) };
