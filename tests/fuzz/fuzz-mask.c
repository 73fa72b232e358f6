// SPDX-License-Identifier: GPL-2.0-only
/* Texts that a report masks: learned names disappear, whatever surrounds them. */
#include <report/report-priv.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mask m = { .failed = false };
	char *text = malloc(len + 1), *s;

	MUST(text);
	memcpy(text, data, len);
	text[len] = '\0';
	for (int kind = 0; kind < MASK_KINDS; kind++) {
		char name[24];

		snprintf(name, sizeof(name), "zzsecret%c", 'a' + kind);
		mask_learn(&m, (enum mask_kind)kind, name);
	}
	s = mask_text(&m, text);
	MUST(s && !m.failed);
	MUST(!strstr(s, " zzsecreta ") && !strstr(s, " zzsecretb "));
	free(s);
	mask_free(&m);
	s = report_cmdline(text);
	MUST(s);
	free(s);
	free(text);
	return 0;
}
