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
	RUN(files);
	return check_done("test-lib-keys");
}
