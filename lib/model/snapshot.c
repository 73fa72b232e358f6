/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses the bytes of a snapshot into a struct tdxctl_snapshot. The bytes come from a
 * kernel that may be newer, older or wrong: every field is checked before use, records
 * are copied one by one, and enum values out of range become "unknown".
 */
#include <stdio.h>
#include "model.h"

static const struct {
	const char *name;
	uint32_t record; /* smallest stride: the record of version 1 */
} sections[TDXCTL_SEC_COUNT] = {
	[TDXCTL_SEC_HKIDS] = { "hkids", sizeof(struct tdxctl_hkid) },
	[TDXCTL_SEC_TDS] = { "tds", sizeof(struct tdxctl_td) },
	[TDXCTL_SEC_LOCKS] = { "locks", sizeof(struct tdxctl_lock) },
	[TDXCTL_SEC_PACKAGES] = { "packages", sizeof(struct tdxctl_package) },
	[TDXCTL_SEC_CPUS] = { "cpus", sizeof(struct tdxctl_cpu) },
	[TDXCTL_SEC_LEAVES] = { "leaves", sizeof(struct tdxctl_leaf) },
};

static const char abi_hint[] = "load the tdxctl module of the same version as this tdxctl";

static int check_header(struct tdxctl_ctx *ctx, const void *buf, size_t len,
			struct tdxctl_snapshot_hdr *hdr)
{
	if (len < sizeof(*hdr))
		return ctx_fail(ctx, -EPROTO, abi_hint, "snapshot: truncated header (%zu bytes)",
				len);
	memcpy(hdr, buf, sizeof(*hdr));
	if (hdr->size < sizeof(*hdr) || hdr->size % 8)
		return ctx_fail(ctx, -EPROTO, abi_hint,
				"snapshot: header of %u bytes, at least %zu expected", hdr->size,
				sizeof(*hdr));
	if (hdr->total > len || hdr->total < hdr->size)
		return ctx_fail(ctx, -EPROTO, abi_hint,
				"snapshot: the header gives %u bytes, but there are %zu (header: %u bytes)",
				hdr->total, len, hdr->size);
	for (unsigned int i = 0; i < TDXCTL_SEC_COUNT; i++) {
		const struct tdxctl_section_desc *s = &hdr->section[i];
		uint64_t end = s->offset + (uint64_t)s->stride * s->count;

		if (!s->count)
			continue;
		if (s->stride < sections[i].record || s->stride % 8)
			return ctx_fail(ctx, -EPROTO, abi_hint,
					"snapshot: %s: stride %u, at least %u expected",
					sections[i].name, s->stride, sections[i].record);
		if (s->offset % 8 || s->offset < hdr->size)
			return ctx_fail(ctx, -EPROTO, abi_hint, "snapshot: %s: bad offset %u",
					sections[i].name, s->offset);
		/* stride and count have 32 bits: the product cannot overflow 64 bits. */
		if (end > hdr->total)
			return ctx_fail(ctx, -EPROTO, abi_hint,
					"snapshot: %s: %u records of %u bytes exceed the total of %u bytes",
					sections[i].name, s->count, s->stride, hdr->total);
	}
	return 0;
}

static void clean_comm(char comm[TDXCTL_COMM_LEN])
{
	comm[TDXCTL_COMM_LEN - 1] = '\0';
	text_plain(comm);
}

static void clean_owner(struct tdxctl_owner *o)
{
	clean_comm(o->comm);
	if (o->tgid < 0)
		o->tgid = 0;
	if (o->tid < 0)
		o->tid = 0;
	if (o->fd < -1)
		o->fd = -1;
}

static void clean_enum(uint32_t *v, uint32_t limit, uint32_t unknown)
{
	if (*v >= limit)
		*v = unknown;
}

/* Copies the records of a section to @dst, whose elements are @size bytes apart. */
static void copy_section(const void *buf, const struct tdxctl_section_desc *s, void *dst,
			 size_t size, size_t record)
{
	for (uint32_t i = 0; i < s->count; i++)
		memcpy((char *)dst + i * size,
		       (const char *)buf + s->offset + (size_t)i * s->stride, record);
}

static void clean_records(struct tdxctl_snapshot *snap)
{
	size_t kept = 0;

	for (size_t i = 0; i < snap->nr_hkids; i++) {
		clean_enum(&snap->hkids[i].state, TDXCTL_HKID_STATES, TDXCTL_HKID_UNKNOWN);
		clean_owner(&snap->hkids[i].owner);
	}
	for (size_t i = 0; i < snap->nr_tds; i++) {
		clean_enum(&snap->tds[i].td.state, TDXCTL_TD_STATES, TDXCTL_TD_UNKNOWN);
		clean_owner(&snap->tds[i].td.owner);
	}
	for (size_t i = 0; i < snap->nr_cpus; i++) {
		clean_enum(&snap->cpus[i].state, TDXCTL_CPU_STATES, TDXCTL_CPU_UNKNOWN);
		snap->cpus[i].online = !!snap->cpus[i].online;
	}
	for (size_t i = 0; i < snap->nr_packages; i++)
		clean_enum(&snap->packages[i].global_key, 2, TDXCTL_UNKNOWN32);
	/* Locks of an unknown kind are dropped. */
	for (size_t i = 0; i < snap->nr_locks; i++) {
		struct tdxctl_lock *l = &snap->locks[i];

		if (l->kind >= TDXCTL_LOCK_KINDS)
			continue;
		clean_enum(&l->held, 2, TDXCTL_UNKNOWN32);
		clean_enum(&l->source, TDXCTL_LOCK_SOURCES, TDXCTL_LOCK_IN_EFFECT);
		clean_comm(l->holder_comm);
		if (l->holder_tgid < 0)
			l->holder_tgid = 0;
		if (l->holder_tid < 0)
			l->holder_tid = 0;
		snap->locks[kept++] = *l;
	}
	snap->nr_locks = kept;
	snap->hdr.section[TDXCTL_SEC_LOCKS].count = (uint32_t)kept;
}

/* Names TDs by their process or id. A backend may replace the name by that of the VM. */
static int provisional_names(struct tdxctl_snapshot *snap)
{
	for (size_t i = 0; i < snap->nr_tds; i++) {
		struct tdxctl_td_view *v = &snap->tds[i];

		v->vm.pid = v->td.owner.tgid;
		v->vm.vm_fd = v->vm.pid ? v->td.owner.fd : -1;
		v->vm.uid = (uid_t)-1;
		if (v->td.owner.comm[0])
			v->vm.name = strdup(v->td.owner.comm);
		else if (asprintf(&v->vm.name, "td-%u", v->td.id) < 0)
			v->vm.name = NULL;
		if (!v->vm.name)
			return -ENOMEM;
	}
	return 0;
}

int snapshot_parse(struct tdxctl_ctx *ctx, const void *buf, size_t len,
		   struct tdxctl_snapshot **out)
{
	struct tdxctl_snapshot *snap;
	struct tdxctl_snapshot_hdr hdr;
	int err = check_header(ctx, buf, len, &hdr);

	if (err)
		return err;
	snap = calloc(1, sizeof(*snap));
	if (!snap)
		return ctx_fail(ctx, -ENOMEM, NULL, "snapshot: out of memory");
	snap->hdr = hdr;
	snap->hkids_charged = TDXCTL_UNKNOWN;
	snap->platform.kvm_tdx = -1;

	/* Allocate at least one element: NULL always means out of memory. */
#define SECTION(field, nr, sec, type) \
	do { \
		const struct tdxctl_section_desc *s = &hdr.section[sec]; \
		snap->nr = s->count; \
		snap->field = calloc(s->count ? s->count : 1, sizeof(*snap->field)); \
		if (!snap->field) \
			goto nomem; \
		copy_section(buf, s, snap->field, sizeof(*snap->field), sizeof(type)); \
	} while (0)
	SECTION(hkids, nr_hkids, TDXCTL_SEC_HKIDS, struct tdxctl_hkid);
	/* struct tdxctl_td is the first member of its view. */
	SECTION(tds, nr_tds, TDXCTL_SEC_TDS, struct tdxctl_td);
	SECTION(locks, nr_locks, TDXCTL_SEC_LOCKS, struct tdxctl_lock);
	SECTION(packages, nr_packages, TDXCTL_SEC_PACKAGES, struct tdxctl_package);
	SECTION(cpus, nr_cpus, TDXCTL_SEC_CPUS, struct tdxctl_cpu);
	SECTION(leaves, nr_leaves, TDXCTL_SEC_LEAVES, struct tdxctl_leaf);
#undef SECTION

	clean_records(snap);
	if (provisional_names(snap))
		goto nomem;
	*out = snap;
	return 0;
nomem:
	tdxctl_snapshot_free(snap);
	return ctx_fail(ctx, -ENOMEM, NULL, "snapshot: out of memory");
}

int tdxctl_snapshot_parse(const void *buf, size_t len, struct tdxctl_snapshot **out)
{
	return snapshot_parse(NULL, buf, len, out);
}

void tdxctl_snapshot_free(struct tdxctl_snapshot *snap)
{
	if (!snap)
		return;
	/* An unfinished snapshot has counts without arrays. */
	for (size_t i = 0; snap->tds && i < snap->nr_tds; i++) {
		free(snap->tds[i].vm.name);
		free(snap->tds[i].vm.uuid);
	}
	free(snap->platform.cpu_model);
	free(snap->platform.kernel);
	free(snap->platform.tdx_module);
	free(snap->platform.kvm);
	free(snap->hkids);
	free(snap->tds);
	free(snap->locks);
	free(snap->packages);
	free(snap->cpus);
	free(snap->leaves);
	free(snap);
}

struct section {
	const void *first;
	size_t count, size, stride; /* size of a record in memory, and in the bytes */
};

int tdxctl_snapshot_bytes(const struct tdxctl_snapshot *s, void **out, size_t *len)
{
#define SECTION(list, record) { s->list, s->nr_##list, sizeof(*s->list), sizeof(record) }
	const struct section sec[TDXCTL_SEC_COUNT] = {
		[TDXCTL_SEC_HKIDS] = SECTION(hkids, struct tdxctl_hkid),
		[TDXCTL_SEC_TDS] = SECTION(tds, struct tdxctl_td),
		[TDXCTL_SEC_LOCKS] = SECTION(locks, struct tdxctl_lock),
		[TDXCTL_SEC_PACKAGES] = SECTION(packages, struct tdxctl_package),
		[TDXCTL_SEC_CPUS] = SECTION(cpus, struct tdxctl_cpu),
		[TDXCTL_SEC_LEAVES] = SECTION(leaves, struct tdxctl_leaf),
	};
#undef SECTION
	struct tdxctl_snapshot_hdr hdr = s->hdr;
	size_t total = sizeof(hdr), i, k;
	char *buf;

	hdr.size = sizeof(hdr);
	for (i = 0; i < TDXCTL_SEC_COUNT; i++) {
		hdr.section[i] = (struct tdxctl_section_desc){
			.offset = (uint32_t)total,
			.stride = (uint32_t)sec[i].stride,
			.count = (uint32_t)sec[i].count,
		};
		total += sec[i].count * sec[i].stride;
	}
	hdr.total = (uint32_t)total;
	buf = malloc(total);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, &hdr, sizeof(hdr));
	for (i = 0; i < TDXCTL_SEC_COUNT; i++)
		for (k = 0; k < sec[i].count; k++)
			memcpy(buf + hdr.section[i].offset + k * sec[i].stride,
			       (const char *)sec[i].first + k * sec[i].size, sec[i].stride);
	*out = buf;
	*len = total;
	return 0;
}

int string_copy(char **to, const char *from)
{
	free(*to);
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int copy_vm(struct tdxctl_vm *to, const struct tdxctl_vm *from)
{
	char *name = to->name, *uuid = to->uuid;
	int err;

	*to = *from;
	to->name = name;
	to->uuid = uuid;
	err = string_copy(&to->name, from->name);
	return err ? err : string_copy(&to->uuid, from->uuid);
}

int snapshot_copy(const struct tdxctl_snapshot *s, struct tdxctl_snapshot **out)
{
	struct tdxctl_snapshot *to;
	size_t len, i;
	void *buf;
	int err = tdxctl_snapshot_bytes(s, &buf, &len);

	if (err)
		return err;
	err = tdxctl_snapshot_parse(buf, len, &to);
	free(buf);
	if (err)
		return err;
	to->source = s->source;
	to->info = s->info;
	to->hkids_charged = s->hkids_charged;
	to->platform.kvm_tdx = s->platform.kvm_tdx;
	to->platform.has_tdx = s->platform.has_tdx;
	err = string_copy(&to->platform.cpu_model, s->platform.cpu_model);
	if (!err)
		err = string_copy(&to->platform.kernel, s->platform.kernel);
	if (!err)
		err = string_copy(&to->platform.tdx_module, s->platform.tdx_module);
	if (!err)
		err = string_copy(&to->platform.kvm, s->platform.kvm);
	for (i = 0; !err && i < to->nr_tds; i++)
		err = copy_vm(&to->tds[i].vm, &s->tds[i].vm);
	if (err)
		tdxctl_snapshot_free(to);
	else
		*out = to;
	return err;
}

void tdxctl_pins_free(struct tdxctl_pin *pins, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(pins[i].detail);
	free(pins);
}
