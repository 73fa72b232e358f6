#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The stock kernels everything is built for and tested on, newest of each series.
#   kernels.sh            one line "KVER HEADERS IMAGE MODULES" per series; "-" = missing
#   kernels.sh cache      where kernels that are not installed are unpacked
set -euo pipefail

series="6.1 6.12"
cache="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tdxctl/kernels"

if [ "${1:-}" = cache ]; then
	echo "$cache"
	exit 0
fi

# look SERIES: installed kernels and unpacked ones, newest first; complete ones win.
look()
{
	local src kver root best="$1 - - -"

	while read -r kver src; do
		for root in "" "$cache/$kver"; do
			if [ -r "$root/boot/vmlinuz-$kver" ] && [ -d "$root/lib/modules/$kver/kernel" ] &&
				compgen -G "$root/lib/modules/$kver/kernel/arch/x86/kernel/msr.ko*" >/dev/null; then
				echo "$kver $src $root/boot/vmlinuz-$kver $root/lib/modules/$kver"
				return
			fi
		done
		best="$kver $src - -"
	done < <(find /usr/src "$cache" -maxdepth 4 -type d -name "linux-headers-$1.*-amd64" \
			-printf '%f %p\n' 2>/dev/null |
		sed -e '/-rt-\|-cloud-/d' -e 's/^linux-headers-//' | sort -rV)
	echo "$best"
}

for s in $series; do
	look "$s"
done
