#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh: a long run of the fuzzer of /dev/tdxctl. Environment: N, how many calls (1000000);
# SEED (default: of the clock; it is printed); KERNEL, "debug" or "lab" for the lab's kernel
# with and without sanitizers, else a stock kernel in QEMU, such as 6.1.0-50-amd64.
set -euo pipefail

cd "$(dirname "$0")/../../.."
export O=${O:-build}
calls=${N:-1000000} seed=${SEED:-$(date +%s)} kernel=${KERNEL:-debug}
# A lab is slow, and the debug kernel in it much slower.
export CASE_TIMEOUT=$((600 + calls / 10)) FUZZ_SEED=$seed FUZZ_CALLS=$calls
echo "fuzz-device: N=$calls SEED=$seed KERNEL=$kernel"
case $kernel in
debug | lab)
	mkdir -p "$O/fuzz-run"
	echo "$seed $calls" >"$O/fuzz-run/fuzz"
	echo "$CASE_TIMEOUT" >"$O/fuzz-run/timeout"
	LAB_NAME=lab-fuzz LAB_TIMEOUT=$((CASE_TIMEOUT + 600)) \
		LAB_FILES="$O/fuzz-run/fuzz $O/fuzz-run/timeout" \
		exec bash tests/lab/suite.sh "$kernel" fuzz_device
	;;
*)
	VM_NAME=fuzz VM_TIMEOUT=$((CASE_TIMEOUT + 300)) exec bash tests/vm/run.sh "$kernel" fuzz_device
	;;
esac
