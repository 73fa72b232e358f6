// SPDX-License-Identifier: GPL-2.0-only
/*
 * A feature file for Node Feature Discovery, which makes labels of Kubernetes nodes of it.
 * A feature that is not known is left out.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "nfd.h"

#define NAMESPACE "feature.node.kubernetes.io"
/* tdxctl-nfd.service writes the file every minute. */
#define LIFE_S 300

struct feature {
	const char *name;
	/* The value changes often: for rules only, so that labels are not rewritten each time. */
	bool no_label;
	/* Formats the value. False: not known. */
	bool (*value)(const struct nfd_host *h, char *buf, size_t len);
};

static bool number(char *buf, size_t len, uint64_t n)
{
	snprintf(buf, len, "%" PRIu64, n);
	return true;
}

static bool boolean(char *buf, size_t len, bool b)
{
	snprintf(buf, len, "%s", b ? "true" : "false");
	return true;
}

/*
 * A helper that does not answer, or not to this user, is not known to be absent. The files of a
 * host do not show whether it was loaded.
 */
static bool helper(const struct nfd_host *h, char *buf, size_t len)
{
	return !h->captured && !h->facts->helper_err &&
	       boolean(buf, len, tdxctl_has_seamcalls(h->facts->snap));
}

/* Never false: without files of the host, no module is found either. */
static bool available(const struct nfd_host *h, char *buf, size_t len)
{
	return h->facts->snap->platform.has_tdx && boolean(buf, len, true);
}

static bool module(const struct nfd_host *h, char *buf, size_t len)
{
	const char *version = h->facts->snap->platform.tdx_module, *end;
	uint64_t n;

	/* The value of a label has few characters that are allowed. */
	if (!version || !tdxctl_version_parse(version, &n, &end) || *end)
		return false;
	snprintf(buf, len, "%s", version);
	return true;
}

static bool covered(const struct nfd_host *h, char *buf, size_t len)
{
	const struct tdxctl_val *v = &h->health->result[TDXCTL_CHECK_PACKAGES_UNCOVERED].value;

	return v->readable && boolean(buf, len, !v->value);
}

static bool total(const struct nfd_host *h, char *buf, size_t len)
{
	uint64_t n, all;
	const char *why;

	return tdxctl_hkids_free(h->facts, &n, &all, &why) && number(buf, len, all);
}

static bool unused(const struct nfd_host *h, char *buf, size_t len)
{
	uint64_t n, all;
	const char *why;

	return tdxctl_hkids_free(h->facts, &n, &all, &why) && number(buf, len, n);
}

static bool leaked(const struct nfd_host *h, char *buf, size_t len)
{
	const struct tdxctl_snapshot *s = h->facts->snap;
	uint64_t n = 0;

	for (size_t i = 0; i < s->nr_hkids; i++)
		n += s->hkids[i].state == TDXCTL_HKID_LEAKED;
	return (n || !tdxctl_unknown_why(s, TDXCTL_SUBJECT_HKIDS)) && number(buf, len, n);
}

static bool early(const struct nfd_host *h, char *buf, size_t len)
{
	const struct tdxctl_info *i = &h->facts->snap->info;

	if (!tdxctl_has_seamcalls(h->facts->snap) || i->sept_problem == TDXCTL_UNKNOWN32)
		return false;
	return boolean(buf, len,
		       i->features & TDXCTL_F_RELEASE && i->sept_problem == TDXCTL_SEPT_OK &&
			       (i->sept_callback || i->features & TDXCTL_F_EMULATED));
}

static const struct feature features[] = {
	{ .name = "tdxctl.helper", .value = helper },
	{ .name = "tdxctl.tdx-available", .value = available },
	{ .name = "tdxctl.module-version", .value = module },
	{ .name = "tdxctl.packages-covered", .no_label = true, .value = covered },
	{ .name = "tdxctl.hkids.total", .value = total },
	{ .name = "tdxctl.hkids.free", .no_label = true, .value = unused },
	{ .name = "tdxctl.hkids.leaked", .no_label = true, .value = leaked },
	{ .name = "tdxctl.early-release", .value = early },
};

void nfd_print(FILE *out, const struct nfd_host *h)
{
	char value[64], time[32];

	fputs("# Written by tdxctl metrics --nfd\n", out);
	/* If it is not written again, it says nothing about the host. */
	if (h->now && text_time(time, sizeof(time), h->now + LIFE_S))
		fprintf(out, "# +expiry-time=%s\n", time);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (!features[i].value(h, value, sizeof(value)))
			continue;
		if (features[i].no_label)
			fputs("# +no-label\n", out);
		fprintf(out, NAMESPACE "/%s=%s\n", features[i].name, value);
	}
}
