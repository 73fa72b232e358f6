/* SPDX-License-Identifier: GPL-2.0-only */
/* http.c: answers one HTTP request. */
#ifndef TDXCTL_HTTP_H
#define TDXCTL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum http_status {
	HTTP_OK,
	HTTP_BAD_REQUEST,
	HTTP_NOT_FOUND,
	HTTP_BAD_METHOD,
	HTTP_TIMEOUT,
	HTTP_FAILED,
};

/*
 * Reads a request from @fd, which must arrive within five seconds. HTTP_OK: GET or HEAD
 * (*@head) of @path. Other values: the error to answer with.
 */
enum http_status http_request(int fd, const char *path, bool *head);

/* Prints the answer. @body is used with HTTP_OK. */
void http_answer(FILE *f, enum http_status status, bool head, const char *body, size_t len);

#endif
