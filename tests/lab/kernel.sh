#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel.sh [lab|debug|--source]: a kernel of the lab, built in the cache and only when its source,
# its configuration or seam changed. Prints the directory it is in: linux/ is what was
# built, "facts" has one line for each of tests/lab/facts that is true of it.
# --source: only gets the source.
#
# LAB_KERNEL=7.2|7.3  Debian's source package of that version (7.2)
# LAB_LINUX=DIR       the unpacked, unbuilt source in DIR instead, 6.16 or newer. DIR is
#                     only read: the kernel is built in a copy.
set -euo pipefail

variant=${1:-lab}
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxctl/lab}
fragments=("$here/kernel/config")
case $variant in
lab | --source) ;;
debug) fragments+=("$here/kernel/config-debug") ;;
*)
	echo "kernel.sh: no kernel \"$variant\"" >&2
	exit 2
	;;
esac

# version_of DIR: as the tree's own Makefile has it.
version_of()
{
	sed -nE 's/^(VERSION|PATCHLEVEL|SUBLEVEL) = ([0-9]+)$/\2/p' "$1/Makefile" 2>/dev/null | head -n 3 | paste -sd.
}

# fail OBJECT-AND-CAUSE
fail()
{
	echo "lab: $1" >&2
	exit 1
}

source=
if [ -n "${LAB_LINUX-}" ]; then
	source=$(cd "$LAB_LINUX" 2>/dev/null && pwd -P) || fail "LAB_LINUX: there is no directory $LAB_LINUX"
	version=$(version_of "$source")
	[ -n "$version" ] || fail "LAB_LINUX: $source is not a kernel's source"
	grep -q 'config KVM_INTEL_TDX' "$source/arch/x86/kvm/Kconfig" ||
		fail "LAB_LINUX: the KVM of $source (Linux $version) has no TDX; Linux 6.16 is the first that has it"
	[ -z "$(ls -d "$source"/{.config,include/config} 2>/dev/null)" ] ||
		fail "LAB_LINUX: $source was built in; unpack the source again, or run make mrproper there"
	name=$version-$(sha256sum <<<"$source" | cut -c 1-8)
else
	name=${LAB_KERNEL:-7.2}
fi
[ "$variant" != debug ] || name+=-debug
dir=$cache/kernels/$name
tree=$dir/linux
mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9

# A copy of another state of the source is thrown away: an older file would not be noticed.
if [ -n "$source" ]; then
	state=$(cd "$source" && find . -path ./.git -prune -o -printf '%P %s %T@ %l\n' | sort | sha256sum)
	if [ "$state" != "$(cat "$dir/source.stamp" 2>/dev/null)" ]; then
		echo "lab: copying Linux $version" >&2
		rm -rf "$tree" "$dir"/*.stamp
		mkdir "$tree"
		tar -C "$source" --exclude=./.git -c . | tar -x -C "$tree"
		echo "$state" >"$dir/source.stamp"
	fi
else
	bash "$here/fetch.sh" linux "${LAB_KERNEL:-7.2}" "$dir"
fi
[ "$variant" != --source ] || exit 0

while IFS=$'\t' read -r fact file pattern; do
	case $fact in '' | '#'*) continue ;; esac
	[ -e "$tree/$file" ] || continue
	[ -n "$pattern" ] && ! grep -qE "$pattern" "$tree/$file" || echo "$fact"
done <"$here/facts" >"$dir/facts"
version_of "$tree" | cut -d. -f 1,2 >>"$dir/facts"
grep -qx no-kexec "$dir/facts" || fragments+=("$here/kernel/config-kexec")

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

# Everything that is not named in a fragment is off. What is named must have survived; a line
# below "# optional" may be unknown to a kernel. The last line for an option counts.
configure()
{
	local line

	cat "${fragments[@]}" >"$dir/wanted"
	KCONFIG_ALLCONFIG=$dir/wanted kmake -s allnoconfig >&2
	awk -F= '/^# (optional|required)/ { may = $0 ~ /optional/ }
		/^CONFIG_/ && !may { want[$1] = $0 }
		/^# CONFIG_.* is not set$/ { split($0, word, " "); delete want[word[2]] }
		END { for (name in want) print want[name] }' "$dir/wanted" >"$dir/required"
	while read -r line; do
		grep -qxF "$line" "$tree/.config" || fail "the kernel's configuration lost $line"
	done <"$dir/required"
}

config=$(cat "${fragments[@]}" | sha256sum)
stamp=$(cd "$tree" && { echo "$config" && sha256sum lab.mk tdxlab/Makefile tdxlab/*.[ch] tdxlab/core/{,seam/}*.[ch]; } | sha256sum)
if [ "$stamp" != "$(cat "$dir/kernel.stamp" 2>/dev/null)" ]; then
	rm -f "$dir/kernel.stamp"
	if [ "$config" != "$(cat "$dir/config.stamp" 2>/dev/null)" ]; then
		rm -f "$dir/config.stamp"
		configure
		echo "$config" >"$dir/config.stamp"
	fi
	echo "lab: building Linux $name (log: $dir/kernel.log)" >&2
	TIMEFORMAT='%R s, %U s of user and %S s of system CPU time'
	{ time kmake -j"$(nproc)" bzImage modules >"$dir/kernel.log" 2>&1; } 2>"$dir/kernel.time" || {
		tail -n 20 "$dir/kernel.log" >&2
		exit 1
	}
	echo "$stamp" >"$dir/kernel.stamp"
fi
echo "$dir"
