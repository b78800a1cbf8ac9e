"""The lists of loaners and of loans, declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from core.api import (
    N_,
    ChoiceFilter,
    Clock,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    RecordFilter,
    _,
)
from plugins.inventory.loaner_contracts import (
    LOAN_MARKS,
    LOAN_STATE_WORDS,
    STATUS_MARKS,
    STATUS_WORDS,
    UseFigures,
)
from plugins.inventory.models import Balance, Loan, Loaner, Location
from plugins.inventory.models.loaners import AWAY
from plugins.inventory.queries import loaners as queries
from plugins.inventory.queries import records
from plugins.inventory.queries.loaners import Standing
from plugins.inventory.services.loaners import EDIT, LEND, VIEW

MOST_RECKONED = 1000
"""For so many loaners the use of the whole pool is told beside the title."""


def status_mark(status: str) -> Mark:
    """How a loaner stands, in words with its colour."""
    tone, icon = STATUS_MARKS[status]
    return Mark(_(STATUS_WORDS[status]), tone, icon)


def loan_mark(row: Loan, today: dt.date) -> Mark:
    """How a loan stands; one that is out beyond its day is overdue."""
    if row.state == "out" and row.due_on < today:
        return status_mark("overdue")
    tone, icon = LOAN_MARKS[row.state]
    return Mark(_(LOAN_STATE_WORDS[row.state]), tone, icon)


@dataclass(frozen=True)
class LoanerRow:
    """A loaner with how it stands, who has it, what it stands in for, how it was used."""

    row: Loaner
    stands: Standing
    customer: str
    products: str
    use: UseFigures

    @property
    def due(self) -> dt.date | None:
        """When it has to be back, or until when it is promised."""
        loan = self.stands.loan or self.stands.following
        return loan.due_on if loan is not None and loan.state != "back" else None


def loaner_rows(ctx: Ctx, rows: list[Loaner]) -> list[LoanerRow]:
    """Loaners with what their lines say; a fixed number of statements."""
    stands = queries.standing(ctx, rows)
    loans = {i: s.loan or s.following for i, s in stands.items()}
    customers = queries.customer_names(ctx, [loan.customer_id for loan in loans.values() if loan is not None])
    products = queries.products_of(ctx, [row.id for row in rows])
    names = queries.product_names(ctx, [i for ids in products.values() for i in ids])
    use = queries.use_of(ctx, rows, queries.use_since(ctx))
    found = []
    for row in rows:
        loan = loans[row.id]
        who = customers.get(loan.customer_id, _("a customer of another unit")) if loan is not None else ""
        fits = _(", ").join(dict.fromkeys(names[i] for i in products.get(row.id, ()) if i in names))
        found.append(LoanerRow(row, stands[row.id], who, fits, use[row.id]))
    return found


def _loan(*states: str):
    return sa.exists().where(Loan.loaner_id == Loaner.id, Loan.company_id == Loaner.company_id, Loan.state.in_(states))


def _lies(kind: str):
    return sa.exists().where(
        Balance.serial_id == Loaner.serial_id, Balance.company_id == Loaner.company_id, Balance.on_hand > 0,
        Balance.location_id == Location.id, Location.company_id == Balance.company_id, Location.kind == kind,
    )  # fmt: skip


def _at_home():
    return sa.exists().where(
        Balance.serial_id == Loaner.serial_id, Balance.company_id == Loaner.company_id, Balance.on_hand > 0,
        Balance.location_id == Loaner.home_id,
    )  # fmt: skip


def _late(ctx: Ctx):
    return sa.exists().where(
        Loan.loaner_id == Loaner.id, Loan.company_id == Loaner.company_id, Loan.state == "out", Loan.due_on < ctx.today
    )


def _in_pool(*conditions):
    return sa.and_(Loaner.active.is_(True), *conditions)


def _summary(ctx: Ctx, _counts: Mapping[str, int]) -> str:
    share = queries.pool_use(ctx, MOST_RECKONED)
    if share is None:
        return ""
    days = (ctx.today - queries.use_since(ctx)).days + 1
    return _("{share} % of the last {n} days lent out", share=share, n=days)


LOANERS = ListDef(
    "inventory.loaners",
    N_("Loaners"),
    Loaner,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.row.number, "id", "id", Loaner.id, fixed=True),
        ListColumn("what", N_("Loaner"), lambda r: r.row.serial.part.name, "main", "main"),
        ListColumn("serial", N_("Serial number"), lambda r: r.row.serial.number, "code", "left"),
        ListColumn("fits", N_("Stands in for"), lambda r: r.products),
        ListColumn("status", N_("State"), lambda r: status_mark(r.stands.status), "mark", "right"),
        ListColumn("who", N_("Who has it"), lambda r: r.customer, place="under"),
        ListColumn("due", N_("To be back by"), lambda r: r.due, "date", "tag"),
        ListColumn("place", N_("Where it is"), lambda r: r.stands.place, shown=False),
        ListColumn("loans", N_("Times lent"), lambda r: r.use.loans, "number"),
        ListColumn("days", N_("Days lent"), lambda r: r.use.out, "number", shown=False),
        ListColumn("share", N_("Lent, % of days"), lambda r: r.use.share, "number"),
        ListColumn("average", N_("Days a loan"), lambda r: r.use.average, "number", shown=False),
        ListColumn("late", N_("Times late"), lambda r: r.use.late, "number"),
        ListColumn("pooled", N_("In the pool since"), lambda r: r.row.pooled_on, "date", shown=False),
        ListColumn("note", N_("Note"), lambda r: r.row.note, shown=False),
    ),
    "/inventory/loaners/",
    icon="hand-helping",
    query=queries.loaner_rows,
    prepare=loaner_rows,
    search=lambda ctx, text: sa.or_(
        Loaner.number.istartswith(text, autoescape=True), Loaner.serial_id.in_(queries.part_ids_named(ctx, text))
    ),
    search_words=N_("Number, serial number, part"),
    filters=(
        RecordFilter("home", N_("Where it belongs"), Loaner.home_id, model=Location, by=Location.name),
    ),
    tabs=(
        ListTab("pool", N_("In the pool"), lambda _ctx: Loaner.active.is_(True)),
        ListTab("free", N_("Free to lend"), lambda _ctx: _in_pool(~_loan("reserved", *AWAY), _at_home())),
        ListTab("reserved", N_("Reserved"), lambda _ctx: _in_pool(_loan("reserved"))),
        ListTab("out", N_("With the customer"), lambda _ctx: _in_pool(_loan("out"))),
        ListTab("overdue", N_("Overdue"), lambda ctx: _in_pool(_late(ctx))),
        ListTab("back", N_("To be made ready"), lambda _ctx: _in_pool(_loan("back"))),
        ListTab("inspection", N_("In inspection"), lambda _ctx: _in_pool(_lies("quarantine"))),
        ListTab("retired", N_("Out of the pool"), lambda _ctx: Loaner.active.is_(False), counted=False),
    ),
    order=((Loaner.id, False),),
    new=NewRecord(N_("Put a piece into the pool"), "inventory.loaner_new", EDIT),
    links=(
        ListLink(N_("Lend a loaner"), "inventory.loan_new", LEND, "hand-helping"),
        ListLink(N_("Loans"), "inventory.loans_list", VIEW, "arrow-right-left"),
    ),
    export=VIEW,
    summary=_summary,
    empty=N_("No loaners here"),
    empty_hint=N_("A loaner is a piece with a serial number that replaces a customer’s unit during repair."),
)  # fmt: skip


# --- loans ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoanRow:
    """A loan with what it is for, and its time limit."""

    row: Loan
    about: str
    clock: Clock | None
    mark: Mark

    @property
    def customer(self) -> str:
        """Who has it, or is to have it."""
        return self.row.customer.name if self.row.customer is not None else ""


def _loans(ctx: Ctx, rows: list[Loan]) -> list[LoanRow]:
    known = records.words_of(ctx, [queries.ref_of_loan(row) for row in rows])
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    found = []
    for row in rows:
        words = known.get(queries.ref_of_loan(row))
        clock = clocks.get(row.id) if row.state == "out" else None
        found.append(LoanRow(row, words.text if words else _("another record"), clock, loan_mark(row, ctx.today)))
    return found


def _states(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in LOAN_STATE_WORDS.items()]


LOANS = ListDef(
    "inventory.loans",
    N_("Loans"),
    Loan,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.row.number, "id", "id", Loan.id, fixed=True),
        ListColumn("loaner", N_("Loaner"), lambda r: r.row.loaner.number, place="left"),
        ListColumn(
            "what", N_("What was lent"), lambda r: f"{r.row.loaner.serial.part.name} {r.row.loaner.serial.number}",
            "main", "main",
        ),
        ListColumn("customer", N_("Customer"), lambda r: r.customer, place="under"),
        ListColumn("about", N_("What for"), lambda r: r.about),
        ListColumn("from", N_("Lent from"), lambda r: r.row.from_on, "date"),
        ListColumn("due", N_("To be back by"), lambda r: r.row.due_on, "date", "tag", Loan.due_on),
        ListColumn("clock", N_("Time left"), lambda r: r.clock, "clock"),
        ListColumn("state", N_("State"), lambda r: r.mark, "mark", "right"),
        ListColumn("out_at", N_("Handed out on"), lambda r: r.row.out_at, "moment", shown=False),
        ListColumn("back_at", N_("Taken back on"), lambda r: r.row.back_at, "moment", shown=False),
        ListColumn("damage", N_("What was damaged or lost"), lambda r: r.row.damage, shown=False),
        ListColumn("amount", N_("Amount of the damage"), lambda r: r.row.damage_amount, "money", shown=False),
        ListColumn("settled", N_("How it was settled"), lambda r: r.row.settled_note, shown=False),
        ListColumn("person", N_("Taken by"), lambda r: r.row.person, shown=False),
    ),
    "/inventory/loans/",
    icon="arrow-right-left",
    query=queries.loan_rows,
    prepare=_loans,
    search=lambda ctx, text: sa.or_(
        Loan.number.istartswith(text, autoescape=True),
        Loan.customer_id.in_(queries.customers_named(ctx, text)),
        Loan.loaner_id.in_(
            sa.select(Loaner.id).where(
                sa.or_(
                    Loaner.number.istartswith(text, autoescape=True),
                    Loaner.serial_id.in_(queries.part_ids_named(ctx, text)),
                )
            )
        ),
    ),
    search_words=N_("Number, customer, serial number, part"),
    filters=(
        ChoiceFilter("state", N_("State"), Loan.state, _states),
        RecordFilter("loaner", N_("Loaner"), Loan.loaner_id, model=Loaner, by=Loaner.number),
        DaysFilter("due", N_("To be back by"), Loan.due_on),
    ),
    tabs=(
        ListTab("out", N_("With the customer"), lambda _ctx: Loan.state == "out"),
        ListTab("overdue", N_("Overdue"), queries.overdue),
        ListTab("reserved", N_("Reserved"), lambda _ctx: Loan.state == "reserved"),
        ListTab("back", N_("To be made ready"), lambda _ctx: Loan.state == "back"),
        ListTab(
            "damage", N_("Damage to be settled"),
            lambda _ctx: sa.and_(Loan.damage != "", Loan.settled_at.is_(None)), counted=False,
        ),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Loan.due_on, False), (Loan.id, False)),
    links=(ListLink(N_("Loaners"), "inventory.loaners_list", VIEW, "hand-helping"),),
    export=VIEW,
    empty=N_("No loans here"),
    empty_hint=N_("A loaner is lent from the page of a service order or of a customer."),
)  # fmt: skip

