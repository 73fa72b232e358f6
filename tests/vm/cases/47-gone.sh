#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# wait --gone: real processes, a slow teardown, and a helper that goes meanwhile.
# shellcheck disable=SC2016,SC2086 # conditions are evaluated later

case_gone()
{
	load_emul
	t 0 helper load
	vmm web --vcpus 2 --pages 512
	web=$VMM
	vmm db --vcpus 1 --pages 16
	j 7 wait --gone web --timeout 0.3
	is open_stage process
	is 'stages[].state' open open open open
	is pid $web
	j 0 release web --yes
	j 7 wait --gone $web --timeout 0.3
	is 'stages[].state' open 'done' 'done' open
	# It ends while the command waits; the other TD stays.
	j 0 wait --gone web --timeout 60 -- kill -9 $web
	is result gone
	is 'stages[].state' 'done' 'done' 'done' 'done'
	truth '^td ' 1
	wait $web 2>/dev/null
	# It has no name any more.
	j 1 wait --gone td:1
	is error.code not-found
	gone "$VMM"
}

# The VMM is dead when the command starts, and the teardown goes on.
case_gone_slow()
{
	load_emul
	t 0 helper load
	vmm web --vcpus 1 --pages 2000
	echo "28 1000000" >$EMUL/delay || die "delay"
	kill -9 $VMM
	j 7 wait --gone td:1 --timeout 0.2
	is result not-gone
	truth '^td ' 1
	j 0 wait --gone td:1 --timeout 60
	is result gone
	truth '^td ' 0
	echo "28 0" >$EMUL/delay
	wait $VMM 2>/dev/null
}

# Nothing is claimed when the helper is not there, or not the same.
case_gone_no_helper()
{
	load_emul
	vmm web --vcpus 1 --pages 16
	j 5 wait --gone web --timeout 1
	is error.code helper-missing
	gone "$VMM"
	t 0 helper load
	vmm web --vcpus 1 --pages 16
	(
		sleep 1
		tdxctl helper unload >/tmp/unload 2>&1
	) &
	unload=$!
	j 5 wait --gone web --timeout 60
	is error.code helper-gone
	wait $unload || die "unload: $(cat /tmp/unload)"
	gone "$VMM"
}
