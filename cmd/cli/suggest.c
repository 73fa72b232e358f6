// SPDX-License-Identifier: GPL-2.0-only
/* Suggestions for mistyped words. */
#include <limits.h>
#include <string.h>

#include "cli.h"

/* Restricted Damerau-Levenshtein: a swap of two neighbours counts as one edit. */
static unsigned int distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	unsigned int d[MAX + 1][MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > MAX || lb > MAX)
		return UINT_MAX;
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned int)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			unsigned int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[la][lb];
}

const char *cli_suggest(const char *word, const char *const *names, size_t count)
{
	const char *best = NULL;
	unsigned int near = UINT_MAX;
	size_t len = strlen(word);

	for (size_t i = 0; i < count; i++) {
		/* A prefix counts as one edit: "rel", "--verb". */
		unsigned int d =
			len >= 2 && !strncmp(names[i], word, len) ? 1 : distance(word, names[i]);

		if (d < near) {
			near = d;
			best = names[i];
		}
	}
	return near <= (len <= 4 ? 1 : 2) || (len > 7 && near <= 3) ? best : NULL;
}
