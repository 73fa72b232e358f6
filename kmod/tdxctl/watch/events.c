// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events for user space, over generic netlink. Probe handlers only put a record into a
 * ring, under the ledger lock that they hold anyway. A worker sends the records, so many
 * at a time; what the ring has no room for is counted, and the number is sent.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/kconfig.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#include "compat.h"
#include "watch.h"

/* The permission to join the group came with the fix of a hole, in all stable kernels. */
#if IS_ENABLED(CONFIG_NET) && defined(GENL_MCAST_CAP_NET_ADMIN)

#define RING_SIZE 256
#define PER_RUN	  64 /* a run every RUN_DELAY at most: about 6000 events a second */
#define RUN_DELAY msecs_to_jiffies(10)

struct record {
	u64 time_ns;
	u32 kind; /* enum tdxctl_event_kind */
	u32 td, hkid;
	s32 tgid;
};

/* Under the ledger lock. */
static struct record ring[RING_SIZE];
static u32 ring_first, ring_count;
static u64 lost;
static bool open;

static void run(struct work_struct *work);
static DECLARE_DELAYED_WORK(worker, run);

static const struct genl_multicast_group groups[] = {
	{ .name = TDXCTL_GENL_GROUP, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

static struct genl_family family __ro_after_init = {
	.name = TDXCTL_GENL_NAME,
	.version = TDXCTL_GENL_VERSION,
	.maxattr = TDXCTL_EVENT_A_MAX,
	.module = THIS_MODULE,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/* A handler may run where no work can be queued: in what looks like an NMI. */
static void kick(struct irq_work *work)
{
	queue_delayed_work(compat_unbound_wq, &worker, RUN_DELAY);
}

static DEFINE_IRQ_WORK(kicker, kick);

static void push(u32 kind, const struct ledger_td *td, u64 now)
{
	struct record *r;

	if (!open)
		return;
	if (ring_count == RING_SIZE) {
		lost++;
		return;
	}
	r = &ring[(ring_first + ring_count++) % RING_SIZE];
	r->time_ns = now;
	r->kind = kind;
	r->td = td->seq;
	r->hkid = td->hkid && td->hkid != LEDGER_UNKNOWN32 ? td->hkid : td->last_hkid;
	r->tgid = td->owner.tgid;
	irq_work_queue(&kicker);
}

/*
 * Notes what the end of a SEAMCALL means for the life of a TD. Under the ledger lock,
 * after the ledger has recorded the call.
 */
void events_call(const struct ledger *l, const struct ledger_call *call, u64 now, u64 status)
{
	static const struct {
		u32 leaf, kind, state; /* state: that the TD has then; 0: any */
	} steps[] = {
		{ TDH_MNG_CREATE, TDXCTL_EVENT_TD_CREATED },
		{ TDH_MNG_KEY_CONFIG, TDXCTL_EVENT_KEYS_CONFIGURED, LEDGER_TD_KEYS_CONFIGURED },
		{ TDH_MNG_INIT, TDXCTL_EVENT_TD_INITIALIZED },
		{ TDH_VP_CREATE, TDXCTL_EVENT_VCPUS_CREATED },
		{ TDH_MR_FINALIZE, TDXCTL_EVENT_TD_FINALIZED },
		{ TDH_MNG_VPFLUSHDONE, TDXCTL_EVENT_TEARDOWN },
		{ TDH_MNG_KEY_FREEID, TDXCTL_EVENT_HKID_FREED },
	};
	u32 leaf = call->rax & TDX_LEAF_MASK;
	const struct ledger_td *td;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(steps) && steps[i].leaf != leaf; i++)
		;
	if (likely(i == ARRAY_SIZE(steps)))
		return;
	td = ledger_td_find(l, leaf == TDH_VP_CREATE ? call->in.rdx : call->in.rcx);
	if (!td)
		return;
	if (status) {
		if (td->state == LEDGER_TD_LEAKED && td->fail_status == status)
			push(TDXCTL_EVENT_HKID_LEAKED, td, now);
		return;
	}
	if (!steps[i].state || steps[i].state == td->state)
		push(steps[i].kind, td, now);
}

/* The VM of a TD was destroyed. Under the ledger lock, while the record still exists. */
void events_gone(const struct ledger *l, u64 tdr, u32 seq, u64 now)
{
	const struct ledger_td *td = ledger_td_find(l, tdr);

	if (td && td->seq == seq)
		push(TDXCTL_EVENT_MEMORY_BACK, td, now);
}

static int send(const struct record *r, u64 missing)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put(skb, 0, 0, &family, 0, TDXCTL_GENL_CMD_EVENT);
	if (!hdr || nla_put_u32(skb, TDXCTL_EVENT_A_KIND, r->kind) ||
	    nla_put_u64_64bit(skb, TDXCTL_EVENT_A_TIME, r->time_ns, TDXCTL_EVENT_A_PAD) ||
	    nla_put_u32(skb, TDXCTL_EVENT_A_TD, r->td) ||
	    nla_put_u32(skb, TDXCTL_EVENT_A_HKID, r->hkid) ||
	    nla_put_s32(skb, TDXCTL_EVENT_A_PID, r->tgid) ||
	    nla_put_u64_64bit(skb, TDXCTL_EVENT_A_LOST, missing, TDXCTL_EVENT_A_PAD)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	/* -ESRCH: no listener. One that is too slow gets ENOBUFS from its socket. */
	return genlmsg_multicast(&family, skb, 0, 0, GFP_KERNEL);
}

static bool pop(struct record *r, u64 *missing)
{
	unsigned long flags;
	bool any;

	ledger_lock(&flags);
	any = ring_count;
	if (any) {
		*r = ring[ring_first];
		ring_first = (ring_first + 1) % RING_SIZE;
		ring_count--;
		*missing = lost;
	}
	ledger_unlock(flags);
	return any;
}

static void run(struct work_struct *work)
{
	struct record r;
	u64 missing;
	u32 n;

	for (n = 0; n < PER_RUN; n++) {
		if (!pop(&r, &missing))
			return;
		send(&r, missing);
	}
	queue_delayed_work(compat_unbound_wq, &worker, RUN_DELAY);
}

int events_init(void)
{
	unsigned long flags;
	int ret = genl_register_family(&family);

	if (ret)
		return ret;
	ledger_lock(&flags);
	open = true;
	ledger_unlock(flags);
	return 0;
}

/* Handlers may still run; the ledger and its lock still exist. */
void events_exit(void)
{
	unsigned long flags;

	ledger_lock(&flags);
	open = false;
	ledger_unlock(flags);
	irq_work_sync(&kicker);
	cancel_delayed_work_sync(&worker);
	genl_unregister_family(&family);
}

#else

void events_call(const struct ledger *l, const struct ledger_call *call, u64 now, u64 status)
{
}

void events_gone(const struct ledger *l, u64 tdr, u32 seq, u64 now)
{
}

int events_init(void)
{
	return 0;
}

void events_exit(void)
{
}

#endif
