# SPDX-License-Identifier: GPL-2.0-only
# Written by completions/gen.py from `tdxctl dump-cli`; do not edit.

function __tdxctl_vms
    set -l opt (string match -r -- '^--(?:emulate(?:=.*)?|root=.*|from-report=.*)$' (commandline -opc))
    tdxctl $opt complete-vms 2>/dev/null
end

# The value of an optional argument, as in --emulate=FILE.
function __tdxctl_files
    __fish_complete_path (string replace -r -- '^--[a-z-]*=' '' (commandline -ct))
end

complete -c tdxctl -f
complete -c tdxctl -l json -s j -d 'print one JSON object'
complete -c tdxctl -l quiet -s q -d 'print only the result: no plan, progress or notes'
complete -c tdxctl -l verbose -s v -d 'print more columns; twice: also debug messages'
complete -c tdxctl -l color -x -a 'auto always never' -d 'auto (default, on a terminal), always or never'
complete -c tdxctl -l no-color -d 'like --color=never (also: NO_COLOR)'
complete -c tdxctl -l root -x -a '(__fish_complete_directories)' -d 'read the captured host below DIR'
complete -c tdxctl -l emulate -a '(__tdxctl_files)' -d 'use an emulated host: the built-in one, or FILE'
complete -c tdxctl -l from-report -r -F -d 'read the host from the output of \'tdxctl report\''
complete -c tdxctl -l help -s h -d 'print this help; after a verb, help about it'
complete -c tdxctl -l version -s V -d 'print the version'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a status -d 'show the state of the host on one screen'
complete -c tdxctl -n '__fish_seen_subcommand_from status' -l bytes -s b -d 'print memory in bytes'
complete -c tdxctl -n '__fish_seen_subcommand_from status' -l watch -d 'print it again every S seconds (default 2)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a hkid -d 'list the HKIDs in use, their TDs and their age'
complete -c tdxctl -n '__fish_seen_subcommand_from hkid' -l all -s a -d 'also list free HKIDs'
complete -c tdxctl -n '__fish_seen_subcommand_from hkid' -l state -x -a 'unknown free assigned configured flushing leaked' -d 'list only those in this state'
complete -c tdxctl -n '__fish_seen_subcommand_from hkid' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns hkid")' -d 'print these columns; +LIST: also these'
complete -c tdxctl -n '__fish_seen_subcommand_from hkid' -l sort -x -a '(tdxctl complete-words columns hkid)' -d 'sort by COLUMN; -COLUMN: in descending order'
complete -c tdxctl -n '__fish_seen_subcommand_from hkid' -l no-headers -d 'print only the rows of the table'
complete -c tdxctl -n '__fish_seen_subcommand_from hkid' -l time -x -a 'age iso' -d 'age (default), or iso: the time of the event'
complete -c tdxctl -n '__fish_seen_subcommand_from hkid' -l watch -d 'print it again every S seconds (default 2)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a top -d 'watch HKIDs, TDs, locks and SEAMCALLs on one screen'
complete -c tdxctl -n '__fish_seen_subcommand_from top' -l batch -s b -d 'print pages one after another, also to a file'
complete -c tdxctl -n '__fish_seen_subcommand_from top' -l count -s n -x -d 'end after N pages, with -b'
complete -c tdxctl -n '__fish_seen_subcommand_from top' -l delay -s d -x -d 'wait S seconds between two looks (default 2)'
complete -c tdxctl -n '__fish_seen_subcommand_from top' -l view -x -a 'tds leaves cpus' -d 'list tds (default), leaves or cpus'
complete -c tdxctl -n '__fish_seen_subcommand_from top' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns top")' -d 'print these columns of TDs'
complete -c tdxctl -n '__fish_seen_subcommand_from top' -l sort -x -a '(tdxctl complete-words columns top)' -d 'sort TDs by COLUMN; -COLUMN: in descending order'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a monitor -d 'print events: TDs, HKIDs, locks, packages, CPUs'
complete -c tdxctl -n '__fish_seen_subcommand_from monitor' -l only -x -a '(tdxctl complete-words events 2>/dev/null)' -d 'print only events of these kinds'
complete -c tdxctl -n '__fish_seen_subcommand_from monitor' -l td -x -d 'print only events of this TD, which need not exist yet'
complete -c tdxctl -n '__fish_seen_subcommand_from monitor' -l initial -d 'first print what is so now'
complete -c tdxctl -n '__fish_seen_subcommand_from monitor' -l count -s n -x -d 'end after N events'
complete -c tdxctl -n '__fish_seen_subcommand_from monitor' -l delay -s d -x -d 'look every S seconds (default 0.5)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a td -d 'list every TD: owner, HKID, state, vCPUs, memory'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and not __fish_seen_subcommand_from list show' -a list -d 'list every TD: owner, HKID, state, vCPUs, memory'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from list' -l state -x -a 'unknown assigned keys-configured initialized runnable blocked teardown leaked' -d 'list only those in this state'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from list' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns td list")' -d 'print these columns; +LIST: also these'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from list' -l sort -x -a '(tdxctl complete-words columns td list)' -d 'sort by COLUMN; -COLUMN: in descending order'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from list' -l no-headers -d 'print only the rows of the table'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from list' -l bytes -s b -d 'print memory in bytes'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from list' -l time -x -a 'age iso' -d 'age (default), or iso: the time of the event'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from list' -l watch -d 'print it again every S seconds (default 2)'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and not __fish_seen_subcommand_from list show' -a show -d 'show one TD: its life cycle and what keeps it alive'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from show' -l bytes -s b -d 'print memory in bytes'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from show' -l time -x -a 'age iso' -d 'age (default), or iso: the time of the event'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from show' -l watch -d 'print it again every S seconds (default 2)'
complete -c tdxctl -n '__fish_seen_subcommand_from td; and __fish_seen_subcommand_from show' -a '(__tdxctl_vms)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a lock -d 'show who holds tdx_lock and the key-config locks'
complete -c tdxctl -n '__fish_seen_subcommand_from lock' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns lock")' -d 'print these columns; +LIST: also these'
complete -c tdxctl -n '__fish_seen_subcommand_from lock' -l sort -x -a '(tdxctl complete-words columns lock)' -d 'sort by COLUMN; -COLUMN: in descending order'
complete -c tdxctl -n '__fish_seen_subcommand_from lock' -l no-headers -d 'print only the rows of the table'
complete -c tdxctl -n '__fish_seen_subcommand_from lock' -l time -x -a 'age iso' -d 'age (default), or iso: the time of the event'
complete -c tdxctl -n '__fish_seen_subcommand_from lock' -l watch -d 'print it again every S seconds (default 2)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a cpu -d 'check that every online CPU can run TDs'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and not __fish_seen_subcommand_from check plan' -a check -d 'check that every online CPU can run TDs'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from check' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns cpu check")' -d 'print these columns; +LIST: also these'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from check' -l sort -x -a '(tdxctl complete-words columns cpu check)' -d 'sort by COLUMN; -COLUMN: in descending order'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from check' -l no-headers -d 'print only the rows of the table'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from check' -l watch -d 'print it again every S seconds (default 2)'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and not __fish_seen_subcommand_from check plan' -a plan -d 'check whether CPUs may go offline in this order'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from plan' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns cpu plan")' -d 'print these columns; +LIST: also these'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from plan' -l sort -x -a '(tdxctl complete-words columns cpu plan)' -d 'sort by COLUMN; -COLUMN: in descending order'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from plan' -l no-headers -d 'print only the rows of the table'
complete -c tdxctl -n '__fish_seen_subcommand_from cpu; and __fish_seen_subcommand_from plan' -l watch -d 'print it again every S seconds (default 2)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a doctor -d 'find out why TDX does not work, and what to fix first'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l group -x -a 'core capacity teardown update attestation' -d 'check only the rules of this group'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l explain -x -a '(tdxctl complete-words rules 2>/dev/null)' -d 'describe rule ID and its result on this host'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l short -s s -d 'print one line per finding'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l fail-on -x -a 'info warn fail' -d 'exit with status 7 from this level on (default fail)'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l attestation -d 'also check the rules about remote attestation'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l vm-log -r -F -d 'also read this log of a VMM; - is standard input'
complete -c tdxctl -n '__fish_seen_subcommand_from doctor' -l watch -d 'print it again every S seconds (default 2)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a check -d 'compare the host with limits, for cron and monitoring'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l format -x -a 'text nagios json prom' -d 'text (default), nagios, json or prom'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l warning -s w -x -a '(tdxctl complete-words limits 2>/dev/null)' -d 'warning limit CHECK=VALUE; may be repeated'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l critical -s c -x -a '(tdxctl complete-words limits 2>/dev/null)' -d 'critical limit CHECK=VALUE; may be repeated'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l config -r -F -d 'read limits from FILE instead of /etc/tdxctl.conf'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l timeout -s t -x -d 'give up after S seconds'
complete -c tdxctl -n '__fish_seen_subcommand_from check' -l watch -d 'print it again every S seconds (default 2)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a wait -d 'wait until HKIDs are free, or a TD is gone'
complete -c tdxctl -n '__fish_seen_subcommand_from wait' -l hkids-free -x -d 'wait until N HKIDs are free'
complete -c tdxctl -n '__fish_seen_subcommand_from wait' -l gone -x -a '(__tdxctl_vms)' -d 'wait until the teardown of VM is over'
complete -c tdxctl -n '__fish_seen_subcommand_from wait' -l timeout -x -d 'give up after S seconds, with exit status 7'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a metrics -d 'print metrics for Prometheus'
complete -c tdxctl -n '__fish_seen_subcommand_from metrics' -l textfile -r -F -d 'write to FILE, which is replaced atomically'
complete -c tdxctl -n '__fish_seen_subcommand_from metrics' -l nfd -r -F -d 'write features for Node Feature Discovery to FILE'
complete -c tdxctl -n '__fish_seen_subcommand_from metrics' -l per-td -d 'also print metrics of each TD'
complete -c tdxctl -n '__fish_seen_subcommand_from metrics' -l http -d 'answer one HTTP request for /metrics on standard input'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a trace -d 'print each call to the TDX module as it happens'
complete -c tdxctl -n '__fish_seen_subcommand_from trace' -l td -x -d 'only the calls for this TD'
complete -c tdxctl -n '__fish_seen_subcommand_from trace' -l leaf -x -d 'only leaves that match, such as \'MNG.*\' or \'*\''
complete -c tdxctl -n '__fish_seen_subcommand_from trace' -l errors -d 'only calls that return an error'
complete -c tdxctl -n '__fish_seen_subcommand_from trace' -l longer -x -d 'only calls that take as long, such as 50us, 2ms or 1s'
complete -c tdxctl -n '__fish_seen_subcommand_from trace' -l duration -x -d 'end after S seconds'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a stat -d 'count the calls to the TDX module and their time'
complete -c tdxctl -n '__fish_seen_subcommand_from stat' -l td -x -d 'only the calls for this TD'
complete -c tdxctl -n '__fish_seen_subcommand_from stat' -l leaf -x -d 'only leaves that match, such as \'MEM.*\''
complete -c tdxctl -n '__fish_seen_subcommand_from stat' -l interval -x -d 'print the counts of each S seconds'
complete -c tdxctl -n '__fish_seen_subcommand_from stat' -l duration -x -d 'end after S seconds'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a release -d 'tear down a TD and free its HKID and memory now'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l dry-run -s n -d 'print the plan and change nothing'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l yes -s y -d 'do not ask; required when not on a terminal'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l building -d 'also release a TD that is being built'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l bytes -s b -d 'print memory in bytes'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l strategy -x -a 'auto terminate release early stop' -d 'auto (default), terminate, release, early or stop'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l cpus -x -d 'reclaim pages on at most N CPUs, 1 to 8192'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -l timeout -x -d 'stop safely after S seconds, for example 0.5'
complete -c tdxctl -n '__fish_seen_subcommand_from release' -a '(__tdxctl_vms)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a helper -d 'show the helper module and its features'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and not __fish_seen_subcommand_from status load unload' -a status -d 'show the helper module and its features'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and __fish_seen_subcommand_from status' -l file -r -F -d 'use module file KO instead of the installed one'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and __fish_seen_subcommand_from status' -l watch -d 'print it again every S seconds (default 2)'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and not __fish_seen_subcommand_from status load unload' -a load -d 'load the helper module tdxctl.ko'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and __fish_seen_subcommand_from load' -l file -r -F -d 'use module file KO instead of the installed one'
complete -c tdxctl -n '__fish_seen_subcommand_from helper; and not __fish_seen_subcommand_from status load unload' -a unload -d 'unload the helper module; TDs are not affected'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a emulate -d 'write an emulated host to FILE'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and not __fish_seen_subcommand_from init play' -a init -d 'write an emulated host to FILE'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l packages -x -d 'CPU packages, 1 to 8 (default 2)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l cpus-per-package -x -d 'CPUs per package, at most 4096 in total (default 4)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l mktme-keyids -x -d 'shared KeyIDs, below the private ones (default 15)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l tdx-keyids -x -d 'private KeyIDs, the global one included (default 16)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -l force -s f -d 'overwrite FILE'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from init' -F
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and not __fish_seen_subcommand_from init play' -a play -d 'make the emulated host in FILE move'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from play' -l speed -x -d 'play N times as fast, 1 to 1000 (default 1)'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from play' -l from -x -d 'start S seconds after the beginning'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from play' -l step -x -d 'play S seconds with each look, whatever the clock says'
complete -c tdxctl -n '__fish_seen_subcommand_from emulate; and __fish_seen_subcommand_from play' -F

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a keys -d 'show how many TDs each KeyID split allows'
complete -c tdxctl -n '__fish_seen_subcommand_from keys' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns keys")' -d 'print these columns; +LIST: also these'
complete -c tdxctl -n '__fish_seen_subcommand_from keys' -l sort -x -a '(tdxctl complete-words columns keys)' -d 'sort by COLUMN; -COLUMN: in descending order'
complete -c tdxctl -n '__fish_seen_subcommand_from keys' -l no-headers -d 'print only the rows of the table'
complete -c tdxctl -n '__fish_seen_subcommand_from keys' -l bits -x -d 'KeyID bits (default: those of this host, else 6)'
complete -c tdxctl -n '__fish_seen_subcommand_from keys' -l split -x -d 'show only the split with N bits for TDX'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a decode -d 'explain TDX status codes, also in logs'
complete -c tdxctl -n '__fish_seen_subcommand_from decode' -l features -d 'interpret each VALUE as TDX_FEATURES0'
complete -c tdxctl -n '__fish_seen_subcommand_from decode' -l attributes -d 'interpret each VALUE as the attributes of a TD'
complete -c tdxctl -n '__fish_seen_subcommand_from decode' -l xfam -d 'interpret each VALUE as the XFAM of a TD'
complete -c tdxctl -n '__fish_seen_subcommand_from decode' -a '(tdxctl complete-words names 2>/dev/null)'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a report -d 'write a report about the host that can be shared'
complete -c tdxctl -n '__fish_seen_subcommand_from report' -l no-redact -d 'do not mask names, addresses and command lines'

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a fleet -d 'list the hosts of many reports, the worst first'
complete -c tdxctl -n '__fish_seen_subcommand_from fleet' -l columns -s o -x -a '(__fish_complete_list , "tdxctl complete-words columns fleet")' -d 'print these columns; +LIST: also these'
complete -c tdxctl -n '__fish_seen_subcommand_from fleet' -l sort -x -a '(tdxctl complete-words columns fleet)' -d 'sort by COLUMN; -COLUMN: in descending order'
complete -c tdxctl -n '__fish_seen_subcommand_from fleet' -l no-headers -d 'print only the rows of the table'
complete -c tdxctl -n '__fish_seen_subcommand_from fleet' -F

complete -c tdxctl -n 'not __fish_seen_subcommand_from status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help' -a help -d 'print help about a verb'
complete -c tdxctl -n '__fish_seen_subcommand_from help' -a 'status hkid top monitor td lock cpu doctor check wait metrics trace stat release helper emulate keys decode report fleet help'
