// SPDX-License-Identifier: GPL-2.0-only
/* emulate init: write a new emulated host. emulate play: let it move. */
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

static int no_directory(struct cli_app *app, const char *file)
{
	return cli_error(app, CLI_FAILED, "failed", "Create its directory first.",
			 "cannot write %s: its directory does not exist", file);
}

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
		return no_directory(app, argv[0]);
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

enum { PLAY_FILE, PLAY_FROM, PLAY_SPEED, PLAY_STEP };

static const struct cli_field play_fields[] = {
	[PLAY_FILE] = { .key = "file", .label = "Host file", .type = OUT_STR },
	[PLAY_FROM] = { .key = "from_ns", .label = "Starts at", .type = OUT_NS },
	[PLAY_SPEED] = { .key = "speed", .label = "Speed", .type = OUT_UINT },
	[PLAY_STEP] = { .key = "step_ns", .label = "Step", .type = OUT_NS },
};

int cmd_emulate_play(struct cli_app *app, int argc, char **argv)
{
	const struct tdxctl_emul_play how = {
		.from_ns = app->v.from_ns,
		.speed = app->v.speed,
		.step_ns = app->v.step_ns,
	};
	struct out_node *root = out_root(app->out);
	int err = tdxctl_emul_play(app->ctx, argv[0], &how);

	if (err == -ENOENT)
		return no_directory(app, argv[0]);
	if (err == -EINVAL || err == -EFBIG)
		return cli_lib_error_as(app, CLI_FAILED, "host-file", err, "%s", argv[0]);
	if (err)
		return cli_lib_error(app, err, "%s", argv[0]);
	out_str(root, &play_fields[PLAY_FILE], argv[0]);
	out_uint(root, &play_fields[PLAY_FROM], how.from_ns);
	if (how.step_ns) {
		out_none(root, &play_fields[PLAY_SPEED]);
		out_uint(root, &play_fields[PLAY_STEP], how.step_ns);
	} else {
		out_uint(root, &play_fields[PLAY_SPEED], how.speed);
		out_none(root, &play_fields[PLAY_STEP]);
	}
	cli_note(app, "Watch it with 'tdxctl --emulate=%s status --watch'.", argv[0]);
	return CLI_OK;
}
