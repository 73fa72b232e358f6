#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make stress-release: as many TDs as there are HKIDs are released at once, again and again,
# while other TDs take the HKIDs that are freed, and are killed.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154 # conditions are evaluated later

TDS=15
PAGES=256
ROUNDS=10

# churn: TDs that are built as soon as there is an HKID, and killed. Ends with /tmp/churn.
churn()
{
	built=0
	while [ -e /tmp/churn ]; do
		rm -f /tmp/ready.other
		$VMM_BIN --dev /dev/kvm other --vcpus 1 --pages 64 --ready /tmp/ready.other </dev/null >/tmp/vmm.other 2>&1 &
		other=$!
		while kill -0 $other 2>/dev/null && ! grep -qs ^ready /tmp/ready.other; do
			sleep 0.02
		done
		! grep -qs ^ready /tmp/ready.other || built=$((built + 1))
		kill -9 $other 2>/dev/null
		wait $other 2>/dev/null
		echo $built >/tmp/built
	done
}

storm()
{
	for i in $(seq 1 $TDS); do
		vmm "td$i" --vcpus 1 --pages $PAGES
	done
	in_use $TDS
	: >/tmp/churn
	churn &
	churner=$!
	release_all $TDS $PAGES /tmp/release
	rm /tmp/churn
	wait $churner
	kill_vmms
	nothing_left
}

case_wide_storm()
{
	t 0 helper load
	for round in $(seq 1 $ROUNDS); do
		storm
		built=$(cat /tmp/built)
		echo "round $round of $ROUNDS: $built other TDs" | tee -a /out/storm
		[ "$built" -gt 0 ] || die "no other TD was built during round $round"
	done
	j 0 status
	is health.state ok
}
