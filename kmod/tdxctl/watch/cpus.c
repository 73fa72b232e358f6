// SPDX-License-Identifier: GPL-2.0-only
/* Packages, and how often each CPU went online and offline. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "watch.h"

/* More packages than the TDX module supports share the last index. */
#define MAX_PKGS 32

struct cpu_counts {
	u32 onlined, offlined;
};

static DEFINE_PER_CPU(struct cpu_counts, counts);
static u32 pkg_id[MAX_PKGS];
static u32 nr_pkgs;
static u8 *pkg_of; /* package index by CPU */
static int hp_state;
static void (*package_found)(unsigned int cpu, u32 pkg);

static u32 pkg_index(u32 id)
{
	u32 i;

	for (i = 0; i < nr_pkgs; i++)
		if (pkg_id[i] == id)
			return i;
	if (nr_pkgs == MAX_PKGS)
		return MAX_PKGS - 1;
	pkg_id[i] = id;
	/* Readers do not take a lock. */
	smp_store_release(&nr_pkgs, i + 1);
	return i;
}

/*
 * The package of a CPU is not known before its first boot (maxcpus=). Packages are only
 * added, under the CPU hotplug lock.
 */
static int cpu_onlined(unsigned int cpu)
{
	per_cpu(counts, cpu).onlined++;
	WRITE_ONCE(pkg_of[cpu], pkg_index(topology_physical_package_id(cpu)));
	package_found(cpu, pkg_of[cpu]);
	return 0;
}

static int cpu_offlined(unsigned int cpu)
{
	per_cpu(counts, cpu).offlined++;
	return 0;
}

u32 cpus_nr_pkgs(void)
{
	return smp_load_acquire(&nr_pkgs);
}

const u32 *cpus_pkg_ids(void)
{
	return pkg_id;
}

u32 cpus_pkg(unsigned int cpu)
{
	return READ_ONCE(pkg_of[cpu]);
}

/* Fills the records of the present CPUs. Returns their number. */
u32 cpus_fill(struct wire_cpu *out, u32 max)
{
	unsigned int cpu;
	u32 n = 0;

	for_each_present_cpu(cpu) {
		if (n == max)
			break;
		out[n++] = (struct wire_cpu){
			.cpu = cpu,
			.pkg = cpus_pkg(cpu),
			.online = cpu_online(cpu),
			.onlined = READ_ONCE(per_cpu(counts, cpu).onlined),
			.offlined = READ_ONCE(per_cpu(counts, cpu).offlined),
		};
	}
	return n;
}

/* @found: called whenever a CPU comes online, with its package. */
int cpus_init(void (*found)(unsigned int cpu, u32 pkg))
{
	unsigned int cpu;
	int ret;

	package_found = found;
	pkg_of = kcalloc(nr_cpu_ids, sizeof(*pkg_of), GFP_KERNEL);
	if (!pkg_of)
		return -ENOMEM;
	/* The kernel knows the package of an offline CPU from its last boot. */
	for_each_present_cpu(cpu)
		pkg_of[cpu] = pkg_index(topology_physical_package_id(cpu));

	ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "tdxctl:online", cpu_onlined,
					cpu_offlined);
	if (ret < 0) {
		kfree(pkg_of);
		return ret;
	}
	hp_state = ret;
	return 0;
}

void cpus_exit(void)
{
	cpuhp_remove_state_nocalls(hp_state);
	kfree(pkg_of);
}
