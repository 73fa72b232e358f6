// SPDX-License-Identifier: GPL-2.0-only
/* dump-cli, complete-vms, complete-words: for shell completions and for the check of the manual. */
#include <stdlib.h>
#include <string.h>

#include <decode.h>
#include <events.h>
#include <doctor.h>

#include "check/check.h"
#include "cmd.h"
#include "metrics/metrics.h"

enum { O_NAME, O_LETTER, O_TYPE, O_ARG, O_VALUES, O_WORDS, O_HELP };

static const struct cli_field opt_fields[] = {
	[O_NAME] = { .key = "name", .type = OUT_STR },
	[O_LETTER] = { .key = "letter", .type = OUT_STR },
	[O_TYPE] = { .key = "type", .type = OUT_STR },
	[O_ARG] = { .key = "arg", .type = OUT_STR },
	[O_VALUES] = { .key = "values", .type = OUT_LIST },
	[O_WORDS] = { .key = "words", .type = OUT_STR },
	[O_HELP] = { .key = "help", .type = OUT_STR },
};

enum {
	C_GROUP,
	C_VERB,
	C_NOUN,
	C_DEFAULT,
	C_HIDDEN,
	C_SUMMARY,
	C_ARGS,
	C_MIN,
	C_MAX,
	C_WORDS,
	C_OPTS
};

static const struct cli_field cmd_fields[] = {
	[C_GROUP] = { .key = "group", .type = OUT_STR },
	[C_VERB] = { .key = "verb", .type = OUT_STR },
	[C_NOUN] = { .key = "noun", .type = OUT_STR },
	[C_DEFAULT] = { .key = "default", .type = OUT_BOOL },
	[C_HIDDEN] = { .key = "hidden", .type = OUT_BOOL },
	[C_SUMMARY] = { .key = "summary", .type = OUT_STR },
	[C_ARGS] = { .key = "args", .type = OUT_STR },
	[C_MIN] = { .key = "min_args", .type = OUT_UINT },
	[C_MAX] = { .key = "max_args", .type = OUT_UINT },
	[C_WORDS] = { .key = "words", .type = OUT_STR },
	[C_OPTS] = { .key = "options", .type = OUT_TABLE },
};

enum { E_CODE, E_TEXT };

static const struct cli_field exit_fields[] = {
	[E_CODE] = { .key = "code", .type = OUT_UINT },
	[E_TEXT] = { .key = "text", .type = OUT_STR },
};

enum { EV_NAME, EV_ABOUT };

static const struct cli_field event_fields[] = {
	[EV_NAME] = { .key = "name", .type = OUT_STR },
	[EV_ABOUT] = { .key = "about", .type = OUT_STR },
};

enum { M_NAME, M_TYPE, M_UNIT, M_LABELS, M_PER_TD, M_HELP };

static const struct cli_field metric_fields[] = {
	[M_NAME] = { .key = "name", .type = OUT_STR },
	[M_TYPE] = { .key = "type", .type = OUT_STR },
	[M_UNIT] = { .key = "unit", .type = OUT_STR },
	[M_LABELS] = { .key = "labels", .type = OUT_LIST },
	[M_PER_TD] = { .key = "per_td", .type = OUT_BOOL },
	[M_HELP] = { .key = "help", .type = OUT_STR },
};

static const struct cli_field globals = { .key = "global_options", .type = OUT_TABLE };
static const struct cli_field cmds = { .key = "commands", .type = OUT_TABLE };
static const struct cli_field exits = { .key = "exit_codes", .type = OUT_TABLE };
static const struct cli_field event_table = { .key = "events", .type = OUT_TABLE };
static const struct cli_field metric_table = { .key = "metrics", .type = OUT_TABLE };

/* clang-format off */
static const char *const opt_types[] = {
	[CLI_OPT_FLAG] = "flag",
	[CLI_OPT_COUNT] = "count",
	[CLI_OPT_STRING] = "string",
	[CLI_OPT_UINT] = "number",
	[CLI_OPT_SECONDS] = "seconds",
	[CLI_OPT_CHOICE] = "choice",
	[CLI_OPT_LIST] = "list",
	[CLI_OPT_OPTIONAL] = "optional",
};
/* clang-format on */

static void dump_opts(struct out_node *array, const struct cli_opt *opts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cli_opt *o = &opts[i];
		const char letter[2] = { o->letter, '\0' };
		struct out_node *row = out_row(array), *values;

		out_str(row, &opt_fields[O_NAME], o->name);
		out_str_or_none(row, &opt_fields[O_LETTER], o->letter ? letter : NULL);
		out_str(row, &opt_fields[O_TYPE], opt_types[o->type]);
		out_str_or_none(row, &opt_fields[O_ARG], o->arg);
		values = out_array(row, &opt_fields[O_VALUES]);
		for (size_t k = 0; o->values && o->values[k]; k++)
			out_item(values, o->values[k]);
		out_str_or_none(row, &opt_fields[O_WORDS], o->words);
		out_str(row, &opt_fields[O_HELP], o->help);
	}
}

static void dump_metrics(struct out_node *array)
{
	for (size_t i = 0; i < nr_metrics; i++) {
		const struct prom_metric *m = &metrics[i].prom;
		struct out_node *row = out_row(array), *labels;

		out_str(row, &metric_fields[M_NAME], m->name);
		out_str(row, &metric_fields[M_TYPE], prom_type_str(m->type));
		out_str_or_none(row, &metric_fields[M_UNIT], m->unit);
		labels = out_array(row, &metric_fields[M_LABELS]);
		for (size_t k = 0; k < m->nr_labels; k++)
			out_item(labels, m->labels[k].key);
		out_bool(row, &metric_fields[M_PER_TD], metrics[i].per_td);
		out_str(row, &metric_fields[M_HELP], m->help);
	}
}

int cmd_dump_cli(struct cli_app *app, int argc, char **argv)
{
	struct out_node *root = out_root(app->out), *array;
	const struct cli_table *t = app->table;

	app->v.json = true;
	dump_opts(out_array(root, &globals), t->global_opts, t->nr_global_opts);
	array = out_array(root, &cmds);
	for (size_t i = 0; i < t->nr_cmds; i++) {
		const struct cli_cmd *c = &t->cmds[i];
		struct out_node *row = out_row(array);

		out_str(row, &cmd_fields[C_GROUP], t->group_titles[c->group]);
		out_str(row, &cmd_fields[C_VERB], c->verb);
		out_str_or_none(row, &cmd_fields[C_NOUN], c->noun);
		out_bool(row, &cmd_fields[C_DEFAULT], c->is_default);
		out_bool(row, &cmd_fields[C_HIDDEN], c->hidden);
		out_str(row, &cmd_fields[C_SUMMARY], c->summary);
		out_str_or_none(row, &cmd_fields[C_ARGS], c->args);
		out_uint(row, &cmd_fields[C_MIN], c->min_args);
		out_uint(row, &cmd_fields[C_MAX], c->max_args);
		out_str_or_none(row, &cmd_fields[C_WORDS], c->words);
		dump_opts(out_array(row, &cmd_fields[C_OPTS]), c->opts, c->nr_opts);
	}
	check_dump(root);
	array = out_array(root, &exits);
	for (size_t i = 0; i < t->nr_exits; i++) {
		struct out_node *row = out_row(array);

		out_uint(row, &exit_fields[E_CODE], i);
		out_str(row, &exit_fields[E_TEXT], t->exit_texts[i]);
	}
	array = out_array(root, &event_table);
	for (size_t i = 0; i < TDXCTL_EVENTS; i++) {
		struct out_node *row = out_row(array);

		out_str(row, &event_fields[EV_NAME], tdxctl_event_kinds[i].name);
		out_str(row, &event_fields[EV_ABOUT], tdxctl_event_kinds[i].about);
	}
	dump_metrics(out_array(root, &metric_table));
	return CLI_OK;
}

/* Prints only names, and nothing if there are no VMs. */
int cmd_complete_vms(struct cli_app *app, int argc, char **argv)
{
	app->silent = true;
	for (size_t i = 0; i < app->snap->nr_tds; i++) {
		char *s = text_clean(app->snap->tds[i].vm.name);

		if (s)
			printf("%s\n", s);
		free(s);
	}
	return CLI_OK;
}

static void print_rules(void)
{
	for (size_t i = 0; i < tdxctl_rule_count(); i++)
		printf("%s\n", tdxctl_rule_at(i)->id);
}

/* The value of --warning and --critical follows "=". */
static void print_limits(void)
{
	for (size_t i = 0; i < TDXCTL_CHECKS; i++)
		printf("%s=\n", tdxctl_checks[i].id);
}

static void print_events(void)
{
	for (size_t i = 0; i < TDXCTL_EVENTS; i++)
		printf("%s\n", tdxctl_event_kinds[i].name);
}

static void print_names(void)
{
	const char *name;

	for (size_t i = 0; (name = tdxctl_decode_name(i)); i++)
		printf("%s\n", name);
}

/* Without @noun, those of the default noun. */
static void print_columns(const struct cli_table *t, const char *verb, const char *noun)
{
	char name[32];

	for (size_t i = 0; i < t->nr_cmds; i++) {
		const struct cli_cmd *c = &t->cmds[i];

		if (!c->table || !verb || strcmp(c->verb, verb) ||
		    (noun && *noun ? !c->noun || strcmp(c->noun, noun) : c->noun && !c->is_default))
			continue;
		for (size_t k = 0; k < c->table->nr_columns; k++)
			if (out_column_name(&c->table->columns[k], name, sizeof(name)))
				printf("%s\n", name);
	}
}

int cmd_complete_words(struct cli_app *app, int argc, char **argv)
{
	app->silent = true;
	if (!strcmp(argv[0], "rules"))
		print_rules();
	else if (!strcmp(argv[0], "limits"))
		print_limits();
	else if (!strcmp(argv[0], "events"))
		print_events();
	else if (!strcmp(argv[0], "names"))
		print_names();
	else if (!strcmp(argv[0], "columns"))
		print_columns(app->table, argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL);
	return CLI_OK;
}
