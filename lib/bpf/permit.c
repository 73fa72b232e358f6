/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the observer may be used: what files and capabilities show before libbpf is loaded. */
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "observer.h"

void why_set(struct observer_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	text_plain(why->text);
}

/* Returns the effective capabilities of this thread, 0 if they cannot be read. */
static uint64_t capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

#define CAP(name) (1ULL << CAP_##name)

static bool may_use_bpf(void)
{
	uint64_t caps = capabilities();

	return caps & CAP(SYS_ADMIN) ||
	       (caps & (CAP(BPF) | CAP(PERFMON))) == (CAP(BPF) | CAP(PERFMON));
}

/* At confidentiality, BPF programs cannot read kernel memory. */
static bool locked_down(struct tdxctl_ctx *ctx)
{
	char line[80];

	return !root_read_line(ctx, "/sys/kernel/security/lockdown", line, sizeof(line)) &&
	       strstr(line, "[confidentiality]");
}

int observer_permitted(struct tdxctl_ctx *ctx, struct observer_why *why)
{
	char tdx[8];

	if (!observer_inventory().size) {
		why_set(why, "this tdxctl was built without BPF programs");
		return -EOPNOTSUPP;
	}
	/* tdx_emul has VM files of the same name with other structures. */
	if (root_exists(ctx, "/sys/module/tdx_emul") ||
	    root_read_line(ctx, "/sys/module/kvm_intel/parameters/tdx", tdx, sizeof(tdx)) ||
	    tdx[0] != 'Y') {
		why_set(why, "no KVM with TDX is loaded");
		return -ENODEV;
	}
	if (locked_down(ctx)) {
		why_set(why,
			"lockdown=confidentiality: the kernel lets no BPF program read its memory");
		return -EPERM;
	}
	if (!root_exists(ctx, "/sys/kernel/btf/vmlinux")) {
		why_set(why,
			"/sys/kernel/btf/vmlinux does not exist: the kernel needs CONFIG_DEBUG_INFO_BTF");
		return -EOPNOTSUPP;
	}
	if (!may_use_bpf()) {
		why_set(why, "it needs root, or the capabilities CAP_BPF and CAP_PERFMON");
		return -EPERM;
	}
	return 0;
}
