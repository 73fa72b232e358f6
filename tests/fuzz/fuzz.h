/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes a fuzzer's input apart; past its end everything is zero. */
#ifndef TDXCTL_TESTS_FUZZ_H
#define TDXCTL_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

struct input {
	const uint8_t *p, *end;
};

static inline bool input_left(const struct input *in)
{
	return in->p < in->end;
}

static inline uint8_t input_u8(struct input *in)
{
	return in->p < in->end ? *in->p++ : 0;
}

static inline uint64_t input_u64(struct input *in)
{
	uint64_t v = 0;
	size_t n = (size_t)(in->end - in->p);

	if (n > sizeof(v))
		n = sizeof(v);
	memcpy(&v, in->p, n);
	in->p += n;
	return v;
}

/*
 * Freed memory is used again soon, while it is in the cache; a few frames name the caller.
 * ASAN_OPTIONS overrides this.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4:malloc_context_size=6";
}

/* An invariant: not to hold is a crash the fuzzer keeps. */
#define MUST(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

#endif
