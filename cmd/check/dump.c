// SPDX-License-Identifier: GPL-2.0-only
/* The table of checks, for tdxctl.conf(5). */
#include <inttypes.h>

#include "check.h"

enum { D_ID, D_TITLE, D_UNIT, D_LOW, D_SHARE, D_VERDICT, D_WARNING, D_CRITICAL, D_ABOUT };
static const struct cli_field fields[] = {
	[D_ID] = { .key = "id", .type = OUT_STR },
	[D_TITLE] = { .key = "title", .type = OUT_STR },
	[D_UNIT] = { .key = "unit", .type = OUT_STR },
	[D_LOW] = { .key = "low", .type = OUT_BOOL },
	[D_SHARE] = { .key = "share", .type = OUT_BOOL },
	[D_VERDICT] = { .key = "verdict", .type = OUT_BOOL },
	[D_WARNING] = { .key = "warning", .type = OUT_STR },
	[D_CRITICAL] = { .key = "critical", .type = OUT_STR },
	[D_ABOUT] = { .key = "about", .type = OUT_STR },
};
static const struct cli_field table = { .key = "checks", .type = OUT_TABLE };

/* In the syntax of tdxctl.conf(5). */
static void put_limit(struct out_node *row, const struct cli_field *f, const struct tdxctl_check *c,
		      const struct tdxctl_limit *l)
{
	char text[40];

	if (l->value == TDXCTL_UNKNOWN)
		out_str(row, f, "off");
	else if (c->unit == TDXCTL_UNIT_NS)
		out_strf(row, f, "%" PRIu64 "%s",
			 l->value / (l->value % 1000000000 ? 1000000 : 1000000000),
			 l->value % 1000000000 ? "ms" : "s");
	else if (c->unit == TDXCTL_UNIT_PPM)
		out_strf(row, f, "%g%%", (double)l->value / 10000);
	else if (l->percent)
		out_strf(row, f, "%" PRIu64 "%%", l->value);
	else {
		check_value_text(text, sizeof(text), c, l->value);
		out_str(row, f, text);
	}
}

void check_dump(struct out_node *root)
{
	struct out_node *array = out_array(root, &table);

	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		const struct tdxctl_check *c = &tdxctl_checks[i];
		struct out_node *row = out_row(array);

		out_str(row, &fields[D_ID], c->id);
		out_str(row, &fields[D_TITLE], c->title);
		out_str(row, &fields[D_UNIT], check_units[c->unit]);
		out_bool(row, &fields[D_LOW], c->low);
		out_bool(row, &fields[D_SHARE], c->share);
		out_bool(row, &fields[D_VERDICT], c->verdict);
		put_limit(row, &fields[D_WARNING], c, &c->warning);
		put_limit(row, &fields[D_CRITICAL], c, &c->critical);
		out_str(row, &fields[D_ABOUT], c->about);
	}
}
