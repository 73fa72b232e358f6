// SPDX-License-Identifier: GPL-2.0-only
/* The page of top: the lines above the list, and the list of TDs, leaves or CPUs. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/summary.h"
#include "top.h"

const char *const page_views[PAGE_VIEWS + 1] = {
	[PAGE_TDS] = "tds",
	[PAGE_LEAVES] = "leaves",
	[PAGE_CPUS] = "cpus",
};

static const char one_look[] = "only one look at the host so far";

/* ---- leaves and CPUs ---- */

/* The source of their fields: one record of each look, @was NULL if there is none. */
struct row {
	const struct sample *s;
	const struct tdxctl_leaf *leaf, *leaf_was;
	const struct tdxctl_cpu *cpu, *cpu_was;
};

static void add_rate(struct out_node *n, const struct cli_field *f, const struct row *r,
		     uint64_t now, uint64_t was)
{
	if (r->leaf_was || r->cpu_was)
		out_uint(n, f, sample_rate(r->s, now, was));
	else
		out_unknown(n, f, one_look);
}

static void fill_leaf(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct row *r = from;
	const char *name = tdxctl_leaf_str(r->leaf->leaf);

	if (name)
		out_str(n, f, name);
	else
		out_strf(n, f, "leaf %u", r->leaf->leaf);
}

static void fill_leaf_count(struct out_node *n, const struct cli_field *f, const void *from)
{
	uint64_t v = *(const uint64_t *)((const char *)((const struct row *)from)->leaf + f->at);

	out_style(out_uint(n, f, v),
		  v && f->at == offsetof(struct tdxctl_leaf, errors) ? STYLE_WARN : STYLE_NONE);
}

static void fill_leaf_rate(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct row *r = from;

	add_rate(n, f, r, r->leaf->calls, r->leaf_was ? r->leaf_was->calls : 0);
}

/* Nanoseconds per second: in JSON so, in text as a part of one CPU. */
static void fill_leaf_time(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct row *r = from;

	add_rate(n, f, r, r->leaf->total_ns, r->leaf_was ? r->leaf_was->total_ns : 0);
}

static void fill_leaf_mean(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct row *r = from;

	if (r->leaf->calls)
		out_uint(n, f, r->leaf->total_ns / r->leaf->calls);
	else
		out_none(n, f);
}

#define LEAF(member) .at = offsetof(struct tdxctl_leaf, member)

static const struct cli_field leaf_fields[] = {
	{ .key = "leaf", .label = "LEAF", .type = OUT_STR, .fill = fill_leaf },
	{ .key = "calls_per_second",
	  .label = "CALLS/S",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_leaf_rate },
	{ .key = "ns_per_second",
	  .label = "TIME/S",
	  .type = OUT_NS,
	  .right = true,
	  .fill = fill_leaf_time,
	  .drop = 1 },
	{ .key = "calls",
	  .label = "CALLS",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_leaf_count,
	  LEAF(calls),
	  .drop = 2 },
	{ .key = "errors",
	  .label = "ERRORS",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_leaf_count,
	  LEAF(errors) },
	{ .key = "busy",
	  .label = "BUSY",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_leaf_count,
	  LEAF(busy),
	  .drop = 3 },
	{ .key = "mean_ns",
	  .label = "MEAN",
	  .type = OUT_NS,
	  .right = true,
	  .fill = fill_leaf_mean,
	  .drop = 4 },
	{ .key = "max_ns",
	  .label = "MAX",
	  .type = OUT_NS,
	  .right = true,
	  .fill = fill_leaf_count,
	  LEAF(max_ns),
	  .drop = 5 },
};

static void fill_cpu_u32(struct out_node *n, const struct cli_field *f, const void *from)
{
	out_uint(n, f, *(const uint32_t *)((const char *)((const struct row *)from)->cpu + f->at));
}

static void fill_cpu_online(struct out_node *n, const struct cli_field *f, const void *from)
{
	bool online = ((const struct row *)from)->cpu->online;

	out_style(out_bool(n, f, online), online ? STYLE_NONE : STYLE_DIM);
}

static void fill_cpu_state(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct tdxctl_cpu *c = ((const struct row *)from)->cpu;
	static const enum out_style styles[TDXCTL_CPU_STATES] = {
		[TDXCTL_CPU_UNKNOWN] = STYLE_DIM,     [TDXCTL_CPU_ENABLED] = STYLE_GOOD,
		[TDXCTL_CPU_NOT_ENABLED] = STYLE_BAD, [TDXCTL_CPU_VMX_OFF] = STYLE_BAD,
		[TDXCTL_CPU_NO_SEAM] = STYLE_BAD,
	};

	if (c->online)
		out_style(out_str(n, f, tdxctl_cpu_state_str(c->state)), styles[c->state]);
	else
		out_none(n, f);
}

static void fill_cpu_rate(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct row *r = from;

	add_rate(n, f, r, r->cpu->seamcalls, r->cpu_was ? r->cpu_was->seamcalls : 0);
}

static void fill_cpu_calls(struct out_node *n, const struct cli_field *f, const void *from)
{
	out_uint(n, f, ((const struct row *)from)->cpu->seamcalls);
}

static void fill_cpu_last(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct row *r = from;

	if (r->cpu->last_ns)
		out_uint(n, f, view_age(sample_snap(r->s), r->cpu->last_ns));
	else
		out_none(n, f);
}

#define CPU(member) .at = offsetof(struct tdxctl_cpu, member)

static const struct cli_field cpu_fields[] = {
	{ .key = "cpu",
	  .label = "CPU",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_cpu_u32,
	  CPU(cpu) },
	{ .key = "package",
	  .label = "PACKAGE",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_cpu_u32,
	  CPU(package),
	  .drop = 3 },
	{ .key = "online", .label = "ONLINE", .type = OUT_BOOL, .fill = fill_cpu_online },
	{ .key = "state", .label = "TDX", .type = OUT_STR, .fill = fill_cpu_state },
	{ .key = "seamcalls_per_second",
	  .label = "SEAMCALLS/S",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_cpu_rate },
	{ .key = "seamcalls",
	  .label = "SEAMCALLS",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_cpu_calls,
	  .drop = 2 },
	{ .key = "last_ns",
	  .label = "LAST CALL",
	  .type = OUT_NS,
	  .right = true,
	  .fill = fill_cpu_last,
	  .drop = 1 },
};

static const struct cli_field leaf_table = {
	.key = "leaves",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No SEAMCALLs.",
	.columns = leaf_fields,
	.nr_columns = ARRAY_SIZE(leaf_fields),
};

static const struct cli_field cpu_table = {
	.key = "cpu_list",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No CPUs.",
	.columns = cpu_fields,
	.nr_columns = ARRAY_SIZE(cpu_fields),
};

const struct cli_field *page_table(enum page_view view)
{
	return view == PAGE_TDS ? &td_live_table : view == PAGE_LEAVES ? &leaf_table : &cpu_table;
}

/* ---- rows ---- */

static size_t count_of(enum page_view view, const struct tdxctl_snapshot *s)
{
	return view == PAGE_TDS ? s->nr_tds : view == PAGE_LEAVES ? s->nr_leaves : s->nr_cpus;
}

static const struct tdxctl_leaf *leaf_before(const struct sample *s, uint32_t leaf)
{
	const struct tdxctl_snapshot *b = s->before ? s->before->snap : NULL;
	static const struct tdxctl_leaf none;

	for (size_t i = 0; b && i < b->nr_leaves; i++)
		if (b->leaves[i].leaf == leaf)
			return &b->leaves[i];
	return b ? &none : NULL;
}

/* Fills @f of item @i, or all fields if it is NULL. */
static void fill_item(struct out_node *n, enum page_view view, const struct sample *s, size_t i,
		      const struct cli_field *f)
{
	const struct tdxctl_snapshot *now = sample_snap(s), *b = s->before ? s->before->snap : NULL;
	const struct view_td td = { .snap = now, .view = &now->tds[i], .live = &s->live[i] };
	struct row r = { .s = s };
	const struct cli_field *t = page_table(view);

	if (view == PAGE_LEAVES) {
		r.leaf = &now->leaves[i];
		r.leaf_was = leaf_before(s, r.leaf->leaf);
	} else if (view == PAGE_CPUS) {
		r.cpu = &now->cpus[i];
		r.cpu_was = b && i < b->nr_cpus && b->cpus[i].cpu == r.cpu->cpu ? &b->cpus[i] :
										  NULL;
	}
	for (size_t k = 0; k < t->nr_columns; k++)
		if (!f || f == &t->columns[k])
			t->columns[k].fill(n, &t->columns[k],
					   view == PAGE_TDS ? (const void *)&td : &r);
}

static bool contains(const char *text, const char *what)
{
	return text && strcasestr(text, what);
}

static bool matches(const struct page *p, const struct sample *s, size_t i)
{
	const struct tdxctl_snapshot *now = sample_snap(s);
	char number[16];

	if (!*p->filter)
		return true;
	if (p->view == PAGE_LEAVES)
		return contains(tdxctl_leaf_str(now->leaves[i].leaf), p->filter);
	if (p->view == PAGE_CPUS)
		return contains(tdxctl_cpu_state_str(now->cpus[i].state), p->filter);
	snprintf(number, sizeof(number), "%d", (int)now->tds[i].vm.pid);
	return contains(now->tds[i].vm.name, p->filter) ||
	       contains(now->tds[i].vm.uuid, p->filter) || !strcmp(number, p->filter) ||
	       contains(tdxctl_td_state_str(now->tds[i].td.state), p->filter);
}

/* Only the column that decides is built for every item; all columns only for visible ones. */
int page_arrange(struct page *p, const struct sample *s)
{
	const struct cli_field *table = page_table(p->view), *sort = p->sort[p->view];
	size_t n = count_of(p->view, sample_snap(s)), at = 0;
	struct out *out = out_new();
	struct out_node *array;
	int err = 0;

	free(p->order);
	p->order = calloc(n + 1, sizeof(*p->order));
	p->nr_rows = 0;
	if (!out || !p->order) {
		out_free(out);
		return -ENOMEM;
	}
	array = out_array(out_root(out), table);
	for (size_t i = 0; i < n; i++) {
		struct out_node *row;

		if (!matches(p, s, i))
			continue;
		row = out_row(array);
		if (!row)
			break;
		row->u = i;
		fill_item(row, p->view, s, i, sort);
	}
	out_sort(out_root(out), table, sort, p->down[p->view]);
	if (out_failed(out))
		err = -ENOMEM;
	for (const struct out_node *row = array ? array->first : NULL; row; row = row->next)
		p->order[at++] = row->u;
	p->nr_rows = at;
	out_free(out);
	return err;
}

void page_rows(struct out_node *root, const struct page *p, const struct sample *s, size_t first,
	       size_t count)
{
	struct out_node *array = out_array(root, page_table(p->view));

	for (size_t i = first; i < p->nr_rows && i - first < count; i++)
		fill_item(out_row(array), p->view, s, p->order[i], NULL);
}

/* ---- columns ---- */

static const char *const td_columns[] = { "td",	   "vm",      "pid",	"hkid",	       "state",
					  "vcpus", "private", "change", "seamcalls/s", "teardown" };

void page_set_columns(struct cli_app *app, enum page_view view)
{
	static const struct cli_field *usual[ARRAY_SIZE(td_columns)];
	struct out_mode *m = &app->mode;
	size_t columns = 1;

	for (const char *c = app->v.columns; c && *c; c++)
		columns += *c == ',';
	m->table = page_table(view);
	m->only_table = false;
	m->one_line = m->columns > 0;
	m->may_drop = !app->v.columns;
	if (view != PAGE_TDS) {
		m->nr_only = m->nr_more = 0;
	} else if (app->v.columns) {
		/* As cli_mode() has set them. */
		m->nr_only = m->nr_more = 0;
		*(*app->v.columns == '+' ? &m->nr_more : &m->nr_only) = columns;
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(td_columns); i++)
			usual[i] = out_column(&td_live_table, td_columns[i], strlen(td_columns[i]));
		m->only = usual;
		m->nr_only = ARRAY_SIZE(usual);
	}
}

void page_init(struct page *p)
{
	static const char *const by[PAGE_VIEWS] = {
		[PAGE_TDS] = "seamcalls/s",
		[PAGE_LEAVES] = "calls/s",
		[PAGE_CPUS] = "cpu",
	};

	*p = (struct page){ 0 };
	for (unsigned int v = 0; v < PAGE_VIEWS; v++) {
		p->sort[v] = out_column(page_table(v), by[v], strlen(by[v]));
		p->down[v] = v != PAGE_CPUS;
	}
}

void page_free(struct page *p)
{
	free(p->order);
	p->order = NULL;
}

void page_sort_next(struct page *p, int step)
{
	const struct cli_field *t = page_table(p->view), *f;
	size_t at = (size_t)(p->sort[p->view] - t->columns);
	char name[32];

	do {
		at = (at + t->nr_columns + (size_t)step) % t->nr_columns;
		f = &t->columns[at];
	} while (!out_column_name(f, name, sizeof(name)) || f->wide);
	p->sort[p->view] = f;
	/* Numbers from the largest one on. */
	p->down[p->view] = f->right && f->type != OUT_INT;
}

/* ---- head ---- */

static const struct cli_field host = { .label = "Host", .type = OUT_STR };
static const struct cli_field seam = { .key = "seamcalls", .label = "", .type = OUT_OBJECT };
enum { S_CALLS, S_RATE, S_TIME, S_ERRORS, S_MISSED, S_TEXT };
static const struct cli_field seam_fields[] = {
	[S_CALLS] = { .key = "total", .type = OUT_UINT },
	[S_RATE] = { .key = "per_second", .type = OUT_UINT },
	[S_TIME] = { .key = "ns_per_second", .type = OUT_NS },
	[S_ERRORS] = { .key = "errors", .type = OUT_UINT },
	[S_MISSED] = { .key = "missed", .type = OUT_UINT },
	[S_TEXT] = { .label = "SEAMCALLs", .type = OUT_STR },
};

struct totals {
	uint64_t ns, errors;
};

static struct totals sum(const struct tdxctl_snapshot *s)
{
	struct totals t = { 0 };

	for (size_t i = 0; i < s->nr_leaves; i++) {
		t.ns += s->leaves[i].total_ns;
		t.errors += s->leaves[i].errors;
	}
	return t;
}

static void head_seamcalls(struct out_node *root, const struct sample *s)
{
	const struct tdxctl_snapshot *now = sample_snap(s);
	const char *why = tdxctl_unknown_why(now, TDXCTL_SUBJECT_SEAMCALLS);
	struct out_node *n = out_object(root, &seam);
	struct totals t = sum(now), was = { 0 };
	uint64_t rate, ns, bad;
	char text[200];

	if (why && now->source == TDXCTL_SOURCE_HOST) {
		for (size_t i = 0; i < S_TEXT; i++)
			out_unknown(n, &seam_fields[i], why);
		out_style(out_unknown(n, &seam_fields[S_TEXT], why), STYLE_DIM);
		return;
	}
	out_uint(n, &seam_fields[S_CALLS], now->hdr.seamcalls);
	if (s->before) {
		was = sum(s->before->snap);
		rate = sample_rate(s, now->hdr.seamcalls, s->before->snap->hdr.seamcalls);
		ns = sample_rate(s, t.ns, was.ns);
		out_uint(n, &seam_fields[S_RATE], rate);
		out_uint(n, &seam_fields[S_TIME], ns);
		snprintf(text, sizeof(text), "%" PRIu64 "/s, %.1f %% of a CPU in the TDX module, ",
			 rate, (double)ns / 1e7);
	} else {
		out_unknown(n, &seam_fields[S_RATE], one_look);
		out_unknown(n, &seam_fields[S_TIME], one_look);
		snprintf(text, sizeof(text), "%" PRIu64 " so far, ", (uint64_t)now->hdr.seamcalls);
	}
	out_uint(n, &seam_fields[S_ERRORS], t.errors);
	out_uint(n, &seam_fields[S_MISSED], now->hdr.missed);
	bad = now->hdr.missed;
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%" PRIu64 " error%s", t.errors,
		 t.errors == 1 ? "" : "s");
	if (bad)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 ", %" PRIu64 " not seen by the helper", bad);
	out_style(out_str(n, &seam_fields[S_TEXT], text),
		  bad || (s->before && t.errors > was.errors) ? STYLE_WARN : STYLE_NONE);
}

static const struct cli_field packages = { .label = "Packages", .type = OUT_STR };

static void head_packages(struct out_node *root, const struct tdxctl_snapshot *s)
{
	char text[120] = "";
	size_t bare = 0;

	for (size_t i = 0; i < s->nr_packages; i++)
		bare += !view_covered(&s->packages[i]);
	snprintf(text, sizeof(text), "%zu, %s", s->nr_packages,
		 bare ? "" : "each with an online CPU");
	if (bare)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%zu without an online CPU: no TD can be created", bare);
	out_style(out_str(root, &packages, text), bare ? STYLE_BAD : STYLE_NONE);
}

static void head_host(struct out_node *root, const struct sample *s)
{
	const struct tdxctl_snapshot *now = sample_snap(s);
	char up[40];

	tdxctl_duration_str(up, sizeof(up), now->hdr.now_ns / 1000000000 * 1000000000);
	if (now->hdr.now_ns)
		out_strf(root, &host, "%s, up %s%s", view_source(now->source), up,
			 s->restarted ? "; the counters have started again" : "");
	else
		out_strf(root, &host, "%s", view_source(now->source));
}

void page_head(struct out_node *root, const struct sample *s)
{
	head_host(root, s);
	view_summary_hkids(root, s->now);
	view_summary_tds(root, s->now);
	view_summary_cpus(root, sample_snap(s));
	head_packages(root, sample_snap(s));
	view_summary_locks(root, sample_snap(s));
	head_seamcalls(root, s);
}
