// SPDX-License-Identifier: GPL-2.0-only
/* monitor: what happens on the host, one line for each event. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <events.h>
#include <health.h>

#include "top.h"

enum { M_EVENT, M_TIME, M_UP, M_TD, M_VM, M_PID, M_HKID, M_PKG, M_CPU, M_VALUE };
static const struct cli_field fields[] = {
	[M_EVENT] = { .key = "event", .type = OUT_STR },
	[M_TIME] = { .key = "time", .type = OUT_STR },
	[M_UP] = { .key = "uptime_ns", .type = OUT_NS },
	[M_TD] = { .key = "td", .type = OUT_UINT },
	[M_VM] = { .key = "vm", .type = OUT_STR },
	[M_PID] = { .key = "pid", .type = OUT_INT },
	[M_HKID] = { .key = "hkid", .type = OUT_UINT },
	[M_PKG] = { .key = "package", .type = OUT_UINT },
	[M_CPU] = { .key = "cpu", .type = OUT_UINT },
	[M_VALUE] = { .key = "value", .type = OUT_UINT },
};

#define DELAY_NS 500000000 /* without -d */

struct monitor {
	struct cli_app *app;
	bool wanted[TDXCTL_EVENTS];
	struct tdxctl_event_limits limits;
	struct sample s;
	struct tdxctl_listener *listener; /* NULL: look from time to time only */
	bool no_bpf;			  /* BPF programs cannot be used */
	struct tdxctl_heard heard;	  /* new TDs since the last report */
	unsigned int printed;
};

/* ---- which events ---- */

static int parse_kinds(struct monitor *m, const char *list)
{
	char hint[400] = "Kinds: ";
	size_t i;

	for (i = 0; i < TDXCTL_EVENTS; i++) {
		m->wanted[i] = !list;
		snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint), "%s%s",
			 tdxctl_event_kinds[i].name, i + 1 < TDXCTL_EVENTS ? ", " : ".");
	}
	while (list) {
		size_t len = strcspn(list, ",");

		for (i = 0; i < TDXCTL_EVENTS; i++)
			if (strlen(tdxctl_event_kinds[i].name) == len &&
			    !strncmp(tdxctl_event_kinds[i].name, list, len))
				break;
		if (i == TDXCTL_EVENTS)
			return cli_error(m->app, CLI_USAGE, "usage", hint,
					 "--only: unknown kind '%.*s'", (int)len, list);
		m->wanted[i] = true;
		list = list[len] ? list + len + 1 : NULL;
	}
	return CLI_OK;
}

static bool is_td(const struct tdxctl_event *ev, const char *sel)
{
	char text[32];

	if (!ev->td)
		return false;
	if (!strcmp(ev->td->vm.name, sel) || (ev->td->vm.uuid && !strcasecmp(ev->td->vm.uuid, sel)))
		return true;
	snprintf(text, sizeof(text), "td:%u", ev->td->td.id);
	if (!strcmp(text, sel))
		return true;
	snprintf(text, sizeof(text), "hkid:%u", ev->hkid);
	if (ev->hkid != TDXCTL_UNKNOWN32 && !strcmp(text, sel))
		return true;
	snprintf(text, sizeof(text), "%d", ev->td->td.owner.tgid);
	return !strcmp(text, sel);
}

/* ---- printing ---- */

/* The time of day of an event; false for a host without one. */
static bool time_of_day(const struct monitor *m, const struct tdxctl_event *ev, char *buf,
			size_t len)
{
	const struct tdxctl_snapshot *s = sample_snap(&m->s);
	uint64_t age = s->hdr.now_ns > ev->time_ns ? s->hdr.now_ns - ev->time_ns : 0, now;

	return !tdxctl_host_time(m->app->ctx, &now) && text_time(buf, len, now - age / 1000000000);
}

static int print_json(const struct monitor *m, const struct tdxctl_event *ev)
{
	struct out *out = out_new();
	struct out_node *root;
	char when[40];
	int err;

	if (!out)
		return -ENOMEM;
	root = out_root(out);
	out_str(root, &fields[M_EVENT], tdxctl_event_kinds[ev->kind].name);
	if (time_of_day(m, ev, when, sizeof(when)))
		out_str(root, &fields[M_TIME], when);
	else
		out_unknown(root, &fields[M_TIME], "an emulated host has no time of day");
	out_uint(root, &fields[M_UP], ev->time_ns);
	out_uint_or_none(root, &fields[M_TD], ev->td ? ev->td->td.id : 0, 0);
	out_str_or_none(root, &fields[M_VM], ev->td ? ev->td->vm.name : NULL);
	out_uint_or_none(root, &fields[M_PID], ev->td ? (uint64_t)ev->td->td.owner.tgid : 0, 0);
	out_uint_or_none(root, &fields[M_HKID], ev->hkid, TDXCTL_UNKNOWN32);
	out_uint_or_none(root, &fields[M_PKG], ev->package, TDXCTL_UNKNOWN32);
	out_uint_or_none(root, &fields[M_CPU], ev->cpu, TDXCTL_UNKNOWN32);
	out_uint_or_none(root, &fields[M_VALUE], ev->value, TDXCTL_UNKNOWN);
	err = out_failed(out) ? -ENOMEM : out_json_line(out, stdout, "monitor");
	out_free(out);
	return err;
}

/* The length of @unit, without the "s" of the plural for 1. */
static int unit_length(const char *unit, uint64_t value)
{
	size_t len = strlen(unit);

	return (int)(value == 1 && len && unit[len - 1] == 's' ? len - 1 : len);
}

/* "2026-01-31T12:00:00Z  hkid-leaked        build (td:3), HKID 19" */
static int print_text(const struct monitor *m, const struct tdxctl_event *ev)
{
	const struct tdxctl_event_info *info = &tdxctl_event_kinds[ev->kind];
	bool colour = m->app->mode.colour && info->bad;
	char when[40], about[300] = "", age[40];
	char *name;

	if (!time_of_day(m, ev, when, sizeof(when)))
		snprintf(when, sizeof(when), "%12.3f s", (double)ev->time_ns / 1e9);
	if (ev->td) {
		name = text_clean(ev->td->vm.name);
		snprintf(about, sizeof(about), "%s (td:%u)", name ? name : "", ev->td->td.id);
		free(name);
	}
	if (ev->hkid != TDXCTL_UNKNOWN32)
		snprintf(about + strlen(about), sizeof(about) - strlen(about), "%sHKID %u",
			 *about ? ", " : "", ev->hkid);
	if (ev->kind == TDXCTL_EVENT_LOCK_HELD) {
		tdxctl_duration_str(age, sizeof(age), ev->value);
		if (ev->package == TDXCTL_UNKNOWN32)
			snprintf(about, sizeof(about), "tdx_lock, for %s", age);
		else
			snprintf(about, sizeof(about), "key-config lock of package %u, for %s",
				 ev->package, age);
	} else {
		if (ev->package != TDXCTL_UNKNOWN32)
			snprintf(about + strlen(about), sizeof(about) - strlen(about),
				 "%spackage %u", *about ? ", " : "", ev->package);
		if (ev->cpu != TDXCTL_UNKNOWN32)
			snprintf(about + strlen(about), sizeof(about) - strlen(about), ", CPU %u",
				 ev->cpu);
		if (ev->value != TDXCTL_UNKNOWN)
			snprintf(about + strlen(about), sizeof(about) - strlen(about),
				 "%s%" PRIu64 " %.*s", *about ? ", " : "", ev->value,
				 unit_length(info->value, ev->value), info->value);
	}
	printf("%s  %s%s%s%*s%s\n", when, colour ? "\033[1;31m" : "", info->name,
	       colour ? "\033[0m" : "", *about ? (int)(19 - strlen(info->name)) : 0, "", about);
	return 0;
}

/* Returns a negative errno, or 1 when enough is printed. */
static int on_event(void *arg, const struct tdxctl_event *ev)
{
	struct monitor *m = arg;
	int err;

	if (!m->wanted[ev->kind] || (m->app->v.td && !is_td(ev, m->app->v.td)))
		return 0;
	err = m->app->v.json ? print_json(m, ev) : print_text(m, ev);
	if (err)
		return err;
	m->printed++;
	return m->printed == m->app->v.count;
}

/* An event that is about no TD. */
static int on_host(struct monitor *m, enum tdxctl_event_kind kind, uint64_t value)
{
	const struct tdxctl_event ev = {
		.kind = kind,
		.hkid = TDXCTL_UNKNOWN32,
		.package = TDXCTL_UNKNOWN32,
		.cpu = TDXCTL_UNKNOWN32,
		.value = value,
		.time_ns = sample_snap(&m->s)->hdr.now_ns,
	};

	return on_event(m, &ev);
}

/* ---- the loop ---- */

/*
 * Listens to the helper, which may be loaded later, and again, or else to BPF programs. What
 * they lack does not come later, except KVM: another try would cost time.
 */
static void listen_again(struct monitor *m)
{
	int err = tdxctl_listen(m->app->ctx, !m->no_bpf, &m->listener);

	if (err)
		m->listener = NULL;
	m->no_bpf |= err == -EOPNOTSUPP || err == -EPERM;
}

/* Whether memory of a TD is on its way back: no event is sent when all of it is. */
static bool is_emptying(const struct tdxctl_snapshot *s)
{
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;

		if (td->state == TDXCTL_TD_TEARDOWN && td->private_pages &&
		    td->private_pages != TDXCTL_UNKNOWN)
			return true;
	}
	return false;
}

static void drop_listener(struct monitor *m)
{
	tdxctl_listener_free(m->listener);
	m->listener = NULL;
}

/* Waits for an event, or as long as there is none for the next look. Returns as on_event(). */
static int pause_for(struct monitor *m, uint64_t ns)
{
	struct pollfd fd = { .fd = -1, .events = POLLIN };
	struct timespec t;

	if (!m->listener)
		listen_again(m);
	if (m->listener) {
		fd.fd = tdxctl_listener_fd(m->listener);
		if (ns > DELAY_NS && is_emptying(sample_snap(&m->s)))
			ns = DELAY_NS;
	}
	t = (struct timespec){ .tv_sec = (time_t)(ns / 1000000000),
			       .tv_nsec = (long)(ns % 1000000000) };
	if (ppoll(&fd, 1, &t, NULL) <= 0 || !m->listener)
		return 0;
	tdxctl_listener_read(m->listener, &m->heard);
	/* Readable, but nothing to read. */
	if (!m->heard.events && !m->heard.lost)
		drop_listener(m);
	return m->heard.lost ? on_host(m, TDXCTL_EVENT_MISSED, m->heard.lost) : 0;
}

/* TDs that began and ended between two looks. */
static int report_unseen(struct monitor *m, const struct tdxctl_snapshot *before)
{
	size_t n = tdxctl_unseen_tds(m->heard.created, m->heard.nr_created, before,
				     sample_snap(&m->s));

	m->heard.nr_created = 0;
	return n ? on_host(m, TDXCTL_EVENT_TDS_UNSEEN, n) : 0;
}

static int report(struct monitor *m, bool first)
{
	const struct tdxctl_snapshot *before = m->s.before ? m->s.before->snap : NULL;
	int err = 0;

	if (first && !m->app->v.initial)
		return 0;
	if (m->s.restarted) {
		/* Its family has another number now, or there is a better source. */
		drop_listener(m);
		m->heard.nr_created = 0;
		err = on_host(m, TDXCTL_EVENT_RESTARTED, TDXCTL_UNKNOWN);
	}
	if (!err)
		err = tdxctl_events(before, sample_snap(&m->s), &m->limits, on_event, m);
	return err ? err : report_unseen(m, before);
}

static void set_limits(struct monitor *m)
{
	struct tdxctl_thresholds t;

	const struct tdxctl_limit *free = &t.warning[TDXCTL_CHECK_HKIDS_FREE];

	cli_limits_of_host(m->app, &t);
	m->limits.lock_ns = t.warning[TDXCTL_CHECK_LOCK_HELD].value;
	m->limits.hkids_free = free->value == TDXCTL_UNKNOWN ? 0 : free->value;
	if (free->percent && m->limits.hkids_free)
		m->limits.hkids_free = sample_snap(&m->s)->nr_hkids * free->value / 100;
}

int cmd_monitor(struct cli_app *app, int argc, char **argv)
{
	uint64_t delay_ns = app->v.delay_ns ? app->v.delay_ns : DELAY_NS;
	struct monitor m = { .app = app };
	bool failed = false;
	int code = parse_kinds(&m, app->v.only), err;

	if (code)
		return code;
	cli_stop_begin();
	err = sample_take(&m.s, app->ctx);
	if (err)
		return cli_lib_error(app, err, "cannot read host state");
	if (!sample_snap(&m.s)->platform.has_tdx) {
		sample_free(&m.s);
		return cli_error(app, CLI_NO_TDX, "no-tdx", "'tdxctl doctor' shows why.",
				 "this host has no TDX, or it is off");
	}
	app->silent = true;
	set_limits(&m);
	err = report(&m, true);
	while (!err && !cli_stopped() && !fflush(stdout)) {
		err = pause_for(&m, delay_ns);
		if (err || cli_stopped())
			break;
		err = sample_take(&m.s, app->ctx);
		if (!err) {
			failed = false;
			err = report(&m, false);
		} else if (!failed) {
			/* It may pass; what happens meanwhile is reported then. */
			failed = true;
			cli_note(app, "tdxctl: warning: %s", tdxctl_error(app->ctx));
			err = 0;
		} else {
			err = 0;
		}
	}
	drop_listener(&m);
	free(m.heard.created);
	sample_free(&m.s);
	return err < 0 ? cli_lib_error(app, err, "cannot print the event") : CLI_OK;
}
