// SPDX-License-Identifier: GPL-2.0-only
/* Every question to a host: who answers it, what a host that cannot returns, and old errors. */
#include "base/backend.h"
#include "lib-fake.h"

#define ANSWER (-EDOM) /* what each member of the scripted host returns */

static unsigned int asked;

static int answer(struct tdxctl_ctx *ctx)
{
	asked++;
	/* The caller has cleared the error of an earlier call. */
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_STR(tdxctl_hint(ctx), "");
	return ANSWER;
}

static int s_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	(void)out;
	return answer(ctx);
}

static int s_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count)
{
	(void)out;
	(void)count;
	return answer(ctx);
}

static int s_pins(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td, struct tdxctl_pin **out,
		  size_t *count)
{
	(void)td;
	(void)out;
	(void)count;
	return answer(ctx);
}

static int s_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
			  const struct tdxctl_release_options *opts, struct tdxctl_release **out,
			  struct tdxctl_release_state *plan)
{
	(void)td;
	CHECK_EQ(opts->strategy, TDXCTL_STRATEGY_STOP);
	CHECK_EQ(opts->cpus, 3);
	CHECK(!*out);
	CHECK_EQ(plan->hkid, TDXCTL_UNKNOWN32);
	return answer(ctx);
}

static int s_helper(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out)
{
	(void)out;
	CHECK_STR(file, "a.ko");
	return answer(ctx);
}

static int s_helper_load(struct tdxctl_ctx *ctx, const char *file)
{
	CHECK_STR(file, "b.ko");
	return answer(ctx);
}

static int s_trace_open(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
			struct tdxctl_trace **out)
{
	(void)out;
	CHECK_STR(opts->leaf, "MNG.*");
	return answer(ctx);
}

/* These set no error, and callers go on without their answer: an earlier error stays. */
static int s_seconds(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	(void)ctx;
	*seconds = 7;
	asked++;
	return ANSWER;
}

static int s_hostname(struct tdxctl_ctx *ctx, char *buf, size_t len)
{
	(void)ctx;
	snprintf(buf, len, "box");
	asked++;
	return ANSWER;
}

static ssize_t s_conf(struct tdxctl_ctx *ctx, size_t max, char **text)
{
	(void)ctx;
	(void)text;
	CHECK_EQ(max, 99);
	asked++;
	return ANSWER;
}

static const struct backend all = {
	.name = "scripted",
	.unsupported = "never used",
	.snapshot = s_snapshot,
	.cpu_check = s_cpu_check,
	.pins = s_pins,
	.release_open = s_release_open,
	.boot_time = s_seconds,
	.time = s_seconds,
	.hostname = s_hostname,
	.conf = s_conf,
	.helper = s_helper,
	.helper_load = s_helper_load,
	.helper_unload = answer,
	.trace_open = s_trace_open,
};

static const struct backend none = {
	.name = "empty",
	.unsupported = "this host is a picture",
	.hint = "take a real one",
};

/* Makes each call that reports an error; each must return @want. */
static void ask(struct tdxctl_ctx *ctx, int want)
{
	const struct tdxctl_release_options opts = { .strategy = TDXCTL_STRATEGY_STOP, .cpus = 3 };
	const struct tdxctl_trace_options filter = { .leaf = "MNG.*" };
	struct tdxctl_td_view td = { .vm.uid = (uid_t)-1 };
	struct tdxctl_release *r = (void *)&td;
	struct tdxctl_trace *trace;
	struct tdxctl_cpu_check_rec *recs;
	struct tdxctl_release_state plan;
	struct tdxctl_snapshot *snap;
	struct tdxctl_helper *helper;
	struct tdxctl_pin *pins;
	size_t n;

#define ASK(call) \
	do { \
		ctx_fail(ctx, -EIO, "old hint", "old error"); \
		CHECK_EQ(call, want); \
		CHECK_STR(tdxctl_error(ctx), want == ANSWER ? "" : none.unsupported); \
		CHECK_STR(tdxctl_hint(ctx), want == ANSWER ? "" : none.hint); \
	} while (0)
	ASK(tdxctl_snapshot_get(ctx, &snap));
	ASK(tdxctl_cpu_check(ctx, &recs, &n));
	ASK(tdxctl_pins_get(ctx, &td, &pins, &n));
	ASK(tdxctl_helper_get(ctx, "a.ko", &helper));
	ASK(tdxctl_helper_load(ctx, "b.ko"));
	ASK(tdxctl_helper_unload(ctx));
	ASK(tdxctl_trace_open(ctx, &filter, &trace));
	ASK(tdxctl_release_open(ctx, &td, &opts, &r, &plan));
	CHECK(!r);
#undef ASK
}

static void each_question_is_passed_on(void)
{
	struct tdxctl_ctx *ctx = fake_live();
	const struct backend *live = ctx->backend;
	uint64_t seconds = 0;
	char name[8] = "";
	char *text;

	ctx->backend = &all;
	ask(ctx, ANSWER);
	CHECK_EQ(asked, 8);
	CHECK_EQ(tdxctl_boot_time(ctx, &seconds), ANSWER);
	CHECK_EQ(seconds, 7);
	seconds = 0;
	CHECK_EQ(tdxctl_host_time(ctx, &seconds), ANSWER);
	CHECK_EQ(seconds, 7);
	CHECK_EQ(tdxctl_host_name(ctx, name, sizeof(name)), ANSWER);
	CHECK_STR(name, "box");
	CHECK_EQ(backend_conf(ctx, 99, &text), ANSWER);
	CHECK_EQ(asked, 12);
	ctx->backend = live;
	tdxctl_free(ctx);
}

/* A host that cannot answer names its kind; what callers can do without is quiet. */
static void questions_that_a_host_cannot_answer(void)
{
	struct tdxctl_ctx *ctx = fake_live();
	const struct backend *live = ctx->backend;
	uint64_t seconds;
	char name[8];
	char *text;

	ctx->backend = &none;
	ask(ctx, -EOPNOTSUPP);
	ctx_clear(ctx);
	CHECK_EQ(tdxctl_boot_time(ctx, &seconds), -EOPNOTSUPP);
	CHECK_EQ(tdxctl_host_time(ctx, &seconds), -EOPNOTSUPP);
	CHECK_EQ(tdxctl_host_name(ctx, name, sizeof(name)), -EOPNOTSUPP);
	CHECK_EQ(backend_conf(ctx, 99, &text), -ENOENT);
	CHECK_STR(tdxctl_error(ctx), "");
	ctx->backend = live;
	tdxctl_free(ctx);
}

/* The strategy is checked before the host is asked. */
static void unknown_strategy(void)
{
	const struct tdxctl_release_options opts = { .strategy = TDXCTL_STRATEGIES };
	struct tdxctl_td_view td = { .vm.uid = (uid_t)-1 };
	struct tdxctl_release_state plan;
	struct tdxctl_ctx *ctx = fake_live();
	const struct backend *live = ctx->backend;
	struct tdxctl_release *r = (void *)&td;

	ctx->backend = &all;
	asked = 0;
	CHECK_EQ(tdxctl_release_open(ctx, &td, &opts, &r, &plan), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "unknown strategy"));
	CHECK(!r);
	CHECK_EQ(asked, 0);
	ctx->backend = live;
	tdxctl_free(ctx);
	tdxctl_release_free(NULL);
}

static struct tdxctl_ctx *shared;

static int open_release_of(uid_t uid)
{
	const struct tdxctl_release_options opts = { .strategy = TDXCTL_STRATEGY_STOP, .cpus = 3 };
	const struct tdxctl_td_view td = { .vm = { .name = (char *)"web", .uid = uid } };
	struct tdxctl_release_state plan;
	struct tdxctl_release *r;

	return tdxctl_release_open(shared, &td, &opts, &r, &plan);
}

static void a_user_may_release_only_own_vms(void)
{
	CHECK_EQ(open_release_of(geteuid()), ANSWER);
	/* The kernel decides if the owner is not known. */
	CHECK_EQ(open_release_of((uid_t)-1), ANSWER);
	asked = 0;
	CHECK_EQ(open_release_of(0), -EPERM);
	CHECK_STR(tdxctl_error(shared), "web: owned by another user (uid 0)");
	CHECK(strstr(tdxctl_hint(shared), "root"));
	CHECK_EQ(open_release_of(geteuid() + 1), -EPERM);
	CHECK_EQ(asked, 0);
}

static void who_may_release(void)
{
	const struct backend *live;

	shared = fake_live();
	live = shared->backend;
	shared->backend = &all;
	as_nobody(a_user_may_release_only_own_vms);
	/* Root may release every VM. */
	CHECK_EQ(open_release_of(geteuid() ? geteuid() : 4711), ANSWER);
	shared->backend = live;
	tdxctl_free(shared);
}

/* ---- a release */

static bool freed;

static int r_step(struct tdxctl_release *r, unsigned int wait_ms, struct tdxctl_release_state *st)
{
	CHECK(r->ctx == shared);
	CHECK_EQ(wait_ms, 5);
	CHECK_STR(tdxctl_error(shared), "");
	st->hkid = 3;
	return ANSWER;
}

static int r_cancel(struct tdxctl_release *r)
{
	(void)r;
	return -ECANCELED;
}

static void r_free(struct tdxctl_release *r)
{
	(void)r;
	freed = true;
}

static void releases(void)
{
	static const struct release_ops ops = { r_step, r_cancel, r_free };
	struct tdxctl_release_state st = { 0 };
	struct tdxctl_release r = { .ops = &ops };

	r.ctx = shared = fake_live();
	ctx_fail(shared, -EIO, NULL, "old error");
	CHECK_EQ(tdxctl_release_step(&r, 5, &st), ANSWER);
	CHECK_EQ(st.hkid, 3);
	CHECK_EQ(tdxctl_release_cancel(&r), -ECANCELED);
	tdxctl_release_free(&r);
	CHECK(freed);
	tdxctl_free(shared);
}

int main(void)
{
	fake_new();
	RUN(each_question_is_passed_on);
	RUN(questions_that_a_host_cannot_answer);
	RUN(unknown_strategy);
	RUN(who_may_release);
	RUN(releases);
	fake_end();
	return check_done("lib-backend");
}
