// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* ledger: leaves of module scope: LPs, global keys, a newly configured module. */
#include "ledger-priv.h"

/* After TDH.SYS.CONFIG no TD exists and no HKID is in use: all is known. */
static void new_module(struct ledger *l, u64 now)
{
	u32 i;

	while (l->nr_tds) {
		struct ledger_td_slot *td = &l->td[l->td_order[l->nr_tds - 1]];

		ledger_td_drop(l, td);
	}
	for (i = 0; i < l->cfg.nr_hkids; i++) {
		struct ledger_hkid_slot *h = &l->hkid[i];

		h->pub = (struct ledger_hkid){
			.id = h->pub.id,
			.state = LEDGER_HKID_FREE,
			.since_ns = now,
			.owner.fd = -1,
		};
		h->seq = l->seq;
	}
	for (i = 0; i < l->cfg.nr_pkgs; i++)
		l->pkg[i].pub.global_key = false;
	l->anon_hkids = 0;
	l->flushing_tdr = 0;
	l->complete = true;
	l->ready = false;
}

void ledger_sys_leaf(struct ledger *l, const struct ledger_event *ev)
{
	u64 st = TDX_STATUS_OF(ev->status);
	u32 i, cpu = ev->call->cpu;
	struct ledger_cpu *c = cpu < l->cfg.nr_cpus ? &l->cpu[cpu].pub : NULL;

	switch (ev->leaf) {
	case TDH_SYS_INIT:
		/* A new module image; TDs continue to exist if SYS.UPDATE follows. */
		for (i = 0; ev->ok && i < l->cfg.nr_cpus; i++) {
			l->cpu[i].pub.lp_init = 0;
			l->cpu[i].pub.lp_init_status = LEDGER_UNKNOWN;
		}
		break;
	case TDH_SYS_LP_INIT:
		if (!c)
			break;
		c->lp_init_status = ev->status;
		if (ev->ok || st == TDX_ST(SYS_LP_INIT_DONE))
			c->lp_init = 1;
		/* Not for retries, nor if it failed before the check of this LP. */
		else if (!ledger_is_busy(ev->status) && st != TDX_ST(SYS_LP_INIT_NOT_PENDING) &&
			 st != TDX_ST(OPERAND_INVALID) && st != TDX_ST(SYS_SHUTDOWN) &&
			 !TDX_IS_SW_ERROR(ev->status))
			c->lp_init = 0;
		break;
	case TDH_SYS_RD:
		/* The only leaf that checks the LP it runs on. */
		if (!c)
			break;
		if (st == TDX_ST(SYS_LP_INIT_NOT_DONE))
			c->lp_init = 0;
		else if (ev->ok || ((ev->status >> 40) & 0xff) == 0x0c)
			c->lp_init = 1;
		break;
	case TDH_SYS_CONFIG:
		if (ev->ok)
			new_module(l, ev->now);
		break;
	case TDH_SYS_KEY_CONFIG:
		if (c && c->pkg < l->cfg.nr_pkgs && (ev->ok || st == TDX_ST(KEY_CONFIGURED)))
			l->pkg[c->pkg].pub.global_key = true;
		break;
	}
}

void ledger_cpu_package(struct ledger *l, u32 cpu, u32 pkg)
{
	if (cpu < l->cfg.nr_cpus)
		l->cpu[cpu].pub.pkg = pkg;
}

/* The leaf succeeds only in SYS_READY, when every package has the global key. */
static bool needs_ready(u32 leaf)
{
	return leaf < TDH_SYS_KEY_CONFIG || leaf == TDH_SYS_TDMR_INIT ||
	       (leaf >= TDH_MEM_TRACK && leaf <= TDH_VP_WR);
}

/* The first success of such a leaf proves that all global keys are set. */
void ledger_module_ready(struct ledger *l, const struct ledger_event *ev)
{
	u32 i;

	if (!ev->ok || l->ready || !needs_ready(ev->leaf))
		return;
	l->ready = true;
	for (i = 0; i < l->cfg.nr_pkgs; i++)
		l->pkg[i].pub.global_key = true;
}
