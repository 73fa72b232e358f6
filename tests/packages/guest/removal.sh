#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A part of the second stage, after upgrade.sh: the packages are removed while the helper is in
# use, a TD runs, and a VM that was released is alive.
# shellcheck disable=SC2016,SC2154 # evaluated by other shells; from second.sh and upgrade.sh
set -uo pipefail

# KVM's early release keeps the helper loaded while the VM exists; an open device does the same.
sleep 1000 3</dev/tdxctl &
user=$!
check "remove the packages, while the helper is in use" said apt-get -q -y purge tdxctl tdxctl-dkms
says 'the helper stays loaded, because it is in use: a program has /dev/tdxctl open'
says 'they have ended, run "rmmod tdxctl", or reboot'
check "the helper is still loaded" test -e /sys/module/tdxctl
check "... and nothing is lost" nothing_lost
check "... and the command of the message is refused" not rmmod tdxctl
kill "$user" && wait "$user" 2>/dev/null
check "... until the program has ended" rmmod tdxctl
check "... and nothing is lost" nothing_lost
check "the VMMs end" kill "$web" "$db"
wait "$web" "$db" 2>/dev/null
check "... and no TD and no HKID is left" wait_for 60 not grep -E '^td |^hkid .* (assigned|flushed)' /sys/kernel/debug/tdx_emul/truth
check "... and none is leaked" grep -x 'leaked hkids 0 pages 0' /sys/kernel/debug/tdx_emul/truth

check "no module file" not modinfo tdxctl
check "no unit" [ -z "$(systemctl list-unit-files --no-legend 'tdxctl*')" ]
check "no process listens" not request
check "no file" sh -c '[ -z "$(find / -xdev \( -path /proc -o -path /sys -o -path /var/log -o -path /var/cache -o -path /opt \) -prune \
	-o -name "*tdxctl*" -print | tee /dev/stderr)" ]'
check "the group stays, as documented" getent group tdxctl
