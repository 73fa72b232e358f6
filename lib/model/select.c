/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Selects the TD that a user names, and recognizes a TD in a later snapshot. */
#include <ctype.h>
#include <unistd.h>
#include "model.h"

bool tdxctl_same_td(const struct tdxctl_td *was, const struct tdxctl_td *now)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t tick = hz > 0 ? 1000000000ULL / (uint64_t)hz : 0;
	uint64_t a = was->owner.start_ns, b = now->owner.start_ns;

	if (was->id)
		return now->id == was->id && now->tdr == was->tdr;
	/* If the helper found the TD by its SEAMCALLs since then, it has an id now, but no file. */
	return now->owner.tgid == was->owner.tgid && (a > b ? a - b : b - a) <= tick &&
	       (now->owner.fd == was->owner.fd || now->owner.fd < 0);
}

struct selector {
	enum { SEL_NAME, SEL_UUID, SEL_PID, SEL_HKID, SEL_TD } kind;
	unsigned long n;
	const char *text;
};

static int parse_number(const char *s, unsigned long *n)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	*n = strtoul(s, &end, 10);
	return errno || *end || *n > UINT32_MAX ? -EINVAL : 0;
}

static int parse_selector(const char *s, struct selector *sel)
{
	sel->text = s;
	if (!*s)
		return -EINVAL;
	if (!strncmp(s, "hkid:", 5)) {
		sel->kind = SEL_HKID;
		return parse_number(s + 5, &sel->n);
	}
	if (!strncmp(s, "td:", 3)) {
		sel->kind = SEL_TD;
		return parse_number(s + 3, &sel->n);
	}
	if (text_is_uuid(s))
		sel->kind = SEL_UUID;
	else if (!parse_number(s, &sel->n))
		sel->kind = SEL_PID;
	else
		sel->kind = SEL_NAME;
	return 0;
}

static bool matches(const struct selector *sel, const struct tdxctl_td_view *v)
{
	switch (sel->kind) {
	case SEL_HKID:
		/* A TD whose HKID was freed no longer matches it. */
		return sel->n && sel->n != TDXCTL_UNKNOWN32 && v->td.hkid == sel->n;
	case SEL_TD:
		return sel->n && v->td.id == sel->n;
	case SEL_UUID:
		return v->vm.uuid && !strcasecmp(v->vm.uuid, sel->text);
	case SEL_PID:
		return v->vm.pid > 0 && (unsigned long)v->vm.pid == sel->n;
	case SEL_NAME:
		return !strcmp(v->vm.name, sel->text);
	}
	return false;
}

int tdxctl_vm_find(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, const char *sel,
		   size_t **idx)
{
	struct selector s;
	size_t *found;
	int n = 0;

	ctx_clear(ctx);
	if (parse_selector(sel, &s))
		return ctx_fail(ctx, -EINVAL, "write a VM as a name, a UUID, a PID, hkid:N or td:N",
				"'%s': malformed VM", sel);
	found = calloc(snap->nr_tds + 1, sizeof(*found));
	if (!found)
		return ctx_nomem(ctx);
	for (size_t i = 0; i < snap->nr_tds; i++)
		if (matches(&s, &snap->tds[i]))
			found[n++] = i;
	/* The name of a VM may be a number: a matching PID has precedence. */
	if (!n && s.kind == SEL_PID) {
		s.kind = SEL_NAME;
		for (size_t i = 0; i < snap->nr_tds; i++)
			if (matches(&s, &snap->tds[i]))
				found[n++] = i;
	}
	if (!n)
		ctx_fail(ctx, 0,
			 snap->nr_tds ? "'tdxctl td' lists the TDs" :
					"there are no TDs on this host",
			 "%s: no such VM", sel);
	*idx = found;
	return n;
}
