/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding, loading and unloading the helper through libkmod, with each failure. */
#include <libkmod.h>
#include "fake-libs.h"
#include "lib-fake.h"
#include "cmd.h"

#define DEV 100

static struct fake_kmod *kmod;
static struct tdxctl_info info, sept;
static int info_err, open_err, open_fds;
static uint64_t leaked; /* UNKNOWN: a helper without that field */
static char log_text[512];
static const char *provider = "kvm_intel";

static int v_open(void *arg, const char *path, int flags)
{
	(void)arg;
	CHECK_STR(path, TDXCTL_DEV_PATH);
	CHECK_EQ(flags & O_ACCMODE, O_RDONLY);
	if (open_err)
		return open_err;
	open_fds++;
	return DEV;
}

static int v_close(void *arg, int fd)
{
	(void)arg;
	CHECK_EQ(fd, DEV);
	open_fds--;
	return 0;
}

static int v_ioctl(void *arg, int fd, unsigned long req, void *p)
{
	(void)arg;
	(void)fd;
	CHECK_EQ(req, TDXCTL_IOC_INFO);
	if (info_err)
		return info_err;
	if (leaked == TDXCTL_UNKNOWN && ((struct tdxctl_info *)p)->leaked_pages)
		return -E2BIG;
	*(struct tdxctl_info *)p = info;
	((struct tdxctl_info *)p)->leaked_pages = leaked == TDXCTL_UNKNOWN ? 0 : leaked;
	return 0;
}

static const struct tdxctl_ops ops = { .open = v_open, .close = v_close, .ioctl = v_ioctl };

static void note(void *arg, enum tdxctl_log_level level, const char *msg)
{
	(void)arg;
	(void)level;
	snprintf(log_text, sizeof(log_text), "%s", msg);
}

static struct tdxctl_ctx *context(struct fake_kmod k)
{
	struct tdxctl_ctx *ctx = fake_live();

	*kmod = k;
	info = (struct tdxctl_info){
		.size = sizeof(info),
		.version = "9.8.7",
		.features = TDXCTL_F_SEAMCALL | TDXCTL_F_RELEASE,
		.sept_callback = sept.sept_callback,
		.sept_problem = sept.sept_problem,
	};
	snprintf(info.provider, sizeof(info.provider), "%s", provider);
	memcpy(info.sept_function, sept.sept_function, sizeof(info.sept_function));
	memcpy(info.types_error, sept.types_error, sizeof(info.types_error));
	tdxctl_set_ops(ctx, &ops, NULL);
	return ctx;
}

static void done(struct tdxctl_ctx *ctx)
{
	tdxctl_free(ctx);
	CHECK_EQ(kmod->refs, 0);
	CHECK_EQ(open_fds, 0);
}

static void loaded(const char *version, const char *users)
{
	fake_file("sys/module/tdxctl/version", version);
	fake_file("sys/module/tdxctl/refcnt", users);
	fake_file("dev/tdxctl", "");
}

static void not_loaded(void)
{
	fake_end();
	fake_new();
}

/* The helper in each of its states. */
static void states(void)
{
	struct tdxctl_helper *h;
	struct tdxctl_ctx *ctx;

	fake_new();
	tdxctl_helper_free(NULL);
	ctx = context((struct fake_kmod){ 0 });
	if (CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), 0)) {
		CHECK_EQ(h->state, TDXCTL_HELPER_ABSENT);
		CHECK(!h->path && !h->version && !h->dev);
		CHECK_EQ(h->refcnt, -1);
		tdxctl_helper_free(h);
	}
	done(ctx);

	ctx = context((struct fake_kmod){ .path = "/lib/modules/x/tdxctl.ko", .version = "1.2.3" });
	if (CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), 0)) {
		CHECK_EQ(h->state, TDXCTL_HELPER_AVAILABLE);
		CHECK_STR(h->path, "/lib/modules/x/tdxctl.ko");
		CHECK_STR(h->version, "1.2.3");
		CHECK_STR(h->file_version, "1.2.3");
		tdxctl_helper_free(h);
	}
	done(ctx);

	/* The version of the loaded module, not of the file. */
	loaded("4.5.6\n", "3\n");
	ctx = context((struct fake_kmod){ .path = "/lib/modules/x/tdxctl.ko", .version = "1.2.3" });
	if (CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), 0)) {
		CHECK_EQ(h->state, TDXCTL_HELPER_LOADED);
		CHECK_STR(h->version, "4.5.6");
		CHECK_STR(h->file_version, "1.2.3");
		CHECK_EQ(h->refcnt, 3);
		CHECK(h->dev);
		CHECK_STR(h->info.version, "9.8.7");
		tdxctl_helper_free(h);
	}
	done(ctx);

	/* A device that fails, and one that may not be opened. */
	for (int i = 0; i < 2; i++) {
		ctx = context((struct fake_kmod){ .info_err = -EIO, .path = "x" });
		if (i)
			open_err = -EACCES;
		else
			info_err = -ENOTTY;
		if (CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), 0)) {
			CHECK(h->dev);
			CHECK_EQ(h->info.size, 0);
			tdxctl_helper_free(h);
		}
		open_err = info_err = 0;
		done(ctx);
	}
	/* No version anywhere. */
	unlink(fake_path("sys/module/tdxctl/version"));
	fake_file("sys/module/tdxctl/refcnt", "many\n");
	for (int i = 0; i < 2; i++) {
		ctx = context((struct fake_kmod){ .info_err = i ? 0 : -EIO, .path = "x" });
		if (CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), 0)) {
			CHECK(!h->version);
			CHECK_EQ(h->refcnt, -1);
			tdxctl_helper_free(h);
		}
		done(ctx);
	}
	fake_end();
}

static void states_of_other_hosts(void)
{
	struct tdxctl_helper *h;
	struct tdxctl_ctx *ctx;

	fake_new();
	loaded("4.5.6\n", "3\n");
	/* A captured host: its files, not the modules of this one. */
	ctx = context((struct fake_kmod){ .path = "/lib/modules/x/tdxctl.ko", .name_err = -EIO });
	CHECK_EQ(tdxctl_set_root(ctx, fake_dir), 0);
	if (CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), 0)) {
		CHECK_EQ(h->state, TDXCTL_HELPER_LOADED);
		CHECK(!h->path);
		CHECK_STR(h->version, "4.5.6");
		CHECK_EQ(h->info.size, 0);
		tdxctl_helper_free(h);
	}
	CHECK_EQ(tdxctl_helper_load(ctx, NULL), -EOPNOTSUPP);
	CHECK_EQ(tdxctl_helper_unload(ctx), -EOPNOTSUPP);
	done(ctx);
	ctx = context((struct fake_kmod){ 0 });
	CHECK_EQ(tdxctl_set_emulated(ctx, NULL), 0);
	CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), -EOPNOTSUPP);
	CHECK_EQ(tdxctl_helper_load(ctx, NULL), -EOPNOTSUPP);
	CHECK_EQ(tdxctl_helper_unload(ctx), -EOPNOTSUPP);
	CHECK(tdxctl_hint(ctx)[0]);
	CHECK_EQ(kmod->calls, 0);
	done(ctx);
	fake_end();
}

/* Failures of libkmod. */
static void kmod_fails(void)
{
	struct tdxctl_helper *h;
	struct tdxctl_ctx *ctx;

	fake_new();
	ctx = context((struct fake_kmod){ .new_fails = 1 });
	CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), -ENOMEM);
	CHECK_EQ(tdxctl_helper_load(ctx, NULL), -ENOMEM);
	CHECK(strstr(tdxctl_error(ctx), "memory"));
	done(ctx);
	ctx = context((struct fake_kmod){ .name_err = -EIO });
	tdxctl_set_log(ctx, note, NULL);
	CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), -EIO);
	CHECK(strstr(tdxctl_error(ctx), "tdxctl: "));
	done(ctx);
	fake_file("x.ko", "");
	ctx = context((struct fake_kmod){ .file_err = -ENOEXEC });
	CHECK_EQ(tdxctl_helper_get(ctx, fake_path("x.ko"), &h), -ENOEXEC);
	CHECK(strstr(tdxctl_error(ctx), "x.ko: "));
	CHECK_EQ(tdxctl_helper_get(ctx, "/nonexistent.ko", &h), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "/nonexistent.ko"));
	done(ctx);
	/* Its messages go to the log. */
	ctx = context((struct fake_kmod){ 0 });
	tdxctl_set_log(ctx, note, NULL);
	CHECK_EQ(tdxctl_helper_get(ctx, NULL, &h), 0);
	CHECK_STR(log_text, "libkmod: module tdxctl");
	tdxctl_helper_free(h);
	done(ctx);
	fake_end();
}

/* Each result of loading: the errno and the hint. */
static void load_answers(void)
{
	static const struct {
		int answer, want;
		const char *hint;
	} t[] = {
		{ 0, 0, "" },
		{ KMOD_PROBE_APPLY_BLACKLIST, -EPERM, "modprobe.d" },
		{ -EPERM, -EPERM, "root" },
		{ -EACCES, -EPERM, "root" },
		{ -EEXIST, -EEXIST, "" },
		{ -ENOENT, -ENOENT, "symbol" },
		{ -ENOEXEC, -ENOEXEC, "rebuild" },
		{ -EKEYREJECTED, -EKEYREJECTED, "sign" },
		{ -ENOKEY, -ENOKEY, "sign" },
		{ -EBADMSG, -EBADMSG, "sign" },
		{ -EINVAL, -EINVAL, "log" },
	};
	char file[512];

	fake_new();
	fake_file("x.ko", "");
	snprintf(file, sizeof(file), "%s", fake_path("x.ko"));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tdxctl_ctx *ctx = context(
			(struct fake_kmod){ .path = "/lib/tdxctl.ko", .probe = t[i].answer });

		CHECK_EQ(tdxctl_helper_load(ctx, NULL), t[i].want);
		CHECK_EQ(!t[i].want, !tdxctl_error(ctx)[0]);
		CHECK(strstr(tdxctl_hint(ctx), t[i].hint));
		CHECK_EQ(kmod->calls, 1);
		CHECK_EQ(kmod->probe_flags, KMOD_PROBE_FAIL_ON_LOADED);
		CHECK_STR(kmod->inserted, "");
		done(ctx);
		if (t[i].answer > 0)
			continue;
		ctx = context((struct fake_kmod){ .insert = t[i].answer });
		CHECK_EQ(tdxctl_helper_load(ctx, file), t[i].want);
		CHECK_EQ(!t[i].want, !tdxctl_error(ctx)[0]);
		CHECK(!t[i].want || strstr(tdxctl_error(ctx), "x.ko"));
		CHECK_STR(kmod->inserted, file);
		CHECK_STR(kmod->options, "");
		done(ctx);
	}
	fake_end();
}

/*
 * The kernel's answer to a module without a trusted signature: EPERM, also to root, if it is
 * only locked down; EKEYREJECTED if it enforces signatures.
 */
static void refused(void)
{
	static const struct {
		const char *lockdown, *enforce;
		int answer, want;
		const char *error;
	} t[] = {
		{ "integrity", "N", -EPERM, -EKEYREJECTED, "requires (lockdown is integrity)" },
		{ "integrity", "Y", -EKEYREJECTED, -EKEYREJECTED,
		  "requires (lockdown is integrity)" },
		{ "confidentiality", "N", -EPERM, -EKEYREJECTED, "(lockdown is confidentiality)" },
		{ "none", "Y", -EKEYREJECTED, -EKEYREJECTED, "(module.sig_enforce is set)" },
		{ "none", "Y", -EPERM, -EPERM, "not permitted" },
		{ "none", "N", -EPERM, -EPERM, "not permitted" },
		{ "none", "N", -EBADMSG, -EBADMSG, "message" },
	};

	fake_new();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tdxctl_ctx *ctx = context(
			(struct fake_kmod){ .path = "/lib/tdxctl.ko", .probe = t[i].answer });
		bool user = geteuid() && t[i].answer == -EPERM;
		char text[64];

		snprintf(text, sizeof(text), "[%s]\n", t[i].lockdown);
		fake_file("sys/kernel/security/lockdown", text);
		fake_file("sys/module/module/parameters/sig_enforce", t[i].enforce);
		CHECK_EQ(tdxctl_helper_load(ctx, NULL), user ? -EPERM : t[i].want);
		CHECK(strstr(tdxctl_error(ctx), user ? "not permitted" : t[i].error));
		CHECK(strstr(tdxctl_hint(ctx), "'tdxctl helper status'"));
		done(ctx);
	}
	fake_end();
}

static void nothing_to_load(void)
{
	struct tdxctl_ctx *ctx;

	fake_new();
	ctx = context((struct fake_kmod){ 0 });
	CHECK_EQ(tdxctl_helper_load(ctx, NULL), -ENOENT);
	CHECK(strstr(tdxctl_hint(ctx), "--file"));
	CHECK_EQ(kmod->calls, 0);
	CHECK_EQ(tdxctl_helper_load(ctx, "/nonexistent.ko"), -ENOENT);
	CHECK_EQ(tdxctl_helper_unload(ctx), -ENOENT);
	CHECK_EQ(kmod->calls, 0);
	done(ctx);
	loaded("1\n", "0\n");
	ctx = context((struct fake_kmod){ .path = "x" });
	CHECK_EQ(tdxctl_helper_load(ctx, NULL), -EEXIST);
	CHECK_EQ(kmod->calls, 0);
	done(ctx);
	fake_end();
}

static void unload_answers(void)
{
	static const struct {
		int answer, want;
		const char *hint;
	} t[] = {
		{ 0, 0, "" },
		{ -EWOULDBLOCK, -EBUSY, "/dev/tdxctl" },
		{ -EBUSY, -EBUSY, "/dev/tdxctl" },
		{ -EPERM, -EPERM, "root" },
		{ -EACCES, -EPERM, "root" },
		{ -ENOENT, -ENOENT, "" },
		{ -EIO, -EIO, "log" },
	};

	fake_new();
	loaded("1\n", "0\n");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tdxctl_ctx *ctx = context((struct fake_kmod){ .remove = t[i].answer });

		CHECK_EQ(tdxctl_helper_unload(ctx), t[i].want);
		CHECK_EQ(!t[i].want, !tdxctl_error(ctx)[0]);
		CHECK(strstr(tdxctl_hint(ctx), t[i].hint));
		/* A module in use is tried again for a second. */
		CHECK_EQ(kmod->calls, t[i].want == -EBUSY ? 20 : 1);
		CHECK_EQ(kmod->remove_flags, O_NONBLOCK);
		done(ctx);
	}
	fake_end();
}

/* A tool that reads the device every second holds the module for milliseconds. */
static void unload_beside_readers(void)
{
	struct tdxctl_ctx *ctx;

	fake_new();
	loaded("1\n", "0\n");
	ctx = context((struct fake_kmod){ .busy = 3 });
	CHECK_EQ(tdxctl_helper_unload(ctx), 0);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_EQ(kmod->calls, 4);
	done(ctx);
	ctx = context((struct fake_kmod){ .busy = 1, .remove = -EPERM });
	CHECK_EQ(tdxctl_helper_unload(ctx), -EPERM);
	CHECK_EQ(kmod->calls, 2);
	done(ctx);
	fake_end();
}

/* ---- the verbs ---- */

static char *verb(int (*fn)(struct cli_app *app, int argc, char **argv), struct fake_kmod k,
		  int want)
{
	struct cli_app app = { .table = &cmd_table, .v = { .quiet = true } };
	struct out_mode mode = { .wide = true };
	char *text = NULL, *argv[] = { NULL };
	size_t len;
	FILE *f;

	app.ctx = context(k);
	app.out = out_new();
	CHECK_EQ(fn(&app, 0, argv), want);
	f = open_memstream(&text, &len);
	CHECK_EQ(out_text(app.out, f, &mode), 0);
	CHECK_EQ(out_json(app.out, f, "helper status"), 0);
	fclose(f);
	CHECK_EQ(!out_error_message(app.out),
		 want == CLI_OK || (want == CLI_NO_HELPER && fn == cmd_helper_status));
	out_free(app.out);
	done(app.ctx);
	return text;
}

static void says(char *text, const char *const *what)
{
	for (; *what; what++)
		if (!CHECK(strstr(text, *what)))
			fprintf(stderr, "  \"%s\" is not in:\n%s", *what, text);
	free(text);
}

#define SAYS(text, ...) says(text, (const char *const[]){ __VA_ARGS__, NULL })

/* KVM's S-EPT callbacks, and what early release lacks. */
static void callbacks(struct fake_kmod there)
{
	/* An older helper. */
	sept = (struct tdxctl_info){ 0 };
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"sept_generation\": null",
	     "\"sept_problem\": null", "the loaded helper does not report it");
	sept.sept_callback = TDXCTL_SEPT_REMOVE_PFN;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "S-EPT callbacks  6.16 to 6.18\n",
	     "\"sept_generation\": \"6.16 to 6.18\"", "\"sept_problem\": null");
	sept.sept_problem = TDXCTL_SEPT_MISSING;
	strcpy(sept.sept_function, "tdx_sept_link_private_spt");
	SAYS(verb(cmd_helper_status, there, CLI_OK),
	     "Early release    not available: tdx_sept_link_private_spt() is missing\n",
	     "\"sept_generation\": \"6.16 to 6.18\"",
	     "\"sept_problem\": \"tdx_sept_link_private_spt() is missing\"");
	sept.sept_problem = TDXCTL_SEPT_PROTOTYPE;
	SAYS(verb(cmd_helper_status, there, CLI_OK),
	     "\"tdx_sept_link_private_spt() has an unknown prototype\"");
	sept.sept_callback = TDXCTL_SEPT_SET_PRIVATE_SPTE;
	sept.sept_problem = TDXCTL_SEPT_UNSUPPORTED;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"sept_generation\": \"7.2 and later\"",
	     "link_private_spt() exists, which early release does not support");
	/* No generation fits. */
	sept.sept_callback = TDXCTL_SEPT_UNKNOWN;
	sept.sept_problem = TDXCTL_SEPT_MISSING;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "S-EPT callbacks  -\n",
	     "\"sept_generation\": null", "() is missing\"");
	sept.sept_problem = TDXCTL_SEPT_NO_TYPES;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "unknown: KVM's types are not known",
	     "\"sept_generation\": null");
	strcpy(sept.types_error, "/sys/kernel/btf/kvm_intel does not exist");
	SAYS(verb(cmd_helper_status, there, CLI_OK),
	     "KVM's types are not known: /sys/kernel/btf/kvm_intel does not exist");
	memset(sept.types_error, 't', sizeof(sept.types_error));
	SAYS(verb(cmd_helper_status, there, CLI_OK), "ttt\"");
	/* A name that is not terminated. */
	sept.sept_problem = TDXCTL_SEPT_MISSING;
	memset(sept.sept_function, 'f', sizeof(sept.sept_function));
	SAYS(verb(cmd_helper_status, there, CLI_OK), "fff() is missing\"");
	sept = (struct tdxctl_info){ 0 };
}

/* Secure Boot and lockdown: whether the kernel loads the module, and the next step. */
static void signatures(void)
{
	struct fake_kmod there = { .path = "/lib/tdxctl.ko", .version = "1.2.3" };

	fake_new();
	/* Nothing is known. */
	SAYS(verb(cmd_helper_status, there, CLI_NO_HELPER), "\"secure_boot\": null",
	     "\"lockdown\": null", "\"signatures_required\": null", "\"next\": null",
	     "whether the kernel requires one is not known");
	/* No EFI, no lockdown. */
	fake_file("sys/firmware/memmap/0/type", "x");
	fake_file("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	fake_file("sys/module/module/parameters/sig_enforce", "N\n");
	SAYS(verb(cmd_helper_status, there, CLI_NO_HELPER), "\"secure_boot\": false",
	     "\"lockdown\": \"none\"", "\"signatures_required\": false", "none, not required",
	     "\"signer\": null");
	fake_file("sys/module/module/parameters/sig_enforce", "Y\n");
	SAYS(verb(cmd_helper_status, there, CLI_NO_HELPER), "\"signatures_required\": true",
	     "none, but this kernel requires one (module.sig_enforce is set)",
	     "\"next\": \"dkms install --force tdxctl/1.2.3\"");
	fake_file("sys/module/module/parameters/sig_enforce", "N\n");
	fake_file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	there.signer = "my key";
	SAYS(verb(cmd_helper_status, there, CLI_NO_HELPER), "\"signatures_required\": true",
	     "by my key; this kernel requires one (lockdown is integrity)",
	     "\"next\": \"mokutil --import /var/lib/dkms/mok.pub\"");
	fake_bytes("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		   "\6\0\0\0\1", 5);
	SAYS(verb(cmd_helper_status, there, CLI_NO_HELPER), "\"secure_boot\": true",
	     "requires one (Secure Boot is on, lockdown is integrity)");
	/* Loaded: it was accepted. */
	loaded("1.2.3\n", "0\n");
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"signer\": \"my key\"", "\"next\": null");
	fake_end();
}

static void verbs(void)
{
	struct fake_kmod there = { .path = "/lib/tdxctl.ko", .version = "1.2.3" };
	char *text;

	fake_new();
	SAYS(verb(cmd_helper_status, (struct fake_kmod){ 0 }, CLI_NO_HELPER),
	     "\"state\": \"absent\"", "\"path\": null", "\"version\": null", "\"users\": null",
	     "\"device\": false", "\"leaked_pages\": null");
	SAYS(verb(cmd_helper_status, there, CLI_NO_HELPER), "\"state\": \"available\"",
	     "\"path\": \"/lib/tdxctl.ko\"", "\"version\": \"1.2.3\"", "\"provider\": null");
	text = verb(cmd_helper_status, there, CLI_NO_HELPER);
	/* json-c 0.18 writes an empty array without a line break. */
	CHECK(text && (strstr(text, "\"features\": [\n  ]") || strstr(text, "\"features\": []")));
	free(text);
	/* A module file for another kernel. */
	there.vermagic = "1.2.3-other SMP preempt mod_unload";
	SAYS(verb(cmd_helper_status, there, CLI_NO_HELPER), "\"state\": \"available\"",
	     "\"built_for\": \"1.2.3-other\"");
	there.vermagic = NULL;
	SAYS(verb(cmd_helper_load, there, CLI_OK), "\"state\": \"available\"",
	     "\"built_for\": null");
	free(verb(cmd_helper_load, (struct fake_kmod){ 0 }, CLI_NO_HELPER));
	/* A kernel without modules. */
	there.probe = -ENOSYS;
	SAYS(verb(cmd_helper_load, there, CLI_NO_HELPER), "cannot load modules", "CONFIG_MODULES");
	there.probe = -EPERM;
	free(verb(cmd_helper_load, there, CLI_PERMISSION));
	there.probe = -ENOEXEC;
	free(verb(cmd_helper_load, there, CLI_FAILED));
	there.probe = 0;
	/* The helper is not loaded already: success. */
	SAYS(verb(cmd_helper_unload, there, CLI_OK), "\"state\": \"available\"");

	loaded("4.5.6\n", "3\n");
	/* The file is another version: after an upgrade of the package. */
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"state\": \"loaded\"",
	     "\"version\": \"4.5.6\"", "\"file_version\": \"1.2.3\"",
	     "File's version   1.2.3; to use it, run 'tdxctl helper unload', then 'tdxctl helper load'",
	     "\"users\": 3", "\"device\": true", "\"provider\": \"kvm_intel\"",
	     "\"name\": \"seamcall\"", "\"name\": \"adopted\"");
	/* The helper is loaded already: success. */
	there.version = "4.5.6";
	text = verb(cmd_helper_load, there, CLI_OK);
	CHECK(text && !strstr(text, "File's version"));
	free(text);
	SAYS(verb(cmd_helper_load, there, CLI_OK), "\"state\": \"loaded\"");
	there.remove = -EWOULDBLOCK;
	free(verb(cmd_helper_unload, there, CLI_FAILED));
	there.remove = -EPERM;
	free(verb(cmd_helper_unload, there, CLI_PERMISSION));
	there.remove = 0;
	SAYS(verb(cmd_helper_unload, there, CLI_OK), "\"state\": \"loaded\"");
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"leaked_pages\": 0", "Leaked pages     0\n");
	leaked = 3;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"leaked_pages\": 3", "in 3 pages");
	leaked = TDXCTL_UNKNOWN;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"leaked_pages\": null",
	     "this version of the helper does not report them");
	leaked = 0;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"name\": \"seamcall\",\n      \"on\": true",
	     "\"name\": \"adopted\",\n      \"on\": false");
	loaded("4.5.6\n", "0\n");
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"users\": 0");
	loaded("4.5.6\n", "3\n");
	provider = "k";
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"provider\": \"k\"");
	provider = "";
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"provider\": null");
	provider = "kvm_intel";
	callbacks(there);
	info_err = -EIO;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"provider\": null", "\"features\": null",
	     "\"leaked_pages\": null", "Input/output error");
	info_err = 0;
	open_err = -EACCES;
	SAYS(verb(cmd_helper_status, there, CLI_OK), "\"provider\": null",
	     "Permission denied: add the user to the group tdxctl, or run as root");
	open_err = 0;
	there.name_err = -EIO;
	free(verb(cmd_helper_status, there, CLI_FAILED));
	not_loaded();
	there = (struct fake_kmod){ .new_fails = 1 };
	free(verb(cmd_helper_load, there, CLI_FAILED));
	fake_end();
}

int main(void)
{
	kmod = fake_script("libkmod.so.2", "fake_kmod");
	RUN(states);
	RUN(states_of_other_hosts);
	RUN(kmod_fails);
	RUN(load_answers);
	RUN(refused);
	RUN(nothing_to_load);
	RUN(unload_answers);
	RUN(unload_beside_readers);
	RUN(signatures);
	RUN(verbs);
	return check_done("cmd-helper");
}
