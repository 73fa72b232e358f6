/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared libraries that few verbs need, and which draw in so many more that
 * loading them would be most of the time of all others. One table of functions
 * makes the pointers and the names:
 *
 *	#define KMOD(X) X(kmod_new) X(kmod_unref)
 *	static struct { LAZY_POINTERS(KMOD) } lazy;
 *	static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(KMOD) };
 */
#ifndef LAZY_H
#define LAZY_H

#include <stddef.h>

struct lazy_symbol {
	const char *name;
	void *at;	/* the function pointer that is filled in */
};

#define LAZY_POINTER(f)		typeof(f) *f;
#define LAZY_POINTERS(TABLE)	TABLE(LAZY_POINTER)
#define LAZY_SYMBOL(f)		{ #f, &lazy.f },
#define LAZY_SYMBOLS(TABLE)	TABLE(LAZY_SYMBOL)

/**
 * lazy_load() - fills in the pointers of all @symbols
 * @soname: the library, which stays loaded
 * @why: the linker's words after a failure, the caller's to free; may be NULL
 *
 * May be called again and by any thread; the pointers change once.
 *
 * Return: 0, or -ELIBACC the library is not there or lacks a function.
 */
int lazy_load(const char *soname, const struct lazy_symbol *symbols, size_t n, char **why);

#endif
