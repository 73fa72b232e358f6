// SPDX-License-Identifier: GPL-2.0-only
/* Errors: one table maps errno to the exit code, the JSON error code and the next step. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "out/wrap.h"

static const char reload_helper[] = "The loaded helper does not match this tdxctl; reload it: "
				    "'tdxctl helper unload && tdxctl helper load'.";

static const struct {
	int err;
	enum cli_exit code;
	const char *id;
	const char *hint;
} errors[] = {
	{ EPERM, CLI_PERMISSION, "permission", "Run as root (CAP_SYS_ADMIN is required)." },
	{ EACCES, CLI_PERMISSION, "permission", "Run as root, or ask the owner for access." },
	{ ENODEV, CLI_NO_HELPER, "helper-gone",
	  "The helper was unloaded; run 'tdxctl helper load' and try again." },
	{ ENOTCONN, CLI_NO_HELPER, "helper-missing", "Load the helper with 'tdxctl helper load'." },
	{ ENOTTY, CLI_NO_HELPER, "helper-version", reload_helper },
	{ E2BIG, CLI_NO_HELPER, "helper-version", reload_helper },
	{ EPROTO, CLI_NO_HELPER, "helper-version", reload_helper },
	{ EOPNOTSUPP, CLI_NO_HELPER, "not-supported",
	  "Not supported by this kernel; see 'tdxctl helper status'." },
	{ EKEYREJECTED, CLI_PERMISSION, "module-signature",
	  "The kernel requires signed modules (Secure Boot): sign the module or enrol its key." },
	{ ENOEXEC, CLI_FAILED, "module-format",
	  "The module was built for another kernel; build it for the running one ('uname -r')." },
	{ ESRCH, CLI_FAILED, "gone",
	  "The VM ended in the meantime; 'tdxctl td list' shows the remaining TDs." },
	{ EBADF, CLI_FAILED, "gone",
	  "The VM file was closed in the meantime; 'tdxctl td list' shows the remaining TDs." },
	{ EFBIG, CLI_FAILED, "too-large", "" },
	{ EBUSY, CLI_FAILED, "busy",
	  "Wait until the other operation has finished, then try again." },
	{ ENOMEM, CLI_FAILED, "no-memory", "" },
	{ EINTR, CLI_FAILED, "interrupted", "" },
};

void cli_cmd_name(const struct cli_cmd *c, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s", c->verb, c->noun ? " " : "", c->noun ? c->noun : "");
}

static int record(struct cli_app *app, enum cli_exit code, const char *id, const char *hint,
		  const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static int record(struct cli_app *app, enum cli_exit code, const char *id, const char *hint,
		  const char *fmt, va_list ap)
{
	char *msg;

	if (vasprintf(&msg, fmt, ap) < 0)
		msg = NULL;
	out_error(app->out, id, msg ? msg : "out of memory", hint);
	free(msg);
	return code;
}

int cli_error(struct cli_app *app, enum cli_exit code, const char *id, const char *hint,
	      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(app, code, id, hint, fmt, ap);
	va_end(ap);
	return code;
}

int cli_load_json(struct cli_app *app)
{
	char *why = NULL;

	if (!out_json_load(&why))
		return CLI_OK;
	app->v.json = false;
	cli_error(app, CLI_FAILED, "failed", "Install json-c (Debian: libjson-c5).",
		  "JSON output needs json-c: %s", why ? why : "cannot load it");
	free(why);
	return CLI_FAILED;
}

/* Hints of the library are clauses, ours are sentences. */
static void sentence(char *buf, size_t len, const char *s)
{
	size_t n;

	snprintf(buf, len, "%s", s);
	n = strlen(buf);
	if (buf[0] >= 'a' && buf[0] <= 'z')
		buf[0] = (char)(buf[0] - 'a' + 'A');
	if (n && n + 1 < len && !strchr(".!?", buf[n - 1]))
		strcpy(buf + n, ".");
}

static int lib_error(struct cli_app *app, enum cli_exit code, const char *id, const char *hint,
		     int err, const char *fmt, va_list ap) __attribute__((format(printf, 6, 0)));

static int lib_error(struct cli_app *app, enum cli_exit code, const char *id, const char *hint,
		     int err, const char *fmt, va_list ap)
{
	const char *why = tdxctl_error(app->ctx), *next = tdxctl_hint(app->ctx);
	char buf[512], name[64], *what;

	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	sentence(buf, sizeof(buf), next && *next ? next : hint);
	if (code == CLI_USAGE && !*buf) {
		cli_cmd_name(app->cmd, name, sizeof(name));
		snprintf(buf, sizeof(buf), "See 'tdxctl %s --help'.", name);
	}
	if (why && *why)
		cli_error(app, code, id, buf, "%s", why);
	else
		cli_error(app, code, id, buf, "%s: %s", what ? what : "error", strerror(-err));
	free(what);
	return code;
}

int cli_lib_error(struct cli_app *app, int err, const char *fmt, ...)
{
	enum cli_exit code = CLI_FAILED;
	const char *id = "failed", *hint = "";
	va_list ap;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].err == -err) {
			code = errors[i].code;
			id = errors[i].id;
			hint = errors[i].hint;
		}
	}
	va_start(ap, fmt);
	lib_error(app, code, id, hint, err, fmt, ap);
	va_end(ap);
	return code;
}

int cli_lib_error_as(struct cli_app *app, enum cli_exit code, const char *id, int err,
		     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lib_error(app, code, id, "", err, fmt, ap);
	va_end(ap);
	return code;
}

void cli_note(const struct cli_app *app, const char *fmt, ...)
{
	va_list ap;
	char *raw, *clean;

	if (app->v.quiet)
		return;
	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) < 0)
		raw = NULL;
	va_end(ap);
	clean = raw ? text_clean(raw) : NULL;
	if (clean) {
		wrap_print(stderr, clean, 0, 0, cli_columns(STDERR_FILENO));
		fputc('\n', stderr);
	}
	free(clean);
	free(raw);
}

void cli_print_error(const struct cli_app *app)
{
	const struct out_err *e = out_get_error(app->out);
	bool colour = cli_colour(app, app->err_tty);
	size_t columns = cli_columns(STDERR_FILENO);
	char *s;

	if (!e->code)
		return;
	s = text_clean(e->message ? e->message : "out of memory");
	fprintf(stderr, "%stdxctl:%s ", colour ? "\033[1;31m" : "", colour ? "\033[0m" : "");
	wrap_print(stderr, s ? s : "out of memory", strlen("tdxctl: "), 2, columns);
	fputs(e->nr_candidates ? ":\n" : "\n", stderr);
	free(s);
	for (size_t i = 0; i < e->nr_candidates; i++) {
		s = text_clean(e->candidates[i]);
		fprintf(stderr, "  %s\n", s ? s : "");
		free(s);
	}
	if (e->hint && *e->hint) {
		s = text_clean(e->hint);
		wrap_print(stderr, s ? s : "", 0, 0, columns);
		fputc('\n', stderr);
		free(s);
	}
}
