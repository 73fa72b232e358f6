/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that pin a TD (F7): without permission, without pins, and which process has a VM. */
#include <linux/kcmp.h>
#include "lib-fake.h"

#define OWNER 4000

static int kcmp_err;
static pid_t shares; /* this process shares memory and descriptors with the owner */

/* No process shares anything with another, or the call fails. */
static int v_kcmp(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib)
{
	(void)arg;
	if (kcmp_err && b != OWNER)
		return kcmp_err;
	if (a == OWNER && b == shares && type == KCMP_VM)
		return 1;
	return (a == b || b == shares) && (type == KCMP_VM || ia == ib);
}

static const struct tdxctl_ops ops = { .kcmp = v_kcmp };

static struct tdxctl_ctx *context(void)
{
	struct tdxctl_ctx *ctx = fake_live();

	kcmp_err = 0;
	shares = 0;
	tdxctl_set_ops(ctx, &ops, NULL);
	return ctx;
}

static struct tdxctl_td_view view(pid_t pid)
{
	return (struct tdxctl_td_view){
		.td = { .id = 1,
			.tdr = 0x1000,
			.hkid = 17,
			.owner = { .tgid = OWNER, .fd = 11, .start_ns = tick_ns(500) } },
		.vm = { .name = (char *)"web", .pid = pid, .vm_fd = 11 },
	};
}

/* No process has its files: an empty list without an error. */
static void no_pin_is_no_error(void)
{
	static const pid_t pids[] = { 0, 1, OWNER };
	struct tdxctl_ctx *ctx;
	struct tdxctl_pin *p;
	size_t n;

	fake_new();
	fake_process(1, 0, "systemd");
	fake_file("proc/1/task/1/comm", "systemd\n");
	fake_link("proc/1/fd/0", "/dev/null");
	fake_file("proc/version", "Linux\n");
	ctx = context();
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		/* PID 1 started at another time; 4000 is no process. */
		struct tdxctl_td_view td = view(pids[i]);

		p = (struct tdxctl_pin *)&n;
		n = 99;
		CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), 0);
		CHECK_EQ(n, 0);
		CHECK(!p);
		CHECK_STR(tdxctl_error(ctx), "");
		tdxctl_pins_free(p, n);
	}
	tdxctl_free(ctx);
	fake_end();
}

/* Without /proc there is no answer. */
static void no_proc_is_an_error(void)
{
	struct tdxctl_td_view td = view(OWNER);
	struct tdxctl_ctx *ctx;
	struct tdxctl_pin *p;
	size_t n;

	fake_new();
	ctx = context();
	CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "/proc"));
	CHECK(strstr(tdxctl_error(ctx), strerror(ENOENT)));
	tdxctl_free(ctx);
	fake_end();
}

static void begin(void)
{
	fake_new();
	fake_process(OWNER, 500, "vmm");
	fake_file("proc/4000/task/4000/comm", "vm\tm\177\n");
	fake_link("proc/4000/fd/11", "anon_inode:kvm-vm");
	fake_link("proc/4000/fd/12", "anon_inode:kvm-vcpu:0");
}

/* Expects the three pins of the owner and the result @want. */
static void found(struct tdxctl_ctx *ctx, int want)
{
	struct tdxctl_td_view td = view(OWNER);
	struct tdxctl_pin *p = NULL;
	size_t n = 0;

	CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), want);
	if (CHECK_EQ(n, 3)) {
		CHECK_EQ(p[0].kind, TDXCTL_PIN_PROCESS);
		CHECK_EQ(p[0].fd, -1);
		CHECK_EQ(p[1].kind, TDXCTL_PIN_VM_FD);
		CHECK_EQ(p[1].fd, 11);
		CHECK_STR(p[1].detail, "anon_inode:kvm-vm");
		CHECK_EQ(p[2].kind, TDXCTL_PIN_VCPU_FD);
		/* Text of a process must not reach a terminal as it is. */
		CHECK_STR(p[0].comm, "vm?m?");
	}
	CHECK_EQ(!!want, !!tdxctl_error(ctx)[0]);
	CHECK_EQ(!!want, !!strstr(tdxctl_hint(ctx), "root"));
	tdxctl_pins_free(p, n);
}

/* kcmp() may be refused with either error: the result says that the list is incomplete. */
static void refused_kcmp_is_reported(void)
{
	static const int errs[] = { -EPERM, -EACCES };
	struct tdxctl_ctx *ctx;

	begin();
	fake_process(4200, 700, "other");
	ctx = context();
	found(ctx, 0);
	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		/* On memory: 4200 has no file. */
		kcmp_err = errs[i];
		found(ctx, -EACCES);
	}
	/* On a file. */
	fake_link("proc/4200/fd/5", "anon_inode:kvm-vm");
	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		kcmp_err = errs[i];
		found(ctx, -EACCES);
	}
	/* The process ended meanwhile: nothing is missing. */
	kcmp_err = -ESRCH;
	found(ctx, 0);
	tdxctl_free(ctx);
	fake_end();
}

static void denied_directory(void)
{
	struct tdxctl_ctx *ctx = context();

	found(ctx, -EACCES);
	tdxctl_free(ctx);
}

static void readable_again(void)
{
	struct tdxctl_ctx *ctx = context();

	found(ctx, 0);
	tdxctl_free(ctx);
}

/* The descriptors can be listed but not followed, or not even listed. */
static void denied_descriptors_are_reported(void)
{
	begin();
	fake_process(4200, 700, "other");
	fake_link("proc/4200/fd/5", "anon_inode:kvm-vm");
	chmod(fake_dir, 0755);
	as_nobody(readable_again);
	chmod(fake_path("proc/4200/fd"), 0444);
	as_nobody(denied_directory);
	chmod(fake_path("proc/4200/fd"), 0);
	as_nobody(denied_directory);
	chmod(fake_path("proc/4200/fd"), 0755);
	as_nobody(readable_again);
	fake_end();
}

static void denied_owner(void)
{
	struct tdxctl_td_view td = view(OWNER);
	struct tdxctl_ctx *ctx = context();
	struct tdxctl_pin *p = NULL;
	size_t n = 0;

	CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), -EACCES);
	if (CHECK_EQ(n, 1))
		CHECK_EQ(p[0].kind, TDXCTL_PIN_PROCESS);
	tdxctl_pins_free(p, n);
	tdxctl_free(ctx);
}

static void denied_owner_is_reported(void)
{
	begin();
	chmod(fake_dir, 0755);
	chmod(fake_path("proc/4000/fd"), 0);
	as_nobody(denied_owner);
	chmod(fake_path("proc/4000/fd"), 0755);
	fake_end();
}

/* A captured host has no kcmp(): only the owner's pins are known. */
static void captured_host_lists_the_owner(void)
{
	struct tdxctl_ctx *ctx;

	begin();
	fake_process(4200, 700, "other");
	fake_link("proc/4200/fd/5", "anon_inode:kvm-vm");
	if (tdxctl_new(&ctx) || tdxctl_set_root(ctx, fake_dir))
		exit(1);
	found(ctx, 0);
	tdxctl_free(ctx);
	fake_end();
}

static int order(const struct tdxctl_pin *a, const struct tdxctl_pin *b)
{
	return a->pid != b->pid	  ? a->pid - b->pid :
	       a->kind != b->kind ? (int)a->kind - (int)b->kind :
	       a->tid != b->tid	  ? a->tid - b->tid :
				    a->fd - b->fd;
}

/* By process, then by kind, thread and descriptor, in whatever order directories have them. */
static void pins_are_sorted(void)
{
	struct tdxctl_td_view td = view(OWNER);
	size_t count[TDXCTL_PIN_GMEM_FD + 1] = { 0 }, n = 0;
	struct tdxctl_pin *p = NULL;
	struct tdxctl_ctx *ctx;
	char path[64];

	begin();
	fake_process(3999, 700, "helper");
	for (int i = 0; i < 40; i++) {
		/* 7 and 40 have no common divisor: each number once, in another order. */
		int tid = 4001 + i * 7 % 40, fd = 20 + i * 7 % 40;

		snprintf(path, sizeof(path), "proc/4000/task/%d/comm", tid);
		fake_file(path, "CPU/KVM\n");
		snprintf(path, sizeof(path), "proc/4000/fd/%d", fd);
		fake_link(path, fd & 1 ? "anon_inode:[kvm-gmem]" : "anon_inode:kvm-vcpu:1");
		snprintf(path, sizeof(path), "proc/3999/fd/%d", fd);
		fake_link(path, "/dev/null");
	}
	fake_link("proc/3999/fd/11", "anon_inode:kvm-vm");
	ctx = context();
	shares = 3999;
	CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), 0);
	CHECK_EQ(n, 2 + 1 + 40 + 2 + 40);
	for (size_t i = 0; i < n; i++)
		count[p[i].kind]++;
	for (size_t i = 1; i < n; i++)
		CHECK(order(&p[i - 1], &p[i]) < 0);
	CHECK_EQ(count[TDXCTL_PIN_PROCESS], 2);
	CHECK_EQ(count[TDXCTL_PIN_THREAD], 40);
	CHECK_EQ(count[TDXCTL_PIN_VM_FD], 2);
	CHECK_EQ(count[TDXCTL_PIN_VCPU_FD], 21);
	CHECK_EQ(count[TDXCTL_PIN_GMEM_FD], 20);
	CHECK(n && p[0].pid == 3999 && p[0].kind == TDXCTL_PIN_PROCESS);
	tdxctl_pins_free(p, n);
	tdxctl_free(ctx);
	fake_end();
}

static void process_has_a_vm(void)
{
	struct tdxctl_ctx *ctx;

	fake_new();
	fake_process(100, 1, "none");
	fake_link("proc/100/fd/0", "/dev/null");
	fake_link("proc/100/fd/1", "anon_inode:kvm-vcpu:0");
	fake_link("proc/100/fd/2", "anon_inode:[kvm-gmem]");
	fake_process(101, 1, "vm");
	fake_link("proc/101/fd/0", "/dev/null");
	fake_link("proc/101/fd/7", "anon_inode:kvm-vm");
	fake_link("proc/101/fd/8", "/dev/null");
	fake_process(102, 1, "closed");
	fake_mkdirs("proc/102/fd/x");
	ctx = context();
	CHECK(!tdxctl_process_has_vm(ctx, 100));
	CHECK(tdxctl_process_has_vm(ctx, 101));
	CHECK(!tdxctl_process_has_vm(ctx, 102));
	CHECK(!tdxctl_process_has_vm(ctx, 103));
	/* An emulated host's processes are not those of this machine. */
	CHECK_EQ(tdxctl_set_emulated(ctx, NULL), 0);
	CHECK(!tdxctl_process_has_vm(ctx, 101));
	tdxctl_free(ctx);
	fake_end();
}

int main(void)
{
	RUN(no_pin_is_no_error);
	RUN(no_proc_is_an_error);
	RUN(refused_kcmp_is_reported);
	RUN(captured_host_lists_the_owner);
	RUN(pins_are_sorted);
	RUN(process_has_a_vm);
	RUN(denied_descriptors_are_reported);
	RUN(denied_owner_is_reported);
	return check_done("lib-pins");
}
