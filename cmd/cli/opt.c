// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the command line with getopt_long() and the table of verbs. Global options may
 * be placed before, between and after verb and noun.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define MAX_OPTS 48

/* The options that are valid at one point of the line, in the form of getopt_long(). */
struct option_set {
	const struct cli_opt *row[MAX_OPTS];
	size_t count;
	struct option longs[MAX_OPTS + 1];
	char shorts[2 * MAX_OPTS + 3];
};

static bool set_has(const struct option_set *set, const struct cli_opt *o)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->row[i]->name, o->name))
			return true;
	return false;
}

static void set_add(struct option_set *set, const struct cli_opt *opts, size_t n)
{
	for (size_t i = 0; i < n && set->count < MAX_OPTS; i++)
		if (!set_has(set, &opts[i]))
			set->row[set->count++] = &opts[i];
}

static void set_finish(struct option_set *set, bool permute)
{
	char *s = set->shorts;

	if (!permute)
		*s++ = '+';
	*s++ = ':';
	for (size_t i = 0; i < set->count; i++) {
		const struct cli_opt *o = set->row[i];
		bool arg = o->type == CLI_OPT_STRING || o->type == CLI_OPT_UINT ||
			   o->type == CLI_OPT_SECONDS || o->type == CLI_OPT_CHOICE ||
			   o->type == CLI_OPT_LIST;

		set->longs[i] = (struct option){
			.name = o->name,
			.has_arg = o->type == CLI_OPT_OPTIONAL ? optional_argument :
				   arg			       ? required_argument :
								 no_argument,
			.val = UCHAR_MAX + 1 + (int)i,
		};
		if (o->letter) {
			*s++ = o->letter;
			if (arg)
				*s++ = ':';
		}
	}
	*s = '\0';
}

static int usage_hint(struct cli_app *app, const char *suggestion, const char *fmt,
		      const char *what)
{
	char hint[160], name[64] = "";
	const char *sep = "";

	if (app->cmd) {
		cli_cmd_name(app->cmd, name, sizeof(name));
		sep = " ";
	}
	if (suggestion)
		snprintf(hint, sizeof(hint), "Did you mean '%s'? See 'tdxctl%s%s --help'.",
			 suggestion, sep, name);
	else
		snprintf(hint, sizeof(hint), "See 'tdxctl%s%s --help'.", sep, name);
	return cli_error(app, CLI_USAGE, "usage", hint, fmt, what);
}

static int unknown_option(struct cli_app *app, const struct option_set *set, const char *arg)
{
	const char *names[MAX_OPTS], *found = NULL;
	char word[64], suggestion[70];

	if (!strncmp(arg, "--", 2)) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
		for (size_t i = 0; i < set->count; i++)
			names[i] = set->row[i]->name;
		found = cli_suggest(word, names, set->count);
		snprintf(suggestion, sizeof(suggestion), "--%s", found ? found : "");
	}
	return usage_hint(app, found ? suggestion : NULL, "unknown option '%s'", arg);
}

static int bad_value(struct cli_app *app, const struct cli_opt *o, const char *val)
{
	char hint[200] = "";
	size_t len = 0;

	if (o->type == CLI_OPT_CHOICE) {
		for (size_t i = 0; o->values[i] && len < sizeof(hint); i++)
			len += (size_t)snprintf(hint + len, sizeof(hint) - len, "%s%s",
						i ? ", " : "Valid values: ", o->values[i]);
	} else if (o->type == CLI_OPT_SECONDS) {
		snprintf(hint, sizeof(hint),
			 "Valid values: 0.1 to 86400 seconds, such as 2 or 0.5.");
	} else {
		snprintf(hint, sizeof(hint), "Valid values: whole numbers from %u to %u.", o->min,
			 o->max);
	}
	return cli_error(app, CLI_USAGE, "usage", hint, "--%s: invalid value '%s'", o->name, val);
}

static int add_value(struct cli_app *app, const struct cli_opt *o, struct cli_list *l,
		     const char *val)
{
	const char **bigger;

	if (!*val)
		return usage_hint(app, NULL, "--%s requires a value", o->name);
	bigger = reallocarray(l->value, l->count + 1, sizeof(*bigger));
	if (!bigger)
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	l->value = bigger;
	l->value[l->count++] = val;
	return 0;
}

static int store(struct cli_app *app, const struct cli_opt *o, const char *val)
{
	void *p = (char *)&app->v + o->offset;
	unsigned long n;
	char *end;

	switch (o->type) {
	case CLI_OPT_FLAG:
		*(bool *)p = true;
		return 0;
	case CLI_OPT_COUNT:
		++*(unsigned int *)p;
		return 0;
	case CLI_OPT_OPTIONAL:
		*(bool *)p = true;
		*(const char **)((char *)&app->v + o->offset2) = val;
		if (val && !*val)
			return usage_hint(app, NULL, "--%s= requires a value after '='", o->name);
		return 0;
	case CLI_OPT_STRING:
		if (!*val)
			return usage_hint(app, NULL, "--%s requires a value", o->name);
		*(const char **)p = val;
		return 0;
	case CLI_OPT_LIST:
		return add_value(app, o, p, val);
	case CLI_OPT_CHOICE:
		for (size_t i = 0; o->values[i]; i++) {
			if (!strcmp(o->values[i], val)) {
				*(const char **)p = o->values[i];
				return 0;
			}
		}
		return bad_value(app, o, val);
	case CLI_OPT_SECONDS:
		return cli_seconds(val, p) ? 0 : bad_value(app, o, val);
	case CLI_OPT_UINT:
		errno = 0;
		n = strtoul(val, &end, 10);
		if (*val < '0' || *val > '9' || *end || errno || n < o->min || n > o->max)
			return bad_value(app, o, val);
		*(unsigned int *)p = (unsigned int)n;
		return 0;
	}
	return 0;
}

/*
 * One pass over @argv. With @apply, stores values and records errors; without it, only
 * finds the first word that is not an option and leaves optind there. Returns 0, or
 * CLI_USAGE at an option that is not in @set.
 */
static int pass(struct cli_app *app, const struct option_set *set, int argc, char **argv,
		bool apply)
{
	int c, index;

	optind = 0; /* glibc: start over */
	opterr = 0;
	while ((c = getopt_long(argc, argv, set->shorts, set->longs, &index)) != -1) {
		const struct cli_opt *o = NULL;
		const char *arg = argv[optind - 1];
		int err;

		if (c > UCHAR_MAX) {
			o = set->row[c - UCHAR_MAX - 1];
			/* "--root DIR": the value is a separate word. */
			if (optarg && optarg == arg)
				arg = argv[optind - 2];
			/* getopt accepts abbreviations, which a new option could make ambiguous. */
			if (strcspn(arg + 2, "=") != strlen(o->name))
				o = NULL;
		} else if (c != '?' && c != ':') {
			for (size_t i = 0; i < set->count; i++)
				if (set->row[i]->letter == c)
					o = set->row[i];
		}
		if (!o) {
			char letter[3] = { '-', (char)optopt, '\0' };

			if (!apply)
				return CLI_USAGE;
			if (c == ':' && optopt > UCHAR_MAX)
				return usage_hint(app, NULL, "--%s requires a value",
						  set->row[optopt - UCHAR_MAX - 1]->name);
			if (c == ':')
				return usage_hint(app, NULL, "%s requires a value", letter);
			if (c == '?' && optopt > UCHAR_MAX)
				return usage_hint(app, NULL, "--%s takes no value",
						  set->row[optopt - UCHAR_MAX - 1]->name);
			return unknown_option(app, set, c == '?' && optopt ? letter : arg);
		}
		if (!apply)
			continue;
		err = store(app, o, optarg);
		if (err)
			return err;
	}
	return 0;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

int cli_unknown_verb(struct cli_app *app, const char *word)
{
	const struct cli_table *t = app->table;
	const char *names[64], *s;
	char hint[160] = "See 'tdxctl --help'.";
	size_t n = 0;

	for (size_t i = 0; i < t->nr_cmds && n < ARRAY_SIZE(names); i++)
		if (!t->cmds[i].hidden)
			names[n++] = t->cmds[i].verb;
	s = cli_suggest(word, names, n);
	if (s)
		snprintf(hint, sizeof(hint), "Did you mean '%s'? See 'tdxctl --help'.", s);
	else if (app->v.emulate && !app->v.emulate_file)
		snprintf(hint, sizeof(hint), "Did you mean '--emulate=%.100s'? FILE follows '='.",
			 word);
	return cli_error(app, CLI_USAGE, "usage", hint, "unknown verb '%s'", word);
}

int cli_unknown_noun(struct cli_app *app, const char *verb, const char *word)
{
	const struct cli_table *t = app->table;
	const char *names[16] = { NULL }, *s;
	char hint[200];
	size_t n = 0, len;

	for (size_t i = 0; i < t->nr_cmds && n < ARRAY_SIZE(names); i++)
		if (same(t->cmds[i].verb, verb) && t->cmds[i].noun)
			names[n++] = t->cmds[i].noun;
	s = word ? cli_suggest(word, names, n) : NULL;
	if (s) {
		snprintf(hint, sizeof(hint), "Did you mean 'tdxctl %s %s'?", verb, s);
	} else if (!n) {
		snprintf(hint, sizeof(hint), "See 'tdxctl %s --help'.", verb);
	} else {
		len = (size_t)snprintf(hint, sizeof(hint), "Use one of: ");
		for (size_t i = 0; i < n && len < sizeof(hint); i++)
			len += (size_t)snprintf(hint + len, sizeof(hint) - len, "%s'tdxctl %s %s'",
						i ? ", " : "", verb, names[i]);
	}
	if (!word)
		return cli_error(app, CLI_USAGE, "usage", hint, "'%s' requires a noun", verb);
	return cli_error(app, CLI_USAGE, "usage", hint, "'%s' has no noun '%s'", verb, word);
}

static void drop_arg(char **argv, int *argc, int at)
{
	memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof(*argv));
	--*argc;
}

/* Finds verb and noun and removes them from @argv. */
static int find_cmd(struct cli_app *app, int *argc, char **argv)
{
	const struct cli_table *t = app->table;
	struct option_set set = { .count = 0 };
	const struct cli_cmd *c, *fallback = NULL;
	bool nouns = false, known = false;
	char *verb, *noun = NULL;

	set_add(&set, t->global_opts, t->nr_global_opts);
	set_finish(&set, false);
	if (pass(app, &set, *argc, argv, false))
		return pass(app, &set, *argc, argv, true);
	if (optind >= *argc || (argv[optind][0] == '-' && argv[optind][1]))
		return 0;
	verb = argv[optind];
	for (size_t i = 0; i < t->nr_cmds; i++) {
		if (!same(t->cmds[i].verb, verb))
			continue;
		known = true;
		nouns |= t->cmds[i].noun != NULL;
		set_add(&set, t->cmds[i].opts, t->cmds[i].nr_opts);
	}
	if (!known) {
		/* For the hint: the options before the word. */
		pass(app, &set, *argc, argv, true);
		return cli_unknown_verb(app, verb);
	}
	drop_arg(argv, argc, optind);
	if (nouns) {
		set_finish(&set, false);
		/* An unknown option must not make its value look like a noun. */
		if (pass(app, &set, *argc, argv, false))
			return pass(app, &set, *argc, argv, true);
		if (optind < *argc && argv[optind][0] != '-')
			noun = argv[optind];
	}
	for (size_t i = 0; i < t->nr_cmds && !app->cmd; i++) {
		c = &t->cmds[i];
		if (!same(c->verb, verb))
			continue;
		if (noun ? same(c->noun, noun) : !nouns)
			app->cmd = c;
		else if (c->is_default)
			fallback = c;
	}
	if (app->cmd) {
		if (noun)
			drop_arg(argv, argc, optind);
		return 0;
	}
	/* "tdxctl emulate --help" asks for help about all nouns of the verb. */
	for (size_t i = 1; i < (size_t)*argc; i++)
		app->v.help |= same(argv[i], "--help") || same(argv[i], "-h");
	if (noun || (!fallback && !app->v.help))
		return cli_unknown_noun(app, verb, noun);
	app->cmd = fallback;
	if (!fallback)
		for (size_t i = 0; i < t->nr_cmds && !app->cmd; i++)
			if (same(t->cmds[i].verb, verb))
				app->cmd = &t->cmds[i];
	return 0;
}

/* Returns the option of any verb that @arg is, if it has error forms. @arg: "--name" or "--name=value". */
static const struct cli_opt *error_opt(const struct cli_table *t, const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < t->nr_cmds; i++) {
		for (size_t k = 0; k < t->cmds[i].nr_opts; k++) {
			const struct cli_opt *o = &t->cmds[i].opts[k];

			if (o->error_forms && len == strlen(o->name) + 2 &&
			    !strncmp(arg, "--", 2) && !strncmp(arg + 2, o->name, len - 2))
				return o;
		}
	}
	return NULL;
}

/* Finds out how to print errors before anything is parsed, so that parsing errors have that form too. */
static void find_error_form(struct cli_app *app, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const char *a = argv[i], *value = strchr(a, '=') ? strchr(a, '=') + 1 : argv[i + 1];
		const struct cli_opt *o = error_opt(app->table, a);

		if (!strcmp(a, "--json") || (a[0] == '-' && a[1] != '-' && strchr(a, 'j') &&
					     strspn(a + 1, "jqvh") == strlen(a + 1)))
			app->v.json = true;
		for (size_t k = 0; o && value && o->values[k]; k++)
			if (!strcmp(o->values[k], value))
				app->error_form = &o->error_forms[k];
	}
	if (app->error_form)
		app->v.json |= app->error_form->json;
}

/* Calls @fn with each option of @type and its value. */
static void each_value(struct cli_app *app, enum cli_opt_type type,
		       void (*fn)(const struct cli_opt *o, void *value))
{
	const struct cli_table *t = app->table;

	for (size_t i = 0; i < t->nr_cmds; i++)
		for (size_t k = 0; k < t->cmds[i].nr_opts; k++)
			if (t->cmds[i].opts[k].type == type)
				fn(&t->cmds[i].opts[k],
				   (char *)&app->v + t->cmds[i].opts[k].offset);
}

static void set_preset(const struct cli_opt *o, void *value)
{
	*(unsigned int *)value = o->preset;
}

static void free_list(const struct cli_opt *o, void *value)
{
	struct cli_list *l = value;

	free(l->value);
	l->value = NULL;
}

void cli_free_values(struct cli_app *app)
{
	each_value(app, CLI_OPT_LIST, free_list);
}

int cli_parse(struct cli_app *app, int argc, char **argv, char ***args, int *nr_args)
{
	struct option_set set = { .count = 0 };
	const struct cli_cmd *c;
	int err;

	each_value(app, CLI_OPT_UINT, set_preset);
	find_error_form(app, argc, argv);
	err = find_cmd(app, &argc, argv);
	if (err)
		return err;
	c = app->cmd;
	set_add(&set, app->table->global_opts, app->table->nr_global_opts);
	if (c)
		set_add(&set, c->opts, c->nr_opts);
	set_finish(&set, true);
	err = pass(app, &set, argc, argv, true);
	if (err)
		return err;
	*args = argv + optind;
	*nr_args = argc - optind;
	if (app->v.help || app->v.version || !c)
		return 0;
	if (!!app->v.root + app->v.emulate + !!app->v.from_report > 1)
		return usage_hint(app, NULL, "%s are mutually exclusive",
				  app->v.from_report ? app->v.root ? "--root and --from-report" :
								     "--emulate and --from-report" :
						       "--root and --emulate");
	if ((unsigned int)*nr_args < c->min_args)
		return usage_hint(app, NULL, "missing argument: %s", c->args);
	if ((unsigned int)*nr_args > c->max_args)
		return usage_hint(app, NULL, "unexpected argument '%s'",
				  argv[optind + (int)c->max_args]);
	return 0;
}
