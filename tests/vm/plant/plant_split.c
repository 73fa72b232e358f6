// SPDX-License-Identifier: GPL-2.0-only
#define PLANTED tdx_sept_split_private_spte
#include "plant.h"
