/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel log of this boot. */
#include "host.h"

int klog_read_file(struct tdxctl_ctx *ctx, const char *path, struct text_buf *b)
{
	char *text, *p, *last = NULL;
	ssize_t len = root_read(ctx, path, KLOG_MAX, &text);

	if (len < 0)
		return (int)len;
	text_no_nul(text, (size_t)len);
	for (p = text; (p = strstr(p, KLOG_FIRST)); p++)
		last = p;
	while (last && last > text && last[-1] != '\n')
		last--;
	if (last)
		memmove(text, last, strlen(last) + 1);
	free(b->p);
	*b = (struct text_buf){ .p = text, .len = strlen(text) };
	return 0;
}

int src_klog(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f)
{
	struct text_buf b = { 0 };
	int err = src->klog(ctx, &b, &f->log_complete);

	if (err != -ENOMEM && b.p) {
		f->log.text = b.p;
		return 0;
	}
	free(b.p);
	f->log.reason = err == -ENOENT || err == -ENODEV ? "no kernel log" : src_reason(err);
	return err == -ENOMEM ? err : 0;
}
