#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tier "deb" of make check: builds the Debian packages of this tree with the tools of this
# machine, without a chroot, and checks what is in them. make check-packages does the rest: clean
# roots, installation, boots.
set -euo pipefail

cd "$(dirname "$0")/../.."
name=deb
. tests/packages/results.sh
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
version=$(cat VERSION)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Builds the files of the tree, also files that are not committed.
build()
{
	local index=$work/index

	cp "$(git rev-parse --git-path index)" "$index" && GIT_INDEX_FILE=$index git add -A &&
		git archive "$(GIT_INDEX_FILE=$index git write-tree)" | tar -x -C "$work/src" || return
	(cd "$work/src" && git init -q && git add -A -f &&
		git -c user.name=test -c user.email=test@tdxctl.example commit -q -m tree) || return
	"$work/src/.packaging/deb.sh" "$work/debs"
}

# names ROOT: its files. Debian compresses manuals, and has units where systemd.pc names them.
names()
{
	(cd "$1" && find . ! -type d) | sed -E 's|^\./lib/|./usr/lib/|; s|(/doc/.*\|/man/.*)\.gz$|\1|' | sort
}

# Both packages have what "make install" installs, each its own part, and only Debian's documents
# beside that.
contents()
{
	local package

	# Only the names matter: an empty file is the command, which is not built again.
	mkdir "$work/o" && touch "$work/o/tdxctl" &&
		"${MAKE:-make}" -s O="$work/o" -o "$work/o/tdxctl" install DESTDIR="$work/want" || return
	for package in tdxctl tdxctl-dkms; do
		names "$work/$package" | grep -vE "^\./usr/share/doc/$package/(NEWS\.md|README\.md|changelog|copyright)$" \
			>"$work/$package.names" || return
	done
	if grep -v "^\./usr/src/tdxctl-$version/" "$work/tdxctl-dkms.names" || grep ^./usr/src/ "$work/tdxctl.names"; then
		echo "in the wrong package"
		return 1
	fi
	diff <(names "$work/want") <(sort "$work"/tdxctl{,-dkms}.names)
}

# The scripts have what the packages need, and start nothing.
scripts()
{
	local script
	(
		cd "$work/control"
		for script in tdxctl{,-dkms}/{preinst,postinst,prerm,postrm}; do
			[ ! -e "$script" ] || sh -n "$script" || return
		done
		grep -q 'systemd-sysusers.* tdxctl\.conf' tdxctl/postinst || return
		grep -qx "DKMS_VERSION=$version" tdxctl-dkms/postinst || return
		grep -q 'dkms remove' tdxctl-dkms/prerm || return
		! find . -name 'p*inst' -exec cat {} + |
			grep -E 'deb-systemd-invoke .*start|modprobe tdxctl|insmod'
	)
}

# The autopkgtest, with the command of the package.
emulated()
{
	local path=$work/tdxctl/usr/sbin:$PATH

	[ "$(PATH=$path command -v tdxctl)" = "$work/tdxctl/usr/sbin/tdxctl" ] &&
		[ "$(PATH=$path tdxctl --version)" = "tdxctl $version" ] &&
		PATH=$path MANPATH=$work/tdxctl/usr/share/man TMPDIR=$work bash .packaging/debian/tests/emulated
}

unpack()
{
	local package

	for package in tdxctl tdxctl-dkms; do
		dpkg-deb -x "$work/debs/${package}_${version}"_*.deb "$work/$package" &&
			dpkg-deb -e "$work/debs/${package}_${version}"_*.deb "$work/control/$package" || return
	done
}

mkdir "$work/control" "$work/src"
step "build" build
if [ "$failed" = 0 ]; then
	# lintian uses one CPU, and takes longest.
	# shellcheck disable=SC2046 # several options
	lintian $(lintian_options) "$work"/debs/*.changes >"$work/lintian" 2>&1 &
	lintian=$!
	step "unpack" unpack
	step "the files" contents
	step "the maintainer scripts" scripts
	step "the command of the package, on an emulated host" emulated
	if wait "$lintian"; then
		ok "lintian"
	else
		nok "lintian" "$work/lintian"
	fi
fi
finish
