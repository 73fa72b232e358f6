/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log that the previous kernel left in pstore. */
#include <stdio.h>
#include "host.h"

#define PSTORE	  "/sys/fs/pstore"
#define MAX_FILES 64
#define MAX_FILE  (1 << 20)

struct collection {
	struct tdxctl_ctx *ctx;
	FILE *out;
	unsigned int files;
	int err; /* of the last file that could not be read */
};

static int add_file(void *arg, const char *name)
{
	struct collection *c = arg;
	char path[300], *text;
	ssize_t n;

	if (strncmp(name, "dmesg-", 6) && strncmp(name, "console-", 8))
		return 0;
	if (++c->files > MAX_FILES)
		return 1;
	snprintf(path, sizeof(path), PSTORE "/%s", name);
	n = root_read(c->ctx, path, MAX_FILE, &text);
	if (n < 0) {
		c->err = (int)n;
		return n == -ENOMEM ? -ENOMEM : 0;
	}
	text_no_nul(text, (size_t)n);
	fprintf(c->out, "%s\n", text);
	free(text);
	return 0;
}

int src_pstore(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	struct collection c = { .ctx = ctx };
	struct tdxctl_text *t = &f->last_log;
	size_t size = 0;
	int err;

	c.out = open_memstream(&t->text, &size);
	if (!c.out)
		return -ENOMEM;
	err = root_each(ctx, PSTORE, add_file, &c);
	if (ferror(c.out) | fclose(c.out))
		err = -ENOMEM;
	if (err >= 0 && size)
		return 0;
	free(t->text);
	t->text = NULL;
	if (err >= 0)
		err = c.err ? c.err : -ENOENT;
	t->absent = err == -ENOENT;
	t->reason = t->absent ? "pstore has no log of the previous kernel" : src_reason(err);
	return err == -ENOMEM ? err : 0;
}
