/* SPDX-License-Identifier: GPL-2.0-only */
/* A unit test program: TEST() functions, CHECK*() inside, RUN_ALL() at the end. */
#ifndef TDXCTL_TESTS_CHECK_H
#define TDXCTL_TESTS_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_passed, check_failed;
static const char *check_name;

#define CHECK(cond)	     check_that(!!(cond), __FILE__, __LINE__, #cond)
#define CHECK_EQ(got, want)  check_eq((uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_STR(got, want) check_str((got), (want), __FILE__, __LINE__, #got)

static inline int check_that(int ok, const char *file, int line, const char *what)
{
	if (!ok) {
		check_failed++;
		fprintf(stderr, "%s:%d: %s: failed: %s\n", file, line,
			check_name ? check_name : "?", what);
	} else {
		check_passed++;
	}
	return ok;
}

static inline int check_eq(uint64_t got, uint64_t want, const char *file, int line,
			   const char *what)
{
	if (got == want)
		return check_that(1, file, line, what);
	fprintf(stderr, "  got 0x%" PRIx64 ", want 0x%" PRIx64 "\n", got, want);
	return check_that(0, file, line, what);
}

static inline int check_str(const char *got, const char *want, const char *file, int line,
			    const char *what)
{
	if (got && want && !strcmp(got, want))
		return check_that(1, file, line, what);
	fprintf(stderr, "  got \"%s\", want \"%s\"\n", got ? got : "(null)",
		want ? want : "(null)");
	return check_that(0, file, line, what);
}

#define RUN(fn) \
	do { \
		check_name = #fn; \
		fn(); \
	} while (0)

/* Ends main(): the closing line every runner here prints. */
static inline int check_done(const char *name)
{
	printf("%s: %d passed, %d failed\n", name, check_passed, check_failed);
	return check_failed || !check_passed;
}

#endif
