"""The list of requests for parts, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    UnitFilter,
    _,
)
from plugins.inventory.lists.ledger import place_name
from plugins.inventory.models import PartRequest
from plugins.inventory.part_request_contracts import PART_REQUEST_STATE_WORDS, URGENCY_WORDS
from plugins.inventory.queries import part_requests as queries
from plugins.inventory.queries import places
from plugins.inventory.services.part_requests import ASK, VIEW
from plugins.inventory.services.transfers import OWN

_MARKS = {
    "draft": ("", "circle-dashed"), "asked": ("warn", "hourglass"), "approved": ("info", "package-open"),
    "done": ("ok", "package-check"), "refused": ("bad", "circle-x"), "cancelled": ("", "undo-2"),
}  # fmt: skip
_URGENT = {"urgent": ("warn", "clock-alert"), "standstill": ("bad", "octagon-alert")}


def part_request_mark(row: PartRequest) -> Mark:
    """How a request stands, in words with its colour."""
    return Mark(_(PART_REQUEST_STATE_WORDS[row.state]), *_MARKS[row.state])


def urgency_marks(row: PartRequest) -> list[Mark]:
    """How urgent it is, where it is more than usual."""
    if row.urgency not in _URGENT:
        return []
    return [Mark(_(URGENCY_WORDS[row.urgency]), *_URGENT[row.urgency], tag=True)]


@dataclass(frozen=True)
class PartRequestRow:
    """A request with what it asks for, and who asks."""

    request: PartRequest
    what: str
    who: str


def _rows(ctx: Ctx, rows: list[PartRequest]) -> list[PartRequestRow]:
    lines = queries.contents(ctx, [row.id for row in rows])
    names = places.names_of(ctx, [row.assignee_id for row in rows])
    return [
        PartRequestRow(row, queries.what_words(lines.get(row.id, ())), names.get(row.assignee_id or 0, row.made_by))
        for row in rows
    ]


def _urgencies(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in URGENCY_WORDS.items()]


PART_REQUESTS = ListDef(
    "inventory.part_requests",
    N_("Requests for parts"),
    PartRequest,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.request.number, "id", "id", PartRequest.id, fixed=True),
        ListColumn("what", N_("Parts wanted"), lambda r: r.what, "main", "main",
                   notes=lambda r: urgency_marks(r.request)),
        ListColumn("who", N_("Asked by"), lambda r: r.who, "person", "left"),
        ListColumn("to", N_("Into whose store"), lambda r: place_name(r.request.to)),
        ListColumn("needed_by", N_("Needed by"), lambda r: r.request.needed_by, "date", "tag", PartRequest.needed_by),
        ListColumn("asked_at", N_("Asked"), lambda r: r.request.asked_at, "moment"),
        ListColumn("note", N_("Note"), lambda r: r.request.note, shown=False),
        ListColumn("state", N_("State"), lambda r: part_request_mark(r.request), "mark", "right"),
    ),
    "/inventory/part-requests/",
    icon="hand-helping",
    query=lambda _ctx: queries.with_words(sa.select(PartRequest)),
    prepare=_rows,
    search=lambda _ctx, text: PartRequest.number.istartswith(text, autoescape=True),
    search_words=N_("Number"),
    filters=(
        PersonFilter("who", N_("Asked by"), PartRequest.assignee_id),
        ChoiceFilter("urgency", N_("Urgency of the need"), PartRequest.urgency, _urgencies),
        DaysFilter("needed", N_("Needed by"), PartRequest.needed_by),
        UnitFilter("unit", N_("Organisation unit"), PartRequest.unit_id),
    ),
    tabs=(
        ListTab("approved", N_("To be handed over"), lambda _ctx: PartRequest.state == "approved",
                order=((PartRequest.needed_by, False),)),
        ListTab("asked", N_("Waits for approval"), lambda _ctx: PartRequest.state == "asked"),
        ListTab("mine", N_("My requests"), lambda ctx: PartRequest.assignee_id == (ctx.actor.user_id or 0),
                counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("approved", "asked", "all"),
    order=((PartRequest.id, True),),
    new=NewRecord(N_("Ask for parts"), "inventory.part_request_new", ASK),
    links=(ListLink(N_("My store"), "inventory.my_store", OWN, "backpack"),),
    export=VIEW,
    empty=N_("No requests for parts here"),
    empty_hint=N_("Technicians ask for parts here; who approves it is said by a rule table."),
)  # fmt: skip
