/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDXCTL_CMD_WRAP_H
#define TDXCTL_CMD_WRAP_H

#include "out.h"

/* @text as a string under @key's field, and in lines of @width under @label's. */
void wrap_str(struct out_node *parent, const struct cli_field *key,
	      const struct cli_field *label, const char *text, size_t width,
	      enum out_style style);

#endif
