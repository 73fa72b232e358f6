// SPDX-License-Identifier: GPL-2.0-only
/* The JSON renderer. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonc.h"

#include "out.h"

/* json-c does not validate strings, and process names may contain any bytes. */
static struct json_object *json_string(const char *s)
{
	const char *p = s ? s : "";
	char *buf = malloc(strlen(p) * 3 + 1), *q = buf;
	struct json_object *j;

	if (!buf)
		return NULL;
	while (*p) {
		size_t len = text_utf8_len(p);

		if (len) {
			memcpy(q, p, len);
			q += len;
			p += len;
		} else {
			memcpy(q, "\xef\xbf\xbd", 3); /* U+FFFD */
			q += 3;
			p++;
		}
	}
	*q = '\0';
	j = jsonc.json_object_new_string(buf);
	free(buf);
	return j;
}

/* Takes ownership of @val. NULL is an allocation failure unless @null is set. */
static int put(struct json_object *obj, const char *key, struct json_object *val, bool null)
{
	if (!val && !null)
		return -ENOMEM;
	if (jsonc.json_object_object_add(obj, key, val)) {
		jsonc.json_object_put(val);
		return -ENOMEM;
	}
	return 0;
}

static struct json_object *json_scalar(const struct out_node *n)
{
	char hex[24];

	switch (n->field->type) {
	case OUT_STR:
		return json_string(n->s);
	case OUT_INT:
		return jsonc.json_object_new_int64((int64_t)n->u);
	case OUT_PAGE_RATE:
		return jsonc.json_object_new_int64((int64_t)n->u);
	case OUT_BOOL:
		return jsonc.json_object_new_boolean(n->u != 0);
	case OUT_HEX:
		snprintf(hex, sizeof(hex), "0x%" PRIx64, n->u);
		return jsonc.json_object_new_string(hex);
	default:
		return jsonc.json_object_new_uint64(n->u);
	}
}

static int fill_object(struct json_object *obj, const struct out_node *n);

static int fill_array(struct json_object *arr, const struct out_node *n)
{
	for (const struct out_node *c = n->first; c; c = c->next) {
		struct json_object *e;
		int err = 0;

		if (c->field->type == OUT_OBJECT) {
			e = jsonc.json_object_new_object();
			if (e)
				err = fill_object(e, c);
		} else {
			e = json_scalar(c);
		}
		if (!e || err || jsonc.json_object_array_add(arr, e)) {
			jsonc.json_object_put(e);
			return -ENOMEM;
		}
	}
	return 0;
}

static struct json_object *json_container(const struct out_node *n)
{
	bool array = n->field->type != OUT_OBJECT;
	struct json_object *j = array ? jsonc.json_object_new_array() :
					jsonc.json_object_new_object();

	if (j && (array ? fill_array(j, n) : fill_object(j, n))) {
		jsonc.json_object_put(j);
		return NULL;
	}
	return j;
}

static bool is_container(const struct out_node *n)
{
	switch (n->field->type) {
	case OUT_OBJECT:
	case OUT_LIST:
	case OUT_TABLE:
	case OUT_CHAIN:
		return true;
	default:
		return false;
	}
}

/* Adds the fields of @n to @obj, and the reasons of unknown values to *@unknown. */
static int add_fields(struct json_object *obj, struct json_object **unknown,
		      const struct out_node *n)
{
	int err = 0;

	for (const struct out_node *c = n->first; c && !err; c = c->next) {
		const char *key = c->field->key;

		if (!key && c->field->type == OUT_OBJECT)
			err = add_fields(obj, unknown, c);
		if (!key)
			continue;
		if (c->kind != NODE_VALUE)
			err = put(obj, key, NULL, true);
		else if (is_container(c))
			err = put(obj, key, json_container(c), false);
		else
			err = put(obj, key, json_scalar(c), false);
		if (!err && c->kind == NODE_UNKNOWN) {
			if (!*unknown)
				*unknown = jsonc.json_object_new_object();
			err = *unknown ? put(*unknown, key, json_string(c->s), false) : -ENOMEM;
		}
	}
	return err;
}

static int fill_object(struct json_object *obj, const struct out_node *n)
{
	struct json_object *unknown = NULL;
	int err = add_fields(obj, &unknown, n);

	if (err)
		jsonc.json_object_put(unknown);
	else if (unknown)
		err = put(obj, "unknown", unknown, false);
	return err;
}

static int put_error(struct json_object *top, const struct out_err *e)
{
	struct json_object *j = jsonc.json_object_new_object(), *a;

	if (!j)
		return -ENOMEM;
	if (put(j, "code", json_string(e->code), false) ||
	    put(j, "message", json_string(e->message), false) ||
	    put(j, "hint", json_string(e->hint), false))
		goto fail;
	if (e->nr_candidates) {
		a = jsonc.json_object_new_array();
		if (put(j, "candidates", a, false))
			goto fail;
		for (size_t i = 0; i < e->nr_candidates; i++)
			if (jsonc.json_object_array_add(a, json_string(e->candidates[i])))
				goto fail;
	}
	return put(top, "error", j, false);
fail:
	jsonc.json_object_put(j);
	return -ENOMEM;
}

static int print(const struct out *o, FILE *f, const char *command, int flags)
{
	const struct out_err *e = out_get_error(o);
	struct json_object *top;
	const char *text;
	int err = jsonc_load(NULL);

	if (err)
		return err;
	err = -ENOMEM;
	top = jsonc.json_object_new_object();
	if (!top)
		return -ENOMEM;
	if (put(top, "schema_version", jsonc.json_object_new_int(1), false) ||
	    put(top, "command", command ? json_string(command) : NULL, !command) ||
	    fill_object(top, out_root(o)) || (e->code && put_error(top, e)))
		goto out;
	text = jsonc.json_object_to_json_string_ext(top, flags | JSON_C_TO_STRING_SPACED |
								 JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		goto out;
	fputs(text, f);
	fputc('\n', f);
	err = 0;
out:
	jsonc.json_object_put(top);
	return err;
}

int out_json_load(char **why)
{
	return jsonc_load(why);
}

int out_json(const struct out *o, FILE *f, const char *command)
{
	return print(o, f, command, JSON_C_TO_STRING_PRETTY);
}

int out_json_line(const struct out *o, FILE *f, const char *command)
{
	return print(o, f, command, 0);
}
