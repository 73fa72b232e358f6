// SPDX-License-Identifier: GPL-2.0-only
/* The text renderer: screens of labels and values, and life-cycle chains. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "painter.h"

#define BAR_CELLS 20
/* Labels leave less room than this only on terminals that are too narrow for anything. */
#define MIN_ROOM 20

/* The columns for a text that starts at @indent; SIZE_MAX: no limit. @prose: sentences. */
static size_t room_at(const struct painter *p, size_t indent, bool prose)
{
	size_t columns = p->mode->columns, room = SIZE_MAX;

	if (columns)
		room = columns > indent + MIN_ROOM ? columns - indent : MIN_ROOM;
	return prose && room > OUT_PROSE ? OUT_PROSE : room;
}

/* ---- key/value ---- */

static void label(struct painter *p, const char *s)
{
	size_t w = text_width(s);

	paint(p, STYLE_NONE, s);
	pad(p, (p->label_width > w ? p->label_width - w : 0) + 2);
}

/* A value after its label, of which @used columns are printed already. Frees @s. */
static void value(struct painter *p, enum out_style style, char *s, bool prose, size_t used)
{
	size_t indent = p->label_width + 2;

	if (s)
		paint_words(p, style, s, indent, room_at(p, indent, prose), used);
	else
		p->failed = true;
	free(s);
}

static void list(struct painter *p, const struct out_node *n)
{
	for (const struct out_node *c = n->first; c; c = c->next) {
		label(p, c == n->first ? n->field->label : "");
		value(p, c->style ? c->style : n->style, cell_text(p, c, false), c->field->prose,
		      0);
		newline(p);
	}
}

/* The first labelled value of a step is its name; the style marks the current step. */
static void chain(struct painter *p, const struct out_node *n)
{
	size_t indent = p->label_width + 2, room = room_at(p, indent, false), used = 0;

	label(p, n->field->label);
	for (const struct out_node *c = n->first; c; c = c->next) {
		const struct out_node *v;
		size_t w;

		for (v = c->first; v && !v->field->label; v = v->next)
			;
		if (!v)
			continue;
		w = text_width(v->s ? v->s : "") + strlen(" ->");
		if (used && used + 1 + w > room) {
			newline(p);
			pad(p, indent);
			used = 0;
		}
		if (used)
			pad(p, 1);
		paint(p, v->style, v->s ? v->s : "");
		if (c->next)
			paint(p, STYLE_NONE, " ->");
		used += w + (used > 0);
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
		bool is_bar;

		if (!c->field->label || c->json_only)
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
				table_print(p, c);
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
		is_bar = c->field->type == OUT_BAR && c->kind == NODE_VALUE;
		if (is_bar)
			bar(p, c);
		value(p, c->kind == NODE_UNKNOWN ? STYLE_DIM : c->style, cell_text(p, c, false),
		      c->field->prose, is_bar ? BAR_CELLS + 3 : 0);
		newline(p);
	}
}

int out_text(const struct out *o, FILE *f, const struct out_mode *mode)
{
	const struct out_node *root = out_root(o);
	struct painter p = { .f = f, .mode = mode };

	if (mode->only_table) {
		const struct out_node *table = out_find(root, mode->table);

		if (table)
			table_print(&p, table);
		return p.failed ? -ENOMEM : 0;
	}
	p.label_width = widest_label(root);
	object(&p, root);
	return p.failed ? -ENOMEM : 0;
}
