/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration of the running kernel, from /proc/config.gz or a file for its release, and
 * the installed kernels that have TDX.
 */
#include <stdio.h>
#include <zlib.h>
#include "base/lazy.h"
#include "host.h"

#define MAX_CONFIG (4 << 20)
#define GZIP	   16 /* zlib: accept gzip only */

#define ZLIB(X) X(inflateInit2_) X(inflate) X(inflateEnd)

static struct {
	LAZY_POINTERS(ZLIB)
} lazy;
static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(ZLIB) };

unsigned int src_kernel(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%3u.%3u", &major, &minor) != 2 || !major || major > 255 || minor > 255)
		return 0;
	return TDXCTL_KERNEL(major, minor);
}

bool src_preview_kernel(const char *release)
{
	static const char *const marks[] = { "-intel", ".tdx", "-tdx" };
	unsigned int kernel = src_kernel(release);

	if (!kernel || kernel >= TDXCTL_KERNEL(6, 16))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(release, marks[i]))
			return true;
	return false;
}

int src_gunzip(const void *gz, size_t len, size_t max, char **out)
{
	z_stream z = { 0 };
	char *buf = NULL;
	size_t room = 0;
	int ret;

	if (len > UINT_MAX || max >= UINT_MAX)
		return -EFBIG;
	ret = lazy_load("libz.so.1", symbols, ARRAY_SIZE(symbols), NULL);
	if (ret)
		return ret;
	if (lazy.inflateInit2_(&z, MAX_WBITS + GZIP, ZLIB_VERSION, (int)sizeof(z)) != Z_OK)
		return -ENOMEM;
	z.next_in = (Bytef *)gz;
	z.avail_in = (uInt)len;
	do {
		char *p;

		room = room ? room * 2 : 64 << 10;
		if (room > max)
			room = max;
		p = realloc(buf, room + 1);
		if (!p) {
			ret = Z_MEM_ERROR;
			break;
		}
		buf = p;
		z.next_out = (Bytef *)buf + z.total_out;
		z.avail_out = (uInt)(room - z.total_out);
		ret = lazy.inflate(&z, Z_FINISH);
		/* Z_BUF_ERROR: the output is full, or the input ended early. */
	} while (ret == Z_BUF_ERROR && !z.avail_out && room < max);
	lazy.inflateEnd(&z);
	if (ret != Z_STREAM_END) {
		free(buf);
		return ret == Z_MEM_ERROR		  ? -ENOMEM :
		       ret == Z_BUF_ERROR && !z.avail_out ? -EFBIG :
							    -EINVAL;
	}
	buf[z.total_out] = '\0';
	*out = buf;
	return 0;
}

static int read_own(struct tdxctl_ctx *ctx, struct tdxctl_text *t)
{
	char *gz;
	ssize_t len = root_read(ctx, "/proc/config.gz", MAX_CONFIG, &gz);
	int err;

	if (len < 0)
		return (int)len;
	err = src_gunzip(gz, (size_t)len, MAX_CONFIG, &t->text);
	free(gz);
	return err;
}

static const char *const config_paths[] = {
	"/boot/config-%s",
	"/lib/modules/%s/config",
	"/usr/lib/modules/%s/config",
};

int src_config(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	const char *release = f->file[TDXCTL_FILE_RELEASE].text;
	char path[300];
	int err = read_own(ctx, &f->config);

	if (!err || err == -ENOMEM)
		return err;
	/* The release comes from a file, so it must not contain a path. */
	if (!release || strchr(release, '/')) {
		f->config.reason = "kernel release not known";
		return 0;
	}
	for (size_t i = 0; !f->config.text && i < ARRAY_SIZE(config_paths); i++) {
		snprintf(path, sizeof(path), config_paths[i], release);
		src_text(ctx, path, MAX_CONFIG, &f->config);
	}
	return 0;
}

/* ---- installed kernels ---- */

#define MAX_KERNELS 64

struct kernel_list {
	char *release[MAX_KERNELS];
	size_t count;
	const char *prefix;
	bool images; /* /boot has kernel images, so a kernel without one was removed */
};

static int add_kernel(void *arg, const char *name)
{
	struct kernel_list *l = arg;
	size_t n = strlen(l->prefix);

	l->images |= !strncmp(name, "vmlinuz-", 8);
	if (strncmp(name, l->prefix, n) || !src_kernel(name + n) || l->count == MAX_KERNELS)
		return 0;
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->release[i], name + n))
			return 0;
	l->release[l->count] = strdup(name + n);
	return l->release[l->count++] ? 0 : -ENOMEM;
}

static int newest_first(const void *a, const void *b)
{
	return strverscmp(*(char *const *)b, *(char *const *)a);
}

/* Whether the kernel @release can be booted and has TDX for hosts and in KVM. */
static bool kernel_has_tdx(struct tdxctl_ctx *ctx, const char *release, bool images)
{
	struct tdxctl_facts f = { .config.text = NULL };
	char path[340];
	bool ret;

	for (size_t i = 0; !f.config.text && i < ARRAY_SIZE(config_paths); i++) {
		snprintf(path, sizeof(path), config_paths[i], release);
		src_text(ctx, path, MAX_CONFIG, &f.config);
	}
	/* Without a configuration, only the name of a preview kernel is proof. */
	ret = !f.config.text ? src_preview_kernel(release) :
			       tdxctl_config_get(&f, "INTEL_TDX_HOST") == TDXCTL_YES &&
				       (tdxctl_config_get(&f, "KVM_INTEL_TDX") == TDXCTL_YES ||
					src_preview_kernel(release));
	free(f.config.text);
	snprintf(path, sizeof(path), "/boot/vmlinuz-%s", release);
	if (ret && images && !root_exists(ctx, path)) {
		snprintf(path, sizeof(path), "/lib/modules/%s/vmlinuz", release);
		ret = root_exists(ctx, path);
	}
	return ret;
}

int src_kernels(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	static const struct {
		const char *dir, *prefix;
	} places[] = {
		{ "/boot", "config-" },
		{ "/boot", "vmlinuz-" },
		{ "/lib/modules", "" },
		{ "/usr/lib/modules", "" },
	};
	const char *running = f->file[TDXCTL_FILE_RELEASE].text;
	struct kernel_list l = { .count = 0 };
	struct text_buf b = { 0 };
	int err = 0;

	for (size_t i = 0; err != -ENOMEM && i < ARRAY_SIZE(places); i++) {
		l.prefix = places[i].prefix;
		err = root_each(ctx, places[i].dir, add_kernel, &l);
	}
	err = err == -ENOMEM ? err : text_append(&b, "", 0);
	if (l.count)
		qsort(l.release, l.count, sizeof(*l.release), newest_first);
	for (size_t i = 0; i < l.count; i++) {
		const char *r = l.release[i];

		if (!err && (!running || strcmp(r, running)) && kernel_has_tdx(ctx, r, l.images)) {
			err = text_append(&b, r, strlen(r));
			if (!err)
				err = text_append(&b, "\n", 1);
		}
		free(l.release[i]);
	}
	if (err) {
		free(b.p);
		return err;
	}
	f->kernels.text = b.p;
	return 0;
}
