/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events of the BPF programs: calls to the TDX module. */
#ifndef OBSERVER_EVENTS_H
#define OBSERVER_EVENTS_H

#include "calls.h"
#include "observer.h"
#include "trace.h"

struct observed_call {
	const char *function;
	unsigned int leaf;
	bool page; /* called for each page */
};
extern const struct observed_call observed_calls[CALLS];

/* The kind of an argument, by the name of its parameter. */
enum call_param {
	PARAM_OTHER,
	PARAM_TD,
	PARAM_HKID,
	PARAM_GPA,
	PARAM_LEVEL,
	PARAM_PAGE,
	PARAM_PFN
};

struct call_proto {
	bool found; /* the running kernel has the function */
	enum call_param param[CALL_ARGS];
};

/* Fills @protos[CALLS] from the BTF of the kernel. -ENOMEM, or -EOPNOTSUPP with @why. */
int protos_read(struct tdxctl_ctx *ctx, struct call_proto *protos, struct observer_why *why);

/* A TD that events can refer to. */
struct traced_td {
	uint64_t page; /* address of struct page of its TDR */
	uint64_t tdr;  /* UNKNOWN */
	uint32_t hkid;
	char name[80];
};

struct traced_tds {
	struct traced_td *td;
	size_t count;
	uint64_t vmemmap, page_size; /* 0 unknown */
};

/*
 * Decodes the @len bytes of an event. Returns false if they are not an event. The strings of
 * @call belong to @tds.
 */
bool event_decode(const void *data, size_t len, const struct call_proto *protos,
		  const struct traced_tds *tds, struct tdxctl_call *call);
/* Returns the TD with this TDR page, or NULL. */
struct traced_td *traced_find(const struct traced_tds *tds, uint64_t page);
/* Adds or replaces a TD. -ENOMEM. */
int traced_add(struct traced_tds *tds, const struct traced_td *td);

#endif
