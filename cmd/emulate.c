// SPDX-License-Identifier: GPL-2.0-only
/* emulate init: write a new emulated host. */
#include <errno.h>

#include "cmd.h"

enum { FILE_NAME, PACKAGES, CPUS, MKTME, TDX };

static const struct cli_field fields[] = {
	[FILE_NAME] = { .key = "file", .label = "Host file", .type = OUT_STR },
	[PACKAGES] = { .key = "packages", .label = "Packages", .type = OUT_UINT },
	[CPUS] = { .key = "cpus_per_package", .label = "CPUs per package", .type = OUT_UINT },
	[MKTME] = { .key = "mktme_keyids", .label = "Shared KeyIDs", .type = OUT_UINT },
	[TDX] = { .key = "tdx_keyids", .label = "Private KeyIDs", .type = OUT_UINT },
};

int cmd_emulate_init(struct cli_app *app, int argc, char **argv)
{
	const struct cli_values *v = &app->v;
	struct tdxctl_emul_topology topo = {
		.packages = v->packages,
		.cpus_per_package = v->cpus_per_package,
		.mktme_keyids = v->mktme_keyids,
		.tdx_keyids = v->tdx_keyids,
	};
	struct out_node *root = out_root(app->out);
	int err;

	err = tdxctl_emul_init(app->ctx, argv[0], &topo, v->force);
	if (err == -EEXIST)
		return cli_error(app, CLI_FAILED, "exists", "Overwrite it with --force.",
				 "%s already exists", argv[0]);
	if (err == -EINVAL)
		return cli_lib_error_as(app, CLI_USAGE, "usage", err, "invalid topology");
	if (err == -ENOENT)
		return cli_error(app, CLI_FAILED, "failed", "Create its directory first.",
				 "cannot write %s: its directory does not exist", argv[0]);
	if (err)
		return cli_lib_error(app, err, "%s", argv[0]);
	out_str(root, &fields[FILE_NAME], argv[0]);
	out_uint(root, &fields[PACKAGES], topo.packages);
	out_uint(root, &fields[CPUS], topo.cpus_per_package);
	out_uint(root, &fields[MKTME], topo.mktme_keyids);
	out_uint(root, &fields[TDX], topo.tdx_keyids);
	cli_note(app, "Use it with 'tdxctl --emulate=%s status'.", argv[0]);
	return CLI_OK;
}
