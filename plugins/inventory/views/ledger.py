"""Pages that move parts: receive, issue, move, correct, reverse; one balance, one move, the stock book."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, Invalid, NotFound, _, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    first_line,
    flash_done,
    needs,
    panels_of,
    pressed,
    record_id,
    timeline_items,
    typed,
)
from plugins.inventory.contracts import BatchData, Circumstances, Posted, ReceiptLine, StockLine
from plugins.inventory.forms.ledger import (
    AdjustForm,
    CloseForm,
    IssueForm,
    LotForm,
    MovingForm,
    ReceiveForm,
    ReopenForm,
    ReverseForm,
    TransferForm,
)
from plugins.inventory.lists.ledger import SEE, balance_mark, lot_words, move_mark, place_name
from plugins.inventory.models import Balance
from plugins.inventory.models.places import PICKED
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places, records
from plugins.inventory.queries import stock as queries
from plugins.inventory.services import periods, reserving, stock
from plugins.inventory.transfer_contracts import TRANSFER
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import SHOWN, kept_lines, move_lines, part_of, record_link

LOTS = 40
"""So many balances of a part are offered beside a form."""
_FIELDS = (
    "part", "quantity", "measure_id", "from_id", "to_id", "batch", "serial", "produced_on", "expires_on",
    "sterile_until", "effective_on",
)  # fmt: skip
"""In this order they stand on a form that has them."""


# --- one balance, one move ------------------------------------------------------------------------------------------


@blueprint.get("/stock/<int:record_id>")
@needs(SEE)
def balance_page(record_id: int):
    """What there is of a part (a batch, a piece) in one location: for whom it is kept, how it came and went."""
    ctx = current_ctx()
    row = _found(queries.get_balance(ctx, record_id))
    return render_template(
        "inventory/balance.html", balance=row, part=row.part, mark=balance_mark(row, ctx.today), lot=lot_words(row),
        kept=kept_lines(ctx, queries.reservations_in(ctx, row.id, SHOWN)),
        moves=move_lines(ctx, queries.moves_in(ctx, row, SHOWN)),
        may={
            "issue": ctx.can(stock.ISSUE) and row.location.kind in PICKED, "transfer": ctx.can(stock.TRANSFER),
            "adjust": ctx.can(stock.ADJUST),
        },
        panels=panels_of(ctx, row),
    )  # fmt: skip


def _found(row: Balance | None) -> Balance:
    if row is None:
        raise NotFound("unknown_balance", _("There is no such stock."))
    return row


@blueprint.get("/moves/<int:record_id>")
@needs(SEE)
def move_page(record_id: int):
    """One move; what was wrong is reversed here."""
    return _move(current_ctx(), record_id)


def _move(ctx: Ctx, move_id: int, form: ReverseForm | None = None, extra: list[str] | None = None, status: int = 200):
    move = queries.get_move(ctx, move_id)
    if move is None or (move.source is None and move.target is None):
        raise NotFound("unknown_move", _("There is no such move."))
    ref = queries.reference_of(move)
    reversal = queries.reversal_of(ctx, move.id)
    page = render_template(
        "inventory/move.html", move=move, part=move.part, mark=move_mark(move), lot=lot_words(move),
        source=place_name(move.source), target=place_name(move.target),
        about=record_link(records.words_of(ctx, [ref]).get(ref)) if ref is not None else ("", ""),
        reversal=reversal, form=form or ReverseForm(formdata=None), extra=extra or [],
        may={
            "reverse": ctx.can(stock.REVERSE) and reversal is None and move.kind != "reversal"
            and move.record_kind != TRANSFER,
        },
        panels=panels_of(ctx, move), history=timeline_items(ctx, timeline(ctx, move)),
    )  # fmt: skip
    return page, status


@blueprint.post("/moves/<int:record_id>/reverse")
@needs(stock.REVERSE)
def move_reverse(record_id: int):
    """Undo it by a move of the opposite direction."""
    ctx = current_ctx()
    form = ReverseForm(formdata=typed())
    return carry_out(
        form, lambda: stock.reverse(ctx, [record_id], Circumstances(form.reason.data or "")), _("Reversed"),
        url_for("inventory.move_page", record_id=record_id),
        lambda extra, status: _move(ctx, record_id, form, extra, status),
    )  # fmt: skip


# --- moving ---------------------------------------------------------------------------------------------------------


@blueprint.route("/receive", methods=["GET", "POST"])
@needs(stock.RECEIVE)
def receive_form():
    """Take parts in."""
    ctx = current_ctx()
    form = ReceiveForm(formdata=typed(), **_begun(ctx, request.args.get("part")))
    form.to_id.choices = places.offered(ctx)
    form.measure_id.choices = first_line(_("the part’s own unit"), part_queries.measures(ctx))

    def post(part_id: int, given: Circumstances) -> Posted:
        batch = None
        if (form.batch.data or "").strip():
            batch = BatchData(form.batch.data, form.produced_on.data, form.expires_on.data, form.sterile_until.data)
        serials = [line.strip() for line in (form.serials.data or "").splitlines() if line.strip()]
        if serials:
            lines = [ReceiptLine(part_id, Decimal(1), None, batch, serial) for serial in serials]
        else:
            lines = [ReceiptLine(part_id, _quantity(form), form.measure_id.data or None, batch)]
        return stock.receive(ctx, lines, form.to_id.data, given)

    return _moving(ctx, form, _("Receive parts"), _("Receive parts"), "package-plus", post, ())


@blueprint.route("/issue", methods=["GET", "POST"])
@needs(stock.ISSUE)
def issue_form():
    """Give parts out."""
    ctx = current_ctx()
    form = IssueForm(formdata=typed(), **_begun_from(ctx))
    form.from_id.choices = first_line(_("as the order of picking says"), places.offered(ctx, PICKED))
    form.measure_id.choices = first_line(_("the part’s own unit"), part_queries.measures(ctx))

    def post(part_id: int, given: Circumstances) -> Posted:
        line = _line(ctx, form, part_id, form.measure_id.data or None)
        return stock.issue(ctx, [line], given)

    return _moving(ctx, form, _("Issue parts"), _("Issue"), "package-minus", post, PICKED)


@blueprint.route("/transfer", methods=["GET", "POST"])
@needs(stock.TRANSFER)
def transfer_form():
    """Bring parts from one location to another."""
    ctx = current_ctx()
    form = TransferForm(formdata=typed(), **_begun_from(ctx))
    form.from_id.choices = form.to_id.choices = places.offered(ctx)
    if request.method == "GET":
        form.from_id.data = form.from_id.data or places.another(ctx, None)
        form.to_id.data = places.another(ctx, form.from_id.data)

    def post(part_id: int, given: Circumstances) -> Posted:
        return stock.transfer(ctx, [_line(ctx, form, part_id)], form.to_id.data, given)

    return _moving(ctx, form, _("Move parts"), _("Move"), "arrow-right-left", post, ())


@blueprint.route("/adjust", methods=["GET", "POST"])
@needs(stock.ADJUST)
def adjust_form():
    """Correct what the book says."""
    ctx = current_ctx()
    form = AdjustForm(formdata=typed(), **_begun_from(ctx))
    form.from_id.label.text = _("Location")
    form.from_id.choices = places.offered(ctx)

    def post(part_id: int, given: Circumstances) -> Posted:
        line = _line(ctx, form, part_id)
        signed = line.quantity if form.direction.data == "found" else -line.quantity
        found = StockLine(part_id, signed, line.location_id, line.batch_id, line.serial_id)
        return stock.adjust(ctx, [found], given)

    return _moving(ctx, form, _("Correct stock"), _("Correct"), "scale", post, ())


def _begun(ctx: Ctx, code: str | None) -> dict[str, Any]:
    return {"part": (code or "")[:60], "once": secrets.token_hex(16)}


def _begun_from(ctx: Ctx) -> dict[str, Any]:
    """The form with what is known of the balance from which it was reached."""
    row = queries.get_balance(ctx, record_id(request.args.get("balance")))
    if row is None:
        return _begun(ctx, request.args.get("part"))
    return {
        **_begun(ctx, row.part.code), "from_id": row.location_id, "batch": row.batch.number if row.batch else "",
        "serial": row.serial.number if row.serial else "",
    }  # fmt: skip


def _quantity(form: MovingForm) -> Decimal:
    value = form.quantity.data
    return value if isinstance(value, Decimal) else Decimal(value or 0)


def _line(ctx: Ctx, form: LotForm, part_id: int, measure_id: int | None = None) -> StockLine:
    batch_id = serial_id = None
    number = (form.batch.data or "").strip()
    if number:
        batch = lot_queries.batches_by_number(ctx, [part_id], [number]).get((part_id, number))
        if batch is None:
            raise Invalid("unknown_batch", _("There is no batch {number} of this part.", number=number), "batch")
        batch_id = batch.id
    number = (form.serial.data or "").strip()
    if number:
        serial = lot_queries.serials_by_number(ctx, [part_id], [number]).get((part_id, number))
        if serial is None:
            words = _("There is no serial number {number} of this part.", number=number)
            raise Invalid("unknown_serial", words, "serial")
        serial_id, batch_id = serial.id, serial.batch_id
    return StockLine(part_id, _quantity(form), form.from_id.data or None, batch_id, serial_id, measure_id)


def _moving(
    ctx: Ctx, form: MovingForm, heading: str, go: str, icon: str, post: Callable[[int, Circumstances], Posted],
    kinds: tuple[str, ...],
):  # fmt: skip
    """A form that moves parts: shown, sent, shown again with what was typed; afterwards the part's page."""
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                part_id = part_of(ctx, form.part.data)
                day: dt.date | None = form.effective_on.data
                given = Circumstances(form.reason.data or "", None, day, (form.once.data or "")[:60])
                posted = post(part_id, given)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Posted already") if posted.again else _("Posted"))
                return redirect(url_for("inventory.part_page", record_id=part_id))
    codes = part_queries.parts_by_code(ctx, [(form.part.data or "").strip()])
    chosen = next(iter(codes.values()), None)
    there = queries.lots_of(ctx, chosen, ctx.today, LOTS) if ctx.can(SEE) else []
    page = render_template(
        "inventory/moving.html", form=form, extra=extra, heading=heading, go=go, go_icon=icon,
        known=part_queries.offered_parts(ctx),
        there=[(b, lot_words(b), balance_mark(b, ctx.today)) for b in there if not kinds or b.location.kind in kinds],
        fields=[form[name] for name in _FIELDS if name in form],
        wide=[form[name] for name in ("serials", "reason") if name in form],
        direction=getattr(form, "direction", None),
    )  # fmt: skip
    return page, status


# --- what is kept ---------------------------------------------------------------------------------------------------


@blueprint.post("/reservations/<int:reservation_id>/release")
@needs(reserving.RESERVE)
def reservation_release(reservation_id: int):
    """Set free what is kept for a record."""

    back = request.form.get("back", "")
    safe = back if back.startswith("/") and not back.startswith("//") else url_for("inventory.reservations_list")
    return pressed(lambda: reserving.release_one(current_ctx(), reservation_id), _("Set free"), safe)


# --- the book -------------------------------------------------------------------------------------------------------


@blueprint.get("/book")
@needs(periods.CLOSE)
def book_page():
    """The stock book: up to which day it is closed."""
    return _book(current_ctx())


def _book(ctx: Ctx, form: Any = None, extra: list[str] | None = None, status: int = 200):
    row = periods.book(ctx)
    version = row.version if row is not None else ""
    own = {type(f): f for f in (form,) if f is not None}
    page = render_template(
        "inventory/book.html", book=row,
        close=own.get(CloseForm) or CloseForm(formdata=None, version=version),
        reopen=own.get(ReopenForm) or ReopenForm(formdata=None, version=version),
        failed=type(form).__name__ if form is not None else "", extra=extra or [],
        history=timeline_items(ctx, timeline(ctx, row)) if row is not None else [],
    )  # fmt: skip
    return page, status


@blueprint.post("/book/close")
@needs(periods.CLOSE)
def book_close():
    """Close days that are over."""
    ctx = current_ctx()
    form = CloseForm(formdata=typed())
    return carry_out(
        form, lambda: periods.close_period(ctx, form.until.data, version=form.seen), _("Period closed"),
        url_for("inventory.book_page"), lambda extra, status: _book(ctx, form, extra, status),
    )  # fmt: skip


@blueprint.post("/book/reopen")
@needs(periods.CLOSE)
def book_reopen():
    """Open days again."""
    ctx = current_ctx()
    form = ReopenForm(formdata=typed())
    return carry_out(
        form, lambda: periods.reopen_period(ctx, form.until.data, form.reason.data or "", version=form.seen),
        _("Open again"), url_for("inventory.book_page"), lambda extra, status: _book(ctx, form, extra, status),
    )  # fmt: skip
