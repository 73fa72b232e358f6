/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of rules, and the rules that need the helper. */
#include "doctor-host.h"

static void the_table(void)
{
	for (size_t i = 0; i < tdxctl_rule_count(); i++) {
		const struct tdxctl_rule *r = tdxctl_rule_at(i);
		size_t k;

		CHECK(r->id && r->title && r->fix);
		CHECK(r->check || r->log);
		CHECK(r->severity >= TDXCTL_RULE_INFO);
		CHECK(tdxctl_rule_group_str(r->group));
		CHECK(!r->since || !r->until || r->since <= r->until);
		/* Advice for the status would hide that another kernel cures it. */
		CHECK(!r->decoded || (!r->cured && !r->backport));
		for (k = 0; k < i; k++)
			CHECK(strcmp(tdxctl_rule_at(k)->id, r->id));
		/* It waits for a rule that was examined before it. */
		for (k = 0; r->needs && k < i && strcmp(tdxctl_rule_at(k)->id, r->needs); k++)
			;
		CHECK(k < i || !r->needs);
	}
}

static void drift(void)
{
	start();
	snap.hkids_charged = 1;
	CHECK_EQ(state("hkid.cgroup_drift", NULL), TDXCTL_RULE_OK);
	/* What the helper has not seen yet is no proof. */
	hkids[1].state = TDXCTL_HKID_UNKNOWN;
	CHECK_EQ(state("hkid.cgroup_drift", NULL), TDXCTL_RULE_OK);
	hkids[1].state = TDXCTL_HKID_ASSIGNED;
	CHECK_EQ(state("hkid.cgroup_drift", "1 HKID charged but 2 are in use"), TDXCTL_RULE_WARN);
	snap.source = TDXCTL_SOURCE_HOST;
	CHECK_EQ(state("hkid.cgroup_drift", NULL), TDXCTL_RULE_OK); /* the log says no */
	facts.log_complete = false;
	CHECK_EQ(state("hkid.cgroup_drift", "helper"), TDXCTL_RULE_UNKNOWN);
}

/* CPUID is asked before the MSR, which a CPU without TME does not have. */
static void tme_of_cpuid(void)
{
	start();
	snap.platform.has_tdx = false;
	facts.cpu.cpuid_7_ecx = (struct tdxctl_val){ .readable = true, .value = ~(1U << 13) };
	CHECK_EQ(state("bios.tme.off", "CPUID does not report TME"), TDXCTL_RULE_FAIL);
	facts.cpu.cpuid_7_ecx.value = 1U << 13;
	CHECK_EQ(state("bios.tme.off", NULL), TDXCTL_RULE_OK);
	facts.cpu.cpuid_7_ecx.readable = false;
	CHECK_EQ(state("bios.tme.off", NULL), TDXCTL_RULE_OK);
}

static void few_hkids(void)
{
	start();
	CHECK_EQ(state("bios.keyid.capacity", "HKIDs for 4 TDs at a time, 1 in use"),
		 TDXCTL_RULE_INFO);
}

static void dma_limit(void)
{
	start();
	facts.file[TDXCTL_FILE_VFIO_DMA_LIMIT].text = (char *)"65535";
	CHECK_EQ(state("create.vfio_dma", "dma_entry_limit is 65535"), TDXCTL_RULE_INFO);
	facts.file[TDXCTL_FILE_VFIO_DMA_LIMIT].text = (char *)"65536";
	CHECK_EQ(state("create.vfio_dma", NULL), TDXCTL_RULE_OK);
}

/* What KVM offers counts, not its parameter. */
static void kvm_without_tds(void)
{
	start();
	facts.file[TDXCTL_FILE_KVM_TDX].text = (char *)"Y";
	facts.kvm_vm_types = (struct tdxctl_val){ .readable = true, .value = 1 << 5 };
	CHECK_EQ(state("kvm.param", NULL), TDXCTL_RULE_OK);
	facts.kvm_vm_types.value = ~(1ULL << 5);
	CHECK_EQ(state("kvm.param", "tdx=Y, but KVM offers no TDs"), TDXCTL_RULE_FAIL);
	facts.kvm_vm_types.readable = false;
	CHECK_EQ(state("kvm.param", NULL), TDXCTL_RULE_OK);
	facts.file[TDXCTL_FILE_KVM_TDX].text = (char *)"N";
	CHECK_EQ(state("kvm.param", "tdx=N"), TDXCTL_RULE_FAIL);
}

/* Only HKIDs in use keep the last CPU of a package online. */
static void last_cpu_of_a_package(void)
{
	static struct tdxctl_cpu cpus[] = {
		{ .cpu = 0, .package = 0, .online = 1 },
		{ .cpu = 1, .package = 0, .online = 1 },
		{ .cpu = 2, .package = 1, .online = 1 },
		{ .cpu = 3, .package = 1, .online = 0 },
	};
	static struct tdxctl_package packages[] = {
		{ .id = 0, .present_cpus = 2, .online_cpus = 2 },
		{ .id = 1, .present_cpus = 2, .online_cpus = 1 },
	};

	start();
	snap.cpus = cpus;
	snap.nr_cpus = 4;
	snap.packages = packages;
	snap.nr_packages = 2;
	CHECK_EQ(state("cpu.offline_refused",
		       "CPU 2 is the last online CPU of package 1; 1 HKIDs are in use"),
		 TDXCTL_RULE_INFO);
	hkids[0].state = TDXCTL_HKID_FREE;
	CHECK_EQ(state("cpu.offline_refused", NULL), TDXCTL_RULE_OK);
	hkids[0].state = TDXCTL_HKID_UNKNOWN;
	CHECK_EQ(state("cpu.offline_refused", NULL), TDXCTL_RULE_OK);
}

static void slow_teardown(void)
{
	start();
	CHECK_EQ(state("teardown.slow", NULL), TDXCTL_RULE_OK);
	/* Only a process that is known to have ended. */
	td.vm.pid = 0;
	CHECK_EQ(state("td.owner_gone", NULL), TDXCTL_RULE_OK);
	td.vm.gone = true;
	CHECK_EQ(state("td.owner_gone", "HKID 16 is held by td:1 (web)"), TDXCTL_RULE_WARN);
	td.td.hkid = 0;
	CHECK_EQ(state("td.owner_gone", NULL), TDXCTL_RULE_OK);
	td.td.hkid = 16;
	td.td.state = TDXCTL_TD_LEAKED;
	CHECK_EQ(state("td.owner_gone", NULL), TDXCTL_RULE_OK);
	CHECK_EQ(state("teardown.slow", NULL), TDXCTL_RULE_OK);
	td.vm.gone = false;
	/* Its process lives, its pages are slow to go. */
	td.vm.pid = 7;
	td.td.state = TDXCTL_TD_BLOCKED;
	CHECK_EQ(state("teardown.slow", NULL), TDXCTL_RULE_OK);
	td.td.private_pages = 12;
	/* Just now. */
	td.td.since_ns = snap.hdr.now_ns - 59000000000ULL;
	CHECK_EQ(state("teardown.slow", NULL), TDXCTL_RULE_OK);
	td.td.since_ns = 1;
	CHECK_EQ(state("teardown.slow", "in teardown for 1 min 59 s, 12 pages are left"),
		 TDXCTL_RULE_WARN);
}

static bool match(const char *text, const char *pattern, const char *want)
{
	const char *line = "";
	size_t len = 0;

	return tdxctl_rule_match(text, pattern, &line, &len) && len == strlen(want) &&
	       !memcmp(line, want, len);
}

static void patterns(void)
{
	CHECK(match("a\n[    1.5] b c d\ne", "b*d", "b c d"));
	CHECK(match("<6>[   12.000001] tdx: x", "x", "tdx: x"));
	CHECK(match("[mem 0x1] x", "x", "[mem 0x1] x"));
	CHECK(match("b\nd b\nb d", "b*d", "b d"));
	CHECK(!match("b\nd", "b*d", ""));
	/* The upper half of a status is the beginning of sixteen digits. */
	CHECK(match("x 0xc0000b0800000001", "0xc0000b08", "x 0xc0000b0800000001"));
	CHECK(match("0xc0000b08 0xc0000b0800000001,", "0xc0000b08",
		    "0xc0000b08 0xc0000b0800000001,"));
	CHECK(!match("x 0xc0000b08 0xc0000b080000001 0xc0000b08000000011", "0xc0000b08", ""));
	CHECK(!match("x 0xc0000b08\n00000001", "0xc0000b08", ""));
	CHECK(!match("", "x", ""));
}

static void being_built(void)
{
	start();
	CHECK_EQ(state("update.during_build", NULL), TDXCTL_RULE_OK);
	td.td.state = TDXCTL_TD_INITIALIZED;
	CHECK_EQ(state("update.during_build", "td:1 (web)"), TDXCTL_RULE_INFO);
	facts.file[TDXCTL_FILE_UPLOAD_STATUS].text = (char *)"transferring";
	CHECK_EQ(state("update.during_build", "an update is in progress"), TDXCTL_RULE_WARN);
}

static void hkids_of_the_helper(void)
{
	start();
	CHECK_EQ(state("hkid.exhausted", NULL), TDXCTL_RULE_OK);
	for (int i = 0; i < 4; i++)
		hkids[i].state = TDXCTL_HKID_LEAKED;
	CHECK_EQ(state("hkid.exhausted", "4 of 4 in use, 4 of them leaked"), TDXCTL_RULE_FAIL);
	CHECK_EQ(state("hkid.leaked",
		       "HKID 0 leaked: an unknown leaf: unknown status; it is lost until the host reboots (and 3 more)"),
		 TDXCTL_RULE_FAIL);
	/* The TD that runs is the better answer. */
	CHECK_EQ(state("hkid.leak_blocks_offline", NULL), TDXCTL_RULE_OK);
	snap.nr_tds = 0;
	CHECK_EQ(state("hkid.leak_blocks_offline", NULL), TDXCTL_RULE_INFO);
	facts.log.text = (char *)"Delete all TDs in order to offline all CPUs of a package.";
	CHECK_EQ(state("hkid.leak_blocks_offline", NULL), TDXCTL_RULE_WARN);
	hkids[3].state = TDXCTL_HKID_UNKNOWN;
	CHECK_EQ(state("hkid.exhausted", NULL), TDXCTL_RULE_OK);
}

/* The rules that are checks: with the limits of the checks. */
static void limits_of_the_checks(void)
{
	struct tdxctl_lock lock = { .kind = TDXCTL_LOCK_KEY_CONFIG, .held = 1, .package = 2 };
	struct tdxctl_thresholds limits;
	struct tdxctl_finding *list;
	size_t n;

	start();
	snap.nr_locks = 1;
	snap.locks = &lock;
	lock.held_since_ns = snap.hdr.now_ns - 45 * NSEC_PER_SEC;
	CHECK_EQ(state("lock.held", "key-config lock of package 2 is held for 45.0 s"),
		 TDXCTL_RULE_WARN);
	tdxctl_thresholds_default(&limits);
	limits.critical[TDXCTL_CHECK_LOCK_HELD].value = 45 * NSEC_PER_SEC - 1;
	if (!CHECK_EQ(tdxctl_doctor(&facts, &limits, false, &list, &n), 0))
		return;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].rule->id, "lock.held"))
			CHECK_EQ(list[i].state, TDXCTL_RULE_FAIL);
	tdxctl_findings_free(list, n);
	lock.held_since_ns = snap.hdr.now_ns - NSEC_PER_SEC;
	CHECK_EQ(state("lock.held", NULL), TDXCTL_RULE_OK);
	lock.held = TDXCTL_UNKNOWN32;
	CHECK_EQ(state("lock.held", "not supported by this kernel"), TDXCTL_RULE_UNKNOWN);
	/* Few HKIDs, none, and one that only the kernel counts. */
	for (int i = 0; i < 3; i++)
		hkids[i].state = TDXCTL_HKID_CONFIGURED;
	snap.hkids_charged = 3;
	CHECK_EQ(state("hkid.few", NULL), TDXCTL_RULE_OK);
	hkids[3].state = TDXCTL_HKID_ASSIGNED;
	snap.hkids_charged = 4;
	CHECK_EQ(state("hkid.exhausted", "4 of 4"), TDXCTL_RULE_FAIL);
	CHECK_EQ(state("hkid.few", "waits for hkid.exhausted"), TDXCTL_RULE_SKIP);
	hkids[3].state = TDXCTL_HKID_FREE;
	CHECK_EQ(state("hkid.unseen", "4 HKIDs charged but the helper sees 3"), TDXCTL_RULE_WARN);
	CHECK_EQ(state("hkid.cgroup_drift", NULL), TDXCTL_RULE_OK);
	snap.hkids_charged = 2;
	CHECK_EQ(state("hkid.cgroup_drift", "2 HKIDs charged but 3"), TDXCTL_RULE_WARN);
	CHECK_EQ(state("hkid.unseen", NULL), TDXCTL_RULE_OK);
}

/* Each of several VMs may have the wrong address. */
static void quote_sockets_of_several_vms(void)
{
	static char web[] = "web", db[] = "db";
	struct tdxctl_quote_socket q[] = {
		{ .vm = web, .pid = 7, .vsock = true, .cid = 2, .port = 4050 },
		{ .vm = db, .pid = 8, .vsock = true, .cid = 1, .port = 4050 },
		{ .pid = 9, .vsock = true, .cid = 2, .port = 4050 },
	};

	start();
	facts.quote_sockets = q;
	facts.nr_quote_sockets = 3;
	facts.quote_socket_count = (struct tdxctl_val){ .readable = true, .value = 3 };
	CHECK_EQ(attested("qgs.wrong_cid", NULL), TDXCTL_RULE_OK);
	q[1].port = 4051;
	CHECK_EQ(attested("qgs.wrong_cid", "VM db (8) sends quote requests to port 4051"),
		 TDXCTL_RULE_INFO);
	q[1].port = TDXCTL_UNKNOWN;
	q[2].port = 4052;
	CHECK_EQ(attested("qgs.wrong_cid", "VM ? (9) sends quote requests to port 4052"),
		 TDXCTL_RULE_INFO);
	/* A wrong CID is worse than an unusual port. */
	q[1].cid = 3;
	CHECK_EQ(attested("qgs.wrong_cid", "VM db (8) sends quote requests to CID 3"),
		 TDXCTL_RULE_FAIL);
	q[1].vsock = false;
	q[2].vsock = false;
	CHECK_EQ(attested("qgs.wrong_cid", NULL), TDXCTL_RULE_OK);
	q[0].cid = 0;
	CHECK_EQ(attested("qgs.wrong_cid", "VM web (7) sends quote requests to CID 0"),
		 TDXCTL_RULE_FAIL);
}

/* The line may be in the log of any VM. */
static void logs_of_several_vms(void)
{
	static char web[] = "web", db[] = "db", quiet[] = "a\nb\n";
	static char denied[] = "a\nqgs.socket: Permission denied\n";
	struct tdxctl_vm_log logs[] = { { web, quiet }, { db, quiet } };

	start();
	facts.vm_logs = logs;
	facts.nr_vm_logs = 2;
	facts.vm_log_count.value = 2;
	CHECK_EQ(attested("qgs.socket", NULL), TDXCTL_RULE_OK);
	logs[1].text = denied;
	CHECK_EQ(attested("qgs.socket", "log of VM db: qgs.socket: Permission denied"),
		 TDXCTL_RULE_FAIL);
	logs[0].text = denied;
	CHECK_EQ(attested("qgs.socket", "log of VM web"), TDXCTL_RULE_FAIL);
}

/* Each of the kernel's messages for it is the reason. */
static void why_kvm_turned_tdx_off(void)
{
	static char *const lines[] = {
		"kvm_intel: Failed to initialize TDX module",
		"virt/tdx: module initialization failed (-5)",
		"kvm_intel: TDX not supported by the host platform",
	};
	char text[200];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		start();
		snap.platform.has_tdx = false;
		facts.path[TDXCTL_PATH_KVM_DEV] =
			(struct tdxctl_val){ .readable = true, .value = 1 };
		facts.file[TDXCTL_FILE_KVM_TDX].text = (char *)"N";
		facts.log.text = lines[i];
		snprintf(text, sizeof(text), "KVM turned TDX off; kernel log: %s", lines[i]);
		CHECK_EQ(state("kvm.param", text), TDXCTL_RULE_FAIL);
	}
}

static void error_of_an_update(void)
{
	start();
	facts.file[TDXCTL_FILE_UPLOAD_ERROR] =
		(struct tdxctl_text){ .absent = true, .reason = "not there" };
	CHECK_EQ(state("update.error", NULL), TDXCTL_RULE_SKIP);
	facts.file[TDXCTL_FILE_UPLOAD_ERROR].absent = false;
	CHECK_EQ(state("update.error", "not there"), TDXCTL_RULE_UNKNOWN);
	facts.file[TDXCTL_FILE_UPLOAD_ERROR].text = (char *)"";
	CHECK_EQ(state("update.error", NULL), TDXCTL_RULE_OK);
	facts.file[TDXCTL_FILE_UPLOAD_ERROR].text = (char *)"transferring:hw-error";
	CHECK_EQ(state("update.error", "transferring:hw-error"), TDXCTL_RULE_FAIL);
}

/* Text of a log must not reach a terminal as it is. */
static void details_are_clean(void)
{
	start();
	facts.log.text = (char *)"TDX private memory error \033[31m\001";
	CHECK_EQ(state("mce.tdx_private", "error ?[31m?"), TDXCTL_RULE_FAIL);
}

/* Values that are not readable are not used. */
static void unreadable_values_are_not_used(void)
{
	static const struct tdxctl_val six = { .readable = true, .value = 6 },
				       model = { .readable = true, .value = 0x8f };

	start();
	facts.file[TDXCTL_FILE_TDX_VERSION].text = (char *)"2.0.08";
	facts.cpu.family = six;
	facts.cpu.model = model;
	CHECK_EQ(state("module.series", "2.0.08"), TDXCTL_RULE_WARN);
	facts.cpu.family.readable = false;
	CHECK_EQ(state("module.series", NULL), TDXCTL_RULE_OK);
	facts.cpu.family.readable = true;
	facts.cpu.model.readable = false;
	facts.cpu.model.reason = "not there";
	CHECK_EQ(state("module.series", "not there"), TDXCTL_RULE_UNKNOWN);
	facts.file[TDXCTL_FILE_SEAMLDR_VERSION].text = (char *)"1.0.00";
	facts.cpu.model.readable = true;
	CHECK_EQ(state("update.seamldr", "1.0.00"), TDXCTL_RULE_WARN);
	facts.cpu.family.readable = false;
	CHECK_EQ(state("update.seamldr", NULL), TDXCTL_RULE_UNKNOWN);
	facts.cpu.family.readable = true;
	facts.cpu.model.readable = false;
	CHECK_EQ(state("update.seamldr", NULL), TDXCTL_RULE_UNKNOWN);
	/* The cgroup's counts. */
	start();
	facts.log_complete = false;
	facts.hkid_current = (struct tdxctl_val){ .value = 0, .reason = "not there" };
	snap.hkids_charged = TDXCTL_UNKNOWN;
	CHECK_EQ(state("hkid.cgroup_drift", "not there"), TDXCTL_RULE_UNKNOWN);
	snap.source = TDXCTL_SOURCE_HOST;
	facts.hkid_current.value = 4;
	CHECK_EQ(state("hkid.exhausted", "not there"), TDXCTL_RULE_UNKNOWN);
	facts.hkid_current.readable = true;
	CHECK_EQ(state("hkid.exhausted", "4 of 4"), TDXCTL_RULE_FAIL);
	facts.hkid_capacity = (struct tdxctl_val){ .value = 4, .reason = "hidden" };
	CHECK_EQ(state("hkid.exhausted", "hidden"), TDXCTL_RULE_UNKNOWN);
}

static void names_of_states(void)
{
	for (int i = 0; i < TDXCTL_RULE_STATES; i++)
		CHECK(tdxctl_rule_state_str((enum tdxctl_rule_state)i)[0]);
	CHECK(!tdxctl_rule_state_str(TDXCTL_RULE_STATES));
	for (int i = 0; i < TDXCTL_GROUPS; i++)
		CHECK(tdxctl_rule_group_str((enum tdxctl_rule_group)i)[0]);
	CHECK(!tdxctl_rule_group_str(TDXCTL_GROUPS));
}

/* The end of a long line is shown, where the cause is, but never less than the match. */
static void long_lines(void)
{
	static const char pattern[] = "TDX private memory error";
	static const struct {
		size_t len, match; /* of the line, and where the pattern is in it */
		size_t from, to;   /* what is shown */
	} t[] = {
		{ 179, 0, 0, 179 },	{ 180, 0, 0, 180 },	{ 180, 156, 0, 180 },
		{ 181, 1, 1, 181 },	{ 181, 0, 0, 180 },	{ 300, 0, 0, 180 },
		{ 300, 50, 50, 230 },	{ 300, 119, 119, 299 }, { 300, 120, 120, 300 },
		{ 300, 121, 120, 300 }, { 300, 276, 120, 300 },
	};
	char line[320], want[320];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		for (size_t k = 0; k < t[i].len; k++)
			line[k] = (char)('a' + k % 26);
		memcpy(line + t[i].match, pattern, strlen(pattern));
		line[t[i].len] = '\0';
		snprintf(want, sizeof(want), "kernel log: %s%.*s", t[i].from ? "..." : "",
			 (int)(t[i].to - t[i].from), line + t[i].from);
		start();
		facts.log.text = line;
		CHECK_EQ(state("mce.tdx_private", NULL), TDXCTL_RULE_FAIL);
		if (!CHECK_STR(found.detail, want))
			fprintf(stderr, "  case %zu\n", i);
	}
}

/* What a check does not know is no detail once the log has answered. */
static void log_answers_a_check(void)
{
	start();
	facts.file[TDXCTL_FILE_KVM_EPT].reason = "not there";
	CHECK_EQ(state("kvm.prereq", NULL), TDXCTL_RULE_OK);
	CHECK_STR(found.detail, "");
	facts.log_complete = false;
	CHECK_EQ(state("kvm.prereq", NULL), TDXCTL_RULE_UNKNOWN);
	CHECK_STR(found.detail, "parameters of KVM: not there");
	facts.log.text = (char *)"kvm_intel: APICv is required\n";
	CHECK_EQ(state("kvm.prereq", NULL), TDXCTL_RULE_FAIL);
	CHECK_STR(found.detail, "kernel log: kvm_intel: APICv is required");
	/* The log is not asked if KVM has TDs. */
	facts.kvm_vm_types = (struct tdxctl_val){ .readable = true, .value = 1 << 5 };
	CHECK_EQ(state("kvm.prereq", NULL), TDXCTL_RULE_OK);
}

int main(void)
{
	RUN(the_table);
	RUN(names_of_states);
	RUN(long_lines);
	RUN(log_answers_a_check);
	RUN(drift);
	RUN(tme_of_cpuid);
	RUN(few_hkids);
	RUN(dma_limit);
	RUN(kvm_without_tds);
	RUN(last_cpu_of_a_package);
	RUN(slow_teardown);
	RUN(patterns);
	RUN(being_built);
	RUN(hkids_of_the_helper);
	RUN(limits_of_the_checks);
	RUN(quote_sockets_of_several_vms);
	RUN(logs_of_several_vms);
	RUN(why_kvm_turned_tdx_off);
	RUN(error_of_an_update);
	RUN(details_are_clean);
	RUN(unreadable_values_are_not_used);
	return check_done("test-lib-doctor");
}
