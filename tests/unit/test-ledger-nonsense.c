// SPDX-License-Identifier: GPL-2.0-only
/*
 * ledger: a stream no module could produce. Nothing is promised about what the
 * ledger then says, but its tables must stay whole: few addresses, tiny tables,
 * every leaf a success most of the time, calls that never end or never began.
 *
 *   test-ledger-nonsense [RECORDS [SEED]]
 */
#include "ledger-rig.h"
#include "ledger/ledger-priv.h"
#include "ledger/wire.h"

#define PAGES	    24
#define OPEN	    6 /* calls under way at once */
#define CHECK_EVERY 64

static u64 state;

static u32 rnd(u32 n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(state >> 33) % n;
}

static u64 operand(void)
{
	switch (rnd(8)) {
	case 0:
		return FIRST_HKID - 2 + rnd(NR_HKIDS + 4);
	case 1:
		return rnd(16);
	case 2:
		return PAGE(rnd(PAGES)) | (u64)(FIRST_HKID + rnd(NR_HKIDS)) << HKID_SHIFT;
	case 3:
		return (u64)rnd(1U << 31) << 33 | rnd(1U << 31);
	default:
		return PAGE(rnd(PAGES));
	}
}

static u64 status(void)
{
	static const u64 some[] = {
		TDX_ST(HKID_NOT_FREE),
		TDX_ST(LIFECYCLE_STATE_INCORRECT),
		TDX_ST(WBCACHE_NOT_COMPLETE),
		TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT),
		TDX_ST(TD_ASSOCIATED_PAGES_EXIST),
		TDX_ST(KEY_CONFIGURED),
		TDX_SEAMCALL_GP,
		TDX_SEAMCALL_VMFAILINVALID,
		~0ULL,
	};

	return rnd(10) < 7 ? 0 : some[rnd(ARRAY_SIZE(some))];
}

static u64 leaf(void)
{
	/* SYS.CONFIG empties the tables: seldom. */
	u64 rax = rnd(TDX_LEAF_COUNT);

	if (rax == TDH_SYS_CONFIG && rnd(50))
		rax = TDH_MNG_CREATE;
	if (!rnd(5))
		rax = rnd(3) ? TDH_VP_CREATE : TDH_MNG_CREATE;
	if (!rnd(20))
		rax |= 1ULL << (16 + rnd(48));
	return rax;
}

static void check_lists(const struct ledger *l)
{
	u32 i, n, free_tds = 0, vcpus = 0, anon = 0;

	for (i = l->td_free; i != LEDGER_NONE && free_tds <= l->cfg.max_tds; i = l->td[i].vcpu_head)
		free_tds++;
	CHECK_EQ(free_tds + l->nr_tds, l->cfg.max_tds);
	for (n = 0; n < l->nr_tds; n++) {
		const struct ledger_td_slot *td = &l->td[l->td_order[n]];
		const struct ledger_hkid_slot *h = ledger_hkid_get(l, td->pub.hkid);

		CHECK(ledger_td_get(l, td->pub.tdr) == td);
		CHECK(!n || l->td[l->td_order[n - 1]].pub.seq < td->pub.seq);
		CHECK(!h || h->pub.tdr == td->pub.tdr);
		for (i = td->vcpu_head; i != LEDGER_NONE && vcpus <= l->cfg.max_vcpus;
		     i = l->vcpu[i].next, vcpus++) {
			CHECK(&l->td[l->vcpu[i].td] == td);
			CHECK_EQ(ledger_map_find(&l->vcpu_map, l->vcpu[i].tdvpr), i);
			CHECK(l->vcpu[i].next == LEDGER_NONE || l->vcpu[l->vcpu[i].next].prev == i);
		}
	}
	for (i = l->vcpu_free; i != LEDGER_NONE && vcpus <= l->cfg.max_vcpus; i = l->vcpu[i].next)
		vcpus++;
	CHECK_EQ(vcpus, l->cfg.max_vcpus);
	for (i = 0; i < l->cfg.nr_hkids; i++) {
		const struct ledger_hkid *h = &l->hkid[i].pub;
		const struct ledger_td_slot *td = ledger_td_get(l, h->tdr);

		CHECK(!h->tdr || (td && td->pub.hkid == h->id));
		CHECK(h->state != LEDGER_HKID_FREE || !h->tdr);
		CHECK((h->state == LEDGER_HKID_LEAKED) == !!h->fail_leaf);
		anon += h->state == LEDGER_HKID_ASSIGNED && !h->tdr;
	}
	CHECK_EQ(anon, l->anon_hkids);
}

static void check_flights(const struct ledger *l)
{
	u32 i, n = l->kot_serial.nr;

	CHECK_EQ(l->kot.in_flight, l->kot_serial.nr > 0);
	for (i = 0; i < l->cfg.nr_pkgs; i++) {
		CHECK_EQ(l->pkg[i].pub.in_flight, l->pkg[i].serial.nr > 0);
		n += l->pkg[i].serial.nr;
	}
	CHECK_EQ(n, l->nr_flights);
}

static void check_wire(const struct ledger *l)
{
	static const u32 id[PKGS] = { 0, 1 };
	struct wire_cpu cpus[CPUS] = { { 0 } };
	struct wire_host h = {
		.nr_cpus = CPUS,
		.cpus = cpus,
		.nr_pkgs = PKGS,
		.pkg_id = id,
	};
	size_t len = wire_size(l, &h);
	void *buf = malloc(len);

	if (!buf)
		abort();
	CHECK_EQ(wire_fill(l, &h, buf, len), len);
	free(buf);
}

static void one_record(struct rig *r, struct ledger_call *open, bool *is_open)
{
	struct ledger_td known = {
		.tdr = operand(),
		.state = rnd(LEDGER_TD_LEAKED),
		.hkid = (u32)operand(),
	};
	struct ledger_regs out = { .rcx = rnd(3) ? rnd(10) : operand(),
				   .rdx = operand(),
				   .r8 = rnd(4) };
	u32 i = rnd(OPEN);

	switch (rnd(200)) {
	case 0:
		ledger_missed(r->l, rnd(3));
		return;
	case 1:
		ledger_adopt_td(r->l, &known);
		return;
	case 2:
		r->now += LEDGER_STALE_NS / (1 + rnd(3));
		return;
	}
	if (!is_open[i] || !rnd(50)) { /* some are never ended */
		open[i] = rig_begin(r, rnd(CPUS + 1), leaf(), operand(), operand(), operand());
		is_open[i] = true;
		return;
	}
	if (!rnd(30)) { /* this one never began */
		open[i].rax = leaf();
		open[i].counted = rnd(2);
	}
	r->now += rnd(1000);
	ledger_end(r->l, &open[i], r->now, status(), rnd(4) ? &out : NULL);
	is_open[i] = false;
}

int main(int argc, char **argv)
{
	u64 records = argc > 1 ? strtoull(argv[1], NULL, 0) : 400000, n;
	struct ledger_call open[OPEN] = { { 0 } };
	bool is_open[OPEN] = { false };
	struct ledger_config cfg = rig_config;
	struct ledger_totals t;
	struct rig r;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	printf("test-ledger-nonsense: seed %" PRIu64 "\n", state);
	check_name = "nonsense";
	cfg.max_tds = 5;
	cfg.max_vcpus = 3;
	rig_open_cfg(&r, &cfg);
	for (n = 0; n < records && !check_failed; n++) {
		one_record(&r, open, is_open);
		if (n % CHECK_EVERY)
			continue;
		check_lists(r.l);
		check_flights(r.l);
		check_wire(r.l);
	}
	ledger_totals_get(r.l, &t);
	CHECK(t.violations > records / 100);
	CHECK(t.tds_dropped && t.vcpus_dropped && t.tds_created && t.missed);
	rig_close(&r);
	return check_done("test-ledger-nonsense");
}
