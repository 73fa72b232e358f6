# SPDX-License-Identifier: GPL-2.0-only
# Events of the helper. The monitor looks only once an hour, so all that comes was sent, except
# that memory is back.

seen()
{
	wait_for "grep -q '\"event\": \"$1\"' /tmp/events"
}

# Only CAP_NET_ADMIN permits to join the group: a member of the group tdxctl who looks once an hour
# learns of nothing, and one who looks often does.
case_events_member()
{
	load_emul
	t 0 helper load
	chgrp tdxctl /dev/tdxctl && chmod 0660 /dev/tdxctl || die "chgrp, chmod: $?"
	monitors=
	for who in root:3600 member:3600 member:0.2; do
		su -s /bin/sh "${who%:*}" -c "exec tdxctl monitor -d ${who#*:} --json" \
			>"/tmp/events-$who" 2>"/tmp/events-$who.err" &
		monitors="$monitors $!"
	done
	sleep 3
	vmm web --pages 8
	for who in root:3600 member:0.2; do
		wait_for "grep -q '\"event\": \"td-finalized\"' /tmp/events-$who"
	done
	[ ! -s /tmp/events-member:3600 ] || die "a member of tdxctl joined: $(cat /tmp/events-member:3600)"
	# shellcheck disable=SC2086 # one word for each
	kill -TERM $monitors
	for pid in $monitors; do
		wait "$pid" || die "monitor: status $?"
	done
	for who in root:3600 member:3600 member:0.2; do
		[ ! -s "/tmp/events-$who.err" ] || die "monitor of $who: $(cat "/tmp/events-$who.err")"
	done
}

case_events()
{
	load_emul
	t 0 helper load
	tdxctl monitor -d 3600 --json >/tmp/events 2>/tmp/events.err &
	monitor=$!
	sleep 3
	vmm web --pages 64
	seen td-created
	seen td-finalized
	# The memory is back a second after the last SEAMCALL for which an event is sent.
	echo "28 20000000" >$EMUL/delay || die "delay"
	j 0 release web --yes
	seen hkid-freed
	seen memory-back
	# A TD begins and ends while the monitor is stopped.
	echo "28 0" >$EMUL/delay || die "delay"
	gone "$VMM"
	kill -STOP "$monitor"
	vmm short --pages 16
	gone "$VMM"
	grep -q tds-unseen /tmp/events && die "TDs were seen, and reported as unseen"
	kill -CONT "$monitor"
	seen tds-unseen
	grep tds-unseen /tmp/events | grep -q '"value": 1[^0-9]' || die "unseen: $(grep tds-unseen /tmp/events)"
	# It does not keep the helper, and goes on with the next one.
	t 0 helper unload
	t 0 helper load
	kill -TERM "$monitor"
	wait "$monitor" || die "monitor: $(cat /tmp/events.err)"
	[ ! -s /tmp/events.err ] || die "monitor: $(cat /tmp/events.err)"
}
