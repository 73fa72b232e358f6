/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens an emulated host: reads its file and replays the events. */
#include "emul.h"

/* Gives the trace of @e to @now, which was loaded from the same path. */
static void keep_trace(const struct emul *e, struct emul *now)
{
	bool same = emul_play_same(&e->file.play, &now->file.play);

	now->trace = e->trace;
	now->on_call = e->on_call;
	now->traced_ms = same ? e->played_ms : now->file.play.from_ms;
	now->traced_events = same ? e->file.nr_events : SIZE_MAX;
}

int emul_load(struct tdxctl_ctx *ctx, const char *file, const struct emul *before,
	      struct emul **out)
{
	struct emul *e;
	size_t len;
	int err;

	ctx_clear(ctx);
	e = calloc(1, sizeof(*e));
	if (!e)
		return ctx_nomem(ctx);
	e->ctx = ctx;
	if (file) {
		e->path = strdup(file);
		err = e->path ? emul_store_read(ctx, file, &e->text, &len) : ctx_nomem(ctx);
		if (!err)
			err = emul_file_parse(ctx, file, e->text, len, &e->file);
	} else {
		err = emul_file_default(ctx, NULL, &e->file);
	}
	if (!err && before) {
		e->snapshots = before->snapshots;
		keep_trace(before, e);
	}
	if (!err)
		err = emul_power_on(e);
	if (!err)
		err = emul_replay(e);
	if (!err)
		err = emul_play_begin(e);
	if (err) {
		emul_free(e);
		return err;
	}
	*out = e;
	return 0;
}

void emul_free(struct emul *e)
{
	if (!e)
		return;
	emul_power_off(e);
	free(e->timed);
	free(e->work);
	emul_file_clear(&e->file);
	free(e->text);
	free(e->path);
	free(e);
}

int emul_refresh(struct tdxctl_ctx *ctx)
{
	struct emul *e = ctx->host, *now;
	char *text;
	size_t len;
	int err;

	if (!e->path)
		return 0;
	err = emul_store_read(ctx, e->path, &text, &len);
	if (err)
		return err;
	if (strcmp(text, e->text)) {
		err = emul_load(ctx, e->path, e, &now);
		if (!err) {
			emul_free(e);
			ctx->host = now;
		}
	}
	free(text);
	return err;
}
