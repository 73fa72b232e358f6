/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of the TDX module and of KVM explained. Needs no host and no context. */
#ifndef TDXCTL_DECODE_H
#define TDXCTL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tdxctl_word_kind {
	TDXCTL_WORD_AUTO,		/* asks tdxctl_decode() to find out */
	TDXCTL_WORD_STATUS,		/* what a SEAMCALL returned */
	TDXCTL_WORD_LEAF,		/* which SEAMCALL */
	TDXCTL_WORD_ERRNO,		/* of KVM_TDX_INIT_VM */
	TDXCTL_WORD_FEATURES,		/* TDX_FEATURES0 */
	TDXCTL_WORD_ATTRIBUTES,		/* of a TD */
	TDXCTL_WORD_XFAM,
	TDXCTL_WORD_KINDS
};

enum tdxctl_outcome {
	TDXCTL_OUTCOME_NONE,		/* not a status */
	TDXCTL_OUTCOME_SUCCESS,
	TDXCTL_OUTCOME_INFORMATION,	/* nothing was done, or it was done before */
	TDXCTL_OUTCOME_RETRY,		/* error; the same call may succeed later */
	TDXCTL_OUTCOME_ERROR,		/* error; the same call fails again */
	TDXCTL_OUTCOME_FATAL,		/* the TD or a vCPU of it is lost */
	TDXCTL_OUTCOMES
};

/* Strings are constants. */
struct tdxctl_word {
	enum tdxctl_word_kind kind;
	uint64_t value;			/* errno: positive */
	const char *name;		/* NULL: no such code is known */
	const char *class_name;		/* status: NULL unknown */
	enum tdxctl_outcome outcome;
	const char *operand_kind;	/* "operand", "MSR"...; NULL: none */
	uint32_t operand;
	const char *operand_name;	/* NULL unknown */
	const char *meaning;		/* NULL none */
	const char *advice;		/* what an operator should do; NULL none */
};

struct tdxctl_bit {
	unsigned int bit;
	const char *name, *text;
};

/*
 * @text: a number, a leaf ("TDH.MNG.CREATE", "TDH_MNG_CREATE"), a status
 * ("TDX_OPERAND_BUSY"), an errno ("ENOSPC", "-28"). With @kind AUTO a number
 * is a leaf when it is small, else a status; eight hexadecimal digits are the
 * upper half of one. 0, or -EINVAL when it is none of them.
 */
int tdxctl_decode(const char *text, enum tdxctl_word_kind kind, struct tdxctl_word *w);
/*
 * The next word in a line of a kernel log at or after @from: a known status, or
 * the leaf in "SEAMCALL (0x..)" or ": leaf N", the error after "KVM_TDX_INIT_VM". False: none; else [*start, *end) is its place.
 */
bool tdxctl_decode_find(const char *line, size_t len, size_t from, size_t *start,
			size_t *end, struct tdxctl_word *w);
/* Bit @bit of a FEATURES, ATTRIBUTES or XFAM word; NULL when it has no name. */
const struct tdxctl_bit *tdxctl_decode_bit(enum tdxctl_word_kind kind, unsigned int bit);

/* NULL: no name known. */
const char *tdxctl_msr_str(uint32_t msr);
const char *tdxctl_word_kind_str(enum tdxctl_word_kind kind);
const char *tdxctl_outcome_str(enum tdxctl_outcome outcome);	/* NONE: NULL */

/* ---- decode-text.c: for decode.c only ---- */

struct tdxctl_advice {
	uint32_t hi;
	const char *meaning, *advice;
};
const struct tdxctl_advice *tdxctl_decode_advice(uint32_t hi);
const char *tdxctl_decode_leaf_text(unsigned int leaf);

#endif
