# SPDX-License-Identifier: GPL-2.0-only
# Written by completions/gen.py from `tdxctl dump-cli`; do not edit.

function __tdxctl_vms
    set -l opt (string match -r -- '^--(?:emulate(?:=.*)?|root=.*|from-report=.*)$' (commandline -opc))
    tdxctl $opt complete-vms 2>/dev/null
end

complete -c tdxctl -f
complete -c tdxctl -l json -s j -d 'print one JSON object'
complete -c tdxctl -l quiet -s q -d 'no plan, progress or notes; only the result'
complete -c tdxctl -l verbose -s v -d 'more columns; twice: also what the library does'
complete -c tdxctl -l no-color -d 'no colour on a terminal (also: NO_COLOR)'
complete -c tdxctl -l root -x -a '(__fish_complete_directories)' -d 'look at the captured host below DIR'
complete -c tdxctl -l emulate -d 'work on an emulated host: the built-in one, or FILE'
complete -c tdxctl -l from-report -r -F -d 'look at the host that \'tdxctl report\' wrote down'
complete -c tdxctl -l help -s h -d 'this text; after a verb, the verb\'s'
complete -c tdxctl -l version -d 'print the version'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a status -d 'the host on one screen, with a verdict'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a hkid -d 'every guest HKID, who has it and since when'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a td -d 'every TD: owner, HKID, state, vCPUs, memory'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and not __fish_seen_subcommand_from list show' -a list -d 'every TD: owner, HKID, state, vCPUs, memory'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and not __fish_seen_subcommand_from list show' -a show -d 'one TD: its life so far and what keeps it alive'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from show' -a '(__tdxctl_vms)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a lock -d 'who holds tdx_lock and the key-config lock of each package'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a cpu -d 'is every online CPU able to run TDs, every package covered'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and not __fish_seen_subcommand_from check plan' -a check -d 'is every online CPU able to run TDs, every package covered'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and not __fish_seen_subcommand_from check plan' -a plan -d 'may these CPUs go offline, in this order'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a doctor -d 'why TDX does not work here, and what to change first'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l group -x -a 'core capacity teardown update attestation' -d 'only the rules of this group'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l explain -x -d 'one rule, all about it'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l short -s s -d 'one line for each finding'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l fail-on -x -a 'info warn fail' -d 'exit status 7 from this level on (fail)'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l attestation -d 'this host is to attest: rules about that, too'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a check -d 'for cron and monitoring: is a limit exceeded'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l format -x -a 'text nagios json prom' -d 'text, nagios, json or prom (text)'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l warning -s w -x -d 'warn beyond CHECK=VALUE; may be repeated'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l critical -s c -x -d 'critical beyond CHECK=VALUE; may be repeated'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l config -r -F -d 'limits from FILE, not from /etc/tdxctl.conf'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a wait -d 'until HKIDs are free, for scripts that start TDs'
complete -c tdxctl -n '__fish_seen_subcommand_from wait' -l hkids-free -x -d 'until so many HKIDs are free'
complete -c tdxctl -n '__fish_seen_subcommand_from wait' -l timeout -x -d 'at most S seconds; exit status 7 then'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a metrics -d 'the same in numbers, for Prometheus'
complete -c tdxctl -n '__fish_seen_subcommand_from metrics' -l textfile -r -F -d 'write them to FILE, replaced in one step'
complete -c tdxctl -n '__fish_seen_subcommand_from metrics' -l per-td -d 'also metrics of each TD'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a release -d 'take a TD apart: give its HKID and memory back now'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l dry-run -s n -d 'show the plan and change nothing'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l yes -s y -d 'do not ask; needed when not on a terminal'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l strategy -x -a 'auto terminate release early stop' -d 'auto, terminate, release, early or stop'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l timeout -x -d 'stop at a safe point after S seconds'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -a '(__tdxctl_vms)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a helper -d 'is the helper module loaded, what can it do here'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and not __fish_seen_subcommand_from status load unload' -a status -d 'is the helper module loaded, what can it do here'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and __fish_seen_subcommand_from status' -l file -r -F -d 'this module file, not the installed one'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and not __fish_seen_subcommand_from status load unload' -a load -d 'load the helper module tdxctl.ko'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and __fish_seen_subcommand_from load' -l file -r -F -d 'this module file, not the installed one'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and not __fish_seen_subcommand_from status load unload' -a unload -d 'unload it; TDs are not affected'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a emulate -d 'write an emulated host to FILE'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and not __fish_seen_subcommand_from init' -a init -d 'write an emulated host to FILE'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l packages -x -d 'CPU packages, 1 to 8 (2)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l cpus-per-package -x -d 'CPUs of each package; at most 4096 in all (4)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l mktme-keyids -x -d 'shared KeyIDs, before the private ones (15)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l tdx-keyids -x -d 'private KeyIDs, the global one included (16)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l force -s f -d 'overwrite FILE'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -F

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a keys -d 'how many TDs a key split gives, and this host\'s'
complete -c tdxctl -n '__fish_seen_subcommand_from keys' -l bits -x -d 'KeyID bits (those of this host, else 6)'
complete -c tdxctl -n '__fish_seen_subcommand_from keys' -l split -x -d 'only with N of them for TDX'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a decode -d 'explain status words and the like, also inside a log'
complete -c tdxctl -n '__fish_seen_subcommand_from decode' -l features -d 'the words are TDX_FEATURES0'
complete -c tdxctl -n '__fish_seen_subcommand_from decode' -l attributes -d 'the words are attributes of a TD'
complete -c tdxctl -n '__fish_seen_subcommand_from decode' -l xfam -d 'the words are XFAM of a TD'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a report -d 'all of it in one document that others may read'
complete -c tdxctl -n '__fish_seen_subcommand_from report' -l no-redact -d 'names, addresses and command lines as they are'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help' -a help -d 'help about a verb'
complete -c tdxctl -n '__fish_seen_subcommand_from help' -a 'status hkid td lock cpu doctor check wait metrics release helper emulate keys decode report help'
