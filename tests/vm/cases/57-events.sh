# SPDX-License-Identifier: GPL-2.0-only
# Events of the helper. The monitor looks only once an hour, so all that comes was sent, except
# that memory is back.

seen()
{
	wait_for "grep -q '\"event\": \"$1\"' /tmp/events"
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
	# It does not keep the helper, and goes on with the next one.
	t 0 helper unload
	t 0 helper load
	kill -TERM "$monitor"
	wait "$monitor" || die "monitor: $(cat /tmp/events.err)"
	[ ! -s /tmp/events.err ] || die "monitor: $(cat /tmp/events.err)"
}
