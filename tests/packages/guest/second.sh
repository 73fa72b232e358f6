#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After the reboot: the helper, its users and the units. TDX is emulated by a module for
# tests; a VMM for tests has a TD. At the end the packages are removed.
# shellcheck disable=SC2016 # evaluated by other shells
set -uo pipefail

check "the helper is loaded" test -e /sys/module/tdxctl
check "udev has given the device to the group" [ "$(stat -c '%U:%G %a' /dev/tdxctl)" = "root:tdxctl 660" ]
check "the emulated TDX module" insmod ./tdx_emul.ko
check "... and its device" wait_for 20 test -c /dev/tdx-emul
./vmm web --vcpus 1 --pages 1024 --ready /tmp/ready </dev/null >/tmp/vmm 2>&1 &
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

# Removal while the helper is in use.
sleep 1000 3</dev/tdxctl &
user=$!
check "remove the packages, while the helper is in use" said apt-get -q -y purge tdxctl tdxctl-dkms
says 'the helper stays loaded, because it is in use'
check "the helper is still loaded" test -e /sys/module/tdxctl
kill "$user" && wait "$user" 2>/dev/null
check "... until it is unloaded with the command of the message" rmmod tdxctl
check "no module file" not modinfo tdxctl
check "no unit" [ -z "$(systemctl list-unit-files --no-legend 'tdxctl*')" ]
check "no process listens" not request
check "no file" sh -c '[ -z "$(find / -xdev \( -path /proc -o -path /sys -o -path /var/log -o -path /var/cache -o -path /opt \) -prune \
	-o -name "*tdxctl*" -print | tee /dev/stderr)" ]'
check "the group stays, as documented" getent group tdxctl
