// SPDX-License-Identifier: GPL-2.0-only
/* The progress bar of release, one terminal line drawn over and over. */
#include <inttypes.h>
#include <time.h>

#include "release.h"

#define CELLS 24

uint64_t progress_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void progress_end(struct progress *p)
{
	if (!p->f || !p->drawn)
		return;
	fputs("\r\033[K", p->f);
	fflush(p->f);
	p->drawn = false;
}

static void bar(FILE *f, uint64_t done, uint64_t total)
{
	unsigned int full = total ? (unsigned int)(done * CELLS / total) : 0, i;

	fputc('[', f);
	for (i = 0; i < CELLS; i++)
		fputc(i < full ? '#' : '.', f);
	fprintf(f, "] %3" PRIu64 " %%", total ? done * 100 / total : 0);
}

/* Rate and ETA are those of the pages; giving the HKID back is one step. */
void progress_draw(struct progress *p, const struct tdxctl_release_state *st)
{
	bool known = st->pages_total != TDXCTL_UNKNOWN && st->pages_left != TDXCTL_UNKNOWN &&
		     st->pages_left <= st->pages_total;
	uint64_t done, moved, rate, now = progress_clock_ns();
	char size[40], speed[40], eta[40];

	if (!p->f)
		return;
	fputs("\r\033[K", p->f);
	p->drawn = true;
	if (st->phase < TDXCTL_PHASE_PAGES || !known) {
		if (st->hkid == TDXCTL_UNKNOWN32)
			fputs(st->phase < TDXCTL_PHASE_PAGES ? "Giving the HKID back ..." :
			      "Reclaiming the pages ...", p->f);
		else
			fprintf(p->f, st->phase < TDXCTL_PHASE_PAGES ? "Giving HKID %u back ..." :
				"Reclaiming the pages of HKID %u ...", st->hkid);
		fflush(p->f);
		return;
	}
	if (!p->start_ns) {
		p->start_ns = now;
		p->start_left = st->pages_left;
	}
	done = st->pages_total - st->pages_left;
	text_bytes(size, sizeof(size), done * 4096);
	fputs("Reclaiming ", p->f);
	bar(p->f, done, st->pages_total);
	fprintf(p->f, "  %s", size);
	moved = p->start_left > st->pages_left ? p->start_left - st->pages_left : 0;
	rate = now > p->start_ns ?
	       (uint64_t)((double)moved * 1e9 / (double)(now - p->start_ns)) : 0;
	if (rate) {
		text_bytes(speed, sizeof(speed), rate * 4096);
		text_ns(eta, sizeof(eta), st->pages_left / rate * 1000000000ULL);
		fprintf(p->f, "  %s/s  %s left", speed,
			st->pages_left < rate ? "under 1 s" : eta);
	}
	fflush(p->f);
}
