/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logs and kernel configurations have megabytes. A report keeps the lines about TDX and
 * about what TDX depends on.
 */
#include <ctype.h>
#include <stdio.h>
#include "doctor.h"
#include "report-priv.h"

#define MAX_LINES    400 /* each: lines that rules look for, other lines */
#define MAX_LINE     1024
#define MAX_VM_LINES 40
#define MAX_OTHER    100 /* last lines of other logs */

static bool has_word(const char *line, size_t len, const char *const *words)
{
	for (; *words; words++) {
		size_t n = strlen(*words);
		int first = tolower((unsigned char)**words);

		/* Compare one letter first: a call per character would take most of the time. */
		for (size_t i = 0; i + n <= len; i++)
			if (tolower((unsigned char)line[i]) == first &&
			    !strncasecmp(line + i, *words, n))
				return true;
	}
	return false;
}

/* Whether a doctor rule looks for this line. */
static bool in_rules(const char *line, size_t len)
{
	char buf[MAX_LINE + 1];
	const struct tdxctl_rule *r;
	const char *found;
	size_t n;

	snprintf(buf, sizeof(buf), "%.*s", (int)(len < MAX_LINE ? len : MAX_LINE), line);
	for (size_t i = 0; (r = tdxctl_rule_at(i)); i++)
		for (const char *const *p = r->log; p && *p; p++)
			if (tdxctl_rule_match(buf, *p, &found, &n))
				return true;
	return false;
}

/* One text while its lines are copied. */
struct trim {
	FILE *out;
	size_t kept[2];	     /* lines so far, of each kind */
	const char *skipped; /* the line before, when it was left out */
};

typedef void (*line_fn)(struct trim *t, const char *line, size_t len);

/* Replaces *@text by what @fn writes for each of its lines. -ENOMEM. */
static int trim_text(char **text, line_fn fn)
{
	struct trim t = { 0 };
	char *out = NULL;
	size_t size;

	if (!*text)
		return 0;
	t.out = open_memstream(&out, &size);
	if (!t.out)
		return -ENOMEM;
	text_each_line(p, *text) fn(&t, p, strcspn(p, "\n"));
	if (fclose(t.out)) {
		free(out);
		return -ENOMEM;
	}
	free(*text);
	*text = out;
	return 0;
}

static void put_line(struct trim *t, const char *line, size_t len)
{
	fprintf(t->out, "%.*s\n", (int)(len < MAX_LINE ? len : MAX_LINE), line);
}

/* ---- kernel log ---- */

static const char *const log_words[] = {
	"tdx",	       "seam",		 "kvm",		  "sgx",      "tme:",	   "mktme",
	"keyid",       "hkid",		 "pamt",	  "vmx",      "ept",	   "microcode",
	"mce:",	       "hardware error", "machine check", "hibernat", "kexec",	   "misc cgroup",
	"offline",     "smpboot",	 "hotplug",	  "cpu topo", "cpu limit", "possible_cpus",
	"guest_memfd", "vfio",		 "tsm",		  NULL,
};

/* Returns the length of "[   12.345678]"; 0: no time stamp. */
static size_t stamp(const char *line, size_t len)
{
	const char *end = *line == '[' ? memchr(line, ']', len) : NULL;

	return end ? (size_t)(end + 1 - line) : 0;
}

static bool keep_log_line(struct trim *t, const char *line, size_t len)
{
	if (in_rules(line, len))
		return t->kept[0]++ < MAX_LINES;
	return has_word(line, len, log_words) && t->kept[1]++ < MAX_LINES;
}

/*
 * A line that a rule looks for keeps the time stamp of the skipped line before it, so
 * that tdxctl_log_gap() still works. For all lines this would fill half of the log.
 */
static void log_line(struct trim *t, const char *line, size_t len)
{
	const char *version = memmem(line, len, KLOG_FIRST, strlen(KLOG_FIRST));
	const char *skipped = t->skipped;

	t->skipped = NULL;
	if (version) {
		/* Without the builder's name and host, which follow the release. */
		version += strlen(KLOG_FIRST);
		put_line(t, line, (size_t)(version - line) + strcspn(version, " (\n"));
	} else if (keep_log_line(t, line, len)) {
		size_t n = skipped ? stamp(skipped, strcspn(skipped, "\n")) : 0;

		if (n && (in_rules(line, len) || memmem(line, len, "PAMT", 4)))
			fprintf(t->out, "%.*s ...\n", (int)n, skipped);
		put_line(t, line, len);
	} else {
		t->skipped = line;
	}
}

/* ---- other files ---- */

/* Keeps CONFIG_X=y, =m and numbers, but no strings: they may name the builder. */
static void config_line(struct trim *t, const char *line, size_t len)
{
	static const char *const words[] = {
		"TDX",	     "KVM",	    "SGX",     "TME",	       "INTEL_",   "VMX",
		"HOTPLUG",   "KEXEC",	    "CRASH",   "CGROUP_MISC",  "HIBERNAT", "X86_MSR",
		"X86_CPUID", "MEMORY_FAIL", "X86_MCE", "CONTIG_ALLOC", "VFIO",	   "LOCK_DOWN",
		"LOCKDOWN",  "FW_UPLOAD",   "NUMA",    "TSM",	       "BTF",	   "KPROBES",
		"SPARSEMEM", NULL,
	};
	const char *value = memchr(line, '=', len);

	if (!value || strncmp(line, "CONFIG_", 7) ||
	    !has_word(line, (size_t)(value - line), words) || t->kept[0]++ >= MAX_LINES)
		return;
	value++;
	if ((size_t)(line + len - value) == 1 ? strchr("ymn0123456789", *value) != NULL :
						isdigit((unsigned char)*value))
		put_line(t, line, len);
}

/* Keeps messages of the VMM, not the command line that libvirt writes above them. */
static void vm_line(struct trim *t, const char *line, size_t len)
{
	static const char *const words[] = {
		"tdx",	       "kvm",	   "error",	    "fail",    "quote",	      "vsock",
		"terminating", "shutting", "seam",	    "memory",  "denied",      "unable",
		"cannot",      "no space", "not supported", "invalid", "starting up", NULL,
	};

	if (!len || line[len - 1] == '\\' || *line == '-')
		return;
	if (!in_rules(line, len) && (!has_word(line, len, words) || t->kept[0]++ >= MAX_VM_LINES))
		return;
	/* Environment ("LC_ALL=C") and command line may also be on one line. */
	if (memchr(line, '=', strcspn(line, " \n")) || memmem(line, len, " -name ", 7))
		return;
	put_line(t, line, len);
}

/*
 * Keeps what a rule looks for, from the first word of its pattern: daemons put the name of a
 * VM in front, which the report must not have.
 */
static void vmm_line(struct trim *t, const char *line, size_t len)
{
	const char *start = memmem(line, len, "KVM_TDX_", 8), *found;
	const struct tdxctl_rule *r;
	char buf[MAX_LINE + 1];
	size_t n;

	snprintf(buf, sizeof(buf), "%.*s", (int)(len < MAX_LINE ? len : MAX_LINE), line);
	for (size_t i = 0; !start && (r = tdxctl_rule_at(i)); i++)
		for (const char *const *p = r->log; !start && p && *p; p++)
			if (r->in == TDXCTL_LOG_OF_VMM && tdxctl_rule_match(buf, *p, &found, &n))
				start = memmem(line, len, *p, strcspn(*p, "*"));
	if (start && t->kept[0]++ < MAX_VM_LINES)
		put_line(t, start, (size_t)(line + len - start));
}

/* Keeps the last @lines lines. */
static void keep_end(char *text, size_t lines)
{
	size_t len = text ? strlen(text) : 0;
	char *p = text ? text + len : NULL;

	if (!len)
		return;
	for (p--; p > text; p--)
		if (p[-1] == '\n' && !--lines)
			break;
	memmove(text, p, strlen(p) + 1);
}

/* Replaces everything but ASCII text, tabs and newlines: JSON can hold the result. */
static void to_ascii(char *text)
{
	for (; text && *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t') ||
		    (unsigned char)*text >= 0x7f)
			*text = '?';
}

int report_trim(struct tdxctl_report *r)
{
	struct tdxctl_facts *f = r->facts;
	int err = trim_text(&f->log.text, log_line);

	if (!err)
		err = trim_text(&f->last_log.text, log_line);
	if (!err)
		err = trim_text(&f->config.text, config_line);
	for (size_t i = 0; !err && i < f->nr_vm_logs; i++)
		err = trim_text(&f->vm_logs[i].text, vm_line);
	if (!err)
		err = trim_text(&f->vmm_log.text, vmm_line);
	for (const struct tdxctl_fact *x = tdxctl_fact_texts; x->name; x++) {
		struct tdxctl_text *t = (struct tdxctl_text *)((char *)f + x->at);

		if (t != &f->log && t != &f->last_log && t != &f->config)
			keep_end(t->text, MAX_OTHER);
		to_ascii(t->text);
	}
	for (int i = 0; i < TDXCTL_FILE_COUNT; i++)
		to_ascii(f->file[i].text);
	for (size_t i = 0; i < f->nr_vm_logs; i++)
		to_ascii(f->vm_logs[i].text);
	to_ascii(r->conf);
	return err;
}

/* ---- kernel command line ---- */

static bool shown_option(const char *word, size_t len)
{
	/* Prefixes: "kvm" also matches kvm-intel.tdx= and kvm_intel.tdx=. */
	static const char *const known[] = {
		"kvm",
		"tdx",
		"tme",
		"nr_cpus",
		"maxcpus",
		"possible_cpus",
		"nosmt",
		"smt",
		"mitigations",
		"intel_iommu",
		"iommu",
		"nohibernate",
		"hibernate",
		"noresume",
		"crashkernel",
		"kexec",
		"mem=",
		"memmap",
		"memory_hotplug",
		"memhp",
		"movable",
		"hugepages",
		"hugepagesz",
		"default_hugepagesz",
		"transparent_hugepage",
		"numa",
		"nosgx",
		"sgx",
		"lockdown",
		"nokaslr",
		"x2apic",
		"nox2apic",
		"apic",
		"cgroup_",
		"systemd.unified_cgroup_hierarchy",
		"dis_ucode_ldr",
		"clearcpuid",
		"setcpuid",
		"nopti",
		"pti",
		"tsx",
		"l1tf",
		"isolcpus",
		"nohz_full",
		"rcu_nocbs",
		"mce",
		"efi=",
		"ro",
		"rw",
		"quiet",
		"splash",
		"debug",
		"loglevel",
		"ignore_loglevel",
		"panic",
		"initcall_blacklist",
		"module_blacklist",
		"modprobe.blacklist",
		"vfio",
		"split_lock",
		"intel_pstate",
		"tsc",
		"clocksource",
		"nmi_watchdog",
		"nowatchdog",
		"selinux",
		"audit",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i]);

		if (len < n || strncmp(word, known[i], n))
			continue;
		/* Two letters are no useful prefix: require the whole word. */
		if (n > 2 || len == n)
			return !memchr(word, '/', len) && !memchr(word, '@', len);
	}
	return false;
}

char *report_cmdline(const char *text)
{
	size_t len;
	char *out = NULL;
	FILE *f = open_memstream(&out, &len);
	const char *sep = "";

	if (!f)
		return NULL;
	for (const char *p = text + strspn(text, " \t"); *p; p += strspn(p, " \t")) {
		bool quoted = false, quotes = false;
		size_t n;

		/* Blanks in a quoted value do not end it. */
		for (n = 0; p[n] && (quoted || !strchr(" \t", p[n])); n++) {
			quoted ^= p[n] == '"';
			quotes |= p[n] == '"';
		}
		if (!quotes && shown_option(p, n))
			fprintf(f, "%s%.*s", sep, (int)n, p);
		else
			fprintf(f, "%smasked", sep);
		sep = " ";
		p += n;
	}
	if (fclose(f)) {
		free(out);
		return NULL;
	}
	return out;
}
