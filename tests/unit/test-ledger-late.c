// SPDX-License-Identifier: GPL-2.0-only
/* ledger: TDs older than it, found by their SEAMCALLs or adopted. */
#include "ledger-rig.h"

static void test_late(void)
{
	struct rig r;

	rig_open(&r, false);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_UNKNOWN);
	CHECK_EQ(ledger_cpu_at(r.l, 0)->lp_init, LEDGER_UNKNOWN32);

	/* A page fault of a TD that has been running for days. */
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(1), D, PAGE(1), 0);
	CHECK_TD(&r, D, state, LEDGER_TD_UNKNOWN); /* initialised or runnable */
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	CHECK_TD(&r, D, keyed_pkgs, 3);
	CHECK_TD(&r, D, private_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, control_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, vcpus, LEDGER_UNKNOWN32);
	CHECK_TD(&r, D, seen_create, false);
	CHECK_TD(&r, D, created_ns, 0);
	CHECK_TD(&r, D, since_ns, 0);
	CHECK_TD(&r, D, owner.tgid, 0);
	CHECK_TD(&r, D, owner.fd, -1);
	/* Working leaves need every global key. */
	CHECK_EQ(ledger_pkg_at(r.l, 1)->global_key, true);

	/* REMOVE and WBINVD on one CPU reveal the HKID; on two they do not. */
	rig_call_out(&r, 0, TDH_MEM_PAGE_REMOVE, G(1), D, 0, PAGE(1), 0, 0);
	rig_call(&r, 1, TDH_PHYMEM_PAGE_WBINVD, PAGE(1) | 18ULL << HKID_SHIFT, 0, 0, 0);
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	rig_call(&r, 0, TDH_MEM_TRACK, D, 0, 0, 0);
	rig_call(&r, 0, TDH_PHYMEM_PAGE_WBINVD, PAGE(1) | 18ULL << HKID_SHIFT, 0, 0, 0);
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	rig_call_out(&r, 0, TDH_MEM_PAGE_REMOVE, G(1), D, 0, PAGE(1), 0, 0);
	rig_call(&r, 0, TDH_PHYMEM_PAGE_WBINVD, PAGE(2) | 18ULL << HKID_SHIFT, 0, 0, 0);
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	rig_call_out(&r, 0, TDH_MEM_PAGE_REMOVE, G(1), D, 0, PAGE(1), 0, 0);
	rig_call(&r, 0, TDH_PHYMEM_PAGE_WBINVD, PAGE(1) | 17ULL << HKID_SHIFT, 0, 0, 0);
	CHECK_TD(&r, D, hkid, 17);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, D);
	CHECK_EQ(rig_hkid(&r, 17)->since_ns, 0);

	/* Refused HKIDs are in use by someone. */
	rig_call(&r, 0, TDH_MNG_CREATE, E, 18, 0, TDX_ST(HKID_NOT_FREE));
	CHECK_EQ(rig_hkid(&r, 18)->state, LEDGER_HKID_ASSIGNED);
	CHECK_EQ(rig_hkid(&r, 18)->tdr, 0);
	CHECK_EQ(rig_hkid(&r, 18)->keyed_pkgs, LEDGER_UNKNOWN32);
	rig_call(&r, 0, TDH_MNG_CREATE, E, 17, 0, TDX_ST(HKID_NOT_FREE));
	CHECK_EQ(rig_hkid(&r, 17)->tdr, D);

	/* E frees an HKID that was not seen: it may be 18. */
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, E, 0, 0, 0);
	CHECK_TD(&r, E, state, LEDGER_TD_TEARDOWN);
	CHECK_TD(&r, E, hkid, 0);
	CHECK_EQ(rig_hkid(&r, 18)->state, LEDGER_HKID_UNKNOWN);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_CONFIGURED);
	rig_reclaim(&r, TDCX(E, 0), TDX_PT_TDCX, E);
	CHECK_TD(&r, E, control_pages, LEDGER_UNKNOWN);
	rig_reclaim(&r, E, TDX_PT_TDR, 0);
	CHECK(!ledger_td_find(r.l, E));

	/* From exact leaves everything is known again. */
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_BLOCKED);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_FLUSHING);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, 0);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_FREE);

	/* A key being configured: the TD owns nothing yet. */
	rig_call(&r, 0, TDH_MNG_KEY_CONFIG, E, 0, 0, 0);
	CHECK_TD(&r, E, keyed_pkgs, LEDGER_UNKNOWN32);
	CHECK_TD(&r, E, control_pages, 1);
	rig_call(&r, 2, TDH_MNG_KEY_CONFIG, E, 0, 0, 0);
	CHECK_TD(&r, E, state, LEDGER_TD_KEYS_CONFIGURED);
	CHECK_TD(&r, E, keyed_pkgs, 3);
	rig_init(&r, E);
	CHECK_TD(&r, E, control_pages, 7);
	CHECK_TD(&r, E, vcpus, 0);
	CHECK_EQ(rig_violations(&r), 0);

	/* The rest of the world does not count as a TD. */
	rig_call(&r, 0, TDH_VP_ENTER, PAGE(9), 0, 0, 0);
	rig_call(&r, 0, TDH_MNG_RD, PAGE(9), 0, 0, TDX_ST_OP(PAGE_METADATA_INCORRECT, 1));
	CHECK_EQ(ledger_td_count(r.l), 2);
	rig_close(&r);
}

/* Key on one of two packages: the state between two leaves stays open. */
static void test_late_key(void)
{
	struct rig r;

	rig_open(&r, false);
	rig_call(&r, 0, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_UNKNOWN);
	CHECK_TD(&r, D, keyed_pkgs, LEDGER_UNKNOWN32);
	rig_call(&r, 0, TDH_MNG_ADDCX, TDCX(D, 0), D, 0, 0);
	CHECK_TD(&r, D, state, LEDGER_TD_KEYS_CONFIGURED);
	CHECK_TD(&r, D, keyed_pkgs, 3);
	CHECK_TD(&r, D, control_pages, 2);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

static void test_adopt(void)
{
	struct ledger_td known = {
		.tdr = D,
		.state = LEDGER_TD_RUNNABLE,
		.hkid = 19,
		.last_hkid = 19,
		.keyed_pkgs = LEDGER_UNKNOWN32,
		.vcpus = 2,
		.max_vcpus = 8,
		.private_pages = LEDGER_UNKNOWN,
		.sept_pages = LEDGER_UNKNOWN,
		.control_pages = 19,
		.created_ns = 5,
		.was_runnable = true,
		.owner = { .tgid = 55, .tid = 55, .fd = 3, .comm = "old" },
	};
	struct rig r;

	rig_open(&r, false);
	CHECK_EQ(ledger_adopt_td(r.l, &known), 0);
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_EQ(ledger_td_count(r.l), 1);
	CHECK_TD(&r, D, state, LEDGER_TD_RUNNABLE);
	CHECK_TD(&r, D, seen_create, false);
	CHECK_TD(&r, D, private_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, control_pages, 19);
	CHECK_EQ(rig_hkid(&r, 19)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 19)->tdr, D);
	CHECK_EQ(rig_hkid(&r, 19)->owner.tgid, 55);
	rig_release(&r, D);
	CHECK_TD(&r, D, state, LEDGER_TD_TEARDOWN);
	CHECK_EQ(rig_hkid(&r, 19)->state, LEDGER_HKID_FREE);

	/* What the stream showed first is completed, not overwritten. */
	rig_call(&r, 0, TDH_MR_FINALIZE, E, 0, 0, 0);
	known.tdr = E;
	known.state = LEDGER_TD_INITIALIZED;
	known.hkid = 20;
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_TD(&r, E, state, LEDGER_TD_RUNNABLE);
	CHECK_TD(&r, E, hkid, 20);
	CHECK_TD(&r, E, max_vcpus, 8);
	CHECK_TD(&r, E, owner.tgid, 55);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_CONFIGURED);

	/* A page fault says neither whether it is finalized nor how many vCPUs it has. */
	known.tdr = 0x130000000ULL;
	known.state = LEDGER_TD_RUNNABLE;
	known.hkid = 21;
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(1), known.tdr, PAGE(1), 0);
	CHECK_TD(&r, known.tdr, state, LEDGER_TD_UNKNOWN);
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_TD(&r, known.tdr, state, LEDGER_TD_RUNNABLE);
	CHECK_TD(&r, known.tdr, vcpus, 2);
	CHECK_TD(&r, known.tdr, hkid, 21);

	CHECK_TD(&r, known.tdr, created_ns, 5);

	/* The creation that the ledger saw is exact. */
	known.tdr = 0x150000000ULL;
	rig_create(&r, known.tdr, 22);
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK(ledger_td_find(r.l, known.tdr)->created_ns > 5);

	/* Released, and nothing else known. */
	known.tdr = 0x120000000ULL;
	known.state = LEDGER_TD_UNKNOWN;
	known.hkid = 0;
	CHECK_EQ(ledger_adopt_td(r.l, &known), 0);
	CHECK_TD(&r, known.tdr, state, LEDGER_TD_TEARDOWN);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* The owner of an older TD: SEAMCALLs that only its VMM makes name it. */
static void test_late_owner(void)
{
	struct ledger_td known = {
		.tdr = E,
		.state = LEDGER_TD_UNKNOWN,
		.hkid = 19,
		.last_hkid = 19,
		.owner = { .tgid = 61, .tid = 61, .fd = 3, .start_ns = 7, .comm = "other" },
	};
	struct rig r;

	CHECK(ledger_names_owner(TDH_MNG_CREATE));
	CHECK(ledger_names_owner(TDH_MEM_PAGE_AUG));
	CHECK(ledger_names_owner(TDH_MEM_SEPT_ADD | 1ULL << TDX_VERSION_SHIFT));
	CHECK(!ledger_names_owner(TDH_MNG_KEY_CONFIG));
	CHECK(!ledger_names_owner(TDH_MEM_RANGE_BLOCK));
	CHECK(!ledger_names_owner(TDH_PHYMEM_PAGE_RECLAIM));
	CHECK(!ledger_names_owner(1ULL << 63));

	rig_open(&r, false);
	r.caller = (struct ledger_owner){
		.tgid = 60, .tid = 62, .fd = -1, .start_ns = 7, .comm = "vmm"
	};
	rig_call(&r, 0, TDH_MEM_RANGE_BLOCK, G(1), E, 0, 0);
	CHECK_TD(&r, E, owner.tgid, 0);
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, G(1), E, PAGE(1), 0);
	CHECK_TD(&r, E, owner.tgid, 60);
	CHECK_TD(&r, E, owner.fd, -1);
	/* Another process does not become the owner; the owner's own descriptor is added. */
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_TD(&r, E, owner.tgid, 60);
	CHECK_EQ(rig_hkid(&r, 19)->owner.tgid, 60);
	known.owner.tgid = 60;
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_TD(&r, E, owner.fd, 3);
	CHECK_EQ(rig_hkid(&r, 19)->owner.fd, 3);
	/* One whose creation was seen keeps its owner. */
	rig_td(&r, D, 17);
	CHECK_TD(&r, D, owner.tgid, 100);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* An impossible TDR is refused and leaves no record. */
static void test_adopt_refuses_bad_tdr(void)
{
	static const u64 bad[] = { 0, 1, D + 1, D + CORE_PAGE_SIZE / 2, ~0ULL };
	struct ledger_td known = { .state = LEDGER_TD_RUNNABLE, .hkid = 19 };
	struct rig r;
	u32 i;

	rig_open(&r, false);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		known.tdr = bad[i];
		CHECK_EQ(ledger_adopt_td(r.l, &known), -EINVAL);
	}
	CHECK_EQ(ledger_td_count(r.l), 0);
	CHECK_EQ(rig_hkid(&r, 19)->state, LEDGER_HKID_UNKNOWN);
	rig_close(&r);
}

/* A full table counts the TDs that it drops; known TDs are still found. */
static void test_adopt_into_full_table(void)
{
	struct ledger_td known = { .state = LEDGER_TD_RUNNABLE, .hkid = LEDGER_UNKNOWN32 };
	struct ledger_totals t;
	struct rig r;
	u32 i;

	rig_open(&r, false);
	for (i = 0; i < rig_config.max_tds; i++) {
		known.tdr = PAGE(i);
		CHECK_EQ(ledger_adopt_td(r.l, &known), 0);
	}
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	known.tdr = D;
	CHECK_EQ(ledger_adopt_td(r.l, &known), -ENOSPC);
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.tds_dropped, 1);
	CHECK_EQ(ledger_td_count(r.l), rig_config.max_tds);
	rig_close(&r);
}

/* The same for TDs of which only calls are seen: each call would be one more TD. */
static void test_discover_into_full_table(void)
{
	struct ledger_td known = { .state = LEDGER_TD_RUNNABLE, .hkid = LEDGER_UNKNOWN32 };
	struct ledger_totals t;
	struct rig r;
	u32 i;

	rig_open(&r, false);
	for (i = 0; i < rig_config.max_tds; i++) {
		known.tdr = PAGE(i);
		CHECK_EQ(ledger_adopt_td(r.l, &known), 0);
	}
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.tds_dropped, 0);
	for (i = 0; i < 3; i++) {
		rig_call(&r, 0, TDH_MNG_KEY_CONFIG, D, 0, 0, 0);
		ledger_totals_get(r.l, &t);
		CHECK_EQ(t.tds_dropped, 1);
	}
	CHECK(!ledger_td_find(r.l, D));
	rig_close(&r);
}

/* An HKID known from SEAMCALLs is not replaced by one that is adopted. */
static void test_adopt_keeps_hkid_of_calls(void)
{
	struct ledger_td known = {
		.tdr = D,
		.state = LEDGER_TD_RUNNABLE,
		.hkid = 19,
		.last_hkid = 19,
		.vcpus = 5,
		.max_vcpus = 8,
		.created_ns = 7,
	};
	struct rig r;

	rig_open(&r, false);
	rig_td(&r, D, 17);
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_TD(&r, D, hkid, 17);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, D);
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 19)->state, LEDGER_HKID_UNKNOWN);
	CHECK_EQ(rig_hkid(&r, 19)->tdr, 0);
	/* Neither are the counts and the time of creation. */
	CHECK_TD(&r, D, vcpus, 1);
	CHECK_TD(&r, D, max_vcpus, 4);
	CHECK(ledger_td_find(r.l, D)->created_ns != 7);
	/* An adopted teardown does not overrule the SEAMCALLs either. */
	known.hkid = 0;
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	known.state = LEDGER_TD_TEARDOWN;
	known.hkid = 17;
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_TD(&r, D, hkid, 17);
	CHECK_TD(&r, D, state, LEDGER_TD_RUNNABLE);

	/* An HKID of another TD stays with that TD. */
	known.tdr = E;
	known.state = LEDGER_TD_RUNNABLE;
	CHECK_EQ(ledger_adopt_td(r.l, &known), 0);
	CHECK_TD(&r, E, hkid, LEDGER_UNKNOWN32);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, D);
	/* An unknown HKID is not bound. */
	known.hkid = LEDGER_UNKNOWN32;
	CHECK_EQ(ledger_adopt_td(r.l, &known), -EEXIST);
	CHECK_TD(&r, E, hkid, LEDGER_UNKNOWN32);
	CHECK_TD(&r, E, state, LEDGER_TD_RUNNABLE);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* SEAMCALLs were missed: an HKID in use by an unknown TD may be free by now. */
static void test_missed_forgets_anonymous_hkids(void)
{
	struct ledger_totals t;
	struct rig r;

	rig_open(&r, false);
	rig_td(&r, D, 17);
	rig_call(&r, 0, TDH_MNG_CREATE, E, 18, 0, TDX_ST(HKID_NOT_FREE));
	rig_call(&r, 0, TDH_MNG_CREATE, E, 20, 0, TDX_ST(HKID_NOT_FREE));
	CHECK_EQ(rig_hkid(&r, 18)->state, LEDGER_HKID_ASSIGNED);
	/* A count of 0 changes nothing. */
	ledger_missed(r.l, 0);
	CHECK_EQ(rig_hkid(&r, 18)->state, LEDGER_HKID_ASSIGNED);
	CHECK_TD(&r, D, control_pages, 13);
	ledger_missed(r.l, 3);
	CHECK_EQ(rig_hkid(&r, 18)->state, LEDGER_HKID_UNKNOWN);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_UNKNOWN);
	/* A known TD keeps its HKID; its page counts become unknown. */
	CHECK_EQ(rig_hkid(&r, 17)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 17)->tdr, D);
	CHECK_TD(&r, D, control_pages, LEDGER_UNKNOWN);
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.missed, 3);
	CHECK(!ledger_complete(r.l));
	/* The next refusal marks it again. */
	rig_call(&r, 0, TDH_MNG_CREATE, E, 18, 0, TDX_ST(HKID_NOT_FREE));
	CHECK_EQ(rig_hkid(&r, 18)->state, LEDGER_HKID_ASSIGNED);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* A page of @tdr was removed, and KVM flushes it under @hkid. */
static void remove_page(struct rig *r, u64 tdr, u32 hkid, u64 page)
{
	rig_call_out(r, 0, TDH_MEM_PAGE_REMOVE, G(0), tdr, 0, page, 0, 0);
	rig_call(r, 0, TDH_PHYMEM_PAGE_WBINVD, (u64)hkid << HKID_SHIFT | page, 0, 0, 0);
}

/* The HKID of a flush is that of the TD, unless it is known to be another's or free. */
static void test_hkid_of_a_flush(void)
{
	struct rig r;
	u64 before;

	rig_open(&r, false);
	rig_td(&r, E, 18);
	remove_page(&r, D, 18, PAGE(1));
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	before = rig_violations(&r);
	CHECK(before > 0);
	CHECK_EQ(rig_hkid(&r, 18)->tdr, E);
	rig_release(&r, E);
	CHECK_EQ(rig_hkid(&r, 18)->state, LEDGER_HKID_FREE);
	remove_page(&r, D, 18, PAGE(1));
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	CHECK_EQ(rig_violations(&r), before + 1);
	/* Another page than the one that was removed, an HKID outside of the range. */
	rig_call_out(&r, 0, TDH_MEM_PAGE_REMOVE, G(0), D, 0, PAGE(1), 0, 0);
	rig_call(&r, 0, TDH_PHYMEM_PAGE_WBINVD, 19ULL << HKID_SHIFT | PAGE(2), 0, 0, 0);
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	remove_page(&r, D, FIRST_HKID + NR_HKIDS, PAGE(1));
	CHECK_TD(&r, D, hkid, LEDGER_UNKNOWN32);
	remove_page(&r, D, 19, PAGE(1));
	CHECK_TD(&r, D, hkid, 19);
	CHECK_EQ(rig_hkid(&r, 19)->tdr, D);
	/* Once known, it stays. */
	remove_page(&r, D, 20, PAGE(1));
	CHECK_TD(&r, D, hkid, 19);
	CHECK_EQ(rig_hkid(&r, 20)->tdr, 0);
	CHECK_EQ(rig_violations(&r), before + 1);
	rig_close(&r);
}

/* Version 1 of the leaf removes several tables: their number is not known any more. */
static void test_several_sept_pages_removed(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	rig_call(&r, 0, TDH_MEM_SEPT_ADD, G(0) | 3, D, PAGE(1), 0);
	rig_call(&r, 0, TDH_MEM_SEPT_ADD, G(512) | 3, D, PAGE(2), 0);
	rig_call(&r, 0, TDH_MEM_SEPT_REMOVE, G(0) | 3, D, 0, 0);
	CHECK_TD(&r, D, sept_pages, 1);
	rig_call(&r, 0, TDH_MEM_SEPT_REMOVE | 1 << TDX_VERSION_SHIFT, G(512) | 3, D, 0, 0);
	CHECK_TD(&r, D, sept_pages, LEDGER_UNKNOWN);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* The module returns a TDR last: pages that are left then were counted wrong. */
static void test_tdr_before_other_pages(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	rig_release(&r, D);
	rig_reclaim(&r, D, TDX_PT_TDR, 0);
	CHECK_EQ(rig_violations(&r), 1);
	CHECK(!ledger_td_find(r.l, D));
	rig_td(&r, E, 18);
	rig_release(&r, E);
	rig_bury(&r, E);
	CHECK_EQ(rig_violations(&r), 1);
	CHECK(!ledger_td_find(r.l, E));
	rig_close(&r);
}

/* The leaves that succeed only after the global keys of all packages are set. */
static void test_leaves_that_need_the_global_keys(void)
{
	static const struct {
		u64 leaf;
		bool proves;
	} cases[] = {
		{ TDH_VP_ENTER, true },	       { TDH_MNG_CREATE, true },
		{ TDH_MEM_PAGE_AUG, true },    { TDH_PHYMEM_PAGE_RECLAIM, true },
		{ TDH_VP_RD, true },	       { TDH_SYS_TDMR_INIT, true },
		{ TDH_MEM_TRACK, true },       { TDH_MEM_RANGE_UNBLOCK, true },
		{ TDH_PHYMEM_CACHE_WB, true }, { TDH_PHYMEM_PAGE_WBINVD, true },
		{ TDH_VP_WR, true },	       { TDH_SYS_KEY_CONFIG, false },
		{ TDH_SYS_INFO, false },       { TDH_SYS_INIT, false },
		{ TDH_SYS_RD, false },	       { TDH_SYS_LP_INIT, false },
		{ TDH_SYS_RDALL, false },      { TDH_SYS_CONFIG, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_open(&r, false);
		rig_call(&r, 0, cases[i].leaf, D, 17, 0, TDX_ST(OPERAND_INVALID));
		CHECK_EQ(ledger_pkg_at(r.l, 1)->global_key, false);
		rig_call(&r, 0, cases[i].leaf, D, 17, 0, 0);
		if (!CHECK_EQ(ledger_pkg_at(r.l, 1)->global_key, cases[i].proves))
			fprintf(stderr, "  leaf %llu\n", (unsigned long long)cases[i].leaf);
		rig_close(&r);
	}
}

/* These leaves are accepted in more states than the ledger distinguishes. */
static void test_leaves_that_prove_no_state(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	rig_call(&r, 0, TDH_MEM_RANGE_UNBLOCK, G(1), D, 0, 0);
	rig_call(&r, 0, TDH_MEM_PAGE_RELOCATE, G(1), D, PAGE(1), 0);
	CHECK_TD(&r, D, state, LEDGER_TD_RUNNABLE);
	CHECK_TD(&r, D, hkid, 17);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

int main(void)
{
	RUN(test_late);
	RUN(test_late_key);
	RUN(test_adopt);
	RUN(test_late_owner);
	RUN(test_adopt_refuses_bad_tdr);
	RUN(test_adopt_into_full_table);
	RUN(test_discover_into_full_table);
	RUN(test_adopt_keeps_hkid_of_calls);
	RUN(test_missed_forgets_anonymous_hkids);
	RUN(test_hkid_of_a_flush);
	RUN(test_several_sept_pages_removed);
	RUN(test_tdr_before_other_pages);
	RUN(test_leaves_that_need_the_global_keys);
	RUN(test_leaves_that_prove_no_state);
	return check_done("test-ledger-late");
}
