/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command prints: numbers, names, suggestions, the progress bar, the output tree. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "check.h"
#include "cli/cli.h"
#include "fake-clock.h"
#include "release/release.h"

static void utf8(void)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\xc3\xa4", 2 },
		{ "\xc2\x80", 2 },
		{ "\xdf\xbf", 2 },
		{ "\xe6\x9d\xb1", 3 },
		{ "\xe0\xa0\x80", 3 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xef\xbf\xbd", 3 },
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		/* A continuation byte first, too few of them, or none. */
		{ "\x80", 0 },
		{ "\xbf\x80", 0 },
		{ "\xc3", 0 },
		{ "\xc3z", 0 },
		{ "\xe6\x9d", 0 },
		{ "\xe6z\xb1", 0 },
		{ "\xf0\x90\x80", 0 },
		{ "\xf0\x90\x80z", 0 },
		/* Overlong forms, surrogates, above U+10FFFF, bytes that are in no sequence. */
		{ "\xc0\x80", 0 },
		{ "\xc1\xbf", 0 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xf8\x88\x80\x80", 0 },
		{ "\xff\x80\x80\x80", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!CHECK_EQ(text_utf8_len(cases[i].text), cases[i].len))
			fprintf(stderr, "  case %zu\n", i);
}

static void cleaned(const char *text, const char *want)
{
	char *got = text_clean(text);

	CHECK_STR(got, want);
	free(got);
}

static void clean(void)
{
	cleaned("", "");
	cleaned("a b", "a b");
	cleaned("a\nb\x1b[31m", "a\\x0ab\\x1b[31m");
	cleaned("\x7f", "\\x7f");
	cleaned("\xc3\xa4\xc3", "\xc3\xa4\\xc3");
	cleaned("\xe6\x9d\xb1\xff\xe6\x9d\xb1", "\xe6\x9d\xb1\\xff\xe6\x9d\xb1");
	CHECK_EQ(text_width(""), 0);
	CHECK_EQ(text_width("abc"), 3);
	CHECK_EQ(text_width("\xc3\xa4x"), 2);
	CHECK_EQ(text_width("\xe6\x9d\xb1x"), 3);
	/* What is invalid counts by bytes. */
	CHECK_EQ(text_width("ab\xff\xff"), 4);
}

static void duration(uint64_t ns, const char *want)
{
	char buf[40];

	tdxctl_duration_str(buf, sizeof(buf), ns);
	CHECK_STR(buf, want);
}

static void durations(void)
{
	duration(0, "0 ns");
	duration(999, "999 ns");
	duration(1000, "1.0 us");
	duration(999900, "999.9 us");
	duration(1000000, "1.0 ms");
	duration(999900000, "999.9 ms");
	duration(1000000000, "1.0 s");
	duration(59900000000, "59.9 s");
	duration(60000000000, "1 min 00 s");
	duration(3599000000000, "59 min 59 s");
	duration(3600000000000, "1 h 00 min");
	duration(86399000000000, "23 h 59 min");
	duration(86400000000000, "1 d 0 h");
	duration(176400000000000, "2 d 1 h");
}

static void size(uint64_t bytes, const char *want)
{
	char buf[40];

	text_bytes(buf, sizeof(buf), bytes);
	CHECK_STR(buf, want);
}

static void sizes(void)
{
	size(0, "0 B");
	size(1023, "1023 B");
	size(1024, "1 KiB");
	size(1536, "1.5 KiB");
	size((1 << 20) - 1, "1024.0 KiB");
	size(1 << 20, "1 MiB");
	size(5ULL << 30, "5 GiB");
	size(3ULL << 40, "3 TiB");
	size(7ULL << 50, "7 PiB");
	size(4ULL << 60, "4 EiB");
}

static void suggested(const char *word, const char *want)
{
	static const char *const names[] = { "status", "hkid", "release", "decode", "td" };
	const char *got = cli_suggest(word, names, ARRAY_SIZE(names));

	if (want)
		CHECK_STR(got, want);
	else if (!CHECK(!got))
		fprintf(stderr, "  \"%s\" suggests \"%s\"\n", word, got);
}

static void suggestions(void)
{
	/* A letter too many, too few, wrong, or two swapped: anywhere in the word. */
	suggested("statusq", "status");
	suggested("xstatus", "status");
	suggested("sttatus", "status");
	suggested("sttus", "status");
	suggested("tatus", "status");
	suggested("stadus", "status");
	suggested("tsatus", "status");
	suggested("statsu", "status");
	suggested("kid", "hkid");
	suggested("releases", "release");
	suggested("erlease", "release");
	suggested("kdid", NULL);
	suggested("hkdi", "hkid");
	suggested("hkidd", "hkid");
	/* A prefix is one edit, however much is missing, but not a single letter. */
	suggested("rel", "release");
	suggested("de", "decode");
	suggested("d", "td");
	/* Two edits only in a longer word, three only in a long one. */
	suggested("hkkd", "hkid");
	suggested("hxxd", NULL);
	suggested("staxxs", "status");
	suggested("stxxxs", NULL);
	suggested("relxxxe", NULL);
	suggested("ase", NULL);
	suggested("ease", NULL);
	suggested("atus", NULL);
	suggested("frobnicate", NULL);
	/* The rest of a name, its beginning or its middle missing. */
	suggested("xxxxrelease", NULL);
	suggested("releasexxx", "release");
	suggested("releasexxxx", NULL);
	/* Too long to compare. */
	suggested("statusstatusstatusstatusstatusstatus", NULL);
	CHECK(!cli_suggest("status", NULL, 0));
}

/* A NULL parent is accepted everywhere: its allocation failed, which is remembered. */
static void no_parent(void)
{
	static const struct cli_field f = { .key = "k", .type = OUT_STR };
	struct out *o = out_new();

	CHECK(!out_object(NULL, &f));
	CHECK(!out_array(NULL, &f));
	CHECK(!out_row(NULL));
	CHECK(!out_str(NULL, &f, "x"));
	CHECK(!out_strf(NULL, &f, "%d", 1));
	CHECK(!out_uint(NULL, &f, 1));
	CHECK(!out_int(NULL, &f, 1));
	CHECK(!out_bool(NULL, &f, true));
	CHECK(!out_none(NULL, &f));
	CHECK(!out_unknown(NULL, &f, "x"));
	out_item(NULL, "x");
	out_gap(NULL);
	out_style(NULL, STYLE_BAD);
	out_fail(NULL);
	out_str(out_root(o), &f, "x");
	out_graft(NULL, o);
	CHECK(out_root(o)->first);
	CHECK(!out_failed(o));
	out_free(o);
}

/* The nodes move; the target learns that some could not be built. */
static void graft(void)
{
	static const struct cli_field f = { .key = "k", .label = "K", .type = OUT_STR };
	struct out *from = out_new(), *to = out_new();
	struct out_node *n = out_object(out_root(to), &out_json_only);

	out_str(out_root(from), &f, "x");
	out_graft(n, from);
	CHECK(n->first && n->first == n->last && !n->first->next);
	CHECK(!out_root(from)->first && !out_root(from)->last);
	CHECK(!out_failed(to));
	out_fail(out_root(from));
	out_graft(out_object(out_root(to), &out_json_only), from);
	CHECK(out_failed(to));
	out_free(from);
	out_free(to);
}

/* The line that the bar shows now. */
static const char *line(FILE *f, char **text)
{
	const char *p;

	fflush(f);
	p = strrchr(*text, '\r');
	return p ? p + strlen("\r\033[K") : *text;
}

/* Draws with a terminal of 80 columns in the place of standard error. */
static void draw(struct progress *p, const struct tdxctl_release_state *st)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int master = posix_openpt(O_RDWR | O_NOCTTY), old = dup(STDERR_FILENO), fd;

	CHECK(master >= 0 && !grantpt(master) && !unlockpt(master));
	fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(fd >= 0 && !ioctl(fd, TIOCSWINSZ, &size));
	dup2(fd, STDERR_FILENO);
	progress_draw(p, st);
	dup2(old, STDERR_FILENO);
	close(fd);
	close(old);
	close(master);
}

static void progress(void)
{
	char *text = NULL;
	size_t len;
	struct progress p = { .line = { .f = open_memstream(&text, &len), .escapes = true } };
	struct tdxctl_release_state st = {
		.phase = TDXCTL_PHASE_HKID,
		.hkid = 17,
		.pages_total = 10000,
		.pages_left = 10000,
	};

	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text), "Freeing HKID 17 ...");
	st.hkid = TDXCTL_UNKNOWN32;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text), "Freeing the HKID ...");
	/* Numbers of pages that are not known or contradict each other. */
	st.phase = TDXCTL_PHASE_PAGES;
	st.pages_total = TDXCTL_UNKNOWN;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text), "Reclaiming the pages of the HKID ...");
	st.pages_total = 10000;
	st.pages_left = TDXCTL_UNKNOWN;
	st.hkid = 18;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text), "Reclaiming the pages of HKID 18 ...");
	st.pages_left = 10001;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text), "Reclaiming the pages of HKID 18 ...");
	/* No rate before pages were reclaimed. */
	st.pages_left = 8000;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text), "Reclaiming [####....................]  20 %  7.8 MiB");
	fake_now += 2 * FAKE_S;
	st.pages_left = 4000;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text),
		  "Reclaiming [##############..........]  60 %  23.4 MiB  7.8 MiB/s  2.0 s left");
	/* The speed is left out if the line would be longer than the terminal is wide. */
	fake_now += 1 * FAKE_S;
	st.pages_left = 1000;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text),
		  "Reclaiming [#####################...]  90 %  35.2 MiB  under 1 s left");
	st.pages_left = 0;
	draw(&p, &st);
	CHECK(strstr(line(p.line.f, &text), "[########################] 100 %"));
	CHECK(p.line.width);
	cli_line_end(&p.line);
	CHECK(!p.line.width);
	CHECK_STR(line(p.line.f, &text), "");
	len = strlen(text);
	cli_line_end(&p.line);
	fflush(p.line.f);
	CHECK_EQ(strlen(text), len);
	fclose(p.line.f);
	free(text);
	/* Without a terminal there is no bar. */
	p = (struct progress){ 0 };
	draw(&p, &st);
	CHECK(!p.line.width);
	cli_line_end(&p.line);
	/* Nothing to reclaim. */
	text = NULL;
	p = (struct progress){ .line = { .f = open_memstream(&text, &len), .escapes = true } };
	st.pages_total = st.pages_left = 0;
	draw(&p, &st);
	CHECK_STR(line(p.line.f, &text), "Reclaiming [........................]   0 %  0 B");
	fclose(p.line.f);
	free(text);
}

int main(void)
{
	CHECK(!setenv("LC_ALL", "C.UTF-8", 1));
	RUN(utf8);
	RUN(clean);
	RUN(durations);
	RUN(sizes);
	RUN(suggestions);
	RUN(no_parent);
	RUN(graft);
	RUN(progress);
	return check_done("cmd-text");
}
