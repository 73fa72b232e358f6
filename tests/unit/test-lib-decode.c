/* SPDX-License-Identifier: GPL-2.0-only */
/* Words explained: every code has what it needs, logs are read with care. */
#include <decode.h>
#include "lib-fake.h"
#include "tdx.h"

static struct tdxctl_word word(const char *text)
{
	struct tdxctl_word w = { .kind = TDXCTL_WORD_KINDS };

	CHECK_EQ(tdxctl_decode(text, TDXCTL_WORD_AUTO, &w), 0);
	return w;
}

/* Codes of the attestation services, by number and by name, and in their logs only. */
static void quote_codes(void)
{
	static const char *const codes[] = { "0xe011", "0x11001", "0x1100f", "0x12001", "0xb011",
					     "0xb033", "401",	  "0xb001",  "0xb00d",	"0xe00e",
					     "0xe014", "0x1100e", "0x11011" };
	static const char vmm[] = "QGS message error code 73729",
			  old[] = "Intel PCS server returns error. Error code : 401";
	static const char pci[] = "pci 0000:00:1f.0: io port 0xe011";
	static const char qgs[] = "tee_att_init_quote return 0x11001";
	static const char pcs[] = "Intel PCS server returns error(401).";
	size_t start, end;
	struct tdxctl_word w;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		w = word(codes[i]);
		CHECK_EQ(w.kind, TDXCTL_WORD_QUOTE);
		CHECK(w.name && w.meaning && w.advice);
		CHECK_EQ(word(w.name).value, w.value);
	}
	CHECK_EQ(word("0xe0ff").kind, TDXCTL_WORD_LEAF);
	CHECK(!tdxctl_decode_find(pci, sizeof(pci) - 1, 0, &start, &end, &w));
	CHECK(tdxctl_decode_find(qgs, sizeof(qgs) - 1, 0, &start, &end, &w));
	CHECK_EQ(w.value, 0x11001);
	CHECK_EQ(end, sizeof(qgs) - 1);
	CHECK(tdxctl_decode_find(pcs, sizeof(pcs) - 1, 0, &start, &end, &w));
	CHECK_EQ(w.value, 401);
	CHECK_EQ(start, sizeof("Intel PCS server returns error(") - 1);
	CHECK(tdxctl_decode_find(old, sizeof(old) - 1, 0, &start, &end, &w));
	CHECK_EQ(w.value, 401);
	CHECK(tdxctl_decode_find(vmm, sizeof(vmm) - 1, 0, &start, &end, &w));
	CHECK_EQ(w.value, 0x12001);
	CHECK_EQ(end, sizeof(vmm) - 1);
}

static void every_code(void)
{
	static const uint32_t his[] = {
#define X(hi, id) hi,
		TDX_STATUSES(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(his) / sizeof(his[0]); i++) {
		struct tdxctl_word w;
		char hex[32];

		snprintf(hex, sizeof(hex), "0x%08x%08x", his[i], 0x80);
		w = word(hex);
		CHECK_EQ(w.kind, TDXCTL_WORD_STATUS);
		CHECK(w.name);
		CHECK(w.class_name);
		CHECK(w.outcome != TDXCTL_OUTCOME_NONE);
		/* By name it is the same code. */
		CHECK_EQ(word(w.name).value, (uint64_t)his[i] << 32);
		if (!w.meaning)
			CHECK(!w.advice);
	}
	for (unsigned int i = 0; i < TDX_LEAF_COUNT; i++) {
		const char *name = tdxctl_leaf_str(i);
		char dec[8];

		snprintf(dec, sizeof(dec), "%u", i);
		CHECK_EQ(!name, !word(dec).name);
		CHECK_EQ(!name, !word(dec).meaning);
		if (name)
			CHECK_EQ(word(name).value, i);
	}
}

static void outcomes(void)
{
	CHECK_EQ(word("0000000000000000").outcome, TDXCTL_OUTCOME_SUCCESS);
	CHECK_EQ(word("0x0000081500000000").outcome, TDXCTL_OUTCOME_INFORMATION);
	CHECK_EQ(word("0x80000200000000a9").outcome, TDXCTL_OUTCOME_RETRY);
	CHECK_STR(word("0x80000200000000a9").operand_name, "TD_EPOCH");
	CHECK_EQ(word("0xc000010000000000").outcome, TDXCTL_OUTCOME_ERROR);
	CHECK_STR(word("0xc000010000000000").operand_name, "RAX");
	CHECK_EQ(word("0x4000000100000000").outcome, TDXCTL_OUTCOME_FATAL);
	CHECK_EQ(word("0xe000060400000000").outcome, TDXCTL_OUTCOME_FATAL);
	CHECK_STR(word("0xc00009210000003b").operand_name, "IA32_TSC_ADJUST");
	CHECK_STR(word("0xc00009210000003b").operand_kind, "MSR");
	CHECK(!word("0xc000092100000000").operand_kind);
	CHECK_EQ(word("0xc000092100007777").operand, 0x7777);
	CHECK(!word("0xc000092100007777").operand_name);
	CHECK_STR(word("0x8000ff0000000006").name, "TDX_SEAMCALL_UD");
	CHECK(strstr(word("0x8000ff0000000006").meaning, "VMX"));
	CHECK(!word("0x8000ff000000000e").name);
	/* The upper half, as tables print it. */
	CHECK_STR(word("80000824").name, "TDX_FLUSHVP_NOT_DONE");
	CHECK_STR(word("0xc0000a02").name, "TDX_TDMR_OUTSIDE_CMRS");
	CHECK(!word("0xc0000a02").operand_kind);
	CHECK_EQ(word("0xc0000a0200000000").operand, 0);
	CHECK_STR(word("0xc0000a0200000000").operand_kind, "TDMR");
	CHECK_EQ(word("0x10016").operand, 1);
	CHECK_STR(word("0x10016").name, "TDH.VP.INIT");
	CHECK_STR(word("-16").name, "EBUSY");
}

static void refused(void)
{
	static const char *const bad[] = {
		"",
		"0x",
		"x",
		"-",
		"--",
		"-1",
		"0x1g",
		"1e",
		"0x10000000000000000",
		"TDX_",
		"TDH",
		"TDH.MNG",
		"ENOENT",
		" 1",
		"18446744073709551616",
		"0000000000000000000000000000000000000000000001",
	};
	struct tdxctl_word w;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK_EQ(tdxctl_decode(bad[i], TDXCTL_WORD_AUTO, &w), -EINVAL))
			fprintf(stderr, "  \"%s\"\n", bad[i]);
	CHECK_EQ(tdxctl_decode("ENOSPC", TDXCTL_WORD_XFAM, &w), -EINVAL);
	CHECK_EQ(tdxctl_decode("3", TDXCTL_WORD_XFAM, &w), 0);
	CHECK_EQ(w.kind, TDXCTL_WORD_XFAM);
}

static void bits(void)
{
	CHECK_STR(tdxctl_decode_bit(TDXCTL_WORD_FEATURES, 18)->name, "NO_RBP_MOD");
	CHECK_STR(tdxctl_decode_bit(TDXCTL_WORD_ATTRIBUTES, 28)->name, "SEPT_VE_DISABLE");
	CHECK_STR(tdxctl_decode_bit(TDXCTL_WORD_XFAM, 18)->name, "XTILEDATA");
	CHECK(!tdxctl_decode_bit(TDXCTL_WORD_XFAM, 63));
	CHECK(!tdxctl_decode_bit(TDXCTL_WORD_STATUS, 0));
}

static size_t found(const char *line)
{
	size_t from = 0, start, end, n = 0;
	struct tdxctl_word w;

	while (tdxctl_decode_find(line, strlen(line), from, &start, &end, &w)) {
		CHECK(start >= from && end > start && end <= strlen(line));
		CHECK(w.name);
		from = end;
		n++;
	}
	return n;
}

static void logs(void)
{
	CHECK_EQ(found("virt/tdx: SEAMCALL (0x1c) failed: 0xc000030000000001"), 2);
	CHECK_EQ(found("kvm_intel: SEAMCALL TDH_MNG_KEY_CONFIG failed: 0x8000080000000000"), 1);
	CHECK_EQ(found("SEAMCALL[0x21]: 0xC000090000000000,0xc000090000000000"), 3);
	CHECK_EQ(found("KEY_CONFIGURED 0x0000081500000000"), 1);
	/* A physical address at 3 TiB, kernel pointers, counters, cut words. */
	CHECK_EQ(found("mem 0x0000030112345678-0x00000301ffffffff 0x30100000000"), 0);
	CHECK_EQ(found("RIP 0xffffffff81000000 RSP 0xffffc90000003000"), 0);
	CHECK_EQ(found("0x0000000000000000 0x1c leaf (0x1c)"), 0);
	CHECK_EQ(found("0xc0000300000000010 0xc000030000000001_x y0xc000030000000001"), 0);
	CHECK_EQ(found("0x 0xg 00x 0"), 0);
	CHECK_EQ(found(""), 0);
	CHECK_EQ(found("SEAMCALL (0x2a)"), 0);
	/* Without 0x. */
	CHECK_EQ(found("SEAMCALL failed: CPU 3: leaf 33, error 0xc000092100000122."), 2);
	CHECK_EQ(found("x: leaf 999 leaf 33 : leaf 3x : leaf : leaf"), 0);
	CHECK_EQ(found("KVM: unknown exit, hardware reason c000092100000122"), 1);
	CHECK_EQ(found("KVM: unknown exit, hardware reason 31"), 0);
	/* What a VMM makes of an error of that one command. */
	CHECK_EQ(found("TDX ioctl KVM_TDX_INIT_VM failed, hw_errors: 0x0: No space left on device"),
		 1);
	CHECK_EQ(found("KVM_TDX_INIT_VM failed: Device or resource busy, Input/output error"), 2);
	CHECK_EQ(found("VFIO_MAP_DMA failed: No space left on device"), 0);
	CHECK_EQ(found("No space left on device: KVM_TDX_INIT_VM"), 0);
	CHECK_EQ(found("KVM_TDX_INIT_VM failed: No space left"), 0);
	CHECK_EQ(found("hardware reason c0000921000001221 hardware reason c00009210000012"), 0);
}

/* Shell completion offers these names. */
static void names(void)
{
	struct tdxctl_word w;
	const char *name;
	size_t n;

	for (n = 0; (name = tdxctl_decode_name(n)); n++) {
		CHECK_EQ(tdxctl_decode(name, TDXCTL_WORD_AUTO, &w), 0);
		CHECK(w.name && !strcmp(w.name, name));
	}
	CHECK(n > 100);
	CHECK(!tdxctl_decode_name(n));
}

/* A kind that is given is not guessed: the same number as each of them. */
static void given_kinds(void)
{
	struct tdxctl_word w;

	CHECK_EQ(tdxctl_decode("9", TDXCTL_WORD_LEAF, &w), 0);
	CHECK_EQ(w.kind, TDXCTL_WORD_LEAF);
	CHECK_STR(w.name, "TDH.MNG.CREATE");
	CHECK_EQ(tdxctl_decode("0x9", TDXCTL_WORD_STATUS, &w), 0);
	CHECK_EQ(w.kind, TDXCTL_WORD_STATUS);
	CHECK_EQ(w.value, 9);
	CHECK_EQ(tdxctl_decode("0x9", TDXCTL_WORD_XFAM, &w), 0);
	CHECK_EQ(w.kind, TDXCTL_WORD_XFAM);
	CHECK_EQ(w.value, 9);
	CHECK_EQ(tdxctl_decode("x9", TDXCTL_WORD_LEAF, &w), -EINVAL);
}

/* The first name in the line from an offset on, as "NAME START END"; "" if there is none. */
static void finds(const char *line, const char *want)
{
	struct tdxctl_word w;
	size_t start, end;
	char got[120] = "";

	if (tdxctl_decode_find(line, strlen(line), 0, &start, &end, &w))
		snprintf(got, sizeof(got), "%s %.*s", w.name ? w.name : "?", (int)(end - start),
			 line + start);
	CHECK_STR(got, want);
}

/* Numbers without 0x count only behind the words that the kernel and QEMU print. */
static void numbers_without_prefix(void)
{
	finds("SEAMCALL failed: CPU 7: leaf 9, error", "TDH.MNG.CREATE 9");
	finds("x: leaf 9, y", "TDH.MNG.CREATE 9");
	finds("x: leaf 9x, y", "");
	finds("x: leaf 12, y", "");
	finds("x: leaf , y", "");
	finds("x: leaf 00009, y", "");
	finds("x: leaves 9, y", "");
	finds("KVM: unknown exit, hardware reason 8000020000000092",
	      "TDX_OPERAND_BUSY 8000020000000092");
	finds("hardware reason 80000200000000921", "");
	finds("hardware reason ", "");
	finds("QGS message error code 69633", "TEE_ATT_ERROR_UNEXPECTED 69633");
	finds("QGS message error code x", "");
	finds("QGS message error code 1", "");
}

int main(void)
{
	RUN(every_code);
	RUN(quote_codes);
	RUN(outcomes);
	RUN(refused);
	RUN(bits);
	RUN(logs);
	RUN(names);
	RUN(given_kinds);
	RUN(numbers_without_prefix);
	return check_done("test-lib-decode");
}
