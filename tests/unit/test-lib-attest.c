/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules about attestation: what the logs of its services show now. */
#include "doctor-host.h"

static struct tdxctl_val value(uint64_t v)
{
	return (struct tdxctl_val){ .readable = true, .value = v };
}

static void hosts_without_logs(void)
{
	start();
	facts.qgs_log.reason = facts.pccs_log.reason = facts.qcnl.reason =
		facts.registration.reason = "not there";
}

static bool fails(const char *id)
{
	return attested(id, NULL) >= TDXCTL_RULE_WARN;
}

/* ---- quotes ---- */

/* Each error of a quote is the finding of one rule. */
static void causes_of_quote_errors(void)
{
	static const char *const rules[] = { "qgs.stale", "pccs.down", "pccs.no_certs",
					     "qgs.error" };
	static const struct {
		const char *code;
		size_t rule;
	} t[] = {
		{ "0xb011", 0 },  { "0xe00f", 0 },  { "0x1100f", 0 }, { "0xe010", 0 },
		{ "0x11010", 0 }, { "0xe014", 0 },  { "0xe018", 0 },  { "0xb003", 1 },
		{ "0xb006", 1 },  { "0xb00d", 1 },  { "0xb013", 1 },  { "0xb030", 1 },
		{ "0xb036", 1 },  { "0xe019", 1 },  { "0xe01a", 1 },  { "0xb00f", 2 },
		{ "0xb010", 2 },  { "0xb012", 2 },  { "0xe011", 2 },  { "0xe01b", 2 },
		{ "0x11011", 2 }, { "0xb002", 3 },  { "0xb00e", 3 },  { "0xe012", 3 },
		{ "0x11001", 3 }, { "0x12001", 3 },
	};
	char log[100], want[100];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		hosts_without_logs();
		facts.qcnl.text = (char *)"PCCS_URL=https://pccs.example:8081/";
		snprintf(log, sizeof(log), "a\nError code is %s\n", t[i].code);
		facts.qgs_log.text = log;
		snprintf(want, sizeof(want), "log of qgsd: Error code is %s (", t[i].code);
		for (size_t k = 0; k < ARRAY_SIZE(rules); k++)
			if (!CHECK_EQ(fails(rules[k]), k == t[i].rule) ||
			    (k == t[i].rule && !CHECK(strstr(found.detail, want))))
				fprintf(stderr, "  %s: %s: %s\n", rules[k], t[i].code,
					found.detail);
		/* The next quote succeeds. */
		strcat(log, "return Success\n");
		for (size_t k = 0; k < ARRAY_SIZE(rules); k++)
			CHECK(!fails(rules[k]));
	}
}

/* The newest quote counts; its first error is the cause of those after it. */
static void newest_quote(void)
{
	static const struct {
		const char *log;
		const char *rule; /* the one that fails; NULL: none */
	} t[] = {
		{ "Error code is 0xe011\nError code is 0x11001\n", "pccs.no_certs" },
		{ "Error code is 0xe011\nError code is 0x1100f\n", "pccs.no_certs" },
		{ "Error code is 0x1100f\n", "qgs.stale" },
		{ "Error code is 0x11001\n", "qgs.error" },
		{ "Error code is 0xe011\nreturn Success\nError code is 0x1100f\n", "qgs.stale" },
		{ "Error code is 0xe011\nreturn Success\nError code is 0x11001\n", "qgs.error" },
		{ "Error code is 0xe011\nError code is 0xb003\n", "pccs.down" },
		{ "return Success\nError code is 0xe011\n", "pccs.no_certs" },
		{ "No certificate data for this platform\n", "pccs.no_certs" },
		{ "No certificate data\n", NULL },
		{ "Error code is 0xfff\n", NULL },
		{ "", NULL },
	};
	static const char *const rules[] = { "qgs.stale", "pccs.down", "pccs.no_certs",
					     "qgs.error" };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		hosts_without_logs();
		facts.qcnl.text = (char *)"PCCS_URL=https://pccs.example:8081/";
		facts.qgs_log.text = (char *)t[i].log;
		for (size_t k = 0; k < ARRAY_SIZE(rules); k++)
			if (!CHECK_EQ(fails(rules[k]), t[i].rule && !strcmp(rules[k], t[i].rule)))
				fprintf(stderr, "  %s: %s\n", rules[k], t[i].log);
	}
}

/* If qgsd logs nothing about quotes, the PCCS decides. */
static void log_of_the_pccs(void)
{
	static const struct {
		const char *qgsd, *pccs;
		bool certs;
	} t[] = {
		{ "a\n", "x No cache data for this platform.\n", true },
		{ "a\n", "x Encrypted ppid is all zeros\n", true },
		{ "a\n", "x PCS server returns error(404)\n", true },
		{ "a\n", "x The platform was not found in the cache\n", true },
		{ "a\n", "x PCS server returns error(500)\n", false },
		{ "return Success\n", "x No cache data for this platform.\n", false },
		{ "a\n", "No cache data for this platform.\nGET /pckcert?x HTTP/1.1\" 200 5\n",
		  false },
		{ "a\n", "No cache data for this platform.\nGET /pckcert?x HTTP/1.1\" 404 5\n",
		  true },
		{ "a\n", "No cache data for this platform.\nGET /other HTTP/1.1\" 200 5\n", true },
		{ "a\n", "GET /pckcert?x HTTP/1.1\" 200 5\nNo cache data for this platform.\n",
		  true },
		{ NULL, "x No cache data for this platform.\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		hosts_without_logs();
		facts.qgs_log.text = (char *)t[i].qgsd;
		facts.pccs_log.text = (char *)t[i].pccs;
		if (!CHECK_EQ(fails("pccs.no_certs"), t[i].certs))
			fprintf(stderr, "  %s", t[i].pccs);
		CHECK(!t[i].certs || strstr(found.detail, "log of the PCCS: "));
	}
	hosts_without_logs();
	CHECK_EQ(attested("pccs.no_certs", "not there"), TDXCTL_RULE_UNKNOWN);
	facts.qgs_log.text = (char *)"";
	CHECK_EQ(attested("pccs.no_certs", NULL), TDXCTL_RULE_OK);
}

/* A subscription key that is rejected is the cause of missing certificates. */
static void keys_of_the_pccs(void)
{
	hosts_without_logs();
	CHECK_EQ(attested("pccs.key", "log of the PCCS: not there"), TDXCTL_RULE_UNKNOWN);
	facts.pccs_log.absent = true;
	CHECK_EQ(attested("pccs.key", "log of the PCCS: not there"), TDXCTL_RULE_SKIP);
	facts.pccs_log.text = (char *)"ok\n";
	CHECK_EQ(attested("pccs.key", NULL), TDXCTL_RULE_OK);
	facts.pccs_log.text = (char *)"PCS server returns error(404)\n";
	CHECK_EQ(attested("pccs.key", NULL), TDXCTL_RULE_OK);
	facts.pccs_log.text =
		(char *)"PCS server returns error(401)\nPCS server returns error(404)\n";
	CHECK_EQ(attested("pccs.key", NULL), TDXCTL_RULE_OK);
	facts.qgs_log.text = (char *)"Error code is 0xe011\n";
	CHECK(fails("pccs.no_certs"));
	facts.pccs_log.text = (char *)"PCS server returns error. Error code : 401\nmore\n";
	CHECK(attested("pccs.key", NULL) >= TDXCTL_RULE_WARN);
	CHECK_STR(found.detail, "log of the PCCS: PCS server returns error. Error code : 401");
	CHECK_EQ(attested("pccs.no_certs", "pccs.key"), TDXCTL_RULE_SKIP);
	facts.qgs_log.text = (char *)"return Success\n";
	CHECK_EQ(attested("pccs.no_certs", NULL), TDXCTL_RULE_OK);
}

/* ---- services ---- */

static void qgsd_runs(void)
{
	hosts_without_logs();
	facts.qgs_running.reason = "hidden";
	CHECK_EQ(attested("qgs.down", "hidden"), TDXCTL_RULE_UNKNOWN);
	facts.qgs_running = value(0);
	CHECK_EQ(attested("qgs.down", NULL), TDXCTL_RULE_FAIL);
	CHECK(!strstr(found.detail, "installed"));
	facts.qgs_unit = value(TDXCTL_SERVICE_INACTIVE);
	CHECK_EQ(attested("qgs.down", "the unit qgsd is installed but not active"),
		 TDXCTL_RULE_FAIL);
	facts.qgs_unit = value(TDXCTL_SERVICE_ACTIVE);
	CHECK_EQ(attested("qgs.down", NULL), TDXCTL_RULE_OK);
	facts.qgs_unit.readable = false;
	CHECK_EQ(attested("qgs.down", NULL), TDXCTL_RULE_FAIL);
	facts.qgs_running = value(1);
	CHECK_EQ(attested("qgs.down", NULL), TDXCTL_RULE_OK);
	facts.qgs_running = value(0);
	facts.path[TDXCTL_PATH_QGS_SOCKET] = value(1);
	CHECK_EQ(attested("qgs.down", NULL), TDXCTL_RULE_OK);
}

/* A qgsd that has been running for more than four days may have old certificates. */
static void qgsd_is_old(void)
{
	const uint64_t four = 4 * 24 * 3600;

	hosts_without_logs();
	facts.qgs_uptime.reason = "hidden";
	CHECK_EQ(attested("qgs.stale", "hidden"), TDXCTL_RULE_UNKNOWN);
	facts.qgs_uptime = value(four);
	CHECK_EQ(attested("qgs.stale", NULL), TDXCTL_RULE_OK);
	facts.qgs_uptime = value(four + 1);
	CHECK_EQ(attested("qgs.stale", "running for 4 days"), TDXCTL_RULE_INFO);
	facts.qgs_uptime.readable = false;
	facts.qgs_log.text = (char *)"";
	CHECK_EQ(attested("qgs.stale", NULL), TDXCTL_RULE_OK);
}

static void pccs_of_the_configuration(void)
{
	static const struct {
		const char *conf;
		enum tdxctl_rule_state state; /* without a PCCS on this host */
	} t[] = {
		{ "# pccs_url\n", TDXCTL_RULE_FAIL },
		{ "  // \"pccs_url\": \"https://x/\"\n", TDXCTL_RULE_FAIL },
		{ "other\n", TDXCTL_RULE_FAIL },
		{ "PCCS_URL=https://localhost:8081/\n", TDXCTL_RULE_FAIL },
		{ "a\n\"pccs_url\": \"https://127.0.0.1:8081/\"\n", TDXCTL_RULE_FAIL },
		{ "a\n\"pccs_url\": \"https://pccs.example/\"\nlocalhost", TDXCTL_RULE_OK },
		{ "# PCCS_URL=https://localhost/\nPCCS_URL=https://x/", TDXCTL_RULE_OK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		hosts_without_logs();
		facts.pccs_running = value(0);
		facts.qcnl.text = (char *)t[i].conf;
		attested("pccs.down", NULL);
		if (!CHECK_EQ(found.state >= TDXCTL_RULE_WARN, t[i].state == TDXCTL_RULE_FAIL))
			fprintf(stderr, "  %s", t[i].conf);
		CHECK_EQ(strstr(found.detail, "has no pccs_url") != NULL, i < 3);
		/* A PCCS that runs is enough, but not without a URL. */
		facts.pccs_running = value(1);
		CHECK_EQ(fails("pccs.down"), i < 3);
		facts.pccs_running = value(0);
		facts.pccs_unit = value(TDXCTL_SERVICE_ACTIVE);
		CHECK_EQ(fails("pccs.down"), i < 3);
		facts.pccs_unit = value(TDXCTL_SERVICE_INACTIVE);
		CHECK_EQ(fails("pccs.down"), t[i].state == TDXCTL_RULE_FAIL);
	}
	hosts_without_logs();
	CHECK_EQ(attested("pccs.down", "/etc/sgx_default_qcnl.conf: not there"),
		 TDXCTL_RULE_UNKNOWN);
	facts.qcnl.text = (char *)"PCCS_URL=https://localhost:8081/\n";
	facts.pccs_running.reason = "hidden";
	CHECK_EQ(attested("pccs.down", "hidden"), TDXCTL_RULE_UNKNOWN);
	facts.qcnl.text = NULL;
	facts.pccs_running = value(1);
	CHECK_EQ(attested("pccs.down", NULL), TDXCTL_RULE_OK);
}

/* A length that no message has, and no quote after it. */
static void messages_of_another_protocol(void)
{
	static const struct {
		const char *log;
		bool bad;
	} t[] = {
		{ "body should be [1048577] bytes\n", true },
		{ "body should be [1048576] bytes\n", false },
		{ "body should be [1] bytes\n", false },
		{ "body should be [0] bytes\n", true },
		{ "body should be [-1] bytes\n", true },
		{ "body should be [2000000]\nreturn Success\n", false },
		{ "return Success\nbody should be [2000000]\n", true },
		{ "body should be [2000000]\nbody should be [100]\n", false },
		{ "body should be\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		hosts_without_logs();
		facts.qgs_log.text = (char *)t[i].log;
		if (!CHECK_EQ(fails("qgs.protocol"), t[i].bad))
			fprintf(stderr, "  %s", t[i].log);
	}
}

/* ---- registration ---- */

#define FLOW "Starts Registration Agent Flow.\n"

/* The newest flow with a result counts, and in it the reason that says most. */
static void results_of_the_registration(void)
{
	static const struct {
		const char *log;
		const char *line, *fix; /* NULL: registered */
	} t[] = {
		{ FLOW "x passed successfully\n", NULL, NULL },
		{ FLOW "x is completed successfully\n", NULL, NULL },
		{ FLOW "Registration Flow - completed successfully\n", NULL, NULL },
		{ FLOW "a\nb RS reports a '401' code\nc failed.\n", "b RS reports a '401' code",
		  "Set a valid subscription key" },
		{ FLOW "x RS reports a '400'\n", "x RS reports a '400'", "is refused again" },
		{ FLOW "x completed unsuccessfully\n", "x completed unsuccessfully",
		  "is refused again" },
		{ FLOW "BIOS/MCHECK failed\n", "BIOS/MCHECK failed", "is refused again" },
		{ FLOW "Failed to send request to server\n", "Failed to send request to server",
		  "Check the network" },
		{ FLOW "RS reports a '503'\n", "RS reports a '503'", "Check the network" },
		{ FLOW "ERROR: x\n", "ERROR: x", "Restart the agent" },
		{ FLOW "x failed.\n", "x failed.", "Restart the agent" },
		{ FLOW "it won't be send to Registration Server\n",
		  "it won't be send to Registration Server", "Register by hand, unless" },
		{ FLOW "it won't save encrypted platform keys\n",
		  "it won't save encrypted platform keys", "Register by hand, unless" },
		/* A general line hides neither the reason before it nor one after it. */
		{ FLOW "ERROR: x\nRS reports a '401'\nx failed.\n", "RS reports a '401'",
		  "Set a valid subscription key" },
		{ FLOW "RS reports a '401'\nRS reports a '503'\n", "RS reports a '503'",
		  "Check the network" },
		{ FLOW "RS reports a '401'\nit won't be send to Registration Server\n",
		  "RS reports a '401'", "Set a valid subscription key" },
		/* Retries. */
		{ FLOW "RS reports a '503'\nx passed successfully\n", NULL, NULL },
		{ FLOW "x passed successfully\nRS reports a '503'\n", NULL, NULL },
		/* Flows. */
		{ FLOW "x passed successfully\n" FLOW "RS reports a '503'", "RS reports a '503'",
		  "Check the network" },
		{ FLOW "RS reports a '401'\n" FLOW "y failed.\n", "y failed.",
		  "Restart the agent" },
		{ FLOW "RS reports a '401'\n" FLOW "x passed successfully\n", NULL, NULL },
		{ FLOW "x passed successfully\n" FLOW "nothing yet\n", NULL, NULL },
	};
	char want[200];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		hosts_without_logs();
		facts.registration.text = (char *)t[i].log;
		attested("reg.missing", NULL);
		if (!CHECK_EQ(found.state > TDXCTL_RULE_OK, t[i].line != NULL))
			fprintf(stderr, "  %s", t[i].log);
		if (!t[i].line)
			continue;
		snprintf(want, sizeof(want), "mpa_registration.log: %s", t[i].line);
		CHECK_STR(found.detail, want);
		if (!CHECK(strstr(found.fix, t[i].fix)))
			fprintf(stderr, "  %s: %s\n", t[i].line, found.fix);
	}
	hosts_without_logs();
	CHECK_EQ(attested("reg.missing", "mpa_registration.log: not there"), TDXCTL_RULE_UNKNOWN);
	facts.registration.text = (char *)FLOW;
	CHECK_EQ(attested("reg.missing", "shows no successful registration"), TDXCTL_RULE_FAIL);
}

/* Quotes show whether the platform was registered by hand. */
static void registration_by_hand(void)
{
	static const char by_hand[] = FLOW "it won't be send to Registration Server\n";

	hosts_without_logs();
	facts.registration.text = (char *)by_hand;
	CHECK_EQ(attested("reg.missing", NULL), TDXCTL_RULE_INFO);
	facts.qgs_log.text = (char *)"return Success\n";
	CHECK_EQ(attested("reg.missing", NULL), TDXCTL_RULE_INFO);
	facts.qgs_log.text = (char *)"Error code is 0xb003\n";
	CHECK_EQ(attested("reg.missing", NULL), TDXCTL_RULE_INFO);
	facts.qgs_log.text = (char *)"Error code is 0xe011\n";
	CHECK_EQ(attested("reg.missing", NULL), TDXCTL_RULE_FAIL);
	facts.qgs_log.text = (char *)"Error code is 0x11001\n";
	CHECK_EQ(attested("reg.missing", NULL), TDXCTL_RULE_FAIL);
	facts.qgs_log.text = NULL;
	facts.registration.text = (char *)FLOW "x failed.\n";
	CHECK_EQ(attested("reg.missing", NULL), TDXCTL_RULE_FAIL);
}

/* Not more than 200 bytes of a line. */
static void long_lines(void)
{
	char text[300];

	for (size_t len = 199; len < 203; len++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, "ERROR: ", 7);
		strcpy(text + len, "\n");
		hosts_without_logs();
		facts.registration.text = text;
		CHECK_EQ(attested("reg.missing", NULL), TDXCTL_RULE_FAIL);
		CHECK_EQ(strlen(found.detail),
			 strlen("mpa_registration.log: ") + (len > 200 ? 200 : len));
	}
}

int main(void)
{
	RUN(causes_of_quote_errors);
	RUN(newest_quote);
	RUN(log_of_the_pccs);
	RUN(keys_of_the_pccs);
	RUN(qgsd_runs);
	RUN(qgsd_is_old);
	RUN(pccs_of_the_configuration);
	RUN(messages_of_another_protocol);
	RUN(results_of_the_registration);
	RUN(registration_by_hand);
	RUN(long_lines);
	return check_done("test-lib-attest");
}
