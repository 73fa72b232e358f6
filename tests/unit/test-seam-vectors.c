// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conformance of the software TDX module: the host-side vectors of the 1.5.05
 * ABI, as tables. A vector counts when the status of each call, the outputs
 * named, the register contract and "no lock left behind" are all right.
 */
#include "test-seam-vectors.h"
#include "test-seam-vectors-sys.h"
#include "test-seam-vectors-td.h"
#include "test-seam-vectors-vp.h"
#include "test-seam-vectors-busy.h"

#define NR_VECTORS 165

static u32 run_vectors(const struct vector *v, u32 nr)
{
	u32 i, s, good = 0;
	int failed;

	for (i = 0; i < nr; i++) {
		check_name = v[i].id;
		failed = check_failed;
		v[i].from();
		for (s = 0; s < v[i].nr_steps; s++)
			run_step(&v[i].steps[s]);
		if (v[i].fn)
			v[i].fn();
		check_locks_free();
		good += check_failed == failed;
	}
	return good;
}

#define RUN_VECTORS(t) run_vectors(t, ARRAY_SIZE(t))

int main(void)
{
	u32 good = 0;

	good += RUN_VECTORS(vectors_sys);
	good += RUN_VECTORS(vectors_life);
	good += RUN_VECTORS(vectors_vp);
	good += RUN_VECTORS(vectors_mem);
	good += RUN_VECTORS(vectors_teardown);
	good += RUN_VECTORS(vectors_busy);
	printf("conformance: %u of %u vectors\n", good, NR_VECTORS);
	check_name = "vectors";
	CHECK_EQ(good, NR_VECTORS);
	return check_done("test-seam-vectors");
}
