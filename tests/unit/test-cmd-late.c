/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output of the verbs with a helper that was loaded late: values that it does not know
 * are unknown, with a reason, and never a number.
 */
#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include "lib-fake.h"
#include "cmd.h"
#include "status/status.h"

#define DEV 100
#define S   1000000000ULL

static struct fake_snapshot now;
static struct tdxctl_info info;

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)flags;
	return strcmp(path, TDXCTL_DEV_PATH) ? -ENOENT : DEV;
}

static int v_close(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return 0;
}

static int v_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	struct tdxctl_snapshot_args *a = p;

	(void)arg;
	CHECK_EQ(fd, DEV);
	switch (req) {
	case TDXCTL_IOC_SNAPSHOT:
		memcpy((void *)(uintptr_t)a->buf, &now, sizeof(now));
		return 0;
	case TDXCTL_IOC_INFO:
		*(struct tdxctl_info *)p = info;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int v_pidfd_open(void *arg, pid_t pid)
{
	(void)arg;
	(void)pid;
	return -ESRCH;
}

static const struct tdxctl_ops ops = {
	.open = v_open,
	.close = v_close,
	.ioctl = v_ioctl,
	.pidfd_open = v_pidfd_open,
};

/* The helper knows HKIDs 17 and 20; the cgroup counts those in use. */
static void begin(const char *charged)
{
	char text[40];

	fake_new();
	fake_mkdirs("sys/module/kvm_intel/refcnt");
	fake_file("sys/fs/cgroup/misc.capacity", "tdx 4\n");
	snprintf(text, sizeof(text), "tdx %s\n", charged);
	fake_file("sys/fs/cgroup/misc.current", text);
	fake_snapshot(&now);
	now.hkids[1].state = now.hkids[2].state = TDXCTL_HKID_UNKNOWN;
	now.hdr.seamcalls = 1234;
	now.hdr.missed = 5;
	info = (struct tdxctl_info){
		.size = sizeof(info),
		.attached_ns = 40 * S,
		.snapshot_size = sizeof(now),
		.version = "9.8.7",
		.provider = "kvm_intel",
		.nr_hkids = 4,
		.first_hkid = 17,
		.nr_cpus = 4,
	};
}

typedef int (*verb_fn)(struct cli_app *app, int argc, char **argv);

/* Returns the output of the verb as text or JSON. */
static char *output(verb_fn verb, const char *arg, int want, bool json)
{
	char *text = NULL, *argv[] = { (char *)arg, NULL };
	struct out_mode mode = { .wide = true };
	struct cli_app app = { .table = &cmd_table };
	size_t len;
	FILE *f;

	app.v.quiet = true;
	app.ctx = fake_live();
	tdxctl_set_ops(app.ctx, &ops, NULL);
	app.out = out_new();
	if (!CHECK_EQ(tdxctl_snapshot_get(app.ctx, &app.snap), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(app.ctx));
		exit(1);
	}
	if (!CHECK_EQ(verb(&app, !!arg, argv), want) && out_error_message(app.out))
		fprintf(stderr, "  %s\n", out_error_message(app.out));
	f = open_memstream(&text, &len);
	CHECK_EQ(json ? out_json(app.out, f, "x") : out_text(app.out, f, &mode), 0);
	fclose(f);
	tdxctl_snapshot_free(app.snap);
	tdxctl_free(app.ctx);
	out_free(app.out);
	return text;
}

static struct json_object *document(verb_fn verb, const char *arg, int want)
{
	char *text = output(verb, arg, want, true);
	struct json_object *doc = json_tokener_parse(text);

	if (!CHECK(doc)) {
		fprintf(stderr, "%s", text);
		exit(1);
	}
	free(text);
	return doc;
}

/* Expects this JSON at @pointer. */
static void is(struct json_object *doc, const char *pointer, const char *want)
{
	struct json_object *o;

	if (!CHECK(!json_pointer_get(doc, pointer, &o)))
		fprintf(stderr, "  no %s\n", pointer);
	else if (!CHECK_STR(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN), want))
		fprintf(stderr, "  at %s\n", pointer);
}

/* Expects null, and a reason under "unknown". */
static void unknown(struct json_object *doc, const char *object, const char *key)
{
	struct json_object *o;
	char pointer[120];

	snprintf(pointer, sizeof(pointer), "%s/%s", object, key);
	is(doc, pointer, "null");
	snprintf(pointer, sizeof(pointer), "%s/unknown/%s", object, key);
	if (!CHECK(!json_pointer_get(doc, pointer, &o) && json_object_get_string_len(o) > 5))
		fprintf(stderr, "  no reason for %s/%s\n", object, key);
}

/* Expects these numbers in the line of @text that begins with @label, in this order. */
static void numbers(const char *text, const char *label, const char *want)
{
	char got[200] = "", line[400];
	const char *p = strstr(text, label);

	if (!CHECK(p)) {
		fprintf(stderr, "  no \"%s\" in:\n%s", label, text);
		return;
	}
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p + strlen(label));
	for (char *q = line; *q;) {
		size_t n = strspn(q, "0123456789");

		if (n)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
				 *got ? " " : "", (int)n, q);
		q += n ? n : 1;
	}
	if (!CHECK_STR(got, want))
		fprintf(stderr, "  in \"%s\"\n", line);
}

/* Some HKIDs are unknown: status counts those in use, and what the cgroup adds. */
static void unknown_hkids_are_told_from_free_ones(void)
{
	struct json_object *doc;
	char *text;

	begin("2");
	text = output(cmd_status, NULL, CLI_OK, false);
	/* 1 of 4 (1 configured), 2 not seen, 1 more somewhere */
	numbers(text, "HKIDs", "1 4 1 2 1");
	free(text);
	doc = document(cmd_status, NULL, CLI_OK);
	is(doc, "/hkids/total", "4");
	is(doc, "/hkids/free", "1");
	is(doc, "/hkids/configured", "1");
	is(doc, "/hkids/unknown_state", "2");
	is(doc, "/hkids/charged", "2");
	is(doc, "/hkids/capacity", "4");
	json_object_put(doc);
	fake_end();

	/* All HKIDs in use are known. */
	begin("1");
	text = output(cmd_status, NULL, CLI_OK, false);
	numbers(text, "HKIDs", "1 4 1");
	free(text);
	fake_end();

	/* The kernel has charged fewer than are in use. */
	begin("1");
	now.hkids[1].state = TDXCTL_HKID_CONFIGURED;
	now.hkids[2].state = TDXCTL_HKID_FREE;
	text = output(cmd_status, NULL, CLI_OK, false);
	numbers(text, "HKIDs", "2 4 2 1");
	free(text);
	fake_end();

	/* They agree: nothing is added. */
	begin("2");
	now.hkids[1].state = TDXCTL_HKID_CONFIGURED;
	now.hkids[2].state = TDXCTL_HKID_FREE;
	text = output(cmd_status, NULL, CLI_OK, false);
	numbers(text, "HKIDs", "2 4 2");
	free(text);
	fake_end();
}

static void helper_in_status(void)
{
	size_t late;
	struct json_object *doc;
	char *text;

	begin("2");
	doc = document(cmd_status, NULL, CLI_OK);
	is(doc, "/source", "\"helper\"");
	is(doc, "/helper/version", "\"9.8.7\"");
	is(doc, "/helper/attached_for_ns", "60000000000");
	is(doc, "/helper/seamcalls", "1234");
	is(doc, "/helper/missed", "5");
	is(doc, "/helper/from_start", "false");
	json_object_put(doc);
	text = output(cmd_status, NULL, CLI_OK, false);
	numbers(text, "Helper", "9 8 7 1 00 1234");
	late = strlen(text);
	free(text);
	info.features = TDXCTL_F_FROM_START;
	doc = document(cmd_status, NULL, CLI_OK);
	is(doc, "/helper/from_start", "true");
	json_object_put(doc);
	text = output(cmd_status, NULL, CLI_OK, false);
	/* The line of a late helper says more. */
	CHECK(strlen(text) < late);
	free(text);
	/* Nothing to watch yet. */
	info.attached_ns = 0;
	doc = document(cmd_status, NULL, CLI_OK);
	is(doc, "/helper/attached_for_ns", "null");
	json_object_put(doc);
	text = output(cmd_status, NULL, CLI_OK, false);
	numbers(text, "Helper", "9 8 7");
	free(text);
	fake_end();
}

/* The pages of one TD are unknown: so is the sum. */
static void unknown_pages_are_not_added_up(void)
{
	struct json_object *doc;
	char *text;

	begin("2");
	/* Older TDs were found. */
	info.features = TDXCTL_F_ADOPTED;
	doc = document(cmd_status, NULL, CLI_OK);
	is(doc, "/tds/private_pages", "200");
	json_object_put(doc);
	now.tds[1].private_pages = TDXCTL_UNKNOWN;
	now.tds[1].hkid = TDXCTL_UNKNOWN32;
	now.tds[2].state = TDXCTL_TD_INITIALIZED;
	now.tds[2].hkid = 19;
	doc = document(cmd_status, NULL, CLI_OK);
	unknown(doc, "/tds", "private_pages");
	is(doc, "/tds/total", "3");
	is(doc, "/tds/runnable", "2");
	is(doc, "/tds/initialized", "1");
	is(doc, "/tds/unknown_hkid", "1");
	is(doc, "/tds/never_finalized", "1");
	json_object_put(doc);
	text = output(cmd_status, NULL, CLI_OK, false);
	/* 3 (1 initialized, 2 runnable), at least 400 KiB, 1 never finalized, 1 of unknown HKID */
	numbers(text, "TDs  ", "3 1 2 400 1 1");
	CHECK(strstr(text, "at least"));
	free(text);
	fake_end();
}

/* Older TDs may exist that are not in the list: what was seen is a part, and 0 is no count. */
static void unseen_tds_are_not_counted_as_none(void)
{
	struct json_object *doc;
	char *text;

	begin("2");
	doc = document(cmd_status, NULL, CLI_OK);
	unknown(doc, "/tds", "total");
	unknown(doc, "/tds", "private_pages");
	unknown(doc, "/tds", "blocked");
	unknown(doc, "/tds", "never_finalized");
	is(doc, "/tds/runnable", "2");
	/* One of the unknown HKIDs may be leaked. */
	unknown(doc, "/hkids", "leaked");
	json_object_put(doc);
	text = output(cmd_status, NULL, CLI_OK, false);
	CHECK(strstr(text, "3 seen (2 runnable, 1 teardown), at least"));
	free(text);
	doc = document(cmd_td_list, NULL, CLI_OK);
	unknown(doc, "", "complete");
	json_object_put(doc);
	now.hdr.section[TDXCTL_SEC_TDS].count = 0;
	text = output(cmd_status, NULL, CLI_OK, false);
	CHECK(strstr(text, "unknown: TDs created before the helper was loaded are not visible"));
	free(text);
	info.features = TDXCTL_F_ADOPTED;
	text = output(cmd_status, NULL, CLI_OK, false);
	CHECK(strstr(text, "TDs         none"));
	free(text);
	doc = document(cmd_td_list, NULL, CLI_OK);
	is(doc, "/complete", "true");
	json_object_put(doc);
	fake_end();
}

/* td list and td show with values that a late helper does not know. */
static void td_of_a_late_helper(void)
{
	static const char *const counts[] = {
		"vcpus",	 "max_vcpus", "private_pages", "sept_pages",
		"control_pages", "age_ns",    "state_ns",      "keyed_packages",
		"hkid",		 "last_hkid", "pid",	       "uid",
	};
	struct tdxctl_td *td = &now.tds[0];
	struct json_object *doc;
	char *text;

	begin("2");
	td->vcpus = td->max_vcpus = td->hkid = td->last_hkid = TDXCTL_UNKNOWN32;
	td->private_pages = td->sept_pages = td->control_pages = td->keyed_packages =
		TDXCTL_UNKNOWN;
	td->created_ns = td->since_ns = 0;
	td->flags = TDXCTL_TD_LATE;
	doc = document(cmd_td_list, NULL, CLI_OK);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		unknown(doc, "/tds/0", counts[i]);
	is(doc, "/tds/0/late", "true");
	is(doc, "/tds/0/id", "1");
	/* A TD that it has seen from the start. */
	now.tds[1].vcpus = 3;
	now.tds[1].max_vcpus = 8;
	now.tds[1].created_ns = 90 * S;
	json_object_put(doc);
	doc = document(cmd_td_list, NULL, CLI_OK);
	is(doc, "/tds/1/vcpus", "3");
	is(doc, "/tds/1/max_vcpus", "8");
	is(doc, "/tds/1/age_ns", "10000000000");
	is(doc, "/tds/1/state_ns", "99000000000");
	is(doc, "/tds/1/private_pages", "100");
	is(doc, "/tds/1/hkid", "18");
	is(doc, "/tds/1/late", "false");
	json_object_put(doc);
	text = output(cmd_td_list, NULL, CLI_OK, false);
	CHECK(strstr(text, "3 of 8"));
	CHECK(!strstr(text, "4294967295") && !strstr(text, "18446744073709551615"));
	free(text);
	/* The number of vCPUs without the limit. */
	now.tds[1].max_vcpus = 0;
	text = output(cmd_td_show, "td:2", CLI_OK, false);
	numbers(text, "vCPUs", "3");
	free(text);
	text = output(cmd_td_show, "td:1", CLI_OK, false);
	CHECK(!strstr(text, "4294967295") && !strstr(text, "18446744073709551615"));
	free(text);
	fake_end();
}

static void hkid_of_a_late_helper(void)
{
	struct json_object *doc;
	char *text;

	begin("2");
	/* In use by a known and by an unknown process; being flushed. */
	now.hkids[1] = (struct tdxctl_hkid){
		.id = 18,
		.state = TDXCTL_HKID_ASSIGNED,
		.keyed_packages = TDXCTL_UNKNOWN,
		.owner = { .tgid = 77, .fd = -1, .comm = "qemu" },
	};
	now.hkids[2] = (struct tdxctl_hkid){
		.id = 19,
		.state = TDXCTL_HKID_FLUSHING,
		.keyed_packages = 3,
		.since_ns = 97 * S,
		.owner = { .fd = -1 },
	};
	now.hkids[3].since_ns = 0;
	now.hkids[0].tdr = 0x1000;
	doc = document(cmd_hkid, NULL, CLI_OK);
	is(doc, "/hkids/0/td", "1");
	is(doc, "/hkids/1/td", "null");
	is(doc, "/hkids/1/vm", "\"qemu\"");
	is(doc, "/hkids/1/pid", "77");
	unknown(doc, "/hkids/1", "age_ns");
	unknown(doc, "/hkids/1", "keyed_packages");
	is(doc, "/hkids/2/state", "\"flushing\"");
	unknown(doc, "/hkids/2", "vm");
	unknown(doc, "/hkids/2", "pid");
	is(doc, "/hkids/2/age_ns", "3000000000");
	is(doc, "/hkids/2/keyed_packages", "\"0x3\"");
	is(doc, "/hkids/3/state", "\"free\"");
	is(doc, "/hkids/3/td", "null");
	is(doc, "/hkids/3/age_ns", "null");
	json_object_put(doc);
	text = output(cmd_hkid, NULL, CLI_OK, false);
	CHECK(!strstr(text, "18446744073709551615"));
	free(text);
	fake_end();
}

static void lock_of_a_late_helper(void)
{
	struct json_object *doc;
	char *text;

	begin("2");
	/* Held by an unknown task, by a kernel thread, by a process for a TD; not found. */
	now.locks[0].held = 1;
	doc = document(cmd_lock, NULL, CLI_OK);
	is(doc, "/locks/0/state", "\"held\"");
	unknown(doc, "/locks/0", "holder");
	unknown(doc, "/locks/0", "holder_pid");
	is(doc, "/locks/0/held_ns", "null");
	is(doc, "/locks/1/state", "\"free\"");
	is(doc, "/locks/1/holder", "null");
	json_object_put(doc);
	snprintf(now.locks[0].holder_comm, sizeof(now.locks[0].holder_comm), "kworker");
	now.locks[0].held_since_ns = 98 * S;
	now.locks[0].holder_tdr = 0x2000;
	now.locks[1].held = TDXCTL_UNKNOWN32;
	doc = document(cmd_lock, NULL, CLI_OK);
	is(doc, "/locks/0/holder", "\"kworker\"");
	unknown(doc, "/locks/0", "holder_pid");
	is(doc, "/locks/0/held_ns", "2000000000");
	is(doc, "/locks/0/td", "2");
	unknown(doc, "/locks/1", "state");
	json_object_put(doc);
	now.locks[0].holder_tid = 9;
	text = output(cmd_lock, NULL, CLI_OK, false);
	CHECK(strstr(text, "kworker (9)"));
	free(text);
	now.locks[0].holder_tgid = 8;
	doc = document(cmd_lock, NULL, CLI_OK);
	is(doc, "/locks/0/holder_pid", "8");
	json_object_put(doc);
	fake_end();
}

int main(void)
{
	RUN(unknown_hkids_are_told_from_free_ones);
	RUN(helper_in_status);
	RUN(unknown_pages_are_not_added_up);
	RUN(unseen_tds_are_not_counted_as_none);
	RUN(td_of_a_late_helper);
	RUN(hkid_of_a_late_helper);
	RUN(lock_of_a_late_helper);
	return check_done("cmd-late");
}
