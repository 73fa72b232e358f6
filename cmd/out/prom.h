/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prometheus' text exposition format, version 0.0.4. The header of a metric is printed
 * with its first sample, so a metric without samples is absent.
 */
#ifndef TDXCTL_PROM_H
#define TDXCTL_PROM_H

#include "out.h"

enum prom_type { PROM_GAUGE, PROM_COUNTER, PROM_HISTOGRAM };

struct prom_metric {
	const char *name; /* with prefix and suffixes, except those of a histogram */
	enum prom_type type;
	const char *unit; /* "seconds": values are nanoseconds; "ratio": millionths;
					   "bytes"; NULL */
	const char *help;
	const struct cli_field *labels; /* OUT_STR; the key is the name of the label */
	size_t nr_labels;
};

/* The destination of samples: @f, or rows of the table @json. */
struct prom {
	FILE *f;
	struct out_node *json;
	const struct prom_metric *metric;
	struct out_node *samples;
	size_t nr_samples;
};

/* The table for @json. */
extern const struct cli_field prom_table;

const char *prom_type_str(enum prom_type type);
/* @values: one for each label of @m. All samples of a metric must be consecutive. */
void prom_sample(struct prom *p, const struct prom_metric *m, const char *const *values,
		 uint64_t v);
/*
 * A histogram of durations: @below[i] of @count observations took at most @bound_ns[i]
 * nanoseconds; their sum is @sum_ns.
 */
void prom_histogram(struct prom *p, const struct prom_metric *m, const char *const *values,
		    const uint64_t *bound_ns, const uint64_t *below, size_t n, uint64_t count,
		    uint64_t sum_ns);

#endif
