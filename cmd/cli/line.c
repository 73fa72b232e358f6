// SPDX-License-Identifier: GPL-2.0-only
/* One line on standard error that is drawn again and again: progress. */
#include <string.h>
#include <unistd.h>

#include "cli.h"

void cli_line_start(struct cli_line *l, const struct cli_app *app)
{
	*l = (struct cli_line){
		.f = app->err_tty && !app->v.quiet ? stderr : NULL,
		.escapes = cli_escapes(app->err_tty),
	};
}

size_t cli_line_room(void)
{
	size_t columns = cli_columns(STDERR_FILENO);

	/* A line that wraps could not be drawn over. */
	return columns ? columns - 1 : 0;
}

static void erase(struct cli_line *l)
{
	if (l->escapes)
		fputs("\r\033[K", l->f);
	else if (l->width)
		fprintf(l->f, "\r%*s\r", (int)l->width, "");
	l->width = 0;
}

void cli_line_draw(struct cli_line *l, const char *text)
{
	size_t room = cli_line_room();

	if (!l->f)
		return;
	erase(l);
	l->width = strnlen(text, room);
	fprintf(l->f, "%.*s", (int)l->width, text);
	fflush(l->f);
}

void cli_line_end(struct cli_line *l)
{
	if (!l->f || !l->width)
		return;
	erase(l);
	fflush(l->f);
}
