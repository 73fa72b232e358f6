/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A verb's result: a tree of typed values, built once and rendered as text or
 * as JSON. Every function accepts a NULL parent and a failed allocation is
 * remembered, so builders need no checks of their own; out_failed() tells.
 */
#ifndef TDXCTL_OUT_H
#define TDXCTL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum out_type {
	OUT_STR, OUT_UINT, OUT_INT, OUT_BOOL,
	OUT_NS,			/* nanoseconds */
	OUT_PAGES,		/* 4 KiB each */
	OUT_HEX,		/* "0x..." in JSON and in text */
	OUT_BAR,		/* text only: a gauge before a string */
	OUT_OBJECT,		/* text: its fields join the parent's screen; JSON, without key: too */
	OUT_LIST,		/* array of strings */
	OUT_TABLE,		/* array of objects; without columns: screens */
	OUT_CHAIN,		/* array of objects, drawn as a -> [b] -> c */
	OUT_GAP,		/* text only: an empty line */
};

enum out_style { STYLE_NONE, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM };

struct out_node;

/*
 * What a value is called and looks like. A key is never a label: without
 * @key the field is text only, without @label JSON only.
 */
struct cli_field {
	const char *key;
	const char *label;
	const char *column;		/* heading in a table; NULL: the label */
	enum out_type type;
	bool right;			/* align to the right in tables */
	bool wide;			/* column only with -v */
	bool sparse;			/* column only when a row has text in it */
	const char *yes, *no;		/* OUT_BOOL in text */
	const char *empty;		/* OUT_TABLE without rows, in text */
	const struct cli_field *columns;
	size_t nr_columns;
	/* For out_fill(): adds the value that @from has for @f to @n. */
	void (*fill)(struct out_node *n, const struct cli_field *f, const void *from);
	size_t at;			/* offset of that value, for a @fill of several fields */
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct out;

struct out *out_new(void);
void out_free(struct out *o);
bool out_failed(const struct out *o);
struct out_node *out_root(const struct out *o);

/* An object whose fields are the parent's in JSON, and absent from text. */
extern const struct cli_field out_json_only;

/* Adds every field of a table, in its order. */
void out_fill(struct out_node *n, const struct cli_field *fields, size_t count, const void *from);
struct out_node *out_object(struct out_node *parent, const struct cli_field *f);
struct out_node *out_array(struct out_node *parent, const struct cli_field *f);
struct out_node *out_row(struct out_node *array);
void out_item(struct out_node *array, const char *s);
void out_gap(struct out_node *parent);

struct out_node *out_str(struct out_node *parent, const struct cli_field *f,
			 const char *s);
struct out_node *out_strf(struct out_node *parent, const struct cli_field *f,
			  const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct out_node *out_uint(struct out_node *parent, const struct cli_field *f,
			  uint64_t v);
struct out_node *out_int(struct out_node *parent, const struct cli_field *f,
			 int64_t v);
struct out_node *out_bool(struct out_node *parent, const struct cli_field *f,
			  bool v);
/* @used and @bad of @total cells, then @text. */
struct out_node *out_bar(struct out_node *parent, const struct cli_field *f,
			 uint64_t used, uint64_t bad, uint64_t total,
			 const char *text);
/* Does not apply: null, "-" in text. */
struct out_node *out_none(struct out_node *parent, const struct cli_field *f);
/* A string, or none when @s is NULL. */
struct out_node *out_str_or_none(struct out_node *parent, const struct cli_field *f,
				 const char *s);
/* Applies but cannot be known: null and @reason under "unknown", "?" in text. */
struct out_node *out_unknown(struct out_node *parent,
			     const struct cli_field *f, const char *reason);
/* Unknown when @v is all ones, in 64 or 32 bits as @f's source has it. */
struct out_node *out_uint_or(struct out_node *parent, const struct cli_field *f,
			     uint64_t v, uint64_t unknown, const char *reason);
void out_style(struct out_node *n, enum out_style style);
/* Moves everything of @from below @n; an error in it stays there. */
void out_graft(struct out_node *n, struct out *from);
/* @n could not be built: out of memory. */
void out_fail(struct out_node *n);

/* An error is part of the document; candidates are names the user may mean. */
void out_error(struct out *o, const char *code, const char *message,
	       const char *hint);
void out_candidate(struct out *o, const char *name);
const char *out_error_message(const struct out *o);

struct out_mode {
	bool colour;
	bool wide;
};

/* 0 or -ENOMEM; write errors stay on @f for the caller to find with ferror(). */
int out_text(const struct out *o, FILE *f, const struct out_mode *mode);
int out_json(const struct out *o, FILE *f, const char *command);

/* ---- shared by the renderers and by progress and messages ---- */

struct out_node {
	const struct cli_field *field;
	enum { NODE_VALUE, NODE_NONE, NODE_UNKNOWN } kind;
	enum out_style style;
	uint64_t u, bad, total;		/* bad, total: OUT_BAR */
	char *s;			/* string, or the reason of NODE_UNKNOWN */
	struct out *out;
	struct out_node *first, *last, *next;
};

struct out_err {
	char *code, *message, *hint;	/* code NULL: no error */
	char **candidates;
	size_t nr_candidates;
};

const struct out_err *out_get_error(const struct out *o);

/* Printable in the locale, control characters and bad bytes as \xNN. */
char *text_clean(const char *s);
/* Length of the valid UTF-8 sequence at @text, 0 when there is none. */
size_t text_utf8_len(const char *text);
/* Columns on a terminal. */
size_t text_width(const char *s);
void text_ns(char *buf, size_t len, uint64_t ns);
void text_bytes(char *buf, size_t len, uint64_t bytes);

#endif
