// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any stream of calls, also one no module would answer: the ledger stays bounded
 * and what it serialises is a snapshot the library accepts.
 */
#include <errno.h>
#include <libtdxctl.h>
#include <ledger/wire.h>

#include "fuzz.h"

enum { NR_CPUS = 4, NR_PKGS = 2, NR_HKIDS = 15, GLOBAL = 16, MAX_TDS = 6, IN_FLIGHT = 4 };

static const u16 cpu_pkg[NR_CPUS] = { 0, 0, 1, 1 };
static const u32 leaves[] = {
#define X(num, id, name) num,
	TDX_LEAVES(X)
#undef X
		12,
	69,
	70,
	0xffff,
};
static const u64 statuses[] = {
	0,
	TDX_ST_OP(OPERAND_BUSY, TDX_OP_KOT),
	TDX_ST(KEY_GENERATION_FAILED),
	TDX_ST(INTERRUPTED_RESUMABLE),
	TDX_ST(NO_HKID_READY_TO_WBCACHE),
	TDX_ST(FLUSHVP_NOT_DONE),
	TDX_ST(LIFECYCLE_STATE_INCORRECT),
	TDX_ST_OP(OPERAND_INVALID, TDX_OP_RCX),
	TDX_SEAMCALL_VMFAILINVALID,
	TDX_SEAMCALL_UD,
	TDX_ST(VCPU_ASSOCIATED),
	TDX_ST(EPT_ENTRY_NOT_FREE),
};

/* Mostly few addresses and KeyIDs that meet each other again, sometimes any word. */
static u64 operand(struct input *in)
{
	u8 sel = input_u8(in);

	if (sel < 0x40)
		return (u64)(0x100 + (sel & 15)) << 12;
	if (sel < 0x80)
		return GLOBAL + (sel & 15);
	if (sel < 0xa0)
		return (u64)(GLOBAL + (sel & 15)) << 46 | (u64)(0x100 + (sel >> 4 & 1)) << 12;
	if (sel < 0xc0)
		return (u64)(sel & 15) << 12 | (sel >> 4 & 3);
	return sel < 0xd0 ? 0 : input_u64(in);
}

static void start(struct ledger *l, struct ledger_call *c, struct input *in, u64 now)
{
	*c = (struct ledger_call){
		.start_ns = now,
		.rax = leaves[input_u8(in) % ARRAY_SIZE(leaves)],
		.cpu = input_u8(in) % (NR_CPUS + 1),
		.in = { operand(in), operand(in), operand(in), operand(in), 0, 0 },
		.max_vcpus = input_u8(in) & 1 ? 4 : LEDGER_UNKNOWN32,
		.owner = { .tgid = input_u8(in) & 3, .fd = -1, .comm = "vmm" },
	};
	ledger_begin(l, c);
}

static void stop(struct ledger *l, struct ledger_call *c, struct input *in, u64 now)
{
	struct ledger_regs out = { operand(in), operand(in), operand(in), 0, 0, 0 };
	u8 how = input_u8(in);

	ledger_end(l, c, now, statuses[how % ARRAY_SIZE(statuses)], how & 0x80 ? NULL : &out);
}

static void check_wire(const struct ledger *l, u64 now)
{
	static const struct wire_cpu cpus[NR_CPUS] = {
		{ .cpu = 0, .online = true },
		{ .cpu = 1, .online = true },
		{ .cpu = 2, .pkg = 1, .online = true },
		{ .cpu = 3, .pkg = 1 },
	};
	static const u32 pkg_id[NR_PKGS] = { 0, 1 };
	const struct wire_host host = {
		.now_ns = now,
		.nr_cpus = NR_CPUS,
		.cpus = cpus,
		.nr_pkgs = NR_PKGS,
		.pkg_id = pkg_id,
	};
	struct tdxctl_snapshot *snap;
	size_t size = wire_size(l, &host);
	u64 *buf = malloc(size);
	s64 n;

	MUST(buf);
	MUST(size % 8 == 0);
	MUST(wire_fill(l, &host, buf, size - 8) == -ENOSPC);
	n = wire_fill(l, &host, buf, size);
	MUST(n > 0 && (size_t)n <= size);
	MUST(!tdxctl_snapshot_parse(buf, (size_t)n, &snap));
	MUST(snap->nr_hkids == NR_HKIDS && snap->nr_tds == ledger_td_count(l));
	tdxctl_snapshot_free(snap);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };
	u8 first = input_u8(&in);
	const struct ledger_config cfg = {
		.global_hkid = GLOBAL,
		.first_hkid = GLOBAL + 1,
		.nr_hkids = NR_HKIDS,
		.hkid_shift = 46,
		.nr_cpus = NR_CPUS,
		.nr_pkgs = NR_PKGS,
		.cpu_pkg = cpu_pkg,
		.max_tds = MAX_TDS,
		.max_vcpus = 8,
		.from_start = first & 1,
	};
	struct ledger_call call[IN_FLIGHT];
	bool busy[IN_FLIGHT] = { false };
	size_t size = ledger_size(&cfg);
	void *mem = malloc(size);
	struct ledger *l;
	u64 now = 1;

	MUST(mem);
	memset(mem, 0xa5, size);
	l = ledger_init(mem, &cfg);
	MUST(l);
	while (input_left(&in)) {
		u8 op = input_u8(&in), i = op & (IN_FLIGHT - 1);

		now += 1 + (u64)(op >> 4) * 100;
		if (op >> 2 == 63) {
			ledger_missed(l, 1 + i);
		} else if (op >> 2 == 62) {
			struct ledger_td td = {
				.tdr = operand(&in),
				.hkid = (u32)operand(&in),
				.state = LEDGER_TD_RUNNABLE,
				.keyed_pkgs = LEDGER_UNKNOWN32,
				.last_hkid = LEDGER_UNKNOWN32,
				.vcpus = LEDGER_UNKNOWN32,
				.max_vcpus = LEDGER_UNKNOWN32,
				.private_pages = LEDGER_UNKNOWN,
				.sept_pages = LEDGER_UNKNOWN,
				.control_pages = LEDGER_UNKNOWN,
			};

			ledger_adopt_td(l, &td);
		} else if (busy[i]) {
			stop(l, &call[i], &in, now);
			busy[i] = false;
		} else {
			start(l, &call[i], &in, now);
			busy[i] = call[i].counted;
		}
		MUST(ledger_td_count(l) <= MAX_TDS);
	}
	check_wire(l, now);
	free(mem);
	return 0;
}
