/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The backend of a captured host: a directory with copies of its files, and text files
 * in place of devices.
 */
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include "captured.h"

/* From Linux 6.16; the headers of 6.1 do not have it. */
#define CAP_VM_TYPES 235

static const char not_captured[] = "not in the captured host";

/* Parses "0x87 0x100000000f" or "0x87 fault". */
static void msr_line(struct tdxctl_msr_set *s, const char *line, bool all)
{
	unsigned long long num, value;
	char *end;

	errno = 0;
	num = strtoull(line, &end, 16);
	if (end == line || errno || *end != ' ')
		return;
	line = end + strspn(end, " ");
	for (size_t i = 0; i < TDXCTL_MSR_COUNT; i++) {
		struct tdxctl_val *v = &s->msr[i];

		if (tdxctl_msr_number(i) != num || !msr_wanted(i, all))
			continue;
		if (!strcmp(line, "fault")) {
			*v = (struct tdxctl_val){ .fault = true,
						  .reason = "the CPU has no such MSR" };
			return;
		}
		value = strtoull(line, &end, 16);
		if (end == line || errno || *end)
			*v = (struct tdxctl_val){ .reason = "malformed in the captured host" };
		else
			val_set(v, value);
	}
}

static void msrs(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all)
{
	char path[40], *text, *line, *save;
	ssize_t len;

	snprintf(path, sizeof(path), "/dev/cpu/%u/msr.txt", s->cpu);
	msrs_unknown(s, all, not_captured);
	len = root_read(ctx, path, 64 << 10, &text);
	if (len < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		msr_line(s, line, all);
	free(text);
}

/* Parses lines "leaf subleaf eax ebx ecx edx" in hexadecimal. */
static void cpuid_text(const char *text, struct tdxctl_cpu_facts *c)
{
	unsigned int leaf, sub, r[4];

	text_each_line(p, text)
	{
		if (sscanf(p, "%x %x %x %x %x %x", &leaf, &sub, &r[0], &r[1], &r[2], &r[3]) != 6)
			continue;
		if (leaf == 7 && !sub) {
			val_set(&c->cpuid_7_ebx, r[1]);
			val_set(&c->cpuid_7_ecx, r[2]);
		} else if (leaf == 0x80000008) {
			val_set(&c->pa_bits, r[0] & 0xff);
		}
	}
}

/*
 * Parses lines "235 33", capability and answer; "td ATTRIBUTES XFAM VCPUS", the answers
 * for a TD; "td other-abi" when KVM_TDX_CAPABILITIES differs from Linux 6.16.
 */
static void kvm_text(const char *text, struct tdxctl_facts *f, bool td)
{
	unsigned long long cap, answer, a, x;

	text_each_line(p, text)
	{
		if (td && sscanf(p, "td %llx %llx %llu", &a, &x, &answer) == 3) {
			val_set(&f->td_attributes, a);
			val_set(&f->td_xfam, x);
			val_set(&f->td_max_vcpus, answer);
		}
		if (td && !strncmp(p, "td other-abi", 12))
			kvm_td_unknown(f, tdxctl_td_other_abi);
		if (sscanf(p, "%llu %llu", &cap, &answer) != 2)
			continue;
		if (cap == CAP_VM_TYPES)
			val_set(&f->kvm_vm_types, answer);
		else if (cap == KVM_CAP_MAX_VCPUS)
			val_set(&f->kvm_max_vcpus, answer);
	}
}

static int cpuid(struct tdxctl_ctx *ctx, struct tdxctl_cpu_facts *c)
{
	char *text;

	c->cpuid_7_ebx.reason = c->cpuid_7_ecx.reason = c->pa_bits.reason = not_captured;
	if (root_read(ctx, "/dev/cpu/0/cpuid.txt", 64 << 10, &text) >= 0) {
		cpuid_text(text, c);
		free(text);
	}
	return 0;
}

static int kvm(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool td)
{
	char *text;

	kvm_unknown(f, not_captured, td);
	if (root_read(ctx, "/dev/kvm.txt", 4096, &text) >= 0) {
		kvm_text(text, f, td);
		free(text);
	}
	return 0;
}

static int klog(struct tdxctl_ctx *ctx, struct text_buf *b, bool *complete)
{
	int err = klog_read_file(ctx, "/var/log/dmesg", b);

	*complete = !err && b->p && strstr(b->p, KLOG_FIRST);
	return err;
}

static int qgs_log(struct tdxctl_ctx *ctx, size_t max, struct tdxctl_text *t)
{
	src_text(ctx, "/var/log/qgsd.log", max, t);
	return 0;
}

static const struct host_sources sources = {
	.klog = klog,
	.msrs = msrs,
	.cpuid = cpuid,
	.kvm = kvm,
	.qgs_log = qgs_log,
};

static int facts(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts *f)
{
	facts_unknown(f, what & TDXCTL_FACTS_OBSERVED, tdxctl_no_helper);
	return host_facts(ctx, &sources, what, f);
}

static int get_msrs(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap,
		    enum tdxctl_msrs which, struct tdxctl_msr_set **out, size_t *count)
{
	return host_msrs(ctx, snap, which, msrs, out, count);
}

static int helper(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out)
{
	return host_helper(ctx, out);
}

/* When the files were copied. */
static int copied_at(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	char uptime[64];
	uint64_t up;

	if (root_read_line(ctx, "/proc/uptime", uptime, sizeof(uptime)) ||
	    sscanf(uptime, "%" SCNu64, &up) != 1 || host_boot_time(ctx, seconds))
		return -ENODATA;
	*seconds += up;
	return 0;
}

const struct backend captured_backend = {
	.name = "captured",
	.unsupported = "a captured host has only files",
	.hint = "run the command on the live host",
	.copied = true,
	.snapshot = host_snapshot,
	.facts = facts,
	.msrs = get_msrs,
	.pins = host_pins,
	.boot_time = host_boot_time,
	.time = copied_at,
	.hostname = host_name,
	.conf = host_conf,
	.helper = helper,
};
