/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a release leaked an HKID or pages, from the helper's snapshot. */
#include "live.h"

bool release_td_failed(struct live_release *r, struct tdxctl_td *td)
{
	struct tdxctl_snapshot *snap;

	*td = (struct tdxctl_td){ 0 };
	if (helper_snapshot(r->base.ctx, r->dev, &snap))
		return false;
	for (size_t i = 0; i < snap->nr_tds; i++)
		if (tdxctl_same_td(&r->initial, &snap->tds[i].td))
			*td = snap->tds[i].td;
	tdxctl_snapshot_free(snap);
	return td->fail_leaf || td->state == TDXCTL_TD_LEAKED;
}

const char *release_leaf(const struct tdxctl_td *td)
{
	const char *s = td->fail_leaf ? tdxctl_leaf_str(td->fail_leaf) : NULL;

	return s ? s : "an unknown leaf";
}

const char *release_status(const struct tdxctl_td *td)
{
	const char *s = td->fail_leaf ? tdxctl_status_str(td->fail_status) : NULL;

	return s ? s : "unknown status";
}

int release_leaked(struct live_release *r, const struct tdxctl_td *td)
{
	if (td->hkid)
		return ctx_fail(r->base.ctx, -EIO, "only a reboot frees it",
				"%s: HKID %u%s leaked: %s: %s", r->name, td->hkid,
				td->private_pages ? " and the memory of the TD" : "",
				release_leaf(td), release_status(td));
	return ctx_fail(r->base.ctx, -EIO, "only a reboot frees them",
			"%s: some pages leaked: %s: %s", r->name, release_leaf(td),
			release_status(td));
}
