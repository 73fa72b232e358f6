// SPDX-License-Identifier: GPL-2.0-only
/* Pages and HKIDs that a host does not free after the VM has ended. */
#include "ledger-rig.h"

#define D 0x100000000ULL
#define E 0x110000000ULL

static void gone(struct rig *r, u64 tdr)
{
	const struct ledger_td *td = ledger_td_find(r->l, tdr);

	ledger_vm_gone(r->l, tdr, td ? td->seq : 0, ++r->now);
}

/* KVM says nothing when vCPUs are left, and never tries again. */
static void test_not_done(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 20);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, TDX_ST(FLUSHVP_NOT_DONE));
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 20)->fail_leaf, 0);
	CHECK_EQ(ledger_td_find(r.l, D)->fail_leaf, TDH_MNG_VPFLUSHDONE);
	/* Another TD with pages of the same number is not meant. */
	ledger_vm_gone(r.l, D, ledger_td_find(r.l, D)->seq + 1, ++r.now);
	CHECK_EQ(ledger_td_find(r.l, D)->state, LEDGER_TD_RUNNABLE);
	gone(&r, D);
	CHECK_EQ(ledger_td_find(r.l, D)->state, LEDGER_TD_LEAKED);
	CHECK_EQ(ledger_td_find(r.l, D)->since_ns, r.now);
	CHECK_EQ(ledger_td_find(r.l, D)->hkid, 20);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_LEAKED);
	CHECK_EQ(rig_hkid(&r, 20)->fail_leaf, TDH_MNG_VPFLUSHDONE);
	CHECK_EQ(rig_hkid(&r, 20)->fail_status, TDX_ST(FLUSHVP_NOT_DONE));
	CHECK_EQ(rig_hkid(&r, 20)->owner.tgid, 100);

	/* Tried again in time: nothing is lost. */
	rig_td(&r, E, 21);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, E, 0, 0, TDX_ST(FLUSHVP_NOT_DONE));
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, E, 0, 0, 0);
	CHECK_EQ(ledger_td_find(r.l, E)->fail_leaf, 0);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, E, 0, 0, 0);
	rig_bury(&r, E);
	gone(&r, E);
	CHECK_EQ(rig_hkid(&r, 21)->state, LEDGER_HKID_FREE);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* This KVM gives up where another tries again. */
static void test_busy(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 20);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT));
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_FLUSHING);
	gone(&r, D);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_LEAKED);
	CHECK_EQ(rig_hkid(&r, 20)->fail_leaf, TDH_MNG_KEY_FREEID);
	CHECK_EQ(rig_hkid(&r, 20)->fail_status, TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT));
	rig_close(&r);
}

/* A release that is tried once more fails otherwise; the first failure is the cause. */
static void test_first_cause(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 20);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, TDX_ST(WBCACHE_NOT_COMPLETE));
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, TDX_ST(LIFECYCLE_STATE_INCORRECT));
	gone(&r, D);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_LEAKED);
	CHECK_EQ(rig_hkid(&r, 20)->fail_leaf, TDH_MNG_KEY_FREEID);
	CHECK_EQ(rig_hkid(&r, 20)->fail_status, TDX_ST(WBCACHE_NOT_COMPLETE));
	rig_close(&r);
}

static void give_hkid_back(struct rig *r, u64 tdr)
{
	rig_call(r, 0, TDH_MNG_VPFLUSHDONE, tdr, 0, 0, 0);
	rig_call(r, 0, TDH_MNG_KEY_FREEID, tdr, 0, 0, 0);
}

/* The HKID is back, but pages are not. */
static void test_pages(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 20);
	give_hkid_back(&r, D);
	rig_call(&r, 0, TDH_PHYMEM_PAGE_RECLAIM, TDCX(D, 0), 0, 0, TDX_ST(PAGE_METADATA_INCORRECT));
	rig_call_out(&r, 0, TDH_PHYMEM_PAGE_RECLAIM, D, 0, TDX_ST(TD_ASSOCIATED_PAGES_EXIST),
		     TDX_PT_TDR, 0, 0);
	CHECK_EQ(ledger_td_find(r.l, D)->state, LEDGER_TD_TEARDOWN);
	gone(&r, D);
	CHECK_EQ(ledger_td_find(r.l, D)->state, LEDGER_TD_LEAKED);
	CHECK_EQ(ledger_td_find(r.l, D)->hkid, 0);
	CHECK_EQ(ledger_td_find(r.l, D)->fail_leaf, TDH_PHYMEM_PAGE_RECLAIM);
	CHECK_EQ(ledger_td_find(r.l, D)->fail_status, TDX_ST(PAGE_METADATA_INCORRECT));
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_FREE);
	/* Its HKID is another's, and that one is not mixed up with it. */
	rig_td(&r, E, 20);
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_CONFIGURED);
	CHECK_EQ(rig_hkid(&r, 20)->tdr, E);
	/* A host that reclaims the pages later made no mistake. */
	rig_bury(&r, D);
	CHECK(!ledger_td_find(r.l, D));
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* With two TDs in teardown, the owner of the page is not known. */
static void test_whose_page(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 20);
	rig_td(&r, E, 21);
	give_hkid_back(&r, D);
	give_hkid_back(&r, E);
	rig_call(&r, 0, TDH_PHYMEM_PAGE_RECLAIM, PAGE(7), 0, 0, TDX_ST(PAGE_METADATA_INCORRECT));
	CHECK_EQ(ledger_td_find(r.l, D)->fail_leaf, 0);
	CHECK_EQ(ledger_td_find(r.l, E)->fail_leaf, 0);
	rig_call(&r, 0, TDH_PHYMEM_PAGE_RECLAIM, TDVPR(E, 0), 0, 0,
		 TDX_ST(PAGE_METADATA_INCORRECT));
	CHECK_EQ(ledger_td_find(r.l, D)->fail_leaf, 0);
	CHECK_EQ(ledger_td_find(r.l, E)->fail_leaf, TDH_PHYMEM_PAGE_RECLAIM);
	rig_close(&r);
}

/* Without a failure the end of the TD was missed: it is over, and so is the record. */
static void test_missed(void)
{
	struct rig r;

	rig_open(&r, true);
	rig_td(&r, D, 20);
	ledger_missed(r.l, 40);
	gone(&r, D);
	CHECK(!ledger_td_find(r.l, D));
	CHECK_EQ(rig_hkid(&r, 20)->state, LEDGER_HKID_UNKNOWN);
	gone(&r, D);
	rig_close(&r);
}

int main(void)
{
	RUN(test_not_done);
	RUN(test_busy);
	RUN(test_first_cause);
	RUN(test_pages);
	RUN(test_whose_page);
	RUN(test_missed);
	return check_done("test-ledger-leak");
}
