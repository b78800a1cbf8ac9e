"""The list of missed calls, declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Clock,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    _,
)
from plugins.base.queries import number_words
from plugins.callback.calling_contracts import ATTRIBUTION_WORDS, CONSEQUENCE_WORDS, MISSED, MISSED_STATE_WORDS
from plugins.callback.models import MissedCall
from plugins.callback.queries.calling import clocks_of
from plugins.callback.queries.calls import names_of

SEE, RECORD = "callback.desk.view", "callback.desk.record"
_STATES = {"open": ("warn", "phone-missed"), "called_back": ("ok", "phone-outgoing"), "closed": ("", "phone-off")}
_CONSEQUENCES = {
    "none": ("", "circle-dashed"),
    "stands": ("bad", "gavel"),
    "appealed": ("warn", "message-square"),
    "waived": ("ok", "circle-check"),
}


def state_mark(row: MissedCall) -> Mark:
    """Its state in words with its colour."""
    tone, icon = _STATES[row.state]
    return Mark(_(MISSED_STATE_WORDS[row.state]), tone, icon)


def consequence_mark(row: MissedCall) -> Mark:
    """Its consequence in words with its colour."""
    tone, icon = _CONSEQUENCES[row.consequence]
    return Mark(_(CONSEQUENCE_WORDS[row.consequence]), tone, icon)


@dataclass(frozen=True)
class Row:
    """A missed call with names."""

    missed: MissedCall
    phone: str
    who: str
    caller: str
    clock: Clock | None


def _prepare(ctx: Ctx, rows: list[MissedCall]) -> list[Row]:
    names = names_of(ctx, [row.assignee_id for row in rows])
    clocks = clocks_of(ctx, [row.id for row in rows], MISSED)
    return [
        Row(
            row, number_words(ctx, row.phone), row.caller or (row.customer.name if row.customer else ""),
            names.get(row.assignee_id or 0, ""), clocks.get(row.id),
        )
        for row in rows
    ]  # fmt: skip


def _found(_ctx: Ctx, text: str) -> Any:
    named = MissedCall.caller.istartswith(text, autoescape=True)
    return sa.or_(named, MissedCall.phone.endswith(text, autoescape=True))


MISSED_CALLS = ListDef(
    "callback.missed",
    N_("Missed calls"),
    MissedCall,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: str(r.missed.id), "id", "id", MissedCall.id, fixed=True),
        ListColumn("phone", N_("Caller's number"), lambda r: r.phone, "main", "main"),
        ListColumn("at", N_("Missed at"), lambda r: r.missed.at, "moment", "left", MissedCall.at),
        ListColumn("who", N_("Caller"), lambda r: r.who, place="under"),
        ListColumn("answerable", N_("Who had to answer"), lambda r: r.missed.answerable_name, "person"),
        ListColumn(
            "why", N_("Why attributed so"), lambda r: _(ATTRIBUTION_WORDS[r.missed.attribution]), shown=False
        ),
        ListColumn("consequence", N_("Consequence"), lambda r: consequence_mark(r.missed), "mark"),
        ListColumn("amount", N_("Amount"), lambda r: r.missed.amount, "money"),
        ListColumn("caller", N_("Who calls back"), lambda r: r.caller, "person", shown=False),
        ListColumn("clock", N_("Time limit"), lambda r: r.clock, "clock", "right"),
        ListColumn("state", N_("State"), lambda r: state_mark(r.missed), "mark"),
    ),
    "/callback/missed/",
    icon="phone-missed",
    prepare=_prepare,
    query=lambda _ctx: sa.select(MissedCall).options(orm.joinedload(MissedCall.customer)),
    search=_found,
    search_words=N_("Name of the caller or last digits of the number"),
    filters=(
        PersonFilter("answerable", N_("Who had to answer"), MissedCall.answerable_id),
        ChoiceFilter(
            "consequence", N_("Consequence"), MissedCall.consequence,
            lambda _ctx: [(k, _(words)) for k, words in CONSEQUENCE_WORDS.items()],
        ),
        DaysFilter("at", N_("Missed at"), MissedCall.at),
    ),
    tabs=(
        ListTab("open", MISSED_STATE_WORDS["open"], lambda _ctx: MissedCall.state == "open"),
        ListTab("appealed", N_("Objections"), lambda _ctx: MissedCall.consequence == "appealed"),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("open", "all"),
    order=((MissedCall.at, True),),
    new=NewRecord(N_("Record a missed call"), "callback.missed_new", RECORD),
    export=SEE,
    empty=N_("No missed calls here"),
)  # fmt: skip
