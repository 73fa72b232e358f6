// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * ledger: statistics that need no TD states: for each leaf, and for the two
 * serialisations (KOT leaves; KEY.CONFIG on each package).
 */
#include "ledger-priv.h"

/* Bits 31:24 and 63:32 are reserved; bit 63 addresses the P-SEAMLDR (1.1). */
u32 ledger_leaf_of(u64 rax)
{
	return rax >> 24 ? LEDGER_NONE : (u32)(rax & TDX_LEAF_MASK);
}

/* Class 2 is contention, except for RND_NO_ENTROPY. */
bool ledger_is_busy(u64 status)
{
	return (status >> 63) && ((status >> 40) & 0xff) == 2 &&
	       TDX_STATUS_OF(status) != TDX_ST(RND_NO_ENTROPY);
}

static bool is_entropy(u64 status)
{
	return TDX_STATUS_OF(status) == TDX_ST(RND_NO_ENTROPY) ||
	       TDX_STATUS_OF(status) == TDX_ST(KEY_GENERATION_FAILED);
}

static void count_error(struct ledger_leaf *s, u64 status)
{
	/* Statuses set by the kernel differ in the low half. */
	u64 key = TDX_IS_SW_ERROR(status) ? status : TDX_STATUS_OF(status);
	u32 i;

	for (i = 0; i < LEDGER_LEAF_ERRORS; i++) {
		if (!s->error[i].count)
			s->error[i].status = key;
		if (s->error[i].status == key) {
			s->error[i].count++;
			return;
		}
	}
	s->other_errors++;
}

void ledger_stat_add(struct ledger_leaf *s, u64 ns)
{
	u32 bucket = 63 - (u32)__builtin_clzll(ns | 1);

	s->calls++;
	s->total_ns += ns;
	if (ns > s->max_ns)
		s->max_ns = ns;
	s->hist[bucket < LEDGER_HIST_BUCKETS ? bucket : LEDGER_HIST_BUCKETS - 1]++;
}

void ledger_stat_move(struct ledger_leaf *to, struct ledger_leaf *from)
{
	u32 i;

	to->calls += from->calls;
	to->total_ns += from->total_ns;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	for (i = 0; i < LEDGER_HIST_BUCKETS; i++)
		to->hist[i] += from->hist[i];
	memset(from, 0, sizeof(*from));
}

/*
 * As in Linux, any status other than success is an error, including informational
 * ones. The low half of a VP.ENTER status is the exit reason.
 */
void ledger_leaf_add(struct ledger_leaf *s, u32 leaf, u64 status, u64 ns)
{
	ledger_stat_add(s, ns);
	if (leaf == TDH_VP_ENTER ? !TDX_STATUS_OF(status) : !status)
		return;
	s->errors++;
	if (ledger_is_busy(status))
		s->busy++;
	count_error(s, status);
}

static bool is_kot_leaf(u32 leaf)
{
	return leaf == TDH_MNG_CREATE || leaf == TDH_MNG_VPFLUSHDONE ||
	       leaf == TDH_MNG_KEY_FREEID || leaf == TDH_PHYMEM_CACHE_WB;
}

static struct ledger_pkg_slot *pkg_of(struct ledger *l, u32 cpu)
{
	if (cpu >= l->cfg.nr_cpus || l->cpu[cpu].pub.pkg >= l->cfg.nr_pkgs)
		return NULL;
	return &l->pkg[l->cpu[cpu].pub.pkg];
}

static struct ledger_serial *serial_of(struct ledger *l, u32 leaf, struct ledger_pkg_slot *pkg)
{
	if (leaf == TDH_MNG_KEY_CONFIG)
		return pkg ? &pkg->serial : NULL;
	return is_kot_leaf(leaf) ? &l->kot_serial : NULL;
}

static void publish_pkg(struct ledger_pkg_slot *p)
{
	const struct ledger_serial *s = &p->serial;

	p->pub.in_flight = s->nr > 0;
	p->pub.in_flight_since_ns = s->nr ? s->flight[0].start_ns : 0;
	p->pub.in_flight_tdr = s->nr ? s->flight[0].tdr : 0;
	p->pub.in_flight_owner = s->nr ? s->flight[0].owner : (struct ledger_owner){ .fd = -1 };
	p->pub.acquisitions = s->acquisitions;
	p->pub.contended = s->contended;
	p->pub.busy_retries = s->busy_retries;
	p->pub.entropy_retries = s->entropy_retries;
	p->pub.longest_ns = s->longest_ns;
}

static void publish_kot(struct ledger *l)
{
	const struct ledger_serial *s = &l->kot_serial;

	l->kot.in_flight = s->nr > 0;
	l->kot.in_flight_since_ns = s->nr ? s->flight[0].start_ns : 0;
	l->kot.in_flight_tdr = s->nr ? s->flight[0].tdr : 0;
	l->kot.in_flight_leaf = s->nr ? s->flight[0].leaf : 0;
	l->kot.in_flight_owner = s->nr ? s->flight[0].owner : (struct ledger_owner){ .fd = -1 };
	l->kot.acquisitions = s->acquisitions;
	l->kot.contended = s->contended;
	l->kot.busy_retries = s->busy_retries;
	l->kot.entropy_retries = s->entropy_retries;
	l->kot.longest_ns = s->longest_ns;
}

static void drop_flight(struct ledger *l, struct ledger_serial *s, u32 i)
{
	s->nr--;
	l->nr_flights--;
	memmove(&s->flight[i], &s->flight[i + 1], (s->nr - i) * sizeof(s->flight[0]));
}

void ledger_serial_begin(struct ledger *l, struct ledger_call *call, u32 leaf)
{
	struct ledger_pkg_slot *pkg = pkg_of(l, call->cpu);
	struct ledger_serial *s = serial_of(l, leaf, pkg);
	const struct ledger_td_slot *td;
	struct ledger_flight *f;
	u32 i;

	if (!s)
		return;
	/* A call whose end was missed must not exclude newer calls. */
	if (s->nr == LEDGER_FLIGHTS)
		drop_flight(l, s, 0);

	f = &s->flight[s->nr];
	*f = (struct ledger_flight){
		.seq = call->seq,
		.start_ns = call->start_ns,
		.tdr = leaf == TDH_PHYMEM_CACHE_WB ? l->flushing_tdr : call->in.rcx,
		.cpu = call->cpu,
		.leaf = leaf,
		.owner.fd = -1,
	};
	/* CACHE.WB runs on all packages at once under one tdx_lock. */
	for (i = 0; i < s->nr; i++)
		if (leaf != TDH_PHYMEM_CACHE_WB || s->flight[i].leaf != leaf)
			f->contended = true;

	td = ledger_td_get(l, f->tdr);
	if (leaf == TDH_MNG_CREATE)
		f->owner = call->owner;
	else if (td)
		f->owner = td->pub.owner;

	if (!l->nr_flights++)
		l->prune_ns = call->start_ns + LEDGER_STALE_NS;
	s->nr++;
	s->acquisitions++;
	s->contended += f->contended;
	call->counted = true;
	if (leaf == TDH_MNG_KEY_CONFIG)
		publish_pkg(pkg);
	else
		publish_kot(l);
}

void ledger_serial_end(struct ledger *l, const struct ledger_call *call, u32 leaf, u64 status,
		       u64 ns)
{
	struct ledger_pkg_slot *pkg = pkg_of(l, call->cpu);
	struct ledger_serial *s = serial_of(l, leaf, pkg);
	u32 i, op = (u32)status;

	if (!s)
		return;
	for (i = 0; i < s->nr; i++)
		if (s->flight[i].seq == call->seq && s->flight[i].cpu == call->cpu)
			break;

	if (TDX_STATUS_OF(status) == TDX_ST(OPERAND_BUSY)) {
		s->busy_retries++;
		/* With other operands a TDR or page lock was busy, not this one. */
		if ((op == TDX_OP_KOT || op == TDX_OP_KET || op == TDX_OP_WBCACHE) && i < s->nr &&
		    !s->flight[i].contended)
			s->contended++;
	} else if (is_entropy(status)) {
		s->entropy_retries++;
	}
	if (ns > s->longest_ns)
		s->longest_ns = ns;
	if (i < s->nr)
		drop_flight(l, s, i);
	if (leaf == TDH_MNG_KEY_CONFIG)
		publish_pkg(pkg);
	else
		publish_kot(l);
}

static void prune_serial(struct ledger *l, struct ledger_serial *s, u64 now)
{
	while (s->nr && now > s->flight[0].start_ns &&
	       now - s->flight[0].start_ns >= LEDGER_STALE_NS)
		drop_flight(l, s, 0);
	if (s->nr && s->flight[0].start_ns + LEDGER_STALE_NS < l->prune_ns)
		l->prune_ns = s->flight[0].start_ns + LEDGER_STALE_NS;
}

/* Drops calls whose end was missed; cheap unless one is that old. */
void ledger_prune(struct ledger *l, u64 now)
{
	u32 i;

	if (!l->nr_flights || now < l->prune_ns)
		return;
	l->prune_ns = LEDGER_UNKNOWN;
	prune_serial(l, &l->kot_serial, now);
	publish_kot(l);
	for (i = 0; i < l->cfg.nr_pkgs; i++) {
		prune_serial(l, &l->pkg[i].serial, now);
		publish_pkg(&l->pkg[i]);
	}
}
