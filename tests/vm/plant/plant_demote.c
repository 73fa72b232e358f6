// SPDX-License-Identifier: GPL-2.0-only
#define PLANTED tdh_mem_page_demote
#include "plant.h"
