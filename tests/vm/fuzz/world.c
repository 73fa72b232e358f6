// SPDX-License-Identifier: GPL-2.0-only
/* What changes around the calls: files, VMs, CPUs, and the helper itself. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define VMM_WAIT_MS    60000
#define UNLOAD_WAIT_MS 20000

static void pause_ms(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	/* A timer of an earlier call may still interrupt it. */
	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* ---- files ---- */

void file_reopen(struct world *w, struct rnd *r, unsigned int i)
{
	static const int modes[] = { O_RDWR, O_RDWR, O_RDONLY, O_WRONLY };

	if (w->file[i] >= 0)
		close(w->file[i]);
	w->mode[i] = modes[below(r, 4)];
	/* It fails while another worker has unloaded the helper. */
	w->file[i] = open(TDXCTL_DEV_PATH, w->mode[i] | O_CLOEXEC);
}

/* ---- VMs ---- */

static void vm_end(struct vm *vm)
{
	if (vm->pid) {
		kill(vm->pid, SIGKILL);
		while (waitpid(vm->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	/* The pidfd of an ended process stays until the next VM: it is an argument as well. */
	vm->pid = 0;
}

/* The VMM writes "ready" or "error" to @path when it is done. */
static bool vm_is_ready(const char *path)
{
	char buf[8] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	close(fd);
	return buf[0];
}

static int vm_file_of(int pid)
{
	char dir[32], link[64], to[64];
	struct dirent *e;
	int fd = -1;
	ssize_t n;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/fd", pid);
	d = opendir(dir);
	while (d && fd < 0 && (e = readdir(d))) {
		snprintf(link, sizeof(link), "%s/%.10s", dir, e->d_name);
		n = readlink(link, to, sizeof(to) - 1);
		if (n < 0)
			continue;
		to[n] = '\0';
		if (strstr(to, "kvm-vm"))
			fd = atoi(e->d_name);
	}
	if (d)
		closedir(d);
	return fd;
}

void vm_replace(struct world *w, struct rnd *r, unsigned int i)
{
	static const char *const steps[] = { "created", "init", "vcpus", "memory" };
	char name[16], ready[32], pages[16], vcpus[16];
	char *argv[] = { "/bin/vmm",  name,	 "--dev", (char *)w->vmm_dev, "--pages",
			 pages,	      "--vcpus", vcpus,	  "--ready",	      ready,
			 "--stop-at", NULL,	 NULL };
	struct vm *vm = &w->vm[i];

	snprintf(name, sizeof(name), "%.4s%u", w->name, i);
	snprintf(ready, sizeof(ready), "/tmp/fuzz.%s", name);
	snprintf(pages, sizeof(pages), "%u", below(r, 200));
	snprintf(vcpus, sizeof(vcpus), "%u", 1 + below(r, 3));
	argv[11] = (char *)steps[below(r, 4)];
	/* Most are finished: without the last two arguments. */
	if (below(r, 4))
		argv[10] = NULL;
	vm_end(vm);
	if (vm->pidfd >= 0)
		close(vm->pidfd);
	unlink(ready);
	vm->pid = fork();
	if (!vm->pid) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	for (int ms = 0; ms < VMM_WAIT_MS && !vm_is_ready(ready); ms += 5) {
		/* Not created: CPUs of a package are offline, for example. */
		if (waitpid(vm->pid, NULL, WNOHANG) == vm->pid) {
			vm->pid = 0;
			vm->pidfd = vm->fd = -1;
			return;
		}
		pause_ms(5);
	}
	vm->pidfd = (int)syscall(SYS_pidfd_open, vm->pid, 0);
	vm->fd = vm_file_of(vm->pid);
	w->vms += vm->fd >= 0;
}

/* ---- CPUs ---- */

static bool cpu_set(unsigned int cpu, bool online)
{
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, online ? "1" : "0", 1) == 1;
	close(fd);
	return ok;
}

void cpu_cycle(struct world *w, struct rnd *r)
{
	unsigned int cpu;

	for (cpu = 1; cpu < 4; cpu++)
		cpu_set(cpu, true);
	/* It may be refused: the last CPU of a package, with a TD. */
	if (r)
		w->cpus += cpu_set(1 + below(r, 3), false);
}

/* ---- the helper ---- */

static int helper_unload(void)
{
	return syscall(SYS_delete_module, "tdxctl", O_NONBLOCK) ? errno : 0;
}

static int helper_load(void)
{
	struct utsname u;
	char path[320];
	int fd, err;

	uname(&u);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/tdxctl.ko", u.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
	close(fd);
	return err;
}

void helper_cycle(struct world *w, struct rnd *r)
{
	int err = helper_unload();

	/* In use: by our files, or by a release. */
	w->refused += err == EBUSY || err == EAGAIN;
	for (unsigned int i = 0; i < NR_FILES; i++)
		if (w->file[i] >= 0) {
			close(w->file[i]);
			w->file[i] = -1;
		}
	for (int ms = 0; err && ms < UNLOAD_WAIT_MS; ms++) {
		/* A VM that was released early keeps it in use. */
		if (ms == 500)
			for (unsigned int i = 0; i < NR_VMS; i++)
				vm_end(&w->vm[i]);
		pause_ms(1);
		err = helper_unload();
	}
	w->unloads += !err;
	/* The other worker may have such a VM. */
	if (!err) {
		if (below(r, 2))
			vm_replace(w, r, below(r, NR_VMS));
		err = helper_load();
		if (err)
			FAIL(w, "the helper does not load: %s", strerror(err));
	}
	for (unsigned int i = 0; i < NR_FILES; i++)
		file_reopen(w, r, i);
}

/* ---- all ---- */

void world_open(struct world *w)
{
	int pipes[2];

	for (unsigned int i = 0; i < NR_FILES; i++)
		w->file[i] = -1;
	for (unsigned int i = 0; i < NR_VMS; i++)
		w->vm[i] = (struct vm){ .pidfd = -1, .fd = -1 };
	if (pipe2(pipes, O_CLOEXEC))
		exit(2);
	w->odd[0] = pipes[0];
	w->odd[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	w->odd[2] = eventfd(0, EFD_CLOEXEC);
	w->odd[3] = (int)syscall(SYS_pidfd_open, getpid(), 0);
	w->odd[4] = open(w->vmm_dev, O_RDWR | O_CLOEXEC);
}

void world_close(struct world *w)
{
	for (unsigned int i = 0; i < NR_FILES; i++)
		if (w->file[i] >= 0)
			close(w->file[i]);
	for (unsigned int i = 0; i < NR_VMS; i++)
		vm_end(&w->vm[i]);
}
