// SPDX-License-Identifier: GPL-2.0-only
/* Sentences: one string in JSON, several lines in text. */
#include <stdlib.h>
#include <string.h>

#include "wrap.h"

void wrap_print(FILE *f, const char *text, size_t used, size_t indent, size_t columns)
{
	char *copy = columns ? strdup(text) : NULL, *next = copy;

	if (!copy) {
		fputs(text, f);
		return;
	}
	while (*next) {
		char *end = text_break(next, columns > used ? columns - used : 0);
		bool more = *end;

		*end = '\0';
		fputs(next, f);
		next = end + more;
		next += strspn(next, " ");
		if (*next)
			fprintf(f, "\n%*s", (int)indent, "");
		used = indent;
	}
	free(copy);
}

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
