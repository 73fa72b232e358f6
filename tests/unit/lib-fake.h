/* SPDX-License-Identifier: GPL-2.0-only */
/* A temporary directory as root of a host, and a snapshot built by hand. */
#ifndef TDXCTL_TESTS_LIB_FAKE_H
#define TDXCTL_TESTS_LIB_FAKE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include "check.h"
#include "live/live.h"

static char fake_dir[64];

static inline void fake_new(void)
{
	snprintf(fake_dir, sizeof(fake_dir), "/tmp/tdxctl-test.XXXXXX");
	if (!mkdtemp(fake_dir)) {
		perror(fake_dir);
		exit(1);
	}
}

static inline int fake_unlink(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void fake_end(void)
{
	nftw(fake_dir, fake_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline char *fake_path(const char *path)
{
	static char full[512];

	snprintf(full, sizeof(full), "%s/%s", fake_dir, path);
	return full;
}

static inline void fake_mkdirs(const char *path)
{
	char *full = fake_path(path);

	for (char *p = full + strlen(fake_dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
}

static inline void fake_bytes(const char *path, const void *buf, size_t len)
{
	int fd;

	fake_mkdirs(path);
	fd = open(fake_path(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, buf, len) != (ssize_t)len) {
		perror(fake_path(path));
		exit(1);
	}
	close(fd);
}

static inline void fake_file(const char *path, const char *text)
{
	fake_bytes(path, text, strlen(text));
}

static inline void fake_link(const char *path, const char *target)
{
	fake_mkdirs(path);
	if (symlink(target, fake_path(path))) {
		perror(fake_path(path));
		exit(1);
	}
}

/* A process that started @ticks after boot. */
static inline void fake_process(int pid, unsigned long long ticks, const char *comm)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		 "%d (%s) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 %llu 0 0 0\n", pid, comm,
		 ticks);
	fake_file(path, text);
	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	fake_file(path, text);
}

/* The live host's files come from the directory; calls stay with the ops. */
static inline struct tdxctl_ctx *fake_live(void)
{
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	close(ctx->rootfd);
	ctx->rootfd = open(fake_dir, O_PATH | O_DIRECTORY);
	return ctx;
}

/* Runs @fn as a user to whom file modes apply. */
static inline void as_nobody(void (*fn)(void))
{
	if (geteuid()) {
		fn();
		return;
	}
	if (seteuid(65534)) {
		perror("seteuid");
		exit(1);
	}
	fn();
	if (seteuid(0))
		exit(1);
}

static inline uint64_t tick_ns(uint64_t ticks)
{
	return ticks * (1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* ---- snapshots ---- */

#define FAKE_TDS 3

struct fake_snapshot {
	struct tdxctl_snapshot_hdr hdr;
	struct tdxctl_hkid hkids[4];
	struct tdxctl_td tds[FAKE_TDS];
	struct tdxctl_lock locks[2];
	struct tdxctl_package packages[2];
	struct tdxctl_cpu cpus[4];
	struct tdxctl_leaf leaves[1];
};

#define FAKE_SECTION(s, member) \
	{ .offset = offsetof(struct fake_snapshot, member), \
	  .stride = sizeof((s)->member[0]), \
	  .count = sizeof((s)->member) / sizeof((s)->member[0]) }

/* HKIDs 17..20: two in use; TDs 1..3, the last one released; 4 CPUs, 2 packages. */
static inline void fake_snapshot(struct fake_snapshot *s)
{
	*s = (struct fake_snapshot){
		.hdr = {
			.size = sizeof(s->hdr),
			.total = sizeof(*s),
			.now_ns = 100000000000ULL,
			.seamcalls = 3,
			.section = {
				[TDXCTL_SEC_HKIDS] = FAKE_SECTION(s, hkids),
				[TDXCTL_SEC_TDS] = FAKE_SECTION(s, tds),
				[TDXCTL_SEC_LOCKS] = FAKE_SECTION(s, locks),
				[TDXCTL_SEC_PACKAGES] = FAKE_SECTION(s, packages),
				[TDXCTL_SEC_CPUS] = FAKE_SECTION(s, cpus),
				[TDXCTL_SEC_LEAVES] = FAKE_SECTION(s, leaves),
			},
		},
		.locks = {
			{ .kind = TDXCTL_LOCK_TDX, .package = TDXCTL_UNKNOWN32 },
			{ .kind = TDXCTL_LOCK_KEY_CONFIG, .package = 0 },
		},
		.leaves = { { .leaf = 9, .calls = 3 } },
	};
	for (uint32_t i = 0; i < 4; i++)
		s->hkids[i] = (struct tdxctl_hkid){
			.id = 17 + i,
			.state = i < 2 ? TDXCTL_HKID_CONFIGURED : TDXCTL_HKID_FREE,
		};
	for (uint32_t i = 0; i < FAKE_TDS; i++) {
		s->tds[i] = (struct tdxctl_td){
			.id = i + 1,
			.tdr = 0x1000 * (i + 1),
			.state = i < 2 ? TDXCTL_TD_RUNNABLE : TDXCTL_TD_TEARDOWN,
			.hkid = i < 2 ? 17 + i : 0,
			.last_hkid = 17 + i,
			.private_pages = i < 2 ? 100 : 0,
			.since_ns = 1000000000,
			.owner = { .tgid = (int)(4000 + i), .fd = 11, .start_ns = tick_ns(500 + i) },
		};
		snprintf(s->tds[i].owner.comm, sizeof(s->tds[i].owner.comm), "vmm%u", i);
	}
	for (uint32_t i = 0; i < 2; i++)
		s->packages[i] =
			(struct tdxctl_package){ .id = i, .present_cpus = 2, .online_cpus = 2 };
	for (uint32_t i = 0; i < 4; i++)
		s->cpus[i] = (struct tdxctl_cpu){
			.cpu = i,
			.package = i / 2,
			.online = 1,
			.state = TDXCTL_CPU_ENABLED,
		};
}

#endif
