// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger against the truth: what a million random SEAMCALLs did to the
 * module must be what the ledger says they did. property-compare.h compares.
 *
 *   test-property [CALLS [SEED]]	also from PROPERTY_CALLS, PROPERTY_SEED
 */
#include "property-compare.h"

#define WORLDS	    10	/* power-ons in one run */
#define CHECK_EVERY 400 /* calls, on average half of it */

static u32 rnd(u32 n)
{
	w.rnd = w.rnd * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(w.rnd >> 33) % n;
}

/* ---- one power-on ---- */

static void restart_late(void)
{
	u32 i;

	for (i = LATE; i <= LATER; i++) {
		if (w.calls < led[i].next_start)
			continue;
		open_ledger(i, false);
		led[i].next_start = w.calls + 100 + rnd(i == LATE ? 2000 : 60000);
	}
}

static u64 next_check;

static void checkpoint(void)
{
	if (w.calls < next_check)
		return;
	check_all();
	restart_late();
	next_check = w.calls + 1 + rnd(CHECK_EVERY);
}

static void world_close(void)
{
	munmap(w.mem, MEM_SIZE);
	free(w.seam_mem);
}

static void run_world(u64 seed, u64 calls)
{
	u64 end = w.calls + calls;
	u32 i;

	world_open(seed, seed & 1);
	for (i = 0; i < LEDGERS; i++) {
		led[i].l = NULL;
		led[i].next_start = w.calls + 100 + rnd(3000);
	}
	open_ledger(FULL, true);
	open_ledger(SHARDED, true);
	open_ledger(SMALL, true);
	open_ledger(MISSING, true);
	next_check = w.calls;
	bring_up();
	while (w.calls < end && !failed)
		step();

	if (!CHECK(!failed))
		exit(check_done("test-property"));
	drain();
	CHECK(!failed);
	world_close();
}

/* What Linux issues; VP.ENTER is counted by TD states. */
static const u32 reached[] = {
	TDH_MNG_ADDCX,
	TDH_MEM_PAGE_ADD,
	TDH_MEM_SEPT_ADD,
	TDH_VP_ADDCX,
	TDH_MEM_PAGE_AUG,
	TDH_MEM_RANGE_BLOCK,
	TDH_MNG_KEY_CONFIG,
	TDH_MNG_CREATE,
	TDH_VP_CREATE,
	TDH_MNG_RD,
	TDH_MR_EXTEND,
	TDH_MR_FINALIZE,
	TDH_VP_FLUSH,
	TDH_MNG_VPFLUSHDONE,
	TDH_MNG_KEY_FREEID,
	TDH_MNG_INIT,
	TDH_VP_INIT,
	TDH_PHYMEM_PAGE_RDMD,
	TDH_VP_RD,
	TDH_PHYMEM_PAGE_RECLAIM,
	TDH_MEM_PAGE_REMOVE,
	TDH_SYS_KEY_CONFIG,
	TDH_SYS_INIT,
	TDH_SYS_RD,
	TDH_SYS_LP_INIT,
	TDH_SYS_TDMR_INIT,
	TDH_MEM_TRACK,
	TDH_PHYMEM_CACHE_WB,
	TDH_PHYMEM_PAGE_WBINVD,
	TDH_VP_WR,
	TDH_SYS_CONFIG,
};

static u64 parameter(int argc, char **argv, int i, const char *env, u64 other)
{
	const char *s = argc > i ? argv[i] : getenv(env);

	return s ? strtoull(s, NULL, 0) : other;
}

int main(int argc, char **argv)
{
	u64 calls = parameter(argc, argv, 1, "PROPERTY_CALLS", 1200000);
	u64 seed = parameter(argc, argv, 2, "PROPERTY_SEED", 1);
	u32 i;

	printf("test-property: %" PRIu64 " calls, seed %" PRIu64 "\n", calls, seed);
	fflush(stdout);
	check_name = "property";
	for (i = 0; i < WORLDS && !failed; i++)
		run_world(seed + i, calls / WORLDS);
	seen.created = seen.leaf_ok[TDH_MNG_CREATE];
	printf("test-property: %" PRIu64 " calls, %" PRIu64 " succeeded, %" PRIu64
	       " nested; %" PRIu64 " TDs created, %" PRIu64 " ended; %" PRIu64
	       " claims right, %" PRIu64 " unknown\n",
	       w.calls, seen.ok, seen.nested, seen.created, seen.ended, seen.claims, seen.unknown);
	/* The generator reaches the deep states; a world of errors proves nothing. */
	CHECK(w.calls >= calls);
	CHECK(seen.nested > calls / 100);
	CHECK(seen.ok > calls / 4);
	CHECK(seen.ended > calls / 5000);
	CHECK(seen.in_shard > calls / 100 && seen.folds > calls / 1000);
	CHECK(seen.runnable && seen.leaked && seen.hkid_learnt);
	for (i = 0; i < ARRAY_SIZE(reached); i++)
		if (!CHECK(seen.leaf_ok[reached[i]]))
			fprintf(stderr, "  leaf %" PRIu32 " never succeeded\n", reached[i]);
	for (i = 0; i < LEDGERS; i++)
		free(led[i].mem);
	return check_done("test-property");
}
