// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the names of KVM's functions tell about this KVM. A look-up of a function
 * waits for a grace period, so the names are looked up once, and again after a module
 * was loaded or unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/printk.h>

#include "kvm.h"

/*
 * KVM pairs each private page with a reference on its PAMT pages (Dynamic PAMT), or
 * splits S-EPT entries of 2 MiB. Early release replaces functions of KVM that would do
 * this, and does neither.
 */
static const char *const unsupported[] = {
	"tdx_pamt_put",
	"tdh_mem_page_demote",
	"tdx_sept_split_private_spte",
};

static DEFINE_MUTEX(traits_mutex);
static struct kvm_traits traits; /* under traits_mutex */
static atomic_t stale = ATOMIC_INIT(1);

static void look_up(struct kvm_traits *t)
{
	unsigned int i;

	t->mainline = sym_find(NULL, "tdx_vcpu_get_cpuid") || sym_find(NULL, "vt_vm_pre_destroy");
	t->unsupported = NULL;
	for (i = 0; i < ARRAY_SIZE(unsupported) && !t->unsupported; i++)
		if (sym_find(NULL, unsupported[i]))
			t->unsupported = unsupported[i];
	if (t->unsupported)
		pr_info("no early release: this kernel has %s()\n", t->unsupported);
}

/* Returns a copy of the traits of the current KVM. */
struct kvm_traits kvm_traits_get(void)
{
	struct kvm_traits t;

	mutex_lock(&traits_mutex);
	/* Cleared first: a module that is loaded during the look-up sets it again. */
	if (atomic_xchg(&stale, 0))
		look_up(&traits);
	t = traits;
	mutex_unlock(&traits_mutex);
	return t;
}

/* A module is being loaded or unloaded. */
void kvm_traits_forget(void)
{
	atomic_set(&stale, 1);
}
