/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The emulated host: its file, the machine that replays the file, and the backend. */
#ifndef TDXCTL_LIB_EMUL_H
#define TDXCTL_LIB_EMUL_H

#include "host/host.h"
#include "ledger/ledger.h"
#include "seam/seam.h"
#include "tdmgr/tdmgr.h"
#include "ledger/wire.h"

#define EMUL_MAX_FILE  (16U << 20)
#define EMUL_MAX_CPUS  4096U
#define EMUL_MAX_PAGES (1ULL << 24) /* in all TDs: 64 GiB */
#define EMUL_MAX_SPEED 1000U
#define EMUL_VERSION   "1.5.05" /* the TDX module version that seam implements */

enum emul_op {
	EMUL_TD,
	EMUL_RELEASE,
	EMUL_STOP,
	EMUL_FAULT,
	EMUL_CPU,
	EMUL_HOLD,
	EMUL_WAIT,
	EMUL_PACE,
	EMUL_ACCEPT,
	EMUL_OPS,
};

enum emul_until { EMUL_INIT, EMUL_VCPUS, EMUL_MEMORY, EMUL_FINALIZED, EMUL_UNTILS };

/* One event in the life of the host; @op determines which members are used. */
struct emul_event {
	uint64_t op; /* enum emul_op */
	uint64_t at; /* when it happens in a host that plays, in ms; 0: before that */
	char *name, *uuid, *comm;
	uint64_t pid, uid;
	uint64_t vcpus, max_vcpus, pages, until;
	uint64_t td, pages_left; /* td: its number in the ledger */
	uint64_t leaf, status, cpu, skip, count;
	uint64_t online;
	uint64_t lock, package, ms, more_ms;
	uint64_t page_ns;
};

/* How the timed events are played. */
struct emul_play {
	bool on;
	uint64_t from_ms; /* where it starts */
	/* @started_ms, of the real clock, and how many times as fast; or steps per snapshot. */
	uint64_t started_ms, speed;
	uint64_t step_ms;
};

struct emul_file {
	struct tdxctl_emul_topology topo;
	uint64_t clock_ns; /* the host's clock at power-on */
	struct emul_play play;
	struct emul_event *events;
	size_t nr_events;
};

/* ---- host.c, load.c ---- */

struct emul;
struct emul_trace;
extern const struct backend emul_backend;

/*
 * Opens a host file, or the built-in host when @file is NULL, and replays its events.
 * @before: what was loaded from the file until now, whose trace goes on; or NULL.
 * The caller frees *@out with emul_free(). -EINVAL: not a host file, or an invalid
 * event; -EFBIG; -ENOMEM; -errno. Sets the error.
 */
int emul_load(struct tdxctl_ctx *ctx, const char *file, const struct emul *before,
	      struct emul **out);
/* @e may be NULL. */
void emul_free(struct emul *e);
/* Loads the host again if its file has changed. Sets the error. */
int emul_refresh(struct tdxctl_ctx *ctx);

/* ---- release.c ---- */

/* Implements backend->release_open. */
int emul_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      const struct tdxctl_release_options *opts, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan);

/* ---- file.c, default.c ---- */

/*
 * Parses the JSON text of a host file; @name is for messages. The caller clears *@out
 * with emul_file_clear(). -EINVAL: malformed; -ENOMEM. Sets the error.
 */
int emul_file_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
		    struct emul_file *out);
/* Formats @f as JSON into *@text, malloc'ed. -ENOMEM. Sets the error. */
int emul_file_format(struct tdxctl_ctx *ctx, const struct emul_file *f, char **text);
/* Appends a copy of @ev and its strings. -ENOMEM: @f is unchanged. */
int emul_file_add(struct emul_file *f, const struct emul_event *ev);
/* Frees the events. */
void emul_file_clear(struct emul_file *f);
/*
 * The built-in events on a host with topology @topo; NULL: the built-in topology. The
 * caller clears *@out. -EINVAL: invalid topology; -ENOMEM. Sets the error.
 */
int emul_file_default(struct tdxctl_ctx *ctx, const struct tdxctl_emul_topology *topo,
		      struct emul_file *out);
/* Appends the built-in timed events. -ENOMEM. Sets the error. */
int emul_file_moving(struct tdxctl_ctx *ctx, struct emul_file *f);
/* Checks the limits of a topology; @name is for messages. -EINVAL. Sets the error. */
int emul_check_topology(struct tdxctl_ctx *ctx, const char *name,
			const struct tdxctl_emul_topology *topo);

/* ---- store.c: the file on disk; all functions set the error ---- */

/* Reads a host file into *@text, malloc'ed. -EINVAL: not a regular file; -EFBIG; -errno. */
int emul_store_read(struct tdxctl_ctx *ctx, const char *path, char **text, size_t *len);
/*
 * Locks a host file; waits up to two seconds for another writer. Returns a descriptor
 * whose close() unlocks the file, -EBUSY, or another -errno.
 */
int emul_store_lock(struct tdxctl_ctx *ctx, const char *path);
/*
 * Replaces or creates a host file in one step. -EEXIST: @excl is set and the file exists;
 * -EINVAL: not a regular file; -errno.
 */
int emul_store_write(struct tdxctl_ctx *ctx, const char *path, const char *text, bool excl);

/* A lock that an event holds until @until_ns. */
struct emul_hold {
	bool held;
	int32_t pid;
	char comm[TDXCTL_COMM_LEN];
	uint64_t since_ns, until_ns;
	uint64_t contended, longest_ns;
};

struct emul_td {
	struct tdmgr_td *td; /* NULL: destroyed */
	uint32_t id;	     /* "td:N"; 0: never created */
	uint64_t tdr;
	size_t event;		   /* index of its event in the file */
	uint64_t pages;		   /* that it got so far, which is the next free GPA */
	struct ledger_owner owner; /* its process */
};

/* A timed event that takes a while. */
struct emul_work {
	size_t event;		  /* its index in the file, whose array moves as it grows */
	uint64_t start_ms, pages; /* pages: private pages of the TD at the start */
};

struct emul {
	struct tdxctl_ctx *ctx;
	char *path; /* NULL: the built-in host */
	char *text; /* as read, to detect other writers */
	struct emul_file file;

	/* the machine */
	uint32_t nr_cpus, nr_pkgs;
	uint8_t *cpu_pkg;
	struct wire_cpu *cpus;
	uint32_t pkg_id[TDX_MAX_PKGS];
	uint8_t *ram; /* maps the physical range below */
	uint64_t ram_base, ram_size;
	uint64_t next_page, last_page;
	uint64_t *desc; /* TDMR array in ram */
	struct seam *seam;
	struct ledger *ledger;
	struct tdmgr *mgr;
	bool bringup_tried;
	bool ready;	   /* bring-up succeeded */
	bool powering_off; /* do not log */
	uint32_t cpu;	   /* the CPU that runs the current code */
	uint64_t clock;
	struct ledger_owner owner; /* the process that makes the current call */
	struct emul_td *current;   /* the TD that the current call is made for; NULL: none */
	struct emul_hold hold_tdx, hold_key[TDX_MAX_PKGS];
	struct emul_td *tds;
	size_t nr_tds;
	uint64_t page_ns; /* real time that releasing one page takes */

	/* the timed events */
	uint64_t play_clock; /* the host's clock when they began */
	uint64_t played_ms;
	uint64_t snapshots;
	size_t *timed; /* their indices in the file, in order of time */
	size_t nr_timed, next_timed;
	struct emul_work *work;
	size_t nr_work;
	size_t event; /* index of the one that is played */

	/*
	 * Gets each call that has ended, before the ledger knows its result; NULL: no trace.
	 * After the file was loaded again, what was played until @traced_ms is not traced a
	 * second time, except @traced_events and later ones.
	 */
	void (*on_call)(struct emul *e, const struct ledger_call *call, uint64_t status);
	struct emul_trace *trace;
	uint64_t traced_ms;
	size_t traced_events;

	/* the current release stops after @budget pages */
	bool limited;
	uint64_t budget;
};

/* ---- machine.c ---- */

/* Allocates and initialises the machine of e->file. -ENOMEM, -EINVAL. Sets the error. */
int emul_power_on(struct emul *e);
/* Returns the lowest bit of the KeyID in a physical address. */
uint32_t emul_keyid_shift(const struct tdxctl_emul_topology *t);
/* Frees the machine, also after a failed emul_power_on(). */
void emul_power_off(struct emul *e);
/* Brings up the TDX module once. Returns whether that succeeded, also in later calls. */
bool emul_bringup(struct emul *e);
/* Ends lock holds whose time is over. */
void emul_tick(struct emul *e);
/* Returns the physical address of a new page; 0: no memory left. */
uint64_t emul_page_alloc(struct emul *e);
/* Issues a SEAMCALL on e->cpu and advances the clock. Returns its status. */
uint64_t emul_seamcall(struct emul *e, uint64_t leaf, struct tdmgr_args *args);

/* ---- replay.c ---- */

/* Replays all events. -EINVAL: an invalid event. Sets the error. */
int emul_replay(struct emul *e);
/* Returns the TD with that number, also after it was destroyed; NULL: none. */
struct emul_td *emul_td_by_id(struct emul *e, uint32_t id);
/*
 * Frees the HKID of a TD and its pages until @pages_left are left. Returns 0, -EINTR when
 * it stopped in between as requested, -EINVAL when the TD is not finalized, or an error of
 * tdmgr_td_release_vm().
 */
int emul_release_pages(struct emul *e, struct emul_td *t, uint64_t pages_left);
/* Ends the VMM: frees the TD with all it has. */
void emul_destroy_td(struct emul *e, struct emul_td *t);
/* Adds @n pages to a running TD. -EIO, -EINVAL, -ENOMEM. */
int emul_accept_pages(struct emul *e, struct emul_td *t, uint64_t n);
/* Does what event @index of the file says. -EINVAL: not possible. Sets the error. */
int emul_event(struct emul *e, size_t index);

/* ---- play.c ---- */

/* Begins to play the timed events, after the others were replayed. -ENOMEM. Sets the error. */
int emul_play_begin(struct emul *e);
/* Plays until the time of the next snapshot. -EINVAL: an invalid event. Sets the error. */
int emul_play(struct emul *e);
/* Returns true if nothing is left to be played. */
bool emul_play_over(const struct emul *e);
/* Returns true if @a and @b play since the same moment, at the same speed. */
bool emul_play_same(const struct emul_play *a, const struct emul_play *b);

/* ---- trace.c ---- */

/* Implements backend->trace_open. */
int emul_trace_open(struct tdxctl_ctx *ctx, const struct tdxctl_trace_options *opts,
		    struct tdxctl_trace **out);

#endif
