/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plays the timed events of a host. What the host is like depends only on how much was
 * played, not on how often it was looked at: time passes in ticks of fixed length.
 */
#include <time.h>
#include <unistd.h>
#include "emul.h"

#define TICK_MS 50

static int by_time(const void *a, const void *b, void *arg)
{
	const struct emul_event *events = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (events[x].at != events[y].at)
		return events[x].at < events[y].at ? -1 : 1;
	return (x > y) - (x < y);
}

int emul_play_begin(struct emul *e)
{
	const struct emul_file *f = &e->file;

	e->play_clock = e->clock;
	e->timed = calloc(f->nr_events + 1, sizeof(*e->timed));
	e->work = calloc(f->nr_events + 1, sizeof(*e->work));
	if (!e->timed || !e->work)
		return ctx_nomem(e->ctx);
	for (size_t i = 0; f->play.on && i < f->nr_events; i++)
		if (f->events[i].at)
			e->timed[e->nr_timed++] = i;
	qsort_r(e->timed, e->nr_timed, sizeof(*e->timed), by_time, f->events);
	return 0;
}

static bool takes_a_while(const struct emul_event *ev)
{
	return ev->ms && (ev->op == EMUL_RELEASE || ev->op == EMUL_STOP || ev->op == EMUL_ACCEPT);
}

/* The private pages that a TD has. */
static uint64_t pages_of(const struct emul_td *t)
{
	struct tdmgr_td_info info;

	tdmgr_td_get_info(t->td, &info);
	return info.private_pages;
}

/* Does the share of @w that is due. False: it is over. */
static bool go_on(struct emul *e, struct emul_work *w)
{
	const struct emul_event *ev = &e->file.events[w->event];
	struct emul_td *t = emul_td_by_id(e, (uint32_t)ev->td);
	uint64_t passed = e->played_ms - w->start_ms, left, n;
	bool last = passed >= ev->ms;

	e->event = w->event;
	if (!t || !t->td)
		return false;
	if (ev->op == EMUL_ACCEPT) {
		n = last ? ev->pages : ev->pages * passed / ev->ms;
		n -= w->pages;
		w->pages += n;
		return !emul_accept_pages(e, t, n) && !last;
	}
	left = last ? 0 : w->pages - w->pages * passed / ev->ms;
	if (left < ev->pages_left)
		left = ev->pages_left;
	if (ev->op == EMUL_STOP && last)
		emul_destroy_td(e, t);
	else if (left && left < pages_of(t) && emul_release_pages(e, t, left) != -EINTR)
		return false;
	else if (last && !left)
		emul_release_pages(e, t, 0);
	return !last;
}

static int start(struct emul *e, size_t index)
{
	const struct emul_event *ev = &e->file.events[index];
	struct emul_td *t;

	e->event = index;
	if (!takes_a_while(ev))
		return emul_event(e, index);
	t = emul_td_by_id(e, (uint32_t)ev->td);
	if (!t || !t->td)
		return 0;
	e->work[e->nr_work++] = (struct emul_work){
		.event = index,
		.start_ms = e->played_ms,
		.pages = ev->op == EMUL_ACCEPT ? 0 : pages_of(t),
	};
	return 0;
}

static int tick(struct emul *e)
{
	size_t kept = 0;

	emul_tick(e);
	while (e->next_timed < e->nr_timed &&
	       e->file.events[e->timed[e->next_timed]].at <= e->played_ms) {
		int err = start(e, e->timed[e->next_timed++]);

		if (err)
			return err;
	}
	for (size_t i = 0; i < e->nr_work; i++)
		if (go_on(e, &e->work[i]))
			e->work[kept++] = e->work[i];
	e->nr_work = kept;
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* How much is to be played until now. */
static uint64_t due_ms(struct emul *e)
{
	const struct emul_play *p = &e->file.play;
	uint64_t now = now_ms();

	if (p->step_ms)
		return p->from_ms + p->step_ms * e->snapshots++;
	return p->from_ms + (now > p->started_ms ? (now - p->started_ms) * p->speed : 0);
}

/* The tick of the next event; @due if that is earlier. */
static uint64_t next_event(const struct emul *e, uint64_t due)
{
	uint64_t at = due;

	if (e->next_timed < e->nr_timed)
		at = (e->file.events[e->timed[e->next_timed]].at + TICK_MS - 1) / TICK_MS * TICK_MS;
	return at < due ? at : due;
}

int emul_play(struct emul *e)
{
	uint64_t due, clock;
	int err = 0;

	if (!e->file.play.on)
		return 0;
	due = due_ms(e);
	due -= due % TICK_MS;
	while (!err && e->played_ms < due) {
		e->played_ms = e->nr_work ? e->played_ms + TICK_MS : next_event(e, due);
		clock = e->play_clock + e->played_ms * 1000000;
		if (e->clock < clock)
			e->clock = clock;
		err = tick(e);
	}
	return err;
}

bool emul_play_over(const struct emul *e)
{
	return !e->file.play.on || (e->next_timed == e->nr_timed && !e->nr_work);
}

bool emul_play_same(const struct emul_play *a, const struct emul_play *b)
{
	return a->on == b->on && a->from_ms == b->from_ms && a->started_ms == b->started_ms &&
	       a->speed == b->speed && a->step_ms == b->step_ms;
}

int tdxctl_emul_play(struct tdxctl_ctx *ctx, const char *file, const struct tdxctl_emul_play *how)
{
	struct emul_file f;
	size_t len, timed = 0;
	int err, lock = -1;
	char *text;

	ctx_clear(ctx);
	lock = emul_store_lock(ctx, file);
	if (lock == -ENOENT) {
		ctx_clear(ctx);
		err = emul_file_default(ctx, NULL, &f);
		if (!err)
			err = emul_file_moving(ctx, &f);
	} else {
		err = lock < 0 ? lock : emul_store_read(ctx, file, &text, &len);
		if (err)
			goto unlock;
		err = emul_file_parse(ctx, file, text, len, &f);
		free(text);
	}
	if (err)
		goto unlock;
	for (size_t i = 0; i < f.nr_events; i++)
		timed += f.events[i].at > 0;
	f.play = (struct emul_play){
		.on = true,
		.from_ms = how->from_ns / 1000000,
		.started_ms = now_ms(),
		.speed = how->speed,
		.step_ms = how->step_ns / 1000000,
	};
	if (!timed)
		err = ctx_fail(ctx, -ENODATA,
			       "name a file that does not exist, to get one that moves",
			       "%s: no event has a time, so nothing would move", file);
	if (!err)
		err = emul_file_format(ctx, &f, &text);
	if (!err) {
		err = emul_store_write(ctx, file, text, lock < 0);
		free(text);
	}
	emul_file_clear(&f);
unlock:
	if (lock >= 0)
		close(lock);
	return err;
}
