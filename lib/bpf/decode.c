/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns the records of the inventory into a snapshot. The values come from memory that
 * changes while it is read: each is checked.
 */
#include "observer.h"

static struct inventory_vm *find(struct inventory *inv, uint64_t kvm)
{
	for (size_t i = 0; i < inv->nr_vms; i++)
		if (inv->vms[i].kvm == kvm)
			return &inv->vms[i];
	return NULL;
}

/* Whether @a tells more of the owner than @b: its process, and the file of the VM. */
static bool is_better(const struct inventory_vm *a, const struct inventory_vm *b)
{
	if (!a->owner != !b->owner)
		return a->owner;
	return !a->is_vcpu && b->is_vcpu;
}

static int add_vm(struct inventory *inv, const struct inventory_vm *vm)
{
	struct inventory_vm *v = find(inv, vm->kvm), *bigger;

	if (v) {
		if (is_better(vm, v))
			*v = *vm;
		return 0;
	}
	if (inv->nr_vms == inv->room) {
		size_t room = inv->room ? 2 * inv->room : 32;

		bigger = reallocarray(inv->vms, room, sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		inv->vms = bigger;
		inv->room = room;
	}
	inv->vms[inv->nr_vms++] = *vm;
	return 0;
}

static void clean(char comm[INVENTORY_COMM])
{
	comm[INVENTORY_COMM - 1] = '\0';
	text_plain(comm);
}

int inventory_decode(const void *buf, size_t len, struct inventory *inv)
{
	struct inventory_record r;
	int err = 0;

	*inv = (struct inventory){ 0 };
	for (const char *p = buf; !err && len >= sizeof(r); p += sizeof(r), len -= sizeof(r)) {
		memcpy(&r, p, sizeof(r));
		if (r.kind == INVENTORY_VM) {
			clean(r.vm.comm);
			err = add_vm(inv, &r.vm);
		} else if (r.kind == INVENTORY_HOST) {
			clean(r.host.lock_comm);
			inv->host = r.host;
			inv->complete = true;
		}
	}
	if (err)
		inventory_free(inv);
	return err;
}

void inventory_free(struct inventory *inv)
{
	free(inv->vms);
	*inv = (struct inventory){ 0 };
}

/* ---- HKIDs ---- */

static bool has(const struct inventory *inv, uint32_t what)
{
	return inv->host.has & what;
}

static int fill_hkids(const struct inventory *inv, struct tdxctl_snapshot *snap)
{
	const struct inventory_host *h = &inv->host;

	if (!has(inv, INVENTORY_HAS_KEYIDS) || !h->nr_keyids || h->nr_keyids > UINT16_MAX ||
	    h->first_keyid > UINT16_MAX)
		return 0;
	snap->hkids = calloc(h->nr_keyids, sizeof(*snap->hkids));
	if (!snap->hkids)
		return -ENOMEM;
	snap->nr_hkids = h->nr_keyids;
	snap->info.global_hkid = h->global_keyid;
	snap->info.first_hkid = h->first_keyid;
	snap->info.nr_hkids = h->nr_keyids;
	for (uint32_t i = 0; i < h->nr_keyids; i++) {
		uint32_t id = h->first_keyid + i;
		bool known = has(inv, INVENTORY_HAS_POOL) && id < INVENTORY_POOL_BITS;

		/* An allocated HKID has a TD, which is added later, or is lost. */
		snap->hkids[i] = (struct tdxctl_hkid){
			.id = id,
			.state = known && !(h->pool[id / 64] >> id % 64 & 1) ? TDXCTL_HKID_FREE :
									       TDXCTL_HKID_UNKNOWN,
			.owner.fd = -1,
		};
	}
	return 0;
}

/* ---- TDs ---- */

/* Bit i is the i-th package. */
static uint64_t all_packages(const struct tdxctl_snapshot *snap)
{
	return snap->nr_packages < 64 ? (1ULL << snap->nr_packages) - 1 : TDXCTL_UNKNOWN;
}

/*
 * Returns the physical address of a page. If it cannot be computed, a number that differs
 * between TDs takes its place.
 */
static uint64_t tdr_of(const struct inventory *inv, const struct inventory_vm *vm, size_t nr)
{
	const struct inventory_host *h = &inv->host;
	uint64_t at = vm->tdr_page - h->vmemmap_base;

	if (!vm->tdr_page)
		return 0;
	if (!has(inv, INVENTORY_HAS_VMEMMAP) || !h->page_size || vm->tdr_page < h->vmemmap_base ||
	    at % h->page_size || at / h->page_size >> 40)
		return TDXCTL_TDR_HIDDEN | (nr + 1);
	return at / h->page_size << 12;
}

static void set_state(struct tdxctl_td *td, const struct inventory_vm *vm,
		      const struct kvm_types *types)
{
	bool built = vm->state == types->state_initialized || vm->state == types->state_runnable;

	if (!built)
		td->state = TDXCTL_TD_UNKNOWN;
	else if (vm->hkid <= 0)
		td->state = TDXCTL_TD_TEARDOWN;
	else
		td->state = vm->state == types->state_runnable ? TDXCTL_TD_RUNNABLE :
								 TDXCTL_TD_INITIALIZED;
}

static void set_hkid(struct tdxctl_snapshot *snap, const struct tdxctl_td *td)
{
	uint32_t i = td->hkid - snap->info.first_hkid;
	struct tdxctl_hkid *h;

	if (!td->hkid || td->hkid < snap->info.first_hkid || i >= snap->nr_hkids)
		return;
	h = &snap->hkids[i];
	/* KVM initializes a TD after its key was configured on every package. */
	h->state = td->state == TDXCTL_TD_UNKNOWN ? TDXCTL_HKID_ASSIGNED : TDXCTL_HKID_CONFIGURED;
	h->tdr = td->tdr;
	h->keyed_packages = td->keyed_packages;
	h->owner = td->owner;
}

static int add_td(const struct inventory *inv, const struct inventory_vm *vm,
		  const struct kvm_types *types, struct tdxctl_snapshot *snap)
{
	struct tdxctl_td_view *v = &snap->tds[snap->nr_tds];
	struct tdxctl_td *td = &v->td;

	*v = (struct tdxctl_td_view){
		.td = {
			.tdr = tdr_of(inv, vm, snap->nr_tds),
			.flags = TDXCTL_TD_LATE,
			.hkid = vm->hkid > 0 ? (uint32_t)vm->hkid : 0,
			.vcpus = vm->vcpus,
			.max_vcpus = vm->max_vcpus,
			.private_pages = TDXCTL_UNKNOWN,
			.sept_pages = TDXCTL_UNKNOWN,
			.control_pages = TDXCTL_UNKNOWN,
			.owner = {
				.tgid = vm->tgid > 0 ? vm->tgid : 0,
				.fd = vm->is_vcpu || vm->fd < 0 ? -1 : vm->fd,
				.start_ns = vm->start_ns,
			},
		},
		.vm = { .pid = vm->tgid > 0 ? vm->tgid : 0, .uid = (uid_t)-1 },
	};
	set_state(td, vm, types);
	td->last_hkid = td->hkid ? td->hkid : TDXCTL_UNKNOWN32;
	td->keyed_packages = td->state == TDXCTL_TD_UNKNOWN || !td->hkid ? TDXCTL_UNKNOWN :
									   all_packages(snap);
	memcpy(td->owner.comm, vm->comm, sizeof(td->owner.comm));
	v->vm.vm_fd = td->owner.fd;
	v->vm.name = strdup(vm->comm[0] ? vm->comm : "unknown");
	if (!v->vm.name)
		return -ENOMEM;
	snap->nr_tds++;
	set_hkid(snap, td);
	return 0;
}

static int fill_tds(const struct inventory *inv, const struct kvm_types *types,
		    struct tdxctl_snapshot *snap)
{
	int err = 0;

	snap->tds = calloc(inv->nr_vms + 1, sizeof(*snap->tds));
	if (!snap->tds)
		return -ENOMEM;
	for (size_t i = 0; !err && i < inv->nr_vms; i++)
		err = add_td(inv, &inv->vms[i], types, snap);
	return err;
}

/* Removes VMs of the type TD whose TD does not exist yet. */
static void keep_tds(struct inventory *inv, const struct kvm_types *types)
{
	size_t kept = 0;

	for (size_t i = 0; i < inv->nr_vms; i++)
		if (inv->vms[i].hkid > 0 || inv->vms[i].state == types->state_initialized ||
		    inv->vms[i].state == types->state_runnable)
			inv->vms[kept++] = inv->vms[i];
	inv->nr_vms = kept;
}

/* ---- locks ---- */

static struct tdxctl_lock *add_lock(struct tdxctl_snapshot *snap, uint32_t kind, uint32_t package)
{
	struct tdxctl_lock *l = &snap->locks[snap->nr_locks++];

	*l = (struct tdxctl_lock){
		.kind = kind,
		.package = package,
		.held = TDXCTL_UNKNOWN32,
		.acquisitions = TDXCTL_UNKNOWN,
		.contended = TDXCTL_UNKNOWN,
		.busy_retries = TDXCTL_UNKNOWN,
		.entropy_retries = TDXCTL_UNKNOWN,
		.longest_ns = TDXCTL_UNKNOWN,
	};
	return l;
}

/* The key-config locks are SEAMCALLs in flight, which the inventory does not see. */
static int fill_locks(const struct inventory *inv, struct tdxctl_snapshot *snap)
{
	const struct inventory_host *h = &inv->host;
	struct tdxctl_lock *l;

	snap->locks = calloc(snap->nr_packages + 1, sizeof(*snap->locks));
	if (!snap->locks)
		return -ENOMEM;
	l = add_lock(snap, TDXCTL_LOCK_TDX, TDXCTL_UNKNOWN32);
	l->source = TDXCTL_LOCK_MUTEX;
	if (has(inv, INVENTORY_HAS_LOCK)) {
		l->held = h->lock_owner != 0;
		if (l->held) {
			l->holder_tgid = h->lock_tgid > 0 ? h->lock_tgid : 0;
			l->holder_tid = h->lock_tid > 0 ? h->lock_tid : 0;
			memcpy(l->holder_comm, h->lock_comm, sizeof(l->holder_comm));
		}
	}
	for (size_t i = 0; i < snap->nr_packages; i++)
		add_lock(snap, TDXCTL_LOCK_KEY_CONFIG, snap->packages[i].id);
	return 0;
}

int inventory_fill(struct inventory *inv, const struct kvm_types *types,
		   struct tdxctl_snapshot *snap)
{
	int err = fill_hkids(inv, snap);

	keep_tds(inv, types);
	if (!err)
		err = fill_tds(inv, types, snap);
	if (!err)
		err = fill_locks(inv, snap);
	snap->hdr.section[TDXCTL_SEC_HKIDS].count = (uint32_t)snap->nr_hkids;
	snap->hdr.section[TDXCTL_SEC_TDS].count = (uint32_t)snap->nr_tds;
	snap->hdr.section[TDXCTL_SEC_LOCKS].count = (uint32_t)snap->nr_locks;
	return err;
}
