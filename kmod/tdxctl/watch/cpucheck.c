// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks whether a CPU can run TDs, with a SEAMCALL that changes nothing. The
 * module executes the instruction itself: the kernel's functions may be sealed, and
 * the probes do not count this call.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>

#include "watch.h"

static const struct {
	u64 status;
	enum tdxctl_cpu_state state;
} verdicts[] = {
	{ TDX_SEAMCALL_VMFAILINVALID, TDXCTL_CPU_NO_SEAM },
	{ TDX_SEAMCALL_GP, TDXCTL_CPU_NO_SEAM },
	{ TDX_SEAMCALL_UD, TDXCTL_CPU_VMX_OFF },
	{ TDX_ST(SYS_LP_INIT_NOT_DONE), TDXCTL_CPU_NOT_ENABLED },
	/* The leaf returns any other status after the check of LP_INIT. */
	{ TDX_ST(SUCCESS), TDXCTL_CPU_ENABLED },
	{ TDX_ST(METADATA_FIRST_FIELD_ID_IN_CONTEXT), TDXCTL_CPU_ENABLED },
	{ TDX_ST(METADATA_FIELD_ID_INCORRECT), TDXCTL_CPU_ENABLED },
	{ TDX_ST(METADATA_FIELD_NOT_READABLE), TDXCTL_CPU_ENABLED },
};

static enum tdxctl_cpu_state verdict(u64 status)
{
	u64 key = TDX_IS_SW_ERROR(status) ? status : TDX_STATUS_OF(status);
	int i;

	/* On a CPU without VMX the instruction does not exist. */
	if (key == TDX_SEAMCALL_UD && !boot_cpu_has(X86_FEATURE_VMX))
		return TDXCTL_CPU_NO_SEAM;
	for (i = 0; i < ARRAY_SIZE(verdicts); i++)
		if (verdicts[i].status == key)
			return verdicts[i].state;
	return TDXCTL_CPU_UNKNOWN;
}

/* TDX module ABI, TDH.SYS.RD: field -1 returns the id of the first field. */
static int check_this_cpu(void *arg)
{
	struct tdxctl_cpu_check_rec *rec = arg;
	struct ledger_regs regs = { .rdx = ~0ULL };
	u64 start = ktime_get_mono_fast_ns();

	rec->status = call_seam(TDH_SYS_RD, &regs);
	rec->duration_ns = ktime_get_mono_fast_ns() - start;
	return 0;
}

/*
 * Fills the record of one present CPU. The state of an offline CPU is unknown.
 * Returns 0, or an error of smp_call_on_cpu().
 */
int cpucheck_one(unsigned int cpu, struct tdxctl_cpu_check_rec *rec)
{
	int ret = 0;

	*rec = (struct tdxctl_cpu_check_rec){
		.cpu = cpu,
		.package = cpus_pkg_ids()[cpus_pkg(cpu)],
		.state = TDXCTL_CPU_UNKNOWN,
		.status = TDXCTL_UNKNOWN,
	};
	cpus_read_lock();
	rec->online = cpu_online(cpu);
	if (rec->online)
		ret = smp_call_on_cpu(cpu, check_this_cpu, rec, false);
	cpus_read_unlock();
	if (rec->online && !ret)
		rec->state = verdict(rec->status);
	return ret;
}
