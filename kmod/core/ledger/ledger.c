// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* ledger: memory, the entry points of the stream, and adopted TDs. */
#include "ledger-priv.h"

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Shards begin at a cache line, whatever memory the caller has. */
static size_t shards_size(const struct ledger_config *cfg)
{
	return cfg->shards ? cfg->nr_cpus * sizeof(struct ledger_shard) + LEDGER_LINE : 0;
}

/* Returns the next @size bytes of the memory at @l. */
static void *carve(struct ledger *l, size_t *used, size_t size)
{
	void *at = (u8 *)l + *used;

	*used += align8(size);
	return at;
}

/* Returns the total size; sets the tables of @l unless it is NULL. */
static size_t lay_out(struct ledger *l, const struct ledger_config *cfg)
{
	u32 td_cap = ledger_map_capacity(cfg->max_tds);
	u32 vcpu_cap = ledger_map_capacity(cfg->max_vcpus);
	size_t used = align8(sizeof(*l));

	if (!l)
		return used + shards_size(cfg) + align8((LEDGER_LEAVES + 1) * sizeof(*l->leaf)) +
		       align8(cfg->nr_cpus * sizeof(*l->cpu)) +
		       align8(cfg->nr_pkgs * sizeof(*l->pkg)) +
		       align8(cfg->nr_hkids * sizeof(*l->hkid)) +
		       align8(cfg->max_tds * sizeof(*l->td)) +
		       align8(cfg->max_tds * sizeof(*l->td_order)) +
		       align8(cfg->max_vcpus * sizeof(*l->vcpu)) +
		       align8(td_cap * sizeof(*l->td_map.slot)) +
		       align8(vcpu_cap * sizeof(*l->vcpu_map.slot));

	l->leaf = carve(l, &used, (LEDGER_LEAVES + 1) * sizeof(*l->leaf));
	l->cpu = carve(l, &used, cfg->nr_cpus * sizeof(*l->cpu));
	l->pkg = carve(l, &used, cfg->nr_pkgs * sizeof(*l->pkg));
	l->hkid = carve(l, &used, cfg->nr_hkids * sizeof(*l->hkid));
	l->td = carve(l, &used, cfg->max_tds * sizeof(*l->td));
	l->td_order = carve(l, &used, cfg->max_tds * sizeof(*l->td_order));
	l->vcpu = carve(l, &used, cfg->max_vcpus * sizeof(*l->vcpu));
	l->td_map.slot = carve(l, &used, td_cap * sizeof(*l->td_map.slot));
	l->td_map.mask = td_cap - 1;
	l->vcpu_map.slot = carve(l, &used, vcpu_cap * sizeof(*l->vcpu_map.slot));
	l->vcpu_map.mask = vcpu_cap - 1;
	if (cfg->shards) {
		void *at = carve(l, &used, shards_size(cfg));

		l->shard = at + (0 - (uintptr_t)at) % LEDGER_LINE;
	}
	return used;
}

size_t ledger_size(const struct ledger_config *cfg)
{
	return lay_out(NULL, cfg);
}

struct ledger *ledger_init(void *mem, const struct ledger_config *cfg)
{
	struct ledger *l = mem;
	u32 i;

	memset(mem, 0, ledger_size(cfg));
	lay_out(l, cfg);
	l->cfg = *cfg;
	l->cfg.cpu_pkg = NULL;
	l->complete = cfg->from_start;
	l->all_pkgs = cfg->nr_pkgs < 32 ? (1U << cfg->nr_pkgs) - 1 : LEDGER_UNKNOWN32;

	for (i = 0; i < cfg->nr_cpus; i++)
		l->cpu[i].pub = (struct ledger_cpu){
			.cpu = i,
			.pkg = cfg->cpu_pkg[i],
			.lp_init = cfg->from_start ? 0 : LEDGER_UNKNOWN32,
			.lp_init_status = LEDGER_UNKNOWN,
		};
	for (i = 0; i < cfg->nr_pkgs; i++)
		l->pkg[i].pub = (struct ledger_pkg){
			.id = i,
			.in_flight_owner.fd = -1,
		};
	l->kot.in_flight_owner.fd = -1;
	for (i = 0; i < cfg->nr_hkids; i++)
		l->hkid[i].pub = (struct ledger_hkid){
			.id = cfg->first_hkid + i,
			.state = cfg->from_start ? LEDGER_HKID_FREE : LEDGER_HKID_UNKNOWN,
			.owner.fd = -1,
		};
	for (i = 0; i < cfg->max_tds; i++)
		l->td[i].vcpu_head = i + 1 < cfg->max_tds ? i + 1 : LEDGER_NONE;
	l->td_free = cfg->max_tds ? 0 : LEDGER_NONE;
	for (i = 0; i < cfg->max_vcpus; i++)
		l->vcpu[i].next = i + 1 < cfg->max_vcpus ? i + 1 : LEDGER_NONE;
	l->vcpu_free = cfg->max_vcpus ? 0 : LEDGER_NONE;
	for (i = 0; i < LEDGER_LEAVES; i++)
		l->leaf[i].leaf = i;
	l->leaf[LEDGER_LEAVES].leaf = LEDGER_UNKNOWN32;
	return l;
}

/* ---- the stream ---- */

void ledger_begin(struct ledger *l, struct ledger_call *call)
{
	u32 leaf = ledger_leaf_of(call->rax);

	core_store64(&l->seq, l->seq + 1);
	call->seq = l->seq;
	call->counted = false;
	if (leaf != LEDGER_NONE)
		ledger_serial_begin(l, call, leaf);
}

void ledger_end(struct ledger *l, struct ledger_call *call, u64 end_ns, u64 status,
		const struct ledger_regs *out)
{
	u64 ns = end_ns > call->start_ns ? end_ns - call->start_ns : 0;
	struct ledger_event ev = {
		.call = call,
		.out = out,
		.status = status,
		.now = end_ns,
		.leaf = ledger_leaf_of(call->rax),
	};

	l->totals.calls++;
	if (call->cpu < l->cfg.nr_cpus) {
		l->cpu[call->cpu].pub.calls++;
		l->cpu[call->cpu].pub.last_ns = end_ns;
	}
	ledger_leaf_add(&l->leaf[ev.leaf < LEDGER_LEAVES ? ev.leaf : LEDGER_LEAVES], ev.leaf,
			status, ns);
	if (call->counted) {
		ledger_serial_end(l, call, ev.leaf, status, ns);
		call->counted = false;
	}
	ledger_prune(l, end_ns);

	/* The low half of a VP.ENTER status is the exit reason. */
	ev.ok = ev.leaf == TDH_VP_ENTER ? !TDX_STATUS_OF(status) : !status;
	if (ev.leaf != LEDGER_NONE)
		ledger_observe(l, &ev);
}

void ledger_missed(struct ledger *l, u64 count)
{
	u32 i;

	if (!count)
		return;
	l->totals.missed += count;
	for (i = 0; i < l->nr_tds; i++)
		ledger_td_lose_counts(l, &l->td[l->td_order[i]]);
	/* An initialised LP stays initialised; others may have been initialised. */
	for (i = 0; i < l->cfg.nr_cpus; i++)
		if (!l->cpu[i].pub.lp_init)
			l->cpu[i].pub.lp_init = LEDGER_UNKNOWN32;
	ledger_hkid_forget_anon(l);
}

/* ---- TDs that are older than the ledger ---- */

static void fill_hkid(struct ledger *l, struct ledger_td_slot *td, u32 id)
{
	const struct ledger_hkid_slot *h = ledger_hkid_get(l, id);

	if (td->pub.hkid != LEDGER_UNKNOWN32 || id == LEDGER_UNKNOWN32)
		return;
	if (!id) {
		td->pub.hkid = 0;
		ledger_td_state(l, td, LEDGER_TD_TEARDOWN, 0);
	} else if (h && !h->pub.tdr) {
		ledger_hkid_bind(l, td, id, 0);
	}
}

int ledger_adopt_td(struct ledger *l, const struct ledger_td *known)
{
	struct ledger_td_slot *td = ledger_td_get(l, known->tdr);
	bool exists = td;
	u32 hkid = known->state == LEDGER_TD_TEARDOWN ? 0 : known->hkid;

	if (!known->tdr || known->tdr & ~CORE_PAGE_MASK)
		return -EINVAL;
	if (!td) {
		td = ledger_td_new(l, known->tdr);
		if (!td) {
			l->totals.tds_dropped++;
			return -ENOSPC;
		}
		td->pub.vcpus = known->vcpus;
		td->pub.private_pages = known->private_pages;
		td->pub.sept_pages = known->sept_pages;
		td->pub.control_pages = known->control_pages;
		td->pub.keyed_pkgs = known->keyed_pkgs;
		td->pub.was_runnable = known->was_runnable;
		td->pub.last_hkid = known->last_hkid;
		td->pub.created_ns = known->created_ns;
		td->pub.released_ns = known->released_ns;
		ledger_td_state(l, td, known->state, known->since_ns);
	} else if (td->pub.state == LEDGER_TD_UNKNOWN) {
		/* The calls seen so far prove neither. */
		td->pub.was_runnable |= known->was_runnable;
		ledger_td_state(l, td, known->state, 0);
	}
	if (td->pub.vcpus == LEDGER_UNKNOWN32)
		td->pub.vcpus = known->vcpus;
	if (td->pub.max_vcpus == LEDGER_UNKNOWN32)
		td->pub.max_vcpus = known->max_vcpus;
	if (!td->pub.created_ns)
		td->pub.created_ns = known->created_ns;
	fill_hkid(l, td, hkid);
	ledger_td_owner(l, td, &known->owner);
	return exists ? -EEXIST : 0;
}
