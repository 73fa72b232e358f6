// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own mutexes, if it has them: tdx_lock around the users of the key
 * ownership table, and tdx_mng_key_config_lock for each package.
 *
 * A mutex word shows the owner and whether a task waits, but no times. It is
 * sampled every SAMPLE_MS and for each snapshot; every IDLE_MS if there was no snapshot
 * for READER_MS. A hold shorter than that may be missed; "since" is the first sample of
 * a hold, late by at most that time; two holds by the same task without a sample
 * between them look like one. "Contended" counts holds that were sampled with a waiter.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "watch.h"

#define SAMPLE_MS     20
#define IDLE_MS	      1000
#define READER_MS     (10 * 60 * 1000)
#define MAX_KEY_LOCKS 32

struct mutex_state {
	unsigned long addr; /* 0: absent */
	unsigned long task; /* owner at the last sample; compared only */
	bool waiters;	    /* this hold has been counted as contended */
	struct wire_lock seen;
};

/* Protects all below; no address is used after its module was freed. */
static DEFINE_MUTEX(locks_mutex);
static char owner_module[MODULE_NAME_LEN];
static struct mutex_state tdx_state;
static struct mutex_state key_state[MAX_KEY_LOCKS];
static unsigned long key_symbol; /* tdx_mng_key_config_lock, unresolved */
static unsigned long key_symbol_size;
static unsigned long last_read; /* jiffies */

static void sample_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(sample_work, sample_work_fn);

static bool read_word(unsigned long addr, unsigned long *out)
{
	return !copy_from_kernel_nofault(out, (void *)addr, sizeof(*out));
}

/* The list of waiters of an initialised mutex points back to itself. */
static bool is_mutex(unsigned long addr)
{
	unsigned long head = addr + COMPAT_MUTEX_WAIT_LIST, first, back;

#ifdef COMPAT_MUTEX_FIRST_WAITER
	if (!read_word(head, &head))
		return false;
	if (!head)
		return true;
#endif
	return read_word(head + offsetof(struct list_head, next), &first) && first &&
	       read_word(first + offsetof(struct list_head, prev), &back) && back == head;
}

/*
 * The symbol is an array of mutexes, or a pointer to an array that is allocated at
 * initialisation. Repeated at each sample until one of them fits.
 */
static void resolve_key_locks(void)
{
	u32 i, n = min_t(u32, cpus_nr_pkgs(), MAX_KEY_LOCKS);
	unsigned long base = key_symbol;

	if (!base)
		return;
	if (is_mutex(base))
		n = min_t(u32, n, key_symbol_size / sizeof(struct mutex));
	else if (!read_word(key_symbol, &base) || !base || !is_mutex(base))
		return;
	for (i = 0; i < n; i++)
		key_state[i].addr = base + i * sizeof(struct mutex);
	key_symbol = 0;
}

/*
 * Reads the holder. It cannot exit while it holds the mutex, and its memory stays
 * valid for a grace period afterwards.
 */
static void read_holder(struct wire_lock *w, const struct task_struct *task)
{
	pid_t tgid, tid;

	w->tgid = 0;
	w->tid = 0;
	w->comm[0] = '\0';
	if (copy_from_kernel_nofault(&tgid, &task->tgid, sizeof(tgid)) ||
	    copy_from_kernel_nofault(&tid, &task->pid, sizeof(tid)) ||
	    copy_from_kernel_nofault(w->comm, task->comm, sizeof(w->comm)))
		return;
	w->comm[sizeof(w->comm) - 1] = '\0';
	w->tgid = tgid;
	w->tid = tid;
}

static bool has_waiters(const struct mutex_state *s, unsigned long owner_word)
{
	u32 spinners = 0;

	if (COMPAT_MUTEX_SPINNERS &&
	    copy_from_kernel_nofault(&spinners, (void *)(s->addr + COMPAT_MUTEX_SPINNERS),
				     sizeof(spinners)))
		return false;
	return spinners || (owner_word & COMPAT_MUTEX_WAITERS);
}

static void sample_one(struct mutex_state *s, u64 now)
{
	struct wire_lock *w = &s->seen;
	unsigned long word, task;

	w->present = s->addr;
	if (!s->addr)
		return;
	rcu_read_lock();
	if (!read_word(s->addr + COMPAT_MUTEX_OWNER, &word))
		goto out;
	task = word & ~COMPAT_MUTEX_FLAGS;
	if (task != s->task) {
		s->task = task;
		s->waiters = false;
		w->held = task;
		w->since_ns = task ? now : 0;
		w->tgid = 0;
		w->tid = 0;
		w->comm[0] = '\0';
		if (task)
			read_holder(w, (const struct task_struct *)task);
	}
	if (!task)
		goto out;
	w->longest_ns = max(w->longest_ns, now - w->since_ns);
	if (!s->waiters && has_waiters(s, word)) {
		s->waiters = true;
		w->contended++;
	}
out:
	rcu_read_unlock();
}

static void sample_all(void)
{
	u64 now = ktime_get_mono_fast_ns();
	int i;

	lockdep_assert_held(&locks_mutex);
	resolve_key_locks();
	sample_one(&tdx_state, now);
	for (i = 0; i < MAX_KEY_LOCKS; i++)
		sample_one(&key_state[i], now);
}

static unsigned int next_sample_ms(void)
{
	bool idle = time_after(jiffies, last_read + msecs_to_jiffies(READER_MS));

	return idle ? IDLE_MS : SAMPLE_MS;
}

static void sample_work_fn(struct work_struct *work)
{
	mutex_lock(&locks_mutex);
	if (owner_module[0]) {
		sample_all();
		queue_delayed_work(compat_unbound_wq, &sample_work,
				   msecs_to_jiffies(next_sample_ms()));
	}
	mutex_unlock(&locks_mutex);
}

/* A KVM that is built in has its mutexes in vmlinux, which is not a module. */
static unsigned long find_in(const char *module, const char *name)
{
	char owner[MODULE_NAME_LEN];
	unsigned long addr;

	if (strcmp(module, "vmlinux"))
		return sym_find(module, name);
	addr = sym_find(NULL, name);
	return addr && !sym_module(addr, owner, sizeof(owner)) ? addr : 0;
}

/* Looks for the mutexes in @module, unless another module has them. */
void locks_find(const char *module)
{
	if (!COMPAT_MUTEX_READABLE)
		return;
	mutex_lock(&locks_mutex);
	if (!owner_module[0]) {
		tdx_state.addr = find_in(module, "tdx_lock");
		key_symbol = find_in(module, "tdx_mng_key_config_lock");
		key_symbol_size = key_symbol ? sym_size(key_symbol) : 0;
		if (tdx_state.addr || key_symbol) {
			strscpy(owner_module, module, sizeof(owner_module));
			last_read = jiffies;
			queue_delayed_work(compat_unbound_wq, &sample_work, 0);
		}
	}
	mutex_unlock(&locks_mutex);
}

/* @module is about to be freed. */
void locks_forget(const char *module)
{
	mutex_lock(&locks_mutex);
	if (!strcmp(module, owner_module)) {
		owner_module[0] = '\0';
		key_symbol = 0;
		memset(&tdx_state, 0, sizeof(tdx_state));
		memset(key_state, 0, sizeof(key_state));
	}
	mutex_unlock(&locks_mutex);
}

u64 locks_features(void)
{
	u64 features = 0;

	mutex_lock(&locks_mutex);
	resolve_key_locks();
	if (tdx_state.addr)
		features |= TDXCTL_F_TDX_LOCK;
	if (key_state[0].addr)
		features |= TDXCTL_F_KEY_LOCKS;
	mutex_unlock(&locks_mutex);
	return features;
}

void locks_sample(struct wire_lock *tdx_lock, struct wire_lock *key_config, u32 nr_pkgs)
{
	u32 i;

	mutex_lock(&locks_mutex);
	last_read = jiffies;
	sample_all();
	*tdx_lock = tdx_state.seen;
	for (i = 0; i < min_t(u32, nr_pkgs, MAX_KEY_LOCKS); i++)
		key_config[i] = key_state[i].seen;
	mutex_unlock(&locks_mutex);
}

void locks_exit(void)
{
	mutex_lock(&locks_mutex);
	owner_module[0] = '\0';
	mutex_unlock(&locks_mutex);
	cancel_delayed_work_sync(&sample_work);
}
