// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* Opens a blob of BTF: its header, its sections, and one pass over its types. */
#include "btf-priv.h"

#define MAGIC	     0xeb9f
#define MAGIC_OTHER  0x9feb /* of the other byte order */
#define VERSION	     1
#define HDR_LEN	     24 /* of the first version */
#define HDR_LAYOUT   32 /* since Linux 7.1: with sizes of kinds */
#define LAYOUT_ENTRY 4

static int fault(struct btf_blob *b, int err, const char *what)
{
	b->error = what;
	return err;
}

/* Finds a section: @off is from the end of the header. */
static const u8 *section(const u8 *data, size_t size, u32 hdr_len, u32 off, u32 len)
{
	size_t room = size - hdr_len;

	if (off > room || len > room - off)
		return NULL;
	return data + hdr_len + off;
}

static int open_header(struct btf_blob *b, const u8 *data, size_t size)
{
	u32 hdr_len;
	u16 magic;

	if (size > BTF_BLOB_MAX)
		return fault(b, -E2BIG, "larger than 64 MiB");
	if (size < HDR_LEN)
		return fault(b, -EINVAL, "shorter than a header");
	memcpy(&magic, data, sizeof(magic));
	if (magic == MAGIC_OTHER)
		return fault(b, -EOPNOTSUPP, "the byte order is that of another CPU");
	if (magic != MAGIC)
		return fault(b, -EINVAL, "no BTF magic number");
	if (data[2] != VERSION)
		return fault(b, -EOPNOTSUPP, "unknown version");
	if (data[3])
		return fault(b, -EOPNOTSUPP, "unknown flags");
	hdr_len = btf_u32(data + 4);
	if (hdr_len < HDR_LEN || hdr_len > size)
		return fault(b, -EINVAL, "invalid length of the header");

	b->types_len = btf_u32(data + 12);
	b->types = section(data, size, hdr_len, btf_u32(data + 8), b->types_len);
	b->strs_len = btf_u32(data + 20);
	b->strs = (const char *)section(data, size, hdr_len, btf_u32(data + 16), b->strs_len);
	if (!b->types || !b->strs)
		return fault(b, -EINVAL, "a section is not inside the file");
	if (hdr_len >= HDR_LAYOUT) {
		b->layout_len = btf_u32(data + 28);
		b->layout = section(data, size, hdr_len, btf_u32(data + 24), b->layout_len);
		if (!b->layout)
			return fault(b, -EINVAL, "a section is not inside the file");
	}
	return 0;
}

/* Each name ends inside the section because its last byte is zero. */
static int check_strings(struct btf_blob *b)
{
	if (b->base && !b->strs_len)
		return 0;
	if (!b->strs_len || b->strs[b->strs_len - 1])
		return fault(b, -EINVAL, "the names are not terminated");
	if (!b->base && b->strs[0])
		return fault(b, -EINVAL, "the first name is not empty");
	return 0;
}

/*
 * Sets *@size to the size of a type with its members. Returns false if its kind is
 * unknown. A kind that is newer than this file is skipped if the blob has its sizes.
 */
static bool type_size(const struct btf_blob *b, u32 kind, u32 vlen, u64 *size)
{
	/* Bytes after the common part: fixed, and for each member. */
	static const u8 sizes[][2] = {
		[BTF_INT] = { 4, 0 },	     [BTF_PTR] = { 0, 0 },	[BTF_ARRAY] = { 12, 0 },
		[BTF_STRUCT] = { 0, 12 },    [BTF_UNION] = { 0, 12 },	[BTF_ENUM] = { 0, 8 },
		[BTF_FWD] = { 0, 0 },	     [BTF_TYPEDEF] = { 0, 0 },	[BTF_VOLATILE] = { 0, 0 },
		[BTF_CONST] = { 0, 0 },	     [BTF_RESTRICT] = { 0, 0 }, [BTF_FUNC] = { 0, 0 },
		[BTF_FUNC_PROTO] = { 0, 8 }, [BTF_VAR] = { 4, 0 },	[BTF_DATASEC] = { 0, 12 },
		[BTF_FLOAT] = { 0, 0 },	     [BTF_DECL_TAG] = { 4, 0 }, [BTF_TYPE_TAG] = { 0, 0 },
		[BTF_ENUM64] = { 0, 12 },
	};
	const u8 *extra;

	if (!kind)
		return false;
	if (kind < ARRAY_SIZE(sizes))
		extra = sizes[kind];
	else if (kind < b->layout_len / LAYOUT_ENTRY)
		extra = b->layout + kind * LAYOUT_ENTRY;
	else
		return false;
	*size = BTF_TYPE_LEN + extra[0] + (u64)extra[1] * vlen;
	return true;
}

/* Reads the type at @at. Sets *@next to where the next one begins. */
int btf_read_type(const struct btf_blob *b, u32 at, struct btf_type_rec *t, u32 *next)
{
	const u8 *p = b->types + at;
	u64 size;
	u32 info;

	if (b->types_len - at < BTF_TYPE_LEN)
		return -EINVAL;
	info = btf_u32(p + 4);
	/* Before 7.1 16 and 5 bits, and the bits between them were zero. */
	t->blob = b;
	t->name = btf_u32(p);
	t->kind = info >> 24 & 0x7f;
	t->vlen = info & 0xffffff;
	t->kflag = info >> 31;
	t->arg = btf_u32(p + 8);
	t->extra = p + BTF_TYPE_LEN;
	if (!type_size(b, t->kind, t->vlen, &size))
		return -EOPNOTSUPP;
	if (size > b->types_len - at)
		return -EINVAL;
	*next = at + (u32)size;
	return 0;
}

/* The table is always wide enough: when it is full, every second mark is dropped. */
static void mark(struct btf_blob *b, u32 index, u32 at)
{
	u32 i;

	if (index >> b->mark_shift == BTF_MARKS) {
		for (i = 0; i < BTF_MARKS / 2; i++)
			b->mark[i] = b->mark[2 * i];
		b->mark_shift++;
	}
	if (!(index & ((1U << b->mark_shift) - 1)))
		b->mark[index >> b->mark_shift] = at;
}

static void compare(struct btf_want *w, const struct btf_type_rec *t, const char *name, u32 id)
{
	u32 kind = t->kind == BTF_ENUM64 ? BTF_ENUM : t->kind;

	if (kind != w->kind || strcmp(name, w->name))
		return;
	w->own_id = id;
	w->own_times++;
}

static int walk(struct btf_blob *b, struct btf_want *wants, u32 nr_wants)
{
	const u32 kinds = 1U << BTF_STRUCT | 1U << BTF_ENUM | 1U << BTF_ENUM64 | 1U << BTF_FUNC;
	struct btf_type_rec t;
	const char *name;
	u32 at, next, i;
	int err;

	for (at = 0; at < b->types_len; at = next, b->nr_types++) {
		t.kind = 0;
		err = btf_read_type(b, at, &t, &next);
		name = err ? NULL : btf_name(b, t.name);
		if (!name) {
			b->error_id = b->first_id + b->nr_types;
			b->error_kind = t.kind;
			if (err == -EOPNOTSUPP)
				return fault(b, err, "unknown kind");
			return fault(b, -EINVAL,
				     err ? "the type is truncated" : "the name is not in the file");
		}
		mark(b, b->nr_types, at);
		if (t.kind > BTF_ENUM64 || !(kinds >> t.kind & 1))
			continue;
		for (i = 0; i < nr_wants; i++)
			compare(&wants[i], &t, name, b->first_id + b->nr_types);
	}
	return 0;
}

int btf_blob_open(struct btf_blob *b, const void *data, size_t size, const struct btf_blob *base,
		  struct btf_want *wants, u32 nr_wants)
{
	int err;
	u32 i;

	memset(b, 0, sizeof(*b));
	b->first_id = 1;
	if (base && (base->base || base->error))
		return fault(b, -EINVAL, "the kernel's BTF is damaged, or is that of a module");
	if (base) {
		b->base = base;
		b->first_id = base->first_id + base->nr_types;
		b->first_str = base->strs_len;
	}
	for (i = 0; i < nr_wants; i++)
		wants[i].own_times = 0;
	err = open_header(b, data, size);
	if (!err)
		err = check_strings(b);
	if (!err)
		err = walk(b, wants, nr_wants);
	if (err) {
		b->nr_types = 0;
		return err;
	}
	for (i = 0; i < nr_wants; i++) {
		if (!wants[i].own_times)
			continue;
		wants[i].times = wants[i].own_times;
		wants[i].id = wants[i].times == 1 ? wants[i].own_id : 0;
	}
	return 0;
}
