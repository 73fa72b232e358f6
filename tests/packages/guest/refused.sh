#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Secure Boot, with a key of DKMS that the firmware does not have.
# shellcheck disable=SC2016 # evaluated by other shells
set -uo pipefail

check "Secure Boot is on" sh -c 'mokutil --sb-state | grep "SecureBoot enabled"'
check "the kernel is locked down" grep -F '[integrity]' /sys/kernel/security/lockdown
check "DKMS has signed the helper" [ -n "$(modinfo -F signer tdxctl)" ]
check "its key is not enrolled" not sh -c 'mokutil --list-enrolled | grep -i dkms'

check "the helper is refused" said exits 4 tdxctl helper load
says 'no signature of a trusted key, which this kernel requires \(Secure Boot is on, lockdown is integrity\)'
says "'tdxctl helper status' shows the next step"
check "helper status" said exits 5 tdxctl helper status
says 'Signature +by .*this kernel requires one \(Secure Boot is on, lockdown is integrity\)'
says 'mokutil --import /var/lib/dkms/mok.pub; then reboot'

check "a file without a signature" sh -ec 'cp "$(modinfo -n tdxctl)" /tmp/; cd /tmp
	for file in *.ko.xz; do [ ! -e "$file" ] || xz -d "$file"; done; cp tdxctl.ko unsigned.ko; strip -g unsigned.ko
	[ -z "$(modinfo -F signer ./unsigned.ko)" ]'
check "... is refused, too" said exits 4 tdxctl helper load --file /tmp/unsigned.ko
says 'no signature of a trusted key'
check "helper status of the file" said exits 5 tdxctl helper status --file /tmp/unsigned.ko
says 'Signature +none, but this kernel requires one \(Secure Boot is on, lockdown is integrity\)'
says 'DKMS signs the module: dkms install --force tdxctl/'
check "status works without the helper" said exits 3 tdxctl status
check "doctor works, too" sh -c 'tdxctl doctor; [ $? != 1 ]'

check "the command that helper status names" sh -ec 'next=$(tdxctl --json helper status | sed -n "s/.*\"next\": *\"\([^\"]*\)\".*/\1/p")
	[ -n "$next" ] && printf "12345678\n12345678\n" | $next'
check "the key waits for MokManager" sh -c 'mokutil --list-new | grep -i "subject:"'
