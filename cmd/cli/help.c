// SPDX-License-Identifier: GPL-2.0-only
/* --help, printed from the table of verbs. */
#include <string.h>

#include "cli.h"

static void print_opts(FILE *f, const struct cli_opt *opts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct cli_opt *o = &opts[i];
		char left[64], letter[8] = "    ";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, o->name,
			 !o->arg		     ? "" :
			 o->type == CLI_OPT_OPTIONAL ? "[=" :
						       " ",
			 o->arg ? o->arg : "", o->type == CLI_OPT_OPTIONAL ? "]" : "");
		fprintf(f, "  %-24s  %s\n", left, o->help);
	}
}

static void usage_line(FILE *f, const struct cli_cmd *c, const char *lead)
{
	char name[64];

	cli_cmd_name(c, name, sizeof(name));
	fprintf(f, "%stdxctl %s%s%s%s\n", lead, name, c->nr_opts ? " [options]" : "",
		c->args ? " " : "", c->args ? c->args : "");
}

void cli_help_main(FILE *f, const struct cli_table *t)
{
	fputs("Usage: tdxctl [options] VERB [NOUN] [options]\n\n"
	      "Shows which HKIDs of an Intel TDX host are in use and by which TD, what delays\n"
	      "key configuration, and whether every CPU can run TDs. Frees the HKID and the\n"
	      "memory of a TD that does not end.\n",
	      f);
	for (enum cli_group g = 0; g < CLI_GROUPS; g++) {
		fprintf(f, "\n%s:\n", t->group_titles[g]);
		for (size_t i = 0; i < t->nr_cmds; i++) {
			const struct cli_cmd *c = &t->cmds[i];
			char left[64], name[40];

			if (c->group != g || c->hidden)
				continue;
			cli_cmd_name(c, name, sizeof(name));
			snprintf(left, sizeof(left), "%s%s%s", name, c->args ? " " : "",
				 c->args ? c->args : "");
			fprintf(f, "  %-20s  %s\n", left, c->summary);
		}
	}
	fputs("\nGlobal options, before or after the verb:\n", f);
	print_opts(f, t->global_opts, t->nr_global_opts);
	fputs("\nExit status:\n", f);
	for (size_t i = 0; i < t->nr_exits; i++)
		fprintf(f, "  %zu  %s\n", i, t->exit_texts[i]);
	fputs("\nSee also: tdxctl VERB --help, tdxctl(8), tdxctl-json(5)\n", f);
}

void cli_help_verb(FILE *f, const struct cli_table *t, const char *verb, const struct cli_cmd *only)
{
	const char *lead = "Usage: ";

	for (size_t i = 0; i < t->nr_cmds; i++) {
		const struct cli_cmd *c = &t->cmds[i];

		if (strcmp(c->verb, verb) || (only && c != only))
			continue;
		usage_line(f, c, lead);
		lead = "       ";
	}
	for (size_t i = 0; i < t->nr_cmds; i++) {
		const struct cli_cmd *c = &t->cmds[i];

		if (strcmp(c->verb, verb) || (only && c != only))
			continue;
		if (only || !c->noun)
			fprintf(f, "\n%c%s.\n",
				c->summary[0] - ('a' - 'A') * (c->summary[0] >= 'a' &&
							       c->summary[0] <= 'z'),
				c->summary + 1);
		else
			fprintf(f, "\n%s%s: %s.\n", c->noun, c->is_default ? " (the default)" : "",
				c->summary);
		if (c->details)
			fprintf(f, "%s\n", c->details);
		if (c->nr_opts) {
			fputs("\nOptions:\n", f);
			print_opts(f, c->opts, c->nr_opts);
		}
	}
	fputs("\nGlobal options:\n", f);
	print_opts(f, t->global_opts, t->nr_global_opts);
}

int cmd_help(struct cli_app *app, int argc, char **argv)
{
	const struct cli_table *t = app->table;
	bool known = false;

	app->silent = true;
	if (!argc) {
		cli_help_main(stdout, t);
		return CLI_OK;
	}
	for (size_t i = 0; i < t->nr_cmds; i++) {
		const struct cli_cmd *c = &t->cmds[i];

		if (strcmp(c->verb, argv[0]))
			continue;
		known = true;
		if (argc < 2 || (c->noun && !strcmp(c->noun, argv[1]))) {
			cli_help_verb(stdout, t, c->verb, argc < 2 ? NULL : c);
			return CLI_OK;
		}
	}
	app->silent = false;
	return known ? cli_unknown_noun(app, argv[0], argv[1]) : cli_unknown_verb(app, argv[0]);
}
