/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collects a report of a host: its facts, its CPU check and its configuration. */
#include "report-priv.h"

#define MAX_CONF (64 << 10)

void tdxctl_report_free(struct tdxctl_report *r)
{
	if (!r)
		return;
	tdxctl_facts_free(r->facts);
	free(r->cpus);
	free(r->cpus_why);
	free(r->conf);
	free(r->hostname);
	for (size_t i = 0; i < r->nr_reasons; i++)
		free(r->reasons[i]);
	free(r->reasons);
	free(r);
}

/* Reads the configuration of `tdxctl check`, without comments: they may be private. -ENOMEM. */
static int read_conf(struct tdxctl_ctx *ctx, struct tdxctl_report *r)
{
	bool comment = false;
	char *p, *o;
	ssize_t len = backend_conf(ctx, MAX_CONF, &r->conf);

	if (len < 0)
		return len == -ENOMEM ? -ENOMEM : 0;
	for (p = o = r->conf; *p; p++) {
		comment = *p == '#' || (comment && *p != '\n');
		if (!comment)
			*o++ = *p;
	}
	*o = '\0';
	return 0;
}

int tdxctl_report_take(struct tdxctl_ctx *ctx, bool mask, struct tdxctl_report **out)
{
	struct tdxctl_report *r = calloc(1, sizeof(*r));
	char name[256];
	int err;

	if (!r)
		return ctx_nomem(ctx);
	tdxctl_set_brief(ctx, false);
	err = tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &r->facts);
	if (err)
		goto fail;
	if (tdxctl_boot_time(ctx, &r->boot_time))
		r->boot_time = 0;
	if (tdxctl_host_time(ctx, &r->time))
		r->time = 0;
	if (!tdxctl_host_name(ctx, name, sizeof(name))) {
		r->hostname = strdup(name);
		if (!r->hostname)
			goto no_memory;
	}
	if (!tdxctl_has_seamcalls(r->facts->snap))
		r->cpus_why = strdup("the helper was not available");
	else if (tdxctl_cpu_check(ctx, &r->cpus, &r->nr_cpus))
		r->cpus_why =
			strdup(*tdxctl_error(ctx) ? tdxctl_error(ctx) : "the CPU check failed");
	if (!r->cpus && !r->cpus_why)
		err = -ENOMEM;
	if (!err)
		err = read_conf(ctx, r);
	if (!err)
		err = report_trim(r);
	if (!err && mask)
		err = report_mask(ctx, r);
	if (err)
		goto no_memory;
	*out = r;
	return 0;
no_memory:
	err = ctx_nomem(ctx);
fail:
	tdxctl_report_free(r);
	return err;
}
