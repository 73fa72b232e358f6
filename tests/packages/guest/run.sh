#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the stage that the kernel's command line names, after the guest has booted.
# Standard output is the serial line of results, which also has the messages of the firmware.
set -uo pipefail
cd /opt/test || exit 1
export HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
stage=$(sed -n 's/.*packages-test=\([a-z-]*\).*/\1/p' /proc/cmdline)
printf '\n# %s\n' "$stage, Linux $(uname -r)"

# check WHAT COMMAND...
check()
{
	what=$1
	shift
	if "$@" </dev/null >/tmp/check 2>&1; then
		echo "ok $what"
	else
		echo "FAIL $what: $* ($?)"
		tail -n 25 /tmp/check | sed 's/^/| /'
	fi
}

# wait_for SECONDS COMMAND...
wait_for()
{
	left=$1
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 1
	done
}

not()
{
	! "$@"
}

# exits STATUS COMMAND...
exits()
{
	want=$1
	shift
	"$@"
	got=$?
	[ $got = "$want" ] || {
		echo "status $got, not $want"
		return 1
	}
}

# The output of the check before has PATTERN.
says()
{
	check "... and prints \"$1\"" grep -E -- "$1" /tmp/said
}

# said COMMAND...: its output is for says.
said()
{
	"$@" >/tmp/said 2>&1
	got=$?
	cat /tmp/said
	return $got
}

wait_for 300 sh -c 'systemctl is-system-running | grep -E "running|degraded"'
check "$stage: the system has booted" sh -c 'systemctl is-system-running || { systemctl --failed --no-pager; false; }'
# shellcheck disable=SC1090 # one of the files here
. "./$stage.sh"
echo end
sync
systemctl --no-block poweroff
