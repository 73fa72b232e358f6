// SPDX-License-Identifier: GPL-2.0-only
/* wait --hkids-free: wait until HKIDs are free. */
#include <errno.h>
#include <inttypes.h>

#include <health.h>

#include "wait.h"

#define POLL_NS 250000000ULL

enum { W_REACHED, W_WANTED, W_FREE, W_TOTAL, W_WAITED, W_TEXT };
static const struct cli_field fields[] = {
	[W_REACHED] = { .key = "reached", .type = OUT_BOOL },
	[W_WANTED] = { .key = "wanted", .type = OUT_UINT },
	[W_FREE] = { .key = "hkids_free", .type = OUT_UINT },
	[W_TOTAL] = { .key = "hkids_total", .type = OUT_UINT },
	[W_WAITED] = { .key = "waited_ns", .label = "Waited", .type = OUT_NS },
	[W_TEXT] = { .label = "HKIDs", .type = OUT_STR },
};

struct hkids {
	uint64_t free, total, leaked;
};

static int not_known(struct cli_app *app, const struct tdxctl_facts *f, const char *why)
{
	if (!f->snap->platform.has_tdx)
		return cli_error(app, CLI_NO_TDX, "no-tdx", "'tdxctl doctor' shows why.",
				 "this host has no TDX, or it is off");
	if (f->helper_err == -EACCES || f->helper_err == -EPERM)
		return cli_error(app, CLI_PERMISSION, "permission", CLI_ACCESS_HINT,
				 "the number of free HKIDs is not known: only root and the group tdxctl may query the helper; %s",
				 why);
	return cli_error(app, CLI_NO_HELPER, "helper-missing",
			 tdxctl_kvm_without_tdx(f) ?
				 "KVM does not use TDX; 'tdxctl doctor' shows why." :
				 "Load the helper with 'tdxctl helper load'.",
			 "the number of free HKIDs is not known: %s", why);
}

static int poll_hkids(struct cli_app *app, struct hkids *k)
{
	struct tdxctl_facts *f;
	const char *why = NULL;
	int err = tdxctl_facts_get(app->ctx, TDXCTL_FACTS_CGROUP, &f);

	if (err)
		return cli_lib_error(app, err, "cannot read host state");
	if (!tdxctl_hkids_free(f, &k->free, &k->total, &why))
		err = not_known(app, f, why);
	k->leaked = 0;
	for (size_t i = 0; i < f->snap->nr_hkids; i++)
		k->leaked += f->snap->hkids[i].state == TDXCTL_HKID_LEAKED;
	tdxctl_facts_free(f);
	return err;
}

static void draw(struct cli_line *line, const struct hkids *k, unsigned int wanted, uint64_t waited)
{
	char text[120], age[40];

	tdxctl_duration_str(age, sizeof(age), waited / NS_PER_S * NS_PER_S);
	snprintf(text, sizeof(text),
		 "Waiting for %u free HKID%s: %" PRIu64 " of %" PRIu64 " free, %s", wanted,
		 wanted == 1 ? "" : "s", k->free, k->total, waited < NS_PER_S ? "0 s" : age);
	cli_line_draw(line, text);
}

static int wait_for(struct cli_app *app, struct hkids *k, uint64_t *waited)
{
	uint64_t start = tdxctl_clock_ns(), limit = app->v.timeout_ns;
	struct cli_line line;
	int err;

	cli_line_start(&line, app);

	for (;;) {
		err = poll_hkids(app, k);
		*waited = tdxctl_clock_ns() - start;
		cli_line_end(&line);
		if (err || k->free >= app->v.hkids_free)
			return err;
		if (k->total - k->leaked < app->v.hkids_free)
			return cli_error(app, CLI_FAILED, "failed", "",
					 "%u HKIDs can never be free: the host has %" PRIu64 "%s",
					 app->v.hkids_free, k->total,
					 k->leaked ? ", some of them leaked" : "");
		if (cli_stopped()) {
			char age[24];

			tdxctl_duration_str(age, sizeof(age), *waited);
			return cli_error(app, CLI_FAILED, "interrupted", "",
					 "interrupted after %s: %" PRIu64 " of %" PRIu64
					 " HKIDs are free, %u were requested",
					 age, k->free, k->total, app->v.hkids_free);
		}
		if (limit && *waited >= limit)
			return CLI_PROBLEMS;
		draw(&line, k, app->v.hkids_free, *waited);
		cli_nap(limit && limit - *waited < POLL_NS ? limit - *waited : POLL_NS);
	}
}

int wait_hkids(struct cli_app *app)
{
	struct out_node *root = out_root(app->out);
	struct hkids k = { 0 };
	uint64_t waited = 0;
	int code;

	tdxctl_set_brief(app->ctx, true);
	code = wait_for(app, &k, &waited);
	if (code && code != CLI_PROBLEMS)
		return code;
	out_bool(root, &fields[W_REACHED], code == CLI_OK);
	out_uint(root, &fields[W_WANTED], app->v.hkids_free);
	out_uint(root, &fields[W_FREE], k.free);
	out_uint(root, &fields[W_TOTAL], k.total);
	out_strf(root, &fields[W_TEXT], "%" PRIu64 " of %" PRIu64 " free%s", k.free, k.total,
		 code ? ", fewer than requested" : "");
	out_uint(root, &fields[W_WAITED], waited);
	return code;
}
