/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake libkmod, libsystemd and libnl for tests: shared libraries with the same names next to the
 * program, found through its RPATH. A variable in each library scripts its answers.
 */
#ifndef TDXCTL_TESTS_FAKE_LIBS_H
#define TDXCTL_TESTS_FAKE_LIBS_H

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct fake_kmod {
	int new_fails;			  /* out of memory */
	int name_err, file_err, info_err; /* answers, 0 = served */
	int insert, probe, remove;
	int busy;	      /* how often remove answers -EWOULDBLOCK first */
	const char *path;     /* of the module, NULL: not installed */
	const char *version;  /* in its modinfo, NULL none */
	const char *vermagic; /* the same */
	const char *signer;   /* the same */
	/* The calls that were made. */
	char inserted[512], options[64], removed[64];
	unsigned int probe_flags, remove_flags;
	int calls; /* of insert, probe and remove */
	int refs;  /* references that were not dropped */
};

struct fake_entry {
	const char *message;   /* NULL: it has none */
	size_t len;	       /* 0: strlen() */
	const char *source_us; /* when the kernel wrote it, NULL unknown */
	uint64_t us;	       /* when it came in */
};

struct fake_journal {
	int open_err, boot_err, match_err, seek_err, next_err;
	int monotonic_err;
	const struct fake_entry *entries;
	size_t count;
	size_t fails_at; /* next_err is returned before this entry */
	/* The calls that were made. */
	char matches[1024];
	int flags, open;
	uint64_t skipped[16]; /* from the tail, one for each query */
	int head, tail;
	long at; /* entry now, -1 before the first */
};

struct fake_message {
	const void *data;
	size_t len;
	uint32_t from; /* port of the sender; 0: the kernel */
	int err;       /* of libnl, instead of a message */
};

struct fake_netlink {
	int no_socket; /* out of memory */
	int connect_err, group, join_err, nonblock_err;
	const struct fake_message *messages;
	size_t count;
	/* The calls that were made. */
	char family[32], name[32]; /* of the group that was looked up */
	int joined;
	int open;
};

/* Returns the script variable @name of the library @soname. */
static inline void *fake_script(const char *soname, const char *name)
{
	void *lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL), *p = lib ? dlsym(lib, name) : NULL;

	if (!p) {
		fprintf(stderr, "%s: %s\n", soname, dlerror());
		exit(1);
	}
	return p;
}

#endif
