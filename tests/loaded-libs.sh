#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# loaded-libs.sh PROGRAM...: the shared libraries it is linked with or loads by itself,
# with theirs, one path per line: what a guest needs to run it.
set -euo pipefail
export PATH=$PATH:/sbin:/usr/sbin
for program; do
	ldd "$program" >/dev/null 2>&1 || continue
	echo "$program"
	# The names it hands to dlopen() are in it as text.
	grep -aoE 'lib[a-z0-9-]+\.so\.[0-9]+' "$program" | sort -u | while read -r name; do
		ldconfig -p | awk -v name="$name" '!n && $1 == name && /x86-64/ { print $NF; n = 1 }'
	done
done | sort -u | while read -r object; do
	[[ $object != *.so.* ]] || echo "$object"
	{ ldd "$object" 2>/dev/null || true; } | awk '$2 == "=>" { print $3 } $1 ~ /^\/.*[^:]$/ { print $1 }'
done | sort -u
