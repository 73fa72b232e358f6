// SPDX-License-Identifier: GPL-2.0-only
/*
 * One HTTP/1.x request on standard input, as a systemd socket with Accept=yes passes a
 * connection, and the answer on standard output. RFC 9112; bodies are not read.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

#define MAX_REQUEST 8192
#define TIMEOUT_MS  5000

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* Reads up to the empty line after the headers, or up to the end of the input. */
static enum http_status receive(int fd, char buf[MAX_REQUEST + 1])
{
	const int64_t end = now_ms() + TIMEOUT_MS;
	size_t len = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - now_ms();
		ssize_t n;

		if (left <= 0 || !poll(&p, 1, (int)left))
			return HTTP_TIMEOUT;
		n = read(fd, buf + len, MAX_REQUEST - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return HTTP_BAD_REQUEST;
		len += (size_t)n;
		buf[len] = '\0';
		if (strlen(buf) != len)
			return HTTP_BAD_REQUEST;
		if (strstr(buf, "\r\n\r\n") || strstr(buf, "\n\n"))
			return HTTP_OK;
		if (!n || len == MAX_REQUEST)
			return HTTP_BAD_REQUEST;
	}
}

enum http_status http_request(int fd, const char *path, bool *head)
{
	char buf[MAX_REQUEST + 1], *method = buf, *target, *version;
	enum http_status status = receive(fd, buf);

	*head = false;
	if (status != HTTP_OK)
		return status;
	buf[strcspn(buf, "\r\n")] = '\0';
	target = strchr(buf, ' ');
	version = target ? strchr(target + 1, ' ') : NULL;
	if (!version)
		return HTTP_BAD_REQUEST;
	*target++ = *version++ = '\0';
	if (strncmp(version, "HTTP/1.", 7))
		return HTTP_BAD_REQUEST;
	*head = !strcmp(method, "HEAD");
	if (!*head && strcmp(method, "GET"))
		return HTTP_BAD_METHOD;
	target[strcspn(target, "?#")] = '\0';
	return strcmp(target, path) ? HTTP_NOT_FOUND : HTTP_OK;
}

static const struct {
	unsigned int code;
	const char *reason;
} statuses[] = {
	[HTTP_OK] = { 200, "OK" },
	[HTTP_BAD_REQUEST] = { 400, "Bad Request" },
	[HTTP_NOT_FOUND] = { 404, "Not Found" },
	[HTTP_BAD_METHOD] = { 405, "Method Not Allowed" },
	[HTTP_TIMEOUT] = { 408, "Request Timeout" },
	[HTTP_FAILED] = { 500, "Internal Server Error" },
};

void http_answer(FILE *f, enum http_status status, bool head, const char *body, size_t len)
{
	const char *reason = statuses[status].reason;

	if (status != HTTP_OK) {
		body = reason;
		len = strlen(reason);
	}
	fprintf(f, "HTTP/1.1 %u %s\r\n", statuses[status].code, reason);
	if (status == HTTP_BAD_METHOD)
		fputs("Allow: GET, HEAD\r\n", f);
	fprintf(f,
		"Content-Type: text/plain; %scharset=utf-8\r\n"
		"Content-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status == HTTP_OK ? "version=0.0.4; " : "", len);
	if (!head)
		fwrite(body, 1, len, f);
}
