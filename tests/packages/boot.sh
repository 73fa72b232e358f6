#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots a guest with systemd, in which both packages are installed, on the kernel of the
# release: what the manual says about the helper at each boot, members of the group, the units
# and the removal. The stages are in tests/packages/guest.
#   boot.sh [SUITE...]    default: bookworm trixie
set -euo pipefail

cd "$(dirname "$0")/../.."
name=packages-boot
. tests/packages/lib.sh
. tests/packages/guest.sh

# Emulated TDX for this kernel, built with the compiler that its headers depend on, and a VMM.
emulated_tdx()
{
	# shellcheck disable=SC2016 # for the shell inside
	mkdir -p "$1/tmp/tdxctl" && git archive HEAD | tar -x -C "$1/tmp/tdxctl" && inside "$1" 'mkdir -p /opt/test
		make -s -C /tmp/tdxctl O=/tmp/kmod kmod KVER="$(ls /lib/modules)" KARGS="CC=$(ls /usr/bin/x86_64-linux-gnu-gcc-[0-9]*)"
		cp /tmp/kmod/kmod/*/tdx_emul.ko /opt/test/; rm -rf /tmp/kmod /tmp/tdxctl' &&
		make -s O="$O" "$O/vmm" && cp "$O/vmm" "$1/opt/test/"
}

for suite in "${suites[@]}"; do
	work=$(mktemp -d)
	mkdir "$work/root"
	step "$suite: the packages" debs
	step "$suite: install" guest_root "$work/root"
	step "$suite: emulated TDX" emulated_tdx "$work/root"
	step "$suite: a disk" guest_image "$work/root" "$work/disk"
	rm -rf "$work/root"
	[ "$failed" = 0 ] || break
	for stage in first second third; do
		guest "$work/disk" "$stage" -machine q35 -kernel "$work/disk.kernel" -initrd "$work/disk.initrd" \
			-append "$cmdline packages-test=$stage"
	done
	rm -rf "$work"
done
finish
