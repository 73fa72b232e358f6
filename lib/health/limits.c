/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of the checks: their values, and the file that sets them. It has lines
 * "key = value", and comments that begin with '#'.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "exam.h"

#define MAX_FILE (64 << 10)
#define BLANKS	 " \t\r"

static const struct {
	const char *suffix;
	uint64_t ns;
} time_units[] = {
	{ "ms", 1000000ULL },
	{ "s", 1000000000ULL },
	{ "m", 60000000000ULL },
	{ "h", 3600000000000ULL },
};

const struct tdxctl_check *tdxctl_check_find(const char *id, size_t len)
{
	for (size_t i = 0; i < TDXCTL_CHECKS; i++)
		if (strlen(tdxctl_checks[i].id) == len && !memcmp(tdxctl_checks[i].id, id, len))
			return &tdxctl_checks[i];
	return NULL;
}

/* Parses decimal digits. False if there are none, or if the number does not fit. */
static bool number(const char *s, uint64_t *v, const char **end)
{
	uint64_t n = 0;
	const char *p;

	for (p = s; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
			return false;
	*v = n;
	*end = p;
	return p != s && n != TDXCTL_UNKNOWN;
}

static const char *parse_count(const struct tdxctl_check *c, const char *s, struct tdxctl_limit *l)
{
	const char *end;

	if (!number(s, &l->value, &end))
		return "not a number";
	if (!*end)
		return NULL;
	if (strcmp(end, "%"))
		return "not a number";
	if (!c->share)
		return "this limit cannot be a percentage";
	if (l->value > 100)
		return "more than 100 %";
	l->percent = true;
	return NULL;
}

static const char *parse_ns(const char *s, struct tdxctl_limit *l)
{
	const char *end;

	if (!number(s, &l->value, &end))
		return "not a number";
	for (size_t i = 0; i < ARRAY_SIZE(time_units); i++)
		if (!strcmp(end, time_units[i].suffix))
			return __builtin_mul_overflow(l->value, time_units[i].ns, &l->value) ||
					       l->value == TDXCTL_UNKNOWN ?
				       "too long" :
				       NULL;
	return "a time needs a unit: ms, s, m or h";
}

/* Parses "10%" or "0.5%" into parts per million. */
static const char *parse_ppm(const char *s, struct tdxctl_limit *l)
{
	uint64_t unit = 10000;
	const char *end;

	if (!number(s, &l->value, &end))
		return "not a number";
	if (l->value > 100)
		return "more than 100 %";
	l->value *= unit;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9' && unit > 1; end++)
			l->value += (uint64_t)(*end - '0') * (unit /= 10);
	if (strcmp(end, "%"))
		return "not a percentage such as 10% or 0.5%";
	return l->value > 1000000 ? "more than 100 %" : NULL;
}

static const char *parse_version(const char *s, struct tdxctl_limit *l)
{
	const char *end;

	return tdxctl_version_parse(s, &l->value, &end) && !*end ? NULL :
								   "not a version such as 1.5.06";
}

static const char *parse_one(const struct tdxctl_check *c, const char *value,
			     struct tdxctl_limit *l)
{
	switch (c->unit) {
	case TDXCTL_UNIT_NS:
		return parse_ns(value, l);
	case TDXCTL_UNIT_PPM:
		return parse_ppm(value, l);
	case TDXCTL_UNIT_VERSION:
		return parse_version(value, l);
	default:
		return parse_count(c, value, l);
	}
}

/* "[@][START]:[END]"; START "~" is no lower bound. Values are not below 0. */
static const char *parse_range(const struct tdxctl_check *c, const char *s, struct tdxctl_limit *l)
{
	struct tdxctl_limit end = TDXCTL_NO_LIMIT;
	const char *why = NULL, *colon;
	char text[64];

	if (c->unit == TDXCTL_UNIT_VERSION)
		return "a version cannot be a range";
	l->range = true;
	l->inside = *s == '@';
	s += l->inside;
	colon = strchr(s, ':');
	if (!colon)
		return "a range has the form START:END";
	snprintf(text, sizeof(text), "%.*s", (int)(colon - s), s);
	l->value = 0;
	if (*text && strcmp(text, "~"))
		why = parse_one(c, text, l);
	if (!why && colon[1])
		why = parse_one(c, colon + 1, &end);
	if (why)
		return why;
	if (l->percent || end.percent)
		return "a range cannot have percentages";
	l->from = l->value;
	l->to = end.value;
	if (l->from > l->to)
		return "the range ends before it starts";
	if (l->to != TDXCTL_UNKNOWN && (!c->low || !l->from))
		l->value = l->to;
	return NULL;
}

int tdxctl_limit_parse(const struct tdxctl_check *c, const char *value, struct tdxctl_limit *l,
		       const char **why)
{
	struct tdxctl_limit parsed = TDXCTL_NO_LIMIT;

	*why = NULL;
	if (!*value)
		*why = "a value is missing";
	else if (*value == '@' || strchr(value, ':'))
		*why = parse_range(c, value, &parsed);
	else if (strcmp(value, "off"))
		*why = parse_one(c, value, &parsed);
	if (*why)
		return -EINVAL;
	*l = parsed;
	return 0;
}

/* ---- files ---- */

enum { WARNING, CRITICAL, LEVELS };
static const char *const suffixes[LEVELS] = { "_warning", "_critical" };

struct file {
	struct tdxctl_ctx *ctx;
	const char *name;
	unsigned int line;
	unsigned int seen[TDXCTL_CHECKS][LEVELS]; /* line that set the key; 0 none */
	struct tdxctl_thresholds t;
};

static const struct tdxctl_check *find_key(const char *key, unsigned int *level)
{
	size_t len = strlen(key);

	for (*level = 0; *level < LEVELS; ++*level) {
		size_t n = strlen(suffixes[*level]);

		if (len > n && !strcmp(key + len - n, suffixes[*level]))
			return tdxctl_check_find(key, len - n);
	}
	return NULL;
}

static int PRINTF(2, 3) line_error(struct file *f, const char *fmt, ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return ctx_fail(f->ctx, -EINVAL, "See tdxctl.conf(5) for the keys and their values",
			"%s:%u: %s", f->name, f->line, what);
}

static int set_limit(struct file *f, const char *key, const char *value)
{
	const struct tdxctl_check *c;
	struct tdxctl_limit *l;
	unsigned int level;
	const char *why;
	size_t i;

	c = find_key(key, &level);
	if (!c)
		return line_error(f, "unknown key '%.80s'", key);
	i = (size_t)(c - tdxctl_checks);
	if (f->seen[i][level])
		return line_error(f, "%s is already set in line %u", key, f->seen[i][level]);
	f->seen[i][level] = f->line;
	l = level == WARNING ? &f->t.warning[i] : &f->t.critical[i];
	if (tdxctl_limit_parse(c, value, l, &why))
		return line_error(f, "%s = %.80s: %s", key, value, why);
	f->t.chosen[i] = true;
	return 0;
}

/* Removes blanks at both ends. */
static char *trim(char *s)
{
	char *end;

	s += strspn(s, BLANKS);
	for (end = s + strlen(s); end > s && strchr(BLANKS, end[-1]); end--)
		;
	*end = '\0';
	return s;
}

static int parse_line(struct file *f, char *s)
{
	char *equals;

	s[strcspn(s, "#")] = '\0';
	s = trim(s);
	if (!*s)
		return 0;
	equals = strchr(s, '=');
	if (!equals)
		return line_error(f, "'%.80s' is not of the form 'key = value'", s);
	*equals = '\0';
	return set_limit(f, trim(s), trim(equals + 1));
}

int tdxctl_conf_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
		      struct tdxctl_thresholds *t)
{
	struct file *f = calloc(1, sizeof(*f));
	char *copy = malloc(len + 1), *p, *next;
	int err = 0;

	if (!f || !copy) {
		err = ctx_nomem(ctx);
		goto out;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	f->ctx = ctx;
	f->name = name;
	f->t = *t;
	for (p = copy; !err && p < copy + len; p = next) {
		size_t n = strcspn(p, "\n");

		f->line++;
		next = p + n + 1;
		if (!p[n] && p + n < copy + len) {
			err = line_error(f, "the line has a NUL byte: not a text file");
			break;
		}
		p[n] = '\0';
		err = parse_line(f, p);
	}
	if (!err)
		*t = f->t;
out:
	free(copy);
	free(f);
	return err;
}

/* Reads a file that the user named. */
static ssize_t read_file(const char *path, char **text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = fd_read(fd, MAX_FILE, text);
	close(fd);
	return len;
}

int tdxctl_conf_read(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_thresholds *t)
{
	char *text = NULL;
	ssize_t len;
	int err;

	len = file ? read_file(file, &text) : backend_conf(ctx, MAX_FILE, &text);
	if (len == -ENOENT && !file)
		return -ENOENT;
	if (!file)
		file = TDXCTL_CONF_PATH;
	if (len == -EFBIG)
		return ctx_fail(ctx, -EFBIG, NULL, "%s: larger than %d KiB", file, MAX_FILE >> 10);
	if (len < 0)
		return ctx_fail(ctx, (int)len, NULL, "%s: %s", file, strerror((int)-len));
	err = tdxctl_conf_parse(ctx, file, text, (size_t)len, t);
	free(text);
	return err;
}

void tdxctl_thresholds_default(struct tdxctl_thresholds *t)
{
	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		t->warning[i] = tdxctl_checks[i].warning;
		t->critical[i] = tdxctl_checks[i].critical;
	}
}
