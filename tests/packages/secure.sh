#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Secure Boot: the keys of Debian's OVMF, its signed shim, GRUB and kernel. The key of DKMS is
# enrolled as the manual describes it, with mokutil and MokManager.
#   secure.sh [SUITE...]    default: bookworm trixie
set -euo pipefail

cd "$(dirname "$0")/../.."
name=packages-secure
. tests/packages/lib.sh
. tests/packages/guest.sh

# esp ROOT KERNEL INITRD FILE: the system partition. shim looks for the others beside it.
esp()
{
	local efi=$1/srv/efi/usr/lib

	mkfs.fat -C "$4" $((256 * 1024)) && mmd -i "$4" ::/EFI ::/EFI/BOOT ::/EFI/debian &&
		mcopy -i "$4" "$efi/shim/shimx64.efi.signed" ::/EFI/BOOT/BOOTX64.EFI &&
		mcopy -i "$4" "$efi/shim/mmx64.efi.signed" ::/EFI/BOOT/mmx64.efi &&
		mcopy -i "$4" "$efi/grub/x86_64-efi-signed/grubx64.efi.signed" ::/EFI/BOOT/grubx64.efi &&
		mcopy -i "$4" "$2" ::/vmlinuz && mcopy -i "$4" "$3" ::/initrd
}

# Only code in SMM may write the variables of the firmware.
firmware()
{
	options=(-machine "q35,smm=on" -global "driver=cfi.pflash01,property=secure,value=on"
		-drive "if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.ms.fd"
		-drive "if=pflash,unit=1,format=raw,file=$work/vars"
		-drive "file=$work/esp,if=virtio,format=raw")
	cp /usr/share/OVMF/OVMF_VARS_4M.ms.fd "$work/vars"
}

# secure STAGE
secure()
{
	printf 'linux /vmlinuz %s packages-test=%s\ninitrd /initrd\nboot\n' "$cmdline" "$1" >"$work/grub.cfg"
	mcopy -o -i "$work/esp" "$work/grub.cfg" ::/EFI/debian/grub.cfg
	guest "$work/disk" "$1" "${options[@]}"
}

# The firmware starts MokManager, because mokutil has left a key; at the end it reboots.
enroll()
{
	machine "$work/disk" -chardev "socket,id=line,path=$work/line,server=on,wait=on" -serial chardev:line \
		"${options[@]}" </dev/null &
	qemu=$!
	/usr/bin/python3 tests/packages/mokmanager.py "$work/line" 12345678 || return
	wait "$qemu" || return
	qemu=
}

for suite in "${suites[@]}"; do
	work=$(mktemp -d)
	mkdir "$work/root"
	step "$suite: the packages" debs
	step "$suite: install" guest_root "$work/root"
	step "$suite: a disk" guest_image "$work/root" "$work/disk"
	step "$suite: a system partition" esp "$work/root" "$work/disk.kernel" "$work/disk.initrd" "$work/esp"
	rm -rf "$work/root"
	[ "$failed" = 0 ] || break
	firmware
	secure refused
	step "$suite: MokManager enrolls the key" enroll
	secure enrolled
	rm -rf "$work"
done
finish
