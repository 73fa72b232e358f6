/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explains values of the TDX module and errors of KVM. Needs no host and no context. */
#ifndef TDXCTL_DECODE_H
#define TDXCTL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tdxctl_word_kind {
	TDXCTL_WORD_AUTO,	/* tdxctl_decode() finds the kind */
	TDXCTL_WORD_STATUS,	/* completion status of a SEAMCALL */
	TDXCTL_WORD_LEAF,	/* number of a SEAMCALL */
	TDXCTL_WORD_ERRNO,	/* error of KVM_TDX_INIT_VM */
	TDXCTL_WORD_FEATURES,	/* TDX_FEATURES0 of the module */
	TDXCTL_WORD_ATTRIBUTES, /* ATTRIBUTES of a TD */
	TDXCTL_WORD_XFAM,	/* XFAM of a TD */
	TDXCTL_WORD_QUOTE,	/* code of qgsd or of its PCCS client, or an HTTP status */
	TDXCTL_WORD_KINDS
};

enum tdxctl_outcome {
	TDXCTL_OUTCOME_NONE, /* not a status */
	TDXCTL_OUTCOME_SUCCESS,
	TDXCTL_OUTCOME_INFORMATION, /* no error, but nothing was done */
	TDXCTL_OUTCOME_RETRY,	    /* error; the same call may succeed later */
	TDXCTL_OUTCOME_ERROR,	    /* error; the same call fails again */
	TDXCTL_OUTCOME_FATAL,	    /* the TD or its vCPU is lost */
	TDXCTL_OUTCOMES
};

/* A decoded value. Strings are constants. */
struct tdxctl_word {
	enum tdxctl_word_kind kind; /* not AUTO */
	uint64_t value;		    /* an errno is positive */
	const char *name;	    /* NULL if the value is not known */
	const char *class_name;	    /* class of a status; NULL if not known */
	enum tdxctl_outcome outcome;
	const char *operand_kind; /* "operand", "MSR"...; NULL if there is no operand */
	uint32_t operand;
	const char *operand_name; /* NULL if not known */
	const char *meaning;	  /* NULL none */
	const char *advice;	  /* what an operator should do; NULL none */
};

/* Bit number @bit of a value. Strings are constants. */
struct tdxctl_bit {
	unsigned int bit;
	const char *name, *text;
};

/*
 * Decodes @text: a number, a leaf ("TDH.MNG.CREATE", "TDH_MNG_CREATE"), a status
 * ("TDX_OPERAND_BUSY") or an errno ("ENOSPC", "-28"), or a code of
 * the quote generation service ("0xe011"). With @kind AUTO, a small number is a leaf or
 * such a code, and a large one a status; eight hexadecimal digits are the upper half of a status.
 * With another @kind, @text is a number of this kind. Returns 0 or -EINVAL.
 */
int tdxctl_decode(const char *text, enum tdxctl_word_kind kind, struct tdxctl_word *w);
/*
 * Finds the next value in a log line of @len bytes, at offset @from or later: a known
 * status, the leaf in "SEAMCALL (0x..)" or ": leaf N", the error of KVM_TDX_INIT_VM, or a code in
 * a line about quotes.
 * Returns true and decodes it into *@w, which is at [*@start, *@end); or returns false.
 */
bool tdxctl_decode_find(const char *line, size_t len, size_t from, size_t *start, size_t *end,
			struct tdxctl_word *w);
/*
 * Returns the @n-th name of a leaf or status that tdxctl_decode() accepts, a constant, or
 * NULL if there are fewer.
 */
const char *tdxctl_decode_name(size_t n);
/* Returns bit @bit of a FEATURES, ATTRIBUTES or XFAM value, or NULL if it has no name. */
const struct tdxctl_bit *tdxctl_decode_bit(enum tdxctl_word_kind kind, unsigned int bit);

/* Returns the name of an MSR, a constant, or NULL if it is not known. */
const char *tdxctl_msr_str(uint32_t msr);
/* The names that JSON has: constants, NULL if out of range, and for TDXCTL_OUTCOME_NONE. */
const char *tdxctl_word_kind_str(enum tdxctl_word_kind kind);
const char *tdxctl_outcome_str(enum tdxctl_outcome outcome);

/* ---- decode-text.c: for decode.c only ---- */

struct tdxctl_advice {
	uint32_t hi;		      /* upper half of a status; lower half if from the kernel */
	const char *meaning, *advice; /* advice: NULL none */
};
/* Both return NULL if there is no text. */
const struct tdxctl_advice *tdxctl_decode_advice(uint32_t hi);
const char *tdxctl_decode_leaf_text(unsigned int leaf);

/* ---- decode-quote.c: for decode.c only ---- */

/* Decodes @code, or @name if it is not NULL. Returns false if it is not in the table. */
bool tdxctl_decode_quote(uint64_t code, const char *name, struct tdxctl_word *w);

#endif
