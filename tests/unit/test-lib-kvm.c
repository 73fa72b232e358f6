/* SPDX-License-Identifier: GPL-2.0-only */
/* What KVM is asked, and that nothing remains of the question. */
#include <facts.h>
#include <linux/kvm.h>
#include "lib-fake.h"

enum { DEV = 100, VM };

static struct {
	int open_err, types, vm_err, caps_err;
	int dev, vm; /* files that are open */
	int opened, made;
} kvm;

static int kvm_open(void *arg, const char *path, int flags)
{
	if (strcmp(path, "/dev/kvm"))
		return -ENOENT;
	kvm.opened++;
	if (kvm.open_err)
		return kvm.open_err;
	kvm.dev++;
	return DEV;
}

static int kvm_close(void *arg, int fd)
{
	if (fd == DEV)
		kvm.dev--;
	else if (CHECK_EQ(fd, VM))
		kvm.vm--;
	return 0;
}

static int capabilities(void *p)
{
	struct {
		uint32_t id, flags;
		uint64_t data, hw_error;
	} *cmd = p;
	uint64_t *caps;

	if (kvm.caps_err)
		return kvm.caps_err;
	CHECK_EQ(cmd->id, 0);
	CHECK_EQ(cmd->flags, 0);
	CHECK_EQ(cmd->hw_error, 0);
	caps = (void *)(uintptr_t)cmd->data;
	/* The number of CPUID entries is behind 256 words, as the kernel has it. */
	CHECK(*(uint32_t *)(caps + 256) >= 100);
	caps[0] = 0x50000000;
	caps[1] = 0x602e7;
	return 0;
}

static int kvm_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	unsigned long n = (unsigned long)(uintptr_t)p;

	if (req == KVM_CHECK_EXTENSION && n == 235)
		return kvm.types;
	if (req == KVM_CHECK_EXTENSION && n == KVM_CAP_MAX_VCPUS)
		return fd == VM ? 4 : 1024;
	if (req == KVM_CREATE_VM && fd == DEV && n == 5) {
		kvm.made++;
		if (kvm.vm_err)
			return kvm.vm_err;
		kvm.vm++;
		return VM;
	}
	if (req == KVM_MEMORY_ENCRYPT_OP && fd == VM)
		return capabilities(p);
	CHECK(0);
	return -ENOTTY;
}

static const struct tdxctl_ops ops = { .open = kvm_open, .close = kvm_close, .ioctl = kvm_ioctl };

/* A live host, below the test's directory. */
static struct tdxctl_facts *ask(unsigned int what)
{
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	close(ctx->rootfd);
	ctx->rootfd = open(fake_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	tdxctl_set_ops(ctx, &ops, NULL);
	kvm.opened = kvm.made = 0;
	if (!CHECK_EQ(tdxctl_facts_get(ctx, what, &f), 0))
		exit(1);
	CHECK_EQ(kvm.dev, 0);
	CHECK_EQ(kvm.vm, 0);
	tdxctl_free(ctx);
	return f;
}

static void check_td(unsigned int what, const char *reason, int made)
{
	struct tdxctl_facts *f = ask(what);

	CHECK_EQ(kvm.made, made);
	CHECK_EQ(f->td_attributes.readable, !reason);
	CHECK_EQ(f->td_xfam.readable, !reason);
	if (reason) {
		CHECK_STR(f->td_attributes.reason, reason);
	} else {
		CHECK_EQ(f->td_attributes.value, 0x50000000);
		CHECK_EQ(f->td_xfam.value, 0x602e7);
		CHECK_EQ(f->td_max_vcpus.value, 4);
		CHECK_EQ(f->kvm_max_vcpus.value, 1024);
	}
	tdxctl_facts_free(f);
}

static void a_td(void)
{
	fake_new();
	kvm.types = 1 << 0 | 1 << 5;
	/* To open the device would load the module. */
	check_td(TDXCTL_FACTS_TD, "KVM is not loaded", 0);
	CHECK_EQ(kvm.opened, 0);
	fake_file("sys/module/kvm/x", "");
	check_td(TDXCTL_FACTS_KVM, "not asked for", 0);
	check_td(TDXCTL_FACTS_STATUS, "not asked for", 0);
	CHECK_EQ(kvm.opened, 0);
	check_td(TDXCTL_FACTS_TD, NULL, 1);
	kvm.caps_err = -ENOTTY;
	check_td(TDXCTL_FACTS_TD, "KVM has another KVM_TDX_CAPABILITIES than Linux 6.16", 1);
	kvm.caps_err = -EIO;
	check_td(TDXCTL_FACTS_TD, "cannot be read", 1);
	kvm.caps_err = 0;
	kvm.vm_err = -EBUSY;
	check_td(TDXCTL_FACTS_TD, "KVM cannot create a TD", 1);
	kvm.vm_err = 0;
	/* Without the type nothing is tried. */
	kvm.types = 1;
	check_td(TDXCTL_FACTS_TD, "KVM does not support TDs", 0);
	kvm.types = -EFAULT;
	check_td(TDXCTL_FACTS_TD, "cannot be read", 0);
	kvm.types = 1 << 5;
	kvm.open_err = -EACCES;
	check_td(TDXCTL_FACTS_TD, "no permission: run as root", 0);
	kvm.open_err = -ENOENT;
	check_td(TDXCTL_FACTS_TD, "no /dev/kvm", 0);
	kvm.open_err = 0;
	fake_end();
}

static void a_captured_one(void)
{
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	fake_new();
	fake_file("dev/kvm.txt", "235 33\n66 1024\ntd 10000000 e7 4\n");
	if (tdxctl_new(&ctx) || tdxctl_set_root(ctx, fake_dir) ||
	    tdxctl_facts_get(ctx, TDXCTL_FACTS_TD, &f))
		exit(1);
	CHECK_EQ(f->kvm_vm_types.value, 33);
	CHECK_EQ(f->td_attributes.value, 0x10000000);
	CHECK_EQ(f->td_xfam.value, 0xe7);
	CHECK_EQ(f->td_max_vcpus.value, 4);
	CHECK(!f->td_max_vcpus.reason);
	tdxctl_facts_free(f);
	tdxctl_free(ctx);
	fake_end();
}

static struct tdxctl_facts *captured(unsigned int what)
{
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx) || tdxctl_set_root(ctx, fake_dir) || tdxctl_facts_get(ctx, what, &f))
		exit(1);
	tdxctl_free(ctx);
	return f;
}

/* Without the question for a TD, its answers in the file are not used. */
static void captured_td_is_not_asked_for(void)
{
	struct tdxctl_facts *f;

	fake_new();
	fake_file("dev/kvm.txt", "235 33\ntd 10000000 e7 4\ntd other-abi\n66 1024\n");
	f = captured(TDXCTL_FACTS_KVM);
	CHECK_EQ(f->kvm_vm_types.value, 33);
	CHECK_EQ(f->kvm_max_vcpus.value, 1024);
	CHECK(!f->td_attributes.readable && !f->td_xfam.readable && !f->td_max_vcpus.readable);
	CHECK_STR(f->td_attributes.reason, "not asked for");
	CHECK_STR(f->td_xfam.reason, "not asked for");
	CHECK_STR(f->td_max_vcpus.reason, "not asked for");
	tdxctl_facts_free(f);
	f = captured(TDXCTL_FACTS_TD);
	CHECK(f->td_attributes.readable);
	CHECK_STR(f->td_xfam.reason, "KVM has another KVM_TDX_CAPABILITIES than Linux 6.16");
	tdxctl_facts_free(f);
	/* The line has too few numbers; the file is not there. */
	fake_file("dev/kvm.txt", "td 10000000 e7\n");
	f = captured(TDXCTL_FACTS_TD);
	CHECK(!f->td_attributes.readable && !f->td_xfam.readable && !f->td_max_vcpus.readable);
	CHECK_STR(f->td_xfam.reason, "not in the captured host");
	CHECK_STR(f->kvm_vm_types.reason, "not in the captured host");
	tdxctl_facts_free(f);
	unlink(fake_path("dev/kvm.txt"));
	f = captured(TDXCTL_FACTS_KVM);
	CHECK_STR(f->td_xfam.reason, "not asked for");
	CHECK_STR(f->kvm_vm_types.reason, "not in the captured host");
	CHECK_STR(f->kvm_max_vcpus.reason, "not in the captured host");
	tdxctl_facts_free(f);
	fake_end();
}

/* A file of @len bytes that begins with @line; the other lines are empty. */
static void padded(const char *path, const char *line, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		exit(1);
	memset(text, '\n', len);
	text[len] = '\0';
	memcpy(text, line, strlen(line) < len ? strlen(line) : len);
	fake_file(path, text);
	free(text);
}

/* A file that is empty or too long has no answers; it is not a reason to give up. */
static void captured_files_of_any_length(void)
{
	static const struct {
		size_t kvm, other;
		bool good;
	} t[] = {
		{ 0, 0, false },
		{ 4096, 65536, true },
		{ 4097, 65537, false },
	};

	fake_new();
	fake_file("sys/devices/system/cpu/present", "0\n");
	fake_file("sys/devices/system/cpu/online", "0\n");
	fake_file("sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tdxctl_facts *f;

		padded("dev/kvm.txt", "235 33\n66 8\ntd 1 2 3\n", t[i].kvm);
		padded("dev/cpu/0/cpuid.txt", "7 0 0 4 2000 0\n80000008 0 34 0 0 0\n", t[i].other);
		padded("dev/cpu/0/msr.txt", "0x480 5\n", t[i].other);
		f = captured(TDXCTL_FACTS_TD | TDXCTL_FACTS_CPU | TDXCTL_FACTS_MSR);
		CHECK_EQ(f->kvm_vm_types.readable, t[i].good);
		CHECK_EQ(f->kvm_max_vcpus.readable, t[i].good);
		CHECK_EQ(f->td_attributes.readable, t[i].good);
		CHECK_EQ(f->cpu.cpuid_7_ebx.readable, t[i].good);
		CHECK_EQ(f->cpu.pa_bits.readable, t[i].good);
		if (CHECK_EQ(f->nr_msrs, 1))
			CHECK_EQ(f->msrs[0].msr[TDXCTL_MSR_VMX_BASIC].readable, t[i].good);
		if (!t[i].good) {
			CHECK_STR(f->kvm_vm_types.reason, "not in the captured host");
			CHECK_STR(f->td_xfam.reason, "not in the captured host");
			CHECK_STR(f->cpu.cpuid_7_ebx.reason, "not in the captured host");
			CHECK_STR(f->cpu.cpuid_7_ecx.reason, "not in the captured host");
			CHECK_STR(f->cpu.pa_bits.reason, "not in the captured host");
		}
		tdxctl_facts_free(f);
	}
	fake_end();
}

/* Only these leaves, and of leaf 7 only subleaf 0. */
static void captured_leaves_of_cpuid(void)
{
	struct tdxctl_facts *f;

	fake_new();
	fake_file("dev/cpu/0/cpuid.txt", "7 1 0 4 2000 0\n8 0 0 5 2001 0\n80000007 0 34 0 0 0\n"
					 "7 0 0 4 2000\n");
	f = captured(TDXCTL_FACTS_CPU);
	CHECK(!f->cpu.cpuid_7_ebx.readable && !f->cpu.cpuid_7_ecx.readable);
	CHECK(!f->cpu.pa_bits.readable);
	tdxctl_facts_free(f);
	fake_file("dev/cpu/0/cpuid.txt", "7 0 0 4 2000 0\n7 1 0 6 6 6\n80000008 0 3039 0 0 0\n");
	f = captured(TDXCTL_FACTS_CPU);
	CHECK_EQ(f->cpu.cpuid_7_ebx.value, 4);
	CHECK_EQ(f->cpu.cpuid_7_ecx.value, 0x2000);
	CHECK_EQ(f->cpu.pa_bits.value, 0x39);
	tdxctl_facts_free(f);
	fake_end();
}

int main(void)
{
	RUN(a_td);
	RUN(a_captured_one);
	RUN(captured_td_is_not_asked_for);
	RUN(captured_files_of_any_length);
	RUN(captured_leaves_of_cpuid);
	return check_done("test-lib-kvm");
}
