#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make check-packages: all tests of the packages. Installs what they need.
#   all.sh [SUITE...]    default: bookworm trixie
set -uo pipefail

cd "$(dirname "$0")" || exit 1
packages=(debootstrap dosfstools e2fsprogs mtools ovmf qemu-system-x86)
missing=()
for package in "${packages[@]}"; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} = 0 ] || apt-get -q -y install --no-install-recommends "${missing[@]}" || exit 1

status=0
for test in run boot secure; do
	bash "./$test.sh" "$@" || status=1
done
exit $status
