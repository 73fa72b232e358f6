/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * u64 __seamcall(u64 fn, struct tdx_module_args *args)
 * u64 __seamcall_ret(u64 fn, struct tdx_module_args *args)
 *
 * The kernel's calling convention: leaf in RDI, operands from *args, status in RAX;
 * the _ret variant also stores the output registers in *args. The instruction is
 * executed and traps. If no notifier handles the trap, the exception table makes it
 * a software status.
 */
#include <linux/linkage.h>
#include <asm/asm.h>

/* Offsets in struct tdx_module_args, checked where it is defined. */
#define ARGS_RCX	0
#define ARGS_RDX	8
#define ARGS_R8		16
#define ARGS_R9		24
#define ARGS_R10	32
#define ARGS_R11	40

#define SW_ERROR	0x8000ff0000000000
#define VMFAILINVALID	0x8000ff00ffff0000

.macro SEAMCALL_FUNC ret
	movq	%rdi, %rax
	movq	ARGS_RCX(%rsi), %rcx
	movq	ARGS_RDX(%rsi), %rdx
	movq	ARGS_R8(%rsi), %r8
	movq	ARGS_R9(%rsi), %r9
	movq	ARGS_R10(%rsi), %r10
	movq	ARGS_R11(%rsi), %r11
.Lseamcall\@:
	.byte	0x66, 0x0f, 0x01, 0xcf
	/* CF: there is no module; RAX still has the leaf. */
	jc	.Lvmfail\@
	.if \ret
	movq	%rcx, ARGS_RCX(%rsi)
	movq	%rdx, ARGS_RDX(%rsi)
	movq	%r8, ARGS_R8(%rsi)
	movq	%r9, ARGS_R9(%rsi)
	movq	%r10, ARGS_R10(%rsi)
	movq	%r11, ARGS_R11(%rsi)
	.endif
	RET
.Lvmfail\@:
	movabsq	$VMFAILINVALID, %rax
	RET
.Lfault\@:
	/* The fixup left the trap number (#UD 6, #GP 13) in RAX. */
	movabsq	$SW_ERROR, %rdi
	orq	%rdi, %rax
	RET
	_ASM_EXTABLE_FAULT(.Lseamcall\@, .Lfault\@)
.endm

SYM_FUNC_START(__seamcall)
	SEAMCALL_FUNC ret=0
SYM_FUNC_END(__seamcall)

SYM_FUNC_START(__seamcall_ret)
	SEAMCALL_FUNC ret=1
SYM_FUNC_END(__seamcall_ret)

/* To test how this CPU handles the instruction; not seen by probes on the functions above. */
SYM_FUNC_START(emul_seamcall_probe)
	SEAMCALL_FUNC ret=0
SYM_FUNC_END(emul_seamcall_probe)
