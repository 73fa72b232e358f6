/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides which parts of a snapshot are known: a count of 0 is not always an answer. */
#include "model.h"

const char tdxctl_no_helper[] = "needs the helper";
const char tdxctl_no_module[] = "no working TDX module was found";

bool tdxctl_has_seamcalls(const struct tdxctl_snapshot *s)
{
	return s->source == TDXCTL_SOURCE_HELPER || s->source == TDXCTL_SOURCE_EMULATED;
}

/* BPF programs read what the kernel has now. They see TDs by the files of their VMs. */
static const char *observed(const struct tdxctl_snapshot *s, enum tdxctl_subject subject)
{
	switch (subject) {
	case TDXCTL_SUBJECT_HKIDS:
		return s->nr_hkids ? NULL : "the addresses of kernel variables cannot be read";
	case TDXCTL_SUBJECT_TDS:
		return !s->nr_hkids || hkids_count(s, TDXCTL_HKID_UNKNOWN) ?
			       "TDs whose VM has no open file are not visible without the helper" :
			       NULL;
	case TDXCTL_SUBJECT_LOCKS:
		return s->nr_locks && s->locks[0].held != TDXCTL_UNKNOWN32 ?
			       NULL :
			       "the addresses of kernel variables cannot be read";
	default:
		return tdxctl_no_helper;
	}
}

static const char *tds(const struct tdxctl_snapshot *s)
{
	const uint64_t all = TDXCTL_F_FROM_START | TDXCTL_F_ADOPTED;

	if (s->hdr.tds_dropped)
		return "some TDs are not tracked: the helper's table was full";
	/* If the state of every HKID is known, every TD with an HKID was seen. */
	if (s->info.features & all || (s->nr_hkids && !hkids_count(s, TDXCTL_HKID_UNKNOWN)))
		return NULL;
	return "TDs created before the helper was loaded are not visible";
}

static const char *locks(const struct tdxctl_snapshot *s)
{
	for (size_t i = 0; i < s->nr_locks; i++)
		if (s->locks[i].held != TDXCTL_UNKNOWN32)
			return NULL;
	return "watching locks is not supported by this kernel";
}

const char *tdxctl_unknown_why(const struct tdxctl_snapshot *s, enum tdxctl_subject subject)
{
	if (s->source == TDXCTL_SOURCE_HOST)
		return tdxctl_no_helper;
	/* The software TDX module of an emulated host is known, also if its start failed. */
	if (s->source == TDXCTL_SOURCE_EMULATED)
		return NULL;
	if (!s->platform.has_tdx)
		return tdxctl_no_module;
	if (s->source == TDXCTL_SOURCE_BPF)
		return observed(s, subject);
	switch (subject) {
	case TDXCTL_SUBJECT_HKIDS:
		return s->nr_hkids ? NULL : "the helper did not find the range of the HKIDs";
	case TDXCTL_SUBJECT_TDS:
		return tds(s);
	case TDXCTL_SUBJECT_LOCKS:
		return locks(s);
	default:
		return NULL;
	}
}

uint64_t tdxctl_teardown_ns(const struct tdxctl_snapshot *s, const struct tdxctl_td *td)
{
	/* A released TD without private pages holds nothing, even if its VMM still runs. */
	if ((td->state != TDXCTL_TD_TEARDOWN && td->state != TDXCTL_TD_BLOCKED) ||
	    !td->private_pages || !td->since_ns || td->since_ns > s->hdr.now_ns)
		return 0;
	return s->hdr.now_ns - td->since_ns;
}
