/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of all verbs, for the table in cmds.c. */
#ifndef TDXCTL_OPTS_H
#define TDXCTL_OPTS_H

#include "check/check.h"
#include "cmd.h"

static const char *const colors[] = { "auto", "always", "never", NULL };

static const struct cli_opt global_opts[] = {
	{ .name = "json",
	  .letter = 'j',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(json),
	  .help = "print one JSON object" },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(quiet),
	  .help = "print only the result: no plan, progress or notes" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = CLI_OPT_COUNT,
	  .offset = CLI_VALUE(verbose),
	  .help = "print more columns; twice: also debug messages" },
	{ .name = "color",
	  .type = CLI_OPT_CHOICE,
	  .arg = "WHEN",
	  .offset = CLI_VALUE(color),
	  .values = colors,
	  .help = "auto (default, on a terminal), always or never" },
	{ .name = "no-color",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(no_color),
	  .help = "like --color=never (also: NO_COLOR)" },
	{ .name = "root",
	  .type = CLI_OPT_STRING,
	  .arg = "DIR",
	  .offset = CLI_VALUE(root),
	  .help = "read the captured host below DIR" },
	{ .name = "emulate",
	  .type = CLI_OPT_OPTIONAL,
	  .arg = "FILE",
	  .offset = CLI_VALUE(emulate),
	  .offset2 = CLI_VALUE(emulate_file),
	  .help = "use an emulated host: the built-in one, or FILE" },
	{ .name = "from-report",
	  .type = CLI_OPT_STRING,
	  .arg = "FILE",
	  .offset = CLI_VALUE(from_report),
	  .help = "read the host from the output of 'tdxctl report'" },
	{ .name = "help",
	  .letter = 'h',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(help),
	  .help = "print this help; after a verb, help about it" },
	{ .name = "version",
	  .letter = 'V',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(version),
	  .help = "print the version" },
};

/* clang-format off */
#define WATCH_OPT \
	{ .name = "watch", \
	  .type = CLI_OPT_OPTIONAL, \
	  .arg = "S", \
	  .offset = CLI_VALUE(watch), \
	  .offset2 = CLI_VALUE(watch_seconds), \
	  .help = "print it again every S seconds (default 2)" }
#define TIME_OPT \
	{ .name = "time", \
	  .type = CLI_OPT_CHOICE, \
	  .arg = "FORM", \
	  .offset = CLI_VALUE(time_form), \
	  .values = time_forms, \
	  .help = "age (default), or iso: the time of the event" }
#define BYTES_OPT \
	{ .name = "bytes", \
	  .letter = 'b', \
	  .type = CLI_OPT_FLAG, \
	  .offset = CLI_VALUE(bytes), \
	  .help = "print memory in bytes" }
#define TABLE_OPTS \
	{ .name = "columns", \
	  .letter = 'o', \
	  .type = CLI_OPT_STRING, \
	  .arg = "LIST", \
	  .offset = CLI_VALUE(columns), \
	  .words = "columns", \
	  .help = "print these columns; +LIST: also these" }, \
	{ .name = "sort", \
	  .type = CLI_OPT_STRING, \
	  .arg = "COLUMN", \
	  .offset = CLI_VALUE(sort), \
	  .words = "columns", \
	  .help = "sort by COLUMN; -COLUMN: in descending order" }, \
	{ .name = "no-headers", \
	  .type = CLI_OPT_FLAG, \
	  .offset = CLI_VALUE(no_headers), \
	  .help = "print only the rows of the table" }
#define STATE_OPT(states) \
	{ .name = "state", \
	  .type = CLI_OPT_CHOICE, \
	  .arg = "STATE", \
	  .offset = CLI_VALUE(state), \
	  .values = states, \
	  .help = "list only those in this state" }
/* clang-format on */

static const char *const time_forms[] = { "age", "iso", NULL };
static const char *const hkid_states[] = { "unknown",  "free",	 "assigned", "configured",
					   "flushing", "leaked", NULL };
static const char *const td_states[] = { "unknown",	"assigned", "keys-configured",
					 "initialized", "runnable", "blocked",
					 "teardown",	"leaked",   NULL };

static const struct cli_opt status_opts[] = { BYTES_OPT, WATCH_OPT };
static const struct cli_opt td_show_opts[] = { BYTES_OPT, TIME_OPT, WATCH_OPT };
static const struct cli_opt lock_opts[] = { TABLE_OPTS, TIME_OPT, WATCH_OPT };
static const struct cli_opt table_opts[] = { TABLE_OPTS, WATCH_OPT };
static const struct cli_opt hkid_opts[] = { { .name = "all",
					      .letter = 'a',
					      .type = CLI_OPT_FLAG,
					      .offset = CLI_VALUE(all),
					      .help = "also list free HKIDs" },
					    STATE_OPT(hkid_states),
					    TABLE_OPTS,
					    TIME_OPT,
					    WATCH_OPT };
static const struct cli_opt td_list_opts[] = { STATE_OPT(td_states), TABLE_OPTS, BYTES_OPT,
					       TIME_OPT, WATCH_OPT };

static const char *const strategies[] = { "auto", "terminate", "release", "early", "stop", NULL };

static const struct cli_opt release_opts[] = {
	{ .name = "dry-run",
	  .letter = 'n',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(dry_run),
	  .help = "print the plan and change nothing" },
	{ .name = "yes",
	  .letter = 'y',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(yes),
	  .help = "do not ask; required when not on a terminal" },
	{ .name = "building",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(building),
	  .help = "also release a TD that is being built" },
	BYTES_OPT,
	{ .name = "strategy",
	  .type = CLI_OPT_CHOICE,
	  .arg = "NAME",
	  .offset = CLI_VALUE(strategy),
	  .values = strategies,
	  .help = "auto (default), terminate, release, early or stop" },
	{ .name = "cpus",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(cpus),
	  .min = 1,
	  .max = 8192,
	  .help = "reclaim pages on at most N CPUs, 1 to 8192" },
	{ .name = "timeout",
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(timeout_ns),
	  .help = "stop safely after S seconds, for example 0.5" },
};

static const struct cli_opt helper_file_opts[] = {
	{ .name = "file",
	  .type = CLI_OPT_STRING,
	  .arg = "KO",
	  .offset = CLI_VALUE(file),
	  .help = "use module file KO instead of the installed one" },
};

static const struct cli_opt helper_status_opts[] = {
	{ .name = "file",
	  .type = CLI_OPT_STRING,
	  .arg = "KO",
	  .offset = CLI_VALUE(file),
	  .help = "use module file KO instead of the installed one" },
	WATCH_OPT,
};

static const struct cli_opt emulate_init_opts[] = {
	{ .name = "packages",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(packages),
	  .min = 1,
	  .max = 8,
	  .preset = 2,
	  .help = "CPU packages, 1 to 8 (default 2)" },
	{ .name = "cpus-per-package",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(cpus_per_package),
	  .min = 1,
	  .max = 4096,
	  .preset = 4,
	  .help = "CPUs per package, at most 4096 in total (default 4)" },
	{ .name = "mktme-keyids",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(mktme_keyids),
	  .min = 0,
	  .max = 2045,
	  .preset = 15,
	  .help = "shared KeyIDs, below the private ones (default 15)" },
	{ .name = "tdx-keyids",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(tdx_keyids),
	  .min = 2,
	  .max = 2047,
	  .preset = 16,
	  .help = "private KeyIDs, the global one included (default 16)" },
	{ .name = "force",
	  .letter = 'f',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(force),
	  .help = "overwrite FILE" },
};

static const struct cli_opt emulate_play_opts[] = {
	{ .name = "speed",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(speed),
	  .min = 1,
	  .max = 1000,
	  .preset = 1,
	  .help = "play N times as fast, 1 to 1000 (default 1)" },
	{ .name = "from",
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(from_ns),
	  .help = "start S seconds after the beginning" },
	{ .name = "step",
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(step_ns),
	  .help = "play S seconds with each look, whatever the clock says" },
};

static const char *const rule_groups[] = { "core",   "capacity",    "teardown",
					   "update", "attestation", NULL };
static const char *const rule_levels[] = { "info", "warn", "fail", NULL };

static const struct cli_opt doctor_opts[] = {
	{ .name = "group",
	  .type = CLI_OPT_CHOICE,
	  .arg = "NAME",
	  .offset = CLI_VALUE(group),
	  .values = rule_groups,
	  .help = "check only the rules of this group" },
	{ .name = "explain",
	  .type = CLI_OPT_STRING,
	  .arg = "ID",
	  .offset = CLI_VALUE(explain),
	  .words = "rules",
	  .help = "describe rule ID and its result on this host" },
	{ .name = "short",
	  .letter = 's',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(short_form),
	  .help = "print one line per finding" },
	{ .name = "fail-on",
	  .type = CLI_OPT_CHOICE,
	  .arg = "LEVEL",
	  .offset = CLI_VALUE(fail_on),
	  .values = rule_levels,
	  .help = "exit with status 7 from this level on (default fail)" },
	{ .name = "attestation",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(attestation),
	  .help = "also check the rules about remote attestation" },
	{ .name = "vm-log",
	  .type = CLI_OPT_LIST,
	  .arg = "FILE",
	  .offset = CLI_VALUE(vm_log),
	  .help = "also read this log of a VMM; - is standard input" },
	WATCH_OPT,
};

enum { FORMAT_TEXT, FORMAT_NAGIOS, FORMAT_JSON, FORMAT_PROM, FORMATS };
static const char *const check_formats[FORMATS + 1] = {
	[FORMAT_TEXT] = "text",
	[FORMAT_NAGIOS] = "nagios",
	[FORMAT_JSON] = "json",
	[FORMAT_PROM] = "prom",
};
static const struct cli_error_form check_error_forms[FORMATS] = {
	[FORMAT_NAGIOS] = { .print = check_nagios_error },
	[FORMAT_JSON] = { .json = true },
};

static const struct cli_opt check_opts[] = {
	{ .name = "format",
	  .type = CLI_OPT_CHOICE,
	  .arg = "NAME",
	  .offset = CLI_VALUE(format),
	  .values = check_formats,
	  .error_forms = check_error_forms,
	  .help = "text (default), nagios, json or prom" },
	{ .name = "warning",
	  .letter = 'w',
	  .type = CLI_OPT_LIST,
	  .arg = "LIMIT",
	  .offset = CLI_VALUE(warning),
	  .words = "limits",
	  .help = "warning limit CHECK=VALUE; may be repeated" },
	{ .name = "critical",
	  .letter = 'c',
	  .type = CLI_OPT_LIST,
	  .arg = "LIMIT",
	  .offset = CLI_VALUE(critical),
	  .words = "limits",
	  .help = "critical limit CHECK=VALUE; may be repeated" },
	{ .name = "config",
	  .type = CLI_OPT_STRING,
	  .arg = "FILE",
	  .offset = CLI_VALUE(config),
	  .help = "read limits from FILE instead of /etc/tdxctl.conf" },
	{ .name = "timeout",
	  .letter = 't',
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(timeout_ns),
	  .help = "give up after S seconds" },
	WATCH_OPT,
};

static const char *const top_views[] = { "tds", "leaves", "cpus", NULL };

static const struct cli_opt top_opts[] = {
	{ .name = "batch",
	  .letter = 'b',
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(batch),
	  .help = "print pages one after another, also to a file" },
	{ .name = "count",
	  .letter = 'n',
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(count),
	  .min = 1,
	  .max = 1000000,
	  .help = "end after N pages, with -b" },
	{ .name = "delay",
	  .letter = 'd',
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(delay_ns),
	  .help = "wait S seconds between two looks (default 2)" },
	{ .name = "view",
	  .type = CLI_OPT_CHOICE,
	  .arg = "LIST",
	  .offset = CLI_VALUE(view),
	  .values = top_views,
	  .help = "list tds (default), leaves or cpus" },
	{ .name = "columns",
	  .letter = 'o',
	  .type = CLI_OPT_STRING,
	  .arg = "LIST",
	  .offset = CLI_VALUE(columns),
	  .words = "columns",
	  .help = "print these columns of TDs" },
	{ .name = "sort",
	  .type = CLI_OPT_STRING,
	  .arg = "COLUMN",
	  .offset = CLI_VALUE(sort),
	  .words = "columns",
	  .help = "sort TDs by COLUMN; -COLUMN: in descending order" },
};

static const struct cli_opt monitor_opts[] = {
	{ .name = "only",
	  .type = CLI_OPT_STRING,
	  .arg = "KINDS",
	  .offset = CLI_VALUE(only),
	  .words = "events",
	  .help = "print only events of these kinds" },
	{ .name = "td",
	  .type = CLI_OPT_STRING,
	  .arg = "VM",
	  .offset = CLI_VALUE(td),
	  .help = "print only events of this TD, which need not exist yet" },
	{ .name = "initial",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(initial),
	  .help = "first print what is so now" },
	{ .name = "count",
	  .letter = 'n',
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(count),
	  .min = 1,
	  .max = 1000000,
	  .help = "end after N events" },
	{ .name = "delay",
	  .letter = 'd',
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(delay_ns),
	  .help = "look every S seconds (default 0.5)" },
};

static const struct cli_opt wait_opts[] = {
	{ .name = "hkids-free",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(hkids_free),
	  .min = 1,
	  .max = 4096,
	  .help = "wait until N HKIDs are free" },
	{ .name = "gone",
	  .type = CLI_OPT_STRING,
	  .arg = "VM",
	  .offset = CLI_VALUE(gone),
	  .words = "vms",
	  .help = "wait until the teardown of VM is over" },
	{ .name = "timeout",
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(timeout_ns),
	  .help = "give up after S seconds, with exit status 7" },
};

static const struct cli_opt metrics_opts[] = {
	{ .name = "textfile",
	  .type = CLI_OPT_STRING,
	  .arg = "FILE",
	  .offset = CLI_VALUE(textfile),
	  .help = "write to FILE, which is replaced atomically" },
	{ .name = "nfd",
	  .type = CLI_OPT_STRING,
	  .arg = "FILE",
	  .offset = CLI_VALUE(nfd),
	  .help = "write features for Node Feature Discovery to FILE" },
	{ .name = "per-td",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(per_td),
	  .help = "also print metrics of each TD" },
	{ .name = "http",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(http),
	  .help = "answer one HTTP request for /metrics on standard input" },
};

static const struct cli_opt report_opts[] = {
	{ .name = "no-redact",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(no_redact),
	  .help = "do not mask names, addresses and command lines" },
};

static const struct cli_opt fleet_opts[] = { TABLE_OPTS };

static const struct cli_opt keys_opts[] = {
	TABLE_OPTS,
	{ .name = "bits",
	  .type = CLI_OPT_UINT,
	  .arg = "B",
	  .offset = CLI_VALUE(keyid_bits),
	  .min = 1,
	  .max = 15,
	  .help = "KeyID bits (default: those of this host, else 6)" },
	{ .name = "split",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(split),
	  .min = 1,
	  .max = 15,
	  .help = "show only the split with N bits for TDX" },
};

static const struct cli_opt decode_opts[] = {
	{ .name = "features",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(features),
	  .help = "interpret each VALUE as TDX_FEATURES0" },
	{ .name = "attributes",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(attributes),
	  .help = "interpret each VALUE as the attributes of a TD" },
	{ .name = "xfam",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(xfam),
	  .help = "interpret each VALUE as the XFAM of a TD" },
};

/* clang-format off */
#define TD_OPT \
	{ \
		.name = "td", .type = CLI_OPT_STRING, .arg = "VM", .offset = CLI_VALUE(td), \
		.help = "only the calls for this TD" \
	}
#define LEAF_OPT(text) \
	{ \
		.name = "leaf", .type = CLI_OPT_STRING, .arg = "GLOB", .offset = CLI_VALUE(leaf), \
		.help = text \
	}
#define DURATION_OPT \
	{ \
		.name = "duration", .type = CLI_OPT_SECONDS, .arg = "S", \
		.offset = CLI_VALUE(duration_ns), .help = "end after S seconds" \
	}

/* clang-format on */

static const struct cli_opt trace_opts[] = {
	TD_OPT,
	LEAF_OPT("only leaves that match, such as 'MNG.*' or '*'"),
	{ .name = "errors",
	  .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(errors),
	  .help = "only calls that return an error" },
	{ .name = "longer",
	  .type = CLI_OPT_STRING,
	  .arg = "TIME",
	  .offset = CLI_VALUE(longer),
	  .help = "only calls that take as long, such as 50us, 2ms or 1s" },
	DURATION_OPT,
};

static const struct cli_opt stat_opts[] = {
	TD_OPT,
	LEAF_OPT("only leaves that match, such as 'MEM.*'"),
	{ .name = "interval",
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(interval_ns),
	  .help = "print the counts of each S seconds" },
	DURATION_OPT,
};

#endif
