/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verb release on a TD of which only the process is known: older than the
 * helper, on a kernel without BTF. What is not known is not printed as a number.
 */
#include "lib-fake.h"
#include "release/release.h"
#include "tdx.h"

#define DEV   100
#define PIDFD 200
#define PID   4100

static bool signalled;
static uint32_t early_reason;	  /* of the strategy early */
static bool early;		  /* that strategy is chosen */
static unsigned int reclaim_cpus; /* with the strategy early; 0: an older helper */
static struct tdxctl_info sept;

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	(void)flags;
	return strcmp(path, TDXCTL_DEV_PATH) ? -ENOENT : DEV;
}

static int v_close(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return 0;
}

static int v_release(struct tdxctl_release_args *a)
{
	CHECK_EQ(a->tdr, 0);
	if (a->vm_fd != 11)
		return -EBADF;
	a->hkid = TDXCTL_UNKNOWN32;
	a->pages_total = a->pages_left = TDXCTL_UNKNOWN;
	a->strategy = TDXCTL_STRATEGY_STOP;
	a->reason[TDXCTL_STRATEGY_EARLY] = early_reason;
	if (early) {
		a->strategy = TDXCTL_STRATEGY_EARLY;
		a->reclaim_cpus = reclaim_cpus;
	}
	return 0;
}

/* The TDs that the helper knows are those of other processes. */
static int v_snapshot(struct tdxctl_snapshot_args *a)
{
	struct fake_snapshot s;

	if (a->buf_size < sizeof(s))
		return -ENOSPC;
	fake_snapshot(&s);
	memcpy((void *)(uintptr_t)a->buf, &s, sizeof(s));
	return 0;
}

static int v_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	(void)arg;
	CHECK_EQ(fd, DEV);
	switch (req) {
	case TDXCTL_IOC_RELEASE:
		return v_release(p);
	case TDXCTL_IOC_SNAPSHOT:
		return v_snapshot(p);
	case TDXCTL_IOC_ADOPT:
		((struct tdxctl_adopt_args *)p)->max_vcpus = 8;
		return -EOPNOTSUPP;
	case TDXCTL_IOC_INFO:
		((struct tdxctl_info *)p)->attached_ns = 1;
		((struct tdxctl_info *)p)->snapshot_size = sizeof(struct fake_snapshot);
		((struct tdxctl_info *)p)->sept_callback = sept.sept_callback;
		((struct tdxctl_info *)p)->sept_problem = sept.sept_problem;
		memcpy(((struct tdxctl_info *)p)->sept_function, sept.sept_function,
		       sizeof(sept.sept_function));
		return 0;
	default:
		return -ENOTTY;
	}
}

static int v_pidfd_open(void *arg, pid_t pid)
{
	(void)arg;
	return pid == PID || pid == PID + 1 ? PIDFD : -ESRCH;
}

/* It ends at once, and the kernel takes its TD apart. */
static int v_signal(void *arg, int pidfd, int sig)
{
	(void)arg;
	(void)pidfd;
	(void)sig;
	signalled = true;
	unlink(fake_path("proc/4100/fd/11"));
	return 0;
}

static int v_wait(void *arg, int pidfd, int ms)
{
	(void)arg;
	(void)pidfd;
	(void)ms;
	return signalled;
}

static int v_kcmp(void *arg, pid_t a, pid_t b, int type, unsigned long ia, unsigned long ib)
{
	(void)arg;
	(void)type;
	return a == b && ia == ib;
}

static const struct tdxctl_ops ops = {
	.open = v_open,
	.close = v_close,
	.ioctl = v_ioctl,
	.pidfd_open = v_pidfd_open,
	.pidfd_send_signal = v_signal,
	.pidfd_wait = v_wait,
	.kcmp = v_kcmp,
};

/* What "tdxctl release @vm" has to say; @json: as a document. */
static char *release(const char *vm, const struct cli_values *v, int want, bool json)
{
	struct cli_app app = { .v = *v };
	struct out_mode mode = { 0 };
	char *text = NULL, *argv[] = { (char *)vm, NULL };
	size_t len;
	FILE *f;

	app.v.yes = true;
	app.v.quiet = true;
	app.ctx = fake_live();
	tdxctl_set_ops(app.ctx, &ops, NULL);
	app.out = out_new();
	if (!CHECK_EQ(tdxctl_snapshot_get(app.ctx, &app.snap), 0)) {
		fprintf(stderr, "  %s\n", tdxctl_error(app.ctx));
		exit(1);
	}
	CHECK_EQ(cmd_release(&app, 1, argv), want);
	f = open_memstream(&text, &len);
	CHECK_EQ(json ? out_json(app.out, f, "release") : out_text(app.out, f, &mode), 0);
	for (size_t i = 0; i < out_get_error(app.out)->nr_candidates; i++)
		fprintf(f, "%s\n", out_get_error(app.out)->candidates[i]);
	if (out_error_message(app.out))
		fprintf(f, "%s\n%s\n", out_error_message(app.out), out_get_error(app.out)->hint);
	fclose(f);
	tdxctl_snapshot_free(app.snap);
	tdxctl_free(app.ctx);
	out_free(app.out);
	return text;
}

static void says(const char *text, const char *what)
{
	if (!CHECK(strstr(text, what)))
		fprintf(stderr, "  \"%s\" is not in:\n%s", what, text);
}

static void no_numbers(const char *text)
{
	static const char *const bad[] = { "4294967295", "18446744073709551615", "td:0", "td:4" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(!strstr(text, bad[i])))
			fprintf(stderr, "  \"%s\" is in:\n%s", bad[i], text);
}

static void begin(void)
{
	fake_new();
	signalled = false;
	fake_mkdirs("sys/module/kvm_intel/refcnt");
	fake_process(PID, 500, "qemu");
	fake_link("proc/4100/fd/11", "anon_inode:kvm-vm");
}

static void planned(void)
{
	char *text;

	begin();
	text = release("qemu", &(struct cli_values){ .dry_run = true }, CLI_OK, false);
	no_numbers(text);
	says(text, "qemu (process 4100), state unknown\n");
	says(text, "the HKID, an unknown amount of memory\n");
	free(text);
	text = release("qemu", &(struct cli_values){ .dry_run = true }, CLI_OK, true);
	no_numbers(text);
	says(text, "\"td\": null");
	says(text, "\"hkid\": null");
	free(text);
	CHECK(!signalled);
	fake_end();
}

/* How many CPUs reclaim the pages: of early release only, and not known to each helper. */
static void planned_cpus(void)
{
	const struct cli_values plan = { .dry_run = true };
	char *text;

	begin();
	text = release("qemu", &plan, CLI_OK, true);
	says(text, "\"cpus\": null");
	CHECK(!strstr(text, "does not report it"));
	free(text);
	early = true;
	text = release("qemu", &plan, CLI_OK, true);
	says(text, "\"cpus\": null");
	says(text, "\"cpus\": \"the loaded helper does not report it\"");
	free(text);
	text = release("qemu", &plan, CLI_OK, false);
	CHECK(!strstr(text, "CPUs"));
	free(text);
	for (reclaim_cpus = 1; reclaim_cpus < 3; reclaim_cpus++) {
		text = release("qemu", &plan, CLI_OK, false);
		says(text, reclaim_cpus == 1 ? "at most 1 reclaims the pages\n" :
					       "at most 2 reclaim the pages\n");
		free(text);
		text = release("qemu", &plan, CLI_OK, true);
		says(text, reclaim_cpus == 1 ? "\"cpus\": 1," : "\"cpus\": 2,");
		free(text);
	}
	early = false;
	CHECK(!signalled);
	fake_end();
}

/* A KVM without the callbacks that early release replaces: the plan names what is missing. */
static void without_callbacks(void)
{
	const struct cli_values plan = { .dry_run = true };
	char *text;

	begin();
	early_reason = TDXCTL_REASON_NO_SYMBOL;
	/* An older helper, or a reason other than KVM's functions. */
	text = release("qemu", &plan, CLI_OK, true);
	says(text,
	     "\"reason\": \"a required kernel function is missing\",\n        \"detail\": null");
	free(text);
	sept.sept_callback = TDXCTL_SEPT_REMOVE_PFN;
	sept.sept_problem = TDXCTL_SEPT_MISSING;
	strcpy(sept.sept_function, "tdx_sept_link_private_spt");
	text = release("qemu", &plan, CLI_OK, false);
	says(text, "early: a required kernel function is missing: S-EPT callbacks of 6.16 to 6.18: "
		   "tdx_sept_link_private_spt() is missing\n");
	free(text);
	text = release("qemu", &plan, CLI_OK, true);
	says(text, "\"detail\": \"S-EPT callbacks of 6.16 to 6.18: "
		   "tdx_sept_link_private_spt() is missing\"");
	free(text);
	text = release("qemu", &(struct cli_values){ .strategy = "early" }, CLI_NO_HELPER, false);
	says(text, "strategy early is not available: a required kernel function is missing: "
		   "S-EPT callbacks of 6.16 to 6.18: tdx_sept_link_private_spt() is missing\n");
	free(text);
	/* No generation fits. */
	sept.sept_callback = TDXCTL_SEPT_UNKNOWN;
	sept.sept_problem = TDXCTL_SEPT_PROTOTYPE;
	strcpy(sept.sept_function, "tdx_sept_set_private_spte");
	text = release("qemu", &plan, CLI_OK, true);
	says(text, "\"detail\": \"tdx_sept_set_private_spte() has an unknown prototype\"");
	free(text);
	/* The TD is the reason, not KVM. */
	early_reason = TDXCTL_REASON_NOT_FINALIZED;
	text = release("qemu", &plan, CLI_OK, true);
	CHECK(!strstr(text, "tdx_sept"));
	free(text);
	early_reason = 0;
	sept = (struct tdxctl_info){ 0 };
	CHECK(!signalled);
	fake_end();
}

static void released(void)
{
	char *text;

	begin();
	text = release("4100", &(struct cli_values){ 0 }, CLI_OK, false);
	no_numbers(text);
	CHECK(signalled);
	says(text, "unknown, freed\n");
	says(text, "the HKID is free\n");
	says(text, "the TD no longer exists\n");
	free(text);
	fake_end();
}

/* Another TD that cannot be read is not this TD. */
static void beside_another(void)
{
	char *text;

	begin();
	fake_process(PID + 1, 600, "qemu");
	fake_link("proc/4101/fd/11", "anon_inode:kvm-vm");
	text = release("qemu", &(struct cli_values){ 0 }, CLI_USAGE, false);
	no_numbers(text);
	says(text, "qemu (HKID unknown, pid 4101, unknown)\n");
	says(text, "Select one with its PID.");
	free(text);
	text = release("4100", &(struct cli_values){ .timeout_ns = 2000000000 }, CLI_OK, true);
	no_numbers(text);
	CHECK(signalled);
	says(text, "\"verified\": true");
	free(text);
	fake_end();
}

/* As precise as an estimate can be, and no step backwards where the unit changes. */
static void about(void)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "less than 0.1 s" },  { 49, "less than 0.1 s" },  { 50, "about 0.1 s" },
		{ 328, "about 0.3 s" },	   { 949, "about 0.9 s" },     { 950, "about 1 s" },
		{ 9499, "about 9 s" },	   { 9500, "about 10 s" },     { 24000, "about 20 s" },
		{ 54000, "about 50 s" },   { 55000, "about 1 min" },   { 330000, "about 6 min" },
		{ 569000, "about 9 min" }, { 570000, "about 10 min" }, { 3299000, "about 50 min" },
		{ 3300000, "1 to 2 h" },   { 5000000, "1 to 2 h" },    { 7200000, "2 to 3 h" },
	};
	char text[40];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		text_about(text, sizeof(text), cases[i].ms * 1000000);
		CHECK_STR(text, cases[i].text);
	}
}

/* One SEAMCALL for each page, and the SEAMCALLs for HKID and control structures. */
static void estimate(void)
{
	struct tdxctl_leaf leaves[] = {
		{ .leaf = TDH_MEM_PAGE_ADD, .calls = 1000, .total_ns = 9000000 },
		{ .leaf = TDH_PHYMEM_PAGE_RECLAIM, .calls = 64, .total_ns = 64 * 700 },
		{ .leaf = TDH_PHYMEM_PAGE_WBINVD, .calls = 1000, .total_ns = 9000000 },
	};
	struct tdxctl_snapshot s = { .leaves = leaves,
				     .nr_leaves = ARRAY_SIZE(leaves),
				     .nr_packages = 2 };
	struct tdxctl_td_view td = { .td = { .hkid = 17,
					     .vcpus = 4,
					     .private_pages = 100,
					     .sept_pages = 5,
					     .control_pages = 30 } };
	struct tdxctl_release_state plan = { .strategy = TDXCTL_STRATEGY_EARLY, .pages_left = 80 };
	struct release_estimate e;

	release_estimate(&s, &td, &plan, &e);
	CHECK(e.known && e.measured);
	CHECK_EQ(e.pages, 80);
	CHECK_EQ(e.seamcalls, 80 + 4 + 2 + 2);
	CHECK_EQ(e.duration_ns, 88 * 700);

	/* The VMM ends: the kernel reclaims the rest as well. */
	plan.strategy = TDXCTL_STRATEGY_STOP;
	plan.pages_left = 0;
	release_estimate(&s, &td, &plan, &e);
	CHECK_EQ(e.pages, 100);
	CHECK_EQ(e.seamcalls, 100 + 4 + 2 + 2 + 5 + 30 + 1);
	td.td.sept_pages = TDXCTL_UNKNOWN;
	release_estimate(&s, &td, &plan, &e);
	CHECK_EQ(e.seamcalls, 100 + 4 + 2 + 2);
	td.td.sept_pages = 5;
	td.td.control_pages = TDXCTL_UNKNOWN;
	release_estimate(&s, &td, &plan, &e);
	CHECK_EQ(e.seamcalls, 100 + 4 + 2 + 2);

	/* The HKID is back; the number of vCPUs is not known. */
	td.td.hkid = 0;
	release_estimate(&s, &td, &plan, &e);
	CHECK_EQ(e.seamcalls, 100);
	td.td.hkid = 17;
	td.td.vcpus = TDXCTL_UNKNOWN32;
	release_estimate(&s, &td, &plan, &e);
	CHECK_EQ(e.seamcalls, 100 + 2 + 2);

	/* Too few calls, or none that was timed: the typical time of 5 us. */
	leaves[1].calls = 63;
	release_estimate(&s, &td, &plan, &e);
	CHECK(!e.measured);
	CHECK_EQ(e.duration_ns, 104 * 5000);
	leaves[1].calls = 64;
	leaves[1].total_ns = 0;
	release_estimate(&s, &td, &plan, &e);
	CHECK(!e.measured);
	CHECK_EQ(e.duration_ns, 104 * 5000);

	td.td.private_pages = TDXCTL_UNKNOWN;
	release_estimate(&s, &td, &plan, &e);
	CHECK(!e.known && !e.duration_ns);
}

int main(void)
{
	RUN(about);
	RUN(estimate);
	RUN(planned);
	RUN(planned_cpus);
	RUN(without_callbacks);
	RUN(released);
	RUN(beside_another);
	return check_done("cmd-release");
}
