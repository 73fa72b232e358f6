// SPDX-License-Identifier: GPL-2.0-only
#define PLANTED tdx_pamt_put
#include "plant.h"
