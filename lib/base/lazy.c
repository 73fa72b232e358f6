/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads shared libraries on first use. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "lazy.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int load_symbols(const char *soname, const struct lazy_symbol *symbols, size_t n)
{
	void *lib, *f;

	/* The first pointer is set last, so it tells whether all are set. */
	memcpy(&f, symbols[0].at, sizeof(f));
	if (f)
		return 0;
	lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return -ELIBACC;
	while (n--) {
		f = dlsym(lib, symbols[n].name);
		if (!f)
			return -ELIBACC;
		memcpy(symbols[n].at, &f, sizeof(f));
	}
	return 0;
}

int lazy_load(const char *soname, const struct lazy_symbol *symbols, size_t n, char **why)
{
	const char *text;
	int err;

	pthread_mutex_lock(&lock);
	err = load_symbols(soname, symbols, n);
	if (err && why) {
		text = dlerror();
		*why = text ? strdup(text) : NULL;
	}
	pthread_mutex_unlock(&lock);
	return err;
}
