/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/linkage.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>

/*
 * long tdxctl_return(long value)
 *
 * Returns its argument. A hook continues here to skip the hooked function.
 */
	.text
SYM_FUNC_START(tdxctl_return)
	ENDBR
	mov	%rdi, %rax
	RET
SYM_FUNC_END(tdxctl_return)
