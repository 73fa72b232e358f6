// SPDX-License-Identifier: GPL-2.0-only
/* --watch: run the verb again and again. */
#include <signal.h>
#include <time.h>

#include "cli.h"

static volatile sig_atomic_t stopped;

static void on_interrupt(int sig)
{
	stopped = 1;
}

void cli_watch_begin(const struct cli_app *app, bool first)
{
	const struct sigaction sa = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
	char now[32];

	if (first) {
		sigaction(SIGINT, &sa, NULL);
		/* The whole screen at once does not flicker. */
		setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	}
	if (app->v.json)
		return;
	if (cli_escapes(app->out_tty))
		fputs("\033[H\033[2J\033[3J", stdout);
	else if (!first)
		fputc('\n', stdout);
	if (text_time(now, sizeof(now), (uint64_t)time(NULL)))
		printf("%s\n", now);
}

bool cli_watch_next(const struct cli_app *app)
{
	if (fflush(stdout))
		return false;
	if (!stopped)
		cli_nap(app->watch_ns);
	return !stopped;
}
