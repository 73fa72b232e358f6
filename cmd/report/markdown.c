// SPDX-License-Identifier: GPL-2.0-only
/* The report as a Markdown document, with the data for --from-report at its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* Prints @s as a code block, with a fence longer than any in @s. */
static void fenced(FILE *f, const char *s)
{
	size_t longest = 2, run = 0;

	for (size_t i = 0; s[i]; i++) {
		run = s[i] == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	for (size_t i = 0; i <= longest; i++)
		fputc('`', f);
	fprintf(f, "text\n%s%s", s, *s && s[strlen(s) - 1] != '\n' ? "\n" : "");
	for (size_t i = 0; i <= longest; i++)
		fputc('`', f);
	fputc('\n', f);
}

static int tree(FILE *f, const struct out *o)
{
	static const struct out_mode mode = { .wide = true };
	char *text = NULL;
	size_t len;
	FILE *m = open_memstream(&text, &len);
	int err;

	if (!m)
		return -ENOMEM;
	err = out_text(o, m, &mode);
	if (fclose(m))
		err = -ENOMEM;
	if (!err)
		fenced(f, text);
	free(text);
	return err;
}

static int section(FILE *f, const struct report_section *s)
{
	const char *why = out_error_message(s->out);

	fprintf(f, "\n## %s\n\n", s->title);
	if (why)
		fenced(f, why);
	return why && !out_root(s->out)->first ? 0 : tree(f, s->out);
}

static void whole_text(FILE *f, const char *title, const struct tdxctl_text *t)
{
	fprintf(f, "\n## %s\n\n", title);
	if (t->text && *t->text)
		fenced(f, t->text);
	else
		fprintf(f, "%s.\n", t->text ? "Empty" : t->reason);
}

static void vm_logs(FILE *f, const struct tdxctl_facts *facts)
{
	for (size_t i = 0; i < facts->nr_vm_logs; i++) {
		struct tdxctl_text t = { .text = facts->vm_logs[i].text };
		char title[300];

		if (!*t.text)
			continue;
		snprintf(title, sizeof(title), "Log of %s", facts->vm_logs[i].vm);
		whole_text(f, title, &t);
	}
}

enum { PATH, TEXT };
static const struct cli_field file_columns[] = {
	[PATH] = { .label = "FILE", .type = OUT_STR },
	[TEXT] = { .label = "CONTENT", .type = OUT_STR },
};
static const struct cli_field file_table = {
	.label = "",
	.type = OUT_TABLE,
	.columns = file_columns,
	.nr_columns = ARRAY_SIZE(file_columns),
};

static void files(struct out_node *root, const struct tdxctl_facts *f)
{
	struct out_node *table = out_array(root, &file_table);

	for (int i = 0; i < TDXCTL_FILE_COUNT; i++) {
		struct out_node *row = out_row(table);

		out_str(row, &file_columns[PATH], tdxctl_file_paths[i]);
		out_strf(row, &file_columns[TEXT], f->file[i].text ? "%s" : "(%s)",
			 f->file[i].text ? f->file[i].text : f->file[i].reason);
	}
}

/* If no MSR could be read, print one reason instead of a table. */
static bool has_msr(const struct tdxctl_facts *f)
{
	for (size_t i = 0; i < f->nr_msrs; i++)
		for (size_t k = 0; k < TDXCTL_MSR_COUNT; k++)
			if (f->msrs[i].msr[k].readable || f->msrs[i].msr[k].fault)
				return true;
	return false;
}

static int small_tables(FILE *f, const struct tdxctl_facts *facts)
{
	struct out *o = out_new(), *msrs = out_new();
	int err = !o || !msrs ? -ENOMEM : 0;

	if (!err) {
		files(out_root(o), facts);
		report_msr_table(out_root(msrs), facts);
		err = out_failed(o) || out_failed(msrs) ? -ENOMEM : 0;
	}
	if (!err) {
		fputs("\n## MSRs\n\n", f);
		if (has_msr(facts))
			err = tree(f, msrs);
		else
			fprintf(f, "%s.\n",
				facts->nr_msrs ? facts->msrs[0].msr[0].reason :
						 "No CPU package was found");
	}
	if (!err) {
		fputs("\n## Files\n\n", f);
		err = tree(f, o);
	}
	out_free(o);
	out_free(msrs);
	return err;
}

static int raw(FILE *f, const struct tdxctl_report *r)
{
	struct out *o = out_new();
	int err = -ENOMEM;

	if (!o)
		return err;
	report_host(out_root(o), r);
	fputs("\n## Data for tdxctl --from-report\n\n```json\n", f);
	if (!out_failed(o))
		err = out_json(o, f, "report");
	fputs("```\n", f);
	out_free(o);
	return err;
}

int report_markdown(FILE *f, const struct report_section *sections, size_t n,
		    const struct tdxctl_report *r)
{
	int err = 0;

	fprintf(f, "# TDX host\n\nWritten by tdxctl %s. %s\n", TDXCTL_VERSION,
		r->masked ? "Names, addresses and command lines are masked." :
			    "**Names, addresses and command lines are not masked.**");
	for (size_t i = 0; !err && i < n; i++)
		err = section(f, &sections[i]);
	if (!err)
		err = small_tables(f, r->facts);
	if (err)
		return err;
	whole_text(f, "Kernel log", &r->facts->log);
	whole_text(f, "Kernel configuration", &r->facts->config);
	vm_logs(f, r->facts);
	return raw(f, r);
}
