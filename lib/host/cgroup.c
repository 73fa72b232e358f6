/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HKID counts of the misc cgroup controller, v2 or v1. */
#include <stdio.h>
#include "host.h"

#define MAX_CGROUPS 1024
#define MAX_DEPTH   16
#define MAX_PATH    1000

struct walk {
	struct tdxctl_ctx *ctx;
	struct tdxctl_facts *f;
	const char *mount;	  /* where the controller is */
	char *queue[MAX_CGROUPS]; /* cgroups to visit: paths below @mount */
	unsigned int depth[MAX_CGROUPS];
	size_t count, at;
	bool all;
};

bool src_misc(const char *text, const char *key, uint64_t *v)
{
	size_t n = strlen(key);

	text_each_line(p, text)
	{
		const char *s;
		char *end;

		if (strncmp(p, key, n) || p[n] != ' ')
			continue;
		s = p + n + 1;
		if (!strncmp(s, "max", 3)) {
			*v = TDXCTL_UNKNOWN;
			return true;
		}
		errno = 0;
		*v = *s >= '0' && *s <= '9' ? strtoull(s, &end, 10) : 0;
		if (*s < '0' || *s > '9' || errno || (*end != '\n' && *end))
			return false;
		/* Linux 7.2 uncharges a refused charge twice: a negative count, read as u64. */
		if (*v > INT64_MAX)
			*v = 0;
		return true;
	}
	return false;
}

static int read_misc(struct tdxctl_ctx *ctx, const char *mount, const char *cgroup,
		     const char *file, const char *key, uint64_t *v)
{
	char path[MAX_PATH + 64], *text;
	ssize_t len;
	bool found;

	snprintf(path, sizeof(path), "%s%s/%s", mount, cgroup, file);
	len = root_read(ctx, path, 64 << 10, &text);
	if (len < 0)
		return (int)len;
	found = src_misc(text, key, v);
	free(text);
	return found ? 0 : -ENODATA;
}

static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/misc" };

/*
 * Sets *@mount and reads the number of HKIDs that cgroups can use. Only the root
 * cgroup has misc.capacity, so misc.current beside it counts the whole host.
 * -ENOENT: no misc controller; -ENODATA: it does not count HKIDs; -errno.
 */
static int find_root(struct tdxctl_ctx *ctx, const char **mount, uint64_t *capacity)
{
	int err = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(mounts) && err == -ENOENT; i++) {
		*mount = mounts[i];
		err = read_misc(ctx, *mount, "", "misc.capacity", "tdx", capacity);
	}
	return err;
}

int src_charged(struct tdxctl_ctx *ctx, uint64_t *charged)
{
	const char *mount;
	uint64_t capacity;
	int root = find_root(ctx, &mount, &capacity), err;

	if (root && root != -ENODATA)
		return root;
	err = read_misc(ctx, mount, "", "misc.current", "tdx", charged);
	/* A capacity without a count is malformed. */
	return err == -ENODATA && !root ? -EPROTO : err;
}

/* Queues a child of the current cgroup if it has the controller. */
static int add_child(void *arg, const char *name)
{
	struct walk *w = arg;
	char *path;
	uint64_t v;

	if (w->count == MAX_CGROUPS || w->depth[w->at] == (w->all ? MAX_DEPTH : 1))
		return 0;
	if (asprintf(&path, "%s/%s", w->queue[w->at], name) < 0)
		return -ENOMEM;
	if (strlen(path) > MAX_PATH ||
	    read_misc(w->ctx, w->mount, path, "misc.current", "tdx", &v)) {
		free(path);
		return 0;
	}
	w->depth[w->count] = w->depth[w->at] + 1;
	w->queue[w->count++] = path;
	return 0;
}

static int visit(struct walk *w)
{
	const char *cgroup = w->queue[w->at];
	struct tdxctl_cgroup c = { .max = TDXCTL_UNKNOWN }, *p;
	char path[MAX_PATH + 32];
	int err;

	read_misc(w->ctx, w->mount, cgroup, "misc.current", "tdx", &c.current);
	read_misc(w->ctx, w->mount, cgroup, "misc.max", "tdx", &c.max);
	read_misc(w->ctx, w->mount, cgroup, "misc.events", "tdx.max", &c.max_events);
	if (*cgroup) {
		/* Counts include all cgroups below: if they are zero, skip those too. */
		if (!c.current && !c.max_events)
			return 0;
		p = reallocarray(w->f->cgroups, w->f->nr_cgroups + 1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		w->f->cgroups = p;
		c.path = strdup(cgroup);
		if (!c.path)
			return -ENOMEM;
		p[w->f->nr_cgroups++] = c;
	}
	snprintf(path, sizeof(path), "%s%s", w->mount, cgroup);
	err = root_each(w->ctx, path, add_child, w);
	return err == -ENOMEM ? err : 0;
}

static uint64_t sum_of_children(const struct tdxctl_facts *f)
{
	uint64_t v = 0;

	for (size_t i = 0; i < f->nr_cgroups; i++)
		v += strchr(f->cgroups[i].path + 1, '/') ? 0 : f->cgroups[i].current;
	return v;
}

/* Reads the cgroups below @mount. -ENOMEM. */
static int visit_all(struct tdxctl_ctx *ctx, const char *mount, struct tdxctl_facts *f, bool all)
{
	struct walk *w = calloc(1, sizeof(*w));
	int err = 0;

	if (!w)
		return -ENOMEM;
	w->ctx = ctx;
	w->mount = mount;
	w->f = f;
	w->all = all;
	w->queue[w->count++] = strdup("");
	if (!w->queue[0])
		err = -ENOMEM;
	for (; !err && w->at < w->count; w->at++)
		err = visit(w);
	for (size_t i = 0; i < w->count; i++)
		free(w->queue[i]);
	free(w);
	return err;
}

int src_cgroup(struct tdxctl_ctx *ctx, struct tdxctl_facts *f, bool all)
{
	const char *mount;
	int root, err = 0, no_total;
	uint64_t v = 0;

	root = find_root(ctx, &mount, &v);
	f->hkid_capacity.reason = f->hkid_current.reason = root == -ENODATA ?
								   "misc.capacity has no tdx line" :
							   root == -ENOENT ? "no misc.capacity" :
									     src_reason(root);
	if (root)
		return 0;
	val_set(&f->hkid_capacity, v);
	/* Some kernels have no misc.current in the root cgroup: add up its children. */
	no_total = read_misc(ctx, mount, "", "misc.current", "tdx", &v);
	if (all || no_total)
		err = visit_all(ctx, mount, f, all);
	val_set(&f->hkid_current, no_total ? sum_of_children(f) : v);
	return err;
}
