// SPDX-License-Identifier: GPL-2.0-only
/* What both kinds of waiting have in common. */
#include <signal.h>
#include <time.h>

#include "wait.h"

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	stopped = 1;
}

bool wait_stopped(void)
{
	return stopped;
}

void wait_nap(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };

	nanosleep(&t, NULL);
}

void wait_catch(void)
{
	struct sigaction sa = { .sa_handler = stop };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}
