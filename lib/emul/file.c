/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of an emulated host. A table per kind of event describes its keys; reading,
 * checking and writing use the same tables.
 */
#include <stdio.h>
#include "base/jsonc.h"
#include "emul.h"
#include "tdx.h"

#define FORMAT	  "tdxctl-host"
#define MAX_DEPTH 8

enum type { T_INT, T_BOOL, T_STR, T_UUID, T_LEAF, T_STATUS, T_WORD };

struct field {
	const char *key;
	enum type type;
	size_t offset; /* in struct emul_event */
	bool required;
	uint64_t min, max;
	uint64_t def;
	const char *const *words; /* T_WORD, NULL-terminated */
};

#define AT(member)   .offset = offsetof(struct emul_event, member)
#define NAME_MAX_LEN 63

static const char *const until_words[] = {
	[EMUL_INIT] = "init",		[EMUL_VCPUS] = "vcpus", [EMUL_MEMORY] = "memory",
	[EMUL_FINALIZED] = "finalized", [EMUL_UNTILS] = NULL,
};

static const char *const lock_words[] = {
	[TDXCTL_LOCK_TDX] = "tdx",
	[TDXCTL_LOCK_KEY_CONFIG] = "key-config",
	[TDXCTL_LOCK_KINDS] = NULL,
};

#define PID_MAX	    4194304
#define MS_MAX	    (1000ULL * 86400 * 365)
#define WORK_MS_MAX (1000ULL * 3600)

static const struct field td_fields[] = {
	{ .key = "name", .type = T_STR, AT(name), .required = true, .max = NAME_MAX_LEN },
	{ .key = "uuid", .type = T_UUID, AT(uuid) },
	{ .key = "pid", .type = T_INT, AT(pid), .required = true, .min = 1, .max = PID_MAX },
	{ .key = "uid", .type = T_INT, AT(uid), .max = UINT32_MAX, .def = UINT32_MAX },
	{ .key = "comm", .type = T_STR, AT(comm), .max = TDXCTL_COMM_LEN - 1 },
	{ .key = "vcpus", .type = T_INT, AT(vcpus), .max = TDX_MAX_VCPUS_PER_TD, .def = 1 },
	{ .key = "max_vcpus", .type = T_INT, AT(max_vcpus), .max = TDX_MAX_VCPUS_PER_TD },
	{ .key = "pages", .type = T_INT, AT(pages), .max = EMUL_MAX_PAGES },
	{ .key = "until", .type = T_WORD, AT(until), .words = until_words, .def = EMUL_FINALIZED },
	{ 0 },
};

static const struct field release_fields[] = {
	{ .key = "td", .type = T_INT, AT(td), .required = true, .min = 1, .max = UINT32_MAX },
	{ .key = "pages_left", .type = T_INT, AT(pages_left), .max = EMUL_MAX_PAGES },
	{ .key = "ms", .type = T_INT, AT(ms), .max = WORK_MS_MAX },
	{ 0 },
};

static const struct field stop_fields[] = {
	{ .key = "td", .type = T_INT, AT(td), .required = true, .min = 1, .max = UINT32_MAX },
	{ .key = "ms", .type = T_INT, AT(ms), .max = WORK_MS_MAX },
	{ 0 },
};

static const struct field fault_fields[] = {
	{ .key = "leaf", .type = T_LEAF, AT(leaf), .required = true },
	{ .key = "status", .type = T_STATUS, AT(status), .required = true },
	{ .key = "cpu", .type = T_INT, AT(cpu), .max = UINT32_MAX, .def = UINT32_MAX },
	{ .key = "skip", .type = T_INT, AT(skip), .max = UINT32_MAX },
	{ .key = "count", .type = T_INT, AT(count), .min = 1, .max = UINT32_MAX, .def = 1 },
	{ 0 },
};

static const struct field cpu_fields[] = {
	{ .key = "cpu", .type = T_INT, AT(cpu), .required = true, .max = EMUL_MAX_CPUS - 1 },
	{ .key = "online", .type = T_BOOL, AT(online), .required = true },
	{ 0 },
};

static const struct field hold_fields[] = {
	{ .key = "lock", .type = T_WORD, AT(lock), .required = true, .words = lock_words },
	{ .key = "package", .type = T_INT, AT(package), .max = TDX_MAX_PKGS - 1 },
	{ .key = "pid", .type = T_INT, AT(pid), .required = true, .min = 1, .max = PID_MAX },
	{ .key = "comm", .type = T_STR, AT(comm), .max = TDXCTL_COMM_LEN - 1 },
	{ .key = "ms", .type = T_INT, AT(ms), .required = true, .max = MS_MAX },
	{ .key = "more_ms", .type = T_INT, AT(more_ms), .max = MS_MAX, .def = 1000 },
	{ 0 },
};

static const struct field wait_fields[] = {
	{ .key = "ms", .type = T_INT, AT(ms), .required = true, .max = MS_MAX },
	{ 0 },
};

static const struct field pace_fields[] = {
	{ .key = "page_ns", .type = T_INT, AT(page_ns), .required = true, .max = NSEC_PER_SEC },
	{ 0 },
};

static const struct field accept_fields[] = {
	{ .key = "td", .type = T_INT, AT(td), .required = true, .min = 1, .max = UINT32_MAX },
	{ .key = "pages", .type = T_INT, AT(pages), .required = true, .max = EMUL_MAX_PAGES },
	{ .key = "ms", .type = T_INT, AT(ms), .max = WORK_MS_MAX },
	{ 0 },
};

/* Every event may have it. */
static const struct field at_field = { .key = "at", .type = T_INT, AT(at), .max = MS_MAX };

static const struct {
	const char *word;
	const struct field *fields;
} ops[EMUL_OPS] = {
	[EMUL_TD] = { "td", td_fields },
	[EMUL_RELEASE] = { "release", release_fields },
	[EMUL_STOP] = { "stop", stop_fields },
	[EMUL_FAULT] = { "fault", fault_fields },
	[EMUL_CPU] = { "cpu", cpu_fields },
	[EMUL_HOLD] = { "hold", hold_fields },
	[EMUL_WAIT] = { "wait", wait_fields },
	[EMUL_PACE] = { "pace", pace_fields },
	[EMUL_ACCEPT] = { "accept", accept_fields },
};

/* The current position in the file, for messages. */
struct place {
	struct tdxctl_ctx *ctx;
	const char *name;
	char object[64]; /* "topology" or "event 3 (td)" */
};

static const char hint[] = "compare it with a file written by 'tdxctl emulate init'";

static int PRINTF(3, 4) bad(const struct place *p, const char *key, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return ctx_fail(p->ctx, -EINVAL, hint, "%s: %s: key '%s': %s", p->name, p->object, key,
			why);
}

static int read_int(const struct place *p, const char *key, struct json_object *v, uint64_t min,
		    uint64_t max, uint64_t *out)
{
	/* json-c clamps numbers that do not fit; all limits here are far below 2^63. */
	if (!jsonc.json_object_is_type(v, json_type_int))
		return bad(p, key, "a whole number is expected");
	if (jsonc.json_object_get_int64(v) < 0 || jsonc.json_object_get_uint64(v) < min ||
	    jsonc.json_object_get_uint64(v) > max)
		return bad(p, key, "%s is not between %" PRIu64 " and %" PRIu64,
			   jsonc.json_object_get_string(v), min, max);
	*out = jsonc.json_object_get_uint64(v);
	return 0;
}

static int read_str(const struct place *p, const char *key, struct json_object *v, size_t max,
		    char **out)
{
	const char *s = jsonc.json_object_get_string(v);
	size_t len = (size_t)jsonc.json_object_get_string_len(v);

	if (!len || len > max || strlen(s) != len)
		return bad(p, key, "1 to %zu characters are expected", max);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return bad(p, key, "control characters are not allowed");
	*out = strdup(s);
	return *out ? 0 : ctx_nomem(p->ctx);
}

static int read_word(const struct place *p, const struct field *f, const char *s, uint64_t *out)
{
	char *end;

	switch (f->type) {
	case T_WORD:
		for (uint64_t i = 0; f->words[i]; i++) {
			if (!strcmp(s, f->words[i])) {
				*out = i;
				return 0;
			}
		}
		break;
	case T_LEAF:
		for (unsigned int i = 0; i < TDX_LEAF_COUNT; i++) {
			if (tdxctl_leaf_str(i) && !strcmp(s, tdxctl_leaf_str(i))) {
				*out = i;
				return 0;
			}
		}
		break;
	default:
		if (!strncmp(s, "0x", 2) && s[2]) {
			errno = 0;
			*out = strtoull(s, &end, 16);
			if (!errno && !*end && *out)
				return 0;
		}
#define X(hi, id) \
	if (TDX_ST(id) && !strcmp(s, "TDX_" #id)) { \
		*out = TDX_ST(id); \
		return 0; \
	}
		TDX_STATUSES(X)
#undef X
	}
	return bad(p, f->key, "'%s' is unknown", s);
}

static int read_field(const struct place *p, const struct field *f, struct json_object *v,
		      struct emul_event *ev)
{
	void *dst = (char *)ev + f->offset;
	int err;

	if (f->type == T_INT)
		return read_int(p, f->key, v, f->min, f->max, dst);
	if (f->type == T_BOOL) {
		if (!jsonc.json_object_is_type(v, json_type_boolean))
			return bad(p, f->key, "true or false is expected");
		*(uint64_t *)dst = (uint64_t)jsonc.json_object_get_boolean(v);
		return 0;
	}
	if (!jsonc.json_object_is_type(v, json_type_string))
		return bad(p, f->key, "a string is expected");
	if (f->type == T_STR)
		return read_str(p, f->key, v, f->max, dst);
	if (f->type == T_UUID) {
		err = read_str(p, f->key, v, 36, dst);
		if (!err && !text_is_uuid(*(char **)dst))
			err = bad(p, f->key, "a UUID is expected");
		return err;
	}
	return read_word(p, f, jsonc.json_object_get_string(v), dst);
}

static void free_event(struct emul_event *ev)
{
	free(ev->name);
	free(ev->uuid);
	free(ev->comm);
}

static int read_event(struct place *p, size_t number, struct json_object *obj,
		      struct emul_event *ev)
{
	struct json_object *v;
	const struct field *f;
	const char *op;
	int err = 0;

	snprintf(p->object, sizeof(p->object), "event %zu", number);
	if (!jsonc.json_object_is_type(obj, json_type_object))
		return ctx_fail(p->ctx, -EINVAL, hint, "%s: %s: an object is expected", p->name,
				p->object);
	if (!jsonc.json_object_object_get_ex(obj, "op", &v) ||
	    !jsonc.json_object_is_type(v, json_type_string))
		return bad(p, "op", "a string is expected");
	op = jsonc.json_object_get_string(v);
	for (ev->op = 0; ev->op < EMUL_OPS && strcmp(op, ops[ev->op].word); ev->op++)
		;
	if (ev->op == EMUL_OPS)
		return bad(p, "op", "'%s' is unknown", op);
	snprintf(p->object, sizeof(p->object), "event %zu (%s)", number, op);

	for (struct lh_entry *e = jsonc.json_object_get_object(obj)->head; e; e = e->next) {
		const char *key = lh_entry_k(e);

		for (f = ops[ev->op].fields; f->key && strcmp(f->key, key); f++)
			;
		if (!f->key && strcmp(key, "op") && strcmp(key, at_field.key))
			return bad(p, key, "unknown");
	}
	for (f = ops[ev->op].fields; !err && f->key; f++) {
		if (jsonc.json_object_object_get_ex(obj, f->key, &v))
			err = read_field(p, f, v, ev);
		else if (f->required)
			err = bad(p, f->key, "missing");
		else if (f->type != T_STR && f->type != T_UUID)
			*(uint64_t *)((char *)ev + f->offset) = f->def;
	}
	if (!err && jsonc.json_object_object_get_ex(obj, at_field.key, &v))
		err = read_field(p, &at_field, v, ev);
	return err;
}

struct member {
	const char *key;
	uint64_t *dst, min, max;
	bool required;
};

/* Reads an object of whole numbers. What is not required is left as it was if it is missing. */
static int read_members(struct place *p, struct json_object *obj, const char *what,
			const struct member *m, size_t nr)
{
	struct json_object *v;
	size_t i;
	int err;

	snprintf(p->object, sizeof(p->object), "%s", what);
	if (!jsonc.json_object_is_type(obj, json_type_object))
		return ctx_fail(p->ctx, -EINVAL, hint, "%s: key '%s': an object is expected",
				p->name, what);
	for (i = 0; i < nr; i++) {
		if (!jsonc.json_object_object_get_ex(obj, m[i].key, &v)) {
			if (m[i].required)
				return bad(p, m[i].key, "missing");
			continue;
		}
		err = read_int(p, m[i].key, v, m[i].min, m[i].max, m[i].dst);
		if (err)
			return err;
	}
	for (struct lh_entry *e = jsonc.json_object_get_object(obj)->head; e; e = e->next) {
		const char *key = lh_entry_k(e);

		for (i = 0; i < nr && strcmp(m[i].key, key); i++)
			;
		if (i == nr)
			return bad(p, key, "unknown");
	}
	return 0;
}

static int read_topology(struct place *p, struct json_object *obj, struct tdxctl_emul_topology *t)
{
	uint64_t packages, cpus, mktme, tdx;
	const struct member members[] = {
		{ "packages", &packages, 0, UINT32_MAX, true },
		{ "cpus_per_package", &cpus, 0, UINT32_MAX, true },
		{ "mktme_keyids", &mktme, 0, UINT32_MAX, true },
		{ "tdx_keyids", &tdx, 0, UINT32_MAX, true },
	};
	int err = read_members(p, obj, "topology", members, ARRAY_SIZE(members));

	if (err)
		return err;
	t->packages = (uint32_t)packages;
	t->cpus_per_package = (uint32_t)cpus;
	t->mktme_keyids = (uint32_t)mktme;
	t->tdx_keyids = (uint32_t)tdx;
	return emul_check_topology(p->ctx, p->name, t);
}

/* Either a speed and when it started, or the length of a step. */
static int read_play(struct place *p, struct json_object *obj, struct emul_play *play)
{
	const struct member members[] = {
		{ "from_ms", &play->from_ms, 0, MS_MAX, false },
		{ "started_ms", &play->started_ms, 1, INT64_MAX / 1000000, false },
		{ "speed", &play->speed, 1, EMUL_MAX_SPEED, false },
		{ "step_ms", &play->step_ms, 1, MS_MAX, false },
	};
	int err = read_members(p, obj, "play", members, ARRAY_SIZE(members));

	if (err)
		return err;
	if (!play->step_ms && (!play->started_ms || !play->speed))
		return bad(p, "speed", "needs 'started_ms' too, if there is no 'step_ms'");
	play->on = true;
	return 0;
}

static int read_host(struct place *p, struct json_object *root, struct emul_file *out)
{
	static const char *const keys[] = { "format",	"version", "topology",
					    "clock_ns", "play",	   "events" };
	struct json_object *v;
	uint64_t pages = 0, version;
	size_t n;
	int err;

	strcpy(p->object, "host");
	if (!jsonc.json_object_is_type(root, json_type_object))
		return ctx_fail(p->ctx, -EINVAL, hint, "%s: not a host file: an object is expected",
				p->name);
	if (!jsonc.json_object_object_get_ex(root, "format", &v) ||
	    !jsonc.json_object_is_type(v, json_type_string) ||
	    strcmp(jsonc.json_object_get_string(v), FORMAT))
		return ctx_fail(p->ctx, -EINVAL, hint,
				"%s: not a host file: key 'format' is not '%s'", p->name, FORMAT);
	for (struct lh_entry *e = jsonc.json_object_get_object(root)->head; e; e = e->next) {
		const char *key = lh_entry_k(e);

		for (n = 0; n < ARRAY_SIZE(keys) && strcmp(keys[n], key); n++)
			;
		if (n == ARRAY_SIZE(keys))
			return bad(p, key, "unknown");
	}
	if (!jsonc.json_object_object_get_ex(root, "version", &v))
		return bad(p, "version", "missing");
	err = read_int(p, "version", v, 1, 1, &version);
	if (err)
		return err;
	if (jsonc.json_object_object_get_ex(root, "clock_ns", &v)) {
		err = read_int(p, "clock_ns", v, 1, INT64_MAX / 2, &out->clock_ns);
		if (err)
			return err;
	}
	if (!jsonc.json_object_object_get_ex(root, "topology", &v))
		return bad(p, "topology", "missing");
	err = read_topology(p, v, &out->topo);
	if (err)
		return err;
	if (jsonc.json_object_object_get_ex(root, "play", &v)) {
		err = read_play(p, v, &out->play);
		if (err)
			return err;
	}
	strcpy(p->object, "host");
	if (!jsonc.json_object_object_get_ex(root, "events", &v) ||
	    !jsonc.json_object_is_type(v, json_type_array))
		return bad(p, "events", "a list is expected");
	n = jsonc.json_object_array_length(v);
	out->events = calloc(n + 1, sizeof(*out->events));
	if (!out->events)
		return ctx_nomem(p->ctx);
	for (size_t i = 0; i < n; i++) {
		out->nr_events++;
		err = read_event(p, i + 1, jsonc.json_object_array_get_idx(v, i), &out->events[i]);
		if (err)
			return err;
		pages += out->events[i].pages;
		if (pages > EMUL_MAX_PAGES)
			return bad(p, "pages", "more than %" PRIu64 " pages in all TDs together",
				   (uint64_t)EMUL_MAX_PAGES);
	}
	return 0;
}

int emul_file_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
		    struct emul_file *out)
{
	struct place p = { .ctx = ctx, .name = name };
	struct json_tokener *tok;
	struct json_object *root;
	size_t end, line = 1;
	int err;

	*out = (struct emul_file){ .clock_ns = NSEC_PER_SEC };
	err = ctx_jsonc(ctx);
	if (err)
		return err;
	tok = jsonc.json_tokener_new_ex(MAX_DEPTH);
	if (!tok)
		return ctx_nomem(ctx);
	jsonc.json_tokener_set_flags(tok, jsonc_flags(text));
	/* Pass the final NUL: without it the tokener expects more text. */
	root = jsonc.json_tokener_parse_ex(tok, text, (int)len + 1);
	end = jsonc.json_tokener_get_parse_end(tok);
	if (jsonc.json_tokener_get_error(tok) != json_tokener_success || strlen(text) != len) {
		for (size_t i = 0; i < end && i < len; i++)
			line += text[i] == '\n';
		err = ctx_fail(ctx, -EINVAL, hint, "%s: line %zu: not JSON: %s", name, line,
			       strlen(text) != len ? "a NUL byte" :
						     jsonc.json_tokener_error_desc(
							     jsonc.json_tokener_get_error(tok)));
	} else {
		err = read_host(&p, root, out);
	}
	jsonc.json_object_put(root);
	jsonc.json_tokener_free(tok);
	if (err)
		emul_file_clear(out);
	return err;
}

static struct json_object *format_field(const struct field *f, const struct emul_event *ev)
{
	const void *src = (const char *)ev + f->offset;
	uint64_t n = *(const uint64_t *)src;
	char hex[24];

	switch (f->type) {
	case T_STR:
	case T_UUID:
		return jsonc.json_object_new_string(*(char *const *)src);
	case T_INT:
		return jsonc.json_object_new_int64((int64_t)n);
	case T_BOOL:
		return jsonc.json_object_new_boolean(n != 0);
	case T_LEAF:
		return jsonc.json_object_new_string(tdxctl_leaf_str((unsigned int)n));
	case T_STATUS:
		snprintf(hex, sizeof(hex), "0x%" PRIx64, n);
		return jsonc.json_object_new_string(hex);
	case T_WORD:
		return jsonc.json_object_new_string(f->words[n]);
	}
	return NULL;
}

/* Adds @v to @obj; frees @v on failure. */
static bool add(struct json_object *obj, const char *key, struct json_object *v)
{
	if (v && !jsonc.json_object_object_add(obj, key, v))
		return true;
	jsonc.json_object_put(v);
	return false;
}

static bool is_default(const struct field *f, const struct emul_event *ev)
{
	const void *src = (const char *)ev + f->offset;

	if (f->type == T_STR || f->type == T_UUID)
		return !*(char *const *)src;
	return !f->required && *(const uint64_t *)src == f->def;
}

static bool format_event(struct json_object *list, const struct emul_event *ev)
{
	struct json_object *obj = jsonc.json_object_new_object();
	const struct field *f;
	bool ok = obj && add(obj, "op", jsonc.json_object_new_string(ops[ev->op].word));

	if (ok && ev->at)
		ok = add(obj, at_field.key, format_field(&at_field, ev));
	for (f = ops[ev->op].fields; ok && f->key; f++)
		if (!is_default(f, ev))
			ok = add(obj, f->key, format_field(f, ev));
	if (ok && !jsonc.json_object_array_add(list, obj))
		return true;
	jsonc.json_object_put(obj);
	return false;
}

static bool format_play(struct json_object *root, const struct emul_play *p)
{
	struct json_object *obj;

	if (!p->on)
		return true;
	obj = jsonc.json_object_new_object();
	return obj && add(root, "play", obj) &&
	       add(obj, "from_ms", jsonc.json_object_new_int64((int64_t)p->from_ms)) &&
	       (p->step_ms ?
			add(obj, "step_ms", jsonc.json_object_new_int64((int64_t)p->step_ms)) :
			add(obj, "started_ms",
			    jsonc.json_object_new_int64((int64_t)p->started_ms)) &&
				add(obj, "speed", jsonc.json_object_new_int64((int64_t)p->speed)));
}

int emul_file_format(struct tdxctl_ctx *ctx, const struct emul_file *f, char **text)
{
	struct json_object *root, *topo, *events;
	bool ok;
	int err = ctx_jsonc(ctx);

	if (err)
		return err;
	root = jsonc.json_object_new_object();
	topo = jsonc.json_object_new_object();
	events = jsonc.json_object_new_array();
	ok = root && topo && events && add(root, "format", jsonc.json_object_new_string(FORMAT)) &&
	     add(root, "version", jsonc.json_object_new_int(1)) &&
	     add(topo, "packages", jsonc.json_object_new_int64(f->topo.packages)) &&
	     add(topo, "cpus_per_package", jsonc.json_object_new_int64(f->topo.cpus_per_package)) &&
	     add(topo, "mktme_keyids", jsonc.json_object_new_int64(f->topo.mktme_keyids)) &&
	     add(topo, "tdx_keyids", jsonc.json_object_new_int64(f->topo.tdx_keyids)) &&
	     add(root, "topology", jsonc.json_object_get(topo)) &&
	     add(root, "clock_ns", jsonc.json_object_new_int64((int64_t)f->clock_ns)) &&
	     format_play(root, &f->play);
	for (size_t i = 0; ok && i < f->nr_events; i++)
		ok = format_event(events, &f->events[i]);
	ok = ok && add(root, "events", jsonc.json_object_get(events)) &&
	     asprintf(text, "%s\n",
		      jsonc.json_object_to_json_string_ext(root,
							   JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_SPACED |
								   JSON_C_TO_STRING_NOSLASHESCAPE)) >=
		     0;
	jsonc.json_object_put(events);
	jsonc.json_object_put(topo);
	jsonc.json_object_put(root);
	return ok ? 0 : ctx_nomem(ctx);
}

int emul_file_add(struct emul_file *f, const struct emul_event *ev)
{
	struct emul_event *bigger = realloc(f->events, (f->nr_events + 1) * sizeof(*bigger)), *n;

	if (!bigger)
		return -ENOMEM;
	f->events = bigger;
	n = &bigger[f->nr_events];
	*n = *ev;
	n->name = ev->name ? strdup(ev->name) : NULL;
	n->uuid = ev->uuid ? strdup(ev->uuid) : NULL;
	n->comm = ev->comm ? strdup(ev->comm) : NULL;
	if (!n->name != !ev->name || !n->uuid != !ev->uuid || !n->comm != !ev->comm) {
		free_event(n);
		return -ENOMEM;
	}
	f->nr_events++;
	return 0;
}

void emul_file_clear(struct emul_file *f)
{
	for (size_t i = 0; i < f->nr_events; i++)
		free_event(&f->events[i]);
	free(f->events);
	f->events = NULL;
	f->nr_events = 0;
}

int emul_check_topology(struct tdxctl_ctx *ctx, const char *name,
			const struct tdxctl_emul_topology *t)
{
	const char *why = NULL;

	if (!t->packages || t->packages > TDX_MAX_PKGS)
		why = "the number of packages must be 1 to 8";
	else if (!t->cpus_per_package || t->cpus_per_package > EMUL_MAX_CPUS / t->packages)
		why = "all packages together must have 1 to 4096 CPUs";
	else if (t->tdx_keyids < 2)
		why = "at least two TDX KeyIDs are needed: the TDX module uses the first";
	else if ((uint64_t)t->mktme_keyids + t->tdx_keyids >= TDX_MAX_HKIDS)
		why = "MKTME and TDX KeyIDs together must be fewer than 2048";
	if (!why)
		return 0;
	return ctx_fail(ctx, -EINVAL,
			"a typical host has 2 packages and 64 KeyIDs, half of them for TDX",
			"%s: invalid topology: %s", name, why);
}
