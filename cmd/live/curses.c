// SPDX-License-Identifier: GPL-2.0-only
#include "out/out.h"

#include "curses.h"

struct curses curses;

int curses_load(char **why)
{
#define lazy curses
	static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(FUNCTIONS) };
#undef lazy

	return lazy_load("libncursesw.so.6", symbols, ARRAY_SIZE(symbols), why);
}
