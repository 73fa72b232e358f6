// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of unexported symbols.
 *
 * register_kprobe() resolves its symbol_name before it looks at what is there:
 * with a data symbol it fails (EINVAL, not kernel text) but leaves the address
 * in kp.addr. With a function it succeeds; registered disabled, it plants no
 * breakpoint, and is removed at once. "module:name" restricts the search.
 *
 * Such an address is read with copy_from_kernel_nofault() or compared. With IBT
 * a function that nobody's pointer refers to is sealed, and calling it would be
 * fatal: sym_callable() tells.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "watch.h"

#define ENDBR_SIZE	4

/**
 * sym_find() - address of a symbol, of @module or (NULL) wherever it is
 *
 * Return: the address, 0 when there is no such symbol.
 */
unsigned long sym_find(const char *module, const char *name)
{
	char full[MODULE_NAME_LEN + KSYM_NAME_LEN];
	struct kprobe kp = {
		.symbol_name = full,
		.flags = KPROBE_FLAG_DISABLED,
	};

	snprintf(full, sizeof(full), "%s%s%s", module ?: "", module ? ":" : "", name);
	if (!register_kprobe(&kp))
		unregister_kprobe(&kp);
	return (unsigned long)kp.addr;
}

/**
 * sym_callable() - address of a function that may be called through a pointer
 *
 * A kprobe's address is past ENDBR where there is one. The kernel overwrites
 * that of sealed functions.
 *
 * Return: the address, 0 when there is no such function or it is sealed.
 */
unsigned long sym_callable(const char *name)
{
	static const u8 endbr[ENDBR_SIZE] = { 0xf3, 0x0f, 0x1e, 0xfa };
	unsigned long addr = sym_find(NULL, name);
	u8 at[ENDBR_SIZE];
	int i;

	for (i = 0; addr && i < 2; i++, addr -= ENDBR_SIZE)
		if (!copy_from_kernel_nofault(at, (void *)addr, sizeof(at)) &&
		    !memcmp(at, endbr, sizeof(at)))
			return addr;
	/* 2 * ENDBR_SIZE less by now */
	return addr && !IS_ENABLED(CONFIG_X86_KERNEL_IBT) ? addr + 2 * ENDBR_SIZE : 0;
}

/* "name+0xOFFSET/0xSIZE [module]", as sprint_symbol() prints it. */
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

/* Name of the module that holds @addr; false and "vmlinux" when none does. */
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
