#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# capture.sh: brings the lab's host into situations that operators meet and keeps
# what tdxctl reads of it as trees for --root, in tests/hosts/trees. A boot each
# for what cannot be undone. The trees are committed; this script replaces them.
set -euo pipefail

cd "$(dirname "$0")/../.."
export O=${O:-build}
out=$O/lab-capture
trees=tests/hosts/trees
mkdir -p "$out" "$trees"
${MAKE:-make} --no-print-directory -s O="$O" "$O/vmm"
${CC:-cc} -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Ilib -Ikmod/uapi -o "$out/hosttxt" tests/lab/hosttxt.c

# boot NAME [RUN.SH OPTION...] -- SITUATION...
boot()
{
	local name=$1 options=()

	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	bash tests/lab/run.sh -o "$out/$name" "${options[@]}" -f "$O/vmm" -f "$out/hosttxt" \
		-f tests/vm/lib.sh:/suite/vm-lib.sh -f tests/lab/lib.sh:/suite/lib.sh \
		-f tests/lab/capture-guest.sh:/suite/capture-guest.sh tests/lab/capture-guest.sh "$@"
	for t in "$out/$name/out"/*/; do
		t=${t%/}
		rm -rf "${trees:?}/${t##*/}"
		cp -r "$t" "$trees/"
	done
}

boot up -- healthy no_permission package_offline hkids_exhausted
boot cgroup -- cgroup_limit
boot leak -- leaked_hkid
boot off -m tdx=0 -- parameter_off
boot none -m none -- kvm_not_loaded
boot absent -a seam_lab.absent=1 -- module_missing
