// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks on functions of KVM, by ftrace: a handler is called at the entry of a function
 * and may continue elsewhere. All functions are hooked or none. This fails if another
 * user of ftrace redirects one of them (a live patch).
 *
 * Not by kprobes: all kprobes can be switched off at any time; registration succeeds
 * even if the probe could not be armed (7.2); and another kprobe on the same function
 * decides how this one is armed and disarmed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "release.h"

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS

/* The call of ftrace is at the entry, or after ENDBR. */
#define ENTRY_BYTES 4

static const struct hook *hooks;
static unsigned long at[MAX_HOOKS]; /* entries of the functions */
static unsigned int nr_hooks;

static void notrace on_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			    struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	unsigned int i;

	for (i = 0; i < nr_hooks; i++) {
		if (ip - at[i] <= ENTRY_BYTES) {
			hooks[i].handler(regs);
			return;
		}
	}
}

/*
 * Not memory of this module: ftrace keeps it in its lists if the hooks cannot be removed.
 * NULL: KVM calls no handler.
 */
static struct ftrace_ops *ops;

static void free_ops(void)
{
	ftrace_free_filter(ops);
	/* Readers of ftrace's lists. */
	synchronize_rcu();
	kfree(ops);
	ops = NULL;
}

/**
 * hook_find() - find the functions of hooks
 * @h: the hooks
 * @n: number of hooks
 *
 * Takes a grace period, so it is not part of hook_arm(). The result is valid until KVM is
 * unloaded.
 *
 * Return: NULL, or the name of the first one that is missing.
 */
const char *hook_find(const struct hook *h, unsigned int n)
{
	const char *names[MAX_HOOKS];
	unsigned long found[MAX_HOOKS];
	unsigned int i;

	for (i = 0; i < n; i++)
		names[i] = h[i].symbol;
	sym_find_all(names, found, n);
	for (i = 0; i < n; i++)
		if (!found[i])
			return names[i];
	memcpy(at, found, sizeof(found[0]) * n);
	return NULL;
}

/**
 * hook_arm() - call the handlers of hooks from now on
 * @h: the hooks, for which hook_find() has succeeded
 * @n: number of hooks
 *
 * Return: 0, -EBUSY if ftrace is switched off or another user redirects a function, or
 * another error of ftrace.
 */
int hook_arm(const struct hook *h, unsigned int n)
{
	int ret;

	if (ops)
		return -EBUSY;
	ops = kzalloc(sizeof(*ops), GFP_KERNEL);
	if (!ops)
		return -ENOMEM;
	ops->func = on_call;
	/* Permanent: kernel.ftrace_enabled cannot be cleared while the hooks are armed. */
	ops->flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
	hooks = h;
	nr_hooks = n;
	ret = ftrace_set_filter_ips(ops, at, n, 0, 1);
	if (!ret)
		ret = register_ftrace_function(ops);
	/* Still enabled: ftrace has stopped after it hooked some of the functions. */
	if (ret && !(ops->flags & FTRACE_OPS_FL_ENABLED))
		free_ops();
	return ret;
}

/**
 * hook_disarm() - call no handler any more
 *
 * Return: 0, or an error if ftrace has stopped after an error of its own. Then KVM calls the
 * handlers until it is unloaded: see hook_forget().
 */
int hook_disarm(void)
{
	int ret = ops ? unregister_ftrace_function(ops) : 0;

	if (ops && !ret)
		free_ops();
	return ret;
}

/**
 * hook_forget() - KVM is unloaded, and its hooks with it
 *
 * Call after hook_disarm() has failed.
 */
void hook_forget(void)
{
	ops = NULL;
}

#else

const char *hook_find(const struct hook *h, unsigned int n)
{
	return h->symbol;
}

int hook_arm(const struct hook *h, unsigned int n)
{
	return -EOPNOTSUPP;
}

int hook_disarm(void)
{
	return 0;
}

void hook_forget(void)
{
}

#endif
