#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rpm.sh [DIR]: builds RPM packages of the commit that is checked out into DIR, with the tools of
# this machine. Two builds of one commit give the same files.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/build/rpm}
version=$(cat "$top/VERSION")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! git -C "$top" diff --quiet HEAD; then
	echo "rpm: changes that are not committed are left out" >&2
fi
mkdir -p "$work"/{SOURCES,SPECS} "$out"
git -C "$top" archive --prefix="tdxctl-$version/" -o "$work/SOURCES/tdxctl-$version.tar.gz" HEAD

# NEWS.md has the changes; the date is that of the commit.
SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
date=$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" +'%a %b %d %Y')
maintainer=$(sed -n 's/^Maintainer: //p' "$top/.packaging/debian/control")
sed "s/@VERSION@/$version/" "$top/.packaging/rpm/tdxctl.spec" >"$work/SPECS/tdxctl.spec"
cat >>"$work/SPECS/tdxctl.spec" <<-END
	* $date $maintainer - $version-1
	- The changes are listed in /usr/share/doc/tdxctl/NEWS.md.
END

# A machine without an RPM database cannot know whether the build dependencies are installed.
nodeps=()
rpm -q rpm >/dev/null 2>&1 || nodeps=(--nodeps)
rpmbuild "${nodeps[@]}" -ba --define "_topdir $work" --define "_buildhost tdxctl" \
	--define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" \
	--define "build_mtime_policy clamp_to_source_date_epoch" "$work/SPECS/tdxctl.spec" >"$work/log" 2>&1 || {
	tail -n 40 "$work/log" >&2
	echo "rpm: the build failed" >&2
	exit 1
}
rm -f "$out"/tdxctl-*.rpm
find "$work/RPMS" "$work/SRPMS" -name '*.rpm' -exec mv -t "$out" {} +
cp "$work/SPECS/tdxctl.spec" "$out/"
if command -v rpmlint >/dev/null; then
	rpmlint -r "$top/.packaging/rpm/rpmlintrc" "$out"/*.rpm "$out/tdxctl.spec" >"$work/lint" 2>&1 || :
	grep -q ' 0 errors, 0 warnings' "$work/lint" || {
		cat "$work/lint" >&2
		echo "rpm: rpmlint has complaints" >&2
		exit 1
	}
else
	echo "rpm: rpmlint is not installed, so the packages are not checked" >&2
fi
ls "$out"/*.rpm
