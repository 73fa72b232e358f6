/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPUID of the live host, from the CPU that runs this code. */
#include <cpuid.h>
#include "live.h"

/* Sets vendor, family and model when /proc/cpuinfo could not be read. -ENOMEM. */
static int vendor(struct tdxctl_cpu_facts *c)
{
	unsigned int a, id[3];
	char text[sizeof(id) + 1] = "";

	if (c->vendor.text)
		return 0;
	/* Every CPU that can run this code has the leaves 0 and 1. */
	__cpuid(0, a, id[0], id[2], id[1]);
	memcpy(text, id, sizeof(id));
	c->vendor.text = strdup(text);
	if (!c->vendor.text)
		return -ENOMEM;
	c->vendor.reason = NULL;
	__cpuid(1, a, id[0], id[1], id[2]);
	val_set(&c->family, (a >> 8 & 0xf) + ((a >> 8 & 0xf) == 0xf ? a >> 20 & 0xff : 0));
	val_set(&c->model, (a >> 4 & 0xf) | (a >> 12 & 0xf0));
	return 0;
}

static void leaves(struct tdxctl_cpu_facts *c)
{
	unsigned int a, b, x, d;

	if (__get_cpuid_count(7, 0, &a, &b, &x, &d)) {
		val_set(&c->cpuid_7_ebx, b);
		val_set(&c->cpuid_7_ecx, x);
	}
	if (__get_cpuid(0x80000008, &a, &b, &x, &d))
		val_set(&c->pa_bits, a & 0xff);
}

int live_cpuid(struct tdxctl_ctx *ctx, struct tdxctl_cpu_facts *c)
{
	c->cpuid_7_ebx.reason = c->cpuid_7_ecx.reason = c->pa_bits.reason =
		"the CPU has no such CPUID leaf";
	leaves(c);
	return vendor(c);
}
