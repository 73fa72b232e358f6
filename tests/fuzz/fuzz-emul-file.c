// SPDX-License-Identifier: GPL-2.0-only
/* An arbitrary host file for --emulate: read, written and read again, without its machine. */
#include <emul/emul.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct emul_file file, again;
	struct tdxctl_ctx *ctx;
	char *text = malloc(len + 1), *out, *out_again;

	MUST(text);
	memcpy(text, data, len);
	text[len] = '\0';
	MUST(!tdxctl_new(&ctx));
	if (!emul_file_parse(ctx, "host.json", text, len, &file)) {
		for (size_t i = 0; i < file.nr_events; i++)
			MUST(file.events[i].op < EMUL_OPS);
		MUST(!emul_check_topology(ctx, "host.json", &file.topo));
		/* Writing and reading it again changes nothing. */
		MUST(!emul_file_format(ctx, &file, &out));
		MUST(!emul_file_parse(ctx, "host.json", out, strlen(out), &again));
		MUST(!emul_file_format(ctx, &again, &out_again));
		MUST(!strcmp(out, out_again));
		emul_file_clear(&again);
		emul_file_clear(&file);
		free(out_again);
		free(out);
	} else {
		/* The message names the cause. */
		MUST(*tdxctl_error(ctx));
	}
	tdxctl_free(ctx);
	free(text);
	return 0;
}
