#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make demo: a day of an operator, on an emulated host of its own.
set -euo pipefail

cd "$(dirname "$0")/.."
O=${O:-build}
host=$O/demo-host.json

show()
{
	local status=0

	printf '\n$ tdxctl %s\n' "$*"
	"$O/tdxctl" --emulate="$host" "$@" || status=$?
	# 7: a check found something, which is what it is for.
	[ $status = 0 ] || [ $status = 7 ]
}

"$O/tdxctl" emulate init "$host" --force >/dev/null
show status
show hkid
show lock
show release web --yes
show status
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
	# Some seconds of a host that moves, on the whole screen.
	story=$O/demo-story.json
	rm -f "$story"
	"$O/tdxctl" -q emulate play "$story" --from 12 --speed 2 >/dev/null
	timeout --foreground -s INT 8 "$O/tdxctl" --emulate="$story" top -d 0.5 || [ $? = 124 ]
	printf '\n$ tdxctl --emulate=%s top    (q quits)\n' "$story"
	printf '\n$ tdxctl --emulate=%s trace --duration 4\n' "$story"
	"$O/tdxctl" -q emulate play "$story" --from 11 --speed 2 >/dev/null
	"$O/tdxctl" --emulate="$story" trace --duration 4
fi
printf '\ndemo: done; the host is %s, try: %s --emulate=%s td\n' "$host" "$O/tdxctl" "$host"
