#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh KVER [CASE...]: boots one stock kernel in QEMU, runs the suite in it and
# judges the result: cases, every JSON document, and the kernel log.
# Last line: "vm-KVER: N passed, N failed".
set -euo pipefail

kver=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cd "$top"
export O=${O:-build}
# The bench has cases of its own.
export VM_CASES=${VM_CASES:-tests/vm/cases}
work=$O/vm/$kver${VM_NAME:+-$VM_NAME}
mkdir -p "$work"

read -r _ hdr image _ < <(tests/kernels.sh | awk -v k="$kver" '$1 == k')
if [ "${image:--}" = - ]; then
	echo "vm-$kver: 0 passed, 1 failed"
	echo "no image of kernel $kver; make deps fetches it" >&2
	exit 1
fi

"${MAKE:-make}" --no-print-directory -s O="$O" "$O/tdxctl" "$O/vmm" "$O/jget" "$O/abi" "$O/fuzz-device"
"${MAKE:-make}" --no-print-directory -s O="$O" kmod KVER="$kver" KDIR="$hdr" >"$work/kmod.log" 2>&1 || {
	tail -n 20 "$work/kmod.log"
	echo "vm-$kver: 0 passed, 1 failed"
	exit 1
}
# Modules with functions that later kernels have.
mkdir -p "$O/plant/$kver"
cp -u tests/vm/plant/* "$O/plant/$kver/"
"${MAKE:-make}" --no-print-directory -s -C "$hdr" M="$(realpath "$O/plant/$kver")" CC=gcc O= modules >"$work/plant.log" 2>&1 || {
	tail -n 20 "$work/plant.log"
	echo "vm-$kver: 0 passed, 1 failed"
	exit 1
}
bash tests/vm/initramfs.sh "$kver" "$work/initramfs.cpio" "$@"

# Poisoned slabs turn a use after free into an oops; an oops ends the guest.
boot()
{
	rm -f "$work"/{console,results,out.tgz}
	timeout --kill-after=5 "${VM_TIMEOUT:-900}" qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot -nic none \
		-machine q35,accel=tcg -cpu max -smp 4,sockets=2,cores=2 -m 1G \
		-kernel "$image" -initrd "$work/initramfs.cpio" \
		-append "console=ttyS0 panic=-1 oops=panic loglevel=7 slub_debug=FZP cryptomgr.notests=1 rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60 random.trust_cpu=on" \
		-serial "file:$work/console" -serial "file:$work/results" -serial "file:$work/out.tgz" \
		</dev/null >"$work/qemu.log" 2>&1 &
	qemu=$!
}

# Now and then QEMU's translator hangs on code that the booting kernel patches,
# before anything of ours ran. That, and nothing else, is tried again.
started()
{
	local i

	for ((i = 0; i < 90; i++)); do
		[ ! -s "$work/results" ] || return 0
		kill -0 "$qemu" 2>/dev/null || return 0
		sleep 1
	done
	return 1
}

trap 'kill "$qemu" 2>/dev/null' EXIT
trap 'exit 143' INT TERM
for try in 1 2 3; do
	boot
	started && break
	echo "# boot $try did not reach the suite: $(tail -n 1 "$work/console")"
	kill "$qemu"
	wait "$qemu" || true
done
status=0
wait "$qemu" || status=$?
trap - EXIT

exec "${PYTHON:-/usr/bin/python3}" tests/vm/judge.py "$kver" "$work" "$status" "$@"
