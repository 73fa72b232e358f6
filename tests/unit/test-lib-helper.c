/* SPDX-License-Identifier: GPL-2.0-only */
/* The client of /dev/tdxctl against helpers that refuse, lie, grow or vanish. */
#include "lib-fake.h"

enum { INFO, SNAPSHOT, CPU_CHECK, NCALLS };

static struct script {
	int open_err;
	int err[NCALLS];   /* answer of the call, 0 = served */
	int times[NCALLS]; /* how often it fails; 0 = always */
	int calls[NCALLS];
	uint32_t announced; /* snapshot_size */
	bool growing;	    /* needs more at every attempt */
	bool short_reply;   /* success, but next to nothing written */
	uint32_t nr_cpus, extra_cpus;
	uint32_t stride;
	int open_fds;
	int open_flags; /* of the last open */
	bool older;	/* a helper whose INFO ends before leaked_pages */
} script;

static int s_open(void *arg, const char *path, int flags)
{
	CHECK(arg == &script);
	script.open_flags = flags & O_ACCMODE;
	CHECK_STR(path, "/dev/tdxctl");
	if (script.open_err)
		return script.open_err;
	script.open_fds++;
	return 100;
}

static int s_close(void *arg, int fd)
{
	(void)arg;
	CHECK_EQ(fd, 100);
	script.open_fds--;
	return 0;
}

static int failing(int call)
{
	script.calls[call]++;
	if (script.err[call] && (!script.times[call] || script.calls[call] <= script.times[call]))
		return script.err[call];
	return 0;
}

static int s_info(struct tdxctl_info *info)
{
	int err = failing(INFO);

	if (err)
		return err;
	CHECK_EQ(info->size, sizeof(*info));
	CHECK_EQ(info->flags, 0);
	if (script.older && info->leaked_pages)
		return -E2BIG;
	if (!script.older)
		info->leaked_pages = 5;
	info->nr_hkids = 4;
	info->first_hkid = 17;
	info->global_hkid = 16;
	info->nr_cpus = script.nr_cpus;
	info->snapshot_size = script.announced;
	/* Not terminated. */
	memset(info->provider, 'p', sizeof(info->provider));
	memset(info->version, 'v', sizeof(info->version));
	return 0;
}

static int s_snapshot(struct tdxctl_snapshot_args *a)
{
	struct fake_snapshot s;
	int err = failing(SNAPSHOT);

	if (script.growing) {
		a->needed = a->buf_size + 1;
		return -ENOSPC;
	}
	if (err) {
		if (err == -ENOSPC)
			a->needed = sizeof(s);
		return err;
	}
	fake_snapshot(&s);
	if (a->buf_size < sizeof(s)) {
		a->needed = sizeof(s);
		return -ENOSPC;
	}
	memcpy((void *)(uintptr_t)a->buf, &s, script.short_reply ? 4 : sizeof(s));
	return 0;
}

static int s_cpu_check(struct tdxctl_cpu_check_args *a)
{
	struct tdxctl_cpu_check_rec *recs = (void *)(uintptr_t)a->buf;
	uint32_t n = script.nr_cpus + script.extra_cpus;
	int err = failing(CPU_CHECK);

	a->count = n;
	a->stride = script.stride ? script.stride : sizeof(*recs);
	if (err)
		return err;
	if (a->count_in < n)
		return -ENOSPC;
	for (uint32_t i = 0; i < n; i++)
		recs[i] = (struct tdxctl_cpu_check_rec){
			.cpu = i,
			.online = 1,
			.state = i == 1 ? 4711 : TDXCTL_CPU_ENABLED,
		};
	return 0;
}

static int s_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	(void)arg;
	CHECK_EQ(fd, 100);
	switch (req) {
	case TDXCTL_IOC_INFO:
		return s_info(p);
	case TDXCTL_IOC_SNAPSHOT:
		return s_snapshot(p);
	case TDXCTL_IOC_CPU_CHECK:
		return s_cpu_check(p);
	}
	return -ENOTTY;
}

static const struct tdxctl_ops ops = { .open = s_open, .close = s_close, .ioctl = s_ioctl };

/* One snapshot under @s; the error text must contain @says. */
static int snapshot(struct script s, const char *says, const char *hint)
{
	struct tdxctl_snapshot *snap = NULL;
	struct tdxctl_ctx *ctx = fake_live();
	int err;

	script = s;
	tdxctl_set_ops(ctx, &ops, &script);
	err = tdxctl_snapshot_get(ctx, &snap);
	if (says && !CHECK(strstr(tdxctl_error(ctx), says)))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", tdxctl_error(ctx), says);
	if (hint && !CHECK(strstr(tdxctl_hint(ctx), hint)))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", tdxctl_hint(ctx), hint);
	if (!err) {
		CHECK_EQ(snap->nr_tds, FAKE_TDS);
		CHECK_EQ(strlen(snap->info.version), sizeof(snap->info.version) - 1);
		CHECK_EQ(strlen(snap->info.provider), sizeof(snap->info.provider) - 1);
		/* No such process in this /proc: the TD keeps its old name. */
		CHECK_STR(snap->tds[0].vm.name, "vmm0");
		CHECK_EQ(snap->tds[0].vm.pid, 0);
		CHECK_EQ(snap->source, TDXCTL_SOURCE_HELPER);
		CHECK(snap->platform.has_tdx);
		CHECK_EQ(snap->info.leaked_pages, script.older ? TDXCTL_UNKNOWN : 5);
		tdxctl_snapshot_free(snap);
	}
	CHECK_EQ(script.open_fds, 0);
	tdxctl_free(ctx);
	return err;
}

static void served(void)
{
	CHECK_EQ(snapshot((struct script){ .announced = 8192 }, NULL, NULL), 0);
	CHECK_EQ(script.calls[SNAPSHOT], 1);
	CHECK_EQ(script.calls[INFO], 1);
	/* Reading needs no right to act. */
	CHECK_EQ(script.open_flags, O_RDONLY);
}

/* What an older helper does not report is unknown, not zero. */
static void older_helper(void)
{
	CHECK_EQ(snapshot((struct script){ .older = true }, NULL, NULL), 0);
	CHECK_EQ(script.calls[INFO], 2);
}

static void refused(void)
{
	CHECK_EQ(snapshot((struct script){ .open_err = -EACCES },
			  "cannot open /dev/tdxctl: Permission denied",
			  "add the user to the group tdxctl, or run as root"),
		 -EACCES);
	CHECK_EQ(snapshot((struct script){ .open_err = -EPERM }, "/dev/tdxctl", "root"), -EPERM);
	CHECK_EQ(snapshot((struct script){ .err[INFO] = -EPERM }, "not permitted", "root"), -EPERM);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -EPERM }, "not permitted", "root"),
		 -EPERM);
}

static void absent(void)
{
	static const int errs[] = { -ENOENT, -ENODEV, -ENXIO };

	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		struct tdxctl_snapshot *snap;
		struct tdxctl_ctx *ctx = fake_live();

		script = (struct script){ .open_err = errs[i] };
		tdxctl_set_ops(ctx, &ops, &script);
		if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
			CHECK_EQ(snap->source, TDXCTL_SOURCE_HOST);
			CHECK_STR(tdxctl_error(ctx), "");
			tdxctl_snapshot_free(snap);
		}
		tdxctl_free(ctx);
	}
}

static void other_abi(void)
{
	static const int errs[] = { -ENOTTY, -EINVAL, -E2BIG };

	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		CHECK_EQ(snapshot((struct script){ .err[INFO] = errs[i] },
				  "does not match this tdxctl", "unload"),
			 -ENOTTY);
		CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = errs[i] },
				  "does not match this tdxctl", "unload"),
			 -ENOTTY);
	}
}

static void vanished(void)
{
	CHECK_EQ(snapshot((struct script){ .err[INFO] = -ENODEV }, "was unloaded", "helper load"),
		 -ENODEV);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -ENODEV }, "was unloaded",
			  "helper load"),
		 -ENODEV);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -ENXIO }, "was unloaded",
			  "helper load"),
		 -ENODEV);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -EBADF }, "was unloaded",
			  "helper load"),
		 -ENODEV);
}

/* Any other error is named as it is. */
static void other_errors(void)
{
	CHECK_EQ(snapshot((struct script){ .open_err = -EMFILE },
			  "cannot open /dev/tdxctl: Too many open files", ""),
		 -EMFILE);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -EINTR }, "interrupted", ""), -EINTR);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -EACCES }, "not permitted", "root"),
		 -EACCES);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -EIO }, "Input/output error",
			  "kernel log"),
		 -EIO);
}

static void growth(void)
{
	/* Announced nothing, needs more: asked again with what is needed. */
	CHECK_EQ(snapshot((struct script){ .announced = 0 }, NULL, NULL), 0);
	CHECK_EQ(snapshot((struct script){ .err[SNAPSHOT] = -ENOSPC, .times[SNAPSHOT] = 3 }, NULL,
			  NULL),
		 0);
	CHECK_EQ(script.calls[SNAPSHOT], 4);
	/* Growing without limit: fails after a bounded number of attempts. */
	CHECK_EQ(snapshot((struct script){ .growing = true }, "invalid buffer size", NULL),
		 -EPROTO);
	CHECK(script.calls[SNAPSHOT] <= 16);
	CHECK_EQ(snapshot((struct script){ .announced = 0xffffffff }, "invalid buffer size", NULL),
		 -EPROTO);
	CHECK_EQ(snapshot((struct script){ .announced = 0xf0000000 }, "invalid buffer size", NULL),
		 -EPROTO);
	CHECK_EQ(script.calls[SNAPSHOT], 0);
}

static void malformed(void)
{
	CHECK_EQ(snapshot((struct script){ .short_reply = true }, "snapshot:", "module"), -EPROTO);
}

static int cpu_check(struct script s, size_t *count, const char *says)
{
	struct tdxctl_cpu_check_rec *recs;
	struct tdxctl_ctx *ctx = fake_live();
	int err;

	script = s;
	tdxctl_set_ops(ctx, &ops, &script);
	err = tdxctl_cpu_check(ctx, &recs, count);
	if (says && !CHECK(strstr(tdxctl_error(ctx), says)))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", tdxctl_error(ctx), says);
	if (!err) {
		CHECK_EQ(recs[1].state, TDXCTL_CPU_UNKNOWN);
		CHECK_EQ(recs[2].state, TDXCTL_CPU_ENABLED);
		free(recs);
	}
	CHECK_EQ(script.open_fds, 0);
	tdxctl_free(ctx);
	return err;
}

static void cpu_checks(void)
{
	size_t n;

	CHECK_EQ(cpu_check((struct script){ .nr_cpus = 4 }, &n, NULL), 0);
	CHECK_EQ(n, 4);
	CHECK_EQ(script.open_flags, O_RDWR);
	CHECK_EQ(cpu_check((struct script){ .open_err = -EACCES }, &n, "Permission denied"),
		 -EACCES);
	CHECK_EQ(cpu_check((struct script){ .nr_cpus = 4, .extra_cpus = 100 }, &n, NULL), 0);
	CHECK_EQ(n, 104);
	CHECK_EQ(cpu_check((struct script){ .nr_cpus = 4, .err[CPU_CHECK] = -EOPNOTSUPP }, &n,
			   "no SEAMCALL entry point"),
		 -EOPNOTSUPP);
	CHECK_EQ(cpu_check((struct script){ .nr_cpus = 4, .err[CPU_CHECK] = -ENOSPC }, &n,
			   "invalid buffer size"),
		 -EPROTO);
	CHECK_EQ(cpu_check((struct script){ .nr_cpus = 0xffffffff }, &n, "invalid buffer size"),
		 -EPROTO);
	CHECK_EQ(cpu_check((struct script){ .nr_cpus = 4, .stride = 8 }, &n, "records of 8 bytes"),
		 -EPROTO);
	CHECK_EQ(cpu_check((struct script){ .open_err = -ENOENT }, &n, "not loaded"), -ENOENT);
}

/* A refusal before the CPUs are checked: no list, and the reason. */
static void cpu_check_without_info(void)
{
	static const struct {
		int err, want;
		const char *says;
	} t[] = {
		{ -EPERM, -EPERM, "not permitted" },
		{ -ENOTTY, -ENOTTY, "does not match" },
		{ -ENODEV, -ENODEV, "unloaded" },
		{ -EIO, -EIO, "info" },
	};
	size_t n;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		CHECK_EQ(cpu_check((struct script){ .nr_cpus = 4, .err[INFO] = t[i].err }, &n,
				   t[i].says),
			 t[i].want);
		CHECK_EQ(script.calls[CPU_CHECK], 0);
		CHECK_EQ(cpu_check((struct script){ .nr_cpus = 4, .err[CPU_CHECK] = t[i].err }, &n,
				   t[i].err == -EIO ? "cpu check" : t[i].says),
			 t[i].want);
		CHECK_EQ(script.calls[CPU_CHECK], 1);
	}
	/* A helper that does not report its number of CPUs still gets a buffer. */
	CHECK_EQ(cpu_check((struct script){ .nr_cpus = 0, .extra_cpus = 65 }, &n, NULL), 0);
	CHECK_EQ(n, 65);
	CHECK_EQ(script.calls[CPU_CHECK], 2);
}

/* No device is opened for a captured host. */
static void cpu_check_of_a_captured_host(void)
{
	struct tdxctl_cpu_check_rec *recs = NULL;
	struct tdxctl_ctx *ctx = fake_live();
	size_t n = 7;

	script = (struct script){ .nr_cpus = 4 };
	tdxctl_set_ops(ctx, &ops, &script);
	CHECK_EQ(tdxctl_set_root(ctx, fake_dir), 0);
	CHECK_EQ(tdxctl_cpu_check(ctx, &recs, &n), -EOPNOTSUPP);
	CHECK(strstr(tdxctl_error(ctx), "captured host"));
	CHECK(strstr(tdxctl_hint(ctx), "live host"));
	CHECK(!recs);
	CHECK_EQ(script.calls[INFO] + script.calls[CPU_CHECK], 0);
	tdxctl_free(ctx);
}

static int s_pidfd_open(void *arg, pid_t pid)
{
	(void)arg;
	if (pid == 4001)
		return -ESRCH;
	script.open_fds++;
	return 100;
}

/*
 * Only the processes of the TD that is going away and of the one whose PID is
 * free are looked for; they are not there.
 */
static void brief(void)
{
	struct tdxctl_ctx *ctx = fake_live();
	struct tdxctl_ops with_pids = ops;
	struct tdxctl_snapshot *snap;

	script = (struct script){ .announced = 8192 };
	with_pids.pidfd_open = s_pidfd_open;
	fake_link("proc/self/ns/pid", "pid:[4026531836]");
	tdxctl_set_ops(ctx, &with_pids, &script);
	tdxctl_set_brief(ctx, true);
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_STR(snap->tds[0].vm.name, "vmm0");
		CHECK_EQ(snap->tds[0].vm.pid, 4000);
		CHECK(!snap->tds[0].vm.gone);
		CHECK_EQ(snap->tds[1].vm.pid, 0);
		CHECK(snap->tds[1].vm.gone);
		CHECK_EQ(snap->tds[2].vm.pid, 0);
		CHECK(!snap->tds[2].vm.gone);
		CHECK_EQ(script.open_fds, 0);
		tdxctl_snapshot_free(snap);
	}
	tdxctl_free(ctx);
}

int main(void)
{
	fake_new();
	RUN(served);
	RUN(older_helper);
	RUN(refused);
	RUN(absent);
	RUN(other_abi);
	RUN(vanished);
	RUN(other_errors);
	RUN(growth);
	RUN(malformed);
	RUN(brief);
	RUN(cpu_checks);
	RUN(cpu_check_without_info);
	RUN(cpu_check_of_a_captured_host);
	fake_end();
	return check_done("lib-helper");
}
