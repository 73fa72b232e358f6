/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed values of a report document: each is checked, and an error names its key. */
#include <stdio.h>
#include "base/jsonc.h"
#include "report-priv.h"

static const char hint[] = "specify a file written by 'tdxctl report'";
static const char missing[] = "not in the report";

int doc_bad(struct doc_reader *rd, const char *key, const char *what)
{
	return ctx_fail(rd->ctx, -EINVAL, hint, "%s: %s.%s: %s", rd->name, rd->place, key, what);
}

struct json_object *doc_member(struct json_object *o, const char *key)
{
	struct json_object *v;

	return jsonc.json_object_object_get_ex(o, key, &v) ? v : NULL;
}

int doc_string(struct doc_reader *rd, struct json_object *o, const char *key, char **out)
{
	struct json_object *v = doc_member(o, key);

	if (!v)
		return 0;
	if (!jsonc.json_object_is_type(v, json_type_string))
		return doc_bad(rd, key, "a string is expected");
	if (strlen(jsonc.json_object_get_string(v)) != (size_t)jsonc.json_object_get_string_len(v))
		return doc_bad(rd, key, "the string contains a NUL");
	free(*out);
	*out = strdup(jsonc.json_object_get_string(v));
	return *out ? 0 : ctx_nomem(rd->ctx);
}

int doc_bool(struct doc_reader *rd, struct json_object *o, const char *key, bool *out)
{
	struct json_object *v = doc_member(o, key);

	if (!v)
		return 0;
	if (!jsonc.json_object_is_type(v, json_type_boolean))
		return doc_bad(rd, key, "true or false is expected");
	*out = jsonc.json_object_get_boolean(v);
	return 0;
}

int doc_u64(struct doc_reader *rd, struct json_object *o, const char *key, uint64_t max,
	    uint64_t *out)
{
	struct json_object *v = doc_member(o, key);
	uint64_t n;
	char *end;

	if (!v)
		return 0;
	if (jsonc.json_object_is_type(v, json_type_int)) {
		if (jsonc.json_object_get_int64(v) < 0)
			return doc_bad(rd, key, "negative number");
		n = jsonc.json_object_get_uint64(v);
	} else if (jsonc.json_object_is_type(v, json_type_string) &&
		   !strncmp(jsonc.json_object_get_string(v), "0x", 2)) {
		errno = 0;
		n = strtoull(jsonc.json_object_get_string(v), &end, 16);
		if (errno || *end)
			return doc_bad(rd, key, "malformed number");
	} else {
		return doc_bad(rd, key, "a number is expected");
	}
	if (n > max)
		return doc_bad(rd, key, "too large");
	*out = n;
	return 0;
}

int doc_bytes(struct doc_reader *rd, struct json_object *o, const char *key, void **out,
	      size_t *len)
{
	char *text = NULL;
	int err = doc_string(rd, o, key, &text);

	*out = NULL;
	if (!err && text)
		err = tdxctl_base64_decode(text, out, len);
	free(text);
	return err == -EINVAL && !*tdxctl_error(rd->ctx) ? doc_bad(rd, key, "not base64") :
	       err == -ENOMEM				 ? ctx_nomem(rd->ctx) :
							   err;
}

int doc_reason(struct doc_reader *rd, struct json_object *o, const char *key, const char **out)
{
	struct json_object *unknown = doc_member(o, "unknown");
	char *text = NULL, **bigger;
	int err;

	*out = missing;
	if (!unknown)
		return 0;
	if (!jsonc.json_object_is_type(unknown, json_type_object))
		return doc_bad(rd, "unknown", "an object is expected");
	err = doc_string(rd, unknown, key, &text);
	if (err || !text)
		return err;
	bigger = reallocarray(rd->r->reasons, rd->r->nr_reasons + 1, sizeof(*bigger));
	if (!bigger) {
		free(text);
		return ctx_nomem(rd->ctx);
	}
	rd->r->reasons = bigger;
	bigger[rd->r->nr_reasons++] = text;
	*out = text;
	return 0;
}

int doc_val(struct doc_reader *rd, struct json_object *o, const char *key, struct tdxctl_val *v)
{
	if (!doc_member(o, key))
		return doc_reason(rd, o, key, &v->reason);
	*v = (struct tdxctl_val){ .readable = true };
	return doc_u64(rd, o, key, UINT64_MAX, &v->value);
}

int doc_text(struct doc_reader *rd, struct json_object *o, struct tdxctl_text *t)
{
	int err;

	/* Use the first of several rows for one text. */
	if (t->text)
		return 0;
	err = doc_string(rd, o, "text", &t->text);
	if (err || t->text)
		return err;
	err = doc_bool(rd, o, "absent", &t->absent);
	return err ? err : doc_reason(rd, o, "text", &t->reason);
}

int doc_each_row(struct doc_reader *rd, struct json_object *host, const char *key, doc_row_fn fn)
{
	struct json_object *list = doc_member(host, key), *row;
	int err = 0;
	size_t n;

	strcpy(rd->place, "host");
	if (!list)
		return 0;
	if (!jsonc.json_object_is_type(list, json_type_array))
		return doc_bad(rd, key, "a list is expected");
	n = jsonc.json_object_array_length(list);
	for (size_t i = 0; !err && i < n; i++) {
		snprintf(rd->place, sizeof(rd->place), "host.%s[%zu]", key, i);
		row = jsonc.json_object_array_get_idx(list, i);
		if (!jsonc.json_object_is_type(row, json_type_object))
			err = ctx_fail(rd->ctx, -EINVAL, hint, "%s: %s: an object is expected",
				       rd->name, rd->place);
		else
			err = fn(rd, row, i);
	}
	strcpy(rd->place, "host");
	return err;
}

int doc_index(struct json_object *row, const char *key, const char *const *names, int n)
{
	struct json_object *v = doc_member(row, key);
	const char *name = jsonc.json_object_is_type(v, json_type_string) ?
				   jsonc.json_object_get_string(v) :
				   "";
	int i;

	for (i = n; i-- > 0;)
		if (!strcmp(names[i], name))
			break;
	return i;
}
