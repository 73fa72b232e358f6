#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Generated calls to /dev/tdxctl, with VMs of the real KVM.

case_fuzz_device()
{
	t 0 helper load
	[ -s /suite/fuzz ] || echo "1 2000" >/suite/fuzz
	read -r seed calls </suite/fuzz
	fuzz-device "$seed" "$calls" /dev/kvm >/out/fuzz-device.txt 2>&1 || {
		cat /out/fuzz-device.txt
		die "seed $seed, $calls calls: $(grep -m 1 -vE '^fuzz-device|calls,' /out/fuzz-device.txt)"
	}
	cat /out/fuzz-device.txt
	nothing_left
	t 0 status
	t 0 helper unload
}
