// SPDX-License-Identifier: GPL-2.0-only
/* Limits of the checks as text: values with units, ranges of monitoring plugins, files. */
#include "health.h"
#include "lib-fake.h"

#define NONE TDXCTL_UNKNOWN

static const struct tdxctl_check *check(enum tdxctl_check_nr nr)
{
	return &tdxctl_checks[nr];
}

static void values(void)
{
	static const struct {
		enum tdxctl_check_nr nr;
		const char *text;
		uint64_t value;
		bool percent;
	} t[] = {
		{ TDXCTL_CHECK_HKIDS_FREE, "0", 0, false },
		{ TDXCTL_CHECK_HKIDS_FREE, "19", 19, false },
		{ TDXCTL_CHECK_HKIDS_FREE, "18446744073709551614", UINT64_MAX - 1, false },
		{ TDXCTL_CHECK_HKIDS_FREE, "0%", 0, true },
		{ TDXCTL_CHECK_HKIDS_FREE, "100%", 100, true },
		{ TDXCTL_CHECK_HKIDS_FREE, "off", NONE, false },
		{ TDXCTL_CHECK_MISSED, "7", 7, false },
		{ TDXCTL_CHECK_LOCK_HELD, "1ms", 1000000, false },
		{ TDXCTL_CHECK_LOCK_HELD, "90s", 90000000000, false },
		{ TDXCTL_CHECK_TEARDOWN, "3m", 180000000000, false },
		{ TDXCTL_CHECK_TEARDOWN, "2h", 7200000000000, false },
		{ TDXCTL_CHECK_TEARDOWN, "0s", 0, false },
		{ TDXCTL_CHECK_TEARDOWN, "18446744073709ms", 18446744073709000000ULL, false },
		{ TDXCTL_CHECK_TEARDOWN, "off", NONE, false },
		{ TDXCTL_CHECK_BUSY, "0%", 0, false },
		{ TDXCTL_CHECK_BUSY, "10%", 100000, false },
		{ TDXCTL_CHECK_BUSY, "0.5%", 5000, false },
		{ TDXCTL_CHECK_BUSY, "1.25%", 12500, false },
		{ TDXCTL_CHECK_BUSY, "12.3456%", 123456, false },
		{ TDXCTL_CHECK_BUSY, "99.9999%", 999999, false },
		{ TDXCTL_CHECK_BUSY, "100%", 1000000, false },
		{ TDXCTL_CHECK_BUSY, "100.0000%", 1000000, false },
		{ TDXCTL_CHECK_BUSY, "3.%", 30000, false },
		{ TDXCTL_CHECK_MODULE_VERSION, "1.5.16", TDXCTL_VERSION_OF(1, 5, 16), false },
		{ TDXCTL_CHECK_MODULE_VERSION, "2.0.08", TDXCTL_VERSION_OF(2, 0, 8), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tdxctl_limit l = { .value = 55, .percent = !t[i].percent, .range = true };
		const char *why = "old";

		if (!CHECK_EQ(tdxctl_limit_parse(check(t[i].nr), t[i].text, &l, &why), 0))
			fprintf(stderr, "  %s: %s\n", t[i].text, why);
		CHECK(!why);
		CHECK_EQ(l.value, t[i].value);
		CHECK_EQ(l.percent, t[i].percent);
		CHECK(!l.range);
	}
}

/* A value that is refused changes nothing, and the reason fits. */
static void refused_values(void)
{
	static const struct {
		enum tdxctl_check_nr nr;
		const char *text, *why;
	} t[] = {
		{ TDXCTL_CHECK_HKIDS_FREE, "", "missing" },
		{ TDXCTL_CHECK_HKIDS_FREE, "x", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "-1", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "/", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, ";", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "1x", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "1%%", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "%", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "101%", "100 %" },
		{ TDXCTL_CHECK_HKIDS_FREE, "1s", "not a number" },
		/* UINT64_MAX stands for no limit, and more does not fit. */
		{ TDXCTL_CHECK_HKIDS_FREE, "18446744073709551615", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "18446744073709551616", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "99999999999999999999", "not a number" },
		{ TDXCTL_CHECK_MISSED, "5%", "cannot be a percentage" },
		{ TDXCTL_CHECK_LOCK_HELD, "5", "unit" },
		{ TDXCTL_CHECK_LOCK_HELD, "5d", "unit" },
		{ TDXCTL_CHECK_LOCK_HELD, "5 s", "unit" },
		{ TDXCTL_CHECK_LOCK_HELD, "s", "not a number" },
		{ TDXCTL_CHECK_LOCK_HELD, "5124096h", "too long" },
		{ TDXCTL_CHECK_BUSY, "10", "10%" },
		{ TDXCTL_CHECK_BUSY, "x%", "not a number" },
		{ TDXCTL_CHECK_BUSY, "1.23456%", "10%" },
		{ TDXCTL_CHECK_BUSY, "1,5%", "10%" },
		{ TDXCTL_CHECK_BUSY, "100.0001%", "more than 100 %" },
		{ TDXCTL_CHECK_BUSY, "101%", "more than 100 %" },
		{ TDXCTL_CHECK_BUSY, "99999999999999%", "more than 100 %" },
		{ TDXCTL_CHECK_MODULE_VERSION, "1.5", "" },
		{ TDXCTL_CHECK_MODULE_VERSION, "1.5.1x", "" },
		{ TDXCTL_CHECK_MODULE_VERSION, "1.5.1:2.0.0", "range" },
		{ TDXCTL_CHECK_HKIDS_FREE, "10:5", "ends before it starts" },
		{ TDXCTL_CHECK_HKIDS_FREE, "1%:5%", "percentages" },
		{ TDXCTL_CHECK_HKIDS_FREE, "1:5%", "percentages" },
		{ TDXCTL_CHECK_HKIDS_FREE, "1%:5", "percentages" },
		{ TDXCTL_CHECK_HKIDS_FREE, "@5", "START:END" },
		{ TDXCTL_CHECK_HKIDS_FREE, "x:5", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "5:x", "not a number" },
		{ TDXCTL_CHECK_HKIDS_FREE, "5:6:7", "not a number" },
		{ TDXCTL_CHECK_LOCK_HELD, "1s:2", "unit" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tdxctl_limit l = { .value = 55 };
		const char *why = NULL;

		CHECK_EQ(tdxctl_limit_parse(check(t[i].nr), t[i].text, &l, &why), -EINVAL);
		if (!CHECK(why && strstr(why, t[i].why)))
			fprintf(stderr, "  %s: %s\n", t[i].text, why ? why : "");
		CHECK_EQ(l.value, 55);
	}
}

/* "10:20" is good from 10 to 20, "@10:20" is bad there; "~" and a missing end are no end. */
static void ranges(void)
{
	static const struct {
		enum tdxctl_check_nr nr;
		const char *text;
		uint64_t from, to, value;
		bool inside;
	} t[] = {
		/* @value is the end that the check is about: too many, or too few. */
		{ TDXCTL_CHECK_MISSED, "10:20", 10, 20, 20, false },
		{ TDXCTL_CHECK_MISSED, "@10:20", 10, 20, 20, true },
		{ TDXCTL_CHECK_MISSED, "10:", 10, NONE, 10, false },
		{ TDXCTL_CHECK_MISSED, "~:5", 0, 5, 5, false },
		{ TDXCTL_CHECK_MISSED, ":5", 0, 5, 5, false },
		{ TDXCTL_CHECK_MISSED, "@~:0", 0, 0, 0, true },
		{ TDXCTL_CHECK_MISSED, "7:7", 7, 7, 7, false },
		{ TDXCTL_CHECK_HKIDS_FREE, "10:20", 10, 20, 10, false },
		{ TDXCTL_CHECK_HKIDS_FREE, "0:20", 0, 20, 20, false },
		{ TDXCTL_CHECK_HKIDS_FREE, "3:", 3, NONE, 3, false },
		{ TDXCTL_CHECK_LOCK_HELD, "1s:2m", 1000000000, 120000000000, 120000000000, false },
		{ TDXCTL_CHECK_BUSY, "0.5%:10%", 5000, 100000, 100000, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct tdxctl_limit l;
		const char *why;

		if (!CHECK_EQ(tdxctl_limit_parse(check(t[i].nr), t[i].text, &l, &why), 0))
			continue;
		CHECK(l.range && !l.percent);
		CHECK_EQ(l.inside, t[i].inside);
		CHECK_EQ(l.from, t[i].from);
		CHECK_EQ(l.to, t[i].to);
		CHECK_EQ(l.value, t[i].value);
	}
}

static void names_of_checks(void)
{
	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		const char *id = tdxctl_checks[i].id;
		size_t len = strlen(id);

		CHECK(tdxctl_check_find(id, len) == &tdxctl_checks[i]);
		CHECK(!tdxctl_check_find(id, len - 1));
		CHECK(tdxctl_check_find("hkids_free_warning", 10) ==
		      check(TDXCTL_CHECK_HKIDS_FREE));
	}
	CHECK(!tdxctl_check_find("hkids_fred", 10));
	CHECK(!tdxctl_check_find("", 0));
}

/* ---- files ---- */

static struct tdxctl_ctx *ctx;
static struct tdxctl_thresholds limits;

static int parse_bytes(const char *text, size_t len)
{
	ctx_clear(ctx);
	tdxctl_thresholds_default(&limits);
	return tdxctl_conf_parse(ctx, "my.conf", text, len, &limits);
}

static void good_file(void)
{
	static const char text[] = "# comment\n"
				   "\n"
				   "hkids_free_warning = 5 # behind a value\n"
				   "\thkids_free_critical=off\r\n"
				   "   \n"
				   "lock_held_critical = 2m";
	struct tdxctl_thresholds defaults;

	tdxctl_thresholds_default(&defaults);
	CHECK_EQ(parse_bytes(text, sizeof(text) - 1), 0);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_EQ(limits.warning[TDXCTL_CHECK_HKIDS_FREE].value, 5);
	CHECK(!limits.warning[TDXCTL_CHECK_HKIDS_FREE].percent);
	CHECK_EQ(limits.critical[TDXCTL_CHECK_HKIDS_FREE].value, NONE);
	CHECK_EQ(limits.critical[TDXCTL_CHECK_LOCK_HELD].value, 120000000000);
	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		CHECK_EQ(limits.chosen[i],
			 i == TDXCTL_CHECK_HKIDS_FREE || i == TDXCTL_CHECK_LOCK_HELD);
		if (i != TDXCTL_CHECK_HKIDS_FREE)
			CHECK_EQ(limits.warning[i].value, defaults.warning[i].value);
		if (!limits.chosen[i])
			CHECK_EQ(limits.critical[i].value, defaults.critical[i].value);
	}
	CHECK_EQ(parse_bytes("", 0), 0);
	CHECK_EQ(parse_bytes("\n#", 2), 0);
}

/* The line is named, and no line of the file has an effect. */
static void bad_files(void)
{
	static const struct {
		const char *text, *error;
	} t[] = {
		{ "hkids_free = 5\n", "my.conf:2: unknown key 'hkids_free'" },
		{ "\n\nhkids_free_error = 5\n", "my.conf:4: unknown key" },
		{ "_warning = 5\n", "my.conf:2: unknown key '_warning'" },
		{ "hkids_free_warning\n", "my.conf:2: 'hkids_free_warning' is not of the form" },
		{ "hkids_free_warning =\n", "a value is missing" },
		{ "hkids_free_warning = # 5\n", "a value is missing" },
		{ "hkids_free_warning = 5 6\n", "not a number" },
		{ "missed_warning = 3\n", "missed_warning is already set in line 1" },
		{ "missed_critical = 3\nmissed_critical = 4", "already set in line 2" },
	};
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		size_t len =
			(size_t)snprintf(text, sizeof(text), "missed_warning = 9\n%s", t[i].text);

		CHECK_EQ(parse_bytes(text, len), -EINVAL);
		if (!CHECK(strstr(tdxctl_error(ctx), t[i].error)))
			fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		CHECK(strstr(tdxctl_hint(ctx), "tdxctl.conf(5)"));
		CHECK_EQ(limits.warning[TDXCTL_CHECK_MISSED].value, 0);
		CHECK(!limits.chosen[TDXCTL_CHECK_MISSED]);
	}
	CHECK_EQ(parse_bytes("#\0\n", 3), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "NUL"));
	CHECK_EQ(parse_bytes("#\0", 2), -EINVAL);
	/* One key for each level of each check may be set. */
	CHECK_EQ(parse_bytes("missed_warning = 1\nmissed_critical = 2", 38), 0);
	CHECK_EQ(limits.warning[TDXCTL_CHECK_MISSED].value, 1);
	CHECK_EQ(limits.critical[TDXCTL_CHECK_MISSED].value, 2);
}

/* The file of the host may be missing; one that was named may not. */
static void reading(void)
{
	size_t most = 64 << 10;
	char *big = malloc(most + 1);

	tdxctl_thresholds_default(&limits);
	ctx_clear(ctx);
	CHECK_EQ(tdxctl_conf_read(ctx, NULL, &limits), -ENOENT);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_EQ(tdxctl_conf_read(ctx, fake_path("none.conf"), &limits), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "none.conf: No such file"));
	fake_file("etc/tdxctl.conf", "missed_warning = 3\n");
	CHECK_EQ(tdxctl_conf_read(ctx, NULL, &limits), 0);
	CHECK_EQ(limits.warning[TDXCTL_CHECK_MISSED].value, 3);
	fake_file("etc/tdxctl.conf", "what\n");
	CHECK_EQ(tdxctl_conf_read(ctx, NULL, &limits), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "/etc/tdxctl.conf:1:"));
	fake_file("my.conf", "missed_warning = 4\n");
	CHECK_EQ(tdxctl_conf_read(ctx, fake_path("my.conf"), &limits), 0);
	CHECK_EQ(limits.warning[TDXCTL_CHECK_MISSED].value, 4);
	memset(big, '\n', most + 1);
	fake_bytes("my.conf", big, most);
	CHECK_EQ(tdxctl_conf_read(ctx, fake_path("my.conf"), &limits), 0);
	fake_bytes("my.conf", big, most + 1);
	CHECK_EQ(tdxctl_conf_read(ctx, fake_path("my.conf"), &limits), -EFBIG);
	CHECK(strstr(tdxctl_error(ctx), "larger than 64 KiB"));
	fake_bytes("etc/tdxctl.conf", big, most + 1);
	CHECK_EQ(tdxctl_conf_read(ctx, NULL, &limits), -EFBIG);
	CHECK_EQ(tdxctl_conf_read(ctx, fake_dir, &limits), -EISDIR);
	/* An emulated host has no file. */
	CHECK_EQ(tdxctl_set_emulated(ctx, NULL), 0);
	CHECK_EQ(tdxctl_conf_read(ctx, NULL, &limits), -ENOENT);
	free(big);
}

int main(void)
{
	fake_new();
	ctx = fake_live();
	RUN(values);
	RUN(refused_values);
	RUN(ranges);
	RUN(names_of_checks);
	RUN(good_file);
	RUN(bad_files);
	RUN(reading);
	tdxctl_free(ctx);
	fake_end();
	return check_done("lib-limits");
}
