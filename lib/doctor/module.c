/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about the TDX module: version and initialization. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "rule.h"

static enum tdxctl_rule_state no_version(struct tdxctl_examination *e)
{
	return rule_finding(e, TDXCTL_RULE_UNKNOWN, "the module version is not known");
}

static CHECK_FN(module_too_old)
{
	struct module_version v;
	char buf[40];

	/* A current module also returns this status after another failure. */
	if (!release_version(e->facts, &v))
		return TDXCTL_RULE_UNKNOWN;
	if (v.major == 1 && v.minor < 5)
		return rule_finding(e, r->severity, "module %s", release_str(&v, buf));
	return TDXCTL_RULE_OK;
}

static CHECK_FN(module_topology)
{
	struct module_version v;
	char buf[40];

	if (rule_kvm_up(e->facts) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	if (!release_version(e->facts, &v))
		return no_version(e);
	if (v.major != 1 || v.minor != 5)
		return TDXCTL_RULE_OK;
	if (v.update == ~0U)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "module %s: the build number does not identify the version",
				    release_str(&v, buf));
	/* The only published version without TOPOLOGY_ENUM is 1.5.01. */
	return v.update < 5 ? rule_finding(e, r->severity, "module %s", release_str(&v, buf)) :
			      TDXCTL_RULE_OK;
}

static CHECK_FN(module_series)
{
	const struct tdxctl_cpu_facts *c = &e->facts->cpu;
	const struct module_series *made;
	struct module_version v;
	char buf[40];

	if (!release_version(e->facts, &v))
		return no_version(e);
	if (!c->model.readable)
		return UNKNOWN(e, &c->model);
	/* A series that is newer than the table may be made for any CPU. */
	if (!release_series(v.major, v.minor))
		return TDXCTL_RULE_OK;
	made = release_series_of(c);
	if (made && made->major != v.major)
		return rule_finding(e, r->severity, "module %s on CPU model 0x%" PRIx64,
				    release_str(&v, buf), c->model.value);
	return TDXCTL_RULE_OK;
}

static CHECK_FN(perf_old_module)
{
	enum tdxctl_rule_state state = rule_health(e, TDXCTL_CHECK_MODULE_VERSION);
	const struct module_release *newest;
	const struct module_series *s;
	struct module_version v;
	char buf[40];

	if (state > TDXCTL_RULE_INFO)
		return state;
	if (!release_version(e->facts, &v))
		return no_version(e);
	newest = release_at_most(v.major, v.minor, ~0U);
	s = release_series(v.major, v.minor);
	if (!s || !newest)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "module series %u.%u is not known to tdxctl", v.major, v.minor);
	/* `check` and `status` do not search the log: this is no more than a hint. */
	if (v.update != ~0U ? v.update < s->good : v.build < s->good_build)
		return rule_finding(e, TDXCTL_RULE_INFO,
				    "module %s; %u.%u.%02u (build %u) or later is recommended, "
				    "the newest known is %u.%u.%02u",
				    release_str(&v, buf), s->major, s->minor, s->good,
				    s->good_build, s->major, s->minor, newest->update);
	return rule_finding(e, TDXCTL_RULE_OK, "module %s; the newest known in %s is %u.%u.%02u",
			    release_str(&v, buf), releases_date, s->major, s->minor,
			    newest->update);
}

static CHECK_FN(module_tcb)
{
	const struct module_release *have, *want;
	const struct module_floor *floor;
	struct module_version v;
	char buf[40];

	if (!release_version(e->facts, &v))
		return no_version(e);
	floor = release_floor(v.major, v.minor);
	if (!floor)
		return rule_finding(e, TDXCTL_RULE_OK,
				    "module %s; no required version of this series is known",
				    release_str(&v, buf));
	if (v.update == ~0U)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "module %s: the build number does not identify the version",
				    release_str(&v, buf));
	have = release_at_most(v.major, v.minor, v.update);
	want = release_of_svn(v.major, v.minor, floor->svn);
	if (!have || !want || have->svn >= floor->svn)
		return rule_finding(e, TDXCTL_RULE_OK, "module %s", release_str(&v, buf));
	return rule_finding(e, r->severity,
			    "module %s has SVN %u; the %s requires SVN %u (%u.%u.%02u)",
			    release_str(&v, buf), have->svn, floor->source, floor->svn, want->major,
			    want->minor, want->update);
}

/*
 * Finds the first status of at least @outcome in the log of the initialization. A line of the
 * kernel has both words.
 */
static const char *init_status(const char *log, enum tdxctl_outcome outcome, size_t *len,
			       struct tdxctl_word *w)
{
	for (const char *p = log; p && *p; p += *len + (p[*len] == '\n')) {
		*len = strcspn(p, "\n");
		if ((memmem(p, *len, "SEAMCALL", 8) || memmem(p, *len, "TDH_SYS_", 8)) &&
		    rule_status(p, *len, w) && w->outcome >= outcome)
			return p;
	}
	return NULL;
}

/* The same without a status that decode knows: only the errno of the kernel is left. */
static enum tdxctl_rule_state init_errno(struct tdxctl_examination *e, const struct tdxctl_rule *r)
{
	const char *line, *code;
	size_t len;

	if (!tdxctl_rule_match(e->facts->log.text, "odule initialization failed (", &line, &len))
		return TDXCTL_RULE_OK;
	if (e->failed) {
		e->waits = e->failed;
		return TDXCTL_RULE_SKIP;
	}
	code = memchr(line, '(', len);
	if (code && strtol(code + 1, NULL, 10) == -ENOMEM)
		e->fix =
			"Reboot, and let the kernel initialize TDX early: the module needs large contiguous areas "
			"of memory (PAMT), which may be missing later.";
	return rule_finding(e, r->severity, "kernel log: %.*s", (int)(len > 200 ? 200 : len), line);
}

/* Any other status in the log of the initialization: decode knows its meaning. */
static CHECK_FN(init_failed)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_word w;
	const char *line;
	size_t len;
	enum tdxctl_rule_state s = TDXCTL_RULE_OK;

	if (rule_tdx_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	line = init_status(f->log.text, TDXCTL_OUTCOME_ERROR, &len, &w);
	if (!line)
		line = init_status(f->log.text, TDXCTL_OUTCOME_RETRY, &len, &w);
	/* Rules for one status describe it better. */
	if (line && e->failed) {
		e->waits = e->failed;
		return TDXCTL_RULE_SKIP;
	}
	if (line) {
		/* What helps a TD does not help here: the kernel gave up. */
		e->fix =
			w.outcome == TDXCTL_OUTCOME_RETRY ?
				"Reboot. If the failure repeats, update the BIOS and the TDX module." :
				w.advice;
		return rule_finding(e, r->severity, "%s%s%s%s%s (kernel log: %.*s)", w.name,
				    w.operand_name ? " " : "", w.operand_name ? w.operand_name : "",
				    w.meaning ? ": " : "", w.meaning ? w.meaning : "",
				    (int)(len > 120 ? 120 : len), line);
	}
	if (f->log.text)
		s = init_errno(e, r);
	if (s != TDXCTL_RULE_OK || (f->log.text && f->log_complete))
		return s;
	return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
			    f->log.text ? LOG_INCOMPLETE : f->log.reason);
}

static const struct tdxctl_rule module[] = {
	{
		.id = "module.too_old_v1",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.check = rule_module_too_old,
		.log = LIST("(0x*22) failed*0xc0000505", "leaf 34,*0xc0000505",
			    "TDH_SYS_RD failed*0xc0000505"),
		.title = "The TDX module is too old",
		.fix = "Update the BIOS or the module. Current kernels need module 1.5 or 2.0.",
		.reads = LIST("/sys/devices/faux/tdx_host/version"),
		.why = "Linux initializes modules of the 1.5 and 2.0 series. Version 1.0 does "
		       "not know the calls that the kernel makes.",
		.by_hand = "dmesg | tdxctl decode: TDX_SYS_NOT_READY at TDH.SYS.RD is the sign "
			   "of a 1.0 module.",
	},
	{
		.id = "module.too_old",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "module.too_old_v1",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("(0x*22) failed*0xc0000c00", "leaf 34,*0xc0000c00",
			    "TDH_SYS_RD failed*0xc0000c00"),
		.title = "The TDX module does not know a field that this kernel reads",
		.fix = "Update the TDX module. On most boards, the BIOS includes it. An older kernel may "
		       "work with this module.",
		.why = "The kernel reads the properties of the module by field numbers. A "
		       "missing one makes the initialization fail.",
		.by_hand = "dmesg | tdxctl decode: TDX_METADATA_FIELD_ID_INCORRECT at "
			   "TDH.SYS.RD is the sign.",
	},
	{
		.id = "module.rbp",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("frame pointer (RBP) clobber bug present"),
		.title = "The TDX module does not preserve RBP",
		.fix = "Update the module. Versions 1.5.01 and later, and all 2.0 versions, have the "
		       "feature NO_RBP_MOD.",
		.why = "Old modules change the frame pointer (RBP) of the host, which crashes "
		       "the kernel. Linux refuses these modules.",
		.by_hand = "dmesg | grep -i 'RBP': the kernel names the bug.",
	},
	{
		.id = "module.topology",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.since = TDXCTL_KERNEL(6, 16),
		.check = rule_module_topology,
		.title = "The TDX module lacks TOPOLOGY_ENUM, which KVM requires",
		.fix = "Update the module to 1.5.05 or later. Until then, kvm_intel loads only with "
		       "tdx=0, without TDs.",
		.reads = LIST("/sys/devices/faux/tdx_host/version", "kernel log"),
		.why = "KVM requires the module feature TOPOLOGY_ENUM, and turns TDX off "
		       "without it.",
		.by_hand = "cat /sys/devices/faux/tdx_host/version: must be 1.5.05 or later, or "
			   "any 2.0 version. Before Linux 7.2, dmesg may have the version.",
	},
	{
		.id = "module.max_vcpus",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_KVM,
		.log = LIST("Disable TDX: MAX_VCPU_PER_TD"),
		.title = "The TDX module supports fewer vCPUs than this host has CPUs",
		.fix = "Update the module, or boot with fewer CPUs. Until then, kvm_intel loads only "
		       "with tdx=0.",
		.why = "KVM requires that a TD can have as many vCPUs as the host has CPUs, and "
		       "turns TDX off otherwise.",
		.by_hand = "dmesg | grep MAX_VCPU: the kernel prints both numbers.",
	},
	{
		.id = "module.series",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing",
		.check = rule_module_series,
		.title = "The TDX module is made for another CPU series",
		.fix = "Load a module of this CPU's series: 1.5 for Sapphire Rapids, Emerald Rapids and "
		       "Sierra Forest, 2.0 for Granite Rapids and Clearwater Forest.",
		.reads = LIST("/sys/devices/faux/tdx_host/version", "/proc/cpuinfo", "kernel log"),
		.why = "Each series of modules is made for certain CPU models. Firmware "
		       "normally loads the right one.",
		.by_hand = "cat /sys/devices/faux/tdx_host/version and lscpu: compare the "
			   "series with the CPU model.",
	},
	{
		.id = "perf.old_module",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "module.topology",
		.check = rule_perf_old_module,
		.title = "The TDX module is older than recommended",
		.fix = "Update the module before you look for other causes of slow TDs.",
		.reads = LIST("/sys/devices/faux/tdx_host/version", "kernel log"),
		.why = "Early releases of a series have known faults and are slower.",
		.by_hand = "cat /sys/devices/faux/tdx_host/version: compare with the "
			   "recommended version.",
	},
	{
		.id = "mem.reserved_areas",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("reserved areas exhausted"),
		.title = "The memory map has too many holes",
		.fix = "Try the firmware option that excludes memory below 1 MB. If this does not help, "
		       "update the BIOS, or use a kernel that merges such holes.",
		.why = "The kernel describes TDX memory in regions with a limited number of "
		       "holes. Too many holes make the initialization fail.",
		.by_hand = "dmesg | grep -E 'TDMR|CMR|e820': the memory map shows the holes.",
	},
	{
		.id = "mem.tdmr_limit",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("TDMRs exhausted"),
		.title = "The memory map has too many regions",
		.fix = "Try the firmware option that excludes memory below 1 MB. If this does not help, "
		       "update the BIOS.",
		.why = "The TDX module accepts a limited number of memory regions (TDMRs).",
		.by_hand = "dmesg | grep -E 'TDMR|CMR': the kernel reports when it runs out of "
			   "regions.",
	},
	{
		.id = "mem.tdmr_near_limit",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "mem.tdmr_limit",
		.log = LIST("consumed TDMRs reaching limit"),
		.title = "The memory map has nearly too many regions",
		.fix = "Update the BIOS before you add memory. More memory or another layout may exceed "
		       "the limit of the TDX module.",
		.why = "TDX works now, but with more memory or another layout the limit of "
		       "memory regions may be exceeded.",
		.by_hand = "dmesg | grep 'TDMRs': the kernel prints how many regions are used.",
	},
	{
		.id = "mem.cxl",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LIST("0xc0000a02", "0xc0000a11"),
		.title = "The TDX module cannot protect some of the memory",
		.fix = "Keep CXL and persistent memory offline, or in devdax mode.",
		.why = "The TDX module protects only memory that firmware verified. CXL and "
		       "persistent memory are not part of it.",
		.by_hand = "dmesg | tdxctl decode: TDX_TDMR_OUTSIDE_CMRS or "
			   "TDX_PAMT_OUTSIDE_CMRS is the sign.",
	},
	{
		.id = "module.init_failed",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.check = rule_init_failed,
		.title = "The initialization of the TDX module failed",
		.fix = "Decode the status with 'tdxctl decode'. If it does not name a cause, update the "
		       "BIOS and the TDX module.",
		.reads = LIST("kernel log"),
		.why = "Without an initialized module no TD can exist. The status shows the "
		       "cause.",
		.by_hand = "dmesg | tdxctl decode: explains the status of the SEAMCALL that "
			   "failed.",
	},
};

static const struct tdxctl_rule tcb[] = {
	{
		.id = "module.tcb",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing",
		.check = rule_module_tcb,
		.title = "Quotes are verified as out of date: the TDX module is too old",
		.fix = "Update the TDX module. On most boards, the BIOS includes it; a microcode update "
		       "does not change it.",
		.reads = LIST("/sys/devices/faux/tdx_host/version", "kernel log"),
		.why = "The version of the module is part of each quote. Verifiers report an "
		       "old one as out of date, and may refuse the TD.",
		.by_hand = "cat /sys/devices/faux/tdx_host/version: compare with the required "
			   "version.",
	},
};

const struct rule_list rules_tcb = { tcb, ARRAY_SIZE(tcb) };

const struct rule_list rules_module = { module, ARRAY_SIZE(module) };
