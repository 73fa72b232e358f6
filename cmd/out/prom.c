// SPDX-License-Identifier: GPL-2.0-only
/* Samples in Prometheus' text format, or as JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "prom.h"

enum { PPM = 6, NS = 9 }; /* decimals */

enum { S_NAME, S_LABELS, S_VALUE };
static const struct cli_field sample_fields[] = {
	[S_NAME] = { .key = "name", .type = OUT_STR },
	[S_LABELS] = { .key = "labels", .type = OUT_OBJECT },
	[S_VALUE] = { .key = "value", .type = OUT_STR },
};

enum { M_NAME, M_TYPE, M_UNIT, M_HELP, M_SAMPLES };
static const struct cli_field metric_fields[] = {
	[M_NAME] = { .key = "name", .type = OUT_STR },
	[M_TYPE] = { .key = "type", .type = OUT_STR },
	[M_UNIT] = { .key = "unit", .type = OUT_STR },
	[M_HELP] = { .key = "help", .type = OUT_STR },
	[M_SAMPLES] = { .key = "samples", .type = OUT_TABLE },
};
const struct cli_field prom_table = { .key = "metrics", .type = OUT_TABLE };

static const struct cli_field le = { .key = "le", .type = OUT_STR };

static const char *const types[] = {
	[PROM_GAUGE] = "gauge",
	[PROM_COUNTER] = "counter",
	[PROM_HISTOGRAM] = "histogram",
};

const char *prom_type_str(enum prom_type type)
{
	return types[type];
}

/* The format is UTF-8, but process names may contain any bytes. */
static void escaped(FILE *f, const char *s, const char *special)
{
	while (*s) {
		size_t n = text_utf8_len(s);

		if (!n)
			fputs("\xef\xbf\xbd", f); /* U+FFFD */
		else if (*s == '\n')
			fputs("\\n", f);
		else if (strchr(special, *s))
			fprintf(f, "\\%c", *s);
		else
			fwrite(s, 1, n, f);
		s += n ? n : 1;
	}
}

/* Formats @v / 10^@decimals exactly, without trailing zeros. */
static void number(char *buf, size_t len, uint64_t v, int decimals)
{
	uint64_t one = 1;
	size_t n;

	if (!decimals) {
		snprintf(buf, len, "%" PRIu64, v);
		return;
	}
	for (int i = 0; i < decimals; i++)
		one *= 10;
	n = (size_t)snprintf(buf, len, "%" PRIu64 ".%0*" PRIu64, v / one, decimals, v % one);
	while (buf[n - 1] == '0')
		buf[--n] = '\0';
	if (buf[n - 1] == '.')
		buf[--n] = '\0';
}

static void announce(struct prom *p, const struct prom_metric *m)
{
	struct out_node *row;

	if (p->metric == m)
		return;
	p->metric = m;
	if (p->f) {
		fprintf(p->f, "# HELP %s ", m->name);
		escaped(p->f, m->help, "\\");
		fprintf(p->f, "\n# TYPE %s %s\n", m->name, types[m->type]);
		return;
	}
	row = out_row(p->json);
	out_str(row, &metric_fields[M_NAME], m->name);
	out_str(row, &metric_fields[M_TYPE], types[m->type]);
	out_str_or_none(row, &metric_fields[M_UNIT], m->unit);
	out_str(row, &metric_fields[M_HELP], m->help);
	p->samples = out_array(row, &metric_fields[M_SAMPLES]);
}

static void to_json(struct prom *p, const char *suffix, const char *const *values,
		    const char *bound, const char *number_text)
{
	const struct prom_metric *m = p->metric;
	struct out_node *row = out_row(p->samples), *labels;

	out_strf(row, &sample_fields[S_NAME], "%s%s", m->name, suffix);
	labels = out_object(row, &sample_fields[S_LABELS]);
	for (size_t i = 0; i < m->nr_labels; i++)
		out_str(labels, &m->labels[i], values[i]);
	if (bound)
		out_str(labels, &le, bound);
	out_str(row, &sample_fields[S_VALUE], number_text);
}

static void to_text(struct prom *p, const char *suffix, const char *const *values,
		    const char *bound, const char *number_text)
{
	const struct prom_metric *m = p->metric;
	const char *sep = "{";

	fprintf(p->f, "%s%s", m->name, suffix);
	for (size_t i = 0; i < m->nr_labels; i++) {
		fprintf(p->f, "%s%s=\"", sep, m->labels[i].key);
		escaped(p->f, values[i], "\\\"");
		fputc('"', p->f);
		sep = ",";
	}
	if (bound) {
		fprintf(p->f, "%sle=\"%s\"", sep, bound);
		sep = ",";
	}
	fprintf(p->f, "%s %s\n", *sep == ',' ? "}" : "", number_text);
}

static void put(struct prom *p, const char *suffix, const char *const *values, const char *bound,
		uint64_t v, int decimals)
{
	char text[40];

	number(text, sizeof(text), v, decimals);
	if (p->f)
		to_text(p, suffix, values, bound, text);
	else
		to_json(p, suffix, values, bound, text);
	p->nr_samples++;
}

static int decimals_of(const struct prom_metric *m)
{
	if (!m->unit)
		return 0;
	return !strcmp(m->unit, "seconds") ? NS : !strcmp(m->unit, "ratio") ? PPM : 0;
}

void prom_sample(struct prom *p, const struct prom_metric *m, const char *const *values, uint64_t v)
{
	announce(p, m);
	put(p, "", values, NULL, v, decimals_of(m));
}

void prom_histogram(struct prom *p, const struct prom_metric *m, const char *const *values,
		    const uint64_t *bound_ns, const uint64_t *below, size_t n, uint64_t count,
		    uint64_t sum_ns)
{
	char bound[40];

	announce(p, m);
	for (size_t i = 0; i < n; i++) {
		number(bound, sizeof(bound), bound_ns[i], NS);
		put(p, "_bucket", values, bound, below[i], 0);
	}
	put(p, "_bucket", values, "+Inf", count, 0);
	put(p, "_sum", values, NULL, sum_ns, NS);
	put(p, "_count", values, NULL, count, 0);
}
