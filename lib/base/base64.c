/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64 as in RFC 4648, with padding. */
#include "base.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *tdxctl_base64(const void *data, size_t len)
{
	const uint8_t *in = data;
	char *text = malloc((len + 2) / 3 * 4 + 1), *p = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		v |= i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0;
		v |= i + 2 < len ? in[i + 2] : 0;
		*p++ = digits[v >> 18];
		*p++ = digits[v >> 12 & 63];
		*p++ = i + 1 < len ? digits[v >> 6 & 63] : '=';
		*p++ = i + 2 < len ? digits[v & 63] : '=';
	}
	*p = '\0';
	return text;
}

int tdxctl_base64_decode(const char *text, void **out, size_t *len)
{
	size_t n = strlen(text), used = 0;
	uint8_t *buf;

	if (n % 4)
		return -EINVAL;
	buf = malloc(n / 4 * 3 + 1);
	if (!buf)
		return -ENOMEM;
	for (size_t i = 0; i < n; i += 4) {
		size_t pad = text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
		uint32_t v = 0;

		for (size_t k = 0; k < 4 - pad; k++) {
			const char *d = strchr(digits, text[i + k]);

			if (!d || (pad && i + 4 < n)) {
				free(buf);
				return -EINVAL;
			}
			v |= (uint32_t)(d - digits) << (18 - 6 * k);
		}
		for (size_t k = 0; k < 3 - pad; k++)
			buf[used++] = (uint8_t)(v >> (16 - 8 * k));
	}
	*out = buf;
	*len = used;
	return 0;
}
