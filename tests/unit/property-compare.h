/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Six ledgers see the calls of the random host: from power-on, with and without shards;
 * with tables too small; twice from some moment in the middle on; and with calls missing.
 * All but the first two may say unknown, none may be wrong: check_all() compares them with
 * the module. The snapshots of the first two are the same.
 */
#ifndef TDXCTL_TESTS_PROPERTY_COMPARE_H
#define TDXCTL_TESTS_PROPERTY_COMPARE_H

#include <ledger/wire.h>

#include "property-host.h"

#define TRACE 40 /* calls printed when a check fails */

enum { FULL, SHARDED, SMALL, LATE, LATER, MISSING, LEDGERS };

static const char *const ledger_name[LEDGERS] = {
	"full", "with shards", "small tables", "late", "later", "missing calls",
};

static struct {
	struct ledger *l;
	void *mem;
	size_t bytes;
	u64 next_start; /* late ones start again now and then */
	u64 fed;
} led[LEDGERS];

static struct observed trace[TRACE];
static u64 traced;
static u64 clock_ns = 1000;
static bool failed;

/* What was reached, so that a generator that reaches nothing is noticed. */
static struct {
	u64 nested, ok, in_shard, folds, created, ended, runnable, leaked, removed, hkid_learnt;
	u64 claims, unknown;
	u64 leaf_ok[TDX_LEAF_COUNT];
} seen;

static void dump(void)
{
	u64 i;

	for (i = traced > TRACE ? traced - TRACE : 0; i < traced; i++) {
		const struct observed *o = &trace[i % TRACE];

		fprintf(stderr,
			"  lp %" PRIu32 " leaf 0x%" PRIx64 " rcx 0x%" PRIx64 " rdx 0x%" PRIx64
			" r8 0x%" PRIx64 " -> 0x%" PRIx64 "\n",
			o->lp, o->in.rax, o->in.rcx, o->in.rdx, o->in.r8, o->out.rax);
	}
}

static void claim(u32 which, const char *what, u64 name, u64 got, u64 want)
{
	seen.claims++;
	if (got == want || failed)
		return;
	failed = true;
	fprintf(stderr,
		"ledger \"%s\": %s of 0x%" PRIx64 ": says 0x%" PRIx64 ", is 0x%" PRIx64
		"; call %" PRIu64 " of seed %" PRIu64 "; last calls:\n",
		ledger_name[which], what, name, got, want, w.calls, w.seed);
	dump();
}

static bool exact(u32 which)
{
	return which == FULL || which == SHARDED;
}

/* All but the full ledgers may not know. */
static void claim_or_unknown(u32 which, const char *what, u64 name, u64 got, u64 unknown, u64 want)
{
	if (got == unknown && !exact(which))
		seen.unknown++;
	else
		claim(which, what, name, got, want);
}

/* ---- feeding ---- */

static struct ledger_call in_flight[LEDGERS][MAX_DEPTH + 1];
static bool begun[LEDGERS][MAX_DEPTH + 1];

static void open_ledger(u32 i, bool from_start)
{
	static u16 pkg[LPS];
	struct ledger_config cfg = {
		.global_hkid = GLOBAL_HKID,
		.first_hkid = FIRST_HKID,
		.nr_hkids = NR_HKIDS,
		.hkid_shift = HKID_SHIFT,
		.nr_cpus = LPS,
		.nr_pkgs = PKGS,
		.cpu_pkg = pkg,
		.max_tds = i == SMALL ? MAX_TDS / 4 : MAX_TDS,
		.max_vcpus = i == SMALL ? 6 : MAX_TDS * MAX_VPS,
		.from_start = from_start,
		.shards = i == SHARDED || i == MISSING,
	};
	u32 lp;

	for (lp = 0; lp < LPS; lp++)
		pkg[lp] = lp_pkg[lp];
	free(led[i].mem);
	led[i].bytes = ledger_size(&cfg);
	led[i].mem = malloc(led[i].bytes);
	if (!led[i].mem)
		abort();
	memset(led[i].mem, 0x5a, led[i].bytes);
	led[i].l = ledger_init(led[i].mem, &cfg);
	led[i].fed = 0;
}

static void feed_begin(const struct observed *o)
{
	u32 i;

	if (w.depth)
		seen.nested++;
	for (i = 0; i < LEDGERS; i++) {
		struct ledger_call *c = &in_flight[i][w.depth];

		begun[i][w.depth] = led[i].l && !(i == MISSING && noise(400) == 0);
		*c = (struct ledger_call){
			.start_ns = clock_ns,
			.rax = o->in.rax,
			.in = { .rcx = o->in.rcx, .rdx = o->in.rdx, .r8 = o->in.r8, .r9 = o->in.r9 },
			.cpu = o->lp,
			.max_vcpus = o->max_vcpus,
			.owner = { .tgid = (s32)(o->in.rcx >> CORE_PAGE_SHIFT), .tid = 1, .fd = 3 },
		};
		if (begun[i][w.depth] && !ledger_page_begin(led[i].l, c))
			ledger_begin(led[i].l, c);
	}
	clock_ns += 50;
}

/* The kernel's __seamcall brings no registers back. */
static bool has_outputs(u32 leaf)
{
	switch (leaf) {
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_AUG:
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MR_EXTEND:
	case TDH_MEM_PAGE_REMOVE:
	case TDH_PHYMEM_PAGE_RECLAIM:
	case TDH_PHYMEM_PAGE_RDMD:
	case TDH_SYS_RD:
	case TDH_MNG_RD:
	case TDH_VP_RD:
	case TDH_VP_WR:
	case TDH_VP_ENTER:
		return true;
	default:
		return false;
	}
}

static void count_seen(const struct observed *o)
{
	u32 leaf = o->in.rax & TDX_LEAF_MASK;

	if (o->out.rax || leaf >= TDX_LEAF_COUNT)
		return;
	seen.ok++;
	seen.leaf_ok[leaf]++;
	if (leaf == TDH_PHYMEM_PAGE_RECLAIM && o->out.rcx == TDX_PT_TDR)
		seen.ended++;
}

/* As a reader does; some removals may be seen before their additions. */
static void fold_all(struct ledger *l)
{
	u32 i;

	for (i = 0; i < LPS; i++)
		ledger_fold(l, i);
	CHECK(!ledger_owes(l));
}

static void end_call(struct ledger *l, struct ledger_call *c, u64 status,
		     const struct ledger_regs *out)
{
	if (ledger_page_end(l, c, clock_ns, status, out)) {
		seen.in_shard++;
		return;
	}
	if (ledger_needs_fold(c->rax, out))
		fold_all(l);
	ledger_end(l, c, clock_ns, status, out);
	ledger_admit(l, c, status, out);
	if (l == led[SHARDED].l && noise(40) == 0) {
		ledger_fold(l, noise(LPS));
		seen.folds++;
	}
}

static void feed_end(const struct observed *o)
{
	const struct ledger_regs out = {
		o->out.rcx, o->out.rdx, o->out.r8, o->out.r9, o->out.r10, o->out.r11,
	};
	u32 i;

	trace[traced++ % TRACE] = *o;
	count_seen(o);
	clock_ns += noise(3000);
	for (i = 0; i < LEDGERS; i++) {
		if (!led[i].l)
			continue;
		led[i].fed++;
		if (begun[i][w.depth])
			end_call(led[i].l, &in_flight[i][w.depth], o->out.rax,
				 has_outputs(o->in.rax & TDX_LEAF_MASK) ? &out : NULL);
		else
			ledger_missed(led[i].l, 1);
	}
}

/* The call under way is the one the ledger shows as in flight. */
static void feed_pause(u32 lp, u32 leaf)
{
	const struct ledger_call *c = &in_flight[FULL][w.depth];
	const struct ledger_pkg *p = ledger_pkg_at(led[FULL].l, lp_pkg[lp]);
	const struct ledger_kot *k = ledger_kot_get(led[FULL].l);

	if (leaf == TDH_MNG_KEY_CONFIG) {
		claim(FULL, "KEY.CONFIG in flight", lp, p->in_flight, true);
		claim(FULL, "TD being keyed", lp, p->in_flight_tdr, c->in.rcx);
		claim(FULL, "owner of the TD being keyed", lp, p->in_flight_owner.tgid,
		      c->in.rcx >> CORE_PAGE_SHIFT);
	} else if (leaf == TDH_MNG_CREATE || leaf == TDH_MNG_KEY_FREEID ||
		   leaf == TDH_MNG_VPFLUSHDONE || leaf == TDH_PHYMEM_CACHE_WB) {
		claim(FULL, "KOT leaf in flight", leaf, k->in_flight, true);
	}
}

/* ---- the truth ---- */

static struct truth {
	struct seam_td_info info;
	u64 priv, sept, control, vprs;
	const struct host_td *td;
} truth[MAX_TDS];
static u32 nr_truth;

static int count_page(void *arg, u64 pa, const struct seam_page_info *p)
{
	u32 i;

	for (i = 0; i < nr_truth && truth[i].info.tdr != p->owner; i++)
		;
	if (p->type == TDX_PT_TDR)
		return 0;
	if (!CHECK(i < nr_truth))
		return 1;
	switch (p->type) {
	case TDX_PT_REG:
		truth[i].priv += 1ULL << (9 * p->size);
		break;
	case TDX_PT_EPT:
		truth[i].sept++;
		break;
	case TDX_PT_TDVPR:
		truth[i].vprs++;
		/* fall through */
	case TDX_PT_TDCX:
		truth[i].control++;
		break;
	default:
		CHECK(!"page type");
	}
	return 0;
}

static int find_tdr(void *arg, u64 pa, const struct seam_page_info *p)
{
	if (p->type != TDX_PT_TDR)
		return 0;
	if (!CHECK(nr_truth < MAX_TDS))
		return 1;
	truth[nr_truth] = (struct truth){ .control = 1, .td = td_find(pa) };
	CHECK(truth[nr_truth].td);
	CHECK_EQ(seam_get_td(w.seam, pa, &truth[nr_truth].info), 0);
	nr_truth++;
	return 0;
}

static void take_truth(void)
{
	u32 i;

	nr_truth = 0;
	if (seam_get_sys_state(w.seam) != SEAM_SYS_READY)
		return;
	seam_for_each_page(w.seam, TDMR_BASE, SMALL_END, find_tdr, NULL);
	seam_for_each_page(w.seam, TDMR_BASE, SMALL_END, count_page, NULL);
	seam_for_each_page(w.seam, LARGE_BASE, LARGE_END, count_page, NULL);
	/* The module's own sum agrees, or seam is wrong. */
	for (i = 0; i < nr_truth; i++)
		CHECK_EQ(truth[i].info.chldcnt,
			 truth[i].priv + truth[i].sept + truth[i].control - 1);
}

static const struct truth *truth_of(u64 tdr)
{
	u32 i;

	for (i = 0; i < nr_truth; i++)
		if (truth[i].info.tdr == tdr)
			return &truth[i];
	return NULL;
}

static u32 true_state(const struct seam_td_info *t)
{
	switch (t->lifecycle) {
	case TDX_LC_HKID_ASSIGNED:
		return LEDGER_TD_ASSIGNED;
	case TDX_LC_KEYS_CONFIGURED:
		return t->op_state == TDX_OP_RUNNABLE	 ? LEDGER_TD_RUNNABLE :
		       t->op_state == TDX_OP_INITIALIZED ? LEDGER_TD_INITIALIZED :
							   LEDGER_TD_KEYS_CONFIGURED;
	case TDX_LC_BLOCKED:
		return LEDGER_TD_BLOCKED;
	default:
		return LEDGER_TD_TEARDOWN;
	}
}

/* ---- comparing ---- */

static void check_td(u32 which, const struct ledger_td *l, const struct truth *t)
{
	bool holds = t->info.lifecycle != TDX_LC_TEARDOWN;
	bool guess = !exact(which);

	if (exact(which))
		claim(which, "leak", l->tdr, l->state == LEDGER_TD_LEAKED, t->td->failed_release);
	if (l->state == LEDGER_TD_LEAKED) {
		seen.leaked++;
		/* Not every ledger knows whose a TDVPR is. */
		claim(which, "leak", l->tdr, t->td->failed_named && holds, true);
	} else {
		claim_or_unknown(which, "state", l->tdr, l->state, LEDGER_TD_UNKNOWN,
				 true_state(&t->info));
	}
	claim_or_unknown(which, "HKID", l->tdr, l->hkid, LEDGER_UNKNOWN32,
			 holds ? t->info.hkid : 0);
	if (holds)
		claim_or_unknown(which, "keyed packages", l->tdr, l->keyed_pkgs, LEDGER_UNKNOWN32,
				 t->info.pkg_config_bitmap);
	claim_or_unknown(which, "private pages", l->tdr, l->private_pages, LEDGER_UNKNOWN, t->priv);
	claim_or_unknown(which, "control pages", l->tdr, l->control_pages, LEDGER_UNKNOWN,
			 t->control);
	if (l->sept_pages != LEDGER_UNKNOWN || !t->td->allow_existing)
		claim_or_unknown(which, "S-EPT pages", l->tdr, l->sept_pages, LEDGER_UNKNOWN,
				 t->sept);
	if (holds && t->info.op_state >= TDX_OP_INITIALIZED) {
		claim_or_unknown(which, "vCPUs", l->tdr, l->vcpus, LEDGER_UNKNOWN32,
				 t->info.num_vcpus - t->td->lost_vps);
		claim_or_unknown(which, "vCPU limit", l->tdr, l->max_vcpus, LEDGER_UNKNOWN32,
				 t->info.max_vcpus);
	}
	if (l->seen_create)
		claim(which, "owner", l->tdr, l->owner.tgid, l->tdr >> CORE_PAGE_SHIFT);
	claim(which, "seen_create", l->tdr, l->seen_create || guess, true);
}

static void check_hkid(u32 which, const struct ledger_hkid *h)
{
	const struct truth *t = truth_of(seam_get_hkid_owner(w.seam, h->id));
	struct seam_kot_info kot;

	CHECK_EQ(seam_get_kot(w.seam, h->id, &kot), 0);
	switch (h->state) {
	case LEDGER_HKID_UNKNOWN:
		claim(which, "HKID knowledge", h->id, !exact(which), true);
		seen.unknown++;
		return;
	case LEDGER_HKID_FREE:
		claim(which, "free HKID", h->id, kot.state, TDX_KOT_FREE);
		return;
	case LEDGER_HKID_LEAKED:
		claim(which, "leaked HKID", h->id, kot.state != TDX_KOT_FREE, true);
		break;
	case LEDGER_HKID_FLUSHING:
		claim(which, "flushing HKID", h->id, kot.state, TDX_KOT_FLUSHED);
		break;
	case LEDGER_HKID_CONFIGURED:
		claim(which, "configured HKID", h->id,
		      kot.state == TDX_KOT_ASSIGNED && t &&
			      t->info.lifecycle == TDX_LC_KEYS_CONFIGURED,
		      true);
		break;
	case LEDGER_HKID_ASSIGNED:
		/* In use, no more is known. */
		if (!h->tdr || h->keyed_pkgs == LEDGER_UNKNOWN32) {
			claim(which, "in use without details", h->id, !exact(which), true);
			claim(which, "HKID in use", h->id, kot.state != TDX_KOT_FREE, true);
			if (!h->tdr)
				return;
			break;
		}
		claim(which, "assigned HKID", h->id,
		      kot.state == TDX_KOT_ASSIGNED && t &&
			      t->info.lifecycle == TDX_LC_HKID_ASSIGNED,
		      true);
		break;
	}
	claim(which, "owner of HKID", h->id, h->tdr, seam_get_hkid_owner(w.seam, h->id));
	if (which == LATE && t && !ledger_td_find(led[which].l, h->tdr)->seen_create)
		seen.hkid_learnt++;
}

/* Page counts survive even missing calls: they are known again or not at all. */
static void check_missing(const struct ledger_td *l)
{
	const struct truth *t = truth_of(l->tdr);

	if (!t || l->state != true_state(&t->info))
		return;
	claim_or_unknown(MISSING, "private pages", l->tdr, l->private_pages, LEDGER_UNKNOWN,
			 t->priv);
	claim_or_unknown(MISSING, "control pages", l->tdr, l->control_pages, LEDGER_UNKNOWN,
			 t->control);
	claim_or_unknown(MISSING, "S-EPT pages", l->tdr, l->sept_pages, LEDGER_UNKNOWN, t->sept);
}

static void check_ledger(u32 which)
{
	const struct ledger *l = led[which].l;
	bool ready = seam_get_sys_state(w.seam) == SEAM_SYS_READY;
	struct ledger_totals totals;
	const struct ledger_td *td;
	u64 calls = 0;
	u32 i, leaves;

	fold_all(led[which].l);
	leaves = ledger_leaf_count(l);
	ledger_totals_get(l, &totals);
	claim(which, "calls and misses", 0, totals.calls + totals.missed, led[which].fed);
	for (i = 0; i < leaves; i++)
		calls += ledger_leaf_at(l, i)->calls;
	claim(which, "calls of all leaves", 0, calls, totals.calls);
	claim(which, "KOT in flight", 0, ledger_kot_get(l)->in_flight, false);
	for (i = 0; i < PKGS; i++)
		claim(which, "key in flight", i, ledger_pkg_at(l, i)->in_flight, false);
	for (i = 0; i < LPS; i++)
		claim_or_unknown(which, "LP.INIT", i, ledger_cpu_at(l, i)->lp_init,
				 LEDGER_UNKNOWN32, seam_get_lp_init(w.seam, i));
	if (which == MISSING) {
		for (i = 0; (td = ledger_td_at(l, i)); i++)
			check_missing(td);
		return;
	}

	claim(which, "violations", 0, totals.violations, 0);
	for (i = 0; i < PKGS; i++)
		if (exact(which) || ledger_pkg_at(l, i)->global_key)
			claim(which, "global key", i, ledger_pkg_at(l, i)->global_key,
			      ready || w.pkgs_keyed >> i & 1);
	for (i = 0; (td = ledger_td_at(l, i)); i++) {
		const struct truth *t = truth_of(td->tdr);

		claim(which, "TD", td->tdr, !!t, true);
		if (t)
			check_td(which, td, t);
		claim(which, "TD by address", td->tdr, ledger_td_find(l, td->tdr) == td, true);
	}
	if (exact(which)) {
		claim(which, "TDs", 0, i, nr_truth);
		claim(which, "TDs without room", 0, totals.tds_dropped + totals.vcpus_dropped, 0);
	}
	for (i = 0; i < NR_HKIDS; i++)
		check_hkid(which, ledger_hkid_at(l, i));
}

static void *snapshot_of(u32 which, size_t *len)
{
	static struct wire_cpu cpus[LPS];
	static const u32 pkg_id[PKGS];
	struct wire_host host = {
		.nr_cpus = LPS,
		.cpus = cpus,
		.nr_pkgs = PKGS,
		.pkg_id = pkg_id,
	};
	void *buf;
	u32 i;

	for (i = 0; i < LPS; i++)
		cpus[i].cpu = i;
	*len = wire_size(led[which].l, &host);
	buf = malloc(*len);
	if (!buf)
		abort();
	CHECK_EQ(wire_fill(led[which].l, &host, buf, *len), (s64)*len);
	return buf;
}

/* Shards change when something is recorded, not what. */
static void check_same(void)
{
	size_t len, len_sharded;
	void *full = snapshot_of(FULL, &len), *sharded = snapshot_of(SHARDED, &len_sharded);

	claim(SHARDED, "snapshot", 0, len_sharded, len);
	claim(SHARDED, "snapshot", 0, len == len_sharded && !memcmp(full, sharded, len), true);
	free(full);
	free(sharded);
}

static void check_all(void)
{
	u32 i;

	take_truth();
	for (i = 0; i < LEDGERS && !failed; i++)
		if (led[i].l)
			check_ledger(i);
	check_same();
	for (i = 0; i < nr_truth; i++)
		seen.runnable += true_state(&truth[i].info) == LEDGER_TD_RUNNABLE;
}

static bool all_gone(void)
{
	u32 i;

	for (i = 0; i < MAX_TDS; i++)
		if (w.td[i].tdr)
			return false;
	return true;
}

/* Whatever happened, all pages and HKIDs can be freed. */
static void drain(void)
{
	struct seam_kot_info kot;
	u64 guard;
	u32 i;

	seam_fault_clear(w.seam);
	w.draining = true;
	for (guard = w.calls + 200000; !all_gone() && w.calls < guard && !failed;)
		step();
	CHECK(all_gone());
	check_all();
	CHECK_EQ(nr_truth, 0);
	for (i = 0; i < NR_HKIDS; i++) {
		CHECK_EQ(seam_get_kot(w.seam, FIRST_HKID + i, &kot), 0);
		CHECK_EQ(kot.state, TDX_KOT_FREE);
		CHECK_EQ(ledger_hkid_at(led[FULL].l, i)->state, LEDGER_HKID_FREE);
	}
	CHECK_EQ(ledger_td_count(led[FULL].l), 0);
}

#endif
