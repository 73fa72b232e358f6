#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The stock kernels everything is built for and tested on, newest of each series.
#   kernels.sh            one line "KVER HEADERS IMAGE MODULES" per series; "-" = missing
#   kernels.sh cache      where kernel images that are not installed are unpacked
set -euo pipefail

series="6.1 6.12"
cache="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tdxctl/kernels"

if [ "${1:-}" = cache ]; then
	echo "$cache"
	exit 0
fi

for s in $series; do
	# Headers decide the version: an image that does not match them is no use.
	kver=$(find /usr/src -maxdepth 1 -name "linux-headers-$s.*-amd64" -printf '%f\n' |
		sed -n -e '/-rt-\|-cloud-/d' -e 's/^linux-headers-//p' | sort -V | tail -n 1)
	if [ -z "$kver" ]; then
		echo "$s - - -"
		continue
	fi
	image=- modules=-
	for root in "" "$cache/$kver"; do
		if [ -r "$root/boot/vmlinuz-$kver" ] && [ -d "$root/lib/modules/$kver/kernel" ]; then
			image=$root/boot/vmlinuz-$kver modules=$root/lib/modules/$kver
			break
		fi
	done
	echo "$kver /usr/src/linux-headers-$kver $image $modules"
done
