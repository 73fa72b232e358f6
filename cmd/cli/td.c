// SPDX-License-Identifier: GPL-2.0-only
/* The fields of a TD: of td list, td show and top. */
#include <inttypes.h>
#include <string.h>

#include "td.h"

static const char no_record[] =
	"the TD was created before the helper was loaded, and its KVM data cannot be read";
static const char ended[] = "the process has ended or was never seen";

/* Why a value is unknown; @late with the helper. */
static const char *why_of(const void *from, const char *late)
{
	return tdxctl_has_seamcalls(((const struct view_td *)from)->snap) ? late : tdxctl_no_helper;
}

static const struct tdxctl_td *td_of(const void *from)
{
	return &((const struct view_td *)from)->view->td;
}

static const struct tdxctl_vm *vm_of(const void *from)
{
	return &((const struct view_td *)from)->view->vm;
}

static uint32_t u32_of(const void *from, size_t at)
{
	return *(const uint32_t *)((const char *)td_of(from) + at);
}

static uint64_t u64_of(const void *from, size_t at)
{
	return *(const uint64_t *)((const char *)td_of(from) + at);
}

static void fill_id(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (td_of(from)->id)
		out_uint(n, f, td_of(from)->id);
	else
		out_unknown(n, f, why_of(from, no_record));
}

static void fill_name(struct out_node *n, const struct cli_field *f, const void *from)
{
	out_str(n, f, vm_of(from)->name);
}

static void fill_uuid(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (vm_of(from)->uuid)
		out_str(n, f, vm_of(from)->uuid);
	else
		out_none(n, f);
}

static void fill_pid(struct out_node *n, const struct cli_field *f, const void *from)
{
	pid_t pid = view_pid(((const struct view_td *)from)->view, NULL);

	if (pid)
		out_int(n, f, pid);
	else
		out_unknown(n, f, ended);
}

static void fill_uid(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (vm_of(from)->uid != (uid_t)-1)
		out_uint(n, f, vm_of(from)->uid);
	else
		out_unknown(n, f, ended);
}

/* 0 means none: HKID 0 is never a private one. */
static void fill_hkid(struct out_node *n, const struct cli_field *f, const void *from)
{
	uint32_t hkid = u32_of(from, f->at);

	if (hkid)
		out_uint_or(n, f, hkid, TDXCTL_UNKNOWN32, why_of(from, no_record));
	else
		out_none(n, f);
}

static void fill_state(struct out_node *n, const struct cli_field *f, const void *from)
{
	unsigned int state = td_of(from)->state;

	out_style(out_str(n, f, tdxctl_td_state_str(state)), view_td_style(state));
}

static void fill_vcpus(struct out_node *n, const struct cli_field *f, const void *from)
{
	out_uint_or(n, f, td_of(from)->vcpus, TDXCTL_UNKNOWN32, why_of(from, view_late));
}

static bool has_limit(const struct tdxctl_td *td)
{
	return td->max_vcpus && td->max_vcpus != TDXCTL_UNKNOWN32;
}

static void fill_max_vcpus(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (has_limit(td_of(from)))
		out_uint(n, f, td_of(from)->max_vcpus);
	else
		out_unknown(n, f, why_of(from, "the helper did not see the limit being set"));
}

static void fill_vcpus_text(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct tdxctl_td *td = td_of(from);

	if (td->vcpus == TDXCTL_UNKNOWN32)
		out_str(n, f, "?");
	else if (has_limit(td))
		out_strf(n, f, "%u of %u", td->vcpus, td->max_vcpus);
	else
		out_strf(n, f, "%u", td->vcpus);
}

static void fill_count(struct out_node *n, const struct cli_field *f, const void *from)
{
	out_uint_or(n, f, u64_of(from, f->at), TDXCTL_UNKNOWN, why_of(from, view_late));
}

static void fill_fail_leaf(struct out_node *n, const struct cli_field *f, const void *from)
{
	const char *leaf = tdxctl_leaf_str(td_of(from)->fail_leaf);

	if (td_of(from)->fail_leaf)
		out_str(n, f, leaf ? leaf : "unknown leaf");
	else
		out_none(n, f);
}

static void fill_fail_name(struct out_node *n, const struct cli_field *f, const void *from)
{
	const char *status = tdxctl_status_str(td_of(from)->fail_status);

	if (td_of(from)->fail_leaf)
		out_str(n, f, status ? status : "unknown status");
	else
		out_none(n, f);
}

static void fill_fail_status(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (td_of(from)->fail_leaf)
		out_uint(n, f, td_of(from)->fail_status);
	else
		out_none(n, f);
}

static void fill_fail_text(struct out_node *n, const struct cli_field *f, const void *from)
{
	const struct tdxctl_td *td = td_of(from);

	if (td->fail_leaf)
		out_style(view_failure(n, f, td->fail_leaf, td->fail_status), STYLE_BAD);
}

static void fill_age(struct out_node *n, const struct cli_field *f, const void *from)
{
	uint64_t since = u64_of(from, f->at);

	if (since)
		out_uint(n, f, view_age(((const struct view_td *)from)->snap, since));
	else
		out_unknown(n, f, why_of(from, view_late));
}

static void fill_seamcalls(struct out_node *n, const struct cli_field *f, const void *from)
{
	/* A TD that was found later may have issued SEAMCALLs before. */
	if (!td_of(from)->seamcalls && td_of(from)->flags & TDXCTL_TD_LATE)
		out_unknown(n, f, why_of(from, view_late));
	else
		out_uint(n, f, td_of(from)->seamcalls);
}

static void fill_tdr(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (td_of(from)->tdr & TDXCTL_TDR_HIDDEN)
		out_unknown(n, f, "only root sees physical addresses");
	else if (td_of(from)->tdr)
		out_uint(n, f, td_of(from)->tdr);
	else
		out_unknown(n, f, why_of(from, no_record));
}

static void fill_late(struct out_node *n, const struct cli_field *f, const void *from)
{
	out_bool(n, f, td_of(from)->flags & TDXCTL_TD_LATE);
}

/* ---- what two snapshots tell ---- */

static const char one_look[] = "only one look at the host so far";

static const struct view_live *live_of(const void *from)
{
	return ((const struct view_td *)from)->live;
}

static void fill_change(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (!live_of(from)->known)
		out_unknown(n, f, one_look);
	else if (td_of(from)->private_pages == TDXCTL_UNKNOWN)
		out_unknown(n, f, view_late);
	else
		out_int(n, f, live_of(from)->pages_per_second);
}

static void fill_calls(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (live_of(from)->known)
		out_uint(n, f, live_of(from)->calls_per_second);
	else
		out_unknown(n, f, one_look);
}

static bool being_torn_down(const void *from)
{
	const struct tdxctl_td *td = td_of(from);

	return td->state == TDXCTL_TD_TEARDOWN && td->private_pages != TDXCTL_UNKNOWN;
}

static uint64_t percent_done(const void *from)
{
	uint64_t all = live_of(from)->most_pages;

	return all ? (all - td_of(from)->private_pages) * 100 / all : 100;
}

/* False: not known, or it does not get less. */
static bool time_left(const void *from, uint64_t *ns)
{
	int64_t rate = -live_of(from)->pages_per_second;

	if (!live_of(from)->known || rate <= 0)
		return false;
	*ns = (uint64_t)((double)td_of(from)->private_pages / (double)rate * 1e9);
	return true;
}

static void fill_done(struct out_node *n, const struct cli_field *f, const void *from)
{
	if (being_torn_down(from))
		out_uint(n, f, percent_done(from));
	else
		out_none(n, f);
}

static void fill_left(struct out_node *n, const struct cli_field *f, const void *from)
{
	uint64_t ns;

	if (!being_torn_down(from))
		out_none(n, f);
	else if (time_left(from, &ns))
		out_uint(n, f, ns);
	else
		out_unknown(n, f, "the memory does not get less");
}

static void fill_teardown(struct out_node *n, const struct cli_field *f, const void *from)
{
	char left[40] = "";
	uint64_t ns;

	if (!being_torn_down(from))
		return;
	if (time_left(from, &ns))
		text_about(left, sizeof(left), ns);
	out_style(out_strf(n, f, "%" PRIu64 " %%%s%s%s", percent_done(from), *left ? ", " : "",
			   left, *left ? " left" : ""),
		  STYLE_WARN);
}

#define AT(member) .at = offsetof(struct tdxctl_td, member)

/* The fields of a TD, for a row of the list and for a screen; at the end, rates and progress. */
static const struct cli_field fields[] = {
	{ .key = "id", .label = "TD", .type = OUT_UINT, .right = true, .fill = fill_id },
	{ .key = "vm", .label = "VM", .type = OUT_STR, .fill = fill_name, .text = true },
	{ .key = "uuid",
	  .label = "UUID",
	  .type = OUT_STR,
	  .wide = true,
	  .fill = fill_uuid,
	  .drop = 10 },
	{ .key = "pid",
	  .label = "Process",
	  .column = "PID",
	  .type = OUT_INT,
	  .right = true,
	  .fill = fill_pid,
	  .drop = 3 },
	{ .key = "uid",
	  .label = "User",
	  .column = "UID",
	  .type = OUT_UINT,
	  .right = true,
	  .wide = true,
	  .fill = fill_uid,
	  .drop = 8 },
	{ .key = "hkid",
	  .label = "HKID",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_hkid,
	  AT(hkid) },
	{ .key = "last_hkid", .type = OUT_UINT, .fill = fill_hkid, AT(last_hkid) },
	{ .key = "state", .label = "State", .column = "STATE", .type = OUT_STR, .fill = fill_state },
	{ .key = "vcpus", .type = OUT_UINT, .fill = fill_vcpus },
	{ .key = "max_vcpus", .type = OUT_UINT, .fill = fill_max_vcpus },
	{ .label = "vCPUs",
	  .column = "VCPUS",
	  .type = OUT_STR,
	  .right = true,
	  .fill = fill_vcpus_text,
	  .drop = 5 },
	{ .key = "private_pages",
	  .label = "Private memory",
	  .column = "PRIVATE",
	  .type = OUT_PAGES,
	  .right = true,
	  .fill = fill_count,
	  AT(private_pages),
	  .drop = 2 },
	{ .key = "sept_pages",
	  .label = "Secure EPT",
	  .column = "S-EPT",
	  .type = OUT_PAGES,
	  .right = true,
	  .fill = fill_count,
	  AT(sept_pages),
	  .drop = 7 },
	{ .key = "control_pages",
	  .label = "Control pages",
	  .column = "CONTROL",
	  .type = OUT_PAGES,
	  .right = true,
	  .wide = true,
	  .fill = fill_count,
	  AT(control_pages),
	  .drop = 9 },
	{ .key = "fail_leaf", .type = OUT_STR, .fill = fill_fail_leaf },
	{ .key = "fail_name", .type = OUT_STR, .fill = fill_fail_name },
	{ .key = "fail_status", .type = OUT_HEX, .fill = fill_fail_status },
	{ .label = "Failed",
	  .column = "FAILED",
	  .type = OUT_STR,
	  .sparse = true,
	  .fill = fill_fail_text,
	  .text = true },
	{ .key = "age_ns",
	  .label = "Age",
	  .column = "AGE",
	  .type = OUT_NS,
	  .right = true,
	  .fill = fill_age,
	  AT(created_ns),
	  .drop = 4,
	  .age = true },
	{ .key = "state_ns",
	  .label = "In this state for",
	  .column = "IN STATE",
	  .type = OUT_NS,
	  .right = true,
	  .wide = true,
	  .fill = fill_age,
	  AT(since_ns),
	  .drop = 6,
	  .age = true },
	{ .key = "seamcalls",
	  .label = "SEAMCALLs",
	  .column = "SEAMCALLS",
	  .type = OUT_UINT,
	  .right = true,
	  .wide = true,
	  .fill = fill_seamcalls,
	  .drop = 11 },
	{ .key = "tdr",
	  .label = "TDR page",
	  .column = "TDR",
	  .type = OUT_HEX,
	  .right = true,
	  .wide = true,
	  .fill = fill_tdr,
	  .drop = 12 },
	{ .key = "keyed_packages", .type = OUT_HEX, .fill = fill_count, AT(keyed_packages) },
	{ .key = "late", .type = OUT_BOOL, .fill = fill_late },
	{ .key = "private_pages_per_second",
	  .column = "CHANGE",
	  .type = OUT_PAGE_RATE,
	  .right = true,
	  .fill = fill_change,
	  .drop = 5 },
	{ .key = "seamcalls_per_second",
	  .column = "SEAMCALLS/S",
	  .type = OUT_UINT,
	  .right = true,
	  .fill = fill_calls,
	  .drop = 6 },
	{ .key = "teardown_percent", .type = OUT_UINT, .fill = fill_done },
	{ .key = "teardown_left_ns", .type = OUT_NS, .fill = fill_left },
	{ .column = "TEARDOWN", .type = OUT_STR, .sparse = true, .fill = fill_teardown },
};

#define LIVE_FIELDS 5

const struct cli_field td_table = {
	.key = "tds",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No TDs.",
	.columns = fields,
	.nr_columns = ARRAY_SIZE(fields) - LIVE_FIELDS,
};

const struct cli_field td_live_table = {
	.key = "td_list",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No TDs.",
	.columns = fields,
	.nr_columns = ARRAY_SIZE(fields),
};

void view_td_fill(struct out_node *n, const struct tdxctl_snapshot *s,
		  const struct tdxctl_td_view *v)
{
	const struct view_td from = { .snap = s, .view = v };

	out_fill(n, fields, ARRAY_SIZE(fields) - LIVE_FIELDS, &from);
}

void view_td_live_fill(struct out_node *n, const struct view_td *from)
{
	out_fill(n, fields, ARRAY_SIZE(fields), from);
}
