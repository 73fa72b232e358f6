/* SPDX-License-Identifier: GPL-2.0-only */
/* Documents with text beyond ASCII, read with the fault of json-c 0.18 and without. */
#include <json-c/json.h>
#include <report.h>
#include "base/jsonc.h"
#include "emul/emul.h"
#include "lib-host.h"

static struct jsonc real;
static int version, flags;

static int fake_version(void)
{
	return version;
}

static void fake_set_flags(struct json_tokener *tok, int set)
{
	flags = set;
	real.json_tokener_set_flags(tok, set & ~JSON_TOKENER_STRICT);
}

/* The fault of 0.18, which the real library may have: a char is compared with 0x1f, and is negative above 0x7f. */
static struct json_object *fake_parse(struct json_tokener *tok, const char *text, int len)
{
	if (version == 18 << 8 && (flags & JSON_TOKENER_STRICT))
		for (int i = 0; i < len; i++)
			if ((unsigned char)text[i] > 0x7f)
				return real.json_tokener_parse_ex(tok, "\x01", 1);
	return real.json_tokener_parse_ex(tok, text, len);
}

static const int versions[] = { 16 << 8, 17 << 8, 18 << 8, 18 << 8 | 1, 19 << 8 };

static void strict_where_possible(void)
{
	const int strict = JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8;

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		version = versions[i];
		CHECK_EQ(jsonc_flags(""), strict);
		CHECK_EQ(jsonc_flags("{\"a\":\"\x7f\"}"), strict);
		CHECK_EQ(jsonc_flags("{\"a\":\"\xc2\x80\"}"),
			 version == 18 << 8 ? JSON_TOKENER_VALIDATE_UTF8 : strict);
	}
}

static void name_of_a_host_file(void)
{
	struct tdxctl_ctx *ctx;

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		version = versions[i];
		ctx = context();
		fake_file("h.json", HOST(TD("d\xc3\xa4tenbank", "")));
		if (!CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), 0))
			fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		fake_file("h.json", HOST(TD("d\xe4tenbank", "")));
		CHECK_EQ(tdxctl_set_emulated(ctx, fake_path("h.json")), -EINVAL);
		tdxctl_free(ctx);
	}
}

static void name_in_a_report(void)
{
	struct tdxctl_report *r;
	struct tdxctl_ctx *ctx;
	struct fake_snapshot s;
	char *snapshot, *text;

	fake_snapshot(&s);
	snapshot = tdxctl_base64(&s, sizeof(s));
	if (!snapshot ||
	    asprintf(&text,
		     "{\"command\":\"report\",\"host\":{\"source\":\"helper\",\"snapshot\":\"%s\","
		     "\"platform\":{\"has_tdx\":true,\"kernel\":\"7.2.0-\xe6\x9d\xb1\","
		     "\"kvm_tdx\":true}}}",
		     snapshot) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		version = versions[i];
		ctx = context();
		r = NULL;
		if (!CHECK_EQ(tdxctl_report_parse(ctx, "r.json", text, strlen(text), &r), 0))
			fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		tdxctl_report_free(r);
		tdxctl_free(ctx);
	}
	free(snapshot);
	free(text);
}

int main(void)
{
	fake_new();
	if (jsonc_load(NULL))
		return 1;
	real = jsonc;
	jsonc.json_c_version_num = fake_version;
	jsonc.json_tokener_set_flags = fake_set_flags;
	jsonc.json_tokener_parse_ex = fake_parse;
	RUN(strict_where_possible);
	RUN(name_of_a_host_file);
	RUN(name_in_a_report);
	fake_end();
	return check_done("lib-jsonc");
}
