"""The lists of adverse events and of implants, declared."""

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
    TextFilter,
    _,
    n_,
)
from plugins.base.contracts import CUSTOMER, PRODUCT
from plugins.vigilance.contracts import CAUSE_WORDS, HARM_WORDS, IMPLANT_STATE_WORDS, STATE_MARKS, STATE_WORDS
from plugins.vigilance.models import AdverseEvent, Implant
from plugins.vigilance.queries import events as queries
from plugins.vigilance.services import events, implants


@dataclass(frozen=True)
class EventRow:
    """An adverse event with whom and what it is about, and how much is to be done."""

    event: AdverseEvent
    customer: str
    product: str
    todo: int


def state_mark(row: AdverseEvent) -> Mark:
    """How an event stands, in words with its colour."""
    tone, icon = STATE_MARKS[row.state]
    return Mark(_(STATE_WORDS[row.state]), tone, icon)


def harm_mark(row: AdverseEvent) -> Mark:
    """How bad it is, in words with its colour."""
    tone, icon = {"none": ("", "circle"), "minor": ("warn", "bandage")}.get(row.harm, ("bad", "triangle-alert"))
    return Mark(_(HARM_WORDS[row.harm]), tone, icon)


def event_rows(ctx: Ctx, rows: list[AdverseEvent]) -> list[EventRow]:
    """Events with what their lines say; a fixed number of statements."""
    customers = queries.names_of(ctx, CUSTOMER, [row.customer_id for row in rows])
    products = queries.names_of(ctx, PRODUCT, [row.product_id for row in rows])
    todo = queries.open_duties_of(ctx, [row.id for row in rows])
    return [
        EventRow(
            row, customers.get(row.customer_id or 0, ""), products.get(row.product_id or 0, ""), todo.get(row.id, 0)
        )
        for row in rows
    ]


EVENTS = ListDef(
    "vigilance.events",
    N_("Adverse events"),
    AdverseEvent,
    events.VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.event.number, "id", "id", AdverseEvent.id, fixed=True),
        ListColumn("subject", N_("What happened"), lambda r: r.event.subject, "main", "main"),
        ListColumn("harm", N_("Harm"), lambda r: harm_mark(r.event), "mark", "tag"),
        ListColumn("product", N_("Product"), lambda r: r.product),
        ListColumn("customer", N_("User of the device"), lambda r: r.customer, place="under"),
        ListColumn("learned", N_("We learned of it"), lambda r: r.event.learned_at, "moment", "left",
                   AdverseEvent.learned_at),
        ListColumn("todo", N_("To do"), lambda r: r.todo, "number"),
        ListColumn("cause", N_("Cause"), lambda r: _(CAUSE_WORDS[r.event.cause]), shown=False),
        ListColumn("state", N_("State"), lambda r: state_mark(r.event), "mark", "right"),
    ),
    "/vigilance/events/",
    icon="siren",
    prepare=event_rows,
    search=lambda _ctx, text: sa.or_(
        AdverseEvent.number.istartswith(text, autoescape=True), AdverseEvent.subject.icontains(text, autoescape=True),
        AdverseEvent.batch.istartswith(text, autoescape=True),
    ),
    search_words=N_("Number, what happened, batch"),
    filters=(
        ChoiceFilter(
            "harm", N_("Harm"), AdverseEvent.harm, lambda _ctx: [(code, _(words)) for code, words in HARM_WORDS.items()]
        ),
        ChoiceFilter(
            "cause", N_("Cause"), AdverseEvent.cause,
            lambda _ctx: [(code, _(words)) for code, words in CAUSE_WORDS.items() if code],
        ),
        DaysFilter("learned", N_("We learned of it"), AdverseEvent.learned_at),
    ),
    tabs=(
        ListTab("open", N_("Not closed yet"), lambda _ctx: AdverseEvent.state != "closed"),
        ListTab("closed", N_("Closed"), lambda _ctx: AdverseEvent.state == "closed", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((AdverseEvent.id, True),),
    new=NewRecord(N_("Report an adverse event"), "vigilance.event_new", events.OPEN),
    export=events.VIEW,
    empty=N_("No adverse events here"),
)  # fmt: skip


@dataclass(frozen=True)
class ImplantRow:
    """An implant with product and hospital; never with the patient."""

    implant: Implant
    product: str
    hospital: str


def implant_mark(row: Implant) -> Mark:
    """Whether it is in somebody still."""
    tone, icon = ("ok", "circle-check") if row.state == "in_use" else ("", "log-out")
    return Mark(_(IMPLANT_STATE_WORDS[row.state]), tone, icon)


def implant_rows(ctx: Ctx, rows: list[Implant]) -> list[ImplantRow]:
    """Implants with what their lines say; a fixed number of statements."""
    products = queries.names_of(ctx, PRODUCT, [row.product_id for row in rows])
    hospitals = queries.names_of(ctx, CUSTOMER, [row.customer_id for row in rows])
    other = _("a customer of another unit")
    return [ImplantRow(row, products.get(row.product_id, ""), hospitals.get(row.customer_id, other)) for row in rows]


IMPLANTS = ListDef(
    "vigilance.implants",
    N_("Implants"),
    Implant,
    implants.VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.implant.id, "id", "id", Implant.id, fixed=True),
        ListColumn("product", N_("Product"), lambda r: r.product, "main", "main"),
        ListColumn("serial", N_("Serial number"), lambda r: r.implant.serial, "code", "", Implant.serial),
        ListColumn("batch", N_("Batch"), lambda r: r.implant.batch, "code", "tag"),
        ListColumn("hospital", N_("Hospital"), lambda r: r.hospital, place="under"),
        ListColumn("used_by", N_("Implanted by"), lambda r: r.implant.used_by),
        ListColumn("used_on", N_("Implanted on"), lambda r: r.implant.used_on, "date", "left", Implant.used_on),
        ListColumn("state", N_("State"), lambda r: implant_mark(r.implant), "mark", "right"),
    ),
    "/vigilance/implants/",
    icon="bone",
    prepare=implant_rows,
    search=lambda _ctx, text: sa.or_(
        Implant.serial.istartswith(text, autoescape=True), Implant.batch.istartswith(text, autoescape=True)
    ),
    search_words=N_("Serial number, batch"),
    filters=(
        TextFilter("batch", N_("Batch"), Implant.batch),
        DaysFilter("used", N_("Implanted on"), Implant.used_on),
    ),
    tabs=(
        ListTab("in_use", N_("Implanted"), lambda _ctx: Implant.state == "in_use"),
        ListTab("explanted", N_("No longer implanted"), lambda _ctx: Implant.state == "explanted", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Implant.id, True),),
    new=NewRecord(N_("Record an implant"), "vigilance.implant_new", implants.EDIT),
    links=(ListLink(N_("From batch to patients"), "vigilance.trace_page", events.PATIENT, "route"),),
    export=implants.VIEW,
    summary=lambda _ctx, counts: n_("{n} implant in use", "{n} implants in use", counts["in_use"])
    if counts.get("in_use") else "",
    empty=N_("No implants here"),
)  # fmt: skip
