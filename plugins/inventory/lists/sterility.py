"""The list of sterile goods sold long ago, declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from core.api import (
    N_,
    BulkAction,
    ChoiceFilter,
    Clock,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    RecordFilter,
    RecordRef,
    _,
    n_,
)
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.inventory.models import Batch, SterileCase
from plugins.inventory.queries import records
from plugins.inventory.queries import sterility as queries
from plugins.inventory.queries.loaners import customer_names, customers_named
from plugins.inventory.queries.parts import tidy
from plugins.inventory.services import sterility as services
from plugins.inventory.services.sterility import CHECK, VIEW, WORK
from plugins.inventory.sterile_contracts import CASE_MARKS, CASE_STATE_WORDS, GOING_ON, QUALITY_WORDS


@dataclass(frozen=True)
class CaseRow:
    """A case with who has the goods, and its time limit."""

    case: SterileCase
    who: str
    links: tuple[tuple[str, str, int], ...]
    """(words, endpoint, id) of what it is about, where this person may see it."""
    clock: Clock | None


def case_mark(case: SterileCase) -> Mark:
    """How a case stands, in words with its colour."""
    tone, icon = CASE_MARKS[case.state]
    return Mark(_(CASE_STATE_WORDS[case.state]), tone, icon)


def quality_mark(case: SterileCase) -> Mark | None:
    """What was found about the quality; None before."""
    if not case.quality:
        return None
    tone, icon = ("ok", "circle-check") if case.quality == "unaffected" else ("bad", "triangle-alert")
    return Mark(_(QUALITY_WORDS[case.quality]), tone, icon)


def until_mark(day: dt.date, today: dt.date) -> Mark:
    """How far a sterile date is."""
    left = (day - today).days
    if left < 0:
        return Mark(n_("{n} day over", "{n} days over", -left), "bad", "calendar-x")
    return Mark(n_("{n} day left", "{n} days left", left), "warn", "calendar-clock")


def about_of(case: SterileCase) -> list[RecordRef]:
    """Whom and what a case is about, the customer first."""
    refs = []
    if case.customer_id is not None:
        refs.append(RecordRef(CUSTOMER, case.customer_id))
    if case.device_id is not None:
        refs.append(RecordRef(UNIT, case.device_id))
    refs.append(RecordRef(case.record_kind, case.record_id))
    if case.service_kind and case.service_id is not None:
        refs.append(RecordRef(case.service_kind, case.service_id))
    return list(dict.fromkeys(refs))


def case_rows(ctx: Ctx, rows: list[SterileCase]) -> list[CaseRow]:
    """Cases with what their lines say; a fixed number of statements."""
    known = records.words_of(ctx, [ref for row in rows for ref in about_of(row)])
    names = customer_names(ctx, [ref.id for ref in known if ref.kind == CUSTOMER])
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    found = []
    for row in rows:
        words = [(ref, known[ref]) for ref in about_of(row) if ref in known]
        links = tuple((w.text, w.endpoint, w.id) for _ref, w in words if w.endpoint)
        who = names.get(row.customer_id or 0) or (words[0][1].text if words else _("another record"))
        found.append(CaseRow(row, who, links, clocks.get(row.id)))
    return found


def _search(ctx: Ctx, text: str):
    batches = sa.select(Batch.id).where(Batch.number.istartswith(text, autoescape=True))
    return sa.or_(SterileCase.batch_id.in_(batches), SterileCase.customer_id.in_(customers_named(ctx, text)))


STERILE_SOLD = ListDef(
    "inventory.sterile_sold",
    N_("Sterile goods sold"),
    SterileCase,
    VIEW,
    (
        ListColumn("batch", N_("Batch"), lambda r: r.case.batch.number, "id", "id", fixed=True),
        ListColumn("until", N_("Sterile until"), lambda r: r.case.sterile_until, "date", "left",
                   SterileCase.sterile_until),
        ListColumn("part", N_("Part"), lambda r: f"{r.case.batch.part.code} {r.case.batch.part.name}", "main", "main"),
        ListColumn("who", N_("Who has it"), lambda r: r.who, place="under"),
        ListColumn("quantity", N_("Quantity"), lambda r: tidy(r.case.quantity), "number", "tag"),
        ListColumn("sold_on", N_("Sold on"), lambda r: r.case.sold_on, "date", "", SterileCase.sold_on),
        ListColumn("quality", N_("Quality"), lambda r: quality_mark(r.case), "mark"),
        ListColumn("clock", N_("Time left"), lambda r: r.clock if r.case.state in GOING_ON else None, "clock"),
        ListColumn("new_until", N_("New sterile date"), lambda r: r.case.new_sterile_until, "date", shown=False),
        ListColumn("state", N_("State"), lambda r: case_mark(r.case), "mark", "right"),
    ),
    "/inventory/sterile-sold/",
    icon="calendar-x",
    query=lambda _ctx: queries.with_words(sa.select(SterileCase)),
    prepare=case_rows,
    search=_search,
    search_words=N_("Batch, customer"),
    filters=(
        RecordFilter("batch", N_("Batch"), SterileCase.batch_id, model=Batch, by=Batch.number),
        DaysFilter("until", N_("Sterile until"), SterileCase.sterile_until),
        DaysFilter("sold", N_("Sold on"), SterileCase.sold_on),
        ChoiceFilter(
            "quality", N_("Quality"), SterileCase.quality,
            lambda _ctx: [(code, _(words)) for code, words in QUALITY_WORDS.items()],
        ),
    ),
    tabs=(
        ListTab("to_ask", N_("Ask production"), lambda _ctx: SterileCase.state == "found"),
        ListTab("asked", N_("Production asked"), lambda _ctx: SterileCase.state == "asked"),
        ListTab("service", N_("Being sterilised again"), lambda _ctx: SterileCase.state == "service"),
        ListTab("ended", N_("Settled or gone"), lambda _ctx: SterileCase.state.not_in(GOING_ON), counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("to_ask", "asked", "service", "all"),
    order=((SterileCase.sterile_until, False), (SterileCase.id, False)),
    actions=(
        BulkAction(
            "ask", N_("Ask production"), WORK,
            lambda n, _choice: n_("Production asked about {n}", "Production asked about {n}", n),
            each=lambda ctx, i, _value: services.ask_production(ctx, i), icon="message-circle-question-mark",
        ),
        BulkAction(
            "unaffected", N_("Quality unaffected"), CHECK,
            lambda n, _choice: n_("{n} found unaffected", "{n} found unaffected", n),
            each=lambda ctx, i, _value: services.check_quality(ctx, i, "unaffected"), icon="circle-check",
            question=N_("Were all {n} looked at, and is their quality unaffected?"),
        ),
        BulkAction(
            "service", N_("Have it sterilised again"), WORK,
            lambda n, _choice: n_("{n} being sterilised again", "{n} being sterilised again", n),
            together=lambda ctx, ids, _value: services.have_sterilised(ctx, ids), icon="refresh-cw",
        ),
    ),
    links=(ListLink(N_("Batches"), "inventory.batches_list", "inventory.part.view", "layers"),),
    export=VIEW,
    empty=N_("Nothing that was sold loses its sterility"),
    empty_hint=N_("Looked for once a day among what was sold long ago."),
)  # fmt: skip
