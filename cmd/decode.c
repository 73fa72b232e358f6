// SPDX-License-Identifier: GPL-2.0-only
/* decode: explain TDX status codes and other values, one by one or in a log. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <decode.h>

#include "cmd.h"
#include "out/wrap.h"

#define LINE_MAX_LEN (64 << 10) /* longer lines are read in pieces */
#define MAX_SEEN     1000	/* different values of a log that --json lists */

enum {
	INPUT,
	KIND,
	VALUE,
	NAME,
	CLASS,
	OUTCOME,
	MEANING,
	OPERAND,
	OPERAND_KIND,
	OPERAND_NAME,
	ADVICE,
	BITS,
	LINE,
	COUNT
};
static const struct cli_field fields[] = {
	[INPUT] = { .key = "word", .label = "Value", .type = OUT_STR },
	[KIND] = { .key = "kind", .type = OUT_STR },
	[VALUE] = { .key = "value", .type = OUT_HEX },
	[NAME] = { .key = "name", .type = OUT_STR },
	[CLASS] = { .key = "class", .type = OUT_STR },
	[OUTCOME] = { .key = "outcome", .type = OUT_STR },
	[MEANING] = { .key = "meaning", .type = OUT_STR },
	[OPERAND] = { .key = "operand", .type = OUT_HEX },
	[OPERAND_KIND] = { .key = "operand_kind", .type = OUT_STR },
	[OPERAND_NAME] = { .key = "operand_name", .type = OUT_STR },
	[ADVICE] = { .key = "advice", .type = OUT_STR },
	[LINE] = { .key = "line", .type = OUT_UINT },
	[COUNT] = { .key = "count", .type = OUT_UINT },
};

static const struct cli_field kind_text = { .label = "Kind", .type = OUT_STR };
static const struct cli_field name_text = { .label = "Name", .type = OUT_STR };
static const struct cli_field class_text = { .label = "Class", .type = OUT_STR };
static const struct cli_field meaning_text = { .label = "Meaning", .type = OUT_STR };
static const struct cli_field outcome_text = { .label = "Outcome", .type = OUT_STR };
static const struct cli_field operand_text = { .label = "Operand", .type = OUT_STR };
static const struct cli_field advice_text = { .label = "Advice", .type = OUT_LIST };

static const struct cli_field values = { .key = "words", .label = "", .type = OUT_TABLE };
static const struct cli_field lines_read = { .key = "lines", .type = OUT_UINT };
static const struct cli_field complete = { .key = "complete", .type = OUT_BOOL };

enum { B_BIT, B_NAME, B_TEXT };
static const struct cli_field bit_columns[] = {
	[B_BIT] = { .key = "bit", .label = "BIT", .type = OUT_UINT, .right = true },
	[B_NAME] = { .key = "name", .label = "NAME", .type = OUT_STR },
	[B_TEXT] = { .key = "text", .label = "MEANING", .type = OUT_STR, .text = true },
};
static const struct cli_field no_bits = { .key = "bits", .type = OUT_TABLE };
static const struct cli_field bits = {
	.key = "bits",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No bits are set.",
	.columns = bit_columns,
	.nr_columns = ARRAY_SIZE(bit_columns),
};

static const char *const kind_texts[TDXCTL_WORD_KINDS] = {
	[TDXCTL_WORD_STATUS] = "SEAMCALL status",
	[TDXCTL_WORD_LEAF] = "SEAMCALL leaf",
	[TDXCTL_WORD_ERRNO] = "error of KVM_TDX_INIT_VM",
	[TDXCTL_WORD_FEATURES] = "TDX_FEATURES0",
	[TDXCTL_WORD_ATTRIBUTES] = "attributes of a TD",
	[TDXCTL_WORD_XFAM] = "XFAM of a TD",
	[TDXCTL_WORD_QUOTE] = "code of the attestation services",
};

static const char *const outcome_texts[TDXCTL_OUTCOMES] = {
	[TDXCTL_OUTCOME_SUCCESS] = "success",
	[TDXCTL_OUTCOME_INFORMATION] =
		"no error, but no effect; Linux treats most of these as failures",
	[TDXCTL_OUTCOME_RETRY] = "error; the same call may succeed later",
	[TDXCTL_OUTCOME_ERROR] = "error; the same call will fail again",
	[TDXCTL_OUTCOME_FATAL] = "the TD or its vCPU is lost",
};

static const enum out_style outcome_styles[TDXCTL_OUTCOMES] = {
	[TDXCTL_OUTCOME_SUCCESS] = STYLE_GOOD,
	[TDXCTL_OUTCOME_RETRY] = STYLE_WARN,
	[TDXCTL_OUTCOME_ERROR] = STYLE_BAD,
	[TDXCTL_OUTCOME_FATAL] = STYLE_BAD,
};

/* Without @s, the key is null and the line is absent. */
static void pair(struct out_node *n, int key, const struct cli_field *text, const char *s)
{
	out_str_or_none(n, &fields[key], s);
	if (s)
		out_str(n, text, s);
}

static void show_operand(struct out_node *row, const struct tdxctl_word *w)
{
	if (!w->operand_kind) {
		out_none(row, &fields[OPERAND]);
		out_none(row, &fields[OPERAND_KIND]);
		out_none(row, &fields[OPERAND_NAME]);
		return;
	}
	out_uint(row, &fields[OPERAND], w->operand);
	out_str(row, &fields[OPERAND_KIND], w->operand_kind);
	out_str_or_none(row, &fields[OPERAND_NAME], w->operand_name);
	if (!strcmp(w->operand_kind, "operand"))
		out_strf(row, &operand_text, "%s (0x%x)",
			 w->operand_name ? w->operand_name : "not known", w->operand);
	else
		out_strf(row, &operand_text, "%s 0x%x%s%s", w->operand_kind, w->operand,
			 w->operand_name ? ", " : "", w->operand_name ? w->operand_name : "");
}

static bool is_mask(const struct tdxctl_word *w)
{
	return w->kind == TDXCTL_WORD_FEATURES || w->kind == TDXCTL_WORD_ATTRIBUTES ||
	       w->kind == TDXCTL_WORD_XFAM;
}

static void show_bits(struct out_node *row, const struct tdxctl_word *w)
{
	struct out_node *table = out_array(row, &bits), *r;

	for (unsigned int i = 0; i < 64; i++) {
		const struct tdxctl_bit *b = tdxctl_decode_bit(w->kind, i);

		if (!(w->value >> i & 1))
			continue;
		r = out_row(table);
		out_uint(r, &bit_columns[B_BIT], i);
		if (b) {
			out_str(r, &bit_columns[B_NAME], b->name);
			out_str(r, &bit_columns[B_TEXT], b->text);
		} else {
			out_none(r, &bit_columns[B_NAME]);
			out_none(r, &bit_columns[B_TEXT]);
		}
	}
}

/* @typed: the value as it was typed; NULL for one found in a log. */
static struct out_node *show_value(struct out_node *table, const char *typed,
				   const struct tdxctl_word *w)
{
	struct out_node *row = out_row(table);

	if (typed)
		out_str(row, &fields[INPUT], typed);
	else if (w->kind == TDXCTL_WORD_ERRNO)
		out_str(row, &fields[INPUT], w->name);
	else
		out_strf(row, &fields[INPUT], "0x%" PRIx64, w->value);
	out_str(row, &fields[KIND], tdxctl_word_kind_str(w->kind));
	out_str(row, &kind_text, kind_texts[w->kind]);
	out_uint(row, &fields[VALUE], w->value);
	if (is_mask(w)) {
		out_none(row, &fields[NAME]);
	} else if (w->name) {
		out_str(row, &fields[NAME], w->name);
		out_str(row, &name_text, w->name);
	} else {
		out_unknown(row, &fields[NAME], "not in the tables of this version");
		out_str(row, &name_text, "not known");
	}
	pair(row, CLASS, &class_text, w->class_name);
	out_str_or_none(row, &fields[OUTCOME], tdxctl_outcome_str(w->outcome));
	if (w->outcome)
		out_style(out_str(row, &outcome_text, outcome_texts[w->outcome]),
			  outcome_styles[w->outcome]);
	pair(row, MEANING, &meaning_text, w->meaning);
	show_operand(row, w);
	wrap_str(row, &fields[ADVICE], &advice_text, w->advice, STYLE_NONE);
	if (is_mask(w))
		show_bits(row, w);
	else
		out_array(row, &no_bits);
	return row;
}

/* ---- a log ---- */

struct seen {
	struct tdxctl_word w;
	uint64_t line, count;
};

struct log {
	struct seen *seen;
	size_t nr_seen;
	uint64_t lines;
	bool continued; /* the last piece was not the end of its line */
	bool complete;
};

static int remember(struct log *l, const struct tdxctl_word *w)
{
	struct seen *p;

	for (size_t i = 0; i < l->nr_seen; i++) {
		if (l->seen[i].w.kind == w->kind && l->seen[i].w.value == w->value) {
			l->seen[i].count++;
			return 0;
		}
	}
	if (l->nr_seen == MAX_SEEN) {
		l->complete = false;
		return 0;
	}
	p = reallocarray(l->seen, l->nr_seen + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	l->seen = p;
	p[l->nr_seen++] = (struct seen){ .w = *w, .line = l->lines, .count = 1 };
	return 0;
}

/* Prints the name after a value. */
static void annotate(const struct tdxctl_word *w)
{
	if (w->kind == TDXCTL_WORD_ERRNO)
		printf(" [%s: %s]", w->name, w->meaning);
	else if (w->operand_kind && w->operand_name)
		printf(" [%s, %s]", w->name, w->operand_name);
	else if (w->operand_kind && w->kind == TDXCTL_WORD_STATUS)
		printf(" [%s, %s 0x%x]", w->name, w->operand_kind, w->operand);
	else
		printf(" [%s]", w->name);
}

static int one_line(struct cli_app *app, struct log *l, const char *line, size_t len)
{
	size_t from = 0, start, end;
	struct tdxctl_word w;

	l->lines += !l->continued;
	l->continued = len && line[len - 1] != '\n';
	while (tdxctl_decode_find(line, len, from, &start, &end, &w)) {
		if (app->v.json) {
			if (remember(l, &w))
				return -ENOMEM;
		} else {
			fwrite(line + from, 1, end - from, stdout);
			annotate(&w);
		}
		from = end;
	}
	if (!app->v.json)
		fwrite(line + from, 1, len - from, stdout);
	return 0;
}

static int decode_log(struct cli_app *app)
{
	struct out_node *root = out_root(app->out), *table;
	struct log l = { .complete = true };
	char *line = malloc(LINE_MAX_LEN);
	size_t n = 0;
	int err = 0, c;

	if (!line)
		return cli_lib_error(app, -ENOMEM, "cannot read standard input");

	/* For "dmesg -w": print each line when it arrives. */
	if (!app->v.json)
		setvbuf(stdout, NULL, _IOLBF, 0);
	do {
		c = getc_unlocked(stdin);
		if (c != EOF)
			line[n++] = (char)c;
		if (n && (c == EOF || c == '\n' || n == LINE_MAX_LEN)) {
			err = one_line(app, &l, line, n);
			n = 0;
		}
	} while (c != EOF && !err && !ferror(stdout));
	if (!err && ferror(stdin))
		err = errno ? -errno : -EIO;
	free(line);
	app->silent = !app->v.json;
	if (err) {
		free(l.seen);
		return cli_lib_error(app, err, "cannot read standard input");
	}
	out_uint(root, &lines_read, l.lines);
	out_bool(root, &complete, l.complete);
	table = out_array(root, &values);
	for (size_t i = 0; i < l.nr_seen; i++) {
		struct out_node *row = show_value(table, NULL, &l.seen[i].w);

		out_uint(row, &fields[LINE], l.seen[i].line);
		out_uint(row, &fields[COUNT], l.seen[i].count);
	}
	free(l.seen);
	return CLI_OK;
}

int cmd_decode(struct cli_app *app, int argc, char **argv)
{
	const struct cli_values *v = &app->v;
	enum tdxctl_word_kind kind = v->features   ? TDXCTL_WORD_FEATURES :
				     v->attributes ? TDXCTL_WORD_ATTRIBUTES :
				     v->xfam	   ? TDXCTL_WORD_XFAM :
						     TDXCTL_WORD_AUTO;
	struct out_node *table;
	struct tdxctl_word w;

	if (v->features + v->attributes + v->xfam > 1)
		return cli_error(app, CLI_USAGE, "usage", "See 'tdxctl decode --help'.",
				 "--features, --attributes and --xfam are mutually exclusive");
	if (!argc || (argc == 1 && !strcmp(argv[0], "-"))) {
		if (kind != TDXCTL_WORD_AUTO || (!argc && isatty(STDIN_FILENO)))
			return cli_error(app, CLI_USAGE, "usage", "See 'tdxctl decode --help'.",
					 "missing argument: VALUE");
		return decode_log(app);
	}
	table = out_root(app->out);
	out_none(table, &lines_read);
	out_bool(table, &complete, true);
	table = out_array(table, &values);
	for (int i = 0; i < argc; i++) {
		if (tdxctl_decode(argv[i], kind, &w))
			return cli_error(app, CLI_USAGE, "usage",
					 "VALUE is a number, a leaf such as TDH.MNG.CREATE, a status such as "
					 "TDX_OPERAND_BUSY, or an error such as ENOSPC.",
					 "unknown value '%s'", argv[i]);
		struct out_node *row = show_value(table, argv[i], &w);

		out_none(row, &fields[LINE]);
		out_none(row, &fields[COUNT]);
		if (i + 1 < argc)
			out_gap(row);
	}
	return CLI_OK;
}
