/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is this host well? One table of checks with thresholds; the verdict of
 * `status` and all of `check` come from it.
 */
#ifndef TDXCTL_HEALTH_H
#define TDXCTL_HEALTH_H

#include <facts.h>

enum tdxctl_unit {
	TDXCTL_UNIT_COUNT,
	TDXCTL_UNIT_NS,
	TDXCTL_UNIT_PPM,		/* millionths of a whole */
	TDXCTL_UNIT_VERSION,		/* TDXCTL_VERSION_OF() */
	TDXCTL_UNITS
};

#define TDXCTL_VERSION_OF(major, minor, update) \
	((uint64_t)(major) << 32 | (uint64_t)(minor) << 16 | (uint64_t)(update))

struct tdxctl_limit {
	uint64_t value;			/* TDXCTL_UNKNOWN: none */
	bool percent;			/* of the total */
};
#define TDXCTL_NO_LIMIT { .value = TDXCTL_UNKNOWN }

enum tdxctl_check_nr {
	TDXCTL_CHECK_PACKAGES_UNCOVERED,
	TDXCTL_CHECK_CPUS_NOT_ENABLED,
	TDXCTL_CHECK_HKIDS_LEAKED,
	TDXCTL_CHECK_HKIDS_FREE,
	TDXCTL_CHECK_HKIDS_DRIFT,
	TDXCTL_CHECK_LOCK_HELD,
	TDXCTL_CHECK_TEARDOWN,
	TDXCTL_CHECK_OWNER_GONE,
	TDXCTL_CHECK_TDS_LEAKED,
	TDXCTL_CHECK_MISSED,
	TDXCTL_CHECK_TDS_DROPPED,
	TDXCTL_CHECK_BUSY,
	TDXCTL_CHECK_MODULE_VERSION,
	TDXCTL_CHECKS
};

struct tdxctl_exam;

struct tdxctl_check {
	const char *id;			/* interface; <id>_warning and <id>_critical are keys */
	const char *title;
	enum tdxctl_unit unit;
	bool low;			/* a value below its limit is bad; else one above it */
	bool share;			/* there is a total: limits may be percentages */
	bool verdict;			/* counts for the verdict of `status` */
	bool required;			/* a host that does not tell this is not called well */
	struct tdxctl_limit warning, critical;	/* unless somebody says otherwise */
	const char *about;		/* for the manual: a sentence or two */
	int (*measure)(struct tdxctl_exam *x);
};

extern const struct tdxctl_check tdxctl_checks[TDXCTL_CHECKS];

struct tdxctl_thresholds {
	struct tdxctl_limit warning[TDXCTL_CHECKS], critical[TDXCTL_CHECKS];
	bool chosen[TDXCTL_CHECKS];	/* somebody relies on this check */
};

void tdxctl_thresholds_default(struct tdxctl_thresholds *t);

struct tdxctl_check_result {
	enum tdxctl_health state;	/* UNKNOWN: see value.reason */
	struct tdxctl_val value;	/* of the worst object */
	uint64_t total;			/* 0: there is none */
	bool on;			/* it has a limit */
	uint64_t warning, critical;	/* TDXCTL_UNKNOWN: none, or of an unknown total */
};

struct tdxctl_health_reason {
	char *text;			/* object, cause, next step */
	enum tdxctl_health state;
	const struct tdxctl_check *check;	/* NULL: about the host as a whole */
};

struct tdxctl_health_report {
	enum tdxctl_health state;	/* the verdict of `status` */
	struct tdxctl_check_result result[TDXCTL_CHECKS];
	size_t nr_reasons;
	struct tdxctl_health_reason *reasons;
};

/* Everything that cannot be read is unknown, neither well nor wrong. -ENOMEM. */
int tdxctl_health_get(const struct tdxctl_facts *f, const struct tdxctl_thresholds *t,
		      struct tdxctl_health_report **out);
/*
 * Of all checks together: the worst one. What is unknown counts only where
 * somebody relies on it, and for the vital ones.
 */
enum tdxctl_health tdxctl_health_overall(const struct tdxctl_health_report *r,
					 const struct tdxctl_thresholds *t);
void tdxctl_health_free(struct tdxctl_health_report *r);

/* The TDX module is up, and KVM does not use it. */
bool tdxctl_kvm_without_tdx(const struct tdxctl_facts *f);

/*
 * Free HKIDs of *total: what the helper saw, else what the misc cgroup has
 * charged. False: *why says why that is not known.
 */
bool tdxctl_hkids_free(const struct tdxctl_facts *f, uint64_t *n, uint64_t *total,
		       const char **why);

/* ---- thresholds as people write them: tdxctl.conf(5) and options ---- */

/* The check called @id, which has @len characters; NULL. */
const struct tdxctl_check *tdxctl_check_find(const char *id, size_t len);
/*
 * "4", "12%", "90s", "1.5.06" or "off", as @c's unit wants it. On -EINVAL *why
 * is a constant that continues "VALUE: ".
 */
int tdxctl_limit_parse(const struct tdxctl_check *c, const char *value,
		       struct tdxctl_limit *l, const char **why);
/*
 * Applies the lines of a file to @t, all or none of them. -EINVAL:
 * tdxctl_error() has @name, the line's number and the reason. Public for the
 * fuzzer.
 */
int tdxctl_conf_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
		      struct tdxctl_thresholds *t);
/*
 * The same with a file: @file, or when NULL the machine's own, which may be
 * absent (-ENOENT) and is never there for an emulated host. Other errors are
 * those of reading it, -EINVAL or -EFBIG.
 */
int tdxctl_conf_read(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_thresholds *t);

#endif
