// SPDX-License-Identifier: GPL-2.0-only
/* top: the host, looked at again and again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "top.h"

static int look(struct cli_app *app, struct page *p, struct sample *s)
{
	int err = sample_take(s, app->ctx);

	if (!err)
		err = page_arrange(p, s);
	return err ? cli_lib_error(app, err, "cannot read host state") : CLI_OK;
}

static int no_tdx(struct cli_app *app, const struct sample *s)
{
	if (sample_snap(s)->platform.has_tdx)
		return CLI_OK;
	return cli_error(app, CLI_NO_TDX, "no-tdx", "'tdxctl doctor' shows why.",
			 "this host has no TDX, or it is off");
}

/* Prints one page. Returns an exit code, with the error recorded. */
static int print(struct cli_app *app, const struct page *p, const struct sample *s, bool first)
{
	struct out *out = out_new();
	struct out_node *root;
	int err;

	if (!out)
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	root = out_root(out);
	page_head(root, s);
	out_gap(root);
	page_rows(root, p, s, 0, p->nr_rows);
	if (!first && !app->v.json)
		putchar('\n');
	if (app->v.json) {
		cli_stamp_to(app, app->ctx, root);
		err = out_json(out, stdout, "top");
	} else {
		err = out_text(out, stdout, &app->mode);
	}
	if (out_failed(out))
		err = -ENOMEM;
	out_free(out);
	return err ? cli_error(app, CLI_FAILED, "no-memory", "", "out of memory") : CLI_OK;
}

static int batch(struct cli_app *app, struct page *p, struct sample *s, uint64_t delay_ns)
{
	bool still = app->v.root || app->v.from_report;
	int code;

	cli_stop_begin();
	for (unsigned int i = 0; !cli_stopped(); i++) {
		if (i) {
			code = look(app, p, s);
			if (code)
				return code;
		}
		code = print(app, p, s, !i);
		if (code || fflush(stdout) || still || i + 1 == app->v.count)
			return code;
		cli_nap(delay_ns);
	}
	return CLI_OK;
}

int cmd_top(struct cli_app *app, int argc, char **argv)
{
	uint64_t delay_ns = app->v.delay_ns ? app->v.delay_ns : 2000000000;
	bool once = app->v.json || app->v.root || app->v.from_report;
	struct sample s = { 0 };
	struct page p;
	int code;

	page_init(&p);
	while (app->v.view && strcmp(app->v.view, page_views[p.view]))
		p.view++;
	if (app->sort) {
		p.sort[PAGE_TDS] = app->sort;
		p.down[PAGE_TDS] = app->sort_down;
		app->sort = NULL;
	}
	if (!app->v.batch && !once && (!app->out_tty || !isatty(STDIN_FILENO)))
		return cli_error(app, CLI_USAGE, "usage", "Use 'tdxctl top -b'.",
				 "top needs a terminal");
	if (!app->v.batch && !once && !cli_escapes(app->out_tty))
		return cli_error(app, CLI_USAGE, "usage", "Use 'tdxctl top -b'.",
				 "top cannot draw on this terminal (TERM)");
	code = look(app, &p, &s);
	if (!code)
		code = no_tdx(app, &s);
	if (!code) {
		page_set_columns(app, p.view);
		app->silent = true;
		if (once && !app->v.batch)
			app->v.count = 1;
		code = once || app->v.batch ? batch(app, &p, &s, delay_ns) :
					      screen_run(app, &p, &s, delay_ns);
	}
	page_free(&p);
	sample_free(&s);
	return code;
}
