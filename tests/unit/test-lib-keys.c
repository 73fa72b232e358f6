/* SPDX-License-Identifier: GPL-2.0-only */
/* KeyIDs: the arithmetic against ranges that real hosts print, and MSR files. */
#include <facts.h>
#include "lib-fake.h"

static void ranges(void)
{
	/* "private KeyID range [a, b)" of real boards, bits, split, most TDs */
	static const struct {
		uint32_t a, b, bits, split, tds;
	} seen[] = {
		{ 32, 64, 6, 1, 31 },  { 64, 128, 7, 1, 63 }, { 1, 64, 6, 6, 62 },
		{ 1, 128, 7, 7, 126 }, { 16, 32, 5, 1, 15 },  { 16, 64, 6, 2, 47 },
	};
	struct tdxctl_keys k;
	const char *why;

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		struct tdxctl_msr_set s = {
			.msr[TDXCTL_MSR_KEYID] = {
				.readable = true,
				.value = (uint64_t)(seen[i].b - seen[i].a) << 32 | (seen[i].a - 1),
			},
		};

		CHECK_EQ(tdxctl_keys_of(seen[i].bits, seen[i].split, &k), 0);
		CHECK_EQ(k.first_private, seen[i].a);
		CHECK_EQ(k.private_keys, seen[i].b - seen[i].a);
		CHECK_EQ(k.max_tds, seen[i].tds);
		CHECK_EQ(k.tme_mt_keys, seen[i].a - 1);
		CHECK(tdxctl_keys_host(&s, &k, &why));
		CHECK_EQ(k.bits, seen[i].bits);
		CHECK_EQ(k.split, seen[i].split);
		CHECK_EQ(k.max_tds, seen[i].tds);
		CHECK_EQ(k.first_private, seen[i].a);
	}
	CHECK_EQ(tdxctl_keys_of(0, 0, &k), -EINVAL);
	CHECK_EQ(tdxctl_keys_of(16, 0, &k), -EINVAL);
	CHECK_EQ(tdxctl_keys_of(6, 7, &k), -EINVAL);
	CHECK_EQ(tdxctl_keys_of(6, 0, &k), 0);
	CHECK_EQ(k.max_tds, 0);
	CHECK_EQ(k.tme_mt_keys, 63);
}

static void nonsense(void)
{
	struct tdxctl_msr_set s = { .msr[TDXCTL_MSR_KEYID] = { .reason = "no permission" } };
	struct tdxctl_val *v = &s.msr[TDXCTL_MSR_KEYID];
	struct tdxctl_keys k;
	const char *why = NULL;

	CHECK(!tdxctl_keys_host(&s, &k, &why));
	CHECK_STR(why, "no permission");
	v->fault = true;
	CHECK(!tdxctl_keys_host(&s, &k, &why));
	CHECK(strstr(why, "TME-MT is off"));
	*v = (struct tdxctl_val){ .readable = true, .value = UINT64_MAX };
	CHECK(!tdxctl_keys_host(&s, &k, &why));
	v->value = 0;
	CHECK(tdxctl_keys_host(&s, &k, &why));
	CHECK_EQ(k.max_tds, 0);
	CHECK_EQ(k.bits, 0);
}

/* Either count alone may be invalid; there is a reason. */
static void counts_that_cannot_be(void)
{
	static const struct {
		uint64_t private, shared;
		bool good;
	} t[] = {
		{ 1, 0x7fff, true },	   { 1, 0x8000, false }, { 1, 0xffffffff, false },
		{ 0x7fff, 1, true },	   { 0x8000, 1, false }, { 0xffffffff, 1, false },
		{ 0x8000, 0x8000, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tdxctl_msr_set s = {
			.msr[TDXCTL_MSR_KEYID] = { .readable = true,
						   .value = t[i].private << 32 | t[i].shared },
		};
		const char *why = "";
		struct tdxctl_keys k;

		CHECK_EQ(tdxctl_keys_host(&s, &k, &why), t[i].good);
		if (t[i].good) {
			CHECK_EQ(k.private_keys, t[i].private);
			CHECK_EQ(k.tme_mt_keys, t[i].shared);
			CHECK_EQ(k.max_tds, t[i].private - 1);
		} else {
			CHECK(strstr(why, "0x87"));
		}
	}
}

/* MSR 0x982 has the split, if it has KeyID bits. */
static void split_of_msr_982(void)
{
	struct tdxctl_msr_set s = {
		.msr[TDXCTL_MSR_KEYID] = { .readable = true, .value = 0x200000001fULL },
		.msr[TDXCTL_MSR_TME_ACTIVATE] = { .readable = true, .value = 0x2700000003ULL },
	};
	struct tdxctl_val *act = &s.msr[TDXCTL_MSR_TME_ACTIVATE];
	struct tdxctl_keys k;
	const char *why;

	CHECK(tdxctl_keys_host(&s, &k, &why));
	CHECK_EQ(k.bits, 7);
	CHECK_EQ(k.split, 2);
	/* No KeyID bits: the counts decide. */
	act->value = 0x2000000003ULL;
	CHECK(tdxctl_keys_host(&s, &k, &why));
	CHECK_EQ(k.bits, 6);
	CHECK_EQ(k.split, 1);
	act->value = 0x2700000003ULL;
	act->readable = false;
	CHECK(tdxctl_keys_host(&s, &k, &why));
	CHECK_EQ(k.bits, 6);
	CHECK_EQ(k.split, 1);
}

static void files(void)
{
	struct tdxctl_snapshot *snap;
	struct tdxctl_msr_set *s;
	struct tdxctl_ctx *ctx;
	size_t n;

	fake_new();
	fake_file("sys/devices/system/cpu/present", "0-3\n");
	fake_file("sys/devices/system/cpu/online", "1-2\n");
	for (int i = 0; i < 4; i++) {
		char path[80];

		snprintf(path, sizeof(path),
			 "sys/devices/system/cpu/cpu%d/topology/physical_package_id", i);
		fake_file(path, i < 2 ? "0\n" : "1\n");
	}
	/* CPU 0 is offline: its file is not looked at. */
	fake_file("dev/cpu/0/msr.txt", "0x87 0x1\n");
	fake_file("dev/cpu/1/msr.txt",
		  "0x87 0x200000001f\n0x982 fault\n0x3a 0x\n0xce\n0xfe 0x8d00 x\n"
		  "0x1400 0x10000000000000000\n0x480 0x7\n0x480 0x8\nzz\n\n");
	if (tdxctl_new(&ctx))
		exit(1);
	CHECK_EQ(tdxctl_set_root(ctx, fake_dir), 0);
	if (!CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0))
		exit(1);
	CHECK_EQ(tdxctl_msrs_get(ctx, snap, TDXCTL_MSRS_ALL, &s, &n), 0);
	if (CHECK_EQ(n, 2)) {
		CHECK_EQ(s[0].cpu, 1);
		CHECK_EQ(s[1].cpu, 2);
		CHECK_EQ(s[1].package, 1);
		CHECK(s[0].msr[TDXCTL_MSR_KEYID].readable);
		CHECK_EQ(s[0].msr[TDXCTL_MSR_KEYID].value, 0x200000001fULL);
		CHECK(s[0].msr[TDXCTL_MSR_TME_ACTIVATE].fault);
		CHECK(!s[0].msr[TDXCTL_MSR_FEATURE_CONTROL].readable);
		CHECK(!s[0].msr[TDXCTL_MSR_PLATFORM_INFO].readable);
		CHECK(!s[0].msr[TDXCTL_MSR_MTRRCAP].readable);
		CHECK(!s[0].msr[TDXCTL_MSR_SEAMRR_BASE].readable);
		CHECK_EQ(s[0].msr[TDXCTL_MSR_VMX_BASIC].value, 8);
		for (int i = 0; i < TDXCTL_MSR_COUNT; i++) {
			CHECK_EQ(s[0].msr[i].readable, !s[0].msr[i].reason);
			CHECK(!s[1].msr[i].readable);
			CHECK(!s[1].msr[i].fault);
		}
		CHECK_EQ(tdxctl_msr_number(TDXCTL_MSR_SGX_DEBUG), 0x503);
	}
	free(s);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
	fake_end();
}

int main(void)
{
	RUN(ranges);
	RUN(nonsense);
	RUN(counts_that_cannot_be);
	RUN(split_of_msr_982);
	RUN(files);
	return check_done("test-lib-keys");
}
