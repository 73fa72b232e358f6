// SPDX-License-Identifier: GPL-2.0-only
/* Hosts with as much of something as is read, and with more: the rest is left out, never read wrong. */
#include <facts.h>
#include "host/host.h"
#include "lib-fake.h"

#define CG  "sys/fs/cgroup/"
#define DMI "sys/firmware/dmi/tables/DMI"

static struct tdxctl_facts *facts(unsigned int what)
{
	struct tdxctl_ctx *ctx = fake_live();
	struct tdxctl_facts *f;

	if (!CHECK_EQ(tdxctl_facts_get(ctx, what, &f), 0))
		exit(1);
	tdxctl_free(ctx);
	return f;
}

static void cpus(void)
{
	struct tdxctl_snapshot *snap;
	struct tdxctl_ctx *ctx;

	fake_new();
	fake_file("sys/devices/system/cpu/present", "0-8191\n");
	fake_file("sys/devices/system/cpu/online", "0,8191\n");
	fake_file("sys/devices/system/cpu/cpu8191/topology/physical_package_id", "4294967294\n");
	fake_file("sys/devices/system/cpu/cpu0/topology/physical_package_id", "4294967295\n");
	ctx = fake_live();
	if (CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), 0)) {
		CHECK_EQ(snap->nr_cpus, 8192);
		CHECK_EQ(snap->cpus[8191].cpu, 8191);
		CHECK(snap->cpus[0].online && snap->cpus[8191].online && !snap->cpus[1].online);
		/* The largest number stands for an unknown package. */
		CHECK_EQ(snap->nr_packages, 1);
		CHECK_EQ(snap->cpus[8191].package, 4294967294U);
		CHECK_EQ(snap->cpus[0].package, TDXCTL_UNKNOWN32);
		tdxctl_snapshot_free(snap);
	}
	fake_file("sys/devices/system/cpu/present", "0-8192\n");
	CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), -EPROTO);
	CHECK(strstr(tdxctl_error(ctx), "cpu/present: malformed CPU list"));
	fake_file("sys/devices/system/cpu/present", "0-3\n");
	fake_file("sys/devices/system/cpu/online", "0-8192\n");
	CHECK_EQ(tdxctl_snapshot_get(ctx, &snap), -EPROTO);
	CHECK(strstr(tdxctl_error(ctx), "cpu/online: malformed CPU list"));
	tdxctl_free(ctx);
	fake_end();
}

/* One slot of an array that no locator names, with a module of 16 GiB. */
static size_t add_slot(uint8_t *p, unsigned int array)
{
	memset(p, 0, 0x17);
	p[0] = 17;
	p[1] = 0x15;
	p[4] = (uint8_t)array;
	p[5] = (uint8_t)(array >> 8);
	p[0xd] = 0x40;
	return 0x17;
}

static void memory_slots(void)
{
	static uint8_t table[66 * 0x17];
	struct tdxctl_facts f;
	size_t len = 0;

	for (unsigned int i = 0; i < 66; i++) {
		len += add_slot(table + len, 0x1000 + i);
		f = (struct tdxctl_facts){ 0 };
		CHECK_EQ(src_dmi(table, len, &f), 0);
		CHECK_EQ(f.nr_dimms, i < 64 ? i + 1 : 64);
		CHECK_EQ(f.dimms[f.nr_dimms - 1].slots, 1);
		CHECK_EQ(f.dimms[f.nr_dimms - 1].bytes, 16ULL << 30);
		free(f.dimms);
	}
	/* An entry that is too short for its length, or has none, ends the table. */
	f = (struct tdxctl_facts){ 0 };
	table[1] = 3;
	CHECK_EQ(src_dmi(table, len, &f), 0);
	CHECK_EQ(f.nr_dimms, 0);
	/* A slot without the fields of DMI 2.1 is none. */
	table[1] = 0x14;
	CHECK_EQ(src_dmi(table, 0x17, &f), 0);
	CHECK_EQ(f.nr_dimms, 0);
}

/* The socket of a slot, from the strings of its entry. */
static void sockets_of_slots(void)
{
	static const struct {
		const char *slot, *bank, *socket;
	} t[] = {
		{ "CPU1_DIMM_A1", "x", "CPU 1" }, { "CPU 2 x", "x", "CPU 2" },
		{ "PROC_3", "x", "CPU 3" },	  { "SOCKET 0", "x", "CPU 0" },
		{ "SKT12", "x", "CPU 12" },	  { "NODE 4", "x", "CPU 4" },
		{ "P0 CHANNEL A", "x", "CPU 0" }, { "cpu5", "x", "CPU 5" },
		{ "DIMM 7", "Node6_x", "CPU 6" }, { "CPU1", "CPU2", "CPU 1" },
		{ "P12345", "x", "CPU 123" },	  { "PCIE1", "x", "array 0x1234" },
		{ "CPUX1", "x", "array 0x1234" }, { "DIMM 1", "BANK 2", "array 0x1234" },
		{ "CPU _ 8", "x", "CPU 8" },
	};
	uint8_t e[128];
	struct tdxctl_facts f;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		/* Strings that are the other way round, and numbers without a string. */
		for (int way = 0; way < 3; way++) {
			add_slot(e, 0x1234);
			e[0x10] = way == 1 ? 2 : way == 2 ? 3 : 1;
			e[0x11] = way == 1 ? 1 : way == 2 ? 0 : 2;
			len = 0x15;
			len += (size_t)sprintf((char *)e + len, "%s",
					       way == 1 ? t[i].bank : t[i].slot) +
			       1;
			len += (size_t)sprintf((char *)e + len, "%s",
					       way == 1 ? t[i].slot : t[i].bank) +
			       1;
			e[len++] = 0;
			f = (struct tdxctl_facts){ 0 };
			CHECK_EQ(src_dmi(e, len, &f), 0);
			if (CHECK_EQ(f.nr_dimms, 1) &&
			    !CHECK_STR(f.dimms[0].socket, way == 2 ? "array 0x1234" : t[i].socket))
				fprintf(stderr, "  %s, %s\n", t[i].slot, t[i].bank);
			free(f.dimms);
		}
	}
}

struct dmi {
	uint8_t b[4096];
	size_t len;
};

static void slot(struct dmi *d, unsigned int array, unsigned int size, unsigned int ext,
		 const char *locator, const char *bank)
{
	uint8_t *e = d->b + d->len;

	memset(e, 0, 0x28);
	e[0] = 17;
	e[1] = 0x28;
	e[4] = (uint8_t)array;
	e[5] = (uint8_t)(array >> 8);
	e[0xc] = (uint8_t)size;
	e[0xd] = (uint8_t)(size >> 8);
	e[0x10] = 1;
	e[0x11] = 2;
	e[0x1c] = (uint8_t)ext;
	e[0x1d] = (uint8_t)(ext >> 8);
	e[0x1e] = (uint8_t)(ext >> 16);
	d->len += 0x28;
	d->len += (size_t)sprintf((char *)d->b + d->len, "%s%c%s%c", locator, 0, bank, 0);
	d->b[d->len++] = 0;
}

static void other(struct dmi *d)
{
	static const uint8_t bios[] = { 0, 6, 0, 0, 1, 2, 'V', 0, 'X', 0, 0, 127, 4, 1, 0, 0, 0 };

	memcpy(d->b + d->len, bios, sizeof(bios));
	d->len += sizeof(bios);
}

static void dimms_of_each_socket(void)
{
	struct tdxctl_facts *f;
	struct dmi d = { .len = 0 };

	fake_new();
	f = facts(TDXCTL_FACTS_MEMORY);
	CHECK_STR(f->dimm_sockets.reason, "not present");
	tdxctl_facts_free(f);

	other(&d);
	slot(&d, 0x1000, 16384, 0, "CPU1_DIMM_A1", "NODE 0");
	slot(&d, 0x1000, 0, 0, "CPU1_DIMM_A2", "NODE 0");
	slot(&d, 0x1001, 0x7fff, 65536, "DIMM B1", "P12_Node1_Channel0");
	slot(&d, 0x1002, 0x8000 | 512, 0, "A1", "BANK 0");
	slot(&d, 0x1002, 0xffff, 0, "A2", "BANK 0");
	fake_bytes(DMI, d.b, d.len);
	f = facts(TDXCTL_FACTS_MEMORY);
	CHECK(f->dimm_sockets.readable);
	CHECK_EQ(f->dimm_sockets.value, 3);
	if (CHECK_EQ(f->nr_dimms, 3)) {
		CHECK_STR(f->dimms[0].socket, "CPU 1");
		CHECK_EQ(f->dimms[0].slots, 2);
		CHECK_EQ(f->dimms[0].populated, 1);
		CHECK_EQ(f->dimms[0].bytes, 16ULL << 30);
		CHECK_STR(f->dimms[1].socket, "CPU 12");
		CHECK_EQ(f->dimms[1].bytes, 64ULL << 30);
		CHECK_STR(f->dimms[2].socket, "array 0x1002");
		CHECK_EQ(f->dimms[2].populated, 2);
	}
	tdxctl_facts_free(f);

	/* Cut off anywhere, it is read up to there. */
	for (size_t len = 0; len < d.len; len++) {
		struct tdxctl_facts cut = { 0 };
		uint8_t *copy =
			malloc(len ? len : 1); /* of that very size: a read beyond is seen */

		memcpy(copy, d.b, len);
		CHECK_EQ(src_dmi(copy, len, &cut), 0);
		CHECK(cut.nr_dimms <= 3);
		free(cut.dimms);
		free(copy);
	}
	d.len = 0;
	other(&d);
	fake_bytes(DMI, d.b, d.len);
	f = facts(TDXCTL_FACTS_MEMORY);
	CHECK_STR(f->dimm_sockets.reason, "DMI lists no memory slots");
	tdxctl_facts_free(f);
	fake_end();
}

static void tables_of_dmi(void)
{
	struct tdxctl_facts *f;

	fake_new();
	fake_file(DMI, "");
	f = facts(TDXCTL_FACTS_MEMORY);
	CHECK(!f->dimm_sockets.readable);
	CHECK_STR(f->dimm_sockets.reason, "DMI lists no memory slots");
	tdxctl_facts_free(f);
	fake_end();
}

static void installed_kernels(void)
{
	struct tdxctl_facts *f;
	char path[64];
	size_t n;

	fake_new();
	fake_file("proc/sys/kernel/osrelease", "7.2.0\n");
	for (int i = 0; i < 70; i++) {
		snprintf(path, sizeof(path), "boot/config-7.1.%d", i);
		fake_file(path, "CONFIG_INTEL_TDX_HOST=y\nCONFIG_KVM_INTEL_TDX=y\n");
		if (i != 63 && i != 64 && i != 69)
			continue;
		f = facts(TDXCTL_FACTS_CONFIG);
		n = 0;
		text_each_line(p, f->kernels.text) n++;
		CHECK_EQ(n, 64);
		tdxctl_facts_free(f);
	}
	fake_end();
}

static void logs_of_vms(void)
{
	size_t tail = 64 << 10;
	char *big = malloc(tail + 8);
	struct tdxctl_facts *f;
	char path[64];

	fake_new();
	memset(big, 'x', tail + 7);
	big[tail + 7] = '\0';
	memcpy(big, "lost\nA", 6);
	fake_file("var/log/libvirt/qemu/a.log", big);
	fake_file("var/log/libvirt/qemu/.log", "no name\n");
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_EQ(f->vm_log_count.value, 1);
	if (CHECK_EQ(f->nr_vm_logs, 1)) {
		CHECK_STR(f->vm_logs[0].vm, "a");
		CHECK_EQ(strlen(f->vm_logs[0].text), tail);
		CHECK(!strchr(f->vm_logs[0].text, 'A'));
	}
	tdxctl_facts_free(f);
	/* Just small enough. */
	fake_file("var/log/libvirt/qemu/a.log", big + 7);
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_EQ(strlen(f->vm_logs[0].text), tail);
	tdxctl_facts_free(f);
	for (int i = 1; i < 260; i++) {
		snprintf(path, sizeof(path), "var/log/libvirt/qemu/vm%d.log", i);
		fake_file(path, "x\n");
	}
	f = facts(TDXCTL_FACTS_PROCS);
	CHECK_EQ(f->nr_vm_logs, 256);
	CHECK_EQ(f->vm_log_count.value, 256);
	tdxctl_facts_free(f);
	free(big);
	fake_end();
}

/* A log that the user names: 256 KiB of it, with NUL bytes made visible. */
static void log_of_the_user(void)
{
	size_t len = 300 << 10;
	struct tdxctl_facts *f;
	char *big = malloc(len);
	int fd;

	fake_new();
	memset(big, 'x', len);
	big[5] = '\0';
	fake_bytes("vm.log", big, len);
	f = facts(TDXCTL_FACTS_PROCS);
	fd = open(fake_path("vm.log"), O_RDONLY);
	CHECK_EQ(tdxctl_facts_add_vm_log(f, "mine", fd), 0);
	close(fd);
	CHECK_EQ(f->vm_log_count.value, 1);
	if (CHECK_EQ(f->nr_vm_logs, 1)) {
		CHECK_STR(f->vm_logs[0].vm, "mine");
		CHECK_EQ(strlen(f->vm_logs[0].text), 256 << 10);
		CHECK_EQ(f->vm_logs[0].text[5], '?');
	}
	fd = open("/dev/null", O_RDONLY);
	CHECK_EQ(tdxctl_facts_add_vm_log(f, "empty", fd), 0);
	close(fd);
	if (CHECK_EQ(f->nr_vm_logs, 2))
		CHECK_STR(f->vm_logs[1].text, "");
	CHECK_EQ(tdxctl_facts_add_vm_log(f, "none", -1), -EBADF);
	CHECK_EQ(f->nr_vm_logs, 2);
	tdxctl_facts_free(f);
	free(big);
	fake_end();
}

static void put_cgroup(const char *path)
{
	char file[128];

	snprintf(file, sizeof(file), CG "%s/misc.current", path);
	fake_file(file, "tdx 1\n");
}

static void deep_cgroups(void)
{
	char path[64] = "d";
	struct tdxctl_facts *f;

	fake_new();
	fake_file(CG "misc.capacity", "tdx 31\n");
	for (int i = 1; i <= 18; i++) {
		put_cgroup(path);
		strcat(path, "/d");
	}
	f = facts(TDXCTL_FACTS_CGROUPS);
	CHECK_EQ(f->nr_cgroups, 16);
	CHECK_EQ(f->hkid_current.value, 1);
	tdxctl_facts_free(f);
	/* Only their sum is needed: children of the root are enough. */
	f = facts(TDXCTL_FACTS_CGROUP);
	CHECK_EQ(f->nr_cgroups, 1);
	CHECK_EQ(f->hkid_current.value, 1);
	tdxctl_facts_free(f);
	fake_end();
}

static void many_cgroups(void)
{
	struct tdxctl_facts *f;
	char path[64];

	fake_new();
	fake_file(CG "misc.capacity", "tdx 31\n");
	for (int i = 0; i < 1030; i++) {
		snprintf(path, sizeof(path), "c%d", i);
		put_cgroup(path);
		if (i != 1022 && i != 1029)
			continue;
		/* With the root cgroup, 1024 are visited. */
		f = facts(TDXCTL_FACTS_CGROUPS);
		CHECK_EQ(f->nr_cgroups, 1023);
		tdxctl_facts_free(f);
	}
	fake_end();
}

static void cgroup_counts(void)
{
	static const struct {
		const char *current, *events;
		size_t listed;
	} t[] = {
		{ "tdx 1\n", NULL, 1 },		 { "tdx 0\n", NULL, 0 },
		{ "tdx 0\n", "tdx.max 1\n", 1 }, { "tdx 0\n", "tdx.max 0\n", 0 },
		{ "sev 1\n", NULL, 0 },		 { "tdx\n", NULL, 0 },
	};
	struct tdxctl_facts *f;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		fake_new();
		fake_file(CG "misc.capacity", "tdx 31\n");
		fake_file(CG "misc.current", "tdx 9\n");
		fake_file(CG "a/misc.current", t[i].current);
		if (t[i].events)
			fake_file(CG "a/misc.events", t[i].events);
		f = facts(TDXCTL_FACTS_CGROUPS);
		CHECK_EQ(f->nr_cgroups, t[i].listed);
		CHECK_EQ(f->hkid_current.value, 9);
		tdxctl_facts_free(f);
		fake_end();
	}
}

int main(void)
{
	RUN(cpus);
	RUN(memory_slots);
	RUN(sockets_of_slots);
	RUN(dimms_of_each_socket);
	RUN(tables_of_dmi);
	RUN(installed_kernels);
	RUN(logs_of_vms);
	RUN(log_of_the_user);
	RUN(deep_cgroups);
	RUN(many_cgroups);
	RUN(cgroup_counts);
	return check_done("lib-bounds");
}
