/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit codes are an interface: scripts compare them. Never renumber them. */
#ifndef TDXCTL_EXIT_H
#define TDXCTL_EXIT_H

enum cli_exit {
	CLI_OK = 0, /* done */
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_NO_TDX = 3, /* the host has no TDX or it is off */
	CLI_PERMISSION = 4,
	CLI_NO_HELPER = 5, /* helper or kernel interface missing */
	CLI_PARTIAL = 6,   /* partly done */
	CLI_PROBLEMS = 7,  /* a check found problems */
};

#endif
