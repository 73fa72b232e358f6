/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the rules: findings, common questions, and patterns of log lines. */
#include <stdio.h>
#include "rule.h"

enum tdxctl_rule_state rule_finding(struct tdxctl_examination *e, enum tdxctl_rule_state state,
				    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->detail, sizeof(e->detail), fmt, ap);
	va_end(ap);
	/* Parts of the text come from files: drop control characters. */
	for (char *p = e->detail; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return state;
}

enum tdxctl_rule_state rule_health(struct tdxctl_examination *e, enum tdxctl_check_nr nr)
{
	static const enum tdxctl_rule_state states[] = {
		[TDXCTL_HEALTH_OK] = TDXCTL_RULE_OK,
		[TDXCTL_HEALTH_WARNING] = TDXCTL_RULE_WARN,
		[TDXCTL_HEALTH_CRITICAL] = TDXCTL_RULE_FAIL,
		[TDXCTL_HEALTH_UNKNOWN] = TDXCTL_RULE_UNKNOWN,
	};
	const struct tdxctl_check_result *c = &e->health->result[nr];
	const char *first = NULL;
	size_t count = 0;

	if (c->state == TDXCTL_HEALTH_UNKNOWN)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "%s", c->value.reason);
	for (size_t i = 0; i < e->health->nr_reasons; i++) {
		const struct tdxctl_health_reason *w = &e->health->reasons[i];

		if (w->check != &tdxctl_checks[nr])
			continue;
		if (w->state == c->state && !first)
			first = w->text;
		count++;
	}
	if (first && count > 1)
		return rule_finding(e, states[c->state], "%.260s (and %zu more)", first, count - 1);
	return first ? rule_finding(e, states[c->state], "%s", first) : states[c->state];
}

bool rule_preview_kernel(const struct tdxctl_facts *f)
{
	const char *release = f->file[TDXCTL_FILE_RELEASE].text;

	return release && src_preview_kernel(release);
}

bool rule_boot_other(struct tdxctl_examination *e, unsigned int cured)
{
	const char *newest = e->facts->kernels.text; /* the first in the list */

	if (!cured || !newest || !*newest || src_kernel(newest) < cured ||
	    (cured != TDXCTL_KERNEL_ANY && e->facts->kernel >= cured))
		return false;
	snprintf(e->fix_text, sizeof(e->fix_text), "Boot the kernel %.*s: it is installed and %s.",
		 (int)strcspn(newest, "\n"), newest,
		 cured == TDXCTL_KERNEL_ANY ? "has TDX" : "does not have this problem");
	return true;
}

bool rule_backport(const struct tdxctl_facts *f)
{
	return f->kernel && f->kernel < TDXCTL_KERNEL(6, 16) &&
	       (rule_preview_kernel(f) || f->file[TDXCTL_FILE_KVM_TDX].text ||
		tdxctl_config_get(f, "KVM_INTEL_TDX") == TDXCTL_YES);
}

bool rule_status(const char *line, size_t len, struct tdxctl_word *w)
{
	size_t from = 0, start;

	while (tdxctl_decode_find(line, len, from, &start, &from, w))
		if (w->kind == TDXCTL_WORD_STATUS && w->name)
			return true;
	return false;
}

enum tdxctl_tri rule_kvm_up(const struct tdxctl_facts *f)
{
	const struct tdxctl_platform *p = &f->snap->platform;

	if (f->snap->source == TDXCTL_SOURCE_EMULATED || (p->kvm && !strcmp(p->kvm, "tdx_emul")))
		return p->has_tdx ? TDXCTL_YES : TDXCTL_NO;
	/* Preview kernels number the VM type of TDX differently. Of Intel's KVM, 2 is no other. */
	if (f->kvm_vm_types.readable && rule_backport(f) && f->kvm_vm_types.value >> 2 & 1)
		return TDXCTL_YES;
	if (f->kvm_vm_types.readable)
		return f->kvm_vm_types.value >> 5 & 1 ? TDXCTL_YES : TDXCTL_NO;
	return tdxctl_text_bool(&f->file[TDXCTL_FILE_KVM_TDX]);
}

enum tdxctl_tri rule_tdx_up(const struct tdxctl_facts *f)
{
	enum tdxctl_tri kvm = rule_kvm_up(f);

	if (f->snap->platform.has_tdx || kvm == TDXCTL_YES)
		return TDXCTL_YES;
	/*
	 * Since 7.1 the kernel initializes the module without KVM. The driver that shows it
	 * exists since 7.2, and may be missing.
	 */
	return kvm == TDXCTL_NO && f->kernel >= TDXCTL_KERNEL(7, 1) ? TDXCTL_TRI_UNKNOWN : kvm;
}

bool rule_keyids_found(const struct tdxctl_facts *f)
{
	const struct tdxctl_val *keys = rule_msr(f, TDXCTL_MSR_KEYID);
	const char *line;
	size_t len;

	return rule_tdx_up(f) == TDXCTL_YES || (keys->readable && keys->value >> 32) ||
	       tdxctl_log_find(f, "BIOS enabled: private KeyID range", &line, &len) == TDXCTL_YES;
}

bool rule_has_ledger(const struct tdxctl_facts *f)
{
	return f->snap->source != TDXCTL_SOURCE_HOST;
}

const struct tdxctl_val *rule_msr(const struct tdxctl_facts *f, enum tdxctl_msr m)
{
	static const struct tdxctl_val none = { .reason = "no CPU package was found" };

	return f->nr_msrs ? &f->msrs[0].msr[m] : &none;
}

/*
 * Returns where @piece begins in [@p, @end), or NULL. A piece of "0x" and eight digits
 * matches only as the upper half of a status word: eight more digits must follow.
 */
static const char *find_piece(const char *p, const char *end, const char *piece, size_t n)
{
	bool half = n == 10 && !strncmp(piece, "0x", 2);

	for (; (p = memmem(p, (size_t)(end - p), piece, n)); p++)
		if (!half || (end - p >= 18 && strspn(p + 10, "0123456789abcdefABCDEF") == 8))
			return p;
	return NULL;
}

static bool has_pattern(const char *line, const char *end, const char *pattern)
{
	for (size_t n; *pattern; pattern += n + (pattern[n] == '*')) {
		n = strcspn(pattern, "*");
		line = find_piece(line, end, pattern, n);
		if (!line)
			return false;
		line += n;
	}
	return true;
}

/* Skips the level and the time stamp of "<6>[   12.345678] text". */
static const char *line_text(const char *s, const char *end)
{
	const char *p = s;

	if (*p == '<' && p + 3 <= end && p[2] == '>')
		p += 3;
	if (*p == '[') {
		p = memchr(p, ']', (size_t)(end - p));
		if (!p || strspn(s + strcspn(s, "["), "[ 0123456789.") <
				  (size_t)(p - s - strcspn(s, "[")))
			return s;
		p++;
	}
	while (p < end && *p == ' ')
		p++;
	return p;
}

bool tdxctl_rule_match(const char *text, const char *pattern, const char **line, size_t *len)
{
	size_t first = strcspn(pattern, "*");
	const char *p, *s, *end, *stop = text + strlen(text);

	for (p = text; (p = memmem(p, (size_t)(stop - p), pattern, first)); p = end) {
		for (s = p; s > text && s[-1] != '\n'; s--)
			;
		end = p + strcspn(p, "\n");
		if (!has_pattern(s, end, pattern))
			continue;
		*line = line_text(s, end);
		*len = (size_t)(end - *line);
		return true;
	}
	return false;
}

bool rule_vm_line(const struct tdxctl_facts *f, const char *pattern, const char **line, size_t *len)
{
	for (size_t i = 0; i < f->nr_vm_logs; i++)
		if (tdxctl_rule_match(f->vm_logs[i].text, pattern, line, len))
			return true;
	return f->vmm_log.text && tdxctl_rule_match(f->vmm_log.text, pattern, line, len);
}

enum tdxctl_rule_state rule_no_vm_line(struct tdxctl_examination *e)
{
	const struct tdxctl_facts *f = e->facts;

	if (f->vm_log_count.readable || f->vmm_log.text)
		return TDXCTL_RULE_OK;
	/* A host without libvirt has no such logs. */
	return rule_finding(e,
			    strncmp(f->vm_log_count.reason, "no logs", 7) ? TDXCTL_RULE_UNKNOWN :
									    TDXCTL_RULE_SKIP,
			    "VM logs: %s", f->vm_log_count.reason);
}
