// SPDX-License-Identifier: GPL-2.0-only
/* Threads that hold one of the mutexes for some time. */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "emul.h"

#define MAX_HOLDS 16

struct hold {
	struct task_struct *task;
	struct mutex *lock;
	struct completion held; /* the thread has the lock */
	u32 ms;
	bool done;
};

static struct hold *holds[MAX_HOLDS];
static DEFINE_MUTEX(holds_lock);
static DECLARE_WAIT_QUEUE_HEAD(hold_wait);
static bool hold_cancel;

static int hold_thread(void *data)
{
	struct hold *hold = data;

	mutex_lock(hold->lock);
	complete_all(&hold->held);
	wait_event_interruptible_timeout(hold_wait, READ_ONCE(hold_cancel) || kthread_should_stop(),
					 msecs_to_jiffies(hold->ms));
	mutex_unlock(hold->lock);
	/* Pairs with emul_hold(): the last access to *hold. */
	smp_store_release(&hold->done, true);
	return 0;
}

static void hold_free(struct hold *hold)
{
	kthread_stop(hold->task);
	put_task_struct(hold->task);
	kfree(hold);
}

/*
 * Holds @lock for @ms in a thread. Returns 0 when the lock is held; -EINTR if a signal
 * interrupted the wait, which does not end the hold; -EBUSY for too many holds; -ENOMEM.
 */
int emul_hold(struct mutex *lock, u32 ms)
{
	struct hold *hold, **slot = NULL;
	int i, ret = 0;

	hold = kzalloc(sizeof(*hold), GFP_KERNEL);
	if (!hold)
		return -ENOMEM;
	hold->lock = lock;
	hold->ms = ms;
	init_completion(&hold->held);

	if (mutex_lock_interruptible(&holds_lock)) {
		kfree(hold);
		return -EINTR;
	}
	for (i = 0; i < MAX_HOLDS; i++) {
		/* Pairs with hold_thread(). */
		if (holds[i] && smp_load_acquire(&holds[i]->done)) {
			hold_free(holds[i]);
			holds[i] = NULL;
		}
		if (!holds[i])
			slot = &holds[i];
	}
	if (!slot) {
		ret = -EBUSY;
		goto free;
	}
	hold->task = kthread_create(hold_thread, hold, "tdx_emul-hold");
	if (IS_ERR(hold->task)) {
		ret = PTR_ERR(hold->task);
		goto free;
	}
	/* The thread may end before it is stopped. */
	get_task_struct(hold->task);
	*slot = hold;
	wake_up_process(hold->task);
	/* Under holds_lock, or a later hold could free this one. */
	if (wait_for_completion_interruptible(&hold->held))
		ret = -EINTR;
	mutex_unlock(&holds_lock);
	return ret;

free:
	mutex_unlock(&holds_lock);
	kfree(hold);
	return ret;
}

/*
 * No VM is left at unload, so a hold can only wait for another one. All are cancelled
 * first: stopping them one by one could take a minute for each.
 */
void emul_hold_exit(void)
{
	int i;

	WRITE_ONCE(hold_cancel, true);
	wake_up_all(&hold_wait);
	for (i = 0; i < MAX_HOLDS; i++)
		if (holds[i])
			hold_free(holds[i]);
	memset(holds, 0, sizeof(holds));
}
