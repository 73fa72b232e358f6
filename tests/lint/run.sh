#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make lint: what a reviewer should not have to say. One check per rule.
#   run.sh             all rules, for tracked files and new ones that are not ignored
#   run.sh FILE...     the rules for single files, for these files
set -uo pipefail
export LC_ALL=C

cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}
mkdir -p "$O/log"
passed=0 failed=0 skipped=0

mapfile -t files < <(if [ $# != 0 ]; then
		printf '%s\n' "$@"
	elif git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard
	else
		find . -type f -not -path './build*' -printf '%P\n'
	fi | grep -vE '^(LICENSES/|tests/fuzz/corpus/)' | while read -r f; do [ -f "$f" ] && echo "$f"; done)

# Files by pattern of their path.
of()
{
	printf '%s\n' "${files[@]}" | grep -E "$1"
}

# check NAME: runs lint_NAME, which prints one line per fault. If all its lines start with
# "SKIP ", the rule counts as skipped, in CI as failed. Lines "note: ..." are no faults.
check()
{
	local out lines

	out=$("lint_$1" 2>&1)
	grep '^note: ' <<<"$out"
	out=$(grep -v '^note: ' <<<"$out")
	if [ -z "$out" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	elif [ "${CI:-}" != true ] && ! grep -qv '^SKIP ' <<<"$out"; then
		skipped=$((skipped + 1))
		printf '%s\n' "$out"
	else
		failed=$((failed + 1))
		echo "not ok $1:"
		printf '%s\n' "$out" >"$O/log/lint-$1.out"
		lines=$(wc -l <"$O/log/lint-$1.out")
		head -n 40 "$O/log/lint-$1.out" | sed 's/^/  /'
		[ "$lines" -le 40 ] || echo "  ... $lines lines in all: $O/log/lint-$1.out"
	fi
}

lint_spdx()
{
	of '\.(c|h|S|sh|py|mk)$|Makefile$|Kbuild$|^\.ci/|^tests/vm/init$|^man/.*\.scd$|^completions/' |
		while read -r f; do
			head -n 3 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f: no SPDX line"
		done
}

# Which licence belongs where.
lint_licences()
{
	of '^kmod/core/.*\.[chS]$' | xargs -r grep -LE 'SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later'
	of '^lib/.*\.[ch]$' | xargs -r grep -LE 'SPDX-License-Identifier: LGPL-2.1-or-later'
	of '^(cmd|tests|kmod/(compat|emul|tdxctl))/.*\.[chS]$' |
		xargs -r grep -LE 'SPDX-License-Identifier: GPL-2.0-only'
}

lint_size()
{
	of '\.(c|h|S|sh|py|mk)$|Makefile$' | while read -r f; do
		n=$(wc -l <"$f")
		[ "$n" -le 700 ] || echo "$f: $n lines, more than 700"
	done
}

lint_format()
{
	of '\.[ch]$' | xargs -r bash tests/lint/format.sh --check | sed 's/$/: make format changes it/'
}

lint_whitespace()
{
	of '\.(c|h|S|sh|py|mk|md|json|scd)$|Makefile$|Kbuild$' | while read -r f; do
		grep -nE '[[:blank:]]+$' "$f" | sed "s|^|$f:|; s|$|<- trailing blanks|"
		[ -z "$(tail -c 1 "$f")" ] || echo "$f: no newline at the end"
		grep -nE '^(<{7}|>{7}|[|]{7}) ' "$f" | sed "s|^|$f: conflict marker: |"
	done
}

# Kernel style that a pattern can see.
lint_kernel_style()
{
	of '^kmod/.*\.[ch]$' | while read -r f; do
		grep -nE '^\s*//' "$f" | grep -v '^1:// SPDX' | sed "s|^|$f: C++ comment: |"
		grep -nE '^ {8}' "$f" | sed "s|^|$f: blanks for a tab: |"
		grep -nE '\b(if|for|while|switch)\(' "$f" | sed "s|^|$f: no blank after the keyword: |"
		grep -nE '\b(printf|fprintf|malloc|free)\(' "$f" | grep -vE '[a-z_>.](free|printf)\(|->free|__printf' |
			grep -vE 'ops[.>-]+' | sed "s|^|$f: user space call: |"
		awk -v f="$f" 'length($0) > 110 && !/"/ { print f ":" NR ": " length($0) " characters" }' "$f"
	done
}

lint_core_is_freestanding()
{
	of '^kmod/core/.*\.[ch]$' | grep -v platform.h | xargs -r grep -nE '#include <|\b(double|float)\b|k[mz]alloc|\bmutex_|spin_lock' |
		grep -vE '/(ledger/wire|sept/sept)\.h:.*#include <linux/tdxctl\.h>$'
}

# json-c is allowed in the output and where a document is read; lib never prints.
lint_libraries()
{
	of '^lib/.*\.[ch]$' | xargs -r grep -nE '\b(printf|puts|fputs|exit|_exit)\(|\bstd(out|err)\b' |
		grep -vE 'snprintf|vsnprintf|\* |//'
	of '^(lib|cmd)/.*\.[ch]$' | xargs -r grep -lE '<json-c/|<json\.h>|base/jsonc\.h' |
		grep -vE '^(cmd/out/json\.c|lib/base/(ctx|jsonc)\.[ch]|lib/emul/[a-z]+\.[ch]|lib/report/(read|values)\.c)$'
}

layers()
{
	"${PYTHON:-/usr/bin/python3}" -B tests/lint/layers.py "$@"
}

# quietly TARGET...: runs make; prints its output only if it fails.
quietly()
{
	"${MAKE:-make}" --no-print-directory -s O="$O" "$@" >"$O/log/lint-make.out" 2>&1 && return
	tail -n 20 "$O/log/lint-make.out"
	return 1
}

# Which files may include which: tests/lint/arrows.
lint_includes()
{
	layers includes
}

# The same for symbols of the command...
lint_layers()
{
	quietly "$O/tdxctl" && layers symbols user="$O/plain"
}

# ... and of both modules, built for the first tested kernel.
lint_layers_kmod()
{
	local kver hdr

	read -r kver hdr _ < <(tests/kernels.sh)
	if [ "$hdr" = - ]; then
		echo "SKIP lint-layers-kmod: no headers of a $kver kernel; make deps installs them"
	else
		quietly kmod KVER="$kver" KDIR="$hdr" && layers symbols kernel="$O/kmod/$kver"
	fi
}

lint_layers_selftest()
{
	bash tests/lint/layers-selftest.sh
}

lint_mutate_selftest()
{
	bash tests/mutate/selftest.sh
}

# Commit subjects since the present layout: "area: do what", in the imperative. Also
# checks the form of Fixes: lines.
lint_subjects()
{
	local first='tree: move each file into the folder of its subject' base hash subject

	git rev-parse --git-dir >/dev/null 2>&1 || return
	base=$(git log --format='%h %s' | grep -F -m 1 " $first" | cut -d' ' -f1)
	if [ -z "$base" ]; then
		echo "note: commit subjects are not checked: the history is incomplete"
		return
	fi
	git log --no-merges --format='%h %s' "$base..HEAD" | while read -r hash subject; do
		grep -qE '^(Revert ".*"|[A-Za-z0-9][A-Za-z0-9_./,+ -]{0,30}: [^ ].*[^.])$' <<<"$subject" ||
			echo "$hash: not \"area: do what\": $subject"
		[ ${#subject} -le 100 ] || echo "$hash: ${#subject} characters: $subject"
		grep -iE '^[^:]*: (an?|the|its?|th[aio][ts]|what|how|who|where|when|why|no|not|of|for|with|one|all|every|each|[a-z]+ed|[a-z]+ing|[a-z]*[a-rt-z]s)( |$)' \
			<<<"$subject" | grep -vE ': (embed|need|feed|speed|seed|bring|string|focus|alias|bias) ' |
			sed "s/^/$hash: does not begin with a verb in the imperative: /"
		git log -1 --format=%b "$hash" | grep -E '^ *[Ff]ixes:' |
			grep -vE '^Fixes: ([0-9a-f]{7,40} \(".*"\)|#[0-9]+)$' | sed "s/^/$hash: /"
	done
}

lint_uapi_alone()
{
	local f

	for f in $(of '^kmod/uapi/.*\.h$') lib/libtdxctl.h; do
		echo "#include \"$f\"" | ${CC:-gcc} -std=gnu99 -Wall -Wextra -Wpedantic -Wno-variadic-macros -Werror \
			-Ikmod/uapi -I. -fsyntax-only -x c - || echo "$f: does not compile alone in C"
		if command -v clang++ >/dev/null; then
			echo "#include \"$f\"" | clang++ -Wall -Werror -Ikmod/uapi -I. -fsyntax-only -x c++ - 2>&1 ||
				echo "$f: does not compile alone in C++"
		fi
	done
}

lint_shellcheck()
{
	local f busybox=dash

	# Version 0.9 does not know the dialect.
	! shellcheck -s busybox /dev/null 2>/dev/null || busybox=busybox
	for f in $(of '\.sh$|^\.ci/run$|^tests/vm/init$|^cmd/etc/examples/'); do
		case $f in
		# Sourced together in the guest; busybox sh.
		tests/vm/cases/* | tests/vm/crash/cases/* | tests/vm/lib.sh | tests/vm/suite.sh | tests/vm/init)
			shellcheck -s $busybox -e SC2034,SC2154,SC3043,SC2015,SC2086 "$f"
			;;
		*) shellcheck "$f" ;;
		esac
	done
}

lint_codespell()
{
	of . | xargs -r codespell
}

# Phrases to avoid: tests/lint/english.txt.
lint_english()
{
	local pattern better

	while IFS=$'\t' read -r pattern better; do
		of '\.(c|h|S|sh|py|mk|scd|md)$|Makefile$|Kbuild$|^completions/|^cmd/etc/' |
			grep -vE '^\.github/CONTRIBUTING\.md$' | xargs -r grep -HniP -- "$pattern" |
			sed "s|\$| <- $better|"
	done < <(grep -v '^#' tests/lint/english.txt)
}

lint_python()
{
	local f

	for f in $(of '\.py$'); do
		"${PYTHON:-/usr/bin/python3}" -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$f"
	done
}

lint_json()
{
	local f

	for f in $(of '\.json$' | grep -v '^tests/hosts/bad'); do
		case $f in
		tests/cli/*bad* | tests/fuzz/*) continue ;;
		esac
		"${PYTHON:-/usr/bin/python3}" -c 'import json, sys; json.load(open(sys.argv[1]))' "$f" 2>&1 |
			tail -n 1 | sed "s|^|$f: |"
	done
}

lint_executables()
{
	local f

	for f in .ci/run tests/check.sh tests/deps.sh tests/kernels.sh tests/lint/format.sh tests/lint/pre-commit; do
		[ -x "$f" ] || echo "$f: not executable"
	done
}

# No file says where it was made.
lint_places()
{
	of . | xargs -r grep -nIE '/home/[a-z]|https?://(deb|security|ftp|archive)\.' |
		grep -v '^tests/lint/run.sh:'
}

# A build must leave nothing behind that git would take for ours.
lint_untracked()
{
	git rev-parse --git-dir >/dev/null 2>&1 || return
	[ "${CI:-}" = true ] || return
	git status --porcelain --untracked-files=all | sed 's/^/after the build: /'
}

# Options, manual and completions come from one table.
lint_docs()
{
	quietly "$O/tdxctl"
	"${PYTHON:-/usr/bin/python3}" -B tests/cli/check-docs.py "$O/tdxctl"
	"${PYTHON:-/usr/bin/python3}" -B completions/gen.py --check "$O/tdxctl"
}

# The arrows in the documentation are those of the list, and files it names exist.
lint_architecture()
{
	local f path

	diff <(layers arrows) <(sed -n '/^\x60*arrows$/,/^\x60*$/p' .github/ARCHITECTURE.md | grep -e '->') |
		sed -n 's/^</not in ARCHITECTURE.md: /p; s/^>/not in tests\/lint\/arrows: /p'
	for f in $(of '^\.github/.*\.md$|^README\.md$'); do
		grep -oP '\x60\K(cmd|completions|kmod|lib|man|tests)/[a-zA-Z0-9_./-]*(?=\x60)' "$f" | sort -u |
			while read -r path; do
				[ -e "$path" ] || [[ $path =~ /VERB ]] || echo "$f: no $path"
			done
	done
}

# "make help" lists all phony targets.
lint_help()
{
	local help target

	help=$("${MAKE:-make}" --no-print-directory -s help)
	for target in $(of '\.mk$|^Makefile$' | xargs -r sed -n 's/^\.PHONY: *//p'); do
		case $target in
		all | help | FORCE) ;;
		*) grep -qE "make ${target}( |\$)" <<<"$help" || echo "make $target is not in make help" ;;
		esac
	done
}

lint_man()
{
	local f out

	command -v scdoc >/dev/null || { echo "no scdoc; make deps installs it"; return; }
	for f in $(of '^man/.*\.scd$'); do
		out=$(scdoc <"$f" 2>&1 >"$O/log/page.man") || echo "$f: $out"
		if command -v man >/dev/null; then
			MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$O/log/page.man" 2>&1 >/dev/null |
				sed "s|^|$f: |"
		fi
	done
}

lint_install()
{
	command -v scdoc >/dev/null || { echo "no scdoc; make deps installs it"; return; }
	bash tests/install.sh 2>&1 || echo "make install: see tests/install.sh"
}

# A pipe must not hide a failed command. Guests run busybox's sh.
lint_pipefail()
{
	local bash_scripts

	mapfile -t bash_scripts < <(of . | xargs -r awk 'FNR == 1 { if (/^#!.*bash/) print FILENAME; nextfile }')
	[ ${#bash_scripts[@]} -ge 10 ] || echo "only ${#bash_scripts[@]} scripts found"
	grep -LE '^set -[a-z]*o pipefail$' "${bash_scripts[@]}" | sed 's/$/: no set -o pipefail/'
	of . | grep -vE '^tests/(vm|lab|bench/vm)/' | xargs -r awk 'FNR == 1 { if (/^#!\/bin\/sh/) print FILENAME; nextfile }' |
		xargs -r grep -nE '[^|]\|[^|]' | sed 's/$/  <- a pipe in sh: use bash with pipefail/'
}

# Paths in the guests' cases must fit the schemas.
lint_case_paths()
{
	"${PYTHON:-/usr/bin/python3}" -B tests/vm/paths.py 2>&1
}

# Faults that are planted in the harness must turn make check red.
lint_selftest()
{
	local out

	out=$("${MAKE:-make}" --no-print-directory -s O="$O" "$O/tdxctl" 2>&1 &&
		O="$O" "${PYTHON:-/usr/bin/python3}" -B tests/selftest.py 2>&1) || echo "$out"
}

rules=(spdx licences size format whitespace kernel_style core_is_freestanding libraries includes
	shellcheck codespell english python json places)
if [ $# = 0 ]; then
	rules+=(layers layers_kmod layers_selftest mutate_selftest uapi_alone executables docs help
		architecture man install subjects untracked pipefail case_paths selftest)
fi
for rule in "${rules[@]}"; do
	check "$rule"
done
echo "lint: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
