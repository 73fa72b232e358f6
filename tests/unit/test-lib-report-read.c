// SPDX-License-Identifier: GPL-2.0-only
/* Report documents: what is read from them, what each malformed value is called, their forms. */
#include <health.h>
#include <report.h>
#include "base/base.h"
#include "lib-fake.h"

static struct tdxctl_ctx *ctx;
static char *snapshot; /* in base64 */

/* A document whose host has these members beside the required ones. */
static char *document(const char *members)
{
	char *text;

	if (asprintf(&text,
		     "{\"command\":\"report\",\"host\":{\"source\":\"helper\",\"snapshot\":\"%s\","
		     "\"platform\":{\"has_tdx\":true,\"kernel\":\"7.2.0\",\"kvm_tdx\":true}%s%s}}",
		     snapshot, *members ? "," : "", members) < 0)
		abort();
	return text;
}

static struct tdxctl_report *read_members(const char *members)
{
	struct tdxctl_report *r = NULL;
	char *text = document(members);

	if (!CHECK_EQ(tdxctl_report_parse(ctx, "r.json", text, strlen(text), &r), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	free(text);
	return r;
}

static void refused(const char *text, const char *error)
{
	struct tdxctl_report *r = NULL;

	CHECK_EQ(tdxctl_report_parse(ctx, "r.json", text, strlen(text), &r), -EINVAL);
	if (!CHECK(strstr(tdxctl_error(ctx), error)))
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
	CHECK(strstr(tdxctl_hint(ctx), "tdxctl report"));
	CHECK(!r);
}

/* Nothing but what is required: the rest is not known. */
static void least(void)
{
	struct tdxctl_report *r = read_members("");
	const struct tdxctl_facts *f = r->facts;

	CHECK_EQ(f->snap->source, TDXCTL_SOURCE_HELPER);
	CHECK_EQ(f->snap->nr_tds, FAKE_TDS);
	CHECK(f->snap->platform.has_tdx);
	CHECK_EQ(f->snap->platform.kvm_tdx, 1);
	CHECK_STR(f->snap->platform.kernel, "7.2.0");
	CHECK_EQ(f->snap->info.leaked_pages, TDXCTL_UNKNOWN);
	CHECK(!r->masked && !r->boot_time && !r->time && !r->hostname && !r->conf);
	CHECK(!f->hkid_capacity.readable);
	CHECK_STR(f->hkid_capacity.reason, "not in the report");
	CHECK_STR(f->log.reason, "not in the report");
	CHECK_STR(f->file[TDXCTL_FILE_CMDLINE].reason, "not in the report");
	CHECK_STR(f->path[TDXCTL_PATH_CPU_SYSFS].reason, "not in the report");
	CHECK_STR(r->cpus_why, "not in the report");
	CHECK_EQ(f->helper_err, 0);
	CHECK_STR(f->stuck_step, "");
	tdxctl_report_free(r);
}

static void facts(void)
{
	struct tdxctl_report *r = read_members(
		"\"masked\":true,\"boot_time\":9,\"time\":10,\"hostname\":\"host\",\"helper_errno\":13,"
		"\"conf\":\"x\",\"log_complete\":true,\"nodes_offline\":2,\"cpus_unplaced\":true,"
		"\"stuck_step\":\"virt/tdx:online\",\"hkids_charged\":5,"
		"\"values\":[{\"name\":\"hkid_capacity\",\"value\":31},{\"name\":\"of a newer tdxctl\"}],"
		"\"texts\":[{\"name\":\"log\",\"text\":\"one\\ntwo\\n\"},{\"name\":\"newer\"}],"
		"\"cgroups\":[{\"path\":\"/a\",\"current\":1,\"max_events\":2},"
		"{\"path\":\"/b\",\"current\":3,\"max\":4,\"max_events\":0}],"
		"\"dimms\":[{\"socket\":\"CPU 0\",\"slots\":16,\"populated\":8,\"bytes\":1024}],"
		"\"quote_sockets\":[{\"vm\":\"web\",\"pid\":7,\"vsock\":true,\"cid\":2,\"port\":4050},"
		"{\"pid\":8,\"vsock\":false}],"
		"\"vm_logs\":[{\"vm\":\"web\",\"text\":\"x\"}]");
	const struct tdxctl_facts *f = r->facts;

	CHECK(r->masked);
	CHECK_EQ(r->boot_time, 9);
	CHECK_EQ(r->time, 10);
	CHECK_STR(r->hostname, "host");
	CHECK_EQ(f->helper_err, -13);
	CHECK_STR(r->conf, "x");
	CHECK(f->log_complete && f->cpus_unplaced);
	CHECK_EQ(f->nodes_offline, 2);
	CHECK_STR(f->stuck_step, "virt/tdx:online");
	CHECK_EQ(f->snap->hkids_charged, 5);
	CHECK(f->hkid_capacity.readable && f->hkid_capacity.value == 31);
	CHECK_STR(f->log.text, "one\ntwo\n");
	if (CHECK_EQ(f->nr_cgroups, 2)) {
		CHECK_STR(f->cgroups[0].path, "/a");
		CHECK_EQ(f->cgroups[0].current, 1);
		CHECK_EQ(f->cgroups[0].max, TDXCTL_UNKNOWN);
		CHECK_EQ(f->cgroups[0].max_events, 2);
		CHECK_EQ(f->cgroups[1].max, 4);
	}
	if (CHECK_EQ(f->nr_dimms, 1)) {
		CHECK_STR(f->dimms[0].socket, "CPU 0");
		CHECK_EQ(f->dimms[0].slots, 16);
		CHECK_EQ(f->dimms[0].populated, 8);
		CHECK_EQ(f->dimms[0].bytes, 1024);
	}
	if (CHECK_EQ(f->nr_quote_sockets, 2)) {
		CHECK_STR(f->quote_sockets[0].vm, "web");
		CHECK_EQ(f->quote_sockets[0].pid, 7);
		CHECK(f->quote_sockets[0].vsock);
		CHECK_EQ(f->quote_sockets[0].cid, 2);
		CHECK_EQ(f->quote_sockets[0].port, 4050);
		CHECK(!f->quote_sockets[1].vm && !f->quote_sockets[1].vsock);
		CHECK_EQ(f->quote_sockets[1].cid, TDXCTL_UNKNOWN);
		CHECK_EQ(f->quote_sockets[1].port, TDXCTL_UNKNOWN);
	}
	CHECK(f->nr_vm_logs == 1 && !strcmp(f->vm_logs[0].text, "x"));
	tdxctl_report_free(r);
}

static void files_and_paths(void)
{
	struct tdxctl_report *r = read_members(
		"\"files\":[{\"path\":\"/proc/cmdline\",\"text\":\"ro\\nsecond\"},"
		"{\"path\":\"/proc/sys/kernel/osrelease\",\"text\":\"6.18.2-x\"},"
		"{\"path\":\"/etc/shadow\",\"text\":\"x\"}],"
		"\"paths\":[{\"path\":\"/sys/devices/system/cpu\",\"exists\":true},"
		"{\"path\":\"/dev/sgx_enclave\",\"exists\":null,\"unknown\":{\"exists\":\"no permission\"}},"
		"{\"path\":\"/newer\",\"exists\":true}]");
	const struct tdxctl_facts *f = r->facts;

	CHECK_STR(f->file[TDXCTL_FILE_CMDLINE].text, "ro");
	CHECK_EQ(f->kernel, TDXCTL_KERNEL(6, 18));
	CHECK(f->path[TDXCTL_PATH_CPU_SYSFS].readable && f->path[TDXCTL_PATH_CPU_SYSFS].value);
	CHECK_EQ(r->nr_reasons, 1);
	CHECK(r->nr_reasons && !strcmp(r->reasons[0], "no permission"));
	tdxctl_report_free(r);
}

/* Rows of one package belong together. */
static void msrs(void)
{
	struct tdxctl_report *r = read_members(
		"\"msrs\":[{\"package\":0,\"cpu\":1,\"msr\":\"0x87\",\"value\":\"0x10\"},"
		"{\"package\":0,\"cpu\":1,\"msr\":\"0x982\",\"fault\":true},"
		"{\"package\":3,\"cpu\":9,\"msr\":\"0x87\",\"value\":7},"
		"{\"package\":3,\"cpu\":9,\"msr\":\"0x9999\",\"value\":7}]");
	const struct tdxctl_facts *f = r->facts;

	if (CHECK_EQ(f->nr_msrs, 2)) {
		CHECK_EQ(f->msrs[0].cpu, 1);
		CHECK_EQ(f->msrs[0].msr[TDXCTL_MSR_KEYID].value, 0x10);
		CHECK(!f->msrs[0].msr[TDXCTL_MSR_TME_ACTIVATE].readable);
		CHECK(f->msrs[0].msr[TDXCTL_MSR_TME_ACTIVATE].fault);
		CHECK_EQ(f->msrs[1].package, 3);
		CHECK_EQ(f->msrs[1].cpu, 9);
		CHECK_EQ(f->msrs[1].msr[TDXCTL_MSR_KEYID].value, 7);
		CHECK(!f->msrs[1].msr[TDXCTL_MSR_KEYID].fault);
		CHECK_STR(f->msrs[1].msr[TDXCTL_MSR_TME_ACTIVATE].reason, "not in the report");
	}
	tdxctl_report_free(r);
}

static void vms(void)
{
	struct tdxctl_report *r = read_members(
		"\"vms\":[{\"name\":\"web\",\"uuid\":\"0123abcd-0123-4567-89ab-0123456789ab\",\"pid\":7,"
		"\"vm_fd\":11,\"uid\":1000,\"gone\":false},"
		"{\"name\":\"db\",\"pid\":4294967295,\"vm_fd\":4294967290,\"gone\":true},"
		"{\"name\":\"x\",\"pid\":1,\"gone\":false},{\"name\":\"of no TD\"}]");
	const struct tdxctl_td_view *t = r->facts->snap->tds;

	CHECK_STR(t[0].vm.name, "web");
	CHECK_EQ(t[0].vm.pid, 7);
	CHECK_EQ(t[0].vm.vm_fd, 11);
	CHECK_EQ(t[0].vm.uid, 1000);
	CHECK(!t[0].vm.gone && t[1].vm.gone);
	/* Numbers that no process or descriptor has. */
	CHECK_EQ(t[1].vm.pid, 0);
	CHECK_EQ(t[1].vm.vm_fd, -1);
	CHECK_EQ(t[2].vm.vm_fd, -1);
	tdxctl_report_free(r);
}

static void cpu_check(void)
{
	struct tdxctl_cpu_check_rec recs[2] = { { .cpu = 1, .online = 5, .state = 99 },
						{ .cpu = 2, .state = TDXCTL_CPU_ENABLED } };
	char *coded = tdxctl_base64(recs, sizeof(recs)), members[400];
	struct tdxctl_report *r;

	snprintf(members, sizeof(members), "\"cpu_check\":\"%s\"", coded);
	r = read_members(members);
	CHECK(!r->cpus_why);
	if (CHECK_EQ(r->nr_cpus, 2)) {
		CHECK_EQ(r->cpus[0].online, 1);
		CHECK_EQ(r->cpus[0].state, TDXCTL_CPU_UNKNOWN);
		CHECK_EQ(r->cpus[1].online, 0);
		CHECK_EQ(r->cpus[1].state, TDXCTL_CPU_ENABLED);
	}
	tdxctl_report_free(r);
	r = read_members("\"cpu_check\":null,\"unknown\":{\"cpu_check\":\"no helper\"}");
	CHECK_STR(r->cpus_why, "no helper");
	tdxctl_report_free(r);
	free(coded);
}

static void malformed_members(void)
{
	static const struct {
		const char *members, *error;
	} t[] = {
		{ "\"cpu_check\":\"AAAA\"", "host.cpu_check: not a whole number of records" },
		{ "\"vms\":3", "host.vms: a list is expected" },
		{ "\"vms\":[{\"name\":\"a\",\"pid\":1,\"uuid\":\"1\",\"gone\":false}]",
		  "host.vms[0].uuid: not a UUID" },
		{ "\"vms\":[{\"pid\":1,\"gone\":false}]", "host.vms[0].name: missing" },
		{ "\"vms\":[{\"name\":\"a\",\"gone\":false}]", "host.vms[0].pid: missing" },
		{ "\"cgroups\":[{}]", "host.cgroups[0].path: missing" },
		{ "\"cgroups\":[{\"path\":\"/\",\"current\":1}]",
		  "host.cgroups[0].max_events: missing" },
		{ "\"dimms\":[{\"socket\":\"a\",\"slots\":4294967296}]",
		  "host.dimms[0].slots: too large" },
		{ "\"quote_sockets\":[{\"pid\":1}]", "host.quote_sockets[0].vsock: missing" },
		{ "\"vm_logs\":[{\"vm\":\"a\"}]", "host.vm_logs[0].text: missing" },
		{ "\"msrs\":[{\"package\":4294967295}]", "host.msrs[0].package: too large" },
		{ "\"msrs\":[{\"cpu\":4294967295}]", "host.msrs[0].cpu: too large" },
		{ "\"msrs\":[{\"msr\":4294967296}]", "host.msrs[0].msr: too large" },
		{ "\"paths\":[{\"path\":\"/sys/devices/system/cpu\",\"exists\":1}]",
		  "host.paths[0].exists: true or false" },
		{ "\"masked\":1", "host.masked: true or false" },
		{ "\"helper_errno\":4096", "host.helper_errno: too large" },
		{ "\"boot_time\":9223372037", "host.boot_time: too large" },
		{ "\"time\":9223372037", "host.time: too large" },
		{ "\"hostname\":1", "host.hostname: a string" },
		{ "\"conf\":1", "host.conf: a string" },
		{ "\"stuck_step\":1", "host.stuck_step: a string" },
		{ "\"log_complete\":1", "host.log_complete: true" },
		{ "\"nodes_offline\":true", "host.nodes_offline: a number" },
		{ "\"cpus_unplaced\":1", "host.cpus_unplaced: true" },
		{ "\"hkids_charged\":-1", "host.hkids_charged: negative" },
		{ "\"info\":\"x\"", "host.info: not base64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char *text = document(t[i].members);

		refused(text, t[i].error);
		free(text);
	}
}

static void malformed_documents(void)
{
	char text[4000];

	refused("", "line 1: not JSON: the end of the report is missing");
	refused("{\n\"command\":\n", "line 3: not JSON: the end");
	refused("{\n}}", "line 2: not JSON");
	refused("# Report\n\nof a host\n",
		"line 1: not JSON: the end of the report, which has the data");
	refused("{}", "r.json: not a report");
	refused("[]", "not a report");
	refused("{\"command\":\"status\",\"host\":{}}", "not a report");
	refused("{\"command\":\"report\"}", "not a report");
	refused("{\"command\":\"report\",\"host\":[]}", "not a report");
	refused("{\"command\":\"report\",\"host\":{}}",
		"host.source: helper, emulated, host or bpf");
	refused("{\"command\":\"report\",\"host\":{\"source\":\"host\"}}",
		"host.snapshot: missing");
	refused("{\"command\":\"report\",\"host\":{\"source\":\"host\",\"snapshot\":\"AAAA\"}}",
		"host.snapshot: ");
	snprintf(text, sizeof(text),
		 "{\"command\":\"report\",\"host\":{\"source\":\"host\",\"snapshot\":\"%s\"}}",
		 snapshot);
	refused(text, "host.platform: an object is expected");
	snprintf(text, sizeof(text),
		 "{\"command\":\"report\",\"host\":{\"source\":\"host\",\"snapshot\":\"%s\",\"platform\":{}}}",
		 snapshot);
	refused(text, "host.platform.has_tdx: missing");
}

/* Markdown: the last block of JSON is the data, also with other text around it. */
static void markdown(void)
{
	char *json = document("\"hostname\":\"last\""), *text;
	struct tdxctl_report *r = NULL;

	if (asprintf(&text, "# Report\n```json\n{\"x\":1}\n```\ntext\n```json \t\r\n%s\n```\nend\n",
		     json) < 0)
		abort();
	if (CHECK_EQ(tdxctl_report_parse(ctx, "r.md", text, strlen(text), &r), 0)) {
		CHECK_STR(r->hostname, "last");
		tdxctl_report_free(r);
	}
	free(text);
	/* A line that only begins like the fence is none. */
	if (asprintf(&text, "> ```json\n```jsonx\n%s\n", json) < 0)
		abort();
	CHECK_EQ(tdxctl_report_parse(ctx, "r.md", text, strlen(text), &r), -EINVAL);
	free(text);
	/* The closing fence may be missing. */
	if (asprintf(&text, "# Report\n```json\n%s", json) < 0)
		abort();
	if (CHECK_EQ(tdxctl_report_parse(ctx, "r.md", text, strlen(text), &r), 0))
		tdxctl_report_free(r);
	free(text);
	/* JSON in which a string looks like a fence. */
	free(json);
	json = document("\"conf\":\"\\n```json\\n\"");
	if (asprintf(&text, " \n%s", json) < 0)
		abort();
	if (CHECK_EQ(tdxctl_report_parse(ctx, "r.md", text, strlen(text), &r), 0))
		tdxctl_report_free(r);
	CHECK_EQ(tdxctl_report_parse(ctx, "r.md", text, strlen(text) + 1, &r), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "NUL"));
	free(text);
	free(json);
}

static void reading(void)
{
	char *json = document("");
	struct tdxctl_report *r = NULL;
	int fd, in = dup(STDIN_FILENO);

	fake_file("r.json", json);
	if (CHECK_EQ(tdxctl_report_read(ctx, fake_path("r.json"), &r), 0))
		tdxctl_report_free(r);
	CHECK_EQ(tdxctl_report_read(ctx, fake_dir, &r), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "not a regular file"));
	CHECK_EQ(tdxctl_report_read(ctx, fake_path("none"), &r), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "No such file"));
	fd = open(fake_path("r.json"), O_RDONLY);
	CHECK_EQ(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	if (CHECK_EQ(tdxctl_report_read(ctx, "-", &r), 0))
		tdxctl_report_free(r);
	/* Now it is at its end. */
	CHECK_EQ(tdxctl_report_read(ctx, "-", &r), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "standard input: line 1"));
	dup2(in, STDIN_FILENO);
	close(in);
	CHECK_EQ(truncate(fake_path("r.json"), (64L << 20) + 1), 0);
	CHECK_EQ(tdxctl_report_read(ctx, fake_path("r.json"), &r), -EFBIG);
	CHECK(strstr(tdxctl_error(ctx), "larger than 64 MiB"));
	free(json);
}

/* A report as a host answers what it has, and nothing else. */
static void as_a_host(void)
{
	struct tdxctl_report *r = read_members(
		"\"hostname\":\"box\",\"time\":10,\"boot_time\":9,\"conf\":\"missed_warning = 3\\n\","
		"\"msrs\":[{\"package\":0,\"cpu\":1,\"msr\":\"0x87\",\"value\":\"0x10\"}]");
	struct tdxctl_thresholds limits;
	struct tdxctl_cpu_check_rec *recs;
	struct tdxctl_snapshot *snap;
	struct tdxctl_msr_set *sets;
	uint64_t seconds = 0;
	char name[8];
	size_t n = 0;

	tdxctl_set_report(ctx, r);
	CHECK_EQ(tdxctl_host_name(ctx, name, sizeof(name)), 0);
	CHECK_STR(name, "box");
	CHECK_EQ(tdxctl_host_time(ctx, &seconds), 0);
	CHECK_EQ(seconds, 10);
	CHECK_EQ(tdxctl_boot_time(ctx, &seconds), 0);
	CHECK_EQ(seconds, 9);
	tdxctl_thresholds_default(&limits);
	CHECK_EQ(tdxctl_conf_read(ctx, NULL, &limits), 0);
	CHECK_EQ(limits.warning[TDXCTL_CHECK_MISSED].value, 3);
	CHECK_EQ(tdxctl_cpu_check(ctx, &recs, &n), -EOPNOTSUPP);
	CHECK_STR(tdxctl_error(ctx), "not in the report");
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->nr_tds, FAKE_TDS);
		if (CHECK_EQ(tdxctl_msrs_get(ctx, snap, TDXCTL_MSRS_ALL, &sets, &n), 0)) {
			CHECK_EQ(n, 1);
			CHECK_EQ(sets[0].msr[TDXCTL_MSR_KEYID].value, 0x10);
			free(sets);
		}
		tdxctl_snapshot_free(snap);
	}
	tdxctl_set_report(ctx, read_members(""));
	CHECK_EQ(tdxctl_host_name(ctx, name, sizeof(name)), -ENODATA);
	CHECK_EQ(tdxctl_host_time(ctx, &seconds), -ENODATA);
	CHECK_EQ(tdxctl_boot_time(ctx, &seconds), -ENODATA);
	CHECK_EQ(tdxctl_conf_read(ctx, NULL, &limits), -ENOENT);
}

int main(void)
{
	struct fake_snapshot s;

	fake_new();
	fake_snapshot(&s);
	snapshot = tdxctl_base64(&s, sizeof(s));
	if (!snapshot || tdxctl_new(&ctx))
		return 1;
	RUN(least);
	RUN(facts);
	RUN(files_and_paths);
	RUN(msrs);
	RUN(vms);
	RUN(cpu_check);
	RUN(malformed_members);
	RUN(malformed_documents);
	RUN(markdown);
	RUN(reading);
	RUN(as_a_host);
	free(snapshot);
	tdxctl_free(ctx);
	fake_end();
	return check_done("lib-report-read");
}
