#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The command line's tests. TDXCTL=binary, UPDATE=1 rewrites the goldens;
# arguments pick cases by name.
exec /usr/bin/python3 -W error "$(dirname "$0")/run.py" "$@"
