// SPDX-License-Identifier: GPL-2.0-only
/* How results are printed: colour, width, columns and order of tables. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

bool cli_seconds(const char *text, uint64_t *ns)
{
	char *end;
	double s;

	/* strtod() would also accept blanks, signs, hexadecimal numbers and "inf". */
	if (!*text || text[strspn(text, "0123456789.")])
		return false;
	s = strtod(text, &end);
	if (*end || s < 0.1 || s > 86400)
		return false;
	*ns = (uint64_t)(s * 1e9);
	return true;
}

static int unknown_column(struct cli_app *app, const char *option, const char *word, size_t len)
{
	const struct cli_field *t = app->cmd->table;
	char hint[400] = "Columns: ", name[32];
	size_t at = strlen(hint);

	for (size_t i = 0; i < t->nr_columns && at < sizeof(hint); i++)
		if (out_column_name(&t->columns[i], name, sizeof(name)))
			at += (size_t)snprintf(hint + at, sizeof(hint) - at, "%s%s",
					       hint[at - 1] == ' ' ? "" : ", ", name);
	if (at + 1 < sizeof(hint))
		strcpy(hint + at, ".");
	return cli_error(app, CLI_USAGE, "usage", hint, "%s: unknown column '%.*s'", option,
			 (int)len, word);
}

static int parse_columns(struct cli_app *app, const char *list)
{
	bool more = *list == '+';
	size_t n = 0;

	list += more;
	app->columns = calloc(strlen(list) + 1, sizeof(*app->columns));
	if (!app->columns)
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	for (;;) {
		size_t len = strcspn(list, ",");

		app->columns[n] = out_column(app->cmd->table, list, len);
		if (!app->columns[n++])
			return unknown_column(app, "--columns", list, len);
		if (!list[len])
			break;
		list += len + 1;
	}
	app->mode.only = app->mode.more = app->columns;
	if (more)
		app->mode.nr_more = n;
	else
		app->mode.nr_only = n;
	return 0;
}

int cli_mode(struct cli_app *app)
{
	const struct cli_values *v = &app->v;
	int err;

	app->mode = (struct out_mode){
		.colour = cli_colour(app, app->out_tty),
		.wide = v->verbose > 0,
		.bytes = v->bytes,
		.columns = cli_columns(STDOUT_FILENO),
		.no_headers = v->no_headers,
		.only_table = v->columns || v->no_headers,
		.table = app->cmd->table,
	};
	if (v->watch_seconds ? !cli_seconds(v->watch_seconds, &app->watch_ns) : false)
		return cli_error(app, CLI_USAGE, "usage",
				 "Valid values: 0.1 to 86400 seconds, such as 2 or 0.5.",
				 "--watch: invalid value '%s'", v->watch_seconds);
	if (v->watch && v->from_report && !strcmp(v->from_report, "-"))
		return cli_error(app, CLI_USAGE, "usage", "Run it without --watch.",
				 "standard input can be read only once");
	if (v->watch && !v->watch_seconds)
		app->watch_ns = 2000000000;
	if (v->columns) {
		err = parse_columns(app, v->columns);
		if (err)
			return err;
	}
	if (!v->sort)
		return 0;
	app->sort_down = *v->sort == '-';
	app->sort = out_column(app->cmd->table, v->sort + app->sort_down,
			       strlen(v->sort) - app->sort_down);
	return app->sort ? 0 :
			   unknown_column(app, "--sort", v->sort + app->sort_down,
					  strlen(v->sort) - app->sort_down);
}
