#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fetch.sh bochs | fetch.sh linux VERSION DIR: from Debian's archive into the lab's cache
# or DIR unless it is present, through a private apt that leaves the machine's own alone.
# The mirror is the machine's, which may be a frozen snapshot; apt checks signatures
# and checksums.
set -euo pipefail

cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tdxctl/lab}
apt=$cache/apt

private_apt()
{
	local site key=/usr/share/keyrings/debian-archive-keyring.gpg suite
	# shellcheck disable=SC2016
	site=$(apt-get indextargets --format '$(CREATED_BY) $(REPO_URI) $(ORIGIN) $(CODENAME)' |
		awk '$1 == "Packages" && $3 == "Debian" && $4 !~ /security/ { print $2; exit }')
	[ -n "$site" ] || {
		echo "lab: apt knows no Debian mirror" >&2
		exit 1
	}
	mkdir -p "$apt"/{etc/{apt.conf.d,preferences.d},state/lists/partial,cache/archives/partial}
	: >"$apt/status"
	for suite in trixie trixie-backports sid; do
		echo "deb [signed-by=$key] $site $suite main"
	done >"$apt/etc/sources.list"
	echo "deb-src [signed-by=$key] $site trixie main" >>"$apt/etc/sources.list"
	# Kernel sources live in backports and sid, everything else is trixie's.
	printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n\n' \
		trixie-backports sid >"$apt/etc/preferences"
	cat >"$apt/apt.conf" <<-END
	Dir::Etc "$apt/etc";
	Dir::Etc::sourceparts "-";
	Dir::State "$apt/state";
	Dir::State::status "$apt/status";
	Dir::Cache "$apt/cache";
	APT::Architecture "amd64";
	APT::Install-Recommends "false";
	APT::Sandbox::User "";
	Acquire::Check-Valid-Until "false";
	Acquire::Languages "none";
	END
	export APT_CONFIG=$apt/apt.conf
	apt-get -qq update
}

# Its source, to be built by bochs.sh, and the ROMs, which Debian built from source.
fetch_bochs()
{
	local deb new=$cache/bochs.new
	private_apt
	rm -rf "$new"
	mkdir -p "$new/source"
	(
		cd "$apt/cache"
		apt-get -qq source --download-only --tar-only bochs
		apt-get -qq download bochsbios vgabios
		tar -xf bochs_*.orig.tar.* -C "$new/source" --strip-components=1
		for deb in bochsbios_*.deb vgabios_*.deb; do
			dpkg-deb -x "$deb" "$new"
		done
		rm -f bochs_* bochsbios_* vgabios_*
	)
	rm -rf "$cache/bochs"
	mv "$new" "$cache/bochs"
}

# fetch_linux VERSION DIR: as DIR/linux
fetch_linux()
{
	local name=linux-source-$1 dir=$2
	private_apt
	mkdir -p "$dir"
	(
		cd "$apt/cache"
		rm -f "$name"_*.deb
		apt-get -qq download "$name"
		rm -rf "$dir/new" && mkdir "$dir/new"
		dpkg-deb --fsys-tarfile "$name"_*.deb | tar -xO "./usr/src/$name.tar.xz" |
			tar -xJ -C "$dir/new"
		rm -f "$name"_*.deb
	)
	mv "$dir/new/$name" "$dir/linux"
	rmdir "$dir/new"
}

mkdir -p "$cache"
exec 9>"$cache/fetch.lock"
flock 9
case ${1-} in
bochs)
	[ -d "$cache/bochs/source" ] || {
		echo "lab: fetching Bochs" >&2
		fetch_bochs
	}
	;;
linux)
	[ -d "$3/linux" ] || {
		echo "lab: fetching Linux $2" >&2
		fetch_linux "$2" "$3"
	}
	;;
*)
	sed -n '3,6s/^# //p' "$0" >&2
	exit 2
	;;
esac
