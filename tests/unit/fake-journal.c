// SPDX-License-Identifier: GPL-2.0-only
/* A journal whose entries a test scripts. */
#include <errno.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include "fake-libs.h"

struct fake_journal fake_journal;
static char journal;

int sd_id128_get_boot(sd_id128_t *id)
{
	if (fake_journal.boot_err)
		return fake_journal.boot_err;
	memset(id, 0xab, sizeof(*id));
	return 0;
}

char *sd_id128_to_string(sd_id128_t id, char s[SD_ID128_STRING_MAX])
{
	for (size_t i = 0; i < sizeof(id.bytes); i++)
		snprintf(s + 2 * i, 3, "%02x", id.bytes[i]);
	return s;
}

int sd_journal_open(sd_journal **j, int flags)
{
	if (fake_journal.open_err)
		return fake_journal.open_err;
	fake_journal.flags = flags;
	fake_journal.open++;
	fake_journal.at = -1;
	*j = (sd_journal *)&journal;
	return 0;
}

void sd_journal_close(sd_journal *j)
{
	(void)j;
	fake_journal.open--;
}

int sd_journal_add_match(sd_journal *j, const void *data, size_t size)
{
	size_t n = strlen(fake_journal.matches);

	(void)j;
	if (fake_journal.match_err)
		return fake_journal.match_err;
	snprintf(fake_journal.matches + n, sizeof(fake_journal.matches) - n, "%.*s ",
		 (int)(size ? size : strlen(data)), (const char *)data);
	return 0;
}

int sd_journal_seek_head(sd_journal *j)
{
	(void)j;
	fake_journal.head++;
	return fake_journal.seek_err;
}

int sd_journal_seek_tail(sd_journal *j)
{
	(void)j;
	fake_journal.tail++;
	fake_journal.at = (long)fake_journal.count;
	return fake_journal.seek_err;
}

int sd_journal_previous_skip(sd_journal *j, uint64_t skip)
{
	uint64_t n = skip < fake_journal.count ? skip : fake_journal.count;

	(void)j;
	if (fake_journal.tail > 0 && fake_journal.tail <= 16)
		fake_journal.skipped[fake_journal.tail - 1] = skip;
	fake_journal.at = (long)(fake_journal.count - n) - (skip > fake_journal.count);
	return (int)n;
}

int sd_journal_next(sd_journal *j)
{
	(void)j;
	if (fake_journal.next_err && (size_t)(fake_journal.at + 1) == fake_journal.fails_at)
		return fake_journal.next_err;
	if (fake_journal.at + 1 >= (long)fake_journal.count)
		return 0;
	fake_journal.at++;
	return 1;
}

int sd_journal_get_data(sd_journal *j, const char *name, const void **data, size_t *len)
{
	const struct fake_entry *e = &fake_journal.entries[fake_journal.at];
	static char buf[512];
	size_t n = strlen(name);
	const char *value = !strcmp(name, "MESSAGE") ? e->message : e->source_us;

	(void)j;
	if (!value)
		return -ENOENT;
	memcpy(buf, name, n);
	buf[n++] = '=';
	*len = n + (value == e->message && e->len ? e->len : strlen(value));
	memcpy(buf + n, value, *len - n);
	*data = buf;
	return 0;
}

int sd_journal_get_monotonic_usec(sd_journal *j, uint64_t *us, sd_id128_t *boot)
{
	(void)j;
	(void)boot;
	if (fake_journal.monotonic_err)
		return fake_journal.monotonic_err;
	*us = fake_journal.entries[fake_journal.at].us;
	return 0;
}
