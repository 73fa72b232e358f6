/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Masks a report: learns names from files of the host and replaces them in all texts. */
#include <stdio.h>
#include "report-priv.h"

#define FIRST_USER 1000

/* ---- names of the host ---- */

static void learn_file(struct tdxctl_ctx *ctx, struct mask *m, enum mask_kind kind,
		       const char *path)
{
	char line[256];

	if (root_read_line(ctx, path, line, sizeof(line)))
		return;
	line[strcspn(line, " \t")] = '\0';
	mask_learn(m, kind, line);
	/* Also without the domain: "node7" of "node7.example.org". */
	if (kind == MASK_HOST && strchr(line, '.')) {
		*strchr(line, '.') = '\0';
		mask_learn(m, kind, line);
	}
}

/* Learns the accounts of users, not those of services: "name:x:1000:..." */
static void learn_users(struct tdxctl_ctx *ctx, struct mask *m)
{
	unsigned int uid;
	char *text, name[64];

	if (root_read(ctx, "/etc/passwd", 1 << 20, &text) < 0)
		return;
	text_each_line(p, text) if (sscanf(p, "%63[^:\n]:%*[^:\n]:%u:", name, &uid) == 2 &&
				    uid >= FIRST_USER && uid < 65534)
		mask_learn(m, MASK_USER, name);
	free(text);
}

static void learn(struct tdxctl_ctx *ctx, struct mask *m)
{
	static const struct {
		enum mask_kind kind;
		const char *path;
	} sources[] = {
		{ MASK_HOST, "/proc/sys/kernel/hostname" },
		{ MASK_HOST, "/etc/hostname" },
		{ MASK_HOST, "/proc/sys/kernel/domainname" },
		{ MASK_ID, "/etc/machine-id" },
		{ MASK_UUID, "/proc/sys/kernel/random/boot_id" },
		{ MASK_UUID, "/sys/class/dmi/id/product_uuid" },
		{ MASK_SERIAL, "/sys/class/dmi/id/product_serial" },
		{ MASK_SERIAL, "/sys/class/dmi/id/board_serial" },
		{ MASK_SERIAL, "/sys/class/dmi/id/chassis_serial" },
		{ MASK_SERIAL, "/sys/class/dmi/id/board_asset_tag" },
		{ MASK_SERIAL, "/sys/class/dmi/id/chassis_asset_tag" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		learn_file(ctx, m, sources[i].kind, sources[i].path);
	learn_users(ctx, m);
}

/* ---- texts of the report ---- */

/* Replaces a string that is one name. */
static void replace_name(struct mask *m, enum mask_kind kind, char **name)
{
	char *alias;

	if (!*name || !**name || mask_is_program(*name))
		return;
	alias = strdup(mask_alias(m, kind, *name));
	if (!alias) {
		m->failed = true;
		return;
	}
	free(*name);
	*name = alias;
}

static void replace_comm(struct mask *m, char comm[TDXCTL_COMM_LEN])
{
	if (*comm && !mask_is_program(comm))
		snprintf(comm, TDXCTL_COMM_LEN, "%s", mask_alias(m, MASK_PROCESS, comm));
}

static void learn_vms(struct mask *m, const struct tdxctl_facts *f)
{
	const struct tdxctl_snapshot *s = f->snap;
	size_t i;

	for (i = 0; i < s->nr_tds; i++)
		if (!mask_is_program(s->tds[i].vm.name))
			mask_learn(m, MASK_VM, s->tds[i].vm.name);
	for (i = 0; i < f->nr_quote_sockets; i++)
		if (f->quote_sockets[i].vm)
			mask_learn(m, MASK_VM, f->quote_sockets[i].vm);
	for (i = 0; i < f->nr_vm_logs; i++)
		mask_learn(m, MASK_VM, f->vm_logs[i].vm);
}

static void mask_snapshot(struct mask *m, struct tdxctl_snapshot *s)
{
	size_t i;

	for (i = 0; i < s->nr_tds; i++) {
		replace_name(m, MASK_VM, &s->tds[i].vm.name);
		replace_name(m, MASK_UUID, &s->tds[i].vm.uuid);
		replace_comm(m, s->tds[i].td.owner.comm);
	}
	for (i = 0; i < s->nr_hkids; i++)
		replace_comm(m, s->hkids[i].owner.comm);
	for (i = 0; i < s->nr_locks; i++)
		replace_comm(m, s->locks[i].holder_comm);
	mask_replace(m, &s->platform.cpu_model);
	mask_replace(m, &s->platform.kernel);
}

/* Replaces the parts of a cgroup path, except parts that every host has: "machine.slice". */
static void mask_cgroup(struct mask *m, char **path)
{
	static const char *const known[] = {
		"machine.slice", "system.slice", "user.slice", "init.scope", "kubepods.slice",
		"kubepods",	 "libvirt",	 "emulator",   "docker",
	};
	char *copy = strdup(*path), *out = NULL, *part, *save;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (!copy || !f)
		m->failed = true;
	for (part = copy && f ? strtok_r(copy, "/", &save) : NULL; part;
	     part = strtok_r(NULL, "/", &save)) {
		bool keep = false;

		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			keep |= !strcmp(part, known[i]);
		fprintf(f, "/%s", keep ? part : mask_alias(m, MASK_CGROUP, part));
	}
	free(copy);
	if (!f)
		return;
	if (fclose(f)) {
		m->failed = true;
		free(out);
		return;
	}
	free(*path);
	*path = out;
}

/* Masks a kernel log, which also contains the kernel command line. */
static void mask_log(struct mask *m, char **text)
{
	static const char *const intros[] = { "ommand line: ", "ommand line parameters " };
	char *out = NULL, *end, *shown;
	size_t len;
	FILE *f = *text ? open_memstream(&out, &len) : NULL;

	if (!f) {
		m->failed |= *text != NULL;
		return;
	}
	for (char *p = *text; *p; p = end) {
		char *at = NULL;

		end = p + strcspn(p, "\n");
		if (*end)
			*end++ = '\0';
		for (size_t i = 0; i < 2 && !at; i++) {
			at = strstr(p, intros[i]);
			at = at ? at + strlen(intros[i]) : NULL;
		}
		shown = at ? report_cmdline(at) : NULL;
		m->failed |= at && !shown;
		fprintf(f, "%.*s%s\n", at ? (int)(at - p) : (int)strlen(p), p, shown ? shown : "");
		free(shown);
	}
	if (fclose(f)) {
		m->failed = true;
		free(out);
		return;
	}
	free(*text);
	*text = out;
	mask_replace(m, text);
}

static void mask_facts(struct mask *m, struct tdxctl_facts *f)
{
	struct tdxctl_text *cmdline = &f->file[TDXCTL_FILE_CMDLINE];
	char *shown = cmdline->text ? report_cmdline(cmdline->text) : NULL;
	size_t i;

	m->failed |= cmdline->text && !shown;
	free(cmdline->text);
	cmdline->text = shown;
	mask_log(m, &f->log.text);
	mask_log(m, &f->last_log.text);
	for (i = 0; i < TDXCTL_FILE_COUNT; i++)
		mask_replace(m, &f->file[i].text);
	for (const struct tdxctl_fact *x = tdxctl_fact_texts; x->name; x++)
		if (x->at != offsetof(struct tdxctl_facts, log) &&
		    x->at != offsetof(struct tdxctl_facts, last_log))
			mask_replace(m, &((struct tdxctl_text *)((char *)f + x->at))->text);
	for (i = 0; i < f->nr_vm_logs; i++) {
		replace_name(m, MASK_VM, &f->vm_logs[i].vm);
		mask_replace(m, &f->vm_logs[i].text);
	}
	for (i = 0; i < f->nr_quote_sockets; i++)
		replace_name(m, MASK_VM, &f->quote_sockets[i].vm);
	for (i = 0; i < f->nr_cgroups; i++)
		mask_cgroup(m, &f->cgroups[i].path);
}

int report_mask(struct tdxctl_ctx *ctx, struct tdxctl_report *r)
{
	struct mask m = { .failed = false };

	learn(ctx, &m);
	learn_vms(&m, r->facts);
	mask_snapshot(&m, r->facts->snap);
	mask_facts(&m, r->facts);
	mask_replace(&m, &r->cpus_why);
	mask_replace(&m, &r->conf);
	replace_name(&m, MASK_HOST, &r->hostname);
	mask_free(&m);
	r->masked = true;
	return m.failed ? -ENOMEM : 0;
}
