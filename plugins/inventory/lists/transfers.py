"""The list of transfers, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.api import N_, Ctx, DaysFilter, ListColumn, ListDef, ListLink, ListTab, Mark, NewRecord, RecordFilter, _
from plugins.inventory.lists.ledger import place_name
from plugins.inventory.models import Location, Transfer
from plugins.inventory.queries import transfers as queries
from plugins.inventory.services.transfers import EDIT, OWN, VIEW
from plugins.inventory.transfer_contracts import TRANSFER_STATE_WORDS

_MARKS = {
    "draft": ("", "circle-dashed"), "sent": ("info", "truck"), "differs": ("bad", "triangle-alert"),
    "done": ("ok", "package-check"), "cancelled": ("", "circle-x"),
}  # fmt: skip


def transfer_mark(row: Transfer) -> Mark:
    """How a transfer stands, in words with its colour."""
    return Mark(_(TRANSFER_STATE_WORDS[row.state]), *_MARKS[row.state])


@dataclass(frozen=True)
class TransferRow:
    """A transfer with what goes along, in words."""

    transfer: Transfer
    what: str


def _rows(ctx: Ctx, rows: list[Transfer]) -> list[TransferRow]:
    lines = queries.contents(ctx, [row.id for row in rows])
    return [TransferRow(row, queries.what_words(lines.get(row.id, ()))) for row in rows]


def _mine(ctx: Ctx):
    """To or from what belongs to this person."""
    own = sa.select(Location.id).where(Location.assignee_id == (ctx.actor.user_id or 0))
    return sa.or_(Transfer.from_id.in_(own), Transfer.to_id.in_(own))


TRANSFERS = ListDef(
    "inventory.transfers",
    N_("Stock transfers"),
    Transfer,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.transfer.number, "id", "id", Transfer.id, fixed=True),
        ListColumn("what", N_("What goes along"), lambda r: r.what, "main", "main"),
        ListColumn("from", N_("From (place)"), lambda r: place_name(r.transfer.source), place="left"),
        ListColumn("to", N_("To (place)"), lambda r: place_name(r.transfer.target), place="tag"),
        ListColumn("sent_at", N_("Sent on"), lambda r: r.transfer.sent_at, "moment"),
        ListColumn("sent_by", N_("Sent by"), lambda r: r.transfer.sent_by or r.transfer.made_by, "person"),
        ListColumn("note", N_("Note"), lambda r: r.transfer.note, shown=False),
        ListColumn("state", N_("State"), lambda r: transfer_mark(r.transfer), "mark", "right"),
    ),
    "/inventory/transfers/",
    icon="truck",
    query=lambda _ctx: queries.with_words(sa.select(Transfer)),
    prepare=_rows,
    search=lambda _ctx, text: Transfer.number.istartswith(text, autoescape=True),
    search_words=N_("Number"),
    filters=(
        RecordFilter("from", N_("From (place)"), Transfer.from_id, model=Location, by=Location.name),
        RecordFilter("to", N_("To (place)"), Transfer.to_id, model=Location, by=Location.name),
        DaysFilter("sent", N_("Sent on"), Transfer.sent_at),
    ),
    tabs=(
        ListTab("differs", N_("Differs, to be decided"), lambda _ctx: Transfer.state == "differs"),
        ListTab("sent", N_("Sent, in transit"), lambda _ctx: Transfer.state == "sent"),
        ListTab("draft", N_("Being put together"), lambda _ctx: Transfer.state == "draft"),
        ListTab("mine", N_("My transfers"), _mine, counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("differs", "sent", "draft", "all"),
    order=((Transfer.id, True),),
    new=NewRecord(N_("Put a transfer together"), "inventory.transfer_new", EDIT),
    links=(ListLink(N_("My store"), "inventory.my_store", OWN, "backpack"),),
    export=VIEW,
    empty=N_("No transfers here"),
    empty_hint=N_("What goes from one location to another is in transit until it is received."),
)  # fmt: skip
