#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make install puts each file where Debian looks for it, and nothing else; what it
# installed works from there.
set -euo pipefail

cd "$(dirname "$0")/.."
O=${O:-build}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
version=$(cat VERSION)
umask 022

"${MAKE:-make}" --no-print-directory -s O="$O" install DESTDIR="$root" >"$root.log" 2>&1 || {
	cat "$root.log"
	exit 1
}
rm -f "$root.log"

want=$(sort <<END
usr/sbin/tdxctl
usr/share/bash-completion/completions/tdxctl
usr/share/zsh/vendor-completions/_tdxctl
usr/share/fish/vendor_completions.d/tdxctl.fish
$(for page in man/*.scd; do
	page=$(basename "$page" .scd)
	echo "usr/share/man/man${page##*.}/$page"
done)
$(find kmod -type f ! -name kmod.mk ! -name '.*' | sed "s|^kmod/|usr/src/tdxctl-$version/|")
END
)
got=$(cd "$root" && find . -type f | sed 's|^\./||' | sort)
if [ "$got" != "$want" ]; then
	echo "expected (<) and installed (>):"
	diff <(echo "$want") <(echo "$got")
	exit 1
fi

[ "$("$root/usr/sbin/tdxctl" --version)" = "tdxctl $version" ]
if find "$root" -type f -perm /022 | grep .; then
	echo "writable by others"
	exit 1
fi
[ "$(find "$root" -type f -perm /111 | wc -l)" = 1 ] || {
	echo "not only the command is executable"
	exit 1
}
if grep -l '@VERSION@' -r "$root/usr/src"; then
	echo "no version filled in"
	exit 1
fi
grep -qx "PACKAGE_VERSION=\"$version\"" "$root/usr/src/tdxctl-$version/dkms.conf"
