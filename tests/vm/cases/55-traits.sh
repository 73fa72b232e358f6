# SPDX-License-Identifier: GPL-2.0-only
# Functions of a KVM that early release does not know.

# early REASON: why early release is not available for web
early()
{
	j 0 release web --dry-run
	is 'plan.strategies[strategy=early].available' false
	is 'plan.strategies[strategy=early].reason' "$1"
}

case_unknown_kvm()
{
	t 0 helper load
	load_emul
	vmm web --pages 64
	early 'a required kernel function is missing'
	t 0 helper status
	says "KVM's types are not known: this module was built for a kernel whose KVM has no TDs"
	# The names are looked up again when a module is loaded or unloaded.
	for m in plant_pamt plant_demote plant_split plant_gmem; do
		modprobe $m || die "$m does not load"
		early "not supported with this kernel's Dynamic PAMT, huge S-EPT pages or in-place conversion"
		rmmod $m
		# Another module's load: the name is looked up once the first one is freed.
		modprobe msr
		early 'a required kernel function is missing'
		rmmod msr
	done
	t 5 release web --yes --strategy early
	says 'a required kernel function is missing'
	j 0 release web --yes
	truth '^hkid .* free' 15
}
