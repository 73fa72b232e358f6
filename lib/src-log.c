/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel log of this boot: of a live host its ring, else the end of
 * kern.log; of a captured host /var/log/dmesg.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "hostsrc.h"
#include "private.h"

#define MAX_LOG	  (16 << 20)
#define KERN_LOG  "/var/log/kern.log"
#define BOOT_LINE "Linux version "	/* the first line the kernel writes */

struct buf {
	char *p;
	size_t len, room;
};

static int append(struct buf *b, const char *s, size_t n)
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

static int read_ring(struct tdxctl_ctx *ctx, struct buf *b)
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
			err = append(b, line, (size_t)n);
		}
	}
	close(fd);
	return err;
}

/* The part of a log file that belongs to the last boot in it. */
static int read_file(struct tdxctl_ctx *ctx, const char *path, struct buf *b)
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
	*b = (struct buf){ .p = text, .len = strlen(text) };
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

int tdxctl_src_log(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	struct buf b = { 0 };
	int err = ctx->captured ? read_file(ctx, "/var/log/dmesg", &b) : read_ring(ctx, &b);

	if (!err && b.p)
		f->log_complete = strstr(b.p, BOOT_LINE);
	/* Denied or overwritten: what syslog kept. */
	if (!ctx->captured && err != -ENOMEM && !f->log_complete) {
		struct buf file = { 0 };

		if (file_of_this_boot(ctx, KERN_LOG) && !read_file(ctx, KERN_LOG, &file) && strstr(file.p, BOOT_LINE)) {
			free(b.p);
			b = file;
			f->log_complete = true;
			err = 0;
		} else {
			free(file.p);
		}
	}
	if (err || !b.p) {
		free(b.p);
		f->log.reason = err == -ENOENT || err == -ENODEV ? "no kernel log" : tdxctl_src_why(err);
		return err == -ENOMEM ? err : 0;
	}
	f->log.text = b.p;
	return 0;
}
