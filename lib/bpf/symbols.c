/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of kernel variables. Without CAP_SYSLOG all of them are 0. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "observer.h"

static const struct {
	const char *name;
	size_t at;
} wanted[] = {
	{ "vmemmap_base", offsetof(struct inventory_symbols, vmemmap_base) },
	{ "tdx_lock", offsetof(struct inventory_symbols, tdx_lock) },
	{ "tdx_guest_keyid_pool", offsetof(struct inventory_symbols, keyid_pool) },
	{ "tdx_global_keyid", offsetof(struct inventory_symbols, global_keyid) },
	{ "tdx_guest_keyid_start", offsetof(struct inventory_symbols, first_keyid) },
	{ "tdx_nr_guest_keyids", offsetof(struct inventory_symbols, nr_keyids) },
};

/* Whether the rest of a line is @name, alone or with a module. */
static bool is_name(const char *s, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(s, name, n) && (s[n] == '\n' || s[n] == '\t' || !s[n]);
}

/* "ffffffff81234567 b tdx_lock\t[kvm_intel]" */
void symbols_parse(FILE *f, struct inventory_symbols *at)
{
	char line[512], *end;

	*at = (struct inventory_symbols){ 0 };
	while (fgets(line, sizeof(line), f)) {
		uint64_t addr = strtoull(line, &end, 16);

		if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
			continue;
		/* Variables only: a function may have the same name. */
		if (!strchr("bBdDrR", end[1]))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (is_name(end + 3, wanted[i].name))
				memcpy((char *)at + wanted[i].at, &addr, sizeof(addr));
	}
}

void symbols_read(struct tdxctl_ctx *ctx, struct inventory_symbols *at)
{
	int fd = root_open(ctx, "/proc/kallsyms", O_RDONLY);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	*at = (struct inventory_symbols){ 0 };
	if (f) {
		symbols_parse(f, at);
		fclose(f);
	} else if (fd >= 0) {
		close(fd);
	}
}
