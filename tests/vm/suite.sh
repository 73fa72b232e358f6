#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs every case_* function, each from a freshly loaded pair of modules and with
# nothing left behind; prints "ok NAME" or "not ok NAME: why".
. /suite/lib.sh

cases=$(sed -n 's/^case_\([a-z0-9_]*\)()$/\1/p' /suite/cases/*.sh)
selected=$(cat /suite/selected)
[ -z "$selected" ] || cases=$selected

echo "# kernel $(uname -r), $(nproc) cpus"
for name in $cases; do
	file=$(grep -l "^case_$name()" /suite/cases/*.sh)
	echo "tdxctl-test: begin $name" >/dev/kmsg
	# A case must not hang the run; the guest's own clock is the judge.
	timeout "$(cat /suite/timeout 2>/dev/null || echo $((150 * ${SLOW:-1})))" sh -c ". /suite/lib.sh; . $file; one_case $name" </dev/null >"/out/$name.log" 2>&1
	status=$?
	CASE=$name sh -c ". /suite/lib.sh; clean_up" >>"/out/$name.log" 2>&1 ||
		echo "clean-up failed" >>"/tmp/why.$name"
	echo "tdxctl-test: end $name" >/dev/kmsg
	if [ $status = 0 ] && [ ! -s "/tmp/why.$name" ]; then
		echo "ok $name"
	else
		[ $status = 143 ] && echo "timed out" >>"/tmp/why.$name"
		echo "not ok $name: $(head -n 1 "/tmp/why.$name" 2>/dev/null || echo "status $status")"
	fi
done
echo "# end"
