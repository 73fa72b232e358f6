// SPDX-License-Identifier: GPL-2.0-only
/* Looks at the host, and compares with the look before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

/* Whether counters of @now go on from those of @before. */
static bool goes_on(const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now)
{
	return before->source == now->source && before->hdr.now_ns <= now->hdr.now_ns &&
	       before->hdr.seamcalls <= now->hdr.seamcalls &&
	       before->info.attached_ns == now->info.attached_ns &&
	       !strcmp(before->info.provider, now->info.provider);
}

/* Reading names takes most of the time, and they do not change: they are taken over. */
static bool take_names(struct tdxctl_snapshot *before, struct tdxctl_snapshot *now)
{
	bool all = true;
	size_t *at;

	if (tdxctl_match_tds(before, now, &at))
		return false;
	for (size_t i = 0; i < now->nr_tds; i++) {
		struct tdxctl_vm *vm = &now->tds[i].vm, was = *vm, *old;

		if (at[i] == SIZE_MAX) {
			all = false;
			continue;
		}
		old = &before->tds[at[i]].vm;
		if (!vm->uuid && !vm->gone && old->pid == vm->pid) {
			*vm = *old;
			*old = was;
		}
	}
	free(at);
	return all;
}

static int compare(struct sample *s, struct view_live *live)
{
	const struct tdxctl_snapshot *now = s->now->snap, *before = s->before->snap;
	size_t *at;
	int err = tdxctl_match_tds(before, now, &at);

	if (err)
		return err;
	for (size_t i = 0; i < now->nr_tds; i++) {
		const struct tdxctl_td *td = &now->tds[i].td, *was;
		bool found = at[i] != SIZE_MAX;
		uint64_t most = s->live && found ? s->live[at[i]].most_pages : 0;

		if (td->private_pages != TDXCTL_UNKNOWN && td->private_pages > most)
			most = td->private_pages;
		live[i].most_pages = most;
		if (!found)
			continue;
		was = &before->tds[at[i]].td;
		live[i].known = true;
		if (s->seconds <= 0)
			continue;
		live[i].calls_per_second = sample_rate(s, td->seamcalls, was->seamcalls);
		if (td->private_pages != TDXCTL_UNKNOWN && was->private_pages != TDXCTL_UNKNOWN)
			live[i].pages_per_second =
				(int64_t)(((double)td->private_pages - (double)was->private_pages) /
					  s->seconds);
	}
	free(at);
	return 0;
}

uint64_t sample_rate(const struct sample *s, uint64_t now, uint64_t before)
{
	if (s->seconds <= 0 || now < before)
		return 0;
	return (uint64_t)((double)(now - before) / s->seconds + 0.5);
}

static int look(struct sample *s, struct tdxctl_ctx *ctx, struct tdxctl_facts **out)
{
	int err;

	tdxctl_set_brief(ctx, s->now != NULL);
	err = tdxctl_facts_get(ctx, TDXCTL_FACTS_STATUS, out);
	if (err || !s->now || (*out)->snap->source != TDXCTL_SOURCE_HELPER ||
	    take_names(s->now->snap, (*out)->snap))
		return err;
	/* There is a new TD. */
	tdxctl_facts_free(*out);
	tdxctl_set_brief(ctx, false);
	return tdxctl_facts_get(ctx, TDXCTL_FACTS_STATUS, out);
}

int sample_take(struct sample *s, struct tdxctl_ctx *ctx)
{
	struct sample next = { .live = s->live };
	struct view_live *live;
	int err;

	err = look(s, ctx, &next.now);
	if (err)
		return err;
	live = calloc(next.now->snap->nr_tds + 1, sizeof(*live));
	if (!live) {
		tdxctl_facts_free(next.now);
		return -ENOMEM;
	}
	if (s->now && goes_on(s->now->snap, next.now->snap)) {
		next.before = s->now;
		next.seconds =
			(double)(next.now->snap->hdr.now_ns - s->now->snap->hdr.now_ns) / 1e9;
		err = compare(&next, live);
	} else {
		next.restarted = s->now != NULL;
		for (size_t i = 0; i < next.now->snap->nr_tds; i++)
			if (next.now->snap->tds[i].td.private_pages != TDXCTL_UNKNOWN)
				live[i].most_pages = next.now->snap->tds[i].td.private_pages;
	}
	if (err) {
		tdxctl_facts_free(next.now);
		free(live);
		return err;
	}
	tdxctl_facts_free(s->before);
	if (!next.before)
		tdxctl_facts_free(s->now);
	free(s->live);
	*s = next;
	s->live = live;
	return 0;
}

void sample_free(struct sample *s)
{
	tdxctl_facts_free(s->now);
	tdxctl_facts_free(s->before);
	free(s->live);
	*s = (struct sample){ 0 };
}
