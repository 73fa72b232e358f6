// SPDX-License-Identifier: GPL-2.0-only
#define PLANTED kvm_gmem_ioctl
#include "plant.h"
