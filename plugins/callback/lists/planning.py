"""The lists of quarters, of reasons that nobody calls for, and of what planning anew has moved. Declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    RecordFilter,
    _,
    label,
)
from plugins.callback.contracts import LEFT_OUT_WORDS, MOVE_WORDS, PERIOD_STATE_WORDS
from plugins.callback.models import Call, Move, Need, Period
from plugins.callback.queries import calls as queries

SEE, MAKE = "callback.plan.view", "callback.plan.make"
_MARKS = {
    "open": ("", "circle-dashed"),
    "planned": ("warn", "calendar-range"),
    "approved": ("info", "stamp"),
    "released": ("ok", "phone-outgoing"),
    "closed": ("", "archive"),
}


def period_mark(state: str) -> Mark:
    """A quarter's state in words with its colour."""
    tone, icon = _MARKS[state]
    return Mark(_(PERIOD_STATE_WORDS[state]), tone, icon)


PERIODS = ListDef(
    "callback.periods",
    N_("Plan of callbacks"),
    Period,
    SEE,
    (
        ListColumn("code", N_("Planning quarter"), lambda p: p.code, "id", "id", Period.code, fixed=True),
        ListColumn("first", N_("First day"), lambda p: p.first, "date", "left", Period.first),
        ListColumn("last", N_("Last day"), lambda p: p.last, "date"),
        ListColumn("planned_at", N_("Planned at"), lambda p: p.planned_at, "moment"),
        ListColumn("approved_by", N_("Approved by"), lambda p: p.approved_by, "person"),
        ListColumn("released_at", N_("Released at"), lambda p: p.released_at, "moment"),
        ListColumn("state", N_("State"), lambda p: period_mark(p.state), "mark", "right"),
    ),
    "/callback/periods/",
    icon="calendar-range",
    tabs=(
        ListTab("open", N_("Quarters under way"), lambda _ctx: Period.state != "closed"),
        ListTab("closed", PERIOD_STATE_WORDS["closed"], lambda _ctx: Period.state == "closed"),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Period.first, True),),
    new=NewRecord(N_("Open a quarter"), "callback.period_new", MAKE),
    export=SEE,
    empty=N_("No quarter is planned yet"),
)


@dataclass(frozen=True)
class LeftOutRow:
    """A reason that nobody calls for, with names and words."""

    need: Need
    customer: str
    reason: str
    period: str


def _left_out(ctx: Ctx, rows: list[Need]) -> list[LeftOutRow]:
    return [
        LeftOutRow(
            row, row.customer.name if row.customer else "", queries.reason_words(ctx, row.reason), row.period.code
        )
        for row in rows
    ]  # fmt: skip


LEFT_OUT = ListDef(
    "callback.left_out",
    N_("Not called, and why"),
    Need,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: str(r.need.id), "id", "id", Need.id, fixed=True),
        ListColumn("customer", N_("Customer"), lambda r: r.customer, "main", "main"),
        ListColumn("reason", N_("Why call"), lambda r: r.reason, place="under"),
        ListColumn("due_from", N_("Not before"), lambda r: r.need.due_from, "date"),
        ListColumn("due_until", N_("Not after"), lambda r: r.need.due_until, "date", "left"),
        ListColumn("period", N_("Planning quarter"), lambda r: r.period),
        ListColumn("why", N_("Why nobody calls"), lambda r: _(LEFT_OUT_WORDS[r.need.left_out]), place="right"),
    ),
    "/callback/left-out/",
    icon="phone-off",
    query=lambda _ctx: sa.select(Need)
    .options(orm.joinedload(Need.customer), orm.joinedload(Need.period))
    .where(Need.left_out != ""),
    prepare=_left_out,
    filters=(
        ChoiceFilter(
            "why", N_("Why nobody calls"), Need.left_out,
            lambda _ctx: [(key, _(words)) for key, words in LEFT_OUT_WORDS.items()],
        ),
        ChoiceFilter(
            "reason", N_("Why call"), Need.reason,
            lambda ctx: [(code, label(words)) for code, words in queries.reasons(ctx).items()],
        ),
        RecordFilter("period", N_("Planning quarter"), Need.period_id, model=Period, by=Period.code),
        DaysFilter("until", N_("Not after"), Need.due_until),
    ),
    order=((Need.id, True),),
    export=SEE,
    empty=N_("Everybody is called"),
)  # fmt: skip


@dataclass(frozen=True)
class MoveRow:
    """A call that was moved, with names."""

    move: Move
    customer: str
    before: str
    after: str


def _moves(ctx: Ctx, rows: list[Move]) -> list[MoveRow]:
    names = queries.names_of(ctx, [user for row in rows for user in (row.from_id, row.to_id)])
    return [
        MoveRow(
            row, row.call.customer.name if row.call and row.call.customer else "", names.get(row.from_id or 0, ""),
            names.get(row.to_id or 0, ""),
        )
        for row in rows
    ]  # fmt: skip


MOVES = ListDef(
    "callback.moves",
    N_("What planning anew has moved"),
    Move,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: str(r.move.id), "id", "id", Move.id, fixed=True),
        ListColumn("customer", N_("Customer"), lambda r: r.customer, "main", "main"),
        ListColumn("from_day", N_("Planned before for"), lambda r: r.move.from_day, "date", "left", Move.from_day),
        ListColumn("from", N_("Called before by"), lambda r: r.before, "person"),
        ListColumn("to_day", N_("Planned now for"), lambda r: r.move.to_day, "date", "right"),
        ListColumn("to", N_("Called now by"), lambda r: r.after, "person"),
        ListColumn("why", N_("Why it was moved"), lambda r: _(MOVE_WORDS[r.move.why]), place="under"),
        ListColumn("moved_at", N_("Moved at"), lambda r: r.move.moved_at, "moment"),
    ),
    "/callback/moves/",
    icon="arrow-right-left",
    query=lambda _ctx: sa.select(Move).options(orm.joinedload(Move.call).joinedload(Call.customer)),
    prepare=_moves,
    filters=(
        ChoiceFilter(
            "why", N_("Why it was moved"), Move.why, lambda _ctx: [(k, _(words)) for k, words in MOVE_WORDS.items()]
        ),
        RecordFilter("period", N_("Planning quarter"), Move.period_id, model=Period, by=Period.code),
        PersonFilter("from", N_("Called before by"), Move.from_id),
        DaysFilter("moved", N_("Moved at"), Move.moved_at),
    ),
    order=((Move.id, True),),
    export=SEE,
    empty=N_("Nothing was moved"),
)
