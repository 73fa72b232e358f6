// SPDX-License-Identifier: GPL-2.0-only
/* Pages that the shard of one CPU removes before that of another CPU adds them. */
#include "ledger-rig.h"

static void open_shards(struct rig *r)
{
	struct ledger_config cfg = rig_config;

	cfg.shards = true;
	rig_open_cfg(r, &cfg);
	rig_td(r, D, FIRST_HKID);
	rig_td(r, E, FIRST_HKID + 1);
}

/*
 * A page-level call as the helper reports it: the first one of a CPU opens the account of
 * its TD, the next ones are recorded there. Returns whether this one was.
 */
static bool page_call(struct rig *r, u32 cpu, u32 leaf, u64 rcx, u64 rdx,
		      const struct ledger_regs *out)
{
	struct ledger_call call = {
		.start_ns = r->now,
		.rax = leaf,
		.in = { .rcx = rcx, .rdx = rdx, .r8 = PAGE(1) },
		.cpu = cpu,
		.max_vcpus = LEDGER_UNKNOWN32,
		.owner = r->caller,
	};

	CHECK(ledger_page_begin(r->l, &call));
	r->now += STEP_NS;
	if (ledger_page_end(r->l, &call, r->now, 0, out))
		return true;
	ledger_end(r->l, &call, r->now, 0, out);
	ledger_admit(r->l, &call, 0, out);
	return false;
}

static bool add(struct rig *r, u32 cpu, u64 tdr)
{
	return page_call(r, cpu, TDH_MEM_PAGE_AUG, G(1), tdr, NULL);
}

static bool add_sept(struct rig *r, u32 cpu, u64 tdr)
{
	return page_call(r, cpu, TDH_MEM_SEPT_ADD, G(1), tdr, NULL);
}

static bool take(struct rig *r, u32 cpu, u64 tdr)
{
	return page_call(r, cpu, TDH_MEM_PAGE_REMOVE, G(1), tdr, NULL);
}

static bool reclaim_sept(struct rig *r, u32 cpu, u64 tdr)
{
	const struct ledger_regs out = { .rcx = TDX_PT_EPT, .rdx = tdr };

	return page_call(r, cpu, TDH_PHYMEM_PAGE_RECLAIM, PAGE(1), 0, &out);
}

/* Opens the accounts of @tdr on CPUs 0 and 1; the TD has no page after it. */
static void open_accounts(struct rig *r, u64 tdr)
{
	CHECK(!add(r, 0, tdr));
	CHECK(!take(r, 1, tdr));
	CHECK_TD(r, tdr, private_pages, 0);
}

/* The removal is seen first: the TD owes the page until the other shard is read. */
static void test_paid(void)
{
	struct rig r;

	open_shards(&r);
	open_accounts(&r, D);
	CHECK(add(&r, 0, D) && add(&r, 0, D));
	CHECK(take(&r, 1, D));
	CHECK(ledger_shard_dirty(r.l, 0) && ledger_shard_dirty(r.l, 1));
	CHECK_TD(&r, D, private_pages, 0);
	ledger_fold(r.l, 1);
	CHECK(!ledger_shard_dirty(r.l, 1));
	CHECK(ledger_owes(r.l));
	CHECK_TD(&r, D, private_pages, 0);
	ledger_fold(r.l, 0);
	CHECK(!ledger_owes(r.l));
	CHECK_TD(&r, D, private_pages, 1);
	/* Nothing is owed, so nothing is forfeited. */
	ledger_settle(r.l);
	CHECK_TD(&r, D, private_pages, 1);
	CHECK_EQ(rig_violations(&r), 0);
	rig_close(&r);
}

/* No shard adds the page: calls were missed. The number is unknown then, of this TD alone. */
static void test_never_paid(void)
{
	struct rig r;

	open_shards(&r);
	open_accounts(&r, D);
	open_accounts(&r, E);
	CHECK(add(&r, 0, E) && add(&r, 0, D));
	CHECK(take(&r, 1, D) && take(&r, 1, D) && take(&r, 1, D));
	ledger_fold(r.l, 1);
	ledger_fold(r.l, 0);
	CHECK(ledger_owes(r.l));
	CHECK_TD(&r, D, private_pages, 0);
	CHECK_EQ(rig_violations(&r), 0);
	ledger_settle(r.l);
	CHECK(!ledger_owes(r.l));
	CHECK_EQ(rig_violations(&r), 1);
	CHECK_TD(&r, D, private_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, sept_pages, 0);
	CHECK_TD(&r, E, private_pages, 1);

	/* Further pages of this TD are not counted, and none is owed. */
	CHECK(take(&r, 1, D) && take(&r, 1, E));
	ledger_fold(r.l, 1);
	CHECK(!ledger_owes(r.l));
	ledger_settle(r.l);
	CHECK_EQ(rig_violations(&r), 1);
	CHECK_TD(&r, E, private_pages, 0);
	rig_close(&r);
}

/* The same with S-EPT pages, which TDs owe separately. */
static void test_sept(void)
{
	struct rig r;

	open_shards(&r);
	CHECK(!add_sept(&r, 0, D));
	rig_release(&r, D);
	CHECK(!reclaim_sept(&r, 1, D));
	CHECK_TD(&r, D, sept_pages, 0);
	CHECK(reclaim_sept(&r, 1, D));
	ledger_fold(r.l, 1);
	CHECK(ledger_owes(r.l));
	CHECK_TD(&r, D, sept_pages, 0);
	CHECK_EQ(rig_violations(&r), 0);
	ledger_settle(r.l);
	CHECK(!ledger_owes(r.l));
	CHECK_EQ(rig_violations(&r), 1);
	CHECK_TD(&r, D, sept_pages, LEDGER_UNKNOWN);
	CHECK_TD(&r, D, private_pages, 0);
	rig_close(&r);
}

/* A TD ends while it owes pages: a violation too, after which no page is owed. */
static void test_gone(void)
{
	struct rig r;

	open_shards(&r);
	open_accounts(&r, D);
	CHECK(take(&r, 1, D));
	ledger_fold(r.l, 1);
	CHECK(ledger_owes(r.l));
	rig_release(&r, D);
	rig_bury(&r, D);
	CHECK(!ledger_td_find(r.l, D));
	CHECK_EQ(rig_violations(&r), 1);
	CHECK(!ledger_owes(r.l));
	ledger_settle(r.l);
	CHECK_EQ(rig_violations(&r), 1);
	rig_close(&r);
}

int main(void)
{
	RUN(test_paid);
	RUN(test_never_paid);
	RUN(test_sept);
	RUN(test_gone);
	return check_done("ledger-shard");
}
