#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs what "make demo" and "make check" need on Debian 12 and 13. Does nothing, in
# well under a second, when everything is installed.
#   deps.sh           everything
#   deps.sh --print   say what is missing, change nothing; status 1 if anything is
#   deps.sh --build   only what "make demo" needs
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "$0")/.." && pwd)
cache=$("$top/tests/kernels.sh" cache)
mode=${1:-}

# The version of the package clang, and the package that has systemd.pc.
llvm=14 systemd_pc=systemd
! grep -qs '^VERSION_CODENAME=trixie' /etc/os-release || llvm=19 systemd_pc=systemd-dev

build_packages=(gcc clang libc6-dev make pkg-config libbpf-dev libjson-c-dev libkmod-dev libncurses-dev
	libnl-3-dev libnl-genl-3-dev libsystemd-dev
	zlib1g-dev)
check_packages=(bash-completion bc binutils build-essential busybox-static clang-format-19 codespell cpio
	debhelper dh-dkms dwarves file fish g++ git kmod "libclang-rt-$llvm-dev" lintian llvm lz4 man-db
	python3 python3-jsonschema python3-yaml qemu-system-x86 scdoc shellcheck sparse strace systemd "$systemd_pc" valgrind xz-utils
	zsh
	bison debian-archive-keyring flex isolinux libelf-dev libssl-dev openssl syslinux-common xorriso)

fail()
{
	echo "deps: $*" >&2
	exit 1
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	fail "no apt here; on Debian 12 names the packages are: ${build_packages[*]} ${check_packages[*]}" \
		"and the headers and images of kernels 6.1 and 6.12"
fi

missing_of()
{
	local p

	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done
}

# These programs alone, of the package prometheus: installing that starts a server.
prometheus_tools=(prometheus promtool)
missing_tools()
{
	local t

	for t in "${prometheus_tools[@]}"; do
		command -v "$t" >/dev/null || [ -x "$(dirname "$cache")/$t" ] || echo "$t"
	done
}

# Series without headers or image.
missing_kernels()
{
	"$top/tests/kernels.sh" | awk '$2 == "-" || $3 == "-" { split($1, v, "."); print v[1] "." v[2] }'
}

mapfile -t packages < <(missing_of "${build_packages[@]}")
kernels=() tools=()
if [ "$mode" != --build ]; then
	mapfile -t -O "${#packages[@]}" packages < <(missing_of "${check_packages[@]}")
	mapfile -t tools < <(missing_tools)
	mapfile -t kernels < <(missing_kernels)
fi

if [ $((${#packages[@]} + ${#tools[@]} + ${#kernels[@]})) = 0 ]; then
	[ "$mode" = --print ] && echo "deps: all here"
	exit 0
fi
if [ "$mode" = --print ]; then
	echo "deps: missing packages: ${packages[*]:-none}; tools: ${tools[*]:-none}; kernels: ${kernels[*]:-none}"
	exit 1
fi

apt=(apt-get -q -y -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root -o Acquire::Retries=3)

if [ ${#packages[@]} != 0 ]; then
	if [ "$(id -u)" != 0 ]; then
		echo "deps: packages are missing: ${packages[*]}" >&2
		if command -v sudo >/dev/null; then
			echo "run: sudo make -C $top deps" >&2
		else
			echo "run: su -c 'make -C $top deps'" >&2
		fi
		exit 1
	fi
	"${apt[@]}" update
	"${apt[@]}" install --no-install-recommends "${packages[@]}"
fi
[ $((${#tools[@]} + ${#kernels[@]})) != 0 ] || exit 0

# Kernels and tools are unpacked into a cache, never installed: what this machine boots,
# and what its apt knows, stay as they are, and no root is needed. apt gets a
# state of its own there, with the mirror that the machine uses. The kernels are of Debian 12.
mkdir -p "$cache"/apt/{etc/sources.list.d,etc/preferences.d,lists/partial,archives/partial}
# shellcheck disable=SC2016 # apt expands these
site=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(SITE)' 'Created-By: Packages' |
	awk '$1 == "Debian" && $2 == "main" && $3 !~ /security/ { print $4; exit }')
[ -n "$site" ] || fail "no apt source for Debian is configured"
cat >"$cache/apt/etc/sources.list.d/kernels.sources" <<-END
	Types: deb
	URIs: $site
	Suites: bookworm bookworm-backports
	Components: main
	Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
own=(-o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$cache/apt/etc/sources.list.d"
	-o "Dir::Etc::PreferencesParts=$cache/apt/etc/preferences.d"
	-o "Dir::State::Lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt")
"${apt[@]}" "${own[@]}" update

# meta SERIES: the newest linux-image-amd64 of it, as "VERSION KVER".
meta()
{
	local version

	version=$(apt-cache "${own[@]}" madison linux-image-amd64 |
		awk -v s="$1." '{ if (index($3, s) == 1) print $3 }' | sort -V | tail -n 1)
	[ -n "$version" ] || fail "apt knows no linux-image-amd64 $1"
	apt-cache "${own[@]}" show "linux-image-amd64=$version" |
		sed -n "s/^Depends: linux-image-\([^ ,]*\).*/$version \1/p" | head -n 1
}

if [ ${#tools[@]} != 0 ]; then
	work=$(mktemp -d "$cache/unpack.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	(cd "$work" && "${apt[@]}" "${own[@]}" download prometheus) || fail "cannot fetch prometheus"
	dpkg-deb --fsys-tarfile "$work"/prometheus_*.deb | tar -x -C "$work" "${tools[@]/#/./usr/bin/}"
	mv "${tools[@]/#/$work/usr/bin/}" "$(dirname "$cache")"
	rm -rf "$work"
fi

for s in "${kernels[@]}"; do
	read -r version kver < <(meta "$s")
	[ -n "${kver:-}" ] || fail "the version of kernel $s is not known"
	echo "deps: fetching kernel $kver into $cache"
	work=$(mktemp -d "$cache/unpack.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	flavour=${kver##*-}
	names=("linux-image-$kver" "linux-headers-$kver" "linux-headers-${kver%-"$flavour"}-common")
	names+=("$(apt-cache "${own[@]}" show "linux-headers-$kver=$version" |
		grep -o 'linux-kbuild-[^ ,]*' | head -n 1)")
	(cd "$work" && "${apt[@]}" "${own[@]}" download "${names[@]/%/=$version}") ||
		fail "cannot fetch ${names[*]} $version"
	mkdir "$work/root"
	for deb in "$work"/*.deb; do
		case $deb in
		# Only what the tests boot and load: the rest of the image is ten times that.
		*/linux-image-*)
			dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --wildcards './boot/vmlinuz-*' \
				'./lib/modules/*/kernel/drivers/vhost/*' \
				'./lib/modules/*/kernel/arch/x86/kernel/msr.ko*' \
				'./lib/modules/*/kernel/drivers/net/t[au][pn].ko*'
			;;
		*) dpkg-deb -x "$deb" "$work/root" ;;
		esac
	done
	# The one absolute path in there.
	sed -i "s|/usr/src/|$cache/$kver/usr/src/|" "$work/root/usr/src/linux-headers-$kver/Makefile"
	rm -rf "${cache:?}/$kver"
	mv "$work/root" "$cache/$kver"
	rm -rf "$work"
done

"$top/tests/deps.sh" --print
