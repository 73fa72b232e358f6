#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks mutate.py on a small tree: prints each fault found. It must report the line that
# no test checks and the line that no test runs, kill the mutants of the checked line, and
# generate nothing from comments, strings and directives.
set -uo pipefail
export LC_ALL=C

cd "$(dirname "$0")/../.." || exit 1
py=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lib" "$work/tests/unit" "$work/tests/mutate"

cat >"$work/lib/tiny.c" <<-'END'
	int checked(int a);
	int unchecked(int a);
	int unused(int a);

	/* a == b, a && b: return 1; */
	#define HALF(x) ((x) / 2)

	// if (a < b)
	static const char *const text = "a == b && 17 < 18; return 0;";

	int checked(int a)
	{
		return a + HALF(8); /* 1 + 1, see "x" */
	}

	int unchecked(int a)
	{
		return text[0] == 'a' ? a : 'b';
	}

	int unused(int a)
	{
		return a - 3;
	}
END
cat >"$work/tests/unit/test-tiny.c" <<-'END'
	int checked(int a);
	int unchecked(int a);

	int main(void)
	{
		unchecked(5);
		return checked(5) != 9 || checked(-5) != -1;
	}
END
: >"$work/tests/unit/host.c"
cat >"$work/Makefile" <<-'END'
	.RECIPEPREFIX = >
	SAN_asan := -fsanitize=address,undefined
	$(O)/asan/%.o: %.c
	> @mkdir -p $(@D)
	> $(CC) $(CFLAGS) $(SAN_asan) -c -o $@ $<
	$(O)/unit/test-tiny: $(O)/asan/tests/unit/test-tiny.o $(O)/asan/lib/tiny.o
	> @mkdir -p $(@D)
	> $(CC) $(CFLAGS) $(SAN_asan) $(LDFLAGS) -o $@ $^
	.SECONDARY:
END
echo 1 >"$work/VERSION"

mutate()
{
	O=build MAKE="${MAKE:-make}" "$py" -B tests/mutate/mutate.py --tree "$work" -j 1 --seed 5 "$@" 2>&1
}

# expect PATTERN WHAT: @out must have a line like PATTERN.
expect()
{
	grep -qE "$1" <<<"$out" || printf '%s: no line "%s" in:\n%s\n' "$2" "$1" "$out"
}

out=$(mutate --list)
expect '^lib/tiny\.c:13: arithmetic: return a - HALF\(8\);' 'operator'
expect '^lib/tiny\.c:18: comparison: ' 'comparison'
expect '^lib/tiny\.c:23: constant: return a - 4;' 'constant'
expect '^lib/tiny\.c:23: return: return 0;' 'return value'
grep -vE '^lib/tiny\.c:(13|18|23): ' <<<"$out" | sed 's/^/mutant of a comment, string or directive: /'
grep -E "^lib/tiny\.c:13: .*(/\* 1 - 1|/\* 2|HALF\(x)|^lib/tiny\.c:18: .*'(a|b)'.*'_" <<<"$out" |
	sed 's/^/mutant within a comment or character: /'

out=$(mutate --count 50)
[ $? = 1 ] || echo 'survivors, but the exit status is not 1'
expect '^lib/tiny\.c:18: comparison: survived$' 'unchecked line'
expect '^lib/tiny\.c:23: arithmetic: not covered$' 'line that never runs'
grep -E '^lib/tiny\.c:13: ' <<<"$out" | sed 's/^/not killed: /'
table=$(grep '^all ' <<<"$out")

# The same seed gives the same mutants; the second run knows all results.
start=$SECONDS
[ "$(mutate --count 50 | grep '^all ')" = "$table" ] || echo 'a second run with the same seed differs'
[ $((SECONDS - start)) -le 5 ] || echo 'the second run does not use the results of the first'

# Only the checked function: all killed. An equivalent mutant is subtracted.
sed -i -e '/^int un.*;$/d' -e '/^int un/,/^}/d' "$work/lib/tiny.c"
sed -i -e '/unchecked/d' "$work/tests/unit/test-tiny.c"
out=$(mutate --count 50) || printf 'all mutants are killed, but the exit status is not 0:\n%s\n' "$out"
sed -i 's/checked(-5) != -1/0/; s/!= 9/< 9/' "$work/tests/unit/test-tiny.c"
printf '# Comment\nlib/tiny.c\n- return a + HALF(8); /* 1 + 1, see "x" */\n+ return a + HALF(9); /* 1 + 1, see "x" */\nHalf of nine is four.\n' \
	>"$work/tests/mutate/equivalent"
out=$(mutate --count 50 --floor 100)
expect '^all .* 1 +[0-9.]+ %$' 'equivalent mutant'

# A file that only guests run is named with the reason.
printf 'lib/tiny.c\n*\nOnly a guest runs this.\n' >"$work/tests/mutate/equivalent"
out=$(mutate --count 50)
expect '^lib/tiny\.c: not tried: Only a guest runs this\.$' 'file that is not tried'
expect '^all +0 ' 'mutants of a file that is not tried'
exit 0
