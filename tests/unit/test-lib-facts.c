/* SPDX-License-Identifier: GPL-2.0-only */
/* Host sources: valid files, missing files, and files with invalid contents. */
#include <facts.h>
#include <zlib.h>
#include "lib-fake.h"

#define CPU "sys/devices/system/cpu/"
#define CG  "sys/fs/cgroup/"

static struct tdxctl_facts *facts(void)
{
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	CHECK_EQ(tdxctl_set_root(ctx, fake_dir), 0);
	if (!CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	tdxctl_free(ctx);
	return f;
}

/* Each value is readable or says why not. */
static void consistent(const struct tdxctl_facts *f)
{
#define X(what, member) f->member,
	const struct tdxctl_val vals[] = { TDXCTL_FACT_VALS(X) };
	const struct tdxctl_text texts[] = { TDXCTL_FACT_TEXTS(X) };
#undef X

	for (size_t i = 0; i < sizeof(vals) / sizeof(vals[0]); i++)
		CHECK_EQ(!vals[i].readable, !!vals[i].reason);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_EQ(!texts[i].text, !!texts[i].reason);
	for (size_t i = 0; i < TDXCTL_FILE_COUNT; i++)
		CHECK_EQ(!f->file[i].text, !!f->file[i].reason);
	for (size_t i = 0; i < TDXCTL_PATH_COUNT; i++)
		CHECK_EQ(!f->path[i].readable, !!f->path[i].reason);
}

static void nothing_there(void)
{
	struct tdxctl_facts *f;
	const char *line;
	size_t len;

	fake_new();
	f = facts();
	consistent(f);
	CHECK(f->file[TDXCTL_FILE_KVM_TDX].absent);
	CHECK_STR(f->file[TDXCTL_FILE_KVM_TDX].reason, "not present");
	CHECK_EQ(f->path[TDXCTL_PATH_KVM_DEV].value, 0);
	CHECK_EQ(tdxctl_config_get(f, "KVM"), TDXCTL_TRI_UNKNOWN);
	CHECK_EQ(tdxctl_log_find(f, "x", &line, &len), TDXCTL_TRI_UNKNOWN);
	CHECK_EQ(tdxctl_text_word(&f->cpu.flags, "tme"), TDXCTL_TRI_UNKNOWN);
	CHECK(!tdxctl_cmdline_get(f, "nohibernate"));
	CHECK_EQ(f->kernel, 0);
	CHECK_EQ(f->nr_cgroups, 0);
	tdxctl_facts_free(f);
	fake_end();
}

static void all_there(void)
{
	struct tdxctl_facts *f;
	const char *line;
	size_t len;

	fake_new();
	fake_file("proc/sys/kernel/osrelease", "7.2.13-x\n");
	fake_file("proc/cmdline", "ro nr_cpus=4 xmaxcpus=1 nohibernate quiet\n");
	fake_file("proc/meminfo", "MemTotal:       1024 kB\nMemFree: 1 kB\n");
	fake_file("proc/cpuinfo",
		  "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
		  "model name\t: X\nflags\t\t: fpu tme movdir64b\nbugs\t\t: tdx_pw_mce\n\nflags\t\t: no\n");
	fake_file("boot/config-7.2.13-x",
		  "CONFIG_A=y\n# CONFIG_B is not set\nXCONFIG_C=y\nCONFIG_D=m\nCONFIG_E=\"\"\n");
	fake_file("dev/cpu/0/cpuid.txt", "7 0 0 4 2000 0\n80000008 0 3034 0 0 0\njunk\n7\n");
	fake_file("dev/kvm.txt", "235 33\n66 1024\nx\n");
	fake_file("var/log/dmesg",
		  "[    0.1] Linux version 6.1\n[    0.1] old\n"
		  "[    0.0] Linux version 7.2\n[    1.5] virt/tdx: module not loaded\nend");
	fake_file("sys/devices/system/memory/memory0/state", "online\n");
	fake_file("sys/devices/system/memory/memory9/state", "offline\n");
	fake_file("sys/kernel/debug/kvm/12-3/x", "");
	fake_file("sys/kernel/debug/kvm/mmio", "");
	fake_file(CPU "present", "0-2\n");
	fake_file(CPU "online", "0\n");
	fake_file(CPU "cpu2/hotplug/state", "237\n");
	fake_file(CPU "cpu2/hotplug/target", "240\n");
	fake_file(CPU "cpu1/hotplug/state", "0\n");
	fake_file(CPU "cpu1/hotplug/target", "0\n");
	fake_file(CPU "hotplug/states", "  0: offline\n238: virt/tdx:online\n");
	fake_file(CPU "cpu2/node1/x", "");
	fake_file("sys/devices/system/node/node0/cpulist", "0\n");
	fake_file("sys/devices/system/node/node1/cpulist", "\n");
	fake_file("sys/devices/system/node/node2/cpulist", "\n");
	f = facts();
	consistent(f);
	CHECK_EQ(f->kernel, TDXCTL_KERNEL(7, 2));
	CHECK_STR(f->cpu.vendor.text, "GenuineIntel");
	CHECK_EQ(f->cpu.model.value, 143);
	CHECK_EQ(tdxctl_text_word(&f->cpu.flags, "tme"), TDXCTL_YES);
	CHECK_EQ(tdxctl_text_word(&f->cpu.flags, "movdir"), TDXCTL_NO);
	CHECK_EQ(f->cpu.cpuid_7_ecx.value, 0x2000);
	CHECK_EQ(f->cpu.pa_bits.value, 0x34);
	CHECK_EQ(f->kvm_vm_types.value, 33);
	CHECK_EQ(f->kvm_max_vcpus.value, 1024);
	CHECK_EQ(f->kvm_vms.value, 1);
	CHECK_EQ(f->mem_total.value, 1 << 20);
	CHECK_EQ(f->mem_offline.value, 1);
	CHECK_EQ(f->stuck_cpu.value, 2);
	CHECK_STR(f->stuck_step, "virt/tdx:online");
	CHECK_EQ(f->nodes_offline, 2);
	CHECK_EQ(tdxctl_config_get(f, "A"), TDXCTL_YES);
	CHECK_EQ(tdxctl_config_get(f, "B"), TDXCTL_NO);
	CHECK_EQ(tdxctl_config_get(f, "C"), TDXCTL_NO);
	CHECK_EQ(tdxctl_config_get(f, "D"), TDXCTL_YES);
	CHECK_EQ(tdxctl_config_get(f, "E"), TDXCTL_NO);
	CHECK(tdxctl_cmdline_get(f, "nohibernate"));
	CHECK(!tdxctl_cmdline_get(f, "maxcpus="));
	CHECK(!strncmp(tdxctl_cmdline_get(f, "nr_cpus="), "4 ", 2));
	CHECK(f->log_complete);
	CHECK_EQ(tdxctl_log_find(f, "old", &line, &len), TDXCTL_NO);
	if (CHECK_EQ(tdxctl_log_find(f, "module not", &line, &len), TDXCTL_YES)) {
		CHECK_EQ(len, strlen("virt/tdx: module not loaded"));
		CHECK(!memcmp(line, "virt/tdx: module not loaded", len));
	}
	CHECK_EQ(tdxctl_log_find(f, "end", &line, &len), TDXCTL_YES);
	CHECK_EQ(len, 3);
	tdxctl_facts_free(f);
	/* A log without its beginning cannot say no. */
	fake_file("var/log/dmesg", "[ 9.9] late\n");
	f = facts();
	CHECK_EQ(tdxctl_log_find(f, "old", &line, &len), TDXCTL_TRI_UNKNOWN);
	CHECK_EQ(tdxctl_log_find(f, "late", &line, &len), TDXCTL_YES);
	tdxctl_facts_free(f);
	fake_end();
}

/* A crash may leave NUL bytes in a file: the lines after them count. */
static void captured_log(void)
{
	static const char log[] = "old\0\n[    0.0] Linux version 7.2\0\n[    1.0] a\0b\n\0";
	struct tdxctl_facts *f;

	fake_new();
	f = facts();
	CHECK(!f->log.text && !f->log_complete);
	CHECK_STR(f->log.reason, "no kernel log");
	tdxctl_facts_free(f);
	fake_bytes("var/log/dmesg", log, sizeof(log) - 1);
	f = facts();
	CHECK_STR(f->log.text, "[    0.0] Linux version 7.2?\n[    1.0] a?b\n?");
	CHECK(f->log_complete);
	tdxctl_facts_free(f);
	unlink(fake_path("var/log/dmesg"));
	fake_mkdirs("var/log/dmesg/x");
	f = facts();
	CHECK_STR(f->log.reason, "cannot be read");
	tdxctl_facts_free(f);
	fake_end();
}

/* ---- the kernel's configuration ---- */

static void gzip(const char *path, const char *text, size_t cut)
{
	uint8_t buf[4096];
	z_stream z = { .next_in = (Bytef *)text,
		       .avail_in = (uInt)strlen(text),
		       .next_out = buf,
		       .avail_out = sizeof(buf) };

	CHECK_EQ(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	CHECK_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	fake_bytes(path, buf, z.total_out - cut);
}

static void check_config(const char *name, enum tdxctl_tri want)
{
	struct tdxctl_facts *f = facts();

	consistent(f);
	CHECK_EQ(tdxctl_config_get(f, name), want);
	tdxctl_facts_free(f);
}

static void configuration(void)
{
	static char bomb[1 << 20];
	uint8_t buf[8192];
	char *out;
	z_stream z = { .next_in = (Bytef *)bomb,
		       .avail_in = sizeof(bomb),
		       .next_out = buf,
		       .avail_out = sizeof(buf) };

	fake_new();
	fake_file("proc/sys/kernel/osrelease", "6.18.0\n");
	fake_file("lib/modules/6.18.0/config", "CONFIG_LIB=y\n");
	check_config("LIB", TDXCTL_YES);
	fake_file("boot/config-6.18.0", "CONFIG_BOOT=y\n");
	check_config("BOOT", TDXCTL_YES);
	check_config("LIB", TDXCTL_NO);
	/* The kernel's own copy comes first, unless it is broken. */
	gzip("proc/config.gz", "CONFIG_OWN=y\n", 0);
	check_config("OWN", TDXCTL_YES);
	check_config("BOOT", TDXCTL_NO);
	gzip("proc/config.gz", "CONFIG_OWN=y\n", 1);
	check_config("BOOT", TDXCTL_YES);
	fake_file("proc/config.gz", "CONFIG_OWN=y\n");
	check_config("BOOT", TDXCTL_YES);
	fake_file("proc/config.gz", "");
	check_config("BOOT", TDXCTL_YES);
	fake_file("proc/sys/kernel/osrelease", "../../etc\n");
	check_config("BOOT", TDXCTL_TRI_UNKNOWN);
	/* It needs no release. */
	gzip("proc/config.gz", "CONFIG_OWN=y\n", 0);
	check_config("OWN", TDXCTL_YES);
	fake_end();

	/* A few bytes that become many do not become all of them. */
	CHECK_EQ(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	CHECK_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	CHECK_EQ(src_gunzip(buf, z.total_out, 1 << 19, &out), -EFBIG);
	CHECK_EQ(src_gunzip(buf, z.total_out, (1 << 20) - 1, &out), -EFBIG);
	if (CHECK_EQ(src_gunzip(buf, z.total_out, 1 << 20, &out), 0))
		free(out);
	CHECK_EQ(src_gunzip(buf, 0, 1 << 20, &out), -EINVAL);
	CHECK_EQ(src_gunzip(buf, 10, 1 << 20, &out), -EINVAL);
}

static void cgroups(void)
{
	struct tdxctl_facts *f;

	fake_new();
	fake_file(CG "misc.capacity", "sev 9\ntdx 31\n");
	fake_file(CG "a.slice/misc.current", "tdx 3\n");
	fake_file(CG "a.slice/misc.events", "tdx.max 2\n");
	fake_file(CG "a.slice/misc.max", "tdx max\n");
	fake_file(CG "a.slice/vm/misc.current", "tdx 3\n");
	fake_file(CG "a.slice/vm/misc.max", "tdx 3\n");
	fake_file(CG "b.slice/misc.current", "tdx 0\n");
	fake_file(CG "b.slice/vm/misc.current", "tdx 7\n");
	fake_file(CG "c.slice/cgroup.procs", "1\n");
	f = facts();
	CHECK_EQ(f->hkid_capacity.value, 31);
	CHECK_EQ(f->hkid_current.value, 3);
	if (CHECK_EQ(f->nr_cgroups, 2)) {
		CHECK_STR(f->cgroups[0].path, "/a.slice");
		CHECK_EQ(f->cgroups[0].max_events, 2);
		CHECK_EQ(f->cgroups[0].max, TDXCTL_UNKNOWN);
		CHECK_STR(f->cgroups[1].path, "/a.slice/vm");
		CHECK_EQ(f->cgroups[1].max, 3);
	}
	tdxctl_facts_free(f);
	fake_file(CG "misc.current", "tdx 5\n");
	f = facts();
	CHECK_EQ(f->hkid_current.value, 5);
	tdxctl_facts_free(f);
	fake_file(CG "misc.capacity", "sev 9\n");
	f = facts();
	CHECK(!f->hkid_capacity.readable);
	CHECK_STR(f->hkid_capacity.reason, "misc.capacity has no tdx line");
	tdxctl_facts_free(f);
	fake_end();
	/* v1 */
	fake_new();
	fake_file(CG "misc/misc.capacity", "tdx 15\n");
	f = facts();
	CHECK_EQ(f->hkid_capacity.value, 15);
	tdxctl_facts_free(f);
	fake_end();
}

/* What is not asked for is not read, and says so; the snapshot always is. */
static void only_what_is_asked_for(void)
{
#define X(what, member) TDXCTL_FACTS_##what,
	const unsigned int of_val[] = { TDXCTL_FACT_VALS(X) }, of_text[] = { TDXCTL_FACT_TEXTS(X) };
#undef X
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	for (unsigned int what = 0; what <= TDXCTL_FACTS_ALL; what = what ? what << 1 : 1) {
		unsigned int got = what | (what & TDXCTL_FACTS_CONFIG ? TDXCTL_FACTS_FILES : 0) |
				   (what & TDXCTL_FACTS_CGROUPS ? TDXCTL_FACTS_CGROUP : 0) |
				   (what & TDXCTL_FACTS_TD ? TDXCTL_FACTS_KVM : 0);

		if (!CHECK_EQ(tdxctl_facts_get(ctx, what, &f), 0))
			continue;
#define X(bit, member) f->member,
		const struct tdxctl_val vals[] = { TDXCTL_FACT_VALS(X) };
		const struct tdxctl_text texts[] = { TDXCTL_FACT_TEXTS(X) };
#undef X
		consistent(f);
		CHECK(f->snap->nr_cpus);
		for (size_t i = 0; i < sizeof(vals) / sizeof(vals[0]); i++)
			CHECK_EQ(!(got & of_val[i]),
				 vals[i].reason && !strcmp(vals[i].reason, "not asked for"));
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			CHECK_EQ(!(got & of_text[i]),
				 texts[i].reason && !strcmp(texts[i].reason, "not asked for"));
		CHECK_EQ(!(got & TDXCTL_FACTS_FILES), !f->file[TDXCTL_FILE_RELEASE].text);
		CHECK_EQ(!(got & TDXCTL_FACTS_FILES), !f->path[TDXCTL_PATH_KVM_DEV].readable);
		for (size_t i = 0; i < f->nr_msrs; i++)
			for (int m = 0; m < TDXCTL_MSR_COUNT; m++) {
				bool asked =
					got & TDXCTL_FACTS_MSR ||
					(got & TDXCTL_FACTS_KEYIDS && !i &&
					 (m == TDXCTL_MSR_KEYID || m == TDXCTL_MSR_TME_ACTIVATE));
				const struct tdxctl_val *v = &f->msrs[i].msr[m];

				CHECK_EQ(v->readable, !v->reason);
				CHECK_EQ(!asked, v->reason && !strcmp(v->reason, "not asked for"));
			}
		CHECK(got & TDXCTL_FACTS_CGROUP || !f->nr_cgroups);
		tdxctl_facts_free(f);
	}
	tdxctl_free(ctx);
}

static void emulated_shows_nothing_of_this_machine(void)
{
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	CHECK_EQ(tdxctl_set_emulated(ctx, NULL), 0);
	if (CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f), 0)) {
		consistent(f);
		CHECK(!f->cpu.vendor.text);
		CHECK(!f->file[TDXCTL_FILE_RELEASE].text);
		CHECK_EQ(f->snap->source, TDXCTL_SOURCE_EMULATED);
		tdxctl_facts_free(f);
	}
	tdxctl_free(ctx);
}

static void this_machine(void)
{
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	if (CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f), 0)) {
		consistent(f);
		CHECK(f->kernel);
		tdxctl_facts_free(f);
	}
	tdxctl_free(ctx);
}

/* A directory PID-FD for each VM, and others. */
static void vms_in_debugfs(void)
{
	struct tdxctl_facts *f;

	fake_new();
	fake_mkdirs("sys/kernel/debug/kvm/1-2/x");
	fake_mkdirs("sys/kernel/debug/kvm/4711-12/x");
	fake_mkdirs("sys/kernel/debug/kvm/33-/x");
	fake_mkdirs("sys/kernel/debug/kvm/-33/x");
	fake_mkdirs("sys/kernel/debug/kvm/33/x");
	fake_mkdirs("sys/kernel/debug/kvm/x-33/x");
	fake_file("sys/kernel/debug/kvm/exits", "1\n");
	f = facts();
	CHECK(f->kvm_vms.readable);
	CHECK_EQ(f->kvm_vms.value, 2);
	tdxctl_facts_free(f);
	fake_end();
}

/* Lines of a captured msr.txt that are valid, that fault, and that are neither. */
static void captured_msrs(void)
{
	static const struct {
		const char *line, *reason;
		uint64_t value;
		bool fault;
	} t[] = {
		{ "0x1401 0xfff800\n", NULL, 0xfff800, false },
		{ "1401   12", NULL, 0x12, false },
		{ "0x1401 fault\n", "the CPU has no such MSR", 0, true },
		{ "0x1401 \n", "malformed in the captured host", 0, false },
		{ "0x1401 x\n", "malformed in the captured host", 0, false },
		{ "0x1401 12x\n", "malformed in the captured host", 0, false },
		{ "0x1401 11112222333344445\n", "malformed in the captured host", 0, false },
		{ "0x1401\n", NULL, 0, false },
		{ "0x1400 1\n", NULL, 0, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct tdxctl_val *v;
		struct tdxctl_facts *f;

		fake_new();
		fake_file(CPU "present", "0\n");
		fake_file(CPU "online", "0\n");
		fake_file(CPU "cpu0/topology/physical_package_id", "0\n");
		fake_file("dev/cpu/0/msr.txt", t[i].line);
		f = facts();
		if (CHECK_EQ(f->nr_msrs, 1)) {
			v = &f->msrs[0].msr[TDXCTL_MSR_SEAMRR_MASK];
			if (!CHECK_EQ(v->readable, t[i].value != 0))
				fprintf(stderr, "  case %zu\n", i);
			if (v->readable)
				CHECK_EQ(v->value, t[i].value);
			else
				CHECK_EQ(!v->reason, 0);
			if (t[i].reason)
				CHECK_STR(v->reason, t[i].reason);
			CHECK_EQ(v->fault, t[i].fault);
		}
		tdxctl_facts_free(f);
		fake_end();
	}
}

static void version(const char *text, bool good, uint64_t want, const char *rest)
{
	const char *end = text;
	uint64_t v = 0;

	CHECK_EQ(tdxctl_version_parse(text, &v, &end), good);
	if (good) {
		CHECK_EQ(v, want);
		CHECK_STR(end, rest);
	}
}

static void versions(void)
{
	version("1.5.05", true, 1ULL << 32 | 5 << 16 | 5, "");
	version("1.5.24.3", true, 1ULL << 32 | 5 << 16 | 24, ".3");
	version("12.345.65535x", true, 12ULL << 32 | 345 << 16 | 65535, "x");
	version("0.0.0", true, 0, "");
	version("1.5.65536", false, 0, NULL);
	version("70000.0.0", false, 0, NULL);
	version("1.5", false, 0, NULL);
	version("1..5", false, 0, NULL);
	version("1.5.", false, 0, NULL);
	version(".1.5", false, 0, NULL);
	version("", false, 0, NULL);
}

static void small_parsers(void)
{
	struct tdxctl_text t = { 0 };
	uint64_t v;

	CHECK_EQ(src_kernel("6.12.95+deb12-amd64"), TDXCTL_KERNEL(6, 12));
	CHECK_EQ(src_kernel("7"), 0);
	CHECK_EQ(src_kernel("x.y"), 0);
	CHECK_EQ(src_kernel("0.1"), 0);
	CHECK_EQ(src_kernel("999.1"), 0);
	CHECK(src_misc("tdx 5", "tdx", &v) && v == 5);
	CHECK(src_misc("sev 1\ntdx max\n", "tdx", &v) && v == TDXCTL_UNKNOWN);
	CHECK(src_misc("tdx 18446744073709551615\n", "tdx", &v) && v == 0);
	CHECK(!src_misc("tdxx 5\n", "tdx", &v));
	CHECK(!src_misc("tdx \n", "tdx", &v));
	CHECK(!src_misc("tdx 5x\n", "tdx", &v));
	CHECK(!src_misc("tdx 99999999999999999999\n", "tdx", &v));
	t.text = (char *)"Y";
	CHECK_EQ(tdxctl_text_bool(&t), TDXCTL_YES);
	t.text = (char *)"0";
	CHECK_EQ(tdxctl_text_bool(&t), TDXCTL_NO);
	CHECK_EQ(tdxctl_text_u64(&t).readable, 1);
	t.text = (char *)"-1";
	CHECK_EQ(tdxctl_text_bool(&t), TDXCTL_TRI_UNKNOWN);
	CHECK_EQ(tdxctl_text_u64(&t).readable, 0);
	t.text = (char *)"";
	CHECK_EQ(tdxctl_text_bool(&t), TDXCTL_TRI_UNKNOWN);
	CHECK_EQ(tdxctl_text_u64(&t).readable, 0);
}

int main(void)
{
	RUN(nothing_there);
	RUN(all_there);
	RUN(captured_log);
	RUN(configuration);
	RUN(cgroups);
	RUN(only_what_is_asked_for);
	RUN(emulated_shows_nothing_of_this_machine);
	RUN(this_machine);
	RUN(vms_in_debugfs);
	RUN(captured_msrs);
	RUN(versions);
	RUN(small_parsers);
	return check_done("test-lib-facts");
}
