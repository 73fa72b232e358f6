// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of KVM's structures, from BTF. Each offset must be inside its structure and
 * equal to that in the kernel's headers if it is in these, and fields are read with
 * functions that survive a fault.
 */
#include <linux/mutex.h>
#include <linux/rwlock_types.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "kvm.h"

#define MAX_STRUCT (256 * 1024)

DEFINE_MUTEX(layout_mutex);
static struct kvm_layout current_layout;
static char current_error[LAYOUT_ERROR_LEN]; /* if the layout is not known */

/* Fields of struct kvm, struct kvm_tdx or struct kvm_vcpu. */
/* clang-format off */
#define FIELD(_f, _type, _known, _vcpu)					\
	{ offsetof(struct kvm_layout, _f), sizeof(_type), __alignof__(_type), _vcpu, _known }
#define IN_KVM(_f, _type)	FIELD(_f, _type, offsetof(struct kvm_known, _f), false)
#define IN_TDX(_f, _type)	FIELD(_f, _type, 0, false)
#define IN_VCPU(_f, _type)	FIELD(_f, _type, offsetof(struct kvm_known, _f), true)

static const struct {
	u16 field;
	u16 width;
	u16 align;
	bool vcpu;
	u16 known;		/* offset in struct kvm_known, 0 = not in it */
} fields[] = {
	IN_KVM(vm_type, u8),
	IN_KVM(mm, void *),
	IN_KVM(created_vcpus, s32),
	IN_KVM(online_vcpus, s32),
	IN_KVM(max_vcpus, s32),
	IN_KVM(lock, struct mutex),
	IN_KVM(mmu_lock, rwlock_t),
	IN_KVM(vm_dead, bool),
	IN_TDX(hkid, s32),
	IN_TDX(state, u32),
	IN_TDX(tdr_page, void *),
	IN_VCPU(vcpu_kvm, void *),
	IN_VCPU(vcpu_cpu, s32),
};
/* clang-format on */

static u32 field_at(const struct kvm_layout *l, int i)
{
	return *(const u32 *)((const char *)l + fields[i].field);
}

static bool valid_field(const struct kvm_layout *l, int i)
{
	u32 end = fields[i].vcpu ? l->kvm_vcpu_size : l->kvm_tdx_size;
	u32 at = field_at(l, i);

	if (at == LAYOUT_UNKNOWN)
		return true;
	if (fields[i].known)
		return at == *(const u32 *)((const char *)&kvm_known + fields[i].known);
	/* Fields of struct kvm_tdx itself are after struct kvm. */
	if (!fields[i].known && at < kvm_known.kvm_size)
		return false;
	return at <= end && fields[i].width <= end - at && !(at % fields[i].align);
}

/* Returns true if all offsets are possible, and equal to those in kvm_known. */
bool layout_valid(const struct kvm_layout *l)
{
	int i;

	if (l->kvm_tdx_size > MAX_STRUCT || l->kvm_vcpu_size > MAX_STRUCT)
		return false;
	if (l->kvm_vcpu_size && l->kvm_vcpu_size != kvm_known.vcpu_size)
		return false;
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (!valid_field(l, i))
			return false;
	return true;
}

/* Returns the current layout, which may not be known. */
const struct kvm_layout *layout_get_locked(void)
{
	return &current_layout;
}

void layout_set_locked(const struct kvm_layout *l)
{
	current_layout = *l;
	current_error[0] = '\0';
}

/* There is no layout any more, because of @why. */
void layout_forget_locked(const char *why)
{
	current_layout = (struct kvm_layout){ .sept.problem = TDXCTL_SEPT_NO_TYPES };
	strscpy(current_error, why, sizeof(current_error));
}

/* Copies the current layout. Returns false if it is not known. */
bool layout_get(struct kvm_layout *l)
{
	mutex_lock(&layout_mutex);
	*l = current_layout;
	mutex_unlock(&layout_mutex);
	return l->known;
}

/* Copies why the layout is not known, "" if it is. */
void layout_error(char *why, size_t size)
{
	mutex_lock(&layout_mutex);
	strscpy(why, current_error, size);
	mutex_unlock(&layout_mutex);
}

/* Returns true if all offsets are known, as a release requires. */
bool layout_complete(const struct kvm_layout *l)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (field_at(l, i) == LAYOUT_UNKNOWN)
			return false;
	return l->known && l->state_initialized != LAYOUT_UNKNOWN &&
	       l->state_runnable != LAYOUT_UNKNOWN;
}

/* Reads a field of @obj at @at. Returns false if it is unknown or not readable. */
bool layout_read(const void *obj, u32 at, void *out, size_t size)
{
	return at != LAYOUT_UNKNOWN && !copy_from_kernel_nofault(out, (const char *)obj + at, size);
}
