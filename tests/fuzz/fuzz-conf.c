// SPDX-License-Identifier: GPL-2.0-only
/* A tdxctl.conf of anybody's making: applied as a whole, or refused with line and reason. */
#include <health.h>

#include "fuzz.h"

static bool same(const struct tdxctl_limit *a, const struct tdxctl_limit *b)
{
	return a->value == b->value && a->percent == b->percent;
}

static void check_limit(const struct tdxctl_check *c, const struct tdxctl_limit *l)
{
	if (l->percent)
		MUST(c->share && l->value <= 100);
	if (c->unit == TDXCTL_UNIT_PPM && l->value != TDXCTL_UNKNOWN)
		MUST(l->value <= 1000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tdxctl_thresholds before, t;
	struct tdxctl_ctx *ctx;
	/* Not terminated, and a block of its own: one byte too far is seen. */
	char *text = malloc(len ? len : 1);
	size_t i;

	if (!text)
		return 0;
	memcpy(text, data, len);
	MUST(!tdxctl_new(&ctx));
	tdxctl_thresholds_default(&before);
	t = before;
	if (tdxctl_conf_parse(ctx, "tdxctl.conf", text, len, &t)) {
		MUST(!strncmp(tdxctl_error(ctx), "tdxctl.conf:", 12) && *tdxctl_hint(ctx));
		for (i = 0; i < TDXCTL_CHECKS; i++)
			MUST(!t.chosen[i] && same(&t.warning[i], &before.warning[i]) &&
			     same(&t.critical[i], &before.critical[i]));
	}
	for (i = 0; i < TDXCTL_CHECKS; i++) {
		check_limit(&tdxctl_checks[i], &t.warning[i]);
		check_limit(&tdxctl_checks[i], &t.critical[i]);
		MUST(t.chosen[i] || same(&t.warning[i], &before.warning[i]));
	}
	tdxctl_free(ctx);
	free(text);
	return 0;
}
