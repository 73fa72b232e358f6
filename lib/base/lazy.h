/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared libraries that few commands need. They pull in so many other libraries that
 * loading them at start would dominate the run time of all commands. One table of
 * functions generates the pointers and the names:
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
	void *at; /* the function pointer to set */
};

#define LAZY_POINTER(f)	     typeof(f) *f;
#define LAZY_POINTERS(TABLE) TABLE(LAZY_POINTER)
#define LAZY_SYMBOL(f)	     { #f, &lazy.f },
#define LAZY_SYMBOLS(TABLE)  TABLE(LAZY_SYMBOL)

/**
 * lazy_load() - loads a library and sets the pointers of all @symbols
 * @soname: the library, which stays loaded
 * @why: set to the dynamic linker's message after a failure, malloc'ed; may be NULL
 *
 * Safe to call repeatedly and from any thread: the pointers are set once.
 *
 * Return: 0, or -ELIBACC when the library is not installed or lacks a function.
 */
int lazy_load(const char *soname, const struct lazy_symbol *symbols, size_t n, char **why);

#endif
