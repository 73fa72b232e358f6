// SPDX-License-Identifier: GPL-2.0-only
/*
 * The budgets of `status` on big hosts: the helper's side (wire_fill() from a
 * ledger) and ours (the whole of tdxctl_snapshot_get() and the verdict), in CPU
 * time. The kernel calls are answered in the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <health.h>
#include <ledger/wire.h>

#include "budget.h"

#define PKGS   8
#define GLOBAL 32
#define SHIFT  40

struct world {
	struct ledger *ledger;
	struct wire_host host;
	struct wire_cpu *cpus;
	u32 nr_tds, nr_cpus;
};

static void *must(void *p)
{
	if (!p) {
		fputs("bench: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static u64 cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* When this process started, as the helper says it: every TD is "ours". */
static u64 own_start(void)
{
	char buf[1024], *p;
	FILE *f = must(fopen("/proc/self/stat", "r"));
	size_t n = fread(buf, 1, sizeof(buf) - 1, f);
	int field;

	fclose(f);
	buf[n] = '\0';
	p = must(strrchr(buf, ')'));
	for (field = 2; field < 22; field++)
		p = must(strchr(p + 1, ' '));
	return strtoull(p, NULL, 10) * (1000000000ULL / (u64)sysconf(_SC_CLK_TCK));
}

static void feed(struct ledger *l, u32 leaf, u32 cpu, u64 rcx, u64 rdx, u64 r8)
{
	static u64 now = 1000, start;
	struct ledger_regs out = { 0 };
	struct ledger_call c = {
		.start_ns = now,
		.rax = leaf,
		.cpu = cpu,
		.in = { rcx, rdx, r8, 0, 0, 0 },
		.max_vcpus = LEDGER_UNKNOWN32,
		.owner = { .tgid = getpid(), .tid = getpid(), .fd = -1, .comm = "bench" },
	};

	if (!start)
		start = own_start();
	c.owner.start_ns = start;
	ledger_begin(l, &c);
	now += 1000;
	ledger_end(l, &c, now, 0, &out);
}

static void world_new(struct world *w, u32 nr_tds, u32 nr_cpus)
{
	static u32 pkg_id[PKGS];
	u16 *pkg = must(calloc(nr_cpus, sizeof(*pkg)));
	struct ledger_config cfg = {
		.global_hkid = GLOBAL,
		.first_hkid = GLOBAL + 1,
		.nr_hkids = nr_tds,
		.hkid_shift = SHIFT,
		.nr_cpus = nr_cpus,
		.nr_pkgs = PKGS,
		.cpu_pkg = pkg,
		.max_tds = nr_tds,
		.max_vcpus = 16,
		.from_start = true,
	};
	u32 i, p;

	*w = (struct world){ .nr_tds = nr_tds, .nr_cpus = nr_cpus };
	w->cpus = must(calloc(nr_cpus, sizeof(*w->cpus)));
	for (i = 0; i < nr_cpus; i++) {
		pkg[i] = (u16)(i * PKGS / nr_cpus);
		w->cpus[i] = (struct wire_cpu){ .cpu = i, .pkg = pkg[i], .online = true };
	}
	for (p = 0; p < PKGS; p++)
		pkg_id[p] = p;
	w->ledger = ledger_init(must(malloc(ledger_size(&cfg))), &cfg);
	w->host = (struct wire_host){
		.now_ns = 1ULL << 40,
		.nr_cpus = nr_cpus,
		.cpus = w->cpus,
		.nr_pkgs = PKGS,
		.pkg_id = pkg_id,
	};
	for (i = 0; i < nr_tds; i++) {
		u64 tdr = (u64)(i + 1) << 20;

		feed(w->ledger, TDH_MNG_CREATE, 0, tdr, GLOBAL + 1 + i, 0);
		for (p = 0; p < PKGS; p++)
			feed(w->ledger, TDH_MNG_KEY_CONFIG, p * nr_cpus / PKGS, tdr, 0, 0);
		feed(w->ledger, TDH_MNG_INIT, 0, tdr, 0, 0);
		feed(w->ledger, TDH_MR_FINALIZE, 0, tdr, 0, 0);
	}
	free(pkg);
}

static void world_free(struct world *w)
{
	free(w->ledger);
	free(w->cpus);
}

/* ---- the helper, as far as a snapshot needs it ---- */

static int fake_open(void *arg, const char *path, int flags)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int fake_close(void *arg, int fd)
{
	return close(fd) ? -errno : 0;
}

static int fake_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	struct world *w = arg;
	struct tdxctl_snapshot_args *a = p;
	struct tdxctl_info *info = p;
	s64 n;

	if (req == TDXCTL_IOC_INFO) {
		info->features = TDXCTL_F_SEAMCALL | TDXCTL_F_SEAMCALL_RET;
		info->attached_ns = 1;
		info->global_hkid = GLOBAL;
		info->first_hkid = GLOBAL + 1;
		info->nr_hkids = w->nr_tds;
		info->nr_cpus = w->nr_cpus;
		info->nr_packages = PKGS;
		info->snapshot_size = (u32)wire_size(w->ledger, &w->host);
		snprintf(info->provider, sizeof(info->provider), "kvm_intel");
		snprintf(info->version, sizeof(info->version), "bench");
		return 0;
	}
	if (req != TDXCTL_IOC_SNAPSHOT)
		return -ENOTTY;
	a->needed = (u32)wire_size(w->ledger, &w->host);
	n = wire_fill(w->ledger, &w->host, (void *)(uintptr_t)a->buf, a->buf_size);
	return n < 0 ? (int)n : 0;
}

static const struct tdxctl_ops fake_ops = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
};

/* Median of nine, in ns. */
static int less(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static u64 measure(u64 (*once)(struct world *w), struct world *w)
{
	u64 t[9];
	int i;

	once(w);
	for (i = 0; i < 9; i++)
		t[i] = once(w);
	qsort(t, 9, sizeof(t[0]), less);
	return t[4];
}

static u64 one_fill(struct world *w)
{
	size_t size = wire_size(w->ledger, &w->host);
	void *buf = must(malloc(size));
	u64 start, took;
	s64 n;

	/* Page faults are not measured. */
	memset(buf, 1, size);
	start = cpu_ns();
	n = wire_fill(w->ledger, &w->host, buf, size);
	took = cpu_ns() - start;
	free(buf);
	if (n <= 0)
		exit(1);
	return took;
}

/* The lower limit for filling a snapshot: copying its bytes. */
static u64 one_copy(struct world *w)
{
	size_t size = wire_size(w->ledger, &w->host);
	void *from = must(malloc(size)), *buf = must(malloc(size));
	u64 start, took;

	if (wire_fill(w->ledger, &w->host, from, size) <= 0)
		exit(1);
	memset(buf, 1, size);
	start = cpu_ns();
	memcpy(buf, from, size);
	/* Keeps the compiler from dropping the copy. */
	__asm__ volatile("" : : "r"(buf) : "memory");
	took = cpu_ns() - start;
	free(from);
	free(buf);
	return took;
}

static u64 one_get(struct world *w, bool brief, unsigned int what)
{
	struct tdxctl_health_report *report;
	struct tdxctl_thresholds limits;
	struct tdxctl_facts *facts;
	struct tdxctl_ctx *ctx;
	u64 start, took;

	if (tdxctl_new(&ctx))
		exit(1);
	tdxctl_set_ops(ctx, &fake_ops, w);
	tdxctl_set_brief(ctx, brief);
	start = cpu_ns();
	tdxctl_thresholds_default(&limits);
	if (tdxctl_facts_get(ctx, what, &facts) || tdxctl_health_get(facts, &limits, &report)) {
		fprintf(stderr, "bench: %s\n", tdxctl_error(ctx));
		exit(1);
	}
	took = cpu_ns() - start;
	if (facts->snap->nr_tds != w->nr_tds || facts->snap->nr_cpus != w->nr_cpus)
		exit(1);
	tdxctl_health_free(report);
	tdxctl_facts_free(facts);
	tdxctl_free(ctx);
	return took;
}

static u64 one_status(struct world *w)
{
	return one_get(w, true, TDXCTL_FACTS_STATUS);
}

static u64 one_check(struct world *w)
{
	return one_get(w, true, TDXCTL_FACTS_CHECK);
}

/* With the name and process of each VM, from /proc. */
static u64 one_list(struct world *w)
{
	return one_get(w, false, TDXCTL_FACTS_STATUS);
}

int main(void)
{
	struct world half, full;
	u64 fill_half, fill, copy, get_half, get, list_half, list, check;
	size_t size_half, size;
	char detail[80];

	world_new(&half, 1000, 512);
	world_new(&full, 2000, 1024);
	fill_half = measure(one_fill, &half);
	fill = measure(one_fill, &full);
	copy = measure(one_copy, &full);
	get_half = measure(one_status, &half);
	get = measure(one_status, &full);
	check = measure(one_check, &full);
	list_half = measure(one_list, &half);
	list = measure(one_list, &full);
	size_half = wire_size(half.ledger, &half.host);
	size = wire_size(full.ledger, &full.host);

	snprintf(detail, sizeof(detail), "%.2f ms of CPU, budget 10 ms", (double)get / 1e6);
	ratio("status, 8 packages 1024 CPUs 2000 HKIDs: CPU/budget", (double)get / 10e6, 1, detail);
	snprintf(detail, sizeof(detail), "%.2f ms of CPU, budget 20 ms", (double)check / 1e6);
	ratio("check, the same host: CPU/budget", (double)check / 20e6, 1, detail);
	/* SEAMCALLs wait for the ledger's lock during this time. */
	snprintf(detail, sizeof(detail), "%.3f ms and %.3f ms", (double)fill / 1e6,
		 (double)copy / 1e6);
	ratio("snapshot in the helper / a copy of its bytes", (double)fill / (double)copy, 8,
	      detail);
	snprintf(detail, sizeof(detail), "%zu and %zu bytes", size_half, size);
	ratio("snapshot size, twice the host: factor/2", (double)size / (double)size_half / 2, 1.05,
	      detail);
	snprintf(detail, sizeof(detail), "%.3f and %.3f ms", (double)fill_half / 1e6,
		 (double)fill / 1e6);
	ratio("snapshot time, twice the host: factor/2", (double)fill / (double)fill_half / 2, 1.5,
	      detail);
	snprintf(detail, sizeof(detail), "%.2f and %.2f ms", (double)get_half / 1e6,
		 (double)get / 1e6);
	ratio("status time, twice the host: factor/2", (double)get / (double)get_half / 2, 1.5,
	      detail);
	snprintf(detail, sizeof(detail), "%.1f and %.1f ms", (double)list_half / 1e6,
		 (double)list / 1e6);
	ratio("td list with VM names, twice the host: factor/2",
	      (double)list / (double)list_half / 2, 1.5, detail);
	world_free(&half);
	world_free(&full);
	return 0;
}
