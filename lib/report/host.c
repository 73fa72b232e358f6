/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend of a report. The caller owns each answer: it is a copy. */
#include <stdio.h>
#include "report-priv.h"

/* Copies @n elements of @size bytes to *@to, malloc'ed; NULL when @n is 0. -ENOMEM. */
static int copy_array(void *to, const void *from, size_t n, size_t size)
{
	void **p = to;

	*p = NULL;
	if (!n)
		return 0;
	*p = malloc(n * size);
	if (!*p)
		return -ENOMEM;
	memcpy(*p, from, n * size);
	return 0;
}

static struct tdxctl_text *text_at(struct tdxctl_facts *f, const struct tdxctl_fact *x)
{
	return (struct tdxctl_text *)((char *)f + x->at);
}

/* @to is a shallow copy of @from: replaces its texts by copies. -ENOMEM. */
static int own_texts(struct tdxctl_facts *to, const struct tdxctl_facts *from)
{
	const struct tdxctl_fact *x;
	int err = 0;

	for (x = tdxctl_fact_texts; x->name; x++)
		text_at(to, x)->text = NULL;
	for (int i = 0; i < TDXCTL_FILE_COUNT; i++)
		to->file[i].text = NULL;
	for (x = tdxctl_fact_texts; !err && x->name; x++)
		err = string_copy(&text_at(to, x)->text,
				  text_at((struct tdxctl_facts *)from, x)->text);
	for (int i = 0; !err && i < TDXCTL_FILE_COUNT; i++)
		err = string_copy(&to->file[i].text, from->file[i].text);
	return err;
}

/* The same for lists. */
static int own_lists(struct tdxctl_facts *to, const struct tdxctl_facts *from)
{
	size_t i;
	int err;

	to->nr_quote_sockets = to->nr_vm_logs = to->nr_cgroups = 0;
	err = copy_array(&to->msrs, from->msrs, from->nr_msrs, sizeof(*from->msrs));
	err |= copy_array(&to->dimms, from->dimms, from->nr_dimms, sizeof(*from->dimms));
	err |= copy_array(&to->quote_sockets, from->quote_sockets, from->nr_quote_sockets,
			  sizeof(*from->quote_sockets));
	err |= copy_array(&to->vm_logs, from->vm_logs, from->nr_vm_logs, sizeof(*from->vm_logs));
	err |= copy_array(&to->cgroups, from->cgroups, from->nr_cgroups, sizeof(*from->cgroups));
	for (i = 0; !err && i < from->nr_quote_sockets; i++, to->nr_quote_sockets++) {
		to->quote_sockets[i].vm = NULL;
		err = string_copy(&to->quote_sockets[i].vm, from->quote_sockets[i].vm);
	}
	for (i = 0; !err && i < from->nr_vm_logs; i++, to->nr_vm_logs++) {
		to->vm_logs[i] = (struct tdxctl_vm_log){ .vm = NULL };
		err = string_copy(&to->vm_logs[i].vm, from->vm_logs[i].vm);
		if (!err)
			err = string_copy(&to->vm_logs[i].text, from->vm_logs[i].text);
	}
	for (i = 0; !err && i < from->nr_cgroups; i++, to->nr_cgroups++) {
		to->cgroups[i].path = NULL;
		err = string_copy(&to->cgroups[i].path, from->cgroups[i].path);
	}
	return err;
}

static int facts(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts *f)
{
	const struct tdxctl_report *r = ctx->host;
	const struct tdxctl_facts *from = r->facts;
	struct tdxctl_snapshot *snap = f->snap;
	int err, err2;

	*f = *from;
	f->snap = snap;
	/* Call both even if the first fails: @f must not keep pointers of the report. */
	err = own_texts(f, from);
	err2 = own_lists(f, from);
	return err || err2 ? ctx_nomem(ctx) : 0;
}

static int snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	const struct tdxctl_report *r = ctx->host;
	int err = snapshot_copy(r->facts->snap, out);

	return err ? ctx_nomem(ctx) : 0;
}

static int msrs(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, enum tdxctl_msrs which,
		struct tdxctl_msr_set **out, size_t *count)
{
	const struct tdxctl_report *r = ctx->host;
	const struct tdxctl_facts *f = r->facts;
	int err = copy_array(out, f->msrs, f->nr_msrs, sizeof(*f->msrs));

	*count = f->nr_msrs;
	return err ? ctx_nomem(ctx) : 0;
}

static int cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count)
{
	const struct tdxctl_report *r = ctx->host;
	int err;

	if (r->cpus_why)
		return ctx_fail(ctx, -EOPNOTSUPP, NULL, "%s", r->cpus_why);
	err = copy_array(out, r->cpus, r->nr_cpus, sizeof(*r->cpus));
	*count = r->nr_cpus;
	return err ? ctx_nomem(ctx) : 0;
}

static int boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	const struct tdxctl_report *r = ctx->host;

	*seconds = r->boot_time;
	return *seconds ? 0 : -ENODATA;
}

static int taken_at(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	const struct tdxctl_report *r = ctx->host;

	*seconds = r->time;
	return *seconds ? 0 : -ENODATA;
}

static int hostname(struct tdxctl_ctx *ctx, char *buf, size_t len)
{
	const struct tdxctl_report *r = ctx->host;

	snprintf(buf, len, "%s", r->hostname ? r->hostname : "");
	return r->hostname ? 0 : -ENODATA;
}

static ssize_t conf(struct tdxctl_ctx *ctx, size_t max, char **text)
{
	const struct tdxctl_report *r = ctx->host;

	if (!r->conf)
		return -ENOENT;
	*text = strdup(r->conf);
	return *text ? (ssize_t)strlen(*text) : -ENOMEM;
}

static void free_report(void *host)
{
	tdxctl_report_free(host);
}

const struct backend report_backend = {
	.name = "report",
	.unsupported = "not in the report",
	.copied = true,
	.snapshot = snapshot,
	.facts = facts,
	.msrs = msrs,
	.cpu_check = cpu_check,
	.boot_time = boot_time,
	.time = taken_at,
	.hostname = hostname,
	.conf = conf,
	.free = free_report,
};
