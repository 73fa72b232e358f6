/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A captured host: a directory with copies of a host's files. */
#ifndef TDXCTL_CAPTURED_H
#define TDXCTL_CAPTURED_H

#include "host/host.h"

extern const struct backend captured_backend;

#endif
