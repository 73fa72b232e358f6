// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static void log_line(void *arg, enum tdxctl_log_level level, const char *msg)
{
	const struct cli_app *app = arg;
	static const char *const levels[] = { "error", "warning", "info", "debug" };
	char *s;

	if (level > TDXCTL_LOG_WARN && app->v.verbose < 2)
		return;
	if (level == TDXCTL_LOG_ERR && app->v.verbose < 2)
		return; /* the verb prints it */
	if (level == TDXCTL_LOG_WARN && app->v.quiet)
		return;
	s = text_clean(msg);
	fprintf(stderr, "tdxctl: %s: %s\n", levels[level], s ? s : "");
	free(s);
}

static int new_context(struct cli_app *app)
{
	if (tdxctl_new(&app->ctx))
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	tdxctl_set_log(app->ctx, log_line, app);
	return CLI_OK;
}

/* Opens the host and runs the verb on it. */
static int once(struct cli_app *app, int argc, char **argv)
{
	int err;

	err = cli_open_host(app);
	if (err)
		return err;
	app->opened = true;
	if (app->v.json && !app->cmd->own_stamp)
		cli_stamp(app, app->ctx);
	err = cli_time(app);
	if (!err)
		err = cli_check_needs(app);
	if (err)
		return err;
	return app->cmd->run(app, argc, argv);
}

static int print_result(struct cli_app *app, int code)
{
	bool failed = out_error_message(app->out) != NULL;
	char name[64];
	int err = 0;

	if (out_failed(app->out)) {
		fputs("tdxctl: out of memory\n", stderr);
		return code ? code : CLI_FAILED;
	}
	cli_print_error(app);
	if (app->silent && !failed)
		return code;
	if (app->sort)
		out_sort(out_root(app->out), app->cmd->table, app->sort, app->sort_down);
	if (app->v.json) {
		if (app->ctx)
			cli_stamp(app, app->ctx);
		if (app->cmd)
			cli_cmd_name(app->cmd, name, sizeof(name));
		err = out_json(app->out, stdout, app->cmd ? name : NULL);
	} else {
		err = out_text(app->out, stdout, &app->mode);
	}
	if (err) {
		fputs("tdxctl: out of memory\n", stderr);
		return code ? code : CLI_FAILED;
	}
	return code;
}

/* Frees what one round has read and built. */
static bool next_round(struct cli_app *app)
{
	tdxctl_snapshot_free(app->snap);
	app->snap = NULL;
	tdxctl_free(app->ctx);
	app->ctx = NULL;
	out_free(app->out);
	app->out = out_new();
	if (!app->out || new_context(app))
		return false;
	app->silent = app->opened = app->stamped = false;
	app->mode.columns = cli_columns(STDOUT_FILENO);
	return true;
}

/* Ends at Ctrl-C with 0, or if the first round fails: a later failure may pass. */
static int watch(struct cli_app *app, int argc, char **argv)
{
	for (bool first = true;; first = false) {
		bool more;
		int code;

		cli_watch_begin(app, first);
		code = once(app, argc, argv);
		if (first && out_error_message(app->out))
			return code;
		print_result(app, code);
		more = cli_watch_next(app);
		if (!next_round(app)) {
			fputs("tdxctl: out of memory\n", stderr);
			exit(CLI_FAILED);
		}
		if (!more) {
			app->silent = true;
			return CLI_OK;
		}
	}
}

static int run(struct cli_app *app, int argc, char **argv)
{
	char **args = NULL;
	int nr = 0, err;

	err = new_context(app);
	if (err)
		return err;
	err = cli_parse(app, argc, argv, &args, &nr);
	if (app->v.json && cli_load_json(app))
		err = CLI_FAILED;
	if (err)
		return err;
	app->silent = app->v.help || app->v.version;
	if (app->v.version) {
		printf("tdxctl %s\n", TDXCTL_VERSION);
		return CLI_OK;
	}
	if (app->v.help) {
		bool noun = app->cmd && !app->cmd->is_default;

		if (app->cmd)
			cli_help_verb(stdout, app->table, app->cmd->verb, noun ? app->cmd : NULL);
		else
			cli_help_main(stdout, app->table);
		return CLI_OK;
	}
	if (!app->cmd)
		return cli_error(app, CLI_USAGE, "usage", "See 'tdxctl --help'.",
				 "no verb given; try 'tdxctl status'");
	err = cli_mode(app);
	if (err)
		return err;
	if (app->watch_ns)
		return watch(app, nr, args);
	return once(app, nr, args);
}

/*
 * Opens /dev/null for each standard descriptor that is closed, so that no file of ours gets
 * its number. False: stdout is closed.
 */
static bool standard_fds(void)
{
	int null;

	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
			continue;
		null = open("/dev/null", fd ? O_WRONLY : O_RDONLY);
		if (fd == 1)
			return false;
		if (null != fd)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct cli_app app = { .table = &cmd_table };
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	int code, err;

	if (!standard_fds()) {
		fputs("tdxctl: standard output is closed\n", stderr);
		return CLI_FAILED;
	}
	/* A closed pipe and a file at its size limit are write errors like any other. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	app.plain = (no_color && *no_color) || (term && !strcmp(term, "dumb"));
	app.out_tty = isatty(STDOUT_FILENO);
	app.err_tty = isatty(STDERR_FILENO);
	app.out = out_new();
	if (!app.out || !out_stdout_open()) {
		fputs("tdxctl: out of memory\n", stderr);
		return CLI_FAILED;
	}
	code = run(&app, argc, argv);
	if (app.error_form && app.error_form->print && out_error_message(app.out)) {
		app.v.json = false;
		code = app.error_form->print(out_error_message(app.out));
	}
	code = print_result(&app, code);
	err = out_stdout_close();
	/* As if SIGPIPE had not been ignored, but only after the verb has done its work. */
	if (err == -EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (err) {
		fprintf(stderr, "tdxctl: cannot write to standard output: %s\n", strerror(-err));
		/* The exit code of the verb is more important. */
		if (code == CLI_OK)
			code = CLI_FAILED;
	}
	cli_free_values(&app);
	free(app.columns);
	tdxctl_snapshot_free(app.snap);
	tdxctl_free(app.ctx);
	out_free(app.out);
	return code;
}
