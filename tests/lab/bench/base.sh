#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# base.sh COMMIT: builds helper and command of another commit for the lab's kernel. Prints the
# options of LAB_FILES that put them into the guest, as /suite/base/tdxctl.ko and
# /bin/tdxctl-base. Needs the git repository.
set -euo pipefail

commit=$1
cd "$(dirname "$0")/../../.."
O=${O:-build}
dir=$(realpath -m "$O/bench-base")
kernel=$(bash tests/lab/kernel.sh lab)
release=$(cat "$kernel/linux/include/config/kernel.release")
if [ "$commit $release" != "$(cat "$dir/stamp" 2>/dev/null)" ]; then
	rm -rf "$dir"
	mkdir -p "$dir/source"
	git archive "$commit" | tar -x -C "$dir/source"
	make=${MAKE:-make}
	"$make" --no-print-directory -s -C "$dir/source" O="$dir/build" "$dir/build/tdxctl" >&2
	"$make" --no-print-directory -s -C "$dir/source" O="$dir/build" kmod KVER="$release" KDIR="$kernel/linux" >"$dir/kmod.log" 2>&1 || {
		tail -n 20 "$dir/kmod.log" >&2
		exit 1
	}
	cp "$dir/build/tdxctl" "$dir/tdxctl-base"
	cp "$dir/build/kmod/$release/tdxctl.ko" "$dir/tdxctl.ko"
	echo "$commit $release" >"$dir/stamp"
fi
echo "$dir/tdxctl-base $dir/tdxctl.ko:/suite/base/tdxctl.ko"
