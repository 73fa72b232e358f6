// SPDX-License-Identifier: GPL-2.0-only
/* Files of a captured host, one of them with arbitrary content, and doctor on them. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <doctor.h>
#include <live/live.h>

#include "fuzz.h"

/* In addition to the TDXCTL_FACTS_ bits: the file is read for the snapshot. */
#define SNAPSHOT 0x80000000U

/* Files that an input replaces: the facts they are read for, and the usual content (NULL: absent). */
/* clang-format off */
static const struct {
	const char *path;
	unsigned int what;
	const char *usual;
} files[] = {
	{ "dev/cpu/0/msr.txt", TDXCTL_FACTS_MSR, NULL },
	{ "dev/cpu/0/cpuid.txt", TDXCTL_FACTS_CPU, NULL },
	{ "dev/kvm.txt", TDXCTL_FACTS_TD, NULL },
	{ "proc/cpuinfo", TDXCTL_FACTS_CPU | SNAPSHOT, NULL },
	{ "proc/cmdline", TDXCTL_FACTS_FILES, NULL },
	{ "proc/meminfo", TDXCTL_FACTS_MEMORY, NULL },
	{ "proc/sys/kernel/osrelease", TDXCTL_FACTS_CONFIG | SNAPSHOT, "6.18.0\n" },
	{ "boot/config-6.18.0", TDXCTL_FACTS_CONFIG, NULL },
	{ "var/log/dmesg", TDXCTL_FACTS_LOG, NULL },
	{ "sys/fs/cgroup/misc.capacity", TDXCTL_FACTS_CGROUPS | SNAPSHOT, "tdx 31\n" },
	{ "sys/fs/cgroup/misc.current", TDXCTL_FACTS_CGROUPS | SNAPSHOT, NULL },
	{ "sys/fs/cgroup/a/misc.current", TDXCTL_FACTS_CGROUPS | SNAPSHOT, "tdx 1\n" },
	{ "sys/fs/cgroup/a/misc.events", TDXCTL_FACTS_CGROUPS, NULL },
	{ "sys/devices/system/cpu/hotplug/states", TDXCTL_FACTS_CPU, NULL },
	{ "sys/devices/system/cpu/cpu1/hotplug/state", TDXCTL_FACTS_CPU, NULL },
	{ "sys/devices/system/node/node0/cpulist", TDXCTL_FACTS_CPU, NULL },
	{ "sys/module/kvm_intel/parameters/tdx", TDXCTL_FACTS_FILES | SNAPSHOT, NULL },
	{ "sys/devices/faux/tdx_host/version", TDXCTL_FACTS_FILES | SNAPSHOT, NULL },
	{ "proc/config.gz", TDXCTL_FACTS_CONFIG, NULL },
	{ "sys/firmware/dmi/tables/DMI", TDXCTL_FACTS_MEMORY, NULL },
	{ "sys/fs/cgroup/a/misc.max", TDXCTL_FACTS_CGROUPS, NULL },
	{ "sys/fs/cgroup/misc/misc.capacity", TDXCTL_FACTS_CGROUPS | SNAPSHOT, NULL },
	{ "proc/uptime", TDXCTL_FACTS_PROCS, "500000.00 1.00\n" },
	{ "proc/7/cmdline", TDXCTL_FACTS_PROCS, NULL },
	{ "proc/7/comm", TDXCTL_FACTS_PROCS, "qgs\n" },
	{ "proc/7/stat", TDXCTL_FACTS_PROCS, "7 (qgs) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0" },
	{ "var/log/libvirt/qemu/web.log", TDXCTL_FACTS_PROCS, NULL },
	{ "var/log/qgsd.log", TDXCTL_FACTS_PROCS, NULL },
	{ "etc/sgx_default_qcnl.conf", TDXCTL_FACTS_PROCS, NULL },
	{ "var/log/mpa_registration.log", TDXCTL_FACTS_PROCS, NULL },
	{ "sys/devices/system/memory/memory0/state", TDXCTL_FACTS_MEMORY, NULL },
	{ "sys/devices/faux/tdx_host/seamldr_version", TDXCTL_FACTS_FILES, NULL },
	{ "sys/class/firmware/tdx_module/error", TDXCTL_FACTS_FILES, NULL },
	{ "sys/devices/system/cpu/present", TDXCTL_FACTS_CPU | SNAPSHOT, "0-1\n" },
	{ "sys/fs/pstore/dmesg-0", TDXCTL_FACTS_LOG, NULL },
	{ "sys/devices/system/cpu/online", TDXCTL_FACTS_CPU | SNAPSHOT, "0\n" },
	{ "sys/devices/system/cpu/cpu0/topology/physical_package_id", TDXCTL_FACTS_CPU | SNAPSHOT, "0\n" },
	{ "sys/devices/system/cpu/cpu1/hotplug/target", TDXCTL_FACTS_CPU, "240\n" },
	{ "sys/devices/faux/tdx_host/num_remaining_updates", TDXCTL_FACTS_FILES, NULL },
	{ "sys/class/firmware/tdx_module/status", TDXCTL_FACTS_FILES, NULL },
	{ "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", TDXCTL_FACTS_FILES, NULL },
	{ "sys/kernel/kexec_crash_loaded", TDXCTL_FACTS_FILES, NULL },
	{ "sys/power/disk", TDXCTL_FACTS_FILES, NULL },
	{ "sys/power/mem_sleep", TDXCTL_FACTS_FILES, NULL },
	{ "sys/kernel/security/lockdown", TDXCTL_FACTS_FILES, NULL },
	{ "proc/sys/vm/nr_hugepages", TDXCTL_FACTS_FILES, NULL },
	{ "sys/module/kvm/parameters/enable_virt_at_load", TDXCTL_FACTS_FILES, NULL },
	{ "etc/modprobe.d/a.conf", TDXCTL_FACTS_CONFIG, NULL },
	{ "usr/lib/modprobe.d/b.conf", TDXCTL_FACTS_CONFIG, NULL },
	{ "opt/intel/sgx-dcap-pccs/logs/pccs_server.log", TDXCTL_FACTS_PROCS, NULL },
	{ "var/log/libvirt/ch/a.log", TDXCTL_FACTS_PROCS, NULL },
	{ "var/log/libvirtd.log", TDXCTL_FACTS_PROCS, NULL },
	{ "boot/config-6.18.2", TDXCTL_FACTS_CONFIG, NULL },
};
/* clang-format on */
#define FILES ARRAY_SIZE(files)

static char dir[] = "/dev/shm/tdxctl-fuzz.XXXXXX";

/* The host with the usual files, its facts, and its open directory. */
static struct tdxctl_ctx *ctx;
static struct tdxctl_facts *usual;
static int top;

/* The file that has the input; FILES: none yet. */
static size_t current = FILES;

/* ---- absent files ---- */

/*
 * Most files that the sources look for do not exist, and the kernel does not remember that on
 * a tmpfs. So absent files are kept here: those without usual content, which exist as
 * @current only, and others (FILES), which never exist.
 */
static struct {
	const char *path;
	size_t file;
} absent[2048];
static size_t nr_absent;

/* The slot of @path; its path is NULL if it is not there. */
static size_t absent_slot(const char *path)
{
	size_t h = 5381;

	for (const char *p = path; *p; p++)
		h = h * 33 + (unsigned char)*p;
	for (h %= ARRAY_SIZE(absent); absent[h].path && strcmp(absent[h].path, path);
	     h = (h + 1) % ARRAY_SIZE(absent))
		;
	return h;
}

static void absent_add(const char *path, size_t file)
{
	size_t slot = absent_slot(path);

	if (nr_absent == ARRAY_SIZE(absent) / 2 || absent[slot].path)
		return;
	absent[slot].path = strdup(path);
	absent[slot].file = file;
	nr_absent++;
}

/* Whether @path, which does not exist now, is not another name of a file of an input. */
static bool never_exists(const char *path)
{
	for (size_t i = 0; i < FILES; i++)
		if (!strcmp(path, files[i].path))
			return false;
	return !strstr(path, "..") && !strstr(path, "//") && !strstr(path, "/./");
}

/* Replaces that of libc, through which the library calls openat2(). Reads more than was passed. */
__attribute__((no_sanitize("address"))) long syscall(long nr, ...)
{
	static long (*real)(long nr, ...);
	const char *path;
	size_t slot;
	long a[6], ret;
	va_list ap;

	va_start(ap, nr);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (!real)
		real = (long (*)(long nr, ...))dlsym(RTLD_NEXT, "syscall");
	if (nr != SYS_openat2)
		return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	path = (const char *)a[1];
	slot = absent_slot(path);
	if (absent[slot].path && (absent[slot].file == FILES || absent[slot].file != current)) {
		errno = ENOENT;
		return -1;
	}
	ret = real(nr, a[0], a[1], a[2], a[3]);
	if (ret < 0 && errno == ENOENT && never_exists(path)) {
		absent_add(path, FILES);
		errno = ENOENT;
	}
	return ret;
}

/* ---- the files ---- */

static void put(const char *path, const void *data, size_t len)
{
	int fd = openat(top, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	MUST(fd >= 0);
	MUST(write(fd, data, len) == (ssize_t)len);
	close(fd);
}

/* Creates the directories of @path. */
static void put_dirs(const char *path)
{
	char dirs[128];

	snprintf(dirs, sizeof(dirs), "%s", path);
	for (char *p = dirs; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdirat(top, dirs, 0755);
		*p = '/';
	}
}

static void put_usual(size_t i)
{
	if (files[i].usual)
		put(files[i].path, files[i].usual, strlen(files[i].usual));
	else
		unlinkat(top, files[i].path, 0);
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
	top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	MUST(top >= 0);
	for (size_t i = 0; i < FILES; i++) {
		put_dirs(files[i].path);
		put_usual(i);
		if (!files[i].usual)
			absent_add(files[i].path, i);
	}
	put_dirs("sys/devices/system/cpu/cpu1/node0/x");
	MUST(!tdxctl_new(&ctx));
	MUST(!tdxctl_set_root(ctx, dir));
	MUST(!tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &usual));
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

/*
 * Returns a copy of @f in which all facts that were not read for this input come from the
 * usual host. It owns nothing.
 */
static struct tdxctl_facts whole(const struct tdxctl_facts *f, unsigned int what)
{
	struct tdxctl_facts w = *f;

#define X(bit, member) \
	if (!(what & TDXCTL_FACTS_##bit)) \
		w.member = usual->member;
	TDXCTL_FACT_VALS(X)
	TDXCTL_FACT_TEXTS(X)
#undef X
	if (!(what & TDXCTL_FACTS_FILES)) {
		memcpy(w.file, usual->file, sizeof(w.file));
		memcpy(w.path, usual->path, sizeof(w.path));
		w.kernel = usual->kernel;
	}
	if (!(what & TDXCTL_FACTS_LOG))
		w.log_complete = usual->log_complete;
	if (!(what & TDXCTL_FACTS_CPU)) {
		w.nodes_offline = usual->nodes_offline;
		w.cpus_unplaced = usual->cpus_unplaced;
		memcpy(w.stuck_step, usual->stuck_step, sizeof(w.stuck_step));
	}
	if (!(what & TDXCTL_FACTS_PROCS)) {
		w.quote_sockets = usual->quote_sockets;
		w.nr_quote_sockets = usual->nr_quote_sockets;
		w.vm_logs = usual->vm_logs;
		w.nr_vm_logs = usual->nr_vm_logs;
	}
	if (!(what & TDXCTL_FACTS_MEMORY)) {
		w.dimms = usual->dimms;
		w.nr_dimms = usual->nr_dimms;
	}
	if (!(what & TDXCTL_FACTS_CGROUPS)) {
		w.cgroups = usual->cgroups;
		w.nr_cgroups = usual->nr_cgroups;
	}
	return w;
}

static char *copy_text(const char *s)
{
	char *copy = s ? strdup(s) : NULL;

	MUST(!s == !copy);
	return copy;
}

static void *copy_array(const void *p, size_t n, size_t size)
{
	void *copy = calloc(n + 1, size);

	MUST(copy);
	if (n)
		memcpy(copy, p, n * size);
	return copy;
}

/* A copy of the usual host's snapshot, which has CPUs and packages only. */
static struct tdxctl_snapshot *snapshot(void)
{
	struct tdxctl_snapshot *s = copy_array(usual->snap, 1, sizeof(*s));

	MUST(!s->nr_hkids && !s->nr_tds && !s->nr_locks && !s->nr_leaves);
	s->hkids = NULL;
	s->tds = NULL;
	s->locks = NULL;
	s->leaves = NULL;
	s->packages = copy_array(s->packages, s->nr_packages, sizeof(*s->packages));
	s->cpus = copy_array(s->cpus, s->nr_cpus, sizeof(*s->cpus));
	s->platform.cpu_model = copy_text(s->platform.cpu_model);
	s->platform.kernel = copy_text(s->platform.kernel);
	s->platform.tdx_module = copy_text(s->platform.tdx_module);
	s->platform.kvm = copy_text(s->platform.kvm);
	return s;
}

/* @attestation: the input may matter to the rules about it. */
static void examine(const struct tdxctl_facts *f, bool attestation)
{
	struct tdxctl_finding *found;
	struct tdxctl_keys keys;
	const char *line, *why;
	size_t n, i;

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
	MUST(!tdxctl_doctor(f, NULL, attestation, &found, &n));
	MUST(n == tdxctl_rule_count());
	for (i = 0; i < n; i++) {
		/* No finding without words, and no words that steer a terminal. */
		MUST(found[i].state != TDXCTL_RULE_UNKNOWN || found[i].detail);
		for (line = found[i].detail; line && *line; line++)
			MUST((unsigned char)*line >= 0x20);
	}
	tdxctl_findings_free(found, n);
}

/* Writes the input to file @i; restores the file of the previous input. */
static void put_input(size_t i, const void *data, size_t len)
{
	static int fd = -1;

	if (i != current) {
		if (current != FILES) {
			close(fd);
			put_usual(current);
		}
		fd = openat(top, files[i].path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		MUST(fd >= 0);
		current = i;
	}
	MUST(!ftruncate(fd, 0));
	MUST(pwrite(fd, data, len, 0) == (ssize_t)len);
}

/*
 * The first byte selects the file, the rest is its content. After the last file come the
 * parsers of what no file of a captured host has.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tdxctl_facts *f, w;
	unsigned int what;
	size_t i;
	int err;

	if (!len)
		return 0;
	i = data[0] % (FILES + 1);
	if (i == FILES) {
		directly(data + 1, len - 1);
		return 0;
	}
	what = files[i].what & ~SNAPSHOT;
	if (what == TDXCTL_FACTS_CONFIG)
		what |= TDXCTL_FACTS_FILES;
	put_input(i, data + 1, len - 1);
	if (files[i].what & SNAPSHOT)
		err = tdxctl_facts_get(ctx, what, &f);
	else
		err = tdxctl_facts_join(ctx, what, snapshot(), &f);
	if (!err) {
		w = whole(f, what);
		examine(&w, what & (TDXCTL_FACTS_PROCS | TDXCTL_FACTS_MSR | TDXCTL_FACTS_LOG));
		tdxctl_facts_free(f);
	} else {
		MUST(*tdxctl_error(ctx));
	}
	return 0;
}
