/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libbpf, loaded on first use. */
#ifndef LIBBPF_LAZY_H
#define LIBBPF_LAZY_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "base/lazy.h"
#include "observer.h"

/* clang-format off */
#define LIBBPF(X) X(bpf_iter_create) X(bpf_link__destroy) X(bpf_link__fd) X(bpf_map__fd) \
	X(bpf_map__set_initial_value) X(bpf_map_lookup_elem) X(bpf_object__close) \
	X(bpf_object__find_map_by_name) X(bpf_object__find_program_by_name) \
	X(bpf_object__load) X(bpf_object__open_mem) X(bpf_prog_test_run_opts) \
	X(bpf_program__attach) X(bpf_program__attach_iter) X(bpf_program__fd) \
	X(bpf_program__set_autoload) X(libbpf_num_possible_cpus) X(libbpf_set_print) \
	X(ring_buffer__epoll_fd) X(ring_buffer__free) \
	X(ring_buffer__new) X(ring_buffer__poll)
/* clang-format on */

extern struct libbpf {
	LAZY_POINTERS(LIBBPF)
} libbpf;

/*
 * Loads it. Its messages go to the log of @ctx, until libbpf_quiet(). Returns 0, or
 * -EOPNOTSUPP with @why.
 */
int libbpf_load(struct tdxctl_ctx *ctx, struct observer_why *why);
void libbpf_quiet(void);
/* The kernel refused to @what ("load") programs. Returns -ENOMEM, or -EOPNOTSUPP with @why. */
int libbpf_refused(struct observer_why *why, const char *what, int err);

#endif
