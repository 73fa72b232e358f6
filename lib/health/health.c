/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of checks, and how each of them measures. */
#include <stdio.h>
#include "exam.h"

#define ENOUGH_CALLS 1000 /* fewer calls give no useful percentage */

static int packages_uncovered(struct tdxctl_exam *x)
{
	static const char until[] =
		"no TD can be created or torn down until one of its CPUs is online";
	const struct tdxctl_snapshot *s = x->snap;
	struct package_gap gap;
	enum tdxctl_health h;
	bool named = false;
	int err = 0;

	packages_offline(x->facts, &gap);
	if (gap.found == TDXCTL_TRI_UNKNOWN)
		return exam_unknown(x,
				    s->nr_packages ?
					    "the package of an offline CPU is not known without the helper" :
					    "no CPU package was found");
	if (gap.found == TDXCTL_YES && !gap.sure && !gap.refused)
		return exam_unsure(x, "%s has no online CPU: if it is a package, %s", gap.what,
				   until);
	exam_set_total(x, gap.total);
	h = exam_judge(x, gap.count);
	for (size_t i = 0; h && !err && i < s->nr_packages; i++) {
		if (!s->packages[i].present_cpus || s->packages[i].online_cpus)
			continue;
		named = true;
		err = exam_reason(x, h, "package %u has no online CPU: %s", s->packages[i].id,
				  until);
	}
	return h && !named ? exam_reason(x, h, "%s has no online CPU: %s", gap.what, until) : err;
}

static int cpus_not_enabled(struct tdxctl_exam *x)
{
	const struct tdxctl_snapshot *s = x->snap;
	uint64_t bad = 0, online = 0, known = 0;
	enum tdxctl_health h;
	uint32_t first = 0;

	if (exam_blind(x, TDXCTL_SUBJECT_CPUS))
		return 0;
	for (size_t i = 0; i < s->nr_cpus; i++) {
		const struct tdxctl_cpu *c = &s->cpus[i];

		online += !!c->online;
		if (!c->online || c->state == TDXCTL_CPU_UNKNOWN)
			continue;
		known++;
		if (c->state != TDXCTL_CPU_ENABLED && !bad++)
			first = c->cpu;
	}
	if (!known)
		return exam_unknown(x,
				    "no SEAMCALL was seen on any CPU yet; 'tdxctl cpu' tests each CPU");
	exam_set_total(x, online);
	h = exam_judge(x, bad);
	return h ? exam_reason(x, h,
			       "%" PRIu64
			       " online CPU%s not enabled for TDX (first: CPU %u): 'tdxctl cpu' lists them",
			       bad, bad == 1 ? " is" : "s are", first) :
		   0;
}

static int lock_held(struct tdxctl_exam *x)
{
	const struct tdxctl_snapshot *s = x->snap;
	int err = 0;

	if (exam_blind(x, TDXCTL_SUBJECT_LOCKS))
		return 0;
	for (size_t i = 0; !err && i < s->nr_locks; i++) {
		const struct tdxctl_lock *l = &s->locks[i];
		uint64_t held = l->held == 1 ? exam_age(s, l->held_since_ns) : 0;
		char name[48] = "tdx_lock", by[40] = "", age[24];
		enum tdxctl_health h;

		if (l->held > 1)
			continue;
		if (l->held && !l->held_since_ns && s->source == TDXCTL_SOURCE_BPF)
			return exam_unknown(x, "tdx_lock is held; only the helper sees since when");
		h = exam_judge(x, held);
		if (!h)
			continue;
		if (l->kind == TDXCTL_LOCK_KEY_CONFIG)
			snprintf(name, sizeof(name), "key-config lock of package %u", l->package);
		if (l->holder_tgid)
			snprintf(by, sizeof(by), " by %s (%d)", l->holder_comm, l->holder_tgid);
		tdxctl_duration_str(age, sizeof(age), held);
		err = exam_reason(x, h, "%s is held for %s%s: see 'tdxctl lock'", name, age, by);
	}
	return err;
}

/* Adds why a check of TDs did not find anything: there may be TDs that were not seen. */
static int unseen_tds(struct tdxctl_exam *x)
{
	const char *why = tdxctl_unknown_why(x->snap, TDXCTL_SUBJECT_TDS);

	return why && x->result->state == TDXCTL_HEALTH_OK ? exam_unknown(x, why) : 0;
}

static int teardown(struct tdxctl_exam *x)
{
	const struct tdxctl_snapshot *s = x->snap;
	int err = 0;

	if (exam_blind(x, TDXCTL_SUBJECT_TDS))
		return 0;
	exam_judge(x, 0);
	for (size_t i = 0; !err && i < s->nr_tds; i++) {
		const struct tdxctl_td_view *v = &s->tds[i];
		uint64_t t = tdxctl_teardown_ns(s, &v->td);
		char age[24], left[40] = "pages";
		enum tdxctl_health h = exam_judge(x, t);

		if (!h)
			continue;
		tdxctl_duration_str(age, sizeof(age), t);
		if (v->td.private_pages != TDXCTL_UNKNOWN)
			snprintf(left, sizeof(left), "%" PRIu64 " pages",
				 (uint64_t)v->td.private_pages);
		err = exam_reason(x, h,
				  "td:%u (%.60s) is in teardown for %s, %s are left: 'tdxctl td show td:%u' lists what keeps it alive",
				  v->td.id, v->vm.name, age, left, v->td.id);
	}
	return err ? err : unseen_tds(x);
}

/* Judges the number of TDs that @match, and adds a reason for each if there are too many. */
static int count_tds(struct tdxctl_exam *x, bool (*match)(const struct tdxctl_td_view *v),
		     int (*reason)(struct tdxctl_exam *x, enum tdxctl_health h,
				   const struct tdxctl_td_view *v))
{
	const struct tdxctl_snapshot *s = x->snap;
	enum tdxctl_health h;
	uint64_t n = 0;
	int err = 0;

	if (exam_blind(x, TDXCTL_SUBJECT_TDS))
		return 0;
	for (size_t i = 0; i < s->nr_tds; i++)
		n += match(&s->tds[i]);
	exam_set_total(x, s->nr_tds);
	h = exam_judge(x, n);
	for (size_t i = 0; h && !err && i < s->nr_tds; i++)
		if (match(&s->tds[i]))
			err = reason(x, h, &s->tds[i]);
	return err ? err : unseen_tds(x);
}

/*
 * The HKID is freed with the last user of the process's memory map or of the VM's files,
 * which can be another process (see FLOWS.md F7).
 */
static bool outlives_owner(const struct tdxctl_td_view *v)
{
	return v->vm.gone && v->td.hkid && v->td.hkid != TDXCTL_UNKNOWN32 &&
	       v->td.state != TDXCTL_TD_LEAKED;
}

static int owner_gone_reason(struct tdxctl_exam *x, enum tdxctl_health h,
			     const struct tdxctl_td_view *v)
{
	return exam_reason(x, h,
			   "HKID %u is held by td:%u (%s), but process %d ended: 'tdxctl td show td:%u' lists what keeps the TD alive",
			   v->td.hkid, v->td.id, v->vm.name, v->td.owner.tgid, v->td.id);
}

static int owner_gone(struct tdxctl_exam *x)
{
	return count_tds(x, outlives_owner, owner_gone_reason);
}

/* A TD whose HKID leaked as well is reported with the HKID. */
static bool lost_pages(const struct tdxctl_td_view *v)
{
	return v->td.state == TDXCTL_TD_LEAKED && !v->td.hkid;
}

static int lost_pages_reason(struct tdxctl_exam *x, enum tdxctl_health h,
			     const struct tdxctl_td_view *v)
{
	const char *leaf = tdxctl_leaf_str(v->td.fail_leaf),
		   *status = tdxctl_status_str(v->td.fail_status);

	return exam_reason(x, h,
			   "pages of td:%u (%s, %d) are lost until the host reboots: %s: %s; "
			   "'tdxctl td show td:%u' shows how many",
			   v->td.id, v->vm.name, v->td.owner.tgid, leaf ? leaf : "an unknown leaf",
			   status ? status : "unknown status", v->td.id);
}

static int tds_leaked(struct tdxctl_exam *x)
{
	return count_tds(x, lost_pages, lost_pages_reason);
}

static int missed(struct tdxctl_exam *x)
{
	const struct tdxctl_info *info = &x->snap->info;
	const uint64_t required = TDXCTL_F_SEAMCALL | TDXCTL_F_SEAMCALL_RET;
	enum tdxctl_health h;

	if (exam_blind(x, TDXCTL_SUBJECT_SEAMCALLS))
		return 0;
	h = exam_judge(x, x->snap->hdr.missed);
	/* The helper does not count the SEAMCALLs that it cannot see, so hdr.missed may be 0. */
	if (info->attached_ns && (info->features & required) != required) {
		if (h == TDXCTL_HEALTH_OK)
			h = x->result->state = TDXCTL_HEALTH_WARNING;
		return exam_reason(x, h,
				   "the helper does not see every SEAMCALL, and its counts may be wrong: check that "
				   "kprobes are on (/sys/kernel/debug/kprobes/enabled)");
	}
	return h ? exam_reason(x, h,
			       "the helper missed %" PRIu64 " SEAMCALLs: its counts may be wrong",
			       (uint64_t)x->snap->hdr.missed) :
		   0;
}

static int tds_dropped(struct tdxctl_exam *x)
{
	enum tdxctl_health h;

	if (exam_blind(x, TDXCTL_SUBJECT_SEAMCALLS))
		return 0;
	h = exam_judge(x, x->snap->hdr.tds_dropped);
	return h ? exam_reason(x, h, "%" PRIu64 " TDs are not tracked: the helper's table was full",
			       (uint64_t)x->snap->hdr.tds_dropped) :
		   0;
}

/* The fact has a line for each TD. */
static int tds_differ(struct tdxctl_exam *x)
{
	const struct tdxctl_text *t = &x->facts->disagreement;
	enum tdxctl_health h;
	uint64_t n = 0;
	int err = 0;

	if (exam_blind(x, TDXCTL_SUBJECT_SEAMCALLS))
		return 0;
	if (!t->text)
		return exam_unknown(x, t->reason);
	text_each_line(p, t->text) n++;
	h = exam_judge(x, n);
	for (const char *p = t->text; h && !err && *p; p = text_next_line(p))
		err = exam_reason(x, h,
				  "%.*s: reload the helper, which then reads the TDs from KVM",
				  (int)strcspn(p, "\n"), p);
	return err;
}

static int busy(struct tdxctl_exam *x)
{
	const struct tdxctl_snapshot *s = x->snap;
	const struct tdxctl_leaf *most = NULL;
	uint64_t calls = 0, n = 0, ppm;
	enum tdxctl_health h;
	const char *name;

	if (exam_blind(x, TDXCTL_SUBJECT_SEAMCALLS))
		return 0;
	for (size_t i = 0; i < s->nr_leaves; i++) {
		const struct tdxctl_leaf *l = &s->leaves[i];

		calls += l->calls;
		n += l->busy;
		if (!most || l->busy > most->busy)
			most = l;
	}
	if (calls < ENOUGH_CALLS)
		return exam_unknown(x, "too few SEAMCALLs were seen so far");
	/* Counters of a captured host are not trusted: busy may exceed calls. */
	ppm = n < calls ? (uint64_t)((double)n / (double)calls * 1e6) : 1000000;
	h = exam_judge(x, ppm);
	if (!h)
		return 0;
	name = tdxctl_leaf_str(most->leaf);
	return exam_reason(x, h,
			   "%" PRIu64 ".%" PRIu64
			   " %% of the SEAMCALLs returned a busy status, most of them %s: 'tdxctl lock' shows where",
			   ppm / 10000, ppm / 1000 % 10, name ? name : "of an unknown leaf");
}

static int module_version(struct tdxctl_exam *x)
{
	const char *text = x->snap->platform.tdx_module, *end;
	uint64_t version, limit;
	enum tdxctl_health h;

	if (!text)
		return exam_unknown(x, x->snap->platform.has_tdx ?
					       "this kernel does not report the module version" :
					       tdxctl_no_module);
	if (!tdxctl_version_parse(text, &version, &end))
		return exam_unknown(x, "the module version is not of the form X.Y.ZZ");
	h = exam_judge(x, version);
	if (!h)
		return 0;
	limit = h == TDXCTL_HEALTH_CRITICAL ? x->result->critical : x->result->warning;
	return exam_reason(x, h,
			   "TDX module %.20s is older than %u.%u.%02u: update it with the kernel or the firmware",
			   text, (unsigned int)(limit >> 32) & 0xffff,
			   (unsigned int)(limit >> 16) & 0xffff, (unsigned int)limit & 0xffff);
}

static int kvm_off(struct tdxctl_exam *x)
{
	const struct tdxctl_platform *p = &x->snap->platform;
	enum tdxctl_health h;

	if (!p->has_tdx)
		return exam_unknown(x, tdxctl_no_module);
	if (p->kvm && !strcmp(p->kvm, "kvm_intel") && p->kvm_tdx < 0 &&
	    !x->facts->hkid_capacity.readable)
		return exam_unknown(x, "the parameter tdx of kvm_intel cannot be read");
	h = exam_judge(x, tdxctl_kvm_without_tdx(x->facts));
	return h ? exam_reason(x, h, "no TD can be created: %s; 'tdxctl doctor' shows what to do",
			       x->snap->platform.kvm ? "TDX is off in KVM" : "KVM is not loaded") :
		   0;
}

/* The order is that of the reasons of the verdict. */
const struct tdxctl_check tdxctl_checks[TDXCTL_CHECKS] = {
	[TDXCTL_CHECK_PACKAGES_UNCOVERED] = {
		.id = "packages_uncovered", .title = "packages without an online CPU",
		.share = true, .verdict = true, .required = true,
		.warning = TDXCTL_NO_LIMIT, .critical.value = 0,
		.about = "Keys cannot be programmed on such a package, so no TD can be created or torn down.",
		.measure = packages_uncovered,
	},
	[TDXCTL_CHECK_CPUS_NOT_ENABLED] = {
		.id = "cpus_not_enabled", .title = "online CPUs that cannot run TDs",
		.share = true, .verdict = true,
		.warning = TDXCTL_NO_LIMIT, .critical.value = 0,
		.about = "A SEAMCALL on these CPUs failed because TDX is not enabled there.",
		.measure = cpus_not_enabled,
	},
	[TDXCTL_CHECK_HKIDS_LEAKED] = {
		.id = "hkids_leaked", .title = "HKIDs lost until the next reboot",
		.share = true, .verdict = true,
		.warning = TDXCTL_NO_LIMIT, .critical.value = 0,
		.about = "The kernel could not free these HKIDs when their TD was torn down.",
		.measure = exam_hkids_leaked,
	},
	[TDXCTL_CHECK_HKIDS_FREE] = {
		.id = "hkids_free", .title = "free HKIDs", .low = true,
		.share = true, .verdict = true, .required = true,
		.warning = { .value = 12, .percent = true }, .critical.value = 1,
		.about = "How many more TDs can be created. Without the helper, read from the misc cgroup.",
		.measure = exam_hkids_free,
	},
	[TDXCTL_CHECK_HKIDS_DRIFT] = {
		.id = "hkids_drift", .title = "HKIDs counted only by the kernel or only by the helper",
		.share = true, .verdict = true,
		.warning.value = 0, .critical = TDXCTL_NO_LIMIT,
		.about = "The difference between HKIDs charged to the misc cgroup and HKIDs seen in use. "
			 "Possible causes: TDs older than the helper, a leak, or a kernel that counts wrong.",
		.measure = exam_hkids_drift,
	},
	[TDXCTL_CHECK_LOCK_HELD] = {
		.id = "lock_held", .title = "longest hold of a lock that is held now",
		.unit = TDXCTL_UNIT_NS, .verdict = true,
		.warning.value = NSEC_PER_SEC, .critical = TDXCTL_NO_LIMIT,
		.about = "tdx_lock and the key-config lock of each package. "
			 "Programming a key takes milliseconds.",
		.measure = lock_held,
	},
	[TDXCTL_CHECK_TEARDOWN] = {
		.id = "teardown", .title = "longest teardown in progress",
		.unit = TDXCTL_UNIT_NS, .verdict = true,
		.warning.value = 60 * NSEC_PER_SEC, .critical = TDXCTL_NO_LIMIT,
		.about = "Measured for TDs that still have private memory.",
		.measure = teardown,
	},
	[TDXCTL_CHECK_OWNER_GONE] = {
		.id = "owner_gone", .title = "TDs that hold an HKID although their process ended",
		.share = true, .verdict = true,
		.warning.value = 0, .critical = TDXCTL_NO_LIMIT,
		.about = "Another process still uses the memory of the ended process, or a file of the VM.",
		.measure = owner_gone,
	},
	[TDXCTL_CHECK_TDS_LEAKED] = {
		.id = "tds_leaked", .title = "TDs whose pages are lost until the next reboot",
		.share = true, .verdict = true,
		.warning = { 0 }, .critical = TDXCTL_NO_LIMIT,
		.about = "The HKIDs of these TDs were freed, but the kernel could not reclaim every page.",
		.measure = tds_leaked,
	},
	[TDXCTL_CHECK_MISSED] = {
		.id = "missed", .title = "SEAMCALLs that the helper missed", .verdict = true,
		.warning.value = 0, .critical = TDXCTL_NO_LIMIT,
		.about = "If there are any, counts and states may be wrong.",
		.measure = missed,
	},
	[TDXCTL_CHECK_TDS_DROPPED] = {
		.id = "tds_dropped", .title = "TDs that the helper does not track", .verdict = true,
		.warning.value = 0, .critical = TDXCTL_NO_LIMIT,
		.about = "The helper's table was full when they were created. No list shows these TDs.",
		.measure = tds_dropped,
	},
	[TDXCTL_CHECK_TDS_DIFFER] = {
		.id = "tds_differ", .title = "TDs on which the helper and KVM differ", .verdict = true,
		.warning.value = 0, .critical = TDXCTL_NO_LIMIT,
		.about = "HKID and state of each TD, by the SEAMCALLs that the helper saw, and by KVM's own "
			 "structures, which BPF programs read. Needs root. If it is off, these programs are not loaded.",
		.measure = tds_differ,
	},
	[TDXCTL_CHECK_BUSY] = {
		.id = "busy", .title = "SEAMCALLs that returned a busy status",
		.unit = TDXCTL_UNIT_PPM, .verdict = true,
		.warning.value = 100000, .critical = TDXCTL_NO_LIMIT,
		.about = "The percentage of all SEAMCALLs since the helper was loaded, known after the first "
			 "thousand. It does not depend on the load of the host.",
		.measure = busy,
	},
	[TDXCTL_CHECK_MODULE_VERSION] = {
		.id = "module_version", .title = "version of the TDX module", .low = true,
		.unit = TDXCTL_UNIT_VERSION, .verdict = true,
		.warning.value = TDXCTL_MODULE_RECOMMENDED, .critical = TDXCTL_NO_LIMIT,
		.about = "Known if the kernel reports it (since Linux 7.2). KVM since Linux 6.16 does not "
			 "accept modules older than 1.5.05.",
		.measure = module_version,
	},
	[TDXCTL_CHECK_KVM] = {
		.id = "kvm_off", .title = "1 if KVM does not use the TDX module", .verdict = true,
		.warning = TDXCTL_NO_LIMIT, .critical.value = 0,
		.about = "The TDX module works, but KVM was loaded without TDX or is not loaded, so no TD can "
			 "be created.",
		.measure = kvm_off,
	},
};

static int examine(const struct tdxctl_facts *f, const struct tdxctl_thresholds *t, size_t i,
		   struct tdxctl_health_report *r)
{
	struct tdxctl_exam x = {
		.check = &tdxctl_checks[i],
		.facts = f,
		.snap = f->snap,
		.warning = t->warning[i],
		.critical = t->critical[i],
		.result = &r->result[i],
		.report = r,
	};

	x.result->on = x.warning.value != TDXCTL_UNKNOWN || x.critical.value != TDXCTL_UNKNOWN;
	exam_set_total(&x, 0);
	return x.check->measure(&x);
}

bool tdxctl_kvm_without_tdx(const struct tdxctl_facts *f)
{
	const struct tdxctl_platform *p = &f->snap->platform;

	if (!p->has_tdx || f->snap->source == TDXCTL_SOURCE_EMULATED)
		return false;
	if (p->kvm)
		return !strcmp(p->kvm, "kvm_intel") && !p->kvm_tdx;
	/* A KVM that can create TDs sets the capacity of the misc cgroup. */
	return !f->hkid_capacity.readable;
}

/*
 * Adds why the state of the host is unknown although nothing is wrong. Sets the state to
 * UNKNOWN in this case.
 */
static int add_unknown(struct tdxctl_health_report *r, const struct tdxctl_facts *f)
{
	bool host = f->snap->source == TDXCTL_SOURCE_HOST;
	int err = 0;

	if (!f->snap->platform.has_tdx) {
		r->state = TDXCTL_HEALTH_UNKNOWN;
		return exam_host(r, "%s; 'tdxctl doctor' shows why", tdxctl_no_module);
	}
	for (size_t i = 0; !err && i < TDXCTL_CHECKS; i++) {
		const struct tdxctl_check_result *c = &r->result[i];

		if (!c->on || c->state != TDXCTL_HEALTH_UNKNOWN)
			continue;
		if (c->why[0])
			err = exam_host(r, "%s", c->why);
		else if (tdxctl_checks[i].required && !host)
			err = exam_host(r, "the number of %s is not known: %s",
					tdxctl_checks[i].title, c->value.reason);
		else
			continue;
		r->state = TDXCTL_HEALTH_UNKNOWN;
	}
	if (err || tdxctl_has_seamcalls(f->snap))
		return err;
	/*
	 * BPF programs do not show the past, and the files of a host do not show held locks and
	 * stuck TDs: without a finding, the state is unknown, not ok.
	 */
	r->state = TDXCTL_HEALTH_UNKNOWN;
	if (!host)
		return exam_host(r,
				 "the helper is not loaded: teardowns, leaks and the TDX state of CPUs are not visible");
	return exam_host(r,
			 f->hkid_current.readable ?
				 "the helper is not loaded: TDs, locks and the owners of HKIDs are not visible" :
				 "the helper is not loaded: HKIDs, TDs and locks are not visible");
}

int tdxctl_health_get(const struct tdxctl_facts *f, const struct tdxctl_thresholds *t,
		      struct tdxctl_health_report **out)
{
	struct tdxctl_health_report *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r)
		return -ENOMEM;
	for (size_t i = 0; !err && i < TDXCTL_CHECKS; i++) {
		enum tdxctl_health h;

		err = examine(f, t, i, r);
		h = r->result[i].state;
		if (tdxctl_checks[i].verdict && h != TDXCTL_HEALTH_UNKNOWN && h > r->state)
			r->state = h;
	}
	if (!err && r->state == TDXCTL_HEALTH_OK)
		err = add_unknown(r, f);
	if (err) {
		tdxctl_health_free(r);
		return err;
	}
	*out = r;
	return 0;
}

enum tdxctl_health tdxctl_health_overall(const struct tdxctl_health_report *r,
					 const struct tdxctl_thresholds *t)
{
	enum tdxctl_health worst = TDXCTL_HEALTH_OK;
	bool unknown = false;

	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		const struct tdxctl_check_result *c = &r->result[i];

		if (c->state == TDXCTL_HEALTH_UNKNOWN)
			unknown |= c->on && (t->chosen[i] || tdxctl_checks[i].required);
		else if (c->state > worst)
			worst = c->state;
	}
	return worst == TDXCTL_HEALTH_OK && unknown ? TDXCTL_HEALTH_UNKNOWN : worst;
}

void tdxctl_health_free(struct tdxctl_health_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nr_reasons; i++)
		free(r->reasons[i].text);
	free(r->reasons);
	free(r);
}
