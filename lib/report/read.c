/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a report document. It comes from elsewhere and is not trusted: every value is
 * checked. A missing value is not known; a malformed one is an error that names its key.
 */
#include <stdio.h>
#include <unistd.h>
#include "base/jsonc.h"
#include "report-priv.h"

#define MAX_FILE  (64U << 20)
#define MAX_DEPTH 12

static const char hint[] = "specify a file written by 'tdxctl report'";
static const char missing[] = "not in the report";

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

static int file_row(struct doc_reader *rd, struct json_object *row, size_t i)
{
	int k = doc_index(row, "path", tdxctl_file_paths, TDXCTL_FILE_COUNT), err;
	struct tdxctl_text *t;

	if (k < 0)
		return 0;
	t = &rd->r->facts->file[k];
	err = doc_text(rd, row, t);
	if (t->text)
		t->text[strcspn(t->text, "\n")] = '\0';
	return err;
}

static int path_row(struct doc_reader *rd, struct json_object *row, size_t i)
{
	int k = doc_index(row, "path", tdxctl_path_paths, TDXCTL_PATH_COUNT);
	struct tdxctl_val *v;
	bool exists = false;

	if (k < 0)
		return 0;
	v = &rd->r->facts->path[k];
	if (!doc_member(row, "exists"))
		return doc_reason(rd, row, "exists", &v->reason);
	if (doc_bool(rd, row, "exists", &exists))
		return -EINVAL;
	val_set(v, exists);
	return 0;
}

static const struct tdxctl_fact *fact_of(struct json_object *row, const struct tdxctl_fact *x)
{
	for (; x->name; x++)
		if (doc_index(row, "name", &x->name, 1) == 0)
			return x;
	return NULL;
}

static int value_row(struct doc_reader *rd, struct json_object *row, size_t i)
{
	const struct tdxctl_fact *x = fact_of(row, tdxctl_fact_vals);

	return x ? doc_val(rd, row, "value", (struct tdxctl_val *)((char *)rd->r->facts + x->at)) :
		   0;
}

static int text_row(struct doc_reader *rd, struct json_object *row, size_t i)
{
	const struct tdxctl_fact *x = fact_of(row, tdxctl_fact_texts);

	return x ? doc_text(rd, row, (struct tdxctl_text *)((char *)rd->r->facts + x->at)) : 0;
}

/* Rows of the same package are adjacent. */
static int msr_row(struct doc_reader *rd, struct json_object *row, size_t i)
{
	struct tdxctl_facts *f = rd->r->facts;
	struct tdxctl_msr_set *set = f->nr_msrs ? &f->msrs[f->nr_msrs - 1] : NULL;
	uint64_t package = 0, cpu = 0, number = 0;
	int err;

	err = doc_u64(rd, row, "package", UINT32_MAX - 1, &package);
	if (!err)
		err = doc_u64(rd, row, "cpu", UINT32_MAX - 1, &cpu);
	if (!err)
		err = doc_u64(rd, row, "msr", UINT32_MAX, &number);
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
		err = doc_val(rd, row, "value", &set->msr[k]);
		if (!err && !set->msr[k].readable)
			err = doc_bool(rd, row, "fault", &set->msr[k].fault);
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

static int read_field(struct doc_reader *rd, struct json_object *row, const struct field *fd,
		      void *to)
{
	char *text = NULL;
	uint64_t n;
	int err;

	if (fd->required && !doc_member(row, fd->key))
		return doc_bad(rd, fd->key, "missing");
	switch (fd->form) {
	case F_STR:
		return doc_string(rd, row, fd->key, to);
	case F_U64:
		return doc_u64(rd, row, fd->key, UINT64_MAX, to);
	case F_BOOL:
		return doc_bool(rd, row, fd->key, to);
	case F_U32:
		n = *(uint32_t *)to;
		err = doc_u64(rd, row, fd->key, UINT32_MAX, &n);
		*(uint32_t *)to = (uint32_t)n;
		return err;
	case F_SOCKET:
		err = doc_string(rd, row, fd->key, &text);
		snprintf(to, sizeof(((struct tdxctl_dimms *)0)->socket), "%s", text ? text : "");
		free(text);
		return err;
	}
	return 0;
}

static int read_fields(struct doc_reader *rd, struct json_object *row, const struct field *fd,
		       void *to)
{
	int err = 0;

	for (; !err && fd->key; fd++)
		err = read_field(rd, row, fd, (char *)to + fd->at);
	return err;
}

#define AT(type, member) offsetof(struct tdxctl_##type, member)

static int cgroup_row(struct doc_reader *rd, struct json_object *row, size_t i)
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

static int dimm_row(struct doc_reader *rd, struct json_object *row, size_t i)
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

static int quote_row(struct doc_reader *rd, struct json_object *row, size_t i)
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

static int vm_log_row(struct doc_reader *rd, struct json_object *row, size_t i)
{
	static const struct field fields[] = { { "vm", F_STR, AT(vm_log, vm), true },
					       { "text", F_STR, AT(vm_log, text), true },
					       { .key = NULL } };
	struct tdxctl_facts *f = rd->r->facts;
	struct tdxctl_vm_log *l = grow(&f->vm_logs, &f->nr_vm_logs, sizeof(*l));

	return l ? read_fields(rd, row, fields, l) : ctx_nomem(rd->ctx);
}

/* ---- the snapshot ---- */

static int vm_row(struct doc_reader *rd, struct json_object *row, size_t i)
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
	return !err && vm->uuid && !text_is_uuid(vm->uuid) ? doc_bad(rd, "uuid", "not a UUID") :
							     err;
}

static int read_platform(struct doc_reader *rd, struct json_object *host, struct tdxctl_platform *p)
{
	static const struct field fields[] = {
		{ "cpu_model", F_STR, AT(platform, cpu_model), false },
		{ "kernel", F_STR, AT(platform, kernel), false },
		{ "tdx_module", F_STR, AT(platform, tdx_module), false },
		{ "kvm", F_STR, AT(platform, kvm), false },
		{ "has_tdx", F_BOOL, AT(platform, has_tdx), true },
		{ .key = NULL }
	};
	struct json_object *o = doc_member(host, "platform");
	bool on = false;
	int err;

	p->kvm_tdx = -1;
	if (!jsonc.json_object_is_type(o, json_type_object))
		return doc_bad(rd, "platform", "an object is expected");
	strcpy(rd->place, "host.platform");
	err = read_fields(rd, o, fields, p);
	if (!err)
		err = doc_bool(rd, o, "kvm_tdx", &on);
	if (doc_member(o, "kvm_tdx"))
		p->kvm_tdx = on;
	strcpy(rd->place, "host");
	return err;
}

static int read_snapshot(struct doc_reader *rd, struct json_object *host,
			 struct tdxctl_snapshot **out)
{
	static const char *const sources[] = {
		[TDXCTL_SOURCE_HELPER] = "helper",
		[TDXCTL_SOURCE_EMULATED] = "emulated",
		[TDXCTL_SOURCE_HOST] = "host",
		[TDXCTL_SOURCE_BPF] = "bpf",
	};
	int source = doc_index(host, "source", sources, ARRAY_SIZE(sources)), err;
	size_t len = 0;
	char why[200];
	void *bytes;

	if (source < 0)
		return doc_bad(rd, "source", "helper, emulated, host or bpf is expected");
	err = doc_bytes(rd, host, "snapshot", &bytes, &len);
	if (err)
		return err;
	if (!bytes)
		return doc_bad(rd, "snapshot", "missing");
	err = snapshot_parse(rd->ctx, bytes, len, out);
	free(bytes);
	if (err == -ENOMEM)
		return err;
	if (err) {
		snprintf(why, sizeof(why), "%s", tdxctl_error(rd->ctx));
		return doc_bad(rd, "snapshot", why);
	}
	(*out)->source = (enum tdxctl_source)source;
	err = doc_u64(rd, host, "hkids_charged", UINT64_MAX, &(*out)->hkids_charged);
	if (!err)
		err = doc_bytes(rd, host, "info", &bytes, &len);
	if (err)
		return err;
	/* An older report ends before this field. */
	(*out)->info.leaked_pages = TDXCTL_UNKNOWN;
	if (bytes)
		memcpy(&(*out)->info, bytes,
		       len < sizeof((*out)->info) ? len : sizeof((*out)->info));
	free(bytes);
	(*out)->info.provider[sizeof((*out)->info.provider) - 1] = '\0';
	(*out)->info.version[sizeof((*out)->info.version) - 1] = '\0';
	return read_platform(rd, host, &(*out)->platform);
}

static int read_cpu_check(struct doc_reader *rd, struct json_object *host)
{
	struct tdxctl_report *r = rd->r;
	const char *why;
	size_t len = 0;
	void *bytes;
	int err = doc_bytes(rd, host, "cpu_check", &bytes, &len);

	if (err)
		return err;
	if (!bytes) {
		err = doc_reason(rd, host, "cpu_check", &why);
		if (err)
			return err;
		r->cpus_why = strdup(why);
		return r->cpus_why ? 0 : ctx_nomem(rd->ctx);
	}
	r->cpus = bytes;
	if (len % sizeof(*r->cpus))
		return doc_bad(rd, "cpu_check", "not a whole number of records");
	r->nr_cpus = len / sizeof(*r->cpus);
	for (size_t i = 0; i < r->nr_cpus; i++) {
		r->cpus[i].online = !!r->cpus[i].online;
		if (r->cpus[i].state >= TDXCTL_CPU_STATES)
			r->cpus[i].state = TDXCTL_CPU_UNKNOWN;
	}
	return 0;
}

/* ---- the document ---- */

static int read_rest(struct doc_reader *rd, struct json_object *host)
{
	struct tdxctl_facts *f = rd->r->facts;
	uint64_t helper = 0;
	char *step = NULL;
	int err;

	err = doc_bool(rd, host, "masked", &rd->r->masked);
	if (!err)
		err = doc_u64(rd, host, "boot_time", INT64_MAX / NSEC_PER_SEC, &rd->r->boot_time);
	if (!err)
		err = doc_u64(rd, host, "time", INT64_MAX / NSEC_PER_SEC, &rd->r->time);
	if (!err)
		err = doc_string(rd, host, "hostname", &rd->r->hostname);
	if (!err)
		err = doc_u64(rd, host, "helper_errno", 4095, &helper);
	f->helper_err = -(int)helper;
	if (!err)
		err = doc_string(rd, host, "conf", &rd->r->conf);
	if (!err)
		err = doc_bool(rd, host, "log_complete", &f->log_complete);
	if (!err)
		err = doc_u64(rd, host, "nodes_offline", UINT64_MAX, &f->nodes_offline);
	if (!err)
		err = doc_bool(rd, host, "cpus_unplaced", &f->cpus_unplaced);
	if (!err)
		err = doc_string(rd, host, "stuck_step", &step);
	snprintf(f->stuck_step, sizeof(f->stuck_step), "%s", step ? step : "");
	free(step);
	return err ? err : read_cpu_check(rd, host);
}

static int read_host(struct doc_reader *rd, struct json_object *host)
{
	static const struct {
		const char *key;
		doc_row_fn fn;
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
		err = doc_each_row(rd, host, lists[i].key, lists[i].fn);
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
	struct json_tokener *tok;
	size_t len, end, line = 1;
	const char *json = find_json(text, &len);
	char *copy;
	int err = ctx_jsonc(ctx);

	if (err)
		return err;
	tok = jsonc.json_tokener_new_ex(MAX_DEPTH);
	copy = strndup(json, len);
	if (!tok || !copy) {
		err = ctx_nomem(ctx);
		goto out;
	}
	jsonc.json_tokener_set_flags(tok, jsonc_flags(copy));
	*out = jsonc.json_tokener_parse_ex(tok, copy, (int)len + 1);
	if (jsonc.json_tokener_get_error(tok) == json_tokener_success)
		goto out;
	end = (size_t)(json - text) + jsonc.json_tokener_get_parse_end(tok);
	for (size_t i = 0; i < end && text[i]; i++)
		line += text[i] == '\n';
	if (json == text && text[strspn(text, " \t\r\n")] == '#')
		err = ctx_fail(ctx, -EINVAL, hint,
			       "%s: line %zu: not JSON: the end of the report, which has the data, is missing",
			       name, line);
	else
		err = ctx_fail(ctx, -EINVAL, hint, "%s: line %zu: not JSON: %s", name, line,
			       jsonc.json_tokener_get_parse_end(tok) >= strlen(copy) ?
				       "the end of the report is missing" :
				       jsonc.json_tokener_error_desc(
					       jsonc.json_tokener_get_error(tok)));
out:
	free(copy);
	if (tok)
		jsonc.json_tokener_free(tok);
	return err;
}

int tdxctl_report_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
			struct tdxctl_report **out)
{
	struct doc_reader rd = { .ctx = ctx, .name = name };
	struct json_object *root = NULL, *command, *host;
	int err;

	ctx_clear(ctx);
	if (strlen(text) != len)
		return ctx_fail(ctx, -EINVAL, hint, "%s: not a report: contains a NUL byte", name);
	err = parse_json(ctx, name, text, &root);
	if (err)
		return err;
	command = doc_member(root, "command");
	host = doc_member(root, "host");
	rd.r = calloc(1, sizeof(*rd.r));
	if (rd.r)
		rd.r->facts = calloc(1, sizeof(*rd.r->facts));
	if (!rd.r || !rd.r->facts)
		err = ctx_nomem(ctx);
	else if (!jsonc.json_object_is_type(root, json_type_object) ||
		 !jsonc.json_object_is_type(command, json_type_string) ||
		 strcmp(jsonc.json_object_get_string(command), "report") ||
		 !jsonc.json_object_is_type(host, json_type_object))
		err = ctx_fail(ctx, -EINVAL, hint, "%s: not a report", name);
	else
		err = read_host(&rd, host);
	jsonc.json_object_put(root);
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
	int err;

	if (!strcmp(file, "-")) {
		ssize_t n = fd_read(STDIN_FILENO, MAX_FILE, &text);

		err = n < 0 ? (int)n : 0;
		len = (size_t)n;
		file = "standard input";
	} else {
		err = file_read(file, MAX_FILE, &text, &len);
	}
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
