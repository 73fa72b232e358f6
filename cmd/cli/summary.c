// SPDX-License-Identifier: GPL-2.0-only
/* One line about the HKIDs, the TDs, the CPUs and the locks: of status and top. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "summary.h"

static const struct cli_field hkids = { .key = "hkids", .label = "", .type = OUT_OBJECT };
enum { K_TOTAL, K_STATE, K_TEXT = K_STATE + TDXCTL_HKID_STATES, K_CAPACITY, K_CHARGED };
static const struct cli_field hkid_fields[] = {
	[K_TOTAL] = { .key = "total", .type = OUT_UINT },
	[K_STATE + TDXCTL_HKID_UNKNOWN] = { .key = "unknown_state", .type = OUT_UINT },
	[K_STATE + TDXCTL_HKID_FREE] = { .key = "free", .type = OUT_UINT },
	[K_STATE + TDXCTL_HKID_ASSIGNED] = { .key = "assigned", .type = OUT_UINT },
	[K_STATE + TDXCTL_HKID_CONFIGURED] = { .key = "configured", .type = OUT_UINT },
	[K_STATE + TDXCTL_HKID_FLUSHING] = { .key = "flushing", .type = OUT_UINT },
	[K_STATE + TDXCTL_HKID_LEAKED] = { .key = "leaked", .type = OUT_UINT },
	[K_TEXT] = { .label = "HKIDs", .type = OUT_BAR },
	[K_CAPACITY] = { .key = "capacity", .type = OUT_UINT },
	[K_CHARGED] = { .key = "charged", .type = OUT_UINT },
};

static const struct cli_field tds = { .key = "tds", .label = "", .type = OUT_OBJECT };
enum {
	T_TOTAL,
	T_STATE,
	T_NO_HKID = T_STATE + TDXCTL_TD_STATES,
	T_NEVER,
	T_PRIVATE,
	T_TEXT,
	T_VMS,
};
static const struct cli_field td_fields[] = {
	[T_TOTAL] = { .key = "total", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_UNKNOWN] = { .key = "unknown_state", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_ASSIGNED] = { .key = "assigned", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_KEYS_CONFIGURED] = { .key = "keys_configured", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_INITIALIZED] = { .key = "initialized", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_RUNNABLE] = { .key = "runnable", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_BLOCKED] = { .key = "blocked", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_TEARDOWN] = { .key = "teardown", .type = OUT_UINT },
	[T_STATE + TDXCTL_TD_LEAKED] = { .key = "leaked", .type = OUT_UINT },
	[T_NO_HKID] = { .key = "unknown_hkid", .type = OUT_UINT },
	[T_NEVER] = { .key = "never_finalized", .type = OUT_UINT },
	[T_PRIVATE] = { .key = "private_pages", .type = OUT_PAGES },
	[T_TEXT] = { .label = "TDs", .type = OUT_STR },
	[T_VMS] = { .key = "vms", .type = OUT_UINT },
};

static const struct cli_field cpus = { .key = "cpus", .label = "", .type = OUT_OBJECT };
enum { C_TOTAL, C_ONLINE, C_STATE, C_TEXT = C_STATE + TDXCTL_CPU_STATES };
static const struct cli_field cpu_fields[] = {
	[C_TOTAL] = { .key = "total", .type = OUT_UINT },
	[C_ONLINE] = { .key = "online", .type = OUT_UINT },
	[C_STATE + TDXCTL_CPU_UNKNOWN] = { .key = "unknown_state", .type = OUT_UINT },
	[C_STATE + TDXCTL_CPU_ENABLED] = { .key = "enabled", .type = OUT_UINT },
	[C_STATE + TDXCTL_CPU_NOT_ENABLED] = { .key = "not_enabled", .type = OUT_UINT },
	[C_STATE + TDXCTL_CPU_VMX_OFF] = { .key = "vmx_off", .type = OUT_UINT },
	[C_STATE + TDXCTL_CPU_NO_SEAM] = { .key = "no_seam", .type = OUT_UINT },
	[C_TEXT] = { .label = "CPUs", .type = OUT_STR },
};

static const struct cli_field locks = { .key = "locks", .label = "", .type = OUT_OBJECT };
enum { L_TOTAL, L_HELD, L_CONTENDED, L_BUSY, L_TEXT };
static const struct cli_field lock_fields[] = {
	[L_TOTAL] = { .key = "total", .type = OUT_UINT },
	[L_HELD] = { .key = "held", .type = OUT_UINT },
	[L_CONTENDED] = { .key = "contended", .type = OUT_UINT },
	[L_BUSY] = { .key = "busy_retries", .type = OUT_UINT },
	[L_TEXT] = { .label = "Locks", .type = OUT_STR },
};

/* Adds every counter of @f, and its text, as unknown. */
static void no_data(struct out_node *n, const struct cli_field *f, size_t text, const char *why)
{
	for (size_t i = 0; i < text; i++)
		out_unknown(n, &f[i], why);
	out_style(out_unknown(n, &f[text], why), STYLE_DIM);
}

/* Appends how the count of the misc cgroup differs from that of the helper. */
static void add_charged(char *buf, size_t len, const struct tdxctl_snapshot *s, uint64_t used)
{
	size_t at = strlen(buf);

	if (s->hkids_charged == TDXCTL_UNKNOWN || at >= len)
		return;
	if (s->hkids_charged > used)
		snprintf(buf + at, len - at, ", %" PRIu64 " more charged by the misc cgroup",
			 (s->hkids_charged - used));
	else if (s->hkids_charged < used)
		snprintf(buf + at, len - at, ", %" PRIu64 " of them not charged by the misc cgroup",
			 (used - s->hkids_charged));
}

/* Without the helper, the number of HKIDs in use is known, but not which ones. */
static void charged_hkids(struct out_node *n, const struct tdxctl_facts *facts)
{
	const struct tdxctl_val *capacity = &facts->hkid_capacity, *charged = &facts->hkid_current;
	uint64_t used;
	char text[120];

	for (size_t i = 0; i < K_TEXT; i++)
		if (!capacity->readable || !charged->readable ||
		    (i != K_TOTAL && i != K_STATE + TDXCTL_HKID_FREE))
			out_unknown(n, &hkid_fields[i], tdxctl_no_helper);
	if (!capacity->readable || !charged->readable) {
		out_style(out_unknown(n, &hkid_fields[K_TEXT], tdxctl_no_helper), STYLE_DIM);
		return;
	}
	used = charged->value < capacity->value ? charged->value : capacity->value;
	out_uint(n, &hkid_fields[K_TOTAL], capacity->value);
	out_uint(n, &hkid_fields[K_STATE + TDXCTL_HKID_FREE], capacity->value - used);
	snprintf(text, sizeof(text),
		 "%" PRIu64 " of %" PRIu64 " in use, counted by the misc cgroup", charged->value,
		 capacity->value);
	out_style(out_bar(n, &hkid_fields[K_TEXT], used, 0, capacity->value, text),
		  used == capacity->value ? STYLE_WARN : STYLE_NONE);
}

void view_summary_hkids(struct out_node *root, const struct tdxctl_facts *facts)
{
	const struct tdxctl_snapshot *s = facts->snap;
	struct out_node *n = out_object(root, &hkids);
	const char *why = tdxctl_unknown_why(s, TDXCTL_SUBJECT_HKIDS);
	uint64_t count[TDXCTL_HKID_STATES] = { 0 }, used;
	char states[160] = "", text[400];

	view_val(n, &hkid_fields[K_CAPACITY], &facts->hkid_capacity);
	out_uint_or(n, &hkid_fields[K_CHARGED], tdxctl_hkids_charged(facts), TDXCTL_UNKNOWN,
		    facts->hkid_current.reason ? facts->hkid_current.reason :
						 "the number changed while it was read");
	if (s->source == TDXCTL_SOURCE_HOST) {
		charged_hkids(n, facts);
		return;
	}
	if (why) {
		no_data(n, hkid_fields, K_TEXT, why);
		return;
	}
	for (size_t i = 0; i < s->nr_hkids; i++)
		if (s->hkids[i].state < TDXCTL_HKID_STATES)
			count[s->hkids[i].state]++;
	out_uint(n, &hkid_fields[K_TOTAL], s->nr_hkids);
	for (size_t i = 0; i < TDXCTL_HKID_STATES; i++) {
		view_count(n, &hkid_fields[K_STATE + i], count[i], count[TDXCTL_HKID_UNKNOWN],
			   NULL);
		if (i != TDXCTL_HKID_FREE && i != TDXCTL_HKID_UNKNOWN)
			view_add_count(states, sizeof(states), count[i],
				       tdxctl_hkid_state_str((unsigned int)i), NULL);
	}
	/* An HKID that was used before the helper was loaded may be free or in use. */
	used = s->nr_hkids - count[TDXCTL_HKID_FREE] - count[TDXCTL_HKID_UNKNOWN];
	snprintf(text, sizeof(text), "%" PRIu64 " of %zu %sin use%s%s%s", used, s->nr_hkids,
		 count[TDXCTL_HKID_UNKNOWN] ? "known to be " : "", *states ? " (" : "", states,
		 *states ? ")" : "");
	if (count[TDXCTL_HKID_UNKNOWN])
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 ", %" PRIu64 " not known", count[TDXCTL_HKID_UNKNOWN]);
	add_charged(text, sizeof(text), s, used);
	out_style(out_bar(n, &hkid_fields[K_TEXT], used, count[TDXCTL_HKID_LEAKED], s->nr_hkids,
			  text),
		  count[TDXCTL_HKID_LEAKED] || used == s->nr_hkids ? STYLE_WARN : STYLE_NONE);
}

/* It holds an HKID and cannot run. */
static bool never_finalized(const struct tdxctl_td *td)
{
	return td->hkid && td->state >= TDXCTL_TD_ASSIGNED && td->state < TDXCTL_TD_RUNNABLE;
}

/* Every TD holds one HKID; KVM does not report which of its VMs are TDs. */
static void charged_tds(struct out_node *n, const struct tdxctl_facts *facts)
{
	const struct tdxctl_val *charged = &facts->hkid_current, *vms = &facts->kvm_vms;
	char text[160] = "";

	for (size_t i = 0; i < T_TEXT; i++)
		out_unknown(n, &td_fields[i], tdxctl_no_helper);
	if (charged->readable)
		snprintf(text, sizeof(text), "%" PRIu64 " with an HKID", charged->value);
	if (vms->readable)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%sKVM has %" PRIu64 " VM%s%s", *text ? "; " : "", vms->value,
			 vms->value == 1 ? "" : "s",
			 *text || !vms->value ? "" : "; which of them are TDs is not known");
	if (*text)
		out_str(n, &td_fields[T_TEXT], text);
	else
		out_style(out_unknown(n, &td_fields[T_TEXT], tdxctl_no_helper), STYLE_DIM);
}

void view_summary_tds(struct out_node *root, const struct tdxctl_facts *facts)
{
	const struct tdxctl_snapshot *s = facts->snap;
	const char *why = tdxctl_unknown_why(s, TDXCTL_SUBJECT_TDS);
	struct out_node *n = out_object(root, &tds);
	uint64_t count[TDXCTL_TD_STATES] = { 0 }, pages = 0, never = 0, no_hkid = 0;
	char states[160] = "", mem[40], text[400];
	bool known = true, counted = tdxctl_has_seamcalls(s);

	view_val(n, &td_fields[T_VMS], &facts->kvm_vms);
	if (s->source == TDXCTL_SOURCE_HOST) {
		charged_tds(n, facts);
		return;
	}
	if (why == tdxctl_no_module) {
		no_data(n, td_fields, T_TEXT, why);
		return;
	}
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_td *td = &s->tds[i].td;

		if (td->state < TDXCTL_TD_STATES)
			count[td->state]++;
		never += never_finalized(td);
		no_hkid += td->hkid == TDXCTL_UNKNOWN32;
		if (td->private_pages == TDXCTL_UNKNOWN)
			known = false;
		else
			pages += td->private_pages;
	}
	if (why)
		out_unknown(n, &td_fields[T_TOTAL], why);
	else
		out_uint(n, &td_fields[T_TOTAL], s->nr_tds);
	for (size_t i = 0; i < TDXCTL_TD_STATES; i++) {
		view_count(n, &td_fields[T_STATE + i], count[i], count[TDXCTL_TD_UNKNOWN], why);
		view_add_count(states, sizeof(states), count[i],
			       tdxctl_td_state_str((unsigned int)i), NULL);
	}
	view_count(n, &td_fields[T_NO_HKID], no_hkid, 0, why);
	view_count(n, &td_fields[T_NEVER], never, count[TDXCTL_TD_UNKNOWN], why);
	if (why || !known)
		out_unknown(n, &td_fields[T_PRIVATE],
			    why	    ? why :
			    counted ? "a TD was created before the helper was loaded" :
				      tdxctl_no_helper);
	else
		out_uint(n, &td_fields[T_PRIVATE], pages);
	if (why && !s->nr_tds) {
		out_style(out_unknown(n, &td_fields[T_TEXT], why), STYLE_DIM);
		return;
	}
	text_bytes(mem, sizeof(mem), pages * 4096);
	snprintf(text, sizeof(text), "%zu%s (%s)", s->nr_tds, why ? " seen" : "", states);
	if (counted)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %s%s private memory",
			 known && !why ? "" : "at least ", mem);
	view_add_count(text, sizeof(text), never, "never finalized but holding an HKID", NULL);
	view_add_count(text, sizeof(text), no_hkid, "with an unknown HKID", NULL);
	if (why)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "; %s", why);
	out_str(n, &td_fields[T_TEXT], s->nr_tds ? text : "none");
}

void view_summary_cpus(struct out_node *root, const struct tdxctl_snapshot *s)
{
	/* clang-format off */
	static const char *const texts[TDXCTL_CPU_STATES] = {
		[TDXCTL_CPU_UNKNOWN] = "not known",
		[TDXCTL_CPU_ENABLED] = "enabled for TDX",
		[TDXCTL_CPU_NOT_ENABLED] = "NOT enabled",
		[TDXCTL_CPU_VMX_OFF] = "with VMX off",
		[TDXCTL_CPU_NO_SEAM] = "without SEAM",
	};
	/* clang-format on */
	struct out_node *n = out_object(root, &cpus), *text;
	uint64_t count[TDXCTL_CPU_STATES] = { 0 }, online = 0;
	char states[160] = "";
	const char *why = tdxctl_unknown_why(s, TDXCTL_SUBJECT_CPUS);
	bool bad;

	for (size_t i = 0; i < s->nr_cpus; i++) {
		if (!s->cpus[i].online)
			continue;
		online++;
		count[s->cpus[i].state]++;
	}
	out_uint(n, &cpu_fields[C_TOTAL], s->nr_cpus);
	out_uint(n, &cpu_fields[C_ONLINE], online);
	for (size_t i = 0; i < TDXCTL_CPU_STATES; i++) {
		if (why)
			out_unknown(n, &cpu_fields[C_STATE + i], why);
		else
			view_count(n, &cpu_fields[C_STATE + i], count[i], count[TDXCTL_CPU_UNKNOWN],
				   NULL);
	}
	if (count[TDXCTL_CPU_ENABLED] == online && online)
		snprintf(states, sizeof(states), "all enabled for TDX");
	else if (!why)
		for (size_t i = TDXCTL_CPU_STATES; i-- > 0;)
			view_add_count(states, sizeof(states), count[i], texts[i], NULL);
	bad = count[TDXCTL_CPU_NOT_ENABLED] || count[TDXCTL_CPU_VMX_OFF] ||
	      count[TDXCTL_CPU_NO_SEAM];
	text = out_strf(n, &cpu_fields[C_TEXT], "%" PRIu64 " of %zu online%s%s", online, s->nr_cpus,
			*states ? ", " : "", states);
	out_style(text, bad ? STYLE_BAD : STYLE_NONE);
}

void view_summary_locks(struct out_node *root, const struct tdxctl_snapshot *s)
{
	struct out_node *n = out_object(root, &locks);
	const struct tdxctl_lock *longest = NULL;
	uint64_t held = 0, contended = 0, busy = 0;
	const char *why = tdxctl_unknown_why(s, TDXCTL_SUBJECT_LOCKS);
	bool counted = tdxctl_has_seamcalls(s);
	char text[200], age[40];

	if (why) {
		no_data(n, lock_fields, L_TEXT, why);
		return;
	}
	for (size_t i = 0; i < s->nr_locks; i++) {
		const struct tdxctl_lock *l = &s->locks[i];

		contended += counted ? l->contended : 0;
		busy += counted ? l->busy_retries : 0;
		if (l->held != 1)
			continue;
		held++;
		if (!longest || l->held_since_ns < longest->held_since_ns)
			longest = l;
	}
	out_uint(n, &lock_fields[L_TOTAL], s->nr_locks);
	out_uint(n, &lock_fields[L_HELD], held);
	out_uint_or(n, &lock_fields[L_CONTENDED], counted ? contended : TDXCTL_UNKNOWN,
		    TDXCTL_UNKNOWN, tdxctl_no_helper);
	out_uint_or(n, &lock_fields[L_BUSY], counted ? busy : TDXCTL_UNKNOWN, TDXCTL_UNKNOWN,
		    tdxctl_no_helper);
	if (longest && !longest->held_since_ns) {
		snprintf(text, sizeof(text), "tdx_lock held by %.*s (%d)", TDXCTL_COMM_LEN,
			 longest->holder_comm, longest->holder_tgid);
	} else if (longest) {
		tdxctl_duration_str(age, sizeof(age), view_age(s, longest->held_since_ns));
		if (longest->kind == TDXCTL_LOCK_KEY_CONFIG)
			snprintf(text, sizeof(text),
				 "%" PRIu64 " held, key-config lock of package %u for %s", held,
				 longest->package, age);
		else
			snprintf(text, sizeof(text), "%" PRIu64 " held, tdx_lock for %s", held,
				 age);
	} else {
		snprintf(text, sizeof(text), "none held");
	}
	view_add_count(text, sizeof(text), contended, "contended acquisition",
		       "contended acquisitions");
	view_add_count(text, sizeof(text), busy, "busy retry", "busy retries");
	out_style(out_str(n, &lock_fields[L_TEXT], text), held ? STYLE_WARN : STYLE_NONE);
}
