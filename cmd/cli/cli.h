/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame of the command line: what main() and the verbs use of it. */
#ifndef TDXCTL_CLI_H
#define TDXCTL_CLI_H

#include <libtdxctl.h>
#include <facts.h>

#include "exit.h"
#include "out/out.h"

/* The words of an option that may be repeated, in the order of the line. */
struct cli_list {
	const char **word;
	size_t count;
};

/* Every option of every verb has its value here; cli_opt.offset points in. */
struct cli_values {
	/* global */
	bool json, quiet, no_color, help, version;
	unsigned int verbose;
	const char *root;
	bool emulate;
	const char *emulate_file;
	const char *from_report;
	/* release */
	bool dry_run, yes;
	const char *strategy;
	unsigned int timeout;
	/* helper */
	const char *file;
	/* emulate init */
	unsigned int packages, cpus_per_package, mktme_keyids, tdx_keyids;
	bool force;
	/* decode */
	bool features, attributes, xfam;
	/* doctor */
	const char *group, *explain, *fail_on;
	bool attestation, short_form;
	/* report */
	bool no_redact;
	/* metrics */
	const char *textfile;
	bool per_td;
	/* wait; 0 = not given */
	unsigned int hkids_free;
	/* check */
	const char *format, *config;
	struct cli_list warning, critical;
	/* keys; 0 = not given */
	unsigned int keyid_bits, split;
};

enum cli_opt_type {
	CLI_OPT_FLAG,		/* bool */
	CLI_OPT_COUNT,		/* unsigned int, one more each time */
	CLI_OPT_STRING,
	CLI_OPT_UINT,		/* min..max */
	CLI_OPT_CHOICE,		/* one of @values */
	CLI_OPT_LIST,		/* struct cli_list */
	CLI_OPT_OPTIONAL,	/* bool at @offset, string at @offset2 after '=' */
};

/* What becomes of an error, from the first word of the line on. */
struct cli_error_form {
	bool json;			/* as --json */
	/* In place of the result, to stdout; returns the exit code. */
	int (*print)(const char *message);
};

struct cli_opt {
	const char *name;
	char letter;
	enum cli_opt_type type;
	size_t offset, offset2;
	const char *arg;		/* placeholder: FILE, DIR, S */
	const char *const *values;	/* CLI_OPT_CHOICE, NULL-terminated */
	const struct cli_error_form *error_forms;	/* one for each of @values, or NULL */
	unsigned int min, max;		/* CLI_OPT_UINT */
	unsigned int preset;		/* its value when it is not given */
	const char *help;
};

#define CLI_VALUE(member) offsetof(struct cli_values, member)

enum cli_need {
	CLI_NEED_SNAPSHOT = 1 << 0,	/* app->snap is there */
	CLI_NEED_LEDGER	  = 1 << 1,	/* helper or emulated host behind it */
	CLI_NEED_TDX	  = 1 << 2,	/* a TDX module was seen */
	CLI_NEED_LIVE	  = 1 << 3,	/* not a captured host */
	CLI_NEED_REAL	  = 1 << 4,	/* neither captured nor emulated */
	CLI_NEED_NAMES	  = 1 << 5,	/* every TD with its VM and process */
	CLI_NEED_TIME	  = 1 << 6,	/* a host on which something may happen */
};

enum cli_group { CLI_GROUP_LOOK, CLI_GROUP_ACT, CLI_GROUP_HOST, CLI_GROUP_MORE, CLI_GROUPS };

struct cli_app;

struct cli_cmd {
	enum cli_group group;
	const char *verb;
	const char *noun;		/* NULL: the verb stands alone */
	bool is_default;		/* of the verb's nouns */
	bool hidden;
	const char *summary;
	const char *args;		/* "VM", "[VERB [NOUN]]" */
	unsigned int min_args, max_args;
	const struct cli_opt *opts;
	size_t nr_opts;
	unsigned int needs;		/* enum cli_need */
	const char *details;		/* a paragraph for --help */
	int (*run)(struct cli_app *app, int argc, char **argv);
};

/* The whole command line. */
struct cli_table {
	const struct cli_cmd *cmds;
	size_t nr_cmds;
	const struct cli_opt *global_opts;
	size_t nr_global_opts;
	const char *group_titles[CLI_GROUPS];
	const char *const *exit_texts;	/* by exit code */
	size_t nr_exits;
};

struct cli_app {
	const struct cli_table *table;
	struct cli_values v;
	const struct cli_cmd *cmd;	/* NULL until found */
	struct tdxctl_ctx *ctx;
	struct tdxctl_snapshot *snap;
	struct out *out;
	const struct cli_error_form *error_form;	/* NULL: text, or JSON with --json */
	bool silent;			/* the verb wrote stdout itself */
	bool out_tty, err_tty;
};

/* ---- host.c ---- */

/* The host of --root, --emulate or --from-report; 0 or an exit code, with the error set. */
int cli_open_host(struct cli_app *app);
/* Takes the snapshot when app->cmd needs one, and looks whether it will do. */
int cli_check_needs(struct cli_app *app);

/* ---- opt.c ---- */

/* Finds the verb and parses everything; 0 or CLI_USAGE with the error set. */
int cli_parse(struct cli_app *app, int argc, char **argv, char ***args, int *nr_args);
/* What parsing allocated. */
void cli_free_values(struct cli_app *app);
/* Usage errors: @word is no verb, or no noun of @verb; NULL: a noun is missing. */
int cli_unknown_verb(struct cli_app *app, const char *word);
int cli_unknown_noun(struct cli_app *app, const char *verb, const char *word);

/* ---- suggest.c ---- */

/* The candidate nearest to @word, NULL when none is near. */
const char *cli_suggest(const char *word, const char *const *names, size_t count);

/* ---- help.c ---- */

void cli_help_main(FILE *f, const struct cli_table *t);
void cli_help_verb(FILE *f, const struct cli_table *t, const char *verb,
		   const struct cli_cmd *only);
int cmd_help(struct cli_app *app, int argc, char **argv);

/* ---- err.c ---- */

/* "status", "td show" */
void cli_cmd_name(const struct cli_cmd *c, char *buf, size_t len);
/* Records the error and returns @code. @word is the JSON error code. */
int cli_error(struct cli_app *app, enum cli_exit code, const char *word,
	      const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/*
 * The library's failure -@err: its own sentence and hint where it has them,
 * else "@what: strerror". Exit code and JSON word come from one table.
 */
int cli_lib_error(struct cli_app *app, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with exit code and word of the caller's. */
int cli_lib_error_as(struct cli_app *app, enum cli_exit code, const char *word,
		     int err, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Text for people, on stderr, never with -q. */
void cli_note(const struct cli_app *app, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints the recorded error to stderr. */
void cli_print_error(const struct cli_app *app);

/* ---- limits.c ---- */

struct tdxctl_thresholds;
/* The limits of @file, or of the machine. *found: there was a file. */
int cli_limits(struct cli_app *app, const char *file, struct tdxctl_thresholds *t, bool *found);

/* ---- view.c: what several verbs show in the same way ---- */

/* The one TD @sel names, or NULL with the error set and *code to return. */
const struct tdxctl_td_view *cli_find_td(struct cli_app *app,
					 const struct tdxctl_snapshot *snap,
					 const char *sel, int *code);
/* The shortest word that names @td and no other: "td:3", its PID where it has no number. */
void view_selector(char *buf, size_t len, const struct tdxctl_td_view *td);
const struct tdxctl_td_view *view_td_by_tdr(const struct tdxctl_snapshot *s,
					    uint64_t tdr);
/* 0 when @since is unknown or in the future. */
uint64_t view_age(const struct tdxctl_snapshot *s, uint64_t since);
/* Physical ids of the packages in @mask: "0,1", "-". Free with free(). */
char *view_packages(const struct tdxctl_snapshot *s, uint64_t mask);
/* A value the host was asked for, or why it is unknown. */
void view_val(struct out_node *n, const struct cli_field *f, const struct tdxctl_val *v);
/* "TDH.MNG.KEY.FREEID: TDX_OPERAND_BUSY (0x8000020000000000)" */
struct out_node *view_failure(struct out_node *n, const struct cli_field *f, unsigned int leaf,
			      uint64_t status);
enum out_style view_hkid_style(unsigned int state);
enum out_style view_td_style(unsigned int state);
const char *view_source(enum tdxctl_source source);	/* the JSON word */
const char *view_lock(unsigned int kind);	/* the kernel's name */
/*
 * Appends "3 warnings" to a list in @buf, nothing when @n is 0. @many NULL: the
 * word is the same for one and for several.
 */
void view_add_count(char *buf, size_t len, uint64_t n, const char *one, const char *many);
/* CPUs of @p can run TDs: one is online. */
bool view_covered(const struct tdxctl_package *p);

extern const char view_no_helper[];	/* reason: there is no helper */
extern const char view_late[];		/* reason: older than the helper */

#endif
