// SPDX-License-Identifier: GPL-2.0-only
/* A libkmod whose answers a test scripts. */
#include <errno.h>
#include <libkmod.h>
#include <stdarg.h>
#include <string.h>
#include "fake-libs.h"

struct fake_kmod fake_kmod;
typedef void (*fake_log_fn)(void *data, int priority, const char *file, int line, const char *fn,
			    const char *format, va_list args);

static fake_log_fn log_fn;
static void *log_data;

/* Opaque objects: only their addresses are used. */
static char context, module, list[4];

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (log_fn)
		log_fn(log_data, 3, "fake", 1, "say", fmt, ap);
	va_end(ap);
}

struct kmod_ctx *kmod_new(const char *dirname, const char *const *config_paths)
{
	(void)dirname;
	(void)config_paths;
	if (fake_kmod.new_fails)
		return NULL;
	fake_kmod.refs++;
	return (struct kmod_ctx *)&context;
}

struct kmod_ctx *kmod_unref(struct kmod_ctx *ctx)
{
	if (ctx)
		fake_kmod.refs--;
	return NULL;
}

void kmod_set_log_fn(struct kmod_ctx *ctx, fake_log_fn fn, const void *data)
{
	(void)ctx;
	log_fn = fn;
	log_data = (void *)data;
}

static int found(struct kmod_module **mod)
{
	fake_kmod.refs++;
	*mod = (struct kmod_module *)&module;
	return 0;
}

int kmod_module_new_from_name(struct kmod_ctx *ctx, const char *name, struct kmod_module **mod)
{
	(void)ctx;
	say("module %s", name);
	return fake_kmod.name_err ? fake_kmod.name_err : found(mod);
}

int kmod_module_new_from_path(struct kmod_ctx *ctx, const char *path, struct kmod_module **mod)
{
	(void)ctx;
	fake_kmod.path = path;
	return fake_kmod.file_err ? fake_kmod.file_err : found(mod);
}

struct kmod_module *kmod_module_unref(struct kmod_module *mod)
{
	if (mod)
		fake_kmod.refs--;
	return NULL;
}

const char *kmod_module_get_path(const struct kmod_module *mod)
{
	(void)mod;
	return fake_kmod.path;
}

/* "license", then "version" and "vermagic" if the module has them. */
static const char *value_of(const struct kmod_list *entry)
{
	return entry == (struct kmod_list *)&list[0] ? "GPL" :
	       entry == (struct kmod_list *)&list[1] ? fake_kmod.version :
	       entry == (struct kmod_list *)&list[2] ? fake_kmod.vermagic :
						       fake_kmod.signer;
}

int kmod_module_get_info(const struct kmod_module *mod, struct kmod_list **out)
{
	(void)mod;
	if (fake_kmod.info_err)
		return fake_kmod.info_err;
	fake_kmod.refs++;
	*out = (struct kmod_list *)&list[0];
	return 1;
}

struct kmod_list *kmod_list_next(const struct kmod_list *head, const struct kmod_list *curr)
{
	const char *p = (const char *)curr + 1;

	(void)head;
	for (; p < list + sizeof(list); p++)
		if (value_of((const struct kmod_list *)p))
			return (struct kmod_list *)p;
	return NULL;
}

const char *kmod_module_info_get_key(const struct kmod_list *entry)
{
	static const char *const keys[] = { "license", "version", "vermagic", "signer" };

	return keys[(const char *)entry - list];
}

const char *kmod_module_info_get_value(const struct kmod_list *entry)
{
	return value_of(entry);
}

void kmod_module_info_free_list(struct kmod_list *head)
{
	if (head)
		fake_kmod.refs--;
}

int kmod_module_insert_module(struct kmod_module *mod, unsigned int flags, const char *options)
{
	(void)mod;
	(void)flags;
	fake_kmod.calls++;
	snprintf(fake_kmod.inserted, sizeof(fake_kmod.inserted), "%s", fake_kmod.path);
	snprintf(fake_kmod.options, sizeof(fake_kmod.options), "%s", options);
	return fake_kmod.insert;
}

int kmod_module_probe_insert_module(struct kmod_module *mod, unsigned int flags, const char *extra,
				    int (*run)(struct kmod_module *m, const char *cmd, void *data),
				    const void *data,
				    void (*print)(struct kmod_module *m, bool install,
						  const char *options))
{
	(void)mod;
	(void)extra;
	(void)run;
	(void)data;
	(void)print;
	fake_kmod.calls++;
	fake_kmod.probe_flags = flags;
	return fake_kmod.probe;
}

int kmod_module_remove_module(struct kmod_module *mod, unsigned int flags)
{
	(void)mod;
	fake_kmod.calls++;
	fake_kmod.remove_flags = flags;
	if (fake_kmod.busy) {
		fake_kmod.busy--;
		return -EWOULDBLOCK;
	}
	return fake_kmod.remove;
}
