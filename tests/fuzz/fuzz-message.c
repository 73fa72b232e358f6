// SPDX-License-Identifier: GPL-2.0-only
/* Netlink messages: whatever arrives, nothing outside of it is read. */
#include <events.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tdxctl_message m;

	if (tdxctl_message_parse(data, size, &m) && m.kind >= TDXCTL_EVENTS)
		abort();
	return 0;
}
