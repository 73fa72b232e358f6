// SPDX-License-Identifier: GPL-2.0-only
/* Sentences: one string in JSON, several lines in text. */
#include "wrap.h"

static const struct cli_field sentence = { .type = OUT_STR, .prose = true };

void wrap_str(struct out_node *parent, const struct cli_field *key, const struct cli_field *label,
	      const char *text, enum out_style style)
{
	struct out_node *list;

	if (!text || !*text) {
		if (key)
			out_none(parent, key);
		return;
	}
	if (key)
		out_str(parent, key, text);
	list = out_array(parent, label);
	out_style(list, style);
	out_str(list, &sentence, text);
}
