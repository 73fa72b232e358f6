// SPDX-License-Identifier: GPL-2.0-only
/* The end of verbs that run until a signal comes. */
#include <signal.h>
#include <time.h>

#include "cli.h"

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = 1;
}

void cli_stop_on(int sig)
{
	const struct sigaction sa = { .sa_handler = on_signal };

	sigaction(sig, &sa, NULL);
}

void cli_stop_begin(void)
{
	cli_stop_on(SIGINT);
	cli_stop_on(SIGTERM);
}

void cli_stop_clear(void)
{
	stopped = 0;
}

bool cli_stopped(void)
{
	return stopped;
}

void cli_nap(uint64_t ns)
{
	const struct timespec t = { .tv_sec = (time_t)(ns / NS_PER_S),
				    .tv_nsec = (long)(ns % NS_PER_S) };

	nanosleep(&t, NULL);
}
