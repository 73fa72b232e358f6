// SPDX-License-Identifier: GPL-2.0-only
/* The options of trace and stat. */
#include "trace.h"

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

const struct cli_opt trace_opts[TRACE_OPTS] = {
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

const struct cli_opt stat_opts[STAT_OPTS] = {
	TD_OPT,
	LEAF_OPT("only leaves that match, such as 'MEM.*'"),
	{ .name = "interval",
	  .type = CLI_OPT_SECONDS,
	  .arg = "S",
	  .offset = CLI_VALUE(interval_ns),
	  .help = "print the counts of each S seconds" },
	DURATION_OPT,
};
