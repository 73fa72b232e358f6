#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# capture-guest.sh SITUATION...: brings the lab's host into each situation and
# leaves what tdxctl reads of it in /out/SITUATION. Run by capture.sh.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2317
. /suite/lib.sh
CASE=capture
CG=/sys/fs/cgroup

# keep FILE...: as it is; what is not there or may not be read stays out.
keep()
{
	for f in "$@"; do
		[ -f "$f" ] || continue
		mkdir -p "$T/${f%/*}"
		cat "$f" >"$T/$f" 2>/dev/null || rm -f "$T/$f"
	done
}

# copy NAME HOW: the tree of this moment.
copy()
{
	T=/out/$1
	mkdir -p "$T/dev/cpu/0" "$T/dev/cpu/2" "$T/proc" "$T/var/log"
	echo "Captured in the lab (Linux 7.2 on the software TDX module): $2." >"$T/origin"
	keep /proc/sys/kernel/osrelease /proc/cmdline /proc/1/comm
	head -n 1 /proc/meminfo >"$T/proc/meminfo"
	awk '/^$/ { exit } { print }' /proc/cpuinfo >"$T/proc/cpuinfo"
	echo >>"$T/proc/cpuinfo"
	grep -E '^(cpu |btime)' /proc/stat >"$T/proc/stat"
	c=/sys/devices/system/cpu
	keep $c/present $c/possible $c/online $c/hotplug/states \
		$c/cpu[0-9]*/online $c/cpu[0-9]*/topology/physical_package_id $c/cpu[0-9]*/hotplug/state \
		$c/cpu[0-9]*/hotplug/target
	keep /sys/devices/system/node/node*/cpulist /sys/devices/system/memory/memory[0-9]*/state
	keep /sys/devices/faux/tdx_host/version /sys/devices/faux/tdx_host/seamldr_version \
		/sys/devices/faux/tdx_host/num_remaining_updates /sys/class/firmware/tdx_module/status \
		/sys/class/firmware/tdx_module/error
	for p in tdx ept enable_apicv; do
		keep /sys/module/kvm_intel/parameters/$p
	done
	for p in tdp_mmu mmio_caching enable_virt_at_load; do
		keep /sys/module/kvm/parameters/$p
	done
	keep /sys/power/mem_sleep /sys/power/disk /sys/kernel/security/lockdown /sys/kernel/kexec_crash_loaded \
		/proc/sys/vm/nr_hugepages
	keep $CG/misc.* $CG/*/misc.* $CG/*/*/misc.*
	# A file in the directory of each VM: git keeps no empty directory.
	keep /sys/kernel/debug/kvm/[0-9]*/tsc-offset /sys/kernel/debug/kvm/[0-9]*/nx_lpage_splits
	[ ! -e /dev/kvm ] || : >"$T/dev/kvm"
	dmesg >"$T/var/log/dmesg" 2>/dev/null || rm -f "$T/var/log/dmesg"
	hosttxt "$T" 0 "${OTHER:-2}" || die "hosttxt"
	find "$T" -type d | sort -r | while read -r d; do
		rmdir "$d" 2>/dev/null
	done
}

situation_healthy()
{
	vmm web --vcpus 2 --pages 16 --run
	copy healthy "one TD runs"
	gone "$VMM"
}

situation_leaked_hkid()
{
	vmm web --vcpus 2 --pages 8
	vmm db --pages 8
	fault leaf=20 status=0xc000081100000000 count=1
	gone "$VMM"
	wait_for 'dmesg | grep -q "is leaked"'
	copy leaked-hkid "TDH.MNG.KEY.FREEID failed as one of two TDs ended"
	kill_vmms
}

situation_hkids_exhausted()
{
	for i in $(seq 1 15); do
		vmm "vm$i" --stop-at init
	done
	vmm_fails INIT_VM more --stop-at init
	copy hkids-exhausted "15 TDs, then one more was refused"
	kill_vmms
	wait_for '[ "$(charged)" = 0 ]'
}

situation_cgroup_limit()
{
	echo +misc >$CG/cgroup.subtree_control
	mkdir $CG/machine.slice
	echo 'tdx 1' >$CG/machine.slice/misc.max
	vmm db --pages 8
	echo $$ >$CG/machine.slice/cgroup.procs
	vmm web --pages 8
	vmm_fails INIT_VM more --stop-at init
	copy cgroup-limit "a cgroup with misc.max tdx 1 and one TD refused another"
	echo $$ >$CG/cgroup.procs
	kill_vmms
}

situation_package_offline()
{
	online 3 0 || die "CPU 3 does not go"
	online "$OTHER" 0 || die "CPU $OTHER does not go"
	vmm_fails INIT_VM web --pages 8
	copy package-offline "all CPUs of a package are offline and a TD was refused"
	online "$OTHER" 1
	online 3 1
}

situation_parameter_off()
{
	copy parameter-off "kvm_intel was loaded with tdx=0"
}

situation_kvm_not_loaded()
{
	copy kvm-not-loaded "kvm_intel is not loaded"
}

situation_module_missing()
{
	copy module-missing "no TDX module is loaded"
}

# As nobody: what was refused is named in a list.
situation_no_permission()
{
	chmod 600 /dev/kvm
	T=/out/no-permission
	vmm web --pages 8
	mkdir -p "$T"
	chown -R nobody /out/no-permission
	echo 1 >/proc/sys/kernel/dmesg_restrict
	su -s /bin/sh nobody -c "sh /suite/capture-guest.sh --copy no-permission 'by a user without rights, while a TD ran'"
	find /sys/module/kvm_intel/parameters /sys/devices/faux/tdx_host /sys/class/firmware /sys/kernel/debug \
		/sys/power /dev/kvm /dev/kmsg /dev/cpu -maxdepth 1 2>/dev/null | sort >/tmp/all
	su -s /bin/sh nobody -c 'while read -r f; do [ -r "$f" ] || echo "$f"; done' </tmp/all >"$T/denied"
	chmod 666 /dev/kvm
	kill_vmms
}

package=$(cat /sys/devices/system/cpu/cpu3/topology/physical_package_id 2>/dev/null)
OTHER=
for c in 1 2; do
	[ "$(cat /sys/devices/system/cpu/cpu$c/topology/physical_package_id 2>/dev/null)" != "$package" ] || OTHER=$c
done
if [ "$1" = --copy ]; then
	copy "$2" "$3"
	exit 0
fi
for s in "$@"; do
	dmesg -n 7
	situation_"$s" || die "$s"
	echo "# $s"
done
