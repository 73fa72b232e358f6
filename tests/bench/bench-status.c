// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU time of `tdxctl status`, from exec to exit, against commands that also list what
 * the kernel has of this machine. Each reads the files of the same kernel in the same run.
 * The emulated host is no part of this: there `status` also executes the software TDX module.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "budget.h"

#define ROUNDS 400
#define BUDGET 1.0

static posix_spawn_file_actions_t quiet;
static char tdxctl[4096];

/* The first is compared with each of the others. */
static struct command {
	char *const argv[4];
	const char *name, *package;
	double us[ROUNDS];
	bool failed;
} commands[] = {
	{ .argv = { tdxctl, "status" }, .name = "status", .package = "tdxctl" },
	{ .argv = { "ip", "-j", "link" }, .name = "ip -j link", .package = "iproute2" },
	{ .argv = { "lscpu", "-J" }, .name = "lscpu -J", .package = "util-linux" },
	{ .argv = { "nvme", "list" }, .name = "nvme list", .package = "nvme-cli" },
	{ .argv = { "bpftool", "prog" }, .name = "bpftool prog", .package = "bpftool" },
};
#define NR (sizeof(commands) / sizeof(commands[0]))

static double us(const struct timeval *t)
{
	return (double)t->tv_sec * 1e6 + (double)t->tv_usec;
}

/* Runs it once without output. Negative: it cannot be run. */
static double run(struct command *c)
{
	struct rusage usage;
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, c->argv[0], &quiet, NULL, c->argv, environ))
		return -1;
	if (wait4(pid, &status, 0, &usage) != pid) {
		perror("bench-status");
		exit(1);
	}
	c->failed = status != 0;
	return us(&usage.ru_utime) + us(&usage.ru_stime);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	const char *dir = getenv("O");
	char path[8192], what[80], detail[160];
	bool missing = false;

	/* iproute2, nvme-cli and bpftool are in sbin. */
	snprintf(path, sizeof(path), "%s:/usr/sbin:/sbin", getenv("PATH") ?: "/usr/bin:/bin");
	setenv("PATH", path, 1);
	snprintf(tdxctl, sizeof(tdxctl), "%s/bench.tdxctl", dir ? dir : "build");
	posix_spawn_file_actions_init(&quiet);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
	for (size_t i = 0; i < NR; i++) {
		if (run(&commands[i]) >= 0)
			continue;
		fprintf(stderr, "bench-status: cannot run %s, of the package %s\n",
			commands[i].argv[0], commands[i].package);
		missing = true;
	}
	if (missing)
		return 1;
	/* By turns, as if by a timer: what else the machine does slows all of them. */
	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < NR; i++)
			commands[i].us[round] = run(&commands[i]);
	for (size_t i = 0; i < NR; i++)
		qsort(commands[i].us, ROUNDS, sizeof(double), compare);
	/* The lower quartile: the other runs were mostly disturbed by other processes. */
	for (size_t i = 1; i < NR; i++) {
		double own = commands[0].us[ROUNDS / 4], other = commands[i].us[ROUNDS / 4];

		snprintf(what, sizeof(what), "status / %s", commands[i].name);
		snprintf(detail, sizeof(detail), "%.0f us and %.0f us of CPU%s", own, other,
			 commands[i].failed ? ", which fails here" : "");
		ratio(what, own / other, BUDGET, detail);
	}
	return 0;
}
