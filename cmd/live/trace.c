// SPDX-License-Identifier: GPL-2.0-only
/* trace: a line for each call to the TDX module. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <trace.h>

#include "trace.h"

#define POLL_MS 200

enum {
	TIME,
	DURATION,
	CPU,
	PID,
	TID,
	COMM,
	LEAF,
	TD,
	TDR,
	HKID,
	GPA,
	LEVEL,
	PAGE,
	STATUS,
	STATUS_NAME,
	LOST
};

static const struct cli_field fields[] = {
	[TIME] = { .key = "time_ns", .type = OUT_NS },
	[DURATION] = { .key = "duration_ns", .type = OUT_NS },
	[CPU] = { .key = "cpu", .type = OUT_UINT },
	[PID] = { .key = "pid", .type = OUT_INT },
	[TID] = { .key = "tid", .type = OUT_INT },
	[COMM] = { .key = "process", .type = OUT_STR },
	[LEAF] = { .key = "leaf", .type = OUT_STR },
	[TD] = { .key = "vm", .type = OUT_STR },
	[TDR] = { .key = "tdr", .type = OUT_HEX },
	[HKID] = { .key = "hkid", .type = OUT_UINT },
	[GPA] = { .key = "gpa", .type = OUT_HEX },
	[LEVEL] = { .key = "level", .type = OUT_UINT },
	[PAGE] = { .key = "page", .type = OUT_HEX },
	[STATUS] = { .key = "status", .type = OUT_HEX },
	[STATUS_NAME] = { .key = "status_name", .type = OUT_STR },
	[LOST] = { .key = "lost", .type = OUT_UINT },
};

struct printer {
	struct cli_app *app;
	uint64_t lost;
};

static const char *leaf_name(const struct tdxctl_call *c)
{
	const char *name = tdxctl_leaf_str(c->leaf);

	return name ? name : "unknown leaf";
}

static void fill_call(struct out_node *n, const struct tdxctl_call *c)
{
	out_uint(n, &fields[TIME], c->start_ns);
	out_uint(n, &fields[DURATION], c->duration_ns);
	out_uint(n, &fields[CPU], c->cpu);
	out_int(n, &fields[PID], c->pid);
	out_int(n, &fields[TID], c->tid);
	out_str(n, &fields[COMM], c->comm);
	out_str(n, &fields[LEAF], leaf_name(c));
	out_str_or_none(n, &fields[TD], c->td);
	out_uint_or_none(n, &fields[TDR], c->tdr, TDXCTL_UNKNOWN);
	out_uint_or_none(n, &fields[HKID], c->hkid, TDXCTL_UNKNOWN32);
	out_uint_or_none(n, &fields[GPA], c->gpa, TDXCTL_UNKNOWN);
	out_uint_or_none(n, &fields[LEVEL], c->level, TDXCTL_UNKNOWN32);
	out_uint_or_none(n, &fields[PAGE], c->page, TDXCTL_UNKNOWN);
	out_uint(n, &fields[STATUS], c->status);
	out_str_or_none(n, &fields[STATUS_NAME], tdxctl_status_str(c->status));
	out_uint(n, &fields[LOST], 0);
}

static void fill_lost(struct out_node *n, uint64_t lost)
{
	for (int i = TIME; i < LOST; i++)
		out_none(n, &fields[i]);
	out_uint(n, &fields[LOST], lost);
}

/* Prints the line of @c, or of @lost calls without one. */
static int print_json(const struct tdxctl_call *c, uint64_t lost)
{
	struct out *o = out_new();
	int err;

	if (!o)
		return -ENOMEM;
	if (c)
		fill_call(out_root(o), c);
	else
		fill_lost(out_root(o), lost);
	err = out_failed(o) ? -ENOMEM : out_json_line(o, stdout, "trace");
	out_free(o);
	return err;
}

/* Prints an argument of a call, after a comma unless it is the first. */
__attribute__((format(printf, 2, 3))) static void arg(bool *first, const char *fmt, ...)
{
	va_list ap;

	if (!*first)
		fputs(", ", stdout);
	*first = false;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

static void print_text(const struct tdxctl_call *c)
{
	const char *status = tdxctl_status_str(c->status);
	bool first = true;
	char age[24];

	printf("[%5" PRIu64 ".%06" PRIu64 "] %03u %s", c->start_ns / NS_PER_S,
	       c->start_ns % NS_PER_S / 1000, c->cpu, c->comm);
	if (c->tid)
		printf("/%d", c->tid);
	printf(" %s(", leaf_name(c));
	if (c->td)
		arg(&first, "td=%s", c->td);
	else if (c->tdr != TDXCTL_UNKNOWN)
		arg(&first, "tdr=0x%" PRIx64, c->tdr);
	if (c->hkid != TDXCTL_UNKNOWN32)
		arg(&first, "hkid=%u", c->hkid);
	if (c->gpa != TDXCTL_UNKNOWN)
		arg(&first, "gpa=0x%" PRIx64, c->gpa);
	if (c->level != TDXCTL_UNKNOWN32)
		arg(&first, "level=%u", c->level);
	if (c->page != TDXCTL_UNKNOWN)
		arg(&first, "page=0x%" PRIx64, c->page);
	tdxctl_duration_str(age, sizeof(age), c->duration_ns);
	if (status)
		printf(") = %s", status);
	else
		printf(") = 0x%" PRIx64, c->status);
	printf(" <%s>\n", age);
}

static int one_call(void *arg, const struct tdxctl_call *c)
{
	struct printer *p = arg;
	int err = 0;

	if (p->app->v.json)
		err = print_json(c, 0);
	else
		print_text(c);
	return err ? err : ferror(stdout) ? -EIO : 0;
}

/* Reports calls that were lost since the last report. */
static int report_lost(struct printer *p, const struct tdxctl_trace *t)
{
	uint64_t lost = tdxctl_trace_lost(t), n = lost - p->lost;

	if (!n)
		return 0;
	p->lost = lost;
	if (p->app->v.json)
		return print_json(NULL, n);
	printf("%" PRIu64 " call%s lost: they were faster than they could be printed\n", n,
	       n == 1 ? "" : "s");
	return 0;
}

/* Parses "50us", "1.5ms" or "2s", up to a day. */
static bool parse_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	char *end;
	double v = strtod(text, &end);

	if (end == text || !isdigit((unsigned char)*text))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].name) || v * units[i].ns > 86400e9)
			continue;
		*ns = (uint64_t)(v * units[i].ns);
		return true;
	}
	return false;
}

int trace_start(struct cli_app *app, struct tdxctl_trace_options *opts, struct tdxctl_trace **out)
{
	int code = CLI_OK, err;

	if (app->v.td) {
		opts->td = cli_find_td(app, app->snap, app->v.td, &code);
		if (!opts->td)
			return code;
	}
	opts->leaf = app->v.leaf;
	err = tdxctl_trace_open(app->ctx, opts, out);
	if (err == -EINVAL)
		return cli_lib_error_as(app, CLI_USAGE, "usage", err, "%s", app->v.leaf);
	if (err == -ENODATA)
		return cli_lib_error_as(app, CLI_USAGE, "usage", err, "trace");
	if (err == -EOPNOTSUPP)
		return cli_lib_error_as(app, CLI_NO_HELPER, "not-supported", err,
					"SEAMCALLs cannot be observed");
	if (err)
		return cli_lib_error(app, err, "SEAMCALLs cannot be observed");
	cli_note(app, "SEAMCALLs are observed; Ctrl-C ends.");
	return CLI_OK;
}

int cmd_trace(struct cli_app *app, int argc, char **argv)
{
	struct tdxctl_trace_options opts = {
		.errors = app->v.errors,
		.events = true,
	};
	struct printer p = { .app = app };
	struct tdxctl_trace *t = NULL;
	bool over = false;
	int code, err = 0;
	uint64_t start;

	if (app->v.longer && !parse_time(app->v.longer, &opts.min_ns))
		return cli_error(app, CLI_USAGE, "usage", "Give a time such as 50us, 2ms or 1s.",
				 "--longer: invalid time '%s'", app->v.longer);
	code = trace_start(app, &opts, &t);
	if (code)
		return code;
	start = tdxctl_clock_ns();
	cli_stop_begin();
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	while (!err && !over && !cli_stopped() &&
	       (!app->v.duration_ns || tdxctl_clock_ns() - start < app->v.duration_ns)) {
		err = tdxctl_trace_poll(t, POLL_MS, one_call, &p);
		over = err == -ENODATA;
		if (over || err == -EINTR)
			err = 0;
		if (!err)
			err = report_lost(&p, t);
		if (fflush(stdout))
			break;
	}
	tdxctl_trace_free(t);
	if (over)
		cli_note(app, "The story of the emulated host is over.");
	app->silent = true;
	return !err || err == -EIO ? CLI_OK : cli_lib_error(app, err, "cannot read calls");
}
