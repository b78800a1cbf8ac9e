"""What transfers say elsewhere: what a person is to accept, what differs and waits for a decision."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, Notice, WorkItem, _, n_
from plugins.inventory.queries import transfers as queries
from plugins.inventory.services.transfers import OWN, SETTLE

SHOWN = 20


def work(ctx: Ctx) -> list[WorkItem]:
    """Each transfer that a person is to accept into his or her own store."""
    if not ctx.can(OWN):
        return []
    own = [place.id for place in queries.stores_of(ctx, ctx.actor.user_id)]
    rows = [row for row in queries.coming_to(ctx, own, SHOWN) if row.state == "sent"] if own else []
    lines = queries.contents(ctx, [row.id for row in rows])
    return [
        WorkItem(
            title=_("{name} hands over: {what}", name=row.sent_by, what=queries.what_words(lines.get(row.id, ()))),
            url=url_for("inventory.transfer_page", record_id=row.id), number=row.number,
            kind=_("Transfer between locations"), icon="truck", next_step=_("Accept the goods"),
        )
        for row in rows
    ]  # fmt: skip


def notices(ctx: Ctx) -> list[Notice]:
    """Transfers on which something lacks or is too many, for who decides."""
    count = queries.count_differing(ctx) if ctx.can(SETTLE) else 0
    if not count:
        return []
    title = n_("{n} transfer differs", "{n} transfers differ", count)
    url = url_for("inventory.transfers_list", tab="differs")
    text = _("Say what becomes of what lacks or came beyond what was sent.")
    return [Notice(title, text, url, _("Look at them"), "warn", "triangle-alert")]
