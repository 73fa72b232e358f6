/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Offsets of the KVM fields that the helper reads, from the type information (BTF) of the
 * running kernel. A field that is not found stays TDXCTL_UNKNOWN32; the helper works
 * without it.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "live.h"
#include "sept/sept.h"

static const char *name_of(const struct btf *btf, __u32 off)
{
	const char *s = btf__name_by_offset(btf, off);

	return s ? s : "";
}

/* Searches the module's own types first: the kernel has a hundred times more. */
static const struct btf_type *find(const struct btf *btf, const char *name, __u32 kind)
{
	const struct btf *base = btf__base_btf(btf);
	__u32 n = btf__type_cnt(btf);
	int id;

	for (__u32 own = base ? btf__type_cnt(base) : 1; own < n; own++) {
		const struct btf_type *t = btf__type_by_id(btf, own);

		if (btf_kind(t) == kind && !strcmp(name_of(btf, t->name_off), name))
			return t;
	}
	id = base ? btf__find_by_name_kind(base, name, kind) : -ENOENT;
	return id < 0 ? NULL : btf__type_by_id(base, (__u32)id);
}

/* Resolves typedefs and qualifiers. */
static const struct btf_type *strip_type(const struct btf *btf, __u32 id)
{
	int n = btf__resolve_type(btf, id);

	return n < 0 ? NULL : btf__type_by_id(btf, (__u32)n);
}

/*
 * Finds byte offset and type of the member @name (@len characters) of structure @t, also
 * inside anonymous members. False: there is none, or it is a bit field.
 */
static bool member_at(const struct btf *btf, const struct btf_type *t, const char *name, size_t len,
		      uint32_t *at, __u32 *type, int depth)
{
	const struct btf_member *m = btf_members(t);

	for (__u16 i = 0; i < btf_vlen(t); i++, m++) {
		uint32_t bits = btf_member_bit_offset(t, i);
		const char *s = name_of(btf, m->name_off);
		const struct btf_type *inner;

		if (strlen(s) == len && !strncmp(s, name, len)) {
			if (bits % 8 || btf_member_bitfield_size(t, i))
				return false;
			*at = bits / 8;
			*type = m->type;
			return true;
		}
		if (*s || depth == 4)
			continue;
		inner = strip_type(btf, m->type);
		if (inner && btf_is_composite(inner) &&
		    member_at(btf, inner, name, len, at, type, depth + 1)) {
			*at += bits / 8;
			return true;
		}
	}
	return false;
}

/*
 * Returns the offset of "a.b.c" in @root; TDXCTL_UNKNOWN32: not found, or its type does
 * not have @size bytes (0: any size).
 */
static uint32_t field_at(const struct btf *btf, const struct btf_type *root, const char *path,
			 int64_t size)
{
	uint32_t total = 0;
	const struct btf_type *t = root;
	__u32 type = 0;

	for (const char *p = path; t; p++) {
		size_t len = strcspn(p, ".");
		uint32_t at;

		if (!btf_is_composite(t) || !member_at(btf, t, p, len, &at, &type, 0))
			return TDXCTL_UNKNOWN32;
		total += at;
		p += len;
		if (!*p)
			return size && btf__resolve_size(btf, type) != size ? TDXCTL_UNKNOWN32 :
									      total;
		t = strip_type(btf, type);
	}
	return TDXCTL_UNKNOWN32;
}

static uint32_t enum_value(const struct btf *btf, const char *type, const char *name)
{
	const struct btf_type *t = find(btf, type, BTF_KIND_ENUM);
	const struct btf_enum *e = t ? btf_enum(t) : NULL;

	for (__u16 i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(name_of(btf, e[i].name_off), name))
			return (uint32_t)e[i].val;
	return TDXCTL_UNKNOWN32;
}

/* A sept_read_fn. */
static bool read_proto(void *arg, const char *function, struct sept_proto *p)
{
	const struct btf *btf = arg;
	const struct btf_type *t = find(btf, function, BTF_KIND_FUNC), *returns;
	const struct btf_param *param;

	t = t ? btf__type_by_id(btf, t->type) : NULL;
	if (!t || !btf_is_func_proto(t))
		return false;
	param = btf_params(t);
	p->nr_params = btf_vlen(t);
	for (uint32_t i = 0; i < p->nr_params && i < SEPT_MAX_PARAMS; i++)
		p->param[i] = name_of(btf, param[i].name_off);
	p->returns_void = !t->type;
	returns = t->type ? strip_type(btf, t->type) : NULL;
	p->returns = returns && btf_is_int(returns) && returns->size == 4;
	return true;
}

static const struct {
	size_t field;
	const char *path;
	int size; /* 0: any */
} tdx_fields[] = {
#define F(field, path, size) \
	{ \
		offsetof(struct tdxctl_layout, field), path, size \
	}
	F(vm_type, "kvm.arch.vm_type", 0),
	F(mm, "kvm.mm", 8),
	F(created_vcpus, "kvm.created_vcpus", 4),
	F(online_vcpus, "kvm.online_vcpus", 4),
	F(max_vcpus, "kvm.max_vcpus", 4),
	F(lock, "kvm.lock", 0),
	F(mmu_lock, "kvm.mmu_lock", 0),
	F(vm_dead, "kvm.vm_dead", 1),
	F(hkid, "hkid", 4),
	F(state, "state", 4),
	F(tdr_page, "td.tdr_page", 8),
}, vcpu_fields[] = {
	F(vcpu_kvm, "kvm", 8),
	F(vcpu_cpu, "cpu", 4),
#undef F
};

static const struct btf_type *structure(const struct btf *btf, const char *name, uint32_t *size)
{
	const struct btf_type *t = find(btf, name, BTF_KIND_STRUCT);

	*size = t ? t->size : 0;
	return t;
}

static void fill(const struct btf *btf, struct tdxctl_layout *l)
{
	const struct btf_type *tdx = structure(btf, "kvm_tdx", &l->kvm_tdx_size);
	const struct btf_type *vcpu = structure(btf, "kvm_vcpu", &l->kvm_vcpu_size);
	struct sept_match m;

	for (size_t i = 0; tdx && i < ARRAY_SIZE(tdx_fields); i++)
		*(uint32_t *)((char *)l + tdx_fields[i].field) =
			field_at(btf, tdx, tdx_fields[i].path, tdx_fields[i].size);
	for (size_t i = 0; vcpu && i < ARRAY_SIZE(vcpu_fields); i++)
		*(uint32_t *)((char *)l + vcpu_fields[i].field) =
			field_at(btf, vcpu, vcpu_fields[i].path, vcpu_fields[i].size);
	l->state_initialized = enum_value(btf, "kvm_tdx_state", "TD_STATE_INITIALIZED");
	l->state_runnable = enum_value(btf, "kvm_tdx_state", "TD_STATE_RUNNABLE");
	sept_match(&m, read_proto, (void *)btf);
	l->sept_callback = m.generation;
	l->sept_problem = m.problem;
	l->sept_function = m.callback;
	l->pamt_put = m.pamt_put_known;
}

/* Suppresses libbpf's messages on stderr. */
static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

/* libbpf's own search ignores the root of @ctx and also looks outside sysfs. */
static int load(struct tdxctl_ctx *ctx, const char *name, struct btf *base, struct btf **out)
{
	char path[64];
	int fd, err;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	fd = root_open(ctx, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fd;
	/* Older libbpf can read a module's BTF only from a path. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*out = btf__parse_raw_split(path, base);
	err = *out ? 0 : -errno;
	close(fd);
	return err;
}

int btf_layout(struct tdxctl_ctx *ctx, struct tdxctl_layout *l)
{
	struct btf *vmlinux, *module = NULL;
	int err;

	memset(l, 0xff, sizeof(*l));
	l->size = sizeof(*l);
	l->flags = 0;
	l->kvm_tdx_size = l->kvm_vcpu_size = 0;
	l->sept_callback = TDXCTL_SEPT_UNKNOWN;
	l->sept_problem = TDXCTL_SEPT_NO_TYPES;
	l->sept_function = l->pamt_put = 0;

	libbpf_set_print(quiet);
	err = load(ctx, "vmlinux", NULL, &vmlinux);
	if (err) {
		ctx_log(ctx, TDXCTL_LOG_INFO, "no kernel BTF: %s", strerror(-err));
		return err;
	}
	/* Absent when KVM is built in: its types are in vmlinux. */
	err = load(ctx, "kvm_intel", vmlinux, &module);
	if (!err || err == -ENOENT) {
		fill(module ? module : vmlinux, l);
		err = l->kvm_tdx_size ? 0 : -ENOENT;
	}
	if (err)
		ctx_log(ctx, TDXCTL_LOG_INFO, "no struct kvm_tdx in the kernel BTF: %s",
			strerror(-err));
	btf__free(module);
	btf__free(vmlinux);
	return err;
}
