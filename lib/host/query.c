/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries on facts: values of files, kernel options and log lines. */
#include <stdio.h>
#include "host.h"

enum tdxctl_tri tdxctl_text_bool(const struct tdxctl_text *t)
{
	if (!t->text || !t->text[0] || t->text[1])
		return TDXCTL_TRI_UNKNOWN;
	if (strchr("Yy1", t->text[0]))
		return TDXCTL_YES;
	return strchr("Nn0", t->text[0]) ? TDXCTL_NO : TDXCTL_TRI_UNKNOWN;
}

struct tdxctl_val tdxctl_text_u64(const struct tdxctl_text *t)
{
	struct tdxctl_val v = { .reason = t->reason };
	char *end;

	if (!t->text)
		return v;
	v.reason = src_reason(-EINVAL);
	if (t->text[0] < '0' || t->text[0] > '9')
		return v;
	errno = 0;
	v.value = strtoull(t->text, &end, 0);
	if (!errno && !*end)
		val_set(&v, v.value);
	return v;
}

static const char *find_word(const char *text, const char *word, bool prefix)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += n) {
		bool begins = p == text || p[-1] == ' ' || p[-1] == '\t';

		if (begins && (prefix || !p[n] || strchr(" \t\n", p[n])))
			return p;
	}
	return NULL;
}

enum tdxctl_tri tdxctl_text_word(const struct tdxctl_text *t, const char *word)
{
	if (!t->text)
		return TDXCTL_TRI_UNKNOWN;
	return find_word(t->text, word, false) ? TDXCTL_YES : TDXCTL_NO;
}

const char *tdxctl_cmdline_get(const struct tdxctl_facts *f, const char *option)
{
	const char *text = f->file[TDXCTL_FILE_CMDLINE].text, *p;

	if (!text)
		return NULL;
	p = find_word(text, option, option[strlen(option) - 1] == '=');
	return p ? p + strlen(option) : NULL;
}

enum tdxctl_tri tdxctl_config_get(const struct tdxctl_facts *f, const char *name)
{
	char key[80];
	const char *p = f->config.text;
	size_t n = (size_t)snprintf(key, sizeof(key), "CONFIG_%s=", name);

	if (!p)
		return TDXCTL_TRI_UNKNOWN;
	while ((p = strstr(p, key))) {
		if (p == f->config.text || p[-1] == '\n')
			return p[n] == 'y' || p[n] == 'm' ? TDXCTL_YES : TDXCTL_NO;
		p += n;
	}
	return TDXCTL_NO;
}

/* ---- logs ---- */

/* Parses "[    1.234567]" at the start of a line into microseconds. */
static bool time_stamp(const char *line, uint64_t *us)
{
	unsigned long long s;
	unsigned int frac;
	int end = 0;

	/* The kernel always prints six decimals. */
	if (sscanf(line, "[%12llu.%6u]%n", &s, &frac, &end) != 2 || !end || line[end - 8] != '.')
		return false;
	*us = s * 1000000 + frac;
	return true;
}

/* Finds the line that contains @p, without its time stamp. */
static void whole_line(const char *text, const char *p, const char **line, size_t *len)
{
	const char *s = p, *bracket;

	while (s > text && s[-1] != '\n')
		s--;
	bracket = *s == '[' ? memchr(s, ']', (size_t)(p - s)) : NULL;
	if (bracket)
		s = bracket + 1 + strspn(bracket + 1, " ");
	*line = s;
	*len = strcspn(s, "\n");
}

enum tdxctl_tri tdxctl_log_find(const struct tdxctl_facts *f, const char *needle, const char **line,
				size_t *len)
{
	const char *p;

	if (!f->log.text)
		return TDXCTL_TRI_UNKNOWN;
	p = strstr(f->log.text, needle);
	if (!p)
		return f->log_complete ? TDXCTL_NO : TDXCTL_TRI_UNKNOWN;
	whole_line(f->log.text, p, line, len);
	return TDXCTL_YES;
}

struct tdxctl_val tdxctl_log_gap(const struct tdxctl_facts *f, const char *needle)
{
	struct tdxctl_val v = { .reason = f->log.reason };
	const char *p;
	uint64_t at, before;

	if (!f->log.text)
		return v;
	v.reason = "the kernel log has no such line";
	p = strstr(f->log.text, needle);
	if (!p)
		return v;
	while (p > f->log.text && p[-1] != '\n')
		p--;
	v.reason = "the kernel log has no time stamps";
	if (p == f->log.text || !time_stamp(p, &at))
		return v;
	for (p--; p > f->log.text && p[-1] != '\n'; p--)
		;
	if (!time_stamp(p, &before) || before > at)
		return v;
	val_set(&v, at - before);
	return v;
}
