#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A kernel in lockdown, one boot each for integrity and confidentiality: it loads signed
# modules only, and the helper still observes.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# locked LEVEL REASON: what the helper does there. REASON: why there is no early release.
locked()
{
	grep -q "\[$1\]" /sys/kernel/security/lockdown || die "lockdown: $(cat /sys/kernel/security/lockdown)"
	# The end of the signature's marker is missing.
	head -c -1 "/lib/modules/$(uname -r)/updates/tdxctl.ko" >/tmp/unsigned.ko
	insmod /tmp/unsigned.ko 2>/tmp/refused && die "an unsigned helper was loaded"
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --run
	j 0 td list
	is 'tds[vm=web].state' runnable
	is 'tds[vm=web].private_pages' 64
	j 0 release web --dry-run
	is strategy stop
	is 'plan.strategies[strategy=early].available' false
	is 'plan.strategies[strategy=early].reason' "$2"
	t 5 release web --yes --strategy early
	in_use 1
	j 0 release web --yes
	is strategy stop
	is hkid_freed true
	is verified true
	wait "$VMM" 2>/dev/null
	nothing_left
}

case_lockdown_integrity()
{
	locked integrity 'the kernel is locked down'
}

case_lockdown_confidentiality()
{
	locked confidentiality 'the kernel is locked down'
}
