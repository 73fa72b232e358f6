// SPDX-License-Identifier: GPL-2.0-only
/* What people and other programs type: options, selectors, CPU lists, VMM names. */
#include "cmd.h"
#include "live/live.h"

#include "fuzz.h"

static struct tdxctl_ctx *ctx;
static struct tdxctl_snapshot *snap;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	MUST(!tdxctl_new(&ctx));
	MUST(!tdxctl_set_emulated(ctx, NULL));
	MUST(!tdxctl_snapshot_get(ctx, &snap));
	MUST(snap->nr_tds);
	return 0;
}

static void fuzz_selector(const char *text)
{
	size_t *idx = NULL, i;
	int n = tdxctl_vm_find(ctx, snap, text, &idx);

	for (i = 0; n > 0 && i < (size_t)n; i++)
		MUST(idx[i] < snap->nr_tds);
	if (n >= 0)
		free(idx);
}

static void fuzz_cpu_list(const char *text)
{
	struct tdxctl_cpu_plan *plan;
	size_t n, i;

	if (tdxctl_cpu_plan(ctx, snap, text, &plan, &n))
		return;
	for (i = 0; i < n; i++)
		MUST(plan[i].cpu < 1 << 20);
	tdxctl_cpu_plan_free(plan, n);
}

static void fuzz_vmm_cmdline(const char *text, size_t len)
{
	char *name = NULL, *uuid = NULL;

	vm_parse_cmdline(text, len, &name, &uuid);
	free(name);
	free(uuid);
}

/* The words of the line are separated by newlines. */
static void fuzz_options(char *text)
{
	struct cli_app app = { .table = &cmd_table };
	char *argv[34] = { "tdxctl" }, *word, *save, **args = NULL;
	int argc = 1, nr = 0;

	for (word = strtok_r(text, "\n", &save); word && argc < 33;
	     word = strtok_r(NULL, "\n", &save))
		argv[argc++] = word;
	app.out = out_new();
	MUST(app.out);
	if (cli_parse(&app, argc, argv, &args, &nr))
		MUST(out_error_message(app.out));
	else
		MUST(nr >= 0 && (!nr || args));
	cli_free_values(&app);
	out_free(app.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (!len)
		return 0;
	text = malloc(len);
	MUST(text);
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	switch (data[0]) {
	case 's':
		fuzz_selector(text);
		break;
	case 'c':
		fuzz_cpu_list(text);
		break;
	case 'v':
		fuzz_vmm_cmdline(text, len);
		break;
	default:
		fuzz_options(text);
		break;
	}
	free(text);
	return 0;
}
