/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codes of the quote generation service and of the services that it asks for certificates. */
#include "decode.h"
#include "model.h"

#define RESTART "Restart qgsd. If the code returns, find the first error in the log of qgsd."
#define REGISTER \
	"Restart pccs and qgsd. If this does not help, register the platform by hand: send the manifest that " \
	"PCKIDRetrievalTool writes to the PCCS, or to Intel's registration service. As the last step, enable " \
	"SGX Auto MP Registration in firmware setup and reboot. A firmware update may change the platform's " \
	"keys, and the platform must then be registered again."
#define URL "Check that pccs is running, and its URL in /etc/sgx_default_qcnl.conf."
#define CONF \
	"Correct /etc/sgx_default_qcnl.conf, then restart qgsd. Its log names the error in the file."
#define CERT \
	"Set use_secure_cert to false in /etc/sgx_default_qcnl.conf if the PCCS has a self-signed certificate, " \
	"or give the PCCS a certificate that this host trusts. Then restart qgsd."
#define ENCLAVE \
	"Check that SGX is enabled and that qgsd can open /dev/sgx_enclave and /dev/sgx_provision."
#define EPC "Raise the size of the SGX memory (PRMRR) in firmware setup."
#define PROVIDER \
	"Install the package libsgx-dcap-default-qpl, and restart qgsd: it loads libdcap_quoteprov.so.1."
#define MATCH "Use versions of qgsd and of the guest's attestation library that match."
#define FIRST \
	"Find the error before it in the log of qgsd: this code reports only that a quote failed."

/* clang-format off */
static const struct {
	uint32_t code;
	const char *name, *meaning, *advice;
} codes[] = {
	{ 401, "HTTP 401 Unauthorized",
	  "Intel's provisioning service rejects the subscription key",
	  "Set a valid subscription key as ApiKey in /opt/intel/sgx-dcap-pccs/config/default.json. Then restart "
	  "pccs and qgsd." },
	/* The client of the PCCS. */
	{ 0xb001, "SGX_QCNL_UNEXPECTED_ERROR", "the PCCS client failed", RESTART },
	{ 0xb002, "SGX_QCNL_INVALID_PARAMETER", "the PCCS client rejects a parameter", RESTART },
	{ 0xb003, "SGX_QCNL_NETWORK_ERROR", "the PCCS cannot be reached", URL },
	{ 0xb004, "SGX_QCNL_NETWORK_PROXY_FAIL", "the name of the proxy cannot be resolved", URL },
	{ 0xb005, "SGX_QCNL_NETWORK_HOST_FAIL", "the name of the PCCS cannot be resolved", URL },
	{ 0xb006, "SGX_QCNL_NETWORK_COULDNT_CONNECT", "the PCCS does not accept connections", URL },
	{ 0xb007, "SGX_QCNL_NETWORK_HTTP2_ERROR", "HTTP/2 with the PCCS failed", URL },
	{ 0xb008, "SGX_QCNL_NETWORK_WRITE_ERROR", "the answer of the PCCS cannot be stored", RESTART },
	{ 0xb009, "SGX_QCNL_NETWORK_OPERATION_TIMEDOUT", "the PCCS does not answer in time", URL },
	{ 0xb00a, "SGX_QCNL_NETWORK_HTTPS_ERROR", "no TLS session with the PCCS", CERT },
	{ 0xb00d, "SGX_QCNL_MSG_ERROR", "the PCCS rejects a request of its client",
	  "Use versions of pccs and of qgsd that match. The log of the PCCS has the reason." },
	{ 0xb00e, "SGX_QCNL_OUT_OF_MEMORY", "the PCCS client is out of memory", RESTART },
	{ 0xb00f, "SGX_QCNL_ERROR_STATUS_NO_CACHE_DATA",
	  "the PCCS has no certificates for this platform", REGISTER },
	{ 0xb010, "SGX_QCNL_ERROR_STATUS_PLATFORM_UNKNOWN", "the PCCS does not know this platform",
	  REGISTER },
	{ 0xb011, "SGX_QCNL_ERROR_STATUS_UNEXPECTED", "the PCCS returned an unexpected status",
	  "Restart qgsd, then pccs. qgsd may stop working after some days; restart it once a day to avoid "
	  "this." },
	{ 0xb012, "SGX_QCNL_ERROR_STATUS_CERTS_UNAVAILABLE",
	  "no certificates are available for this platform", REGISTER },
	{ 0xb013, "SGX_QCNL_ERROR_STATUS_SERVICE_UNAVAILABLE",
	  "the provisioning service is not available",
	  "Try again later. Check that the PCCS can reach Intel's provisioning service." },
	{ 0xb030, "SGX_QCNL_INVALID_CONFIG", "the configuration of the PCCS client is invalid", CONF },
	{ 0xb033, "SGX_QCNL_ROOT_CA_UNTRUSTED", "the certificate of the PCCS is not trusted", CERT },
	{ 0xb035, "SGX_QCNL_CONFIG_INVALID_JSON",
	  "the configuration of the PCCS client is malformed", CONF },
	{ 0xb036, "SGX_QCNL_CONFIG_NOT_JSON", "the configuration of the PCCS client is not JSON",
	  CONF },
	/* The quote library. */
	{ 0xe001, "SGX_QL_ERROR_UNEXPECTED", "the quote library failed", RESTART },
	{ 0xe002, "SGX_QL_ERROR_INVALID_PARAMETER", "the quote library rejects a parameter", MATCH },
	{ 0xe003, "SGX_QL_ERROR_OUT_OF_MEMORY", "the quote library is out of memory", RESTART },
	{ 0xe00d, "SGX_QL_INTERFACE_UNAVAILABLE", "the quoting enclave cannot be loaded", ENCLAVE },
	{ 0xe00e, "SGX_QL_PLATFORM_LIB_UNAVAILABLE", "the library of the PCCS client cannot be loaded",
	  PROVIDER },
	{ 0xe00f, "SGX_QL_ATT_KEY_NOT_INITIALIZED", "the attestation key does not exist yet", RESTART },
	{ 0xe010, "SGX_QL_ATT_KEY_CERT_DATA_INVALID",
	  "the certificates of the attestation key are invalid", RESTART },
	{ 0xe011, "SGX_QL_NO_PLATFORM_CERT_DATA", "the PCCS has no certificates for this platform",
	  REGISTER },
	{ 0xe012, "SGX_QL_OUT_OF_EPC", "too little SGX memory for an enclave", EPC },
	{ 0xe014, "SGX_QL_ENCLAVE_LOST", "the enclave was lost, for example by a suspend", RESTART },
	{ 0xe016, "SGX_QL_ENCLAVE_LOAD_ERROR", "an enclave cannot be loaded", ENCLAVE },
	{ 0xe018, "SGX_QL_KEY_CERTIFCATION_ERROR", "the attestation key cannot be certified", RESTART },
	{ 0xe019, "SGX_QL_NETWORK_ERROR", "the PCCS cannot be reached", URL },
	{ 0xe01a, "SGX_QL_MESSAGE_ERROR", "the answer of the PCCS is malformed", URL },
	{ 0xe01b, "SGX_QL_NO_QUOTE_COLLATERAL_DATA", "the PCCS has no collateral for this platform",
	  REGISTER },
	/* The TDX quote library. */
	{ 0x11001, "TEE_ATT_ERROR_UNEXPECTED", "the quote library failed", FIRST },
	{ 0x1100d, "TEE_ATT_INTERFACE_UNAVAILABLE", "the quoting enclave cannot be loaded", ENCLAVE },
	{ 0x1100e, "TEE_ATT_PLATFORM_LIB_UNAVAILABLE", "the library of the PCCS client cannot be loaded",
	  PROVIDER },
	{ 0x1100f, "TEE_ATT_ATT_KEY_NOT_INITIALIZED", "the attestation key does not exist yet",
	  RESTART },
	{ 0x11010, "TEE_ATT_ATT_KEY_CERT_DATA_INVALID",
	  "the certificates of the attestation key are invalid", RESTART },
	{ 0x11011, "TEE_ATT_NO_PLATFORM_CERT_DATA", "the PCCS has no certificates for this platform",
	  REGISTER },
	{ 0x11012, "TEE_ATT_OUT_OF_EPC", "too little SGX memory for an enclave", EPC },
	{ 0x11016, "TEE_ATT_ENCLAVE_LOAD_ERROR", "an enclave cannot be loaded", ENCLAVE },
	/* The quote generation service, to a guest. */
	{ 0x12001, "QGS_MSG_ERROR_UNEXPECTED", "qgsd could not make a quote", FIRST },
	{ 0x12002, "QGS_MSG_ERROR_OUT_OF_MEMORY", "qgsd is out of memory", RESTART },
	{ 0x12003, "QGS_MSG_ERROR_INVALID_PARAMETER", "qgsd rejects a parameter of the guest", MATCH },
	{ 0x12004, "QGS_MSG_ERROR_INVALID_VERSION", "qgsd does not know the guest's protocol version",
	  MATCH },
	{ 0x12005, "QGS_MSG_ERROR_INVALID_TYPE", "qgsd does not know the guest's request", MATCH },
};
/* clang-format on */

bool tdxctl_decode_quote(uint64_t code, const char *name, struct tdxctl_word *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (name ? strcmp(codes[i].name, name) : codes[i].code != code)
			continue;
		*w = (struct tdxctl_word){
			.kind = TDXCTL_WORD_QUOTE,
			.value = codes[i].code,
			.name = codes[i].name,
			.meaning = codes[i].meaning,
			.advice = codes[i].advice,
		};
		return true;
	}
	return false;
}
