#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the cases of faults have in common.
# shellcheck disable=SC2034,SC2086

# warns FUNCTION...: KVM warns there, once per boot. Until 6.18 a warning names its CPU first.
warns()
{
	for f in "$@"; do
		allow_log "WARNING: (CPU: [0-9]+ PID: [0-9]+ at )?arch/x86/kvm/vmx/tdx.c:[0-9]+ (at )?${f}[.a-z0-9]*\\+"
		# Its caller also warns, each time.
		[ $f != tdx_sept_free_private_spt ] || has sept-set ||
			allow_log 'WARNING: (CPU: [0-9]+ PID: [0-9]+ at )?arch/x86/kvm/mmu/tdp_mmu.c:[0-9]+ (at )?handle_changed_spte\+'
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

# This KVM loses an HKID without a word.
silent()
{
	echo 1 >"/tmp/silent.$CASE"
}

hkid_of_web()
{
	tdxctl --json td list >/tmp/x
	HKID=$(value 'tds[vm=web].hkid' /tmp/x)
}

# lose HKIDS TDS REG: this fault costs exactly so many HKIDs, TDs that are never
# gone and private pages; control and S-EPT pages go with the TDs.
lose()
{
	hkids=$(($(lost hkids) + $1)) tds=$(($(lost tds) + $2)) reg=$(($(lost reg) + $3))
	wait_for "[ \"\$(grep -c '^td ' $EMUL/truth)\" = $tds ]" 5
	[ "$(reg_pages)" = $reg ] || die "$(pages_line): not $3 private pages more"
	truth "^pages reg $reg tdr $tds " 1
	echo $hkids >/tmp/lost.hkids
	echo $tds >/tmp/lost.tds
	echo $reg >/tmp/lost.reg
	pages_line >/tmp/lost.pages
	in_use 0
}

# stays LEAF NAME: "web" is gone, its HKID is back, and pages of it are not.
stays()
{
	wait_for "tdxctl --json td list >/tmp/x && [ \"\$(jget /tmp/x 'tds[vm=web].state')\" = leaked ]"
	j 0 td list
	is 'tds[vm=web].hkid' null
	is 'tds[vm=web].fail_leaf' "$1"
	is 'tds[vm=web].fail_name' "$2"
	j 0 hkid
	count 'hkids[state=leaked].id' 0
	is "hkids[id=$HKID].state" free
	j 0 status
	# Earlier cases of this boot may have leaked HKIDs: the kernel log has them.
	if [ "$(lost hkids)" = 0 ]; then
		is health.state warning
	else
		is health.state critical
	fi
	is tds.leaked 1
	t 0 status
	says "pages of td:1 \(web, $VMM\) are lost until the host reboots: $1: $2"
	t 0 td show web
	says "Failed +$1: $2"
	says 'the remaining pages are lost until the next reboot'
}
