/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel log of a live host: its ring, the journal before it, else kern.log. */
#include <facts.h>
#include <utime.h>
#include "fake-libs.h"
#include "lib-fake.h"

#define BOOT "Linux version 7.2.13"

static struct fake_journal *journal;

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)path;
	(void)flags;
	return -ENOENT;
}

static const struct tdxctl_ops ops = { .open = v_open };

/* Returns the facts of the fake host with this journal. */
static struct tdxctl_facts *facts(struct fake_journal j, unsigned int what)
{
	struct tdxctl_ctx *ctx = fake_live();
	struct tdxctl_facts *f;

	*journal = j;
	tdxctl_set_ops(ctx, &ops, NULL);
	if (!CHECK_EQ(tdxctl_facts_get(ctx, what, &f), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	tdxctl_free(ctx);
	CHECK_EQ(journal->open, 0);
	return f;
}

static void is(struct fake_journal j, const char *want, bool complete)
{
	struct tdxctl_facts *f = facts(j, TDXCTL_FACTS_LOG);

	CHECK_STR(f->log.text, want);
	CHECK_EQ(f->log_complete, complete);
	tdxctl_facts_free(f);
}

static void unknown(struct fake_journal j, const char *why)
{
	struct tdxctl_facts *f = facts(j, TDXCTL_FACTS_LOG);

	CHECK(!f->log.text);
	CHECK(!f->log_complete);
	if (CHECK(f->log.reason) && !CHECK(strstr(f->log.reason, why)))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", f->log.reason, why);
	tdxctl_facts_free(f);
}

static const struct fake_entry entries[] = {
	{ .message = BOOT, .source_us = "0" },
	{ .message = "two\nlines", .source_us = "1500000" },
	{ .us = 1600000 },
	{ .message = "a\0b", .len = 3, .us = 1700000 },
	{ .message = "same moment", .source_us = "5000000" },
	{ .message = "later", .source_us = "6000000" },
};
#define ALL .entries = entries, .count = sizeof(entries) / sizeof(entries[0])

/* Journal entries from before the ring are added, one line each. */
static void journal_before_the_ring(void)
{
	fake_new();
	fake_file("dev/kmsg", "6,1,5000000,-;ring");
	is((struct fake_journal){ ALL },
	   "[    0.000000] " BOOT
	   "\n[    1.500000] two lines\n[    1.700000] a b\n[    5.000000] ring\n",
	   true);
	CHECK_STR(journal->matches, "_BOOT_ID=abababababababababababababababab _TRANSPORT=kernel ");
	CHECK_EQ(journal->flags, 5); /* SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM */
	CHECK_EQ(journal->head, 1);
	CHECK_EQ(journal->tail, 0);
	/* The journal has lost its beginning as well. */
	is((struct fake_journal){ .entries = entries + 1, .count = 2 },
	   "[    1.500000] two lines\n[    5.000000] ring\n", false);
	/* Without the kernel's time stamp the time of arrival is used, or 0. */
	is((struct fake_journal){ .entries = entries + 3, .count = 1, .monotonic_err = -EIO },
	   "[    0.000000] a b\n[    5.000000] ring\n", false);
	fake_end();
}

static void ring_that_is_whole(void)
{
	fake_new();
	fake_file("dev/kmsg", "6,1,0,-;" BOOT);
	is((struct fake_journal){ ALL }, "[    0.000000] " BOOT "\n", true);
	CHECK_STR(journal->matches, "");
	fake_end();
}

/* The ring may not be read, the journal may. */
static void journal_instead_of_the_ring(void)
{
	fake_new();
	is((struct fake_journal){ ALL },
	   "[    0.000000] " BOOT "\n[    1.500000] two lines\n[    1.700000] a b\n"
	   "[    5.000000] same moment\n[    6.000000] later\n",
	   true);
	fake_end();
}

/* Each step of reading the journal may fail: then only the ring is used. */
static void journal_that_fails(void)
{
	static const struct fake_journal t[] = {
		{ ALL, .open_err = -EACCES },
		{ ALL, .boot_err = -EIO },
		{ ALL, .match_err = -EINVAL },
		{ ALL, .seek_err = -EIO },
		{ ALL, .next_err = -EBADMSG, .fails_at = 2 },
		{ 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fake_new();
		fake_file("dev/kmsg", "6,1,5000000,-;ring");
		is(t[i], "[    5.000000] ring\n", false);
		unlink(fake_path("dev/kmsg"));
		unknown(t[i], "no kernel log");
		fake_end();
	}
}

/* kern.log is used if it belongs to this boot and has its beginning. */
static void kern_log(void)
{
	static const struct fake_journal none = { .open_err = -ENOENT };
	struct utimbuf old = { 1, 1 };

	fake_new();
	fake_file("dev/kmsg", "6,1,5000000,-;ring");
	fake_file("var/log/kern.log", "x: " BOOT "\nold\nhost: " BOOT "\nhost: new\n");
	is(none, "host: " BOOT "\nhost: new\n", true);
	/* The journal has priority. */
	is((struct fake_journal){ .entries = entries, .count = 1 },
	   "[    0.000000] " BOOT "\n[    5.000000] ring\n", true);
	/* The journal without its beginning, kern.log with it. */
	is((struct fake_journal){ .entries = entries + 1, .count = 1 },
	   "host: " BOOT "\nhost: new\n", true);
	fake_file("var/log/kern.log", "no beginning\n");
	is(none, "[    5.000000] ring\n", false);
	fake_file("var/log/kern.log", BOOT "\n");
	if (utime(fake_path("var/log/kern.log"), &old))
		exit(1);
	is(none, "[    5.000000] ring\n", false);
	/* Without ring and journal. */
	fake_file("var/log/kern.log", BOOT "\nz\n");
	unlink(fake_path("dev/kmsg"));
	is(none, BOOT "\nz\n", true);
	fake_end();
}

/* A ring without time stamps: all journal entries are used. */
static void ring_without_times(void)
{
	fake_new();
	fake_file("dev/kmsg", "no record");
	is((struct fake_journal){ .entries = entries + 4, .count = 2 },
	   "[    5.000000] same moment\n[    6.000000] later\n", false);
	fake_end();
}

#define BOOT_MATCH "_BOOT_ID=abababababababababababababababab "

/* The last lines of the journal of qgsd, then of each VMM. */
static void log_of_a_unit(void)
{
	struct tdxctl_facts *f;

	fake_new();
	f = facts((struct fake_journal){ ALL }, TDXCTL_FACTS_PROCS);
	CHECK_STR(journal->matches,
		  BOOT_MATCH "_SYSTEMD_UNIT=qgsd.service " BOOT_MATCH
			     "_SYSTEMD_UNIT=libvirtd.service " BOOT_MATCH
			     "_SYSTEMD_UNIT=virtqemud.service " BOOT_MATCH
			     "_SYSTEMD_UNIT=virtchd.service " BOOT_MATCH
			     "SYSLOG_IDENTIFIER=cloud-hypervisor " BOOT_MATCH
			     "SYSLOG_IDENTIFIER=qemu-system-x86_64 " BOOT_MATCH
			     "SYSLOG_IDENTIFIER=qemu-kvm " BOOT_MATCH "SYSLOG_IDENTIFIER=kata ");
	CHECK_EQ(journal->tail, 8);
	CHECK_EQ(journal->head, 0);
	CHECK_EQ(journal->skipped[0], 2001);
	for (int i = 1; i < 8; i++)
		CHECK_EQ(journal->skipped[i], 501);
	if (CHECK(f->qgs_log.text)) {
		CHECK(strstr(f->qgs_log.text, "] two lines\n"));
		CHECK(strstr(f->qgs_log.text, "] later\n"));
	}
	tdxctl_facts_free(f);
	for (int i = 0; i < 2; i++) {
		f = facts((struct fake_journal){ .open_err = i ? -EACCES : 0 }, TDXCTL_FACTS_PROCS);
		CHECK(!f->qgs_log.text && f->qgs_log.reason);
		tdxctl_facts_free(f);
	}
	fake_end();
}

/* Each limit ends the text in front of the entry that exceeds it. */
static void limits_of_a_query(void)
{
	static const char first[] = "[    0.000000] " BOOT "\n",
			  one_to_two[] = "[    1.500000] two lines\n[    1.700000] a b\n",
			  end[] = "[    5.000000] same moment\n[    6.000000] later\n";
	const uint64_t never = UINT64_MAX;
	const struct {
		uint64_t since_us, until_us;
		size_t max_lines, max_bytes;
		bool newest;
		const char *text[3];
		int ret;
	} t[] = {
		{ 0, never, 7, 9999, false, { first, one_to_two, end }, JOURNAL_ALL },
		{ 0, never, 6, 9999, false, { first, one_to_two, end }, JOURNAL_MORE },
		{ 0, never, 4, 9999, false, { first, one_to_two, "" }, JOURNAL_MORE },
		{ 0, never, 1, 9999, false, { first, "", "" }, JOURNAL_MORE },
		/* An entry without text counts as a line. */
		{ 1600000, never, 4, 9999, false, { "[    1.700000] a b\n", "", "" }, JOURNAL_MORE },
		{ 0, 1500000, 9, 9999, false, { first, "", "" }, JOURNAL_ALL },
		{ 0, 5000000, 9, 9999, false, { first, one_to_two, "" }, JOURNAL_ALL },
		{ 0, 6000001, 9, 9999, false, { first, one_to_two, end }, JOURNAL_ALL },
		{ 1500000, never, 9, 9999, false, { "", one_to_two, end }, JOURNAL_ALL },
		{ 1700001, never, 9, 9999, false, { "", "", end }, JOURNAL_ALL },
		{ 0, never, 9, sizeof(first) - 1, false, { first, "", "" }, JOURNAL_MORE },
		{ 0,
		  never,
		  4,
		  sizeof(first),
		  false,
		  { first, "[    1.500000] two lines\n", "" },
		  JOURNAL_MORE },
		/* The entry in front of the newest ones shows only that there are more. */
		{ 0, never, 2, 9999, true, { "", "", end }, JOURNAL_MORE },
		{ 0, never, 9, 9999, true, { first, one_to_two, end }, JOURNAL_ALL },
		{ 5000000, never, 9, 9999, true, { "", "", end }, JOURNAL_ALL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct journal_query q = {
			.match = "A=b",
			.since_us = t[i].since_us,
			.until_us = t[i].until_us,
			.max_lines = t[i].max_lines,
			.max_bytes = t[i].max_bytes,
			.newest = t[i].newest,
		};
		struct text_buf b = { 0 };
		char want[300];

		*journal = (struct fake_journal){ ALL };
		snprintf(want, sizeof(want), "%s%s%s", t[i].text[0], t[i].text[1], t[i].text[2]);
		CHECK_EQ(journal_read(&q, &b), t[i].ret);
		if (!CHECK_STR(b.p ? b.p : "", want))
			fprintf(stderr, "  case %zu\n", i);
		CHECK_EQ(journal->open, 0);
		CHECK_EQ(journal->head, !t[i].newest);
		CHECK_EQ(journal->tail, t[i].newest);
		if (t[i].newest)
			CHECK_EQ(journal->skipped[0], t[i].max_lines + 1);
		free(b.p);
	}
}

/* An error is not a limit, and the journal is closed. */
static void errors_of_a_query(void)
{
	struct journal_query q = { .match = "A=b", .until_us = 9, .max_lines = 9, .max_bytes = 9 };
	struct text_buf b = { 0 };

	*journal = (struct fake_journal){ ALL, .seek_err = -EIO };
	CHECK_EQ(journal_read(&q, &b), -EIO);
	q.newest = true;
	CHECK_EQ(journal_read(&q, &b), -EIO);
	*journal = (struct fake_journal){ ALL, .next_err = -EBADMSG };
	q.newest = false;
	CHECK_EQ(journal_read(&q, &b), -EBADMSG);
	*journal = (struct fake_journal){ ALL, .match_err = -EINVAL };
	CHECK_EQ(journal_read(&q, &b), -EINVAL);
	CHECK_EQ(journal->open, 0);
	CHECK(!b.p);
	*journal = (struct fake_journal){ ALL, .open_err = -EACCES };
	CHECK_EQ(journal_read(&q, &b), -EACCES);
}

/* A field ends with its length, and a number at the first other character. */
static void times_of_entries(void)
{
	static const struct fake_entry t[] = {
		{ .message = "a", .source_us = "12x34" },
		{ .message = "b", .source_us = "" },
		{ .message = "c", .source_us = "-1" },
		{ .message = "d", .source_us = "90000001" },
		{ .message = "", .source_us = "1000000" },
		{ .message = "e", .us = 2000003 },
	};
	const struct journal_query q = {
		.match = "A=b", .until_us = UINT64_MAX, .max_lines = 9, .max_bytes = 999
	};
	struct text_buf b = { 0 };

	*journal = (struct fake_journal){ .entries = t, .count = sizeof(t) / sizeof(t[0]) };
	CHECK_EQ(journal_read(&q, &b), JOURNAL_ALL);
	CHECK_STR(b.p, "[    0.000012] a\n[    0.000000] b\n[    0.000000] c\n[   90.000001] d\n"
		       "[    1.000000] \n[    2.000003] e\n");
	free(b.p);
}

int main(void)
{
	journal = fake_script("libsystemd.so.0", "fake_journal");
	RUN(journal_before_the_ring);
	RUN(ring_that_is_whole);
	RUN(journal_instead_of_the_ring);
	RUN(journal_that_fails);
	RUN(kern_log);
	RUN(ring_without_times);
	RUN(log_of_a_unit);
	RUN(limits_of_a_query);
	RUN(errors_of_a_query);
	RUN(times_of_entries);
	return check_done("lib-journal");
}
