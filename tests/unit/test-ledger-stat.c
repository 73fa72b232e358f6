// SPDX-License-Identifier: GPL-2.0-only
/* ledger: serialisations, packages, CPUs, leaf statistics, its hash table. */
#include "ledger-rig.h"
#include "ledger/ledger-priv.h"

#define D 0x100000000ULL
#define E 0x110000000ULL

static const struct ledger_leaf *leaf_of(const struct rig *r, u32 leaf)
{
	u32 i;

	for (i = 0; ledger_leaf_at(r->l, i); i++)
		if (ledger_leaf_at(r->l, i)->leaf == leaf)
			return ledger_leaf_at(r->l, i);
	return NULL;
}

static void test_key_config(void)
{
	struct ledger_call a, b, c;
	const struct ledger_pkg *p0, *p1;
	struct rig r;
	u64 since;

	rig_open(&r, true);
	p0 = ledger_pkg_at(r.l, 0);
	p1 = ledger_pkg_at(r.l, 1);
	rig_create(&r, D, 17);
	r.owner.tgid = 200;
	rig_create(&r, E, 18);
	r.owner.tgid = 2;

	since = r.now;
	a = rig_begin(&r, 1, TDH_MNG_KEY_CONFIG, D, 0, 0);
	CHECK(p0->in_flight && !p1->in_flight);
	CHECK_EQ(p0->in_flight_since_ns, since);
	CHECK_EQ(p0->in_flight_tdr, D);
	CHECK_EQ(p0->in_flight_owner.tgid, 100); /* the TD's, not the kworker */
	/* Another package does not collide, the same one does. */
	r.now += 10;
	b = rig_begin(&r, 2, TDH_MNG_KEY_CONFIG, E, 0, 0);
	c = rig_begin(&r, 0, TDH_MNG_KEY_CONFIG, E, 0, 0);
	CHECK_EQ(p1->contended, 0);
	CHECK_EQ(p0->contended, 1);
	CHECK_EQ(p1->in_flight_owner.tgid, 200);
	rig_end(&r, &c, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KET));
	CHECK_EQ(p0->contended, 1); /* once per call */
	CHECK_EQ(p0->busy_retries, 1);
	CHECK_EQ(p0->in_flight_tdr, D);
	CHECK_EQ(p0->in_flight_since_ns, since);
	rig_end(&r, &b, TDX_ST(KEY_GENERATION_FAILED));
	CHECK(!p1->in_flight && p0->in_flight);
	CHECK_EQ(p1->entropy_retries, 1);
	CHECK_EQ(p1->keys_programmed, 0);
	r.now += 5000;
	rig_end(&r, &a, 0);
	CHECK(!p0->in_flight);
	CHECK_EQ(p0->in_flight_since_ns, 0);
	CHECK_EQ(p0->in_flight_owner.tgid, 0);
	CHECK_EQ(p0->longest_ns, r.now - since);
	CHECK_EQ(p0->acquisitions, 2);
	CHECK_EQ(p0->keys_programmed, 1);

	/* An interrupt's call inside another on the same CPU. */
	a = rig_begin(&r, 1, TDH_MNG_KEY_CONFIG, D, 0, 0);
	c = rig_begin(&r, 1, TDH_MNG_KEY_CONFIG, E, 0, 0);
	rig_end(&r, &c, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KET));
	CHECK_EQ(p0->in_flight_tdr, D);
	rig_end(&r, &a, TDX_ST(KEY_CONFIGURED));
	CHECK(!p0->in_flight);
	CHECK_EQ(p0->contended, 2);

	/* Busy without having seen the other: it was contended too. */
	rig_call(&r, 0, TDH_MNG_KEY_CONFIG, E, 0, 0, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KET));
	CHECK_EQ(p0->contended, 3);
	/* A busy TDR is a retry, but not for this lock. */
	rig_call(&r, 0, TDH_MNG_KEY_CONFIG, E, 0, 0, TDX_ST_OP(OPERAND_BUSY, TDX_OP_RCX));
	CHECK_EQ(p0->contended, 3);
	CHECK_EQ(p0->busy_retries, 4);
	rig_close(&r);
}

static void test_kot(void)
{
	const struct ledger_kot *k;
	struct ledger_call a, b, c;
	struct rig r;

	rig_open(&r, true);
	k = ledger_kot_get(r.l);
	a = rig_begin(&r, 0, TDH_MNG_CREATE, D, 17, 0);
	CHECK(k->in_flight);
	CHECK_EQ(k->in_flight_leaf, TDH_MNG_CREATE);
	CHECK_EQ(k->in_flight_owner.tgid, 100);
	rig_end(&r, &a, TDX_ST(RND_NO_ENTROPY));
	CHECK_EQ(k->entropy_retries, 1);
	rig_td(&r, D, 17);
	r.owner.tgid = 9;
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);

	/* One write-back per package, all under one tdx_lock. */
	a = rig_begin(&r, 1, TDH_PHYMEM_CACHE_WB, 0, 0, 0);
	b = rig_begin(&r, 3, TDH_PHYMEM_CACHE_WB, 0, 0, 0);
	CHECK_EQ(k->in_flight_owner.tgid, 100); /* for whom, not who */
	CHECK_EQ(k->in_flight_tdr, D);
	rig_end(&r, &a, TDX_ST(INTERRUPTED_RESUMABLE));
	CHECK(k->in_flight);
	CHECK_EQ(k->contended, 0);
	/* A caller that does not hold the lock. */
	c = rig_begin(&r, 0, TDH_MNG_CREATE, E, 18, 0);
	CHECK_EQ(k->contended, 1);
	CHECK_EQ(k->in_flight_leaf, TDH_PHYMEM_CACHE_WB);
	rig_end(&r, &c, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT));
	CHECK_EQ(k->contended, 1);
	CHECK_EQ(k->busy_retries, 1);
	rig_end(&r, &b, 0);
	CHECK(!k->in_flight);
	CHECK_EQ(k->acquisitions, 6);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* Calls whose end is never reported do not hold a lock permanently. */
static void test_lost_ends(void)
{
	const struct ledger_pkg *p0;
	struct ledger_call lost, a;
	struct rig r;
	u32 i;

	rig_open(&r, true);
	p0 = ledger_pkg_at(r.l, 0);
	rig_create(&r, D, 17);
	for (i = 0; i < 100; i++)
		lost = rig_begin(&r, 0, TDH_MNG_KEY_CONFIG, D, 0, 0);
	CHECK_EQ(p0->acquisitions, 100);
	/* The newest are known, the oldest gave way. */
	rig_end(&r, &lost, 0);
	CHECK(p0->in_flight);
	CHECK_EQ(ledger_td_find(r.l, D)->keyed_pkgs, 1);
	r.now += LEDGER_STALE_NS;
	rig_call(&r, 3, TDH_SYS_RD, 0, 0, 0, 0);
	CHECK(!p0->in_flight);
	CHECK(!ledger_kot_get(r.l)->in_flight);

	/* A call is dropped at that age, not before. */
	r.now += STEP_NS;
	lost = rig_begin(&r, 0, TDH_MNG_KEY_CONFIG, D, 0, 0);
	r.now += LEDGER_STALE_NS - 1 - STEP_NS;
	rig_call(&r, 3, TDH_SYS_RD, 0, 0, 0, 0);
	CHECK(p0->in_flight);
	r.now += 1 - STEP_NS;
	rig_call(&r, 3, TDH_SYS_RD, 0, 0, 0, 0);
	CHECK(!p0->in_flight);

	/* A call in flight that is not that old stays. */
	a = rig_begin(&r, 0, TDH_MNG_KEY_CONFIG, D, 0, 0);
	r.now += LEDGER_STALE_NS / 2;
	lost = rig_begin(&r, 1, TDH_PHYMEM_CACHE_WB, 0, 0, 0);
	r.now += LEDGER_STALE_NS / 2;
	rig_call(&r, 3, TDH_SYS_RD, 0, 0, 0, 0);
	CHECK(!p0->in_flight);
	CHECK(ledger_kot_get(r.l)->in_flight);
	r.now += LEDGER_STALE_NS / 2;
	rig_call(&r, 3, TDH_SYS_RD, 0, 0, 0, 0);
	CHECK(!ledger_kot_get(r.l)->in_flight);
	/* Its end after all: counted, nothing goes below zero. */
	rig_end(&r, &a, 0);
	rig_end(&r, &lost, 0);
	CHECK(!p0->in_flight);
	/* An end without a begin. */
	a = (struct ledger_call){ .rax = TDH_MNG_KEY_CONFIG, .in.rcx = D, .cpu = 2 };
	ledger_end(r.l, &a, r.now, 0, NULL);
	CHECK(!ledger_pkg_at(r.l, 1)->in_flight);
	CHECK_EQ(ledger_td_find(r.l, D)->state, LEDGER_TD_KEYS_CONFIGURED);
	rig_close(&r);
}

static void test_cpus(void)
{
	const struct ledger_cpu *c;
	struct rig r;

	rig_open(&r, false);
	/* No leaf but SYS.RD asks whether its LP is initialised. */
	rig_call(&r, 0, TDH_MNG_RD, D, 0, 0, 0);
	c = ledger_cpu_at(r.l, 0);
	CHECK_EQ(c->lp_init, LEDGER_UNKNOWN32);
	CHECK_EQ(c->calls, 1);
	CHECK_EQ(c->last_ns, r.now);
	rig_call(&r, 0, TDH_SYS_RD, 0, 0, 0, TDX_ST(METADATA_FIELD_ID_INCORRECT));
	CHECK_EQ(c->lp_init, 1);
	CHECK_EQ(c->lp_init_status, LEDGER_UNKNOWN);
	c = ledger_cpu_at(r.l, 1);
	rig_call(&r, 1, TDH_SYS_RD, 0, 0, 0, TDX_ST(SYS_LP_INIT_NOT_DONE));
	CHECK_EQ(c->lp_init, 0);
	rig_call(&r, 1, TDH_SYS_LP_INIT, 0, 0, 0, TDX_ST(SYS_LP_INIT_DONE));
	CHECK_EQ(c->lp_init, 1);
	/* Refusals that say nothing about the LP. */
	rig_call(&r, 1, TDH_SYS_LP_INIT, 0, 0, 0, TDX_ST(SYS_LP_INIT_NOT_PENDING));
	rig_call(&r, 1, TDH_SYS_LP_INIT, 0, 0, 0, TDX_ST(SYS_BUSY));
	rig_call(&r, 1, TDH_SYS_RD, 0, 0, 0, TDX_SEAMCALL_UD);
	CHECK_EQ(c->lp_init, 1);
	CHECK_EQ(c->lp_init_status, TDX_ST(SYS_BUSY));
	c = ledger_cpu_at(r.l, 2);
	rig_call(&r, 2, TDH_SYS_LP_INIT, 0, 0, 0, TDX_ST(INCONSISTENT_CPUID_FIELD));
	CHECK_EQ(c->lp_init, 0);
	CHECK_EQ(c->lp_init_status, TDX_ST(INCONSISTENT_CPUID_FIELD));
	c = ledger_cpu_at(r.l, 3);
	rig_call(&r, 3, TDH_SYS_LP_INIT, 0, 0, 0, TDX_SEAMCALL_UD);
	rig_call(&r, 3, TDH_SYS_RD, 0, 0, 0, TDX_SEAMCALL_UD);
	rig_call(&r, 3, TDH_SYS_RD, 0, 0, 0, TDX_ST(SYS_SHUTDOWN));
	CHECK_EQ(c->lp_init, LEDGER_UNKNOWN32);
	CHECK_EQ(c->pkg, 1);
	CHECK(!ledger_cpu_at(r.l, CPUS));

	/* A CPU that cannot exist is counted, not stored. */
	rig_call(&r, CPUS, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	rig_call(&r, ~0u, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	rig_close(&r);

	rig_open(&r, true);
	CHECK_EQ(ledger_cpu_at(r.l, 0)->lp_init, 0);
	/* A missed call may have been the initialisation. */
	rig_call(&r, 1, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	ledger_missed(r.l, 1);
	CHECK_EQ(ledger_cpu_at(r.l, 0)->lp_init, LEDGER_UNKNOWN32);
	CHECK_EQ(ledger_cpu_at(r.l, 1)->lp_init, 1);
	CHECK(!ledger_complete(r.l));
	rig_close(&r);
}

static void test_leaves(void)
{
	const struct ledger_leaf *s;
	struct ledger_totals t;
	struct ledger_call call;
	struct rig r;
	u32 i;

	rig_open(&r, true);
	CHECK(!ledger_leaf_at(r.l, 0));
	for (i = 0; i < 20; i++) {
		call = rig_begin(&r, 0, TDH_SYS_RD, 0, 0, 0);
		ledger_end(r.l, &call, r.now + (1ULL << i), 0, NULL);
	}
	call = rig_begin(&r, 0, TDH_SYS_RD, 0, 0, 0);
	ledger_end(r.l, &call, r.now, 0, NULL);
	call = rig_begin(&r, 0, TDH_SYS_RD, 0, 0, 0);
	ledger_end(r.l, &call, r.now - 1, 0, NULL); /* a clock gone back */
	call = rig_begin(&r, 0, TDH_SYS_RD, 0, 0, 0);
	ledger_end(r.l, &call, r.now + (1ULL << 40), 0, NULL);
	s = leaf_of(&r, TDH_SYS_RD);
	CHECK_EQ(s->calls, 23);
	CHECK_EQ(s->hist[0], 3);
	for (i = 1; i < 20; i++)
		CHECK_EQ(s->hist[i], 1);
	CHECK_EQ(s->hist[31], 1);
	CHECK_EQ(s->max_ns, 1ULL << 40);
	CHECK_EQ(s->total_ns, (1ULL << 40) + (1ULL << 20) - 1);
	CHECK_EQ(s->errors, 0);

	/* Statuses are counted without their operand; the kernel's own codes differ. */
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_ST_OP(OPERAND_BUSY, 1));
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_ST_OP(OPERAND_BUSY, TDX_OP_TD_EPOCH));
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_ST(PREVIOUS_TLB_EPOCH_BUSY));
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_ST(RND_NO_ENTROPY));
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_SEAMCALL_UD);
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_SEAMCALL_GP);
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_ST(GPA_RANGE_ALREADY_BLOCKED));
	s = leaf_of(&r, TDH_MEM_TRACK);
	CHECK_EQ(s->errors, 7);
	CHECK_EQ(s->busy, 3);
	CHECK_EQ(s->error[0].status, TDX_ST(OPERAND_BUSY));
	CHECK_EQ(s->error[0].count, 2);
	CHECK_EQ(s->error[3].status, TDX_SEAMCALL_UD);
	CHECK_EQ(s->error[4].status, TDX_SEAMCALL_GP);
	for (i = 0; i < 5; i++)
		rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, TDX_ST(TD_FATAL) + (1ULL << (32 + i)));
	CHECK_EQ(s->error[7].count, 1);
	CHECK_EQ(s->other_errors, 3);

	/* No TDH leaf: P-SEAMLDR, reserved bits, numbers beyond the table. */
	rig_call(&r, 0, 1ULL << 63 | TDH_MNG_CREATE, D, 17, 0, 0);
	rig_call(&r, 0, 1ULL << 24 | TDH_MNG_CREATE, D, 17, 0, 0);
	rig_call(&r, 0, 0xffff, D, 17, 0, 0);
	CHECK_EQ(ledger_td_count(r.l), 0);
	CHECK(!ledger_kot_get(r.l)->acquisitions);
	CHECK_EQ(leaf_of(&r, LEDGER_UNKNOWN32)->calls, 3);
	rig_call(&r, 0, TDX_LEAF_COUNT + 5, 0, 0, 0, 0);
	CHECK_EQ(leaf_of(&r, TDX_LEAF_COUNT + 5)->calls, 1);
	CHECK_EQ(ledger_leaf_count(r.l), 4);
	CHECK_EQ(ledger_leaf_at(r.l, 0)->leaf, TDH_SYS_RD);
	CHECK_EQ(ledger_leaf_at(r.l, 3)->leaf, LEDGER_UNKNOWN32);
	CHECK(!ledger_leaf_at(r.l, 4));
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.calls, 39);
	rig_close(&r);
}

#define MAP_MAX 1000

/* Against a plain array, with keys that crowd together. */
static void test_map(void)
{
	u32 cap = ledger_map_capacity(MAP_MAX), i, n = 0, wrong = 0;
	struct ledger_map m = {
		.slot = calloc(cap, sizeof(*m.slot)),
		.mask = cap - 1,
	};
	static bool in[4 * MAP_MAX];
	u64 rnd = 1;

	if (!m.slot)
		abort();
	CHECK(cap >= 2 * MAP_MAX && !(cap & (cap - 1)));
	CHECK_EQ(ledger_map_capacity(0), ledger_map_capacity(1));
	for (i = 0; i < 400000; i++) {
		u32 k;

		rnd = rnd * 6364136223846793005ULL + 1442695040888963407ULL;
		k = (u32)(rnd >> 40) % ARRAY_SIZE(in);
		if (in[k]) {
			ledger_map_remove(&m, PAGE(k));
			in[k] = false;
			n--;
		} else if (n < MAP_MAX) {
			if (!ledger_map_insert(&m, PAGE(k), k))
				wrong++;
			in[k] = true;
			n++;
		}
		k = (u32)(rnd >> 20) % ARRAY_SIZE(in);
		if (ledger_map_find(&m, PAGE(k)) != (in[k] ? k : LEDGER_NONE))
			wrong++;
	}
	CHECK_EQ(wrong, 0);
	for (i = 0; i < ARRAY_SIZE(in); i++)
		if (ledger_map_find(&m, PAGE(i)) != (in[i] ? i : LEDGER_NONE))
			wrong++;
	CHECK_EQ(wrong, 0);
	ledger_map_remove(&m, 0xdead000);
	free(m.slot);
}

/* A call within one tick of the clock counts; after it nothing is in flight. */
static void test_no_time(void)
{
	const struct ledger_kot *kot;
	struct ledger_call call;
	struct rig r;

	rig_open(&r, true);
	kot = ledger_kot_get(r.l);
	call = rig_begin(&r, 0, TDH_PHYMEM_CACHE_WB, 0, 0, 0);
	CHECK_EQ(kot->in_flight_since_ns, r.now);
	CHECK_EQ(kot->in_flight_leaf, TDH_PHYMEM_CACHE_WB);
	ledger_end(r.l, &call, r.now, 0, NULL);
	CHECK_EQ(kot->in_flight_since_ns, 0);
	CHECK_EQ(kot->in_flight_tdr, 0);
	CHECK_EQ(kot->in_flight_leaf, 0);
	CHECK_EQ(ledger_leaf_at(r.l, 0)->calls, 1);
	CHECK_EQ(ledger_leaf_at(r.l, 0)->total_ns, 0);
	CHECK_EQ(ledger_leaf_at(r.l, 0)->hist[0], 1);
	rig_close(&r);
}

/* Keys of one slot: the map refuses some, and each that it accepts is found. */
static void test_map_collisions(void)
{
	u32 cap = ledger_map_capacity(1), accepted = 0, refused = 0;
	struct ledger_map m = { .slot = calloc(cap, sizeof(*m.slot)), .mask = cap - 1 };

	for (u64 i = 1; m.slot && accepted + refused < cap; i++) {
		if ((u32)(i * 0x9e3779b97f4a7c15ULL >> 32) & m.mask)
			continue;
		if (!ledger_map_insert(&m, G(i), accepted)) {
			refused++;
			continue;
		}
		CHECK_EQ(ledger_map_find(&m, G(i)), accepted);
		accepted++;
	}
	CHECK(accepted);
	CHECK(refused);
	free(m.slot);
}

int main(void)
{
	RUN(test_key_config);
	RUN(test_kot);
	RUN(test_lost_ends);
	RUN(test_cpus);
	RUN(test_leaves);
	RUN(test_map);
	RUN(test_map_collisions);
	RUN(test_no_time);
	return check_done("test-ledger-stat");
}
