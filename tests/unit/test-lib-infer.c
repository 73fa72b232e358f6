/* SPDX-License-Identifier: GPL-2.0-only */
/* HKIDs that no SEAMCALL named, and what the misc cgroup has charged. */
#include "lib-fake.h"

#define MISC "sys/fs/cgroup/misc."

static struct world {
	uint32_t state[4]; /* what the helper saw of each HKID */
	const char *then;  /* misc.current from the snapshot on; NULL unchanged */
	int times;	   /* so many snapshots change it back and forth */
	int taken;
} world;

static int w_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)flags;
	return strcmp(path, "/dev/tdxctl") ? -ENOENT : 100;
}

static int w_close(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return 0;
}

static int w_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	struct tdxctl_snapshot_args *a = p;
	struct fake_snapshot s;

	(void)arg;
	(void)fd;
	if (req == TDXCTL_IOC_INFO) {
		((struct tdxctl_info *)p)->nr_hkids = 4;
		return 0;
	}
	if (req != TDXCTL_IOC_SNAPSHOT || a->buf_size < sizeof(s))
		return -ENOTTY;
	fake_snapshot(&s);
	for (int i = 0; i < 4; i++) {
		s.hkids[i].state = world.state[i];
		s.hkids[i].keyed_packages = 7;
	}
	memcpy((void *)(uintptr_t)a->buf, &s, sizeof(s));
	if (world.then && world.taken++ < world.times)
		fake_file(MISC "current", world.taken % 2 ? world.then : "tdx 2\n");
	return 0;
}

static const struct tdxctl_ops ops = { .open = w_open, .close = w_close, .ioctl = w_ioctl };

/* The states of the four HKIDs: u f a c F L. */
static void infer(struct world w, const char *capacity, const char *current, const char *want,
		  uint64_t charged)
{
	static const char letter[] = "ufacFL";
	struct tdxctl_snapshot *snap;
	struct tdxctl_ctx *ctx;
	char got[5] = "";

	world = w;
	fake_new();
	if (capacity)
		fake_file(MISC "capacity", capacity);
	if (current)
		fake_file(MISC "current", current);
	ctx = fake_live();
	tdxctl_set_ops(ctx, &ops, NULL);
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		for (int i = 0; i < 4; i++)
			got[i] = letter[snap->hkids[i].state];
		CHECK_STR(got, want);
		/* An HKID that is free has no keys; how many keys another one has is not known. */
		for (int i = 0; i < 4; i++)
			CHECK_EQ(snap->hkids[i].keyed_packages,
				 snap->hkids[i].state == w.state[i]	  ? 7 :
				 snap->hkids[i].state == TDXCTL_HKID_FREE ? 0 :
									    TDXCTL_UNKNOWN);
		CHECK_EQ(snap->hkids_charged, charged);
		tdxctl_snapshot_free(snap);
	}
	tdxctl_free(ctx);
	fake_end();
}

#define U    TDXCTL_HKID_UNKNOWN
#define F    TDXCTL_HKID_FREE
#define C    TDXCTL_HKID_CONFIGURED
#define L    TDXCTL_HKID_LEAKED
#define ROOM "tdx 4\n"

/* As many as were seen: the others are free. All: none is free. Else unknown. */
static void counts(void)
{
	infer((struct world){ .state = { U, U, U, U } }, ROOM, "tdx 0\n", "ffff", 0);
	infer((struct world){ .state = { C, U, F, U } }, ROOM, "tdx 1\n", "cfff", 1);
	infer((struct world){ .state = { C, U, U, L } }, ROOM, "tdx 2\n", "cffL", 2);
	infer((struct world){ .state = { C, U, F, U } }, ROOM, "tdx 2\n", "cufu", 2);
	infer((struct world){ .state = { C, U, C, U } }, ROOM, "tdx 4\n", "caca", 4);
	/* Fewer than seen: one of the two sources is wrong. */
	infer((struct world){ .state = { C, C, U, U } }, ROOM, "tdx 1\n", "ccuu", 1);
	/* What was seen is never overruled. */
	infer((struct world){ .state = { C, F, F, F } }, ROOM, "tdx 2\n", "cfff", 2);
}

static void no_count(void)
{
	const struct world w = { .state = { U, U, U, C } };

	infer(w, NULL, NULL, "uuuc", TDXCTL_UNKNOWN);
	/* Not the root: the count is of a part of the host. */
	infer(w, NULL, "tdx 1\n", "uuuc", TDXCTL_UNKNOWN);
	infer(w, ROOM, NULL, "uuuc", TDXCTL_UNKNOWN);
	infer(w, ROOM, "tdx x\n", "uuuc", TDXCTL_UNKNOWN);
	/* KVM has no TDX, so it has charged none; the helper says otherwise. */
	infer(w, "res_a 4\n", "res_a 1\n", "uuuc", 0);
}

/* A TD came or went meanwhile: asked again, and in the end not at all. */
static void moving(void)
{
	infer((struct world){ .state = { C, C, U, U }, .then = "tdx 3\n", .times = 2 }, ROOM,
	      "tdx 2\n", "ccff", 2);
	infer((struct world){ .state = { C, C, U, U }, .then = "tdx 3\n", .times = 100 }, ROOM,
	      "tdx 2\n", "ccuu", TDXCTL_UNKNOWN);
}

int main(void)
{
	RUN(counts);
	RUN(no_count);
	RUN(moving);
	return check_done("lib-infer");
}
