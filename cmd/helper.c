// SPDX-License-Identifier: GPL-2.0-only
/* helper load, unload, status. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

enum {
	STATE,
	PATH,
	VERSION,
	FILE_VERSION,
	NEXT_VERSION,
	BUILT_FOR,
	OTHER,
	SECURE_BOOT,
	LOCKDOWN,
	REQUIRED,
	SIGNER,
	SIGNATURE,
	NEXT,
	NEXT_TEXT,
	REFCNT,
	DEVICE,
	PROVIDER,
	LEAKED,
	NOTE,
	SEPT_GENERATION,
	SEPT_PROBLEM,
	SEPT_PROBLEM_TEXT,
	FEATURES
};

static const struct cli_field fields[] = {
	[STATE] = { .key = "state", .label = "Helper", .type = OUT_STR },
	[PATH] = { .key = "path", .label = "Module file", .type = OUT_STR },
	[VERSION] = { .key = "version", .label = "Version", .type = OUT_STR },
	[FILE_VERSION] = { .key = "file_version", .type = OUT_STR },
	[NEXT_VERSION] = { .label = "File's version", .type = OUT_STR },
	[BUILT_FOR] = { .key = "built_for", .type = OUT_STR },
	[OTHER] = { .label = "Built for", .type = OUT_STR },
	[SECURE_BOOT] = { .key = "secure_boot", .type = OUT_BOOL },
	[LOCKDOWN] = { .key = "lockdown", .type = OUT_STR },
	[REQUIRED] = { .key = "signatures_required", .type = OUT_BOOL },
	[SIGNER] = { .key = "signer", .type = OUT_STR },
	[SIGNATURE] = { .label = "Signature", .type = OUT_STR },
	[NEXT] = { .key = "next", .type = OUT_STR },
	[NEXT_TEXT] = { .label = "Next", .type = OUT_STR },
	[REFCNT] = { .key = "users", .label = "Users", .type = OUT_INT },
	[DEVICE] = { .key = "device",
		     .label = TDXCTL_DEV_PATH,
		     .type = OUT_BOOL,
		     .yes = "present",
		     .no = "missing" },
	[PROVIDER] = { .key = "provider", .label = "SEAMCALLs from", .type = OUT_STR },
	[LEAKED] = { .key = "leaked_pages", .label = "Leaked pages", .type = OUT_PAGES },
	[NOTE] = { .label = "Note", .type = OUT_STR },
	[SEPT_GENERATION] = { .key = "sept_generation",
			      .label = "S-EPT callbacks",
			      .type = OUT_STR },
	[SEPT_PROBLEM] = { .key = "sept_problem", .type = OUT_STR },
	[SEPT_PROBLEM_TEXT] = { .label = "Early release", .type = OUT_STR },
	[FEATURES] = { .key = "features", .type = OUT_TABLE },
};

/* The part that BPF programs see. */
static const struct cli_field observer_field = { .key = "observer",
						 .label = "",
						 .type = OUT_OBJECT };
enum { O_TDS, O_HKIDS, O_LOCKS, O_REASON, O_TEXT };
static const struct cli_field observer_fields[] = {
	[O_TDS] = { .key = "tds", .type = OUT_BOOL },
	[O_HKIDS] = { .key = "hkids", .type = OUT_BOOL },
	[O_LOCKS] = { .key = "locks", .type = OUT_BOOL },
	[O_REASON] = { .key = "reason", .type = OUT_STR },
	[O_TEXT] = { .label = "BPF programs", .type = OUT_STR },
};

/* In text, the reason is printed once, with the provider. */
static const struct cli_field leaked_unknown = { .key = "leaked_pages", .type = OUT_PAGES };
static const struct cli_field sept_unknown = { .key = "sept_generation", .type = OUT_STR };

enum { F_NAME, F_ON, F_WHAT };

static const struct cli_field feature_columns[] = {
	[F_NAME] = { .key = "name", .label = "FEATURE", .type = OUT_STR },
	[F_ON] = { .key = "on", .label = "AVAILABLE", .type = OUT_BOOL },
	[F_WHAT] = { .label = "DESCRIPTION", .type = OUT_STR, .text = true },
};

static const struct cli_field features = {
	.key = "features",
	.label = "",
	.type = OUT_TABLE,
	.columns = feature_columns,
	.nr_columns = ARRAY_SIZE(feature_columns),
};

static const struct {
	uint64_t bit;
	const char *name, *what;
} bits[] = {
	{ TDXCTL_F_SEAMCALL, "seamcall", "observes __seamcall" },
	{ TDXCTL_F_SEAMCALL_RET, "seamcall-ret", "observes __seamcall_ret" },
	{ TDXCTL_F_TDX_LOCK, "tdx-lock", "knows the holder of tdx_lock" },
	{ TDXCTL_F_KEY_LOCKS, "key-locks", "knows the holders of the key-config locks" },
	{ TDXCTL_F_CPU_CHECK, "cpu-check", "checks CPUs with a SEAMCALL" },
	{ TDXCTL_F_RELEASE, "release", "releases TDs from within the VMM's memory map" },
	{ TDXCTL_F_EMULATED, "emulated", "the TDX module is tdx_emul" },
	{ TDXCTL_F_FROM_START, "from-start", "was loaded before the TDX module was initialized" },
	{ TDXCTL_F_ADOPTED, "adopted", "knows the TDs created before it was loaded" },
};

static const char *const states[] = {
	[TDXCTL_HELPER_ABSENT] = "absent",
	[TDXCTL_HELPER_AVAILABLE] = "available",
	[TDXCTL_HELPER_LOADED] = "loaded",
};

/* KVM's S-EPT callbacks, which early release replaces. */
static void show_sept(struct out_node *root, const struct tdxctl_info *i)
{
	const char *name = tdxctl_sept_str(i->sept_callback);
	char problem[128];

	if (!tdxctl_sept_problem(i, problem, sizeof(problem))) {
		if (name) {
			out_str(root, &fields[SEPT_GENERATION], name);
			out_none(root, &fields[SEPT_PROBLEM]);
		} else {
			static const char why[] = "the loaded helper does not report it";

			out_unknown(root, &fields[SEPT_GENERATION], why);
			out_unknown(root, &fields[SEPT_PROBLEM], why);
		}
		return;
	}
	if (name)
		out_str(root, &fields[SEPT_GENERATION], name);
	else if (i->sept_problem == TDXCTL_SEPT_NO_TYPES)
		out_unknown(root, &fields[SEPT_GENERATION], problem);
	else
		out_none(root, &fields[SEPT_GENERATION]);
	out_str(root, &fields[SEPT_PROBLEM], problem);
	out_strf(root, &fields[SEPT_PROBLEM_TEXT], "not available: %s", problem);
}

static int show_observer(struct cli_app *app, struct out_node *root)
{
	struct tdxctl_observer o;
	struct out_node *n;
	int err = tdxctl_observer_get(app->ctx, &o);

	if (err)
		return cli_lib_error(app, err, "cannot load BPF programs");
	n = out_object(root, &observer_field);
	out_bool(n, &observer_fields[O_TDS], o.tds);
	out_bool(n, &observer_fields[O_HKIDS], o.hkids);
	out_bool(n, &observer_fields[O_LOCKS], o.locks);
	out_str_or_none(n, &observer_fields[O_REASON], o.why[0] ? o.why : NULL);
	out_style(out_strf(n, &observer_fields[O_TEXT], "%s%s%s%s%s%s",
			   o.tds ? "see TDs" : "not available", o.hkids ? ", HKIDs" : "",
			   o.locks ? ", tdx_lock" : "", o.tds ? " without the helper" : "",
			   o.why[0] ? ": " : "", o.why),
		  o.tds ? STYLE_GOOD : STYLE_DIM);
	return CLI_OK;
}

static void bool_or_unknown(struct out_node *root, int field, int value, const char *why)
{
	if (value < 0)
		out_unknown(root, &fields[field], why);
	else
		out_bool(root, &fields[field], value);
}

/* Whether the kernel loads the module file, and the command that changes it. */
static void show_signature(struct out_node *root, const struct tdxctl_helper *h)
{
	bool locked = h->lockdown && strcmp(h->lockdown, "none");
	char next[160] = "", by[160], why[80];

	bool_or_unknown(root, SECURE_BOOT, h->secure_boot, "the firmware variable is not readable");
	if (h->lockdown)
		out_str(root, &fields[LOCKDOWN], h->lockdown);
	else
		out_unknown(root, &fields[LOCKDOWN], "the kernel does not report it");
	bool_or_unknown(root, REQUIRED, h->signatures, "the kernel does not report it");
	out_str_or_none(root, &fields[SIGNER], h->signer);
	snprintf(by, sizeof(by), "%s%.140s", h->signer ? "by " : "none",
		 h->signer ? h->signer : "");
	snprintf(why, sizeof(why), "%s%s%s", h->secure_boot == 1 ? "Secure Boot is on, " : "",
		 locked ? "lockdown is " : "module.sig_enforce is set", locked ? h->lockdown : "");
	if (h->path && h->signatures == 1)
		out_style(out_strf(root, &fields[SIGNATURE],
				   h->signer ? "%s; this kernel requires one (%s)" :
					       "%s, but this kernel requires one (%s)",
				   by, why),
			  h->signer ? STYLE_NONE : STYLE_BAD);
	else if (h->path && !h->signatures)
		out_strf(root, &fields[SIGNATURE], "%s, not required", by);
	else if (h->path)
		out_strf(root, &fields[SIGNATURE],
			 "%s; whether the kernel requires one is not known", by);
	if (h->path && h->signatures == 1 && h->state != TDXCTL_HELPER_LOADED) {
		if (h->signer)
			snprintf(next, sizeof(next), "mokutil --import /var/lib/dkms/mok.pub");
		else
			snprintf(next, sizeof(next), "dkms install --force tdxctl/%s",
				 h->version ? h->version : TDXCTL_VERSION);
	}
	out_str_or_none(root, &fields[NEXT], *next ? next : NULL);
	if (*next)
		out_strf(root, &fields[NEXT_TEXT],
			 h->signer ? "if the kernel does not trust the key: %s; then reboot" :
				     "DKMS signs the module: %s",
			 next);
}

static void show(struct cli_app *app, const struct tdxctl_helper *h)
{
	struct out_node *root = out_root(app->out), *table;
	bool loaded = h->state == TDXCTL_HELPER_LOADED;
	bool info = loaded && h->dev && h->info.size;

	out_style(out_str(root, &fields[STATE], states[h->state]),
		  loaded ? STYLE_GOOD : STYLE_WARN);
	out_str_or_none(root, &fields[PATH], h->path);
	out_str_or_none(root, &fields[VERSION], h->version);
	out_str_or_none(root, &fields[FILE_VERSION], h->file_version);
	if (loaded && !h->other_kernel && h->version && h->file_version &&
	    strcmp(h->version, h->file_version))
		out_style(out_strf(root, &fields[NEXT_VERSION],
				   "%s; to use it, run 'tdxctl helper unload', then 'tdxctl helper load%s%s'",
				   h->file_version, app->v.file ? " --file " : "",
				   app->v.file ? app->v.file : ""),
			  STYLE_WARN);
	out_str_or_none(root, &fields[BUILT_FOR], h->built_for);
	if (h->other_kernel)
		out_style(out_strf(root, &fields[OTHER],
				   "kernel %s, which is not running: build it for the running kernel",
				   h->built_for),
			  STYLE_BAD);
	show_signature(root, h);
	if (loaded && h->refcnt >= 0)
		out_int(root, &fields[REFCNT], h->refcnt);
	else
		out_none(root, &fields[REFCNT]);
	out_bool(root, &fields[DEVICE], h->dev);
	if (!info) {
		const char *error = tdxctl_error(app->ctx), *hint = tdxctl_hint(app->ctx);
		char why[256];

		snprintf(why, sizeof(why), "%s%s%s", *error ? error : "the device is missing",
			 *hint ? ": " : "", hint);
		if (loaded) {
			out_unknown(root, &fields[PROVIDER], why);
			out_unknown(root, &leaked_unknown, why);
			out_unknown(root, &sept_unknown, why);
			out_unknown(root, &fields[SEPT_PROBLEM], why);
			out_unknown(root, &fields[FEATURES], why);
		} else {
			out_none(root, &fields[PROVIDER]);
			out_none(root, &fields[LEAKED]);
			out_none(root, &fields[SEPT_GENERATION]);
			out_none(root, &fields[SEPT_PROBLEM]);
			out_array(root, &fields[FEATURES]);
		}
		return;
	}
	if (h->info.provider[0])
		out_strf(root, &fields[PROVIDER], "%.*s", (int)sizeof(h->info.provider),
			 h->info.provider);
	else
		out_none(root, &fields[PROVIDER]);
	out_style(out_uint_or(root, &fields[LEAKED], h->info.leaked_pages, TDXCTL_UNKNOWN,
			      "this version of the helper does not report them"),
		  h->info.leaked_pages && h->info.leaked_pages != TDXCTL_UNKNOWN ? STYLE_BAD :
										   STYLE_NONE);
	if (!h->info.provider[0])
		out_str(root, &fields[NOTE],
			"no module issues SEAMCALLs, so there is nothing to watch; 'tdxctl doctor' shows whether this host can run TDs");
	show_sept(root, &h->info);
	out_gap(root);
	table = out_array(root, &features);
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		bool on = h->info.features & bits[i].bit;
		struct out_node *row = out_row(table);

		out_str(row, &feature_columns[F_NAME], bits[i].name);
		out_style(out_bool(row, &feature_columns[F_ON], on), on ? STYLE_GOOD : STYLE_DIM);
		out_str(row, &feature_columns[F_WHAT], bits[i].what);
	}
}

static int get_and_show(struct cli_app *app, enum tdxctl_helper_state *state)
{
	struct tdxctl_helper *h = NULL;
	int err = tdxctl_helper_get(app->ctx, app->v.file, &h);

	if (err)
		return cli_lib_error(app, err, "cannot read the state of the helper");
	*state = h->state;
	show(app, h);
	tdxctl_helper_free(h);
	return show_observer(app, out_root(app->out));
}

int cmd_helper_status(struct cli_app *app, int argc, char **argv)
{
	enum tdxctl_helper_state state;
	int code = get_and_show(app, &state);

	if (code)
		return code;
	return state == TDXCTL_HELPER_LOADED ? CLI_OK : CLI_NO_HELPER;
}

int cmd_helper_load(struct cli_app *app, int argc, char **argv)
{
	enum tdxctl_helper_state state;
	int err = tdxctl_helper_load(app->ctx, app->v.file);

	if (err == -EEXIST)
		cli_note(app, "The helper is already loaded.");
	else if (err == -ENOENT)
		return cli_lib_error_as(app, CLI_NO_HELPER, "helper-missing", err, "tdxctl.ko");
	else if (err)
		return cli_lib_error(app, err, "cannot load the helper");
	return get_and_show(app, &state);
}

int cmd_helper_unload(struct cli_app *app, int argc, char **argv)
{
	enum tdxctl_helper_state state;
	int err = tdxctl_helper_unload(app->ctx);

	if (err == -ENOENT)
		cli_note(app, "The helper is not loaded.");
	else if (err == -EBUSY)
		return cli_lib_error_as(app, CLI_FAILED, "busy", err, "tdxctl.ko");
	else if (err)
		return cli_lib_error(app, err, "cannot unload the helper");
	return get_and_show(app, &state);
}
