// SPDX-License-Identifier: GPL-2.0-only
/* Records of the BPF programs, which come from memory that changes while it is read. */
#include "bpf/events.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct kvm_types types = { .state_initialized = 1, .state_runnable = 2 };
	struct tdxctl_snapshot *s = calloc(1, sizeof(*s));
	/* A block of its own, so that one byte too far is seen. */
	void *buf = malloc(len ? len : 1);
	const struct call_proto proto[CALLS] = { 0 };
	const struct traced_tds tds = { 0 };
	struct tdxctl_call call;
	struct inventory inv;

	if (!s || !buf) {
		free(s);
		free(buf);
		return 0;
	}
	memcpy(buf, data, len);
	if (inventory_decode(buf, len, &inv))
		abort();
	if (event_decode(buf, len, proto, &tds, &call))
		MUST(memchr(call.comm, '\0', sizeof(call.comm)));
	free(buf);
	s->source = TDXCTL_SOURCE_BPF;
	if (inventory_fill(&inv, &types, s))
		abort();
	for (size_t i = 0; i < s->nr_tds; i++) {
		MUST(s->tds[i].vm.name);
		MUST(memchr(s->tds[i].td.owner.comm, '\0', TDXCTL_COMM_LEN));
		MUST(s->tds[i].td.owner.fd >= -1);
	}
	for (size_t i = 0; i < s->nr_locks; i++)
		MUST(memchr(s->locks[i].holder_comm, '\0', TDXCTL_COMM_LEN));
	inventory_free(&inv);
	tdxctl_snapshot_free(s);
	return 0;
}
