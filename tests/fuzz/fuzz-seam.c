// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any calls with any registers and any memory behind them: the module answers
 * with a status of the specification, and its own records stay consistent.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <seam/seam.h>

#include "fuzz.h"

#define MEM_BASE  0x40000000ULL
#define MEM_SIZE  0x02000000ULL
#define USABLE	  0x01000000ULL /* of the TDMR; the rest is reserved */
#define PAMT_4K	  (MEM_BASE + USABLE)
#define PAMT_2M	  (PAMT_4K + 0x400000)
#define PAMT_1G	  (PAMT_2M + 0x2000)
#define HOST_PAGE (PAMT_1G + 0x10000) /* arrays and parameters */
#define SHIFT	  46
#define GLOBAL	  16ULL

enum { NR_LPS = 4, POOL = 32 };

static int memfd;
static u8 *mem, *image;
static void *seam_mem;
static size_t seam_bytes;
static struct seam *seam;
static u8 mode; /* of this run: 1 entropy runs out, 2 interrupts come */
static u32 asked;

static void *map(void *ctx, u64 pa)
{
	MUST(!(pa & 4095));
	return pa >= MEM_BASE && pa < MEM_BASE + MEM_SIZE ? mem + (pa - MEM_BASE) : NULL;
}

static bool entropy(void *ctx, u64 *out)
{
	static u64 counter;

	*out = ++counter;
	return !(mode & 1) || ++asked % 3;
}

static bool irq_pending(void *ctx, u32 lp)
{
	return (mode & 2) && ++asked % 3 == 0;
}

static void copy_page(void *ctx, u64 dst, u64 src)
{
	memcpy(map(NULL, dst), map(NULL, src & ~4095ULL), 4096);
}

static const struct seam_ops ops = {
	.map = map,
	.entropy = entropy,
	.copy_page = copy_page,
	.irq_pending = irq_pending,
};

static u64 call(u32 lp, u64 rax, u64 rcx, u64 rdx, u64 r8, struct seam_regs *r)
{
	*r = (struct seam_regs){ .rax = rax, .rcx = rcx, .rdx = rdx, .r8 = r8 };
	seam_call(seam, lp, r);
	return r->rax;
}

/* Brings the module up once and keeps memory and module as the start of all runs. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const u8 pkg[NR_LPS] = { 0, 0, 1, 1 };
	const struct seam_config cfg = {
		.nr_lps = NR_LPS,
		.lp_pkg = pkg,
		.nr_pkgs = 2,
		.nr_mktme_keyids = 15,
		.nr_tdx_keyids = 16,
		.hkid_shift = SHIFT,
		.nr_cmrs = 1,
		.cmr = { { MEM_BASE, MEM_SIZE } },
	};
	struct tdx_tdmr_info *tdmr;
	struct seam_regs r;
	u32 lp;

	memfd = memfd_create("seam", 0);
	MUST(memfd >= 0 && !ftruncate(memfd, MEM_SIZE));
	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	MUST(mem != MAP_FAILED);
	seam_bytes = seam_size(&cfg);
	seam_mem = malloc(seam_bytes);
	image = malloc(seam_bytes);
	MUST(seam_mem && image);
	seam = seam_init(seam_mem, &cfg, &ops, NULL);
	MUST(seam);

	tdmr = map(NULL, HOST_PAGE + 0x1000);
	tdmr->base = MEM_BASE;
	tdmr->size = 1ULL << 30;
	tdmr->pamt_4k_base = PAMT_4K;
	tdmr->pamt_4k_size = 0x400000;
	tdmr->pamt_2m_base = PAMT_2M;
	tdmr->pamt_2m_size = 0x2000;
	tdmr->pamt_1g_base = PAMT_1G;
	tdmr->pamt_1g_size = 0x1000;
	tdmr->rsvd[0].offset = USABLE;
	tdmr->rsvd[0].size = (1ULL << 30) - USABLE;
	*(u64 *)map(NULL, HOST_PAGE) = HOST_PAGE + 0x1000;

	MUST(!call(0, TDH_SYS_INIT, 0, 0, 0, &r));
	for (lp = 0; lp < NR_LPS; lp++)
		MUST(!call(lp, TDH_SYS_LP_INIT, 0, 0, 0, &r));
	MUST(!call(0, TDH_SYS_CONFIG, HOST_PAGE, 1, GLOBAL, &r));
	MUST(!call(0, TDH_SYS_KEY_CONFIG, 0, 0, 0, &r));
	MUST(!call(2, TDH_SYS_KEY_CONFIG, 0, 0, 0, &r));
	do {
		MUST(!call(0, TDH_SYS_TDMR_INIT, MEM_BASE, 0, 0, &r));
	} while (r.rdx < MEM_BASE + (1ULL << 30));

	memcpy(image, seam_mem, seam_bytes);
	/* From now on writes are private, and dropping them is a reset. */
	munmap(mem, MEM_SIZE);
	MUST(mmap(mem, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, memfd, 0) == mem);
	return 0;
}

static const u32 leaves[] = {
#define X(num, id, name) num,
	TDX_LEAVES(X)
#undef X
		12,
	70,
	0xffff,
	TDH_VP_INIT | 1 << TDX_VERSION_SHIFT,
};

static u64 operand(struct input *in)
{
	u8 sel = input_u8(in);

	if (sel < 0x60)
		return MEM_BASE + (u64)(sel % POOL) * 4096;
	if (sel < 0x80)
		return HOST_PAGE + (u64)(sel & 7) * 4096;
	if (sel < 0x90)
		return GLOBAL + (sel & 15);
	if (sel < 0xb0)
		return (u64)(sel >> 2 & 7) << 12 | (sel & 3);
	if (sel < 0xc0)
		return (GLOBAL + (sel & 15)) << SHIFT | (MEM_BASE + (u64)(sel & 3) * 4096);
	return sel < 0xd8 ? sel & 7 : input_u64(in);
}

static void write_memory(struct input *in)
{
	u8 *page = map(NULL, HOST_PAGE + (u64)(input_u8(in) & 7) * 4096);
	u8 how = input_u8(in);
	struct tdx_td_params *p = (struct tdx_td_params *)page;
	u64 word;

	if (how & 1) {
		memset(p, 0, sizeof(*p));
		p->attributes = 0x10000000;
		p->xfam = 3;
		p->max_vcpus = 1 + (how >> 4);
		p->eptp_controls = 0x1e;
		p->config_flags = 4;
		p->tsc_frequency = 84;
	}
	if (how & 2) {
		word = input_u64(in);
		memcpy(page + (u64)(how >> 2) * sizeof(word), &word, sizeof(word));
	}
}

static bool known_status(u64 rax)
{
	switch (rax >> 32) {
#define X(hi, id) case hi:
		TDX_STATUSES(X)
#undef X
		return true;
	}
	return rax == TDX_SEAMCALL_VMFAILINVALID || TDX_IS_SW_ERROR(rax);
}

/* A page of a TD belongs to an existing TD. */
static int check_page(void *arg, u64 pa, const struct seam_page_info *p)
{
	struct seam_td_info td;

	if (p->type == TDX_PT_TDR || p->type == TDX_PT_RSVD)
		return 0;
	MUST(p->type != TDX_PT_NDA);
	MUST(!seam_get_td(seam, p->owner, &td));
	return 0;
}

static void check_records(void)
{
	struct seam_kot_info kot;
	u32 hkid;
	u64 owner;

	seam_for_each_page(seam, MEM_BASE, MEM_BASE + USABLE, check_page, NULL);
	for (hkid = GLOBAL + 1; hkid < GLOBAL + 16; hkid++) {
		MUST(!seam_get_kot(seam, hkid, &kot));
		owner = seam_get_hkid_owner(seam, hkid);
		MUST((kot.state == TDX_KOT_FREE) == (owner == 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, data + len };

	MUST(!madvise(mem, MEM_SIZE, MADV_DONTNEED));
	memcpy(seam_mem, image, seam_bytes);
	mode = input_u8(&in);
	asked = 0;
	while (input_left(&in)) {
		u8 op = input_u8(&in);
		struct seam_regs r = { 0 };

		if (op >= 0xf0) {
			write_memory(&in);
			continue;
		}
		r.rax = leaves[op % 60 % ARRAY_SIZE(leaves)];
		r.rcx = operand(&in);
		r.rdx = operand(&in);
		r.r8 = operand(&in);
		r.r9 = operand(&in);
		seam_call(seam, op / 60, &r);
		MUST(known_status(r.rax));
	}
	mode = 0;
	check_records();
	return 0;
}
