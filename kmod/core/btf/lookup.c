// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* Look-ups in a blob that was opened. */
#include "btf-priv.h"

#define MAX_STEPS    (1U << 20) /* records read by one look-up */
#define MAX_DEPTH    8		/* of anonymous members */
#define MAX_CHAIN    32		/* of typedefs and qualifiers */
#define MEMBER_LEN   12
#define ENUM_LEN     8
#define ENUM64_LEN   12
#define PARAM_LEN    8
#define BITS_OF_BYTE 8

/* One look-up. */
struct lookup {
	const struct btf_blob *b;
	u32 steps; /* left */
};

static bool step(struct lookup *l)
{
	return l->steps && l->steps--;
}

/* Reads type @id. Returns 0, -EINVAL if there is no such type, -E2BIG. */
static int get_type(struct lookup *l, u32 id, struct btf_type_rec *t)
{
	const struct btf_blob *b = l->b;
	u32 at, next, i, left;
	int err;

	if (b->base && id < b->first_id)
		b = b->base;
	if (id < b->first_id || id - b->first_id >= b->nr_types)
		return -EINVAL;
	i = id - b->first_id;
	at = b->mark[i >> b->mark_shift];
	for (left = i & ((1U << b->mark_shift) - 1);; left--) {
		if (!step(l))
			return -E2BIG;
		err = btf_read_type(b, at, t, &next);
		if (err)
			return -EINVAL;
		if (!left)
			return 0;
		at = next;
	}
}

/* Reads type @id without typedefs and qualifiers. For void: kind 0. */
static int get_real_type(struct lookup *l, u32 id, struct btf_type_rec *t)
{
	int i, err;

	for (i = 0; i < MAX_CHAIN; i++) {
		if (!id) {
			*t = (struct btf_type_rec){ .blob = l->b };
			return 0;
		}
		err = get_type(l, id, t);
		if (err)
			return err;
		switch (t->kind) {
		case BTF_TYPEDEF:
		case BTF_VOLATILE:
		case BTF_CONST:
		case BTF_RESTRICT:
		case BTF_TYPE_TAG:
			id = t->arg;
			continue;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

/*
 * Sets *@size to the bytes of a value of type @id, 0 for void. -EINVAL also for an
 * integer of fewer bits than its size, which is how old compilers wrote bit fields.
 */
static int size_of(struct lookup *l, u32 id, u32 *size)
{
	struct btf_type_rec t;
	u64 count = 1, total;
	u32 encoding;
	int i, err;

	for (i = 0; i < MAX_CHAIN; i++) {
		err = get_real_type(l, id, &t);
		if (err)
			return err;
		if (t.kind != BTF_ARRAY)
			break;
		count *= btf_u32(t.extra + 8);
		if (count > BTF_BLOB_MAX)
			return -EINVAL;
		id = btf_u32(t.extra);
	}
	switch (t.kind) {
	case 0:
		total = 0;
		break;
	case BTF_INT:
		encoding = btf_u32(t.extra);
		if ((encoding >> 16 & 0xff) || (encoding & 0xff) != t.arg * BITS_OF_BYTE)
			return -EINVAL;
		total = t.arg;
		break;
	case BTF_PTR:
		total = sizeof(void *);
		break;
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_ENUM:
	case BTF_ENUM64:
	case BTF_FLOAT:
		total = t.arg;
		break;
	default:
		return -EINVAL;
	}
	total *= count;
	if (total > BTF_BLOB_MAX)
		return -EINVAL;
	*size = (u32)total;
	return 0;
}

static bool is_composite(const struct btf_type_rec *t)
{
	return t->kind == BTF_STRUCT || t->kind == BTF_UNION;
}

static bool name_is(const char *name, const char *want, size_t len)
{
	return strlen(name) == len && !memcmp(name, want, len);
}

/*
 * Finds member @want (@len characters) of @t, also inside anonymous members. Adds its
 * offset to *@at and sets *@type.
 */
static int find_member(struct lookup *l, const struct btf_type_rec *t, const char *want, size_t len,
		       u32 *at, u32 *type, int depth)
{
	struct btf_type_rec inner;
	const char *name;
	const u8 *m;
	u32 i, bits;
	bool whole; /* not a bit field */
	int err;

	for (i = 0, m = t->extra; i < t->vlen; i++, m += MEMBER_LEN) {
		if (!step(l))
			return -E2BIG;
		name = btf_name(t->blob, btf_u32(m));
		if (!name)
			return -EINVAL;
		/* In a structure with bit fields: 8 bits of size, 24 bits of offset. */
		bits = btf_u32(m + 8);
		whole = !(t->kflag && bits >> 24) && !(bits % BITS_OF_BYTE) &&
			bits / BITS_OF_BYTE <= BTF_BLOB_MAX;
		if (name_is(name, want, len)) {
			if (!whole)
				return -EINVAL;
			*at += bits / BITS_OF_BYTE;
			*type = btf_u32(m + 4);
			return 0;
		}
		if (*name || depth == MAX_DEPTH || !whole)
			continue;
		err = get_real_type(l, btf_u32(m + 4), &inner);
		if (err)
			return err;
		if (!is_composite(&inner))
			continue;
		err = find_member(l, &inner, want, len, at, type, depth + 1);
		if (err == -ENOENT)
			continue;
		*at += bits / BITS_OF_BYTE;
		return err;
	}
	return -ENOENT;
}

u32 btf_blob_size(const struct btf_blob *b, u32 id)
{
	struct lookup l = { b, MAX_STEPS };
	struct btf_type_rec t;

	return !get_type(&l, id, &t) && t.kind == BTF_STRUCT ? t.arg : 0;
}

int btf_blob_member(const struct btf_blob *b, u32 id, const char *path, u32 size, u32 *offset)
{
	struct lookup l = { b, MAX_STEPS };
	struct btf_type_rec t;
	u32 total = 0;
	const char *p;
	int err;

	for (p = path;; p++) {
		size_t len = strcspn(p, ".");
		u32 at = 0, got;

		err = get_real_type(&l, id, &t);
		if (err)
			return err;
		if (!is_composite(&t))
			return -ENOENT;
		err = find_member(&l, &t, p, len, &at, &id, 0);
		if (!err)
			err = size_of(&l, id, &got);
		if (err)
			return err;
		/* Offsets have 32 bits each, but only bytes inside the structure count. */
		if (at > t.arg || got > t.arg - at || t.arg > BTF_BLOB_MAX ||
		    total > BTF_BLOB_MAX - at)
			return -EINVAL;
		total += at;
		p += len;
		if (*p)
			continue;
		if (size && got != size)
			return -EINVAL;
		*offset = total;
		return 0;
	}
}

int btf_blob_value(const struct btf_blob *b, u32 id, const char *name, s64 *value)
{
	struct lookup l = { b, MAX_STEPS };
	struct btf_type_rec t;
	const char *s;
	const u8 *e;
	u32 i, len;
	int err;

	err = get_type(&l, id, &t);
	if (err)
		return err;
	if (t.kind != BTF_ENUM && t.kind != BTF_ENUM64)
		return -EINVAL;
	len = t.kind == BTF_ENUM ? ENUM_LEN : ENUM64_LEN;
	for (i = 0, e = t.extra; i < t.vlen; i++, e += len) {
		s = btf_name(t.blob, btf_u32(e));
		if (!s)
			return -EINVAL;
		if (strcmp(s, name))
			continue;
		if (t.kind == BTF_ENUM64)
			*value = (s64)((u64)btf_u32(e + 8) << 32 | btf_u32(e + 4));
		else if (t.kflag) /* signed */
			*value = (s32)btf_u32(e + 4);
		else
			*value = btf_u32(e + 4);
		return 0;
	}
	return -ENOENT;
}

int btf_blob_proto(const struct btf_blob *b, u32 id, const char **params, u32 max, u32 *nr_params,
		   u32 *returned)
{
	struct lookup l = { b, MAX_STEPS };
	struct btf_type_rec t;
	int err;
	u32 i;

	err = get_type(&l, id, &t);
	if (err)
		return err;
	if (t.kind != BTF_FUNC)
		return -EINVAL;
	err = get_type(&l, t.arg, &t);
	if (err)
		return err;
	if (t.kind != BTF_FUNC_PROTO)
		return -EINVAL;
	for (i = 0; i < t.vlen && i < max; i++) {
		params[i] = btf_name(t.blob, btf_u32(t.extra + (size_t)i * PARAM_LEN));
		if (!params[i])
			return -EINVAL;
	}
	*nr_params = t.vlen;
	return size_of(&l, t.arg, returned);
}
