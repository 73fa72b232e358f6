/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Masks names in texts: names that were learned, at word boundaries, and everything that
 * has the form of an address, a UUID, a path or a serial number. In doubt a word is
 * masked.
 */
#include <ctype.h>
#include <stdio.h>
#include "report-priv.h"

#define MIN_NAME 2

/* ---- names and aliases ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* An alias has the form of the name, so that programs can still parse the text. */
static char *new_alias(enum mask_kind kind, unsigned int n)
{
	static const char *const prefix[MASK_KINDS] = {
		[MASK_HOST] = "host",	  [MASK_VM] = "vm",	      [MASK_USER] = "user",
		[MASK_SERIAL] = "serial", [MASK_ID] = "id",	      [MASK_PATH] = "path",
		[MASK_CGROUP] = "cgroup", [MASK_PROCESS] = "process",
	};
	char *s;
	int len;

	switch (kind) {
	case MASK_UUID:
		len = asprintf(&s, "00000000-0000-4000-8000-%012x", n);
		break;
	case MASK_MAC:
		len = asprintf(&s, "02:00:00:00:%02x:%02x", n >> 8 & 0xff, n & 0xff);
		break;
	case MASK_IPV4:
		/* The network for documentation (RFC 5737), then the one for tests (RFC 2544). */
		len = n < 255 ? asprintf(&s, "192.0.2.%u", n) :
				asprintf(&s, "198.18.%u.%u", n >> 8 & 0xff, n & 0xff);
		break;
	case MASK_IPV6:
		len = asprintf(&s, "2001:db8::%x", n);
		break;
	case MASK_HOST:
		len = n == 1 ? asprintf(&s, "host") : asprintf(&s, "host-%u", n);
		break;
	default:
		len = asprintf(&s, "%s-%u", prefix[kind], n);
	}
	return len < 0 ? NULL : s;
}

const char *mask_alias(struct mask *m, enum mask_kind kind, const char *name)
{
	struct mask_name *p;

	for (size_t i = 0; i < m->nr_names; i++)
		if (!strcasecmp(m->names[i].name, name))
			return m->names[i].alias;
	p = reallocarray(m->names, m->nr_names + 1, sizeof(*p));
	if (!p) {
		m->failed = true;
		return "";
	}
	m->names = p;
	p += m->nr_names;
	p->name = strdup(name);
	p->alias = new_alias(kind, ++m->count[kind]);
	if (!p->name || !p->alias) {
		free(p->name);
		free(p->alias);
		m->failed = true;
		return "";
	}
	m->nr_names++;
	return p->alias;
}

void mask_learn(struct mask *m, enum mask_kind kind, const char *name)
{
	/* A VM or an account may have such a name, but kernel messages need these words. */
	static const char *const keep[] = {
		"cpu",	   "error",   "failed", "guest",     "host",   "intel", "kernel",
		"kvm",	   "libvirt", "linux",	"localhost", "module", "none",	"not",
		"qemu",	   "root",    "seam",	"sgx",	     "td",     "tdx",	"tme",
		"unknown", "vm",      "vmm",	"x86",
	};

	if (strlen(name) < MIN_NAME)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		if (!strcasecmp(keep[i], name))
			return;
	mask_alias(m, kind, name);
}

bool mask_is_program(const char *s)
{
	static const char *const known[] = {
		"qemu-system-", "qemu-kvm",  "cloud-hyperviso",
		"libvirtd",	"virtqemud", "crosvm",
		"firecracker",	"kworker",   "kvm-",
		"CPU ",		"vhost-",    "swapper",
		"migration",	"tdxctl",    "modprobe",
		"insmod",	"systemd",   "bash",
		"sh",		"vmm",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i]);

		if (!strncmp(s, known[i], n) &&
		    (!is_word(s[n]) || !is_word(known[i][n - 1]) || n > 5))
			return true;
	}
	return false;
}

void mask_free(struct mask *m)
{
	for (size_t i = 0; i < m->nr_names; i++) {
		free(m->names[i].name);
		free(m->names[i].alias);
	}
	free(m->names);
}

/* ---- forms: each returns the length of the match at @s, or 0 ---- */

static size_t hex_run(const char *s)
{
	size_t n = 0;

	while (isxdigit((unsigned char)s[n]))
		n++;
	return n;
}

static size_t form_uuid(const char *s)
{
	char buf[37];

	/* With a precision: "%s" would read all of the text, which may have megabytes. */
	snprintf(buf, sizeof(buf), "%.36s", s);
	return text_is_uuid(buf) && !is_word(s[36]) ? 36 : 0;
}

static size_t form_mac(const char *s)
{
	for (size_t i = 0; i < 6; i++, s += 3)
		if (hex_run(s) != 2 || (i < 5 ? s[2] != ':' && s[2] != '-' : s[2] == ':'))
			return 0;
	return 17;
}

/* Not a version with five parts, and no part with a leading zero. */
static size_t form_ipv4(const char *s)
{
	const char *p = s;

	for (size_t i = 0; i < 4; i++) {
		size_t n = strspn(p, "0123456789");

		if (!n || n > 3 || (n > 1 && *p == '0') || strtoul(p, NULL, 10) > 255)
			return 0;
		p += n;
		if (i < 3 && *p++ != '.')
			return 0;
	}
	return is_word(*p) || (*p == '.' && isdigit((unsigned char)p[1])) ? 0 : (size_t)(p - s);
}

/* Has "::" or eight groups: times and PCI addresses have neither. */
static size_t form_ipv6(const char *s)
{
	size_t groups = 0, n, len = 0;
	bool gap = false;

	while ((n = hex_run(s + len)) <= 4) {
		groups += n > 0;
		len += n;
		if (s[len] != ':' || (!n && !gap && len && s[len - 1] != ':'))
			break;
		if (s[len + 1] == ':') {
			if (gap)
				return 0;
			gap = true;
			len++;
		}
		len++;
	}
	return n <= 4 && !is_word(s[len]) && s[len] != ':' && groups &&
			       (gap ? groups < 8 : groups == 8) ?
		       len :
		       0;
}

/* A machine ID or another 128-bit identifier. */
static size_t form_id(const char *s)
{
	size_t n = hex_run(s);

	return n == 32 && !is_word(s[n]) ? n : 0;
}

static size_t form_path(const char *s)
{
	static const char *const known[] = {
		"/sys/",	"/proc/",     "/dev/kvm",	   "/dev/cpu/",	    "/dev/sgx",
		"/dev/tdx",	"/dev/vhost", "/boot/config-",	   "/boot/vmlinuz", "/lib/",
		"/usr/",	"/etc/sgx",   "/var/run/tdx-qgs/", "/run/tdx-qgs/", "/var/log/qgsd",
		"/var/log/mpa",
	};
	size_t n = strcspn(s, " \t\n\"'`,;()<>[]{}=");

	while (n && strchr(".:", s[n - 1]))
		n--;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(s, known[i], strlen(known[i])))
			return 0;
	return *s == '/' && n > 2 && memchr(s + 1, '/', n - 1) ? n : 0;
}

/* "user@host" */
static size_t form_user_at_host(const char *s)
{
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strspn(s, chars), host;

	if (!n || s[n] != '@')
		return 0;
	host = strspn(s + n + 1, chars);
	return host ? n + 1 + host : 0;
}

static const struct {
	enum mask_kind kind;
	size_t (*match)(const char *s);
} forms[] = {
	{ MASK_UUID, form_uuid },	  { MASK_MAC, form_mac }, { MASK_IPV4, form_ipv4 },
	{ MASK_IPV6, form_ipv6 },	  { MASK_ID, form_id },	  { MASK_PATH, form_path },
	{ MASK_USER, form_user_at_host },
};

/* Prefixes and the kind of name that follows each. */
static const struct {
	const char *word;
	enum mask_kind kind;
	bool digits; /* only a name that has a digit */
} prefixes[] = {
	{ "://", MASK_HOST, false },	       { "Comm: ", MASK_PROCESS, false },
	{ "serialnumber", MASK_SERIAL, true }, { "serial number", MASK_SERIAL, true },
	{ "serial no", MASK_SERIAL, true },    { "serial", MASK_SERIAL, true },
	{ "S/N", MASK_SERIAL, true },
};

/* Returns the length of a prefix at @s, or 0; the name after it has *@len bytes. */
static size_t match_prefix(const char *s, enum mask_kind *kind, size_t *len)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i].word);
		const char *p = s + n;

		if (strncasecmp(s, prefixes[i].word, n))
			continue;
		if (prefixes[i].digits && !strchr(" .:=#", *p))
			continue;
		if (prefixes[i].digits)
			p += strspn(p, " .:=#\"");
		*len = strcspn(p, prefixes[i].kind == MASK_HOST ? " \t\n/\"'<>,;" : " \t\n\"',;");
		if (!*len || (prefixes[i].digits && strcspn(p, "0123456789") >= *len))
			continue;
		if (prefixes[i].kind == MASK_HOST) {
			/* Local addresses and Intel's services need no alias. */
			const char *end = p + *len;

			if (!strncmp(p, "localhost", 9) || !strncmp(p, "127.0.0.1", 9) ||
			    (*len > 10 && !strncmp(end - 10, ".intel.com", 10)))
				return 0;
		}
		if (prefixes[i].kind == MASK_PROCESS && mask_is_program(p))
			return 0;
		*kind = prefixes[i].kind;
		return (size_t)(p - s);
	}
	return 0;
}

/* ---- texts ---- */

/* Returns the longest learned name at the start of @s; NULL: none. */
static const struct mask_name *find_learned(const struct mask *m, const char *s)
{
	const struct mask_name *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < m->nr_names; i++) {
		const struct mask_name *name = &m->names[i];
		size_t n;

		if (tolower((unsigned char)*name->name) != tolower((unsigned char)*s))
			continue;
		n = strlen(name->name);
		if (n > longest && !strncasecmp(s, name->name, n) &&
		    !(is_word(s[n]) && is_word(s[n - 1]))) {
			best = name;
			longest = n;
		}
	}
	return best;
}

static void put_alias(struct mask *m, FILE *f, enum mask_kind kind, const char *s, size_t n)
{
	char *name = strndup(s, n);

	if (name)
		fprintf(f, "%s", mask_alias(m, kind, name));
	else
		m->failed = true;
	free(name);
}

/* Writes the alias of a name at the start of @s. Returns the bytes replaced; 0: no name. */
static size_t replace_one(struct mask *m, FILE *f, const char *text, const char *s)
{
	bool inside = s > text && is_word(s[-1]);
	const struct mask_name *name;
	enum mask_kind kind;
	size_t n, len;

	if (inside && is_word(*s))
		return 0;
	n = match_prefix(s, &kind, &len);
	if (n) {
		fwrite(s, 1, n, f);
		put_alias(m, f, kind, s + n, len);
		return n + len;
	}
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		/* "and/or" is not a path, and "//" does not start one. */
		n = *s == '/' && (inside || s[1] == '/' || (s > text && s[-1] == '/')) ?
			    0 :
			    forms[i].match(s);
		if (n) {
			put_alias(m, f, forms[i].kind, s, n);
			return n;
		}
	}
	name = find_learned(m, s);
	if (!name)
		return 0;
	fprintf(f, "%s", name->alias);
	return strlen(name->name);
}

char *mask_text(struct mask *m, const char *text)
{
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	if (!f)
		return NULL;
	for (const char *s = text; *s;) {
		size_t n = replace_one(m, f, text, s);

		if (!n)
			fputc(*s++, f);
		s += n;
	}
	if (fclose(f)) {
		free(out);
		return NULL;
	}
	return out;
}

void mask_replace(struct mask *m, char **text)
{
	char *s;

	if (!*text)
		return;
	s = mask_text(m, *text);
	if (!s) {
		m->failed = true;
		return;
	}
	free(*text);
	*text = s;
}
