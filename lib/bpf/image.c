/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The compiled BPF programs, as a part of the command. */
#include "observer.h"

#ifdef BPF_DIR
/* Not local: with -flto, the function may be compiled apart from the assembler code. */
#define IMAGE(name) \
	__asm__(".pushsection .rodata\n" \
		".balign 8\n" \
		".globl bpf_" #name ", bpf_" #name "_end\n" \
		".hidden bpf_" #name ", bpf_" #name "_end\n" \
		"bpf_" #name ": .incbin \"" BPF_DIR "/" #name ".o\"\n" \
		"bpf_" #name "_end:\n" \
		".balign 8\n" \
		".popsection\n"); \
	extern const char bpf_##name[], bpf_##name##_end[] __attribute__((visibility("hidden")))

IMAGE(inventory);
IMAGE(events);
#define IMAGE_OF(name) \
	(struct observer_image) \
	{ \
		bpf_##name, (size_t)(bpf_##name##_end - bpf_##name) \
	}
#else
#define IMAGE_OF(name) (struct observer_image){ NULL, 0 }
#endif

struct observer_image observer_inventory(void)
{
	return IMAGE_OF(inventory);
}

struct observer_image observer_events(void)
{
	return IMAGE_OF(events);
}
