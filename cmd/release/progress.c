// SPDX-License-Identifier: GPL-2.0-only
/* The progress bar of release: one line, redrawn at each step. */
#include <inttypes.h>
#include <string.h>

#include "release.h"

#define CELLS	 24U
#define PART_LEN 96

/* The parts of the line, in order. */
enum { WHAT, BAR, SHARE, SIZE, SPEED, LEFT, PARTS };

static void bar(char *buf, size_t len, uint64_t done, uint64_t total)
{
	char cells[CELLS + 1] = "";

	memset(cells, '.', CELLS);
	memset(cells, '#', total ? done * CELLS / total : 0);
	snprintf(buf, len, " [%s]", cells);
}

/* Replaces the line with one of the parts that fit. */
static void draw(struct progress *p, char part[PARTS][PART_LEN])
{
	/* The most important part first. */
	static const unsigned int order[PARTS] = { WHAT, SHARE, LEFT, BAR, SIZE, SPEED };
	size_t left = cli_line_room();
	char line[PARTS * PART_LEN] = "";
	bool fits[PARTS] = { 0 };

	for (size_t i = 0; i < PARTS; i++) {
		size_t len = strlen(part[order[i]]);

		fits[order[i]] = len <= left;
		left -= len <= left ? len : 0;
	}
	for (size_t i = 0; i < PARTS; i++)
		if (i == WHAT || (fits[WHAT] && fits[i]))
			strcat(line, part[i]);
	cli_line_draw(&p->line, line);
}

/* Rate and remaining time are about the pages; freeing the HKID is one step. */
void progress_draw(struct progress *p, const struct tdxctl_release_state *st)
{
	bool known = st->pages_total != TDXCTL_UNKNOWN && st->pages_left != TDXCTL_UNKNOWN &&
		     st->pages_left <= st->pages_total;
	uint64_t done, moved, rate, now = tdxctl_clock_ns();
	char part[PARTS][PART_LEN] = { "Reclaiming" }, num[40];

	if (!p->line.f)
		return;
	if (st->phase < TDXCTL_PHASE_PAGES || !known) {
		const char *what = st->phase < TDXCTL_PHASE_PAGES ? "Freeing" :
								    "Reclaiming the pages of";

		if (st->hkid == TDXCTL_UNKNOWN32)
			snprintf(num, sizeof(num), "the HKID");
		else
			snprintf(num, sizeof(num), "HKID %u", st->hkid);
		snprintf(part[WHAT], PART_LEN, "%s %s ...", what, num);
		draw(p, part);
		return;
	}
	if (!p->start_ns) {
		p->start_ns = now;
		p->start_left = st->pages_left;
	}
	done = st->pages_total - st->pages_left;
	bar(part[BAR], PART_LEN, done, st->pages_total);
	snprintf(part[SHARE], PART_LEN, " %3" PRIu64 " %%",
		 st->pages_total ? done * 100 / st->pages_total : 0);
	text_bytes(num, sizeof(num), done * 4096);
	snprintf(part[SIZE], PART_LEN, "  %s", num);
	moved = p->start_left > st->pages_left ? p->start_left - st->pages_left : 0;
	rate = now > p->start_ns ? (uint64_t)((double)moved * 1e9 / (double)(now - p->start_ns)) :
				   0;
	if (rate) {
		text_bytes(num, sizeof(num), rate * 4096);
		snprintf(part[SPEED], PART_LEN, "  %s/s", num);
		tdxctl_duration_str(num, sizeof(num), st->pages_left / rate * 1000000000ULL);
		snprintf(part[LEFT], PART_LEN, "  %s left",
			 st->pages_left < rate ? "under 1 s" : num);
	}
	draw(p, part);
}
