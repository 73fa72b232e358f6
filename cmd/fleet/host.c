// SPDX-License-Identifier: GPL-2.0-only
/* Examines one report with the rules of doctor. */
#include <stdlib.h>
#include <string.h>

#include <report.h>

#include "fleet.h"

static void set_error(struct fleet_host *h, struct tdxctl_ctx *ctx, const char *file, int err)
{
	const char *why = *tdxctl_error(ctx) ? tdxctl_error(ctx) : strerror(-err);
	size_t len = strlen(file);

	/* The name of the file is in the line already. */
	if (!strcmp(file, "-"))
		len = strlen(file = "standard input");
	if (!strncmp(why, file, len) && !strncmp(why + len, ": ", 2))
		why += len + 2;
	snprintf(h->error, sizeof(h->error), "%s", why);
}

/* Counts the findings, and keeps the one to start with. */
static void findings(struct fleet_host *h, const struct tdxctl_finding *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		h->count[list[i].state]++;
	if (!count)
		return;
	h->state = list[0].state;
	if (h->state < TDXCTL_RULE_WARN)
		return;
	snprintf(h->rule, sizeof(h->rule), "%s", list[0].rule->id);
	snprintf(h->advice, sizeof(h->advice), "%s", list[0].fix);
}

/* The reasons belong to the report. */
static void hkids(struct fleet_host *h, const struct tdxctl_facts *f,
		  const struct tdxctl_val *leaked)
{
	const char *why = "";

	if (!tdxctl_hkids_free(f, &h->hkids_free, &h->hkids_total, &why)) {
		h->hkids_free = h->hkids_total = TDXCTL_UNKNOWN;
		snprintf(h->hkids_why, sizeof(h->hkids_why), "%s", why);
	}
	h->leaked = leaked->readable ? leaked->value : TDXCTL_UNKNOWN;
	if (!leaked->readable)
		snprintf(h->leaked_why, sizeof(h->leaked_why), "%s", leaked->reason);
}

static int examine(struct tdxctl_ctx *ctx, const char *file, struct fleet_host *h)
{
	struct tdxctl_health_report *health = NULL;
	struct tdxctl_finding *list = NULL;
	struct tdxctl_facts *f = NULL;
	struct tdxctl_thresholds limits;
	struct tdxctl_report *r;
	size_t count = 0;
	int err = tdxctl_report_read(ctx, file, &r);

	if (err)
		return err;
	if (r->hostname)
		snprintf(h->hostname, sizeof(h->hostname), "%s", r->hostname);
	h->time = r->time;
	tdxctl_set_report(ctx, r);
	/* As `doctor --from-report`: with the limits of that host. */
	tdxctl_thresholds_default(&limits);
	tdxctl_conf_read(ctx, NULL, &limits);
	err = tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f);
	if (!err)
		err = tdxctl_health_get(f, &limits, &health);
	if (!err)
		err = tdxctl_doctor(f, &limits, false, &list, &count);
	if (!err) {
		const struct tdxctl_platform *p = &f->snap->platform;

		snprintf(h->kernel, sizeof(h->kernel), "%s", p->kernel ? p->kernel : "");
		snprintf(h->module, sizeof(h->module), "%s", p->tdx_module ? p->tdx_module : "");
		hkids(h, f, &health->result[TDXCTL_CHECK_HKIDS_LEAKED].value);
		tdxctl_findings_sort(list, count);
		findings(h, list, count);
		h->read = true;
	}
	tdxctl_findings_free(list, count);
	tdxctl_health_free(health);
	tdxctl_facts_free(f);
	return err;
}

void fleet_examine(const char *file, struct fleet_host *h)
{
	struct tdxctl_ctx *ctx;
	int err = tdxctl_new(&ctx);

	if (err) {
		snprintf(h->error, sizeof(h->error), "%s", strerror(-err));
		return;
	}
	err = examine(ctx, file, h);
	if (err)
		set_error(h, ctx, file, err);
	tdxctl_free(ctx);
}
