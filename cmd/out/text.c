// SPDX-License-Identifier: GPL-2.0-only
/* The text renderer: screens of labels and values, tables, and life-cycle chains. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

#define BAR_CELLS 20

struct painter {
	FILE *f;
	const struct out_mode *mode;
	size_t label_width;
	size_t spaces; /* to print before the next character */
	bool failed;   /* out of memory */
};

static const char *const sgr[] = {
	[STYLE_GOOD] = "\033[32m",
	[STYLE_WARN] = "\033[33m",
	[STYLE_BAD] = "\033[1;31m",
	[STYLE_DIM] = "\033[2m",
};

/* Spaces are printed with the text after them, so that no line ends with one. */
static void pad(struct painter *p, size_t n)
{
	p->spaces += n;
}

static void newline(struct painter *p)
{
	p->spaces = 0;
	fputc('\n', p->f);
}

static void paint(struct painter *p, enum out_style style, const char *s)
{
	if (!*s)
		return;
	for (; p->spaces; p->spaces--)
		fputc(' ', p->f);
	if (p->mode->colour && style != STYLE_NONE)
		fprintf(p->f, "%s%s\033[0m", sgr[style], s);
	else
		fputs(s, p->f);
}

/* Frees @s. */
static void paint_free(struct painter *p, enum out_style style, char *s)
{
	if (s)
		paint(p, style, s);
	else
		p->failed = true;
	free(s);
}

/* "256 MiB in 65536 pages", or "256 MiB" in a table. */
static char *cell_text(const struct out_node *n, bool table)
{
	const struct cli_field *f = n->field;
	char buf[96], num[40];

	if (n->kind == NODE_NONE)
		return strdup("-");
	if (n->kind == NODE_UNKNOWN) {
		char *why, *s = NULL;

		if (table)
			return strdup("?");
		why = text_clean(n->s ? n->s : "");
		if (why && asprintf(&s, "unknown: %s", why) < 0)
			s = NULL;
		free(why);
		return s;
	}
	switch (f->type) {
	case OUT_STR:
	case OUT_BAR:
		return text_clean(n->s ? n->s : "");
	case OUT_BOOL:
		return strdup(n->u ? (f->yes ? f->yes : "yes") : (f->no ? f->no : "no"));
	case OUT_NS:
		text_ns(buf, sizeof(buf), n->u);
		break;
	case OUT_PAGES:
		text_bytes(num, sizeof(num), n->u * 4096);
		if (table || !n->u)
			snprintf(buf, sizeof(buf), "%s", n->u ? num : "0");
		else
			snprintf(buf, sizeof(buf), "%s in %" PRIu64 " page%s", num, n->u,
				 n->u == 1 ? "" : "s");
		break;
	case OUT_HEX:
		snprintf(buf, sizeof(buf), "0x%" PRIx64, n->u);
		break;
	case OUT_INT:
		snprintf(buf, sizeof(buf), "%" PRId64, (int64_t)n->u);
		break;
	default:
		snprintf(buf, sizeof(buf), "%" PRIu64, n->u);
	}
	return strdup(buf);
}

/* ---- tables ---- */

static const struct out_node *cell_of(const struct out_node *row, const struct cli_field *col)
{
	for (const struct out_node *c = row->first; c; c = c->next)
		if (c->field == col)
			return c;
	return NULL;
}

static const char *heading(const struct cli_field *col)
{
	return col->column ? col->column : col->label;
}

static bool column_shown(struct painter *p, const struct out_node *array,
			 const struct cli_field *col)
{
	if (!heading(col) || (col->wide && !p->mode->wide))
		return false;
	if (!col->sparse)
		return true;
	for (const struct out_node *row = array->first; row; row = row->next) {
		const struct out_node *n = cell_of(row, col);

		if (n && n->kind == NODE_VALUE && n->s && *n->s)
			return true;
	}
	return false;
}

static void table_cell(struct painter *p, const struct cli_field *col, const char *s,
		       enum out_style style, size_t width, bool last)
{
	size_t w = text_width(s), fill = width > w ? width - w : 0;

	if (col->right)
		pad(p, fill);
	paint(p, style, s);
	if (!last) {
		if (!col->right)
			pad(p, fill);
		pad(p, 2);
	}
}

static void table_row(struct painter *p, const struct out_node *array, const struct out_node *row,
		      const size_t *width, size_t last, size_t indent)
{
	const struct cli_field *f = array->field;

	pad(p, indent);
	for (size_t i = 0; i <= last; i++) {
		const struct cli_field *col = &f->columns[i];
		const struct out_node *n = row ? cell_of(row, col) : NULL;
		char *s;

		if (!width[i]) /* not shown */
			continue;
		s = row ? (n ? cell_text(n, true) : strdup("")) : strdup(heading(col));
		if (!s)
			p->failed = true;
		table_cell(p, col, s ? s : "", row ? (n ? n->style : STYLE_NONE) : STYLE_DIM,
			   width[i], i == last);
		free(s);
	}
	newline(p);
}

static void table(struct painter *p, const struct out_node *array)
{
	const struct cli_field *f = array->field;
	size_t indent = 0, last = 0;
	size_t *width;

	if (f->label && *f->label) {
		paint(p, STYLE_NONE, f->label);
		newline(p);
		indent = 2;
	}
	if (!array->first) {
		pad(p, indent);
		paint(p, STYLE_NONE, f->empty ? f->empty : "none");
		newline(p);
		return;
	}
	width = calloc(f->nr_columns, sizeof(*width));
	if (!width) {
		p->failed = true;
		return;
	}
	for (size_t i = 0; i < f->nr_columns; i++) {
		if (!column_shown(p, array, &f->columns[i]))
			continue;
		last = i;
		width[i] = text_width(heading(&f->columns[i]));
		for (const struct out_node *row = array->first; row; row = row->next) {
			const struct out_node *n = cell_of(row, &f->columns[i]);
			char *s = n ? cell_text(n, true) : NULL;
			size_t w = s ? text_width(s) : 0;

			free(s);
			if (w > width[i])
				width[i] = w;
		}
	}
	table_row(p, array, NULL, width, last, indent);
	for (const struct out_node *row = array->first; row; row = row->next)
		table_row(p, array, row, width, last, indent);
	free(width);
}

/* ---- key/value ---- */

static void label(struct painter *p, const char *s)
{
	size_t w = text_width(s);

	paint(p, STYLE_NONE, s);
	pad(p, (p->label_width > w ? p->label_width - w : 0) + 2);
}

static void list(struct painter *p, const struct out_node *n)
{
	for (const struct out_node *c = n->first; c; c = c->next) {
		char *s = cell_text(c, false);

		label(p, c == n->first ? n->field->label : "");
		paint_free(p, c->style ? c->style : n->style, s);
		newline(p);
	}
}

/* The first labelled value of a step is its name; the style marks the current step. */
static void chain(struct painter *p, const struct out_node *n)
{
	label(p, n->field->label);
	for (const struct out_node *c = n->first; c; c = c->next) {
		const struct out_node *v;

		for (v = c->first; v && !v->field->label; v = v->next)
			;
		if (!v)
			continue;
		if (c != n->first)
			paint(p, STYLE_NONE, " -> ");
		paint(p, v->style, v->s ? v->s : "");
	}
	newline(p);
}

static void bar(struct painter *p, const struct out_node *n)
{
	uint64_t total = n->total ? n->total : 1;
	uint64_t used = n->u * BAR_CELLS / total, bad = n->bad * BAR_CELLS / total;

	/* A value above zero gets at least one cell. */
	if (n->bad && !bad)
		bad = 1;
	if (n->u > n->bad && used <= bad)
		used = bad + 1;
	if (used > BAR_CELLS)
		used = BAR_CELLS;
	paint(p, STYLE_NONE, "[");
	for (unsigned int i = 0; i < BAR_CELLS; i++) {
		if (i < bad)
			paint(p, STYLE_BAD, "x");
		else if (i < used)
			paint(p, n->style, "#");
		else
			paint(p, STYLE_NONE, ".");
	}
	paint(p, STYLE_NONE, "] ");
}

static size_t widest_label(const struct out_node *n)
{
	size_t max = 0, w;

	for (const struct out_node *c = n->first; c; c = c->next) {
		bool flat = c->field->type == OUT_OBJECT ||
			    (c->field->type == OUT_TABLE && !c->field->nr_columns);

		if (!c->field->label)
			continue;
		if (flat)
			w = widest_label(c);
		else if (c->field->type == OUT_TABLE || (c->field->type == OUT_LIST && !c->first))
			continue;
		else
			w = text_width(c->field->label);
		if (w > max)
			max = w;
	}
	return max;
}

static void object(struct painter *p, const struct out_node *n);

/* A table without columns: each row is a screen. */
static void screens(struct painter *p, const struct out_node *array)
{
	for (const struct out_node *row = array->first; row; row = row->next)
		object(p, row);
}

static void object(struct painter *p, const struct out_node *n)
{
	for (const struct out_node *c = n->first; c; c = c->next) {
		if (!c->field->label)
			continue;
		/* Skip what does not apply and has no label. */
		if (c->kind == NODE_NONE && !*c->field->label)
			continue;
		switch (c->kind == NODE_VALUE ? c->field->type : OUT_STR) {
		case OUT_GAP:
			newline(p);
			continue;
		case OUT_OBJECT:
			object(p, c);
			continue;
		case OUT_TABLE:
			if (c->field->nr_columns)
				table(p, c);
			else
				screens(p, c);
			continue;
		case OUT_LIST:
			list(p, c);
			continue;
		case OUT_CHAIN:
			chain(p, c);
			continue;
		default:
			break;
		}
		label(p, c->field->label);
		if (c->field->type == OUT_BAR && c->kind == NODE_VALUE)
			bar(p, c);
		paint_free(p, c->kind == NODE_UNKNOWN ? STYLE_DIM : c->style, cell_text(c, false));
		newline(p);
	}
}

int out_text(const struct out *o, FILE *f, const struct out_mode *mode)
{
	const struct out_node *root = out_root(o);
	struct painter p = { .f = f, .mode = mode };

	p.label_width = widest_label(root);
	object(&p, root);
	return p.failed ? -ENOMEM : 0;
}
