/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the text renderer share. */
#ifndef TDXCTL_OUT_PAINTER_H
#define TDXCTL_OUT_PAINTER_H

#include "out.h"

struct painter {
	FILE *f;
	const struct out_mode *mode;
	size_t label_width;
	size_t spaces; /* to print before the next character */
	bool failed;   /* out of memory */
};

void pad(struct painter *p, size_t n);
void newline(struct painter *p);
void paint(struct painter *p, enum out_style style, const char *s);
/*
 * Prints the words of @s in lines of at most @room columns, of which @used are taken in
 * the first line; further lines are indented by @indent. A word is not broken.
 */
void paint_words(struct painter *p, enum out_style style, const char *s, size_t indent, size_t room,
		 size_t used);
/* "256 MiB in 65536 pages", or "256 MiB" in a table. The caller frees it. NULL: out of memory. */
char *cell_text(const struct painter *p, const struct out_node *n, bool table);

/* ---- table.c ---- */

void table_print(struct painter *p, const struct out_node *array);

#endif
