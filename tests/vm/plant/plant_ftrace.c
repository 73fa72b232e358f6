// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading this module switches ftrace off for the rest of the boot, as ftrace does itself
 * after an error. Functions that are traced then call their tracers permanently.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static unsigned long target;

static noinline notrace void kill_ftrace(void)
{
	barrier();
}

/*
 * Continues in ftrace_kill(), which returns to the caller of kill_ftrace(). The kernel
 * overwrites the ENDBR of such a function, so it cannot be called through a pointer.
 */
static int instead(struct kprobe *p, struct pt_regs *regs)
{
	regs->ip = target;
	return 1;
}

/* With it the probe stays a breakpoint, and may change where to continue. */
static void nothing(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe lookup = {
	.symbol_name = "ftrace_kill",
	.flags = KPROBE_FLAG_DISABLED,
};

static struct kprobe probe = {
	.addr = (kprobe_opcode_t *)kill_ftrace,
	.pre_handler = instead,
	.post_handler = nothing,
};

static int __init plant_init(void)
{
	int ret = register_kprobe(&lookup);

	if (ret)
		return ret;
	target = (unsigned long)lookup.addr;
	unregister_kprobe(&lookup);
	ret = register_kprobe(&probe);
	if (ret)
		return ret;
	kill_ftrace();
	unregister_kprobe(&probe);
	pr_info("plant_ftrace: ftrace is off\n");
	return 0;
}
module_init(plant_init);

static void __exit plant_exit(void)
{
}
module_exit(plant_exit);

MODULE_DESCRIPTION("Switches ftrace off, for a test");
MODULE_LICENSE("GPL");
