/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel log of this boot: of a live host its ring, before that what the
 * journal or else kern.log kept; of a captured host /var/log/dmesg.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "facts.h"
#include "private.h"

#define MAX_LOG	  (16 << 20)
#define KERN_LOG  "/var/log/kern.log"
#define MAX_LINES 200000		/* of the journal */
#define BOOT_LINE "Linux version "	/* the first line the kernel writes */

int src_append(struct src_buf *b, const char *s, size_t n)
{
	if (b->room - b->len < n + 1) {
		size_t room = (b->room + n) * 2 + 4096;
		char *p = realloc(b->p, room);

		if (!p)
			return -ENOMEM;
		b->p = p;
		b->room = room;
	}
	memcpy(b->p + b->len, s, n);
	b->len += n;
	b->p[b->len] = '\0';
	return 0;
}

size_t tdxctl_src_kmsg(const char *rec, size_t n, char *line, size_t size)
{
	/* "6,1234,98765,-;text" with lines of detail below: the third is microseconds. */
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

static int read_ring(struct tdxctl_ctx *ctx, struct src_buf *b)
{
	int fd = root_open(ctx, "/dev/kmsg", O_RDONLY | O_NONBLOCK), err = 0;
	char rec[8192], line[sizeof(rec) + 40];

	if (fd < 0)
		return fd;
	while (!err && b->len < MAX_LOG) {
		ssize_t n = read(fd, rec, sizeof(rec));

		/* EPIPE: the record was overwritten meanwhile; the next one is there. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0) {
			err = n < 0 && errno != EAGAIN ? -errno : 0;
			break;
		}
		n = (ssize_t)tdxctl_src_kmsg(rec, (size_t)n, line, sizeof(line) - 1);
		if (n) {
			line[n++] = '\n';
			err = src_append(b, line, (size_t)n);
		}
	}
	close(fd);
	return err;
}

/* The part of a log file that belongs to the last boot in it. */
static int read_file(struct tdxctl_ctx *ctx, const char *path, struct src_buf *b)
{
	char *text, *p, *last = NULL;
	ssize_t len = root_read(ctx, path, MAX_LOG, &text);

	if (len < 0)
		return (int)len;
	/* A NUL would hide the rest. */
	for (p = text; p < text + len; p++)
		if (!*p)
			*p = '?';
	for (p = text; (p = strstr(p, BOOT_LINE)); p++)
		last = p;
	while (last && last > text && last[-1] != '\n')
		last--;
	if (last)
		memmove(text, last, strlen(last) + 1);
	free(b->p);
	*b = (struct src_buf){ .p = text, .len = strlen(text) };
	return 0;
}

bool src_of_this_boot(const struct stat *st)
{
	struct timespec now, up;

	return !clock_gettime(CLOCK_REALTIME, &now) && !clock_gettime(CLOCK_BOOTTIME, &up) &&
	       st->st_mtime >= now.tv_sec - up.tv_sec;
}

static bool file_of_this_boot(struct tdxctl_ctx *ctx, const char *path)
{
	int fd = root_open(ctx, path, O_PATH);
	struct stat st;
	bool ret;

	if (fd < 0)
		return false;
	ret = !fstat(fd, &st) && src_of_this_boot(&st);
	close(fd);
	return ret;
}

/* Microseconds of the first line that tells them; all ones when none does. */
static uint64_t first_time(const char *text)
{
	unsigned long long s;
	unsigned int us;

	for (const char *p = text; p && *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (sscanf(p, "[%12llu.%6u]", &s, &us) == 2)
			return s * 1000000 + us;
	return UINT64_MAX;
}

/* Puts what the journal has from before the ring in front of it. */
static int prepend_journal(struct src_buf *b, bool *complete)
{
	struct src_journal_query q = {
		.match = "_TRANSPORT=kernel", .until_us = first_time(b->p),
		.max_lines = MAX_LINES, .max_bytes = MAX_LOG,
	};
	struct src_buf old = { 0 };
	int ret = src_journal(&q, &old), err = ret == -ENOMEM ? ret : 0;

	if (!err && ret >= 0 && old.p && b->p)
		err = src_append(&old, b->p, b->len);
	if (err || ret < 0 || !old.p) {
		free(old.p);
		return err;
	}
	*complete = ret == SRC_JOURNAL_ALL && strstr(old.p, BOOT_LINE);
	free(b->p);
	*b = old;
	return 0;
}

static int use_kern_log(struct tdxctl_ctx *ctx, struct src_buf *b, bool *complete)
{
	struct src_buf file = { 0 };
	int err;

	if (!file_of_this_boot(ctx, KERN_LOG))
		return 0;
	err = read_file(ctx, KERN_LOG, &file);
	if (err || !strstr(file.p, BOOT_LINE)) {
		free(file.p);
		return err == -ENOMEM ? err : 0;
	}
	free(b->p);
	*b = file;
	*complete = true;
	return 0;
}

int tdxctl_src_log(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	struct src_buf b = { 0 };
	int err = ctx->captured ? read_file(ctx, "/var/log/dmesg", &b) : read_ring(ctx, &b), kept = 0;

	f->log_complete = !err && b.p && strstr(b.p, BOOT_LINE);
	/* Denied or overwritten: what others kept. */
	if (!ctx->captured && err != -ENOMEM && !f->log_complete) {
		kept = prepend_journal(&b, &f->log_complete);
		if (!kept && !f->log_complete)
			kept = use_kern_log(ctx, &b, &f->log_complete);
	}
	if (err == -ENOMEM || kept == -ENOMEM || !b.p) {
		free(b.p);
		f->log.reason = err == -ENOENT || err == -ENODEV ? "no kernel log" : tdxctl_src_why(err);
		return err == -ENOMEM || kept == -ENOMEM ? -ENOMEM : 0;
	}
	f->log.text = b.p;
	return 0;
}
