// SPDX-License-Identifier: GPL-2.0-only
/*
 * reuse: a running release of a VM whose descriptor was closed, and another VM that has
 * got the number. The number means the other VM, also for a cancel. Runs in the guest as
 * root, with pages that take long to reclaim. Static, with files of the VMM.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/tdxctl.h>

#include "../vmm/vmm.h"

static int failed;

void vmm_die(enum vmm_exit code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(code);
}

static struct tdxctl_release_args call(int dev, int pidfd, int fd, uint32_t flags)
{
	struct tdxctl_release_args a = {
		.size = sizeof(a),
		.flags = flags,
		.pidfd = pidfd,
		.vm_fd = fd,
		.wait_ms = flags ? 0 : 50,
	};

	if (ioctl(dev, TDXCTL_IOC_RELEASE, &a))
		vmm_die(VMM_FAILED, "release of descriptor %d, flags %u: %s", fd, flags,
			strerror(errno));
	return a;
}

#define EXPECT(what, cond) \
	do { \
		if (!(cond)) \
			failed += printf("%s\n", what) > 0; \
	} while (0)

int main(void)
{
	static const struct vmm_opts opts = {
		.name = "reuse",
		.dev = "/dev/tdx-emul",
		.vcpus = 1,
		.pages = 2000,
		.stop_at = STOP_FINALIZED,
	};
	static struct td first, second;
	int dev = open(TDXCTL_DEV_PATH, O_RDWR | O_CLOEXEC), number, copy, pidfd;
	struct tdxctl_release_args a;

	first.dev = second.dev = open(opts.dev, O_RDWR | O_CLOEXEC);
	if (dev < 0 || first.dev < 0)
		vmm_die(VMM_FAILED, "cannot open the devices");
	pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	td_build(&first, &opts);
	td_build(&second, &opts);
	number = first.vm;
	copy = dup(number);

	a = call(dev, pidfd, number, 0);
	EXPECT("the release ended before its descriptor was closed", !a.ended_ns);
	dup2(second.vm, number);

	/* Nothing runs for the second VM, by either of its descriptors. */
	a = call(dev, pidfd, number, TDXCTL_RELEASE_CANCEL);
	EXPECT("a cancel of the other VM reports a release", a.phase == TDXCTL_PHASE_NONE);
	EXPECT("the other VM has lost pages", a.pages_left == opts.pages);
	a = call(dev, pidfd, number, TDXCTL_RELEASE_DRY_RUN);
	EXPECT("a dry run of the other VM reports a release", a.phase == TDXCTL_PHASE_NONE);

	/* The release of the first VM was not cancelled. */
	do {
		a = call(dev, pidfd, copy, 0);
	} while (!a.ended_ns);
	EXPECT("the release of the first VM was cancelled", a.phase == TDXCTL_PHASE_DONE);
	EXPECT("pages of the first VM are left", !a.pages_left);
	a = call(dev, pidfd, number, TDXCTL_RELEASE_DRY_RUN);
	EXPECT("the other VM was released", a.pages_left == opts.pages && !a.hkid_freed);
	printf("%d wrong answers\n", failed);
	return failed != 0;
}
