// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* tdmgr: SEAMCALLs, their retries and failures, and wrappers of the callbacks. */

#include "tdmgr-priv.h"

const char *tdmgr_leaf_name(u64 rax)
{
	switch ((enum tdx_leaf)(rax & TDX_LEAF_MASK)) {
#define X(num, id, name) \
	case TDH_##id: \
		return name;
		TDX_LEAVES(X)
#undef X
	}
	return "unknown leaf";
}

const char *tdmgr_status_name(u64 status)
{
	switch (status) {
	case TDMGR_ST_CPU_OFFLINE:
		return "CPU is offline";
	case TDX_SEAMCALL_VMFAILINVALID:
		return "VMfailInvalid, no TDX module";
	case TDX_SEAMCALL_GP:
		return "#GP, TDX is off in the firmware";
	case TDX_SEAMCALL_UD:
		return "#UD, CPU is not in VMX operation";
	}
	switch (status >> 32) {
#define X(hi, id) \
	case hi##u: \
		return #id;
		TDX_STATUSES(X)
#undef X
	}
	return "unknown status";
}

int tdmgr_errno(u64 status)
{
	if (!status)
		return 0;
	switch (TDX_STATUS_OF(status)) {
	case TDX_ST(RND_NO_ENTROPY):
	case TDX_ST(KEY_GENERATION_FAILED):
		return -EAGAIN;
	}
	switch (status) {
	case TDX_SEAMCALL_VMFAILINVALID:
		return -ENODEV;
	case TDX_SEAMCALL_GP:
		return -EOPNOTSUPP;
	case TDX_SEAMCALL_UD:
		return -EACCES;
	}
	return -EIO;
}

struct tdmgr_remote {
	struct tdmgr *m;
	u64 rax;
	struct tdmgr_args *args;
	u64 status;
};

/* One SEAMCALL and nothing else, because it may run in an IPI. */
static void tdmgr_remote_call(void *arg)
{
	struct tdmgr_remote *r = arg;

	r->status = r->m->ops.seamcall(r->m->ctx, r->rax, r->args);
}

static u64 tdmgr_call_once(struct tdmgr *m, u32 cpu, u64 rax, struct tdmgr_args *args)
{
	struct tdmgr_remote r = { .m = m, .rax = rax, .args = args };

	if (cpu == TDMGR_THIS_CPU)
		return m->ops.seamcall(m->ctx, rax, args);
	if (m->ops.on_cpu(m->ctx, cpu, tdmgr_remote_call, &r))
		return TDMGR_ST_CPU_OFFLINE;
	return r.status;
}

/*
 * Makes a SEAMCALL on @cpu and repeats it while the module is busy. For lack of
 * entropy, of PCONFIG or of RDRAND, it is repeated as often as Linux does. @td may
 * be NULL. Returns the last status.
 */
u64 tdmgr_call_on(struct tdmgr *m, struct tdmgr_td *td, u32 cpu, u64 rax, struct tdmgr_args *args)
{
	u32 busy_left = td && td->stuck ? TDMGR_BUSY_RETRIES_STUCK : TDMGR_BUSY_RETRIES;
	u32 entropy_left = TDX_RND_RETRIES - 1;
	struct tdmgr_args in = *args;
	u64 status;

	for (;;) {
		*args = in;
		status = tdmgr_call_once(m, cpu, rax, args);
		if (tdmgr_is_busy(status)) {
			if (!busy_left--)
				break;
		} else if (tdmgr_errno(status) == -EAGAIN) {
			if (!entropy_left--)
				return status;
		} else {
			return status;
		}
		tdmgr_relax(m);
	}
	if (td)
		td->stuck = true;
	return status;
}

void tdmgr_lock(struct tdmgr *m, enum tdmgr_lock lock, u32 index)
{
	m->ops.lock(m->ctx, lock, index);
}

void tdmgr_unlock(struct tdmgr *m, enum tdmgr_lock lock, u32 index)
{
	m->ops.unlock(m->ctx, lock, index);
}

void tdmgr_relax(struct tdmgr *m)
{
	if (m->ops.relax)
		m->ops.relax(m->ctx);
}

bool tdmgr_interrupted(struct tdmgr *m)
{
	return m->ops.interrupted && m->ops.interrupted(m->ctx);
}

/* Like KVM_BUG_ON(): marks the VM as dead and logs the reason. */
void tdmgr_td_bug(struct tdmgr_td *td, u64 rax, u64 status)
{
	td->dead = true;
	tdmgr_log(td->m, TDMGR_ERR, "TD 0x%llx is dead: %s failed: %s (0x%llx)",
		  (unsigned long long)td->tdr, tdmgr_leaf_name(rax), TDMGR_ST_ARGS(status));
}
