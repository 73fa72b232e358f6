/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of the TDX module ABI, from the tables in tdx.h. */
#include "decode.h"
#include "model.h"
#include "tdx.h"

const char *tdxctl_leaf_str(unsigned int leaf)
{
	switch (leaf) {
#define X(num, id, name) \
	case num: \
		return name;
		TDX_LEAVES(X)
#undef X
	}
	return NULL;
}

const char *tdxctl_status_str(uint64_t status)
{
	switch (status) {
	case TDX_SEAMCALL_VMFAILINVALID:
		return "TDX_SEAMCALL_VMFAILINVALID";
	case TDX_SEAMCALL_UD:
		return "TDX_SEAMCALL_UD";
	case TDX_SEAMCALL_GP:
		return "TDX_SEAMCALL_GP";
	}
	switch (status >> 32) {
#define X(hi, id) \
	case hi: \
		return "TDX_" #id;
		TDX_STATUSES(X)
#undef X
	}
	return NULL;
}

const char *tdxctl_operand_str(uint32_t operand)
{
	switch (operand) {
#define X(num, id, name) \
	case num: \
		return name;
		TDX_OPERANDS(X)
#undef X
	}
	return NULL;
}

const char *tdxctl_decode_name(size_t n)
{
	static const char *const names[] = {
#define X(num, id, name) name,
		TDX_LEAVES(X)
#undef X
#define X(hi, id) "TDX_" #id,
			TDX_STATUSES(X)
#undef X
	};

	return n < ARRAY_SIZE(names) ? names[n] : NULL;
}
