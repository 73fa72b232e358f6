// SPDX-License-Identifier: GPL-2.0-only
/* The data that --from-report reads, and the meaning of the MSRs. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* ---- rows ---- */

enum { F_PATH, F_TEXT, F_ABSENT };
static const struct cli_field file_fields[] = {
	[F_PATH] = { .key = "path", .label = "FILE", .type = OUT_STR },
	[F_TEXT] = { .key = "text", .label = "TEXT", .type = OUT_STR },
	[F_ABSENT] = { .key = "absent", .type = OUT_BOOL },
};
enum { T_NAME, T_TEXT, T_ABSENT };
static const struct cli_field text_fields[] = {
	[T_NAME] = { .key = "name", .type = OUT_STR },
	[T_TEXT] = { .key = "text", .type = OUT_STR },
	[T_ABSENT] = { .key = "absent", .type = OUT_BOOL },
};
enum { P_PATH, P_EXISTS };
static const struct cli_field path_fields[] = {
	[P_PATH] = { .key = "path", .type = OUT_STR },
	[P_EXISTS] = { .key = "exists", .type = OUT_BOOL },
};
enum { V_NAME, V_VALUE };
static const struct cli_field value_fields[] = {
	[V_NAME] = { .key = "name", .type = OUT_STR },
	[V_VALUE] = { .key = "value", .type = OUT_UINT },
};
enum { M_PACKAGE, M_CPU, M_MSR, M_NAME, M_VALUE, M_FAULT, M_MEANING };
static const struct cli_field msr_fields[] = {
	[M_PACKAGE] = { .key = "package", .label = "PACKAGE", .type = OUT_UINT, .right = true },
	[M_CPU] = { .key = "cpu", .type = OUT_UINT },
	[M_MSR] = { .key = "msr", .label = "MSR", .type = OUT_HEX, .right = true },
	[M_NAME] = { .label = "NAME", .type = OUT_STR },
	[M_VALUE] = { .key = "value", .label = "VALUE", .type = OUT_HEX, .right = true },
	[M_FAULT] = { .key = "fault", .type = OUT_BOOL },
	[M_MEANING] = { .label = "MEANING", .type = OUT_STR },
};
enum { C_PATH, C_CURRENT, C_MAX, C_EVENTS };
static const struct cli_field cgroup_fields[] = {
	[C_PATH] = { .key = "path", .type = OUT_STR },
	[C_CURRENT] = { .key = "current", .type = OUT_UINT },
	[C_MAX] = { .key = "max", .type = OUT_UINT },
	[C_EVENTS] = { .key = "max_events", .type = OUT_UINT },
};
enum { D_SOCKET, D_SLOTS, D_POPULATED, D_BYTES };
static const struct cli_field dimm_fields[] = {
	[D_SOCKET] = { .key = "socket", .type = OUT_STR },
	[D_SLOTS] = { .key = "slots", .type = OUT_UINT },
	[D_POPULATED] = { .key = "populated", .type = OUT_UINT },
	[D_BYTES] = { .key = "bytes", .type = OUT_UINT },
};
enum { Q_VM, Q_PID, Q_VSOCK, Q_CID, Q_PORT };
static const struct cli_field quote_fields[] = {
	[Q_VM] = { .key = "vm", .type = OUT_STR },
	[Q_PID] = { .key = "pid", .type = OUT_UINT },
	[Q_VSOCK] = { .key = "vsock", .type = OUT_BOOL },
	[Q_CID] = { .key = "cid", .type = OUT_UINT },
	[Q_PORT] = { .key = "port", .type = OUT_UINT },
};
enum { L_VM, L_TEXT };
static const struct cli_field log_fields[] = {
	[L_VM] = { .key = "vm", .type = OUT_STR },
	[L_TEXT] = { .key = "text", .type = OUT_STR },
};
enum { N_NAME, N_UUID, N_PID, N_FD, N_UID, N_GONE };
static const struct cli_field vm_fields[] = {
	[N_NAME] = { .key = "name", .type = OUT_STR },
	[N_UUID] = { .key = "uuid", .type = OUT_STR },
	[N_PID] = { .key = "pid", .type = OUT_UINT },
	[N_FD] = { .key = "vm_fd", .type = OUT_UINT },
	[N_UID] = { .key = "uid", .type = OUT_UINT },
	[N_GONE] = { .key = "gone", .type = OUT_BOOL },
};
enum { PL_MODEL, PL_KERNEL, PL_MODULE, PL_KVM, PL_KVM_TDX, PL_HAS_TDX };
static const struct cli_field platform_fields[] = {
	[PL_MODEL] = { .key = "cpu_model", .type = OUT_STR },
	[PL_KERNEL] = { .key = "kernel", .type = OUT_STR },
	[PL_MODULE] = { .key = "tdx_module", .type = OUT_STR },
	[PL_KVM] = { .key = "kvm", .type = OUT_STR },
	[PL_KVM_TDX] = { .key = "kvm_tdx", .type = OUT_BOOL },
	[PL_HAS_TDX] = { .key = "has_tdx", .type = OUT_BOOL },
};

enum {
	H_MASKED,
	H_SOURCE,
	H_BOOT,
	H_TIME,
	H_NAME,
	H_PLATFORM,
	H_VALUES,
	H_FILES,
	H_PATHS,
	H_MSRS,
	H_TEXTS,
	H_COMPLETE,
	H_CGROUPS,
	H_DIMMS,
	H_NODES,
	H_UNPLACED,
	H_STEP,
	H_QUOTES,
	H_LOGS,
	H_CHARGED,
	H_VMS,
	H_CPUS,
	H_INFO,
	H_SNAPSHOT,
	H_HELPER,
	H_CONF,
};
static const struct cli_field host = { .key = "host", .type = OUT_OBJECT };
static const struct cli_field host_fields[] = {
	[H_MASKED] = { .key = "masked", .type = OUT_BOOL },
	[H_SOURCE] = { .key = "source", .type = OUT_STR },
	[H_BOOT] = { .key = "boot_time", .type = OUT_UINT },
	[H_TIME] = { .key = "time", .type = OUT_UINT },
	[H_NAME] = { .key = "hostname", .type = OUT_STR },
	[H_PLATFORM] = { .key = "platform", .type = OUT_OBJECT },
	[H_VALUES] = { .key = "values", .type = OUT_TABLE },
	[H_FILES] = { .key = "files", .type = OUT_TABLE },
	[H_PATHS] = { .key = "paths", .type = OUT_TABLE },
	[H_MSRS] = { .key = "msrs", .type = OUT_TABLE },
	[H_TEXTS] = { .key = "texts", .type = OUT_TABLE },
	[H_COMPLETE] = { .key = "log_complete", .type = OUT_BOOL },
	[H_CGROUPS] = { .key = "cgroups", .type = OUT_TABLE },
	[H_DIMMS] = { .key = "dimms", .type = OUT_TABLE },
	[H_NODES] = { .key = "nodes_offline", .type = OUT_HEX },
	[H_UNPLACED] = { .key = "cpus_unplaced", .type = OUT_BOOL },
	[H_STEP] = { .key = "stuck_step", .type = OUT_STR },
	[H_QUOTES] = { .key = "quote_sockets", .type = OUT_TABLE },
	[H_LOGS] = { .key = "vm_logs", .type = OUT_TABLE },
	[H_CHARGED] = { .key = "hkids_charged", .type = OUT_UINT },
	[H_VMS] = { .key = "vms", .type = OUT_TABLE },
	[H_CPUS] = { .key = "cpu_check", .type = OUT_STR },
	[H_HELPER] = { .key = "helper_errno", .type = OUT_UINT },
	[H_CONF] = { .key = "conf", .type = OUT_STR },
	[H_INFO] = { .key = "info", .type = OUT_STR },
	[H_SNAPSHOT] = { .key = "snapshot", .type = OUT_STR },
};

static void text(struct out_node *n, const struct cli_field *f, const struct tdxctl_text *t)
{
	if (t->text)
		out_str(n, f, t->text);
	else
		out_unknown(n, f, t->reason);
}

static void base64(struct out_node *n, const struct cli_field *f, const void *data, size_t len)
{
	char *s = tdxctl_base64(data, len);

	out_str(n, f, s ? s : "");
	if (!s)
		out_fail(n);
	free(s);
}

/* ---- MSRs ---- */

static const char *const msr_names[TDXCTL_MSR_COUNT] = {
#define X(num, id) [TDXCTL_MSR_##id] = #id,
	TDXCTL_MSRS(X)
#undef X
};

static void msr_meaning(struct out_node *row, enum tdxctl_msr m, uint64_t v)
{
	const struct cli_field *f = &msr_fields[M_MEANING];

	switch (m) {
	case TDXCTL_MSR_KEYID:
		out_strf(row, f, "%u KeyIDs for TME-MT, %u for TDX", (unsigned int)v,
			 (unsigned int)(v >> 32));
		break;
	case TDXCTL_MSR_TME_CAPABILITY:
		out_strf(row, f, "up to %u KeyID bits", (unsigned int)(v >> 32 & 0xf));
		break;
	case TDXCTL_MSR_TME_ACTIVATE:
		out_strf(row, f, "%s, %s, %u KeyID bits, %u of them for TDX",
			 v & 2 ? "enabled" : "not enabled", v & 1 ? "locked" : "not locked",
			 (unsigned int)(v >> 32 & 0xf), (unsigned int)(v >> 36 & 0xf));
		break;
	case TDXCTL_MSR_SEAMRR_MASK:
		out_strf(row, f, "%s, %s", v >> 11 & 1 ? "enabled" : "not enabled",
			 v >> 10 & 1 ? "locked" : "not locked");
		break;
	case TDXCTL_MSR_MTRRCAP:
		out_strf(row, f, "SEAMRR %ssupported", v >> 15 & 1 ? "" : "not ");
		break;
	case TDXCTL_MSR_FEATURE_CONTROL:
		out_strf(row, f, "%s, VMX %s, SGX %s", v & 1 ? "locked" : "not locked",
			 v & 4 ? "on" : "off", v >> 18 & 1 ? "on" : "off");
		break;
	case TDXCTL_MSR_SGX_MCHECK:
		out_str(row, f, v ? "MCHECK error" : "no error");
		break;
	default:
		out_str(row, f, "");
	}
}

static void msr_rows(struct out_node *table, const struct tdxctl_facts *f)
{
	for (size_t i = 0; i < f->nr_msrs; i++) {
		const struct tdxctl_msr_set *s = &f->msrs[i];

		for (size_t k = 0; k < TDXCTL_MSR_COUNT; k++) {
			struct out_node *row = out_row(table);

			out_uint(row, &msr_fields[M_PACKAGE], s->package);
			out_uint(row, &msr_fields[M_CPU], s->cpu);
			out_uint(row, &msr_fields[M_MSR], tdxctl_msr_number((enum tdxctl_msr)k));
			out_str(row, &msr_fields[M_NAME], msr_names[k]);
			view_val(row, &msr_fields[M_VALUE], &s->msr[k]);
			out_bool(row, &msr_fields[M_FAULT], s->msr[k].fault);
			if (s->msr[k].readable)
				msr_meaning(row, (enum tdxctl_msr)k, s->msr[k].value);
			else
				out_str(row, &msr_fields[M_MEANING], s->msr[k].reason);
		}
	}
}

void report_msr_table(struct out_node *parent, const struct tdxctl_facts *f)
{
	static const struct cli_field table = {
		.label = "",
		.type = OUT_TABLE,
		.empty = "No CPU package was found.",
		.columns = msr_fields,
		.nr_columns = ARRAY_SIZE(msr_fields),
	};

	msr_rows(out_array(parent, &table), f);
}

/* ---- facts ---- */

static void plain_facts(struct out_node *n, const struct tdxctl_facts *f)
{
	struct out_node *table = out_array(n, &host_fields[H_VALUES]);

	for (const struct tdxctl_fact *x = tdxctl_fact_vals; x->name; x++) {
		struct out_node *row = out_row(table);

		out_str(row, &value_fields[V_NAME], x->name);
		view_val(row, &value_fields[V_VALUE],
			 (const struct tdxctl_val *)((const char *)f + x->at));
	}
	table = out_array(n, &host_fields[H_FILES]);
	for (int i = 0; i < TDXCTL_FILE_COUNT; i++) {
		struct out_node *row = out_row(table);

		out_str(row, &file_fields[F_PATH], tdxctl_file_paths[i]);
		text(row, &file_fields[F_TEXT], &f->file[i]);
		out_bool(row, &file_fields[F_ABSENT], f->file[i].absent);
	}
	table = out_array(n, &host_fields[H_PATHS]);
	for (int i = 0; i < TDXCTL_PATH_COUNT; i++) {
		struct out_node *row = out_row(table);

		out_str(row, &path_fields[P_PATH], tdxctl_path_paths[i]);
		if (f->path[i].readable)
			out_bool(row, &path_fields[P_EXISTS], f->path[i].value);
		else
			out_unknown(row, &path_fields[P_EXISTS], f->path[i].reason);
	}
	msr_rows(out_array(n, &host_fields[H_MSRS]), f);
	table = out_array(n, &host_fields[H_TEXTS]);
	for (const struct tdxctl_fact *x = tdxctl_fact_texts; x->name; x++) {
		const struct tdxctl_text *t = (const struct tdxctl_text *)((const char *)f + x->at);
		struct out_node *row = out_row(table);

		out_str(row, &text_fields[T_NAME], x->name);
		text(row, &text_fields[T_TEXT], t);
		out_bool(row, &text_fields[T_ABSENT], t->absent);
	}
	out_bool(n, &host_fields[H_COMPLETE], f->log_complete);
}

static void lists(struct out_node *n, const struct tdxctl_facts *f)
{
	struct out_node *table = out_array(n, &host_fields[H_CGROUPS]);

	for (size_t i = 0; i < f->nr_cgroups; i++) {
		struct out_node *row = out_row(table);

		out_str(row, &cgroup_fields[C_PATH], f->cgroups[i].path);
		out_uint(row, &cgroup_fields[C_CURRENT], f->cgroups[i].current);
		out_uint_or_none(row, &cgroup_fields[C_MAX], f->cgroups[i].max, TDXCTL_UNKNOWN);
		out_uint(row, &cgroup_fields[C_EVENTS], f->cgroups[i].max_events);
	}
	table = out_array(n, &host_fields[H_DIMMS]);
	for (size_t i = 0; i < f->nr_dimms; i++) {
		struct out_node *row = out_row(table);

		out_str(row, &dimm_fields[D_SOCKET], f->dimms[i].socket);
		out_uint(row, &dimm_fields[D_SLOTS], f->dimms[i].slots);
		out_uint(row, &dimm_fields[D_POPULATED], f->dimms[i].populated);
		out_uint(row, &dimm_fields[D_BYTES], f->dimms[i].bytes);
	}
	out_uint(n, &host_fields[H_NODES], f->nodes_offline);
	out_bool(n, &host_fields[H_UNPLACED], f->cpus_unplaced);
	out_str(n, &host_fields[H_STEP], f->stuck_step);
	table = out_array(n, &host_fields[H_QUOTES]);
	for (size_t i = 0; i < f->nr_quote_sockets; i++) {
		struct out_node *row = out_row(table);

		out_str_or_none(row, &quote_fields[Q_VM], f->quote_sockets[i].vm);
		out_uint(row, &quote_fields[Q_PID], (uint64_t)f->quote_sockets[i].pid);
		out_bool(row, &quote_fields[Q_VSOCK], f->quote_sockets[i].vsock);
		out_uint_or_none(row, &quote_fields[Q_CID], f->quote_sockets[i].cid,
				 TDXCTL_UNKNOWN);
		out_uint_or_none(row, &quote_fields[Q_PORT], f->quote_sockets[i].port,
				 TDXCTL_UNKNOWN);
	}
	table = out_array(n, &host_fields[H_LOGS]);
	for (size_t i = 0; i < f->nr_vm_logs; i++) {
		struct out_node *row = out_row(table);

		out_str(row, &log_fields[L_VM], f->vm_logs[i].vm);
		out_str(row, &log_fields[L_TEXT], f->vm_logs[i].text);
	}
}

/* ---- the snapshot ---- */

static void platform(struct out_node *n, const struct tdxctl_platform *p)
{
	struct out_node *o = out_object(n, &host_fields[H_PLATFORM]);

	out_str_or_none(o, &platform_fields[PL_MODEL], p->cpu_model);
	out_str_or_none(o, &platform_fields[PL_KERNEL], p->kernel);
	out_str_or_none(o, &platform_fields[PL_MODULE], p->tdx_module);
	out_str_or_none(o, &platform_fields[PL_KVM], p->kvm);
	if (p->kvm_tdx < 0)
		out_none(o, &platform_fields[PL_KVM_TDX]);
	else
		out_bool(o, &platform_fields[PL_KVM_TDX], p->kvm_tdx);
	out_bool(o, &platform_fields[PL_HAS_TDX], p->has_tdx);
}

static void snapshot(struct out_node *n, const struct tdxctl_report *r)
{
	const struct tdxctl_snapshot *s = r->facts->snap;
	struct out_node *table;
	size_t len = 0;
	void *bytes;

	out_uint_or_none(n, &host_fields[H_CHARGED], s->hkids_charged, TDXCTL_UNKNOWN);
	table = out_array(n, &host_fields[H_VMS]);
	for (size_t i = 0; i < s->nr_tds; i++) {
		const struct tdxctl_vm *vm = &s->tds[i].vm;
		struct out_node *row = out_row(table);

		out_str(row, &vm_fields[N_NAME], vm->name);
		out_str_or_none(row, &vm_fields[N_UUID], vm->uuid);
		out_uint(row, &vm_fields[N_PID], (uint64_t)vm->pid);
		out_uint_or_none(row, &vm_fields[N_FD], (uint32_t)vm->vm_fd, UINT32_MAX);
		out_uint_or_none(row, &vm_fields[N_UID], vm->uid, UINT32_MAX);
		out_bool(row, &vm_fields[N_GONE], vm->gone);
	}
	if (r->cpus_why)
		out_unknown(n, &host_fields[H_CPUS], r->cpus_why);
	else
		base64(n, &host_fields[H_CPUS], r->cpus, r->nr_cpus * sizeof(*r->cpus));
	base64(n, &host_fields[H_INFO], &s->info, sizeof(s->info));
	if (tdxctl_snapshot_bytes(s, &bytes, &len)) {
		out_fail(n);
		return;
	}
	base64(n, &host_fields[H_SNAPSHOT], bytes, len);
	free(bytes);
}

void report_host(struct out_node *parent, const struct tdxctl_report *r)
{
	struct out_node *n = out_object(parent, &host);

	out_bool(n, &host_fields[H_MASKED], r->masked);
	out_str(n, &host_fields[H_SOURCE], view_source(r->facts->snap->source));
	out_uint_or_none(n, &host_fields[H_BOOT], r->boot_time, 0);
	out_uint_or_none(n, &host_fields[H_TIME], r->time, 0);
	out_str_or_none(n, &host_fields[H_NAME], r->hostname);
	out_uint(n, &host_fields[H_HELPER], (uint64_t)-r->facts->helper_err);
	out_str_or_none(n, &host_fields[H_CONF], r->conf);
	platform(n, &r->facts->snap->platform);
	plain_facts(n, r->facts);
	lists(n, r->facts);
	snapshot(n, r);
}
