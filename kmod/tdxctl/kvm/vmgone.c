// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a VM: pages and an HKID that its TD has not returned by then are leaked.
 * KVM does not log all leaks, and no SEAMCALL marks the end of a VM.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/module.h>

#include "kvm.h"

#define MAX_ENDING 64 /* VMs that end at once; further ones are not observed */

struct ending {
	u64 tdr;
	u32 seq;
};

static u32 tdr_page_at = LAYOUT_UNKNOWN;
static bool armed; /* under layout_mutex */

static int on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ending *e = (struct ending *)ri->data;
	struct page *page;

	if (!layout_read((void *)regs->di, READ_ONCE(tdr_page_at), &page, sizeof(page)))
		return 1;
	e->tdr = page_address_of(page);
	e->seq = e->tdr ? observe_td_number(e->tdr) : 0;
	return !e->seq;
}

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct ending *e = (struct ending *)ri->data;

	observe_vm_gone(e->tdr, e->seq);
	return 0;
}

static struct kretprobe rp;

/* Observes the end of VMs, if the layout has the offset of the TDR page. */
void vmgone_arm(const struct kvm_layout *l)
{
	int ret;

	WRITE_ONCE(tdr_page_at, l->tdr_page);
	if (armed || l->tdr_page == LAYOUT_UNKNOWN)
		return;
	rp = (struct kretprobe){
		.kp.symbol_name = "tdx_vm_destroy",
		.entry_handler = on_entry,
		.handler = on_return,
		.data_size = sizeof(struct ending),
		.maxactive = MAX_ENDING,
	};
	ret = register_kretprobe(&rp);
	if (ret)
		pr_info("cannot observe the end of VMs (%d)\n", ret);
	armed = !ret;
}

/*
 * The probe is at a call of ftrace. Linux 6.16 to 6.18 cannot remove it when ftrace has
 * stopped after an error; then it stays in the kernel's table until KVM is unloaded. The
 * kernel reports that only if the probe is disabled before. -EINVAL: the probe is not in the
 * table, because register_kretprobe() succeeds even if the probe could not be armed.
 *
 * Returns false if the probe is still there.
 */
bool vmgone_disarm(void)
{
	int ret = armed ? disable_kretprobe(&rp) : 0;

	if (ret && ret != -EINVAL)
		return false;
	if (armed)
		unregister_kretprobe(&rp);
	armed = false;
	return true;
}
