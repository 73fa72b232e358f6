/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of the kernel or of a unit from the systemd journal of this boot. */
#include <stdio.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include "live.h"
#include "base/lazy.h"

#define VMM_LOG_AGE_S (24 * 3600)

/* Loaded on first use: it pulls in libgcrypt and three compression libraries. */
/* clang-format off */
#define JOURNAL(X) X(sd_id128_get_boot) X(sd_id128_to_string) X(sd_journal_add_match) \
	X(sd_journal_close) X(sd_journal_get_data) X(sd_journal_get_monotonic_usec) \
	X(sd_journal_next) X(sd_journal_open) X(sd_journal_previous_skip) X(sd_journal_seek_head) \
	X(sd_journal_seek_tail)
/* clang-format on */

static struct {
	LAZY_POINTERS(JOURNAL)
} lazy;
static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(JOURNAL) };

/* Returns the value of a field of the current entry, without NUL; NULL: none. */
static const char *field(sd_journal *j, const char *name, size_t *len)
{
	size_t skip = strlen(name) + 1;
	const void *data;

	if (lazy.sd_journal_get_data(j, name, &data, len) < 0 || *len < skip)
		return NULL;
	*len -= skip;
	return (const char *)data + skip;
}

/* Returns when the kernel logged the entry, or else when the journal received it. */
static uint64_t entry_time(sd_journal *j)
{
	size_t len;
	const char *text = field(j, "_SOURCE_MONOTONIC_TIMESTAMP", &len);
	uint64_t us = 0;

	if (!text)
		return lazy.sd_journal_get_monotonic_usec(j, &us, NULL) < 0 ? 0 : us;
	for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9' && us < UINT64_MAX / 20; i++)
		us = us * 10 + (uint64_t)(text[i] - '0');
	return us;
}

static int add_entry(sd_journal *j, uint64_t us, struct text_buf *b)
{
	char stamp[40];
	size_t len, at;
	const char *text = field(j, "MESSAGE", &len);
	int err;

	if (!text)
		return 0;
	snprintf(stamp, sizeof(stamp), "[%5" PRIu64 ".%06" PRIu64 "] ", us / 1000000, us % 1000000);
	err = text_append(b, stamp, strlen(stamp));
	at = b->len;
	if (!err)
		err = text_append(b, text, len);
	/* One line per entry, without NUL, which would hide the rest of the log. */
	for (; !err && at < b->len; at++)
		if (!b->p[at] || b->p[at] == '\n')
			b->p[at] = ' ';
	return err ? err : text_append(b, "\n", 1);
}

static int add_matches(sd_journal *j, const char *match)
{
	char boot[9 + SD_ID128_STRING_MAX] = "_BOOT_ID=";
	sd_id128_t id;
	int err = lazy.sd_id128_get_boot(&id);

	if (err < 0)
		return err;
	lazy.sd_id128_to_string(id, boot + strlen(boot));
	err = lazy.sd_journal_add_match(j, boot, 0);
	return err < 0 ? err : lazy.sd_journal_add_match(j, match, 0);
}

int journal_read(const struct journal_query *q, struct text_buf *b)
{
	sd_journal *j;
	size_t lines = 0;
	int err, more = 1;

	err = lazy_load("libsystemd.so.0", symbols, ARRAY_SIZE(symbols), NULL);
	if (err)
		return err;
	err = lazy.sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
	if (err < 0)
		return err;
	err = add_matches(j, q->match);
	if (err >= 0 && !q->newest)
		err = lazy.sd_journal_seek_head(j);
	if (err >= 0 && q->newest) {
		err = lazy.sd_journal_seek_tail(j);
		if (err >= 0)
			err = lazy.sd_journal_previous_skip(j, q->max_lines + 1);
	}
	while (err >= 0 && lines < q->max_lines && b->len < q->max_bytes) {
		uint64_t us;

		more = lazy.sd_journal_next(j);
		if (more <= 0)
			break;
		us = entry_time(j);
		if (us >= q->until_us) {
			more = 0;
			break;
		}
		if (us >= q->since_us)
			err = add_entry(j, us, b);
		lines++;
	}
	lazy.sd_journal_close(j);
	if (err < 0 || more < 0)
		return err < 0 ? err : more;
	return more ? JOURNAL_MORE : JOURNAL_ALL;
}

int live_qgs_log(struct tdxctl_ctx *ctx, size_t max, struct tdxctl_text *t)
{
	const struct journal_query q = {
		.match = "_SYSTEMD_UNIT=qgsd.service",
		.until_us = UINT64_MAX,
		.newest = true,
		.max_lines = 2000,
		.max_bytes = max,
	};
	struct text_buf b = { 0 };
	int err = journal_read(&q, &b);

	if (err >= 0 && b.p) {
		t->text = b.p;
		return 0;
	}
	free(b.p);
	t->reason = err < 0 ? src_reason(err) :
			      "no qgsd messages in the journal, or no permission to read them";
	return err == -ENOMEM ? err : 0;
}

int live_vmm_log(struct tdxctl_ctx *ctx, size_t max, struct text_buf *b)
{
	static const char *const matches[] = {
		"_SYSTEMD_UNIT=libvirtd.service",
		"_SYSTEMD_UNIT=virtqemud.service",
		"_SYSTEMD_UNIT=virtchd.service",
		"SYSLOG_IDENTIFIER=cloud-hypervisor",
		"SYSLOG_IDENTIFIER=qemu-system-x86_64",
		"SYSLOG_IDENTIFIER=qemu-kvm",
		"SYSLOG_IDENTIFIER=kata",
	};
	struct journal_query q = {
		.until_us = UINT64_MAX,
		.newest = true,
		.max_lines = 500,
		.max_bytes = max,
	};
	struct timespec now;
	int err = 0;

	/* The journal does not show whether the VM was started again: older errors are history. */
	if (!clock_gettime(CLOCK_MONOTONIC, &now) && now.tv_sec > VMM_LOG_AGE_S)
		q.since_us = (uint64_t)(now.tv_sec - VMM_LOG_AGE_S) * 1000000;
	for (size_t i = 0; err >= 0 && i < ARRAY_SIZE(matches); i++) {
		q.match = matches[i];
		err = journal_read(&q, b);
	}
	return err < 0 ? err : 0;
}
