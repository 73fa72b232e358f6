/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attestation needs besides KVM: quotes, their collateral, registration. */
#include <stdio.h>
#include <stdlib.h>
#include "rule.h"

#define STALE_S	    (4 * 24 * 3600)
#define QGS_PORT    4050
#define NO_KEY	    0x1100f   /* TEE_ATT_ATT_KEY_NOT_INITIALIZED */
#define MAX_MESSAGE (1 << 20) /* of the protocol of qgsd; real ones are a few KiB */

/* ---- what the logs of qgsd and the PCCS say now ---- */

enum quote_cause { CAUSE_NONE, CAUSE_RESTART, CAUSE_PCCS, CAUSE_CERTS, CAUSE_OTHER, CAUSE_EFFECT };

static enum quote_cause cause_of(uint64_t code)
{
	switch (code) {
	case 0xb011:
	case 0xe00f:
	case 0xe010:
	case NO_KEY:
	case 0x11010:
	case 0xe014:
	case 0xe018:
		return CAUSE_RESTART;
	case 0xb003 ... 0xb00d:
	case 0xb013:
	case 0xb030 ... 0xb036:
	case 0xe019:
	case 0xe01a:
		return CAUSE_PCCS;
	case 0xb00f:
	case 0xb010:
	case 0xb012:
	case 0xe011:
	case 0xe01b:
	case 0x11011:
		return CAUSE_CERTS;
	/* qgsd logs these after the error that is the cause. */
	case 0x11001:
	case 0x12001:
		return CAUSE_EFFECT;
	default:
		return CAUSE_OTHER;
	}
}

struct quote_error {
	const char *source; /* whose log it is in */
	enum quote_cause cause;
	struct tdxctl_word w;
	const char *line; /* not terminated */
	size_t len;
};

static void quote_line(struct quote_error *q, const char *line, size_t len)
{
	struct tdxctl_word w;
	size_t from = 0, start;
	enum quote_cause cause;

	if (memmem(line, len, "return Success", 14)) {
		q->cause = CAUSE_NONE;
		return;
	}
	while (tdxctl_decode_find(line, len, from, &start, &from, &w))
		if (w.kind == TDXCTL_WORD_QUOTE && w.value > 0xfff)
			goto found;
	/* The same without its code. */
	if (!memmem(line, len, "No certificate data for this platform", 37) ||
	    tdxctl_decode("0xe011", TDXCTL_WORD_AUTO, &w))
		return;
found:
	cause = cause_of(w.value);
	/* After a failed initialization, qgsd also finds no key. */
	if (w.value == NO_KEY && q->cause != CAUSE_NONE)
		return;
	if (cause == CAUSE_EFFECT && q->cause != CAUSE_NONE)
		return;
	*q = (struct quote_error){
		.source = "qgsd", .cause = cause, .w = w, .line = line, .len = len
	};
}

/* The PCCS logs what it has not, and each request with its HTTP status. */
static void pccs_line(struct quote_error *q, const char *line, size_t len)
{
	static const char *const none[] = {
		"No cache data for this platform",
		"Encrypted ppid is all zeros",
		"PCS server returns error(404)",
		"The platform was not found in the cache",
	};

	if (memmem(line, len, "/pckcert", 8) && memmem(line, len, "\" 200", 5)) {
		q->cause = CAUSE_NONE;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		if (memmem(line, len, none[i], strlen(none[i])) &&
		    !tdxctl_decode("0xe011", TDXCTL_WORD_AUTO, &q->w)) {
			q->cause = CAUSE_CERTS;
			q->source = "the PCCS";
			q->line = line;
			q->len = len;
		}
}

/*
 * Finds the error of the newest quote in the log of qgsd: CAUSE_NONE if it succeeded. If that
 * log knows of no quote, the log of the PCCS decides.
 */
static struct quote_error quote_error(const struct tdxctl_facts *f)
{
	struct quote_error q = { .cause = CAUSE_NONE };
	size_t len;

	for (const char *p = f->qgs_log.text; p && *p; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		quote_line(&q, p, len);
	}
	if (q.cause != CAUSE_NONE || (f->qgs_log.text && strstr(f->qgs_log.text, "return Success")))
		return q;
	for (const char *p = f->pccs_log.text; p && *p; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		pccs_line(&q, p, len);
	}
	return q;
}

static enum tdxctl_rule_state quote_finding(struct tdxctl_examination *e,
					    enum tdxctl_rule_state state,
					    const struct quote_error *q)
{
	return rule_finding(e, state, "log of %s: %.*s (%s)", q->source,
			    (int)(q->len > 180 ? 180 : q->len), q->line, q->w.name);
}

/* Whether the newest answer of Intel's provisioning service to the PCCS is HTTP 401. */
static bool key_rejected(const struct tdxctl_facts *f, const char **line, size_t *len)
{
	static const char answer[] = "PCS server returns error";
	const char *newest = NULL, *p = f->pccs_log.text, *code;

	for (; p && (p = strstr(p, answer)); p++)
		newest = p;
	if (!newest)
		return false;
	/* "error(401)", or "error. Error code : 401" of older versions */
	code = newest + strcspn(newest, "0123456789\n");
	*line = newest;
	*len = strcspn(newest, "\n");
	return !strncmp(code, "401", 3);
}

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
	struct quote_error q = quote_error(f);

	if (q.cause == CAUSE_RESTART)
		return quote_finding(e, r->severity, &q);
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
	struct quote_error q = quote_error(f);
	const char *line;
	size_t len;

	if (q.cause == CAUSE_PCCS) {
		e->fix = q.w.advice;
		return quote_finding(e, r->severity, &q);
	}
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

/*
 * Finds a length that no message has in the log of qgsd: it read something else, such as a
 * message with a different protocol version.
 */
static CHECK_FN(qgs_protocol)
{
	static const char pattern[] = "body should be [";
	const char *newest = NULL, *p = e->facts->qgs_log.text;
	long length;

	for (; p && (p = strstr(p, pattern)); p += sizeof(pattern) - 1)
		newest = p;
	if (!newest || strstr(newest, "return Success"))
		return TDXCTL_RULE_UNKNOWN;
	length = strtol(newest + sizeof(pattern) - 1, NULL, 10);
	if (length > 0 && length <= MAX_MESSAGE)
		return TDXCTL_RULE_UNKNOWN;
	return rule_finding(e, r->severity, "log of qgsd: a message of %ld bytes", length);
}

static CHECK_FN(pccs_key)
{
	const struct tdxctl_text *t = &e->facts->pccs_log;
	const char *line;
	size_t len;

	if (key_rejected(e->facts, &line, &len))
		return rule_finding(e, r->severity, "log of the PCCS: %.*s",
				    (int)(len > 180 ? 180 : len), line);
	if (t->text)
		return TDXCTL_RULE_OK;
	return rule_finding(e, t->absent ? TDXCTL_RULE_SKIP : TDXCTL_RULE_UNKNOWN,
			    "log of the PCCS: %s", t->reason);
}

/* ---- the registration agent ---- */

/* Lines of its log that are the result of a flow, or the reason for one. */
enum reg_result { REG_NONE, REG_OK, REG_BY_HAND, REG_FAILED, REG_NETWORK, REG_KEY, REG_REFUSED };

static const struct {
	const char *text;
	enum reg_result result;
} reg_lines[] = {
	{ "passed successfully", REG_OK },
	{ "is completed successfully", REG_OK },
	{ "Registration Flow - completed successfully", REG_OK },
	{ "won't be send to Registration Server", REG_BY_HAND },
	{ "won't save encrypted platform keys", REG_BY_HAND },
	{ "RS reports a '400", REG_REFUSED },
	{ "completed unsuccessfully", REG_REFUSED },
	{ "BIOS/MCHECK failed", REG_REFUSED },
	{ "RS reports a '401", REG_KEY },
	{ "Failed to send request to server", REG_NETWORK },
	{ "RS reports a '5", REG_NETWORK },
	{ "ERROR: ", REG_FAILED },
	{ " failed.", REG_FAILED },
};

/*
 * Finds the result of the newest flow that has one: the agent only appends to its log, and
 * writes the reason of a failure before the result.
 */
static enum reg_result reg_newest(const char *text, const char **line, size_t *len)
{
	enum reg_result result = REG_NONE;
	bool fresh = true; /* the current flow has no result yet */

	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (memmem(text, n, "Starts Registration Agent Flow", 30))
			fresh = true;
		for (size_t i = 0; i < ARRAY_SIZE(reg_lines); i++) {
			if (!memmem(text, n, reg_lines[i].text, strlen(reg_lines[i].text)))
				continue;
			/* Success after retries counts; a general line keeps the reason before it. */
			if (fresh || reg_lines[i].result == REG_OK ||
			    (result != REG_OK && reg_lines[i].result > REG_FAILED)) {
				result = reg_lines[i].result;
				*line = text;
				*len = n;
			}
			fresh = false;
			break;
		}
	}
	return result;
}

#define BY_HAND \
	"register by hand: send the manifest that PCKIDRetrievalTool writes to the PCCS, or to Intel's " \
	"registration service. "
#define AUTO_MP "enable SGX Auto MP Registration in firmware setup and reboot."

static CHECK_FN(reg_missing)
{
	static const char *const fixes[] = {
		[REG_BY_HAND] =
			"Register by hand, unless this was done: send the manifest that PCKIDRetrievalTool writes "
			"to the PCCS, or to Intel's registration service. Then restart qgsd. For registration at "
			"boot, " AUTO_MP,
		[REG_NETWORK] =
			"Check the network and the proxy in /etc/mpa_registration.conf, and restart the agent "
			"(systemctl restart mpa_registration_tool). If this does not help, " BY_HAND,
		[REG_KEY] =
			"Set a valid subscription key in /etc/mpa_registration.conf, and restart the agent "
			"(systemctl restart mpa_registration_tool). If this does not help, " BY_HAND,
		[REG_REFUSED] =
			"Restart the agent (systemctl restart mpa_registration_tool). If the platform is refused "
			"again, " BY_HAND "Then " AUTO_MP
			" Only if all of this fails, do an SGX factory reset, which renews the platform's keys.",
	};
	const struct tdxctl_text *t = &e->facts->registration;
	struct quote_error q = quote_error(e->facts);
	enum tdxctl_rule_state state = r->severity;
	enum reg_result result;
	const char *line = "";
	size_t len = 0;

	if (!t->text)
		return rule_finding(e, TDXCTL_RULE_UNKNOWN, "mpa_registration.log: %s", t->reason);
	result = reg_newest(t->text, &line, &len);
	if (result == REG_OK)
		return TDXCTL_RULE_OK;
	/* NULL: the fix of the rule. */
	e->fix = fixes[result];
	/* The log never shows a registration by hand. Quotes do. */
	if (result == REG_BY_HAND && q.cause != CAUSE_CERTS && q.cause != CAUSE_EFFECT)
		state = TDXCTL_RULE_INFO;
	if (result == REG_NONE)
		return rule_finding(e, state,
				    "mpa_registration.log shows no successful registration");
	return rule_finding(e, state, "mpa_registration.log: %.*s", (int)(len > 200 ? 200 : len),
			    line);
}

static CHECK_FN(pccs_no_certs)
{
	struct quote_error q = quote_error(e->facts);
	const char *line;
	size_t len;

	if (q.cause == CAUSE_CERTS && key_rejected(e->facts, &line, &len)) {
		e->waits_id = "pccs.key";
		return TDXCTL_RULE_SKIP;
	}
	if (q.cause == CAUSE_CERTS)
		return quote_finding(e, r->severity, &q);
	return e->facts->qgs_log.text ? TDXCTL_RULE_OK : UNKNOWN(e, &e->facts->qgs_log);
}

static CHECK_FN(qgs_error)
{
	struct quote_error q = quote_error(e->facts);
	const char *line;
	size_t len;

	/* A VMM only repeats the code that it got: qgsd's log is better, if it says anything. */
	if (q.cause == CAUSE_NONE && rule_vm_line(e->facts, r->log[0], &line, &len) &&
	    (!e->facts->qgs_log.text || !strstr(e->facts->qgs_log.text, "return Success")))
		return TDXCTL_RULE_UNKNOWN;
	if (q.cause != CAUSE_OTHER && q.cause != CAUSE_EFFECT)
		return e->facts->qgs_log.text ? TDXCTL_RULE_OK : UNKNOWN(e, &e->facts->qgs_log);
	e->fix = q.w.advice;
	return quote_finding(e, r->severity, &q);
}

static const struct tdxctl_rule attest[] = {
	{
		.id = "qgs.down",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "sgx.off",
		.check = rule_qgs_down,
		.title = "The quote generation service is not running",
		.fix = "Start qgsd. The VM's definition must name the same socket.",
		.reads = LIST("/proc/*/comm", "/var/run/tdx-qgs/qgs.socket",
			      "/sys/fs/cgroup/system.slice/qgsd.service"),
		.why = "The quote generation service on the host signs the reports of TDs. "
		       "Without it, no TD can be attested.",
		.by_hand = "systemctl status qgsd: must be active. ls "
			   "/var/run/tdx-qgs/qgs.socket: exists unless qgsd uses vsock.",
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
		.reads = LIST("journal of qgsd", "/proc/*/comm"),
		.why = "qgsd may lose its attestation key, or stop working after some days. A "
		       "restart is the cheapest step.",
		.by_hand = "journalctl -u qgsd | tdxctl decode: explains the newest error.",
	},
	{
		.id = "qgs.wrong_cid",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_qgs_wrong_cid,
		.title = "A VM sends quote requests to the wrong address",
		.fix = "Set the quote socket in the VM's definition to the host: vsock CID 2, port 4050.",
		.reads = LIST("/proc/*/cmdline"),
		.why = "A VMM sends the requests of its TD to an address in its definition. On "
		       "another address nothing answers.",
		.by_hand = "tr '\\0' ' ' < /proc/PID/cmdline of the VMM: "
			   "quote-generation-socket must name CID 2 and port 4050. "
			   "/etc/qgs.conf has the port of qgsd.",
	},
	{
		.id = "qgs.denied",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.log = LIST("apparmor=\"DENIED\"*qgs", "avc:  denied*qgs", "avc: denied*qgs"),
		.title = "AppArmor or SELinux forbids a VMM to use the quote generation service",
		.fix = "Allow the VMM in the policy to connect to the socket of qgsd, or use vsock CID 2, port "
		       "4050, in the VM's definition.",
		.why = "The permissions of the socket may be right, and a security module still "
		       "forbids the connection.",
		.by_hand = "dmesg | grep -iE 'apparmor|avc' | grep qgs: shows what was denied.",
	},
	{
		.id = "qgs.socket",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "qgs.denied",
		VMM_LOG("qgs*Permission denied"),
		.title = "A VMM may not open the socket of the quote generation service",
		.fix = "Give the user of the VMM access to the socket, for example with the group qgsd, or "
		       "use vsock CID 2, port 4050, in the VM's definition.",
		.why = "QEMU, not the guest, connects to the socket. Its user needs access.",
		.by_hand = "grep -h qgs /var/log/libvirt/qemu/*.log: QEMU's error. ls -l "
			   "/var/run/tdx-qgs: owner and mode.",
	},
	{
		.id = "qgs.unreachable",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "qgs.down",
		VMM_LOG("Failed to connect to*qgs*Connection refused",
			"Failed to connect to*qgs*No such file or directory",
			"Failed to connect to '*:4050': Connection re"),
		.title = "A VMM cannot reach the quote generation service",
		.fix = "Restart qgsd. Then compare the quote socket in the VM's definition with /etc/qgs.conf: with "
		       "a port, qgsd listens on that vsock port; without a port, on "
		       "/var/run/tdx-qgs/qgs.socket.",
		.why = "qgsd runs, but the VMM connects to an address on which it does not "
		       "listen.",
		.by_hand = "grep -h 'Failed to connect' /var/log/libvirt/qemu/*.log: the "
			   "address. cat /etc/qgs.conf: the address of qgsd.",
	},
	{
		.id = "qgs.protocol",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_WARN,
		.needs = "qgs.down",
		.check = rule_qgs_protocol,
		VMM_LOG("Invalid QGS message", "Message len * must be non-zero & less than",
			"QGS message size * exceeds", "QGS quote size * should be"),
		.title = "qgsd and its clients may use different protocol versions",
		.fix = "Update qgsd on the host and the attestation library in the guest to versions that match. "
		       "The VMM passes the messages on, and may be too old or too new as well.",
		.reads = LIST("journal of qgsd"),
		.why = "qgsd reads the length of a message first. Clients of another protocol "
		       "version make it read a wrong length and wait.",
		.by_hand = "journalctl -u qgsd | grep 'body should be': a negative or very "
			   "large number is the sign.",
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
		.reads = LIST("/etc/sgx_default_qcnl.conf", "/proc/*/cmdline", "journal of qgsd"),
		.why = "qgsd gets the certificates of the platform from a PCCS. Without it, "
		       "quotes and their verification fail.",
		.by_hand = "grep pccs_url /etc/sgx_default_qcnl.conf, then curl -k on that URL "
			   "with /sgx/certification/v4/rootcacrl: must answer.",
	},
	{
		.id = "pccs.key",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "cpu.vendor",
		.check = rule_pccs_key,
		.title = "Intel's provisioning service rejects the key of the PCCS (HTTP 401)",
		.fix = "Set a valid subscription key as ApiKey in "
		       "/opt/intel/sgx-dcap-pccs/config/default.json. Then restart pccs and qgsd.",
		.reads = LIST("/opt/intel/sgx-dcap-pccs/logs/pccs_server.log"),
		.why = "The PCCS gets certificates from Intel with a subscription key. Intel "
		       "refuses an invalid or expired key.",
		.by_hand = "grep 'PCS server returns' "
			   "/opt/intel/sgx-dcap-pccs/logs/pccs_server.log: 401 is the sign.",
	},
	{
		.id = "reg.missing",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "sgx.off",
		.check = rule_reg_missing,
		.title = "The registration agent did not register the platform",
		.fix = "Restart the agent (systemctl restart mpa_registration_tool) and check "
		       "mpa_registration.log. If this does not help, " BY_HAND
		       "As the last step, " AUTO_MP,
		.reads = LIST("/var/log/mpa_registration.log", "journal of qgsd"),
		.why = "Intel issues certificates only for platforms that were registered with "
		       "their manifest.",
		.by_hand = "tail /var/log/mpa_registration.log: the newest flow must end with "
			   "success, unless the platform was registered by hand.",
	},
	{
		.id = "pccs.no_certs",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_FAIL,
		.needs = "reg.missing",
		.check = rule_pccs_no_certs,
		.title = "The PCCS has no certificates for this platform",
		.fix = "Restart pccs and qgsd. If this does not help, " BY_HAND
		       "As the last step, " AUTO_MP
		       " A firmware update may change the platform's keys: "
		       "then register again.",
		.reads = LIST("journal of qgsd", "/opt/intel/sgx-dcap-pccs/logs/pccs_server.log"),
		.why = "Quotes need the certificates of this platform, and the PCCS has none: "
		       "the platform is not registered, or its keys changed.",
		.by_hand = "journalctl -u qgsd | tdxctl decode: 0xe011 is the sign.",
	},
	{
		.id = "qgs.error",
		.group = TDXCTL_GROUP_ATTESTATION,
		.severity = TDXCTL_RULE_WARN,
		.needs = "reg.missing",
		.check = rule_qgs_error,
		VMM_LOG("QGS message error code"),
		.decoded = true,
		.title = "The quote generation service failed to make a quote",
		.fix = "Decode the code with 'tdxctl decode'.",
		.reads = LIST("journal of qgsd"),
		.why = "A guest that gets no quote cannot be attested.",
		.by_hand = "journalctl -u qgsd | tdxctl decode: explains the newest code.",
	},
};

const struct rule_list rules_attest = { attest, ARRAY_SIZE(attest) };
