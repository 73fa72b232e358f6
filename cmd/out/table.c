// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables in text: the columns that fit the terminal, or those of -o, and the order of rows.
 * What each column is, is in its struct cli_field.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "painter.h"

#define GAP	 2
#define MIN_WORD 24 /* longer words are shortened if there is no room for them */

/* The layout of one table. Arrays have one element for each of its columns. */
struct layout {
	const struct out_node *array;
	const struct cli_field *f;
	size_t *width;	       /* 0: not shown */
	size_t *least;	       /* of a column of text, so that its words fit */
	bool *wanted;	       /* by the user or by default */
	bool *chosen;	       /* with -o, so it is not left out */
	const size_t *order;   /* indices of the columns, in the order of the line */
	size_t nr_order, last; /* @last: the last column that is shown */
	size_t indent;
	bool dropped;
};

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

static const struct out_node *shown(const struct out_node *row)
{
	while (row && row->json_only)
		row = row->next;
	return row;
}

#define each_row(row, array) \
	for (const struct out_node *row = shown((array)->first); row; row = shown(row->next))

/* ---- names of columns ---- */

/* "HELD FOR" is also "held-for". */
static bool is_name(const char *heading, const char *word, size_t len)
{
	size_t i;

	for (i = 0; heading[i] && i < len; i++) {
		char a = (char)tolower((unsigned char)heading[i]);
		char b = (char)tolower((unsigned char)word[i]);

		if ((a == ' ' ? '-' : a) != (b == ' ' || b == '_' ? '-' : b))
			return false;
	}
	return len && !heading[i] && i == len;
}

const struct cli_field *out_column(const struct cli_field *table, const char *word, size_t len)
{
	for (size_t i = 0; i < table->nr_columns; i++)
		if (heading(&table->columns[i]) && is_name(heading(&table->columns[i]), word, len))
			return &table->columns[i];
	return NULL;
}

bool out_column_name(const struct cli_field *col, char *buf, size_t len)
{
	const char *s = heading(col);

	if (!s || !*s)
		return false;
	snprintf(buf, len, "%s", s);
	for (; *buf; buf++)
		*buf = *buf == ' ' ? '-' : (char)tolower((unsigned char)*buf);
	return true;
}

/* ---- order of rows ---- */

struct key {
	struct out_node *row;
	const struct out_node *cell;
	size_t at;
	bool down;
};

static int compare(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	bool kx = x->cell && x->cell->kind == NODE_VALUE;
	bool ky = y->cell && y->cell->kind == NODE_VALUE;
	int order = 0;

	/* Rows without a value are last in both directions. */
	if (kx != ky)
		return ky - kx;
	if (kx && x->cell->field->type == OUT_STR)
		order = strverscmp(x->cell->s ? x->cell->s : "", y->cell->s ? y->cell->s : "");
	else if (kx && (x->cell->field->type == OUT_INT || x->cell->field->type == OUT_PAGE_RATE))
		order = ((int64_t)x->cell->u > (int64_t)y->cell->u) -
			((int64_t)x->cell->u < (int64_t)y->cell->u);
	else if (kx)
		order = (x->cell->u > y->cell->u) - (x->cell->u < y->cell->u);
	if (order)
		return x->down ? -order : order;
	return (x->at > y->at) - (x->at < y->at);
}

void out_sort(struct out_node *root, const struct cli_field *table, const struct cli_field *col,
	      bool down)
{
	struct out_node *array = (struct out_node *)out_find(root, table);
	struct out_node **end;
	struct key *keys;
	size_t n = 0;

	if (!array || !array->first)
		return;
	for (const struct out_node *row = array->first; row; row = row->next)
		n++;
	keys = calloc(n, sizeof(*keys));
	if (!keys) {
		out_fail(array);
		return;
	}
	n = 0;
	for (struct out_node *row = array->first; row; row = row->next, n++)
		keys[n] = (struct key){ row, cell_of(row, col), n, down };
	qsort(keys, n, sizeof(*keys), compare);
	end = &array->first;
	for (size_t i = 0; i < n; i++) {
		*end = array->last = keys[i].row;
		end = &keys[i].row->next;
	}
	*end = NULL;
	free(keys);
}

/* ---- width ---- */

static bool column_shown(const struct painter *p, const struct out_node *array,
			 const struct cli_field *col)
{
	if (!heading(col) || (col->wide && !p->mode->wide))
		return false;
	if (!col->sparse)
		return true;
	each_row(row, array)
	{
		const struct out_node *n = cell_of(row, col);

		if (n && n->kind == NODE_VALUE && n->s && *n->s)
			return true;
	}
	return false;
}

static size_t column_width(struct painter *p, const struct out_node *array,
			   const struct cli_field *col)
{
	size_t width = p->mode->no_headers && array->field == p->mode->table ?
			       1 :
			       text_width(heading(col));

	each_row(row, array)
	{
		const struct out_node *n = cell_of(row, col);
		char *s = n ? cell_text(p, n, true) : NULL;
		size_t w = s ? text_width(s) : 0;

		free(s);
		if (w > width)
			width = w;
	}
	return width ? width : 1;
}

static size_t line_width(const struct layout *l)
{
	size_t sum = 0;

	for (size_t i = 0; i < l->nr_order; i++)
		if (l->width[l->order[i]])
			sum += l->width[l->order[i]] + (sum ? GAP : 0);
	return l->indent + sum;
}

/* The longest word of a column of text, up to MIN_WORD. */
static size_t least_column(struct painter *p, const struct out_node *array,
			   const struct cli_field *col)
{
	size_t least = text_width(heading(col));

	each_row(row, array)
	{
		const struct out_node *n = cell_of(row, col);
		char *s = n ? cell_text(p, n, true) : NULL, *save = NULL;

		for (char *w = s ? strtok_r(s, " ", &save) : NULL; w;
		     w = strtok_r(NULL, " ", &save)) {
			size_t len = text_width(w);

			if (len > least)
				least = len;
		}
		free(s);
	}
	return least < MIN_WORD ? least : MIN_WORD;
}

/* Makes columns of text narrower, the widest first, until the line has @room columns. */
static void narrow(struct layout *l, size_t room)
{
	for (size_t sum = line_width(l); sum > room; sum--) {
		size_t widest = 0;
		bool found = false;

		for (size_t i = 0; i < l->f->nr_columns; i++) {
			if (!l->f->columns[i].text || l->width[i] <= l->least[i])
				continue;
			if (!found || l->width[i] > l->width[widest])
				widest = i;
			found = true;
		}
		if (!found)
			return;
		l->width[widest]--;
	}
}

/* How wide the line is with all columns of text as narrow as possible. */
static size_t least_width(const struct layout *l)
{
	size_t sum = line_width(l);

	for (size_t i = 0; i < l->f->nr_columns; i++)
		if (l->f->columns[i].text && l->width[i] > l->least[i])
			sum -= l->width[i] - l->least[i];
	return sum;
}

/* Leaves out the least important columns, and then makes columns of text narrower. */
static void fit(struct layout *l, size_t room)
{
	while (least_width(l) > room) {
		size_t worst = 0;
		bool found = false;

		for (size_t i = 0; i < l->f->nr_columns; i++) {
			if (!l->width[i] || !l->f->columns[i].drop || l->chosen[i])
				continue;
			if (!found || l->f->columns[i].drop >= l->f->columns[worst].drop)
				worst = i;
			found = true;
		}
		if (!found)
			break;
		l->width[worst] = 0;
		l->dropped = true;
	}
	narrow(l, room);
}

/* ---- lines ---- */

static void put_cell(struct painter *p, const struct cli_field *col, const char *s,
		     enum out_style style, size_t width, bool last)
{
	size_t w = text_width(s), fill = width > w ? width - w : 0;

	if (col->right)
		pad(p, fill);
	paint(p, style, s);
	if (!last) {
		if (!col->right)
			pad(p, fill);
		pad(p, GAP);
	}
}

/*
 * Prints a row; @row NULL: the headings. Text that is wider than its column continues in
 * further lines.
 */
static void put_row(struct painter *p, const struct layout *l, const struct out_node *row)
{
	char **text = calloc(l->f->nr_columns, 2 * sizeof(*text));
	char **next = text + l->f->nr_columns;
	bool more;

	if (!text) {
		p->failed = true;
		return;
	}
	for (size_t i = 0; i < l->f->nr_columns; i++) {
		const struct cli_field *col = &l->f->columns[i];
		const struct out_node *n = row && l->width[i] ? cell_of(row, col) : NULL;

		if (!l->width[i])
			continue;
		text[i] = row ? (n ? cell_text(p, n, true) : strdup("")) : strdup(heading(col));
		next[i] = text[i];
		if (!text[i])
			p->failed = true;
	}
	do {
		more = false;
		pad(p, l->indent);
		for (size_t k = 0; k < l->nr_order; k++) {
			size_t i = l->order[k];
			const struct cli_field *col = &l->f->columns[i];
			const struct out_node *n = row ? cell_of(row, col) : NULL;
			char *s = next[i] ? next[i] : (char *)"", *end = s + strlen(s);

			if (!l->width[i]) /* not shown */
				continue;
			if (row && col->text && p->mode->one_line) {
				text_shorten(s, l->width[i]);
				next[i] = s + strlen(s);
			} else if (row && col->text && text_width(s) > l->width[i]) {
				end = text_break(s, l->width[i]);
				next[i] = *end ? end + 1 + strspn(end + 1, " ") : end;
				more |= *next[i];
				*end = '\0';
				text_shorten(s, l->width[i]);
			} else {
				next[i] = end;
			}
			put_cell(p, col, s, row ? (n ? n->style : STYLE_NONE) : STYLE_DIM,
				 l->width[i], i == l->last);
		}
		newline(p);
	} while (more);
	for (size_t i = 0; i < l->f->nr_columns; i++)
		free(text[i]);
	free(text);
}

/* Names the columns that the terminal has no room for. */
static void put_dropped(struct painter *p, const struct layout *l)
{
	char line[400] = "Not shown: ", name[32];
	size_t at = strlen(line);

	for (size_t i = 0; i < l->f->nr_columns; i++)
		if (l->wanted[i] && !l->width[i] && at < sizeof(line) &&
		    out_column_name(&l->f->columns[i], name, sizeof(name)))
			at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%s",
					       line[at - 1] == ' ' ? "" : ", ", name);
	/* A bar has no name, and another column has its number. */
	if (at == strlen("Not shown: "))
		return;
	if (at < sizeof(line))
		snprintf(line + at, sizeof(line) - at, "%s",
			 l->f == p->mode->table ? " (choose columns with -o)" : "");
	pad(p, l->indent);
	paint_words(p, STYLE_DIM, line, l->indent, p->mode->columns - l->indent, 0);
	newline(p);
}

/* The columns of -o in its order, or the usual columns. */
static size_t choose(const struct painter *p, const struct layout *l, size_t *order)
{
	const struct out_mode *m = p->mode;
	size_t n = 0;

	if (m->nr_only && l->f == m->table) {
		for (size_t k = 0; k < m->nr_only; k++) {
			size_t i = (size_t)(m->only[k] - l->f->columns);

			if (m->may_drop && !column_shown(p, l->array, &l->f->columns[i]))
				continue;
			if (!l->wanted[i])
				order[n++] = i;
			l->wanted[i] = true;
			l->chosen[i] = !m->may_drop;
		}
		return n;
	}
	for (size_t i = 0; i < l->f->nr_columns; i++) {
		l->wanted[i] = column_shown(p, l->array, &l->f->columns[i]);
		if (l->wanted[i])
			order[n++] = i;
	}
	for (size_t k = 0; k < m->nr_more && l->f == m->table; k++) {
		size_t i = (size_t)(m->more[k] - l->f->columns);

		if (!l->wanted[i])
			order[n++] = i;
		l->wanted[i] = l->chosen[i] = true;
	}
	return n;
}

static void put_table(struct painter *p, struct layout *l, size_t *order)
{
	bool headers = !p->mode->no_headers || l->f != p->mode->table;

	l->order = order;
	l->nr_order = choose(p, l, order);
	for (size_t k = 0; k < l->nr_order; k++) {
		const struct cli_field *col = &l->f->columns[order[k]];

		l->width[order[k]] = column_width(p, l->array, col);
		if (col->text)
			l->least[order[k]] = least_column(p, l->array, col);
	}
	if (p->mode->columns && headers)
		fit(l, p->mode->columns);
	for (size_t k = 0; k < l->nr_order; k++)
		if (l->width[order[k]])
			l->last = order[k];
	if (headers)
		put_row(p, l, NULL);
	each_row(row, l->array) put_row(p, l, row);
	if (l->dropped && headers && !p->mode->one_line)
		put_dropped(p, l);
}

void table_print(struct painter *p, const struct out_node *array)
{
	const struct cli_field *f = array->field;
	struct layout l = { .array = array, .f = f };
	size_t *sizes;
	bool *flags;

	if (f->label && *f->label) {
		paint(p, STYLE_NONE, f->label);
		newline(p);
		l.indent = 2;
	}
	if (!shown(array->first)) {
		if (p->mode->no_headers && f == p->mode->table)
			return;
		if (p->mode->empty && f == p->mode->table && !*p->mode->empty)
			return;
		pad(p, l.indent);
		paint(p, STYLE_NONE,
		      p->mode->empty && f == p->mode->table ? p->mode->empty :
		      f->empty				    ? f->empty :
							      "none");
		newline(p);
		return;
	}
	sizes = calloc(f->nr_columns, 3 * sizeof(*sizes));
	flags = calloc(f->nr_columns, 2 * sizeof(*flags));
	if (sizes && flags) {
		l.width = sizes;
		l.least = sizes + f->nr_columns;
		l.wanted = flags;
		l.chosen = flags + f->nr_columns;
		put_table(p, &l, sizes + 2 * f->nr_columns);
	} else {
		p->failed = true;
	}
	free(sizes);
	free(flags);
}
