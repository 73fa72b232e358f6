/* SPDX-License-Identifier: GPL-2.0-only */
/* Libraries that are loaded when they are needed: there, not there, too old. */
#include <errno.h>
#include <string.h>
#include <zlib.h>
#include "check.h"
#include "base/lazy.h"

#define GOOD(X) X(crc32) X(adler32)

static struct {
	LAZY_POINTERS(GOOD)
} lazy;

int no_such_function(void);

static void there(void)
{
	static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(GOOD) };
	char *why = NULL;

	for (int i = 0; i < 2; i++) {
		CHECK_EQ(lazy_load("libz.so.1", symbols, 2, &why), 0);
		CHECK(!why);
		CHECK_EQ(lazy.crc32(0, (const unsigned char *)"tdx", 3),
			 crc32(0, (const unsigned char *)"tdx", 3));
		CHECK_EQ(lazy.adler32(0, NULL, 0), 1);
	}
}

static void not_there(void)
{
	static typeof(no_such_function) *f;
	static const struct lazy_symbol symbols[] = { { "no_such_function", &f } };
	char *why = NULL;

	CHECK_EQ(lazy_load("libtdxctl-none.so.1", symbols, 1, &why), -ELIBACC);
	CHECK(why && strstr(why, "libtdxctl-none.so.1"));
	free(why);
	CHECK_EQ(lazy_load("libz.so.1", symbols, 1, &why), -ELIBACC);
	CHECK(why && strstr(why, "no_such_function"));
	free(why);
	CHECK(!f);
	CHECK_EQ(lazy_load("libtdxctl-none.so.1", symbols, 1, NULL), -ELIBACC);
}

int main(void)
{
	RUN(there);
	RUN(not_there);
	return check_done("lib-lazy");
}
