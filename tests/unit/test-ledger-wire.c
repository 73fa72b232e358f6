// SPDX-License-Identifier: GPL-2.0-only
/* wire: the snapshot says what the ledger says, and nothing else. */
#include "ledger-rig.h"
#include "ledger/wire.h"

#define D 0x100000000ULL
#define E 0x110000000ULL

static const struct wire_cpu cpus[CPUS] = {
	{ .cpu = 0, .pkg = 0, .online = true },
	{ .cpu = 1, .pkg = 0, .online = true, .onlined = 2, .offlined = 1 },
	{ .cpu = 2, .pkg = 1, .online = true },
	{ .cpu = 3, .pkg = 1 },
};
static const u32 pkg_id[PKGS] = { 0, 3 };

static struct wire_host host(void)
{
	return (struct wire_host){
		.now_ns = 5000,
		.boot_offset_ns = 77,
		.nr_cpus = CPUS,
		.cpus = cpus,
		.nr_pkgs = PKGS,
		.pkg_id = pkg_id,
	};
}

/* Taken twice into dirty memory: equal bytes mean no byte was left out. */
static struct tdxctl_snapshot_hdr *take(const struct rig *r, const struct wire_host *h)
{
	size_t len = wire_size(r->l, h);
	u8 *a = malloc(len), *b = malloc(len);

	if (!a || !b)
		abort();
	memset(a, 0xaa, len);
	memset(b, 0x55, len);
	CHECK_EQ(wire_fill(r->l, h, a, len - 1), -ENOSPC);
	CHECK_EQ(a[0], 0xaa);
	CHECK_EQ(wire_fill(r->l, h, a, len), len);
	CHECK_EQ(wire_fill(r->l, h, b, len), len);
	CHECK(!memcmp(a, b, len));
	free(b);
	return (void *)a;
}

static const void *rec(const struct tdxctl_snapshot_hdr *hdr, u32 sec, u32 i)
{
	return (const u8 *)hdr + hdr->section[sec].offset + i * hdr->section[sec].stride;
}

static void test_layout(void)
{
	struct wire_host h = host();
	struct tdxctl_snapshot_hdr *s;
	struct rig r;
	u32 i, end;

	rig_open(&r, true);
	rig_td(&r, D, 17);
	ledger_missed(r.l, 4);
	s = take(&r, &h);
	CHECK_EQ(s->size, sizeof(*s));
	CHECK_EQ(s->total, wire_size(r.l, &h));
	CHECK_EQ(s->now_ns, 5000);
	CHECK_EQ(s->boot_offset_ns, 77);
	CHECK_EQ(s->missed, 4);
	CHECK_EQ(s->violations, 0);
	CHECK(s->seamcalls > 10);
	end = s->size;
	for (i = 0; i < TDXCTL_SEC_COUNT; i++) {
		CHECK_EQ(s->section[i].offset % 8, 0);
		CHECK_EQ(s->section[i].stride % 8, 0);
		CHECK(s->section[i].offset >= end);
		end = s->section[i].offset + s->section[i].stride * s->section[i].count;
	}
	CHECK(end <= s->total && s->total - end < 8);
	CHECK_EQ(s->section[TDXCTL_SEC_HKIDS].count, NR_HKIDS);
	CHECK_EQ(s->section[TDXCTL_SEC_TDS].count, 1);
	CHECK_EQ(s->section[TDXCTL_SEC_LOCKS].count, 1 + PKGS);
	CHECK_EQ(s->section[TDXCTL_SEC_PACKAGES].count, PKGS);
	CHECK_EQ(s->section[TDXCTL_SEC_CPUS].count, CPUS);
	CHECK_EQ(s->section[TDXCTL_SEC_LEAVES].count, ledger_leaf_count(r.l));
	CHECK_EQ(s->section[TDXCTL_SEC_TDS].stride, sizeof(struct tdxctl_td));
	free(s);
	rig_close(&r);
}

static void test_records(void)
{
	const struct tdxctl_hkid *hkid;
	const struct tdxctl_package *pkg;
	const struct tdxctl_leaf *leaf;
	const struct tdxctl_cpu *cpu;
	const struct tdxctl_td *td;
	struct wire_host h = host();
	struct tdxctl_snapshot_hdr *s;
	struct rig r;
	u32 i;

	rig_open(&r, true);
	rig_call(&r, 0, TDH_SYS_LP_INIT, 0, 0, 0, 0);
	rig_call(&r, 2, TDH_SYS_LP_INIT, 0, 0, 0, TDX_ST_OP(INCONSISTENT_MSR, 0x3b));
	rig_call(&r, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
	s = take(&r, &h);
	CHECK_EQ(((struct tdxctl_package *)rec(s, TDXCTL_SEC_PACKAGES, 0))->global_key, 1);
	CHECK_EQ(((struct tdxctl_package *)rec(s, TDXCTL_SEC_PACKAGES, 1))->global_key, 0);
	free(s);

	r.owner.start_ns = 1234;
	memset(r.owner.comm, 'x', sizeof(r.owner.comm)); /* no terminator */
	rig_td(&r, D, 17);
	memcpy(r.owner.comm, "b\0secret", 9);
	rig_td(&r, E, 18);
	rig_call(&r, 0, TDH_MEM_PAGE_AUG, 0, E, PAGE(0), 0);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, D, 0, 0, TDX_ST(KEY_STATE_INCORRECT));
	s = take(&r, &h);

	hkid = rec(s, TDXCTL_SEC_HKIDS, 0);
	CHECK_EQ(hkid->id, 17);
	CHECK_EQ(hkid->state, TDXCTL_HKID_LEAKED);
	CHECK_EQ(hkid->tdr, D);
	CHECK_EQ(hkid->fail_leaf, TDH_MNG_KEY_FREEID);
	CHECK_EQ(hkid->fail_status, TDX_ST(KEY_STATE_INCORRECT));
	CHECK_EQ(hkid->keyed_packages, 3);
	CHECK_EQ(hkid->owner.start_ns, 1234);
	CHECK_STR(hkid->owner.comm, "xxxxxxxxxxxxxxx");
	hkid = rec(s, TDXCTL_SEC_HKIDS, 2);
	CHECK_EQ(hkid->id, 19);
	CHECK_EQ(hkid->state, TDXCTL_HKID_FREE);
	CHECK_EQ(hkid->owner.fd, (__s32)-1);

	td = rec(s, TDXCTL_SEC_TDS, 1);
	CHECK_EQ(td->tdr, E);
	CHECK_EQ(td->id, 2);
	CHECK_EQ(td->state, TDXCTL_TD_RUNNABLE);
	CHECK_EQ(td->flags, 0);
	CHECK_EQ(td->hkid, 18);
	CHECK_EQ(td->vcpus, 1);
	CHECK_EQ(td->max_vcpus, 4);
	CHECK_EQ(td->private_pages, 1);
	CHECK_EQ(td->sept_pages, 0);
	CHECK_EQ(td->control_pages, 13);
	CHECK_EQ(td->owner.fd, 7);
	CHECK_EQ(td->owner.tid, 101);
	CHECK_EQ(td->seamcalls, ledger_td_find(r.l, E)->calls);
	CHECK(!memcmp(td->owner.comm, (char[TDXCTL_COMM_LEN]){ "b" }, TDXCTL_COMM_LEN));

	pkg = rec(s, TDXCTL_SEC_PACKAGES, 1);
	CHECK_EQ(pkg->id, 3);
	CHECK_EQ(pkg->present_cpus, 2);
	CHECK_EQ(pkg->online_cpus, 1);
	CHECK_EQ(pkg->keys_programmed, 2);
	CHECK_EQ(pkg->global_key, 1);

	cpu = rec(s, TDXCTL_SEC_CPUS, 0);
	CHECK_EQ(cpu->state, TDXCTL_CPU_ENABLED);
	CHECK_EQ(cpu->lp_init_status, 0);
	CHECK_EQ(cpu->seamcalls, ledger_cpu_at(r.l, 0)->calls);
	cpu = rec(s, TDXCTL_SEC_CPUS, 1);
	CHECK_EQ(cpu->onlined, 2);
	CHECK_EQ(cpu->offlined, 1);
	CHECK_EQ(cpu->lp_init_status, TDXCTL_UNKNOWN);
	cpu = rec(s, TDXCTL_SEC_CPUS, 2);
	CHECK_EQ(cpu->state, TDXCTL_CPU_NOT_ENABLED);
	CHECK_EQ(cpu->package, 3);
	CHECK_EQ(cpu->online, 1);
	CHECK_EQ(((struct tdxctl_cpu *)rec(s, TDXCTL_SEC_CPUS, 3))->online, 0);

	for (i = 0; i < s->section[TDXCTL_SEC_LEAVES].count; i++) {
		leaf = rec(s, TDXCTL_SEC_LEAVES, i);
		CHECK_EQ(leaf->leaf, ledger_leaf_at(r.l, i)->leaf);
		CHECK_EQ(leaf->calls, ledger_leaf_at(r.l, i)->calls);
		CHECK(!memcmp(leaf->hist, ledger_leaf_at(r.l, i)->hist, sizeof(leaf->hist)));
	}
	leaf = rec(s, TDXCTL_SEC_LEAVES, 0);
	while (leaf->leaf != TDH_SYS_LP_INIT)
		leaf++;
	CHECK_EQ(leaf->errors, 1);
	CHECK_EQ(leaf->error[0].status, TDX_ST(INCONSISTENT_MSR));
	CHECK_EQ(leaf->error[0].count, 1);
	CHECK_EQ(leaf->error[1].count, 0);
	free(s);
	rig_close(&r);
}

static void test_unknown(void)
{
	const struct tdxctl_td *td;
	struct wire_host h = host();
	struct tdxctl_snapshot_hdr *s;
	struct rig r;

	rig_open(&r, false);
	s = take(&r, &h);
	CHECK_EQ(((struct tdxctl_hkid *)rec(s, TDXCTL_SEC_HKIDS, 0))->state, TDXCTL_HKID_UNKNOWN);
	CHECK_EQ(((struct tdxctl_cpu *)rec(s, TDXCTL_SEC_CPUS, 0))->state, TDXCTL_CPU_UNKNOWN);
	CHECK_EQ(((struct tdxctl_package *)rec(s, TDXCTL_SEC_PACKAGES, 0))->global_key,
		 TDXCTL_UNKNOWN32);
	free(s);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, D, 0, 0, 0);
	s = take(&r, &h);
	td = rec(s, TDXCTL_SEC_TDS, 0);
	CHECK_EQ(td->state, TDXCTL_TD_BLOCKED);
	CHECK_EQ(td->flags, TDXCTL_TD_LATE);
	CHECK_EQ(td->hkid, TDXCTL_UNKNOWN32);
	CHECK_EQ(td->vcpus, TDXCTL_UNKNOWN32);
	CHECK_EQ(td->keyed_packages, TDXCTL_UNKNOWN);
	CHECK_EQ(td->private_pages, TDXCTL_UNKNOWN);
	CHECK_EQ(td->control_pages, TDXCTL_UNKNOWN);
	free(s);
	rig_close(&r);
}

static void test_locks(void)
{
	struct wire_lock tdx = {
		.present = true,
		.held = true,
		.tgid = 41,
		.tid = 42,
		.comm = "holder",
		.since_ns = 900,
		.contended = 5,
		.longest_ns = 1ULL << 40,
	};
	struct wire_lock keys[PKGS] = { { .present = true }, { .present = false } };
	struct wire_host h = host();
	struct tdxctl_snapshot_hdr *s;
	const struct tdxctl_lock *lock;
	struct ledger_call create, key;
	struct rig r;
	u64 since;

	rig_open(&r, true);
	rig_create(&r, D, 17);
	since = r.now;
	create = rig_begin(&r, 0, TDH_MNG_CREATE, E, 18, 0);
	key = rig_begin(&r, 2, TDH_MNG_KEY_CONFIG, D, 0, 0);

	/* No mutex: the call in flight is the lock. */
	s = take(&r, &h);
	lock = rec(s, TDXCTL_SEC_LOCKS, 0);
	CHECK_EQ(lock->kind, TDXCTL_LOCK_TDX);
	CHECK_EQ(lock->package, TDXCTL_UNKNOWN32);
	CHECK_EQ(lock->source, TDXCTL_LOCK_IN_EFFECT);
	CHECK_EQ(lock->held, 1);
	CHECK_EQ(lock->holder_tgid, 100);
	CHECK_EQ(lock->holder_tdr, E);
	CHECK_EQ(lock->held_since_ns, since);
	CHECK_EQ(lock->acquisitions, 2);
	lock = rec(s, TDXCTL_SEC_LOCKS, 1);
	CHECK_EQ(lock->kind, TDXCTL_LOCK_KEY_CONFIG);
	CHECK_EQ(lock->package, 0);
	CHECK_EQ(lock->held, 0);
	CHECK_EQ(lock->holder_tgid, 0);
	lock = rec(s, TDXCTL_SEC_LOCKS, 2);
	CHECK_EQ(lock->package, 3);
	CHECK_EQ(lock->held, 1);
	CHECK_STR(lock->holder_comm, "qemu");
	CHECK_EQ(lock->holder_tdr, D);
	CHECK_EQ(((struct tdxctl_package *)rec(s, TDXCTL_SEC_PACKAGES, 1))->key_config_since_ns,
		 since);
	free(s);

	/* Real mutexes, where they exist. */
	h.tdx_lock = &tdx;
	h.key_config = keys;
	s = take(&r, &h);
	lock = rec(s, TDXCTL_SEC_LOCKS, 0);
	CHECK_EQ(lock->source, TDXCTL_LOCK_MUTEX);
	CHECK_EQ(lock->held, 1);
	CHECK_EQ(lock->holder_tgid, 41);
	CHECK_EQ(lock->holder_tid, 42);
	CHECK_STR(lock->holder_comm, "holder");
	CHECK_EQ(lock->held_since_ns, 900);
	CHECK_EQ(lock->contended, 5);
	CHECK_EQ(lock->longest_ns, 1ULL << 40);
	CHECK_EQ(lock->holder_tdr, E);
	lock = rec(s, TDXCTL_SEC_LOCKS, 1);
	CHECK_EQ(lock->source, TDXCTL_LOCK_MUTEX);
	CHECK_EQ(lock->held, 0);
	lock = rec(s, TDXCTL_SEC_LOCKS, 2);
	CHECK_EQ(lock->source, TDXCTL_LOCK_IN_EFFECT);
	CHECK_EQ(lock->held, 1);
	free(s);

	/* Free, whatever is in flight. */
	tdx.held = false;
	s = take(&r, &h);
	lock = rec(s, TDXCTL_SEC_LOCKS, 0);
	CHECK_EQ(lock->held, 0);
	CHECK_EQ(lock->holder_tgid, 0);
	CHECK_EQ(lock->holder_tdr, 0);
	CHECK_EQ(lock->held_since_ns, 0);
	free(s);
	rig_end(&r, &create, 0);
	rig_end(&r, &key, 0);
	rig_close(&r);
}

/* Without the right to see them: no address, and still the same value in all records of a TD. */
static void test_hidden(void)
{
	/* Not like any count. */
	const u64 first = 0x123456789000, second = 0x1a2b3c4d5000, third = 0x1fedcba98000;
	const struct tdxctl_section_desc *sec;
	struct wire_host h = host();
	struct tdxctl_snapshot_hdr *s;
	struct ledger_call create, key;
	const u64 *word;
	struct rig r;
	size_t i;

	rig_open(&r, true);
	rig_td(&r, first, 17);
	rig_td(&r, second, 18);
	rig_call(&r, 0, TDH_MNG_VPFLUSHDONE, first, 0, 0, 0);
	rig_call(&r, 0, TDH_MNG_KEY_FREEID, first, 0, 0, TDX_ST(KEY_STATE_INCORRECT));
	create = rig_begin(&r, 0, TDH_MNG_CREATE, third, 19, 0);
	key = rig_begin(&r, 2, TDH_MNG_KEY_CONFIG, second, 0, 0);
	h.hide_tdr = true;
	s = take(&r, &h);
	sec = s->section;
	CHECK_EQ(((struct tdxctl_td *)rec(s, TDXCTL_SEC_TDS, 0))->tdr, TDXCTL_TDR_HIDDEN | 1);
	CHECK_EQ(((struct tdxctl_td *)rec(s, TDXCTL_SEC_TDS, 1))->tdr, TDXCTL_TDR_HIDDEN | 2);
	CHECK_EQ(((struct tdxctl_hkid *)rec(s, TDXCTL_SEC_HKIDS, 0))->tdr, TDXCTL_TDR_HIDDEN | 1);
	CHECK_EQ(((struct tdxctl_hkid *)rec(s, TDXCTL_SEC_HKIDS, 1))->tdr, TDXCTL_TDR_HIDDEN | 2);
	/* None is still none. */
	CHECK_EQ(((struct tdxctl_hkid *)rec(s, TDXCTL_SEC_HKIDS, 3))->tdr, 0);
	/* No record yet of the TD that is being created. */
	CHECK_EQ(((struct tdxctl_lock *)rec(s, TDXCTL_SEC_LOCKS, 0))->holder_tdr,
		 TDXCTL_TDR_HIDDEN);
	CHECK_EQ(((struct tdxctl_lock *)rec(s, TDXCTL_SEC_LOCKS, 1))->holder_tdr, 0);
	CHECK_EQ(((struct tdxctl_lock *)rec(s, TDXCTL_SEC_LOCKS, 2))->holder_tdr,
		 TDXCTL_TDR_HIDDEN | 2);
	CHECK_EQ(sec[TDXCTL_SEC_TDS].count, 2);
	/* Nowhere else either, with or without the low bits of the page. */
	for (i = 0; i < s->total / sizeof(*word); i++) {
		word = (const u64 *)s + i;
		CHECK((*word & ~0xfffULL) != first && (*word & ~0xfffULL) != second &&
		      (*word & ~0xfffULL) != third);
	}
	free(s);
	rig_end(&r, &create, 0);
	rig_end(&r, &key, 0);
	rig_close(&r);
}

/* The largest host there is, in one buffer. */
static void test_large(void)
{
	enum { BIG_CPUS = 1024, BIG_PKGS = 8, BIG_HKIDS = 2000 };
	static struct wire_cpu many[BIG_CPUS];
	static u16 map[BIG_CPUS];
	static const u32 id[BIG_PKGS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct ledger_config cfg = {
		.global_hkid = 32,
		.first_hkid = 33,
		.nr_hkids = BIG_HKIDS,
		.hkid_shift = 46,
		.nr_cpus = BIG_CPUS,
		.nr_pkgs = BIG_PKGS,
		.cpu_pkg = map,
		.max_tds = BIG_HKIDS,
		.max_vcpus = 64,
		.from_start = true,
	};
	struct wire_host h = {
		.nr_cpus = BIG_CPUS,
		.cpus = many,
		.nr_pkgs = BIG_PKGS,
		.pkg_id = id,
	};
	struct tdxctl_snapshot_hdr *s;
	struct ledger_totals t;
	struct rig r;
	u32 i;

	for (i = 0; i < BIG_CPUS; i++) {
		map[i] = (u16)(i / 128);
		many[i] = (struct wire_cpu){ .cpu = i, .pkg = map[i], .online = true };
	}
	rig_open_cfg(&r, &cfg);
	for (i = 0; i < BIG_HKIDS; i++)
		rig_create(&r, D + (u64)i * 0x100000, 33 + i);
	ledger_totals_get(r.l, &t);
	CHECK_EQ(t.tds_dropped, 0);
	s = take(&r, &h);
	CHECK_EQ(s->section[TDXCTL_SEC_TDS].count, BIG_HKIDS);
	CHECK_EQ(((struct tdxctl_package *)rec(s, TDXCTL_SEC_PACKAGES, 7))->online_cpus, 128);
	CHECK_EQ(((struct tdxctl_td *)rec(s, TDXCTL_SEC_TDS, 1999))->id, 2000);
	CHECK(s->total < 1 << 20);
	free(s);
	rig_close(&r);
}

/* No record begins after the last one. */
/* The host has a package and a CPU that the ledger does not track: nothing is known of them. */
static void test_more_than_the_ledger(void)
{
	static const struct wire_cpu more[] = {
		{ .cpu = 0, .pkg = 0, .online = true },
		{ .cpu = CPUS, .pkg = 2, .online = true, .onlined = 3 },
		{ .cpu = 1, .pkg = 3, .online = true },
	};
	static const u32 ids[] = { 0, 3, 9 };
	struct wire_host h = host();
	const struct tdxctl_package *pkg;
	struct tdxctl_snapshot_hdr *s;
	const struct tdxctl_cpu *cpu;
	struct rig r;

	h.nr_cpus = sizeof(more) / sizeof(more[0]);
	h.cpus = more;
	h.nr_pkgs = 3;
	h.pkg_id = ids;
	rig_open(&r, true);
	s = take(&r, &h);
	pkg = rec(s, TDXCTL_SEC_PACKAGES, 0);
	CHECK_EQ(pkg->id, 0);
	CHECK_EQ(pkg->global_key, 0);
	CHECK_EQ(pkg->present_cpus, 1);
	pkg = rec(s, TDXCTL_SEC_PACKAGES, 1);
	CHECK_EQ(pkg->present_cpus, 0);
	pkg = rec(s, TDXCTL_SEC_PACKAGES, 2);
	CHECK_EQ(pkg->id, 9);
	CHECK_EQ(pkg->global_key, TDXCTL_UNKNOWN32);
	CHECK_EQ(pkg->present_cpus, 1);
	CHECK_EQ(pkg->online_cpus, 1);
	cpu = rec(s, TDXCTL_SEC_CPUS, 1);
	CHECK_EQ(cpu->cpu, CPUS);
	CHECK_EQ(cpu->package, 9);
	CHECK_EQ(cpu->online, 1);
	CHECK_EQ(cpu->onlined, 3);
	CHECK_EQ(cpu->state, TDXCTL_CPU_UNKNOWN);
	CHECK_EQ(cpu->lp_init_status, TDXCTL_UNKNOWN);
	CHECK_EQ(cpu->seamcalls, 0);
	/* A package that the host does not have is none. */
	cpu = rec(s, TDXCTL_SEC_CPUS, 2);
	CHECK_EQ(cpu->package, TDXCTL_UNKNOWN32);
	free(s);
	rig_close(&r);
}

static void test_ends(void)
{
	struct rig r;

	rig_open(&r, true);
	CHECK(ledger_pkg_at(r.l, PKGS - 1));
	CHECK(!ledger_pkg_at(r.l, PKGS));
	CHECK(ledger_cpu_at(r.l, CPUS - 1));
	CHECK(!ledger_cpu_at(r.l, CPUS));
	CHECK(!ledger_td_at(r.l, 0));
	CHECK(!ledger_leaf_at(r.l, 0));
	rig_close(&r);
}

int main(void)
{
	RUN(test_layout);
	RUN(test_records);
	RUN(test_unknown);
	RUN(test_locks);
	RUN(test_hidden);
	RUN(test_large);
	RUN(test_more_than_the_ledger);
	RUN(test_ends);
	return check_done("test-ledger-wire");
}
