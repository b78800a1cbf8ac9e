"""The list of installations, declared: where each stands, which step comes next, what is late, what is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.api import (
    N_,
    OFFICE,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    PersonFilter,
    UnitFilter,
    _,
    calendar,
    label,
    n_,
)
from plugins.service.contracts import STATE_WORDS
from plugins.service.install_contracts import STAGE_ICONS, STAGE_TONES, STAGE_WORDS, Progress
from plugins.service.life import VIEW
from plugins.service.models import Installation, InstallStep, Order
from plugins.service.queries import installation as queries
from plugins.service.queries import orders as order_queries
from plugins.service.rules.installation import next_step, stage_of


@dataclass(frozen=True)
class Row:
    """An installation with how far it is, its order's most urgent clock and who installs."""

    found: Installation
    far: Progress
    step: InstallStep | None
    place: int
    """Which step it is of those that are not left out."""
    stage: str
    clock: Any
    assignee: str

    @property
    def order(self) -> Order:
        """The order."""
        return self.found.order

    @property
    def customer(self) -> str:
        """The customer's name, or that of who called."""
        return (self.order.customer.name if self.order.customer else "") or self.order.person_name

    @property
    def product(self) -> str:
        """The product, with its model."""
        product = self.order.product
        return " ".join(p for p in (product.name, product.model) if p) if product else ""


def _prepare(ctx: Ctx, rows: list[Installation]) -> list[Row]:
    calendar(ctx, OFFICE)  # all calendars at once
    ids = [i.order_id for i in rows]
    steps, far = queries.steps_and_progress(ctx, rows)
    clocks = order_queries.next_clocks(ctx, ids)
    names = order_queries.names_of(ctx, [i.order.assignee_id for i in rows])
    found = []
    for i in rows:
        own = steps[i.order_id]
        step = next_step(own)
        place = sum(s.n <= step.n and s.state != "dropped" for s in own) if step is not None else 0
        stage = stage_of(i.order, own, final=i.accepted_on is not None)
        clock, name = clocks.get(i.order_id), names.get(i.order.assignee_id or 0, "")
        found.append(Row(i, far[i.order_id], step, place, stage, clock, name))
    return found


def _stage(row: Row) -> Mark:
    title = row.step.reason if row.stage == "objected" and row.step is not None else ""
    return Mark(_(STAGE_WORDS[row.stage]), STAGE_TONES[row.stage], STAGE_ICONS[row.stage], title=title)


def _step(row: Row) -> str:
    """“3 of 7: Alignment”; empty where no step is left to do."""
    if row.step is None or row.stage == "cancelled":
        return ""
    return _("{n} of {all}: {step}", n=row.place, all=row.far.steps, step=label(row.step.text))


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


def _of(part: int, whole: int) -> str:
    return f"{part}/{whole}" if whole else ""


COLUMNS = (
    ListColumn("number", N_("Order"), lambda r: r.order.number, "id", "id", fixed=True),
    ListColumn("urgent", N_("Time limit"), lambda r: r.clock, "clock", "left", export=_due),
    ListColumn("subject", N_("Subject"), lambda r: r.order.subject, "main", "main"),
    ListColumn("customer", N_("Customer"), lambda r: r.customer),
    ListColumn("step", N_("Next step"), _step, place="under"),
    ListColumn("accepted", N_("Steps accepted"), lambda r: _of(r.far.accepted, r.far.steps)),
    ListColumn("assignee", N_("Technician"), lambda r: r.assignee, "person"),
    ListColumn("stage", N_("Where it stands"), _stage, "mark", "right"),
    ListColumn("promised", N_("Promised"), lambda r: r.order.promised_at, "moment"),
    ListColumn(
        "accepted_on", N_("Final acceptance"), lambda r: r.found.accepted_on, "date", sort=Installation.accepted_on
    ),
    ListColumn("accepted_by", N_("Accepted by"), lambda r: r.found.accepted_by, shown=False),
    ListColumn("papers", N_("Papers handed over"), lambda r: _of(r.far.handed, r.far.papers), shown=False),
    ListColumn("product", N_("Product"), lambda r: r.product, shown=False),
    ListColumn("serial", N_("Serial number as told"), lambda r: r.order.serial_told, shown=False),
    ListColumn("address", N_("Address"), lambda r: r.order.address, shown=False),
    ListColumn("office", N_("Serving unit"), lambda r: r.order.office.name if r.order.office else "", shown=False),
    ListColumn("begun", N_("Work began"), lambda r: r.order.started_at, "moment", shown=False),
    ListColumn("received", N_("Received"), lambda r: r.order.received_at, "moment", shown=False),
    ListColumn("state", N_("State"), lambda r: _(STATE_WORDS[r.order.state]), shown=False),
)


def _states(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(text)) for code, text in STATE_WORDS.items()]


FILTERS = (
    UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
    PersonFilter("assignee", N_("Technician"), Order.assignee_id, N_("Not assigned")),
    DaysFilter("received", N_("Received"), Order.received_at),
    DaysFilter("promised", N_("Promised"), Order.promised_at),
    DaysFilter("accepted", N_("Final acceptance"), Installation.accepted_on),
    ChoiceFilter("state", N_("State"), Order.state, _states),
)

NEWEST = ((Installation.accepted_on, True),)


def _tab(key: str, label: str, *, counted: bool = True, order: Any = ()) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.tab_clause(ctx, key), order, counted=counted)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, overdue = counts["open"], counts["overdue"]
    return _("{open}, {overdue}", open=n_("{n} open", "{n} open", is_open), overdue=n_(
        "{n} overdue", "{n} overdue", overdue
    ))


INSTALLATIONS = ListDef(
    "service.installations",
    N_("Installations"),
    Installation,
    VIEW,
    COLUMNS,
    "/service/installations/",
    icon="package-check",
    query=queries.rows_of,
    prepare=_prepare,
    search=lambda _ctx, text: order_queries.search_clause(text),
    search_words=N_("Number, customer, subject, serial number, phone"),
    filters=FILTERS,
    tabs=(
        _tab("mine", N_("Mine")),
        _tab("open", N_("Being installed")),
        _tab("overdue", N_("Overdue")),
        _tab("objected", N_("Objected to")),
        _tab("to_accept", N_("To be accepted")),
        _tab("accepted", N_("Finally accepted"), counted=False, order=NEWEST),
        _tab("all", N_("All"), counted=False),
    ),
    first=("mine", "open", "all"),
    order=((Order.urgent_at, False),),
    export=VIEW,
    summary=_summary,
    empty=N_("No installations here"),
    empty_hint=N_(
        "An order of the kind installation gets its steps from the rule table “What installations consist of”."
    ),
)
