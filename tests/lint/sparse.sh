#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# sparse.sh KVER HEADERS: both modules through sparse; any word about our own
# files is a failure (what it says about the kernel's headers is not ours).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
kver=$1 hdr=$2
O=${O:-build}
out=$O/log/sparse-$kver.out
mkdir -p "$O/log"

if ! "${MAKE:-make}" --no-print-directory -s O="$O/sparse" kmod KVER="$kver" KDIR="$hdr" KARGS="C=2" >"$out" 2>&1; then
	tail -n 20 "$out"
	exit 1
fi
ours=$(realpath "$O/sparse/kmod/$kver")
if grep -E "^($ours/)?(compat|core|tdxctl|emul|uapi)/[^:]*:[0-9]+(:[0-9]+)?: (warning|error)" "$out"; then
	exit 1
fi
