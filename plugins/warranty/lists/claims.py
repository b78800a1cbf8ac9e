"""The list of claims to suppliers, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    OFFICE,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListBoard,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    RecordFilter,
    UnitFilter,
    _,
    calendar,
    n_,
)
from plugins.base.queries.suppliers import Supplier
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import (
    CLAIM_ANSWER_WORDS,
    CLAIM_OUTCOME_WORDS,
    CLAIM_STATE_ICONS,
    CLAIM_STATE_WORDS,
    WISH_WORDS,
)
from plugins.warranty.lists.agreements import in_words
from plugins.warranty.models.claims import SupplierClaim
from plugins.warranty.queries import agreements
from plugins.warranty.queries import claims as queries
from plugins.warranty.services import claims as services

TONES = {"recovered": "ok", "partly": "warn", "refused": "bad", "given_up": ""}


@dataclass(frozen=True)
class Row:
    """A claim with what its columns say beside what it holds."""

    claim: SupplierClaim
    clock: Any
    owner: str


def _prepare(ctx: Ctx, claims: list[SupplierClaim]) -> list[Row]:
    """Rows with clock and owner: four statements, however many (or none) there are."""
    calendar(ctx, OFFICE)  # all calendars at once
    clocks = queries.running_clocks(ctx, [c.id for c in claims])
    names = agreements.names_of(ctx, [c.assignee_id for c in claims])
    return [Row(c, clocks.get(c.id), names.get(c.assignee_id or 0, "")) for c in claims]


def _rows(_ctx: Ctx) -> sa.Select:
    loaded = (orm.joinedload(SupplierClaim.supplier), orm.joinedload(SupplierClaim.product))
    return sa.select(SupplierClaim).options(*loaded)


def _state(row: Row) -> Mark:
    claim = row.claim
    if claim.outcome:
        return Mark(_(CLAIM_OUTCOME_WORDS[claim.outcome]), TONES[claim.outcome], CLAIM_STATE_ICONS["closed"])
    return Mark(_(CLAIM_STATE_WORDS[claim.state]), "", CLAIM_STATE_ICONS[claim.state])


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


def _answer(row: Row) -> str:
    return _(CLAIM_ANSWER_WORDS[row.claim.answer]) if row.claim.answer else ""


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.claim.number, "id", "id", SupplierClaim.number, fixed=True),
    ListColumn("urgent", N_("Time limit"), lambda r: r.clock, "clock", "left", export=_due),
    ListColumn("subject", N_("What failed"), lambda r: r.claim.subject, "main", "main"),
    ListColumn("supplier", N_("Supplier"), lambda r: r.claim.supplier.name, place="tag"),
    ListColumn("product", N_("Product"), lambda r: r.claim.product.name if r.claim.product else "", shown=False),
    ListColumn("part", N_("Part"), lambda r: r.claim.part, shown=False),
    ListColumn("batch", N_("Batch"), lambda r: r.claim.batch, shown=False),
    ListColumn("wish", N_("What is wanted"), lambda r: _(WISH_WORDS[r.claim.wish])),
    ListColumn("loss", N_("Loss"), lambda r: r.claim.loss, "money", shown=False),
    ListColumn("claimed", N_("Claimed"), lambda r: r.claim.claimed, "money"),
    ListColumn("recovered", N_("Recovered"), lambda r: r.claim.recovered, "money"),
    ListColumn("answer", N_("Answer"), _answer, shown=False),
    ListColumn("owner", N_("Owner"), lambda r: r.owner, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn(
        "opened", N_("Claim opened"), lambda r: r.claim.opened_at, "moment", sort=SupplierClaim.opened_at, shown=False
    ),
    ListColumn("told", N_("Supplier told"), lambda r: r.claim.told_at, "moment", shown=False),
    ListColumn("answered", N_("Answered"), lambda r: r.claim.answered_at, "moment", shown=False),
    ListColumn("closed", N_("Closed at"), lambda r: r.claim.closed_at, "moment", shown=False),
    ListColumn("text", N_("Result in words"), lambda r: r.claim.outcome_text, shown=False),
)
FILTERS = (
    ChoiceFilter("state", N_("State"), SupplierClaim.state, in_words(CLAIM_STATE_WORDS)),
    RecordFilter("supplier", N_("Supplier"), SupplierClaim.supplier_id, model=Supplier, by=Supplier.name),
    ChoiceFilter("wish", N_("What is wanted"), SupplierClaim.wish, in_words(WISH_WORDS)),
    ChoiceFilter("outcome", N_("Outcome"), SupplierClaim.outcome, in_words(CLAIM_OUTCOME_WORDS)),
    DaysFilter("opened", N_("Claim opened"), SupplierClaim.opened_at),
    UnitFilter("unit", N_("Department"), SupplierClaim.unit_id, N_("none")),
    PersonFilter("owner", N_("Owner"), SupplierClaim.assignee_id, N_("Nobody yet")),
)


def _tab(key: str, label: str, *, counted: bool = True, newest: bool = False) -> ListTab:
    order = ((SupplierClaim.opened_at, True),) if newest else ()
    return ListTab(key, label, lambda ctx: queries.tab(ctx, key), order, counted=counted)


TABS = (
    _tab("mine", N_("Mine")),
    _tab("overdue", N_("Overdue")),
    _tab("tell", N_("To tell the supplier")),
    _tab("open", N_("All open")),
    _tab("all", N_("All"), counted=False, newest=True),
)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, overdue = counts["open"], counts["overdue"]
    return _("{open}, {overdue}", open=n_("{n} open", "{n} open", is_open), overdue=n_(
        "{n} overdue", "{n} overdue", overdue
    ))


CLAIMS = ListDef(
    "warranty.claims",
    N_("Supplier claims"),
    SupplierClaim,
    life.SEE_CLAIMS,
    COLUMNS,
    "/warranty/claims/",
    icon="undo-2",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: queries.search(text),
    search_words=N_("Number, what failed, part, batch, supplier"),
    filters=FILTERS,
    tabs=TABS,
    first=("mine", "open"),
    order=((SupplierClaim.urgent_at, False),),
    board=ListBoard(
        life.CLAIMS,
        SupplierClaim.state,
        ("opened", "told", "answered"),
        {"insist": services.insist, "withdraw": services.withdraw_claim},
        {"tell": "tell", "answer": "answer", "close": "close"},
        under=("wish",),
    ),
    new=NewRecord(N_("Open a claim"), "warranty.claim_new", life.WORK_CLAIMS),
    export=life.SEE_CLAIMS,
    summary=_summary,
    empty=N_("No supplier claims here"),
    empty_hint=N_("They are opened here, or on the page of a unit or a complaint."),
)
