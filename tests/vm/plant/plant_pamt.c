// SPDX-License-Identifier: GPL-2.0-only
/* Dynamic PAMT's function, which counts its calls. KVM takes references for none of them. */
#define PLANTED planted_pamt
#include "plant.h"

static unsigned long calls;
module_param(calls, ulong, 0444);
MODULE_PARM_DESC(calls, "Calls of the function");

void tdx_pamt_put(u64 pfn);
void noinline tdx_pamt_put(u64 pfn)
{
	calls++;
}
/* Else the kernel seals the function, as no pointer refers to it. */
EXPORT_SYMBOL_GPL(tdx_pamt_put);
