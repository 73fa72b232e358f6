#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After the reboot: the helper, its users and the units. TDX is emulated by a module for
# tests; a VMM for tests has a TD. At the end the helper's package is upgraded, then both are
# removed.
# shellcheck disable=SC2016,SC2034 # evaluated by other shells; for the parts below
set -uo pipefail

check "the helper is loaded" test -e /sys/module/tdxctl
check "udev has given the device to the group" [ "$(stat -c '%U:%G %a' /dev/tdxctl)" = "root:tdxctl 660" ]
check "the emulated TDX module" insmod ./tdx_emul.ko
check "... and its device" wait_for 20 test -c /dev/tdx-emul
./vmm web --vcpus 1 --pages 1024 --ready /tmp/ready </dev/null >/tmp/vmm 2>&1 &
web=$!
check "a TD" wait_for 60 grep ^ready /tmp/ready

as()
{
	user=$1
	shift
	runuser -u "$user" -- "$@"
}

check "a member reads status" said as member tdxctl status
says '^HKIDs .* 1 of [0-9]+ in use'
check "... and hkid" said as member tdxctl hkid
says '^ *[0-9]+ +configured +1 +web'
check "a user outside the group gets an error" said exits 4 as nobody tdxctl hkid
says 'cannot open /dev/tdxctl: Permission denied'
says 'group tdxctl'
check "a member releases nothing" said exits 4 as member tdxctl release web --yes
says '[Rr]un as root'

# The timer's time comes; RandomizedDelaySec is half a minute.
check "five minutes later" date -s '+5 minutes'
check "... check has failed" wait_for 120 systemctl is-failed tdxctl-check.service
check "... by its timer" sh -c 'systemctl show -p LastTriggerUSec tdxctl-check.timer | grep -E "=.+[0-9]"'
check "... and systemctl status has the reason" said exits 3 systemctl status --no-pager -l tdxctl-check.service
says 'CRITICAL.*free HKIDs|CRITICAL.*hkids_free'
says 'Active: failed'

request()
{
	bash -c 'exec 3<>/dev/tcp/127.0.0.1/9897 && printf "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" >&3 && timeout 60 cat <&3'
}
check "the socket answers a scraper" said request
says '^HTTP/1\.[01] 200'
says '^tdxctl_hkids.state="configured". 1'
check "the directory of node_exporter" mkdir -p /var/lib/prometheus/node-exporter
check "the unit of the textfile" systemctl start tdxctl-textfile.service
check "... has written it" said cat /var/lib/prometheus/node-exporter/tdxctl.prom
says '^tdxctl_hkids.state="configured". 1'
check "no feature file without Kubernetes" not test -e /etc/kubernetes

# shellcheck source=tests/packages/guest/upgrade.sh
. ./upgrade.sh
# shellcheck source=tests/packages/guest/removal.sh
. ./removal.sh
