/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a host permits the observer, and where its KVM keeps what the inventory reads. */
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include "bpf/observer.h"
#include "kernel-btf.h"
#include "lib-fake.h"

#define TDX	 "sys/module/kvm_intel/parameters/tdx"
#define LOCKDOWN "sys/kernel/security/lockdown"
#define VMLINUX	 "sys/kernel/btf/vmlinux"
#define KVM	 "sys/kernel/btf/kvm_intel"

#define CAP(name) (1ULL << CAP_##name)
#define USED	  (CAP(SYS_ADMIN) | CAP(BPF) | CAP(PERFMON) | CAP(NET_ADMIN) | CAP(SYS_PTRACE))

static struct tdxctl_ctx *ctx;

static bool set_capabilities(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return false;
	data[0].effective = (uint32_t)caps;
	data[1].effective = (uint32_t)(caps >> 32);
	return !syscall(SYS_capset, &head, data);
}

/* observer_permitted() returns @err; the reason contains @says. */
static void permitted(int err, const char *says)
{
	struct observer_why why = { .text = "" };

	CHECK_EQ(observer_permitted(ctx, &why), err);
	if (!CHECK(strstr(why.text, says) && !*says == !*why.text))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", why.text, says);
}

static void needs_kvm_with_tdx(void)
{
	permitted(-ENODEV, "no KVM with TDX");
	fake_file(TDX, "N\n");
	permitted(-ENODEV, "no KVM with TDX");
	fake_file(TDX, "Y\n");
	permitted(-EOPNOTSUPP, "CONFIG_DEBUG_INFO_BTF");
	fake_file("sys/module/tdx_emul/version", "1\n");
	permitted(-ENODEV, "no KVM with TDX");
	remove(fake_path("sys/module/tdx_emul/version"));
	remove(fake_path("sys/module/tdx_emul"));
}

static void needs_btf(void)
{
	fake_file(VMLINUX, "");
	permitted(0, "");
}

/* Only this level forbids BPF programs to read kernel memory. */
static void confidentiality_forbids(void)
{
	fake_file(LOCKDOWN, "none integrity [confidentiality]\n");
	permitted(-EPERM, "lockdown=confidentiality");
	fake_file(LOCKDOWN, "none [integrity] confidentiality\n");
	permitted(0, "");
	fake_file(LOCKDOWN, "[none] integrity confidentiality\n");
	permitted(0, "");
	remove(fake_path(LOCKDOWN));
}

/* CAP_SYS_ADMIN alone, or CAP_BPF and CAP_PERFMON together. */
static void needs_capabilities(void)
{
	static const struct {
		uint64_t caps;
		int err;
	} cases[] = {
		{ 0, -EPERM },
		{ CAP(SYS_ADMIN), 0 },
		{ CAP(BPF), -EPERM },
		{ CAP(PERFMON), -EPERM },
		{ CAP(BPF) | CAP(PERFMON), 0 },
		{ CAP(NET_ADMIN) | CAP(SYS_PTRACE), -EPERM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK(set_capabilities(cases[i].caps));
		permitted(cases[i].err, cases[i].err ? "CAP_BPF and CAP_PERFMON" : "");
	}
	CHECK(set_capabilities(USED));
}

/* types_read() returns @err; the reason contains @says. */
static struct kvm_types types(int err, const char *says)
{
	struct observer_why why = { .text = "" };
	struct kvm_types t = { 0 };

	CHECK_EQ(types_read(ctx, &t, &why), err);
	if (!CHECK(strstr(why.text, says) && !*says == !*why.text))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", why.text, says);
	return t;
}

static void write_btf(struct kernel k)
{
	struct kernel_btf b = kernel_btf(&k);

	fake_bytes(VMLINUX, b.kernel, b.kernel_size);
	if (b.kvm_intel)
		fake_bytes(KVM, b.kvm_intel, b.kvm_intel_size);
	else
		remove(fake_path(KVM));
	kernel_btf_free(&b);
}

/* The values of kernel-btf.h. */
static void whole(const struct kvm_types *t)
{
	CHECK_EQ(t->config.vm_type, 512 + 17);
	CHECK_EQ(t->config.mm, 40);
	CHECK_EQ(t->config.created_vcpus, 48);
	CHECK_EQ(t->config.max_vcpus, 60);
	CHECK_EQ(t->config.hkid, 1024);
	CHECK_EQ(t->config.state, 1036);
	CHECK_EQ(t->config.tdr_page, 1048);
	CHECK_EQ(t->config.vcpu_kvm, 0);
	CHECK_EQ(t->state_initialized, 1);
	CHECK_EQ(t->state_runnable, 2);
}

static void kvm_as_module_and_built_in(void)
{
	struct kvm_types t;

	write_btf((struct kernel){ 0 });
	t = types(0, "");
	whole(&t);
	write_btf((struct kernel){ .built_in = true });
	t = types(0, "");
	whole(&t);
}

/* Without vCPUs there is still an inventory; without HKID or states there is none. */
static void missing_members(void)
{
	struct kvm_types t;

	write_btf((struct kernel){ .no_vcpu = true });
	t = types(0, "");
	CHECK_EQ(t.config.vcpu_kvm, OFFSET_UNKNOWN);
	CHECK_EQ(t.config.hkid, 1024);
	write_btf((struct kernel){ .no_hkid = true });
	types(-EOPNOTSUPP, "struct kvm_tdx has no hkid");
	write_btf((struct kernel){ .no_states = true });
	types(-EOPNOTSUPP, "struct kvm_tdx has no enum kvm_tdx_state");
	write_btf((struct kernel){ .no_kvm_tdx = true });
	types(-EOPNOTSUPP, "the BTF of KVM: ");
}

static void unreadable_btf(void)
{
	write_btf((struct kernel){ 0 });
	remove(fake_path(KVM));
	fake_file(KVM "/x", "");
	types(-EOPNOTSUPP, "/sys/kernel/btf/kvm_intel: Is a directory");
	remove(fake_path(KVM "/x"));
	remove(fake_path(KVM));
	fake_file(KVM, "not BTF");
	types(-EOPNOTSUPP, "the BTF of KVM: ");
	remove(fake_path(KVM));
	remove(fake_path(VMLINUX));
	types(-EOPNOTSUPP, "/sys/kernel/btf/vmlinux: No such file or directory");
}

static void reasons_are_printable_and_fit(void)
{
	struct observer_why why;
	char text[300];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[1] = '\x1b';
	why_set(&why, "%s", text);
	CHECK_EQ(strlen(why.text), sizeof(why.text) - 1);
	CHECK(!strchr(why.text, '\x1b'));
}

int main(void)
{
	/* A user who does not have them has them in a user namespace. */
	if (!set_capabilities(USED) && (unshare(CLONE_NEWUSER) || !set_capabilities(USED))) {
		perror("capabilities");
		return 1;
	}
	fake_new();
	ctx = fake_live();
	RUN(needs_kvm_with_tdx);
	RUN(needs_btf);
	RUN(confidentiality_forbids);
	RUN(needs_capabilities);
	RUN(kvm_as_module_and_built_in);
	RUN(missing_members);
	RUN(unreadable_btf);
	RUN(reasons_are_printable_and_fit);
	tdxctl_free(ctx);
	fake_end();
	return check_done("test-lib-bpf-host");
}
