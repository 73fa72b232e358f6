// SPDX-License-Identifier: GPL-2.0-only
/* The lines of logs and configurations that a report keeps, and the names that it replaces. */
#include <report.h>
#include "lib-fake.h"
#include "report/report-priv.h"

static struct tdxctl_report *new_report(void)
{
	struct tdxctl_report *r = calloc(1, sizeof(*r));

	r->facts = calloc(1, sizeof(*r->facts));
	r->facts->snap = calloc(1, sizeof(*r->facts->snap));
	return r;
}

static void add_vm_log(struct tdxctl_facts *f, const char *vm, const char *text)
{
	f->vm_logs = reallocarray(f->vm_logs, f->nr_vm_logs + 1, sizeof(*f->vm_logs));
	f->vm_logs[f->nr_vm_logs++] = (struct tdxctl_vm_log){ strdup(vm), strdup(text) };
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	text_each_line(p, text) n++;
	return n;
}

/* A text of @n lines @line with a number behind it, after @text, which is freed. */
static char *repeated(char *text, size_t n, const char *line)
{
	struct text_buf b = { 0 };
	char buf[200];

	if (text)
		text_append(&b, text, strlen(text));
	free(text);
	for (size_t i = 0; i < n; i++) {
		int len = snprintf(buf, sizeof(buf), "%s %zu\n", line, i);

		if (text_append(&b, buf, (size_t)len))
			abort();
	}
	return b.p;
}

static void kernel_log(void)
{
	struct tdxctl_report *r = new_report();

	r->facts->log.text =
		strdup("[    0.000000] Linux version 7.2.13 (joe@builder) (gcc 12) #1 SMP\n"
		       "[    0.100000] usb 1-1: a device\n"
		       "[    1.000000] something else\n"
		       "[    7.000000] virt/tdx: 1048576 KB allocated for PAMT\n"
		       "[    7.100000] virt/tdx: TDX-Module initialized\n"
		       "[    8.000000] MCE: an upper-case word\n"
		       "no time stamp\n"
		       "[    9.000000] virt/tdx: 2 KB allocated for PAMT\n"
		       "[ no end\n"
		       "[   10.000000] virt/tdx: 3 KB allocated for PAMT\n");
	CHECK_EQ(report_trim(r), 0);
	/* A line about PAMT keeps the time of the line before, from which its duration counts. */
	CHECK_STR(r->facts->log.text, "[    0.000000] Linux version 7.2.13\n"
				      "[    1.000000] ...\n"
				      "[    7.000000] virt/tdx: 1048576 KB allocated for PAMT\n"
				      "[    7.100000] virt/tdx: TDX-Module initialized\n"
				      "[    8.000000] MCE: an upper-case word\n"
				      "[    9.000000] virt/tdx: 2 KB allocated for PAMT\n"
				      "[   10.000000] virt/tdx: 3 KB allocated for PAMT\n");
	tdxctl_report_free(r);
}

/* Many lines of one kind do not displace the lines that rules look for. */
static void limits_of_the_kernel_log(void)
{
	static const char known[] = "virt/tdx: module not loaded";
	struct tdxctl_report *r = new_report();
	char *text = repeated(NULL, 500, "kvm: a line");

	r->facts->log.text = repeated(text, 500, known);
	r->facts->last_log.text = strdup("x\nvmx: last\ny\n");
	CHECK_EQ(report_trim(r), 0);
	CHECK_EQ(lines_of(r->facts->log.text), 800);
	CHECK(strstr(r->facts->log.text, "kvm: a line 399\n"));
	CHECK(!strstr(r->facts->log.text, "kvm: a line 400\n"));
	CHECK(strstr(r->facts->log.text, "module not loaded 399\n"));
	CHECK(!strstr(r->facts->log.text, "module not loaded 400\n"));
	CHECK_STR(r->facts->last_log.text, "vmx: last\n");
	tdxctl_report_free(r);
}

static void long_lines(void)
{
	struct tdxctl_report *r = new_report();
	char line[1100];

	memset(line, 'x', sizeof(line));
	memcpy(line, "kvm ", 4);
	line[1099] = '\0';
	r->facts->log.text = strdup(line);
	line[1024] = '\0';
	r->facts->last_log.text = strdup(line);
	CHECK_EQ(report_trim(r), 0);
	CHECK_EQ(strlen(r->facts->log.text), 1025);
	CHECK_EQ(strlen(r->facts->last_log.text), 1025);
	tdxctl_report_free(r);
}

static void configuration(void)
{
	struct tdxctl_report *r = new_report();

	r->facts->config.text = strdup("CONFIG_INTEL_TDX_HOST=y\n"
				       "CONFIG_KVM=m\n"
				       "CONFIG_KVM_EXTRA=n\n"
				       "# CONFIG_KVM_XEN is not set\n"
				       "CONFIG_KVM_NAME=\"joe\"\n"
				       "CONFIG_KVM_LETTER=x\n"
				       "CONFIG_KVM_EMPTY=\n"
				       "CONFIG_NUMA_SHIFT=10\n"
				       "CONFIG_NUMA_HEX=0x10\n"
				       "CONFIG_USB=y\n"
				       "CONFIG_USB_KIND=kvm\n"
				       "XCONFIG_KVM=y\n"
				       "CONFIG_VFIO=0\n");
	CHECK_EQ(report_trim(r), 0);
	CHECK_STR(r->facts->config.text, "CONFIG_INTEL_TDX_HOST=y\n"
					 "CONFIG_KVM=m\n"
					 "CONFIG_KVM_EXTRA=n\n"
					 "CONFIG_NUMA_SHIFT=10\n"
					 "CONFIG_NUMA_HEX=0x10\n"
					 "CONFIG_VFIO=0\n");
	free(r->facts->config.text);
	r->facts->config.text = repeated(NULL, 450, "CONFIG_KVM=7");
	CHECK_EQ(report_trim(r), 0);
	CHECK_EQ(lines_of(r->facts->config.text), 400);
	tdxctl_report_free(r);
}

/* Messages of a VMM, but neither its environment nor its command line. */
static void logs_of_vms(void)
{
	struct tdxctl_report *r = new_report();
	struct tdxctl_facts *f = r->facts;
	char *many;

	add_vm_log(f, "web",
		   "2026-01-01: starting up libvirt version: 9.0.0\n"
		   "LC_ALL=C PATH=/bin:/kvm /usr/bin/qemu\n"
		   "\n"
		   "/usr/bin/qemu -name guest=web,kvm \\\n"
		   "-accel kvm \\\n"
		   "-object error\n"
		   "/usr/bin/qemu -name error\n"
		   "qemu: an ERROR happened\n"
		   "qemu: it started\n"
		   "qemu: cannot x=1\n");
	many = repeated(NULL, 45, "qemu: error");
	many = repeated(many, 45, "qemu: KVM_TDX_INIT_VM failed: Invalid argument");
	add_vm_log(f, "db", many);
	free(many);
	CHECK_EQ(report_trim(r), 0);
	CHECK_STR(f->vm_logs[0].text, "2026-01-01: starting up libvirt version: 9.0.0\n"
				      "qemu: an ERROR happened\n"
				      "qemu: cannot x=1\n");
	/* Lines that rules look for are not counted. */
	CHECK_EQ(lines_of(f->vm_logs[1].text), 40 + 45);
	CHECK(strstr(f->vm_logs[1].text, "qemu: error 39\n"));
	CHECK(!strstr(f->vm_logs[1].text, "qemu: error 40\n"));
	tdxctl_report_free(r);
}

/* A daemon puts the name of a VM before a line: only what rules look for is kept. */
static void log_of_daemons(void)
{
	struct tdxctl_report *r = new_report();

	r->facts->vmm_log.text = strdup("libvirtd: started, KVM\n"
					"joe's VM: KVM_TDX_INIT_VM failed: Invalid argument\n");
	CHECK_EQ(report_trim(r), 0);
	CHECK_STR(r->facts->vmm_log.text, "KVM_TDX_INIT_VM failed: Invalid argument\n");
	free(r->facts->vmm_log.text);
	r->facts->vmm_log.text = repeated(NULL, 50, "VM: KVM_TDX_INIT_VM failed:");
	CHECK_EQ(report_trim(r), 0);
	CHECK_EQ(lines_of(r->facts->vmm_log.text), 40);
	tdxctl_report_free(r);
}

/* The newest hundred lines of other logs, and nothing that JSON cannot hold. */
static void other_texts(void)
{
	static const char odd[] = "a\tb\x01"
				  "c\x7f"
				  "d\xc3\xa9\r\n";
	struct tdxctl_report *r = new_report();

	r->facts->qgs_log.text = repeated(NULL, 150, "line");
	r->facts->registration.text = repeated(NULL, 100, "line");
	r->facts->pccs_log.text = strdup("one");
	r->facts->file[TDXCTL_FILE_CMDLINE].text = strdup(odd);
	r->conf = strdup(odd);
	add_vm_log(r->facts, "web", "error \x01\xff\n");
	CHECK_EQ(report_trim(r), 0);
	CHECK_EQ(lines_of(r->facts->qgs_log.text), 100);
	CHECK(!strncmp(r->facts->qgs_log.text, "line 50\n", 8));
	CHECK(strstr(r->facts->qgs_log.text, "line 149\n"));
	CHECK_EQ(lines_of(r->facts->registration.text), 100);
	CHECK(!strncmp(r->facts->registration.text, "line 0\n", 7));
	CHECK_STR(r->facts->pccs_log.text, "one");
	CHECK_STR(r->facts->file[TDXCTL_FILE_CMDLINE].text, "a\tb?c?d???\n");
	CHECK_STR(r->conf, "a\tb?c?d???\n");
	CHECK_STR(r->facts->vm_logs[0].text, "error ??\n");
	tdxctl_report_free(r);
}

/* ---- names ---- */

/* @text of the log, with the names of the host in fake_dir replaced, is @want. */
static void masked_is(const char *text, const char *want)
{
	struct tdxctl_report *r = new_report();
	struct tdxctl_ctx *ctx = fake_live();

	r->facts->qgs_log.text = strdup(text);
	CHECK_EQ(report_mask(ctx, r), 0);
	CHECK(r->masked);
	CHECK_STR(r->facts->qgs_log.text, want);
	tdxctl_report_free(r);
	tdxctl_free(ctx);
}

static void names_of_the_host(void)
{
	fake_new();
	masked_is("node7 joe", "node7 joe");
	fake_file("proc/sys/kernel/hostname", "node7.farm.example other\n");
	masked_is("on node7.farm.example: node7 other", "on host: host-2 other");
	fake_file("etc/hostname", "oldname\n");
	masked_is("oldname", "host-3");
	fake_file("etc/machine-id", "machine42\n");
	masked_is("machine42", "id-1");
	fake_file("sys/class/dmi/id/board_serial", "SN-4711\n");
	masked_is("board SN-4711 ok", "board serial-1 ok");
	fake_end();
}

/* Replaces the accounts of people, but not those of services or of unmapped users. */
static void names_of_users(void)
{
	fake_new();
	fake_file("etc/passwd", "root:x:0:0::/root:/bin/sh\n"
				"daemon9:x:999:999::/:/bin/false\n"
				"first:x:1000:1000::/:/bin/sh\n"
				"last:x:65533:1::/:/bin/sh\n"
				"unmapped:x:65534:65534::/:/bin/false\n"
				"big:x:70000:1::/:/bin/sh\n"
				"broken\n"
				"after:x:1001:1::/:/bin/sh\n");
	masked_is("root daemon9 unmapped big broken", "root daemon9 unmapped big broken");
	masked_is("first last after", "user-1 user-2 user-3");
	fake_end();
}

static void names_in_the_facts(void)
{
	struct tdxctl_report *r = new_report();
	struct tdxctl_facts *f = r->facts;
	struct tdxctl_ctx *ctx;

	fake_new();
	ctx = fake_live();
	f->log.text = strdup("[ 0.0] Command line: ro secret=1 quiet\n"
			     "[ 0.1] Kernel command line: nosmt user=joe\n"
			     "[ 0.2] Unknown kernel command line parameters x=y ro\n"
			     "[ 0.3] kvm: shop");
	f->file[TDXCTL_FILE_CMDLINE].text = strdup("root=UUID=1 ro");
	add_vm_log(f, "shop", "shop: error\n");
	f->nr_quote_sockets = 2;
	f->quote_sockets = calloc(2, sizeof(*f->quote_sockets));
	f->quote_sockets[0].vm = strdup("bank");
	f->nr_cgroups = 2;
	f->cgroups = calloc(2, sizeof(*f->cgroups));
	f->cgroups[0].path = strdup("/machine.slice/qemu-bank.scope/libvirt/emulator");
	f->cgroups[1].path = strdup("/machine.slice/other");
	r->hostname = strdup("node7");
	r->conf = strdup("about shop");
	r->cpus_why = strdup("of bank");
	CHECK_EQ(report_mask(ctx, r), 0);
	CHECK_STR(f->log.text, "[ 0.0] Command line: ro masked quiet\n"
			       "[ 0.1] Kernel command line: nosmt masked\n"
			       "[ 0.2] Unknown kernel command line parameters masked ro\n"
			       "[ 0.3] kvm: vm-2\n");
	CHECK_STR(f->file[TDXCTL_FILE_CMDLINE].text, "masked ro");
	CHECK_STR(f->quote_sockets[0].vm, "vm-1");
	CHECK(!f->quote_sockets[1].vm);
	CHECK_STR(f->vm_logs[0].vm, "vm-2");
	CHECK_STR(f->vm_logs[0].text, "vm-2: error\n");
	CHECK_STR(f->cgroups[0].path, "/machine.slice/cgroup-1/libvirt/emulator");
	CHECK_STR(f->cgroups[1].path, "/machine.slice/cgroup-2");
	CHECK_STR(r->hostname, "host");
	CHECK_STR(r->conf, "about vm-2");
	CHECK_STR(r->cpus_why, "of vm-1");
	tdxctl_free(ctx);
	tdxctl_report_free(r);
	fake_end();
}

int main(void)
{
	RUN(kernel_log);
	RUN(limits_of_the_kernel_log);
	RUN(long_lines);
	RUN(configuration);
	RUN(logs_of_vms);
	RUN(log_of_daemons);
	RUN(other_texts);
	RUN(names_of_the_host);
	RUN(names_of_users);
	RUN(names_in_the_facts);
	return check_done("lib-trim");
}
