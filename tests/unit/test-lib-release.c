/* SPDX-License-Identifier: GPL-2.0-only */
/* Release of a real VM against a scripted helper, and who pins a TD (F7). */
#include <linux/kcmp.h>
#include <signal.h>
#include "fake-clock.h"
#include "lib-fake.h"

#define DEV   100
#define PIDFD 200
#define COPY  300 /* + descriptor number of the target */

enum helper_kind { RELEASES, TERMINATES, NOTHING };

static struct vm {
	enum helper_kind kind;
	int pidfd_err, dry_err, run_err;
	int good_fd;	   /* the VM file's number */
	unsigned int cpus; /* that each call must ask for */
	bool started, cancelled, signalled, killed, exited, ignores_term;
	uint64_t pages;
	uint64_t punched;
	int open_fds;
	bool leaked;
	bool unknown_pages; /* a TD older than the helper */
	bool others_cancel; /* the first call joins a release that is stopped */
	int fails;	    /* the job's result */
} vm;

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)path;
	(void)flags;
	vm.open_fds++;
	return DEV;
}

static int v_close(void *arg, int fd)
{
	(void)arg;
	CHECK(fd == DEV || fd == PIDFD || fd >= COPY);
	vm.open_fds--;
	return 0;
}

static int v_release(struct tdxctl_release_args *a)
{
	uint32_t mine = vm.kind == RELEASES ? TDXCTL_STRATEGY_RELEASE : TDXCTL_STRATEGY_TERMINATE;
	bool freed = vm.started;

	CHECK_EQ(a->size, sizeof(*a));
	CHECK_EQ(a->pidfd, PIDFD);
	CHECK_EQ(a->tdr, 0x1000);
	CHECK_EQ(a->cpus, vm.cpus);
	if (a->vm_fd != vm.good_fd)
		return a->vm_fd == 99 ? -EBADF : -EINVAL;
	a->hkid = 17;
	a->pages_total = 100;
	a->reason[TDXCTL_STRATEGY_STOP] = TDXCTL_REASON_USER_SPACE;
	if (vm.kind != NOTHING)
		a->reason[mine] = TDXCTL_REASON_MAYBE;
	a->reason[TDXCTL_STRATEGY_EARLY] = TDXCTL_REASON_NO_SYMBOL;
	if (a->flags & TDXCTL_RELEASE_DRY_RUN) {
		a->pages_left = vm.pages;
		if (vm.dry_err)
			return vm.dry_err;
		a->strategy = vm.kind != NOTHING && (!a->strategy || a->strategy == mine) ?
				      mine :
				      TDXCTL_STRATEGY_STOP;
		return 0;
	}
	if (a->flags & TDXCTL_RELEASE_CANCEL)
		vm.cancelled = true;
	if (vm.run_err)
		return vm.run_err;
	if (vm.others_cancel || vm.fails) {
		a->phase = vm.fails ? TDXCTL_PHASE_FAILED : TDXCTL_PHASE_CANCELLED;
		a->result = vm.fails;
		a->strategy = vm.fails ? TDXCTL_STRATEGY_EARLY : mine;
		vm.others_cancel = false;
		return 0;
	}
	vm.started = true;
	a->strategy = mine;
	a->hkid_freed = freed;
	a->started_ns = 1;
	if (vm.kind == RELEASES && freed && !vm.cancelled)
		vm.pages = vm.pages > 40 ? vm.pages - 40 : 0;
	if (vm.kind == TERMINATES)
		vm.pages = 100 - vm.punched / 4096;
	a->pages_left = vm.pages;
	a->page_seamcalls = 100 - vm.pages;
	a->phase = vm.cancelled && vm.kind == RELEASES ? TDXCTL_PHASE_CANCELLED :
		   !freed			       ? TDXCTL_PHASE_HKID :
		   vm.pages			       ? TDXCTL_PHASE_PAGES :
							 TDXCTL_PHASE_DONE;
	if (vm.unknown_pages) {
		a->pages_total = a->pages_left = TDXCTL_UNKNOWN;
		a->phase = freed ? TDXCTL_PHASE_PAGES : TDXCTL_PHASE_HKID;
	}
	return 0;
}

static int v_snapshot(struct tdxctl_snapshot_args *a)
{
	struct fake_snapshot s;

	fake_snapshot(&s);
	if (vm.signalled && !vm.ignores_term)
		vm.exited = true;
	s.tds[0].private_pages = vm.exited ? 20 : 100;
	s.tds[0].hkid = vm.exited && !vm.leaked ? 0 : 17;
	if (vm.leaked && vm.exited)
		s.tds[0].state = TDXCTL_TD_LEAKED;
	else if (vm.exited && vm.pages == 0)
		s.tds[0].tdr = 0x999000; /* the page belongs to another TD */
	if (vm.exited)
		vm.pages = 0;
	if (a->buf_size < sizeof(s)) {
		a->needed = sizeof(s);
		return -ENOSPC;
	}
	memcpy((void *)(uintptr_t)a->buf, &s, sizeof(s));
	return 0;
}

static int v_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	(void)arg;
	CHECK_EQ(fd, DEV);
	if (req == TDXCTL_IOC_RELEASE)
		return v_release(p);
	if (req == TDXCTL_IOC_SNAPSHOT)
		return v_snapshot(p);
	((struct tdxctl_info *)p)->snapshot_size = sizeof(struct fake_snapshot);
	return 0;
}

static int v_pidfd_open(void *arg, pid_t pid)
{
	(void)arg;
	CHECK_EQ(pid, 4000);
	if (vm.pidfd_err)
		return vm.pidfd_err;
	vm.open_fds++;
	return PIDFD;
}

static int v_signal(void *arg, int pidfd, int sig)
{
	(void)arg;
	CHECK_EQ(pidfd, PIDFD);
	vm.signalled = true;
	if (sig == SIGKILL) {
		vm.killed = vm.exited = true;
		vm.ignores_term = false;
	}
	return 0;
}

static int v_wait(void *arg, int pidfd, int ms)
{
	(void)arg;
	CHECK_EQ(pidfd, PIDFD);
	if (!vm.exited)
		fake_now += (uint64_t)ms * FAKE_MS;
	return vm.exited;
}

/* 4000 and 4100 share the memory map; 4200 holds a copy of the VM file. */
static int v_kcmp(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib)
{
	(void)arg;
	if (b == 4300)
		return -EPERM;
	if (type == KCMP_VM)
		return a == b || b == 4100;
	return (a == b && ia == ib) || (b == 4200 && ia == 11 && ib == 5);
}

static int v_getfd(void *arg, int pidfd, int fd)
{
	(void)arg;
	CHECK_EQ(pidfd, PIDFD);
	vm.open_fds++;
	return COPY + fd;
}

static int64_t v_size(void *arg, int fd)
{
	(void)arg;
	CHECK_EQ(fd, COPY + 13);
	return 100 * 4096;
}

static int v_punch(void *arg, int fd, uint64_t off, uint64_t len)
{
	(void)arg;
	CHECK_EQ(fd, COPY + 13);
	CHECK_EQ(off, vm.punched);
	vm.punched += len;
	return 0;
}

static const struct tdxctl_ops ops = {
	.open = v_open,
	.close = v_close,
	.ioctl = v_ioctl,
	.pidfd_open = v_pidfd_open,
	.pidfd_send_signal = v_signal,
	.pidfd_wait = v_wait,
	.kcmp = v_kcmp,
	.pidfd_getfd = v_getfd,
	.file_size = v_size,
	.punch_hole = v_punch,
};

static struct tdxctl_td_view view(void)
{
	return (struct tdxctl_td_view){
		.td = { .id = 1,
			.tdr = 0x1000,
			.hkid = 17,
			.last_hkid = 17,
			.private_pages = 100,
			.owner = { .tgid = 4000, .fd = 11, .start_ns = tick_ns(500) } },
		.vm = { .name = (char *)"web", .pid = 4000, .vm_fd = 11, .uid = geteuid() },
	};
}

static struct tdxctl_ctx *context(struct vm v)
{
	struct tdxctl_ctx *ctx = fake_live();

	if (!v.good_fd)
		v.good_fd = 11;
	v.pages = 100;
	vm = v;
	tdxctl_set_ops(ctx, &ops, NULL);
	return ctx;
}

static void done(struct tdxctl_ctx *ctx, struct tdxctl_release *r)
{
	tdxctl_release_free(r);
	tdxctl_free(ctx);
	CHECK_EQ(vm.open_fds, 0);
}

/* Opening must fail with @want and say @says. */
static void refused(struct vm v, struct tdxctl_td_view td, enum tdxctl_strategy strategy, int want,
		    const char *says)
{
	const struct tdxctl_release_options opts = { .strategy = strategy, .cpus = v.cpus };
	struct tdxctl_ctx *ctx = context(v);
	struct tdxctl_release_state st;
	struct tdxctl_release *r = NULL;

	CHECK_EQ(tdxctl_release_open(ctx, &td, &opts, &r, &st), want);
	CHECK(!r);
	if (!CHECK(strstr(tdxctl_error(ctx), says)))
		fprintf(stderr, "  \"%s\" lacks \"%s\"\n", tdxctl_error(ctx), says);
	CHECK(tdxctl_hint(ctx)[0]);
	CHECK(!vm.started && !vm.signalled);
	done(ctx, r);
}

static void refusals(void)
{
	struct tdxctl_td_view td = view();

	refused((struct vm){ .pidfd_err = -ESRCH }, td, 0, -ESRCH, "has ended");
	refused((struct vm){ .dry_err = -ESRCH }, td, 0, -ESRCH, "has ended");
	refused((struct vm){ .dry_err = -EPERM }, td, 0, -EPERM, "not permitted");
	refused((struct vm){ .dry_err = -ENOTTY }, td, 0, -ENOTTY, "does not match this tdxctl");
	refused((struct vm){ .dry_err = -E2BIG }, td, 0, -ENOTTY, "does not match this tdxctl");
	refused((struct vm){ .dry_err = -E2BIG, .cpus = 2 }, td, 0, -ENOTTY,
		"older than this tdxctl: it cannot limit the CPUs");
	refused((struct vm){ .dry_err = -ENODEV }, td, 0, -ENODEV, "was unloaded");
	refused((struct vm){ .dry_err = -EBUSY }, td, 0, -EBUSY, "too many");
	refused((struct vm){ .good_fd = 98 }, td, 0, -EINVAL, "no VM file");
	refused((struct vm){ .kind = RELEASES }, td, TDXCTL_STRATEGY_TERMINATE, -EOPNOTSUPP,
		"terminate");
	refused((struct vm){ .kind = TERMINATES }, td, TDXCTL_STRATEGY_RELEASE, -EOPNOTSUPP,
		"release");
	refused((struct vm){ .kind = RELEASES }, td, TDXCTL_STRATEGY_EARLY, -EOPNOTSUPP, "missing");
	/* The PID belongs to another process by now. */
	td.td.owner.start_ns = tick_ns(400);
	refused((struct vm){ .kind = RELEASES }, td, 0, -ESRCH, "has ended");
	td = view();
	td.vm.pid = 0;
	refused((struct vm){ .kind = RELEASES }, td, 0, -ESRCH, "has ended");
}

static int run(struct tdxctl_release *r, struct tdxctl_release_state *st)
{
	int err = 0;

	for (int i = 0; !err && st->phase < TDXCTL_PHASE_DONE && CHECK(i < 100); i++)
		err = tdxctl_release_step(r, 0, st);
	return err;
}

static struct tdxctl_release *open_release(struct tdxctl_ctx *ctx, enum tdxctl_strategy strategy,
					   struct tdxctl_release_state *st)
{
	const struct tdxctl_release_options opts = { .strategy = strategy, .cpus = vm.cpus };
	struct tdxctl_td_view td = view();
	struct tdxctl_release *r = NULL;

	if (!CHECK_EQ(tdxctl_release_open(ctx, &td, &opts, &r, st), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(ctx));
		exit(1);
	}
	CHECK_EQ(st->phase, TDXCTL_PHASE_NONE);
	CHECK_EQ(st->pages_total, 100);
	CHECK_EQ(st->hkid, 17);
	CHECK(!vm.started && !vm.signalled && !vm.punched);
	return r;
}

static void release_vm(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = RELEASES });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_RELEASE);
	CHECK_EQ(st.reason[TDXCTL_STRATEGY_RELEASE], TDXCTL_REASON_MAYBE);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(st.pages_left, 0);
	CHECK(st.hkid_freed);
	done(ctx, r);
}

/* The descriptor has another number than at the creation of the TD. */
static void moved_fd(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = RELEASES, .good_fd = 21 });
	struct tdxctl_release_state st;
	struct tdxctl_release *r;

	fake_link("proc/4000/fd/21", "anon_inode:kvm-vm");
	r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	done(ctx, r);
	unlink(fake_path("proc/4000/fd/21"));
}

static void cancelled(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = RELEASES });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK_EQ(st.pages_left, 60);
	CHECK_EQ(tdxctl_release_cancel(r), 0);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_CANCELLED);
	CHECK_EQ(st.pages_left, 60);
	done(ctx, r);
}

static void helper_vanishes(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = RELEASES });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	vm.run_err = -ENODEV;
	CHECK_EQ(tdxctl_release_step(r, 0, &st), -ENODEV);
	CHECK(strstr(tdxctl_error(ctx), "was unloaded"));
	vm.run_err = -EINTR;
	CHECK_EQ(tdxctl_release_step(r, 0, &st), -EINTR);
	vm.run_err = -ESRCH;
	CHECK_EQ(tdxctl_release_step(r, 0, &st), -ESRCH);
	done(ctx, r);
}

/* Only the real attempt shows that this KVM lacks the command. */
static void refused_late(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = RELEASES, .run_err = -EOPNOTSUPP });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_RELEASE);
	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_STOP);
	CHECK_EQ(st.reason[TDXCTL_STRATEGY_RELEASE], TDXCTL_REASON_NO_IOCTL);
	CHECK(!vm.signalled);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK(vm.signalled);
	done(ctx, r);

	/* A strategy that was requested is not replaced. */
	ctx = context((struct vm){ .kind = RELEASES, .run_err = -EOPNOTSUPP });
	r = open_release(ctx, TDXCTL_STRATEGY_RELEASE, &st);
	CHECK_EQ(tdxctl_release_step(r, 0, &st), -EOPNOTSUPP);
	CHECK(strstr(tdxctl_hint(ctx), "stop"));
	CHECK(!vm.signalled);
	done(ctx, r);
}

static void terminate(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = TERMINATES });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_TERMINATE);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(vm.punched, 100 * 4096);
	CHECK_EQ(st.pages_left, 0);
	done(ctx, r);

	/* Two VMs in the process: whose memory is it? Nothing is punched. */
	fake_link("proc/4000/fd/30", "anon_inode:kvm-vm");
	ctx = context((struct vm){ .kind = TERMINATES });
	r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.result, -EOPNOTSUPP);
	CHECK(strstr(tdxctl_error(ctx), "several VMs"));
	CHECK_EQ(vm.punched, 0);
	/* Found out while the VM is still whole. */
	CHECK(!vm.started);
	done(ctx, r);
	unlink(fake_path("proc/4000/fd/30"));

	/* Stopped before the pages: the helper's part stays done. */
	ctx = context((struct vm){ .kind = TERMINATES });
	r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);
	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK_EQ(tdxctl_release_cancel(r), 0);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_CANCELLED);
	CHECK_EQ(vm.punched, 0);
	done(ctx, r);

	/* Also when cancelled while the HKID was being freed. */
	ctx = context((struct vm){ .kind = TERMINATES });
	r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK(st.hkid_freed);
	CHECK_EQ(st.phase, TDXCTL_PHASE_PAGES);
	CHECK_EQ(vm.punched, 0);
	CHECK_EQ(tdxctl_release_cancel(r), 0);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_CANCELLED);
	CHECK_EQ(vm.punched, 0);
	done(ctx, r);
}

/* The number had another file by the time it was copied: a disk image, say. */
static void number_reused(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = TERMINATES });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	unlink(fake_path("proc/self/fd/313"));
	fake_link("proc/self/fd/313", "/var/lib/images/web.img");
	for (int i = 0; i < 3; i++)
		CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK_EQ(vm.punched, 0);
	done(ctx, r);
	unlink(fake_path("proc/self/fd/313"));
	fake_link("proc/self/fd/313", "anon_inode:[kvm-gmem]");
}

/* Joins a release that another caller cancels: its own release follows. */
static void resumed(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = TERMINATES, .others_cancel = true });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(tdxctl_release_step(r, 0, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_HKID);
	CHECK(!vm.started);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK(vm.started && !vm.cancelled);
	CHECK_EQ(vm.punched, 100 * 4096);
	done(ctx, r);
}

/* All that is known of its memory is that the guest_memfd is empty. */
static void unknown_pages(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = TERMINATES, .unknown_pages = true });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK_EQ(vm.punched, 100 * 4096);
	CHECK_EQ(st.pages_left, 0);
	CHECK_EQ(st.page_seamcalls, 100);
	done(ctx, r);
}

static void failures(void)
{
	static const struct {
		int result;
		bool leaked;
		const char *says;
	} t[] = {
		{ -EBUSY, false, "did not stop in time; the VM is unchanged" },
		{ -ENOSPC, false, "too many VMs that were released early" },
		{ -EIO, false, "release failed" },
		{ -EIO, true, "and the memory of the TD leaked: an unknown leaf" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tdxctl_ctx *ctx = context((struct vm){ .kind = TERMINATES,
							      .fails = t[i].result,
							      .leaked = t[i].leaked,
							      .exited = t[i].leaked });
		struct tdxctl_release_state st;
		struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

		CHECK_EQ(run(r, &st), 0);
		CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
		CHECK_EQ(st.result, t[i].result);
		CHECK(strstr(tdxctl_error(ctx), t[i].says));
		CHECK(tdxctl_hint(ctx)[0]);
		CHECK_EQ(vm.punched, 0);
		done(ctx, r);
	}
}

static void stop(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = NOTHING });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	CHECK_EQ(st.strategy, TDXCTL_STRATEGY_STOP);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	CHECK(vm.signalled && !vm.killed && !vm.started);
	CHECK(st.hkid_freed);
	done(ctx, r);

	/* Not before the grace period is over. */
	ctx = context((struct vm){ .kind = RELEASES, .ignores_term = true });
	r = open_release(ctx, TDXCTL_STRATEGY_STOP, &st);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(tdxctl_release_step(r, 1, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_HKID);
	CHECK(!vm.killed);
	CHECK_EQ(tdxctl_release_cancel(r), 0);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_CANCELLED);
	done(ctx, r);

	ctx = context((struct vm){ .kind = NOTHING, .leaked = true });
	r = open_release(ctx, TDXCTL_STRATEGY_STOP, &st);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_FAILED);
	CHECK_EQ(st.result, -EIO);
	CHECK(strstr(tdxctl_error(ctx), "leaked"));
	done(ctx, r);
}

static size_t count_pins(const struct tdxctl_pin *p, size_t n, enum tdxctl_pin_kind kind, pid_t pid)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += p[i].kind == kind && p[i].pid == pid;
	return found;
}

static void pins(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ 0 });
	struct tdxctl_td_view td = view();
	struct tdxctl_pin *p;
	size_t n;

	fake_file("proc/4000/task/4000/comm", "vmm\n");
	fake_file("proc/4000/task/4001/comm", "CPU 0/KVM\n");
	fake_link("proc/4000/fd/0", "/dev/null");
	fake_link("proc/4000/fd/12", "anon_inode:kvm-vcpu:0");
	fake_link("proc/4000/fd/14", "/dev/vhost-net");
	fake_process(4100, 600, "sharer");
	fake_file("proc/4100/task/4100/comm", "sharer\n");
	/* Another VM's file, in a process that shares nothing. */
	fake_process(4200, 700, "keeper");
	fake_file("proc/4200/task/4200/comm", "keeper\n");
	fake_link("proc/4200/fd/5", "anon_inode:kvm-vm");
	fake_link("proc/4200/fd/6", "anon_inode:kvm-vm");

	if (CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), 0)) {
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_PROCESS, 4000), 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_THREAD, 4000), 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_VM_FD, 4000), 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_VCPU_FD, 4000), 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_GMEM_FD, 4000), 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_VHOST_FD, 4000), 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_PROCESS, 4100), 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_PROCESS, 4200), 0);
		/* Only the descriptor that is the very same file. */
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_VM_FD, 4200), 1);
		CHECK_EQ(n, 8);
		CHECK_STR(p[0].comm, "vmm");
		CHECK_STR(p[1].comm, "CPU 0/KVM");
		tdxctl_pins_free(p, n);
	}

	/* One process cannot be looked into: said so, the others are listed. */
	fake_process(4300, 800, "foreign");
	fake_link("proc/4300/fd/5", "anon_inode:kvm-vm");
	CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), -EACCES);
	CHECK_EQ(n, 8);
	CHECK(tdxctl_error(ctx)[0]);
	tdxctl_pins_free(p, n);

	/* The creator is gone; a child that has its VM file under that number. */
	td.vm.pid = 0;
	fake_link("proc/4200/fd/11", "anon_inode:kvm-vm");
	if (CHECK_EQ(tdxctl_pins_get(ctx, &td, &p, &n), 0)) {
		CHECK(count_pins(p, n, TDXCTL_PIN_VM_FD, 4200) >= 1);
		CHECK_EQ(count_pins(p, n, TDXCTL_PIN_VM_FD, 4300), 0);
		tdxctl_pins_free(p, n);
	}
	tdxctl_free(ctx);
}

/* Each call has the number of CPUs: the helper forgets it with the VM, not with the call. */
static void limited(void)
{
	struct tdxctl_ctx *ctx = context((struct vm){ .kind = TERMINATES, .cpus = 3 });
	struct tdxctl_release_state st;
	struct tdxctl_release *r = open_release(ctx, TDXCTL_STRATEGY_AUTO, &st);

	/* Only early release uses several. */
	CHECK_EQ(st.cpus, 0);
	CHECK_EQ(run(r, &st), 0);
	CHECK_EQ(st.phase, TDXCTL_PHASE_DONE);
	done(ctx, r);
}

static void captured_host(void)
{
	const struct tdxctl_release_options opts = { 0 };
	struct tdxctl_td_view td = view();
	struct tdxctl_release_state st;
	struct tdxctl_release *r;
	struct tdxctl_ctx *ctx;

	if (tdxctl_new(&ctx) || tdxctl_set_root(ctx, fake_dir))
		exit(1);
	CHECK_EQ(tdxctl_release_open(ctx, &td, &opts, &r, &st), -EOPNOTSUPP);
	CHECK(strstr(tdxctl_error(ctx), "captured"));
	CHECK_EQ(tdxctl_helper_load(ctx, NULL), -EOPNOTSUPP);
	CHECK_EQ(tdxctl_helper_unload(ctx), -EOPNOTSUPP);
	tdxctl_free(ctx);
}

int main(void)
{
	fake_new();
	fake_process(4000, 500, "vmm");
	fake_link("proc/4000/fd/11", "anon_inode:kvm-vm");
	fake_link("proc/4000/fd/13", "anon_inode:[kvm-gmem]");
	fake_link("proc/self/fd/313", "anon_inode:[kvm-gmem]"); /* our copy, COPY + 13 */
	RUN(refusals);
	RUN(release_vm);
	RUN(moved_fd);
	RUN(cancelled);
	RUN(helper_vanishes);
	RUN(refused_late);
	RUN(terminate);
	RUN(number_reused);
	RUN(resumed);
	RUN(unknown_pages);
	RUN(failures);
	RUN(stop);
	RUN(limited);
	RUN(pins);
	RUN(captured_host);
	fake_end();
	return check_done("lib-release");
}
