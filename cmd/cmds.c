// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole command line in one table, in the order of the help. It is the source of
 * parser, help, shell completions, dump-cli and the check of the man pages.
 */
#include "check/check.h"
#include "cmd.h"
#include "metrics/metrics.h"
#include "release/release.h"
#include "report/report.h"
#include "status/status.h"

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

static const struct cli_opt wait_opts[] = {
	{ .name = "hkids-free",
	  .type = CLI_OPT_UINT,
	  .arg = "N",
	  .offset = CLI_VALUE(hkids_free),
	  .min = 1,
	  .max = 4096,
	  .help = "wait until N HKIDs are free" },
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

#define OPTS(table) .opts = table, .nr_opts = ARRAY_SIZE(table)
#define NEED_DATA   (CLI_NEED_SNAPSHOT | CLI_NEED_NAMES | CLI_NEED_LEDGER | CLI_NEED_TDX)

static const struct cli_cmd cmds[] = {
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "status",
		.summary = "show the state of the host on one screen",
		OPTS(status_opts),
		.needs = CLI_NEED_SNAPSHOT,
		.run = cmd_status,
		.details =
			"Includes the platform, the TDX module, KVM, HKIDs, TDs, CPUs, packages, locks,\n"
			"and a verdict with its reasons. Without the helper, some values are unknown.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "hkid",
		.summary = "list the HKIDs in use, their TDs and their age",
		OPTS(hkid_opts),
		.table = &hkid_table,
		.needs = NEED_DATA,
		.run = cmd_hkid,
		.details =
			"States: free, assigned (to a TD), configured (its key is on every package),\n"
			"flushing (being freed), leaked (lost until the next reboot).",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "td",
		.noun = "list",
		.is_default = true,
		.summary = "list every TD: owner, HKID, state, vCPUs, memory",
		OPTS(td_list_opts),
		.table = &td_table,
		.needs = NEED_DATA,
		.run = cmd_td_list,
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "td",
		.noun = "show",
		.summary = "show one TD: its life cycle and what keeps it alive",
		.args = "VM",
		.min_args = 1,
		.max_args = 1,
		OPTS(td_show_opts),
		.needs = NEED_DATA,
		.run = cmd_td_show,
		.details = "VM is a name, UUID, PID, hkid:N or td:N.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "lock",
		.summary = "show who holds tdx_lock and the key-config locks",
		OPTS(lock_opts),
		.table = &lock_table,
		.needs = NEED_DATA,
		.run = cmd_lock,
		.details =
			"HELD FOR is the duration of the current hold, LONGEST that of the longest one.\n"
			"BUSY counts retries because an operand was busy, NO ENTROPY retries for lack of\n"
			"entropy.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "cpu",
		.noun = "check",
		.is_default = true,
		.summary = "check that every online CPU can run TDs",
		OPTS(table_opts),
		.table = &cpu_table,
		.needs = CLI_NEED_SNAPSHOT | CLI_NEED_LEDGER | CLI_NEED_ADMIN,
		.run = cmd_cpu_check,
		.details =
			"Issues one harmless SEAMCALL on each online CPU. The exit status is 7 if a CPU\n"
			"is not enabled for TDX or a package has no online CPU. With more than 16 CPUs,\n"
			"lists only those with a problem; with -v, all of them.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "cpu",
		.noun = "plan",
		.summary = "check whether CPUs may go offline in this order",
		.args = "LIST",
		.min_args = 1,
		.max_args = 1,
		OPTS(table_opts),
		.table = &cpu_plan_table,
		.needs = CLI_NEED_SNAPSHOT,
		.run = cmd_cpu_plan,
		.details = "LIST is like 1,3-5. The exit status is 7 if a CPU must stay online.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "doctor",
		.summary = "find out why TDX does not work, and what to fix first",
		OPTS(doctor_opts),
		.run = cmd_doctor,
		.details =
			"Works without the helper and changes nothing. Prints the worst findings first.\n"
			"The exit status is 7 if a rule fails, 4 if nothing could be checked.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "check",
		.summary = "compare the host with limits, for cron and monitoring",
		OPTS(check_opts),
		.run = cmd_check,
		.details =
			"The limits are described in tdxctl.conf(5). Without the helper, or without\n"
			"root, some checks are skipped. The exit status is 7 if a limit is exceeded;\n"
			"with --format nagios it is 0, 1, 2 or 3, as for monitoring plugins. With -q,\n"
			"prints nothing if all checks pass.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "wait",
		.summary = "wait until HKIDs are free, for scripts that start TDs",
		OPTS(wait_opts),
		.needs = CLI_NEED_LIVE | CLI_NEED_TIME,
		.run = cmd_wait,
		.details =
			"Polls four times a second. Without the helper, the number is read from the misc\n"
			"cgroup. Fails at once if the host can never have that many free HKIDs.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "metrics",
		.summary = "print metrics for Prometheus",
		OPTS(metrics_opts),
		.run = cmd_metrics,
		.details =
			"The output is in Prometheus' text format; tdxctl-metrics(5) lists the metrics.\n"
			"The textfile collector of node_exporter reads only files whose name ends in\n"
			".prom. --http is for a socket of systemd: see tdxctl-metrics.socket.",
	},
	{
		.group = CLI_GROUP_RELEASE,
		.verb = "release",
		.summary = "tear down a TD and free its HKID and memory now",
		.args = "VM",
		.min_args = 1,
		.max_args = 1,
		OPTS(release_opts),
		.needs = NEED_DATA | CLI_NEED_LIVE | CLI_NEED_ADMIN,
		.run = cmd_release,
		.details =
			"VM is a name, UUID, PID, hkid:N or td:N. Prints the plan, asks for\n"
			"confirmation, and verifies the result. The guest is lost. Ctrl-C stops at a\n"
			"safe point with exit status 6; run the same command again to continue. A TD\n"
			"that is being built and less than a minute old is refused with exit status 1:\n"
			"its VM is about to start.",
	},
	{
		.group = CLI_GROUP_SETUP,
		.verb = "helper",
		.noun = "status",
		.is_default = true,
		.summary = "show the helper module and its features",
		OPTS(helper_status_opts),
		.needs = CLI_NEED_REAL,
		.run = cmd_helper_status,
	},
	{
		.group = CLI_GROUP_SETUP,
		.verb = "helper",
		.noun = "load",
		.summary = "load the helper module tdxctl.ko",
		OPTS(helper_file_opts),
		.needs = CLI_NEED_REAL,
		.run = cmd_helper_load,
	},
	{
		.group = CLI_GROUP_SETUP,
		.verb = "helper",
		.noun = "unload",
		.summary = "unload the helper module; TDs are not affected",
		.needs = CLI_NEED_REAL,
		.run = cmd_helper_unload,
	},
	{
		.group = CLI_GROUP_SETUP,
		.verb = "emulate",
		.noun = "init",
		.summary = "write an emulated host to FILE",
		.args = "FILE",
		.min_args = 1,
		.max_args = 1,
		OPTS(emulate_init_opts),
		.run = cmd_emulate_init,
		.details =
			"The host has three TDs in different states. Use it with --emulate=FILE. The\n"
			"file format is described in tdxctl-host(5).",
	},
	{
		.group = CLI_GROUP_SETUP,
		.verb = "emulate",
		.noun = "play",
		.summary = "make the emulated host in FILE move",
		.args = "FILE",
		.min_args = 1,
		.max_args = 1,
		OPTS(emulate_play_opts),
		.run = cmd_emulate_play,
		.details =
			"If FILE does not exist, writes a host whose story takes a minute: VMs start and\n"
			"accept memory, a key-config lock is held, an HKID leaks, a large TD is torn down.\n"
			"From now on, every verb with --emulate=FILE shows the host as it is at that\n"
			"moment. Run it again to start over.",
	},
	{
		.group = CLI_GROUP_OTHER,
		.verb = "keys",
		.summary = "show how many TDs each KeyID split allows",
		OPTS(keys_opts),
		.table = &keys_table,
		.needs = CLI_NEED_SNAPSHOT,
		.host_object = true,
		.run = cmd_keys,
		.details =
			"Firmware setup divides the KeyIDs between TME-MT and TDX. The TDX module uses\n"
			"one private KeyID itself; each TD needs one of the others.",
	},
	{
		.group = CLI_GROUP_OTHER,
		.verb = "decode",
		.summary = "explain TDX status codes, also in logs",
		.args = "[VALUE...]",
		.max_args = 64,
		.words = "names",
		OPTS(decode_opts),
		.run = cmd_decode,
		.details =
			"VALUE is a number, or the name of a leaf, of a status or of an error of\n"
			"KVM_TDX_INIT_VM. Without VALUE, or with -, copies a log from standard input and\n"
			"adds a name after each value: dmesg | tdxctl decode.",
	},
	{
		.group = CLI_GROUP_OTHER,
		.verb = "report",
		.summary = "write a report about the host that can be shared",
		OPTS(report_opts),
		.own_stamp = true,
		.host_object = true,
		.run = cmd_report,
		.details =
			"The report is a Markdown document. Names of hosts, VMs and users, addresses,\n"
			"serial numbers and command lines are masked. Every verb that changes nothing\n"
			"can read it with --from-report.",
	},
	{
		.group = CLI_GROUP_OTHER,
		.verb = "help",
		.summary = "print help about a verb",
		.args = "[VERB [NOUN]]",
		.max_args = 2,
		.run = cmd_help,
	},
	{
		.group = CLI_GROUP_OTHER,
		.verb = "dump-cli",
		.hidden = true,
		.summary = "print the command line as JSON",
		.run = cmd_dump_cli,
	},
	{
		.group = CLI_GROUP_OTHER,
		.verb = "complete-vms",
		.hidden = true,
		.summary = "print the names of the VMs, one per line",
		.needs = CLI_NEED_SNAPSHOT | CLI_NEED_NAMES,
		.run = cmd_complete_vms,
	},
	{
		.group = CLI_GROUP_OTHER,
		.verb = "complete-words",
		.hidden = true,
		.summary = "print the words of one kind, one per line",
		.args = "KIND [VERB [NOUN]]",
		.min_args = 1,
		.max_args = 3,
		.run = cmd_complete_words,
	},
};

static const char *const exit_texts[] = {
	[CLI_OK] = "done",
	[CLI_FAILED] = "failed",
	[CLI_USAGE] = "usage error",
	[CLI_NO_TDX] = "the host has no TDX, or it is off",
	[CLI_PERMISSION] = "no permission",
	[CLI_NO_HELPER] = "the helper or a kernel interface is missing",
	[CLI_PARTIAL] = "partly done",
	[CLI_PROBLEMS] = "a check found problems",
};

const struct cli_table cmd_table = {
	.cmds = cmds, .nr_cmds = ARRAY_SIZE(cmds),
	.global_opts = global_opts, .nr_global_opts = ARRAY_SIZE(global_opts),
	.group_titles = {
		[CLI_GROUP_INSPECT] = "Inspect",
		[CLI_GROUP_RELEASE]	 = "Release",
		[CLI_GROUP_SETUP] = "Set up",
		[CLI_GROUP_OTHER] = "Other",
	},
	.exit_texts = exit_texts, .nr_exits = ARRAY_SIZE(exit_texts),
};
