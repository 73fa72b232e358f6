/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting, masking and reading reports. */
#ifndef TDXCTL_LIB_REPORT_PRIV_H
#define TDXCTL_LIB_REPORT_PRIV_H

#include "host/host.h"
#include "report.h"

/* ---- trim.c ---- */

/* Cuts long texts down to the lines about TDX. -ENOMEM. */
int report_trim(struct tdxctl_report *r);
/*
 * Returns a kernel command line in which all options except well-known ones are "masked";
 * malloc'ed. NULL: out of memory.
 */
char *report_cmdline(const char *text);

/* ---- redact.c ---- */

/*
 * Replaces names and addresses in @r by aliases; reads the names from files of the host
 * @ctx. -ENOMEM: @r may still contain names.
 */
int report_mask(struct tdxctl_ctx *ctx, struct tdxctl_report *r);

/* ---- host.c ---- */

extern const struct backend report_backend;

/* ---- mask.c: each name and address in a text gets one alias ---- */

enum mask_kind {
	MASK_HOST,
	MASK_VM,
	MASK_UUID,
	MASK_USER,
	MASK_SERIAL,
	MASK_MAC,
	MASK_IPV4,
	MASK_IPV6,
	MASK_ID,
	MASK_PATH,
	MASK_CGROUP,
	MASK_PROCESS,
	MASK_KINDS
};

struct mask_name {
	char *name, *alias;
};

/* Starts zeroed; mask_free() frees its members. */
struct mask {
	struct mask_name *names;
	size_t nr_names;
	unsigned int count[MASK_KINDS]; /* aliases so far */
	bool failed;			/* out of memory */
};

/*
 * Returns the alias of @name, the same each time; it belongs to @m. "": out of memory,
 * which also sets m->failed.
 */
const char *mask_alias(struct mask *m, enum mask_kind kind, const char *name);
/* Like mask_alias(), but ignores names that are common words of kernel messages. */
void mask_learn(struct mask *m, enum mask_kind kind, const char *name);
/* Whether @s is the name of a well-known program, such as a VMM, that needs no alias. */
bool mask_is_program(const char *s);
/*
 * Returns @text with aliases for learned names and for everything that looks like an
 * address or identifier; malloc'ed. NULL: out of memory.
 */
char *mask_text(struct mask *m, const char *text);
/* Replaces *@text by mask_text() of it; NULL stays NULL. Sets m->failed. */
void mask_replace(struct mask *m, char **text);
void mask_free(struct mask *m);

/* ---- values.c: values of a document; a missing or null one leaves *out unchanged ---- */

struct json_object;

struct doc_reader {
	struct tdxctl_ctx *ctx;
	const char *name; /* of the document */
	struct tdxctl_report *r;
	char place[160]; /* "host.files[3]" */
};

/* Sets the error that @key is @what; returns -EINVAL. */
int doc_bad(struct doc_reader *rd, const char *key, const char *what);
struct json_object *doc_member(struct json_object *o, const char *key);
/* All: -EINVAL another type, -ENOMEM. */
int doc_string(struct doc_reader *rd, struct json_object *o, const char *key, char **out);
int doc_bool(struct doc_reader *rd, struct json_object *o, const char *key, bool *out);
/* Reads a number, or a string "0x...", of at most @max. */
int doc_u64(struct doc_reader *rd, struct json_object *o, const char *key, uint64_t max,
	    uint64_t *out);
/* Decodes base64; *out is malloc'ed, NULL if missing. */
int doc_bytes(struct doc_reader *rd, struct json_object *o, const char *key, void **out,
	      size_t *len);
/* Reads why @key is null; the text belongs to the report. */
int doc_reason(struct doc_reader *rd, struct json_object *o, const char *key, const char **out);
/* Reads a number, or the reason why it is not known. */
int doc_val(struct doc_reader *rd, struct json_object *o, const char *key, struct tdxctl_val *v);
/* The same for the member "text" of @o. */
int doc_text(struct doc_reader *rd, struct json_object *o, struct tdxctl_text *t);

typedef int (*doc_row_fn)(struct doc_reader *rd, struct json_object *row, size_t i);

/* Calls @fn with each object of the list @key; stops on non-zero. */
int doc_each_row(struct doc_reader *rd, struct json_object *host, const char *key, doc_row_fn fn);
/* Returns the index in @names of the string under @key; -1: not known to this version. */
int doc_index(struct json_object *row, const char *key, const char *const *names, int n);

#endif
