/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* Records of a blob, for the files of this folder. */
#ifndef TDXCTL_CORE_BTF_PRIV_H
#define TDXCTL_CORE_BTF_PRIV_H

#include "btf.h"

/* Kinds besides those in btf.h. */
enum {
	BTF_INT = 1,
	BTF_PTR = 2,
	BTF_ARRAY = 3,
	BTF_UNION = 5,
	BTF_FWD = 7,
	BTF_TYPEDEF = 8,
	BTF_VOLATILE = 9,
	BTF_CONST = 10,
	BTF_RESTRICT = 11,
	BTF_FUNC_PROTO = 13,
	BTF_VAR = 14,
	BTF_DATASEC = 15,
	BTF_FLOAT = 16,
	BTF_DECL_TAG = 17,
	BTF_TYPE_TAG = 18,
	BTF_ENUM64 = 19,
};

#define BTF_TYPE_LEN 12 /* the part that all types have */

struct btf_type_rec {
	const struct btf_blob *blob; /* that has it */
	const u8 *extra;	     /* after the common part */
	u32 name;
	u32 kind, vlen;
	u32 arg; /* size, or another type */
	bool kflag;
};

static inline u32 btf_u32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Returns the name at @off, NULL if it is not in the blob. */
static inline const char *btf_name(const struct btf_blob *b, u32 off)
{
	if (off < b->first_str)
		return b->base->strs + off;
	off -= b->first_str;
	return off < b->strs_len ? b->strs + off : NULL;
}

int btf_read_type(const struct btf_blob *b, u32 at, struct btf_type_rec *t, u32 *next);

#endif
