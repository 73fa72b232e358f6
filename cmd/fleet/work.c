// SPDX-License-Identifier: GPL-2.0-only
/* Divides the reports among processes. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fleet.h"

/* The results, which all processes share, behind the number of the next report. */
struct shared {
	atomic_size_t next;
	struct fleet_host host[];
};

static void work(struct shared *s, char *const *files, size_t count)
{
	size_t i;

	while ((i = atomic_fetch_add(&s->next, 1)) < count)
		fleet_examine(files[i], &s->host[i]);
}

int fleet_work(char *const *files, size_t count, struct fleet_host **out)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct shared *s = mmap(NULL, sizeof(*s) + count * sizeof(*s->host), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t started = 0;

	if (s == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < count; i++)
		snprintf(s->host[i].error, sizeof(s->host[i].error),
			 "the process that read this report ended before its end");
	/* The child must not write the buffers again. */
	fflush(NULL);
	for (; started < count && started < (size_t)(cpus > 0 ? cpus : 1); started++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid) {
			work(s, files, count);
			_exit(0);
		}
	}
	/* Too many processes: then by itself. */
	if (!started)
		work(s, files, count);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	*out = s->host;
	return 0;
}
