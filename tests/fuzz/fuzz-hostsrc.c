// SPDX-License-Identifier: GPL-2.0-only
/* Files of a captured host, one of them of anybody's making, and doctor over them. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctor.h>
#include <live/live.h>

#include "fuzz.h"

static const char *const files[] = {
	"dev/cpu/0/msr.txt",
	"dev/cpu/0/cpuid.txt",
	"dev/kvm.txt",
	"proc/cpuinfo",
	"proc/cmdline",
	"proc/meminfo",
	"proc/sys/kernel/osrelease",
	"boot/config-6.18.0",
	"var/log/dmesg",
	"sys/fs/cgroup/misc.capacity",
	"sys/fs/cgroup/misc.current",
	"sys/fs/cgroup/a/misc.current",
	"sys/fs/cgroup/a/misc.events",
	"sys/devices/system/cpu/hotplug/states",
	"sys/devices/system/cpu/cpu1/hotplug/state",
	"sys/devices/system/node/node0/cpulist",
	"sys/module/kvm_intel/parameters/tdx",
	"sys/devices/faux/tdx_host/version",
	"proc/config.gz",
	"sys/firmware/dmi/tables/DMI",
	"sys/fs/cgroup/a/misc.max",
	"sys/fs/cgroup/misc/misc.capacity",
	"proc/uptime",
	"proc/7/cmdline",
	"proc/7/comm",
	"proc/7/stat",
	"var/log/libvirt/qemu/web.log",
	"var/log/qgsd.log",
	"etc/sgx_default_qcnl.conf",
	"var/log/mpa_registration.log",
	"sys/devices/system/memory/memory0/state",
	"sys/devices/faux/tdx_host/seamldr_version",
	"sys/class/firmware/tdx_module/error",
	"sys/devices/system/cpu/present",
	"sys/fs/pstore/dmesg-0",
	"sys/devices/system/cpu/online",
	"sys/devices/system/cpu/cpu0/topology/physical_package_id",
	"sys/devices/system/cpu/cpu1/hotplug/target",
	"sys/devices/faux/tdx_host/num_remaining_updates",
	"sys/class/firmware/tdx_module/status",
	"sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
	"sys/kernel/kexec_crash_loaded",
	"sys/power/disk",
	"sys/power/mem_sleep",
	"sys/kernel/security/lockdown",
	"proc/sys/vm/nr_hugepages",
	"sys/module/kvm/parameters/enable_virt_at_load",
	"etc/modprobe.d/a.conf",
	"usr/lib/modprobe.d/b.conf",
	"opt/intel/sgx-dcap-pccs/logs/pccs_server.log",
};
#define FILES (sizeof(files) / sizeof(files[0]))

static char dir[] = "/dev/shm/tdxctl-fuzz.XXXXXX";

static void put(const char *path, const void *data, size_t len)
{
	char full[128];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", dir, path);
	for (char *p = full + strlen(dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	MUST(fd >= 0);
	MUST(write(fd, data, len) == (ssize_t)len);
	close(fd);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

/* A host that makes every file matter. */
static void defaults(void)
{
	put_text("proc/sys/kernel/osrelease", "6.18.0\n");
	put_text("sys/devices/system/cpu/present", "0-1\n");
	put_text("sys/devices/system/cpu/online", "0\n");
	put_text("sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n");
	put_text("sys/devices/system/cpu/cpu1/hotplug/target", "240\n");
	put_text("sys/devices/system/cpu/cpu1/node0/x", "");
	put_text("sys/fs/cgroup/misc.capacity", "tdx 31\n");
	put_text("sys/fs/cgroup/a/misc.current", "tdx 1\n");
	put_text("proc/uptime", "500000.00 1.00\n");
	put_text("proc/7/comm", "qgs\n");
	put_text("proc/7/stat", "7 (qgs) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0");
}

static void clean(void)
{
	char cmd[96];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		fprintf(stderr, "%s remains\n", dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	MUST(mkdtemp(dir));
	atexit(clean);
	return 0;
}

/* What no file of a captured host leads to. */
static void directly(const uint8_t *data, size_t len)
{
	struct tdxctl_quote_socket q;
	struct tdxctl_facts f = { 0 };
	char line[256], *text = calloc(1, len + 1), *out;
	size_t n = kmsg_line((const char *)data, len, line, sizeof(line));

	/* Not strndup(): strict string checks want an end of what it reads. */
	MUST(text);
	memcpy(text, data, len);
	MUST(n < sizeof(line) && (!n || strlen(line) == n));
	src_quote_socket(text, &q);
	MUST(!src_dmi(data, len, &f));
	for (size_t i = 0; i < f.nr_dimms; i++)
		MUST(f.dimms[i].socket[0] && f.dimms[i].populated <= f.dimms[i].slots);
	free(f.dimms);
	if (!src_gunzip(data, len, 1 << 16, &out)) {
		MUST(strnlen(out, (1 << 16) + 1) <= 1 << 16);
		free(out);
	}
	f.log.text = text;
	tdxctl_log_gap(&f, "PAMT");
	free(text);
}

/* Whatever the files hold: a value, or a reason why there is none. */
static void consistent(const struct tdxctl_facts *f)
{
#define X(what, member) MUST(f->member.readable == !f->member.reason);
	TDXCTL_FACT_VALS(X)
#undef X
#define X(what, member) MUST(!f->member.text == !!f->member.reason);
	TDXCTL_FACT_TEXTS(X)
#undef X
	for (size_t i = 0; i < TDXCTL_FILE_COUNT; i++)
		MUST(!f->file[i].text == !!f->file[i].reason);
	for (size_t i = 0; i < f->nr_vm_logs; i++)
		MUST(f->vm_logs[i].vm && f->vm_logs[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *line, *why, *path;
	struct tdxctl_finding *found;
	struct tdxctl_facts *f;
	struct tdxctl_keys keys;
	struct tdxctl_ctx *ctx;
	size_t n, i;

	if (!len)
		return 0;
	directly(data + 1, len - 1);
	defaults();
	path = files[data[0] % FILES];
	put(path, data + 1, len - 1);
	MUST(!tdxctl_new(&ctx));
	MUST(!tdxctl_set_root(ctx, dir));
	if (!tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f)) {
		consistent(f);
		MUST(f->nr_msrs <= 1);
		if (f->nr_msrs)
			tdxctl_keys_host(&f->msrs[0], &keys, &why);
		tdxctl_text_u64(&f->file[TDXCTL_FILE_TDX_VERSION]);
		tdxctl_text_bool(&f->file[TDXCTL_FILE_KVM_TDX]);
		tdxctl_text_word(&f->cpu.flags, "tme");
		tdxctl_cmdline_get(f, "nr_cpus=");
		tdxctl_config_get(f, "KVM_INTEL_TDX");
		if (tdxctl_log_find(f, "SEAMCALL", &line, &n) == TDXCTL_YES)
			MUST(strnlen(line, n) == n);
		MUST(!tdxctl_doctor(f, true, &found, &n));
		MUST(n == tdxctl_rule_count());
		tdxctl_findings_sort(found, n);
		for (i = 0; i < n; i++) {
			/* No finding without words, and no words that steer a terminal. */
			MUST(found[i].state != TDXCTL_RULE_UNKNOWN || found[i].detail);
			for (line = found[i].detail; line && *line; line++)
				MUST((unsigned char)*line >= 0x20);
		}
		tdxctl_findings_free(found, n);
		tdxctl_facts_free(f);
	} else {
		MUST(*tdxctl_error(ctx));
	}
	tdxctl_free(ctx);
	/* It must not leak into the next input. */
	put(path, "", 0);
	return 0;
}
