/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VMMs and the attestation services. */
#include <stdio.h>
#include <unistd.h>
#include "host.h"

#define MAX_CMDLINE   (2U << 20)
#define MAX_QGS_LOG   (1 << 20)
#define PCCS_LOG_TAIL (256 << 10)

/* ---- processes ---- */

struct scan {
	struct tdxctl_ctx *ctx;
	struct tdxctl_facts *f;
	uint64_t uptime_ticks; /* 0: not known */
	bool qgs, pccs;
};

static uint64_t number_after(const char *s, const char *key)
{
	const char *p = strstr(s, key);
	uint64_t v;
	char *end;

	if (!p)
		return TDXCTL_UNKNOWN;
	p += strlen(key);
	p += strspn(p, "\":=' ");
	errno = 0;
	v = strtoull(p, &end, 10);
	return end == p || errno || *p == '-' ? TDXCTL_UNKNOWN : v;
}

bool src_quote_socket(const char *arg, struct tdxctl_quote_socket *q)
{
	/* "quote-generation-socket"; older QEMU has "quote-generation-service=vsock:2:4050". */
	const char *p = strstr(arg, "quote-generation-s"), *vsock;
	unsigned long long cid, port;

	if (!p)
		return false;
	*q = (struct tdxctl_quote_socket){ .cid = TDXCTL_UNKNOWN, .port = TDXCTL_UNKNOWN };
	vsock = strstr(p, "vsock");
	q->vsock = vsock;
	if (!vsock)
		return true;
	if (sscanf(vsock, "vsock:%llu:%llu", &cid, &port) == 2) {
		q->cid = cid;
		q->port = port;
		return true;
	}
	/* Search behind the option: a device before it may have a cid too. */
	q->cid = number_after(p, "cid");
	q->port = number_after(p, "port");
	return true;
}

static int add_quote_socket(struct scan *s, unsigned int pid, const char *cmdline, size_t len,
			    struct tdxctl_quote_socket q)
{
	struct tdxctl_facts *f = s->f;
	struct tdxctl_quote_socket *p =
		reallocarray(f->quote_sockets, f->nr_quote_sockets + 1, sizeof(*p));
	char *uuid = NULL;

	if (!p)
		return -ENOMEM;
	f->quote_sockets = p;
	q.pid = (pid_t)pid;
	vm_parse_cmdline(cmdline, len, &q.vm, &uuid);
	free(uuid);
	p[f->nr_quote_sockets++] = q;
	return 0;
}

static void record_qgs(struct scan *s, unsigned int pid)
{
	uint64_t start;

	s->qgs = true;
	if (s->uptime_ticks && !process_start(s->ctx, (pid_t)pid, &start) &&
	    start <= s->uptime_ticks)
		val_set(&s->f->qgs_uptime,
			(s->uptime_ticks - start) / (uint64_t)sysconf(_SC_CLK_TCK));
}

static int scan_process(void *arg, unsigned int pid)
{
	struct tdxctl_quote_socket q;
	struct scan *s = arg;
	char path[40], comm[20], *cmdline;
	ssize_t len;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	if (root_read_line(s->ctx, path, comm, sizeof(comm)))
		return 0;
	if (!strcmp(comm, "qgs") || !strcmp(comm, "qgsd"))
		record_qgs(s, pid);
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	len = root_read(s->ctx, path, MAX_CMDLINE, &cmdline);
	if (len < 0)
		return 0;
	for (const char *a = cmdline; !err && a < cmdline + len; a += strlen(a) + 1) {
		/* A script: its process is named "node", so look at the first argument. */
		if (a == cmdline + strlen(cmdline) + 1 && strstr(a, "pccs_server.js"))
			s->pccs = true;
		if (src_quote_socket(a, &q))
			err = add_quote_socket(s, pid, cmdline, (size_t)len, q);
	}
	free(cmdline);
	return err;
}

static int read_processes(struct tdxctl_ctx *ctx, struct tdxctl_facts *f)
{
	struct scan s = { .ctx = ctx, .f = f };
	struct tdxctl_val *const all[] = { &f->qgs_running, &f->pccs_running,
					   &f->quote_socket_count };
	long hz = sysconf(_SC_CLK_TCK);
	char line[64];
	double up;
	int err;

	if (hz > 0 && !root_read_line(ctx, "/proc/uptime", line, sizeof(line)) &&
	    sscanf(line, "%lf", &up) == 1 && up > 0 && up < 1e10)
		s.uptime_ticks = (uint64_t)(up * (double)hz);
	f->qgs_uptime.reason = "qgs is not running, or its process is hidden";
	err = root_each_number(ctx, "/proc", scan_process, &s);
	if (err == -ENOMEM)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (err < 0)
			all[i]->reason = src_reason(err);
		/* hidepid= hides processes of other users: a missing one proves nothing. */
		else if (!ctx->backend->copied && !root_exists(ctx, "/proc/1"))
			all[i]->reason = "other users' processes are hidden: run as root";
		else
			val_set(all[i], 0);
	}
	/* A process that was found is running, even if others are hidden. */
	if (s.qgs)
		val_set(&f->qgs_running, 1);
	if (s.pccs)
		val_set(&f->pccs_running, 1);
	if (f->nr_quote_sockets || f->quote_socket_count.readable)
		val_set(&f->quote_socket_count, f->nr_quote_sockets);
	return 0;
}

/* ---- units ---- */

/* A unit has a cgroup while it is active. */
static void read_unit(struct tdxctl_ctx *ctx, const char *unit, struct tdxctl_val *v)
{
	static const char *const running[] = {
		"/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice",
		"/sys/fs/cgroup/unified/system.slice",
	}, *const installed[] = {
		"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	};
	char path[120];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", running[i], unit);
		if (root_exists(ctx, path)) {
			val_set(v, TDXCTL_SERVICE_ACTIVE);
			return;
		}
	}
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", installed[i], unit);
		if (root_exists(ctx, path)) {
			val_set(v, TDXCTL_SERVICE_INACTIVE);
			return;
		}
	}
	if (root_exists(ctx, "/usr/lib/systemd/system") || root_exists(ctx, "/lib/systemd/system"))
		val_set(v, TDXCTL_SERVICE_ABSENT);
	else
		v->reason = "no systemd on this host";
}

/* ---- logs ---- */

static int read_pccs_log(struct tdxctl_ctx *ctx, struct tdxctl_text *t)
{
	static const char *const paths[] = {
		"/opt/intel/sgx-dcap-pccs/logs/pccs_server.log",
		"/opt/intel/pccs/logs/pccs_server.log",
		"/var/log/pccs.log",
	};
	int err = -ENOENT;

	for (size_t i = 0; err == -ENOENT && i < ARRAY_SIZE(paths); i++)
		err = src_tail(ctx, paths[i], PCCS_LOG_TAIL, &t->text);

	t->absent = err == -ENOENT;
	if (err)
		t->reason = err == -ESTALE ? "not written since this boot" : src_reason(err);
	return err == -ENOMEM ? err : 0;
}

int src_services(struct tdxctl_ctx *ctx, const struct host_sources *src, struct tdxctl_facts *f)
{
	int err = read_processes(ctx, f);

	read_unit(ctx, "qgsd.service", &f->qgs_unit);
	read_unit(ctx, "pccs.service", &f->pccs_unit);
	src_text(ctx, "/etc/sgx_default_qcnl.conf", 64 << 10, &f->qcnl);
	src_text(ctx, "/var/log/mpa_registration.log", 4 << 20, &f->registration);
	if (!err)
		err = src->qgs_log(ctx, MAX_QGS_LOG, &f->qgs_log);
	if (!err)
		err = read_pccs_log(ctx, &f->pccs_log);
	return err ? err : src_vm_logs(ctx, src, f);
}
