/* SPDX-License-Identifier: GPL-2.0-only */
/* Host sources beside the kernel: VMMs' logs, services of attestation. */
#include <facts.h>
#include <utime.h>
#include "lib-fake.h"

#define VMLOG "var/log/libvirt/qemu/"

static struct tdxctl_facts *facts(unsigned int what)
{
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx))
		exit(1);
	CHECK_EQ(tdxctl_set_root(ctx, fake_dir), 0);
	if (!CHECK_EQ(tdxctl_facts_get(ctx, what, &f), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	tdxctl_free(ctx);
	return f;
}

/* ---- logs ---- */

static void kmsg_records(void)
{
	char line[64];
	static const char rec[] = "6,339,5140900,-;NET: x\n SUBSYSTEM=y\n", bad[] = "no record";

	CHECK_EQ(kmsg_line(rec, strlen(rec), line, sizeof(line)), strlen("[    5.140900] NET: x"));
	CHECK_STR(line, "[    5.140900] NET: x");
	CHECK_EQ(kmsg_line(bad, strlen(bad), line, sizeof(line)), 0);
	CHECK_EQ(kmsg_line(";a", 2, line, sizeof(line)), strlen("[    0.000000] a"));
	CHECK_EQ(kmsg_line(rec, strlen(rec), line, 20), 19);
	CHECK(kmsg_line("6,1,18446744073709551615;z", 26, line, sizeof(line)));
	CHECK(strstr(line, "] z"));
	CHECK_EQ(kmsg_line("", 0, line, sizeof(line)), 0);
}

static void gap(const char *log, const char *needle, uint64_t us, const char *reason)
{
	struct tdxctl_facts f = { .log.text = (char *)log, .log.reason = "no kernel log" };
	struct tdxctl_val v = tdxctl_log_gap(&f, needle);

	CHECK_EQ(v.readable, !reason);
	if (reason)
		CHECK_STR(v.reason, reason);
	else
		CHECK_EQ(v.value, us);
}

static void time_between_lines(void)
{
	gap(NULL, "PAMT", 0, "no kernel log");
	gap("[    1.000000] a\n[    8.250000] 4 KB allocated for PAMT\n", "PAMT", 7250000, NULL);
	gap("[    1.000000] a\n", "PAMT", 0, "the kernel log has no such line");
	gap("[    8.250000] PAMT\n", "PAMT", 0, "the kernel log has no time stamps");
	gap("PAMT\n", "PAMT", 0, "the kernel log has no time stamps");
	gap("a\n[    8.250000] PAMT\n", "PAMT", 0, "the kernel log has no time stamps");
	gap("[ 1.5] a\n[ 2.5] PAMT\n", "PAMT", 0, "the kernel log has no time stamps");
	gap("[    9.000000] a\n[    8.250000] PAMT\n", "PAMT", 0,
	    "the kernel log has no time stamps");
}

/* Cloud Hypervisor's chain of errors is one line; lines of other kinds stay. */
static void logs_of_daemons(void)
{
	struct tdxctl_facts *f;
	int p[2];

	fake_new();
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK(!f->vmm_log.text && f->vmm_log.absent);
	tdxctl_facts_free(f);

	fake_file("var/log/libvirt/ch/web.log",
		  "a\n  0: Error booting VM\n  12: b (os error 22)\nCaused by: c\n123: d\n1 e\n");
	fake_file("var/log/libvirtd.log", "[    5.000001] x\n[    5.000002]   1: y\nend");
	fake_file("var/log/cloud-hypervisor.log", "\n  0: z");
	f = facts(TDXCTL_FACTS_PROCS);
	if (CHECK_EQ(f->nr_vm_logs, 1)) {
		CHECK_STR(f->vm_logs[0].vm, "web");
		CHECK_STR(f->vm_logs[0].text,
			  "a: Error booting VM: b (os error 22):  c\n123: d\n1 e\n");
	}
	CHECK_STR(f->vmm_log.text, "[    5.000001] x: y\nend\n: z\n");

	/* A log that the user names. */
	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(write(p[1], "q\0r\n", 4), 4);
	close(p[1]);
	CHECK_EQ(tdxctl_facts_add_vm_log(f, "mine.log", p[0]), 0);
	close(p[0]);
	if (CHECK_EQ(f->nr_vm_logs, 2)) {
		CHECK_STR(f->vm_logs[1].vm, "mine.log");
		CHECK(strstr(f->vm_logs[1].text, "r\n"));
	}
	CHECK_EQ(f->vm_log_count.value, 2);
	CHECK_EQ(tdxctl_facts_add_vm_log(f, "none", -1), -EBADF);
	tdxctl_facts_free(f);
	fake_end();
}

/* The newest is first; the running kernel and kernels without TDX in KVM are left out. */
static void installed_kernels(void)
{
	static const char both[] = "CONFIG_INTEL_TDX_HOST=y\nCONFIG_KVM_INTEL_TDX=y\n";
	struct tdxctl_facts *f;

	fake_new();
	fake_file("proc/sys/kernel/osrelease", "6.12.1\n");
	f = facts(TDXCTL_FACTS_CONFIG);
	CHECK_STR(f->kernels.text, "");
	tdxctl_facts_free(f);

	fake_file("boot/config-6.12.1", both);
	fake_file("boot/config-6.9.0", both);
	fake_file("boot/config-6.18.2", both);
	fake_file("boot/config-6.20.0", "CONFIG_INTEL_TDX_HOST=y\n");
	fake_file("boot/config-6.21.0", "CONFIG_KVM_INTEL_TDX=y\n");
	fake_file("boot/config-6.8.0-1028-intel", "CONFIG_INTEL_TDX_HOST=y\n");
	fake_file("boot/config-old", both);
	fake_file("lib/modules/6.19.3-200.fc43/config", both);
	fake_file("usr/lib/modules/6.19.3-200.fc43/config", both);
	f = facts(TDXCTL_FACTS_CONFIG);
	CHECK_STR(f->kernels.text, "6.19.3-200.fc43\n6.18.2\n6.9.0\n6.8.0-1028-intel\n");
	tdxctl_facts_free(f);

	/* Where /boot has images, a configuration without one was left behind. */
	fake_file("boot/vmlinuz-6.9.0", "");
	fake_file("lib/modules/6.19.3-200.fc43/vmlinuz", "");
	f = facts(TDXCTL_FACTS_CONFIG);
	CHECK_STR(f->kernels.text, "6.19.3-200.fc43\n6.9.0\n");
	tdxctl_facts_free(f);
	fake_end();
}

static void logs_of_vms(void)
{
	struct tdxctl_facts *f;

	fake_new();
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_STR(f->vm_log_count.reason, "no logs of VMs");
	tdxctl_facts_free(f);

	fake_file(VMLOG "web.log",
		  "2026-01-01 00:00:00.000+0000: starting up libvirt version: 9.0.0, qemu version: 7\n"
		  "qemu: failed to parse TDVF for TDX VM\n"
		  "2026-01-02 00:00:00.000+0000: starting up libvirt version: 9.0.0, qemu version: 9\n"
		  "char device redirected to /dev/pts/1\n");
	fake_file(VMLOG "db.log", "KVM: unknown exit, hardware reason 8000\nend");
	fake_file(VMLOG "note.txt", "failed to parse TDVF for TDX VM\n");
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_EQ(f->vm_log_count.value, 2);
	for (size_t i = 0; i < f->nr_vm_logs; i++) {
		const struct tdxctl_vm_log *l = &f->vm_logs[i];

		/* Only the last start counts. */
		if (!strcmp(l->vm, "web"))
			CHECK(!strncmp(l->text, "2026-01-02", 10) && strstr(l->text, "/dev/pts/1"));
		else if (CHECK(!strcmp(l->vm, "db")))
			CHECK_STR(l->text, "KVM: unknown exit, hardware reason 8000\nend");
	}
	tdxctl_facts_free(f);
	fake_end();
}

/* ---- services ---- */

static void quote_sockets_in_arguments(void)
{
	struct tdxctl_quote_socket q;

	CHECK(!src_quote_socket("-object", &q));
	CHECK(src_quote_socket("{\"qom-type\":\"tdx-guest\",\"id\":\"t\",\"quote-generation-socket\":"
			       "{\"type\": \"vsock\", \"cid\":\"1\",\"port\":\"4050\"}}",
			       &q));
	CHECK(q.vsock);
	CHECK_EQ(q.cid, 1);
	CHECK_EQ(q.port, 4050);
	CHECK(src_quote_socket("tdx-guest,id=t,quote-generation-socket.type=vsock,"
			       "quote-generation-socket.cid=2,quote-generation-socket.port=4050",
			       &q));
	CHECK_EQ(q.cid, 2);
	CHECK(src_quote_socket("tdx-guest,quote-generation-service=vsock:3:4051", &q));
	CHECK_EQ(q.cid, 3);
	CHECK_EQ(q.port, 4051);
	CHECK(src_quote_socket("{\"quote-generation-socket\":{\"type\":\"unix\",\"path\":\"/x\"}}",
			       &q));
	CHECK(!q.vsock);
	CHECK_EQ(q.cid, TDXCTL_UNKNOWN);
	CHECK(src_quote_socket("quote-generation-socket.type=vsock,cid=-1", &q));
	CHECK_EQ(q.cid, TDXCTL_UNKNOWN);
}

static void process(unsigned int pid, const char *comm, const void *cmdline, size_t len,
		    unsigned long start)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "proc/%u/comm", pid);
	fake_file(path, comm);
	snprintf(path, sizeof(path), "proc/%u/cmdline", pid);
	fake_bytes(path, cmdline, len);
	snprintf(path, sizeof(path), "proc/%u/stat", pid);
	snprintf(text, sizeof(text), "%u (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %lu 0", pid,
		 comm, start);
	fake_file(path, text);
}

static void services(void)
{
	static const char qemu[] =
		"/usr/bin/qemu-system-x86_64\0-name\0guest=web\0-object\0"
		"{\"quote-generation-socket\":{\"type\":\"vsock\",\"cid\":\"5\",\"port\":\"4050\"}}";
	static const char pccs[] = "/usr/bin/node\0/opt/pccs/pccs_server.js";
	static const char edit[] = "vi\0-R\0pccs_server.js";
	struct tdxctl_facts *f;

	fake_new();
	fake_file("proc/uptime", "400000.50 1.0\n");
	process(7, "vi", edit, sizeof(edit), 1);
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK(f->pccs_running.readable && !f->pccs_running.value);
	CHECK(f->qgs_running.readable && !f->qgs_running.value);
	CHECK(f->quote_socket_count.readable && !f->quote_socket_count.value);
	CHECK(!f->qgs_uptime.readable);
	CHECK_STR(f->qgs_unit.reason, "no systemd on this host");
	CHECK(f->qcnl.absent && f->pccs_log.absent);
	tdxctl_facts_free(f);

	process(10, "qgs", "qgs", 4, 5000000);
	process(11, "node", pccs, sizeof(pccs), 1);
	process(12, "qemu-system-x86", qemu, sizeof(qemu), 1);
	process(13, "cut", "no end", 6, 1);
	process(14, "kthreadd", "", 0, 1);
	fake_file("usr/lib/systemd/system/pccs.service", "");
	fake_file("sys/fs/cgroup/system.slice/qgsd.service/cgroup.procs", "10\n");
	fake_file("etc/sgx_default_qcnl.conf", "{\n\"pccs_url\": \"https://localhost:8081/\"\n}\n");
	fake_file("var/log/qgsd.log", "Error code is 0xb011\n");
	fake_file("opt/intel/sgx-dcap-pccs/logs/pccs_server.log", "returns error(401)\n");
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_EQ(f->qgs_running.value, 1);
	CHECK_EQ(f->qgs_uptime.value, 350000);
	CHECK_EQ(f->pccs_running.value, 1);
	CHECK_EQ(f->qgs_unit.value, TDXCTL_SERVICE_ACTIVE);
	CHECK_EQ(f->pccs_unit.value, TDXCTL_SERVICE_INACTIVE);
	CHECK(f->qcnl.text && strstr(f->qcnl.text, "8081"));
	CHECK(f->qgs_log.text && strstr(f->qgs_log.text, "0xb011"));
	CHECK_STR(f->pccs_log.text, "returns error(401)\n");
	if (CHECK_EQ(f->nr_quote_sockets, 1)) {
		CHECK_STR(f->quote_sockets[0].vm, "web");
		CHECK_EQ(f->quote_sockets[0].pid, 12);
		CHECK_EQ(f->quote_sockets[0].cid, 5);
	}
	tdxctl_facts_free(f);

	/* An empty log is a log without errors. */
	fake_file("var/log/qgsd.log", "");
	fake_file("opt/intel/sgx-dcap-pccs/logs/pccs_server.log", "");
	errno = EIO;
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_STR(f->qgs_log.text, "");
	CHECK_STR(f->pccs_log.text, "");
	tdxctl_facts_free(f);
	fake_end();
}

/* A unit runs if one of these has its cgroup; else it is installed if one has its file. */
static void directories_of_units(void)
{
	static const char *const running[] = { "sys/fs/cgroup/system.slice",
					       "sys/fs/cgroup/systemd/system.slice",
					       "sys/fs/cgroup/unified/system.slice" },
				 *const installed[] = { "etc/systemd/system",
							"usr/lib/systemd/system",
							"lib/systemd/system" };
	struct tdxctl_facts *f;
	char path[100];

	for (size_t i = 0; i < 3; i++) {
		fake_new();
		snprintf(path, sizeof(path), "%s/qgsd.service", installed[i]);
		fake_file(path, "");
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK(f->qgs_unit.readable);
		CHECK_EQ(f->qgs_unit.value, TDXCTL_SERVICE_INACTIVE);
		tdxctl_facts_free(f);
		/* Installed and active. */
		snprintf(path, sizeof(path), "%s/qgsd.service/cgroup.procs", running[i]);
		fake_file(path, "10\n");
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK(f->qgs_unit.readable);
		CHECK_EQ(f->qgs_unit.value, TDXCTL_SERVICE_ACTIVE);
		tdxctl_facts_free(f);
		fake_end();
	}
	/* systemd without the unit. */
	for (size_t i = 1; i < 3; i++) {
		fake_new();
		snprintf(path, sizeof(path), "%s/other.service", installed[i]);
		fake_file(path, "");
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK(f->qgs_unit.readable && f->pccs_unit.readable);
		CHECK_EQ(f->qgs_unit.value, TDXCTL_SERVICE_ABSENT);
		CHECK_EQ(f->pccs_unit.value, TDXCTL_SERVICE_ABSENT);
		tdxctl_facts_free(f);
		fake_end();
	}
}

/* The PCCS of each packaging has its log at another place; the first that exists is read. */
static void logs_of_the_pccs(void)
{
	static const char *const paths[] = { "var/log/pccs.log",
					     "opt/intel/pccs/logs/pccs_server.log",
					     "opt/intel/sgx-dcap-pccs/logs/pccs_server.log" };
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;
	char path[80];

	fake_new();
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK(!f->pccs_log.text && f->pccs_log.absent && f->pccs_log.reason);
	tdxctl_facts_free(f);
	for (size_t i = 0; i < 3; i++) {
		fake_file(paths[i], paths[i]);
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK_STR(f->pccs_log.text, paths[i]);
		CHECK(!f->pccs_log.absent && !f->pccs_log.reason);
		tdxctl_facts_free(f);
	}
	/* On a live host, a log from before the boot says nothing about now. */
	ctx = fake_live();
	if (utime(fake_path(paths[2]), &(struct utimbuf){ 1, 1 }))
		exit(1);
	if (CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_PROCS, &f), 0)) {
		CHECK(!f->pccs_log.text && !f->pccs_log.absent);
		CHECK_STR(f->pccs_log.reason, "not written since this boot");
		tdxctl_facts_free(f);
	}
	tdxctl_free(ctx);
	unlink(fake_path(paths[2]));
	snprintf(path, sizeof(path), "%s/x", paths[2]);
	fake_mkdirs(path);
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK(!f->pccs_log.text && !f->pccs_log.absent);
	CHECK_STR(f->pccs_log.reason, "malformed");
	tdxctl_facts_free(f);
	fake_end();
}

/* Processes that are hidden may run: only one that is seen is an answer. */
static void processes_that_are_hidden(void)
{
	static const char hidden[] = "other users' processes are hidden: run as root";
	static const char qemu[] = "qemu\0{\"quote-generation-socket\":{\"type\":\"unix\"}}";
	struct tdxctl_facts *f;
	struct tdxctl_ctx *ctx;

	fake_new();
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_STR(f->qgs_running.reason, "not present");
	CHECK_STR(f->pccs_running.reason, "not present");
	CHECK_STR(f->quote_socket_count.reason, "not present");
	CHECK(!f->qgs_running.readable && !f->pccs_running.readable &&
	      !f->quote_socket_count.readable);
	tdxctl_facts_free(f);
	/* A live host without process 1 hides the processes of others. */
	process(20, "vi", "vi", 3, 1);
	ctx = fake_live();
	if (CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_PROCS, &f), 0)) {
		CHECK_STR(f->qgs_running.reason, hidden);
		CHECK_STR(f->pccs_running.reason, hidden);
		CHECK_STR(f->quote_socket_count.reason, hidden);
		CHECK(!f->quote_socket_count.readable);
		tdxctl_facts_free(f);
	}
	process(21, "qgs", "qgs", 4, 1);
	process(22, "qemu", qemu, sizeof(qemu), 1);
	if (CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_PROCS, &f), 0)) {
		CHECK_EQ(f->qgs_running.value, 1);
		CHECK_EQ(f->quote_socket_count.value, 1);
		CHECK_STR(f->pccs_running.reason, hidden);
		tdxctl_facts_free(f);
	}
	process(1, "init", "init", 5, 0);
	if (CHECK_EQ(tdxctl_facts_get(ctx, TDXCTL_FACTS_PROCS, &f), 0)) {
		CHECK(f->pccs_running.readable && !f->pccs_running.value);
		tdxctl_facts_free(f);
	}
	tdxctl_free(ctx);
	fake_end();
}

/* Each VM with a quote socket, by its name. */
static void quote_sockets_of_vms(void)
{
	char args[] = "qemu\0-name\0guest=vm0\0{\"quote-generation-socket\":{\"type\":\"unix\"}}";
	struct tdxctl_facts *f;

	for (size_t n = 0; n < 4; n++) {
		fake_new();
		process(5, "init", "init", 5, 1);
		for (size_t i = 0; i < n; i++) {
			args[sizeof("qemu\0-name\0guest=vm") - 1] = (char)('0' + i);
			process((unsigned int)(30 + i), "qemu", args, sizeof(args), 1);
		}
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK_EQ(f->helper_err, 0);
		CHECK_EQ(f->quote_socket_count.value, n);
		if (CHECK_EQ(f->nr_quote_sockets, n))
			for (size_t i = 0; i < n; i++)
				CHECK(!strncmp(f->quote_sockets[i].vm, "vm", 2) &&
				      f->quote_sockets[i].vm[2] - '0' ==
					      f->quote_sockets[i].pid - 30);
		tdxctl_facts_free(f);
		fake_end();
	}
}

static void files_of_services(void)
{
	struct tdxctl_facts *f;

	fake_new();
	fake_file("var/log/mpa_registration.log", "Starts\n");
	fake_file("etc/sgx_default_qcnl.conf", "PCCS_URL=x\n");
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_STR(f->registration.text, "Starts\n");
	CHECK_STR(f->qcnl.text, "PCCS_URL=x\n");
	tdxctl_facts_free(f);
	fake_end();
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 100; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Each place of a log of a VM, and of a log of VMMs. */
static void places_of_logs(void)
{
	static const char *const vm[] = { "var/log/libvirt/qemu", "var/log/libvirt/ch",
					  "var/log/cloud-hypervisor" },
				 *const vmm[] = { "var/log/libvirt/libvirtd.log",
						  "var/log/libvirt/virtqemud.log",
						  "var/log/libvirtd.log", "var/log/virtqemud.log",
						  "var/log/cloud-hypervisor.log" };
	static const char start[] = "2026: starting up libvirt version: 9\nqemu\n";
	int before = open_fds();
	struct tdxctl_facts *f;
	char path[80];

	for (size_t i = 0; i < 3; i++) {
		fake_new();
		snprintf(path, sizeof(path), "%s/a.log", vm[i]);
		fake_file(path, start);
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK_EQ(f->vm_log_count.value, 1);
		if (CHECK_EQ(f->nr_vm_logs, 1))
			CHECK_STR(f->vm_logs[0].text, start);
		tdxctl_facts_free(f);
		fake_end();
		/* A file at this place. */
		fake_new();
		fake_file(vm[i], "");
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK(!f->vm_log_count.readable);
		CHECK_STR(f->vm_log_count.reason, "not present");
		tdxctl_facts_free(f);
		fake_end();
	}
	for (size_t i = 0; i < 5; i++) {
		fake_new();
		fake_file(vmm[i], "x\n");
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK_STR(f->vmm_log.text, "x\n\n");
		CHECK(!f->vmm_log.absent && !f->vmm_log.reason);
		tdxctl_facts_free(f);
		unlink(fake_path(vmm[i]));
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK(!f->vmm_log.text && f->vmm_log.absent);
		CHECK_STR(f->vmm_log.reason, "not present");
		tdxctl_facts_free(f);
		snprintf(path, sizeof(path), "%s/x", vmm[i]);
		fake_mkdirs(path);
		f = facts(TDXCTL_FACTS_PROCS);
		CHECK(!f->vmm_log.text && !f->vmm_log.absent);
		CHECK_STR(f->vmm_log.reason, "malformed");
		tdxctl_facts_free(f);
		fake_end();
	}
	CHECK_EQ(open_fds(), before);
}

/* A log that cannot be read does not hide the others, in whatever order they are found. */
static void unreadable_logs_of_vms(void)
{
	struct tdxctl_facts *f;
	char path[64];

	fake_new();
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), VMLOG "dir%d.log/x", i);
		fake_mkdirs(path);
		snprintf(path, sizeof(path), VMLOG "vm%d.log", i);
		fake_file(path, "x\n");
	}
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_EQ(f->nr_vm_logs, 8);
	CHECK_EQ(f->vm_log_count.value, 8);
	tdxctl_facts_free(f);
	fake_end();
}

int main(void)
{
	RUN(kmsg_records);
	RUN(time_between_lines);
	RUN(logs_of_vms);
	RUN(logs_of_daemons);
	RUN(installed_kernels);
	RUN(quote_sockets_in_arguments);
	RUN(services);
	RUN(directories_of_units);
	RUN(logs_of_the_pccs);
	RUN(processes_that_are_hidden);
	RUN(quote_sockets_of_vms);
	RUN(files_of_services);
	RUN(places_of_logs);
	RUN(unreadable_logs_of_vms);
	return check_done("test-lib-services");
}
