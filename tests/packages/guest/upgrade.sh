#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A part of the second stage: tdxctl-dkms is upgraded while the helper is loaded, beside a TD that
# runs (web) and a VM that the helper has released (db). What TDs and HKIDs are is known from the
# emulated TDX module.
# shellcheck disable=SC2016,SC2154 # evaluated by other shells; from second.sh
set -uo pipefail

truth()
{
	grep -E '^(td|hkid|pages|leaked) ' /sys/kernel/debug/tdx_emul/truth
}

# Nothing changes for any TD, and both VMMs live.
nothing_lost()
{
	diff <(truth) /tmp/truth && kill -0 "$web" && kill -0 "$db"
}

loaded()
{
	grep -Fx "$1" /sys/module/tdxctl/version
}

./vmm db --vcpus 1 --pages 64 --ready /tmp/ready.db </dev/null >/tmp/vmm.db 2>&1 &
db=$!
check "another TD" wait_for 60 grep ^ready /tmp/ready.db
check "... is released, and its VM stays" said tdxctl release db --yes
says '^Result +released'
truth >/tmp/truth
check "... as the TDX module has it" sh -c 'grep -c "^hkid .* assigned" /tmp/truth | grep -x 1'

before=$(cat /sys/module/tdxctl/version)
after=$(dpkg-deb -f upgrade.deb Version)
hkid=$(tdxctl hkid | awk '$4 == "web" { print $1 }')
check "web has an HKID" test "$hkid" -gt 0
check "upgrade tdxctl-dkms, while the helper is loaded" said apt-get -q -y install ./upgrade.deb
says "helper $before stays loaded; TDs and releases are not affected"
says 'run "tdxctl helper unload" and "tdxctl helper load", or reboot'
check "the earlier version is still loaded" loaded "$before"
check "... and nothing is lost" nothing_lost
check "... and hkid has the TD" said tdxctl hkid
says '^ *[0-9]+ +configured +1 +web'
check "DKMS has the later version" [ "$(modinfo -F version tdxctl)" = "$after" ]
check "... and only that" [ "$(dkms status -m tdxctl | cut -d: -f1)" = "tdxctl/$after, $(uname -r), x86_64" ]
check "the first command of the message" said tdxctl helper unload
check "... and the second" said tdxctl helper load
check "the later version is loaded" loaded "$after"
check "... and nothing is lost" nothing_lost
# It knows what TDs do from now on. On KVM, it also finds older ones (the lab's cases "late").
check "... and the HKID of the older TD is not reported as free" not sh -c "tdxctl hkid | grep -E '^ *$hkid +free'"
./vmm next --vcpus 1 --pages 16 --ready /tmp/ready.next </dev/null >/tmp/vmm.next 2>&1 &
next=$!
check "a TD of the later version" wait_for 60 grep ^ready /tmp/ready.next
check "... which hkid has" said tdxctl hkid
says '^ *[0-9]+ +configured +[0-9]+ +next'
kill "$next" && wait "$next" 2>/dev/null
check "... ends" wait_for 60 nothing_lost
