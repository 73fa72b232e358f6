#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh KVER: the helper is never in the way of a dying kernel. A stock kernel panics
# while another CPU is stopped inside the ledger; its panic notifiers make a SEAMCALL,
# and it must get to its crash kernel. Last line: "vm-crash-KVER: N passed, N failed".
set -euo pipefail

kver=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
cd "$top"
export O=${O:-build} VM_CASES=tests/vm/crash/cases
work=$O/vm/$kver-crash
mkdir -p "$work"
passed=0 failed=0

read -r _ hdr image _ < <(tests/kernels.sh | awk -v k="$kver" '$1 == k')
if [ "${image:--}" = - ]; then
	echo "no image of kernel $kver; make deps fetches it" >&2
	echo "vm-crash-$kver: 0 passed, 1 failed"
	exit 1
fi
"${MAKE:-make}" --no-print-directory -s O="$O" "$O/tdxctl" "$O/vmm" "$O/jget" "$O/abi" "$O/fuzz-device" "$O/kexec"
"${MAKE:-make}" --no-print-directory -s O="$O" kmod KVER="$kver" KDIR="$hdr" >"$work/kmod.log" 2>&1 || {
	tail -n 20 "$work/kmod.log"
	echo "vm-crash-$kver: 0 passed, 1 failed"
	exit 1
}

# The crash kernel's own, small initramfs, inside the guest's.
root=$work/crash-root
rm -rf "$root"
mkdir -p "$root"/{bin,dev,proc}
cp "$(command -v busybox)" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install -m 755 "$here/init" "$root/init"
(cd "$root" && find . -print0 | sort -z | cpio -0 -o -H newc -R 0:0 --quiet) >"$work/crash.cpio"
VM_FILES="$O/kexec:/bin/kexec $image:/crash/vmlinuz $work/crash.cpio:/crash/initrd" \
	bash tests/vm/initramfs.sh "$kver" "$work/initramfs.cpio"

rm -f "$work"/{console,results,out.tgz}
status=0
timeout --kill-after=5 "${VM_TIMEOUT:-300}" qemu-system-x86_64 \
	-nodefaults -no-user-config -display none -no-reboot -nic none \
	-machine q35,accel=tcg -cpu max -smp 4,sockets=2,cores=2 -m 1536M \
	-kernel "$image" -initrd "$work/initramfs.cpio" \
	-append "console=ttyS0 crashkernel=320M crash_kexec_post_notifiers panic=60 loglevel=7 cryptomgr.notests=1 rcupdate.rcu_cpu_stall_timeout=120 random.trust_cpu=on" \
	-serial "file:$work/console" -serial "file:$work/results" -serial "file:$work/out.tgz" \
	</dev/null >"$work/qemu.log" 2>&1 || status=$?

# want FILE PATTERN WHAT
want()
{
	if grep -qaE "$2" "$work/$1"; then
		passed=$((passed + 1))
		echo "ok $3"
	else
		failed=$((failed + 1))
		echo "not ok $3: $1 has no line \"$2\""
	fi
}

want console 'crash: held cpu [0-9]' "a CPU is stopped inside the ledger"
want console 'a SEAMCALL from a panic notifier begins' "the panic notifier runs"
want console 'a SEAMCALL from a panic notifier returned 0x' "the SEAMCALL of a dying kernel returns"
want results '^crash kernel: up, vmcore of [1-9]' "the crash kernel starts and has the dump"
if [ "$status" = 0 ]; then
	passed=$((passed + 1))
	echo "ok the machine powers off"
else
	failed=$((failed + 1))
	echo "not ok the machine powers off: QEMU status $status"
	grep -a '^not ok' "$work/results" || true
	tail -n 30 "$work/console"
fi
echo "vm-crash-$kver: $passed passed, $failed failed"
[ "$failed" = 0 ]
