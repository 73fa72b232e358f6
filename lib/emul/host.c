/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend of an emulated host. */
#include <stdio.h>
#include <unistd.h>
#include "emul.h"

#define FIELD_MAJOR_VERSION 0x0800000100000004ULL

static struct wire_lock wire_lock(const struct emul *e, const struct emul_hold *h)
{
	struct wire_lock w = {
		.present = true,
		.held = h->held,
		.contended = h->contended,
		.longest_ns = h->longest_ns,
	};

	if (h->held) {
		w.tgid = w.tid = h->pid;
		w.since_ns = h->since_ns;
		if (e->clock - h->since_ns > w.longest_ns)
			w.longest_ns = e->clock - h->since_ns;
		memcpy(w.comm, h->comm, sizeof(w.comm));
	}
	return w;
}

static void fill_info(const struct emul *e, struct tdxctl_info *info)
{
	const struct tdxctl_emul_topology *t = &e->file.topo;

	*info = (struct tdxctl_info){
		.size = sizeof(*info),
		.features = TDXCTL_F_SEAMCALL | TDXCTL_F_SEAMCALL_RET | TDXCTL_F_TDX_LOCK |
			    TDXCTL_F_KEY_LOCKS | TDXCTL_F_CPU_CHECK | TDXCTL_F_RELEASE |
			    TDXCTL_F_EMULATED | TDXCTL_F_FROM_START,
		.attached_ns = e->file.clock_ns,
		.global_hkid = t->mktme_keyids + 1,
		.first_hkid = t->mktme_keyids + 2,
		.nr_hkids = t->tdx_keyids - 1,
		.nr_cpus = e->nr_cpus,
		.nr_packages = e->nr_pkgs,
		.provider = "tdx_emul",
		.version = TDXCTL_VERSION,
	};
}

static int fill_platform(const struct emul *e, struct tdxctl_platform *p)
{
	p->cpu_model = strdup("emulated CPU");
	p->kernel = strdup("emulated");
	p->tdx_module = e->ready ? strdup(EMUL_VERSION) : NULL;
	p->kvm = strdup("tdx_emul");
	p->kvm_tdx = e->ready;
	p->has_tdx = e->ready;
	return p->cpu_model && p->kernel && p->kvm && (p->tdx_module || !e->ready) ? 0 : -ENOMEM;
}

static int set_name(const struct emul *e, const struct emul_td *t, struct tdxctl_td_view *v)
{
	const struct emul_event *ev = &e->file.events[t->event];

	free(v->vm.name);
	v->vm.name = strdup(ev->name);
	v->vm.uuid = ev->uuid ? strdup(ev->uuid) : NULL;
	v->vm.uid = ev->uid == UINT32_MAX ? geteuid() : (uid_t)ev->uid;
	if (!t->td) {
		v->vm.pid = 0;
		v->vm.vm_fd = -1;
		v->vm.gone = true;
	}
	return v->vm.name && (v->vm.uuid || !ev->uuid) ? 0 : -ENOMEM;
}

static int snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out)
{
	struct wire_lock tdx_lock, key[TDX_MAX_PKGS];
	struct emul *e;
	struct wire_host host;
	struct tdxctl_snapshot *snap;
	size_t size;
	void *buf;
	s64 len;
	int err;

	err = emul_refresh(ctx);
	if (err)
		return err;
	e = ctx->host;
	err = emul_play(e);
	if (err)
		return err;
	tdx_lock = wire_lock(e, &e->hold_tdx);
	host = (struct wire_host){
		.now_ns = e->clock,
		.nr_cpus = e->nr_cpus,
		.cpus = e->cpus,
		.nr_pkgs = e->nr_pkgs,
		.pkg_id = e->pkg_id,
		.tdx_lock = &tdx_lock,
		.key_config = key,
	};
	for (u32 i = 0; i < e->nr_pkgs; i++)
		key[i] = wire_lock(e, &e->hold_key[i]);
	size = wire_size(e->ledger, &host);
	buf = calloc(1, size);
	if (!buf)
		return ctx_nomem(ctx);
	len = wire_fill(e->ledger, &host, buf, size);
	err = len < 0 ? ctx_fail(ctx, (int)len, NULL, "emulated host: snapshot failed") :
			snapshot_parse(ctx, buf, (size_t)len, &snap);
	free(buf);
	if (err)
		return err;
	snap->source = TDXCTL_SOURCE_EMULATED;
	fill_info(e, &snap->info);
	snap->info.snapshot_size = (uint32_t)size;
	err = fill_platform(e, &snap->platform);
	for (size_t i = 0; !err && i < snap->nr_tds; i++) {
		const struct emul_td *t = emul_td_by_id(e, snap->tds[i].td.id);

		if (t)
			err = set_name(e, t, &snap->tds[i]);
	}
	if (err) {
		tdxctl_snapshot_free(snap);
		return ctx_nomem(ctx);
	}
	*out = snap;
	return 0;
}

static uint32_t state_of(uint64_t status)
{
	if (status == TDX_SEAMCALL_UD)
		return TDXCTL_CPU_VMX_OFF;
	if (TDX_IS_SW_ERROR(status))
		return TDXCTL_CPU_NO_SEAM;
	if (TDX_STATUS_OF(status) == TDX_ST(SYS_LP_INIT_NOT_DONE))
		return TDXCTL_CPU_NOT_ENABLED;
	return status ? TDXCTL_CPU_UNKNOWN : TDXCTL_CPU_ENABLED;
}

static int cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count)
{
	struct emul *e = ctx->host;
	struct tdxctl_cpu_check_rec *recs = calloc(e->nr_cpus, sizeof(*recs));

	if (!recs)
		return ctx_nomem(ctx);
	for (u32 i = 0; i < e->nr_cpus; i++) {
		struct tdmgr_args args = { .rdx = FIELD_MAJOR_VERSION };
		uint64_t start = e->clock;

		recs[i] = (struct tdxctl_cpu_check_rec){
			.cpu = i,
			.package = e->pkg_id[e->cpu_pkg[i]],
			.online = e->cpus[i].online,
			.status = TDXCTL_UNKNOWN,
		};
		if (!e->cpus[i].online)
			continue;
		e->cpu = i;
		recs[i].status = emul_seamcall(e, TDH_SYS_RD, &args);
		recs[i].state = state_of(recs[i].status);
		recs[i].duration_ns = e->clock - start;
	}
	*out = recs;
	*count = e->nr_cpus;
	return 0;
}

static int add_pin(struct tdxctl_pin *p, enum tdxctl_pin_kind kind, const struct tdxctl_td_view *td,
		   int tid, int fd, const char *comm, const char *detail)
{
	*p = (struct tdxctl_pin){
		.kind = kind,
		.pid = td->vm.pid,
		.tid = td->vm.pid + tid,
		.fd = fd,
		.detail = detail ? strdup(detail) : NULL,
	};
	snprintf(p->comm, sizeof(p->comm), "%.15s", comm);
	return detail && !p->detail ? -ENOMEM : 0;
}

/* The VMM looks like QEMU: one thread and one descriptor per vCPU, one guest_memfd. */
static int pins(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td, struct tdxctl_pin **out,
		size_t *count)
{
	struct emul_td *t = emul_td_by_id(ctx->host, td->td.id);
	const char *comm = td->td.owner.comm;
	struct tdmgr_td_info info = { 0 };
	struct tdxctl_pin *list;
	char text[32];
	size_t n = 0;
	int err, fd;

	*out = NULL;
	*count = 0;
	if (!t || !t->td)
		return 0;
	tdmgr_td_get_info(t->td, &info);
	list = calloc(2 * (size_t)info.vcpus + 3, sizeof(*list));
	if (!list)
		return ctx_nomem(ctx);
	fd = td->td.owner.fd;
	err = add_pin(&list[n++], TDXCTL_PIN_PROCESS, td, 0, -1, comm, NULL);
	for (u32 i = 0; !err && i < info.vcpus; i++) {
		snprintf(text, sizeof(text), "CPU %u/KVM", i);
		err = add_pin(&list[n++], TDXCTL_PIN_THREAD, td, 1 + (int)i, -1, text, NULL);
	}
	if (!err)
		err = add_pin(&list[n++], TDXCTL_PIN_VM_FD, td, 0, fd, comm, "anon_inode:kvm-vm");
	for (u32 i = 0; !err && i < info.vcpus; i++) {
		snprintf(text, sizeof(text), "anon_inode:kvm-vcpu:%u", i);
		err = add_pin(&list[n++], TDXCTL_PIN_VCPU_FD, td, 0, fd + 1 + (int)i, comm, text);
	}
	if (!err)
		err = add_pin(&list[n++], TDXCTL_PIN_GMEM_FD, td, 0, fd + 1 + (int)info.vcpus, comm,
			      "anon_inode:[kvm-gmem]");
	if (err) {
		tdxctl_pins_free(list, n);
		return ctx_nomem(ctx);
	}
	*out = list;
	*count = n;
	return 0;
}

/* The emulated VMM ends with its TD. */
static enum tdxctl_life owner_life(struct tdxctl_ctx *ctx, const struct tdxctl_td *td,
				   const char **why)
{
	const struct emul_td *t = emul_td_by_id(ctx->host, td->id);

	return t && t->td ? TDXCTL_LIFE_RUNS : TDXCTL_LIFE_ENDED;
}

static void msr_none(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all)
{
	msrs_unknown(s, all, "an emulated host has no MSRs");
}

static int msrs(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, enum tdxctl_msrs which,
		struct tdxctl_msr_set **out, size_t *count)
{
	return host_msrs(ctx, snap, TDXCTL_MSRS_ALL, msr_none, out, count);
}

static int facts(struct tdxctl_ctx *ctx, unsigned int what, struct tdxctl_facts *f)
{
	facts_unknown(f, ~what, src_not_asked);
	facts_unknown(f, what, "an emulated host has no files");
	facts_unknown(f, what & TDXCTL_FACTS_OBSERVED, "an emulated host has no KVM");
	return msrs(ctx, f->snap, TDXCTL_MSRS_ALL, &f->msrs, &f->nr_msrs);
}

static void power_off(void *host)
{
	emul_free(host);
}

const struct backend emul_backend = {
	.name = "emulated",
	.unsupported = "an emulated host has no kernel module and no boot time",
	.hint = "run the command without --emulate",
	.snapshot = snapshot,
	.facts = facts,
	.msrs = msrs,
	.cpu_check = cpu_check,
	.pins = pins,
	.owner_life = owner_life,
	.release_open = emul_release_open,
	.trace_open = emul_trace_open,
	.free = power_off,
};
