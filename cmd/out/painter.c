// SPDX-License-Identifier: GPL-2.0-only
/* Words, blanks and values, for tables and screens. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libtdxctl.h>

#include "painter.h"

static const char *const sgr[] = {
	[STYLE_GOOD] = "\033[32m",
	[STYLE_WARN] = "\033[33m",
	[STYLE_BAD] = "\033[1;31m",
	[STYLE_DIM] = "\033[2m",
};

/* Spaces are printed with the text after them, so that no line ends with one. */
void pad(struct painter *p, size_t n)
{
	p->spaces += n;
}

void newline(struct painter *p)
{
	p->spaces = 0;
	fputc('\n', p->f);
}

void paint(struct painter *p, enum out_style style, const char *s)
{
	if (!*s)
		return;
	for (; p->spaces; p->spaces--)
		fputc(' ', p->f);
	if (p->mode->colour && style != STYLE_NONE)
		fprintf(p->f, "%s%s\033[0m", sgr[style], s);
	else
		fputs(s, p->f);
}

void paint_words(struct painter *p, enum out_style style, const char *s, size_t indent, size_t room,
		 size_t used)
{
	char *line, *next;

	if (room == SIZE_MAX) {
		paint(p, style, s);
		return;
	}
	line = next = strdup(s);
	if (!line) {
		p->failed = true;
		return;
	}
	while (next && *next) {
		char *end = text_break(next, room > used ? room - used : 0);
		bool more = *end;

		*end = '\0';
		paint(p, style, next);
		next = end + more;
		next += strspn(next, " ");
		if (*next) {
			newline(p);
			pad(p, indent);
		}
		used = 0;
	}
	free(line);
}

/* "256 MiB in 65536 pages", or "256 MiB" in a table. */
char *cell_text(const struct painter *p, const struct out_node *n, bool table)
{
	const struct cli_field *f = n->field;
	char buf[96], num[40];

	if (n->kind == NODE_NONE)
		return strdup("-");
	if (n->kind == NODE_UNKNOWN) {
		char *why, *s = NULL;

		if (table)
			return strdup("?");
		why = text_clean(n->s ? n->s : "");
		if (why && asprintf(&s, "unknown: %s", why) < 0)
			s = NULL;
		free(why);
		return s;
	}
	switch (f->type) {
	case OUT_STR:
	case OUT_BAR:
		return text_clean(n->s ? n->s : "");
	case OUT_BOOL:
		return strdup(n->u ? (f->yes ? f->yes : "yes") : (f->no ? f->no : "no"));
	case OUT_NS:
		if (f->age && p->mode->now &&
		    text_time(buf, sizeof(buf), p->mode->now - n->u / 1000000000))
			break;
		tdxctl_duration_str(buf, sizeof(buf), n->u);
		break;
	case OUT_PAGES:
		if (p->mode->bytes) {
			snprintf(buf, sizeof(buf), "%" PRIu64, n->u * 4096);
			break;
		}
		text_bytes(num, sizeof(num), n->u * 4096);
		if (table || !n->u)
			snprintf(buf, sizeof(buf), "%s", n->u ? num : "0");
		else
			snprintf(buf, sizeof(buf), "%s in %" PRIu64 " page%s", num, n->u,
				 n->u == 1 ? "" : "s");
		break;
	case OUT_PAGE_RATE:
		if (!n->u) {
			snprintf(buf, sizeof(buf), "0");
			break;
		}
		text_bytes(num, sizeof(num), (uint64_t)llabs((int64_t)n->u) * 4096);
		snprintf(buf, sizeof(buf), "%c%s/s", (int64_t)n->u < 0 ? '-' : '+', num);
		break;
	case OUT_HEX:
		snprintf(buf, sizeof(buf), "0x%" PRIx64, n->u);
		break;
	case OUT_INT:
		snprintf(buf, sizeof(buf), "%" PRId64, (int64_t)n->u);
		break;
	default:
		snprintf(buf, sizeof(buf), "%" PRIu64, n->u);
	}
	return strdup(buf);
}
