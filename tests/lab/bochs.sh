#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bochs.sh: Bochs, built in the cache once. Prints the directory it is in.
#
# Debian's own build has a debugger in it that looks at every instruction, and takes
# half as long again for everything.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxctl/lab}
mkdir -p "$cache"
exec 9>"$cache/bochs.lock"
flock 9
bash "$here/fetch.sh" bochs

# What the CPU model has must be built in, or Bochs does not start.
options=(--enable-cpu-level=6 --enable-x86-64 --enable-smp --enable-vmx=2 --enable-avx --enable-evex
	--enable-amx --enable-cet --enable-uintr --enable-protection-keys --enable-memtype --enable-pci
	--enable-cdrom --enable-all-optimizations --disable-x86-debugger --disable-plugins
	--disable-docbook --with-nogui)
dir=$cache/bochs
stamp="${options[*]}"
if [ "$stamp" != "$(cat "$dir/stamp" 2>/dev/null)" ]; then
	echo "lab: building Bochs (log: $dir/build.log)" >&2
	rm -rf "$dir/build" "$dir/stamp"
	mkdir "$dir/build"
	(
		cd "$dir/build"
		CC=gcc CXX=g++ CFLAGS='-O3 -fomit-frame-pointer -w' CXXFLAGS='-O3 -fomit-frame-pointer -w' \
			../source/configure "${options[@]}"
		make -j"$(nproc)" bochs
	) >"$dir/build.log" 2>&1 || {
		tail -n 20 "$dir/build.log" >&2
		exit 1
	}
	echo "$stamp" >"$dir/stamp"
fi
echo "$dir"
