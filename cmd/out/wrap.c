// SPDX-License-Identifier: GPL-2.0-only
/* Sentences: one string in JSON, several lines in text. */
#include <string.h>

#include "wrap.h"

void wrap_str(struct out_node *parent, const struct cli_field *key, const struct cli_field *label,
	      const char *text, size_t width, enum out_style style)
{
	struct out_node *list;
	const char *p = text;

	if (!text || !*text) {
		if (key)
			out_none(parent, key);
		return;
	}
	if (key)
		out_str(parent, key, text);
	list = out_array(parent, label);
	out_style(list, style);
	while (*p) {
		char line[256];
		size_t n = strlen(p), end;

		if (width > sizeof(line) - 1)
			width = sizeof(line) - 1;
		if (n > width) {
			/* Break at the last blank that fits; split a word that is longer. */
			n = width;
			while (n && p[n] != ' ')
				n--;
			n = n ? n : width;
		}
		memcpy(line, p, n);
		for (end = n; end && line[end - 1] == ' '; end--)
			;
		line[end] = '\0';
		out_item(list, line);
		p += n;
		p += strspn(p, " ");
	}
}
