/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prometheus' text exposition format, version 0.0.4. A metric is announced with
 * its first sample, so what cannot be known is not there at all.
 */
#ifndef TDXCTL_PROM_H
#define TDXCTL_PROM_H

#include "out.h"

enum prom_type { PROM_GAUGE, PROM_COUNTER, PROM_HISTOGRAM };

struct prom_metric {
	const char *name;		/* with "tdxctl_" and all suffixes but a histogram's */
	enum prom_type type;
	const char *unit;		/* "seconds": values are nanoseconds; "ratio": millionths;
					   "bytes"; NULL */
	const char *help;
	const struct cli_field *labels;	/* OUT_STR; the key is the label's name */
	size_t nr_labels;
};

/* Where samples go: to @f, or as rows of the table @json. */
struct prom {
	FILE *f;
	struct out_node *json;
	const struct prom_metric *metric;
	struct out_node *samples;
	size_t nr_samples;
};

/* The columns of such a table. */
extern const struct cli_field prom_table;

const char *prom_type_str(enum prom_type type);
/* @values: one for each label of @m. Samples of one metric come one after another. */
void prom_sample(struct prom *p, const struct prom_metric *m, const char *const *values,
		 uint64_t v);
/*
 * @below[i] observations took @bound_ns[i] nanoseconds or less, @count in all,
 * @sum_ns together.
 */
void prom_histogram(struct prom *p, const struct prom_metric *m, const char *const *values,
		    const uint64_t *bound_ns, const uint64_t *below, size_t n,
		    uint64_t count, uint64_t sum_ns);

#endif
