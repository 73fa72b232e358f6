// SPDX-License-Identifier: GPL-2.0-only
/* Standard output that remembers why a write failed: stdio only keeps that one did. */
#include <errno.h>
#include <unistd.h>

#include "out.h"

static int write_error;

static ssize_t write_stdout(void *cookie, const char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(STDOUT_FILENO, buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (!write_error)
				write_error = errno;
			return 0;
		}
		done += (size_t)n;
	}
	return (ssize_t)done;
}

bool out_stdout_open(void)
{
	FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_stdout });

	if (!f)
		return false;
	if (isatty(STDOUT_FILENO))
		setvbuf(f, NULL, _IOLBF, BUFSIZ);
	stdout = f;
	return true;
}

int out_stdout_close(void)
{
	bool failed = ferror(stdout) | fclose(stdout);

	if (failed)
		return write_error ? -write_error : -EIO;
	return close(STDOUT_FILENO) && errno != EINTR ? -errno : 0;
}
