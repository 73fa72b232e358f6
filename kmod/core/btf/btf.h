/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * btf: finds types, members and functions in BTF, the type information of a kernel or
 * of one module.
 *
 * The input is not trusted. Each offset, count and name is checked before it is used,
 * and each look-up does a limited amount of work. Nothing is allocated. A blob must not
 * change while it is in use. Only blobs of the CPU's byte order and pointer size are
 * supported.
 */
#ifndef TDXCTL_CORE_BTF_H
#define TDXCTL_CORE_BTF_H

#include "platform.h"

#define BTF_BLOB_MAX (64U << 20) /* bytes of a blob */
#define BTF_MARKS    1024

/* The kinds of types that can be searched by name. */
#define BTF_STRUCT 4
#define BTF_ENUM   6
#define BTF_FUNC   12

/*
 * A name to search. Set @name and @kind, and zero the rest. A name of kind BTF_ENUM
 * also finds an enumeration of 64-bit values.
 */
struct btf_want {
	const char *name;
	u32 kind;  /* BTF_STRUCT, BTF_ENUM, BTF_FUNC */
	u32 id;	   /* out: of the type; 0: there is none, or more than one */
	u32 times; /* out: types of this kind and name in the blob that has any */
	/* private */
	u32 own_id, own_times;
};

struct btf_blob {
	const struct btf_blob *base; /* of a module: the kernel; else NULL */
	const u8 *types;
	const char *strs;
	const u8 *layout; /* sizes of kinds, for kinds that are newer than this file */
	u32 types_len, strs_len, layout_len;
	u32 first_id, nr_types;
	u32 first_str;
	/* Where each (1 << mark_shift)th type begins, so that a look-up by id is short. */
	u32 mark_shift;
	u32 mark[BTF_MARKS];
	/* The first fault: what it is, and in which type of which kind (0: in no type). */
	const char *error;
	u32 error_id, error_kind;
};

/*
 * Checks @size bytes at @data, and searches all @wants in the same pass. The types of a
 * module refer to those of @base, the blob of its kernel, which must stay valid. First
 * open the kernel and then the module with the same @wants: a type of the module
 * replaces one of the kernel. Returns 0, or a negative errno, and then sets b->error:
 * -EINVAL: not BTF, or damaged; -EOPNOTSUPP: BTF of another byte order or version, or
 * with an unknown kind; -E2BIG: larger than BTF_BLOB_MAX.
 */
int btf_blob_open(struct btf_blob *b, const void *data, size_t size, const struct btf_blob *base,
		  struct btf_want *wants, u32 nr_wants);

/* Returns the size of structure @id in bytes, 0 if it is not a structure. */
u32 btf_blob_size(const struct btf_blob *b, u32 id);

/*
 * Finds the offset in bytes of member "a.b.c" of structure @id, also inside anonymous
 * members. Returns 0; -ENOENT: there is no such member; -EINVAL: its size is not @size
 * (0: any size), it is a bit field or not inside its structure, or a type is damaged;
 * -E2BIG: too many types have to be searched.
 */
int btf_blob_member(const struct btf_blob *b, u32 id, const char *path, u32 size, u32 *offset);

/* Finds the value of @name in enumeration @id. Returns 0, -ENOENT or -EINVAL. */
int btf_blob_value(const struct btf_blob *b, u32 id, const char *name, s64 *value);

/*
 * Reads the prototype of function @id: the number of its parameters, the names of the
 * first @max, and the size of the returned value in bytes, 0 for a void function.
 * Returns 0; -EINVAL: not a function, or a type is damaged.
 */
int btf_blob_proto(const struct btf_blob *b, u32 id, const char **params, u32 max, u32 *nr_params,
		   u32 *returned);

#endif
