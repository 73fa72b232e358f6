// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and strings for people. */
#include <inttypes.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "out.h"

void text_about(char *buf, size_t len, uint64_t ns)
{
	uint64_t tenths = (ns + 50000000) / 100000000, s = (ns + 500000000) / 1000000000;

	if (tenths < 1)
		snprintf(buf, len, "less than 0.1 s");
	else if (tenths < 10)
		snprintf(buf, len, "about 0.%" PRIu64 " s", tenths);
	else if (s < 10)
		snprintf(buf, len, "about %" PRIu64 " s", s);
	else if (s < 55)
		snprintf(buf, len, "about %" PRIu64 " s", (s + 5) / 10 * 10);
	else if (s < 570)
		snprintf(buf, len, "about %" PRIu64 " min", (s + 30) / 60);
	else if (s < 3300)
		snprintf(buf, len, "about %" PRIu64 " min", (s + 300) / 600 * 10);
	else
		snprintf(buf, len, "%" PRIu64 " to %" PRIu64 " h", s < 3600 ? 1 : s / 3600,
			 s < 3600 ? 2 : s / 3600 + 1);
}

bool text_time(char *buf, size_t len, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	return gmtime_r(&t, &tm) && strftime(buf, len, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void text_bytes(char *buf, size_t len, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t div = 1;
	size_t u = 0;

	while (u + 1 < ARRAY_SIZE(units) && bytes / div >= 1024) {
		div *= 1024;
		u++;
	}
	if (bytes % div == 0)
		snprintf(buf, len, "%" PRIu64 " %s", bytes / div, units[u]);
	else
		snprintf(buf, len, "%.1f %s", (double)bytes / (double)div, units[u]);
}

size_t text_utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and code points beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void set_locale(void)
{
	setlocale(LC_CTYPE, "");
}

void text_locale(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_locale);
}

/* mbrtowc(), but ASCII needs no locale. */
static size_t next_char(wchar_t *wc, const char *s, size_t left, mbstate_t *st)
{
	if (left && *s > 0) {
		*wc = *s;
		return 1;
	}
	text_locale();
	return mbrtowc(wc, s, left, st);
}

static int char_width(wchar_t wc)
{
	return wc >= ' ' && wc <= '~' ? 1 : wcwidth(wc);
}

char *text_clean(const char *s)
{
	size_t left = strlen(s);
	char *buf = malloc(left * 4 + 1), *q = buf;
	mbstate_t st = { 0 };

	if (!buf)
		return NULL;
	while (left) {
		wchar_t wc;
		size_t n = next_char(&wc, s, left, &st);

		if (n == 0 || n == (size_t)-1 || n == (size_t)-2 || !iswprint(wc)) {
			/* Skip one byte; the next one may start a valid character. */
			q += sprintf(q, "\\x%02x", (unsigned char)*s);
			memset(&st, 0, sizeof(st));
			n = 1;
		} else {
			memcpy(q, s, n);
			q += n;
		}
		s += n;
		left -= n;
	}
	*q = '\0';
	return buf;
}

size_t text_width(const char *s)
{
	size_t left = strlen(s), width = 0;
	mbstate_t st = { 0 };

	while (left) {
		wchar_t wc;
		size_t n = next_char(&wc, s, left, &st);
		int w;

		if (n == 0 || n == (size_t)-1 || n == (size_t)-2)
			return width + left;
		w = char_width(wc);
		width += w > 0 ? (size_t)w : 0;
		s += n;
		left -= n;
	}
	return width;
}

char *text_break(char *s, size_t room)
{
	char *best = NULL, *p = s + strspn(s, " ");

	for (;;) {
		char *end = p + strcspn(p, " "), was = *end;
		size_t width;

		*end = '\0';
		width = text_width(s);
		*end = was;
		if (width > room && best)
			return best;
		best = end;
		if (!was || width > room)
			return end;
		p = end + strspn(end, " ");
		if (!*p)
			return end;
	}
}

void text_shorten(char *s, size_t room)
{
	size_t at = 0, width = 0, left = strlen(s);
	mbstate_t st = { 0 };

	if (text_width(s) <= room || room < 4)
		return;
	while (left) {
		wchar_t wc;
		size_t n = next_char(&wc, s + at, left, &st);
		int w = n && n <= left ? char_width(wc) : 1;

		if (!n || n > left) {
			memset(&st, 0, sizeof(st));
			n = 1;
		}
		if (width + (size_t)(w > 0 ? w : 0) > room - 3)
			break;
		width += (size_t)(w > 0 ? w : 0);
		at += n;
		left -= n;
	}
	/* What is left is wider than three columns, so it has room for them. */
	strcpy(s + at, "...");
}
