#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Secure Boot, after MokManager has enrolled the key of DKMS.
# shellcheck disable=SC2016 # evaluated by other shells
set -uo pipefail

check "Secure Boot is on" sh -c 'mokutil --sb-state | grep "SecureBoot enabled"'
check "the kernel is locked down" grep -F '[integrity]' /sys/kernel/security/lockdown
check "the key is enrolled" sh -c 'mokutil --test-key /var/lib/dkms/mok.pub | grep "is already enrolled"'

check "a file without a signature" sh -ec 'cp "$(modinfo -n tdxctl)" /tmp/; cd /tmp
	for file in *.ko.xz; do [ ! -e "$file" ] || xz -d "$file"; done; strip -g -o unsigned.ko tdxctl.ko'
check "... is refused" said exits 4 tdxctl helper load --file /tmp/unsigned.ko
says 'no signature of a trusted key, which this kernel requires \(Secure Boot is on, lockdown is integrity\)'
check "the helper that DKMS has signed is loaded" said tdxctl helper load
says '^Helper +loaded'
says 'Signature +by .*this kernel requires one \(Secure Boot is on, lockdown is integrity\)'
check "... and the kernel is not tainted by an unsigned module" sh -c '[ $(($(cat /proc/sys/kernel/tainted) & 8192)) = 0 ]'
check "its device answers" sh -c 'tdxctl --json helper status | grep "\"device\": *true"'
check "it is unloaded" said tdxctl helper unload
check "it is loaded again" tdxctl helper load
check "remove the packages, while the helper is not in use" said apt-get -q -y purge tdxctl tdxctl-dkms
check "... unloads it" not test -e /sys/module/tdxctl
check "... without a message" not grep "stays loaded" /tmp/said
