#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make format: formats all C sources as .clang-format says, except the files listed in
# .clang-format-ignore.
#   format.sh [FILE...]           formats all sources, or only FILE...
#   format.sh --check [FILE...]   lists files that are not formatted; exit status 1 if any
set -euo pipefail
export LC_ALL=C

cd "$(dirname "$0")/../.."
check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi

# Versions differ in details: this one is in Debian 12 and 13.
tool=$(command -v clang-format-19 || command -v clang-format) || true
case $("${tool:-false}" --version || true) in
*' version 19.'*) ;;
*)
	echo "no clang-format 19; make deps installs it" >&2
	exit 1
	;;
esac

mapfile -t ignored < <(grep -v '^#' .clang-format-ignore)
is_ignored()
{
	local pattern

	for pattern in "${ignored[@]}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $1 != $pattern ]] || return 0
	done
	return 1
}

if [ $# = 0 ]; then
	mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.c' '*.h')
else
	files=("$@")
fi
todo=()
for f in "${files[@]}"; do
	case $f in
	*.[ch])
		if [ -f "$f" ] && ! is_ignored "$f"; then
			todo+=("$f")
		fi
		;;
	esac
done
[ ${#todo[@]} != 0 ] || exit 0

one()
{
	cmp -s "$2" <("$1" --style=file "$2") || echo "$2"
}
export -f one
if [ -z "$check" ]; then
	printf '%s\0' "${todo[@]}" | xargs -0 -P "$(nproc)" -n 16 "$tool" --style=file -i
	exit
fi
changed=$(printf '%s\0' "${todo[@]}" | xargs -0 -P "$(nproc)" -I{} bash -c 'one "$@"' _ "$tool" {} | sort)
[ -z "$changed" ] && exit
echo "$changed"
exit 1
