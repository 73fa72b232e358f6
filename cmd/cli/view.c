// SPDX-License-Identifier: GPL-2.0-only
/* Views and lookups that several verbs share. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* A VM that takes longer to start has a problem. */
#define BUILD_NS (60 * 1000000000ULL)

const char view_late[] = "the TD was created before the helper was loaded";

void view_selector(char *buf, size_t len, const struct tdxctl_td_view *td)
{
	if (td->td.id)
		snprintf(buf, len, "td:%u", td->td.id);
	else
		snprintf(buf, len, "%d", (int)td->vm.pid);
}

/* "web (td:1, hkid:17, pid 2001, runnable)": each part after the name is a selector. */
static void candidate(struct cli_app *app, const struct tdxctl_td_view *td)
{
	char line[256], id[24] = "", hkid[24] = "no HKID", pid[24] = "no process";

	if (td->td.id)
		snprintf(id, sizeof(id), "td:%u, ", td->td.id);
	if (td->td.hkid == TDXCTL_UNKNOWN32)
		snprintf(hkid, sizeof(hkid), "HKID unknown");
	else if (td->td.hkid)
		snprintf(hkid, sizeof(hkid), "hkid:%u", td->td.hkid);
	if (td->vm.pid)
		snprintf(pid, sizeof(pid), "pid %d", (int)td->vm.pid);
	snprintf(line, sizeof(line), "%s (%s%s, %s, %s)", td->vm.name, id, hkid, pid,
		 tdxctl_td_state_str(td->td.state));
	out_candidate(app->out, line);
}

/* More would scroll the message off the screen. */
#define MAX_SHOWN 20

static int not_found(struct cli_app *app, const struct tdxctl_snapshot *snap, const char *sel)
{
	const char *s, *plain = "Name a VM by name, UUID, PID, hkid:N or td:N.";
	const char **names;
	char hint[160], some[32] = "", *end;
	long pid = strtol(sel, &end, 10);

	if (pid > 0 && pid <= INT_MAX && !*end && tdxctl_process_has_vm(app->ctx, (pid_t)pid))
		return cli_error(app, CLI_FAILED, "not-found", "'tdxctl td' lists the TDs.",
				 "the VM of process %ld is not a known TD", pid);
	if (!snap->nr_tds)
		return cli_error(app, CLI_FAILED, "not-found", "",
				 "no VM '%s': this host has no TDs", sel);
	names = calloc(snap->nr_tds, sizeof(*names));
	if (!names)
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	for (size_t i = 0; i < snap->nr_tds; i++)
		names[i] = snap->tds[i].vm.name;
	s = cli_suggest(sel, names, snap->nr_tds);
	if (s)
		snprintf(hint, sizeof(hint), "Did you mean '%s'?", s);
	if (snap->nr_tds > MAX_SHOWN) {
		plain = "'tdxctl td' lists all. Name a VM by name, UUID, PID, hkid:N or td:N.";
		snprintf(some, sizeof(some), ", the first %d", MAX_SHOWN);
	}
	cli_error(app, CLI_FAILED, "not-found", s ? hint : plain,
		  "no VM '%s'; this host has %zu TD%s%s", sel, snap->nr_tds,
		  snap->nr_tds == 1 ? "" : "s", some);
	for (size_t i = 0; i < snap->nr_tds && i < MAX_SHOWN; i++)
		candidate(app, &snap->tds[i]);
	free(names);
	return CLI_FAILED;
}

const struct tdxctl_td_view *cli_find_td(struct cli_app *app, const struct tdxctl_snapshot *snap,
					 const char *sel, int *code)
{
	const struct tdxctl_td_view *td = NULL;
	bool numbers = true;
	size_t *idx = NULL;
	int n;

	n = tdxctl_vm_find(app->ctx, snap, sel, &idx);
	if (n == -EINVAL) {
		*code = cli_error(app, CLI_USAGE, "usage",
				  "Name a VM by name, UUID, PID, hkid:N or td:N.",
				  "invalid VM '%s'", sel);
	} else if (n < 0) {
		*code = cli_lib_error(app, n, "%s", sel);
	} else if (n == 0) {
		*code = not_found(app, snap, sel);
	} else if (n > 1) {
		for (int i = 0; i < n; i++)
			numbers &= snap->tds[idx[i]].td.id != 0;
		*code = cli_error(app, CLI_USAGE, "ambiguous",
				  numbers ? "Select one with td:N." : "Select one with its PID.",
				  "'%s' matches %d VMs", sel, n);
		for (int i = 0; i < n; i++)
			candidate(app, &snap->tds[idx[i]]);
	} else {
		td = &snap->tds[idx[0]];
	}
	free(idx);
	return td;
}

const struct tdxctl_td_view *view_td_by_tdr(const struct tdxctl_snapshot *s, uint64_t tdr)
{
	for (size_t i = 0; tdr && i < s->nr_tds; i++)
		if (s->tds[i].td.tdr == tdr)
			return &s->tds[i];
	return NULL;
}

uint64_t view_age(const struct tdxctl_snapshot *s, uint64_t since)
{
	return since && since < s->hdr.now_ns ? s->hdr.now_ns - since : 0;
}

bool view_being_built(const struct tdxctl_snapshot *s, const struct tdxctl_td *td, uint64_t *age)
{
	*age = view_age(s, td->created_ns ? td->created_ns : s->info.attached_ns);
	return td->hkid && td->state > TDXCTL_TD_UNKNOWN && td->state < TDXCTL_TD_RUNNABLE &&
	       *age < BUILD_NS;
}

void view_add_count(char *buf, size_t len, uint64_t n, const char *one, const char *many)
{
	size_t at = strlen(buf);

	if (n)
		snprintf(buf + at, len - at, "%s%" PRIu64 " %s", at ? ", " : "", n,
			 n == 1 || !many ? one : many);
}

/* Bit i of @mask is the i-th package of the snapshot. */
char *view_packages(const struct tdxctl_snapshot *s, uint64_t mask)
{
	char *buf = calloc(1, 64 * 12), *p = buf;

	if (!buf)
		return NULL;
	for (size_t i = 0; i < s->nr_packages && i < 64; i++)
		if (mask & (1ULL << i))
			p += sprintf(p, "%s%u", p == buf ? "" : ",", s->packages[i].id);
	if (mask == TDXCTL_UNKNOWN)
		strcpy(buf, "?");
	else if (p == buf)
		strcpy(buf, "-");
	return buf;
}

void view_count(struct out_node *n, const struct cli_field *f, uint64_t count, uint64_t unknown,
		const char *why)
{
	if (!why && !count && unknown)
		why = "the state of some is not known";
	if (why && !count)
		out_unknown(n, f, why);
	else
		out_uint(n, f, count);
}

pid_t view_pid(const struct tdxctl_td_view *td, const struct tdxctl_hkid *h)
{
	bool leaked = td ? td->td.state == TDXCTL_TD_LEAKED : h->state == TDXCTL_HKID_LEAKED;

	if (td && td->vm.pid)
		return td->vm.pid;
	/* For what leaked, the former owner is still useful. */
	if (td)
		return leaked ? td->td.owner.tgid : 0;
	return h->owner.tgid;
}

void view_val(struct out_node *n, const struct cli_field *f, const struct tdxctl_val *v)
{
	if (v->readable)
		out_uint(n, f, v->value);
	else
		out_unknown(n, f, v->reason);
}

struct out_node *view_failure(struct out_node *n, const struct cli_field *f, unsigned int leaf,
			      uint64_t status)
{
	const char *leaf_name = leaf ? tdxctl_leaf_str(leaf) : NULL;
	const char *status_name = tdxctl_status_str(status);

	return out_strf(n, f, "%s: %s (0x%" PRIx64 ")", leaf_name ? leaf_name : "?",
			status_name ? status_name : "unknown status", status);
}

enum out_style view_hkid_style(unsigned int state)
{
	switch (state) {
	case TDXCTL_HKID_FREE:
		return STYLE_DIM;
	case TDXCTL_HKID_CONFIGURED:
		return STYLE_GOOD;
	case TDXCTL_HKID_FLUSHING:
		return STYLE_WARN;
	case TDXCTL_HKID_LEAKED:
		return STYLE_BAD;
	default:
		return STYLE_NONE;
	}
}

enum out_style view_td_style(unsigned int state)
{
	switch (state) {
	case TDXCTL_TD_RUNNABLE:
		return STYLE_GOOD;
	case TDXCTL_TD_BLOCKED:
	case TDXCTL_TD_TEARDOWN:
		return STYLE_WARN;
	case TDXCTL_TD_LEAKED:
		return STYLE_BAD;
	default:
		return STYLE_NONE;
	}
}

const char *view_source(enum tdxctl_source source)
{
	switch (source) {
	case TDXCTL_SOURCE_HELPER:
		return "helper";
	case TDXCTL_SOURCE_EMULATED:
		return "emulated";
	case TDXCTL_SOURCE_BPF:
		return "bpf";
	default:
		return "host";
	}
}

const char *view_lock(unsigned int kind)
{
	static const char *const names[TDXCTL_LOCK_KINDS] = {
		[TDXCTL_LOCK_TDX] = "tdx_lock",
		[TDXCTL_LOCK_KEY_CONFIG] = "tdx_mng_key_config_lock",
	};

	return kind < TDXCTL_LOCK_KINDS ? names[kind] : "unknown";
}

const char *view_why(const struct tdxctl_snapshot *s)
{
	return tdxctl_has_seamcalls(s) ? view_late : tdxctl_no_helper;
}

bool view_covered(const struct tdxctl_package *p)
{
	return p->online_cpus > 0;
}
