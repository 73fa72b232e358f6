#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks layers.py on a tree of stubs, one file per box of the list: plants one fault at
# a time and prints each one that layers.py does not report.
set -uo pipefail
export LC_ALL=C

cd "$(dirname "$0")/../.." || exit 1
py=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
list=$work/arrows

# put FILE [TEXT]: writes a source file; without TEXT, one without dependencies.
put()
{
	mkdir -p "$tree/$(dirname "$1")"
	printf '%b\n' "${2-int ${1//[^a-z]/_}_stub;}" >"$tree/$1"
}

# Compiles new files, to the places where the builds have their objects.
objects()
{
	local file obj

	(cd "$tree" && find cmd lib kmod -name '*.c') | while read -r file; do
		obj=$work/user/${file%.c}.o
		if [ ! "$obj" -nt "$tree/$file" ]; then
			mkdir -p "$(dirname "$obj")"
			"${CC:-gcc}" -w -I"$tree/lib" -I"$tree/kmod/uapi" -c "$tree/$file" -o "$obj" || exit
		fi
	done || {
		echo "a stub does not compile"
		exit 1
	}
	ln -sfn user/kmod "$work/kernel"
}

layers()
{
	"$py" -B tests/lint/layers.py --tree "$tree" --arrows "$list" "$@"
}

# expect WHAT PATTERN ARGUMENT...: layers.py ARGUMENT... must fail and print PATTERN.
expect()
{
	local what=$1 pattern=$2 out
	shift 2

	if out=$(layers "$@" 2>&1); then
		echo "not reported: $what"
	elif ! grep -qE "$pattern" <<<"$out"; then
		printf '%s: not reported as "%s". Output:\n%s\n' "$what" "$pattern" "$out"
	fi
}

clean()
{
	local what=$1 out
	shift

	out=$(layers "$@" 2>&1) || printf '%s: should pass:\n%s\n' "$what" "$out"
}

# fault FILE TEXT WHAT PATTERN ARGUMENT...: the same with FILE planted, which is removed afterwards.
fault()
{
	local file=$1

	[ ! -e "$tree/$file" ] || mv "$tree/$file" "$work/kept"
	put "$file" "$2"
	shift 2
	[ "$3" != symbols ] || objects
	expect "$@"
	rm "$tree/$file"
	[ ! -e "$work/kept" ] || mv "$work/kept" "$tree/$file"
	rm -f "$work/user/${file%.c}.o"
}

cp tests/lint/arrows "$list"
while read -r pattern; do
	case $pattern in
	kmod/uapi/ | kmod/compat/) put "${pattern}stub.h" '' ;;
	*.h) put "$pattern" '' ;;
	*/) put "${pattern}stub.c" && put "${pattern}stub.h" ;;
	'cmd/*.c') put cmd/td.c && put cmd/dump-cli.c ;;
	*) put "$pattern" ;;
	esac
done < <(sed -nE 's/^(box|each) [^:]*: //p' "$list" | tr ' ' '\n')
put lib/libtdxctl.h '#include <stub.h>\nextern int tdxctl_other, tdxctl_stub[(2) + 1];\nint tdxctl_get(void);'
put lib/host/stub.c '#include "libtdxctl.h"\nint tdxctl_other, tdxctl_stub[3];\nint tdxctl_get(void) { return 0; }\nint host_get(void) { return 0; }'
put cmd/td.c '#include <libtdxctl.h>\nint cmd_td(void) { return tdxctl_get() + tdxctl_stub[1]; }'
put kmod/emul/gmem.c 'int vm(void);\nint gmem(void) { return vm(); }'
put kmod/emul/vm.c 'int vm_tdx(void);\nint vm(void) { return vm_tdx(); }'
put kmod/emul/vm-tdx.c 'int gmem(void);\nint vm_tdx(void) { return gmem(); }'
user=(symbols "user=$work/user") kernel=(symbols "kernel=$work/kernel")

expect 'no objects (user)' 'no objects of the user programs' "${user[@]}"
expect 'no objects (kernel)' 'no objects of the kernel programs' "${kernel[@]}"
objects
clean includes includes
clean 'user symbols' "${user[@]}"
clean 'kernel symbols' "${kernel[@]}"
rm "$work/user/lib/host/stub.o"
expect 'an object is missing' '^lib/host/stub.c: no object in' "${user[@]}"

fault lib/base/up.c '\n#include "host/stub.h"' 'include upwards' \
	'^lib/base/up.c:2: includes lib/host/stub.h: lib/base may not use lib/host$' includes
fault lib/base/up.c '# include <host/stub.h>' 'include upwards in angle brackets' \
	'^lib/base/up.c:1: includes lib/host/stub.h' includes
fault cmd/td.c '#include "nowhere/stub.h"' 'a file that is not there' \
	'^cmd/td.c:1: "nowhere/stub.h" is not in the tree' includes
fault cmd/td.c '#include "../lib/host/stub.h"' 'a private header of lib' \
	'^cmd/td.c:1: includes lib/host/stub.h: cmd/td.c may not use lib/host$' includes
fault cmd/td.c '#include "check/stub.h"' 'a verb in a verb' 'cmd/td.c may not use cmd/check$' includes
fault kmod/tdxctl/watch/up.c '#include "../../emul/stub.h"' 'the helper uses the emulator' \
	'tdxctl/watch may not use emul$' includes
fault kmod/uapi/stub.h '#include "../core/tdx.h"' 'uapi uses the core' 'uapi may not use core/tdx$' includes
put lib/facts.h '#include "decode.h"'
fault lib/decode.h '#include "facts.h"' 'circle of headers' \
	'^circle of includes: lib/decode.h -> lib/facts.h -> lib/decode.h$' includes
fault lib/other/new.c 'int x;' 'an unknown folder' '^lib/other/new.c: in no box' includes
fault lib/private.h '' 'an unknown header' '^lib/private.h: in no box' includes

fault lib/base/up.c 'int host_get(void);\nint up(void) { return host_get(); }' 'call upwards' \
	'^lib/base/up.c uses host_get of lib/host/stub.c: lib/base may not use lib/host$' "${user[@]}"
fault lib/base/up.c 'int host_get(void);\nint (*const table[])(void) = { host_get };' 'a table that points upwards' \
	'^lib/base/up.c uses host_get of lib/host/stub.c' "${user[@]}"
put lib/base/stub.h 'int host_get(void);\nstatic inline int up(void) { return host_get(); }'
fault lib/base/up.c '#include "stub.h"\nint x(void) { return up(); }' 'inline call upwards' \
	'^lib/base/up.c uses host_get of lib/host/stub.c' "${user[@]}"
fault cmd/td.c 'int host_get(void);\nint cmd_td(void) { return host_get(); }' 'not public' \
	'^cmd/td.c uses host_get of lib/host/stub.c: cmd/td.c may not use lib/host$' "${user[@]}"
fault cmd/out/up.c 'int cmd_td(void);\nint up(void) { return cmd_td(); }' 'out uses a verb' \
	'cmd/out may not use cmd/td.c$' "${user[@]}"
fault lib/host/two.c 'int tdxctl_secret;' 'the public prefix' \
	'^lib/host/two.c: tdxctl_secret begins with tdxctl_, but no header of lib/api declares it$' "${user[@]}"
put lib/decode.h 'int decode(void);'
fault lib/model/two.c 'int decode(void) { return 0; }' 'public without the prefix' \
	'^lib/model/two.c: decode is public but does not begin with tdxctl_$' "${user[@]}"
put lib/host/one.c 'int two(void);\nint one(void) { return two(); }'
fault lib/host/two.c 'int one(void);\nint two(void) { return one(); }' 'circle of files' \
	'^circle of files: lib/host/one.c -> lib/host/two.c \(two\); lib/host/two.c -> lib/host/one.c \(one\)$' "${user[@]}"
rm "$tree/lib/host/one.c"
put lib/live/one.c 'int two(void);\nint one(void) { return two(); }\nint three;'
put lib/emul/two.c 'int three(void);\nint two(void) { return three(); }'
fault lib/live/three.c 'int three(void) { return 0; }' 'circle of folders: not yet' \
	'^lib/live/one.c uses two of lib/emul/two.c: lib/live may not use lib/emul$' "${user[@]}"
put lib/live/one.c 'int two(void);\nint one(void) { return two(); }'
fault lib/live/three.c 'int three(void) { return 0; }' 'circle of folders' \
	'^circle of folders: lib/(emul -> lib/live|live -> lib/emul) .*; lib/(live -> lib/emul|emul -> lib/live) ' "${user[@]}"
rm "$tree/lib/live/one.c" "$tree/lib/emul/two.c"

fault kmod/emul/up.c 'extern int kmod_tdxctl_watch_stub_c_stub;\nint *up = &kmod_tdxctl_watch_stub_c_stub;' \
	'the emulator uses the helper' 'emul may not use tdxctl/watch$' "${kernel[@]}"
fault kmod/tdxctl/kvm/up.c 'extern int kmod_tdxctl_release_stub_c_stub;\nint *up = &kmod_tdxctl_release_stub_c_stub;' \
	'kvm uses release' 'tdxctl/kvm may not use tdxctl/release$' "${kernel[@]}"
put kmod/emul/gmem.c 'int vm(void), more(void);\nint gmem(void) { return vm() + more(); }'
fault kmod/emul/more.c 'int vm(void);\nint more(void) { return vm(); }' 'a circle that grows' \
	'^circle of files: .*, of 4 in this circle$' "${kernel[@]}"
put kmod/emul/gmem.c 'int vm(void);\nint gmem(void) { return 0; }'
fault kmod/emul/vm.c 'int vm(void) { return 0; }' 'an exception without a circle' 'no longer a circle: ' "${kernel[@]}"

echo 'lib/base -> lib/open' >>"$list"
expect 'a circle in the list' 'the list has a circle: ' includes
echo 'lib/base -> lib/else' >"$list"
expect 'a box that is none' 'lib/else is no box|lib/base is no box' includes
