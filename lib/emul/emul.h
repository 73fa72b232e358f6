/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The emulated host: its file, the machine that replays it, what it shows. */
#ifndef TDXCTL_LIB_EMUL_H
#define TDXCTL_LIB_EMUL_H

#include "host/host.h"
#include "ledger/ledger.h"
#include "seam/seam.h"
#include "tdmgr/tdmgr.h"
#include "ledger/wire.h"

#define EMUL_MAX_FILE	(16U << 20)
#define EMUL_MAX_CPUS	4096U
#define EMUL_MAX_PAGES	(1ULL << 24)	/* of all TDs: 64 GiB */
#define EMUL_VERSION	"1.5.05"	/* the TDX module that seam is */

enum emul_op {
	EMUL_TD, EMUL_RELEASE, EMUL_STOP, EMUL_FAULT, EMUL_CPU, EMUL_HOLD, EMUL_WAIT, EMUL_PACE,
	EMUL_OPS,
};

enum emul_until { EMUL_INIT, EMUL_VCPUS, EMUL_MEMORY, EMUL_FINALIZED, EMUL_UNTILS };

/* One thing that happened to the host; which members count depends on @op. */
struct emul_event {
	uint64_t op;			/* enum emul_op */
	char *name, *uuid, *comm;
	uint64_t pid, uid;
	uint64_t vcpus, max_vcpus, pages, until;
	uint64_t td, pages_left;	/* td: number of the ledger */
	uint64_t leaf, status, cpu, skip, count;
	uint64_t online;
	uint64_t lock, package, ms, more_ms;
	uint64_t page_ns;
};

struct emul_file {
	struct tdxctl_emul_topology topo;
	uint64_t clock_ns;		/* when the host was switched on */
	struct emul_event *events;
	size_t nr_events;
};

/* ---- host.c, load.c ---- */

struct emul;
extern const struct backend emul_backend;

int emul_load(struct tdxctl_ctx *ctx, const char *file, struct emul **out);
void emul_free(struct emul *e);

/* ---- release.c ---- */

int emul_release_open(struct tdxctl_ctx *ctx, const struct tdxctl_td_view *td,
		      enum tdxctl_strategy strategy, struct tdxctl_release **out,
		      struct tdxctl_release_state *plan);

/* file.c: the JSON text of a host file; @name is for messages. */
int emul_file_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
		    struct emul_file *out);
/* The text; malloc'ed. */
int emul_file_format(struct tdxctl_ctx *ctx, const struct emul_file *f, char **text);
/* Appends @ev; its strings are copied. */
int emul_file_add(struct emul_file *f, const struct emul_event *ev);
void emul_file_clear(struct emul_file *f);
/* The built-in host for a topology. -EINVAL: impossible. */
int emul_file_default(struct tdxctl_ctx *ctx, const struct tdxctl_emul_topology *topo,
		      struct emul_file *out);
int emul_check_topology(struct tdxctl_ctx *ctx, const char *name,
			const struct tdxctl_emul_topology *topo);

/* store.c: the file on disk */

int emul_store_read(struct tdxctl_ctx *ctx, const char *path, char **text, size_t *len);
/* Waits a moment for another writer; -EBUSY. Returns a descriptor to close. */
int emul_store_lock(struct tdxctl_ctx *ctx, const char *path);
/* Replaces or creates the file in one step; -EEXIST when @excl and it exists. */
int emul_store_write(struct tdxctl_ctx *ctx, const char *path, const char *text, bool excl);

struct emul_hold {
	bool held;
	int32_t pid;
	char comm[TDXCTL_COMM_LEN];
	uint64_t since_ns, until_ns;
	uint64_t contended, longest_ns;
};

struct emul_td {
	struct tdmgr_td *td;		/* NULL: destroyed */
	uint32_t id;			/* "td:N"; 0 never created */
	uint64_t tdr;
	size_t event;
};

struct emul {
	struct tdxctl_ctx *ctx;
	char *path;			/* NULL: the built-in host */
	char *text;			/* as read, to notice other writers */
	struct emul_file file;

	/* the machine */
	uint32_t nr_cpus, nr_pkgs;
	uint8_t *cpu_pkg;
	struct wire_cpu *cpus;
	uint32_t pkg_id[TDX_MAX_PKGS];
	uint8_t *ram;			/* of the physical range below */
	uint64_t ram_base, ram_size;
	uint64_t next_page, last_page;
	uint64_t *desc;			/* TDMR array in ram */
	struct seam *seam;
	struct ledger *ledger;
	struct tdmgr *mgr;
	struct seam_config seam_cfg;
	bool up;			/* bring-up was tried */
	bool ready;			/* ... and worked */
	bool off;			/* going away: nothing to tell */
	uint32_t cpu;			/* where the code runs now */
	uint64_t clock;
	struct ledger_owner owner;	/* whose call it is */
	struct emul_hold hold_tdx, hold_key[TDX_MAX_PKGS];
	struct emul_td *tds;
	size_t nr_tds;
	uint64_t page_ns;		/* real time one page of a release takes */

	/* a release under way stops after so many pages */
	bool limited;
	uint64_t budget;
};

/* ---- machine.c ---- */
int emul_power_on(struct emul *e);
void emul_power_off(struct emul *e);
/* Brings the TDX module up, once; later calls say how that went. */
bool emul_bringup(struct emul *e);
/* Ends holds that are over by now. */
void emul_tick(struct emul *e);
uint64_t emul_page_alloc(struct emul *e);
uint64_t emul_seamcall(struct emul *e, uint64_t leaf, struct tdmgr_args *args);

/* ---- replay.c ---- */
int emul_replay(struct emul *e);
struct emul_td *emul_td_by_id(struct emul *e, uint32_t id);
/* -EINTR: @pages_left pages are left, as wanted. Else as tdmgr_td_release_vm(). */
int emul_release_pages(struct emul *e, struct emul_td *t, uint64_t pages_left);
void emul_destroy_td(struct emul *e, struct emul_td *t);

#endif
