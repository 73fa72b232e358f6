/* SPDX-License-Identifier: GPL-2.0-only */
/* Snapshot bytes: good ones, newer ones, truncated ones and lies. */
#include "decode.h"
#include "lib-fake.h"

static int parse(const struct fake_snapshot *s, size_t len)
{
	struct tdxctl_snapshot *snap;
	/* Exactly as large as said: the sanitizer sees a byte too far. */
	void *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, s, len);
	err = tdxctl_snapshot_parse(copy, len, &snap);
	free(copy);
	if (!err)
		tdxctl_snapshot_free(snap);
	return err;
}

static void good(void)
{
	struct tdxctl_snapshot *snap;
	struct fake_snapshot s;

	fake_snapshot(&s);
	if (!CHECK_EQ(tdxctl_snapshot_parse(&s, sizeof(s), &snap), 0))
		return;
	CHECK_EQ(snap->nr_hkids, 4);
	CHECK_EQ(snap->nr_tds, FAKE_TDS);
	CHECK_EQ(snap->nr_locks, 2);
	CHECK_EQ(snap->nr_cpus, 4);
	CHECK_EQ(snap->hkids[3].id, 20);
	CHECK_EQ(snap->tds[1].td.tdr, 0x2000);
	CHECK_STR(snap->tds[1].vm.name, "vmm1");
	CHECK_EQ(snap->leaves[0].calls, 3);
	tdxctl_snapshot_free(snap);
}

static void truncated(void)
{
	struct fake_snapshot s;

	fake_snapshot(&s);
	for (size_t len = 0; len < sizeof(s); len += 4)
		if (!CHECK_EQ(parse(&s, len), -EPROTO))
			return;
	CHECK_EQ(parse(&s, sizeof(s)), 0);
}

static void lies(void)
{
	struct fake_snapshot s;

	fake_snapshot(&s);
	s.hdr.size = sizeof(s.hdr) - 8;
	CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
	fake_snapshot(&s);
	s.hdr.total = sizeof(s) + 8;
	CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
	fake_snapshot(&s);
	s.hdr.total = 16;
	CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);

	for (int i = 0; i < TDXCTL_SEC_COUNT; i++) {
		struct tdxctl_section_desc *d = &s.hdr.section[i];

		fake_snapshot(&s);
		d->count++;
		if (i == TDXCTL_SEC_LEAVES)
			CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
		d->count = 0x80000000;
		CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
		/* 32 bits of count times stride would wrap to something small. */
		d->count = 0xffffffff;
		d->stride = 0xfffffff8;
		CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
		fake_snapshot(&s);
		d->stride -= 8;
		CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
		fake_snapshot(&s);
		d->stride = 0;
		CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
		fake_snapshot(&s);
		d->offset = 0;
		CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
		fake_snapshot(&s);
		d->offset += 4;
		CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
		fake_snapshot(&s);
		d->offset = 0xfffffff8;
		CHECK_EQ(parse(&s, sizeof(s)), -EPROTO);
	}
}

/* What a newer helper may send: longer header, longer records, new values. */
static void newer(void)
{
	struct {
		struct tdxctl_snapshot_hdr hdr;
		uint64_t more;
		struct {
			struct tdxctl_hkid hkid;
			uint64_t more;
		} hkids[2];
	} s = {
		.hdr = {
			.size = sizeof(s.hdr) + 8,
			.total = sizeof(s),
			.section[TDXCTL_SEC_HKIDS] = {
				.offset = sizeof(s.hdr) + 8, .stride = sizeof(s.hkids[0]), .count = 2,
			},
		},
		.hkids = { { .hkid = { .id = 5, .state = 99 } },
			   { .hkid = { .id = 6, .state = TDXCTL_HKID_LEAKED } } },
	};
	struct tdxctl_snapshot *snap;

	memset(s.hkids[1].hkid.owner.comm, 'x', TDXCTL_COMM_LEN);
	if (!CHECK_EQ(tdxctl_snapshot_parse(&s, sizeof(s), &snap), 0))
		return;
	CHECK_EQ(snap->nr_hkids, 2);
	CHECK_EQ(snap->nr_tds, 0);
	CHECK_EQ(snap->hkids[0].state, TDXCTL_HKID_UNKNOWN);
	CHECK_EQ(snap->hkids[1].id, 6);
	CHECK_EQ(snap->hkids[1].state, TDXCTL_HKID_LEAKED);
	CHECK_EQ(strlen(snap->hkids[1].owner.comm), TDXCTL_COMM_LEN - 1);
	tdxctl_snapshot_free(snap);
}

static void unknown_values(void)
{
	struct tdxctl_snapshot *snap;
	struct fake_snapshot s;

	fake_snapshot(&s);
	s.tds[0].state = 1000;
	s.tds[0].owner.tgid = -7;
	memcpy(s.tds[0].owner.comm, "a\033[2Jb", 7);
	s.cpus[1].state = 77;
	s.cpus[1].online = 5;
	s.locks[0].kind = 9;
	s.locks[1].held = 3;
	s.packages[0].global_key = 12;
	if (!CHECK_EQ(tdxctl_snapshot_parse(&s, sizeof(s), &snap), 0))
		return;
	CHECK_EQ(snap->tds[0].td.state, TDXCTL_TD_UNKNOWN);
	CHECK_EQ(snap->tds[0].td.owner.tgid, 0);
	CHECK_STR(snap->tds[0].vm.name, "a?[2Jb");
	CHECK_EQ(snap->cpus[1].state, TDXCTL_CPU_UNKNOWN);
	CHECK_EQ(snap->cpus[1].online, 1);
	CHECK_EQ(snap->nr_locks, 1);
	CHECK_EQ(snap->locks[0].kind, TDXCTL_LOCK_KEY_CONFIG);
	CHECK_EQ(snap->locks[0].held, TDXCTL_UNKNOWN32);
	CHECK_EQ(snap->packages[0].global_key, TDXCTL_UNKNOWN32);
	tdxctl_snapshot_free(snap);
}

/* A TD without a process name is named after its number. */
static void td_without_a_name(void)
{
	struct tdxctl_snapshot *snap;
	struct fake_snapshot s;

	fake_snapshot(&s);
	s.tds[1].id = 4294967294U;
	memset(s.tds[1].owner.comm, 0, TDXCTL_COMM_LEN);
	memset(s.tds[2].owner.comm, 0, TDXCTL_COMM_LEN);
	s.tds[2].owner.tgid = 0;
	if (!CHECK_EQ(tdxctl_snapshot_parse(&s, sizeof(s), &snap), 0))
		return;
	CHECK_STR(snap->tds[0].vm.name, "vmm0");
	CHECK_EQ(snap->tds[0].vm.pid, 4000);
	CHECK_EQ(snap->tds[0].vm.vm_fd, 11);
	CHECK_STR(snap->tds[1].vm.name, "td-4294967294");
	CHECK_STR(snap->tds[2].vm.name, "td-3");
	/* Without a process there is no descriptor. */
	CHECK_EQ(snap->tds[2].vm.pid, 0);
	CHECK_EQ(snap->tds[2].vm.vm_fd, -1);
	CHECK_EQ(snap->tds[2].vm.uid, (uid_t)-1);
	tdxctl_snapshot_free(snap);
}

/* Numbers that no process or descriptor can have. */
static void impossible_numbers(void)
{
	struct tdxctl_snapshot *snap;
	struct fake_snapshot s;

	fake_snapshot(&s);
	s.hkids[0].owner = (struct tdxctl_owner){ .tgid = -1, .tid = -2, .fd = -3 };
	s.tds[0].owner = (struct tdxctl_owner){ .tgid = 7, .tid = -2, .fd = -2 };
	s.locks[0].holder_tgid = -1;
	s.locks[0].holder_tid = -5;
	s.locks[0].source = 4711;
	s.locks[1].holder_tgid = 5;
	s.locks[1].holder_tid = 6;
	if (!CHECK_EQ(tdxctl_snapshot_parse(&s, sizeof(s), &snap), 0))
		return;
	CHECK_EQ(snap->hkids[0].owner.tgid, 0);
	CHECK_EQ(snap->hkids[0].owner.tid, 0);
	CHECK_EQ(snap->hkids[0].owner.fd, -1);
	CHECK_EQ(snap->tds[0].td.owner.tgid, 7);
	CHECK_EQ(snap->tds[0].td.owner.tid, 0);
	CHECK_EQ(snap->tds[0].vm.vm_fd, -1);
	CHECK_EQ(snap->locks[0].holder_tgid, 0);
	CHECK_EQ(snap->locks[0].holder_tid, 0);
	CHECK_EQ(snap->locks[0].source, TDXCTL_LOCK_IN_EFFECT);
	CHECK_EQ(snap->locks[1].holder_tgid, 5);
	CHECK_EQ(snap->locks[1].holder_tid, 6);
	CHECK_EQ(snap->hkids_charged, TDXCTL_UNKNOWN);
	CHECK_EQ(snap->platform.kvm_tdx, -1);
	tdxctl_snapshot_free(snap);
}

static const char *outcome(unsigned int n)
{
	return tdxctl_outcome_str(n);
}

static const char *kind(unsigned int n)
{
	return tdxctl_word_kind_str(n);
}

/* Each value has a name of its own, and the number after the last one has none. */
static void each_state_has_a_name(void)
{
	static const struct {
		const char *(*name)(unsigned int n);
		unsigned int count;
		const char *first, *last;
		unsigned int from; /* values below have no name */
	} t[] = {
		{ tdxctl_hkid_state_str, TDXCTL_HKID_STATES, "unknown", NULL, 0 },
		{ tdxctl_td_state_str, TDXCTL_TD_STATES, "unknown", NULL, 0 },
		{ tdxctl_cpu_state_str, TDXCTL_CPU_STATES, "unknown", NULL, 0 },
		{ tdxctl_strategy_str, TDXCTL_STRATEGIES, "auto", "stop", 0 },
		{ tdxctl_reason_str, TDXCTL_REASONS, "available", NULL, 0 },
		{ tdxctl_phase_str, TDXCTL_PHASES, "none", "cancelled", 0 },
		{ tdxctl_health_str, TDXCTL_HEALTH_UNKNOWN + 1, "ok", "unknown", 0 },
		{ outcome, TDXCTL_OUTCOMES, NULL, "fatal", TDXCTL_OUTCOME_NONE + 1 },
		{ kind, TDXCTL_WORD_KINDS, NULL, NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		for (unsigned int n = 0; n < t[i].count; n++) {
			if (!CHECK_EQ(!!t[i].name(n), n >= t[i].from) || n < t[i].from)
				continue;
			for (unsigned int k = t[i].from; k < n; k++)
				CHECK(strcmp(t[i].name(k), t[i].name(n)));
		}
		if (t[i].first)
			CHECK_STR(t[i].name(0), t[i].first);
		if (t[i].last)
			CHECK_STR(t[i].name(t[i].count - 1), t[i].last);
		CHECK(!t[i].name(t[i].count));
		CHECK(!t[i].name(t[i].count + 1));
		CHECK(!t[i].name(~0U));
	}
}

static void versions(void)
{
	static const struct {
		const char *text;
		uint64_t version;
		size_t used; /* 0: malformed */
	} t[] = {
		{ "1.5.16", 0x100050010, 6 },
		{ "0.0.0", 0, 5 },
		{ "65535.65535.65535x", 0xffffffffffff, 17 },
		{ "1.5.05.46", 0x100050005, 6 },
		{ "1.2.3 4", 0x100020003, 5 },
		{ "65536.0.0", 0, 0 },
		{ "0.65536.0", 0, 0 },
		{ "0.0.65536", 0, 0 },
		{ "1.5", 0, 0 },
		{ "1.5.", 0, 0 },
		{ ".5.1", 0, 0 },
		{ "1..5", 0, 0 },
		{ "", 0, 0 },
		{ "1,5,1", 0, 0 },
		{ "1.5,1", 0, 0 },
		{ "1.:.1", 0, 0 },
		{ "1./.1", 0, 0 },
		{ "99999999999999999999.0.0", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const char *end = NULL;
		uint64_t v = 7;

		CHECK_EQ(tdxctl_version_parse(t[i].text, &v, &end), t[i].used > 0);
		if (t[i].used) {
			CHECK_EQ(v, t[i].version);
			CHECK_EQ(end - t[i].text, t[i].used);
		}
	}
}

static void words(void)
{
	CHECK_STR(tdxctl_hkid_state_str(TDXCTL_HKID_LEAKED), "leaked");
	CHECK(!tdxctl_hkid_state_str(TDXCTL_HKID_STATES));
	CHECK_STR(tdxctl_td_state_str(TDXCTL_TD_KEYS_CONFIGURED), "keys-configured");
	CHECK_STR(tdxctl_cpu_state_str(TDXCTL_CPU_NOT_ENABLED), "not-enabled");
	CHECK_STR(tdxctl_leaf_str(9), "TDH.MNG.CREATE");
	CHECK(!tdxctl_leaf_str(12));
	CHECK_STR(tdxctl_status_str(0x80000200000000baULL), "TDX_OPERAND_BUSY");
	CHECK_STR(tdxctl_status_str(0), "TDX_SUCCESS");
	CHECK_STR(tdxctl_status_str(0x8000ff00ffff0000ULL), "TDX_SEAMCALL_VMFAILINVALID");
	CHECK_STR(tdxctl_status_str(0x8000ff0000000006ULL), "TDX_SEAMCALL_UD");
	CHECK_STR(tdxctl_status_str(0x8000ff000000000dULL), "TDX_SEAMCALL_GP");
	CHECK(!tdxctl_status_str(0x1234567800000000ULL));
	CHECK_STR(tdxctl_operand_str(0xba), "KOT");
	CHECK(!tdxctl_operand_str(0x1000));
}

int main(void)
{
	RUN(good);
	RUN(truncated);
	RUN(lies);
	RUN(newer);
	RUN(unknown_values);
	RUN(td_without_a_name);
	RUN(impossible_numbers);
	RUN(words);
	RUN(each_state_has_a_name);
	RUN(versions);
	return check_done("lib-parse");
}
