/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper module: its state, loading and unloading. */
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "base/lazy.h"
#include "live.h"

#define MODULE		"tdxctl"
#define UNLOAD_TRIES	20
#define UNLOAD_PAUSE_NS 50000000

/* Loaded on first use: it pulls in libcrypto. */
/* clang-format off */
#define KMOD(X) X(kmod_list_next) X(kmod_module_get_info) X(kmod_module_get_path) \
	X(kmod_module_info_free_list) X(kmod_module_info_get_key) X(kmod_module_info_get_value) \
	X(kmod_module_insert_module) X(kmod_module_new_from_name) X(kmod_module_new_from_path) \
	X(kmod_module_probe_insert_module) X(kmod_module_remove_module) X(kmod_module_unref) \
	X(kmod_new) X(kmod_set_log_fn) X(kmod_unref)
/* clang-format on */

static struct {
	LAZY_POINTERS(KMOD)
} lazy;
static const struct lazy_symbol symbols[] = { LAZY_SYMBOLS(KMOD) };

static void log_libkmod(void *data, int priority, const char *file, int line, const char *fn,
			const char *format, va_list args)
{
	char msg[256];

	vsnprintf(msg, sizeof(msg), format, args);
	ctx_log(data, TDXCTL_LOG_DEBUG, "libkmod: %s", msg);
}

/* Sets the error. -ELIBACC: libkmod cannot be loaded; -ENOMEM. */
static int open_kmod(struct tdxctl_ctx *ctx, struct kmod_ctx **out)
{
	char *why = NULL;
	int err;

	err = lazy_load("libkmod.so.2", symbols, ARRAY_SIZE(symbols), &why);
	if (err) {
		ctx_fail(ctx, err, "install libkmod2, or load and unload " MODULE " with modprobe",
			 "%s", why ? why : "cannot load libkmod.so.2");
		free(why);
		return err;
	}
	*out = lazy.kmod_new(NULL, NULL);
	if (!*out)
		return ctx_nomem(ctx);
	lazy.kmod_set_log_fn(*out, log_libkmod, ctx);
	return 0;
}

static const char *release_name(void)
{
	static struct utsname u;

	return uname(&u) ? "this kernel" : u.release;
}

static int no_module(struct tdxctl_ctx *ctx)
{
	return ctx_fail(ctx, -ENOENT,
			"build and install it for this kernel, or specify a .ko file with --file",
			"no module " MODULE " for kernel %s", release_name());
}

/* @file NULL: the installed module. Sets the error. -ENOENT, -errno. */
static int find_module(struct tdxctl_ctx *ctx, struct kmod_ctx *k, const char *file,
		       struct kmod_module **out)
{
	int err;

	if (file) {
		if (access(file, R_OK)) {
			err = -errno;
			return ctx_fail(ctx, err, "specify a readable tdxctl.ko",
					"cannot read %s: %s", file, strerror(-err));
		}
		err = lazy.kmod_module_new_from_path(k, file, out);
		if (err)
			return ctx_fail(ctx, err, "specify a tdxctl.ko built for this kernel",
					"%s: %s", file, strerror(-err));
		return 0;
	}
	err = lazy.kmod_module_new_from_name(k, MODULE, out);
	return err ? ctx_fail(ctx, err, NULL, MODULE ": %s", strerror(-err)) : 0;
}

/* Opens libkmod and finds the module. Call close_module() also after an error. */
static int open_module(struct tdxctl_ctx *ctx, const char *file, struct kmod_ctx **k,
		       struct kmod_module **mod)
{
	int err;

	*k = NULL;
	*mod = NULL;
	err = open_kmod(ctx, k);
	return err ? err : find_module(ctx, *k, file, mod);
}

static void close_module(struct kmod_ctx *k, struct kmod_module *mod)
{
	if (mod)
		lazy.kmod_module_unref(mod);
	if (k)
		lazy.kmod_unref(k);
}

/* Reads version and kernel of a module file from its modinfo. What is missing stays NULL. */
static void read_modinfo(struct kmod_module *mod, struct tdxctl_helper *h)
{
	const char *running = release_name();
	struct kmod_list *info = NULL, *i;

	if (lazy.kmod_module_get_info(mod, &info) < 0)
		return;
	for (i = info; i; i = lazy.kmod_list_next(info, i)) {
		const char *key = lazy.kmod_module_info_get_key(i);
		const char *value = lazy.kmod_module_info_get_value(i);

		if (!h->file_version && !strcmp(key, "version"))
			h->file_version = text_dup_plain(value, strlen(value));
		if (!h->signer && !strcmp(key, "signer"))
			h->signer = text_dup_plain(value, strlen(value));
		/* "6.12.95+deb12-amd64 SMP preempt mod_unload modversions" */
		if (!h->built_for && !strcmp(key, "vermagic"))
			h->built_for = text_dup_plain(value, strcspn(value, " "));
	}
	lazy.kmod_module_info_free_list(info);
	if (!h->version && h->file_version)
		h->version = strdup(h->file_version);
	h->other_kernel = h->built_for && strcmp(h->built_for, running);
}

/* Adds path, version and kernel of the module file. */
static int add_module_file(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper *h)
{
	struct kmod_module *mod;
	struct kmod_ctx *k;
	const char *path;
	int err = open_module(ctx, file, &k, &mod);

	if (!err) {
		path = lazy.kmod_module_get_path(mod);
		if (path) {
			h->path = strdup(path);
			if (h->state == TDXCTL_HELPER_ABSENT)
				h->state = TDXCTL_HELPER_AVAILABLE;
			read_modinfo(mod, h);
		}
	}
	close_module(k, mod);
	return err;
}

int live_helper(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_helper **out)
{
	struct tdxctl_helper *h;
	int fd, err = host_helper(ctx, &h);

	if (err)
		return err;
	err = add_module_file(ctx, file, h);
	if (err) {
		tdxctl_helper_free(h);
		return err;
	}
	fd = h->dev ? helper_open(ctx, HELPER_READ) : -1;
	if (fd >= 0) {
		if (helper_info(ctx, fd, &h->info))
			h->info = (struct tdxctl_info){ 0 };
		op_close(ctx, fd);
	}
	*out = h;
	return 0;
}

static const char sign_it[] =
	"sign the module with a key that this kernel trusts: 'tdxctl helper status' shows the next step";

/*
 * The kernel refused @what with @err, perhaps because its signature is missing or of an unknown
 * key. If the kernel is locked down it returns EPERM, even to root, or EKEYREJECTED if it also
 * enforces signatures. Returns 0 if this is not known to be the reason.
 */
static int refused(struct tdxctl_ctx *ctx, int err, const char *what)
{
	struct tdxctl_helper *h;
	bool locked;
	int ret = host_helper(ctx, &h);

	if (ret)
		return ret;
	locked = h->lockdown && strcmp(h->lockdown, "none");
	if (h->signatures == 1 && (locked || err != -EPERM))
		ret = ctx_fail(ctx, err == -EPERM ? -EKEYREJECTED : err, sign_it,
			       "%s: no signature of a trusted key, which this kernel requires (%s%s%s)",
			       what, h->secure_boot == 1 ? "Secure Boot is on, " : "",
			       locked ? "lockdown is " : "module.sig_enforce is set",
			       locked ? h->lockdown : "");
	tdxctl_helper_free(h);
	return ret;
}

static int load_failed(struct tdxctl_ctx *ctx, int err, const char *what)
{
	const char *hint = "check the kernel log";
	int why;

	switch (err) {
	case -EPERM:
	case -EACCES:
		why = geteuid() ? 0 : refused(ctx, -EPERM, what);
		if (why)
			return why;
		return ctx_fail(ctx, -EPERM,
				"run as root; 'tdxctl helper status' shows whether the kernel requires a signature",
				"%s: not permitted to load modules", what);
	case -EEXIST:
		return ctx_fail(ctx, err, NULL, "%s: already loaded", what);
	case -ENOENT:
		/* init_module() returns ENOENT for an unknown symbol. */
		hint = "check the kernel log for an unknown symbol";
		break;
	case -ENOSYS:
		return ctx_fail(ctx, -EOPNOTSUPP,
				"use a kernel with loadable modules (CONFIG_MODULES)",
				"%s: kernel %s cannot load modules", what, release_name());
	case -ENOEXEC:
		hint = "rebuild the module for this kernel: its format or version magic differs";
		break;
	case -EKEYREJECTED:
	case -ENOKEY:
	case -EBADMSG:
		why = refused(ctx, err, what);
		if (why)
			return why;
		hint = sign_it;
		break;
	}
	return ctx_fail(ctx, err, hint, "%s: %s", what, strerror(-err));
}

int live_helper_load(struct tdxctl_ctx *ctx, const char *file)
{
	struct kmod_module *mod;
	struct kmod_ctx *k;
	int err;

	if (root_exists(ctx, "/sys/module/" MODULE))
		return ctx_fail(ctx, -EEXIST, NULL, MODULE ": already loaded");
	err = open_module(ctx, file, &k, &mod);
	if (err)
		goto out;
	if (!lazy.kmod_module_get_path(mod)) {
		err = no_module(ctx);
		goto out;
	}
	if (file)
		err = lazy.kmod_module_insert_module(mod, 0, "");
	else
		err = lazy.kmod_module_probe_insert_module(mod, KMOD_PROBE_FAIL_ON_LOADED, NULL,
							   NULL, NULL, NULL);
	/* Positive: the module is blacklisted in modprobe.d. */
	if (err > 0)
		err = ctx_fail(ctx, -EPERM, "remove it from the blacklist in /etc/modprobe.d",
			       MODULE ": blacklisted");
	else if (err)
		err = load_failed(ctx, err, file ? file : MODULE);
out:
	close_module(k, mod);
	return err;
}

int live_helper_unload(struct tdxctl_ctx *ctx)
{
	const struct timespec pause = { .tv_nsec = UNLOAD_PAUSE_NS };
	struct kmod_module *mod;
	struct kmod_ctx *k;
	int err, tries = 0;

	if (!root_exists(ctx, "/sys/module/" MODULE))
		return ctx_fail(ctx, -ENOENT, NULL, MODULE ": not loaded");
	err = open_module(ctx, NULL, &k, &mod);
	if (err)
		goto out;
	/* Other tools open the device for milliseconds, some of them again and again. */
	do {
		if (tries)
			nanosleep(&pause, NULL);
		err = lazy.kmod_module_remove_module(mod, O_NONBLOCK);
	} while ((err == -EWOULDBLOCK || err == -EBUSY) && ++tries < UNLOAD_TRIES);
	switch (err) {
	case 0:
		break;
	case -EWOULDBLOCK:
	case -EBUSY:
		err = ctx_fail(ctx, -EBUSY,
			       "end VMs that were released early and programs that have " TDXCTL_DEV_PATH
			       " open, then try again",
			       MODULE ": in use");
		break;
	case -EPERM:
	case -EACCES:
		err = ctx_fail(ctx, -EPERM, "run as root",
			       MODULE ": not permitted to unload modules");
		break;
	case -ENOENT:
		err = ctx_fail(ctx, -ENOENT, NULL, MODULE ": not loaded");
		break;
	default:
		err = ctx_fail(ctx, err, "check the kernel log", MODULE ": %s", strerror(-err));
	}
out:
	close_module(k, mod);
	return err;
}
