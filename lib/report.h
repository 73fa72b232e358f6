/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything that is known of a host, to be looked at somewhere else: what the
 * sources read, and the snapshot. Names and addresses have stand-ins.
 */
#ifndef TDXCTL_REPORT_H
#define TDXCTL_REPORT_H

#include "facts.h"

struct tdxctl_report {
	struct tdxctl_facts *facts;	/* TDXCTL_FACTS_ALL, with the snapshot */
	bool masked;
	uint64_t boot_time;		/* seconds since 1970; 0 unknown */
	struct tdxctl_cpu_check_rec *cpus;	/* what the CPU check said */
	size_t nr_cpus;
	char *cpus_why;			/* why there is none; NULL there is */
	char *conf;			/* the host's tdxctl.conf; NULL none */
	char **reasons;			/* what the facts' reasons point to */
	size_t nr_reasons;
};

/* Looks at everything; with @mask no name, address or command line is in it. */
int tdxctl_report_take(struct tdxctl_ctx *ctx, bool mask, struct tdxctl_report **out);
/*
 * Reads the document `tdxctl report` wrote, Markdown or JSON. -EINVAL: not one,
 * tdxctl_error() says where; -EFBIG over 64 MiB.
 */
int tdxctl_report_read(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_report **out);
int tdxctl_report_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
			struct tdxctl_report **out);
void tdxctl_report_free(struct tdxctl_report *r);
/*
 * From now on the context is that host: what it says is what the report says.
 * Takes the report over; facts must not outlive the context.
 */
void tdxctl_set_report(struct tdxctl_ctx *ctx, struct tdxctl_report *r);

#endif
