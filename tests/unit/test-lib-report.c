// SPDX-License-Identifier: GPL-2.0-only
/* What a report is made of: stand-ins for names, base64, the command line. */
#include <stdio.h>

#include "report/report-priv.h"
#include "report/report-priv.h"
#include "check.h"

static void mask_is(struct mask *m, const char *text, const char *want)
{
	char *got = mask_text(m, text);

	CHECK_STR(got, want);
	free(got);
}

static void forms(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "virt/tdx: SEAMCALL (0x21) failed: 0xc000092100000122",
		  "virt/tdx: SEAMCALL (0x21) failed: 0xc000092100000122" },
		{ "[   12.345678] pci 0000:00:1f.3: at 12:34:56",
		  "[   12.345678] pci 0000:00:1f.3: at 12:34:56" },
		{ "mac 52:54:00:ab:cd:ef.", "mac 02:00:00:00:00:01." },
		{ "52-54-00-AB-CD-EF", "02:00:00:00:00:01" },
		{ "52:54:00:ab:cd:ef:01:02 1:2:3:4:5:6:7", "2001:db8::1 1:2:3:4:5:6:7" },
		{ "at 10.1.2.3:443, 10.1.2.3", "at 192.0.2.1:443, 192.0.2.1" },
		{ "versions 1.5.05.46.698 6.12.95 1.2.3.256 1.02.3.4",
		  "versions 1.5.05.46.698 6.12.95 1.2.3.256 1.02.3.4" },
		{ "fe80::1 ::1 2001:0:0:0:0:0:0:7 a:b:c",
		  "2001:db8::1 2001:db8::2 2001:db8::3 a:b:c" },
		{ "uuid=DEADBEEF-1234-4abc-8def-0123456789ab",
		  "uuid=00000000-0000-4000-8000-000000000001" },
		{ "0123456789abcdef0123456789abcdef", "id-1" },
		{ "0x0123456789abcdef0123456789abcdef00", "0x0123456789abcdef0123456789abcdef00" },
		{ "in '/srv/a b/c.img'", "in 'path-1 b/c.img'" },
		{ "file=/srv/x.img,and/or /dev/kvm /sys/x/y",
		  "file=path-1,and/or /dev/kvm /sys/x/y" },
		{ "by joe@farm.example", "by user-1" },
		{ "https://joe:pw@a.example:81/x/y", "https://host/x/y" },
		{ "https://localhost:8081/x/y https://api.trustedservices.intel.com/sgx/",
		  "https://localhost:8081/x/y https://api.trustedservices.intel.com/sgx/" },
		{ "SerialNumber: AB12 serial=C3 serial console",
		  "SerialNumber: serial-1 serial=serial-2 serial console" },
		{ "Comm: agent PID 7 Comm: qemu-system-x86",
		  "Comm: process-1 PID 7 Comm: qemu-system-x86" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mask m = { .failed = false };

		mask_is(&m, cases[i].text, cases[i].want);
		CHECK(!m.failed);
		mask_free(&m);
	}
}

static void names(void)
{
	struct mask m = { .failed = false };

	mask_learn(&m, MASK_VM, "web");
	mask_learn(&m, MASK_VM, "web-2");
	mask_learn(&m, MASK_HOST, "node7");
	/* Words that the rules look for, and what is too short to find. */
	mask_learn(&m, MASK_VM, "tdx");
	mask_learn(&m, MASK_VM, "KVM");
	mask_learn(&m, MASK_VM, "x");
	mask_is(&m, "web web-2 Web cobweb web_1 webs,web", "vm-1 vm-2 vm-1 cobweb web_1 webs,vm-1");
	mask_is(&m, "node7: kvm: tdx x", "host: kvm: tdx x");
	CHECK(!strcmp(mask_alias(&m, MASK_USER, "web"), "vm-1"));
	CHECK(!strcmp(mask_alias(&m, MASK_VM, "new"), "vm-3"));
	mask_free(&m);
}

static void cmdline(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "BOOT_IMAGE=/vmlinuz root=UUID=1 ro kvm_intel.tdx=1",
		  "masked masked ro kvm_intel.tdx=1" },
		{ "a=\"b c\" nr_cpus=2", "masked nr_cpus=2" },
		{ "a=\"b c nr_cpus=2", "masked" },
		{ "nr_cpus=\"2 \" x=\"\"", "masked masked" },
		{ "root=1 rootwait rosecret", "masked masked masked" },
		{ "vfio.x=/dev/secret crashkernel=256M", "masked crashkernel=256M" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = report_cmdline(cases[i].text);

		CHECK_STR(got, cases[i].want);
		free(got);
	}
}

static void base64(void)
{
	static const char *const bad[] = { "A",	   "AAA",      "A===", "====",
					   "AA=A", "AA==AAAA", "AA A", "AAA\n" };
	static const struct {
		const char *bytes, *text;
	} good[] = { { "", "" },
		     { "f", "Zg==" },
		     { "fo", "Zm8=" },
		     { "foo", "Zm9v" },
		     { "foob", "Zm9vYg==" } };
	uint8_t all[256];
	size_t len, i;
	void *back;
	char *text;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		text = tdxctl_base64(good[i].bytes, strlen(good[i].bytes));
		CHECK(text && !strcmp(text, good[i].text));
		free(text);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(tdxctl_base64_decode(bad[i], &back, &len) == -EINVAL);
	for (i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	text = tdxctl_base64(all, sizeof(all));
	CHECK(text && !tdxctl_base64_decode(text, &back, &len));
	CHECK(len == sizeof(all) && !memcmp(back, all, len));
	free(text);
	free(back);
}

/* No room for the rest of a report: every list is present and empty. */
static void least(void)
{
	static const char text[] =
		"{\"command\": \"report\", \"host\": {\"source\": \"host\", \"platform\": {\"has_tdx\": false},"
		" \"snapshot\": \"%s\"}}";
	struct tdxctl_snapshot_hdr hdr = { .size = sizeof(hdr), .total = sizeof(hdr) };
	char *b64 = tdxctl_base64(&hdr, sizeof(hdr)), *doc;
	struct tdxctl_report *r;
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	CHECK(b64 && asprintf(&doc, text, b64) > 0);
	CHECK(!tdxctl_new(&ctx));
	CHECK(!tdxctl_report_parse(ctx, "x", doc, strlen(doc), &r));
	tdxctl_set_report(ctx, r);
	CHECK(!tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f));
	CHECK(f->snap->source == TDXCTL_SOURCE_HOST && !f->snap->nr_tds && !f->nr_msrs);
	CHECK(!f->log.text && !strcmp(f->log.reason, "not in the report"));
	/* Nothing of this machine. */
	CHECK(!root_exists(ctx, "/proc") && !root_exists(ctx, "/"));
	tdxctl_facts_free(f);
	tdxctl_free(ctx);
	free(doc);
	free(b64);
}

int main(void)
{
	RUN(forms);
	RUN(names);
	RUN(cmdline);
	RUN(base64);
	RUN(least);
	return check_done("test-lib-report");
}
