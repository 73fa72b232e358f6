#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the tool reads of a real kernel, and what it says where it may not.
# shellcheck disable=SC2016 # conditions are evaluated later

case_sources_msr()
{
	j 0 keys
	says "no MSR device: run 'modprobe msr'"
	modprobe msr || die "no msr module"
	wait_for 'test -c /dev/cpu/0/msr'
	# QEMU's CPU has no KeyIDs, and says so.
	j 0 keys
	is host.private_keys 0
	is host.tme_mt_keys 0
	t 3 status
	says 'KeyIDs +none for TDX, 0 for TME-MT'
	OUT=/out/$CASE-nobody.txt ERR=/out/$CASE-nobody.err
	su -s /bin/sh nobody -c 'tdxctl keys' >"$OUT" 2>"$ERR"
	says 'no permission to read MSRs: run as root'
	rmmod msr
}

# unaccepted STATE: what doctor makes of the kernel log.
unaccepted()
{
	tdxctl --json doctor --group teardown >/tmp/doctor.json 2>&1
	OUT=/tmp/doctor.json ERR=/tmp/doctor.json
	grep -A4 td.unaccepted $OUT
	is 'rules[id=td.unaccepted].state' "$1"
}

# More than the ring holds.
flood()
{
	echo on >/proc/sys/kernel/printk_devkmsg
	loglevel=$(cut -f 1 /proc/sys/kernel/printk)
	echo 1 >/proc/sys/kernel/printk
	line=$(printf 'tdxctl-test: filler %0900d' 0)
	i=0
	until ! dmesg | grep -q 'before accepting'; do
		for k in 1 2 3 4 5 6 7 8 9 10; do
			echo "<7>$line$i$k" >/dev/kmsg
		done
		i=$((i + 1))
		[ $i -lt 2000 ] || die "the ring has no end"
	done
	echo "$loglevel" >/proc/sys/kernel/printk
}

# The kernel's ring from its beginning, then without it, then with the journal's.
case_sources_log()
{
	# The log's rules are about CPUs with TDX.
	printf 'vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n' >/tmp/cpuinfo
	mount -o bind /tmp/cpuinfo /proc/cpuinfo
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir -p /run/systemd/journal
	echo 0123456789abcdef0123456789abcdef >/etc/machine-id
	/lib/systemd/systemd-journald >/tmp/journald 2>&1 &
	journald=$!
	wait_for 'ls /run/log/journal/*/system.journal || ! kill -0 $journald'
	kill -0 $journald || die "journald: $(cat /tmp/journald)"
	unaccepted ok
	echo '<4>kvm_intel: Guest access before accepting 0x1000 on vCPU 0' >/dev/kmsg
	unaccepted fail
	flood
	unaccepted fail
	# The ring alone: what fell out of it is not known.
	mv /run/log/journal /run/log/away
	unaccepted unknown
	says 'its oldest messages are lost'
	# Not even the ring: the journal alone.
	mv /run/log/away /run/log/journal
	mv /dev/kmsg /dev/kmsg.away
	unaccepted fail
	mv /run/log/journal /run/log/away
	unaccepted unknown
	says 'no kernel log'
	mv /dev/kmsg.away /dev/kmsg
	kill $journald
	wait $journald
	umount /sys/fs/cgroup
	umount /proc/cpuinfo
}

# A container's view: no /sys, no /dev; each value says why there is none.
case_sources_container()
{
	mkdir -p /tmp/box/proc
	for d in bin lib lib64 usr; do
		[ ! -d /$d ] || { mkdir -p /tmp/box/$d && mount -o bind /$d /tmp/box/$d; }
	done
	mount -t proc proc /tmp/box/proc
	OUT=/out/$CASE-1.json ERR=/out/$CASE-1.err
	chroot /tmp/box /usr/sbin/tdxctl --json status >"$OUT" 2>"$ERR"
	got=$?
	[ $got = 3 ] || die "status $got: $(cat "$ERR")"
	is source host
	is hkids.charged null
	is hkids.unknown.charged 'no misc.capacity'
	is tds.unknown.vms 'not present'
	is platform.unknown.first_private 'no CPU package was found'
	OUT=/out/$CASE-2.json ERR=/out/$CASE-2.err
	chroot /tmp/box /usr/sbin/tdxctl --json doctor >"$OUT" 2>"$ERR"
	got=$?
	[ $got = 7 ] || die "doctor: status $got: $(cat "$ERR")"
	is 'rules[id=cpu.vendor].state' fail
	umount /tmp/box/proc
	for d in bin lib lib64 usr; do
		umount /tmp/box/$d 2>/dev/null
	done
}
