// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands in for functions of KVM, by ftrace: a handler of ours is called as such
 * a function is entered and may send the caller elsewhere. All functions at once
 * or none; another one that redirects any of them (a live patch) keeps us out.
 *
 * Not by kprobes: those can be switched off as a whole at any time, one that
 * could not be armed looks like one that was (7.2), and another user's kprobe on
 * the same function decides how ours is armed and disarmed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "release.h"

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS

/* The call of ftrace comes behind ENDBR at most. */
#define ENTRY_BYTES	4

static const struct hook *hooks;
static unsigned long at[MAX_HOOKS];	/* entries of the functions */
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

/* Permanent: kernel.ftrace_enabled cannot be cleared meanwhile. */
static struct ftrace_ops ops = {
	.func = on_call,
	.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

/**
 * hook_find() - looks for the functions of @h, all or none
 *
 * It takes a grace period for each; hook_arm() is in a hurry. What was found is
 * good until KVM goes.
 */
bool hook_find(const struct hook *h, unsigned int n)
{
	unsigned long found[MAX_HOOKS];
	unsigned int i;

	if (n > ARRAY_SIZE(at))
		return false;
	for (i = 0; i < n; i++) {
		found[i] = sym_find(NULL, h[i].symbol);
		if (!found[i])
			return false;
	}
	memcpy(at, found, sizeof(found[0]) * n);
	return true;
}

/**
 * hook_arm() - calls the handlers of @h from now on; hook_find() has found them
 *
 * Return: 0, -EBUSY ftrace is switched off or a function is redirected by
 * another, or another error of ftrace's.
 */
int hook_arm(const struct hook *h, unsigned int n)
{
	int ret;

	hooks = h;
	nr_hooks = n;
	ret = ftrace_set_filter_ips(&ops, at, n, 0, 1);
	if (!ret)
		ret = register_ftrace_function(&ops);
	if (ret)
		ftrace_free_filter(&ops);
	return ret;
}

/* No handler runs any more; after an error they may, for ever. */
int hook_disarm(void)
{
	int ret = unregister_ftrace_function(&ops);

	if (!ret)
		ftrace_free_filter(&ops);
	return ret;
}

#else

bool hook_find(const struct hook *h, unsigned int n)
{
	return false;
}

int hook_arm(const struct hook *h, unsigned int n)
{
	return -EOPNOTSUPP;
}

int hook_disarm(void)
{
	return -EOPNOTSUPP;
}

#endif
