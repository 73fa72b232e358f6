#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A kernel in lockdown, one boot each for integrity and confidentiality: it loads signed
# modules only, and a signed helper can do all that it can elsewhere.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# BPF programs may read the kernel's memory at integrity, and not at confidentiality.
without_helper_integrity()
{
	j 0 td list
	is 'tds[].vm' old
	is 'tds[].state' runnable
	truth "^td $(value 'tds[].tdr') hkid $(value 'tds[].hkid') " 1
}

without_helper_confidentiality()
{
	j 5 helper status
	is observer.tds false
	is observer.reason 'lockdown=confidentiality: the kernel lets no BPF program read its memory'
	j 0 status
	is source host
	t 5 td list
	says 'the helper is not loaded'
}

# locked LEVEL: what the helper does there.
locked()
{
	grep -q "\[$1\]" /sys/kernel/security/lockdown || die "lockdown: $(cat /sys/kernel/security/lockdown)"
	# The end of the signature's marker is missing.
	head -c -1 "/lib/modules/$(uname -r)/updates/tdxctl.ko" >/tmp/unsigned.ko
	insmod /tmp/unsigned.ko 2>/tmp/refused && die "an unsigned helper was loaded"
	vmm old --vcpus 2 --pages 32 --run
	"without_helper_$1"
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --run
	j 0 td list
	is 'tds[].state' runnable runnable
	is 'tds[vm=web].private_pages' 64
	# The helper reads KVM's types itself, so user space has no influence on them.
	for vm in web old; do
		j 0 release $vm --dry-run
		is strategy early
	done
	released web 64
	released old 32
	no_slow_removal
	kill_vmms
	nothing_left
}

case_lockdown_integrity()
{
	locked integrity
}

case_lockdown_confidentiality()
{
	locked confidentiality
}
