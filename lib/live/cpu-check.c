/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPU check of the live host: the helper issues a SEAMCALL on each online CPU. */
#include "live.h"

/* Buffer sizes to try; two are enough, because the number of possible CPUs is fixed. */
#define CHECK_TRIES 4
#define CHECK_MAX   65536U

static int check_once(struct tdxctl_ctx *ctx, int fd, uint32_t room, void **buf,
		      struct tdxctl_cpu_check_args *args)
{
	*buf = calloc(room, sizeof(struct tdxctl_cpu_check_rec));
	if (!*buf)
		return ctx_nomem(ctx);
	*args = (struct tdxctl_cpu_check_args){
		.size = sizeof(*args),
		.buf = (uintptr_t)*buf,
		.count_in = room,
		.stride = sizeof(struct tdxctl_cpu_check_rec),
	};
	return op_ioctl(ctx, fd, TDXCTL_IOC_CPU_CHECK, args);
}

static int helper_cpu_check(struct tdxctl_ctx *ctx, int fd, struct tdxctl_cpu_check_rec **out,
			    size_t *count)
{
	struct tdxctl_cpu_check_args args;
	struct tdxctl_cpu_check_rec *recs;
	struct tdxctl_info info;
	uint32_t room;
	void *buf;
	int err = helper_info(ctx, fd, &info);

	if (err)
		return err;
	room = info.nr_cpus ? info.nr_cpus : 64;
	for (int i = 0;; i++) {
		if (room > CHECK_MAX || i == CHECK_TRIES)
			return ctx_fail(ctx, -EPROTO, NULL,
					"cpu check: the helper requests an invalid buffer size (%u CPUs)",
					room);
		err = check_once(ctx, fd, room, &buf, &args);
		if (err != -ENOSPC)
			break;
		free(buf);
		room = args.count > room ? args.count : room * 2;
	}
	if (err < 0) {
		free(buf);
		if (err == -EOPNOTSUPP)
			return ctx_fail(ctx, err, "load kvm_intel with tdx=1 (or tdx_emul) first",
					"cpu check: this kernel has no SEAMCALL entry point");
		return err == -ENOMEM ? err : helper_fail(ctx, err, "cpu check");
	}
	/* The helper writes records of its own size: another size is another version. */
	if (args.count > room || args.stride != sizeof(*recs)) {
		free(buf);
		return ctx_fail(ctx, -EPROTO,
				"reload it: 'tdxctl helper unload && tdxctl helper load'",
				"cpu check: the helper returned %u records of %u bytes, at most %u of %zu were expected",
				args.count, args.stride, room, sizeof(*recs));
	}
	recs = buf;
	for (uint32_t i = 0; i < args.count; i++) {
		recs[i].online = !!recs[i].online;
		if (recs[i].state >= TDXCTL_CPU_STATES)
			recs[i].state = TDXCTL_CPU_UNKNOWN;
	}
	*out = recs;
	*count = args.count;
	return 0;
}

int live_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count)
{
	int fd = helper_open(ctx, HELPER_ACT), err;

	if (fd < 0)
		return fd;
	err = helper_cpu_check(ctx, fd, out, count);
	op_close(ctx, fd);
	return err;
}
