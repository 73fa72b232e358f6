// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traits of this KVM, from the names of its functions. A look-up of functions waits
 * for a grace period, so the names are looked up once, and again after a module was
 * loaded or unloaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/printk.h>

#include "compat.h"
#include "kvm.h"
#include "sept/sept.h"

enum {
	/* Mainline has one of these. */
	GET_CPUID,
	PRE_DESTROY,
	PAMT,
	/*
	 * Until 6.17 KVM resets each page that was private with MOVDIR64B. Later kernels
	 * have one of these functions, which does so only on CPUs with the erratum.
	 */
	RESET_PAGE,
	RESET_PADDR,
	/*
	 * KVM splits S-EPT entries of 2 MiB, or converts pages of a guest_memfd in place.
	 * Early release replaces functions of KVM that would do this, and does neither.
	 */
	UNSUPPORTED,
	NAMES = UNSUPPORTED + 3,
};

static const char *const names[NAMES] = {
	[GET_CPUID] = "tdx_vcpu_get_cpuid",
	[PRE_DESTROY] = "vt_vm_pre_destroy",
	[PAMT] = SEPT_PAMT_PUT,
	[RESET_PAGE] = "tdx_quirk_reset_page",
	[RESET_PADDR] = "tdx_quirk_reset_paddr",
	[UNSUPPORTED] = "tdh_mem_page_demote",
	"tdx_sept_split_private_spte",
	"kvm_gmem_ioctl",
};

static DEFINE_MUTEX(traits_mutex);
static struct kvm_traits traits; /* under traits_mutex */
static atomic_t stale = ATOMIC_INIT(1);

static void look_up(struct kvm_traits *t)
{
	const char *before = t->unsupported;
	unsigned long at[NAMES];
	int i;

	sym_find_all(names, at, NAMES);
	*t = (struct kvm_traits){
		.mainline = at[GET_CPUID] || at[PRE_DESTROY],
		.pamt = at[PAMT],
		.reset = !(at[RESET_PAGE] || at[RESET_PADDR]) || compat_has_pw_mce(),
	};
	for (i = UNSUPPORTED; i < NAMES && !t->unsupported; i++)
		if (at[i])
			t->unsupported = names[i];
	if (t->unsupported && t->unsupported != before)
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
