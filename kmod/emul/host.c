// SPDX-License-Identifier: GPL-2.0-only
/* The callbacks of tdmgr: the kernel's locks, CPUs and pages. CPU hotplug. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "emul.h"

/* TDMGR_LOCK_TDX, see tdmgr.h. */
DEFINE_MUTEX(tdx_lock);
/* TDMGR_LOCK_KEY_CONFIG */
struct mutex tdx_mng_key_config_lock[TDX_MAX_PKGS];

/* TDMGR_LOCK_POOL */
static DEFINE_MUTEX(pool_lock);

static enum cpuhp_state hotplug_state;

/* Leaves whose output registers Linux reads, by using __seamcall_ret. */
static bool host_leaf_has_output(u64 rax)
{
	switch (rax & TDX_LEAF_MASK) {
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_AUG:
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MNG_RD:
	case TDH_MR_EXTEND:
	case TDH_MNG_INIT:
	case TDH_PHYMEM_PAGE_RDMD:
	case TDH_VP_RD:
	case TDH_PHYMEM_PAGE_RECLAIM:
	case TDH_MEM_PAGE_REMOVE:
	case TDH_SYS_INIT:
	case TDH_SYS_RD:
	case TDH_SYS_LP_INIT:
	case TDH_SYS_TDMR_INIT:
	case TDH_VP_WR:
		return true;
	default:
		return false;
	}
}

static u64 host_seamcall(void *ctx, u64 rax, struct tdmgr_args *args)
{
	struct tdx_module_args a = {
		.rcx = args->rcx,
		.rdx = args->rdx,
		.r8 = args->r8,
		.r9 = args->r9,
		.r10 = args->r10,
		.r11 = args->r11,
	};
	u64 status;

	if (!host_leaf_has_output(rax))
		return __seamcall(rax, &a);

	status = __seamcall_ret(rax, &a);
	args->rcx = a.rcx;
	args->rdx = a.rdx;
	args->r8 = a.r8;
	args->r9 = a.r9;
	args->r10 = a.r10;
	args->r11 = a.r11;
	return status;
}

struct host_call {
	void (*fn)(void *arg);
	void *arg;
};

static int host_call_fn(void *data)
{
	struct host_call *call = data;

	call->fn(call->arg);
	return 0;
}

/*
 * A hotplug callback runs on the CPU itself, in a thread that is bound to it, when the
 * workqueues of the CPU do not run yet: the function is called directly then.
 */
static int host_on_cpu(void *ctx, u32 cpu, void (*fn)(void *arg), void *arg)
{
	struct host_call call = { .fn = fn, .arg = arg };

	if (is_percpu_thread() && raw_smp_processor_id() == cpu) {
		fn(arg);
		return 0;
	}
	return smp_call_on_cpu(cpu, host_call_fn, &call, false);
}

static u32 host_this_cpu(void *ctx)
{
	return raw_smp_processor_id();
}

static bool host_cpu_online(void *ctx, u32 cpu)
{
	return cpu < nr_cpu_ids && cpu_online(cpu);
}

static struct mutex *host_mutex(enum tdmgr_lock lock, u32 index)
{
	switch (lock) {
	case TDMGR_LOCK_TDX:
		return &tdx_lock;
	case TDMGR_LOCK_KEY_CONFIG:
		return &tdx_mng_key_config_lock[index];
	default:
		return &pool_lock;
	}
}

static void host_lock(void *ctx, enum tdmgr_lock lock, u32 index)
{
	if (lock == TDMGR_LOCK_CPUS)
		cpus_read_lock();
	else
		mutex_lock(host_mutex(lock, index));
}

static void host_unlock(void *ctx, enum tdmgr_lock lock, u32 index)
{
	if (lock == TDMGR_LOCK_CPUS)
		cpus_read_unlock();
	else
		mutex_unlock(host_mutex(lock, index));
}

static void *host_zalloc(void *ctx, size_t size)
{
	return kvzalloc(size, GFP_KERNEL_ACCOUNT);
}

static void host_free(void *ctx, void *p)
{
	kvfree(p);
}

static u64 host_page_alloc(void *ctx)
{
	return emul_page_alloc();
}

static void host_page_free(void *ctx, u64 pa)
{
	emul_page_free(pa);
}

/* Without keys there is no poison, so MOVDIR64B is not needed. */
static void host_page_clear(void *ctx, u64 pa)
{
	clear_page(phys_to_virt(pa));
	mb(); /* as after MOVDIR64B: the page is cleared before it is used again */
}

static void *host_page_map(void *ctx, u64 pa)
{
	return phys_to_virt(pa);
}

/* Rate-limited, because users can cause most of these messages. */
static __printf(3, 4) void host_log(void *ctx, enum tdmgr_log level, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	switch (level) {
	case TDMGR_ERR:
		pr_err_ratelimited("%pV\n", &vaf);
		break;
	case TDMGR_WARN:
		pr_warn_ratelimited("%pV\n", &vaf);
		break;
	case TDMGR_INFO:
		pr_info_ratelimited("%pV\n", &vaf);
		break;
	}
	va_end(args);
}

static bool host_interrupted(void *ctx)
{
	return signal_pending(current);
}

static void host_relax(void *ctx)
{
	cond_resched();
}

static const struct tdmgr_ops host_ops = {
	.seamcall = host_seamcall,
	.on_cpu = host_on_cpu,
	.this_cpu = host_this_cpu,
	.cpu_online = host_cpu_online,
	.lock = host_lock,
	.unlock = host_unlock,
	.zalloc = host_zalloc,
	.free = host_free,
	.page_alloc = host_page_alloc,
	.page_free = host_page_free,
	.page_clear = host_page_clear,
	.page_map = host_page_map,
	.log = host_log,
	.interrupted = host_interrupted,
	.relax = host_relax,
};

static int host_cpu_up(unsigned int cpu)
{
	int phys = topology_physical_package_id(cpu);

	if (emul_pkg_index(phys) != emul.lp_pkg[cpu]) {
		pr_err("CPU %u came online in package %d, which was not present at load; reload the module with this CPU online\n",
		       cpu, phys);
		return -EINVAL;
	}
	return tdmgr_cpu_online(emul.mgr, cpu);
}

static int host_cpu_down(unsigned int cpu)
{
	return tdmgr_cpu_offline(emul.mgr, cpu);
}

static int host_new_tdmgr(void)
{
	u32 i, nr = emul_nr_tdmrs();
	struct tdmgr_config cfg = {
		.nr_cpus = emul.nr_lps,
		.cpu_pkg = emul.lp_pkg,
		.nr_pkgs = emul.nr_pkgs,
		.global_hkid = emul.nr_mktme + 1,
		.first_hkid = emul.nr_mktme + 2,
		.nr_hkids = emul.nr_keyids - 1,
		.hkid_shift = emul.hkid_shift,
		.max_vcpus = TDX_MAX_VCPUS_PER_TD,
		.tdmr_array_pa = emul_tdmr_array(),
		.nr_tdmrs = nr,
	};
	u64 *base;
	int ret;

	base = kcalloc(nr, 2 * sizeof(*base), GFP_KERNEL);
	if (!base)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		emul_tdmr(i, &base[i], &base[nr + i]);
	cfg.tdmr_base = base;
	cfg.tdmr_size = base + nr;
	ret = tdmgr_new(&emul.mgr, &cfg, &host_ops, NULL);
	kfree(base);
	return ret;
}

int emul_host_init(void)
{
	int ret, i;

	for (i = 0; i < TDX_MAX_PKGS; i++)
		mutex_init(&tdx_mng_key_config_lock[i]);

	ret = host_new_tdmgr();
	if (ret)
		return ret;

	ret = tdmgr_bringup(emul.mgr);
	if (ret)
		goto fail;

	/* A CPU that comes online before this line is enabled with the next TD. */
	ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "tdx_emul:online", host_cpu_up,
					host_cpu_down);
	if (ret < 0)
		goto fail;
	hotplug_state = ret;
	return 0;

fail:
	tdmgr_free(emul.mgr);
	return ret;
}

void emul_host_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	tdmgr_free(emul.mgr);
}
