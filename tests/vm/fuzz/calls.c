// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls: a valid one of each kind, then changed or not. Pure noise would end at the
 * first check of the size. What was not changed must not fail as if it were malformed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"

#define PAGE	  4096U
#define DATA_SIZE (1U << 20)
#define USER	  65534

/* An argument structure, in a page of its own size. */
union args {
	struct {
		uint32_t size, flags;
	};
	struct tdxctl_info info;
	struct tdxctl_snapshot_args snapshot;
	struct tdxctl_cpu_check_args cpu_check;
	struct tdxctl_release_args release;
	struct tdxctl_adopt_args adopt;
	unsigned char bytes[PAGE + 64];
	uint32_t word[PAGE / 4];
};

enum { INFO, SNAPSHOT, CPU_CHECK, RELEASE, ADOPT, NR_KINDS };

static struct kind {
	const char *name;
	unsigned long cmd;
	uint32_t size;
	bool reads;
	unsigned long calls, ok, as_user, user_ok;
} kinds[NR_KINDS] = {
	[INFO] = { "INFO", TDXCTL_IOC_INFO, sizeof(struct tdxctl_info), true },
	[SNAPSHOT] = { "SNAPSHOT", TDXCTL_IOC_SNAPSHOT, sizeof(struct tdxctl_snapshot_args), true },
	[CPU_CHECK] = { "CPU_CHECK", TDXCTL_IOC_CPU_CHECK, sizeof(struct tdxctl_cpu_check_args) },
	[RELEASE] = { "RELEASE", TDXCTL_IOC_RELEASE, sizeof(struct tdxctl_release_args) },
	[ADOPT] = { "ADOPT", TDXCTL_IOC_ADOPT, sizeof(struct tdxctl_adopt_args) },
};

static unsigned long errnos[256], planned, released;
/* @data and @fence end at a page that cannot be touched. @read_only is a view of @writable. */
static unsigned char *data, *fence, *read_only, *writable;

static unsigned char *fenced(size_t size)
{
	unsigned char *p =
		mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + size, PAGE, PROT_NONE))
		exit(2);
	return p;
}

void calls_init(void)
{
	int fd = (int)syscall(SYS_memfd_create, "args", 0);

	data = fenced(DATA_SIZE);
	fence = fenced(2 * PAGE);
	if (fd < 0 || ftruncate(fd, 2 * PAGE))
		exit(2);
	writable = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	read_only = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (writable == MAP_FAILED || read_only == MAP_FAILED)
		exit(2);
	close(fd);
}

/* Interesting numbers, cut to the width of the field. */
static uint64_t number(struct rnd *r)
{
	switch (below(r, 8)) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return 1ULL << below(r, 64);
	case 3:
		return (1ULL << below(r, 64)) - 1;
	case 4:
		return 0xffff800000000000 | rnd(r) >> 20;
	case 5:
		return below(r, 64);
	case 6:
		return (uintptr_t)data + below(r, DATA_SIZE + 2 * PAGE);
	default:
		return rnd(r);
	}
}

/* Any descriptor: of the device, of nothing, or one that is not what it should be. */
static int any_fd(const struct world *w, struct rnd *r)
{
	switch (below(r, 4)) {
	case 0:
		return w->odd[below(r, 5)];
	case 1:
		return w->file[below(r, NR_FILES)];
	case 2:
		return w->vm[below(r, NR_VMS)].pidfd;
	default:
		return (int)number(r);
	}
}

static void fill(const struct world *w, struct rnd *r, unsigned int kind, union args *a)
{
	static const uint32_t flags[] = { 0, TDXCTL_RELEASE_DRY_RUN, TDXCTL_RELEASE_DRY_RUN,
					  TDXCTL_RELEASE_CANCEL };
	const struct vm *vm = &w->vm[below(r, NR_VMS)];

	memset(a, 0, sizeof(*a));
	a->size = kinds[kind].size;
	switch (kind) {
	case SNAPSHOT:
		a->snapshot.buf_size = below(r, 4) ? DATA_SIZE : below(r, DATA_SIZE);
		a->snapshot.buf = (uintptr_t)data + DATA_SIZE - a->snapshot.buf_size;
		break;
	case CPU_CHECK:
		a->cpu_check.count_in = 4 + below(r, 60);
		a->cpu_check.buf = (uintptr_t)data + DATA_SIZE -
				   a->cpu_check.count_in * sizeof(struct tdxctl_cpu_check_rec);
		break;
	case RELEASE:
		a->flags = flags[below(r, 4)];
		a->release.pidfd = vm->pidfd;
		a->release.vm_fd = vm->fd;
		a->release.tdr = below(r, 4) ? 0 : w->tdr;
		a->release.strategy = below(r, 2) ? 0 : below(r, TDXCTL_STRATEGIES);
		a->release.wait_ms = below(r, 20);
		break;
	case ADOPT:
		if (below(r, 2)) {
			a->flags = TDXCTL_ADOPT_DONE;
		} else {
			a->adopt.pidfd = vm->pidfd;
			a->adopt.vm_fd = vm->fd;
		}
		break;
	}
}

static uint32_t any_size(struct rnd *r, uint32_t real)
{
	const uint32_t sizes[] = {
		0,	  4,	    8,	      real - 1, real - 4, real - 8,	   real + 1,
		real + 4, real + 8, PAGE - 4, PAGE,	PAGE + 1, (uint32_t)rnd(r)
	};

	return sizes[below(r, sizeof(sizes) / sizeof(sizes[0]))];
}

static void change(const struct world *w, struct rnd *r, unsigned int kind, union args *a)
{
	uint32_t words = kinds[kind].size / 4;

	switch (below(r, 6)) {
	case 0:
		a->size = any_size(r, kinds[kind].size);
		break;
	case 1:
		a->flags ^= 1U << below(r, below(r, 2) ? 4 : 32);
		break;
	case 2:
		a->word[1 + below(r, words - 1)] = (uint32_t)number(r);
		break;
	case 3: {
		uint64_t v = number(r);

		memcpy(&a->word[2 * below(r, words / 2)], &v, sizeof(v));
		break;
	}
	case 4:
		a->bytes[below(r, PAGE)] ^= (unsigned char)(1U << below(r, 8));
		break;
	case 5:
		/* The descriptors of RELEASE and ADOPT. */
		a->word[2 + below(r, 2)] = (uint32_t)any_fd(w, r);
		break;
	}
}

/* Copies the structure to where the helper gets it from. @normal: it can be read and written. */
static void *place(struct rnd *r, const union args *a, bool normal)
{
	uint32_t len = a->size < PAGE ? a->size : PAGE;

	if (len < 8)
		len = 8;
	switch (normal ? below(r, 2) : 2 + below(r, 4)) {
	case 0:
		memcpy(writable, a->bytes, sizeof(a->bytes));
		return writable;
	case 1:
		memcpy(fence + 2 * PAGE - len, a->bytes, len);
		return fence + 2 * PAGE - len;
	case 2:
		memcpy(writable, a->bytes, sizeof(a->bytes));
		return read_only;
	case 3:
		memcpy(fence + 2 * PAGE - 4, a->bytes, 4);
		return fence + 2 * PAGE - 4;
	case 4:
		return NULL;
	default:
		return (void *)(uintptr_t)number(r);
	}
}

/* No call blocks: a timer interrupts it. */
static void timer(unsigned int ms)
{
	struct itimerval t = { .it_value.tv_usec = ms * 1000 };

	setitimer(ITIMER_REAL, &t, NULL);
}

static void check_snapshot(struct world *w, struct rnd *r, const union args *a, bool user)
{
	const struct tdxctl_snapshot_hdr *hdr = (const void *)(uintptr_t)a->snapshot.buf;
	const struct tdxctl_section_desc *s = &hdr->section[TDXCTL_SEC_TDS];

	if (hdr->total != a->snapshot.needed || hdr->total > a->snapshot.buf_size)
		FAIL(w, "snapshot of %u bytes, %u announced", hdr->total, a->snapshot.needed);
	if (!user)
		w->tdr = 0;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct tdxctl_td *td =
			(const void *)((const char *)hdr + s->offset + (size_t)i * s->stride);

		if (!(td->tdr & TDXCTL_TDR_HIDDEN) == user)
			FAIL(w, "%s sees TDR 0x%llx", user ? "a user" : "root",
			     (unsigned long long)td->tdr);
		if (!user && !below(r, 2))
			w->tdr = td->tdr;
	}
}

/* Whether an unchanged call of root on a suitable file may end so. */
static bool plausible(unsigned int kind, int err)
{
	/* Memory, signals. */
	if (!err || err == EINTR || err == ENOMEM || err == EAGAIN)
		return true;
	switch (kind) {
	case SNAPSHOT:
		return err == ENOSPC;
	case CPU_CHECK:
		return err == EOPNOTSUPP || err == ENOSPC;
	case RELEASE:
	case ADOPT:
		/* The VM may have ended, and be of any kind. */
		return err != EFAULT && err != ENOTTY && err != E2BIG && err != EPERM &&
		       err != EACCES;
	default:
		return false;
	}
}

void call_once(struct world *w, struct rnd *r)
{
	unsigned int f = below(r, NR_FILES), kind = below(r, NR_KINDS);
	unsigned int changes = below(r, 2) ? 1 + below(r, 3) : 0;
	bool user = !below(r, 4), normal = below(r, 16);
	struct kind *k = &kinds[kind];
	unsigned long cmd = k->cmd;
	static union args a;
	void *p;
	int err;

	fill(w, r, kind, &a);
	for (unsigned int i = 0; i < changes; i++)
		change(w, r, kind, &a);
	if (!below(r, 64))
		cmd = rnd(r);
	p = place(r, &a, normal);
	if (w->file[f] < 0)
		return;
	timer(1 + below(r, 200));
	if (user && seteuid(USER))
		exit(2);
	err = ioctl(w->file[f], cmd, p) ? errno : 0;
	if (user && seteuid(0))
		exit(2);
	timer(0);
	errnos[err & 255]++;
	if (cmd != k->cmd) {
		if (err != ENOTTY && err != EACCES && _IOC_TYPE(cmd) != TDXCTL_IOC_TYPE)
			FAIL(w, "ioctl 0x%lx: %s", cmd, strerror(err));
		return;
	}
	k->calls++;
	k->as_user += user;
	k->ok += !err;
	k->user_ok += user && !err;
	if (!err && !k->reads && (user || w->mode[f] == O_RDONLY))
		FAIL(w, "%s succeeded %s", k->name, user ? "for a user" : "on a read-only file");
	if (!err && k->reads && w->mode[f] == O_WRONLY)
		FAIL(w, "%s succeeded on a write-only file", k->name);
	if (!changes && normal && !user && w->mode[f] == O_RDWR && !plausible(kind, err))
		FAIL(w, "a valid %s: %s", k->name, strerror(err));
	if (err || !normal)
		return;
	memcpy(&a, p, k->size < a.size ? k->size : a.size);
	if (kind == SNAPSHOT && a.snapshot.buf >= (uintptr_t)data &&
	    a.snapshot.buf < (uintptr_t)data + DATA_SIZE)
		check_snapshot(w, r, &a, user);
	if (kind == RELEASE) {
		planned += a.flags == TDXCTL_RELEASE_DRY_RUN;
		released += !a.flags && a.release.hkid_freed;
	}
}

void calls_report(struct world *w)
{
	printf("%s:", w->name);
	for (unsigned int i = 0; i < 256; i++)
		if (errnos[i])
			printf(" %lu %s;", errnos[i], i ? strerrorname_np((int)i) : "ok");
	printf("\n");
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		struct kind *k = &kinds[i];

		printf("%s: %-9s %8lu calls, %8lu succeeded; as a user %8lu, %8lu\n", w->name,
		       k->name, k->calls, k->ok, k->as_user, k->user_ok);
		if (!k->ok)
			FAIL(w, "%s never succeeded", k->name);
		if (k->reads && !k->user_ok)
			FAIL(w, "%s never succeeded for a user", k->name);
	}
	printf("%s: %lu releases planned, %lu done; %u VMs, %u unloads, %u refused; %u CPUs offline\n",
	       w->name, planned, released, w->vms, w->unloads, w->refused, w->cpus);
	if (!planned || !released)
		FAIL(w, "no release was planned, or none was done");
}
