// SPDX-License-Identifier: GPL-2.0-only
/* check --format nagios: one line as specified by the Monitoring Plugins guidelines. */
#include <inttypes.h>
#include <stdlib.h>

#include "check.h"

/* Some transports truncate at 1024 bytes, and the performance data are at the end. */
#define MAX_REASONS 3

static const char *const states[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

/* A '|' starts the performance data, so it must not be in the text. */
static void put(const char *s)
{
	char *clean = text_clean(s);

	for (char *p = clean; p && *p; p++)
		if (*p == '|')
			*p = '/';
	fputs(clean ? clean : "", stdout);
	free(clean);
}

static void put_number(const struct tdxctl_check *c, uint64_t v)
{
	uint64_t ms = v / 1000000;

	if (c->unit == TDXCTL_UNIT_NS && ms % 1000)
		printf("%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
	else if (c->unit == TDXCTL_UNIT_NS)
		printf("%" PRIu64, ms / 1000);
	else if (c->unit == TDXCTL_UNIT_PPM)
		printf("%g", (double)v / 10000);
	else
		printf("%" PRIu64, v);
}

/* "4:" means at least 4, "4" means at most 4. */
static void put_limit(const struct tdxctl_check *c, const struct tdxctl_limit *l, uint64_t v)
{
	putchar(';');
	if (v == TDXCTL_UNKNOWN)
		return;
	if (l->range) {
		fputs(l->inside ? "@" : "", stdout);
		put_number(c, l->from);
		putchar(':');
		if (l->to != TDXCTL_UNKNOWN)
			put_number(c, l->to);
		return;
	}
	put_number(c, v);
	if (c->low)
		putchar(':');
}

static void put_data(const struct tdxctl_check *c, const struct tdxctl_check_result *r)
{
	printf(" %s=", c->id);
	if (!r->value.readable) {
		putchar('U');
		return;
	}
	put_number(c, r->value.value);
	fputs(c->unit == TDXCTL_UNIT_NS ? "s" : c->unit == TDXCTL_UNIT_PPM ? "%" : "", stdout);
	put_limit(c, &r->warning_limit, r->warning);
	put_limit(c, &r->critical_limit, r->critical);
	fputs(";0;", stdout);
	if (c->unit == TDXCTL_UNIT_PPM)
		fputs("100", stdout);
	else if (r->total)
		printf("%" PRIu64, r->total);
}

static void put_reasons(const struct tdxctl_health_report *r)
{
	size_t n = 0;

	for (int level = TDXCTL_HEALTH_CRITICAL; level >= TDXCTL_HEALTH_WARNING; level--) {
		for (size_t i = 0; i < r->nr_reasons; i++) {
			if ((int)r->reasons[i].state != level || !r->reasons[i].check ||
			    n++ >= MAX_REASONS)
				continue;
			fputs(n > 1 ? "; " : "", stdout);
			put(r->reasons[i].text);
		}
	}
	if (n > MAX_REASONS)
		printf("; and %zu more", n - MAX_REASONS);
}

void check_nagios(const struct check_result *r)
{
	const struct tdxctl_check_result *free_hkids = &r->report->result[TDXCTL_CHECK_HKIDS_FREE];

	printf("TDX %s - ", states[r->state]);
	if (r->state == TDXCTL_HEALTH_WARNING || r->state == TDXCTL_HEALTH_CRITICAL) {
		put_reasons(r->report);
	} else {
		if (free_hkids->value.readable)
			printf("%" PRIu64 " of %" PRIu64 " HKIDs free, ", free_hkids->value.value,
			       free_hkids->total);
		printf("%zu check%s passed", r->count[TDXCTL_HEALTH_OK],
		       r->count[TDXCTL_HEALTH_OK] == 1 ? "" : "s");
		if (r->count[TDXCTL_HEALTH_UNKNOWN]) {
			printf(", %zu skipped: %s: ", r->count[TDXCTL_HEALTH_UNKNOWN],
			       r->unknown->id);
			put(r->why);
		}
	}
	fputs(" |", stdout);
	for (size_t i = 0; i < TDXCTL_CHECKS; i++)
		if (tdxctl_checks[i].unit != TDXCTL_UNIT_VERSION)
			put_data(&tdxctl_checks[i], &r->report->result[i]);
	putchar('\n');
}

/* A usage error must not have exit status 2, which means a critical state. */
int check_nagios_error(const char *message)
{
	fputs("TDX UNKNOWN - ", stdout);
	put(message);
	putchar('\n');
	return TDXCTL_HEALTH_UNKNOWN;
}
