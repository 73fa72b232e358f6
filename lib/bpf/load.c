/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads the programs of the inventory, and runs them. */
#include <unistd.h>
#include "libbpf-lazy.h"

#define RECORDS_MAX (64U << 20)

struct observer_run {
	struct bpf_object *object;
	struct bpf_link *link;
};

static int load(struct observer_run *run, const struct inventory_config *config,
		struct observer_why *why)
{
	const struct observer_image image = observer_inventory();
	struct bpf_program *prog, *symbols_prog;
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_map *map;
	int err;

	run->object = libbpf.bpf_object__open_mem(image.data, image.size, NULL);
	if (!run->object)
		return libbpf_refused(why, "open", -errno);
	map = libbpf.bpf_object__find_map_by_name(run->object, ".rodata");
	prog = libbpf.bpf_object__find_program_by_name(run->object, "inventory");
	symbols_prog = libbpf.bpf_object__find_program_by_name(run->object, "symbols");
	if (!map || !prog || !symbols_prog)
		return libbpf_refused(why, "open", -ENOENT);
	err = libbpf.bpf_map__set_initial_value(map, config, sizeof(*config));
	if (!err)
		err = libbpf.bpf_object__load(run->object);
	if (err)
		return libbpf_refused(why, "load", err);
	err = libbpf.bpf_prog_test_run_opts(libbpf.bpf_program__fd(symbols_prog), &opts);
	if (err)
		return libbpf_refused(why, "run", err);
	run->link = libbpf.bpf_program__attach_iter(prog, NULL);
	return run->link ? 0 : libbpf_refused(why, "attach", -errno);
}

int inventory_open(struct tdxctl_ctx *ctx, const struct inventory_config *config,
		   struct observer_run **out, struct observer_why *why)
{
	struct observer_run *run;
	int err = libbpf_load(ctx, why);

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
	libbpf_quiet();
	return err;
}

int inventory_read(struct observer_run *run, void **buf, size_t *len, struct observer_why *why)
{
	int fd = libbpf.bpf_iter_create(libbpf.bpf_link__fd(run->link));
	ssize_t n;
	char *text;

	if (fd < 0)
		return libbpf_refused(why, "run", fd);
	n = fd_read(fd, RECORDS_MAX, &text);
	close(fd);
	if (n < 0)
		return libbpf_refused(why, "run", (int)n);
	*buf = text;
	*len = (size_t)n;
	return 0;
}

void inventory_close(struct observer_run *run)
{
	if (!run)
		return;
	libbpf.bpf_link__destroy(run->link);
	libbpf.bpf_object__close(run->object);
	free(run);
}
