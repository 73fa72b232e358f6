/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads all facts of a host that need no helper. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "host.h"

const char *const tdxctl_file_paths[TDXCTL_FILE_COUNT] = {
#define X(id, path) [TDXCTL_FILE_##id] = path,
	TDXCTL_FILES(X)
#undef X
};

const char *const tdxctl_path_paths[TDXCTL_PATH_COUNT] = {
#define X(id, path) [TDXCTL_PATH_##id] = path,
	TDXCTL_PATHS(X)
#undef X
};

static void read_line(struct tdxctl_ctx *ctx, const char *path, struct tdxctl_text *t)
{
	src_text(ctx, path, 64 << 10, t);
	if (t->text)
		t->text[strcspn(t->text, "\n")] = '\0';
}

static void read_path(struct tdxctl_ctx *ctx, const char *path, struct tdxctl_val *v)
{
	int fd = root_open(ctx, path, O_PATH);

	v->readable = fd >= 0 || fd == -ENOENT || fd == -ENOTDIR;
	v->value = fd >= 0;
	if (!v->readable)
		v->reason = src_reason(fd);
	if (fd >= 0)
		close(fd);
}

/* clang-format off */
const struct tdxctl_fact tdxctl_fact_vals[] = {
#define X(bits, member) { #member, TDXCTL_FACTS_##bits, offsetof(struct tdxctl_facts, member) },
	TDXCTL_FACT_VALS(X)
	{ NULL, 0, 0 }
}, tdxctl_fact_texts[] = {
	TDXCTL_FACT_TEXTS(X)
	{ NULL, 0, 0 }
#undef X
};
/* clang-format on */

void facts_unknown(struct tdxctl_facts *f, unsigned int what, const char *reason)
{
	const struct tdxctl_fact *x;
	size_t i;

	for (x = tdxctl_fact_vals; x->name; x++)
		if (what & x->what)
			((struct tdxctl_val *)((char *)f + x->at))->reason = reason;
	for (x = tdxctl_fact_texts; x->name; x++)
		if (what & x->what)
			((struct tdxctl_text *)((char *)f + x->at))->reason = reason;
	for (i = 0; (what & TDXCTL_FACTS_FILES) && i < TDXCTL_FILE_COUNT; i++)
		f->file[i].reason = reason;
	for (i = 0; (what & TDXCTL_FACTS_FILES) && i < TDXCTL_PATH_COUNT; i++)
		f->path[i].reason = reason;
}

static int read_all(struct tdxctl_ctx *ctx, const struct host_sources *src, unsigned int what,
		    struct tdxctl_facts *f)
{
	struct tdxctl_text *release = &f->file[TDXCTL_FILE_RELEASE];
	enum tdxctl_msrs msrs = what & TDXCTL_FACTS_MSR	   ? TDXCTL_MSRS_ALL :
				what & TDXCTL_FACTS_KEYIDS ? TDXCTL_MSRS_KEYIDS :
							     TDXCTL_MSRS_NONE;
	int err = host_msrs(ctx, f->snap, msrs, src->msrs, &f->msrs, &f->nr_msrs);

	for (int i = 0; (what & TDXCTL_FACTS_FILES) && i < TDXCTL_FILE_COUNT; i++)
		read_line(ctx, tdxctl_file_paths[i], &f->file[i]);
	for (int i = 0; (what & TDXCTL_FACTS_FILES) && i < TDXCTL_PATH_COUNT; i++)
		read_path(ctx, tdxctl_path_paths[i], &f->path[i]);
	if (release->text)
		f->kernel = src_kernel(release->text);
	if (!err && (what & TDXCTL_FACTS_CONFIG))
		err = src_config(ctx, f);
	if (!err && (what & TDXCTL_FACTS_CONFIG))
		err = src_modprobe(ctx, &f->modprobe);
	if (!err && (what & TDXCTL_FACTS_CONFIG))
		err = src_kernels(ctx, f);
	if (!err && (what & TDXCTL_FACTS_MEMORY))
		err = src_memory(ctx, f);
	if (!err && (what & TDXCTL_FACTS_PROCS))
		err = src_services(ctx, src, f);
	if (!err && (what & TDXCTL_FACTS_CPU))
		err = src_cpu(ctx, src, f);
	if (what & TDXCTL_FACTS_HOTPLUG)
		src_hotplug(ctx, f);
	if (!err && (what & TDXCTL_FACTS_CGROUP))
		err = src_cgroup(ctx, f, what & TDXCTL_FACTS_CGROUPS);
	if (!err && (what & TDXCTL_FACTS_KVM))
		err = src->kvm(ctx, f, what & TDXCTL_FACTS_TD);
	if (what & TDXCTL_FACTS_VMS)
		src_vms(ctx, f);
	if (!err && (what & TDXCTL_FACTS_LOG))
		err = src_klog(ctx, src, f);
	if (!err && (what & TDXCTL_FACTS_LOG))
		err = src_pstore(ctx, f);
	return err ? ctx_nomem(ctx) : 0;
}

uint64_t tdxctl_hkids_charged(const struct tdxctl_facts *f)
{
	/* The snapshot's count was read together with the helper's data. */
	if (f->snap->hkids_charged != TDXCTL_UNKNOWN || f->snap->source == TDXCTL_SOURCE_HELPER)
		return f->snap->hkids_charged;
	return f->hkid_current.readable ? f->hkid_current.value : TDXCTL_UNKNOWN;
}

int host_facts(struct tdxctl_ctx *ctx, const struct host_sources *src, unsigned int what,
	       struct tdxctl_facts *f)
{
	facts_unknown(f, ~what, src_not_asked);
	return read_all(ctx, src, what, f);
}

/* What the health checks need besides the snapshot. */
static unsigned int health_facts(const struct tdxctl_snapshot *s)
{
	unsigned int what = TDXCTL_FACTS_CGROUP;

	/* The helper knows the package of an offline CPU; sysfs shows only its node. */
	if (!tdxctl_has_seamcalls(s))
		what |= TDXCTL_FACTS_HOTPLUG;
	/* Only the log shows leaks that the helper did not see. Reading it takes time. */
	if (s->platform.has_tdx &&
	    (!tdxctl_has_seamcalls(s) || hkids_count(s, TDXCTL_HKID_UNKNOWN)))
		what |= TDXCTL_FACTS_LOG | TDXCTL_FACTS_VMS;
	return what;
}

int tdxctl_facts_join(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_snapshot *snap,
		      struct tdxctl_facts **out)
{
	struct tdxctl_facts *f = calloc(1, sizeof(*f));
	int err;

	if (!f) {
		tdxctl_snapshot_free(snap);
		return ctx_nomem(ctx);
	}
	f->snap = snap;
	if (what & TDXCTL_FACTS_HEALTH)
		what = (what & ~TDXCTL_FACTS_HEALTH) | health_facts(snap);
	/* Some facts need others: the configuration needs the kernel release. */
	if (what & TDXCTL_FACTS_CONFIG)
		what |= TDXCTL_FACTS_FILES;
	if (what & TDXCTL_FACTS_CGROUPS)
		what |= TDXCTL_FACTS_CGROUP;
	if (what & TDXCTL_FACTS_TD)
		what |= TDXCTL_FACTS_KVM;
	err = ctx->backend->facts(ctx, what, f);
	if (err)
		tdxctl_facts_free(f);
	else
		*out = f;
	return err;
}

int tdxctl_facts_get(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts **out)
{
	struct tdxctl_snapshot *snap;
	int err = tdxctl_snapshot_get(ctx, &snap), helper_err = 0;

	/* A helper without permission or with another ABI must not hide the other facts. */
	if (err && err != -ENOMEM && ctx->backend->snapshot_from_files) {
		helper_err = err;
		err = ctx->backend->snapshot_from_files(ctx, &snap);
	}
	if (!err)
		err = tdxctl_facts_join(ctx, what, snap, out);
	if (!err && helper_err)
		(*out)->helper_err = helper_err;
	return err;
}

void tdxctl_facts_free(struct tdxctl_facts *f)
{
	if (!f)
		return;
	tdxctl_snapshot_free(f->snap);
	free(f->msrs);
	free(f->cpu.vendor.text);
	free(f->cpu.flags.text);
	free(f->cpu.bugs.text);
	for (int i = 0; i < TDXCTL_FILE_COUNT; i++)
		free(f->file[i].text);
	free(f->config.text);
	free(f->modprobe.text);
	free(f->registration.text);
	free(f->qcnl.text);
	free(f->qgs_log.text);
	free(f->pccs_log.text);
	free(f->vmm_log.text);
	free(f->kernels.text);
	free(f->log.text);
	free(f->dimms);
	for (size_t i = 0; i < f->nr_quote_sockets; i++)
		free(f->quote_sockets[i].vm);
	free(f->quote_sockets);
	for (size_t i = 0; i < f->nr_vm_logs; i++) {
		free(f->vm_logs[i].vm);
		free(f->vm_logs[i].text);
	}
	free(f->vm_logs);
	free(f->last_log.text);
	free(f->disagreement.text);
	for (size_t i = 0; i < f->nr_cgroups; i++)
		free(f->cgroups[i].path);
	free(f->cgroups);
	free(f);
}
