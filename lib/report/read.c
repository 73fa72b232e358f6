/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a report document. It comes from elsewhere and is not trusted: every value is
 * checked. A missing value is not known; a malformed one is an error that names its key.
 */
#include <stdio.h>
#include <json-c/json.h>
#include "report-priv.h"

#define MAX_FILE  (64U << 20)
#define MAX_DEPTH 12

static const char hint[] = "specify a file written by 'tdxctl report'";
static const char missing[] = "not in the report";

struct reader {
	struct tdxctl_ctx *ctx;
	const char *name;
	struct tdxctl_report *r;
	char place[160]; /* "host.files[3]" */
};

static int bad_value(struct reader *rd, const char *key, const char *what)
{
	return ctx_fail(rd->ctx, -EINVAL, hint, "%s: %s.%s: %s", rd->name, rd->place, key, what);
}

/* ---- values: a missing or null one leaves *out unchanged ---- */

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? v : NULL;
}

static int get_string(struct reader *rd, struct json_object *o, const char *key, char **out)
{
	struct json_object *v = member(o, key);

	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_string))
		return bad_value(rd, key, "a string is expected");
	if (strlen(json_object_get_string(v)) != (size_t)json_object_get_string_len(v))
		return bad_value(rd, key, "the string contains a NUL");
	free(*out);
	*out = strdup(json_object_get_string(v));
	return *out ? 0 : ctx_nomem(rd->ctx);
}

static int get_bool(struct reader *rd, struct json_object *o, const char *key, bool *out)
{
	struct json_object *v = member(o, key);

	if (!v)
		return 0;
	if (!json_object_is_type(v, json_type_boolean))
		return bad_value(rd, key, "true or false is expected");
	*out = json_object_get_boolean(v);
	return 0;
}

/* Reads a number, or a string "0x...", of at most @max. */
static int get_u64(struct reader *rd, struct json_object *o, const char *key, uint64_t max,
		   uint64_t *out)
{
	struct json_object *v = member(o, key);
	uint64_t n;
	char *end;

	if (!v)
		return 0;
	if (json_object_is_type(v, json_type_int)) {
		if (json_object_get_int64(v) < 0)
			return bad_value(rd, key, "negative number");
		n = json_object_get_uint64(v);
	} else if (json_object_is_type(v, json_type_string) &&
		   !strncmp(json_object_get_string(v), "0x", 2)) {
		errno = 0;
		n = strtoull(json_object_get_string(v), &end, 16);
		if (errno || *end)
			return bad_value(rd, key, "malformed number");
	} else {
		return bad_value(rd, key, "a number is expected");
	}
	if (n > max)
		return bad_value(rd, key, "too large");
	*out = n;
	return 0;
}

static int get_bytes(struct reader *rd, struct json_object *o, const char *key, void **out,
		     size_t *len)
{
	char *text = NULL;
	int err = get_string(rd, o, key, &text);

	*out = NULL;
	if (!err && text)
		err = tdxctl_base64_decode(text, out, len);
	free(text);
	return err == -EINVAL && !*tdxctl_error(rd->ctx) ? bad_value(rd, key, "not base64") :
	       err == -ENOMEM				 ? ctx_nomem(rd->ctx) :
							   err;
}

/* Reads why @key is null; the text belongs to the report. */
static int get_reason(struct reader *rd, struct json_object *o, const char *key, const char **out)
{
	struct json_object *unknown = member(o, "unknown");
	char *text = NULL, **bigger;
	int err;

	*out = missing;
	if (!unknown)
		return 0;
	if (!json_object_is_type(unknown, json_type_object))
		return bad_value(rd, "unknown", "an object is expected");
	err = get_string(rd, unknown, key, &text);
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

static int get_val(struct reader *rd, struct json_object *o, const char *key, struct tdxctl_val *v)
{
	if (!member(o, key))
		return get_reason(rd, o, key, &v->reason);
	*v = (struct tdxctl_val){ .readable = true };
	return get_u64(rd, o, key, UINT64_MAX, &v->value);
}

static int get_text(struct reader *rd, struct json_object *o, struct tdxctl_text *t)
{
	int err;

	/* Use the first of several rows for one text. */
	if (t->text)
		return 0;
	err = get_string(rd, o, "text", &t->text);
	if (err || t->text)
		return err;
	err = get_bool(rd, o, "absent", &t->absent);
	return err ? err : get_reason(rd, o, "text", &t->reason);
}

/* ---- lists ---- */

typedef int (*row_fn)(struct reader *rd, struct json_object *row, size_t i);

/* Calls @fn with each object of the list @key. */
static int each_row(struct reader *rd, struct json_object *host, const char *key, row_fn fn)
{
	struct json_object *list = member(host, key), *row;
	int err = 0;
	size_t n;

	strcpy(rd->place, "host");
	if (!list)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return bad_value(rd, key, "a list is expected");
	n = json_object_array_length(list);
	for (size_t i = 0; !err && i < n; i++) {
		snprintf(rd->place, sizeof(rd->place), "host.%s[%zu]", key, i);
		row = json_object_array_get_idx(list, i);
		if (!json_object_is_type(row, json_type_object))
			err = ctx_fail(rd->ctx, -EINVAL, hint, "%s: %s: an object is expected",
				       rd->name, rd->place);
		else
			err = fn(rd, row, i);
	}
	strcpy(rd->place, "host");
	return err;
}

/* Appends a zeroed element to a list and returns it; NULL: out of memory. */
static void *grow(void *list, size_t *nr, size_t size)
{
	char **p = list, *bigger = reallocarray(*p, *nr + 1, size);

	if (!bigger)
		return NULL;
	*p = bigger;
	bigger += *nr * size;
	memset(bigger, 0, size);
	++*nr;
	return bigger;
}

/* Returns the index in @names of the string under @key; -1: not known to this version. */
static int index_of(struct json_object *row, const char *key, const char *const *names, int n)
{
	struct json_object *v = member(row, key);
	const char *name = json_object_is_type(v, json_type_string) ? json_object_get_string(v) :
								      "";
	int i;

	for (i = n; i-- > 0;)
		if (!strcmp(names[i], name))
			break;
	return i;
}

static int file_row(struct reader *rd, struct json_object *row, size_t i)
{
	int k = index_of(row, "path", tdxctl_file_paths, TDXCTL_FILE_COUNT), err;
	struct tdxctl_text *t;

	if (k < 0)
		return 0;
	t = &rd->r->facts->file[k];
	err = get_text(rd, row, t);
	if (t->text)
		t->text[strcspn(t->text, "\n")] = '\0';
	return err;
}

static int path_row(struct reader *rd, struct json_object *row, size_t i)
{
	int k = index_of(row, "path", tdxctl_path_paths, TDXCTL_PATH_COUNT);
	struct tdxctl_val *v;
	bool exists = false;

	if (k < 0)
		return 0;
	v = &rd->r->facts->path[k];
	if (!member(row, "exists"))
		return get_reason(rd, row, "exists", &v->reason);
	if (get_bool(rd, row, "exists", &exists))
		return -EINVAL;
	val_set(v, exists);
	return 0;
}

static const struct tdxctl_fact *fact_of(struct json_object *row, const struct tdxctl_fact *x)
{
	for (; x->name; x++)
		if (index_of(row, "name", &x->name, 1) == 0)
			return x;
	return NULL;
}

static int value_row(struct reader *rd, struct json_object *row, size_t i)
{
	const struct tdxctl_fact *x = fact_of(row, tdxctl_fact_vals);

	return x ? get_val(rd, row, "value", (struct tdxctl_val *)((char *)rd->r->facts + x->at)) :
		   0;
}

static int text_row(struct reader *rd, struct json_object *row, size_t i)
{
	const struct tdxctl_fact *x = fact_of(row, tdxctl_fact_texts);

	return x ? get_text(rd, row, (struct tdxctl_text *)((char *)rd->r->facts + x->at)) : 0;
}

/* Rows of the same package are adjacent. */
static int msr_row(struct reader *rd, struct json_object *row, size_t i)
{
	struct tdxctl_facts *f = rd->r->facts;
	struct tdxctl_msr_set *set = f->nr_msrs ? &f->msrs[f->nr_msrs - 1] : NULL;
	uint64_t package = 0, cpu = 0, number = 0;
	int err;

	err = get_u64(rd, row, "package", UINT32_MAX - 1, &package);
	if (!err)
		err = get_u64(rd, row, "cpu", UINT32_MAX - 1, &cpu);
	if (!err)
		err = get_u64(rd, row, "msr", UINT32_MAX, &number);
	if (err)
		return err;
	if (!set || set->package != package) {
		set = grow(&f->msrs, &f->nr_msrs, sizeof(*set));
		if (!set)
			return ctx_nomem(rd->ctx);
		set->package = (uint32_t)package;
		set->cpu = (uint32_t)cpu;
		for (size_t k = 0; k < TDXCTL_MSR_COUNT; k++)
			set->msr[k].reason = missing;
	}
	for (size_t k = 0; k < TDXCTL_MSR_COUNT; k++) {
		if (tdxctl_msr_number((enum tdxctl_msr)k) != number)
			continue;
		err = get_val(rd, row, "value", &set->msr[k]);
		if (!err && !set->msr[k].readable)
			err = get_bool(rd, row, "fault", &set->msr[k].fault);
	}
	return err;
}

enum form { F_STR, F_SOCKET, F_U64, F_U32, F_BOOL };

struct field {
	const char *key;
	enum form form;
	size_t at;
	bool required;
};

static int read_field(struct reader *rd, struct json_object *row, const struct field *fd, void *to)
{
	char *text = NULL;
	uint64_t n;
	int err;

	if (fd->required && !member(row, fd->key))
		return bad_value(rd, fd->key, "missing");
	switch (fd->form) {
	case F_STR:
		return get_string(rd, row, fd->key, to);
	case F_U64:
		return get_u64(rd, row, fd->key, UINT64_MAX, to);
	case F_BOOL:
		return get_bool(rd, row, fd->key, to);
	case F_U32:
		n = *(uint32_t *)to;
		err = get_u64(rd, row, fd->key, UINT32_MAX, &n);
		*(uint32_t *)to = (uint32_t)n;
		return err;
	case F_SOCKET:
		err = get_string(rd, row, fd->key, &text);
		snprintf(to, sizeof(((struct tdxctl_dimms *)0)->socket), "%s", text ? text : "");
		free(text);
		return err;
	}
	return 0;
}

static int read_fields(struct reader *rd, struct json_object *row, const struct field *fd, void *to)
{
	int err = 0;

	for (; !err && fd->key; fd++)
		err = read_field(rd, row, fd, (char *)to + fd->at);
	return err;
}

#define AT(type, member) offsetof(struct tdxctl_##type, member)

static int cgroup_row(struct reader *rd, struct json_object *row, size_t i)
{
	static const struct field fields[] = { { "path", F_STR, AT(cgroup, path), true },
					       { "current", F_U64, AT(cgroup, current), true },
					       { "max", F_U64, AT(cgroup, max), false },
					       { "max_events", F_U64, AT(cgroup, max_events),
						 true },
					       { .key = NULL } };
	struct tdxctl_facts *f = rd->r->facts;
	struct tdxctl_cgroup *c = grow(&f->cgroups, &f->nr_cgroups, sizeof(*c));

	if (!c)
		return ctx_nomem(rd->ctx);
	c->max = TDXCTL_UNKNOWN;
	return read_fields(rd, row, fields, c);
}

static int dimm_row(struct reader *rd, struct json_object *row, size_t i)
{
	static const struct field fields[] = { { "socket", F_SOCKET, AT(dimms, socket), true },
					       { "slots", F_U32, AT(dimms, slots), true },
					       { "populated", F_U32, AT(dimms, populated), true },
					       { "bytes", F_U64, AT(dimms, bytes), true },
					       { .key = NULL } };
	struct tdxctl_facts *f = rd->r->facts;
	struct tdxctl_dimms *d = grow(&f->dimms, &f->nr_dimms, sizeof(*d));

	return d ? read_fields(rd, row, fields, d) : ctx_nomem(rd->ctx);
}

static int quote_row(struct reader *rd, struct json_object *row, size_t i)
{
	static const struct field fields[] = { { "vm", F_STR, AT(quote_socket, vm), false },
					       { "pid", F_U32, AT(quote_socket, pid), true },
					       { "vsock", F_BOOL, AT(quote_socket, vsock), true },
					       { "cid", F_U64, AT(quote_socket, cid), false },
					       { "port", F_U64, AT(quote_socket, port), false },
					       { .key = NULL } };
	struct tdxctl_facts *f = rd->r->facts;
	struct tdxctl_quote_socket *q = grow(&f->quote_sockets, &f->nr_quote_sockets, sizeof(*q));

	if (!q)
		return ctx_nomem(rd->ctx);
	q->cid = q->port = TDXCTL_UNKNOWN;
	return read_fields(rd, row, fields, q);
}

static int vm_log_row(struct reader *rd, struct json_object *row, size_t i)
{
	static const struct field fields[] = { { "vm", F_STR, AT(vm_log, vm), true },
					       { "text", F_STR, AT(vm_log, text), true },
					       { .key = NULL } };
	struct tdxctl_facts *f = rd->r->facts;
	struct tdxctl_vm_log *l = grow(&f->vm_logs, &f->nr_vm_logs, sizeof(*l));

	return l ? read_fields(rd, row, fields, l) : ctx_nomem(rd->ctx);
}

/* ---- the snapshot ---- */

static int vm_row(struct reader *rd, struct json_object *row, size_t i)
{
	static const struct field fields[] = { { "name", F_STR, AT(vm, name), true },
					       { "uuid", F_STR, AT(vm, uuid), false },
					       { "pid", F_U32, AT(vm, pid), true },
					       { "vm_fd", F_U32, AT(vm, vm_fd), false },
					       { "uid", F_U32, AT(vm, uid), false },
					       { "gone", F_BOOL, AT(vm, gone), true },
					       { .key = NULL } };
	struct tdxctl_snapshot *s = rd->r->facts->snap;
	struct tdxctl_vm *vm;
	int err;

	if (i >= s->nr_tds)
		return 0;
	vm = &s->tds[i].vm;
	vm->vm_fd = -1;
	err = read_fields(rd, row, fields, vm);
	if (vm->pid < 0)
		vm->pid = 0;
	if (vm->vm_fd < 0)
		vm->vm_fd = -1;
	return !err && vm->uuid && !text_is_uuid(vm->uuid) ? bad_value(rd, "uuid", "not a UUID") :
							     err;
}

static int read_platform(struct reader *rd, struct json_object *host, struct tdxctl_platform *p)
{
	static const struct field fields[] = {
		{ "cpu_model", F_STR, AT(platform, cpu_model), false },
		{ "kernel", F_STR, AT(platform, kernel), false },
		{ "tdx_module", F_STR, AT(platform, tdx_module), false },
		{ "kvm", F_STR, AT(platform, kvm), false },
		{ "has_tdx", F_BOOL, AT(platform, has_tdx), true },
		{ .key = NULL }
	};
	struct json_object *o = member(host, "platform");
	bool on = false;
	int err;

	p->kvm_tdx = -1;
	if (!json_object_is_type(o, json_type_object))
		return bad_value(rd, "platform", "an object is expected");
	strcpy(rd->place, "host.platform");
	err = read_fields(rd, o, fields, p);
	if (!err)
		err = get_bool(rd, o, "kvm_tdx", &on);
	if (member(o, "kvm_tdx"))
		p->kvm_tdx = on;
	strcpy(rd->place, "host");
	return err;
}

static int read_snapshot(struct reader *rd, struct json_object *host, struct tdxctl_snapshot **out)
{
	static const char *const sources[] = {
		[TDXCTL_SOURCE_HELPER] = "helper",
		[TDXCTL_SOURCE_EMULATED] = "emulated",
		[TDXCTL_SOURCE_HOST] = "host",
	};
	int source = index_of(host, "source", sources, 3), err;
	size_t len = 0;
	char why[200];
	void *bytes;

	if (source < 0)
		return bad_value(rd, "source", "helper, emulated or host is expected");
	err = get_bytes(rd, host, "snapshot", &bytes, &len);
	if (err)
		return err;
	if (!bytes)
		return bad_value(rd, "snapshot", "missing");
	err = snapshot_parse(rd->ctx, bytes, len, out);
	free(bytes);
	if (err == -ENOMEM)
		return err;
	if (err) {
		snprintf(why, sizeof(why), "%s", tdxctl_error(rd->ctx));
		return bad_value(rd, "snapshot", why);
	}
	(*out)->source = (enum tdxctl_source)source;
	err = get_u64(rd, host, "hkids_charged", UINT64_MAX, &(*out)->hkids_charged);
	if (!err)
		err = get_bytes(rd, host, "info", &bytes, &len);
	if (err)
		return err;
	if (bytes)
		memcpy(&(*out)->info, bytes,
		       len < sizeof((*out)->info) ? len : sizeof((*out)->info));
	free(bytes);
	(*out)->info.provider[sizeof((*out)->info.provider) - 1] = '\0';
	(*out)->info.version[sizeof((*out)->info.version) - 1] = '\0';
	return read_platform(rd, host, &(*out)->platform);
}

static int read_cpu_check(struct reader *rd, struct json_object *host)
{
	struct tdxctl_report *r = rd->r;
	const char *why;
	size_t len = 0;
	void *bytes;
	int err = get_bytes(rd, host, "cpu_check", &bytes, &len);

	if (err)
		return err;
	if (!bytes) {
		err = get_reason(rd, host, "cpu_check", &why);
		if (err)
			return err;
		r->cpus_why = strdup(why);
		return r->cpus_why ? 0 : ctx_nomem(rd->ctx);
	}
	r->cpus = bytes;
	if (len % sizeof(*r->cpus))
		return bad_value(rd, "cpu_check", "not a whole number of records");
	r->nr_cpus = len / sizeof(*r->cpus);
	for (size_t i = 0; i < r->nr_cpus; i++) {
		r->cpus[i].online = !!r->cpus[i].online;
		if (r->cpus[i].state >= TDXCTL_CPU_STATES)
			r->cpus[i].state = TDXCTL_CPU_UNKNOWN;
	}
	return 0;
}

/* ---- the document ---- */

static int read_rest(struct reader *rd, struct json_object *host)
{
	struct tdxctl_facts *f = rd->r->facts;
	uint64_t helper = 0;
	char *step = NULL;
	int err;

	err = get_bool(rd, host, "masked", &rd->r->masked);
	if (!err)
		err = get_u64(rd, host, "boot_time", INT64_MAX / NSEC_PER_SEC, &rd->r->boot_time);
	if (!err)
		err = get_u64(rd, host, "helper_errno", 4095, &helper);
	f->helper_err = -(int)helper;
	if (!err)
		err = get_string(rd, host, "conf", &rd->r->conf);
	if (!err)
		err = get_bool(rd, host, "log_complete", &f->log_complete);
	if (!err)
		err = get_u64(rd, host, "nodes_offline", UINT64_MAX, &f->nodes_offline);
	if (!err)
		err = get_string(rd, host, "stuck_step", &step);
	snprintf(f->stuck_step, sizeof(f->stuck_step), "%s", step ? step : "");
	free(step);
	return err ? err : read_cpu_check(rd, host);
}

static int read_host(struct reader *rd, struct json_object *host)
{
	static const struct {
		const char *key;
		row_fn fn;
	} lists[] = {
		{ "vms", vm_row },	   { "files", file_row }, { "paths", path_row },
		{ "values", value_row },   { "texts", text_row }, { "msrs", msr_row },
		{ "cgroups", cgroup_row }, { "dimms", dimm_row }, { "quote_sockets", quote_row },
		{ "vm_logs", vm_log_row },
	};
	struct tdxctl_facts *f = rd->r->facts;
	int err;

	strcpy(rd->place, "host");
	for (const struct tdxctl_fact *x = tdxctl_fact_vals; x->name; x++)
		((struct tdxctl_val *)((char *)f + x->at))->reason = missing;
	for (const struct tdxctl_fact *x = tdxctl_fact_texts; x->name; x++)
		((struct tdxctl_text *)((char *)f + x->at))->reason = missing;
	for (int i = 0; i < TDXCTL_FILE_COUNT; i++)
		f->file[i].reason = missing;
	for (int i = 0; i < TDXCTL_PATH_COUNT; i++)
		f->path[i].reason = missing;
	err = read_snapshot(rd, host, &f->snap);
	for (size_t i = 0; !err && i < ARRAY_SIZE(lists); i++)
		err = each_row(rd, host, lists[i].key, lists[i].fn);
	if (!err)
		err = read_rest(rd, host);
	if (!err && f->file[TDXCTL_FILE_RELEASE].text)
		f->kernel = src_kernel(f->file[TDXCTL_FILE_RELEASE].text);
	return err;
}

/* Finds a line that is only @word, from *@p on, and sets *@p to its start. */
static bool find_line(const char **p, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = *p; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		if (strncmp(s, word, n) || strspn(s + n, " \t\r") != strcspn(s + n, "\n"))
			continue;
		*p = s;
		return true;
	}
	return false;
}

/* Finds the last JSON block of a Markdown text; a JSON text is one block. */
static const char *find_json(const char *text, size_t *len)
{
	const char *s = text, *start = NULL, *end;

	while (find_line(&s, "```json")) {
		s += strcspn(s, "\n");
		start = s += *s == '\n';
	}
	if (text[strspn(text, " \t\r\n")] == '{' || !start)
		start = text;
	end = start;
	*len = start != text && find_line(&end, "```") ? (size_t)(end - start) : strlen(start);
	return start;
}

static int parse_json(struct tdxctl_ctx *ctx, const char *name, const char *text,
		      struct json_object **out)
{
	struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
	size_t len, end, line = 1;
	const char *json = find_json(text, &len);
	char *copy = strndup(json, len);
	int err = 0;

	if (!tok || !copy) {
		err = ctx_nomem(ctx);
		goto out;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*out = json_tokener_parse_ex(tok, copy, (int)len + 1);
	if (json_tokener_get_error(tok) == json_tokener_success)
		goto out;
	end = (size_t)(json - text) + json_tokener_get_parse_end(tok);
	for (size_t i = 0; i < end && text[i]; i++)
		line += text[i] == '\n';
	err = ctx_fail(ctx, -EINVAL, hint, "%s: line %zu: not JSON: %s", name, line,
		       json_tokener_error_desc(json_tokener_get_error(tok)));
out:
	free(copy);
	if (tok)
		json_tokener_free(tok);
	return err;
}

int tdxctl_report_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
			struct tdxctl_report **out)
{
	struct reader rd = { .ctx = ctx, .name = name };
	struct json_object *root = NULL, *command, *host;
	int err;

	ctx_clear(ctx);
	if (strlen(text) != len)
		return ctx_fail(ctx, -EINVAL, hint, "%s: not a report: contains a NUL byte", name);
	err = parse_json(ctx, name, text, &root);
	if (err)
		return err;
	command = member(root, "command");
	host = member(root, "host");
	rd.r = calloc(1, sizeof(*rd.r));
	if (rd.r)
		rd.r->facts = calloc(1, sizeof(*rd.r->facts));
	if (!rd.r || !rd.r->facts)
		err = ctx_nomem(ctx);
	else if (!json_object_is_type(root, json_type_object) ||
		 !json_object_is_type(command, json_type_string) ||
		 strcmp(json_object_get_string(command), "report") ||
		 !json_object_is_type(host, json_type_object))
		err = ctx_fail(ctx, -EINVAL, hint, "%s: not a report", name);
	else
		err = read_host(&rd, host);
	json_object_put(root);
	if (err)
		tdxctl_report_free(rd.r);
	else
		*out = rd.r;
	return err;
}

int tdxctl_report_read(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_report **out)
{
	size_t len;
	char *text;
	int err = file_read(file, MAX_FILE, &text, &len);

	if (err == -EINVAL)
		return ctx_fail(ctx, err, hint, "%s: not a regular file", file);
	if (err == -EFBIG)
		return ctx_fail(ctx, err, hint, "%s: larger than %u MiB, not a report", file,
				MAX_FILE >> 20);
	if (err)
		return ctx_fail(ctx, err, hint, "%s: %s", file, strerror(-err));
	err = tdxctl_report_parse(ctx, file, text, len, out);
	free(text);
	return err;
}
