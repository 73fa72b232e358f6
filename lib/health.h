/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The health of a host: one table of checks with limits. The verdict of `status` and the
 * results of `check` come from it.
 */
#ifndef TDXCTL_HEALTH_H
#define TDXCTL_HEALTH_H

#include <facts.h>

enum tdxctl_unit {
	TDXCTL_UNIT_COUNT,
	TDXCTL_UNIT_NS,
	TDXCTL_UNIT_PPM,     /* parts per million */
	TDXCTL_UNIT_VERSION, /* TDXCTL_VERSION_OF() */
	TDXCTL_UNITS
};

/* A version as a number that can be compared. Each part is 0 to 65535. */
#define TDXCTL_VERSION_OF(major, minor, update) \
	((uint64_t)(major) << 32 | (uint64_t)(minor) << 16 | (uint64_t)(update))

struct tdxctl_limit {
	uint64_t value; /* in the unit of the check; TDXCTL_UNKNOWN none */
	bool percent;	/* the value is a percentage of the total */
	/* A range instead, as monitoring plugins have it; @value is then one of its ends. */
	bool range;
	bool inside;	   /* values in the range are beyond the limit, not those outside of it */
	uint64_t from, to; /* both included; @to is TDXCTL_UNKNOWN if it has no end */
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
	TDXCTL_CHECK_TDS_DIFFER,
	TDXCTL_CHECK_BUSY,
	TDXCTL_CHECK_MODULE_VERSION,
	TDXCTL_CHECK_KVM,
	TDXCTL_CHECKS
};

struct tdxctl_exam;

struct tdxctl_check {
	const char *id;	   /* stable; <id>_warning and <id>_critical are keys */
	const char *title; /* what is counted or measured */
	enum tdxctl_unit unit;
	bool low;      /* a value below its limit is bad, not one above it */
	bool share;    /* there is a total: limits may be percentages */
	bool verdict;  /* counts for the verdict of `status` */
	bool required; /* if unknown, the health of the host is not ok */
	struct tdxctl_limit warning, critical; /* default limits */
	const char *about;		       /* for the manual: one or two sentences */
	int (*measure)(struct tdxctl_exam *x);
};

extern const struct tdxctl_check tdxctl_checks[TDXCTL_CHECKS];

struct tdxctl_thresholds {
	struct tdxctl_limit warning[TDXCTL_CHECKS], critical[TDXCTL_CHECKS];
	bool chosen[TDXCTL_CHECKS]; /* the configuration or an option sets a limit */
};

/* Sets all limits to their defaults. */
void tdxctl_thresholds_default(struct tdxctl_thresholds *t);

struct tdxctl_check_result {
	enum tdxctl_health state;   /* if UNKNOWN, value.reason is why */
	char why[200];		    /* value.reason if it names an object; "" a constant */
	struct tdxctl_val value;    /* of the worst object */
	uint64_t total;		    /* 0 if there is none */
	bool on;		    /* the check has a limit */
	uint64_t warning, critical; /* TDXCTL_UNKNOWN: no limit, or unknown total */
	struct tdxctl_limit warning_limit, critical_limit; /* as they were set */
};

struct tdxctl_health_reason {
	char *text; /* object, cause, next step */
	enum tdxctl_health state;
	const struct tdxctl_check *check; /* NULL if it is about the whole host */
};

struct tdxctl_health_report {
	enum tdxctl_health state; /* the verdict of `status` */
	struct tdxctl_check_result result[TDXCTL_CHECKS];
	size_t nr_reasons;
	struct tdxctl_health_reason *reasons;
};

/*
 * Runs all checks on @f. A value that cannot be read is UNKNOWN, not ok and not bad.
 * Returns 0 or -ENOMEM.
 */
int tdxctl_health_get(const struct tdxctl_facts *f, const struct tdxctl_thresholds *t,
		      struct tdxctl_health_report **out);
/*
 * Returns the worst state of all checks. If no check is bad, UNKNOWN counts for checks
 * that are required or chosen.
 */
enum tdxctl_health tdxctl_health_overall(const struct tdxctl_health_report *r,
					 const struct tdxctl_thresholds *t);
/* NULL is allowed. */
void tdxctl_health_free(struct tdxctl_health_report *r);

/*
 * The oldest TDX module that is recommended, and that KVM since Linux 6.16 accepts. All
 * modules of series 2.0 are newer.
 */
#define TDXCTL_MODULE_RECOMMENDED TDXCTL_VERSION_OF(1, 5, 5)

/* Whether the TDX module is initialized, but KVM does not use it. */
bool tdxctl_kvm_without_tdx(const struct tdxctl_facts *f);

/*
 * Counts the free HKIDs and all HKIDs, from the snapshot of the helper, or else from the
 * misc cgroup. Returns false if they are not known; *@why is then a constant.
 */
bool tdxctl_hkids_free(const struct tdxctl_facts *f, uint64_t *n, uint64_t *total,
		       const char **why);

/* ---- limits as text: tdxctl.conf(5) and options ---- */

/* Returns the check whose id is the @len characters at @id, or NULL. */
const struct tdxctl_check *tdxctl_check_find(const char *id, size_t len);
/*
 * Parses a limit for @c: "4", "12%", "90s", "1.5.06", as the unit of @c requires, or
 * "off"; or a range of monitoring plugins: "10:20", "@10:20", "10:", "~:5". Returns 0 or -EINVAL; *@why is then a constant that completes "VALUE: ".
 */
int tdxctl_limit_parse(const struct tdxctl_check *c, const char *value, struct tdxctl_limit *l,
		       const char **why);
/*
 * Applies the lines of a configuration file to @t: all of them, or none on failure.
 * @name is the file's name in error messages. Returns 0 or -EINVAL, with the line and the
 * reason in tdxctl_error(). Public for the fuzzer.
 */
int tdxctl_conf_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
		      struct tdxctl_thresholds *t);
/*
 * Reads a configuration file and applies it like tdxctl_conf_parse(). @file NULL means
 * TDXCTL_CONF_PATH of the host; an emulated host has none. Returns 0, -ENOENT if the file
 * does not exist, -EFBIG for more than 64 KiB, -EINVAL, or an error of reading the file.
 */
int tdxctl_conf_read(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_thresholds *t);

#endif
