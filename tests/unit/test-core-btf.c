/* SPDX-License-Identifier: GPL-2.0-only */
/* The helper's BTF parser, on blobs that libbpf writes, and on damaged ones. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "check.h"
#include "btf/btf.h"

#define SYSFS_BTF "/sys/kernel/btf/vmlinux"

/* A copy of a blob without a byte behind it, so that ASan reports each byte too far. */
struct bytes {
	u8 *p;
	size_t len;
};

static struct bytes copy_of(const void *p, size_t len)
{
	struct bytes b = { malloc(len ? len : 1), len };

	if (!b.p)
		abort();
	memcpy(b.p, p, len);
	return b;
}

static struct bytes raw(const struct btf *btf)
{
	__u32 len;
	const void *p = btf__raw_data(btf, &len);

	if (!p)
		abort();
	return copy_of(p, len);
}

static int good(int id)
{
	if (id < 0)
		abort();
	return id;
}

static void field(struct btf *btf, const char *name, int type, unsigned int byte)
{
	good(btf__add_field(btf, name, type, byte * 8, 0));
}

struct types {
	int u8, s32, u32, u64, odd, pointer, mutex, arch, kvm, array;
};

/* struct kvm, with a typedef, qualifiers, anonymous members, an array and bit fields. */
static struct btf *kernel(struct types *t)
{
	struct btf *btf = btf__new_empty();
	int anon, inner, i, proto;

	t->u8 = good(btf__add_int(btf, "unsigned char", 1, 0));
	t->s32 = good(btf__add_int(btf, "int", 4, BTF_INT_SIGNED));
	t->u32 = good(btf__add_int(btf, "unsigned int", 4, 0));
	t->u64 = good(btf__add_int(btf, "unsigned long", 8, 0));
	t->pointer = good(btf__add_ptr(btf, good(btf__add_fwd(btf, "mm_struct", BTF_FWD_STRUCT))));
	t->mutex = good(btf__add_struct(btf, "mutex", 32));
	t->array = good(btf__add_array(btf, t->u32, t->u64, 6));
	good(btf__add_struct(btf, "kvm_arch", 256));
	field(btf, "vm_type", t->u8, 17);
	t->arch = good(
		btf__add_const(btf,
			       good(btf__add_volatile(btf, good(btf__add_typedef(btf, "kvm_arch_t",
										 btf__type_cnt(btf) -
											 1))))));
	inner = good(btf__add_struct(btf, NULL, 8));
	field(btf, "first", t->u32, 0);
	field(btf, "second", t->u32, 4);
	anon = good(btf__add_union(btf, NULL, 8));
	field(btf, "created", t->u32, 0);
	field(btf, NULL, inner, 0);
	t->kvm = good(btf__add_struct(btf, "kvm", 1024));
	field(btf, "mm", t->pointer, 40);
	field(btf, NULL, anon, 48);
	field(btf, "lock", t->mutex, 64);
	field(btf, "slots", t->array, 128);
	field(btf, "arch", t->arch, 512);
	good(btf__add_field(btf, "flag", t->u32, 800 * 8 + 3, 1));
	good(btf__add_field(btf, "wide", t->u32, 804 * 8, 32));
	field(btf, "dead", t->u8, 808);
	field(btf, "past", t->u64, 1020);
	good(btf__add_enum(btf, "state", 4));
	good(btf__add_enum_value(btf, "STATE_MINUS", -1));
	good(btf__add_enum_value(btf, "STATE_RUN", 2));
	good(btf__add_enum64(btf, "wide_state", 8, false));
	good(btf__add_enum64_value(btf, "WIDE_STATE", 0x123456789ULL));
	good(btf__add_struct(btf, "twice", 4));
	good(btf__add_struct(btf, "twice", 8));
	good(btf__add_float(btf, "double", 8));
	good(btf__add_type_tag(btf, "user", t->u32));
	good(btf__add_restrict(btf, t->pointer));
	proto = good(btf__add_func_proto(btf, t->s32));
	good(btf__add_func_param(btf, "kvm", t->pointer));
	good(btf__add_func_param(btf, "gfn", t->u64));
	i = good(btf__add_func(btf, "set_spte", BTF_FUNC_STATIC, proto));
	good(btf__add_decl_tag(btf, "kfunc", i, -1));
	proto = good(btf__add_func_proto(btf, 0));
	good(btf__add_func_param(btf, "kvm", t->pointer));
	good(btf__add_func(btf, "free_spt", BTF_FUNC_STATIC, proto));
	good(btf__add_var(btf, "jiffies", BTF_VAR_STATIC, t->u64));
	good(btf__add_datasec(btf, ".data", 8));
	good(btf__add_datasec_var_info(btf, btf__type_cnt(btf) - 2, 0, 8));
	return btf;
}

/* A module: structures with members of the kernel's types, and another struct mutex. */
static struct btf *module(struct btf *base, const struct types *t)
{
	struct btf *btf = btf__new_empty_split(base);

	good(btf__add_struct(btf, "mutex", 64));
	good(btf__add_struct(btf, "kvm_tdx", 2048));
	field(btf, "kvm", t->kvm, 0);
	field(btf, "hkid", t->s32, 1024);
	good(btf__add_func(btf, "tdx_only", BTF_FUNC_STATIC, good(btf__add_func_proto(btf, 0))));
	return btf;
}

static struct btf_blob kernel_blob, module_blob;
static u32 offset;

enum { MUTEX, KVM, STATE, WIDE_STATE, TWICE, SET_SPTE, FREE_SPT, KVM_TDX, NONE, NR_WANTS };

static void new_wants(struct btf_want *w)
{
	const struct btf_want wants[NR_WANTS] = {
		[MUTEX] = { .name = "mutex", .kind = BTF_STRUCT },
		[KVM] = { .name = "kvm", .kind = BTF_STRUCT },
		[STATE] = { .name = "state", .kind = BTF_ENUM },
		[WIDE_STATE] = { .name = "wide_state", .kind = BTF_ENUM },
		[TWICE] = { .name = "twice", .kind = BTF_STRUCT },
		[SET_SPTE] = { .name = "set_spte", .kind = BTF_FUNC },
		[FREE_SPT] = { .name = "free_spt", .kind = BTF_FUNC },
		[KVM_TDX] = { .name = "kvm_tdx", .kind = BTF_STRUCT },
		/* The name exists, but as a typedef. */
		[NONE] = { .name = "kvm_arch_t", .kind = BTF_STRUCT },
	};

	memcpy(w, wants, sizeof(wants));
}

static int member(const struct btf_blob *b, u32 id, const char *path, u32 size)
{
	offset = ~0U;
	return btf_blob_member(b, id, path, size, &offset);
}

static void names(void)
{
	struct btf_want w[NR_WANTS];
	struct types t;
	struct btf *btf = kernel(&t);
	struct bytes k = raw(btf);

	new_wants(w);
	CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len, NULL, w, NR_WANTS), 0);
	CHECK(!kernel_blob.error);
	CHECK_EQ(kernel_blob.nr_types, btf__type_cnt(btf) - 1);
	CHECK_EQ(w[MUTEX].id, t.mutex);
	CHECK_EQ(w[KVM].id, t.kvm);
	CHECK_EQ(w[KVM].times, 1);
	CHECK_EQ(w[TWICE].id, 0);
	CHECK_EQ(w[TWICE].times, 2);
	CHECK_EQ(w[KVM_TDX].id, 0);
	CHECK_EQ(w[KVM_TDX].times, 0);
	CHECK_EQ(w[NONE].id, 0);
	CHECK_EQ(btf_blob_size(&kernel_blob, w[KVM].id), 1024);
	CHECK_EQ(btf_blob_size(&kernel_blob, w[STATE].id), 0);
	CHECK_EQ(btf_blob_size(&kernel_blob, 0), 0);
	free(k.p);
	btf__free(btf);
}

static void members(void)
{
	struct btf_want w[NR_WANTS];
	struct types t;
	struct btf *btf = kernel(&t);
	struct bytes k = raw(btf);
	u32 kvm;

	new_wants(w);
	CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len, NULL, w, NR_WANTS), 0);
	kvm = w[KVM].id;
	CHECK_EQ(member(&kernel_blob, kvm, "mm", 8), 0);
	CHECK_EQ(offset, 40);
	CHECK_EQ(member(&kernel_blob, kvm, "lock", 32), 0);
	CHECK_EQ(offset, 64);
	CHECK_EQ(member(&kernel_blob, kvm, "slots", 48), 0);
	CHECK_EQ(offset, 128);
	CHECK_EQ(member(&kernel_blob, kvm, "arch.vm_type", 1), 0);
	CHECK_EQ(offset, 512 + 17);
	CHECK_EQ(member(&kernel_blob, kvm, "created", 4), 0);
	CHECK_EQ(offset, 48);
	CHECK_EQ(member(&kernel_blob, kvm, "second", 4), 0);
	CHECK_EQ(offset, 52);
	/* Not a bit field, although its structure has some. */
	CHECK_EQ(member(&kernel_blob, kvm, "dead", 0), 0);
	CHECK_EQ(offset, 808);
	CHECK_EQ(member(&kernel_blob, kvm, "mm", 4), -EINVAL);
	CHECK_EQ(offset, ~0U);
	CHECK_EQ(member(&kernel_blob, kvm, "flag", 0), -EINVAL);
	CHECK_EQ(member(&kernel_blob, kvm, "wide", 0), -EINVAL);
	CHECK_EQ(member(&kernel_blob, kvm, "past", 0), -EINVAL);
	CHECK_EQ(member(&kernel_blob, kvm, "m", 0), -ENOENT);
	CHECK_EQ(member(&kernel_blob, kvm, "mmm", 0), -ENOENT);
	CHECK_EQ(member(&kernel_blob, kvm, "arch.nothing", 0), -ENOENT);
	CHECK_EQ(member(&kernel_blob, kvm, "mm.pgd", 0), -ENOENT);
	CHECK_EQ(member(&kernel_blob, kvm, "arch.", 0), -ENOENT);
	CHECK_EQ(member(&kernel_blob, 0, "mm", 0), -ENOENT);
	CHECK_EQ(member(&kernel_blob, 100000, "mm", 0), -EINVAL);
	free(k.p);
	btf__free(btf);
}

static void values(void)
{
	struct btf_want w[NR_WANTS];
	struct types t;
	struct btf *btf = kernel(&t);
	struct bytes k = raw(btf);
	s64 v = 0;

	new_wants(w);
	CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len, NULL, w, NR_WANTS), 0);
	CHECK_EQ(btf_blob_value(&kernel_blob, w[STATE].id, "STATE_RUN", &v), 0);
	CHECK_EQ(v, 2);
	CHECK_EQ(btf_blob_value(&kernel_blob, w[STATE].id, "STATE_MINUS", &v), 0);
	CHECK_EQ(v, -1);
	CHECK_EQ(btf_blob_value(&kernel_blob, w[WIDE_STATE].id, "WIDE_STATE", &v), 0);
	CHECK_EQ(v, 0x123456789LL);
	CHECK_EQ(btf_blob_value(&kernel_blob, w[STATE].id, "STATE", &v), -ENOENT);
	CHECK_EQ(btf_blob_value(&kernel_blob, w[KVM].id, "STATE_RUN", &v), -EINVAL);
	CHECK_EQ(btf_blob_value(&kernel_blob, 0, "STATE_RUN", &v), -EINVAL);
	free(k.p);
	btf__free(btf);
}

static void functions(void)
{
	const char *params[3];
	struct btf_want w[NR_WANTS];
	struct types t;
	struct btf *btf = kernel(&t);
	struct bytes k = raw(btf);
	u32 n = 0, ret = 77;

	new_wants(w);
	CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len, NULL, w, NR_WANTS), 0);
	CHECK_EQ(btf_blob_proto(&kernel_blob, w[SET_SPTE].id, params, 3, &n, &ret), 0);
	CHECK_EQ(n, 2);
	CHECK_STR(params[0], "kvm");
	CHECK_STR(params[1], "gfn");
	CHECK_EQ(ret, 4);
	params[1] = NULL;
	CHECK_EQ(btf_blob_proto(&kernel_blob, w[SET_SPTE].id, params, 1, &n, &ret), 0);
	CHECK_EQ(n, 2);
	CHECK(!params[1]);
	CHECK_EQ(btf_blob_proto(&kernel_blob, w[FREE_SPT].id, params, 3, &n, &ret), 0);
	CHECK_EQ(n, 1);
	CHECK_EQ(ret, 0);
	CHECK_EQ(btf_blob_proto(&kernel_blob, w[KVM].id, params, 3, &n, &ret), -EINVAL);
	CHECK_EQ(btf_blob_proto(&kernel_blob, 0, params, 3, &n, &ret), -EINVAL);
	free(k.p);
	btf__free(btf);
}

static void split(void)
{
	struct btf_want w[NR_WANTS];
	struct types t;
	struct btf *btf = kernel(&t), *mod = module(btf, &t);
	struct bytes k = raw(btf), m = raw(mod);
	u32 id;

	new_wants(w);
	CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len, NULL, w, NR_WANTS), 0);
	id = w[KVM].id;
	CHECK_EQ(btf_blob_open(&module_blob, m.p, m.len, &kernel_blob, w, NR_WANTS), 0);
	/* The module's own type comes first, and other types stay. */
	CHECK(w[MUTEX].id > (u32)t.mutex);
	CHECK_EQ(btf_blob_size(&module_blob, w[MUTEX].id), 64);
	CHECK_EQ(w[KVM].id, id);
	CHECK_EQ(w[TWICE].times, 2);
	CHECK_EQ(btf_blob_size(&module_blob, w[KVM_TDX].id), 2048);
	CHECK_EQ(btf_blob_size(&kernel_blob, w[KVM_TDX].id), 0);
	CHECK_EQ(member(&module_blob, w[KVM_TDX].id, "hkid", 4), 0);
	CHECK_EQ(offset, 1024);
	CHECK_EQ(member(&module_blob, w[KVM_TDX].id, "kvm.arch.vm_type", 1), 0);
	CHECK_EQ(offset, 512 + 17);
	/* With another kernel, or none. */
	CHECK(btf_blob_open(&module_blob, m.p, m.len, NULL, w, NR_WANTS) < 0);
	CHECK_EQ(btf_blob_open(&module_blob, m.p, m.len, &kernel_blob, NULL, 0), 0);
	CHECK_EQ(btf_blob_open(&kernel_blob, m.p, m.len, &module_blob, NULL, 0), -EINVAL);
	CHECK_STR(kernel_blob.error, "the kernel's BTF is damaged, or is that of a module");
	/* A module of a kernel that could not be opened. */
	CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len - 1, NULL, NULL, 0), -EINVAL);
	CHECK_EQ(btf_blob_open(&module_blob, m.p, m.len, &kernel_blob, NULL, 0), -EINVAL);
	free(k.p);
	free(m.p);
	btf__free(mod);
	btf__free(btf);
}

/* Many types: marks are further apart than one type. */
static void many(void)
{
	enum { TYPES = 5000 };
	struct btf *btf = btf__new_empty();
	struct btf_want w = { .name = "s4999", .kind = BTF_STRUCT };
	struct bytes k;
	int wrong = 0;
	char name[16];

	good(btf__add_int(btf, "int", 4, 0));
	for (u32 i = 0; i < TYPES; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		good(btf__add_struct(btf, name, i + 4));
		for (u32 j = 0; j < i % 3; j++)
			field(btf, "member", 1, 0);
	}
	k = raw(btf);
	CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len, NULL, &w, 1), 0);
	CHECK_EQ(w.id, TYPES + 1);
	CHECK_EQ(kernel_blob.mark_shift, 3);
	for (u32 i = 0; i < TYPES; i++)
		wrong += btf_blob_size(&kernel_blob, i + 2) != i + 4;
	CHECK_EQ(wrong, 0);
	CHECK_EQ(btf_blob_size(&kernel_blob, TYPES + 2), 0);
	free(k.p);
	btf__free(btf);
}

/* ---- hostile blobs ---- */

static void put16(u8 *p, u16 v)
{
	memcpy(p, &v, sizeof(v));
}

static void put32(u8 *p, u32 v)
{
	memcpy(p, &v, sizeof(v));
}

/* Opens @p as a kernel. Returns the result; the error is in kernel_blob. */
static int open_as_kernel(const void *p, size_t len)
{
	return btf_blob_open(&kernel_blob, p, len, NULL, NULL, 0);
}

static void header(void)
{
	struct types t;
	struct btf *btf = kernel(&t);
	struct bytes k = raw(btf), longer;
	u32 types_len;

	for (size_t len = 0; len < 24; len++)
		if (open_as_kernel(k.p, len) != -EINVAL)
			break;
	CHECK_STR(kernel_blob.error, "shorter than a header");
	CHECK_EQ(open_as_kernel(k.p, k.len - 1), -EINVAL);
	CHECK_STR(kernel_blob.error, "a section is not inside the file");
	CHECK_EQ(open_as_kernel(k.p, (size_t)BTF_BLOB_MAX + 1), -E2BIG);
	put16(k.p, 0x9feb);
	CHECK_EQ(open_as_kernel(k.p, k.len), -EOPNOTSUPP);
	CHECK_STR(kernel_blob.error, "the byte order is that of another CPU");
	put16(k.p, 0x1234);
	CHECK_EQ(open_as_kernel(k.p, k.len), -EINVAL);
	CHECK_STR(kernel_blob.error, "no BTF magic number");
	put16(k.p, 0xeb9f);
	k.p[2] = 2;
	CHECK_EQ(open_as_kernel(k.p, k.len), -EOPNOTSUPP);
	CHECK_STR(kernel_blob.error, "unknown version");
	k.p[2] = 1;
	k.p[3] = 1;
	CHECK_EQ(open_as_kernel(k.p, k.len), -EOPNOTSUPP);
	k.p[3] = 0;
	put32(k.p + 4, 23);
	CHECK_EQ(open_as_kernel(k.p, k.len), -EINVAL);
	CHECK_STR(kernel_blob.error, "invalid length of the header");
	put32(k.p + 4, (u32)k.len + 1);
	CHECK_EQ(open_as_kernel(k.p, k.len), -EINVAL);
	put32(k.p + 4, 24);
	memcpy(&types_len, k.p + 12, 4);
	put32(k.p + 12, ~0U);
	CHECK_EQ(open_as_kernel(k.p, k.len), -EINVAL);
	put32(k.p + 12, types_len - 1);
	CHECK_EQ(open_as_kernel(k.p, k.len), -EINVAL);
	CHECK_STR(kernel_blob.error, "the type is truncated");
	CHECK_EQ(kernel_blob.error_id, btf__type_cnt(btf) - 1);
	put32(k.p + 12, types_len);
	k.p[k.len - 1] = 'x';
	CHECK_EQ(open_as_kernel(k.p, k.len), -EINVAL);
	CHECK_STR(kernel_blob.error, "the names are not terminated");
	k.p[k.len - 1] = 0;
	CHECK_EQ(open_as_kernel(k.p, k.len), 0);

	/* A longer header, of a later kernel. */
	longer = copy_of(k.p, k.len);
	longer.p = realloc(longer.p, k.len + 16);
	memmove(longer.p + 40, longer.p + 24, k.len - 24);
	memset(longer.p + 24, 0, 16);
	put32(longer.p + 4, 40);
	longer.len += 16;
	CHECK_EQ(open_as_kernel(longer.p, longer.len), 0);
	CHECK_EQ(kernel_blob.nr_types, btf__type_cnt(btf) - 1);
	put32(longer.p + 28, ~0U); /* length of the sizes of kinds */
	CHECK_EQ(open_as_kernel(longer.p, longer.len), -EINVAL);
	free(longer.p);
	free(k.p);
	btf__free(btf);
}

/* A blob of types that libbpf would not write: 12 bytes each, and members as words. */
struct words {
	u32 hdr[8]; /* with the sizes of kinds */
	u32 word[64];
	char strs[8]; /* "", "a", "b" */
};

static struct words words(const u32 *w, u32 n)
{
	struct words x = {
		.hdr = { 0x0001eb9f, 32, 0, n * 4, 64 * 4, 8, 0, 0 },
		.strs = "\0a\0b",
	};

	memcpy(x.word, w, n * 4);
	return x;
}

#define WORDS(...)	 words((const u32[]){ __VA_ARGS__ }, sizeof((u32[]){ __VA_ARGS__ }) / 4)
#define INFO(kind, vlen) ((u32)(kind) << 24 | (vlen))

static int open_words(const struct words *x, struct btf_want *w)
{
	*w = (struct btf_want){ .name = "a", .kind = BTF_STRUCT };
	return btf_blob_open(&kernel_blob, x, sizeof(*x), NULL, w, 1);
}

static void kinds(void)
{
	struct btf_want w;
	struct words x;

	x = WORDS(1, INFO(4, 0), 8, 0, INFO(20, 3), 0, 1, 2, 3, 4);
	CHECK_EQ(open_words(&x, &w), -EOPNOTSUPP);
	CHECK_STR(kernel_blob.error, "unknown kind");
	CHECK_EQ(kernel_blob.error_id, 2);
	CHECK_EQ(kernel_blob.error_kind, 20);
	CHECK_EQ(w.id, 0);
	/* With its size in the blob: one word, and one for each member. */
	x.hdr[6] = 160;
	x.hdr[7] = 84;
	x.word[60] = 4 | 4 << 8;
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(kernel_blob.nr_types, 2);
	CHECK_EQ(w.id, 1);
	x.hdr[7] = 80;
	CHECK_EQ(open_words(&x, &w), -EOPNOTSUPP);
	x = WORDS(1, INFO(0, 0), 8);
	CHECK_EQ(open_words(&x, &w), -EOPNOTSUPP);
	/* More than 65535 members, since 7.1. */
	x = WORDS(1, INFO(4, 0x10000), 8);
	CHECK_EQ(open_words(&x, &w), -EINVAL);
	CHECK_STR(kernel_blob.error, "the type is truncated");
	x = WORDS(8, INFO(4, 0), 8);
	CHECK_EQ(open_words(&x, &w), -EINVAL);
	CHECK_STR(kernel_blob.error, "the name is not in the file");
}

/* Types that refer to themselves, to each other, or to nothing. */
static void circles(void)
{
	const char *params[2];
	struct btf_want w;
	struct words x;
	u32 n, ret;
	s64 v;

	/* Two typedefs of each other. */
	x = WORDS(1, INFO(4, 1), 8, 3, 2, 0, 0, INFO(8, 0), 3, 0, INFO(8, 0), 2);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	/* A structure as its own anonymous member: as deep as allowed, then not found. */
	x = WORDS(1, INFO(4, 1), 8, 0, 1, 0);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -ENOENT);
	/* Eight times: the work is limited. */
	x = WORDS(1, INFO(4, 8), 8, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0,
		  0, 1, 0);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -E2BIG);
	/* An array of itself, and one of too many elements. */
	x = WORDS(1, INFO(4, 1), 8, 3, 2, 0, 0, INFO(3, 0), 0, 2, 2, 1);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	x.word[10] = 4;
	x.word[11] = ~0U;
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	/* A member of a type that does not exist; one far outside, by 24 and by 32 bits. */
	x = WORDS(1, INFO(4, 1), 8, 3, 9, 0);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	x = WORDS(1, INFO(4, 1), 8, 3, 2, 0xfffffff8, 0, INFO(2, 0), 0);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	/* The name of a member is outside. */
	x = WORDS(1, INFO(4, 1), 8, 99, 1, 0);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	/* An integer of fewer bits than its size, or that begins inside: an old bit field. */
	x = WORDS(1, INFO(4, 1), 8, 3, 2, 0, 0, INFO(1, 0), 4, 31);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	x.word[9] = 1 << 16 | 32;
	CHECK_EQ(member(&kernel_blob, 1, "b", 0), -EINVAL);
	x.word[9] = 32;
	CHECK_EQ(member(&kernel_blob, 1, "b", 4), 0);
	/* Values and parameters. */
	x = WORDS(1, INFO(6, 1), 4, 99, 1);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(btf_blob_value(&kernel_blob, 1, "a", &v), -EINVAL);
	x = WORDS(1, INFO(12, 0), 1);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(btf_blob_proto(&kernel_blob, 1, params, 2, &n, &ret), -EINVAL);
	x = WORDS(1, INFO(12, 0), 2, 0, INFO(13, 1), 9, 1, 0);
	CHECK_EQ(open_words(&x, &w), 0);
	CHECK_EQ(btf_blob_proto(&kernel_blob, 1, params, 2, &n, &ret), -EINVAL);
}

/* All look-ups in blobs that can be opened. Returns true if they could. */
static bool look_up_all(const void *k, size_t klen, const void *m, size_t mlen)
{
	struct btf_want w[NR_WANTS];
	const char *params[2];
	s64 v;
	u32 n;

	new_wants(w);
	if (btf_blob_open(&kernel_blob, k, klen, NULL, w, NR_WANTS) ||
	    btf_blob_open(&module_blob, m, mlen, &kernel_blob, w, NR_WANTS))
		return false;
	for (int i = 0; i < NR_WANTS; i++) {
		btf_blob_size(&module_blob, w[i].id);
		member(&module_blob, w[i].id, "kvm.arch.vm_type", 1);
		member(&module_blob, w[i].id, "second", 4);
		member(&module_blob, w[i].id, "slots", 0);
		btf_blob_value(&module_blob, w[i].id, "STATE_RUN", &v);
		btf_blob_proto(&module_blob, w[i].id, params, 2, &n, &offset);
	}
	return true;
}

/* Every byte changed in turn, and every length. */
static void damaged(void)
{
	static const u8 change[] = { 0x01, 0x80, 0xff };
	struct types t;
	struct btf *btf = kernel(&t), *mod = module(btf, &t);
	struct bytes k = raw(btf), m = raw(mod);
	u32 opened = 0, refused = 0;

	CHECK(look_up_all(k.p, k.len, m.p, m.len));
	for (size_t i = 0; i < k.len; i++) {
		for (size_t c = 0; c < sizeof(change); c++) {
			k.p[i] ^= change[c];
			if (look_up_all(k.p, k.len, m.p, m.len))
				opened++;
			else
				refused++;
			k.p[i] ^= change[c];
		}
	}
	for (size_t i = 0; i < m.len; i++) {
		for (size_t c = 0; c < sizeof(change); c++) {
			m.p[i] ^= change[c];
			look_up_all(k.p, k.len, m.p, m.len);
			m.p[i] ^= change[c];
		}
	}
	for (size_t len = 0; len < m.len; len++) {
		struct bytes cut = copy_of(m.p, len);

		CHECK(!look_up_all(k.p, k.len, cut.p, cut.len));
		free(cut.p);
	}
	CHECK(opened > 100 && refused > 100);
	free(k.p);
	free(m.p);
	btf__free(mod);
	btf__free(btf);
}

/* ---- against libbpf, on a real kernel ---- */

static struct bytes read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	struct bytes b = { malloc(BTF_BLOB_MAX), 0 };

	if (!b.p)
		abort();
	if (f) {
		b.len = fread(b.p, 1, BTF_BLOB_MAX, f);
		fclose(f);
	}
	return b;
}

/* Compares each named member of each structure. Returns the number of differences. */
static u32 differences(const struct btf *btf, u32 *compared)
{
	u32 n = 0;

	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_member *m = btf_members(t);

		if (!btf_is_struct(t))
			continue;
		n += btf_blob_size(&kernel_blob, id) != t->size;
		for (u32 i = 0; i < btf_vlen(t); i++) {
			const char *name = btf__name_by_offset(btf, m[i].name_off);
			__s64 size = btf__resolve_size(btf, m[i].type);

			if (!*name || size < 0 || btf_member_bitfield_size(t, i))
				continue;
			++*compared;
			n += member(&kernel_blob, id, name, (u32)size) ||
			     offset != btf_member_bit_offset(t, i) / 8;
		}
	}
	return n;
}

static void real(void)
{
	struct btf_want w = { .name = "task_struct", .kind = BTF_STRUCT };
	struct btf *btf = btf__parse_raw(SYSFS_BTF);
	struct bytes k = read_file(SYSFS_BTF);
	u32 compared = 0;

	if (btf && k.len) {
		CHECK_EQ(btf_blob_open(&kernel_blob, k.p, k.len, NULL, &w, 1), 0);
		CHECK_EQ(kernel_blob.nr_types, btf__type_cnt(btf) - 1);
		CHECK_EQ(w.id, btf__find_by_name_kind(btf, w.name, BTF_KIND_STRUCT));
		CHECK_EQ(differences(btf, &compared), 0);
		CHECK(compared > 1000);
	} else {
		printf("note: no comparison with " SYSFS_BTF ": libbpf cannot read it\n");
	}
	btf__free(btf);
	free(k.p);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

int main(void)
{
	libbpf_set_print(quiet);
	RUN(names);
	RUN(members);
	RUN(values);
	RUN(functions);
	RUN(split);
	RUN(many);
	RUN(header);
	RUN(kinds);
	RUN(circles);
	RUN(damaged);
	RUN(real);
	return check_done("core-btf");
}
