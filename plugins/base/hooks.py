"""What this plugin answers when the core asks: work that waits, references, handing over."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, DayFact, OpenWork, WorkItem, _
from plugins.base import queries


def work_items(ctx: Ctx) -> list[WorkItem]:
    """Contacts taken in by this person of which nothing has become yet."""
    if ctx.actor.user_id is None or not ctx.can("base.contact.view"):
        return []
    return [
        WorkItem(
            c.subject or c.text[:80],
            url_for("base.contact_page", record_id=c.id),
            c.number,
            _("Call register"),
            "phone-incoming",
            detail=c.customer.name if c.customer else c.caller_name,
            next_step=_("Decide what becomes of it"),
        )
        for c in queries.open_contacts_of(ctx, ctx.actor.user_id)
    ]


def today(ctx: Ctx) -> list[DayFact]:
    """What this person has taken in today, and how much of it is settled."""
    if ctx.actor.user_id is None or not ctx.can("base.contact.view"):
        return []
    taken, settled = queries.contacts_today(ctx, ctx.actor.user_id)
    url = url_for("base_contacts.index_view")
    return [DayFact(_("Taken in by me"), str(taken), url), DayFact(_("Settled of these"), str(settled))]


def open_work_of(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The contacts that a person still holds."""
    held = queries.open_contacts_held(ctx, user_id)
    return [OpenWork(_("Entries of the call register that are still open"), held)] if held else []
