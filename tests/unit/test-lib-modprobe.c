// SPDX-License-Identifier: GPL-2.0-only
/* Options of kvm_intel: files of modprobe.d, the kernel command line, and which one counts. */
#include <facts.h>
#include "lib-fake.h"

static struct tdxctl_facts *facts(void)
{
	struct tdxctl_ctx *ctx = fake_live();
	struct tdxctl_facts *f;

	if (!CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_CONFIG, &f), 0))
		exit(1);
	tdxctl_free(ctx);
	return f;
}

/* The files have these options, in this order; NULL: no directory was found. */
static void modprobe_is(const char *want)
{
	struct tdxctl_facts *f = facts();

	if (want)
		CHECK_STR(f->modprobe.text, want);
	else
		CHECK(!f->modprobe.text && f->modprobe.absent && f->modprobe.reason);
	tdxctl_facts_free(f);
}

#define ETC "/etc/modprobe.d/"

static void files(void)
{
	fake_new();
	modprobe_is(NULL);
	fake_file("etc/modprobe.d/README", "options kvm_intel tdx=1\n");
	fake_file("etc/modprobe.d/.conf", "options kvm_intel tdx=1\n");
	modprobe_is("");
	/* By name, whatever their directories. */
	fake_file("etc/modprobe.d/b.conf", "options kvm_intel b=1\n");
	fake_file("lib/modprobe.d/a.conf", "options kvm_intel a=1\n");
	fake_file("run/modprobe.d/c.conf", "options kvm_intel c=1\n");
	modprobe_is("/lib/modprobe.d/a.conf: options kvm_intel a=1\n" ETC
		    "b.conf: options kvm_intel b=1\n"
		    "/run/modprobe.d/c.conf: options kvm_intel c=1\n");
	/* A file hides those of its name in later directories, even as a link to nothing. */
	fake_file("usr/lib/modprobe.d/b.conf", "options kvm_intel hidden=1\n");
	fake_file("run/modprobe.d/a.conf", "options kvm_intel a=2\n");
	fake_link("etc/modprobe.d/c.conf", "/dev/null");
	modprobe_is("/run/modprobe.d/a.conf: options kvm_intel a=2\n" ETC
		    "b.conf: options kvm_intel b=1\n");
	fake_end();
}

static void lines(void)
{
	fake_new();
	fake_file("etc/modprobe.d/x.conf", "# options kvm_intel comment=1\n"
					   "alias options kvm_intel\n"
					   "option kvm_intel short=1\n"
					   "optionsx kvm_intel long=1\n"
					   "options kvm other=1\n"
					   "options kvm_intel_x other=1\n"
					   "options kvm_inte other=1\n"
					   "\toptions\tkvm-intel tab=1\n"
					   "options kvm_intel one=1 \\\ntwo=2\n"
					   "options kvm_intel\n"
					   "options kvm_intel last=1");
	modprobe_is(ETC "x.conf: options\tkvm-intel tab=1\n" ETC
			"x.conf: options kvm_intel one=1   two=2\n" ETC
			"x.conf: options kvm_intel\n" ETC "x.conf: options kvm_intel last=1\n");
	fake_end();
}

/* More files than any system has are not all read. */
static void many_files(void)
{
	struct tdxctl_facts *f;
	char path[64];
	size_t n = 0;

	fake_new();
	for (int i = 0; i < 520; i++) {
		snprintf(path, sizeof(path), "etc/modprobe.d/%03d.conf", i);
		fake_file(path, "options kvm_intel x=1\n");
		if (i != 511 && i != 519)
			continue;
		f = facts();
		n = 0;
		text_each_line(p, f->modprobe.text) n++;
		CHECK_EQ(n, 512);
		tdxctl_facts_free(f);
	}
	fake_end();
}

/* @cmdline and a file with @options give @tdx by the option @word, in the file or not. */
static void request_is(const char *cmdline, const char *options, enum tdxctl_tri tdx,
		       const char *word, bool in_file)
{
	struct tdxctl_request r;
	struct tdxctl_facts *f;
	char got[64];

	fake_new();
	if (cmdline)
		fake_file("proc/cmdline", cmdline);
	if (options)
		fake_file("etc/modprobe.d/k.conf", options);
	f = facts();
	r = tdxctl_tdx_request(f);
	if (!CHECK_EQ(r.tdx, tdx))
		fprintf(stderr, "  %s / %s\n", cmdline ? cmdline : "-", options ? options : "-");
	snprintf(got, sizeof(got), "%.*s", (int)r.len, r.word ? r.word : "");
	CHECK_STR(got, word);
	snprintf(got, sizeof(got), "%.*s", (int)r.path_len, r.path ? r.path : "");
	CHECK_STR(got, in_file ? ETC "k.conf" : "");
	tdxctl_facts_free(f);
	fake_end();
}

/* The values that the kernel's kstrtobool() accepts, as a parameter and as an option. */
static void booleans(void)
{
	static const struct {
		const char *value;
		enum tdxctl_tri tdx;
	} t[] = {
		{ "=1", TDXCTL_YES },
		{ "=y", TDXCTL_YES },
		{ "=Yes", TDXCTL_YES },
		{ "=t", TDXCTL_YES },
		{ "=True", TDXCTL_YES },
		{ "=on", TDXCTL_YES },
		{ "=ON", TDXCTL_YES },
		{ "=oN", TDXCTL_YES },
		{ "", TDXCTL_YES },
		{ "=\"1\"", TDXCTL_YES },
		{ "=0", TDXCTL_NO },
		{ "=n", TDXCTL_NO },
		{ "=No", TDXCTL_NO },
		{ "=f", TDXCTL_NO },
		{ "=False", TDXCTL_NO },
		{ "=off", TDXCTL_NO },
		{ "=OFF", TDXCTL_NO },
		{ "=\"n\"", TDXCTL_NO },
		{ "=", TDXCTL_TRI_UNKNOWN },
		{ "=\"", TDXCTL_TRI_UNKNOWN },
		{ "=o", TDXCTL_TRI_UNKNOWN },
		{ "=O", TDXCTL_TRI_UNKNOWN },
		{ "=ox", TDXCTL_TRI_UNKNOWN },
		{ "=2", TDXCTL_TRI_UNKNOWN },
		{ "=x", TDXCTL_TRI_UNKNOWN },
	};
	char line[80], word[40];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		snprintf(word, sizeof(word), "kvm_intel.tdx%s", t[i].value);
		snprintf(line, sizeof(line), "ro %s quiet\n", word);
		request_is(line, NULL, t[i].tdx, word, false);
		snprintf(word, sizeof(word), "tdx%s", t[i].value);
		snprintf(line, sizeof(line), "options kvm_intel %s ept=1\n", word);
		request_is(NULL, line, t[i].tdx, word, true);
	}
}

/* Without a value, nothing behind the option is taken for one. */
static void missing_values(void)
{
	request_is("ro kvm_intel.tdx=", NULL, TDXCTL_TRI_UNKNOWN, "kvm_intel.tdx=", false);
	request_is("ro kvm_intel.tdx=\"", NULL, TDXCTL_TRI_UNKNOWN, "kvm_intel.tdx=\"", false);
	request_is("ro kvm_intel.tdx= 1\n", NULL, TDXCTL_TRI_UNKNOWN, "kvm_intel.tdx=", false);
	request_is(NULL, "options kvm_intel tdx=\n", TDXCTL_TRI_UNKNOWN, "tdx=", true);
}

/* The last option counts, and the command line comes after the files. */
static void the_last_one_counts(void)
{
	request_is(NULL, NULL, TDXCTL_TRI_UNKNOWN, "", false);
	request_is("ro quiet\n", "options kvm_intel ept=1\n", TDXCTL_TRI_UNKNOWN, "", false);
	request_is(NULL, "options kvm_intel tdx=1 tdx=0\n", TDXCTL_NO, "tdx=0", true);
	request_is(NULL, "options kvm_intel tdx=0\noptions kvm_intel ept=1 tdx=1\n", TDXCTL_YES,
		   "tdx=1", true);
	request_is("kvm_intel.tdx=0 kvm_intel.tdx=1\n", NULL, TDXCTL_YES, "kvm_intel.tdx=1", false);
	request_is("kvm_intel.tdx=0\n", "options kvm_intel tdx=1\n", TDXCTL_NO, "kvm_intel.tdx=0",
		   false);
	request_is("kvm-intel.tdx=1\n", NULL, TDXCTL_YES, "kvm-intel.tdx=1", false);
	request_is("ro\n", "options kvm-intel tdx=1\n", TDXCTL_YES, "tdx=1", true);
	/* Other options, and arguments of init. */
	request_is("kvm.tdx=1 xkvm_intel.tdx=1 kvm_intel.tdxx=1 kvm_intel.td=1 tdx=1\n", NULL,
		   TDXCTL_TRI_UNKNOWN, "", false);
	request_is("ro -- kvm_intel.tdx=1\n", NULL, TDXCTL_TRI_UNKNOWN, "", false);
	request_is("ro --- kvm_intel.tdx=1\n", NULL, TDXCTL_YES, "kvm_intel.tdx=1", false);
	request_is("-x kvm_intel.tdx=1\n", NULL, TDXCTL_YES, "kvm_intel.tdx=1", false);
	request_is("\"kvm_intel.tdx=1\n", NULL, TDXCTL_YES, "kvm_intel.tdx=1", false);
	request_is(NULL, "options kvm_intel xtdx=1 tdxx=1 td=1\n", TDXCTL_TRI_UNKNOWN, "", false);
}

int main(void)
{
	RUN(files);
	RUN(lines);
	RUN(many_files);
	RUN(booleans);
	RUN(missing_values);
	RUN(the_last_one_counts);
	return check_done("lib-modprobe");
}
