// SPDX-License-Identifier: GPL-2.0-only
/* Words and logs for decode, of anybody's making. */
#include <decode.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t from = 0, start, end;
	struct tdxctl_word w;
	char *text = malloc(len + 1);
	unsigned int kind;

	MUST(text);
	memcpy(text, data, len);
	text[len] = '\0';
	for (kind = TDXCTL_WORD_AUTO; kind < TDXCTL_WORD_KINDS; kind++) {
		if (tdxctl_decode(text, kind, &w))
			continue;
		MUST(w.kind != TDXCTL_WORD_AUTO && w.kind < TDXCTL_WORD_KINDS);
		/* What is advised about has a name. */
		MUST(w.name || !w.advice);
	}
	free(text);
	/* A copy of exactly this length: reading past it is seen. */
	text = malloc(len ? len : 1);
	MUST(text);
	memcpy(text, data, len);
	while (tdxctl_decode_find(text, len, from, &start, &end, &w)) {
		MUST(start >= from && end > start && end <= len && w.name);
		from = end;
	}
	free(text);
	return 0;
}
