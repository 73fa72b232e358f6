/* SPDX-License-Identifier: GPL-2.0-only */
/* A clock that only the test, and the calls that it scripts, advance. */
#ifndef TDXCTL_TESTS_FAKE_CLOCK_H
#define TDXCTL_TESTS_FAKE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define FAKE_MS 1000000ULL
#define FAKE_S	1000000000ULL

static uint64_t fake_now = 1000 * FAKE_S;

/* They replace libc's functions in the whole program. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	*ts = (struct timespec){ .tv_sec = (time_t)(fake_now / FAKE_S),
				 .tv_nsec = (long)(fake_now % FAKE_S) };
	return 0;
}

int nanosleep(const struct timespec *ts, struct timespec *left)
{
	(void)left;
	fake_now += (uint64_t)ts->tv_sec * FAKE_S + (uint64_t)ts->tv_nsec;
	return 0;
}

#endif
