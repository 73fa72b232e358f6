// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole command line in one table. Parser, help, completions, the lint of
 * the man pages and `dump-cli` read it; the order is the order of the help.
 */
#include "check/check.h"
#include "cmd.h"
#include "metrics/metrics.h"
#include "release/release.h"
#include "report/report.h"
#include "status/status.h"

static const struct cli_opt global_opts[] = {
	{ .name = "json", .letter = 'j', .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(json),
	  .help = "print one JSON object" },
	{ .name = "quiet", .letter = 'q', .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(quiet),
	  .help = "no plan, progress or notes; only the result" },
	{ .name = "verbose", .letter = 'v', .type = CLI_OPT_COUNT,
	  .offset = CLI_VALUE(verbose),
	  .help = "more columns; twice: also what the library does" },
	{ .name = "no-color", .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(no_color),
	  .help = "no colour on a terminal (also: NO_COLOR)" },
	{ .name = "root", .type = CLI_OPT_STRING, .arg = "DIR",
	  .offset = CLI_VALUE(root),
	  .help = "look at the captured host below DIR" },
	{ .name = "emulate", .type = CLI_OPT_OPTIONAL, .arg = "FILE",
	  .offset = CLI_VALUE(emulate), .offset2 = CLI_VALUE(emulate_file),
	  .help = "work on an emulated host: the built-in one, or FILE" },
	{ .name = "from-report", .type = CLI_OPT_STRING, .arg = "FILE",
	  .offset = CLI_VALUE(from_report),
	  .help = "look at the host that 'tdxctl report' wrote down" },
	{ .name = "help", .letter = 'h', .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(help),
	  .help = "this text; after a verb, the verb's" },
	{ .name = "version", .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(version),
	  .help = "print the version" },
};

static const char *const strategies[] = {
	"auto", "terminate", "release", "early", "stop", NULL
};

static const struct cli_opt release_opts[] = {
	{ .name = "dry-run", .letter = 'n', .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(dry_run),
	  .help = "show the plan and change nothing" },
	{ .name = "yes", .letter = 'y', .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(yes),
	  .help = "do not ask; needed when not on a terminal" },
	{ .name = "strategy", .type = CLI_OPT_CHOICE, .arg = "NAME",
	  .offset = CLI_VALUE(strategy), .values = strategies,
	  .help = "auto, terminate, release, early or stop" },
	{ .name = "timeout", .type = CLI_OPT_UINT, .arg = "S",
	  .offset = CLI_VALUE(timeout), .min = 1, .max = 86400,
	  .help = "stop at a safe point after S seconds" },
};

static const struct cli_opt helper_file_opts[] = {
	{ .name = "file", .type = CLI_OPT_STRING, .arg = "KO",
	  .offset = CLI_VALUE(file),
	  .help = "this module file, not the installed one" },
};

static const struct cli_opt emulate_init_opts[] = {
	{ .name = "packages", .type = CLI_OPT_UINT, .arg = "N",
	  .offset = CLI_VALUE(packages), .min = 1, .max = 8, .preset = 2,
	  .help = "CPU packages, 1 to 8 (2)" },
	{ .name = "cpus-per-package", .type = CLI_OPT_UINT, .arg = "N",
	  .offset = CLI_VALUE(cpus_per_package), .min = 1, .max = 4096, .preset = 4,
	  .help = "CPUs of each package; at most 4096 in all (4)" },
	{ .name = "mktme-keyids", .type = CLI_OPT_UINT, .arg = "N",
	  .offset = CLI_VALUE(mktme_keyids), .min = 0, .max = 2045, .preset = 15,
	  .help = "shared KeyIDs, before the private ones (15)" },
	{ .name = "tdx-keyids", .type = CLI_OPT_UINT, .arg = "N",
	  .offset = CLI_VALUE(tdx_keyids), .min = 2, .max = 2047, .preset = 16,
	  .help = "private KeyIDs, the global one included (16)" },
	{ .name = "force", .letter = 'f', .type = CLI_OPT_FLAG,
	  .offset = CLI_VALUE(force),
	  .help = "overwrite FILE" },
};

static const char *const rule_groups[] = {
	"core", "capacity", "teardown", "update", "attestation", NULL
};
static const char *const rule_levels[] = { "info", "warn", "fail", NULL };

static const struct cli_opt doctor_opts[] = {
	{ .name = "group", .type = CLI_OPT_CHOICE, .arg = "NAME", .offset = CLI_VALUE(group),
	  .values = rule_groups, .help = "only the rules of this group" },
	{ .name = "explain", .type = CLI_OPT_STRING, .arg = "ID", .offset = CLI_VALUE(explain),
	  .help = "one rule, all about it" },
	{ .name = "short", .letter = 's', .type = CLI_OPT_FLAG, .offset = CLI_VALUE(short_form),
	  .help = "one line for each finding" },
	{ .name = "fail-on", .type = CLI_OPT_CHOICE, .arg = "LEVEL", .offset = CLI_VALUE(fail_on),
	  .values = rule_levels, .help = "exit status 7 from this level on (fail)" },
	{ .name = "attestation", .type = CLI_OPT_FLAG, .offset = CLI_VALUE(attestation),
	  .help = "this host is to attest: rules about that, too" },
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
	{ .name = "format", .type = CLI_OPT_CHOICE, .arg = "NAME", .offset = CLI_VALUE(format),
	  .values = check_formats, .error_forms = check_error_forms,
	  .help = "text, nagios, json or prom (text)" },
	{ .name = "warning", .letter = 'w', .type = CLI_OPT_LIST, .arg = "LIMIT",
	  .offset = CLI_VALUE(warning), .help = "warn beyond CHECK=VALUE; may be repeated" },
	{ .name = "critical", .letter = 'c', .type = CLI_OPT_LIST, .arg = "LIMIT",
	  .offset = CLI_VALUE(critical), .help = "critical beyond CHECK=VALUE; may be repeated" },
	{ .name = "config", .type = CLI_OPT_STRING, .arg = "FILE", .offset = CLI_VALUE(config),
	  .help = "limits from FILE, not from /etc/tdxctl.conf" },
};

static const struct cli_opt wait_opts[] = {
	{ .name = "hkids-free", .type = CLI_OPT_UINT, .arg = "N", .offset = CLI_VALUE(hkids_free),
	  .min = 1, .max = 4096, .help = "until so many HKIDs are free" },
	{ .name = "timeout", .type = CLI_OPT_UINT, .arg = "S", .offset = CLI_VALUE(timeout),
	  .min = 1, .max = 86400, .help = "at most S seconds; exit status 7 then" },
};

static const struct cli_opt metrics_opts[] = {
	{ .name = "textfile", .type = CLI_OPT_STRING, .arg = "FILE", .offset = CLI_VALUE(textfile),
	  .help = "write them to FILE, replaced in one step" },
	{ .name = "per-td", .type = CLI_OPT_FLAG, .offset = CLI_VALUE(per_td),
	  .help = "also metrics of each TD" },
};

static const struct cli_opt report_opts[] = {
	{ .name = "no-redact", .type = CLI_OPT_FLAG, .offset = CLI_VALUE(no_redact),
	  .help = "names, addresses and command lines as they are" },
};

static const struct cli_opt keys_opts[] = {
	{ .name = "bits", .type = CLI_OPT_UINT, .arg = "B", .offset = CLI_VALUE(keyid_bits),
	  .min = 1, .max = 15, .help = "KeyID bits (those of this host, else 6)" },
	{ .name = "split", .type = CLI_OPT_UINT, .arg = "N", .offset = CLI_VALUE(split),
	  .min = 1, .max = 15, .help = "only with N of them for TDX" },
};

static const struct cli_opt decode_opts[] = {
	{ .name = "features", .type = CLI_OPT_FLAG, .offset = CLI_VALUE(features),
	  .help = "the words are TDX_FEATURES0" },
	{ .name = "attributes", .type = CLI_OPT_FLAG, .offset = CLI_VALUE(attributes),
	  .help = "the words are attributes of a TD" },
	{ .name = "xfam", .type = CLI_OPT_FLAG, .offset = CLI_VALUE(xfam),
	  .help = "the words are XFAM of a TD" },
};

#define OPTS(table) .opts = table, .nr_opts = ARRAY_SIZE(table)
#define NEED_DATA (CLI_NEED_SNAPSHOT | CLI_NEED_NAMES | CLI_NEED_LEDGER | CLI_NEED_TDX)

static const struct cli_cmd cmds[] = {
	{
		.group = CLI_GROUP_LOOK, .verb = "status",
		.summary = "the host on one screen, with a verdict",
		.needs = CLI_NEED_SNAPSHOT, .run = cmd_status,
		.details =
		"Platform, TDX module, KVM, HKIDs, TDs, CPUs, packages, locks, and what is\n"
		"wrong. Works without the helper too, and says what it cannot know then.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "hkid",
		.summary = "every guest HKID, who has it and since when",
		.needs = NEED_DATA, .run = cmd_hkid,
		.details =
		"States: free, assigned (a TD has it), configured (its key is on every package),\n"
		"flushing (on its way back), leaked (lost until the next reboot).",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "td", .noun = "list",
		.is_default = true,
		.summary = "every TD: owner, HKID, state, vCPUs, memory",
		.needs = NEED_DATA, .run = cmd_td_list,
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "td", .noun = "show",
		.summary = "one TD: its life so far and what keeps it alive",
		.args = "VM", .min_args = 1, .max_args = 1,
		.needs = NEED_DATA, .run = cmd_td_show,
		.details =
		"VM is a name, UUID, PID, hkid:N or td:N.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "lock",
		.summary = "who holds tdx_lock and the key-config lock of each package",
		.needs = NEED_DATA, .run = cmd_lock,
		.details =
		"HELD FOR is the hold of this moment, LONGEST the longest one seen. BUSY counts\n"
		"retries because an operand was in use, NO ENTROPY those for want of a new key.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "cpu", .noun = "check",
		.is_default = true,
		.summary = "is every online CPU able to run TDs, every package covered",
		.needs = CLI_NEED_SNAPSHOT | CLI_NEED_LEDGER,
		.run = cmd_cpu_check,
		.details =
		"Issues one harmless SEAMCALL on each online CPU. Exit status 7 when a CPU is\n"
		"not enabled or a package has no online CPU.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "cpu", .noun = "plan",
		.summary = "may these CPUs go offline, in this order",
		.args = "LIST", .min_args = 1, .max_args = 1,
		.needs = CLI_NEED_SNAPSHOT, .run = cmd_cpu_plan,
		.details =
		"LIST is like 1,3-5. Exit status 7 when one of them must stay.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "doctor",
		.summary = "why TDX does not work here, and what to change first",
		OPTS(doctor_opts), .run = cmd_doctor,
		.details =
		"Needs no helper. Changes nothing. Worst first; what cannot be read is unknown,\n"
		"not wrong. Exit status 7 when a rule fails, 4 when nothing can be checked.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "check",
		.summary = "for cron and monitoring: is a limit exceeded",
		OPTS(check_opts), .run = cmd_check,
		.details =
		"Compares what it can read with the limits of tdxctl.conf(5). Needs neither\n"
		"helper nor root for a part of it. Exit status 7 when a limit is exceeded; with\n"
		"--format nagios 0, 1, 2 and 3 as monitoring plugins have. Says nothing with -q\n"
		"when all is well.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "wait",
		.summary = "until HKIDs are free, for scripts that start TDs",
		OPTS(wait_opts), .needs = CLI_NEED_LIVE | CLI_NEED_TIME, .run = cmd_wait,
		.details =
		"Looks four times a second. Without the helper the misc cgroup tells. Fails at\n"
		"once when so many can never be free.",
	},
	{
		.group = CLI_GROUP_LOOK, .verb = "metrics",
		.summary = "the same in numbers, for Prometheus",
		OPTS(metrics_opts), .run = cmd_metrics,
		.details =
		"Prometheus' text format, described in tdxctl-metrics(5). With --textfile for\n"
		"the textfile collector of node_exporter: FILE must end in .prom there.",
	},
	{
		.group = CLI_GROUP_ACT, .verb = "release",
		.summary = "take a TD apart: give its HKID and memory back now",
		.args = "VM", .min_args = 1, .max_args = 1,
		OPTS(release_opts),
		.needs = NEED_DATA | CLI_NEED_LIVE, .run = cmd_release,
		.details =
		"VM is a name, UUID, PID, hkid:N or td:N. Shows what it will do, asks, and\n"
		"verifies the result. The guest is lost. Ctrl-C stops at a safe point; the same\n"
		"command continues. Exit status 6: partly done.",
	},
	{
		.group = CLI_GROUP_HOST, .verb = "helper", .noun = "status",
		.is_default = true,
		.summary = "is the helper module loaded, what can it do here",
		OPTS(helper_file_opts), .needs = CLI_NEED_REAL,
		.run = cmd_helper_status,
	},
	{
		.group = CLI_GROUP_HOST, .verb = "helper", .noun = "load",
		.summary = "load the helper module tdxctl.ko",
		OPTS(helper_file_opts), .needs = CLI_NEED_REAL,
		.run = cmd_helper_load,
	},
	{
		.group = CLI_GROUP_HOST, .verb = "helper", .noun = "unload",
		.summary = "unload it; TDs are not affected",
		.needs = CLI_NEED_REAL, .run = cmd_helper_unload,
	},
	{
		.group = CLI_GROUP_HOST, .verb = "emulate", .noun = "init",
		.summary = "write an emulated host to FILE",
		.args = "FILE", .min_args = 1, .max_args = 1,
		OPTS(emulate_init_opts), .run = cmd_emulate_init,
		.details =
		"The host starts with three TDs in different states. Use it with --emulate=FILE;\ntdxctl-host(5) describes the file.",
	},
	{
		.group = CLI_GROUP_MORE, .verb = "keys",
		.summary = "how many TDs a key split gives, and this host's",
		OPTS(keys_opts), .needs = CLI_NEED_SNAPSHOT, .run = cmd_keys,
		.details =
		"Firmware setup divides the KeyIDs between TME-MT and TDX. One private KeyID\n"
		"is for the TDX module itself; each TD takes one of the others.",
	},
	{
		.group = CLI_GROUP_MORE, .verb = "decode",
		.summary = "explain status words and the like, also inside a log",
		.args = "[WORD...]", .max_args = 64, OPTS(decode_opts), .run = cmd_decode,
		.details =
		"WORD is a number, or the name of a leaf, a status or an error of\n"
		"KVM_TDX_INIT_VM. Without WORD, or with -, a log is read from standard input\n"
		"and printed with the name after each word: dmesg | tdxctl decode.",
	},
	{
		.group = CLI_GROUP_MORE, .verb = "report",
		.summary = "all of it in one document that others may read",
		OPTS(report_opts), .run = cmd_report,
		.details =
		"Markdown, to be pasted as it is. Names of hosts, VMs and users, addresses,\n"
		"serial numbers and command lines are masked. --from-report looks at it with\n"
		"every verb that changes nothing.",
	},
	{
		.group = CLI_GROUP_MORE, .verb = "help",
		.summary = "help about a verb",
		.args = "[VERB [NOUN]]", .max_args = 2, .run = cmd_help,
	},
	{
		.group = CLI_GROUP_MORE, .verb = "dump-cli", .hidden = true,
		.summary = "the command line as JSON", .run = cmd_dump_cli,
	},
	{
		.group = CLI_GROUP_MORE, .verb = "complete-vms", .hidden = true,
		.summary = "names of the VMs, one per line",
		.needs = CLI_NEED_SNAPSHOT | CLI_NEED_NAMES, .run = cmd_complete_vms,
	},
};

static const char *const exit_texts[] = {
	[CLI_OK]	 = "done",
	[CLI_FAILED]	 = "failed",
	[CLI_USAGE]	 = "usage",
	[CLI_NO_TDX]	 = "the host has no TDX or it is off",
	[CLI_PERMISSION] = "no permission",
	[CLI_NO_HELPER]	 = "helper or kernel interface missing",
	[CLI_PARTIAL]	 = "partly done",
	[CLI_PROBLEMS]	 = "a check found problems",
};

const struct cli_table cmd_table = {
	.cmds = cmds, .nr_cmds = ARRAY_SIZE(cmds),
	.global_opts = global_opts, .nr_global_opts = ARRAY_SIZE(global_opts),
	.group_titles = {
		[CLI_GROUP_LOOK] = "Look",
		[CLI_GROUP_ACT]	 = "Act",
		[CLI_GROUP_HOST] = "Prepare",
		[CLI_GROUP_MORE] = "More",
	},
	.exit_texts = exit_texts, .nr_exits = ARRAY_SIZE(exit_texts),
};
