/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-c, loaded when the first document is read or written: most commands do neither. */
#ifndef JSONC_H
#define JSONC_H

#include <json-c/json.h>
#include "lazy.h"

/* clang-format off */
#define JSONC(X) X(json_c_version_num) X(json_object_array_add) X(json_object_array_get_idx) \
	X(json_object_array_length) X(json_object_get) X(json_object_get_boolean) \
	X(json_object_get_int64) X(json_object_get_object) X(json_object_get_string) \
	X(json_object_get_string_len) X(json_object_get_uint64) X(json_object_is_type) \
	X(json_object_new_array) X(json_object_new_boolean) X(json_object_new_int) \
	X(json_object_new_int64) X(json_object_new_object) X(json_object_new_string) \
	X(json_object_new_uint64) X(json_object_object_add) X(json_object_object_get_ex) \
	X(json_object_put) X(json_object_to_json_string_ext) X(json_tokener_error_desc) \
	X(json_tokener_free) X(json_tokener_get_error) X(json_tokener_get_parse_end) \
	X(json_tokener_new_ex) X(json_tokener_parse_ex) X(json_tokener_set_flags)
/* clang-format on */

extern struct jsonc {
	LAZY_POINTERS(JSONC)
} jsonc;

/**
 * jsonc_load() - sets the pointers; call it before the first use of them
 * @why: set to the dynamic linker's message after a failure, malloc'ed; may be NULL
 *
 * Safe to call repeatedly and from any thread.
 *
 * Return: 0, or -ELIBACC.
 */
int jsonc_load(char **why);

/**
 * jsonc_flags() - the strictest json_tokener flags that accept every valid @text
 * @text: the whole document
 *
 * With JSON_TOKENER_STRICT, json-c 0.18 (Debian 13, Fedora 42) refuses each byte above 0x7f as
 * a control character: json-c issue 875, fixed in 0.19.
 */
int jsonc_flags(const char *text);

#endif
