"""The warranty card of a unit: every period with its bar and why, proofs, meters, repairs, exchanges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, url_for

from core.api import Ctx, DomainError, Invalid, _, label, timeline
from core.web_api import current_ctx, flash_done, needs, panels_of, timeline_items
from plugins.base import queries as base_queries
from plugins.warranty import life, words
from plugins.warranty.contracts import (
    READING_SOURCE_WORDS,
    REPAIR_RESULT_WORDS,
    REPAIRS,
    START_WORDS,
    PeriodState,
    ProofData,
    ReadingData,
)
from plugins.warranty.forms.card import AsideForm, CorrectForm, ExchangeForm, ProofForm, ReadingForm
from plugins.warranty.models import MeterReading
from plugins.warranty.panels.periods import ICONS, badges_of_units
from plugins.warranty.queries import evidence, meters, periods, repairs
from plugins.warranty.services.evidence import record_proof, set_proof_aside
from plugins.warranty.services.exchanges import exchange_unit
from plugins.warranty.services.meters import correct_reading, read_meter
from plugins.warranty.views.blueprint import blueprint

FORMS: dict[str, Any] = {"proof": ProofForm, "reading": ReadingForm, "exchange": ExchangeForm}


@blueprint.get("/units/<int:record_id>")
@needs(life.SEE_CARD)
def card_page(record_id: int):
    """The card."""
    return _page(current_ctx(), record_id)


def _page(ctx: Ctx, device_id: int, failed: str = "", form=None, extra=()):
    unit = base_queries.get_unit(ctx, device_id)
    forms = {name: make(formdata=None) for name, make in FORMS.items()}
    if form is not None and failed in forms:
        forms[failed] = form
    for name in ("proof", "reading"):
        forms[name].offer(ctx)
    found = periods.periods_of(ctx, unit.id)
    product = base_queries.get_product(ctx, unit.product_id)
    facts = repairs.repair_facts(ctx, unit.id)
    customer = unit.customer if ctx.can("base.customer.view") else None
    aside = {"correct": CorrectForm, "aside": AsideForm}
    return render_template(
        "warranty/card.html",
        unit=unit,
        product=product,
        customer=customer,
        badges=[b for b in badges_of_units(ctx, [unit.id]).get(unit.id, []) if b.boxed],
        periods=_lines(ctx, unit.id, found),
        repairs=repairs.repairs_of(ctx, unit.id) if ctx.can(life.SEE_REPAIRS) else [],
        facts=facts,
        proofs=evidence.proofs_of(ctx, unit.id),
        readings=meters.readings_of(ctx, unit.id),
        exchanges=repairs.exchanges_of(ctx, unit.id),
        meter_words={code: label(text) for code, text in periods.meter_kinds(ctx)},
        proof_words={code: label(text) for code, text in periods.proof_kinds(ctx)},
        event_words={code: _(text) for code, text in START_WORDS.items()},
        result_words={code: _(text) for code, text in REPAIR_RESULT_WORDS.items()},
        source_words={code: _(text) for code, text in READING_SOURCE_WORDS.items()},
        panels=[p for p in panels_of(ctx, unit) if p.title != _("Warranty")],  # its own panel repeats the card
        history=timeline_items(ctx, timeline(ctx, unit)),
        forms=forms,
        row_forms={name: make(formdata=None) for name, make in aside.items()},
        failed=failed,
        failed_form=form,
        extra=list(extra),
        words=words,
    )


def _lines(ctx: Ctx, device_id: int, found: tuple[PeriodState, ...]) -> list[dict[str, Any]]:
    """The periods to show: of repairs those that still run, and the newest one that does not."""
    problems = {r.id: r.problem for r in repairs.repairs_of(ctx, device_id)}
    ended = [p for p in found if p.repair_id and not p.part and not p.covers_now]
    newest = max(ended, key=lambda p: p.last_day or ctx.today, default=None)
    shown = []
    for period in found:
        if period not in ended or period is newest:
            line = _shown(ctx, period)
            if period.cover == REPAIRS:
                line["cover"] = _("{cover}: {part}", cover=line["cover"], part=problems.get(period.repair_id or 0, ""))
            shown.append(line)
    return shown


def _shown(ctx: Ctx, period: PeriodState) -> dict[str, Any]:
    """A period as a line of the card: how much of it is gone, in time or by its meter, and why it is so."""
    gone = None
    if period.start_on and period.last_day and period.last_day > period.start_on:
        gone = min(1.0, max(0.0, (ctx.today - period.start_on).days / (period.last_day - period.start_on).days))
    meters = [
        (m, min(1.0, float(m.used / m.limit)) if m.used is not None and m.limit else None) for m in period.meters
    ]
    tone = "ok" if period.covers_now else "warn" if period.state == "unknown" else ""
    return {
        "p": period,
        "cover": words.cover(period),
        "gone": gone,
        "meters": meters,
        "tone": tone,
        "icon": ICONS.get(period.state, "shield"),
        "why": [words.reason(r) for r in period.why],
    }


def _do(device_id: int, name: str, form: Any, verb: Callable[[Ctx, Any], str]):
    """Carry out what a form of the card asks for; the card again with what was wrong."""
    ctx = current_ctx()
    base_queries.get_unit(ctx, device_id)
    if hasattr(form, "offer"):
        form.offer(ctx)
    extra: list[str] = []
    status = 422
    if form.validate():
        try:
            done = verb(ctx, form)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            extra, status = form.refuse(error), error.status
        else:
            flash_done(done)
            return redirect(url_for("warranty.card_page", record_id=device_id))
    return _page(ctx, device_id, name, form, extra), status


@blueprint.post("/units/<int:record_id>/proofs")
@needs(life.EDIT_DATES)
def proof_add(record_id: int):
    """Record a proof of a date."""

    def save(ctx: Ctx, form: ProofForm) -> str:
        upload: Any = form.file.data
        data = ProofData(
            record_id, form.event.data, form.day.data, form.source.data, form.document.data or "", form.note.data or "",
            file=(upload.filename, upload.read()) if getattr(upload, "filename", "") else None,
        )  # fmt: skip
        record_proof(ctx, data)
        return _("Proof recorded")

    return _do(record_id, "proof", ProofForm(), save)


@blueprint.post("/proofs/<int:proof_id>/aside")
@needs(life.EDIT_DATES)
def proof_aside(proof_id: int):
    """A proof that was wrong no longer counts."""
    proof = evidence.get_proof(current_ctx(), proof_id)

    def save(ctx: Ctx, form: AsideForm) -> str:
        set_proof_aside(ctx, proof_id, form.reason.data or "", version=form.seen)
        return _("It no longer counts")

    return _do(proof.device_id, f"proof-{proof_id}", AsideForm(), save)


@blueprint.post("/units/<int:record_id>/readings")
@needs(life.READ_METERS)
def reading_add(record_id: int):
    """Record a meter reading."""

    def save(ctx: Ctx, form: ReadingForm) -> str:
        data = ReadingData(
            record_id, form.kind.data, form.value.data, form.read_on.data, form.read_by.data, form.replaced.data,
            form.old_value.data, form.why.data or "",
        )  # fmt: skip
        read_meter(ctx, data)
        return _("Reading recorded")

    return _do(record_id, "reading", ReadingForm(), save)


@blueprint.post("/readings/<int:reading_id>/correct")
@needs(life.READ_METERS)
def reading_correct(reading_id: int):
    """Correct a wrong reading."""
    reading = meters.get_reading(current_ctx(), reading_id)

    def save(ctx: Ctx, form: CorrectForm) -> str:
        correct_reading(ctx, reading_id, form.right_value.data, form.reason.data or "", version=form.seen)
        return _("Reading corrected")

    return _do(reading.device_id, f"reading-{reading_id}", CorrectForm(), save)


@blueprint.post("/units/<int:record_id>/exchange")
@needs(life.RECORD_EXCHANGES)
def exchange_add(record_id: int):
    """The unit was exchanged for another one."""

    def save(ctx: Ctx, form: ExchangeForm) -> str:
        product = base_queries.get_product(ctx, base_queries.get_unit(ctx, record_id).product_id)
        serial = (form.new_serial.data or "").strip()
        new = base_queries.unit_by_serial(ctx, serial, product.code) or base_queries.unit_by_serial(ctx, serial)
        if new is None:
            text = _("There is no unit with the serial number {serial}. Register it first.", serial=serial)
            raise Invalid("unknown_unit", text, "new_serial")
        exchange = exchange_unit(
            ctx, record_id, new.id, form.exchange_reason.data or "", day=form.exchanged_on.data,
            carries=form.carries.data or "",
        )  # fmt: skip
        return _("Exchange {number} recorded", number=exchange.number)

    return _do(record_id, "exchange", ExchangeForm(), save)


@blueprint.get("/periods/<int:record_id>")
@needs(life.SEE_CARD)
def period_page(record_id: int):
    """A period that was worked out is shown on the card of its unit."""
    ctx = current_ctx()
    return _page(ctx, periods.get_row(ctx, record_id).device_id)


@blueprint.get("/readings/<int:record_id>")
@needs(life.SEE_CARD)
def reading_page(record_id: int):
    """One reading, and its correction."""
    ctx = current_ctx()
    return _reading(ctx, meters.get_reading(ctx, record_id))


def _reading(ctx: Ctx, reading: MeterReading, form: CorrectForm | None = None, extra: tuple[str, ...] = ()):
    unit = base_queries.get_unit(ctx, reading.device_id)
    product = base_queries.get_product(ctx, unit.product_id)
    if form is None and ctx.can(life.READ_METERS) and not reading.set_aside:
        form = CorrectForm(formdata=None, version=reading.version)
    return render_template(
        "warranty/reading.html",
        reading=reading,
        unit=unit,
        name=f"{product.name} {product.model} {unit.serial or ''}".strip(),
        meter=label(dict(periods.meter_kinds(ctx)).get(reading.kind, reading.kind)),
        source=_(READING_SOURCE_WORDS[reading.source]),
        form=form,
        extra=list(extra),
        panels=panels_of(ctx, reading),
        words=words,
    )


@blueprint.get("/exchanges/<int:record_id>")
@needs(life.SEE_CARD)
def exchange_page(record_id: int):
    """One exchange: which unit went, which came, and why."""
    ctx = current_ctx()
    exchange = repairs.get_exchange(ctx, record_id)
    return render_template(
        "warranty/exchange.html",
        exchange=exchange,
        history=timeline_items(ctx, timeline(ctx, exchange)),
        panels=panels_of(ctx, exchange),
        words=words,
    )
