#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# wait --gone: what it reports about a teardown is what KVM and the module have done.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# Each stage by itself: early release, then the end of the VMM.
case_gone_stages()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 512
	web=$VMM
	j 7 wait --gone web --timeout 0.3
	is result not-gone
	is 'stages[].state' open open open open
	released web 512
	j 7 wait --gone "$web" --timeout 0.3
	is open_stage process
	is 'stages[].state' open 'done' 'done' open
	kill -0 $web || die "the VMM is gone"
	j 0 wait --gone web --timeout 60 -- kill -9 "$web"
	is result gone
	is hkid 17
	is 'stages[].state' 'done' 'done' 'done' 'done'
	in_use 0
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
	! grep -q '^td ' $EMUL/truth || die "a TD is left"
	[ "$(charged)" = 0 ] || die "misc.current says $(charged)"
	t 1 wait --gone td:1
	nothing_left
}

# The teardown takes its time: the process ends last, or first if another one keeps the VM.
case_gone_slow()
{
	t 0 helper load
	vmm web --vcpus 1 --pages 2048
	web=$VMM
	# TDH.PHYMEM.PAGE.RECLAIM
	echo "28 400000" >$EMUL/delay || die "delay"
	kill -9 $web
	# Its VMM is dead already.
	j 7 wait --gone td:1 --timeout 0.1
	is result not-gone
	grep -q '^td ' $EMUL/truth || die "the teardown is over: the delay is too short"
	j 0 wait --gone td:1 --timeout 120
	is result gone
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
	! grep -q '^td ' $EMUL/truth || die "a TD is left"
	echo "28 0" >$EMUL/delay
	wait $web 2>/dev/null
	nothing_left
}

# A TD that is older than the helper, which reads it from KVM's structures; and one that it
# cannot read: its end is not proved.
case_gone_late()
{
	vmm web --vcpus 1 --pages 64
	web=$VMM
	t 0 helper load
	j 0 wait --gone web --timeout 60 -- kill -9 "$web"
	is result gone
	wait $web 2>/dev/null
	nothing_left
	wait_for 'tdxctl helper unload'
	vmm old --vcpus 1 --pages 64
	old=$VMM
	: >/tmp/empty
	for f in /sys/kernel/btf/kvm*; do
		mount -o bind /tmp/empty $f
	done
	blind
	t 0 helper load
	j 5 wait --gone "$old" --timeout 60 -- kill -9 "$old"
	is result unknown
	is error.code not-known
	is reached false
	is 'stages[].state' 'done' unknown unknown unknown
	for f in /sys/kernel/btf/kvm*; do
		umount $f
	done
	wait $old 2>/dev/null
	nothing_left
}

# stopped SCRIPT ARGS...: an example script releases the TD web, ends its VMM and waits for all.
stopped()
{
	echo "+ $*"
	PATH=/tmp/bin:$PATH TDX_RELEASE_GIB=0 TDX_GRACE=1 "$@" >/tmp/stopped 2>&1 || die "$1: status $?: $(cat /tmp/stopped)"
	cat /tmp/stopped
	grep -q '^Strategy  *early' /tmp/stopped || die "$1 released nothing"
	grep -q '^Result  *gone' /tmp/stopped || die "$1 did not wait"
	! kill -0 "$VMM" 2>/dev/null || die "$1 left the VMM"
	wait "$VMM" 2>/dev/null
	nothing_left
}

# The example scripts: for a container shim, and for libvirt, whose guest does not end when asked.
case_gone_examples()
{
	t 0 helper load
	vmm web --vcpus 1 --pages 64
	stopped /suite/tdx-shim-stop web kill -9 "$VMM"
	vmm web --vcpus 1 --pages 64
	mkdir -p /tmp/bin
	cat >/tmp/bin/virsh <<-END
		#!/bin/sh
		case \$1 in
		domuuid) echo "\$2" ;;
		domstate) kill -0 $VMM 2>/dev/null && echo running || echo "shut off" ;;
		destroy) kill -9 $VMM ;;
		esac
	END
	chmod +x /tmp/bin/virsh
	stopped /suite/tdx-shutdown web
	rm -r /tmp/bin
}

# Without the helper, and with another one than before.
case_gone_no_helper()
{
	vmm web --vcpus 1 --pages 8
	web=$VMM
	j 5 wait --gone web --timeout 1
	is error.code helper-missing
	t 0 helper load
	(sleep 1; tdxctl helper unload >/tmp/unload 2>&1) &
	unload=$!
	j 5 wait --gone web --timeout 60
	is error.code helper-gone
	wait $unload || die "unload: $(cat /tmp/unload)"
	gone "$web"
	nothing_left
}
