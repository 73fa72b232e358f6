// SPDX-License-Identifier: GPL-2.0-only
/* metrics: print metrics for Prometheus. */
#include <stdlib.h>
#include <unistd.h>

#include "http.h"
#include "metrics.h"
#include "nfd.h"

static const struct cli_field textfile = { .key = "textfile", .type = OUT_STR };

static void emit_all(struct cli_app *app, struct prom *p, const struct metrics_host *h)
{
	for (size_t i = 0; i < nr_metrics; i++)
		if (!metrics[i].per_td || app->v.per_td)
			metrics[i].emit(p, &metrics[i], h);
}

static int no_memory(struct cli_app *app)
{
	return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
}

static int as_text(struct cli_app *app, const struct metrics_host *h, bool head)
{
	struct prom p = { .f = NULL };
	char *text = NULL;
	size_t len = 0;
	int err = 0;

	/* Write all or nothing. */
	p.f = open_memstream(&text, &len);
	if (!p.f)
		return no_memory(app);
	emit_all(app, &p, h);
	if (fclose(p.f)) {
		free(text);
		return no_memory(app);
	}
	if (app->v.textfile) {
		err = tdxctl_textfile_write(app->ctx, app->v.textfile, text);
		if (err)
			err = cli_lib_error(app, err, "%s", app->v.textfile);
	} else if (app->v.http) {
		http_answer(stdout, HTTP_OK, head, text, len);
	} else if (!app->v.json) {
		app->silent = true;
		fwrite(text, 1, len, stdout);
	}
	free(text);
	return err;
}

/* The time in the file is that of the moment, so only a live host has it. */
static int as_features(struct cli_app *app, const struct tdxctl_facts *f)
{
	struct nfd_host h = { .facts = f, .captured = app->v.root };
	struct tdxctl_health_report *health;
	struct tdxctl_thresholds limits;
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int err;

	tdxctl_thresholds_default(&limits);
	err = tdxctl_health_get(f, &limits, &health);
	if (err)
		return cli_lib_error(app, err, "cannot check the host");
	h.health = health;
	if (tdxctl_host_time(app->ctx, &h.now))
		h.now = 0;
	out = open_memstream(&text, &len);
	if (out)
		nfd_print(out, &h);
	tdxctl_health_free(health);
	if (!out || fclose(out)) {
		free(text);
		return no_memory(app);
	}
	err = tdxctl_textfile_write(app->ctx, app->v.nfd, text);
	free(text);
	app->silent = true;
	return err ? cli_lib_error(app, err, "%s", app->v.nfd) : 0;
}

static void as_json(struct cli_app *app, const struct metrics_host *h)
{
	struct out_node *root = out_root(app->out);
	struct prom p = { .f = NULL };

	out_str_or_none(root, &textfile, app->v.textfile);
	p.json = out_array(root, &prom_table);
	emit_all(app, &p, h);
}

int cmd_metrics(struct cli_app *app, int argc, char **argv)
{
	struct metrics_host h = { .boot_time = 0 };
	unsigned int what = TDXCTL_FACTS_FILES | TDXCTL_FACTS_CGROUP;
	struct tdxctl_facts *facts;
	bool head = false;
	int err;

	if (app->v.http && (app->v.json || app->v.textfile))
		return cli_error(app, CLI_USAGE, "usage", "",
				 "--http cannot be used with --json or --textfile");
	if (app->v.nfd && (app->v.json || app->v.textfile || app->v.http))
		return cli_error(app, CLI_USAGE, "usage", "",
				 "--nfd cannot be used with --json, --textfile or --http");
	if (app->v.http) {
		enum http_status status = http_request(STDIN_FILENO, "/metrics", &head);

		app->silent = true;
		if (status != HTTP_OK) {
			http_answer(stdout, status, head, NULL, 0);
			return 0;
		}
	}
	tdxctl_set_brief(app->ctx, !app->v.per_td);
	if (app->v.nfd)
		what |= TDXCTL_FACTS_HEALTH;
	err = tdxctl_facts_get(app->ctx, what, &facts);
	if (err) {
		if (app->v.http)
			http_answer(stdout, HTTP_FAILED, head, NULL, 0);
		return cli_lib_error(app, err, "cannot read host state");
	}
	h.facts = facts;
	h.snap = facts->snap;
	if (tdxctl_boot_time(app->ctx, &h.boot_time))
		h.boot_time = 0;
	if (app->v.json)
		as_json(app, &h);
	if (app->v.nfd)
		err = as_features(app, facts);
	else if (!app->v.json || app->v.textfile)
		err = as_text(app, &h, head);
	tdxctl_facts_free(facts);
	return err;
}
