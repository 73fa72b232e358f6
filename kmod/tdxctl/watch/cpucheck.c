// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks whether a CPU can run TDs, with a SEAMCALL that changes nothing. The
 * module executes the instruction itself: the kernel's functions may be sealed, and
 * the probes do not count this call.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "compat.h"
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

/* One check; the caller and the work each hold a reference. */
struct check {
	struct work_struct work;
	struct completion done;
	refcount_t refs;
	unsigned int cpu;
	bool made; /* false: the CPU went offline before */
	u64 status, duration_ns;
};

static struct workqueue_struct *check_wq;

static void check_put(struct check *c)
{
	if (refcount_dec_and_test(&c->refs))
		kfree(c);
}

/* TDX module ABI, TDH.SYS.RD: field -1 returns the id of the first field. */
static void check_fn(struct work_struct *work)
{
	struct check *c = container_of(work, struct check, work);
	struct ledger_regs regs = { .rdx = ~0ULL };
	u64 start;

	/* The works of an offline CPU run on another one. */
	preempt_disable();
	if (smp_processor_id() == c->cpu) {
		start = ktime_get_mono_fast_ns();
		c->status = call_seam(TDH_SYS_RD, &regs);
		c->duration_ns = ktime_get_mono_fast_ns() - start;
		c->made = true;
	}
	preempt_enable();
	complete(&c->done);
	check_put(c);
}

/* Queues the work on the CPU. Returns false if it is offline. */
static bool queue_check(struct check *c)
{
	bool online;

	cpus_read_lock();
	online = cpu_online(c->cpu);
	if (online)
		queue_work_on(c->cpu, check_wq, &c->work);
	cpus_read_unlock();
	return online;
}

/*
 * Fills the record of one present CPU. The state of an offline CPU is unknown. A CPU
 * that does not run the work, because a real-time thread has it, delays only the
 * caller, until a signal. Returns 0, -EINTR or -ENOMEM.
 */
int cpucheck_one(unsigned int cpu, struct tdxctl_cpu_check_rec *rec)
{
	struct check *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int ret = 0;

	if (!c)
		return -ENOMEM;
	*rec = (struct tdxctl_cpu_check_rec){
		.cpu = cpu,
		.package = cpus_pkg_ids()[cpus_pkg(cpu)],
		.state = TDXCTL_CPU_UNKNOWN,
		.status = TDXCTL_UNKNOWN,
	};
	INIT_WORK(&c->work, check_fn);
	init_completion(&c->done);
	refcount_set(&c->refs, 2);
	c->cpu = cpu;
	if (!queue_check(c)) {
		kfree(c);
		return 0;
	}
	if (wait_for_completion_interruptible(&c->done)) {
		ret = -EINTR;
		if (cancel_work(&c->work))
			check_put(c);
	} else if (c->made) {
		rec->online = 1;
		rec->status = c->status;
		rec->duration_ns = c->duration_ns;
		rec->state = verdict(c->status);
	}
	check_put(c);
	return ret;
}

int cpucheck_init(void)
{
	check_wq = alloc_workqueue("tdxctl-check", compat_wq_percpu, 0);
	return check_wq ? 0 : -ENOMEM;
}

/* Waits for the works of checks that were interrupted while they ran. */
void cpucheck_exit(void)
{
	destroy_workqueue(check_wq);
}
