// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* ledger: the snapshot of <linux/tdxctl.h>. */
#include "wire.h"

/* Values are copied, so both lists must be the same. The uapi header is the contract. */
#define SAME(a, b) _Static_assert((u64)(a) == (u64)(b), "ledger and wire disagree")
SAME(LEDGER_HKID_LEAKED, TDXCTL_HKID_LEAKED);
SAME(LEDGER_TD_LEAKED, TDXCTL_TD_LEAKED);
SAME(LEDGER_HIST_BUCKETS, TDXCTL_HIST_BUCKETS);
SAME(LEDGER_LEAF_ERRORS, TDXCTL_LEAF_ERRORS);
SAME(LEDGER_COMM_LEN, TDXCTL_COMM_LEN);
SAME(LEDGER_UNKNOWN, TDXCTL_UNKNOWN);
SAME(LEDGER_UNKNOWN32, TDXCTL_UNKNOWN32);

static const u32 stride[TDXCTL_SEC_COUNT] = {
	[TDXCTL_SEC_HKIDS] = sizeof(struct tdxctl_hkid),
	[TDXCTL_SEC_TDS] = sizeof(struct tdxctl_td),
	[TDXCTL_SEC_LOCKS] = sizeof(struct tdxctl_lock),
	[TDXCTL_SEC_PACKAGES] = sizeof(struct tdxctl_package),
	[TDXCTL_SEC_CPUS] = sizeof(struct tdxctl_cpu),
	[TDXCTL_SEC_LEAVES] = sizeof(struct tdxctl_leaf),
};

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Fills the section table. Returns the total size. */
static size_t lay_out(const struct ledger *l, const struct wire_host *h,
		      struct tdxctl_section_desc *sec)
{
	u32 count[TDXCTL_SEC_COUNT] = {
		[TDXCTL_SEC_TDS] = ledger_td_count(l),
		[TDXCTL_SEC_LOCKS] = 1 + h->nr_pkgs,
		[TDXCTL_SEC_PACKAGES] = h->nr_pkgs,
		[TDXCTL_SEC_CPUS] = h->nr_cpus,
		[TDXCTL_SEC_HKIDS] = ledger_hkid_count(l),
		[TDXCTL_SEC_LEAVES] = ledger_leaf_count(l),
	};
	size_t at = align8(sizeof(struct tdxctl_snapshot_hdr));
	u32 i;

	for (i = 0; i < TDXCTL_SEC_COUNT; i++) {
		sec[i] = (struct tdxctl_section_desc){
			.offset = (u32)at,
			.stride = stride[i],
			.count = count[i],
		};
		at = align8(at + (size_t)stride[i] * count[i]);
	}
	return at;
}

size_t wire_size(const struct ledger *l, const struct wire_host *h)
{
	struct tdxctl_section_desc sec[TDXCTL_SEC_COUNT];

	return lay_out(l, h, sec);
}

static u64 bitmap(u32 pkgs)
{
	return pkgs == LEDGER_UNKNOWN32 ? TDXCTL_UNKNOWN : pkgs;
}

/* Bytes after the terminator are not copied: they may be anything. */
static void put_comm(char *to, const char *from)
{
	u32 i;

	for (i = 0; i < TDXCTL_COMM_LEN - 1 && from[i]; i++)
		to[i] = from[i];
}

static void put_owner(struct tdxctl_owner *to, const struct ledger_owner *from)
{
	to->tgid = from->tgid;
	to->tid = from->tid;
	to->fd = from->fd;
	to->start_ns = from->start_ns;
	put_comm(to->comm, from->comm);
}

static u64 put_tdr(const struct ledger *l, const struct wire_host *h, u64 tdr)
{
	const struct ledger_td *td;

	if (!tdr || !h->hide_tdr)
		return tdr;
	td = ledger_td_find(l, tdr);
	return TDXCTL_TDR_HIDDEN | (td ? td->seq : 0);
}

static void put_hkid(struct tdxctl_hkid *to, const struct ledger *l, const struct wire_host *h,
		     const struct ledger_hkid *from)
{
	to->id = from->id;
	to->state = from->state;
	to->tdr = put_tdr(l, h, from->tdr);
	to->since_ns = from->since_ns;
	to->keyed_packages = bitmap(from->keyed_pkgs);
	to->fail_status = from->fail_status;
	to->fail_leaf = from->fail_leaf;
	put_owner(&to->owner, &from->owner);
}

static void put_td(struct tdxctl_td *to, const struct ledger *l, const struct wire_host *h,
		   const struct ledger_td *from)
{
	to->tdr = put_tdr(l, h, from->tdr);
	to->id = from->seq;
	to->state = from->state;
	to->flags = from->seen_create ? 0 : TDXCTL_TD_LATE;
	to->hkid = from->hkid;
	to->last_hkid = from->last_hkid;
	to->vcpus = from->vcpus;
	to->max_vcpus = from->max_vcpus;
	to->keyed_packages = bitmap(from->keyed_pkgs);
	to->private_pages = from->private_pages;
	to->sept_pages = from->sept_pages;
	to->control_pages = from->control_pages;
	to->created_ns = from->created_ns;
	to->since_ns = from->since_ns;
	to->released_ns = from->released_ns;
	to->seamcalls = from->calls;
	to->fail_status = from->fail_status;
	to->fail_leaf = from->fail_leaf;
	put_owner(&to->owner, &from->owner);
}

/* The SEAMCALL in flight: names the TD for a mutex, or stands for an absent mutex. */
struct effect {
	bool in_flight;
	u64 since_ns, tdr; /* 0 if none is in flight */
	const struct ledger_owner *owner;
};

static void put_lock(struct tdxctl_lock *to, const struct effect *e, const struct wire_lock *mutex)
{
	to->holder_tdr = e->tdr;
	if (mutex && mutex->present) {
		to->source = TDXCTL_LOCK_MUTEX;
		to->held = mutex->held;
		to->contended += mutex->contended;
		if (mutex->longest_ns > to->longest_ns)
			to->longest_ns = mutex->longest_ns;
		if (!mutex->held) {
			to->holder_tdr = 0;
			return;
		}
		to->holder_tgid = mutex->tgid;
		to->holder_tid = mutex->tid;
		to->held_since_ns = mutex->since_ns;
		put_comm(to->holder_comm, mutex->comm);
		return;
	}
	to->source = TDXCTL_LOCK_IN_EFFECT;
	to->held = e->in_flight;
	if (!e->in_flight)
		return;
	to->holder_tgid = e->owner->tgid;
	to->holder_tid = e->owner->tid;
	to->held_since_ns = e->since_ns;
	put_comm(to->holder_comm, e->owner->comm);
}

static void put_tdx_lock(struct tdxctl_lock *to, const struct ledger *l, const struct wire_host *h)
{
	const struct ledger_kot *k = ledger_kot_get(l);
	struct effect e = {
		.in_flight = k->in_flight,
		.since_ns = k->in_flight_since_ns,
		.tdr = put_tdr(l, h, k->in_flight_tdr),
		.owner = &k->in_flight_owner,
	};

	to->kind = TDXCTL_LOCK_TDX;
	to->package = TDXCTL_UNKNOWN32;
	to->acquisitions = k->acquisitions;
	to->contended = k->contended;
	to->busy_retries = k->busy_retries;
	to->entropy_retries = k->entropy_retries;
	to->longest_ns = k->longest_ns;
	put_lock(to, &e, h->tdx_lock);
}

static void put_key_lock(struct tdxctl_lock *to, const struct ledger *l, const struct wire_host *h,
			 u32 pkg)
{
	const struct ledger_pkg *p = ledger_pkg_at(l, pkg);
	struct effect e = { 0 };

	to->kind = TDXCTL_LOCK_KEY_CONFIG;
	to->package = h->pkg_id[pkg];
	if (p) {
		e = (struct effect){
			.in_flight = p->in_flight,
			.since_ns = p->in_flight_since_ns,
			.tdr = put_tdr(l, h, p->in_flight_tdr),
			.owner = &p->in_flight_owner,
		};
		to->acquisitions = p->acquisitions;
		to->contended = p->contended;
		to->busy_retries = p->busy_retries;
		to->entropy_retries = p->entropy_retries;
		to->longest_ns = p->longest_ns;
	}
	put_lock(to, &e, h->key_config ? &h->key_config[pkg] : NULL);
}

static void put_pkg(struct tdxctl_package *to, const struct ledger *l, const struct wire_host *h,
		    u32 pkg)
{
	const struct ledger_pkg *p = ledger_pkg_at(l, pkg);

	to->id = h->pkg_id[pkg];
	to->global_key = TDXCTL_UNKNOWN32;
	if (!p)
		return;
	if (p->global_key)
		to->global_key = 1;
	else if (ledger_complete(l))
		to->global_key = 0;
	to->keys_programmed = p->keys_programmed;
	to->key_config_since_ns = p->in_flight_since_ns;
}

static void put_cpu(struct tdxctl_cpu *to, const struct ledger *l, const struct wire_host *h,
		    const struct wire_cpu *cpu)
{
	const struct ledger_cpu *c = ledger_cpu_at(l, cpu->cpu);

	to->cpu = cpu->cpu;
	to->package = cpu->pkg < h->nr_pkgs ? h->pkg_id[cpu->pkg] : TDXCTL_UNKNOWN32;
	to->online = cpu->online;
	to->onlined = cpu->onlined;
	to->offlined = cpu->offlined;
	to->state = TDXCTL_CPU_UNKNOWN;
	to->lp_init_status = TDXCTL_UNKNOWN;
	if (!c)
		return;
	if (c->lp_init == 1)
		to->state = TDXCTL_CPU_ENABLED;
	else if (c->lp_init == 0)
		to->state = TDXCTL_CPU_NOT_ENABLED;
	to->lp_init_status = c->lp_init_status;
	to->seamcalls = c->calls;
	to->last_ns = c->last_ns;
}

void wire_put_leaf(struct tdxctl_leaf *to, const struct ledger_leaf *from)
{
	u32 i;

	to->leaf = from->leaf;
	to->calls = from->calls;
	to->errors = from->errors;
	to->busy = from->busy;
	to->total_ns = from->total_ns;
	to->max_ns = from->max_ns;
	to->other_errors = from->other_errors;
	for (i = 0; i < TDXCTL_HIST_BUCKETS; i++)
		to->hist[i] = from->hist[i];
	for (i = 0; i < TDXCTL_LEAF_ERRORS && from->error[i].count; i++) {
		to->error[i].status = from->error[i].status;
		to->error[i].count = from->error[i].count;
	}
}

s64 wire_fill(const struct ledger *l, const struct wire_host *h, void *buf, size_t len)
{
	struct tdxctl_section_desc sec[TDXCTL_SEC_COUNT];
	struct tdxctl_snapshot_hdr *hdr = buf;
	struct ledger_totals totals;
	struct tdxctl_package *pkg;
	struct tdxctl_lock *lock;
	struct tdxctl_hkid *hkid;
	struct tdxctl_leaf *leaf;
	struct tdxctl_cpu *cpu;
	struct tdxctl_td *td;
	size_t total = lay_out(l, h, sec);
	u32 i;

	if (len < total)
		return -ENOSPC;
	/* Records are filled field by field: padding stays zero. */
	memset(buf, 0, total);
	ledger_totals_get(l, &totals);
	hdr->size = sizeof(*hdr);
	hdr->total = (u32)total;
	hdr->now_ns = h->now_ns;
	hdr->boot_offset_ns = h->boot_offset_ns;
	hdr->seamcalls = totals.calls;
	hdr->missed = totals.missed;
	hdr->violations = totals.violations;
	hdr->tds_dropped = totals.tds_dropped;
	memcpy(hdr->section, sec, sizeof(sec));

	hkid = buf + sec[TDXCTL_SEC_HKIDS].offset;
	for (i = 0; i < sec[TDXCTL_SEC_HKIDS].count; i++)
		put_hkid(&hkid[i], l, h, ledger_hkid_at(l, i));
	td = buf + sec[TDXCTL_SEC_TDS].offset;
	for (i = 0; i < sec[TDXCTL_SEC_TDS].count; i++)
		put_td(&td[i], l, h, ledger_td_at(l, i));
	lock = buf + sec[TDXCTL_SEC_LOCKS].offset;
	put_tdx_lock(&lock[0], l, h);
	pkg = buf + sec[TDXCTL_SEC_PACKAGES].offset;
	for (i = 0; i < h->nr_pkgs; i++) {
		put_key_lock(&lock[1 + i], l, h, i);
		put_pkg(&pkg[i], l, h, i);
	}
	cpu = buf + sec[TDXCTL_SEC_CPUS].offset;
	for (i = 0; i < h->nr_cpus; i++) {
		put_cpu(&cpu[i], l, h, &h->cpus[i]);
		if (h->cpus[i].pkg >= h->nr_pkgs)
			continue;
		pkg[h->cpus[i].pkg].present_cpus++;
		pkg[h->cpus[i].pkg].online_cpus += h->cpus[i].online;
	}
	leaf = buf + sec[TDXCTL_SEC_LEAVES].offset;
	for (i = 0; i < sec[TDXCTL_SEC_LEAVES].count; i++)
		wire_put_leaf(&leaf[i], ledger_leaf_at(l, i));
	return (s64)total;
}
