// SPDX-License-Identifier: GPL-2.0-only
/* Every metric: name, help text and source of its samples. */
#include <inttypes.h>
#include <string.h>

#include "metrics.h"

#define PAGE 4096

static const char *const none[1];

static void one(struct prom *p, const struct metric *m, uint64_t v)
{
	prom_sample(p, &m->prom, none, v);
}

static void info(struct prom *p, const struct metric *m, const char *value)
{
	prom_sample(p, &m->prom, &value, 1);
}

/* The label of a TD: its number, which only the helper assigns, or its process. */
static void td_label(char buf[24], const struct tdxctl_td *td)
{
	if (td->id)
		snprintf(buf, 24, "%u", td->id);
	else
		snprintf(buf, 24, "pid:%d", td->owner.tgid);
}

static void decimal(char buf[24], uint64_t v)
{
	snprintf(buf, 24, "%" PRIu64, v);
}

/* Whether SEAMCALLs were observed, by the helper or on an emulated host. */
static bool has_record(const struct metrics_host *h)
{
	return tdxctl_has_seamcalls(h->snap);
}

/* ---- tool, helper, module ---- */

static void build(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	info(p, m, TDXCTL_VERSION);
}

static void helper_up(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	one(p, m, has_record(h));
}

static void helper_info(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	const char *values[] = { h->snap->info.version, h->snap->info.provider };

	if (has_record(h))
		prom_sample(p, &m->prom, values, 1);
}

/* The clock of attached_ns stops during suspend; boot_offset_ns is the time spent in it. */
static void start_time(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	const struct tdxctl_snapshot *s = h->snap;

	if (s->source == TDXCTL_SOURCE_HELPER && s->info.attached_ns && h->boot_time)
		one(p, m,
		    h->boot_time * UINT64_C(1000000000) + s->info.attached_ns +
			    s->hdr.boot_offset_ns);
}

/* Not known to a helper of an older version. */
static void early_leaked(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	if (has_record(h) && h->snap->info.leaked_pages != TDXCTL_UNKNOWN)
		one(p, m, h->snap->info.leaked_pages * PAGE);
}

static void tdx_available(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	one(p, m, h->snap->platform.has_tdx);
}

static void module_info(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	if (h->snap->platform.tdx_module)
		info(p, m, h->snap->platform.tdx_module);
}

static void updates_left(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	struct tdxctl_val v = tdxctl_text_u64(&h->facts->file[TDXCTL_FILE_UPDATES_LEFT]);

	if (v.readable)
		one(p, m, v.value);
}

/* Whether the counts of @subject are complete; if not, a sample is absent, never 0. */
static bool is_known(const struct metrics_host *h, enum tdxctl_subject subject)
{
	return !tdxctl_unknown_why(h->snap, subject);
}

/* A counter in the header of the snapshot. */
static void header_counter(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	if (is_known(h, TDXCTL_SUBJECT_SEAMCALLS))
		one(p, m, *(const uint64_t *)((const char *)&h->snap->hdr + m->offset));
}

/* ---- HKIDs and TDs ---- */

/*
 * One sample for each state. @all: there are no other objects. State 0 is "unknown": if it
 * has objects, or if there are others, no state is known to have none.
 */
static void by_state(struct prom *p, const struct metric *m, const uint64_t *count, size_t n,
		     const char *(*name)(unsigned int state), bool all)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = name((unsigned int)i);

		if (count[i] || (all && !count[0]))
			prom_sample(p, &m->prom, &value, count[i]);
	}
}

static void hkids(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	uint64_t count[TDXCTL_HKID_STATES] = { 0 };

	if (!is_known(h, TDXCTL_SUBJECT_HKIDS))
		return;
	for (size_t i = 0; i < h->snap->nr_hkids; i++)
		count[h->snap->hkids[i].state]++;
	by_state(p, m, count, TDXCTL_HKID_STATES, tdxctl_hkid_state_str, true);
}

static void cgroup_capacity(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	if (h->facts->hkid_capacity.readable)
		one(p, m, h->facts->hkid_capacity.value);
}

static void cgroup_charged(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	if (h->facts->hkid_current.readable)
		one(p, m, h->facts->hkid_current.value);
}

static void tds(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	uint64_t count[TDXCTL_TD_STATES] = { 0 };

	if (h->snap->source == TDXCTL_SOURCE_HOST)
		return;
	for (size_t i = 0; i < h->snap->nr_tds; i++)
		count[h->snap->tds[i].td.state]++;
	by_state(p, m, count, TDXCTL_TD_STATES, tdxctl_td_state_str,
		 is_known(h, TDXCTL_SUBJECT_TDS));
}

/* The sum over all TDs; absent if it is not known for one of them. */
static void tds_bytes(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	uint64_t pages = 0;

	if (!is_known(h, TDXCTL_SUBJECT_TDS))
		return;
	for (size_t i = 0; i < h->snap->nr_tds; i++) {
		uint64_t v = *(const uint64_t *)((const char *)&h->snap->tds[i].td + m->offset);

		if (v == TDXCTL_UNKNOWN)
			return;
		pages += v;
	}
	one(p, m, pages * PAGE);
}

static void longest_teardown(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < h->snap->nr_tds; i++) {
		uint64_t ns = tdxctl_teardown_ns(h->snap, &h->snap->tds[i].td);

		longest = ns > longest ? ns : longest;
	}
	if (longest || is_known(h, TDXCTL_SUBJECT_TDS))
		one(p, m, longest);
}

static void td_info(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_tds; i++) {
		const struct tdxctl_td_view *v = &h->snap->tds[i];
		const char *values[4] = { NULL, v->vm.name, v->vm.uuid ? v->vm.uuid : "",
					  tdxctl_td_state_str(v->td.state) };
		char id[24];

		td_label(id, &v->td);
		values[0] = id;
		prom_sample(p, &m->prom, values, 1);
	}
}

static void per_td(struct prom *p, const struct metric *m, const struct tdxctl_td_view *v,
		   uint64_t n)
{
	char id[24];
	const char *values[] = { id, v->vm.name };

	td_label(id, &v->td);
	prom_sample(p, &m->prom, values, n);
}

static void td_hkid(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_tds; i++)
		if (h->snap->tds[i].td.hkid != TDXCTL_UNKNOWN32)
			per_td(p, m, &h->snap->tds[i], h->snap->tds[i].td.hkid);
}

static void td_vcpus(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_tds; i++)
		if (h->snap->tds[i].td.vcpus != TDXCTL_UNKNOWN32)
			per_td(p, m, &h->snap->tds[i], h->snap->tds[i].td.vcpus);
}

static void td_bytes(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_tds; i++) {
		uint64_t v = *(const uint64_t *)((const char *)&h->snap->tds[i].td + m->offset);

		if (v != TDXCTL_UNKNOWN)
			per_td(p, m, &h->snap->tds[i], v * PAGE);
	}
}

static void td_seamcalls(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_tds; i++)
		if (h->snap->tds[i].td.seamcalls || !(h->snap->tds[i].td.flags & TDXCTL_TD_LATE))
			per_td(p, m, &h->snap->tds[i], h->snap->tds[i].td.seamcalls);
}

static void td_state_time(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_tds; i++)
		if (h->snap->tds[i].td.since_ns)
			per_td(p, m, &h->snap->tds[i],
			       view_age(h->snap, h->snap->tds[i].td.since_ns));
}

/* ---- packages and CPUs ---- */

static void package(struct prom *p, const struct metric *m, const struct tdxctl_package *pkg,
		    uint64_t v)
{
	char id[24];
	const char *value = id;

	decimal(id, pkg->id);
	prom_sample(p, &m->prom, &value, v);
}

static void package_u32(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_packages; i++) {
		const struct tdxctl_package *pkg = &h->snap->packages[i];
		uint32_t v = *(const uint32_t *)((const char *)pkg + m->offset);

		if (v != TDXCTL_UNKNOWN32)
			package(p, m, pkg, v);
	}
}

static void package_global_key(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	if (is_known(h, TDXCTL_SUBJECT_SEAMCALLS))
		package_u32(p, m, h);
}

static void package_covered(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_packages; i++)
		package(p, m, &h->snap->packages[i], view_covered(&h->snap->packages[i]));
}

static void package_keys(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	if (!is_known(h, TDXCTL_SUBJECT_SEAMCALLS))
		return;
	for (size_t i = 0; i < h->snap->nr_packages; i++)
		if (h->snap->packages[i].keys_programmed != TDXCTL_UNKNOWN)
			package(p, m, &h->snap->packages[i], h->snap->packages[i].keys_programmed);
}

static void cpus(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	uint64_t count[TDXCTL_CPU_STATES] = { 0 }, offline = 0;
	const char *state = "offline";

	for (size_t i = 0; i < h->snap->nr_cpus; i++) {
		if (h->snap->cpus[i].online)
			count[h->snap->cpus[i].state]++;
		else
			offline++;
	}
	by_state(p, m, count, TDXCTL_CPU_STATES, tdxctl_cpu_state_str, true);
	prom_sample(p, &m->prom, &state, offline);
}

/* ---- locks ---- */

static void lock(struct prom *p, const struct metric *m, const struct tdxctl_lock *l, uint64_t v)
{
	char pkg[24] = "";
	const char *values[] = { view_lock(l->kind), pkg };

	if (l->package != TDXCTL_UNKNOWN32)
		decimal(pkg, l->package);
	prom_sample(p, &m->prom, values, v);
}

static void lock_held(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_locks; i++)
		if (h->snap->locks[i].held != TDXCTL_UNKNOWN32)
			lock(p, m, &h->snap->locks[i], h->snap->locks[i].held);
}

static void lock_held_time(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_locks; i++) {
		const struct tdxctl_lock *l = &h->snap->locks[i];

		if (l->held != TDXCTL_UNKNOWN32)
			lock(p, m, l, l->held ? view_age(h->snap, l->held_since_ns) : 0);
	}
}

static void lock_u64(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_locks; i++) {
		uint64_t v = *(const uint64_t *)((const char *)&h->snap->locks[i] + m->offset);

		if (v != TDXCTL_UNKNOWN)
			lock(p, m, &h->snap->locks[i], v);
	}
}

/* ---- SEAMCALLs ---- */

static const char *leaf_name(const struct tdxctl_leaf *l, char buf[24])
{
	const char *name = tdxctl_leaf_str(l->leaf);

	snprintf(buf, 24, "%u", l->leaf);
	return name ? name : l->leaf == TDXCTL_UNKNOWN32 ? "other" : buf;
}

static void leaf_u64(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	for (size_t i = 0; i < h->snap->nr_leaves; i++) {
		const struct tdxctl_leaf *l = &h->snap->leaves[i];
		char buf[24];
		const char *value = leaf_name(l, buf);

		prom_sample(p, &m->prom, &value, *(const uint64_t *)((const char *)l + m->offset));
	}
}

/*
 * Every other bucket of the helper, from 1 us to 1 s. Bucket i counts durations below
 * 2^(i+1) ns, so its upper bound is 2^(i+1) - 1.
 */
#define FIRST_BUCKET 9
#define BOUNDS	     11

static void durations(struct prom *p, const struct metric *m, const struct metrics_host *h)
{
	uint64_t bound[BOUNDS], below[BOUNDS];

	for (size_t i = 0; i < h->snap->nr_leaves; i++) {
		const struct tdxctl_leaf *l = &h->snap->leaves[i];
		uint64_t count = 0;
		size_t n = 0;
		char buf[24];
		const char *value = leaf_name(l, buf);

		for (size_t k = 0; k < TDXCTL_HIST_BUCKETS; k++) {
			count += l->hist[k];
			if (k < FIRST_BUCKET || (k - FIRST_BUCKET) % 2 || n == BOUNDS)
				continue;
			bound[n] = (UINT64_C(2) << k) - 1;
			below[n++] = count;
		}
		prom_histogram(p, &m->prom, &value, bound, below, n, count, l->total_ns);
	}
}

/* ---- the table ---- */

#define LABEL(name) { .key = name, .type = OUT_STR }
static const struct cli_field version_label[] = { LABEL("version") };
static const struct cli_field helper_labels[] = { LABEL("version"), LABEL("provider") };
static const struct cli_field state_label[] = { LABEL("state") };
static const struct cli_field package_label[] = { LABEL("package") };
static const struct cli_field lock_labels[] = { LABEL("lock"), LABEL("package") };
static const struct cli_field leaf_label[] = { LABEL("leaf") };
static const struct cli_field td_labels[] = { LABEL("td"), LABEL("vm") };
static const struct cli_field td_info_labels[] = { LABEL("td"), LABEL("vm"), LABEL("uuid"),
						   LABEL("state") };

#define NO_LABELS     .labels = NULL
#define LABELS(table) .labels = table, .nr_labels = ARRAY_SIZE(table)
#define METRIC(id, kind, text, ...) \
	.prom = { .name = "tdxctl_" id, .type = PROM_##kind, .help = text, __VA_ARGS__ }

const struct metric metrics[] = {
	{ METRIC("build_info", GAUGE, "Version of tdxctl; always 1.", LABELS(version_label)),
	  .emit = build },
	{ METRIC("tdx_available", GAUGE, "1 if a working TDX module was found.", NO_LABELS),
	  .emit = tdx_available },
	{ METRIC("module_info", GAUGE, "Version of the TDX module; always 1.",
		 LABELS(version_label)),
	  .emit = module_info },
	{ METRIC("module_updates_remaining", GAUGE,
		 "Updates of the TDX module that are still possible before the next reboot.",
		 NO_LABELS),
	  .emit = updates_left },
	{ METRIC("helper_up", GAUGE,
		 "1 if the helper answered; without it, HKIDs, TDs and locks are not known.",
		 NO_LABELS),
	  .emit = helper_up },
	{ METRIC("helper_info", GAUGE,
		 "Version of the helper, and the module whose SEAMCALLs it observes; always 1.",
		 LABELS(helper_labels)),
	  .emit = helper_info },
	{ METRIC("helper_start_time_seconds", GAUGE,
		 "When the helper started to count, in seconds since 1970; all counters were zero then.",
		 .unit = "seconds"),
	  .emit = start_time },
	{ METRIC("seamcalls_missed_total", COUNTER, "SEAMCALLs that the helper's probes missed.",
		 NO_LABELS),
	  .emit = header_counter, .offset = offsetof(struct tdxctl_snapshot_hdr, missed) },
	{ METRIC("violations_total", COUNTER, "SEAMCALLs that contradict the record of the helper.",
		 NO_LABELS),
	  .emit = header_counter, .offset = offsetof(struct tdxctl_snapshot_hdr, violations) },
	{ METRIC("tds_dropped_total", COUNTER,
		 "TDs not tracked because the table of the helper was full.", NO_LABELS),
	  .emit = header_counter, .offset = offsetof(struct tdxctl_snapshot_hdr, tds_dropped) },
	{ METRIC("early_release_leaked_bytes_total", COUNTER,
		 "Memory of TDs that early releases leaked; it is lost until the host reboots.",
		 .unit = "bytes"),
	  .emit = early_leaked },

	{ METRIC("hkids", GAUGE, "Guest HKIDs by state, as observed by the helper.",
		 LABELS(state_label)),
	  .emit = hkids },
	{ METRIC("cgroup_hkid_capacity", GAUGE,
		 "Guest HKIDs, as counted by the misc cgroup controller.", NO_LABELS),
	  .emit = cgroup_capacity },
	{ METRIC("cgroup_hkids_charged", GAUGE,
		 "HKIDs in use, as charged by the misc cgroup controller.", NO_LABELS),
	  .emit = cgroup_charged },

	{ METRIC("tds", GAUGE, "TDs by state.", LABELS(state_label)), .emit = tds },
	{ METRIC("tds_private_bytes", GAUGE, "Private memory of all TDs.", .unit = "bytes"),
	  .emit = tds_bytes, .offset = offsetof(struct tdxctl_td, private_pages) },
	{ METRIC("tds_sept_bytes", GAUGE, "Secure EPT pages of all TDs.", .unit = "bytes"),
	  .emit = tds_bytes, .offset = offsetof(struct tdxctl_td, sept_pages) },
	{ METRIC("tds_control_bytes", GAUGE, "Control pages of all TDs and their vCPUs.",
		 .unit = "bytes"),
	  .emit = tds_bytes, .offset = offsetof(struct tdxctl_td, control_pages) },
	{ METRIC("teardown_longest_seconds", GAUGE,
		 "Duration of the longest teardown in progress; 0 if there is none.",
		 .unit = "seconds"),
	  .emit = longest_teardown },

	{ METRIC("package_cpus", GAUGE, "CPUs of the package.", LABELS(package_label)),
	  .emit = package_u32, .offset = offsetof(struct tdxctl_package, present_cpus) },
	{ METRIC("package_online_cpus", GAUGE, "Online CPUs of the package.",
		 LABELS(package_label)),
	  .emit = package_u32, .offset = offsetof(struct tdxctl_package, online_cpus) },
	{ METRIC("package_covered", GAUGE,
		 "1 if the package has an online CPU; without one, no TD can be created or torn down.",
		 LABELS(package_label)),
	  .emit = package_covered },
	{ METRIC("package_global_key", GAUGE,
		 "1 if the key of the TDX module itself is configured on the package.",
		 LABELS(package_label)),
	  .emit = package_global_key, .offset = offsetof(struct tdxctl_package, global_key) },
	{ METRIC("package_keys_programmed_total", COUNTER, "TD keys programmed on the package.",
		 LABELS(package_label)),
	  .emit = package_keys },
	{ METRIC("cpus", GAUGE, "CPUs by TDX state; unknown without the helper.",
		 LABELS(state_label)),
	  .emit = cpus },

	{ METRIC("lock_held", GAUGE, "1 while the lock is held.", LABELS(lock_labels)),
	  .emit = lock_held },
	{ METRIC("lock_held_seconds", GAUGE,
		 "Duration of the current hold of the lock; 0 if it is free.", LABELS(lock_labels),
		 .unit = "seconds"),
	  .emit = lock_held_time },
	{ METRIC("lock_longest_hold_seconds", GAUGE, "Duration of the longest hold of the lock.",
		 LABELS(lock_labels), .unit = "seconds"),
	  .emit = lock_u64, .offset = offsetof(struct tdxctl_lock, longest_ns) },
	{ METRIC("lock_acquisitions_total", COUNTER, "Acquisitions of the lock.",
		 LABELS(lock_labels)),
	  .emit = lock_u64, .offset = offsetof(struct tdxctl_lock, acquisitions) },
	{ METRIC("lock_contended_total", COUNTER, "Acquisitions of the lock that had to wait.",
		 LABELS(lock_labels)),
	  .emit = lock_u64, .offset = offsetof(struct tdxctl_lock, contended) },
	{ METRIC("lock_busy_retries_total", COUNTER,
		 "SEAMCALLs under the lock that were retried because an operand was busy.",
		 LABELS(lock_labels)),
	  .emit = lock_u64, .offset = offsetof(struct tdxctl_lock, busy_retries) },
	{ METRIC("lock_entropy_retries_total", COUNTER,
		 "SEAMCALLs under the lock that were retried for lack of entropy.",
		 LABELS(lock_labels)),
	  .emit = lock_u64, .offset = offsetof(struct tdxctl_lock, entropy_retries) },

	{ METRIC("seamcall_duration_seconds", HISTOGRAM, "Duration of SEAMCALLs.",
		 LABELS(leaf_label), .unit = "seconds"),
	  .emit = durations },
	{ METRIC("seamcall_longest_seconds", GAUGE, "Duration of the longest SEAMCALL.",
		 LABELS(leaf_label), .unit = "seconds"),
	  .emit = leaf_u64, .offset = offsetof(struct tdxctl_leaf, max_ns) },
	{ METRIC("seamcall_errors_total", COUNTER, "SEAMCALLs whose status was not TDX_SUCCESS.",
		 LABELS(leaf_label)),
	  .emit = leaf_u64, .offset = offsetof(struct tdxctl_leaf, errors) },
	{ METRIC("seamcall_busy_total", COUNTER,
		 "SEAMCALLs that failed because an operand was busy.", LABELS(leaf_label)),
	  .emit = leaf_u64, .offset = offsetof(struct tdxctl_leaf, busy) },

	{ METRIC("td_info", GAUGE, "VM and state of the TD; always 1.", LABELS(td_info_labels)),
	  .per_td = true, .emit = td_info },
	{ METRIC("td_hkid", GAUGE, "HKID of the TD; 0 if it was freed.", LABELS(td_labels)),
	  .per_td = true, .emit = td_hkid },
	{ METRIC("td_vcpus", GAUGE, "vCPUs of the TD.", LABELS(td_labels)), .per_td = true,
	  .emit = td_vcpus },
	{ METRIC("td_private_bytes", GAUGE, "Private memory of the TD.", LABELS(td_labels),
		 .unit = "bytes"),
	  .per_td = true, .emit = td_bytes, .offset = offsetof(struct tdxctl_td, private_pages) },
	{ METRIC("td_sept_bytes", GAUGE, "Secure EPT pages of the TD.", LABELS(td_labels),
		 .unit = "bytes"),
	  .per_td = true, .emit = td_bytes, .offset = offsetof(struct tdxctl_td, sept_pages) },
	{ METRIC("td_state_seconds", GAUGE, "Time since the TD entered its state.",
		 LABELS(td_labels), .unit = "seconds"),
	  .per_td = true, .emit = td_state_time },
	{ METRIC("td_seamcalls_total", COUNTER, "SEAMCALLs issued for the TD.", LABELS(td_labels)),
	  .per_td = true, .emit = td_seamcalls },
};
const size_t nr_metrics = ARRAY_SIZE(metrics);
