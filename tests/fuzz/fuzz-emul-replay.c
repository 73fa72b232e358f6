// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary events of an emulated host, replayed in its machine. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <emul/emul.h>
#include <health.h>

#include "fuzz.h"

enum { MAX_EVENTS = 16, MAX_PAGES = 64 };

/* Mostly a small value, sometimes any value. */
static uint64_t small(struct input *in, unsigned int limit)
{
	uint8_t b = input_u8(in);

	return b == 0xff ? input_u64(in) : b % limit;
}

static void event(struct input *in, struct emul_event *ev)
{
	static const uint32_t leaves[] = {
		TDH_MNG_CREATE,	    TDH_MNG_KEY_CONFIG,	     TDH_MNG_INIT,
		TDH_VP_CREATE,	    TDH_MEM_PAGE_ADD,	     TDH_MR_FINALIZE,
		TDH_VP_FLUSH,	    TDH_MNG_VPFLUSHDONE,     TDH_PHYMEM_CACHE_WB,
		TDH_MNG_KEY_FREEID, TDH_PHYMEM_PAGE_RECLAIM, TDH_SYS_LP_INIT
	};
	static const uint64_t statuses[] = { TDX_ST(OPERAND_BUSY), TDX_ST(TD_FATAL),
					     TDX_ST(RND_NO_ENTROPY), TDX_ST(FLUSHVP_NOT_DONE),
					     TDX_ST(WBCACHE_NOT_COMPLETE) };

	*ev = (struct emul_event){
		.op = input_u8(in) % EMUL_OPS,
		.name = (char *)"vm",
		.pid = 2000 + input_u8(in),
		.uid = UINT32_MAX,
	};
	switch (ev->op) {
	case EMUL_TD:
		ev->vcpus = small(in, 4);
		ev->max_vcpus = small(in, 4);
		ev->pages = small(in, MAX_PAGES) % MAX_PAGES;
		ev->until = input_u8(in) % EMUL_UNTILS;
		break;
	case EMUL_RELEASE:
	case EMUL_STOP:
		ev->td = 1 + small(in, 6);
		ev->pages_left = ev->op == EMUL_RELEASE ? small(in, MAX_PAGES) : 0;
		break;
	case EMUL_FAULT:
		ev->leaf = leaves[input_u8(in) % (sizeof(leaves) / sizeof(leaves[0]))];
		ev->status = statuses[input_u8(in) % (sizeof(statuses) / sizeof(statuses[0]))];
		ev->cpu = input_u8(in) & 1 ? small(in, 4) : UINT32_MAX;
		ev->skip = small(in, 4);
		ev->count = 1 + small(in, 3);
		break;
	case EMUL_CPU:
		ev->cpu = small(in, 4);
		ev->online = input_u8(in) & 1;
		break;
	case EMUL_HOLD:
		ev->lock = input_u8(in) & 1;
		ev->package = small(in, 2);
		ev->ms = small(in, 200);
		ev->more_ms = small(in, 200);
		break;
	case EMUL_WAIT:
		ev->ms = small(in, 200);
		break;
	case EMUL_PACE:
		ev->page_ns = small(in, 200);
		break;
	}
}

static void look(struct tdxctl_ctx *ctx)
{
	struct tdxctl_health_report *report;
	struct tdxctl_thresholds limits;
	struct tdxctl_cpu_check_rec *rec;
	struct tdxctl_facts facts = { 0 };
	struct tdxctl_pin *pins;
	size_t n;

	MUST(!tdxctl_snapshot_get(ctx, &facts.snap));
	MUST(facts.snap->source == TDXCTL_SOURCE_EMULATED);
	/* The ledger follows whatever happens. */
	MUST(!facts.snap->hdr.violations);
	for (size_t i = 0; i < facts.snap->nr_tds; i++)
		if (!tdxctl_pins_get(ctx, &facts.snap->tds[i], &pins, &n))
			tdxctl_pins_free(pins, n);
	tdxctl_thresholds_default(&limits);
	MUST(!tdxctl_health_get(&facts, &limits, &report));
	tdxctl_health_free(report);
	tdxctl_snapshot_free(facts.snap);
	if (!tdxctl_cpu_check(ctx, &rec, &n))
		free(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct emul_file file = { .topo = { 2, 2, 15, 4 }, .clock_ns = 1000000000 };
	struct input in = { data, data + len };
	static int fd = -1;
	struct emul_event ev;
	struct tdxctl_ctx *ctx;
	char path[64], *text;

	if (fd < 0)
		fd = memfd_create("host", MFD_CLOEXEC);
	MUST(fd >= 0);
	MUST(!tdxctl_new(&ctx));
	for (int i = 0; i < MAX_EVENTS && input_left(&in); i++) {
		event(&in, &ev);
		MUST(!emul_file_add(&file, &ev));
	}
	MUST(!emul_file_format(ctx, &file, &text));
	MUST(!ftruncate(fd, 0));
	MUST(pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!tdxctl_set_emulated(ctx, path))
		look(ctx);
	else
		MUST(*tdxctl_error(ctx));
	free(text);
	emul_file_clear(&file);
	tdxctl_free(ctx);
	return 0;
}
