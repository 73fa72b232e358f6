/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of kvm_intel in modprobe.d and on the kernel command line. */
#include <stdio.h>
#include "host.h"

#define MAX_CONF  (256 << 10)
#define MAX_FILES 512
#define MODULE	  "kvm_intel"

/* The directories of modprobe: a file hides those of the same name in later ones. */
static const char *const dirs[] = {
	"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
	"/usr/lib/modprobe.d", "/lib/modprobe.d",
};

struct conf_file {
	char *name;
	size_t dir;
};

struct conf_list {
	struct conf_file *files;
	size_t count, dir;
};

static int add_file(void *arg, const char *name)
{
	struct conf_list *l = arg;
	size_t n = strlen(name);
	struct conf_file *p;

	if (n < 6 || strcmp(name + n - 5, ".conf") || l->count == MAX_FILES)
		return 0;
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->files[i].name, name))
			return 0;
	p = reallocarray(l->files, l->count + 1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	l->files = p;
	p[l->count] = (struct conf_file){ .name = strdup(name), .dir = l->dir };
	if (!p[l->count].name)
		return -ENOMEM;
	l->count++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct conf_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The kernel and modprobe do not distinguish '-' and '_' in names. */
static bool same_name(const char *a, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (!name[i] || (a[i] == '-' ? '_' : a[i]) != name[i])
			return false;
	return !name[len];
}

/* Returns the next word of a line at or behind @p, and its length; 0: none. */
static const char *next_word(const char *p, size_t *len)
{
	p += strspn(p, " \t\"");
	*len = strcspn(p, " \t\n");
	return p;
}

/* Appends "PATH: options kvm_intel ..." for each such line of a file. */
static int add_options(struct text_buf *b, const char *path, char *text)
{
	int err = 0;

	/* A backslash continues a line. */
	for (char *p = text; (p = strstr(p, "\\\n")); p += 2)
		p[0] = p[1] = ' ';
	text_each_line(p, text)
	{
		size_t n, m;
		const char *word = next_word(p, &n), *module = next_word(word + n, &m);

		if (n != 7 || memcmp(word, "options", 7) || !same_name(module, m, MODULE))
			continue;
		err = text_append(b, path, strlen(path));
		if (!err)
			err = text_append(b, ": ", 2);
		if (!err)
			err = text_append(b, word, strcspn(word, "\n"));
		if (!err)
			err = text_append(b, "\n", 1);
		if (err)
			break;
	}
	return err;
}

static int read_files(struct tdxctl_ctx *ctx, struct conf_list *l, struct text_buf *b)
{
	int err = 0;

	for (size_t i = 0; !err && i < l->count; i++) {
		char path[340], *text;
		ssize_t len;

		snprintf(path, sizeof(path), "%s/%s", dirs[l->files[i].dir], l->files[i].name);
		len = root_read(ctx, path, MAX_CONF, &text);
		/* A link to /dev/null masks a file of the distribution. */
		if (len < 0)
			continue;
		text_no_nul(text, (size_t)len);
		err = add_options(b, path, text);
		free(text);
	}
	return err;
}

int src_modprobe(struct tdxctl_ctx *ctx, struct tdxctl_text *t)
{
	struct conf_list l = { .dir = 0 };
	struct text_buf b = { 0 };
	bool found = false;
	int err = 0, why = -ENOENT;

	for (; err != -ENOMEM && l.dir < ARRAY_SIZE(dirs); l.dir++) {
		err = root_each(ctx, dirs[l.dir], add_file, &l);
		found |= !err;
		if (err && err != -ENOENT)
			why = err;
	}
	if (err != -ENOMEM) {
		if (l.count)
			qsort(l.files, l.count, sizeof(*l.files), by_name);
		err = read_files(ctx, &l, &b);
	}
	if (!err && found && !b.p)
		err = text_append(&b, "", 0);
	for (size_t i = 0; i < l.count; i++)
		free(l.files[i].name);
	free(l.files);
	if (err) {
		free(b.p);
		return err;
	}
	t->text = b.p;
	t->absent = !b.p && why == -ENOENT;
	t->reason = b.p ? NULL : src_reason(why);
	return 0;
}

/* ---- whether TDX was requested ---- */

/* Parses the value of a boolean option like the kernel. NULL: the option has no value. */
static enum tdxctl_tri kernel_bool(const char *v, size_t len)
{
	if (!v)
		return TDXCTL_YES;
	if (len && *v == '"') {
		v++;
		len--;
	}
	if (!len)
		return TDXCTL_TRI_UNKNOWN;
	if (strchr("yYtT1", v[0]))
		return TDXCTL_YES;
	if (strchr("nNfF0", v[0]))
		return TDXCTL_NO;
	if (len > 1 && strchr("oO", v[0]))
		return strchr("nN", v[1]) ? TDXCTL_YES :
		       strchr("fF", v[1]) ? TDXCTL_NO :
					    TDXCTL_TRI_UNKNOWN;
	return TDXCTL_TRI_UNKNOWN;
}

/* Reads "@option", "@option=VALUE" in the word at @p. Returns false for another option. */
static bool read_option(const char *p, size_t len, const char *option, struct tdxctl_request *r)
{
	const char *eq = memchr(p, '=', len);
	size_t name = eq ? (size_t)(eq - p) : len;

	if (!same_name(p, name, option))
		return false;
	r->word = p;
	r->len = len;
	r->tdx = kernel_bool(eq ? eq + 1 : NULL, eq ? len - name - 1 : 0);
	return true;
}

struct tdxctl_request tdxctl_tdx_request(const struct tdxctl_facts *f)
{
	struct tdxctl_request r = { .tdx = TDXCTL_TRI_UNKNOWN };
	const char *cmdline = f->file[TDXCTL_FILE_CMDLINE].text;
	size_t n;

	text_each_line(line, f->modprobe.text ? f->modprobe.text : "")
	{
		const char *end = line + strcspn(line, "\n"), *p = strstr(line, ": options ");

		for (p = p ? p + 10 : end; p < end; p += n) {
			p = next_word(p, &n);
			if (p >= end || !n)
				break;
			if (read_option(p, n, "tdx", &r)) {
				r.path = line;
				r.path_len = (size_t)(strstr(line, ": options ") - line);
			}
		}
	}
	/* modprobe adds the options of the kernel command line behind those of its files. */
	for (const char *p = cmdline; p && *(p = next_word(p, &n)); p += n) {
		if (n == 2 && !memcmp(p, "--", 2))
			break;
		if (read_option(p, n, MODULE ".tdx", &r))
			r.path_len = 0;
		if (!n)
			break;
	}
	return r;
}
