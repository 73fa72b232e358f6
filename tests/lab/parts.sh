#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the ordinary cases, then those of faults, each followed by what
# kmemleak has found where the kernel has it. The status is the last look's.
leaks=/sys/kernel/debug/kmemleak

# look NAME: what is younger than 5 s does not count. It refuses when it gave up before.
look()
{
	echo scan >$leaks && sleep 6 && echo scan >$leaks && cat $leaks >"/out/kmemleak-$1"
}

# part NAME
part()
{
	[ -s "/suite/$1" ] || return 1
	cp "/suite/$1" /suite/selected
	sh /suite/run-cases.sh
	[ -e $leaks ]
}

! part ordinary || look ordinary || exit
part faults || exit 0
# With an HKID KVM loses the TD's control pages, and its arrays of them.
echo "tdxctl-test: begin leaks of faults" >/dev/kmsg
echo "tdxctl-test: allow kmemleak: [0-9]+ new suspected" >/dev/kmsg
look faults || exit
awk '/^unreferenced/ { n++ }
	/ tdx_(vm|vcpu_unlocked)_ioctl\+.*\[kvm_intel\]/ { known++ }
	END { exit n != known }' /out/kmemleak-faults ||
	{ echo "# leaks: see out/kmemleak-faults"; exit 1; }
