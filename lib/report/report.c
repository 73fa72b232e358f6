/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host taken with us: its facts are copied for whoever asks. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "health/limits.h"
#include "report-priv.h"

#define MAX_CONF (64 << 10)

/* ---- the snapshot as bytes ---- */

struct section {
	const void *first;
	size_t count, size, stride;	/* of a record here, and in the bytes */
};

int tdxctl_snapshot_bytes(const struct tdxctl_snapshot *s, void **out, size_t *len)
{
#define SECTION(list, record) { s->list, s->nr_##list, sizeof(*s->list), sizeof(record) }
	const struct section sec[TDXCTL_SEC_COUNT] = {
		[TDXCTL_SEC_HKIDS] = SECTION(hkids, struct tdxctl_hkid),
		[TDXCTL_SEC_TDS] = SECTION(tds, struct tdxctl_td),
		[TDXCTL_SEC_LOCKS] = SECTION(locks, struct tdxctl_lock),
		[TDXCTL_SEC_PACKAGES] = SECTION(packages, struct tdxctl_package),
		[TDXCTL_SEC_CPUS] = SECTION(cpus, struct tdxctl_cpu),
		[TDXCTL_SEC_LEAVES] = SECTION(leaves, struct tdxctl_leaf),
	};
#undef SECTION
	struct tdxctl_snapshot_hdr hdr = s->hdr;
	size_t total = sizeof(hdr), i, k;
	char *buf;

	hdr.size = sizeof(hdr);
	for (i = 0; i < TDXCTL_SEC_COUNT; i++) {
		hdr.section[i] = (struct tdxctl_section_desc){
			.offset = (uint32_t)total,
			.stride = (uint32_t)sec[i].stride,
			.count = (uint32_t)sec[i].count,
		};
		total += sec[i].count * sec[i].stride;
	}
	hdr.total = (uint32_t)total;
	buf = malloc(total);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, &hdr, sizeof(hdr));
	for (i = 0; i < TDXCTL_SEC_COUNT; i++)
		for (k = 0; k < sec[i].count; k++)
			memcpy(buf + hdr.section[i].offset + k * sec[i].stride,
			       (const char *)sec[i].first + k * sec[i].size, sec[i].stride);
	*out = buf;
	*len = total;
	return 0;
}

/* ---- copies ---- */

static int copy_string(char **to, const char *from)
{
	free(*to);
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int copy_vm(struct tdxctl_vm *to, const struct tdxctl_vm *from)
{
	char *name = to->name, *uuid = to->uuid;
	int err;

	*to = *from;
	to->name = name;
	to->uuid = uuid;
	err = copy_string(&to->name, from->name);
	return err ? err : copy_string(&to->uuid, from->uuid);
}

static int copy_snapshot(const struct tdxctl_snapshot *s, struct tdxctl_snapshot **out)
{
	struct tdxctl_snapshot *to;
	size_t len, i;
	void *buf;
	int err = tdxctl_snapshot_bytes(s, &buf, &len);

	if (err)
		return err;
	err = tdxctl_snapshot_parse(buf, len, &to);
	free(buf);
	if (err)
		return err;
	to->source = s->source;
	to->info = s->info;
	to->hkids_charged = s->hkids_charged;
	to->platform.kvm_tdx = s->platform.kvm_tdx;
	to->platform.has_tdx = s->platform.has_tdx;
	err = copy_string(&to->platform.cpu_model, s->platform.cpu_model);
	if (!err)
		err = copy_string(&to->platform.kernel, s->platform.kernel);
	if (!err)
		err = copy_string(&to->platform.tdx_module, s->platform.tdx_module);
	if (!err)
		err = copy_string(&to->platform.kvm, s->platform.kvm);
	for (i = 0; !err && i < to->nr_tds; i++)
		err = copy_vm(&to->tds[i].vm, &s->tds[i].vm);
	if (err)
		tdxctl_snapshot_free(to);
	else
		*out = to;
	return err;
}

/* @n elements of @size; NULL stays NULL. */
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

/* @to is a copy of @from byte by byte: what it points to becomes its own. */
static int own_texts(struct tdxctl_facts *to, const struct tdxctl_facts *from)
{
	const struct tdxctl_fact *x;
	int err = 0;

	for (x = tdxctl_fact_texts; x->name; x++)
		text_at(to, x)->text = NULL;
	for (int i = 0; i < TDXCTL_FILE_COUNT; i++)
		to->file[i].text = NULL;
	for (x = tdxctl_fact_texts; !err && x->name; x++)
		err = copy_string(&text_at(to, x)->text, text_at((struct tdxctl_facts *)from, x)->text);
	for (int i = 0; !err && i < TDXCTL_FILE_COUNT; i++)
		err = copy_string(&to->file[i].text, from->file[i].text);
	return err;
}

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
		err = copy_string(&to->quote_sockets[i].vm, from->quote_sockets[i].vm);
	}
	for (i = 0; !err && i < from->nr_vm_logs; i++, to->nr_vm_logs++) {
		to->vm_logs[i] = (struct tdxctl_vm_log){ .vm = NULL };
		err = copy_string(&to->vm_logs[i].vm, from->vm_logs[i].vm);
		if (!err)
			err = copy_string(&to->vm_logs[i].text, from->vm_logs[i].text);
	}
	for (i = 0; !err && i < from->nr_cgroups; i++, to->nr_cgroups++) {
		to->cgroups[i].path = NULL;
		err = copy_string(&to->cgroups[i].path, from->cgroups[i].path);
	}
	return err;
}

int report_facts(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	const struct tdxctl_facts *from = ctx->report->facts;
	struct tdxctl_snapshot *snap = f->snap;
	int err, err2;

	*f = *from;
	f->snap = snap;
	/* Both, whatever the first says: no pointer may stay that of the report. */
	err = own_texts(f, from);
	err2 = own_lists(f, from);
	return err || err2 ? ctx_fail(ctx, -ENOMEM, NULL, "out of memory") : 0;
}

int report_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	int err = copy_snapshot(ctx->report->facts->snap, out);

	return err ? ctx_fail(ctx, err, NULL, "out of memory") : 0;
}

int report_msrs(struct tdxctl_ctx *ctx, struct tdxctl_msr_set **out, size_t *count)
{
	const struct tdxctl_facts *f = ctx->report->facts;
	int err = copy_array(out, f->msrs, f->nr_msrs, sizeof(*f->msrs));

	*count = f->nr_msrs;
	return err ? ctx_fail(ctx, err, NULL, "out of memory") : 0;
}

int report_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count)
{
	const struct tdxctl_report *r = ctx->report;
	int err;

	if (r->cpus_why)
		return ctx_fail(ctx, -EOPNOTSUPP, NULL, "%s", r->cpus_why);
	err = copy_array(out, r->cpus, r->nr_cpus, sizeof(*r->cpus));
	*count = r->nr_cpus;
	return err ? ctx_fail(ctx, err, NULL, "out of memory") : 0;
}

/* ---- life ---- */

void tdxctl_report_free(struct tdxctl_report *r)
{
	if (!r)
		return;
	tdxctl_facts_free(r->facts);
	free(r->cpus);
	free(r->cpus_why);
	free(r->conf);
	for (size_t i = 0; i < r->nr_reasons; i++)
		free(r->reasons[i]);
	free(r->reasons);
	free(r);
}

/* What its owner chose belongs to what `check` says; comments are nobody's business. */
static int take_conf(struct tdxctl_ctx *ctx, struct tdxctl_report *r)
{
	bool comment = false;
	char *p, *o;

	if (ctx->report && ctx->report->conf)
		return copy_string(&r->conf, ctx->report->conf);
	if (ctx->emul || ctx->report || root_read(ctx, TDXCTL_CONF_PATH, MAX_CONF, &r->conf) < 0)
		return 0;
	for (p = o = r->conf; *p; p++) {
		comment = *p == '#' || (comment && *p != '\n');
		if (!comment)
			*o++ = *p;
	}
	*o = '\0';
	return 0;
}

int tdxctl_report_take(struct tdxctl_ctx *ctx, bool mask, struct tdxctl_report **out)
{
	struct tdxctl_report *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return ctx_fail(ctx, -ENOMEM, NULL, "out of memory");
	tdxctl_set_brief(ctx, false);
	err = tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &r->facts);
	if (err)
		goto fail;
	if (tdxctl_boot_time(ctx, &r->boot_time))
		r->boot_time = 0;
	if (r->facts->snap->source == TDXCTL_SOURCE_HOST)
		r->cpus_why = strdup("the helper was not there to ask");
	else if (tdxctl_cpu_check(ctx, &r->cpus, &r->nr_cpus))
		r->cpus_why = strdup(*tdxctl_error(ctx) ? tdxctl_error(ctx) : "the CPU check failed");
	if (!r->cpus && !r->cpus_why)
		err = -ENOMEM;
	if (!err)
		err = take_conf(ctx, r);
	if (!err)
		err = report_trim(r);
	if (!err && mask)
		err = report_mask(ctx, r);
	if (err) {
		ctx_fail(ctx, err, NULL, "out of memory");
		goto fail;
	}
	*out = r;
	return 0;
fail:
	tdxctl_report_free(r);
	return err;
}

void tdxctl_set_report(struct tdxctl_ctx *ctx, struct tdxctl_report *r)
{
	/* Below a file there is no path: nothing of this machine can show. */
	int fd = open("/dev/null", O_PATH | O_CLOEXEC);

	tdxctl_report_free(ctx->report);
	ctx->report = r;
	ctx->captured = true;
	close(ctx->rootfd);
	ctx->rootfd = fd;
}
