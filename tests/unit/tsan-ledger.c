// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger with a thread for each CPU, which add and remove pages of the same TDs without
 * the ledger's lock, while TDs come and go and a reader folds the shards, under TSan. A page
 * may be removed by another thread than the one that added it.
 */
#include <pthread.h>
#include <sched.h>

#include "check.h"
#include "ledger/ledger.h"

#define CPUS   4 /* and one more, of the control plane */
#define TDS    2
#define CALLS  60000 /* per thread */
#define ROUNDS 300   /* of the control plane */
#define FIRST  1000  /* pages that each TD has at first */
#define TDR(n) ((u64)((n) + 1) << 20)

static struct ledger *ledger;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, shard_lock[CPUS + 1];
static u64 clock_ns = 1;
static u64 pages[TDS]; /* that were added and not removed */
static u64 calls[TDS], in_shard;
static u32 running = CPUS;

static void fold(u32 cpu)
{
	pthread_mutex_lock(&shard_lock[cpu]);
	ledger_fold(ledger, cpu);
	pthread_mutex_unlock(&shard_lock[cpu]);
}

/* As the helper does. */
static void call(u32 cpu, struct ledger_call c, const struct ledger_regs *out)
{
	u64 now = core_add64(&clock_ns, 1);
	bool page, done = false;
	u32 i;

	c.cpu = cpu;
	c.start_ns = now;
	c.max_vcpus = LEDGER_UNKNOWN32;
	c.owner = (struct ledger_owner){ .tgid = 7, .tid = 7, .fd = 3 };
	page = ledger_page_begin(ledger, &c);
	if (!page) {
		pthread_mutex_lock(&lock);
		ledger_begin(ledger, &c);
		pthread_mutex_unlock(&lock);
	}
	if (page) {
		pthread_mutex_lock(&shard_lock[cpu]);
		done = ledger_page_end(ledger, &c, now + 1, 0, out);
		pthread_mutex_unlock(&shard_lock[cpu]);
	}
	if (done) {
		core_add64(&in_shard, 1);
		return;
	}
	pthread_mutex_lock(&lock);
	for (i = 0; ledger_needs_fold(c.rax, out) && i <= CPUS; i++)
		fold(i);
	pthread_mutex_lock(&shard_lock[cpu]);
	ledger_end(ledger, &c, now + 1, 0, out);
	ledger_admit(ledger, &c, 0, out);
	pthread_mutex_unlock(&shard_lock[cpu]);
	pthread_mutex_unlock(&lock);
}

static void on_td(u32 cpu, u32 leaf, u64 rcx, u64 tdr, u64 r8)
{
	call(cpu, (struct ledger_call){ .rax = leaf, .in = { .rcx = rcx, .rdx = tdr, .r8 = r8 } },
	     NULL);
}

/* A TD that is running. */
static void build(u32 cpu, u64 tdr, u32 hkid)
{
	on_td(cpu, TDH_MNG_CREATE, tdr, hkid, 0);
	on_td(cpu, TDH_MNG_KEY_CONFIG, tdr, 0, 0);
	on_td(cpu, TDH_MNG_INIT, tdr, 0, 0);
	on_td(cpu, TDH_VP_CREATE, tdr + CORE_PAGE_SIZE, tdr, 0);
	on_td(cpu, TDH_MR_FINALIZE, tdr, 0, 0);
}

/* Removes a page that some thread has added, if there is one. */
static bool take_page(u32 td)
{
	u64 n = core_load64(&pages[td]);

	return n && core_cas64(&pages[td], n, n - 1);
}

static void *cpu_thread(void *arg)
{
	u32 cpu = (u32)(uintptr_t)arg, i, td;

	for (i = 0; i < CALLS; i++) {
		td = (i / 50 + cpu) % TDS;
		if (i % 3 == 2) {
			if (!take_page(td))
				continue;
			on_td(cpu, TDH_MEM_PAGE_REMOVE, 0, TDR(td), 0);
		} else {
			on_td(cpu, TDH_MEM_PAGE_AUG, 0, TDR(td), (u64)(i + 1) << 32);
			core_add64(&pages[td], 1);
		}
		core_add64(&calls[td], 1);
	}
	core_add32(&running, -1);
	return NULL;
}

static u64 private_pages(u32 td)
{
	return ledger_td_find(ledger, TDR(td))->private_pages;
}

static void read_all(void)
{
	bool owes;
	u32 i, tries = 4;

	do {
		for (i = 0; i <= CPUS; i++) {
			pthread_mutex_lock(&lock);
			fold(i);
			pthread_mutex_unlock(&lock);
		}
		pthread_mutex_lock(&lock);
		owes = ledger_owes(ledger);
		if (owes && !--tries) {
			ledger_settle(ledger);
			owes = false;
		}
		for (i = 0; i < TDS; i++)
			CHECK(private_pages(i) != LEDGER_UNKNOWN);
		pthread_mutex_unlock(&lock);
	} while (owes);
}

/* TDs come and go, which closes the accounts of all CPUs. */
static void control(void)
{
	u32 i;

	for (i = 0; i < ROUNDS || core_load32(&running); i++) {
		u64 tdr = TDR(TDS + i % 3);
		const struct ledger_regs out = { .rcx = TDX_PT_TDR };

		build(CPUS, tdr, 33 + TDS + i % 3);
		read_all();
		on_td(CPUS, TDH_MNG_VPFLUSHDONE, tdr, 0, 0);
		on_td(CPUS, TDH_MNG_KEY_FREEID, tdr, 0, 0);
		call(CPUS,
		     (struct ledger_call){ .rax = TDH_PHYMEM_PAGE_RECLAIM,
					   .in.rcx = tdr + CORE_PAGE_SIZE },
		     &(struct ledger_regs){ .rcx = TDX_PT_TDVPR, .rdx = tdr });
		call(CPUS, (struct ledger_call){ .rax = TDH_PHYMEM_PAGE_RECLAIM, .in.rcx = tdr },
		     &out);
		sched_yield();
	}
}

int main(void)
{
	static const u16 pkg[CPUS + 1];
	const struct ledger_config cfg = {
		.global_hkid = 32,
		.first_hkid = 33,
		.nr_hkids = 8,
		.hkid_shift = 40,
		.nr_cpus = CPUS + 1,
		.nr_pkgs = 1,
		.cpu_pkg = pkg,
		.max_tds = 8,
		.max_vcpus = 8,
		.from_start = true,
		.shards = true,
	};
	struct ledger_totals totals;
	pthread_t thread[CPUS];
	void *mem = malloc(ledger_size(&cfg));
	u32 i, n;

	if (!mem)
		abort();
	ledger = ledger_init(mem, &cfg);
	for (i = 0; i <= CPUS; i++)
		pthread_mutex_init(&shard_lock[i], NULL);
	for (i = 0; i < TDS; i++) {
		build(CPUS, TDR(i), 33 + i);
		for (n = 0; n < FIRST; n++)
			on_td(CPUS, TDH_MEM_PAGE_AUG, 0, TDR(i), (u64)(n + 1) << 32);
		pages[i] = FIRST;
		calls[i] = FIRST + 5;
	}
	for (i = 0; i < CPUS; i++)
		if (!CHECK_EQ(pthread_create(&thread[i], NULL, cpu_thread, (void *)(uintptr_t)i),
			      0))
			return 1;
	control();
	for (i = 0; i < CPUS; i++)
		pthread_join(thread[i], NULL);
	read_all();
	for (i = 0; i < TDS; i++) {
		CHECK_EQ(private_pages(i), pages[i]);
		CHECK_EQ(ledger_td_find(ledger, TDR(i))->calls, calls[i]);
	}
	ledger_totals_get(ledger, &totals);
	CHECK_EQ(totals.violations, 0);
	CHECK_EQ(ledger_td_count(ledger), TDS);
	/* Else nothing of this was tried. */
	CHECK(in_shard > (u64)CPUS * CALLS / 2);
	printf("tsan-ledger: %llu of %llu calls in shards\n", (unsigned long long)in_shard,
	       (unsigned long long)totals.calls);
	free(mem);
	return check_done("tsan-ledger");
}
