/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libbpf-lazy.h"

#define ENOTSUPP 524 /* of the kernel, not of the C library */

struct libbpf libbpf;

/* libbpf's callback has no argument. */
static _Thread_local struct tdxctl_ctx *printing;

static int print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char msg[256];

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(msg, sizeof(msg), fmt, ap);
	msg[strcspn(msg, "\n")] = '\0';
	ctx_log(printing, TDXCTL_LOG_DEBUG, "%s", msg);
	return 0;
}

int libbpf_load(struct tdxctl_ctx *ctx, struct observer_why *why)
{
#define lazy libbpf
	static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(LIBBPF) };
#undef lazy
	char *text = NULL;
	int err = lazy_load("libbpf.so.1", symbols, ARRAY_SIZE(symbols), &text);

	if (err)
		why_set(why, "%s", text ? text : "cannot load libbpf.so.1");
	free(text);
	if (err)
		return -EOPNOTSUPP;
	printing = ctx;
	libbpf.libbpf_set_print(print);
	return 0;
}

void libbpf_quiet(void)
{
	printing = NULL;
}

int libbpf_refused(struct observer_why *why, const char *what, int err)
{
	if (err == -ENOMEM)
		return err;
	why_set(why, "the kernel refused to %s BPF programs: %s%s", what, strerror(-err),
		err == -ENOTSUPP || err == -EOPNOTSUPP ?
			" (CONFIG_BPF_JIT, CONFIG_DYNAMIC_FTRACE)" :
			"");
	return -EOPNOTSUPP;
}
