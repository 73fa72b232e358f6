// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload. Refuses to load on a host with TDX. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "compat.h"
#include "emul.h"

#define MSR_KEYID_PARTITIONING 0x87
#define MAX_PHYS_BITS	       52

/* The KeyID range, with the names of the kernel: tools read it through kallsyms. */
static u32 tdx_global_keyid;
static u32 tdx_guest_keyid_start;
static u32 tdx_nr_guest_keyids;

static unsigned int keyids = 16;
module_param(keyids, uint, 0444);
MODULE_PARM_DESC(keyids,
		 "Number of private KeyIDs; the TDX module uses the first (2 or more, default 16)");

static unsigned int mktme = 15;
module_param(mktme, uint, 0444);
MODULE_PARM_DESC(mktme, "Number of TME-MT KeyIDs, below the private ones (default 15)");

static char *api = "v16";
module_param(api, charp, 0444);
MODULE_PARM_DESC(
	api,
	"Command for early release: v16 (KVM_TDX_RELEASE_VM, default), terminate (KVM_TDX_TERMINATE_VM) or mainline (none)");

static int __init main_check_params(void)
{
	static const char *const name[] = {
		[EMUL_API_V16] = "v16",
		[EMUL_API_TERMINATE] = "terminate",
		[EMUL_API_MAINLINE] = "mainline",
	};
	u32 bits;
	int ret;

	ret = match_string(name, ARRAY_SIZE(name), api);
	if (ret < 0) {
		pr_err("api=%s is invalid: must be v16, terminate or mainline\n", api);
		return -EINVAL;
	}
	emul_api = ret;

	if (keyids < 2 || keyids >= TDX_MAX_HKIDS || mktme >= TDX_MAX_HKIDS - keyids) {
		pr_err("keyids=%u mktme=%u is invalid: keyids must be at least 2, their sum less than %u\n",
		       keyids, mktme, TDX_MAX_HKIDS);
		return -EINVAL;
	}
	emul.nr_keyids = keyids;
	emul.nr_mktme = mktme;
	WRITE_ONCE(tdx_global_keyid, mktme + 1);
	WRITE_ONCE(tdx_guest_keyid_start, mktme + 2);
	WRITE_ONCE(tdx_nr_guest_keyids, keyids - 1);

	/* Linux places the KeyID right above the physical address. */
	bits = order_base_2(keyids + mktme + 1);
	emul.hkid_shift = min_t(u32, boot_cpu_data.x86_phys_bits, MAX_PHYS_BITS - bits);
	return 0;
}

/* The look-up finds the kernel's entry point before the one of this module. */
static int __init main_check_symbol(const char *symbol)
{
	struct kprobe kp = {
		.symbol_name = symbol,
		.flags = KPROBE_FLAG_DISABLED,
	};
	unsigned long addr;

	if (register_kprobe(&kp))
		return 0;
	addr = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	if (within_module(addr, THIS_MODULE))
		return 0;
	pr_err("%s exists: this kernel has TDX host support; not emulating\n", symbol);
	return -EBUSY;
}

static int __init main_check_host(void)
{
	u64 part;
	int ret;

#ifdef X86_FEATURE_TDX_HOST_PLATFORM
	if (boot_cpu_has(X86_FEATURE_TDX_HOST_PLATFORM)) {
		pr_err("this is a TDX host platform; not emulating\n");
		return -ENODEV;
	}
#endif
	if (!rdmsrq_safe(MSR_KEYID_PARTITIONING, &part) && part >> 32) {
		pr_err("the firmware enabled TDX (%llu private KeyIDs); not emulating\n",
		       part >> 32);
		return -ENODEV;
	}
	ret = main_check_symbol("__seamcall");
	return ret ?: main_check_symbol("__seamcall_ret");
}

static int __init emul_module_init(void)
{
	int ret;

	ret = main_check_params();
	if (!ret)
		ret = main_check_host();
	if (ret)
		return ret;

	ret = emul_topology_init();
	if (ret)
		return ret;
	ret = emul_mem_init();
	if (ret)
		goto topology;
	ret = emul_trap_init();
	if (ret)
		goto mem;
	ret = emul_host_init();
	if (ret == -EACCES)
		pr_err("the die notifier did not get the #UD of SEAMCALL: cannot emulate TDX on this kernel\n");
	if (ret)
		goto trap;
	emul_debugfs_init();
	ret = emul_dev_init();
	if (ret)
		goto debugfs;

	pr_info("emulated TDX host: %u packages, private KeyIDs [%u, %u), %u GiB in TDMRs, api %s\n",
		emul.nr_pkgs, emul.nr_mktme + 1, emul.nr_mktme + 1 + emul.nr_keyids,
		emul_nr_tdmrs(), api);
	return 0;

debugfs:
	emul_debugfs_exit();
	emul_crash_exit();
	emul_hold_exit();
	emul_host_exit();
trap:
	emul_trap_exit();
mem:
	emul_mem_exit();
topology:
	emul_topology_exit();
	return ret;
}

/* VM files pin the module, so only leaked TDs are left here. */
static void __exit emul_module_exit(void)
{
	emul_dev_exit();
	emul_debugfs_exit();
	emul_crash_exit();
	emul_hold_exit();
	emul_host_exit();
	emul_trap_exit();
	emul_mem_exit();
	emul_topology_exit();
}

module_init(emul_module_init);
module_exit(emul_module_exit);

MODULE_DESCRIPTION("Emulated Intel TDX host for testing on CPUs without TDX");
MODULE_AUTHOR("tdxctl contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(TDXCTL_VERSION);
