/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of ncurses that the screen uses, loaded when it starts. */
#ifndef TDXCTL_LIVE_CURSES_H
#define TDXCTL_LIVE_CURSES_H

#define NCURSES_NOMACROS
#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "base/lazy.h"

/* clang-format off */
#define FUNCTIONS(X) \
	X(newterm) \
	X(endwin) \
	X(delscreen) \
	X(cbreak) \
	X(noecho) \
	X(curs_set) \
	X(newwin) \
	X(keypad) \
	X(nodelay) \
	X(wgetch) \
	X(wmove) \
	X(waddnstr) \
	X(wattr_set) \
	X(werase) \
	X(wclrtoeol) \
	X(wresize) \
	X(mvwchgat) \
	X(wnoutrefresh) \
	X(doupdate) \
	X(has_colors) \
	X(start_color) \
	X(use_default_colors) \
	X(init_pair) \
	X(clearok) \
	X(getmaxx) \
	X(getmaxy) \
	X(delwin)
/* clang-format on */

extern struct curses {
	LAZY_POINTERS(FUNCTIONS)
} curses;

/* Returns 0, or -ELIBACC with the reason in *@why, malloc'ed. */
int curses_load(char **why);

#endif
