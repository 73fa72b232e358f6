/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decodes events. Their bytes are checked as those of a helper are. */
#include "events.h"

struct traced_td *traced_find(const struct traced_tds *tds, uint64_t page)
{
	for (size_t i = 0; page && i < tds->count; i++)
		if (tds->td[i].page == page)
			return &tds->td[i];
	return NULL;
}

int traced_add(struct traced_tds *tds, const struct traced_td *td)
{
	struct traced_td *t = traced_find(tds, td->page), *bigger;

	if (!t) {
		bigger = reallocarray(tds->td, tds->count + 1, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		tds->td = bigger;
		t = &bigger[tds->count++];
	}
	*t = *td;
	return 0;
}

/* Returns the physical address of a struct page, or UNKNOWN. */
static uint64_t address_of(const struct traced_tds *tds, uint64_t page)
{
	uint64_t at = page - tds->vmemmap;

	if (!tds->vmemmap || !tds->page_size || page < tds->vmemmap || at % tds->page_size ||
	    at / tds->page_size >> 40)
		return TDXCTL_UNKNOWN;
	return at / tds->page_size << 12;
}

static const struct traced_td *by_tdr(const struct traced_tds *tds, uint64_t tdr)
{
	for (size_t i = 0; tdr && i < tds->count; i++)
		if (tds->td[i].tdr == tdr)
			return &tds->td[i];
	return NULL;
}

static void set_arg(struct tdxctl_call *call, enum call_param param, uint64_t v,
		    const struct traced_tds *tds)
{
	switch (param) {
	case PARAM_HKID:
		call->hkid = (uint16_t)v;
		break;
	case PARAM_GPA:
		call->gpa = v;
		break;
	case PARAM_LEVEL:
		/* PG_LEVEL_4K of the kernel is 1, and 0 for the TDX module. */
		call->level = (uint32_t)v;
		break;
	case PARAM_PAGE:
		call->page = address_of(tds, v);
		break;
	case PARAM_PFN:
		call->page = v >> 40 ? TDXCTL_UNKNOWN : v << 12;
		break;
	case PARAM_TD:
	case PARAM_OTHER:
		break;
	}
}

bool event_decode(const void *data, size_t len, const struct call_proto *protos,
		  const struct traced_tds *tds, struct tdxctl_call *call)
{
	const struct traced_td *td;
	struct call_event e;

	if (len < sizeof(e))
		return false;
	memcpy(&e, data, sizeof(e));
	if (e.call >= CALLS)
		return false;
	*call = (struct tdxctl_call){
		.start_ns = e.end_ns > e.duration_ns ? e.end_ns - e.duration_ns : 0,
		.duration_ns = e.duration_ns,
		.status = e.status,
		.leaf = observed_calls[e.call].leaf,
		.cpu = e.cpu,
		.pid = e.tgid > 0 ? e.tgid : 0,
		.tid = e.tid > 0 ? e.tid : 0,
		.tdr = address_of(tds, e.td_page),
		.hkid = TDXCTL_UNKNOWN32,
		.level = TDXCTL_UNKNOWN32,
		.gpa = TDXCTL_UNKNOWN,
		.page = TDXCTL_UNKNOWN,
	};
	memcpy(call->comm, e.comm, sizeof(call->comm));
	call->comm[sizeof(call->comm) - 1] = '\0';
	text_plain(call->comm);
	for (size_t i = 0; i < CALL_ARGS; i++)
		set_arg(call, protos[e.call].param[i], e.arg[i], tds);
	td = traced_find(tds, e.td_page);
	if (!td && e.td_owner) {
		td = by_tdr(tds, e.td_owner);
		call->tdr = e.td_owner;
	}
	if (td) {
		call->td = td->name;
		if (call->hkid == TDXCTL_UNKNOWN32 && td->hkid)
			call->hkid = td->hkid;
	}
	return true;
}
