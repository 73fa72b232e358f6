/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine of an emulated host: CPUs, memory and a clock around the software TDX
 * module (seam); the ledger observes each SEAMCALL. Time is virtual: each leaf takes a
 * fixed time, so the same file always gives the same host.
 */
#include <stdio.h>
#include <sys/mman.h>
#include "emul.h"

#define RAM_BASE (4ULL << 30)
#define GIB	 (1ULL << 30)
#define PA_BITS	 52

/* Typical durations on real hosts, rounded. */
static uint64_t cost_ns(uint64_t leaf)
{
	switch (leaf) {
	case TDH_MNG_KEY_CONFIG:
	case TDH_SYS_KEY_CONFIG:
		return 1500000;
	case TDH_PHYMEM_CACHE_WB:
		return 8000000;
	case TDH_SYS_TDMR_INIT:
		return 400000;
	case TDH_MNG_INIT:
	case TDH_SYS_CONFIG:
		return 60000;
	case TDH_MNG_CREATE:
	case TDH_MNG_KEY_FREEID:
	case TDH_MNG_VPFLUSHDONE:
	case TDH_VP_CREATE:
	case TDH_VP_INIT:
	case TDH_MR_FINALIZE:
		return 8000;
	case TDH_MEM_PAGE_ADD:
		return 3000;
	case TDH_PHYMEM_PAGE_RECLAIM:
		return 1500;
	default:
		return 1000;
	}
}

static void *ram_at(const struct emul *e, uint64_t pa)
{
	if (pa < e->ram_base || pa - e->ram_base >= e->ram_size)
		return NULL;
	return e->ram + (pa - e->ram_base);
}

static void *seam_map(void *ctx, u64 pa)
{
	return ram_at(ctx, pa);
}

static const struct seam_ops seam_ops = { .map = seam_map };

static u64 op_seamcall(void *ctx, u64 rax, struct tdmgr_args *args)
{
	struct emul *e = ctx;
	struct seam_regs regs = {
		.rax = rax,
		.rcx = args->rcx,
		.rdx = args->rdx,
		.r8 = args->r8,
		.r9 = args->r9,
		.r10 = args->r10,
		.r11 = args->r11,
	};
	struct ledger_call call = {
		.start_ns = e->clock,
		.rax = rax,
		.in = { args->rcx, args->rdx, args->r8, args->r9, args->r10, args->r11 },
		.cpu = e->cpu,
		.max_vcpus = LEDGER_UNKNOWN32,
		.owner = e->owner,
	};
	struct ledger_regs out;

	if ((rax & TDX_LEAF_MASK) == TDH_MNG_INIT) {
		const struct tdx_td_params *p = ram_at(e, args->rdx);

		if (p)
			call.max_vcpus = p->max_vcpus;
	}
	ledger_begin(e->ledger, &call);
	seam_call(e->seam, e->cpu, &regs);
	e->clock += cost_ns(rax & TDX_LEAF_MASK);
	if (e->on_call)
		e->on_call(e, &call, regs.rax);
	out = (struct ledger_regs){ regs.rcx, regs.rdx, regs.r8, regs.r9, regs.r10, regs.r11 };
	ledger_end(e->ledger, &call, e->clock, regs.rax, &out);
	*args = (struct tdmgr_args){
		.rcx = out.rcx,
		.rdx = out.rdx,
		.r8 = out.r8,
		.r9 = out.r9,
		.r10 = out.r10,
		.r11 = out.r11,
	};
	return regs.rax;
}

uint64_t emul_seamcall(struct emul *e, uint64_t leaf, struct tdmgr_args *args)
{
	return op_seamcall(e, leaf, args);
}

static int op_on_cpu(void *ctx, u32 cpu, void (*fn)(void *arg), void *arg)
{
	struct emul *e = ctx;
	u32 here = e->cpu;

	if (cpu >= e->nr_cpus || !e->cpus[cpu].online)
		return -ENXIO;
	e->cpu = cpu;
	fn(arg);
	e->cpu = here;
	return 0;
}

static u32 op_this_cpu(void *ctx)
{
	return ((struct emul *)ctx)->cpu;
}

static bool op_cpu_online(void *ctx, u32 cpu)
{
	return ((struct emul *)ctx)->cpus[cpu].online;
}

static void end_hold(struct emul_hold *h)
{
	if (h->until_ns - h->since_ns > h->longest_ns)
		h->longest_ns = h->until_ns - h->since_ns;
	h->held = false;
}

void emul_tick(struct emul *e)
{
	if (e->hold_tdx.held && e->clock > e->hold_tdx.until_ns)
		end_hold(&e->hold_tdx);
	for (u32 i = 0; i < e->nr_pkgs; i++)
		if (e->hold_key[i].held && e->clock > e->hold_key[i].until_ns)
			end_hold(&e->hold_key[i]);
}

static void op_lock(void *ctx, enum tdmgr_lock lock, u32 index)
{
	struct emul *e = ctx;
	struct emul_hold *h = NULL;

	emul_tick(e);
	if (lock == TDMGR_LOCK_TDX)
		h = &e->hold_tdx;
	else if (lock == TDMGR_LOCK_KEY_CONFIG)
		h = &e->hold_key[index];
	if (!h || !h->held)
		return;
	h->contended++;
	e->clock = h->until_ns;
	end_hold(h);
}

static void op_unlock(void *ctx, enum tdmgr_lock lock, u32 index)
{
}

static void *op_zalloc(void *ctx, size_t size)
{
	return calloc(1, size);
}

static void op_free(void *ctx, void *p)
{
	free(p);
}

/* Pages are never reused: the file limits their number. */
uint64_t emul_page_alloc(struct emul *e)
{
	uint64_t pa = e->next_page;

	if (pa >= e->last_page)
		return 0;
	e->next_page += CORE_PAGE_SIZE;
	return pa;
}

static u64 op_page_alloc(void *ctx)
{
	return emul_page_alloc(ctx);
}

static void op_page_nothing(void *ctx, u64 pa)
{
}

static void *op_page_map(void *ctx, u64 pa)
{
	return ram_at(ctx, pa);
}

static void CORE_PRINTF(3, 4) op_log(void *ctx, enum tdmgr_log level, const char *fmt, ...)
{
	struct emul *e = ctx;
	char msg[256];
	va_list ap;

	if (e->powering_off)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	ctx_log(e->ctx, TDXCTL_LOG_INFO, "emulated kernel: %s", msg);
}

static bool op_interrupted(void *ctx)
{
	struct emul *e = ctx;

	return e->limited && !e->budget;
}

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
	.page_free = op_page_nothing,
	.page_clear = op_page_nothing,
	.page_map = op_page_map,
	.log = op_log,
	.interrupted = op_interrupted,
};

/* Returns the bytes that all TDs of the file need, rounded up to GiB. */
static uint64_t guest_bytes(const struct emul_file *f)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < f->nr_events; i++) {
		const struct emul_event *ev = &f->events[i];

		if (ev->op != EMUL_TD && ev->op != EMUL_ACCEPT)
			continue;
		/* Also S-EPT pages (one per 512, and their parents), TDCS, TD_PARAMS, vCPUs. */
		pages += ev->pages + ev->pages / 512 + 64 + ev->vcpus * (TDX_MAX_TDVPS_PAGES + 1);
	}
	return (pages * CORE_PAGE_SIZE + GIB - 1) / GIB * GIB;
}

/* Lays out memory: one TDMR, its PAMTs, its TDMR_INFO, the array of TDMR_INFO addresses. */
static void lay_out(struct emul *e, uint64_t tdmr_size)
{
	uint64_t pa = e->ram_base + tdmr_size;
	u64 pamt[TDX_PAGE_SIZES];
	struct tdx_tdmr_info info;

	for (enum tdx_page_size s = 0; s < TDX_PAGE_SIZES; s++) {
		pamt[s] = pa;
		pa += tdmgr_pamt_size(tdmr_size, s);
	}
	tdmgr_tdmr_fill(&info, e->ram_base, tdmr_size, pamt);
	memcpy(ram_at(e, pa), &info, sizeof(info));
	e->desc = ram_at(e, pa + CORE_PAGE_SIZE);
	e->desc[0] = pa;
	e->next_page = e->ram_base;
	e->last_page = e->ram_base + tdmr_size;
}

uint32_t emul_keyid_shift(const struct tdxctl_emul_topology *t)
{
	uint32_t bits = 1;

	while ((t->mktme_keyids + t->tdx_keyids) >> bits)
		bits++;
	return PA_BITS - bits;
}

static int power_seam(struct emul *e, uint64_t tdmr_size)
{
	const struct tdxctl_emul_topology *t = &e->file.topo;
	uint32_t first = t->mktme_keyids + 1, vcpus = 1, tds = 1;
	struct ledger_config lc = {
		.global_hkid = first,
		.first_hkid = first + 1,
		.nr_hkids = t->tdx_keyids - 1,
		.hkid_shift = emul_keyid_shift(t),
		.nr_cpus = e->nr_cpus,
		.nr_pkgs = e->nr_pkgs,
		.from_start = true,
	};
	struct seam_config sc = {
		.nr_lps = e->nr_cpus,
		.lp_pkg = e->cpu_pkg,
		.nr_pkgs = e->nr_pkgs,
		.nr_mktme_keyids = t->mktme_keyids,
		.nr_tdx_keyids = t->tdx_keyids,
		.hkid_shift = emul_keyid_shift(t),
		.nr_cmrs = 1,
		.cmr = { { e->ram_base, e->ram_size } },
		.late_lp_init = true,
	};
	struct tdmgr_config tc = {
		.nr_cpus = e->nr_cpus,
		.cpu_pkg = e->cpu_pkg,
		.nr_pkgs = e->nr_pkgs,
		.global_hkid = first,
		.first_hkid = first + 1,
		.nr_hkids = t->tdx_keyids - 1,
		.hkid_shift = emul_keyid_shift(t),
		.max_vcpus = TDX_MAX_VCPUS_PER_TD,
		.tdmr_array_pa = e->ram_base + (uint64_t)((uint8_t *)e->desc - e->ram),
		.nr_tdmrs = 1,
		.tdmr_base = &e->ram_base,
		.tdmr_size = &tdmr_size,
	};
	uint16_t *pkg = calloc(e->nr_cpus, sizeof(*pkg));
	void *mem;

	if (!pkg)
		return -ENOMEM;
	for (u32 i = 0; i < e->nr_cpus; i++)
		pkg[i] = e->cpu_pkg[i];
	for (size_t i = 0; i < e->file.nr_events; i++) {
		tds += e->file.events[i].op == EMUL_TD;
		vcpus += e->file.events[i].op == EMUL_TD ? e->file.events[i].vcpus : 0;
	}
	lc.cpu_pkg = pkg;
	lc.max_tds = tds;
	lc.max_vcpus = vcpus;
	mem = calloc(1, ledger_size(&lc));
	if (mem)
		e->ledger = ledger_init(mem, &lc);
	free(pkg);
	mem = calloc(1, seam_size(&sc));
	if (!mem || !e->ledger) {
		free(mem);
		return -ENOMEM;
	}
	e->seam = seam_init(mem, &sc, &seam_ops, e);
	if (!e->seam) {
		free(mem);
		return -EINVAL;
	}
	return tdmgr_new(&e->mgr, &tc, &tdmgr_ops, e);
}

int emul_power_on(struct emul *e)
{
	const struct tdxctl_emul_topology *t = &e->file.topo;
	uint64_t tdmr_size = guest_bytes(&e->file);
	int err;

	if (!tdmr_size)
		tdmr_size = GIB;
	e->nr_pkgs = t->packages;
	e->nr_cpus = t->packages * t->cpus_per_package;
	e->clock = e->file.clock_ns;
	e->ram_base = RAM_BASE;
	e->ram_size = tdmr_size + GIB; /* PAMT takes 1/256 */
	e->cpu_pkg = calloc(e->nr_cpus, sizeof(*e->cpu_pkg));
	e->cpus = calloc(e->nr_cpus, sizeof(*e->cpus));
	e->tds = calloc(e->file.nr_events + 1, sizeof(*e->tds));
	/* MAP_NORESERVE: only pages that are used take real memory. */
	e->ram = mmap(NULL, e->ram_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (e->ram == MAP_FAILED)
		e->ram = NULL;
	if (!e->cpu_pkg || !e->cpus || !e->tds || !e->ram)
		return ctx_fail(e->ctx, -ENOMEM,
				"use fewer pages, or raise the shell's memory limit (ulimit -v)",
				"cannot allocate %" PRIu64 " MiB for the emulated host",
				e->ram_size >> 20);
	for (u32 i = 0; i < e->nr_cpus; i++) {
		e->cpu_pkg[i] = (uint8_t)(i / t->cpus_per_package);
		e->cpus[i] = (struct wire_cpu){ .cpu = i, .pkg = e->cpu_pkg[i], .online = true };
	}
	for (u32 i = 0; i < e->nr_pkgs; i++)
		e->pkg_id[i] = i;
	lay_out(e, tdmr_size);
	err = power_seam(e, tdmr_size);
	return err ? ctx_fail(e->ctx, err, NULL, "emulated host: %s", strerror(-err)) : 0;
}

void emul_power_off(struct emul *e)
{
	e->powering_off = true;
	if (e->mgr)
		tdmgr_free(e->mgr);
	free(e->seam);
	free(e->ledger);
	free(e->cpu_pkg);
	free(e->cpus);
	free(e->tds);
	if (e->ram)
		munmap(e->ram, e->ram_size);
}

bool emul_bringup(struct emul *e)
{
	if (!e->bringup_tried) {
		e->bringup_tried = true;
		e->ready = !tdmgr_bringup(e->mgr);
	}
	return e->ready;
}
