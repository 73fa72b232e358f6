/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of BPF programs, decoded. */
#include "bpf/events.h"
#include "check.h"

#define VMEMMAP UINT64_C(0xffffea0000000000)

static const struct kvm_types types = { .state_initialized = 1, .state_runnable = 2 };

static struct inventory_record vm(uint64_t kvm, int pid, int hkid, uint32_t state)
{
	struct inventory_record r = { .kind = INVENTORY_VM };

	r.vm.kvm = kvm;
	r.vm.tdr_page = VMEMMAP + kvm * 64;
	r.vm.start_ns = 5;
	r.vm.tgid = pid;
	r.vm.fd = 4;
	r.vm.hkid = hkid;
	r.vm.state = state;
	r.vm.vcpus = 2;
	r.vm.max_vcpus = 4;
	r.vm.owner = 1;
	strcpy(r.vm.comm, "qemu");
	return r;
}

static struct inventory_record host(void)
{
	struct inventory_record r = { .kind = INVENTORY_HOST };

	r.host.has = INVENTORY_HAS_VMEMMAP | INVENTORY_HAS_KEYIDS | INVENTORY_HAS_POOL |
		     INVENTORY_HAS_LOCK;
	r.host.vmemmap_base = VMEMMAP;
	r.host.page_size = 64;
	r.host.global_keyid = 16;
	r.host.first_keyid = 17;
	r.host.nr_keyids = 15;
	r.host.pool[0] = 1 << 17 | 1 << 18 | 1 << 19;
	return r;
}

/* Returns the snapshot of @n records. */
static struct tdxctl_snapshot *fill(const struct inventory_record *r, size_t n)
{
	struct tdxctl_snapshot *s = calloc(1, sizeof(*s));
	struct inventory inv;

	s->source = TDXCTL_SOURCE_BPF;
	s->platform.has_tdx = true;
	s->packages = calloc(2, sizeof(*s->packages));
	s->nr_packages = 2;
	s->packages[1].id = 1;
	CHECK_EQ(inventory_decode(r, n * sizeof(*r), &inv), 0);
	CHECK_EQ(inventory_fill(&inv, &types, s), 0);
	inventory_free(&inv);
	return s;
}

static void states(void)
{
	const struct inventory_record r[] = { vm(1, 10, 17, 2), vm(2, 11, 18, 1), vm(3, 12, -1, 2),
					      vm(4, 13, -1, 0), vm(5, 14, 19, 0), host() };
	struct tdxctl_snapshot *s = fill(r, 6);

	CHECK_EQ(s->nr_tds, 4);
	CHECK_EQ(s->tds[0].td.state, TDXCTL_TD_RUNNABLE);
	CHECK_EQ(s->tds[0].td.tdr, 0x1000);
	CHECK_EQ(s->tds[0].td.keyed_packages, 3);
	CHECK_EQ(s->tds[0].td.vcpus, 2);
	CHECK_EQ(s->tds[0].td.max_vcpus, 4);
	CHECK_EQ(s->tds[0].td.private_pages, TDXCTL_UNKNOWN);
	CHECK_EQ(s->tds[0].td.owner.tgid, 10);
	CHECK_EQ(s->tds[0].td.owner.fd, 4);
	CHECK_STR(s->tds[0].vm.name, "qemu");
	CHECK_EQ(s->tds[1].td.state, TDXCTL_TD_INITIALIZED);
	/* Its HKID is gone. */
	CHECK_EQ(s->tds[2].td.state, TDXCTL_TD_TEARDOWN);
	CHECK_EQ(s->tds[2].td.hkid, 0);
	/* Between TDH.MNG.CREATE and TDH.MNG.INIT. */
	CHECK_EQ(s->tds[3].td.state, TDXCTL_TD_UNKNOWN);
	CHECK_EQ(s->tds[3].td.keyed_packages, TDXCTL_UNKNOWN);
	CHECK_EQ(s->nr_hkids, 15);
	CHECK_EQ(s->hkids[0].id, 17);
	CHECK_EQ(s->hkids[0].state, TDXCTL_HKID_CONFIGURED);
	CHECK_EQ(s->hkids[0].tdr, 0x1000);
	CHECK_EQ(s->hkids[1].state, TDXCTL_HKID_CONFIGURED);
	CHECK_EQ(s->hkids[2].state, TDXCTL_HKID_ASSIGNED);
	CHECK_EQ(s->hkids[3].state, TDXCTL_HKID_FREE);
	CHECK(!tdxctl_unknown_why(s, TDXCTL_SUBJECT_HKIDS));
	CHECK(!tdxctl_unknown_why(s, TDXCTL_SUBJECT_TDS));
	CHECK(!tdxctl_unknown_why(s, TDXCTL_SUBJECT_LOCKS));
	CHECK_STR(tdxctl_unknown_why(s, TDXCTL_SUBJECT_SEAMCALLS), tdxctl_no_helper);
	CHECK_STR(tdxctl_unknown_why(s, TDXCTL_SUBJECT_CPUS), tdxctl_no_helper);
	tdxctl_snapshot_free(s);
}

/* An allocated HKID that no VM has: it leaked, or its VM has no open file. */
static void no_owner(void)
{
	const struct inventory_record r[] = { vm(1, 10, 17, 2), host() };
	struct tdxctl_snapshot *s = fill(r, 2);

	CHECK_EQ(s->hkids[1].state, TDXCTL_HKID_UNKNOWN);
	CHECK_EQ(s->hkids[3].state, TDXCTL_HKID_FREE);
	CHECK(tdxctl_unknown_why(s, TDXCTL_SUBJECT_TDS));
	tdxctl_snapshot_free(s);
}

/* Several files of one TD: the file of the VM in the process that created it counts. */
static void files(void)
{
	struct inventory_record r[] = { vm(1, 10, 17, 2), vm(1, 11, 17, 2), vm(1, 12, 17, 2),
					vm(1, 13, 17, 2), host() };
	struct tdxctl_snapshot *s;

	r[0].vm.owner = 0;
	r[1].vm.is_vcpu = 1;
	r[3].vm.owner = 0;
	s = fill(r, 5);
	CHECK_EQ(s->nr_tds, 1);
	CHECK_EQ(s->tds[0].td.owner.tgid, 12);
	tdxctl_snapshot_free(s);
	/* Only files of vCPUs: no file of the VM can be named. */
	r[0].vm.is_vcpu = 1;
	s = fill(r, 2);
	CHECK_EQ(s->nr_tds, 1);
	CHECK_EQ(s->tds[0].td.owner.tgid, 11);
	CHECK(s->tds[0].td.owner.fd == -1);
	tdxctl_snapshot_free(s);
}

static void many(void)
{
	struct inventory_record *r = calloc(2000, sizeof(*r));
	struct tdxctl_snapshot *s;

	for (int i = 0; i < 2000; i++)
		r[i] = vm(1 + (uint64_t)i, 10 + i, 17, 2);
	s = fill(r, 2000);
	CHECK_EQ(s->nr_tds, 2000);
	CHECK_EQ(s->tds[1999].td.owner.tgid, 2009);
	tdxctl_snapshot_free(s);
	free(r);
}

/* Without the addresses of variables: TDs have HKIDs, and numbers instead of addresses. */
static void no_symbols(void)
{
	struct inventory_record r[] = { vm(1, 10, 17, 2), vm(2, 11, 18, 2), host() };
	struct tdxctl_snapshot *s;

	r[2].host.has = 0;
	s = fill(r, 3);
	CHECK_EQ(s->nr_hkids, 0);
	CHECK_EQ(s->tds[0].td.hkid, 17);
	CHECK_EQ(s->tds[0].td.tdr, TDXCTL_TDR_HIDDEN | 1);
	CHECK_EQ(s->tds[1].td.tdr, TDXCTL_TDR_HIDDEN | 2);
	CHECK_EQ(s->locks[0].held, TDXCTL_UNKNOWN32);
	CHECK(tdxctl_unknown_why(s, TDXCTL_SUBJECT_HKIDS));
	CHECK(tdxctl_unknown_why(s, TDXCTL_SUBJECT_TDS));
	CHECK(tdxctl_unknown_why(s, TDXCTL_SUBJECT_LOCKS));
	tdxctl_snapshot_free(s);
}

static void lock(void)
{
	struct inventory_record r = host();
	struct tdxctl_snapshot *s;

	r.host.lock_owner = 0xffff888000000000;
	r.host.lock_tgid = 7;
	r.host.lock_tid = 8;
	memset(r.host.lock_comm, '\n', sizeof(r.host.lock_comm));
	s = fill(&r, 1);
	CHECK_EQ(s->nr_locks, 3);
	CHECK_EQ(s->locks[0].kind, TDXCTL_LOCK_TDX);
	CHECK_EQ(s->locks[0].held, 1);
	CHECK_EQ(s->locks[0].holder_tgid, 7);
	CHECK_EQ(s->locks[0].holder_tid, 8);
	CHECK_STR(s->locks[0].holder_comm, "???????????????");
	CHECK_EQ(s->locks[0].acquisitions, TDXCTL_UNKNOWN);
	CHECK_EQ(s->locks[2].package, 1);
	CHECK_EQ(s->locks[2].held, TDXCTL_UNKNOWN32);
	tdxctl_snapshot_free(s);
}

/* Values that the kernel cannot have, records that are cut off, unknown kinds. */
static void nonsense(void)
{
	struct inventory_record r[] = { vm(1, -10, 9999, 2), vm(2, 11, 18, 77), host() };
	struct tdxctl_snapshot *s;
	struct inventory inv;

	r[0].vm.fd = -7;
	r[0].vm.tdr_page = VMEMMAP + 65;
	memset(r[0].vm.comm, 'x', sizeof(r[0].vm.comm));
	r[1].vm.tdr_page = 1;
	s = fill(r, 3);
	CHECK_EQ(s->tds[0].td.owner.tgid, 0);
	CHECK(s->tds[0].td.owner.fd == -1);
	CHECK_EQ(s->tds[0].td.tdr, TDXCTL_TDR_HIDDEN | 1);
	CHECK_EQ(strlen(s->tds[0].td.owner.comm), 15);
	CHECK_EQ(s->tds[1].td.state, TDXCTL_TD_UNKNOWN);
	CHECK_EQ(s->tds[1].td.tdr, TDXCTL_TDR_HIDDEN | 2);
	tdxctl_snapshot_free(s);
	r[2].host.page_size = 0;
	r[2].host.nr_keyids = 70000;
	s = fill(r, 3);
	CHECK_EQ(s->nr_hkids, 0);
	tdxctl_snapshot_free(s);
	CHECK_EQ(inventory_decode(r, sizeof(r) - 1, &inv), 0);
	CHECK_EQ(inv.nr_vms, 2);
	CHECK(!inv.complete);
	inventory_free(&inv);
	r[0].kind = 99;
	CHECK_EQ(inventory_decode(r, sizeof(r[0]), &inv), 0);
	CHECK_EQ(inv.nr_vms, 0);
	inventory_free(&inv);
}

/* ---- events ---- */

static struct call_event event(uint32_t call)
{
	struct call_event e = {
		.end_ns = 2000,
		.duration_ns = 500,
		.td_page = VMEMMAP + 64,
		.call = call,
		.cpu = 3,
		.tgid = 10,
		.tid = 11,
		.comm = "qemu",
	};

	return e;
}

static void events(void)
{
	struct traced_td web = { .page = VMEMMAP + 64, .tdr = 0x1000, .hkid = 17, .name = "web" };
	struct traced_tds tds = { .vmemmap = VMEMMAP, .page_size = 64 };
	struct call_proto proto[CALLS] = { 0 };
	struct tdxctl_call c;
	struct call_event e;

	CHECK_EQ(traced_add(&tds, &web), 0);
	proto[CALL_tdh_mem_page_aug] =
		(struct call_proto){ true, { PARAM_TD, PARAM_GPA, PARAM_LEVEL, PARAM_PFN } };
	e = event(CALL_tdh_mem_page_aug);
	e.arg[1] = 0x4000;
	e.arg[2] = 1;
	e.arg[3] = 0x99;
	CHECK(event_decode(&e, sizeof(e), proto, &tds, &c));
	CHECK_EQ(c.start_ns, 1500);
	CHECK_EQ(c.leaf, 6);
	CHECK_EQ(c.gpa, 0x4000);
	CHECK_EQ(c.level, 1);
	CHECK_EQ(c.page, 0x99000);
	CHECK_EQ(c.hkid, 17);
	CHECK_EQ(c.tdr, 0x1000);
	CHECK_STR(c.td, "web");
	CHECK_STR(c.comm, "qemu");
	/* Other parameters of the same function: another kernel. */
	proto[CALL_tdh_mem_page_aug].param[3] = PARAM_PAGE;
	e.arg[3] = VMEMMAP + 128;
	CHECK(event_decode(&e, sizeof(e), proto, &tds, &c));
	CHECK_EQ(c.page, 0x2000);
	e.arg[3] = 7;
	CHECK(event_decode(&e, sizeof(e), proto, &tds, &c));
	CHECK_EQ(c.page, TDXCTL_UNKNOWN);
	/* The TDX module reports the TDR of a page that it reclaims. */
	e = event(CALL_tdh_phymem_page_reclaim);
	e.td_page = 0;
	e.td_owner = 0x1000;
	CHECK(event_decode(&e, sizeof(e), proto, &tds, &c));
	CHECK_STR(c.td, "web");
	/* Nonsense. */
	e = event(CALLS);
	CHECK(!event_decode(&e, sizeof(e), proto, &tds, &c));
	e = event(CALL_tdh_mng_create);
	CHECK(!event_decode(&e, sizeof(e) - 1, proto, &tds, &c));
	e.duration_ns = UINT64_MAX;
	e.tgid = e.tid = -5;
	e.td_page = 3;
	memset(e.comm, '\n', sizeof(e.comm));
	CHECK(event_decode(&e, sizeof(e), proto, &tds, &c));
	CHECK_EQ(c.start_ns, 0);
	CHECK_EQ(c.pid, 0);
	CHECK(!c.td);
	CHECK_EQ(c.tdr, TDXCTL_UNKNOWN);
	CHECK_STR(c.comm, "???????????????");
	free(tds.td);
}

static void table(void)
{
	/* Each function is in the table once, and its leaf has a name that matches. */
	for (size_t i = 0; i < CALLS; i++) {
		char glob[64];
		size_t n = 0;

		for (const char *p = observed_calls[i].function + 4; *p && n < 60; p++)
			glob[n++] = *p == '_' ? '.' : *p;
		glob[n] = '\0';
		/* PAGE.WBINVD has two functions, which add what they write back. */
		if (observed_calls[i].leaf != 41) {
			CHECK(tdxctl_leaf_matches(glob, observed_calls[i].leaf));
			CHECK_EQ(tdxctl_leaf_is_page(observed_calls[i].leaf),
				 observed_calls[i].page);
		}
	}
	/* One of the two is for the TDR only. */
	CHECK(!tdxctl_leaf_is_page(41));
	CHECK(tdxctl_leaf_matches("TDH.MNG.*", 9));
	CHECK(tdxctl_leaf_matches("mng.create", 9));
	CHECK(!tdxctl_leaf_matches("VP.*", 9));
	CHECK(!tdxctl_leaf_matches("*", 9999));
}

static void percentiles(void)
{
	struct tdxctl_leaf leaf = { .calls = 100, .max_ns = 900 };

	CHECK_EQ(tdxctl_leaf_percentile(&leaf, 50), 0);
	leaf.hist[5] = 90;
	leaf.hist[9] = 10;
	CHECK_EQ(tdxctl_leaf_percentile(&leaf, 50), 64);
	CHECK_EQ(tdxctl_leaf_percentile(&leaf, 90), 64);
	CHECK_EQ(tdxctl_leaf_percentile(&leaf, 99), 900);
}

int main(void)
{
	RUN(states);
	RUN(no_owner);
	RUN(files);
	RUN(many);
	RUN(no_symbols);
	RUN(lock);
	RUN(nonsense);
	RUN(events);
	RUN(table);
	RUN(percentiles);
	return check_done("test-lib-bpf");
}
