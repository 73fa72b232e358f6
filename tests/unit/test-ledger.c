// SPDX-License-Identifier: GPL-2.0-only
/* ledger: TDs, HKIDs and vCPUs as a stream of SEAMCALLs shows them. */
#include "ledger-rig.h"

static void test_life(void)
{
	struct rig r;
	u64 at;

	rig_open(&r, true);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_FREE);
	rig_create(&r, D, 17);
	CHECK_TD(&r, D, state, LEDGER_TD_ASSIGNED);
	CHECK_TD(&r, D, seq, 1);
	CHECK_TD(&r, D, hkid, 17);
	CHECK_TD(&r, D, control_pages, 1);
	CHECK_TD(&r, D, owner.tgid, 100);
	CHECK_TD(&r, D, seen_create, true);
	CHECK_TD(&r, D, created_ns, r.now);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_ASSIGNED);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, D);
	CHECK_STR(rig_hkid(&r, 17)->owner.comm, "qemu");

	/* The TD belongs to its creator, whichever process issues the other calls. */
	r.owner = (struct ledger_owner){ .tgid = 2, .tid = 2, .comm = "kworker" };
	rig_call(&r, 1, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_ASSIGNED);
	CHECK_TD(&r, D, keyed_pkgs, 1);
	rig_call(&r, 3, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_KEYS_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 17)->keyed_pkgs, 3);
	CHECK_TD(&r, D, max_vcpus, LEDGER_UNKNOWN32);
	rig_init(&r, D);
	CHECK_TD(&r, D, state, LEDGER_TD_INITIALIZED);
	CHECK_TD(&r, D, max_vcpus, 4);
	CHECK_TD(&r, D, control_pages, 7);
	rig_vcpu(&r, D, 0);
	rig_vcpu(&r, D, 1);
	CHECK_TD(&r, D, vcpus, 2);
	CHECK_TD(&r, D, control_pages, 19);

	rig_call(&r, 0, TDH_MEM_SEPT_ADD, G(0) | 3, D, PAGE(0), 0);
	rig_call(&r, 0, TDH_MEM_SEPT_ADD, G(0) | 2, D, PAGE(1), 0);
	rig_call(&r, 0, TDH_MEM_SEPT_ADD, G(0) | 1, D, PAGE(2), 0);
	rig_call(&r, 0, TDH_MEM_PAGE_ADD, G(0), D, PAGE(3), 0);
	/* A failing call changes nothing. */
	rig_call(&r, 0, TDH_MEM_PAGE_ADD, G(0), D, PAGE(3),
		 TDX_ST_OP(EPT_ENTRY_STATE_INCORRECT, 1));
	CHECK_TD(&r, D, sept_pages, 3);
	CHECK_TD(&r, D, private_pages, 1);
	rig_call(&r, 0, TDH_MR_FINALIZE, D, 0, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_RUNNABLE);
	CHECK_TD(&r, D, was_runnable, true);
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(512) | 1, D, PAGE(512), 0);
	CHECK_TD(&r, D, private_pages, 513);
	/* A guest exit is a success whatever its reason; flags are no address. */
	at = ledger_td_find(r.l, D)->calls;
	rig_call(&r, 0, TDH_VP_ENTER, TDVPR(D, 0) | 1ULL << 52, 0, 0, 0x4d);
	CHECK_TD(&r, D, calls, at + 1);
	rig_call(&r, 0, TDH_MEM_RANGE_BLOCK, G(0), D, 0, 0);
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, 0);
	rig_call_out(&r, 0, TDH_MEM_PAGE_REMOVE, G(0), D, 0, PAGE(3), 0, 0);
	CHECK_TD(&r, D, private_pages, 512);

	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, TDX_ST(FLUSHVP_NOT_DONE));
	CHECK_TD(&r, D, state, LEDGER_TD_RUNNABLE);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_CONFIGURED);
	rig_call(&r, 0, TDH_VP_FLUSH, TDVPR(D, 0), 0, 0, 0);
	rig_call(&r, 0, TDH_VP_FLUSH, TDVPR(D, 1), 0, 0, 0);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_BLOCKED);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_FLUSHING);
	rig_call(&r, 0, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_FLUSHING);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, 0);
	at = r.now;
	CHECK_TD(&r, D, state, LEDGER_TD_TEARDOWN);
	CHECK_TD(&r, D, hkid, 0);
	CHECK_TD(&r, D, last_hkid, 17);
	CHECK_TD(&r, D, released_ns, at);
	CHECK_TD(&r, D, owner.tgid, 100);
	CHECK_TD(&r, D, vcpus, 2);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_FREE);
	CHECK_EQ(rig_hkid(&r, 17)->since_ns, at);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, 0);
	CHECK_EQ(rig_hkid(&r, 17)->owner.tgid, 0);

	rig_call_out(&r, 0, TDH_PHYMEM_PAGE_RECLAIM, PAGE(512), 0, 0, TDX_PT_REG, D, 1);
	CHECK_TD(&r, D, private_pages, 0);
	CHECK_TD(&r, D, reclaims, 1);
	/* The module keeps the TDR while it has children. */
	rig_call_out(&r, 0, TDH_PHYMEM_PAGE_RECLAIM, D, 0, TDX_ST(TD_ASSOCIATED_PAGES_EXIST),
		     TDX_PT_TDR, 0, 0);
	CHECK(ledger_td_find(r.l, D));
	for (at = 0; at < 3; at++)
		rig_reclaim(&r, PAGE(at), TDX_PT_EPT, D);
	for (at = 1; at < 6; at++)
		rig_reclaim(&r, TDVPR(D, 1) + at * CORE_PAGE_SIZE, TDX_PT_TDCX, D);
	rig_reclaim(&r, TDVPR(D, 1), TDX_PT_TDVPR, D);
	CHECK_TD(&r, D, sept_pages, 0);
	CHECK_TD(&r, D, control_pages, 13);
	rig_bury(&r, D);
	CHECK(!ledger_td_find(r.l, D));
	CHECK_EQ(ledger_td_count(r.l), 0);
	CHECK_EQ(rig_violations(&r), 0);

	/* The same pages make another TD, with a number of its own. */
	rig_td(&r, D, 17);
	CHECK_TD(&r, D, seq, 2);
	CHECK_TD(&r, D, vcpus, 1);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* An HKID is free for the next TD long before the old one's pages are. */
static void test_hkid_reuse(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	rig_release(&r, D);
	rig_td(&r, E, 17);
	CHECK_TD(&r, D, state, LEDGER_TD_TEARDOWN);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, E);
	rig_bury(&r, D);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

static void test_leak(void)
{
	const u64 busy[] = {
		TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT),
		TDX_ST_OP(OPERAND_BUSY, 1),
	};
	struct rig r;
	u32 i;

	rig_open(&r, true);
	rig_td(&r, D, 20);
	for (i = 0; i < ARRAY_SIZE(busy); i++)
		rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, busy[i]);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_CONFIGURED);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	for (i = 0; i < ARRAY_SIZE(busy); i++)
		rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, busy[i]);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_FLUSHING);

	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, TDX_ST(WBCACHE_NOT_COMPLETE));
	CHECK_TD(&r, D, state, LEDGER_TD_LEAKED);
	CHECK_TD(&r, D, hkid, 20);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_LEAKED);
	CHECK_EQ(rig_hkid(&r, 20)->since_ns, r.now);
	CHECK_EQ(rig_hkid(&r, 20)->fail_leaf, TDH_MNG_KEY_FREEID);
	CHECK_EQ(rig_hkid(&r, 20)->fail_status, TDX_ST(WBCACHE_NOT_COMPLETE));
	CHECK_EQ(rig_hkid(&r, 20)->owner.tgid, 100);
	CHECK_EQ(rig_hkid(&r, 20)->tdr, D);
	/* Busy afterwards does not take it back, success does. */
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, busy[0]);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_LEAKED);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, 0);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_FREE);
	CHECK_EQ(rig_hkid(&r, 20)->fail_leaf, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_TEARDOWN);
	/* A freed HKID cannot leak. */
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, TDX_ST(LIFECYCLE_STATE_INCORRECT));
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_FREE);
	CHECK_TD(&r, D, state, LEDGER_TD_TEARDOWN);

	/* Leaked by VPFLUSHDONE; KVM goes on removing pages; then it works. */
	rig_td(&r, E, 21);
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(1), E, PAGE(1), 0);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, E, 0, 0, TDX_SEAMCALL_UD);
	CHECK_TD(&r, E, state, LEDGER_TD_LEAKED);
	CHECK_EQ(rig_hkid(&r, 21)->fail_leaf, TDH_MNG_VPFLUSHDONE);
	rig_call(&r, 0, TDH_MEM_RANGE_BLOCK, G(1), E, 0, 0);
	rig_call(&r, 0, TDH_MEM_TRACK, E, 0, 0, 0);
	rig_call_out(&r, 0, TDH_MEM_PAGE_REMOVE, G(1), E, 0, PAGE(1), 0, 0);
	CHECK_TD(&r, E, state, LEDGER_TD_LEAKED);
	CHECK_TD(&r, E, private_pages, 0);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, E, 0, 0, 0);
	CHECK_TD(&r, E, state, LEDGER_TD_BLOCKED);
	CHECK_EQ(rig_hkid(&r, 21)->state, LEDGER_HKID_FLUSHING);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, E, 0, 0, 0);
	CHECK_EQ(rig_hkid(&r, 21)->state, LEDGER_HKID_FREE);

	/* A TD that still gets memory was not given up. */
	rig_td(&r, 0x120000000ULL, 22);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, 0x120000000ULL, 0, 0, TDX_SEAMCALL_GP);
	CHECK_EQ(rig_hkid(&r, 22)->state, LEDGER_HKID_LEAKED);
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(1), 0x120000000ULL, PAGE(1), 0);
	CHECK_TD(&r, 0x120000000ULL, state, LEDGER_TD_RUNNABLE);
	CHECK_EQ(rig_hkid(&r, 22)->state, LEDGER_HKID_CONFIGURED);
	/* FREEID out of order is refused and loses nothing. */
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, 0x120000000ULL, 0, 0,
		 TDX_ST(LIFECYCLE_STATE_INCORRECT));
	CHECK_EQ(rig_hkid(&r, 22)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

static void test_missed(void)
{
	struct ledger_totals t;
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	rig_create(&r, E, 18);
	rig_keys(&r, E);
	rig_init(&r, E);
	rig_vcpu(&r, E, 0);
	ledger_missed(r.l, 0);
	CHECK_TD(&r, D, private_pages, 0);
	ledger_missed(r.l, 3);
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.missed, 3);
	CHECK_TD(&r, D, private_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, sept_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, control_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, vcpus, 1); /* runnable: no more can come */
	CHECK_TD(&r, E, vcpus, LEDGER_UNKNOWN32);
	CHECK_TD(&r, D, state, LEDGER_TD_RUNNABLE);
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(1), D, PAGE(1), 0);
	CHECK_TD(&r, D, private_pages, LEDGER_UNKNOWN);
	/* FINALIZE was among the missed. */
	rig_call(&r, 0, TDH_VP_ENTER, TDVPR(E, 0), 0, 0, 0);
	CHECK_TD(&r, E, state, LEDGER_TD_RUNNABLE);
	rig_close(&r);
}

static void test_sept_allow_existing(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	rig_call(&r, 0, TDH_MEM_SEPT_ADD, G(0) | 3, D, PAGE(1), 0);
	CHECK_TD(&r, D, sept_pages, 1);
	rig_call(&r, 0, TDH_MEM_SEPT_ADD, G(0) | 3, D | 1, PAGE(2), 0);
	CHECK_TD(&r, D, sept_pages, LEDGER_UNKNOWN);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

static void test_full(void)
{
	struct ledger_config cfg = rig_config;
	struct ledger_totals t;
	struct rig r;

	cfg.max_tds = 2;
	cfg.max_vcpus = 1;
	rig_open_cfg(&r, &cfg);
	rig_td(&r, D, 17);
	rig_create(&r, E, 18);
	rig_td(&r, 0x120000000ULL, 19);
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.tds_dropped, 1);
	CHECK_EQ(t.tds_created, 3);
	CHECK_EQ(t.violations, 0);
	CHECK_EQ(ledger_td_count(r.l), 2);
	CHECK(!ledger_td_find(r.l, 0x120000000ULL));
	/* Its HKID is in use until it is freed. */
	CHECK_EQ(rig_hkid(&r, 19)->state, LEDGER_HKID_ASSIGNED);
	CHECK_EQ(rig_hkid(&r, 19)->tdr, 0);
	rig_release(&r, 0x120000000ULL);
	CHECK_EQ(rig_hkid(&r, 19)->state, LEDGER_HKID_UNKNOWN);

	/* No room for E's vCPU: numbers it would change are unknown. */
	rig_keys(&r, E);
	rig_init(&r, E);
	rig_vcpu(&r, E, 0);
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.vcpus_dropped, 1);
	CHECK_TD(&r, E, vcpus, LEDGER_UNKNOWN32);
	CHECK_TD(&r, E, control_pages, LEDGER_UNKNOWN);

	/* A dead TD's slots are used again. */
	rig_release(&r, D);
	rig_bury(&r, D);
	rig_bury(&r, 0x120000000ULL);
	rig_td(&r, D, 20);
	CHECK_TD(&r, D, vcpus, 1);
	CHECK_TD(&r, D, control_pages, 13);
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.tds_dropped, 1);
	CHECK_EQ(t.vcpus_dropped, 1);
	CHECK_EQ(t.violations, 0);
	CHECK_EQ(ledger_td_at(r.l, 0)->tdr, E);
	CHECK_EQ(ledger_td_at(r.l, 1)->tdr, D);
	CHECK(!ledger_td_at(r.l, 2));

	/* Adoption is told. */
	CHECK_EQ(ledger_adopt_td(r.l, &(struct ledger_td){ .tdr = PAGE(1) }), -ENOSPC);
	rig_close(&r);
}

/* Contradictions are counted, and the newest call is believed. */
static void test_violations(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	/* D's release was missed. */
	rig_create(&r, E, 17);
	CHECK_EQ(rig_violations(&r), 1);
	CHECK_TD(&r, D, state, LEDGER_TD_TEARDOWN);
	CHECK_TD(&r, D, private_pages, LEDGER_UNKNOWN);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, E);
	/* All of D was missed: its TDR page has another use. */
	rig_keys(&r, E);
	rig_init(&r, E);
	rig_vcpu(&r, E, 0);
	rig_call(&r, 0, TDH_MR_FINALIZE, E, 0, 0, 0);
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(0), E, D, 0);
	CHECK(!ledger_td_find(r.l, D));
	CHECK_EQ(rig_violations(&r), 2);
	/* E died and another TD lives at the same address. */
	rig_call(&r, 0, TDH_MNG_INIT, E, 0, 0, 0);
	CHECK_EQ(rig_violations(&r), 3);
	CHECK_TD(&r, E, state, LEDGER_TD_INITIALIZED);
	CHECK_TD(&r, E, hkid, LEDGER_UNKNOWN32);
	CHECK_TD(&r, E, seen_create, false);
	CHECK_TD(&r, E, vcpus, 0);
	CHECK_TD(&r, E, seq, 3);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_UNKNOWN);
	/* More pages go back than it has. */
	rig_call(&r, 0, TDH_MEM_PAGE_ADD, G(0), E, PAGE(1), 0);
	rig_call_out(&r, 0, TDH_MEM_PAGE_REMOVE, G(512) | 1, E, 0, PAGE(512), 0, 0);
	CHECK_EQ(rig_violations(&r), 4);
	CHECK_TD(&r, E, private_pages, LEDGER_UNKNOWN);
	/* A skipped step. */
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, E, 0, 0, 0);
	CHECK_EQ(rig_violations(&r), 5);
	CHECK_TD(&r, E, state, LEDGER_TD_TEARDOWN);
	rig_close(&r);
}

/* Reported late on one CPU, after another CPU's call had changed the state. */
static void test_interleaved(void)
{
	struct ledger_call aug, key;
	struct rig r;

	rig_open(&r, true);
	rig_create(&r, D, 17);
	key = rig_begin(&r, 2, TDH_MNG_KEY_CONFIG, D, 0, 0);
	rig_call(&r, 0, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	rig_init(&r, D);
	rig_vcpu(&r, D, 0);
	rig_call(&r, 0, TDH_MR_FINALIZE, D, 0, 0, 0);
	rig_end(&r, &key, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_RUNNABLE);
	CHECK_TD(&r, D, vcpus, 1);

	aug = rig_begin(&r, 3, TDH_MEM_PAGE_AUG, G(1), D, PAGE(1));
	rig_call(&r, 0, TDH_VP_FLUSH, TDVPR(D, 0), 0, 0, 0);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	rig_end(&r, &aug, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_BLOCKED);
	CHECK_TD(&r, D, private_pages, 1);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* A new module means a new world, known from here on. */
static void test_module_restart(void)
{
	struct rig r;
	u32 i;

	rig_open(&r, false);
	rig_td(&r, D, 17);
	rig_call(&r, 0, TDH_SYS_INIT, 0, 0, 0, 0);
	CHECK_EQ(ledger_cpu_at(r.l, 3)->lp_init, 0);
	CHECK_EQ(ledger_td_count(r.l), 1); /* TDs survive a runtime update */
	for (i = 0; i < CPUS; i++)
		rig_call(&r, i, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	CHECK(!ledger_complete(r.l));
	rig_call(&r, 0, TDH_SYS_CONFIG, 0x1000, 1, 16, 0);
	CHECK(ledger_complete(r.l));
	CHECK_EQ(ledger_td_count(r.l), 0);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_FREE);
	CHECK_EQ(rig_hkid(&r, 31)->state, LEDGER_HKID_FREE);
	CHECK_EQ(ledger_pkg_at(r.l, 0)->global_key, false);
	rig_call(&r, 1, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	rig_call(&r, 2, TDH_SYS_KEY_CONFIG, 0, 0, 0, TDX_ST(KEY_GENERATION_FAILED));
	CHECK_EQ(ledger_pkg_at(r.l, 0)->global_key, true);
	CHECK_EQ(ledger_pkg_at(r.l, 1)->global_key, false);
	CHECK_EQ(ledger_cpu_at(r.l, 3)->lp_init, 1);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* The package of a CPU that boots later is not known before. */
static void test_cpu_package(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_create(&r, D, 17);
	ledger_cpu_package(r.l, 1, 1);
	rig_call(&r, 1, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	CHECK_TD(&r, D, keyed_pkgs, 2);
	/* A package that the configuration does not have, and a CPU. */
	ledger_cpu_package(r.l, 2, PKGS);
	ledger_cpu_package(r.l, CPUS, 0);
	rig_call(&r, 2, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	CHECK_TD(&r, D, keyed_pkgs, 2);
	CHECK_TD(&r, D, state, LEDGER_TD_ASSIGNED);
	rig_call(&r, 0, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_KEYS_CONFIGURED);
	rig_close(&r);
}

int main(void)
{
	RUN(test_life);
	RUN(test_hkid_reuse);
	RUN(test_leak);
	RUN(test_missed);
	RUN(test_sept_allow_existing);
	RUN(test_full);
	RUN(test_violations);
	RUN(test_interleaved);
	RUN(test_module_restart);
	RUN(test_cpu_package);
	return check_done("test-ledger");
}
