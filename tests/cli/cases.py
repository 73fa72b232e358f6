# SPDX-License-Identifier: GPL-2.0-only
"""The golden cases: what is typed, on which host, and the exit status of each line.

CASES: name -> (host file or None, [(arguments, status), ...]). "{h}" stands for
the case's own copy of the host file, "{roots}" for the captured hosts.
"""

E = "--emulate "          # the built-in host
H = "--emulate={h} "      # the case's own


def both(args, status=0):
    """The same line as text and as JSON."""
    return [(args, status), (args + " --json", status)]


CASES = {
    # ---- each verb on the built-in host
    "status": (None, both(E + "status")),
    "hkid": (None, both(E + "hkid")),
    "td-list": (None, both(E + "td")),
    "td-wide": ("other-user", [(H + "td list -v", 0)]),
    "td-show": (None, both(E + "td show web") + both(E + "td show hkid:19")),
    "td-selectors": (None, [(E + "-q td show " + s, 0) for s in (
        "db", "2002", "hkid:18", "td:2", "5f0a3f4e-6c1d-4b7e-9a52-0d1e8c9b7a02")]),
    "lock": (None, both(E + "lock") + [(E + "lock -v", 0)]),
    "cpu": (None, both(E + "cpu") + [(E + "cpu check", 0)]),
    "cpu-plan": (None, both(E + "cpu plan 0-2") + both(E + "cpu plan 4-7", 7) +
                 [(E + "cpu plan 8", 1), (E + "cpu plan 3-", 2), (E + "cpu plan x", 2)]),
    "release-dry-run": (None, both(E + "release web --dry-run") +
                        [(E + "release build -n", 0)]),
    "release": (None, both(E + "release web --yes") + [(E + "-q release db -y", 0)]),
    "release-strategy": (None, [
        (E + "release web --yes --strategy=stop", 0),
        (E + "release web --yes --strategy release", 0),
        (E + "release web --yes --strategy=terminate", 5),
        (E + "release build --yes --strategy=release", 5),
        (E + "release build --yes --strategy=early -j", 5)]),
    "release-cpus": (None, [
        (E + "release web --dry-run --cpus 1", 0), (E + "release web --yes --cpus=8192", 0),
        (E + "release web --cpus 0", 2), (E + "release web --cpus 8193", 2),
        (E + "release web --cpus 99999999999999999999 -j", 2), (E + "release web --cpus=-1", 2),
        (E + "release web --cpus 2x", 2), (E + "release web --cpus=", 2), (E + "release web --cpus", 2),
        (E + "td list --cpus 2", 2)]),
    "release-needs-yes": (None, both(E + "release web", 2)),

    "release-young": ("young", both(H + "release s1 --yes", 1) + both(H + "release s3 --dry-run", 1) +
                      [(H + "td show s1", 0), (H + "release s4 --yes", 0),
                       (H + "release s1 --yes --building", 0)]),

    # ---- one story over several commands
    "story": (None, [
        ("emulate init {h} --packages 1 --cpus-per-package 2", 0),
        ("emulate init {h}", 1),
        (H + "hkid", 0),
        (H + "release web --yes", 0),
        (H + "status", 0),
        (H + "td", 0),
        (H + "hkid --json", 0),
        (H + "td show web", 0),
        (H + "release web --yes", 0),
        (H + "release build --yes -j", 0),
        (H + "td --json", 0),
        (H + "release build --yes", 1),
        ("emulate init {h} --force --json", 0),
        (H + "td", 0)]),
    "emulate-init": (None, [
        ("emulate init", 2), ("emulate init {h} --packages 9", 2),
        ("emulate init {h} --tdx-keyids 1", 2), ("emulate init {h} --packages two", 2),
        ("emulate init {h} --packages 8 --cpus-per-package 4096", 2),
        ("emulate init {h} --mktme-keyids 2000 --tdx-keyids 2000", 2),
        ("emulate init /nonexistent/h.json", 1),
        ("emulate init {h} --packages 8 --cpus-per-package 2 --tdx-keyids 3", 0),
        (H + "status", 0)]),

    "emulate-play": (None, [
        ("emulate play", 2), ("emulate play {h} --speed 0", 2), ("emulate play {h} --step 1 --from 8.5 --json", 0),
        (H + "status", 0), (H + "status", 0), (H + "td", 0),
        ("emulate play {h} --step 1 --from 22", 0), (H + "td", 0), (H + "lock", 0),
        ("emulate play {h} --step 1 --from 60", 0), (H + "hkid", 0), (H + "td -v", 0),
        (H + "release web --yes", 0), (H + "td", 0),
        ("emulate init {h} --force", 0), ("emulate play {h}", 1), ("emulate play /nonexistent/h.json", 1)]),

    "top": (None, [
        ("emulate play {h} --step 1 --from 18", 0), (H + "top -b -n 2 -d 0.1", 0), (H + "top -b -n 2 -d 0.1 --view leaves", 0),
        (H + "top -b -n 2 -d 0.1 --view cpus", 0), (H + "top -b -n 1 -o td,vm,age --sort -private", 0),
        (H + "top --json", 0), (H + "top --json --view leaves", 0), (H + "top --json --view cpus", 0),
        (H + "top", 2), ("--root {roots}/tdx-no-helper top", 0), ("--root {roots}/no-tdx top -b", 3),
        (H + "top -d 0", 2), (H + "top --view vms", 2)]),

    "monitor": (None, [
        ("emulate play {h} --step 0.5", 0), (H + "monitor --initial -d 0.1 -n 32", 0),
        (H + "monitor -d 0.1 --td api -n 5", 0), (H + "monitor -d 0.1 --only hkid-leaked -n 1 --json", 0),
        (H + "monitor --json -n 1 --only td-created --td hkid:20 -d 0.1", 0),
        ("emulate play {h} --step 0.5 --from 39.5", 0), (H + "monitor -d 0.1 -n 1", 0),
        (H + "monitor --only nothing", 2), (H + "monitor --only hkid-leaked,", 2),
        ("--root {roots}/no-tdx monitor", 2), ("complete-words events", 0)]),

    "trace": (None, [
        ("emulate play {h} --step 2 --from 30", 0), (H + "trace", 0),
        ("emulate play {h} --step 1", 0), (H + "trace --errors --json", 0), (H + "trace --longer 1ms", 0),
        (H + "trace --td web --leaf 'MNG.*'", 0), (H + "trace --td hkid:18 --leaf phymem.page.wbinvd --json", 0),
        ("-q emulate play {h} --from 56 --step 0.5", 0), (H + "-q trace --leaf MEM.SEPT.ADD", 0),
        (H + "trace --leaf VP.NOTHING", 2), (H + "trace --longer 1h", 2), (H + "trace --td nobody", 1),
        ("emulate play {h} --from 100", 0), (H + "trace --json", 2),
        ("emulate init {h} --force", 0), (H + "trace", 2),
        ("--root {roots}/tdx-no-helper trace", 2)]),

    # ---- hosts with something wrong
    "empty": ("empty", [(H + v, 0) for v in ("status", "hkid -j", "td", "td -j", "lock", "cpu")] +
              [(H + "td show web", 1), (H + "release web --yes -j", 1)]),
    "leaked": ("leaked", both(H + "status") + both(H + "hkid") + both(H + "td show td:1") +
               [(H + "td", 0), (H + "release td:1 --yes", 1)]),
    "leak-on-release": ("leak-on-release", [
        (H + "release web --yes", 1), (H + "status", 0), (H + "hkid", 0), (H + "td show web", 0)]),
    "offline-package": ("offline-package", both(H + "status") + both(H + "cpu", 7) +
                        [(H + "td", 0), (H + "cpu plan 0-3", 7)]),
    "half-offline": ("half-offline", [(H + "status", 0), (H + "cpu", 0),
                                      (H + "cpu plan 7,0-2", 7)]),
    "lp-init-fails": ("lp-init-fails", both(H + "status", 3) + both(H + "cpu", 7) +
                      [(H + "td", 3)]),
    "no-tdx": ("no-tdx", [(H + "status", 3)] + both(H + "hkid", 3) + [
        (H + "td show x", 3), (H + "lock", 3), (H + "release x -y", 3)]),
    "held-key-lock": ("held-key-lock", both(H + "lock") + [(H + "status", 0)]),
    "held-tdx-lock": ("held-tdx-lock", [(H + "lock", 0), (H + "release web --yes", 0),
                                        (H + "lock", 0)]),
    "exhausted": ("exhausted", both(H + "status") + [(H + "hkid", 0), (H + "td", 0)]),
    "same-name": ("same-name", both(H + "td show web", 2) + both(H + "release web --yes", 2) +
                  [(H + "release hkid:18 --yes", 0), (H + "td", 0)]),
    "stages": ("stages", [(H + "status", 0), (H + "td", 0)] +
               [(H + f"td show s{i}", 0) for i in (1, 2, 3, 4)] +
               [(H + "release s4 --yes", 0), (H + "release s3 --yes", 0), (H + "td", 0)]),
    "names": ("names", [(H + "td", 0), (H + "td -j", 0), (H + "td show dat", 1)]),
    "names-utf8": ("names", [(H + "td", 0), (H + "td show 東京", 0)]),
    "one-package": ("one-package", [(H + "status", 0), (H + "td show web", 0)]),
    "retries": ("keygen", [(H + "lock", 0), (H + "lock --json", 0)]),
    "busy": ("busy", [(H + "lock", 0), (H + "status", 0)]),

    # ---- captured hosts
    "root-no-tdx": (None, both("--root {roots}/no-tdx status", 3) +
                    both("--root {roots}/no-tdx hkid", 3) +
                    [("--root {roots}/no-tdx cpu", 3)]),
    "root-cgroup": (None, both("--root {roots}/tdx-cgroup status") +
                    [("--root {roots}/tdx-cgroup-v1 status", 0)]),
    "root-no-helper": (None, both("--root {roots}/tdx-no-helper status") +
                       both("--root {roots}/tdx-no-helper hkid", 5) +
                       both("--root {roots}/tdx-no-helper cpu plan 0,1,3", 7) +
                       [("--root {roots}/tdx-no-helper " + v, 5) for v in
                        ("td", "td show web", "lock", "cpu")]),
    "root-refused": (None, [
        ("--root {roots}/no-tdx release web --yes", 2), ("--root {roots}/no-tdx helper load", 2),
        ("--root {roots}/no-tdx helper status", 2), (E + "trace", 2), ("--root {roots}/no-tdx stat", 2),
        ("--root {roots}/nowhere status", 1), ("--root {roots}/no-tdx/proc/cpuinfo status", 1),
        ("--root {roots}/no-tdx --emulate status", 2), (E + "helper unload", 2)]),

    # ---- typing
    "usage": (None, [
        ("", 2), ("--json", 2), ("stauts", 2), ("stauts -j", 2), ("frobnicate", 2),
        ("td shw web", 2), ("td shw web --json", 2), ("emulate", 2), ("helper unlod", 2),
        ("status --jsn", 2), ("status -x", 2), ("status -jx", 2), ("status --js", 2),
        ("status extra", 2), ("td show", 2), ("td show a b", 2), ("release", 2),
        ("release --strategy=best web", 2), ("release --strategy", 2), ("release --yes=1 web", 2),
        ("release --timeout 0 web", 2), ("release --timeout 1s web", 2),
        ("release --timeout 99999999999999999999 web", 2), ("--root", 2), ("--emulate= status", 2),
        ("status --dry-run", 2), ("--dry-run release web", 2), ("td show hkid:x --emulate", 2),
        ("check -w", 2), ("wait --hkids-free 0", 2), ("wait --hkids-free 4097", 2),
        ("wait --hkids-free 1 --timeout 86401", 2), ("wait --hkids-free 1 --timeout 0", 2), ("cpu plan 0 1", 2)]),
    # In the form of the first or of a later value of an option.
    "usage-formats": (None, [
        ("check --format text --nope", 2), ("check --format nagios --nope", 3), ("check --format json --nope", 2),
        ("check --format prom --nope", 2), ("check --nope --format=nagios", 3), ("check --format=xml", 2)]),
    "global-options-anywhere": (None, [
        ("--emulate -j hkid", 0), ("hkid --emulate -j", 0), ("td --emulate show -j db", 0),
        ("-j td --emulate show db", 0), ("--emulate td -- show", 2), ("--emulate td show -- db -j", 2),
        ("--emulate td show -qj -- db", 0)]),
    "not-found": (None, both(E + "td show wbe", 1) + both(E + "release nope --yes", 1) + [
        (E + "td show 99999", 1), (E + "td show hkid:20", 1), (E + "td show td:0", 1),
        (E + "td show \x1b[31mred", 1)]),
    "host-files": (None, [
        ("--emulate=/nonexistent/h.json status", 1), ("--emulate=/nonexistent/h.json status -j", 1),
        ("--emulate=/ status", 1), ("--emulate={roots}/no-tdx/proc/cpuinfo status", 1)]),
    "help": (None, [
        ("--help", 0), ("help", 0), ("help release", 0), ("release --help", 0), ("td --help", 0),
        ("td show -h", 0), ("help cpu plan", 0), ("help emulate", 0), ("emulate --help", 0),
        ("help nothing", 2), ("help rel", 2), ("help td nothing", 2),
        ("help td shw", 2), ("help status nothing", 2), ("help td show web", 2), ("help stauts -j", 2)]),
    # ---- doctor; each rule is tested in tests/hosts
    "doctor": (None, [(E + "doctor", 0), (E + "doctor -s --fail-on info", 7),
                      (E + "doctor --group update -v", 0), (E + "doctor --explain hkid.exhausted", 0), (E + "doctor --explain cpu.vendor", 0),
                      (E + "doctor --explain hkid.exhaust", 2), (E + "doctor --explain zzz -j", 2),
                      (E + "doctor --group nothing", 2), (E + "doctor --fail-on never", 2)]),
    "doctor-hosts": ("leaked", both(H + "doctor --group teardown", 7) + [
        (H + "doctor --explain hkid.leaked --json", 7)]),
    "doctor-exhausted": ("exhausted", [(H + "doctor", 7)]),
    "doctor-offline": ("offline-package", [(H + "doctor", 7)]),
    # ---- check; each limit is tested in behaviour_check.py
    "check": (None, both(E + "check") + [(E + "check -v", 0), (E + "check --format nagios", 0),
                                         (E + "check --format prom", 0), (E + "check -w hkids=1", 2)]),
    "check-leaked": ("leaked", both(H + "check", 7)),
    "check-root": (None, [("--root {roots}/tdx-no-helper check", 5), ("--root {roots}/no-tdx check", 3)]),
    "wait-refused": (None, [(E + "wait --hkids-free 16", 1), (E + "wait", 2)]),
    # ---- KeyIDs
    "keys": (None, both("--root {roots}/keys keys") + both("--root {roots}/no-tdx keys") +
             both("--root {roots}/keys keys --bits 7 --split 2") + both(E + "keys --split 1") + [
                 ("--root {roots}/keys keys --split 1", 0), ("--root {roots}/keys-fault keys", 0),
                 ("--root {roots}/keys keys --split 7", 2), ("keys --split 0", 2),
                 ("keys --bits 16", 2), ("keys --bits 0", 2)]),
    # ---- no host at all
    "decode": (None, both("decode 0x8000020000000080") + both("decode --features 0x1f0ebf") +
               both("decode ENOSPC TDH_MNG_CREATE TDX_KEY_CONFIGURED") + [
                   ("decode c0000505 0x10016 33", 0), ("decode c000092100000122", 0),
                   ("decode 0x8000ff00ffff0000 0x8000ff000000000e", 0), ("decode -- -28", 0),
                   ("decode 0xc0fffe0000000000 0x0 0000000000000000", 0),
                   ("decode 0xe011 0x11001 0x1100f 0x12001 0xb011 0xb033 401", 0), ("decode 0xe011 --json", 0),
                   ("decode --attributes 0x10000001", 0), ("decode --xfam 0", 0),
                   ("decode 0xc000030000000001 --json", 0), ("decode", 0), ("decode - -j", 0)] +
               both("decode nonsense", 2) + [
                   ("decode 0x", 2), ("decode 0x10000000000000000", 2), ("decode ENOENT", 2),
                   ("decode --xfam AVX", 2), ("decode --xfam", 2), ("decode --xfam --features 1", 2)]),
    "complete-vms": (None, [(E + "complete-vms", 0), ("--root {roots}/no-tdx complete-vms", 0)]),
    "complete-words": (None, [("complete-words limits", 0), ("complete-words nothing", 0), ("complete-words", 2)]),
}
