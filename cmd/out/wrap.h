/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDXCTL_CMD_WRAP_H
#define TDXCTL_CMD_WRAP_H

#include "out.h"

/*
 * Prints the words of @text in lines of at most @columns columns, 0: in one line. @used
 * are taken in the first line; further lines are indented by @indent. No newline follows.
 */
void wrap_print(FILE *f, const char *text, size_t used, size_t indent, size_t columns);

/* Adds @text as a string with field @key, and as lines that fit the output with field @label. */
void wrap_str(struct out_node *parent, const struct cli_field *key, const struct cli_field *label,
	      const char *text, enum out_style style);

#endif
