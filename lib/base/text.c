/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of files and devices: lines, growing buffers, CPU lists. Also the clock. */
#include <ctype.h>
#include <stdio.h>
#include <time.h>
#include "base.h"

int text_append(struct text_buf *b, const char *s, size_t n)
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

void tdxctl_duration_str(char *buf, size_t len, uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (ns < 1000)
		snprintf(buf, len, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(buf, len, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(buf, len, "%.1f ms", (double)ns / 1e6);
	else if (s < 60)
		snprintf(buf, len, "%.1f s", (double)ns / 1e9);
	else if (s < 3600)
		snprintf(buf, len, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, len, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s / 60 % 60);
	else
		snprintf(buf, len, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s / 3600 % 24);
}

bool text_is_uuid(const char *s)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return !s[36];
}

char *text_dup_plain(const char *s, size_t n)
{
	char *d = strndup(s, n);

	if (d)
		text_plain(d);
	return d;
}

int cpulist_each(const char *list, int (*fn)(void *arg, unsigned int cpu), void *arg)
{
	const char *p = list;

	for (;;) {
		unsigned long a, b;
		char *end;

		if (*p < '0' || *p > '9')
			return -EINVAL;
		a = b = strtoul(p, &end, 10);
		p = end;
		if (*p == '-') {
			p++;
			if (*p < '0' || *p > '9')
				return -EINVAL;
			b = strtoul(p, &end, 10);
			p = end;
		}
		if (a > b || b >= UINT32_MAX)
			return -EINVAL;
		for (; a <= b; a++) {
			int ret = fn(arg, (unsigned int)a);

			if (ret)
				return ret;
		}
		if (!*p)
			return 0;
		if (*p++ != ',')
			return -EINVAL;
	}
}

uint64_t tdxctl_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void text_plain(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

void text_no_nul(char *s, size_t len)
{
	for (char *p = s; p < s + len; p++)
		if (!*p)
			*p = '?';
}

const char *text_next_line(const char *p)
{
	p += strcspn(p, "\n");
	return p + (*p == '\n');
}
