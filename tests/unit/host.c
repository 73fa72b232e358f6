// SPDX-License-Identifier: GPL-2.0-only
#include "host.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sched.h>

/* Physical memory: module structures and PAMT below 1 GiB, one TDMR above. */
#define MEM_SIZE    0x80000000ULL
#define CMR_BASE    0x100000ULL
#define TDMR_ARRAY  0x200000ULL
#define TDMR_INFO   0x201000ULL
#define SOURCE_PAGE 0x202000ULL
#define PAMT_1G	    0x300000ULL
#define PAMT_2M	    0x400000ULL
#define PAMT_4K	    0x800000ULL
#define TDMR_BASE   HOST_TDMR_BASE
#define TDMR_SIZE   0x40000000ULL
#define TDMR_PAGES  (TDMR_SIZE / CORE_PAGE_SIZE)

#define HKID_SHIFT 40
#define NR_MKTME   15

enum { PAGE_FREE, PAGE_OUT = 1, PAGE_PRIVATE = 2 };

static __thread u32 this_cpu;
static __thread u32 locks_held; /* a bit per enum tdmgr_lock */
static __thread u32 key_pkg_held;

static void broken(struct host *h, const char *fmt, ...)
{
	va_list ap;

	__atomic_fetch_add(&h->errors, 1, __ATOMIC_RELAXED);
	va_start(ap, fmt);
	fprintf(stderr, "host: ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* ---- CPUs ---- */

void host_run_on(u32 cpu)
{
	this_cpu = cpu;
}

u32 host_this_cpu(struct host *h)
{
	u32 cpu;

	/* A CPU that went offline pushed its threads away. */
	for (cpu = 0; !core_load32(&h->online[this_cpu]) && cpu < h->nr_cpus; cpu++)
		if (core_load32(&h->online[cpu]))
			this_cpu = cpu;
	return this_cpu;
}

static u32 op_this_cpu(void *ctx)
{
	return host_this_cpu(ctx);
}

static bool op_cpu_online(void *ctx, u32 cpu)
{
	struct host *h = ctx;

	return core_load32(&h->online[cpu]);
}

static int op_on_cpu(void *ctx, u32 cpu, void (*fn)(void *arg), void *arg)
{
	struct host *h = ctx;
	u32 was = this_cpu;

	if (cpu >= h->nr_cpus || !core_load32(&h->online[cpu]))
		return -ENXIO;
	this_cpu = cpu;
	fn(arg);
	this_cpu = was;
	return 0;
}

/* ---- locks ---- */

static void op_lock(void *ctx, enum tdmgr_lock lock, u32 index)
{
	struct host *h = ctx;

	if (index && lock != TDMGR_LOCK_KEY_CONFIG)
		broken(h, "lock %u has no index %u", lock, index);
	/* Outermost first, in the order of the enum. */
	if (locks_held >> lock)
		broken(h, "lock %u taken with 0x%x held", lock, locks_held);
	switch (lock) {
	case TDMGR_LOCK_CPUS:
		pthread_rwlock_rdlock(&h->cpus_lock);
		break;
	case TDMGR_LOCK_TDX:
		pthread_mutex_lock(&h->tdx_lock);
		break;
	case TDMGR_LOCK_KEY_CONFIG:
		pthread_mutex_lock(&h->key_lock[index]);
		key_pkg_held = index;
		break;
	case TDMGR_LOCK_POOL:
		pthread_mutex_lock(&h->pool_lock);
		break;
	}
	locks_held |= 1U << lock;
}

static void op_unlock(void *ctx, enum tdmgr_lock lock, u32 index)
{
	struct host *h = ctx;

	if (index != (lock == TDMGR_LOCK_KEY_CONFIG ? key_pkg_held : 0))
		broken(h, "lock %u was not taken with index %u", lock, index);
	if (!(locks_held & 1U << lock))
		broken(h, "lock %u is not held", lock);
	locks_held &= ~(1U << lock);
	switch (lock) {
	case TDMGR_LOCK_CPUS:
		pthread_rwlock_unlock(&h->cpus_lock);
		break;
	case TDMGR_LOCK_TDX:
		pthread_mutex_unlock(&h->tdx_lock);
		break;
	case TDMGR_LOCK_KEY_CONFIG:
		pthread_mutex_unlock(&h->key_lock[index]);
		break;
	case TDMGR_LOCK_POOL:
		pthread_mutex_unlock(&h->pool_lock);
		break;
	}
}

int host_cpu_offline(struct host *h, u32 cpu)
{
	int ret;

	pthread_rwlock_wrlock(&h->cpus_lock);
	ret = tdmgr_cpu_offline(h->m, cpu);
	if (!ret)
		core_store32(&h->online[cpu], 0);
	pthread_rwlock_unlock(&h->cpus_lock);
	return ret;
}

int host_cpu_online(struct host *h, u32 cpu)
{
	int ret;

	pthread_rwlock_wrlock(&h->cpus_lock);
	core_store32(&h->online[cpu], 1);
	ret = tdmgr_cpu_online(h->m, cpu);
	if (ret)
		core_store32(&h->online[cpu], 0);
	pthread_rwlock_unlock(&h->cpus_lock);
	return ret;
}

/* ---- memory ---- */

static void *op_seam_map(void *ctx, u64 pa)
{
	struct host *h = ctx;

	return pa < MEM_SIZE ? h->mem + pa : NULL;
}

static void *op_page_map(void *ctx, u64 pa)
{
	return op_seam_map(ctx, pa);
}

static u8 *page_state(struct host *h, u64 pa)
{
	if (pa < TDMR_BASE || pa >= TDMR_BASE + TDMR_SIZE || pa % CORE_PAGE_SIZE) {
		broken(h, "0x%" PRIx64 " is no page of the allocator", pa);
		return NULL;
	}
	return &h->page_state[(pa - TDMR_BASE) / CORE_PAGE_SIZE];
}

static void check_host_owned(struct host *h, u64 pa, const char *what)
{
	struct seam_page_info info;

	if (!seam_get_page(h->seam, pa, &info) && info.type != TDX_PT_NDA)
		broken(h, "page 0x%" PRIx64 " %s, but the module owns it (type %u)", pa, what,
		       info.type);
}

/* The caller holds mem_lock. */
static bool alloc_fails(struct host *h)
{
	return ++h->nr_allocs == h->fail_alloc;
}

u64 host_page_alloc(struct host *h)
{
	u32 page;
	u64 pa = 0;

	pthread_mutex_lock(&h->mem_lock);
	if (!alloc_fails(h) && (h->nr_free || h->next_page < TDMR_PAGES)) {
		page = h->nr_free ? h->free_list[--h->nr_free] : h->next_page++;
		h->page_state[page] = PAGE_OUT;
		h->pages_out++;
		pa = TDMR_BASE + page * CORE_PAGE_SIZE;
	}
	pthread_mutex_unlock(&h->mem_lock);
	if (pa)
		check_host_owned(h, pa, "handed out");
	return pa;
}

void host_page_free(struct host *h, u64 pa)
{
	u8 *state = page_state(h, pa);

	if (!state)
		return;
	check_host_owned(h, pa, "freed");
	pthread_mutex_lock(&h->mem_lock);
	if (*state == PAGE_FREE) {
		broken(h, "page 0x%" PRIx64 " freed twice", pa);
	} else {
		if (*state & PAGE_PRIVATE)
			broken(h, "page 0x%" PRIx64 " freed without clearing", pa);
		*state = PAGE_FREE;
		h->pages_out--;
		h->free_list[h->nr_free++] = (pa - TDMR_BASE) / CORE_PAGE_SIZE;
	}
	pthread_mutex_unlock(&h->mem_lock);
}

void host_page_back(void *host, u64 gpa, u64 hpa)
{
	host_page_free(host, hpa);
}

u64 host_source_page(struct host *h)
{
	return SOURCE_PAGE;
}

static u64 op_page_alloc(void *ctx)
{
	return host_page_alloc(ctx);
}

static void op_page_free(void *ctx, u64 pa)
{
	host_page_free(ctx, pa);
}

static void op_page_clear(void *ctx, u64 pa)
{
	struct host *h = ctx;
	u8 *state = page_state(h, pa);

	if (!state)
		return;
	check_host_owned(h, pa, "cleared");
	memset(h->mem + pa, 0, CORE_PAGE_SIZE);
	pthread_mutex_lock(&h->mem_lock);
	*state &= ~PAGE_PRIVATE;
	pthread_mutex_unlock(&h->mem_lock);
}

static void *op_zalloc(void *ctx, size_t size)
{
	struct host *h = ctx;
	void *p = NULL;

	pthread_mutex_lock(&h->mem_lock);
	if (!alloc_fails(h))
		p = calloc(1, size);
	if (p)
		h->allocs_out++;
	pthread_mutex_unlock(&h->mem_lock);
	return p;
}

static void op_free(void *ctx, void *p)
{
	struct host *h = ctx;

	pthread_mutex_lock(&h->mem_lock);
	h->allocs_out--;
	pthread_mutex_unlock(&h->mem_lock);
	free(p);
}

/* ---- SEAMCALL ---- */

/* The rules of tdmgr.h: which leaf under which lock, on which package. */
static void check_call_rules(struct host *h, u32 leaf)
{
	switch (leaf) {
	case TDH_MNG_CREATE:
	case TDH_MNG_VPFLUSHDONE:
	case TDH_PHYMEM_CACHE_WB:
	case TDH_MNG_KEY_FREEID:
		if (!(locks_held & 1U << TDMGR_LOCK_TDX))
			broken(h, "leaf %u without the global lock", leaf);
		break;
	case TDH_MNG_KEY_CONFIG:
	case TDH_SYS_KEY_CONFIG:
		if (!(locks_held & 1U << TDMGR_LOCK_KEY_CONFIG))
			broken(h, "leaf %u without a key-config lock", leaf);
		else if (key_pkg_held != h->pkg[this_cpu])
			broken(h, "leaf %u on package %u under the lock of %u", leaf,
			       h->pkg[this_cpu], key_pkg_held);
		break;
	}
}

static void note_donation(struct host *h, u32 leaf, u64 rcx, u64 r8)
{
	u64 pa;
	u8 *state;

	switch (leaf) {
	case TDH_MNG_CREATE:
	case TDH_MNG_ADDCX:
	case TDH_VP_CREATE:
	case TDH_VP_ADDCX:
		pa = rcx;
		break;
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_PAGE_AUG:
		pa = r8;
		break;
	default:
		return;
	}
	state = page_state(h, pa);
	if (!state)
		return;
	pthread_mutex_lock(&h->mem_lock);
	if (*state != PAGE_OUT)
		broken(h, "page 0x%" PRIx64 " donated in state %u", pa, *state);
	*state |= PAGE_PRIVATE;
	pthread_mutex_unlock(&h->mem_lock);
}

static bool call_fails(struct host *h, u32 leaf, u64 call)
{
	if (!h->fail_call || call < h->fail_call)
		return false;
	if (call == h->fail_call) {
		h->fail_leaf = leaf;
		return true;
	}
	return h->fail_mode == HOST_FAIL_ALL ||
	       (h->fail_mode == HOST_FAIL_LEAF && h->fail_leaf == leaf);
}

static u64 op_seamcall(void *ctx, u64 rax, struct tdmgr_args *args)
{
	struct host *h = ctx;
	u32 leaf = rax & TDX_LEAF_MASK;
	struct seam_regs regs = {
		.rax = rax,
		.rcx = args->rcx,
		.rdx = args->rdx,
		.r8 = args->r8,
		.r9 = args->r9,
		.r10 = args->r10,
		.r11 = args->r11,
	};
	u32 cpu = host_this_cpu(h);
	u64 call;

	call = __atomic_add_fetch(&h->calls, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&h->leaf_calls[leaf], 1, __ATOMIC_RELAXED);
	if (leaf == TDH_PHYMEM_CACHE_WB)
		__atomic_fetch_add(&h->wb_resumes, args->rcx, __ATOMIC_RELAXED);
	check_call_rules(h, leaf);
	if (call_fails(h, leaf, call)) {
		/* The registers hold something else after a failed call. */
		*args = (struct tdmgr_args){ .rcx = ~0ULL, .rdx = ~0ULL, .r8 = ~0ULL, .r9 = ~0ULL };
		return h->fail_status;
	}

	/* A CPU does one thing at a time. */
	pthread_mutex_lock(&h->cpu_lock[cpu]);
	seam_call(h->seam, cpu, &regs);
	pthread_mutex_unlock(&h->cpu_lock[cpu]);
	if (!regs.rax)
		note_donation(h, leaf, args->rcx, args->r8);
	else if (TDX_STATUS_OF(regs.rax) == TDX_ST(OPERAND_BUSY))
		__atomic_fetch_add(&h->busy, 1, __ATOMIC_RELAXED);
	args->rcx = regs.rcx;
	args->rdx = regs.rdx;
	args->r8 = regs.r8;
	args->r9 = regs.r9;
	args->r10 = regs.r10;
	args->r11 = regs.r11;
	return regs.rax;
}

void host_inject(struct host *h, u64 call, enum host_fail mode, u64 status)
{
	h->fail_call = call ? h->calls + call : 0;
	h->fail_mode = mode;
	h->fail_status = status;
	h->fail_leaf = 0;
}

/* ---- the rest ---- */

static bool op_interrupted(void *ctx)
{
	struct host *h = ctx;

	return h->interrupt_after && !--h->interrupt_after;
}

static void op_relax(void *ctx)
{
	sched_yield();
}

CORE_PRINTF(3, 4)
static void op_log(void *ctx, enum tdmgr_log level, const char *fmt, ...)
{
	struct host *h = ctx;
	char line[256], *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line)) {
		broken(h, "log line too long: %s", line);
		return;
	}
	pthread_mutex_lock(&h->log_lock);
	p = realloc(h->log, h->log_len + n + 2);
	if (p) {
		memcpy(p + h->log_len, line, n);
		memcpy(p + h->log_len + n, "\n", 2);
		h->log = p;
		h->log_len += n + 1;
	}
	pthread_mutex_unlock(&h->log_lock);
}

bool host_logged(struct host *h, const char *text)
{
	return h->log && strstr(h->log, text);
}

void host_log_clear(struct host *h)
{
	free(h->log);
	h->log = NULL;
	h->log_len = 0;
}

static void op_pause(void *ctx, u32 lp, u32 leaf)
{
	struct host *h = ctx;

	if (h->cfg.slow_calls)
		sched_yield();
}

static const struct seam_ops seam_ops = {
	.map = op_seam_map,
	.pause = op_pause,
};

static const struct tdmgr_ops tdmgr_ops = {
	.seamcall = op_seamcall,
	.on_cpu = op_on_cpu,
	.this_cpu = op_this_cpu,
	.cpu_online = op_cpu_online,
	.lock = op_lock,
	.unlock = op_unlock,
	.zalloc = op_zalloc,
	.free = op_free,
	.page_alloc = op_page_alloc,
	.page_free = op_page_free,
	.page_clear = op_page_clear,
	.page_map = op_page_map,
	.log = op_log,
	.interrupted = op_interrupted,
	.relax = op_relax,
};

static void *need(void *p)
{
	if (!p || p == MAP_FAILED) {
		perror("host");
		exit(1);
	}
	return p;
}

static void start_seam(struct host *h)
{
	const struct seam_config cfg = {
		.nr_lps = h->nr_cpus,
		.lp_pkg = h->pkg,
		.nr_pkgs = h->cfg.nr_pkgs,
		.nr_mktme_keyids = NR_MKTME,
		.nr_tdx_keyids = h->cfg.nr_hkids + 1,
		.hkid_shift = HKID_SHIFT,
		.nr_cmrs = 1,
		.cmr = { { CMR_BASE, MEM_SIZE - CMR_BASE } },
		.late_lp_init = h->cfg.late_lp_init,
	};
	static const u64 pamt[TDX_PAGE_SIZES] = {
		[TDX_PS_4K] = PAMT_4K,
		[TDX_PS_2M] = PAMT_2M,
		[TDX_PS_1G] = PAMT_1G,
	};
	struct tdx_tdmr_info tdmr;
	u64 tdmr_pa = TDMR_INFO;
	void *mem = need(calloc(1, seam_size(&cfg)));

	tdmgr_tdmr_fill(&tdmr, TDMR_BASE, TDMR_SIZE, pamt);
	memcpy(h->mem + TDMR_INFO, &tdmr, sizeof(tdmr));
	memcpy(h->mem + TDMR_ARRAY, &tdmr_pa, sizeof(tdmr_pa));
	h->seam = need(seam_init(mem, &cfg, &seam_ops, h));
}

int host_start(struct host *h, const struct host_config *cfg)
{
	static const u64 tdmr_base[] = { TDMR_BASE }, tdmr_size[] = { TDMR_SIZE };
	pthread_rwlockattr_t attr;
	u32 i;
	int ret;

	memset(h, 0, sizeof(*h));
	h->cfg = *cfg;
	h->nr_cpus = cfg->nr_pkgs * cfg->cpus_per_pkg;
	h->fail_alloc = cfg->fail_alloc;
	/* As in the kernel: a waiting writer keeps new readers out. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&h->cpus_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&h->tdx_lock, NULL);
	pthread_mutex_init(&h->pool_lock, NULL);
	pthread_mutex_init(&h->mem_lock, NULL);
	pthread_mutex_init(&h->log_lock, NULL);
	for (i = 0; i < TDX_MAX_PKGS; i++)
		pthread_mutex_init(&h->key_lock[i], NULL);
	for (i = 0; i < h->nr_cpus; i++) {
		pthread_mutex_init(&h->cpu_lock[i], NULL);
		h->pkg[i] = i / cfg->cpus_per_pkg;
		h->online[i] = !(cfg->offline >> i & 1);
	}
	h->mem = need(mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	h->page_state = need(calloc(TDMR_PAGES, 1));
	h->free_list = need(calloc(TDMR_PAGES, sizeof(*h->free_list)));
	start_seam(h);
	host_run_on(0);

	ret = tdmgr_new(&h->m,
			&(struct tdmgr_config){
				.nr_cpus = h->nr_cpus,
				.cpu_pkg = h->pkg,
				.nr_pkgs = cfg->nr_pkgs,
				.global_hkid = NR_MKTME + 1,
				.first_hkid = NR_MKTME + 2,
				.nr_hkids = cfg->nr_hkids,
				.hkid_shift = HKID_SHIFT,
				.max_vcpus = cfg->max_vcpus,
				.tdmr_array_pa = TDMR_ARRAY,
				.nr_tdmrs = 1,
				.tdmr_base = tdmr_base,
				.tdmr_size = tdmr_size,
			},
			&tdmgr_ops, h);
	if (ret)
		h->m = NULL;
	else if (!cfg->no_bringup)
		ret = tdmgr_bringup(h->m);
	return ret;
}

void host_stop(struct host *h)
{
	if (h->m)
		tdmgr_free(h->m);
	if (h->allocs_out)
		broken(h, "%u bookkeeping blocks lost", h->allocs_out);
	if (locks_held)
		broken(h, "locks 0x%x still held", locks_held);
	host_log_clear(h);
	free(h->seam);
	free(h->free_list);
	free(h->page_state);
	munmap(h->mem, MEM_SIZE);
}
