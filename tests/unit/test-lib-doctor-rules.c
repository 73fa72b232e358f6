/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules at their limits: each condition on both sides, each row of a table. */
#include "doctor-host.h"
#include "doctor/rule.h"

static struct tdxctl_val value(uint64_t v)
{
	return (struct tdxctl_val){ .readable = true, .value = v };
}

static void set(enum tdxctl_file file, const char *text)
{
	facts.file[file] = (struct tdxctl_text){ .text = (char *)text };
}

static void cpu(uint64_t family, uint64_t model)
{
	facts.cpu.family = value(family);
	facts.cpu.model = value(model);
}

/* ---- packages ---- */

/* The packages must agree on these MSRs; one that only faults in one of them differs as well. */
static void packages_that_differ(void)
{
	static const enum tdxctl_msr same[] = { TDXCTL_MSR_KEYID, TDXCTL_MSR_TME_CAPABILITY,
						TDXCTL_MSR_TME_ACTIVATE, TDXCTL_MSR_SEAMRR_BASE,
						TDXCTL_MSR_SEAMRR_MASK };
	static struct tdxctl_package packages[3];
	static struct tdxctl_msr_set sets[3];
	char text[100];

	start();
	snap.packages = packages;
	facts.msrs = sets;
	facts.nr_msrs = snap.nr_packages = 0;
	CHECK_EQ(state("sock.mismatch", "no CPU package was found"), TDXCTL_RULE_UNKNOWN);
	snap.nr_packages = 1;
	facts.nr_msrs = 1;
	CHECK_EQ(state("sock.mismatch", NULL), TDXCTL_RULE_OK);
	snap.nr_packages = facts.nr_msrs = 3;
	for (uint32_t i = 0; i < 3; i++) {
		sets[i].package = 10 + i;
		for (size_t k = 0; k < TDXCTL_MSR_COUNT; k++)
			sets[i].msr[k] = (struct tdxctl_val){ .reason = "run as root" };
	}
	CHECK_EQ(state("sock.mismatch", "run as root"), TDXCTL_RULE_UNKNOWN);
	sets[0].msr[TDXCTL_MSR_KEYID] = value(7);
	CHECK_EQ(state("sock.mismatch", "the MSRs of only one package are known"),
		 TDXCTL_RULE_UNKNOWN);
	sets[2].msr[TDXCTL_MSR_KEYID] = value(7);
	CHECK_EQ(state("sock.mismatch", NULL), TDXCTL_RULE_OK);
	for (size_t k = 0; k < ARRAY_SIZE(same); k++) {
		unsigned int nr = tdxctl_msr_number(same[k]);

		for (size_t i = 0; i < 3; i++)
			sets[i].msr[same[k]] = value(5);
		CHECK_EQ(state("sock.mismatch", NULL), TDXCTL_RULE_OK);
		sets[2].msr[same[k]] = value(6);
		snprintf(text, sizeof(text), "MSR 0x%x: 0x5 in package 10, 0x6 in package 12", nr);
		CHECK_EQ(state("sock.mismatch", text), TDXCTL_RULE_FAIL);
		sets[2].msr[same[k]] = (struct tdxctl_val){ .fault = true, .reason = "none" };
		snprintf(text, sizeof(text), "package 10 has MSR 0x%x, package 12 does not", nr);
		CHECK_EQ(state("sock.mismatch", text), TDXCTL_RULE_FAIL);
		sets[2].msr[same[k]] = value(5);
		sets[0].msr[same[k]] = (struct tdxctl_val){ .fault = true, .reason = "none" };
		snprintf(text, sizeof(text), "package 11 has MSR 0x%x, package 10 does not", nr);
		CHECK_EQ(state("sock.mismatch", text), TDXCTL_RULE_FAIL);
		/* No package has it. */
		sets[1].msr[same[k]] = sets[2].msr[same[k]] = sets[0].msr[same[k]];
		CHECK(state("sock.mismatch", NULL) != TDXCTL_RULE_FAIL);
		for (size_t i = 0; i < 3; i++)
			sets[i].msr[same[k]] = value(5);
	}
	/* Other MSRs may differ. */
	sets[0].msr[TDXCTL_MSR_VMX_BASIC] = value(1);
	sets[1].msr[TDXCTL_MSR_VMX_BASIC] = value(2);
	CHECK_EQ(state("sock.mismatch", NULL), TDXCTL_RULE_OK);
}

/* ---- the TDX module ---- */

/* A series and a CPU that are both known must match; what is not known is no fault. */
static void series_of_modules(void)
{
	static const struct {
		const char *version;
		unsigned int family, model;
		bool good;
	} t[] = {
		{ "1.5.05", 6, 0x8f, true },  { "1.5.05", 6, 0xcf, true },
		{ "1.5.05", 6, 0xaf, true },  { "1.5.05", 6, 0xad, false },
		{ "1.5.05", 6, 0xae, false }, { "1.5.05", 6, 0xdd, false },
		{ "2.0.08", 6, 0x8f, false }, { "2.0.08", 6, 0xcf, false },
		{ "2.0.08", 6, 0xaf, false }, { "2.0.08", 6, 0xad, true },
		{ "2.0.08", 6, 0xae, true },  { "2.0.08", 6, 0xdd, true },
		{ "1.5.05", 6, 0xb6, true },  { "2.0.08", 6, 0, true },
		{ "1.5.05", 15, 0xad, true }, { "2.0.08", 5, 0x8f, true },
		{ "3.0.01", 6, 0x8f, true },  { "2.5.01", 6, 0x8f, true },
		{ "1.0.03", 6, 0xad, true },  { "1.4.03", 6, 0xad, true },
	};

	start();
	CHECK_EQ(state("module.series", "version is not known"), TDXCTL_RULE_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		set(TDXCTL_FILE_TDX_VERSION, t[i].version);
		cpu(t[i].family, t[i].model);
		/* A module that is too old is reported as that. */
		find("module.series", false);
		if (!CHECK_EQ(found.state, t[i].good ? TDXCTL_RULE_OK : TDXCTL_RULE_WARN))
			fprintf(stderr, "  %s on 0x%x\n", t[i].version, t[i].model);
		CHECK(t[i].good || strstr(found.detail, t[i].version));
	}
}

static void old_modules(void)
{
	static const struct {
		const char *version;
		enum tdxctl_rule_state old, topology;
	} t[] = {
		{ "1.0.03", TDXCTL_RULE_FAIL, TDXCTL_RULE_OK },
		{ "1.4.09", TDXCTL_RULE_FAIL, TDXCTL_RULE_OK },
		{ "1.5.01", TDXCTL_RULE_OK, TDXCTL_RULE_FAIL },
		{ "1.5.04", TDXCTL_RULE_OK, TDXCTL_RULE_FAIL },
		{ "1.5.05", TDXCTL_RULE_OK, TDXCTL_RULE_OK },
		{ "1.6.01", TDXCTL_RULE_OK, TDXCTL_RULE_OK },
		{ "2.0.02", TDXCTL_RULE_OK, TDXCTL_RULE_OK },
		{ "2.5.01", TDXCTL_RULE_OK, TDXCTL_RULE_OK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		set(TDXCTL_FILE_TDX_VERSION, t[i].version);
		CHECK_EQ(state("module.too_old_v1", NULL), t[i].old);
		CHECK_EQ(state("module.topology", NULL), t[i].topology);
		/* KVM has TDs, so it found what it needs. */
		facts.kvm_vm_types = value(1 << 5);
		CHECK_EQ(state("module.topology", NULL), TDXCTL_RULE_OK);
	}
	start();
	CHECK_EQ(state("module.topology", "version is not known"), TDXCTL_RULE_UNKNOWN);
}

/* Kernels of distributions print the version or only the number of the build. */
static void recommended_modules(void)
{
	static const struct {
		const char *line;
		enum tdxctl_rule_state perf;
		const char *detail;
	} t[] = {
		{ "TDX module 1.5.05.46, build number 698", TDXCTL_RULE_OK, "module 1.5.05; " },
		{ "TDX module 1.5.04.46, build number 698", TDXCTL_RULE_SKIP, "module.topology" },
		{ "TDX module: major_version 1, minor_version 5, build_date 1, build_num 697",
		  TDXCTL_RULE_INFO, "module 1.5 build 697; 1.5.05 (build 698) or later" },
		{ "TDX module: major_version 1, minor_version 5, build_date 1, build_num 698",
		  TDXCTL_RULE_OK, "1.5.28" },
		{ "TDX module: major_version 2, minor_version 0, build_date 1, build_num 1",
		  TDXCTL_RULE_OK, "2.0.20" },
		{ "TDX module 2.5.05.46, build number 698", TDXCTL_RULE_UNKNOWN,
		  "series 2.5 is not known" },
		{ "TDX module 3.0.05.46, build number 698", TDXCTL_RULE_UNKNOWN,
		  "series 3.0 is not known" },
		{ "TDX module 1.5, build number 698", TDXCTL_RULE_UNKNOWN, "version is not known" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		facts.log.text = (char *)t[i].line;
		if (!CHECK_EQ(state("perf.old_module", t[i].detail), t[i].perf))
			fprintf(stderr, "  %s\n", t[i].line);
	}
	CHECK_EQ(state("module.topology", NULL), TDXCTL_RULE_UNKNOWN);
	facts.log.text = (char *)"major_version 1, minor_version 5, build_date 1, build_num 698";
	CHECK_EQ(state("module.topology", "the build number does not identify the version"),
		 TDXCTL_RULE_UNKNOWN);
	CHECK_EQ(attested("module.tcb", "the build number does not identify the version"),
		 TDXCTL_RULE_UNKNOWN);
}

/* The TCB recovery requires SVN 11 of series 1.5, which 1.5.16 is the first to have. */
static void modules_and_the_tcb(void)
{
	static const struct {
		const char *version;
		enum tdxctl_rule_state state;
		const char *detail;
	} t[] = {
		{ "1.5.05", TDXCTL_RULE_WARN, "has SVN 5; " },
		{ "1.5.13", TDXCTL_RULE_WARN, "has SVN 10; " },
		{ "1.5.15", TDXCTL_RULE_WARN, "requires SVN 11 (1.5.16)" },
		{ "1.5.16", TDXCTL_RULE_OK, "module 1.5.16" },
		{ "1.5.99", TDXCTL_RULE_OK, "module 1.5.99" },
		{ "1.5.00", TDXCTL_RULE_OK, "module 1.5.00" },
		{ "1.6.01", TDXCTL_RULE_OK, "no required version of this series" },
		{ "2.0.02", TDXCTL_RULE_OK, "no required version of this series" },
		{ "2.5.02", TDXCTL_RULE_OK, "no required version of this series" },
	};

	start();
	CHECK_EQ(attested("module.tcb", "version is not known"), TDXCTL_RULE_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		start();
		set(TDXCTL_FILE_TDX_VERSION, t[i].version);
		if (!CHECK_EQ(attested("module.tcb", t[i].detail), t[i].state))
			fprintf(stderr, "  %s\n", t[i].version);
	}
}

/* Every version from one release to the next has the SVN of the former. */
static void releases_of_modules(void)
{
	static const struct {
		unsigned int minor, update, svn;
	} t[] = {
		{ 5, 1, 4 },   { 5, 5, 5 },   { 5, 8, 7 },   { 5, 9, 8 },   { 5, 13, 10 },
		{ 5, 16, 11 }, { 5, 20, 12 }, { 5, 24, 13 }, { 5, 25, 13 }, { 5, 28, 14 },
		{ 0, 2, 3 },   { 0, 8, 5 },   { 0, 12, 6 },  { 0, 14, 7 },  { 0, 16, 8 },
		{ 0, 18, 9 },  { 0, 20, 9 },
	};
	const struct module_release *r;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		unsigned int major = t[i].minor ? 1 : 2;
		bool first = !i || t[i - 1].minor != t[i].minor;
		bool last = i + 1 == ARRAY_SIZE(t) || t[i + 1].minor != t[i].minor;

		for (unsigned int u = t[i].update; u < (last ? 999 : t[i + 1].update); u++) {
			r = release_at_most(major, t[i].minor, u);
			if (!CHECK(r) || !CHECK_EQ(r->update, t[i].update))
				break;
			CHECK_EQ(r->svn, t[i].svn);
			CHECK_EQ(r->major, major);
			CHECK_EQ(r->minor, t[i].minor);
		}
		/* The oldest one that has an SVN. */
		if (first || t[i].svn > t[i - 1].svn) {
			r = release_of_svn(major, t[i].minor, t[i].svn);
			CHECK(r && r->update == t[i].update && r->major == major);
		}
		if (first)
			CHECK(!release_at_most(major, t[i].minor, t[i].update - 1));
		if (last)
			CHECK(!release_of_svn(major, t[i].minor, t[i].svn + 1));
	}
	CHECK(!release_at_most(1, 0, 99) && !release_at_most(2, 5, 99) &&
	      !release_at_most(3, 0, 9));
	CHECK(!release_of_svn(1, 0, 1) && !release_of_svn(2, 5, 1) && !release_of_svn(3, 0, 1));
	CHECK(!release_series(1, 0) && !release_series(2, 5) && !release_series(3, 0));
	CHECK(!release_floor(2, 0) && !release_floor(1, 0) && !release_floor(2, 5));
}

/* ---- updates ---- */

static void updates_left(void)
{
	start();
	facts.file[TDXCTL_FILE_UPDATES_LEFT] =
		(struct tdxctl_text){ .absent = true, .reason = "not present" };
	CHECK_EQ(state("update.exhausted", "not supported"), TDXCTL_RULE_SKIP);
	facts.file[TDXCTL_FILE_UPDATES_LEFT].absent = false;
	CHECK_EQ(state("update.exhausted", "not present"), TDXCTL_RULE_UNKNOWN);
	set(TDXCTL_FILE_UPDATES_LEFT, "0");
	CHECK_EQ(state("update.exhausted", NULL), TDXCTL_RULE_WARN);
	set(TDXCTL_FILE_UPDATES_LEFT, "1");
	CHECK_EQ(state("update.exhausted", NULL), TDXCTL_RULE_OK);
}

static void loaders(void)
{
	static const struct {
		unsigned int model;
		const char *version;
		enum tdxctl_rule_state state;
	} t[] = {
		{ 0x8f, "1.4.99", TDXCTL_RULE_WARN }, { 0x8f, "0.9.00", TDXCTL_RULE_WARN },
		{ 0x8f, "1.5.00", TDXCTL_RULE_OK },   { 0x8f, "1.6.00", TDXCTL_RULE_OK },
		{ 0x8f, "2.0.00", TDXCTL_RULE_OK },   { 0xad, "1.9.00", TDXCTL_RULE_WARN },
		{ 0xad, "2.0.00", TDXCTL_RULE_OK },   { 0xad, "3.0.00", TDXCTL_RULE_OK },
		{ 0xad, "2.0", TDXCTL_RULE_UNKNOWN }, { 0x01, "2.0.00", TDXCTL_RULE_UNKNOWN },
	};

	start();
	facts.file[TDXCTL_FILE_SEAMLDR_VERSION] =
		(struct tdxctl_text){ .absent = true, .reason = "not present" };
	CHECK_EQ(state("update.seamldr", "not supported"), TDXCTL_RULE_SKIP);
	facts.file[TDXCTL_FILE_SEAMLDR_VERSION].absent = false;
	CHECK_EQ(state("update.seamldr", "not present"), TDXCTL_RULE_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cpu(6, t[i].model);
		set(TDXCTL_FILE_SEAMLDR_VERSION, t[i].version);
		if (!CHECK_EQ(state("update.seamldr", NULL), t[i].state))
			fprintf(stderr, "  %s on 0x%x\n", t[i].version, t[i].model);
	}
	cpu(6, 0x8f);
	set(TDXCTL_FILE_SEAMLDR_VERSION, "1.4.07");
	CHECK_EQ(state("update.seamldr", "loader 1.4.07; modules 1.5 need 1.5.00 or later"),
		 TDXCTL_RULE_WARN);
}

/* The CPU's bug keeps the kernel from offering updates. */
static void updates_that_are_unavailable(void)
{
	static struct tdxctl_msr_set set0;

	start();
	facts.msrs = &set0;
	facts.nr_msrs = 1;
	set0.msr[TDXCTL_MSR_VMX_BASIC] = value(1ULL << 60);
	CHECK_EQ(state("update.unavailable", "not supported by this kernel"), TDXCTL_RULE_SKIP);
	set0.msr[TDXCTL_MSR_VMX_BASIC].value = ~(1ULL << 60);
	CHECK_EQ(state("update.unavailable", "MSR 0x480 bit 60 is clear"), TDXCTL_RULE_INFO);
	set0.msr[TDXCTL_MSR_VMX_BASIC].readable = false;
	CHECK_EQ(state("update.unavailable", "not supported by this kernel"), TDXCTL_RULE_SKIP);
	facts.cpu.bugs = (struct tdxctl_text){ .text = (char *)"tdx_pw_mce seamret_invd_vmcs" };
	CHECK_EQ(state("update.unavailable", "the CPU has the bug seamret_invd_vmcs"),
		 TDXCTL_RULE_INFO);
	facts.path[TDXCTL_PATH_UPLOAD] = value(1);
	CHECK_EQ(state("update.unavailable", NULL), TDXCTL_RULE_OK);
}

/* ---- the helper ---- */

/* Each number is that of its own rule. Without the helper there is none. */
static void what_the_helper_missed(void)
{
	static const char *const ids[] = { "helper.missed", "helper.dropped", "helper.disagrees" };
	char lines[] = "td 1: other HKID\n";

	start();
	facts.disagreement.text = (char *)"";
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		CHECK_EQ(state(ids[i], NULL), TDXCTL_RULE_OK);
	snap.hdr.missed = 3;
	CHECK_EQ(state(ids[0], "3"), TDXCTL_RULE_WARN);
	CHECK_EQ(state(ids[1], NULL), TDXCTL_RULE_OK);
	CHECK_EQ(state(ids[2], NULL), TDXCTL_RULE_OK);
	snap.hdr.missed = 0;
	snap.hdr.tds_dropped = 4;
	CHECK_EQ(state(ids[0], NULL), TDXCTL_RULE_OK);
	CHECK_EQ(state(ids[1], "4 TDs are not tracked"), TDXCTL_RULE_WARN);
	CHECK_EQ(state(ids[2], NULL), TDXCTL_RULE_OK);
	snap.hdr.tds_dropped = 0;
	facts.disagreement.text = lines;
	CHECK_EQ(state(ids[1], NULL), TDXCTL_RULE_OK);
	CHECK_EQ(state(ids[2], "td 1: other HKID"), TDXCTL_RULE_WARN);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		start();
		snap.source = TDXCTL_SOURCE_HOST;
		CHECK_EQ(state(ids[i], "the helper is not loaded"), TDXCTL_RULE_SKIP);
		snap.source = TDXCTL_SOURCE_BPF;
		CHECK_EQ(state(ids[i], "the helper is not loaded"), TDXCTL_RULE_SKIP);
		/* It is loaded, but does not respond. */
		facts.helper_err = -EIO;
		snap.source = TDXCTL_SOURCE_HOST;
		CHECK_EQ(state(ids[i], NULL), TDXCTL_RULE_UNKNOWN);
		CHECK(!strstr(found.detail, "not loaded"));
	}
}

/* ---- leaks ---- */

/* Without a TD, a leaked HKID alone keeps the CPUs online. */
static void leaks_and_cpus(void)
{
	static const char id[] = "hkid.leak_blocks_offline";

	start();
	CHECK_EQ(state(id, NULL), TDXCTL_RULE_OK);
	hkids[1].state = TDXCTL_HKID_LEAKED;
	CHECK_EQ(state(id, NULL), TDXCTL_RULE_OK);
	/* The TD has no HKID, or is the one whose HKID leaked. */
	td.td.hkid = 0;
	CHECK_EQ(state(id, "no TD exists"), TDXCTL_RULE_INFO);
	td.td.hkid = 16;
	td.td.state = TDXCTL_TD_LEAKED;
	CHECK_EQ(state(id, "no TD exists"), TDXCTL_RULE_INFO);
	snap.nr_tds = 0;
	CHECK_EQ(state(id, "no TD exists"), TDXCTL_RULE_INFO);
	/* Without the helper, the log shows the leak, and KVM's debugfs the VMs. */
	start();
	snap.source = TDXCTL_SOURCE_HOST;
	snap.nr_tds = 0;
	snap.nr_hkids = 0;
	facts.log.text = (char *)"tdh_mng_key_freeid() failed. HKID 17 is leaked.";
	facts.kvm_vms.reason = "not there";
	CHECK_EQ(state(id, "KVM's debugfs: not there"), TDXCTL_RULE_UNKNOWN);
	facts.kvm_vms = value(0);
	CHECK_EQ(state(id, "no TD exists"), TDXCTL_RULE_INFO);
	facts.kvm_vms = value(1);
	CHECK_EQ(state(id, NULL), TDXCTL_RULE_OK);
	facts.kvm_vms = value(2);
	CHECK_EQ(state(id, NULL), TDXCTL_RULE_OK);
	facts.log.text = (char *)"";
	facts.log_complete = false;
	CHECK_EQ(state(id, "its oldest messages are lost"), TDXCTL_RULE_UNKNOWN);
	facts.log.text = NULL;
	facts.log.reason = "no kernel log";
	CHECK_EQ(state(id, "no kernel log"), TDXCTL_RULE_UNKNOWN);
	snap.source = TDXCTL_SOURCE_EMULATED;
	CHECK_EQ(state(id, NULL), TDXCTL_RULE_OK);
}

/* More HKIDs than VMs may be a leak, or a teardown that has not ended. */
static void possible_leaks(void)
{
	start();
	snap.source = TDXCTL_SOURCE_HOST;
	snap.nr_tds = snap.nr_hkids = 0;
	facts.hkid_current = value(2);
	facts.kvm_vms = value(1);
	CHECK_EQ(state("hkid.leaked", "possible leak: misc cgroup: 2 HKIDs in use, KVM: 1 VM"),
		 TDXCTL_RULE_WARN);
	CHECK(strstr(found.fix, "no TD is in teardown"));
	facts.kvm_vms = value(2);
	CHECK_EQ(state("hkid.leaked", NULL), TDXCTL_RULE_OK);
	CHECK(!strstr(found.fix, "no TD is in teardown"));
	facts.log_complete = false;
	CHECK_EQ(state("hkid.leaked", "helper"), TDXCTL_RULE_UNKNOWN);
}

static void hkids_that_the_helper_does_not_know(void)
{
	start();
	snap.hkids_charged = 1;
	CHECK_EQ(state("hkid.unseen", NULL), TDXCTL_RULE_OK);
	/* The cgroup counts what the helper sees, so no HKID is in use that it does not know. */
	hkids[1].state = TDXCTL_HKID_UNKNOWN;
	CHECK_EQ(state("hkid.unseen", NULL), TDXCTL_RULE_OK);
	/* Not one is in use, whatever their range is. */
	snap.nr_hkids = 0;
	snap.hkids_charged = 0;
	CHECK_EQ(state("hkid.unseen", NULL), TDXCTL_RULE_OK);
	snap.nr_hkids = 4;
	snap.hkids_charged = TDXCTL_UNKNOWN;
	CHECK_EQ(state("hkid.unseen", NULL), TDXCTL_RULE_UNKNOWN);
	snap.hkids_charged = 1;
	snap.source = TDXCTL_SOURCE_HOST;
	CHECK_EQ(state("hkid.unseen", "needs the helper"), TDXCTL_RULE_UNKNOWN);
	snap.source = TDXCTL_SOURCE_EMULATED;
	CHECK_EQ(state("hkid.unseen", "an emulated host has no cgroups"), TDXCTL_RULE_SKIP);
}

/* Only the helper gives TDs a number. */
static void names_of_tds_that_are_built(void)
{
	start();
	td.td.state = TDXCTL_TD_ASSIGNED;
	CHECK_EQ(state("update.during_build", NULL), TDXCTL_RULE_INFO);
	CHECK_STR(found.detail, "td:1 (web) is not finalized");
	td.td.state = TDXCTL_TD_KEYS_CONFIGURED;
	td.td.id = 0;
	CHECK_EQ(state("update.during_build", NULL), TDXCTL_RULE_INFO);
	CHECK_STR(found.detail, "web is not finalized");
	set(TDXCTL_FILE_UPLOAD_STATUS, "idle");
	CHECK_EQ(state("update.during_build", NULL), TDXCTL_RULE_INFO);
	snap.source = TDXCTL_SOURCE_HOST;
	CHECK_EQ(state("update.during_build", "the helper is not loaded"), TDXCTL_RULE_UNKNOWN);
}

int main(void)
{
	RUN(packages_that_differ);
	RUN(series_of_modules);
	RUN(old_modules);
	RUN(recommended_modules);
	RUN(modules_and_the_tcb);
	RUN(releases_of_modules);
	RUN(updates_left);
	RUN(loaders);
	RUN(updates_that_are_unavailable);
	RUN(what_the_helper_missed);
	RUN(leaks_and_cpus);
	RUN(possible_leaks);
	RUN(hkids_that_the_helper_does_not_know);
	RUN(names_of_tds_that_are_built);
	return check_done("test-lib-doctor-rules");
}
