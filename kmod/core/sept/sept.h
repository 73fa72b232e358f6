/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The generations of KVM's S-EPT callbacks, which early release replaces: one table for
 * the helper, which hooks them, and for each reader of BTF, which finds the generation
 * that fits. The prototypes in BTF decide, never the version of the kernel.
 */
#ifndef TDXCTL_CORE_SEPT_H
#define TDXCTL_CORE_SEPT_H

#include <linux/tdxctl.h>

#include "platform.h"

#define SEPT_MAX_PARAMS	   5
#define SEPT_MAX_CALLBACKS 4

enum sept_role {
	SEPT_CHANGE, /* maps a page, links a table or removes a page, by the old entry */
	SEPT_REMOVE, /* removes a page */
	SEPT_MAP,    /* maps a page or links a table */
	SEPT_FREE,   /* frees a table; not replaced, but part of the generation */
};

/* How a callback is given the page that it removes. */
enum sept_page {
	SEPT_NO_PAGE,
	SEPT_PFN,
	SEPT_SPTE, /* the old mirror SPTE */
};

struct sept_callback {
	const char *function;
	const char *params[SEPT_MAX_PARAMS]; /* their names, in order */
	enum sept_role role;
	enum sept_page page;
	u8 nr_params;
	u8 page_param, level_param; /* indices of parameters, if @page */
	bool returns;		    /* an int, 0 for success; else void */
};

struct sept_generation {
	const char *name; /* the kernels that have it */
	/* KVM holds a reference on each mapped page, and puts it after the removal. */
	bool page_ref;
	u32 nr_callbacks;
	struct sept_callback callback[SEPT_MAX_CALLBACKS];
};

/* Returns a generation, NULL for TDXCTL_SEPT_UNKNOWN and values out of range. */
const struct sept_generation *sept_generation(u32 callback);

/* The prototype of a function, as BTF has it. */
struct sept_proto {
	u32 nr_params;
	const char *param[SEPT_MAX_PARAMS]; /* the first ones */
	bool returns;			    /* a 32-bit int */
	bool returns_void;
};

/* Reads the prototype of @function. Returns false if there is no such function. */
typedef bool (*sept_read_fn)(void *btf, const char *function, struct sept_proto *p);

struct sept_match {
	u32 generation;	     /* enum tdxctl_sept_callback: fits, or fits best */
	u32 problem;	     /* enum tdxctl_sept_problem; OK: it fits */
	u32 callback;	     /* index of the callback with the problem */
	bool pamt_put_known; /* SEPT_PAMT_PUT exists with the known prototype */
};

/*
 * Drops the reference of a 4 KiB page on its PAMT pages (Dynamic PAMT):
 * void (kvm_pfn_t pfn).
 */
#define SEPT_PAMT_PUT "tdx_pamt_put"

/* Finds the generation of a kernel. */
void sept_match(struct sept_match *m, sept_read_fn read, void *btf);

/* Returns the name of the function with the problem. Never NULL. */
const char *sept_function(u32 generation, u32 callback);

#endif
