// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz-device SEED CALLS [DEV]: throws CALLS ioctls at /dev/tdxctl, as root and as a user,
 * while VMs on DEV (/dev/tdx-emul) come and go, CPUs go offline and online, and the helper
 * is unloaded and loaded. A second worker makes a quarter as many calls at the same time.
 * The seed decides what each step does. Static: it runs in an initramfs. Exit status 1: an
 * answer was wrong, or an ioctl never succeeded. The kernel log is judged by others.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

/* Steps between these; of primes, so that they do not fall together. */
enum { VM_STEPS = 197, FILE_STEPS = 29, CPU_STEPS = 307, HELPER_STEPS = 599, REST_STEPS = 61 };

/* The first worker waits for the helper to be unused: the second one lets it go. */
static volatile bool *unloading;

static void on_timer(int sig)
{
	(void)sig;
}

static void step(struct world *w, struct rnd *r, unsigned long i, bool first)
{
	if (i % VM_STEPS == 0)
		vm_replace(w, r, (unsigned int)(i / VM_STEPS % NR_VMS));
	if (i % FILE_STEPS == 0)
		file_reopen(w, r, (unsigned int)(i / FILE_STEPS % NR_FILES));
	if (first && i % CPU_STEPS == CPU_STEPS - 1)
		cpu_cycle(w, r);
	if (first && i % HELPER_STEPS == HELPER_STEPS - 1) {
		*unloading = true;
		helper_cycle(w, r);
		*unloading = false;
	}
	call_once(w, r);
}

static bool work(struct world *w, uint64_t seed, unsigned long calls, bool first)
{
	struct rnd r = { seed };

	calls_init();
	world_open(w);
	for (unsigned int i = 0; i < NR_VMS; i++)
		vm_replace(w, &r, i);
	for (unsigned int i = 0; i < NR_FILES; i++)
		file_reopen(w, &r, i);
	for (unsigned long i = 1; i <= calls && !w->failed; i++) {
		struct timespec ms = { .tv_nsec = 1000000 };

		while (!first && *unloading) {
			world_close(w);
			for (unsigned int k = 0; k < NR_FILES; k++)
				w->file[k] = -1;
			nanosleep(&ms, NULL);
		}
		r.s = seed ^ i * 0x9e3779b97f4a7c15;
		step(w, &r, i, first);
		if (w->failed)
			printf("%s: in step %lu\n", w->name, i);
	}
	world_close(w);
	return !w->failed;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_timer };
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	unsigned long calls = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	struct world w = { .vmm_dev = argc > 3 ? argv[3] : "/dev/tdx-emul", .name = "a" };
	int status = 0;
	pid_t second;

	if (!calls) {
		fprintf(stderr, "usage: fuzz-device SEED CALLS [DEV]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("fuzz-device: seed %llu, %lu calls\n", (unsigned long long)seed, calls);
	sigaction(SIGALRM, &sa, NULL);
	unloading = mmap(NULL, sizeof(*unloading), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (unloading == MAP_FAILED)
		return 2;
	second = fork();
	if (!second) {
		w.name = "b";
		work(&w, seed + 1, calls / 4, false);
		return w.failed;
	}
	if (second < 0)
		return 2;
	work(&w, seed, calls, true);
	*unloading = false;
	cpu_cycle(&w, NULL);
	while (waitpid(second, &status, 0) < 0 && errno == EINTR)
		;
	calls_report(&w);
	if (calls > HELPER_STEPS && (!w.unloads || !w.cpus || !w.vms))
		FAIL(&w, "no unload, no CPU offline or no VM");
	if (status)
		FAIL(&w, "the second worker failed: status 0x%x", status);
	return w.failed;
}
