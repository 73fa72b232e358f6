/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jsonc.h"

struct jsonc jsonc;

int jsonc_load(char **why)
{
#define lazy jsonc
	static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(JSONC) };
#undef lazy

	return lazy_load("libjson-c.so.5", symbols, sizeof(symbols) / sizeof(symbols[0]), why);
}

int jsonc_flags(const char *text)
{
	enum { VERSION_0_18 = 18 << 8 };

	if (jsonc.json_c_version_num() == VERSION_0_18)
		for (; *text; text++)
			if ((unsigned char)*text > 0x7f)
				return JSON_TOKENER_VALIDATE_UTF8;
	return JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8;
}
