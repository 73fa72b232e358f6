/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of /dev/tdxctl, asked of the device itself: sizes, flags, pointers,
 * rights. Runs in the guest, as root; "abi bare" where nothing answers SEAMCALLs;
 * "abi member" and "abi nobody" as a user of the group and as one of no group.
 * "abi release PID FD FLAGS" only makes this call, without a TDR, and prints the error
 * number, the phase and the HKID.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/tdxctl.h>

static int dev, failed;

static void expect(const char *what, int got, int want)
{
	if (got == want)
		return;
	failed++;
	printf("%s: %s, not %s\n", what, strerror(got), strerror(want));
}

static int call(unsigned long cmd, void *arg)
{
	return ioctl(dev, cmd, arg) ? errno : 0;
}

static struct command {
	const char *name;
	unsigned long cmd;
	uint32_t size;
	int alone;  /* with everything else zero */
	bool reads; /* needs no capability, and a file open for reading */
} commands[] = {
	{ "INFO", TDXCTL_IOC_INFO, sizeof(struct tdxctl_info), 0, true },
	{ "SNAPSHOT", TDXCTL_IOC_SNAPSHOT, sizeof(struct tdxctl_snapshot_args), ENOSPC, true },
	{ "CPU_CHECK", TDXCTL_IOC_CPU_CHECK, sizeof(struct tdxctl_cpu_check_args), ENOSPC, false },
	/* Descriptor 0 is no pidfd. */
	{ "RELEASE", TDXCTL_IOC_RELEASE, sizeof(struct tdxctl_release_args), EBADF, false },
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Two pages, the second one cannot be touched: a read or write too far fails. */
static unsigned char *fence;

static int sized(const struct command *c, uint32_t says, uint32_t room, uint32_t flags,
		 int last_byte)
{
	unsigned char *p = fence + 4096 - room;

	memset(fence, 0, 4096);
	memcpy(p, &says, sizeof(says));
	memcpy(p + 4, &flags, sizeof(flags));
	if (last_byte)
		p[room - 1] = (unsigned char)last_byte;
	return call(c->cmd, p);
}

static void sizes(const struct command *c)
{
	unsigned char *p = fence + 4096 - c->size;
	uint32_t size;

	printf("%s\n", c->name);
	expect("its own size", sized(c, c->size, c->size, 0, 0), c->alone);
	memcpy(&size, p, sizeof(size));
	if (size != c->size)
		failed += printf("the size became %u\n", size) > 0;
	expect("a newer caller's, zero", sized(c, c->size + 8, c->size + 8, 0, 0), c->alone);
	expect("a newer caller's, in use", sized(c, c->size + 8, c->size + 8, 0, 1), E2BIG);
	expect("a page", sized(c, 4096, 4096, 0, 0), c->alone);
	expect("more than a page", sized(c, 4097, 4096, 0, 0), E2BIG);
	expect("4 GiB", sized(c, ~0U, 4096, 0, 0), E2BIG);
	expect("too small", sized(c, 8, 4096, 0, 0), EINVAL);
	expect("no size", sized(c, 0, 4096, 0, 0), EINVAL);
	expect("longer than what is mapped", sized(c, c->size, c->size - 4, 0, 0), EFAULT);
	expect("unknown flag", sized(c, c->size, c->size, 1U << 31, 0), EINVAL);
	expect("no address", call(c->cmd, NULL), EFAULT);
	expect("an address of the kernel", call(c->cmd, (void *)0xffff800000000000), EFAULT);
}

static void unknown(void)
{
	char buf[256] = { 64 };

	expect("unknown number", call(_IO(TDXCTL_IOC_TYPE, 0x3f), buf), ENOTTY);
	expect("another type", call(_IO('K', 0), buf), ENOTTY);
	expect("with a direction", call(_IOWR(TDXCTL_IOC_TYPE, 0, char[8]), buf), ENOTTY);
}

static void snapshot(void)
{
	struct tdxctl_snapshot_args a = { .size = sizeof(a) };
	struct tdxctl_snapshot_hdr *hdr;
	unsigned char *buf;

	expect("no room", call(TDXCTL_IOC_SNAPSHOT, &a), ENOSPC);
	if (a.needed < sizeof(*hdr) || a.needed > 16 << 20) {
		failed += printf("needs %u bytes\n", a.needed) > 0;
		return;
	}
	a.buf_size = a.needed - 1;
	buf = malloc(a.needed + 64);
	if (!buf)
		exit(2);
	memset(buf, 0xa5, a.needed + 64);
	a.buf = (uintptr_t)buf;
	expect("one byte short", call(TDXCTL_IOC_SNAPSHOT, &a), ENOSPC);
	if (buf[0] != 0xa5)
		failed += printf("too small a buffer was written to\n") > 0;
	a.buf_size = a.needed;
	expect("just enough", call(TDXCTL_IOC_SNAPSHOT, &a), 0);
	hdr = (struct tdxctl_snapshot_hdr *)buf;
	if (hdr->total != a.needed || buf[a.needed] != 0xa5)
		failed += printf("%u bytes, %u announced\n", hdr->total, a.needed) > 0;
	a.buf = 0;
	expect("no buffer", call(TDXCTL_IOC_SNAPSHOT, &a), EFAULT);
	a.buf = 0xffff800000000000;
	expect("a buffer in the kernel", call(TDXCTL_IOC_SNAPSHOT, &a), EFAULT);
	free(buf);
}

static void release(void)
{
	struct tdxctl_release_args a = {
		.size = sizeof(a),
		.flags = TDXCTL_RELEASE_DRY_RUN,
		.vm_fd = dev,
	};

	a.pidfd = -1;
	expect("pidfd -1", call(TDXCTL_IOC_RELEASE, &a), EBADF);
	a.pidfd = dev;
	expect("a file that is no pidfd", call(TDXCTL_IOC_RELEASE, &a), EBADF);
	a.pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	expect("a file that is no VM", call(TDXCTL_IOC_RELEASE, &a), EINVAL);
	a.vm_fd = 999;
	expect("a closed descriptor", call(TDXCTL_IOC_RELEASE, &a), EBADF);
	a.vm_fd = -1;
	expect("descriptor -1", call(TDXCTL_IOC_RELEASE, &a), EBADF);
	/* Callers that are older than @pages_queued, or than @cpus. */
	a.vm_fd = 999;
	a.size = offsetof(struct tdxctl_release_args, pages_queued);
	expect("the first version", call(TDXCTL_IOC_RELEASE, &a), EBADF);
	a.cpus = 3;
	a.reclaim_cpus = 7;
	a.size = offsetof(struct tdxctl_release_args, cpus);
	expect("without a number of CPUs", call(TDXCTL_IOC_RELEASE, &a), EBADF);
	if (a.cpus != 3 || a.reclaim_cpus != 7)
		failed += printf("fields that an older caller does not have were written\n") > 0;
	a.size = sizeof(a);
	a.cpus = ~0U;
	expect("any number of CPUs", call(TDXCTL_IOC_RELEASE, &a), EBADF);
	if (a.cpus != ~0U || a.reclaim_cpus)
		failed += printf("CPUs: %u in, %u out\n", a.cpus, a.reclaim_cpus) > 0;
	a.strategy = TDXCTL_STRATEGIES;
	expect("unknown strategy", call(TDXCTL_IOC_RELEASE, &a), EINVAL);
	a.strategy = 0;
	a.flags = TDXCTL_RELEASE_DRY_RUN | TDXCTL_RELEASE_CANCEL;
	expect("plan and cancel", call(TDXCTL_IOC_RELEASE, &a), EINVAL);
	close(a.pidfd);
}

/* TDR pages: addresses for root, numbers of TDs for others; equal in all records of a TD. */
static void addresses(bool hidden)
{
	struct tdxctl_snapshot_args a = { .size = sizeof(a), .buf_size = 16 << 20 };
	const struct tdxctl_section_desc *tds, *hkids;
	unsigned char *buf = malloc(a.buf_size);
	struct tdxctl_snapshot_hdr *hdr = (struct tdxctl_snapshot_hdr *)buf;

	a.buf = (uintptr_t)buf;
	expect("a snapshot", buf ? call(TDXCTL_IOC_SNAPSHOT, &a) : ENOMEM, 0);
	if (failed)
		return;
	tds = &hdr->section[TDXCTL_SEC_TDS];
	hkids = &hdr->section[TDXCTL_SEC_HKIDS];
	for (uint32_t i = 0; i < tds->count; i++) {
		struct tdxctl_td *td = (void *)(buf + tds->offset + (size_t)i * tds->stride);
		uint64_t want = TDXCTL_TDR_HIDDEN | td->id;
		bool found = false;

		if (hidden ? td->tdr != want : !td->tdr || td->tdr & (TDXCTL_TDR_HIDDEN | 0xfff))
			failed += printf("td:%u has TDR 0x%llx\n", td->id,
					 (unsigned long long)td->tdr) > 0;
		for (uint32_t k = 0; k < hkids->count; k++) {
			struct tdxctl_hkid *h =
				(void *)(buf + hkids->offset + (size_t)k * hkids->stride);

			found |= h->id == td->hkid && h->tdr == td->tdr;
			if (h->tdr && !(h->tdr & TDXCTL_TDR_HIDDEN) == hidden)
				failed += printf("HKID %u has TDR 0x%llx\n", h->id,
						 (unsigned long long)h->tdr) > 0;
		}
		if (td->hkid && !found)
			failed += printf("td:%u and its HKID have different TDRs\n", td->id) > 0;
	}
	free(buf);
}

/* What a user without the capability gets through the descriptor @dev. */
static void without_capability(void)
{
	struct tdxctl_adopt_args adopt = { .size = sizeof(adopt), .flags = TDXCTL_ADOPT_DONE };

	for (size_t i = 0; i < NR_COMMANDS; i++)
		expect(commands[i].name,
		       sized(&commands[i], commands[i].size, commands[i].size, 0, 0),
		       commands[i].reads ? commands[i].alone : EPERM);
	expect("ADOPT", call(TDXCTL_IOC_ADOPT, &adopt), EPERM);
	addresses(true);
}

static void as_nobody(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		failed = 0;
		if (setresuid(65534, 65534, 65534))
			_exit(2);
		fn();
		fflush(stdout);
		_exit(failed != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		failed += printf("as nobody: failed\n") > 0;
}

static void not_openable(void)
{
	expect("opening it", open(TDXCTL_DEV_PATH, O_RDWR) < 0 ? errno : 0, EACCES);
	expect("opening it to read", open(TDXCTL_DEV_PATH, O_RDONLY) < 0 ? errno : 0, EACCES);
}

/* With root's descriptor: only what needs no capability. */
static void rights(void)
{
	as_nobody(without_capability);
	as_nobody(not_openable);
	addresses(false);
}

/* Each command needs the file open for what it does; the rights are root's. */
static void modes(void)
{
	int both = dev;

	dev = open(TDXCTL_DEV_PATH, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		expect(commands[i].name,
		       sized(&commands[i], commands[i].size, commands[i].size, 0, 0),
		       commands[i].reads ? commands[i].alone : EACCES);
	/* Also commands that this program does not know. */
	for (unsigned int nr = 2; nr < 64; nr++) {
		int got = call(_IO(TDXCTL_IOC_TYPE, nr), fence);

		if (got != EACCES && got != ENOTTY)
			failed += printf("command %u on a file open for reading: %s\n", nr,
					 strerror(got)) > 0;
	}
	close(dev);
	dev = open(TDXCTL_DEV_PATH, O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		expect(commands[i].name,
		       sized(&commands[i], commands[i].size, commands[i].size, 0, 0),
		       commands[i].reads ? EACCES : commands[i].alone);
	close(dev);
	dev = both;
}

static int one_release(char **arg)
{
	struct tdxctl_release_args a = {
		.size = sizeof(a),
		.flags = (uint32_t)atoi(arg[2]),
		.pidfd = (int)syscall(SYS_pidfd_open, atoi(arg[0]), 0),
		.vm_fd = atoi(arg[1]),
	};
	int err = call(TDXCTL_IOC_RELEASE, &a);

	printf("%d %u %u\n", err, a.phase, a.hkid);
	return 0;
}

int main(int argc, char **argv)
{
	const char *who = argc > 1 ? argv[1] : "root";
	size_t i;

	if (!strcmp(who, "nobody")) {
		not_openable();
		return failed != 0;
	}
	dev = open(TDXCTL_DEV_PATH, O_RDWR | O_CLOEXEC);
	fence = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (dev < 0 || fence == MAP_FAILED || mprotect(fence + 4096, 4096, PROT_NONE)) {
		perror(TDXCTL_DEV_PATH);
		return 2;
	}
	if (!strcmp(who, "release") && argc == 5)
		return one_release(argv + 2);
	if (!strcmp(who, "member")) {
		without_capability();
		return failed != 0;
	}
	for (i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(who, "bare") && commands[i].cmd == TDXCTL_IOC_CPU_CHECK)
			commands[i].alone = EOPNOTSUPP;
		sizes(&commands[i]);
	}
	unknown();
	snapshot();
	release();
	fflush(stdout);
	rights();
	modes();
	printf("%d wrong answers\n", failed);
	return failed != 0;
}
