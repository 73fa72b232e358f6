#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs what "make demo" and "make check" need on Debian 12. Does nothing, in
# well under a second, when all of it is there.
#   deps.sh           everything
#   deps.sh --print   say what is missing, change nothing; status 1 if anything is
#   deps.sh --build   only what "make demo" needs
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "$0")/.." && pwd)
cache=$("$top/tests/kernels.sh" cache)
mode=${1:-}

build_packages=(gcc libc6-dev make pkg-config libjson-c-dev libkmod-dev)
check_packages=(bc binutils busybox-static clang codespell cpio
	dwarves file git kmod libclang-rt-14-dev libncurses-dev libnl-genl-3-dev llvm man-db
	python3 python3-jsonschema qemu-system-x86 scdoc shellcheck sparse valgrind xz-utils)

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

# Series whose headers or image are not here.
missing_kernels()
{
	"$top/tests/kernels.sh" | awk -v col="$1" '$col == "-" { split($1, v, "."); print v[1] "." v[2] }'
}

mapfile -t packages < <(missing_of "${build_packages[@]}")
headers=() images=()
if [ "$mode" != --build ]; then
	mapfile -t -O "${#packages[@]}" packages < <(missing_of "${check_packages[@]}")
	mapfile -t headers < <(missing_kernels 2)
	mapfile -t images < <(missing_kernels 3)
fi

if [ $((${#packages[@]} + ${#headers[@]} + ${#images[@]})) = 0 ]; then
	[ "$mode" = --print ] && echo "deps: all here"
	exit 0
fi
if [ "$mode" = --print ]; then
	echo "deps: missing packages: ${packages[*]:-none}; kernel headers: ${headers[*]:-none};" \
		"kernel images: ${images[*]:-none}"
	exit 1
fi

if [ $((${#packages[@]} + ${#headers[@]})) != 0 ] && [ "$(id -u)" != 0 ]; then
	echo "deps: packages are missing: ${packages[*]} ${headers[*]/#/linux-headers-}" >&2
	if command -v sudo >/dev/null; then
		echo "run: sudo make -C $top deps" >&2
	else
		echo "run: su -c 'make -C $top deps'" >&2
	fi
	exit 1
fi

apt=(apt-get -q -y -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root -o Acquire::Retries=3)
# Lines "SUITE CODENAME SITE"; the code name is known after an update only.
targets()
{
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(RELEASE) $(CODENAME) $(SITE) $(COMPONENT)' 'Created-By: Packages' |
		awk '$NF == "main"'
}

# The mirror is the one this machine already uses for Debian 12 itself.
add_backports()
{
	local site

	! targets | grep -q bookworm-backports || return 0
	site=$(targets | awk '$1 == "bookworm" || $2 == "bookworm" { print $3; exit }')
	[ -n "$site" ] || fail "no apt source for Debian 12 (bookworm main) is configured"
	echo "deps: adding bookworm-backports from $site"
	cat >/etc/apt/sources.list.d/tdxctl-backports.sources <<-END
		Types: deb
		URIs: $site
		Suites: bookworm-backports
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
	"${apt[@]}" update
}

# The newest version of a metapackage in one kernel series, then what it stands for.
kernel_package()
{
	local meta=$1 series=$2 version

	version=$(apt-cache madison "$meta" |
		awk -v s="$series." '{ if (index($3, s) == 1) print $3 }' | sort -V | tail -n 1)
	[ -n "$version" ] || fail "apt knows no $meta $series"
	apt-cache show "$meta=$version" | sed -n 's/^Depends: \(linux-[^ ,]*\).*/\1/p' | head -n 1
}

updated=
if [ "$(id -u)" = 0 ]; then
	"${apt[@]}" update
	updated=y
	case " ${headers[*]} ${images[*]} " in
	*" 6.12 "*) add_backports ;;
	esac
	for s in "${headers[@]}"; do
		packages+=("$(kernel_package linux-headers-amd64 "$s")")
	done
	if [ ${#packages[@]} != 0 ]; then
		"${apt[@]}" install --no-install-recommends "${packages[@]}"
	fi
fi

# Images are unpacked in a cache, never installed: no boot loader, no initramfs
# hooks, and the machine's own boot stays as it is.
[ "$mode" = --build ] && exit 0
while read -r kver hdr image _; do
	[ "$hdr" != - ] || fail "headers of kernel $kver are still missing"
	[ "$image" = - ] || continue
	dir=$cache/$kver
	mkdir -p "$dir"
	work=$(mktemp -d "$cache/unpack.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	echo "deps: fetching the image of $kver into $cache"
	version=$(dpkg-query -W -f '${Version}' "linux-headers-$kver")
	(cd "$work" && "${apt[@]}" download "linux-image-$kver=$version") ||
		fail "cannot fetch linux-image-$kver=$version${updated:+; try again later}"
	# Only what the tests boot and load: the whole package is ten times that.
	dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb |
		tar -x -C "$dir" --wildcards './boot/vmlinuz-*' './boot/config-*' \
			'./lib/modules/*/kernel/drivers/vhost/*' './lib/modules/*/kernel/drivers/net/t[au][pn].ko*'
	rm -rf "$work"
done < <("$top/tests/kernels.sh")

"$top/tests/deps.sh" --print
