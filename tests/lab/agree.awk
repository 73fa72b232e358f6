# SPDX-License-Identifier: GPL-2.0-only
# agree.awk: do seam's truth, tdxctl's documents, the misc cgroup, KVM's debugfs
# and the kernel log tell one story? Prints what they disagree about.
#
# -v charged=N    misc.current
# -v vms="P-F .." directories of KVM's debugfs
# -v lost="N .."  HKIDs that KVM said are leaked
# -v blind=1      TDs that are older than the helper could not be read; so it is
#                 after TDs were lost before it came
# -v silent=1     KVM does not say that the HKID is leaked
# Arguments: the truth, and the documents of status, hkid and td list.

function differ(text)
{
	print text
	bad = 1
}

# The value of "key": value, as tdxctl lays out its documents.
function value(line)
{
	sub(/^[^:]*: /, "", line)
	gsub(/[",]/, "", line)
	return line
}

function key(line)
{
	gsub(/^ *"|".*/, "", line)
	return line
}

BEGIN {
	word["0 0"] = "assigned"
	word["1 0"] = "keys-configured"
	word["1 1"] = "initialized"
	word["1 2"] = "runnable"
}

FNR == 1 { file++ }

file == 1 && $1 == "hkid" && $3 != "reserved" { kot[$2] = $3; owner[$2] = $5 }
file == 1 && $1 == "td" {
	was[$2] = $6 == 2 ? "blocked" : $6 == 3 ? "teardown" : word[$6 " " $8]
	holds[$2] = $6 == 3 ? "null" : $4
	vcpus[$2] = $12
	tds++
}
file == 1 && $1 == "pages" { reg = $3; control = $5 + $7 + $9; sept = $11 }

file == 2 && /^  "[a-z]*": [{]/ { part = key($0) }
file == 2 && /^    "[a-z_]*": / { status[part "." key($0)] = value($0) }

file == 3 && /^      "id": / { id = value($0) }
file == 3 && /^      "state": / { state[id] = value($0) }

file == 4 && /^    [{]/ { delete td }
file == 4 && /^      "[a-z_]*": / { td[key($0)] = value($0) }
file == 4 && /^    [}]/ && "tdr" in td {
	tdr = td["tdr"]
	name = td["vm"] " (" tdr ")"
	listed++
	if (tdr == "null") {
		nameless++
		next
	}
	if (!(tdr in was)) {
		differ("there is no TD " name)
		next
	}
	seen[tdr] = td["hkid"]
	# Leaked is a TD whose HKID is not free, or of whose VM only pages are left.
	if (td["state"] != was[tdr] &&
	    !(td["state"] == "leaked" && (holds[tdr] != "null" || was[tdr] == "teardown")) &&
	    !(blind && td["state"] == "unknown"))
		differ(name " is " td["state"] ", not " was[tdr])
	if (td["hkid"] != holds[tdr] && !(blind && td["hkid"] == "null"))
		differ(name " has HKID " td["hkid"] ", not " holds[tdr])
	if (td["vcpus"] != "null" && td["late"] == "false" && was[tdr] ~ /initialized|runnable/ &&
	    td["vcpus"] != vcpus[tdr])
		differ(name " has " td["vcpus"] " vCPUs, not " vcpus[tdr])
	# The process of a leaked TD may have ended.
	if (td["pid"] != "null" && td["state"] != "leaked" && index(" " vms, " " td["pid"] "-") == 0)
		differ("KVM has no VM of " name ", process " td["pid"])
	pages["private"] += td["private_pages"]
	pages["sept"] += td["sept_pages"]
	pages["control"] += td["control_pages"]
	if (td["private_pages"] == "null")
		unknown["private"] = 1
	if (td["sept_pages"] == "null")
		unknown["sept"] = 1
	if (td["control_pages"] == "null")
		unknown["control"] = 1
}

# A count of 0 is not known while the state of some is not.
function counted(what, got, want)
{
	if (want || !n["unknown"] || got != "null")
		same(what, got, want)
}

function same(what, got, want)
{
	if (got != want)
		differ(what ": " got ", not " want)
}

END {
	m = split(lost, leak, " ")
	for (i = 1; i <= m; i++) {
		logged[leak[i]] = 1
		blind = blind || state[leak[i]] == "unknown"
		if (kot[leak[i]] == "free" || state[leak[i]] == "free")
			differ("KVM says that HKID " leak[i] " is leaked")
	}
	for (id in kot) {
		used += kot[id] != "free"
		n[state[id]]++
		if (kot[id] == "free" ? state[id] == "free" :
		    kot[id] == "flushed" ? state[id] ~ /^(flushing|leaked)$/ :
		    state[id] ~ /^(assigned|configured|leaked)$/)
			;
		else if (!blind || state[id] != "unknown")
			differ("HKID " id " is " state[id] ", in truth " kot[id])
		# An HKID in use that the helper knows has its TD.
		if (kot[id] != "free" && state[id] != "unknown" && !blind && seen[owner[id]] != id)
			differ("HKID " id ": its TD " owner[id] " is listed with " seen[owner[id]])
	}
	for (id in state)
		if (!(id in kot))
			differ("there is no HKID " id)
	same("misc.current", charged, used)
	same("hkids.charged", status["hkids.charged"], used)
	split("free assigned configured flushing leaked", words)
	for (i in words)
		counted("hkids." words[i], status["hkids." words[i]], n[words[i]] + 0)
	same("hkids.unknown_state", status["hkids.unknown_state"], n["unknown"] + 0)
	if (listed - nameless > tds || (!blind && listed != tds))
		differ(listed + 0 " TDs are listed, not " tds + 0)
	if (!blind || status["tds.total"] != "null")
		same("tds.total", status["tds.total"], listed + 0)
	if (!unknown["private"] && !blind)
		same("private pages", pages["private"] + 0, reg)
	if (!unknown["sept"] && !blind)
		same("S-EPT pages", pages["sept"] + 0, sept)
	if (!unknown["control"] && !blind)
		same("control pages", pages["control"] + 0, control)
	for (id in state)
		if (!silent && state[id] == "leaked" && !(id in logged))
			differ("HKID " id " is leaked, but KVM did not say so")
	same("locks.held", status["locks.held"], 0)
	same("helper.missed", status["helper.missed"], 0)
	same("helper.violations", status["helper.violations"], 0)
	exit bad
}
