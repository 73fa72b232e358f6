// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

struct out {
	struct out_node root;
	struct out_err err;
	bool failed;
};

const struct cli_field out_json_only = { .type = OUT_OBJECT };

static const struct cli_field root_field = { .label = "", .type = OUT_OBJECT };
static const struct cli_field row_field = { .label = "", .type = OUT_OBJECT };
static const struct cli_field item_field = { .type = OUT_STR };
static const struct cli_field gap_field = { .type = OUT_GAP, .label = "" };

struct out *out_new(void)
{
	struct out *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->root.field = &root_field;
	o->root.out = o;
	return o;
}

/* The tree is only a few levels deep. */
static void free_children(struct out_node *n)
{
	struct out_node *c = n->first, *next;

	for (; c; c = next) {
		next = c->next;
		free_children(c);
		free(c->s);
		free(c);
	}
}

void out_free(struct out *o)
{
	if (!o)
		return;
	free_children(&o->root);
	free(o->err.code);
	free(o->err.message);
	free(o->err.hint);
	for (size_t i = 0; i < o->err.nr_candidates; i++)
		free(o->err.candidates[i]);
	free(o->err.candidates);
	free(o);
}

bool out_failed(const struct out *o)
{
	return o->failed;
}

struct out_node *out_root(const struct out *o)
{
	return (struct out_node *)&o->root;
}

static struct out_node *add(struct out_node *parent, const struct cli_field *f)
{
	struct out_node *n;

	if (!parent)
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n) {
		parent->out->failed = true;
		return NULL;
	}
	n->field = f;
	n->out = parent->out;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

static void set_string(struct out_node *n, const char *s)
{
	if (!n)
		return;
	n->s = strdup(s ? s : "");
	if (!n->s)
		n->out->failed = true;
}

void out_fill(struct out_node *n, const struct cli_field *fields, size_t count, const void *from)
{
	for (size_t i = 0; i < count; i++)
		fields[i].fill(n, &fields[i], from);
}

struct out_node *out_object(struct out_node *parent, const struct cli_field *f)
{
	return add(parent, f);
}

struct out_node *out_array(struct out_node *parent, const struct cli_field *f)
{
	return add(parent, f);
}

struct out_node *out_row(struct out_node *array)
{
	return add(array, &row_field);
}

void out_item(struct out_node *array, const char *s)
{
	set_string(add(array, &item_field), s);
}

void out_gap(struct out_node *parent)
{
	add(parent, &gap_field);
}

struct out_node *out_str(struct out_node *parent, const struct cli_field *f, const char *s)
{
	struct out_node *n = add(parent, f);

	set_string(n, s);
	return n;
}

struct out_node *out_strf(struct out_node *parent, const struct cli_field *f, const char *fmt, ...)
{
	struct out_node *n = add(parent, f);
	va_list ap;

	if (!n)
		return NULL;
	va_start(ap, fmt);
	if (vasprintf(&n->s, fmt, ap) < 0) {
		n->s = NULL;
		n->out->failed = true;
	}
	va_end(ap);
	return n;
}

struct out_node *out_uint(struct out_node *parent, const struct cli_field *f, uint64_t v)
{
	struct out_node *n = add(parent, f);

	if (n)
		n->u = v;
	return n;
}

struct out_node *out_int(struct out_node *parent, const struct cli_field *f, int64_t v)
{
	return out_uint(parent, f, (uint64_t)v);
}

struct out_node *out_bool(struct out_node *parent, const struct cli_field *f, bool v)
{
	return out_uint(parent, f, v);
}

struct out_node *out_bar(struct out_node *parent, const struct cli_field *f, uint64_t used,
			 uint64_t bad, uint64_t total, const char *text)
{
	struct out_node *n = out_uint(parent, f, used);

	if (n) {
		n->bad = bad;
		n->total = total;
	}
	set_string(n, text);
	return n;
}

struct out_node *out_none(struct out_node *parent, const struct cli_field *f)
{
	struct out_node *n = add(parent, f);

	if (n)
		n->kind = NODE_NONE;
	return n;
}

struct out_node *out_str_or_none(struct out_node *parent, const struct cli_field *f, const char *s)
{
	return s ? out_str(parent, f, s) : out_none(parent, f);
}

struct out_node *out_uint_or_none(struct out_node *parent, const struct cli_field *f, uint64_t v,
				  uint64_t none)
{
	return v == none ? out_none(parent, f) : out_uint(parent, f, v);
}

struct out_node *out_unknown(struct out_node *parent, const struct cli_field *f, const char *reason)
{
	struct out_node *n = add(parent, f);

	if (n)
		n->kind = NODE_UNKNOWN;
	set_string(n, reason);
	return n;
}

struct out_node *out_uint_or(struct out_node *parent, const struct cli_field *f, uint64_t v,
			     uint64_t unknown, const char *reason)
{
	return v == unknown ? out_unknown(parent, f, reason) : out_uint(parent, f, v);
}

const struct out_node *out_find(const struct out_node *root, const struct cli_field *f)
{
	for (const struct out_node *c = root->first; c; c = c->next)
		if (c->field == f)
			return c;
	return NULL;
}

void out_hide(struct out_node *n)
{
	if (n)
		n->json_only = true;
}

void out_style(struct out_node *n, enum out_style style)
{
	if (n)
		n->style = style;
}

void out_graft(struct out_node *n, struct out *from)
{
	if (!n)
		return;
	n->first = from->root.first;
	n->last = from->root.last;
	from->root.first = from->root.last = NULL;
	if (from->failed)
		out_fail(n);
}

void out_fail(struct out_node *n)
{
	if (n)
		n->out->failed = true;
}

/* The first error is the cause of later ones. */
void out_error(struct out *o, const char *code, const char *message, const char *hint)
{
	if (o->err.code)
		return;
	o->err.code = strdup(code);
	o->err.message = strdup(message);
	o->err.hint = strdup(hint ? hint : "");
	if (!o->err.code || !o->err.message || !o->err.hint)
		o->failed = true;
}

void out_candidate(struct out *o, const char *name)
{
	size_t n = o->err.nr_candidates;
	char **p = reallocarray(o->err.candidates, n + 1, sizeof(*p));

	if (!p) {
		o->failed = true;
		return;
	}
	o->err.candidates = p;
	p[n] = strdup(name);
	if (!p[n])
		o->failed = true;
	else
		o->err.nr_candidates = n + 1;
}

const char *out_error_message(const struct out *o)
{
	return o->err.message;
}

const struct out_err *out_get_error(const struct out *o)
{
	return &o->err;
}
