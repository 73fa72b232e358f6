/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration of the running kernel: /proc/config.gz, else a file for its release. */
#include <stdio.h>
#include <zlib.h>
#include "host.h"

#define MAX_CONFIG (4 << 20)
#define GZIP	   16 /* zlib: accept gzip only */

int src_gunzip(const void *gz, size_t len, size_t max, char **out)
{
	z_stream z = { 0 };
	char *buf = NULL;
	size_t room = 0;
	int ret;

	if (len > UINT_MAX || max >= UINT_MAX)
		return -EFBIG;
	if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
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
		ret = inflate(&z, Z_FINISH);
		/* Z_BUF_ERROR: the output is full, or the input ended early. */
	} while (ret == Z_BUF_ERROR && !z.avail_out && room < max);
	inflateEnd(&z);
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

int src_config(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	static const char *const paths[] = { "/boot/config-%s", "/lib/modules/%s/config" };
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
	for (size_t i = 0; !f->config.text && i < ARRAY_SIZE(paths); i++) {
		snprintf(path, sizeof(path), paths[i], release);
		src_text(ctx, path, MAX_CONFIG, &f->config);
	}
	return 0;
}
