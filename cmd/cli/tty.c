// SPDX-License-Identifier: GPL-2.0-only
/* Terminals: colour and width. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

#define DEFAULT_COLUMNS 80 /* of a terminal that does not report its width */

bool cli_colour(const struct cli_app *app, bool tty)
{
	if (app->v.no_color)
		return false;
	if (app->v.color && strcmp(app->v.color, "auto"))
		return !strcmp(app->v.color, "always");
	return tty && !app->plain;
}

bool cli_escapes(bool tty)
{
	const char *term = getenv("TERM");

	return tty && term && *term && strcmp(term, "dumb") && strcmp(term, "unknown");
}

size_t cli_columns(int fd)
{
	struct winsize w;

	if (!isatty(fd))
		return 0;
	return ioctl(fd, TIOCGWINSZ, &w) || !w.ws_col ? DEFAULT_COLUMNS : w.ws_col;
}
