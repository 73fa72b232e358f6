// SPDX-License-Identifier: GPL-2.0-only
/*
 * hosttxt TREE: what of this host has no file, as text in a captured tree: MSRs of
 * each package's first CPU, CPUID, and what KVM answers.
 */
#include <cpuid.h>
#include <fcntl.h>
#include <facts.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define VM_TYPES_CAP 235

static const uint32_t msrs[] = {
#define X(num, id) num,
	TDXCTL_MSRS(X)
#undef X
};

static FILE *create(const char *tree, const char *dir, const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", tree, dir, name);
	f = fopen(path, "w");
	if (!f)
		perror(path);
	return f;
}

static int write_msrs(const char *tree, unsigned int cpu)
{
	char dev[32], dir[32];
	int fd;
	FILE *f;

	snprintf(dev, sizeof(dev), "/dev/cpu/%u/msr", cpu);
	fd = open(dev, O_RDONLY);
	if (fd < 0)
		return 0; /* no permission, no file */
	snprintf(dir, sizeof(dir), "dev/cpu/%u", cpu);
	f = create(tree, dir, "msr.txt");
	for (size_t i = 0; f && i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		uint64_t v;

		if (pread(fd, &v, sizeof(v), msrs[i]) == sizeof(v))
			fprintf(f, "0x%x 0x%llx\n", msrs[i], (unsigned long long)v);
		else
			fprintf(f, "0x%x fault\n", msrs[i]);
	}
	close(fd);
	return f ? fclose(f) : -1;
}

static int write_cpuid(const char *tree)
{
	static const unsigned int leaf[] = { 7, 0x80000008 };
	FILE *f = create(tree, "dev/cpu/0", "cpuid.txt");

	for (size_t i = 0; f && i < sizeof(leaf) / sizeof(leaf[0]); i++) {
		unsigned int a, b, c, d;

		__cpuid_count(leaf[i], 0, a, b, c, d);
		fprintf(f, "%x 0 %x %x %x %x\n", leaf[i], a, b, c, d);
	}
	return f ? fclose(f) : -1;
}

static int write_kvm(const char *tree)
{
	static const unsigned long caps[] = { VM_TYPES_CAP, KVM_CAP_MAX_VCPUS };
	int fd = open("/dev/kvm", O_RDWR);
	FILE *f;

	if (fd < 0)
		return 0;
	f = create(tree, "dev", "kvm.txt");
	for (size_t i = 0; f && i < sizeof(caps) / sizeof(caps[0]); i++)
		fprintf(f, "%lu %d\n", caps[i], ioctl(fd, KVM_CHECK_EXTENSION, caps[i]));
	close(fd);
	return f ? fclose(f) : -1;
}

int main(int argc, char **argv)
{
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: hosttxt TREE CPU...\n");
		return 2;
	}
	err = write_cpuid(argv[1]) | write_kvm(argv[1]);
	for (int i = 2; i < argc; i++)
		err |= write_msrs(argv[1], (unsigned int)strtoul(argv[i], NULL, 10));
	return err ? 1 : 0;
}
