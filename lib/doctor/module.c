/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about the TDX module: version, initialization, update. */
#include <stdio.h>
#include "rule.h"

/* Each series of modules and its CPUs; releases.c has the releases. */
static const struct series {
	unsigned int major, minor;
	unsigned int models[4];	       /* of family 6 */
	unsigned int good, good_build; /* oldest recommended version and build; 0: none known */
	unsigned int loader[2];	       /* oldest SEAM loader that loads the whole series */
} series[] = {
	{ 1, 5, { 0x8f, 0xcf, 0xaf }, 5, 698, { 1, 5 } },
	{ 2, 0, { 0xad, 0xae, 0xdd }, 0, 0, { 2, 0 } },
};

static const struct series *series_find(unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		if (series[i].major == major && series[i].minor == minor)
			return &series[i];
	return NULL;
}

bool rule_series_of(const struct tdxctl_cpu_facts *c, unsigned int major, unsigned int minor)
{
	const struct series *s = series_find(major, minor);

	if (!s || !c->family.readable || !c->model.readable || c->family.value != 6)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(s->models) && s->models[i]; i++)
		if (c->model.value == s->models[i])
			return true;
	return false;
}

struct version {
	unsigned int major, minor;
	unsigned int update; /* ~0U unknown */
	unsigned int build;  /* 0 unknown */
};

/*
 * Reads the version from sysfs (since Linux 7.2), else from the log line that some
 * distribution kernels print: "TDX module 1.5.05.46, build number 698" or
 * "major_version 1, minor_version 5, ...".
 */
static bool module_version(const struct tdxctl_facts *f, struct version *v)
{
	const char *text = f->file[TDXCTL_FILE_TDX_VERSION].text, *line, *p;
	size_t len;

	*v = (struct version){ .update = ~0U };
	if (text && sscanf(text, "%3u.%3u.%5u", &v->major, &v->minor, &v->update) == 3)
		return true;
	text = f->log.text;
	if (!text)
		return false;
	if (tdxctl_rule_match(text, "TDX module *.*, build number ", &line, &len)) {
		p = strstr(line, "TDX module ");
		if (sscanf(p, "TDX module %3u.%3u.%5u", &v->major, &v->minor, &v->update) != 3)
			return false;
		p = strstr(p, "build number ");
	} else if (tdxctl_rule_match(text, "major_version *minor_version *build_num ", &line,
				     &len)) {
		p = strstr(line, "major_version ");
		if (sscanf(p, "major_version %3u, minor_version %3u", &v->major, &v->minor) != 2)
			return false;
		p = strstr(p, "build_num ");
	} else {
		return false;
	}
	p += strcspn(p, " ");
	if (!strncmp(p, " number", 7))
		p += 7;
	return sscanf(p, "%5u", &v->build) == 1;
}

static const char *version_str(const struct version *v, char buf[40])
{
	if (v->update != ~0U)
		snprintf(buf, 40, "%u.%u.%02u", v->major, v->minor, v->update);
	else
		snprintf(buf, 40, "%u.%u build %u", v->major, v->minor, v->build);
	return buf;
}

static enum tdxctl_rule_state no_version(struct tdxctl_examination *e)
{
	return rule_finding(e, TDXCTL_RULE_UNKNOWN, "the module version is not known");
}

static CHECK_FN(module_too_old)
{
	struct version v;
	char buf[40];

	/* A current module also returns this status after another failure. */
	if (!module_version(e->facts, &v))
		return TDXCTL_RULE_UNKNOWN;
	if (v.major == 1 && v.minor < 5)
		return rule_finding(e, r->severity, "module %s", version_str(&v, buf));
	return TDXCTL_RULE_OK;
}

static CHECK_FN(module_topology)
{
	struct version v;
	char buf[40];

	if (rule_kvm_up(e->facts) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	if (!module_version(e->facts, &v))
		return no_version(e);
	if (v.major != 1 || v.minor != 5)
		return TDXCTL_RULE_OK;
	if (v.update == ~0U)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "module %s: the build number does not identify the version",
				    version_str(&v, buf));
	/* The only published version without TOPOLOGY_ENUM is 1.5.01. */
	return v.update < 5 ? rule_finding(e, r->severity, "module %s", version_str(&v, buf)) :
			      TDXCTL_RULE_OK;
}

static CHECK_FN(module_series)
{
	const struct tdxctl_cpu_facts *c = &e->facts->cpu;
	struct version v;
	char buf[40];

	if (!module_version(e->facts, &v))
		return no_version(e);
	if (!c->model.readable)
		return UNKNOWN(e, &c->model);
	/* A series that is newer than the table may be made for any CPU. */
	if (!series_find(v.major, v.minor))
		return TDXCTL_RULE_OK;
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		if (rule_series_of(c, series[i].major, series[i].minor) &&
		    series[i].major != v.major)
			return rule_finding(e, r->severity, "module %s on CPU model 0x%" PRIx64,
					    version_str(&v, buf), c->model.value);
	return TDXCTL_RULE_OK;
}

static CHECK_FN(perf_old_module)
{
	enum tdxctl_rule_state state = rule_health(e, TDXCTL_CHECK_MODULE_VERSION);
	const struct module_release *newest;
	const struct series *s;
	struct version v;
	char buf[40];

	if (state > TDXCTL_RULE_INFO)
		return state;
	e->detail[0] = '\0';
	if (!module_version(e->facts, &v))
		return no_version(e);
	newest = release_at_most(v.major, v.minor, ~0U);
	s = series_find(v.major, v.minor);
	if (!s || !newest)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "module series %u.%u is not known to tdxctl", v.major, v.minor);
	/* `check` and `status` do not search the log: this is no more than a hint. */
	if (v.update != ~0U ? v.update < s->good : v.build < s->good_build)
		return rule_finding(e, TDXCTL_RULE_INFO,
				    "module %s; %u.%u.%02u (build %u) or later is recommended, "
				    "the newest known is %u.%u.%02u",
				    version_str(&v, buf), s->major, s->minor, s->good,
				    s->good_build, s->major, s->minor, newest->update);
	return rule_finding(e, TDXCTL_RULE_OK, "module %s; the newest known in %s is %u.%u.%02u",
			    version_str(&v, buf), releases_date, s->major, s->minor,
			    newest->update);
}

static CHECK_FN(module_tcb)
{
	const struct module_release *have, *want;
	const struct module_floor *floor;
	struct version v;
	char buf[40];

	if (!module_version(e->facts, &v))
		return no_version(e);
	floor = release_floor(v.major, v.minor);
	if (!floor)
		return rule_finding(e, TDXCTL_RULE_OK,
				    "module %s; no required version of this series is known",
				    version_str(&v, buf));
	if (v.update == ~0U)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "module %s: the build number does not identify the version",
				    version_str(&v, buf));
	have = release_at_most(v.major, v.minor, v.update);
	want = release_of_svn(v.major, v.minor, floor->svn);
	if (!have || !want || have->svn >= floor->svn)
		return rule_finding(e, TDXCTL_RULE_OK, "module %s", version_str(&v, buf));
	return rule_finding(e, r->severity,
			    "module %s has SVN %u; the %s requires SVN %u (%u.%u.%02u)",
			    version_str(&v, buf), have->svn, floor->source, floor->svn, want->major,
			    want->minor, want->update);
}

/* Any other status in the log of the initialization: decode knows its meaning. */
static CHECK_FN(init_failed)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_word w;
	size_t len;

	if (rule_tdx_up(f) == TDXCTL_YES)
		return TDXCTL_RULE_OK;
	for (const char *p = f->log.text; p && *p; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		if ((!memmem(p, len, "SEAMCALL", 8) && !memmem(p, len, "TDH_SYS_", 8)) ||
		    !rule_status(p, len, &w) || w.outcome < TDXCTL_OUTCOME_RETRY)
			continue;
		/* Rules for one status describe it better. */
		if (e->failed) {
			e->waits = e->failed;
			return TDXCTL_RULE_SKIP;
		}
		if (w.advice)
			e->fix = w.advice;
		return rule_finding(e, r->severity, "%s%s%s%s%s (kernel log: %.*s)", w.name,
				    w.operand_name ? " " : "", w.operand_name ? w.operand_name : "",
				    w.meaning ? ": " : "", w.meaning ? w.meaning : "",
				    (int)(len > 120 ? 120 : len), p);
	}
	if (f->log.text && f->log_complete)
		return TDXCTL_RULE_OK;
	return rule_finding(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s",
			    f->log.text ? LOG_INCOMPLETE : f->log.reason);
}

/* ---- update ---- */

#define NO_UPDATE "run-time updates are not supported by this kernel"

static CHECK_FN(update_unavailable)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *basic = rule_msr(f, TDXCTL_MSR_VMX_BASIC);

	if (f->path[TDXCTL_PATH_UPLOAD].value)
		return TDXCTL_RULE_OK;
	if (tdxctl_text_word(&f->cpu.bugs, "seamret_invd_vmcs") == TDXCTL_YES)
		return rule_finding(e, r->severity, "the CPU has the bug seamret_invd_vmcs");
	if (rule_tdx_up(f) == TDXCTL_YES && basic->readable && !(basic->value >> 60 & 1))
		return rule_finding(e, r->severity,
				    "MSR 0x480 bit 60 is clear: the CPU has the bug seamret_invd_vmcs");
	return rule_finding(e, TDXCTL_RULE_SKIP, NO_UPDATE);
}

static CHECK_FN(update_exhausted)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_UPDATES_LEFT];
	struct tdxctl_val v = tdxctl_text_u64(t);

	if (t->absent)
		return rule_finding(e, TDXCTL_RULE_SKIP, NO_UPDATE);
	if (!v.readable)
		return UNKNOWN(e, &v);
	return v.value ? TDXCTL_RULE_OK : r->severity;
}

static CHECK_FN(update_seamldr)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_SEAMLDR_VERSION];
	const struct series *s = NULL;
	unsigned int v[3];

	if (t->absent)
		return rule_finding(e, TDXCTL_RULE_SKIP, NO_UPDATE);
	if (!t->text)
		return UNKNOWN(e, t);
	if (sscanf(t->text, "%3u.%3u.%5u", &v[0], &v[1], &v[2]) != 3)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "the version of the SEAM loader is malformed");
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		if (rule_series_of(&e->facts->cpu, series[i].major, series[i].minor))
			s = &series[i];
	if (!s)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "the TDX module series of this CPU is not known");
	if (v[0] > s->loader[0] || (v[0] == s->loader[0] && v[1] >= s->loader[1]))
		return TDXCTL_RULE_OK;
	return rule_finding(e, r->severity,
			    "SEAM loader %u.%u.%02u; modules %u.%u need %u.%u.00 or later", v[0],
			    v[1], v[2], s->major, s->minor, s->loader[0], s->loader[1]);
}

static CHECK_FN(update_during_build)
{
	const struct tdxctl_snapshot *s = e->facts->snap;
	const struct tdxctl_text *status = &e->facts->file[TDXCTL_FILE_UPLOAD_STATUS];

	if (!rule_has_ledger(e->facts))
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, NO_HELPER);
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;

		if (td->state != TDXCTL_TD_ASSIGNED && td->state != TDXCTL_TD_KEYS_CONFIGURED &&
		    td->state != TDXCTL_TD_INITIALIZED)
			continue;
		if (status->text && strcmp(status->text, "idle"))
			return rule_finding(e, r->severity,
					    "td:%u (%.60s) is not finalized, and an update is in progress",
					    td->id, s->tds[i].vm.name);
		return rule_finding(e, TDXCTL_RULE_INFO, "td:%u (%.60s) is not finalized", td->id,
				    s->tds[i].vm.name);
	}
	return TDXCTL_RULE_OK;
}

static CHECK_FN(update_error)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_UPLOAD_ERROR];

	if (t->absent)
		return rule_finding(e, TDXCTL_RULE_SKIP, NO_UPDATE);
	if (!t->text)
		return UNKNOWN(e, t);
	return *t->text ? rule_finding(e, r->severity, "%.120s", t->text) : TDXCTL_RULE_OK;
}

static const struct tdxctl_rule module[] = {
	{
		.id = "module.too_old_v1",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.check = rule_module_too_old,
		.log = LOG("(0x*22) failed*0xc0000505", "leaf 34,*0xc0000505",
			   "TDH_SYS_RD failed*0xc0000505"),
		.title = "The TDX module is too old",
		.fix = "Update the BIOS or the module. Current kernels need module 1.5 or 2.0.",
	},
	{
		.id = "module.too_old",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "module.too_old_v1",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("(0x*22) failed*0xc0000c00", "leaf 34,*0xc0000c00",
			   "TDH_SYS_RD failed*0xc0000c00"),
		.title = "The TDX module does not know a field that this kernel reads",
		.fix = "Update the TDX module. On most boards, the BIOS includes it. An older kernel may "
		       "work with this module.",
	},
	{
		.id = "module.rbp",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("frame pointer (RBP) clobber bug present"),
		.title = "The TDX module does not preserve RBP",
		.fix = "Update the module. Versions 1.5.01 and later, and all 2.0 versions, have the "
		       "feature NO_RBP_MOD.",
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
	},
	{
		.id = "module.max_vcpus",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_KVM,
		.log = LOG("Disable TDX: MAX_VCPU_PER_TD"),
		.title = "The TDX module supports fewer vCPUs than this host has CPUs",
		.fix = "Update the module, or boot with fewer CPUs. Until then, kvm_intel loads only "
		       "with tdx=0.",
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
	},
	{
		.id = "perf.old_module",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "module.topology",
		.check = rule_perf_old_module,
		.title = "The TDX module is older than recommended",
		.fix = "Update the module before you look for other causes of slow TDs.",
	},
	{
		.id = "mem.reserved_areas",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("reserved areas exhausted"),
		.title = "The memory map has too many holes",
		.fix = "Try the firmware option that excludes memory below 1 MB. If this does not help, "
		       "update the BIOS, or use a kernel that merges such holes.",
	},
	{
		.id = "mem.tdmr_limit",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("TDMRs exhausted"),
		.title = "The memory map has too many regions",
		.fix = "Try the firmware option that excludes memory below 1 MB. If this does not help, "
		       "update the BIOS.",
	},
	{
		.id = "mem.tdmr_near_limit",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "mem.tdmr_limit",
		.log = LOG("consumed TDMRs reaching limit"),
		.title = "The memory map has nearly too many regions",
		.fix = "Update the BIOS before you add memory. More memory or another layout may exceed "
		       "the limit of the TDX module.",
	},
	{
		.id = "mem.cxl",
		.group = TDXCTL_GROUP_CORE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.proof = TDXCTL_PROOF_MODULE,
		.log = LOG("0xc0000a02", "0xc0000a11"),
		.title = "The TDX module cannot protect some of the memory",
		.fix = "Keep CXL and persistent memory offline, or in devdax mode.",
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
	},
};

const struct rule_list rules_tcb = { tcb, ARRAY_SIZE(tcb) };

const struct rule_list rules_module = { module, ARRAY_SIZE(module) };

static const struct tdxctl_rule update[] = {
	{
		.id = "update.unavailable",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_INFO,
		.needs = "bios.module.missing",
		.since = TDXCTL_KERNEL(7, 2),
		.check = rule_update_unavailable,
		.title = "The TDX module cannot be updated at run time",
		.fix = "Update the module with a reboot. On this CPU, the SEAM loader clears the current "
		       "VMCS.",
	},
	{
		.id = "update.exhausted",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing",
		.check = rule_update_exhausted,
		.title = "The TDX module accepts no more updates until the next reboot",
		.fix = "Reboot before the next update. The update log of the TDX module is full.",
	},
	{
		.id = "update.seamldr",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing",
		.check = rule_update_seamldr,
		.title = "The SEAM loader is too old for newer TDX modules",
		.fix = "Update the BIOS, which includes the SEAM loader.",
	},
	{
		.id = "update.during_build",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.check = rule_update_during_build,
		.title = "A TD is being built",
		.fix = "Do not update the TDX module now: the measurement of that TD would be wrong.",
	},
	{
		.id = "update.error",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "bios.module.missing",
		.check = rule_update_error,
		.title = "The last update of the TDX module failed",
		.fix = "Check the version and series of the image, and the SEAM loader that it needs. "
		       "Linux reports nearly every failure as an invalid image.",
	},
};

const struct rule_list rules_update = { update, ARRAY_SIZE(update) };
