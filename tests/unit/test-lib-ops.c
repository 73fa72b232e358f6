/* SPDX-License-Identifier: GPL-2.0-only */
/* The real system calls behind struct tdxctl_ops, on processes and files of the test. */
#include <linux/kcmp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "lib-fake.h"

static struct tdxctl_ctx *ctx;

static int blocks(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : (int)st.st_blocks;
}

/* A child that does nothing. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	return pid;
}

static void descriptors(void)
{
	int fd = op_open(ctx, "/dev/null", O_RDWR), n = -1;

	CHECK(fd >= 0);
	/* Not inherited by programs that are started. */
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(op_ioctl(ctx, fd, FIONREAD, &n), -ENOTTY);
	CHECK_EQ(op_close(ctx, fd), 0);
	CHECK_EQ(op_close(ctx, fd), -EBADF);
	/* A failed open needs no close. */
	CHECK_EQ(op_close(ctx, -ENOENT), 0);
	CHECK_EQ(op_open(ctx, "/nonexistent/x", O_RDWR), -ENOENT);
	CHECK_EQ(op_ioctl(ctx, -1, FIONREAD, &n), -EBADF);
}

/* A caller may have closed its standard input: descriptor 0 is one like any other. */
static void descriptor_zero(void)
{
	int was = dup(0), fd;
	char *text;
	size_t len;

	close(0);
	fd = op_open(ctx, "/dev/null", O_RDWR);
	CHECK_EQ(fd, 0);
	CHECK_EQ(op_close(ctx, fd), 0);
	CHECK_EQ(fcntl(0, F_GETFD), -1);
	if (CHECK_EQ(root_read(ctx, "/proc/self/comm", 100, &text) > 0, true))
		free(text);
	CHECK_EQ(fcntl(0, F_GETFD), -1);
	CHECK(root_exists(ctx, "/proc/self/comm"));
	CHECK_EQ(fcntl(0, F_GETFD), -1);
	if (CHECK_EQ(file_read("/proc/self/comm", 100, &text, &len), 0))
		free(text);
	CHECK_EQ(fcntl(0, F_GETFD), -1);
	dup2(was, 0);
	close(was);
}

/* A context may be created while descriptor 0 is closed. */
static void context_at_descriptor_zero(void)
{
	struct tdxctl_ctx *c = NULL;
	int was = dup(0);

	close(0);
	if (CHECK_EQ(tdxctl_new(&c), 0)) {
		CHECK_EQ(c->rootfd, 0);
		CHECK(root_exists(c, "/proc/self"));
		tdxctl_free(c);
	}
	dup2(was, 0);
	close(was);
	tdxctl_free(NULL);
}

/* Each call starts without the error, and the hint, of the one before. */
static void errors_are_cleared(void)
{
	CHECK_EQ(ctx_fail(ctx, -EIO, "hint", "%s: %d", "x", 7), -EIO);
	CHECK_STR(tdxctl_error(ctx), "x: 7");
	CHECK_STR(tdxctl_hint(ctx), "hint");
	ctx_clear(ctx);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_STR(tdxctl_hint(ctx), "");
	CHECK_EQ(ctx_fail(ctx, -EIO, "hint", "x"), -EIO);
	CHECK_EQ(ctx_fail(ctx, -EIO, NULL, "y"), -EIO);
	CHECK_STR(tdxctl_hint(ctx), "");
}

/* An errno left by another call is not an error of the read. */
static void errno_of_an_earlier_call(void)
{
	char *text;
	size_t len;

	errno = EINTR;
	if (CHECK_EQ(file_read("/proc/self/comm", 100, &text, &len), 0)) {
		CHECK_EQ(len, strlen(text));
		CHECK(len > 1);
		free(text);
	}
	CHECK_EQ(file_read("/proc/self/maps", 100, &text, &len), -EFBIG);
	CHECK_EQ(file_read("/proc", 100, &text, &len), -EINVAL);
	CHECK_EQ(file_read("/nonexistent", 100, &text, &len), -ENOENT);
}

static void processes(void)
{
	int theirs = open("/dev/null", O_RDWR | O_CLOEXEC), status, copy;
	pid_t pid = child();
	int pidfd = op_pidfd_open(ctx, pid);

	if (!CHECK(pidfd >= 0)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return;
	}
	CHECK_EQ(op_pidfd_wait(ctx, pidfd, 0), 0);
	/* The copy is the same open file. */
	copy = op_pidfd_getfd(ctx, pidfd, theirs);
	if (CHECK(copy >= 0)) {
		CHECK(copy != theirs);
		CHECK_EQ(op_kcmp(ctx, getpid(), pid, KCMP_FILE, (unsigned long)copy,
				 (unsigned long)theirs),
			 1);
		op_close(ctx, copy);
	}
	CHECK_EQ(op_pidfd_getfd(ctx, pidfd, 12345), -EBADF);
	CHECK_EQ(op_pidfd_send_signal(ctx, pidfd, 0), 0);
	CHECK_EQ(op_pidfd_send_signal(ctx, pidfd, SIGKILL), 0);
	CHECK_EQ(op_pidfd_wait(ctx, pidfd, 10000), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(op_pidfd_send_signal(ctx, pidfd, SIGKILL), -ESRCH);
	CHECK_EQ(op_pidfd_wait(ctx, pidfd, 10000), 1);
	op_close(ctx, pidfd);
	CHECK_EQ(op_pidfd_open(ctx, pid), -ESRCH);
	CHECK_EQ(op_pidfd_send_signal(ctx, -1, 0), -EBADF);
	CHECK_EQ(op_pidfd_getfd(ctx, -1, 0), -EBADF);
	CHECK_EQ(op_pidfd_wait(ctx, 12345, 0), -EBADF);
	close(theirs);
}

/* An interrupted wait does not report the end of the process. */
static void on_alarm(int sig)
{
	(void)sig;
}

static void interrupted(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	pid_t pid = child();
	int pidfd = op_pidfd_open(ctx, pid);

	sigaction(SIGALRM, &sa, NULL);
	ualarm(20000, 20000);
	CHECK_EQ(op_pidfd_wait(ctx, pidfd, 60000), -EINTR);
	ualarm(0, 0);
	op_close(ctx, pidfd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void same_memory_same_file(void)
{
	int a = open("/dev/null", O_RDWR | O_CLOEXEC), b = dup(a),
	    c = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = child(), self = getpid();

	CHECK_EQ(op_kcmp(ctx, self, self, KCMP_VM, 0, 0), 1);
	CHECK_EQ(op_kcmp(ctx, self, pid, KCMP_VM, 0, 0), 0);
	CHECK_EQ(op_kcmp(ctx, self, self, KCMP_FILE, (unsigned long)a, (unsigned long)b), 1);
	CHECK_EQ(op_kcmp(ctx, self, self, KCMP_FILE, (unsigned long)a, (unsigned long)c), 0);
	CHECK_EQ(op_kcmp(ctx, self, pid, KCMP_FILE, (unsigned long)a, (unsigned long)b), 1);
	CHECK_EQ(op_kcmp(ctx, self, pid, KCMP_FILE, (unsigned long)a, 12345), -EBADF);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_EQ(op_kcmp(ctx, self, pid, KCMP_VM, 0, 0), -ESRCH);
	close(a);
	close(b);
	close(c);
}

/* A hole frees memory; the size of the file stays. */
static void holes(void)
{
	const int64_t size = 1 << 20;
	int fd = memfd_create("holes", MFD_CLOEXEC), full;
	static char page[4096];

	if (!CHECK(fd >= 0))
		return;
	memset(page, 1, sizeof(page));
	for (int64_t at = 0; at < size; at += (int64_t)sizeof(page))
		CHECK_EQ(pwrite(fd, page, sizeof(page), at), sizeof(page));
	CHECK_EQ(op_file_size(ctx, fd), size);
	full = blocks(fd);
	CHECK_EQ(op_punch_hole(ctx, fd, 0, size / 2), 0);
	CHECK_EQ(op_file_size(ctx, fd), size);
	CHECK_EQ(blocks(fd), full / 2);
	CHECK_EQ(pread(fd, page, sizeof(page), 0), sizeof(page));
	CHECK_EQ(page[0], 0);
	CHECK_EQ(pread(fd, page, sizeof(page), size / 2), sizeof(page));
	CHECK_EQ(page[0], 1);
	CHECK_EQ(op_punch_hole(ctx, fd, size / 2, size / 2), 0);
	CHECK_EQ(blocks(fd), 0);
	CHECK_EQ(op_punch_hole(ctx, fd, 0, 0), -EINVAL);
	close(fd);
	CHECK_EQ(op_punch_hole(ctx, fd, 0, 4096), -EBADF);
	CHECK_EQ(op_file_size(ctx, fd), -EBADF);
}

int main(void)
{
	if (tdxctl_new(&ctx))
		return 1;
	RUN(descriptors);
	RUN(descriptor_zero);
	RUN(context_at_descriptor_zero);
	RUN(errno_of_an_earlier_call);
	RUN(errors_are_cleared);
	RUN(processes);
	RUN(interrupted);
	RUN(same_memory_same_file);
	RUN(holes);
	tdxctl_free(ctx);
	return check_done("lib-ops");
}
