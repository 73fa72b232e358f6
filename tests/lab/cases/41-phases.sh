#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whatever happens to an early release, and in whichever of its phases: the VM is
# whole afterwards or properly gone, and one more release ends it.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

# More pages than are reclaimed before a signal is noticed.
PAGES=4096

# takes LEAF NANOSECONDS: of a usual kernel
takes()
{
	ns=$(($2 * SLOW))
	[ $ns -lt 2000000000 ] || ns=2000000000
	echo "$1 $ns" >$EMUL/delay || die "delay refused: $*"
}

# soon CONDITION: as wait_for, for what does not last.
soon()
{
	left=$((500 * SLOW))
	until eval "$1"; do
		left=$((left - 1))
		[ $left -gt 0 ] || die "timed out waiting for: $1"
		sleep 0.01
	done
}

# Ends the delays, also of SEAMCALLs in progress, and allows any CPU again. Until
# then a CPU that is in CACHE.WB may look idle and would be given this shell.
go_on()
{
	takes 40 0
	takes 28 0
	taskset -p f $$ >/dev/null
}

# try_in PHASE: web's release in the background, slow enough to be met there; false
# when it was not.
try_in()
{
	met=1
	case $1 in
	hkid)
		# It keeps the first CPU of each package; be on another.
		takes 40 2000000000
		taskset -p a $$ >/dev/null
		;;
	pages) takes 28 3000000 ;;
	esac
	flushed=$(calls TDH.MNG.VPFLUSHDONE)
	tdxctl --json release web --yes >/tmp/web.json 2>/tmp/web.err &
	RELEASE=$!
	case $1 in
	hkid)
		soon '[ "$(calls TDH.MNG.VPFLUSHDONE)" -gt '$flushed' ]'
		[ "$(charged)" = 1 ] || met=
		;;
	pages)
		soon '[ "$(charged)" = 0 ]'
		[ "$(reg_pages)" -gt 0 ] || met=
		;;
	after)
		ended 0
		;;
	esac
	[ -n "$met" ]
}

# release_in PHASE: web runs, and its release is in that phase until go_on, or for
# a second or two. Again where it was missed: while it waits for CACHE.WB the
# release does not yield its CPU, and this shell may have been on that CPU.
release_in()
{
	for _ in 1 2 3 4 5; do
		vmm web --vcpus 2 --pages $PAGES --run
		web=$VMM
		! try_in $1 || return 0
		go_on
		ended 0
		gone $web
		nothing_left
	done
	die "the release was never met in phase $1"
}

# ended STATUS...: the release that was started last has one of these.
ended()
{
	wait $RELEASE
	got=$?
	for want; do
		[ $got = $want ] && return
	done
	die "release: status $got, not $*: $(cat /tmp/web.err)"
}

# met ACTION PHASE
met()
{
	release_in $2
	case $1 in
	int) kill -INT $RELEASE ;;
	kill) kill -9 $RELEASE ;;
	vmm) kill -9 $web ;;
	rmmod) rmmod tdxctl 2>/dev/null && die "unloaded in phase $2" ;;
	offline) online 3 0 || die "CPU 3 does not go offline in phase $2" ;;
	esac
	# It looks for a signal ten times a second: all pages would be gone by then.
	[ $1-$2 = int-pages ] || go_on
	case $1 in
	int)
		ended 6
		go_on
		grep -q "again to continue" /tmp/web.err || die "no word of how to go on"
		;;
	kill) wait $RELEASE 2>/dev/null ;;
	vmm) ended 0 6 ;;
	*) [ $2 = after ] || ended 0 ;;
	esac
	# The last CPU of a package, which no release needs any more.
	[ $1 != offline ] || online 2 0 || die "CPU 2 does not go offline"
	if [ $1 != vmm ]; then
		j 0 release web --yes
		is hkid_freed true
		[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
		kill -0 $web || die "the VMM is gone"
		gone $web
	fi
	wait $web 2>/dev/null
	nothing_left
	for c in 2 3; do
		[ $1 != offline ] || online $c 1 || die "CPU $c does not come back"
	done
	no_slow_removal
}

case_early_phase_hkid()
{
	t 0 helper load
	for action in int kill vmm rmmod offline; do
		met $action hkid
	done
}

case_early_phase_pages()
{
	t 0 helper load
	for action in int kill vmm rmmod offline; do
		met $action pages
	done
}

case_early_phase_after()
{
	t 0 helper load
	for action in rmmod offline; do
		met $action after
	done
}

# Two at once of one TD.
case_early_twice()
{
	t 0 helper load
	release_in hkid
	{
		sleep 0.5
		go_on
	} &
	j 0 release web --yes
	is hkid_freed true
	is verified true
	ended 0
	kill_vmms
	nothing_left
}

# A vhost device holds the memory map; a guest_memfd is closed while it is used.
case_early_pinned()
{
	modprobe vhost_net
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --vhost --run
	web=$VMM
	released web 64
	gone $web
	nothing_left
	no_slow_removal
	vmm early --vcpus 2 --pages 64 --vhost --run
	released early 64
	kill_vmms
	nothing_left

	# By the slow way, until the release meets it: in seconds, not before.
	vmm web --vcpus 2 --pages $PAGES --close-gmem --run
	takes 29 5000000
	kill -USR1 "$VMM"
	soon '[ "$(calls TDH.MEM.PAGE.REMOVE)" -gt 0 ]'
	j 0 release web --yes
	is hkid_freed true
	is verified true
	takes 29 0
	n=$(calls TDH.MEM.PAGE.REMOVE)
	[ "$n" -lt $PAGES ] || die "all $n pages went the slow way"
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
	wait_for 'grep -q ^closed /tmp/ready.web'
	kill_vmms
	nothing_left
}

# vCPUs in another ioctl, in other processes, in a stopped VMM.
case_early_vcpus()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --touch 448 --prefault
	wait_for '[ "$(reg_pages)" = 512 ]' 60
	released web 512
	wait_for 'grep -q "KVM_PRE_FAULT_MEMORY: Input/output" /tmp/vmm.web'
	vmm apart --vcpus 2 --pages 64 --apart
	released apart 64
	for how in --run "--touch 64 --prefault"; do
		vmm compat --vcpus 2 --pages 64 --compat $how
		[ "$how" = --run ] || wait_for '[ "$(reg_pages)" = 128 ]' 60
		t 0 release compat --yes --strategy early
		[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
		gone "$VMM"
	done
	vmm headless --vcpus 2 --pages 64 --run --main-exits
	# The guest_memfd of a process whose first thread has ended cannot be opened.
	j 6 release headless --yes
	is hkid_freed true
	is strategy early
	in_use 0
	gone "$VMM"
	vmm stopped --vcpus 2 --pages 64 --run
	kill -STOP "$VMM"
	released stopped 64
	kill -CONT "$VMM"
	# Nothing can be done with it any more.
	vmm flip --vcpus 1 --pages 64 --flip
	released flip 64
	ask "$VMM" USR1 flip refused
	no_slow_removal
	kill_vmms
	nothing_left
}

# A vCPU whose thread gets no CPU cannot stop: refused, and nothing has happened.
case_early_unstoppable()
{
	t 0 helper load
	# Not even the little that the scheduler keeps for ordinary threads.
	rt=$(cat /proc/sys/kernel/sched_rt_runtime_us)
	fair=/sys/kernel/debug/sched/fair_server/cpu3/runtime
	share=$(cat $fair)
	echo -1 >/proc/sys/kernel/sched_rt_runtime_us
	echo 0 >$fair
	vmm web --vcpus 2 --pages 64 --touch 16 --busy --starve
	wait_for '[ "$(reg_pages)" = 80 ]' 60
	kill -USR1 "$VMM"
	wait_for 'grep -q ^starved /tmp/ready.web'
	# Ctrl-C while the release waits for it.
	tdxctl --json release web --yes --strategy early >/tmp/web.json 2>/tmp/web.err &
	RELEASE=$!
	soon 'dmesg | grep -q "requested by tdxctl\[$RELEASE\]"'
	kill -INT $RELEASE
	ended 6
	in_use 1
	echo 100 >/sys/module/tdxctl/parameters/stop_ms
	j 1 release web --yes --strategy early
	is error.code busy
	says 'web: a vCPU of process [0-9]+ did not stop'
	is hkid_freed false
	is plan.strategy early
	in_use 1
	[ "$(reg_pages)" = 80 ] || die "$(reg_pages) private pages, not 80"
	j 0 td list
	is 'tds[vm=web].state' runnable
	# Once it runs again it can be stopped.
	kill -USR2 "$VMM"
	wait_for 'grep -q ^fed /tmp/ready.web'
	echo 5000 >/sys/module/tdxctl/parameters/stop_ms
	echo "$rt" >/proc/sys/kernel/sched_rt_runtime_us
	echo "$share" >$fair
	released web 80
	no_slow_removal
	kill_vmms
	nothing_left
}

# The TDX module does not let the HKID go; pages go meanwhile.
case_early_not_flushed()
{
	t 0 helper load
	for end in release vmm; do
		vmm web --vcpus 2 --pages 640 --punch --run
		web=$VMM
		fault leaf=19 status=0x8000082400000000
		takes 19 300000000
		flushed=$(calls TDH.VP.FLUSH)
		tdxctl release web --yes >/tmp/web.out 2>/tmp/web.err &
		RELEASE=$!
		soon '[ "$(calls TDH.VP.FLUSH)" -gt '$flushed' ]'
		kill -USR2 $web
		ended 1 6
		takes 19 0
		wait_for 'grep -q ^punched /tmp/ready.web'
		in_use 1
		if [ $end = release ]; then
			j 0 release web --yes
			is hkid_freed true
			is verified true
			[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
		fi
		gone $web
		nothing_left
	done
}

# Users who may not release a TD, and TDs that cannot be released.
case_early_no()
{
	t 0 helper load
	vmm web --vcpus 1 --pages 16
	web=$VMM
	for mode in 600 666; do
		chmod $mode /dev/tdxctl
		su -s /bin/sh nobody -c "tdxctl --json release web --yes" >/tmp/no.json 2>/tmp/no.err
		got=$?
		[ $got = 4 ] || die "nobody: status $got, not 4: $(cat /tmp/no.err)"
	done
	chmod 600 /dev/tdxctl
	vmm plain --plain
	t 1 release "$VMM" --yes
	says 'the VM of process [0-9]+ is not a known TD'
	kill -0 "$VMM" || die "the ordinary VM is gone"
	# Without ftrace the hooks would not be called. Linux 7.3 refuses to turn ftrace off.
	wait_for 'tdxctl helper unload'
	if (echo 0 >/proc/sys/kernel/ftrace_enabled) 2>/tmp/ftrace.err; then
		t 0 helper load
		t 5 release web --yes --strategy early
		in_use 1
		echo 1 >/proc/sys/kernel/ftrace_enabled
	else
		grep -q 'Operation not supported' /tmp/ftrace.err || die "ftrace_enabled: $(cat /tmp/ftrace.err)"
		t 0 helper load
	fi
	# A kernel whose KVM is not known here: no type information.
	rmmod tdxctl
	: >/tmp/none
	mount --bind /tmp/none /sys/kernel/btf/vmlinux
	t 0 helper load
	vmm db --vcpus 1 --pages 16
	j 0 release db --dry-run
	is strategy stop
	is 'plan.strategies[strategy=early].available' false
	is 'plan.strategies[strategy=early].reason' 'a required kernel function is missing'
	t 5 release db --yes --strategy early
	says 'missing'
	in_use 2
	umount /sys/kernel/btf/vmlinux
	j 0 release db --dry-run
	is strategy early
	kill_vmms
	nothing_left
}

# The types decide where the helper writes, so root cannot supply them: neither with a copy
# nor with the types of another module.
case_early_types()
{
	cp /sys/kernel/btf/kvm_intel /tmp/types
	for f in /tmp/types /sys/kernel/btf/kvm; do
		mount --bind $f /sys/kernel/btf/kvm_intel
		t 0 helper load
		t 0 helper status
		says "KVM's types are not known: another file is mounted over /sys/kernel/btf/kvm_intel"
		umount /sys/kernel/btf/kvm_intel
		j 0 helper status
		is sept_problem null
		rmmod tdxctl
	done
	t 0 helper load
	rmmod kvm_intel || die "kvm_intel is in use"
	t 0 helper status
	says "KVM's types are not known: KVM is not loaded"
	modprobe kvm_intel tdx=1
	vmm web --vcpus 1 --pages 16
	released web 16
	kill_vmms
	nothing_left
}

# Ending the VMM works everywhere; also one that does not listen.
case_early_stop()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --run
	j 0 release web --yes --strategy stop
	is strategy stop
	is hkid_freed true
	is verified true
	wait "$VMM" 2>/dev/null
	vmm deaf --vcpus 2 --pages 64 --run
	kill -STOP "$VMM"
	t 0 release deaf --yes --strategy stop
	says SIGKILL
	wait "$VMM" 2>/dev/null
	nothing_left
}

# Others watch the same functions by kprobes, and switch all kprobes off: neither
# does away with what stands in for KVM.
case_early_watched()
{
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
	echo 'p:sept tdx_sept_set_private_spte' >/sys/kernel/tracing/kprobe_events || die "no kprobe"
	echo 1 >/sys/kernel/tracing/events/kprobes/sept/enable
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --run
	web=$VMM
	released web 64
	grep -q ' sept: ' /sys/kernel/tracing/trace || die "the other's kprobe is not hit"
	vmm db --vcpus 2 --pages 64 --run
	# The other one leaves first, then last.
	echo 0 >/sys/kernel/tracing/events/kprobes/sept/enable
	gone "$web"
	echo 1 >/sys/kernel/tracing/events/kprobes/sept/enable
	released db 64
	gone "$VMM"
	wait_for 'tdxctl helper unload'
	echo 0 >/sys/kernel/tracing/events/kprobes/sept/enable
	echo >/sys/kernel/tracing/kprobe_events
	vmm web --vcpus 2 --pages 64
	gone "$VMM"
	nothing_left
	t 0 helper load
	release_in pages
	echo 0 >/sys/kernel/debug/kprobes/enabled
	t 7 check
	says 'does not see every SEAMCALL.*kprobes'
	go_on
	ended 0
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
	echo 1 >/sys/kernel/debug/kprobes/enabled
	gone "$VMM"
	nothing_left
	wait_for 'tdxctl helper unload'
}
