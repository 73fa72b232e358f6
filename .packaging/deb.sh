#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# deb.sh [DIR]: builds Debian packages of the commit that is checked out into DIR, with the
# tools of this machine. Two builds of one commit give the same files.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/build/deb}
version=$(cat "$top/VERSION")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tdxctl-$version

if ! git -C "$top" diff --quiet HEAD; then
	echo "deb: changes that are not committed are left out" >&2
fi
mkdir -p "$tree" "$out"
git -C "$top" archive HEAD | tar -x -C "$tree"
mv "$tree/.packaging/debian" "$tree/debian"

# NEWS.md has the changes; the date is that of the commit.
SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
date=$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" -R)
maintainer=$(sed -n 's/^Maintainer: //p' "$tree/debian/control")
cat >"$tree/debian/changelog" <<-END
	tdxctl ($version) unstable; urgency=medium

	  * The changes are listed in /usr/share/doc/tdxctl/NEWS.md.gz.

	 -- $maintainer  $date
END

(cd "$tree" && dpkg-buildpackage --no-sign --build=full >"$work/log" 2>&1) || {
	tail -n 40 "$work/log" >&2
	echo "deb: the build failed" >&2
	exit 1
}
rm -f "$out"/tdxctl*_"$version"*
for file in "$work"/tdxctl*_"$version"*; do
	mv "$file" "$out/"
done
ls "$out"/tdxctl*_"$version"*.deb
