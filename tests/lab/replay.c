// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay CALLS TRUTH [BEFORE]: in the guest, static like vmm. Replays on a ledger what
 * "tdxctl --json trace --leaf '*'" has printed to CALLS, and compares the ledger with TRUTH,
 * what seam knew at the end. BEFORE: the truth when the trace began, whose TDs are adopted;
 * none: no TD existed.
 *
 * Prints each difference. Status 0 none, 1 some, 2 bad input.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <ledger/ledger.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CPUS  64
#define MAX_PAGES 65536
#define MAX_HKIDS 64
#define MAX_TDS	  64

#define X(nr, id, name) [nr] = name,
static const char *const leaf_names[TDX_LEAF_COUNT] = { TDX_LEAVES(X) };
#undef X

/* The pages that calls named, with the types that the TDX module gave them. */
static struct page {
	u64 pa;
	u32 type;
} pages[MAX_PAGES];
static size_t nr_pages;

/* A call of a vCPU does not name its TDVPR: each gets a made-up address above all memory. */
static u64 vcpus;

struct truth {
	struct {
		u32 id;
		char state[16];
		u64 owner;
	} hkid[MAX_HKIDS];
	struct {
		u64 tdr;
		u32 hkid, lifecycle, op, vcpus;
	} td[MAX_TDS];
	size_t nr_hkids, nr_tds;
	u64 reg, control, sept;
};

static unsigned int differences;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

__attribute__((format(printf, 1, 2))) static void differ(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	differences++;
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void read_truth(const char *path, struct truth *t)
{
	FILE *f = open_file(path);
	u64 tdr, tdcx, tdvpr;
	char line[256];
	bool ended = false;

	*t = (struct truth){ 0 };
	while (fgets(line, sizeof(line), f)) {
		__typeof__(&t->hkid[0]) h = &t->hkid[t->nr_hkids];
		__typeof__(&t->td[0]) td = &t->td[t->nr_tds];

		if (t->nr_hkids == MAX_HKIDS || t->nr_tds == MAX_TDS)
			die("%s: too many lines", path);
		if (sscanf(line, "hkid %u %15s owner %" SCNx64, &h->id, h->state, &h->owner) == 3)
			t->nr_hkids += strcmp(h->state, "reserved") != 0;
		else if (sscanf(line,
				"td %" SCNx64 " hkid %u lifecycle %u op %u chldcnt %*u vcpus %u",
				&td->tdr, &td->hkid, &td->lifecycle, &td->op, &td->vcpus) == 5)
			t->nr_tds++;
		else if (sscanf(line,
				"pages reg %" SCNu64 " tdr %" SCNu64 " tdcx %" SCNu64
				" tdvpr %" SCNu64 " sept %" SCNu64,
				&t->reg, &tdr, &tdcx, &tdvpr, &t->sept) == 5) {
			t->control = tdr + tdcx + tdvpr;
			ended = true;
		}
	}
	fclose(f);
	if (!t->nr_hkids || !ended)
		die("%s: not the truth", path);
}

static struct ledger *new_ledger(const struct truth *t, bool complete)
{
	static u16 pkg[MAX_CPUS];
	struct ledger_config cfg = {
		.global_hkid = t->hkid[0].id - 1,
		.first_hkid = t->hkid[0].id,
		.nr_hkids = (u32)t->nr_hkids,
		.hkid_shift = 46,
		.nr_cpus = MAX_CPUS,
		.cpu_pkg = pkg,
		.max_tds = MAX_TDS,
		.max_vcpus = 1024,
		.from_start = complete,
	};
	char path[96];
	void *mem;

	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		FILE *f;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%u/topology/physical_package_id", cpu);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%hu", &pkg[cpu]) != 1)
			die("%s: no number", path);
		fclose(f);
		if (pkg[cpu] >= cfg.nr_pkgs)
			cfg.nr_pkgs = pkg[cpu] + 1U;
	}
	mem = malloc(ledger_size(&cfg));
	if (!mem)
		die("out of memory");
	return ledger_init(mem, &cfg);
}

/* ---- the trace ---- */

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		die("a call without \"%s\"", key);
	return v;
}

/* A number, which may be a hexadecimal string, or @unknown. */
static u64 number(struct json_object *o, const char *key, u64 unknown)
{
	struct json_object *v = member(o, key);

	if (!v)
		return unknown;
	if (json_object_is_type(v, json_type_string))
		return strtoull(json_object_get_string(v), NULL, 16);
	return json_object_get_uint64(v);
}

static u32 leaf_of(const char *name)
{
	for (u32 i = 0; i < TDX_LEAF_COUNT; i++)
		if (leaf_names[i] && !strcmp(leaf_names[i], name))
			return i;
	die("unknown leaf %s", name);
}

static struct page *find_page(u64 pa)
{
	for (size_t i = 0; i < nr_pages; i++)
		if (pages[i].pa == pa)
			return &pages[i];
	return NULL;
}

static void give(u64 pa, u32 type)
{
	struct page *p = find_page(pa);

	if (!p) {
		if (nr_pages == MAX_PAGES)
			die("too many pages");
		p = &pages[nr_pages++];
	}
	*p = (struct page){ pa, type };
}

/* Pages that no call has named are TDVPRs: the trace has no address of these. */
static u32 type_of(u64 pa)
{
	const struct page *p = find_page(pa);

	return p ? p->type : TDX_PT_TDVPR;
}

/* The last vCPU of each TD: KVM finishes one before it begins the next. */
static struct {
	u64 tdr, vcpu;
} of_td[MAX_TDS];

static size_t slot(u64 tdr)
{
	size_t i;

	for (i = 0; i < MAX_TDS && of_td[i].tdr && of_td[i].tdr != tdr; i++)
		;
	if (i == MAX_TDS)
		die("too many TDs");
	of_td[i].tdr = tdr;
	return i;
}

/* Sets the registers, as the kernel's function does. */
static void fill(struct ledger_call *call, struct ledger_regs *out, u32 leaf, struct json_object *o,
		 bool ok)
{
	u64 tdr = number(o, "tdr", 0), page = number(o, "page", 0), gpa = number(o, "gpa", 0);
	size_t td = slot(tdr ? tdr : 1);
	struct ledger_regs *in = &call->in;

	switch (leaf) {
	case TDH_MNG_CREATE:
		*in = (struct ledger_regs){ .rcx = tdr, .rdx = number(o, "hkid", 0) };
		if (ok)
			give(tdr, TDX_PT_TDR);
		break;
	case TDH_MNG_ADDCX:
		*in = (struct ledger_regs){ .rcx = page, .rdx = tdr };
		if (ok)
			give(page, TDX_PT_TDCX);
		break;
	case TDH_VP_CREATE:
		of_td[td].vcpu = (1ULL << 48) + (++vcpus << 12);
		*in = (struct ledger_regs){ .rcx = of_td[td].vcpu, .rdx = tdr };
		break;
	case TDH_VP_ADDCX:
		*in = (struct ledger_regs){ .rcx = page, .rdx = of_td[td].vcpu };
		if (ok)
			give(page, TDX_PT_TDCX);
		break;
	case TDH_VP_INIT:
	case TDH_VP_FLUSH:
	case TDH_VP_RD:
	case TDH_VP_WR:
		in->rcx = of_td[td].vcpu;
		break;
	case TDH_MEM_SEPT_ADD:
		*in = (struct ledger_regs){ .rcx = gpa | (number(o, "level", 2) - 1),
					    .rdx = tdr,
					    .r8 = page };
		if (ok)
			give(page, TDX_PT_EPT);
		break;
	case TDH_MEM_PAGE_ADD:
	case TDH_MEM_PAGE_AUG:
		*in = (struct ledger_regs){ .rcx = gpa, .rdx = tdr, .r8 = page };
		if (ok)
			give(page, TDX_PT_REG);
		break;
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MEM_PAGE_REMOVE:
	case TDH_MR_EXTEND:
		*in = (struct ledger_regs){ .rcx = gpa, .rdx = tdr };
		break;
	case TDH_PHYMEM_PAGE_RECLAIM:
		in->rcx = page;
		*out = (struct ledger_regs){ .rcx = type_of(page), .rdx = tdr };
		break;
	case TDH_PHYMEM_PAGE_WBINVD:
		in->rcx = page;
		break;
	case TDH_PHYMEM_CACHE_WB:
		break;
	default:
		in->rcx = tdr;
		break;
	}
}

static void replay_call(struct ledger *l, struct json_object *o)
{
	u32 leaf = leaf_of(json_object_get_string(member(o, "leaf")));
	u64 status = number(o, "status", 0), start = number(o, "time_ns", 0);
	struct ledger_call call = {
		.start_ns = start,
		.rax = leaf,
		.cpu = (u32)number(o, "cpu", 0),
		.max_vcpus = LEDGER_UNKNOWN32,
		.owner = { .tgid = (s32)number(o, "pid", 0), .fd = -1 },
	};
	struct ledger_regs out = { 0 };

	fill(&call, &out, leaf, o, !status);
	ledger_begin(l, &call);
	ledger_end(l, &call, start + number(o, "duration_ns", 0), status, &out);
}

static unsigned int replay(struct ledger *l, const char *path)
{
	FILE *f = open_file(path);
	unsigned int calls = 0;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, f) > 0) {
		struct json_object *o = json_tokener_parse(line);

		if (!o)
			die("%s: not a JSON line: %s", path, line);
		if (number(o, "lost", 0))
			die("%s: calls were lost", path);
		replay_call(l, o);
		json_object_put(o);
		calls++;
	}
	free(line);
	fclose(f);
	return calls;
}

/* ---- the comparison ---- */

static u32 state_of(u32 lifecycle, u32 op)
{
	static const u32 built[] = { LEDGER_TD_KEYS_CONFIGURED, LEDGER_TD_INITIALIZED,
				     LEDGER_TD_RUNNABLE };

	if (lifecycle == 2)
		return LEDGER_TD_BLOCKED;
	if (lifecycle == 3)
		return LEDGER_TD_TEARDOWN;
	return lifecycle ? built[op < 3 ? op : 2] : LEDGER_TD_ASSIGNED;
}

static void adopt(struct ledger *l, const struct truth *t)
{
	for (size_t i = 0; i < t->nr_tds; i++) {
		struct ledger_td td = {
			.tdr = t->td[i].tdr,
			.state = state_of(t->td[i].lifecycle, t->td[i].op),
			.hkid = t->td[i].lifecycle == 3 ? 0 : t->td[i].hkid,
			.last_hkid = t->td[i].hkid,
			.keyed_pkgs = LEDGER_UNKNOWN32,
			.vcpus = t->td[i].vcpus,
			.max_vcpus = LEDGER_UNKNOWN32,
			.private_pages = LEDGER_UNKNOWN,
			.sept_pages = LEDGER_UNKNOWN,
			.control_pages = LEDGER_UNKNOWN,
			.owner = { .fd = -1 },
		};

		give(td.tdr, TDX_PT_TDR);
		if (ledger_adopt_td(l, &td))
			die("TD 0x%" PRIx64 " cannot be adopted", td.tdr);
	}
}

static void compare_tds(const struct ledger *l, const struct truth *t, bool complete)
{
	u64 reg = 0, control = 0, sept = 0;
	bool unknown = false;

	for (size_t i = 0; i < t->nr_tds; i++) {
		const struct ledger_td *td = ledger_td_find(l, t->td[i].tdr);
		u32 hkid = t->td[i].lifecycle == 3 ? 0 : t->td[i].hkid;

		if (!td) {
			differ("TD 0x%" PRIx64 " is not known", t->td[i].tdr);
			continue;
		}
		if (td->hkid != hkid)
			differ("TD 0x%" PRIx64 " has HKID %u, not %u", td->tdr, td->hkid, hkid);
		if (td->state != state_of(t->td[i].lifecycle, t->td[i].op))
			differ("TD 0x%" PRIx64 " is in state %u, not %u", td->tdr, td->state,
			       state_of(t->td[i].lifecycle, t->td[i].op));
		if (td->vcpus != t->td[i].vcpus)
			differ("TD 0x%" PRIx64 " has %u vCPUs, not %u", td->tdr, td->vcpus,
			       t->td[i].vcpus);
		/* The pages of adopted TDs are not known. */
		unknown |= td->private_pages == LEDGER_UNKNOWN ||
			   td->control_pages == LEDGER_UNKNOWN || td->sept_pages == LEDGER_UNKNOWN;
		reg += td->private_pages;
		control += td->control_pages;
		sept += td->sept_pages;
	}
	if (ledger_td_count(l) != t->nr_tds)
		differ("%u TDs, not %zu", ledger_td_count(l), t->nr_tds);
	if ((complete || !unknown) && (reg != t->reg || control != t->control || sept != t->sept))
		differ("pages %" PRIu64 " %" PRIu64 " %" PRIu64 ", not %" PRIu64 " %" PRIu64
		       " %" PRIu64,
		       reg, control, sept, t->reg, t->control, t->sept);
}

static void compare_hkids(const struct ledger *l, const struct truth *t, bool complete)
{
	for (u32 i = 0; i < t->nr_hkids; i++) {
		const struct ledger_hkid *h = ledger_hkid_at(l, i);
		bool used = strcmp(t->hkid[i].state, "free") != 0;

		if (!h)
			differ("HKID %u is not known", t->hkid[i].id);
		else if (h->state == LEDGER_HKID_UNKNOWN && !complete && !used)
			continue;
		else if (used != (h->state != LEDGER_HKID_FREE) ||
			 (used && h->tdr != t->hkid[i].owner))
			differ("HKID %u: state %u, TD 0x%" PRIx64 ", not %s, 0x%" PRIx64, h->id,
			       h->state, h->tdr, t->hkid[i].state, t->hkid[i].owner);
	}
}

int main(int argc, char **argv)
{
	bool complete = argc == 3;
	struct truth truth, before;
	struct ledger_totals totals;
	struct ledger *l;
	unsigned int calls;

	if (argc != 3 && argc != 4)
		die("usage: replay CALLS TRUTH [BEFORE]");
	read_truth(argv[2], &truth);
	l = new_ledger(&truth, complete);
	if (!complete) {
		read_truth(argv[3], &before);
		adopt(l, &before);
	}
	calls = replay(l, argv[1]);
	compare_tds(l, &truth, complete);
	compare_hkids(l, &truth, complete);
	ledger_totals_get(l, &totals);
	if (totals.violations)
		differ("%" PRIu64 " calls contradict the others", (uint64_t)totals.violations);
	printf("%u calls replayed, %zu TDs, %u differences\n", calls, truth.nr_tds, differences);
	free(l);
	return differences != 0;
}
