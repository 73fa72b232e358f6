/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The TDX module: its version, its start, its update. */
#include <stdio.h>
#include "rule.h"

#define UNKNOWN(e, v) rule_says(e, TDXCTL_RULE_UNKNOWN, "%s", (v)->reason)
#define SLOW_START_US 5000000

/* What is known of each series of modules and its CPUs, from Intel's list of February 2026. */
static const struct series {
	unsigned int major, minor;
	unsigned int models[4];		/* of family 6 */
	unsigned int good, good_build;	/* no older one is advisable; 0: none known */
	unsigned int newest;
	unsigned int loader[2];		/* the oldest SEAM loader that loads all of them */
} series[] = {
	{ 1, 5, { 0x8f, 0xcf, 0xaf }, 5, 698, 16, { 1, 5 } },
	{ 2, 0, { 0xad, 0xae }, 0, 0, 8, { 2, 0 } },
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
	unsigned int update;		/* ~0U unknown */
	unsigned int build;		/* 0 unknown */
};

/*
 * sysfs since Linux 7.2; distributions' kernels wrote it to their log: "TDX
 * module 1.5.05.46, build number 698", "major_version 1, minor_version 5, ...".
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
	} else if (tdxctl_rule_match(text, "major_version *minor_version *build_num ", &line, &len)) {
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
	return rule_says(e, TDXCTL_RULE_UNKNOWN, "the module's version is not known");
}

CHECK_FN(module_too_old)
{
	struct version v;
	char buf[40];

	/* A current one answers so, too, when something else failed before. */
	if (!module_version(e->facts, &v))
		return TDXCTL_RULE_UNKNOWN;
	if (v.major == 1 && v.minor < 5)
		return rule_says(e, r->severity, "module %s", version_str(&v, buf));
	return TDXCTL_RULE_OK;
}

CHECK_FN(module_topology)
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
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "module %s: the build does not tell",
				 version_str(&v, buf));
	/* The only published one without it is 1.5.01. */
	return v.update < 5 ? rule_says(e, r->severity, "module %s", version_str(&v, buf)) : TDXCTL_RULE_OK;
}

CHECK_FN(module_series)
{
	const struct tdxctl_cpu_facts *c = &e->facts->cpu;
	struct version v;
	char buf[40];

	if (!module_version(e->facts, &v))
		return no_version(e);
	if (!c->model.readable)
		return UNKNOWN(e, &c->model);
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		if (rule_series_of(c, series[i].major, series[i].minor) && series[i].major != v.major)
			return rule_says(e, r->severity, "module %s on CPU model 0x%llx", version_str(&v, buf),
					 (unsigned long long)c->model.value);
	return TDXCTL_RULE_OK;
}

CHECK_FN(perf_old_module)
{
	const struct series *s;
	struct version v;
	char buf[40];

	if (!module_version(e->facts, &v))
		return no_version(e);
	s = series_find(v.major, v.minor);
	if (!s)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "nothing is known of module %s", version_str(&v, buf));
	if (v.update != ~0U ? v.update < s->good : v.build < s->good_build)
		return rule_says(e, r->severity, "module %s; %u.%u.%02u (build %u) is the lowest advisable, "
				 "%u.%u.%02u the newest known here", version_str(&v, buf), s->major, s->minor,
				 s->good, s->good_build, s->major, s->minor, s->newest);
	return rule_says(e, TDXCTL_RULE_OK, "module %s; the newest known here is %u.%u.%02u",
			 version_str(&v, buf), s->major, s->minor, s->newest);
}

CHECK_FN(slow_init)
{
	const struct tdxctl_facts *f = e->facts;
	struct tdxctl_val gap = tdxctl_log_gap(f, " allocated for PAMT");

	/* The kernel prints it when memory is initialized, and nothing while it works. */
	if (gap.readable)
		return gap.value < SLOW_START_US ? TDXCTL_RULE_OK :
			rule_says(e, r->severity, "%llu.%llu s", (unsigned long long)gap.value / 1000000,
				  (unsigned long long)gap.value / 100000 % 10);
	if (f->log.text && f->log_complete && !strstr(f->log.text, " allocated for PAMT"))
		return TDXCTL_RULE_OK;
	return rule_says(e, TDXCTL_RULE_UNKNOWN, "kernel log: %s", f->log.text && !f->log_complete ?
			 "its beginning is lost" : gap.reason);
}

/* ---- update ---- */

CHECK_FN(update_unavailable)
{
	const struct tdxctl_facts *f = e->facts;
	const struct tdxctl_val *basic = rule_msr(f, TDXCTL_MSR_VMX_BASIC);

	if (f->path[TDXCTL_PATH_UPLOAD].value)
		return TDXCTL_RULE_OK;
	if (tdxctl_text_word(&f->cpu.bugs, "seamret_invd_vmcs") == TDXCTL_YES)
		return rule_says(e, r->severity, "the CPU has the bug seamret_invd_vmcs");
	if (rule_tdx_up(f) == TDXCTL_YES && basic->readable && !(basic->value >> 60 & 1))
		return rule_says(e, r->severity, "MSR 0x480 bit 60 is clear: the CPU has the bug seamret_invd_vmcs");
	return rule_says(e, TDXCTL_RULE_SKIP, "this kernel offers no update");
}

CHECK_FN(update_exhausted)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_UPDATES_LEFT];
	struct tdxctl_val v = tdxctl_text_u64(t);

	if (t->absent)
		return rule_says(e, TDXCTL_RULE_SKIP, "this kernel offers no update");
	if (!v.readable)
		return UNKNOWN(e, &v);
	return v.value ? TDXCTL_RULE_OK : r->severity;
}

CHECK_FN(update_seamldr)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_SEAMLDR_VERSION];
	const struct series *s = NULL;
	unsigned int v[3];

	if (t->absent)
		return rule_says(e, TDXCTL_RULE_SKIP, "this kernel offers no update");
	if (!t->text)
		return UNKNOWN(e, t);
	if (sscanf(t->text, "%3u.%3u.%5u", &v[0], &v[1], &v[2]) != 3)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "the SEAM loader's version is malformed");
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		if (rule_series_of(&e->facts->cpu, series[i].major, series[i].minor))
			s = &series[i];
	if (!s)
		return rule_says(e, TDXCTL_RULE_UNKNOWN, "no TDX module of this CPU is known");
	if (v[0] > s->loader[0] || (v[0] == s->loader[0] && v[1] >= s->loader[1]))
		return TDXCTL_RULE_OK;
	return rule_says(e, r->severity, "loader %u.%u.%02u; modules %u.%u need %u.%u.00", v[0], v[1], v[2],
			 s->major, s->minor, s->loader[0], s->loader[1]);
}

CHECK_FN(update_during_build)
{
	const struct tdxctl_snapshot *s = e->facts->snap;
	const struct tdxctl_text *status = &e->facts->file[TDXCTL_FILE_UPLOAD_STATUS];

	if (!rule_has_ledger(e->facts))
		return rule_says(e, TDXCTL_RULE_UNKNOWN, NO_HELPER);
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;

		if (td->state != TDXCTL_TD_ASSIGNED && td->state != TDXCTL_TD_KEYS_CONFIGURED &&
		    td->state != TDXCTL_TD_INITIALIZED)
			continue;
		if (status->text && strcmp(status->text, "idle"))
			return rule_says(e, r->severity, "td:%u (%.60s) is not finalized, and an update is at work",
					 td->id, s->tds[i].vm.name);
		return rule_says(e, TDXCTL_RULE_INFO, "td:%u (%.60s) is not finalized", td->id, s->tds[i].vm.name);
	}
	return TDXCTL_RULE_OK;
}

CHECK_FN(update_error)
{
	const struct tdxctl_text *t = &e->facts->file[TDXCTL_FILE_UPLOAD_ERROR];

	if (t->absent)
		return rule_says(e, TDXCTL_RULE_SKIP, "this kernel offers no update");
	if (!t->text)
		return UNKNOWN(e, t);
	return *t->text ? rule_says(e, r->severity, "%.120s", t->text) : TDXCTL_RULE_OK;
}
