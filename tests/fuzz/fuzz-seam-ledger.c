// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host of the property test, with each decision taken from the input: which call, its
 * operands, what comes in between. After any sequence of calls the module (seam) and the
 * ledgers that saw the calls agree about TDs, pages, HKIDs, packages and CPUs.
 */
#include <unistd.h>

/* Fewer than in the property test: short inputs do much with each TD, and checks are fast. */
#define MAX_TDS	    6
#define SMALL_PAGES 1024
#include "../unit/property-compare.h"
#include "fuzz.h"

#define CHECK_EVERY 300 /* calls, on average half of it */
#define LATE_AFTER  200 /* calls until a late ledger starts or starts again, at most */

/* The host after bring-up, with which all runs start. */
static struct {
	typeof(w) world;
	typeof(led[0]) led[LEDGERS];
	void *seam, *ledger[LEDGERS];
	u64 clock_ns;
} image;

static struct input in;
static u64 next_check;

/* A byte if it is enough; random numbers when the input has ended. */
static u32 rnd(u32 n)
{
	u32 v;

	if (!input_left(&in))
		return noise(n);
	v = input_u8(&in);
	if (n > 1U << 8)
		v = v << 8 | input_u8(&in);
	if (n > 1U << 16)
		v = v << 16 | (u32)input_u8(&in) << 8 | input_u8(&in);
	return v % n;
}

static void must_agree(void)
{
	check_all();
	if (failed || check_failed)
		abort();
}

static void start_late(u32 i)
{
	open_ledger(i, false);
	led[i].next_start = w.calls + 1 + noise(LATE_AFTER);
}

static void checkpoint(void)
{
	if (w.calls < next_check)
		return;
	must_agree();
	for (u32 i = LATE; i <= LATER; i++)
		if (w.calls >= led[i].next_start)
			start_late(i);
	next_check = w.calls + 1 + noise(CHECK_EVERY);
}

static void *copy(const void *p, size_t size)
{
	void *to = malloc(size);

	MUST(to);
	return memcpy(to, p, size);
}

/* Maps the memory of the host from a file, with which a private mapping starts again. */
static void map_memory(int fd, int flags)
{
	MUST(mmap(w.mem, MEM_SIZE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == w.mem);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = memfd_create("host", MFD_CLOEXEC);

	world_open(1, false);
	MUST(fd >= 0 && !ftruncate(fd, MEM_SIZE));
	MUST(pwrite(fd, w.mem + TDMR_ARRAY, 2 * CORE_PAGE_SIZE, TDMR_ARRAY) == 2 * CORE_PAGE_SIZE);
	map_memory(fd, MAP_SHARED);
	for (u32 i = 0; i < LEDGERS; i++)
		if (i != LATE && i != LATER)
			open_ledger(i, true);
	next_check = ~0ULL;
	bring_up();
	map_memory(fd, MAP_PRIVATE);
	close(fd);

	image.world = w;
	image.clock_ns = clock_ns;
	image.seam = copy(w.seam_mem, w.seam_bytes);
	memcpy(image.led, led, sizeof(led));
	for (u32 i = 0; i < LEDGERS; i++)
		if (led[i].mem)
			image.ledger[i] = copy(led[i].mem, led[i].bytes);
	return 0;
}

static void reset(void)
{
	MUST(!madvise(w.mem, MEM_SIZE, MADV_DONTNEED));
	w = image.world;
	clock_ns = image.clock_ns;
	traced = 0;
	memcpy(w.seam_mem, image.seam, w.seam_bytes);
	for (u32 i = 0; i < LEDGERS; i++) {
		if (led[i].mem != image.led[i].mem)
			free(led[i].mem);
		led[i] = image.led[i];
		if (led[i].mem)
			memcpy(led[i].mem, image.ledger[i], led[i].bytes);
	}
}

/*
 * The first byte varies what is no decision, for example when late ledgers start. An odd
 * second byte ends all TDs after the input.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	bool ends;

	in = (struct input){ data, data + len };
	reset();
	w.noise = input_u8(&in);
	ends = input_u8(&in) & 1;
	next_check = w.calls + 1 + noise(CHECK_EVERY);
	for (u32 i = LATE; i <= LATER; i++)
		led[i].next_start = w.calls + noise(LATE_AFTER);
	while (input_left(&in))
		step();
	if (ends)
		drain();
	must_agree();
	return 0;
}
