// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of symbols that are not exported.
 *
 * register_kprobe() resolves symbol_name before it checks the address: for data it
 * fails (EINVAL, not kernel text), but kp.addr is set. For a function it succeeds;
 * a probe registered as disabled sets no breakpoint, and is removed at once.
 * "module:name" limits the search to one module.
 *
 * Such an address is only compared, or read with copy_from_kernel_nofault(). With
 * IBT, functions that no pointer refers to are sealed, and an indirect call of one
 * would be fatal: see sym_callable().
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "watch.h"

#define ENDBR_SIZE 4

/* Registers a probe that is never armed. Returns true if it must be unregistered. */
static bool look_up(struct kprobe *kp, const char *name)
{
	*kp = (struct kprobe){
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	return !register_kprobe(kp);
}

/**
 * sym_find() - find a symbol
 * @module: the module that has the symbol, NULL for the kernel and any module
 * @name: name of the symbol
 *
 * Waits for a grace period if the symbol is a function.
 *
 * Return: its address, 0 if there is no such symbol.
 */
unsigned long sym_find(const char *module, const char *name)
{
	char full[MODULE_NAME_LEN + KSYM_NAME_LEN];
	struct kprobe kp;

	snprintf(full, sizeof(full), "%s%s%s", module ?: "", module ? ":" : "", name);
	if (look_up(&kp, full))
		unregister_kprobe(&kp);
	return (unsigned long)kp.addr;
}

/**
 * sym_find_all() - find symbols of the kernel or any module
 * @names: their names
 * @addr: set to their addresses, 0 for each that does not exist
 * @n: how many there are
 *
 * Waits for one grace period. Without memory no symbol is found.
 */
void sym_find_all(const char *const *names, unsigned long *addr, unsigned int n)
{
	struct kprobe *kp = kcalloc(n, sizeof(*kp), GFP_KERNEL);
	struct kprobe **found = kcalloc(n, sizeof(*found), GFP_KERNEL);
	unsigned int i, nr = 0;

	memset(addr, 0, n * sizeof(*addr));
	for (i = 0; kp && found && i < n; i++) {
		if (look_up(&kp[i], names[i]))
			found[nr++] = &kp[i];
		addr[i] = (unsigned long)kp[i].addr;
	}
	if (nr)
		unregister_kprobes(found, nr);
	kfree(found);
	kfree(kp);
}

/**
 * sym_callable() - check that a function may be called through a pointer
 * @addr: what sym_find() or sym_find_all() has found
 *
 * The address of a kprobe is after ENDBR. The kernel overwrites the ENDBR of sealed
 * functions.
 *
 * Return: the address to call, 0 if there is no such function or it is sealed.
 */
unsigned long sym_callable(unsigned long addr)
{
	static const u8 endbr[ENDBR_SIZE] = { 0xf3, 0x0f, 0x1e, 0xfa };
	u8 at[ENDBR_SIZE];
	int i;

	for (i = 0; addr && i < 2; i++, addr -= ENDBR_SIZE)
		if (!copy_from_kernel_nofault(at, (void *)addr, sizeof(at)) &&
		    !memcmp(at, endbr, sizeof(at)))
			return addr;
	/* The loop has subtracted 2 * ENDBR_SIZE. */
	return addr && !IS_ENABLED(CONFIG_X86_KERNEL_IBT) ? addr + 2 * ENDBR_SIZE : 0;
}

/*
 * Returns the size of the symbol at @addr, 0 if it is not known. sprint_symbol()
 * prints "name+0xOFFSET/0xSIZE [module]".
 */
unsigned long sym_size(unsigned long addr)
{
	char buf[KSYM_SYMBOL_LEN], *slash;
	unsigned long size;

	sprint_symbol(buf, addr);
	slash = strchr(buf, '/');
	if (!slash)
		return 0;
	strreplace(slash, ' ', '\0');
	return kstrtoul(slash + 1, 16, &size) ? 0 : size;
}

/* Copies the name of the module with @addr to @buf; if none, "vmlinux", and false. */
bool sym_module(unsigned long addr, char *buf, size_t len)
{
	char sym[KSYM_SYMBOL_LEN], *start, *end;

	sprint_symbol(sym, addr);
	start = strrchr(sym, '[');
	end = start ? strchr(start, ']') : NULL;
	if (!end) {
		strscpy(buf, "vmlinux", len);
		return false;
	}
	/* With a build id: "[module 0123abcd]". */
	*end = '\0';
	strreplace(start, ' ', '\0');
	strscpy(buf, start + 1, len);
	return true;
}
