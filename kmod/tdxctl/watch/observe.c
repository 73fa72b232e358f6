// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: records the SEAMCALLs that the probes report.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "compat.h"
#include "watch.h"

#define MSR_KEYID_PARTITIONING 0x87
#define TD_PARAMS_MAX_VCPUS    16 /* offset; TDX module ABI, TD_PARAMS */
#define MAX_PHYS_BITS	       52
#define MAX_KEYID	       0x7fff
#define MIN_TDS		       256
#define MAX_VCPUS	       32768

static atomic_t unseen = ATOMIC_INIT(0);

static struct ledger *ledger;
static void *ledger_mem;
static struct ledger_config config;
static u16 *cpu_pkg;
static u32 generation; /* of the ledger; a call ends in the one it began in */
static u64 attached_ns;
static unsigned long missed_seen;

/*
 * The provider's variables with its KeyID range, and whether they have still to be
 * read: a module that is being loaded sets them in its init function, after the
 * notifier that attached the probes, but before its first SEAMCALL.
 */
static struct {
	unsigned long global, first, count;
} keyid_addr;
static bool keyids_pending;

/* For readers in process context. Never returns NULL between init and exit. */
const struct ledger *observe_lock(unsigned long *flags)
{
	ledger_lock(flags);
	return ledger;
}

void observe_unlock(unsigned long flags)
{
	ledger_unlock(flags);
}

static bool read_u32(unsigned long addr, u32 *out)
{
	return addr && !copy_from_kernel_nofault(out, (void *)addr, sizeof(*out));
}

/*
 * The KeyID is right above the physical address bits. On a host with KeyIDs the
 * kernel has reduced their number; on an emulated host it has not.
 */
static void set_keyids(struct ledger_config *cfg, u32 global, u32 first, u32 count)
{
	cfg->global_hkid = global;
	cfg->first_hkid = first;
	cfg->nr_hkids = count;
	cfg->hkid_shift = min_t(u32, boot_cpu_data.x86_phys_bits,
				MAX_PHYS_BITS - order_base_2(first + count));
}

/* Called under the ledger lock or before the probes are armed. */
static bool read_keyids(struct ledger_config *cfg)
{
	u32 global, first, count;

	if (!read_u32(keyid_addr.global, &global) || !read_u32(keyid_addr.first, &first) ||
	    !read_u32(keyid_addr.count, &count))
		return false;
	if (!global || !count || count > TDX_MAX_HKIDS || first > MAX_KEYID)
		return false;
	set_keyids(cfg, global, first, count);
	return true;
}

/*
 * Without the kernel's variables: reads the partition of the KeyIDs that the BIOS
 * has set. The TDX module uses the first private KeyID. Not for the emulator, whose
 * host CPU has no private KeyIDs.
 */
static bool read_keyid_msr(struct ledger_config *cfg)
{
	u32 mktme, tdx;
	u64 val;

	if (rdmsrq_safe(MSR_KEYID_PARTITIONING, &val))
		return false;
	mktme = lower_32_bits(val);
	tdx = upper_32_bits(val);
	if (tdx < 2 || tdx > TDX_MAX_HKIDS || mktme > MAX_KEYID - 2)
		return false;
	set_keyids(cfg, mktme + 1, mktme + 2, tdx - 1);
	return true;
}

/*
 * Returns the descriptor of the current ioctl(2), its first argument, or -1 in any
 * other context. TDH.MNG.CREATE is made during an ioctl(2) on the VM file.
 */
static s32 current_ioctl_fd(void)
{
	struct pt_regs *regs = task_pt_regs(current);

	if (!user_64bit_mode(regs) || regs->orig_ax != __NR_ioctl)
		return -1;
	return (s32)regs->di;
}

/* @vm: the current ioctl is on the VM file; false: on a vCPU's or another file. */
static void current_owner(struct ledger_owner *o, bool vm)
{
	struct task_struct *leader = current->group_leader;

	memset(o, 0, sizeof(*o));
	o->fd = -1;
	/* The kernel does not build TDs in interrupts, so current is the VMM. */
	if (current->flags & PF_KTHREAD)
		return;
	o->tgid = task_tgid_nr(current);
	o->tid = task_pid_nr(current);
	if (vm)
		o->fd = current_ioctl_fd();
	o->start_ns = leader->start_boottime;
	/* Not get_task_comm(), which takes a lock. A torn name is harmless. */
	memcpy(o->comm, leader->comm, sizeof(o->comm));
	o->comm[sizeof(o->comm) - 1] = '\0';
}

/* Reads TD_PARAMS.MAX_VCPUS; @pa is the address from RDX. */
static u32 td_params_max_vcpus(u64 pa)
{
	u16 max;

	if (!pfn_valid(PHYS_PFN(pa)))
		return LEDGER_UNKNOWN32;
	if (copy_from_kernel_nofault(&max, phys_to_virt(pa + TD_PARAMS_MAX_VCPUS), sizeof(max)))
		return LEDGER_UNKNOWN32;
	return max;
}

/*
 * VMs that were destroyed while the lock could not be taken. A VM more than there is room
 * for keeps its record until its TDR page serves another TD.
 */
static struct {
	u64 tdr;
	u32 seq; /* 0: free; written last, cleared first */
} gone[16];
static atomic_t nr_gone = ATOMIC_INIT(0);

static void remember_gone(u64 tdr, u32 seq)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(gone); i++) {
		/* All ones: a slot that is being filled. */
		if (cmpxchg(&gone[i].seq, 0, U32_MAX))
			continue;
		gone[i].tdr = tdr;
		smp_store_release(&gone[i].seq, seq);
		atomic_inc(&nr_gone);
		return;
	}
}

/* Under the ledger lock. */
static void drain_gone(void)
{
	u32 i, seq;

	if (likely(!atomic_read(&nr_gone)))
		return;
	for (i = 0; i < ARRAY_SIZE(gone); i++) {
		/* Pairs with remember_gone(). */
		seq = smp_load_acquire(&gone[i].seq);
		if (!seq || seq == U32_MAX)
			continue;
		events_gone(ledger, gone[i].tdr, seq, ktime_get_mono_fast_ns());
		ledger_vm_gone(ledger, gone[i].tdr, seq, ktime_get_mono_fast_ns());
		smp_store_release(&gone[i].seq, 0);
		atomic_dec(&nr_gone);
	}
}

/* Under the ledger lock. */
static void note_missed(unsigned long missed)
{
	unsigned long more = missed - missed_seen;

	/* Without a write to a line that all CPUs share, unless there is a reason. */
	if (unlikely(atomic_read(&unseen)))
		more += atomic_xchg(&unseen, 0);
	WRITE_ONCE(missed_seen, missed);
	if (more)
		ledger_missed(ledger, more);
}

/*
 * Records the begin of a page-level call without the lock. Returns false if this needs the
 * lock, or something else has to be recorded first.
 */
static bool begin_page(struct observe_call *c, unsigned long missed)
{
	if (READ_ONCE(keyids_pending) || atomic_read(&nr_gone) || atomic_read(&unseen) ||
	    missed != READ_ONCE(missed_seen))
		return false;
	/* Not freed before the probes are removed. */
	return ledger_page_begin(READ_ONCE(ledger), &c->call);
}

static bool end_page(struct observe_call *c, u64 now, u64 status, const struct ledger_regs *out)
{
	unsigned long flags;
	bool done = false;

	if (!shard_trylock_this(&flags))
		return false;
	/* A preempted task may have moved to another CPU. */
	if (c->call.cpu == raw_smp_processor_id())
		done = ledger_page_end(ledger, &c->call, now, status, out);
	shard_unlock_this(flags);
	return done;
}

/* Under the ledger lock. */
static void fold(unsigned int cpu)
{
	if (!ledger_shard_dirty(ledger, cpu) || !shard_trylock(cpu))
		return;
	ledger_fold(ledger, cpu);
	shard_unlock(cpu);
}

/* Under the ledger lock. */
static void end_call(struct ledger_call *call, u64 now, u64 status, const struct ledger_regs *out)
{
	unsigned int cpu;

	if (ledger_needs_fold(call->rax, out))
		for_each_possible_cpu(cpu)
			fold(cpu);
	if (!shard_trylock(call->cpu)) {
		atomic_inc(&unseen);
		return;
	}
	ledger_end(ledger, call, now, status, out);
	ledger_admit(ledger, call, status, out);
	shard_unlock(call->cpu);
	events_call(ledger, call, now, status);
}

/**
 * observe_begin() - record that a SEAMCALL is about to be made on this CPU
 * @c: must live until the matching observe_end()
 * @rax: leaf and version
 * @args: the registers of the caller, which the function that is called reads as well; read
 *	  again at the end
 * @missed: number of calls that the probes have missed so far
 *
 * Atomic context.
 */
void observe_begin(struct observe_call *c, u64 rax, const struct ledger_regs *args,
		   unsigned long missed)
{
	struct ledger_call *call = &c->call;
	u64 leaf = rax & TDX_LEAF_MASK;
	unsigned long flags;

	c->active = false;
	c->args = args;
	call->in = *args;
	c->generation = READ_ONCE(generation);
	call->rax = rax;
	call->cpu = raw_smp_processor_id();
	call->max_vcpus = LEDGER_UNKNOWN32;
	c->page = begin_page(c, missed);
	if (likely(c->page)) {
		c->active = true;
		call->start_ns = ktime_get_mono_fast_ns();
		return;
	}

	memset(&call->owner, 0, sizeof(call->owner));
	if (ledger_names_owner(rax))
		current_owner(&call->owner, leaf == TDH_MNG_CREATE);
	if (leaf == TDH_MNG_INIT)
		call->max_vcpus = td_params_max_vcpus(call->in.rdx);

	if (!ledger_trylock(&flags)) {
		atomic_inc(&unseen);
		return;
	}
	drain_gone();
	/* Once, while the provider is being loaded; takes a millisecond. */
	if (unlikely(keyids_pending)) {
		WRITE_ONCE(keyids_pending, false);
		if (read_keyids(&config))
			ledger = ledger_init(ledger_mem, &config);
	}
	note_missed(missed);
	c->generation = generation;
	c->active = true;
	call->start_ns = ktime_get_mono_fast_ns();
	ledger_begin(ledger, call);
	ledger_unlock(flags);
}

/* Records the end of a SEAMCALL; @outputs: c->args has its output registers. */
void observe_end(struct observe_call *c, u64 status, bool outputs)
{
	u64 now = ktime_get_mono_fast_ns();
	const struct ledger_regs *out = outputs ? c->args : NULL;
	unsigned long flags;

	if (!c->active)
		return;
	if (c->page) {
		if (likely(c->generation == READ_ONCE(generation)) && end_page(c, now, status, out))
			return;
		memset(&c->call.owner, 0, sizeof(c->call.owner));
		if (ledger_names_owner(c->call.rax))
			current_owner(&c->call.owner, false);
	}
	if (!ledger_trylock(&flags)) {
		atomic_inc(&unseen);
		return;
	}
	if (c->generation == generation)
		end_call(&c->call, now, status, out);
	ledger_unlock(flags);
}

static void reclaim_call(const struct observe_reclaim *r, struct ledger_call *call,
			 struct ledger_regs *out)
{
	*out = (struct ledger_regs){ .rcx = r->type, .rdx = r->owner, .r8 = r->size };
	*call = (struct ledger_call){
		.rax = TDH_PHYMEM_PAGE_RECLAIM,
		.in.rcx = r->pa,
		.start_ns = r->start_ns,
		.cpu = r->cpu,
		.max_vcpus = LEDGER_UNKNOWN32,
	};
}

/**
 * observe_reclaims() - record calls of TDH.PHYMEM.PAGE.RECLAIM that this module has made
 * @r: the calls
 * @n: their number; a few, because all are recorded under a lock
 * @missed: number of calls that the probes have missed so far
 *
 * Not in a probe handler.
 */
void observe_reclaims(const struct observe_reclaim *r, unsigned int n, unsigned long missed)
{
	struct ledger_call call;
	struct ledger_regs out;
	unsigned long flags;
	unsigned int i = 0;

	if (missed == READ_ONCE(missed_seen) && shard_trylock_this(&flags)) {
		for (; i < n && r[i].cpu == raw_smp_processor_id(); i++) {
			reclaim_call(&r[i], &call, &out);
			if (!ledger_page_end(ledger, &call, r[i].end_ns, r[i].status, &out))
				break;
		}
		shard_unlock_this(flags);
	}
	if (i == n)
		return;
	ledger_lock(&flags);
	drain_gone();
	note_missed(missed);
	for (; i < n; i++) {
		reclaim_call(&r[i], &call, &out);
		ledger_begin(ledger, &call);
		end_call(&call, r[i].end_ns, r[i].status, &out);
	}
	ledger_unlock(flags);
}

/*
 * Adds to the ledger what the shards have recorded, for readers in process context. No
 * CPU waits for longer than one shard takes.
 */
void observe_fold(void)
{
	unsigned int cpu, tries = 4;
	unsigned long flags;
	bool again;

	do {
		for_each_possible_cpu(cpu) {
			ledger_lock(&flags);
			if (ledger)
				fold(cpu);
			ledger_unlock(flags);
		}
		ledger_lock(&flags);
		/* Each pass finds the additions of all removals that the last one found. */
		again = ledger && ledger_owes(ledger);
		if (again && !--tries) {
			ledger_settle(ledger);
			again = false;
		}
		ledger_unlock(flags);
	} while (again);
}

/* A CPU is online in package @pkg. */
void observe_cpu_package(unsigned int cpu, u32 pkg)
{
	unsigned long flags;

	ledger_lock(&flags);
	if (ledger) {
		cpu_pkg[cpu] = pkg;
		ledger_cpu_package(ledger, cpu, pkg);
	}
	ledger_unlock(flags);
}

/* Adds a TD that is older than the ledger. Returns the result of ledger_adopt_td(). */
int observe_adopt(const struct ledger_td *td)
{
	unsigned long flags;
	int ret;

	ledger_lock(&flags);
	ret = ledger_adopt_td(ledger, td);
	ledger_unlock(flags);
	return ret;
}

/* Returns the number of the TD @tdr, 0 if it has no record. For probe handlers. */
u32 observe_td_number(u64 tdr)
{
	const struct ledger_td *td;
	unsigned long flags;
	u32 seq;

	if (!ledger_trylock(&flags))
		return 0;
	td = ledger_td_find(ledger, tdr);
	seq = td ? td->seq : 0;
	ledger_unlock(flags);
	return seq;
}

/* The VM of TD number @seq was destroyed. For probe handlers. */
void observe_vm_gone(u64 tdr, u32 seq)
{
	unsigned long flags;

	if (!ledger_trylock(&flags)) {
		remember_gone(tdr, seq);
		return;
	}
	drain_gone();
	events_gone(ledger, tdr, seq, ktime_get_ns());
	ledger_vm_gone(ledger, tdr, seq, ktime_get_ns());
	ledger_unlock(flags);
}

/* Replaces the ledger. Calls in flight began in the old one and are dropped. */
static int install(const struct ledger_config *cfg, u32 room_hkids, bool pending, u64 since)
{
	struct ledger_config sized = *cfg;
	unsigned long flags;
	struct ledger *fresh;
	unsigned int cpu;
	void *mem, *old;

	sized.nr_hkids = room_hkids;
	mem = kvzalloc(ledger_size(&sized), GFP_KERNEL);
	if (!mem)
		return -ENOMEM;
	fresh = ledger_init(mem, cfg);
	if (!fresh) {
		kvfree(mem);
		return -EINVAL;
	}

	ledger_lock(&flags);
	old = ledger_mem;
	ledger_mem = mem;
	WRITE_ONCE(ledger, fresh);
	config = *cfg;
	WRITE_ONCE(keyids_pending, pending);
	attached_ns = since;
	WRITE_ONCE(missed_seen, 0);
	atomic_set(&unseen, 0);
	WRITE_ONCE(generation, generation + 1);
	/* observe_reclaims() may still be in a shard of the old one. */
	for_each_possible_cpu(cpu)
		if (shard_trylock(cpu))
			shard_unlock(cpu);
	ledger_unlock(flags);
	kvfree(old);
	return 0;
}

static int alloc_cpu_pkg(void)
{
	unsigned int cpu;

	if (!cpu_pkg)
		cpu_pkg = kcalloc(nr_cpu_ids, sizeof(*cpu_pkg), GFP_KERNEL);
	if (!cpu_pkg)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		cpu_pkg[cpu] = cpus_pkg(cpu);
	return 0;
}

/**
 * observe_start() - begin a new ledger
 * @provider: module with the SEAMCALL entry points, "" for none
 * @from_start: @provider has not made a SEAMCALL yet
 *
 * Called while no probe is armed.
 *
 * Return: 0, -ENOMEM or -EINVAL.
 */
int observe_start(const char *provider, bool from_start)
{
	const char *module = strcmp(provider, "vmlinux") ? provider : NULL;
	struct ledger_config cfg = {
		.nr_cpus = nr_cpu_ids,
		.nr_pkgs = cpus_nr_pkgs(),
		.max_vcpus = MAX_VCPUS,
		.from_start = from_start,
		.shards = *provider,
	};
	bool pending = false;
	unsigned int cpu;
	u32 room;
	int ret;

	ret = alloc_cpu_pkg();
	if (ret)
		return ret;
	cfg.cpu_pkg = cpu_pkg;

	memset(&keyid_addr, 0, sizeof(keyid_addr));
	if (*provider) {
		keyid_addr.global = sym_find(module, "tdx_global_keyid");
		keyid_addr.first = sym_find(module, "tdx_guest_keyid_start");
		keyid_addr.count = sym_find(module, "tdx_nr_guest_keyids");
		if (!read_keyids(&cfg) &&
		    (!strcmp(provider, PROBE_EMULATOR) || !read_keyid_msr(&cfg)))
			pending = keyid_addr.global && keyid_addr.first && keyid_addr.count;
	}
	room = pending ? TDX_MAX_HKIDS : cfg.nr_hkids;
	/* A TD without HKID exists until its pages are reclaimed. */
	cfg.max_tds = max_t(u32, MIN_TDS, 2 * room);
	if (!*provider) {
		cfg.max_tds = 1;
		cfg.max_vcpus = 1;
	}
	ret = install(&cfg, room, pending, *provider ? ktime_get_ns() : 0);
	if (ret)
		return ret;
	/* A CPU may have booted meanwhile. */
	for_each_online_cpu(cpu)
		observe_cpu_package(cpu, cpus_pkg(cpu));
	return 0;
}

/* The provider is gone: drops its ledger. */
void observe_stop(void)
{
	if (observe_start("", false))
		pr_warn("out of memory: the records of the unloaded module stay\n");
}

/* Called after the last probe was removed. CPUs may still come online. */
void observe_exit(void)
{
	unsigned long flags;

	ledger_lock(&flags);
	ledger = NULL;
	ledger_unlock(flags);
	kvfree(ledger_mem);
	kfree(cpu_pkg);
}

void observe_keyids_get(struct observe_keyids *k, u64 *since, bool *from_start)
{
	unsigned long flags;

	ledger_lock(&flags);
	k->global = config.global_hkid;
	k->first = config.first_hkid;
	k->count = config.nr_hkids;
	*since = attached_ns;
	*from_start = config.from_start && attached_ns;
	ledger_unlock(flags);
}
