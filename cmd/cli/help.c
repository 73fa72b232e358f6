// SPDX-License-Identifier: GPL-2.0-only
/* --help, printed from the table of verbs. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "out/wrap.h"

#define USUAL_COLUMNS 80 /* paragraphs are written for this width */

/* A column of words at the left, and text at the right. */
static void entry(FILE *f, const char *left, int width, const char *text)
{
	size_t indent = (size_t)width + 4, used = strlen(left) + 4;

	fprintf(f, "  %-*s  ", width, left);
	wrap_print(f, text, used > indent ? used : indent, indent, cli_columns(STDOUT_FILENO));
	fputc('\n', f);
}

/* On a narrow terminal, the lines of a paragraph are broken at other words. */
static void paragraph(FILE *f, const char *text)
{
	size_t columns = cli_columns(STDOUT_FILENO);
	char *copy = columns && columns < USUAL_COLUMNS ? strdup(text) : NULL;

	for (char *p = copy; p && *p; p++)
		if (*p == '\n' && p[1])
			*p = ' ';
	wrap_print(f, copy ? copy : text, 0, 0, copy ? columns : 0);
	free(copy);
}

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
		entry(f, left, 24, o->help);
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
	fputs("Usage: tdxctl [options] VERB [NOUN] [options]\n\n", f);
	paragraph(f,
		  "Shows which HKIDs of an Intel TDX host are in use and by which TD, what delays\n"
		  "key configuration, and whether every CPU can run TDs. Frees the HKID and the\n"
		  "memory of a TD that does not end.\n");
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
			entry(f, left, 20, c->summary);
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
		char line[160];

		if (only || !c->noun) {
			snprintf(line, sizeof(line), "%s.", c->summary);
			line[0] = (char)toupper((unsigned char)line[0]);
		} else {
			snprintf(line, sizeof(line), "%s%s: %s.", c->noun,
				 c->is_default ? " (the default)" : "", c->summary);
		}
		fputc('\n', f);
		paragraph(f, line);
		fputc('\n', f);
		if (c->details) {
			paragraph(f, c->details);
			fputc('\n', f);
		}
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
