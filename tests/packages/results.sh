# SPDX-License-Identifier: GPL-2.0-only
# For the tests of packages: results. The caller is in the top directory and has set $name, and
# $suite for step.
# shellcheck shell=bash disable=SC2154 # variables of the callers

O=${O:-build}
passed=0 failed=0
mkdir -p "$O/packages"

ok()
{
	passed=$((passed + 1))
	echo "ok   $1"
}

nok()
{
	failed=$((failed + 1))
	echo "FAIL $1"
	[ -z "${2:-}" ] || tail -n 30 "$2" | sed 's/^/     /'
}

# step NAME COMMAND...: one check, with its output in a log.
step()
{
	local what=$1 log=$O/packages/log.$name.$suite
	shift
	if "$@" >"$log" 2>&1; then
		ok "$what"
	else
		nok "$what" "$log"
	fi
}

finish()
{
	echo "$name: $passed passed, $failed failed"
	[ "$failed" = 0 ]
}

# The tags that lintian of each release must accept. The version of the policy is that of Debian 12. Its
# lintian wants an init script for each service without a timer (tdxctl-textfile.service starts
# tdxctl-nfd.service); that of Debian 13 does not know this tag.
lintian_options()
{
	local tags=out-of-date-standards-version

	[ "$suite" != bookworm ] || tags+=,package-supports-alternative-init-but-no-init.d-script
	echo "--allow-root --pedantic --display-info --suppress-tags $tags --fail-on=error,warning,info,pedantic"
}
