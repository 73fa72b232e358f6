/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory size, offline memory blocks, and DIMM slots from DMI. */
#include <ctype.h>
#include <stdio.h>
#include "host.h"

#define DMI_TABLE   "/sys/firmware/dmi/tables/DMI"
#define MAX_DMI	    (1 << 20)
#define MAX_SOCKETS 64
#define TYPE_DIMM   17

struct block_count {
	struct tdxctl_ctx *ctx;
	uint64_t n;
};

static int count_offline(void *arg, const char *name)
{
	struct block_count *a = arg;
	char path[300], state[16];

	if (strncmp(name, "memory", 6) || name[6] < '0' || name[6] > '9')
		return 0;
	snprintf(path, sizeof(path), "/sys/devices/system/memory/%s/state", name);
	a->n += !root_read_line(a->ctx, path, state, sizeof(state)) && !strcmp(state, "offline");
	return 0;
}

static void read_blocks(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	struct block_count a = { .ctx = ctx };
	unsigned long long kib;
	char line[80];
	int err = root_read_line(ctx, "/proc/meminfo", line, sizeof(line));

	if (!err && sscanf(line, "MemTotal: %llu kB", &kib) == 1)
		val_set(&f->mem_total, kib << 10);
	else
		f->mem_total.reason = src_reason(err ? err : -EINVAL);
	err = root_each(ctx, "/sys/devices/system/memory", count_offline, &a);
	if (err)
		f->mem_offline.reason = src_reason(err);
	else
		val_set(&f->mem_offline, a.n);
}

/* ---- DMI ---- */

/* Returns string @n, counted from 1, of the strings in [@s, @end); "": none. */
static const char *dmi_string(const uint8_t *s, const uint8_t *end, unsigned int n)
{
	if (!n)
		return "";
	while (s < end && *s && --n)
		s += strnlen((const char *)s, (size_t)(end - s)) + 1;
	return s < end && *s ? (const char *)s : "";
}

/*
 * DMI has no field for the socket of a slot. Most boards name the socket in a locator:
 * "CPU1_DIMM_A1", "P0 CHANNEL A", "NODE 1". Otherwise each array of slots counts as one
 * socket.
 */
static void socket_name(const char *slot, const char *bank, unsigned int array, char *buf,
			size_t size)
{
	static const char *const words[] = { "CPU", "PROC", "SOCKET", "SKT", "NODE", "P" };
	const char *const texts[] = { slot, bank };

	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
			size_t n = strlen(words[k]);
			const char *p = texts[i] + n;

			if (strncasecmp(texts[i], words[k], n))
				continue;
			p += strspn(p, " _");
			if (isdigit((unsigned char)*p)) {
				snprintf(buf, size, "CPU %.3s", p);
				buf[4 + strspn(buf + 4, "0123456789")] = '\0';
				return;
			}
		}
	}
	snprintf(buf, size, "array %#x", array);
}

static unsigned int le16(const uint8_t *p)
{
	return p[0] | (unsigned int)p[1] << 8;
}

/* Returns the bytes of the module in a slot; 0: empty. */
static uint64_t dimm_size(const uint8_t *e, unsigned int len)
{
	unsigned int size = le16(e + 0xc);

	if (size == 0x7fff && len >= 0x20)
		return (uint64_t)(le16(e + 0x1c) | (le16(e + 0x1e) & 0x7fff) << 16) << 20;
	if (size == 0xffff) /* populated, size unknown */
		return 1;
	return size & 0x8000 ? (uint64_t)(size & 0x7fff) << 10 : (uint64_t)size << 20;
}

static int add_slot(struct tdxctl_facts *f, const char *socket, uint64_t size)
{
	struct tdxctl_dimms *d;
	size_t i = 0;

	while (i < f->nr_dimms && strcmp(f->dimms[i].socket, socket))
		i++;
	if (i == MAX_SOCKETS)
		return 0;
	if (i == f->nr_dimms) {
		d = reallocarray(f->dimms, i + 1, sizeof(*d));
		if (!d)
			return -ENOMEM;
		f->dimms = d;
		d[i] = (struct tdxctl_dimms){ 0 };
		snprintf(d[i].socket, sizeof(d->socket), "%s", socket);
		f->nr_dimms++;
	}
	d = &f->dimms[i];
	d->slots++;
	d->populated += size > 0;
	d->bytes += size;
	return 0;
}

int src_dmi(const uint8_t *table, size_t len, struct tdxctl_facts *f)
{
	const uint8_t *p = table, *end = table + len;

	/* An entry is a header, whose length is byte 1, then strings that end with two NULs. */
	while (end - p >= 4 && p[1] >= 4 && p[1] <= end - p) {
		const uint8_t *strings = p + p[1], *s = strings;
		char socket[sizeof(f->dimms->socket)];
		int err = 0;

		while (end - s >= 2 && (s[0] || s[1]))
			s++;
		if (end - s < 2)
			break;
		if (p[0] == TYPE_DIMM && p[1] >= 0x15) {
			socket_name(dmi_string(strings, s + 1, p[0x10]),
				    dmi_string(strings, s + 1, p[0x11]), le16(p + 4), socket,
				    sizeof(socket));
			err = add_slot(f, socket, dimm_size(p, p[1]));
		}
		if (err)
			return err;
		p = s + 2;
	}
	return 0;
}

int src_memory(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	char *table;
	ssize_t len;
	int err;

	read_blocks(ctx, f);
	len = root_read(ctx, DMI_TABLE, MAX_DMI, &table);
	if (len < 0) {
		f->dimm_sockets.reason = src_reason((int)len);
		return 0;
	}
	err = src_dmi((const uint8_t *)table, (size_t)len, f);
	free(table);
	if (f->nr_dimms)
		val_set(&f->dimm_sockets, f->nr_dimms);
	else
		f->dimm_sockets.reason = "DMI lists no memory slots";
	return err;
}
