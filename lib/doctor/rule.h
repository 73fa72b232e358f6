/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks behind the table of rules, and what they share. */
#ifndef TDXCTL_RULES_H
#define TDXCTL_RULES_H

#include "doctor.h"
#include "host/host.h"

#define CHECK_FN(name) \
	enum tdxctl_rule_state rule_##name(struct tdxctl_examination *e, const struct tdxctl_rule *r)

/* Writes the detail and returns @state. */
enum tdxctl_rule_state rule_says(struct tdxctl_examination *e, enum tdxctl_rule_state state,
				 const char *fmt, ...) PRINTF(3, 4);
/* The TDX module is up: YES, NO, or nobody can tell. */
enum tdxctl_tri rule_tdx_up(const struct tdxctl_facts *f);
/* The same of KVM: TDs can be created. */
enum tdxctl_tri rule_kvm_up(const struct tdxctl_facts *f);
/* Does the helper, or an emulated host, tell about TDs and HKIDs? */
bool rule_has_ledger(const struct tdxctl_facts *f);
/* MSR @m of the first package. */
const struct tdxctl_val *rule_msr(const struct tdxctl_facts *f, enum tdxctl_msr m);

/* Is this CPU one that modules of this series are for? */
bool rule_series_of(const struct tdxctl_cpu_facts *c, unsigned int major, unsigned int minor);

#define NO_HELPER "the helper is not loaded"

/* rules-firmware.c */
CHECK_FN(cpu_vendor);
CHECK_FN(palimit46);
CHECK_FN(tme_off);
CHECK_FN(tmemt_off);
CHECK_FN(keyid_none);
CHECK_FN(keyid_few);
CHECK_FN(seamrr_off);
CHECK_FN(seamrr_unlocked);
CHECK_FN(sock_mismatch);
CHECK_FN(sgx_off);
CHECK_FN(sgx_mcheck);
CHECK_FN(dimm_population);
CHECK_FN(preproduction);
/* rules-kernel.c */
CHECK_FN(kconf_host);
CHECK_FN(kconf_kvm);
CHECK_FN(hibernate);
CHECK_FN(s3);
CHECK_FN(kvm_param);
CHECK_FN(kvm_prereq);
CHECK_FN(virt_at_load);
CHECK_FN(cpu_feature);
CHECK_FN(maxcpus);
CHECK_FN(boot_noise);
CHECK_FN(kexec_old);
CHECK_FN(kexec_pw_mce);
CHECK_FN(cgroup_misc);
CHECK_FN(tools_msr);
CHECK_FN(pkg_offline);
CHECK_FN(offline_refused);
CHECK_FN(online_failed);
/* rules-module.c */
CHECK_FN(module_too_old);
CHECK_FN(module_topology);
CHECK_FN(module_series);
CHECK_FN(perf_old_module);
CHECK_FN(slow_init);
CHECK_FN(update_unavailable);
CHECK_FN(update_exhausted);
CHECK_FN(update_seamldr);
CHECK_FN(update_during_build);
CHECK_FN(update_error);
/* rules-tds.c */
CHECK_FN(keyid_capacity);
CHECK_FN(hkid_exhausted);
CHECK_FN(cgroup_limit);
CHECK_FN(cgroup_drift);
CHECK_FN(vfio_dma);
CHECK_FN(mem_pamt);
CHECK_FN(hugepages);
CHECK_FN(capabilities_abi);
CHECK_FN(mem_hotplug);
CHECK_FN(hkid_leaked);
CHECK_FN(leak_blocks_offline);
CHECK_FN(teardown_slow);
/* rules-attest.c */
CHECK_FN(qgs_down);
CHECK_FN(qgs_stale);
CHECK_FN(qgs_wrong_cid);
CHECK_FN(pccs_down);
CHECK_FN(reg_missing);

#endif
