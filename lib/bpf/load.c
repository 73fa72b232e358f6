/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads and runs BPF programs with libbpf, which is loaded on first use. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>
#include "base/lazy.h"
#include "observer.h"

#define RECORDS_MAX (64U << 20)

/* clang-format off */
#define LIBBPF(X) X(bpf_iter_create) X(bpf_link__destroy) X(bpf_link__fd) \
	X(bpf_map__set_initial_value) X(bpf_object__close) X(bpf_object__find_map_by_name) \
	X(bpf_object__find_program_by_name) X(bpf_object__load) X(bpf_object__open_mem) \
	X(bpf_prog_test_run_opts) X(bpf_program__attach_iter) X(bpf_program__fd) \
	X(libbpf_set_print)
/* clang-format on */

static struct {
	LAZY_POINTERS(LIBBPF)
} lazy;
static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(LIBBPF) };

struct observer_run {
	struct bpf_object *object;
	struct bpf_link *link;
};

/* libbpf's callback has no argument. */
static _Thread_local struct tdxctl_ctx *printing;

static int print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char msg[256];

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(msg, sizeof(msg), fmt, ap);
	msg[strcspn(msg, "\n")] = '\0';
	ctx_log(printing, TDXCTL_LOG_DEBUG, "%s", msg);
	return 0;
}

static int open_libbpf(struct tdxctl_ctx *ctx, struct observer_why *why)
{
	char *text = NULL;
	int err;

	err = lazy_load("libbpf.so.1", symbols, ARRAY_SIZE(symbols), &text);
	if (err)
		why_set(why, "%s", text ? text : "cannot load libbpf.so.1");
	free(text);
	if (err)
		return -EOPNOTSUPP;
	printing = ctx;
	lazy.libbpf_set_print(print);
	return 0;
}

static int refused(struct observer_why *why, const char *what, int err)
{
	if (err == -ENOMEM)
		return err;
	why_set(why, "the kernel refused to %s BPF programs: %s", what, strerror(-err));
	return -EOPNOTSUPP;
}

static int load(struct observer_run *run, const struct inventory_config *config,
		struct observer_why *why)
{
	const struct observer_image image = observer_inventory();
	struct bpf_program *prog, *symbols_prog;
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_map *map;
	int err;

	run->object = lazy.bpf_object__open_mem(image.data, image.size, NULL);
	if (!run->object)
		return refused(why, "open", -errno);
	map = lazy.bpf_object__find_map_by_name(run->object, ".rodata");
	prog = lazy.bpf_object__find_program_by_name(run->object, "inventory");
	symbols_prog = lazy.bpf_object__find_program_by_name(run->object, "symbols");
	if (!map || !prog || !symbols_prog)
		return refused(why, "open", -ENOENT);
	err = lazy.bpf_map__set_initial_value(map, config, sizeof(*config));
	if (!err)
		err = lazy.bpf_object__load(run->object);
	if (err)
		return refused(why, "load", err);
	err = lazy.bpf_prog_test_run_opts(lazy.bpf_program__fd(symbols_prog), &opts);
	if (err)
		return refused(why, "run", err);
	run->link = lazy.bpf_program__attach_iter(prog, NULL);
	return run->link ? 0 : refused(why, "attach", -errno);
}

int inventory_open(struct tdxctl_ctx *ctx, const struct inventory_config *config,
		   struct observer_run **out, struct observer_why *why)
{
	struct observer_run *run;
	int err = open_libbpf(ctx, why);

	if (err)
		return err;
	run = calloc(1, sizeof(*run));
	if (!run)
		return -ENOMEM;
	err = load(run, config, why);
	if (err)
		inventory_close(run);
	else
		*out = run;
	printing = NULL;
	return err;
}

int inventory_read(struct observer_run *run, void **buf, size_t *len, struct observer_why *why)
{
	int fd = lazy.bpf_iter_create(lazy.bpf_link__fd(run->link));
	ssize_t n;
	char *text;

	if (fd < 0)
		return refused(why, "run", fd);
	n = fd_read(fd, RECORDS_MAX, &text);
	close(fd);
	if (n < 0)
		return refused(why, "run", (int)n);
	*buf = text;
	*len = (size_t)n;
	return 0;
}

void inventory_close(struct observer_run *run)
{
	if (!run)
		return;
	lazy.bpf_link__destroy(run->link);
	lazy.bpf_object__close(run->object);
	free(run);
}
