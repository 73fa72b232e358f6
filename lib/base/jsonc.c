/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jsonc.h"

struct jsonc jsonc;

int jsonc_load(char **why)
{
#define lazy jsonc
	static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(JSONC) };
#undef lazy

	return lazy_load("libjson-c.so.5", symbols, sizeof(symbols) / sizeof(symbols[0]), why);
}
