#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# initramfs.sh KVER OUT.cpio: everything one guest needs, in one archive: busybox,
# both modules, tdxctl with its libraries, the VMM, the suite.
set -euo pipefail

kver=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
O=$(cd "$top" && cd "${O:-build}" && pwd)
modules=$("$top/tests/kernels.sh" | awk -v k="$kver" '$1 == k { print $4 }')

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,sbin,lib64,dev,proc,sys,tmp,run,out,etc,root,var/log,usr/sbin,suite/cases}
mkdir -p "$root/lib/modules/$kver/updates"

cp "$(command -v busybox)" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$O/vmm" "$O/jget" "$O/abi" "$O/fuzz-device" "$root/bin/"
cp "$O/tdxctl" "$root/usr/sbin/"
journald=/lib/systemd/systemd-journald
install -D $journald "$root$journald"
bash "$top/tests/loaded-libs.sh" "$O/tdxctl" $journald | while read -r lib; do
	install -D "$lib" "$root$lib"
done
printf '%s:/bin/sh\n' root:x:0:0:root:/root nobody:x:65534:65534:nobody:/tmp member:x:1000:1000:member:/tmp >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\nmember:x:1000:\n' >"$root/etc/group"
# The group as systemd-sysusers would create it, with one member.
awk '$1 == "g" { print $2 ":x:990:member" }' "$top/cmd/etc/sysusers.conf" >>"$root/etc/group"
cp "$top/cmd/etc/60-tdxctl.rules" "$root/suite/"
# Seed and number of calls of the fuzzer of the device.
echo "${FUZZ_SEED:-1} ${FUZZ_CALLS:-4000}" >"$root/suite/fuzz"
[ -z "${CASE_TIMEOUT-}" ] || echo "$CASE_TIMEOUT" >"$root/suite/timeout"

for m in tdxctl tdx_emul; do
	cp "$O/kmod/$kver/$m.ko" "$root/lib/modules/$kver/updates/"
done
for m in "$O/plant/$kver"/*.ko; do
	[ ! -e "$m" ] || cp "$m" "$root/lib/modules/$kver/updates/"
done
# What a VMM with a vhost device needs, and MSRs.
for m in tun tap vhost_iotlb vhost vhost_net msr; do
	file=$(find "$modules/kernel/drivers" "$modules/kernel/arch" -name "$m.ko*" | head -n 1)
	[ -n "$file" ] || continue
	case $file in
	*.xz) xz -dc "$file" >"$root/lib/modules/$kver/$m.ko" ;;
	*) cp "$file" "$root/lib/modules/$kver/" ;;
	esac
done
depmod -b "$root" "$kver" 2>/dev/null

install -m 755 "$here/init" "$root/init"
cp "$here"/{suite.sh,lib.sh} "$root/suite/"
cp "$top/${VM_CASES:-tests/vm/cases}"/*.sh "$root/suite/cases/"
printf '%s\n' "${@:3}" >"$root/suite/selected"
# FROM:TO of what only some cases need.
for f in ${VM_FILES-}; do
	install -D "${f%%:*}" "$root${f#*:}"
done

(cd "$root" && find . -print0 | sort -z | cpio -0 -o -H newc -R 0:0 --quiet) >"$out"
