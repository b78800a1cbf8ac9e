"""Pages of transfers, and of one's own store. The list is declared."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, Invalid, NotFound, _, timeline
from core.web_api import carry_out, current_ctx, form_page, needs, panels_of, pressed, timeline_items, typed
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.forms.transfers import (
    SettleForm,
    TransferForm,
    TransferLineForm,
    UnsentForm,
    arrivals_of,
    give_form,
    given_of,
    take_over_form,
)
from plugins.inventory.lists.ledger import balance_mark, lot_words, place_name
from plugins.inventory.lists.part_requests import part_request_mark
from plugins.inventory.lists.transfers import transfer_mark
from plugins.inventory.models import Transfer
from plugins.inventory.models.places import PERSONAL
from plugins.inventory.models.transfers import ON_ITS_WAY
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import part_requests as request_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places, records, stock
from plugins.inventory.queries import transfers as queries
from plugins.inventory.queries.stocktake import subtree
from plugins.inventory.services import transfers as services
from plugins.inventory.services.part_requests import ASK
from plugins.inventory.services.transfers import EDIT, OWN, SETTLE, VIEW
from plugins.inventory.transfer_contracts import (
    OVER_WORDS,
    SHORT_WORDS,
    TransferData,
    TransferLineData,
    UnsentArrival,
)
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of

SHOWN = 100
"""So many lots of a store and so many transfers stand on a page; the lists have all."""


@blueprint.get("/transfers/<int:record_id>")
@needs(VIEW)
def transfer_page(record_id: int):
    """One transfer: what goes along, what has come, what is to be decided."""
    ctx = current_ctx()
    return _page(ctx, queries.get_transfer(ctx, record_id))


def _page(ctx: Ctx, row: Transfer, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200):
    lines = queries.lines_of(ctx, row.id)
    sends, receives = services.may_send(ctx, row.source), services.may_receive(ctx, row.target)
    ref = services.about(row)
    page = render_template(
        "inventory/transfer.html", transfer=row, mark=transfer_mark(row), source=place_name(row.source),
        target=place_name(row.target), lines=[(line, lot_words(line), place_name(line.source)) for line in lines],
        about=records.words_of(ctx, [ref]).get(ref) if ref else None,
        may={
            "edit": sends and row.state == "draft", "send": sends and row.state == "draft" and lines and ref is None,
            "receive": receives and row.state == "sent", "unsent": receives and row.state in ON_ITS_WAY,
            "back": (sends or receives) and row.state == "sent",
            "cancel": sends and row.state == "draft", "settle": ctx.can(SETTLE) and row.state == "differs",
        },
        waits=row.state == "sent" and not receives,
        form=form or ReasonForm(formdata=None, version=row.version), extra=extra or [], panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


@blueprint.route("/transfers/new", methods=["GET", "POST"])
@needs(EDIT)
def transfer_new():
    """Begin a transfer."""
    ctx = current_ctx()
    form = TransferForm(formdata=typed(), version="")
    form.from_id.choices = form.to_id.choices = places.offered(ctx)
    if request.method == "GET":
        form.from_id.data = places.another(ctx, None)
        form.to_id.data = places.another(ctx, form.from_id.data)

    def save() -> Transfer:
        data = TransferData(form.from_id.data, form.to_id.data, form.note.data or "")
        return services.draw_up(ctx, data)

    return form_page(
        form, save, "inventory/transfer_form.html", lambda row: url_for("inventory.transfer_page", record_id=row.id)
    )


@blueprint.route("/transfers/<int:record_id>/lines/new", methods=["GET", "POST"])
@needs(OWN)
def transfer_line_new(record_id: int):
    """Put something in."""
    ctx = current_ctx()
    ctx.require(VIEW)
    row = queries.get_transfer(ctx, record_id)
    form = TransferLineForm(formdata=typed(), version=row.version, from_id=row.from_id)
    known = places.locations(ctx, [row.from_id, *subtree(ctx, row.from_id)])
    form.from_id.choices = [(i, f"{p.code} {p.name}") for i, p in sorted(known.items(), key=lambda x: x[1].code)]

    def save() -> Any:
        part_id = part_of(ctx, form.part.data)
        quantity = form.quantity.data
        lot = (form.lot.data or "").strip()
        batch_id, serial_id = _lot_of(ctx, part_id, lot) if lot else (None, None)
        data = TransferLineData(part_id, Decimal(quantity or 0), batch_id, serial_id, form.from_id.data)
        return services.add_line(ctx, row.id, data, version=form.seen)

    return form_page(
        form, save, "inventory/transfer_line_form.html",
        lambda _line: url_for("inventory.transfer_page", record_id=row.id, _anchor="lines"), transfer=row,
        known=part_queries.offered_parts(ctx),
    )  # fmt: skip


def _lot_of(ctx: Ctx, part_id: int, number: str) -> tuple[int | None, int | None]:
    """(batch, serial number) with this number. Raises Invalid."""
    batch = lot_queries.batches_by_number(ctx, [part_id], [number]).get((part_id, number))
    serial = lot_queries.serials_by_number(ctx, [part_id], [number]).get((part_id, number))
    if batch is None and serial is None:
        raise Invalid("unknown_lot", _("There is no batch or serial number {number} of it.", number=number), "lot")
    return (batch.id if batch is not None and serial is None else None, serial.id if serial is not None else None)


@blueprint.post("/transfers/<int:record_id>/lines/<int:line_id>/drop")
@needs(OWN)
def transfer_line_drop(record_id: int, line_id: int):
    """Take a line out."""
    back = url_for("inventory.transfer_page", record_id=record_id, _anchor="lines")
    return pressed(lambda: services.drop_line(current_ctx(), line_id), _("Taken out"), back)


@blueprint.post("/transfers/<int:record_id>/send")
@needs(OWN)
def transfer_send(record_id: int):
    """It leaves."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    back = url_for("inventory.transfer_page", record_id=record_id)
    return pressed(lambda: services.send(ctx, record_id, version=form.seen), _("Sent"), back)


@blueprint.route("/transfers/<int:record_id>/receive", methods=["GET", "POST"])
@needs(OWN)
def transfer_receive(record_id: int):
    """Take over what has come."""
    ctx = current_ctx()
    ctx.require(VIEW)
    row = queries.get_transfer(ctx, record_id)
    lines = [line for line in queries.lines_of(ctx, row.id) if row.state == "sent" and line.open]
    form = take_over_form(lines, formdata=typed(), version=row.version, once=secrets.token_hex(16))

    def save() -> Any:
        return services.receive(
            ctx, row.id, arrivals_of(form, lines), complete=bool(form.complete.data), once=form.once.data or "",
            version=form.seen,
        )  # fmt: skip

    return form_page(
        form, save, "inventory/transfer_receive.html", lambda _p: url_for("inventory.transfer_page", record_id=row.id),
        transfer=row, source=place_name(row.source), target=place_name(row.target),
        lines=[(x, lot_words(x), [getattr(form, f"{n}_{x.id}") for n in ("quantity", "damaged")]) for x in lines],
    )  # fmt: skip


@blueprint.route("/transfers/<int:record_id>/unsent", methods=["GET", "POST"])
@needs(OWN)
def transfer_unsent(record_id: int):
    """Take in what came along and was not sent."""
    ctx = current_ctx()
    ctx.require(VIEW)
    row = queries.get_transfer(ctx, record_id)
    form = UnsentForm(formdata=typed(), version=row.version)

    def save() -> Transfer:
        part_id = part_of(ctx, form.part.data)
        lot = (form.lot.data or "").strip()
        some, damaged = (Decimal(field.data or 0) for field in (form.quantity, form.damaged))
        data = UnsentArrival(part_id, *(_lot_of(ctx, part_id, lot) if lot else (None, None)), some, damaged)
        return services.came_unsent(ctx, row.id, data, version=form.seen)

    return form_page(
        form, save, "inventory/transfer_unsent.html",
        lambda r: url_for("inventory.transfer_page", record_id=r.id, _anchor="lines"), transfer=row,
        known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.route("/transfer-lines/<int:record_id>/settle", methods=["GET", "POST"])
@needs(SETTLE)
def transfer_settle(record_id: int):
    """Decide what becomes of what lacks or is too many."""
    ctx = current_ctx()
    line = queries.get_line(ctx, record_id)
    row = queries.get_transfer(ctx, line.transfer_id)
    form = SettleForm(formdata=typed(), version=row.version)
    words = {**(SHORT_WORDS if line.open else {}), **(OVER_WORDS if line.too_many else {})}
    form.decision.choices = [(code, _(text)) for code, text in words.items()]
    if line.too_many:
        there = queries.places_of_lot(ctx, line, row.to_id)
        form.from_id.choices = [(place.id, f"{place.code} {place.name}") for place in there]
        if request.method == "GET" and line.from_id in [place.id for place in there]:
            form.from_id.data = line.from_id
    if not form.from_id.choices:
        del form.from_id

    def save() -> Transfer:
        quantity = form.quantity.data
        return services.settle(
            ctx, line.id, form.decision.data, form.reason.data or "",
            quantity=Decimal(quantity) if quantity is not None else None, version=form.seen,
            from_id=form.from_id.data if "from_id" in form else None,
        )  # fmt: skip

    return form_page(
        form, save, "inventory/transfer_settle.html", lambda r: url_for("inventory.transfer_page", record_id=r.id),
        transfer=row, line=line, lot=lot_words(line),
    )  # fmt: skip


@blueprint.post("/transfers/<int:record_id>/back")
@needs(OWN)
def transfer_back(record_id: int):
    """What is still on its way goes back."""
    return _ended(record_id, services.send_back, _("It goes back"))


@blueprint.post("/transfers/<int:record_id>/cancel")
@needs(OWN)
def transfer_cancel(record_id: int):
    """It is not sent after all."""
    return _ended(record_id, services.cancel, _("Cancelled"))


def _ended(transfer_id: int, end: Callable[..., Any], done: str):
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_transfer(ctx, transfer_id)
    return carry_out(
        form, lambda: end(ctx, transfer_id, form.reason.data or "", version=form.seen), done,
        url_for("inventory.transfer_page", record_id=transfer_id),
        lambda extra, status: _page(ctx, queries.get_transfer(ctx, transfer_id), form, extra, status),
    )  # fmt: skip


# --- one's own store ------------------------------------------------------------------------------------------------


@blueprint.get("/my-store")
@needs(OWN)
def my_store():
    """What I have with me, what I am to accept, what I gave away and is not accepted yet."""
    ctx = current_ctx()
    own = queries.stores_of(ctx, ctx.actor.user_id)
    ids = [place.id for place in own]
    coming, going = queries.coming_to(ctx, ids, SHOWN), queries.sent_from(ctx, ids, SHOWN)
    lines = queries.contents(ctx, [row.id for row in (*coming, *going)])
    asked = request_queries.open_of_person(ctx, ctx.actor.user_id, SHOWN) if ctx.can(ASK) else []
    wanted = request_queries.contents(ctx, [row.id for row in asked])
    there = stock.balances_with(ctx, ids, SHOWN)
    return render_template(
        "inventory/my_store.html",
        stores=[
            (place, [(b, lot_words(b), balance_mark(b, ctx.today)) for b in there if b.location_id == place.id])
            for place in own
        ],
        coming=[(row, queries.what_words(lines.get(row.id, ()), 6), transfer_mark(row)) for row in coming],
        going=[(row, queries.what_words(lines.get(row.id, ()), 6), place_name(row.target)) for row in going],
        asked=[(row, request_queries.what_words(wanted.get(row.id, ()), 6), part_request_mark(row)) for row in asked],
        may_ask=ctx.can(ASK) and own,
    )  # fmt: skip


@blueprint.route("/my-store/<int:record_id>/give", methods=["GET", "POST"])
@needs(OWN)
def store_give(record_id: int):
    """Hand back to a store, or to a colleague, who accepts it."""
    ctx = current_ctx()
    own = {place.id: place for place in queries.stores_of(ctx, ctx.actor.user_id)}
    if record_id not in own:
        raise NotFound("unknown_location", _("There is no such location."))
    balances = [b for b in stock.balances_with(ctx, [record_id], SHOWN) if b.on_hand > b.reserved]
    form = give_form(balances, formdata=typed(), once=secrets.token_hex(16))
    stores = places.offered(ctx, ("warehouse", "shelf"))
    colleagues = [(i, words) for i, words in places.offered(ctx, PERSONAL) if i not in own]
    form.to_id.choices = [*stores, *colleagues]

    def save() -> Transfer:
        data = TransferData(record_id, form.to_id.data, form.note.data or "")
        return services.hand(ctx, data, given_of(form, balances), once=form.once.data or "")

    return form_page(
        form, save, "inventory/store_give.html", lambda _row: url_for("inventory.my_store"), store=own[record_id],
        lots=[(b, lot_words(b), getattr(form, f"give_{b.id}")) for b in balances],
    )  # fmt: skip
