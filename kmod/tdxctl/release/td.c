// SPDX-License-Identifier: GPL-2.0-only
/* Finds the TD of a VM file, and what the ledger knows about it. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "release.h"

/* At most this many TDs of a process are considered. */
#define MAX_OWNED    64
#define BUSY_RETRIES 100

static void view_of(struct td_view *v, const struct ledger_td *td)
{
	*v = (struct td_view){ .found = td };
	if (!td)
		return;
	v->owner_known = td->owner.tgid;
	v->tdr = td->tdr;
	v->seq = td->seq;
	v->hkid = td->hkid;
	v->last_hkid = td->last_hkid;
	v->pages = td->private_pages;
	v->calls = td->calls;
	v->reclaims = td->reclaims;
	v->finalized = td->was_runnable || td->state == LEDGER_TD_RUNNABLE;
	v->initialized = v->finalized || td->state == LEDGER_TD_INITIALIZED;
	v->finalized_known = td->seen_create || v->finalized || td->state == LEDGER_TD_INITIALIZED;
}

/* Without the pages that are counted in shards only. */
static void view_get(struct td_view *v, u64 tdr)
{
	const struct ledger *l;
	unsigned long flags;

	l = observe_lock(&flags);
	view_of(v, tdr ? ledger_td_find(l, tdr) : NULL);
	observe_unlock(flags);
}

/* @tdr may be 0: not found. */
void td_view_get(struct td_view *v, u64 tdr)
{
	observe_fold();
	view_get(v, tdr);
}

/* ---- what the TDX module says ---- */

/* Makes a SEAMCALL with the operand @pa until the page is not in use. */
static u64 ask_module(u64 leaf, u64 pa, struct ledger_regs *regs)
{
	u64 status;
	int i;

	for (i = 0; i < BUSY_RETRIES; i++) {
		*regs = (struct ledger_regs){ .rcx = pa };
		status = call_seam(leaf, regs);
		if (TDX_STATUS_OF(status) != TDX_ST(OPERAND_BUSY))
			break;
		cpu_relax();
	}
	return status;
}

/* Returns true if the page is a TDR according to the TDX module. */
bool td_is_tdr(u64 pa)
{
	struct ledger_regs regs;

	return !ask_module(TDH_PHYMEM_PAGE_RDMD, pa, &regs) && regs.rcx == TDX_PT_TDR;
}

/*
 * Returns true if the TDX module has freed the HKID of TD @tdr: it answered
 * TDH.MNG.KEY.FREEID with success, or the life cycle of the TD is TEARDOWN. In TEARDOWN
 * the module refuses to reclaim the TDR because other pages of the TD exist: KVM keeps
 * its control pages until tdx_vm_destroy(). In any other life cycle it refuses for that
 * reason first.
 */
bool td_hkid_freed(u64 tdr)
{
	struct ledger_regs regs;
	struct td_view seen;

	view_get(&seen, tdr);
	if (seen.found && !seen.hkid)
		return true;
	return TDX_STATUS_OF(ask_module(TDH_PHYMEM_PAGE_RECLAIM, tdr, &regs)) ==
	       TDX_ST(TD_ASSOCIATED_PAGES_EXIST);
}

/* ---- the TD of a VM file ---- */

struct owned_td {
	u64 tdr;
	s32 fd;
};

/* Lists the TDs of a process, the newest one first. Returns their number. */
static u32 owned_tds(struct task_struct *leader, struct owned_td *out, u32 max)
{
	s32 tgid = task_tgid_nr(leader);
	const struct ledger_td *td;
	const struct ledger *l;
	unsigned long flags;
	u32 i, n = 0, newest = 0;

	l = observe_lock(&flags);
	for (i = 0; (td = ledger_td_at(l, i)); i++) {
		if (td->owner.tgid != tgid || td->owner.start_ns != leader->start_boottime ||
		    n == max)
			continue;
		out[n++] = (struct owned_td){ td->tdr, td->owner.fd };
		if (td->seq > newest) {
			newest = td->seq;
			swap(out[0], out[n - 1]);
		}
	}
	observe_unlock(flags);
	return n;
}

/*
 * Returns the TDR of a VM file, 0 if it is not known. If KVM's structures are not known
 * either, the TD was created through a descriptor of this process that refers to the same
 * file. If a descriptor number was reused, the newest TD is the right one.
 */
u64 td_of_file(struct task_struct *leader, const struct file *file)
{
	struct owned_td *owned;
	struct kvm_layout l;
	struct kvm_td td;
	u32 i, n;
	u64 tdr = 0;

	if (layout_get(&l)) {
		int ret = kvm_td_read(&td, &l, file, leader);

		/* -EINVAL: not a TD, or a TD without a TDR. */
		if (!ret || ret == -EINVAL)
			return ret ? 0 : td.tdr;
	}
	owned = kmalloc_array(MAX_OWNED, sizeof(*owned), GFP_KERNEL);
	if (!owned)
		return 0;
	n = owned_tds(leader, owned, MAX_OWNED);
	for (i = 0; i < n && !tdr; i++) {
		struct file *f = vmfile_get(leader, owned[i].fd);

		if (f == file)
			tdr = owned[i].tdr;
		if (f)
			fput(f);
	}
	kfree(owned);
	return tdr;
}
