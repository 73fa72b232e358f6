#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Rights of root, of a member of the group tdxctl, and of another user.

# What udev does with the rule that is installed.
udev_rule()
{
	GROUP=$(sed -n 's/^SUBSYSTEM.*GROUP="\([^"]*\)".*/\1/p' /suite/60-tdxctl.rules)
	MODE=$(sed -n 's/^SUBSYSTEM.*MODE="\([^"]*\)".*/\1/p' /suite/60-tdxctl.rules)
	[ "$GROUP" = tdxctl ] && [ "$MODE" = 0660 ] || die "the rule has group '$GROUP', mode '$MODE'"
	chgrp "$GROUP" /dev/tdxctl && chmod "$MODE" /dev/tdxctl || die "chgrp, chmod: $?"
}

# as USER STATUS ARGS...: like j, but as this user.
as()
{
	user=$1
	want=$2
	shift 2
	n=$((n + 1))
	OUT=/out/$CASE-$n.json ERR=/out/$CASE-$n.err
	echo "+ $user: tdxctl --json $*"
	su -s /bin/sh "$user" -c "tdxctl --json $*" >"$OUT" 2>"$ERR" </dev/null
	got=$?
	[ ! -s "$ERR" ] || cat "$ERR"
	[ $got = "$want" ] || die "$user: tdxctl $*: status $got, not $want: $(head -n 1 "$ERR")"
}

reads='status hkid lock cpu\ plan\ 3 td\ list'
acts='cpu\ check release\ web\ --yes release\ web\ --dry-run helper\ unload'

# each WORDS FUNCTION: calls it with each verb; a verb may have several words.
each()
{
	fn=$2
	eval "set -- $1"
	for verb; do
		$fn "$verb"
	done
}

nobody_reads()
{
	as nobody 4 "$1"
	is error.code permission
	says 'cannot open /dev/tdxctl: Permission denied'
	says 'Add the user to the group tdxctl, or run as root\.'
}

nobody_acts()
{
	as nobody 4 "$1"
	is error.code permission
	says 'Run as root'
}

member_reads()
{
	as member 0 "$1"
}

member_acts()
{
	as member 4 "$1"
	is error.code permission
	says 'Run as root'
}

case_access()
{
	# The helper is loaded first, so it knows the state of each HKID. The check of leaked
	# HKIDs else needs the kernel log, which only root can read.
	t 0 helper load
	load_emul
	vmm web --pages 16
	vmm db --pages 8
	[ "$(stat -c '%U %a' /dev/tdxctl)" = 'root 600' ] || die "without udev: $(stat -c '%U %a' /dev/tdxctl)"
	su -s /bin/sh member -c 'abi nobody' || die "member: without the rule"
	udev_rule

	each "$reads" nobody_reads
	each "$acts" nobody_acts
	su -s /bin/sh nobody -c 'abi nobody' || die "nobody: the device"
	as nobody 0 metrics
	is 'metrics[name=tdxctl_helper_up].samples[].value' 0
	as nobody 0 helper status
	is provider null
	is leaked_pages null
	says 'group tdxctl'
	as nobody 4 check
	says 'group tdxctl'
	su -s /bin/sh nobody -c "cat $HELPER/tds" 2>/dev/null && die "a user reads debugfs"
	su -s /bin/sh member -c "cat $HELPER/tds" 2>/dev/null && die "a member reads debugfs"

	each "$reads" member_reads
	each "$acts" member_acts
	su -s /bin/sh member -c 'abi member' || die "member: the device"
	truth '^pages reg 24 ' 1
	grep -q '^tdxctl ' /proc/modules || die "the helper was unloaded"
	as member 0 helper status
	is provider tdx_emul
	is leaked_pages 0
	as root 0 check
	checked=$(value 'checks[].state')
	as member 0 check
	[ "$(value 'checks[].state')" = "$checked" ] || die "other checks than for root"
	as member 0 metrics
	is 'metrics[name=tdxctl_helper_up].samples[].value' 1
	as member 0 td show web
	is 'tds[].private_pages' 16
	is 'tds[].tdr' null
	is 'tds[].pins_complete' false

	# The same as for root, except for what is of root only.
	as member 0 td list
	is 'tds[].vm' web db
	is 'tds[].private_pages' 16 8
	is 'tds[].tdr' null null
	mine=$(value 'tds[].hkid')
	as root 0 td list
	at_least 'tds[vm=web].id' 1
	[ "$(value 'tds[].hkid')" = "$mine" ] || die "other HKIDs for root"
	[ "$(value 'tds[].tdr' | grep -c ^0x)" = 2 ] || die "root sees no TDR"
	as member 0 hkid
	count 'hkids[vm=web].td' 1
	is 'hkids[vm=web].state' configured
	is 'hkids[vm=db].state' configured
	is 'hkids[vm=db].pid' "$VMM"
	as root 0 release web --yes
	is pages_left 0
}
