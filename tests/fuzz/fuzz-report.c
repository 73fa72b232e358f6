// SPDX-License-Identifier: GPL-2.0-only
/* An arbitrary report, and every reader of the host in it. */
#include <doctor.h>
#include <health.h>
#include <report.h>

#include "fuzz.h"

static void look(struct tdxctl_ctx *ctx)
{
	struct tdxctl_thresholds limits;
	struct tdxctl_health_report *health;
	struct tdxctl_cpu_check_rec *rec;
	struct tdxctl_finding *found;
	struct tdxctl_facts *f;
	size_t n, i;

	MUST(!tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f));
	for (i = 0; i < TDXCTL_FILE_COUNT; i++)
		MUST(f->file[i].text || f->file[i].reason);
	for (const struct tdxctl_fact *x = tdxctl_fact_vals; x->name; x++) {
		const struct tdxctl_val *v = (const struct tdxctl_val *)((const char *)f + x->at);

		MUST(v->readable == !v->reason);
	}
	MUST(!tdxctl_doctor(f, NULL, true, &found, &n));
	MUST(n == tdxctl_rule_count());
	for (i = 0; i < n; i++)
		MUST(found[i].state != TDXCTL_RULE_UNKNOWN || found[i].detail);
	tdxctl_findings_free(found, n);
	tdxctl_thresholds_default(&limits);
	MUST(!tdxctl_health_get(f, &limits, &health));
	tdxctl_health_free(health);
	tdxctl_facts_free(f);
	if (!tdxctl_cpu_check(ctx, &rec, &n))
		free(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tdxctl_report *r, *again;
	struct tdxctl_ctx *ctx;
	char *text = malloc(len + 1);

	MUST(text);
	memcpy(text, data, len);
	text[len] = '\0';
	MUST(!tdxctl_new(&ctx));
	if (!tdxctl_report_parse(ctx, "report", text, len, &r)) {
		tdxctl_set_report(ctx, r);
		look(ctx);
		/* Taken once more, as `--from-report X report` does. */
		MUST(!tdxctl_report_take(ctx, true, &again));
		tdxctl_report_free(again);
	} else {
		MUST(*tdxctl_error(ctx));
	}
	tdxctl_free(ctx);
	free(text);
	return 0;
}
