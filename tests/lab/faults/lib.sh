#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the cases of faults have in common.
# shellcheck disable=SC2034,SC2086

# warns FUNCTION...: KVM warns there, once per boot.
warns()
{
	for f in "$@"; do
		allow_log "WARNING: arch/x86/kvm/vmx/tdx.c:[0-9]+ at $f\\+"
	done
	allow_log 'Call Trace:'
}

# failed LEAF STATUS: KVM says that this SEAMCALL failed so.
failed()
{
	allow_log "kvm_intel: SEAMCALL $1 failed: $2(\$|,)"
}

logged()
{
	dmesg | grep -qE -- "$1" || die "the kernel does not say \"$1\""
}

hkid_of_web()
{
	tdxctl --json td list >/tmp/x
	HKID=$(jget /tmp/x 'tds[vm=web].hkid')
}
