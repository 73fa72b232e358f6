#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel.sh [lab|debug]: the lab's kernel, built in the cache and only when its
# configuration or seam changed. Prints the directory it was built in.
set -euo pipefail

variant=${1:-lab}
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxctl/lab}
case $variant in
lab) dir=$cache fragments=("$here/kernel/config") ;;
debug) dir=$cache/debug fragments=("$here/kernel/config" "$here/kernel/config-debug") ;;
*)
	echo "kernel.sh: no kernel \"$variant\"" >&2
	exit 2
	;;
esac
tree=$dir/linux-source-7.2
mkdir -p "$dir"
exec 9>"$dir/kernel.lock"
flock 9

bash "$here/fetch.sh" linux "$dir"

# The kernel goes by time stamps: a file of the same contents keeps its own.
put()
{
	cmp -s "$1" "$2" || install -m 644 "$1" "$2"
}

mkdir -p "$tree/tdxlab/core/seam"
put "$here/kernel/lab.mk" "$tree/lab.mk"
put "$here/kernel/Makefile" "$tree/tdxlab/Makefile"
for f in "$here"/kernel/*.[ch]; do
	put "$f" "$tree/tdxlab/${f##*/}"
done
for f in "$top"/kmod/{core/{platform.h,tdx.h},emul/{seam-debugfs.[ch],seam-trap.h}}; do
	put "$f" "$tree/tdxlab/core/${f##*/}"
done
for f in "$top"/kmod/core/seam/*.[ch]; do
	put "$f" "$tree/tdxlab/core/seam/${f##*/}"
done
for f in "$tree"/tdxlab/core/*.[ch]; do
	[ -e "$top/kmod/core/${f##*/}" ] || [ -e "$top/kmod/emul/${f##*/}" ] || rm -f "$f"
done
for f in "$tree"/tdxlab/core/seam/*.[ch]; do
	[ -e "$top/kmod/core/seam/${f##*/}" ] || rm -f "$f"
done

# vmlinux or a module that is not linked by way of lab.mk has no seam in it.
kmake()
{
	make --no-print-directory -C "$tree" -f lab.mk CC=gcc "$@"
}

config=$(cat "${fragments[@]}" | sha256sum)
stamp=$(cd "$tree" && { echo "$config" && sha256sum lab.mk tdxlab/Makefile tdxlab/*.[ch] tdxlab/core/{,seam/}*.[ch]; } | sha256sum)
if [ "$stamp" != "$(cat "$dir/kernel.stamp" 2>/dev/null)" ]; then
	rm -f "$dir/kernel.stamp"
	if [ "$config" != "$(cat "$dir/config.stamp" 2>/dev/null)" ]; then
		kmake -s x86_64_defconfig >&2
		(cd "$tree" && scripts/kconfig/merge_config.sh -m .config "${fragments[@]}" >/dev/null)
		kmake -s olddefconfig >&2
		# What the tests count on must have survived.
		for want in INTEL_TDX_HOST=y KVM=m KVM_INTEL=m KVM_INTEL_TDX=y DEBUG_INFO_BTF=y \
			DEBUG_INFO_BTF_MODULES=y KPROBES=y KALLSYMS_ALL=y CGROUP_MISC=y X86_KERNEL_IBT=y; do
			grep -qx "CONFIG_$want" "$tree/.config" || {
				echo "lab: the kernel's configuration lost CONFIG_$want" >&2
				exit 1
			}
		done
		echo "$config" >"$dir/config.stamp"
	fi
	echo "lab: building the $variant kernel (log: $dir/kernel.log)" >&2
	kmake -j"$(nproc)" bzImage modules >"$dir/kernel.log" 2>&1 || {
		tail -n 20 "$dir/kernel.log" >&2
		exit 1
	}
	echo "$stamp" >"$dir/kernel.stamp"
fi
echo "$tree"
