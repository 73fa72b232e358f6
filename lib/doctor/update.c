/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules about updates of the TDX module at run time. */
#include <stdio.h>
#include "rule.h"

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
	const struct module_series *s;
	unsigned int v[3];

	if (t->absent)
		return rule_finding(e, TDXCTL_RULE_SKIP, NO_UPDATE);
	if (!t->text)
		return UNKNOWN(e, t);
	if (sscanf(t->text, "%3u.%3u.%5u", &v[0], &v[1], &v[2]) != 3)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN,
				    "the version of the SEAM loader is malformed");
	s = release_series_of(&e->facts->cpu);
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
	char name[80];

	if (!rule_has_ledger(e->facts))
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, NO_HELPER);
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;

		if (td->state != TDXCTL_TD_ASSIGNED && td->state != TDXCTL_TD_KEYS_CONFIGURED &&
		    td->state != TDXCTL_TD_INITIALIZED)
			continue;
		/* Only the helper numbers the TDs. */
		if (td->id)
			snprintf(name, sizeof(name), "td:%u (%.60s)", td->id, s->tds[i].vm.name);
		else
			snprintf(name, sizeof(name), "%.60s", s->tds[i].vm.name);
		if (status->text && strcmp(status->text, "idle"))
			return rule_finding(e, r->severity,
					    "%s is not finalized, and an update is in progress",
					    name);
		return rule_finding(e, TDXCTL_RULE_INFO, "%s is not finalized", name);
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
		.reads = LIST("/sys/class/firmware/tdx_module", "/proc/cpuinfo", "MSR 0x480"),
		.why = "Since Linux 7.2, the kernel can replace the module while TDs run, "
		       "unless the CPU has a bug that prevents it.",
		.by_hand = "ls /sys/class/firmware/tdx_module: exists if updates are possible. "
			   "grep -m1 bugs /proc/cpuinfo: shows seamret_invd_vmcs.",
	},
	{
		.id = "update.exhausted",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing",
		.check = rule_update_exhausted,
		.title = "The TDX module accepts no more updates until the next reboot",
		.fix = "Reboot before the next update. The update log of the TDX module is full.",
		.reads = LIST("/sys/devices/faux/tdx_host/num_remaining_updates"),
		.why = "The module records each update in a log of fixed size. When it is full, "
		       "only a reboot helps.",
		.by_hand = "cat /sys/devices/faux/tdx_host/num_remaining_updates: 0 means none.",
	},
	{
		.id = "update.seamldr",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "bios.module.missing",
		.check = rule_update_seamldr,
		.title = "The SEAM loader is too old for newer TDX modules",
		.fix = "Update the BIOS, which includes the SEAM loader.",
		.reads = LIST("/sys/devices/faux/tdx_host/seamldr_version", "/proc/cpuinfo"),
		.why = "The SEAM loader installs the new module. Newer modules need a newer "
		       "loader.",
		.by_hand = "cat /sys/devices/faux/tdx_host/seamldr_version: compare with the "
			   "required version.",
	},
	{
		.id = "update.during_build",
		.group = TDXCTL_GROUP_UPDATE,
		.severity = TDXCTL_RULE_WARN,
		.needs = "kvm.param",
		.since = TDXCTL_KERNEL(7, 2), /* no update at run time before */
		.check = rule_update_during_build,
		.title = "A TD is being built",
		.fix = "Do not update the TDX module now: the measurement of that TD would be wrong.",
		.reads = LIST("helper", "/sys/class/firmware/tdx_module/status"),
		.why = "An update while a TD is measured makes the measurement wrong, or fails "
		       "because the TD blocks it.",
		.by_hand = "tdxctl td: no TD may be in a state before runnable. cat "
			   "/sys/class/firmware/tdx_module/status: idle if no update runs.",
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
		.reads = LIST("/sys/class/firmware/tdx_module/error"),
		.why = "The old module is still running, and the fix that the update was meant "
		       "to bring is missing.",
		.by_hand = "cat /sys/class/firmware/tdx_module/error: empty after a successful "
			   "update.",
	},
};

const struct rule_list rules_update = { update, ARRAY_SIZE(update) };
