// SPDX-License-Identifier: GPL-2.0-only
/*
 * While this module is loaded, KVM is told that TDH.MNG.KEY.FREEID has succeeded, and the
 * TDX module never gets it: KVM takes the HKID as free, and the TDX module does not. The
 * call is made when the module is unloaded, so its VM must still exist then.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static void *held; /* the TD */

/* KVM continues here, and returns to the caller of the function. */
static notrace u64 success(void *td)
{
	return 0;
}

static int instead(struct kprobe *p, struct pt_regs *regs)
{
	held = (void *)regs->di;
	regs->ip = (unsigned long)success;
	return 1;
}

/* With it the probe may change where KVM continues. */
static void nothing(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe probe = {
	.symbol_name = "tdh_mng_key_freeid",
	.pre_handler = instead,
	.post_handler = nothing,
};

static int __init plant_init(void)
{
	return register_kprobe(&probe);
}
module_init(plant_init);

static void __exit plant_exit(void)
{
	/* Exported to KVM only. The probe is behind ENDBR. */
	u64 (*freeid)(void *td) = (void *)probe.addr;

	unregister_kprobe(&probe);
	if (IS_ENABLED(CONFIG_X86_KERNEL_IBT) && *(u8 *)freeid != 0xf3)
		freeid = (void *)freeid - 4;
	if (held)
		pr_info("plant_freeid: TDH.MNG.KEY.FREEID: 0x%llx\n", freeid(held));
}
module_exit(plant_exit);

MODULE_DESCRIPTION("Hides TDH.MNG.KEY.FREEID from the TDX module, for a test");
MODULE_LICENSE("GPL");
