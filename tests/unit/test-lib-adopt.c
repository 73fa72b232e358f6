/* SPDX-License-Identifier: GPL-2.0-only */
/* TDs older than the helper: which files are registered, and which TDs cannot be read. */
#include <linux/kcmp.h>
#include "lib-fake.h"

#define VM    "anon_inode:kvm-vm"
#define PIDFD 1000

static struct world {
	uint64_t features;
	bool no_kvm;
	int answer;   /* to every ADOPT */
	int open_err; /* to opening the device for writing */
	int warned;
	uint32_t max_vcpus;
	int same_fd[2];	       /* two descriptors of one file */
	struct tdxctl_td late; /* a TD the helper found by its calls */
	/* what was asked */
	int done, nr_asked, bad_kcmps;
	int asked[8][2]; /* process, descriptor */
} world;

static int w_open(void *arg, const char *path, int flags)
{
	(void)arg;
	if (strcmp(path, "/dev/tdxctl"))
		return -ENOENT;
	if (world.open_err && (flags & O_ACCMODE) != O_RDONLY)
		return world.open_err;
	return 100;
}

static int w_close(void *arg, int fd)
{
	(void)arg;
	CHECK(fd == 100 || fd >= PIDFD);
	return 0;
}

static int w_pidfd_open(void *arg, pid_t pid)
{
	char path[32];

	(void)arg;
	snprintf(path, sizeof(path), "proc/%d", pid);
	return access(fake_path(path), F_OK) ? -ESRCH : PIDFD + pid;
}

static int w_kcmp(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib)
{
	(void)arg;
	world.bad_kcmps += a != b || type != KCMP_FILE;
	return ((int)ia == world.same_fd[0] && (int)ib == world.same_fd[1]) ||
	       ((int)ib == world.same_fd[0] && (int)ia == world.same_fd[1]);
}

static int w_adopt(struct tdxctl_adopt_args *a)
{
	CHECK_EQ(a->size, sizeof(*a));
	CHECK_EQ(a->max_vcpus, 0);
	if (a->flags & TDXCTL_ADOPT_DONE) {
		world.done++;
		return world.answer == -EPERM ? -EPERM : 0;
	}
	if (CHECK(world.nr_asked < 8)) {
		world.asked[world.nr_asked][0] = a->pidfd - PIDFD;
		world.asked[world.nr_asked++][1] = a->vm_fd;
	}
	a->max_vcpus = world.max_vcpus;
	return world.answer;
}

static int w_snapshot(struct tdxctl_snapshot_args *a)
{
	struct fake_snapshot s;

	if (a->buf_size < sizeof(s))
		return -ENOSPC;
	fake_snapshot(&s);
	if (world.late.tdr)
		s.tds[0] = world.late;
	memcpy((void *)(uintptr_t)a->buf, &s, sizeof(s));
	return 0;
}

static int w_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	struct tdxctl_info *info = p;

	(void)arg;
	CHECK_EQ(fd, 100);
	switch (req) {
	case TDXCTL_IOC_INFO:
		info->features = world.features;
		info->attached_ns = 1;
		info->snapshot_size = sizeof(struct fake_snapshot);
		return 0;
	case TDXCTL_IOC_SNAPSHOT:
		return w_snapshot(p);
	case TDXCTL_IOC_ADOPT:
		return w_adopt(p);
	}
	return -ENOTTY;
}

static const struct tdxctl_ops ops = {
	.open = w_open,
	.close = w_close,
	.ioctl = w_ioctl,
	.pidfd_open = w_pidfd_open,
	.kcmp = w_kcmp,
};

/* Process 40 has two VMs, one of them twice; 41 has none; 42 has one. */
static void host(void)
{
	fake_new();
	if (!world.no_kvm)
		fake_file("sys/module/kvm_intel/refcnt", "1\n");
	fake_process(40, 4000, "qemu");
	fake_link("proc/40/fd/0", "/dev/null");
	fake_link("proc/40/fd/7", VM);
	fake_link("proc/40/fd/8", VM);
	fake_link("proc/40/fd/9", VM);
	fake_link("proc/40/fd/10", "anon_inode:kvm-vcpu:0");
	fake_process(41, 4100, "bash");
	fake_link("proc/41/fd/0", "/dev/null");
	fake_process(42, 4200, "ch");
	fake_link("proc/42/fd/3", VM);
	fake_file("sys/kernel/debug/kvm/42-3/vcpu0/pid", "1\n");
	fake_file("sys/kernel/debug/kvm/42-3/vcpu1/pid", "1\n");
	fake_file("sys/kernel/debug/kvm/42-3/exits", "1\n");
}

static void note(void *arg, enum tdxctl_log_level level, const char *msg)
{
	(void)arg;
	world.warned += level == TDXCTL_LOG_WARN && strstr(msg, "as root");
}

static struct tdxctl_snapshot *snapshot(struct world w)
{
	struct tdxctl_snapshot *snap = NULL;
	struct tdxctl_ctx *ctx;

	world = w;
	host();
	ctx = fake_live();
	tdxctl_set_ops(ctx, &ops, NULL);
	tdxctl_set_log(ctx, note, NULL);
	CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_EQ(world.bad_kcmps, 0);
	tdxctl_free(ctx);
	fake_end();
	return snap;
}

static bool was_asked(int pid, int fd)
{
	for (int i = 0; i < world.nr_asked; i++)
		if (world.asked[i][0] == pid && world.asked[i][1] == fd)
			return true;
	return false;
}

/* Each VM file is shown to the helper, and then that was all. */
static void readable(void)
{
	static const int answers[] = { 0, -EINVAL, -EXDEV, -ESRCH, -EBADF };

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct tdxctl_snapshot *snap = snapshot((struct world){ .answer = answers[i] });

		CHECK_EQ(world.nr_asked, 4);
		CHECK_EQ(world.warned, 0);
		CHECK(was_asked(40, 7) && was_asked(40, 8) && was_asked(40, 9) && was_asked(42, 3));
		CHECK_EQ(world.done, 1);
		/* The snapshot that completes the scan is complete already. */
		CHECK(snap->info.features & TDXCTL_F_ADOPTED);
		CHECK_EQ(snap->nr_tds, FAKE_TDS);
		tdxctl_snapshot_free(snap);
	}
}

/* A look that could not see everything is repeated. */
static void refused(void)
{
	struct tdxctl_snapshot *snap = snapshot((struct world){ .answer = -ENOSPC });

	CHECK_EQ(world.nr_asked, 4);
	CHECK_EQ(world.done, 0);
	CHECK(!(snap->info.features & TDXCTL_F_ADOPTED));
	CHECK_EQ(snap->nr_tds, FAKE_TDS);
	tdxctl_snapshot_free(snap);
}

/* A user who may only read gets the snapshot, and one warning that TDs may be missing. */
static void not_permitted(void)
{
	struct tdxctl_snapshot *snap = snapshot((struct world){ .open_err = -EACCES });

	CHECK_EQ(world.nr_asked, 0);
	CHECK_EQ(world.done, 0);
	CHECK_EQ(world.warned, 1);
	CHECK_EQ(snap->nr_tds, FAKE_TDS);
	tdxctl_snapshot_free(snap);

	/* The device may be opened, but the helper refuses: the first refusal ends the scan. */
	snap = snapshot((struct world){ .answer = -EPERM });
	CHECK_EQ(world.nr_asked, 1);
	CHECK_EQ(world.done, 0);
	CHECK_EQ(world.warned, 1);
	CHECK_EQ(snap->nr_tds, FAKE_TDS);
	tdxctl_snapshot_free(snap);
}

static void not_looked_for(void)
{
	static const struct world worlds[] = {
		{ .features = TDXCTL_F_ADOPTED },
		{ .features = TDXCTL_F_FROM_START },
		{ .features = TDXCTL_F_EMULATED },
		{ .no_kvm = true },
	};

	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		struct tdxctl_snapshot *snap = snapshot(worlds[i]);

		CHECK_EQ(world.nr_asked, 0);
		CHECK_EQ(world.done, 0);
		tdxctl_snapshot_free(snap);
	}
}

static const struct tdxctl_td_view *older(const struct tdxctl_snapshot *snap, int pid, int fd)
{
	for (size_t i = FAKE_TDS; i < snap->nr_tds; i++)
		if (snap->tds[i].vm.pid == pid && snap->tds[i].vm.vm_fd == fd)
			return &snap->tds[i];
	return NULL;
}

/* They are TDs, and no more is known than what files of the host tell. */
static void unreadable(void)
{
	struct tdxctl_snapshot *snap = snapshot((struct world){
		.answer = -EOPNOTSUPP,
		.max_vcpus = 8,
		.same_fd = { 7, 9 },
	});
	const struct tdxctl_td_view *v;

	CHECK_EQ(world.nr_asked, 4);
	CHECK_EQ(world.done, 0);
	/* 7 and 9 are one. */
	CHECK_EQ(snap->nr_tds, FAKE_TDS + 3);
	CHECK(older(snap, 40, 8));
	CHECK(!older(snap, 40, 7) != !older(snap, 40, 9));
	v = older(snap, 42, 3);
	if (CHECK(v)) {
		CHECK_EQ(v->td.tdr, 0);
		CHECK_EQ(v->td.id, 0);
		CHECK_EQ(v->td.state, TDXCTL_TD_UNKNOWN);
		CHECK_EQ(v->td.flags, TDXCTL_TD_LATE);
		CHECK_EQ(v->td.hkid, TDXCTL_UNKNOWN32);
		CHECK_EQ(v->td.vcpus, 2);
		CHECK_EQ(v->td.max_vcpus, 8);
		CHECK_EQ(v->td.private_pages, TDXCTL_UNKNOWN);
		CHECK_EQ(v->td.owner.start_ns, tick_ns(4200));
		CHECK_STR(v->vm.name, "ch");
	}
	v = older(snap, 40, 8);
	if (CHECK(v))
		CHECK_EQ(v->td.vcpus, TDXCTL_UNKNOWN32);
	tdxctl_snapshot_free(snap);
}

/* One that the helper knows already is not listed twice. */
static void known(void)
{
	struct world w = {
		.answer = -EOPNOTSUPP, .max_vcpus = 8, .same_fd = { 7, 9 },
		.late = {
			.tdr = 0x5000, .id = 1, .hkid = TDXCTL_UNKNOWN32, .max_vcpus = TDXCTL_UNKNOWN32,
			.owner = { .tgid = 40, .fd = 9, .comm = "qemu" },
		},
	};
	struct tdxctl_snapshot *snap;

	/* Made through the file's other descriptor. */
	w.late.owner.start_ns = tick_ns(4000);
	snap = snapshot(w);
	CHECK_EQ(snap->nr_tds, FAKE_TDS + 2);
	CHECK(older(snap, 40, 8) && older(snap, 42, 3));
	CHECK_EQ(snap->tds[0].td.max_vcpus, 8);
	tdxctl_snapshot_free(snap);
	/* Found by its calls: one of the two, whichever. */
	w.late.owner.fd = -1;
	snap = snapshot(w);
	CHECK_EQ(snap->nr_tds, FAKE_TDS + 2);
	CHECK(older(snap, 42, 3));
	tdxctl_snapshot_free(snap);
	/* The file belongs to an earlier process with that number. */
	w.late.owner.start_ns = tick_ns(400);
	snap = snapshot(w);
	CHECK_EQ(snap->nr_tds, FAKE_TDS + 3);
	tdxctl_snapshot_free(snap);
}

/* "td:0" names none of them, their names do. */
static void selected(void)
{
	struct tdxctl_snapshot *snap = snapshot((struct world){ .answer = -EOPNOTSUPP });
	struct tdxctl_ctx *ctx = fake_live();
	size_t *idx;

	CHECK_EQ(tdxctl_vm_find(ctx, snap, "td:0", &idx), 0);
	free(idx);
	CHECK_EQ(tdxctl_vm_find(ctx, snap, "ch", &idx), 1);
	free(idx);
	CHECK_EQ(tdxctl_vm_find(ctx, snap, "hkid:4294967295", &idx), 0);
	free(idx);
	tdxctl_free(ctx);
	tdxctl_snapshot_free(snap);
}

int main(void)
{
	RUN(readable);
	RUN(refused);
	RUN(not_permitted);
	RUN(not_looked_for);
	RUN(unreadable);
	RUN(known);
	RUN(selected);
	return check_done("lib-adopt");
}
