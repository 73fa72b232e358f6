// SPDX-License-Identifier: GPL-2.0-only
/* keys: how many TDs each KeyID split allows. */
#include <errno.h>
#include <stdlib.h>

#include <facts.h>

#include "cmd.h"

#define COMMON_BITS 6 /* on most hosts; used if the number is not known */

enum { K_BITS, K_SPLIT, K_SHARED, K_FIRST, K_PRIVATE, K_TDS, K_HERE, K_HERE_TEXT };
static const struct cli_field columns[] = {
	[K_BITS] = { .key = "bits", .type = OUT_UINT },
	[K_SPLIT] = { .key = "split", .label = "SPLIT", .type = OUT_UINT, .right = true },
	[K_SHARED] = { .key = "tme_mt_keys",
		       .label = "TME-MT KEYS",
		       .type = OUT_UINT,
		       .right = true,
		       .drop = 2 },
	[K_FIRST] = { .key = "first_private",
		      .label = "FIRST PRIVATE",
		      .type = OUT_UINT,
		      .right = true,
		      .drop = 3 },
	[K_PRIVATE] = { .key = "private_keys",
			.label = "PRIVATE KEYS",
			.type = OUT_UINT,
			.right = true,
			.drop = 1 },
	[K_TDS] = { .key = "max_tds", .label = "MAX TDS", .type = OUT_UINT, .right = true },
	[K_HERE] = { .key = "this_host", .type = OUT_BOOL },
	[K_HERE_TEXT] = { .label = "", .type = OUT_STR, .sparse = true },
};
const struct cli_field keys_table = {
	.key = "splits",
	.label = "",
	.type = OUT_TABLE,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
};

static const struct cli_field host = { .key = "host", .label = "", .type = OUT_OBJECT };
static const struct cli_field host_text = { .label = "This host", .type = OUT_STR };
static const struct cli_field host_keys = { .label = "Private KeyIDs", .type = OUT_STR };
static const struct cli_field bits_text = { .label = "KeyID bits", .type = OUT_STR };

static void numbers(struct out_node *n, const struct tdxctl_keys *k)
{
	out_uint(n, &columns[K_BITS], k->bits);
	out_uint(n, &columns[K_SPLIT], k->split);
	out_uint(n, &columns[K_SHARED], k->tme_mt_keys);
	out_uint(n, &columns[K_FIRST], k->first_private);
	out_uint(n, &columns[K_PRIVATE], k->private_keys);
	out_uint(n, &columns[K_TDS], k->max_tds);
}

static void show_host(struct out_node *root, const struct tdxctl_keys *k, const char *why)
{
	struct out_node *n = out_object(root, &host), *values = out_object(n, &out_json_only);

	if (why) {
		for (size_t i = K_BITS; i <= K_TDS; i++)
			out_unknown(values, &columns[i], why);
		out_unknown(n, &host_text, why);
		return;
	}
	numbers(values, k);
	out_strf(n, &host_text, "%u of %u KeyID bits for TDX, at most %u TDs", k->split, k->bits,
		 k->max_tds);
	if (k->private_keys)
		out_strf(n, &host_keys, "[%u, %u); the TDX module uses the first one itself",
			 k->first_private, k->first_private + k->private_keys);
	else
		out_str(n, &host_keys, "none");
}

static int read_host(struct cli_app *app, struct tdxctl_keys *k, const char **why)
{
	struct tdxctl_msr_set *sets;
	size_t n;
	int err = tdxctl_msrs_get(app->ctx, app->snap, TDXCTL_MSRS_KEYIDS, &sets, &n);

	if (err)
		return err;
	*why = "no CPU package was found";
	if (n && tdxctl_keys_host(&sets[0], k, why))
		*why = NULL;
	free(sets);
	return 0;
}

int cmd_keys(struct cli_app *app, int argc, char **argv)
{
	const struct cli_values *v = &app->v;
	struct out_node *root = out_root(app->out), *table;
	struct tdxctl_keys here = { 0 }, k;
	const char *why = NULL;
	unsigned int bits;
	int err = read_host(app, &here, &why);

	if (err)
		return cli_lib_error(app, err, "cannot read the KeyID MSRs");
	bits = v->keyid_bits ? v->keyid_bits : why || !here.bits ? COMMON_BITS : here.bits;
	if (v->split > bits)
		return cli_error(app, CLI_USAGE, "usage",
				 "Set the number of KeyID bits with --bits.",
				 "--split %u exceeds the %u KeyID bits", v->split, bits);
	show_host(root, &here, why);
	out_strf(root, &bits_text, "%u%s", bits,
		 v->keyid_bits || (!why && here.bits) ? "" : " (assumed; set with --bits)");
	out_gap(root);
	table = out_array(root, &keys_table);
	for (unsigned int split = 0; split <= bits; split++) {
		bool current = !why && here.bits == bits && here.split == split;

		if ((v->split && split != v->split) || tdxctl_keys_of(bits, split, &k))
			continue;
		struct out_node *row = out_row(table);

		numbers(row, &k);
		out_bool(row, &columns[K_HERE], current);
		out_str(row, &columns[K_HERE_TEXT], current ? "<- this host" : "");
	}
	return CLI_OK;
}
