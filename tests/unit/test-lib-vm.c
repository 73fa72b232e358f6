/* SPDX-License-Identifier: GPL-2.0-only */
/* What a VM is called, which process it is, and how an operator names it. */
#include <sys/syscall.h>
#include "lib-fake.h"

static int reads_before_reuse; /* so many reads, then another process has the number 100 */

/* It replaces libc's function in the whole program. */
ssize_t read(int fd, void *buf, size_t n)
{
	if (reads_before_reuse && !--reads_before_reuse)
		fake_process(100, 9000, "other");
	return syscall(SYS_read, fd, buf, n);
}

#define UUID "12345678-9abc-def0-1234-56789abcdef0"

static void check_cmdline(const char *args, size_t len, const char *name, const char *uuid)
{
	char *got_name, *got_uuid;

	vm_parse_cmdline(args, len, &got_name, &got_uuid);
	if (name)
		CHECK_STR(got_name, name);
	else
		CHECK(!got_name);
	if (uuid)
		CHECK_STR(got_uuid, uuid);
	else
		CHECK(!got_uuid);
	free(got_name);
	free(got_uuid);
}

/* sizeof a literal counts the NUL of the last argument. */
#define CMDLINE(args, name, uuid) check_cmdline(args, sizeof(args), name, uuid)

static void cmdlines(void)
{
	CMDLINE("qemu-system-x86_64\0-name\0guest=web,debug-threads=on\0-uuid\0" UUID, "web", UUID);
	CMDLINE("qemu\0-name\0web", "web", NULL);
	CMDLINE("qemu\0-name\0web,process=x", "web", NULL);
	CMDLINE("qemu\0-name\0debug-threads=on,guest=db", "db", NULL);
	CMDLINE("qemu\0-name\0guest=a,,b,debug-threads=on", "a,b", NULL);
	CMDLINE("qemu\0--name\0guest=web", "web", NULL);
	CMDLINE("qemu\0-name\0debug-threads=on", NULL, NULL);
	CMDLINE("qemu\0-name", NULL, NULL);
	CMDLINE("qemu\0-name\0", NULL, NULL);
	CMDLINE("qemu\0-uuid\0not-a-uuid", NULL, NULL);
	CMDLINE("qemu\0-name\0guest=w\033eb", "w?eb", NULL);
	CMDLINE("/usr/bin/cloud-hypervisor\0--api-socket\0/run/vm/web.sock\0--platform\0"
		"tdx=on,uuid=" UUID,
		"web", UUID);
	CMDLINE("cloud-hypervisor\0--api-socket\0path=/run/db.sock", "db", NULL);
	CMDLINE("", NULL, NULL);
	/* Not terminated: /proc/PID/cmdline of a process that wrote over it. */
	check_cmdline("qemu\0-name\0web", 14, NULL, NULL);
	check_cmdline("", 0, NULL, NULL);
}

static struct tdxctl_td td_of(int pid, uint64_t ticks)
{
	return (struct tdxctl_td){
		.id = 1,
		.owner = { .tgid = pid, .fd = 9, .start_ns = tick_ns(ticks), .comm = "old" },
	};
}

static void expect_name(int pid, uint64_t ticks, const char *name, pid_t want_pid)
{
	/* What an earlier process was is forgotten. */
	struct tdxctl_vm vm = {
		.name = strdup("provisional"),
		.uuid = strdup(UUID),
		.uid = 5,
		.pid = 6,
		.vm_fd = 7,
	};
	struct tdxctl_td td = td_of(pid, ticks);
	struct tdxctl_ctx *ctx = fake_live();

	CHECK_EQ(vm_name(ctx, &td, &vm), 0);
	CHECK_STR(vm.name, name);
	CHECK_EQ(vm.pid, want_pid);
	CHECK_EQ(vm.vm_fd, want_pid ? 9 : -1);
	if (!want_pid) {
		CHECK_EQ(vm.uid, (uid_t)-1);
		CHECK(!vm.uuid);
	}
	free(vm.name);
	free(vm.uuid);
	tdxctl_free(ctx);
}

static void names(void)
{
	static const char qemu[] = "qemu\0-name\0guest=web";

	fake_new();
	fake_process(100, 5000, "qemu) S (x");
	fake_bytes("proc/100/cmdline", qemu, sizeof(qemu));
	expect_name(100, 5000, "web", 100);
	/* Rounding of the two clocks. */
	expect_name(100, 5001, "web", 100);
	/* The same PID, another process: it must not get the name. */
	expect_name(100, 4000, "provisional", 0);
	expect_name(100, 0, "provisional", 0);
	expect_name(101, 5000, "provisional", 0);

	fake_process(200, 700, "my vmm");
	fake_file("proc/200/cgroup",
		  "0::/machine.slice/machine-qemu\\x2d3\\x2dbig\\x2ddb.scope/libvirt/emulator\n");
	fake_file("proc/200/status", "Name:\tvmm\nUid:\t1000\t1001\t1000\t1000\n");
	expect_name(200, 700, "big-db", 200);
	fake_file("proc/200/cgroup", "0::/user.slice\n");
	expect_name(200, 700, "my vmm", 200);
	fake_file("proc/200/stat", "200 (x");
	expect_name(200, 700, "provisional", 0);
	fake_end();
}

/* The number of a process is used again while its files are read. */
static void reused_while_it_is_read(void)
{
	static const char qemu[] = "qemu\0-name\0guest=web\0-uuid\0" UUID;

	for (int n = 2; n < 4; n++) {
		fake_new();
		fake_process(100, 5000, "qemu");
		fake_bytes("proc/100/cmdline", qemu, sizeof(qemu));
		fake_file("proc/100/status", "Name:\tvmm\nUid:\t1000\t1001\t1000\t1000\n");
		expect_name(100, 5000, "web", 100);
		reads_before_reuse = n;
		expect_name(100, 5000, "provisional", 0);
		CHECK_EQ(reads_before_reuse, 0);
		fake_end();
	}
}

static void uids(void)
{
	struct tdxctl_vm vm = { .name = strdup("x"), .uid = (uid_t)-1 };
	struct tdxctl_td td = td_of(7, 70);
	struct tdxctl_ctx *ctx;

	fake_new();
	fake_process(7, 70, "vmm");
	fake_file("proc/7/status", "Name:\tvmm\nUid:\t1000\t1001\t1000\t1000\n");
	ctx = fake_live();
	CHECK_EQ(vm_name(ctx, &td, &vm), 0);
	CHECK_EQ(vm.uid, 1001);
	free(vm.name);
	tdxctl_free(ctx);
	fake_end();
}

static int no_such_process(void *arg, pid_t pid)
{
	(void)arg;
	return pid == 300 ? -ESRCH : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool is_gone(int pid, uint64_t ticks)
{
	static const struct tdxctl_ops ops = { .pidfd_open = no_such_process };
	struct tdxctl_vm vm = { .name = strdup("x"), .uid = (uid_t)-1 };
	struct tdxctl_td td = td_of(pid, ticks);
	struct tdxctl_ctx *ctx = fake_live();
	bool gone;

	tdxctl_set_ops(ctx, &ops, NULL);
	CHECK_EQ(vm_name(ctx, &td, &vm), 0);
	gone = vm.gone;
	free(vm.name);
	tdxctl_free(ctx);
	return gone;
}

/* A process that its parent has not collected yet still has its PID and start time. */
static int process_has_exited(void *arg, int pidfd, int ms)
{
	return 1;
}

static int process_runs(void *arg, int pidfd, int ms)
{
	return 0;
}

static enum tdxctl_life life_of(int pid, uint64_t ticks, bool exited)
{
	const struct tdxctl_ops ops = {
		.pidfd_open = no_such_process,
		.pidfd_wait = exited ? process_has_exited : process_runs,
	};
	struct tdxctl_td td = td_of(pid, ticks);
	struct tdxctl_ctx *ctx = fake_live();
	const char *why = NULL;
	enum tdxctl_life life;

	tdxctl_set_ops(ctx, &ops, NULL);
	life = tdxctl_owner_life(ctx, &td, &why);
	CHECK_EQ(life == TDXCTL_LIFE_UNKNOWN, why != NULL);
	tdxctl_free(ctx);
	return life;
}

static void lives(void)
{
	fake_new();
	fake_process(100, 5000, "vmm");
	fake_link("proc/self/ns/pid", "pid:[4026531836]");
	CHECK_EQ(life_of(100, 5000, false), TDXCTL_LIFE_RUNS);
	CHECK_EQ(life_of(100, 5000, true), TDXCTL_LIFE_ENDED);
	CHECK_EQ(life_of(300, 5000, false), TDXCTL_LIFE_ENDED);
	/* Another process has the PID, whether it has exited or not. */
	CHECK_EQ(life_of(100, 4000, false), TDXCTL_LIFE_ENDED);
	CHECK_EQ(life_of(100, 4000, true), TDXCTL_LIFE_ENDED);
	/* Unknown owner, unknown start, hidden by /proc. */
	CHECK_EQ(life_of(0, 5000, false), TDXCTL_LIFE_UNKNOWN);
	CHECK_EQ(life_of(300, 0, false), TDXCTL_LIFE_UNKNOWN);
	CHECK_EQ(life_of(200, 5000, true), TDXCTL_LIFE_UNKNOWN);
	fake_end();

	fake_new();
	fake_process(100, 5000, "vmm");
	fake_link("proc/self/ns/pid", "pid:[4026532177]");
	CHECK_EQ(life_of(300, 5000, false), TDXCTL_LIFE_UNKNOWN);
	CHECK_EQ(life_of(100, 4000, false), TDXCTL_LIFE_UNKNOWN);
	fake_end();

	/* A kernel without PID namespaces; and /proc is not mounted. */
	fake_new();
	fake_process(100, 5000, "vmm");
	fake_link("proc/self/exe", "/usr/sbin/tdxctl");
	CHECK_EQ(life_of(300, 5000, false), TDXCTL_LIFE_ENDED);
	fake_end();
	fake_new();
	CHECK_EQ(life_of(300, 5000, false), TDXCTL_LIFE_UNKNOWN);
	fake_end();
}

/* No sign of the process is no proof that it ended. */
static void owners_that_are_gone(void)
{
	fake_new();
	fake_process(100, 5000, "vmm");
	fake_link("proc/self/ns/pid", "pid:[4026531836]");
	CHECK(!is_gone(100, 5000));
	CHECK(!is_gone(100, 5001));
	/* Its number is free, or another process has it. */
	CHECK(is_gone(300, 5000));
	CHECK(is_gone(100, 4000));
	/* Unknown owner, unknown start, hidden by /proc. */
	CHECK(!is_gone(0, 5000));
	CHECK(!is_gone(300, 0));
	CHECK(!is_gone(200, 5000));
	fake_end();

	/* Numbers of a container's processes are not the helper's. */
	fake_new();
	fake_process(100, 5000, "vmm");
	fake_link("proc/self/ns/pid", "pid:[4026532177]");
	CHECK(!is_gone(300, 5000));
	CHECK(!is_gone(100, 4000));
	fake_end();
}

static int find(struct tdxctl_ctx *ctx, struct tdxctl_snapshot *snap, const char *sel,
		size_t *first)
{
	size_t *idx;
	int n = tdxctl_vm_find(ctx, snap, sel, &idx);

	if (n >= 0) {
		*first = n ? idx[0] : 99;
		free(idx);
	}
	return n;
}

static void selectors(void)
{
	static const char *const malformed[] = {
		"", "hkid:", "hkid:x", "hkid:-1", "hkid:1 ", "td:", "td:1x", "td:99999999999999",
	};
	struct tdxctl_snapshot *snap;
	struct fake_snapshot s;
	struct tdxctl_ctx *ctx;
	size_t i;

	fake_snapshot(&s);
	if (tdxctl_new(&ctx) || tdxctl_snapshot_parse(&s, sizeof(s), &snap))
		exit(1);
	snap->tds[0].vm.uuid = strdup(UUID);
	CHECK_EQ(find(ctx, snap, "vmm1", &i), 1);
	CHECK_EQ(i, 1);
	CHECK_EQ(find(ctx, snap, "4001", &i), 1);
	CHECK_EQ(i, 1);
	CHECK_EQ(find(ctx, snap, "hkid:17", &i), 1);
	CHECK_EQ(i, 0);
	CHECK_EQ(find(ctx, snap, "td:3", &i), 1);
	CHECK_EQ(i, 2);
	CHECK_EQ(find(ctx, snap, "12345678-9ABC-DEF0-1234-56789ABCDEF0", &i), 1);
	CHECK_EQ(i, 0);
	/* It gave 19 back, and 0 is nobody's HKID. */
	CHECK_EQ(find(ctx, snap, "hkid:19", &i), 0);
	CHECK_EQ(find(ctx, snap, "hkid:0", &i), 0);
	CHECK_EQ(find(ctx, snap, "nobody", &i), 0);
	CHECK(strstr(tdxctl_error(ctx), "nobody"));
	for (i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		size_t unused;

		CHECK_EQ(find(ctx, snap, malformed[i], &unused), -EINVAL);
		CHECK(strstr(tdxctl_error(ctx), "malformed"));
		CHECK(tdxctl_hint(ctx)[0]);
	}

	strcpy(snap->tds[1].vm.name, "vmm0");
	CHECK_EQ(find(ctx, snap, "vmm0", &i), 2);
	/* A name of digits is found when no process has that PID. */
	strcpy(snap->tds[2].vm.name, "4711");
	CHECK_EQ(find(ctx, snap, "4711", &i), 1);
	CHECK_EQ(i, 2);
	strcpy(snap->tds[2].vm.name, "4001");
	CHECK_EQ(find(ctx, snap, "4001", &i), 1);
	CHECK_EQ(i, 1);
	snap->tds[1].vm.pid = 0;
	CHECK_EQ(find(ctx, snap, "0", &i), 0);
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* Numbers have 32 bits; an error of an earlier call does not make one malformed. */
static void numbers_of_selectors(void)
{
	struct tdxctl_snapshot *snap;
	struct fake_snapshot s;
	struct tdxctl_ctx *ctx;
	size_t i;

	fake_snapshot(&s);
	s.tds[0].id = UINT32_MAX;
	if (tdxctl_new(&ctx) || tdxctl_snapshot_parse(&s, sizeof(s), &snap))
		exit(1);
	errno = ERANGE;
	CHECK_EQ(find(ctx, snap, "td:4294967295", &i), 1);
	CHECK_EQ(i, 0);
	CHECK_EQ(find(ctx, snap, "td:4294967296", &i), -EINVAL);
	CHECK_EQ(find(ctx, snap, "td:18446744073709551616", &i), -EINVAL);
	CHECK_EQ(find(ctx, snap, "hkid:4294967295", &i), 0);
	CHECK_EQ(find(ctx, snap, "td:0", &i), 0);
	/* Too large for a PID: a name. */
	strcpy(snap->tds[2].vm.name, "429");
	CHECK_EQ(find(ctx, snap, "4294967296", &i), 0);
	CHECK_EQ(find(ctx, snap, "429", &i), 1);
	CHECK_EQ(i, 2);
	CHECK_STR(tdxctl_error(ctx), "");
	/* Without any TD the hint is another one. */
	CHECK_EQ(find(ctx, snap, "none", &i), 0);
	CHECK(strstr(tdxctl_hint(ctx), "tdxctl td"));
	snap->nr_tds = 0;
	CHECK_EQ(find(ctx, snap, "none", &i), 0);
	CHECK(strstr(tdxctl_hint(ctx), "no TDs"));
	snap->nr_tds = FAKE_TDS;
	tdxctl_snapshot_free(snap);
	tdxctl_free(ctx);
}

/* A TD in a later snapshot: by its id, or by its process and file if it has no id. */
static void the_same_td(void)
{
	const uint64_t tick = tick_ns(1);
	const struct tdxctl_td was = { .id = 3, .tdr = 0x1000, .owner = { .tgid = 7, .fd = 11 } };
	const struct tdxctl_td old = { .owner = { .tgid = 7, .fd = 11, .start_ns = 10 * tick } };
	struct tdxctl_td now = was;

	CHECK(tdxctl_same_td(&was, &now));
	now.owner.tgid = 8; /* a process that inherited it */
	CHECK(tdxctl_same_td(&was, &now));
	now.id = 4;
	CHECK(!tdxctl_same_td(&was, &now));
	now.id = 3;
	now.tdr = 0x2000;
	CHECK(!tdxctl_same_td(&was, &now));

	now = old;
	CHECK(tdxctl_same_td(&old, &now));
	now.id = 9; /* the helper has seen a SEAMCALL since then */
	now.owner.fd = -1;
	CHECK(tdxctl_same_td(&old, &now));
	now.owner.fd = 12;
	CHECK(!tdxctl_same_td(&old, &now));
	now.owner.fd = 0;
	CHECK(!tdxctl_same_td(&old, &now));
	now = old;
	now.owner.tgid = 8;
	CHECK(!tdxctl_same_td(&old, &now));
	/* The start of a process is known to a tick. */
	now = old;
	now.owner.start_ns = 11 * tick;
	CHECK(tdxctl_same_td(&old, &now));
	now.owner.start_ns = 9 * tick;
	CHECK(tdxctl_same_td(&old, &now));
	now.owner.start_ns = 11 * tick + 1;
	CHECK(!tdxctl_same_td(&old, &now));
	now.owner.start_ns = 9 * tick - 1;
	CHECK(!tdxctl_same_td(&old, &now));
}

int main(void)
{
	RUN(cmdlines);
	RUN(names);
	RUN(reused_while_it_is_read);
	RUN(uids);
	RUN(owners_that_are_gone);
	RUN(lives);
	RUN(selectors);
	RUN(numbers_of_selectors);
	RUN(the_same_td);
	return check_done("lib-vm");
}
