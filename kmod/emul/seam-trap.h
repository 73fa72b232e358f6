/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the #UD of a SEAMCALL to the registers of seam and back. For tdx_emul and for the
 * kernel of the lab, which has seam.
 */
#ifndef TDXCTL_SEAM_TRAP_H
#define TDXCTL_SEAM_TRAP_H

#include <linux/kdebug.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/processor-flags.h>
#include <asm/ptrace.h>
#include <asm/trapnr.h>

#include "seam/seam.h"

/* The flags that are clear after a SEAMCALL that reached the module. */
#define SEAMCALL_FLAGS \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | \
	 X86_EFLAGS_OF)

static const u8 seamcall_insn[] = { 0x66, 0x0f, 0x01, 0xcf };

/* Returns true if the event is the #UD of a SEAMCALL in kernel mode. */
static inline bool seam_trap_is_seamcall(unsigned long event, const struct die_args *args)
{
	u8 insn[sizeof(seamcall_insn)];

	if (event != DIE_TRAP || args->trapnr != X86_TRAP_UD || user_mode(args->regs))
		return false;
	return !copy_from_kernel_nofault(insn, (void *)args->regs->ip, sizeof(insn)) &&
	       !memcmp(insn, seamcall_insn, sizeof(insn));
}

static inline void seam_trap_load(struct seam_regs *r, const struct pt_regs *regs)
{
	*r = (struct seam_regs){
		.rax = regs->ax,
		.rcx = regs->cx,
		.rdx = regs->dx,
		.rbx = regs->bx,
		.rsi = regs->si,
		.rdi = regs->di,
		.r8 = regs->r8,
		.r9 = regs->r9,
		.r10 = regs->r10,
		.r11 = regs->r11,
		.r12 = regs->r12,
		.r13 = regs->r13,
		.r14 = regs->r14,
		.r15 = regs->r15,
	};
}

/* Sets the registers of the caller, and continues after the instruction. */
static inline void seam_trap_store(struct pt_regs *regs, const struct seam_regs *r)
{
	regs->ax = r->rax;
	regs->cx = r->rcx;
	regs->dx = r->rdx;
	regs->bx = r->rbx;
	regs->si = r->rsi;
	regs->di = r->rdi;
	regs->r8 = r->r8;
	regs->r9 = r->r9;
	regs->r10 = r->r10;
	regs->r11 = r->r11;
	regs->r12 = r->r12;
	regs->r13 = r->r13;
	regs->r14 = r->r14;
	regs->r15 = r->r15;
	regs->flags &= ~(unsigned long)SEAMCALL_FLAGS;
	regs->ip += sizeof(seamcall_insn);
}

#endif
