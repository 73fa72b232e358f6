/* SPDX-License-Identifier: GPL-2.0-only */
/* A module with a function that later kernels have in KVM; nothing calls it. */
#include <linux/module.h>

void PLANTED(void);
void noinline PLANTED(void)
{
	barrier();
}

static int __init plant_init(void)
{
	return 0;
}
module_init(plant_init);

static void __exit plant_exit(void)
{
}
module_exit(plant_exit);

MODULE_DESCRIPTION("A function of later kernels, for a test");
MODULE_LICENSE("GPL");
