// SPDX-License-Identifier: GPL-2.0-only
/* Files of a captured host, one of them of anybody's making, and doctor over them. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctor.h>

#include "fuzz.h"

static const char *const files[] = {
	"dev/cpu/0/msr.txt", "dev/cpu/0/cpuid.txt", "dev/kvm.txt", "proc/cpuinfo", "proc/cmdline",
	"proc/meminfo", "proc/sys/kernel/osrelease", "boot/config-6.18.0", "var/log/dmesg",
	"sys/fs/cgroup/misc.capacity", "sys/fs/cgroup/misc.current", "sys/fs/cgroup/a/misc.current",
	"sys/fs/cgroup/a/misc.events", "sys/devices/system/cpu/hotplug/states",
	"sys/devices/system/cpu/cpu1/hotplug/state", "sys/devices/system/node/node0/cpulist",
	"sys/module/kvm_intel/parameters/tdx", "sys/devices/faux/tdx_host/version",
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
	defaults();
	path = files[data[0] % FILES];
	put(path, data + 1, len - 1);
	MUST(!tdxctl_new(&ctx));
	MUST(!tdxctl_set_root(ctx, dir));
	if (!tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f)) {
		MUST(f->hkid_capacity.readable == !f->hkid_capacity.reason);
		MUST(f->cpu.model.readable == !f->cpu.model.reason);
		MUST(f->nr_msrs == 1);
		tdxctl_keys_host(&f->msrs[0], &keys, &why);
		tdxctl_text_u64(&f->file[TDXCTL_FILE_TDX_VERSION]);
		tdxctl_text_bool(&f->file[TDXCTL_FILE_KVM_TDX]);
		tdxctl_text_word(&f->cpu.flags, "tme");
		tdxctl_cmdline_get(f, "nr_cpus=");
		tdxctl_config_get(f, "KVM_INTEL_TDX");
		if (tdxctl_log_find(f, "SEAMCALL", &line, &n) == TDXCTL_YES)
			MUST(strnlen(line, n) == n);
		MUST(!tdxctl_doctor(f, true, &found, &n));
		MUST(n == tdxctl_nr_rules);
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
