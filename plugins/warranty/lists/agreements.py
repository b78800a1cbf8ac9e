"""The list of service contracts, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
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
    UnitFilter,
    _,
    n_,
)
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import CONTRACT_STATE_ICONS, CONTRACT_STATE_WORDS, RENEWAL_WORDS, QuotaState
from plugins.warranty.models.agreements import ServiceContract
from plugins.warranty.queries import agreements as queries
from plugins.warranty.services import agreements as services

TONES = {"in_force": "ok", "terminated": "bad", "approved": "info"}


@dataclass(frozen=True)
class Row:
    """A contract with what its columns say beside what it holds."""

    contract: ServiceContract
    quotas: tuple[QuotaState, ...]
    owner: str
    days_left: int

    @property
    def left(self) -> Mark | None:
        """How long it still lasts."""
        if self.contract.state != "in_force":
            return None
        if self.days_left < 0:
            return Mark(_("over"), "bad", "octagon-alert")
        text = n_("{n} day left", "{n} days left", self.days_left)
        return Mark(text, "warn" if self.days_left <= 30 else "", "hourglass" if self.days_left <= 30 else "calendar")


def _prepare(ctx: Ctx, contracts: list[ServiceContract]) -> list[Row]:
    """Rows with quotas and owners: three statements, however many (or none) there are."""
    states = queries.quota_states(ctx, contracts, ctx.today)
    names = queries.names_of(ctx, [c.assignee_id for c in contracts])
    return [
        Row(c, states.get(c.id, ()), names.get(c.assignee_id or 0, ""), (c.ends_on - ctx.today).days + 1)
        for c in contracts
    ]


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(ServiceContract).options(orm.joinedload(ServiceContract.customer))


def _state(row: Row) -> Mark:
    code = row.contract.state
    return Mark(_(CONTRACT_STATE_WORDS[code]), TONES.get(code, ""), CONTRACT_STATE_ICONS[code])


def _quotas(row: Row) -> list[Mark]:
    return [Mark(state.words, "warn", "battery-low") for state in row.quotas if state.used_up]


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.contract.number, "id", "id", ServiceContract.number, fixed=True),
    ListColumn("title", N_("Title of the contract"), lambda r: r.contract.title, "main", "main", notes=_quotas),
    ListColumn("customer", N_("Customer"), lambda r: r.contract.customer.name, place="left"),
    ListColumn("covers", N_("Covers"), lambda r: queries.covers_words(r.contract.covers)),
    ListColumn("starts", N_("Begins on"), lambda r: r.contract.starts_on, "date"),
    ListColumn("ends", N_("Ends on"), lambda r: r.contract.last_day, "date"),
    ListColumn("left", N_("Time left"), lambda r: r.left, "mark", export=lambda r: r.days_left),
    ListColumn("price", N_("Price"), lambda r: r.contract.price, "money"),
    ListColumn("renewal", N_("How it goes on"), lambda r: _(RENEWAL_WORDS[r.contract.renewal]), shown=False),
    ListColumn("owner", N_("Looked after by"), lambda r: r.owner, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn(
        "created", N_("Drawn up on"), lambda r: r.contract.created_at, "moment", sort=ServiceContract.created_at,
        shown=False,
    ),
    ListColumn("reason", N_("Why it is over"), lambda r: r.contract.close_reason, shown=False),
)  # fmt: skip


def in_words(words: Mapping[str, str]) -> Any:
    """Codes and their words, for a filter."""
    return lambda ctx: [(code, _(text)) for code, text in words.items()]


FILTERS = (
    ChoiceFilter("state", N_("State"), ServiceContract.state, in_words(CONTRACT_STATE_WORDS)),
    ChoiceFilter("renewal", N_("How it goes on"), ServiceContract.renewal, in_words(RENEWAL_WORDS)),
    DaysFilter("ends", N_("Ends on"), ServiceContract.ends_on),
    UnitFilter("unit", N_("Department"), ServiceContract.unit_id, N_("none")),
    PersonFilter("owner", N_("Looked after by"), ServiceContract.assignee_id, N_("Nobody yet")),
)


def _tab(key: str, label: str, *, counted: bool = True, newest: bool = False) -> ListTab:
    order = ((ServiceContract.created_at, True),) if newest else ()
    return ListTab(key, label, lambda ctx: queries.tab(ctx, key), order, counted=counted)


TABS = (
    _tab("open", N_("Not over yet")),
    _tab("ending", N_("About to end")),
    _tab("unpaid", N_("Payment overdue")),
    _tab("mine", N_("My contracts")),
    _tab("all", N_("All"), counted=False, newest=True),
)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, ending = counts["open"], counts["ending"]
    return _(
        "{open}, {ending}",
        open=n_("{n} open", "{n} open", is_open),
        ending=n_("{n} about to end", "{n} about to end", ending),
    )


CONTRACTS = ListDef(
    "warranty.contracts",
    N_("Service contracts"),
    ServiceContract,
    life.SEE_CONTRACTS,
    COLUMNS,
    "/warranty/contracts/",
    icon="file-check",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: queries.search(text),
    search_words=N_("Number, what it is about"),
    filters=FILTERS,
    tabs=TABS,
    first=("open",),
    order=((ServiceContract.ends_on, False),),
    board=ListBoard(
        life.CONTRACTS,
        ServiceContract.state,
        ("draft", "approved", "in_force"),
        {
            "approve": lambda ctx, record_id, _reason: services.approve_contract(ctx, record_id),
            "rework": services.rework_contract,
            "drop": services.drop_contract,
        },
        {"terminate": "terminate"},
        under=("customer", "ends"),
    ),
    new=NewRecord(N_("Draw up a contract"), "warranty.contract_new", life.EDIT_CONTRACTS),
    export=life.SEE_CONTRACTS,
    summary=_summary,
    empty=N_("No service contracts here"),
    empty_hint=N_("They are drawn up here, or on the page of a customer."),
)
