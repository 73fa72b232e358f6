// SPDX-License-Identifier: GPL-2.0-only
/* The first part of status: platform, KeyIDs, helper. */
#include <inttypes.h>

#include "status.h"

static const struct cli_field source = { .key = "source", .type = OUT_STR };
static const struct cli_field source_text = { .label = "Source", .type = OUT_STR };

static const struct cli_field platform = { .key = "platform", .label = "", .type = OUT_OBJECT };
enum {
	MODEL,
	KERNEL,
	MODULE,
	KVM,
	KVM_TDX,
	KVM_TEXT,
	HAS_TDX,
	KEY_FIRST,
	KEY_COUNT,
	KEY_SHARED,
	KEY_TEXT
};
static const struct cli_field platform_fields[] = {
	[MODEL] = { .key = "cpu_model", .label = "CPU", .type = OUT_STR },
	[KERNEL] = { .key = "kernel", .label = "Kernel", .type = OUT_STR },
	[MODULE] = { .key = "tdx_module", .label = "TDX module", .type = OUT_STR },
	[KVM] = { .key = "kvm", .type = OUT_STR },
	[KVM_TDX] = { .key = "kvm_tdx", .type = OUT_BOOL },
	[KVM_TEXT] = { .label = "KVM", .type = OUT_STR },
	[HAS_TDX] = { .key = "has_tdx", .type = OUT_BOOL },
	[KEY_FIRST] = { .key = "first_private", .type = OUT_UINT },
	[KEY_COUNT] = { .key = "private_keys", .type = OUT_UINT },
	[KEY_SHARED] = { .key = "tme_mt_keys", .type = OUT_UINT },
	[KEY_TEXT] = { .label = "KeyIDs", .type = OUT_STR },
};

static const struct cli_field helper = { .key = "helper", .label = "", .type = OUT_OBJECT };
enum { H_VERSION, H_ATTACHED, H_SEAMCALLS, H_MISSED, H_VIOLATIONS, H_FROM_START, H_LEAKED, H_TEXT };
static const struct cli_field helper_fields[] = {
	[H_VERSION] = { .key = "version", .type = OUT_STR },
	[H_ATTACHED] = { .key = "attached_for_ns", .type = OUT_NS },
	[H_SEAMCALLS] = { .key = "seamcalls", .type = OUT_UINT },
	[H_MISSED] = { .key = "missed", .type = OUT_UINT },
	[H_VIOLATIONS] = { .key = "violations", .type = OUT_UINT },
	[H_FROM_START] = { .key = "from_start", .type = OUT_BOOL },
	[H_LEAKED] = { .key = "leaked_pages", .type = OUT_UINT },
	[H_TEXT] = { .label = "Helper", .type = OUT_STR },
};

static void opt_str(struct out_node *n, const struct cli_field *f, const char *s, const char *why)
{
	if (s)
		out_str(n, f, s);
	else
		out_unknown(n, f, why);
}

/* The KeyIDs that firmware reserved: all of them from MSR 0x87, else the private ones from the helper. */
static void show_keyids(struct out_node *n, const struct tdxctl_facts *facts)
{
	const struct tdxctl_info *info = &facts->snap->info;
	const char *why = "no CPU package was found";
	struct tdxctl_keys k = { 0 };
	bool msr = facts->nr_msrs && tdxctl_keys_host(&facts->msrs[0], &k, &why);

	if (!msr && !info->global_hkid) {
		for (size_t i = KEY_FIRST; i <= KEY_SHARED; i++)
			out_unknown(n, &platform_fields[i], why);
		return;
	}
	if (!msr) {
		k.first_private = info->global_hkid;
		k.private_keys = info->nr_hkids + 1;
		k.tme_mt_keys = info->global_hkid - 1;
	}
	out_uint(n, &platform_fields[KEY_FIRST], k.first_private);
	out_uint(n, &platform_fields[KEY_COUNT], k.private_keys);
	out_uint(n, &platform_fields[KEY_SHARED], k.tme_mt_keys);
	if (k.private_keys)
		out_strf(n, &platform_fields[KEY_TEXT], "[%u, %u) for TDX, %u for TME-MT",
			 k.first_private, k.first_private + k.private_keys, k.tme_mt_keys);
	else
		out_style(out_strf(n, &platform_fields[KEY_TEXT], "none for TDX, %u for TME-MT",
				   k.tme_mt_keys),
			  STYLE_BAD);
}

void status_platform(struct cli_app *app, struct out_node *root, const struct tdxctl_facts *facts)
{
	const struct tdxctl_snapshot *s = facts->snap;
	const struct tdxctl_platform *p = &s->platform;
	struct out_node *n;

	out_str(root, &source, view_source(s->source));
	if (app->v.from_report)
		out_strf(root, &source_text, "report %s", app->v.from_report);
	else if (s->source == TDXCTL_SOURCE_EMULATED)
		out_strf(root, &source_text, "%s%s",
			 app->v.emulate_file ? "emulated host " : "built-in emulated host",
			 app->v.emulate_file ? app->v.emulate_file : "");
	else if (s->source == TDXCTL_SOURCE_HOST)
		out_strf(root, &source_text, "%s%s",
			 app->v.root ? "captured host " :
				       "files of this host (the helper is not loaded)",
			 app->v.root ? app->v.root : "");
	else if (s->source == TDXCTL_SOURCE_BPF)
		out_str(root, &source_text, "BPF programs (the helper is not loaded)");
	n = out_object(root, &platform);
	opt_str(n, &platform_fields[MODEL], p->cpu_model, "cannot read /proc/cpuinfo");
	opt_str(n, &platform_fields[KERNEL], p->kernel, "cannot read /proc/sys/kernel/osrelease");
	if (p->has_tdx || p->tdx_module) {
		opt_str(n, &platform_fields[MODULE], p->tdx_module,
			"this kernel does not report the module version");
	} else {
		out_style(out_unknown(n, &platform_fields[MODULE], tdxctl_no_module), STYLE_BAD);
	}
	out_str_or_none(n, &platform_fields[KVM], p->kvm);
	if (p->kvm_tdx >= 0)
		out_bool(n, &platform_fields[KVM_TDX], p->kvm_tdx);
	else
		out_unknown(n, &platform_fields[KVM_TDX], "the KVM module has no parameter 'tdx'");
	out_strf(n, &platform_fields[KVM_TEXT], "%s%s", p->kvm ? p->kvm : "none",
		 !p->kvm || p->kvm_tdx < 0 ? "" :
		 p->kvm_tdx		   ? ", TDX on" :
					     ", TDX off");
	out_bool(n, &platform_fields[HAS_TDX], p->has_tdx);
	show_keyids(n, facts);
}

void status_helper(struct out_node *root, const struct tdxctl_snapshot *s)
{
	const char *why = tdxctl_unknown_why(s, TDXCTL_SUBJECT_SEAMCALLS);
	bool start = s->info.features & TDXCTL_F_FROM_START;
	uint64_t seen = s->hdr.seamcalls, lost = s->info.leaked_pages;
	struct out_node *n;
	char age[40], leaked[80] = "";

	if (s->source != TDXCTL_SOURCE_HELPER) {
		out_none(root, &helper);
		return;
	}
	n = out_object(root, &helper);
	out_strf(n, &helper_fields[H_VERSION], "%.*s", (int)sizeof(s->info.version),
		 s->info.version);
	if (s->info.attached_ns)
		out_uint(n, &helper_fields[H_ATTACHED], view_age(s, s->info.attached_ns));
	else
		out_unknown(n, &helper_fields[H_ATTACHED], "no module issues SEAMCALLs");
	view_count(n, &helper_fields[H_SEAMCALLS], seen, 0, why);
	view_count(n, &helper_fields[H_MISSED], s->hdr.missed, 0, why);
	view_count(n, &helper_fields[H_VIOLATIONS], s->hdr.violations, 0, why);
	out_bool(n, &helper_fields[H_FROM_START], start);
	out_uint_or(n, &helper_fields[H_LEAKED], s->info.leaked_pages, TDXCTL_UNKNOWN,
		    "this version of the helper does not report them");
	if (lost && lost != TDXCTL_UNKNOWN)
		snprintf(leaked, sizeof(leaked), ", %" PRIu64 " page%s leaked by early releases",
			 lost, lost == 1 ? "" : "s");
	tdxctl_duration_str(age, sizeof(age), view_age(s, s->info.attached_ns));
	if (!s->info.attached_ns)
		out_strf(n, &helper_fields[H_TEXT],
			 "%.*s, waiting for a module that issues SEAMCALLs",
			 (int)sizeof(s->info.version), s->info.version);
	else
		out_strf(n, &helper_fields[H_TEXT],
			 "%.*s, attached for %s%s, %" PRIu64 " SEAMCALLs seen%s",
			 (int)sizeof(s->info.version), s->info.version, age,
			 start ? "" : " (after TDX was initialized)", seen, leaked);
}
