/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDXCTL_CMD_WRAP_H
#define TDXCTL_CMD_WRAP_H

#include "out.h"

/* Adds @text as a string with field @key, and as lines that fit the output with field @label. */
void wrap_str(struct out_node *parent, const struct cli_field *key, const struct cli_field *label,
	      const char *text, enum out_style style);

#endif
