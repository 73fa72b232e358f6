/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live kernel log: the ring buffer, and the journal or kern.log when its start is lost. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "live.h"

#define MAX_LINES 200000 /* from the journal */
#define KERN_LOG  "/var/log/kern.log"

size_t kmsg_line(const char *rec, size_t n, char *line, size_t size)
{
	/* "6,1234,98765,-;text", then lines of detail. The third field is microseconds. */
	const char *text = memchr(rec, ';', n), *p = rec;
	unsigned long long us = 0;
	size_t len;

	if (!text)
		return 0;
	for (int i = 0; p && i < 2; i++) {
		p = memchr(p, ',', (size_t)(text - p));
		p = p ? p + 1 : NULL;
	}
	for (; p && p < text && *p >= '0' && *p <= '9' && us < UINT64_MAX / 20; p++)
		us = us * 10 + (unsigned long long)(*p - '0');
	text++;
	len = n - (size_t)(text - rec);
	p = memchr(text, '\n', len);
	snprintf(line, size, "[%5llu.%06llu] %.*s", us / 1000000, us % 1000000,
		 (int)(p ? (size_t)(p - text) : len), text);
	return strlen(line);
}

static int read_ring(struct tdxctl_ctx *ctx, struct text_buf *b)
{
	int fd = root_open(ctx, "/dev/kmsg", O_RDONLY | O_NONBLOCK), err = 0;
	char rec[8192], line[sizeof(rec) + 40];

	if (fd < 0)
		return fd;
	while (!err && b->len < KLOG_MAX) {
		ssize_t n = read(fd, rec, sizeof(rec));

		/* EPIPE: records were overwritten; the next read returns the oldest left. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0) {
			err = n < 0 && errno != EAGAIN ? -errno : 0;
			break;
		}
		n = (ssize_t)kmsg_line(rec, (size_t)n, line, sizeof(line) - 1);
		if (n) {
			line[n++] = '\n';
			err = text_append(b, line, (size_t)n);
		}
	}
	close(fd);
	return err;
}

static bool file_of_this_boot(struct tdxctl_ctx *ctx, const char *path)
{
	int fd = root_open(ctx, path, O_PATH);
	struct stat st;
	bool ret;

	if (fd < 0)
		return false;
	ret = !fstat(fd, &st) && src_since_boot(&st);
	close(fd);
	return ret;
}

/* Returns the first time stamp in microseconds; UINT64_MAX: there is none. */
static uint64_t first_time(const char *text)
{
	unsigned long long s;
	unsigned int us;

	for (const char *p = text; p && *p; p = text_next_line(p))
		if (sscanf(p, "[%12llu.%6u]", &s, &us) == 2)
			return s * 1000000 + us;
	return UINT64_MAX;
}

/* Inserts the journal's messages from before the ring buffer in front of @b. */
static int prepend_journal(struct text_buf *b, bool *complete)
{
	struct journal_query q = {
		.match = "_TRANSPORT=kernel",
		.until_us = first_time(b->p),
		.max_lines = MAX_LINES,
		.max_bytes = KLOG_MAX,
	};
	struct text_buf old = { 0 };
	int ret = journal_read(&q, &old), err = ret == -ENOMEM ? ret : 0;

	if (!err && ret >= 0 && old.p && b->p)
		err = text_append(&old, b->p, b->len);
	if (err || ret < 0 || !old.p) {
		free(old.p);
		return err;
	}
	*complete = ret == JOURNAL_ALL && strstr(old.p, KLOG_FIRST);
	free(b->p);
	*b = old;
	return 0;
}

static int use_kern_log(struct tdxctl_ctx *ctx, struct text_buf *b, bool *complete)
{
	struct text_buf file = { 0 };
	int err;

	if (!file_of_this_boot(ctx, KERN_LOG))
		return 0;
	err = klog_read_file(ctx, KERN_LOG, &file);
	if (err || !strstr(file.p, KLOG_FIRST)) {
		free(file.p);
		return err == -ENOMEM ? err : 0;
	}
	free(b->p);
	*b = file;
	*complete = true;
	return 0;
}

int live_klog(struct tdxctl_ctx *ctx, struct text_buf *b, bool *complete)
{
	int err = read_ring(ctx, b), kept;

	*complete = !err && b->p && strstr(b->p, KLOG_FIRST);
	if (err == -ENOMEM || *complete)
		return err;
	/* No permission for the ring buffer, or its start was overwritten. */
	kept = prepend_journal(b, complete);
	if (!kept && !*complete)
		kept = use_kern_log(ctx, b, complete);
	return kept == -ENOMEM ? kept : err;
}
