// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reclaims the pages of a VM beside their removal.
 *
 * KVM removes one page after the other under its mmu_lock. A reference keeps each of them
 * from being freed while it is in a batch, and workers reclaim full batches: TDH.PHYMEM.-
 * PAGE.RECLAIM takes the entry of its page exclusively and everything else shared, so
 * different pages of one TD do not wait for each other. A batch is 2 MiB of memory that
 * is mostly contiguous, because workers on the same cache lines of the TDX module's page
 * metadata would slow each other down.
 *
 * The workers are unbound, so not on isolated CPUs, and as nice as possible: they take
 * idle CPUs, and hardly anything from a busy one. Whoever waits for the pages reclaims
 * as well.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "release.h"

#define MAX_WORKERS 8U
#define FLUSH_MS    10	/* a batch that is not full waits no longer for further pages */
#define IDLE_PASSES 100 /* over pages that stay busy, until they are leaked */

static unsigned int reclaim_workers = MAX_WORKERS;
module_param(reclaim_workers, uint, 0644);
MODULE_PARM_DESC(
	reclaim_workers,
	"How many CPUs besides the caller's reclaim pages of a TD (default 8, at most 8; 0: none)");

static unsigned int reclaim_queue_mb = 2048;
module_param(reclaim_queue_mb, uint, 0644);
MODULE_PARM_DESC(
	reclaim_queue_mb,
	"How much memory of a TD may wait for these CPUs, in MiB (default 2048); further pages are reclaimed at once");

/* Pages with a reference each. The structure fills one page. */
struct batch {
	struct list_head node;
	unsigned int nr;
	unsigned long pfn[];
};

#define BATCH_PAGES ((PAGE_SIZE - sizeof(struct batch)) / sizeof(unsigned long))

struct worker {
	struct work_struct work;
	struct reclaimer *r;
};

struct reclaimer {
	refcount_t refs;
	spinlock_t lock;   /* inside mmu_lock; protects all below */
	bool started;	   /* the HKID is released */
	bool finished;	   /* no page is added any more */
	unsigned int cpus; /* reclaim at most; 0: as the parameter says */
	struct batch *open;
	struct list_head full; /* oldest first */
	unsigned int nr_full;
	unsigned int taken;  /* batches that are being reclaimed */
	unsigned long pages; /* in all batches */
	unsigned long busy;  /* bitmap of workers in use */
	wait_queue_head_t idle_wq;
	struct delayed_work flush;
	struct worker worker[MAX_WORKERS];
};

static struct workqueue_struct *wq;

/**
 * reclaim_cpus() - how many CPUs reclaim pages of a VM at most
 * @cpus: of struct tdxctl_release_args
 *
 * Return: their number, the one that removes the pages included.
 */
unsigned int reclaim_cpus(unsigned int cpus)
{
	unsigned int workers = cpus ? cpus - 1 : READ_ONCE(reclaim_workers);

	return 1 + min3(workers, MAX_WORKERS, num_online_cpus() - 1);
}

/*
 * The pages that were removed before the HKID was released need a worker, unless the
 * release may have none: then the callers that wait for the pages reclaim them.
 */
static unsigned int max_workers_locked(const struct reclaimer *r)
{
	return r->cpus == 1 ? 0 : max(reclaim_cpus(r->cpus) - 1, 1U);
}

/* ---- batches ---- */

/* There is work for one worker more, near the memory of @b. */
static void start_worker_locked(struct reclaimer *r, const struct batch *b)
{
	unsigned int i = ffz(r->busy);

	if (i >= max_workers_locked(r))
		return;
	__set_bit(i, &r->busy);
	queue_work_node(page_to_nid(pfn_to_page(b->pfn[0])), wq, &r->worker[i].work);
}

static void start_workers_locked(struct reclaimer *r)
{
	const struct batch *b;

	list_for_each_entry(b, &r->full, node)
		start_worker_locked(r, b);
}

/* Ends the batch that is being filled. */
static void close_locked(struct reclaimer *r)
{
	if (!r->open)
		return;
	list_add_tail(&r->open->node, &r->full);
	r->nr_full++;
	if (r->started)
		start_worker_locked(r, r->open);
	r->open = NULL;
}

static struct batch *take_locked(struct reclaimer *r)
{
	struct batch *b = list_first_entry_or_null(&r->full, struct batch, node);

	if (!b)
		return NULL;
	list_del(&b->node);
	r->nr_full--;
	r->taken++;
	return b;
}

/* Pages that are busy come last. They are busy for microseconds, or permanently. */
static void reclaim_batch(struct batch *b)
{
	unsigned int left, passes = 0;

	while (b->nr) {
		left = pages_reclaim(b->pfn, b->nr);
		if (left < b->nr)
			passes = 0;
		else if (++passes == IDLE_PASSES)
			break;
		b->nr = left;
		if (left)
			usleep_range(50, 200);
	}
	pages_lose(b->pfn, b->nr, "PAGE.RECLAIM is busy", TDX_ST(OPERAND_BUSY));
	free_page((unsigned long)b);
}

/*
 * Reclaims the oldest batch. Returns false if there is none, or if the HKID is not
 * released: then the TDX module would refuse each page, which would be leaked.
 */
static bool reclaim_one(struct reclaimer *r)
{
	struct batch *b;
	unsigned int n;

	spin_lock(&r->lock);
	b = r->started ? take_locked(r) : NULL;
	spin_unlock(&r->lock);
	if (!b)
		return false;
	n = b->nr;
	reclaim_batch(b);
	spin_lock(&r->lock);
	r->pages -= n;
	if (!--r->taken)
		wake_up_all(&r->idle_wq);
	spin_unlock(&r->lock);
	return true;
}

static void worker_fn(struct work_struct *work)
{
	struct worker *w = container_of(work, struct worker, work);
	struct reclaimer *r = w->r;
	int nice = task_nice(current);
	bool more;

	/* Attributes of workqueues are not exported to modules. */
	set_user_nice(current, MAX_NICE);
	do {
		reclaim_one(r);
		spin_lock(&r->lock);
		/* The first one is the last to stop, so batches that are full have a worker. */
		more = r->nr_full && w - r->worker < max_workers_locked(r);
		if (!more)
			__clear_bit(w - r->worker, &r->busy);
		spin_unlock(&r->lock);
	} while (more);
	set_user_nice(current, nice);
}

static void flush_fn(struct work_struct *work)
{
	struct reclaimer *r = container_of(to_delayed_work(work), struct reclaimer, flush);

	spin_lock(&r->lock);
	close_locked(r);
	spin_unlock(&r->lock);
}

static bool is_idle(struct reclaimer *r)
{
	bool idle;

	spin_lock(&r->lock);
	idle = !r->started || (!r->open && !r->nr_full && !r->taken);
	spin_unlock(&r->lock);
	return idle;
}

/* ---- for one VM ---- */

/* Returns NULL without memory. The caller has the first reference. */
struct reclaimer *reclaimer_alloc(void)
{
	struct reclaimer *r = kzalloc(sizeof(*r), GFP_KERNEL);
	unsigned int i;

	if (!r)
		return NULL;
	refcount_set(&r->refs, 1);
	spin_lock_init(&r->lock);
	INIT_LIST_HEAD(&r->full);
	init_waitqueue_head(&r->idle_wq);
	INIT_DELAYED_WORK(&r->flush, flush_fn);
	for (i = 0; i < MAX_WORKERS; i++) {
		INIT_WORK(&r->worker[i].work, worker_fn);
		r->worker[i].r = r;
	}
	return r;
}

void reclaimer_get(struct reclaimer *r)
{
	refcount_inc(&r->refs);
}

/* @cpus: of struct tdxctl_release_args; a worker that is beyond them ends its batch. */
void reclaimer_limit(struct reclaimer *r, unsigned int cpus)
{
	bool changed;

	spin_lock(&r->lock);
	changed = r->cpus != cpus;
	WRITE_ONCE(r->cpus, cpus);
	if (r->started && changed)
		start_workers_locked(r);
	spin_unlock(&r->lock);
}

unsigned int reclaimer_cpus(const struct reclaimer *r)
{
	return READ_ONCE(r->cpus);
}

/*
 * No worker has pages any more: the VM is gone. Pages that are left belong to a TD whose
 * HKID was not released, and are leaked.
 */
void reclaimer_put(struct reclaimer *r)
{
	struct batch *b;
	unsigned int i;

	if (!r || !refcount_dec_and_test(&r->refs))
		return;
	cancel_delayed_work_sync(&r->flush);
	for (i = 0; i < MAX_WORKERS; i++)
		cancel_work_sync(&r->worker[i].work);
	close_locked(r);
	while ((b = take_locked(r))) {
		pages_lose(b->pfn, b->nr, "the HKID is leaked", 0);
		free_page((unsigned long)b);
	}
	kfree(r);
}

/**
 * reclaimer_add() - reclaim and free a page later
 * @r: of the VM
 * @pfn: the page
 * @get: take a reference; else that of the caller is taken over
 *
 * Called under mmu_lock.
 *
 * Return: false if too many pages wait, without memory, or after reclaimer_finish(). The
 * page is still the caller's then.
 */
bool reclaimer_add(struct reclaimer *r, unsigned long pfn, bool get)
{
	const unsigned int max = READ_ONCE(reclaim_queue_mb) / (PMD_SIZE / SZ_1M);
	struct batch *b;
	bool ok = false;

	spin_lock(&r->lock);
	/* Without the HKID released there is no other way. */
	if (r->finished || (r->started && (r->nr_full >= max || reclaim_cpus(r->cpus) == 1)))
		goto unlock;
	b = r->open;
	if (!b) {
		b = (void *)__get_free_page(GFP_ATOMIC | __GFP_NOWARN);
		if (!b)
			goto unlock;
		b->nr = 0;
		r->open = b;
		if (r->started)
			queue_delayed_work(wq, &r->flush, msecs_to_jiffies(FLUSH_MS));
	}
	if (get)
		get_page(pfn_to_page(pfn));
	b->pfn[b->nr++] = pfn;
	r->pages++;
	if (b->nr == BATCH_PAGES)
		close_locked(r);
	ok = true;
unlock:
	spin_unlock(&r->lock);
	return ok;
}

/* The HKID is released: reclaims the pages that were added so far, and further ones. */
void reclaimer_start(struct reclaimer *r)
{
	spin_lock(&r->lock);
	r->started = true;
	close_locked(r);
	start_workers_locked(r);
	spin_unlock(&r->lock);
}

/**
 * reclaimer_wait() - help to reclaim the pages that were added
 * @r: of the VM
 * @ms: not longer than about this, or until a signal comes; 0: do not wait
 *
 * Return: how many pages are left.
 */
unsigned long reclaimer_wait(struct reclaimer *r, unsigned int ms)
{
	unsigned long left, end = jiffies + msecs_to_jiffies(ms);
	long more;

	if (ms) {
		flush_fn(&r->flush.work);
		while (time_before(jiffies, end) && !signal_pending(current) && reclaim_one(r))
			;
		more = end - jiffies;
		if (more > 0)
			wait_event_interruptible_timeout(r->idle_wq, is_idle(r), more);
	}
	spin_lock(&r->lock);
	left = r->pages;
	spin_unlock(&r->lock);
	return left;
}

/* Reclaims all pages; no further one is added. The HKID is released. */
void reclaimer_finish(struct reclaimer *r)
{
	spin_lock(&r->lock);
	r->finished = true;
	close_locked(r);
	spin_unlock(&r->lock);
	while (reclaim_one(r))
		;
	wait_event(r->idle_wq, is_idle(r));
}

int reclaim_init(void)
{
	wq = alloc_workqueue("tdxctl_reclaim", WQ_UNBOUND | WQ_SYSFS, 0);
	return wq ? 0 : -ENOMEM;
}

void reclaim_exit(void)
{
	destroy_workqueue(wq);
}
