#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Generated calls to /dev/tdxctl; the kernel log is judged like that of any case.

case_fuzz_device()
{
	load_emul
	t 0 helper load
	read -r seed calls </suite/fuzz
	fuzz-device "$seed" "$calls" >/out/fuzz-device.txt 2>&1 || {
		cat /out/fuzz-device.txt
		die "seed $seed, $calls calls: $(grep -m 1 -vE '^fuzz-device|calls,' /out/fuzz-device.txt)"
	}
	cat /out/fuzz-device.txt
	# Nothing is lost, and the helper still answers.
	wait_for "! grep -q '^td ' $EMUL/truth" 60
	truth '^hkid .* free' 15
	truth '^leaked hkids 0 pages 0$' 1
	t 0 status
	t 0 helper unload
}
