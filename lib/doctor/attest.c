/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attestation needs besides KVM: quotes, their collateral, registration. */
#include <stdio.h>
#include "rule.h"

#define STALE_S	 (4 * 24 * 3600)
#define QGS_PORT 4050

static CHECK_FN(qgs_down)
{
	const struct tdxctl_facts *f = e->facts;

	/* With vsock there is no socket in the file system: a running process is enough. */
	if (f->path[TDXCTL_PATH_QGS_SOCKET].value || f->qgs_running.value ||
	    (f->qgs_unit.readable && f->qgs_unit.value == TDXCTL_SERVICE_ACTIVE))
		return TDXCTL_RULE_OK;
	if (!f->qgs_running.readable)
		return UNKNOWN(e, &f->qgs_running);
	return rule_finding(e, r->severity, "no qgsd process and no qgsd socket found%s",
			    f->qgs_unit.readable && f->qgs_unit.value == TDXCTL_SERVICE_INACTIVE ?
				    "; the unit qgsd is installed but not active" :
				    "");
}

static CHECK_FN(qgs_stale)
{
	const struct tdxctl_facts *f = e->facts;
	const char *line;
	size_t len;

	if (f->qgs_log.text &&
	    tdxctl_rule_match(f->qgs_log.text, "rror code is 0xb011", &line, &len))
		return rule_finding(e, r->severity, "log of qgsd: %.*s",
				    (int)(len > 200 ? 200 : len), line);
	if (f->qgs_uptime.readable && f->qgs_uptime.value > STALE_S)
		return rule_finding(e, TDXCTL_RULE_INFO,
				    "qgsd has been running for %" PRIu64 " days",
				    f->qgs_uptime.value / (24 * 3600));
	if (f->qgs_log.text || f->qgs_uptime.readable)
		return TDXCTL_RULE_OK;
	return UNKNOWN(e, &f->qgs_uptime);
}

/* Returns the line that sets the URL, in JSON with comments or as PCCS_URL=, or NULL. */
static const char *url_line(const char *conf, size_t *len)
{
	for (const char *p = conf; *p; p += *len, p += *p == '\n') {
		const char *s = p + strspn(p, " \t"), *key = strcasestr(s, "pccs_url");

		*len = strcspn(p, "\n");
		if (key && key < p + *len && *s != '#' && strncmp(s, "//", 2))
			return p;
	}
	return NULL;
}

static CHECK_FN(pccs_down)
{
	const struct tdxctl_facts *f = e->facts;
	bool active = f->pccs_running.value ||
		      (f->pccs_unit.readable && f->pccs_unit.value == TDXCTL_SERVICE_ACTIVE);
	const char *line;
	size_t len;

	if (f->qgs_log.text && tdxctl_rule_match(f->qgs_log.text, "0xb033", &line, &len))
		return rule_finding(e, r->severity, "log of qgsd: %.*s",
				    (int)(len > 200 ? 200 : len), line);
	line = f->qcnl.text ? url_line(f->qcnl.text, &len) : NULL;
	if (f->qcnl.text && !line)
		return rule_finding(e, r->severity, "/etc/sgx_default_qcnl.conf has no pccs_url");
	if (active)
		return TDXCTL_RULE_OK;
	if (!f->qcnl.text)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "/etc/sgx_default_qcnl.conf: %s",
				    f->qcnl.reason);
	if (!memmem(line, len, "localhost", 9) && !memmem(line, len, "127.0.0.1", 9))
		return rule_finding(e, TDXCTL_RULE_OK, "the PCCS is on another host");
	if (!f->pccs_running.readable)
		return UNKNOWN(e, &f->pccs_running);
	return rule_finding(e, r->severity,
			    "/etc/sgx_default_qcnl.conf names this host, but no PCCS is running");
}

static CHECK_FN(qgs_wrong_cid)
{
	const struct tdxctl_facts *f = e->facts;

	for (size_t i = 0; i < f->nr_quote_sockets; i++) {
		const struct tdxctl_quote_socket *q = &f->quote_sockets[i];

		/* CID 2 is the host; CID 1 is the sender's own machine, for a VMM also the host. */
		if (!q->vsock || q->cid == TDXCTL_UNKNOWN || q->cid == 1 || q->cid == 2)
			continue;
		return rule_finding(e, r->severity,
				    "VM %.60s (%d) sends quote requests to CID %" PRIu64,
				    q->vm ? q->vm : "?", (int)q->pid, q->cid);
	}
	for (size_t i = 0; i < f->nr_quote_sockets; i++) {
		const struct tdxctl_quote_socket *q = &f->quote_sockets[i];

		if (q->vsock && q->port != TDXCTL_UNKNOWN && q->port != QGS_PORT)
			return rule_finding(e, TDXCTL_RULE_INFO,
					    "VM %.60s (%d) sends quote requests to port %" PRIu64
					    "; the default port of qgsd is %u",
					    q->vm ? q->vm : "?", (int)q->pid, q->port, QGS_PORT);
	}
	return f->quote_socket_count.readable ? TDXCTL_RULE_OK : UNKNOWN(e, &f->quote_socket_count);
}

static CHECK_FN(reg_missing)
{
	const struct tdxctl_text *t = &e->facts->registration;

	if (!t->text)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "mpa_registration.log: %s", t->reason);
	if (strstr(t->text, "completed successfully"))
		return TDXCTL_RULE_OK;
	return rule_finding(e, r->severity,
			    "mpa_registration.log shows no successful registration");
}

static const struct tdxctl_rule attest[] = {
	{
		.id = "qgs.down",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_qgs_down,
		.title = "The quote generation service is not running",
		.fix = "Start qgsd. The VM's definition must name the same socket.",
	},
	{
		.id = "qgs.stale",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_WARN,
		.needs = "qgs.down",
		.check = rule_qgs_stale,
		.title = "The quote generation service needs a restart",
		.fix = "Restart qgsd. It may stop working after some days; restart it once a day to avoid "
		       "this.",
	},
	{
		.id = "qgs.wrong_cid",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_qgs_wrong_cid,
		.title = "A VM sends quote requests to the wrong address",
		.fix = "Set the quote socket in the VM's definition to the host: vsock CID 2, port 4050.",
	},
	{
		.id = "pccs.down",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_pccs_down,
		.title = "The provisioning certificate caching service (PCCS) is not available",
		.fix = "Start pccs. If it is running, check its URL in /etc/sgx_default_qcnl.conf, its API "
		       "key and its certificate.",
	},
	{
		.id = "reg.missing",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_reg_missing,
		.title = "The platform is not registered",
		.fix = "Do an SGX factory reset in firmware setup, with automatic multi-package "
		       "registration on. Then check mpa_registration.log.",
	},
};

const struct rule_list rules_attest = { attest, ARRAY_SIZE(attest) };
