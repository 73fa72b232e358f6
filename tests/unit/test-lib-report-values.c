// SPDX-License-Identifier: GPL-2.0-only
/* Values of a report document: each type, what is refused, and the key that an error names. */
#include <json-c/json.h>
#include "base/jsonc.h"
#include "lib-fake.h"
#include "report/report-priv.h"

static struct tdxctl_ctx *ctx;
static struct tdxctl_report report;
static struct doc_reader rd;

static struct json_object *parse(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	if (!o)
		abort();
	ctx_clear(ctx);
	return o;
}

/* The last call returned @err; a failure names the key and @what. */
static void result(int err, const char *key, const char *what)
{
	char want[200];

	CHECK_EQ(err, what ? -EINVAL : 0);
	snprintf(want, sizeof(want), "r.json: host.here.%s: %s", key, what ? what : "");
	CHECK_STR(tdxctl_error(ctx), what ? want : "");
	if (what)
		CHECK(strstr(tdxctl_hint(ctx), "tdxctl report"));
}

static void strings(void)
{
	struct json_object *o = parse("{\"a\":\"one\",\"b\":null,\"c\":1,\"d\":\"x\\u0000y\"}");
	char *s = strdup("old");

	result(doc_string(&rd, o, "none", &s), "none", NULL);
	CHECK_STR(s, "old");
	result(doc_string(&rd, o, "b", &s), "b", NULL);
	CHECK_STR(s, "old");
	result(doc_string(&rd, o, "a", &s), "a", NULL);
	CHECK_STR(s, "one");
	result(doc_string(&rd, o, "c", &s), "c", "a string is expected");
	result(doc_string(&rd, o, "d", &s), "d", "the string contains a NUL");
	CHECK_STR(s, "one");
	free(s);
	json_object_put(o);
}

static void booleans(void)
{
	struct json_object *o = parse("{\"t\":true,\"f\":false,\"b\":null,\"n\":1}");
	bool v = true;

	result(doc_bool(&rd, o, "b", &v), "b", NULL);
	CHECK(v);
	result(doc_bool(&rd, o, "f", &v), "f", NULL);
	CHECK(!v);
	result(doc_bool(&rd, o, "none", &v), "none", NULL);
	CHECK(!v);
	result(doc_bool(&rd, o, "t", &v), "t", NULL);
	CHECK(v);
	v = false;
	result(doc_bool(&rd, o, "n", &v), "n", "true or false is expected");
	CHECK(!v);
	json_object_put(o);
}

static void numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max, value;
		const char *what;
	} t[] = {
		{ "{\"k\":0}", 0, 0, NULL },
		{ "{\"k\":7}", 7, 7, NULL },
		{ "{\"k\":18446744073709551615}", UINT64_MAX, UINT64_MAX, NULL },
		{ "{\"k\":\"0xff\"}", 255, 255, NULL },
		{ "{\"k\":\"0xffffffffffffffff\"}", UINT64_MAX, UINT64_MAX, NULL },
		{ "{}", 9, 55, NULL },
		{ "{\"k\":null}", 9, 55, NULL },
		{ "{\"k\":8}", 7, 55, "too large" },
		{ "{\"k\":\"0x100\"}", 255, 55, "too large" },
		{ "{\"k\":-1}", UINT64_MAX, 55, "negative number" },
		{ "{\"k\":1.5}", UINT64_MAX, 55, "a number is expected" },
		{ "{\"k\":true}", UINT64_MAX, 55, "a number is expected" },
		{ "{\"k\":\"7\"}", UINT64_MAX, 55, "a number is expected" },
		{ "{\"k\":\"0x7g\"}", UINT64_MAX, 55, "malformed number" },
		{ "{\"k\":\"0x10000000000000000\"}", UINT64_MAX, 55, "malformed number" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct json_object *o = parse(t[i].text);
		uint64_t v = 55;

		result(doc_u64(&rd, o, "k", t[i].max, &v), "k", t[i].what);
		CHECK_EQ(v, t[i].value);
		json_object_put(o);
	}
}

static void bytes(void)
{
	struct json_object *o = parse("{\"a\":\"AAEC\",\"e\":\"\",\"x\":\"A\",\"n\":1}");
	void *p;
	size_t len;

	result(doc_bytes(&rd, o, "a", &p, &len), "a", NULL);
	CHECK_EQ(len, 3);
	CHECK(!memcmp(p, "\0\1\2", 3));
	free(p);
	len = 9;
	result(doc_bytes(&rd, o, "none", &p, &len), "none", NULL);
	CHECK(!p);
	result(doc_bytes(&rd, o, "e", &p, &len), "e", NULL);
	CHECK(p && len == 0);
	free(p);
	result(doc_bytes(&rd, o, "x", &p, &len), "x", "not base64");
	CHECK(!p);
	ctx_clear(ctx);
	result(doc_bytes(&rd, o, "n", &p, &len), "n", "a string is expected");
	CHECK(!p);
	json_object_put(o);
}

/* A value that is not known has a reason, of the report or of this program. */
static void reasons(void)
{
	struct json_object *o = parse(
		"{\"a\":5,\"b\":null,\"t\":\"why\",\"bad\":-1,\"unknown\":{\"b\":\"no permission\",\"c\":7}}");
	struct json_object *flat = parse("{\"unknown\":[]}"), *none = parse("{}");
	struct tdxctl_val v = { .reason = "old", .value = 9 };
	const char *why = NULL;

	result(doc_val(&rd, o, "a", &v), "a", NULL);
	CHECK(v.readable && v.value == 5 && !v.reason);
	v = (struct tdxctl_val){ 0 };
	result(doc_val(&rd, o, "b", &v), "b", NULL);
	CHECK(!v.readable);
	CHECK_STR(v.reason, "no permission");
	result(doc_val(&rd, o, "none", &v), "none", NULL);
	CHECK_STR(v.reason, "not in the report");
	result(doc_val(&rd, o, "bad", &v), "bad", "negative number");
	ctx_clear(ctx);
	result(doc_reason(&rd, o, "c", &why), "c", "a string is expected");
	CHECK_STR(why, "not in the report");
	ctx_clear(ctx);
	result(doc_reason(&rd, flat, "b", &why), "unknown", "an object is expected");
	ctx_clear(ctx);
	result(doc_reason(&rd, none, "b", &why), "unknown", NULL);
	CHECK_STR(why, "not in the report");
	CHECK_EQ(report.nr_reasons, 1);
	json_object_put(o);
	json_object_put(flat);
	json_object_put(none);
}

static void texts(void)
{
	struct json_object *first = parse("{\"text\":\"one\"}");
	struct json_object *second = parse("{\"text\":\"two\"}");
	struct json_object *absent =
		parse("{\"text\":null,\"absent\":true,\"unknown\":{\"text\":\"no such file\"}}");
	struct json_object *bad = parse("{\"text\":null,\"absent\":3}");
	struct json_object *worse = parse("{\"text\":3}");
	struct tdxctl_text t = { 0 };

	result(doc_text(&rd, absent, &t), "text", NULL);
	CHECK(!t.text && t.absent);
	CHECK_STR(t.reason, "no such file");
	result(doc_text(&rd, first, &t), "text", NULL);
	CHECK_STR(t.text, "one");
	/* The first of several rows for one text counts. */
	result(doc_text(&rd, second, &t), "text", NULL);
	CHECK_STR(t.text, "one");
	free(t.text);
	t = (struct tdxctl_text){ 0 };
	result(doc_text(&rd, bad, &t), "absent", "true or false is expected");
	ctx_clear(ctx);
	result(doc_text(&rd, worse, &t), "text", "a string is expected");
	CHECK(!t.text);
	json_object_put(first);
	json_object_put(second);
	json_object_put(absent);
	json_object_put(bad);
	json_object_put(worse);
}

static size_t rows;

static int one_row(struct doc_reader *r, struct json_object *row, size_t i)
{
	char place[32];

	CHECK_EQ(i, rows);
	snprintf(place, sizeof(place), "host.list[%zu]", i);
	CHECK_STR(r->place, place);
	rows++;
	return doc_member(row, "stop") ? -EDOM : 0;
}

static void lists(void)
{
	struct json_object *o = parse(
		"{\"list\":[{},{\"a\":1}],\"stop\":[{},{\"stop\":1},{}],\"mixed\":[{},3],\"none\":{}}");

	CHECK_EQ(doc_each_row(&rd, o, "list", one_row), 0);
	CHECK_EQ(rows, 2);
	CHECK_STR(rd.place, "host");
	CHECK_EQ(doc_each_row(&rd, o, "absent", one_row), 0);
	CHECK_EQ(rows, 2);
	CHECK_EQ(doc_each_row(&rd, o, "none", one_row), -EINVAL);
	CHECK_STR(tdxctl_error(ctx), "r.json: host.none: a list is expected");
	json_object_put(o);

	o = parse("{\"list\":[{},{\"stop\":1},{}]}");
	rows = 0;
	CHECK_EQ(doc_each_row(&rd, o, "list", one_row), -EDOM);
	CHECK_EQ(rows, 2);
	CHECK_STR(rd.place, "host");
	json_object_put(o);

	o = parse("{\"list\":[{},3]}");
	rows = 0;
	CHECK_EQ(doc_each_row(&rd, o, "list", one_row), -EINVAL);
	CHECK_EQ(rows, 1);
	CHECK_STR(tdxctl_error(ctx), "r.json: host.list[1]: an object is expected");
	json_object_put(o);
	strcpy(rd.place, "host.here");
}

static void indices(void)
{
	static const char *const names[] = { "zero", "one", "two" };
	struct json_object *o = parse("{\"a\":\"zero\",\"b\":\"two\",\"c\":\"three\",\"d\":1}");

	CHECK_EQ(doc_index(o, "a", names, 3), 0);
	CHECK_EQ(doc_index(o, "b", names, 3), 2);
	CHECK_EQ(doc_index(o, "b", names, 2), -1);
	CHECK_EQ(doc_index(o, "c", names, 3), -1);
	CHECK_EQ(doc_index(o, "d", names, 3), -1);
	CHECK_EQ(doc_index(o, "none", names, 3), -1);
	json_object_put(o);
}

int main(void)
{
	if (tdxctl_new(&ctx))
		return 1;
	rd = (struct doc_reader){ .ctx = ctx, .name = "r.json", .r = &report, .place = "host.here" };
	/* Reading a document loads it. */
	CHECK_EQ(jsonc_load(NULL), 0);
	RUN(strings);
	RUN(booleans);
	RUN(numbers);
	RUN(bytes);
	RUN(reasons);
	RUN(texts);
	RUN(lists);
	RUN(indices);
	for (size_t i = 0; i < report.nr_reasons; i++)
		free(report.reasons[i]);
	free(report.reasons);
	tdxctl_free(ctx);
	return check_done("lib-report-values");
}
