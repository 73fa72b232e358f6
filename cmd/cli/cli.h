/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame of the command line: parsing, errors, opening a host, and shared views. */
#ifndef TDXCTL_CLI_H
#define TDXCTL_CLI_H

#include <libtdxctl.h>
#include <facts.h>

#include "exit.h"
#include "out/out.h"

/* The values of an option that may be repeated, in command-line order. */
struct cli_list {
	const char **value;
	size_t count;
};

/* The values of all options of all verbs; cli_opt.offset is an offset into it. */
struct cli_values {
	/* global */
	bool json, quiet, no_color, help, version;
	unsigned int verbose;
	const char *color;
	const char *root;
	bool emulate;
	const char *emulate_file;
	const char *from_report;
	/* verbs that print tables or sizes, or may be repeated */
	const char *columns, *sort, *state, *time_form;
	bool no_headers, bytes, watch, all;
	const char *watch_seconds;
	/* release */
	bool dry_run, yes, building;
	const char *strategy;
	uint64_t timeout_ns; /* 0: not given */
	/* helper */
	const char *file;
	/* emulate init */
	unsigned int packages, cpus_per_package, mktme_keyids, tdx_keyids;
	bool force;
	/* top; 0: not given */
	bool batch;
	unsigned int count;
	uint64_t delay_ns;
	const char *view;
	/* monitor */
	const char *only;
	bool initial;
	/* emulate play; 0: not given */
	uint64_t from_ns, step_ns;
	unsigned int speed;
	/* decode */
	bool features, attributes, xfam;
	/* doctor */
	const char *group, *explain, *fail_on;
	bool attestation, short_form;
	struct cli_list vm_log;
	/* report */
	bool no_redact;
	/* metrics */
	const char *textfile, *nfd;
	bool per_td, http;
	/* wait; 0, NULL: not given */
	unsigned int hkids_free;
	unsigned int cpus;
	const char *gone;
	/* check */
	const char *format, *config;
	struct cli_list warning, critical;
	/* monitor, trace, stat; 0: not given */
	const char *td, *leaf, *longer;
	bool errors;
	uint64_t duration_ns, interval_ns;
	/* keys; 0: not given */
	unsigned int keyid_bits, split;
};

enum cli_opt_type {
	CLI_OPT_FLAG,  /* bool */
	CLI_OPT_COUNT, /* unsigned int: how often it is given */
	CLI_OPT_STRING,
	CLI_OPT_UINT,	  /* min..max */
	CLI_OPT_SECONDS,  /* uint64_t, nanoseconds; see cli_seconds() */
	CLI_OPT_CHOICE,	  /* one of @values */
	CLI_OPT_LIST,	  /* struct cli_list */
	CLI_OPT_OPTIONAL, /* bool at @offset; the string after '=' at @offset2 */
};

/* How errors are printed when an option has a certain value, even if parsing fails. */
struct cli_error_form {
	bool json; /* as --json */
	/* Prints the error to stdout instead of a result; returns the exit code. */
	int (*print)(const char *message);
};

struct cli_opt {
	const char *name;
	char letter;
	enum cli_opt_type type;
	size_t offset, offset2;
	const char *arg;	   /* placeholder: FILE, DIR, S */
	const char *const *values; /* CLI_OPT_CHOICE, NULL-terminated */
	const char *words;	   /* kind of complete-words for the value; NULL none */
	const struct cli_error_form *error_forms; /* one for each of @values, or NULL */
	unsigned int min, max;			  /* CLI_OPT_UINT */
	unsigned int preset;			  /* CLI_OPT_UINT: the default */
	const char *help;
};

#define CLI_VALUE(member) offsetof(struct cli_values, member)

enum cli_need {
	CLI_NEED_SNAPSHOT = 1 << 0, /* app->snap is set */
	CLI_NEED_LEDGER = 1 << 1,   /* the snapshot is from the helper or an emulated host */
	CLI_NEED_TDX = 1 << 2,	    /* a TDX module was found */
	CLI_NEED_LIVE = 1 << 3,	    /* not a captured host */
	CLI_NEED_REAL = 1 << 4,	    /* neither captured nor emulated */
	CLI_NEED_NAMES = 1 << 5,    /* every TD has its VM and process */
	CLI_NEED_TIME = 1 << 6,	    /* the state of the host can change */
	CLI_NEED_ADMIN = 1 << 7,    /* reading from the helper is not enough */
};

enum cli_group {
	CLI_GROUP_INSPECT,
	CLI_GROUP_RELEASE,
	CLI_GROUP_SETUP,
	CLI_GROUP_OTHER,
	CLI_GROUPS
};

struct cli_app;

struct cli_cmd {
	enum cli_group group;
	const char *verb;
	const char *noun; /* NULL: the verb stands alone */
	bool is_default;  /* the noun that may be left out */
	bool hidden;
	const char *summary;
	const char *args; /* "VM", "[VERB [NOUN]]" */
	unsigned int min_args, max_args;
	const char *words; /* kind of complete-words for an argument; NULL none */
	const struct cli_opt *opts;
	size_t nr_opts;
	const struct cli_field *table; /* what -o and --sort are about; NULL none */
	unsigned int needs;	       /* enum cli_need */
	bool host_object;    /* its JSON key "host" is an object, so the name is "hostname" */
	bool own_stamp;	     /* stamps its result itself: it masks the name of the host */
	const char *details; /* a paragraph of --help */
	int (*run)(struct cli_app *app, int argc, char **argv);
};

/* The whole command line. */
struct cli_table {
	const struct cli_cmd *cmds;
	size_t nr_cmds;
	const struct cli_opt *global_opts;
	size_t nr_global_opts;
	const char *group_titles[CLI_GROUPS];
	const char *const *exit_texts; /* by exit code */
	size_t nr_exits;
};

struct cli_app {
	const struct cli_table *table;
	struct cli_values v;
	const struct cli_cmd *cmd; /* NULL until found */
	struct tdxctl_ctx *ctx;
	struct tdxctl_snapshot *snap;
	struct out *out;
	const struct cli_error_form *error_form; /* NULL: the usual one */
	bool silent;				 /* the verb has written to stdout itself */
	bool out_tty, err_tty;
	bool opened;  /* ctx is the host that the options name */
	bool stamped; /* the result has the time and the host name */
	bool plain;   /* the environment asks for no colour */
	struct out_mode mode;
	const struct cli_field **columns; /* of mode.only or mode.more */
	const struct cli_field *sort;
	bool sort_down;
	uint64_t watch_ns; /* 0: run once */
};

/* ---- host.c ---- */

/*
 * Opens the host of --root, --emulate or --from-report. Returns 0, or an exit code with
 * the error recorded.
 */
int cli_open_host(struct cli_app *app);
/*
 * Takes the snapshot if app->cmd needs one, and checks that the host has what app->cmd
 * needs. Returns 0, or an exit code with the error recorded.
 */
int cli_check_needs(struct cli_app *app);

/* ---- opt.c ---- */

/* Finds the verb and parses the command line. Returns 0, or an exit code with the error recorded. */
int cli_parse(struct cli_app *app, int argc, char **argv, char ***args, int *nr_args);
/* Frees what cli_parse() allocated. */
void cli_free_values(struct cli_app *app);
/* Usage errors: @word is not a verb; @word is not a noun of @verb, or NULL if the noun is missing. */
int cli_unknown_verb(struct cli_app *app, const char *word);
int cli_unknown_noun(struct cli_app *app, const char *verb, const char *word);

/* ---- tty.c ---- */

/* Whether to use colour on standard output or standard error, which is a terminal if @tty. */
bool cli_colour(const struct cli_app *app, bool tty);
/* Whether escape sequences may be printed to a terminal. */
bool cli_escapes(bool tty);
/* Width of the terminal on @fd, or 0 if it is none. */
size_t cli_columns(int fd);

/* ---- line.c ---- */

struct cli_line {
	FILE *f; /* NULL: not on a terminal, or -q */
	bool escapes;
	size_t width; /* of what is drawn */
};

void cli_line_start(struct cli_line *l, const struct cli_app *app);
/* How many columns a line may have. */
size_t cli_line_room(void);
/* Replaces the line by @text, of which it draws as much as there is room for. */
void cli_line_draw(struct cli_line *l, const char *text);
/* Erases the line, so that the next output starts on an empty one. */
void cli_line_end(struct cli_line *l);

/* ---- mode.c: how results are printed ---- */

/* Sets app->mode and what -o, --sort and --watch ask for. Returns 0, or an exit code with the error recorded. */
int cli_mode(struct cli_app *app);
/* Parses seconds, such as "2" or "0.5", from 0.1 to 86400, into nanoseconds. */
bool cli_seconds(const char *text, uint64_t *ns);

/* ---- watch.c ---- */

#define NS_PER_S UINT64_C(1000000000)

/* ---- stop.c ---- */

/* From now on, @sig only asks the verb to end; cli_stop_begin(): SIGINT and SIGTERM. */
void cli_stop_on(int sig);
void cli_stop_begin(void);
/* Forgets a signal that was meant for a child. */
void cli_stop_clear(void);
/* Whether a signal asks to end. */
bool cli_stopped(void);
/* Sleeps, until a signal comes. */
void cli_nap(uint64_t ns);

/* Clears the screen, or separates the output from that of the last round. */
void cli_watch_begin(const struct cli_app *app, bool first);
/* Waits for the next round. False: stop, because of a signal or because the output is closed. */
bool cli_watch_next(const struct cli_app *app);

/* ---- stamp.c ---- */

/* For --time=iso: sets the time of the host. Returns 0, or an exit code with the error recorded. */
int cli_time(struct cli_app *app);
/* Adds the time and the name of the host of @ctx to @root; cli_stamp(): to the result, once. */
void cli_stamp_to(const struct cli_app *app, struct tdxctl_ctx *ctx, struct out_node *root);
void cli_stamp(struct cli_app *app, struct tdxctl_ctx *ctx);

/* ---- suggest.c ---- */

/* Returns the candidate most similar to @word, or NULL if none is similar. */
const char *cli_suggest(const char *word, const char *const *names, size_t count);

/* ---- help.c ---- */

void cli_help_main(FILE *f, const struct cli_table *t);
void cli_help_verb(FILE *f, const struct cli_table *t, const char *verb,
		   const struct cli_cmd *only);
int cmd_help(struct cli_app *app, int argc, char **argv);

/* ---- err.c ---- */

/* Loads json-c for output; without it, the error is printed as text. */
int cli_load_json(struct cli_app *app);

/* Formats the name of a verb and its noun: "status", "td show". */
void cli_cmd_name(const struct cli_cmd *c, char *buf, size_t len);
/* Records an error and returns @code. @id is the error code in JSON. */
int cli_error(struct cli_app *app, enum cli_exit code, const char *id, const char *hint,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/*
 * Records a failure of the library: its own message and hint if it has them, else
 * "@fmt: strerror(-@err)". One table maps @err to the exit code and the JSON error code.
 * Returns the exit code.
 */
int cli_lib_error(struct cli_app *app, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with the exit code and the JSON error code of the caller. */
int cli_lib_error_as(struct cli_app *app, enum cli_exit code, const char *id, int err,
		     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Prints a note to stderr, unless -q is given. */
void cli_note(const struct cli_app *app, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints the recorded error to stderr. */
void cli_print_error(const struct cli_app *app);

/* ---- limits.c ---- */

struct tdxctl_thresholds;
/*
 * Reads the limits of @file, or of the host if it is NULL; without a file the defaults
 * hold. *found: a file was read. Returns 0 or a negative errno, see tdxctl_conf_read().
 */
int cli_limits(struct cli_app *app, const char *file, struct tdxctl_thresholds *t, bool *found);
/* Fills @t from the host's own file. A file that cannot be used is a warning, not an error. */
void cli_limits_of_host(struct cli_app *app, struct tdxctl_thresholds *t);

/* The next step for a user who may not read from the helper. */
#define CLI_ACCESS_HINT "Add the user to the group tdxctl, or run as root."

/* ---- view.c: shared by several verbs ---- */

/* Returns the only TD that matches @sel, or NULL with the error recorded and *code set. */
const struct tdxctl_td_view *cli_find_td(struct cli_app *app, const struct tdxctl_snapshot *snap,
					 const char *sel, int *code);
/* Formats a short selector that matches only @td: "td:3", or its PID if it has no number. */
void view_selector(char *buf, size_t len, const struct tdxctl_td_view *td);
/* Returns NULL if no TD has that TDR page. */
const struct tdxctl_td_view *view_td_by_tdr(const struct tdxctl_snapshot *s, uint64_t tdr);
/*
 * Whether @td has an HKID but cannot run yet, and is less than a minute old, as it is while
 * a VM starts. *@age is its age, or the least it can be if the helper has not seen its
 * creation.
 */
bool view_being_built(const struct tdxctl_snapshot *s, const struct tdxctl_td *td, uint64_t *age);
/* Nanoseconds since @since; 0 if @since is unknown or later than the snapshot. */
uint64_t view_age(const struct tdxctl_snapshot *s, uint64_t since);
/*
 * Physical ids of the packages in @mask: "0,1", or "-" if it is empty. The caller frees
 * the string. NULL: out of memory.
 */
char *view_packages(const struct tdxctl_snapshot *s, uint64_t mask);
/*
 * The number of objects in one state, with @unknown objects in an unknown state. Unknown if
 * the number is 0 but may be higher: with the reason @why if objects may be missing in the
 * list (NULL: none), or because one of @unknown may be in this state.
 */
void view_count(struct out_node *n, const struct cli_field *f, uint64_t count, uint64_t unknown,
		const char *why);
/*
 * The process of a TD, or else of an HKID without one: the owner. 0: it ended or is not
 * known; for what leaked, the former owner.
 */
pid_t view_pid(const struct tdxctl_td_view *td, const struct tdxctl_hkid *h);
/* Adds a value of the host, or the reason why it is unknown. */
void view_val(struct out_node *n, const struct cli_field *f, const struct tdxctl_val *v);
/* Adds "TDH.MNG.KEY.FREEID: TDX_OPERAND_BUSY (0x8000020000000000)". */
struct out_node *view_failure(struct out_node *n, const struct cli_field *f, unsigned int leaf,
			      uint64_t status);
enum out_style view_hkid_style(unsigned int state);
enum out_style view_td_style(unsigned int state);
const char *view_source(enum tdxctl_source source); /* as in JSON */
const char *view_lock(unsigned int kind);	    /* the kernel's name */
/*
 * Appends "3 warnings" to a comma-separated list in @buf, or nothing if @n is 0. @many
 * is NULL if singular and plural are the same.
 */
void view_add_count(char *buf, size_t len, uint64_t n, const char *one, const char *many);
/* Whether @p has an online CPU, without which no TD can be created or torn down. */
bool view_covered(const struct tdxctl_package *p);

/* Reasons why a value is unknown. */
extern const char view_late[]; /* the TD was created before the helper was loaded */
/* Why a value of a TD or of an HKID is unknown: view_late, or without the helper that it is needed. */
const char *view_why(const struct tdxctl_snapshot *s);

#endif
