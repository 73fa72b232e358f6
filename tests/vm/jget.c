/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * jget [-1 | -c] FILE PATH: prints what PATH selects in a JSON file, one value per
 * line; -1: all on one line; -c: how many there are.
 * PATH: keys joined by dots; [N] an element, [] all of them, [key=value] those
 * that have it.
 *   jget s.json 'hkids[state=assigned].id'
 * Status 0 something is selected, 1 nothing is, though the document has such keys
 * (no element is like that, or the array is empty), 2 bad input, 3 the document has
 * no such key.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long found;
static const char *sep = "\n";
static int counting;
/* Nothing was found: check the keys, ignoring the values in filters. */
static int probing;

static int walk(struct json_object *o, const char *path);

static int has_key(struct json_object *o, const char *key, size_t len)
{
	char name[64];

	if (len >= sizeof(name))
		return 0;
	memcpy(name, key, len);
	name[len] = '\0';
	return json_object_object_get_ex(o, name, NULL);
}

static int matches(struct json_object *o, const char *key, size_t klen, const char *want,
		   size_t wlen)
{
	struct json_object *v;
	const char *s;
	char name[64];

	if (klen >= sizeof(name))
		return 0;
	memcpy(name, key, klen);
	name[klen] = '\0';
	if (!json_object_object_get_ex(o, name, &v))
		return 0;
	s = v ? json_object_get_string(v) : "null";
	return strlen(s) == wlen && !strncmp(s, want, wlen);
}

static int walk_array(struct json_object *o, const char *sel, const char *end)
{
	size_t i, n = json_object_array_length(o);
	const char *eq = memchr(sel, '=', end - sel);

	if (probing && !n)
		found++;
	for (i = 0; i < n; i++) {
		struct json_object *e = json_object_array_get_idx(o, i);

		if (probing) {
			if (eq && !has_key(e, sel, eq - sel))
				continue;
		} else if (eq) {
			if (!matches(e, sel, eq - sel, eq + 1, end - eq - 1))
				continue;
		} else if (end != sel && strtoul(sel, NULL, 10) != i) {
			continue;
		}
		if (walk(e, end + 1))
			return 2;
	}
	return 0;
}

static int walk(struct json_object *o, const char *path)
{
	const char *end;
	char name[64];
	size_t len;

	if (*path == '.')
		path++;
	/* What a null might have is not known. */
	if (probing && !o)
		path = "";
	if (!*path) {
		if (probing || counting) {
			found++;
			return 0;
		}
		if (found++)
			fputs(sep, stdout);
		if (json_object_is_type(o, json_type_object) ||
		    json_object_is_type(o, json_type_array))
			fputs(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN), stdout);
		else
			fputs(o ? json_object_get_string(o) : "null", stdout);
		return 0;
	}
	if (*path == '[') {
		end = strchr(path, ']');
		if (!end || !json_object_is_type(o, json_type_array))
			return 2;
		return walk_array(o, path + 1, end);
	}
	len = strcspn(path, ".[");
	if (len >= sizeof(name) || !json_object_is_type(o, json_type_object))
		return 2;
	memcpy(name, path, len);
	name[len] = '\0';
	if (!json_object_object_get_ex(o, name, &o))
		return 0;
	return walk(o, path + len);
}

int main(int argc, char **argv)
{
	struct json_object *o;
	int err;

	if (argc == 4 && (!strcmp(argv[1], "-1") || !strcmp(argv[1], "-c"))) {
		sep = " ";
		counting = argv[1][1] == 'c';
		argv++;
		argc--;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: jget [-1 | -c] FILE PATH\n");
		return 2;
	}
	o = json_object_from_file(argv[1]);
	if (!o) {
		fprintf(stderr, "jget: %s: %s\n", argv[1], json_util_get_last_err());
		return 2;
	}
	err = walk(o, argv[2]);
	if (!err && !found) {
		probing = 1;
		err = walk(o, argv[2]) || !found ? 3 : 1;
		if (err == 3)
			fprintf(stderr, "jget: %s: no \"%s\" in it\n", argv[1], argv[2]);
	} else if (err) {
		fprintf(stderr, "jget: %s: \"%s\" does not fit the document\n", argv[1], argv[2]);
	} else if (!counting) {
		putchar('\n');
	}
	if (counting && err < 2)
		printf("%lu\n", err ? 0 : found);
	json_object_put(o);
	return err;
}
