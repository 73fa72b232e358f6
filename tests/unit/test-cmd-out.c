// SPDX-License-Identifier: GPL-2.0-only
/* Pieces of output: wrapped and shortened text, estimates, times, Prometheus' format. */
#include <stdlib.h>
#include "check.h"
#include "cli/cli.h"
#include "out/prom.h"
#include "out/wrap.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND	     1000000000ULL

/* ---- text ---- */

static void wrapped(size_t used, size_t indent, size_t columns, const char *text, const char *want)
{
	char *got = NULL;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	wrap_print(f, text, used, indent, columns);
	fclose(f);
	CHECK_STR(got, want);
	free(got);
}

static void wrapping(void)
{
	wrapped(0, 2, 0, "one two  three", "one two  three");
	wrapped(0, 2, 80, "one two", "one two");
	wrapped(0, 2, 7, "one two", "one two");
	wrapped(0, 2, 6, "one two", "one\n  two");
	wrapped(0, 2, 7, "one two three", "one two\n  three");
	/* The first line has less room, the others are indented. */
	wrapped(4, 1, 8, "one two six", "one\n two six");
	wrapped(5, 0, 8, "one two six", "one\ntwo six");
	wrapped(6, 0, 8, "one two six", "one\ntwo six");
	/* A word that is too long stays whole. */
	wrapped(0, 0, 4, "a overlong b", "a\noverlong\nb");
	wrapped(9, 3, 4, "a b", "a\n   b");
	wrapped(0, 0, 5, "ab   cd", "ab\ncd");
	wrapped(0, 0, 5, "", "");
	wrapped(0, 0, 4, "ab  ", "ab");
}

static void shortened(const char *text, size_t room, const char *want)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%s", text);
	text_shorten(buf, room);
	CHECK_STR(buf, want);
	CHECK(room < 4 || text_width(buf) <= room);
}

static void shortening(void)
{
	shortened("abcdef", 6, "abcdef");
	shortened("abcdef", 7, "abcdef");
	shortened("abcdef", 5, "ab...");
	shortened("abcdef", 4, "a...");
	/* There is no room for a rest. */
	shortened("abcdef", 3, "abcdef");
	shortened("", 4, "");
	/* A character of two columns is not cut in half. */
	shortened("\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1", 6,
		  "\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1");
	shortened("\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1", 5, "\xe6\x9d\xb1...");
	shortened("\xe6\x9d\xb1\xe6\x9d\xb1\xe6\x9d\xb1", 4, "...");
	shortened("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 4, "\xc3\xa4...");
	CHECK_EQ(text_width("a\xc3\xa4\xe6\x9d\xb1"), 4);
	CHECK_EQ(text_width(""), 0);
}

/* As exact as an estimate can be. */
static void estimates(void)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} t[] = {
		{ 0, "less than 0.1 s" },
		{ 49999999, "less than 0.1 s" },
		{ 50000000, "about 0.1 s" },
		{ 949999999, "about 0.9 s" },
		{ 950000000, "about 1 s" },
		{ 9 * SECOND + 499999999, "about 9 s" },
		{ 9 * SECOND + 500000000, "about 10 s" },
		{ 14 * SECOND, "about 10 s" },
		{ 15 * SECOND, "about 20 s" },
		{ 54 * SECOND, "about 50 s" },
		{ 55 * SECOND, "about 1 min" },
		{ 89 * SECOND, "about 1 min" },
		{ 90 * SECOND, "about 2 min" },
		{ 569 * SECOND, "about 9 min" },
		{ 570 * SECOND, "about 10 min" },
		{ 899 * SECOND, "about 10 min" },
		{ 900 * SECOND, "about 20 min" },
		{ 3299 * SECOND, "about 50 min" },
		{ 3300 * SECOND, "1 to 2 h" },
		{ 3599 * SECOND, "1 to 2 h" },
		{ 7199 * SECOND, "1 to 2 h" },
		{ 7200 * SECOND, "2 to 3 h" },
		{ 100 * 3600 * SECOND, "100 to 101 h" },
	};
	char buf[40];

	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		text_about(buf, sizeof(buf), t[i].ns);
		CHECK_STR(buf, t[i].text);
	}
}

static void times(void)
{
	char buf[40];

	CHECK(text_time(buf, sizeof(buf), 0));
	CHECK_STR(buf, "1970-01-01T00:00:00Z");
	CHECK(text_time(buf, sizeof(buf), 1800000000));
	CHECK_STR(buf, "2027-01-15T08:00:00Z");
	CHECK(!text_time(buf, 5, 0));
	CHECK(!text_time(buf, sizeof(buf), INT64_MAX));
}

/* ---- Prometheus ---- */

static const struct cli_field labels[] = {
	{ .key = "vm", .type = OUT_STR },
	{ .key = "state", .type = OUT_STR },
};
static const struct prom_metric plain = { "t_plain", PROM_GAUGE, NULL, "Plain \\ text\nof two",
					  NULL,	     0 };
static const struct prom_metric seconds = { "t_seconds", PROM_COUNTER, "seconds", "S", labels, 1 };
static const struct prom_metric ratio = { "t_ratio", PROM_GAUGE, "ratio", "R", labels, 2 };
static const struct prom_metric bytes = { "t_bytes", PROM_GAUGE, "bytes", "B", NULL, 0 };
static const struct prom_metric histogram = { "t_wait", PROM_HISTOGRAM, "seconds", "W", labels, 1 };
static const struct prom_metric bare = { "t_bare", PROM_HISTOGRAM, "seconds", "W", NULL, 0 };

static void samples(struct prom *p)
{
	static const char *const web[] = { "a\"b\\c\nd\xff\xc3\xa4", "free" };
	static const uint64_t bounds[] = { 1000000, 1500000000 }, below[] = { 2, 5 };

	prom_sample(p, &plain, NULL, 7);
	prom_sample(p, &seconds, web, 0);
	prom_sample(p, &seconds, web, 1500000000);
	prom_sample(p, &seconds, web, 1);
	prom_sample(p, &seconds, web, 10000000000);
	prom_sample(p, &ratio, web, 250000);
	prom_sample(p, &bytes, NULL, UINT64_MAX);
	prom_histogram(p, &histogram, web, bounds, below, 2, 6, 2500000000);
	prom_histogram(p, &bare, NULL, bounds, below, 1, 3, 0);
}

static void prometheus_text(void)
{
#define VM "vm=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\xc3\xa4\""
	static const char want[] = "# HELP t_plain Plain \\\\ text\\nof two\n"
				   "# TYPE t_plain gauge\n"
				   "t_plain 7\n"
				   "# HELP t_seconds S\n"
				   "# TYPE t_seconds counter\n"
				   "t_seconds{" VM "} 0\n"
				   "t_seconds{" VM "} 1.5\n"
				   "t_seconds{" VM "} 0.000000001\n"
				   "t_seconds{" VM "} 10\n"
				   "# HELP t_ratio R\n"
				   "# TYPE t_ratio gauge\n"
				   "t_ratio{" VM ",state=\"free\"} 0.25\n"
				   "# HELP t_bytes B\n"
				   "# TYPE t_bytes gauge\n"
				   "t_bytes 18446744073709551615\n"
				   "# HELP t_wait W\n"
				   "# TYPE t_wait histogram\n"
				   "t_wait_bucket{" VM ",le=\"0.001\"} 2\n"
				   "t_wait_bucket{" VM ",le=\"1.5\"} 5\n"
				   "t_wait_bucket{" VM ",le=\"+Inf\"} 6\n"
				   "t_wait_sum{" VM "} 2.5\n"
				   "t_wait_count{" VM "} 6\n"
				   "# HELP t_bare W\n"
				   "# TYPE t_bare histogram\n"
				   "t_bare_bucket{le=\"0.001\"} 2\n"
				   "t_bare_bucket{le=\"+Inf\"} 3\n"
				   "t_bare_sum 0\n"
				   "t_bare_count 3\n";
	struct prom p = { 0 };
	char *got = NULL;
	size_t len;

	p.f = open_memstream(&got, &len);
	samples(&p);
	fclose(p.f);
	CHECK_STR(got, want);
	CHECK_EQ(p.nr_samples, 7 + 5 + 4);
	free(got);
#undef VM
}

/* The same samples as JSON: a row for each metric. */
static void prometheus_json(void)
{
	struct out *o = out_new();
	struct prom p = { .json = out_array(out_root(o), &prom_table) };
	char *got = NULL;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	samples(&p);
	CHECK_EQ(p.nr_samples, 7 + 5 + 4);
	CHECK_EQ(out_json(o, f, "metrics"), 0);
	fclose(f);
	CHECK(strstr(got, "\"t_plain\""));
	CHECK(strstr(got, "\"t_wait_bucket\""));
	CHECK(strstr(got, "\"le\": \"+Inf\"") || strstr(got, "\"le\":\"+Inf\""));
	CHECK(strstr(got, "\"1.5\""));
	CHECK(!out_failed(o));
	out_free(o);
	free(got);
	CHECK_STR(prom_type_str(PROM_GAUGE), "gauge");
	CHECK_STR(prom_type_str(PROM_COUNTER), "counter");
	CHECK_STR(prom_type_str(PROM_HISTOGRAM), "histogram");
}

int main(void)
{
	CHECK(!setenv("LC_ALL", "C.UTF-8", 1));
	RUN(wrapping);
	RUN(shortening);
	RUN(estimates);
	RUN(times);
	RUN(prometheus_text);
	RUN(prometheus_json);
	return check_done("cmd-out");
}
