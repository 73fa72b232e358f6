#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make hooks: installs the pre-commit hook in this clone and makes git blame skip the
# commits in .git-blame-ignore-revs. Does not overwrite another hook.
set -euo pipefail

cd "$(dirname "$0")/../.."
hook=$(git rev-parse --git-path hooks/pre-commit)
if [ -e "$hook" ] && ! grep -q 'by "make hooks" of tdxctl' "$hook"; then
	echo "hooks: $hook already exists: call tests/lint/pre-commit from it, or remove it" >&2
	exit 1
fi
mkdir -p "$(dirname "$hook")"
cat >"$hook" <<'END'
#!/bin/sh
# Installed by "make hooks" of tdxctl.
exec "$(git rev-parse --show-toplevel)/tests/lint/pre-commit"
END
chmod 755 "$hook"
git config blame.ignoreRevsFile .git-blame-ignore-revs
echo "hooks: $hook runs tests/lint/pre-commit"
