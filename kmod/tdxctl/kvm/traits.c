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

#include "compat.h"
#include "kvm.h"
#include "sept/sept.h"

/*
 * KVM splits S-EPT entries of 2 MiB, or converts pages of a guest_memfd in place. Early
 * release replaces functions of KVM that would do this, and does neither.
 */
static const char *const unsupported[] = {
	"tdh_mem_page_demote",
	"tdx_sept_split_private_spte",
	"kvm_gmem_ioctl",
};

/*
 * Until 6.17 KVM resets each page that was private with MOVDIR64B. Later kernels have one
 * of these functions, which does so only on CPUs with the erratum.
 */
static const char *const reset_on_erratum[] = {
	"tdx_quirk_reset_page",
	"tdx_quirk_reset_paddr",
};

static DEFINE_MUTEX(traits_mutex);
static struct kvm_traits traits; /* under traits_mutex */
static atomic_t stale = ATOMIC_INIT(1);

/* Returns the first name that is a symbol, or NULL. */
static const char *first_of(const char *const *names, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (sym_find(NULL, names[i]))
			return names[i];
	return NULL;
}

static void look_up(struct kvm_traits *t)
{
	t->mainline = sym_find(NULL, "tdx_vcpu_get_cpuid") || sym_find(NULL, "vt_vm_pre_destroy");
	t->pamt = sym_find(NULL, SEPT_PAMT_PUT);
	t->reset = !first_of(reset_on_erratum, ARRAY_SIZE(reset_on_erratum)) || compat_has_pw_mce();
	t->unsupported = first_of(unsupported, ARRAY_SIZE(unsupported));
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
