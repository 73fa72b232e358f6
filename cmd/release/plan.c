// SPDX-License-Identifier: GPL-2.0-only
/* The plan of a release: what it frees, how long it takes, what is lost. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "release.h"

/*
 * Time of one TDH.PHYMEM.PAGE.RECLAIM and of clearing the page, until this host has
 * measured it: published numbers for a 400 GB guest give 4.8 us.
 */
#define TYPICAL_PAGE_NS 5000

#define ENOUGH_CALLS 64

enum {
	P_STRATEGY,
	P_STRATEGIES,
	P_HKID,
	P_PAGES,
	P_SEAMCALLS,
	P_DURATION,
	P_BASIS,
	P_CPUS,
	P_LOSES,
	P_VM_TEXT,
	P_GIVES_TEXT,
	P_STRATEGY_TEXT,
	P_PASSED_TEXT,
	P_COST_TEXT,
	P_CPUS_TEXT
};

static const struct cli_field fields[] = {
	[P_STRATEGY] = { .key = "strategy", .type = OUT_STR },
	[P_STRATEGIES] = { .key = "strategies", .type = OUT_TABLE },
	[P_HKID] = { .key = "hkid", .type = OUT_UINT },
	[P_PAGES] = { .key = "pages", .type = OUT_PAGES },
	[P_SEAMCALLS] = { .key = "seamcalls", .type = OUT_UINT },
	[P_DURATION] = { .key = "duration_ns", .type = OUT_NS },
	[P_BASIS] = { .key = "basis", .type = OUT_STR },
	[P_CPUS] = { .key = "cpus", .type = OUT_UINT },
	[P_LOSES] = { .key = "loses", .label = "Permanently lost", .type = OUT_LIST },
	[P_VM_TEXT] = { .label = "VM", .type = OUT_STR },
	[P_GIVES_TEXT] = { .label = "Frees", .type = OUT_STR },
	[P_STRATEGY_TEXT] = { .label = "Strategy", .type = OUT_STR },
	[P_PASSED_TEXT] = { .label = "Not available", .type = OUT_LIST },
	[P_COST_TEXT] = { .label = "Estimate", .type = OUT_STR },
	[P_CPUS_TEXT] = { .label = "CPUs", .type = OUT_STR },
};

enum { S_NAME, S_AVAILABLE, S_REASON, S_DETAIL };

static const struct cli_field strategy_fields[] = {
	[S_NAME] = { .key = "strategy", .type = OUT_STR },
	[S_AVAILABLE] = { .key = "available", .type = OUT_BOOL },
	[S_REASON] = { .key = "reason", .type = OUT_STR },
	[S_DETAIL] = { .key = "detail", .type = OUT_STR },
};

static const char *const how[TDXCTL_STRATEGIES] = {
	[TDXCTL_STRATEGY_AUTO] = "the first one that works",
	[TDXCTL_STRATEGY_TERMINATE] = "KVM_TDX_TERMINATE_VM, then free the guest memory",
	[TDXCTL_STRATEGY_RELEASE] = "KVM_TDX_RELEASE_VM",
	[TDXCTL_STRATEGY_EARLY] = "free the HKID first, then each page with one SEAMCALL",
	[TDXCTL_STRATEGY_STOP] = "terminate the VMM and wait for the kernel to free the TD",
};

static bool available(uint32_t reason)
{
	return reason == TDXCTL_REASON_OK || reason == TDXCTL_REASON_MAYBE ||
	       reason == TDXCTL_REASON_USER_SPACE;
}

/* What the strategy lacks on this kernel, or NULL. */
static const char *detail(const struct tdxctl_release_state *plan, unsigned int strategy)
{
	return strategy == TDXCTL_STRATEGY_EARLY && plan->early_problem[0] ? plan->early_problem :
									     NULL;
}

static bool is_page_reclaim(unsigned int leaf)
{
	const char *name = tdxctl_leaf_str(leaf);

	return name && !strcmp(name, "TDH.PHYMEM.PAGE.RECLAIM");
}

void release_estimate(const struct tdxctl_snapshot *s, const struct tdxctl_td_view *td,
		      const struct tdxctl_release_state *plan, struct release_estimate *est)
{
	uint64_t page_ns = TYPICAL_PAGE_NS;

	memset(est, 0, sizeof(*est));
	est->pages = plan->pages_left ? plan->pages_left : td->td.private_pages;
	est->known = est->pages != TDXCTL_UNKNOWN;
	if (!est->known)
		return;
	for (size_t i = 0; i < s->nr_leaves; i++) {
		const struct tdxctl_leaf *l = &s->leaves[i];

		if (is_page_reclaim(l->leaf) && l->calls >= ENOUGH_CALLS && l->total_ns) {
			page_ns = l->total_ns / l->calls;
			est->measured = true;
		}
	}
	est->seamcalls = est->pages;
	/* VP.FLUSH for each vCPU, VPFLUSHDONE, CACHE.WB on each package, KEY.FREEID. */
	if (td->td.hkid)
		est->seamcalls +=
			(td->td.vcpus == TDXCTL_UNKNOWN32 ? 0 : td->td.vcpus) + 2 + s->nr_packages;
	/* The kernel also reclaims the S-EPT, TDVPS, TDCS and TDR pages. */
	if (plan->strategy == TDXCTL_STRATEGY_STOP && td->td.sept_pages != TDXCTL_UNKNOWN &&
	    td->td.control_pages != TDXCTL_UNKNOWN)
		est->seamcalls += td->td.sept_pages + td->td.control_pages + 1;
	est->duration_ns = est->seamcalls * page_ns;
}

static void strategies(struct out_node *n, const struct tdxctl_release_state *plan)
{
	struct out_node *all = out_array(n, &fields[P_STRATEGIES]), *passed = NULL;
	char line[320];

	out_strf(n, &fields[P_STRATEGY_TEXT], "%s: %s", tdxctl_strategy_str(plan->strategy),
		 plan->strategy < TDXCTL_STRATEGIES ? how[plan->strategy] : "");
	for (unsigned int i = TDXCTL_STRATEGY_TERMINATE; i < TDXCTL_STRATEGIES; i++) {
		const char *why = tdxctl_reason_str(plan->reason[i]), *more = detail(plan, i);
		struct out_node *row = out_row(all);

		out_str(row, &strategy_fields[S_NAME], tdxctl_strategy_str(i));
		out_bool(row, &strategy_fields[S_AVAILABLE], available(plan->reason[i]));
		out_str(row, &strategy_fields[S_REASON], why);
		out_str_or_none(row, &strategy_fields[S_DETAIL], more);
		if (i >= plan->strategy || available(plan->reason[i]))
			continue;
		if (!passed)
			passed = out_array(n, &fields[P_PASSED_TEXT]);
		snprintf(line, sizeof(line), "%s: %s%s%s", tdxctl_strategy_str(i), why ? why : "",
			 more ? ": " : "", more ? more : "");
		out_item(passed, line);
	}
}

/* Only early release uses several. */
static void cpus(struct out_node *n, const struct tdxctl_release_state *plan)
{
	if (plan->strategy != TDXCTL_STRATEGY_EARLY) {
		out_none(n, &fields[P_CPUS]);
	} else if (!plan->cpus) {
		out_unknown(n, &fields[P_CPUS], "the loaded helper does not report it");
	} else {
		out_uint(n, &fields[P_CPUS], plan->cpus);
		out_strf(n, &fields[P_CPUS_TEXT], "at most %u reclaim%s the pages", plan->cpus,
			 plan->cpus == 1 ? "s" : "");
	}
}

static void loses(struct out_node *n, const struct tdxctl_td_view *td,
		  const struct tdxctl_release_state *plan, const struct release_estimate *est)
{
	struct out_node *list = out_array(n, &fields[P_LOSES]);
	char line[160], mem[40];

	if (!est->known) {
		out_item(list, "the guest and all of its private memory");
	} else if (!est->pages) {
		out_item(list, "the guest, which has no private memory");
	} else {
		text_bytes(mem, sizeof(mem), est->pages * 4096);
		snprintf(line, sizeof(line), "the guest and its %s of private memory", mem);
		out_item(list, line);
	}
	if (plan->strategy == TDXCTL_STRATEGY_STOP && td->vm.pid) {
		snprintf(line, sizeof(line), "process %d, which is terminated", (int)td->vm.pid);
		out_item(list, line);
	}
}

void release_plan_fields(struct out_node *n, const struct tdxctl_td_view *td,
			 const struct tdxctl_release_state *plan,
			 const struct release_estimate *est)
{
	const char *why = view_late;
	char id[32] = "", pid[32] = "process ended", mem[40], took[40], hkid[32] = "";

	if (td->td.id)
		snprintf(id, sizeof(id), "td:%u, ", td->td.id);
	if (td->vm.pid)
		snprintf(pid, sizeof(pid), "process %d", (int)td->vm.pid);
	out_strf(n, &fields[P_VM_TEXT], "%s (%s%s), %s%s", td->vm.name, id, pid,
		 td->td.state == TDXCTL_TD_UNKNOWN ? "state " : "",
		 tdxctl_td_state_str(td->td.state));
	out_str(n, &fields[P_STRATEGY], tdxctl_strategy_str(plan->strategy));
	if (td->td.hkid == TDXCTL_UNKNOWN32) {
		out_unknown(n, &fields[P_HKID], why);
		snprintf(hkid, sizeof(hkid), "the HKID, ");
	} else if (td->td.hkid) {
		out_uint(n, &fields[P_HKID], td->td.hkid);
		snprintf(hkid, sizeof(hkid), "HKID %u, ", td->td.hkid);
	} else {
		out_none(n, &fields[P_HKID]);
	}
	if (est->known) {
		text_bytes(mem, sizeof(mem), est->pages * 4096);
		text_about(took, sizeof(took), est->duration_ns);
		out_uint(n, &fields[P_PAGES], est->pages);
		out_uint(n, &fields[P_SEAMCALLS], est->seamcalls);
		out_uint(n, &fields[P_DURATION], est->duration_ns);
		out_str(n, &fields[P_BASIS], est->measured ? "measured" : "typical");
		if (est->pages)
			out_strf(n, &fields[P_GIVES_TEXT], "%s%s in %" PRIu64 " page%s", hkid, mem,
				 est->pages, est->pages == 1 ? "" : "s");
		else
			out_strf(n, &fields[P_GIVES_TEXT], "%sno private memory", hkid);
	} else {
		out_unknown(n, &fields[P_PAGES], why);
		out_unknown(n, &fields[P_SEAMCALLS], why);
		out_unknown(n, &fields[P_DURATION], why);
		out_none(n, &fields[P_BASIS]);
		out_strf(n, &fields[P_GIVES_TEXT], "%san unknown amount of memory", hkid);
	}
	loses(n, td, plan, est);
	strategies(n, plan);
	cpus(n, plan);
	if (est->known)
		out_strf(n, &fields[P_COST_TEXT], "%" PRIu64 " SEAMCALLs, %s%s", est->seamcalls,
			 took, est->measured ? ", as measured on this host" : "");
	else
		out_unknown(n, &fields[P_COST_TEXT], why);
}
