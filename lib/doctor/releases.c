/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Series and releases of the TDX module, from Intel's list of releases as of September 2026, and the
 * oldest ones that attestation accepts. A version that is not listed is never a fault.
 */
#include <stdio.h>
#include "rule.h"

const char releases_date[] = "September 2026";

/* clang-format off */
static const struct module_release releases[] = {
	{ 1, 5, 1, 4 },
	{ 1, 5, 5, 5 },
	{ 1, 5, 8, 7 },
	{ 1, 5, 9, 8 },
	{ 1, 5, 13, 10 },
	{ 1, 5, 16, 11 },
	{ 1, 5, 20, 12 }, /* dynamic PAMT */
	{ 1, 5, 24, 13 },
	{ 1, 5, 25, 13 }, /* assumed to be that of 1.5.24 */
	{ 1, 5, 28, 14 },
	{ 2, 0, 2, 3 },
	{ 2, 0, 8, 5 }, /* dynamic PAMT */
	{ 2, 0, 12, 6 },
	{ 2, 0, 14, 7 },
	{ 2, 0, 16, 8 },
	{ 2, 0, 18, 9 }, /* Clearwater Forest */
	{ 2, 0, 20, 9 }, /* kexec and kdump */
};
/* clang-format on */

/* The TCB recovery of this date wants this SVN of the module of a series. */
static const struct module_floor floors[] = {
	{ 1, 5, 11, "TCB recovery of 2026-08-24" },
};

const struct module_release *release_at_most(unsigned int major, unsigned int minor,
					     unsigned int update)
{
	const struct module_release *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		if (releases[i].major == major && releases[i].minor == minor &&
		    releases[i].update <= update)
			found = &releases[i];
	return found;
}

const struct module_release *release_of_svn(unsigned int major, unsigned int minor,
					    unsigned int svn)
{
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		if (releases[i].major == major && releases[i].minor == minor &&
		    releases[i].svn >= svn)
			return &releases[i];
	return NULL;
}

const struct module_floor *release_floor(unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(floors); i++)
		if (floors[i].major == major && floors[i].minor == minor)
			return &floors[i];
	return NULL;
}

/* ---- series and versions ---- */

/* Each series of modules and its CPUs. */
static const struct module_series series[] = {
	{ 1, 5, { 0x8f, 0xcf, 0xaf }, 5, 698, { 1, 5 } },
	{ 2, 0, { 0xad, 0xae, 0xdd }, 0, 0, { 2, 0 } },
};

const struct module_series *release_series(unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		if (series[i].major == major && series[i].minor == minor)
			return &series[i];
	return NULL;
}

const struct module_series *release_series_of(const struct tdxctl_cpu_facts *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(series); i++)
		if (rule_series_of(c, series[i].major, series[i].minor))
			return &series[i];
	return NULL;
}

bool rule_series_of(const struct tdxctl_cpu_facts *c, unsigned int major, unsigned int minor)
{
	const struct module_series *s = release_series(major, minor);

	if (!s || !c->family.readable || !c->model.readable || c->family.value != 6)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(s->models) && s->models[i]; i++)
		if (c->model.value == s->models[i])
			return true;
	return false;
}

/*
 * Reads the version from sysfs (since Linux 7.2), else from the log line that some
 * distribution kernels print: "TDX module 1.5.05.46, build number 698" or
 * "major_version 1, minor_version 5, ...".
 */
bool release_version(const struct tdxctl_facts *f, struct module_version *v)
{
	const char *text = f->file[TDXCTL_FILE_TDX_VERSION].text, *line, *p;
	size_t len;

	*v = (struct module_version){ .update = ~0U };
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

const char *release_str(const struct module_version *v, char buf[40])
{
	if (v->update != ~0U)
		snprintf(buf, 40, "%u.%u.%02u", v->major, v->minor, v->update);
	else
		snprintf(buf, 40, "%u.%u build %u", v->major, v->minor, v->build);
	return buf;
}
