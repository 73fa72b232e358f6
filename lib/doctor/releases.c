/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Releases of the TDX module, from Intel's list of releases as of September 2026, and the
 * oldest ones that attestation accepts. A version that is not listed is never a fault.
 */
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
