"""What this plugin adds to pages of others: a unit's adverse events, the button at intake, duties in "My work"."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Offer, Panel, WorkItem, _, ref_of
from plugins.base.contracts import UNIT
from plugins.vigilance.contracts import DUTY_WORDS
from plugins.vigilance.lists import state_mark
from plugins.vigilance.queries import events as queries
from plugins.vigilance.services.events import OPEN, VIEW, WORK

SHOWN = 5
MOST = 20


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """The adverse events of a unit, and the way to report one."""
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    if ref.kind != UNIT or not ref.id or not ctx.can(VIEW):
        return []
    rows = queries.events_of_device(ctx, ref.id, SHOWN)
    new = url_for("vigilance.event_new", device_id=ref.id) if ctx.can(OPEN) else ""
    data = {"rows": [(row, state_mark(row)) for row in rows], "new": new}
    return [Panel(_("Adverse events"), "vigilance/_unit.html", data, "side", 70)]


def offers(ctx: Ctx, contact: Any) -> list[Offer]:
    """A contact can tell of an adverse event."""
    if not ctx.can(OPEN):
        return []
    url = url_for("vigilance.event_new", contact_id=getattr(contact, "id", None))
    return [Offer("vigilance.open", _("Adverse event"), "siren", url, False, 60)]


def work(ctx: Ctx) -> list[WorkItem]:
    """What adverse events ask for and isn't done yet."""
    if not ctx.can(WORK):
        return []
    rows = queries.open_duties(ctx, MOST)
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    found = []
    for row in rows:
        clock = clocks.get(row.id)
        found.append(
            WorkItem(
                title=row.event.subject or row.event.number,
                url=url_for("vigilance.event_page", record_id=row.event_id, _anchor=f"duty-{row.kind}"),
                number=row.event.number, kind=_("Adverse event"), icon="siren",
                due=clock.due_at if clock is not None else None, clock=clock, detail=_(DUTY_WORDS[row.kind]),
                next_step=_("Have it confirmed") if row.state == "sent" else _(DUTY_WORDS[row.kind]),
            )
        )  # fmt: skip
    return found
