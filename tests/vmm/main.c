// SPDX-License-Identifier: GPL-2.0-only
/* vmm NAME [options]: see usage() below. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/vhost.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define INTERRUPT_MS 100

static struct vmm_opts opts = {
	.dev = "/dev/tdx-emul",
	.vcpus = 1,
	.pages = 64,
	.stop_at = STOP_FINALIZED,
};
static struct td td;

static void write_ready(const char *text)
{
	size_t len = strlen(text);
	int fd;

	if (!opts.ready)
		return;
	fd = open(opts.ready, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		fprintf(stderr, "%s: %s: %s\n", opts.name, opts.ready, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void vmm_die(enum vmm_exit code, const char *fmt, ...)
{
	char text[256], line[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "error: %s\n", text);
	fprintf(stderr, "%s: %s", opts.name ? opts.name : "vmm", line);
	write_ready(line);
	exit(code);
}

static void usage(FILE *to)
{
	fputs("usage: vmm NAME [options]\n"
	      "Creates a TD through KVM's ioctls and sits there until SIGTERM.\n"
	      "  --dev PATH         /dev/tdx-emul (default) or /dev/kvm\n"
	      "  --vcpus N          vCPUs (1)\n"
	      "  --max-vcpus N      KVM_CAP_MAX_VCPUS\n"
	      "  --pages N          private pages of 4 KiB (64)\n"
	      "  --measure          extend the measurement with each page\n"
	      "  --stop-at STEP     created, init, vcpus or memory: sit there, unfinished\n"
	      "  --no-gmem          private pages without a guest_memfd\n"
	      "  --run              vCPUs run, with an interrupt every 100 ms\n"
	      "  --touch N          the guest touches N more pages (implies --run)\n"
	      "  --busy             and starts over without a limit instead of halting\n"
	      "  --prefault         vCPUs map these pages by KVM_PRE_FAULT_MEMORY without a limit\n"
	      "  --compat           vCPUs make their system calls as 32-bit programs do\n"
	      "  --main-exits       the first thread ends, the process goes on\n"
	      "  --apart            vCPUs run in processes that share the memory map\n"
	      "  --starve           from SIGUSR1 to SIGUSR2 the CPU of vCPU 0 has no time\n"
	      "  --flip             make all memory shared on SIGUSR1\n"
	      "  --plain            an ordinary VM with one vCPU, that does not run\n"
	      "  --punch            punch all memory out of the guest_memfd on SIGUSR2\n"
	      "  --convert          make all memory shared, and private again, on SIGUSR2\n"
	      "  --close-gmem       close the guest_memfd on SIGUSR1\n"
	      "  --replace          on SIGUSR1 another TD gets the number of the VM's descriptor\n"
	      "  --vhost            let a vhost device hold the memory map\n"
	      "  --fork             a child with the same descriptors sits, too\n"
	      "  --threads N        idle threads (0)\n"
	      "  --ready FILE       write \"ready\" there, or what went wrong\n"
	      "  --timeout S        end after so many seconds\n"
	      "  -name guest=X, -uuid U   ignored; for whoever reads the command line\n"
	      "Exit status: 0 ended as asked, 1 a step failed, 2 usage, 3 no TDX there.\n",
	      to);
}

static uint64_t number(const char *opt, const char *arg, uint64_t max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(arg, &end, 0);
	if (errno || !*arg || *end || *arg == '-' || n > max)
		vmm_die(VMM_USAGE, "--%s %s: want a number up to %llu", opt, arg,
			(unsigned long long)max);
	return n;
}

static enum vmm_stop stop_step(const char *arg)
{
	/* clang-format off */
	static const char *const step[] = {
		[STOP_CREATED] = "created", [STOP_INIT] = "init",
		[STOP_VCPUS] = "vcpus", [STOP_MEMORY] = "memory",
		[STOP_FINALIZED] = "finalized",
	};
	/* clang-format on */
	unsigned int i;

	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++)
		if (!strcmp(arg, step[i]))
			return i;
	vmm_die(VMM_USAGE, "--stop-at %s: no such step", arg);
}

enum opt_id {
	OPT_DEV = 256,
	OPT_VCPUS,
	OPT_MAX_VCPUS,
	OPT_PAGES,
	OPT_MEASURE,
	OPT_STOP,
	OPT_NO_GMEM,
	OPT_RUN,
	OPT_TOUCH,
	OPT_BUSY,
	OPT_PREFAULT,
	OPT_COMPAT,
	OPT_APART,
	OPT_STARVE,
	OPT_FLIP,
	OPT_PLAIN,
	OPT_PUNCH,
	OPT_CONVERT,
	OPT_CLOSE_GMEM,
	OPT_REPLACE,
	OPT_VHOST,
	OPT_FORK,
	OPT_MAIN_EXITS,
	OPT_THREADS,
	OPT_READY,
	OPT_TIMEOUT,
	OPT_IGNORED,
	OPT_HELP,
};

static const struct option longopts[] = {
	{ "dev", required_argument, NULL, OPT_DEV },
	{ "vcpus", required_argument, NULL, OPT_VCPUS },
	{ "max-vcpus", required_argument, NULL, OPT_MAX_VCPUS },
	{ "pages", required_argument, NULL, OPT_PAGES },
	{ "measure", no_argument, NULL, OPT_MEASURE },
	{ "stop-at", required_argument, NULL, OPT_STOP },
	{ "no-gmem", no_argument, NULL, OPT_NO_GMEM },
	{ "run", no_argument, NULL, OPT_RUN },
	{ "touch", required_argument, NULL, OPT_TOUCH },
	{ "busy", no_argument, NULL, OPT_BUSY },
	{ "prefault", no_argument, NULL, OPT_PREFAULT },
	{ "compat", no_argument, NULL, OPT_COMPAT },
	{ "apart", no_argument, NULL, OPT_APART },
	{ "starve", no_argument, NULL, OPT_STARVE },
	{ "flip", no_argument, NULL, OPT_FLIP },
	{ "plain", no_argument, NULL, OPT_PLAIN },
	{ "punch", no_argument, NULL, OPT_PUNCH },
	{ "convert", no_argument, NULL, OPT_CONVERT },
	{ "close-gmem", no_argument, NULL, OPT_CLOSE_GMEM },
	{ "replace", no_argument, NULL, OPT_REPLACE },
	{ "vhost", no_argument, NULL, OPT_VHOST },
	{ "fork", no_argument, NULL, OPT_FORK },
	{ "main-exits", no_argument, NULL, OPT_MAIN_EXITS },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "ready", required_argument, NULL, OPT_READY },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "name", required_argument, NULL, OPT_IGNORED },
	{ "uuid", required_argument, NULL, OPT_IGNORED },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void parse(int argc, char **argv)
{
	int c, i;

	/* QEMU's -name and -uuid have one dash. */
	while ((c = getopt_long_only(argc, argv, "", longopts, &i)) != -1) {
		switch (c) {
		case OPT_DEV:
			opts.dev = optarg;
			break;
		case OPT_VCPUS:
			opts.vcpus = number("vcpus", optarg, VMM_MAX_VCPUS);
			break;
		case OPT_MAX_VCPUS:
			opts.max_vcpus = number("max-vcpus", optarg, UINT32_MAX);
			break;
		case OPT_PAGES:
			opts.pages = number("pages", optarg, 1ULL << 32);
			break;
		case OPT_MEASURE:
			opts.measure = true;
			break;
		case OPT_STOP:
			opts.stop_at = stop_step(optarg);
			break;
		case OPT_NO_GMEM:
			opts.no_gmem = true;
			break;
		case OPT_RUN:
			opts.run = true;
			break;
		case OPT_TOUCH:
			opts.touch = number("touch", optarg, 0xffff);
			opts.run = true;
			break;
		case OPT_BUSY:
			opts.busy = true;
			break;
		case OPT_PREFAULT:
			opts.prefault = true;
			opts.run = true;
			break;
		case OPT_COMPAT:
			opts.compat = true;
			break;
		case OPT_APART:
			opts.apart = true;
			opts.run = true;
			break;
		case OPT_STARVE:
			opts.starve = true;
			opts.run = true;
			break;
		case OPT_FLIP:
			opts.flip = true;
			break;
		case OPT_PLAIN:
			opts.plain = true;
			break;
		case OPT_PUNCH:
			opts.punch = true;
			break;
		case OPT_CONVERT:
			opts.convert = true;
			break;
		case OPT_CLOSE_GMEM:
			opts.close_gmem = true;
			break;
		case OPT_REPLACE:
			opts.replace = true;
			break;
		case OPT_VHOST:
			opts.vhost = true;
			break;
		case OPT_FORK:
			opts.fork = true;
			break;
		case OPT_MAIN_EXITS:
			opts.main_exits = true;
			break;
		case OPT_THREADS:
			opts.threads = number("threads", optarg, 4096);
			break;
		case OPT_READY:
			opts.ready = optarg;
			break;
		case OPT_TIMEOUT:
			opts.timeout = number("timeout", optarg, 1000000);
			break;
		case OPT_IGNORED:
			break;
		case OPT_HELP:
			usage(stdout);
			exit(VMM_OK);
		default:
			usage(stderr);
			exit(VMM_USAGE);
		}
	}
	if (optind != argc - 1) {
		usage(stderr);
		exit(VMM_USAGE);
	}
	opts.name = argv[optind];
	if (opts.close_gmem && opts.no_gmem)
		vmm_die(VMM_USAGE, "--close-gmem: there is none with --no-gmem");
	if (opts.run && (!opts.vcpus || opts.no_gmem || opts.stop_at != STOP_FINALIZED))
		vmm_die(VMM_USAGE, "--run: only a finished TD with vCPUs and memory runs");
}

/* A vhost device keeps the memory map of its owner alive. */
static void vhost_own(void)
{
	static const char *const dev[] = { "/dev/vhost-net", "/dev/vhost-vsock" };
	unsigned int i;
	int fd;

	for (i = 0; i < sizeof(dev) / sizeof(dev[0]); i++) {
		fd = open(dev[i], O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (ioctl(fd, VHOST_SET_OWNER, NULL))
			vmm_die(VMM_FAILED, "%s: VHOST_SET_OWNER: %s", dev[i], strerror(errno));
		return;
	}
	vmm_die(VMM_FAILED, "--vhost: neither %s nor %s can be opened: %s", dev[0], dev[1],
		strerror(errno));
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void start_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	uint32_t i;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (i = 0; i < opts.threads; i++) {
		err = pthread_create(&thread, &attr, idle, NULL);
		if (err)
			vmm_die(VMM_FAILED, "thread %u: %s", i, strerror(err));
	}
	pthread_attr_destroy(&attr);
}

/* A signal, or 0 when @left_ms have passed; less than 0 waits without a limit. */
static int wait_signal(const sigset_t *set, int64_t left_ms)
{
	struct timespec t = {
		.tv_sec = left_ms / 1000,
		.tv_nsec = left_ms % 1000 * 1000000,
	};
	int sig = left_ms < 0 ? sigwaitinfo(set, NULL) : sigtimedwait(set, NULL, &t);

	return sig < 0 ? 0 : sig;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void sit(const sigset_t *set)
{
	int64_t left, end = now_ms() + opts.timeout * 1000LL;

	for (;;) {
		left = -1;
		if (opts.timeout) {
			left = end - now_ms();
			if (left <= 0)
				return;
		}
		if (opts.run) {
			td_interrupt(&td);
			if (left < 0 || left > INTERRUPT_MS)
				left = INTERRUPT_MS;
		}
		switch (wait_signal(set, left)) {
		case SIGTERM:
		case SIGINT:
			return;
		case SIGUSR1:
			if (opts.starve) {
				td_starve();
				write_ready("starved\n");
			}
			if (opts.flip)
				write_ready(td_set_private(&td, false) ? "refused\n" : "shared\n");
			if (opts.replace) {
				td_replace(&td);
				write_ready("replaced\n");
			}
			if (!opts.close_gmem || td.gmem < 0)
				break;
			close(td.gmem);
			td.gmem = -1;
			write_ready("closed\n");
			break;
		case SIGUSR2:
			if (opts.starve) {
				td_feed();
				write_ready("fed\n");
			}
			if (td.gmem < 0)
				break;
			if (opts.convert) {
				if (td_set_private(&td, false))
					vmm_die(VMM_FAILED, "to shared: %s", strerror(errno));
				write_ready("shared\n");
				if (td_set_private(&td, true))
					vmm_die(VMM_FAILED, "to private: %s", strerror(errno));
				write_ready("private\n");
			}
			if (!opts.punch)
				break;
			if (td_punch(&td))
				vmm_die(VMM_FAILED, "fallocate: %s", strerror(errno));
			write_ready("punched\n");
			break;
		}
	}
}

static void *sit_thread(void *set)
{
	sit(set);
	exit(VMM_OK);
}

/* The process continues without its first thread, which never returns. */
static void leave_main(sigset_t *set)
{
	static sigset_t own;
	pthread_t thread;

	own = *set;
	if (pthread_create(&thread, NULL, sit_thread, &own))
		vmm_die(VMM_FAILED, "thread: %s", strerror(errno));
	write_ready("ready\n");
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);

	parse(argc, argv);
	prctl(PR_SET_NAME, opts.name, 0, 0, 0);
	/*
	 * An exiting process releases its files newest first: only a vhost
	 * device older than the guest_memfd still has the map by then.
	 */
	if (opts.vhost)
		vhost_own();
	td_build(&td, &opts);

	/* From here on signals are waited for; until here they just end it. */
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	start_threads();
	if (opts.run)
		td_run(&td);
	if (opts.fork) {
		switch (fork()) {
		case -1:
			vmm_die(VMM_FAILED, "fork: %s", strerror(errno));
		case 0:
			sit(&set);
			_exit(VMM_OK);
		}
	}
	if (opts.main_exits)
		leave_main(&set);
	write_ready("ready\n");
	sit(&set);
	return VMM_OK;
}
