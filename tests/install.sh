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
# Modes must not depend on it.
umask 077

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
usr/lib/systemd/system/tdxctl-check.service
usr/lib/systemd/system/tdxctl-check.timer
usr/lib/sysusers.d/tdxctl.conf
usr/lib/udev/rules.d/60-tdxctl.rules
usr/lib/systemd/system/tdxctl-metrics.socket
usr/lib/systemd/system/tdxctl-metrics@.service
usr/lib/systemd/system/tdxctl-textfile.service
usr/lib/systemd/system/tdxctl-textfile.timer
usr/share/doc/tdxctl/examples/prometheus/tdxctl.rules.yml
usr/share/doc/tdxctl/examples/prometheus/tdxctl-dashboard.json
usr/share/doc/tdxctl/examples/nfd/tdxctl-rule.yaml
usr/share/doc/tdxctl/examples/nrpe.cfg
usr/lib/systemd/system/tdxctl-nfd.service
usr/share/doc/tdxctl/examples/tdx-shim-stop
usr/share/doc/tdxctl/examples/tdx-shutdown
usr/share/doc/tdxctl/examples/tdxctl.conf
usr/share/doc/tdxctl/examples/tdxctl.cron
$(for page in man/*.scd; do
	page=$(basename "$page" .scd)
	echo "usr/share/man/man${page##*.}/$page"
done)
$(find kmod -type f ! -name kmod.mk ! -name '.*' ! -name '*.md' ! -path 'kmod/emul/*' ! -path 'kmod/core/seam/*' \
	! -path 'kmod/core/tdmgr/*' | sed "s|^kmod/|usr/src/tdxctl-$version/|")
END
)
got=$(cd "$root" && find . -type f | sed 's|^\./||' | sort)
if [ "$got" != "$want" ]; then
	echo "expected (<) and installed (>):"
	diff <(echo "$want") <(echo "$got")
	exit 1
fi

[ "$("$root/usr/sbin/tdxctl" --version)" = "tdxctl $version" ]
if find "$root" -mindepth 1 ! -path "$root/usr/sbin/tdxctl" ! -path '*/examples/tdx-*' ! \( -type f -perm 644 \) ! \( -type d -perm 755 \) | grep .; then
	echo "files are not of mode 644, directories not of 755"
	exit 1
fi
[ "$(stat -c %a "$root"/usr/sbin/tdxctl "$root"/usr/share/doc/tdxctl/examples/tdx-* | sort -u)" = 755 ]
if grep -lE '@(VERSION|SBINDIR)@' -r "$root/usr"; then
	echo "something is not filled in"
	exit 1
fi
grep -qx "PACKAGE_VERSION=\"$version\"" "$root/usr/src/tdxctl-$version/dkms.conf"

# The group that the udev rule names is the group that systemd-sysusers creates.
mkdir -p "$root/etc"
systemd-sysusers --root="$root" "$root/usr/lib/sysusers.d/tdxctl.conf" 2>/dev/null
group=$(sed -n 's/.*GROUP="\([a-z]*\)".*/\1/p' "$root/usr/lib/udev/rules.d/60-tdxctl.rules")
if [ "$group" != tdxctl ] || ! grep -q "^$group:" "$root/etc/group"; then
	echo "no group '$group': $(cat "$root/etc/group")"
	exit 1
fi
rm -r "${root:?}/etc"

# systemd's own word on the units, in that root, with the targets they name.
units=$root/usr/lib/systemd/system
verify()
{
	systemd-analyze verify --man=no --root="$root" tdxctl-{check,textfile}.{service,timer} tdxctl-nfd.service tdxctl-metrics.socket tdxctl-metrics@x.service 2>&1
}
for target in sysinit basic shutdown timers sockets time-set time-sync; do
	printf '[Unit]\nDescription=%s\n' "$target" >"$units/$target.target"
done
printf '[Unit]\nDescription=system\n' >"$units/-.slice"
cp "$units/-.slice" "$units/system.slice"
if ! out=$(verify) || [ -n "$out" ]; then
	echo "systemd-analyze verify: $out"
	exit 1
fi
# It would notice.
sed -i 's/^ProtectHome=/ProtectHom=/' "$units/tdxctl-check.service"
out=$(verify) || true
grep -q ProtectHom <<<"$out" || {
	echo "systemd-analyze verify does not look: $out"
	exit 1
}

# The example is what is built in: set as a whole it changes no limit.
mkdir "$root/empty"
sed 's/^#\([a-z_]* = \)/\1/' "$root/usr/share/doc/tdxctl/examples/tdxctl.conf" >"$root/all.conf"
limits()
{
	"$root/usr/sbin/tdxctl" --root "$root/empty" check -v "$@" 2>/dev/null | grep -oE '^[^:]*: |; .*'
}
[ "$(grep -c '^[a-z_]* = ' "$root/all.conf")" -ge 20 ]
[ "$(limits --config "$root/all.conf")" = "$(limits)" ] || {
	diff <(limits) <(limits --config "$root/all.conf")
	exit 1
}

# Below another prefix: what names the command names that one, and zsh looks elsewhere.
"${MAKE:-make}" --no-print-directory -s O="$O" install DESTDIR="$root/other" PREFIX=/usr/local
other=$root/other/usr/local
for file in sbin/tdxctl share/zsh/site-functions/_tdxctl share/bash-completion/completions/tdxctl \
	share/man/man8/tdxctl.8 "src/tdxctl-$version/dkms.conf"; do
	[ -f "$other/$file" ] || {
		echo "PREFIX=/usr/local: no $file"
		exit 1
	}
done
if grep -rn '/usr/sbin/tdxctl' "$other/lib" "$other/share/doc"; then
	echo "PREFIX=/usr/local: not the command that was installed"
	exit 1
fi

# "make uninstall" removes each file, and nothing else.
touch "$other/sbin/another"
"${MAKE:-make}" --no-print-directory -s O="$O" uninstall DESTDIR="$root/other" PREFIX=/usr/local >/dev/null
[ "$(find "$root/other" -type f)" = "$other/sbin/another" ] || {
	echo "make uninstall left:"
	find "$root/other" -type f
	exit 1
}
