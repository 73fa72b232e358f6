/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU model, kernel, TDX module, KVM, boot time and helper, from files of the host. */
#include <stdio.h>
#include "host.h"

#define MODULE "/sys/module/tdxctl"

static char *dup_line(struct tdxctl_ctx *ctx, const char *path)
{
	char buf[256];

	if (root_read_line(ctx, path, buf, sizeof(buf)) || !buf[0])
		return NULL;
	return strdup(buf);
}

void host_platform(struct tdxctl_ctx *ctx, struct tdxctl_platform *p, bool counted)
{
	bool emul = root_exists(ctx, "/sys/module/tdx_emul"),
	     kvm = root_exists(ctx, "/sys/module/kvm_intel");
	char word[8];
	int err;

	p->cpu_model = cpu_model(ctx);
	p->kernel = dup_line(ctx, "/proc/sys/kernel/osrelease");
	p->tdx_module = dup_line(ctx, "/sys/devices/faux/tdx_host/version");
	p->kvm_tdx = -1;
	if (kvm) {
		err = root_read_line(ctx, "/sys/module/kvm_intel/parameters/tdx", word,
				     sizeof(word));
		if (!err)
			p->kvm_tdx = word[0] == 'Y' || word[0] == '1';
		/* Without the parameter, kvm_intel was built without TDX. */
		else if (err == -ENOENT && root_exists(ctx, "/sys/module/kvm_intel/parameters"))
			p->kvm_tdx = 0;
	}
	if (emul)
		p->kvm = strdup("tdx_emul");
	else if (kvm)
		p->kvm = strdup("kvm_intel");
	/*
	 * kvm_intel clears the parameter when the TDX module could not be initialized, and
	 * sets the capacity of the misc cgroup when it was.
	 */
	p->has_tdx = p->tdx_module || p->kvm_tdx == 1 || emul || counted;
}

int host_boot_time(struct tdxctl_ctx *ctx, uint64_t *seconds)
{
	char *text, *p;
	ssize_t len = root_read(ctx, "/proc/stat", 1 << 20, &text);
	int err;

	if (len < 0)
		return (int)len;
	p = strstr(text, "\nbtime ");
	err = p && sscanf(p + 7, "%" SCNu64, seconds) == 1 ? 0 : -EPROTO;
	free(text);
	return err;
}

int host_name(struct tdxctl_ctx *ctx, char *buf, size_t len)
{
	static const char *const files[] = { "/proc/sys/kernel/hostname", "/etc/hostname" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!root_read_line(ctx, files[i], buf, len) && *buf)
			return 0;
	return -ENODATA;
}

ssize_t host_conf(struct tdxctl_ctx *ctx, size_t max, char **text)
{
	return root_read(ctx, TDXCTL_CONF_PATH, max, text);
}

/* The word of "[none] integrity confidentiality" that is in brackets, malloc'ed, or NULL. */
static char *lockdown(struct tdxctl_ctx *ctx)
{
	char *line = dup_line(ctx, "/sys/kernel/security/lockdown");
	char *from = line ? strchr(line, '[') : NULL, *to = from ? strchr(from, ']') : NULL;
	char *word = to ? text_dup_plain(from + 1, (size_t)(to - from - 1)) : NULL;

	free(line);
	return word;
}

/* The variable has four bytes of attributes, then the value. */
static int secure_boot(struct tdxctl_ctx *ctx)
{
	static const char var[] =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	char *data;
	ssize_t len = root_read(ctx, var, 16, &data);
	int on = -1;

	if (len >= 0) {
		if (len == 5)
			on = data[4] == 1;
		free(data);
	} else if (root_exists(ctx, "/sys/firmware") && !root_exists(ctx, "/sys/firmware/efi")) {
		on = 0;
	}
	return on;
}

static int signatures(struct tdxctl_ctx *ctx, const char *level)
{
	char *enforce = dup_line(ctx, "/sys/module/module/parameters/sig_enforce");
	int required = -1;

	if ((enforce && *enforce == 'Y') || (level && strcmp(level, "none")))
		required = 1;
	/* Without the parameter, the kernel checks no signatures. */
	else if ((enforce || root_exists(ctx, "/sys/module")) &&
		 (level || root_exists(ctx, "/sys/kernel/security/lsm")))
		required = 0;
	free(enforce);
	return required;
}

int host_helper(struct tdxctl_ctx *ctx, struct tdxctl_helper **out)
{
	struct tdxctl_helper *h = calloc(1, sizeof(*h));
	uint64_t refcnt;

	if (!h)
		return ctx_nomem(ctx);
	h->refcnt = -1;
	if (root_exists(ctx, MODULE)) {
		h->state = TDXCTL_HELPER_LOADED;
		h->version = dup_line(ctx, MODULE "/version");
		if (!root_read_u64(ctx, MODULE "/refcnt", &refcnt))
			h->refcnt = (int)refcnt;
	}
	h->dev = root_exists(ctx, TDXCTL_DEV_PATH);
	h->secure_boot = secure_boot(ctx);
	h->lockdown = lockdown(ctx);
	h->signatures = signatures(ctx, h->lockdown);
	*out = h;
	return 0;
}

void tdxctl_helper_free(struct tdxctl_helper *h)
{
	if (!h)
		return;
	free(h->path);
	free(h->version);
	free(h->file_version);
	free(h->built_for);
	free(h->signer);
	free(h->lockdown);
	free(h);
}
