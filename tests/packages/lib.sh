# SPDX-License-Identifier: GPL-2.0-only
# For the tests of packages in roots of a release: these roots, and namespaces.
# The caller is in the top directory and has set $name.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of the callers, and for them

. tests/packages/results.sh
cache=$(dirname "$(tests/kernels.sh cache)")/chroot
suites=("$@")
[ ${#suites[@]} != 0 ] || suites=(bookworm trixie)

[ "$(id -u)" = 0 ] || {
	echo "$name: run as root, for debootstrap and chroot" >&2
	exit 1
}
# shellcheck disable=SC2016 # apt expands these
site=$(apt-get indextargets --format '$(CREATED_BY) $(REPO_URI) $(ORIGIN) $(CODENAME)' |
	awk '$1 == "Packages" && $3 == "Debian" && $4 !~ /security/ { print $2; exit }')
mkdir -p "$cache"

# inside ROOT SCRIPT: in namespaces of its own, which end with it.
inside()
{
	unshare --mount --pid --fork --kill-child --mount-proc="$1/proc" \
		chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive sh -euc "$2"
}

# packed FILE KEY ROOT COMMAND...: unpacks FILE of the cache into ROOT. If it is not of KEY,
# the command makes ROOT, which is packed.
packed()
{
	local tar=$cache/$1 key root=$3

	key=$(sha256sum <<<"$2" | cut -c1-16)
	shift 3
	if [ "$(cat "$tar.key" 2>/dev/null)" = "$key" ]; then
		tar -C "$root" -xf "$tar"
		return
	fi
	"$@" || return
	tar -C "$root" -cf "$tar.new" . && mv "$tar.new" "$tar" && echo "$key" >"$tar.key"
}

# A root with the build dependencies.
make_build_root()
{
	debootstrap --variant=minbase "$suite" "$1" "$site" || return
	cp .packaging/debian/control "$1/tmp/control"
	inside "$1" "apt-get -q update && apt-get -q -y --no-install-recommends install $tools
		if [ $suite = trixie ]; then
			echo 'deb $site trixie-backports main' >/etc/apt/sources.list.d/backports.list
			apt-get -q update && apt-get -q -y -t trixie-backports install linux-headers-amd64
		fi
		mk-build-deps -i -r -t 'apt-get -q -y --no-install-recommends' /tmp/control; apt-get clean"
}
tools="git lintian dpkg-dev devscripts equivs clang linux-headers-amd64"

build_root()
{
	packed "$suite.tar" "$(sed -n '/^Build-Depends/,/^Standards/p' .packaging/debian/control && echo "$site $tools")" \
		"$1" make_build_root "$1"
}

clone_into()
{
	git clone -q --no-hardlinks . "$1/tmp/tdxctl"
	inside "$1" 'git config --global --add safe.directory /tmp/tdxctl'
}

# keep ROOT: keeps the packages that were built in ROOT/tmp/one, and their commit.
keep()
{
	local dir=$O/packages/$suite

	rm -rf "$dir" && mkdir -p "$dir" && cp "$1"/tmp/one/*.deb "$dir/" && git rev-parse HEAD >"$dir/commit"
}

# debs: builds the packages, unless the sources of the packages that were kept are the same. No
# package contains files of tests/ or .github/.
debs()
{
	local commit root

	commit=$(cat "$O/packages/$suite/commit" 2>/dev/null) &&
		git diff --quiet "$commit" HEAD -- . ':!tests' ':!.github' && return
	root=$(mktemp -d) && build_root "$root" && clone_into "$root" &&
		inside "$root" 'bash /tmp/tdxctl/.packaging/deb.sh /tmp/one' && keep "$root"
	commit=$?
	rm -rf "$root"
	return $commit
}
