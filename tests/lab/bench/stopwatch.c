// SPDX-License-Identifier: GPL-2.0-only
/*
 * stopwatch PID COMMAND...: how long COMMAND takes to end a TD of process PID.
 * Prints two numbers of microseconds: until an HKID was freed, as the
 * kernel's cgroup counts them, and until COMMAND was done, and with it PID, unless
 * PID outlives it (0: does not matter).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "stopwatch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long hkids(int fd)
{
	char text[256], *line;
	ssize_t n;

	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n < 0)
		die("misc.current");
	text[n] = '\0';
	line = strstr(text, "tdx ");
	return line ? strtoul(line + 4, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	uint64_t start, freed = 0;
	struct pollfd vmm = { .fd = -1, .events = POLLIN };
	int fd, status, done = 0;
	unsigned long before;
	pid_t child;

	if (argc < 3) {
		fputs("usage: stopwatch PID COMMAND...\n", stderr);
		return 2;
	}
	fd = open("/sys/fs/cgroup/misc.current", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("misc.current");
	if (atoi(argv[1])) {
		vmm.fd = syscall(SYS_pidfd_open, atoi(argv[1]), 0);
		if (vmm.fd < 0)
			die("pidfd_open");
	}
	before = hkids(fd);
	start = now_us();
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		execvp(argv[2], argv + 2);
		die(argv[2]);
	}
	while (!freed || !done) {
		if (!freed && hkids(fd) < before)
			freed = now_us();
		if (child && waitpid(child, &status, WNOHANG) == child) {
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				return 1;
			child = 0;
		}
		/* A negative descriptor is a pause of a millisecond. */
		if (poll(&vmm, 1, vmm.revents ? 0 : 1) < 0)
			die("poll");
		done = !child && (vmm.fd < 0 || vmm.revents);
	}
	printf("%llu %llu\n", (unsigned long long)(freed - start),
	       (unsigned long long)(now_us() - start));
	return 0;
}
