// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole command line in one table, in the order of the help. It is the source of
 * parser, help, shell completions, dump-cli and the check of the man pages.
 */
#include <limits.h>

#include "check/check.h"
#include "cli/td.h"
#include "cmd.h"
#include "fleet/fleet.h"
#include "live/top.h"
#include "live/trace.h"
#include "metrics/metrics.h"
#include "opts.h"
#include "release/release.h"
#include "report/report.h"
#include "status/status.h"
#include "wait/wait.h"

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
		.verb = "top",
		.summary = "watch HKIDs, TDs, locks and SEAMCALLs on one screen",
		OPTS(top_opts),
		.table = &td_live_table,
		.run = cmd_top,
		.details =
			"Keys: q quits, h lists all keys. A captured host or a report is printed once.\n"
			"Without a terminal, use -b.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "monitor",
		.summary = "print events: TDs, HKIDs, locks, packages, CPUs",
		OPTS(monitor_opts),
		.needs = CLI_NEED_LIVE | CLI_NEED_TIME,
		.run = cmd_monitor,
		.details =
			"One line for each event, with --json one object. Ends at Ctrl-C with status 0.",
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
		.summary = "wait until HKIDs are free, or a TD is gone",
		.args = "[COMMAND...]",
		.max_args = 64,
		OPTS(wait_opts),
		.needs = CLI_NEED_LIVE | CLI_NEED_TIME,
		.run = cmd_wait,
		.details =
			"--hkids-free polls four times a second; without the helper, the number is read\n"
			"from the misc cgroup. Fails at once if there can never be that many free HKIDs.\n"
			"--gone VM proves that a teardown is over: the process has ended, the HKID is\n"
			"free, and all memory is back. VM is a name, UUID, PID, hkid:N or td:N. First\n"
			"runs COMMAND, which ends the VM. The exit status is 7 after a timeout, 1 if\n"
			"something leaked, 5 if the end cannot be proved.",
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
		.group = CLI_GROUP_INSPECT,
		.verb = "trace",
		.summary = "print each call to the TDX module as it happens",
		OPTS(trace_opts),
		.needs = CLI_NEED_LIVE | CLI_NEED_TIME | CLI_NEED_SNAPSHOT | CLI_NEED_NAMES |
			 CLI_NEED_TDX,
		.run = cmd_trace,
		.details =
			"Leaves that are called for each page are printed only if --leaf matches them.\n"
			"An emulated host makes calls while 'tdxctl emulate play' moves it, and ends the\n"
			"trace with its story.",
	},
	{
		.group = CLI_GROUP_INSPECT,
		.verb = "stat",
		.summary = "count the calls to the TDX module and their time",
		.args = "[COMMAND...]",
		.max_args = 4096,
		OPTS(stat_opts),
		.needs = CLI_NEED_LIVE | CLI_NEED_TIME | CLI_NEED_SNAPSHOT | CLI_NEED_NAMES |
			 CLI_NEED_TDX,
		.run = cmd_stat,
		.details =
			"Counts until Ctrl-C, --duration, or the end of COMMAND. With -v, a histogram\n"
			"follows.",
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
		.verb = "fleet",
		.summary = "list the hosts of many reports, the worst first",
		.args = "REPORT...",
		.min_args = 1,
		.max_args = UINT_MAX,
		OPTS(fleet_opts),
		.table = &fleet_table,
		.run = cmd_fleet,
		.details =
			"REPORT is a file that 'tdxctl report' wrote, a directory of such files, or -\n"
			"for standard input. Each host is examined with the rules of doctor, with the\n"
			"limits of its own tdxctl.conf. The exit status is 7 if a host has a failure, 6\n"
			"if a report is not readable, 1 if none is.",
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
