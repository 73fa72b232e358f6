// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the helper's ledger costs for each page-level call, on one CPU and on two at once
 * that build the same TD, and how long a reader keeps such a call waiting. In CPU time of
 * the threads, which spin: waiting for each other counts, other processes do not.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <ledger/wire.h>

#include "budget.h"

#define CPUS	2
#define RECORDS 20000000
#define TDS	2000
#define TDR	(1ULL << 20)
#define FOLDS	2000
#define BATCH	1000 /* records between two folds */

static struct ledger *ledger;
static struct {
	u32 locked;
	char line[60];
} shard_lock[CPUS] __attribute__((aligned(64)));
static pthread_barrier_t start;

static u64 thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void control(u32 leaf, u64 rcx, u64 rdx, u64 r8)
{
	static u64 now = 1000;
	struct ledger_call c = {
		.start_ns = now,
		.rax = leaf,
		.in = { .rcx = rcx, .rdx = rdx, .r8 = r8 },
		.max_vcpus = LEDGER_UNKNOWN32,
		.owner = { .tgid = 7, .tid = 7, .fd = 3 },
	};

	ledger_begin(ledger, &c);
	ledger_end(ledger, &c, ++now, 0, NULL);
	ledger_admit(ledger, &c, 0, NULL);
}

/* As a probe handler does: the lock of the CPU's shard, which only readers take as well. */
static void record(u32 cpu, u64 i)
{
	struct ledger_call c = { .rax = TDH_MEM_PAGE_AUG, .cpu = cpu };

	c.in.rdx = TDR;
	c.in.r8 = (i + 1) << CORE_PAGE_SHIFT | 1ULL << 45;
	c.start_ns = i;
	if (!ledger_page_begin(ledger, &c))
		abort();
	while (!core_cas32(&shard_lock[cpu].locked, 0, 1))
		;
	if (!ledger_page_end(ledger, &c, i + 700, 0, NULL)) {
		/* The first one of this CPU. */
		ledger_end(ledger, &c, i + 700, 0, NULL);
		ledger_admit(ledger, &c, 0, NULL);
	}
	core_store32(&shard_lock[cpu].locked, 0);
}

static void *records(void *arg)
{
	u32 cpu = (u32)(uintptr_t)arg;
	u64 *took = malloc(sizeof(*took)), i, begin;

	if (!took)
		abort();
	record(cpu, 0);
	pthread_barrier_wait(&start);
	begin = thread_ns();
	for (i = 0; i < RECORDS; i++)
		record(cpu, i);
	*took = thread_ns() - begin;
	return took;
}

/* Returns the records a second of each of @cpus threads. */
static double rate(u32 cpus)
{
	pthread_t thread[CPUS];
	double sum = 0;
	void *took;
	u32 i;

	pthread_barrier_init(&start, NULL, cpus);
	for (i = 0; i < cpus; i++)
		if (pthread_create(&thread[i], NULL, records, (void *)(uintptr_t)i))
			abort();
	for (i = 0; i < cpus; i++) {
		pthread_join(thread[i], &took);
		sum += RECORDS * 1e9 / (double)*(u64 *)took;
		free(took);
	}
	pthread_barrier_destroy(&start);
	return sum / cpus;
}

/* Returns how long the lock of a shard is held by a reader, on average. */
static double fold_us(void)
{
	u64 i, n, begin, sum = 0;

	for (n = 0; n < FOLDS; n++) {
		for (i = 0; i < BATCH; i++)
			record(0, i);
		begin = thread_ns();
		ledger_fold(ledger, 0);
		sum += thread_ns() - begin;
	}
	return (double)sum / FOLDS / 1e3;
}

int main(void)
{
	static const u16 pkg[CPUS];
	const struct ledger_config cfg = {
		.global_hkid = 32,
		.first_hkid = 33,
		.nr_hkids = TDS,
		.hkid_shift = 46,
		.nr_cpus = CPUS,
		.nr_pkgs = 1,
		.cpu_pkg = pkg,
		.max_tds = TDS,
		.max_vcpus = 16,
		.from_start = true,
		.shards = true,
	};
	void *mem = malloc(ledger_size(&cfg));
	double one, two, fold;
	char detail[80];
	u32 i;

	if (!mem)
		abort();
	ledger = ledger_init(mem, &cfg);
	for (i = 0; i < TDS; i++) {
		control(TDH_MNG_CREATE, TDR * (i + 1), 33 + i, 0);
		control(TDH_MNG_KEY_CONFIG, TDR * (i + 1), 0, 0);
		control(TDH_MNG_INIT, TDR * (i + 1), 0, 0);
		control(TDH_MR_FINALIZE, TDR * (i + 1), 0, 0);
	}
	one = rate(1);
	two = rate(2);
	fold = fold_us();

	snprintf(detail, sizeof(detail), "%.1f M a second", one / 1e6);
	ratio("page-level records: 20 M a second / rate of a CPU", 20e6 / one, 1, detail);
	snprintf(detail, sizeof(detail), "%.1f and %.1f M a second on each", one / 1e6, two / 1e6);
	ratio("page-level records of 2 CPUs: 1.8 / times as many", 1.8 * one / (2 * two), 1,
	      detail);
	snprintf(detail, sizeof(detail), "%.2f us, budget 20 us, %d TDs", fold, TDS);
	ratio("a reader keeps a page-level call waiting: us/budget", fold / 20, 1, detail);
	free(mem);
	return 0;
}
