/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A verb's result: a tree of typed values, built once and rendered as text or as JSON.
 * Every function accepts a NULL parent, and a failed allocation is remembered, so
 * builders need no checks of their own; out_failed() reports it.
 */
#ifndef TDXCTL_OUT_H
#define TDXCTL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum out_type {
	OUT_STR,
	OUT_UINT,
	OUT_INT,
	OUT_BOOL,
	OUT_NS,	       /* nanoseconds */
	OUT_PAGES,     /* 4 KiB each */
	OUT_PAGE_RATE, /* pages per second, may be negative */
	OUT_HEX,       /* "0x..." in JSON and in text */
	OUT_BAR,       /* text only: a gauge before a string */
	OUT_OBJECT,    /* in text, and in JSON if it has no key, its fields are the parent's */
	OUT_LIST,      /* array of strings */
	OUT_TABLE,     /* array of objects; in text, without columns, a screen for each */
	OUT_CHAIN,     /* array of objects, drawn as a -> [b] -> c */
	OUT_GAP,       /* text only: an empty line */
};

enum out_style { STYLE_NONE, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM };

struct out_node;

/*
 * Name and format of a value. A field without @key is in text only, one without @label
 * (and, in a table, @column) is in JSON only.
 */
struct cli_field {
	const char *key;
	const char *label;
	const char *column; /* heading in a table; NULL: the label */
	enum out_type type;
	bool right; /* align to the right in tables */
	bool wide;  /* a column only with -v */
	bool text;  /* a column that may be narrower than its text, which then takes more lines */
	bool age;   /* OUT_NS: the time since an event */
	bool prose; /* sentences, in lines of at most OUT_PROSE columns */
	unsigned char
		drop; /* on a narrow terminal, the column with the highest number is left out first; 0: never */
	bool sparse;	      /* a column only if a row has text in it */
	const char *yes, *no; /* OUT_BOOL in text */
	const char *empty;    /* OUT_TABLE without rows, in text */
	const struct cli_field *columns;
	size_t nr_columns;
	/* For out_fill(): takes the value of @f from @from and adds it to @n. */
	void (*fill)(struct out_node *n, const struct cli_field *f, const void *from);
	size_t at; /* for @fill: offset of the value */
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct out;

struct out *out_new(void);
void out_free(struct out *o);
bool out_failed(const struct out *o);
struct out_node *out_root(const struct out *o);

/* An object whose fields are in JSON only, as fields of its parent. */
extern const struct cli_field out_json_only;

/* Calls @fill of each field of @fields, in order. */
void out_fill(struct out_node *n, const struct cli_field *fields, size_t count, const void *from);
struct out_node *out_object(struct out_node *parent, const struct cli_field *f);
struct out_node *out_array(struct out_node *parent, const struct cli_field *f);
struct out_node *out_row(struct out_node *array);
void out_item(struct out_node *array, const char *s);
void out_gap(struct out_node *parent);

struct out_node *out_str(struct out_node *parent, const struct cli_field *f, const char *s);
struct out_node *out_strf(struct out_node *parent, const struct cli_field *f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct out_node *out_uint(struct out_node *parent, const struct cli_field *f, uint64_t v);
struct out_node *out_int(struct out_node *parent, const struct cli_field *f, int64_t v);
struct out_node *out_bool(struct out_node *parent, const struct cli_field *f, bool v);
/* A gauge of @total cells, @used of them in use and @bad of these bad, then @text. */
struct out_node *out_bar(struct out_node *parent, const struct cli_field *f, uint64_t used,
			 uint64_t bad, uint64_t total, const char *text);
/* A value that does not apply: null in JSON, "-" in text. */
struct out_node *out_none(struct out_node *parent, const struct cli_field *f);
/* out_str(), or out_none() if @s is NULL. */
struct out_node *out_str_or_none(struct out_node *parent, const struct cli_field *f, const char *s);
/* out_uint(), or out_none() if @v equals @none. */
struct out_node *out_uint_or_none(struct out_node *parent, const struct cli_field *f, uint64_t v,
				  uint64_t none);
/* A value that is not known: in JSON null, and @reason under "unknown"; in text "?" or @reason. */
struct out_node *out_unknown(struct out_node *parent, const struct cli_field *f,
			     const char *reason);
/* out_uint(), or out_unknown() if @v equals @unknown. */
struct out_node *out_uint_or(struct out_node *parent, const struct cli_field *f, uint64_t v,
			     uint64_t unknown, const char *reason);
/* Leaves @n, a table or a row of one, out of text. */
void out_hide(struct out_node *n);
void out_style(struct out_node *n, enum out_style style);
/* Moves all nodes of @from to @n. An error recorded in @from stays there. */
void out_graft(struct out_node *n, struct out *from);
/* Records that @n could not be built for lack of memory. */
void out_fail(struct out_node *n);

/* An error is part of the document; candidates are names that the user may have meant. */
void out_error(struct out *o, const char *code, const char *message, const char *hint);
void out_candidate(struct out *o, const char *name);
const char *out_error_message(const struct out *o);

/* Longer lines are hard to read, also where there is room for them. */
#define OUT_PROSE 70

struct out_mode {
	bool colour;
	bool wide;
	bool bytes;		       /* memory as a number of bytes */
	uint64_t now;		       /* if not 0, ages are times, and this is that of the host */
	size_t columns;		       /* width of the terminal; 0: no limit */
	const struct cli_field *table; /* the table that the members below are about, or NULL */
	bool only_table;	       /* print nothing else */
	bool no_headers;
	bool one_line;	   /* longer text in a table is shortened, not continued */
	const char *empty; /* text if it has no rows; NULL: the usual one */
	/* Its columns instead of the usual ones, and after them. */
	const struct cli_field *const *only, *const *more;
	bool may_drop; /* of @only, what has no room or is sparse and empty */
	size_t nr_only, nr_more;
};

/* The column of @table with this heading, "held-for" for HELD FOR, or NULL. */
const struct cli_field *out_column(const struct cli_field *table, const char *word, size_t len);
/* Formats the name of a column for out_column(). False: it has none. */
bool out_column_name(const struct cli_field *col, char *buf, size_t len);
/* Sorts the rows of @table, a child of @root, by the values of @col. */
void out_sort(struct out_node *root, const struct cli_field *table, const struct cli_field *col,
	      bool down);
/* Returns the child of @root with field @f, or NULL. */
const struct out_node *out_find(const struct out_node *root, const struct cli_field *f);

/* Replaces stdout by a stream that keeps the error of its writes. False: out of memory. */
bool out_stdout_open(void);
/* Writes what is left and closes it. Returns 0, or the first error: -EPIPE, -ENOSPC... */
int out_stdout_close(void);

/* Loads json-c. Returns 0, or -ELIBACC with the reason in *@why, malloc'ed. */
int out_json_load(char **why);
/* Return 0, -ENOMEM, or -ELIBACC as above. The caller checks for write errors with ferror(@f). */
int out_text(const struct out *o, FILE *f, const struct out_mode *mode);
int out_json(const struct out *o, FILE *f, const char *command);
/* The same as one line, for a stream of results. */
int out_json_line(const struct out *o, FILE *f, const char *command);

/* ---- for the renderers, progress and messages ---- */

struct out_node {
	const struct cli_field *field;
	enum { NODE_VALUE, NODE_NONE, NODE_UNKNOWN } kind;
	enum out_style style;
	bool json_only;		/* a row that is not in text */
	uint64_t u, bad, total; /* bad, total: OUT_BAR */
	char *s;		/* string, or reason of NODE_UNKNOWN */
	struct out *out;
	struct out_node *first, *last, *next;
};

struct out_err {
	char *code, *message, *hint; /* code NULL: no error */
	char **candidates;
	size_t nr_candidates;
};

const struct out_err *out_get_error(const struct out *o);

/*
 * Sets LC_CTYPE from the environment, at the first text that is not ASCII: most commands
 * print none, and the locale takes longer to load than their text to print.
 */
void text_locale(void);
/*
 * Returns a printable copy, with control characters and invalid bytes as \xNN. The caller
 * frees it. NULL: out of memory.
 */
char *text_clean(const char *s);
/* Length of the UTF-8 sequence at @text, 0 if it is not valid. */
size_t text_utf8_len(const char *text);
/* Width of @s on a terminal, in columns. */
size_t text_width(const char *s);
/*
 * Where to break @s so that its first line has at most @room columns: at a blank, or at
 * the end of @s. A word that is longer is not broken.
 */
char *text_break(char *s, size_t room);
/* Shortens @s to at most @room columns; "..." then marks the end. */
void text_shorten(char *s, size_t room);
/* An estimate, no more precise than it can be: "about 0.3 s", "about 20 min", "1 to 2 h". */
void text_about(char *buf, size_t len, uint64_t ns);
/* Formats seconds since 1970 as "2026-01-31T12:00:00Z". */
bool text_time(char *buf, size_t len, uint64_t seconds);
void text_bytes(char *buf, size_t len, uint64_t bytes);

#endif
