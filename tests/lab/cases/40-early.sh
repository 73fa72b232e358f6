#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Early release on an unmodified KVM: HKID first, then one SEAMCALL per page.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

case_early_release()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 2048
	web=$VMM
	vmm db --vcpus 1 --pages 32
	t 0 release web --dry-run
	says 'Strategy +early'
	says 'terminate: this kernel'
	released web 2048
	no_slow_removal
	[ "$(calls TDH.PHYMEM.PAGE.RECLAIM)" = 2048 ] || die "not one SEAMCALL per page"
	in_use 1
	[ "$(reg_pages)" = 32 ] || die "$(reg_pages) private pages left"
	kill -0 "$web" || die "the VMM is gone"
	# The VM is dead, not gone: the helper has to stay until it is.
	rmmod tdxctl 2>/dev/null && die "the helper was unloaded under a VM"
	# Nor may its probes be switched off.
	echo 0 2>/dev/null >/proc/sys/kernel/ftrace_enabled && die "ftrace is off"
	j 0 td list
	is 'tds[vm=web].state' teardown
	is 'tds[vm=web].hkid' null
	j 0 release web --yes
	is hkid_freed true
	gone "$web"
	wait_for '! grep -q "^td .*teardown" $EMUL/truth'
	in_use 1
	# The TDR is the only page that is flushed by itself.
	[ "$(calls TDH.PHYMEM.PAGE.WBINVD)" = 1 ] || die "pages were flushed one by one"
	j 0 td list
	is 'tds[].vm' db
	kill_vmms
	nothing_left
	# The probes take their time to go.
	wait_for 'tdxctl helper unload'
}

# vCPUs in KVM_RUN: waiting for an interrupt, or never at rest.
case_early_running()
{
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --run
	web=$VMM
	released web 64
	wait_for 'grep -q "vCPU 0: KVM_RUN" /tmp/vmm.web && grep -q "vCPU 1: KVM_RUN" /tmp/vmm.web'
	kill -0 "$web" || die "the VMM is gone"
	gone "$web"
	nothing_left
	vmm busy --vcpus 2 --pages 16 --touch 48 --busy
	wait_for '[ "$(reg_pages)" = 64 ]' 60
	released busy 64
	wait_for 'grep -q "vCPU 1: KVM_RUN" /tmp/vmm.busy'
	no_slow_removal
	kill_vmms
	nothing_left
}

# A TD that is older than the helper.
case_early_late()
{
	vmm web --vcpus 2 --pages 128 --run
	t 0 helper load
	# How many pages it has is not known before; each that goes is seen.
	j 0 release web --yes
	is strategy early
	is result released
	is hkid_freed true
	is pages_reclaimed 128
	is pages_left 0
	is verified true
	no_slow_removal
	in_use 0
	[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left"
	j 0 release web --yes
	is hkid_freed true
	kill_vmms
	nothing_left
}

# An unfinished TD that is older than the helper: released only with its VMM.
case_early_late_unfinished()
{
	vmm web --vcpus 1 --pages 16 --stop-at memory
	web=$VMM
	t 0 helper load
	j 1 release web --dry-run
	is error.code building
	is strategy stop
	is 'plan.strategies[strategy=early].reason' 'the TD was never finalized'
	j 0 release web --yes --building
	is strategy stop
	is result released
	is verified true
	wait "$web" 2>/dev/null
	test ! -e "/proc/$web" || die "the VMM is still there"
	nothing_left
}

# What may not be released early is not touched.
case_early_refused()
{
	t 0 helper load
	vmm init --stop-at init
	vmm memory --stop-at memory --pages 8 --vcpus 1
	for vm in init memory; do
		t 5 release $vm --yes --strategy early
		says 'never finali[sz]ed'
	done
	in_use 2
	j 0 td list
	count 'tds[state=initialized].vm' 2
	kill_vmms
	nothing_left
}

# The VMM punches out its memory itself, or dies, while the HKID goes.
case_early_races()
{
	t 0 helper load
	for _ in 1 2 3; do
		vmm punch --vcpus 2 --pages 512 --run --punch
		kill -USR2 "$VMM"
		j 0 release punch --yes
		is hkid_freed true
		kill_vmms
		nothing_left
		vmm killed --vcpus 2 --pages 512 --run
		killed=$VMM
		tdxctl release killed --yes >/tmp/killed.out 2>&1 &
		kill -9 "$killed"
		wait $!
		wait "$killed" 2>/dev/null
		nothing_left
	done
}

# Two at once, while a third is made.
case_early_two()
{
	t 0 helper load
	vmm a --vcpus 2 --pages 512 --run
	vmm b --vcpus 2 --pages 512 --run
	tdxctl --json release a --yes >/tmp/a.json 2>&1 &
	pa=$!
	tdxctl --json release b --yes >/tmp/b.json 2>&1 &
	pb=$!
	vmm c --vcpus 1 --pages 64
	wait $pa || die "a: $(cat /tmp/a.json)"
	wait $pb || die "b: $(cat /tmp/b.json)"
	in_use 1
	[ "$(reg_pages)" = 64 ] || die "$(reg_pages) private pages left"
	no_slow_removal
	kill_vmms
	nothing_left
}

# tdxctl is killed half-way; a second release finishes the job.
case_early_resumed()
{
	t 0 helper load
	for delay in 0.01 0.05 0.1 0.2; do
		vmm web --vcpus 2 --pages 4096 --run
		tdxctl release web --yes >/dev/null 2>&1 &
		sleep $delay
		kill -9 $!
		wait $! 2>/dev/null
		# Also when it finds the other one just being stopped.
		j 0 release web --yes
		is hkid_freed true
		in_use 0
		[ "$(reg_pages)" = 0 ] || die "$(reg_pages) private pages left after $delay s"
		kill_vmms
		nothing_left
	done
	no_slow_removal
}

# The pages go back to the page allocator: no reference of KVM's is forgotten.
case_early_memory()
{
	t 0 helper load
	# The first one also fills caches.
	for i in 1 2 3 4 5; do
		vmm web --vcpus 2 --pages 4096
		released web 4096
		gone "$VMM"
		nothing_left
		[ $i != 1 ] || free=$(mem_free)
	done
	lost=$((free - $(mem_free)))
	echo "# $lost KiB of $((4 * 16384)) KiB are still allocated"
	# One release has 16384 KiB.
	[ $lost -lt 16384 ] || die "$lost KiB of $((4 * 16384)) KiB are still allocated"
	no_slow_removal
}

# KiB of free memory, those in the lists of the CPUs and what the kernel can free at once
# included.
mem_free()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { n += $2 }
		$1 == "count:" { n += 4 * $2 }
		END { print n }' /proc/meminfo /proc/zoneinfo
}

# generation: the kernels that have the same S-EPT callbacks as this one.
generation()
{
	case $(uname -r) in
	6.1[678].*) echo '6.16 to 6.18' ;;
	6.19.* | 7.[01].*) echo '6.19 to 7.1' ;;
	7.[2-9].*) echo '7.2 and later' ;;
	*) die "no generation is known for $(uname -r)" ;;
	esac
}

# at FILE STRING: where a string is in a file, in bytes.
at()
{
	strings -t d "$1" | awk -v f="$2" '$2 == f { print $1 }'
}

# types NAME NEW...: loads a KVM in whose type information each NAME is replaced by a NEW of
# at most its length. Its code and its symbols stay as they are.
types()
{
	cp /sys/kernel/btf/kvm_intel /tmp/btf
	cp "$(find /lib/modules -name kvm-intel.ko)" /tmp/kvm-intel.ko
	base=
	for i in $(at /tmp/kvm-intel.ko "$1"); do
		i=$((i - $(at /tmp/btf "$1")))
		[ $i -gt 0 ] || continue
		tail -c +$((i + 1)) /tmp/kvm-intel.ko | head -c 4096 >/tmp/start
		head -c 4096 /tmp/btf | cmp -s - /tmp/start && base=$i
	done
	[ -n "$base" ] || die "the types of KVM are not in its file"
	while [ $# != 0 ]; do
		i=$(at /tmp/btf "$1")
		[ -n "$i" ] || die "there is no $1 in KVM's types"
		printf '%s\0' "$2" | dd of=/tmp/kvm-intel.ko bs=1 seek=$((base + i)) conv=notrunc 2>/dev/null
		shift 2
	done
	# A wrong signature is refused; none at all is not.
	if tail -c 28 /tmp/kvm-intel.ko | grep -q '^~Module signature appended~'; then
		truncate -s $(($(wc -c </tmp/kvm-intel.ko) - 28)) /tmp/kvm-intel.ko
	fi
	rmmod kvm_intel || die "kvm_intel is in use"
	touch /tmp/other-kvm
	insmod /tmp/kvm-intel.ko tdx=1 || die "the other KVM does not load"
}

# The S-EPT callbacks are named; without one of them early release is refused.
case_early_callbacks()
{
	t 0 helper load
	j 0 helper status
	is sept_generation "$(generation)"
	is sept_problem null
	t 0 helper status
	says "S-EPT callbacks +$(generation)"
	f=tdx_sept_free_private_spt
	types $f tdx_sept_other
	vmm web --pages 16
	j 0 helper status
	is sept_generation "$(generation)"
	is sept_problem "$f() is missing"
	j 0 release web --dry-run
	is strategy stop
	is 'plan.strategies[strategy=early].reason' 'a required kernel function is missing'
	is 'plan.strategies[strategy=early].detail' "S-EPT callbacks of $(generation): $f() is missing"
	t 5 release web --yes --strategy early
	says "$f\(\) is missing"
	gone "$VMM"
	nothing_left
	# The helper reads the types of each KVM that is loaded.
	same_kvm
	vmm web --pages 16
	released web 16
	kill_vmms
	nothing_left
}

# Dynamic PAMT: the reference of each page is put, if the function is known by its types.
case_early_pamt()
{
	modprobe plant_pamt || die "plant_pamt does not load"
	calls=/sys/module/plant_pamt/parameters/calls
	t 0 helper load
	vmm web --vcpus 2 --pages 64 --run
	web=$VMM
	j 0 release web --dry-run
	is strategy stop
	is 'plan.strategies[strategy=early].reason' \
		"not supported with this kernel's Dynamic PAMT, huge S-EPT pages or in-place conversion"
	is 'plan.strategies[strategy=early].detail' \
		"S-EPT callbacks of $(generation): tdx_pamt_put() exists, which early release does not support"
	gone $web
	nothing_left
	# A function of the same prototype, but for names.
	types tdx_flush_vp tdx_pamt_put _arg pfn
	vmm web --vcpus 2 --pages 64 --run
	web=$VMM
	released web 64
	[ "$(cat $calls)" = 64 ] || die "$(cat $calls) references are put, not 64"
	gone $web
	nothing_left
	[ "$(cat $calls)" = 64 ] || die "$(cat $calls) references are put, not 64"
	wait_for 'tdxctl helper unload'
	rmmod plant_pamt || die "plant_pamt is in use"
}
