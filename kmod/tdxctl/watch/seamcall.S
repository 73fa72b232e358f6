/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/linkage.h>
#include <linux/export.h>
#include <asm/asm.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>

#define REGS_RCX	0
#define REGS_RDX	8
#define REGS_R8		16
#define REGS_R9		24
#define REGS_R10	32
#define REGS_R11	40

/*
 * u64 tdxctl_seamcall(u64 leaf, struct ledger_regs *regs)
 *
 * Returns the same status words as the kernel's SEAMCALL functions: VMfailInvalid
 * if CF is set; after a fault the trap number, which the exception table puts in
 * RAX, with the software error class. The leaves called here change no other
 * register.
 */
	.text
SYM_FUNC_START(tdxctl_seamcall)
	mov	%rdi, %rax
	mov	REGS_RCX(%rsi), %rcx
	mov	REGS_RDX(%rsi), %rdx
	mov	REGS_R8(%rsi), %r8
	mov	REGS_R9(%rsi), %r9
	mov	REGS_R10(%rsi), %r10
	mov	REGS_R11(%rsi), %r11
.Lseamcall:
	.byte	0x66, 0x0f, 0x01, 0xcf
	jc	.Lvmfailinvalid
	mov	%rcx, REGS_RCX(%rsi)
	mov	%rdx, REGS_RDX(%rsi)
	mov	%r8, REGS_R8(%rsi)
	mov	%r9, REGS_R9(%rsi)
	mov	%r10, REGS_R10(%rsi)
	mov	%r11, REGS_R11(%rsi)
	RET
.Lvmfailinvalid:
	movabs	$0x8000ff00ffff0000, %rax
	RET
.Lfault:
	movabs	$0x8000ff0000000000, %rdi
	or	%rdi, %rax
	RET
	_ASM_EXTABLE_FAULT(.Lseamcall, .Lfault)
SYM_FUNC_END(tdxctl_seamcall)
