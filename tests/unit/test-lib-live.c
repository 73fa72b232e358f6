/* SPDX-License-Identifier: GPL-2.0-only */
/* Hardware of the live host: MSRs from their device, the CPU from CPUID without /proc. */
#include <cpuid.h>
#include <facts.h>
#include <sys/syscall.h>
#include <time.h>
#include "lib-fake.h"

#define CPU "sys/devices/system/cpu/"

/* The device fails with this errno for this MSR. */
static uint64_t bad_msr;
static int bad_errno;

/* It replaces libc's function in the whole program. */
ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
	if (bad_errno && (uint64_t)at == bad_msr) {
		errno = bad_errno;
		return -1;
	}
	return syscall(SYS_pread64, fd, buf, n, at);
}

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)path;
	(void)flags;
	return -ENOENT;
}

static const struct tdxctl_ops ops = { .open = v_open };

/* Packages 0 and 1, of CPUs 0 and 1. */
static void begin(void)
{
	fake_new();
	chmod(fake_dir, 0755);
	fake_file(CPU "present", "0-1\n");
	fake_file(CPU "online", "0-1\n");
	fake_file(CPU "cpu0/topology/physical_package_id", "0\n");
	fake_file(CPU "cpu1/topology/physical_package_id", "1\n");
}

/* Each MSR of @cpu has 1001 times its number as value. */
static void msr_device(int cpu)
{
	char path[40];
	uint64_t v;
	int fd;

	snprintf(path, sizeof(path), "dev/cpu/%d/msr", cpu);
	fake_file(path, "");
	fd = open(fake_path(path), O_WRONLY);
	for (int i = 0; i < TDXCTL_MSR_COUNT; i++) {
		v = tdxctl_msr_number((enum tdxctl_msr)i) * 1001ULL;
		if (pwrite(fd, &v, sizeof(v), tdxctl_msr_number((enum tdxctl_msr)i)) != sizeof(v))
			exit(1);
	}
	close(fd);
}

static struct tdxctl_facts *facts(unsigned int what)
{
	struct tdxctl_ctx *ctx = fake_live();
	struct tdxctl_facts *f;

	tdxctl_set_ops(ctx, &ops, NULL);
	if (!CHECK_EQ(tdxctl_facts_get(ctx, what, &f), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	tdxctl_free(ctx);
	return f;
}

static const struct tdxctl_val *msr(const struct tdxctl_facts *f, size_t package, enum tdxctl_msr m)
{
	static const struct tdxctl_val none = { .reason = "no such package" };

	return CHECK(package < f->nr_msrs) ? &f->msrs[package].msr[m] : &none;
}

/* MSRs with adjacent numbers overlap in the file: the one written last is compared. */
static void msrs_by_their_number(void)
{
	struct tdxctl_facts *f;
	const struct tdxctl_val *v;

	begin();
	msr_device(0);
	f = facts(TDXCTL_FACTS_MSR);
	for (int i = 0; i < TDXCTL_MSR_COUNT; i++) {
		v = msr(f, 0, (enum tdxctl_msr)i);
		CHECK(v->readable && !v->reason && !v->fault);
		v = msr(f, 1, (enum tdxctl_msr)i);
		CHECK(!v->readable && v->reason && !v->fault);
		CHECK(strstr(v->reason, "modprobe msr"));
	}
	CHECK_EQ(msr(f, 0, TDXCTL_MSR_SEAMRR_MASK)->value, 0x1401 * 1001ULL);
	CHECK_EQ(msr(f, 0, TDXCTL_MSR_VMX_BASIC)->value, 0x480 * 1001ULL);
	tdxctl_facts_free(f);
	/* Only two MSRs of the first package are requested. */
	f = facts(TDXCTL_FACTS_KEYIDS);
	CHECK(msr(f, 0, TDXCTL_MSR_KEYID)->readable);
	CHECK(msr(f, 0, TDXCTL_MSR_TME_ACTIVATE)->readable);
	CHECK(!msr(f, 0, TDXCTL_MSR_VMX_BASIC)->readable);
	CHECK(!msr(f, 1, TDXCTL_MSR_KEYID)->readable);
	tdxctl_facts_free(f);
	fake_end();
}

static void msrs_that_fail(void)
{
	static const struct {
		int err;
		bool fault;
		const char *why;
	} t[] = {
		{ EIO, true, "no such MSR" },
		{ EPERM, false, "forbids" },
		{ ENXIO, false, "cannot read" },
	};
	struct tdxctl_facts *f;
	const struct tdxctl_val *v;

	begin();
	msr_device(0);
	msr_device(1);
	bad_msr = 0x982;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bad_errno = t[i].err;
		f = facts(TDXCTL_FACTS_MSR);
		for (size_t p = 0; p < 2; p++) {
			v = msr(f, p, TDXCTL_MSR_TME_ACTIVATE);
			CHECK(!v->readable);
			CHECK_EQ(v->value, 0);
			CHECK_EQ(v->fault, t[i].fault);
			CHECK(strstr(v->reason, t[i].why));
			/* The other MSRs are read. */
			CHECK(msr(f, p, TDXCTL_MSR_KEYID)->readable);
			CHECK(msr(f, p, TDXCTL_MSR_SEAMRR_MASK)->readable);
		}
		tdxctl_facts_free(f);
	}
	bad_errno = 0;
	/* Half an MSR, which is not a value. */
	if (truncate(fake_path("dev/cpu/0/msr"), 0x1401 + 4))
		exit(1);
	f = facts(TDXCTL_FACTS_MSR);
	v = msr(f, 0, TDXCTL_MSR_SEAMRR_MASK);
	CHECK(!v->readable && !v->fault);
	CHECK_EQ(v->value, 0);
	tdxctl_facts_free(f);
	/* Less than eight bytes. The failure of another MSR does not count. */
	if (truncate(fake_path("dev/cpu/0/msr"), 0x90))
		exit(1);
	bad_msr = 0x87;
	for (size_t i = 0; i < 2; i++) {
		bad_errno = t[i].err;
		f = facts(TDXCTL_FACTS_MSR);
		CHECK(strstr(msr(f, 0, TDXCTL_MSR_KEYID)->reason, t[i].why));
		v = msr(f, 0, TDXCTL_MSR_SEAMRR_MASK);
		CHECK(!v->fault && strstr(v->reason, "cannot read"));
		tdxctl_facts_free(f);
	}
	bad_errno = 0;
	f = facts(TDXCTL_FACTS_MSR);
	CHECK(msr(f, 0, TDXCTL_MSR_KEYID)->readable);
	v = msr(f, 0, TDXCTL_MSR_SEAMRR_MASK);
	CHECK(!v->readable && !v->fault && !v->value);
	CHECK(strstr(v->reason, "cannot read"));
	tdxctl_facts_free(f);
	fake_end();
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 100; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A daemon reads them again and again. */
static void msr_devices_are_closed(void)
{
	int before = open_fds();

	begin();
	msr_device(0);
	msr_device(1);
	tdxctl_facts_free(facts(TDXCTL_FACTS_MSR));
	CHECK_EQ(open_fds(), before);
	fake_end();
}

static void denied(void)
{
	struct tdxctl_facts *f = facts(TDXCTL_FACTS_MSR);

	CHECK(strstr(msr(f, 0, TDXCTL_MSR_KEYID)->reason, "root"));
	CHECK(!msr(f, 0, TDXCTL_MSR_KEYID)->fault);
	tdxctl_facts_free(f);
}

static void msr_devices_that_do_not_open(void)
{
	struct tdxctl_facts *f;

	begin();
	msr_device(0);
	chmod(fake_path("dev/cpu/0/msr"), 0);
	as_nobody(denied);
	/* A loop of links. */
	unlink(fake_path("dev/cpu/0/msr"));
	fake_link("dev/cpu/0/msr", "msr");
	f = facts(TDXCTL_FACTS_MSR);
	CHECK(strstr(msr(f, 0, TDXCTL_MSR_KEYID)->reason, "cannot open"));
	tdxctl_facts_free(f);
	fake_end();
}

/* Without /proc/cpuinfo CPUID is used. */
static void cpu_without_proc(void)
{
	unsigned int a, b, c, d;
	struct tdxctl_facts *f;
	char vendor[13] = "";

	begin();
	f = facts(TDXCTL_FACTS_CPU);
	if (CHECK(__get_cpuid(0, &a, &b, &c, &d))) {
		memcpy(vendor, &b, 4);
		memcpy(vendor + 4, &d, 4);
		memcpy(vendor + 8, &c, 4);
		CHECK_STR(f->cpu.vendor.text, vendor);
	}
	if (CHECK(__get_cpuid(1, &a, &b, &c, &d) && f->cpu.family.readable &&
		  f->cpu.model.readable)) {
		CHECK_EQ(f->cpu.family.value,
			 (a >> 8 & 0xf) == 0xf ? 0xf + (a >> 20 & 0xff) : (a >> 8 & 0xf));
		CHECK_EQ(f->cpu.model.value, (a >> 4 & 0xf) | (a >> 16 & 0xf) << 4);
	}
	CHECK(!__get_cpuid_count(7, 0, &a, &b, &c, &d) ||
	      (f->cpu.cpuid_7_ebx.value == b && f->cpu.cpuid_7_ecx.value == c));
	CHECK(!f->cpu.vendor.reason);
	if (CHECK(__get_cpuid(0x80000008, &a, &b, &c, &d) && f->cpu.pa_bits.readable))
		CHECK_EQ(f->cpu.pa_bits.value, a & 0xff);
	CHECK(!f->cpu.flags.text && f->cpu.flags.reason);
	tdxctl_facts_free(f);
	/* /proc/cpuinfo has priority. */
	fake_file("proc/cpuinfo",
		  "vendor_id\t: Other\ncpu family\t: 5\nmodel\t\t: 7\nflags\t\t: fpu\n\n");
	f = facts(TDXCTL_FACTS_CPU);
	CHECK_STR(f->cpu.vendor.text, "Other");
	CHECK_EQ(f->cpu.family.value, 5);
	CHECK_EQ(f->cpu.model.value, 7);
	tdxctl_facts_free(f);
	fake_end();
}

/* A line of /proc/cpuinfo of this machine, or "" without one. */
static const char *cpuinfo(const char *key)
{
	static char line[4096];
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *value = NULL;

	while (f && !value && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)) && strchr("\t ", line[strlen(key)]))
			value = strchr(line, ':');
	if (f)
		fclose(f);
	if (!value)
		return "";
	value[strcspn(value, "\n")] = '\0';
	return value + 1 + (value[1] == ' ');
}

/* The facts have the values that the kernel read from CPUID. */
static void cpuid_agrees_with_the_kernel(void)
{
	struct tdxctl_facts *f;

	begin();
	f = facts(TDXCTL_FACTS_CPU);
	CHECK_STR(f->cpu.vendor.text, cpuinfo("vendor_id"));
	CHECK_EQ(f->cpu.family.value, strtoul(cpuinfo("cpu family"), NULL, 10));
	CHECK_EQ(f->cpu.model.value, strtoul(cpuinfo("model"), NULL, 10));
	tdxctl_facts_free(f);
	fake_end();
}

/* The time and the MSRs of the live host. */
static void time_and_msrs(void)
{
	uint64_t before = (uint64_t)time(NULL), now = 0;
	struct tdxctl_snapshot *snap;
	struct tdxctl_msr_set *sets;
	struct tdxctl_ctx *ctx;
	size_t n = 0;

	begin();
	msr_device(0);
	msr_device(1);
	ctx = fake_live();
	tdxctl_set_ops(ctx, &ops, NULL);
	CHECK_EQ(tdxctl_host_time(ctx, &now), 0);
	CHECK(now >= before && now <= (uint64_t)time(NULL));
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		if (CHECK_EQ(tdxctl_msrs_get(ctx, snap, TDXCTL_MSRS_ALL, &sets, &n), 0)) {
			CHECK_EQ(n, 2);
			for (uint32_t i = 0; i < n; i++) {
				CHECK_EQ(sets[i].cpu, i);
				CHECK_EQ(sets[i].package, i);
				CHECK_EQ(sets[i].msr[TDXCTL_MSR_VMX_BASIC].value, 0x480 * 1001ULL);
			}
			free(sets);
		}
		tdxctl_snapshot_free(snap);
	}
	tdxctl_free(ctx);
	fake_end();
}

/* Each file of the previous kernel's log, but no other file, and not without end. */
static void log_of_the_previous_kernel(void)
{
	struct tdxctl_facts *f;
	char path[64], text[64];
	size_t lines;

	begin();
	f = facts(TDXCTL_FACTS_LOG);
	CHECK(!f->last_log.text && f->last_log.absent);
	CHECK(strstr(f->last_log.reason, "pstore"));
	tdxctl_facts_free(f);
	fake_file("sys/fs/pstore/other-1", "not a log\n");
	f = facts(TDXCTL_FACTS_LOG);
	CHECK(!f->last_log.text && f->last_log.absent);
	tdxctl_facts_free(f);
	fake_bytes("sys/fs/pstore/console-ramoops-0", "con\0sole", 8);
	for (int i = 1; i < 80; i++) {
		snprintf(path, sizeof(path), "sys/fs/pstore/dmesg-efi-%d", i);
		snprintf(text, sizeof(text), "<3>[ 1.0] line %d", i);
		fake_file(path, text);
		if (i != 63 && i != 64 && i != 79)
			continue;
		f = facts(TDXCTL_FACTS_LOG);
		lines = 0;
		if (CHECK(f->last_log.text))
			text_each_line(p, f->last_log.text) lines++;
		/* With the console, 64 files; more are not read. */
		CHECK_EQ(lines, 64);
		CHECK(!f->last_log.text || !strstr(f->last_log.text, "not a log"));
		CHECK(i != 63 || (strstr(f->last_log.text, "con?sole\n") &&
				  strstr(f->last_log.text, "line 1\n") &&
				  strstr(f->last_log.text, "line 63\n")));
		tdxctl_facts_free(f);
	}
	fake_end();
	/* An empty file is a log without lines. */
	begin();
	fake_file("sys/fs/pstore/dmesg-efi-1", "");
	f = facts(TDXCTL_FACTS_LOG);
	CHECK_STR(f->last_log.text, "\n");
	tdxctl_facts_free(f);
	fake_end();
	begin();
	fake_file("sys/fs/pstore", "");
	f = facts(TDXCTL_FACTS_LOG);
	CHECK(!f->last_log.text && !f->last_log.absent);
	CHECK_STR(f->last_log.reason, "not present");
	tdxctl_facts_free(f);
	fake_end();
	/* A file that cannot be read is not the same as no log. */
	begin();
	fake_mkdirs("sys/fs/pstore/dmesg-efi-1/x");
	f = facts(TDXCTL_FACTS_LOG);
	CHECK(!f->last_log.text && !f->last_log.absent && f->last_log.reason);
	tdxctl_facts_free(f);
	fake_end();
}

/* Why the helper is not compared with KVM, on a host with this snapshot. */
static void not_compared(enum tdxctl_source source, const char *why)
{
	struct tdxctl_ctx *ctx = fake_live();
	struct fake_snapshot bytes;
	struct tdxctl_snapshot *s;
	struct tdxctl_facts *f;

	fake_snapshot(&bytes);
	CHECK_EQ(tdxctl_snapshot_parse(&bytes, sizeof(bytes), &s), 0);
	s->source = source;
	CHECK_EQ(tdxctl_facts_join(ctx, TDXCTL_FACTS_OBSERVED, s, &f), 0);
	CHECK(!f->disagreement.text);
	CHECK_STR(f->disagreement.reason, why);
	CHECK_STR(tdxctl_error(ctx), "");
	tdxctl_facts_free(f);
	tdxctl_free(ctx);
}

static void count(void *arg, enum tdxctl_log_level level, const char *msg)
{
	*(int *)arg += level == TDXCTL_LOG_INFO && strstr(msg, "is not compared with KVM");
}

/* How often KVM is asked for what it knows of the helper's TDs. */
static int comparisons(unsigned int what)
{
	struct tdxctl_ctx *ctx = fake_live();
	struct fake_snapshot bytes;
	struct tdxctl_snapshot *s;
	struct tdxctl_facts *f;
	int n = 0;

	fake_snapshot(&bytes);
	CHECK_EQ(tdxctl_snapshot_parse(&bytes, sizeof(bytes), &s), 0);
	s->source = TDXCTL_SOURCE_HELPER;
	tdxctl_set_ops(ctx, &ops, NULL);
	tdxctl_set_log(ctx, count, &n);
	CHECK_EQ(tdxctl_facts_join(ctx, what, s, &f), 0);
	CHECK(!f->disagreement.text && f->disagreement.reason);
	tdxctl_facts_free(f);
	tdxctl_free(ctx);
	return n;
}

/* It loads BPF programs, which only who asks for it shall pay for. */
static void comparison_is_made_only_when_asked_for(void)
{
	begin();
	CHECK_EQ(comparisons(TDXCTL_FACTS_OBSERVED), 1);
	CHECK_EQ(comparisons(TDXCTL_FACTS_FILES), 0);
	CHECK_EQ(comparisons(0), 0);
	fake_end();
}

static void compared_with_kvm(void)
{
	begin();
	not_compared(TDXCTL_SOURCE_HOST, "needs the helper");
	not_compared(TDXCTL_SOURCE_BPF, "needs the helper");
	not_compared(TDXCTL_SOURCE_HELPER, "no KVM with TDX is loaded");
	fake_file("sys/module/kvm_intel/parameters/tdx", "Y\n");
	fake_file("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	not_compared(TDXCTL_SOURCE_HELPER,
		     "BPF programs are not permitted: 'tdxctl helper status' shows why");
	fake_file("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	not_compared(TDXCTL_SOURCE_HELPER,
		     "BPF programs cannot be used: 'tdxctl helper status' shows why");
	fake_end();
}

int main(void)
{
	RUN(msrs_by_their_number);
	RUN(msrs_that_fail);
	RUN(msr_devices_are_closed);
	RUN(msr_devices_that_do_not_open);
	RUN(cpu_without_proc);
	RUN(cpuid_agrees_with_the_kernel);
	RUN(time_and_msrs);
	RUN(log_of_the_previous_kernel);
	RUN(compared_with_kvm);
	RUN(comparison_is_made_only_when_asked_for);
	return check_done("lib-live");
}
